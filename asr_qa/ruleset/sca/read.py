"""UploadRule JSON as typed values; every mistake with the place where it was made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from asr_qa.errors import RulesetError, Said
from asr_qa.ruleset.foreign import translated
from asr_qa.ruleset.messages import SaidError, issue_of, say
from asr_qa.ruleset.sca.expression import Expression, parse_expression
from asr_qa.ruleset.schema import guess

MAX_BYTES = 16 * 2**20
"""Larger files are refused."""
_NESTED = ("jsonstr", "jsonstrforrule", "json", "data", "ruleinfo")
"""Keys under which the rules may lie, as text or as they are."""
_MAX_DEPTH = 6

_ROLES = {
    "客服": "agent", "坐席": "agent", "座席": "agent", "服务": "agent", "agent": "agent", "service": "agent",
    "客户": "customer", "用户": "customer", "customer": "customer", "client": "customer",
}  # fmt: skip
_EVERYBODY = frozenset({"", "所有", "所有角色", "全部", "不限", "all"})
LOCATIONS = ("BEFORE", "AFTER", "AROUND", "CURRENT")
"""Where a condition may look, seen from an anchor."""
_ROLE_IDS = {1: "agent", 2: "customer"}


class Params(Mapping[str, Any]):
    """A mapping whose keys are known in whatever way they are written: check_range, checkRange, Check_range."""

    def __init__(self, data: Mapping[str, Any], at: str) -> None:
        self._data = {_plain(key): value for key, value in data.items()}
        self._written = {_plain(key): key for key in data}
        self.at = at

    def __getitem__(self, key: str) -> Any:
        return self._data[_plain(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written.values())

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _plain(key) in self._data

    def text(self, *keys: str) -> str:
        """The first of these keys that is given, as text."""
        for key in keys:
            if (value := self.get(key)) is not None and not isinstance(value, dict | list):
                return str(value).strip()
        return ""

    def number(self, *keys: str) -> float | None:
        """The first of these keys that is given, as a number; numbers in quotes count."""
        for key in keys:
            value = self.get(key)
            if value is None or value == "" or isinstance(value, bool):
                continue
            try:
                return float(value)
            except (TypeError, ValueError):
                raise _mistake(f"{self.at}.{key}", say("json_number", value=_short(value))) from None
        return None

    def flag(self, key: str) -> bool | None:
        """true, false, 1 or 0; None where it is not given."""
        value = self.get(key)
        if value is None or isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "0", "false"):
            return str(value).lower() in ("1", "true")
        raise _mistake(f"{self.at}.{key}", say("json_bool", value=_short(value)))

    def words(self, key: str) -> list[str]:
        """A list of words; one word alone is a list of one."""
        value = self.get(key)
        if value is None or value == "":
            return []
        listed = value if isinstance(value, list) else [value]
        if any(isinstance(word, dict | list) for word in listed):
            raise _mistake(f"{self.at}.{key}", say("json_words"))
        return list(dict.fromkeys(str(word).strip() for word in listed if str(word).strip()))

    def part(self, key: str) -> Params | None:
        """A mapping below this one; JSON in quotes is read."""
        value = self.get(key)
        if isinstance(value, str) and value.strip().startswith("{"):
            value = _loads(value, f"{self.at}.{key}")
        if value is None or value == "" or value == []:
            return None
        if not isinstance(value, dict):
            raise _mistake(f"{self.at}.{key}", say("json_mapping", value=_short(value)))
        return Params(value, f"{self.at}.{key}")

    def parts(self, key: str) -> list[Params]:
        """A list of mappings below this one."""
        value = self.get(key)
        if isinstance(value, str) and value.strip().startswith("["):
            value = _loads(value, f"{self.at}.{key}")
        listed = value if isinstance(value, list) else [] if value is None else [value]
        for index, one in enumerate(listed):
            if not isinstance(one, dict):
                raise _mistake(f"{self.at}.{key}[{index}]", say("json_mapping", value=_short(one)))
        return [Params(one, f"{self.at}.{key}[{index}]") for index, one in enumerate(listed)]


@dataclass(frozen=True, slots=True)
class Operator:
    """One test of a sentence or of the call."""

    oid: str
    type: str
    name: str
    param: Params
    at: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a condition looks, relative to the hits of another."""

    cid: str
    location: str
    """BEFORE, AFTER, AROUND or CURRENT."""
    hit_time: int
    """n-th hit; 0 each, -1 any."""


@dataclass(frozen=True, slots=True)
class Range:
    """Sentences from .. to, counted from 1, from the end where negative."""

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Condition:
    """Operators with where they look."""

    cid: str
    name: str
    role: str
    """agent, customer, or "" for everybody."""
    anchor: Anchor | None
    range: Range | None
    absolute: bool
    every_sentence: bool
    operators: tuple[Operator, ...]
    expression: Expression
    at: str


