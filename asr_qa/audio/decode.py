"""Recordings to 16 kHz samples, channel by channel, in a stream.

Channels are never mixed. Of several audio streams the one with most channels is read, of equals
the first. Where timestamps jump (packets that were never sent or are lost) silence fills the hole, so that a
time in the samples is a time on the recording clock. Decoding holds no lock and writes only to
temporary files without a name: the process that runs it may be killed at any moment.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from asr_qa.audio.container import open_audio
from asr_qa.audio.integrity import is_cut_off
from asr_qa.audio.probe import probe, promised_seconds
from asr_qa.audio.resample import Resampler, to_float
from asr_qa.audio.spool import SPILL_SECONDS, Spool
from asr_qa.errors import AudioError
from asr_qa.pipeline.ports import SAMPLE_RATE, AudioInfo, CallAudio

HOLE_MIN = 0.1
"""Seconds by which timestamps must run ahead of the samples before silence is put in."""

HOLE_MAX = 600.0
"""Seconds; a larger jump is a broken clock, not a hole."""

_MAX_BROKEN_PACKETS = 10_000


class AvReader:
    """Opens recordings through FFmpeg."""

    def __init__(
        self, *, max_seconds: float = 6 * 3600.0, max_bytes: int = 4 * 2**30, spill_seconds: float = SPILL_SECONDS
    ) -> None:
        """Set the limits.

        Args:
            max_seconds: Longer recordings are refused (reason "too_long"), whatever their header says.
            max_bytes: Larger files are refused (reason "too_large").
            spill_seconds: Recordings longer than this lie in a temporary file instead of memory.
        """
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._spill_seconds = spill_seconds

    def probe(self, path: Path) -> AudioInfo:
        """Read header and checksum; raises AudioError."""
        return probe(path, max_bytes=self._max_bytes)

    def blocks(self, path: Path, *, seconds: float = 30.0) -> Iterator[NDArray[np.int16]]:
        """Decode in a stream: arrays (channels, samples) of `seconds` at 16 kHz, the last one shorter.

        Raises:
            AudioError: Where the file cannot be opened, is too long, or nothing in it can be decoded.
        """
        return self._decoding(path).blocks(seconds)

    def read(self, path: Path) -> CallAudio:
        """Decode the whole recording; raises AudioError."""
        decoding, spool = self._decoding(path), Spool(spill_seconds=self._spill_seconds)
        try:
            for block in decoding.blocks(5.0):
                spool.add(block)
            return CallAudio(spool.finish(), SAMPLE_RATE, decoding.truncated)
        except OSError as exc:
            raise _disk_error(path, exc) from exc
        finally:
            spool.close()

    def _decoding(self, path: Path) -> _Decoding:
        return _Decoding(path, max_seconds=self._max_seconds, max_bytes=self._max_bytes)


def _disk_error(path: Path, exc: OSError) -> AudioError:
    if exc.errno == errno.ENOSPC:
        return AudioError(f"{path}: no room for its samples; free space in TMPDIR", reason="no_space")
    return AudioError(f"{path}: cannot be read ({exc})", reason="unreadable")


class _Decoding:
    """One pass through one recording."""

    def __init__(self, path: Path, *, max_seconds: float, max_bytes: int) -> None:
        self._path = path
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._broken = 0
        self.truncated = False
        """Known once every block has been taken."""

    def blocks(self, seconds: float) -> Iterator[NDArray[np.int16]]:
        """The recording in blocks of that many seconds."""
        size, total, pending = max(1, int(seconds * SAMPLE_RATE)), 0, _Queue()
        with open_audio(self._path, max_bytes=self._max_bytes) as (container, stream):
            for samples in self._resampled(container, stream):
                total += samples.shape[1]
                self._check_length(total)
                pending.put(samples)
                while pending.samples >= size:
                    yield pending.take(size)
            if total == 0:
                raise AudioError(f"{self._path}: nothing in it could be decoded; fetch it again", reason="no_samples")
            self._judge_end(container, stream, decoded=total / SAMPLE_RATE)
        if pending.samples:
            yield pending.take(pending.samples)

    def _check_length(self, samples: int) -> None:
        if samples > self._max_seconds * SAMPLE_RATE:
            message = f"{self._path}: is longer than {self._max_seconds:g} s; raise ASR_QA_AUDIO__MAX_SECONDS"
            raise AudioError(message, reason="too_long")

    def _judge_end(self, container: InputContainer, stream: AudioStream, *, decoded: float) -> None:
        promised = promised_seconds(container, stream)
        self.truncated = self._broken > 0 or is_cut_off(
            self._path, container.format.name, decoded=decoded, promised=promised
        )

    def _resampled(self, container: InputContainer, stream: AudioStream) -> Iterator[NDArray[np.int16]]:
        """Samples (channels, n) at 16 kHz; the layout may change on the way, the number of channels does not."""
        channels = stream.codec_context.channels
        resampler: Resampler | None = None
        clock = _Clock()
        for frame in self._frames(container, stream):
            if resampler is None or resampler.rate != frame.sample_rate:
                if resampler:
                    yield resampler.flush()
                resampler = Resampler(frame.sample_rate, channels)
            if hole := clock.hole_before(frame):
                yield resampler.push(np.zeros((hole, channels), np.float32))
            yield resampler.push(_fit(to_float(frame), channels))
        if resampler:
            yield resampler.flush()

    def _frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        """Every frame that can be decoded; what cannot is counted and skipped."""
        packets = container.demux(stream)
        while self._broken < _MAX_BROKEN_PACKETS:
            try:
                packet = next(packets)
                frames = stream.decode(packet)
            except (StopIteration, av.error.EOFError):
                return
            except av.error.InvalidDataError:
                self._broken += 1
                continue
            except av.error.FFmpegError:
                self._broken += 1
                return
            yield from (frame for frame in frames if frame.samples)


def _fit(samples: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """The samples (n, any) with that many channels: one is heard on all, missing ones are silent."""
    given = samples.shape[1]
    if given == channels:
        return samples
    if given == 1:
        return np.repeat(samples, channels, axis=1)
    kept = samples[:, :channels]
    return np.pad(kept, ((0, 0), (0, channels - kept.shape[1])))


class _Clock:
    """Compares the timestamps of frames with the samples seen so far."""

    def __init__(self) -> None:
        self._ahead = 0.0
        """Timestamp at which the samples seen so far end, in seconds."""
        self._started = False

    def hole_before(self, frame: AudioFrame) -> int:
        """Samples of silence that belong before the frame; counts the frame as seen."""
        length = frame.samples / frame.sample_rate
        if frame.time is None:
            self._ahead += length
            return 0
        hole = frame.time - self._ahead if self._started else 0.0
        if not self._started or abs(hole) > HOLE_MAX:
            hole, self._ahead, self._started = 0.0, frame.time, True
        if hole < HOLE_MIN:
            self._ahead += length
            return 0
        samples = round(hole * frame.sample_rate)
        self._ahead += samples / frame.sample_rate + length
        return samples


class _Queue:
    """Blocks in, blocks of another size out."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.int16]] = []
        self.samples = 0

    def put(self, part: NDArray[np.int16]) -> None:
        self._parts.append(part)
        self.samples += part.shape[1]

    def take(self, size: int) -> NDArray[np.int16]:
        whole = np.concatenate(self._parts, axis=1) if len(self._parts) > 1 else self._parts[0]
        rest = whole[:, size:]
        self._parts, self.samples = [rest], rest.shape[1]
        return np.ascontiguousarray(whole[:, :size])
