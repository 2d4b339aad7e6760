"""Rule files to a ruleset: everything is read, every mistake reported with file and line, then raised once."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from asr_qa.core.rule import Rule, Ruleset, references
from asr_qa.errors import Issue, RulesetError
from asr_qa.ruleset import schema
from asr_qa.ruleset.convert import to_rule
from asr_qa.ruleset.source import WIDE_COLON, Path_, Source, parse_source, read_source

SUFFIXES = (".yml", ".yaml")
CASE_MARK = ".cases"
SCORECARDS = "scorecards"
_MODELS: Mapping[str, type[schema.Strict]] = {
    "title": schema.TitleModel,
    "effective": schema.EffectiveModel,
    "applies_when": schema.AppliesWhenModel,
    "phrase": schema.PhraseModel,
    "n_of": schema.NumberOf,
    "regex": schema.RegexModel,
    "script": schema.ScriptModel,
    "sequence": schema.SequenceModel,
    "metric": schema.MetricModel,
    "event": schema.EventModel,
    "count": schema.CountModel,
    "rule": schema.RuleRefModel,
    "within": schema.WithinModel,
    "after": schema.AnchorModel,
    "before": schema.AnchorModel,
    "near": schema.AnchorModel,
}
"""Which shape stands under a key; everything else nested in a rule is a condition."""
_EXPECTED = {
    "string_type": "expected text",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "list_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "date_type": "expected a date, e.g. 2026-01-31",
}


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Where a rule was written."""

    path: str
    line: int
    folder: Path
    """Folder of its file."""
    stem: str
    """Name of its file without suffix; its cases are in `<stem>.cases.yml`."""


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """A ruleset with the places its rules come from."""

    ruleset: Ruleset
    sources: Mapping[str, RuleSource]
    """By rule id."""


@dataclass(slots=True)
class _Draft:
    """A rule that was read, until all of them are."""

    rule: Rule
    source: RuleSource
    file: Source
    at: Path_
    named: list[tuple[Path_, str]] = field(default_factory=list)
    """Where it names other rules."""


def load_ruleset(folder: Path) -> Ruleset:
    """Read every rule below a folder.

    Raises:
        RulesetError: With every mistake of every file.
    """
    return load_rules(folder).ruleset


def load_rules(folder: Path) -> LoadedRules:
    """Read every rule below a folder, with the places they come from.

    Raises:
        RulesetError: With every mistake of every file.
    """
    read = []
    for path in rule_files(folder):
        parts = path.relative_to(folder).parts
        read.append(_read_rules(read_source(path), path, pack=parts[0] if len(parts) > 1 else ""))
    return _loaded(read)


def parse_rules(text: str, *, shown: str = "rules.yml") -> LoadedRules:
    """Read rules from a text instead of files; `shown` is the name that issues give it.

    Raises:
        RulesetError: With every mistake.
    """
    return _loaded([_read_rules(parse_source(text, shown=shown), Path(shown), pack="")])


def _loaded(read: Iterable[tuple[list[_Draft], list[Issue]]]) -> LoadedRules:
    """Check the rules against each other and put them in order."""
    issues: list[Issue] = []
    drafts: list[_Draft] = []
    for found, wrong in read:
        drafts += found
        issues += wrong
    issues += _double_ids(drafts)
    rules, wrong = _in_order(drafts)
    issues += wrong
    if issues:
        raise RulesetError(issues)
    return LoadedRules(Ruleset(rules, ruleset_digest(rules)), {draft.rule.id: draft.source for draft in drafts})


def rule_files(folder: Path) -> list[Path]:
    """Rule files below a folder in order of path: neither cases nor scorecards.

    Raises:
        RulesetError: There is no such folder, or no rule in it.
    """
    if not folder.is_dir():
        raise RulesetError([Issue(str(folder), 0, "no such folder of rules", "set ASR_QA_RULES_DIR to a folder")])
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    rules = [
        path
        for path in files
        if not path.stem.endswith(CASE_MARK) and SCORECARDS not in path.relative_to(folder).parts[:-1]
    ]
    if not rules:
        raise RulesetError([Issue(str(folder), 0, "no rule files (*.yml) in this folder")])
    return rules


def ruleset_digest(rules: Iterable[Rule]) -> str:
    """sha256 over the content of all rules; the order and the files they stand in do not matter."""
    lines = sorted(f"{rule.id} {rule.version}" for rule in rules)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def issues_of(
    error: ValidationError, source: Source, at: Path_, *, keys: Iterable[str] | None = None
) -> Iterator[Issue]:
    """What pydantic found, in the words of somebody who writes YAML.

    Args:
        keys: Known keys at the top, where the mapping is not a rule.
    """
    for detail in error.errors(include_url=False):
        message, hint = _said(detail)
        if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1 and keys is not None:
            hint = schema.did_you_mean(str(detail["loc"][0]), keys)
        yield source.issue((*at, *detail["loc"]), message, hint=hint)


