"""Put spoken lines on the clock of a call, and say what is then true of it.

A script's line names its role and text and, where it matters, when it comes:

    gap: seconds after the line before (else drawn, 0.3 to 0.8)   waived: the wait was announced
    cut_in: starts this long before the other's line ends, and the other stops there (an interruption)
    over: starts this long into the other's line, which goes on (a talk-over)
    murmur: starts this long into the other's line, which goes on (a back-channel)
    id: a name that `expected` can point at   speed: another speed for this line
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from _audio import RATE, Signal, even_out, fade_out, speech

ROLES = ("agent", "customer")
SILENCE, DEAD_AIR, TURN_BRIDGE = 2.0, 5.0, 1.0
ONSET, OVERLAP, YIELD = 1.0, 0.5, 2.0
"""Seconds, as docs/definitions.md has them."""

Span = tuple[float, float]


@dataclass(slots=True)
class Line:
    """One line of the script at its place in the call."""

    role: str
    text: str
    spec: dict[str, Any]
    samples: Signal
    """Cut to its speech, at RATE."""
    speech: list[Span]
    """Seconds from the start of the line; the first starts at 0."""
    start: float = 0.0
    """Seconds on the call's clock."""

    @property
    def end(self) -> float:
        """When its last speech ends."""
        return self.start + self.speech[-1][1]

    @property
    def spans(self) -> list[Span]:
        """Its speech on the call's clock."""
        return [(self.start + a, self.start + b) for a, b in self.speech]


@dataclass(slots=True)
class Turn:
    """Lines of one role with no pause of TURN_BRIDGE or more between them."""

    role: str
    spans: list[Span] = field(default_factory=list)

    @property
    def start(self) -> float:
        """Seconds."""
        return self.spans[0][0]

    @property
    def end(self) -> float:
        """Seconds."""
        return self.spans[-1][1]


def spoken_line(role: str, spec: dict[str, Any], samples: Signal, *, cut: bool) -> Line:
    """The line trimmed to its speech; `cut` where somebody will cut it off."""
    stretches = speech(samples, RATE)
    first, last = stretches[0][0], stretches[-1][1]
    clip = even_out(samples[int(first * RATE) : int(last * RATE)], RATE)
    shifted = [(a - first, b - first) for a, b in stretches]
    return Line(role, spec[role], spec, fade_out(clip, RATE) if cut else clip, shifted)


def place(lines: list[Line], rng: np.random.Generator) -> None:
    """Give every line its start."""
    held: Line | None = None  # the line that has the floor
    for line in lines:
        line.start = _start(line.spec, held, float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.6, 1.4)))
        if held is None or line.end > held.end:
            held = line


def _start(spec: dict[str, Any], held: Line | None, gap: float, lead: float) -> float:
    if held is None:
        return round(float(spec.get("gap", lead)), 3)
    if "cut_in" in spec:
        return held.end - float(spec["cut_in"])
    inside = spec.get("over", spec.get("murmur"))
    return held.end + float(spec.get("gap", gap)) if inside is None else held.start + float(inside)


def turns_of(lines: list[Line]) -> list[Turn]:
    """Turns by the definition, in order of start; back-channels make none."""
    turns: list[Turn] = []
    for line in sorted((x for x in lines if "murmur" not in x.spec), key=lambda x: x.start):
        mine = next((turn for turn in reversed(turns) if turn.role == line.role), None)
        between = mine and any(turn.start >= mine.end for turn in turns if turn.role != line.role)
        if mine and not between and line.start - mine.end < TURN_BRIDGE:
            mine.spans += line.spans
        else:
            turns.append(Turn(line.role, line.spans))
    return turns


