"""Automatic prompts before a person answers: menus, announcements of a queue, notices.

A prompt is known by its words, compared by sound, and for words that a person might say too by what follows: ring-back,
music, keys, the same again, or quiet. Nothing from the first words of a person on is ever one: in doubt it is a person
who speaks. The words are in `words/ivr.*.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from asr_qa.core.lexicon import IVR
from asr_qa.core.options import TimingOptions
from asr_qa.core.phonetic import NEAR_COST, PART_COST, SoundIndex, is_mandarin, slips, syllables
from asr_qa.core.reason import Reason, at_least
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, bridge, clip, gaps, subtract, total
from asr_qa.core.text import SPOKEN, normalise
from asr_qa.core.transcript import Transcript, Word, text_of
from asr_qa.core.turns import assign

_PAUSE = 0.5
"""Seconds of quiet at which what is said is cut into units."""
_BLIP = 0.5
"""Seconds of the customer's speech that are no answer yet: a cough, 喂."""
_ANSWER = 1.0
"""Seconds of the customer's speech, after something was said, that show a person is there."""
_APART = 3.0
"""Seconds for which a machine that is still speaking never pauses: a longer quiet may be filled by one who is not
heard."""
_SAME_FROM, _SAME = 6, 0.8
"""Syllables from which an announcement can be known again, and the share of them that must be the same."""
_NEAR_FROM = 4
"""Syllables from which a phrase is known by near sounds too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What besides voices is heard before a person answers."""

    waits: Track = ()
    """Music and ring-back on the side where prompts are looked for."""
    ringing: Track = ()
    """Ring-back there."""
    keys: Track = ()
    """Keys pressed on the other side."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """The automatic part of a call."""

    said: Track
    """Where a prompt is spoken."""
    segment: Segment
    """From the first prompt to the end of the last, or of the music after it."""
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: str
    """A part of the list."""
    first: int
    """First word of the phrase, and the last."""
    last: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """Something said without a pause."""

    segment: Segment
    text: str = ""
    kinds: frozenset[str] = frozenset()
    """Of the phrases in it."""

    @property
    def by_person(self) -> bool:
        return "person" in self.kinds


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything that decides whether a unit is a prompt."""

    units: tuple[_Unit, ...]
    """All of this side, in order."""
    open_until: int
    """Units from here on are not looked at: a person speaks, or the customer has begun to talk."""
    other: Track
    """Speech of the other side."""
    parted: bool
    """Whether the other side is known at all: where nobody tells the voices apart, any pause or word may be its."""
    line: Line
    duration: float
    options: TimingOptions

    def after(self, index: int) -> Segment:
        """From the end of a unit to the next of this side, or the end of the call."""
        start = self.units[index].segment.end
        end = self.units[index + 1].segment.start if index + 1 < len(self.units) else self.duration
        return Segment(start, max(start, end))

    def answered(self, within: Segment, *, longer_than: float = _BLIP) -> bool:
        """Whether the other side speaks there."""
        return total(clip(self.other, within)) > longer_than

    def deserted(self, index: int) -> bool:
        """Whether a long quiet follows something said, in which neither music, ring-back nor keys are heard."""
        after = self.after(index) if self.units[index].text else Segment(0.0, 0.0)
        return after.duration > _APART and not clip(self.line.waits, after) and not clip(self.line.keys, after)


