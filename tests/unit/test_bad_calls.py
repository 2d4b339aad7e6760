"""Calls that are no ordinary talk of two, through every stage: sane events or a warning, and nobody blamed for what
could not be known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.config import shipped
from asr_qa.core.document import CallDocument, CallWarning
from asr_qa.core.finding import Verdict
from asr_qa.core.metrics import Latency, PerRole
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard
from asr_qa.core.segment import Segment, Track
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import build_timeline
from asr_qa.pipeline.limits import told_hang_up
from asr_qa.pipeline.ports import CallAudio, Hearing, NonSpeech, Samples
from asr_qa.pipeline.process import Stages, process
from asr_qa.render.remarks import remark
from asr_qa.render.texts import Texts
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.testing.builders import make_recording

RATE = 100
"""Hertz: these stages look at loudness only, so hours of audio stay small."""
ROLES = (Role.AGENT, Role.CUSTOMER, Role.OTHER)


@dataclass(frozen=True)
class Inspected:
    tracks: tuple[Track, ...]
    warnings: tuple[CallWarning, ...] = ()


@dataclass
class Scene:
    """Reader and detectors: a channel a role, loud where the sketch says that the role speaks."""

    sketch: str
    roles: tuple[Role, ...] = ROLES[:2]
    hold: Segment | None = None
    rising: bool = True
    """Words begin from nothing; otherwise the recording cuts the first one."""
    name: str = "scripted"

    def read(self, path: Path) -> CallAudio:
        call = parse_sketch(self.sketch)
        noise = np.random.default_rng(7)
        channels = []
        for index, role in enumerate(self.roles):
            samples = noise.choice([-2.0, 2.0], round(call.duration * RATE))
            for part in call.speech.get(role, ()):
                samples[round(part.start * RATE) : round(part.end * RATE)] *= 500
            samples[-1] = index
            channels.append(samples)
        audio = np.stack(channels)
        if self.rising:
            audio[:, :2] /= 500
        return CallAudio(audio.astype(np.int16), RATE)

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        return tuple(parse_sketch(self.sketch).speech.get(self.roles[int(samples[-1])], ()))

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        waits = (self.hold,) if self.hold and int(samples[-1]) == 0 else ()
        return NonSpeech(waits, waits)

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        return samples


@cache
def rules() -> tuple[Ruleset, Scorecard]:
    folder = shipped("rules")
    ruleset = load_ruleset(folder)
    return ruleset, load_scorecard("inbound", folder, ruleset)


def worked(scene: Scene) -> CallDocument:
    ruleset, scorecard = rules()
    stages = Stages(
        reader=scene,  # type: ignore[arg-type]
        detector=scene,
        inspect=lambda samples, speech: Inspected(tuple(speech)),
        non_speech=scene,
        transcriber=ReplayTranscriber(parse_sketch(scene.sketch).transcript),
        ruleset=ruleset,
        scorecard=scorecard,
        version="0",
    )
    recording = make_recording(role_by_channel=scene.roles, channels=len(scene.roles), direction="inbound")
    return process(recording, stages)


def codes(document: CallDocument) -> set[str]:
    return {warning.code for warning in document.warnings}


def count(document: CallDocument, kind: str, by: Role | None = None) -> int:
    return sum(event.kind == kind and by in (None, event.by) for event in document.events)


def verdict(document: CallDocument, rule: str) -> Verdict:
    return next(finding.verdict for finding in document.findings if finding.rule_id == rule)


@pytest.mark.parametrize(("mine", "silent"), [("A", "customer"), ("B", "agent")])
def test_one_side_alone_is_a_warning_and_its_silences_blame_nobody(mine: str, silent: str) -> None:
    # one side  ..##..........####..................##
    document = worked(Scene(f"{mine} 1-3 您好请讲 | {mine} 13-17 您好听得到吗 | {mine} 40-42 喂 | end 45"))
    assert "one_sided" in codes(document)
    assert silent in next(warning.message for warning in document.warnings if warning.code == "one_sided")
    for kind in (
        "silence",
        "dead_air",
        "monologue",
        "overlap",
        "interruption",
        "talk_over",
        "backchannel",
        "response_latency",
    ):
        assert count(document, kind) == 0
    for rule in ("TIME-001", "TIME-002", "TIME-005"):
        assert verdict(document, rule) in (Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE), rule
    # What was not heard may have been said: of two silences of ten seconds and more nothing is known.
    metrics = document.metrics
    assert metrics.silence_seconds is metrics.silence_share is metrics.longest_silence is None
    assert metrics.dead_air_seconds is metrics.dead_air_count is metrics.serious_dead_air_count is None
    assert metrics.excused_silence_seconds is metrics.excused_silence_count is None
    assert metrics.interruptions == metrics.longest_monologue == PerRole()
    assert metrics.overlap_seconds is metrics.talk_ratio is None
    # What the one party does by itself is known.
    heard = Role.AGENT if mine == "A" else Role.CUSTOMER
    assert getattr(metrics.speech_seconds, heard) == pytest.approx(8, abs=0.7)  # its ends fade
    assert getattr(metrics.turns, heard) == 3


# agent     ############################ .. ############
# customer  ############################ .. ############    as two who do not hear each other
ALL_THE_TIME = {
    "one stretch": "A 1-61 您的账单我们已经核实过了 | B 1.2-61 我不管你们怎么核实 | end 62",
    "with pauses": " | ".join(
        f"A {12 * i + 1}-{12 * i + 11} 您的账单我们已经核实过了 | B {12 * i + 2.5}-{12 * i + 11.8} 下面请听天气预报"
        for i in range(6)
    ),
    "a television": "B 0.5-90 下面请听天气预报 | "
    + " | ".join(f"A {9 * i + 3}-{9 * i + 6} 您好请问您还在吗" for i in range(9)),
}


@pytest.mark.parametrize("name", ALL_THE_TIME)
def test_both_speaking_all_the_time_are_a_warning_and_interrupt_nobody(name: str) -> None:
    document = worked(Scene(ALL_THE_TIME[name]))
    (warning,) = [warning for warning in document.warnings if warning.code == "double_talk"]
    assert "不作判断" in remark(warning, Texts("zh"))
    for kind in ("overlap", "interruption", "talk_over", "backchannel", "response_latency"):
        assert count(document, kind) == 0, kind
    assert document.metrics.silence_seconds is not None
    assert document.metrics.overlap_seconds is None
    assert document.metrics.interruptions == document.metrics.talk_overs == PerRole()
    assert document.metrics.response_latency == Latency()
    for rule in ("TIME-003", "TIME-007"):
        assert verdict(document, rule) is Verdict.UNDETERMINED, rule
    assert document.definitions["double_talk"] == "double_talk(min=10.0,chance=0.6)"


def test_an_agent_who_cuts_in_again_and_again_is_no_double_talk() -> None:
    # customer  ########..########..    ten times, the agent begins 2 s before the end and goes on
    # agent     ......####......####    2 of 4 s of it over the customer
    said = " | ".join(
        f"B {11 * i + 0.5}-{11 * i + 7} 我跟你说的是上个月的账单 | A {11 * i + 5.5}-{11 * i + 11} 这个我们处理不了的"
        for i in range(10)
    )
    document = worked(Scene(said))
    assert "double_talk" not in codes(document)
    assert count(document, "interruption", Role.AGENT) == 10
    assert document.metrics.overlap_seconds == pytest.approx(15)
    assert verdict(document, "TIME-003") is Verdict.NOT_MET


def test_a_hundred_backchannels_are_a_hundred_backchannels() -> None:
    murmurs = " | ".join(f"A {2 * i + 2}.5-{2 * i + 2}.8 嗯" for i in range(100))
    document = worked(
        Scene(f"A 0.5-1 您好 | B 1.5-203 我跟你们说一下这个事情 | {murmurs} | A 203.5-205 好的我知道了 | end 206")
    )
    assert count(document, "backchannel", Role.AGENT) == 100
    assert count(document, "interruption") == count(document, "talk_over") == 0
    assert document.metrics.turns.customer == 1
    assert verdict(document, "TIME-003") is not Verdict.NOT_MET


HALVES = (
    "A 0.5-4 您好欢迎致电客服中心请问有什么可以帮您 | B 4.5-7 我想查一下我的话费 | "
    "A 7.5-11 请问您贵姓麻烦您提供一下手机号 | B 11.5-14 我姓王我要投诉你们 | ",
    "A 15-19 请您稍等我帮您查询一下给您带来不便 | B 19.5-21 我不管 | "
    "A 22-27 已经为您登记了请问还有什么可以帮您感谢您的来电祝您生活愉快再见 | B 27.5-28 再见 | end 29",
)


def turned(sketch: str) -> str:
    """The same on the other channel."""
    return re.sub(r"\b[AB]\b", lambda role: "BA"[role[0] == "B"], sketch)


def test_channels_that_change_over_in_the_middle_are_a_warning_and_blame_nobody() -> None:
    whole, changed = worked(Scene("".join(HALVES))), worked(Scene(HALVES[0] + turned(HALVES[1])))
    assert "swapped_roles" not in codes(whole)
    (warning,) = [warning for warning in changed.warnings if warning.code == "swapped_roles"]
    assert warning.start == pytest.approx(15, abs=5)
    assert "中途对调" in remark(warning, Texts("zh"))
    assert verdict(whole, "CLOS-001") is Verdict.MET
    assert not {rule for rule in failed(changed) if rule.startswith(("CLOS", "OPEN", "SERV"))}


@pytest.mark.parametrize(
    ("cut_in", "kinds"),
    [
        # agent     ####################    pieces less than 1 s apart are one: 0.2 + 0.2 s is a murmur, ...
        ("B 4-4.2 我想 | B 4.8-5 问下", {"backchannel"}),
        # ... 0.3 + 0.3 s is not, ...
        ("B 4-4.3 我想 | B 4.9-5.2 问下", {"overlap", "talk_over"}),
        # ... but is where the words do not tell, up to a second; ...
        ("B 4-4.3 ? | B 4.9-5.2 ?", {"backchannel"}),
        # ... further apart each is one by itself.
        ("B 4-4.3 我想 | B 5.4-5.7 问下", {"backchannel"}),
        # Acknowledgements are, however long; a second without any word is more than a murmur.
        ("B 4-6 好的好的好的好的", {"backchannel"}),
        ("B 4-5.1 ?", {"overlap", "talk_over"}),
    ],
)
def test_what_is_brief_is_what_would_be_one_turn(cut_in: str, kinds: set[str]) -> None:
    sketch = parse_sketch(f"A 0.5-20 我跟您说一下这个套餐的资费是怎么算的请您听我说完 | {cut_in} | end 21")
    timeline = build_timeline(sketch.speech, sketch.transcript, sketch.duration)
    found = {event.kind for event in timeline.events} & {"backchannel", "overlap", "talk_over", "interruption"}
    assert found == kinds


def test_a_hold_of_two_hours_is_no_dead_air() -> None:
    scene = Scene(
        "A 1-4 请您稍等我帮您查一下 | B 4.5-5 好的 | A 7213-7216 让您久等了 | B 7217-7219 谢谢你们 | end 7220",
        hold=Segment(7.0, 7211.0),
    )
    document = worked(scene)
    assert document.metrics.hold_seconds == pytest.approx(7204)
    assert (document.metrics.dead_air_count, document.metrics.dead_air_seconds) == (0, 0)
    assert count(document, "hold") == count(document, "silence") == 1
    assert document.metrics.response_latency.worst is None or document.metrics.response_latency.worst < 5
    assert verdict(document, "TIME-002") is not Verdict.NOT_MET


def test_a_recording_that_begins_in_a_word_does_not_tell_how_the_call_began() -> None:
    sketch = "A 0-2 帮您的吗 | B 3-6 我想查一下话费 | A 6.5-9 好的您的话费是五十元 | end 10"
    cut, whole = worked(Scene(sketch, rising=False)), worked(Scene(sketch))
    assert "begins_in_speech" in codes(cut)
    assert "begins_in_speech" not in codes(whole)
    assert (cut.metrics.first_response, count(cut, "first_response")) == (None, 0)
    assert whole.metrics.first_response == 0
    assert verdict(cut, "OPEN-004") is Verdict.UNDETERMINED
    # Whether the greeting was said nobody knows; of the whole recording it is known that it was not.
    assert (verdict(cut, "OPEN-001"), verdict(whole, "OPEN-001")) == (Verdict.UNDETERMINED, Verdict.NOT_MET)


def test_percents_of_a_call_that_began_before_its_recording_are_not_known() -> None:
    # cut   [A..B..A....B..A...B]  18 s: of the whole call, the last 60 % may reach back before the recording.
    sketch = (
        "A 0-2 帮您的吗 | B 3-6 我要投诉你们 | A 6.5-9 好的您的话费是五十元 | B 9.5-12 那你帮我办理吧 | "
        "A 12.5-15 好的为您办理 | B 15.5-18 嗯 | end 19"
    )
    cut, whole = worked(Scene(sketch, rising=False)), worked(Scene(sketch))
    for rule in ("CLOS-002", "CMPL-008"):
        assert (verdict(cut, rule), verdict(whole, rule)) == (Verdict.UNDETERMINED, Verdict.NOT_MET), rule
    # What follows a sentence that is heard is known all the same: nobody said sorry.
    assert verdict(cut, "SERV-002") is Verdict.NOT_MET


def test_a_third_speaker_after_a_transfer_neither_blames_nor_is_blamed() -> None:
    # agent     ##..##...............
    # customer  ..##....#####..####..
    # other     .........######.#####    cuts in, is cut in upon
    document = worked(
        Scene(
            "A 1-3 您好为您转接 | B 3.5-5 好的谢谢你啊 | A 5.5-7 请您稍等一下 | O 9-14 我是二线工程师请讲情况 | "
            "B 12-18 我家里的宽带一直断线 | O 15.5-22 您先不要着急我看看 | A 20-25 我这边补充一下他的情况 | end 26",
            roles=ROLES,
        )
    )
    assert count(document, "interruption") == count(document, "talk_over") == 0
    assert count(document, "overlap") == 3
    assert all(event.by is not Role.OTHER for event in document.events if event.kind != "monologue")
    assert document.metrics.interruptions.agent == 0
    # The silence between transfer and third speaker is spoken into by nobody, and lasts 2 s.
    assert [(e.start, e.end) for e in document.events if e.kind == "silence"] == [(7, 9)]
    assert verdict(document, "TIME-003") is not Verdict.NOT_MET


FULL = (
    "A 0.4-3 您好欢迎致电客服中心请问有什么可以帮您 | B 3.6-5.4 不好意思我打错了 | "
    "A 6-8.6 没关系感谢您的来电再见 | B 9-9.4 再见 | end 10"
)


def failed(document: CallDocument) -> set[str]:
    return {finding.rule_id for finding in document.findings if finding.verdict is Verdict.NOT_MET}


@pytest.mark.parametrize(
    "sketch",
    [
        "A 0.05-0.25 喂 | end 0.3",
        "A 0.1-0.9 喂您好啊 | end 1",
        "A 0.1-1 喂你谁啊哪里 | B 1.1-1.9 打错了 | end 2",
        "A 0.3-2.5 喂请问你是哪里的什么事 | B 3-4.8 我想查一下订单 | end 5",
        "A 0.5-4.5 喂请问你是哪里的什么事情说吧 | B 5-9 我想查一下我上个月买的东西 | end 10",
    ],
)
def test_a_scrap_of_a_call_fails_no_rule(sketch: str) -> None:
    document = worked(Scene(sketch))
    assert "too_short" in codes(document)
    assert failed(document) == set()
    for rule in ("OPEN-002", "CLOS-002", "CLOS-004", "SERV-001", "TIME-004"):
        assert verdict(document, rule) is Verdict.UNDETERMINED, rule


def test_a_short_call_from_greeting_to_farewell_is_judged() -> None:
    document = worked(Scene(FULL))
    assert codes(document) == set()
    for rule in ("OPEN-001", "OPEN-002", "CLOS-001", "CLOS-002", "OPEN-004"):
        assert verdict(document, rule) is Verdict.MET, rule
    # What could have been said in it and was not is missing ...
    assert {"OPEN-003", "SERV-001"} <= failed(document)
    # ... and the agent is held to the rate of speech, too.
    assert document.metrics.characters_per_minute.agent == pytest.approx(60 * 30 / 5.2)
    assert verdict(document, "TIME-004") is Verdict.NOT_MET


def test_rude_words_are_held_against_a_scrap_too() -> None:
    document = worked(Scene("A 0.2-1.6 你给我闭嘴 | B 1.8-2.4 什么 | end 3"))
    assert "too_short" in codes(document)
    assert failed(document) == {"LANG-002"}


def test_a_recording_that_ends_in_a_word_does_not_tell_how_the_call_ended() -> None:
    said = "A 0.5-5 您好请问有什么可以帮您 | B 5.5-9 我想查一下话费 | A 9.5-13 好的您的话费是五十元 | B 13.5-14 好的"
    whole, cut = worked(Scene(f"{said} | end 15")), worked(Scene(f"{said} | end 14"))
    assert codes(whole) == set()
    assert codes(cut) == {"ends_in_speech"}
    for rule in ("CLOS-001", "CLOS-002", "CLOS-004"):
        assert (verdict(whole, rule), verdict(cut, rule)) == (Verdict.NOT_MET, Verdict.UNDETERMINED), rule


def test_music_that_nobody_speaks_around_is_a_wait_for_an_answer() -> None:
    document = worked(Scene("end 60", hold=Segment(5.0, 45.0)))
    assert "no_speech" in codes(document)
    assert document.timing is not None
    assert document.timing.unanswered == (Segment(5.0, 45.0),)
    assert document.metrics.hold_seconds is None
    assert document.metrics.silence_seconds is None


@pytest.mark.parametrize("told", ["customer", "客户"])
def test_who_hung_up_is_what_the_manifest_says(told: str) -> None:
    assert hang_up({"hang_up_side": told}) is Role.CUSTOMER
    assert hang_up({}) is None
    assert hang_up({"hang_up_side": "?"}) is None


def hang_up(metadata: dict[str, str]) -> Role | None:
    return told_hang_up(make_recording(metadata=metadata))
