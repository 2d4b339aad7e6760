"""What is wrong or unwise in a scorecard: each mistake with its line, its column and a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Check, ErrorClass, EventCount, EventFilter, Rule, Ruleset, Severity, Status
from asr_qa.core.scorecard import Band, VerdictIs, When
from asr_qa.errors import Issue, RulesetError
from asr_qa.ruleset.lint import lint
from asr_qa.ruleset.scorecards import card_issues, load_active, load_scorecard, rule_uses, rules_of_others

CARD = """\
id: small
version: "1"
title: {zh: 小卡, en: Small card}
points: 20
pass_points: 16
bonus_max: 2
bands:
  - {id: good, title: {zh: 优秀, en: Good}, from: 18}
  - {id: passed, title: {zh: 合格, en: Passed}, from: 16, below: 18}
  - {id: failed, title: {zh: 不合格, en: Failed}, from: 0}
sections:
  - id: words
    title: {zh: 用语, en: Words}
    points: 20
    cap: 15
    criteria:
      - {id: one, title: {zh: 一, en: One}, points: 8, rules: [A-1], class: customer}
      - id: two
        title: {zh: 二, en: Two}
        points: 12
        rules: [A-2]
        class: customer
        applies_when:
          queue: [a, b]
          rule: {id: A-3, verdict: [met, not_met]}
          criterion: one
          any: [{rule: A-1}, {direction: inbound}]
      - {id: extra, title: {zh: 加, en: Extra}, points: 2, kind: bonus, rules: [A-4], class: customer}