def find_prompts(
    speech: Mapping[Role, Track],
    transcript: Transcript,
    duration: float,
    *,
    line: Line | None = None,
    side: Role = Role.AGENT,
    options: TimingOptions | None = None,
) -> Prompts | None:
    """The automatic prompts that a side of the call begins with; None where a person does.

    Args:
        speech: Where each role's voice was detected.
        transcript: What was said.
        duration: Seconds of the recording.
        line: What else is heard.
        side: Where prompts are looked for.
        options: Parameters of the definition, and the phrases that only a machine says.
    """
    scene = _scene(speech, transcript, duration, line or Line(), side, options or TimingOptions())
    sure: dict[int, tuple[Reason, ...]] = {}
    for index in range(scene.open_until):
        if reasons := _certain(index, scene, known=bool(sure)):
            sure[index] = reasons
        elif scene.deserted(index):
            break
    if not sure:
        return None
    taken = {**sure}
    for index in range(max(sure) - 1, -1, -1):
        followed = scene.parted and index not in taken and index + 1 in taken
        if followed and not scene.answered(scene.after(index)) and not scene.deserted(index):
            taken[index] = (Reason(test="before_prompt", text=scene.units[index].text),)
    units = [scene.units[index] for index in sorted(taken)]
    said = tuple(part for unit in units for part in clip(speech[side], unit.segment))
    reasons = tuple(dict.fromkeys(reason for index in sorted(taken) for reason in taken[index]))
    whole = Segment(units[0].segment.start, _music_until(scene, max(taken)))
    return Prompts(said, whole, reasons)


def _music_until(scene: _Scene, last: int) -> float:
    """The end of the last prompt, or of the music a caller hears after it."""
    following = clip(subtract(scene.line.waits, scene.line.ringing), scene.after(last))
    return following[-1].end if following else scene.units[last].segment.end


def _scene(
    speech: Mapping[Role, Track],
    transcript: Transcript,
    duration: float,
    line: Line,
    side: Role,
    options: TimingOptions,
) -> _Scene:
    track = speech.get(side, ())
    other = subtract(speech.get(side.opposite, ()) if side is not Role.OTHER else (), track)
    limit = _spoken_until(other, options.ivr_spoken, duration)
    units = tuple(_units(track, transcript.words_of(side), limit, options))
    persons = (i for i, unit in enumerate(units) if unit.by_person or unit.segment.start >= limit)
    return _Scene(units, next(persons, len(units)), other, side is not Role.OTHER, line, duration, options)


def _spoken_until(track: Track, seconds: float, duration: float) -> float:
    """When so much of a track has been spoken; the end of the call where it never is."""
    left = seconds
    for segment in track:
        if segment.duration > left:
            return segment.start + left
        left -= segment.duration
    return duration


def _units(track: Track, words: Sequence[Word], limit: float, options: TimingOptions) -> Iterator[_Unit]:
    """What is said up to the limit, and the first unit after it; one in which a person follows a menu is cut there."""
    spans = bridge(track, _PAUSE)
    for span, said in zip(spans, assign(words, spans), strict=True):
        hits = _hits(said, options.prompts)
        menus = [hit.last for hit in hits if hit.kind == "menu"]
        begins = min(
            (h.first for h in hits if h.kind in ("greeting", "person") and h.first > max(menus, default=-1)), default=0
        )
        if menus and begins:
            cut = _cut(clip(track, span), said[begins - 1].end, said[begins].start)
            yield _Unit(Segment(span.start, cut), text_of(said[:begins]), frozenset({"menu"}))
            yield _Unit(Segment(cut, span.end), text_of(said[begins:]), frozenset({"person"}))
        else:
            kinds = frozenset(hit.kind for hit in hits)
            yield _Unit(span, text_of(said), kinds - {"person"} if menus else kinds)
        if span.start >= limit or (begins if menus else any(hit.kind == "person" for hit in hits)):
            return


def _cut(track: Track, before: float, after: float) -> float:
    """Where to part what is said: the middle of the longest pause near the two words, else before the second."""
    near = Segment(min(before, after) - _PAUSE, max(before, after) + _PAUSE)
    pauses = [pause for pause in gaps(track, track[0] | track[-1]) if pause & near]
    if pauses:
        widest = max(pauses, key=lambda pause: pause.duration)
        return (widest.start + widest.end) / 2
    return min(max(after, track[0].start), track[-1].end)


def _certain(index: int, scene: _Scene, *, known: bool) -> tuple[Reason, ...]:
    """Why a unit is a prompt; nothing where it may be a person's.

    Args:
        index: Of the unit.
        scene: The call.
        known: Whether there was a prompt before.
    """
    unit = scene.units[index]
    before = Segment(min(scene.units[0].segment.start, unit.segment.start), unit.segment.start)
    if "menu" in unit.kinds and (known or not scene.answered(before, longer_than=_ANSWER)):
        return (Reason(test="menu", text=unit.text),)
    if not known and scene.answered(Segment(0.0, unit.segment.start)):
        return ()
    for kind in ("queue", "notice", "welcome"):
        if kind in unit.kinds and (support := _support(kind, index, scene, known=known)):
            return (Reason(test=kind, text=unit.text), support)
    return ()


