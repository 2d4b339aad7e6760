"""Builders of values, a clock that stands still and a transcriber that hears what it was told."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from asr_qa.core.document import CallDocument, CallWarning, Models
from asr_qa.core.finding import Evidence, Finding, Match, Verdict
from asr_qa.core.metrics import CallMetrics, Latency, PerRole
from asr_qa.core.recording import Recording, Role
from asr_qa.core.scorecard import CriterionResult, ScoreSheet, SectionResult
from asr_qa.core.transcript import Transcript, Utterance, Word
from asr_qa.pipeline.ports import OnHeard, SpokenChannel

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Where FixedClock begins."""


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        """The moment it stands at."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move on, and give the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now


class ScriptedTranscriber:
    """A transcriber that hears what it was told: (role, start, end, text), as far as there is speech."""

    def __init__(self, lines: Sequence[tuple[Role, float, float, str]], *, name: str = "scripted") -> None:
        self._lines = tuple(lines)
        self._name = name
        self.calls: list[tuple[Role, ...]] = []
        """The roles asked for in each call."""

    @property
    def name(self) -> str:
        """Stamped on documents."""
        return self._name

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        """The lines of the roles given that lie in their speech."""
        self.calls.append(tuple(channel.role for channel in channels))
        said = [
            make_utterance(role, start, end, text)
            for channel in channels
            for role, start, end, text in self._lines
            if role is channel.role and any(part.start < end and start < part.end for part in channel.speech)
        ]
        ordered = tuple(sorted(said, key=lambda utterance: utterance.start))
        if heard and ordered:
            heard(ordered, ordered[-1].end)
        return Transcript(utterances=ordered, model=self._name, language=language)


def make_recording(number: int = 1, **changes: object) -> Recording:
    """A recording of its own for every number."""
    sha256 = hashlib.sha256(f"recording {number}".encode()).hexdigest()
    recording = Recording(
        id=sha256[:16],
        path=f"/calls/{number:04d}.wav",
        sha256=sha256,
        duration=60.0,
        sample_rate=8000,
        channels=2,
        role_by_channel=(Role.AGENT, Role.CUSTOMER),
        started_at=(START + timedelta(minutes=number)).isoformat(),
        direction="inbound",
        queue="orders",
        agent_id="A1",
        team="north",
        metadata={"language": "zh"},
    )
    return replace(recording, **changes)  # type: ignore[arg-type]


def make_utterance(role: Role, start: float, end: float, text: str) -> Utterance:
    """An utterance whose words are its characters, evenly spread."""
    step = (end - start) / max(1, len(text))
    # To the millisecond, as documents are stored: what is read back is then equal.
    times = [round(start + i * step, 3) for i in range(len(text) + 1)]
    words = tuple(Word(char, times[i], times[i + 1], 0.9) for i, char in enumerate(text))
    return Utterance(role, start, end, text, text, 0.9, words=words)


def make_finding(
    rule_id: str, verdict: Verdict = Verdict.MET, *, at: float | None = 2.0, text: str = "您好"
) -> Finding:
    """A finding with one piece of evidence at `at` seconds, or none."""
    evidence = () if at is None else (Evidence(Role.AGENT, at, at + 1.5, text, Match.EXACT),)
    return Finding(rule_id, "1", verdict, 0.9, evidence)


def make_line(criterion_id: str, verdict: Verdict = Verdict.MET, *, max_points: float = 10.0) -> CriterionResult:
    """A line with all points, none, or unknown ones, as the verdict says."""
    points = {Verdict.MET: max_points, Verdict.NOT_MET: 0.0}.get(verdict)
    return CriterionResult(
        id=criterion_id, points=points, max_points=max_points, verdict=verdict, source="auto", finding_ids=()
    )


def make_sheet(lines: Sequence[CriterionResult], *, fatal: bool = False, points: float | None = None) -> ScoreSheet:
    """A sheet of one section over the lines; points in percent of those assessed unless given."""
    assessed = [line for line in lines if line.points is not None]
    most = sum(line.max_points for line in assessed)
    earned = sum(line.points or 0.0 for line in assessed)
    share = len(assessed) / len(lines) if lines else 0.0
    total = points if points is not None else (round(100 * earned / most, 2) if most else None)
    return ScoreSheet(
        scorecard="inbound",
        version="1",
        points=total,
        max_points=100.0,
        assessed_share=share,
        fatal=fatal,
        sections=(SectionResult(id="service", points=earned if assessed else None, max_points=most),),
        criteria=tuple(lines),
    )


def make_metrics(duration: float = 60.0) -> CallMetrics:
    """Figures of a call in which little happened."""
    none = PerRole(agent=0, customer=0)
    return CallMetrics(
        duration=duration,
        speech_seconds=PerRole(agent=20.0, customer=15.0),
        talk_ratio=0.571429,
        silence_seconds=0.0,
        silence_share=0.0,
        longest_silence=0.0,
        dead_air_seconds=0.0,
        dead_air_count=0,
        hold_seconds=0.0,
        overlap_seconds=0.0,
        interruptions=none,
        talk_overs=none,
        backchannels=none,
        response_latency=Latency(median=0.8, worst=1.5),
        first_response=1.0,
        characters_per_minute=PerRole(agent=220.0, customer=200.0),
        longest_monologue=PerRole(agent=10.0, customer=8.0),
        turns=PerRole(agent=3, customer=3),
    )


def make_models(**changes: str) -> Models:
    """Models of a document."""
    models = Models(
        asr="replay", vad="scripted", diarization=None, ruleset_digest="r1", scorecard="inbound@1", version="0"
    )
    return replace(models, **changes)


def make_document(
    recording: Recording | None = None,
    *,
    findings: Sequence[Finding] = (),
    sheet: ScoreSheet | None = None,
    models: Models | None = None,
    warnings: Sequence[CallWarning] = (),
) -> CallDocument:
    """A document whose sheet has one line a finding, unless another sheet is given."""
    found = tuple(findings) or (make_finding("OPEN-001"),)
    lines = [replace(make_line(f.rule_id.lower(), f.verdict), finding_ids=(f.rule_id,)) for f in found]
    return CallDocument(
        recording=recording or make_recording(),
        models=models or make_models(),
        utterances=(
            make_utterance(Role.AGENT, 1.0, 3.0, "您好欢迎致电"),
            make_utterance(Role.CUSTOMER, 4.0, 6.0, "我想查订单"),
        ),
        events=(),
        metrics=make_metrics(),
        findings=found,
        score_sheet=sheet or make_sheet(lines),
        warnings=tuple(warnings),
    )
