"""UploadRule JSON as typed values; every mistake with the place where it was made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from asr_qa.errors import RulesetError
from asr_qa.messages import SaidError, issue_of, say
from asr_qa.ruleset.sca.expression import Expression, parse_expression
from asr_qa.ruleset.sca.values import MistakeError, Params, loads, mistake, place_of, plain_key, short
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
        data = loads(text.lstrip("\ufeff"), "")
        rules = [rule for body in _bodies(data, "", 0) for rule in _rules(body)]
        if not rules:
            raise mistake("rules", say("no_rules_found"), say("json_shape"))
    except MistakeError as error:
        line, column = error.place or place_of(text, error.at)
        said = say("json_at", at=error.at, problem=error.said) if error.at else error.said
        raise RulesetError([issue_of(shown, line, said, error.advice, column=column)]) from None
    return tuple(rules)


def _bodies(data: Any, at: str, depth: int) -> Iterator[Params]:
    """Every mapping that holds rules, however it is wrapped."""
    if depth > _MAX_DEPTH:
        raise mistake(at, say("json_wrapped"), say("fewer_levels"))
    if isinstance(data, str):
        yield from _bodies(loads(data, at or "$"), at, depth + 1)
    elif isinstance(data, list):
        for index, part in enumerate(data):
            yield from _bodies(part, f"{at}[{index}]", depth + 1)
    elif isinstance(data, dict):
        found = Params(data, at)
        if "rules" in found or "lambda" in found:
            yield found
            return
        inner = next((key for key in data if plain_key(key) in _NESTED), None)
        if inner is None:
            hint = guess(next(iter(data), ""), ["rules", "conditions", "JsonStr", "data"])
            raise mistake(at, say("json_neither"), hint or say("json_shape"))
        yield from _bodies(data[inner], f"{at}.{inner}", depth + 1)
    else:
        shown = say("found_nothing") if data is None else short(data)
        raise mistake(at, say("json_rules", value=shown), say("json_shape"))


def _rules(body: Params) -> Iterator[ScaRule]:
    """The rules of one body; conditions stand beside them, or inside each."""
    shared: dict[str, Condition] | None = None
    for rule in body.parts("rules") if "rules" in body else [body]:
        own = rule.parts("conditions") if rule is not body else []
        if not own and shared is None:
            shared = _conditions(body.parts("conditions"))
        yield _rule(rule, _conditions(own) if own else shared or {})


def _conditions(given: list[Params]) -> dict[str, Condition]:
    """Conditions by their id; two of one id are refused."""
    conditions: dict[str, Condition] = {}
    for one in given:
        condition = _condition(one)
        if condition.cid in conditions:
            raise mistake(f"{condition.at}.cid", say("condition_twice", name=condition.cid))
        conditions[condition.cid] = condition
    return conditions


def _rule(raw: Params, conditions: Mapping[str, Condition]) -> ScaRule:
    expression = _expression(raw, conditions, "condition")
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
                raise mistake(f"{at}.lambda", say("no_condition", name=cid), hint)
            if cid in chain:
                circle = " -> ".join([*chain[chain.index(cid) :], cid])
                raise mistake(f"{conditions[cid].at}.check_range.anchor", say("anchors_circle", circle=circle))
            chain.append(cid)
            anchor = conditions[cid].anchor
            cid = anchor.cid if anchor else ""
        found += reversed(chain)
    return found


def _condition(raw: Params) -> Condition:
    operators = tuple(_operator(one) for one in raw.parts("operators"))
    if not operators:
        raise mistake(f"{raw.at}.operators", say("needs_operator"))
    cid = raw.text("cid", "conditionInfoCid", "id")
    if not cid:
        raise mistake(f"{raw.at}.cid", say("needs_cid"))
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
        raise mistake(f"{raw.at}.type", say("needs_type"), say("eg", example="INCLUDE_KEYWORDS"))
    param = raw.part("param") or Params({}, f"{raw.at}.param")
    return Operator(raw.text("oid", "id"), kind.upper(), raw.text("name", "operName"), param, raw.at)


def _role(scope: Params) -> str:
    named = scope.text("role").lower()
    if named in _EVERYBODY:
        number = _whole(scope.number("roleId"))
        return _ROLE_IDS.get(number or 0, "") if not named else ""
    if named not in _ROLES:
        raise mistake(f"{scope.at}.role", say("unknown_role", role=scope.text("role")), say("roles_are"))
    return _ROLES[named]


def _anchor(raw: Params | None) -> Anchor | None:
    if raw is None or not raw.text("cid"):
        return None
    location = raw.text("location").upper() or "CURRENT"
    if location not in LOCATIONS:
        raise mistake(
            f"{raw.at}.location", say("unknown_location", location=location), say("known_are", names=LOCATIONS)
        )
    hit = _whole(raw.number("hit_time"))
    return Anchor(raw.text("cid"), location, -1 if hit is None else hit)


def _expression(raw: Params, known: Collection[str], what: str) -> Expression:
    """The `lambda` of a rule or condition; without one, all of what it has."""
    text = raw.text("lambda", "operLambda", "ruleLambda") or "&&".join(known)
    try:
        expression = parse_expression(text)
    except SaidError as error:
        said = say("of_expression", text=short(text), problem=error.said)
        raise mistake(f"{raw.at}.lambda", said, say("eg", example="a&&(b||!c)")) from None
    for name in expression.names() if what == "operator" else ():
        if name not in known:
            raise mistake(f"{raw.at}.lambda", say("no_operator", name=name), say("known_are", names=tuple(known)))
    return expression


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
