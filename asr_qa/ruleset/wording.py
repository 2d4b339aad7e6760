"""What is wrong with a file, in the words of somebody who writes YAML and knows no Python."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator
from functools import reduce
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from asr_qa.errors import Issue, Said
from asr_qa.messages import say
from asr_qa.ruleset import schema
from asr_qa.ruleset.describe_words import ENTITIES, EVENTS
from asr_qa.ruleset.source import WIDE_COLON, Path_, Source
from asr_qa.ruleset.speech import PhraseModel

_SAID = {
    "string_type": "want_text",
    "bool_type": "want_bool",
    "bool_parsing": "want_bool",
    "int_type": "want_whole",
    "int_from_float": "want_whole",
    "float_type": "want_number",
    "finite_number": "want_number",
    "list_type": "want_list",
    "tuple_type": "want_list",
    "dict_type": "want_mapping",
    "model_type": "want_mapping",
    "model_attributes_type": "want_mapping",
    "date_type": "want_date",
    "date_parsing": "want_date",
    "date_from_datetime_parsing": "want_date",
    "date_from_datetime_inexact": "want_day",
    "none_required": "want_nothing",
    "string_too_short": "text_short",
    "string_too_long": "text_long",
    "too_short": "list_short",
    "too_long": "list_long",
    "greater_than": "over",
    "greater_than_equal": "at_least",
    "less_than": "under",
    "less_than_equal": "at_most",
}
"""Message by pydantic's name of a mistake; its arguments are pydantic's own."""
_BOUNDS = ("min_length", "max_length", "gt", "ge", "lt", "le")
_MAPPINGS = frozenset({"dict_type", "model_type", "model_attributes_type"})
_PATTERNS = {"id": ("no_id", "id_form"), "name": ("no_name", "name_form")}
_SHAPES = {
    "title": say("write_key", example="title: {zh: 中文名, en: English name}"),
    "within": say("eg", example="{first_seconds: 30}, {last_seconds: 30} / {first_sentences: 5}"),
    "after": say("eg", example="{phrase: [...], role: customer, hit: 1, seconds: 20}"),
    "before": say("eg", example="{phrase: [...], role: customer, hit: 1, seconds: 20}"),
    "near": say("eg", example="{phrase: [...], role: agent, hit: each, seconds: 10}"),
    "applies_when": say("eg", example="{direction: inbound}"),
    "recording": say("eg", example="{direction: outbound, queue: loan}"),
    "except": say("eg", example="- {phrase: [...], role: agent}"),
    "sequence": say("eg", example="[[...], [...]]"),
    "metric": say("eg", example="{name: silence_share, above: 0.3}"),
    "count": say("eg", example="{at_least: 3}"),
    "n_of": say("eg", example="{n: 2, of: [...]}"),
}
"""What to write where a mapping is asked for and something else stands."""
_MISSING = {
    "id": "id: MY-001",
    "name": "name: my.greeting",
    "title": "title: {zh: 中文名, en: English name}",
    "zh": "{zh: 中文名, en: English name}",
    "en": "{zh: 中文名, en: English name}",
    "severity": "severity: minor",
    "class": "class: customer",
    "call": 'call: "A 0-2 您好"',
    "expect": "expect: met",
    "verdict": "verdict: met",
    "version": 'version: "1"',
    "points": "points: 5",
    "n": "n_of: {n: 2, of: [...]}",
    "of": "n_of: {n: 2, of: [...]}",
}
"""What to write for a key that is missing."""
_IN_CHINESE = {
    "坐席": "agent", "客服": "agent", "客户": "customer",
    "一般": "minor", "轻微": "minor", "严重": "major", "重大": "major", "致命": "fatal",
    "业务": "business", "合规": "compliance", "非关键": "non_critical",
    "客户关键": "customer", "业务关键": "business", "合规关键": "compliance", "试运行": "test",
    "符合": "met", "不符合": "not_met", "不适用": "not_applicable", "待人工": "undetermined",
    "呼入": "inbound", "呼出": "outbound", "外呼": "outbound",
    "草稿": "draft", "试行": "test", "正式": "stable", "启用": "stable", "停用": "retired",
    "通过": "met", "不通过": "not_met", "pass": "met", "fail": "not_met",
    "电话": "phone", "手机号": "mobile", "座机": "landline", "身份证": "id_card", "身份证号": "id_card",
    "银行卡": "bank_card", "卡号": "bank_card", "百分数": "percent", "时间": "time", "车牌": "plate",
    "分级": "graded", "加分": "bonus", "每次扣分": "per_hit", "自动": "auto", "人工": "manual", "辅助": "assisted",
    "整张": "sheet", "整单": "sheet", "大类": "section",
    "等待": "hold", "等待音乐": "hold", "插话": "interruption",
    **{name: code for names in (ENTITIES["zh"], EVENTS["zh"]) for code, name in names.items()},
}  # fmt: skip
"""What people write in Chinese where one of our own words must stand."""
_YES_OR_NO = {"是": "true", "对": "true", "有": "true", "否": "false", "不": "false", "没有": "false"}
_TRIED = re.compile(r"(constrained-)?(int|str|float|bool|list|dict|date|none)|.*\[.*|function-.*")
"""Steps in pydantic's places that name an alternative it tried."""


