"""Reads and writes the file of weights that CTranslate2 loads (model.bin, format version 6).

Little-endian: version, name of the architecture, its revision, then every variable (name, rank, dimensions, type,
bytes), then the aliases of variables. Read without loading: the bytes of a variable are a view into the mapped file.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from asr_qa.errors import ModelError

FORMAT = 6
"""The version of the format that is understood."""
FLOAT16 = 4
"""Number of the type float16 in the file."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One tensor."""

    name: str
    shape: tuple[int, ...]
    dtype: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Everything a model file holds."""

    architecture: str
    revision: int
    variables: tuple[Variable, ...]
    aliases: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all variables."""
        return tuple(variable.name for variable in self.variables)

    def find(self, name: str) -> Variable | None:
        """The variable of a name; None where there is none."""
        return next((variable for variable in self.variables if variable.name == name), None)

    def replacing(self, variable: Variable) -> ModelFile:
        """The same file with one variable changed."""
        return replace(self, variables=tuple(variable if v.name == variable.name else v for v in self.variables))

    def to_bytes(self) -> bytes:
        """The file as it is stored."""
        head = (
            struct.pack("<I", FORMAT)
            + _text(self.architecture)
            + struct.pack("<II", self.revision, len(self.variables))
        )
        parts: list[bytes | memoryview] = [head]
        for variable in self.variables:
            shape = struct.pack(f"<B{len(variable.shape)}I", len(variable.shape), *variable.shape)
            parts += [
                _text(variable.name),
                shape,
                struct.pack("<BI", variable.dtype, len(variable.data)),
                variable.data,
            ]
        parts.append(struct.pack("<I", len(self.aliases)))
        parts += [_text(name) + _text(target) for name, target in self.aliases]
        return b"".join(parts)


def read_model(path: Path) -> ModelFile:
    """What a model file holds.

    Raises:
        ModelError: The file is of another format or cut off.
    """
    try:
        with path.open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return _Reader(view).model()
    except (OSError, ValueError, struct.error, UnicodeDecodeError) as exc:
        raise ModelError(
            f"{path}: this is no whole CTranslate2 model ({exc}); check it with: asr-qa models verify, or copy it again"
        ) from exc


def check_whole(path: Path) -> None:
    """Raise ModelError where a model file is cut off; files of other formats are left to the library."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read: {exc.strerror}; check its permissions and the disk") from exc
    if len(head) < 4 or head == struct.pack("<I", FORMAT):
        read_model(path)


class _Reader:
    """Reads values one after the other."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def model(self) -> ModelFile:
        version = self._number("I")
        if version != FORMAT:
            raise ValueError(f"format {version}, not {FORMAT}")
        architecture, revision = self._text(), self._number("I")
        variables = tuple(self._variables(self._number("I")))
        aliases = tuple((self._text(), self._text()) for _ in range(self._number("I")))
        return ModelFile(architecture, revision, variables, aliases)

    def _variables(self, count: int) -> Iterator[Variable]:
        for _ in range(count):
            name = self._text()
            shape = tuple(self._number("I") for _ in range(self._number("B")))
            dtype, size = self._number("B"), self._number("I")
            yield Variable(name, shape, dtype, self._bytes(size))

    def _number(self, kind: str) -> int:
        value: int = struct.unpack_from("<" + kind, self._view, self._at)[0]
        self._at += struct.calcsize("<" + kind)
        return value

    def _text(self) -> str:
        return str(self._bytes(self._number("H"))[:-1], "utf-8")

    def _bytes(self, size: int) -> memoryview:
        part = self._view[self._at : self._at + size]
        if len(part) != size:
            raise ValueError(f"cut off at byte {self._at}")
        self._at += size
        return part


def _text(value: str) -> bytes:
    encoded = value.encode("utf-8") + b"\0"
    return struct.pack("<H", len(encoded)) + encoded
