"""asr-qa token: create, list, revoke."""

from __future__ import annotations

from cli_shell import Shell

from asr_qa.bootstrap import SystemClock, connect
from asr_qa.config import Settings
from asr_qa.pipeline.tokens import Scope, authenticate


def test_create_prints_the_token_alone_and_it_opens_the_door(shell: Shell) -> None:
    result = shell("token", "create", "wang.li", "--role", "reviewer")
    token = result.out.strip()
    assert result.code == 0
    assert token.startswith("asrqa_")
    assert "not shown again" in result.err
    store = connect(Settings())
    try:
        principal = authenticate(store, token, now=SystemClock().now())
    finally:
        store.close()
    assert principal is not None
    assert principal.name == "wang.li"
    assert principal.may(Scope.REVIEWS_WRITE)


def test_list_shows_state_and_never_the_token(shell: Shell) -> None:
    token = shell("token", "create", "A1001", "--role", "agent", "--agent-id", "A1001", "--days", "30").out.strip()
    shell("token", "create", "night", "--role", "lead", "--days", "0", "--scopes", "calls:read, rules:read")
    rows = shell("token", "list", "--json").json
    table = shell("token", "list").out
    assert [(row["name"], row["state"]) for row in rows] == [("A1001", "valid"), ("night", "valid")]
    assert rows[0]["agent_id"] == "A1001"
    assert rows[1]["expires_at"] is None
    assert rows[1]["scopes"] == ["calls:read", "rules:read"]
    assert token not in table
    assert "never" in table


def test_revoke_takes_effect(shell: Shell) -> None:
    token = shell("token", "create", "left", "--role", "trainer", "--json").json["token"]
    assert shell("token", "revoke", "left").code == 0
    assert shell("token", "list", "--json").json[0]["state"] == "revoked"
    store = connect(Settings())
    try:
        assert authenticate(store, token, now=SystemClock().now()) is None
    finally:
        store.close()


def test_an_empty_list_says_what_to_do(shell: Shell) -> None:
    assert "asr-qa token create" in shell("token", "list").out


def test_mistakes_are_explained(shell: Shell) -> None:
    shell("token", "create", "twice", "--role", "lead")
    mistakes = {
        ("create", "x", "--role", "boss"): "choose from agent, reviewer, trainer, lead, admin",
        ("create", "x", "--role", "agent"): "agent id",
        ("create", "x", "--role", "reviewer", "--scopes", "reports:read"): "does not have reports:read",
        ("create", "x", "--role", "reviewer", "--scopes", ","): "names no rights",
        ("create", "x", "--role", "reviewer", "--days", "-1"): "-1",
        ("create", "twice", "--role", "lead"): "already",
        ("revoke", "nobody"): "no token named nobody",
    }
    for arguments, words in mistakes.items():
        result = shell("token", *arguments)
        assert result.code == 1, arguments
        assert words in result.err, arguments
        assert result.out == "", arguments
