"""/v1/calls: lists of calls, one call's document, its transcript."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response

from asr_qa.api import docs, etags
from asr_qa.api.deps import CallReader, Ctx
from asr_qa.api.present import present_document, visible_call, visible_filters
from asr_qa.api.schemas import CallAnswer, CallPage, CallQuery, CallRow
from asr_qa.core.transcript import Utterance
from asr_qa.errors import ConflictError, UsageError
from asr_qa.pipeline.documents import to_dict

router = APIRouter(prefix="/v1/calls", tags=["calls"])

CallId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="Id of the call", examples=[docs.CALL["id"]])
]
IfNoneMatch = Annotated[str | None, Header(description="ETag of what you have; 304 where it is still that")]


@router.get(
    "",
    summary="List calls",
    operation_id="list_calls",
    response_model=CallPage,
    responses=docs.answers(docs.example(docs.CALLS, "One page of calls"), 401, 403, 422, path="/v1/calls"),
)
def list_calls(query: Annotated[CallQuery, Query()], context: Ctx, principal: CallReader) -> CallPage:
    """Calls that fulfil all filters given, newest registration first.

    Pages stay right while calls are added: a call that was there when the first page was read comes exactly once.
    """
    filters = visible_filters(query.filters(), principal)
    before = decode_cursor(query.cursor) if query.cursor else None
    page = context.store.list_calls(filters, before=before, limit=query.limit)
    return CallPage(
        calls=[CallRow.of(call, principal) for call in page.calls],
        next_cursor=None if page.next_before is None else encode_cursor(page.next_before),
    )


@router.get(
    "/{call_id}",
    summary="One call and its document",
    operation_id="get_call",
    response_model=CallAnswer,
    responses=docs.answers(
        docs.example(docs.CALL_ANSWER, "The call") | {304: {"description": "Still what you have"}}, 401, 403, 404, 422
    ),
)
def get_call(call_id: CallId, context: Ctx, principal: CallReader, if_none_match: IfNoneMatch = None) -> Response:
    """Recording, transcript, events, metrics, findings and the machine's score sheet.

    The document is null while the call is pending, being processed or failed; `call.state` and
    `call.failure_reason` say which.
    """
    call = visible_call(context.store, call_id, principal)
    document = None if call.document is None else to_dict(present_document(call.document, principal))
    row = CallRow.of(call.summary, principal).model_dump(mode="json")
    body = _dump({"call": row, "document": document})
    tag = etags.of_bytes(body)
    if etags.matches(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


@router.get(
    "/{call_id}/transcript",
    summary="Transcript of a call",
    operation_id="get_transcript",
    responses=docs.answers(
        {
            200: {
                "description": "The transcript in the format asked for",
                "content": {
                    "application/json": {"example": docs.TRANSCRIPT},
                    "text/vtt": {"example": docs.VTT},
                    "application/x-subrip": {"example": "1\n00:00:01,200 --> 00:00:03,400\nagent: 您好欢迎致电\n"},
                },
            }
        },
        401,
        403,
        404,
        409,
        422,
    ),
)
def get_transcript(
    call_id: CallId, context: Ctx, principal: CallReader, format: Literal["json", "vtt", "srt"] = "json"
) -> Response:
    """Who said what, when: as JSON with words, or as subtitles (WebVTT, SubRip)."""
    call = visible_call(context.store, call_id, principal)
    if call.document is None:
        raise ConflictError(f"call {call_id} is {call.summary.state.value}: it has no transcript yet")
    document = present_document(call.document, principal)
    if format == "vtt":
        return Response(to_vtt(document.utterances), media_type="text/vtt; charset=utf-8")
    if format == "srt":
        return Response(to_srt(document.utterances), media_type="application/x-subrip; charset=utf-8")
    content = {"id": call_id, "utterances": to_dict(document)["utterances"]}
    return Response(_dump(content), media_type="application/json")


def encode_cursor(sequence: int) -> str:
    """A cursor that nobody is tempted to count with."""
    return base64.urlsafe_b64encode(f"v1:{sequence}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """The sequence in a cursor; raises UsageError."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        version, _, sequence = text.partition(":")
        if version == "v1" and sequence.isascii() and sequence.isdigit() and len(sequence) <= 18:
            return int(sequence)
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise UsageError("the cursor is none that a page gave; begin again without it")


def to_vtt(utterances: Iterable[Utterance]) -> str:
    """The utterances as WebVTT; each names its speaker."""
    cues = (
        f"{_clock(one.start, '.')} --> {_clock(one.end, '.')}\n<v {one.role.value}>{_escaped(_shown(one))}\n"
        for one in utterances
    )
    return "\n".join(("WEBVTT\n", *cues))


def to_srt(utterances: Iterable[Utterance]) -> str:
    """The utterances as SubRip; each names its speaker."""
    cues = (
        f"{number}\n{_clock(one.start, ',')} --> {_clock(one.end, ',')}\n{one.role.value}: {_shown(one)}\n"
        for number, one in enumerate(utterances, 1)
    )
    return "\n".join(cues)


def _dump(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def _shown(utterance: Utterance) -> str:
    return utterance.text.replace("\n", " ") or f"[{utterance.status}]"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
