"""asr-qa report: who makes which error, how often, and the indicators of a period."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from pydantic import ValidationError
from rich.console import Console

from asr_qa.batch.files import write_text
from asr_qa.bootstrap import SystemClock, connect, load_rules, load_scorecards
from asr_qa.cli.printing import PIPED_WIDTH, Lang, Language, console, plain_table
from asr_qa.config import Settings
from asr_qa.core.repeats import DAYS, Contact, repeat_calls
from asr_qa.core.report import CallSummary, Figure, Kpis, kpis
from asr_qa.core.rule import ErrorClass
from asr_qa.core.scorecard import Scorecard, ScoreSheet
from asr_qa.errors import Said, UsageError
from asr_qa.messages import error_of, say
from asr_qa.pipeline.review import Reviewed, reviewed_sheet
from asr_qa.pipeline.store import CallFilters, CallState, Store
from asr_qa.render.format import percent, points
from asr_qa.render.texts import Texts

if TYPE_CHECKING:
    from asr_qa.api.reports import ReportQuery
    from asr_qa.api.schemas import ErrorReport, PatternOut

app = typer.Typer(
    no_args_is_help=True,
    help="""Reports over the stored calls: who makes which error, and the indicators of a period.

    \b
    asr-qa report errors --by rule,agent --since 2026-11-01
    asr-qa report errors --by queue,period --out errors.csv
    """,
)

Format = Literal["table", "json", "csv"]
Name = Annotated[str | None, typer.Option(help="Only calls of this one.")]

_PAGE = 500
_SHARES = ("accuracy", "transaction_quality", "serious_error_rate", "complaint_rate", "pass_rate")


@app.command()
def errors(
    by: Annotated[
        str, typer.Option(help="Group by these, separated by commas: rule, agent, queue, team, phase, period.")
    ] = "rule",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Calls from this day or time on; UTC unless it says otherwise.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Calls before this day or time.")] = None,
    period: Annotated[Literal["day", "week", "month"], typer.Option(help="Length of a period.")] = "week",
    agent: Name = None,
    queue: Name = None,
    team: Name = None,
    min_calls: Annotated[int, typer.Option(min=1, help="Groups with fewer assessed calls are not ranked.")] = 5,
    shape: Annotated[
        Format | None, typer.Option("--format", help="table, json or csv; without it as the name of --out says.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead.")] = None,
    lang: Language = "zh",
) -> None:
    """Show how often each error occurs, with its n and 95 % interval, below the indicators of the same calls.

    What people decided in released reviews counts before what the machine found. A rate is calls with the error of
    the calls in which it could be told; groups with few calls come last, marked *, and are not ranked. An indicator
    without a single assessed call is unavailable (暂无), never 0. csv opens in spreadsheets and has the errors only.
    """
    filters = {"agent": agent, "queue": queue, "team": team, "since": since, "until": until}
    query = _query(by=by, period=period, min_calls=min_calls, lang=lang, **filters)
    wanted = shape or _format_of(out)
    settings = Settings()
    store = connect(settings)
    try:
        report, figures = _build(store, settings, query)
        if report.calls == 0:
            typer.echo(_nothing(store, lang), err=wanted != "table" or out is not None)
    finally:
        store.close()
    if report.calls == 0 and wanted == "table" and out is None:
        return
    text = _TEXTS[wanted](report, figures, lang)
    if out:
        write_text(out, text)
        typer.echo(f"{out}: {report.calls} calls, {len(report.patterns)} error items")
    else:
        typer.echo(text, nl=False)


@dataclass(frozen=True, slots=True)
class OnCard:
    """The indicators of the calls that were scored on one card."""

    card: Scorecard
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown above the errors."""

    cards: tuple[OnCard, ...]
    """The card in use first, then further ones that calls were scored on."""
    gone: Mapping[str, int]
    """Ids of cards that the rules in use do not have, and how many calls were scored on each."""
    repeats: Figure
    reviewed_before: int
    """Calls that were scored anew after their review: their sheets are newer than what people decided."""


