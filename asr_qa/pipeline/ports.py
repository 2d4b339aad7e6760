"""What the pipeline needs from the outside, as protocols; adapters implement them."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.document import CallWarning
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.transcript import Transcript, Utterance
from asr_qa.core.voice import VoiceMeasure

Samples = NDArray[np.int16]
"""One channel, mono, 16-bit."""

VoiceCurve = NDArray[np.float16]
"""How voice-like each 10 ms of a channel sounds, 0 to 1, shape (frames,)."""

SAMPLE_RATE = 16000
"""Hertz of all decoded audio inside the pipeline."""


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """How loud each 10 ms of a channel is; all of shape (frames,)."""

    raw: NDArray[np.float32]
    """Level in dB full scale."""
    smooth: NDArray[np.float32]
    """The same over 50 ms."""
    ratios: NDArray[np.float32]
    """Power over the power of the noise of the line."""


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """What is known of a channel frame by frame before speech is looked for in it."""

    voice: VoiceCurve
    loudness: Loudness | None = None
    """None where samples have changed since it was measured."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What the header of a recording says."""

    path: Path
    sha256: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz, as in the file."""
    channels: int
    codec: str
    container: str


@dataclass(frozen=True, slots=True)
class CallAudio:
    """Decoded audio of one recording at SAMPLE_RATE."""

    samples: NDArray[np.int16]
    """Shape (channels, samples)."""
    sample_rate: int = SAMPLE_RATE
    truncated: bool = False
    """The file ended in the middle of its data or lost packets; what could be decoded is here."""

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(self.samples.shape[1]) / self.sample_rate

    def release(self) -> None:
        """Give back the memory of samples that lie on disk; they are read again when next looked at."""
        held: object = self.samples.base
        if isinstance(held, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            held.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True, slots=True)
class SpokenChannel:
    """One channel to transcribe: its role, its samples, and where speech is in it."""

    role: Role
    samples: Samples
    speech: Track
    sample_rate: int = SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Cue:
    """Something said that one party says far more often than the other."""

    time: float
    """Middle of it in seconds."""
    odds: float
    """Log odds that whoever says it is the agent."""


@dataclass(frozen=True, slots=True)
class Diarization:
    """Whose voice the speech of one channel is."""

    voices: tuple[Track, ...]
    """The speech of each voice, in the order in which they are first heard; none overlaps another."""
    confidence: float = 0.0
    """How sure it is that these are two people, 0 to 1; 0 where one voice was found."""
    warnings: tuple[CallWarning, ...] = ()
    """third_voice."""


class AudioReader(Protocol):
    """Opens recordings."""

    def probe(self, path: Path) -> AudioInfo:
        """Read header and checksum; raises AudioError."""

    def blocks(self, path: Path, *, seconds: float = 30.0) -> Iterator[NDArray[np.int16]]:
        """Decode in a stream: arrays (channels, samples) at SAMPLE_RATE; raises AudioError."""

    def read(self, path: Path) -> CallAudio:
        """Decode the whole recording; raises AudioError."""


class SpeechDetector(Protocol):
    """Finds speech in one channel."""

    @property
    def name(self) -> str:
        """Name and parameters, stamped on documents."""

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        """Stretches of speech; pauses are left in (bridging is the timeline's job).

        Args:
            samples: One channel.
            sample_rate: Hertz.
            hearing: What is known of these samples already; a detector may do without.
        """


class FaintDetector(Protocol):
    """Finds voices no louder than the noise."""

    @property
    def name(self) -> str:
        """Name and parameters, stamped on documents."""

    def find(self, samples: Samples, sample_rate: int, *, within: Track) -> Track:
        """Stretches of voice in one channel, in pauses in which no detector heard any."""


@dataclass(frozen=True, slots=True)
class NonSpeech:
    """What in one channel is heard and is no speech."""

    sounds: Track = ()
    """Tones and music."""
    waits: Track = ()
    """Music and ring-back, the pauses of ring-back included: what a waiting caller hears."""
    ringing: Track = ()
    """The part of the waits that is ring-back."""
    busy: Track = ()
    """Busy and congestion tone, pauses included."""
    keys: Track = ()
    """Keys pressed."""
    hearing: Hearing | None = field(default=None, compare=False)
    """What was measured on the way, sounds included; None where the detector does not tell."""


class NonSpeechDetector(Protocol):
    """Finds what is not speech."""

    @property
    def name(self) -> str:
        """Name and parameters, stamped on documents."""

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        """Tones and music in one channel."""

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        """A copy with silence where those sounds were."""


class InspectedChannels(Protocol):
    """What is wrong with the channels of a recording."""

    @property
    def warnings(self) -> tuple[CallWarning, ...]:
        """dual_mono, dead_channel, low_level, clipping, gaps, bleed."""

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The speech of each channel without what bled over from another."""


class ChannelInspector(Protocol):
    """Looks for faults of channels."""

    def __call__(self, samples: NDArray[np.int16], speech: Sequence[Track]) -> InspectedChannels:
        """Inspect samples of shape (channels, samples) at SAMPLE_RATE and the speech of each."""


@runtime_checkable
class Weigher(Protocol):
    """Says how well given words fit what is heard: the acoustic second look."""

    def weigh(self, channel: SpokenChannel, span: Segment, texts: Sequence[str], *, language: str) -> list[float]:
        """How likely each of some texts is for a stretch of a channel: natural logs, summed over the text.

        Args:
            channel: What the stretch is heard on.
            span: The stretch, at most 29 s.
            texts: What may be said in it, from its beginning to its end.
            language: Code of the language.

        Raises:
            TranscriptionError: The recogniser failed.
        """


class Diarizer(Protocol):
    """Tells the voices on one channel apart."""

    @property
    def name(self) -> str:
        """Method, model and digest, stamped on documents."""

    def diarize(self, samples: Samples, speech: Track, *, cues: Sequence[Cue] = ()) -> Diarization:
        """The voices in the speech of one channel at SAMPLE_RATE; raises ModelError.

        Args:
            samples: The channel.
            speech: Where speech is in it.
            cues: What was said in it that tells who speaks, once that is known: voices that sound alike are told apart
                by both. The first voice is then the one that the cues call the agent's.
        """


class VoiceMeter(Protocol):
    """Measures how stretches of a channel are spoken."""

    @property
    def name(self) -> str:
        """Method and parameters, stamped on what is measured."""

    def measure(self, samples: Samples, stretches: Sequence[Track], sample_rate: int) -> tuple[VoiceMeasure, ...]:
        """Loudness, balance and pitch of each; the tracks are the speech of one role, turn by turn."""


OnHeard = Callable[[Sequence[Utterance], float], None]
"""Told of utterances just heard, and of the second up to which the recording has been listened to."""


class Transcriber(Protocol):
    """Turns speech into words."""

    @property
    def name(self) -> str:
        """Engine, model, digest and decoding settings, stamped on documents."""

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        """Utterances of all channels; no text outside the speech given.

        Args:
            channels: Role, samples and speech of each.
            language: Code of the language spoken, or "auto".
            heard: Told of utterances as they come; together these are what is returned.

        Raises:
            TranscriptionError: The recogniser failed.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, with time zone."""
