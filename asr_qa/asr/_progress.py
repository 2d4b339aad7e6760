"""How far the fetching or joining of a model is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is."""

    step: str
    """ "joining", "checking" or "downloading"."""
    done: int
    """Bytes."""
    total: int
    """Bytes; approximate where the manifest says so."""


OnProgress = Callable[[Progress], None]


def report(progress: OnProgress | None, step: str, done: int, total: int) -> None:
    """Tell the listener, if there is one."""
    if progress:
        progress(Progress(step, done, total))


@contextlib.contextmanager
def watched(folder: Path, *, total: int, progress: OnProgress | None) -> Iterator[None]:
    """Report how much has arrived in a folder while something else fills it."""
    if progress is None:
        yield
        return
    listener = progress
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            listener(Progress("downloading", min(folder_size(folder), total), total))

    thread = threading.Thread(target=watch, name="model-download-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile do not count."""
    size = 0
    with contextlib.suppress(OSError):
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):
                size += path.stat().st_size if path.is_file() else 0
    return size