def issues_of(
    error: ValidationError, source: Source, at: Path_, *, model: type[BaseModel] = schema.RuleModel
) -> Iterator[Issue]:
    """What pydantic found, each mistake once and at its place.

    Args:
        error: What was raised.
        source: The file.
        at: Where in it the value stands.
        model: What the value should have been.
    """
    seen: set[tuple[Path_, Said]] = set()
    found = [(_place(detail["loc"], source, at), detail) for detail in error.errors(include_url=False)]
    several = _alternatives(found)
    for loc, detail in found:
        said, hint = (several[loc], None) if loc in several else _said(detail, loc, model)
        if (loc, said) not in seen:
            seen.add((loc, said))
            yield source.issue((*at, *loc), said, hint=hint)


def _place(loc: tuple[Hashable, ...], source: Source, at: Path_) -> Path_:
    """Steps of a place without the names of the alternatives that pydantic tried there."""
    steps: list[Hashable] = []
    for step in loc:
        tried = isinstance(step, str) and _TRIED.fullmatch(step)
        if not (tried and (*at, *steps, step) not in source.places):
            steps.append(step)
    return tuple(steps)


def _alternatives(found: list[tuple[Path_, ErrorDetails]]) -> dict[Path_, Said]:
    """One message for each place where none of several kinds of value fits."""
    by_place: dict[Path_, list[ErrorDetails]] = defaultdict(list)
    for loc, detail in found:
        if len(detail["loc"]) > len(loc):
            by_place[loc].append(detail)
    return {
        loc: _named(loc, _wanted_found(reduce(_either, map(_wanted, details)), details[0]["input"]))
        for loc, details in by_place.items()
        if len(details) > 1
    }


def _either(one: Said, other: Said) -> Said:
    return say("either", one=one, other=other)


def _wanted(detail: ErrorDetails) -> Said:
    if detail["type"] == "literal_error":
        return say("one_of", known=tuple(_literals(detail)))
    code = _SAID.get(detail["type"])
    context = detail.get("ctx", {})
    return say(code, **{name: context[name] for name in _BOUNDS if name in context}) if code else say("is_unusable")


def _wanted_found(wanted: Said, value: object) -> Said:
    return say("wanted_found", wanted=wanted, found=_found(value))


def _named(loc: Path_, problem: Said) -> Said:
    """A problem of the key or entry at a place."""
    last = loc[-1] if loc else None
    if isinstance(last, str):
        return say("of_key", key=last, problem=problem)
    return say("of_entry", number=last + 1, problem=problem) if isinstance(last, int) else problem


def _said(detail: ErrorDetails, loc: Path_, model: type[BaseModel]) -> tuple[Said, Said | None]:
    """Message and hint for one mistake."""
    kind = detail["type"]
    name = str(loc[-1]) if loc else ""
    if kind == "rule":
        context = detail.get("ctx", {})
        return context["said"], context["advice"]
    if kind == "extra_forbidden":
        if WIDE_COLON.match(name):
            return say("unknown_key_wide_colon", key=name), say("write_sign", sign=":")
        return _unknown(name, loc, model)
    if kind == "missing":
        return say("key_missing", key=name), say("write_key", example=_MISSING[name]) if name in _MISSING else None
    if kind == "literal_error":
        return _not_one_of(detail, loc)
    if kind == "string_pattern_mismatch":
        problem, hint = _PATTERNS.get(name, ("no_form", ""))
        value = _short(detail["input"])
        return say("not_written_as", key=name, value=value, problem=say(problem)), say(hint) if hint else None
    return _of_type(detail, kind, loc)


