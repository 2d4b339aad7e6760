"""A voice encoder with chance weights, in the file format that the real one comes in."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from asr_qa.diarize.mel import BANDS

HIDDEN = 4
MAGIC = 0x1950A86A20F9469CFC6C


class _Tensor:
    """Pickles as a tensor of a checkpoint does."""

    def __init__(self, values: np.ndarray[Any, Any], key: str) -> None:
        self.values, self.key = values, key


class _Pickler(pickle._Pickler):  # the one in Python lets names be written that do not exist here
    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if not isinstance(obj, _Tensor):
            super().save(obj, save_persistent_id)
            return
        shape = obj.values.shape
        stride = tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))
        self.write(b"ctorch._utils\n_rebuild_tensor_v2\n(")
        self.write(b"(")
        super().save("storage")
        self.write(b"ctorch\nFloatStorage\n")
        for part in (obj.key, "cpu", obj.values.size):
            super().save(part)
        self.write(b"Nt" + pickle.BINPERSID)
        for part in (0, shape, stride, False, OrderedDict()):
            super().save(part)
        self.write(b"tR")


def write_checkpoint(path: Path, tensors: Mapping[str, np.ndarray[Any, Any]], *, magic: int = MAGIC) -> Path:
    with path.open("wb") as stream:
        for head in (magic, 1001, {"little_endian": True}):
            pickle.dump(head, stream, protocol=2)
        state = OrderedDict((name, _Tensor(values, name)) for name, values in tensors.items())
        _Pickler(stream, protocol=2).dump({"model_state": state, "step": 3})
        pickle.dump(list(tensors), stream, protocol=2)
        for values in tensors.values():
            stream.write(struct.pack("<q", values.size) + values.astype("<f4").tobytes())
    return path


def weights(seed: int = 0, *, bands: int = BANDS) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray[Any, Any]] = {}
    for layer in range(3):
        found[f"lstm.weight_ih_l{layer}"] = rng.normal(size=(4 * HIDDEN, HIDDEN if layer else bands))
        found[f"lstm.weight_hh_l{layer}"] = rng.normal(size=(4 * HIDDEN, HIDDEN))
        for kind in ("ih", "hh"):
            found[f"lstm.bias_{kind}_l{layer}"] = rng.normal(size=4 * HIDDEN)
    found["linear.weight"], found["linear.bias"] = rng.normal(size=(5, HIDDEN)), rng.normal(size=5)
    return {name: values.astype(np.float32) for name, values in found.items()}
