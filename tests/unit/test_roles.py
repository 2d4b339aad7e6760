"""Which channel is the agent's."""

from __future__ import annotations

import pytest

from asr_qa.core.recording import Role
from asr_qa.core.sketch import parse_sketch
from asr_qa.errors import AudioError
from asr_qa.pipeline.roles import (
    SPEAKS_FIRST,
    WORDS_MOST,
    agent_odds,
    answered_at,
    assign_roles,
    decide_roles,
    role_signs,
    role_warnings,
    roles_swapped,
    swap,
)

A, C, O = Role.AGENT, Role.CUSTOMER, Role.OTHER  # noqa: E741


@pytest.mark.parametrize(
    ("channels", "agent", "roles"),
    [
        (1, 0, (None,)),
        (1, 7, (None,)),
        (2, 0, (A, C)),
        (2, 1, (C, A)),
        (3, 1, (C, A, O)),
        (4, 0, (A, C, O, O)),
    ],
)
def test_assign_roles(channels: int, agent: int, roles: tuple[Role | None, ...]) -> None:
    assert assign_roles(channels, agent) == roles


@pytest.mark.parametrize(("channels", "agent"), [(2, 2), (2, 7), (3, 3), (2, -1)])
def test_a_channel_that_is_not_there_is_refused(channels: int, agent: int) -> None:
    with pytest.raises(AudioError, match=rf"no channel {agent} .* {channels} channels, counted from 0") as caught:
        assign_roles(channels, agent)
    assert caught.value.reason == "no_such_channel"


@pytest.mark.parametrize(
    ("call", "swapped"),
    [
        ("A 0-3 您好欢迎致电华信客服中心 | B 3-5 你好我查话费", False),
        ("B 0-3 您好欢迎致电华信客服中心 | A 3-5 你好我查话费", True),
        ("B 0-3 您好欢迎至店华新课服中心 | A 3-5 你好", True),  # by sound
        ("B 0-3 您好 | A 3-5 你好", False),
        ("B 0-3 您好很高兴为您服务 | A 3-5 你好", False),  # one sentence, though a phrase holds another
        ("B 0-3 请问有什么可以帮您 | A 3-5 你好", False),
        ("B 0-3 很高兴为您服务请问有什么可以帮您 | A 3-5 你好", True),
        ("B 60-63 您好欢迎致电华信客服中心 | A 3-5 你好", False),  # not at the opening
    ],
)
def test_roles_swapped(call: str, swapped: bool) -> None:
    assert roles_swapped(parse_sketch(call).transcript) is swapped


def test_swap_leaves_others_alone() -> None:
    assert swap((A, C, O, None)) == (C, A, O, None)


def test_role_warnings() -> None:
    transcript = parse_sketch("B 0-3 您好欢迎致电华信客服中心 | A 3-5 你好").transcript
    assert [w.code for w in role_warnings((None,), transcript)] == ["roles_unknown"]
    assert [w.code for w in role_warnings((A, C), transcript)] == ["swapped_roles"]


POLITE = "A 50-54 请您稍等，我帮您查一下，您看可以吗"
ASKING = "B 55-60 我要投诉，你们怎么回事，我的宽带坏了"


def test_signs_add_up_to_the_odds() -> None:
    call = parse_sketch(f"A 0-4 您好，欢迎致电 | B 5-7 我想查一下账单 | {POLITE} | {ASKING}").transcript
    signs = {sign.kind: sign.odds for sign in role_signs(call, direction="inbound")}
    assert signs["opening"] > 0
    assert signs["agent_words"] == signs["customer_words"] == WORDS_MOST
    assert sum(signs.values()) == pytest.approx(agent_odds(call, direction="inbound"))


def test_words_of_one_list_never_make_a_role_known_but_those_of_both_do() -> None:
    polite, both = (parse_sketch(said).transcript for said in (f"{POLITE} | B 55-60 今天下雨", f"{POLITE} | {ASKING}"))
    assert not decide_roles(polite).known
    assert decide_roles(both).known
    assert not decide_roles(both).swapped


def test_a_machine_that_welcomes_is_no_agent() -> None:
    menu = "B 0-6 欢迎致电华信客服中心，为您服务，普通话请按一，英文请按二"
    call = f"{menu} | A 8-10 您好，请问有什么可以帮您 | B 11-13 你好"
    assert answered_at(parse_sketch(call).transcript) == pytest.approx(6, abs=0.1)
    assert agent_odds(parse_sketch(call).transcript) > 0
    assert answered_at(parse_sketch("A 0-3 您好，欢迎致电 | B 4-6 你好").transcript) == 0


@pytest.mark.parametrize(
    ("first", "begun"),
    [
        ("B 0-1 喂 | A 2-6 今天天气很好", 0),
        ("B 0-3 昨天天气也好 | A 4-8 今天天气很好", -1),
        ("B 0-1 天气 | A 2-6 今天天气很好", -1),
        ("A 0-1 喂 | A 2-5 今天天气很好", 1),
    ],
)
def test_a_hello_before_who_begins_tells_nothing(first: str, begun: int) -> None:
    signs = role_signs(parse_sketch(f"{first} | B 9-10 好").transcript, direction="inbound")
    assert [s.odds for s in signs if s.kind == "speaks_first"] == [begun * SPEAKS_FIRST["inbound"]]
