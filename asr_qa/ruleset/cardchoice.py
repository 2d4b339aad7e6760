"""What is wrong or unwise in how cards share calls among them, each with its line and a hint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from asr_qa.errors import Issue
from asr_qa.messages import say
from asr_qa.ruleset.cardshape import ScorecardModel
from asr_qa.ruleset.source import Source as File

DIRECTIONS = ("inbound", "outbound")
"""The directions that a call can have."""


def choice_issues(cards: Sequence[tuple[File, ScorecardModel]]) -> Iterator[Issue]:
    """Warnings for cards of a folder that are for the same calls; nothing where no card says which calls it is for.

    Args:
        cards: The cards in use, without mistakes of their own.
    """
    if not any(model.applies_when for _, model in cards):
        return
    for file, model in cards:
        yield from _no_such_direction(file, model)
    rest = [(file, model) for file, model in cards if not model.applies_when]
    for file, _ in rest[1:]:
        said = say("two_without_choice", path=rest[0][0].path)
        yield file.issue(("id",), said, hint=say("only_with_auto"), severity=_severity(file, rest[0][0]))
    chosen = [(file, model) for file, model in cards if model.applies_when]
    for (one, mine), (other, theirs) in combinations(chosen, 2):
        if (both := _common(mine.applies_when, theirs.applies_when)) is not None:
            said, hint = say("same_calls", card=mine.id, call=both), say("tell_apart", path=one.path)
            yield other.issue(("applies_when",), said, hint=hint, severity=_severity(other, one))


def _severity(file: File, other: File) -> str:
    """How bad it is: a card of one's own beside those that come along is usual, and named by ASR_QA_SCORECARD."""
    return "warning" if Path(file.path).parent == Path(other.path).parent else "note"


def second_rest(file: File, first: File) -> Issue:
    """That of two cards, both for calls that no other card is for, none can be chosen."""
    said = say("two_for_rest", path=first.path)
    return file.issue(("id",), said, hint=say("when_or_retired"), severity="error")


def _common(one: Mapping[str, list[str]], other: Mapping[str, list[str]]) -> str | None:
    """A call that fits both conditions; None where there is none."""
    call: dict[str, str] = {}
    for name in {**one, **other}:
        values = [value for value in one.get(name, other.get(name, [])) if value in other.get(name, one.get(name, []))]
        if not values:
            return None
        call[name] = values[0]
    return ", ".join(f"{name} {value}" for name, value in call.items())


def _no_such_direction(file: File, model: ScorecardModel) -> Iterator[Issue]:
    for index, value in enumerate(model.applies_when.get("direction", ())):
        if value not in DIRECTIONS:
            at, hint = ("applies_when", "direction", index), say("known_are", names=DIRECTIONS)
            yield file.issue(at, say("no_direction", value=value), hint=hint, severity="warning")
