"""Every option a rule may be written with has an example in options/*.yml, and there the option decides.

An example is a rule with the calls that it judges so or so, and a twin without the option (the same rule with the
option taken out, unless the example has one of its own) that judges one of them otherwise. A short form has a long
one (`same`) that judges all of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel, BeforeValidator

from asr_qa.asr import sentences
from asr_qa.core.checks.timing import METRICS, PER_ROLE
from asr_qa.core.rule import Ruleset
from asr_qa.ruleset.cases import Case, CaseResult, load_cases, run_case
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.schema import AnchorModel, ConditionModel, MetricModel, RuleModel

FOLDER = Path(__file__).parent / "options"
VERDICTS = ("met", "not_met", "not_applicable", "undetermined")
SILENT = {"id", "name", "title", "status", "severity", "class", "rationale", "false_positives", "assisted"}
"""Keys of a rule that say nothing of its verdict (whether a draft or a retired one is tried at all: test_evaluate)."""
SAME_FILTER = {"anchor.event", "anchor.by"}
"""Options whose values are those of `event`, which has an example of each."""
BARE = {"id": "X-1", "name": "a.b", "title": {"zh": "例", "en": "example"}, "severity": "minor", "class": "customer"}
NEAR = 0.01
"""How near to the figure of a call the bounds of its example lie."""


# --- which options there are


def _parts(annotation: Any) -> Iterator[Any]:
    """The literals and models a value may be."""
    if get_origin(annotation) is Literal or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield annotation
        return
    for part in get_args(annotation):
        if not isinstance(part, str):
            yield from _parts(part)


def _has_short_form(annotation: Any, metadata: Iterable[Any]) -> bool:
    found = any(isinstance(one, BeforeValidator) for one in metadata)
    inner = (part for part in get_args(annotation) if get_origin(part) is None or hasattr(part, "__metadata__"))
    return found or any(_has_short_form(None, getattr(part, "__metadata__", ())) for part in inner)


def _prefix(model: type[BaseModel], at: str) -> str:
    """Conditions are named alike wherever they stand, and so are anchors."""
    if issubclass(model, AnchorModel):
        return "anchor."
    return "" if model is ConditionModel else at + "."


def _path(model: type[BaseModel], prefix: str, name: str, key: str) -> str:
    """A condition stands beside the filters of applies_when; it is a condition like any other."""
    inherited = issubclass(model, ConditionModel) and name in ConditionModel.model_fields
    return key if inherited else prefix + key


def options_of(model: type[BaseModel], prefix: str = "", seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """Every option below a model: `phrase.min_count`, `anchor.hit=last`, `short:phrase`."""
    for name, info in model.model_fields.items():
        key = info.alias or name
        if model is RuleModel and key in SILENT:
            continue
        path = _path(model, prefix, name, key)
        yield path
        if (
            model in (ConditionModel, RuleModel)
            and key != "prerequisites"
            and _has_short_form(info.annotation, info.metadata)
        ):
            yield f"short:{key}"
        if model is MetricModel and key == "name":
            yield from (f"{path}={one}" for one in METRICS)
        for part in _parts(info.annotation):
            if get_origin(part) is Literal and path not in SAME_FILTER:
                yield from (f"{path}={value}" for value in get_args(part))
            elif (
                get_origin(part) is not Literal and part not in seen and not (model is AnchorModel and key == "phrase")
            ):
                yield from options_of(part, _prefix(part, path), seen | {model, part})


def used_by(model: BaseModel, prefix: str = "") -> Iterator[str]:
    """The options that a rule is written with, short forms apart."""
    for name in model.model_fields_set:
        key = type(model).model_fields[name].alias or name
        path, value = _path(type(model), prefix, name, key), getattr(model, name)
        yield path
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                yield from used_by(one, _prefix(type(one), path))
            elif isinstance(one, str):
                yield f"{path}={one}"


def short_forms(data: Any) -> Iterator[str]:
    """What stands in its short form anywhere in a rule as it is written."""
    if isinstance(data, dict):
        for key, value in data.items():
            if not isinstance(value, dict) and key != "prerequisites":
                yield f"short:{key}"
            yield from short_forms(value)
    elif isinstance(data, list):
        for one in data:
            yield from short_forms(one)


# --- the examples


@dataclass(frozen=True, kw_only=True)
class Example:
    """A rule that shows what options are for."""

    number: int
    proves: tuple[str, ...]
    rule: dict[str, Any]
    twin: dict[str, Any]
    alike: bool
    """The twin is the long form of the rule, and judges alike."""
    calls: tuple[tuple[str, dict[str, Any]], ...] = field(default=())
    """Verdicts and cases."""

    @property
    def used(self) -> set[str]:
        return {*used_by(RuleModel.model_validate(BARE | self.rule)), *short_forms(self.rule)}


def without(data: Any, path: str) -> Any:
    """A rule without one option."""
    parent, _, key = path.rpartition(".")
    above = {"anchor": ("after", "before", "near"), "": None}.get(parent, (parent.rpartition(".")[2],))

    def cut(value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [cut(one, name) for one in value]
        if not isinstance(value, dict):
            return value
        here = above is None or name in above
        return {inner: cut(one, inner) for inner, one in value.items() if not (here and inner == key)}

    return cut(data, "")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _read(path: Path) -> Iterator[dict[str, Any]]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    named: Mapping[str, Any] = data.get("calls", {})
    for name, value in data.get("figures", {}).items():
        bounds = {"at_least": max(0.0, value - NEAR), "at_most": value + NEAR}
        other = "silence_seconds" if name == "duration" else "duration"
        role = {"role": "agent"} if name in PER_ROLE else {}
        yield {
            "proves": f"metric.name={name}",
            "rule": {"require": {"metric": {"name": name, **bounds}, **role}},
            "twin": {"require": {"metric": {"name": other, **bounds}}},
            "met": named["busy"],
            "not_met": named["brief"],
        }
    for one in data.get("examples", ()):
        yield one | {
            key: [named.get(c, c) if isinstance(c, str) else c for c in _listed(one[key])]
            for key in VERDICTS
            if key in one
        }


def _example(number: int, data: dict[str, Any]) -> Example:
    proves, rule = tuple(_listed(data["proves"])), data["rule"]
    twin = data.get("same", data.get("twin"))
    if twin is None:
        twin = rule
        for path in proves:
            twin = without(twin, path)
    calls = [
        (verdict, call if isinstance(call, dict) else {"call": call})
        for verdict in VERDICTS
        for call in _listed(data.get(verdict, []))
    ]
    return Example(number=number, proves=proves, rule=rule, twin=twin, alike="same" in data, calls=tuple(calls))


@cache
def examples() -> tuple[Example, ...]:
    found = (one for path in sorted(FOLDER.glob("*.yml")) for one in _read(path))
    return tuple(_example(number, data) for number, data in enumerate(found, start=1))


def _helpers() -> list[dict[str, Any]]:
    return list(yaml.safe_load((FOLDER / "helpers" / "rules.yml").read_text(encoding="utf-8")))


class _Plain(yaml.SafeDumper):
    """Without anchors: what an example shares with its twin is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _dumped(data: Any) -> str:
    return yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CaseResult]]:
    """Rule id -> how its calls come out."""
    folder = tmp_path_factory.mktemp("options")
    rules: list[dict[str, Any]] = _helpers()
    cases: list[dict[str, Any]] = []
    for one in examples():
        for kind, body in (("OPT", one.rule), ("TWIN", one.twin)):
            rule_id = f"{kind}-{one.number}"
            rules.append({**BARE, "id": rule_id, "name": f"{kind.lower()}.n{one.number}", **body})
            cases += (
                {"name": f"{index}", "rule": rule_id, "expect": verdict, **call}
                for index, (verdict, call) in enumerate(one.calls)
            )
    (folder / "all.yml").write_text(_dumped({"rules": rules}), encoding="utf-8")
    (folder / "all.cases.yml").write_text(_dumped(cases), encoding="utf-8")
    ruleset = load_ruleset(folder)
    results: dict[str, list[CaseResult]] = {}
    for case in load_cases(ruleset, folder):
        results.setdefault(case.rule_id, []).append(_run(ruleset, case))
    return results


