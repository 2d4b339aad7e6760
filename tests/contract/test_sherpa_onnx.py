"""The engine sherpa through the library itself, with tiny networks that hear loudness."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from asr_qa.asr.onnxfile import metadata
from asr_qa.asr.sherpa import SherpaOptions, SherpaTranscriber
from asr_qa.bootstrap import build_stages
from asr_qa.config import AsrSettings, Settings
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.transcript import HEARD, UNINTELLIGIBLE, Transcript
from asr_qa.errors import ModelError, TranscriptionError
from asr_qa.pipeline.ports import SAMPLE_RATE, Samples, SpokenChannel

pytest.importorskip("sherpa_onnx", reason="needs the extra sherpa")
pytest.importorskip("onnx", reason="makes the tiny models")

from sherpa_models import AMPLITUDE, FRAME, PARAFORMER_STEP, paraformer, sense_voice, zipformer_ctc

MAKERS: dict[str, Callable[[Path], Path]] = {
    "sense_voice": sense_voice,
    "paraformer": paraformer,
    "zipformer_ctc": zipformer_ctc,
}


@pytest.fixture(scope="module", params=MAKERS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SherpaTranscriber:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param))
    return SherpaTranscriber(folder, f"tiny-{request.param}@0")


def spoken(*said: tuple[str, float, float], seconds: float = 12.0) -> Samples:
    """Noise of the loudness that is heard as each token, from start to end; digital silence elsewhere."""
    rng = np.random.default_rng(5)
    samples = np.zeros(int(seconds * SAMPLE_RATE))
    for token, start, end in said:
        first, last = int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)
        samples[first:last] = rng.normal(0, AMPLITUDE[token] * 32767, last - first)
    return samples.clip(-32768, 32767).astype(np.int16)


def channel(samples: Samples, *speech: tuple[float, float], role: Role = Role.AGENT) -> SpokenChannel:
    track: Track = tuple(Segment(*part) for part in speech)
    return SpokenChannel(role, samples, track)


def texts(transcript: Transcript) -> list[tuple[Role, str]]:
    return [(said.role, said.text) for said in transcript.utterances]


def test_each_piece_becomes_an_utterance_with_its_text(engine: SherpaTranscriber) -> None:
    agent = channel(spoken(("好", 2.0, 2.9), ("ok", 6.0, 6.9)), (2.0, 2.9), (6.0, 6.9))
    customer = channel(spoken(("好", 4.0, 4.7)), (4.0, 4.7), role=Role.CUSTOMER)
    heard = engine.transcribe([agent, customer])
    assert [(said.role, said.start, said.end) for said in heard.utterances] == [
        (Role.AGENT, 2.0, 2.9),
        (Role.CUSTOMER, 4.0, 4.7),
        (Role.AGENT, 6.0, 6.9),
    ]
    assert ["好" in said.text for said in heard.utterances] == [True, True, False]
    assert "ok" in heard.utterances[2].text


def test_words_are_when_they_were_said(engine: SherpaTranscriber) -> None:
    samples = spoken(("好", 2.0, 3.0), ("ok", 3.0, 4.0))
    (said,) = engine.transcribe([channel(samples, (2.0, 4.0))]).utterances
    word = next(word for word in said.words if word.text == "ok")
    step = PARAFORMER_STEP if "paraformer" in engine.name else 2.5
    assert word.start == pytest.approx(3.0, abs=step * FRAME)
    assert (said.words[0].start, said.words[-1].end) == (2.0, 4.0)


def test_a_batch_hears_what_each_piece_alone_gives(engine: SherpaTranscriber) -> None:
    said = [("好", 1.0 + 2 * i, 1.3 + 2 * i + 0.25 * i) for i in range(5)]
    speech = [(start, end) for _, start, end in said]
    together = engine.transcribe([channel(spoken(*said), *speech)])
    alone = [engine.transcribe([channel(spoken(*said), part)]).utterances[0] for part in speech]
    assert together.utterances == tuple(alone)


def test_silence_called_speech_gives_no_text(engine: SherpaTranscriber) -> None:
    heard = engine.transcribe([channel(spoken(), (1.0, 1.5), (3.0, 6.0))])
    assert [(said.start, said.status, said.text) for said in heard.utterances] == [(3.0, UNINTELLIGIBLE, "")]


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.2])
def test_very_short_audio_is_no_error(engine: SherpaTranscriber, seconds: float) -> None:
    samples = spoken(("好", 0.0, seconds), seconds=seconds)
    assert engine.transcribe([channel(samples, (0.0, seconds))]).language == "zh"


def test_confidence_is_unknown_where_the_network_gives_none(engine: SherpaTranscriber) -> None:
    (said,) = engine.transcribe([channel(spoken(("好", 2.0, 2.9)), (2.0, 2.9))]).utterances
    assert (said.status, said.confidence, {word.confidence for word in said.words}) == (HEARD, None, {None})


def test_sense_voice_tells_the_language_and_refuses_one_it_does_not_know(tmp_path: Path) -> None:
    engine = SherpaTranscriber(sense_voice(tmp_path), "tiny@0")
    call = [channel(spoken(("好", 2.0, 2.9)), (2.0, 2.9))]
    assert engine.transcribe(call, language="auto").language == "zh"
    assert engine.transcribe(call, language="en").language == "en"
    with pytest.raises(TranscriptionError, match=r"does not know language 'de'; it knows zh, en, ja, ko, yue"):
        engine.transcribe(call, language="de")


def test_parts_of_a_word_are_one_word(tmp_path: Path) -> None:
    engine = SherpaTranscriber(sense_voice(tmp_path), "tiny@0")
    samples = spoken(("好", 1.0, 2.0), ("ok", 2.0, 3.0), ("ay", 3.0, 4.0))
    (said,) = engine.transcribe([channel(samples, (1.0, 4.0))]).utterances
    assert "okay" in [word.text for word in said.words]
    assert "okay" in said.text


def test_a_damaged_network_is_a_model_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    folder = sense_voice(tmp_path)
    whole = (folder / "model.int8.onnx").read_bytes()
    (folder / "model.int8.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="not a whole ONNX file"):
        SherpaTranscriber(folder, "tiny@0")
    # The same length and metadata, other weights: only the library can tell.
    (folder / "model.int8.onnx").write_bytes(b"\xff" * 8 + whole[8:])
    program = "import sys; from pathlib import Path; from asr_qa.asr.sherpa import SherpaTranscriber as S\n"
    program += "from asr_qa.errors import ModelError\n"
    program += "try: S(Path(sys.argv[1]), 'tiny@0')\nexcept ModelError as error: print('refused', error)"
    run = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("refused")


def test_metadata_is_what_the_library_onnx_reads(tmp_path: Path) -> None:
    import onnx

    path = sense_voice(tmp_path) / "model.int8.onnx"
    assert metadata(path) == {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}


def test_batches_are_bounded_in_number_and_seconds(tmp_path: Path) -> None:
    sizes: list[list[float]] = []
    engine = SherpaTranscriber(sense_voice(tmp_path), "tiny@0", options=SherpaOptions(batch=4, batch_seconds=6.0))
    decode = engine._recogniser.decode

    def watched(audio: list[np.ndarray], *, language: str) -> object:
        sizes.append([len(one) / SAMPLE_RATE for one in audio])
        return decode(audio, language=language)

    engine._recogniser.decode = watched  # type: ignore[method-assign, assignment]
    said = [("好", 0.5 + 1.5 * i, 0.8 + 1.5 * i) for i in range(7)]
    engine.transcribe([channel(spoken(*said), *[(a, b) for _, a, b in said])])
    assert [len(batch) for batch in sizes] == [4, 3]


def test_the_model_chosen_brings_its_engine(tmp_path: Path) -> None:
    folder = sense_voice(tmp_path / "models" / "sensevoice-small")
    asr = AsrSettings(model=folder.name, device="cpu")
    settings = Settings(asr=asr, cache_dir=tmp_path / "cache", models_dir=folder.parent)
    engine = build_stages(settings).transcriber
    assert engine.name.startswith("sherpa/sensevoice-small@")
    assert "好" in engine.transcribe([channel(spoken(("好", 2.0, 2.9)), (2.0, 2.9))]).utterances[0].text
