"""The phrases that tell roles are data: what is in the files is what is looked for."""

from __future__ import annotations

from importlib.resources import files

import pytest

from asr_qa.core.sketch import parse_sketch
from asr_qa.pipeline.roles import (
    AGENT_WORDS,
    CLOSING_SCRIPT,
    CUSTOMER_WORDS,
    OPENING_SCRIPT,
    PER_OPENING,
    agent_odds,
    roles_swapped,
)
from asr_qa.pipeline.words import LANGUAGES, phrases

LISTS = {"opening": OPENING_SCRIPT, "closing": CLOSING_SCRIPT, "agent": AGENT_WORDS, "customer": CUSTOMER_WORDS}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_every_file_counts_once(name: str, language: str) -> None:
    text = (files("asr_qa.pipeline.words") / f"{name}.{language}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) >= 4
    assert len(set(lines)) == len(lines)
    assert set(lines) <= set(LISTS[name])
    assert all(line.isascii() is (language == "en") for line in lines)


def test_remarks_are_no_phrases() -> None:
    assert not [phrase for name in LISTS for phrase in phrases(name) if phrase.startswith("#") or not phrase.strip()]


def test_no_word_is_both_parties() -> None:
    assert not set(AGENT_WORDS) & set(CUSTOMER_WORDS)


@pytest.mark.parametrize("phrase", [*OPENING_SCRIPT, *AGENT_WORDS])
def test_each_phrase_of_the_agent_speaks_for_who_says_it(phrase: str) -> None:
    said = f"A 0-2 {phrase} | B 2-4 今天是星期三"
    other = f"B 0-2 {phrase} | A 2-4 今天是星期三"
    assert agent_odds(parse_sketch(said).transcript) > 0 > agent_odds(parse_sketch(other).transcript)


def test_an_english_opening_on_the_wrong_channel_is_found() -> None:
    call = "B 0-4 thank you for calling north star, how can i help you | A 5-7 my order is late"
    assert roles_swapped(parse_sketch(call).transcript)


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ("通话相被录音", True),  # one initial of six syllables is another
        ("通话相配录音", False),  # two are
        ("荒迎质店", True),  # near: uang for uan
        ("欢送质店", False),  # another syllable in a phrase of four
        ("公告", False),  # short phrases are no phrases when they sound nearly like one
    ],
)
def test_a_script_is_known_where_it_is_slightly_misheard(said: str, *, tells: bool) -> None:
    nothing, something = (
        agent_odds(parse_sketch(f"A 0-2 {text} | B 2-4 今天是星期三").transcript) for text in ("呀" * len(said), said)
    )
    assert something - nothing == pytest.approx(PER_OPENING if tells else 0.0)


def test_the_same_script_twice_is_one_phrase() -> None:
    once, twice = (f"A 0-2 {'欢迎致电' * times} | B 2-4 今天是星期三今天是星期三" for times in (1, 2))
    assert agent_odds(parse_sketch(twice).transcript) - agent_odds(parse_sketch(once).transcript) < PER_OPENING
