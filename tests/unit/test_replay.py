"""The replay engine: reading transcripts and keeping to the speech asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.asr.replay import TOLERANCE, ReplayTranscriber, find_transcript, load_transcript
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.transcript import UNINTELLIGIBLE, Transcript, Utterance
from asr_qa.errors import TranscriptionError
from asr_qa.pipeline.ports import SpokenChannel


def channel(role: Role, *speech: tuple[float, float]) -> SpokenChannel:
    return SpokenChannel(role, np.zeros(16000, dtype=np.int16), tuple(Segment(*part) for part in speech))


def replayed(sketch: str, *channels: SpokenChannel) -> tuple[Utterance, ...]:
    return ReplayTranscriber(parse_sketch(sketch).transcript).transcribe(channels).utterances


def write(path: Path, data: Any) -> Path:
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


# --- keeping to the speech ---


def test_what_was_said_in_the_speech_comes_back_unchanged() -> None:
    sketch = "A 0-2 您好，请讲 | B 3-5 我要投诉"
    heard = replayed(sketch, channel(Role.AGENT, (0, 2)), channel(Role.CUSTOMER, (3, 5)))
    assert heard == parse_sketch(sketch).transcript.utterances


def test_words_outside_the_speech_are_dropped_and_the_text_follows() -> None:
    # 您 好 请 讲    one second each
    # 0  1  2  3  4
    # ######         speech up to 1.5, with tolerance up to 1.8
    (heard,) = replayed("A 0-4 您好请讲", channel(Role.AGENT, (0, 1.5)))
    assert (heard.text, heard.raw_text, heard.start, heard.end) == ("您好", "您好", 0.0, 2.0)


def test_english_words_keep_their_spaces_when_the_text_is_shortened() -> None:
    (heard,) = replayed("A 0-9 abc def ghi", channel(Role.AGENT, (0, 5.5)))
    assert heard.text == "abc def"


@pytest.mark.parametrize(("late", "kept"), [(TOLERANCE - 0.01, True), (TOLERANCE + 0.01, False)])
def test_a_word_just_beside_the_speech_still_counts(late: float, kept: bool) -> None:
    assert bool(replayed(f"A {5 + late}-7 好", channel(Role.AGENT, (4, 5)))) is kept


def test_unintelligible_speech_is_kept_where_there_is_speech() -> None:
    (heard,) = replayed("A 0-2 ? | A 8-9 ?", channel(Role.AGENT, (0, 2)))
    assert (heard.status, heard.start) == (UNINTELLIGIBLE, 0.0)


def test_roles_that_were_not_asked_for_are_left_out() -> None:
    heard = replayed("A 0-2 您好 | B 1-3 喂", channel(Role.CUSTOMER, (0, 3)))
    assert [said.role for said in heard] == [Role.CUSTOMER]


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.05, 5)), max_size=6),
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 50), st.integers(1, 6)), min_size=1, max_size=6),
)
def test_every_word_that_comes_back_lies_by_speech_of_its_role(
    stretches: list[tuple[float, float]], said: list[tuple[str, int, int]]
) -> None:
    speech = [(start, start + length) for start, length in stretches]
    sketch = " | ".join(f"{role} {start}-{start + length} 一二三四五六" for role, start, length in said)
    heard = replayed(sketch, channel(Role.AGENT, *sorted(speech)))
    words = [word for utterance in heard for word in utterance.words]
    assert all(any(w.start <= e + TOLERANCE and w.end >= s - TOLERANCE for s, e in speech) for w in words)
    assert all(utterance.role is Role.AGENT for utterance in heard)
    near = [
        word
        for utterance in parse_sketch(sketch).transcript.of(Role.AGENT)
        for word in utterance.words
        if any(word.start < e and word.end > s for s, e in speech)
    ]
    assert all(word in words for word in near)


def test_name_changes_with_the_transcript_and_names_its_source() -> None:
    one, other = (ReplayTranscriber(parse_sketch(text).transcript) for text in ("A 0-1 好", "A 0-1 行"))
    assert one.name.startswith("replay@")
    assert one.name.endswith("of sketch")
    assert one.name != other.name
    assert one.transcribe([channel(Role.AGENT, (0, 1))]).model == one.name


# --- reading files ---

UTTERANCE = {"role": "agent", "start": 0.5, "end": 1.5, "text": "您好"}


def test_load_transcript_reads_utterances_in_order(tmp_path: Path) -> None:
    word = {"text": "喂", "start": 0.1, "end": 0.3, "confidence": 0.5}
    rows = [UTTERANCE, {"role": "customer", "start": 0.1, "end": 0.3, "text": "喂", "words": [word]}]
    read = load_transcript(write(tmp_path / "a.json", {"utterances": rows, "model": "m", "language": "en"}))
    assert [u.text for u in read.utterances] == ["喂", "您好"]
    assert read.utterances[0].words[0].confidence == 0.5
    assert (read.model, read.language) == ("m", "en")


def test_load_transcript_reads_a_call_document(tmp_path: Path) -> None:
    document = {
        "schema_version": 1,
        "recording": {"metadata": {"language": "en"}},
        "models": {"asr": "whisper/base"},
        "utterances": [UTTERANCE],
        "events": [],
    }
    read = load_transcript(write(tmp_path / "a.json", document))
    assert (read.model, read.language, len(read.utterances)) == ("whisper/base", "en", 1)


def test_load_transcript_spreads_the_words_of_a_truth_file(tmp_path: Path) -> None:
    turn = {"role": "agent", "start": 1.0, "end": 3.0, "text": "您好，请讲", "speech": [[1.0, 3.0]]}
    truth = {
        "turns": [turn],
        "backchannels": [{"role": "customer", "start": 0.0, "end": 0.5, "text": "嗯"}],
        "silences": [],
        "duration": 4.0,
    }
    read = load_transcript(write(tmp_path / "a.truth.json", truth))
    assert [u.role for u in read.utterances] == [Role.CUSTOMER, Role.AGENT]
    words = read.utterances[1].words
    assert "".join(word.text for word in words) == "您好，请讲"
    assert [(word.start, word.end) for word in words] == [(1.0, 1.5), (1.5, 2.0), (2.0, 2.5), (2.5, 3.0)]


def changed(**fields: Any) -> dict[str, Any]:
    return {"utterances": [{**UTTERANCE, **fields}]}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("{broken", "is not JSON"),
        ("[]", "must be a JSON object"),
        ({}, "neither utterances nor turns"),
        ({"utterances": 3}, "utterances: Input should be"),
        ({"turns": "x"}, "turns: Input should be"),
        (changed(role="boss"), r"utterances.0.role: Input should be 'agent', 'customer'"),
        ({"turns": [{"role": "agent", "start": 0, "end": 1}]}, r"turns.0.text: Field required"),
        (changed(end=0.1), r"utterances.0: times 0.5 to 0.1 are no stretch"),
        (changed(start=-1), r"utterances.0: times -1.0 to 1.5"),
        ('{"utterances": [{"role": "agent", "start": NaN, "end": 1, "text": ""}]}', r"utterances.0: times nan"),
        (changed(words=[{"text": "您", "start": 3, "end": 2}]), r"utterances.0: times 3.0 to 2.0"),
        (changed(words=[{"text": "您", "start": 3}]), r"utterances.0.words.0.end: Field required"),
    ],
)
def test_load_transcript_names_file_and_field(tmp_path: Path, data: Any, what: str) -> None:
    path = write(tmp_path / "call.json", data)
    with pytest.raises(TranscriptionError, match=what) as raised:
        load_transcript(path)
    assert str(raised.value).startswith(str(path))


def test_load_transcript_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TranscriptionError, match="transcript cannot be read: No such file"):
        load_transcript(tmp_path / "gone.json")


@pytest.mark.parametrize("name", ["call.json", "call.wav.json", "call.truth.json"])
def test_find_transcript_knows_the_names_documents_are_written_under(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, {"utterances": []})
    assert find_transcript(tmp_path, Path("/night/call.wav")) == tmp_path / name


def test_find_transcript_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(TranscriptionError, match=r"no transcript for call.wav: put one there as call.json or"):
        find_transcript(tmp_path, Path("call.wav"))


def test_replay_of_nothing_is_an_empty_transcript() -> None:
    empty: Track = ()
    transcriber = ReplayTranscriber(Transcript())
    heard = transcriber.transcribe([SpokenChannel(Role.AGENT, np.zeros(0, np.int16), empty)])
    assert heard.utterances == ()
