"""Reading scorecards: what the file says becomes the value, and every mistake has its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.core.rule import Check, ErrorClass, EventCount, EventFilter, Rule, Ruleset, Severity, Status
from asr_qa.core.scorecard import Fatal, Kind, Level, Scorecard, Source
from asr_qa.errors import Issue, RulesetError
from asr_qa.ruleset.scorecards import load_scorecard, rule_uses, scorecard_names

CARD = """\
id: small
version: 2
title: {zh: 小卡, en: Small card}
points: 20
pass_points: 12
min_assessed_share: 0.3
bonus_max: 1
sections:
  - id: words
    title: {zh: 用语, en: Words}
    criteria:
      - id: greeting
        title: {zh: 问候, en: Greeting}
        points: 5
        rules: [OPEN-001]
        class: customer
        applies_when: {direction: inbound, queue: [a, b]}
      - id: empathy
        title: {zh: 同理心, en: Empathy}
        points: 5
        kind: graded
        class: customer
        levels:
          - {points: 5, anchor: 认同情绪, rules: [SERV-002, SERV-010]}
          - {points: 2, anchor: 机械回复, rules: SERV-002}
          - {points: 0, anchor: 没有}
      - id: promises
        title: {zh: 承诺, en: Promises}
        points: 6
        kind: per_hit
        per_hit: {points: 2, cap: 4}
        rules: LANG-001
        class: business
        fatal: section
  - id: judgement
    title: {zh: 判断, en: Judgement}
    criteria:
      - {id: solution, title: {zh: 方案, en: Plan}, points: 4, source: manual, class: business, fatal: sheet,
         guidance: 听}
      - {id: extra, title: {zh: 加分, en: Extra}, points: 3, kind: bonus, rules: [SERV-009], class: customer}
