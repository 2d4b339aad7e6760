"""Why an event is what it is, in words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from asr_qa.core.document import CallDocument, CallWarning, TimingBasis
from asr_qa.core.event import KINDS, Event
from asr_qa.core.prompts import Prompts
from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.core.redacted import redacted
from asr_qa.core.segment import Segment
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import TimingOptions, build_timeline
from asr_qa.errors import NotFoundError
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.render.explain import as_plain, explain, parameters_of, title_of
from asr_qa.render.texts import Lang
from asr_qa.testing.builders import make_document


def with_events(*events: Event) -> CallDocument:
    return replace(make_document(), events=events)


def document(
    sketch: str,
    options: TimingOptions | None = None,
    *,
    prompts: Prompts | None = None,
    gone_at: float | None = None,
) -> CallDocument:
    call = parse_sketch(sketch)
    holds = (Segment(202, 210),)
    timeline = build_timeline(
        call.speech,
        call.transcript,
        call.duration,
        options=options,
        holds=holds,
        prompts=prompts,
        hung_up=Role.CUSTOMER,
        gone_at=gone_at,
    )
    return with_events(*timeline.events)


def sentence(call: CallDocument, kind: str, lang: Lang = "zh") -> str:
    number = next(n for n, event in enumerate(call.events, 1) if event.kind == kind)
    return explain(call, number, lang=lang).sentence


INTERRUPTED = "A 0-4 我帮您看到这个月的账单 | B 3.2-9 我想问一下费用"


def test_interruption_tells_every_number_with_its_limit() -> None:
    assert sentence(document(INTERRUPTED), "interruption") == (
        "客户在坐席发言 3.2 秒后开始说话（≥ 1.0），重叠 0.8 秒（≥ 0.5），词语“我想问一下费用”不是附和语，"
        "坐席在 0.8 秒内停下（≤ 2.0），坐席停下后客户又说了 5.0 秒（> 0.0） → 抢话（客户）"
    )
    english = sentence(document(INTERRUPTED), "interruption", "en")
    assert english.startswith("the customer begins 3.2 s into the turn of the agent (≥ 1.0)")


def test_an_announcement_that_seems_to_end_in_the_silence_is_said_to() -> None:
    # The word's own time is 0.3 s beyond the speech that was found.
    call = parse_sketch("A 0-2 请您稍等 | B 9-10 嗯")
    speech = {**call.speech, Role.AGENT: (Segment(0, 1.7),)}
    found = with_events(*build_timeline(speech, call.transcript, 11).events)
    assert "坐席说了“请您稍等”，静音开始后 0.3 秒才说完" in sentence(found, "dead_air")
    assert "until 0.3 s after the silence began" in sentence(found, "dead_air", "en")
    assert "-0.3" not in sentence(found, "dead_air") + sentence(found, "dead_air", "en")


def test_an_event_is_named_by_the_tenth_it_is_nearest_to() -> None:
    moment = Event(kind="hang_up_side", start=24.98, end=24.98, by=Role.AGENT)
    assert title_of(moment, "zh") == "0:25.0 挂机（坐席）"
    quiet = Event(kind="silence", start=2.32, end=59.96)
    assert title_of(quiet, "zh") == "0:02.3–1:00.0 静音 57.6 秒"


def whole(sketch: str, *, prompts: Prompts | None = None) -> CallDocument:
    """A document with its words and turns."""
    call = parse_sketch(sketch)
    timeline = build_timeline(call.speech, call.transcript, call.duration, prompts=prompts)
    basis = TimingBasis(options="", speech=call.speech, turns=timeline.turns, holds=None)
    return replace(
        make_document(), events=timeline.events, utterances=call.transcript.utterances, timing=basis, warnings=()
    )


WAITED = "A 0-2 您好请讲 | B 3-7 我想问一下我上个月的话费为什么这么多 | A 11-14 好的请您稍等我帮您查询一下"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "zh",
            "客户的话轮 0:03.0–0:07.0 到此说完“…上个月的话费为什么这么多”，坐席的下一个话轮 0:11.0–0:14.0 "
            "开始“好的请您稍等我帮您查询一…”，相隔 4.0 秒 → 应答间隔（坐席）",
        ),
        (
            "en",
            "the turn of the customer 0:03.0–0:07.0 ends “…上个月的话费为什么这么多”, the next of the agent "
            "0:11.0–0:14.0 begins “好的请您稍等我帮您查询一…”, 4.0 s lie between → response latency by Agent",
        ),
    ],
)
def test_a_latency_names_the_two_turns_it_lies_between(lang: Lang, said: str) -> None:
    assert sentence(whole(WAITED), "response_latency", lang) == said


def test_an_agent_who_was_early_is_said_to_be() -> None:
    said = sentence(whole("B 0-5 我想问一下话费 | A 4.4-8 您的话费是五十元"), "response_latency")
    assert said == (
        "坐席的话轮 0:04.4–0:08.0 在客户的话轮 0:00.0–0:05.0 说完“我想问一下话费”之前就开始“您的话费是五十元”，"
        "并且说了下去，记 0 秒 → 应答间隔（坐席）"
    )


@pytest.mark.parametrize("unheard", ["? ", "，"])
def test_a_latency_between_turns_without_words_quotes_nothing(unheard: str) -> None:
    said = sentence(whole(f"B 0-5 {unheard} | A 7-9 您的话费是五十元"), "response_latency")
    assert "客户的话轮 0:00.0–0:05.0 到此说完，坐席" in said


def test_the_first_response_says_from_what_to_what() -> None:
    assert sentence(whole(WAITED), "first_response") == (
        "从录音开始到坐席第一次说话 0:00.0“您好请讲”，相隔 0.0 秒 → 首次应答（坐席）"
    )
    prompts = Prompts((Segment(0, 3),), Segment(0, 3), (Reason(test="menu", text="请按一"),))
    late = whole("O 0-3 人工服务请按一 | A 5-7 您好请讲", prompts=prompts)
    assert "从语音菜单结束 0:03.0 到坐席第一次说话 0:05.0“您好请讲”，相隔 2.0 秒" in sentence(late, "first_response")
    assert "at 0:05.0 “您好请讲”: 2.0 s" in sentence(late, "first_response", "en")


def test_what_was_said_before_a_latency_is_masked_with_the_call() -> None:
    call = whole("B 0-9 我的手机号码是一三八零零一三八零零零 | A 12-14 好的我记下了")
    said = sentence(redacted(call), "response_latency")
    assert "零" not in said
    assert "0:00.0–0:09.0 到此说完" in said


def test_a_silence_without_a_hold_is_not_said_to_hold_none_point_zero() -> None:
    said = sentence(document("A 0-3 您好 | B 20-22 喂"), "dead_air")
    assert "其中没有保持音乐或语音菜单" in said
    assert "0.0 秒" not in said


def test_talk_over_tells_what_made_it_no_interruption() -> None:
    said = sentence(document("A 0-9 我帮您看到这个月的账单 | B 3.2-5 我想问一下费用"), "talk_over")
    assert "坐席在 5.8 秒后才停下（不满足 ≤ 2.0）" in said
    assert said.endswith("→ 叠话（客户）")


def test_dead_air_tells_what_waived_it() -> None:
    call = document("A 0-2 请您稍等 | A 12-13 让您久等了")
    one = explain(call, next(n for n, event in enumerate(call.events, 1) if event.kind == "dead_air"))
    assert "坐席说了“请您稍等”，0.0 秒后开始静音（≤ 3.0）" in one.sentence
    assert one.event.waived_by == "请您稍等"
    assert one.sentence.endswith("冷场 [已说明]")


def test_parameters_are_those_that_were_in_force() -> None:
    call = document("A 0-2 您好 | A 5-6 喂", TimingOptions(silence_min=2.5))
    one = explain(call, 2)
    assert (one.event.kind, one.definition, one.parameters) == ("silence", "silence(min=2.5)", {"min": 2.5})
    assert "持续 3.0 秒（≥ 2.5）" in one.sentence


ALL_KINDS = (
    "B 0-5 我要投诉你们公司 | A 3-9 请问您 | B 7-7.3 嗯 | B 7.7-8 嗯 | A 20-22 喂您好 | B 22.5-30 我一直在等你们 | "
    "A 25-26 那个不归我管 | A 50-120 介绍一下 | A 200-201 请稍等 | B 215-216 好 | A 217-225 ? | B 219-219.6 ? | end 240"
)


SUPPORT = ("rings", "plays", "keys", "ivr_gap")
PROMPTS = Prompts(
    (Segment(0, 1),),
    Segment(0, 1),
    (
        *(Reason(test=kind, text="坐席正忙") for kind in ("menu", "queue", "notice", "welcome", "before_prompt")),
        *(Reason(test=kind, value=1.0, relation=">=", limit=1.0) for kind in SUPPORT),
        Reason(test="repeated"),
    ),
)


def test_the_busy_tone_that_tells_who_hung_up_is_named() -> None:
    call = document("A 0-3 您好", gone_at=3.4)
    assert sentence(call, "hang_up_side") == "清单没有写；0:03.4 起客户的声道上响起忙音，此后没有再说话 → 挂机（客户）"
    assert "from 0:03.4 on busy tone sounds on the channel of" in sentence(call, "hang_up_side", "en")


def test_nobody_is_said_to_have_announced_nothing_where_roles_are_unknown() -> None:
    call = document("A 0-3 您好 | B 20-22 喂")
    unknown = replace(call, warnings=(CallWarning(code="roles_unknown", message="one channel, and one voice on it"),))
    assert "此前坐席没有说明要等待" in sentence(call, "dead_air")
    assert "坐席没有说明" not in sentence(unknown, "dead_air")
    assert "不知道此前是否说明过要等待" in sentence(unknown, "dead_air")
    assert "whether a wait was announced is not known" in sentence(unknown, "dead_air", "en")


def test_warnings_that_bear_on_an_event_come_with_it() -> None:
    codes = ("one_sided", "roles_unknown", "clipping")
    call = document("A 0-3 您好 | B 20-22 喂")
    warned = replace(call, warnings=tuple(CallWarning(code=code, message="x") for code in codes))
    both = replace(warned, warnings=(*warned.warnings, CallWarning(code="one_channel", message="x")))
    kinds = {event.kind: number for number, event in enumerate(call.events, 1)}
    found = {kind: as_plain(explain(warned, number))["caveats"] for kind, number in kinds.items()}
    assert found["dead_air"] == ["one_sided", "roles_unknown"]
    assert found["silence"] == ["one_sided"]
    assert found["first_response"] == ["roles_unknown"]
    # Both parties are heard, if not told apart: what is silent is silent.
    assert as_plain(explain(both, kinds["silence"]))["caveats"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_reason_of_every_kind_has_words(lang: Lang) -> None:
    call = document(ALL_KINDS, prompts=PROMPTS)
    assert {event.kind for event in call.events} == set(KINDS)
    for number, event in enumerate(call.events, 1):
        one = explain(call, number, lang=lang)
        assert [view.reason for view in one.reasons] == list(event.reasons)
        for view in one.reasons:
            assert view.text, (event.kind, view.reason)
            assert not re.search(r"\{|\bNone\b|^[a-z_]+ [\d–]", view.text), view.text
        assert one.definition_text


def test_a_document_says_the_same_after_it_was_stored() -> None:
    call = document(ALL_KINDS, prompts=PROMPTS)
    back = from_json(to_json(call))
    for number in range(1, len(call.events) + 1):
        assert explain(back, number).sentence == explain(call, number).sentence


def test_event_of_an_older_document_says_that_nothing_was_kept() -> None:
    old = with_events(Event(kind="silence", start=1.0, end=4.0, definition="silence(min=2.0)"))
    assert "没有保存判定依据" in explain(old, 1).sentence


@pytest.mark.parametrize("number", [0, 2])
def test_an_event_that_is_not_there_is_named(number: int) -> None:
    call = with_events(Event(kind="silence", start=1.0, end=4.0))
    with pytest.raises(NotFoundError, match="numbered 1 to 1"):
        explain(call, number)
    with pytest.raises(NotFoundError, match="it has none"):
        explain(with_events(), number)


def test_parameters_are_read_from_the_definition() -> None:
    assert parameters_of("dead_air(min=5.0,serious=15.0)") == {"min": 5.0, "serious": 15.0}
    assert parameters_of("duration") == parameters_of("") == {}


def test_an_excuse_that_came_too_early_is_not_said_to_hold() -> None:
    call = document("A 1-3 好的请您稍等 | B 10-12 喂你好 | A 20-22 您的账单")
    said = sentence(call, "dead_air")
    early = [e for e in call.events if e.kind == "dead_air"][-1]
    assert [reason.test for reason in early.reasons if not reason.holds] == ["serious", "excuse_lead"]
    assert "excuse_max" not in {reason.test for reason in early.reasons}
    assert "说明有效" in said  # the first one, said just before


def test_nothing_is_quoted_where_nothing_was_heard() -> None:
    call = document("A 1-9 您的账单一共是五十元 | B 4-4.8 ? | A 9.5-11 请您核对")
    assert "没有听清是什么词，看时长" in sentence(call, "backchannel")


def test_who_does_not_give_way_goes_on_for_so_long() -> None:
    call = document("B 0-9 我上个月的账单里面有一笔费用不对 | A 3-5 那个不归我们管")
    assert "没有让话" in sentence(call, "talk_over")
    assert "-" not in sentence(call, "talk_over")
