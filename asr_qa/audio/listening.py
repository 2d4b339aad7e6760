"""What a channel carries, by rules and by a network: tones, music, and how voice-like each moment sounds.

Tones and the notes of music are found by their spectrum; a network that has heard both says where voices and music
are. Neither is enough alone: the network hardly finds music under noise, and notes say little about where music with
drums begins and ends.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.energy import FRAMES_PER_SECOND, Decibels, moving_mean, widen
from asr_qa.audio.energy_bands import decibels
from asr_qa.audio.nonspeech import ToneAndMusicDetector, both
from asr_qa.audio.runs import Runs, join_runs, runs_of
from asr_qa.audio.soundkind import MUSIC, SINGING, VOICE, Kinds, SoundKindNetwork
from asr_qa.audio.vad import SMOOTHING, digest_of, measure_loudness, to_track
from asr_qa.core.segment import Segment, Track, bridge, intersect, subtract, union
from asr_qa.pipeline.ports import Hearing, NonSpeech, Samples, VoiceCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningOptions:
    """What counts as sound, voice and music; levels in dB above the noise, times in seconds."""

    sounding: float = 1.2
    """The network hears what stands out this far, ..."""
    faint: float = 0.5
    faint_window: float = 0.25
    faint_cap: float = 2.0
    """... or this far as a mean over such a window, no frame counting for more than the cap."""
    around: float = 0.4
    """And this much before and after it."""
    possible_shortest: float = 2.0
    """Notes are looked for where sounds that hold no voice follow each other this long within `music_gap`."""
    music: float = 0.5
    """Mean probability of music or singing over `music_window` that is music, ..."""
    music_window: float = 0.5
    music_gap: float = 1.0
    """... shorter pauses left in, ..."""
    music_shortest: float = 3.0
    """... for at least so long; under noise a voice may pass for music for two seconds."""
    accompanied: float = 0.5
    """Singing is music where the mean probability of music over `accompanied_window` is as much; without any ..."""
    accompanied_window: float = 1.0
    """... it is a voice: under noise a drawn-out one passes for a singer's."""
    hint: float = 0.15
    """Under noise a lesser mean is enough, if it is twice that of voice, ..."""
    hint_shortest: float = 2.5
    """... for sounds that follow each other this long within `music_gap` and hold no voice."""
    voice: float = 0.3
    """Probability of voice that is a voice, where music plays near, ..."""
    voice_gap: float = 0.2
    voice_shortest: float = 0.3
    """... shorter pauses left in, for at least so long."""
    burst: float = 3.0
    """Sounds without voice this far above the noise belong to music ..."""
    burst_gap: float = 0.1
    burst_shortest: float = 0.05
    near: float = 0.6
    """... that plays this near, directly or by way of other such sounds, ..."""
    reach: float = 4.0
    """... but not further off than this."""
    shortest: float = 1.0
    """Shorter pieces of music, between voices, are left."""
    beat: float = 0.5
    """After music, sounds no longer than this belong to it within `reach`, however long the pauses, while their mean
    probability of voice is under `voice`: beats and single notes, which a classifier takes for syllables, ..."""
    apart: float = 0.5
    """... except those so near before anything else; that is how a voice may begin."""
    dying: float = 0.1
    """A beat goes on so long under the level by which it is found."""


