"""asr-qa report errors: counted by hand over six stored calls, as table, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli_shell import Shell

from asr_qa.bootstrap import SystemClock, connect, load_rules, load_scorecards
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.review import Cause, ReviewState
from asr_qa.core.scorecard import score
from asr_qa.db.store import SqlStore
from asr_qa.pipeline.review import Judgement, Reviewer, begin_review, decide, set_review_state
from asr_qa.pipeline.store import CallFilters
from asr_qa.testing import make_document, make_finding, make_recording

# call   1  2  3  4  5  6
# agent  A1 A1 A1 A2 A2 A2
# OPEN-001 (greeting)      -  .  .  .  -  .     not met in 2 of 6
# SERV-001 (need confirmed) -  .  .  .  .  .     not met in 1 of 6: in the section of accuracy
BROKEN = {1: {"OPEN-001", "SERV-001"}, 5: {"OPEN-001"}}


@pytest.fixture
def calls(home: Path) -> Path:
    """Six calls scored on the shipped card."""
    settings = Settings()
    rules = load_rules(settings)
    store = connect(settings)
    try:
        for number in range(1, 7):
            findings = [
                make_finding(rule.id, Verdict.NOT_MET if rule.id in BROKEN.get(number, ()) else Verdict.MET)
                for rule in rules.ruleset.rules
            ]
            agent, start = ("A1", "2026-11-02") if number <= 3 else ("A2", "2026-11-12")
            recording = make_recording(number, agent_id=agent, started_at=f"{start}T09:00:00+00:00")
            document = make_document(recording, findings=findings, sheet=score(rules.scorecard, findings))
            store.save_document(document, severities=rules.severities, now=SystemClock().now())
    finally:
        store.close()
    return home


def test_errors_are_counted_with_n_and_interval(shell: Shell, calls: Path) -> None:
    report = shell("report", "errors", "--format", "json").json
    found = {pattern["group"]["rule"]: (pattern["calls"], pattern["assessed"]) for pattern in report["patterns"]}
    assert report["calls"] == 6
    assert found == {"OPEN-001": (2, 6), "SERV-001": (1, 6)}
    assert report["patterns"][0]["rate"] == pytest.approx(2 / 6, abs=1e-6)
    # Wilson 95 % of 2 in 6, worked out by hand: 0.0968 to 0.7000
    assert (report["patterns"][0]["low"], report["patterns"][0]["high"]) == pytest.approx((0.0968, 0.7000), abs=1e-4)


def test_indicators_stand_with_their_n(shell: Shell, calls: Path) -> None:
    indicators = shell("report", "errors", "--format", "json").json["indicators"]
    # One call of six lost points in the section of accuracy.
    assert (indicators["accuracy"]["count"], indicators["accuracy"]["n"]) == (5, 6)
    assert indicators["accuracy"]["value"] == pytest.approx(5 / 6, abs=1e-6)
    assert indicators["serious_error_rate"]["count"] == 0


def test_the_table_is_chinese_and_fits_80_columns(shell: Shell, calls: Path) -> None:
    result = shell("report", "errors", "--by", "rule,agent")
    assert result.code == 0
    for words in ("共 6 通通话", "业务准确率", "开场问候", "错误率", "95% 区间", "A2"):
        assert words in result.out
    # A Chinese character takes two columns.
    widths = [sum(2 if ord(char) > 0x2E7F else 1 for char in line) for line in result.out.splitlines()]
    assert max(widths) <= 80


def test_each_card_has_its_indicators(shell: Shell, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QA_SCORECARD", "auto")
    settings = Settings()
    rules = load_rules(settings)
    card = next(one.scorecard for one in rules.every if one.scorecard.id == "complaint")
    findings = [make_finding(rule.id, Verdict.MET) for rule in rules.ruleset.rules]
    store = connect(settings)
    try:
        for number in (7, 8):
            recording = make_recording(number, started_at="2026-11-12T09:00:00+00:00", queue="complaint")
            sheet = score(card if number == 7 else replace(card, id="of_last_year"), findings)
            document = make_document(recording, findings=findings, sheet=sheet)
            store.save_document(document, severities=rules.severities, now=SystemClock().now())
    finally:
        store.close()
    report = shell("report", "errors", "--format", "json").json
    assert report["indicators"]["scorecard"] == "inbound"
    counted = [(one["scorecard"], one["calls"], one["mean_points"]["n"]) for one in report["indicators_by_card"]]
    assert counted == [("inbound", 6, 6), ("complaint", 1, 1)]
    assert report["unknown_cards"] == {"of_last_year": 1}
    shown = shell("report", "errors").out
    for words in ("呼入", "（inbound）：6 通", "投诉热线质检评分表（complaint）：1 通", "评分表 of_last_year"):
        assert words in shown
    assert shown.count("业务准确率") == 2
    assert shown.count("七日内重复来电率") == 1
    assert "Complaint hotline scorecard (complaint): 1 calls" in shell("report", "errors", "--lang", "en").out
    # A card that is named, not chosen by call, is shown with the others that calls were scored on.
    monkeypatch.setenv("ASR_QA_SCORECARD", "complaint")
    report = shell("report", "errors", "--format", "json").json
    assert [one["scorecard"] for one in report["indicators_by_card"]] == ["complaint", "inbound"]


def test_small_groups_are_marked_and_explained(shell: Shell, calls: Path) -> None:
    result = shell("report", "errors", "--by", "rule,agent", "--lang", "en")
    assert "33.3%*" in result.out
    assert "* too few calls to be ranked" in result.out
    assert "Greeting" in result.out


def test_a_period_narrows_errors_and_indicators(shell: Shell, calls: Path) -> None:
    report = shell("report", "errors", "--since", "2026-11-10", "--format", "json").json
    assert report["calls"] == 3
    assert [pattern["group"]["rule"] for pattern in report["patterns"]] == ["OPEN-001"]
    assert report["indicators"]["accuracy"]["count"] == report["indicators"]["accuracy"]["n"] == 3
    months = shell("report", "errors", "--by", "period", "--period", "month", "--format", "json").json
    assert [pattern["group"]["period"] for pattern in months["patterns"]] == ["2026-11"]


def test_what_people_released_counts_before_the_machine(shell: Shell, calls: Path) -> None:
    settings = Settings()
    cards = load_scorecards(settings, load_rules(settings))
    store = connect(settings)
    who, now = Reviewer("wang"), SystemClock().now()
    call = make_recording(1).id
    try:
        review = begin_review(store, call, who, now=now, scorecards=cards).review
        assert review is not None
        judgement = Judgement(verdict=Verdict.MET, cause=Cause.ASR_ERROR)
        common = {"who": who, "now": now, "scorecards": cards}
        decide(store, call, "need_confirmed", judgement, expected_revision=review.revision, **common)  # type: ignore[arg-type]
        set_review_state(store, call, ReviewState.RELEASED, expected_revision=review.revision + 1, **common)  # type: ignore[arg-type]
    finally:
        store.close()
    report = shell("report", "errors", "--format", "json").json
    assert [pattern["group"]["rule"] for pattern in report["patterns"]] == ["OPEN-001"]
    assert report["indicators"]["accuracy"]["count"] == 6
    assert report["reviewed_before"] == 0
    assert "较早版本" not in shell("report", "errors").out
    scored_anew(settings, call)
    newer = shell("report", "errors", "--format", "json").json
    assert newer["patterns"] == report["patterns"]
    assert newer["indicators"] == report["indicators"]
    assert newer["reviewed_before"] == 1
    assert "其中 1 通复核后又重新评分：人工结论来自较早版本" in shell("report", "errors").out


def scored_anew(settings: Settings, call_id: str) -> None:
    """The call becomes a newer version with nobody's review."""
    store = connect(settings)
    try:
        stored = store.get_call(call_id)
        assert stored is not None
        assert stored.document is not None
        newer = replace(stored.document, models=replace(stored.document.models, ruleset_digest="newer"))
        store.save_document(newer, severities={}, now=SystemClock().now(), supersedes=stored.document_id)
    finally:
        store.close()


