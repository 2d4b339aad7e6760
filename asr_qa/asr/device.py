"""Where a network runs, and how much of it fits there at once."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from asr_qa.asr.modelfile import read_model
from asr_qa.errors import ConfigurationError, ModelError
from asr_qa.messages import error_of

CPU_MEMORY = 320 * 2**20
"""Bytes that windows decoded together may take on a processor: more is no faster, and every worker takes them."""
GPU_SHARE = 0.6
"""Part of a card's free memory for windows; the rest is for the weights and what the library keeps."""
_ENCODED_PER_SECOND = 50
_OUT_OF_MEMORY = ("out of memory", "bad alloc", "bad_alloc", "cublas_status_alloc_failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where and how the network runs."""

    device: str = "auto"
    """auto, cpu, cuda, or cuda:1 for the second card."""
    compute_type: str = "auto"
    threads: int = 0
    """CPU threads; 0 lets CTranslate2 choose."""
    processes: int = 1
    """How many share the device, and so its memory."""

    @property
    def index(self) -> int:
        """Number of the card."""
        return int(self.device.partition(":")[2] or 0)


def resolve(device: Device) -> tuple[str, str]:
    """The device ("cpu" or "cuda") and compute type meant by "auto".

    Raises:
        ConfigurationError: A card is asked for that is not there.
    """
    import ctranslate2

    where = device.device.partition(":")[0]
    if where == "auto":
        where = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    elif where == "cuda" and device.index >= (cards := ctranslate2.get_cuda_device_count()):
        raise error_of(ConfigurationError, "no_such_card", device=device.device, cards=cards, index=device.index)
    compute = device.compute_type
    if compute == "auto":
        compute = _best(ctranslate2.get_supported_compute_types(where)) if where == "cuda" else "int8"
    return where, compute


def _best(supported: set[str]) -> str:
    """Half precision where the card computes it; older cards only gain from whole numbers."""
    return next((kind for kind in ("float16", "int8_float16", "int8") if kind in supported), "float32")


def memory_for_windows(device: Device) -> int:
    """Bytes that windows decoded together may take on a device."""
    if resolve(device)[0] == "cpu":
        return CPU_MEMORY
    free = free_card_memory(device.index)
    return CPU_MEMORY if free is None else int(free * GPU_SHARE / max(1, device.processes))


def free_card_memory(index: int = 0, *, command: str = "nvidia-smi", timeout: float = 20.0) -> int | None:
    """Free bytes of a card, as its driver's tool tells within `timeout` seconds; None where it tells nothing."""
    query = [command, "--query-gpu=memory.free", "--format=csv,noheader,nounits", f"--id={index}"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=timeout, check=True).stdout  # noqa: S603
        return int(told.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def is_out_of_memory(error: Exception) -> bool:
    """Whether a library failed for want of memory."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _OUT_OF_MEMORY)


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a network's decoder."""

    layers: int
    width: int

    def room(self, seconds: float, memory: int, *, beam_size: int = 1) -> int:
        """How many windows of a length (seconds) fit into a memory (bytes), at least one.

        Each hypothesis of each window holds the keys and values of every layer over the whole window.
        """
        one = seconds * _ENCODED_PER_SECOND * self.width * 2 * self.layers * 4 * beam_size
        return max(1, int(memory / max(one, 1.0)))


LARGE = Shape(32, 1280)
"""Whisper large, the largest there is."""


def shape_of(folder: Path) -> Shape:
    """The size of the network in a folder; that of the largest where its file cannot be read."""
    try:
        model = read_model(folder / "model.bin")
    except ModelError:
        return LARGE
    layers = {found[1] for name in model.names if (found := re.match(r"decoder/layer_(\d+)/", name))}
    table = model.find("decoder/embeddings/weight")
    return Shape(len(layers), table.shape[1]) if layers and table else LARGE
