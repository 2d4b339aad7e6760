"""Counts that add up, field by field: what is summed over turns, calls and workers."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Counts:
    """Base of dataclasses all of whose fields are counts or sums, so that adding leaves none of them out."""

    def __add__(self, other: Self) -> Self:
        return replace(self, **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})
