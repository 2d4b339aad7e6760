"""The call document: everything known of one call, as stored and as written to --out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from asr_qa.core.actions import Action
from asr_qa.core.checks.again import Again
from asr_qa.core.event import Event
from asr_qa.core.finding import Finding
from asr_qa.core.metrics import CallMetrics
from asr_qa.core.prompts import Prompts
from asr_qa.core.recording import Recording, Role
from asr_qa.core.scorecard import ScoreSheet
from asr_qa.core.segment import Track
from asr_qa.core.transcript import Utterance
from asr_qa.core.turns import Turn
from asr_qa.core.voice import VoiceReport

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What produced the document; the same stamp on the same audio gives the same document."""

    asr: str
    vad: str
    diarization: str | None
    ruleset_digest: str
    scorecard: str
    """ "id@version+digest of its content"."""
    version: str
    """Version of asr_qa."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWarning:
    """Something about the recording that limits what can be known."""

    code: str
    """no_speech, dead_channel, dual_mono, bleed, crosstalk, double_talk, swapped_roles, roles_unknown, clipping,
    low_level, gaps, unintelligible, one_channel, third_voice, no_diarization_model, one_sided, begins_in_speech,
    ends_in_speech, too_short or truncated."""
    message: str
    start: float | None = None
    """Seconds; None where the whole recording is meant."""
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingBasis:
    """What events and figures were found from: enough to find them again by other parameters, without the audio."""

    options: str
    """Digest of every parameter that events, turns and figures were found by."""
    speech: Mapping[Role, Track]
    """Where each role's voice was detected, pauses not yet bridged."""
    turns: tuple[Turn, ...]
    holds: Track | None = None
    """Music and ring-back that lets somebody wait; None where nobody looked for it."""
    unanswered: Track = ()
    """What of that plays before the agent's first word."""
    prompts: Prompts | None = None
    """The automatic part that the call begins with."""
    gone_at: float | None = None
    """When the busy tone began that tells who hung up, in seconds."""
    start_known: bool = True
    """False where the recording begins in the middle of speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDocument:
    """One call, worked through."""

    schema_version: int = SCHEMA_VERSION
    recording: Recording
    models: Models
    utterances: tuple[Utterance, ...]
    events: tuple[Event, ...]
    metrics: CallMetrics
    findings: tuple[Finding, ...]
    score_sheet: ScoreSheet
    warnings: tuple[CallWarning, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    """Every definition of timing by its id, with the parameters in force; empty in older documents."""
    voice: VoiceReport | None = None
    """How each turn is spoken, with hints for a person; None where voices were not measured."""
    actions: tuple[Action, ...] = ()
    """What the agent promised for after the call; empty in older documents."""
    again: tuple[Again, ...] = ()
    """Stretches that were listened to again, for findings that cost most; empty where nothing was."""
    timing: TimingBasis | None = None
    """What the timing rests on; None in older documents."""
