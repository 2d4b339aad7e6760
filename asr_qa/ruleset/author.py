"""A new rule with its first cases, from a few answers of somebody who knows what should be said and no YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Rule, Ruleset
from asr_qa.errors import Issue, RulesetError, UsageError
from asr_qa.messages import Lang, hint_in, message_in, said_in, say
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
_OTHER_TALK: Mapping[Lang, tuple[str, ...]] = {
    "zh": ("好的", "嗯", "我看一下", "您继续说", "好的谢谢", "好", "我这边情况是这样的", "我还有一个问题"),
    "en": (
        "all right",
        "hm",
        "let me see",
        "please go on",
        "thank you",
        "okay",
        "it is like this",
        "one more question",
    ),
}
"""What is said besides the words, in the language of the words."""

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


def draft(wish: Wish, *, schema: str = "", lang: Lang = "en") -> Draft:
    """Write a rule and cases that were run and come out as they say.

    Args:
        wish: What is asked for.
        schema: Path of the JSON Schema that an editor should use, as seen from the file.
        lang: Language of what is wrong with the answers.

    Raises:
        RulesetError: The rule has mistakes, such as an id in small letters.
        UsageError: Answers that do not go together.
    """
    if not wish.phrases:
        raise UsageError(said_in(say("needs_words"), lang))
    if wish.after_seconds is not None and not wish.after:
        raise UsageError(said_in(say("needs_after"), lang))
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
    return int(value) if value is not None and isfinite(value) and value == int(value) else value


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
    lang = _lang_of(wish)
    good, hm, look, on, thanks, okay, *_ = _OTHER_TALK[lang]
    blank = " " if lang == "en" else ""

    def made(code: str, words: str, verdict: Verdict, n: int = 0, **more: Any) -> _Sketch:
        name = said_in(say(code, n=n) if n else say(code), lang)
        return _Sketch(name, _call(wish, words, cause, **more), verdict)

    for number, phrase in enumerate(wish.phrases[:WANTED]):
        yield made("sketch_other_way", phrase, said, number) if number else made("sketch_said", phrase, said)
    first = wish.phrases[0]
    yield made("sketch_among", blank.join((good, first, hm)), said)
    yield made("sketch_pause", first, said, wait=1.5)
    yield made("sketch_reply", first, said, reply=thanks)
    yield made("sketch_twice", blank.join((first, first)), said)
    yield made("sketch_not_said", good, missing)
    yield made("sketch_by_other", hm, missing, reply=first)
    if wish.first_seconds is not None:
        yield made("sketch_late", first, missing, wait=wish.first_seconds + 5)
    if wish.last_seconds is not None:
        yield made("sketch_early", first, missing, rest=wish.last_seconds + 10)
    if cause and wish.after_seconds:
        yield made("sketch_long_after", first, missing, wait=wish.after_seconds + 10)
    yield made("sketch_other_words", look, missing)
    yield made("sketch_go_on", on, missing, reply=okay)
    if len(first) > WANTED:
        yield made("sketch_half", first[: len(first) // 2].strip(), missing)


def _lang_of(wish: Wish) -> Lang:
    """The language of the words."""
    return "en" if all(text.isascii() for text in (*wish.phrases, *wish.after)) else "zh"


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
    *_, story, question = _OTHER_TALK[_lang_of(wish)]
    hm = _OTHER_TALK[_lang_of(wish)][1]
    parts: list[str] = []
    now = 0.0
    if cause:
        now = _add(parts, other, now, cause)
    if wait:
        now = _add(parts, other, now, story, seconds=wait)
    now = _add(parts, speaker, now, words)
    if reply:
        now = _add(parts, other, now, reply)
    if rest:
        now = _add(parts, other, now, question, seconds=rest)
        _add(parts, speaker, now, hm)
    elif not reply and not wish.last_seconds:
        _add(parts, other, now, hm)
    return " | ".join(parts)


def _add(parts: list[str], speaker: str, now: float, words: str, *, seconds: float | None = None) -> float:
    """Append an utterance half a second after the last; gives where the next may begin."""
    long = round(max(1.0, len(words) * _PER_CHARACTER) if seconds is None else max(seconds, 0.5), 1)
    parts.append(f"{speaker} {now:g}-{round(now + long, 1):g} {words}")
    return round(now + long + 0.5, 1)


def mistakes(error: RulesetError, lang: Lang) -> str:
    """Mistakes of a new rule in terms of what was asked."""
    return "; ".join(_mistake(issue, lang) for issue in error.issues)


def _mistake(issue: Issue, lang: Lang) -> str:
    hint = hint_in(issue, lang)
    return message_in(issue, lang) + (f" ({hint})" if hint else "")
