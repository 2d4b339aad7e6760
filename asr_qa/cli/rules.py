"""asr-qa rules: check rule files, run their cases, say in plain words what a rule asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from asr_qa.bootstrap import SystemClock, find_embed, rules_dir
from asr_qa.cli.backtest import backtest_command
from asr_qa.cli.printing import Json, Lang, Language, console, counted, plain_table, print_json, told
from asr_qa.cli.rules_author import export_rules, new_rule, write_schema
from asr_qa.cli.rules_import import import_rules
from asr_qa.cli.tracing import trace_lines
from asr_qa.config import Settings
from asr_qa.core.rule import Check, Phrase, Rule, descend
from asr_qa.core.scorecard import Scorecard
from asr_qa.errors import Issue, NotFoundError, RulesetError, UsageError
from asr_qa.messages import issue_of, line_of, row_of, say
from asr_qa.ruleset.cases import Case, CaseReport, CaseResult, case_mistakes, load_cases, run_case
from asr_qa.ruleset.describe import describe
from asr_qa.ruleset.lint import lint
from asr_qa.ruleset.loader import LoadedRules, load_rules, load_ruleset
from asr_qa.ruleset.packs import SCORECARDS
from asr_qa.ruleset.phrases import exact_only
from asr_qa.ruleset.schema import guess
from asr_qa.ruleset.scorecards import card_issues, load_scorecard, rule_uses, scorecard_names

app = typer.Typer(
    no_args_is_help=True,
    help="""Rules: check their files, run their cases, read them in plain words.

    Rules are YAML files in a folder of packs (ASR_QA_RULES_DIR; empty means those that are shipped), with cases
    beside them and scorecards in scorecards/. To change rules copy the folder, edit, then: lint, test, process.

    \b
    asr-qa rules show COMP-003        what a rule asks, as a sentence
    asr-qa rules lint my-rules/       every mistake, by file and line
    asr-qa rules test my-rules/       whether the cases come out as they should
    """,
)

app.command("backtest")(backtest_command)

app.command("new")(new_rule)
app.command("export")(export_rules)
app.command("schema")(write_schema)
app.command("import-sca")(import_rules)

Folder = Annotated[
    Path | None, typer.Argument(metavar="DIR", help="Folder of rules; without it the rules in use (ASR_QA_RULES_DIR).")
]


@app.command("lint")
def lint_rules(folder: Folder = None, as_json: Json = False, lang: Language = "zh") -> int:
    """Report every mistake in rules, cases and scorecards, by file and line.

    Errors stop rules from being used (exit code 1). Warnings do not (exit code 0): phrases that can never be heard,
    rules with too few cases, rules that ask for the same. Notes say how something will be understood.
    """
    issues = all_issues(folder or rules_dir(Settings()))
    errors, warnings, notes = (sum(issue.severity == one for issue in issues) for one in ("error", "warning", "note"))
    if as_json:
        rows = [row_of(issue, lang) for issue in issues]
        print_json({"errors": errors, "warnings": warnings, "notes": notes, "issues": rows})
        return int(errors > 0)
    for issue in issues:
        typer.echo(line_of(issue, lang))
    counts = [counted(errors, "error"), counted(warnings, "warning"), *([counted(notes, "note")] if notes else [])]
    typer.echo(told("list", items=tuple(counts)) if errors or warnings else told("no_mistakes"))
    return int(errors > 0)


def all_issues(folder: Path) -> tuple[Issue, ...]:
    """Everything wrong in a folder of rules, in order of file and line; every file is read whatever the others hold."""
    try:
        loaded = load_rules(folder, settings=Settings().rules_variables)
    except RulesetError as exc:
        return _ordered([*card_issues(folder), *exc.issues, *_without_rules(folder)])
    return _ordered(_ours([*card_issues(folder, loaded.ruleset), *_lint(loaded, folder)], folder))


def _ours(issues: Sequence[Issue], folder: Path) -> list[Issue]:
    """The issues without warnings about rules that come along from another pack: whoever inherits cannot mend them."""
    here = folder.resolve()
    found: list[Issue] = []
    for issue in issues:
        if Path(issue.path).resolve().is_relative_to(here):
            found.append(issue)
        elif issue.severity == "error":
            found.append(_unusable(issue) if Path(issue.path).parent.name == SCORECARDS else issue)
    return found


def _unusable(issue: Issue) -> Issue:
    """A card that comes along and names a rule that this folder leaves out: nobody has to use it."""
    said = say("card_unusable", card=Path(issue.path).stem, problem=issue.said or issue.message)
    rule = issue.subject or _named_rule(issue)
    return issue_of(issue.path, issue.line, said, say("own_card"), column=issue.column, severity="note", subject=rule)


def _named_rule(issue: Issue) -> str:
    """The rule that a card names and cannot have, from what is said of it; empty for any other mistake."""
    key = {"no_rule": "name", "rule_draft": "rule", "rule_retired": "rule"}.get(issue.said.code) if issue.said else None
    return str(dict(issue.said.args)[key]) if issue.said and key else ""


def _without_rules(folder: Path) -> list[Issue]:
    """What is wrong in case files while a rule cannot be read, and what is not looked at until it can."""
    try:
        wrong = case_mistakes(folder, settings=Settings().rules_variables)
    except RulesetError:  # no folder, or no rule in it: that is said already
        return []
    return [*wrong, _left_out(folder, "left_out_rules")]


def _left_out(folder: Path, code: str) -> Issue:
    return issue_of(str(folder), 0, say(code), severity="note")


def _lint(loaded: LoadedRules, folder: Path) -> list[Issue]:
    """Issues across rules, cases and scorecards; where cases cannot be read, all but how many each rule has."""
    wrong: tuple[Issue, ...] = ()
    cases: tuple[Case, ...] | None = None
    try:
        cases = load_cases(loaded.ruleset, folder, settings=Settings().rules_variables)
    except RulesetError as exc:
        wrong = (*exc.issues, _left_out(folder, "left_out_cases"))
    today = SystemClock().now().date().isoformat()
    found = lint(loaded.ruleset, cases, rule_uses(folder), sources=loaded.sources, today=today)
    return [*wrong, *loaded.warnings, *found]


def _ordered(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    return tuple(sorted(dict.fromkeys(issues), key=lambda issue: (issue.path, issue.line, issue.column, issue.message)))


# --- cases


@app.command("test")
def run_cases(
    folder: Folder = None,
    pattern: Annotated[
        str, typer.Option("-k", metavar="PATTERN", help="Only cases whose rule id or name contains this.")
    ] = "",
    scorecard: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Scorecard whose timing is in force; the one in use (ASR_QA_SCORECARD)."),
    ] = None,
    as_json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List the known misses too.")] = False,
    lang: Language = "zh",
) -> int:
    """Run the cases beside the rules and show every one that comes out otherwise, with the reason.

    A case is a sketched call with the verdict its rule must give. Known misses are cases that are known to fail;
    they are counted (--verbose lists them) and cost nothing. One that passes by now fails the test: take its mark away.
    Silence, interruptions and the like are found with the timing of the scorecard, or of the case where it has its own.
    Exit code 1 where a case failed.
    """
    settings = Settings()
    where = folder or rules_dir(settings)
    ruleset = load_ruleset(where, settings=settings.rules_variables)
    card = _card_of(where, scorecard, settings)
    timing = card.timing if card else None
    cases = load_cases(ruleset, where, timing=timing, settings=settings.rules_variables)
    chosen = [case for case in cases if pattern.casefold() in case.id.casefold()]
    if not chosen:
        raise UsageError(
            told("no_case_contains", folder=str(where), pattern=pattern)
            if pattern
            else told("no_case", folder=str(where))
        )
    embed = find_embed(ruleset)
    report = CaseReport(tuple(run_case(ruleset, case, embed=embed) for case in chosen))
    if as_json:
        print_json(_report_row(report, lang))
    else:
        _print_report(report, lang, verbose=verbose)
        if card and card.timing:
            typer.echo(told("timing_of", card=card.label))
    return 0 if report.ok else 1


def _card_of(folder: Path, name: str | None, settings: Settings) -> Scorecard | None:
    """The scorecard whose timing is in force: the one asked for, or the one in use where the folder has it."""
    if name is not None:
        return load_scorecard(name, folder)
    known = settings.scorecard in scorecard_names(folder) or Path(settings.scorecard).is_file()
    return load_scorecard(settings.scorecard, folder) if known else None


def _print_report(report: CaseReport, lang: Lang, *, verbose: bool) -> None:
    for result in report.results:
        if not result.ok:
            _print_failure(result, lang)
    missed = report.of("known_miss") if verbose else ()
    if missed:
        typer.echo(told("known_misses", n=len(missed)))
    for result in missed:
        typer.echo(f"  {_place(result.case)}: {result.case.rule_id} {result.case.name}: {result.message_in(lang)}")
    typer.echo(_counts(report))


def _print_failure(result: CaseResult, lang: Lang) -> None:
    case = result.case
    typer.echo(told("case_failed", place=_place(case), rule=case.rule_id, name=case.name))
    typer.echo(f"  {result.message_in(lang)}")
    if result.finding and result.finding.trace:
        typer.echo("  " + told("why"))
        for line in trace_lines(result.finding.trace, lang=lang):
            typer.echo(f"    {line}")


def _counts(report: CaseReport) -> str:
    failed = sum(not result.ok for result in report.results)
    rules = len({result.case.rule_id for result in report.results})
    passed, missed = len(report.of("passed")), len(report.of("known_miss"))
    cases, of_rules = counted(len(report.results), "case"), counted(rules, "rule")
    return told("ran", cases=cases, rules=of_rules, passed=passed, failed=failed, misses=counted(missed, "miss"))


def _place(case: Case) -> str:
    return f"{case.path}:{case.line}"


def _report_row(report: CaseReport, lang: Lang) -> dict[str, Any]:
    return {
        "cases": len(report.results),
        "passed": len(report.of("passed")),
        "failed": sum(not result.ok for result in report.results),
        "known_misses": len(report.of("known_miss")),
        "results": [_result_row(result, lang) for result in report.results],
    }


def _result_row(result: CaseResult, lang: Lang) -> dict[str, Any]:
    case, finding = result.case, result.finding
    return {
        "rule_id": case.rule_id,
        "name": case.name,
        "outcome": result.outcome,
        "expected": case.verdict.value,
        "got": finding.verdict.value if finding else None,
        "at": [[place.start, place.end] for place in finding.evidence] if finding else [],
        "code": result.said.code if result.said else "",
        "message": result.message_in(lang),
        "path": case.path,
        "line": case.line,
        "trace": trace_lines(finding.trace) if finding and finding.trace and not result.ok else [],
    }


# --- in plain words


@app.command()
def show(
    rule_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Rule to explain, e.g. COMP-003; without it all are listed.")
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
    lang: Language = "zh",
) -> None:
    """List the rules in use, or say of one in plain words what it asks, why, and where it may be wrong."""
    loaded = load_rules(folder or rules_dir(Settings()), settings=Settings().rules_variables)
    if rule_id is None:
        _list(loaded, as_json=as_json, lang=lang)
        return
    rule = loaded.ruleset.get(rule_id.upper())
    if rule is None:
        raise NotFoundError(_no_such_rule(rule_id, loaded, own=folder is not None))
    row = _rule_row(rule, loaded, lang)
    if as_json:
        print_json(row)
    else:
        _print_rule(rule, row, lang)


def _no_such_rule(rule_id: str, loaded: LoadedRules, *, own: bool) -> str:
    close = guess(rule_id.upper(), [rule.id for rule in loaded.ruleset.rules])
    said = told("show_none_close", rule=rule_id, hint=close) if close else told("show_none", rule=rule_id)
    return said if own else told("show_own", said=said, rule=rule_id)


def _list(loaded: LoadedRules, *, as_json: bool, lang: Lang) -> None:
    if as_json:
        print_json([_rule_row(rule, loaded, lang) for rule in loaded.ruleset.rules])
        return
    table = plain_table(*_HEADINGS[lang])
    for rule in loaded.ruleset.rules:
        table.add_row(rule.id, _title(rule, lang), *(_word(value, lang) for value in _kinds(rule)))
    console().print(table)
    typer.echo(_LISTED[lang].format(n=len(loaded.ruleset.rules)))


def _print_rule(rule: Rule, row: dict[str, Any], lang: Lang) -> None:
    kinds = " · ".join(_word(value, lang) for value in _kinds(rule))
    typer.echo(f"{rule.id}  {_title(rule, lang)}  ({rule.name})\n{kinds}\n\n{row['description']}")
    phrases = _shown_phrases(row["phrases"], rule, lang)
    for heading, values in zip(_PARTS[lang], (phrases, [rule.rationale], rule.false_positives), strict=True):
        if any(values):
            typer.echo(f"\n{heading}" + "".join(f"\n  {value}" for value in values))
    typer.echo(f"\n{row['path']}:{row['line']}")


def _rule_row(rule: Rule, loaded: LoadedRules, lang: Lang) -> dict[str, Any]:
    titles = {other.id: _title(other, lang) for other in loaded.ruleset.rules}
    source = loaded.sources[rule.id]
    return {
        "id": rule.id,
        "name": rule.name,
        "title": {"zh": rule.title_zh, "en": rule.title_en},
        "severity": rule.severity.value,
        "class": rule.error_class.value,
        "status": rule.status.value,
        "assisted": rule.assisted,
        "description": describe(rule, lang, titles=titles),
        "phrases": _phrases(rule),
        "exact_only": sorted(exact_only(rule)),
        "rationale": rule.rationale,
        "false_positives": list(rule.false_positives),
        "version": rule.version,
        "path": source.path,
        "line": source.line,
    }


def _shown_phrases(phrases: list[str], rule: Rule, lang: Lang) -> list[str]:
    """Phrases with what is said of those that are found only as they are written."""
    return [text + (_ONLY_WRITTEN[lang] if text in exact_only(rule) else "") for text in phrases]


def _phrases(rule: Rule) -> list[str]:
    """Every phrase the rule itself listens for, each once; not those of its exceptions."""
    checks = [part for part in descend(rule.condition) if isinstance(part, Check)]
    options = [check.options for check in checks]
    options += [anchor.phrase for check in checks for anchor in check.scope.anchors if anchor.phrase]
    return list(dict.fromkeys(text for one in options if isinstance(one, Phrase) for text in one.phrases))


def _kinds(rule: Rule) -> tuple[str, str, str]:
    return rule.severity.value, rule.error_class.value, rule.status.value


def _title(rule: Rule, lang: Lang) -> str:
    return rule.title_zh if lang == "zh" else rule.title_en


def _word(value: str, lang: Lang) -> str:
    return _WORDS.get(value, value) if lang == "zh" else value.replace("_", "-")


_WORDS = {
    "minor": "一般",
    "major": "重大",
    "fatal": "致命",
    "customer": "客户关键",
    "business": "业务关键",
    "compliance": "合规关键",
    "non_critical": "非关键",
    "draft": "草稿",
    "test": "试运行",
    "stable": "正式",
    "retired": "停用",
}
_HEADINGS: dict[Lang, tuple[str, ...]] = {
    "zh": ("编号", "标题", "严重程度", "类别", "状态"),
    "en": ("id", "title", "severity", "class", "status"),
}
_PARTS: dict[Lang, tuple[str, str, str]] = {
    "zh": ("识别的说法", "依据", "可能的误报"),
    "en": ("phrases", "rationale", "false positives"),
}
_ONLY_WRITTEN: dict[Lang, str] = {
    "zh": "（两个字，只认原字，不按读音认）",
    "en": " (two syllables: only as written, not by sound)",
}
_LISTED: dict[Lang, str] = {
    "zh": "共 {n} 条规则；查看某一条：asr-qa rules show 编号",
    "en": "{n} rules; one in words: asr-qa rules show ID",
}
