"""asr-qa rules backtest and asr-qa rescore, on sample calls replayed from their scripts."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_shell import SAMPLES, Shell

from asr_qa.batch import backtest as trying
from asr_qa.batch import chunks
from asr_qa.batch.engine import Task
from asr_qa.bootstrap import connect
from asr_qa.config import Settings, shipped
from asr_qa.core.finding import Verdict
from asr_qa.core.review import Decision, ReviewState
from asr_qa.pipeline.store import DecisionEntry, ScoredRow

NAMES = ("good-complaint.mp3", "no-greeting.wav", "dead-air.mp3")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


RULES = ("opening/greeting.yml", "opening/surname.yml", "compliance/recording_notice.yml", "timing/no_dead_air.yml")
CARD = """
id: inbound
version: "1"
title: {zh: 小评分表, en: Small card}
sections:
  - id: all
    title: {zh: 全部, en: All}
    criteria:
"""
LINE = "      - {{id: {name}, title: {{zh: 项, en: Item}}, points: 25, class: customer, rules: [{rule}]}}\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the shipped rules, with a card of their own: to load all of them takes longer than the tests."""
    folder = tmp_path_factory.mktemp("small")
    card = CARD
    for name in RULES:
        (folder / name).parent.mkdir(exist_ok=True)
        text = (shipped("rules") / name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
        card += LINE.format(name=Path(name).stem, rule=text.partition("id: ")[2].split()[0])
    (folder / "scorecards").mkdir()
    (folder / "scorecards" / "inbound.yml").write_text(card, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, small: Path) -> Path:
    """A database of sample calls."""
    from cli_shell import scrub

    from asr_qa.cli.app import run

    home = tmp_path_factory.mktemp("scored")
    with pytest.MonkeyPatch.context() as patch:
        scrub(patch, home)
        patch.setenv("ASR_QA_RULES_DIR", str(small))
        assert run(["process", *(str(SAMPLES / name) for name in NAMES)]) == 0
    return home / "data" / "asr_qa.db"


@pytest.fixture
def database(home: Path, scored: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in use."""
    monkeypatch.setenv("ASR_QA_RULES_DIR", str(small))
    (home / "data").mkdir()
    return Path(shutil.copy(scored, home / "data" / "asr_qa.db"))


@pytest.fixture
def changed(home: Path, small: Path) -> Path:
    """The rules with a greeting that nobody says."""
    folder = home / "my-rules"
    shutil.copytree(small, folder)
    path = folder / "opening" / "greeting.yml"
    text = path.read_text(encoding="utf-8")
    start = text.index("any_of: [")
    end = text.index("]", start)
    path.write_text(text[:start] + "any_of: [愿您今天阳光灿烂" + text[end:], encoding="utf-8")
    return folder


def rule_of(found: dict[str, Any], rule: str) -> dict[str, Any]:
    return next(one for one in found["rules"] if one["id"] == rule)


def flipped(found: dict[str, Any]) -> list[str]:
    return [rule["id"] for rule in found["rules"] if rule["flips"]]


def content(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT id, recording, content FROM documents ORDER BY id").fetchall()


def greeting(changed: Path) -> str:
    text = (changed / "opening" / "greeting.yml").read_text(encoding="utf-8")
    return text.partition("id: ")[2].split()[0]


@pytest.mark.parametrize("baseline", ["stored", "current"])
def test_the_rules_in_use_flip_nothing(shell: Shell, database: Path, small: Path, baseline: str) -> None:
    result = shell("rules", "backtest", "--against", small, "--baseline", baseline, "--json")
    assert result.code == 0, result.err
    found = result.json
    assert (found["calls"], found["baseline"], flipped(found), found["bad"]) == (3, baseline, [], [])
    assert found["sheets"]["moved"] == 0
    assert found["scored_by"] == {found["in_force"]: 3}
    assert {rule["change"] for rule in found["rules"]} == {"same"}


def test_a_changed_rule_flips_and_moves_sheets_but_nothing_is_written(
    shell: Shell, database: Path, changed: Path, home: Path
) -> None:
    before = content(database)
    page = home / "backtest.html"
    result = shell("rules", "backtest", "--against", changed, "--html", page, "--json")
    assert result.code == 0, result.err
    rule = rule_of(result.json, greeting(changed))
    assert rule["change"] == "changed"
    assert {"before": "met", "after": "not_met", "calls": 2} in rule["matrix"]
    assert rule["accuracy_before"] is None, "nobody has decided anything"
    example = rule["examples"][0]
    assert example["was"]["text"]
    assert example["path"].endswith(NAMES)
    assert example["audio"].startswith(f"/v1/calls/{example['call_id']}/audio")
    assert result.json["sheets"]["moved"] == 2
    assert all(move["points"] < 0 for move in result.json["sheets"]["down"])
    html = page.read_text(encoding="utf-8")
    assert greeting(changed) in html
    assert f"“{example['was']['text'].strip('，')}”" in html
    assert "<script" not in html
    assert content(database) == before


def test_the_report_on_the_terminal_names_the_flip(shell: Shell, database: Path, changed: Path) -> None:
    result = shell("rules", "backtest", "--against", changed)
    assert result.code == 0
    assert greeting(changed) in result.out
    assert "符合→不符合 2" in result.out.replace("\n", "")
    english = shell("rules", "backtest", "--against", changed, "--lang", "en")
    assert "3 calls judged again (0 could not be)" in english.out


def test_only_some_rules_can_be_tried(shell: Shell, database: Path, changed: Path) -> None:
    only = shell("rules", "backtest", "--against", changed, "--changed-only", "--json").json
    every = shell("rules", "backtest", "--against", changed, "--json").json
    assert greeting(changed) in only["tried"]
    assert only["sheets"] == every["sheets"]
    assert flipped(only) == flipped(every)
    other = shell("rules", "backtest", "--against", changed, "--rule", "COMP-003", "--json").json
    assert flipped(other) == []
    wrong = shell("rules", "backtest", "--against", changed, "--rule", "NONE-999")
    assert wrong.code == 1
    assert "NONE-999" in wrong.err


def test_removed_and_new_rules_are_named(shell: Shell, database: Path, changed: Path) -> None:
    (changed / "opening" / "greeting.yml").write_text(
        (changed / "opening" / "greeting.yml").read_text(encoding="utf-8").replace("status: stable", "status: test"),
        encoding="utf-8",
    )
    (changed / "opening" / "new.yml").write_text(
        "id: LANG-999\nname: language.new\ntitle: {zh: 新规则, en: New}\nstatus: test\nseverity: minor\n"
        "class: non_critical\nrequire: {phrase: {any_of: [愿您今天阳光灿烂]}, role: agent}\n",
        encoding="utf-8",
    )
    found = shell("rules", "backtest", "--against", changed, "--json").json
    rule = rule_of(found, "LANG-999")
    assert (rule["change"], rule["flips"]) == ("new", 0)
    assert {"before": None, "after": "not_met", "calls": 3} in rule["matrix"]
    assert rule["examples"], "where a new rule would have fired"


def test_people_decide_precision_and_recall(shell: Shell, database: Path, changed: Path) -> None:
    store = connect(Settings())
    (call, *_) = store.list_calls(store_filters := _all()).calls
    stored = store.get_call(call.id)
    assert stored is not None
    assert stored.document is not None
    line = next(c for c in stored.document.score_sheet.criteria if c.finding_ids == (greeting(changed),))
    review = store.start_review(stored.document_id or 0, "li.na", now=NOW)
    decision = Decision(criterion_id=line.id, verdict=Verdict.MET, points=line.max_points)
    entry = DecisionEntry(
        decision=decision, machine_verdict=line.verdict, machine_points=line.points, reviewer="li.na", decided_at=NOW
    )
    store.record_decision(review.id, entry, expected_revision=1)
    store.set_review(review.id, state=ReviewState.RELEASED, reviewer="li.na", expected_revision=2, now=NOW)
    assert store.judged(store_filters)
    store.close()
    found = shell("rules", "backtest", "--against", changed, "--json").json
    rule = rule_of(found, greeting(changed))
    assert found["reviewed"] == 1
    assert rule["accuracy_after"]["false_alarms"] == 1
    assert rule["accuracy_after"]["precision"]["value"] == 0.0
    assert rule["accuracy_after"]["precision"]["high"] == pytest.approx(0.793, abs=1e-3)
    assert rule["accuracy_after"]["recall"]["value"] is None
    (row,) = [row for row in found["decisions"] if row["criterion"] == line.id]
    assert row["no_longer_agree"] == int(line.verdict is Verdict.MET)


def _all() -> Any:
    from asr_qa.pipeline.store import CallFilters

    return CallFilters()


def spoil(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(sql)
        connection.commit()


def test_calls_that_cannot_be_read_are_rows_with_a_reason(shell: Shell, database: Path, changed: Path) -> None:
    spoil(database, "UPDATE documents SET body = substr(body, 1, 200) WHERE id = 1")
    older = """UPDATE documents SET body = replace(body, '"schema_version": 1', '"schema_version": 0') WHERE id = 2"""
    spoil(database, older)
    result = shell("rules", "backtest", "--against", changed, "--json")
    assert result.code == 3
    assert result.json["calls"] == 1
    assert sorted(one["code"] for one in result.json["bad"]) == ["corrupt", "other_schema"]
    table = shell("rules", "backtest", "--against", changed)
    assert "[corrupt]" in table.out
    assert "数据库里的第 1 号文档读不出来" in table.out
    assert "第 2 号文档的格式是 0，这个版本只读 1；请用 --reprocess 重新处理录音" in table.out
    english = shell("rules", "backtest", "--against", changed, "--lang", "en")
    assert "document 2 is of schema 0, this version reads 1" in english.out


def test_workers_come_to_the_same(shell: Shell, database: Path, changed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = shell("rules", "backtest", "--against", changed, "--jobs", "1", "--json").json
    monkeypatch.setattr(chunks.each_chunk, "__kwdefaults__", {"jobs": 0, "size": 2})
    together = shell("rules", "backtest", "--against", changed, "--jobs", "2", "--json").json
    for name in ("calls", "rules", "sheets", "decisions", "bad"):
        assert together[name] == alone[name], name


def test_an_interrupted_run_prints_what_was_done(
    shell: Shell, database: Path, changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks.each_chunk, "__kwdefaults__", {"jobs": 0, "size": 1})
    count = trying.count_chunk
    seen: list[object] = []

    def third_is_ctrl_c(*arguments: Any) -> object:
        seen.append(arguments)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return count(*arguments)

    monkeypatch.setattr(trying, "count_chunk", third_is_ctrl_c)
    before = content(database)
    result = shell("rules", "backtest", "--against", changed, "--json", "--jobs", "1")
    assert result.code == 130
    assert (result.json["interrupted"], result.json["calls"]) == (True, 2)
    assert content(database) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "yesterday"], "--since yesterday"),
        (["--baseline", "old"], "--baseline old"),
        (["--agent", "nobody"], "没有符合条件的已评分通话"),
        (["--agent", "nobody", "--lang", "en"], "no scored calls"),
        (["--scorecard", "none"], "none"),
    ],
)
def test_mistakes_are_said(shell: Shell, database: Path, changed: Path, arguments: list[str], said: str) -> None:
    result = shell("rules", "backtest", "--against", changed, *arguments)
    assert result.code == 1
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_card_that_only_the_changed_rules_have_is_compared_with_the_one_in_force(
    shell: Shell, database: Path, changed: Path
) -> None:
    card = changed / "scorecards" / "inbound.yml"
    other = card.read_text(encoding="utf-8").replace("id: inbound", "id: other")
    card.with_name("other.yml").write_text(other, encoding="utf-8")
    for baseline in ("stored", "current"):
        options = ("--scorecard", "other", "--baseline", baseline, "--json", "--jobs", "1")
        result = shell("rules", "backtest", "--against", changed, *options)
        assert result.code == 0, result.err
        assert result.json["against"]["scorecard"].startswith("other@1")


def test_mistakes_in_the_changed_rules_are_located(shell: Shell, database: Path, changed: Path) -> None:
    (changed / "opening" / "greeting.yml").write_text("id: OPEN-001\nnonsense: 1\n", encoding="utf-8")
    result = shell("rules", "backtest", "--against", changed)
    assert result.code == 1
    assert "greeting.yml" in result.err


def test_a_crashed_task_costs_one_call() -> None:
    row = ScoredRow(call_id="a", path="/a.wav", document_id=1, ruleset_digest="r")
    other = ScoredRow(call_id="b", path="/b.wav", document_id=2, ruleset_digest="r")

    def task(rows: Any, seconds: float) -> Task:
        return Task(_die_on_a, (tuple(one.call_id for one in rows),), seconds)

    found = list(chunks.each_chunk(Settings(), [row, other, other, other], task, jobs=2, size=2))
    results = [(tuple(one.call_id for one in rows), result) for rows, result in found]
    assert (("b", "b"), "fine") in results
    assert (("b",), "fine") in results
    ((_, failure),) = [pair for pair in results if pair[0] == ("a",)]
    assert failure.code == "worker_died"


def _die_on_a(calls: tuple[str, ...]) -> str:
    import os

    if "a" in calls:
        os._exit(7)
    return "fine"


# --- rescore


def test_rescore_shows_first_and_writes_when_told(
    shell: Shell, database: Path, changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(database)
    monkeypatch.setenv("ASR_QA_RULES_DIR", str(changed))
    preview = shell("rescore", "--json")
    assert preview.code == 0, preview.err
    assert preview.json["applied"] is False
    assert rule_of(preview.json, greeting(changed))["flips"] == 2
    assert content(database) == before
    applied = shell("rescore", "--apply", "--json")
    assert applied.code == 0, applied.err
    assert (applied.json["rescored"], applied.json["unchanged"], applied.json["failed"]) == (3, 0, 0)
    assert content(database)[:3] == before, "what was there is not rewritten"
    with closing(sqlite3.connect(database)) as connection:
        new = connection.execute("SELECT version, supersedes FROM documents WHERE id > 3 ORDER BY id").fetchall()
    assert sorted(new) == [(2, 1), (2, 2), (2, 3)]
    again, chinese = shell("rescore", "--apply", "--lang", "en"), shell("rescore", "--apply")
    assert "3 calls: 0 scored again, 3 unchanged, 0 failed" in again.out
    assert "3 通通话：重新评分 0 通，未变 3 通，失败 0 通" in chinese.out
    forced = shell("rescore", "--apply", "--again")
    assert "重新评分 0 通，未变 3 通" in forced.out, "the same to the letter is no new version"
    processed = shell("process", *(SAMPLES / name for name in NAMES), "--json")
    assert processed.json["unchanged"] == 3


def test_rescore_leaves_what_cannot_be_read(shell: Shell, database: Path, changed: Path, monkeypatch: Any) -> None:
    spoil(database, "UPDATE documents SET body = '{}' WHERE id = 1")
    monkeypatch.setenv("ASR_QA_RULES_DIR", str(changed))
    result = shell("rescore", "--apply")
    assert result.code == 3
    assert "重新评分 2 通，未变 0 通，失败 1 通" in result.out
    assert "失败 [" in result.out
