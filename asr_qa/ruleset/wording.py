"""What is wrong with a file, in the words of somebody who writes YAML and knows no Python."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from asr_qa.errors import Issue
from asr_qa.ruleset import schema
from asr_qa.ruleset.source import WIDE_COLON, Path_, Source

_MODELS: Mapping[str, type[schema.Strict]] = {
    "title": schema.TitleModel,
    "effective": schema.EffectiveModel,
    "applies_when": schema.AppliesWhenModel,
    "n_of": schema.NumberOf,
    "count": schema.CountModel,
    "within": schema.WithinModel,
    "after": schema.AnchorModel,
    "before": schema.AnchorModel,
    "near": schema.AnchorModel,
}
"""Which shape stands under a key that is no kind of condition; everything else nested in a rule is a condition."""
_SAID = {
    "string_type": "expected text",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "finite_number": "expected a number",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
    "date_type": "expected a date, e.g. 2026-01-31",
    "date_parsing": "expected a date, e.g. 2026-01-31",
    "date_from_datetime_inexact": "expected a date without a time of day, e.g. 2026-01-31",
    "none_required": "expected nothing",
    "string_too_short": "is too short, at least {min_length} long",
    "string_too_long": "has more than {max_length} characters",
    "too_short": "needs at least {min_length} of them",
    "too_long": "may have {max_length} of them at most",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}
"""By pydantic's name of a mistake; the names in braces are its own."""
_MAPPINGS = frozenset({"dict_type", "model_type", "model_attributes_type"})
_PATTERNS = {
    "id": ("is not written as an id", "rules: CAPITALS-digits, e.g. SERV-001; packs and cards: lower_case"),
    "name": ("is not written as a name", "lower_case.dotted, e.g. opening.greeting"),
}
_SHAPES = {
    "title": "write {zh: 中文名, en: English name}",
    "within": "e.g. {first_seconds: 30}, {last_seconds: 30} or {first_sentences: 5}",
    "after": "e.g. {phrase: [...], role: customer, hit: 1, seconds: 20}",
    "before": "e.g. {phrase: [...], role: customer, hit: 1, seconds: 20}",
    "near": "e.g. {phrase: [...], role: agent, hit: each, seconds: 10}",
    "applies_when": "e.g. {direction: inbound}",
}
"""What to write where a mapping is asked for and something else stands."""
_IN_CHINESE = {
    "坐席": "agent", "客服": "agent", "客户": "customer",
    "一般": "minor", "轻微": "minor", "严重": "major", "重大": "major", "致命": "fatal",
    "业务": "business", "合规": "compliance", "非关键": "non_critical",
    "符合": "met", "不符合": "not_met", "不适用": "not_applicable", "待人工": "undetermined",
    "呼入": "inbound", "呼出": "outbound", "外呼": "outbound",
    "草稿": "draft", "试行": "test", "正式": "stable", "停用": "retired",
}  # fmt: skip
"""What people write in Chinese where one of our own words must stand."""
_TRIED = re.compile(r"(constrained-)?(int|str|float|bool|list|dict|date|none)|.*\[.*|function-.*")
"""Steps in pydantic's places that name an alternative it tried."""


def issues_of(
    error: ValidationError, source: Source, at: Path_, *, keys: Iterable[str] | None = None
) -> Iterator[Issue]:
    """What pydantic found, each mistake once and at its place.

    Args:
        error: What was raised.
        source: The file.
        at: Where in it the value stands.
        keys: Known keys at the top, where the mapping is not a rule.
    """
    seen: set[tuple[Path_, str]] = set()
    found = [(_place(detail["loc"], source, at), detail) for detail in error.errors(include_url=False)]
    several = _alternatives(found)
    for loc, detail in found:
        message, hint = several.get(loc) or _said(detail, loc)
        if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1 and keys is not None and not _slipped(loc):
            hint = schema.did_you_mean(str(detail["loc"][0]), keys)
        if (loc, message) not in seen:
            seen.add((loc, message))
            yield source.issue((*at, *loc), message, hint=hint)


def _place(loc: tuple[Hashable, ...], source: Source, at: Path_) -> Path_:
    """Steps of a place without the names of the alternatives that pydantic tried there."""
    steps: list[Hashable] = []
    for step in loc:
        tried = isinstance(step, str) and _TRIED.fullmatch(step)
        if not (tried and (*at, *steps, step) not in source.places):
            steps.append(step)
    return tuple(steps)


def _alternatives(found: list[tuple[Path_, ErrorDetails]]) -> dict[Path_, tuple[str, str]]:
    """One message for each place where none of several kinds of value fits."""
    by_place: dict[Path_, list[ErrorDetails]] = defaultdict(list)
    for loc, detail in found:
        if len(detail["loc"]) > len(loc):
            by_place[loc].append(detail)
    return {
        loc: (f"{_name(loc)}{' or '.join(map(_wanted, details))}, found {_found(details[0]['input'])}", "")
        for loc, details in by_place.items()
        if len(details) > 1
    }


