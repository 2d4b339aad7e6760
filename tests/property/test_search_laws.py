"""Laws of looking for phrases: the compiled search finds what looking for each alone would, and words elsewhere or
another clock change nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from asr_qa.core.checks.align import ADDED, DROPPED, align
from asr_qa.core.checks.index import MIN_SYLLABLES, PhraseIndex, key_of
from asr_qa.core.checks.keytable import DOUBT, limit_of
from asr_qa.core.checks.literals import Literals, required
from asr_qa.core.checks.patternsound import signs_of
from asr_qa.core.checks.stream import Place, Source, Stream, build_source, by_sentences, sounds_of
from asr_qa.core.checks.stretches import stretches_of
from asr_qa.core.checks.whole import is_heard_whole, number_ends
from asr_qa.core.checks.words import find_pattern
from asr_qa.core.finding import Match
from asr_qa.core.numberforms import forms
from asr_qa.core.numbers import said as said_numbers
from asr_qa.core.phonetic import SEPARATOR, is_mandarin, readings
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.sounds import ear
from asr_qa.core.text import FOLDED, PLAIN, normalise
from asr_qa.core.transcript import Utterance, Word, spread

LAWS = settings(max_examples=150, deadline=None)
# few syllables, many of them near each other, polyphones, numbers and letters: so that something is found
CHARACTERS = "您你请稍收等查察一下银行航幺三3八嗯是四A十天"
text = st.text(CHARACTERS, min_size=1, max_size=30)
phrase = st.text(CHARACTERS, min_size=2, max_size=9).filter(lambda said: bool(normalise(said, PLAIN).text))
confidence = st.sampled_from([0.2, 0.6, 1.0])


def said(text: str, *, at: float = 0.0, sure: float = 1.0) -> Utterance:
    words = spread(text, Segment(at, at + 0.25 * len(text)), confidence=sure)
    return Utterance(Role.AGENT, at, at + 0.25 * len(text), text, words=words)


def source(*utterances: Utterance) -> Source | None:
    return build_source(Role.AGENT, [(utterance, None) for utterance in utterances])


def search(where: Source | None, *phrases: str) -> dict[str, list[Place]]:
    return PhraseIndex(dict.fromkeys(phrases, MIN_SYLLABLES)).search(where) if where is not None else {}


def spans(places: list[Place]) -> set[tuple[int, int, str]]:
    return {(place.first, place.last, place.match) for place in places}


def exactly(where: Source, phrase: str) -> set[tuple[int, int]]:
    """Every occurrence in the plain and in the folded reading, one character after the other."""
    found = set()
    ways = [(where.plain, normalise(phrase, PLAIN).text)]
    ways += [(where.folded, form) for form in forms(normalise(phrase, FOLDED).text)]
    for reading, key in ways:
        for at in range(len(reading.text) - len(key) + 1):
            end = at + len(key)
            apart = not (goes_on(reading.text, at) or goes_on(reading.text, end))
            if reading.text[at:end] == key and apart and not within_number(reading.text, at, end):
                found.add(reading.words(at, end))
    return found


def goes_on(text: str, at: int) -> bool:
    """Whether a number or a Latin word goes on across a place."""
    before, after = text[at - 1 : at], text[at : at + 1]
    return (before.isdecimal() and after.isdecimal()) or (
        before.isalpha() and after.isalpha() and before.isascii() and after.isascii()
    )


def within_number(text: str, at: int, end: int) -> bool:
    """Whether a phrase that begins or ends with a number is a part of a longer one."""
    longer = [(one, other) for one, other, _ in said_numbers(text) if other - one >= 3 or "十" in text[one:other]]
    ends = number_ends(text[at:end])
    return any(ends[side] and one < place < other for one, other in longer for side, place in enumerate((at, end)))


def cheapest(where: Source, phrase: str) -> float:
    """What the phrase costs at the best place of all, every place being tried."""
    key, sounds = key_of(phrase), where.sounds
    weights = DOUBT + (1 - DOUBT) * sounds.clarity
    costs = []
    for codes in key.voices:
        rows = ear().costs[list(codes)][:, sounds.codes] * weights
        found = align(rows.tolist(), (ADDED * weights).tolist(), limit=1e9)
        assert found is not None
        costs.append(found.cost)
    return min(costs)


@LAWS
@given(heard=text, phrases=st.lists(phrase, min_size=1, max_size=12, unique=True), sure=confidence)
def test_phrases_looked_for_together_are_found_as_each_alone(heard: str, phrases: list[str], sure: float) -> None:
    where = source(said(heard, sure=sure))
    together = search(where, *phrases)
    for one in phrases:
        assert spans(together.get(one, [])) == spans(search(where, one).get(one, []))


def test_a_longer_phrase_beside_it_hides_no_place_of_a_phrase() -> None:
    """The second time it is heard with less confidence, which makes it the cheaper one."""
    twice = said("工号八零二一请您收等", sure=0.5), said("请您收等", at=2.5, sure=0.2)
    where = source(*twice, said("二十四小时", at=10))
    alone = spans(search(where, "请您稍等").get("请您稍等", []))
    assert {(6, 9, Match.FUZZY), (10, 13, Match.FUZZY)} <= alone
    assert spans(search(where, "请您稍等", "二十四小时内").get("请您稍等", [])) == alone


@LAWS
@given(heard=text, wanted=phrase)
def test_exact_places_are_those_of_a_plain_search(heard: str, wanted: str) -> None:
    where = source(said(heard))
    if where is not None:
        found = [place for place in search(where, wanted).get(wanted, []) if place.match is Match.EXACT]
        assert {(place.first, place.last) for place in found} == exactly(where, wanted)


@LAWS
@given(heard=text, wanted=phrase)
def test_homophones_are_those_of_a_plain_search(heard: str, wanted: str) -> None:
    where, key = source(said(heard)), key_of(wanted)
    if where is None or key.syllables < MIN_SYLLABLES:
        return
    codes, costs = where.sounds.codes.tolist(), ear().costs
    expected = {
        (int(where.sounds.firsts[at]), int(where.sounds.lasts[at + len(voice) - 1]))
        for voice in key.voices
        for at in range(len(codes) - len(voice) + 1)
        if all(costs[one, codes[at + step]] == 0 for step, one in enumerate(voice))
        and is_heard_whole(number_ends(key.spoken), where.spoken.text, where.behind, at, at + len(voice), ())
    }
    found = [place for place in search(where, wanted).get(wanted, []) if place.match is Match.HOMOPHONE]
    assert {(place.first, place.last) for place in found} == expected


@LAWS
@given(heard=text, wanted=phrase, sure=confidence)
def test_what_is_found_by_sound_costs_what_it_may_and_no_less_than_the_best(
    heard: str, wanted: str, sure: float
) -> None:
    where = source(said(heard, sure=sure))
    for place in search(where, wanted).get(wanted, []):
        if place.match is not Match.EXACT and where is not None:
            # fillers and repeated syllables are cheaper here than in the plain alignment, dropped ones are not
            assert 100 * place.cost <= limit_of(max(map(len, key_of(wanted).voices))) + 1e-3
            assert 100 * place.cost >= cheapest(where, wanted) - (ADDED + DROPPED)


@LAWS
@given(wanted=phrase)
def test_a_phrase_is_found_in_itself(wanted: str) -> None:
    where = source(said(wanted))
    assert Match.EXACT in {place.match for place in search(where, wanted).get(wanted, [])}
    if key_of(wanted).syllables >= MIN_SYLLABLES and all(code < 1000 for code in key_of(wanted).codes):
        assert Match.HOMOPHONE in {place.match for place in search(where, wanted).get(wanted, [])}


@LAWS
@given(heard=text, wanted=phrase, before=text, after=text)
def test_words_elsewhere_take_nothing_away(heard: str, wanted: str, before: str, after: str) -> None:
    alone = search(source(said(heard, at=50)), wanted).get(wanted, [])
    among_source = source(said(before), said(heard, at=50), said(after, at=100))
    among = spans(search(among_source, wanted).get(wanted, []))
    early = source(said(before))
    shift = len(early.words) if early is not None else 0
    assert {(place.first + shift, place.last + shift, place.match) for place in alone} <= among


@LAWS
@given(heard=text, wanted=phrase, late=st.floats(0, 500))
def test_hits_move_with_the_clock(heard: str, wanted: str, late: float) -> None:
    now, later = source(said(heard)), source(said(heard, at=late))
    assert spans(search(now, wanted).get(wanted, [])) == spans(search(later, wanted).get(wanted, []))
    if now is not None and later is not None:
        assert all(abs(b.start - a.start - late) < 1e-6 for a, b in zip(now.words, later.words, strict=True))


@LAWS
@given(heard=st.lists(text, min_size=1, max_size=4), wanted=phrase)
def test_stored_sounds_change_nothing(heard: list[str], wanted: str) -> None:
    utterances = [said(one, at=20.0 * number) for number, one in enumerate(heard)]
    stored = build_source(Role.AGENT, list(zip(utterances, sounds_of(utterances), strict=True)))
    stale = build_source(Role.AGENT, [(utterance, "wu2 guan1") for utterance in utterances])
    expected = search(source(*utterances), wanted)
    assert search(stored, wanted) == search(stale, wanted) == expected


@LAWS
@given(heard=text)
def test_every_character_has_a_reading(heard: str) -> None:
    where = source(said(heard))
    if where is not None:
        assert len(where.said) == len(where.spoken.text)
        assert tuple(where.said) == readings(where.spoken.text)
        assert replace(where.sounds).codes.shape == where.sounds.firsts.shape


ODD_WORDS = ["好，", "。", "", "5", "12", "点。", "A", "：1", "，，"]
word = st.text("您好一二三十百点分两幺", min_size=1, max_size=3) | st.sampled_from(ODD_WORDS)
timed = st.lists(st.tuples(word, st.sampled_from([0.0, 0.0, 0.1, 2.5])), max_size=7)


@LAWS
@given(lines=st.lists(st.tuples(timed, st.sampled_from([0.0, 0.0, 3.0])), max_size=5), stored=st.booleans())
def test_words_made_comparable_at_once_are_as_sentence_by_sentence(
    lines: list[tuple[list[tuple[str, float]], float]], stored: bool
) -> None:
    at, utterances = 0.0, []
    for words, pause in lines:
        row = []
        for text, before in words:
            row.append(Word(text, at + before, at + before + 0.2))
            at = row[-1].end
        utterances.append(Utterance(Role.AGENT, at, at + 1, "".join(text for text, _ in words), words=tuple(row)))
        at += pause
    pairs = list(zip(utterances, sounds_of(utterances) if stored else [None] * len(utterances), strict=True))
    one, other = build_source(Role.AGENT, pairs), by_sentences(Role.AGENT, pairs)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert [list(one.words), list(one.said)] == [list(other.words), list(other.said)]
        for mine, theirs in ((one.plain, other.plain), (one.folded, other.folded), (one.spoken, other.spoken)):
            assert (mine.text, [*mine.firsts], [*mine.lasts]) == (theirs.text, [*theirs.firsts], [*theirs.lasts])


@LAWS
@given(heard=st.text("ab您好不", max_size=12))
def test_what_a_pattern_needs_stands_in_every_match(heard: str) -> None:
    import re

    patterns = (
        "您好",
        "(?:您|不)好",
        "a+b",
        "[ab]好?不",
        "(?:a|b)?您",
        "(ab){2,}",
        "您(?=好)",
        "a.{0,3}b|不好",
        "(a|您好)b?(不|b)",
    )
    for pattern in patterns:
        for match in re.finditer(pattern, heard):
            for texts in required(pattern):
                assert any(one in match[0] for one in texts)


needed = st.lists(st.lists(st.text(CHARACTERS, min_size=1, max_size=2), min_size=1, max_size=3), min_size=1, max_size=3)


@LAWS
@given(
    rows=st.lists(st.tuples(st.text(CHARACTERS, min_size=1, max_size=8), st.sampled_from([0.0, 3.0])), min_size=1),
    sets=needed,
    cut=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    known=st.booleans(),
)
def test_what_a_pattern_needs_is_found_in_scope_wherever_it_stands(
    rows: list[tuple[str, float]], sets: list[list[str]], cut: tuple[int, int], known: bool
) -> None:
    at = 0.0
    utterances = []
    for text, pause in rows:
        utterances.append(said(text, at=at))
        at = utterances[-1].end + pause
    where = source(*utterances)
    if where is None:
        return
    needs = tuple(tuple(texts) for texts in sets)
    where.sought = Literals(text for texts in sets for text in texts) if known else None
    stream = Stream(where, ((min(cut), max(cut)),), lambda phrases, least: {})
    lines = stretches_of(where.plain, where.folded, stream.ranges).every
    hold = [line.text for line in lines if all(any(text in line.text for text in texts) for texts in needs)]
    assert [line.text for line in stream.stretches.which_hold(needs)] == hold
    assert stream.holds(needs) == bool(hold)


def test_no_text_runs_from_one_stretch_into_the_next() -> None:
    where = source(said("您好"), said("请稍等", at=9))
    assert where is not None
    across = where.plain.text[1:4]
    assert across == f"好{SEPARATOR}请"
    for sought in (Literals(["请稍", across, ""]), None):
        stretches = stretches_of(where.plain, where.folded, ((0, 5),), sought)
        assert stretches.holding((("请稍",),)) == {1}
        assert not stretches.holding(((across,),))


def test_what_a_pattern_needs_is_told_of_each_of_its_parts() -> None:
    assert required("您好.{0,6}(?:套餐|业务)") == (("您好",), ("业务", "套餐"))
    assert required("(?:不|没)VIP[0-3]+") == (("vip",), ("不", "没"), ("0", "1", "2", "3"))
    assert required("(?:不|.)[^ab]x?[一-龥]") == ()


ALIKE = ("查茶察", "长唱", "牛流", "奶来", "是四世", "航行银", "下夏", "请亲", "接街")
"""Characters of the same syllable, of near ones, and of some that are neither."""
sounding = st.lists(st.sampled_from(ALIKE), min_size=MIN_SYLLABLES, max_size=6)


@LAWS
@given(st.data(), sounding, st.text("".join(ALIKE), max_size=8))
def test_a_pattern_of_mere_words_is_heard_where_the_phrase_is(data: st.DataObject, rows: list[str], more: str) -> None:
    """Two ways that share nothing but the table of costs: signs and the engine of patterns, arrays of syllables."""
    one, other = ("".join(data.draw(st.sampled_from(row)) for row in rows) for _ in range(2))
    where = source(said(more + one + more))
    assert where is not None
    stream = Stream(where, ((0, len(where.words)),), lambda _, __: {})
    places = search(where, other).get(other, [])
    for kinds in ({"exact", "homophone"}, {"exact", "homophone", "near"}):
        heard = any(place.match in kinds for place in places)
        event(f"{sorted(kinds)} {heard}")
        assert bool(find_pattern(stream, other, match=sorted(kinds))) is heard


@LAWS
@given(st.lists(text, min_size=1, max_size=3))
def test_signs_are_those_of_the_words_behind_them(texts: list[str]) -> None:
    """A character of any reading has the sign of what it is read as; digits, letters and separators stay."""
    where = source(*(said(one, at=4.0 * number) for number, one in enumerate(texts)))
    assert where is not None
    pairs = zip(where.spoken.firsts, where.spoken.text, signs_of(where.spoken.text, where.said), strict=True)
    known = {(first, char): sign for first, char, sign in pairs}
    for reading, signed in zip((where.plain, where.folded), where.signs, strict=True):
        assert (signed.firsts, signed.lasts, len(signed.text)) == (reading.firsts, reading.lasts, len(reading.text))
        for first, char, sign in zip(reading.firsts, reading.text, signed.text, strict=True):
            if is_mandarin(char):
                assert sign == known.get((first, char), sign) != char
            else:
                assert sign == char
