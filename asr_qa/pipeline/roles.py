"""Which channel or voice belongs to whom, from the opening script, the closing one, vocabulary and talk pattern."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from asr_qa.core.document import CallWarning
from asr_qa.core.options import TimingOptions
from asr_qa.core.phonetic import NEAR_COST, PART_COST, SEPARATOR, SoundIndex, slips, syllables
from asr_qa.core.prompts import Line, find_prompts
from asr_qa.core.recording import Role
from asr_qa.core.segment import union
from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript, Utterance
from asr_qa.errors import AudioError
from asr_qa.pipeline.words import phrases

OPENING_SCRIPT, CLOSING_SCRIPT = phrases("opening"), phrases("closing")
"""What only an agent says at the start and at the end of a call; compared by sound."""
AGENT_WORDS, CUSTOMER_WORDS = phrases("agent"), phrases("customer")
"""What one party says far more often than the other, anywhere in a call."""
POLITELY = phrases("politely")
"""What an agent calls the customer."""

HELLOS = phrases("hello")
"""What who is called answers with."""

OPENING_SECONDS = 40.0
"""How far into the call the opening script is looked for: past a recorded notice and a customer's hello."""
CLOSING_SECONDS = 40.0
"""How far from the last word the closing script is looked for."""

NEAR_FROM = 4
"""Syllables from which a phrase of a script may be slightly misheard: shorter ones sound like too much else."""
SWAPPED_LEAD = 2
"""Phrases by which one side must lead before roles are called swapped: one may be the customer repeating it."""
ROLE_LIMIT = 0.9
"""Below this confidence the roles of two voices are not known: a wrong role blames the wrong person."""

# Weights are log odds, well below what each sort is worth alone (bench_role_words.py): what one party says goes
# together, and some of it is put on the wrong voice.
PER_OPENING = 1.6
"""A script phrase misheard or repeated by the customer is rare: two of them make a role known."""
PER_CLOSING = 1.2
"""Less than an opening phrase: customers wish a nice day, too."""
SCRIPT_MOST = 6.4
"""Four phrases: more tell nothing more."""
PER_WORD = 0.5
"""Either party says any of these words; only many of them tell."""
WORDS_MOST = 1.6
"""Words of one list: alone they do not reach ROLE_LIMIT (0.9 is 2.2 in log odds), as a polite customer says 您 too;
where one voice has an agent's words and the other a customer's, both lists do."""
SPEAKS_FIRST = {"inbound": 1.7, "outbound": 0.0}
"""Who takes a call speaks first: of a call that comes in that is the agent, five times in six; who is called may only
say "hello"."""
HELLO = 4
"""Characters of a "hello?" at most: where one says no more and the other goes on, nobody can be said to begin."""
SPEAKS_FIRST_UNKNOWN = 0.3
"""Where the direction is not known."""
SPEAKS_MORE = 0.3
"""Agents explain: for a share of the talk of two thirds."""


def assign_roles(channels: int, agent_channel: int) -> tuple[Role | None, ...]:
    """Role of each channel: the agent's as configured, the next one the customer's, further ones OTHER.

    A single channel carries both parties, so its role is None whatever is configured.

    Raises:
        AudioError: There are several channels, and the agent's is none of them (no_such_channel).
    """
    if channels < 2:
        return (None,) * channels
    if not 0 <= agent_channel < channels:
        raise AudioError(
            f"there is no channel {agent_channel} for the agent: the recording has {channels} channels, counted from 0 "
            f"(0 to {channels - 1}); correct agent_channel, or say auto",
            reason="no_such_channel",
        )
    customer = next(index for index in range(channels) if index != agent_channel)
    return tuple(
        Role.AGENT if index == agent_channel else Role.CUSTOMER if index == customer else Role.OTHER
        for index in range(channels)
    )


def opening_hits(transcript: Transcript) -> Mapping[Role, int]:
    """How many phrases of the opening script each role says in the first seconds."""
    return {role: _hits(transcript, role) for role in (Role.AGENT, Role.CUSTOMER)}


