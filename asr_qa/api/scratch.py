"""Folders of muted recordings: made for one process, and cleared away when their process was killed."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path

_PREFIX = "asr_qa-muted-"
_NAME = re.compile(rf"{_PREFIX}(\d{{1,10}})-.+")
OLD = 24 * 3600.0
"""Seconds since anything was written to a folder after which it may be one that was left behind."""


def make_folder() -> Path:
    """A new folder that only this user can read, named after this process."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def clear_left_behind() -> list[Path]:
    """Remove the folders of this user whose processes were killed: nobody else would; says which.

    A folder goes where its process is gone and nothing was written to it for a day: in a container with process ids
    of its own the id alone tells nothing. What cannot be removed stays.
    """
    gone = [path for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*") if _left_behind(path)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return [path for path in gone if not path.exists()]


def _left_behind(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    if found is None:
        return False
    try:
        about = path.lstat()
    except OSError:
        return False
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()
    return mine and time.time() - about.st_mtime > OLD and not _runs(int(found.group(1)))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or no id at all
        return True
    return True
