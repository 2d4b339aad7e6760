"""Stored calls scored again by the rules in force, as new versions that point at those they were made from.

Each call is one transaction of its own: a run that is stopped has whole calls behind it, and goes on where it stopped
because calls that carry the stamp of the rules in force are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from asr_qa import __version__
from asr_qa.batch.backtest import Progress, stored_sounds
from asr_qa.batch.chunks import Bad, each_chunk
from asr_qa.batch.engine import Task
from asr_qa.batch.worker import Failure
from asr_qa.bootstrap import Rules, SystemClock, connect, find_embed, load_rules
from asr_qa.config import Settings
from asr_qa.db.store import SqlStore
from asr_qa.errors import ConflictError, StorageError
from asr_qa.messages import error_of, say
from asr_qa.pipeline.documents import from_json
from asr_qa.pipeline.rescore import Judging, Sounds, rescored
from asr_qa.pipeline.store import ScoredRow
from asr_qa.pipeline.stored import UnreadableError, read_scored

_TRIES = 3
"""How often a call is scored again that another run keeps scoring."""


@dataclass(slots=True)
class Applied:
    """What became of the calls."""

    rescored: list[str] = field(default_factory=list)
    """Ids of calls that have a new version."""
    unchanged: int = 0
    """Calls that were scored by these rules and this scorecard already, or come out the same to the letter."""
    by_others: int = 0
    """Calls that another run has scored by these rules meanwhile."""
    bad: list[Bad] = field(default_factory=list)
    interrupted: bool = False
    stopped: str | None = None
    """Why nothing more could be stored; None where all was."""

    def merge(self, other: Applied) -> None:
        """Add what another worker did."""
        self.rescored += other.rescored
        self.unchanged += other.unchanged
        self.by_others += other.by_others
        self.bad += other.bad


def rescore(
    settings: Settings, rows: Sequence[ScoredRow], *, again: bool, progress: Progress, jobs: int = 0
) -> Applied:
    """Score calls again by the rules in force and store what comes out; Ctrl-C ends it early, whole calls behind it.

    Args:
        settings: With the rules and scorecard in force.
        rows: The calls.
        again: Also those that were scored by these rules already: after a new version of asr_qa.
        progress: Is told of calls done.
        jobs: Worker processes; 0 is one per core.

    Raises:
        StorageError: The database takes no more, e.g. because the disk is full.
    """
    applied = Applied()
    progress.total(len(rows))

    def task(chunk: Sequence[ScoredRow], seconds: float) -> Task:
        return Task(apply_chunk, (settings, tuple(chunk), again), seconds)

    try:
        for chunk, result in each_chunk(settings, rows, task, jobs=jobs):
            if isinstance(result, Failure):
                applied.bad += [Bad.of(row, result) for row in chunk]
            else:
                applied.merge(result)
                _go_on(result, len(applied.rescored))
            progress.done(len(chunk))
    except KeyboardInterrupt:
        applied.interrupted = True
    return applied


def apply_chunk(settings: Settings, rows: tuple[ScoredRow, ...], again: bool) -> Applied:
    """Score some calls again and store them; what a worker does."""
    bench = _bench(settings)
    applied = Applied()
    ids = [row.document_id for row in rows]
    bodies, sounds = bench.store.bodies(ids), stored_sounds(bench.store, ids)
    for row in rows:
        try:
            body = bodies.get(row.document_id, "")
            done = _apply(bench, row, body, again=again, sounds=sounds.get(row.document_id, ()))
            if done is _Done.RESCORED:
                applied.rescored.append(row.call_id)
            applied.unchanged += done is _Done.UNCHANGED
            applied.by_others += done is _Done.BY_OTHERS
        except Exception as exc:
            if isinstance(exc, StorageError) and not isinstance(exc, UnreadableError):
                applied.stopped = str(exc)
                break
            applied.bad.append(Bad.of(row, Failure.by(exc)))
    return applied


@dataclass(frozen=True, slots=True)
class _Bench:
    settings: Settings
    rules: Rules
    by: Mapping[str, Judging]
    """By card."""
    store: SqlStore


_kept: list[_Bench] = []
"""What this process works with: rules are loaded and compiled once."""


def _bench(settings: Settings) -> _Bench:
    if not _kept or _kept[0].settings != settings:
        forget()
        rules = load_rules(settings)
        embed = find_embed(rules.ruleset)
        by = {one.scorecard.stamp: Judging(one.applied, one.scorecard, embed=embed) for one in rules.every}
        _kept[:] = [_Bench(settings, rules, by, connect(settings, create=False))]
    return _kept[0]


def forget() -> None:
    """Close what this process works with; for a run without worker processes."""
    for bench in _kept:
        bench.store.close()
    _kept.clear()


class _Done(Enum):
    """What became of a call."""

    RESCORED = auto()
    UNCHANGED = auto()
    BY_OTHERS = auto()


def _go_on(result: Applied, rescored: int) -> None:
    if result.stopped is not None:
        raise StorageError(
            f"{result.stopped} ({rescored} calls have been scored again and are stored; the same command goes on there)"
        )


def _apply(bench: _Bench, row: ScoredRow, body: str, *, again: bool, sounds: Sounds) -> _Done:
    """Score a call again and store it; where another run was faster, what that has stored is looked at."""
    current, others = row.document_id, False
    for _ in range(_TRIES):
        call = read_scored(body, name=say("stored_document", id=current))
        rules = bench.rules.of(call.recording)
        ruleset, card = rules.ruleset, rules.scorecard
        if (call.models.ruleset_digest, call.models.scorecard) == (ruleset.digest, card.stamp):
            if others:
                return _Done.BY_OTHERS
            if not again:
                return _Done.UNCHANGED
        document = rescored(from_json(body), bench.by[card.stamp], version=__version__, sounds=sounds)
        try:
            stored = bench.store.save_document(
                document,
                severities=bench.rules.severities,
                now=SystemClock().now(),
                pass_mark=card.pass_points,
                supersedes=current,
            )
        except ConflictError:
            current, body, others = *_newest(bench.store, row), True
            continue
        return _Done.RESCORED if stored.document_id != current else _Done.UNCHANGED
    raise error_of(ConflictError, "scored_meanwhile", call=row.call_id, times=_TRIES)


def _newest(store: SqlStore, row: ScoredRow) -> tuple[int, str]:
    """The current document of a call."""
    call = store.get_call(row.call_id)
    current = call.document_id if call and call.document_id else row.document_id
    return current, store.bodies([current]).get(current, "")