"""


def _rule(name: str, status: Status = Status.STABLE) -> Rule:
    return Rule(
        id=name,
        name="a.b",
        title_zh="",
        title_en="",
        severity=Severity.MINOR,
        error_class=ErrorClass.CUSTOMER,
        status=status,
        polarity="forbid",
        condition=Check(EventCount(filter=EventFilter(kind_of="dead_air"))),
    )


RULES = Ruleset(tuple(map(_rule, ("OPEN-001", "SERV-002", "SERV-010", "LANG-001", "SERV-009"))), "digest")


def _load(folder: Path, text: str, ruleset: Ruleset | None = RULES) -> Scorecard:
    path = folder / "small.yml"
    path.write_text(text, encoding="utf-8")
    return load_scorecard(path, folder, ruleset)


def _issues(folder: Path, text: str, ruleset: Ruleset | None = RULES) -> tuple[Issue, ...]:
    with pytest.raises(RulesetError) as caught:
        _load(folder, text, ruleset)
    return caught.value.issues


def _line(part: str) -> int:
    return CARD[: CARD.index(part)].count("\n") + 1


def test_load_scorecard_reads_every_key(tmp_path: Path) -> None:
    card = _load(tmp_path, CARD)
    assert (card.id, card.version, card.label, card.title["zh"]) == ("small", "2", "small@2", "小卡")
    assert (card.points, card.pass_points, card.min_assessed_share, card.bonus_max) == (20, 12, 0.3, 1)
    greeting, empathy, promises, solution, extra = card.criteria
    assert greeting.applies_when == {"direction": ("inbound",), "queue": ("a", "b")}
    assert (greeting.kind, greeting.source, greeting.error_class) == (Kind.MET, Source.AUTO, ErrorClass.CUSTOMER)
    assert empathy.rules == ("SERV-002", "SERV-010")
    assert empathy.levels[1] == Level(points=2, anchor="机械回复", rules=("SERV-002",))
    assert (promises.per_hit, promises.cap, promises.fatal) == (2, 4, Fatal.SECTION)
    assert (solution.source, solution.fatal, solution.guidance, solution.rules) == (
        Source.MANUAL,
        Fatal.SHEET,
        "听",
        (),
    )
    assert extra.kind is Kind.BONUS


def test_load_scorecard_finds_a_card_by_name(tmp_path: Path) -> None:
    (tmp_path / "scorecards").mkdir()
    (tmp_path / "scorecards" / "small.yml").write_text(CARD, encoding="utf-8")
    assert load_scorecard("small", tmp_path).id == "small"
    assert scorecard_names(tmp_path) == ["small"]
    with pytest.raises(RulesetError, match=r"no scorecard 'big'.*there: small"):
        load_scorecard("big", tmp_path)


def test_load_scorecard_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RulesetError, match=r"gone\.yml"):
        load_scorecard(tmp_path / "gone.yml", tmp_path)


def test_digest_follows_the_content_not_the_layout(tmp_path: Path) -> None:
    digest = _load(tmp_path, CARD).digest
    assert _load(tmp_path, "# a comment\n" + CARD.replace("[OPEN-001]", "OPEN-001")).digest == digest
    assert _load(tmp_path, CARD.replace("pass_points: 12", "pass_points: 13")).digest != digest


def test_rule_that_does_not_exist_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = CARD.replace("[OPEN-001]", "[OPEN-001, OPEN-0O1]").replace("rules: SERV-002", "rules: NOPE-9")
    first, second = _issues(tmp_path, text)
    assert (first.line, first.message) == (_line("rules: [OPEN-001]"), "there is no rule 'OPEN-0O1'")
    assert "did you mean 'OPEN-001'" in first.hint
    assert (second.line, second.message) == (_line("anchor: 机械回复"), "there is no rule 'NOPE-9'")
    assert _load(tmp_path, text, None).criteria  # without a ruleset nobody can tell


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RETIRED])
def test_rule_that_gives_no_findings_is_an_error(tmp_path: Path, status: Status) -> None:
    rules = Ruleset((*RULES.rules[1:], _rule("OPEN-001", status)), "digest")
    (issue,) = _issues(tmp_path, CARD, rules)
    assert (issue.line, issue.message) == (
        _line("rules: [OPEN-001]"),
        f"rule OPEN-001 is {status.value} and gives no findings",
    )


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = (
        CARD.replace("points: 5\n        rules", "points: five\n        rules")
        .replace("fatal: section", "fatal: everything")
        .replace("LANG-001", "LANG-999")
        .replace("id: solution", "id: greeting")
    )
    lines = [issue.line for issue in _issues(tmp_path, text)]
    assert lines == [
        _line("points: 5\n"),
        _line("rules: LANG-001"),
        _line("fatal: section"),
        _line("id: solution"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points: 20", "points: 21", "the criteria add up to 20 points, the card has 21"),
        ("pass_points: 12", "pass_points: 25", "pass_points 25 is more than the card's 20"),
        ("version: 2", "version: 1.10", "version 1.1 is read as a number"),
        ("bonus_max: 1", "bonus: 1", "unknown key 'bonus'"),
        ("id: judgement", "id: words", "section id 'words' stands twice"),
        ("rules: [OPEN-001]", "rules: []", "rules"),
        ("rules: [OPEN-001]", "source: manual\n        rules: [OPEN-001]", "a manual criterion has no rules"),
        ("        rules: [OPEN-001]\n", "", "source auto needs rules"),
        ("        kind: per_hit\n", "", "kind per_hit and the key per_hit go together"),
        ("        kind: graded\n", "", "kind graded and the key levels go together"),
        ("kind: bonus", "kind: bonus, fatal: sheet", "a bonus cannot be fatal"),
        ("{points: 2, anchor", "{points: 6, anchor", "levels go from most points to fewest"),
        ("{points: 5, anchor", "{points: 4, anchor", "the highest level has 4 points, the criterion 5"),
        ("anchor: 没有", "anchor: 没有, rules: SERV-002", "every level but the lowest needs rules, the lowest none"),
        ("anchor: 没有", 'anchor: ""', "anchor"),
        ("per_hit: {points: 2", "per_hit: {points: -2", "greater than 0"),
        ("class: business\n        fatal", "class: fatal\n        fatal", "class"),
    ],
)
def test_mistake_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CARD
    issues = _issues(tmp_path, CARD.replace(old, new, 1))
    assert any(message in str(issue) for issue in issues), issues
    assert all(issue.line for issue in issues)


@pytest.mark.parametrize("text", ["", "- just\n- a list\n", "id: [unclosed\n", "sections: 3\n"])
def test_file_that_is_no_scorecard_is_refused(tmp_path: Path, text: str) -> None:
    assert _issues(tmp_path, text)


def test_rule_uses_name_every_place_that_rests_on_a_rule(tmp_path: Path) -> None:
    assert rule_uses(tmp_path) == ()
    (tmp_path / "scorecards").mkdir()
    (tmp_path / "scorecards" / "small.yml").write_text(CARD, encoding="utf-8")
    (tmp_path / "scorecards" / "broken.yml").write_text("id: [", encoding="utf-8")
    uses = [(use.line, use.rule_id) for use in rule_uses(tmp_path)]
    assert (_line("rules: [OPEN-001]"), "OPEN-001") in uses
    assert [rule for _, rule in uses] == ["OPEN-001", "SERV-002", "SERV-010", "SERV-002", "LANG-001", "SERV-009"]
