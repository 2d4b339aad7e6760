"""What the header of a recording says, and the checksum that identifies it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from asr_qa.audio.container import check_file, open_audio
from asr_qa.errors import AudioError
from asr_qa.pipeline.ports import AudioInfo


def probe(path: Path, *, max_bytes: int | None = None) -> AudioInfo:
    """Read the header and the checksum of a recording.

    The duration is the header's and may be wrong; where there is none the packets are counted,
    and it is 0.0 where those carry no times either.

    Args:
        path: The file.
        max_bytes: Larger files are refused.

    Raises:
        AudioError: With a reason as in `open_audio`.
    """
    with open_audio(path, max_bytes=max_bytes) as (container, stream):
        seconds = promised_seconds(container, stream)
        context = stream.codec_context
        return AudioInfo(
            path=path,
            sha256=sha256_of(path),
            duration=_counted_seconds(container, stream) if seconds is None else seconds,
            sample_rate=context.sample_rate,
            channels=context.channels,
            codec=context.name,
            container=container.format.name,
        )


def sha256_of(path: Path) -> str:
    """Checksum of a file, read in pieces; raises AudioError."""
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise AudioError(f"{path}: cannot be read ({exc}); check the disk", reason="unreadable") from exc


def promised_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    """Seconds according to the header of the stream or its container; None where neither says."""
    if stream.duration is not None and stream.time_base is not None and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and container.duration > 0:
        return container.duration / av.time_base
    return None


def _counted_seconds(container: InputContainer, stream: AudioStream) -> float:
    """Seconds from the first to the last packet, without decoding."""
    first, last = None, 0.0
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            continue
        start = float(packet.pts * packet.time_base)
        first = start if first is None else first
        last = max(last, start + float((packet.duration or 0) * packet.time_base))
    return last - first if first is not None else 0.0
