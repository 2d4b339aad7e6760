"""Which stretches of sound a voice is told from: short windows that slide over speech."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.segment import Segment, Track, bridge
from asr_qa.diarize.mel import FRAMES_PER_SECOND, HOP

LENGTH = 100
"""Frames of a window, 1 s: shorter ones tell voices apart worse, longer ones hold two voices more often."""
STEP = 30
"""Frames from one window to the next, at most."""
_BRIDGE = 0.3
"""Seconds of pause over which windows slide on."""
_FULL = 0.8
"""Share of a window that has to be speech for it to tell how many voices there are."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows in order of time."""

    starts: NDArray[np.int64]
    """First frame of each."""
    full: NDArray[np.bool_]
    """Which ones are speech nearly throughout."""

    def __len__(self) -> int:
        return len(self.starts)


def slide(speech: Track, *, frames: int) -> Windows:
    """Windows over the speech; a stretch shorter than a window gets one around its middle.

    Args:
        speech: Stretches of speech.
        frames: Frames of the recording; where there are fewer than a window's, there is no window.
    """
    if frames < LENGTH or not speech:
        return Windows(np.zeros(0, np.int64), np.zeros(0, np.bool_))
    starts = np.concatenate([_over(stretch, frames) for stretch in bridge(speech, _BRIDGE)])
    covered = np.concatenate([[0.0], np.cumsum(mask(speech, frames))])
    share = (covered[starts + LENGTH] - covered[starts]) / LENGTH
    return Windows(starts, share >= _FULL)


def mask(track: Track, frames: int) -> NDArray[np.bool_]:
    """Which frames a track covers, shape (frames,)."""
    flags = np.zeros(frames, np.bool_)
    for segment in track:
        flags[_frame(segment.start) : _frame(segment.end)] = True
    return flags


def power_of(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Mean square of each frame, full scale 1, shape (frames,)."""
    whole = len(samples) // HOP * HOP
    parts = [samples[first : min(first + _MINUTE, whole)] for first in range(0, whole, _MINUTE)]
    powers = [((part.reshape(-1, HOP) / np.float32(32768)) ** 2).mean(axis=1) for part in parts]
    return np.asarray(np.concatenate(powers), np.float32) if powers else np.zeros(0, np.float32)


_MINUTE = 60 * FRAMES_PER_SECOND * HOP


def _over(stretch: Segment, frames: int) -> NDArray[np.int64]:
    first, last = _frame(stretch.start), min(_frame(stretch.end), frames) - LENGTH
    if last <= first:
        return np.array([min(max(0, (first + last) // 2), frames - LENGTH)], np.int64)
    count = max(2, -(-(last - first) // STEP) + 1)
    return np.unique(np.linspace(first, last, count).round().astype(np.int64))


def _frame(seconds: float) -> int:
    return round(seconds * FRAMES_PER_SECOND)
