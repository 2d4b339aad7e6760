"""Voices no louder than the noise, heard by their harmonics.

A detector that goes by level ends where the voice is as loud as the noise of its line. The harmonics of a voice stand
out of a noise it is no louder than, they are evenly spaced, and the spacing changes slowly: looked at along the most
even path over a fifth of a second they are seen 5 dB further down. Breath, clicks and louder noise have no such
spacing, hum and tones that go on are part of the noise. That costs more than levels do and is asked only about the
pauses in which nobody was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr_qa.audio.energy import moving_mean
from asr_qa.audio.runs import join_runs, runs_of
from asr_qa.audio.vad import digest_of
from asr_qa.core.segment import Segment, Track, clip, total
from asr_qa.pipeline.ports import Samples

Powers = NDArray[np.float32]
"""Power of the lines of the spectrum between `lowest` and `highest`, shape (frames, lines)."""

_HOP = 0.02
"""Seconds between frames."""
_WINDOW = 0.064
"""Seconds: five periods of the lowest voice."""
_LINE = 1 / _WINDOW
"""Hertz from one line of the spectrum to the next."""
_SIZE = 512
"""Of the transform back: periods come out in steps of 1/8000 s."""
_STEPS = round(_SIZE * _LINE)
"""Of them in a second."""
_SMALLEST = 1e-3
"""Least power of the noise of a line, of samples of 16 bit: digital silence has none to divide by."""
_TOGETHER = 60.0
"""Seconds of pauses that share one noise."""
_AROUND = 5
"""Frames over which the loudness of a frame is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaintOptions:
    """What counts as a voice; times in seconds."""

    lowest: float = 150.0
    highest: float = 1500.0
    """Hertz: where a telephone line carries the strong harmonics."""
    deepest: float = 80.0
    shrillest: float = 400.0
    """Hertz of the pitch of voices."""
    cap: float = 12.0
    """No line counts for more than this over its noise."""
    span: float = 0.2
    """Over which the harmonics are followed, ..."""
    sure: float = 8.0
    """... standing out together this many standard deviations of noise ..."""
    least: float = 0.2
    """... for so long in all ..."""
    gap: float = 0.7
    """... with shorter pauses left in, ..."""
    room: float = 0.7
    """What is heard in more of the pauses than this share of their time is a party's neighbours or a television."""
    beside: float = 0.3
    """So near to a voice that was heard nothing is asked: it dies away there."""
    loud: float = 1.5
    """Frames this much louder than most say nothing about the noise."""