def roles_swapped(transcript: Transcript) -> bool:
    """Whether the opening script is on the customer's channel and not on the agent's."""
    hits = opening_hits(transcript)
    return hits[Role.CUSTOMER] >= hits[Role.AGENT] + SWAPPED_LEAD


def swap(roles: Sequence[Role | None]) -> tuple[Role | None, ...]:
    """Agent and customer changed over."""
    return tuple(role.opposite if role in (Role.AGENT, Role.CUSTOMER) else role for role in roles)


@dataclass(frozen=True, slots=True)
class RoleDecision:
    """Who of two voices is the agent."""

    swapped: bool
    """Whether it is the one that is called customer so far."""
    confidence: float
    """0.5 to 1."""

    @property
    def known(self) -> bool:
        """Whether rules may rest on it."""
        return self.confidence >= ROLE_LIMIT


def decide_roles(transcript: Transcript, *, direction: str | None = None) -> RoleDecision:
    """Decide which of the two voices of a call is the agent's; agent and customer are only names of them so far.

    Args:
        transcript: What both said.
        direction: "inbound" or "outbound" where known.
    """
    odds = agent_odds(transcript, direction=direction)
    return RoleDecision(odds < 0, 1 / (1 + math.exp(-abs(odds))))


@dataclass(frozen=True, slots=True)
class Sign:
    """One sort of what tells who the agent is."""

    kind: str
    """opening, closing, agent_words, customer_words, speaks_first or speaks_more."""
    odds: float
    """Log odds that what is called the agent is the agent: above 0 for, below against."""


def agent_odds(transcript: Transcript, *, direction: str | None = None) -> float:
    """Log odds that what is called the agent is the agent: above 0 for, below against, 0 where nothing tells."""
    signs = {sign.kind: sign.odds for sign in role_signs(transcript, direction=direction)}
    script = _within(signs.pop("opening", 0.0) + signs.pop("closing", 0.0), SCRIPT_MOST)
    return script + sum(signs.values())


def role_signs(transcript: Transcript, *, direction: str | None = None) -> tuple[Sign, ...]:
    """What tells who the agent is, sort by sort, from where a person answers.

    Args:
        transcript: What both said; agent and customer are only names of the voices so far.
        direction: "inbound" or "outbound" where known.
    """
    start = answered_at(transcript)
    last = max((utterance.end for utterance in transcript.utterances), default=0.0)
    parties = (Role.AGENT, Role.CUSTOMER)
    opening = {role: _said(transcript, role, start=start, end=start + OPENING_SECONDS) for role in parties}
    closing = {role: _said(transcript, role, start=max(start, last - CLOSING_SECONDS)) for role in parties}
    whole = {role: _said(transcript, role, start=start) for role in parties}
    own = PER_WORD * _lead(whole, (*AGENT_WORDS, *POLITELY), often=True)
    theirs = PER_WORD * _lead(whole, CUSTOMER_WORDS, often=True)
    first, more = _pattern([u for u in transcript.utterances if u.start >= start], direction)
    return (
        Sign("opening", PER_OPENING * _lead(opening, OPENING_SCRIPT)),
        Sign("closing", PER_CLOSING * _lead(closing, CLOSING_SCRIPT)),
        Sign("agent_words", _within(own, WORDS_MOST)),
        Sign("customer_words", _within(-theirs, WORDS_MOST)),
        Sign("speaks_first", first),
        Sign("speaks_more", more),
    )


def answered_at(transcript: Transcript) -> float:
    """When automatic prompts are over (seconds), 0 where there are none: a machine has a script, but is no agent."""
    speech = {role: union(u.segment for u in transcript.of(role)) for role in Role}
    duration = max((utterance.end for utterance in transcript.utterances), default=0.0)
    for side in (role for role in Role if speech[role]):
        found = find_prompts(speech, transcript, duration, line=Line(), side=side, options=TimingOptions())
        if found is not None:
            return found.segment.end
    return 0.0


