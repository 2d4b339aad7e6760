"""The figures of a report: headline, indicators, error items, agents, distribution of points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asr_qa.core.report import MIN_CALLS, ErrorPattern, Figure, Kpis, error_patterns, kpis
from asr_qa.core.rule import ErrorClass
from asr_qa.render import svg
from asr_qa.render.format import clock, percent, points
from asr_qa.render.naming import Card
from asr_qa.render.texts import Texts
from asr_qa.render.views import CallView

MAX_BARS = 15
"""Error items in the chart; the table has all of them."""

_BINS = 10
_EPSILON = 1e-9
_SHARES = ("accuracy", "transaction_quality", "serious_error_rate", "complaint_rate", "pass_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A headline figure."""

    name: str
    value: str
    note: str
    """What it rests on."""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """An indicator with its n and interval."""

    name: str
    definition: str
    value: str
    count: str
    n: int
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """An error item with the calls behind it."""

    anchor: str
    rule_id: str
    title: str
    severity: str
    calls: str
    rate: str
    interval: str
    hits: int
    ranked: bool
    behind: tuple[tuple[int, str], ...]
    """(number of the call, where in the page to go)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRow:
    """A section of the scorecard over all calls."""

    title: str
    share: float | None
    """Points earned / points assessed, 0 to 1; None where nothing was assessed."""
    value: str
    n: int
    """Calls with something of it assessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent's calls in figures."""

    name: str
    calls: int
    mean: str
    passed: str
    fatal: int
    deductions: int
    frequent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Every figure of a report."""

    tiles: tuple[Tile, ...]
    indicators: tuple[Indicator, ...]
    sections: tuple[SectionRow, ...]
    errors: tuple[ErrorRow, ...]
    errors_chart: Markup | None
    few_calls: bool
    agents: tuple[AgentRow, ...]
    points_chart: Markup | None
    totals: int
    """Calls with a total."""


def build_figures(views: Sequence[CallView], card: Card) -> Figures:
    """The figures of these calls."""
    summaries = [view.summary for view in views]
    indicators = kpis(summaries, card.scorecard)
    patterns = error_patterns(summaries, by=("rule",))
    totals = [view.summary.sheet.points for view in views if view.summary.sheet.points is not None]
    return Figures(
        tiles=tuple(_tiles(views, indicators, card)),
        indicators=tuple(_indicators(indicators, card.texts)),
        sections=tuple(_section_rows(views, card)),
        errors=tuple(_error_row(index, pattern, views, card) for index, pattern in enumerate(patterns, start=1)),
        errors_chart=_errors_chart(patterns[:MAX_BARS], card) if patterns else None,
        few_calls=any(not pattern.ranked for pattern in patterns),
        agents=tuple(_agents(views, card)),
        points_chart=_points_chart(totals, card) if totals else None,
        totals=len(totals),
    )


# --- headline and indicators


def _tiles(views: Sequence[CallView], found: Kpis, card: Card) -> Iterator[Tile]:
    texts, n = card.texts, len(views)
    unknown = texts("unavailable")
    scored, full = found.mean_points.n, card.scorecard.pass_points
    audio = sum(view.call.document.recording.duration for view in views)
    fatal, flagged = sum(view.summary.sheet.fatal for view in views), sum(view.flag is not None for view in views)
    yield Tile(name=texts("h_calls"), value=str(n), note=texts("audio_total", time=clock(audio)))
    left = texts("not_total", n=n - scored) if scored < n else texts("n_calls", n=n)
    yield Tile(name=texts("h_assessed"), value=texts("of_n", k=scored, n=n) if n else unknown, note=left)
    mean = found.mean_points.value
    yield Tile(
        name=texts("h_mean"),
        value=unknown if mean is None else points(mean),
        note=texts("n_assessed", n=scored),
        kind="main",
    )
    passed = texts("n_assessed", n=found.pass_rate.n)
    passed += "" if full is None else " · " + texts("pass_from", points=points(full))
    yield Tile(name=texts("h_pass"), value=_shown(found.pass_rate, texts), note=passed)
    # A call of which nothing could be assessed says nothing about fatal errors.
    assessed = sum(view.summary.sheet.points is not None or view.summary.sheet.fatal for view in views)
    yield _count_tile("h_fatal", fatal, assessed, "bad", texts)
    yield _count_tile("h_flagged", flagged, n, "warn", texts)
    yield from _agreement_tile(views, texts)


def _count_tile(name: str, count: int, n: int, kind: str, texts: Texts) -> Tile:
    if not n:
        return Tile(name=texts(name), value=texts("unavailable"), note=texts("n_assessed", n=0))
    note = f"{percent(count / n)} · " + texts("n_assessed", n=n)
    return Tile(name=texts(name), value=texts("of_n", k=count, n=n), note=note, kind=kind if count else "")


def _agreement_tile(views: Sequence[CallView], texts: Texts) -> Iterator[Tile]:
    """Only where something is known to be true."""
    same = sum(view.agreement.same for view in views if view.agreement)
    total = sum(view.agreement.total for view in views if view.agreement)
    if total:
        note = f"{same} / {total} · " + texts("n_verdicts", n=total)
        yield Tile(name=texts("h_agreement"), value=percent(same / total), note=note, kind="good")


def _shown(figure: Figure, texts: Texts) -> str:
    return texts("unavailable") if figure.value is None else percent(figure.value)


def _indicators(found: Kpis, texts: Texts) -> Iterator[Indicator]:
    for name in _SHARES:
        yield _indicator(getattr(found, name), texts(f"k_{name}"), texts(f"d_{name}"), texts)
    for error_class in ErrorClass:
        figure = found.class_accuracy[error_class]
        yield _indicator(figure, texts(f"k_class_{error_class.value}"), texts("d_class"), texts)


def _indicator(figure: Figure, name: str, definition: str, texts: Texts) -> Indicator:
    bounded = figure.low is not None and figure.high is not None
    return Indicator(
        name=name,
        definition=definition,
        value=_shown(figure, texts),
        count=texts("none") if figure.count is None else f"{figure.count} / {figure.n}",
        n=figure.n,
        interval=_interval(figure.low or 0.0, figure.high or 0.0) if bounded else texts("none"),
    )


def _section_rows(views: Sequence[CallView], card: Card) -> Iterator[SectionRow]:
    sheets = [view.summary.sheet for view in views if view.summary.sheet.scorecard == card.scorecard.id]
    for section in card.scorecard.sections:
        results = [result for sheet in sheets for result in sheet.sections if result.id == section.id]
        known = [(r.points, r.max_points) for r in results if r.points is not None and r.max_points > 0]
        most = sum(full for _, full in known)
        share = min(1.0, sum(earned for earned, _ in known) / most) if most else None
        value = card.texts("unavailable") if share is None else percent(share)
        yield SectionRow(title=card.titled(section.title, section.id), share=share, value=value, n=len(known))


def _interval(low: float, high: float) -> str:
    return f"{percent(low)} – {percent(high)}"


# --- error items


def _errors_chart(patterns: Sequence[ErrorPattern], card: Card) -> Markup:
    rows = []
    for index, pattern in enumerate(patterns, start=1):
        rule = pattern.group["rule"] or ""
        title, rate = card.rule_title(rule), percent(pattern.rate)
        rows.append(
            svg.Bar(
                name=title,
                share=pattern.rate,
                low=pattern.low,
                high=pattern.high,
                value=f"{pattern.calls}/{pattern.assessed} · {rate}",
                title=card.texts("errors_bar", title=title, calls=pattern.calls, n=pattern.assessed, rate=rate),
                href=f"#e{index}",
                kind=card.severity(rule).value,
            )
        )
    return svg.bars(rows, label=card.texts("error_items"))


def _error_row(index: int, pattern: ErrorPattern, views: Sequence[CallView], card: Card) -> ErrorRow:
    rule = pattern.group["rule"] or ""
    recordings = set(pattern.recordings)
    return ErrorRow(
        anchor=f"e{index}",
        rule_id=rule,
        title=card.rule_title(rule),
        severity=card.severity(rule).value,
        calls=f"{pattern.calls} / {pattern.assessed}",
        rate=percent(pattern.rate),
        interval=_interval(pattern.low, pattern.high),
        hits=pattern.hits,
        ranked=pattern.ranked,
        behind=tuple((view.number, _place(view, rule)) for view in views if view.summary.recording_id in recordings),
    )


def _place(view: CallView, rule: str) -> str:
    """Where in the page a call's deduction for a rule is; the call where it cost nothing."""
    for deduction in view.deductions:
        if any(finding.rule_id == rule for finding in deduction.findings):
            return deduction.anchor
    return view.anchor


