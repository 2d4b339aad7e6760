"""Which scorecard a call gets, where cards are chosen by call."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from asr_qa.batch.backtest import Plan, backtest
from asr_qa.batch.backtest import Sides as Compared
from asr_qa.batch.files import find_recordings
from asr_qa.batch.manifest import read_manifest
from asr_qa.batch.outcome import Outcome
from asr_qa.batch.rescoring import forget, rescore
from asr_qa.batch.run import Run, items_of
from asr_qa.bootstrap import SystemClock, connect, load_rules
from asr_qa.config import AsrSettings, Settings, shipped
from asr_qa.core.scorecard import Scorecard, choose_card, facts_of
from asr_qa.db.store import SqlStore
from asr_qa.errors import ConfigurationError, RulesetError
from asr_qa.pipeline.store import CallFilters
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import AUTO, card_issues, load_cards, load_scorecard
from asr_qa.testing import make_recording

RULES = ("opening/greeting.yml", "language/no_rude_words.yml")
CARD = """\
id: {id}
version: "1"
title: {{zh: 卡, en: Card}}
{when}points: 100
pass_points: {passed}
sections:
  - id: all
    title: {{zh: 全部, en: All}}
    criteria:
      - {{id: line, title: {{zh: 项, en: Item}}, points: 100, class: customer, rules: [{rule}]}}
"""


def card_of(name: str, **when: tuple[str, ...]) -> Scorecard:
    return Scorecard(id=name, version="1", title={}, sections=(), applies_when=when)


REST, SALES, LOAN = card_of("rest"), card_of("sales", direction=("outbound",)), card_of("loan", queue=("loan", "贷款"))


def test_a_call_gets_the_card_for_such_calls_else_the_one_for_all_others() -> None:
    cards = (REST, SALES, LOAN)
    assert choose_card(cards, {"direction": "outbound", "queue": None}) is SALES
    assert choose_card(cards, {"direction": "inbound", "queue": "贷款"}) is LOAN
    assert choose_card(cards, {"direction": "inbound", "queue": "other"}) is REST
    assert choose_card(cards, {}) is REST
    assert choose_card((SALES,), {"direction": "inbound"}) is SALES, "one card takes every call"


def test_two_cards_for_a_call_are_named_with_what_decides() -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose_card((REST, SALES, LOAN), {"direction": "outbound", "queue": "loan"})
    for part in ("sales@1", "loan@1", "direction outbound", "queue loan", "applies_when"):
        assert part in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"no scorecard is for this call \(direction unknown, queue unknown\)"):
        choose_card((SALES, LOAN), {})
    with pytest.raises(ConfigurationError, match="rest@1, more@1"):
        choose_card((REST, card_of("more"), SALES), {})


@pytest.mark.parametrize(
    ("facts", "card"),
    [
        ({}, "inbound"),
        ({"direction": "inbound", "queue": "hotline"}, "inbound"),
        ({"direction": "outbound"}, "inbound"),
        ({"direction": "outbound", "queue": "电销"}, "outbound_sales"),
        ({"direction": "inbound", "queue": "投诉"}, "complaint"),
        ({"direction": "outbound", "queue": "complaint"}, "complaint"),
        ({"queue": "投诉", "metadata": {"language": "en"}}, "inbound_en"),
    ],
)
def test_the_shipped_cards_share_the_calls(facts: dict[str, object], card: str) -> None:
    cards = [
        load_scorecard(name, shipped("rules")) for name in ("inbound", "complaint", "inbound_en", "outbound_sales")
    ]
    assert choose_card(cards, facts_of(make_recording(1, **{"queue": None, "direction": None, **facts}))).id == card


# --- files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two rules and three cards."""
    made = tmp_path / "rules"
    for name in RULES:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shipped("rules") / name, made / name)
    (made / "scorecards").mkdir()
    write(made, "general", "OPEN-001")
    write(made, "loan", "LANG-002", "applies_when: {queue: loan}\n", passed=50)
    write(made, "sales", "OPEN-001", "applies_when: {direction: outbound}\n")
    return made


