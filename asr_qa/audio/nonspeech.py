"""What is heard on a channel and is no speech: tones and music, found before speech is looked for."""

from __future__ import annotations

import numpy as np

from asr_qa.audio.music import MusicOptions, find_music
from asr_qa.audio.tones import ToneOptions, find_tones
from asr_qa.audio.vad import digest_of
from asr_qa.core.segment import Segment, Track, bridge, subtract, union
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE, NonSpeech, Samples

_MARGIN = 0.04
"""Seconds by which a tone is silenced beyond its edges: filters and codecs smear them."""
_TONAL = 0.5
"""Share of what was called music that steady tones explain from which on it is none."""


class ToneAndMusicDetector:
    """Tones by their spectrum, music by its notes."""

    def __init__(self, tones: ToneOptions | None = None, music: MusicOptions | None = None) -> None:
        self._tones = tones or ToneOptions()
        self._music = music or MusicOptions()

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"tones-1(options={digest_of(self._tones)})+music-1(options={digest_of(self._music)})"

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        """Tones and music in one channel of 16-bit samples at 16 kHz."""
        if sample_rate != SAMPLE_RATE:
            raise ConfigurationError(f"tones and music are looked for at {SAMPLE_RATE} Hz, not {sample_rate}; resample")
        tones = find_tones(samples, options=self._tones)
        music = _without_tones(find_music(samples, options=self._music), tones.every)
        end = Segment(0.0, len(samples) / SAMPLE_RATE)
        wide = (Segment(max(0.0, s.start - _MARGIN), min(end.end, s.end + _MARGIN)) for s in tones.every)
        return NonSpeech(bridge((*wide, *music), 0.12), union(music, tones.ringing))

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        """A copy with digital silence where those sounds were, which detectors take for nothing sent."""
        quiet = np.array(samples, np.int16)
        for sound in sounds:
            quiet[int(sound.start * sample_rate) : int(sound.end * sample_rate)] = 0
        return quiet


def _without_tones(music: Track, tones: Track) -> Track:
    """Stretches that are not merely steady tones: ring-back and beeps hold their pitch too."""
    kept = []
    for stretch in music:
        rest = subtract((stretch,), bridge(tones, 5.5))
        if sum(part.duration for part in rest) > (1 - _TONAL) * stretch.duration:
            kept.append(stretch)
    return tuple(kept)