class ListeningDetector:
    """Tones and music by their spectrum, corrected and completed by a network that tells voice from music."""

    def __init__(
        self, network: SoundKindNetwork, spectral: ToneAndMusicDetector, options: ListeningOptions | None = None
    ) -> None:
        self._network = network
        self._spectral = spectral
        self._options = options or ListeningOptions()

    @property
    def name(self) -> str:
        """Name and parameters."""
        return f"{self._spectral.name}+{self._network.name}(options={digest_of(self._options)})"

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        """Tones, music and voices in one channel of 16-bit samples at 16 kHz."""
        tones = self._spectral.find_tones(samples, sample_rate)
        loudness = measure_loudness(samples, sample_rate)
        smooth = decibels(loudness.ratios, width=SMOOTHING)
        standing = self._standing(loudness.ratios, smooth)
        kinds = self._told(self._network.kinds(samples, widen(standing, _frames(self._options.around))))
        o = self._options
        voice = _long(kinds[:, VOICE] > o.voice, gap=o.voice_gap, shortest=o.voice_shortest)
        possible = self._unvoiced(to_track(runs_of(standing)), union(voice, tones.every), o.possible_shortest)
        music = self._spectral.find_music(samples, tones.every, possible=possible)
        found = both(tones, music, duration=len(samples) / sample_rate)
        notes = subtract(found.waits, found.ringing)
        beeps = subtract(found.sounds, notes)
        music = self._music(notes, kinds, smooth, voice=voice, tones=union(beeps, found.ringing, found.busy))
        hearing = Hearing(self._voice_of(kinds), loudness)
        return replace(found, sounds=union(beeps, music), waits=union(music, found.ringing), hearing=hearing)

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        """A copy with digital silence where those sounds were, which detectors take for nothing sent."""
        return self._spectral.silence(samples, sounds, sample_rate)

    def _standing(self, ratios: NDArray[np.float32], smooth: Decibels) -> NDArray[np.bool_]:
        o = self._options
        capped = np.minimum(ratios, np.float32(10 ** (o.faint_cap / 10)))
        faint = decibels(capped, width=_frames(o.faint_window) | 1) > o.faint
        return np.asarray((smooth > o.sounding) | faint)

    def _told(self, kinds: Kinds) -> Kinds:
        """What the network tells, singing without music taken for a voice."""
        o = self._options
        alone = moving_mean(kinds[:, MUSIC].astype(np.float32), _frames(o.accompanied_window) | 1) < o.accompanied
        told = kinds.copy()
        told[alone, VOICE] = np.maximum(kinds[alone, VOICE], kinds[alone, SINGING])
        told[alone, SINGING] = 0.0
        return told

    def _unvoiced(self, sounds: Track, other: Track, shortest: float) -> Track:
        """Sounds that follow each other long enough to be music, no voices or tones between them.

        They are parted from voices before pauses are closed: the pause between a voice and music belongs to neither.
        """
        found = subtract(bridge(subtract(sounds, other), self._options.music_gap), other)
        return tuple(sound for sound in found if sound.duration >= shortest)

    def _music(self, notes: Track, kinds: Kinds, smooth: Decibels, *, voice: Track, tones: Track) -> Track:
        """The music found either way, grown over the sounds without voice beside it, less what is voice."""
        o = self._options
        bursts = to_track(join_runs(runs_of(smooth > o.burst), gap=_frames(o.burst_gap)))
        other = union(voice, tones)
        hinted = self._hinted(kinds, self._unvoiced(bursts, other, o.hint_shortest))
        music = union(notes, subtract(self._heard(kinds), tones), hinted)
        if not music:
            return ()
        # A sound that runs into a voice is its beginning or end.
        alone = (b for b in bursts if b.duration >= o.burst_shortest and not intersect((b,), other))
        whole = [s for s in bridge((*music, *alone), o.near) if intersect((s,), music)]
        within = union(Segment(max(0.0, s.start - o.reach), s.end + o.reach) for s in music)
        played = subtract(intersect(union(whole), within), voice)
        played = tuple(s for s in played if s.duration >= o.shortest)
        return union(played, self._beats(played, bursts, kinds, other=other))

    def _beats(self, music: Track, bursts: Track, kinds: Kinds, *, other: Track) -> Track:
        """What goes on after music with pauses between short sounds, up to the last of them."""
        o = self._options
        starts, ends = [burst.start for burst in bursts], [sound.end for sound in other]
        found = []
        for played in music:
            until = played.end + o.reach
            after = bursts[bisect_right(starts, played.end) : bisect_right(starts, until + o.apart)]
            stops = [burst.start for burst in after if not self._is_beat(burst, kinds)]
            stops += [max(sound.start, played.end) for sound in other[bisect_right(ends, played.end) :][:1]]
            until = min([until, *(start - o.apart for start in stops)])
            beats = [burst for burst in after if burst.end <= until]
            if beats:
                found.append(Segment(played.end, beats[-1].end + o.dying))
        return union(found)

    def _is_beat(self, burst: Segment, kinds: Kinds) -> bool:
        voice = kinds[_frames(burst.start) : _frames(burst.end), VOICE].astype(np.float32)
        return burst.duration <= self._options.beat and float(voice.mean()) < self._options.voice

    def _voice_of(self, kinds: Kinds) -> VoiceCurve:
        """How voice-like each frame sounds; 0 where it is more like music and no clear voice."""
        voice = kinds[:, VOICE]
        played = np.maximum(kinds[:, MUSIC], kinds[:, SINGING]) > voice
        return np.where(played & (voice <= self._options.voice), np.float16(0), voice)

    def _heard(self, kinds: Kinds) -> Track:
        """Music by the network alone."""
        o = self._options
        either = np.maximum(kinds[:, MUSIC], kinds[:, SINGING]).astype(np.float32)
        playing = moving_mean(either, _frames(o.music_window) | 1) > o.music
        return _long(playing, gap=o.music_gap, shortest=o.music_shortest)

    def _hinted(self, kinds: Kinds, unvoiced: Track) -> Track:
        """Long sounds without voice that the network finds more like music than voice."""
        o = self._options
        found = []
        for sound in unvoiced:
            likely = kinds[_frames(sound.start) : _frames(sound.end)].astype(np.float32)
            played = float(likely[:, (SINGING, MUSIC)].max(axis=1).mean())
            if played > max(o.hint, 2 * float(likely[:, VOICE].mean())):
                found.append(sound)
        return tuple(found)


def _long(mask: NDArray[np.bool_], *, gap: float, shortest: float) -> Track:
    runs: Runs = join_runs(runs_of(mask), gap=_frames(gap))
    return tuple(segment for segment in to_track(runs) if segment.duration >= shortest)


def _frames(seconds: float) -> int:
    return round(seconds * FRAMES_PER_SECOND)
