"""What is heard on a channel and is no speech: tones and music, found before speech is looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from asr_qa.audio.music import MusicOptions, find_music
from asr_qa.audio.tones import ToneOptions, find_tones
from asr_qa.audio.vad import digest_of
from asr_qa.core.segment import Segment, Track, bridge, intersect, subtract, union
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE, NonSpeech, Samples

_MARGIN = 0.04
"""Seconds by which a tone is silenced beyond its edges: filters and codecs smear them."""
_JOIN = 0.12
"""Seconds between two sounds that are filled."""
_PART, _AROUND = 600, 30
"""Seconds of a long recording that are looked at together, and that are looked at before and after them: whatever it
keeps in memory is that of ten minutes, and no sound that takes seconds to know is missed at a seam."""
_SEAM = 0.01
"""Seconds within which what two parts found is one."""
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
        if len(samples) <= (_PART + 2 * _AROUND) * SAMPLE_RATE:
            return self._find(samples)
        parts = [self._part(samples, start) for start in range(0, int(len(samples) / SAMPLE_RATE) + 1, _PART)]
        return _each(lambda *tracks: bridge((s for track in tracks for s in track), _SEAM), *parts)

    def _part(self, samples: Samples, start: int) -> NonSpeech:
        """What lies in a part of a long recording, found with the seconds around it."""
        first = max(0, start - _AROUND)
        found = self._find(samples[first * SAMPLE_RATE : (start + _PART + _AROUND) * SAMPLE_RATE])
        part = (Segment(float(start), float(start + _PART)),)
        return _each(lambda track: intersect(part, tuple(s.shift(first) for s in track)), found)

    def _find(self, samples: Samples) -> NonSpeech:
        tones = find_tones(samples, options=self._tones)
        music = _without_tones(find_music(samples, options=self._music), tones.every)
        end = Segment(0.0, len(samples) / SAMPLE_RATE)
        wide = (Segment(max(0.0, s.start - _MARGIN), min(end.end, s.end + _MARGIN)) for s in tones.every)
        sounds = bridge((*wide, *music), _JOIN)
        return NonSpeech(sounds, union(music, tones.ringing), tones.ringing, tones.busy, tones.keys)

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        """A copy with digital silence where those sounds were, which detectors take for nothing sent."""
        quiet = np.array(samples, np.int16)
        for sound in sounds:
            quiet[int(sound.start * sample_rate) : int(sound.end * sample_rate)] = 0
        return quiet


def _each(change: Callable[..., Track], *found: NonSpeech) -> NonSpeech:
    """Each kind of track of what was found, changed."""
    names = [field.name for field in fields(NonSpeech) if field.name != "voice"]
    tracks: dict[str, Any] = {name: change(*(getattr(one, name) for one in found)) for name in names}
    return NonSpeech(**tracks)


def _without_tones(music: Track, tones: Track) -> Track:
    """Stretches that are not merely steady tones: ring-back and beeps hold their pitch too."""
    kept = []
    for stretch in music:
        rest = subtract((stretch,), bridge(tones, 5.5))
        if sum(part.duration for part in rest) > (1 - _TONAL) * stretch.duration:
            kept.append(stretch)
    return tuple(kept)
