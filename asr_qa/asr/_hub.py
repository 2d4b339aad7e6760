"""Models from the Hugging Face hub, checked against the checksums the hub itself names."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from asr_qa.asr._folder import blocks
from asr_qa.asr._manifest import FileSpec, HubSource
from asr_qa.asr._progress import OnProgress, watched
from asr_qa.errors import ModelError

INCOMPLETE = ".incomplete"
_TRUE = {"1", "on", "yes", "true"}
_NO_SUCH_RANGE = 416
_ATTEMPTS = 6
_UNSAFE = re.compile(r"[^0-9A-Za-z]")


def fetch(
    source: HubSource, files: tuple[FileSpec, ...], *, into: Path, total: int, progress: OnProgress | None
) -> dict[str, str]:
    """Download the files of a repository; returns their sha256 by name.

    HF_ENDPOINT and HF_HUB_OFFLINE are honoured. What an earlier, broken attempt left in `into` is not fetched again:
    whole files are kept, begun ones go on after their last byte.

    Raises:
        ModelError: Offline, no connection, no such repository or file, or bytes that are not what the hub named.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE:
        raise ModelError(f"the hub is not asked for {source.repo}: HF_HUB_OFFLINE is set")
    with watched(into, total=total, progress=progress):
        etags = _download(source, [file.name for file in files], into)
    return {name: _checked(into / name, etag, source) for name, etag in etags.items()}


def _download(source: HubSource, names: list[str], into: Path) -> dict[str, str]:
    endpoint = os.environ.get("HF_ENDPOINT") or None
    try:
        # One commit for names and bytes, even if the branch moves on meanwhile.
        commit = _described(source, names[0], source.revision, endpoint).commit_hash or source.revision
        return {name: _arrived(_described(source, name, commit, endpoint), into / name) for name in names}
    except Exception as error:  # the hub's client raises its own, its HTTP library's and plain OS errors
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
            raise  # the disk, not the network: told apart by the installer
        raise ModelError(f"the hub did not deliver {source.repo}: {_first_line(error)}") from error


def _described(source: HubSource, name: str, revision: str, endpoint: str | None) -> Any:
    """Checksum, size, commit and address of a file, as the hub gives them."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    return get_hf_file_metadata(hf_hub_url(source.repo, name, revision=revision, endpoint=endpoint), endpoint=endpoint)


def _arrived(described: Any, path: Path) -> str:
    """Fetch what is missing of a file; returns the checksum the hub names (its ETag).

    The hub's client throws away what it has of a file when it gives up. Here it stays, named after its checksum, so
    that the next pull goes on after the last byte and never joins two versions.
    """
    from huggingface_hub.utils.tqdm import disable_progress_bars

    etag = described.etag or ""
    started = path.with_name(f"{path.name}.{_UNSAFE.sub('', etag)}{INCOMPLETE}")
    disable_progress_bars()
    if not path.is_file() or path.stat().st_size != described.size:
        _forget(path, keep=started)
        with started.open("ab") as file:
            _get(described, file)
        started.replace(path)
    return etag


def _get(described: Any, file: BinaryIO) -> None:
    """Append what is missing of a file; a line that is reset is taken up again, as the client does with one that ends.

    Where the hub cannot go on at a byte (416), or more is here than there should be, it begins anew.
    """
    from huggingface_hub.errors import HfHubHTTPError

    for attempts_left in reversed(range(_ATTEMPTS)):
        size = file.seek(0, os.SEEK_END)
        if described.size is not None and size > described.size:
            size = file.truncate(0)
        try:
            _get_from(described, file, size)
        except HfHubHTTPError as error:
            if not attempts_left or error.response is None or error.response.status_code != _NO_SUCH_RANGE:
                raise
            file.truncate(0)
        except Exception as error:  # of the HTTP library, which is the client's own affair
            if not attempts_left or type(error).__name__ != "ReadError":
                raise
        else:
            return


def _get_from(described: Any, file: BinaryIO, size: int) -> None:
    from huggingface_hub import file_download

    headers = _headers(described.location)
    file_download.http_get(described.location, file, resume_size=size, headers=headers, expected_size=described.size)


def _forget(path: Path, *, keep: Path) -> None:
    """Remove a file and the beginnings of other versions of it."""
    for old in (path, *path.parent.glob(f"{path.name}.*{INCOMPLETE}")):
        if old != keep:
            old.unlink(missing_ok=True)


def _headers(url: str) -> dict[str, str]:
    """The client's headers; a token goes to the hub itself, not to the store it sends us to."""
    from huggingface_hub import constants
    from huggingface_hub.utils._headers import build_hf_headers

    hub = os.environ.get("HF_ENDPOINT") or constants.ENDPOINT
    at_hub = urlsplit(url).netloc == urlsplit(hub).netloc
    return dict(build_hf_headers(token=None if at_hub else False))


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
