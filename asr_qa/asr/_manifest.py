"""Model manifests: what models/<name>.yml may say, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from asr_qa.errors import ModelError

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# No separators: a manifest can never name a file outside its model's folder.
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Requirement = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!-]*$")]
RepoId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FileSpec(_Strict):
    """One file of a model."""

    name: FileName
    sha256: Digest | None = None
    """None: not pinned here; the checksum the hub gives on pull is compared and remembered instead."""
    size: int | None = Field(None, ge=0)
    """Bytes; None where not pinned."""


class FolderSource(_Strict):
    """The offline folder (setting models_dir) or the cache: <folder>/<name>/."""

    kind: Literal["folder"]


class PackagesSource(_Strict):
    """Python packages that carry the files, large ones in parts."""

    kind: Literal["packages"]
    packages: tuple[Requirement, ...] = Field(min_length=1)
    folder: FileName = "data"
    """Name of the folder in the packages that holds the files."""
    extra: FileName | None = None
    """Extra of asr-qa that installs the packages; None where none does."""
    join: dict[FileName, tuple[FileName, ...]] = Field(default_factory=dict)
    """File of the model -> its parts in order; a file not named here is carried whole."""


class HubSource(_Strict):
    """A repository on the Hugging Face hub."""

    kind: Literal["hub"]
    repo: RepoId
    revision: str = "main"
    """Branch, tag or commit."""
    files: tuple[FileSpec, ...] = ()
    """Only where the hub's files differ from the manifest's own list."""


Source = Annotated[FolderSource | PackagesSource | HubSource, Field(discriminator="kind")]


class Manifest(_Strict):
    """A model: what it is, what it may be used for, what it consists of and where it comes from."""

    name: FileName
    engine: Literal["whisper", "sherpa", "ge2e"]
    """whisper: CTranslate2 format as faster-whisper loads it; sherpa: ONNX files for sherpa-onnx; ge2e: a voice
    encoder, which tells the parties on one channel apart and does not transcribe."""
    title: str
    licence: str
    """SPDX identifier; LicenseRef-... for one that is not in SPDX, NOASSERTION where it is not known."""
    licence_url: str
    languages: tuple[str, ...] = Field(min_length=1)
    """ISO 639-1 codes, or "multilingual"."""
    size_bytes: int = Field(gt=0)
    """Of all files together."""
    size_exact: bool = False
    """False: size_bytes is approximate."""
    memory: str
    """What it needs in memory, in words."""
    speed: str = ""
    """How fast it is to be expected, in words."""
    mandarin: str = ""
    """How well it hears Mandarin, in words; a figure that was not measured here with its source."""
    mel_bins: int = 80
    """Mel bands the model expects; faster-whisper takes 80 where no preprocessor_config.json says otherwise."""
    notes: str = ""
    files: tuple[FileSpec, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = Field(min_length=1)
    """Tried in this order."""

    @model_validator(mode="after")
    def _parts_belong_to_files(self) -> Manifest:
        names = {file.name for file in self.files}
        if len(names) < len(self.files):
            raise ValueError("files: a name is listed twice")
        for source in self.sources:
            if isinstance(source, PackagesSource) and (unknown := sorted(set(source.join) - names)):
                raise ValueError(f"sources.join: {unknown[0]} is not one of the files")
        return self

    def files_from(self, source: str) -> tuple[FileSpec, ...]:
        """The files as a source kind delivers them ("folder", "packages", "hub")."""
        own = [s.files for s in self.sources if isinstance(s, HubSource) and s.kind == source and s.files]
        return own[0] if own else self.files


def load_manifests(folder: Path) -> dict[str, Manifest]:
    """All manifests of a folder by name; raises ModelError that lists every mistake by file and field."""
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: no such folder of model manifests; reinstall asr-qa or point to a checkout's models/"
        )
    found: dict[str, Manifest] = {}
    mistakes: list[str] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            manifest = read_manifest(path)
        except ModelError as error:
            mistakes.append(str(error))
        else:
            found[manifest.name] = manifest
    if mistakes:
        raise ModelError("\n".join(mistakes))
    return dict(sorted(found.items(), key=lambda item: item[1].size_bytes))


def read_manifest(path: Path) -> Manifest:
    """One manifest; raises ModelError naming file and field."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        manifest = Manifest.model_validate(data)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise ModelError("\n".join(_mistakes(path, error))) from error
    if manifest.name != path.stem:
        raise ModelError(f"{path}: name: is {manifest.name!r}, must be the file's name {path.stem!r}")
    return manifest


def _mistakes(path: Path, error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        field = ".".join(str(part) for part in item["loc"]) or "(top level)"
        yield f"{path}: {field}: {item['msg']}"
