"""Models that come as Python packages: installed ones are read in place, others fetched with pip."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import IO

from asr_qa.asr._folder import BLOCK, SCRATCH, writing
from asr_qa.asr._manifest import Manifest, PackagesSource
from asr_qa.asr._progress import OnProgress, report, watched
from asr_qa.errors import ModelError

Opener = Callable[[], IO[bytes]]
Parts = dict[str, Opener]
"""File name (of a whole file or a part) -> how to open it."""


def installed_parts(source: PackagesSource) -> Parts | None:
    """What the installed packages carry; None where a package or the pinned version is missing."""
    parts: Parts = {}
    for requirement in source.packages:
        name, _, version = requirement.partition("==")
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            return None
        if package.version != version:
            return None
        for file in package.files or ():
            if source.folder in file.parent.parts:
                parts[file.name] = _opener(Path(str(package.locate_file(file))))
    return parts


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def join(
    manifest: Manifest, source: PackagesSource, parts: Parts, *, into: Path, progress: OnProgress | None
) -> dict[str, str]:
    """Write the model's files from their parts; returns their sha256 by name."""
    digests: dict[str, str] = {}
    done = 0
    for spec in manifest.files:
        digest = hashlib.sha256()
        with (into / spec.name).open("wb") as target:
            for part in source.join.get(spec.name, (spec.name,)):
                for block in _blocks(part, parts, source):
                    target.write(block)
                    digest.update(block)
                    done += len(block)
                    report(progress, "joining", done, manifest.size_bytes)
        digests[spec.name] = digest.hexdigest()
    return digests


def _blocks(part: str, parts: Parts, source: PackagesSource) -> Iterator[bytes]:
    if part not in parts:
        raise ModelError(f"{part}: not in the packages {', '.join(source.packages)}; install them again")
    try:
        with parts[part]() as stream:
            while block := stream.read(BLOCK):
                yield block
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{part}: cannot be read from its package: {error}; get the package again") from error


@contextlib.contextmanager
def downloaded_parts(
    source: PackagesSource, *, target: Path, total: int, progress: OnProgress | None
) -> Iterator[Parts]:
    """Fetch the packages from the package index with pip into a folder that is gone afterwards.

    Raises ModelError where pip cannot get them.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(writing(target))
        scratch = tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}{SCRATCH}")
        folder = Path(stack.enter_context(scratch))
        with watched(folder, total=total, progress=progress):
            _pip_download(source, folder)
        yield _parts_of_wheels(folder, source.folder, stack)


def _parts_of_wheels(folder: Path, inside: str, open_wheels: contextlib.ExitStack) -> Parts:
    parts: Parts = {}
    for path in sorted(folder.glob("*.whl")):
        try:
            wheel = open_wheels.enter_context(zipfile.ZipFile(path))
        except zipfile.BadZipFile as error:
            raise ModelError(f"{path.name}: is not a wheel: {error}; pull again") from error
        for member in wheel.namelist():
            if inside in PurePosixPath(member).parent.parts:
                parts[PurePosixPath(member).name] = _member(wheel, member)
    return parts


def _member(wheel: zipfile.ZipFile, member: str) -> Opener:
    return lambda: wheel.open(member)


def _pip_download(source: PackagesSource, folder: Path) -> None:
    # pip's own configuration (index, mirror, proxy, find-links) decides where the packages come from.
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += [
        "--retries",
        "2",
        "--no-deps",
        "--no-cache-dir",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
        *source.packages,
    ]
    # pip unpacks nothing here, but it keeps what is half fetched in TMPDIR: there it counts as progress and is removed.
    environment = {**os.environ, "TMPDIR": str(folder)}
    run = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment
    )
    if run.returncode:
        lines = [line for line in run.stderr.splitlines() if line.startswith("ERROR")] or run.stderr.splitlines()
        raise ModelError(
            f"pip could not fetch {', '.join(source.packages)}: {lines[-1] if lines else 'no reason given'}"
        )
