"""Which channel or voice belongs to whom, from the opening script, the closing one, vocabulary and talk pattern."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from asr_qa.core.document import CallWarning
from asr_qa.core.phonetic import NEAR_COST, PART_COST, SEPARATOR, SoundIndex, slips, syllables
from asr_qa.core.recording import Role
from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript
from asr_qa.errors import AudioError
from asr_qa.pipeline.words import phrases

OPENING_SCRIPT, CLOSING_SCRIPT = phrases("opening"), phrases("closing")
"""What only an agent says at the start and at the end of a call; compared by sound."""
AGENT_WORDS, CUSTOMER_WORDS = phrases("agent"), phrases("customer")
"""What one party says far more often than the other, anywhere in a call."""

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

# Weights are log odds. A script phrase misheard or repeated by the customer is rare: two of them make a role known.
PER_OPENING = 1.6
PER_CLOSING = 1.2
"""Less than an opening phrase: customers wish a nice day, too."""
SCRIPT_MOST = 6.4
"""Four phrases: more tell nothing more."""
PER_WORD = 0.35
"""Either party says any of these words; only many of them tell."""
WORDS_MOST = 2.0
"""Words alone do not reach ROLE_LIMIT: 0.9 is 2.2 in log odds."""
SPEAKS_FIRST = {"inbound": 1.7, "outbound": 0.0}
"""Who takes a call speaks first: of a call that comes in that is the agent, five times in six (a "hello?" may come
before); who is called may only say "hello"."""
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


def agent_odds(transcript: Transcript, *, direction: str | None = None) -> float:
    """Log odds that what is called the agent is the agent: above 0 for, below against, 0 where nothing tells."""
    last = max((utterance.end for utterance in transcript.utterances), default=0.0)
    opening = {role: _said(transcript, role, end=OPENING_SECONDS) for role in (Role.AGENT, Role.CUSTOMER)}
    closing = {role: _said(transcript, role, start=last - CLOSING_SECONDS) for role in (Role.AGENT, Role.CUSTOMER)}
    whole = {role: _said(transcript, role) for role in (Role.AGENT, Role.CUSTOMER)}
    script = PER_OPENING * _lead(opening, OPENING_SCRIPT) + PER_CLOSING * _lead(closing, CLOSING_SCRIPT)
    words = PER_WORD * (_lead(whole, AGENT_WORDS, often=True) - _lead(whole, CUSTOMER_WORDS, often=True))
    return _within(script, SCRIPT_MOST) + _within(words, WORDS_MOST) + _pattern(transcript, direction)


def _pattern(transcript: Transcript, direction: str | None) -> float:
    """What it says who speaks first and who speaks more."""
    talk = {role: sum(len(plain(u.text)) for u in transcript.of(role)) for role in (Role.AGENT, Role.CUSTOMER)}
    if not all(talk.values()):
        return 0.0
    first = min(transcript.utterances, key=lambda u: u.start).role
    share = talk[Role.AGENT] / sum(talk.values())
    began = SPEAKS_FIRST.get(direction or "", SPEAKS_FIRST_UNKNOWN) * (1 if first is Role.AGENT else -1)
    return began + _within((share - 0.5) * 6 * SPEAKS_MORE, SPEAKS_MORE)


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