def _query(**values: Any) -> ReportQuery:
    from asr_qa.api.reports import ReportQuery

    try:
        return ReportQuery(**values)
    except ValidationError as exc:
        raise error_of(UsageError, "list", items=tuple(map(_mistake, exc.errors()))) from exc


def _mistake(found: Mapping[str, Any]) -> Said:
    name = str(found["loc"][0])
    option = f"--{name.replace('_', '-')}"
    if name in ("since", "until"):
        return say("report_time", option=option)
    return say("report_value", option=option, reason=found["msg"])


def _format_of(out: Path | None) -> Format:
    suffix = out.suffix.lower() if out else ""
    return "csv" if suffix == ".csv" else "json" if suffix == ".json" else "table"


def _build(store: Store, settings: Settings, query: ReportQuery) -> tuple[ErrorReport, Figures]:
    """The report as the API gives it, and the indicators of the same calls."""
    from asr_qa.api.deps import Context
    from asr_qa.api.reports import build_report, read_calls

    rules = load_rules(settings)
    cards = load_scorecards(settings, rules)
    calls = read_calls(store, query)
    context = Context(store=store, clock=SystemClock(), ruleset=rules.ruleset, scorecards=cards)
    report = build_report(context, query, calls)
    filters = CallFilters(agent=query.agent, queue=query.queue, team=query.team, since=query.since, until=query.until)
    reviewed = _reviewed(store, filters, cards)
    found = _by_card(calls, {name: one.sheet for name, one in reviewed.items()})
    at_hand = {card.id: card for card in (*(one.scorecard for one in rules.every), *cards.values())}
    shown = [card for card in at_hand.values() if card.id in found] or [rules.scorecard]
    figures = tuple(OnCard(card, kpis(found.get(card.id, []), card)) for card in shown)
    gone = {name: len(calls) for name, calls in found.items() if name not in at_hand}
    earlier = sum(one.earlier for one in reviewed.values())
    return report, Figures(figures, gone, _repeats(store, filters), earlier)


def _by_card(calls: Sequence[CallSummary], decided: Mapping[str, ScoreSheet]) -> dict[str, list[CallSummary]]:
    """The calls by the id of the card they were scored on, those that people decided on with the sheet they made."""
    found: dict[str, list[CallSummary]] = {}
    for call in calls:
        sheet = decided.get(call.recording_id, call.sheet)
        found.setdefault(sheet.scorecard, []).append(replace(call, sheet=sheet))
    return found


def _repeats(store: Store, filters: CallFilters) -> Figure:
    """Of the calls asked for, those that their customers repeated, whoever took the second one."""
    until = filters.until + timedelta(days=DAYS) if filters.until else None
    every = _contacts(store, CallFilters(since=filters.since, until=until))
    if filters.agent or filters.queue or filters.team or filters.until:
        return repeat_calls(every, counted={one.call_id for one in _contacts(store, filters)})
    return repeat_calls(every)


def _contacts(store: Store, filters: CallFilters) -> list[Contact]:
    """Calls with a known customer and start."""
    found: list[Contact] = []
    page = store.list_calls(filters, limit=_PAGE)
    while True:
        found += [
            Contact(call_id=c.id, customer_id=c.customer_id, at=c.happened_at, queue=c.queue, direction=c.direction)
            for c in page.calls
            if c.customer_id and c.started_at
        ]
        if page.next_before is None:
            return found
        page = store.list_calls(filters, before=page.next_before, limit=_PAGE)


def _reviewed(store: Store, filters: CallFilters, cards: Mapping[str, Scorecard]) -> dict[str, Reviewed]:
    """The sheets of reviewed calls as people decided them, in whichever version."""
    sheets = {name: reviewed_sheet(store, name, scorecards=cards) for name in store.judged(filters)}
    return {name: found for name, found in sheets.items() if found is not None}


