"""The power spectrum in mel bands that the voice encoder was trained on: 40 bands, 25 ms frames, one every 10 ms."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from asr_qa.pipeline.ports import SAMPLE_RATE

BANDS = 40
HOP = SAMPLE_RATE // 100
"""Samples from one frame to the next: 10 ms."""
FRAMES_PER_SECOND = SAMPLE_RATE // HOP

_SIZE = SAMPLE_RATE // 40
_CHUNK = 6000
"""Frames worked on at once: a minute."""
_LINEAR_TO = 1000.0
"""Hertz up to which the scale is linear, 200/3 Hz to the mel; above it a mel is a factor of 6.4^(1/27)."""
_PER_MEL = 200.0 / 3
_STEP = np.log(6.4) / 27

Frames = NDArray[np.float32]
"""Shape (frames, BANDS)."""


def mel_frames(samples: NDArray[np.int16]) -> Frames:
    """Power in each band, of samples at SAMPLE_RATE with full scale 1; frame n is centred on sample n * HOP."""
    count = len(samples) // HOP
    found = [_chunk(samples, first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]
    return np.concatenate(found) if found else np.zeros((0, BANDS), np.float32)


def _chunk(samples: NDArray[np.int16], first: int, behind: int) -> Frames:
    start, end = first * HOP - _SIZE // 2, (behind - 1) * HOP + _SIZE // 2
    part = samples[max(0, start) : end].astype(np.float32) / np.float32(32768)
    part = np.pad(part, (max(0, -start), max(0, end - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(part, _SIZE)[::HOP]
    spectrum = np.fft.rfft(frames * _window(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return power @ _bank()


@cache
def _window() -> NDArray[np.float32]:
    return np.hanning(_SIZE + 1)[:-1].astype(np.float32)


@cache
def _bank() -> NDArray[np.float32]:
    """Triangles of equal area over the spectrum, shape (bins, BANDS)."""
    bins = np.fft.rfftfreq(_SIZE, 1 / SAMPLE_RATE)
    edges = _hertz(np.linspace(0.0, _mel(SAMPLE_RATE / 2), BANDS + 2))
    rising = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    falling = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[None, 1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[None], np.float32)


def _mel(hertz: float) -> float:
    return float(_LINEAR_TO / _PER_MEL + np.log(hertz / _LINEAR_TO) / _STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _LINEAR_TO / _PER_MEL
    above = _LINEAR_TO * np.exp(_STEP * (np.maximum(mels, knee) - knee))
    return np.where(mels < knee, mels * _PER_MEL, above)
