"""Numbers as people read them."""

from __future__ import annotations

from math import floor


def clock(seconds: float, *, tenths: bool = False) -> str:
    """A time on the recording's clock: 1:05, 1:05.3, 1:02:07."""
    # Cut off, not rounded: somebody who seeks to the time shown must not miss the beginning.
    total = _tenths(seconds)
    minutes, rest = divmod(total // 10, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{text}.{total % 10}" if tenths else text


def seconds(time: float) -> str:
    """The same time in seconds: 65.3, cut off as `clock` does, so that both name one moment."""
    return f"{_tenths(time) / 10:.1f}"


def _tenths(time: float) -> int:
    return max(0, floor(time * 10 + 1e-6))


def span(start: float, end: float) -> str:
    """A stretch of time: 0:05.3–0:07.0."""
    return f"{clock(start, tenths=True)}–{clock(end, tenths=True)}"


def points(value: float) -> str:
    """Points with at most one decimal: 100, 92.5."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def percent(share: float) -> str:
    """A share of 0 to 1: 37.5%. Only what is all or nothing is shown as 100% or 0%."""
    shown = min(max(share * 100, 0.1), 99.9) if 0 < share < 1 else share * 100
    return f"{shown:.1f}".removesuffix(".0") + "%"