# --- agents and points


def _agents(views: Sequence[CallView], card: Card) -> Iterator[AgentRow]:
    names = dict.fromkeys(view.call.document.recording.agent_id for view in views)
    for name in sorted(names, key=lambda name: (name is None, name or "")):
        yield _agent(name, [view for view in views if view.call.document.recording.agent_id == name], card)


def _agent(name: str | None, views: Sequence[CallView], card: Card) -> AgentRow:
    totals = [view.summary.sheet.points for view in views if view.summary.sheet.points is not None]
    limit, none = card.scorecard.pass_points, card.texts("none")
    errors = Counter(deduction.title for view in views for deduction in view.deductions)
    frequent = min(errors, key=lambda title: (-errors[title], title), default="")
    passed = sum(limit is not None and total >= limit - _EPSILON for total in totals)
    return AgentRow(
        name=name or none,
        calls=len(views),
        mean=points(sum(totals) / len(totals)) if totals else card.texts("unavailable"),
        passed=f"{passed} / {len(totals)}" if totals and limit is not None else none,
        fatal=sum(view.summary.sheet.fatal for view in views),
        deductions=sum(errors.values()),
        frequent=f"{frequent} ({errors[frequent]})" if frequent else none,
    )


def _points_chart(totals: Sequence[float], card: Card) -> Markup:
    full, texts = max(card.scorecard.points, *totals, 1.0), card.texts
    edges = [full * index / _BINS for index in range(_BINS + 1)]
    counts = Counter(min(_BINS - 1, int(total / full * _BINS + _EPSILON)) for total in totals)
    columns = [
        svg.Column(
            low=edges[index],
            high=edges[index + 1],
            count=counts[index],
            title=texts("points_bar", low=points(edges[index]), high=points(edges[index + 1]), n=counts[index]),
        )
        for index in range(_BINS)
    ]
    limit = card.scorecard.pass_points
    name = "" if limit is None else f"{texts('pass_line')} {points(limit)}"
    label = texts("points_chart_text", n=len(totals))
    return svg.histogram(columns, limit=limit, limit_name=name, label=label)


FEW = MIN_CALLS
"""Assessed calls below which an error item is not ranked."""
