"""asr-qa rescore: score stored calls again by the rules in use, without listening to them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from asr_qa.batch import backtest as trying
from asr_qa.batch import rescoring
from asr_qa.batch.backtest import Plan, Sides, backtest
from asr_qa.batch.rescoring import Applied, rescore
from asr_qa.bootstrap import connect, load_rules, rules_dir
from asr_qa.cli.backtest import report_of
from asr_qa.cli.callruns import Jobs, Limit, OneName, Since, Until, call_filters, call_progress, exit_code
from asr_qa.cli.comparison import print_report
from asr_qa.cli.printing import Json, Lang, Language, print_json, told, told_reason
from asr_qa.config import Settings
from asr_qa.core.finding import Verdict
from asr_qa.errors import UsageError
from asr_qa.pipeline.cards import refuse_changed_card
from asr_qa.pipeline.store import CallFilters, ScoredRow


def rescore_command(
    since: Since = None,
    until: Until = None,
    queue: OneName = None,
    agent: OneName = None,
    team: OneName = None,
    direction: OneName = None,
    scorecard: Annotated[
        str | None, typer.Option(metavar="NAME", help="Scorecard; without it the one in use (ASR_QA_SCORECARD).")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store the new sheets. Without it nothing is written.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also calls that were scored by these rules: after an upgrade of asr-qa.")
    ] = False,
    limit: Limit = None,
    jobs: Jobs = 0,
    as_json: Json = False,
    lang: Language = "zh",
) -> int:
    """Score stored calls again by the rules and the scorecard in use, without listening to them again.

    Without --apply this only shows what would change, as asr-qa rules backtest does. With --apply each call whose
    sheet was made by other rules gets a new version, which points at the one before; sheets that are there already are
    never rewritten, and reviews stay with the version that was reviewed (lists show it as reviewed_version).

    Stop it at any time and start it again: what was scored by these rules is passed over. A call that cannot be scored
    again is named with its reason (exit code 3).

    \b
    asr-qa rescore --since 2026-11-01
    asr-qa rescore --since 2026-11-01 --apply
    """
    settings = Settings()
    if scorecard:
        settings = settings.model_copy(update={"scorecard": scorecard})
    cards = [one.scorecard for one in load_rules(settings).every]
    filters = call_filters(since=since, until=until, queue=queue, agent=agent, team=team, direction=direction)
    rows, human = _rows(settings, filters, limit)
    if not apply:
        return _preview(settings, rows, human, jobs=jobs, as_json=as_json, lang=lang)
    store = connect(settings)
    try:
        for card in cards:
            refuse_changed_card(store, card)
    finally:
        store.close()
    with call_progress(quiet=as_json) as progress:
        applied = rescore(settings, rows, again=again, progress=progress, jobs=jobs)
    rescoring.forget()
    if as_json:
        print_json(_plain(applied, rows, human))
    else:
        _print(applied, rows, human)
    return exit_code(applied.bad, interrupted=applied.interrupted)


Human = Mapping[str, Mapping[str, Verdict]]


def _rows(settings: Settings, filters: CallFilters, limit: int | None) -> tuple[tuple[ScoredRow, ...], Human]:
    store = connect(settings)
    try:
        rows, human = store.scored(filters, limit=limit), store.judged(filters)
    finally:
        store.close()
    if not rows:
        raise UsageError(told("backtest_no_calls"))
    return rows, human


def _preview(
    settings: Settings, rows: Sequence[ScoredRow], human: Human, *, jobs: int, as_json: bool, lang: Lang
) -> int:
    plan = Plan(settings=settings, against=rules_dir(settings))
    sides = Sides.load(plan)
    try:
        with call_progress(quiet=as_json) as progress:
            counted = backtest(plan, sides, rows, human=human, progress=progress, jobs=jobs)
    finally:
        trying.forget()
    found = report_of(plan, sides, counted, rows)
    if as_json:
        print_json({"applied": False, **found})
    else:
        print_report(found, lang)
        typer.echo(told("nothing_written"))
    return exit_code(counted.bad, interrupted=counted.interrupted)


def _plain(applied: Applied, rows: Sequence[ScoredRow], human: Human) -> dict[str, Any]:
    return {
        "applied": True,
        "calls": len(rows),
        "rescored": len(applied.rescored),
        "unchanged": applied.unchanged,
        "by_others": applied.by_others,
        "failed": len(applied.bad),
        "reviewed_before": len(human.keys() & set(applied.rescored)),
        "interrupted": applied.interrupted,
        "calls_rescored": applied.rescored,
        "bad": [one.plain for one in applied.bad],
    }


def _print(applied: Applied, rows: Sequence[ScoredRow], human: Human) -> None:
    reviewed = len(human.keys() & set(applied.rescored))
    done = {"rescored": len(applied.rescored), "unchanged": applied.unchanged, "failed": len(applied.bad)}
    typer.echo(told("rescored", calls=len(rows), **done))
    if applied.by_others:
        typer.echo(told("rescored_by_others", n=applied.by_others))
    if reviewed:
        typer.echo(told("rescored_reviewed", n=reviewed))
    for one in applied.bad:
        reason = told_reason(one.code, one.reason, one.said)
        typer.echo(told("rescore_failed", code=one.code, call=f"{one.path} ({one.call_id})", reason=reason))
