"""From a file and what its manifest row says to a Recording."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from asr_qa.core.recording import Recording, Role
from asr_qa.errors import AudioError
from asr_qa.pipeline.ports import AudioInfo
from asr_qa.pipeline.roles import assign_roles
from asr_qa.pipeline.store import REQUEST

ID_LENGTH = 24
"""Hexadecimal digits of the sha256 that make the id: 96 bits."""

_REQUEST_LENGTH = 12
"""Hexadecimal digits of each half of a request."""


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

    @property
    def known(self) -> int:
        """How many things are said of the call; 0 where there is no manifest row."""
        said = {name: value for name, value in asdict(self).items() if name != "metadata"}
        return sum(value is not None for value in said.values()) + len(self.metadata)

    def channel(self, configured: int) -> int:
        """Channel of the agent, -1 to find it: as the row says, else as configured."""
        return configured if self.agent_channel is None else self.agent_channel


def request_digest(details: CallDetails, *, agent_channel: int, language: str, direction: str | None) -> str:
    """Digest of everything asked for that bears on a result besides models and rules.

    One half for the settings; where a manifest row says anything, "+" and a second half for the row. So it can be
    told from the digest alone whether a row spoke, and under which settings.
    """
    settings = _digest([agent_channel, language, direction])
    return f"{settings}+{_digest(asdict(details))}" if details.known else settings


def settings_half(request: str) -> str:
    """The part of a request that is not about the manifest row."""
    return request.partition("+")[0]


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_REQUEST_LENGTH]


def describe(
    info: AudioInfo, details: CallDetails, *, agent_channel: int, language: str, direction: str | None = None
) -> Recording:
    """The recording that a file is, before anything in it was heard.

    Args:
        info: What its header says.
        details: What its manifest row says.
        agent_channel: Channel of the agent where the row names none; -1 finds it from the opening script.
        language: Language spoken where the row names none.
        direction: Direction of the call where the row names none.

    Raises:
        AudioError: The recording has several channels, and the agent's is none of them.
    """
    request = request_digest(details, agent_channel=agent_channel, language=language, direction=direction)
    return Recording(
        id=info.sha256[:ID_LENGTH],
        path=str(Path(info.path).resolve()),
        sha256=info.sha256,
        duration=info.duration,
        sample_rate=info.sample_rate,
        channels=info.channels,
        role_by_channel=_roles(info, details.channel(agent_channel)),
        started_at=details.started_at,
        direction=details.direction or direction,
        queue=details.queue,
        agent_id=details.agent_id,
        team=details.team,
        customer_id=details.customer_id,
        case_id=details.case_id,
        ring_seconds=details.ring_seconds,
        metadata={"language": language, **details.metadata, REQUEST: request},
    )


def _roles(info: AudioInfo, agent_channel: int) -> tuple[Role | None, ...]:
    try:
        # Until the opening script is heard the first channel is as good as any.
        return assign_roles(info.channels, max(agent_channel, 0))
    except AudioError as exc:
        raise AudioError(f"{info.path}: {exc}", reason=exc.reason) from exc
