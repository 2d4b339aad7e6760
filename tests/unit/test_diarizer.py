"""Laws of the diarizer on whole channels, and the real weights on a sample call where they are installed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from voice_weights import weights, write_checkpoint

from asr_qa.asr.weights import FileSpec, load_manifests
from asr_qa.audio.decode import AvReader
from asr_qa.bootstrap import find_diarizer
from asr_qa.config import DiarizationSettings, Settings, shipped
from asr_qa.core.segment import Segment, Track, intersect, total, union
from asr_qa.diarize.diarizer import VoiceDiarizer
from asr_qa.errors import ConfigurationError, ModelError
from asr_qa.pipeline.ports import Diarizer, Samples

SPEECH: Track = tuple(Segment(2.0 * k + 0.2, 2.0 * k + 1.9) for k in range(15))


def sounds(seed: int = 0) -> Samples:
    """Half a minute in which two noises of other colours take turns."""
    rng = np.random.default_rng(seed)
    bright = rng.normal(0, 3000, 30 * 16000)
    dark = np.convolve(rng.normal(0, 9000, 30 * 16000), np.ones(24) / 24, mode="same")
    first = (np.arange(30 * 16000) // (4 * 16000)) % 2 == 0
    return np.where(first, bright, dark).astype(np.int16)


@pytest.fixture(scope="module")
def diarizer(tmp_path_factory: pytest.TempPathFactory) -> Diarizer:
    return VoiceDiarizer(write_checkpoint(tmp_path_factory.mktemp("voices") / "w.pt", weights(2)), "chance@0")


def test_voices_share_the_speech_out_in_order(diarizer: Diarizer) -> None:
    found = diarizer.diarize(sounds(), SPEECH)
    assert len(found.voices) in (1, 2)
    assert union(*found.voices) == SPEECH or total(union(*found.voices)) == pytest.approx(total(SPEECH))
    assert [voice[0].start for voice in found.voices] == sorted(voice[0].start for voice in found.voices)
    if len(found.voices) == 2:
        assert intersect(*found.voices) == ()
        assert 0.5 < found.confidence <= 1


def test_the_same_sound_gives_the_same_voices(diarizer: Diarizer) -> None:
    assert diarizer.diarize(sounds(), SPEECH) == diarizer.diarize(sounds(), SPEECH)


@pytest.mark.parametrize("speech", [(), (Segment(0.1, 0.3),), (Segment(0.1, 0.9),)])
def test_hardly_any_speech_is_one_voice_or_none(diarizer: Diarizer, speech: Track) -> None:
    found = diarizer.diarize(sounds()[:16000], speech)
    assert found.voices == ((speech,) if speech else ())
    assert found.confidence == 0


def test_digital_silence_does_no_harm(diarizer: Diarizer) -> None:
    assert len(diarizer.diarize(np.zeros(30 * 16000, np.int16), SPEECH).voices) == 1


def test_without_a_model_there_is_no_diarizer(tmp_path: Path) -> None:
    nowhere = Settings(cache_dir=tmp_path, models_dir=None)
    assert find_diarizer(replace_model(nowhere, "")) is None
    for name in ("nothing", "base"):
        with pytest.raises(ConfigurationError, match=f"{name}: no model that tells voices apart"):
            find_diarizer(replace_model(nowhere, name))


def test_damaged_weights_are_said_to_be_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "voices"
    folder.mkdir(parents=True)
    (folder / "pretrained.pt").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="voices is damaged"):
        find_diarizer(Settings(cache_dir=tmp_path, models_dir=None))


def replace_model(settings: Settings, model: str) -> Settings:
    return settings.model_copy(update={"diarization": DiarizationSettings(model=model)})


def test_the_manifest_pins_the_weights() -> None:
    manifest = load_manifests(shipped("models"))["voices"]
    assert manifest.engine == "ge2e"
    (weights_file,) = manifest.files
    assert isinstance(weights_file, FileSpec)
    assert weights_file.sha256
    assert weights_file.size == manifest.size_bytes
    assert manifest.licence == "Apache-2.0"


def test_the_real_voices_of_the_sample_call_are_told_apart() -> None:
    real = find_diarizer(Settings())
    if real is None:
        pytest.skip("needs the model voices: asr-qa models pull voices")
    call = shipped("sample_audio") / "mono-delivery.wav"
    said = json.loads(call.with_name("mono-delivery.truth.json").read_text(encoding="utf-8"))["turns"]
    truth = {
        role: union(Segment(a, b) for turn in said if turn["role"] == role for a, b in turn["speech"])
        for role in ("agent", "customer")
    }
    found = real.diarize(AvReader().read(call).samples[0], union(*truth.values()))
    assert len(found.voices) == 2
    assert found.confidence > 0.9
    assert found.warnings == ()
    for voice, role in zip(found.voices, ("agent", "customer"), strict=True):
        assert total(intersect(voice, truth[role])) >= 0.97 * total(truth[role])


def test_a_diarization_is_a_value() -> None:
    found = VoiceDiarizer(Path("none.pt"), "none@0").diarize(np.zeros(0, np.int16), ())
    assert replace(found) == found
    assert found.voices == ()


@pytest.mark.parametrize(
    ("names", "third"),
    [
        (("no-closing.mp3", "secret-asked.ogg"), True),  # another agent, the same customer
        (("no-closing.mp3", "identity-unchecked.ogg"), False),  # the same two people
    ],
)
def test_a_second_agent_after_a_transfer_is_a_third_voice(names: tuple[str, str], *, third: bool) -> None:
    real = find_diarizer(Settings())
    if real is None:
        pytest.skip("needs the model voices: asr-qa models pull voices")
    parts, speech, start = [], [], 0.0
    for name in names:
        call = shipped("sample_audio") / name
        samples = AvReader().read(call).samples.astype(np.int32).sum(axis=0)
        said = json.loads(call.with_name(f"{call.stem}.truth.json").read_text(encoding="utf-8"))["turns"]
        speech += [Segment(a, b).shift(start) for turn in said for a, b in turn["speech"]]
        parts.append(np.clip(samples, -32768, 32767).astype(np.int16))
        start += len(samples) / 16000
    found = real.diarize(np.concatenate(parts), union(speech))
    assert len(found.voices) == 2
    assert [warning.code for warning in found.warnings] == (["third_voice"] if third else [])
