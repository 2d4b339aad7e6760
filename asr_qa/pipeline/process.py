"""The way one recording goes, from audio to score sheet: the only place that knows the order of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asr_qa.core.actions import find_actions
from asr_qa.core.checks.base import CallFacts, Embed
from asr_qa.core.document import CallDocument, CallWarning, Models, TimingBasis
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding
from asr_qa.core.metrics import measure
from asr_qa.core.options import options_digest
from asr_qa.core.prompts import Prompts
from asr_qa.core.recording import Recording, Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard, choose_card, facts_of, score
from asr_qa.core.segment import Track, total, union
from asr_qa.core.timeline import CallTimeline, TimingOptions, build_timeline, definitions
from asr_qa.core.transcript import UNINTELLIGIBLE, Transcript, Utterance
from asr_qa.core.unknown import without_unknown
from asr_qa.pipeline.changeover import channels_change
from asr_qa.pipeline.ending import find_ending
from asr_qa.pipeline.limits import (
    BEGINS_IN_SPEECH,
    CUT_AT,
    begins_in_speech,
    double_talk,
    ends_in_speech,
    one_sided,
    one_voice,
    too_short,
)
from asr_qa.pipeline.ports import (
    AudioReader,
    CallAudio,
    ChannelInspector,
    Diarizer,
    FaintDetector,
    NonSpeech,
    NonSpeechDetector,
    OnHeard,
    Samples,
    SpeechDetector,
    SpokenChannel,
    Transcriber,
    VoiceMeter,
    Weigher,
)
from asr_qa.pipeline.prompts import without_prompts
from asr_qa.pipeline.roles import role_warnings, roles_swapped, swap
from asr_qa.pipeline.secondlook import look_again
from asr_qa.pipeline.speaking import hear_speaking
from asr_qa.pipeline.unspoken import EDGES, find_speech, find_waits, hear_faint, holds_of, let_fade
from asr_qa.pipeline.voices import (
    NO_MODEL,
    ONE_CHANNEL,
    Parted,
    loudest,
    name_voices,
    part_voices,
)

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
    non_speech: NonSpeechDetector
    transcriber: Transcriber
    ruleset: Ruleset
    scorecard: Scorecard
    version: str
    """Version of asr_qa."""
    faint: FaintDetector | None = None
    """Hears voices under noise in what passes for a silence; None leaves it one."""
    diarizer: Diarizer | None = None
    """Tells the voices of a call on one channel apart; None leaves its roles unknown."""
    timing: TimingOptions | None = None
    """Parameters of the definitions; None: those of the scorecard."""
    heard: OnHeard | None = None
    """Told of utterances as they come."""
    voice: VoiceMeter | None = None
    """Measures how turns are spoken; None leaves that out."""
    weigher: Weigher | None = None
    """Listens again where a finding costs most; None leaves that out."""
    embed: Embed | None = None
    """Reads sentences for rules on meaning; None leaves those to a person."""
    more: tuple[tuple[Scorecard, Ruleset], ...] = ()
    """Further cards that a call may get, each with the rules it is then tried by."""

    def of(self, recording: Recording) -> Stages:
        """The stages with the card of a call; raises ConfigurationError where two cards are for it."""
        if not self.more:
            return self
        cards = ((self.scorecard, self.ruleset), *self.more)
        card = choose_card([card for card, _ in cards], facts_of(recording))
        ruleset = next(ruleset for known, ruleset in cards if known is card)
        return replace(self, scorecard=card, ruleset=ruleset, more=())

    @property
    def options(self) -> TimingOptions:
        """The parameters of the definitions in force."""
        return self.timing or self.scorecard.timing or TimingOptions()

    @property
    def models(self) -> Models:
        """The stamp of every document made with these."""
        faint = f"+{self.faint.name}" if self.faint else ""
        return Models(
            asr=self.transcriber.name + ("+second_look" if self.weigher else ""),
            vad=f"{self.detector.name}+{self.non_speech.name}{faint}+fade={EDGES}",
            diarization=self.diarizer.name if self.diarizer else None,
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
    waits: tuple[Track, ...] = ()
    """Where each channel lets somebody wait, to music or ring-back."""
    unspoken: tuple[NonSpeech, ...] = ()
    """What else is heard on each channel."""
    prompts: Prompts | None = None
    """The automatic part, once it has been taken out."""
    roles_settled: bool = False
    """What there is to say of roles is among the warnings."""
    channels: tuple[SpokenChannel, ...] = ()
    """Where each role is heard."""


def process(recording: Recording, stages: Stages, *, find_agent: bool = False) -> CallDocument:
    """Work one recording through every stage.

    Args:
        recording: What is known before listening.
        stages: What to work with.
        find_agent: Decide from the opening script which channel is the agent's.

    Raises:
        AudioError: The recording cannot be read.
        TranscriptionError: The recogniser failed.
        ConfigurationError: Two scorecards are for such a call.
    """
    stages.of(recording)  # before hours of listening
    audio = stages.reader.read(Path(recording.path))
    listened = _listen(replace(recording, duration=audio.duration, channels=audio.channels), audio, stages)
    if find_agent and not listened.roles_settled and roles_swapped(listened.transcript):
        listened = _swapped(listened)
    stages = stages.of(listened.recording)  # only now the language is known for certain
    return _judge(_answered(listened, stages.options), stages)


def _listen(recording: Recording, audio: CallAudio, stages: Stages) -> _Listened:
    unspoken = [stages.non_speech.find(channel, audio.sample_rate) for channel in audio.samples]
    audio.release()
    found = [_speech(*pair, audio.sample_rate, stages) for pair in zip(audio.samples, unspoken, strict=True)]
    waits = find_waits(unspoken, found)
    inspected = stages.inspect(audio.samples, found)
    audio.release()
    tracks = inspected.tracks
    if stages.faint:
        tracks = hear_faint(list(audio.samples), tracks, unspoken, audio.sample_rate, faint=stages.faint)
    tracks = let_fade(tracks, audio.duration, unspoken=unspoken)
    unspoken = [replace(each, hearing=None) for each in unspoken]  # megabytes that nobody asks for any more
    codes = {warning.code for warning in inspected.warnings}
    if codes & _NOT_TWO_PARTIES:
        recording = replace(recording, role_by_channel=(None,) * audio.channels)
    parted = _part(recording, audio, tracks, stages, same="dual_mono" in codes)
    heard = parted.channels if parted else _spoken_channels(recording, audio, tracks)
    language = recording.metadata.get("language", "zh")
    transcript = stages.transcriber.transcribe(heard, language=language, heard=_releasing(audio, stages.heard))
    recording = replace(recording, metadata={**recording.metadata, "language": transcript.language})
    truncated = (CallWarning(code="truncated", message="the file ends in the middle"),) if audio.truncated else ()
    cut = (*begins_in_speech(audio, inspected.tracks), *ends_in_speech(audio, inspected.tracks))
    warnings = (*truncated, *inspected.warnings, *cut)
    if parted:
        named = name_voices(parted, transcript, direction=recording.direction, diarizer=stages.diarizer)
        alone = one_voice(named.channels, told_apart=NO_MODEL not in parted.warnings)
        warnings = (*warnings, *parted.warnings, *named.warnings, *alone)
        return _Listened(
            recording,
            named.speech,
            named.transcript,
            warnings,
            waits,
            tuple(unspoken),
            roles_settled=True,
            channels=named.channels,
        )
    speech: dict[Role, Track] = {}
    for channel in heard:
        speech[channel.role] = union(speech.get(channel.role, ()), channel.speech)
    return _Listened(recording, speech, transcript, warnings, waits, tuple(unspoken), channels=tuple(heard))


def _releasing(audio: CallAudio, heard: OnHeard | None) -> OnHeard:
    """Tell what is heard, and let go of the audio it was heard in."""

    def told(utterances: Sequence[Utterance], until: float) -> None:
        audio.release()
        if heard:
            heard(utterances, until)

    return told


def _speech(samples: Samples, unspoken: NonSpeech, sample_rate: int, stages: Stages) -> Track:
    return find_speech(samples, unspoken, sample_rate, detector=stages.detector, silencer=stages.non_speech)


def _part(
    recording: Recording, audio: CallAudio, tracks: Sequence[Track], stages: Stages, *, same: bool
) -> Parted | None:
    """The voices of the only channel that tells anything; None where there are others, or no speech at all."""
    speaking = sum(map(bool, tracks))
    if any(recording.role_by_channel) or not speaking or (speaking > 1 and not same):
        return None
    index = loudest(tracks)
    return part_voices(
        SpokenChannel(Role.OTHER, audio.samples[index], tracks[index], audio.sample_rate), stages.diarizer
    )


def _spoken_channels(recording: Recording, audio: CallAudio, tracks: Sequence[Track]) -> tuple[SpokenChannel, ...]:
    return tuple(
        SpokenChannel(role or Role.OTHER, samples, track, audio.sample_rate)
        for role, samples, track in zip(recording.role_by_channel, audio.samples, tracks, strict=False)
    )


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
        channels=tuple(replace(channel, role=changed[channel.role]) for channel in listened.channels),
    )


def _answered(listened: _Listened, options: TimingOptions) -> _Listened:
    """The same call with what was said before a person answered taken out of it."""
    recording = listened.recording
    prompts, speech, transcript = without_prompts(
        listened.speech,
        listened.transcript,
        recording.duration,
        unspoken=tuple(zip(recording.role_by_channel, listened.unspoken, strict=False)),
        options=options,
    )
    if prompts is None:
        return listened
    cut = prompts.segment.start <= CUT_AT  # the word that the recording begins in is a prompt's
    warnings = tuple(w for w in listened.warnings if not (cut and w.code == BEGINS_IN_SPEECH))
    return replace(listened, speech=speech, transcript=transcript, warnings=warnings, prompts=prompts)


def _judge(listened: _Listened, stages: Stages) -> CallDocument:
    """Everything that follows from what was heard."""
    recording, transcript = listened.recording, listened.transcript
    holds = holds_of(recording, listened.waits)
    options = stages.options
    ending = find_ending(recording, listened.unspoken, listened.speech, recording.duration)
    timeline = build_timeline(
        listened.speech,
        transcript,
        recording.duration,
        options=options,
        holds=holds,
        prompts=listened.prompts,
        hung_up=ending.side,
        gone_at=ending.gone_at,
        start_known=all(warning.code != BEGINS_IN_SPEECH for warning in listened.warnings),
    )
    warnings = (*listened.warnings, *_warnings(listened, timeline))
    codes = {warning.code for warning in warnings}
    metrics = measure(
        timeline,
        transcript,
        ring_seconds=recording.ring_seconds,
        language=transcript.language,
        options=options,
    )
    metrics, timeline = without_unknown(metrics, timeline, codes)
    if ONE_CHANNEL.code in codes:
        codes -= {"dual_mono"}  # the voices tell what the channels do not
    facts = CallFacts(
        recording=recording,
        transcript=transcript,
        timeline=timeline,
        metrics=metrics,
        warnings=tuple(sorted(codes)),
        embed=stages.embed,
    )
    facts, findings = _found(facts, listened.channels, stages)
    return CallDocument(
        recording=recording,
        models=stages.models,
        utterances=transcript.utterances,
        events=timeline.events,
        metrics=metrics,
        findings=findings,
        score_sheet=score(stages.scorecard, findings, facts=facts_of(recording)),
        warnings=warnings,
        definitions=definitions(options),
        actions=find_actions(transcript, started_at=recording.started_at),
        again=facts.again,
        timing=_basis(listened, timeline, options, gone_at=ending.gone_at),
        voice=hear_speaking(stages.voice, listened.channels, timeline, transcript, codes=codes)
        if stages.voice
        else None,
    )


def _found(
    facts: CallFacts, channels: Sequence[SpokenChannel], stages: Stages
) -> tuple[CallFacts, tuple[Finding, ...]]:
    """What the rules find; where it would cost most, once more with what listening again gives."""
    findings = evaluate(stages.ruleset, facts)
    if stages.weigher is None:
        return facts, findings
    again = look_again(facts, findings, stages.ruleset, channels, stages.weigher)
    facts = replace(facts, again=again)
    return facts, evaluate(stages.ruleset, facts) if again else findings


def _basis(
    listened: _Listened, timeline: CallTimeline, options: TimingOptions, *, gone_at: float | None
) -> TimingBasis:
    """What the timing was found from, kept so that it can be found again by other parameters."""
    return TimingBasis(
        options=options_digest(options),
        speech=listened.speech,
        turns=timeline.turns,
        holds=holds_of(listened.recording, listened.waits),
        unanswered=timeline.unanswered,
        prompts=listened.prompts,
        gone_at=gone_at,
        start_known=all(warning.code != BEGINS_IN_SPEECH for warning in listened.warnings),
    )


def _warnings(listened: _Listened, timeline: CallTimeline) -> tuple[CallWarning, ...]:
    if not any(total(track) for track in timeline.speech.values()):
        return (CallWarning(code="no_speech", message="nobody speaks: the call is not assessed"),)
    transcript = listened.transcript
    lost = (_lost(u) for u in transcript.utterances if u.status == UNINTELLIGIBLE)
    known = listened.roles_settled
    sided = one_sided(listened.recording, timeline.speech)
    settled = () if known else role_warnings(listened.recording.role_by_channel, transcript)
    roles = settled if known or settled else channels_change(transcript)
    return (*roles, *sided, *double_talk(timeline), *too_short(timeline), *lost)


def _lost(utterance: Utterance) -> CallWarning:
    message = f"speech of the {utterance.role} could not be read"
    return CallWarning(code="unintelligible", message=message, start=utterance.start, end=utterance.end)
