"""Who may use the API: roles, their scopes, and tokens that stand for somebody.

Only the sha256 of a token is stored. A plain digest is enough here, where it would not be for a password: a token is
256 random bits, so nobody can guess his way to one from its digest, however fast the hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asr_qa.errors import PermissionDeniedError, UsageError
from asr_qa.pipeline.store import ApiToken, Store

PREFIX = "asrqa_"
"""Begins every token, so that one that leaked into a log or a repository can be searched for."""


class UserRole(StrEnum):
    """Who somebody is; each may do what those before it may, except that agents see their own calls only."""

    AGENT = "agent"
    REVIEWER = "reviewer"
    TRAINER = "trainer"
    LEAD = "lead"
    ADMIN = "admin"


class Scope(StrEnum):
    """What may be done."""

    CALLS_OWN = "calls:own"
    """Read one's own calls and their released reviews."""
    CALLS_READ = "calls:read"
    """Read all calls."""
    AUDIO_READ = "audio:read"
    """Hear the calls that may be read."""
    RULES_READ = "rules:read"
    REVIEWS_READ = "reviews:read"
    REVIEWS_WRITE = "reviews:write"
    REPORTS_READ = "reports:read"
    REVIEWS_MANAGE = "reviews:manage"
    """Take over reviews of others and reopen released ones."""
    UNREDACTED = "unredacted"
    """Read what is private in the words of calls: numbers of cards, phones, identity cards, addresses."""
    PATHS_READ = "paths:read"
    """See in which folders recordings lie."""


_AGENT = frozenset({Scope.CALLS_OWN, Scope.AUDIO_READ, Scope.RULES_READ})
_REVIEWER = _AGENT - {Scope.CALLS_OWN} | {Scope.CALLS_READ, Scope.REVIEWS_READ, Scope.REVIEWS_WRITE}
_TRAINER = _REVIEWER | {Scope.REPORTS_READ}
_LEAD = _TRAINER | {Scope.REVIEWS_MANAGE, Scope.UNREDACTED}
SCOPES: Mapping[UserRole, frozenset[Scope]] = {
    UserRole.AGENT: _AGENT,
    UserRole.REVIEWER: _REVIEWER,
    UserRole.TRAINER: _TRAINER,
    UserRole.LEAD: _LEAD,
    UserRole.ADMIN: _LEAD | {Scope.PATHS_READ},
}
"""What each role may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking."""

    name: str
    role: UserRole
    scopes: frozenset[Scope]
    agent_id: str | None = None

    def may(self, *scopes: Scope) -> bool:
        """Whether one of the scopes is granted."""
        return any(scope in self.scopes for scope in scopes)

    def need(self, *scopes: Scope) -> None:
        """Raise PermissionDeniedError unless one of the scopes is granted."""
        if not self.may(*scopes):
            wanted = " or ".join(scope.value for scope in scopes)
            raise PermissionDeniedError(f"{self.name} ({self.role.value}) may not do this: it needs {wanted}")


LOCAL = Principal(name="local", role=UserRole.ADMIN, scopes=SCOPES[UserRole.ADMIN])
"""Whoever uses a server that asks for no token."""


def issue_token(
    store: Store,
    name: str,
    *,
    role: str,
    now: datetime,
    agent_id: str | None = None,
    scopes: Collection[str] | None = None,
    days: float | None = None,
) -> tuple[str, ApiToken]:
    """Make a token; gives the token itself, which is never shown again, and what is stored of it.

    Args:
        store: Where to keep it.
        name: Who or what uses it; stands in reviews as the reviewer.
        role: One of UserRole.
        now: The present moment.
        agent_id: Whose calls it may see; needed for role agent, senseless for others.
        scopes: Fewer rights than the role has; None is all of them.
        days: How long it lasts; None is until revoked.

    Raises:
        UsageError: A value that makes no sense.
        ConflictError: There is a token of that name.
    """
    if not re.fullmatch(r"[\w.@ -]{1,100}", name) or name != name.strip():
        raise UsageError("a token needs a name of 1 to 100 letters, digits, spaces or . _ @ -")
    granted = _granted(_role(role), scopes)
    if (role == UserRole.AGENT) != bool(agent_id):
        raise UsageError("a token of role agent needs the agent id whose calls it may see; other roles have none")
    if days is not None and not 0 < days <= 3660:
        raise UsageError(f"a token lasts more than 0 and at most 3660 days, not {days:g}")
    token = PREFIX + secrets.token_urlsafe(32)
    stored = ApiToken(
        id=0,
        name=name,
        role=role,
        agent_id=agent_id,
        scopes=granted,
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
        revoked_at=None,
    )
    return token, store.add_token(stored, digest=digest_of(token))


def authenticate(store: Store, token: str, *, now: datetime) -> Principal | None:
    """Who the token stands for; None where it is unknown, revoked or expired."""
    known = store.find_token(digest_of(token))
    if known is None or not known.valid(now):
        return None
    role = UserRole(known.role)
    # A role that lost a scope since takes it from old tokens too.
    scopes = SCOPES[role] if known.scopes is None else SCOPES[role] & {Scope(scope) for scope in known.scopes}
    return Principal(name=known.name, role=role, scopes=scopes, agent_id=known.agent_id)


def digest_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _role(role: str) -> UserRole:
    if role not in list(UserRole):
        raise UsageError(f"there is no role {role}; choose from {', '.join(UserRole)}")
    return UserRole(role)


def _granted(role: UserRole, scopes: Collection[str] | None) -> tuple[str, ...] | None:
    if scopes is None:
        return None
    if beyond := sorted(set(scopes) - {scope.value for scope in SCOPES[role]}):
        raise UsageError(
            f"role {role.value} does not have {', '.join(beyond)}; it has {', '.join(sorted(SCOPES[role]))}"
        )
    return tuple(sorted(set(scopes)))
