"""What requests are handled with: the context of the application, and who is asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from asr_qa.api.muting import Muting
from asr_qa.api.problems import ProblemError
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard
from asr_qa.core.timeline import TimingOptions
from asr_qa.pipeline.ports import Clock
from asr_qa.pipeline.store import Store
from asr_qa.pipeline.tokens import LOCAL, Principal, Scope, authenticate


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the application works with; made by the composition root."""

    store: Store
    clock: Clock
    ruleset: Ruleset
    scorecards: Mapping[str, Scorecard] = field(default_factory=dict)
    """By label, "id@version"; older versions too where they are at hand."""
    timing: TimingOptions = field(default_factory=TimingOptions)
    require_token: bool = True
    muting: Muting = field(default_factory=Muting)
    """Silences what is private in recordings."""


_bearer = HTTPBearer(auto_error=False, description="A token made with: asr-qa token create NAME --role ROLE")


def context_of(request: Request) -> Context:
    """The context of the application."""
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(context_of)]


def principal_of(
    context: Ctx, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Principal:
    """Who is asking; a problem 401 where that is not known."""
    if not context.require_token:
        return LOCAL
    if credentials is None:
        raise _unauthorized("this needs a token: send it as Authorization: Bearer TOKEN", 'Bearer realm="asr_qa"')
    principal = authenticate(context.store, credentials.credentials, now=context.clock.now())
    if principal is None:
        refused = 'Bearer realm="asr_qa", error="invalid_token"'
        raise _unauthorized("the token is unknown, revoked or expired; make one with: asr-qa token create", refused)
    return principal


def allowed(*scopes: Scope) -> Callable[[Principal], Principal]:
    """A dependency that asks for one of the scopes."""

    def check(principal: Annotated[Principal, Depends(principal_of)]) -> Principal:
        principal.need(*scopes)
        return principal

    return check


def _unauthorized(detail: str, challenge: str) -> ProblemError:
    return ProblemError(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


CallReader = Annotated[Principal, Depends(allowed(Scope.CALLS_READ, Scope.CALLS_OWN))]
Listener = Annotated[Principal, Depends(allowed(Scope.AUDIO_READ))]
ReviewReader = Annotated[Principal, Depends(allowed(Scope.REVIEWS_READ, Scope.CALLS_OWN))]
ReviewWriter = Annotated[Principal, Depends(allowed(Scope.REVIEWS_WRITE))]
ReviewManager = Annotated[Principal, Depends(allowed(Scope.REVIEWS_MANAGE))]
ReportReader = Annotated[Principal, Depends(allowed(Scope.REPORTS_READ))]
RuleReader = Annotated[Principal, Depends(allowed(Scope.RULES_READ))]
