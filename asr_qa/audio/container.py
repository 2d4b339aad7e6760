"""Opens a recording as an FFmpeg container, safely, and names what is wrong with it.

A recording is untrusted input. It is opened as a plain Python file, FFmpeg may open nothing else
(no playlist entries, no second file, no network), and formats that only refer to other files are
refused by name. Every failure leaves as an AudioError whose `reason` a program can act on.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
import av.error
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer

from asr_qa.errors import AudioError

MAX_CHANNELS = 32
"""More channels than this in one stream is a broken header, not a call."""

REFUSED_FORMATS = frozenset(
    [
        *("applehttp", "concat", "dash", "ffmetadata", "hls", "image2", "imf", "rtp", "rtsp", "sap", "sdp"),
        *("smoothstreaming", "webm_dash_manifest", "alsa", "fbdev", "lavfi", "oss", "tee", "tty", "x11grab"),
    ]
)
"""Playlists, session descriptions and devices: they hold no audio but name other files, hosts or hardware."""

_BUFFER = 1 << 18

av.logging.set_level(None)  # what matters is raised; FFmpeg's own lines on standard error help nobody


@contextmanager
def open_audio(path: Path, *, max_bytes: int | None = None) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a recording and choose its audio stream: the one with most channels, of equals the first.

    Args:
        path: The file.
        max_bytes: Larger files are refused before they are read.

    Raises:
        AudioError: With reason missing, directory, not_a_file, empty, permission, too_large, playlist, not_audio,
            cut_off, no_audio_stream, no_channels, unsupported_codec or unreadable.
    """
    check_file(path, max_bytes=max_bytes)
    with _open_file(path) as file, map_errors(path), _open_container(file) as container:
        yield container, _choose_stream(path, container)


def check_file(path: Path, *, max_bytes: int | None = None) -> None:
    """Raise AudioError unless the path is a file with something in it, no larger than allowed."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise AudioError(f"{path}: there is no such file; check the path", reason="missing") from None
    except (OSError, ValueError) as exc:
        raise AudioError(
            f"{path}: cannot be looked up ({exc}); check the path and its rights", reason="permission"
        ) from exc
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{path}: is a folder; name a recording in it", reason="directory")
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{path}: is no regular file; copy the recording to disk first", reason="not_a_file")
    if status.st_size == 0:
        raise AudioError(f"{path}: is empty (0 bytes); fetch the recording again", reason="empty")
    if max_bytes is not None and status.st_size > max_bytes:
        message = f"{path}: has {status.st_size} bytes, over the {max_bytes} allowed; raise ASR_QA_AUDIO__MAX_BYTES"
        raise AudioError(message, reason="too_large")


@contextmanager
def map_errors(path: Path) -> Iterator[None]:
    """Turn whatever FFmpeg raises inside into an AudioError."""
    try:
        yield
    except av.error.FFmpegError as exc:
        raise _audio_error(path, exc) from exc


def _audio_error(path: Path, exc: av.error.FFmpegError) -> AudioError:
    if isinstance(exc, av.error.InvalidDataError) and _is_mp4(path):
        message = f"{path}: breaks off before the index without which it cannot be played; fetch the recording again"
        return AudioError(message, reason="cut_off")
    if isinstance(exc, av.error.InvalidDataError | av.error.EOFError):
        return AudioError(f"{path}: holds no audio that is recognised; check what the file is", reason="not_audio")
    if isinstance(exc, av.error.ArgumentError):  # what FFmpeg says of a format that is not on the whitelist
        return AudioError(f"{path}: is text, a picture or a playlist; name the recording itself", reason="not_audio")
    if isinstance(exc, av.error.DecoderNotFoundError):
        return AudioError(f"{path}: its codec is not supported; convert it to WAV", reason="unsupported_codec")
    if isinstance(exc, av.error.PermissionError):
        return AudioError(f"{path}: refers to other files; only audio itself is read", reason="playlist")
    return AudioError(
        f"{path}: cannot be read ({exc.strerror}); convert it to WAV or fetch it again", reason="unreadable"
    )


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as exc:
        message = f"{path}: cannot be opened ({os.strerror(exc.errno or 0)}); check the rights of the file"
        raise AudioError(message, reason="permission") from exc


# Before PyAV 19 a tag that is not UTF-8 made the whole file unreadable unless told otherwise.
_METADATA: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}


@contextmanager
def _open_container(file: BinaryIO) -> Iterator[InputContainer]:
    # The file is handed over open, so no protocol is needed: "none" is not the name of one.
    container = av.open(
        file,
        "r",
        options={"protocol_whitelist": "none", "format_whitelist": _whitelist()},
        **_METADATA,
        buffer_size=_BUFFER,
        io_open=_refuse_nested,
    )
    with container:
        yield container


def _is_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _refuse_nested(url: str, flags: int, options: dict[str, Any]) -> NoReturn:
    """Deny FFmpeg every file or address other than the recording itself."""
    raise av.error.PermissionError(13, "a recording may not open other files", url)


def _whitelist() -> str:
    return ",".join(sorted(av.formats_available - REFUSED_FORMATS))


def _choose_stream(path: Path, container: InputContainer) -> AudioStream:
    streams = container.streams.audio
    if not streams:
        raise AudioError(f"{path}: has no audio stream; check what the file is", reason="no_audio_stream")
    stream = max(streams, key=lambda candidate: candidate.codec_context.channels)
    channels, rate = stream.codec_context.channels, stream.codec_context.sample_rate
    if not 1 <= channels <= MAX_CHANNELS or rate <= 0:
        message = f"{path}: its header gives {channels} channels at {rate} Hz; fetch the recording again"
        raise AudioError(message, reason="no_channels")
    return stream
