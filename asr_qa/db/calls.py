"""Named queries over documents and lists of calls. None of them commits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.review import ReviewState, flag_reason
from asr_qa.db import mapping, recordings, sounds
from asr_qa.db.tables import CurrentRow, DecisionRow, DocumentRow, FindingRow, RecordingRow, ReviewRow, SheetRow
from asr_qa.errors import ConflictError, StorageError
from asr_qa.pipeline.store import CallFilters, CallState, CallSummary, ScoredRow, StoredCall

if TYPE_CHECKING:
    # SQLAlchemy 2.0 knows no such type at run time.
    Query = Select[*tuple[Any, ...]]


# Beside the current version and its review, which every query of calls joins: any version, any review.
_AnyVersion = aliased(DocumentRow)
_AnyReview = aliased(ReviewRow)
_Reviewed = aliased(DecisionRow)
_TRIED = 10
"""Documents that are tried for the stamp of a scorecard."""


def save(
    session: Session,
    document: CallDocument,
    *,
    severities: Mapping[str, str],
    now: datetime,
    pass_mark: float | None,
    supersedes: int | None = None,
) -> int:
    """Store a document as its call's current version; gives the id of the version."""
    recording, _ = recordings.register(session, document.recording, now=now)
    recordings.refresh(recording, document.recording)
    _lock(session, recording)
    if supersedes is not None:
        _check_current(session, recording, supersedes)
    row = mapping.document_row(document, recording=recording.sequence, now=now)
    known = _same(session, row)
    if known is None:
        _add(session, row)
        flag = flag_reason(document.score_sheet, document.findings, severities=severities, pass_mark=pass_mark)
        session.add(mapping.sheet_row(document.score_sheet, document=row.id, flag=flag))
        sounds.keep(session, document.utterances, document=row.id)
        session.add_all(mapping.line_rows(document.score_sheet, document=row.id))
        session.add_all(mapping.finding_rows(document.findings, document=row.id, severities=severities))
    version = row.id if known is None else known
    _point_to(session, recording=recording.sequence, document=version)
    recordings.set_done(recording)
    session.flush()
    return version


