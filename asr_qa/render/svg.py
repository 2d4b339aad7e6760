"""Charts as inline SVG: the timeline of a call, bars of error items, a histogram of points.

Everything is built from elements whose attributes and texts are escaped; nothing is styled here but by class.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from asr_qa.render.format import clock

Child = Markup | str


def element(name: str, *children: Child, **attributes: object) -> Markup:
    """An element; `class_` and `aria_label` become class and aria-label, attributes that are None are left out."""
    given = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None]
    opening = Markup("").join(Markup(' {}="{}"').format(key, _attribute(value)) for key, value in given)
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(name, opening, inside)


def _attribute(value: object) -> str:
    # A tenth of a pixel is enough, and half the size of the file.
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def width_of(text: str, size: float) -> float:
    """About how many pixels a text of that font size takes."""
    return sum(size if unicodedata.east_asian_width(char) in "WF" else size * 0.56 for char in text)


def fit(text: str, pixels: float, *, size: float) -> str:
    """The text, cut so that it fits into so many pixels."""
    if width_of(text, size) <= pixels:
        return text
    kept = text
    while kept and width_of(kept + "…", size) > pixels:
        kept = kept[:-1]
    return kept.rstrip() + "…"


# --- timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, as it is drawn."""

    kind: str
    """Class it is drawn with."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    lane: str | None
    """Role it belongs to; None: everybody."""
    title: str
    """Said when hovered over."""
    label: str = ""
    """Written into it where there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """An utterance, as it is drawn."""

    lane: str
    stretches: tuple[tuple[float, float], ...]
    """Seconds."""
    title: str
    heard: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A numbered mark of a deduction."""

    number: int
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    title: str
    href: str
    fatal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineChart:
    """Everything on the timeline of one call."""

    duration: float
    """Seconds."""
    lanes: tuple[tuple[str, str], ...]
    """(role, name) from top to bottom."""
    speech: tuple[Speech, ...]
    marks: tuple[Mark, ...]
    pins: tuple[Pin, ...]
    label: str
    """What is on it, for those who do not see it."""


_WIDTH, _LEFT, _RIGHT = 1200.0, 84.0, 14.0
_LANE, _LANE_GAP, _PIN, _AXIS, _TOP = 30.0, 12.0, 22.0, 24.0, 6.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 13
_MOST_PIN_ROWS = 6
_BANDS = ("silence", "dead_air", "dead_air_waived", "hold", "ivr")
_POINTS = ("interruption", "talk_over", "backchannel")


class _Scale:
    """Where things are drawn."""

    def __init__(self, chart: TimelineChart, pin_rows: int) -> None:
        self.duration = max(chart.duration, 1.0)
        self.pins_end = _TOP + pin_rows * _PIN
        self.lanes = {
            role: self.pins_end + 4 + index * (_LANE + _LANE_GAP) for index, (role, _) in enumerate(chart.lanes)
        }
        self.bottom = self.pins_end + 4 + len(chart.lanes) * (_LANE + _LANE_GAP)
        self.height = self.bottom + _AXIS

    def x(self, seconds: float) -> float:
        share = min(max(seconds / self.duration, 0.0), 1.0)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def width(self, start: float, end: float, *, least: float = 1.5) -> float:
        return max(least, self.x(end) - self.x(start))


def timeline(chart: TimelineChart) -> Markup:
    """The timeline of a call: speech of each role in its lane, events behind and on it, deductions above."""
    rows = _pin_rows(chart)
    scale = _Scale(chart, 1 + max(rows, default=-1))
    parts = [
        *(_band(mark, scale) for mark in chart.marks if mark.kind in _BANDS),
        *_axis(scale),
        *(_lane(role, name, scale) for role, name in chart.lanes),
        *(_speech(speech, scale) for speech in chart.speech if speech.lane in scale.lanes),
        *(_point(mark, scale) for mark in chart.marks if mark.kind not in _BANDS),
        *(_pin(pin, row, scale) for pin, row in zip(chart.pins, rows, strict=True)),
    ]
    return element(
        "svg",
        *parts,
        class_="timeline",
        viewBox=f"0 0 {_WIDTH:g} {scale.height:g}",
        role="group",
        aria_label=chart.label,
    )


def tick_step(duration: float) -> float:
    """Seconds between two marks of the axis."""
    return float(next((step for step in _STEPS if duration / step <= _MOST_TICKS), _STEPS[-1]))


def _pin_rows(chart: TimelineChart) -> list[int]:
    """A row for each pin, so that their numbers do not hide each other; the last row takes what is left."""
    scale = _Scale(chart, 0)
    free = [0.0] * _MOST_PIN_ROWS
    rows = []
    for pin in chart.pins:
        left = scale.x(pin.start) - 10
        row = next((row for row, until in enumerate(free) if until <= left), _MOST_PIN_ROWS - 1)
        free[row] = max(left + 24, scale.x(pin.end) + 4)
        rows.append(row)
    return rows


def _axis(scale: _Scale) -> list[Markup]:
    step = tick_step(scale.duration)
    ticks = [index * step for index in range(int(scale.duration / step) + 1)]
    parts = []
    for tick in ticks:
        x = scale.x(tick)
        parts.append(element("line", class_="tick", x1=x, x2=x, y1=scale.pins_end, y2=scale.bottom))
        parts.append(element("text", clock(tick), class_="tick-text", x=x, y=scale.bottom + 16, text_anchor="middle"))
    return parts


def _lane(role: str, name: str, scale: _Scale) -> Markup:
    top = scale.lanes[role]
    label = element("text", name, class_=f"lane-name {role}", x=_LEFT - 12, y=top + _LANE / 2 + 4.5, text_anchor="end")
    line = element("line", class_="lane-line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=top + _LANE / 2, y2=top + _LANE / 2)
    return line + label


def _speech(speech: Speech, scale: _Scale) -> Markup:
    top = scale.lanes[speech.lane]
    bars = [
        element("rect", x=scale.x(start), y=top, width=scale.width(start, end), height=_LANE, rx=2.5)
        for start, end in speech.stretches
    ]
    heard = "" if speech.heard else " unheard"
    return element("g", element("title", speech.title), *bars, class_=f"speech {speech.lane}{heard}")


def _band(mark: Mark, scale: _Scale) -> Markup:
    x, width = scale.x(mark.start), scale.width(mark.start, mark.end)
    box = element("rect", x=x, y=scale.pins_end, width=width, height=scale.bottom - scale.pins_end)
    parts = [element("title", mark.title), box]
    if mark.label and width_of(mark.label, 12) + 8 < width:
        middle = (scale.pins_end + scale.bottom) / 2 + 2
        parts.append(element("text", mark.label, x=x + width / 2, y=middle, text_anchor="middle"))
    return element("g", *parts, class_=f"band {mark.kind}")


def _point(mark: Mark, scale: _Scale) -> Markup:
    """A mark at the lane of who did it; without one, between the lanes."""
    top = scale.lanes.get(mark.lane or "", scale.pins_end + 4 + _LANE)
    x = scale.x(mark.start)
    shape: Markup
    if mark.kind in ("interruption", "talk_over"):
        shape = element("path", d=f"M{x - 6:.1f} {top - 5:.1f}h12l-6 11z")
    elif mark.kind == "backchannel":
        shape = element("circle", cx=x + scale.width(mark.start, mark.end) / 2, cy=top + _LANE / 2, r=4.0)
    else:
        y = top + (_LANE + 3 if mark.lane else 2.5)
        shape = element("rect", x=x, y=y, width=scale.width(mark.start, mark.end), height=5.0)
    return element("g", element("title", mark.title), shape, class_=f"mark {mark.kind}")


def _pin(pin: Pin, row: int, scale: _Scale) -> Markup:
    x, y = scale.x(pin.start), _TOP + row * _PIN + _PIN / 2 - 2
    reach = element("line", class_="reach", x1=x, x2=scale.x(pin.end), y1=y, y2=y)
    stem = element("line", class_="stem", x1=x, x2=x, y1=y, y2=scale.bottom)
    dot = element("circle", cx=x, cy=y, r=9.0)
    number = element("text", str(pin.number), x=x, y=y + 4, text_anchor="middle")
    kind = "pin fatal" if pin.fatal else "pin"
    return element("a", element("title", pin.title), reach, stem, dot, number, href=pin.href, class_=kind)


# --- bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart of shares."""

    name: str
    share: float
    """0 to 1."""
    low: float
    """Bounds of its interval, 0 to 1."""
    high: float
    value: str
    """Written behind it."""
    title: str
    href: str
    kind: str = ""
    """Class it is drawn with."""


