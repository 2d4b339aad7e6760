"""/v1/calls/{id}/audio: the recording, by byte range, so that a player can jump to the second a deduction rests on.

Whoever may not read what is private in the words of a call does not hear it either: it is silent.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from asr_qa.api import docs, etags
from asr_qa.api.calls import CallId
from asr_qa.api.deps import CallReader, Context, Ctx, Listener
from asr_qa.api.muting import find_samples, silenced, tag_of
from asr_qa.api.present import visible_call
from asr_qa.api.problems import ProblemError
from asr_qa.api.ranges import OutsideError, parse_range
from asr_qa.core.segment import Track
from asr_qa.errors import AudioError
from asr_qa.pipeline.store import StoredCall
from asr_qa.pipeline.tokens import Principal, Scope

router = APIRouter(prefix="/v1/calls", tags=["calls"])

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
    """The audio, whole or one byte range of it; private numbers are silent without the scope `unredacted`.

    The silent stretches are those that the text masks, on all channels, with a margin. A WAV with PCM or G.711 keeps
    every other byte; of other files a WAV of 16 kHz is made where something is private in them.
    """
    call = visible_call(context.store, call_id, principal)
    sound = _sound(call, _muted(call, context, principal), context)
    handed_over = False
    try:
        size = os.fstat(sound.file.fileno()).st_size
        headers = {"Accept-Ranges": "bytes", "ETag": sound.tag, "Content-Disposition": "inline"}
        if etags.matches(if_none_match, sound.tag):
            return Response(status_code=304, headers=headers)
        part = _part(range if if_range in (None, sound.tag) else None, size)
        start, stop = part or (0, size)
        headers["Content-Length"] = str(stop - start)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        status = 206 if part else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=sound.media)
        handed_over = True
        blocks = silenced(sound.file, start, stop, holes=sound.holes, silence=sound.silence)
        return StreamingResponse(blocks, status, headers, sound.media)
    finally:
        if not handed_over:
            sound.file.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    """What is sent."""

    file: BinaryIO
    media: str
    tag: str
    holes: Sequence[tuple[int, int]] = ()
    """Bytes that are silenced on the way."""
    silence: int = 0


def _muted(call: StoredCall, context: Context, principal: Principal) -> Track:
    """What this user may not hear of a call."""
    if principal.may(Scope.UNREDACTED):
        return ()
    if call.document is None or call.document_id is None:
        raise ProblemError(
            403,
            "audio_not_muted",
            f"call {call.summary.id} has no document yet, so that nobody knows what is private in it; "
            "hearing it all the same needs the scope unredacted",
        )
    return context.muting.private(call.document_id, call.document)


def _sound(call: StoredCall, muted: Track, context: Context) -> _Sound:
    file, path = _open(call)
    if not muted:
        return _Sound(file=file, media=_media_type(file, path), tag=_tag(call))
    tag = f'"{_digest(call)}-{tag_of(muted)}"'
    if (samples := find_samples(file)) is not None:
        holes = samples.holes(muted)
        return _Sound(file=file, media=_TYPES[".wav"], tag=tag, holes=holes, silence=samples.silence)
    file.close()
    try:
        made = context.muting.made(path, _digest(call), muted)
    except (AudioError, OSError) as exc:
        # Messages name folders; the reason alone is for everybody.
        why = exc.reason if isinstance(exc, AudioError) else exc.strerror
        raise ProblemError(
            403,
            "audio_not_muted",
            f"something private is said in call {call.summary.id}, and its audio cannot be muted ({why}); "
            "hearing it all the same needs the scope unredacted",
        ) from exc
    return _Sound(file=made, media=_TYPES[".wav"], tag=tag)


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


def _tag(call: StoredCall) -> str:
    return f'"{_digest(call)}"'


def _digest(call: StoredCall) -> str:
    return call.document.recording.sha256 if call.document else call.summary.id


def _media_type(file: BinaryIO, path: Path) -> str:
    known = _TYPES.get(path.suffix.lower())
    if known:
        return known
    head = file.read(4)
    file.seek(0)
    return next((media for magic, media in _MAGIC if head.startswith(magic)), "application/octet-stream")
