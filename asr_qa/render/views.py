"""What the report shows, as values that a template can print."""

from __future__ import annotations

from dataclasses import dataclass

from asr_qa.core.finding import Trace
from asr_qa.core.report import CallSummary
from asr_qa.core.review import FlagReason
from asr_qa.render.calls import ReportCall
from asr_qa.render.clipbook import ClipKey, ClipRequest
from asr_qa.render.format import points


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """A place a finding rests on."""

    start: float
    """Seconds."""
    end: float
    time: str
    role: str
    words: str
    """What was heard, measured or missed."""
    said: str
    """What its role said meanwhile, where it is an event."""
    match: str
    """How, in words."""
    kind: str
    """How, as a class: exact, homophone, near, timing, missing."""
    quoted: bool
    """The words were said, so they stand in quotes."""
    whole: bool
    """It is the whole call."""
    clip: ClipKey | None
    same_as: int | None
    """Number of the deduction that already has this clip."""
    more: bool
    """One of many: no player for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A rule's outcome."""

    rule_id: str
    title: str
    severity: str
    verdict: str
    confidence: str
    rationale: str
    evidence: tuple[EvidenceView, ...]
    trace: Trace | None
    because: str = ""
    """Why it came out so, in one sentence with its seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceHintView:
    """A turn whose voice stands out."""

    title: str
    place: EvidenceView
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionView:
    """A criterion that lost points."""

    number: int
    anchor: str
    criterion_id: str
    title: str
    lost: str
    earned: str
    fatal: str
    """What it takes with it, in words."""
    level: str
    """Anchor of the level reached, of a graded criterion."""
    findings: tuple[FindingView, ...]
    time: str
    """When it is: the first place, or the stretch searched in vain; "" where nothing has a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One criterion of the score sheet."""

    title: str
    verdict: str
    points: str
    source: str
    rules: tuple[str, ...]
    basis: str
    """Where it was heard."""
    guidance: str
    number: int | None
    """The deduction it is."""
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One section of the score sheet."""

    title: str
    earned: float | None
    most: float
    lines: tuple[LineView, ...]

    @property
    def points(self) -> str:
        """Earned of assessed points."""
        return "" if self.earned is None else f"{points(self.earned)} / {points(self.most)}"

    @property
    def share(self) -> float:
        """Share earned, 0 to 1."""
        return (self.earned or 0.0) / self.most if self.most else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceView:
    """One line of the transcript."""

    role: str
    start: float
    time: str
    text: str
    heard: bool
    numbers: tuple[int, ...]
    """Deductions that rest on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A verdict that is not the expected one."""

    rule_id: str
    title: str
    truth: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Verdicts against what is known to be true."""

    same: int
    total: int
    differences: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """Everything the report shows of a call."""

    number: int
    anchor: str
    name: str
    call: ReportCall
    flag: FlagReason | None
    deductions: tuple[DeductionView, ...]
    hints: tuple[FindingView, ...]
    voices: tuple[VoiceHintView, ...]
    sections: tuple[SectionView, ...]
    waiting: tuple[str, ...]
    utterances: tuple[UtteranceView, ...]
    agreement: Agreement | None
    summary: CallSummary
    requests: tuple[ClipRequest, ...]
