"""Tokens, roles, and errors: who may do what, and what is told to those who may not."""

from __future__ import annotations

import logging
import sqlite3
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from api_app import Api, build_app
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from asr_qa.api.problems import status_of
from asr_qa.api.schemas import CallQuery
from asr_qa.db import open_store
from asr_qa.errors import (
    AsrQaError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    UsageError,
)
from asr_qa.pipeline.store import StaleRevisionError
from asr_qa.pipeline.tokens import PREFIX, SCOPES, Scope, UserRole, authenticate, digest_of, issue_token
from asr_qa.testing import FixedClock, MemoryStore

LOCAL = "http://localhost"
ODD_CLIENT = TestClient(
    build_app(MemoryStore(), FixedClock(), require_token=False), base_url=LOCAL, raise_server_exceptions=False
)


def check_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem in an answer, which has everything a problem needs."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["type"] == "urn:problem-type:asr-qa:" + code
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return problem


# --- tokens


def test_every_operation_but_health_needs_a_token(api: Api) -> None:
    client = api.client(None)
    for path, operations in api.app.openapi()["paths"].items():
        for method in operations:
            if path in ("/healthz", "/readyz"):
                continue
            answer = client.request(method, path.format(call_id="x", criterion_id="y", number=1))
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_tokens_that_are_wrong_revoked_or_expired_are_refused(api: Api) -> None:
    token, stored = issue_token(api.store, "desk", role="lead", now=api.clock.now(), days=1)
    client = TestClient(api.app, base_url=LOCAL)
    good = {"Authorization": f"Bearer {token}"}
    assert client.get("/v1/rules", headers=good).status_code == 200
    for header in (f"Bearer {token}x", "Bearer ", "Basic dTpw", f"Bearer {digest_of(token)}", "Bearer \u00fc"):
        answer = client.get("/v1/rules", headers={b"Authorization": header.encode("utf-8")})
        check_problem(answer, 401, "unauthorized")
    api.clock.advance(timedelta(days=1).total_seconds())
    expired = client.get("/v1/rules", headers=good)
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    api.store.revoke_token(stored.name, now=api.clock.now())
    assert client.get("/v1/rules", headers=good).status_code == 401


def test_tokens_are_long_random_and_not_stored(api: Api) -> None:
    one, two = api.token("lead"), api.token("lead")
    assert one != two
    assert one.startswith(PREFIX)
    assert len(one) >= len(PREFIX) + 43, "256 bits in base64"
    stored = api.store.find_token(digest_of(one))
    assert one not in repr(stored)
    assert one not in repr(api.store.tokens())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"role": "boss"}, "choose from agent, reviewer, trainer, lead, admin"),
        ({"role": "agent"}, "needs the agent id"),
        ({"role": "lead", "agent_id": "A1"}, "other roles have none"),
        ({"role": "reviewer", "scopes": ["reports:read"]}, "does not have reports:read"),
        ({"role": "lead", "days": 0}, "more than 0"),
        ({"role": "lead", "name": "a\nb"}, "1 to 100 letters"),
        ({"role": "lead", "name": ""}, "1 to 100 letters"),
    ],
)
def test_issue_token_refuses_what_makes_no_sense(options: dict[str, Any], words: str) -> None:
    store, clock = MemoryStore(), FixedClock()
    with pytest.raises(UsageError, match=words):
        issue_token(store, **{"name": "desk", "now": clock.now(), **options})
    assert store.tokens() == ()


def test_a_narrow_token_has_no_more_than_its_scopes() -> None:
    store, clock = MemoryStore(), FixedClock()
    token, _ = issue_token(store, "desk", role="lead", now=clock.now(), scopes=["rules:read"])
    principal = authenticate(store, token, now=clock.now())
    assert principal is not None
    assert principal.scopes == {Scope.RULES_READ}


def test_each_role_may_what_those_before_it_may() -> None:
    ladder = [SCOPES[role] for role in UserRole]
    for lower, higher in pairwise(ladder[1:]):
        assert lower < higher
    assert SCOPES[UserRole.AGENT] - {Scope.CALLS_OWN} < SCOPES[UserRole.REVIEWER]
    assert Scope.CALLS_READ not in SCOPES[UserRole.AGENT]


@pytest.mark.parametrize(
    ("method", "path", "lowest"),
    [
        ("GET", "/v1/calls", "agent"),
        ("GET", "/v1/rules", "agent"),
        ("GET", "/v1/definitions", "agent"),
        ("POST", "/v1/calls/{id}/review", "reviewer"),
        ("GET", "/v1/reports/errors", "trainer"),
        ("POST", "/v1/calls/{id}/review/reopen", "lead"),
    ],
)
def test_roles_below_are_refused(api: Api, method: str, path: str, lowest: str) -> None:
    roles = list(UserRole)
    for role in roles:
        answer = api.client(role.value).request(method, path.format(id=api.documents[0].recording.id))
        if roles.index(role) < roles.index(UserRole(lowest)):
            assert "it needs" in check_problem(answer, 403, "permission_denied_error")["detail"]
        else:
            assert answer.status_code not in (401, 403), role


# --- without tokens


