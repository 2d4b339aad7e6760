from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from asr_qa.core.document import CallDocument, CallWarning
from asr_qa.core.finding import Evidence, Finding, Match, Trace, Verdict
from asr_qa.core.metrics import CallMetrics, Latency, PerRole
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Band, Criterion, Fatal, Kind, Level, Scorecard, Section, Source, score
from asr_qa.core.timeline import Event
from asr_qa.core.transcript import Utterance
from asr_qa.render.html import ReportCall, no_audio, render_report
from asr_qa.render.texts import Lang
from asr_qa.ruleset.loader import parse_rules
from asr_qa.testing import make_document, make_recording, make_utterance

WHEN = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
EVIL = "<script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>\"'&\u202e"
VOID = {"meta", "link", "img", "br", "input", "rect", "line", "circle", "path"}

RULES = """
rules:
  - id: T-001
    name: test.greeting
    title: {zh: 开场问候, en: Greeting}
    severity: minor
    class: customer
    require: {phrase: {any_of: [您好]}, role: agent}
    rationale: 第一句话
  - id: T-002
    name: test.rude
    title: {zh: 不辱骂, en: No rude words}
    severity: fatal
    class: customer
    forbid: {phrase: {any_of: [闭嘴]}, role: agent}
  - id: T-003
    name: test.dead_air
    title: {zh: 没有冷场, en: No dead air}
    severity: major
    class: business
    forbid: {event: {kind: dead_air}}
  - id: T-004
    name: test.hint
    title: {zh: 方言, en: Dialect}
    severity: minor
    class: non_critical
    forbid: {phrase: {any_of: [俺]}, role: agent}
"""


@cache
def ruleset() -> Ruleset:
    return parse_rules(RULES).ruleset


@cache
def scorecard() -> Scorecard:
    levels = (Level(points=5, anchor="真诚问候", rules=("T-001",)), Level(points=1, anchor="没有问候"))
    return Scorecard(
        id="inbound",
        version="1",
        title={"zh": "测试评分表", "en": "Test card"},
        pass_points=80.0,
        min_assessed_share=0.5,
        sections=(
            Section(
                id="accuracy",
                title={"zh": "业务准确性", "en": "Accuracy"},
                criteria=(
                    Criterion(
                        id="no_dead_air", title={"zh": "不冷场", "en": "No silence"}, points=10, rules=("T-003",)
                    ),
                ),
            ),
            Section(
                id="soft_skills",
                title={"zh": "软技巧", "en": "Soft skills"},
                criteria=(
                    Criterion(
                        id="greeting",
                        title={"zh": "问候", "en": "Greets"},
                        points=5,
                        kind=Kind.GRADED,
                        levels=levels,
                        rules=("T-001",),
                    ),
                    Criterion(
                        id="rude",
                        title={"zh": "礼貌", "en": "Polite"},
                        points=5,
                        rules=("T-002",),
                        fatal=Fatal.SHEET,
                    ),
                    Criterion(
                        id="dialect",
                        title={"zh": "普通话", "en": "Mandarin"},
                        points=2,
                        rules=("T-004",),
                        source=Source.ASSISTED,
                    ),
                ),
            ),
        ),
    )


def finding(rule: str, verdict: Verdict, *evidence: Evidence) -> Finding:
    trace = Trace(f"require {rule}", verdict, (), "", (Trace("phrase any of [您好] by agent", verdict),))
    return Finding(rule, "1", verdict, 0.875, evidence, trace)


def missing(start: float, end: float, words: str = "您好 / 你好") -> Evidence:
    return Evidence(Role.AGENT, start, end, f"（未听到：{words}）", Match.TIMING)


def make_call(
    number: int = 1,
    *findings: Finding,
    expected: Mapping[str, Verdict] | None = None,
    utterances: Sequence[Utterance] | None = None,
    **changes: Any,
) -> ReportCall:
    """A call with these findings, the rest met, scored on the card above."""
    given = {f.rule_id: f for f in findings}
    found = [given.get(rule.id) or finding(rule.id, Verdict.MET) for rule in ruleset().rules]
    document: CallDocument = make_document(make_recording(number), findings=found, sheet=score(scorecard(), found))
    if utterances is not None:
        document = replace(document, utterances=tuple(utterances))
    return ReportCall(document=replace(document, **changes), expected=expected)