def write(folder: Path, name: str, rule: str, when: str = "", *, passed: int = 80) -> Path:
    path = folder / "scorecards" / f"{name}.yml"
    path.write_text(CARD.format(id=name, rule=rule, when=when, passed=passed), encoding="utf-8")
    return path


def test_every_card_in_use_is_a_choice(folder: Path) -> None:
    ruleset = load_ruleset(folder)
    assert [card.id for card in load_cards(AUTO, folder, ruleset)] == ["general", "loan", "sales"]
    assert [card.id for card in load_cards("sales", folder, ruleset)] == ["sales"]
    write(folder, "loan", "LANG-002", "applies_when: {queue: loan}\nstatus: retired\n")
    assert [card.id for card in load_cards(AUTO, folder, ruleset)] == ["general", "sales"]


def test_exactly_one_card_is_for_all_other_calls(folder: Path) -> None:
    ruleset = load_ruleset(folder)
    write(folder, "more", "OPEN-001")
    with pytest.raises(RulesetError, match=r"more\.yml:1:\d+: error: .*general\.yml are both for calls that no other"):
        load_cards(AUTO, folder, ruleset)
    assert {issue.severity for issue in card_issues(folder)} == {"warning"}, "a setting that names one is fine"
    assert any("nothing to do while ASR_QA_SCORECARD names one card" in issue.hint for issue in card_issues(folder))
    for name in ("more", "general"):
        (folder / "scorecards" / f"{name}.yml").unlink()
    with pytest.raises(RulesetError, match="every one has applies_when"):
        load_cards(AUTO, folder, ruleset)


def test_cards_for_the_same_calls_are_told(folder: Path) -> None:
    (issue,) = card_issues(folder)
    assert (Path(issue.path).name, issue.line, issue.severity) == ("sales.yml", 4, "warning")
    assert "scorecard loan is for the same calls (queue loan, direction outbound)" in issue.message
    write(folder, "loan", "LANG-002", "applies_when: {queue: loan, direction: inbound}\n")
    assert card_issues(folder) == []


def test_what_no_card_can_be_chosen_by_is_refused(folder: Path) -> None:
    write(folder, "loan", "LANG-002", "applies_when: {rule: OPEN-001}\n")
    with pytest.raises(RulesetError, match=r"loan\.yml:4:\d+: error: .*before any rule is tried"):
        load_scorecard("loan", folder)
    write(folder, "loan", "LANG-002", "applies_when: {queue: loan, direction: [inbound, incoming]}\n")
    (issue,) = card_issues(folder)
    assert (issue.line, issue.severity) == (4, "warning")
    assert "no call has the direction 'incoming'" in issue.message


def test_which_calls_a_card_is_for_makes_no_other_card_of_it(folder: Path) -> None:
    before = load_scorecard("loan", folder)
    write(folder, "loan", "LANG-002", "applies_when: {queue: [loan, credit]}\n", passed=50)
    after = load_scorecard("loan", folder)
    assert before.stamp == after.stamp
    assert after.applies_when == {"queue": ("loan", "credit")}


# --- runs


class Silent:
    def found(self, calls: int) -> None: ...

    def identified(self, seconds: float) -> None: ...

    def heard(self, name: str, utterances: object, seconds: float) -> None: ...

    def total(self, calls: int) -> None: ...

    def done(self, *outcome: object) -> None: ...


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> Settings:
    (tmp_path / "calls").mkdir()
    for name in ("a", "b"):
        shutil.copy(shipped("sample_audio") / "rude-words.wav", tmp_path / "calls" / f"{name}.wav")
        shutil.copy(shipped("sample_audio") / "rude-words.truth.json", tmp_path / "calls" / f"{name}.json")
    with (tmp_path / "calls" / "b.wav").open("r+b") as file:  # one sample is another: another call
        file.seek(-2, 2)
        file.write(b"\x01\x01")
    return Settings(
        asr=AsrSettings(engine="replay", replay_dir=tmp_path / "calls"),
        workers=1,
        data_dir=tmp_path / "data",
        rules_dir=folder,
        scorecard=AUTO,
    )


