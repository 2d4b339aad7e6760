"""Errors as RFC 9457 problem details: one shape for all of them, and never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from asr_qa.errors import (
    AsrQaError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    UsageError,
)
from asr_qa.pipeline.store import StaleRevisionError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:problem-type:asr-qa:"
"""Begins the type of every problem; its code follows."""


class FieldError(BaseModel):
    """One thing wrong with a request."""

    where: str
    """Path to the value, e.g. query.limit."""
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """Identifies the kind of problem; ends in its code."""
    title: str
    status: int
    detail: str
    """What is wrong here, and what to do."""
    instance: str
    """Path of the request."""
    code: str
    """Machine-readable kind of problem."""
    request_id: str
    """Give this when asking for help: the server's log names it."""
    errors: list[FieldError] = Field(default_factory=list)
    """Each thing wrong with the request (status 422)."""


class ProblemError(HTTPException):
    """An error that only HTTP knows: no token, no precondition, a range outside the file."""

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.code = code


_STATUS: tuple[tuple[type[AsrQaError], int], ...] = (
    (StaleRevisionError, 412),
    (NotFoundError, 404),
    (ConflictError, 409),
    (PermissionDeniedError, 403),
    (UsageError, 422),
    (StorageError, 503),
)
"""The first that fits; everything else is the server's fault."""

_CODES = {404: "not_found", 405: "method_not_allowed", 400: "bad_request", 413: "body_too_large"}


def status_of(error: AsrQaError) -> int:
    """The HTTP status for an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(
    status: int,
    *,
    code: str,
    detail: str,
    path: str,
    request_id: str,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as a response."""
    body = Problem(
        type=TYPE + code,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=path,
        code=code,
        request_id=request_id,
        errors=errors or [],
    )
    return JSONResponse(body.model_dump(), status, dict(headers or {}), media_type=MEDIA_TYPE)


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id that the middleware gave the request."""
    state = scope.get("state") or {}
    return str(state.get("request_id", ""))


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(AsrQaError, _asr_qa_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def internal(scope: Mapping[str, Any]) -> JSONResponse:
    """The answer to an error nobody expected: no detail, an id to find it in the log."""
    return problem(
        500,
        code="internal_error",
        detail="something went wrong inside; the server's log has the details under this request id",
        path=str(scope.get("path", "")),
        request_id=request_id_of(scope),
    )


async def _asr_qa_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AsrQaError)  # noqa: S101 - registered for it
    status = status_of(error)
    path, request_id = request.url.path, request_id_of(request.scope)
    if status < 500:
        return problem(status, code=error.code, detail=str(error), path=path, request_id=request_id)
    # Messages of this kind name files and servers: they are for the log, not for whoever asks.
    log.error("request %s failed: %s", request_id, error, exc_info=error)
    if status == 500:
        return internal(request.scope)
    detail = "the database does not answer; try again in a moment"
    headers = {"Retry-After": "5"}
    return problem(status, code=error.code, detail=detail, path=path, request_id=request_id, headers=headers)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    # The values themselves are not echoed: they may be what should not be in a log.
    errors = [FieldError(where=".".join(map(str, one["loc"])), message=one["msg"]) for one in error.errors()]
    detail = "; ".join(f"{one.where}: {one.message}" for one in errors[:5])
    return problem(
        422,
        code="validation_error",
        detail=detail or "the request makes no sense",
        path=request.url.path,
        request_id=request_id_of(request.scope),
        errors=errors,
    )


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    code = error.code if isinstance(error, ProblemError) else _CODES.get(error.status_code, "http_error")
    detail = str(error.detail)
    if error.status_code == 404 and not isinstance(error, ProblemError):
        detail = f"there is nothing at {request.url.path}; /v1/openapi.json lists what there is"
    if error.status_code == 405:
        detail = f"{request.method} is not possible here; Allow names what is"
    return problem(
        error.status_code,
        code=code,
        detail=detail,
        path=request.url.path,
        request_id=request_id_of(request.scope),
        headers=error.headers,
    )
