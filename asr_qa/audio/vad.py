"""Where one channel has speech.

Two detectors behind one port. `webrtc` finds what stands out of the noise of the line band by band, asks the
WebRTC classifier which of it is voice-like, and sets the edges by level: the classifier alone holds on for some 0.2 s
after every word and gives up under noise. `silero` is a neural network that needs no noise floor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.energy import FRAMES_PER_SECOND, NOT_SENT_DB, Decibels, frame_levels, moving_mean
from asr_qa.audio.energy_bands import decibels, stand_out
from asr_qa.audio.runs import Runs, groups_of, join_runs, runs_of
from asr_qa.audio.voice import voiced_frames
from asr_qa.core.segment import Segment, Track, clip, union
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import Hearing, Loudness, Samples, SpeechDetector, VoiceCurve

FRAME_SECONDS = 1 / FRAMES_PER_SECOND
SMOOTHING = 5
"""Frames over which edges are looked for."""
_AHEAD = 10
"""Frames looked ahead to see whether a voice dies away or has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcOptions:
    """What counts as speech; levels in dB, times in seconds.

    "Above the noise" is meant as a mean over bands, each with its own noise.
    """

    edge_above_noise: float = 0.9
    """A stretch begins and ends where it stands out of the noise this far; 99 of 100 frames of noise stay under 0.8."""
    above_room: float = 6.0
    """It also ends where its level falls to the speaker's room, heard in the pauses of passages, plus this, ..."""
    room_share: float = 5.0
    """... the room being the quietest so many percent of passages, ..."""
    below_passage: float = 30.0
    """... or this far below the loud frames of its own passage, whichever is higher, ..."""
    below_passage_least: float = 24.0
    """... but where there are no pauses to hear the room in, not sooner than this far below them."""
    peak_above_noise: float = 1.5
    """At least `min_burst` of it must stand out of the noise this far."""
    below_speech: float = 22.0
    """A passage further below the loudest speech of the channel is echo, bleed or breath."""
    strict_edge: float = 2.0
    """`edge_above_noise` where loud speech stands out `strict_from` and more: what murmurs in the room is then ..."""
    strict_peak: float = 8.0
    """... told from speech, and nothing is lost; the same for `peak_above_noise`."""
    strict_from: float = 24.0
    lenient_to: float = 14.0
    """Where loud speech stands out no more than this, nothing is given away; between the two the limits move."""
    min_burst: float = 0.04
    """Shorter bursts are clicks."""
    reach: float = 0.2
    """Weak bursts belong to a stretch this near; alone they are noise."""
    passage: float = 0.5
    """Pauses shorter than this do not end a passage."""
    min_voiced: float = 0.3
    """Share of a burst that the classifier must call voice."""
    weak: float = 12.0
    """A passage whose loud frames stand out less than this is looked at over longer windows too: ..."""
    weak_window: float = 0.15
    weak_above_noise: float = 0.45
    """... what stands out this far as a mean over such a window belongs to it ..."""
    weak_cap: float = 3.0
    """... no frame counting for more than this, so that a loud one does not smear over its neighbours."""
    weak_reach: float = 0.4
    """How far before and after the passage that is done."""
    hidden: float = 6.0
    """Where loud speech stands out less than `strict_from`, a passage whose loud frames stand out less than this ..."""
    hidden_window: float = 0.25
    hidden_above_noise: float = 0.36
    """... is speech too if as a mean over such a window it stands out as 99 of 100 windows of noise do not, ..."""
    hidden_burst: float = 0.1
    hidden_gap: float = 0.3
    """... for so long at a time with shorter pauses left in, ..."""
    hidden_shortest: float = 0.8
    hidden_voiced: float = 0.08
    """... for at least so long in all, and so much of it is voice: of noise alone it is 0.01."""
    tail: float = 0.2
    """How far a voice may die away, seen only as a raised mean; where loud speech stands out less than `strict_from`
    the noise itself raises it too often."""
    tail_above_noise: float = 0.15
    aggressiveness: int = 2
    """Mode of the classifier, 0 (lets much through) to 3."""
    voice_like: float = 0.3
    """Probability of voice from which on a frame is voice, where a network has told it, ..."""
    perhaps_voice: float = 0.003
    """... and from which on the classifier decides where loud speech stands out less than `strict_from`: a network is
    deaf to voices under noise, and breaths and clicks are under it too."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """One channel frame by frame."""

    loudness: Loudness
    sharp: Decibels
    """Power over noise in dB."""
    smooth: Decibels
    """Over 50 ms."""
    voiced: NDArray[np.bool_]


class WebRtcDetector:
    """What stands out of the noise where the WebRTC classifier hears voice."""

    def __init__(self, options: WebRtcOptions | None = None) -> None:
        self._options = options or WebRtcOptions()

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"webrtc-3(mode={self._options.aggressiveness},options={digest_of(self._options)})"

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        """Stretches of speech in one channel of 16-bit samples; empty for silence.

        Where `hearing` is given it says what is voice, and the WebRTC classifier is asked only where noise is loud.
        """
        if sample_rate not in (8000, 16000, 32000, 48000):
            raise ConfigurationError(f"webrtc needs 8, 16, 32 or 48 kHz, not {sample_rate} Hz; resample first")
        voice = hearing.voice if hearing else None
        loudness = (hearing.loudness if hearing else None) or measure_loudness(samples, sample_rate)
        heard = self._hear(samples, sample_rate, loudness, voice)
        o = self._options
        coarse = self._coarse(heard)
        if coarse and voice is not None and _loudness(heard.smooth, coarse) < o.strict_from:
            heard = self._with_classifier(heard, samples, sample_rate, voice)
            coarse = self._coarse(heard)
        if not coarse:
            return ()
        edge, peak = self._limits(_loudness(heard.smooth, coarse))
        gate = _loudness(heard.loudness.smooth, coarse) - o.below_speech
        threshold, weak = self._passages(heard, coarse, gate)
        mask = ((heard.smooth > edge) | (weak & self._faint(heard))) & (heard.loudness.smooth > threshold)
        fine = self._bursts(heard, mask, core=(heard.sharp >= peak) & (heard.loudness.raw >= gate))
        if _loudness(heard.smooth, coarse) < o.strict_from:
            found = union(to_track(fine), to_track(self._hidden(heard)))
        else:
            found = to_track(self._with_tails(heard, fine))
        return clip(found, Segment(0.0, samples.size / sample_rate))

    def _hear(self, samples: Samples, sample_rate: int, loudness: Loudness, voice: VoiceCurve | None) -> _Heard:
        o, frames, ratios = self._options, loudness.raw.size, loudness.ratios
        if voice is None:
            voiced = voiced_frames(samples, sample_rate, mode=o.aggressiveness, frames=frames)
        else:
            voiced = _likely(voice, o.voice_like, frames)
        return _Heard(loudness, decibels(ratios, width=1), decibels(ratios, width=SMOOTHING), voiced)

    def _coarse(self, heard: _Heard) -> Runs:
        """What is speech by the limits that give nothing away."""
        o = self._options
        return self._bursts(heard, heard.smooth > o.edge_above_noise, core=heard.sharp >= o.peak_above_noise)

    def _with_classifier(self, heard: _Heard, samples: Samples, sample_rate: int, voice: VoiceCurve) -> _Heard:
        """The same, what the classifier calls voice and a network does not rule out being voice too."""
        o, frames = self._options, heard.voiced.size
        told = voiced_frames(samples, sample_rate, mode=o.aggressiveness, frames=frames)
        return replace(heard, voiced=heard.voiced | (told & _likely(voice, o.perhaps_voice, frames)))

    def _limits(self, loud: float) -> tuple[float, float]:
        """Edge and peak above the noise, for a channel whose loud speech stands out that far."""
        o = self._options
        strictness = min(1.0, max(0.0, (loud - o.lenient_to) / (o.strict_from - o.lenient_to)))
        edge = o.edge_above_noise + strictness * (o.strict_edge - o.edge_above_noise)
        return edge, o.peak_above_noise + strictness * (o.strict_peak - o.peak_above_noise)

    def _bursts(self, heard: _Heard, mask: NDArray[np.bool_], *, core: NDArray[np.bool_]) -> Runs:
        """Runs of the mask that are voice and have enough of a core, or are near enough to such a run."""
        o = self._options
        bursts = [(a, b) for a, b in runs_of(mask) if b - a >= _frames(o.min_burst)]
        kept: Runs = []
        for group in groups_of(bursts, gap=_frames(o.reach)):
            if any(self._is_voice(heard, core, burst) for burst in group):
                kept += group
        return kept

    def _is_voice(self, heard: _Heard, core: NDArray[np.bool_], burst: tuple[int, int]) -> bool:
        first, behind = burst
        if int(core[first:behind].sum()) < _frames(self._options.min_burst):
            return False
        return int(heard.voiced[first:behind].sum()) >= max(2.0, self._options.min_voiced * (behind - first))

    def _passages(self, heard: _Heard, coarse: Runs, gate: float) -> tuple[Decibels, NDArray[np.bool_]]:
        """Level that each frame must exceed, infinite outside of passages, and the frames of weak passages."""
        o, frames = self._options, heard.sharp.size
        threshold, weak = np.full(frames, np.inf, np.float32), np.zeros(frames, np.bool_)
        passages = [(run, _loudness(heard.loudness.smooth, [run])) for run in join_runs(coarse, gap=_frames(o.passage))]
        passages = [(run, loud) for run, loud in passages if loud >= gate]
        depth = self._depth(heard.loudness.smooth, passages)
        for (first, behind), loud in passages:
            if _loudness(heard.smooth, [(first, behind)]) < o.weak:
                first, behind = max(0, first - _frames(o.weak_reach)), behind + _frames(o.weak_reach)
                weak[first:behind] = True
            threshold[first:behind] = np.minimum(threshold[first:behind], loud - depth)
        return threshold, weak

    def _depth(self, level: Decibels, passages: Sequence[tuple[tuple[int, int], float]]) -> float:
        """How far (dB) under the loud frames of its passage a voice is told from the speaker's room."""
        o = self._options
        below = np.concatenate([loud - level[first:behind] for (first, behind), loud in passages])
        room = float(np.percentile(below, 100.0 - o.room_share))
        return min(o.below_passage, max(room - o.above_room, o.below_passage_least))

    def _faint(self, heard: _Heard) -> NDArray[np.bool_]:
        """Frames that stand out over a longer window."""
        o = self._options
        capped = np.minimum(heard.loudness.ratios, np.float32(10 ** (o.weak_cap / 10)))
        return np.asarray(decibels(capped, width=_frames(o.weak_window) | 1) > o.weak_above_noise)

    def _hidden(self, heard: _Heard) -> Runs:
        """Passages of a voice no louder than the noise: power and voice stay above what noise gives for a while."""
        o = self._options
        capped = np.minimum(heard.loudness.ratios, np.float32(10 ** (o.weak_cap / 10)))
        standing = decibels(capped, width=_frames(o.hidden_window) | 1) > o.hidden_above_noise
        bursts = [(a, b) for a, b in runs_of(standing) if b - a >= _frames(o.hidden_burst)]
        return [
            (first, behind)
            for first, behind in join_runs(bursts, gap=_frames(o.hidden_gap))
            if behind - first >= _frames(o.hidden_shortest)
            and _loudness(heard.smooth, [(first, behind)]) < o.hidden
            and float(heard.voiced[first:behind].mean()) >= o.hidden_voiced
        ]

    def _with_tails(self, heard: _Heard, bursts: Runs) -> Runs:
        """The bursts, the last before a pause prolonged while the mean level stays above the noise."""
        if not bursts:
            return []
        o = self._options
        raised = decibels(heard.loudness.ratios, width=2 * _AHEAD + 1) > o.tail_above_noise
        following_starts = [first for first, _ in bursts[1:]] + [raised.size]
        found: Runs = []
        for (first, behind), following in zip(bursts, following_starts, strict=True):
            last = min(behind + _frames(o.tail), following - _frames(o.reach), raised.size - _AHEAD)
            pause = following - behind >= _frames(o.passage)
            found.append((first, _prolong(raised, behind, last) if pause else behind))
        return found


def measure_loudness(samples: Samples, sample_rate: int) -> Loudness:
    """Levels of one channel of 16-bit samples, and how far they stand out of its noise."""
    raw = frame_levels(samples, sample_rate)
    ratios = stand_out(samples, sample_rate, sent=raw > NOT_SENT_DB)
    return Loudness(raw, moving_mean(raw, SMOOTHING), ratios)


def _likely(voice: VoiceCurve, least: float, frames: int) -> NDArray[np.bool_]:
    """Where a voice is more probable than that, shape (frames,)."""
    return np.pad(voice[:frames] > least, (0, max(0, frames - voice.size)))


def _prolong(raised: NDArray[np.bool_], behind: int, last: int) -> int:
    """The frame at which `raised`, looked at 0.1 s ahead, first fails; `last` at most."""
    fails = np.flatnonzero(~raised[behind + _AHEAD : max(behind, last) + _AHEAD])
    return behind + int(fails[0]) if fails.size else max(behind, last)


def _loudness(levels: Decibels, runs: Runs) -> float:
    """Level of the loud frames of the runs."""
    return float(np.percentile(np.concatenate([levels[first:behind] for first, behind in runs]), 95))


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
