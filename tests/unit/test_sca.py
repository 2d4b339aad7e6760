"""Rules of Alibaba's Smart Conversation Analysis: every operator, every scope, and what bad JSON is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Verdict
from asr_qa.errors import Issue, RulesetError
from asr_qa.messages import said_in, say
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.sca import Imported, import_sca, parse_sca, to_yaml
from asr_qa.ruleset.sca.convert import NOTE
from asr_qa.ruleset.sca.expression import parse_expression
from asr_qa.ruleset.sca.write import draft

SAMPLE = Path(__file__).parents[1] / "assets" / "sca" / "upload_rule.json"


def condition(kind: str, *, cid: str = "1", scope: dict[str, Any] | None = None, **param: Any) -> dict[str, Any]:
    operator = {"oid": cid, "type": kind, "name": kind, "param": param}
    return {"cid": cid, "check_range": scope or {}, "operators": [operator], "lambda": cid}


def body(*conditions: dict[str, Any], expression: str = "1", **rule: Any) -> str:
    rules = [{"rid": "7", "name": "规则", "lambda": expression, **rule}]
    return json.dumps({"conditions": conditions, "rules": rules}, ensure_ascii=False)


def imported(text: str, **options: Any) -> Imported:
    (one,) = import_sca(parse_sca(text), **options)
    return one


def carried(kind: str, *, scope: dict[str, Any] | None = None, **param: Any) -> dict[str, Any]:
    """The condition that one operator becomes, as it is read from the YAML that is written."""
    one = imported(body(condition(kind, scope=scope, **param)))
    assert not one.lost
    data = yaml.safe_load(to_yaml(one))
    parse_rules(to_yaml(one))
    rule = data["rules"][-1] if "rules" in data else data
    found: dict[str, Any] = rule.get("forbid") or rule["require"]
    return found


def lost(kind: str, **param: Any) -> Imported:
    one = imported(body(condition(kind, **param)))
    assert one.rule is None
    assert one.lost
    return one


def issue(text: str) -> Issue:
    with pytest.raises(RulesetError) as caught:
        parse_sca(text)
    (found,) = caught.value.issues
    return found


@pytest.mark.parametrize(
    ("kind", "param", "expected"),
    [
        ("HIT_ANY_KEYWORDS", {"keywords": ["甲", "乙"]}, {"phrase": {"any_of": ["甲", "乙"]}}),
        ("INCLUDE_KEYWORDS", {"keywords": ["甲", "乙"]}, {"phrase": {"all_of": ["甲", "乙"]}}),
        ("INCLUDE_KEYWORDS", {"operKeyWords": ["甲", "乙"]}, {"phrase": {"all_of": ["甲", "乙"]}}),
        ("UNKNOWN_7", {"operKeyWords": ["甲", "乙"]}, {"phrase": {"all_of": ["甲", "乙"]}}),
        (
            "INCLUDE_KEYWORDS",
            {"keywords": ["甲", "乙", "丙"], "keywordMatchSize": 2},
            {"phrase": {"n_of": {"n": 2, "of": ["甲", "乙", "丙"]}}},
        ),
        (
            "INCLUDE_KEYWORDS",
            {"keywords": ["甲", "乙"], "keywordMatchSize": -1, "in_sentence": True},
            {"phrase": {"all_of": ["甲", "乙"]}, "same": "sentence"},
        ),
        (
            "HIT_ANY_KEYWORDS",
            {"keywords": ["那个"], "threshold": 6},
            {"phrase": {"any_of": ["那个"], "count": {"at_least": 6}}},
        ),
        (
            "INCLUDE_KEYWORDS",
            {"keywords": ["退款", "订单"], "synonyms": {"退款": ["退钱"]}},
            {"all": [{"phrase": {"any_of": ["退款", "退钱"]}}, {"phrase": {"any_of": ["订单"]}}]},
        ),
        ("REGULAR_EXPRESSION", {"regex": ".*修改密码.*"}, {"regex": {"pattern": "修改密码"}}),
        (
            "REGULAR_EXPRESSION",
            {"regex": "保证.*退", "notRegex": "不保证"},
            {"regex": {"pattern": "保证.{0,20}退", "exclude": ["不保证"]}},
        ),
        (
            "SIMILAR_MATCH",
            {"similarlySentences": ["这个不归我们管"], "score": 75},
            {"similarity": {"like": ["这个不归我们管"], "at_least": 0.75}},
        ),
        (
            "ADVANCED_REPEAT_DETECT",
            {"from": 3, "similarity_threshold": 0.6, "hit_time": 2, "threshold": 5, "excludes": ["您好您好"]},
            {"repetition": {"times": 3, "similarity": 0.6, "min_characters": 5, "ignore": ["您好您好"]}},
        ),
        ("NER_MODEL", {"customerParam": {"name": "身份证号"}}, {"entity": {"kind": "id_card"}}),
        ("INTERVAL_GREATER", {"interval": 8000}, {"event": {"kind": "silence", "min_seconds": 8.0}}),
        (
            "INTERVAL_GREATER",
            {"interval": 2000, "intervalEnd": 9000},
            {"event": {"kind": "silence", "min_seconds": 2.0, "max_seconds": 9.0}},
        ),
        (
            "INTERVAL_GREATER",
            {"interval": 30000, "target": 0},
            {"event": {"kind": "monologue", "min_seconds": 30.0}},
        ),
        ("UNKNOWN_TYPE", {"delayTime": 1000}, {"event": {"kind": "interruption"}}),
        ("CALL_LENGTH", {"beginType": 0, "interval": 600000}, {"metric": {"name": "duration", "above": 600.0}}),
    ],
)
def test_each_operator_has_its_condition(kind: str, param: dict[str, Any], expected: dict[str, Any]) -> None:
    assert carried(kind, **param) == expected


@pytest.mark.parametrize(
    ("kind", "param", "expected"),
    [
        (
            "SPEECH_SPEED_CHECK",
            {"velocityInMint": 280, "average": True},
            {"metric": {"name": "characters_per_minute.agent", "above": 280.0}},
        ),
        ("CROSS_TALK", {"delayTime": 1000}, {"event": {"kind": "interruption", "by": "agent"}}),
        (
            "INTERVAL_GREATER",
            {"interval": 5000, "different_role": True},
            {"event": {"kind": "response_latency", "min_seconds": 5.0}},
        ),
        (
            "DIALOGUE_NUM",
            {"threshold": 3, "compareOperator": "lt"},
            {"metric": {"name": "turns.agent", "below": 3.0}},
        ),
    ],
)
def test_figures_are_of_the_role_that_is_checked(kind: str, param: dict[str, Any], expected: dict[str, Any]) -> None:
    assert carried(kind, scope={"role": "客服"}, **param) == expected


@pytest.mark.parametrize(
    ("kind", "param"),
    [
        ("SOUND_CHANGE", {"maxEmotionChangeValue": 3}),
        ("EMOTION_MODEL", {}),
        ("LLM_CHECK", {}),
        ("HANG_UP", {}),
        ("PICK_UP", {}),
        ("ROLE_CHECK", {}),
        ("KNOWLEDGE_QA", {"questionThreshold": 0.8}),
        ("BRAND_NEW", {}),
        ("HIT_ANY_KEYWORDS", {"keywords": []}),
        ("HIT_ANY_KEYWORDS", {"keywords": ["……"]}),
        ("REGULAR_EXPRESSION", {"regex": "(甲+)+乙"}),
        ("REGULAR_EXPRESSION", {"regex": "("}),
        ("REGULAR_EXPRESSION", {}),
        ("NER_MODEL", {"dataType": 99}),
        ("INTERVAL_GREATER", {}),
        ("ADVANCED_REPEAT_DETECT", {"target_role": "客户"}),
        ("CUSTOM_PARAM", {"customerParam": {"name": "队列"}}),
    ],
)
def test_what_has_no_counterpart_is_named(kind: str, param: dict[str, Any]) -> None:
    one = lost(kind, **param)
    text = said_in(one.lost[0], "zh")
    assert kind in text
    assert text in to_yaml(one)
    assert said_in(one.lost[0], "en") in to_yaml(one, "en")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"role": "客服"}, {"role": "agent"}),
        ({"role": "客户"}, {"role": "customer"}),
        ({"role": "所有"}, {}),
        ({"roleId": 2}, {"role": "customer"}),
        ({"range": {"from": 1, "to": 3}}, {"within": {"first_sentences": 3}}),
        ({"range": {"from": -5, "to": -1}}, {"within": {"last_sentences": 5}}),
        ({"range": {"from": 1, "to": -1}}, {}),
        ({"range": '{"from":1,"to":3}'}, {"within": {"first_sentences": 3}}),
        ({"allSentencesSatisfy": True}, {"every": "sentence"}),
    ],
)
def test_where_it_looks(scope: dict[str, Any], expected: dict[str, Any]) -> None:
    assert carried("HIT_ANY_KEYWORDS", scope=scope, keywords=["甲"]) == {"phrase": {"any_of": ["甲"]}, **expected}


@pytest.mark.parametrize(
    ("anchor", "window", "expected"),
    [
        ({"location": "AFTER", "hit_time": 1}, {"from": 1, "to": 3}, {"after": {"hit": 1, "sentences": 3}}),
        ({"location": "AFTER", "hit_time": 0}, None, {"after": {"hit": "each"}}),
        ({"location": "AFTER", "hit_time": -1}, {"from": 1, "to": -1}, {"after": {}}),
        ({"location": "BEFORE", "hit_time": 2}, {"from": -3, "to": -1}, {"before": {"hit": 2, "sentences": 3}}),
        ({"location": "AROUND", "hit_time": -1}, {"from": -1, "to": 2}, {"near": {"sentences": 2}}),
        ({"location": "CURRENT", "hit_time": -1}, None, {"near": {"sentences": 1}}),
    ],
)
def test_anchors_are_words_where_that_is_all(
    anchor: dict[str, Any], window: dict[str, int] | None, expected: dict[str, dict[str, Any]]
) -> None:
    scope = {"role": "客服", "anchor": {"cid": "2", **anchor}} | ({"range": window} if window else {})
    cause = condition("HIT_ANY_KEYWORDS", cid="2", scope={"role": "客户"}, keywords=["投诉"])
    one = imported(body(condition("HIT_ANY_KEYWORDS", scope=scope, keywords=["抱歉"]), cause))
    data = yaml.safe_load(to_yaml(one))["forbid"]
    (side,) = expected
    assert data[side] == {"phrase": {"any_of": ["投诉"]}, "role": "customer"} | expected[side]
    assert data["role"] == "agent"


def test_an_anchor_on_a_pattern_becomes_a_rule_of_its_own() -> None:
    scope = {"anchor": {"cid": "2", "location": "AFTER", "hit_time": 1}}
    cause = condition("REGULAR_EXPRESSION", cid="2", scope={"role": "客户"}, regex="要?投诉")
    text = to_yaml(imported(body(condition("HIT_ANY_KEYWORDS", scope=scope, keywords=["抱歉"]), cause)))
    helper, rule = yaml.safe_load(text)["rules"]
    assert helper["require"] == {"regex": {"pattern": "要?投诉"}, "role": "customer"}
    assert rule["forbid"]["after"] == {"rule": helper["id"], "hit": 1}
    assert len(parse_rules(text).ruleset.rules) == 2


def test_a_lost_anchor_makes_a_draft() -> None:
    scope = {"anchor": {"cid": "2", "location": "AFTER", "hit_time": 1}}
    one = imported(body(condition("HIT_ANY_KEYWORDS", scope=scope, keywords=["抱歉"]), condition("EMOTION", cid="2")))
    assert one.rule is not None
    assert one.rule["status"] == "draft"
    assert any("前置条件 2 没有迁移" in said_in(text, "zh") for text in one.lost)


@pytest.mark.parametrize(
    ("expression", "hit_means", "key", "value"),
    [
        ("1", "fault", "forbid", {"phrase": {"any_of": ["甲"]}}),
        ("!1", "fault", "require", {"phrase": {"any_of": ["甲"]}}),
        ("1", "good", "require", {"phrase": {"any_of": ["甲"]}}),
        ("!1", "good", "forbid", {"phrase": {"any_of": ["甲"]}}),
        (
            "1&&(2||!3)",
            "fault",
            "forbid",
            {
                "all": [
                    {"phrase": {"any_of": ["甲"]}},
                    {"any": [{"phrase": {"any_of": ["乙"]}}, {"not": {"phrase": {"any_of": ["丙"]}}}]},
                ]
            },
        ),
    ],
)
def test_the_expression_and_what_a_hit_means(expression: str, hit_means: str, key: str, value: dict[str, Any]) -> None:
    words = [condition("HIT_ANY_KEYWORDS", cid=str(n), keywords=[word]) for n, word in enumerate("甲乙丙", 1)]
    one = imported(body(*words, expression=expression), hit_means=hit_means)
    assert one.rule is not None
    assert one.rule[key] == value


def test_none_of_the_keywords_asks_for_one_of_them() -> None:
    one = imported(body(condition("INCLUDE_KEYWORDS", keywords=["再见"], keywordMatchSize=0)))
    assert one.rule is not None
    assert one.rule["require"] == {"phrase": {"any_of": ["再见"]}}


def test_a_lost_operator_leaves_the_others_in_a_draft_with_a_comment() -> None:
    one = imported(
        body(condition("HIT_ANY_KEYWORDS", keywords=["甲"]), condition("EMOTION", cid="2"), expression="1&&2")
    )
    assert one.rule is not None
    assert one.rule["forbid"] == {"phrase": {"any_of": ["甲"]}}
    assert one.rule["status"] == "draft"
    assert "# 未能迁移：条件 2 的算子 2 EMOTION" in to_yaml(one)


def test_head_of_a_rule() -> None:
    text = body(
        condition("HIT_ANY_KEYWORDS", keywords=["甲"]),
        level=0, checkType=0, comments="监管: 要求", effectiveStartTime=1767196800000, effectiveEndTime="2026-12-31",
    )  # fmt: skip
    one = imported(text)
    rule = parse_rules(to_yaml(one)).ruleset.rules[0]
    assert (rule.id, rule.title_zh, rule.severity, rule.error_class) == ("SCA-007", "规则", "fatal", "compliance")
    assert (rule.effective_from, rule.effective_until, rule.rationale) == ("2026-01-01", "2026-12-31", "监管: 要求")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: json.dumps({"JsonStr": text}),
        lambda text: json.dumps({"BaseMeAgentId": 1, "jsonStr": text}),
        lambda text: json.dumps([json.loads(text)]),
        lambda text: json.dumps({"Code": "200", "Data": json.loads(text)}),
        lambda text: json.dumps(json.dumps({"json": text})),
        lambda text: "\ufeff" + text,
    ],
)
def test_rules_are_found_however_they_are_wrapped(wrap: Any) -> None:
    (rule,) = parse_sca(wrap(body(condition("HIT_ANY_KEYWORDS", keywords=["甲"]))))
    assert rule.rid == "7"


def test_conditions_may_stand_inside_a_rule_and_keys_be_written_in_other_ways() -> None:
    operator = {"Oid": "a", "Type": "HIT_ANY_KEYWORDS", "Param": {"Keywords": ["甲"], "KeywordMatchSize": "1"}}
    scope = {"Role": "客服", "Range": {"From": 1, "To": 2}}
    inside = {"Cid": "a", "Check_range": scope, "Operators": [operator], "Lambda": "a"}
    (rule,) = parse_sca(json.dumps({"Rules": [{"Rid": 12, "Name": "x", "Lambda": "a", "Conditions": [inside]}]}))
    (one,) = import_sca([rule])
    assert one.rule is not None
    assert one.rule["forbid"] == {
        "phrase": {"any_of": ["甲"]},
        "role": "agent",
        "within": {"first_sentences": 2},
    }


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ('"lambda": "1"}]}', '"lambda": "1&&("}]}', "'1&&(': a name is missing at the end", "a&&(b||!c)"),
        ('"lambda": "1"}]}', '"lambda": "2"}]}', "there is no condition '2'", "known: 1"),
        ('"lambda": "1"}]', '"lambda": "9"}]', "there is no operator '9'", "known: 1"),
        ('"role": "客服"', '"role": "机器"', "unknown role '机器'", "客服 or 客户"),
        ('"location": "AFTER"', '"location": "LATER"', "unknown location 'LATER'", "BEFORE, AFTER"),
        ('"hit_time": 1', '"hit_time": "x"', "expected a number, found 'x'", ""),
        ('"type": "HIT_ANY_KEYWORDS", ', "", "an operator needs a type", "INCLUDE_KEYWORDS"),
        ('"param": {', '"param": [], "x": {', "", ""),
        ('"cid": "1"', '"cid": ""', "a condition needs a cid", ""),
    ],
)
def test_each_mistake_has_a_place(old: str, new: str, message: str, hint: str) -> None:
    scope = {"role": "客服", "anchor": {"cid": "1", "location": "AFTER", "hit_time": 1}}
    text = body(condition("HIT_ANY_KEYWORDS", scope=scope, keywords=["甲"]))
    at = text.rindex(old) if '"}]}' in old else text.index(old)
    text = (text[:at] + new + text[at + len(old) :]).replace(", ", ",\n")
    if not message:
        message = "anchors refer in a circle: 1 -> 1"
    found = issue(text)
    assert message in found.message
    assert hint in found.hint
    assert found.line > 1 or found.column > 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ('{"rules": [', "not valid JSON"),
        ("[]", "no rules found"),
        ("{}", "neither rules nor JsonStr"),
        ('{"rulez": []}', "neither rules nor JsonStr"),
        ("17", "expected rules, found 17"),
        ('{"rules": [3]}', "expected a mapping {...}, found 3"),
        ('{"JsonStr": "{"}', "JsonStr: not valid JSON"),
        ('{"rules": NaN}', "NaN is no number"),
        ('{"rules": [{"lambda": ""}]}', "a name is missing"),
        ("[" * 100_000, "nested too deep"),
        ('{"data": ' * 9 + "{}" + "}" * 9, "wrapped too deep"),
    ],
)
def test_what_is_no_set_of_rules_is_refused(text: str, message: str) -> None:
    assert message in issue(text).message


def test_broken_json_is_told_by_line_and_column() -> None:
    found = issue('{\n "rules": [\n  {"lambda": 1,}\n ]}')
    assert (found.line, found.column) == (3, 16)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a", "a"),
        ("a&&b||c", "((a&b)|c)"),
        ("a || b && !c", "(a|(b&!c))"),
        ("!(a||b)", "!(a|b)"),
        ("!!a", "a"),
        ("a&b|c", "((a&b)|c)"),
        ("（a＆＆b）", "(a&b)"),
        ("a and not b or c", "((a&!b)|c)"),
        ("a||(b||c)", "(a|b|c)"),
    ],
)
def test_expressions(text: str, shape: str) -> None:
    def shown(one: Any) -> str:
        if one.kind == "name":
            return str(one.name)
        if one.kind == "not":
            return "!" + shown(one.parts[0])
        return "(" + ("&" if one.kind == "all" else "|").join(map(shown, one.parts)) + ")"

    assert shown(parse_expression(text)) == shape


@pytest.mark.parametrize(
    "text", ["", "a&&", "&&a", "(a", "a)", "a b", "a&&$", "!" * 50 + "a", "(" * 5000, "a" * 30_000]
)
def test_expressions_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_expression(text)


def test_the_sample_of_every_operator_is_carried_over() -> None:
    done = import_sca(parse_sca(SAMPLE.read_text(encoding="utf-8")))
    assert len(done) == 22
    assert [one.source.rid for one in done if one.rule is None] == ["113", "115", "116", "117"]
    assert [one.source.rid for one in done if one.rule and one.lost] == ["121"]
    bodies = [body for one in done if one.rule is not None for body in (*one.helpers, one.rule)]
    from asr_qa.ruleset.sca.write import dump

    assert len(parse_rules(dump({"rules": bodies})).ruleset.rules) == 20


@pytest.mark.parametrize(
    ("rid", "call", "verdict"),
    [
        ("101", "A 0-2 您好 | B 3-4 喂", Verdict.MET),
        ("101", "A 0-2 喂 | B 3-4 喂", Verdict.NOT_MET),
        ("105", "B 0-2 我要投诉 | A 3-5 非常抱歉", Verdict.MET),
        ("105", "B 0-2 我要投诉 | A 3-5 那您投诉吧", Verdict.NOT_MET),
        ("105", "B 0-2 我要查订单 | A 3-5 好的", Verdict.NOT_APPLICABLE),
        ("106", "A 0-4 我保证明天给您退款", Verdict.NOT_MET),
        ("106", "A 0-4 我不能保证给您退款", Verdict.MET),
        ("110", "A 0-2 您好 | B 12-14 喂", Verdict.NOT_MET),
        ("119", "A 0-9 那个那个那个那个那个那个就是说", Verdict.NOT_MET),
    ],
)
def test_imported_rules_judge_calls(rid: str, call: str, verdict: Verdict) -> None:
    (one,) = (x for x in import_sca(parse_sca(SAMPLE.read_text(encoding="utf-8"))) if x.source.rid == rid)
    ruleset = parse_rules(to_yaml(one)).ruleset
    (finding,) = (f for f in evaluate(ruleset, sketched_call(call)) if f.rule_id == one.id)
    assert finding.verdict is verdict


def test_conditions_that_rules_share_are_read_once() -> None:
    shared = [condition("INCLUDE_KEYWORDS", cid=str(n), keywords=["您好"]) for n in range(1, 4)]
    rules = [{"rid": str(n), "name": "规则", "lambda": "1&&3"} for n in range(1, 4)]
    first, *others = parse_sca(json.dumps({"conditions": shared, "rules": rules}))
    assert [*first.conditions] == ["1", "3"]
    assert all(other.conditions[cid] is first.conditions[cid] for other in others for cid in ("1", "3"))


def test_a_rule_is_tried_with_those_it_needs_and_without_remarks() -> None:
    helper = {"id": "SCA-001", NOTE: [say("note_rate_least")]}
    assert "SCA-001" in draft([helper])
    assert NOTE not in draft([helper])
