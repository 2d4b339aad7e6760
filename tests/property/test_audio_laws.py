"""Laws of frames, runs and resampling that hold whatever the audio is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.energy import measure_levels
from asr_qa.audio.resample import Resampler
from asr_qa.audio.runs import groups_of, join_runs, mask_of, runs_of
from asr_qa.audio.spool import Spool
from asr_qa.audio.vad import WebRtcDetector
from asr_qa.core.segment import intersect, total

MASKS = st.lists(st.booleans(), max_size=200).map(lambda flags: np.array(flags, np.bool_))

SETTINGS = settings(max_examples=40, deadline=None)  # a shared machine may be slow at any moment


def noise_bursts(seed: int, seconds: float) -> NDArray[np.int16]:
    """Noise that changes its level by up to 80 dB every 0.1 s."""
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(round(seconds * 16000))
    gains = 10 ** (rng.uniform(-80, 0, samples.size // 1600 + 1) / 20)
    return np.clip(samples * np.repeat(gains, 1600)[: samples.size] * 9000, -32768, 32767).astype(np.int16)


@SETTINGS
@given(MASKS)
def test_runs_and_masks_are_each_others_inverse(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(mask_of(runs_of(mask), frames=mask.size), mask)


@SETTINGS
@given(MASKS, st.integers(1, 20))
def test_joined_runs_cover_the_runs_and_leave_no_short_gap(mask: NDArray[np.bool_], gap: int) -> None:
    joined = join_runs(runs_of(mask), gap=gap)
    assert not (mask & ~mask_of(joined, frames=mask.size)).any()
    assert all(b[0] - a[1] >= gap for a, b in pairwise(joined))


@SETTINGS
@given(MASKS, st.integers(1, 20))
def test_groups_hold_every_run_once_and_span_the_joined_runs(mask: NDArray[np.bool_], gap: int) -> None:
    runs = runs_of(mask)
    groups = groups_of(runs, gap=gap)
    assert [run for group in groups for run in group] == runs
    assert [(group[0][0], group[-1][1]) for group in groups] == join_runs(runs, gap=gap)


@SETTINGS
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=8), st.sampled_from([8000, 16000, 44100]))
def test_resampling_does_not_depend_on_the_pieces(pieces: list[int], rate: int) -> None:
    samples = np.random.default_rng(0).standard_normal((sum(pieces), 2), dtype=np.float32) / np.float32(8)
    whole = Resampler(rate, 2)
    expected = np.concatenate([whole.push(samples), whole.flush()], axis=1)
    cut = Resampler(rate, 2)
    parts = [cut.push(part) for part in np.split(samples, np.cumsum(pieces)[:-1])]
    found = np.concatenate([*parts, cut.flush()], axis=1)
    assert found.shape == expected.shape
    assert found.shape[1] == pytest.approx(sum(pieces) * 16000 / rate, abs=2)
    assert np.abs(found.astype(int) - expected).max(initial=0) <= 1


@SETTINGS
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6), st.sampled_from([0.0, 0.1, 1000.0]))
def test_a_spool_gives_back_what_was_put_in(pieces: list[int], spill: float) -> None:
    samples = np.random.default_rng(0).integers(-32768, 32767, (2, sum(pieces))).astype(np.int16)
    spool = Spool(spill_seconds=spill)
    for part in np.split(samples, np.cumsum(pieces)[:-1], axis=1):
        spool.add(part)
    assert np.array_equal(spool.finish(), samples)


@SETTINGS
@example(267, 0.31687574186318385)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 8.0))
def test_detected_speech_is_a_track_inside_the_recording(seed: int, seconds: float) -> None:
    samples = noise_bursts(seed, seconds)
    found = WebRtcDetector().detect(samples, 16000)
    assert all(a.end < b.start for a, b in pairwise(found))
    assert all(segment for segment in found)
    assert not found or (found[0].start >= 0 and found[-1].end <= samples.size / 16000)


@SETTINGS
@given(st.integers(0, 2**32 - 1))
def test_inspection_only_ever_takes_speech_away(seed: int) -> None:
    samples = np.stack([noise_bursts(seed, 6.0), noise_bursts(seed + 1, 6.0)])
    speech = tuple(WebRtcDetector().detect(channel, 16000) for channel in samples)
    for before, after in zip(speech, inspect_channels(samples, speech).tracks, strict=True):
        assert total(intersect(after, before)) == pytest.approx(total(after))


@SETTINGS
@given(st.integers(0, 2**32 - 1), st.integers(0, 40000))
def test_levels_cover_whole_frames_and_stay_finite(seed: int, length: int) -> None:
    levels = measure_levels(noise_bursts(seed, 3.0)[:length], 16000)
    assert levels.raw.size == levels.smooth.size == levels.noise.size == min(length, 48000) // 160
    assert np.isfinite(levels.above_noise).all()
