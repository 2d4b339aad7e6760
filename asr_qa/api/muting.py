"""Recordings with what is private in them silenced, for all who may not hear it.

Plain WAV files (PCM, G.711) stay as they are, byte by byte, but for the stretches that are silent: a byte range is
read and silenced by itself, however long the recording is. Of any other file a WAV is made once, kept in a folder that
only this user can read, and served from there.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import struct
import threading
import wave
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asr_qa.api.scratch import make_folder
from asr_qa.audio.decode import AvReader
from asr_qa.core.document import CallDocument
from asr_qa.core.redacted import private_seconds
from asr_qa.core.segment import Track
from asr_qa.pipeline.ports import SAMPLE_RATE

KEEP_BYTES = 2 * 1024**3
"""How much of what was made may stay; the one that is asked for stays however large it is."""
BLOCK = 64 * 1024

_KNOWN = 1000
"""Documents whose private stretches are remembered."""
_MOST_CHUNKS = 1000
"""Chunks of a plain WAV file."""
_LONGEST = 24 * 3600.0
"""Seconds of recordings that are decoded: what was scored before has passed the configured limit already."""
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_SILENCE = {_A_LAW: 0xD5, _MU_LAW: 0xFF, _FLOAT: 0x00}


@dataclass(frozen=True, slots=True)
class Samples:
    """Where in a WAV file its samples lie."""

    first: int
    """Byte of the first sample."""
    end: int
    """Byte after the last one."""
    frame: int
    """Bytes of one sample of all channels."""
    rate: int
    """Samples a second."""
    silence: int
    """The byte that silence is made of."""

    def holes(self, muted: Track) -> list[tuple[int, int]]:
        """First byte of each silent stretch, and the byte after its last."""
        found: list[tuple[int, int]] = []
        for segment in muted:
            start = self.first + math.floor(segment.start * self.rate) * self.frame
            stop = self.first + math.ceil(segment.end * self.rate) * self.frame
            if start < self.end:
                found.append((start, min(stop, self.end)))
        return found


class _Form(NamedTuple):
    """What the header says of the samples."""

    tag: int
    """Which coding."""
    rate: int
    """Samples a second."""
    frame: int
    """Bytes of one sample of all channels."""
    bits: int
    """Of one sample."""


def find_samples(file: BinaryIO) -> Samples | None:
    """Where the samples of a plain WAV file lie; None for any other file. The file is read from its beginning.

    A file that says twice what its samples are or where they lie is not plain: players and decoders read it each in
    their own way, and what is silent in one place is heard in another. Nor is one with anything behind its samples:
    where their size is stated too small, that is sound which nobody has silenced.
    """
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    forms: list[_Form | None] = []
    places: list[tuple[int, int]] = []
    size_of_file = file.seek(0, 2)
    file.seek(12)
    for _ in range(_MOST_CHUNKS):
        if len(chunk := file.read(8)) < 8:
            break
        name, size = struct.unpack("<4sI", chunk)
        at = file.tell()
        if name == b"fmt ":
            forms.append(_form(file.read(min(size, 64))))
        elif name == b"data":
            size = size or size_of_file - at
            places.append((at, min(size_of_file, at + size)))
        file.seek(at + size + size % 2)
    else:
        return None
    if len(forms) != 1 or len(places) != 1 or forms[0] is None:
        return None
    first, end = places[0]
    if size_of_file > end + (end - first) % 2:  # chunks of odd sizes are filled up by a byte
        return None
    return _samples(forms[0], first, end)


def _form(body: bytes) -> _Form | None:
    if len(body) < 16:
        return None
    tag, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) >= 26:
        tag = struct.unpack("<H", body[24:26])[0]
    return _Form(tag, rate, frame, bits) if 8 * frame == channels * bits else None


def _samples(form: _Form, first: int, end: int) -> Samples | None:
    tag, rate, frame, bits = form
    silence = (0x80 if bits == 8 else 0x00) if tag == _PCM else _SILENCE.get(tag)
    return None if silence is None or not rate or not frame else Samples(first, end, frame, rate, silence)


def silenced(
    file: BinaryIO, start: int, stop: int, *, holes: Sequence[tuple[int, int]] = (), silence: int = 0
) -> Iterator[bytes]:
    """The bytes of a range in blocks, those of the holes replaced; the file is closed at the end."""
    with file:
        file.seek(start)
        while start < stop and (block := file.read(min(BLOCK, stop - start))):
            yield _without(block, start, holes, silence)
            start += len(block)


def _without(block: bytes, start: int, holes: Sequence[tuple[int, int]], silence: int) -> bytes:
    changed: bytearray | None = None
    for first, last in holes:
        low, high = max(first - start, 0), min(last - start, len(block))
        if low < high:
            changed = bytearray(block) if changed is None else changed
            changed[low:high] = bytes([silence]) * (high - low)
    return block if changed is None else bytes(changed)


@dataclass
class Muting:
    """What is private in calls, and recordings made without it."""

    keep_bytes: int = KEEP_BYTES
    _known: OrderedDict[int, Track] = field(default_factory=OrderedDict)
    _made: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """Bytes of each file that was made, the one used longest ago first."""
    _folder: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Held for what is known."""
    _making: threading.Lock = field(default_factory=threading.Lock)
    """Held while a file is made, which may take a minute: calls that need none go on meanwhile."""

    def private(self, document_id: int, document: CallDocument) -> Track:
        """When something private is said in a call; remembered, as documents never change."""
        with self._lock:
            if document_id in self._known:
                self._known.move_to_end(document_id)
                return self._known[document_id]
        found = private_seconds(document.utterances)
        with self._lock:
            self._known[document_id] = found
            while len(self._known) > _KNOWN:
                self._known.popitem(last=False)
        return found

    def made(self, path: Path, sha256: str, muted: Track) -> BinaryIO:
        """A WAV of a recording with these stretches silent, made unless it is there.

        Args:
            path: The recording.
            sha256: Of the recording.
            muted: What is to be silent.

        Raises:
            AudioError: The recording cannot be decoded.
            OSError: There is no room for the WAV.
        """
        name = hashlib.sha256(f"{sha256} {tag_of(muted)}".encode()).hexdigest()
        # One at a time: whoever asks for the same meanwhile finds it made.
        with self._making:
            target = self._home() / name
            if name not in self._made or not target.is_file():
                _make(path, target, muted)
                self._made[name] = target.stat().st_size
            self._made.move_to_end(name)
            file = target.open("rb")
            self._make_room()
            return file

    def _home(self) -> Path:
        if self._folder is None or not self._folder.is_dir():
            self._folder = make_folder()
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _make_room(self) -> None:
        while len(self._made) > 1 and sum(self._made.values()) > self.keep_bytes:
            name, _ = self._made.popitem(last=False)
            (self._home() / name).unlink(missing_ok=True)


def tag_of(muted: Track) -> str:
    """A short name for what is silent."""
    text = " ".join(f"{segment.start:.3f}-{segment.end:.3f}" for segment in muted)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _make(path: Path, target: Path, muted: Track) -> None:
    """Decode a recording into a WAV, silent where it is to be."""
    blocks = AvReader(max_seconds=_LONGEST).blocks(path, seconds=5.0)
    try:
        first = next(blocks)
        with wave.open(str(target), "wb") as out:
            out.setnchannels(first.shape[0])
            out.setsampwidth(2)
            out.setframerate(SAMPLE_RATE)
            for block in _quiet(chain([first], blocks), muted):
                out.writeframes(block.T.astype("<i2").tobytes())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _quiet(blocks: Iterable[NDArray[np.int16]], muted: Track) -> Iterator[NDArray[np.int16]]:
    """The blocks of a recording, shape (channels, samples), with zeros where it is to be silent."""
    at = 0
    for block in blocks:
        for segment in muted:
            first = max(math.floor(segment.start * SAMPLE_RATE) - at, 0)
            block[:, first : max(math.ceil(segment.end * SAMPLE_RATE) - at, 0)] = 0
        yield block
        at += block.shape[1]
