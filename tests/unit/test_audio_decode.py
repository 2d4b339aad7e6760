"""Every container and codec, read channel by channel; and what is wrong with a file, said with a reason."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio import container
from asr_qa.audio.decode import AvReader
from asr_qa.errors import AudioError

LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 6: "5.1"}
READER = AvReader()


def tone_on_first(rate: int, channels: int, seconds: float) -> NDArray[np.float32]:
    """440 Hz at a third of full scale on channel 0, silence on the others; shape (channels, samples)."""
    samples = np.zeros((channels, round(seconds * rate)), np.float32)
    samples[0] = np.sin(2 * np.pi * 440 * np.arange(samples.shape[1]) / rate) / 3
    return samples


def write(path: Path, codec: str, samples: NDArray[np.float32], rate: int, *, hole: float = 0.0) -> Path:
    """Encode samples (channels, n); a `hole` moves the second half of the timestamps later by that many seconds."""
    layout, step = LAYOUTS[len(samples)], rate // 50
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        convert = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=rate)
        for at in range(0, samples.shape[1], step):
            part = np.ascontiguousarray(samples[:, at : at + step])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
            frame.sample_rate = rate
            late = round(hole * rate) if at >= samples.shape[1] // 2 else 0
            for converted in convert.resample(frame):
                converted.pts = at + late if hole else converted.pts
                output.mux(stream.encode(converted))
        for converted in [] if hole else convert.resample(None):
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    return path


def wav_bytes(*, channels: int = 2, seconds: float = 1.0, rate: int = 8000, tag: int = 1) -> bytes:
    """A plain WAV file of 16-bit noise."""
    data = np.random.default_rng(1).integers(-9000, 9000, round(seconds * rate) * channels).astype("<i2").tobytes()
    frame = 2 * channels
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, tag, channels, rate, rate * frame, frame, 16
    )
    return header + struct.pack("<4sI", b"data", len(data)) + data


def decibels(samples: NDArray[np.int16]) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-3))


def reason_of(path: Path, reader: AvReader = READER) -> str:
    with pytest.raises(AudioError) as caught:
        reader.read(path)
    assert str(path) in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [
        ("pcm.wav", "pcm_s16le", 8000, 1),
        ("pcm.wav", "pcm_s16le", 11025, 2),
        ("pcm.wav", "pcm_s16le", 16000, 2),
        ("pcm.wav", "pcm_s16le", 48000, 6),
        ("pcm8.wav", "pcm_u8", 8000, 2),
        ("pcm24.wav", "pcm_s24le", 44100, 2),
        ("pcm32.wav", "pcm_s32le", 22050, 2),
        ("float.wav", "pcm_f32le", 32000, 3),
        ("double.wav", "pcm_f64le", 16000, 2),
        ("alaw.wav", "pcm_alaw", 8000, 2),
        ("mulaw.wav", "pcm_mulaw", 8000, 2),
        ("adpcm.wav", "adpcm_ms", 8000, 2),
        ("ima.wav", "adpcm_ima_wav", 8000, 2),
        ("a.mp3", "libmp3lame", 8000, 2),
        ("a.mp3", "libmp3lame", 44100, 1),
        ("a.ogg", "libopus", 48000, 2),
        ("a.opus", "libopus", 8000, 1),
        ("a.webm", "libopus", 48000, 2),
        ("a.flac", "flac", 22050, 3),
        ("a.m4a", "aac", 32000, 2),
        ("a.amr", "libopencore_amrnb", 8000, 1),
    ],
)
def test_read_every_format_at_16_khz(tmp_path: Path, name: str, codec: str, rate: int, channels: int) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg does not write {codec}")
    path = write(tmp_path / name, codec, tone_on_first(rate, channels, 2.0), rate)
    audio, info = READER.read(path), READER.probe(path)
    assert audio.samples.dtype == np.int16
    assert audio.channels == info.channels == channels
    assert audio.duration == pytest.approx(2.0, abs=0.06)
    assert info.duration == pytest.approx(2.0, abs=0.06)
    assert not audio.truncated
    middle = audio.samples[:, 8000:24000]
    assert decibels(middle[0]) == pytest.approx(
        decibels((tone_on_first(16000, 1, 1.0) * 32767).astype(np.int16)), abs=2.0
    )
    assert all(decibels(other) < decibels(middle[0]) - 40 for other in middle[1:])


def test_read_gsm_in_wav(tmp_path: Path) -> None:
    frames = bytes(65 * 25)  # 25 blocks of 320 samples
    header = struct.pack(
        "<4sI4s4sIHHIIHHHH", b"RIFF", 52 + len(frames), b"WAVE", b"fmt ", 20, 0x31, 1, 8000, 1625, 65, 0, 2, 320
    )
    path = tmp_path / "gsm.wav"
    path.write_bytes(header + struct.pack("<4sI", b"data", len(frames)) + frames)
    assert READER.probe(path).codec == "gsm_ms"
    assert READER.read(path).duration == pytest.approx(1.0, abs=0.01)


def test_read_keeps_the_samples_of_a_16_khz_file(tmp_path: Path) -> None:
    path = tmp_path / "plain.wav"
    path.write_bytes(wav_bytes(rate=16000))
    expected = np.frombuffer(path.read_bytes()[44:], "<i2").reshape(-1, 2).T
    assert np.array_equal(READER.read(path).samples, expected)


def test_read_accepts_a_fifth_of_a_second(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    path.write_bytes(wav_bytes(seconds=0.2))
    assert READER.read(path).duration == pytest.approx(0.2)


def test_read_turns_nan_and_infinity_into_samples(tmp_path: Path) -> None:
    samples = tone_on_first(8000, 2, 1.0)
    samples[1, 1000:2000], samples[1, 4000:4400] = np.nan, np.inf
    audio = READER.read(write(tmp_path / "nan.wav", "pcm_f32le", samples, 8000))
    assert decibels(audio.samples[1, 2200:3800]) < 0
    assert audio.samples[1, 8200:8600].min() > 30000
    assert decibels(audio.samples[0]) > 60


def test_read_fills_holes_in_the_timestamps_with_silence(tmp_path: Path) -> None:
    # tone 0-1 | hole 1-3 | tone 3-4
    path = write(tmp_path / "hole.mka", "pcm_s16le", tone_on_first(8000, 1, 2.0), 8000, hole=2.0)
    audio = READER.read(path)
    assert audio.duration == pytest.approx(4.0, abs=0.05)
    first, hole, last = (audio.samples[0, a * 16000 + 1600 : b * 16000 - 1600] for a, b in ((0, 1), (1, 3), (3, 4)))
    assert decibels(hole) < 0
    assert min(decibels(first), decibels(last)) > 70


def test_read_chooses_the_stream_with_most_channels(tmp_path: Path) -> None:
    path = tmp_path / "two.mka"
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("pcm_s16le", rate=8000, layout=layout) for layout in ("mono", "stereo")]
        for stream, channels in zip(streams, (1, 2), strict=True):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 8000 * channels), np.int16), format="s16", layout=LAYOUTS[channels]
            )
            frame.sample_rate, frame.pts = 8000, 0
            output.mux(stream.encode(frame))
    assert READER.probe(path).channels == READER.read(path).channels == 2


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("cut.wav", "pcm_s16le"),
        ("cut-mulaw.wav", "pcm_mulaw"),
        ("cut-adpcm.wav", "adpcm_ms"),
        ("cut.mp3", "libmp3lame"),
        ("cut.ogg", "libopus"),
        ("cut.webm", "libopus"),
        ("cut.flac", "flac"),
    ],
)
def test_read_gives_what_is_left_of_a_truncated_file(tmp_path: Path, name: str, codec: str) -> None:
    path = write(tmp_path / name, codec, tone_on_first(16000, 2, 8.0), 16000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    audio = READER.read(path)
    assert audio.truncated
    assert 2.0 < audio.duration < 6.0


def test_read_marks_a_header_that_promises_hours_as_truncated(tmp_path: Path) -> None:
    data = bytearray(wav_bytes(seconds=3.0))
    data[40:44] = struct.pack("<I", 10 * 3600 * 8000 * 4)
    path = tmp_path / "promise.wav"
    path.write_bytes(data)
    audio = READER.read(path)
    assert audio.truncated
    assert audio.duration == pytest.approx(3.0, abs=0.01)


def test_read_accepts_a_length_left_open_by_a_recorder(tmp_path: Path) -> None:
    data = bytearray(wav_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    path = tmp_path / "open.wav"
    path.write_bytes(data)
    assert not READER.read(path).truncated


def test_read_names_an_mp4_without_its_index(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.m4a", "aac", tone_on_first(16000, 2, 4.0), 16000)
    path.write_bytes(path.read_bytes()[:4000])
    assert reason_of(path) == "cut_off"


def test_read_ignores_the_picture_of_a_video(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with av.open(str(path), "w") as output:
        video = output.add_stream("mpeg4", rate=10)
        video.width = video.height = 64
        sound = output.add_stream("aac", rate=16000, layout="mono")
        for number in range(10):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 20, np.uint8), format="rgb24")
            output.mux(video.encode(picture))
            frame = av.AudioFrame.from_ndarray(tone_on_first(16000, 1, 0.1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, number * 1600
            output.mux(sound.encode(frame))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))
    assert READER.read(path).duration == pytest.approx(1.0, abs=0.1)


def zero_channels() -> bytes:
    data = bytearray(wav_bytes())
    data[22:24] = b"\0\0"
    return bytes(data)


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.wav", b"", "empty"),
        ("text.wav", b"this is a text file\n" * 50, "not_audio"),
        ("notes.txt", b"hello world\n" * 50, "not_audio"),
        ("subtitles.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", "no_audio_stream"),
        ("random.mp3", bytes(range(256)) * 40, "not_audio"),
        ("head.wav", b"RIFF", "not_audio"),
        ("zero.wav", zero_channels(), "no_channels"),
        ("nodata.wav", wav_bytes(seconds=0.0), "no_samples"),
        ("list.m3u8", PLAYLIST.format("good.wav").encode(), "not_audio"),
        ("list.wav", PLAYLIST.format("http://127.0.0.1:9/a.ts").encode(), "not_audio"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile 'good.wav'\n", "not_audio"),
        ("session.sdp", b"v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", "not_audio"),
    ],
)
def test_read_says_what_is_wrong(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / "good.wav").write_bytes(wav_bytes())
    path = tmp_path / name
    path.write_bytes(content)
    assert reason_of(path) == reason


def test_read_says_that_a_file_is_missing_or_a_folder(tmp_path: Path) -> None:
    assert reason_of(tmp_path / "none.wav") == "missing"
    assert reason_of(tmp_path) == "directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_read_says_that_a_file_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "closed.wav"
    path.write_bytes(wav_bytes())
    path.chmod(0)
    assert reason_of(path) == "permission"


def test_a_playlist_opens_no_other_file_even_if_its_format_were_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.wav").write_bytes(wav_bytes())
    path = tmp_path / "list.ffconcat"
    path.write_text("ffconcat version 1.0\nfile 'good.wav'\n")
    monkeypatch.setattr(container, "_whitelist", lambda: "concat,wav")
    assert reason_of(path) in {"playlist", "unreadable", "not_audio"}


def test_limits_refuse_what_is_too_long_or_too_large(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav_bytes(seconds=3.0))
    assert reason_of(path, AvReader(max_seconds=2.0)) == "too_long"
    assert reason_of(path, AvReader(max_bytes=1000)) == "too_large"
    assert AvReader(max_seconds=3.0, max_bytes=100_000).read(path).duration == pytest.approx(3.0)


def test_blocks_are_the_recording_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav_bytes(seconds=2.5))
    blocks = list(READER.blocks(path, seconds=1.0))
    assert [block.shape for block in blocks] == [(2, 16000), (2, 16000), (2, 8000)]
    assert np.array_equal(np.concatenate(blocks, axis=1), READER.read(path).samples)


def test_long_recordings_lie_in_a_file_that_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, scratch = tmp_path / "long.wav", tmp_path / "scratch"
    path.write_bytes(wav_bytes(seconds=12.0))
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    on_disk = AvReader(spill_seconds=6.0).read(path)
    assert isinstance(on_disk.samples, np.memmap)
    assert np.array_equal(on_disk.samples, READER.read(path).samples)
    assert list(scratch.iterdir()) == []


def test_probe_reads_header_and_checksum(tmp_path: Path) -> None:
    path = tmp_path / "plain.wav"
    path.write_bytes(b"RIFF" + wav_bytes()[4:])
    info = READER.probe(path)
    assert (info.sample_rate, info.channels, info.codec, info.container) == (8000, 2, "pcm_s16le", "wav")
    assert info.duration == pytest.approx(1.0)
    assert info.sha256 == READER.probe(path).sha256
    assert len(info.sha256) == 64


def test_probe_counts_packets_where_the_header_has_no_duration(tmp_path: Path) -> None:
    path = tmp_path / "live.webm"
    with av.open(str(path), "w", options={"live": "1"}) as output:
        stream = output.add_stream("libopus", rate=48000, layout="mono")
        for number in range(100):
            frame = av.AudioFrame.from_ndarray(tone_on_first(48000, 1, 0.02), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, number * 960
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert READER.probe(path).duration == pytest.approx(2.0, abs=0.1)
