"""/v1/calls/{id}/audio: the recording, by byte range, so that a player can jump to the second a deduction rests on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from asr_qa.api import docs, etags
from asr_qa.api.calls import CallId
from asr_qa.api.deps import CallReader, Ctx, Listener
from asr_qa.api.present import visible_call
from asr_qa.api.problems import ProblemError
from asr_qa.api.ranges import OutsideError, parse_range
from asr_qa.pipeline.store import StoredCall

router = APIRouter(prefix="/v1/calls", tags=["calls"])

_BLOCK = 64 * 1024

_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".aac": "audio/aac",
    ".amr": "audio/amr",
    ".webm": "audio/webm",
    ".gsm": "audio/x-gsm",
    ".au": "audio/basic",
    ".aiff": "audio/aiff",
    ".wma": "audio/x-ms-wma",
}
_MAGIC = ((b"RIFF", "audio/wav"), (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"), (b"ID3", "audio/mpeg"))

Range = Annotated[
    str | None, Header(description="bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT", examples=["bytes=0-65535"])
]
IfRange = Annotated[str | None, Header(description="ETag the range belongs to; the whole file where it has changed")]

_ANSWERS = docs.answers(
    {
        200: {
            "description": "The whole recording",
            "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}, "example": "(audio)"}},
        },
        206: {
            "description": "The range asked for",
            "content": {
                "audio/*": {"schema": {"type": "string", "format": "binary"}, "example": "(part of the audio)"}
            },
            "headers": {
                "Content-Range": {"schema": {"type": "string"}, "example": "bytes 0-65535/1334444"},
                "Accept-Ranges": {"schema": {"type": "string"}, "example": "bytes"},
            },
        },
        304: {"description": "Still what you have"},
    },
    401,
    403,
    404,
    416,
    422,
)


@router.get(
    "/{call_id}/audio",
    summary="The recording",
    operation_id="get_audio",
    response_class=StreamingResponse,
    responses=_ANSWERS,
)
@router.head(
    "/{call_id}/audio",
    summary="Size and type of the recording",
    operation_id="head_audio",
    response_class=StreamingResponse,
    responses=_ANSWERS,
)
def get_audio(
    call_id: CallId,
    request: Request,
    context: Ctx,
    principal: CallReader,
    _listener: Listener,
    range: Range = None,
    if_range: IfRange = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The audio as it was registered, whole or one byte range of it."""
    call = visible_call(context.store, call_id, principal)
    file, path = _open(call)
    handed_over = False
    try:
        size = os.fstat(file.fileno()).st_size
        headers = {"Accept-Ranges": "bytes", "ETag": _tag(call), "Content-Disposition": "inline"}
        if etags.matches(if_none_match, _tag(call)):
            return Response(status_code=304, headers=headers)
        part = _part(range if if_range in (None, _tag(call)) else None, size)
        start, stop = part or (0, size)
        headers["Content-Length"] = str(stop - start)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        status, media = 206 if part else 200, _media_type(file, path)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=media)
        handed_over = True
        return StreamingResponse(_blocks(file, start, stop), status, headers, media)
    finally:
        if not handed_over:
            file.close()


def _open(call: StoredCall) -> tuple[BinaryIO, Path]:
    # Only what was registered is ever opened; nothing of the request becomes part of a path.
    for name in call.paths:
        path = Path(name)
        try:
            if path.is_file():
                return path.open("rb"), path
        except OSError:
            continue
    raise ProblemError(
        404,
        "audio_gone",
        f"the audio of call {call.summary.id} is no longer where it was registered; "
        "put the file back, or process it again from where it lies now",
    )


def _part(header: str | None, size: int) -> tuple[int, int] | None:
    try:
        return parse_range(header, size)
    except OutsideError as exc:
        detail = f"the range {str(exc)[:60]} lies outside the file of {size} bytes"
        headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        raise ProblemError(416, "range_not_satisfiable", detail, headers=headers) from exc


def _blocks(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < stop and (block := file.read(min(_BLOCK, stop - start))):
            start += len(block)
            yield block


def _tag(call: StoredCall) -> str:
    sha256 = call.document.recording.sha256 if call.document else call.summary.id
    return f'"{sha256}"'


def _media_type(file: BinaryIO, path: Path) -> str:
    known = _TYPES.get(path.suffix.lower())
    if known:
        return known
    head = file.read(4)
    file.seek(0)
    return next((media for magic, media in _MAGIC if head.startswith(magic)), "application/octet-stream")