def _read_rules(file: Source, path: Path, *, pack: str) -> tuple[list[_Draft], list[Issue]]:
    issues = list(file.issues)
    drafts: list[_Draft] = []
    for at, data in _documents(file, issues):
        try:
            model = schema.RuleModel.model_validate(data)
        except ValidationError as error:
            issues += issues_of(error, file, at)
            continue
        rule = to_rule(model, pack=pack)
        source = RuleSource(file.path, file.place((*at, "id"))[0], path.parent, path.stem)
        drafts.append(_Draft(rule, source, file, at, list(_named(data, at))))
    return drafts, issues


def _documents(file: Source, issues: list[Issue]) -> Iterator[tuple[Path_, Any]]:
    """The rules of a file: itself, or the list under `rules`."""
    data = file.data
    if data is None:
        return
    if isinstance(data, dict) and "rules" in data:
        issues += [file.issue((key,), f"unknown key {key!r} beside rules") for key in data if key != "rules"]
        if not isinstance(data["rules"], list) or not data["rules"]:
            issues.append(file.issue(("rules",), "expected a list of rules"))
            return
        yield from ((("rules", index), rule) for index, rule in enumerate(data["rules"]))
    elif isinstance(data, dict):
        yield (), data
    elif isinstance(data, str) and WIDE_COLON.match(data):
        issues.append(file.issue((), "expected a rule, found a full-width colon ：", hint="write ':'"))
    else:
        issues.append(file.issue((), "expected a rule (a mapping with id, name, title ...)"))


def _named(data: Any, at: Path_) -> Iterator[tuple[Path_, str]]:
    """Every place where a rule names another one."""
    if isinstance(data, list):
        for index, part in enumerate(data):
            yield from _named(part, (*at, index))
    elif isinstance(data, dict):
        for key, part in data.items():
            if key == "rule" and isinstance(part, str):
                yield (*at, key), part
            elif key == "rule" and isinstance(part, dict) and isinstance(part.get("id"), str):
                yield (*at, key, "id"), part["id"]
            else:
                yield from _named(part, (*at, key))


def _double_ids(drafts: Iterable[_Draft]) -> Iterator[Issue]:
    for what in ("id", "name"):
        first: dict[str, _Draft] = {}
        for draft in drafts:
            key = getattr(draft.rule, what)
            before = first.setdefault(key, draft)
            if before is not draft:
                place = f"{before.source.path}:{before.file.place((*before.at, what))[0]}"
                yield draft.file.issue((*draft.at, what), f"{what} {key!r} is already used", hint=f"in {place}")


def _in_order(drafts: list[_Draft]) -> tuple[tuple[Rule, ...], list[Issue]]:
    """The rules, each after those it rests on; with what stands against it."""
    rules = {draft.rule.id: draft.rule for draft in sorted(drafts, key=lambda d: d.rule.id, reverse=True)}
    issues = [
        draft.file.issue(at, f"there is no rule {name!r}", hint=schema.did_you_mean(name, rules))
        for draft in drafts
        for at, name in draft.named
        if name not in rules
    ]
    graph = {rule.id: sorted(references(rule) & rules.keys()) for _, rule in sorted(rules.items())}
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        ring = list(error.args[1])
        draft = next(draft for draft in drafts if draft.rule.id == ring[0])
        message = "rules rest on each other in a circle: " + " -> ".join(ring)
        return (), [*issues, draft.file.issue((*draft.at, "id"), message)]
    return tuple(rules[rule_id] for rule_id in order), issues


def _said(detail: ErrorDetails) -> tuple[str, str]:
    """Message and hint for one mistake."""
    kind, loc = detail["type"], detail["loc"]
    name = loc[-1] if loc else ""
    if kind == "rule":
        context = detail.get("ctx", {})
        return str(context.get("message", "")), str(context.get("hint", ""))
    if kind == "extra_forbidden":
        if WIDE_COLON.match(str(name)):
            return f"unknown key {name!r}: full-width colon ：", "write ':'"
        return f"unknown key {name!r}", schema.did_you_mean(str(name), _known_keys(loc[:-1]))
    if kind == "missing":
        return f"key {name!r} is missing", ""
    if kind == "literal_error":
        return _not_one_of(detail)
    if kind in _EXPECTED:
        quotes = "put it in quotes" if kind == "string_type" and not isinstance(detail["input"], list | dict) else ""
        return f"{name}: {_EXPECTED[kind]}, found {_short(detail['input'])}", quotes
    return f"{name}: {detail['msg'][:1].lower()}{detail['msg'][1:]}, found {_short(detail['input'])}", ""


def _not_one_of(detail: ErrorDetails) -> tuple[str, str]:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    known = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    message = f"{detail['loc'][-1]}: {_short(detail['input'])} is not one of {', '.join(known)}"
    return message, schema.did_you_mean(str(detail["input"]), known)


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _known_keys(loc: tuple[Hashable, ...]) -> list[str]:
    """The keys allowed in the mapping at a place."""
    words = [step for step in loc if isinstance(step, str)]
    model = schema.RuleModel if not words else _MODELS.get(words[-1], schema.ConditionModel)
    return [given.alias or name for name, given in model.model_fields.items()]