def test_without_tokens_only_loopback_is_answered() -> None:
    app = build_app(MemoryStore(), FixedClock(), require_token=False)
    for host in ("localhost", "127.0.0.1:8420", "[::1]:8420"):
        assert TestClient(app, base_url=f"http://{host}").get("/v1/calls").status_code == 200, host
    rebound = TestClient(app, base_url="http://qa.evil.example").get("/v1/calls")
    check_problem(rebound, 403, "foreign_origin")


def test_without_tokens_other_sites_cannot_use_the_browser() -> None:
    client = TestClient(build_app(MemoryStore(), FixedClock(), require_token=False), base_url=LOCAL)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        check_problem(client.post("/v1/calls/x/review", headers=headers), 403, "foreign_origin")
    assert client.get("/v1/calls", headers={"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_no_other_site_is_ever_allowed_to_read(api: Api) -> None:
    answer = api.client().get("/v1/calls", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "private, no-store"


# --- errors


def test_unknown_paths_and_methods_are_problems(api: Api) -> None:
    client = api.client()
    check_problem(client.get("/v1/nothing"), 404, "not_found")
    check_problem(client.get("/v1/calls/"), 404, "not_found")
    refused = client.delete("/v1/calls")
    check_problem(refused, 405, "method_not_allowed")
    assert "GET" in refused.headers["allow"]


def test_validation_problems_name_the_field_and_do_not_echo_the_value(api: Api) -> None:
    problem = check_problem(api.client().get("/v1/calls?limit=secret-value"), 422, "validation_error")
    assert problem["errors"][0]["where"] == "query.limit"
    assert "secret-value" not in str(problem)


def test_bodies_that_are_no_json_are_problems(api: Api) -> None:
    url = f"/v1/calls/{api.documents[0].recording.id}/review/criteria/notice"
    for body in (b"{", b"\xff\xfe", b"[]", b'{"decision": "confirm", "comment": "\\ud800"}'):
        answer = api.client().put(url, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_large_bodies_are_413() -> None:
    app = build_app(MemoryStore(), FixedClock(), require_token=False, max_body=100)
    client = TestClient(app, base_url=LOCAL, raise_server_exceptions=False)
    url = "/v1/calls/x/review/criteria/y"
    check_problem(client.put(url, content=b"x" * 101), 413, "body_too_large")
    # In chunks, without Content-Length.
    check_problem(client.put(url, content=(b"x" * 60 for _ in range(3))), 413, "body_too_large")
    assert client.put(url, json={"decision": "confirm"}).status_code == 404


def test_what_nobody_expected_is_a_500_without_details(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryStore):
        def list_calls(self, *_args: object, **_kwargs: object) -> Any:
            raise RuntimeError("password=hunter2 in /srv/secret")

    app = build_app(Broken(), FixedClock(), require_token=False)
    with caplog.at_level(logging.ERROR):
        answer = TestClient(app, base_url=LOCAL).get("/v1/calls")
    problem = check_problem(answer, 500, "internal_error")
    assert "hunter2" not in answer.text
    assert problem["request_id"] in caplog.text
    assert "hunter2" in caplog.text, "the log has what the answer has not"


ODD = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e400", "-1", "99999999999999999999"]),
    st.integers().map(str),
)


@settings(max_examples=60, deadline=None)
@given(
    url=st.sampled_from(["/v1/calls", "/v1/reports/errors", "/v1/calls/x/audio", "/v1/calls/x/review"]),
    query=st.dictionaries(
        st.sampled_from([*CallQuery.model_fields, "by", "period", "min_calls", "format"]), ODD, max_size=3
    ),
    headers=st.dictionaries(
        st.sampled_from(["Accept", "Range", "If-Match", "If-None-Match", "Content-Type", "Authorization"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
        max_size=2,
    ),
)
def test_no_request_is_our_mistake(url: str, query: dict[str, str], headers: dict[str, str]) -> None:
    answer = ODD_CLIENT.get(url, params=query, headers=headers)
    assert answer.status_code in (200, 404, 422), answer.text
    if answer.status_code != 200:
        check_problem(answer, answer.status_code, answer.json()["code"])


def test_a_database_that_fails_is_a_503(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "qa.db"
    store = open_store(f"sqlite:///{path}")
    client = TestClient(build_app(store, FixedClock(), require_token=False), base_url=LOCAL)
    assert client.get("/readyz").json()["status"] == "ok"
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE decisions")
        connection.execute("DROP TABLE recordings")
    connection.close()
    for url in ("/readyz", "/v1/calls"):
        answer = client.get(url)
        check_problem(answer, 503, "storage_error")
        assert answer.headers["retry-after"] == "5"
        assert str(tmp_path) not in answer.text
    assert client.get("/healthz").status_code == 200
    store.close()


def test_errors_map_to_statuses() -> None:
    expected = {
        StaleRevisionError: 412,
        ConflictError: 409,
        NotFoundError: 404,
        PermissionDeniedError: 403,
        UsageError: 422,
        StorageError: 503,
        ConfigurationError: 500,
        AsrQaError: 500,
    }
    assert {kind: status_of(kind("x")) for kind in expected} == expected