def _unknown(name: str, loc: Path_, model: type[BaseModel]) -> tuple[Said, Said | None]:
    """Message and hint for a key that has no business where it stands."""
    if "\u3000" in name:
        return say("wide_blank", key=name.strip()), say("ordinary_blanks")
    if ":" in name:
        return say("unknown_key", key=name), say("blank_after_colon")
    if len(loc) == 1 and model is schema.RuleModel and name in schema.ConditionModel.model_fields:
        return say("unknown_key_here", key=name), say("indent_below")
    known = _known_keys(model, loc[:-1])
    if "phrase" in known and name in PhraseModel.model_fields:
        return say("unknown_key_here", key=name), say("into_braces", key=name)
    return say("unknown_key", key=name), _meant(name, known)


def _meant(name: str, known: list[str]) -> Said | None:
    """The key that was meant, or all that there are."""
    return schema.guess(name, known) or (say("known_are", names=tuple(known)) if known else None)


def _of_type(detail: ErrorDetails, kind: str, loc: Path_) -> tuple[Said, Said | None]:
    quotes = _quotes(detail["input"]) if kind == "string_type" else None
    shape = _SHAPES.get(str(loc[-1])) if loc and kind in _MAPPINGS else None
    said = _named(loc, _wanted_found(_wanted(detail), detail["input"]))
    return said, quotes or shape or _yes_or_no(kind, detail) or _digits(kind, detail)


def _quotes(value: object) -> Said | None:
    """What to do where text is asked for and something else was read."""
    if isinstance(value, dict):
        return say("quote_colon")
    return None if isinstance(value, list | None) else say("put_in_quotes")


def _yes_or_no(kind: str, detail: ErrorDetails) -> Said | None:
    meant = _YES_OR_NO.get(str(detail["input"]).strip().lower()) if kind in {"bool_type", "bool_parsing"} else None
    return say("write_word", word=meant) if meant else None


def _digits(kind: str, detail: ErrorDetails) -> Said | None:
    """What to write for a number that stands there as text."""
    if kind not in {"int_type", "float_type"} or not isinstance(detail["input"], str):
        return None
    digits = re.match(r"\s*(\d+(?:\.\d+)?)", detail["input"])
    return say("number_alone", number=digits[1]) if digits else say("number_in_digits")


def _found(value: object) -> Said:
    """What stands there, as it was written rather than as Python calls it."""
    if value is None:
        return say("found_nothing")
    if isinstance(value, bool):
        return say("found_value", value=str(value).lower())
    if isinstance(value, list):
        return say("found_list" if value else "found_empty_list")
    if isinstance(value, dict):
        return say("found_mapping" if value else "found_empty_mapping")
    return say("found_value", value=_short(value))


def _not_one_of(detail: ErrorDetails, loc: Path_) -> tuple[Said, Said | None]:
    known = _literals(detail)
    said = _named(loc, say("not_one_of", found=_found(detail["input"]), known=tuple(known)))
    if not isinstance(detail["input"], str):
        return said, None
    meant = _IN_CHINESE.get(detail["input"].strip())
    return said, say("write_word", word=meant) if meant in known else schema.guess(detail["input"], known)


def _literals(detail: ErrorDetails) -> list[str]:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]


def _short(value: object, limit: int = 60) -> str:
    text = str(value) if isinstance(value, datetime.date) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _known_keys(model: type[BaseModel], loc: Path_) -> list[str]:
    """The keys allowed in the mapping at a place of a model; none where they may be anything."""
    here: Any = model
    for step in loc:
        if isinstance(step, str):
            found = (_field(shape, step) for shape in _shapes(here))
            here = next((annotation for annotation in found if annotation is not None), None)
    return list(dict.fromkeys(key for shape in _shapes(here) for key in _keys(shape)))


def _shapes(annotation: Any) -> list[type[BaseModel]]:
    """Every model inside an annotation."""
    return [part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def _field(shape: type[BaseModel], key: str) -> Any:
    return next((field.annotation for name, field in shape.model_fields.items() if (field.alias or name) == key), None)


def _keys(shape: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]


def _parts(annotation: Any) -> Iterator[Any]:
    """Every type inside an annotation."""
    yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _parts(part)
