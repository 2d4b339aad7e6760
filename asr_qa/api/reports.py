"""/v1/reports: what goes wrong, how often, for whom; as JSON, and as CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from asr_qa.api import docs
from asr_qa.api.deps import Context, Ctx, ReportReader
from asr_qa.api.schemas import ErrorReport, Moment, PatternOut, Text
from asr_qa.core.finding import Verdict
from asr_qa.core.report import DIMENSIONS, CallSummary, ErrorPattern, error_patterns
from asr_qa.core.rule import Ruleset
from asr_qa.errors import UsageError
from asr_qa.messages import error_of
from asr_qa.pipeline.store import CallFilters, Store, happened_at
from asr_qa.render import csv

router = APIRouter(prefix="/v1/reports", tags=["reports"])

MAX_RECORDINGS = 50
"""Calls named with a pattern."""

_PERIODS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}

_DIMENSIONS_ZH = {
    "rule": "规则",
    "agent": "坐席",
    "queue": "队列",
    "team": "团队",
    "phase": "通话阶段",
    "period": "时段",
}
_PHASES_ZH = {"opening": "开场", "middle": "中段", "closing": "结尾", "whole": "整通"}
_COLUMNS = {
    "zh": ("标题", "出错通话", "评估通话", "错误率", "下限", "上限", "次数", "可排名"),
    "en": ("title", "calls", "assessed", "rate", "low", "high", "hits", "ranked"),
}
_YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}


class ReportQuery(BaseModel):
    """What to report."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    by: Annotated[str, Field(max_length=60, examples=["rule,agent"])] = "rule"
    """Dimensions to group by, separated by commas: rule, agent, queue, team, phase, period."""
    period: Literal["day", "week", "month"] = "week"
    """Length of a period, where grouped by period (UTC; weeks as in ISO 8601)."""
    since: Moment | None = None
    """Calls that happened at or after this: a date or a time, UTC where it has no offset."""
    until: Moment | None = None
    agent: Text | None = None
    queue: Text | None = None
    team: Text | None = None
    min_calls: Annotated[int, Field(ge=1, le=10_000)] = 5
    """Groups with fewer assessed calls are listed but not ranked."""
    format: Literal["json", "csv"] | None = None
    """Otherwise the header Accept decides."""
    lang: Literal["zh", "en"] = "zh"
    """Language of titles and of the headings of CSV."""

    def dimensions(self) -> tuple[str, ...]:
        """What to group by, in order."""
        return tuple(part.strip() for part in self.by.split(",") if part.strip())


