"""Models from the Hugging Face hub, checked against the checksums the hub itself names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from asr_qa.asr._folder import blocks
from asr_qa.asr._manifest import FileSpec, HubSource
from asr_qa.asr._progress import OnProgress, watched
from asr_qa.errors import ModelError

_TRUE = {"1", "on", "yes", "true"}


def fetch(
    source: HubSource, files: tuple[FileSpec, ...], *, into: Path, total: int, progress: OnProgress | None
) -> dict[str, str]:
    """Download the files of a repository; returns their sha256 by name.

    HF_ENDPOINT and HF_HUB_OFFLINE are honoured. Files that an earlier, broken attempt left whole in `into`
    are not fetched again.

    Raises:
        ModelError: Offline, no connection, no such repository or file, or bytes that are not what the hub named.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE:
        raise ModelError(f"the hub is not asked for {source.repo}: HF_HUB_OFFLINE is set")
    with watched(into, total=total, progress=progress):
        etags = _download(source, [file.name for file in files], into)
    return {name: _checked(into / name, etag, source) for name, etag in etags.items()}


def _download(source: HubSource, names: list[str], into: Path) -> dict[str, str]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url, snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    endpoint = os.environ.get("HF_ENDPOINT") or None
    try:
        # One commit for names and bytes, even if the branch moves on meanwhile.
        first = get_hf_file_metadata(
            hf_hub_url(source.repo, names[0], revision=source.revision, endpoint=endpoint), endpoint=endpoint
        )
        commit = first.commit_hash or source.revision
        snapshot_download(
            source.repo, revision=commit, local_dir=into, allow_patterns=names, endpoint=endpoint, max_workers=2
        )
        urls = {name: hf_hub_url(source.repo, name, revision=commit, endpoint=endpoint) for name in names}
        return {name: get_hf_file_metadata(url, endpoint=endpoint).etag or "" for name, url in urls.items()}
    except Exception as error:  # the hub's client raises its own, its HTTP library's and plain OS errors
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
            raise  # the disk, not the network: told apart by the installer
        raise ModelError(f"the hub did not deliver {source.repo}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def _checked(path: Path, etag: str, source: HubSource) -> str:
    """The file's sha256, once it is known to be what the hub named.

    The hub names large files by their sha256 and small ones by their git object id.
    """
    if not path.is_file():
        raise ModelError(f"{source.repo} at {source.revision} has no file {path.name}; the manifest lists it")
    sha256 = _hash(path, hashlib.sha256())
    if len(etag) not in (40, 64):
        raise ModelError(f"{source.repo}: {path.name}: the hub names no checksum (ETag {etag!r}); use another endpoint")
    found = sha256 if len(etag) == 64 else _git_object_id(path)
    if found != etag:
        path.unlink()
        raise ModelError(f"{source.repo}: {path.name}: expected {etag}, found {found}; pull again")
    return sha256


def _git_object_id(path: Path) -> str:
    return _hash(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False))


def _hash(path: Path, digest: hashlib._Hash) -> str:
    for block in blocks(path):
        digest.update(block)
    return digest.hexdigest()
