"""The way one recording goes, from audio to score sheet: the only place that knows the order of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from asr_qa.core.checks.base import CallFacts
from asr_qa.core.document import CallDocument, CallWarning, Models
from asr_qa.core.evaluate import evaluate
from asr_qa.core.metrics import measure
from asr_qa.core.recording import Recording, Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard, facts_of, score
from asr_qa.core.segment import Track, total, union
from asr_qa.core.timeline import CallTimeline, TimingOptions, build_timeline
from asr_qa.core.transcript import UNINTELLIGIBLE, Transcript, Utterance
from asr_qa.pipeline.ports import (
    AudioReader,
    CallAudio,
    ChannelInspector,
    SpeechDetector,
    SpokenChannel,
    Transcriber,
)
from asr_qa.pipeline.roles import role_warnings, roles_swapped, swap

AUTO = -1
"""Agent channel that is found from the opening script."""

_NOT_TWO_PARTIES = frozenset({"dual_mono", "dead_channel"})
"""Faults under which two channels tell no more of who speaks than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """What a call is worked through with."""

    reader: AudioReader
    detector: SpeechDetector
    inspect: ChannelInspector
    transcriber: Transcriber
    ruleset: Ruleset
    scorecard: Scorecard
    version: str
    """Version of asr_qa."""
    timing: TimingOptions = field(default_factory=TimingOptions)
    hot_words: tuple[str, ...] = ()

    @property
    def models(self) -> Models:
        """The stamp of every document made with these."""
        return Models(
            asr=self.transcriber.name,
            vad=self.detector.name,
            diarization=None,
            ruleset_digest=self.ruleset.digest,
            scorecard=self.scorecard.stamp,
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class _Listened:
    """What was heard in a recording."""

    recording: Recording
    speech: dict[Role, Track]
    transcript: Transcript
    warnings: tuple[CallWarning, ...]


def process(recording: Recording, stages: Stages, *, find_agent: bool = False) -> CallDocument:
    """Work one recording through every stage.

    Args:
        recording: What is known before listening.
        stages: What to work with.
        find_agent: Decide from the opening script which channel is the agent's.

    Raises:
        AudioError: The recording cannot be read.
        TranscriptionError: The recogniser failed.
    """
    audio = stages.reader.read(Path(recording.path))
    listened = _listen(replace(recording, duration=audio.duration, channels=audio.channels), audio, stages)
    if find_agent and roles_swapped(listened.transcript):
        listened = _swapped(listened)
    return _judge(listened, stages)


def _listen(recording: Recording, audio: CallAudio, stages: Stages) -> _Listened:
    found = [stages.detector.detect(channel, audio.sample_rate) for channel in audio.samples]
    inspected = stages.inspect(audio.samples, found)
    codes = {warning.code for warning in inspected.warnings}
    if codes & _NOT_TWO_PARTIES:
        recording = replace(recording, role_by_channel=(None,) * audio.channels)
    heard = _spoken_channels(recording, audio, inspected.tracks, same="dual_mono" in codes)
    language = recording.metadata.get("language", "zh")
    transcript = stages.transcriber.transcribe(heard, language=language, hot_words=stages.hot_words)
    recording = replace(recording, metadata={**recording.metadata, "language": transcript.language})
    speech: dict[Role, Track] = {}
    for channel in heard:
        speech[channel.role] = union(speech.get(channel.role, ()), channel.speech)
    truncated = (CallWarning(code="truncated", message="the file ends in the middle"),) if audio.truncated else ()
    return _Listened(recording, speech, transcript, (*truncated, *inspected.warnings))


def _spoken_channels(
    recording: Recording, audio: CallAudio, tracks: Sequence[Track], *, same: bool
) -> list[SpokenChannel]:
    """The channels to transcribe; of channels that carry the same audio only the first."""
    roles = recording.role_by_channel[:1] if same else recording.role_by_channel
    return [
        SpokenChannel(role or Role.OTHER, samples, track, audio.sample_rate)
        for role, samples, track in zip(roles, audio.samples, tracks, strict=False)
    ]


def _swapped(listened: _Listened) -> _Listened:
    """The same call with agent and customer changed over."""
    changed = {role: role.opposite if role is not Role.OTHER else role for role in Role}
    transcript = listened.transcript
    utterances = tuple(replace(u, role=changed[u.role]) for u in transcript.utterances)
    return replace(
        listened,
        recording=replace(listened.recording, role_by_channel=swap(listened.recording.role_by_channel)),
        speech={changed[role]: track for role, track in listened.speech.items()},
        transcript=replace(transcript, utterances=utterances),
    )


def _judge(listened: _Listened, stages: Stages) -> CallDocument:
    """Everything that follows from what was heard: pure."""
    recording, transcript = listened.recording, listened.transcript
    timeline = build_timeline(listened.speech, transcript, recording.duration, options=stages.timing)
    metrics = measure(
        timeline,
        transcript,
        ring_seconds=recording.ring_seconds,
        language=transcript.language,
        options=stages.timing,
    )
    warnings = (*listened.warnings, *_warnings(recording, timeline, transcript))
    facts = CallFacts(
        recording=recording,
        transcript=transcript,
        timeline=timeline,
        metrics=metrics,
        warnings=tuple(warning.code for warning in warnings),
    )
    findings = evaluate(stages.ruleset, facts)
    return CallDocument(
        recording=recording,
        models=stages.models,
        utterances=transcript.utterances,
        events=timeline.events,
        metrics=metrics,
        findings=findings,
        score_sheet=score(stages.scorecard, findings, facts=facts_of(recording)),
        warnings=warnings,
    )


def _warnings(recording: Recording, timeline: CallTimeline, transcript: Transcript) -> tuple[CallWarning, ...]:
    if not any(total(track) for track in timeline.speech.values()):
        return (CallWarning(code="no_speech", message="nobody speaks: the call is not assessed"),)
    lost = (_lost(u) for u in transcript.utterances if u.status == UNINTELLIGIBLE)
    return (*role_warnings(recording.role_by_channel, transcript), *lost)


def _lost(utterance: Utterance) -> CallWarning:
    message = f"speech of the {utterance.role} could not be read"
    return CallWarning(code="unintelligible", message=message, start=utterance.start, end=utterance.end)
