"""Accents: which sounds are taken for each other, per queue, and what is wrong with the file that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.core.evaluate import evaluate
from asr_qa.core.sounds import ACCENTS, DEFAULT_ACCENTS, NEAR, SAME, AccentTable, ear, expand, unit
from asr_qa.errors import RulesetError
from asr_qa.ruleset.accents import read_accents
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import load_ruleset

RULE = """
id: X-001
name: x.y
title: {zh: 测, en: test}
severity: minor
class: customer
require: {phrase: {any_of: [黄河银行], match: [near]}}
"""


def cost(one: str, other: str, *accents: str) -> int:
    return int(ear(accents).costs[unit(one)[0], unit(other)[0]])


@pytest.mark.parametrize(
    ("accent", "one", "other"),
    [
        ("n_l", "nan2", "lan2"),
        ("r_l", "re4", "le4"),
        ("f_h", "fu4", "hu4"),
        ("z_zh", "si4", "shi4"),
        ("an_ang", "kuan1", "kuang1"),
        ("en_eng", "ben3", "beng3"),
        ("in_ing", "bin1", "bing1"),
        ("hu_w", "huang2", "wang2"),
        ("j_zh", "ji4", "zhi4"),
        ("eng_ong", "peng2", "pong2"),
        ("i_v", "li4", "lv4"),
        ("ie_ian", "tie1", "tian1"),
    ],
)
def test_an_accent_makes_its_sounds_near_and_no_others(accent: str, one: str, other: str) -> None:
    assert cost(one, other, accent) == cost(other, one, accent) == NEAR
    assert cost(one, other) > NEAR
    assert cost("ba1", "sui4", accent) > NEAR


def test_groups_are_names_for_several() -> None:
    assert expand(["nasals", "n_l"]) == ("n_l", "an_ang", "en_eng", "in_ing")
    assert set(DEFAULT_ACCENTS) < set(ACCENTS)


def test_an_open_reading_is_as_cheap_as_its_best() -> None:
    assert cost("xing2/hang2", "hang2") == cost("xing2", "xing2/hang2") == SAME
    assert cost("xing2/hang2", "bu4") > NEAR


def write(folder: Path, accents: str) -> Path:
    (folder / "rule.yml").write_text(RULE, encoding="utf-8")
    (folder / "accents.yml").write_text(accents, encoding="utf-8")
    return folder


def test_a_queue_is_heard_in_its_own_accent(tmp_path: Path) -> None:
    rules = load_ruleset(write(tmp_path, "queues: {guangzhou: [hu_w, n_l]}"))
    call = "A 0-3 这里是王河银行"
    (usual,) = evaluate(rules, sketched_call(call))
    (south,) = evaluate(rules, sketched_call(call, queue="guangzhou"))
    assert (usual.verdict, south.verdict) == ("not_met", "met")


def test_accents_are_part_of_what_a_ruleset_says(tmp_path: Path) -> None:
    usual = load_ruleset(write(tmp_path, f"default: [{', '.join(DEFAULT_ACCENTS)}]"))
    other = load_ruleset(write(tmp_path, "default: []"))
    assert usual.accents == AccentTable()
    assert other.accents.of("any") == ()
    assert usual.digest != other.digest


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("default: [n_l, nasal]", (1, 16), "unknown accent 'nasal'"),
        ("queues:\n  a: [n_l]\n  b: n_l", (3, 3), "b: expected a list of accents"),
        ("defaults: [n_l]", (1, 1), "unknown key 'defaults'"),
        ("queues: [n_l]", (1, 1), "queues: expected a mapping"),
        ("- n_l", (1, 1), "expected default: and queues:"),
        ("queues: {a: [n_l, n_l]}", (1, 19), "stands twice"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, text: str, place: tuple[int, int], message: str) -> None:
    _, (issue,) = read_accents(write(tmp_path, text))
    assert message in issue.message
    assert (issue.line, issue.column) == place
    if issue.severity == "error":
        with pytest.raises(RulesetError):
            load_ruleset(tmp_path)
