"""Where one channel has speech.

Two detectors behind one port. `webrtc` asks the WebRTC classifier which parts are voice-like, and
lets the level of 10 ms frames, measured against the noise of the line, decide where they begin and end:
the classifier alone holds on for some 0.2 s after every word. `silero` is a neural network that needs no noise floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.energy import FRAMES_PER_SECOND, Decibels, Levels, measure_levels, moving_mean
from asr_qa.audio.runs import Runs, groups_of, join_runs, runs_of
from asr_qa.audio.voice import voiced_frames
from asr_qa.core.segment import Segment, Track, clip
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import Samples, SpeechDetector

FRAME_SECONDS = 1 / FRAMES_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcOptions:
    """What counts as speech; levels in dB, times in seconds."""

    edge_above_noise: float = 2.0
    """A stretch begins and ends where the level crosses the noise plus this ..."""
    below_passage: float = 25.5
    """... or the loud frames of its own passage minus this, whichever is higher."""
    peak_above_noise: float = 8.0
    """At least `min_burst` of it must stand out of the noise this far."""
    below_speech: float = 22.0
    """A passage further below the loudest speech of the channel is echo, bleed or breath."""
    min_burst: float = 0.04
    """Shorter bursts are clicks."""
    reach: float = 0.2
    """Weak bursts belong to a stretch this near; alone they are noise."""
    passage: float = 0.5
    """Pauses shorter than this do not end a passage."""
    min_voiced: float = 0.3
    """Share of a burst that the classifier must call voice."""
    tail: float = 0.4
    """How far a voice may die away under the noise, seen only as a raised mean."""
    tail_above_noise: float = 0.25
    aggressiveness: int = 2
    """Mode of the classifier, 0 (lets much through) to 3."""


class WebRtcDetector:
    """Energy edges around what the WebRTC classifier calls voice."""

    def __init__(self, options: WebRtcOptions | None = None) -> None:
        self._options = options or WebRtcOptions()

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"webrtc-1(mode={self._options.aggressiveness},options={digest_of(self._options)})"

    def detect(self, samples: Samples, sample_rate: int) -> Track:
        """Stretches of speech in one channel of 16-bit samples; empty for silence."""
        if sample_rate not in (8000, 16000, 32000, 48000):
            raise ConfigurationError(f"webrtc needs 8, 16, 32 or 48 kHz, not {sample_rate} Hz; resample first")
        levels = measure_levels(samples, sample_rate)
        voiced = voiced_frames(samples, sample_rate, mode=self._options.aggressiveness, frames=levels.raw.size)
        coarse = self._bursts(levels, voiced, levels.noise + self._options.edge_above_noise)
        fine = self._bursts(levels, voiced, self._passage_threshold(levels, coarse))
        return clip(to_track(self._with_tails(levels, fine)), Segment(0.0, samples.size / sample_rate))

    def _bursts(self, levels: Levels, voiced: NDArray[np.bool_], threshold: Decibels) -> Runs:
        """Runs of frames above the threshold that are voice, or near enough to such a run."""
        o = self._options
        bursts = [(a, b) for a, b in runs_of(levels.smooth > threshold) if b - a >= _frames(o.min_burst)]
        kept: Runs = []
        for group in groups_of(bursts, gap=_frames(o.reach)):
            if any(self._is_voice(levels, voiced, burst) for burst in group):
                kept += group
        return kept

    def _is_voice(self, levels: Levels, voiced: NDArray[np.bool_], burst: tuple[int, int]) -> bool:
        first, behind = burst
        loud = levels.raw[first:behind] >= levels.noise[first:behind] + self._options.peak_above_noise
        if int(loud.sum()) < _frames(self._options.min_burst):
            return False
        return int(voiced[first:behind].sum()) >= max(2.0, self._options.min_voiced * (behind - first))

    def _passage_threshold(self, levels: Levels, coarse: Runs) -> Decibels:
        """Level that each frame must exceed, from the loud frames of its passage; infinite outside of passages."""
        o = self._options
        threshold = np.full_like(levels.smooth, np.inf)
        passages = join_runs(coarse, gap=_frames(o.passage))
        loudness = [_loudness(levels, passage) for passage in passages]
        gate = _weighted_loudness(levels, coarse) - o.below_speech
        for (first, behind), loud in zip(passages, loudness, strict=True):
            if loud >= gate:
                edge = levels.noise[first:behind] + o.edge_above_noise
                threshold[first:behind] = np.maximum(edge, loud - o.below_passage)
        return threshold

    def _with_tails(self, levels: Levels, bursts: Runs) -> Runs:
        """The bursts, the last before a pause prolonged while the mean level stays above the noise."""
        o = self._options
        raised = moving_mean(levels.raw, 2 * _frames(0.1) + 1) > levels.noise + o.tail_above_noise
        following_starts = [first for first, _ in bursts[1:]] + [raised.size]
        found: Runs = []
        for (first, behind), following in zip(bursts, following_starts, strict=False):
            last = min(behind + _frames(o.tail), following - _frames(o.reach), raised.size - _frames(0.1))
            pause = following - behind >= _frames(o.passage)
            found.append((first, _prolong(raised, behind, last) if pause else behind))
        return found


def _prolong(raised: NDArray[np.bool_], behind: int, last: int) -> int:
    """The frame at which `raised`, looked at 0.1 s ahead, first fails; `last` at most."""
    ahead = _frames(0.1)
    fails = np.flatnonzero(~raised[behind + ahead : max(behind, last) + ahead])
    return behind + int(fails[0]) if fails.size else max(behind, last)


def _loudness(levels: Levels, passage: tuple[int, int]) -> float:
    return float(np.percentile(levels.smooth[slice(*passage)], 95))


def _weighted_loudness(levels: Levels, runs: Runs) -> float:
    """Level of the loud speech of the whole channel."""
    loud = [levels.smooth[first:behind] for first, behind in runs]
    return float(np.percentile(np.concatenate(loud), 95)) if loud else -np.inf


def _frames(seconds: float) -> int:
    return round(seconds * FRAMES_PER_SECOND)


def digest_of(options: object) -> str:
    """Eight digits that change whenever an option does."""
    return f"{crc32(repr(options).encode()):08x}"


def to_track(runs: Runs) -> Track:
    """Runs of 10 ms frames as segments."""
    return tuple(Segment(first / FRAMES_PER_SECOND, behind / FRAMES_PER_SECOND) for first, behind in runs)


def _silero() -> SpeechDetector:
    from asr_qa.audio.silero import SileroDetector

    return SileroDetector()


DETECTORS: dict[str, Callable[[], SpeechDetector]] = {"webrtc": WebRtcDetector, "silero": _silero}
"""Every detector by its name in the settings; made on demand, since silero loads a network."""


def detector(name: str) -> SpeechDetector:
    """The detector of that name; raises ConfigurationError for an unknown one."""
    if name not in DETECTORS:
        raise ConfigurationError(f"speech detector {name!r} is not known; choose one of {', '.join(sorted(DETECTORS))}")
    return DETECTORS[name]()
