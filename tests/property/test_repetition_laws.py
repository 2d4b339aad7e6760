"""Laws of repetitions: looking sentences up by their syllables leaves none out that says the same."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from asr_qa.core.checks.repetition import Grams, Sentence, _alike, similar
from asr_qa.core.recording import Role
from asr_qa.core.rule import Repetition
from asr_qa.core.segment import EPSILON

code = st.text("abcd", min_size=1, max_size=14)
roles = st.sampled_from([Role.AGENT, Role.CUSTOMER])


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str]:
    """A sentence, and the same with some syllables changed, added or left out."""
    one = draw(code)
    other = list(one)
    for at, new in draw(st.lists(st.tuples(st.integers(0, 13), st.sampled_from(["", "a", "bc", "e"])), max_size=4)):
        other[at : at + 1] = new
    return one, "".join(other)


@settings(max_examples=400, deadline=None)
@given(
    pairs=st.lists(changed(), min_size=1, max_size=8),
    spoken=st.lists(roles, min_size=16, max_size=16),
    similarity=st.sampled_from([0.05, 0.3, 0.5, 0.6, 0.75, 0.8, 0.9, 1.0]),
)
def test_whoever_says_the_same_is_looked_at(
    pairs: list[tuple[str, str]], spoken: list[Role], similarity: float
) -> None:
    codes = [code for pair in pairs for code in pair if code]
    sentences = [
        Sentence(role, n, n + 1, float(n), n + 0.5, code, code, 1.0)
        for n, (role, code) in enumerate(zip(spoken, codes, strict=False))
    ]
    grams = Grams(sentences, similarity)
    for number, one in enumerate(sentences):
        later = list(grams.later(number))
        assert later == sorted(set(later))
        for other in range(number + 1, len(sentences)):
            alike = sentences[other].role is one.role and similar(one.code, sentences[other].code, similarity)
            assert not alike or other in later


@settings(max_examples=200, deadline=None)
@given(
    pairs=st.lists(changed(), min_size=1, max_size=8),
    gaps=st.lists(st.sampled_from([0.0, 0.5, 1.0, 7.5]), min_size=16, max_size=16),
    seconds=st.sampled_from([0.0, 0.5, 1.0, 3.0, 20.0]),
    similarity=st.sampled_from([0.3, 0.6, 0.75, 0.9, 1.0]),
)
def test_the_time_allowed_leaves_out_those_that_begin_later_and_no_others(
    pairs: list[tuple[str, str]], gaps: list[float], seconds: float, similarity: float
) -> None:
    codes = [code for pair in pairs for code in pair if code]
    starts = list(accumulate(gaps))
    sentences = [
        Sentence(Role.AGENT, n, n + 1, start, start + 0.5, code, code, 1.0)
        for n, (start, code) in enumerate(zip(starts, codes, strict=False))
    ]
    options = Repetition(similarity=similarity, within_seconds=seconds)
    grams = Grams(sentences, similarity)
    for number, one in enumerate(sentences):
        latest = one.end + seconds
        looked_up = grams.later(number, latest)
        assert all(sentences[other].start <= latest + EPSILON for other in looked_up)
        plain = _alike(options, sentences, one, range(number + 1, len(sentences)), latest)
        assert list(_alike(options, sentences, one, looked_up, latest)) == list(plain)


def test_a_thousand_different_sentences_are_not_compared_each_with_each() -> None:
    sentences = [
        Sentence(
            Role.AGENT,
            n,
            n + 1,
            float(n),
            n + 0.5,
            "",
            "".join(chr(0x4E00 + (n * 31 + k * k) % 997) for k in range(9)),
            1.0,
        )
        for n in range(1000)
    ]
    grams = Grams(sentences, 0.75)
    assert sum(len(grams.later(number)) for number in range(1000)) < 50 * 1000