class FaintVoices:
    """Hears voices under noise by their harmonics."""

    def __init__(self, options: FaintOptions | None = None) -> None:
        self._options = options or FaintOptions()

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"faint-1(options={digest_of(self._options)})"

    def find(self, samples: Samples, sample_rate: int, *, within: Track) -> Track:
        """Stretches of voice in the pauses of one channel of 16-bit samples; none where they fill most pauses.

        Args:
            samples: The channel.
            sample_rate: Hertz.
            within: Pauses in which nothing was heard; those near each other tell the noise.
        """
        o = self._options
        inner = (Segment(p.start + o.beside, p.end - o.beside) for p in within if p.duration >= 2 * o.beside + o.span)
        pieces = (piece for pause in inner for piece in _pieces(pause))
        found = tuple(voice for bunch in _bunches(pieces) for voice in self._among(samples, sample_rate, bunch))
        filled = sum(pause.duration for pause in within if clip(found, pause))
        return found if filled <= o.room * total(within) else ()

    def _among(self, samples: Samples, sample_rate: int, pauses: Sequence[Segment]) -> Iterator[Segment]:
        """Voices in pauses that share one noise."""
        powers = [self._powers(samples, sample_rate, pause) for pause in pauses]
        noise = self._noise(powers)
        for power, pause in zip(powers, pauses, strict=True):
            yield from self._heard(self._evenness(power / noise), pause)

    def _powers(self, samples: Samples, sample_rate: int, pause: Segment) -> Powers:
        o = self._options
        width, hop = round(_WINDOW * sample_rate), round(_HOP * sample_rate)
        part = samples[round(pause.start * sample_rate) : round(pause.end * sample_rate)].astype(np.float32)
        weights = np.hanning(width + 1)[:-1].astype(np.float32)
        spectrum = np.fft.rfft(sliding_window_view(part, width)[::hop] * weights, axis=1)
        lines = spectrum[:, round(o.lowest / _LINE) : round(o.highest / _LINE) + 1]
        return np.asarray(lines.real**2 + lines.imag**2, np.float32)

    def _noise(self, powers: Sequence[Powers]) -> Powers:
        """Mean of each line over the frames that are no louder than most."""
        every = np.concatenate(powers)
        level = every.mean(axis=1)
        return np.asarray(np.maximum(every[level <= self._options.loud * np.median(level)].mean(axis=0), _SMALLEST))

    def _evenness(self, ratios: Powers) -> NDArray[np.float32]:
        """How far the lines stand out evenly spaced, along the best path around each frame; of noise alone it is 5."""
        o = self._options
        louder = np.maximum(moving_mean(ratios.mean(axis=1), _AROUND), 1.0)
        capped = np.minimum(ratios / louder[:, None], np.float32(o.cap))
        first, count = round(o.lowest / _LINE), ratios.shape[1]
        spectrum = np.zeros((len(ratios), _SIZE // 2 + 1), np.float32)
        spectrum[:, first : first + count] = capped - capped.mean(axis=1, keepdims=True)
        periods = slice(round(_STEPS / o.shrillest), round(_STEPS / o.deepest) + 1)
        alike = np.fft.irfft(spectrum, _SIZE, axis=1)[:, periods] * (_SIZE / 2 / (count / 2) ** 0.5)
        return _along(np.asarray(alike, np.float32), steps=round(o.span / _HOP))

    def _heard(self, evenness: NDArray[np.float32], pause: Segment) -> Iterator[Segment]:
        o = self._options
        sure = evenness > o.sure
        for first, behind in join_runs(runs_of(sure), gap=round(o.gap / _HOP)):
            if int(sure[first:behind].sum()) >= round(o.least / _HOP):
                start = pause.start + _WINDOW / 2
                yield Segment(start + first * _HOP, min(start + behind * _HOP, pause.end))


def _pieces(pause: Segment) -> Iterator[Segment]:
    """The pause in pieces short enough to be worked at once."""
    count = ceil(pause.duration / _TOGETHER)
    for number in range(count):
        until = pause.end if number == count - 1 else pause.start + (number + 1) * _TOGETHER
        yield Segment(pause.start + number * _TOGETHER, until)


def _bunches(pieces: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Pieces that share one noise: those that follow each other, `_TOGETHER` in all."""
    bunch: list[Segment] = []
    for piece in pieces:
        if bunch and total(bunch) + piece.duration > _TOGETHER:
            yield bunch
            bunch = []
        bunch.append(piece)
    if bunch:
        yield bunch


def _along(alike: NDArray[np.float32], *, steps: int) -> NDArray[np.float32]:
    """Greatest sum over paths of that many frames around each, a step up or down from frame to frame, scaled.

    Args:
        alike: How far each frame is like itself a period later, shape (frames, periods).
        steps: Frames of a path.
    """
    frames = len(alike)
    if frames < steps:
        return np.zeros(frames, np.float32)
    sums = alike
    for step in range(1, steps):
        padded = np.pad(sums[:-1], ((0, 0), (1, 1)), constant_values=-np.inf)
        sums = sliding_window_view(padded, 3, axis=1).max(axis=2) + alike[step:]
    best = sums.max(axis=1) / np.float32(steps**0.5)
    before = steps // 2
    return np.pad(best, (before, frames - best.size - before), mode="edge")
