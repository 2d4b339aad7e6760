"""Checks on words: phrases, patterns, script templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from asr_qa.core.checks.base import Hit, Looking, Outcome, Stance
from asr_qa.core.checks.stream import Stream
from asr_qa.core.checks.words import (
    SYLLABLE_SECONDS,
    absence,
    apart,
    blocked,
    find_pattern,
    find_phrases,
    is_weak,
    key_of,
)
from asr_qa.core.finding import Match, Verdict
from asr_qa.core.rule import Phrase, Regex, Script

SLOT_CHARACTERS = 12
"""Characters that a {slot} of a script may hold."""
_NEGATED = {Verdict.MET: Verdict.NOT_MET, Verdict.NOT_MET: Verdict.MET}
_SHOWN = 3
_PATTERN_SECONDS = 0.25


def decide_phrase(options: Phrase, looking: Looking) -> Outcome:
    """Whether the words are said, often enough and enough different ones of them."""
    if options.absent:
        return _absent(options, looking)
    found = [hit for stream in looking.streams for hit in _phrase_hits(stream, options)]
    different = options.needed > 1
    hits = tuple(sorted(found, key=lambda h: (h.start, h.end))) if different else apart(found)
    wanted = shown(options.phrases)
    seconds = SYLLABLE_SECONDS * min(key_of(phrase).syllables for phrase in options.phrases)
    count = options.needed if different else options.min_count
    limit = options.min_confidence
    return _decide(hits, looking, count=count, different=different, limit=limit, wanted=wanted, seconds=seconds)


def decide_regex(options: Regex, looking: Looking) -> Outcome:
    """Whether the pattern is found often enough."""
    streams = looking.streams
    hits = apart(hit for s in streams for hit in find_pattern(s, options.pattern, exclude=options.exclude))
    return _decide(
        hits,
        looking,
        count=options.min_count,
        limit=options.min_confidence,
        wanted=f"/{options.pattern}/",
        seconds=_PATTERN_SECONDS,
    )


def decide_script(options: Script, looking: Looking) -> Outcome:
    """Whether enough lines of the script are said, in order where that is asked for."""
    if (stop := blocked(looking)) is not None:
        return stop
    said: list[Hit] = []
    lost: list[str] = []
    for line, variants in zip(options.lines, options.variants, strict=True):
        after = said[-1].end if options.ordered and said else 0.0
        hits = [h for s in looking.streams for h in _line_hits(s, variants, options) if h.start >= after - 1e-6]
        if looking.stance is not Stance.REQUIRED:
            hits = [hit for hit in hits if not is_weak(hit, options.min_confidence)]
        best = min(hits, key=lambda h: (h.start if options.ordered else -h.confidence, h.end), default=None)
        if best is None:
            lost.append(line)
        else:
            said.append(best)
    share = len(said) / len(options.lines)
    if share >= options.coverage:
        return Outcome(
            verdict=Verdict.MET,
            hits=tuple(said),
            confidence=min(h.confidence for h in said),
            note=_coverage(options, said),
        )
    seconds = SYLLABLE_SECONDS * min(key_of("".join(variants[0])).syllables for variants in options.variants)
    missing = absence(looking, wanted=shown(lost), seconds=seconds)
    return replace(missing, hits=tuple(said), note="; ".join(filter(None, (missing.note, _coverage(options, said)))))


def shown(phrases: Sequence[str]) -> str:
    """A few of the phrases, for people."""
    return " / ".join(phrases[:_SHOWN]) + (" …" if len(phrases) > _SHOWN else "")


def _coverage(options: Script, said: Sequence[Hit]) -> str:
    return f"{len(said)} of {len(options.lines)} lines said" if len(options.lines) > 1 else ""


def _absent(options: Phrase, looking: Looking) -> Outcome:
    """None of the phrases: the opposite of any of them, with the stance turned round."""
    present = decide_phrase(replace(options, absent=False), replace(looking, stance=looking.stance.opposite))
    verdict = _NEGATED.get(present.verdict, present.verdict)
    said = tuple(hit.evidence for hit in present.hits) if verdict is Verdict.NOT_MET else present.missing
    return replace(present, verdict=verdict, missing=said)


def _phrase_hits(stream: Stream, options: Phrase) -> tuple[Hit, ...]:
    return find_phrases(
        stream, options.phrases, match=options.match, allow_short=options.allow_short, exclude=options.exclude
    )


def _decide(
    hits: tuple[Hit, ...],
    looking: Looking,
    *,
    count: int,
    limit: float,
    wanted: str,
    seconds: float,
    different: bool = False,
) -> Outcome:
    """From hits to a verdict, by what is at stake."""
    if (stop := blocked(looking)) is not None:
        return stop
    strong = tuple(hit for hit in hits if not is_weak(hit, limit))
    usable = hits if looking.stance is Stance.REQUIRED else strong
    if (worths := _worths(usable, different=different)) and len(worths) >= count:
        return Outcome(verdict=Verdict.MET, hits=usable, confidence=worths[count - 1])
    doubtful = _worths(hits, different=different)
    if looking.stance is Stance.FORBIDDEN and len(doubtful) >= count:
        note = f"heard with confidence {doubtful[count - 1]:.2f} only"
        return Outcome(verdict=Verdict.UNDETERMINED, hits=hits, confidence=doubtful[count - 1], note=note)
    missing = absence(looking, wanted=wanted, seconds=seconds)
    note = f"{len(worths)} of {count} heard" if worths else ""
    return replace(missing, hits=usable, note="; ".join(filter(None, (missing.note, note))))


def _worths(hits: Iterable[Hit], *, different: bool) -> list[float]:
    """Confidences from the best down; of each phrase only the best where different ones are asked for."""
    if not different:
        return sorted((hit.confidence for hit in hits), reverse=True)
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.key] = max(best.get(hit.key, 0.0), hit.confidence)
    return sorted(best.values(), reverse=True)


def _line_hits(stream: Stream, variants: Iterable[tuple[str, ...]], options: Script) -> list[Hit]:
    return [hit for chain in variants for hit in _chain_hits(stream, chain, options)]


def _chain_hits(stream: Stream, chain: Sequence[str], options: Script) -> list[Hit]:
    """Hits of texts that follow each other with a slot between each two."""
    open_hits = list(find_phrases(stream, chain[:1], match=options.match))
    for text in chain[1:]:
        nexts = find_phrases(stream, (text,), match=options.match)
        open_hits = [
            _joined(stream, one, other)
            for one in open_hits
            if (other := next((n for n in nexts if n.start >= one.end - 1e-6 and _fits(stream, one, n)), None))
        ]
    return open_hits


def _fits(stream: Stream, one: Hit, other: Hit) -> bool:
    """Whether what lies between two hits fits into a slot."""
    return sum(len(w.text) for w in stream.words if one.end - 1e-6 <= w.start < other.start - 1e-6) <= SLOT_CHARACTERS


def _joined(stream: Stream, one: Hit, other: Hit) -> Hit:
    inside = [i for i, w in enumerate(stream.words) if one.start <= w.start < other.end]
    match = max(one.match, other.match, key=list(Match).index)
    confidence = min(one.confidence, other.confidence)
    return Hit(one.role, one.start, other.end, stream.heard(inside[0], inside[-1]), match, confidence, one.key)