def _pattern(utterances: Sequence[Utterance], direction: str | None) -> tuple[float, float]:
    """What it says who speaks first, and who speaks more."""
    said = [u for u in utterances if u.role is not Role.OTHER]
    talk = {role: sum(len(plain(u.text)) for u in said if u.role is role) for role in (Role.AGENT, Role.CUSTOMER)}
    if not all(talk.values()):
        return 0.0, 0.0
    share = talk[Role.AGENT] / sum(talk.values())
    began = SPEAKS_FIRST.get(direction or "", SPEAKS_FIRST_UNKNOWN) * _first(said)
    return began, _within((share - 0.5) * 6 * SPEAKS_MORE, SPEAKS_MORE)


def _first(said: Sequence[Utterance]) -> int:
    """1 where what is called the agent begins, -1 where the other does, 0 where one says hello to the other."""
    in_order = sorted(said, key=lambda u: u.start)
    begun = next((u for u in in_order if not _is_hello(plain(u.text))), in_order[0])
    if begun.role is not in_order[0].role:
        return 0
    return 1 if begun.role is Role.AGENT else -1


def _is_hello(heard: str) -> bool:
    """Whether somebody only answers; few characters alone may be what is left of a sentence."""
    return len(heard) <= HELLO and bool(find_phrases(heard, HELLOS))


def _lead(said: Mapping[Role, str], phrases: Iterable[str], *, often: bool = False) -> int:
    """By how many phrases the agent leads; with `often` by how many times any of them was said."""
    one, other = (_count(said[role], phrases, often=often, near=not often) for role in (Role.AGENT, Role.CUSTOMER))
    return one - other


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value))


def role_warnings(roles: Sequence[Role | None], transcript: Transcript) -> tuple[CallWarning, ...]:
    """Warnings roles_unknown and swapped_roles."""
    if any(role is None for role in roles):
        message = "one channel carries both parties: rules about one of them are left to a person"
        return (CallWarning(code="roles_unknown", message=message),)
    if roles_swapped(transcript):
        message = "the opening script is on the customer's channel: check which channel is the agent's"
        return (CallWarning(code="swapped_roles", message=message, start=0.0, end=OPENING_SECONDS),)
    return ()


def _hits(transcript: Transcript, role: Role) -> int:
    return _count(_said(transcript, role, end=OPENING_SECONDS), OPENING_SCRIPT)


def _said(transcript: Transcript, role: Role, *, start: float = 0.0, end: float = math.inf) -> str:
    """The words of one role that begin between two moments."""
    return SEPARATOR.join(plain(u.text) for u in transcript.of(role) if start <= u.start < end)


def _count(heard: str, phrases: Iterable[str], *, often: bool = False, near: bool = False) -> int:
    """How many phrases are heard, by sound; with `near` long ones also where they are slightly misheard."""
    found = find_phrases(heard, phrases, near=near)
    return len(found) if often else len({phrase for _, phrase in found})


def find_phrases(heard: str, phrases: Iterable[str], *, near: bool = False) -> list[tuple[int, str]]:
    """Where phrases are heard, by sound, each with its plain form; none overlaps another.

    Args:
        heard: Plain text.
        phrases: What to listen for.
        near: Hear long phrases also where they are slightly misheard.
    """
    found, sounds = [], syllables(heard)
    index = SoundIndex(heard, sounds)
    # The longest first, and what it matched taken out: a phrase within another is no second hit.
    for phrase in sorted(set(map(plain, phrases)), key=lambda text: (-len(text), text)):
        free = _apart(index.find(phrase, syllables(phrase), limit=_slack(phrase) if near else 0), len(phrase))
        found += [(place, phrase) for place in free]
        for place in free:
            heard = heard[:place] + SEPARATOR * len(phrase) + heard[place + len(phrase) :]
        index = SoundIndex(heard, sounds) if free else index
    return found


def _slack(phrase: str) -> int:
    """What a phrase may differ by: near syllables from NEAR_FROM on, one initial or final in every five syllables."""
    return len(phrase) * NEAR_COST + slips(len(phrase)) * PART_COST if len(phrase) >= NEAR_FROM else 0


def _apart(places: Iterable[tuple[int, int]], length: int) -> list[int]:
    """The places that do not overlap one before."""
    found: list[int] = []
    for place, _ in places:
        if not found or place >= found[-1] + length:
            found.append(place)
    return found
