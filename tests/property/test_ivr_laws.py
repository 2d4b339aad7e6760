"""Laws of automatic prompts: whatever call follows them is measured as if they had not been there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.core.metrics import measure
from asr_qa.core.options import TimingOptions
from asr_qa.core.prompts import find_prompts
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript, Utterance, spread
from asr_qa.pipeline.ports import NonSpeech
from asr_qa.pipeline.prompts import without_prompts

ROLES = (Role.AGENT, Role.CUSTOMER)
MENU = "欢迎致电移动客服普通话请按一"
TEXTS = st.sampled_from(["您好请讲", "嗯", "好的", "我要投诉", "请问有什么可以帮您", "请稍等", ""])
SAID = st.tuples(st.sampled_from(ROLES), st.integers(5, 160), st.integers(4, 100), TEXTS)


def said(role: Role, start: float, end: float, text: str) -> Utterance:
    return Utterance(role, start, end, text, words=spread(text, Segment(start, end)))


def lay_out(rows: list[tuple[Role, int, int, str]], start: float) -> tuple[Utterance, ...]:
    found, now = [], start
    for role, pause, length, text in [(Role.AGENT, 0, 40, "您好请问有什么可以帮您"), *rows]:
        found.append(said(role, now + pause / 20, now + (pause + length) / 20, text))
        now = found[-1].end
    return tuple(found)


def speech_of(utterances: tuple[Utterance, ...]) -> dict[Role, Track]:
    return {role: union(u.segment for u in utterances if u.role is role) for role in ROLES}


@given(st.lists(SAID, max_size=12), st.integers(0, 20))
def test_a_call_after_a_menu_is_measured_like_the_call_alone(
    rows: list[tuple[Role, int, int, str]], seconds: int
) -> None:
    alone, after = lay_out(rows, 0.0), lay_out(rows, 6.0 + seconds)
    end = after[-1].end + 1
    options, menu = TimingOptions(), said(Role.AGENT, 1.0, 5.0, MENU)
    prompts, speech, transcript = without_prompts(
        speech_of((menu, *after)),
        Transcript((menu, *after)),
        end,
        unspoken=tuple((role, NonSpeech()) for role in ROLES),
        options=options,
    )
    assert prompts is not None
    assert prompts.said == (Segment(1.0, 5.0),)
    assert transcript.utterances[1:] == after
    call = build_timeline(speech, transcript, end, prompts=prompts)
    plain = build_timeline(speech_of(alone), Transcript(alone), alone[-1].end + 1)
    shift = 6.0 + seconds
    kept = [(e.kind, round(e.start - shift, 3), e.by) for e in call.events if e.kind not in ("ivr", "first_response")]
    assert kept == [(e.kind, round(e.start, 3), e.by) for e in plain.events if e.kind != "first_response"]
    figures, expected = measure(call, transcript), measure(plain, Transcript(alone))
    assert figures.first_response == pytest.approx(shift - 5.0)
    assert figures.speech_seconds.agent == pytest.approx(expected.speech_seconds.agent)
    assert figures.ivr_seconds == 4.0 or not call.holds_known


@given(st.lists(SAID, max_size=12))
def test_a_call_that_a_person_opens_has_no_prompts(rows: list[tuple[Role, int, int, str]]) -> None:
    call = lay_out([*rows, (Role.AGENT, 20, 80, MENU)], 0.5)
    assert find_prompts(speech_of(call), Transcript(call), call[-1].end + 1) is None