def cutting_in(lines: list[Line]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Interruptions and talk-overs by the definition: (by, start) each."""
    found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    turns = turns_of(lines)
    for one in turns:
        for other in (turn for turn in turns if turn.role != one.role):
            into = one.start - other.start
            if into >= ONSET and one.start < other.end and common(one.spans, other.spans) >= OVERLAP:
                gives_way = other.end - one.start <= YIELD and one.end > other.end
                found[0 if gives_way else 1].append({"by": one.role, "start": round(one.start, 3)})
    return found


def common(one: list[Span], other: list[Span]) -> float:
    """Seconds in which both have speech."""
    return sum(max(0.0, min(b, d) - max(a, c)) for a, b in one for c, d in other)


def silences_of(lines: list[Line]) -> list[dict[str, Any]]:
    """Stretches of SILENCE and more in which nobody speaks; `waived` as the script says."""
    found: list[dict[str, Any]] = []
    reach = lines[0].start
    for start, end, number in sorted((a, b, n) for n, line in enumerate(lines) for a, b in line.spans):
        if start - reach >= SILENCE:
            waived = bool(lines[number].spec.get("waived", False))
            found.append({"start": round(reach, 3), "end": round(start, 3), "waived": waived})
        reach = max(reach, end)
    return found


def truth_of(lines: list[Line], duration: float) -> dict[str, Any]:
    """Everything but the verdicts, in the shape of the truth files."""
    silences = silences_of(lines)
    interruptions, talk_overs = cutting_in(lines)
    ordered = sorted(lines, key=lambda x: x.start)
    return {
        "turns": [_entry(line) for line in ordered if "murmur" not in line.spec],
        "backchannels": [_entry(line) for line in ordered if "murmur" in line.spec],
        "interruptions": interruptions,
        "talk_overs": talk_overs,
        "holds": [],
        "silences": [{"start": s["start"], "end": s["end"]} for s in silences],
        "dead_air": [s for s in silences if s["end"] - s["start"] >= DEAD_AIR],
        "duration": round(duration, 3),
    }


def _entry(line: Line) -> dict[str, Any]:
    stretches = [[round(a, 3), round(b, 3)] for a, b in line.spans]
    text = line.text.rstrip("，") if line.spec.get("cut") else line.text
    return {"role": line.role, "start": stretches[0][0], "end": stretches[-1][1], "text": text, "speech": stretches}


def expected_of(
    call: dict[str, Any], script: dict[str, Any], lines: list[Line], truth: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """The verdict of every rule; what the script does not name as otherwise is met."""
    said = call["expected"]
    places: dict[str, list[float]] = {
        line.spec["id"]: [round(line.start, 3), round(line.end, 3)] for line in lines if "id" in line.spec
    }
    places |= {"dead_air": [d[k] for d in truth["dead_air"] if not d["waived"] for k in ("start", "end")][:2]}
    unsaid = set(script["conditional"]) - set(said.get("met", []))
    verdicts: dict[str, dict[str, Any]] = {rule: {"verdict": "met"} for rule in script["rules"]}
    verdicts |= {rule: {"verdict": "not_applicable"} for rule in sorted(unsaid | set(said.get("not_applicable", [])))}
    for rule, place_name in said.get("not_met", {}).items():
        at = {"at": places[place_name]} if place_name else {}
        verdicts[rule] = {"verdict": "not_met", **at}
    unknown = sorted(verdicts.keys() - set(script["rules"]))
    if unknown:
        raise ValueError(f"{call['name']}: `expected` names rules outside the list `rules`: {', '.join(unknown)}")
    return verdicts


def of_one_channel(listener: dict[str, dict[str, Any]], whoever: list[str]) -> dict[str, dict[str, Any]]:
    """The verdicts where nobody can tell who speaks: undetermined, but for rules that ask nothing of one party."""
    return {rule: says if rule in whoever else {"verdict": "undetermined"} for rule, says in listener.items()}


def of_two_voices(listener: dict[str, dict[str, Any]], at_once: list[str]) -> dict[str, dict[str, Any]]:
    """The verdicts where two voices are told apart on one channel: undetermined is what both say at once."""
    return {rule: {"verdict": "undetermined"} if rule in at_once else says for rule, says in listener.items()}


def check_intent(name: str, lines: list[Line], truth: dict[str, Any]) -> None:
    """Raise ValueError where the audio came out otherwise than the script means."""
    for kind, key in (("interruptions", "cut_in"), ("talk_overs", "over")):
        meant = sorted(round(line.start, 3) for line in lines if key in line.spec)
        came = sorted(event["start"] for event in truth[kind])
        if meant != came:
            raise ValueError(f"{name}: {kind} meant at {meant} but by the definition at {came}; change `{key}`")
