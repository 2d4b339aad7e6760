"""Stored calls judged by changed rules, in worker processes; nothing is written.

Workers read documents from the database themselves, a chunk at a time, and give back counts. A chunk whose worker
died or hung is tried again call by call, so that one call costs only itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from asr_qa.batch.chunks import Bad, each_chunk
from asr_qa.batch.engine import Task
from asr_qa.batch.worker import Failure
from asr_qa.bootstrap import Rules, connect, find_embed, load_rules, load_scorecards, rules_dir
from asr_qa.config import Settings
from asr_qa.core.backtest import Tally
from asr_qa.core.confusion import Rests
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Recording
from asr_qa.db.store import SqlStore
from asr_qa.messages import say
from asr_qa.pipeline.backtest import Trial, changed_rules, rests_of, trial, try_call
from asr_qa.pipeline.rescore import Judging, Sounds
from asr_qa.pipeline.store import ScoredRow
from asr_qa.pipeline.stored import read_scored
from asr_qa.ruleset.loader import SCORECARDS
from asr_qa.ruleset.scorecards import AUTO, scorecard_names

PARTS = ("read", "parse", "judge", "count")
"""What the time of a backtest goes into."""


class Progress(Protocol):
    """Is told how far a run over stored calls is."""

    def total(self, calls: int) -> None:
        """So many calls are to be looked at."""

    def done(self, calls: int) -> None:
        """So many more are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a backtest compares."""

    settings: Settings
    """Those in force: the database, and the rules and scorecard that calls are scored by now."""
    against: Path
    """Folder of the changed rules."""
    scorecard: str | None = None
    """Scorecard of both sides; None takes the one in force."""
    again: bool = False
    """Judge by the rules in force for the comparison, instead of taking the stored sheets."""
    only: frozenset[str] | None = None
    """Rules that are tried; None tries all."""
    changed_only: bool = False
    """Try only the rules that differ from those in force."""
    keep: int = 5
    """Examples and largest moves to keep."""

    def current(self) -> Rules:
        """Rules and card in force; the card that is asked for where these rules have it."""
        folder, asked = rules_dir(self.settings), self.scorecard
        there = asked is not None and (asked in (AUTO, *scorecard_names(folder)) or Path(asked).is_file())
        card = asked if asked and there else self.settings.scorecard
        return load_rules(self.settings.model_copy(update={"scorecard": card}))

    def changed(self) -> Rules:
        """The changed rules and their cards; where the folder has no cards, the cards in force."""
        cards = self.against if (self.against / SCORECARDS).is_dir() else rules_dir(self.settings)
        card = self.scorecard or self.settings.scorecard
        changed = self.settings.model_copy(update={"rules_dir": self.against, "scorecard": card})
        return load_rules(changed, cards=cards)


@dataclass(frozen=True, slots=True)
class Sides:
    """A plan with its rules loaded."""

    current: Rules
    changed: Rules
    tried: frozenset[str] | None
    """Rules that are tried, those that rest on them among them; None tries all."""
    before: Mapping[str, Judging]
    """By card, where both sides are judged anew."""
    trials: Mapping[str, Trial]
    """What a call is tried by, by the card it gets."""
    stored: Mapping[str, Rests]
    """The rules behind each criterion of every card at hand that stored sheets may be on, by its label."""

    @classmethod
    def load(cls, plan: Plan) -> Sides:
        """Read both folders; raises RulesetError with every mistake."""
        current, changed = plan.current(), plan.changed()
        only = plan.only
        if plan.changed_only:
            only = changed_rules(current.ruleset, changed.ruleset)
        known, embed = find_embed(current.ruleset), find_embed(changed.ruleset)
        before = {
            one.scorecard.stamp: Judging(one.applied, one.scorecard, embed=known)
            for one in (current.every if plan.again else ())
        }
        trials = {
            one.scorecard.stamp: trial(Judging(one.applied, one.scorecard, embed=embed), only=only)
            for one in changed.every
        }
        tried = None if only is None else only.union(*(one.only or () for one in trials.values()))
        stored = {label: rests_of(card) for label, card in load_scorecards(plan.settings, current).items()}
        return cls(current, changed, tried, before, trials, stored)

    def trial(self, recording: Recording) -> Trial:
        """What a call is tried by; raises ConfigurationError where two cards are for it."""
        found = self.trials[self.changed.of(recording).scorecard.stamp]
        if not self.before:
            return found
        return replace(found, before=self.before[self.current.of(recording).scorecard.stamp])

    def tally(self, keep: int) -> Tally:
        """An empty tally of this comparison."""
        after = {one.scorecard.label: rests_of(one.scorecard) for one in self.changed.every}
        return Tally(keep=keep, rests_before=self.stored, rests_after=after)


@dataclass(slots=True)
class Counted:
    """What has been found out so far."""

    tally: Tally
    bad: list[Bad] = field(default_factory=list)
    """Calls that cannot be re-scored, with the reason."""
    spent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    """CPU seconds by part, over all workers."""
    interrupted: bool = False

    def merge(self, other: Counted) -> None:
        """Add what another worker found out."""
        self.tally.merge(other.tally)
        self.bad += other.bad
        for part, seconds in other.spent.items():
            self.spent[part] += seconds


Human = Mapping[str, Mapping[str, Verdict]]
"""Call id -> criterion id -> what people decided."""


def backtest(
    plan: Plan, sides: Sides, rows: Sequence[ScoredRow], *, human: Human, progress: Progress, jobs: int = 0
) -> Counted:
    """Judge calls by the changed rules and count what differs.

    Ctrl-C ends it early with what was counted so far.

    Args:
        plan: What is compared.
        sides: The plan's rules.
        rows: The calls.
        human: What people decided of them.
        progress: Is told of calls done.
        jobs: Worker processes; 0 is one per core.
    """
    counted = Counted(sides.tally(plan.keep))
    progress.total(len(rows))

    def task(chunk: Sequence[ScoredRow], seconds: float) -> Task:
        decided = {row.call_id: human[row.call_id] for row in chunk if row.call_id in human}
        return Task(count_chunk, (plan, tuple(chunk), decided), seconds)

    try:
        for chunk, result in each_chunk(plan.settings, rows, task, jobs=jobs):
            if isinstance(result, Failure):
                counted.bad += [Bad.of(row, result) for row in chunk]
            else:
                counted.merge(result)
            progress.done(len(chunk))
    except KeyboardInterrupt:
        counted.interrupted = True
    return counted


def count_chunk(plan: Plan, rows: tuple[ScoredRow, ...], human: Human) -> Counted:
    """Judge some calls; what a worker does."""
    bench = _bench(plan)
    counted = Counted(bench.sides.tally(plan.keep))
    spent = _Clock(counted.spent)
    ids = [row.document_id for row in rows]
    bodies, sounds = bench.store.bodies(ids), stored_sounds(bench.store, ids)
    spent.on("read")
    for row in rows:
        try:
            call = read_scored(bodies.get(row.document_id, ""), name=say("stored_document", id=row.document_id))
            spent.on("parse")
            by = bench.sides.trial(call.recording)
            compared = try_call(call, by, human=human.get(row.call_id, {}), sounds=sounds.get(row.document_id, ()))
            spent.on("judge")
            counted.tally.add(compared)
            spent.on("count")
        except Exception as exc:
            counted.bad.append(Bad.of(row, Failure.by(exc)))
    return counted


def stored_sounds(store: SqlStore, document_ids: Sequence[int]) -> dict[int, Sounds]:
    """The syllables of documents, where the store keeps them."""
    return store.sounds(document_ids)


class _Clock:
    """Gives the CPU time since it was last asked to a part of the work."""

    def __init__(self, spent: dict[str, float]) -> None:
        self._spent = spent
        self._last = time.process_time()

    def on(self, part: str) -> None:
        """The time since the last part was spent on this one."""
        now = time.process_time()
        self._spent[part] += now - self._last
        self._last = now


@dataclass(frozen=True, slots=True)
class _Bench:
    plan: Plan
    sides: Sides
    store: SqlStore


_kept: list[_Bench] = []
"""What this process works with: rules are loaded and compiled once."""


def _bench(plan: Plan) -> _Bench:
    if not _kept or _kept[0].plan != plan:
        for bench in _kept:
            bench.store.close()
        _kept[:] = [_Bench(plan, Sides.load(plan), connect(plan.settings, create=False))]
    return _kept[0]


def forget() -> None:
    """Close what this process works with; for a run without worker processes."""
    for bench in _kept:
        bench.store.close()
    _kept.clear()
