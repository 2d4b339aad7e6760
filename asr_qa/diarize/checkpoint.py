"""Tensors out of a PyTorch checkpoint in the format from before 1.6, without PyTorch and without running what is in it.

Such a file is a row of pickles (a magic number, a protocol version, facts about the machine, the objects, the keys of
the storages) with the raw storages behind them. A pickle can name any function to call; here the only ones it may
name are the three that a checkpoint of plain tensors needs, and each is answered by one of ours.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from asr_qa.errors import ModelError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_LARGEST = 1 << 28
"""Numbers in one storage; more is no model of ours."""

_DAMAGE = (
    pickle.UnpicklingError,
    EOFError,
    struct.error,
    ValueError,
    OverflowError,
    TypeError,
    AttributeError,
    LookupError,
)
"""What reading a file ends in that is damaged or of another kind."""

Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor as the pickle describes it: where it lies in which storage."""

    storage: str
    offset: int
    shape: tuple[int, ...]

    def of(self, storages: Mapping[str, Tensor]) -> Tensor:
        """The numbers, row after row."""
        count = int(np.prod(self.shape, dtype=np.int64))
        flat = storages[self.storage][self.offset : self.offset + count]
        return flat.reshape(self.shape)


def read_checkpoint(path: Path, group: str) -> dict[str, Tensor]:
    """The tensors of one group of a checkpoint by name, float32.

    Args:
        path: The checkpoint.
        group: Key of the group in the checkpoint's outermost dictionary, e.g. "model_state".

    Raises:
        ModelError: The file cannot be read, is not such a checkpoint, or asks for more than tensors.
    """
    try:
        with path.open("rb") as stream:
            views = _views(_objects(stream), group)
            storages = _storages(stream)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}; pull the model again") from error
    except _DAMAGE as error:
        raise ModelError(f"{path}: is not a checkpoint of plain tensors: {error}; pull the model again") from error
    try:
        return {name: view.of(storages) for name, view in views.items()}
    except (KeyError, ValueError, OverflowError) as error:
        raise ModelError(f"{path}: a tensor lies outside the file: {error}; pull the model again") from error


def _objects(stream: BinaryIO) -> Any:
    if _load(stream) != _MAGIC or _load(stream) != _PROTOCOL:
        raise ValueError("wrong format")
    if not _load(stream).get("little_endian"):
        raise ValueError("numbers in big-endian order")
    return _load(stream)


def _views(objects: Any, group: str) -> dict[str, _View]:
    return {str(name): view for name, view in objects[group].items() if isinstance(view, _View)}


def _storages(stream: BinaryIO) -> dict[str, Tensor]:
    found = {}
    for key in _load(stream):
        (count,) = struct.unpack("<q", stream.read(8))
        if not 0 <= count <= _LARGEST:
            raise ValueError(f"a storage of {count} numbers")
        data = stream.read(4 * count)
        if len(data) < 4 * count:
            raise EOFError("cut off")
        found[str(key)] = np.frombuffer(data, "<f4").astype(np.float32, copy=False)
    return found


def _load(stream: BinaryIO) -> Any:
    return _Unpickler(stream).load()


class _Unpickler(pickle.Unpickler):
    """Reads numbers, text, containers and descriptions of tensors; refuses the rest."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = _ALLOWED.get(f"{module}.{name}")
        if allowed is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return allowed

    def persistent_load(self, pid: Any) -> str:
        kind, _, key, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown reference {kind!r}")
        return str(key)


def _rebuild(storage: str, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object) -> _View:
    plain = tuple(int(np.prod(shape[axis + 1 :], dtype=np.int64)) for axis in range(len(shape)))
    if tuple(stride) != plain or offset < 0:
        raise pickle.UnpicklingError("a tensor that is not stored row by row")
    return _View(storage, offset, tuple(shape))


def _float_storage() -> None:
    """Stands for the kind of storage; a checkpoint names it and never calls it."""


_ALLOWED: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": OrderedDict,
    "torch._utils._rebuild_tensor_v2": _rebuild,
    "torch.FloatStorage": _float_storage,
}
