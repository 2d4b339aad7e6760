"""Numbers, amounts, dates and the like in a call: what they are, whether they can be right, where they are said.

The finders are those that also redact (`redact`, `privatenumber`, `contact`) and read quantities; here they are put
together, with the digits that a check needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from asr_qa.core.contact import Contact
from asr_qa.core.digits import DIGITS, WORDS, Row, fold_width, rows, value_of
from asr_qa.core.masking import Clock, Place
from asr_qa.core.numberplan import Kind, announced, any_number, id_checksum, is_date, known_plan, luhn
from asr_qa.core.privatenumber import Number
from asr_qa.core.quantities import quantities
from asr_qa.core.recording import Role
from asr_qa.core.redact import numbers_said
from asr_qa.core.transcript import Utterance

OF_DIGITS = ("phone", "mobile", "landline", "id_card", "bank_card", "number")
"""Kinds that have a number of digits."""
CHECKED = ("phone", "mobile", "landline", "id_card", "bank_card", "date", "time")
"""Kinds of which a plan, a check digit or the calendar tells whether they can be right."""
ENTITIES = (*OF_DIGITS, "amount", "percent", "date", "time", "duration", "e_mail", "plate", "address")
"""Every kind."""
SHORTEST_NUMBER = 2
"""Digits of the shortest number; a single one is a word like any other."""
_PHONES = frozenset({Kind.MOBILE, Kind.LANDLINE})
_LOCAL_LENGTHS = (7, 8)
_SURE_ROW = 0.9
_WITHOUT_LETTER = 17
_PARTICLES = frozenset("".join(WORDS["particles"])) - frozenset(DIGITS)
_CARDS = frozenset({Kind.BANK_CARD, Kind.ID_CARD})
_ID_LENGTHS = (15, 18)


@dataclass(frozen=True, slots=True)
class EntitySaid:
    """One that was said."""

    kind: str
    """One of ENTITIES; "phone" is never given, a phone is mobile or landline."""
    role: Role
    start: float
    end: float
    """Seconds: whole words."""
    text: str
    """As it stands in the transcript."""
    digits: str
    """Its digits; empty for kinds without any."""
    valid: bool
    """Whether it can be right."""
    confidence: float
    """0 to 1: of the reading and of the words."""

    @property
    def names(self) -> frozenset[str]:
        """What it may be called."""
        return frozenset({self.kind, "phone"}) if self.kind in ("mobile", "landline") else frozenset({self.kind})


def find_entities(utterances: Sequence[Utterance]) -> tuple[EntitySaid, ...]:
    """Every entity in the utterances of a call, in order of time; linear in their texts.

    A row of digits is also a "number" of its own, so a mobile number is found as either; digits of amounts, dates and
    the like are not.
    """
    items = [(item, places) for item, places in numbers_said(utterances) if places]
    quantified = [*_quantities(utterances)]
    taken = [place for _, place in quantified]
    taken += [place for item, places in items if isinstance(item, Contact) for place in places]
    found = [said for said, _ in quantified]
    for item, places in items:
        if isinstance(item, Row):
            found += _numbers(places, utterances, taken)
        elif item.reading.kind is not Kind.NUMBER:  # its row stands for it
            plain = _without_particles(item, places, utterances) if isinstance(item, Number) else (item, places)
            found += [_known(plain[0], plain[1], utterances)] if plain else []
    return tuple(sorted(dict.fromkeys(found), key=lambda said: (said.start, said.end, said.kind)))


def is_valid(kind: Kind, digits: str) -> bool:
    """Whether digits can be a number of that kind."""
    if kind is Kind.ID_CARD:
        return id_checksum(digits) or (len(digits) == 15 and is_date("19" + digits[6:12]))
    if kind is Kind.BANK_CARD:
        return 13 <= len(digits) <= 19 and digits.isdecimal() and luhn(digits)
    if kind in _PHONES:
        plan = known_plan(digits)
        local = len(digits) in _LOCAL_LENGTHS and "2" <= digits[0] <= "8"
        return (plan is not None and plan.kind is kind) or (kind is Kind.LANDLINE and local)
    return True


def _numbers(places: Iterable[Place], utterances: Sequence[Utterance], taken: Sequence[Place]) -> Iterator[EntitySaid]:
    """A row of digits as numbers, one in each utterance; none where the digits belong to something else."""
    for place in places:
        if not any(_overlap(place, other) for other in taken):
            text = fold_width(utterances[place.utterance].text[place.first : place.last])
            digits = value_of([digit for row in rows(text) for digit in row.digits if digit.sure])
            if len(digits) >= SHORTEST_NUMBER:
                yield _entity("number", (place,), utterances, digits=digits, confidence=_SURE_ROW)


def _without_particles(
    number: Number, places: tuple[Place, ...], utterances: Sequence[Utterance]
) -> tuple[Number, tuple[Place, ...]] | None:
    """A card without the words at its edges that only sound like digits: 是 of 卡号是 is no 4, 吧 of 对吧 no 8.

    To hide one character too many does no harm; for a check it makes another number, which passes Luhn's sum one time
    in ten. The sum of an identity card with its place and day of birth is not met by chance: 是 may be its 4. None
    where nothing else said that the digits are a card.
    """
    kind, digits, kept = number.reading.kind, number.digits, list(places)
    if kind not in _CARDS:
        return number, places
    if _edge(utterances, kept[0], 0) in _PARTICLES:
        digits, kept[0] = digits[1:], replace(kept[0], first=kept[0].first + 1)
    if _edge(utterances, kept[-1], -1) in _PARTICLES:
        digits, kept[-1] = digits[:-1], replace(kept[-1], last=kept[-1].last - 1)
    cue = announced(_said_before(utterances, places[0]))
    whole = kind is Kind.BANK_CARD or cue is Kind.BANK_CARD or len(digits) in _ID_LENGTHS
    if digits == number.digits or not whole:
        return number, places
    reading = any_number(digits, cue)
    if reading is None or reading.kind is Kind.NUMBER:
        return None
    return replace(number, reading=reading, digits=digits), tuple(place for place in kept if place.first < place.last)


def _said_before(utterances: Sequence[Utterance], place: Place) -> str:
    """The utterance up to a place, and the one before it."""
    last = utterances[place.utterance - 1].text if place.utterance else ""
    return last + utterances[place.utterance].text[: place.first]


def _edge(utterances: Sequence[Utterance], place: Place, at: int) -> str:
    return utterances[place.utterance].text[place.first : place.last][at]


def _known(item: Number | Contact, places: tuple[Place, ...], utterances: Sequence[Utterance]) -> EntitySaid:
    kind, confidence = item.reading.kind, item.reading.confidence
    if isinstance(item, Contact):
        return _entity(kind.value, places, utterances, confidence=confidence)
    digits = item.digits + "X" if kind is Kind.ID_CARD and len(item.digits) == _WITHOUT_LETTER else item.digits
    valid = is_valid(kind, digits)
    return _entity(kind.value, places, utterances, digits=digits, valid=valid, confidence=confidence)


def _quantities(utterances: Sequence[Utterance]) -> Iterator[tuple[EntitySaid, Place]]:
    for index, utterance in enumerate(utterances):
        clock: Clock | None = None
        for one in quantities(fold_width(utterance.text)):
            clock = clock or Clock(utterance)
            place = clock.place(index, one.first, one.last)
            yield _entity(one.kind, (place,), utterances, valid=one.valid, confidence=one.confidence), place


def _entity(
    kind: str,
    places: tuple[Place, ...],
    utterances: Sequence[Utterance],
    *,
    digits: str = "",
    valid: bool = True,
    confidence: float,
) -> EntitySaid:
    heard = [
        word.confidence
        for place in places
        for word in utterances[place.utterance].words
        if word.confidence is not None and place.start <= word.start < place.end
    ]
    return EntitySaid(
        kind=kind,
        role=utterances[places[0].utterance].role,
        start=places[0].start,
        end=places[-1].end,
        text=" ".join(utterances[place.utterance].text[place.first : place.last] for place in places),
        digits=digits,
        valid=valid,
        confidence=confidence * (fmean(heard) if heard else 1.0),
    )


def _overlap(one: Place, other: Place) -> bool:
    return one.utterance == other.utterance and one.first < other.last and other.first < one.last