@dataclass(frozen=True, slots=True)
class ScaRule:
    """A rule: an expression over conditions."""

    rid: str
    name: str
    expression: Expression
    conditions: Mapping[str, Condition]
    level: int | None
    check_type: int | None
    comments: str
    starts: str
    ends: str
    prerequisite: str
    raw: Params
    at: str


def parse_sca(text: str, *, shown: str = "rules.json") -> tuple[ScaRule, ...]:
    """Every rule of an UploadRule body, an answer of GetRule, or a list of either.

    Raises:
        RulesetError: The text is no JSON, or no rules of this kind; with the place.
    """
    if len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        raise RulesetError([issue_of(shown, 0, say("too_large", limit=MAX_BYTES // 2**20), say("split_it"))])
    try:
        data = _loads(text.lstrip("\ufeff"), "")
        rules = [rule for body in _bodies(data, "", 0) for rule in _rules(body)]
        if not rules:
            raise _mistake("rules", say("no_rules_found"), say("json_shape"))
    except _MistakeError as error:
        line, column = error.place or _place(text, error.at)
        said = say("json_at", at=error.at, problem=error.said) if error.at else error.said
        raise RulesetError([issue_of(shown, line, said, error.hint, column=column)]) from None
    return tuple(rules)


class _MistakeError(Exception):
    def __init__(self, at: str, said: Said, hint: Said | None, place: tuple[int, int] | None = None) -> None:
        super().__init__(said.code)
        self.at, self.said, self.hint, self.place = at.lstrip("."), said, hint, place


def _mistake(at: str, said: Said, hint: Said | None = None) -> _MistakeError:
    return _MistakeError(at, said, hint)


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _plain(key: str) -> str:
    return key.replace("_", "").lower()


def _loads(text: str, at: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno) if not at else None
        said = say("not_json", problem=translated(error.msg.lower()))
        raise _MistakeError(at, said, say("json_signs"), place) from None
    except RecursionError:
        raise _mistake(at, say("json_deep"), say("fewer_levels")) from None


def _no_number(name: str) -> Any:
    raise _mistake("", say("json_no_number", name=name))


def _bodies(data: Any, at: str, depth: int) -> Iterator[Params]:
    """Every mapping that holds rules, however it is wrapped."""
    if depth > _MAX_DEPTH:
        raise _mistake(at, say("json_wrapped"), say("fewer_levels"))
    if isinstance(data, str):
        yield from _bodies(_loads(data, at or "$"), at, depth + 1)
    elif isinstance(data, list):
        for index, part in enumerate(data):
            yield from _bodies(part, f"{at}[{index}]", depth + 1)
    elif isinstance(data, dict):
        found = Params(data, at)
        if "rules" in found or "lambda" in found:
            yield found
            return
        inner = next((key for key in data if _plain(key) in _NESTED), None)
        if inner is None:
            hint = guess(next(iter(data), ""), ["rules", "conditions", "JsonStr", "data"])
            raise _mistake(at, say("json_neither"), hint or say("json_shape"))
        yield from _bodies(data[inner], f"{at}.{inner}", depth + 1)
    else:
        raise _mistake(at, say("json_rules", value=_short(data)), say("json_shape"))


def _rules(body: Params) -> Iterator[ScaRule]:
    """The rules of one body; conditions stand beside them, or inside each."""
    shared = body.parts("conditions")
    for rule in body.parts("rules") if "rules" in body else [body]:
        own = rule.parts("conditions") if rule is not body else []
        yield _rule(rule, [*own, *(shared if not own else [])])


def _rule(raw: Params, given: list[Params]) -> ScaRule:
    conditions: dict[str, Condition] = {}
    for one in given:
        condition = _condition(one)
        if condition.cid in conditions:
            raise _mistake(f"{condition.at}.cid", say("condition_twice", name=condition.cid))
        conditions[condition.cid] = condition
    expression = _expression(raw, list(conditions), "condition")
    used = _reached(expression, conditions, raw.at)
    prerequisite = raw.part("preqRule")
    return ScaRule(
        rid=raw.text("rid", "ruleId", "id"),
        name=raw.text("name", "ruleName"),
        expression=expression,
        conditions={cid: conditions[cid] for cid in used},
        level=_whole(raw.number("level")),
        check_type=_whole(raw.number("checkType")),
        comments=raw.text("comments"),
        starts=raw.text("effectiveStartTime", "startTime"),
        ends=raw.text("effectiveEndTime", "endTime"),
        prerequisite=prerequisite.text("rid") if prerequisite else "",
        raw=raw,
        at=raw.at,
    )


def _reached(expression: Expression, conditions: Mapping[str, Condition], at: str) -> list[str]:
    """Conditions that a rule names, and those they are anchored to; anchors in a circle are refused."""
    found: list[str] = []
    for cid in expression.names():
        chain: list[str] = []
        while cid and cid not in found:
            if cid not in conditions:
                hint = guess(cid, conditions) or (say("known_are", names=tuple(conditions)) if conditions else None)
                raise _mistake(f"{at}.lambda", say("no_condition", name=cid), hint)
            if cid in chain:
                circle = " -> ".join([*chain[chain.index(cid) :], cid])
                raise _mistake(f"{conditions[cid].at}.check_range.anchor", say("anchors_circle", circle=circle))
            chain.append(cid)
            anchor = conditions[cid].anchor
            cid = anchor.cid if anchor else ""
        found += reversed(chain)
    return found


def _condition(raw: Params) -> Condition:
    operators = tuple(_operator(one) for one in raw.parts("operators"))
    if not operators:
        raise _mistake(f"{raw.at}.operators", say("needs_operator"))
    cid = raw.text("cid", "conditionInfoCid", "id")
    if not cid:
        raise _mistake(f"{raw.at}.cid", say("needs_cid"))
    scope = raw.part("check_range") or Params({}, f"{raw.at}.check_range")
    window = scope.part("range")
    return Condition(
        cid=cid,
        name=raw.text("name"),
        role=_role(scope),
        anchor=_anchor(scope.part("anchor")),
        range=None if window is None else Range(_whole(window.number("from")), _whole(window.number("to"))),
        absolute=bool(scope.flag("absolute")),
        every_sentence=bool(scope.flag("allSentencesSatisfy")),
        operators=operators,
        expression=_expression(raw, [operator.oid for operator in operators], "operator"),
        at=raw.at,
    )


def _operator(raw: Params) -> Operator:
    kind = raw.text("type")
    if not kind:
        raise _mistake(f"{raw.at}.type", say("needs_type"), say("eg", example="INCLUDE_KEYWORDS"))
    param = raw.part("param") or Params({}, f"{raw.at}.param")
    return Operator(raw.text("oid", "id"), kind.upper(), raw.text("name", "operName"), param, raw.at)


def _role(scope: Params) -> str:
    named = scope.text("role").lower()
    if named in _EVERYBODY:
        number = _whole(scope.number("roleId"))
        return _ROLE_IDS.get(number or 0, "") if not named else ""
    if named not in _ROLES:
        raise _mistake(f"{scope.at}.role", say("unknown_role", role=scope.text("role")), say("roles_are"))
    return _ROLES[named]


def _anchor(raw: Params | None) -> Anchor | None:
    if raw is None or not raw.text("cid"):
        return None
    location = raw.text("location").upper() or "CURRENT"
    if location not in LOCATIONS:
        raise _mistake(
            f"{raw.at}.location", say("unknown_location", location=location), say("known_are", names=LOCATIONS)
        )
    hit = _whole(raw.number("hit_time"))
    return Anchor(raw.text("cid"), location, -1 if hit is None else hit)


def _expression(raw: Params, known: list[str], what: str) -> Expression:
    """The `lambda` of a rule or condition; without one, all of what it has."""
    text = raw.text("lambda", "operLambda", "ruleLambda") or "&&".join(known)
    try:
        expression = parse_expression(text)
    except SaidError as error:
        said = say("of_expression", text=_short(text), problem=error.said)
        raise _mistake(f"{raw.at}.lambda", said, say("eg", example="a&&(b||!c)")) from None
    for name in expression.names() if what == "operator" else ():
        if name not in known:
            raise _mistake(f"{raw.at}.lambda", say("no_operator", name=name), say("known_are", names=tuple(known)))
    return expression


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _place(text: str, at: str) -> tuple[int, int]:
    """Line and column of a place such as rules[0].lambda, as far as it is found in the text; else (0, 0)."""
    position, found = 0, False
    for step in re.findall(r"[^.\[\]]+", at):
        if step.isdigit():
            continue
        where = re.compile(rf'\\?"{re.escape(step)}\\?"\s*:').search(text, position)
        if where is None:
            break
        position, found = _nth_entry(text, where.end(), at, step), True
    return (text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)) if found else (0, 0)


def _nth_entry(text: str, start: int, at: str, step: str) -> int:
    """Where the entry of a list begins that a place names by its number; `start` where it names none."""
    numbered = re.search(rf"{re.escape(step)}\[(\d+)\]", at)
    position = text.find("{", start) if numbered else start
    decoder = json.JSONDecoder()
    for _ in range(int(numbered[1]) if numbered else 0):
        try:
            position = text.index("{", decoder.raw_decode(text, position)[1])
        except ValueError:
            return start
    return max(position, start)
