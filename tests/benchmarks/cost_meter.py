"""CPU time by part of the chain, counted where it is spent: for bench_cost.py."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Spent = defaultdict[str, float]
"""Seconds, or percent of audio time, by part."""


class Meter:
    """CPU seconds by part; what is spent in a part inside another counts for the inner one alone."""

    def __init__(self) -> None:
        self.spent = Spent(float)
        self._open = [""]
        self._since = time.process_time()

    def _charge(self) -> None:
        now = time.process_time()
        self.spent[self._open[-1]] += now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done inside for this part."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, its time counted for the part."""

        def run(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return run

    def take(self) -> Spent:
        """What was spent since the last time."""
        self._charge()
        spent, self.spent = self.spent, Spent(float)
        return spent


class Timed:
    """An adapter of a port, with the time of its calls counted."""

    def __init__(self, inner: Any, name: str, meter: Meter) -> None:
        self._inner, self._part, self._meter = inner, name, meter

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._meter.part(self._part):
            return self._inner(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return self._meter.timed(value, self._part) if callable(value) else value
