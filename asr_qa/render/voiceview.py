"""Hints about voices as the report shows them: numbers beside the usual ones, and a clip to listen to."""

from __future__ import annotations

from collections.abc import Iterator

from asr_qa.core.finding import Evidence, Match
from asr_qa.core.voice import VoiceEvidence, VoiceHint, VoiceReport
from asr_qa.render.evidence import FindingViewer
from asr_qa.render.texts import Texts
from asr_qa.render.views import VoiceHintView

_MAX_CLIPS = 8
"""Hints of a call that get a player."""


def voice_hints(report: VoiceReport | None, viewer: FindingViewer, texts: Texts) -> tuple[VoiceHintView, ...]:
    """The hints of a call in order of time; empty where voices were not measured."""
    return tuple(_views(report, viewer, texts)) if report else ()


def _views(report: VoiceReport, viewer: FindingViewer, texts: Texts) -> Iterator[VoiceHintView]:
    for index, hint in enumerate(report.hints):
        shown = Evidence(hint.role, hint.start, hint.end, _numbers(hint, texts), Match.TIMING)
        yield VoiceHintView(
            title=texts.word("voice", hint.kind),
            place=viewer.listen_to(shown, player=index < _MAX_CLIPS),
            definition=hint.definition,
        )


def _numbers(hint: VoiceHint, texts: Texts) -> str:
    return texts("list_separator").join(_number(one, texts) for one in hint.evidence)


def _number(one: VoiceEvidence, texts: Texts) -> str:
    digits = 0 if one.figure in ("characters_per_minute", "pitch_hz") else 1
    value, usual, spread = (f"{number:.{digits}f}" for number in (one.value, one.usual, one.spread))
    return texts(f"voice_{one.figure}", value=value, usual=usual, spread=spread)
