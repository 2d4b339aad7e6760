"""The voice encoder: a window of speech to a vector that is alike for the same voice and differs for another."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_qa.diarize.checkpoint import read_checkpoint
from asr_qa.diarize.mel import Frames
from asr_qa.diarize.onnxgraph import encoder_graph
from asr_qa.errors import ModelError

Voices = NDArray[np.float32]
"""Shape (windows, size), each of length 1."""

_LAYERS = 3
_BATCH = 64
_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_NEEDED = ("linear.weight", "linear.bias", *(f"lstm.{part}_l{layer}" for layer in range(_LAYERS) for part in _PARTS))


class VoiceEncoder:
    """A three-layer LSTM trained to tell speakers apart (generalised end-to-end loss), run through ONNX Runtime."""

    def __init__(self, checkpoint: Path) -> None:
        """Name the weights; they are read when first needed, which may raise ModelError."""
        self._checkpoint = checkpoint

    @cached_property
    def _network(self) -> Any:
        import onnxruntime

        weights = read_checkpoint(self._checkpoint, "model_state")
        if lacking := [name for name in _NEEDED if name not in weights]:
            raise ModelError(f"{self._checkpoint}: not the voice encoder: lacks {lacking[0]}; pull the model again")
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1  # the batch runs one process a core already
        options.log_severity_level = 3
        graph = encoder_graph(weights, layers=_LAYERS)
        return onnxruntime.InferenceSession(graph, sess_options=options, providers=["CPUExecutionProvider"])

    def embed(self, mels: Frames, starts: NDArray[np.int64], gains: NDArray[np.float32], *, frames: int) -> Voices:
        """One vector for each window.

        Args:
            mels: Power in mel bands, shape (all frames, bands).
            starts: First frame of each window.
            gains: Factor on the power in each window.
            frames: Length of every window.

        Raises:
            ModelError: The weights cannot be read.
        """
        found = [np.zeros((0, 1), np.float32)] if not len(starts) else []
        for first in range(0, len(starts), _BATCH):
            index = starts[first : first + _BATCH][None, :] + np.arange(frames)[:, None]
            scaled = mels[index] * gains[None, first : first + _BATCH, None]
            (raw,) = self._network.run(None, {"mels": scaled})
            found.append(raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9))
        return np.concatenate(found)