_BAR_ROW, _BAR_LEFT, _BAR_RIGHT, _BAR_SIZE = 30.0, 330.0, 130.0, 14.0


def bars(rows: Sequence[Bar], *, label: str) -> Markup:
    """Horizontal bars of shares with their intervals, each a link."""
    bottom = len(rows) * _BAR_ROW + 6
    grid = [
        element("line", class_="tick", x1=_bar_x(share), x2=_bar_x(share), y1=2.0, y2=bottom)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    scale = [
        element("text", f"{share:.0%}", class_="tick-text", x=_bar_x(share), y=bottom + 16, text_anchor="middle")
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    drawn = [_bar(row, index * _BAR_ROW + 4) for index, row in enumerate(rows)]
    box = f"0 0 {_WIDTH:g} {bottom + 24:g}"
    return element("svg", *grid, *drawn, *scale, class_="bars", viewBox=box, role="group", aria_label=label)


def _bar_x(share: float) -> float:
    return round(_BAR_LEFT + share * (_WIDTH - _BAR_LEFT - _BAR_RIGHT), 1)


def _bar(row: Bar, top: float) -> Markup:
    middle = top + _BAR_ROW / 2 - 2
    parts = [
        element("title", row.title),
        element(
            "text",
            fit(row.name, _BAR_LEFT - 24, size=_BAR_SIZE),
            class_="bar-name",
            x=_BAR_LEFT - 12,
            y=middle + 5,
            text_anchor="end",
        ),
        element("rect", class_="hit-area", x=0, y=top - 2, width=_WIDTH, height=_BAR_ROW),
        element("rect", x=_BAR_LEFT, y=middle - 8, width=max(1.5, _bar_x(row.share) - _BAR_LEFT), height=16, rx=2),
        element("line", class_="whisker", x1=_bar_x(row.low), x2=_bar_x(row.high), y1=middle, y2=middle),
        element("text", row.value, class_="bar-value", x=_WIDTH - _BAR_RIGHT + 16, y=middle + 5),
    ]
    return element("a", *parts, href=row.href, class_=f"bar {row.kind}".rstrip())


# --- histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a histogram."""

    low: float
    high: float
    count: int
    title: str


_H_WIDTH, _H_HEIGHT, _H_LEFT, _H_BOTTOM, _H_TOP = 560.0, 230.0, 8.0, 26.0, 22.0


def histogram(columns: Sequence[Column], *, limit: float | None, limit_name: str, label: str) -> Markup:
    """Counts over a scale that begins at the first column's `low` and ends at the last one's `high`."""
    first, last = columns[0].low, columns[-1].high
    base = _H_HEIGHT - _H_BOTTOM
    most = max(1, *(column.count for column in columns))

    def x(value: float) -> float:
        return round(_H_LEFT + (value - first) / (last - first) * (_H_WIDTH - 2 * _H_LEFT), 1)

    parts = [element("line", class_="axis", x1=_H_LEFT, x2=_H_WIDTH - _H_LEFT, y1=base, y2=base)]
    for column in columns:
        height = column.count / most * (base - _H_TOP - 14)
        middle = (x(column.low) + x(column.high)) / 2
        box = element(
            "rect",
            x=x(column.low) + 2,
            y=base - height,
            width=x(column.high) - x(column.low) - 4,
            height=height,
            rx=2,
            class_="low" if limit is not None and column.high <= limit else None,
        )
        count = element("text", str(column.count), class_="count", x=middle, y=base - height - 5, text_anchor="middle")
        shown = (element("title", column.title), box, count) if column.count else (element("title", column.title), box)
        parts.append(element("g", *shown))
        parts.append(_h_tick(x(column.low), f"{column.low:g}"))
    parts.append(_h_tick(x(last), f"{last:g}"))
    if limit is not None and first < limit < last:
        parts.append(element("line", class_="limit", x1=x(limit), x2=x(limit), y1=_H_TOP - 6, y2=base))
        parts.append(element("text", limit_name, class_="limit-name", x=x(limit), y=_H_TOP - 10, text_anchor="middle"))
    box_ = f"0 0 {_H_WIDTH:g} {_H_HEIGHT:g}"
    return element("svg", *parts, class_="histogram", viewBox=box_, role="img", aria_label=label)


def _h_tick(x: float, text: str) -> Markup:
    return element("text", text, class_="tick-text", x=x, y=_H_HEIGHT - 8, text_anchor="middle")


# --- small


def meter(share: float, *, kind: str = "", label: str) -> Markup:
    """A small bar for a table: a share of 0 to 1."""
    filled = max(0.0, min(1.0, share)) * 100
    return element(
        "svg",
        element("rect", class_="track", x=0, y=0, width=100, height=6, rx=3),
        element("rect", class_="fill", x=0, y=0, width=filled, height=6, rx=3),
        class_=f"meter {kind}".rstrip(),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )
