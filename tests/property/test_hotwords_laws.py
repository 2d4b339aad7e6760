"""Hot words write names as they are spelt; nothing is heard that was not said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asr_qa.asr.hotwords import Corrected, HotWordOptions, correct, plain_letters
from asr_qa.core.phonetic import NEAR_COST, PART_COST, cost, is_mandarin, syllables
from asr_qa.core.transcript import Word

CHARACTERS = "先逃是仙桃市书由海鲜舒友发钱花钱南来蓝莓an7，。A"
OPTIONS = HotWordOptions()


@st.composite
def said(draw: st.DrawFn) -> tuple[Word, ...]:
    """Words with pauses between them, some longer than a name goes on over."""
    words, at = [], 0.0
    for text in draw(st.lists(st.text(CHARACTERS, min_size=1, max_size=3), max_size=12)):
        at += draw(st.sampled_from([0.0, 0.1, 0.7]))
        words.append(Word(text, at, at + 0.3, draw(st.one_of(st.none(), st.floats(0, 1)))))
        at += 0.3
    return tuple(words)


hot_words = st.lists(st.text(CHARACTERS, min_size=2, max_size=5).filter(plain_letters), max_size=4)


def letters(words: tuple[Word, ...]) -> str:
    return "".join(char for word in words for char in word.text if char.isalnum())


@given(said(), hot_words)
def test_words_keep_their_number_times_and_marks(words: tuple[Word, ...], hot: list[str]) -> None:
    found = correct(words, hot).words
    assert [(w.start, w.end) for w in found] == [(w.start, w.end) for w in words]
    for before, after in zip(words, found, strict=True):
        assert len(before.text) == len(after.text)
        marks = [(i, c) for i, c in enumerate(before.text) if not c.isalnum()]
        assert marks == [(i, c) for i, c in enumerate(after.text) if not c.isalnum()]


@given(said(), hot_words)
def test_every_change_is_a_hot_word_that_sounds_like_what_was_heard(words: tuple[Word, ...], hot: list[str]) -> None:
    for done in correct(words, hot).replacements:
        assert done.written in {"".join(c for c in word if c.isalnum()) for word in hot}
        assert len(done.written) == len(done.heard)
        assert done.heard in letters(words)
        mandarin = sum(map(is_mandarin, done.written))
        if plain_letters(done.heard) != plain_letters(done.written):
            limit = OPTIONS.limit(mandarin)
            assert limit is not None
            assert done.cost <= limit
            assert mandarin >= 3
            assert done.cost < PART_COST  # no initial or final is another


@given(said(), hot_words)
def test_nothing_changes_outside_the_replacements(words: tuple[Word, ...], hot: list[str]) -> None:
    done = correct(words, hot)
    touched = {index for r in done.replacements for index in range(r.first, r.last + 1)}
    assert all(done.words[i] == word for i, word in enumerate(words) if i not in touched)
    assert bool(done.replacements) or done == Corrected(words)


@given(said(), hot_words)
def test_confidence_never_rises(words: tuple[Word, ...], hot: list[str]) -> None:
    for before, after in zip(words, correct(words, hot).words, strict=True):
        assert (before.confidence is None) is (after.confidence is None)
        if before.confidence is not None and after.confidence is not None:
            assert after.confidence <= before.confidence


@given(said(), hot_words)
def test_correcting_again_changes_nothing_that_is_a_hot_word(words: tuple[Word, ...], hot: list[str]) -> None:
    once = correct(words, hot[:1]).words
    assert correct(once, hot[:1]).words == once


@given(st.text(CHARACTERS, min_size=3, max_size=5), st.text(CHARACTERS, min_size=3, max_size=5))
def test_syllables_beyond_the_limit_are_never_replaced(heard: str, hot: str) -> None:
    one, other = plain_letters(heard), plain_letters(hot)
    pairs = zip(one, syllables(one), other, syllables(other), strict=False)
    unlike = len(one) != len(other) or any(cost(a, x, b, y) > NEAR_COST for a, x, b, y in pairs)
    done = correct((Word(heard, 0.0, 1.0, 0.9),), [hot])
    if unlike and len(other) >= len(one):
        assert done.replacements == ()