def _nothing(store: Store, lang: Lang) -> str:
    """Why there is nothing to report, and what to do."""
    counts = store.count_by_state()
    if counts.get(CallState.DONE, 0):
        return _WORDS[lang]["no_match"]
    return _WORDS[lang]["no_calls"]


# --- as JSON, CSV, table


def _json_text(report: ErrorReport, figures: Figures, _lang: Lang) -> str:
    by_card = [_plain_card(one) for one in figures.cards]
    shown = {
        **report.model_dump(mode="json"),
        "reviewed_before": figures.reviewed_before,
        "indicators": {**by_card[0], "repeat_calls": _plain(figures.repeats)},
        "indicators_by_card": by_card,
        "unknown_cards": dict(figures.gone),
    }
    return json.dumps(shown, ensure_ascii=False, indent=1) + "\n"


def _plain_card(one: OnCard) -> dict[str, Any]:
    shares = {name: _plain(getattr(one.kpis, name)) for name in (*_SHARES, "mean_points")}
    classes = {name.value: _plain(one.kpis.class_accuracy[name]) for name in ErrorClass}
    return {"scorecard": one.card.id, "calls": one.kpis.calls, **shares, "class_accuracy": classes}


def _plain(figure: Figure) -> dict[str, float | int | None]:
    fields = {name: getattr(figure, name) for name in ("value", "n", "count", "low", "high")}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in fields.items()}


def _csv_text(report: ErrorReport, _figures: Figures, lang: Lang) -> str:
    from asr_qa.api.reports import to_csv

    return to_csv(report, lang=lang).decode("utf-8")


def _table_text(report: ErrorReport, figures: Figures, lang: Lang) -> str:
    screen = console()
    paper = Console(file=io.StringIO(), width=screen.width or PIPED_WIDTH, markup=False, highlight=False, emoji=False)
    texts, words = Texts(lang), _WORDS[lang]
    paper.print(words["head"].format(n=report.calls))
    if figures.reviewed_before:
        paper.print(words["before"].format(n=figures.reviewed_before))
    _print_indicators(paper, figures, texts)
    if not report.patterns:
        paper.print(texts("no_errors"))
        return _printed(paper)
    dimensions = [words[name] for name in report.by]
    titled = "rule" in report.by
    names = [*dimensions, *([words["title"]] if titled else []), words["share"], words["rate"], texts("kpi_interval")]
    table = plain_table(*names, right=(words["share"], words["rate"]))
    for pattern in report.patterns:
        table.add_row(*_pattern_row(pattern, texts, titled=titled))
    paper.print(table)
    if not all(pattern.ranked for pattern in report.patterns):
        paper.print(words["few"])
    paper.print(words["defined"])
    return _printed(paper)


def _print_indicators(paper: Console, figures: Figures, texts: Texts) -> None:
    """A table a card: points and shares of different cards do not add up. What no card bears on stands in the last."""
    words = _WORDS[texts.lang]
    for one in figures.cards:
        head = plain_table(
            texts("kpi"), texts("kpi_value"), texts("kpi_n"), texts("kpi_interval"), right=(texts("kpi_n"),)
        )
        for row in _indicator_rows(one.kpis, texts):
            head.add_row(*row)
        if len(figures.cards) == 1:
            head.add_row(words["repeats"], *_figure(figures.repeats, texts))
        paper.print(words["card"].format(title=one.card.title[texts.lang], id=one.card.id, n=one.kpis.calls))
        paper.print(head)
        paper.print()
    if len(figures.cards) > 1:
        value, count, interval = _figure(figures.repeats, texts)
        paper.print(words["repeats_of_all"].format(value=value, n=count, interval=interval))
    for name, calls in figures.gone.items():
        paper.print(words["gone"].format(id=name, n=calls))
    if len(figures.cards) > 1 or figures.gone:
        paper.print()


def _printed(paper: Console) -> str:
    assert isinstance(paper.file, io.StringIO)  # noqa: S101 - made above
    return "".join(line.rstrip() + "\n" for line in paper.file.getvalue().splitlines())


