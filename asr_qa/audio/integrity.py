"""Tells whether a recording breaks off before the end its own header or framing promises."""

from __future__ import annotations

import os
from pathlib import Path

_OPEN_ENDED = 0x7FFF0000
"""RIFF sizes from here on are what programs write that do not know the length yet."""

_WITH_DURATION = frozenset(["mov", "matroska", "flac", "aiff", "caf", "w64", "asf", "avi"])
"""Formats whose header gives the true duration; elsewhere FFmpeg guesses it from the size of the file."""

_LAST_PAGE = 1 << 17
_OGG_END_OF_STREAM = 0x04


def is_cut_off(path: Path, container: str, *, decoded: float, promised: float | None) -> bool:
    """Whether the recording ends before it should.

    Args:
        path: The file.
        container: FFmpeg's name of the format, e.g. "wav" or "mov,mp4,m4a,3gp,3g2,mj2".
        decoded: Seconds of audio that came out.
        promised: Seconds according to the header; None where it gives none.
    """
    names = set(container.split(","))
    if "wav" in names:
        return _riff_is_cut_off(path)
    if "ogg" in names:
        return _ogg_is_cut_off(path)
    if names & _WITH_DURATION or ("mp3" in names and _mp3_counts_frames(path)):
        return promised is not None and decoded < promised - max(0.25, 0.01 * promised)
    return False


def _riff_is_cut_off(path: Path) -> bool:
    """Whether the data chunk of a WAV file is longer than the rest of the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":  # RF64 and big-endian RIFX: sizes lie elsewhere, leave them alone
            return False
        file.seek(12)
        while len(header := file.read(8)) == 8:
            length = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                return length < _OPEN_ENDED and file.tell() + length > size
            file.seek(length + length % 2, os.SEEK_CUR)
    return False


def _ogg_is_cut_off(path: Path) -> bool:
    """Whether the last page of an Ogg file does not say that the stream ends with it."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST_PAGE))
        tail = file.read()
    page = tail.rfind(b"OggS")
    return not (0 <= page < len(tail) - 5 and tail[page + 5] & _OGG_END_OF_STREAM)


def _mp3_counts_frames(path: Path) -> bool:
    """Whether an MP3 file begins with a frame count (Xing, Info or VBRI)."""
    with path.open("rb") as file:
        head = file.read(10)
        tag = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
        file.seek(tag + 10 if head[:3] == b"ID3" else 0)
        frame = file.read(4096)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))
