"""Every timing figure of a report leads to its definition, with the parameters in force."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from asr_qa.config import shipped
from asr_qa.core.metrics import DEFINITION_OF
from asr_qa.core.options import TimingOptions, definitions
from asr_qa.render.html import ReportCall, no_audio, render_report
from asr_qa.render.locale import en, zh
from asr_qa.render.measures import _NAMES, measures
from asr_qa.render.texts import Lang
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.testing import make_document, make_recording


def call(number: int = 1, options: TimingOptions | None = None, *, old: bool = False) -> ReportCall:
    said = {} if old else definitions(options)
    return ReportCall(document=replace(make_document(make_recording(number)), definitions=said))


def page(*calls: ReportCall, lang: Lang = "zh") -> str:
    ruleset = load_ruleset(shipped("rules"))
    return render_report(
        calls,
        ruleset=ruleset,
        scorecard=load_scorecard("inbound", shipped("rules"), ruleset),
        title="t",
        generated_at=datetime(2026, 3, 2, tzinfo=UTC),
        audio=no_audio,
        lang=lang,
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_of_a_call_leads_to_its_definition(lang: Lang) -> None:
    html = page(call(options=TimingOptions(dead_air_min=8)), lang=lang)
    (figures,) = re.findall(r'<dl class="metrics">(.*?)</dl>', html, re.DOTALL)
    links = re.findall(r'<dt><a href="#([^"]+)" title="([^"]+)">', figures)
    assert len(links) == figures.count("<dt>") == 8
    assert ("def-dead_air", "dead_air(min=8.0,serious=15.0)") in links
    assert all(f'<tr id="{anchor}">' in html for anchor, _ in links)


def test_definitions_that_are_published_nowhere_come_last_as_the_calls_have_them() -> None:
    names = ("y", "d", "x", "a", "c", "b")
    old = replace(make_document(make_recording(1)), definitions={**dict.fromkeys(names, ""), "speech": "speech"})
    assert [one.name for one in measures([old], "en")] == ["Speech", *names]


def test_calls_measured_otherwise_show_both_ways() -> None:
    shown = {one.anchor: one for one in measures([call().document, call(2, TimingOptions(hold_min=9)).document], "zh")}
    assert shown["def-hold"].definitions == ("hold(min=3.0)", "hold(min=9.0)")
    assert shown["def-silence"].definitions == ("silence(min=2.0)",)
    assert page(call(), call(2, TimingOptions(hold_min=9))).count("<code>hold(") == 2


def test_a_document_of_an_older_version_leads_nowhere() -> None:
    html = page(call(old=True))
    assert 'id="definitions"' not in html
    assert "#def-" not in html


def test_every_definition_has_name_and_text_in_both_languages() -> None:
    languages: tuple[Lang, ...] = ("zh", "en")
    for lang in languages:
        shown = measures([call().document], lang)
        assert {one.anchor.removeprefix("def-") for one in shown} == set(definitions()) >= set(DEFINITION_OF.values())
        assert all(one.text for one in shown)
        assert set(definitions()) <= _NAMES[lang].keys()


def test_every_warning_has_a_name_in_the_report() -> None:
    text = (shipped("rules").parent / "docs" / "document.md").read_text(encoding="utf-8")
    codes = re.findall(r"\w+", text.split("**warnings**:")[1].split(".")[0])
    assert {"no_speech", "crosstalk", "begins_in_speech"} <= set(codes)
    for code in codes:
        assert {f"w_{code}"} <= zh.TEXTS.keys() & en.TEXTS.keys(), code