def bad_call(number: int = 1, **changes: Any) -> ReportCall:
    """Three deductions (one fatal) and a hint.

    agent    |  欢迎      闭嘴             俺
    customer |       我想     什么  ??
    silence  |                         ------
             0  1-3  4-6  20-22  23-25 30-47 50
    """
    return make_call(
        number,
        finding("T-001", Verdict.NOT_MET, missing(0.0, 15.0)),
        finding("T-002", Verdict.NOT_MET, Evidence(Role.AGENT, 20.0, 21.0, "闭嘴", Match.HOMOPHONE)),
        finding("T-003", Verdict.NOT_MET, Evidence(None, 30.0, 47.0, "dead_air 17.0 s", Match.TIMING)),
        finding("T-004", Verdict.NOT_MET, Evidence(Role.AGENT, 50.0, 51.0, "俺", Match.EXACT)),
        **{
            "utterances": [
                make_utterance(Role.AGENT, 1.0, 3.0, "欢迎致电"),
                make_utterance(Role.CUSTOMER, 4.0, 6.0, "我想查订单"),
                make_utterance(Role.AGENT, 20.0, 22.0, "闭嘴吧你"),
                make_utterance(Role.CUSTOMER, 20.5, 21.0, "什么"),
                Utterance(Role.CUSTOMER, 23.0, 25.0, "", status="unintelligible"),
            ],
            "events": (
                Event(kind="silence", start=30.0, end=47.0),
                Event(kind="dead_air", start=30.0, end=47.0),
                Event(kind="dead_air", start=52.0, end=58.0, waived_by="请稍等"),
                Event(kind="interruption", start=20.0, end=21.0, by=Role.AGENT),
                Event(kind="backchannel", start=22.0, end=22.4, by=Role.CUSTOMER),
            ),
            **changes,
        },
    )


def silent_call() -> ReportCall:
    none = PerRole()
    metrics = CallMetrics(
        duration=12.0, speech_seconds=none, talk_ratio=None, silence_seconds=None, silence_share=None,
        longest_silence=None, dead_air_seconds=None, dead_air_count=None, hold_seconds=None, overlap_seconds=None,
        interruptions=none, talk_overs=none, backchannels=none, response_latency=Latency(), first_response=None,
        characters_per_minute=none, longest_monologue=none, turns=none,
    )  # fmt: skip
    unknown = [finding(rule.id, Verdict.UNDETERMINED) for rule in ruleset().rules]
    warning = CallWarning(code="no_speech", message="no speech was found")
    return make_call(9, *unknown, utterances=[], metrics=metrics, warnings=(warning,))


