"""From a file and what its manifest row says to a Recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from asr_qa.core.recording import Recording
from asr_qa.pipeline.ports import AudioInfo
from asr_qa.pipeline.roles import assign_roles

ID_LENGTH = 24
"""Hexadecimal digits of the sha256 that make the id: 96 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetails:
    """What is known of a call besides its audio; fields as in Recording."""

    started_at: str | None = None
    direction: str | None = None
    queue: str | None = None
    agent_id: str | None = None
    team: str | None = None
    customer_id: str | None = None
    case_id: str | None = None
    ring_seconds: float | None = None
    agent_channel: int | None = None
    """Channel of the agent where it is not the configured one; -1 finds it from the opening script."""
    metadata: dict[str, str] = field(default_factory=dict)


def describe(
    info: AudioInfo, details: CallDetails, *, agent_channel: int, language: str, direction: str | None = None
) -> Recording:
    """The recording that a file is, before anything in it was heard.

    Args:
        info: What its header says.
        details: What its manifest row says.
        agent_channel: Channel of the agent.
        language: Language spoken where the row names none.
        direction: Direction of the call where the row names none.
    """
    return Recording(
        id=info.sha256[:ID_LENGTH],
        path=str(Path(info.path).resolve()),
        sha256=info.sha256,
        duration=info.duration,
        sample_rate=info.sample_rate,
        channels=info.channels,
        role_by_channel=assign_roles(info.channels, agent_channel),
        started_at=details.started_at,
        direction=details.direction or direction,
        queue=details.queue,
        agent_id=details.agent_id,
        team=details.team,
        customer_id=details.customer_id,
        case_id=details.case_id,
        ring_seconds=details.ring_seconds,
        metadata={"language": language, **details.metadata},
    )
