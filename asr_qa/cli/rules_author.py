"""asr-qa rules new and schema: a first rule with its cases, and what editors need to complete keys."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite, nan
from pathlib import Path
from typing import Annotated, Literal

import typer

from asr_qa.cli.printing import Lang, Language, told
from asr_qa.errors import Issue, OutputError, RulesetError, UsageError
from asr_qa.messages import line_of, said_in, say
from asr_qa.ruleset.author import WANTED, Draft, Wish, draft, mistakes, slug_of
from asr_qa.ruleset.cases import load_cases
from asr_qa.ruleset.describe import describe
from asr_qa.ruleset.editor import KINDS_OF_FILES, Kind, file_name, schema_of
from asr_qa.ruleset.fields import MAX_ID
from asr_qa.ruleset.lint import lint
from asr_qa.ruleset.loader import CASE_MARK, load_rules
from asr_qa.ruleset.packs import PACK_FILES, SHIPPED, shipped_rules
from asr_qa.ruleset.schema import RULE_ID

SCHEMAS = ".schema"
"""Folder beside the rules that holds the JSON Schemas."""
_FOLDER = Path("my-rules")
_PACK = f"""# yaml-language-server: $schema={SCHEMAS}/{file_name("pack")}
id: mine
title: {{zh: 本公司规则, en: Our rules}}
version: "1"
extends: {SHIPPED}      # {{remark}}
"""
_ROLES = {"1": "agent", "2": "customer"}
_SEVERITIES = {"1": "minor", "2": "major", "3": "fatal"}


def write_schema(
    kind: Annotated[Kind, typer.Argument(help="Which files it is for.")] = "rule",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write; a folder gets the schemas of all kinds; else it is printed."),
    ] = None,
    lang: Language = "zh",
) -> None:
    """Print the JSON Schema of our YAML files: editors complete keys and mark mistakes by it.

    With the YAML extension of VS Code write `# yaml-language-server: $schema=.schema/rule.schema.json` as the first
    line of a rule (`asr-qa rules new` does), or name the schemas under yaml.schemas in the settings.
    """
    if out is None:
        typer.echo(_json(kind), nl=False)
    elif out.is_dir() or not out.suffix:
        _write_all(out)
        typer.echo(told("wrote_schemas", files=tuple(file_name(one) for one in KINDS_OF_FILES), folder=str(out)))
    else:
        _write(out, _json(kind))
        typer.echo(told("wrote", path=str(out)))


def export_rules(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; it must not exist yet.")],
    lang: Language = "zh",
) -> None:
    """Copy the shipped rules with their cases and scorecards into a folder, to read or to change them there.

    To change a few of them keep a pack that builds on them instead (asr-qa rules new makes one): then the next version
    of the shipped rules comes along. Then: ASR_QA_RULES_DIR=DIR.
    """
    if folder.exists():
        raise OutputError(told("folder_there", path=str(folder)))
    try:
        shutil.copytree(shipped_rules(), folder)
    except OSError as error:
        raise OutputError(told("cannot_write", path=str(folder), reason=error.strerror)) from error
    typer.echo(told("exported", folder=str(folder)))


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
    lang: Language = "zh",
) -> None:
    """Write a new rule with its first cases, run them, and say the rule in one sentence.

    A folder that does not exist yet becomes a pack that builds on the shipped rules (pack.yml): all of them come along.

    Without --require and --forbid it asks in the terminal. Every case it writes was run and comes out as
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
        raise UsageError(told("require_or_forbid"))
    wish = _completed(wish, folder if folder.exists() or alone else shipped_rules())
    _create(_titled(wish), folder, lang, alone=alone)


def _completed(wish: Wish, taken: Path) -> Wish:
    """The wish with an id that it can have and with words, asked for where none were given."""
    if wish.id and (problem := _bad_id(wish.id, taken)):
        raise UsageError(problem)
    if not wish.phrases:
        try:
            wish = _asked(wish, taken)
        except typer.Abort as error:
            raise UsageError("\n" + told("ask_broken_off")) from error
    if not wish.id:
        raise UsageError(told("needs_id"))
    return wish


def _titled(wish: Wish) -> Wish:
    """The wish with a title in both languages: each says the words where none was given."""
    code = "title_forbidden" if wish.forbidden else "title_required"
    said = say(code, words=wish.phrases[0])
    english = wish.title if wish.title.isascii() else ""
    title, title_en = wish.title or said_in(said, "zh"), wish.title_en or english or said_in(said, "en")
    return replace(wish, title=title, title_en=title_en)


