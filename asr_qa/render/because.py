"""Why a rule came out as it did, in one sentence with its seconds: what a person who lost the points reads first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from asr_qa.core.finding import Evidence, Finding, Match, Trace, Verdict
from asr_qa.render.format import seconds
from asr_qa.render.texts import Lang, Texts
from asr_qa.render.wording import heard, is_missing, missing_words, note

_PLACES = 3
"""Places named in the sentence; the rest are counted."""
_PRICE = re.compile(r"(?:^|; )(?:exact|homophone|near|fuzzy|acoustic)(?: [\d.]+ syllables)? [\d.]+(?=;|$)")
"""How words match: shown in the trace."""
_COUNTED = re.compile(r"[0-9]+ [a-z_]+")
_LEAD: dict[Lang, dict[Verdict, str]] = {
    "zh": {Verdict.NOT_MET: "因为", Verdict.UNDETERMINED: "请人工确认："},
    "en": {Verdict.NOT_MET: "Because ", Verdict.UNDETERMINED: "For a person to decide: "},
}
_SAID: dict[Lang, str] = {"zh": "{who}在 {at}说了「{words}」", "en": "at {at} {who} said “{words}”"}
_NOT_HEARD: dict[Lang, str] = {
    "zh": "在 {start}–{end}没有听到{who}说「{words}」",
    "en": "from {start} to {end} {who} heard to say “{words}”",
}
_NOT_FOUND: dict[Lang, str] = {
    "zh": "在 {start}–{end}没有听到{who}说出要求的话",
    "en": "from {start} to {end} {who} heard to say what is asked for",
}
_MEASURED: dict[Lang, str] = {"zh": "在 {at}处{what}", "en": "at {at}: {what}"}
_MORE: dict[Lang, str] = {"zh": "等共 {n} 处", "en": " and more, {n} places in all"}
_SECONDS: dict[Lang, str] = {"zh": "{v} 秒", "en": "{v} s"}
_JOINTS: dict[Lang, tuple[str, str, str]] = {"zh": ("，", "；", "。"), "en": (", ", "; ", ".")}
_WHO: dict[Lang, str] = {"zh": "{}", "en": "the {}"}
_NOT: dict[Lang, str] = {"zh": "{}", "en": "{} was not"}
_ANYBODY: dict[Lang, str] = {"zh": "通话中", "en": "somebody"}
_NOBODY: dict[Lang, str] = {"zh": "有人", "en": "nobody was"}


def because(finding: Finding, texts: Texts) -> str:
    """The sentence for a finding that is not met or undetermined; empty for others.

    因为坐席在 12.3 秒说了「你自己看着办」。 / 因为在 0.0–30.0 秒没有听到坐席说「本次通话将被录音」。
    """
    lead = _LEAD[texts.lang].get(finding.verdict)
    if lead is None:
        return ""
    comma, semicolon, stop = _JOINTS[texts.lang]
    found = _named(finding.evidence)
    places = comma.join(_place(evidence, texts) for evidence in found[:_PLACES])
    if len(found) > _PLACES:
        places += _MORE[texts.lang].format(n=len(found))
    shown = {evidence.text for evidence in finding.evidence}
    remarks = [note(text, texts) for text in dict.fromkeys(_remarks(finding.trace)) if not _repeats(text, shown)]
    told = [part for part in (places, *(remark for remark in remarks if remark not in places)) if part]
    return lead + semicolon.join(told) + stop if told else ""


def _named(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without what no words name where words were looked for in the same stretch, too."""
    named = {(one.role, one.start, one.end) for one in evidence if missing_words(one)}
    return [
        one
        for one in evidence
        if not is_missing(one) or missing_words(one) or (one.role, one.start, one.end) not in named
    ]


def _place(evidence: Evidence, texts: Texts) -> str:
    lang = texts.lang
    start, end = seconds(evidence.start), _SECONDS[lang].format(v=seconds(evidence.end))
    at = _SECONDS[lang].format(v=seconds(evidence.start))
    who = _ANYBODY[lang] if evidence.role is None else _WHO[lang].format(texts.word_of(evidence.role).lower())
    if is_missing(evidence):
        who = _NOBODY[lang] if evidence.role is None else _NOT[lang].format(who)
        words = missing_words(evidence)
        form = _NOT_FOUND[lang] if words is None else _NOT_HEARD[lang]
        return form.format(start=start, end=end, who=who, words=words)
    if evidence.match is Match.TIMING:
        return _MEASURED[lang].format(at=at, what=heard(evidence, texts))
    return _SAID[lang].format(who=who, at=at, words=heard(evidence, texts))


def _repeats(remark: str, shown: Collection[str]) -> bool:
    """Whether a remark says no more than the places do: how many events, or a figure."""
    return remark in shown or _COUNTED.fullmatch(remark) is not None


def _remarks(trace: Trace | None) -> Iterator[str]:
    """What was remarked where it was decided: the first level of the trace that says something."""
    level: Sequence[Trace] = () if trace is None else trace.children
    while level:
        said = [said for part in level if (said := _PRICE.sub("", part.note).removeprefix("; "))]
        if said:
            yield from said
            return
        level = [child for part in level for child in part.children]
