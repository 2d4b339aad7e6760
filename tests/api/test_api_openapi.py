"""The description of the API says everything, and what it says is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_app import build_app
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from asr_qa.api.schemas import CallQuery
from asr_qa.core.review import Cause, FlagReason
from asr_qa.pipeline.tokens import Scope, UserRole
from asr_qa.testing import FixedClock, MemoryStore

OPENAPI: dict[str, Any] = build_app(MemoryStore(), FixedClock()).openapi()
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in OPENAPI["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def contents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, operation in operations():
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                yield f"{name} {status} {media}", media, content


def check(value: Any, schema: dict[str, Any]) -> None:
    # OpenAPI 3.1 schemas are JSON Schema; references point into the description itself.
    Draft202012Validator({**schema, "components": OPENAPI["components"]}).validate(value)


def test_the_description_is_served_and_is_openapi_3_1() -> None:
    served = TestClient(build_app(MemoryStore(), FixedClock()), base_url="http://localhost").get("/v1/openapi.json")
    assert served.status_code == 200
    assert served.json() == json.loads(json.dumps(OPENAPI))
    assert OPENAPI["openapi"].startswith("3.1")


def test_every_reference_points_somewhere() -> None:
    text = json.dumps(OPENAPI)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(OPENAPI["components"]["schemas"])
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_is_described() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(ids) == len(set(ids))
    for name, operation in operations():
        assert operation.get("summary"), name
        assert operation.get("description"), name
        assert operation.get("tags"), name


def test_every_answer_has_an_example() -> None:
    missing = [name for name, _, content in contents() if "example" not in content and "examples" not in content]
    assert missing == []


def test_every_example_fits_its_schema() -> None:
    checked = 0
    for name, media, content in contents():
        if media.endswith("json") and content.get("schema"):
            try:
                check(content["example"], content["schema"])
            except Exception as exc:
                pytest.fail(f"{name}: {exc}")
            checked += 1
    assert checked > 50


def test_every_body_has_examples_that_fit() -> None:
    bodies = [(name, operation["requestBody"]) for name, operation in operations() if "requestBody" in operation]
    assert [name for name, _ in bodies] == ["PUT /v1/calls/{call_id}/review/criteria/{criterion_id}"]
    for _, body in bodies:
        content = body["content"]["application/json"]
        for example in content["examples"].values():
            check(example["value"], content["schema"])


def test_every_operation_describes_its_problems() -> None:
    for name, operation in operations():
        statuses = set(operation["responses"])
        assert {"500", "503"} <= statuses, name
        if "security" in operation:
            assert {"401", "403"} <= statuses, name
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in statuses, name
        for status, answer in operation["responses"].items():
            if status >= "4":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)


def test_every_operation_but_health_asks_for_a_token() -> None:
    open_ones = {name for name, operation in operations() if "security" not in operation}
    assert open_ones == {"GET /healthz", "GET /readyz"}


DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_docs_name_every_operation_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z]+ /\S+)` \|", DOCS, flags=re.MULTILINE))
    assert documented == {name for name, _ in operations()}


def test_the_docs_name_every_status_and_scope() -> None:
    statuses = {status for _, operation in operations() for status in operation["responses"] if status >= "4"}
    assert statuses <= set(re.findall(r"^\| (\d{3}) \|", DOCS, flags=re.MULTILINE))
    for word in [*Scope, *UserRole, *Cause, *FlagReason]:
        assert word.value in DOCS, word


def test_the_docs_name_every_filter() -> None:
    for field in CallQuery.model_fields:
        assert f"`{field}`" in DOCS, field
