"""The call document: everything known of one call, as stored and as written to --out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from asr_qa.core.event import Event
from asr_qa.core.finding import Finding
from asr_qa.core.metrics import CallMetrics
from asr_qa.core.recording import Recording
from asr_qa.core.scorecard import ScoreSheet
from asr_qa.core.transcript import Utterance
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
    """no_speech, dead_channel, dual_mono, bleed, crosstalk, swapped_roles, roles_unknown, clipping, low_level, gaps,
    unintelligible, one_channel, third_voice, no_diarization_model, one_sided, begins_in_speech or truncated."""
    message: str
    start: float | None = None
    """Seconds; None where the whole recording is meant."""
    end: float | None = None


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
