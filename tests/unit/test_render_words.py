from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import asr_qa.render
from asr_qa.core.finding import Evidence, Finding, Match, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.review import FlagReason
from asr_qa.core.rule import Severity
from asr_qa.core.scorecard import Source
from asr_qa.render import wording
from asr_qa.render.because import because
from asr_qa.render.format import clock, percent, points, seconds, span
from asr_qa.render.texts import TEXTS, Lang, Texts

ROOT = Path(asr_qa.render.__file__).parent
LANGS: tuple[Lang, ...] = ("zh", "en")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def evidence(text: str, match: Match = Match.TIMING, *, start: float = 1.0, end: float = 2.0) -> Evidence:
    return Evidence(Role.AGENT, start, end, text, match)


# --- texts


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    assert TEXTS["zh"].keys() == TEXTS["en"].keys()
    for key, text in TEXTS["zh"].items():
        assert fields(text) == fields(TEXTS["en"][key]), key


def test_every_text_that_is_asked_for_exists_and_none_is_left_over() -> None:
    files = [path for path in ROOT.rglob("*") if path.suffix in (".py", ".j2") and path.parent.name != "locale"]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    asked = set(re.findall(r"""\b(?:t|texts)\(\s*['"](\w+)['"]""", source))
    assert asked <= TEXTS["zh"].keys()
    quoted = set(re.findall(r"""['"](\w+)['"]""", source))
    built = ("v_", "m_", "w_", "e_", "k_", "d_", "flag_", "severity_", "source_", "direction_", "voice_")
    left = {key for key in TEXTS["zh"] if key not in quoted and not key.startswith(built)}
    assert left <= {role.value for role in Role}


@pytest.mark.parametrize("lang", LANGS)
def test_every_value_of_the_vocabulary_has_a_word(lang: Lang) -> None:
    texts = Texts(lang)
    kinds = {"v": Verdict, "severity": Severity, "flag": FlagReason, "source": Source, "m": Match}
    for kind, values in kinds.items():
        for value in values:
            assert f"{kind}_{value.value}" in TEXTS[lang]
    assert texts.word("w", "a code of tomorrow") == "a code of tomorrow"
    assert {texts.word_of(role.value) for role in Role} == {texts("agent"), texts("customer"), texts("other")}


def test_verdicts_are_said_in_the_words_of_the_project() -> None:
    texts = Texts("zh")
    assert [texts.word("v", v.value) for v in Verdict] == ["符合", "不符合", "不适用", "待人工"]


# --- numbers


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0:00.0"), (65.37, "1:05.3"), (59.99, "0:59.9"), (3727.0, "1:02:07.0"), (-1.0, "0:00.0")],
)
def test_clock_never_shows_a_time_later_than_it_is(seconds: float, shown: str) -> None:
    assert clock(seconds, tenths=True) == shown
    assert clock(seconds) == shown[:-2]


def test_clock_survives_binary_fractions() -> None:
    assert clock(0.3 - 1e-12, tenths=True) == "0:00.3"
    assert span(5.3, 7.0) == "0:05.3–0:07.0"


@pytest.mark.parametrize(
    ("value", "shown"), [(100.0, "100"), (92.45, "92.5"), (0.0, "0"), (0.04, "0"), (98.507, "98.5")]
)
def test_points(value: float, shown: str) -> None:
    assert points(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0%"), (1.0, "100%"), (0.9999, "99.9%"), (0.0001, "0.1%"), (0.375, "37.5%"), (0.5, "50%")],
)
def test_percent_is_never_all_or_nothing_by_rounding(share: float, shown: str) -> None:
    assert percent(share) == shown


# --- evidence


