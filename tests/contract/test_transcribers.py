"""What every engine behind the port Transcriber keeps to, whatever audio it is given.

An engine joins by a line in ENGINES: a function that builds it, or skips where its weights are not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from asr_qa.asr.hotwords import HotWordTranscriber
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
    from asr_qa.asr.device import Device
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


def sherpa(kind: str) -> Transcriber:
    pytest.importorskip("sherpa_onnx", reason="needs the extra sherpa")
    pytest.importorskip("onnx", reason="makes the tiny model")
    import sherpa_models

    from asr_qa.asr.sherpa import SherpaTranscriber

    return SherpaTranscriber(getattr(sherpa_models, kind)(Path(_CACHE.name) / kind), f"tiny-{kind}@0")


_CACHE = TemporaryDirectory()
ENGINES: dict[str, Callable[[], Transcriber]] = {
    "replay": replay,
    "whisper": whisper,
    "sense_voice": partial(sherpa, "sense_voice"),
    "paraformer": partial(sherpa, "paraformer"),
    "zipformer_ctc": partial(sherpa, "zipformer_ctc"),
    "hot_words": lambda: HotWordTranscriber(replay(), ["慌迎致电", "有什么科以"]),
}
_MODEL = {"whisper"}
"""Engines that need weights from outside."""


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[pytest.mark.model] * (name in _MODEL)) for name in ENGINES]
)
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


def test_times_and_confidences_are_numbers(heard: Transcript) -> None:
    for said in heard.utterances:
        numbers = [said.start, said.end, said.confidence]
        numbers += [number for word in said.words for number in (word.start, word.end, word.confidence)]
        assert all(number is None or math.isfinite(number) for number in numbers)
        assert 0.0 <= said.start < said.end <= 12.0


def test_each_word_lies_in_one_stretch_of_its_roles_speech(heard: Transcript) -> None:
    for said in heard.utterances:
        for word in said.words:
            assert any(
                part.start - TOLERANCE <= word.start <= word.end <= part.end + TOLERANCE for part in SPEECH[said.role]
            )


def test_the_order_of_channels_changes_nothing(engine: Transcriber, heard: Transcript) -> None:
    assert engine.transcribe(channels()[::-1]).utterances == heard.utterances


def test_each_role_alone_is_heard_as_beside_the_other(engine: Transcriber, heard: Transcript) -> None:
    alone = [said for channel in channels() for said in engine.transcribe([channel]).utterances]
    assert {(u.role, u.start, u.end) for u in alone} == {(u.role, u.start, u.end) for u in heard.utterances}


def test_two_who_speak_at_once_are_both_worked_through(engine: Transcriber) -> None:
    agent, _ = channels()
    both = [SpokenChannel(role, agent.samples, SPEECH[Role.AGENT]) for role in (Role.AGENT, Role.CUSTOMER)]
    heard = engine.transcribe(both)
    assert {said.role for said in heard.utterances} <= {Role.AGENT, Role.CUSTOMER}
    for said in heard.utterances:
        assert near(said.start, said.end, SPEECH[Role.AGENT])


SHORT: list[tuple[int, Track]] = [
    (0, ()),
    (1, ()),
    (1, (Segment(0.0, 1 / SAMPLE_RATE),)),
    (160, (Segment(0.0, 0.01),)),
    (1600, (Segment(0.0, 0.1),)),
    (16000, (Segment(0.0, 1.5),)),  # speech that ends after the audio does
]


@pytest.mark.parametrize(("samples", "speech"), SHORT)
def test_hardly_any_audio_is_no_error(engine: Transcriber, samples: int, speech: Sequence[Segment]) -> None:
    noise = np.random.default_rng(3).normal(0, 2000, samples).astype(np.int16)
    heard = engine.transcribe([SpokenChannel(Role.AGENT, noise, tuple(speech))])
    assert all(said.role is Role.AGENT and near(said.start, said.end, tuple(speech)) for said in heard.utterances)
    assert bool(speech) or not heard.utterances


@pytest.mark.parametrize("level", [32767, 0])
def test_a_constant_called_speech_is_no_error(engine: Transcriber, level: int) -> None:
    flat = np.full(2 * SAMPLE_RATE, level, dtype=np.int16)
    heard = engine.transcribe([SpokenChannel(Role.AGENT, flat, (Segment(0.5, 1.3),))])
    assert all(near(said.start, said.end, (Segment(0.5, 1.3),)) for said in heard.utterances)


def test_replay_gives_back_what_is_in_the_speech_and_nothing_else() -> None:
    texts = [(utterance.role, utterance.text) for utterance in replay().transcribe(channels()).utterances]
    assert texts == [
        (Role.AGENT, "您好，欢迎致电"),
        (Role.CUSTOMER, "喂"),
        (Role.AGENT, "请问有什么可以帮您"),
        (Role.CUSTOMER, ""),
    ]
