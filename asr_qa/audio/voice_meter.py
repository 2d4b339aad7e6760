"""Loudness, spectral balance and, if asked for, pitch of stretches of one voice on one channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr_qa.audio.pitch import pitch_of
from asr_qa.core.segment import Segment, Track, gaps, union
from asr_qa.core.voice import VoiceMeasure
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE, Samples

Powers = NDArray[np.float64]
"""Power of frames below and above 1 kHz, shape (frames, 2)."""

_FRAME = 512
"""32 ms: two periods of the lowest voice."""
_STEP = 256
_BELOW = slice(7, 32)
"""Bins from 200 Hz to 1 kHz."""
_ABOVE = slice(32, 112)
"""To 3.5 kHz: where a telephone line ends."""
_PIECE = 60 * SAMPLE_RATE
_NOISE_SECONDS = 20.0
"""How much of what is no speech is looked at."""
_NOISE_SHARE = 0.2
"""Share of it that is quiet enough to be the line's noise: the rest may be breath, the other party or music."""
_QUIETEST = 1e-9
"""-90 dB full scale: nothing was sent."""
_LOUD = 12.0
"""dB below the loudest tenth within which a frame is the middle of a syllable."""
_AUDIBLE = 3.0
"""dB over the noise."""
_ENOUGH_FRAMES = 12
"""About 0.2 s."""
_ENOUGH_PITCH = 25
"""Frames of 20 ms."""
_OCTAVE_ERRORS = 9.0
"""Semitones from the middle pitch of a stretch beyond which a frame is half or double the true pitch."""


@dataclass(frozen=True, slots=True)
class VoiceMeter:
    """Measures voices; pitch costs several times the rest and is measured only when asked for."""

    pitch: bool = False

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"voice-1(pitch={'yin' if self.pitch else 'none'})"

    def measure(self, samples: Samples, stretches: Sequence[Track], sample_rate: int) -> tuple[VoiceMeasure, ...]:
        """Measure the speech of each turn.

        Args:
            samples: One channel at 16 kHz.
            stretches: The speech of each turn on it.
            sample_rate: Hertz of the samples.
        """
        if sample_rate != SAMPLE_RATE:
            raise ConfigurationError(f"voices are measured at {SAMPLE_RATE} Hz, not {sample_rate}; resample")
        noise = _noise(samples, stretches)
        return tuple(self._one(samples, speech, noise) for speech in stretches)

    def _one(self, samples: Samples, speech: Track, noise: NDArray[np.float64]) -> VoiceMeasure:
        level, tilt = _level_and_tilt(_stacked(samples, speech), noise)
        if not self.pitch or level is None:
            return VoiceMeasure(level_db=level, tilt_db=tilt)
        middle, span = _melody(samples, speech)
        return VoiceMeasure(level_db=level, tilt_db=tilt, pitch_hz=middle, pitch_range=span)


def _cut(samples: Samples, segment: Segment) -> Samples:
    return samples[max(0, round(segment.start * SAMPLE_RATE)) : max(0, round(segment.end * SAMPLE_RATE))]


def _pieces(samples: Samples, speech: Iterable[Segment]) -> Iterator[Samples]:
    """The samples of the speech, at most a minute at once: somebody may speak for an hour without a pause."""
    for segment in speech:
        part = _cut(samples, segment)
        yield from (part[at : at + _PIECE] for at in range(0, len(part), _PIECE))


def _stacked(samples: Samples, speech: Iterable[Segment]) -> Powers:
    return np.concatenate([np.zeros((0, 2)), *map(_powers, _pieces(samples, speech))])


def _powers(samples: Samples) -> Powers:
    if len(samples) < _FRAME:
        return np.zeros((0, 2))
    frames = sliding_window_view(samples, _FRAME)[::_STEP].astype(np.float32)
    window = np.hanning(_FRAME).astype(np.float32)
    # Scaled so that a full-scale sine has half the power of a full-scale square wave: 0 dB is full scale.
    scale = 2.0 / (_FRAME * float((window**2).sum()) * 32768.0**2)
    power = np.abs(np.fft.rfft(frames * window)) ** 2 * scale
    return np.stack([power[:, _BELOW].sum(axis=1), power[:, _ABOVE].sum(axis=1)], axis=1).astype(np.float64)


def _noise(samples: Samples, stretches: Sequence[Track]) -> NDArray[np.float64]:
    """Power of the line's noise below and above 1 kHz: the quietest part of what nobody speaks in."""
    free = gaps(union(*stretches), Segment(0.0, len(samples) / SAMPLE_RATE))
    heard = _stacked(samples, _some(free))
    heard = heard[heard.sum(axis=1) > _QUIETEST]
    if len(heard) < _ENOUGH_FRAMES:
        return np.zeros(2)
    loudness = heard.sum(axis=1)
    return np.asarray(heard[loudness <= np.quantile(loudness, _NOISE_SHARE)].mean(axis=0))


def _some(free: Track) -> Iterator[Segment]:
    """Parts of the free time from all over the call, at most twenty seconds in all."""
    each = max(0.2, _NOISE_SECONDS / max(1, len(free)))
    for segment in free[:: max(1, round(len(free) * each / _NOISE_SECONDS))]:
        middle = (segment.start + segment.end) / 2
        half = min(each, segment.duration) / 2
        yield Segment(middle - half, middle + half)


def _level_and_tilt(powers: Powers, noise: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Of the middles of the syllables; None where too little stands out of the noise."""
    loudness = powers.sum(axis=1)
    if len(loudness) < _ENOUGH_FRAMES:
        return None, None
    limit = max(np.quantile(loudness, 0.9) * _ratio(-_LOUD), noise.sum() * _ratio(_AUDIBLE), _QUIETEST)
    loud = powers[loudness >= limit]
    if len(loud) < _ENOUGH_FRAMES:
        return None, None
    below, above = np.maximum(loud.mean(axis=0) - noise, _QUIETEST)
    return _db(below + above), _db(above / below) if above > _QUIETEST < below else None


def _melody(samples: Samples, speech: Track) -> tuple[float | None, float | None]:
    """Median pitch in hertz and its range in semitones; None where too little of it is voiced."""
    found = np.concatenate([np.zeros(0, np.float32), *map(pitch_of, _pieces(samples, speech))])
    notes = 12 * np.log2(found[np.isfinite(found)])
    if len(notes) < _ENOUGH_PITCH:
        return None, None
    notes = notes[np.abs(notes - np.median(notes)) <= _OCTAVE_ERRORS]
    if len(notes) < _ENOUGH_PITCH:
        return None, None
    low, high = np.quantile(notes, [0.1, 0.9])
    return float(2 ** (np.median(notes) / 12)), float(high - low)


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 10))


def _db(power: float) -> float:
    return float(10 * np.log10(power))
