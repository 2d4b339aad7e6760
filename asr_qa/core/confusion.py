"""What a rule finds held against what people decided: how many of its failures they share, how many of theirs it finds.

A person decides criteria, not rules. Where a criterion rests on one rule the decision is one about the rule. Where it
rests on several, "met" (or not applicable) says that none of them should have failed; "not met" confirms those that
did, and says nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from asr_qa.core.counts import Counts
from asr_qa.core.finding import Verdict
from asr_qa.core.report import Figure, wilson

Rests = Mapping[str, tuple[str, ...]]
"""Criterion id -> the rules it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion(Counts):
    """Counts of a rule's verdicts by what people decided."""

    confirmed: int = 0
    """It failed, and people say so too."""
    false_alarms: int = 0
    """It failed, and people say it should not have."""
    missed: int = 0
    """People say it should have failed, and it did not; those it left open are among them."""
    left_open: int = 0
    """Of the missed, those that it left to a person as undetermined."""
    passed: int = 0
    """Neither it nor people found a failure."""

    @property
    def decided(self) -> int:
        """Decisions it was held against."""
        return self.confirmed + self.false_alarms + self.missed + self.passed

    @property
    def precision(self) -> Figure:
        """Share of its failures that people share; None where it never failed in a call that people decided."""
        return share(self.confirmed, self.confirmed + self.false_alarms)

    @property
    def recall(self) -> Figure:
        """Share of the failures people found that it found too; None where people found none."""
        return share(self.confirmed, self.confirmed + self.missed)


def share(count: int, n: int) -> Figure:
    """A share with its Wilson 95 % interval; None of nothing."""
    interval = wilson(count, n)
    if interval is None:
        return Figure(value=None, n=0)
    return Figure(value=count / n, n=n, count=count, low=interval.low, high=interval.high)


def held_against(machine: Verdict, *, failed: bool) -> Confusion:
    """One verdict of a rule against one human decision."""
    if machine is Verdict.NOT_MET:
        return Confusion(confirmed=1) if failed else Confusion(false_alarms=1)
    if not failed:
        return Confusion(passed=1)
    return Confusion(missed=1, left_open=int(machine is Verdict.UNDETERMINED))


def truths(human: Mapping[str, Verdict], rests: Rests, verdicts: Mapping[str, Verdict]) -> dict[str, bool]:
    """Rule id -> whether people say it should have failed; only rules of which their decisions tell.

    Args:
        human: What people decided, by criterion.
        rests: The rules behind each criterion.
        verdicts: What the rules found.
    """
    found: dict[str, bool] = {}
    for rule, failed in _told(human, rests, verdicts):
        found[rule] = found.get(rule, False) or failed
    return found


def _told(human: Mapping[str, Verdict], rests: Rests, verdicts: Mapping[str, Verdict]) -> Iterator[tuple[str, bool]]:
    for criterion, decided in human.items():
        rules = [rule for rule in rests.get(criterion, ()) if rule in verdicts]
        if decided is not Verdict.NOT_MET:
            yield from ((rule, False) for rule in rules)
        elif len(rests.get(criterion, ())) == 1:
            yield from ((rule, True) for rule in rules)
        else:
            yield from ((rule, True) for rule in rules if verdicts[rule] is Verdict.NOT_MET)


def confusions(
    human: Mapping[str, Verdict], rests: Rests, verdicts: Mapping[str, Verdict]
) -> Iterable[tuple[str, Confusion]]:
    """The rules of one call held against what people decided of it."""
    told = truths(human, rests, verdicts)
    return [(rule, held_against(verdicts[rule], failed=failed)) for rule, failed in told.items()]
