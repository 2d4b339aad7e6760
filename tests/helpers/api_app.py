"""An application over a store with a handful of calls, and clients with tokens of every role."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Criterion, Kind, Level, Scorecard, Section, Source, score
from asr_qa.pipeline.store import Store
from asr_qa.pipeline.tokens import issue_token
from asr_qa.ruleset.loader import parse_rules
from asr_qa.server import create_app
from asr_qa.testing import FixedClock, make_document, make_finding, make_recording

RULES = """
rules:
  - id: OPEN-001
    name: opening.greeting
    title: {zh: 开场问候, en: Greeting}
    status: stable
    severity: minor
    class: customer
    require: {phrase: {any_of: [您好]}, role: agent}
    rationale: 礼貌
  - id: COMP-003
    name: compliance.recording_notice
    title: {zh: 告知录音, en: Recording notice}
    status: stable
    severity: major
    class: compliance
    require: {phrase: {any_of: [本次通话将被录音]}, role: agent}
    rationale: 监管要求
"""
SEVERITIES = {"OPEN-001": "minor", "COMP-003": "major"}

CARD = Scorecard(
    id="inbound",
    version="1",
    title={"zh": "呼入", "en": "Inbound"},
    sections=(
        Section(
            id="service",
            title={"zh": "服务", "en": "Service"},
            criteria=(
                Criterion(id="greeting", title={}, points=40.0, rules=("OPEN-001",)),
                Criterion(id="notice", title={}, points=40.0, rules=("COMP-003",)),
                Criterion(
                    id="empathy",
                    title={},
                    points=20.0,
                    kind=Kind.GRADED,
                    source=Source.MANUAL,
                    levels=(Level(points=20.0, anchor="真诚"), Level(points=8.0, anchor="机械")),
                ),
            ),
        ),
    ),
    pass_points=60.0,
)


@dataclass
class Api:
    """The application and what it works with."""

    app: FastAPI
    store: Store
    clock: FixedClock
    folder: Path
    documents: list[CallDocument] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, role: str, *, agent_id: str | None = None, **options: object) -> str:
        """A token of that role."""
        name = f"{role}-{len(self.tokens)}"
        agent = agent_id or ("A1" if role == "agent" else None)
        token, _ = issue_token(self.store, name, role=role, now=self.clock.now(), agent_id=agent, **options)  # type: ignore[arg-type]
        self.tokens[name] = token
        return token

    def client(self, role: str | None = "lead", **options: object) -> TestClient:
        """A client with a token of that role, or without one."""
        headers = {"Authorization": f"Bearer {self.token(role, **options)}"} if role else {}  # type: ignore[arg-type]
        return TestClient(self.app, base_url="http://localhost", headers=headers, raise_server_exceptions=False)

    def add_call(self, number: int, *, notice: Verdict = Verdict.MET, **changes: object) -> CallDocument:
        """A scored call with audio of 1000 + number bytes."""
        path = self.folder / f"{number:04d}.wav"
        path.write_bytes(b"RIFF" + bytes(i % 251 for i in range(996 + number)))
        recording = make_recording(number, path=str(path), **changes)
        findings = [make_finding("OPEN-001"), make_finding("COMP-003", notice, at=12.5)]
        document = make_document(recording, findings=findings, sheet=score(CARD, findings))
        now = self.clock.now()
        self.store.save_document(document, severities=SEVERITIES, now=now, pass_mark=CARD.pass_points)
        self.documents.append(document)
        return document


def build_app(store: Store, clock: FixedClock, **options: object) -> FastAPI:
    ruleset: Ruleset = parse_rules(RULES).ruleset
    return create_app(store=store, clock=clock, ruleset=ruleset, scorecards={CARD.label: CARD}, **options)  # type: ignore[arg-type]
