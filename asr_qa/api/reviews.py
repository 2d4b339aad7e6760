"""/v1/calls/{id}/review: confirm or override the machine, criterion by criterion."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Response

from asr_qa.api import docs, etags
from asr_qa.api.calls import CallId
from asr_qa.api.deps import Context, Ctx, ReviewManager, ReviewReader, ReviewWriter
from asr_qa.api.present import meant_remark, remarks_of, visible_call
from asr_qa.api.schemas import DecisionIn, ReviewOut
from asr_qa.core.review import ReviewState
from asr_qa.errors import NotFoundError, UsageError
from asr_qa.pipeline.review import (
    Judgement,
    Reviewer,
    ReviewView,
    begin_review,
    decide,
    set_review_state,
    view_review,
)
from asr_qa.pipeline.store import Review, StoredCall
from asr_qa.pipeline.tokens import Principal, Scope

router = APIRouter(prefix="/v1/calls/{call_id}/review", tags=["reviews"])

IfMatch = Annotated[str | None, Header(description="ETag of the review as you read it", examples=['"review-7-2"'])]
CriterionId = Annotated[
    str, Path(pattern=r"^[^\x00/]{1,200}$", description="Id of the criterion", examples=["recording_notice"])
]

_SEEN = docs.example(docs.REVIEW, "The review as it stands; the ETag names its revision")
_CHANGED = docs.answers(_SEEN, 401, 403, 404, 409, 412, 422, 428)


@router.get(
    "",
    summary="The review of a call",
    operation_id="get_review",
    response_model=ReviewOut,
    responses=docs.answers(_SEEN, 401, 403, 404, 409, 422),
)
def get_review(call_id: CallId, response: Response, context: Ctx, principal: ReviewReader) -> ReviewOut:
    """The machine's sheet, every decision beside it, and the sheet that follows; also before anybody has begun.

    Agents see their own calls' reviews once they are released.
    """
    visible_call(context.store, call_id, principal)
    view = view_review(context.store, call_id, scorecards=context.scorecards)
    released = view.review is not None and view.review.state is ReviewState.RELEASED
    if not released and not principal.may(Scope.REVIEWS_READ):
        raise NotFoundError(f"the review of call {call_id} has not been released")
    return _answer(view, response, principal)


@router.post(
    "",
    summary="Begin the review of a call",
    operation_id="begin_review",
    response_model=ReviewOut,
    responses=docs.answers(_SEEN, 401, 403, 404, 409, 422),
)
def post_review(call_id: CallId, response: Response, context: Ctx, principal: ReviewWriter) -> ReviewOut:
    """Begin, or go on with one's own review; 409 where somebody else is at it."""
    visible_call(context.store, call_id, principal)
    view = begin_review(context.store, call_id, _who(principal), now=context.clock.now(), scorecards=context.scorecards)
    return _answer(view, response, principal)


@router.put(
    "/criteria/{criterion_id}",
    summary="Confirm or override one criterion",
    operation_id="decide_criterion",
    response_model=ReviewOut,
    responses=_CHANGED,
)
def put_criterion(
    call_id: CallId,
    criterion_id: CriterionId,
    decision: Annotated[DecisionIn, Body(openapi_examples=docs.DECISION_IN)],
    response: Response,
    context: Ctx,
    principal: ReviewWriter,
    if_match: IfMatch = None,
) -> ReviewOut:
    """Record a decision; earlier ones stay in the history, the machine's sheet stays as it is.

    A confirmation needs no cause. An override of what the machine had determined needs one; to decide what it left
    undetermined does not.
    """
    call, review = _read(context, call_id, principal, if_match)
    made = (entry.decision for entry in reversed(review.entries))
    stored = (one.comment for one in made if one.criterion_id == criterion_id)
    comment = meant_remark(decision.comment, stored, remarks_of(call, principal))
    view = decide(
        context.store,
        call_id,
        criterion_id,
        replace(_judgement(decision), comment=comment),
        who=_who(principal),
        expected_revision=review.revision,
        now=context.clock.now(),
        scorecards=context.scorecards,
    )
    return _answer(view, response, principal)


@router.post(
    "/release",
    summary="Release a review",
    operation_id="release_review",
    response_model=ReviewOut,
    responses=_CHANGED,
)
def release(
    call_id: CallId, response: Response, context: Ctx, principal: ReviewWriter, if_match: IfMatch = None
) -> ReviewOut:
    """Finish: the agent sees it, reports count it. Criteria may stay open; they are then not assessed."""
    return _move(context, call_id, ReviewState.RELEASED, principal, if_match, response)


@router.post(
    "/reopen",
    summary="Reopen a released review",
    operation_id="reopen_review",
    response_model=ReviewOut,
    responses=_CHANGED,
)
def reopen(
    call_id: CallId, response: Response, context: Ctx, principal: ReviewManager, if_match: IfMatch = None
) -> ReviewOut:
    """Take a released review back to its reviewer; for leads."""
    return _move(context, call_id, ReviewState.OPEN, principal, if_match, response)


def _move(
    context: Context,
    call_id: str,
    target: ReviewState,
    principal: Principal,
    if_match: str | None,
    response: Response,
) -> ReviewOut:
    _, review = _read(context, call_id, principal, if_match)
    view = set_review_state(
        context.store,
        call_id,
        target,
        who=_who(principal),
        expected_revision=review.revision,
        now=context.clock.now(),
        scorecards=context.scorecards,
    )
    return _answer(view, response, principal)


def _read(context: Context, call_id: str, principal: Principal, if_match: str | None) -> tuple[StoredCall, Review]:
    """The call, and its review in the revision the client means; the store checks that once more when it writes."""
    call = visible_call(context.store, call_id, principal)
    review = view_review(context.store, call_id, scorecards={}).review
    if review is None:
        raise NotFoundError(f"nobody has begun to review call {call_id}; begin with POST /v1/calls/{call_id}/review")
    etags.check_if_match(if_match, review)
    return call, review


def _judgement(decision: DecisionIn) -> Judgement:
    if decision.decision == "confirm":
        if decision.verdict is not None or decision.points is not None or decision.cause is not None:
            raise UsageError("a confirmation takes the machine's line as it is: leave out verdict, points and cause")
        return Judgement(comment=decision.comment)
    if decision.verdict is None:
        raise UsageError("an override needs a verdict: met, not_met or not_applicable")
    return Judgement(verdict=decision.verdict, points=decision.points, cause=decision.cause, comment=decision.comment)


def _who(principal: Principal) -> Reviewer:
    return Reviewer(principal.name, manages=principal.may(Scope.REVIEWS_MANAGE))


def _answer(view: ReviewView, response: Response, principal: Principal) -> ReviewOut:
    if view.review is not None:
        response.headers["ETag"] = etags.of_review(view.review)
    return ReviewOut.of(view, remarks_of(view.call, principal))
