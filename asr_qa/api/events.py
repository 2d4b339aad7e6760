"""/v1/calls/{id}/events: why an event of a call is what it is."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path

from asr_qa.api import docs
from asr_qa.api.calls import CallId
from asr_qa.api.deps import CallReader, Ctx
from asr_qa.api.present import present_document, visible_call
from asr_qa.api.schemas import Shape
from asr_qa.errors import ConflictError
from asr_qa.render.explain import as_plain, explain

router = APIRouter(prefix="/v1/calls", tags=["calls"])

EXAMPLE = {
    "number": 7,
    "kind": "interruption",
    "start": 41.2,
    "end": 42.3,
    "by": "customer",
    "level": None,
    "waived_by": None,
    "definition": "interruption(onset=1.0,overlap=0.5,yield=2.0)",
    "definition_text": "在对方话轮开始 onset 秒之后插入…",
    "parameters": {"onset": 1.0, "overlap": 0.5, "yield": 2.0},
    "reasons": [
        {
            "said": "客户在坐席发言 3.2 秒后开始说话（≥ 1.0）",
            "test": "onset",
            "holds": True,
            "value": 3.2,
            "relation": ">=",
            "limit": 1.0,
            "text": "",
        }
    ],
    "sentence": "客户在坐席发言 3.2 秒后开始说话（≥ 1.0），重叠 0.8 秒（≥ 0.5），… → 抢话（客户）",
    "caveats": [],
}


class ReasonOut(Shape):
    """One thing that was looked at."""

    said: str
    """In words."""
    test: str
    holds: bool
    value: float | None
    """Measured; seconds."""
    relation: str
    """How value and limit must stand: >=, <=, <, > or empty."""
    limit: float | None
    text: str
    """The words that decided, where words did."""


class ExplanationOut(Shape):
    """Why an event is what it is."""

    number: int
    kind: str
    start: float
    end: float
    by: str | None
    level: str | None
    """Dead air: plain, excused or serious."""
    waived_by: str | None
    definition: str
    """Id with the parameters in force."""
    definition_text: str
    parameters: dict[str, float]
    reasons: list[ReasonOut]
    """Empty where an older version made the document."""
    sentence: str
    """All reasons, and what follows."""
    caveats: list[str]
    """Codes of the call's warnings under which it may be another event, or none: roles_unknown, one_sided, ..."""


@router.get(
    "/{call_id}/events/{number}/explanation",
    summary="Why an event is what it is",
    operation_id="explain_event",
    response_model=ExplanationOut,
    responses=docs.answers(docs.example(EXAMPLE, "The explanation"), 401, 403, 404, 409, 422),
)
def explain_event(
    call_id: CallId,
    number: Annotated[int, Path(ge=1, le=1_000_000, description="Place of the event in the document, from 1")],
    context: Ctx,
    principal: CallReader,
    lang: Literal["zh", "en"] = "zh",
) -> ExplanationOut:
    """Its definition, the parameters in force, every number beside its limit, and what excused it.

    The reasons are those that the event was found by; nothing is decided again.
    """
    call = visible_call(context.store, call_id, principal)
    if call.document is None:
        raise ConflictError(f"call {call_id} is {call.summary.state.value}: it has no events yet")
    return ExplanationOut(**as_plain(explain(present_document(call.document, principal), number, lang=lang)))
