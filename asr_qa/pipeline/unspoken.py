"""What is heard and is no speech: kept out of what is looked through for voices, and where it lets a caller wait."""

from __future__ import annotations

from collections.abc import Sequence

from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import Track, bridge, subtract, union
from asr_qa.pipeline.ports import NonSpeech, NonSpeechDetector, Samples, SpeechDetector

_SPOKEN_INTO = 0.3
"""Seconds of speech between bursts of ring-back that end the waiting; less is a click."""


def find_speech(
    samples: Samples, unspoken: NonSpeech, sample_rate: int, *, detector: SpeechDetector, silencer: NonSpeechDetector
) -> Track:
    """Speech of one channel, looked for with tones and music taken out: loud ones would hide quiet voices."""
    if not unspoken.sounds:
        return detector.detect(samples, sample_rate)
    silenced = silencer.silence(samples, unspoken.sounds, sample_rate)
    return subtract(detector.detect(silenced, sample_rate), unspoken.sounds)


def find_waits(unspoken: Sequence[NonSpeech], tracks: Sequence[Track]) -> tuple[Track, ...]:
    """For each channel where it lets somebody wait: music and ring-back, but not while a voice speaks on it."""
    return tuple(subtract(each.waits, _spoken(track)) for each, track in zip(unspoken, tracks, strict=True))


def holds_of(recording: Recording, waits: Sequence[Track]) -> Track:
    """The waits that the customer hears: those on every channel but the customer's own."""
    heard = zip(recording.role_by_channel, waits, strict=False)
    return union(*(track for role, track in heard if role is not Role.CUSTOMER))


def _spoken(track: Track) -> Track:
    return tuple(segment for segment in bridge(track, _SPOKEN_INTO) if segment.duration >= _SPOKEN_INTO)
