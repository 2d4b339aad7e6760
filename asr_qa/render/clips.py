"""Short audio clips of evidence, small enough to lie inside a report.

A clip is mono Ogg Opus where the encoder is there (about 2 kB a second, plays in every current browser), else
8 kHz mu-law WAV (8 kB a second).
"""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path
from typing import Literal, cast

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from asr_qa.core.document import CallDocument
from asr_qa.core.segment import Track
from asr_qa.errors import AudioError, OutputError
from asr_qa.pipeline.ports import SAMPLE_RATE, AudioReader

MAX_SECONDS = 12.0
"""No clip is longer."""

PADDING = 1.0
"""Seconds heard before and after what a clip is of."""

Codec = Literal["opus", "mulaw"]

_OPUS_BITS = 16_000
_TELEPHONE_RATE = 8000
_FADE_SECONDS = 0.01
_SIGNATURES = {
    b"OggS": "audio/ogg",
    b"RIFF": "audio/wav",
    b"\x1a\x45\xdf\xa3": "audio/webm",
    b"ID3": "audio/mpeg",
}
_MPEG_SYNC = (0xFB, 0xF3, 0xF2, 0xFA)


def encode_clip(samples: NDArray[np.int16], *, sample_rate: int = SAMPLE_RATE, codec: Codec | None = None) -> bytes:
    """A clip as the bytes of an audio file.

    Args:
        samples: Shape (channels, samples), 16-bit; channels are mixed, what lies beyond MAX_SECONDS is cut off.
        sample_rate: Hertz of `samples`.
        codec: None takes Opus where it can be encoded.

    Raises:
        OutputError: There is nothing to encode, or FFmpeg cannot.
    """
    if samples.ndim != 2 or not samples.size:
        raise OutputError(f"a clip needs samples of shape (channels, n), not {samples.shape}: check its start and end")
    mono = _faded(mixed(samples[:, : int(MAX_SECONDS * sample_rate)]), sample_rate)
    chosen = codec or ("opus" if _has_opus() else "mulaw")
    try:
        return _opus(mono, sample_rate) if chosen == "opus" else _mulaw(mono, sample_rate)
    except av.error.FFmpegError as error:
        raise OutputError(f"a clip cannot be encoded as {chosen}: {error}") from error


def mixed(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """All channels as one, shape (1, samples): their sum, held within 16 bits."""
    total = samples.astype(np.int32).sum(axis=0, keepdims=True)
    return np.asarray(np.clip(total, -32768, 32767), np.int16)


def cut(samples: NDArray[np.int16], start: float, end: float, *, sample_rate: int = SAMPLE_RATE) -> NDArray[np.int16]:
    """The samples of [start, end) seconds, as far as there are any; shape (channels, samples)."""
    first, last = (max(0, round(seconds * sample_rate)) for seconds in (start, end))
    return samples[:, first : max(first, last)]


def silenced(
    samples: NDArray[np.int16], start: float, muted: Track, *, sample_rate: int = SAMPLE_RATE
) -> NDArray[np.int16]:
    """The samples, which begin at `start` seconds, with silence on all channels in some stretches of the recording."""
    if not muted:
        return samples
    quiet = samples.copy()
    for stretch in muted:
        first, last = (max(0, round((at - start) * sample_rate)) for at in (stretch.start, stretch.end))
        quiet[:, first:last] = 0
    return quiet


def media_type(data: bytes) -> str | None:
    """The media type of an audio file by its first bytes; None where no browser would play it."""
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            return name
    return "audio/mpeg" if len(data) > 1 and data[0] == 0xFF and data[1] in _MPEG_SYNC else None


def data_uri(data: bytes) -> str | None:
    """An audio file as a data: URI; None where no browser would play it."""
    name = media_type(data)
    return f"data:{name};base64,{base64.b64encode(data).decode('ascii')}" if name else None


class ClipCutter:
    """Cuts clips out of recordings; keeps the last one decoded, so ask call by call."""

    def __init__(self, reader: AudioReader, *, codec: Codec | None = None) -> None:
        self._reader = reader
        self._codec = codec
        self._path = ""
        self._samples: NDArray[np.int16] | None = None

    def clip(self, document: CallDocument, start: float, end: float, *, muted: Track = ()) -> bytes | None:
        """What is heard from `start` to `end` seconds; None where the recording cannot be read any more.

        Args:
            document: The call.
            start: Seconds.
            end: Seconds.
            muted: What is silence in place of what is heard then, in seconds of the recording.
        """
        samples = self._decoded(document.recording.path)
        part = None if samples is None else silenced(cut(samples, start, end), start, muted)
        return None if part is None or not part.size else encode_clip(part, codec=self._codec)

    def _decoded(self, path: str) -> NDArray[np.int16] | None:
        if path != self._path:
            self._path, self._samples = path, None
            try:
                self._samples = self._reader.read(Path(path)).samples
            except AudioError:
                # The report says that the audio is missing; the figures do not need it.
                self._samples = None
        return self._samples


@cache
def _has_opus() -> bool:
    return "libopus" in av.codecs_available


def _faded(samples: NDArray[np.int16], sample_rate: int) -> NDArray[np.int16]:
    """Without the clicks that a cut in the middle of a sound makes."""
    length = min(int(_FADE_SECONDS * sample_rate), samples.shape[1] // 2)
    ramp = np.ones(samples.shape[1], np.float32)
    ramp[:length] = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    ramp[samples.shape[1] - length :] = ramp[:length][::-1]
    return np.asarray(np.rint(samples * ramp), np.int16)


def _opus(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    # Without "bitexact" every file has a random serial number, and no two reports are the same.
    return _encode(samples, sample_rate, container="ogg", codec="libopus", rate=16_000, bits=_OPUS_BITS)


def _mulaw(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    return _encode(samples, sample_rate, container="wav", codec="pcm_mulaw", rate=_TELEPHONE_RATE)


def _encode(
    samples: NDArray[np.int16], sample_rate: int, *, container: str, codec: str, rate: int, bits: int | None = None
) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container, options={"fflags": "+bitexact"}) as output:
        stream = cast(AudioStream, output.add_stream(codec, rate=rate, layout="mono"))
        if bits:
            stream.bit_rate = bits
            stream.options = {"application": "voip"}
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = sample_rate
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate, frame_size=stream.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return target.getvalue()
