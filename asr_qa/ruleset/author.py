"""A new rule with its first cases, from a few answers of somebody who knows what should be said and no YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Rule, Ruleset
from asr_qa.errors import RulesetError, UsageError
from asr_qa.ruleset.cases import sketched_case
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.sca.write import dump

WANTED = 3
"""Cases of either verdict."""
_MINUTE = 60.0
_PER_CHARACTER = 0.25
"""Seconds that a character takes when it is spoken at leisure."""
_OTHER = {"agent": "customer", "customer": "agent"}
_SPEAKERS = {"agent": "A", "customer": "B"}
_FILLERS = ("好的", "嗯", "我看一下", "您继续说")

Role = Literal["agent", "customer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the author of a rule answered."""

    id: str
    title: str
    phrases: tuple[str, ...]
    forbidden: bool = False
    role: Role = "agent"
    title_en: str = ""
    name: str = ""
    severity: str = "minor"
    error_class: str = "customer"
    first_seconds: float | None = None
    last_seconds: float | None = None
    after: tuple[str, ...] = ()
    """Words of the other party that call for it."""
    after_seconds: float | None = None
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule and its cases as texts of files."""

    rule: Rule
    ruleset: Ruleset
    yaml: str
    cases: str
    met: int
    """Cases that are met, all of them verified."""
    not_met: int


@dataclass(frozen=True, slots=True)
class _Sketch:
    name: str
    call: str
    verdict: Verdict


def draft(wish: Wish, *, schema: str = "") -> Draft:
    """Write a rule and cases that were run and come out as they say.

    Args:
        wish: What is asked for.
        schema: Path of the JSON Schema that an editor should use, as seen from the file.

    Raises:
        RulesetError: The rule has mistakes, such as an id in small letters.
        UsageError: Answers that do not go together.
    """
    if not wish.phrases:
        raise UsageError("a rule needs words: --require 您好 or --forbid 绝对没问题")
    if wish.after_seconds is not None and not wish.after:
        raise UsageError("--after-seconds goes with --after: words of the other party that call for it")
    head = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    text = head + dump(_rule(wish))
    ruleset = parse_rules(text, shown=f"{wish.id}.yml").ruleset
    rule = ruleset.rules[0]
    kept = _verified(wish, ruleset)
    counts = {verdict: sum(one.verdict is verdict for one in kept) for verdict in (Verdict.MET, Verdict.NOT_MET)}
    lines = [{"name": one.name, "call": one.call, "expect": str(one.verdict)} for one in kept]
    head = head.replace("rule.schema.json", "cases.schema.json")
    return Draft(rule, ruleset, text, head + dump(lines), counts[Verdict.MET], counts[Verdict.NOT_MET])


def slug_of(wish: Wish) -> str:
    """Name of the files: the last part of the rule's name."""
    return _name(wish).rpartition(".")[2]


def _name(wish: Wish) -> str:
    return wish.name or "custom." + re.sub(r"[^a-z0-9]+", "_", wish.id.lower()).strip("_")


def _rule(wish: Wish) -> dict[str, Any]:
    check: dict[str, Any] = {"phrase": {"any_of": list(wish.phrases)}, "role": wish.role}
    within = {"first_seconds": wish.first_seconds, "last_seconds": wish.last_seconds}
    if given := {key: _short(value) for key, value in within.items() if value is not None}:
        check["within"] = given
    if wish.after:
        anchor: dict[str, Any] = {"phrase": list(wish.after), "role": _OTHER[wish.role], "hit": 1}
        check["after"] = anchor | ({"seconds": _short(wish.after_seconds)} if wish.after_seconds else {})
    rule = {
        "id": wish.id,
        "name": _name(wish),
        "title": {"zh": wish.title, "en": wish.title_en or wish.title},
        "status": "test",
        "severity": wish.severity,
        "class": wish.error_class,
        "forbid" if wish.forbidden else "require": check,
    }
    return rule | ({"rationale": wish.rationale} if wish.rationale else {})