def _asked(wish: Wish, taken: Path) -> Wish:
    """The same with answers from the terminal; where there is none, a usage error. `taken` has ids in use."""
    if not sys.stdin.isatty():
        raise UsageError(told("say_words"))
    typer.echo(told("ask_new"))
    forbidden = typer.confirm(told("ask_forbidden"), default=False)
    words = _words(told("ask_not_said" if forbidden else "ask_said"))
    role = _one_of(told("ask_who"), _ROLES)
    first = _seconds(told("ask_first"))
    last = _seconds(told("ask_last")) if first is None else None
    after = _words(told("ask_after"), needed=False)
    usual = told("title_forbidden" if forbidden else "title_required", words=words[0])
    title = typer.prompt(told("ask_title"), default=wish.title or usual)
    return replace(
        wish,
        id=wish.id or _id(taken),
        title=title,
        phrases=words,
        forbidden=forbidden,
        role=role,  # type: ignore[arg-type]  # one of the two above
        first_seconds=first,
        last_seconds=last,
        after=after,
        after_seconds=_seconds(told("ask_after_seconds")) if after else None,
        severity=_one_of(told("ask_severity"), _SEVERITIES),
        rationale=typer.prompt(told("ask_why"), default="", show_default=False),
    )


def _words(question: str, *, needed: bool = True) -> tuple[str, ...]:
    while True:
        answer = typer.prompt(question, default=None if needed else "", show_default=False)
        for sign in "，、；;":
            answer = answer.replace(sign, ",")
        words = tuple(word.strip() for word in answer.split(",") if word.strip())
        if words or not needed:
            return words


def _id(taken: Path) -> str:
    while True:
        answer = str(typer.prompt(told("ask_id"))).strip()
        if not (problem := _bad_id(answer, taken)):
            return answer
        typer.echo(problem)


def _bad_id(rule_id: str, taken: Path) -> str:
    """Why a rule cannot have an id; empty where it can."""
    if not re.fullmatch(RULE_ID, rule_id) or len(rule_id) > MAX_ID:
        return told("bad_id", id=rule_id)
    used = _used(rule_id, taken)
    return "" if used is None else told("id_used", id=rule_id, path=used)


def _one_of(question: str, choices: Mapping[str, str]) -> str:
    """What is chosen by its number or name; any other answer is asked for again."""
    while True:
        answer = str(typer.prompt(question, default="1")).strip().lower()
        if (chosen := choices.get(answer, answer)) in choices.values():
            return chosen


def _seconds(question: str) -> float | None:
    while True:
        try:
            seconds = float(typer.prompt(question, default="0"))
        except ValueError:
            seconds = nan
        if isfinite(seconds) and seconds >= 0:
            return seconds or None
        typer.echo(told("ask_number"))


def _create(wish: Wish, folder: Path, lang: Lang, *, alone: bool) -> None:
    """Write the rule, its cases and the schemas, and say what came of it."""
    slug = slug_of(wish)
    pack = (wish.name or "custom.x").partition(".")[0]
    path = folder / pack / f"{slug}.yml"
    cases = path.with_name(f"{slug}{CASE_MARK}.yml")
    if there := next((one for one in (path, cases) if one.exists()), None):
        raise OutputError(told("file_there", path=str(there)))
    fresh = not folder.exists() and not alone
    try:
        made = draft(wish, schema=f"../{SCHEMAS}/{file_name('rule')}", lang=lang)
    except RulesetError as error:
        raise UsageError(mistakes(error, lang)) from error
    _write_all(folder / SCHEMAS)
    if fresh:
        _write(folder / PACK_FILES[0], _PACK.replace("{remark}", told("pack_remark")))
    _write(path, made.yaml)
    _write(cases, made.cases)
    _say(made, path, cases, folder, lang)


def _used(rule_id: str, folder: Path) -> str | None:
    """The file in which an id is used; rules with mistakes elsewhere do not stand in the way."""
    try:
        sources = load_rules(folder).sources if folder.is_dir() else {}
    except RulesetError:
        return None
    return sources[rule_id].path if rule_id in sources else None


def _say(made: Draft, path: Path, cases: Path, folder: Path, lang: Lang) -> None:
    typer.echo(f"{made.rule.id}  {describe(made.rule, lang)}\n")
    typer.echo(told("new_files", rule=str(path), cases=str(cases), met=made.met, missed=made.not_met))
    if min(made.met, made.not_met) < WANTED:
        typer.echo(told("more_cases", least=WANTED))
    for issue in _remarks(made, folder):
        typer.echo(line_of(issue, lang))
    typer.echo("\n" + told("new_next", folder=str(folder)))


def _remarks(made: Draft, folder: Path) -> list[Issue]:
    """What the linter says of the new rule, such as words that another rule watches already."""
    try:
        loaded = load_rules(folder)
    except RulesetError:
        return []
    found = lint(loaded.ruleset, load_cases(loaded.ruleset, folder), sources=loaded.sources)
    return [issue for issue in found if issue.subject == made.rule.id]


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
        raise OutputError(told("cannot_write", path=str(path), reason=error.strerror)) from error
