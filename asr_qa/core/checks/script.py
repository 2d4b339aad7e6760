"""Checks on script templates: which lines were said where, which were not, and whether the other party said them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from operator import attrgetter

from asr_qa.core.checks.base import Hit, Looking, Outcome, Stance
from asr_qa.core.checks.index import MIN_SYLLABLES, key_of
from asr_qa.core.checks.logic import noted
from asr_qa.core.checks.party import other_party
from asr_qa.core.checks.remembered import Remembered
from asr_qa.core.checks.stream import Stream
from asr_qa.core.checks.words import SYLLABLE_SECONDS, absence, blocked, find_phrases, is_weak
from asr_qa.core.finding import Evidence, Match, Trace, Verdict
from asr_qa.core.rule import Script
from asr_qa.core.segment import EPSILON, Segment
from asr_qa.core.transcript import Word

SLOT_CHARACTERS = 12
"""Characters that a {slot} of a script may hold."""

_START = attrgetter("start")

Said = tuple[Hit | None, ...]
"""Per line where it is said; None where it is not."""


def decide_script(options: Script, looking: Looking) -> Outcome:
    """Whether enough lines of the script are said, in order where that is asked for."""
    if (stop := blocked(looking)) is not None:
        return stop
    found = _found(options, looking)
    strong = [[hit for hit in hits if not is_weak(hit, options.min_confidence)] for hits in found]
    if _enough(options, said := _chosen(options, strong)):
        return _held(options, said, doubtful=False)
    if looking.stance is not Stance.NEUTRAL and _enough(options, possibly := _chosen(options, found)):
        return _held(options, possibly, doubtful=True)
    return _lacking(options, said, looking)


def _found(options: Script, looking: Looking) -> list[list[Hit]]:
    """The hits of each line."""
    begin, least = heads(options)
    if all(stream.find(begin, least).keys().isdisjoint(begin) for stream in looking.streams):
        return [[] for _ in options.variants]
    return [
        [hit for stream in looking.streams for chain in variants for hit in _chain_hits(stream, chain, options)]
        for variants in options.variants
    ]


@Remembered
def heads(options: Script) -> tuple[tuple[str, ...], int]:
    """The texts that ways to say a line begin with, and the syllables from which they are looked for by sound."""
    begin = tuple(dict.fromkeys(chain[0] for line in options.variants for chain in line))
    return begin, MIN_SYLLABLES if set(options.match) - {"exact"} else 0


@Remembered
def _shortest(options: Script) -> tuple[float, ...]:
    """The shortest time in which each line can be said, in seconds."""
    return tuple(
        SYLLABLE_SECONDS * min(key_of("".join(chain)).syllables for chain in line) for line in options.variants
    )


def _enough(options: Script, said: Said) -> bool:
    return sum(hit is not None for hit in said) / len(said) >= options.coverage - EPSILON


def _chosen(options: Script, found: Sequence[Sequence[Hit]]) -> Said:
    """One hit per line: the best, or, where order counts, those of the longest row in order, the earliest first."""
    if not options.ordered:
        return tuple(min(hits, key=lambda h: (-h.confidence, h.start, h.end), default=None) for hits in found)
    rows: list[tuple[tuple[int, Hit], ...]] = [()]
    for line, hits in enumerate(found):
        for length in range(len(rows) - 1, -1, -1):
            free = rows[length][-1][1].end if rows[length] else 0.0
            fitting = (hit for hit in hits if hit.start >= free - EPSILON)
            if (first := min(fitting, key=lambda h: (h.end, h.start), default=None)) is None:
                continue
            longer = (*rows[length], (line, first))
            if length + 1 == len(rows):
                rows.append(longer)
            elif first.end < rows[length + 1][-1][1].end:
                rows[length + 1] = longer
    chosen = dict(rows[-1])
    return tuple(chosen.get(line) for line in range(len(found)))


def _held(options: Script, said: Said, *, doubtful: bool) -> Outcome:
    hits = tuple(hit for hit in said if hit is not None)
    worth = min(hit.confidence for hit in hits)
    verdict = Verdict.UNDETERMINED if doubtful else Verdict.MET
    remark = f"heard with confidence {worth:.2f} only" if doubtful else ""
    note = noted(remark, _coverage(said))
    return Outcome(
        verdict=verdict, hits=hits, confidence=worth, note=note, trace=_steps(options, said, verdict, lost=_NOT)
    )


_NOT = Verdict.NOT_MET


def _lacking(options: Script, said: Said, looking: Looking) -> Outcome:
    """Lines are missing: which, where they were due, and whether the other party says them."""
    lost = [number for number, hit in enumerate(said) if hit is None]
    seconds = min(_shortest(options)[number] for number in lost)
    gone = absence(looking, wanted="", seconds=seconds)
    missing = tuple(_missing(options, said, number, looking) for number in lost)
    there = _elsewhere(options, lost, looking)
    hits = tuple(hit for hit in said if hit is not None)
    trace = _steps(options, said, gone.verdict, lost=gone.verdict, there=there)
    notes = (gone.note, _coverage(said), there.remark if there else "")
    return replace(gone, hits=hits, missing=missing, note=noted(*notes), trace=trace)


def _missing(options: Script, said: Said, number: int, looking: Looking) -> Evidence:
    """Where a line was due: between those around it where they are in order, else anywhere in scope."""
    whole = looking.windows[0] | looking.windows[-1] if looking.windows else looking.view.whole
    start, end = whole.start, whole.end
    if options.ordered:
        start = max([start, *(hit.end for hit in said[:number] if hit is not None)])
        end = min([end, *(hit.start for hit in said[number:] if hit is not None)])
    place = Segment(start, max(start, end))
    return Evidence(looking.role, place.start, place.end, f"（未听到：{options.lines[number]}）", Match.TIMING)


@dataclass(frozen=True, slots=True)
class _There:
    """Missing lines that the other party says."""

    role: str
    hits: dict[int, Hit]
    """By line."""

    @property
    def remark(self) -> str:
        first = min(hit.start for hit in self.hits.values())
        count = len(self.hits)
        return f"{count} missing line{'s' if count > 1 else ''} said by {self.role}, first at {first:.1f} s"


def _elsewhere(options: Script, lost: Iterable[int], looking: Looking) -> _There | None:
    if not options.wrong_party or (there := other_party(looking)) is None:
        return None
    found = _found(options, there)
    hits = {number: min(found[number], key=lambda hit: hit.start) for number in lost if found[number]}
    return _There(there.role.value, hits) if hits and there.role else None


def _steps(
    options: Script, said: Said, verdict: Verdict, *, lost: Verdict, there: _There | None = None
) -> Trace | None:
    """One line of the trace for each line of the script; none where there is only one."""
    return Trace("", verdict, children=tuple(_lines(options, said, lost, there))) if len(said) > 1 else None


def _lines(options: Script, said: Said, lost: Verdict, there: _There | None) -> Iterator[Trace]:
    for number, (line, hit) in enumerate(zip(options.lines, said, strict=True)):
        named = f"line {number + 1} [{line}]"
        if hit is not None:
            yield Trace(named, Verdict.MET, ((hit.start, hit.end),))
        elif there is not None and number in there.hits:
            yield Trace(named, lost, (), f"said by {there.role} at {there.hits[number].start:.1f} s")
        else:
            yield Trace(named, lost)


def _coverage(said: Said) -> str:
    count = sum(hit is not None for hit in said)
    return f"{count} of {len(said)} lines said" if len(said) > 1 else ""


def _chain_hits(stream: Stream, chain: Sequence[str], options: Script) -> list[Hit]:
    """Hits of texts that follow each other with a slot between each two: every way in which they do."""
    open_hits = list(find_phrases(stream, chain[:1], match=options.match))
    for text in chain[1:]:
        if not open_hits:
            break
        words, nexts = stream.words, find_phrases(stream, (text,), match=options.match)
        best: dict[tuple[float, float], Hit] = {}
        for one in open_hits:
            reach = _reach(words, one.end)
            for other in nexts:
                if one.end - EPSILON <= other.start <= reach + EPSILON:
                    joined = _joined(stream, words, one, other)
                    best[joined.at] = max(joined, best.get(joined.at, joined), key=lambda hit: hit.confidence)
        open_hits = list(best.values())
    return open_hits


def _reach(words: Sequence[Word], time: float) -> float:
    """The latest start in seconds of what comes after a slot that begins at a time."""
    said = 0
    for word in words[bisect_left(words, time - EPSILON, key=_START) :]:
        said += sum(map(str.isalnum, word.text))
        if said > SLOT_CHARACTERS:
            return word.start
    return inf


def _joined(stream: Stream, words: Sequence[Word], one: Hit, other: Hit) -> Hit:
    first, end = bisect_left(words, one.start, key=_START), bisect_left(words, other.end, key=_START)
    match = max(one.match, other.match, key=list(Match).index)
    confidence = min(one.confidence, other.confidence)
    return Hit(one.role, one.start, other.end, stream.heard(first, end - 1), match, confidence, one.key)
