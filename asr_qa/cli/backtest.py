"""asr-qa rules backtest: what changed rules would have made of the stored calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from asr_qa.batch.backtest import Counted, Plan, Sides, backtest, forget
from asr_qa.batch.files import write_text
from asr_qa.bootstrap import connect
from asr_qa.cli.callruns import Jobs, Limit, OneName, Since, Until, call_filters, call_progress, exit_code
from asr_qa.cli.comparison import print_report
from asr_qa.cli.printing import Json, Language, print_json, told
from asr_qa.config import Settings
from asr_qa.errors import UsageError
from asr_qa.pipeline.store import CallFilters, ScoredRow
from asr_qa.render.backtest import render_backtest, summary


def backtest_command(
    against: Annotated[
        Path, typer.Option(exists=True, file_okay=False, metavar="DIR", help="Folder of the changed rules.")
    ],
    since: Since = None,
    until: Until = None,
    queue: OneName = None,
    agent: OneName = None,
    team: OneName = None,
    direction: OneName = None,
    scorecard: Annotated[
        str | None, typer.Option(metavar="NAME", help="Scorecard of the changed folder; the one in use without it.")
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Try only this rule (and those that rest on it); may be given several times."),
    ] = None,
    changed_only: Annotated[
        bool, typer.Option("--changed-only", help="Try only the rules that differ from those in use: much faster.")
    ] = False,
    baseline: Annotated[
        str, typer.Option(metavar="stored|current", help="Compare with stored sheets, or judge by today's rules anew.")
    ] = "stored",
    limit: Limit = None,
    jobs: Jobs = 0,
    examples: Annotated[int, typer.Option(min=0, max=100, help="Examples of each flip, and largest moves.")] = 5,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page, too.")] = None,
    as_json: Json = False,
    lang: Language = "zh",
) -> int:
    """Judge stored calls by changed rules, without listening to them again, and show what would be different.

    Shows which verdicts flip, whose sheets move by how many points, and whether people's released decisions would now
    agree: precision and recall of each rule with 95 % intervals. Nothing is written to the calls.

    Compared is with the sheets as they are stored, because these are what people have seen. Where calls were scored by
    older rules or an older version, --baseline current judges both sides anew: what differs is then the change alone.
    With --rule or --changed-only all other rules keep their verdicts. A call that cannot be judged again is named with
    its reason (exit code 3).

    \b
    asr-qa rules backtest --since 2026-11-01 --against my-rules/ --html backtest.html
    asr-qa rules backtest --against my-rules/ --rule COMP-003 --queue hotline
    """
    if baseline not in ("stored", "current"):
        raise UsageError(told("backtest_baseline", given=baseline))
    settings = Settings()
    plan = Plan(
        settings=settings,
        against=against,
        scorecard=scorecard,
        again=baseline == "current",
        only=frozenset(rule) if rule else None,
        changed_only=changed_only,
        keep=examples,
    )
    sides = Sides.load(plan)
    _check_rules(rule or [], sides)
    filters = call_filters(since=since, until=until, queue=queue, agent=agent, team=team, direction=direction)
    counted, rows = _run(plan, sides, filters, limit=limit, jobs=jobs, quiet=as_json)
    found = report_of(plan, sides, counted, rows)
    if html:
        write_text(html, render_backtest(found, lang=lang))
    if as_json:
        print_json(found)
    else:
        print_report(found, lang)
        if html:
            typer.echo(f"{html}")
    return exit_code(counted.bad, interrupted=counted.interrupted)


def report_of(plan: Plan, sides: Sides, counted: Counted, rows: Sequence[ScoredRow]) -> dict[str, Any]:
    """All of it as plain values."""
    after = sides.changed
    tried = sides.tried
    cards = [one.scorecard for one in after.every]
    found = summary(counted.tally, before=sides.current.ruleset, after=after.ruleset, cards=cards)
    return {
        "baseline": "current" if plan.again else "stored",
        "against": {
            "path": str(plan.against),
            "ruleset_digest": after.ruleset.digest,
            "scorecard": after.scorecard.label,
            "scorecards": [card.label for card in cards],
        },
        "tried": None if tried is None else sorted(tried),
        "scored_by": dict(Counter(row.ruleset_digest for row in rows).most_common()),
        "in_force": sides.current.ruleset.digest,
        "interrupted": counted.interrupted,
        **found,
        "bad": [one.plain for one in counted.bad],
        "cpu_seconds": {part: round(seconds, 3) for part, seconds in counted.spent.items()},
    }


def _check_rules(rules: Sequence[str], sides: Sides) -> None:
    unknown = [rule for rule in rules if sides.changed.ruleset.get(rule) is None]
    if unknown:
        raise UsageError(told("backtest_no_rule", rules=tuple(unknown)))


def _run(
    plan: Plan, sides: Sides, filters: CallFilters, *, limit: int | None, jobs: int, quiet: bool
) -> tuple[Counted, Sequence[ScoredRow]]:
    store = connect(plan.settings)
    try:
        rows = store.scored(filters, limit=limit)
        human = store.judged(filters)
    finally:
        store.close()
    if not rows:
        raise UsageError(told("backtest_no_calls"))
    try:
        with call_progress(quiet=quiet) as progress:
            return backtest(plan, sides, rows, human=human, progress=progress, jobs=jobs), rows
    finally:
        forget()
