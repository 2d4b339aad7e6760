"""Turns and events of drawn calls.

In the drawings one column is a second (or as the ruler says), # is speech with words that take the floor,
m is speech of acknowledgements, and the lower line is the other party.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from asr_qa.core.event import KINDS
from asr_qa.core.metrics import DEFINITION_OF, CallMetrics
from asr_qa.core.prompts import Prompts
from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import CallTimeline, Event, TimingOptions, build_timeline, definitions, overlaps
from asr_qa.core.transcript import Transcript

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
NO_WORDS = Transcript()


def timeline(text: str, *, words: bool = True, options: TimingOptions | None = None) -> CallTimeline:
    sketch = parse_sketch(text)
    transcript = sketch.transcript if words else NO_WORDS
    return build_timeline(sketch.speech, transcript, sketch.duration, options=options)


def brief(events: tuple[Event, ...]) -> list[tuple[float, float, Role | None]]:
    return [(round(e.start, 3), round(e.end, 3), e.by) for e in events]


def turns(call: CallTimeline, role: Role) -> list[tuple[float, float]]:
    return [(turn.start, turn.end) for turn in call.turns_of(role)]


# Speech and turns


def test_speech_bridges_pauses_below_a_fifth_of_a_second() -> None:
    # agent  ####.####..####    pauses of 0.1 s and 0.3 s
    call = timeline("A 0-1 我想问 | A 1.1-2 一下 | A 2.3-3 费用")
    assert call.speech[AGENT] == (Segment(0, 2), Segment(2.3, 3))


def test_turn_bridges_own_pauses_below_a_second() -> None:
    # agent  ###.###..###     pauses of 0.9 s and 1.0 s: two turns
    call = timeline("A 0-3 我想问一下 | A 3.9-6 这个费用 | A 7-9 怎么算的")
    assert turns(call, AGENT) == [(0, 6), (7, 9)]


def test_the_words_of_a_murmur_are_in_no_turn_beside_it() -> None:
    # customer  ####################
    # agent     ...........m.mm.mmmm    的 of 好的 is within 0.5 s of the turn 嗯 嗯嗯, and not of it
    call = timeline("B 0-8 我要投诉你们上门的师傅 | A 5.9-6.1 好的 | A 6.55-6.95 嗯 | A 7.05-8.5 嗯嗯")
    assert not call.of("talk_over", AGENT)
    assert not call.of("interruption", AGENT)


def test_turn_ends_when_the_other_takes_a_turn_in_the_pause() -> None:
    # agent     ###....###      pause of 0.9 s
    # customer  ...####...      0.8 s in it
    call = timeline("A 0-3 请问您的地址 | B 3.05-3.85 北京市朝阳区 | A 3.9-6 好的那电话呢")
    assert turns(call, AGENT) == [(0, 3), (3.9, 6)]
    assert turns(call, CUSTOMER) == [(3.05, 3.85)]


def test_turn_goes_on_over_a_back_channel_in_its_pause() -> None:
    # agent     ###.....###
    # customer  ....mmm....     嗯 of 0.4 s in a pause of 0.9 s
    call = timeline("A 0-3 您的订单已经 | B 3.2-3.6 嗯 | A 3.9-6 发出去了")
    assert turns(call, AGENT) == [(0, 6)]
    assert turns(call, CUSTOMER) == []
    assert brief(call.of("backchannel")) == [(3.2, 3.6, CUSTOMER)]


# Silence, holds, dead air


def test_silence_lies_between_first_and_last_speech() -> None:
    # agent     ..##........##.....     0-2 and 12-17 lie outside
    # customer  .....##............     silence 7-10, not 4-5
    call = timeline("A 2-4 您好请讲 | B 5-7 我要查账单 | A 10-12 好的 | end 17")
    assert brief(call.of("silence")) == [(7, 10, None)]


def test_silence_and_dead_air_begin_at_their_limits() -> None:
    # A ##..##.....##     2 s is a silence, 5 s is dead air as well
    call = timeline("A 0-2 您好请讲 | A 4-6 您好请讲 | A 11-12 喂您好")
    assert brief(call.of("silence")) == [(2, 4, None), (6, 11, None)]
    assert brief(call.of("dead_air")) == [(6, 11, None)]
    short = timeline("A 0-2 您好请讲 | A 3.99-6 您好请讲 | A 10.99-12 喂您好")
    assert brief(short.of("silence")) == [(6, 10.99, None)]
    assert short.of("dead_air") == ()


def test_dead_air_is_what_holds_leave_of_a_silence() -> None:
    # agent     ##................##
    # hold      .....~~~~~~~~......     5-13
    # left      ..===........=====      2-5 too short, 13-18 dead air
    sketch = parse_sketch("A 0-2 您好请讲 | A 18-20 让您久等了")
    call = build_timeline(sketch.speech, sketch.transcript, 21, holds=(Segment(5, 13),))
    assert brief(call.of("silence")) == [(2, 18, None)]
    assert brief(call.of("hold")) == [(5, 13, AGENT)]
    assert brief(call.of("dead_air")) == [(13, 18, None)]


def test_hold_music_is_no_speech_of_the_agent() -> None:
    # agent     ##...~~~~~~~~....##     the detector took the music for speech
    speech = {AGENT: (Segment(0, 2), Segment(5, 13), Segment(17, 19)), CUSTOMER: ()}
    call = build_timeline(speech, NO_WORDS, 20, holds=(Segment(5, 13),))
    assert call.speech[AGENT] == (Segment(0, 2), Segment(17, 19))
    assert brief(call.of("silence")) == [(2, 17, None)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("B 0-1 喂 | A 12-14 您好请讲 | B 15-16 嗯", []),
        ("B 0-1 喂 | B 12-14 有人吗喂喂", []),  # nobody ever answers
        ("A 0-1 您好 | B 12-14 喂喂", [(2, 10, AGENT)]),
        ("O 0-1 您好 | O 12-14 喂喂", [(2, 10, AGENT)]),  # who the agent is, is not known
    ],
)
def test_ring_back_before_the_agents_first_word_is_no_hold(text: str, kept: list[tuple[float, float, Role]]) -> None:
    # customer  #...........##
    # ring      ..~~~~~~~~....     2-10
    sketch = parse_sketch(text.replace("O ", "A "))
    roles = {AGENT: Role.OTHER} if "O " in text else {}
    speech = {roles.get(role, role): track for role, track in sketch.speech.items()}
    call = build_timeline(speech, sketch.transcript, 17, holds=(Segment(2, 10),))
    assert brief(call.of("hold")) == kept
    assert call.unanswered == (() if kept else (Segment(2, 10),))
    assert call.of("dead_air") == call.of("response_latency") == ()


@pytest.mark.parametrize("roles", [(AGENT, CUSTOMER), (Role.OTHER,)])
def test_music_of_a_call_in_which_nobody_speaks_is_no_hold_of_the_agent(roles: tuple[Role, ...]) -> None:
    call = build_timeline(dict.fromkeys(roles, ()), NO_WORDS, 20, holds=(Segment(2, 10),))
    assert call.events == ()
    assert call.unanswered == (Segment(2, 10),)


def test_short_music_is_no_hold() -> None:
    # ~~ of 2.9 s
    speech = {AGENT: (Segment(0, 2), Segment(12, 13))}
    assert build_timeline(speech, NO_WORDS, 14, holds=(Segment(4, 6.9),)).of("hold") == ()


@pytest.mark.parametrize(
    ("text", "waived_by"),
    [
        ("A 0-2 请您稍等 | A 12-14 让您久等了", "请您稍等"),
        ("A 0-2 我帮您查一下 | B 2.5-4.5 好的谢谢你 | A 12-14 查到了", "我帮您查一下"),
        ("A 0-3 您稍等，我看一下这个订单 | A 12-14 查到了", "我看一下这个订单"),
        ("A 0-2 请您稍等 | B 2.5-5.5 我的订单在哪里 | A 12-14 查到了", None),  # ended 3.5 s before
        ("B 0-2 请您稍等 | A 12-14 查到了吗", None),  # said by the customer
        ("A 0-2 您的订单有问题 | A 12-14 查到了", None),
        ("A 0-2 one moment please | A 12-14 thank you for waiting", "one moment please"),
    ],
)
def test_dead_air_is_excused_by_an_announcement(text: str, waived_by: str | None) -> None:
    # agent ##..........##     announced at the end of the first stretch
    (dead,) = timeline(text).of("dead_air")
    assert dead.waived_by == waived_by


def test_excuse_covers_a_minute_and_no_more() -> None:
    # A ## 60 s excused | 20 s not ##
    call = timeline("A 0-2 请您稍等 | A 82-84 让您久等了")
    assert [(e.start, e.end, e.waived_by) for e in call.of("dead_air")] == [(2, 62, "请您稍等"), (62, 82, None)]
    # 3 s beyond the minute are too short for dead air of their own
    call = timeline("A 0-2 请您稍等 | A 65-66 让您久等了")
    assert [(e.start, e.end, e.waived_by) for e in call.of("dead_air")] == [(2, 62, "请您稍等")]


def test_excuses_can_be_replaced() -> None:
    options = TimingOptions(excuses=("系统有点慢",))
    assert timeline("A 0-2 系统有点慢 | A 12-14 好了", options=options).of("dead_air")[0].waived_by == "系统有点慢"
    assert timeline("A 0-2 请您稍等 | A 12-14 好了", options=options).of("dead_air")[0].waived_by is None


# Overlap, back-channels


def test_overlap_sums_within_a_pair_of_turns() -> None:
    # agent     #####.....      0-5
    # customer  ....#####.      4.7-9: 0.3 s in common, no blame
    call = timeline("A 0-5 您的订单已经发出去了 | B 4.7-9 那什么时候能到呢")
    assert brief(call.of("overlap")) == [(4.7, 5, None)]
    assert call.of("interruption") == call.of("talk_over") == call.of("backchannel") == ()
    assert timeline("A 0-5 您的订单已经发出去了 | B 4.85-9 那什么时候能到呢").of("overlap") == ()


@pytest.mark.parametrize("said", ["嗯", "对对对", "好的，好的。", "是的 明白了", "恩", "uh-huh, yeah", "OK"])
def test_backchannel_is_an_acknowledgement_while_the_other_goes_on(said: str) -> None:
    # agent     ##########     0-10
    # customer  ....m.....     4-4.9
    call = timeline(f"A 0-10 您的订单我们已经发出去了请您留意 | B 4-4.9 {said}")
    assert brief(call.of("backchannel")) == [(4, 4.9, CUSTOMER)]
    assert call.of("interruption") == call.of("talk_over") == call.of("overlap") == ()
    assert turns(call, CUSTOMER) == []


def test_backchannel_of_long_acknowledgements_may_be_long() -> None:
    call = timeline("A 0-10 您的订单我们已经发出去了 | B 4-6.5 对对对是的是的好的")
    assert brief(call.of("backchannel")) == [(4, 6.5, CUSTOMER)]


def test_backchannel_with_pauses_is_one_event() -> None:
    # customer  m.m...m     pauses of 0.3 s and 0.6 s: two events
    call = timeline("A 0-10 您的订单我们已经发出去了 | B 3-3.3 对 | B 3.6-3.9 对 | B 4.5-4.8 嗯")
    assert brief(call.of("backchannel")) == [(3, 3.9, CUSTOMER), (4.5, 4.8, CUSTOMER)]


def test_acknowledgement_after_which_the_other_is_silent_is_a_turn() -> None:
    # agent     ####....
    # customer  ...###..     the answer to a question, begun a little early
    call = timeline("A 0-4 您是本人吗 | B 3.8-4.6 是的 | A 6-8 请稍等")
    assert call.of("backchannel") == ()
    assert turns(call, CUSTOMER) == [(3.8, 4.6)]


@pytest.mark.parametrize(("end", "found"), [(4.49, True), (4.6, False)])
def test_brief_speech_is_a_backchannel_whatever_its_words(end: float, found: bool) -> None:
    call = timeline(f"A 0-10 您的订单我们已经发出去了 | B 4-{end} 多少")
    assert bool(call.of("backchannel")) is found


@pytest.mark.parametrize(("end", "found"), [(4.9, True), (5.1, False), (4.05, False)])
def test_brief_speech_without_words_is_a_backchannel(end: float, found: bool) -> None:
    # 0.05 s may be a click
    call = timeline(f"A 0-10 ? | B 4-{end} ?", words=False)
    assert bool(call.of("backchannel")) is found


def test_doubtful_words_do_not_make_a_backchannel_a_remark() -> None:
    # 对没错 heard as 没错来 with confidence, or as something else without
    assert timeline("A 0-10 您的订单我们已经发出去了 | B 4-4.8 没错来").of("backchannel")
    assert timeline("A 0-10 您的订单我们已经发出去了 | B 4-4.8 ~0.1 天气冷").of("backchannel")
    assert timeline("A 0-10 您的订单我们已经发出去了 | B 4-4.8 ~0.9 天气冷").of("talk_over")


def test_backchannel_before_an_own_turn_does_not_begin_it() -> None:
    # agent     #######....     0-7
    # customer  ...m..######    嗯 6.0-6.3, turn from 6.8: overlaps 0.2 s, nobody is cut off
    call = timeline("A 0-7 您的订单我们已经发出去了 | B 6-6.3 嗯 | B 6.8-10 那我什么时候能收到")
    assert brief(call.of("backchannel")) == [(6, 6.3, CUSTOMER)]
    assert call.of("interruption") == ()
    assert turns(call, CUSTOMER) == [(6.8, 10)]


# Interruptions and talk-overs


def test_interruption_when_the_other_gives_way() -> None:
    # customer  #####......      0-5
    # agent     ....#######      4-10: 1.0 s in common, the customer ends 1.0 s after the onset
    call = timeline("B 0-5 我上个月的账单里面有 | A 4-10 您这个问题我们处理不了")
    assert brief(call.of("interruption")) == [(4, 5, AGENT)]
    assert call.of("talk_over") == ()
    assert brief(call.of("overlap")) == [(4, 5, None)]


def test_talk_over_when_the_other_goes_on() -> None:
    # customer  ##########      0-10
    # agent     ....##....      4-6
    call = timeline("B 0-10 我上个月的账单里面有一笔费用不对 | A 4-6 那个不归我们管")
    assert brief(call.of("talk_over")) == [(4, 6, AGENT)]
    assert call.of("interruption") == ()


def test_talk_over_when_the_other_yields_too_late() -> None:
    # customer  #########..      gives way 2.1 s after the onset
    # agent     ....#######
    late = timeline("B 0-6.1 我上个月的账单里面有一笔费用 | A 4-10 您这个问题我们处理不了")
    assert brief(late.of("talk_over", AGENT)) == [(4, 6.1, AGENT)]
    assert late.of("interruption") == ()
    soon = timeline("B 0-6 我上个月的账单里面有一笔费用 | A 4-10 您这个问题我们处理不了")
    assert brief(soon.of("interruption", AGENT)) == [(4, 6, AGENT)]
    assert soon.of("talk_over") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("B 0-5 我要投诉 | A 0.9-6 您好请问您贵姓", "starts 0.9 s into the turn"),
        ("B 0-5 我要投诉你们公司 | A 4.6-9 您好请问您贵姓", "0.4 s in common"),
        ("B 0-5 我要投诉你们公司 | A 4-8 对对对好的好的", "only acknowledgements"),
        ("B 0-5 我要投诉你们公司 | A 5-8 请问您的订单号", "touches only"),
    ],
)
def test_no_interruption(text: str, why: str) -> None:
    call = timeline(text)
    assert call.of("interruption") == call.of("talk_over") == (), why


def test_interruption_counts_seconds_spoken_together_not_the_span() -> None:
    # customer  ####.#......     0-4, 4.8-5.0
    # agent     ....########     3.8-9: 0.2 + 0.2 s spoken together of a span of 1.2 s
    call = timeline("B 0-4 我上个月的账单 | B 4.8-5 里 | A 3.8-9 您这个问题我们处理不了")
    assert call.of("interruption") == ()


def test_talk_over_survives_a_pause_of_the_other() -> None:
    # customer  ####..######     pause of 0.5 s while the agent speaks on
    # agent     ...####.....
    call = timeline("B 0-4 我上个月的账单 | B 4.5-10 里面有一笔费用不对 | A 3-6 那个不归我们管")
    assert brief(call.of("talk_over")) == [(3, 6, AGENT)]


# The whole


def test_swapped_roles_swap_the_blame() -> None:
    call = timeline("A 0-5 我上个月的账单里面有 | B 4-10 您这个问题我们处理不了")
    assert brief(call.of("interruption")) == [(4, 5, CUSTOMER)]


@pytest.mark.parametrize("until", [3.5, 6])
def test_nobody_is_cut_short_in_acknowledgements(until: float) -> None:
    # customer  mmmmmm....    acknowledgements one after another, in a pause of the agent's
    # agent     ....######
    drawn = "B 0-1 好的 | B 1.3-2.2 嗯嗯 | B 2.5-{} 对对 | A 2.6-5 那我帮您办理"
    call = timeline(drawn.format(until))
    assert call.of("interruption") == call.of("talk_over") == ()
    assert brief(timeline(drawn.replace("嗯嗯", "我要投诉").format(3.5)).of("interruption")) == [(2.6, 3.5, AGENT)]


def test_monologue_lasts_over_back_channels() -> None:
    # agent     #####.#####     0-40, 40.5-70
    # customer  ..m.....m..
    call = timeline("A 0-40 先给您介绍一下 | A 40.5-70 这个套餐 | B 20-20.4 嗯 | B 50-50.4 好的")
    assert brief(call.of("monologue")) == [(0, 70, AGENT)]


def test_monologue_ends_at_a_turn_of_the_other() -> None:
    call = timeline("A 0-40 先给您介绍一下 | B 40.2-42 这个多少钱 | A 42.5-80 这个套餐")
    assert call.of("monologue") == ()


def test_monologue_ends_where_the_other_speaks_over_it() -> None:
    # agent     ##############     0-130: the customer tries to break in at 61 s
    # customer  ......##......
    call = timeline("A 0-130 先给您介绍一下这个套餐 | B 61-64 我不要这个套餐")
    assert brief(call.of("monologue")) == [(0, 61, AGENT), (64, 130, AGENT)]


def test_definitions_name_the_parameters_in_force() -> None:
    assert definitions()["dead_air"] == "dead_air(min=5.0,serious=15.0)"
    (silence,) = timeline("A 0-2 您好 | A 5-6 喂", options=TimingOptions(silence_min=3)).of("silence")
    assert silence.definition == "silence(min=3.0)"


def test_definitions_are_published_as_in_force() -> None:
    page = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert [name for name, text in definitions().items() if f"`{text}`" not in page] == []


def test_every_event_carries_its_definition_and_reasons() -> None:
    sketch = parse_sketch(
        "B 0-5 我要投诉你们公司 | A 3-9 请问您 | B 7-7.3 嗯 | A 20-22 喂您好"
        " | B 22.5-30 我一直在等你们 | A 25-26 那个不归我管"
        " | A 50-120 介绍一下 | end 130"
    )
    holds = (Segment(32, 40),)
    prompts = Prompts((Segment(0, 1),), Segment(0, 1), (Reason(test="menu", text="普通话请按一"),))
    call = build_timeline(sketch.speech, sketch.transcript, 130, holds=holds, prompts=prompts, hung_up=CUSTOMER)
    assert {event.kind for event in call.events} == set(KINDS)
    assert all(event.definition == definitions()[event.kind] and event.reasons for event in call.events)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        # customer  #########            5.0 s; the agent begins after 3.2 s, 0.8 s together
        # agent     ......#######
        (
            "B 0-4 我上个月的账单里面有 | A 3.2-9 我想问一下",
            "interruption",
            [("onset", 3.2, 1.0), ("overlap", 0.8, 0.5), ("words", None, None), ("yield", 0.8, 2.0), ("goes_on", 5, 0)],
        ),
        (
            "B 0-9 我上个月的账单里面有 | A 3.2-5 我想问一下",
            "talk_over",
            [("onset", 3.2, 1), ("overlap", 1.8, 0.5), ("words", None, None), ("yield", 5.8, 2), ("goes_on", -4, 0)],
        ),
        (
            "A 0-2 请您稍等 | A 12-13 让您久等了",
            "dead_air",
            [
                *[("silence", 10, None), ("held", 0, None), ("length", 10, 5), ("serious", 10, 15)],
                *[("excuse_lead", 0, 3), ("excuse_max", 10, 60)],
            ],
        ),
        (
            "A 0-9 为您介绍一下 | B 3-3.4 嗯",
            "backchannel",
            [("acknowledges", None, None), ("other_before", 3, 0), ("other_after", 5.6, 0.1)],
        ),
    ],
)
def test_reasons_are_the_numbers_that_decided(text: str, kind: str, expected: list[tuple[str, float, float]]) -> None:
    (event,) = timeline(text).of(kind)
    found = [(r.test, r.value, r.limit) for r in event.reasons]
    assert [name for name, _, _ in found] == [name for name, _, _ in expected]
    for (_, value, limit), (_, wanted, bound) in zip(found, expected, strict=True):
        assert value == pytest.approx(wanted, abs=1e-6)
        assert limit == bound


def test_dead_air_has_a_level() -> None:
    # agent  ##......##................##!!!!!!##     6 s plain, 16 s serious, 6 s announced
    call = timeline("A 0-2 您好 | A 8-10 喂您好 | A 26-28 喂请您稍等 | A 34-36 让您久等了")
    assert [(event.level, event.waived_by is not None) for event in call.of("dead_air")] == [
        ("plain", False),
        ("serious", False),
        ("excused", True),
    ]


def test_what_excuses_no_longer_says_so() -> None:
    call = timeline("A 0-2 请您稍等 | A 82-84 让您久等了")
    (_, beyond) = call.of("dead_air")
    assert [(r.test, r.holds) for r in beyond.reasons if r.test.startswith("excuse")] == [
        ("excuse_lead", True),
        ("excuse_max", False),
    ]
    assert (beyond.waived_by, beyond.level) == (None, "serious")


def test_third_party_interrupts_nobody() -> None:
    # customer  #####......
    # other     ....#######    after a transfer: nobody knows whom it speaks for
    call = timeline("B 0-5 我上个月的账单里面有 | O 4-10 您这个问题我来处理 | A 9-12 我补充一下这个问题")
    assert call.of("interruption") == call.of("talk_over") == ()
    assert [(e.start, e.end) for e in call.of("overlap")] == [(4, 5), (9, 10)]
    assert call.of("response_latency") == ()


def test_start_that_is_not_known_has_no_first_response() -> None:
    call = build_timeline({AGENT: (Segment(0, 2),)}, NO_WORDS, 3, start_known=False)
    assert call.of("first_response") == ()


def test_who_hangs_up_is_told_or_not_known() -> None:
    assert build_timeline({}, NO_WORDS, 30).of("hang_up_side") == ()
    (event,) = build_timeline({}, NO_WORDS, 30, hung_up=CUSTOMER, gone_at=27.5).of("hang_up_side")
    assert (event.start, event.by, event.reasons[0].test) == (27.5, CUSTOMER, "busy_tone")
    (event,) = build_timeline({}, NO_WORDS, 30, hung_up=CUSTOMER).of("hang_up_side")
    assert (event.start, event.end, event.by) == (30, 30, CUSTOMER)


def test_definitions_name_every_figure() -> None:
    figures = {field.name for field in fields(CallMetrics)} | {"ring_seconds"}
    assert set(DEFINITION_OF) == figures
    assert set(DEFINITION_OF.values()) | {"turn", "excuse", "double_talk"} >= set(definitions())


@pytest.mark.parametrize("kind", ["silence", "dead_air", "overlap", "backchannel", "interruption"])
def test_every_event_carries_its_definition(kind: str) -> None:
    call = timeline("B 0-5 我要投诉你们公司 | A 3-9 请问您 | B 7-7.3 嗯 | A 20-22 喂您好")
    found = call.of(kind)
    assert found
    assert {event.definition for event in found} == {definitions()[kind]}


def test_silent_call_has_no_events() -> None:
    for speech in ({}, {AGENT: (), CUSTOMER: ()}):
        call = build_timeline(speech, NO_WORDS, 30)
        assert call.turns == ()
        assert call.events == ()


def test_one_sided_call_has_silences_only() -> None:
    call = build_timeline({AGENT: (Segment(0, 2), Segment(10, 12)), CUSTOMER: ()}, NO_WORDS, 13)
    assert [event.kind for event in call.events] == ["first_response", "dead_air", "silence"]


def test_both_speaking_all_the_time_is_one_overlap() -> None:
    whole = (Segment(0, 60),)
    call = build_timeline({AGENT: whole, CUSTOMER: whole}, NO_WORDS, 60)
    assert [event.kind for event in call.events] == ["first_response", "overlap"]
    assert [(a.role, b.role) for a, b, _ in overlaps(call.turns)] == [(AGENT, CUSTOMER)]


def test_hundred_backchannels_in_a_row_blame_nobody() -> None:
    # agent     ################ …     0-200
    # customer  .m.m.m.m.m.m.m.m …     嗯 of 0.3 s every 2 s
    murmurs = " | ".join(f"B {2 * i}.5-{2 * i}.8 嗯" for i in range(100))
    call = timeline("A 0-201 我给您详细介绍一下这个套餐 | " + murmurs)
    assert len(call.of("backchannel", CUSTOMER)) == 100
    assert {event.kind for event in call.events} == {"backchannel", "monologue", "first_response"}
    assert len(call.turns) == 1


def test_two_who_begin_at_once_do_not_listen_to_each_other() -> None:
    # agent     ##...#..##      both first words used to be back-channels, each in the other's
    # customer  ##.....m..
    call = timeline("A 0-0.2 好的请稍等 | B 0-0.3 那个 | A 0.8-0.9 ? | B 1.2-1.3 是的 | A 1.3-1.8 ?")
    assert brief(call.of("backchannel")) == [(1.2, 1.3, CUSTOMER)]
    assert [(turn.start, turn.role) for turn in call.turns] == [(0, CUSTOMER), (0, AGENT)]


def test_words_in_pieces_are_no_backchannels_one_by_one() -> None:
    # Y #################   each piece is brief, the two together are not
    # X    ...mm.mm....
    call = timeline("A 0-10 您的账单一共是五十元其中流量费三十元 | B 4-4.3 那个 | B 4.8-5.1 多少")
    assert not call.of("backchannel")
    assert turns(call, Role.CUSTOMER) == [(4.0, 5.1)]


def test_sounds_without_words_next_to_own_talk_belong_to_it() -> None:
    # 0.25 s from a turn of its own the sound is part of it; 0.4 s away it is a back-channel.
    held = "A 0-10 您的账单一共是五十元其中流量费三十元"
    near = timeline(f"{held} | B 3-3.6 ? | B 3.85-6 我要问的是另外一笔")
    apart = timeline(f"{held} | B 3-3.6 ? | B 4-6 我要问的是另外一笔")
    assert not near.of("backchannel")
    assert brief(apart.of("backchannel")) == [(3.0, 3.6, Role.CUSTOMER)]


def test_a_repeated_reason_is_told_once() -> None:
    call = timeline("A 0-10 您的账单一共是五十元其中流量费三十元 | B 3-3.2 嗯 | B 3.5-3.7 嗯 | B 4-4.2 好的")
    (murmur,) = call.of("backchannel")
    said = [reason.text for reason in murmur.reasons if reason.test == "acknowledges"]
    assert said[0] == "嗯"
    assert said[-1] == "好的"
    assert [reason.test for reason in murmur.reasons].count("pause") == 2