def _indicator_rows(figures: Kpis, texts: Texts) -> Iterator[tuple[str, str, str, str]]:
    mean = figures.mean_points
    value = texts("unavailable") if mean.value is None else points(mean.value)
    yield texts("h_mean"), value, str(mean.n), texts("none")
    for name in _SHARES:
        yield texts(f"k_{name}"), *_figure(getattr(figures, name), texts)
    for error_class in ErrorClass:
        yield texts(f"k_class_{error_class.value}"), *_figure(figures.class_accuracy[error_class], texts)


def _figure(figure: Figure, texts: Texts) -> tuple[str, str, str]:
    value = texts("unavailable") if figure.value is None else percent(figure.value)
    interval = texts("none")
    if figure.low is not None and figure.high is not None:
        interval = f"{percent(figure.low)}–{percent(figure.high)}"
    return value, str(figure.n), interval


def _pattern_row(pattern: PatternOut, texts: Texts, *, titled: bool) -> list[str]:
    words = _WORDS[texts.lang]
    group = [
        words.get(f"in_{value}", value or "") if name == "phase" else value or texts("none")
        for name, value in pattern.group.items()
    ]
    rate = percent(pattern.rate) + ("" if pattern.ranked else "*")
    interval = f"{percent(pattern.low)}–{percent(pattern.high)}"
    return [*group, *([pattern.title or ""] if titled else []), f"{pattern.calls}/{pattern.assessed}", rate, interval]


_TEXTS = {"json": _json_text, "csv": _csv_text, "table": _table_text}

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "rule": "规则",
        "agent": "坐席",
        "queue": "队列",
        "team": "团队",
        "phase": "通话阶段",
        "period": "时段",
        "in_opening": "开场",
        "in_middle": "中段",
        "in_closing": "结尾",
        "in_whole": "整通",
        "title": "标题",
        "share": "出错/评估",
        "rate": "错误率",
        "head": "共 {n} 通通话",
        "card": "{title}（{id}）：{n} 通",
        "repeats": "七日内重复来电率",
        "repeats_of_all": "各评分表合计 七日内重复来电率 {value}，n={n}，95% 区间 {interval}",
        "gone": "另有 {n} 通评在评分表 {id} 上：现用规则里没有这张表，无法计算指标",
        "before": "其中 {n} 通复核后又重新评分：人工结论来自较早版本",
        "few": "* 可判定通话太少，不参与排名",
        "defined": "定义：错误率 [rate] = 出错通话 / 可判定通话，区间为 95% Wilson；"
        "各指标见 docs/scorecards.md，时间见 docs/definitions.md",
        "no_calls": "还没有已评分的通话。先评分：asr-qa process 录音文件夹 --out 结果文件夹",
        "no_match": "没有符合条件的通话；去掉部分筛选条件（--since、--until、--agent 等）再试。",
    },
    "en": {
        "rule": "rule",
        "agent": "agent",
        "queue": "queue",
        "team": "team",
        "phase": "phase",
        "period": "period",
        "in_whole": "whole call",
        "title": "title",
        "share": "calls",
        "rate": "rate",
        "head": "{n} calls",
        "card": "{title} ({id}): {n} calls",
        "repeats": "Called again within 7 days",
        "repeats_of_all": "all cards: called again within 7 days {value}, n={n}, 95 % interval {interval}",
        "gone": "{n} more calls were scored on the card {id}: the rules in use do not have it, so no indicators",
        "before": "{n} of them scored anew after their review: what people decided is of an earlier version",
        "few": "* too few calls to be ranked",
        "defined": "definitions: rate = calls with the error / calls in which it could be told, 95 % Wilson; "
        "indicators: docs/scorecards.md; timing: docs/definitions.md",
        "no_calls": "no call has been scored yet; score some: asr-qa process FOLDER --out OUT",
        "no_match": "no call fulfils all of this; leave out some of --since, --until, --agent, ...",
    },
}
