"""What happens to every request: an id, limits, safe headers, and an answer when something breaks."""

from __future__ import annotations

import logging
import secrets
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asr_qa.api.problems import ProblemError, internal, problem, request_id_of

log = logging.getLogger(__name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names under which a server on loopback may be asked."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RequestGuard:
    """Gives a request its id, refuses large bodies, adds safe headers and answers what nobody expected."""

    def __init__(self, app: ASGIApp, *, max_body: int) -> None:
        self.app = app
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, scope)
            await send(message)

        try:
            await self._limited(scope, receive, guarded_send)
        except Exception:
            log.exception("request %s failed", request_id_of(scope))
            if started:
                raise
            await internal(scope)(scope, receive, guarded_send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > self.max_body:
            answer = problem(
                413,
                code="body_too_large",
                detail=self._advice(),
                path=scope["path"],
                request_id=request_id_of(scope),
                headers={"Connection": "close"},
            )
            await answer(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            # A body sent in chunks does not say beforehand how long it is.
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_body:
                raise ProblemError(413, "body_too_large", self._advice(), headers={"Connection": "close"})
            return message

        await self.app(scope, counted, send)

    def _advice(self) -> str:
        return f"the body of a request may have {self.max_body} bytes"


class LoopbackOnly:
    """For a server without tokens: answers only what was asked under a loopback name, by no foreign page.

    Any page open in a browser on the machine could otherwise use the server in its user's name, by a form or by a
    host name of its own that resolves to 127.0.0.1.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not _is_local(Headers(scope=scope)):
            answer = problem(
                403,
                code="foreign_origin",
                detail="without tokens the server answers only requests to localhost that no other site sent",
                path=scope["path"],
                request_id=request_id_of(scope),
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_local(headers: Headers) -> bool:
    host = urlsplit("//" + headers.get("host", "")).hostname or ""
    origin = headers.get("origin")
    own_origin = origin is None or urlsplit(origin).netloc == headers.get("host", "")
    return host in LOOPBACK and own_origin and headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _add_headers(message: MutableMapping[str, Any], scope: Scope) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id_of(scope)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    # Calls are personal data: nothing of them stays in caches between server and user.
    headers.setdefault("Cache-Control", "private, no-store")