def test_what_was_missed_is_told_from_what_was_measured() -> None:
    missed, measured = evidence("（未听到：再见 / 拜拜）"), evidence("dead_air 17.0 s")
    assert wording.is_missing(missed)
    assert not wording.is_missing(measured)
    # Words of a customer can look like it, but are no measurement.
    assert not wording.is_missing(evidence("（未听到：再见）", Match.EXACT))
    assert wording.missing_words(missed) == "再见 / 拜拜"
    assert wording.missing_words(evidence("（未听到：/a+/）")) is None


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("dead_air 17.0 s", "冷场 17.0 秒 [dead_air]", "dead air, 17.0 s [dead_air]"),
        ("3 interruption", "抢话 3 次 [interruption]", "interruption: 3 [interruption]"),
        (
            "characters_per_minute.agent = 345.679",
            "语速 345.7 字/分 [speech_rate]",
            "345.7 characters a minute [speech_rate]",
        ),
        ("silence_share = 0.285", "静音占比 28% [silence]", "share of silence 28% [silence]"),
        ("something = new", "something = new", "something = new"),
        ("9 of 10", "9 of 10", "9 of 10"),
    ],
)
def test_measurements_are_put_into_words(text: str, zh: str, en: str) -> None:
    assert wording.heard(evidence(text), Texts("zh")) == zh
    assert wording.heard(evidence(text), Texts("en")) == en


def test_words_heard_are_left_as_they_are() -> None:
    said = evidence("dead_air 17.0 s，", Match.EXACT)
    assert wording.heard(said, Texts("zh")) == "dead_air 17.0 s"


def test_conditions_are_translated_but_not_what_they_quote() -> None:
    text = "phrase any of [met by agent, 您好] by agent, first seconds 30, after rule COMP-001 (hit any) within 20 s"
    assert wording.condition(text, "en") == text
    assert wording.condition(text, "zh") == (
        "说到其中一个 [met by agent, 您好] （坐席），前 30 秒内，之后：规则 COMP-001 （任一处） 20 秒内"
    )


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("event hold does not occur", "没有发生：保持音乐"),
        ("phrase 查余额/我的余额 does not occur", "没有人说「查余额/我的余额」"),
        ("a hit of OPEN-001 does not occur", "规则 OPEN-001 没有命中"),
        ("it is not known whether a hit of OPEN-001 occurs", "不知道规则 OPEN-001 是否命中"),
        ("it is not known whether event dead_air occurs; exact 0.99", "不知道是否发生：冷场；原词 0.99"),
        ("it is not known whether phrase 查余额/我的余额 occurs", "不知道是否有人说「查余额/我的余额」"),
        ("SERV-002 is not_met", "规则 SERV-002 的判定为 不符合"),
        ("step 1 of 3 not heard", "第 1 步（共 3 步）未听到"),
        (
            "step 2 of 2 not heard, only before step 1; possibly said: heard with confidence 0.49 only",
            "第 2 步（共 2 步）只在第 1 步之前听到；可能说过，置信度只有 0.49",
        ),
        ("too little is said in the recording to tell", "录音里说得太少，无法判断"),
        ("the recording breaks off before the call ends", "录音在通话结束前中断"),
        ("the recording begins in the middle of speech", "录音从半句话开始"),
        ("it is not known who announced a wait", "不知道是谁说明要等待"),
        ("the channels do not part what is said at once", "双方同时说的话，声道分不开"),
        ("one party is never heard: silence is not known", "始终只听到一方，不知道是否真的静音"),
        ("dead_air_count = 2", "冷场 2 次"),
        ("homophone 0.83", "同音 0.83"),
        ("fuzzy 0.7 syllables 0.61; exact 0.99", "似音 差 0.7 音节 0.61；原词 0.99"),
    ],
)
def test_remarks_are_translated(text: str, zh: str) -> None:
    assert wording.note(text, Texts("zh")) == zh


def test_a_reason_names_the_moment_that_stands_beside_its_clip() -> None:
    place = evidence("闭嘴", Match.EXACT, start=37.75, end=38.96)
    told = because(Finding("R-1", "1", Verdict.NOT_MET, 0.9, (place,)), Texts("zh"))
    assert span(place.start, place.end) == "0:37.7–0:38.9"
    assert seconds(place.start) == "37.7"
    assert told == "因为坐席在 37.7 秒说了「闭嘴」。"
