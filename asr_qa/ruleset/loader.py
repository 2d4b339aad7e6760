"""Rule files to a ruleset: everything is read, every mistake reported with file and line, then raised once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from asr_qa.core.rule import Rule, Ruleset, references
from asr_qa.core.sounds import AccentTable
from asr_qa.errors import Issue, RulesetError
from asr_qa.messages import issue_of, say
from asr_qa.ruleset import schema
from asr_qa.ruleset.accents import read_accents
from asr_qa.ruleset.convert import to_rule
from asr_qa.ruleset.packs import CASE_MARK as CASE_MARK
from asr_qa.ruleset.packs import SCORECARDS as SCORECARDS
from asr_qa.ruleset.packs import SUFFIXES as SUFFIXES
from asr_qa.ruleset.packs import Pack, files_of, read_pack, read_settings, values_of
from asr_qa.ruleset.source import WIDE_COLON, Path_, Source, parse_source, read_source
from asr_qa.ruleset.variables import Layer, Value, filled, names_in
from asr_qa.ruleset.wording import issues_of as issues_of


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Where a rule was written."""

    path: str
    line: int
    folder: Path
    """Folder of its file."""
    stem: str
    """Name of its file without suffix; its cases are in `<stem>.cases.yml`."""
    file: Source | None = field(default=None, compare=False, repr=False)
    """Its values with their places, variables filled in."""


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """A ruleset with the places its rules come from."""

    ruleset: Ruleset
    sources: Mapping[str, RuleSource]
    """By rule id."""
    warnings: tuple[Issue, ...] = ()
    """What is not wise, such as a variable that no rule uses."""


@dataclass(slots=True)
class _Raw:
    """A rule as it was written: before variables are filled in and its shape is checked."""

    file: Source
    """Its own values, variables not yet filled in."""
    path: Path
    pack: str
    layers: tuple[Layer, ...]
    inherited: bool = False

    @property
    def id(self) -> object:
        """Its id, if it has one."""
        return self.file.data.get("id") if isinstance(self.file.data, dict) else None


@dataclass(slots=True)
class _Draft:
    """A rule that was read, until all of them are."""

    rule: Rule
    source: RuleSource
    file: Source
    named: list[tuple[Path_, str]] = field(default_factory=list)
    """Where it names other rules."""


def load_ruleset(folder: Path, *, settings: Path | None = None) -> Ruleset:
    """Read every rule below a folder and those that its packs build on.

    Args:
        folder: The rules.
        settings: A file with `variables:` whose values stand above those of packs.

    Raises:
        RulesetError: With every mistake of every file.
    """
    return load_rules(folder, settings=settings).ruleset


def load_rules(folder: Path, *, settings: Path | None = None) -> LoadedRules:
    """Read every rule below a folder and those that its packs build on, with the places they come from.

    Args:
        folder: The rules.
        settings: A file with `variables:` whose values stand above those of packs.

    Raises:
        RulesetError: With every mistake of every file.
    """
    pack = open_pack(folder)
    given, issues = read_settings(settings) if settings is not None else ({}, ())
    raws, wrong = _raws_of(pack)
    found = [*issues, *wrong, *(issue for part in pack.walk() for issue in part.issues)]
    values = {name: definition.value for name, definition in given.items()}
    accents, wrong = read_accents(folder)
    loaded = _with_accents(_loaded(raws, [*found, *wrong], values), accents)
    return replace(loaded, warnings=tuple(_unused(raws, pack, given)))


def _with_accents(loaded: LoadedRules, accents: AccentTable) -> LoadedRules:
    """The rules with the accents they are heard in, which are part of what they say."""
    if accents == AccentTable():
        return loaded
    digest = hashlib.sha256(f"{loaded.ruleset.digest}\n{accents!r}".encode()).hexdigest()
    return replace(loaded, ruleset=replace(loaded.ruleset, digest=digest, accents=accents))


def parse_rules(text: str, *, shown: str = "rules.yml", variables: Mapping[str, Value] | None = None) -> LoadedRules:
    """Read rules from a text instead of files; `shown` is the name that issues give it.

    Raises:
        RulesetError: With every mistake.
    """
    issues: list[Issue] = []
    raws = list(_read_rules(parse_source(text, shown=shown), Path(shown), "", (), issues))
    return _loaded(raws, issues, dict(variables or {}), known=True)


