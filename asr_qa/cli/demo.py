"""asr-qa demo: the whole way on the sample calls, and how right it is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from asr_qa.asr import weights
from asr_qa.asr.weights import ModelStatus
from asr_qa.batch.demo import DemoResult, Disagreement, demo_settings, run_demo
from asr_qa.batch.files import prepare_output
from asr_qa.batch.outcome import Outcome
from asr_qa.bootstrap import SystemClock, find_weights
from asr_qa.cli.models import progress_bar
from asr_qa.cli.printing import Lang, Language, console, plain_table, told
from asr_qa.cli.process import SOME_FAILED, located, progress
from asr_qa.config import Settings, shipped
from asr_qa.core.rule import Ruleset
from asr_qa.render.callview import build_call
from asr_qa.render.format import percent, points
from asr_qa.render.naming import Card
from asr_qa.render.texts import Texts
from asr_qa.render.views import DeductionView


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("demo"),
    lang: Language = "zh",
    workers: Annotated[int, typer.Option(min=0, help="Worker processes; 0 is one per core.")] = 0,
) -> int:
    """Score the sample calls that come with asr-qa, and compare every verdict with the truth.

    Nothing has to be set up: the speech model is put in place first, if it is not there yet (size and licence are
    shown), and the results go to a database of their own in --out. Run again, it goes on where it stopped.

    \b
    report.html       every call with its score sheet; each deduction plays its evidence
    calls/*.json      the call documents, as asr-qa process writes them
    agreement.json    how many verdicts agree with the truth, and every one that does not
    """
    prepare_output(out)
    settings = demo_settings(Settings(), out, workers=workers)
    if settings.asr.engine == "whisper":
        _ensure_model(settings)
    with progress() as watcher:
        result = run_demo(settings, shipped("sample_audio"), out, clock=SystemClock(), watcher=watcher, lang=lang)
    _print_calls(result, lang)
    _print_agreement(result, lang)
    _print_next(result, lang)
    return SOME_FAILED if any(outcome.state == "failed" for outcome in result.outcomes) else 0


def _ensure_model(settings: Settings) -> None:
    """Put the model in place; says something only where there is something to do."""
    notes = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    manifest = weights.load_manifests(shipped("models")).get(settings.asr.model)
    if manifest is not None:
        state = weights.status(manifest, cache_dir=settings.cache_dir, models_dir=settings.models_dir)
        if state is not ModelStatus.READY:
            size = f"{'' if manifest.size_exact else 'about '}{manifest.size_bytes / 1e6:,.0f} MB"
            doing = "putting together" if state is ModelStatus.INSTALLABLE else "fetching"
            notes.print(f"{doing} the speech model {manifest.name}: {manifest.title}, {size}")
            notes.print(f"licence {manifest.licence}: {manifest.licence_url}")
    with progress_bar(notes) as bar:
        find_weights(settings, fetch=True, progress=bar)


def _print_calls(result: DemoResult, lang: Lang) -> None:
    words = _WORDS[lang]
    card = Card.of(result.rules.ruleset, result.rules.scorecard, Texts(lang))
    table = plain_table(*words["columns"].split(), right=tuple(words["columns"].split()[2:3]))
    for number, call in enumerate(result.calls, start=1):
        view, document = build_call(number, call, card), call.document
        sheet, first = document.score_sheet, next(iter(view.deductions), None)
        table.add_row(
            Path(document.recording.path).stem,
            document.recording.agent_id or "",
            words["unavailable"] if sheet.points is None else points(sheet.points),
            words["fatal"] if sheet.fatal else "",
            _time(_start(first)) if first else "",
            first.title if first else "",
        )
    console().print(table)
    for outcome in result.outcomes:
        if outcome.state == "failed":
            typer.echo(told("process_failed", code=outcome.code, said=located(outcome)))
    typer.echo(words["counted"].format(**_counts(result.outcomes)))


def _start(deduction: DeductionView) -> float | None:
    """Seconds at which to listen: the first place that is not just the whole call."""
    places = [place for finding in deduction.findings for place in finding.evidence]
    narrow = [place.start for place in places if not place.whole]
    return min(narrow or [place.start for place in places], default=None)


def _counts(outcomes: Sequence[Outcome]) -> dict[str, object]:
    seconds = sum(outcome.document.recording.duration for outcome in outcomes if outcome.document)
    states = {state: sum(o.state == state for o in outcomes) for state in ("scored", "unchanged", "failed")}
    return {"n": len(outcomes), "audio": _time(seconds), **states}


def _print_agreement(result: DemoResult, lang: Lang) -> None:
    words, agreement = _WORDS[lang], result.agreement
    if agreement.share is None:
        typer.echo(words["no_truth"])
        return
    share = percent(agreement.share)
    typer.echo("\n" + words["agree"].format(same=agreement.same, total=agreement.total, share=share))
    if agreement.places_total:
        typer.echo(words["places"].format(same=agreement.places_same, total=agreement.places_total))
    if agreement.disagreements:
        table = plain_table(*words["differences"].split())
        for one in agreement.disagreements:
            table.add_row(*_difference_row(one, result.rules.ruleset, Texts(lang)))
        console().print(table)


def _difference_row(one: Disagreement, ruleset: Ruleset, texts: Texts) -> tuple[str, ...]:
    rule = ruleset.get(one.rule_id)
    title = (rule.title_zh if texts.lang == "zh" else rule.title_en) if rule else ""
    got = texts.word("v", one.got.value) if one.got else texts("none")
    return one.call, f"{one.rule_id} {title}", texts.word("v", one.expected.value), got, _time(one.time)


def _print_next(result: DemoResult, lang: Lang) -> None:
    database = shlex.quote(f"sqlite:///{result.database}")
    typer.echo("\n" + _WORDS[lang]["next"].format(report=result.report, database=database))


def _time(seconds: float | None) -> str:
    """Minutes and seconds, 01:05; cut off, so that who seeks there misses nothing."""
    return "" if seconds is None else f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "columns": "通话 坐席 得分 致命 时间 首要问题",
        "differences": "通话 规则 应为 机器 时间",
        "unavailable": "暂无",
        "fatal": "致命",
        "counted": "共 {n} 通（录音 {audio}）：新评 {scored}，已有 {unchanged}，失败 {failed}",
        "no_truth": "没有可比对的标注。",
        "agree": "与标注比对：{total} 条判定中 {same} 条一致（{share}）",
        "places": "其中 {total} 处扣分的依据有标注位置，{same} 处与之相差不到 1 秒",
        "next": "接下来：\n"
        "  在浏览器中打开报告            {report}\n"
        "  给自己的录音评分              asr-qa process 录音文件夹 --out 结果文件夹\n"
        "  查看一条规则                  asr-qa rules show COMP-003\n"
        "  谁常犯什么错                  asr-qa report errors\n"
        "  为复核人员启动接口            asr-qa token create 姓名 --role reviewer && asr-qa serve\n"
        "以上命令使用自己的数据库；要查看示例通话，先设置 ASR_QA_DATABASE_URL={database}",
    },
    "en": {
        "columns": "call agent points fatal time finding",
        "differences": "call rule expected got time",
        "unavailable": "none",
        "fatal": "fatal",
        "counted": "{n} calls ({audio} of audio): {scored} scored, {unchanged} unchanged, {failed} failed",
        "no_truth": "There is no truth to compare with.",
        "agree": "{same} of {total} verdicts agree with the truth ({share})",
        "places": "of {total} deductions whose place is known {same} rest on that place, give or take 1 s",
        "next": "What to do next:\n"
        "  open the report in a browser      {report}\n"
        "  score recordings of your own      asr-qa process FOLDER --out OUT\n"
        "  read a rule in plain words        asr-qa rules show COMP-003\n"
        "  who makes which error             asr-qa report errors\n"
        "  start the API for reviewers       asr-qa token create NAME --role reviewer && asr-qa serve\n"
        "These use a database of their own; for the sample calls set ASR_QA_DATABASE_URL={database}",
    },
}
