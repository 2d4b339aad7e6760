"""What is said on either side of an event: between which turns a wait lies, in the words of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asr_qa.core.document import CallDocument
from asr_qa.core.event import Event
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Transcript, Word, text_of
from asr_qa.core.turns import Turn, words_in
from asr_qa.render.format import clock
from asr_qa.render.texts import Lang, Texts

_NEAR = 0.01
"""Seconds by which stored times may differ."""
_SHOWN = 12
"""Characters shown of what somebody says, or so many more as the last word has."""

_LATENCY: Mapping[Lang, tuple[str, str]] = {
    "zh": (
        "{asker}的话轮 {asked} 到此说完{ended}，{answerer}的下一个话轮 {answered} 开始{began}，相隔 {v} 秒",
        "{answerer}的话轮 {answered} 在{asker}的话轮 {asked} 说完{ended}之前就开始{began}，并且说了下去，记 0 秒",
    ),
    "en": (
        "the turn of {asker} {asked} ends{ended}, the next of {answerer} {answered} begins{began}, {v} s lie between",
        "the turn of {answerer} {answered} begins{began} before that of {asker} {asked} ends{ended}, and goes on: 0 s",
    ),
}
_FIRST: Mapping[Lang, tuple[str, str]] = {
    "zh": (
        "从录音开始到{answerer}第一次说话 {at}{began}，相隔 {v} 秒",
        "从语音菜单结束 {since} 到{answerer}第一次说话 {at}{began}，相隔 {v} 秒",
    ),
    "en": (
        "from the start of the recording to the first speech of {answerer} at {at}{began}: {v} s",
        "from the end of the automatic prompts at {since} to the first speech of {answerer} at {at}{began}: {v} s",
    ),
}
_QUOTE: Mapping[Lang, str] = {"zh": "“{text}”", "en": " “{text}”"}


@dataclass(frozen=True, slots=True)
class _Said:
    """A turn with what is heard in it."""

    turn: Turn
    words: Sequence[Word]

    @property
    def span(self) -> str:
        """Start and end on the clock."""
        return f"{moment(self.turn.start)}–{moment(self.turn.end)}"


def moment(seconds: float) -> str:
    """A time to the nearest tenth: nobody seeks to it, so nothing is missed by rounding up."""
    return clock(round(seconds, 1), tenths=True)


def party(role: Role, texts: Texts) -> str:
    """A role inside a sentence."""
    return texts(role.value) if texts.lang == "zh" else f"the {texts(role.value).lower()}"


def say_latency(document: CallDocument, event: Event, seconds: str, texts: Texts) -> str:
    """Between which two turns the agent let the customer wait; empty where the document does not keep the turns."""
    turns = document.timing.turns if document.timing else ()
    asked = [t for t in turns if t.role is Role.CUSTOMER and abs(t.end - event.start) < _NEAR]
    answers = [t for t in turns if t.role is Role.AGENT and t.start < event.end + _NEAR and t.end > event.end]
    if not asked or not answers:
        return ""
    asker, answerer = _said(document, asked[-1]), _said(document, answers[-1])
    early = answerer.turn.start < asker.turn.end - _NEAR
    return _LATENCY[texts.lang][early].format(
        asker=party(Role.CUSTOMER, texts),
        answerer=party(Role.AGENT, texts),
        asked=asker.span,
        answered=answerer.span,
        ended=_quoted(_end_of(asker.words), texts),
        began=_quoted(_start_of(answerer.words), texts),
        v=seconds,
    )


def say_first(document: CallDocument, event: Event, seconds: str, texts: Texts) -> str:
    """From what to what the first response is counted."""
    said = next((u.words for u in document.utterances if u.role is Role.AGENT and u.end > event.end), ())
    automatic = any(other.kind == "ivr" for other in document.events)
    return _FIRST[texts.lang][automatic].format(
        since=moment(event.start),
        answerer=party(Role.AGENT, texts),
        at=moment(event.end),
        began=_quoted(_start_of(said), texts),
        v=seconds,
    )


def _said(document: CallDocument, turn: Turn) -> _Said:
    turns = [other for other in document.timing.turns if other.role is turn.role] if document.timing else []
    murmurs = tuple(e.segment for e in document.events if e.kind == "backchannel" and e.by is turn.role)
    return _Said(turn, words_in(turns, Transcript(document.utterances), murmurs={turn.role: murmurs})[turn])


def _quoted(text: str, texts: Texts) -> str:
    return _QUOTE[texts.lang].format(text=text) if text else ""


def _start_of(words: Sequence[Word]) -> str:
    kept: list[Word] = []
    for word in words:
        if len(text_of(kept)) >= _SHOWN:
            return f"{_bare(kept)}…"
        kept.append(word)
    return _bare(kept)


def _end_of(words: Sequence[Word]) -> str:
    kept: list[Word] = []
    for word in reversed(words):
        if len(text_of(kept)) >= _SHOWN:
            return f"…{_bare(kept)}"
        kept.insert(0, word)
    return _bare(kept)


def _bare(words: Sequence[Word]) -> str:
    return text_of(words).strip(" ，。？！,.?!")
