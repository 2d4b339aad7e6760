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


def _pickled(value: object) -> bytes:
    """One value as it stands inside a pickle of protocol 2: without the marks of its start and end."""
    return pickle.dumps(value, protocol=2)[2:-1]


def _tensor(values: np.ndarray[Any, Any], key: str) -> bytes:
    """A tensor as checkpoints have it, written by hand: the names in it do not exist here."""
    stride = tuple(int(np.prod(values.shape[axis + 1 :])) for axis in range(values.ndim))
    parts = [_pickled(part) for part in (key, "cpu", values.size)]
    storage = b"(" + _pickled("storage") + b"ctorch\nFloatStorage\n" + b"".join(parts) + b"t" + pickle.BINPERSID
    rest = [_pickled(0), _pickled(values.shape), _pickled(stride), _pickled(False), _pickled(OrderedDict())]
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"".join(rest) + b"tR"


def write_checkpoint(path: Path, tensors: Mapping[str, np.ndarray[Any, Any]], *, magic: int = MAGIC) -> Path:
    with path.open("wb") as stream:
        for head in (magic, 1001, {"little_endian": True}):
            pickle.dump(head, stream, protocol=2)
        state = b"".join(_pickled(name) + _tensor(values, name) for name, values in tensors.items())
        ordered = _pickled(OrderedDict()) + b"(" + state + b"u"
        stream.write(b"\x80\x02}(" + _pickled("model_state") + ordered + _pickled("step") + _pickled(3) + b"u.")
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
