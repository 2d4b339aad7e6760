"""What the use cases need of the database, as a protocol, and the values that go in and out of it.

Every method is one unit of work: it is wholly done or not at all. Times are aware datetimes in UTC. Implementations:
asr_qa.db.store.SqlStore (SQLite, PostgreSQL) and asr_qa.testing.MemoryStore, held to one contract suite.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from asr_qa.core.document import CallDocument, Models
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Recording
from asr_qa.core.review import Decision, ReviewState
from asr_qa.core.transcript import Utterance
from asr_qa.errors import ConflictError

REQUEST = "request"
"""Key in a recording's metadata that is kept for the digest of what was asked for."""


class StaleRevisionError(ConflictError):
    """The review was changed by somebody else since it was read."""


class CallState(StrEnum):
    """How far a recording has come."""

    PENDING = "pending"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The outcome of registering a recording."""

    recording: Recording
    """As stored: where the audio was known already, with the path and metadata it was first seen with."""
    state: CallState
    created: bool
    """False where the same audio was registered before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSummary:
    """One call as lists show it: the recording, its state and the sheet of its current document."""

    id: str
    sequence: int
    """Order of registration; what cursors count by."""
    path: str
    state: CallState
    registered_at: datetime
    happened_at: datetime
    """When the call began, or where that is unknown when it was registered."""
    duration: float | None = None
    """Seconds; None where the file could not be read."""
    started_at: str | None = None
    direction: str | None = None
    queue: str | None = None
    agent_id: str | None = None
    team: str | None = None
    customer_id: str | None = None
    case_id: str | None = None
    attempts: int = 0
    failure_code: str | None = None
    failure_reason: str | None = None
    version: int | None = None
    """Version of the current document, counted from 1 within the call; None before there is one."""
    scorecard: str | None = None
    points: float | None = None
    max_points: float | None = None
    fatal: bool | None = None
    flagged: bool = False
    flag_reason: str | None = None
    review_state: str | None = None
    """State of the review of the current document; None where nobody has begun one."""
    reviewed_version: int | None = None
    """Newest version of the document that somebody has begun to review; below `version` where the call was scored
    again since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """A call with its current document."""

    summary: CallSummary
    document: CallDocument | None
    stamp: str | None
    document_id: int | None
    """Id of the document version, unique over all calls."""
    created_at: datetime | None
    """When the document was stored."""
    paths: tuple[str, ...]
    """Every path the audio was seen under, the registered one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRow:
    """A call that can be scored again: which document is the current one, and what it was scored by."""

    call_id: str
    path: str
    document_id: int
    ruleset_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilters:
    """Which calls to list; None leaves a filter out.

    `rule`, `severity` and `verdict` ask for one finding that fulfils all of them; where rule or severity is given
    without a verdict, not_met is meant.
    """

    flagged: bool | None = None
    agent: str | None = None
    queue: str | None = None
    team: str | None = None
    direction: str | None = None
    rule: str | None = None
    severity: str | None = None
    verdict: Verdict | None = None
    min_points: float | None = None
    max_points: float | None = None
    since: datetime | None = None
    """Calls that happened at or after this."""
    until: datetime | None = None
    """Calls that happened before this."""
    state: CallState | None = None
    text: str | None = None
    """Part of the file path, or of the agent, customer or case id; case is ignored for ASCII letters."""

    @property
    def wanted_verdict(self) -> Verdict | None:
        """The verdict asked for, not_met where only rule or severity is given; None where no finding is asked for."""
        if self.verdict is None and (self.rule or self.severity):
            return Verdict.NOT_MET
        return self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some calls, newest registration first."""

    calls: tuple[CallSummary, ...]
    next_before: int | None
    """Sequence to go on before; None on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEntry:
    """A decision as recorded; entries are only ever added."""

    decision: Decision
    machine_verdict: Verdict
    machine_points: float | None
    reviewer: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's work on one document version."""

    id: int
    call_id: str
    document_id: int
    version: int
    """Version of the document within the call."""
    reviewer: str
    state: ReviewState
    revision: int
    """Grows by one with every change."""
    started_at: datetime
    changed_at: datetime
    entries: tuple[DecisionEntry, ...] = ()
    """Every decision made, in order; the last of a criterion is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token for the API; the token itself is shown once and never stored."""

    id: int
    name: str
    role: str
    agent_id: str | None
    """Whose calls a token of role agent may see."""
    scopes: tuple[str, ...] | None
    """Narrows what the role may do; None is all of it."""
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def valid(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Store(Protocol):
    """Recordings, documents, reviews and tokens."""

    def check(self) -> None:
        """Raise StorageError unless the database answers and has the tables of this version."""

    def close(self) -> None:
        """Give back connections; the store cannot be used afterwards."""

    def add_recording(self, recording: Recording, *, now: datetime) -> Registered:
        """Register a recording, once per sha256: the same audio under a second path is noted, not added.

        Registered again under the same path, its metadata is brought up to date. Raises StorageError for a path
        that is no valid text.
        """

    def add_failure(self, path: str, *, code: str, reason: str, now: datetime) -> str:
        """Record a file that could not even be identified (missing, empty, no audio); gives the id of its row.

        Once per path; the row goes when a recording is registered under the same path.
        """

    def claim(
        self, recording: Recording, worker: str, *, now: datetime, lease_seconds: float, over: str | None = None
    ) -> str:
        """Take a recording unless somebody else has it; gives who has it now. It is registered where it is not yet.

        A call that is scored or has failed stays so until what comes of it is stored.

        Args:
            recording: What to take.
            worker: Who takes it; taken twice by the same, the lease begins anew.
            now: The present moment.
            lease_seconds: How long nobody else may take it.
            over: Somebody known to be gone, whose lease counts no more.
        """

    def claimed_elsewhere(self, worker: str, *, now: datetime) -> Mapping[str, str]:
        """Who else has what in work: sha256 of the audio -> worker."""

    def renew_claims(self, worker: str, *, now: datetime, lease_seconds: float) -> None:
        """Extend all leases of a worker."""

    def release_claims(self, worker: str) -> None:
        """Give back what a worker has; what was to be scored the first time is pending again."""

    def mark_failed(self, call_id: str, *, code: str, reason: str, now: datetime) -> None:
        """Record why a recording could not be scored; raises NotFoundError."""

    def save_document(
        self,
        document: CallDocument,
        *,
        severities: Mapping[str, str],
        now: datetime,
        pass_mark: float | None = None,
        supersedes: int | None = None,
    ) -> StoredCall:
        """Store a document as the current version of its call and set the call done.

        The recording is registered where it is not yet. A document that is stored already (same stamp, same content)
        is made current again, not stored twice; another one is a new version that supersedes the current one.

        Args:
            document: What to store.
            severities: Severity by rule id, stored with the findings and used for flagging.
            now: The present moment.
            pass_mark: Points below which the call is flagged; None where the scorecard has none.
            supersedes: The version it was made from; None takes whichever is current.

        Raises:
            ConflictError: The version it was made from is not the current one any more; nothing was stored.
        """

    def find_document(self, sha256: str, stamp: str) -> CallDocument | None:
        """The newest document of this audio with this stamp, or None."""

    def card_stamp(self, scorecard: str, version: str) -> str | None:
        """ "id@version+digest" of the scorecard under which its newest sheet was made; None where it has none."""

    def get_call(self, call_id: str) -> StoredCall | None:
        """A call and its current document, or None."""

    def get_version(self, document_id: int) -> StoredCall | None:
        """A call with one version of its document, current or not; None where there is no such version."""

    def versions(self, call_id: str) -> tuple[tuple[int, str, datetime], ...]:
        """Version number, stamp and time of every document of a call, oldest first."""

    def list_calls(self, filters: CallFilters, *, before: int | None = None, limit: int = 50) -> Page:
        """Calls that fulfil the filters, newest registration first, from before the sequence given."""

    def count_by_state(self) -> dict[CallState, int]:
        """How many recordings there are in each state."""

    def documents(self, filters: CallFilters, *, batch: int = 100) -> Iterator[CallDocument]:
        """Current documents of the calls that fulfil the filters, newest registration first, read in batches."""

    def scored(self, filters: CallFilters, *, limit: int | None = None) -> tuple[ScoredRow, ...]:
        """Calls that are done and fulfil the filters, newest registration first, without their documents."""

    def bodies(self, document_ids: Collection[int]) -> dict[int, str]:
        """Documents as JSON, unread; those that there are not are left out."""

    def sounds(self, document_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """How the utterances of documents are read (`sounds_of`); those of which that is not stored are left out."""

    def save_sounds(self, utterances: Mapping[int, Sequence[Utterance]]) -> None:
        """Store how documents are read, by document id, from their utterances; `save_document` does so by itself."""

    def judged(self, filters: CallFilters) -> dict[str, dict[str, Verdict]]:
        """Call id -> criterion id -> what people decided in released reviews, whichever version they looked at.

        Where several reviews decided a criterion, that of the newest version counts.
        """

    def start_review(self, document_id: int, reviewer: str, *, now: datetime) -> Review:
        """Begin the review of a document version, or give the one there is; raises NotFoundError."""

    def find_review(self, document_id: int) -> Review | None:
        """The review of a document version, or None."""

    def reviews(self, call_id: str) -> tuple[Review, ...]:
        """All reviews of a call, oldest document version first."""

    def decided(self, filters: CallFilters) -> dict[tuple[str, str], Verdict]:
        """(call id, criterion id) -> what `judged` gives: what people decided outlives a newer document."""

    def record_decision(self, review_id: int, entry: DecisionEntry, *, expected_revision: int) -> Review:
        """Add a decision; raises StaleRevisionError where the review has another revision by now."""

    def set_review(
        self, review_id: int, *, state: ReviewState, reviewer: str, expected_revision: int, now: datetime
    ) -> Review:
        """Change state and reviewer; raises StaleRevisionError as record_decision does."""

    def add_token(self, token: ApiToken, *, digest: str) -> ApiToken:
        """Store a token (its id is given by the store); raises ConflictError where the name is taken."""

    def find_token(self, digest: str) -> ApiToken | None:
        """The token with this sha256, valid or not; None where there is none."""

    def tokens(self) -> tuple[ApiToken, ...]:
        """All tokens by name."""

    def revoke_token(self, name: str, *, now: datetime) -> None:
        """Make a token useless from now on; raises NotFoundError."""


def stamp_of(made: CallDocument | Models, sha256: str | None = None, *, request: str | None = None) -> str:
    """Digest of the audio and of everything that shaped the result: models, rules, scorecard and what was asked for.

    The version of asr_qa is left out: an upgrade alone does not send a whole archive through transcription again
    (--reprocess does).

    Args:
        made: A document, or the models that would make one.
        sha256: Of the audio; may be left out for a document.
        request: Digest of what was asked for; may be left out for a document, which carries it in its metadata.
    """
    if isinstance(made, CallDocument):
        sha256 = sha256 or made.recording.sha256
        request = request_of(made.recording) if request is None else request
        models = made.models
    else:
        models = made
    parts = [models.asr, models.vad, models.diarization, models.ruleset_digest, models.scorecard, request or ""]
    return hashlib.sha256(json.dumps(["stamp", 2, sha256 or "", *parts], ensure_ascii=False).encode()).hexdigest()


def request_of(recording: Recording) -> str:
    """Digest of what was asked for when the recording was scored; empty where it is not known."""
    return recording.metadata.get(REQUEST, "")


def failure_id(path: str) -> str:
    """Id of the row for a file that could not be identified by its content."""
    return "path-" + hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def happened_at(started_at: str | None, registered_at: datetime) -> datetime:
    """When the call began in UTC; a time without offset is taken as UTC, none or a wrong one as the registration."""
    if not started_at:
        return registered_at
    try:
        started = datetime.fromisoformat(started_at)
        return started.replace(tzinfo=UTC) if started.tzinfo is None else started.astimezone(UTC)
    except (ValueError, OverflowError):
        return registered_at
