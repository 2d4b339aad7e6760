"""What a report is made of: calls, and what is known to be true of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.segment import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCall:
    """One call of a report."""

    document: CallDocument
    expected: Mapping[str, Verdict] | None = None
    """Rule id -> verdict a careful person would give, where that is known (sample calls)."""
    label: str | None = None
    """A name for the call in place of its file's."""
    muted: Track = ()
    """What is not to be heard of it, in seconds."""


AudioSource = Callable[[ReportCall, float, float], bytes | None]
"""(call, start, end in seconds) -> an audio file of what is heard there, or None where there is none."""