"""


def _rule(name: str, status: Status = Status.STABLE, *, assisted: bool = False) -> Rule:
    return Rule(
        id=name,
        name="a.b",
        title_zh="",
        title_en="",
        severity=Severity.MINOR,
        error_class=ErrorClass.CUSTOMER,
        status=status,
        polarity="forbid",
        assisted=assisted,
        condition=Check(EventCount(filter=EventFilter(kind_of="dead_air"))),
    )


RULES = Ruleset(tuple(_rule(f"A-{n}") for n in range(1, 5)), "digest")


def _folder(tmp_path: Path, text: str, name: str = "small") -> Path:
    (tmp_path / "scorecards").mkdir(exist_ok=True)
    (tmp_path / "scorecards" / f"{name}.yml").write_text(text, encoding="utf-8")
    return tmp_path


def _errors(tmp_path: Path, text: str) -> tuple[Issue, ...]:
    with pytest.raises(RulesetError) as caught:
        load_scorecard("small", _folder(tmp_path, text), RULES)
    return caught.value.issues


def test_every_key_is_read(tmp_path: Path) -> None:
    card = load_scorecard("small", _folder(tmp_path, CARD), RULES)
    assert [(band.id, band.at_least) for band in card.bands] == [("good", 18), ("passed", 16), ("failed", 0)]
    assert isinstance(card.bands[0], Band)
    assert card.sections[0].cap == 15
    two = card.criteria[1]
    assert two.applies_when == {"queue": ("a", "b")}
    ways = (When(rules=(VerdictIs(id="A-1"),)), When(facts={"direction": ("inbound",)}))
    verdicts = (Verdict.MET, Verdict.NOT_MET)
    assert two.when == When(
        rules=(VerdictIs(id="A-3", verdicts=verdicts),), criteria=(VerdictIs(id="one"),), any_of=ways
    )
    assert card_issues(tmp_path, RULES) == []


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("points: 20\npass", "points: 25\npass", "the criteria add up to 20 points, the card has 25", "change the"),
        ("points: 8,", "points: 0,", "greater than 0", ""),
        ("points: 8,", "points: -8,", "greater than 0", ""),
        ("pass_points: 16", "pass_points: 30", "pass_points 30 is more than the card's 20", "no call could pass"),
        ("pass_points: 16", "pass_points: 12", "no band begins at pass_points 12", "limit of a band"),
        ("bonus_max: 2", "bonus_max: 5", "bonus_max 5 is never reached: bonus criteria add up to 2", "bonus_max: 2"),
        ("points: 20\n    cap", "points: 21\n    cap", "section words add up to 20 points, not 21", "section's points"),
        ("cap: 15", "cap: 21", "section words may lose 21 points and has 20", "a cap below"),
        ("below: 18", "below: 19", "band passed below 19 overlaps good from 18", "below: 18"),
        ("below: 18", "below: 17", "band passed below 17 leaves a gap to good from 18", "below: 18"),
        ("from: 18}", "from: 30}", "band good from 30 is never reached: a sheet has at most 22 points", "lower"),
        ("from: 0}", "from: 5}", "no band for sheets below 5 points", "from: 0"),
        ("from: 18}", "from: 10}", "band passed is from 16, not below good from 10", "highest band to the lowest"),
        ("from: 18}", "from: 18, below: 20}", "band good ends below 20, a sheet may have 22 points", "leave it out"),
        ("id: passed", "id: good", "band id 'good' stands twice", "first on line"),
        ("id: two", "id: one", "criterion id 'one' stands twice", "first on line"),
        ("criterion: one", "criterion: none", "there is no criterion none", "did you mean 'one'"),
        ("criterion: one", "criterion: two", "criterion two rests on itself", "break the circle"),
        ("{rule: A-1}", "{rule: A-9}", "there is no rule 'A-9'", "did you mean"),
        ("verdict: [met, not_met]", "verdict: [hit]", "hit", ""),
        ("kind: bonus,", "kind: bonus, fatal: sheet,", "a bonus cannot be fatal", "fatal: none"),
        ("kind: bonus,", "kind: 加分,", "is not one of met, per_hit, graded, bonus", "write bonus"),
        ("rules: [A-1], class", "class", "source auto needs rules", "source: manual"),
        ("points: 8, rules", "points: 8, kind: per_hit, per_hit: {points: 1, cap: 9}, rules", "takes up to 9", "a cap"),
    ],
)
def test_a_mistake_has_its_line_and_a_hint(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    assert old in CARD
    issues = _errors(tmp_path, CARD.replace(old, new))
    (issue,) = [issue for issue in issues if message in issue.message]
    assert issue.path.endswith("small.yml")
    assert issue.line > 0
    assert issue.column > 0
    assert hint in issue.hint


def test_criteria_that_lead_back_to_themselves_are_named(tmp_path: Path) -> None:
    text = CARD.replace(
        "rules: [A-1], class: customer}", "rules: [A-1], class: customer, applies_when: {criterion: two}}"
    )
    messages = {issue.message for issue in _errors(tmp_path, text)}
    assert messages == {"criterion one rests on itself by way of two", "criterion two rests on itself by way of one"}


def test_weights_that_add_to_nothing_are_an_error_with_its_line(tmp_path: Path) -> None:
    head, _, _ = CARD.partition("      - {id: one")
    bonus = "      - {id: extra, title: {zh: 加, en: Extra}, points: 2, kind: bonus, rules: [A-4], class: customer}\n"
    found = _errors(tmp_path, head + bonus)
    (issue,) = [one for one in found if "the card has" in one.message]
    assert issue.message == "the criteria add up to 0 points, the card has 20"
    assert (issue.line, issue.column, issue.hint) == (4, 1, "bonus criteria do not count")


# --- warnings


def test_a_rule_on_two_criteria_is_a_warning(tmp_path: Path) -> None:
    _folder(tmp_path, CARD.replace("rules: [A-2]", "rules: [A-2, A-1]"))
    (issue,) = card_issues(tmp_path, RULES)
    assert (issue.severity, issue.line) == ("warning", 21)
    assert issue.message == "rule A-1 is on criterion one already: one mistake costs twice"


def test_a_card_that_the_machine_cannot_total_is_a_warning(tmp_path: Path) -> None:
    _folder(tmp_path, CARD.replace("        rules: [A-2]\n", "        source: manual\n"))
    (issue,) = card_issues(tmp_path, RULES)
    assert issue.severity == "warning"
    assert "the machine can assess 40% of the card" in issue.message


def test_a_hint_that_decides_is_a_warning(tmp_path: Path) -> None:
    _folder(tmp_path, CARD)
    rules = Ruleset((_rule("A-1", assisted=True), *RULES.rules[1:]), "digest")
    (issue,) = card_issues(tmp_path, rules)
    assert (issue.severity, issue.line) == ("warning", 17)
    assert issue.hint == "source: assisted"


def test_a_rule_on_no_card_is_a_warning_and_one_on_a_condition_is_not(tmp_path: Path) -> None:
    _folder(tmp_path, CARD)
    rules = Ruleset((*RULES.rules, _rule("A-7"), _rule("A-8", Status.TEST)), "digest")
    orphans = [issue for issue in lint(rules, (), rule_uses(tmp_path)) if "on no scorecard" in issue.message]
    assert [issue.path for issue in orphans] == ["A-7"]
    assert "on no scorecard" not in str(lint(rules, (), ()))  # nothing to say where there are no cards


# --- retired rules and cards


def test_a_retired_rule_on_a_card_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    _folder(tmp_path, CARD)
    rules = Ruleset((_rule("A-1", Status.RETIRED), *RULES.rules[1:]), "digest")
    with pytest.raises(RulesetError) as caught:
        load_scorecard("small", tmp_path, rules)
    first, second = caught.value.issues
    assert (first.line, second.line) == (17, 27)
    assert first.message == "rule A-1 is retired and gives no findings"
    assert "status: retired" in first.hint


def test_a_retired_card_stays_readable_and_nothing_is_scored_on_it(tmp_path: Path) -> None:
    digest = load_scorecard("small", _folder(tmp_path, CARD), RULES).digest
    _folder(tmp_path, CARD + "status: retired\n")
    rules = Ruleset(RULES.rules[2:], "digest")  # one is gone, one is retired: what the old sheets say stays
    card = load_scorecard("small", tmp_path, rules)
    assert card.retired
    assert card.digest == digest
    assert rule_uses(tmp_path) == ()
    assert card_issues(tmp_path, rules) == []
    with pytest.raises(RulesetError, match="small@1 is retired: nothing is scored on it any more"):
        load_active("small", tmp_path, rules)


def test_rules_of_other_cards_are_those_that_this_one_does_not_name(tmp_path: Path) -> None:
    card = load_scorecard("small", _folder(tmp_path, CARD), RULES)
    other = CARD.replace("id: small", "id: other").replace("A-2", "B-2").replace("A-3", "B-3")
    _folder(tmp_path, other, "other")
    assert rules_of_others(tmp_path, card) == {"B-2", "B-3"}
    _folder(tmp_path, other + "status: retired\n", "other")
    assert rules_of_others(tmp_path, card) == {"B-2", "B-3"}