@router.get(
    "/errors",
    summary="Error patterns",
    operation_id="report_errors",
    response_model=ErrorReport,
    responses=docs.answers(
        {
            200: {
                "description": "Error patterns, ranked ones first",
                "content": {
                    "application/json": {"example": docs.REPORT},
                    "text/csv": {"schema": {"type": "string"}, "example": docs.REPORT_CSV},
                },
            }
        },
        401,
        403,
        422,
        path="/v1/reports/errors",
    ),
)
def report_errors(
    query: Annotated[ReportQuery, Query()],
    context: Ctx,
    _principal: ReportReader,
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """How often each error occurs in each group, with a 95 % interval.

    What people decided in released reviews overrules the machine. CSV is UTF-8 with a byte order mark, and cells that
    a spreadsheet would take for a formula begin with an apostrophe.
    """
    report = build_report(context, query)
    if query.format == "csv" or (query.format is None and _prefers_csv(accept)):
        headers = {"Content-Disposition": 'attachment; filename="errors.csv"'}
        return Response(to_csv(report, lang=query.lang), media_type="text/csv; charset=utf-8", headers=headers)
    return Response(report.model_dump_json(), media_type="application/json")


def read_calls(store: Store, query: ReportQuery) -> list[CallSummary]:
    """The calls that the query asks for; a query that cannot be answered is refused before they are read."""
    _check_dimensions(query)
    filters = CallFilters(agent=query.agent, queue=query.queue, team=query.team, since=query.since, until=query.until)
    # Reduced one by one: a month of calls fits into memory, a month of documents does not.
    return [CallSummary.from_document(document) for document in store.documents(filters)]


def build_report(context: Context, query: ReportQuery, calls: Sequence[CallSummary] | None = None) -> ErrorReport:
    """The report that the query asks for.

    Args:
        context: Store and rules.
        query: Which calls, and how they are grouped.
        calls: From `read_calls`, where they are at hand: reading them takes most of the time.
    """
    filters = CallFilters(agent=query.agent, queue=query.queue, team=query.team, since=query.since, until=query.until)
    calls = read_calls(context.store, query) if calls is None else calls
    patterns = list(_patterns(calls, query, context.store.decided(filters)))
    return ErrorReport(
        by=list(query.dimensions()),
        since=query.since,
        until=query.until,
        calls=len(calls),
        patterns=[_shape(group, pattern, context.ruleset, query.lang) for group, pattern in patterns],
    )


def to_csv(report: ErrorReport, *, lang: Literal["zh", "en"]) -> bytes:
    """The report as a spreadsheet reads it."""
    chinese = lang == "zh"
    yes, no = _YES_NO[lang]
    header = [*(_DIMENSIONS_ZH[name] if chinese else name for name in report.by), *_COLUMNS[lang]]
    rows = (
        (
            *(
                _PHASES_ZH.get(value or "", value) if chinese and name == "phase" else value
                for name, value in pattern.group.items()
            ),
            pattern.title,
            pattern.calls,
            pattern.assessed,
            *(f"{share:.4f}" for share in (pattern.rate, pattern.low, pattern.high)),
            pattern.hits,
            yes if pattern.ranked else no,
        )
        for pattern in report.patterns
    )
    return csv.to_csv(header, rows).encode()


def _patterns(
    calls: Sequence[CallSummary], query: ReportQuery, decisions: dict[tuple[str, str], Verdict]
) -> Iterable[tuple[dict[str, str | None], ErrorPattern]]:
    """Patterns with their groups; periods are cut here, everything else is core's."""
    by = query.dimensions()
    others = tuple(name for name in by if name != "period")
    if len(others) == len(by):
        found = error_patterns(calls, by=by, decisions=decisions, min_calls=query.min_calls)
        return [(dict(pattern.group), pattern) for pattern in found]
    periods: dict[str | None, list[CallSummary]] = {}
    for call in calls:
        periods.setdefault(_period_of(call, query.period), []).append(call)
    return [
        ({name: period if name == "period" else pattern.group[name] for name in by}, pattern)
        for period in sorted(periods, key=lambda one: (one is None, one or ""))
        for pattern in error_patterns(periods[period], by=others, decisions=decisions, min_calls=query.min_calls)
    ]


def _check_dimensions(query: ReportQuery) -> None:
    by = query.dimensions()
    if unknown := [name for name in by if name not in (*DIMENSIONS, "period")]:
        raise error_of(UsageError, "report_by", names=tuple(unknown), known=(*DIMENSIONS, "period"))
    if len(set(by)) < len(by):
        raise error_of(UsageError, "report_by_twice", names=by)


def _period_of(call: CallSummary, period: str) -> str | None:
    unknown = datetime.min.replace(tzinfo=UTC)
    started = happened_at(call.started_at, unknown)
    return None if started == unknown else started.strftime(_PERIODS[period])


def _shape(
    group: dict[str, str | None], pattern: ErrorPattern, ruleset: Ruleset, lang: Literal["zh", "en"]
) -> PatternOut:
    rule = ruleset.get(group.get("rule") or "")
    return PatternOut(
        group=group,
        title=(rule.title_zh if lang == "zh" else rule.title_en) if rule else None,
        calls=pattern.calls,
        assessed=pattern.assessed,
        hits=pattern.hits,
        rate=round(pattern.rate, 6),
        low=round(pattern.low, 6),
        high=round(pattern.high, 6),
        ranked=pattern.ranked,
        recordings=list(pattern.recordings[:MAX_RECORDINGS]),
    )


def _prefers_csv(accept: str | None) -> bool:
    """Whether text/csv is asked for with more weight than JSON."""
    weights = {"text/csv": 0.0, "application/json": 0.0}
    for part in (accept or "").lower().split(","):
        media, _, parameters = part.strip().partition(";")
        if media.strip() in weights:
            weights[media.strip()] = _quality(parameters)
    return weights["text/csv"] > weights["application/json"]


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
