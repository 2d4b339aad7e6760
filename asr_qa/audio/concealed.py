"""Lost packets that somebody filled by playing the last frames again.

A decoder that hears nothing in time often repeats what it played last, 10 to 60 ms of it, perhaps a little quieter.
Such a stretch is its own past, scaled, to a ten-thousandth of its power or less; a voice is never nearer to its past
than a hundredth, however steadily a vowel is held. What repeats all the time or is one tone or two is no loss.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.energy import FRAMES_PER_SECOND, Levels
from asr_qa.audio.runs import runs_of
from asr_qa.core.segment import Segment, Track, bridge, union
from asr_qa.pipeline.ports import Samples

_FRAMES: tuple[tuple[float, float], ...] = ((0.01, -36.0), (0.02, -31.0), (0.03, -31.0), (0.04, -31.0), (0.06, -31.0))
"""Seconds that are played again, and the most (dB of its own power) that may be left when its past is taken off. What
composed calls leave on a good line is more than -25.7, -20.6, -17.3, -15.4 and -17.1 dB."""
_BLOCK = 0.0025
"""Seconds; windows begin at each block."""
_WINDOW = 6
"""Blocks: of a frame of 20 ms what the resampler leaves as it was."""
_LONGEST = 0.3
"""Seconds; nobody plays the same again for longer."""
_LOUD, _ABOVE_NOISE = -50.0, 3.0
"""dB full scale and above the noise that speech must have to tell."""
_PIECE = 60.0
"""Seconds worked on at once."""
_BREAK = 10.0
"""dB by which a window before and after is less like its past: a vowel that is held comes near its past slowly."""
_TONES, _LINE = 2, 2
"""So many lines of a spectrum, each so many bins to either side, ..."""
_TONAL = 0.97
"""... hold as much of the power of a tone; a tone whose period divides the frame is its own past as well."""


def find_repeats(samples: Samples, track: Track, levels: Levels, sample_rate: int) -> Track:
    """Where the speech of a channel is played again.

    Args:
        samples: The channel, 16 bit.
        track: Its speech.
        levels: Its levels.
        sample_rate: Hertz.

    Returns:
        Stretches in seconds of the recording, in order.
    """
    back = max(seconds for seconds, _ in _FRAMES)
    found: list[Segment] = []
    for stretch in _pieces(bridge(track, 2 * back)):
        first = max(0, round((stretch.start - back) * sample_rate))
        piece = samples[first : round(stretch.end * sample_rate)].astype(np.float32)
        for start, end in _repeats(piece, sample_rate):
            segment = Segment(first / sample_rate + start, first / sample_rate + end)
            if _stands_out(segment, levels):
                found.append(segment)
    return union(found)


def _pieces(track: Track) -> Iterator[Segment]:
    for stretch in track:
        for at in np.arange(stretch.start, stretch.end, _PIECE).tolist():
            yield Segment(at, min(at + _PIECE, stretch.end))


def _repeats(piece: NDArray[np.float32], sample_rate: int) -> Iterator[tuple[float, float]]:
    """Start and end in seconds of what is its own past."""
    size = round(_BLOCK * sample_rate)
    blocks = piece[: piece.size // size * size].reshape(-1, size)
    power = np.einsum("ij,ij->i", blocks, blocks)
    for seconds, limit in _FRAMES:
        lag = round(seconds / _BLOCK)
        if len(blocks) < lag + _WINDOW:
            continue
        common = _sums(np.einsum("ij,ij->i", blocks[lag:], blocks[:-lag]))
        now, past = _sums(power[lag:]), _sums(power[:-lag])
        left = 1.0 - np.square(np.maximum(common, 0.0)) / np.maximum(now * past, 1.0)
        decibels = 10.0 * np.log10(np.maximum(left, 1e-9))
        for first, behind in runs_of(decibels < limit):
            if not _breaks_off(decibels, first, behind):
                continue
            begin, end = lag + first, lag + behind - 1 + _WINDOW
            if (end - begin) * _BLOCK <= _LONGEST and not _is_tonal(piece[begin * size : end * size]):
                yield begin * _BLOCK, end * _BLOCK


def _breaks_off(decibels: NDArray[np.float64], first: int, behind: int) -> bool:
    """Whether what comes before and after a run of windows is far less like its past."""
    around = [*decibels[max(0, first - _WINDOW) : first][:1], *decibels[behind : behind + _WINDOW][-1:]]
    return not around or min(around) >= float(decibels[first:behind].min()) + _BREAK


def _sums(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of each window."""
    sums = np.cumsum(np.concatenate(([0.0], values)), dtype=np.float64)
    return np.asarray(sums[_WINDOW:] - sums[:-_WINDOW])


def _is_tonal(part: NDArray[np.float32]) -> bool:
    """Whether one or two tones are all there is."""
    size = 1 << max(part.size - 1, 1).bit_length()
    power = np.square(np.abs(np.fft.rfft(part * np.hanning(part.size), 2 * size)))
    whole = held = float(power.sum())
    for _ in range(_TONES):
        peak, width = int(power.argmax()), round(_LINE * 2 * size / part.size)
        power[max(0, peak - width) : peak + width + 1] = 0.0
    held -= float(power.sum())
    return held >= _TONAL * whole


def _stands_out(segment: Segment, levels: Levels) -> bool:
    part = slice(int(segment.start * FRAMES_PER_SECOND), max(1, int(segment.end * FRAMES_PER_SECOND)))
    raw, above = levels.raw[part], levels.above_noise[part]
    return bool(raw.size and raw.max() >= _LOUD and above.max() >= _ABOVE_NOISE)
