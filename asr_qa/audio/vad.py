"""Where one channel has speech.

Two detectors behind one port. `webrtc` asks the WebRTC classifier which parts are voice-like and
lets the energy of 10 ms frames, measured against a noise floor that follows the line, decide where they begin and
end: the classifier alone holds on for about 0.3 s after every word. `silero` is a neural network that needs no floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.energy import Levels, measure_levels
from asr_qa.audio.runs import Runs, join_runs, runs_of
from asr_qa.audio.voice import voiced_frames
from asr_qa.core.segment import Segment, Track
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import Samples, SpeechDetector

FRAME_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcOptions:
    """What counts as speech; levels in dB, times in seconds."""

    edge_above_noise: float = 5.0
    """A stretch begins and ends where the level crosses the noise floor plus this."""
    peak_above_noise: float = 8.0
    """Somewhere in it the level must rise this far above the floor."""
    below_speech: float = 30.0
    """What lies further below the loud speech of the channel is line echo, bleed or breath."""
    min_stretch: float = 0.05
    """Shorter bursts are clicks."""
    join: float = 0.1
    """Gaps within one stretch, e.g. the closure before a plosive."""
    min_voiced: float = 0.3
    """Share of a stretch that the classifier must call voice."""
    aggressiveness: int = 2
    """Mode of the classifier, 0 (lets much through) to 3."""


class WebRtcDetector:
    """Energy edges around what the WebRTC classifier calls voice."""

    def __init__(self, options: WebRtcOptions | None = None) -> None:
        self._options = options or WebRtcOptions()

    @property
    def name(self) -> str:
        """Name and parameters."""
        o = self._options
        return f"webrtc(mode={o.aggressiveness},edge={o.edge_above_noise:g},peak={o.peak_above_noise:g},v=1)"

    def detect(self, samples: Samples, sample_rate: int) -> Track:
        """Stretches of speech in one channel of 16-bit samples; empty for silence."""
        levels = measure_levels(samples, sample_rate)
        if levels.smooth.size == 0:
            return ()
        voiced = voiced_frames(samples, sample_rate, mode=self._options.aggressiveness, frames=levels.smooth.size)
        return to_track(self._stretches(levels, voiced))

    def _stretches(self, levels: Levels, voiced: NDArray[np.bool_]) -> Runs:
        o = self._options
        threshold = levels.threshold(above_noise=o.edge_above_noise, below_speech=o.below_speech)
        bursts = runs_of(levels.smooth > threshold)
        kept = [
            (a, b)
            for a, b in bursts
            if b - a >= o.min_stretch / FRAME_SECONDS and levels.above_noise(a, b) >= o.peak_above_noise
        ]
        stretches = join_runs(kept, gap=round(o.join / FRAME_SECONDS))
        return [(a, b) for a, b in stretches if voiced[a:b].sum() >= max(3.0, o.min_voiced * (b - a))]


def to_track(stretches: Runs) -> Track:
    """Runs of 10 ms frames as segments."""
    return tuple(Segment(round(a * FRAME_SECONDS, 3), round(b * FRAME_SECONDS, 3)) for a, b in stretches)


def _silero() -> SpeechDetector:
    from asr_qa.audio.silero import SileroDetector

    return SileroDetector()


DETECTORS: dict[str, Callable[[], SpeechDetector]] = {"webrtc": WebRtcDetector, "silero": _silero}
"""Every detector by its name in the settings; made on demand, since silero loads a network."""


def detector(name: str) -> SpeechDetector:
    """The detector of that name; raises ConfigurationError for an unknown one."""
    try:
        return DETECTORS[name]()
    except KeyError:
        known = ", ".join(sorted(DETECTORS))
        raise ConfigurationError(f"speech detector {name!r} is not known; choose one of {known}") from None
