"""Models in ONNX format: their files, and what these say of themselves, read without loading the network."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from asr_qa.errors import ModelError

SENSE_VOICE, PARAFORMER, ZIPFORMER_CTC, TRANSDUCER = "sense_voice", "paraformer", "zipformer_ctc", "transducer"

_KINDS = {"sense_voice_ctc": SENSE_VOICE, "paraformer": PARAFORMER, "zipformer2_ctc": ZIPFORMER_CTC}
"""Kind of network by the model_type an ONNX file names."""

_FRAMES = ("vocab_size", "lfr_window_size", "lfr_window_shift")
_NEEDED = {SENSE_VOICE: _FRAMES, PARAFORMER: _FRAMES, ZIPFORMER_CTC: ()}
"""Metadata without which the library ends the process."""

_TOKEN = re.compile(r"(?:[^ \t]+[ \t]+|[ \t]*)[0-9]+\r?")
"""A line of tokens.txt; where the token is the blank itself, only its number can be told."""

_METADATA = 14
"""Field of ModelProto that holds the pairs of metadata."""
_VARINT, _LENGTH = 0, 2
_FIXED = {1: 8, 5: 4}
"""Kinds of fields of a fixed number of bytes."""
_LONGEST = 1 << 20
"""Bytes; no pair of metadata that matters is longer."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of a model and what kind of network they are."""

    kind: str
    tokens: Path
    networks: tuple[Path, ...]
    """One file; encoder, decoder and joiner for a transducer."""

    @property
    def precision(self) -> str:
        """ "int8" or "float32", as the names of the files say."""
        return "int8" if ".int8." in self.networks[0].name else "float32"


def model_files(folder: Path, *, prefer_int8: bool = True) -> ModelFiles:
    """Find the files of a model in its folder and tell what kind of network they are.

    Raises:
        ModelError: Files are missing or the network is of a kind that is not known.
    """
    tokens = folder / "tokens.txt"
    known = _count_tokens(tokens)
    parts = tuple(_chosen(folder, f"{part}*.onnx", prefer_int8) for part in ("encoder", "decoder", "joiner"))
    if all(parts):
        return ModelFiles(TRANSDUCER, tokens, tuple(part for part in parts if part))
    single = _chosen(folder, "*.onnx", prefer_int8)
    if single is None:
        raise ModelError(f"{folder}: holds no *.onnx file; pull the model again or copy the whole folder")
    kind = _kind(single, known)
    return ModelFiles(kind, tokens, (single,))


def _kind(path: Path, tokens: int) -> str:
    """What a network is; sherpa-onnx ends the whole process where one lacks metadata, so that is looked at here."""
    about = metadata(path)
    named = about.get("model_type", "")
    if named not in _KINDS:
        raise ModelError(f"{path}: model_type {named!r} cannot be used; known: {', '.join(_KINDS)}, or a transducer")
    lacking = [key for key in _NEEDED[_KINDS[named]] if not about.get(key, "").isdecimal()]
    if lacking:
        raise ModelError(f"{path}: its metadata lacks {', '.join(lacking)}; export the model for sherpa-onnx again")
    size = int(about.get("vocab_size") or tokens)
    if tokens < size:
        raise ModelError(f"{path.parent}: tokens.txt has {tokens} tokens, the network {size}; pull the model again")
    return _KINDS[named]


def _count_tokens(path: Path) -> int:
    """How many tokens the list holds; a list in another format ends the whole process of sherpa-onnx, too."""
    try:
        rows = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise ModelError(f"{path.parent}: lacks tokens.txt; pull the model again or copy the whole folder") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}; pull the model again") from error
    for number, row in enumerate(rows, 1):
        if not _TOKEN.fullmatch(row):
            raise ModelError(f"{path}:{number}: is not a token and its number; pull the model again")
    return len(rows)


def _chosen(folder: Path, pattern: str, prefer_int8: bool) -> Path | None:
    found = sorted(folder.glob(pattern), key=lambda path: ((".int8." in path.name) is not prefer_int8, path.name))
    return found[0] if found else None


def metadata(path: Path) -> dict[str, str]:
    """The metadata of an ONNX file.

    Only the outermost level of the file is walked through, so this costs a few reads whatever the size of the weights.

    Raises:
        ModelError: The file cannot be read, is cut off or is not in ONNX format.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            return dict(_pair(block) for field, block in _fields(stream, size) if field == _METADATA)
    except (ValueError, IndexError) as error:
        raise ModelError(
            f"{path}: not a whole ONNX file; check it with: asr-qa models verify, or pull it again"
        ) from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}; check its permissions and the disk") from error


def _fields(stream: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field; empty content for what is skipped."""
    while stream.tell() < size:
        key = _varint(stream)
        number, kind = key >> 3, key & 7
        length = _length(stream, kind)
        if stream.tell() + length > size:
            raise ValueError("cut off")
        if number == _METADATA and length <= _LONGEST:
            yield number, stream.read(length)
        else:
            stream.seek(length, 1)


def _length(stream: BinaryIO, kind: int) -> int:
    if kind == _VARINT:
        _varint(stream)
        return 0
    if kind == _LENGTH:
        return _varint(stream)
    if kind not in _FIXED:
        raise ValueError("no such kind of field")
    return _FIXED[kind]


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = stream.read(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
    raise ValueError("number too long")


def _pair(block: bytes) -> tuple[str, str]:
    """Key and value of one entry (fields 1 and 2, both text)."""
    stream = io.BytesIO(block)
    parts = {1: "", 2: ""}
    while stream.tell() < len(block):
        key = _varint(stream)
        parts[key >> 3] = stream.read(_length(stream, key & 7)).decode()
    return parts[1], parts[2]
