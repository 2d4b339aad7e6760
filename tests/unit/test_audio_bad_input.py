"""Recordings that carry what no recording should: each is read, none makes anything but sound of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.decode import AvReader
from asr_qa.audio.offset import OffsetFilter
from asr_qa.audio.vad import DETECTORS
from asr_qa.config import shipped
from asr_qa.core.segment import Track, intersect, total
from asr_qa.pipeline.ports import SAMPLE_RATE

SECONDS = 12


@pytest.fixture(scope="module")
def call() -> NDArray[np.float32]:
    """The beginning of a sample call, shape (samples, 2), at its own 8 kHz."""
    samples, rate = soundfile.read(shipped("sample_audio") / "good-billing.wav", dtype="float32", always_2d=True)
    assert rate == 8000
    return np.asarray(samples[: SECONDS * rate])


def read(path: Path, samples: NDArray[np.float32], *, rate: int = 8000, subtype: str = "FLOAT") -> NDArray[np.int16]:
    soundfile.write(path, samples, rate, subtype=subtype)
    audio = AvReader().read(path)
    assert audio.sample_rate == SAMPLE_RATE
    return np.asarray(audio.samples)


def speech(samples: NDArray[np.int16]) -> list[Track]:
    detector = DETECTORS["webrtc"]()
    return [detector.detect(channel, SAMPLE_RATE) for channel in samples]


def agreement(one: Track, other: Track) -> float:
    """Share of the longer track that both have."""
    return total(intersect(one, other)) / max(total(one), total(other))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_sound_cost_only_themselves(tmp_path: Path, call: NDArray[np.float32], bad: float) -> None:
    whole = read(tmp_path / "whole.wav", call)
    hurt = call.copy()
    hurt[20_000:20_040, 0] = bad  # 5 ms of the agent
    found = read(tmp_path / "hurt.wav", hurt)
    assert found.shape == whole.shape
    near = slice(39_500, 40_600)
    differs = np.abs(found.astype(int) - whole)
    differs[:, near] = 0
    # Float and resampling ring on for a few samples; nothing else changes.
    assert differs.max() <= 40
    assert agreement(speech(found)[1], speech(whole)[1]) == 1.0
    assert agreement(speech(found)[0], speech(whole)[0]) > 0.9


def test_a_channel_of_nan_is_a_dead_channel(tmp_path: Path, call: NDArray[np.float32]) -> None:
    hurt = call.copy()
    hurt[:, 0] = np.nan
    found = read(tmp_path / "dead.wav", hurt)
    assert not found[0].any()
    assert [w.code for w in inspect_channels(found, speech(found)).warnings] == ["dead_channel"]


@pytest.mark.parametrize("offset", [0.35, -0.35, 0.05])
def test_an_offset_hides_no_speech(tmp_path: Path, call: NDArray[np.float32], offset: float) -> None:
    plain = speech(read(tmp_path / "plain.wav", call * 0.6))
    moved = read(tmp_path / "moved.wav", call * 0.6 + np.float32(offset))
    assert [agreement(a, b) for a, b in zip(speech(moved), plain, strict=True)] == pytest.approx([1.0, 1.0], abs=0.03)
    assert abs(moved.mean()) < 33  # 0.001 of full scale
    assert inspect_channels(moved, speech(moved)).warnings == ()


def test_without_an_offset_every_sample_is_kept() -> None:
    rng = np.random.default_rng(3)
    blocks = rng.normal(0, 0.1, (6, 8000, 2)).astype(np.float32)
    filtered = OffsetFilter(2)
    assert all((filtered.apply(block) == block).all() for block in blocks)


def test_a_burst_at_full_scale_is_no_offset() -> None:
    rng = np.random.default_rng(3)
    block = rng.normal(0, 0.1, (8000, 1)).astype(np.float32)
    block[:400] = 1.0
    assert (OffsetFilter(1).apply(block) == block).all()


def test_an_offset_that_drifts_leaves_no_steps() -> None:
    drift = np.linspace(0.1, 0.3, 80_000, dtype=np.float32).reshape(10, 8000, 1)
    filtered = OffsetFilter(1)
    out = np.concatenate([filtered.apply(block) for block in drift])
    assert np.abs(np.diff(out[:, 0])).max() < 1e-4
    assert np.abs(out).max() < 0.1


def test_clipped_audio_is_heard_and_warned_of(tmp_path: Path, call: NDArray[np.float32]) -> None:
    found = read(tmp_path / "clipped.wav", np.clip(call * 20, -1, 1), subtype="PCM_16")
    warnings = inspect_channels(found, speech(found)).warnings
    assert {warning.code for warning in warnings} == {"clipping"}
    assert all(total(track) > 0 for track in speech(found))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_96_khz_in_every_depth_is_the_same_sound(tmp_path: Path, call: NDArray[np.float32], subtype: str) -> None:
    import soxr

    fine = np.clip(soxr.resample(call, 8000, 96_000), -1, 1)
    whole = read(tmp_path / "whole.wav", call)
    found = read(tmp_path / "fine.wav", fine, rate=96_000, subtype=subtype)
    assert abs(found.shape[1] - whole.shape[1]) <= 2
    length = min(found.shape[1], whole.shape[1])
    depth = 300 if subtype == "PCM_U8" else 40
    assert np.abs(found[:, :length].astype(int) - whole[:, :length]).mean() < depth
    assert [agreement(a, b) > 0.9 for a, b in zip(speech(found), speech(whole), strict=True)] == [True, True]


@pytest.mark.parametrize("hertz", [440, 1000, 2100])
def test_a_minute_of_one_beep_is_no_speech(tmp_path: Path, hertz: int) -> None:
    time = np.arange(60 * 8000) / 8000
    beep = np.stack([0.5 * np.sin(2 * np.pi * hertz * time), np.zeros_like(time)], axis=1).astype(np.float32)
    assert speech(read(tmp_path / "beep.wav", beep))[0] == ()
