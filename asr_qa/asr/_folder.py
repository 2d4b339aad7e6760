"""A model's folder: checked against its checksums, locked while it is being made, put in place whole."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr_qa.asr._manifest import FileSpec, Manifest
from asr_qa.asr._progress import OnProgress, report
from asr_qa.errors import ModelError

RECORD = "asr_qa.json"
"""Written beside the files on installation: where they came from and their checksums."""
BLOCK = 1 << 20
SCRATCH = ".new-"
"""Between a model's name and a random ending: folders that live only while their model is being made."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A file that is not as it should be."""

    file: Path
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.file}: expected {self.expected}, found {self.found}"


def models_folder(cache_dir: Path) -> Path:
    """Where installed models lie in the cache: <cache_dir>/models/<name>/."""
    return cache_dir / "models"


def expected_files(manifest: Manifest, folder: Path) -> tuple[FileSpec, ...]:
    """What the folder must hold: the manifest's pins, filled up with what was recorded on installation."""
    record = read_record(folder)
    kept = {entry.get("name"): entry for entry in record.get("files", ())}
    specs = manifest.files_from(str(record.get("source", "folder")))
    return tuple(_filled(spec, kept.get(spec.name, {})) for spec in specs)


def _filled(spec: FileSpec, kept: dict[str, Any]) -> FileSpec:
    sha256, size = spec.sha256 or kept.get("sha256"), spec.size if spec.size is not None else kept.get("size")
    return FileSpec(name=spec.name, sha256=sha256, size=size)


def read_record(folder: Path) -> dict[str, Any]:
    """The record of the installation; empty where there is none or it cannot be read."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(folder: Path, manifest: Manifest, source: str, digests: dict[str, str]) -> None:
    """Remember where the files came from and their checksums."""
    files = [{"name": n, "sha256": d, "size": (folder / n).stat().st_size} for n, d in sorted(digests.items())]
    record = {"name": manifest.name, "source": source, "files": files}
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def mismatches(
    folder: Path, specs: Iterable[FileSpec], *, stamps: Path, rehash: bool = False, progress: OnProgress | None = None
) -> list[Mismatch]:
    """Compare a folder with its specs.

    Args:
        folder: The model's folder.
        specs: What must be in it.
        stamps: Folder in which checksums are remembered by size and time of change.
        rehash: Read every byte again, whatever is remembered.
        progress: Told how far the reading is.
    """
    found: list[Mismatch] = []
    whole: list[FileSpec] = []
    for spec in specs:
        wrong = _wrong_size(folder / spec.name, spec)
        found.extend([wrong] if wrong else [])
        whole.extend([] if wrong else [spec])
    digests = remembered_digests(folder, [s.name for s in whole], stamps=stamps, rehash=rehash, progress=progress)
    for spec in whole:
        if spec.sha256 and digests[spec.name] != spec.sha256:
            found.append(Mismatch(folder / spec.name, f"sha256 {spec.sha256}", f"sha256 {digests[spec.name]}"))
    return found


def _wrong_size(path: Path, spec: FileSpec) -> Mismatch | None:
    if not path.is_file():
        return Mismatch(path, "a file", "nothing")
    size = path.stat().st_size
    if size == 0 or (spec.size is not None and size != spec.size):
        return Mismatch(path, f"{spec.size} bytes" if spec.size else "a file with content", f"{size} bytes")
    return None


def remembered_digests(
    folder: Path, names: Iterable[str], *, stamps: Path, rehash: bool = False, progress: OnProgress | None = None
) -> dict[str, str]:
    """sha256 of files; what was hashed before and has the same size and time of change is not read again."""
    known = {} if rehash else _read_stamp(_stamp_path(stamps, folder))
    keys = {name: _stamp_of(folder / name) for name in names}
    stale = [name for name, key in keys.items() if known.get(name, [])[:2] != key]
    hashed = dict(zip(stale, _hash_all([folder / name for name in stale], progress), strict=True))
    digests = {name: hashed.get(name) or str(known[name][2]) for name in keys}
    if stale:
        remember(folder, digests, stamps=stamps)
    return digests


def remember(folder: Path, digests: dict[str, str], *, stamps: Path) -> None:
    """Note checksums that were just computed, with size and time of change of the files."""
    path = _stamp_path(stamps, folder)
    rows = {name: [*_stamp_of(folder / name), digest] for name, digest in digests.items()}
    _write_stamp(path, {**_read_stamp(path), **rows})


def forget(folder: Path, *, stamps: Path) -> None:
    """Drop what is remembered of a folder's checksums."""
    _stamp_path(stamps, folder).unlink(missing_ok=True)


def _stamp_path(stamps: Path, folder: Path) -> Path:
    return stamps / f"{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]}.json"


def _stamp_of(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _read_stamp(path: Path) -> dict[str, list[Any]]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    rows = data.items() if isinstance(data, dict) else ()
    return {name: row for name, row in rows if isinstance(row, list) and len(row) == 3}


def _write_stamp(path: Path, rows: dict[str, list[Any]]) -> None:
    # A cache that cannot be written costs time at the next start, nothing else.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".stamp-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(rows, stream)
        os.replace(name, path)


def _hash_all(paths: list[Path], progress: OnProgress | None) -> list[str]:
    total, done, digests = sum(path.stat().st_size for path in paths), 0, []
    for path in paths:
        digest = hashlib.sha256()
        for block in blocks(path):
            digest.update(block)
            done += len(block)
            report(progress, "checking", done, total)
        digests.append(digest.hexdigest())
    return digests


def blocks(path: Path) -> Iterator[bytes]:
    """The content of a file, a megabyte at a time; raises ModelError where it cannot be read."""
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}; check its permissions and the disk") from error


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that is being made, so that several workers starting at once make it once."""
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        stream = (folder.parent / f".{folder.name}.lock").open("w")
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        for path in folder.parent.glob(f".{folder.name}{SCRATCH}*"):
            # Whoever made it held this lock and was killed.
            shutil.rmtree(path, ignore_errors=True)
        yield


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target` when the block ends well, and vanishes when it does not."""
    with writing(target):
        staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}{SCRATCH}"))
        try:
            yield staging
            staging.chmod(0o755)  # mkdtemp makes it private; a shared cache is read by other users
            _replace(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _replace(staging: Path, target: Path) -> None:
    if target.exists():
        retired = staging.with_name(f"{staging.name}-old")
        os.replace(target, retired)
        os.replace(staging, target)
        shutil.rmtree(retired, ignore_errors=True)
    else:
        os.replace(staging, target)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn what the operating system refuses into advice."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise  # of a library, not of the operating system
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        advice = (
            "free some space or set ASR_QA_CACHE_DIR to a larger disk" if full else "check the folder's permissions"
        )
        raise ModelError(f"{target}: model not installed: {error.strerror}; {advice}") from error


def need_space(folder: Path, size: int) -> None:
    """Raise ModelError where the disk has fewer than `size` bytes left."""
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if free < size:
        raise ModelError(
            f"{folder}: model not installed: needs {size / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free;"
            " free some space or set ASR_QA_CACHE_DIR to a larger disk"
        )