def open_pack(folder: Path) -> Pack:
    """The pack in a folder.

    Raises:
        RulesetError: There is no such folder, or no rule in it.
    """
    if not folder.is_dir():
        raise RulesetError([issue_of(str(folder), 0, say("no_such_folder"), say("set_rules_dir"))])
    pack = read_pack(folder)
    wrong = any(part.issues for part in pack.walk())
    if not wrong and not any(True for _ in files_of(pack, cases=False)):
        raise RulesetError([issue_of(str(folder), 0, say("no_rule_files"), say("new_makes_one"))])
    return pack


def _loaded(
    raws: Iterable[_Raw], issues: Iterable[Issue], settings: Mapping[str, Value], *, known: bool = False
) -> LoadedRules:
    """Fill in variables, check the rules against each other and put them in order."""
    issues = list(issues)
    drafts: list[_Draft] = []
    for raw in raws:
        values = dict(settings) if known else values_of(raw.layers, settings)
        if (draft := _draft(raw, filled(raw.file, (), values), issues)) is not None:
            drafts.append(draft)
    issues += _double_ids(drafts)
    rules, wrong = _in_order(drafts)
    issues += wrong
    if any(issue.severity == "error" for issue in issues):
        raise RulesetError(issues)
    return LoadedRules(Ruleset(rules, ruleset_digest(rules)), {draft.rule.id: draft.source for draft in drafts})


def _draft(raw: _Raw, file: Source, issues: list[Issue]) -> _Draft | None:
    """A rule with its shape checked; None where it is wrong, with the issues added."""
    issues += file.issues
    if file.issues:
        return None
    try:
        model = schema.RuleModel.model_validate(file.data)
    except ValidationError as error:
        issues += issues_of(error, file, ())
        return None
    line = file.place(("id",))[0]
    source = RuleSource(file.path, line, raw.path.parent, raw.path.stem, file)
    return _Draft(to_rule(model, pack=raw.pack), source, file, list(_named(file.data, ())))


def _raws_of(pack: Pack) -> tuple[list[_Raw], list[Issue]]:
    """Every rule of a pack as written: inherited ones, less those left out, changed by those of the same id."""
    issues: list[Issue] = []
    raws: list[_Raw] = []
    if pack.base is not None:
        inherited, wrong = _raws_of(pack.base)
        issues += wrong
        raws += _left_in(inherited, pack, issues)
    files: dict[Path, Source] = {}
    own: list[_Raw] = []
    for one in files_of(replace(pack, base=None, below=[]), cases=False):
        files[one.path] = read_source(one.path)
        own += _read_rules(files[one.path], one.path, one.pack, one.layers, issues)
    for part in pack.below:
        below, wrong = _raws_of(part)
        issues += wrong
        own += (replace(raw, layers=(pack.variables, *raw.layers)) for raw in below)
    return _merged(raws, own), issues


def _left_in(inherited: list[_Raw], pack: Pack, issues: list[Issue]) -> Iterator[_Raw]:
    known = {str(raw.id) for raw in inherited}
    for index, name in enumerate(pack.without):
        if name not in known and pack.file is not None:
            said = say("pack_without", name=name)
            issues.append(pack.file.issue(("without", index), said, hint=schema.guess(name, known)))
    for raw in inherited:
        if raw.id not in pack.without:
            yield replace(raw, layers=(*raw.layers, pack.variables), inherited=True)


def _merged(inherited: list[_Raw], own: list[_Raw]) -> list[_Raw]:
    """Inherited rules with the keys that the pack gives anew, then the pack's own rules."""
    by_id = {raw.id: index for index, raw in enumerate(inherited) if isinstance(raw.id, str)}
    merged = list(inherited)
    for raw in own:
        index = by_id.pop(raw.id, None) if isinstance(raw.id, str) else None
        if index is None:
            merged.append(raw)
        else:
            merged[index] = replace(raw, file=_changed(merged[index].file, raw.file), layers=merged[index].layers)
    return merged


def _changed(base: Source, change: Source) -> Source:
    """A rule with some keys given anew; `require` and `forbid` replace each other, an empty value takes a key away."""
    given = change.data
    replaced = set(given) | ({"require", "forbid"} if {"require", "forbid"} & set(given) else set())
    kept = {key: value for key, value in base.data.items() if key not in replaced}
    file = Source(change.path, lines=change.lines)
    file.data = kept | {key: value for key, value in given.items() if value is not None}
    file.places = {loc: place for loc, place in base.places.items() if loc and loc[0] in kept} | change.places
    file.origins = {key: base.origins.get(key, base.path) for key in kept}
    return file


