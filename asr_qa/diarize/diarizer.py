"""Two parties on one channel: whose voice each stretch of speech is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.document import CallWarning
from asr_qa.core.segment import Segment, Track, intersect
from asr_qa.diarize.cluster import Split, Vectors, split_in_two
from asr_qa.diarize.encoder import VoiceEncoder
from asr_qa.diarize.mel import FRAMES_PER_SECOND, mel_frames
from asr_qa.diarize.resegment import change_costs, cheapest_path, evidence
from asr_qa.diarize.voices import has_third_voice, steadied, two_voices
from asr_qa.diarize.windows import LENGTH, Windows, mask, power_of, slide
from asr_qa.pipeline.ports import Diarization, Samples

_LEVEL = 1e-3
"""Mean square to which each window is brought (-30 dB full scale), as the encoder was trained: a voice, not a level."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """One channel, ready to be parted."""

    speech: Track
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
        return f"spectral/{self._model}"

    def diarize(self, samples: Samples, speech: Track) -> Diarization:
        """The voices of one channel at SAMPLE_RATE, in the order in which they are first heard.

        Raises:
            ModelError: The weights cannot be read.
        """
        heard = self._listen(samples, speech)
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
        return _Heard(speech, power, windows, self._encoder.embed(mels, windows.starts, gains, frames=LENGTH))


def _part(heard: _Heard, split: Split, confidence: float) -> Diarization:
    frames = len(heard.power)
    spoken = mask(heard.speech, frames)
    lean = np.where(spoken, evidence(heard.windows, heard.vectors, split, frames=frames), 0.0)
    second = cheapest_path(lean, change_costs(spoken, heard.power))
    voices = [intersect(heard.speech, _track(state, heard.speech)) for state in (~second, second)]
    if not all(voices):
        return Diarization((heard.speech,))
    voices.sort(key=lambda track: track[0].start)
    return Diarization(tuple(voices), confidence)


def _track(state: NDArray[np.bool_], speech: Track) -> Track:
    """Runs of frames as a track; the last one reaches as far as there is speech."""
    edges = np.flatnonzero(np.diff(state)) + 1
    bounds = [0.0, *(edges / FRAMES_PER_SECOND), max(len(state) / FRAMES_PER_SECOND, speech[-1].end)]
    first = 0 if state[0] else 1
    return tuple(Segment(float(start), float(end)) for start, end in list(pairwise(bounds))[first::2])


def _third_voice() -> CallWarning:
    message = "more than two voices on one channel: rules about one party are left to a person"
    return CallWarning(code="third_voice", message=message)