def _run(ruleset: Ruleset, case: Case) -> CaseResult:
    return run_case(ruleset, case, embed=sentences.embed if sentences.is_installed() else None)


# --- the tests


def test_every_option_has_an_example() -> None:
    proven = {path for one in examples() for path in one.proves}
    there = set(options_of(RuleModel))
    assert sorted(there - proven) == []
    assert sorted(proven - there) == [], "no such options"


def test_examples_use_what_they_prove_and_their_twins_do_not() -> None:
    assert {
        f"{one.proves}": sorted(set(one.proves) - one.used) for one in examples() if not set(one.proves) <= one.used
    } == {}
    twins = {
        one.proves: {*used_by(RuleModel.model_validate(BARE | one.twin)), *short_forms(one.twin)} for one in examples()
    }
    assert {proves: sorted(set(proves) & used) for proves, used in twins.items() if set(proves) & used} == {}


def _verdicts(results: Iterable[CaseResult]) -> list[str]:
    return ["none" if one.finding is None else str(one.finding.verdict) for one in results]


def test_every_example_comes_out_as_it_says(judged: dict[str, list[CaseResult]]) -> None:
    wrong = {}
    for one in examples():
        expected, got = [verdict for verdict, _ in one.calls], _verdicts(judged.get(f"OPT-{one.number}", []))
        if expected != got and not (_asks_for_meaning(one) and set(got) == {"undetermined"}):
            wrong[one.proves] = (expected, got)
    assert wrong == {}


def test_every_option_decides(judged: dict[str, list[CaseResult]]) -> None:
    """Without it, one of the calls comes out otherwise; a short form says what its long one says."""
    wrong = {}
    for one in examples():
        mine, twin = (_verdicts(judged.get(f"{kind}-{one.number}", [])) for kind in ("OPT", "TWIN"))
        if (mine == twin) is not one.alike and not (_asks_for_meaning(one) and not sentences.is_installed()):
            wrong[one.proves] = (mine, twin)
    assert wrong == {}


def test_both_verdicts_are_shown() -> None:
    one_sided = {one.proves for one in examples() if len({verdict for verdict, _ in one.calls}) < 2}
    assert one_sided == {("event.kind=hang_up_side",)}, "only a recording tells who hung up"


def _asks_for_meaning(one: Example) -> bool:
    return "similarity" in one.used and not sentences.is_installed()
