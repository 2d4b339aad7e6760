"""Automatic prompts before a person answers: found by what they say and what follows, and never a person's opening."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asr_qa.core.metrics import measure
from asr_qa.core.options import TimingOptions
from asr_qa.core.prompts import Line, Prompts, find_prompts
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import CallTimeline, build_timeline
from asr_qa.core.transcript import Transcript, Utterance, Word
from asr_qa.pipeline.ports import NonSpeech
from asr_qa.pipeline.prompts import without_prompts

AGENT, CUSTOMER, OTHER = Role.AGENT, Role.CUSTOMER, Role.OTHER
HUMAN = "您好请问有什么可以帮您"


def track(*parts: tuple[float, float]) -> Track:
    return tuple(Segment(*part) for part in parts)


def found(sketch: str, *, rings: Track = (), music: Track = (), keys: Track = ()) -> Prompts | None:
    call = parse_sketch(sketch)
    line = Line(waits=(*rings, *music), ringing=rings, keys=keys)
    return find_prompts(call.speech, call.transcript, call.duration, line=line)


def said(sketch: str, **heard: Track) -> list[tuple[float, float]]:
    prompts = found(sketch, **heard)
    return [(part.start, part.end) for part in prompts.said] if prompts else []


@pytest.mark.parametrize(
    "menu",
    [
        "您好欢迎致电移动客服普通话请按一",
        "普通话请按1英文请按2",
        "查询话费请按三人工服务请按零",
        "人工服务请拨零",
        "您的输入有误请重新输入以井号键结束",
        "For sales press one for support press 2",
        "The number you are calling is busy",
        "Please listen carefully as our menu has changed",
        "普通话清按一",  # as a recogniser hears it
    ],
)
def test_what_only_a_machine_says_is_a_prompt_at_once(menu: str) -> None:
    assert said(f"A 0-4 {menu} | A 4.6-7 {HUMAN}") == [(0, 4)]


@pytest.mark.parametrize(
    "opening",
    [
        "您好欢迎致电移动客服请问有什么可以帮您",
        "您好工号一零二很高兴为您服务请问有什么可以帮您",
        "您好欢迎致电移动客服",
        "您好本次通话将会被录音",
        "工号一零二为您服务",
        "您好请稍等",
        "喂您好",
        "您好请不要挂机",
        "Thank you for calling Acme this is Tom how may I help you",
        "Thank you for calling this call may be recorded",
        "Hello one moment please",
        "Thank you for calling can you tell me the number you are calling from",
    ],
)
@pytest.mark.parametrize("then", [" | A 4.1-6 请问您贵姓", " | A 8-10 您好请讲", " | B 4.5-6 我想查话费", ""])
def test_an_opening_by_a_person_is_never_a_prompt(opening: str, then: str) -> None:
    assert found(f"A 0.5-3 {opening}{then} | A 20-24 好的请按一下键盘上的一 | end 30") is None


def test_a_person_who_puts_the_caller_on_hold_at_once_is_no_prompt() -> None:
    assert found(f"A 0-2 您好请稍等 | A 30-33 {HUMAN}", music=track((3, 29))) is None
    assert found(f"A 0-2 您好欢迎致电移动客服请稍等 | A 30-33 {HUMAN}", music=track((3, 29))) is None


def test_a_switchboard_operator_who_was_asked_is_no_prompt() -> None:
    call = f"A 0-1.5 您好总机 | B 2-3.5 我找销售部 | A 4-6 正在为您转接请不要挂机 | A 20-23 {HUMAN}"
    assert found(call, rings=track((7, 18))) is None


@pytest.mark.parametrize(
    ("sketch", "heard", "expected"),
    [
        (f"A 0-3 话务员正忙请稍候 | A 12-15 {HUMAN}", {"rings": track((4, 10))}, [(0, 3)]),
        (f"A 0-3 您好坐席全忙请不要挂机 | A 40-43 {HUMAN}", {"music": track((4, 39))}, [(0, 3)]),
        (f"A 0-3 话务员正忙请稍候 | A 4.5-7 {HUMAN}", {}, [(0, 3)]),
        (f"A 0-3 话务员正忙请稍候 | A 3.9-7 {HUMAN}", {}, []),
        (f"A 0-3 前面还有三位请耐心等待 | A 3.8-7 前面还有三位请耐心等待 | A 7.7-9 {HUMAN}", {}, [(0, 3), (3.8, 7)]),
        (f"A 0-3 您的来电可能会被录音 | A 12-15 {HUMAN}", {"rings": track((4, 10))}, [(0, 3)]),
        (f"A 0-3 您的来电可能会被录音 | A 12-15 {HUMAN}", {"music": track((4, 10))}, [(0, 3)]),
        (f"A 0-3 欢迎致电移动客服 | A 12-15 {HUMAN}", {"rings": track((4, 10))}, [(0, 3)]),
        (f"A 0-3 欢迎致电移动客服 | A 6-9 {HUMAN}", {"keys": track((4, 4.2))}, [(0, 3)]),
        (f"A 0-3 欢迎致电移动客服 | A 3.6-9 {HUMAN}", {"keys": track((2, 2.2))}, []),
        # After a menu: the number of the agent is announced, then the agent speaks, or the agent says it all.
        (f"A 0-3 普通话请按一 | A 6-8 工号一零二为您服务 | A 9.5-12 {HUMAN}", {}, [(0, 3), (6, 8)]),
        ("A 0-3 普通话请按一 | A 6-8 工号一零二为您服务 | A 8.6-10 请问您贵姓", {}, [(0, 3)]),
        ("A 0-3 普通话请按一 | A 6-8 您好工号一零二为您服务 | A 9.5-12 请问您贵姓", {}, [(0, 3)]),
        ("A 0-3 普通话请按一 | A 6-8 您好 | B 8.5-10 喂你好 | A 10.5-12 您的通话将会被录音", {}, [(0, 3)]),
    ],
)
def test_what_a_person_might_say_needs_more_to_be_a_prompt(
    sketch: str, heard: dict[str, Track], expected: list[tuple[float, float]]
) -> None:
    assert said(sketch, **heard) == expected


def test_a_phrase_is_known_in_the_pieces_of_words_that_a_recogniser_gives() -> None:
    texts = (" For", " sa", "il", "s", " PR", "ESS", " ONE")
    words = tuple(Word(text, i / 2, i / 2 + 0.4) for i, text in enumerate(texts))
    utterance = Utterance(AGENT, 0.0, 3.4, "For sails PRESS ONE", words=words)
    assert find_prompts({AGENT: track((0, 3.4))}, Transcript((utterance,)), 9.0) is not None


def test_what_comes_before_a_prompt_belongs_to_it_unless_somebody_answered() -> None:
    assert said(f"A 0-2 您好这里是移动 | A 3-6 普通话请按一 | A 9-12 {HUMAN}") == [(0, 2), (3, 6)]
    answered = f"A 0-2 您好这里是移动 | B 2.1-2.8 你好啊我想 | A 3-6 普通话请按一 | A 9-12 {HUMAN}"
    assert said(answered) == [(3, 6)]


def test_a_person_who_follows_a_menu_without_a_pause_is_cut_off_it() -> None:
    call = parse_sketch(f"A 0-3 普通话请按一人工服务请按零 | A 3.3-6 {HUMAN}")
    prompts = find_prompts(call.speech, call.transcript, call.duration)
    assert prompts is not None
    assert prompts.said == track((0, 3))


def test_once_the_customer_talks_nothing_is_a_prompt() -> None:
    call = "A 0-2 普通话请按一 | B 2.5-7 我的手机上不了网了你们看一下 | A 8-10 好的重听请按一"
    assert said(call) == [(0, 2)]
    assert said(call.replace("2.5-7", "2.5-4")) == [(0, 2), (8, 10)]
    options = TimingOptions(ivr_spoken=9.0)
    prompts = find_prompts(*_parts(call), options=options)
    assert prompts is not None
    assert prompts.said == track((0, 2), (8, 10))


def test_a_menu_that_somebody_reads_out_to_a_customer_is_none() -> None:
    assert found("A 0-2 您好移动客服 | B 2.5-4 怎么查话费 | A 5-8 您打过来听到普通话请按一") is None


def test_a_customer_who_is_not_recorded_may_have_answered_in_any_long_pause() -> None:
    assert found("A 0-2 您好移动客服 | A 6-8 您打过来听到普通话请按一") is None


def test_a_company_adds_its_own_prompts() -> None:
    call = f"A 0-3 感谢您选择晨光热线 | A 3.6-6 {HUMAN}"
    assert found(call) is None
    assert find_prompts(*_parts(call), options=TimingOptions(prompts=("感谢您选择晨光热线",))) is not None


def _parts(sketch: str) -> tuple[dict[Role, Track], Transcript, float]:
    call = parse_sketch(sketch)
    return call.speech, call.transcript, call.duration


IVR = (
    "A 0-4 欢迎致电移动客服普通话请按一 | A 8-11 话务员正忙请稍候 | "
    f"A 40-43 {HUMAN} | B 44-46 我想查话费 | A 47-49 好的"
)
HEARD = (
    (AGENT, NonSpeech(waits=track((12, 36)), ringing=track((12, 36)))),
    (CUSTOMER, NonSpeech(keys=track((5, 5.2)))),
)


def worked(
    sketch: str, heard: tuple[tuple[Role | None, NonSpeech], ...] = HEARD
) -> tuple[CallTimeline, Transcript, Prompts | None]:
    call = parse_sketch(sketch)
    options = TimingOptions()
    prompts, speech, transcript = without_prompts(
        call.speech, call.transcript, call.duration, unspoken=heard, options=options
    )
    holds = heard[0][1].waits
    return build_timeline(speech, transcript, call.duration, holds=holds, prompts=prompts), transcript, prompts


def test_prompts_are_no_speech_no_words_and_no_waiting_of_the_agent() -> None:
    call, transcript, _ = worked(IVR)
    figures = measure(call, transcript)
    assert call.speech[AGENT] == track((40, 43), (47, 49))
    assert [u.text for u in transcript.of(AGENT)] == [HUMAN, "好的"]
    assert [u.text for u in transcript.of(OTHER)] == ["欢迎致电移动客服普通话请按一", "话务员正忙请稍候"]
    assert (figures.turns.agent, figures.speech_seconds.agent) == (2, 5)
    (event,) = call.of("ivr")
    assert (event.start, event.end, event.by) == (0, 11, None)
    assert figures.first_response == 29, "from the end of the prompts; it rings from there on"
    assert figures.dead_air_count == 0


def test_no_dead_air_before_the_agents_first_word_while_it_rings() -> None:
    """喂 at 0.5 makes it a silence from 1 to 40: prompts, 4.9 s, ring-back to 36 and 4 s after it are all waiting."""
    call, _, _ = worked(
        f"B 0.5-0.9 喂 | A 2-5 普通话请按一 | A 40-43 {HUMAN}", ((AGENT, NonSpeech(waits=track((9.9, 36)))),)
    )
    (silence,) = call.of("silence")
    assert (silence.start, silence.end) == (0.9, 40)
    assert call.of("dead_air") == ()


def test_an_agent_who_does_not_speak_long_after_the_ringing_leaves_dead_air() -> None:
    call, _, _ = worked(f"B 0.5-0.9 喂 | A 40-43 {HUMAN}", ((AGENT, NonSpeech(waits=track((1.0, 20)))),))
    assert [(e.start, e.end) for e in call.of("dead_air")] == [(25, 40)]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ((AGENT, CUSTOMER), [(20.0, 28.0)]),  # quiet after music, the agent having spoken before
        ((OTHER, OTHER), [(20.0, 28.0)]),  # perhaps the same
        ((CUSTOMER, CUSTOMER), []),  # the agent never answered: all of it is waiting
    ],
)
def test_quiet_after_music_is_waiting_only_before_the_agents_first_word(
    roles: tuple[Role, Role], expected: list[tuple[float, float]]
) -> None:
    """First speech to 5, music 5.5 to 20, second speech from 28; up to 5 s after the music may be waiting."""
    speech: dict[Role, Track] = {}
    for role, part in zip(roles, ((0.0, 5.0), (28.0, 30.0)), strict=True):
        speech[role] = (*speech.get(role, ()), Segment(*part))
    call = build_timeline(speech, Transcript(), 40.0, holds=track((5.5, 20)))
    assert [(event.start, event.end) for event in call.of("dead_air")] == expected


def test_a_single_ring_before_the_answer_is_no_dead_air() -> None:
    call, _, _ = worked(f"B 0.2-0.6 喂 | A 7-9 {HUMAN}", ((AGENT, NonSpeech(waits=track((1.0, 2.0)))),))
    assert [call.of(kind) for kind in ("dead_air", "hold", "ivr")] == [(), (), ()]


def test_music_in_the_queue_belongs_to_the_automatic_part() -> None:
    call, transcript, prompts = worked(IVR, ((AGENT, NonSpeech(waits=track((12, 38)))), HEARD[1]))
    assert prompts is not None
    assert prompts.segment == Segment(0, 38)
    assert measure(call, transcript).first_response == 2


def test_a_prompt_on_both_channels_is_taken_out_of_both() -> None:
    both = f"{IVR} | B 0-4 欢迎致电移动客服普通话请按一 | B 8.1-11 话务员正忙请稍后"
    call, transcript, _ = worked(both)
    assert call.speech[CUSTOMER] == track((44, 46))
    assert [u.text for u in transcript.of(CUSTOMER)] == ["我想查话费"]


def test_a_customer_who_speaks_into_a_prompt_stays() -> None:
    call, transcript, _ = worked(f"{IVR} | B 2-3 人工人工转人工服务")
    assert [u.text for u in transcript.of(CUSTOMER)] == ["人工人工转人工服务", "我想查话费"]
    assert call.speech[CUSTOMER] == track((2, 3), (44, 46))


def test_an_utterance_that_holds_both_is_parted() -> None:
    """The recogniser wrote prompt and greeting as one sentence."""
    call = parse_sketch(IVR)
    first, second, third, *rest = call.transcript.utterances
    whole = replace(second, end=third.end, text=f"{second.text}，{third.text}", words=(*second.words, *third.words))
    transcript = replace(call.transcript, utterances=(first, whole, *rest))
    _, _, parted = without_prompts(call.speech, transcript, call.duration, unspoken=HEARD, options=TimingOptions())
    assert [(u.role, u.text) for u in parted.utterances[1:3]] == [(OTHER, second.text), (AGENT, third.text)]


def test_on_one_channel_either_voice_may_carry_the_prompts() -> None:
    call = parse_sketch(f"B 0-4 普通话请按一 | A 8-11 {HUMAN} | B 12-14 我想查话费")
    unspoken = ((None, NonSpeech()),)
    prompts, speech, transcript = without_prompts(
        call.speech, call.transcript, call.duration, unspoken=unspoken, options=TimingOptions()
    )
    assert prompts is not None
    assert speech[CUSTOMER] == track((12, 14))
    assert transcript.utterances[0].role is OTHER


@pytest.mark.parametrize(
    ("sketch", "expected"),
    [
        ("B 0-2 你好我要投诉 | A 2.6-4 请不要挂机 | B 6-9 好的快一点", None),  # whoever says 你好 may be answered
        ("B 0-2 我的宽带坏了 | A 5-7 普通话请按一", (5.0, 7.0)),  # what the customer says first is no prompt
    ],
)
def test_where_voices_are_not_told_apart_no_words_of_a_party_are_taken_for_a_prompt(
    sketch: str, expected: tuple[float, float] | None
) -> None:
    call = parse_sketch(sketch)
    heard = replace(call.transcript, utterances=tuple(replace(one, role=OTHER) for one in call.transcript.utterances))
    prompts = find_prompts({OTHER: union(*call.speech.values())}, heard, call.duration, side=OTHER)
    assert (prompts and (prompts.segment.start, prompts.segment.end)) == expected


@pytest.mark.parametrize(
    "said", ["您好您输入的手机号码不对", "您拨打的电话是我们的客服热线", "could you please enter your name on the form"]
)
def test_a_person_may_speak_of_what_was_dialled_or_typed(said: str) -> None:
    _, _, prompts = worked(f"A 1-5 {said} | B 6-8 哦好的", ((AGENT, NonSpeech()),))
    assert prompts is None
