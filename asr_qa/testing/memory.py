"""A store in memory, held to the same contract as the databases."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from asr_qa.core.checks.stream import sounds_of
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Recording
from asr_qa.core.review import ReviewState, flag_reason
from asr_qa.core.transcript import Utterance
from asr_qa.errors import ConflictError, NotFoundError, StorageError
from asr_qa.pipeline.documents import to_json
from asr_qa.pipeline.store import (
    CallFilters,
    CallState,
    CallSummary,
    DecisionEntry,
    Page,
    Registered,
    Review,
    ScoredRow,
    StaleRevisionError,
    StoredCall,
    failure_id,
    happened_at,
    stamp_of,
)
from asr_qa.testing.filters import fits, has_finding
from asr_qa.testing.records import Call, Version
from asr_qa.testing.tokens import TokenShelf, locked


class MemoryStore(TokenShelf):
    """asr_qa.pipeline.store.Store without a database; may be shared by threads."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[str, Call] = {}
        self._reviews: dict[int, Review] = {}
        self._sequence = 0
        self._documents = 0

    def check(self) -> None:
        """See Store."""

    def close(self) -> None:
        """See Store."""

    @locked
    def add_recording(self, recording: Recording, *, now: datetime) -> Registered:
        """See Store."""
        call, created = self._register(recording, now)
        assert call.recording is not None  # noqa: S101 - registered above
        return Registered(recording=call.recording, state=call.state, created=created)

    @locked
    def add_failure(self, path: str, *, code: str, reason: str, now: datetime) -> str:
        """See Store."""
        call_id = failure_id(path)
        if call_id not in self._calls:
            self._calls[call_id] = Call(call_id, self._next(), path, None, now.astimezone(UTC))
        self._calls[call_id].attempts += 1
        self.mark_failed(call_id, code=code, reason=reason, now=now)
        return call_id

    @locked
    def claim(
        self, recording: Recording, worker: str, *, now: datetime, lease_seconds: float, over: str | None = None
    ) -> str:
        """See Store."""
        call = self._by_audio(recording.sha256) or self._register(recording, now)[0]
        holder, until = call.claim or (None, now)
        if holder not in (None, worker, over) and until > now:
            return holder
        call.attempts += holder != worker
        call.claim = (worker, now + timedelta(seconds=lease_seconds))
        if call.state is CallState.PENDING:
            call.state = CallState.PROCESSING
        return worker

    @locked
    def claimed_elsewhere(self, worker: str, *, now: datetime) -> dict[str, str]:
        """See Store."""
        claims = {call.recording.sha256: call.claim for call in self._calls.values() if call.recording and call.claim}
        return {audio: holder for audio, (holder, until) in claims.items() if holder != worker and until > now}

    @locked
    def renew_claims(self, worker: str, *, now: datetime, lease_seconds: float) -> None:
        """See Store."""
        for call in self._held(worker):
            call.claim = (worker, now + timedelta(seconds=lease_seconds))

    @locked
    def release_claims(self, worker: str) -> None:
        """See Store."""
        for call in self._held(worker):
            call.claim = None
            call.state = CallState.PENDING if call.state is CallState.PROCESSING else call.state

    def _held(self, worker: str) -> list[Call]:
        return [call for call in self._calls.values() if call.claim and call.claim[0] == worker]

    @locked
    def mark_failed(self, call_id: str, *, code: str, reason: str, now: datetime) -> None:
        """See Store."""
        call = self._need(call_id)
        call.state, call.failure, call.claim = CallState.FAILED, (code, reason), None

    @locked
    def save_document(
        self,
        document: CallDocument,
        *,
        severities: Mapping[str, str],
        now: datetime,
        pass_mark: float | None = None,
        supersedes: int | None = None,
    ) -> StoredCall:
        """See Store."""
        present = self._by_audio(document.recording.sha256)
        current = present.current.id if present and present.current else None
        if supersedes is not None and current != supersedes:
            raise ConflictError(f"call {document.recording.id} was scored anew meanwhile")
        call, _ = self._register(document.recording, now)
        call.recording = replace(document.recording, id=call.id, path=call.path)
        stamp, body = stamp_of(document), to_json(document)
        known = next((v for v in call.versions if (v.stamp, v.body) == (stamp, body)), None)
        if known is None:
            flag = flag_reason(document.score_sheet, document.findings, severities=severities, pass_mark=pass_mark)
            self._documents += 1
            number = len(call.versions) + 1
            known = Version(self._documents, call.id, number, stamp, body, flag, dict(severities), now)
            call.versions.append(known)
        call.current, call.state, call.failure, call.claim = known, CallState.DONE, (None, None), None
        return self._stored(call, known)

    @locked
    def find_document(self, sha256: str, stamp: str) -> CallDocument | None:
        """See Store."""
        call = self._by_audio(sha256)
        found = [version for version in call.versions if version.stamp == stamp] if call else []
        return found[-1].document if found else None

    @locked
    def card_stamp(self, scorecard: str, version: str) -> str | None:
        """See Store."""
        versions = sorted((v for call in self._calls.values() for v in call.versions), key=lambda v: v.id)
        made = [one.document.models.scorecard for one in versions]
        return next((stamp for stamp in reversed(made) if stamp.partition("+")[0] == f"{scorecard}@{version}"), None)

    @locked
    def get_call(self, call_id: str) -> StoredCall | None:
        """See Store."""
        call = self._calls.get(call_id)
        return self._stored(call, call.current) if call else None

    @locked
    def get_version(self, document_id: int) -> StoredCall | None:
        """See Store."""
        version = self._version(document_id)
        return self._stored(self._calls[version.call_id], version) if version else None

    @locked
    def versions(self, call_id: str) -> tuple[tuple[int, str, datetime], ...]:
        """See Store."""
        call = self._calls.get(call_id)
        return tuple((v.number, v.stamp, v.created_at) for v in call.versions) if call else ()

    @locked
    def list_calls(self, filters: CallFilters, *, before: int | None = None, limit: int = 50) -> Page:
        """See Store."""
        found = [self._summary(call) for call in self._matching(filters, before)]
        shown = tuple(found[:limit])
        return Page(calls=shown, next_before=shown[-1].sequence if len(found) > limit else None)

    @locked
    def count_by_state(self) -> dict[CallState, int]:
        """See Store."""
        return {state: sum(call.state is state for call in self._calls.values()) for state in CallState}

    def documents(self, filters: CallFilters, *, batch: int = 100) -> Iterator[CallDocument]:
        """See Store."""
        with self._lock:
            found = [call.current.document for call in self._matching(filters, None) if call.current]
        yield from found

    @locked
    def scored(self, filters: CallFilters, *, limit: int | None = None) -> tuple[ScoredRow, ...]:
        """See Store."""
        found = [c for c in self._matching(filters, None) if c.current and c.state is CallState.DONE][:limit]
        return tuple(
            ScoredRow(
                call_id=call.id,
                path=call.path,
                document_id=call.current.id,
                ruleset_digest=call.current.document.models.ruleset_digest,
            )
            for call in found
            if call.current
        )

    @locked
    def sounds(self, document_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """See Store."""
        found = {one: version for one in document_ids if (version := self._version(one))}
        return {one: sounds_of(version.document.utterances) for one, version in found.items()}

    def save_sounds(self, utterances: Mapping[int, Sequence[Utterance]]) -> None:
        """See Store; nothing is to be done, since nothing is kept."""

    @locked
    def bodies(self, document_ids: Collection[int]) -> dict[int, str]:
        """See Store."""
        return {one: version.body for one in document_ids if (version := self._version(one))}

    @locked
    def judged(self, filters: CallFilters) -> dict[str, dict[str, Verdict]]:
        """See Store."""
        released = {
            call.id: [r for r in self.reviews(call.id) if r.state is ReviewState.RELEASED]
            for call in self._matching(filters, None)
        }
        found = {
            call: {e.decision.criterion_id: e.decision.verdict for review in reviews for e in review.entries}
            for call, reviews in released.items()
        }
        return {call: decisions for call, decisions in found.items() if decisions}

    @locked
    def start_review(self, document_id: int, reviewer: str, *, now: datetime) -> Review:
        """See Store."""
        version = self._version(document_id)
        if version is None:
            raise NotFoundError(f"there is no document version {document_id}")
        present = self.find_review(document_id)
        if present is not None:
            return present
        review = Review(
            id=len(self._reviews) + 1,
            call_id=version.call_id,
            document_id=document_id,
            version=version.number,
            reviewer=reviewer,
            state=ReviewState.OPEN,
            revision=1,
            started_at=now,
            changed_at=now,
        )
        self._reviews[review.id] = review
        return review

    @locked
    def find_review(self, document_id: int) -> Review | None:
        """See Store."""
        return next((review for review in self._reviews.values() if review.document_id == document_id), None)

    @locked
    def reviews(self, call_id: str) -> tuple[Review, ...]:
        """See Store."""
        found = [review for review in self._reviews.values() if review.call_id == call_id]
        return tuple(sorted(found, key=lambda review: review.version))

    @locked
    def decided(self, filters: CallFilters) -> dict[tuple[str, str], Verdict]:
        """See Store."""
        found = self.judged(filters)
        return {(call, name): verdict for call, lines in found.items() for name, verdict in lines.items()}

    @locked
    def record_decision(self, review_id: int, entry: DecisionEntry, *, expected_revision: int) -> Review:
        """See Store."""
        review = self._at(review_id, expected_revision)
        changed = replace(
            review, revision=expected_revision + 1, entries=(*review.entries, entry), changed_at=entry.decided_at
        )
        self._reviews[review_id] = changed
        return changed

    @locked
    def set_review(
        self, review_id: int, *, state: ReviewState, reviewer: str, expected_revision: int, now: datetime
    ) -> Review:
        """See Store."""
        review = self._at(review_id, expected_revision)
        changed = replace(review, state=state, reviewer=reviewer, revision=expected_revision + 1, changed_at=now)
        self._reviews[review_id] = changed
        return changed

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _by_audio(self, sha256: str) -> Call | None:
        return next((c for c in self._calls.values() if c.recording and c.recording.sha256 == sha256), None)

    def _register(self, recording: Recording, now: datetime) -> tuple[Call, bool]:
        _check_text(recording.path)
        self._calls.pop(failure_id(recording.path), None)
        call = self._by_audio(recording.sha256)
        if call is None:
            call = Call(recording.id, self._next(), recording.path, recording, now.astimezone(UTC))
            self._calls[call.id] = call
            return call, True
        if call.path == recording.path:
            call.recording = replace(recording, id=call.id)
        elif recording.path not in call.other_paths:
            call.other_paths.append(recording.path)
        return call, False

    def _need(self, call_id: str) -> Call:
        if call_id not in self._calls:
            raise NotFoundError(f"there is no call {call_id}")
        return self._calls[call_id]

    def _version(self, document_id: int) -> Version | None:
        every = (version for call in self._calls.values() for version in call.versions)
        return next((version for version in every if version.id == document_id), None)

    def _at(self, review_id: int, expected: int) -> Review:
        if review_id not in self._reviews:
            raise NotFoundError(f"there is no review {review_id}")
        review = self._reviews[review_id]
        if review.revision != expected:
            raise StaleRevisionError(
                f"the review of call {review.call_id} was changed meanwhile "
                f"(revision {review.revision}, not {expected}); read it again and repeat"
            )
        return review

    def _summary(self, call: Call) -> CallSummary:
        recording, version = call.recording, call.current
        sheet = version.document.score_sheet if version else None
        review = self.find_review(version.id) if version else None
        known = {name: getattr(recording, name) for name in _COPIED} if recording else {}
        return CallSummary(
            id=call.id,
            sequence=call.sequence,
            path=call.path,
            state=call.state,
            registered_at=call.registered_at,
            happened_at=happened_at(recording.started_at if recording else None, call.registered_at),
            attempts=call.attempts,
            failure_code=call.failure[0],
            failure_reason=call.failure[1],
            version=version.number if version else None,
            scorecard=f"{sheet.scorecard}@{sheet.version}" if sheet else None,
            points=sheet.points if sheet else None,
            max_points=sheet.max_points if sheet else None,
            fatal=sheet.fatal if sheet else None,
            flagged=bool(version and version.flag),
            flag_reason=version.flag if version else None,
            review_state=review.state.value if review else None,
            reviewed_version=max((r.version for r in self.reviews(call.id)), default=None),
            **known,
        )

    def _stored(self, call: Call, version: Version | None) -> StoredCall:
        return StoredCall(
            summary=self._summary(call),
            document=version.document if version else None,
            stamp=version.stamp if version else None,
            document_id=version.id if version else None,
            created_at=version.created_at if version else None,
            paths=(call.path, *call.other_paths),
        )

    def _matching(self, filters: CallFilters, before: int | None) -> Iterator[Call]:
        for call in sorted(self._calls.values(), key=lambda one: -one.sequence):
            if before is not None and call.sequence >= before:
                continue
            version = call.current
            found = version is not None and has_finding(version.document, version.severities, filters)
            if fits(self._summary(call), filters) and (found or filters.wanted_verdict is None):
                yield call


_COPIED = ("duration", "started_at", "direction", "queue", "agent_id", "team", "customer_id", "case_id")


def _check_text(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError as exc:
        raise StorageError(
            f"{path!a} is no valid UTF-8 text and cannot be stored; rename the file, e.g. with convmv"
        ) from exc