def _wanted(detail: ErrorDetails) -> str:
    if detail["type"] == "literal_error":
        return "one of " + ", ".join(_literals(detail))
    return _SAID.get(detail["type"], "cannot be used here").format_map(detail.get("ctx", {}))


def _name(loc: Path_) -> str:
    last = loc[-1] if loc else ""
    return f"{last}: " if isinstance(last, str) else f"entry {last + 1}: " if isinstance(last, int) else ""


def _said(detail: ErrorDetails, loc: Path_) -> tuple[str, str]:
    """Message and hint for one mistake."""
    kind = detail["type"]
    name = loc[-1] if loc else ""
    if kind == "rule":
        context = detail.get("ctx", {})
        return str(context.get("message", "")), str(context.get("hint", ""))
    if kind == "extra_forbidden":
        if WIDE_COLON.match(str(name)):
            return f"unknown key {name!r}: full-width colon ：", "write ':'"
        return _unknown(str(name), loc)
    if kind == "missing":
        return f"key {name!r} is missing", ""
    if kind == "literal_error":
        return _not_one_of(detail, loc)
    if kind == "string_pattern_mismatch":
        said, hint = _PATTERNS.get(str(name), ("is not written as it should be", ""))
        return f"{name}: {_short(detail['input'])} {said}", hint
    return _of_type(detail, kind, loc)


def _slipped(loc: Path_) -> bool:
    """Whether a key is unknown for the way it was typed."""
    return bool(WIDE_COLON.match(str(loc[-1]))) or "\u3000" in str(loc[-1])


def _unknown(name: str, loc: Path_) -> tuple[str, str]:
    """Message and hint for a key that has no business where it stands."""
    if "\u3000" in name:
        return f"a full-width blank beside the key {name.strip()!r}", "write ordinary blanks"
    if len(loc) == 1 and name in schema.ConditionModel.model_fields:
        return f"unknown key {name!r} here", "it belongs under require or forbid: put two more blanks before it"
    return f"unknown key {name!r}", schema.did_you_mean(name, _known_keys(loc[:-1]))


def _of_type(detail: ErrorDetails, kind: str, loc: Path_) -> tuple[str, str]:
    quotes = _quotes(detail["input"]) if kind == "string_type" else ""
    hint = quotes or (_SHAPES.get(str(loc[-1]), "") if loc and kind in _MAPPINGS else "") or _digits(kind, detail)
    context = {key: _number(value) for key, value in detail.get("ctx", {}).items()}
    said = _SAID.get(kind, "cannot be used here").format_map(context)
    return f"{_name(loc)}{said}, found {_found(detail['input'])}", hint


def _quotes(value: object) -> str:
    """What to do where text is asked for and something else was read."""
    if isinstance(value, dict):
        return "put a text that has ': ' or { in it in quotes"
    return "" if isinstance(value, list | None) else "put it in quotes"


def _digits(kind: str, detail: ErrorDetails) -> str:
    """What to write for a number that stands there as text."""
    if kind not in {"int_type", "float_type"} or not isinstance(detail["input"], str):
        return ""
    digits = re.match(r"\s*(\d+(?:\.\d+)?)", detail["input"])
    return f"write the number alone: {digits[1]}" if digits else "write it in digits, e.g. 40"


def _number(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) else value


def _found(value: object) -> str:
    """What stands there, as it was written rather than as Python calls it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "an empty list" if not value else "a list"
    if isinstance(value, dict):
        return "an empty mapping" if not value else "a mapping"
    return _short(value)


def _not_one_of(detail: ErrorDetails, loc: Path_) -> tuple[str, str]:
    known = _literals(detail)
    message = f"{_name(loc)}{_found(detail['input'])} is not one of {', '.join(known)}"
    if not isinstance(detail["input"], str):
        return message, ""
    meant = _IN_CHINESE.get(detail["input"].strip())
    return message, f"write {meant}" if meant in known else schema.did_you_mean(detail["input"], known)


def _literals(detail: ErrorDetails) -> list[str]:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _known_keys(loc: tuple[Hashable, ...]) -> list[str]:
    """The keys allowed in the mapping at a place."""
    words = [step for step in loc if isinstance(step, str)]
    model = schema.RuleModel if not words else model_under(words[-1])
    return [given.alias or name for name, given in model.model_fields.items()]


def model_under(key: str) -> type[schema.Strict]:
    """The shape under a key of a condition or rule."""
    if key in _MODELS:
        return _MODELS[key]
    field = schema.ConditionModel.model_fields.get(key)
    shapes = (part for part in _parts(field.annotation) if isinstance(part, type)) if field else ()
    return next((shape for shape in shapes if issubclass(shape, schema.Strict)), schema.ConditionModel)


def _parts(annotation: Any) -> Iterator[Any]:
    """Every type inside an annotation."""
    yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _parts(part)
