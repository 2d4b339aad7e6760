"""asr-qa rules new and schema: a first rule with its cases, and what editors need to complete keys."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from asr_qa.errors import OutputError, RulesetError, UsageError
from asr_qa.ruleset.author import WANTED, Draft, Wish, draft, problems, slug_of
from asr_qa.ruleset.describe import describe
from asr_qa.ruleset.editor import KINDS_OF_FILES, Kind, file_name, schema_of
from asr_qa.ruleset.loader import CASE_MARK, load_rules
from asr_qa.ruleset.packs import PACK_FILES, SHIPPED, shipped_rules

SCHEMAS = ".schema"
"""Folder beside the rules that holds the JSON Schemas."""
_FOLDER = Path("my-rules")
_PACK = f"""# yaml-language-server: $schema={SCHEMAS}/{file_name("pack")}
id: mine
title: {{zh: 本公司规则, en: Our rules}}
version: "1"
extends: {SHIPPED}      # 出厂规则都带上；不要的写 without: [规则编号]
"""
_SEVERITIES = {"1": "minor", "2": "major", "3": "fatal"}


def write_schema(
    kind: Annotated[Kind, typer.Argument(help="Which files it is for.")] = "rule",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write; a folder gets the schemas of all kinds; else it is printed."),
    ] = None,
) -> None:
    """Print the JSON Schema of our YAML files: editors complete keys and mark mistakes by it.

    With the YAML extension of VS Code write `# yaml-language-server: $schema=.schema/rule.schema.json` as the first
    line of a rule (`asr-qa rules new` does), or name the schemas under yaml.schemas in the settings.
    """
    if out is None:
        typer.echo(_json(kind), nl=False)
    elif out.is_dir() or not out.suffix:
        _write_all(out)
        typer.echo(f"wrote {', '.join(file_name(one) for one in KINDS_OF_FILES)} to {out}")
    else:
        _write(out, _json(kind))
        typer.echo(f"wrote {out}")


def export_rules(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; it must not exist yet.")],
) -> None:
    """Copy the shipped rules with their cases and scorecards into a folder, to read or to change them there.

    To change a few of them keep a pack that builds on them instead (asr-qa rules new makes one): then the next version
    of the shipped rules comes along. Then: ASR_QA_RULES_DIR=DIR.
    """
    if folder.exists():
        raise OutputError(f"{folder} is already there and is not overwritten; name another folder")
    try:
        shutil.copytree(shipped_rules(), folder)
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}") from error
    typer.echo(f"wrote the shipped rules to {folder}; use them with ASR_QA_RULES_DIR={folder}")


def new_rule(
    rule_id: Annotated[str, typer.Option("--id", metavar="ID", help="Its id, e.g. SERV-100; never used before.")] = "",
    require: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="Words that must be said; repeat it for other ways.")
    ] = None,
    forbid: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="Words that must not be said; repeat it for more.")
    ] = None,
    role: Annotated[Literal["agent", "customer"], typer.Option(help="Who says them.")] = "agent",
    title: Annotated[str, typer.Option(help="Title in Chinese; without it the words themselves.")] = "",
    title_en: Annotated[str, typer.Option(help="Title in English.")] = "",
    within_first: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, help="Only in the first seconds of the call.")
    ] = None,
    within_last: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, help="Only in the last seconds of the call.")
    ] = None,
    after: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="Only after the other party said this; repeat it.")
    ] = None,
    after_seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, help="How soon after that it has to be said.")
    ] = None,
    severity: Annotated[Literal["minor", "major", "fatal"], typer.Option(help="How much a failure weighs.")] = "minor",
    error_class: Annotated[
        Literal["customer", "business", "compliance", "non_critical"], typer.Option("--class", help="Whom it hurts.")
    ] = "customer",
    name: Annotated[str, typer.Option(help="English name, e.g. closing.further_help; made from the id.")] = "",
    rationale: Annotated[str, typer.Option(help="Why there is this rule.")] = "",
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Folder of rules to write it into.")] = _FOLDER,
    alone: Annotated[
        bool, typer.Option("--alone", help="A new folder holds your rules only, without the shipped ones beside them.")
    ] = False,
) -> None:
    """Write a new rule with its first cases, run them, and say the rule in one sentence.

    A folder that does not exist yet becomes a pack that builds on the shipped rules (pack.yml): all of them come along.

    Without --require and --forbid it asks in the terminal, in Chinese. Every case it writes was run and comes out as
    it says. Nothing that is there is overwritten. Then come: asr-qa rules lint, asr-qa rules test.
    """
    wish = Wish(
        id=rule_id,
        title=title,
        title_en=title_en,
        name=name,
        phrases=tuple(require or forbid or ()),
        forbidden=bool(forbid),
        role=role,
        severity=severity,
        error_class=error_class,
        first_seconds=within_first,
        last_seconds=within_last,
        after=tuple(after or ()),
        after_seconds=after_seconds,
        rationale=rationale,
    )
    if require and forbid:
        raise UsageError("--require and --forbid do not go together: write two rules")
    if not wish.phrases:
        wish = _asked(wish)
    if not wish.id:
        raise UsageError("a rule needs an id: --id SERV-100")
    _create(replace(wish, title=wish.title or _title(wish)), folder, alone=alone)


def _title(wish: Wish) -> str:
    return ("不得说" if wish.forbidden else "须说") + wish.phrases[0]


def _asked(wish: Wish) -> Wish:
    """The same with answers from the terminal; where there is none, a usage error."""
    if not sys.stdin.isatty():
        raise UsageError("say which words: --require 请问还有什么可以帮您, or --forbid 绝对没问题")
    typer.echo("新建一条规则。直接回车表示用括号里的值。")
    forbidden = typer.confirm("是禁语吗（不得说的话）", default=False)
    words = _words(
        "不得说哪些话（几种说法用逗号分开）" if forbidden else "必须说哪些话（几种说法用逗号分开，说其中一种即可）"
    )
    role = "customer" if typer.prompt("谁说的：1 坐席  2 客户", default="1") == "2" else "agent"
    first = _seconds("只看开场几秒内（0 表示不限）")
    last = _seconds("只看结束前几秒内（0 表示不限）") if first is None else None
    after = _words("只在对方说了什么话之后（没有就回车）", needed=False)
    title = typer.prompt("规则的标题", default=wish.title or ("不得说" if forbidden else "须说") + words[0])
    return replace(
        wish,
        id=wish.id or typer.prompt("规则编号（大写字母-数字，如 SERV-100）"),
        title=title,
        phrases=words,
        forbidden=forbidden,
        role=role,  # type: ignore[arg-type]  # one of the two above
        first_seconds=first,
        last_seconds=last,
        after=after,
        after_seconds=_seconds("在那之后几秒内（0 表示不限）") if after else None,
        severity=_SEVERITIES.get(typer.prompt("严重程度：1 一般  2 重大  3 致命", default="1"), "minor"),
        rationale=typer.prompt("为什么有这条规则", default="", show_default=False),
    )


def _words(question: str, *, needed: bool = True) -> tuple[str, ...]:
    while True:
        answer = typer.prompt(question, default=None if needed else "", show_default=False)
        for sign in "，、；;":
            answer = answer.replace(sign, ",")
        words = tuple(word.strip() for word in answer.split(",") if word.strip())
        if words or not needed:
            return words


def _seconds(question: str) -> float | None:
    while True:
        try:
            return float(typer.prompt(question, default="0")) or None
        except ValueError:
            typer.echo("请写一个数字")


def _create(wish: Wish, folder: Path, *, alone: bool) -> None:
    """Write the rule, its cases and the schemas, and say what came of it."""
    slug = slug_of(wish)
    pack = (wish.name or "custom.x").partition(".")[0]
    path = folder / pack / f"{slug}.yml"
    cases = path.with_name(f"{slug}{CASE_MARK}.yml")
    if there := next((one for one in (path, cases) if one.exists()), None):
        raise OutputError(f"{there} is already there and is not overwritten; choose another --name or --dir")
    fresh = not folder.exists() and not alone
    if (used := _used(wish.id, shipped_rules() if fresh else folder)) is not None:
        raise UsageError(f"id {wish.id} is already used in {used}; choose another --id, ids are never used again")
    try:
        made = draft(wish, schema=f"../{SCHEMAS}/{file_name('rule')}")
    except RulesetError as error:
        raise UsageError(problems(error)) from error
    _write_all(folder / SCHEMAS)
    if fresh:
        _write(folder / PACK_FILES[0], _PACK)
    _write(path, made.yaml)
    _write(cases, made.cases)
    _say(made, path, cases, folder)


def _used(rule_id: str, folder: Path) -> str | None:
    """The file in which an id is used; rules with mistakes elsewhere do not stand in the way."""
    try:
        sources = load_rules(folder).sources if folder.is_dir() else {}
    except RulesetError:
        return None
    return sources[rule_id].path if rule_id in sources else None


def _say(made: Draft, path: Path, cases: Path, folder: Path) -> None:
    typer.echo(f"{made.rule.id}  {describe(made.rule)}\n")
    typer.echo(f"规则: {path}\n用例: {cases}（符合 {made.met} 个，不符合 {made.not_met} 个，都已运行通过）")
    if min(made.met, made.not_met) < WANTED:
        typer.echo(f"请再补几个用例：符合和不符合各要至少 {WANTED} 个")
    typer.echo(f"\n下一步:\n  asr-qa rules lint {folder}\n  asr-qa rules test {folder}")


def _json(kind: Kind) -> str:
    return json.dumps(schema_of(kind), ensure_ascii=False, indent=1) + "\n"


def _write_all(folder: Path) -> None:
    for kind in KINDS_OF_FILES:
        _write(folder / file_name(kind), _json(kind))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; choose another place") from error