def run(settings: Settings, store: SqlStore, rows: str) -> list[Outcome]:
    folder = settings.data_dir.parent / "calls"
    (folder / "m.csv").write_text(rows, encoding="utf-8")
    items, _ = items_of(find_recordings([folder]), read_manifest(folder / "m.csv"))
    made = Run(settings=settings, rules=load_rules(settings), store=store, clock=SystemClock())
    return sorted(made.score(items, Silent()), key=lambda outcome: outcome.path)


def cards(store: SqlStore) -> list[str | None]:
    return [call.scorecard for call in sorted(store.list_calls(CallFilters()).calls, key=lambda call: call.path)]


ROWS = "path,queue,direction\na.wav,loan,inbound\nb.wav,,inbound\n"


def test_each_call_of_a_night_is_scored_on_its_card_and_settles(settings: Settings) -> None:
    store = connect(settings)
    assert [one.state for one in run(settings, store, ROWS)] == ["scored", "scored"]
    assert cards(store) == ["loan@1", "general@1"]
    by_path = {Path(document.recording.path).stem: document for document in store.documents(CallFilters())}
    assert [finding.rule_id for finding in by_path["a"].findings] == ["LANG-002"], "rules of other cards are not tried"
    assert [one.state for one in run(settings, store, ROWS)] == ["unchanged", "unchanged"]
    moved = run(settings, store, ROWS.replace("b.wav,,inbound", "b.wav,,outbound"))
    assert [one.state for one in moved] == ["unchanged", "scored"]
    assert cards(store) == ["loan@1", "sales@1"]
    store.close()


def test_a_call_that_two_cards_are_for_is_a_failed_row(settings: Settings) -> None:
    store = connect(settings)
    failed, scored = run(settings, store, "path,queue,direction\na.wav,loan,outbound\nb.wav,,inbound\n")
    assert (failed.state, failed.code, scored.state) == ("failed", "configuration_error", "scored")
    assert "scorecards loan@1, sales@1 are all for this call" in str(failed.reason)
    store.close()


def test_a_rescore_moves_calls_to_their_card_and_a_backtest_says_so(settings: Settings, folder: Path) -> None:
    store = connect(settings)
    run(replace_card(settings, "general"), store, ROWS)
    assert cards(store) == ["general@1", "general@1"]
    rows = store.scored(CallFilters())
    plan = Plan(settings=settings, against=folder)
    counted = backtest(plan, Compared.load(plan), rows, human={}, progress=Silent(), jobs=1)
    assert counted.bad == []
    assert dict(counted.tally.cards) == {("general@1", "loan@1"): 1, ("general@1", "general@1"): 1}
    applied = rescore(settings, rows, again=False, progress=Silent(), jobs=1)
    assert (len(applied.rescored), applied.unchanged, applied.bad) == (1, 1, [])
    assert cards(store) == ["loan@1", "general@1"]
    write(folder, "loan", "LANG-002", "applies_when: {queue: [loan, b]}\n", passed=50)
    write(folder, "sales", "OPEN-001", "applies_when: {queue: loan}\n")
    forget()
    applied = rescore(settings, store.scored(CallFilters()), again=False, progress=Silent(), jobs=1)
    assert [one.code for one in applied.bad] == ["configuration_error"]
    assert applied.unchanged == 1, "another call goes on"
    forget()
    store.close()


def replace_card(settings: Settings, name: str) -> Settings:
    return settings.model_copy(update={"scorecard": name})


def test_the_limit_to_pass_is_that_of_the_card(settings: Settings) -> None:
    rules = load_rules(settings)
    assert [rules.pass_points(name) for name in ("general", "loan", "gone")] == [80, 50, None]
    assert rules.of(replace(make_recording(1), queue="loan")).scorecard.id == "loan"
