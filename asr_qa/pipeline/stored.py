"""Stored documents read for what re-scoring needs, and nothing else: traces and reasons are passed over unread.

Reading a whole document takes several times as long as deciding what a changed rule makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from asr_qa.core.checks.again import Again
from asr_qa.core.document import SCHEMA_VERSION, CallDocument, CallWarning, Models, TimingBasis
from asr_qa.core.event import Event
from asr_qa.core.finding import Evidence, Finding, Verdict
from asr_qa.core.metrics import CallMetrics
from asr_qa.core.recording import Recording, Role
from asr_qa.core.scorecard import ScoreSheet
from asr_qa.core.segment import Segment, Track
from asr_qa.core.transcript import Utterance
from asr_qa.core.turns import Turn
from asr_qa.errors import StorageError


class UnreadableError(StorageError):
    """A stored document cannot be re-scored.

    Attributes:
        reason: "corrupt" or "other_schema".
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredCall:
    """What re-scoring needs of a document."""

    recording: Recording
    models: Models
    utterances: tuple[Utterance, ...]
    events: tuple[Event, ...]
    """Without their reasons."""
    metrics: CallMetrics
    findings: tuple[Finding, ...]
    """Without their traces."""
    score_sheet: ScoreSheet
    warnings: tuple[str, ...] = ()
    """Codes."""
    definitions: Mapping[str, str] = field(default_factory=dict)
    timing: TimingBasis | None = None
    again: tuple[Again, ...] = ()
    """Stretches that were listened to again."""

    @classmethod
    def of(cls, document: CallDocument) -> ScoredCall:
        """The same of a document that has been read already."""
        return cls(
            recording=document.recording,
            models=document.models,
            utterances=document.utterances,
            events=document.events,
            metrics=document.metrics,
            findings=document.findings,
            score_sheet=document.score_sheet,
            warnings=tuple(warning.code for warning in document.warnings),
            definitions=document.definitions,
            timing=document.timing,
            again=document.again,
        )


def read_scored(body: str | bytes, *, name: str = "the document") -> ScoredCall:
    """Read a stored document for re-scoring.

    Args:
        body: The document as JSON.
        name: What messages call it.

    Raises:
        UnreadableError: It is none, or of a schema that this version does not know.
    """
    try:
        raw = _DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError) as exc:
        raise _unreadable(body, name, exc) from exc
    if raw.schema_version != SCHEMA_VERSION:
        raise _other_schema(name, raw.schema_version)
    return ScoredCall(
        recording=raw.recording,
        models=raw.models,
        utterances=raw.utterances,
        events=tuple(
            Event(kind=e.kind, start=e.start, end=e.end, by=e.by, waived_by=e.waived_by, level=e.level)
            for e in raw.events
        ),
        metrics=raw.metrics,
        findings=tuple(Finding(f.rule_id, f.rule_version, f.verdict, f.confidence, f.evidence) for f in raw.findings),
        score_sheet=raw.score_sheet,
        warnings=tuple(warning.code for warning in raw.warnings),
        definitions=raw.definitions,
        timing=raw.timing,
        again=raw.again,
    )


class _Event(msgspec.Struct):
    kind: str
    start: float
    end: float
    by: Role | None = None
    waived_by: str | None = None
    level: str | None = None


class _Finding(msgspec.Struct):
    rule_id: str
    rule_version: str
    verdict: Verdict
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()


class _Raw(msgspec.Struct):
    """The document as it is stored, as far as it is read."""

    schema_version: int
    recording: Recording
    models: Models
    utterances: tuple[Utterance, ...]
    events: tuple[_Event, ...]
    metrics: CallMetrics
    findings: tuple[_Finding, ...]
    score_sheet: ScoreSheet
    warnings: tuple[CallWarning, ...] = ()
    definitions: dict[str, str] = {}
    timing: TimingBasis | None = None
    again: tuple[Again, ...] = ()


# msgspec looks these up by name when it reads the annotations above.
_USED = (Segment, Track, Turn)
_ADVICE = "process the recording again with --reprocess"
_DECODER = msgspec.json.Decoder(_Raw)


def _unreadable(body: str | bytes, name: str, cause: Exception) -> UnreadableError:
    """Why a document cannot be read: by its schema where it names another one, else as damaged."""
    try:
        version = json.loads(body).get("schema_version")
    except (ValueError, AttributeError):
        version = SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        return _other_schema(name, version)
    what = str(cause).splitlines()[0]
    return UnreadableError(
        f"{name} in the database cannot be read ({what}); process the recording again with --reprocess",
        reason="corrupt",
    )


def _other_schema(name: str, version: object) -> UnreadableError:
    return UnreadableError(
        f"{name} is of schema {version}, this version reads {SCHEMA_VERSION}; {_ADVICE}",
        reason="other_schema",
    )
