"""Which channel is the agent's."""

from __future__ import annotations

import pytest

from asr_qa.core.recording import Role
from asr_qa.core.sketch import parse_sketch
from asr_qa.errors import AudioError
from asr_qa.pipeline.roles import assign_roles, role_warnings, roles_swapped, swap

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
