"""What is worked out once for a part of a rule, however many calls it is applied to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
V = TypeVar("V")

_KEPT = 100_000


class Remembered(Generic[T, V]):
    """A pure function of something that lives long and never changes; its values are kept by identity.

    Rules are deep values: to hash one costs as much as what is to be remembered of it.
    """

    def __init__(self, make: Callable[[T], V]) -> None:
        self._make = make
        self._known: dict[int, tuple[T, V]] = {}

    def __call__(self, what: T) -> V:
        """The value for one of them."""
        known = self._known.get(id(what))
        # An id is used again once its owner is gone; as long as the owner is kept here it is not.
        if known is not None:
            return known[1]
        if len(self._known) >= _KEPT:
            self._known.clear()
        made = self._make(what)
        self._known[id(what)] = (what, made)
        return made
