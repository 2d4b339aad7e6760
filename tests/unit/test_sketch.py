"""The one-line drawings of calls."""

from __future__ import annotations

import pytest

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.transcript import spread


def test_sketch_reads_roles_times_and_words() -> None:
    sketch = parse_sketch("A 0-2 您好 | B 3-5 我要投诉 | A 6-8 好的")
    assert [(u.role, u.start, u.end, u.text) for u in sketch.transcript.utterances] == [
        (Role.AGENT, 0, 2, "您好"),
        (Role.CUSTOMER, 3, 5, "我要投诉"),
        (Role.AGENT, 6, 8, "好的"),
    ]
    assert sketch.speech == {
        Role.AGENT: (Segment(0, 2), Segment(6, 8)),
        Role.CUSTOMER: (Segment(3, 5),),
    }
    assert sketch.duration == 9
    words = sketch.transcript.utterances[1].words
    assert [(w.text, w.start, w.end) for w in words] == [
        ("我", 3, 3.5),
        ("要", 3.5, 4),
        ("投", 4, 4.5),
        ("诉", 4.5, 5),
    ]
    assert {w.confidence for w in words} == {1.0}


def test_sketch_confidence_and_unintelligible_speech() -> None:
    sketch = parse_sketch("A 0-2 ~0.4 您好 | B 2.5-3.25 ?")
    heard, unheard = sketch.transcript.utterances
    assert [w.confidence for w in heard.words] == [0.4, 0.4]
    assert heard.confidence == 0.4
    assert (unheard.status, unheard.text, unheard.words) == ("unintelligible", "", ())
    assert sketch.speech[Role.CUSTOMER] == (Segment(2.5, 3.25),)


def test_sketch_end_sets_the_duration() -> None:
    assert parse_sketch("A 0-2 您好 | end 90").duration == 90
    assert parse_sketch("").duration == 1


def test_sketch_joins_overlapping_speech_of_one_role_and_sorts() -> None:
    sketch = parse_sketch("B 5-7 喂 | A 3-4 您好 | A 1-3.5 欢迎")
    assert [u.start for u in sketch.transcript.utterances] == [1, 3, 5]
    assert sketch.speech[Role.AGENT] == (Segment(1, 4),)


def test_sketch_may_span_lines() -> None:
    sketch = parse_sketch("A 0-2 您好\n  B 3-5 喂 |\n end 20\n")
    assert len(sketch.transcript.utterances) == 2
    assert sketch.duration == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A 0-2 您好 | X 3-5 喂", r"part 2 \(character 12\).*unknown speaker 'X'"),
        ("A 2-1 您好", r"part 1 \(character 1\).*not after its start"),
        ("A 1-1 您好", "not after its start"),
        ("A 0-2", "no text"),
        ("A zero-2 您好", "expected 'A START-END text'"),
        ("您好", "expected 'A START-END text'"),
        ("A 0-2 ~1.5 您好", "confidence ~1.5"),
        ("A 0-2 ~x 您好", "confidence ~x"),
        ("A 0-2 您好 | end 1", "spoken in until 2 s"),
        ("end 9 | A 0-2 您好", "part 2 .*nothing may follow 'end'"),
    ],
)
def test_sketch_errors_name_the_part(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_sketch(text)


def test_spread_keeps_latin_words_whole_and_punctuation_attached() -> None:
    words = spread("您好, hello world.", Segment(10, 22))
    assert [(w.text, w.start, w.end) for w in words] == [
        ("您", 10, 11),
        ("好,", 11, 12),
        ("hello", 12, 17),
        ("world.", 17, 22),
    ]
    assert spread("", Segment(0, 1)) == ()
