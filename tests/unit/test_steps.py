"""Sequences and rules that rest on others, where what they rest on is doubtful or does not hold."""

from __future__ import annotations

import pytest

from asr_qa.core.evaluate import evaluate
from asr_qa.errors import RulesetError
from asr_qa.messages import said_in
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.pattern import pattern_problem

HEAD = """- id: X-00{n}
  name: x.y{n}
  title: {{zh: 测{n}, en: test {n}}}
  severity: minor
  class: customer
  {body}
"""
SAID = "A 1-3 请您稍等 | A 5-7 感谢您的等待"
WEAKLY = "A 1-3 ~0.1 请您稍等 | A 5-7 感谢您的等待"
STEPS = "{{sequence: {{steps: [{first}, 感谢您的等待]}}, role: agent}}"


def verdicts(call: str, *bodies: str) -> list[str]:
    text = "rules:\n" + "".join(HEAD.format(n=number, body=body) for number, body in enumerate(bodies, start=1))
    return [finding.verdict.value for finding in evaluate(parse_rules(text).ruleset, sketched_call(call))]


@pytest.mark.parametrize(
    ("polarity", "first", "call", "expected"),
    [
        ("require", "请您稍等", SAID, "met"),
        ("forbid", "请您稍等", SAID, "not_met"),
        # possibly said is neither proof nor a fault
        ("require", "请您稍等", WEAKLY, "undetermined"),
        ("forbid", "请您稍等", WEAKLY, "undetermined"),
        # said once where twice is asked for: the step does not hold, though it has a hit
        ("require", "{phrase: {any_of: [请您稍等], min_count: 2}}", SAID, "not_met"),
        ("forbid", "{phrase: {any_of: [请您稍等], min_count: 2}}", SAID, "met"),
        ("forbid", "{script: {lines: [请您稍等, 马上为您查询]}}", SAID, "met"),
    ],
)
def test_a_sequence_is_as_sure_as_its_steps(polarity: str, first: str, call: str, expected: str) -> None:
    assert verdicts(call, f"{polarity}: {STEPS.format(first=first)}") == [expected]


def test_words_that_are_not_said_are_no_step() -> None:
    with pytest.raises(RulesetError, match="step 1 is words that are not said"):
        verdicts(SAID, f"forbid: {STEPS.format(first='{phrase: {none_of: [请您稍等]}}')}")


@pytest.mark.parametrize(("call", "expected"), [(SAID, "not_met"), (WEAKLY, "undetermined"), ("A 0-2 您好啊", "met")])
def test_a_doubtful_hit_of_another_rule_is_in_doubt(call: str, expected: str) -> None:
    bodies = ("require: {phrase: 请您稍等, role: agent}", "forbid: {rule: {id: X-001, verdict: hit}}")
    assert verdicts(call, *bodies)[1] == expected


def test_sentences_of_a_window_and_of_a_repetition_are_kept_apart() -> None:
    bodies = (
        "require: {phrase: 账单多了二十块, role: customer, within: {first_sentences: 1}}",
        "forbid: {repetition: {}, role: customer}",
    )
    call = "B 1-3 账单多了二十块 | A 4-5 好的 | B 6-8 账单多了二十块"
    assert verdicts(call, *bodies) == ["met", "not_met"]
    assert verdicts(call, *reversed(bodies)) == ["not_met", "met"]


@pytest.mark.parametrize("pattern", ["(?:转人工){e<=1}", "(?:转人工){1<=e<=2}", "转人工{i}"])
def test_patterns_that_match_about_so_are_refused(pattern: str) -> None:
    problem = pattern_problem(pattern)
    assert problem is not None
    assert "approximately" in said_in(problem, "en")


@pytest.mark.parametrize("pattern", ["转{1,3}人工", "转{2}", "转{,3}人工", "转{2,}", r"\{转\}"])
def test_counts_and_braces_themselves_are_not(pattern: str) -> None:
    assert pattern_problem(pattern) is None