def _support(kind: str, index: int, scene: _Scene, *, known: bool) -> Reason | None:
    """What besides its words speaks for a machine, by the kind of announcement; None where nothing does."""
    unit, after, line = scene.units[index], scene.after(index), scene.line
    calm = scene.parted and not scene.answered(unit.segment | after)
    pause = at_least("ivr_gap", after.duration, scene.options.ivr_gap)
    if calm and clip(line.ringing, after):
        return Reason(test="rings", value=clip(line.ringing, after)[0].start - after.start)
    if calm and kind != "welcome" and clip(line.waits, after):
        return Reason(test="plays", value=clip(line.waits, after)[0].start - after.start)
    if pause.holds and clip(line.keys, unit.segment | after):
        return Reason(test="keys", value=float(len(clip(line.keys, unit.segment | after))))
    if kind == "queue" and any(_same(unit, other) for other in scene.units[: scene.open_until] if other is not unit):
        return Reason(test="repeated")
    greets = "greeting" in unit.kinds
    if kind == "queue" and calm and pause.holds and (known or not greets):
        return pause
    begins = index + 1 < len(scene.units) and bool(scene.units[index + 1].kinds & {"greeting", "person"})
    if kind == "notice" and known and not greets and calm and pause.holds and begins:
        return pause
    return None


def _same(one: _Unit, other: _Unit) -> bool:
    """Whether two units are the same announcement."""
    return alike(one.text, other.text) >= _SAME


def alike(one: str, other: str) -> float:
    """Share of the shorter text's syllables that the other has in the same order; 0 where it is too short to tell."""
    a, b = sorted((syllables(normalise(text, SPOKEN).text) for text in (one, other)), key=len)
    if len(a) < _SAME_FROM:
        return 0.0
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(a)


def _hits(words: Sequence[Word], menu: Sequence[str]) -> list[_Hit]:
    """Where phrases of the list are said, compared by sound."""
    pieces = any(word.text[:1].isspace() for word in words)  # then whatever has no blank before it goes on a word
    texts = [word.text if pieces or not word.text[:1].isascii() else f" {word.text}" for word in words]
    owners = [i for i, text in enumerate(texts) for _ in text]
    spoken = normalise("".join(texts), SPOKEN)
    index = SoundIndex(spoken.text, syllables(spoken.text))
    found: list[_Hit] = []
    for kind, phrases in {**IVR, "menu": menu}.items():
        for phrase in phrases:
            key, sounds = _key(phrase)
            for at, _ in index.find(key, sounds, limit=_limit(key)):
                literal = len(key) > 1 or spoken.text[at] == key
                if literal and _whole(spoken.text, at, at + len(key)):
                    first, last = spoken.spans[at][0], spoken.spans[at + len(key) - 1][1] - 1
                    found.append(_Hit(kind, owners[first], owners[last]))
    return found


@lru_cache(maxsize=1024)
def _key(phrase: str) -> tuple[str, tuple[str, ...]]:
    text = normalise(phrase, SPOKEN).text
    return text, syllables(text)


def _limit(key: str) -> int:
    """How far from a phrase what was heard may sound: short ones must sound the same."""
    if len(key) < _NEAR_FROM or not is_mandarin(key[0]):
        return 0
    return NEAR_COST * len(key) + PART_COST * slips(len(key))


def _whole(text: str, first: int, behind: int) -> bool:
    """Whether no Latin word is cut at either end."""
    cut_before = first > 0 and _latin(text[first - 1]) and _latin(text[first])
    return not (cut_before or (behind < len(text) and _latin(text[behind]) and _latin(text[behind - 1])))


def _latin(char: str) -> bool:
    return char.isalpha() and char < "\u2e80"
