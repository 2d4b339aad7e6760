"""What is heard and is no speech: kept out of what is looked through for voices, and where it lets a caller wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log10

import numpy as np

from asr_qa.core.options import TimingOptions
from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import EPSILON, Segment, Track, bridge, clip, gaps, subtract, total, union
from asr_qa.pipeline.ports import FaintDetector, NonSpeech, NonSpeechDetector, Samples, SpeechDetector

FADE = 0.22
"""Seconds that the last syllable before a silence goes on unheard: a detector ends it up to half a second early and
hardly ever late. Chosen between the two, with the tail the detector follows itself."""
FADE_UNDER_NOISE = 0.26
"""The same where noise is loud: it hides more, and no tail is followed."""
RISE_UNDER_NOISE = 0.15
"""Seconds that the first syllable after a silence has begun unheard where noise is loud."""
_CLEAR, _NOISY = 24.0, 18.0
"""dB that loud speech stands out of the noise, from where on that hides nothing more and down to where it hides all."""
EDGES = "/".join(f"{number:g}" for number in (FADE, FADE_UNDER_NOISE, RISE_UNDER_NOISE, _CLEAR, _NOISY))
"""All of these as they stand in the stamp of a document."""
_SILENCE = TimingOptions().silence_min
"""Seconds nobody speaks: less is no silence by its definition."""
_WHILE = _SILENCE + 0.01
"""The same and a hair for the rounding of sums."""
_FRAMES = 100
"""Of a second, in what is known of a channel frame by frame."""
_SPOKEN_INTO = 0.3
"""Seconds of speech between bursts of ring-back that end the waiting; less is a click."""


def find_speech(
    samples: Samples, unspoken: NonSpeech, sample_rate: int, *, detector: SpeechDetector, silencer: NonSpeechDetector
) -> Track:
    """Speech of one channel, looked for with tones and music taken out: loud ones would hide quiet voices."""
    hearing = unspoken.hearing
    if not unspoken.sounds:
        return detector.detect(samples, sample_rate, hearing=hearing)
    silenced = silencer.silence(samples, unspoken.sounds, sample_rate)
    voice = replace(hearing, loudness=None) if hearing else None  # what was loud is silent now
    return subtract(detector.detect(silenced, sample_rate, hearing=voice), unspoken.sounds)


def find_waits(unspoken: Sequence[NonSpeech], tracks: Sequence[Track]) -> tuple[Track, ...]:
    """For each channel where it lets somebody wait: music and ring-back, but not while a voice speaks on it."""
    return tuple(subtract(each.waits, _spoken(track)) for each, track in zip(unspoken, tracks, strict=True))


def hear_faint(
    samples: Sequence[Samples],
    tracks: Sequence[Track],
    unspoken: Sequence[NonSpeech],
    sample_rate: int,
    *,
    faint: FaintDetector,
) -> tuple[Track, ...]:
    """Speech of all channels, with what noise hides of it in the silences.

    Asked is only about pauses of everybody that pass for silences, on channels whose noise is loud: while another
    speaks, what is let through of them would be heard, and what no noise hides is quieter than any party speaks.
    """
    pauses = _silences(tracks, unspoken)
    noisy = (_hidden_by_noise(track, other) > 0 for track, other in zip(tracks, unspoken, strict=True))
    found = [
        faint.find(channel, sample_rate, within=pauses) if pauses and asked else ()
        for channel, asked in zip(samples, noisy, strict=True)
    ]
    for pause in pauses:
        loudest = max(range(len(found)), key=lambda index: total(clip(found[index], pause)))
        found = [each if index == loudest else subtract(each, (pause,)) for index, each in enumerate(found)]
    return tuple(union(track, more) for track, more in zip(tracks, found, strict=True))


def _silences(tracks: Sequence[Track], unspoken: Sequence[NonSpeech]) -> Track:
    """Where nobody is heard between the first voice and the last, and no tone or music, long enough for a silence."""
    spoken = union(*tracks)
    if not spoken:
        return ()
    quiet = subtract(gaps(spoken, spoken[0] | spoken[-1]), union(*(each.sounds for each in unspoken)))
    return tuple(pause for pause in quiet if pause.duration >= _SILENCE - EPSILON)


def let_fade(
    tracks: Sequence[Track], duration: float, *, unspoken: Sequence[NonSpeech] | None = None
) -> tuple[Track, ...]:
    """Speech of all channels, its edges put into the silences beside it, as far as noise hides how far it reaches.

    The last syllable before a silence is drawn out and sinks under the noise of the line, and the first one may rise
    from it: where a detector still hears a voice is never beyond its edges and often within them. Where the other
    answers at once nothing is added, so that no event of two voices moves.

    Args:
        tracks: Speech of each channel.
        duration: Seconds of the recording.
        unspoken: What else sounds on each channel, and is never counted as speech; how loud the channel is tells how
            much its noise hides. Without it that is taken for little.
    """
    everybody = union(*tracks)
    following = [*(segment.start for segment in everybody[1:]), duration]
    pauses = {one.end: start - one.end for one, start in zip(everybody, following, strict=False)}
    before = {start: start - one.end for one, start in zip(everybody, following[:-1], strict=False)}
    others = unspoken if unspoken is not None else [NonSpeech()] * len(tracks)
    found = []
    for track, other in zip(tracks, others, strict=True):
        noise = _hidden_by_noise(track, other)
        fade = FADE + (FADE_UNDER_NOISE - FADE) * noise
        grown = tuple(_grown(s, pauses, before, duration, fade=fade, rise=RISE_UNDER_NOISE * noise) for s in track)
        found.append(subtract(grown, other.sounds) if other.sounds else grown)
    return tuple(found)


def _grown(
    segment: Segment,
    pauses: Mapping[float, float],
    before: Mapping[float, float],
    duration: float,
    *,
    fade: float,
    rise: float,
) -> Segment:
    """The segment reaching into the pauses of everybody beside it, by no more than leaves each a silence."""
    further = max(0.0, min(fade, pauses.get(segment.end, 0.0) - _WHILE))
    sooner = max(0.0, min(rise, before.get(segment.start, 0.0) - FADE_UNDER_NOISE - _WHILE))
    return Segment(segment.start - sooner, min(duration, segment.end + further)) if further or sooner else segment


def _hidden_by_noise(track: Track, unspoken: NonSpeech) -> float:
    """How much of a voice the noise of its channel hides: 0 where speech stands far out of it, up to 1."""
    loudness = unspoken.hearing.loudness if unspoken.hearing else None
    if loudness is None or not track:
        return 0.0
    speaking = np.concatenate([loudness.ratios[round(s.start * _FRAMES) : round(s.end * _FRAMES)] for s in track])
    loud = 10.0 * log10(max(1.0, float(np.percentile(speaking, 95)))) if speaking.size else _CLEAR
    return min(1.0, max(0.0, (_CLEAR - loud) / (_CLEAR - _NOISY)))


def holds_of(recording: Recording, waits: Sequence[Track]) -> Track:
    """The waits that the customer hears: those on every channel but the customer's own."""
    heard = zip(recording.role_by_channel, waits, strict=False)
    return union(*(track for role, track in heard if role is not Role.CUSTOMER))


def _spoken(track: Track) -> Track:
    return tuple(segment for segment in bridge(track, _SPOKEN_INTO) if segment.duration >= _SPOKEN_INTO)
