"""Why an event is what it is, in words: the reasons that came with it, never decided a second time here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from asr_qa.core.document import CallDocument, CallWarning
from asr_qa.core.event import Event
from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.errors import NotFoundError
from asr_qa.messages import error_of
from asr_qa.render.definitions import DEFINITION_TEXTS
from asr_qa.render.neighbours import moment, party, say_first, say_latency
from asr_qa.render.texts import Lang, Texts

# By test: what is said where it holds, and where it does not. {by} did it, {other} is the other party, {c} the limit.
_WORDS: Mapping[Lang, Mapping[str, tuple[str, str]]] = {
    "zh": {
        "onset": ("{by}在{other}发言 {v} 秒后开始说话（{c}）", ""),
        "overlap": ("重叠 {v} 秒（{c}）", ""),
        "words": ("词语“{text}”不是附和语", ""),
        "yield": ("{other}在 {v} 秒内停下（{c}）", "{other}在 {v} 秒后才停下（不满足 {c}）"),
        "goes_on": ("{other}停下后{by}又说了 {v} 秒（{c}）", "{by}停下后{other}又说了 {d} 秒，没有让话"),
        "acknowledges": ("“{text}”全是附和语", ""),
        "unheard": ("没有听清是什么词{heard}，看时长", ""),
        "any_words": ("“{text}”不全是附和语，看时长", ""),
        "other_before": ("{other}此前已说了 {v} 秒（{c}）", ""),
        "other_after": ("{other}之后又说了 {v} 秒（{c}）", ""),
        "brief": ("说得够短：{v} 秒（{c}）", ""),
        "apart": ("与自己其余的话相隔 {v} 秒（{c}）", ""),
        "pause": ("与前一声相隔 {v} 秒（{c}），算同一次", ""),
        "length": ("持续 {v} 秒（{c}）", ""),
        "silence": ("所在的静音长 {v} 秒", ""),
        "held": ("其中保持音乐和语音菜单 {v} 秒，已扣除", ""),
        "serious": ("达到严重的界限（{v} {c}）", "没有达到严重的界限（{v} 秒，不满足 {c}）"),
        "excuse": ("", "此前坐席没有说明要等待"),
        "excuse_lead": (
            "坐席说了“{text}”，{v} 秒后开始静音（{c}）",
            "坐席说过“{text}”，{v} 秒后才静音（不满足 {c}）",
        ),
        "excuse_max": ("到静音的第 {v} 秒为止（{c}），说明有效", "到静音的第 {v} 秒为止（不满足 {c}），说明不再有效"),
        "latency": ("相隔 {v} 秒", ""),
        "told": ("随录清单写明由{by}挂机", ""),
        "busy_tone": ("清单没有写；{t} 起{by}的声道上响起忙音，此后没有再说话", ""),
        "menu": ("“{text}”只有语音菜单会说", ""),
        "queue": ("“{text}”是排队或转接的播报", ""),
        "notice": ("“{text}”可能是播报", ""),
        "welcome": ("“{text}”可能是播报", ""),
        "before_prompt": ("“{text}”之后紧接着播报，中间没有人应答", ""),
        "rings": ("{v} 秒后响起回铃音，客户没有说话", ""),
        "plays": ("{v} 秒后放音乐或回铃音，客户没有说话", ""),
        "keys": ("客户按了 {n} 次键", ""),
        "repeated": ("同样的话播报了不止一次", ""),
        "ivr_gap": ("之后安静了 {v} 秒（{c}）", ""),
    },
    "en": {
        "onset": ("{by} begins {v} s into the turn of {other} ({c})", ""),
        "overlap": ("they speak together for {v} s ({c})", ""),
        "words": ("the words “{text}” are no acknowledgement", ""),
        "yield": ("{other} stops within {v} s ({c})", "{other} stops only after {v} s (not {c})"),
        "goes_on": (
            "{by} goes on for {v} s after that ({c})",
            "{other} does not give way and speaks for {d} s after {by} stops",
        ),
        "acknowledges": ("“{text}” is acknowledgements and nothing else", ""),
        "unheard": ("the words were not heard clearly{heard}, so length decides", ""),
        "any_words": ("“{text}” is more than acknowledgements, so length decides", ""),
        "other_before": ("{other} had been speaking for {v} s ({c})", ""),
        "other_after": ("{other} goes on for {v} s after it ({c})", ""),
        "brief": ("it is brief: {v} s ({c})", ""),
        "apart": ("it is {v} s away from the rest of the turn ({c})", ""),
        "pause": ("{v} s after the one before ({c}), so they are one", ""),
        "length": ("it lasts {v} s ({c})", ""),
        "silence": ("the silence it lies in lasts {v} s", ""),
        "held": ("{v} s of hold and automatic prompts in it are taken out", ""),
        "serious": ("it is serious ({v} {c})", "it is not serious ({v} s, not {c})"),
        "excuse": ("", "the agent announced no wait before"),
        "excuse_lead": (
            "the agent said “{text}” {v} s before the silence ({c})",
            "the agent said “{text}”, but {v} s before the silence (not {c})",
        ),
        "excuse_max": ("it ends {v} s into the silence ({c})", "it ends {v} s into the silence (not {c}): not excused"),
        "latency": ("{v} s lie between", ""),
        "told": ("the manifest says that {by} hung up", ""),
        "busy_tone": ("no manifest says so; from {t} on busy tone sounds on the channel of {by}, and no voice", ""),
        "menu": ("only an automatic menu says “{text}”", ""),
        "queue": ("“{text}” announces a queue or a transfer", ""),
        "notice": ("“{text}” may be automatic", ""),
        "welcome": ("“{text}” may be automatic", ""),
        "before_prompt": ("“{text}” is followed by a prompt, and nobody answered between", ""),
        "rings": ("ring-back follows after {v} s, and the customer says nothing", ""),
        "plays": ("music or ring-back follows after {v} s, and the customer says nothing", ""),
        "keys": ("the customer presses keys: {n}", ""),
        "repeated": ("the same is announced more than once", ""),
        "ivr_gap": ("{v} s of quiet follow ({c})", ""),
    },
}
_UNSURE: Mapping[Lang, str] = {
    "zh": "不知道谁是坐席，因此不知道此前是否说明过要等待",
    "en": "it is not known who the agent is, so whether a wait was announced is not known either",
}
"""In place of "excuse", where nobody can say who spoke."""
_TOO_LATE: Mapping[Lang, str] = {
    "zh": "坐席说了“{text}”，静音开始后 {d} 秒才说完：词的时间有误差，仍算（{c}）",
    "en": "the agent said “{text}”, by the times of the words until {d} s after the silence began, which err ({c})",
}
"""In place of "excuse_lead", where the words seem to end in the silence."""
_HEARD: Mapping[Lang, str] = {"zh": "（“{text}”）", "en": " (“{text}”)"}
_NO_WORDS: Mapping[Lang, str] = {"zh": "没有听到可以判断的词", "en": "no words were heard that could tell"}
_ALONE: Mapping[Lang, str] = {"zh": "旁边没有自己的话", "en": "nothing else is said near it"}
_UNKNOWN: Mapping[Lang, str] = {
    "zh": "这份记录没有保存判定依据（由旧版本生成）；重新处理这通录音即可得到",
    "en": "this document was made by an older version that kept no reasons; process the recording again",
}
_LEVELS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {"plain": "普通", "excused": "已说明", "serious": "严重"},
    "en": {"plain": "plain", "excused": "excused", "serious": "serious"},
}
_NOT_HELD: Mapping[Lang, str] = {
    "zh": "其中没有保持音乐或语音菜单",
    "en": "no hold and no automatic prompts are in it",
}
_AROUND = {"response_latency": say_latency, "first_response": say_first}
"""Kinds of which it is said between what they lie."""
_OF_ROLES = frozenset({"roles_unknown", "swapped_roles"})
"""Warnings that bear on whose event it is."""
_OF_QUIET = frozenset({"one_sided", "dead_channel"})
"""Warnings that bear on whether nobody spoke; not where both parties are heard on one channel."""
_QUIET = frozenset({"silence", "dead_air", "monologue", "response_latency"})
_SAYS: Mapping[Lang, tuple[str, str]] = {"zh": ("，", " → "), "en": ("; ", " → ")}
_SIGNS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One thing that was looked at, in words."""

    text: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an event is what it is."""

    number: int
    """From 1, in the order of the call document."""
    event: Event
    title: str
    definition: str
    """Id with the parameters in force."""
    definition_text: str
    parameters: Mapping[str, float]
    reasons: tuple[ReasonView, ...]
    sentence: str
    """All reasons, and what follows."""
    caveats: tuple[CallWarning, ...] = ()
    """Warnings of the call that bear on it."""


def explain(document: CallDocument, number: int, *, lang: Lang = "zh") -> Explanation:
    """Explain one event of a call.

    Args:
        document: The call.
        number: Of the event, from 1.
        lang: Language of the words.

    Raises:
        NotFoundError: The call has no event of that number.
    """
    count = len(document.events)
    if not 1 <= number <= count:
        has = "no_such_event" if count else "no_event_at_all"
        raise error_of(NotFoundError, has, call=document.recording.id, number=number, count=count)
    event, texts = document.events[number - 1], Texts(lang)
    caveats = caveats_of(event, document.warnings)
    unsure = any(warning.code in _OF_ROLES for warning in caveats)
    reasons = tuple(
        ReasonView(
            text=_UNSURE[lang] if unsure and reason.test == "excuse" else _told(document, reason, event, texts),
            reason=reason,
        )
        for reason in event.reasons
    )
    said = _SAYS[lang][0].join(view.text for view in reasons) or _UNKNOWN[lang]
    return Explanation(
        number=number,
        event=event,
        title=title_of(event, lang),
        definition=event.definition,
        definition_text=DEFINITION_TEXTS.get(event.kind, {}).get(lang, ""),
        parameters=parameters_of(event.definition),
        reasons=reasons,
        sentence=f"{said}{_SAYS[lang][1]}{_name(event, texts)}",
        caveats=caveats,
    )


def caveats_of(event: Event, warnings: Sequence[CallWarning]) -> tuple[CallWarning, ...]:
    """The warnings of a call under which an event may be another one, or none."""
    codes = {warning.code for warning in warnings}
    wanted = _OF_ROLES if event.by is not None or event.kind == "dead_air" else frozenset()
    if event.kind in _QUIET and "one_channel" not in codes:
        wanted |= _OF_QUIET
    return tuple(warning for warning in warnings if warning.code in wanted)


def title_of(event: Event, lang: Lang) -> str:
    """When it happened, what it is, by whom."""
    texts = Texts(lang)
    name, start, end = _name(event, texts), moment(event.start), moment(event.end)
    if not event.segment:
        return f"{start} {name}"
    return f"{start}–{end} {name} {texts('u_seconds', value=f'{event.segment.duration:.1f}')}"


def parameters_of(definition: str) -> dict[str, float]:
    """The parameters that a definition states: "hold(min=3.0)" gives {"min": 3.0}."""
    _, _, inside = definition.rstrip(")").partition("(")
    pairs = (part.split("=", 1) for part in inside.split(",") if "=" in part)
    return {name: float(value) for name, value in pairs}


def as_plain(one: Explanation) -> dict[str, Any]:
    """An explanation for programs: what the API gives and `asr-qa explain --json` prints."""
    return {
        "number": one.number,
        "kind": one.event.kind,
        "start": round(one.event.start, 3),
        "end": round(one.event.end, 3),
        "by": one.event.by,
        "level": one.event.level,
        "waived_by": one.event.waived_by,
        "definition": one.definition,
        "definition_text": one.definition_text,
        "parameters": dict(one.parameters),
        "reasons": [{"said": view.text, **asdict(view.reason)} for view in one.reasons],
        "sentence": one.sentence,
        "caveats": [warning.code for warning in one.caveats],
    }


def _name(event: Event, texts: Texts) -> str:
    name = texts.word("e", event.kind)
    name = texts("by", event=name, role=texts(event.by.value)) if event.by else name
    return f"{name} [{_LEVELS[texts.lang].get(event.level, event.level)}]" if event.level else name


def _told(document: CallDocument, reason: Reason, event: Event, texts: Texts) -> str:
    """A reason in words, with what is said around the event where that is what it is about."""
    around = _AROUND.get(event.kind) if reason.test == "latency" else None
    return (around(document, event, _number(reason.value), texts) if around else "") or _say(reason, event, texts)


def _say(reason: Reason, event: Event, texts: Texts) -> str:
    lang = texts.lang
    if reason.test == "held" and not reason.value:
        return _NOT_HELD[lang]
    if reason.test == "words" and not reason.text:
        return _NO_WORDS[lang]
    if reason.test == "apart" and reason.value is None:
        return _ALONE[lang]
    holds, fails = _WORDS[lang].get(reason.test, (f"{reason.test} {{v}} {{c}}", f"{reason.test} {{v}}: not {{c}}"))
    if reason.test == "excuse_lead" and (reason.value or 0.0) < 0:
        holds = _TOO_LATE[lang]
    by = event.by or Role.OTHER
    text = reason.text.strip(" ，。？！,.?!")
    return (holds if reason.holds else fails).format(
        by=party(by, texts),
        other=party(by.opposite, texts),
        v=_number(reason.value),
        n=f"{reason.value or 0:.0f}",
        t=moment(reason.value or 0.0),
        d=_number(abs(reason.value or 0.0)),
        c=f"{_SIGNS.get(reason.relation, reason.relation)} {_number(reason.limit)}",
        text=text,
        heard=_HEARD[lang].format(text=text) if text else "",
    )


def _number(value: float | None) -> str:
    """At least one decimal, at most two."""
    if value is None:
        return "–"
    text = f"{value + 0.0:.2f}"
    return text[:-1] if text.endswith("0") else text
