from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.errors import AudioError, OutputError
from asr_qa.pipeline.ports import AudioInfo, CallAudio
from asr_qa.render.clips import MAX_SECONDS, ClipCutter, Codec, cut, data_uri, encode_clip, media_type, mixed
from asr_qa.testing import make_document, make_recording

RATE = 16_000


def tone(seconds: float, hertz: float, *, level: float = 8000.0) -> NDArray[np.int16]:
    time = np.arange(int(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def two_tones(seconds: float) -> NDArray[np.int16]:
    """Agent at 500 Hz, customer at 1200 Hz."""
    return np.stack([tone(seconds, 500), tone(seconds, 1200)])


def decoded(data: bytes) -> tuple[NDArray[np.float64], int]:
    with av.open(io.BytesIO(data), "r") as file:
        rate = file.streams.audio[0].rate
        resampler = av.AudioResampler("s16", layout="mono", rate=rate)
        frames = [piece for frame in file.decode(audio=0) for piece in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)[0].astype(np.float64), rate


def strength(samples: NDArray[np.float64], rate: int, hertz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    bins = np.fft.rfftfreq(len(samples), 1 / rate)
    return float(spectrum[np.abs(bins - hertz) < 20].max() / spectrum.max())


@pytest.mark.parametrize(("codec", "name"), [("opus", "audio/ogg"), ("mulaw", "audio/wav")])
def test_a_clip_plays_both_channels_for_as_long_as_it_was(codec: Codec, name: str) -> None:
    data = encode_clip(two_tones(3.0), codec=codec)
    samples, rate = decoded(data)
    assert media_type(data) == name
    assert len(samples) / rate == pytest.approx(3.0, abs=0.05)
    assert strength(samples, rate, 500) > 0.5
    assert strength(samples, rate, 1200) > 0.5
    assert strength(samples, rate, 2500) < 0.05


def test_opus_is_the_default_and_small() -> None:
    data = encode_clip(two_tones(10.0))
    assert media_type(data) == "audio/ogg"
    assert len(data) < 10 * 3000


def test_mulaw_has_the_size_it_promises() -> None:
    assert len(encode_clip(two_tones(2.0), codec="mulaw")) == pytest.approx(2 * 8000, abs=200)


def test_no_clip_is_longer_than_the_limit() -> None:
    samples, rate = decoded(encode_clip(two_tones(MAX_SECONDS + 3), codec="mulaw"))
    assert len(samples) / rate == pytest.approx(MAX_SECONDS, abs=0.02)


@pytest.mark.parametrize("codec", ["opus", "mulaw"])
def test_the_same_samples_give_the_same_bytes(codec: Codec) -> None:
    assert encode_clip(two_tones(1.0), codec=codec) == encode_clip(two_tones(1.0), codec=codec)


def test_clips_begin_and_end_in_silence_but_are_loud_between() -> None:
    samples, rate = decoded(encode_clip(np.full((1, RATE), 20_000, np.int16), codec="mulaw"))
    assert abs(samples[0]) < 2000
    assert abs(samples[-1]) < 6000
    assert samples[rate // 2] > 18_000


@pytest.mark.parametrize("shape", [(2, 0), (0, 100)])
def test_nothing_to_encode_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(OutputError, match="shape"):
        encode_clip(np.zeros(shape, np.int16))


def test_one_dimension_is_refused() -> None:
    with pytest.raises(OutputError, match="shape"):
        encode_clip(np.zeros(100, np.int16))


def test_a_very_short_clip_is_encoded() -> None:
    assert media_type(encode_clip(np.zeros((2, 1), np.int16))) == "audio/ogg"


def test_mixing_adds_channels_and_never_wraps_around() -> None:
    loud = np.array([[30_000, -30_000, 5], [30_000, -30_000, 7]], np.int16)
    assert mixed(loud).tolist() == [[32767, -32768, 12]]


def test_cut_takes_what_there_is() -> None:
    samples = np.arange(2 * RATE, dtype=np.int32).reshape(1, -1).astype(np.int16)
    assert cut(samples, 0.5, 1.0).shape == (1, RATE // 2)
    assert cut(samples, 0.5, 1.0)[0, 0] == RATE // 2
    assert cut(samples, 1.5, 9.0).shape == (1, RATE // 2)
    assert cut(samples, -1.0, 0.25).shape == (1, RATE // 4)
    assert cut(samples, 5.0, 4.0).shape == (1, 0)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"OggS..", "audio/ogg"),
        (b"RIFF..", "audio/wav"),
        (b"\x1a\x45\xdf\xa3", "audio/webm"),
        (b"ID3.", "audio/mpeg"),
        (b"\xff\xfb.", "audio/mpeg"),
        (b"\xff\xd8", None),
        (b"<script>", None),
        (b"", None),
    ],
)
def test_media_type_goes_by_the_first_bytes(data: bytes, name: str | None) -> None:
    assert media_type(data) == name


def test_data_uri_holds_the_bytes_and_nothing_a_browser_would_not_play() -> None:
    uri = data_uri(b"OggS\x00\xff")
    assert uri is not None
    assert uri.startswith("data:audio/ogg;base64,")
    assert base64.b64decode(uri.partition(",")[2]) == b"OggS\x00\xff"
    assert data_uri(b"hello") is None


class CountingReader:
    """Reads recordings that are made of their paths; counts how often."""

    def __init__(self) -> None:
        self.reads: list[str] = []

    def probe(self, path: Path) -> AudioInfo:
        raise NotImplementedError

    def blocks(self, path: Path, *, seconds: float = 30.0) -> Iterator[NDArray[np.int16]]:
        raise NotImplementedError

    def read(self, path: Path) -> CallAudio:
        self.reads.append(str(path))
        if "gone" in path.name:
            raise AudioError(f"{path}: no such file", reason="missing")
        return CallAudio(two_tones(4.0))


def test_the_cutter_reads_each_call_once_in_a_row() -> None:
    reader = CountingReader()
    cutter = ClipCutter(reader)
    first, second = (make_document(make_recording(n)) for n in (1, 2))
    for document in (first, first, second):
        data = cutter.clip(document, 1.0, 2.0)
        assert data is not None
        samples, rate = decoded(data)
        assert len(samples) / rate == pytest.approx(1.0, abs=0.05)
    assert reader.reads == [first.recording.path, second.recording.path]


def test_the_cutter_gives_nothing_where_there_is_nothing() -> None:
    reader = CountingReader()
    cutter = ClipCutter(reader)
    gone = make_document(make_recording(1, path="/calls/gone.wav"))
    assert cutter.clip(gone, 0.0, 1.0) is None
    assert cutter.clip(gone, 1.0, 2.0) is None
    assert reader.reads == ["/calls/gone.wav"]
    assert cutter.clip(make_document(make_recording(2)), 8.0, 9.0) is None
