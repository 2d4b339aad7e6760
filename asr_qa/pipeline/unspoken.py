"""What is heard and is no speech: kept out of what is looked through for voices, and where it lets a caller wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import Segment, Track, bridge, subtract, union
from asr_qa.pipeline.ports import NonSpeech, NonSpeechDetector, Samples, SpeechDetector

FADE = 0.22
"""Seconds that the last syllable before a silence goes on unheard: a detector ends it up to half a second early, the
more the louder the noise, and hardly ever late. Chosen between the two, with the tail the detector follows itself."""
_WHILE = 2.01
"""Seconds nobody speaks: less is no silence by its definition (and a hair for the rounding of sums)."""
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


def let_fade(
    tracks: Sequence[Track], duration: float, *, unspoken: Sequence[NonSpeech] | None = None
) -> tuple[Track, ...]:
    """Speech of all channels, followed by FADE where nobody speaks for a while, or until a tone or music begins.

    The last syllable before a silence is drawn out and sinks under the noise of the line: where a detector still hears
    it is never late and often early. Where the other answers at once nothing is added, so that no event of two voices
    moves.

    Args:
        tracks: Speech of each channel.
        duration: Seconds of the recording.
        unspoken: What else sounds on each channel, and is never counted as speech.
    """
    everybody = union(*tracks)
    following = [*(segment.start for segment in everybody[1:]), duration]
    pauses = {one.end: start - one.end for one, start in zip(everybody, following, strict=False)}
    fading = [tuple(_fading(segment, pauses, duration) for segment in track) for track in tracks]
    sounds = [each.sounds for each in unspoken] if unspoken is not None else [()] * len(fading)
    return tuple(subtract(*pair) if pair[1] else pair[0] for pair in zip(fading, sounds, strict=True))


def _fading(segment: Segment, pauses: Mapping[float, float], duration: float) -> Segment:
    """The segment going on into the pause of everybody that follows it, by no more than leaves it a silence."""
    further = min(FADE, pauses.get(segment.end, 0.0) - _WHILE)
    return replace(segment, end=min(duration, segment.end + further)) if further > 0.0 else segment


def holds_of(recording: Recording, waits: Sequence[Track]) -> Track:
    """The waits that the customer hears: those on every channel but the customer's own."""
    heard = zip(recording.role_by_channel, waits, strict=False)
    return union(*(track for role, track in heard if role is not Role.CUSTOMER))


def _spoken(track: Track) -> Track:
    return tuple(segment for segment in bridge(track, _SPOKEN_INTO) if segment.duration >= _SPOKEN_INTO)
