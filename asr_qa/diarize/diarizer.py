"""Two parties on one channel: whose voice each stretch of speech is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.document import CallWarning
from asr_qa.core.segment import Segment, Track, intersect
from asr_qa.diarize.cluster import Split, Vectors, split_in_two
from asr_qa.diarize.encoder import VoiceEncoder
from asr_qa.diarize.mel import FRAMES_PER_SECOND, Frames, mel_frames
from asr_qa.diarize.outline import Outlines, outlines
from asr_qa.diarize.parties import as_split, sound_leaning, two_parties
from asr_qa.diarize.resegment import change_costs, cheapest_path, evidence, leaning, scaled
from asr_qa.diarize.voices import SURE, has_third_voice, steadied, two_voices
from asr_qa.diarize.windows import LENGTH, Windows, mask, power_of, slide
from asr_qa.pipeline.ports import Cue, Diarization, Samples

_LEVEL = 1e-3
"""Mean square to which each window is brought (-30 dB full scale), as the encoder was trained: a voice, not a level."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """One channel, ready to be parted."""

    speech: Track
    mels: Frames
    power: NDArray[np.float32]
    windows: Windows
    vectors: Vectors


class VoiceDiarizer:
    """Parts a channel in two voices: an embedding of each second, spectral clustering, cuts at pauses.

    Speech of both at once cannot be parted: it goes to the voice that is heard better. The same audio always gives
    the same voices.
    """

    def __init__(self, checkpoint: Path, model: str) -> None:
        """Name the weights; they are read when first needed, which may raise ModelError.

        Args:
            checkpoint: The voice encoder's weights.
            model: Name and digest of the weights, e.g. "voices@39373b86598f".
        """
        self._encoder = VoiceEncoder(checkpoint)
        self._model = model

    @property
    def name(self) -> str:
        """Method, model and digest."""
        return f"spectral+outlines+words4/{self._model}"

    def diarize(self, samples: Samples, speech: Track, *, cues: Sequence[Cue] = ()) -> Diarization:
        """The voices of one channel at SAMPLE_RATE, in the order in which they are first heard.

        With cues the agent's comes first, and two are found only where words and voice agree.

        Raises:
            ModelError: The weights cannot be read.
        """
        heard = self._listen(samples, speech)
        if cues:
            return _by_words(heard, cues)
        split = split_in_two(heard.vectors)
        confidence = two_voices(split) if split else None
        if split is None or confidence is None:
            return Diarization((speech,) if speech else ())
        parted = _part(heard, split, steadied(confidence, split, heard.windows))
        if has_third_voice(split, heard.vectors, heard.windows):
            parted = replace(parted, warnings=(*parted.warnings, _third_voice()))
        return parted

    def _listen(self, samples: Samples, speech: Track) -> _Heard:
        mels, power = mel_frames(samples), power_of(samples)
        windows = slide(speech, frames=len(power))
        total = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
        level = (total[windows.starts + LENGTH] - total[windows.starts]) / LENGTH
        gains = (_LEVEL / np.maximum(level, 1e-12)).astype(np.float32)
        return _Heard(speech, mels, power, windows, self._encoder.embed(mels, windows.starts, gains, frames=LENGTH))


def _by_words(heard: _Heard, cues: Sequence[Cue]) -> Diarization:
    parties = two_parties(heard.vectors, _outlines(heard), heard.windows, cues)
    if parties is None or not parties.sure:
        return Diarization((heard.speech,) if heard.speech else ())
    split = as_split(parties, heard.vectors)
    voices = _voices(heard, np.where(parties.second, 1.0, -1.0))
    if len(voices) < 2:
        return Diarization((heard.speech,))
    third = has_third_voice(split, heard.vectors, heard.windows)
    return Diarization(voices, SURE, (_third_voice(),) if third else ())


def _part(heard: _Heard, split: Split, confidence: float) -> Diarization:
    # The split tells that there are two voices; whose a window is, outlines and what comes before and after tell too.
    sound = sound_leaning(heard.vectors, _outlines(heard), heard.windows)
    voices = _voices(heard, leaning(heard.vectors, split) if sound is None else scaled(sound))
    if len(voices) < 2:
        return Diarization((heard.speech,))
    return Diarization(tuple(sorted(voices, key=lambda track: track[0].start)), confidence)


def _outlines(heard: _Heard) -> Outlines:
    return outlines(heard.mels, heard.windows.starts, frames=LENGTH)


def _voices(heard: _Heard, lean: NDArray[np.float64]) -> tuple[Track, ...]:
    """The speech of each voice, from what each window says for the second; only one where that gets nothing."""
    frames = len(heard.power)
    spoken = mask(heard.speech, frames)
    second = cheapest_path(
        np.where(spoken, evidence(heard.windows, lean, frames=frames), 0.0), change_costs(spoken, heard.power)
    )
    voices = tuple(intersect(heard.speech, _track(state, heard.speech)) for state in (~second, second))
    return voices if all(voices) else (heard.speech,)


def _track(state: NDArray[np.bool_], speech: Track) -> Track:
    """Runs of frames as a track; the last one reaches as far as there is speech."""
    edges = np.flatnonzero(np.diff(state)) + 1
    bounds = [0.0, *(edges / FRAMES_PER_SECOND), max(len(state) / FRAMES_PER_SECOND, speech[-1].end)]
    first = 0 if state[0] else 1
    return tuple(Segment(float(start), float(end)) for start, end in list(pairwise(bounds))[first::2])


def _third_voice() -> CallWarning:
    message = "more than two voices on one channel: rules about one party are left to a person"
    return CallWarning(code="third_voice", message=message)
