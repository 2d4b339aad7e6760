"""Calls drawn in one line: what rule cases, tests and the docs are written in.

    A 0-2 您好 | B 3-5 我要投诉 | A 6-8 ~0.4 好的 | B 9-10 ? | end 90

A is the agent, B the customer, O anybody else. Times are float seconds. `~0.4` after the times is the
confidence of every word (1.0 otherwise); `?` as the whole text is speech that could not be understood.
The call lasts until one second after the last word unless the sketch ends with `end SECONDS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.transcript import HEARD, UNINTELLIGIBLE, Transcript, Utterance, spread

_ROLES = {"A": Role.AGENT, "B": Role.CUSTOMER, "O": Role.OTHER}
_NUMBER = r"\d+(?:\.\d+)?"
_UTTERANCE = re.compile(
    rf"(?P<role>\S+)\s+(?P<start>{_NUMBER})\s*-\s*(?P<end>{_NUMBER})(?:\s+~(?P<confidence>\S+))?(?:\s+(?P<text>.+))?"
)
_END = re.compile(rf"end\s+(?P<end>{_NUMBER})")


@dataclass(frozen=True, slots=True)
class Sketch:
    """A call read from its drawing."""

    transcript: Transcript
    speech: dict[Role, Track]
    """Where each role that occurs speaks."""
    duration: float
    """Seconds."""


def parse_sketch(text: str) -> Sketch:
    """Read a sketch.

    Raises:
        ValueError: A part cannot be read; the message names the part and its position.
    """
    end: float | None = None
    utterances: list[Utterance] = []
    for number, (position, part) in enumerate(_parts(text), start=1):
        where = f"part {number} (character {position + 1}) {part!r}"
        if end is not None:
            raise ValueError(f"{where}: nothing may follow 'end'; move it to the end of the sketch")
        if match := _END.fullmatch(part):
            end = float(match["end"])
        else:
            utterances.append(_utterance(part, where))
    return _sketch(utterances, end)


def _parts(text: str) -> list[tuple[int, str]]:
    """Position and text of each part between the bars; blank lines and a bar at the end count for nothing."""
    return [
        (match.start() + len(match[0]) - len(match[0].lstrip()), match[0].strip())
        for match in re.finditer(r"[^|\n]+", text)
        if match[0].strip()
    ]


def _utterance(part: str, where: str) -> Utterance:
    match = _UTTERANCE.fullmatch(part)
    if match is None:
        raise ValueError(f"{where}: expected 'A START-END text', e.g. 'A 0-2.5 您好', or 'end SECONDS'")
    role = _ROLES.get(match["role"])
    if role is None:
        raise ValueError(f"{where}: unknown speaker {match['role']!r}; use A (agent), B (customer) or O (other)")
    start, end = float(match["start"]), float(match["end"])
    if end <= start:
        raise ValueError(f"{where}: ends at {end:g} s, not after its start at {start:g} s")
    if match["text"] is None:
        raise ValueError(f"{where}: no text; write what is said, or ? for speech that cannot be understood")
    confidence = _confidence(match["confidence"], where)
    if match["text"] == "?":
        return Utterance(role, start, end, "", status=UNINTELLIGIBLE, confidence=confidence if confidence < 1 else None)
    words = spread(match["text"], Segment(start, end), confidence=confidence)
    return Utterance(role, start, end, match["text"], match["text"], confidence, HEARD, words)


def _confidence(text: str | None, where: str) -> float:
    if text is None:
        return 1.0
    try:
        confidence = float(text)
    except ValueError:
        confidence = -1.0
    if not 0 <= confidence <= 1:
        raise ValueError(f"{where}: confidence ~{text} is not a number from 0 to 1")
    return confidence


def _sketch(utterances: list[Utterance], end: float | None) -> Sketch:
    last = max((utterance.end for utterance in utterances), default=0.0)
    if end is not None and end < last:
        raise ValueError(f"the call ends at {end:g} s but is spoken in until {last:g} s; give a later 'end'")
    ordered = tuple(sorted(utterances, key=lambda utterance: (utterance.start, utterance.end)))
    roles = sorted({utterance.role for utterance in utterances})
    speech = {role: union(u.segment for u in ordered if u.role is role) for role in roles}
    return Sketch(Transcript(ordered, "sketch"), speech, last + 1.0 if end is None else end)
