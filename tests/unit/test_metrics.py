"""The figures of drawn calls; one column of a drawing is a second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asr_qa.core.metrics import CallMetrics, Latency, PerRole, measure, waits
from asr_qa.core.prompts import Prompts
from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import CallTimeline, TimingOptions, build_timeline
from asr_qa.core.transcript import Transcript, Word
from asr_qa.core.turns import count_units


def drawn(text: str) -> tuple[CallTimeline, Transcript]:
    sketch = parse_sketch(text)
    return build_timeline(sketch.speech, sketch.transcript, sketch.duration, holds=()), sketch.transcript


def figures(text: str, *, ring_seconds: float | None = None, language: str = "zh") -> CallMetrics:
    return measure(*drawn(text), ring_seconds=ring_seconds, language=language)


def test_metrics_of_a_whole_call() -> None:
    # agent     ..####..........####....##     2-6, 16-20, 24-26
    # customer  .......####..........###..     7-11, 19-23: overlap 1 s, the agent gives way
    # silence   ...........=====               5 s of 24, unexcused
    call = figures(
        "A 2-6 您好请问有什么 | B 7-11 我要查一下账单 | A 16-20 您的账单没有 | B 19-23 你说什么 "
        "| A 24-26 对不起您请讲 | end 30"
    )
    assert call.duration == 30
    assert call.speech_seconds == PerRole(agent=10, customer=8)
    assert call.talk_ratio == pytest.approx(10 / 18)
    assert (call.silence_seconds, call.longest_silence) == (5, 5)
    assert call.silence_share == pytest.approx(5 / 24)
    assert (call.dead_air_seconds, call.dead_air_count, call.hold_seconds) == (5, 1, 0)
    assert call.overlap_seconds == pytest.approx(1)
    assert call.interruptions == PerRole(agent=0, customer=1)
    assert call.talk_overs == call.backchannels == PerRole(agent=0, customer=0)
    assert call.response_latency == Latency(median=3, worst=5)  # 11 -> 16, 23 -> 24
    assert call.first_response == 2
    assert call.turns == PerRole(agent=3, customer=2)
    assert call.longest_monologue == PerRole(agent=4, customer=4)


@pytest.mark.parametrize("holds", [None, ()])
def test_metrics_of_a_call_without_speech_are_unknown(holds: Track | None) -> None:
    call = measure(build_timeline({Role.AGENT: (), Role.CUSTOMER: ()}, Transcript(), 30, holds=holds), Transcript())
    unknown = {"duration": 30, "speech_seconds": PerRole(), "response_latency": Latency()}
    for name in CallMetrics.__dataclass_fields__:
        expected = unknown.get(name, PerRole() if isinstance(getattr(call, name), PerRole) else None)
        assert getattr(call, name) == expected, name


def test_metrics_of_one_side_know_nothing_of_the_other() -> None:
    call = figures("A 1-4 您好请问有什么可以帮您 | A 10-12 喂您好听得到吗")
    assert call.speech_seconds == PerRole(agent=5, customer=None)
    assert call.talk_ratio is None
    assert call.silence_seconds == 6
    assert call.overlap_seconds is None
    assert call.interruptions == call.backchannels == PerRole()
    assert call.turns == PerRole(agent=2)
    assert call.response_latency == Latency()


def test_first_response_counts_the_ringing() -> None:
    assert figures("B 0-1 喂 | A 3-4 您好", ring_seconds=11).first_response == 14
    assert figures("B 0-1 喂 | A 3-4 您好").first_response == 3
    assert figures("B 0-1 喂", ring_seconds=11).first_response is None


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ((), 12 + 9),
        ((Segment(2, 8),), 12),  # it rings in the recording: counted once
        ((Segment(2, 3),), 12),  # so does a single burst
        ((Segment(15, 20),), 12 + 9),  # music after the agent's first word says nothing of the ringing
    ],
)
def test_ringing_in_the_recording_counts_once(holds: Track, expected: float) -> None:
    sketch = parse_sketch("B 0-1 喂 | A 12-14 您好请稍等 | A 21-23 让您久等了 | end 24")
    call = build_timeline(sketch.speech, sketch.transcript, 24, holds=holds)
    assert measure(call, sketch.transcript, ring_seconds=9).first_response == expected


def test_ringing_before_a_menu_is_no_part_of_the_first_response() -> None:
    # prompts  ####........      1-5
    # agent    ........##        8-10
    sketch = parse_sketch("A 8-10 您好请讲 | B 11-12 喂")
    prompts = Prompts((Segment(1, 5),), Segment(1, 5), (Reason(test="menu", text="普通话请按一"),))
    call = build_timeline(sketch.speech, sketch.transcript, 13, holds=(), prompts=prompts)
    assert measure(call, sketch.transcript, ring_seconds=9).first_response == 3


def test_hold_seconds_leave_out_the_wait_for_an_answer() -> None:
    sketch = parse_sketch("A 10-12 请您稍等 | A 21-23 让您久等了 | B 24-25 嗯")
    call = build_timeline(sketch.speech, sketch.transcript, 26, holds=(Segment(1, 8), Segment(13, 20)))
    assert measure(call, sketch.transcript).hold_seconds == 7


def test_dead_air_leaves_out_what_is_excused() -> None:
    # A ## 8 s excused ## 6 s not ##
    call = figures("A 0-2 请您稍等 | A 10-12 您的账单是 | A 18-20 喂您好")
    assert (call.dead_air_seconds, call.dead_air_count) == (6, 1)
    assert call.silence_seconds == 14


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # customer ###....      the agent answers after 2 s
        # agent    .....##
        ("B 0-3 我要查账单 | A 5-7 好的请讲", [2]),
        # begun before the customer had ended: no wait
        ("B 0-3 我要查账单 | A 2.8-7 好的请讲一下", [0]),
        # two turns of the customer: only the wait after the last one counts
        ("B 0-3 我要查账单 | B 5-7 我想查账单 | A 8-9 好的请讲", [1]),
        # the customer talks over the agent, who just goes on: no response
        ("A 0-9 您的账单一共是一百元 | B 3-5 不是这样的吧 | A 11-12 您看对吗", []),
        # begun before the customer had ended, but given up again: the answer comes later
        ("B 0-10 我要查账单 | A 3-5 请问您是 | A 15-17 好的请讲", [5]),
        # the same, and the customer speaks again first
        ("B 0-10 我要查账单 | A 3-5 请问您是 | B 12-14 喂你好在吗 | A 15-17 好的请讲", [1]),
        # announced wait, then a wait of 1 s
        ("A 0-2 请您稍等 | B 2.5-4 谢谢你啊哥们 | A 12-14 您的账单 | B 15-17 多少钱啊这个 | A 18-19 一百元", [1]),
    ],
)
def test_response_latency(text: str, expected: list[float]) -> None:
    assert [wait.duration for wait in waits(drawn(text)[0])] == pytest.approx(expected)


def test_response_latency_leaves_out_holds() -> None:
    # customer ###..............
    # agent    ....~~~~~~~~..##     hold 4-12
    sketch = parse_sketch("B 0-3 我要查账单 | A 14-16 让您久等了")
    call = build_timeline(sketch.speech, sketch.transcript, 17, holds=(Segment(4, 12),))
    assert waits(call) == []


def test_speech_rate_counts_characters_of_turns_long_enough() -> None:
    # 10 characters in 2 s; 好的 is too short to count
    call = figures("A 0-2 您好，请问 有什么可以帮！ | B 3-4 我 | A 5-9 好的 | B 10-11 嗯")
    assert call.characters_per_minute == PerRole(agent=300, customer=None)


def test_speech_rate_leaves_out_pauses() -> None:
    # ##.## 8 characters, 4 s of speech in a turn of 4.5 s
    assert figures("A 0-2 您的账单 | A 2.5-4.5 已经出来").characters_per_minute.agent == 120


def test_speech_rate_counts_words_where_there_are_no_characters() -> None:
    text = "A 0-2 hello, this is the help desk."
    assert figures(text, language="en").characters_per_minute.agent == 180
    assert figures(text).characters_per_minute.agent is None


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("您好， ABC ！", "zh", 2),
        ("您好， ABC ！", "en-US", 2),
        ("", "zh", 0),
        ("我的号码是13812345678。", "zh", 16),
        ("二〇二六年", "zh-CN", 5),
        ("１３８", "ja", 3),
        ("call 13812345678 now", "en", 3),
    ],
)
def test_units_are_characters_and_digits_or_words(text: str, language: str, count: int) -> None:
    words = [Word(word, at, at + 1) for at, word in enumerate(text.split())]
    assert count_units(words, language) == count


def test_speech_rate_is_the_same_for_digits_said_and_written() -> None:
    said = figures("A 0-3 一三八一二三四五六七八").characters_per_minute.agent
    assert figures("A 0-3 13812345678").characters_per_minute.agent == said == 220


def test_speech_rate_is_unknown_where_too_little_is_counted() -> None:
    assert figures("A 0-1.9 您好请问有什么可以帮").characters_per_minute.agent is None
    assert figures("A 0-1 您好请问有什么 | B 1.5-3 我 | A 3.5-4.5 可以帮您的吗").characters_per_minute.agent == 390
    strict = TimingOptions(rate_least=3)
    assert measure(*drawn("A 0-2 您好请问有什么可以帮"), options=strict).characters_per_minute.agent is None


def test_speech_rate_leaves_out_turns_not_understood() -> None:
    call = figures("A 0-2 您的账单已经 | A 2.1-6 ? | B 7-8 喂 | A 9-11 您的账单已经出来了吗")
    assert call.characters_per_minute.agent == 300


def test_speech_rate_needs_no_word_times() -> None:
    timeline, transcript = drawn("A 0-2 您的账单已经出来了吗")
    bare = replace(transcript, utterances=tuple(replace(u, words=()) for u in transcript.utterances))
    assert measure(timeline, bare).characters_per_minute.agent == 300


def test_longest_monologue_spans_turns_of_one_role() -> None:
    # agent ###..###   pause of 1.5 s ends the turn, not the monologue
    call = figures("A 0-3 您的账单已经 | A 4.5-8 一共是一百元 | B 8.5-9 谢谢你啊")
    assert call.turns.agent == 2
    assert call.longest_monologue.agent == 8


def test_holds_nobody_looked_for_are_not_zero_seconds() -> None:
    sketch = parse_sketch("A 0-2 您好 | B 10-12 你好")
    unknown = build_timeline(sketch.speech, sketch.transcript, sketch.duration)
    assert measure(unknown, sketch.transcript).hold_seconds is None
    looked = build_timeline(sketch.speech, sketch.transcript, sketch.duration, holds=())
    assert measure(looked, sketch.transcript).hold_seconds == 0.0
