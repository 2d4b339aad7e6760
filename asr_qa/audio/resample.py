"""Frames of any sample format and rate to 16 kHz, 16 bit, every channel by itself."""

from __future__ import annotations

import numpy as np
import soxr
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from asr_qa.audio.offset import OffsetFilter
from asr_qa.pipeline.ports import SAMPLE_RATE

_FULL_SCALE = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63}
_BATCH_SECONDS = 0.5
"""Frames can be as short as 2.5 ms; converting that much at once makes calls few."""


def to_float(frame: AudioFrame) -> NDArray[np.float32]:
    """The samples of a frame, shape (samples, channels), full scale 1.0; NaN becomes silence, infinity full scale."""
    channels = frame.layout.nb_channels
    raw = frame.to_ndarray()
    samples = raw.T if frame.format.is_planar else raw.reshape(-1, channels)
    name = frame.format.name.removesuffix("p")
    if name not in _FULL_SCALE:
        return np.clip(np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    offset = _FULL_SCALE["u8"] if name == "u8" else 0.0
    return ((samples.astype(np.float32) - offset) / _FULL_SCALE[name]).astype(np.float32)


class Resampler:
    """A stream of samples at one rate to a stream at SAMPLE_RATE."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        """Hertz of what is pushed."""
        self._channels = channels
        self._soxr = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, channels, dtype="float32")
        self._offset = OffsetFilter(channels)
        self._waiting: list[NDArray[np.float32]] = []
        self._count = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.int16]:
        """Take samples (n, channels); returns what is ready, shape (channels, any)."""
        self._waiting.append(samples)
        self._count += len(samples)
        if self._count < _BATCH_SECONDS * self.rate:
            return np.zeros((self._channels, 0), np.int16)
        return self._convert(last=False)

    def flush(self) -> NDArray[np.int16]:
        """What is left; nothing may be pushed afterwards."""
        return self._convert(last=True)

    def _convert(self, *, last: bool) -> NDArray[np.int16]:
        empty = np.zeros((0, self._channels), np.float32)
        batch = np.ascontiguousarray(np.concatenate([*self._waiting, empty]))
        self._waiting, self._count = [], 0
        if self._soxr is not None:
            batch = self._soxr.resample_chunk(batch, last=last)
        scaled = np.clip(np.rint(self._offset.apply(batch) * 32768.0), -32768, 32767)
        return np.ascontiguousarray(scaled.astype(np.int16).T)
