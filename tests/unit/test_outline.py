"""The outline of a window's spectrum: what shapes it, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from asr_qa.diarize.mel import BANDS, Frames
from asr_qa.diarize.outline import SIZE, outlines

FRAMES = 100
STARTS = np.array([0, 40])


def sound(peak: float, *, seed: int = 0) -> Frames:
    """Power with a formant at some band, a little different in each frame."""
    bands = np.arange(BANDS)
    noise = np.random.default_rng(seed).normal(0, 0.1, (200, BANDS))
    return ((0.05 + np.exp(-(((bands - peak) / 4) ** 2))) * np.exp(noise)).astype(np.float32)


@pytest.mark.parametrize("gain", [0.01, 100.0])
def test_how_loud_a_window_is_leaves_its_outline_alone(gain: float) -> None:
    mels = sound(10)
    found = outlines(mels, STARTS, frames=FRAMES)
    assert found.shape == (2, SIZE)
    np.testing.assert_allclose(outlines(mels * np.float32(gain), STARTS, frames=FRAMES), found, atol=1e-3)


def test_a_formant_moves_the_outline_further_than_chance() -> None:
    one, again, other = (
        outlines(sound(peak, seed=seed), STARTS, frames=FRAMES)[0] for peak, seed in ((10, 0), (10, 1), (12, 2))
    )
    assert np.linalg.norm(one - other) > 5 * np.linalg.norm(one - again)


def test_pauses_and_what_no_telephone_carries_leave_the_outline_alone() -> None:
    mels = sound(10)
    found = outlines(mels, STARTS, frames=FRAMES)
    changed = mels.copy()
    changed[:, [0, 1, *range(27, BANDS)]] *= 50
    np.testing.assert_array_equal(outlines(changed, STARTS, frames=FRAMES), found)
    paused = mels.copy()
    paused[10:20] = 1e-6 * sound(20)[10:20]
    kept = np.delete(mels[:FRAMES], np.s_[10:20], axis=0)
    np.testing.assert_allclose(
        outlines(paused, STARTS[:1], frames=FRAMES), outlines(kept, STARTS[:1], frames=len(kept)), atol=1e-9
    )


def test_no_windows_have_no_outlines() -> None:
    assert outlines(sound(10), np.zeros(0, np.int64), frames=FRAMES).shape == (0, SIZE)
