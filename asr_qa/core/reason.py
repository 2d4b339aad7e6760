"""Why something was decided: each number with the limit it was compared to, made by the code that decides.

A decision is taken by asking its reasons whether they hold, so what is shown later is what was decided by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from asr_qa.core.segment import EPSILON

Relation = Literal[">=", "<=", "<", ">", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that was looked at."""

    test: str
    """What was looked at, e.g. "onset"; its wording is in asr_qa/render/explain.py."""
    holds: bool = True
    """How it came out."""
    value: float | None = None
    """Measured: seconds, or what the test says."""
    relation: Relation = ""
    """How value and limit must stand; empty where nothing was compared."""
    limit: float | None = None
    text: str = ""
    """The words that decided, where words did."""


def at_least(test: str, value: float, limit: float, *, text: str = "") -> Reason:
    """The value must reach the limit."""
    return Reason(test=test, holds=value >= limit - EPSILON, value=value, relation=">=", limit=limit, text=text)


def at_most(test: str, value: float, limit: float, *, text: str = "") -> Reason:
    """The value must not pass the limit."""
    return Reason(test=test, holds=value <= limit + EPSILON, value=value, relation="<=", limit=limit, text=text)


def below(test: str, value: float, limit: float, *, text: str = "") -> Reason:
    """The value must stay below the limit."""
    return Reason(test=test, holds=value < limit - EPSILON, value=value, relation="<", limit=limit, text=text)


def above(test: str, value: float, limit: float, *, text: str = "") -> Reason:
    """The value must pass the limit."""
    return Reason(test=test, holds=value > limit + EPSILON, value=value, relation=">", limit=limit, text=text)


def measured(test: str, value: float) -> Reason:
    """A value that nothing depends on."""
    return Reason(test=test, value=value)


def all_hold(reasons: Iterable[Reason]) -> bool:
    """Whether every one of them holds."""
    return all(reason.holds for reason in reasons)
