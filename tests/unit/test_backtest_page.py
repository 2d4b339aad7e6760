"""The page of a backtest: what a reader finds on it, with nothing, with much, and with long names."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

import pytest

from asr_qa.core.backtest import SHOWN_TEXT, CallRef, Compared, Example, Flip, Place, Side, Tally
from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Ruleset
from asr_qa.render.backtest import MOST_AGENTS, MOST_BAD, render_backtest, summary
from asr_qa.render.texts import Lang
from asr_qa.testing import make_finding, make_line, make_sheet

MET, NOT_MET = Verdict.MET, Verdict.NOT_MET
LANGS: tuple[Lang, ...] = ("zh", "en")


def side(verdict: Verdict, *, card: str = "inbound") -> Side:
    points = 90.0 if verdict is MET else 70.0
    sheet = replace(make_sheet([make_line("greeting", verdict)]), points=points, scorecard=card)
    return Side.of([make_finding("OPEN-001", verdict)], sheet)


def found(calls: int, flips: int, **changes: Any) -> dict[str, Any]:
    tally = Tally(keep=2)
    for number in range(calls):
        call = CallRef(
            id=f"{number:04d}",
            path=f"/data/night/{number}.wav",
            agent=f"A{number:03d}",
            queue=None,
            started_at=None,
        )
        after = side(NOT_MET if number < flips else MET, card="loan" if number < flips else "inbound")
        tally.add(Compared(call=call, before=side(MET), after=after))
    rules = Ruleset((), "digest")
    return {
        "baseline": "stored",
        "against": {
            "path": "my-rules",
            "ruleset_digest": "digest",
            "scorecard": "inbound@1",
            "scorecards": ["inbound@1"],
        },
        "scored_by": {"digest": calls},
        "in_force": "digest",
        "interrupted": False,
        "bad": [],
        **summary(tally, before=rules, after=rules, cards=()),
        **changes,
    }


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.S))


@pytest.mark.parametrize(("lang", "said"), [("zh", "没有规则的判定发生变化"), ("en", "No verdict flips")])
def test_nothing_that_flips_is_said_instead_of_empty_tables(lang: Any, said: str) -> None:
    page = text(render_backtest(found(3, 0), lang=lang))
    assert said in page
    assert ("没有通话的得分发生变化" if lang == "zh" else "No sheet moves") in page
    assert "≤ -20" not in page


def test_rules_stand_in_an_overview_and_lead_to_their_examples() -> None:
    page = render_backtest(found(1200, 1100), lang="en")
    assert '<a href="#OPEN-001">' in page
    assert 'id="OPEN-001"' in page
    assert "met → not met 1,100" in text(page)
    assert "inbound@1 loan@1 1,100" in text(page), "calls that change their card"
    assert f"The {MOST_AGENTS} of 1200 agents" in text(page)
    assert "0.wav" in page
    assert "/data/night" not in page, "file names are enough to know a call by"


@pytest.mark.parametrize(
    ("place", "zh", "en"),
    [
        (
            Place(start=0.0, role="agent", text="（未听到：本次通话 / 录音）", match="timing"),
            "坐席：未听到：本次通话 / 录音 ",
            "Agent: not heard: 本次通话 / 录音 ",
        ),
        (
            Place(start=0.0, role="agent", text=f"（未听到：{'本次通话' * 30}"[:SHOWN_TEXT], match="timing"),
            "坐席：未听到：本次通话",
            "Agent: not heard: 本次通话",
        ),
        (
            Place(start=0.0, role="agent", text="（未听到：/转.*专员/）", match="timing"),
            "坐席：未听到符合规则句式的话",
            "Agent: no wording that fits the rule was heard",
        ),
        (Place(start=5.0, role="agent", text="绝对，", match="exact"), "坐席：“绝对”", "Agent: “绝对”"),
        (
            Place(start=5.0, role=None, text="dead_air 12.0 s", match="timing"),
            "冷场 12.0 秒 [dead_air]",
            "dead air, 12.0 s [dead_air]",
        ),
    ],
)
def test_places_of_examples_are_told_in_the_language_of_the_page(place: Place, zh: str, en: str) -> None:
    report = found(3, 1)
    report["rules"][0]["examples"][0]["now"] = asdict(place)
    chinese, english = (text(render_backtest(report, lang=lang)) for lang in LANGS)
    assert zh in chinese
    assert en in english
    assert "（未听到" not in chinese + english


def test_an_example_leads_to_the_words_and_not_to_where_they_were_looked_for_in_vain() -> None:
    words = Place(start=5.3, role="agent", text="本次通话", match="exact")
    vain = Place(start=0.0, role="agent", text="（未听到：本次通话）", match="timing")
    call = CallRef(id="1", path="1.wav", agent=None, queue=None, started_at=None)
    rules = Ruleset((), "digest")
    for was, now, seconds in ((words, vain, 5.3), (vain, words, 5.3), (None, vain, 0.0), (None, None, None)):
        tally = Tally(keep=1)
        flip = Flip(rule_id="R-1", before=MET, after=NOT_MET, was=was, now=now)
        tally.verdicts["R-1"][MET, NOT_MET] += 1
        tally.examples["R-1", MET, NOT_MET] = [Example(call=call, flip=flip, human=None)]
        (rule,) = summary(tally, before=rules, after=rules, cards=())["rules"]
        assert rule["examples"][0]["seconds"] == seconds


def test_sheets_of_other_rules_are_told() -> None:
    assert "older" not in render_backtest(found(3, 1), lang="en")
    older = {"scored_by": {"digest": 1, "other": 2}}
    assert "2 of the stored sheets were made by other versions" in text(
        render_backtest(found(3, 1, **older), lang="en")
    )
    current = render_backtest(found(3, 1, baseline="current", **older), lang="en")
    assert "made by other versions" not in text(current)


def test_many_calls_that_cannot_be_judged_are_counted_and_some_listed() -> None:
    one = {"call_id": "1", "path": "/a/b.wav", "code": "corrupt", "reason": "broken", "reason_zh": "坏了"}
    page = text(render_backtest(found(3, 1, bad=[one] * 1500), lang="en"))
    assert "corrupt 1,500" in page
    assert f"The first {MOST_BAD}" in page
    assert page.count("b.wav") == MOST_BAD
    assert "broken" in page
    assert "坏了" in text(render_backtest(found(3, 1, bad=[one]), lang="zh"))