def ruleset_digest(rules: Iterable[Rule]) -> str:
    """sha256 over the content of all rules; the order and the files they stand in do not matter."""
    lines = sorted(f"{rule.id} {rule.version}" for rule in rules)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _read_rules(file: Source, path: Path, pack: str, layers: tuple[Layer, ...], issues: list[Issue]) -> Iterator[_Raw]:
    """The rules of a file: itself, or the list under `rules`."""
    issues += file.issues
    for at in _documents(file, issues):
        data = _part(file, at)
        if isinstance(data, dict):
            yield _Raw(_rerooted(file, at), path, pack, layers)
        else:
            issues.append(file.issue(at, say("expected_rule")))


def _documents(file: Source, issues: list[Issue]) -> Iterator[Path_]:
    data = file.data
    if data is None:
        return
    if isinstance(data, dict) and "rules" in data:
        issues += [file.issue((key,), say("beside_rules", key=key)) for key in data if key != "rules"]
        if not isinstance(data["rules"], list) or not data["rules"]:
            issues.append(file.issue(("rules",), say("expected_rules")))
            return
        yield from (("rules", index) for index in range(len(data["rules"])))
    elif isinstance(data, str) and WIDE_COLON.match(data):
        issues.append(file.issue((), say("rule_wide_colon"), hint=say("write_sign", sign=":")))
    else:
        yield ()


def _part(file: Source, at: Path_) -> Any:
    data = file.data
    for step in at:
        data = data[step]
    return data


def _rerooted(file: Source, at: Path_) -> Source:
    """A part of a file as a source of its own."""
    if not at:
        return Source(file.path, file.data, file.places, lines=file.lines)
    part = Source(file.path, _part(file, at), lines=file.lines)
    part.places = dict(_places(file, part.data, at, ()))
    return part


def _places(file: Source, data: Any, old: Path_, new: Path_) -> Iterator[tuple[Path_, tuple[int, int]]]:
    if old in file.places:
        yield new, file.places[old]
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, part in parts:
        yield from _places(file, part, (*old, step), (*new, step))


def _unused(raws: Iterable[_Raw], pack: Pack, settings: Layer) -> Iterator[Issue]:
    """Variables that no rule or case names, and values for variables that no pack has."""
    used: set[tuple[int, str]] = set()
    for raw in raws:
        used |= {(id(layer), name) for name in names_in(raw.file.data) for layer in raw.layers}
    for case in files_of(pack, cases=True):
        named = names_in(read_source(case.path).data)
        used |= {(id(layer), name) for name in named for layer in case.layers}
    layers = [part.variables for part in pack.walk()]
    for layer in layers:
        for name, one in layer.items():
            if (id(layer), name) not in used:
                hint = say("use_variable", mark="${" + name + "}")
                yield one.source.issue(one.at, say("variable_unused", name=name), hint=hint, severity="warning")
    known = {name for layer in layers for name in layer}
    for name, one in settings.items():
        if name not in known:
            hint = schema.guess(name, known) or say("packs_name_them")
            yield one.source.issue(one.at, say("no_such_variable", name=name), hint=hint, severity="warning")


def _named(data: Any, at: Path_) -> Iterator[tuple[Path_, str]]:
    """Every place where a rule names another one."""
    if isinstance(data, list):
        for index, part in enumerate(data):
            yield from _named(part, (*at, index))
    elif isinstance(data, dict):
        for key, part in data.items():
            if key == "prerequisites" and isinstance(part, str | list):
                listed = part if isinstance(part, list) else [part]
                yield from (((*at, key, index), one) for index, one in enumerate(listed) if isinstance(one, str))
            elif key == "rule" and isinstance(part, str):
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
                place = f"{before.source.path}:{before.file.place((what,))[0]}"
                said = say("already_used", what=what, value=key)
                yield draft.file.issue((what,), said, hint=say("used_in", place=place))


def _in_order(drafts: list[_Draft]) -> tuple[tuple[Rule, ...], list[Issue]]:
    """The rules, each after those it rests on; with what stands against it."""
    rules = {draft.rule.id: draft.rule for draft in sorted(drafts, key=lambda d: d.rule.id, reverse=True)}
    issues = [
        draft.file.issue(at, say("no_rule", name=name), hint=schema.guess(name, rules))
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
        # The graph names each rule after the one that rests on it, so the way back is the way the rules read.
        named = next((at for at, name in draft.named if name in ring[1:]), ("id",))
        said = say("rules_circle", ring=" -> ".join(ring))
        places = tuple(f"{d.source.path}:{d.source.line}" for d in drafts if d.rule.id in ring)
        return (), [*issues, draft.file.issue(named, said, hint=say("take_one_out", places=places))]
    return tuple(rules[rule_id] for rule_id in order), issues
