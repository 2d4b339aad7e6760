"""A backtest on the terminal: rules that flip, sheets that move, what people decided, calls that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer
from rich.console import Console

from asr_qa.cli.printing import Lang, console, plain_table
from asr_qa.render.backtest import shown_share, shown_words
from asr_qa.render.format import points, seconds
from asr_qa.render.texts import Texts


def print_report(found: dict[str, Any], lang: Lang) -> None:
    """Rules that flip, decisions, sheets, calls that failed."""
    words, texts, screen = _WORDS[lang], Texts(lang), console()
    if found["interrupted"]:
        typer.echo(words["interrupted"])
    typer.echo(words["head"].format(n=found["calls"], bad=len(found["bad"]), base=words[found["baseline"]]))
    older = sum(n for digest, n in found["scored_by"].items() if digest != found["in_force"])
    if older and found["baseline"] == "stored":
        typer.echo(words["older"].format(n=older))
    moved = [rule for rule in found["rules"] if rule["flips"] or rule["change"] in ("changed", "new", "removed")]
    if not any(rule["flips"] for rule in found["rules"]):
        typer.echo(words["none"])
    if moved:
        screen.print(_rules_table(moved, words, texts, lang))
    for rule in moved:
        _print_examples(rule, words, texts)
    _print_sheets(found["sheets"], words, screen)
    judged = [rule for rule in found["rules"] if rule["accuracy_before"] or rule["accuracy_after"]]
    if judged:
        screen.print(_accuracy_table(judged, words))
        _print_decisions(found["decisions"], words)
    else:
        typer.echo(words["nobody"])
    for one in found["bad"]:
        typer.echo(
            f"  [{one['code']}] {one['path']} ({one['call_id']}): {one['reason_zh' if lang == 'zh' else 'reason']}"
        )


def _rules_table(rules: Sequence[dict[str, Any]], words: dict[str, str], texts: Texts, lang: Lang) -> Any:
    table = plain_table(words["rule"], words["title"], words["change"], words["flips"], words["how"])
    for rule in rules:
        how = "; ".join(
            f"{_verdict(cell['before'], texts, words)}→{_verdict(cell['after'], texts, words)} {cell['calls']}"
            for cell in rule["matrix"]
            if cell["before"] != cell["after"]
        )
        table.add_row(rule["id"], rule["title"][lang], words[rule["change"]], str(rule["flips"]), how or "–")
    return table


def _print_examples(rule: dict[str, Any], words: dict[str, str], texts: Texts) -> None:
    shown: Counter[tuple[str, str]] = Counter()
    for one in rule["examples"]:
        shown[one["before"], one["after"]] += 1
        if shown[one["before"], one["after"]] > _EXAMPLES:
            continue
        flip = f"{_verdict(one['before'], texts, words)}→{_verdict(one['after'], texts, words)}"
        human = f" · {words['human']} {_verdict(one['human'], texts, words)}" if one["human"] else ""
        typer.echo(f"  {rule['id']} {flip}{human}  {one['path']} ({one['call_id']})")
        for label, place in ((words["was"], one["was"]), (words["now"], one["now"])):
            if place:
                typer.echo(
                    f"      {label} {_SECONDS[texts.lang].format(seconds(place['start']))} {shown_words(place, texts)}"
                )


def _print_sheets(sheets: dict[str, Any], words: dict[str, str], screen: Console) -> None:
    typer.echo(words["sheets"].format(**sheets))
    if sheets["mean_move"] is not None:
        typer.echo(
            words["means"].format(
                before=points(sheets["mean_before"]), after=points(sheets["mean_after"]), move=sheets["mean_move"]
            )
        )
    agents = [one for one in sheets["agents"] if one["moved"] or one["fatal_before"] != one["fatal_after"]]
    if agents:
        table = plain_table(words["agent"], words["calls"], words["moved"], words["mean"], words["fatal"])
        for one in agents[:_AGENTS]:
            mean = "–" if one["mean_move"] is None else f"{one['mean_move']:+.2f}"
            fatal = f"{one['fatal_before']}→{one['fatal_after']}"
            table.add_row(one["agent"] or "–", str(one["calls"]), str(one["moved"]), mean, fatal)
        screen.print(table)
    for move in [*sheets["down"], *sheets["up"]]:
        rules = ", ".join(move["rules"])
        typer.echo(
            f"  {move['points']:+.1f}  {points(move['before'])}→{points(move['after'])}  {move['path']}  {rules}"
        )


def _accuracy_table(rules: Sequence[dict[str, Any]], words: dict[str, str]) -> Any:
    table = plain_table(words["rule"], words["p_before"], words["p_after"], words["r_before"], words["r_after"])
    for rule in rules:
        before, after = rule["accuracy_before"] or {}, rule["accuracy_after"] or {}
        shares = [shown_share(side.get(name)) for name in ("precision", "recall") for side in (before, after)]
        table.add_row(rule["id"], *shares)
    return table


def _print_decisions(decisions: Sequence[dict[str, Any]], words: dict[str, str]) -> None:
    for row in decisions:
        if row["now_agree"] or row["no_longer_agree"]:
            typer.echo(words["decision"].format(**row))


def _verdict(value: str | None, texts: Texts, words: dict[str, str]) -> str:
    return texts.word("v", value) if value else words["no_verdict"]


_AGENTS = 20
_SECONDS: dict[Lang, str] = {"zh": "{} 秒", "en": "{} s"}
_EXAMPLES = 2
"""Examples of each flip on the terminal; the page and JSON have all of them."""
_WORDS: dict[Lang, dict[str, str]] = {
    "zh": {
        "interrupted": "已中断：以下只含中断前完成的通话。",
        "head": "回测 {n} 通通话（{bad} 通无法重判），对照：{base}",
        "stored": "已存的评分",
        "current": "用现行规则重新判定",
        "older": "其中 {n} 通是用别的规则评的分；只想看这次改动的影响，请用 --baseline current",
        "none": "没有规则的判定发生变化。",
        "rule": "规则",
        "title": "标题",
        "change": "改动",
        "flips": "翻转",
        "how": "从→到",
        "same": "未改",
        "changed": "已改",
        "new": "新增",
        "removed": "删除",
        "unknown": "–",
        "no_verdict": "（无）",
        "human": "人工",
        "was": "之前",
        "now": "之后",
        "sheets": "得分有变 {moved} 通；变为致命 {became_fatal}，不再致命 {no_longer_fatal}；"
        "失去总分 {lost_total}，得到总分 {gained_total}",
        "means": "平均分 {before} → {after}（{move:+.2f}）",
        "agent": "坐席",
        "calls": "通话",
        "moved": "有变",
        "mean": "平均变动",
        "fatal": "致命",
        "p_before": "精确率 之前",
        "p_after": "精确率 之后",
        "r_before": "召回率 之前",
        "r_after": "召回率 之后",
        "decision": "  {criterion}：人工结论 {decided} 个，变为一致 {now_agree}，不再一致 {no_longer_agree}",
        "nobody": "这些通话没有已发布的人工结论，无法给出精确率和召回率。",
    },
    "en": {
        "interrupted": "interrupted: only the calls done until then",
        "head": "{n} calls judged again ({bad} could not be), compared with {base}",
        "stored": "the stored sheets",
        "current": "the rules in use, judged anew",
        "older": "{n} of them were scored by other rules; for this change alone use --baseline current",
        "none": "no verdict flips",
        "rule": "rule",
        "title": "title",
        "change": "change",
        "flips": "flips",
        "how": "from→to",
        "same": "same",
        "changed": "changed",
        "new": "new",
        "removed": "removed",
        "unknown": "–",
        "no_verdict": "(none)",
        "human": "people",
        "was": "before",
        "now": "after",
        "sheets": "{moved} sheets moved; {became_fatal} became fatal, {no_longer_fatal} no longer fatal; "
        "{lost_total} lost their total, {gained_total} gained one",
        "means": "mean {before} → {after} ({move:+.2f})",
        "agent": "agent",
        "calls": "calls",
        "moved": "moved",
        "mean": "mean move",
        "fatal": "fatal",
        "p_before": "precision before",
        "p_after": "precision after",
        "r_before": "recall before",
        "r_after": "recall after",
        "decision": "  {criterion}: {decided} decisions, {now_agree} now agree, {no_longer_agree} no longer agree",
        "nobody": "no released human decisions on these calls: precision and recall are not known",
    },
}
