"""Rows to values and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row

from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.recording import Recording, Role
from asr_qa.core.review import Cause, Decision, FlagReason, ReviewState
from asr_qa.core.scorecard import ScoreSheet
from asr_qa.core.transcript import Utterance
from asr_qa.db.tables import (
    DecisionRow,
    DocumentRow,
    FindingRow,
    LineRow,
    RecordingRow,
    ReviewRow,
    SheetRow,
    TokenRow,
)
from asr_qa.errors import StorageError
from asr_qa.pipeline.documents import from_json, to_json, written
from asr_qa.pipeline.store import (
    ApiToken,
    CallState,
    CallSummary,
    DecisionEntry,
    Review,
    happened_at,
    stamp_of,
)


def recording_columns(recording: Recording, registered_at: datetime) -> dict[str, Any]:
    """What a recording says of itself, as columns; path, id and sha256 are left to the caller."""
    return {
        "duration": recording.duration,
        "sample_rate": recording.sample_rate,
        "channels": recording.channels,
        "role_by_channel": [role.value if role else None for role in recording.role_by_channel],
        "started_at": recording.started_at,
        "happened_at": happened_at(recording.started_at, registered_at),
        "direction": recording.direction,
        "queue": recording.queue,
        "agent_id": recording.agent_id,
        "team": recording.team,
        "customer_id": recording.customer_id,
        "case_id": recording.case_id,
        "ring_seconds": recording.ring_seconds,
        "extra": dict(recording.metadata),
    }


def to_recording(row: RecordingRow) -> Recording:
    """The recording of a row whose audio was identified."""
    return Recording(
        id=row.id,
        path=row.path,
        sha256=row.sha256 or "",
        duration=row.duration or 0.0,
        sample_rate=row.sample_rate or 0,
        channels=row.channels or 0,
        role_by_channel=tuple(Role(role) if role else None for role in row.role_by_channel),
        started_at=row.started_at,
        direction=row.direction,
        queue=row.queue,
        agent_id=row.agent_id,
        team=row.team,
        customer_id=row.customer_id,
        case_id=row.case_id,
        ring_seconds=row.ring_seconds,
        metadata=dict(row.extra),
    )


def document_row(document: CallDocument, *, recording: int, now: datetime) -> DocumentRow:
    """A document as a row; version and predecessor are left to the caller."""
    body = to_json(document)
    return DocumentRow(
        recording=recording,
        stamp=stamp_of(document),
        content=hashlib.sha256(body.encode()).hexdigest(),
        schema_version=document.schema_version,
        asr=document.models.asr,
        vad=document.models.vad,
        diarization=document.models.diarization,
        ruleset_digest=document.models.ruleset_digest,
        asr_qa_version=document.models.version,
        body=body,
        created_at=now,
    )


def words_digest(utterances: Sequence[Utterance]) -> str:
    """sha256 of what was heard, word by word."""
    said = "\n".join(" ".join((u.text, *(word.text for word in u.words))) for u in utterances)
    return hashlib.sha256(said.encode()).hexdigest()


def to_document(body: str, document_id: int) -> CallDocument:
    """Read a stored document.

    Raises:
        StorageError: The text is no document of this version.
    """
    try:
        return from_json(body)
    except ValidationError as exc:
        raise StorageError(
            f"document {document_id} in the database cannot be read ({exc.error_count()} fields are wrong); "
            "process the recording again with --reprocess"
        ) from exc


def sheet_row(sheet: ScoreSheet, *, document: int, flag: FlagReason | None) -> SheetRow:
    """The totals of a sheet."""
    return SheetRow(
        document=document,
        scorecard=sheet.scorecard,
        version=sheet.version,
        points=None if sheet.points is None else written(sheet.points),
        max_points=written(sheet.max_points),
        assessed_share=written(sheet.assessed_share),
        fatal=sheet.fatal,
        flagged=flag is not None,
        flag_reason=flag.value if flag else None,
    )


def line_rows(sheet: ScoreSheet, *, document: int) -> list[LineRow]:
    """The lines of a sheet, in its order."""
    return [
        LineRow(
            document=document,
            criterion_id=line.id,
            position=position,
            verdict=line.verdict.value,
            points=None if line.points is None else written(line.points),
            max_points=written(line.max_points),
            source=line.source,
        )
        for position, line in enumerate(sheet.criteria)
    ]


def finding_rows(findings: Sequence[Finding], *, document: int, severities: Mapping[str, str]) -> list[FindingRow]:
    """Findings with where their first evidence lies."""
    return [
        FindingRow(
            document=document,
            rule_id=finding.rule_id,
            verdict=finding.verdict.value,
            severity=severities.get(finding.rule_id, "minor"),
            confidence=None if finding.confidence is None else written(finding.confidence),
            start=finding.evidence[0].start if finding.evidence else None,
            end=finding.evidence[0].end if finding.evidence else None,
        )
        for finding in findings
    ]


def to_summary(row: Row[Any]) -> CallSummary:
    """A row of calls.summaries() as a value."""
    recording: RecordingRow = row.RecordingRow
    sheet: SheetRow | None = row.SheetRow
    return CallSummary(
        id=recording.id,
        sequence=recording.sequence,
        path=recording.path,
        state=CallState(recording.state),
        registered_at=recording.registered_at,
        happened_at=recording.happened_at,
        duration=recording.duration,
        started_at=recording.started_at,
        direction=recording.direction,
        queue=recording.queue,
        agent_id=recording.agent_id,
        team=recording.team,
        customer_id=recording.customer_id,
        case_id=recording.case_id,
        attempts=recording.attempts,
        failure_code=recording.failure_code,
        failure_reason=recording.failure_reason,
        version=row.version,
        scorecard=f"{sheet.scorecard}@{sheet.version}" if sheet else None,
        points=sheet.points if sheet else None,
        max_points=sheet.max_points if sheet else None,
        fatal=sheet.fatal if sheet else None,
        flagged=sheet.flagged if sheet else False,
        flag_reason=sheet.flag_reason if sheet else None,
        review_state=row.review_state,
        reviewed_version=row.reviewed_version,
    )


def to_entry(row: DecisionRow) -> DecisionEntry:
    """A decision as recorded."""
    return DecisionEntry(
        decision=Decision(
            criterion_id=row.criterion_id,
            verdict=Verdict(row.verdict),
            points=row.points,
            cause=Cause(row.cause) if row.cause else None,
            comment=row.comment,
        ),
        machine_verdict=Verdict(row.machine_verdict),
        machine_points=row.machine_points,
        reviewer=row.reviewer,
        decided_at=row.decided_at,
    )


def entry_row(entry: DecisionEntry, *, review: int, position: int) -> DecisionRow:
    """A decision as a row."""
    decision = entry.decision
    return DecisionRow(
        review=review,
        position=position,
        criterion_id=decision.criterion_id,
        machine_verdict=entry.machine_verdict.value,
        machine_points=entry.machine_points,
        verdict=decision.verdict.value,
        points=decision.points,
        cause=decision.cause.value if decision.cause else None,
        comment=decision.comment,
        reviewer=entry.reviewer,
        decided_at=entry.decided_at,
    )


def to_review(row: ReviewRow, *, call_id: str, version: int, decisions: Sequence[DecisionRow]) -> Review:
    """A review with its decisions."""
    return Review(
        id=row.id,
        call_id=call_id,
        document_id=row.document,
        version=version,
        reviewer=row.reviewer,
        state=ReviewState(row.state),
        revision=row.revision,
        started_at=row.started_at,
        changed_at=row.changed_at,
        entries=tuple(to_entry(decision) for decision in decisions),
    )


def to_token(row: TokenRow) -> ApiToken:
    """A token without its digest."""
    return ApiToken(
        id=row.id,
        name=row.name,
        role=row.role,
        agent_id=row.agent_id,
        scopes=None if row.scopes is None else tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
