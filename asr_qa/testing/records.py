"""What the store in memory keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Recording
from asr_qa.pipeline.documents import from_json
from asr_qa.pipeline.store import CallState


@dataclass
class Version:
    """One version of a document."""

    id: int
    call_id: str
    number: int
    stamp: str
    body: str
    flag: str | None
    severities: dict[str, str]
    created_at: datetime

    @property
    def document(self) -> CallDocument:
        """As it comes back from JSON."""
        return from_json(self.body)


@dataclass
class Call:
    """A recording and what became of it."""

    id: str
    sequence: int
    path: str
    recording: Recording | None
    registered_at: datetime
    state: CallState = CallState.PENDING
    attempts: int = 0
    failure: tuple[str | None, str | None] = (None, None)
    claim: tuple[str, datetime] | None = None
    other_paths: list[str] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    current: Version | None = None
