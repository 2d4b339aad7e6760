"""Many phrases looked for at once: one pass over the characters, one over the syllables.

Exact words come from an automaton (Aho-Corasick) over the plain and the folded reading, what sounds alike from a table
of keys (keytable.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import ahocorasick

from asr_qa.core.checks.align import Alignment
from asr_qa.core.checks.keytable import KeyTable
from asr_qa.core.checks.literals import Literals
from asr_qa.core.checks.pieces import Reading
from asr_qa.core.checks.stream import Place, Source
from asr_qa.core.checks.syllables import units
from asr_qa.core.checks.whole import is_heard_whole, is_whole, number_ends
from asr_qa.core.finding import Match
from asr_qa.core.numberforms import forms, sayings
from asr_qa.core.numbers import MAY_BE_SAID
from asr_qa.core.phonetic import MAX_KEY, readings
from asr_qa.core.sounds import DEFAULT_ACCENTS, LETTER, ear
from asr_qa.core.text import PLAIN, fold_numbers, normalise, spell_numbers

MIN_SYLLABLES = 3
"""Keys are matched by sound from here up."""
SHORT_SYLLABLES = 2
"""... and from here up where short keys are allowed."""
_COUNTED = re.compile(f"[a-z]|{MAY_BE_SAID.pattern}")
"""What is in a phrase that may be heard as part of a longer number or code."""
_SIMPLE = re.compile("[\u4e00-\u9fff]+")
"""A phrase that has nothing to be made plain."""


@dataclass(frozen=True)
class Key:
    """A phrase prepared for search; how it sounds is worked out when first asked for."""

    plain: str
    folded: str
    spoken: str

    @cached_property
    def _voiced(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        codes, tones, _ = units(self.spoken, readings(self.spoken))
        return tuple(codes.tolist()), tuple(tones.tolist())

    @property
    def codes(self) -> tuple[int, ...]:
        """Its syllables, as in core.sounds."""
        return self._voiced[0]

    @property
    def tones(self) -> tuple[int, ...]:
        """Tone of each syllable, 1 to 5; 0 where there is none."""
        return self._voiced[1]

    @cached_property
    def syllables(self) -> int:
        """Mandarin syllables in it, spelt letters included."""
        return sum(code < LETTER for code in self.codes)

    @cached_property
    def voices(self) -> tuple[tuple[int, ...], ...]:
        """Syllables of every way to say its numbers, itself first."""
        others = sayings(self.spoken, self.folded)[1:]
        return (self.codes, *(tuple(units(way, readings(way))[0].tolist()) for way in others))


@lru_cache(maxsize=100_000)
def key_of(phrase: str) -> Key:
    """Prepare a phrase."""
    if _SIMPLE.fullmatch(phrase) and not MAY_BE_SAID.search(phrase):
        return Key(phrase, phrase, phrase)
    plain = normalise(phrase, PLAIN)
    return Key(plain.text, fold_numbers(plain).text, spell_numbers(plain).text)


class PhraseIndex:
    """Phrases compiled for search.

    Args:
        phrases: Each with the least number of syllables from which it is looked for by sound; 0 for never.
        needed: Texts that patterns need.
    """

    def __init__(
        self, phrases: Mapping[str, int], *, needed: Iterable[str] = (), accents: tuple[str, ...] = DEFAULT_ACCENTS
    ) -> None:
        self.phrases = dict(phrases)
        self.accents = accents
        self.sought = Literals(needed)
        self._strange: dict[tuple[tuple[str, ...], int], dict[str, int]] = {}
        keys = {phrase: key_of(phrase) for phrase in phrases}
        self._plain = _automaton((key.plain, phrase) for phrase, key in keys.items())
        self._folded = _automaton(
            (form, phrase) for phrase, key in keys.items() if _differs(key) for form in forms(key.folded)
        )
        heard = (phrase for phrase, least in phrases.items() if _audible(keys[phrase], least))
        by_sound = [(phrase, codes) for phrase in heard for codes in keys[phrase].voices if len(codes) <= MAX_KEY]
        self._table = KeyTable(by_sound, ear(accents)) if by_sound else None
        self._counted = frozenset(phrase for phrase, _ in by_sound if _COUNTED.search(keys[phrase].spoken))

    def strange(self, phrases: Iterable[str], least: int) -> dict[str, int]:
        """Those phrases that are not looked for (by sound from `least` syllables up), with that number."""
        asked = (phrases if isinstance(phrases, tuple) else tuple(phrases), least)
        if (found := self._strange.get(asked)) is None:
            known, low = self.phrases.get, min(1, least)
            found = {phrase: least for phrase in asked[0] if not low <= known(phrase, -1) <= (least or MAX_KEY)}
            self._strange[asked] = found
        return found

    def like(self, phrases: Mapping[str, int]) -> PhraseIndex:
        """Other phrases, compiled with the same ear."""
        return _compiled(tuple(phrases.items()), self.accents)

    def search(self, source: Source) -> dict[str, list[Place]]:
        """Every place of every phrase, of all kinds of match; places of one phrase may overlap."""
        return self.search_each([source])[0]

    def search_each(self, sources: Sequence[Source]) -> tuple[dict[str, list[Place]], ...]:
        """The same for what each of some speakers says; it costs less than to search one after the other."""
        found: tuple[dict[str, list[Place]], ...] = tuple({} for _ in sources)
        for source, places in zip(sources, found, strict=True):
            _collect(self._plain, source.plain, places)
            _collect(self._folded, source.folded, places)
        if self._table is not None and sources:
            for number, place, begin, aligned in self._table.search([source.sounds for source in sources]):
                if place.key not in self._counted or _is_whole(place.key, sources[number], begin, aligned):
                    found[number].setdefault(place.key, []).append(place)
        return found


@lru_cache(maxsize=1000)
def _compiled(phrases: tuple[tuple[str, int], ...], accents: tuple[str, ...]) -> PhraseIndex:
    return PhraseIndex(dict(phrases), accents=accents)


def _audible(key: Key, least: int) -> bool:
    return least > 0 and least <= key.syllables and len(key.codes) <= MAX_KEY


def _automaton(keys: Iterable[tuple[str, str]]) -> ahocorasick.Automaton | None:
    """All phrases by their keys; the value says how long a key is and, where its ends may run on, which are numbers."""
    phrases: dict[str, list[str]] = {}
    for key, phrase in keys:
        if key:
            phrases.setdefault(key, []).append(phrase)
    if not phrases:
        return None
    automaton = ahocorasick.Automaton()
    for key, meant in phrases.items():
        ends = number_ends(key)
        loose = _runs_on(key[0]) or _runs_on(key[-1]) or any(ends)
        automaton.add_word(key, (len(key), ends if loose else None, tuple(meant)))
    automaton.make_automaton()
    return automaton


def _is_whole(phrase: str, source: Source, begin: int, found: Alignment) -> bool:
    """Whether a phrase that is heard is no part of a longer number or code.

    Args:
        begin: From which syllable of all on the source speaks.
    """
    paired = {heard for _, heard in found.pairs}
    added = [at - begin for at in range(found.start, found.end) if at not in paired] if found.cost else ()
    ends = number_ends(key_of(phrase).spoken)
    return is_heard_whole(ends, source.spoken.text, source.behind, found.start - begin, found.end - begin, added)


def _differs(key: Key) -> bool:
    """Whether a key may be found in the folded reading where it is not in the plain one.

    Folding writes digits (and the signs that go with them) in place of words, and leaves everything else as it is.
    """
    return key.folded != key.plain or not key.plain.isalpha()


def _collect(automaton: ahocorasick.Automaton | None, reading: Reading, found: dict[str, list[Place]]) -> None:
    """Add every occurrence of every phrase."""
    if automaton is None:
        return
    text, firsts, lasts, exact = reading.text, reading.firsts, reading.lasts, Match.EXACT
    for last, (length, ends, phrases) in automaton.iter(text):
        start = last + 1 - length
        if ends and not (_stands_alone(text, start, last + 1) and is_whole(ends, text, start, last + 1)):
            continue
        one, other = firsts[start], lasts[last]
        for phrase in phrases:
            place = Place(one, other, exact, 1.0, phrase)
            if phrase in found:
                found[phrase].append(place)
            else:
                found[phrase] = [place]


def _runs_on(char: str) -> bool:
    return char.isdecimal() or (char.isalpha() and char < "\u2e80")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A key is not found inside a longer Latin word or a longer number, 5元 not in 3.5元."""
    return not (
        text[start - 1 : start] == "."
        or text[end : end + 1] == "."
        or (start > 0 and _continues(text[start - 1], text[start]))
        or (end < len(text) and _continues(text[end - 1], text[end]))
    )


def _continues(one: str, other: str) -> bool:
    return (one.isdecimal() and other.isdecimal()) or (one.isalpha() and other.isalpha() and max(one, other) < "\u2e80")