def test_csv_goes_to_a_file_that_spreadsheets_read(shell: Shell, calls: Path) -> None:
    result = shell("report", "errors", "--out", "errors.csv")
    data = (calls / "errors.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert data.startswith(b"\xef\xbb\xbf")
    assert result.out == "errors.csv: 6 calls, 2 error items\n"
    assert rows[0][:4] == ["规则", "标题", "出错通话", "评估通话"]
    assert rows[1][:4] == ["OPEN-001", "开场问候", "2", "6"]


def test_csv_on_standard_output_is_the_same(shell: Shell, calls: Path) -> None:
    shell("report", "errors", "--out", "errors.csv")
    printed = shell("report", "errors", "--format", "csv").out
    assert printed.replace("\r\n", "\n") == (calls / "errors.csv").read_bytes().decode().replace("\r\n", "\n")


def test_without_calls_it_says_what_to_do(shell: Shell) -> None:
    chinese, english = shell("report", "errors"), shell("report", "errors", "--lang", "en")
    assert (chinese.code, english.code) == (0, 0)
    assert "asr-qa process" in chinese.out
    assert "asr-qa process" in english.out


def test_without_calls_figures_are_unavailable_and_never_zero(shell: Shell) -> None:
    result = shell("report", "errors", "--format", "json")
    indicators = result.json["indicators"]
    assert "asr-qa process" in result.err
    assert (indicators.pop("scorecard"), indicators.pop("calls")) == ("inbound", 0)
    classes = indicators.pop("class_accuracy")
    assert {figure["value"] for figure in (*indicators.values(), *classes.values())} == {None}
    shell("report", "errors", "--out", "table.txt")
    assert "暂无" in Path("table.txt").read_text(encoding="utf-8")


def test_filters_that_match_nothing_are_told_apart(shell: Shell, calls: Path) -> None:
    result = shell("report", "errors", "--agent", "nobody", "--lang", "en")
    assert result.code == 0
    assert "no call fulfils all of this" in result.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--since", "yesterday"], "--since 不是有效的时间：写成 2026-11-20"),
        (["--until", "2026-13-01", "--since", "x"], "--until 不是有效的时间"),
        (["--agent", "a" * 201], "--agent 的值不能用"),
        (["--by", "rule,weather"], "不能按 weather 分组"),
        (["--by", "rule,rule"], "同一项分组写了两次：rule"),
        (["--out", "/proc/nowhere/x.csv"], "/proc/nowhere/x.csv：写不进去"),
    ],
)
def test_mistakes_are_explained(shell: Shell, calls: Path, options: list[str], words: str) -> None:
    result = shell("report", "errors", *options)
    assert result.code == 1
    assert words in result.err


@pytest.mark.parametrize(("by", "times"), [("rule", 1), ("rule,period", 1), ("moon", 0), ("period,period", 0)])
def test_stored_documents_are_read_once_and_not_for_a_question_without_an_answer(
    shell: Shell, calls: Path, monkeypatch: pytest.MonkeyPatch, by: str, times: int
) -> None:
    read = SqlStore.documents
    asked: list[CallFilters] = []

    def documents(store: SqlStore, filters: CallFilters) -> Iterator[CallDocument]:
        asked.append(filters)
        return read(store, filters)

    monkeypatch.setattr(SqlStore, "documents", documents)
    assert shell("report", "errors", "--by", by).code == (0 if times else 1)
    assert len(asked) == times


def test_grouping_by_what_is_none_lists_all_there_is(shell: Shell) -> None:
    result = shell("report", "errors", "--by", "rule,moon")
    assert result.code == 1
    assert "不能按 moon 分组：可选 rule、agent、queue、team、phase、period" in "".join(result.err.split("\n"))
    result = shell("report", "errors", "--by", "rule,moon", "--lang", "en")
    assert "by moon: choose from rule, agent, queue, team, phase, period" in " ".join(result.err.split())
