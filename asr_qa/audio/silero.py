"""The Silero speech detector: a small neural network, run through ONNX Runtime.

The network comes with faster-whisper, so nothing is downloaded. It hears voice under noise better than
energy does and costs about ten times as much; its windows are 32 ms long, so edges are set by where its
probability crosses the threshold between the middles of two windows.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.runs import Runs, join_runs, runs_of
from asr_qa.audio.vad import FRAME_SECONDS, digest_of, to_track
from asr_qa.core.segment import Track
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE, Hearing, Samples

_WINDOW = 512
"""Samples judged at once, at 16 kHz."""
_CONTEXT = 64
"""Samples before the window that the network sees too."""
_STATE = (1, 1, 128)
_BATCH = 1024
"""Windows in one call of the network: half a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SileroOptions:
    """What counts as speech; probabilities 0 to 1, times in seconds."""

    on: float = 0.5
    """Somewhere in a stretch the probability must exceed this."""
    off: float = 0.15
    """A stretch reaches as far as the probability exceeds this."""
    min_stretch: float = 0.06
    join: float = 0.1
    """Gaps within one stretch."""
    lag: float = 0.03
    """How late the network notices what it hears."""


class SileroDetector:
    """Stretches in which the Silero network hears speech."""

    def __init__(self, options: SileroOptions | None = None) -> None:
        """Load the network; raises ConfigurationError where it is not installed."""
        self._options = options or SileroOptions()
        self._network = _load_network(find_network())

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"silero-6(on={self._options.on:g},options={digest_of(self._options)})"

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        """Stretches of speech in one channel of 16-bit samples at 16 kHz; empty for silence."""
        if sample_rate != SAMPLE_RATE:
            raise ConfigurationError(f"silero needs {SAMPLE_RATE} Hz, not {sample_rate}; resample first")
        frames = len(samples) // (SAMPLE_RATE // 100)
        return to_track(self._stretches(self.probabilities(samples), frames)) if frames else ()

    def probabilities(self, samples: Samples) -> NDArray[np.float32]:
        """Probability of speech in each window of 32 ms; the last window is filled up with silence."""
        state = (np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32))
        found = []
        for windows in _windows(samples):
            output, *state_list = self._network.run(None, {"input": windows, "h": state[0], "c": state[1]})
            state = (state_list[0], state_list[1])
            found.append(output.reshape(-1))
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def _stretches(self, windows: NDArray[np.float32], frames: int) -> Runs:
        o = self._options
        middles = (np.arange(windows.size) + 0.5) * _WINDOW / SAMPLE_RATE - o.lag
        smooth = np.interp((np.arange(frames) + 0.5) * FRAME_SECONDS, middles, windows)
        stretches = join_runs(runs_of(smooth > o.off), gap=round(o.join / FRAME_SECONDS))
        shortest = o.min_stretch / FRAME_SECONDS
        return [(a, b) for a, b in stretches if b - a >= shortest and smooth[a:b].max() >= o.on]


def find_network() -> Path:
    """The network among the files of faster-whisper; raises ConfigurationError where it is missing."""
    spec = importlib.util.find_spec("faster_whisper")
    folders = [Path(place) / "assets" for place in (spec.submodule_search_locations or [])] if spec else []
    networks = [path for folder in folders for path in sorted(folder.glob("silero_vad_v6*.onnx"))]
    if not networks:
        message = "detector silero: silero_vad_v6.onnx is missing; install faster-whisper 1.2 or later, or use webrtc"
        raise ConfigurationError(message)
    return networks[-1]


@cache
def _load_network(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1  # the batch runs one process a core already
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


def _windows(samples: Samples) -> Iterator[NDArray[np.float32]]:
    """Batches of windows with their context, shape (windows, 576), full scale 1.0."""
    for start in range(0, len(samples), _BATCH * _WINDOW):
        part = samples[max(0, start - _CONTEXT) : start + _BATCH * _WINDOW].astype(np.float32) / np.float32(32768)
        lead = _CONTEXT - min(start, _CONTEXT)
        count = -(-(len(part) + lead - _CONTEXT) // _WINDOW)
        padded = np.pad(part, (lead, count * _WINDOW + _CONTEXT - len(part) - lead))
        view = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW + _CONTEXT)
        yield np.ascontiguousarray(view[::_WINDOW])
