"""The store over a database: one unit of work a method, the queries beside it do the work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Recording
from asr_qa.core.review import ReviewState
from asr_qa.core.transcript import Utterance
from asr_qa.db import calls, mapping, migrate, recordings, reviews, sounds
from asr_qa.db.session import make_engine, parse_url, prepare_file, unit_of_work
from asr_qa.pipeline.store import (
    ApiToken,
    CallFilters,
    CallState,
    DecisionEntry,
    Page,
    Registered,
    Review,
    ScoredRow,
    StoredCall,
)


def open_store(url: str, *, create: bool = True) -> SqlStore:
    """Open a database, bringing it to the tables of this version.

    Args:
        url: SQLAlchemy URL; sqlite:////path/file.db or postgresql://user@host/database.
        create: Make a missing SQLite file, and upgrade older tables; otherwise both are errors.

    Raises:
        StorageError: It cannot be opened, is no database, not asr_qa's, or from a newer version.
        ConfigurationError: The URL is wrong or its driver is not installed.
    """
    parsed = parse_url(url)
    prepare_file(parsed, create=create)
    engine = make_engine(parsed)
    try:
        if create:
            migrate.upgrade_engine(engine)
        else:
            migrate.check_revision(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine)


class SqlStore:
    """asr_qa.pipeline.store.Store over SQLAlchemy; may be shared by threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self) -> None:
        """See Store."""
        migrate.check_revision(self._engine)
        with unit_of_work(self._engine) as session:
            session.execute(text("SELECT 1 FROM recordings LIMIT 1"))

    def close(self) -> None:
        """See Store."""
        self._engine.dispose()

    def add_recording(self, recording: Recording, *, now: datetime) -> Registered:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            row, created = recordings.register(session, recording, now=now)
            return Registered(recording=mapping.to_recording(row), state=CallState(row.state), created=created)

    def add_failure(self, path: str, *, code: str, reason: str, now: datetime) -> str:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            return recordings.record_failure(session, path, code=code, reason=reason, now=now)

    def claim(
        self, recording: Recording, worker: str, *, now: datetime, lease_seconds: float, over: str | None = None
    ) -> str:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            until = now + timedelta(seconds=lease_seconds)
            return recordings.claim(session, recording, worker, now=now, until=until, over=over)

    def claimed_elsewhere(self, worker: str, *, now: datetime) -> dict[str, str]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return recordings.claimed_elsewhere(session, worker, now=now)

    def renew_claims(self, worker: str, *, now: datetime, lease_seconds: float) -> None:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            recordings.renew(session, worker, until=now + timedelta(seconds=lease_seconds))

    def release_claims(self, worker: str) -> None:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            recordings.release(session, worker)

    def mark_failed(self, call_id: str, *, code: str, reason: str, now: datetime) -> None:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            recordings.fail(session, call_id, code=code, reason=reason)

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
        with unit_of_work(self._engine, write=True) as session:
            version = calls.save(
                session, document, severities=severities, now=now, pass_mark=pass_mark, supersedes=supersedes
            )
            stored = calls.call_at(session, version)
        assert stored is not None  # noqa: S101 - saved above
        return stored

    def find_document(self, sha256: str, stamp: str) -> CallDocument | None:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.find(session, sha256, stamp)

    def card_stamp(self, scorecard: str, version: str) -> str | None:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.card_stamp(session, scorecard, version)

    def get_call(self, call_id: str) -> StoredCall | None:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.call(session, call_id)

    def get_version(self, document_id: int) -> StoredCall | None:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.call_at(session, document_id)

    def versions(self, call_id: str) -> tuple[tuple[int, str, datetime], ...]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.versions(session, call_id)

    def list_calls(self, filters: CallFilters, *, before: int | None = None, limit: int = 50) -> Page:
        """See Store."""
        with unit_of_work(self._engine) as session:
            found = calls.listed(session, filters, before=before, limit=limit + 1)
        shown = tuple(found[:limit])
        return Page(calls=shown, next_before=shown[-1].sequence if len(found) > limit else None)

    def count_by_state(self) -> dict[CallState, int]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return recordings.count_by_state(session)

    def documents(self, filters: CallFilters, *, batch: int = 100) -> Iterator[CallDocument]:
        """See Store."""
        before: int | None = None
        while True:
            # A unit of work a batch: the caller may take its time, and a long reader would keep SQLite's log growing.
            with unit_of_work(self._engine) as session:
                found = calls.bodies(session, filters, before=before, limit=batch)
            for _, document_id, body in found:
                yield mapping.to_document(body, document_id)
            if len(found) < batch:
                return
            before = found[-1][0]

    def scored(self, filters: CallFilters, *, limit: int | None = None) -> tuple[ScoredRow, ...]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return tuple(calls.scored(session, filters, limit=limit))

    def bodies(self, document_ids: Collection[int]) -> dict[int, str]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.bodies_of(session, document_ids)

    def sounds(self, document_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return sounds.of(session, document_ids)

    def save_sounds(self, utterances: Mapping[int, Sequence[Utterance]]) -> None:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            for document, said in utterances.items():
                sounds.keep(session, said, document=document)

    def judged(self, filters: CallFilters) -> dict[str, dict[str, Verdict]]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return calls.judged(session, filters)

    def start_review(self, document_id: int, reviewer: str, *, now: datetime) -> Review:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            return reviews.start(session, document_id, reviewer, now=now)

    def find_review(self, document_id: int) -> Review | None:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return reviews.find(session, document_id)

    def reviews(self, call_id: str) -> tuple[Review, ...]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return reviews.of_call(session, call_id)

    def decided(self, filters: CallFilters) -> dict[tuple[str, str], Verdict]:
        """See Store."""
        found = self.judged(filters)
        return {(call, name): verdict for call, lines in found.items() for name, verdict in lines.items()}

    def record_decision(self, review_id: int, entry: DecisionEntry, *, expected_revision: int) -> Review:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            return reviews.decide(session, review_id, entry, expected_revision=expected_revision)

    def set_review(
        self, review_id: int, *, state: ReviewState, reviewer: str, expected_revision: int, now: datetime
    ) -> Review:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            return reviews.set_state(
                session, review_id, state=state, reviewer=reviewer, expected_revision=expected_revision, now=now
            )

    def add_token(self, token: ApiToken, *, digest: str) -> ApiToken:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            return reviews.add_token(session, token, digest=digest)

    def find_token(self, digest: str) -> ApiToken | None:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return reviews.find_token(session, digest)

    def tokens(self) -> tuple[ApiToken, ...]:
        """See Store."""
        with unit_of_work(self._engine) as session:
            return reviews.tokens(session)

    def revoke_token(self, name: str, *, now: datetime) -> None:
        """See Store."""
        with unit_of_work(self._engine, write=True) as session:
            reviews.revoke(session, name, now=now)