def _short(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _verified(wish: Wish, ruleset: Ruleset) -> list[_Sketch]:
    """The first sketches of each verdict that come out as they should."""
    kept: dict[Verdict, list[_Sketch]] = {Verdict.MET: [], Verdict.NOT_MET: []}
    calls: set[str] = set()
    for sketch in _sketches(wish):
        found = kept[sketch.verdict]
        if len(found) == WANTED or sketch.call in calls or _clashes(found, sketch):
            continue
        try:
            finding = sketched_case(ruleset, wish.id, sketch.call)
        except ValueError:
            continue
        if finding is not None and finding.verdict is sketch.verdict:
            found.append(sketch)
            calls.add(sketch.call)
    return [*kept[Verdict.MET], *kept[Verdict.NOT_MET]]


def _clashes(found: list[_Sketch], sketch: _Sketch) -> bool:
    return any(one.name == sketch.name for one in found)


def _sketches(wish: Wish) -> Iterator[_Sketch]:
    """Calls in which the words are said, and calls in which they are not, the plainest first."""
    said, missing = (Verdict.NOT_MET, Verdict.MET) if wish.forbidden else (Verdict.MET, Verdict.NOT_MET)
    cause = wish.after[0] if wish.after else ""
    for number, phrase in enumerate(wish.phrases[:WANTED]):
        yield _Sketch("说了" if number == 0 else f"换个说法{number}", _call(wish, phrase, cause), said)
    first = wish.phrases[0]
    yield _Sketch("前后还有别的话", _call(wish, f"好的{first}嗯", cause), said)
    yield _Sketch("停顿以后说", _call(wish, first, cause, wait=1.5), said)
    yield _Sketch("说完对方接话", _call(wish, first, cause, reply="好的谢谢"), said)
    yield _Sketch("说了两遍", _call(wish, f"{first}{first}", cause), said)
    yield _Sketch("没有说", _call(wish, _FILLERS[0], cause), missing)
    yield _Sketch("由另一方说", _call(wish, _FILLERS[1], cause, reply=first), missing)
    if wish.first_seconds is not None:
        yield _Sketch("说晚了", _call(wish, first, cause, wait=wish.first_seconds + 5), missing)
    if wish.last_seconds is not None:
        yield _Sketch("说早了", _call(wish, first, cause, rest=wish.last_seconds + 10), missing)
    if cause and wish.after_seconds:
        yield _Sketch("过了很久才说", _call(wish, first, cause, wait=wish.after_seconds + 10), missing)
    yield _Sketch("说了别的话", _call(wish, _FILLERS[2], cause), missing)
    yield _Sketch("请对方继续说", _call(wish, _FILLERS[3], cause, reply="好"), missing)
    if len(first) > WANTED:
        yield _Sketch("只说了一半", _call(wish, first[: len(first) // 2], cause), missing)


def _call(wish: Wish, words: str, cause: str, *, wait: float = 0.0, reply: str = "", rest: float = 0.0) -> str:
    """A sketched call: the words of the other party that call for it, then the words.

    Args:
        wish: Whose role it is.
        words: What that role says.
        cause: What the other party says before; empty for nothing.
        wait: Seconds of other talk before the words.
        reply: What the other party says afterwards.
        rest: Seconds of other talk afterwards.
    """
    speaker, other = _SPEAKERS[wish.role], _SPEAKERS[_OTHER[wish.role]]
    parts: list[str] = []
    now = 0.0
    if cause:
        now = _add(parts, other, now, cause)
    if wait:
        now = _add(parts, other, now, "我这边情况是这样的", seconds=wait)
    now = _add(parts, speaker, now, words)
    if reply:
        now = _add(parts, other, now, reply)
    if rest:
        now = _add(parts, other, now, "我还有一个问题", seconds=rest)
        _add(parts, speaker, now, "嗯")
    elif not reply and not wish.last_seconds:
        _add(parts, other, now, "嗯")
    return " | ".join(parts)


def _add(parts: list[str], speaker: str, now: float, words: str, *, seconds: float | None = None) -> float:
    """Append an utterance half a second after the last; gives where the next may begin."""
    long = round(max(1.0, len(words) * _PER_CHARACTER) if seconds is None else max(seconds, 0.5), 1)
    parts.append(f"{speaker} {now:g}-{round(now + long, 1):g} {words}")
    return round(now + long + 0.5, 1)


def problems(error: RulesetError) -> str:
    """Mistakes of a new rule in terms of what was asked."""
    return "; ".join(f"{issue.message}" + (f" ({issue.hint})" if issue.hint else "") for issue in error.issues)