def find(session: Session, sha256: str, stamp: str) -> CallDocument | None:
    """The newest document of this audio with this stamp, or None."""
    query = (
        select(DocumentRow.id, DocumentRow.body)
        .join(RecordingRow, RecordingRow.sequence == DocumentRow.recording)
        .where(RecordingRow.sha256 == sha256, DocumentRow.stamp == stamp)
        .order_by(DocumentRow.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return mapping.to_document(found.body, found.id) if found else None


def card_stamp(session: Session, scorecard: str, version: str) -> str | None:
    """The stamp of the scorecard in the newest readable document with a sheet by it; None where there is none."""
    query = (
        select(DocumentRow.id, DocumentRow.body)
        .join(SheetRow, SheetRow.document == DocumentRow.id)
        .where(SheetRow.scorecard == scorecard, SheetRow.version == version)
        .order_by(DocumentRow.id.desc())
        .limit(_TRIED)
    )
    for found in session.execute(query):
        # One damaged document must not keep all other calls from being scored.
        with suppress(StorageError):
            return mapping.to_document(found.body, found.id).models.scorecard
    return None


def call(session: Session, call_id: str) -> StoredCall | None:
    """A call and its current document, or None."""
    row = session.execute(summaries().where(RecordingRow.id == call_id)).first()
    return _stored(session, row, row.document_id) if row else None


def call_at(session: Session, document_id: int) -> StoredCall | None:
    """A call with one version of its document, or None; the summary is that of the current one."""
    document = session.get(DocumentRow, document_id)
    if document is None:
        return None
    row = session.execute(summaries().where(RecordingRow.sequence == document.recording)).one()
    return _stored(session, row, document)


def versions(session: Session, call_id: str) -> tuple[tuple[int, str, datetime], ...]:
    """Version number, stamp and time of every document of a call, oldest first."""
    query = (
        select(DocumentRow.version, DocumentRow.stamp, DocumentRow.created_at)
        .join(RecordingRow, RecordingRow.sequence == DocumentRow.recording)
        .where(RecordingRow.id == call_id)
        .order_by(DocumentRow.version)
    )
    return tuple((row.version, row.stamp, row.created_at) for row in session.execute(query))


def listed(session: Session, filters: CallFilters, *, before: int | None, limit: int) -> list[CallSummary]:
    """Calls that fulfil the filters, newest registration first."""
    query = _page(summaries(), filters, before=before, limit=limit)
    return [mapping.to_summary(row) for row in session.execute(query)]


def bodies(session: Session, filters: CallFilters, *, before: int | None, limit: int) -> list[tuple[int, int, str]]:
    """Sequence, document id and body of current documents, newest registration first."""
    columns = select(RecordingRow.sequence, DocumentRow.id, DocumentRow.body)
    query = _page(_joined(columns).where(DocumentRow.id.is_not(None)), filters, before=before, limit=limit)
    return [(row.sequence, row.id, row.body) for row in session.execute(query)]


def scored(session: Session, filters: CallFilters, *, limit: int | None) -> list[ScoredRow]:
    """Calls that are done and fulfil the filters, newest registration first."""
    columns = select(RecordingRow.id, RecordingRow.path, DocumentRow.id.label("document"), DocumentRow.ruleset_digest)
    query = (
        _joined(columns)
        .where(DocumentRow.id.is_not(None), RecordingRow.state == CallState.DONE.value, *_conditions(filters))
        .order_by(RecordingRow.sequence.desc())
        .limit(limit)
    )
    return [
        ScoredRow(call_id=row.id, path=row.path, document_id=row.document, ruleset_digest=row.ruleset_digest)
        for row in session.execute(query)
    ]


def bodies_of(session: Session, document_ids: Collection[int]) -> dict[int, str]:
    """Documents as JSON, by id."""
    query = select(DocumentRow.id, DocumentRow.body).where(DocumentRow.id.in_(document_ids))
    return {row.id: row.body for row in session.execute(query)}


def judged(session: Session, filters: CallFilters) -> dict[str, dict[str, Verdict]]:
    """Call id -> criterion id -> what people decided in released reviews of any version."""
    query = (
        _joined(select(RecordingRow.id, _Reviewed.criterion_id, _Reviewed.verdict))
        .join(_AnyVersion, _AnyVersion.recording == RecordingRow.sequence)
        .join(_AnyReview, _AnyReview.document == _AnyVersion.id)
        .join(_Reviewed, _Reviewed.review == _AnyReview.id)
        .where(_AnyReview.state == ReviewState.RELEASED.value, *_conditions(filters))
        .order_by(_AnyVersion.version, _Reviewed.id)
    )
    found: dict[str, dict[str, Verdict]] = {}
    for row in session.execute(query):
        # In the order of versions, then of decisions: a later one takes the place of the earlier.
        found.setdefault(row.id, {})[row.criterion_id] = Verdict(row.verdict)
    return found


def summaries() -> Query:
    """Recording, sheet, version and review state of every call; without body, for lists."""
    return _joined(
        select(
            RecordingRow,
            SheetRow,
            DocumentRow.version.label("version"),
            ReviewRow.state.label("review_state"),
            DocumentRow.id.label("document_id"),
            _reviewed_version().label("reviewed_version"),
        )
    )


def _reviewed_version() -> ScalarSelect[int | None]:
    """The newest version of a call's document that has a review."""
    return (
        select(func.max(_AnyVersion.version))
        .join(_AnyReview, _AnyReview.document == _AnyVersion.id)
        .where(_AnyVersion.recording == RecordingRow.sequence)
        .correlate(RecordingRow)
        .scalar_subquery()
    )


def _joined(query: Query) -> Query:
    return (
        query.select_from(RecordingRow)
        .outerjoin(CurrentRow, CurrentRow.recording == RecordingRow.sequence)
        .outerjoin(DocumentRow, DocumentRow.id == CurrentRow.document)
        .outerjoin(SheetRow, SheetRow.document == CurrentRow.document)
        .outerjoin(ReviewRow, ReviewRow.document == CurrentRow.document)
    )


def _page(query: Query, filters: CallFilters, *, before: int | None, limit: int) -> Query:
    if before is not None:
        query = query.where(RecordingRow.sequence < before)
    return query.where(*_conditions(filters)).order_by(RecordingRow.sequence.desc()).limit(limit)


def _conditions(filters: CallFilters) -> Iterator[ColumnElement[bool]]:
    equal: tuple[tuple[Any, object], ...] = (
        (RecordingRow.agent_id, filters.agent),
        (RecordingRow.queue, filters.queue),
        (RecordingRow.team, filters.team),
        (RecordingRow.direction, filters.direction),
        (RecordingRow.state, filters.state.value if filters.state else None),
    )
    yield from (column == value for column, value in equal if value is not None)
    yield from _ranges(filters)
    if filters.flagged is not None:
        yield func.coalesce(SheetRow.flagged, False).is_(filters.flagged)
    if filters.wanted_verdict is not None:
        yield _has_finding(filters)
    if filters.text:
        yield _mentions(filters.text)


def _ranges(filters: CallFilters) -> Iterator[ColumnElement[bool]]:
    if filters.min_points is not None:
        yield SheetRow.points >= filters.min_points
    if filters.max_points is not None:
        yield SheetRow.points <= filters.max_points
    if filters.since is not None:
        yield RecordingRow.happened_at >= filters.since
    if filters.until is not None:
        yield RecordingRow.happened_at < filters.until


def _has_finding(filters: CallFilters) -> ColumnElement[bool]:
    assert filters.wanted_verdict is not None  # noqa: S101 - asked by the caller
    wanted = [FindingRow.document == CurrentRow.document, FindingRow.verdict == filters.wanted_verdict.value]
    if filters.rule is not None:
        wanted.append(FindingRow.rule_id == filters.rule)
    if filters.severity is not None:
        wanted.append(FindingRow.severity == filters.severity)
    return exists().where(*wanted)


def _mentions(text: str) -> ColumnElement[bool]:
    columns = (RecordingRow.path, RecordingRow.agent_id, RecordingRow.customer_id, RecordingRow.case_id)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _stored(session: Session, row: Any, document: DocumentRow | int | None) -> StoredCall:
    version = session.get(DocumentRow, document) if isinstance(document, int) else document
    return StoredCall(
        summary=mapping.to_summary(row),
        document=mapping.to_document(version.body, version.id) if version else None,
        stamp=version.stamp if version else None,
        document_id=version.id if version else None,
        created_at=version.created_at if version else None,
        paths=recordings.paths(session, row.RecordingRow),
    )


def _lock(session: Session, recording: RecordingRow) -> None:
    # Versions of one call are counted one after the other, also by two processes on PostgreSQL.
    session.flush()
    session.execute(select(RecordingRow.id).where(RecordingRow.sequence == recording.sequence).with_for_update())


def _check_current(session: Session, recording: RecordingRow, expected: int) -> None:
    current = session.scalar(select(CurrentRow.document).where(CurrentRow.recording == recording.sequence))
    if current != expected:
        raise ConflictError(
            f"call {recording.id} was scored anew meanwhile (document {current} took the place of {expected}): nothing "
            "is lost; run this again if the other run had other rules"
        )


def _same(session: Session, row: DocumentRow) -> int | None:
    same = (
        DocumentRow.recording == row.recording,
        DocumentRow.stamp == row.stamp,
        DocumentRow.content == row.content,
    )
    return session.scalar(select(DocumentRow.id).where(*same))


def _add(session: Session, row: DocumentRow) -> None:
    of_call = DocumentRow.recording == row.recording
    row.version = (session.scalar(select(func.max(DocumentRow.version)).where(of_call)) or 0) + 1
    row.supersedes = session.scalar(select(CurrentRow.document).where(CurrentRow.recording == row.recording))
    session.add(row)
    session.flush()


def _point_to(session: Session, *, recording: int, document: int) -> None:
    current = session.get(CurrentRow, recording)
    if current is None:
        session.add(CurrentRow(recording=recording, document=document))
    else:
        current.document = document
