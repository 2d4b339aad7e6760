"""What is heard on a channel and is no speech: tones and music, found before speech is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from asr_qa.audio.music import MusicOptions, find_music
from asr_qa.audio.tones import ToneOptions, Tones, find_tones
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
        return f"tones-2(options={digest_of(self._tones)})+music-2(options={digest_of(self._music)})"

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        """Tones and music in one channel of 16-bit samples at 16 kHz."""
        tones = self.find_tones(samples, sample_rate)
        return both(tones, self.find_music(samples, tones.every), duration=len(samples) / SAMPLE_RATE)

    def find_tones(self, samples: Samples, sample_rate: int) -> Tones:
        """Tones in one channel of 16-bit samples at 16 kHz."""
        if sample_rate != SAMPLE_RATE:
            raise ConfigurationError(f"tones and music are looked for at {SAMPLE_RATE} Hz, not {sample_rate}; resample")
        found = [(part, find_tones(part.cut(samples), options=self._tones)) for part in _parts(samples)]
        names = [field.name for field in fields(Tones)]
        return Tones(*(_seamless((part, getattr(tones, name)) for part, tones in found) for name in names))

    def find_music(self, samples: Samples, tones: Track, *, possible: Track | None = None) -> Track:
        """Music in one channel of 16-bit samples at 16 kHz.

        Args:
            samples: One channel.
            tones: Every tone in it.
            possible: Where there may be music, if that is known: parts of the channel without any are passed over.
        """
        parts = [p for p in _parts(samples) if possible is None or intersect((p.around,), possible)]
        found = [(part, find_music(part.cut(samples), options=self._music)) for part in parts]
        return _seamless((part, _without_tones(music, part.own(tones))) for part, music in found)

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        """A copy with digital silence where those sounds were, which detectors take for nothing sent."""
        quiet = np.array(samples, np.int16)
        for sound in sounds:
            quiet[int(sound.start * sample_rate) : int(sound.end * sample_rate)] = 0
        return quiet


def both(tones: Tones, music: Track, *, duration: float) -> NonSpeech:
    """Tones and music of one channel as what is no speech in it."""
    wide = (Segment(max(0.0, s.start - _MARGIN), min(duration, s.end + _MARGIN)) for s in tones.every)
    sounds = bridge((*wide, *music), _JOIN)
    return NonSpeech(sounds, union(music, tones.ringing), tones.ringing, tones.busy, tones.keys)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a channel and what is looked at with it, in whole seconds."""

    inner: Segment
    around: Segment

    def cut(self, samples: Samples) -> Samples:
        """The samples that are looked at."""
        return samples[round(self.around.start * SAMPLE_RATE) : round(self.around.end * SAMPLE_RATE)]

    def own(self, track: Track) -> Track:
        """What of a track of the channel is looked at, on the clock of the part."""
        return tuple(s.shift(-self.around.start) for s in intersect((self.around,), track))

    def found(self, track: Track) -> Iterator[Segment]:
        """What of a track on the clock of the part lies in it, on the clock of the channel."""
        yield from intersect((self.inner,), tuple(s.shift(self.around.start) for s in track))


def _parts(samples: Samples) -> list[_Part]:
    seconds = len(samples) / SAMPLE_RATE
    if seconds <= _PART + 2 * _AROUND:
        whole = Segment(0.0, float(_PART + 2 * _AROUND))
        return [_Part(whole, whole)]
    starts = [float(start) for start in range(0, int(seconds) + 1, _PART)]
    return [_Part(Segment(s, s + _PART), Segment(max(0.0, s - _AROUND), s + _PART + _AROUND)) for s in starts]


def _seamless(found: Iterable[tuple[_Part, Track]]) -> Track:
    """What was found in parts as one track of the channel."""
    return bridge((segment for part, track in found for segment in part.found(track)), _SEAM)


def _without_tones(music: Track, tones: Track) -> Track:
    """Stretches that are not merely steady tones: ring-back and beeps hold their pitch too."""
    kept = []
    for stretch in music:
        rest = subtract((stretch,), bridge(tones, 5.5))
        if sum(part.duration for part in rest) > (1 - _TONAL) * stretch.duration:
            kept.append(stretch)
    return tuple(kept)
