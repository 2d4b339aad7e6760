"""The HTTP application: routers, middleware, and errors mapped to HTTP in one place.

Started by `asr-qa serve`. The composition root opens the store and closes it again; nothing is opened here.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

import asr_qa
from asr_qa.api import audio, calls, events, problems, reference, reports, reviews
from asr_qa.api.deps import Context
from asr_qa.api.middleware import LoopbackOnly, RequestGuard
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard
from asr_qa.core.timeline import TimingOptions
from asr_qa.errors import ConfigurationError, Said
from asr_qa.messages import error_of, say
from asr_qa.pipeline.ports import Clock
from asr_qa.pipeline.store import Store

MAX_BODY = 1024 * 1024
"""Bytes of the largest request body; decisions are small, audio is never sent to the server."""

_ROUTERS = (
    calls.router,
    events.router,
    audio.router,
    reviews.router,
    reports.router,
    reference.router,
    reference.health,
)

_DESCRIPTION = """
Calls with their pre-scored sheets, the audio behind every deduction, reviews, and reports of what goes wrong.

- Send a token as `Authorization: Bearer TOKEN`; make one with `asr-qa token create NAME --role ROLE`.
- Times inside a call are seconds on the recording clock; what could not be measured is null, never 0.
- Errors are problem details (RFC 9457); `request_id` finds the request in the server's log.
- A change of a review says what it is based on: send its ETag as If-Match (428 without, 412 when it is out of date).
"""


def create_app(
    *,
    store: Store,
    clock: Clock,
    ruleset: Ruleset,
    scorecards: Mapping[str, Scorecard] | None = None,
    timing: TimingOptions | None = None,
    host: str = "127.0.0.1",
    require_token: bool = True,
    max_body: int = MAX_BODY,
) -> FastAPI:
    """The application.

    Args:
        store: Open store; the caller closes it after the server has ended.
        clock: Dates decisions and judges whether tokens have expired.
        ruleset: Shown under /v1/rules, and gives reports their titles.
        scorecards: By label "id@version"; the sheet with a person's decisions needs the card of the call.
        timing: Parameters of the definitions; None is the defaults.
        host: Address that will be listened on.
        require_token: False lets everybody in as an administrator, on loopback only.
        max_body: Bytes of the largest request body.

    Raises:
        ConfigurationError: No tokens asked for on an address that others can reach.
    """
    check_exposure(host, require_token=require_token)
    # No pages of documentation: they would load scripts from elsewhere; the description itself is enough.
    app = FastAPI(
        title="asr_qa",
        summary="Every call transcribed, scored and explained to the second.",
        description=_DESCRIPTION,
        version=asr_qa.__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.context = Context(
        store=store,
        clock=clock,
        ruleset=ruleset,
        scorecards=scorecards or {},
        timing=timing or TimingOptions(),
        require_token=require_token,
    )
    for router in _ROUTERS:
        app.include_router(router)
    problems.install(app)
    if not require_token:
        app.add_middleware(LoopbackOnly)
    app.add_middleware(RequestGuard, max_body=max_body)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def check_exposure(host: str, *, require_token: bool) -> None:
    """Raise ConfigurationError where everybody on the network could use the service without a token."""
    if not require_token and not is_loopback(host):
        raise error_of(ConfigurationError, "server_exposed", host=host)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_port(host: str, port: int) -> None:
    """Raise ConfigurationError unless the server can listen there.

    Args:
        host: Address or name to listen on.
        port: Port; 0 takes any free one.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as exc:
        raise error_of(ConfigurationError, "server_no_address", host=host, reason=exc.strerror) from exc
    with socket.socket(family, kind, protocol) as probe:
        # As servers do: a port whose last connections are still being closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as exc:
            advice = _port_advice(exc, port)
            raise error_of(ConfigurationError, "server_cannot_listen", host=host, port=port, advice=advice) from exc


def _port_advice(exc: OSError, port: int) -> Said:
    if exc.errno == errno.EADDRINUSE:
        return say("server_port_taken", next=port % 65535 + 1)
    if exc.errno == errno.EACCES:
        return say("server_port_rights")
    if exc.errno == errno.EADDRNOTAVAIL:
        return say("server_not_mine")
    return say("as_is", text=exc.strerror or str(exc))


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        shapes = schema.setdefault("components", {}).setdefault("schemas", {})
        problem = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        shapes |= problem.pop("$defs", {}) | {"Problem": problem}
        _restore_examples(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _restore_examples(schema: dict[str, Any]) -> None:
    # The framework drops every null on its way, also those inside examples, where null says something.
    for route in (route for router in _ROUTERS for route in router.routes):
        if not isinstance(route, APIRoute):
            continue
        for method in route.methods or ():
            described = schema["paths"][route.path_format][method.lower()]["responses"]
            for status, answer in route.responses.items():
                for media, content in answer.get("content", {}).items():
                    if "example" in content:
                        described[str(status)]["content"][media]["example"] = content["example"]
