"""What every engine behind the port Transcriber keeps to, whatever audio it is given.

An engine joins by a line in ENGINES: a function that builds it, or skips where its weights are not here.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.asr.weights import find_model
from asr_qa.config import shipped
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.transcript import HEARD, UNINTELLIGIBLE, Transcript
from asr_qa.errors import ModelError
from asr_qa.pipeline.ports import SAMPLE_RATE, SpokenChannel, Transcriber

TOLERANCE = 0.3
"""Seconds by which a word may reach over the edge of speech."""

# seconds   0    2    4    6    8   10   12
# agent     #####     ######         (text at 11, where nobody speaks)
# customer       ###            ###
SPEECH: dict[Role, Track] = {
    Role.AGENT: (Segment(0.0, 2.5), Segment(4.0, 7.0)),
    Role.CUSTOMER: (Segment(2.8, 3.6), Segment(8.0, 9.5)),
}
SKETCH = (
    "A 0-2.5 您好，欢迎致电 | B 2.8-3.6 喂 | A 4-7 请问有什么可以帮您 | B 8-9.5 ? | A 11-11.8 再见 | O 1-2 旁边的人"
)


def replay() -> Transcriber:
    return ReplayTranscriber(parse_sketch(SKETCH).transcript)


def whisper() -> Transcriber:
    from asr_qa.asr.ctranslate import Device
    from asr_qa.asr.whisper import WhisperOptions, WhisperTranscriber

    try:
        found = find_model("base", manifests_dir=shipped("models"), cache_dir=Path(_CACHE.name))
    except ModelError as error:
        pytest.skip(f"needs the extra base-model: {error}")
    # Greedy: noise climbs the whole ladder of retries, which is dear, and no law below depends on the beam.
    return WhisperTranscriber(
        found.path,
        f"{found.name}@{found.digest}",
        device=Device(device="cpu", compute_type="int8", threads=2),
        options=WhisperOptions(beam_size=1),
    )


def sherpa() -> Transcriber:
    pytest.importorskip("sherpa_onnx", reason="needs the extra sherpa")
    pytest.importorskip("onnx", reason="makes the tiny model")
    from sherpa_models import sense_voice

    from asr_qa.asr.sherpa import SherpaTranscriber

    return SherpaTranscriber(sense_voice(Path(_CACHE.name) / "sherpa"), "tiny@0")


_CACHE = TemporaryDirectory()
ENGINES: dict[str, Callable[[], Transcriber]] = {"replay": replay, "whisper": whisper, "sherpa": sherpa}


@pytest.fixture(scope="module", params=["replay", pytest.param("whisper", marks=pytest.mark.model), "sherpa"])
def engine(request: pytest.FixtureRequest) -> Transcriber:
    return ENGINES[request.param]()


def channels(*, seconds: float = 12.0) -> list[SpokenChannel]:
    """Noise where there is speech, silence elsewhere: no engine may rely on hearing something in it."""
    rng = np.random.default_rng(7)
    made = []
    for role, speech in SPEECH.items():
        samples = np.zeros(int(seconds * SAMPLE_RATE), dtype=np.int16)
        for part in speech:
            first, last = int(part.start * SAMPLE_RATE), int(part.end * SAMPLE_RATE)
            samples[first:last] = rng.normal(0, 2000, last - first).astype(np.int16)
        made.append(SpokenChannel(role, samples, speech))
    return made


@pytest.fixture(scope="module")
def heard(engine: Transcriber) -> Transcript:
    return engine.transcribe(channels())


def near(start: float, end: float, track: Track) -> bool:
    return any(start <= part.end + TOLERANCE and end >= part.start - TOLERANCE for part in track)


def test_name_identifies_engine_and_outlasts_a_call(engine: Transcriber, heard: Transcript) -> None:
    assert engine.name
    assert heard.model == engine.name


def test_transcript_names_a_language(heard: Transcript) -> None:
    assert heard.language


def test_utterances_come_in_order_of_start(heard: Transcript) -> None:
    starts = [utterance.start for utterance in heard.utterances]
    assert starts == sorted(starts)


def test_only_roles_that_were_given_speak(heard: Transcript) -> None:
    assert {utterance.role for utterance in heard.utterances} <= set(SPEECH)


def test_no_text_outside_the_speech(heard: Transcript) -> None:
    for utterance in heard.utterances:
        assert near(utterance.start, utterance.end, SPEECH[utterance.role])
        assert all(near(word.start, word.end, SPEECH[utterance.role]) for word in utterance.words)


def test_words_are_ordered_and_lie_in_their_utterance(heard: Transcript) -> None:
    for utterance in heard.utterances:
        times = [time for word in utterance.words for time in (word.start, word.end)]
        assert all(later >= earlier - EPSILON for earlier, later in pairwise(times))
        assert all(utterance.start - EPSILON <= time <= utterance.end + EPSILON for time in times)


def test_status_and_confidence_have_their_meaning(heard: Transcript) -> None:
    for utterance in heard.utterances:
        assert utterance.status in (HEARD, UNINTELLIGIBLE)
        assert bool(utterance.text) is (utterance.status == HEARD)
        confidences = [utterance.confidence, *(word.confidence for word in utterance.words)]
        assert all(value is None or 0.0 <= value <= 1.0 for value in confidences)


def test_same_input_gives_the_same_transcript(engine: Transcriber, heard: Transcript) -> None:
    assert engine.transcribe(channels()) == heard


def test_no_speech_gives_no_text(engine: Transcriber) -> None:
    silent = [SpokenChannel(channel.role, channel.samples, ()) for channel in channels()]
    assert engine.transcribe(silent).utterances == ()


def test_no_channels_give_an_empty_transcript(engine: Transcriber) -> None:
    assert engine.transcribe([]).utterances == ()


def test_replay_gives_back_what_is_in_the_speech_and_nothing_else() -> None:
    texts = [(utterance.role, utterance.text) for utterance in replay().transcribe(channels()).utterances]
    assert texts == [
        (Role.AGENT, "您好，欢迎致电"),
        (Role.CUSTOMER, "喂"),
        (Role.AGENT, "请问有什么可以帮您"),
        (Role.CUSTOMER, ""),
    ]
