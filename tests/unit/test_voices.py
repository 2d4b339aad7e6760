"""One channel in a call: parted, transcribed apart, named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from asr_qa.core.metrics import measure
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript
from asr_qa.core.unknown import without_unknown
from asr_qa.pipeline.ports import Cue, Diarization, Samples, SpokenChannel
from asr_qa.pipeline.roles import ROLE_LIMIT, agent_odds, decide_roles
from asr_qa.pipeline.voices import NO_MODEL, Parted, name_voices, part_voices

A, C, O = Role.AGENT, Role.CUSTOMER, Role.OTHER  # noqa: E741
ONE: Track = (Segment(0.0, 2.0),)
TWO: Track = (Segment(2.5, 4.0),)
SCRIPT = "您好，欢迎致电华信客服中心，请问有什么可以帮您"


class Known:
    """A diarizer that has its answer."""

    name = "known"

    def __init__(self, answer: Diarization) -> None:
        self._answer = answer

    def diarize(self, samples: Samples, speech: Track, *, cues: Sequence[Cue] = ()) -> Diarization:
        return self._answer


def channel() -> SpokenChannel:
    return SpokenChannel(O, np.full(5 * 16000, 1000, np.int16), (*ONE, *TWO))


def said(sketch: str) -> Transcript:
    return parse_sketch(sketch).transcript


def codes(warnings: tuple[object, ...]) -> list[str]:
    return [warning.code for warning in warnings]  # type: ignore[attr-defined]


def parted(confidence: float = 0.98) -> Parted:
    return part_voices(channel(), Known(Diarization((ONE, TWO), confidence)))


def test_each_voice_is_a_channel_of_its_own_without_the_other() -> None:
    found = parted()
    assert [(c.role, c.speech) for c in found.channels] == [(A, ONE), (C, TWO)]
    first, second = (c.samples for c in found.channels)
    assert not first[int(2.5 * 16000) : 4 * 16000].any()
    assert first[: 2 * 16000].all()
    assert not second[: 2 * 16000].any()
    assert codes(found.warnings) == ["one_channel"]
    assert channel().samples.all()


def test_both_voices_are_heard_for_a_moment_where_one_takes_over_from_the_other() -> None:
    whole = SpokenChannel(O, np.full(5 * 16000, 1000, np.int16), (Segment(0.0, 4.0),))
    found = part_voices(whole, Known(Diarization(((Segment(0.0, 2.0),), (Segment(2.0, 4.0),)), 0.98)))
    first, second = (np.flatnonzero(c.samples) / 16000 for c in found.channels)
    assert first[-1] == pytest.approx(2.2, abs=0.01)
    assert second[0] == pytest.approx(1.8, abs=0.01)
    assert [c.speech[0] for c in found.channels] == [Segment(0.0, 2.0), Segment(2.0, 4.0)]


def test_a_voice_keeps_the_sound_around_it_and_nothing_further_off() -> None:
    long = SpokenChannel(O, np.full(60 * 16000, 1000, np.int16), (Segment(10.0, 12.0), Segment(20.0, 21.0)))
    found = part_voices(long, Known(Diarization(((Segment(10.0, 12.0),), (Segment(20.0, 21.0),)), 0.98)))
    heard = [np.flatnonzero(c.samples) / 16000 for c in found.channels]
    assert [(round(h[0]), round(h[-1])) for h in heard] == [(9, 13), (19, 22)]


def test_events_of_two_voices_at_once_are_left_out_and_the_others_kept() -> None:
    call = parse_sketch("A 0-6 我们今天说一说这件事情吧 | B 2-2.4 嗯 | B 4-9 不对你听我说 | A 20-22 好的")
    speech = {role: tuple(u.segment for u in call.transcript.of(role)) for role in (A, C)}
    timeline = build_timeline(speech, call.transcript, 22.0)
    kinds = {event.kind for event in timeline.events}
    assert {"overlap", "backchannel", "interruption"} <= kinds
    metrics = measure(timeline, call.transcript)
    figures, left = without_unknown(metrics, timeline, {"one_channel"})
    assert {event.kind for event in left.events} == kinds - {"overlap", "backchannel", "interruption", "talk_over"}
    assert "silence" in {event.kind for event in left.events}
    assert left.turns == timeline.turns
    assert metrics.overlap_seconds == pytest.approx(2)
    assert figures.overlap_seconds is None
    assert figures.silence_seconds == metrics.silence_seconds == pytest.approx(11)


def test_without_a_model_nothing_is_parted_and_the_way_to_one_is_said() -> None:
    found = part_voices(channel(), None)
    assert [(c.role, c.speech) for c in found.channels] == [(O, (*ONE, *TWO))]
    assert found.warnings == (NO_MODEL,)
    assert "asr-qa models pull voices" in NO_MODEL.message
    named = name_voices(found, said("O 0-2 您好欢迎致电"), direction="inbound")
    assert set(named.speech) == {O}
    assert codes(named.warnings) == ["roles_unknown"]


def test_one_voice_is_nobodys() -> None:
    found = part_voices(channel(), Known(Diarization(((*ONE, *TWO),))))
    named = name_voices(found, said(f"O 0-2 {SCRIPT}"), direction="inbound")
    assert set(named.speech) == {O}
    assert codes(named.warnings) == ["roles_unknown"]


def test_a_customer_who_is_heard_first_is_still_the_customer() -> None:
    named = name_voices(parted(), said(f"A 0-2 喂 | B 2.5-4 {SCRIPT}"), direction="inbound")
    assert named.warnings == ()
    assert named.speech == {C: ONE, A: TWO}
    assert [(u.role, u.text) for u in named.transcript.utterances] == [(C, "喂"), (A, SCRIPT)]


def test_where_nothing_tells_the_likelier_roles_are_kept_apart_and_warned_of() -> None:
    named = name_voices(parted(), said("A 0-2 今天天气很好 | B 2.5-4 是这样子吗"), direction="inbound")
    assert named.speech == {A: ONE, C: TWO}
    assert codes(named.warnings) == ["roles_unknown"]


@pytest.mark.parametrize(("confidence", "warned"), [(0.98, False), (0.7, True)])
def test_roles_are_unknown_where_two_voices_are_not_sure(confidence: float, *, warned: bool) -> None:
    named = name_voices(parted(confidence), said(f"A 0-2 {SCRIPT} | B 2.5-4 我想查话费"), direction="inbound")
    assert bool(named.warnings) is warned


OPENED = f"A 0-3 {SCRIPT} | B 3-5 你好我想查话费"


@pytest.mark.parametrize(
    ("call", "direction"),
    [
        (OPENED, "inbound"),
        (OPENED, "outbound"),
        (OPENED, None),
        ("B 0-1 喂 | A 1-4 您好请问是王先生吗这里是华信客服中心工号三零一 | B 4-6 我是怎么了", "outbound"),
        ("A 0-2 喂说 | B 2-4 我想问一下我的快递什么时候到 | A 5-9 您稍等我帮您查一下您的单号是多少 | "
         "A 60-64 还有其他可以帮您的吗感谢您的来电祝您生活愉快", "inbound"),
        ("B 0-1 没有了 | A 1-6 那个您好欢迎事件优损伤痕测服中心本次空话将会入医请问您会议一 | "
         "A 6-9 公司的发票要您睡好 | B 9-12 我想我的怎么那么多", None),
        ("A 0-3 您好我是怀信宽带的客户经理打电话给您是想介绍活动 | B 3-5 可以", None),
        ("A 0-3 thank you for calling north star, how can i help you | B 3-5 my order is late", "inbound"),
    ],
)  # fmt: skip
def test_the_agent_is_known_by_what_he_says(call: str, direction: str | None) -> None:
    decision = decide_roles(said(call), direction=direction)
    assert not decision.swapped
    assert decision.confidence >= ROLE_LIMIT


@pytest.mark.parametrize("call", [OPENED, "A 0-2 今天天气很好啊 | B 2-4 是", "B 0-2 我要投诉你们 | A 2-5 非常抱歉女士"])
def test_odds_are_the_same_from_either_side(call: str) -> None:
    swapped = call.replace("A ", "X ").replace("B ", "A ").replace("X ", "B ")
    assert agent_odds(said(call), direction="inbound") == pytest.approx(-agent_odds(said(swapped), direction="inbound"))


def test_a_call_without_words_tells_nothing() -> None:
    decision = decide_roles(Transcript(), direction="inbound")
    assert decision.confidence == 0.5
    assert not decision.known