class Page(HTMLParser):
    """What is on a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID - {"rect", "line", "circle", "path"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def render(calls: Sequence[ReportCall], *, lang: Lang = "zh", **changes: Any) -> str:
    given: dict[str, Any] = {"title": "质检报告", "generated_at": WHEN, "audio": no_audio, **changes}
    return render_report(calls, ruleset=ruleset(), scorecard=scorecard(), lang=lang, **given)


def section_of(html: str, anchor: str) -> str:
    """The text of the element with that id, up to the next deduction or the end of the call."""
    start = html.index(f'id="{anchor}"')
    end = min(i for i in (html.find('<section class="deduction', start + 1), html.find("</article>", start)) if i > 0)
    return Page("<div " + html[start:end] + "</div>").text


CASES = {
    "empty": [],
    "silent": [silent_call()],
    "good": [make_call()],
    "bad": [bad_call(1), make_call(2), bad_call(3)],
}


# --- the file


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", CASES)
def test_the_page_is_well_formed_and_its_links_lead_somewhere(name: str, lang: Lang) -> None:
    page = Page(render(CASES[name], lang=lang))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = [attributes["href"] for attributes in page.all("a")]
    assert page.wrong == []
    assert page.open == []
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a} <= set(ids)
    assert page.all("html") == [{"lang": "zh-CN" if lang == "zh" else "en"}]


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_loaded_and_nothing_runs(name: str) -> None:
    html = render(CASES[name], audio=lambda *_: b"OggS" + bytes(50))
    page = Page(html)
    for tag in ("script", "link", "iframe", "object", "img", "form", "base"):
        assert page.all(tag) == [], tag
    for tag, attributes in page.tags:
        assert not any(key.startswith("on") or key == "style" for key in attributes), (tag, attributes)
        assert attributes.get("src", "data:audio/").startswith("data:audio/")
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in html
    assert "@import" not in html


def test_the_policy_allows_the_style_sheet_by_its_digest_and_little_else() -> None:
    html = render([])
    policy = next(a["content"] for a in Page(html).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    found = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; media-src data:; base-uri 'none'; form-action 'none'"
    )


def test_hostile_text_stays_text_wherever_it_comes_from() -> None:
    call = bad_call(utterances=[make_utterance(Role.AGENT, 20.0, 22.0, EVIL)])
    document = call.document
    recording = replace(
        document.recording, path=f"/calls/{EVIL}.wav", agent_id=EVIL, queue=EVIL, team=EVIL, customer_id=EVIL,
        started_at=EVIL, direction=EVIL,
    )  # fmt: skip
    trace = Trace(EVIL, Verdict.NOT_MET, (), EVIL)
    findings = tuple(
        replace(f, trace=trace, evidence=tuple(replace(e, text=EVIL) for e in f.evidence)) for f in document.findings
    )
    events = (Event(kind="dead_air", start=1.0, end=20.0, waived_by=EVIL),)
    document = replace(
        document,
        recording=recording,
        findings=findings,
        events=events,
        warnings=(CallWarning(code=EVIL, message=EVIL),),
    )
    for label in (None, EVIL):
        page = Page(render([ReportCall(document=document, label=label)], title=EVIL))
        assert page.all("script") == []
        assert page.all("img") == []
        assert page.wrong == []
        assert not any("onerror" in attributes for _, attributes in page.tags)
        assert page.text.count("<script>alert(1)</script>") > 10
        assert sum(a.get("aria-label", "").count("<script>") for _, a in page.tags) < 5


def test_a_file_name_that_is_no_unicode_does_not_keep_the_report_from_being_written() -> None:
    call = make_call()
    recording = replace(call.document.recording, path="/calls/\udcff\udcfe.wav")
    html = render([ReportCall(document=replace(call.document, recording=recording))])
    assert "/calls/??.wav" in html
    html.encode("utf-8")


def test_the_same_calls_give_the_same_bytes() -> None:
    assert render(CASES["bad"]) == render(CASES["bad"])


# --- figures


def tiles(html: str) -> dict[str, tuple[str, str]]:
    found = re.findall(
        r"<dt>([^<]*)</dt><dd class=\"value(?: none)?\">([^<]*)</dd><dd class=\"note\">([^<]*)</dd>", html
    )
    return {name: (value, note) for name, value, note in found}


def test_headline_figures_name_what_they_rest_on() -> None:
    # points: bad 0 (fatal), good 100, silent none
    shown = tiles(render([bad_call(1), make_call(2), silent_call()]))
    assert shown["通话"] == ("3", "录音共 3:00")
    assert shown["已评分"] == ("2 / 3", "1 通未出总分")
    assert shown["平均得分"] == ("50", "n = 2 通")
    assert shown["合格率"] == ("50%", "n = 2 通 · 合格线 80 分")
    assert shown["致命错误"] == ("1 / 2", "50% · n = 2 通")
    assert shown["待复核"] == ("2 / 3", "66.7% · n = 3 通")
    assert "与标注一致" not in shown


@pytest.mark.parametrize("name", ["empty", "silent"])
def test_figures_without_an_assessed_call_are_unavailable(name: str) -> None:
    words: dict[Lang, str] = {"zh": "暂无", "en": "unavailable"}
    for lang, word in words.items():
        html = render(CASES[name], lang=lang)
        names = ("平均得分", "合格率", "致命错误") if lang == "zh" else ("Average points", "Pass rate", "Fatal errors")
        assert [tiles(html)[one][0] for one in names] == [word] * 3
        assert html.count(f'<dd class="value none">{word}</dd>') >= 3, (
            "a word is longer than a figure: it is set smaller"
        )
        table = html[html.index('<table class="kpis">') : html.index("</table>")]
        rows = re.findall(r'<tr><th scope="row">.*?</tr>', table)
        assert len(rows) == 9
        assert all(f">{word}</td>" in row for row in rows)
        assert 'class="histogram"' not in html


def test_agreement_counts_expected_verdicts_only() -> None:
    call = bad_call(expected={"T-001": Verdict.NOT_MET, "T-002": Verdict.MET, "X-9": Verdict.MET})
    html = render([call, make_call(2, expected={"T-001": Verdict.MET}), make_call(3)])
    assert tiles(html)["与标注一致"][0] == "50%"
    table = html[html.index('class="differences"') :]
    table = table[: table.index("</table>")]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)<small>(.*?)</small></th><td>(.*?)</td><td>(.*?)</td>", table)
    assert rows == [("不辱骂", "T-002", "符合", "不符合"), ("X-9", "X-9", "符合", "—")]


def test_agents_are_counted_one_by_one() -> None:
    exact = replace(make_call(4).document, score_sheet=replace(make_call(4).document.score_sheet, points=80.0))
    other = replace(exact.recording, agent_id=None)
    html = render([bad_call(1), make_call(2), ReportCall(document=replace(exact, recording=other))])
    table = html[html.index('id="agents"') :]
    rows = re.findall(r"<tr>.*?</tr>", table[: table.index("</table>")], re.DOTALL)[1:]
    assert [Page(row).text for row in rows] == ["A1 2 50 1 / 2 1 3 不冷场 (1)", "— 1 80 1 / 1 0 0 —"]


def test_a_bonus_that_was_not_earned_is_no_deduction() -> None:
    bonus = Criterion(id="extra", title={"zh": "加分"}, points=3, kind=Kind.BONUS, rules=("T-003",))
    card = replace(scorecard(), sections=(*scorecard().sections, Section(id="b", title={}, criteria=(bonus,))))
    call = bad_call()
    sheet = score(card, call.document.findings)
    html = render_report(
        [replace(call, document=replace(call.document, score_sheet=sheet))],
        ruleset=ruleset(), scorecard=card, title="t", generated_at=WHEN, audio=no_audio,
    )  # fmt: skip
    assert 'aria-label="加分"' not in html
    assert "加分" in html


def test_bars_lead_to_the_deductions_behind_them() -> None:
    html = render([make_call(1), bad_call(2), bad_call(3)])
    page = Page(html)
    bars = [a for a in page.all("a") if a.get("class", "").startswith("bar")]
    assert len(bars) == 4
    for bar in bars:
        assert f'<tr id="{bar["href"][1:]}">' in html
    row = html[html.index("不辱骂<small>T-002") :]
    behind = re.findall(r'<a href="#([^"]*)" title="([^"]*)">(\d+)</a>', row[: row.index("</tr>")])
    assert behind == [("c2-d1", "0002.wav", "2"), ("c3-d1", "0003.wav", "3")]
    assert "2/3 · 66.7%" in html


# --- one call


def test_deductions_name_rule_second_words_and_match() -> None:
    html = render([bad_call()])
    assert re.findall(r'id="c1-d\d" aria-label="([^"]*)"', html) == ["礼貌", "不冷场", "问候"]
    rude = section_of(html, "c1-d1")
    assert "不辱骂 T-002 · 置信度 0.88" in rude
    assert "0:20.0–0:21.0 坐席 闭嘴 同音" in rude
    assert "−5 0 / 5" in rude
    assert "致命：整单 0 分" in rude
    assert "0:30.0–0:47.0 冷场 17.0 秒 [dead_air] 按时间测得" in section_of(html, "c1-d2")
    greeting = section_of(html, "c1-d3")
    assert "档位 没有问候" in greeting
    assert "−4 1 / 5" in greeting
    assert "0:00.0–0:15.0 坐席 未听到：您好 / 你好 应说未说" in greeting
    assert "规则说明 第一句话" in greeting
    assert "不符合 说到其中一个 [您好] （坐席）" in greeting


def test_the_head_says_how_many_of_the_rules_were_tried() -> None:
    tried = {one.rule_id for one in bad_call().document.findings}
    known = len(ruleset().rules)
    assert 0 < len(tried) <= known
    told = f"{known} 条规则" + (f"，这些通话用到 {len(tried)} 条" if len(tried) < known else "")
    assert f"<span>{told} · " in render([bad_call()])
    one = replace(bad_call().document, findings=bad_call().document.findings[:1])
    assert f"<span>{known} 条规则，这些通话用到 1 条 · " in render([replace(bad_call(), document=one)])
    assert f"<span>1 of {known} rules tried" in render([replace(bad_call(), document=one)], lang="en")


def test_titles_and_words_are_english_where_asked_for() -> None:
    html = render([bad_call()], lang="en")
    assert re.findall(r'id="c1-d\d" aria-label="([^"]*)"', html) == ["Polite", "No silence", "Greets"]
    assert "0:20.0–0:21.0 Agent 闭嘴 same sound" in section_of(html, "c1-d1")
    assert "dead air, 17.0 s [dead_air] measured" in section_of(html, "c1-d2")
    assert "not heard: 您好 / 你好" in section_of(html, "c1-d3")
    assert "not met" in html
    visible = Page(html).text
    for chinese in ("扣分", "符合", "评分单", "坐席", "客户"):
        assert chinese not in visible


def test_hints_cost_nothing_and_stand_apart() -> None:
    html = render([bad_call()])
    hints = html[html.index('class="hints"') :]
    assert "方言" in hints[: hints.index("</details>", hints.index("places"))]
    assert 'aria-label="普通话"' not in html


def test_the_call_table_opens_at_the_top_finding() -> None:
    html = render([bad_call(1), make_call(2)])
    table = html[html.index('<table class="calls">') : html.index("</table>", html.index('<table class="calls">'))]
    rows = [Page("<table>" + row + "</table>").text for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)[1:]]
    assert rows == ["1 0001.wav A1 orders 1:00 0 是 致命错误 0:20.0 礼貌", "2 0002.wav A1 orders 1:00 100 — — 无扣分"]


def test_the_transcript_has_times_and_points_at_deductions() -> None:
    html = render([bad_call()])
    table = html[html.index('class="transcript"') :]
    rows = [Page("<table>" + row + "</table>").text for row in re.findall(r"<tr class.*?</tr>", table, re.DOTALL)]
    assert rows == [
        "0:01.0 坐席 欢迎致电",
        "0:04.0 客户 我想查订单",
        "0:20.0 坐席 闭嘴吧你 1",
        "0:20.5 客户 什么",
        "0:23.0 客户 （听不清）",
    ]


def test_the_timeline_shows_speech_events_and_deductions() -> None:
    html = render([bad_call()])
    drawn = html[html.index('<svg class="timeline"') :]
    drawn = drawn[: drawn.index("</svg>")]
    kinds = re.findall(r'class="((?:speech|band|mark|pin)[^"]*)"', drawn)
    speech = ["speech agent"] * 2 + ["speech customer"] * 2 + ["speech customer unheard"]
    marks = ["band silence", "band dead_air", "band dead_air_waived", "mark interruption", "mark backchannel"]
    assert sorted(kinds) == sorted([*speech, *marks, "pin fatal", "pin", "pin"])
    assert "<title>冷场 0:30.0–0:47.0 (17.0 秒)</title>" in drawn
    assert "不扣分：请稍等" in drawn
    assert re.findall(r'<a href="(#c1-d\d)"', drawn) == ["#c1-d3", "#c1-d1", "#c1-d2"]
    # 30 s of 60 s is the middle of the drawing area: 84 + 0.5 * (1200 - 84 - 14)
    assert 'x="635"' in drawn


def test_a_call_without_speech_says_so_and_is_not_assessed() -> None:
    text = Page(render([silent_call()])).text
    assert "没有检测到语音。" in text
    assert "没有语音 no speech was found" in text
    assert text.count("未评分") >= 2
    assert "0 / 100" not in text


def test_the_score_sheet_shows_verdict_points_and_source() -> None:
    html = render([bad_call()])
    table = html[html.index('<table class="lines">') :]
    rows = [Page(row).text for row in re.findall(r"<tr>.*?</tr>", table[: table.index("</table>")], re.DOTALL)[1:]]
    assert rows == [
        "不冷场 T-003 · 0:30.0 冷场 17.0 秒 [dead_air] 不符合 0 / 10 机器",
        "问候 T-001 不符合 1 / 5 机器",
        "礼貌 T-002 · 0:20.0 闭嘴 不符合 0 / 5 机器",
        "普通话 T-004 待人工 – / 2 机器提示，人工判定",
    ]


def test_a_rule_and_a_criterion_nobody_knows_any_more_keep_their_ids() -> None:
    document = make_document(findings=[replace(finding("OLD-7", Verdict.NOT_MET, missing(0.0, 5.0)))])
    text = Page(render([ReportCall(document=document)])).text
    assert "OLD-7" in text
    assert "old-7" in text


# --- audio


def test_clips_are_asked_for_gravest_first_once_each_and_never_too_long() -> None:
    asked: list[tuple[str, float, float]] = []

    def audio(call: ReportCall, start: float, end: float) -> bytes:
        asked.append((call.document.recording.path[-8:-4], start, end))
        return b"OggS" + f"{start}".encode()

    html = render([bad_call(1), bad_call(2)], audio=audio)
    # fatal, then major, then minor; 17 s of dead air and 15 s without a greeting are cut to 12 s
    one = [(19.0, 22.0), (29.0, 41.0), (0.0, 12.0), (49.0, 52.0)]
    assert asked[:4] == [("0001", *one[0]), ("0002", *one[0]), ("0001", *one[1]), ("0002", *one[1])]
    assert sorted(asked) == sorted((name, *window) for name in ("0001", "0002") for window in one)
    sources = [a["src"] for a in Page(html).all("audio")]
    assert len(sources) == 8
    assert {base64.b64decode(s.partition(",")[2]) for s in sources} == {b"OggS" + f"{w[0]}".encode() for w in one}


def test_a_clip_of_two_deductions_is_there_once() -> None:
    place = Evidence(Role.AGENT, 20.0, 21.0, "闭嘴", Match.EXACT)
    call = make_call(1, finding("T-002", Verdict.NOT_MET, place), finding("T-003", Verdict.NOT_MET, place))
    html = render([call], audio=lambda *_: b"OggS")
    assert len(Page(html).all("audio")) == 1
    assert '<a href="#c1-d1">录音同第 1 项</a>' in html


def test_a_report_that_is_full_leaves_clips_out_and_says_which() -> None:
    asked: list[float] = []

    def audio(_call: ReportCall, start: float, _end: float) -> bytes:
        asked.append(start)
        return b"OggS" + bytes(3000)

    html = render([bad_call(1), bad_call(2)], audio=audio, max_audio_bytes=9000)
    # 3004 bytes are 4029 as a data: URI: two fit, the third is asked for in vain, the others are not asked for
    assert len(Page(html).all("audio")) == 2
    assert asked == [19.0, 19.0, 29.0]
    assert "6 个录音片段未附在报告中" in html
    assert "报告体积已满，未附录音：/calls/0001.wav，0:30.0–0:47.0" in html


def test_audio_that_is_gone_or_no_audio_is_named() -> None:
    for answer in (None, b"", b"<html>"):
        html = render([bad_call()], audio=lambda *_, answer=answer: answer)
        assert Page(html).all("audio") == []
        assert "没有可播放的录音：/calls/0001.wav，0:20.0–0:21.0" in html
        assert "未附在报告中" not in html


def test_what_is_missing_in_the_whole_call_has_nothing_to_play() -> None:
    html = render([make_call(1, finding("T-001", Verdict.NOT_MET, missing(0.0, 60.0)))], audio=lambda *_: b"OggS")
    assert Page(html).all("audio") == []
    assert "全程未出现，无对应片段" in html
    assert '<g class="pin' not in html


def test_of_a_stretch_at_the_end_the_end_is_played() -> None:
    asked: list[tuple[float, float]] = []
    call = make_call(1, finding("T-001", Verdict.NOT_MET, missing(30.0, 60.0)))
    render([call], audio=lambda _, start, end: asked.append((start, end)))
    assert asked == [(48.0, 60.0)]


def test_the_band_of_a_sheet_stands_beside_its_points() -> None:
    call = bad_call()
    sheet = replace(call.document.score_sheet, band="low")
    banded = replace(call, document=replace(call.document, score_sheet=sheet))
    high = Band(id="high", title={"zh": "优秀", "en": "High"}, at_least=90)
    low = Band(id="low", title={"zh": "不合格", "en": "Low"}, at_least=0)
    html = render_report(
        [banded],
        ruleset=ruleset(),
        scorecard=replace(scorecard(), bands=(high, low)),
        title="",
        generated_at=WHEN,
        audio=no_audio,
    )
    assert '<small class="band">不合格</small>' in html
    assert "优秀" not in html
    assert 'class="band"' not in render([call])


def test_of_a_long_monologue_its_beginning_is_quoted() -> None:
    words = "".join(chr(0x4E00 + number) for number in range(200))
    place = Evidence(Role.AGENT, 1.0, 50.0, "longest_monologue 49.0", Match.TIMING)
    call = make_call(
        1, finding("T-003", Verdict.NOT_MET, place), utterances=[make_utterance(Role.AGENT, 1.0, 50.0, words)]
    )
    html = render([call])
    assert words in html, "the transcript has it all"
    assert f"<q>{words[:80]}…</q>" in html
