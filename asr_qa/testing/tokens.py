"""Tokens kept in memory, and the lock that what is shared by threads is used under."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar

from asr_qa.errors import ConflictError, NotFoundError
from asr_qa.pipeline.store import ApiToken

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="TokenShelf")


def locked(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """The method, by one thread at a time."""

    @wraps(method)
    def guarded(store: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with store._lock:
            return method(store, *args, **kwargs)

    return guarded


class TokenShelf:
    """The part of asr_qa.pipeline.store.Store that keeps tokens."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._tokens: dict[str, tuple[ApiToken, str]] = {}

    @locked
    def add_token(self, token: ApiToken, *, digest: str) -> ApiToken:
        """See Store."""
        if token.name in self._tokens:
            raise ConflictError(f"there is already a token named {token.name} (revoked ones count); choose another")
        stored = replace(token, id=len(self._tokens) + 1)
        self._tokens[token.name] = (stored, digest)
        return stored

    @locked
    def find_token(self, digest: str) -> ApiToken | None:
        """See Store."""
        return next((token for token, known in self._tokens.values() if known == digest), None)

    @locked
    def tokens(self) -> tuple[ApiToken, ...]:
        """See Store."""
        return tuple(self._tokens[name][0] for name in sorted(self._tokens))

    @locked
    def revoke_token(self, name: str, *, now: datetime) -> None:
        """See Store."""
        if name not in self._tokens:
            raise NotFoundError(f"there is no token named {name}")
        token, digest = self._tokens[name]
        self._tokens[name] = (replace(token, revoked_at=token.revoked_at or now), digest)
