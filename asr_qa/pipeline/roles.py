"""Which channel belongs to whom, and what the opening script says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asr_qa.core.document import CallWarning
from asr_qa.core.phonetic import syllables
from asr_qa.core.recording import Role
from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript
from asr_qa.errors import AudioError

OPENING_SCRIPT = (
    "欢迎致电",
    "很高兴为您服务",
    "为您服务",
    "请问有什么可以帮您",
    "有什么可以帮您",
    "客服中心",
    "工号",
    "通话将被录音",
)
"""What only an agent says at the start of a call; compared by sound."""

OPENING_SECONDS = 40.0
"""How far into the call the opening script is looked for."""

_SURE = 2
"""Phrases by which one side must lead before roles are called swapped."""


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
    return hits[Role.CUSTOMER] >= hits[Role.AGENT] + _SURE


def swap(roles: Sequence[Role | None]) -> tuple[Role | None, ...]:
    """Agent and customer changed over."""
    return tuple(role.opposite if role in (Role.AGENT, Role.CUSTOMER) else role for role in roles)


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
    said = "".join(u.text for u in transcript.of(role) if u.start < OPENING_SECONDS)
    heard, hits = _sounds(said), 0
    # The longest first, and what it matched taken out: a phrase within another is no second hit.
    for phrase in sorted(map(_sounds, OPENING_SCRIPT), key=len, reverse=True):
        hits += phrase in heard
        heard = heard.replace(phrase, "|")
    return hits


def _sounds(text: str) -> str:
    return "".join(f"-{syllable}-" for syllable in syllables(plain(text)))
