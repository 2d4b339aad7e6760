"""Shapes of requests and answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from asr_qa.api.present import Remark, present_path
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.review import MAX_COMMENT, Cause, DecisionKind
from asr_qa.core.rule import Severity
from asr_qa.core.scorecard import CriterionResult, ScoreSheet
from asr_qa.pipeline.review import ReviewLine, ReviewView
from asr_qa.pipeline.store import CallFilters, CallState, CallSummary, DecisionEntry
from asr_qa.pipeline.tokens import Principal


def _to_moment(value: object) -> object:
    """A date is its first moment, a time without offset is UTC; the rest is left to pydantic to refuse."""
    if not isinstance(value, str):
        return value
    try:
        moment = (
            datetime.combine(date.fromisoformat(value), time()) if len(value) == 10 else datetime.fromisoformat(value)
        )
    except ValueError:
        return value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _to_utc(moment: datetime) -> datetime:
    try:
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("no such time in UTC") from exc


Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Moment = Annotated[datetime, BeforeValidator(_to_moment), AfterValidator(_to_utc)]
Points = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class Shape(BaseModel):
    """Base of what is sent: field docstrings become descriptions."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class CallQuery(BaseModel):
    """Filters of the list of calls; a name that is unknown is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    flagged: bool | None = None
    """Only calls that a person should look at, or only others."""
    agent: Text | None = None
    queue: Text | None = None
    team: Text | None = None
    direction: Literal["inbound", "outbound"] | None = None
    rule: Text | None = None
    """Calls with a finding of this rule; with `severity` and `verdict` one finding has to fulfil all of them."""
    severity: Severity | None = None
    verdict: Verdict | None = None
    """not_met where only rule or severity is given."""
    min_points: Points | None = None
    max_points: Points | None = None
    since: Moment | None = None
    """Calls that happened at or after this: a date or a time, UTC where it has no offset."""
    until: Moment | None = None
    """Calls that happened before this."""
    state: CallState | None = None
    q: Text | None = None
    """Part of the file path, or of agent, customer or case id."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Text | None = None
    """next_cursor of the page before."""

    def filters(self) -> CallFilters:
        """The filters for the store."""
        return CallFilters(
            flagged=self.flagged,
            agent=self.agent,
            queue=self.queue,
            team=self.team,
            direction=self.direction,
            rule=self.rule,
            severity=self.severity.value if self.severity else None,
            verdict=self.verdict,
            min_points=self.min_points,
            max_points=self.max_points,
            since=self.since,
            until=self.until,
            state=self.state,
            text=self.q,
        )


class CallRow(Shape):
    """One call in a list."""

    id: str
    path: str
    """File name; with folders for role admin."""
    state: CallState
    registered_at: datetime
    happened_at: datetime
    """When the call began, or where that is unknown when it was registered."""
    duration: float | None
    """Seconds."""
    started_at: str | None
    direction: str | None
    queue: str | None
    agent_id: str | None
    team: str | None
    customer_id: str | None
    case_id: str | None
    attempts: int
    failure_code: str | None
    failure_reason: str | None
    version: int | None
    """Version of the current document, from 1."""
    scorecard: str | None
    points: float | None
    max_points: float | None
    fatal: bool | None
    flagged: bool
    flag_reason: str | None
    """fatal, below_pass_mark, major_not_met or undetermined."""
    review_state: str | None
    """open or released; null where nobody has begun."""
    reviewed_version: int | None
    """Newest version that somebody has begun to review; below `version` where the call was scored again since."""

    @classmethod
    def of(cls, call: CallSummary, principal: Principal) -> CallRow:
        """A call as this user may see it."""
        row = asdict(call)
        reason = call.failure_reason
        if reason:
            # Reasons name the file; its folders are not for everybody.
            row["failure_reason"] = reason.replace(call.path, present_path(call.path, principal))
        return cls.model_validate(row | {"path": present_path(call.path, principal)})


class CallPage(Shape):
    """Some calls, newest registration first."""

    calls: list[CallRow]
    next_cursor: str | None
    """Give this as cursor for the next page; null on the last one."""


class CallAnswer(Shape):
    """One call with its document."""

    call: CallRow
    document: CallDocument | None
    """The current document; null while the call has not been scored."""


class DecisionIn(BaseModel):
    """A decision on one criterion."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    decision: Literal["confirm", "override"]
    verdict: Literal[Verdict.MET, Verdict.NOT_MET, Verdict.NOT_APPLICABLE] | None = None
    """For an override."""
    points: Points | None = None
    """For an override; left out, they follow from the verdict."""
    cause: Cause | None = None
    """Why the machine was wrong; an override of what it had determined needs one."""
    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT, pattern=r"^[^\x00]*$")] = ""


class DecisionOut(Shape):
    """A decision as recorded."""

    verdict: Verdict
    points: float | None
    cause: Cause | None
    comment: str
    reviewer: str
    decided_at: datetime

    @classmethod
    def of(cls, entry: DecisionEntry, show: Remark) -> DecisionOut:
        """A recorded decision, its comment as the reader may see it."""
        decision = entry.decision
        return cls(
            verdict=decision.verdict,
            points=decision.points,
            cause=decision.cause,
            comment=show(decision.comment),
            reviewer=entry.reviewer,
            decided_at=entry.decided_at,
        )


class ReviewLineOut(Shape):
    """One criterion: the machine's line, and a person's decision beside it."""

    machine: CriterionResult
    decision: DecisionOut | None
    """The one in force."""
    kind: DecisionKind | None
    """confirm, override, or assess where the machine left the criterion open."""
    history: list[DecisionOut]

    @classmethod
    def of(cls, line: ReviewLine, show: Remark) -> ReviewLineOut:
        """A line of a review."""
        return cls(
            machine=line.machine,
            decision=DecisionOut.of(line.entry, show) if line.entry else None,
            kind=line.kind,
            history=[DecisionOut.of(entry, show) for entry in line.history],
        )


class ReviewOut(Shape):
    """The review of a call's current document."""

    call_id: str
    version: int
    """Version of the document reviewed."""
    state: str | None
    """open, released, or null where nobody has begun."""
    reviewed_version: int | None
    """Newest version that has a review; below `version` where the call was scored again since."""
    reviewer: str | None
    revision: int
    """Grows with every change; 0 before the beginning. The ETag follows it."""
    started_at: datetime | None
    changed_at: datetime | None
    criteria: list[ReviewLineOut]
    open_criteria: list[str]
    """Criteria that the machine left open and nobody has decided."""
    machine_sheet: ScoreSheet
    human_sheet: ScoreSheet | None
    """The sheet with the decisions in force; null where the scorecard of that version is not at hand."""
    human_sheet_missing: str | None = None
    """Why there is none, and what to do."""

    @classmethod
    def of(cls, view: ReviewView, show: Remark) -> ReviewOut:
        """A review as it stands, its comments as the reader may see them."""
        review, machine = view.review, view.machine_sheet
        missing = None if view.human_sheet else _card_missing(machine.label)
        return cls(
            call_id=view.call.summary.id,
            version=view.call.summary.version or 0,
            state=review.state.value if review else None,
            reviewed_version=view.call.summary.reviewed_version,
            reviewer=review.reviewer if review else None,
            revision=review.revision if review else 0,
            started_at=review.started_at if review else None,
            changed_at=review.changed_at if review else None,
            criteria=[ReviewLineOut.of(line, show) for line in view.lines],
            open_criteria=list(view.open_criteria),
            machine_sheet=view.machine_sheet,
            human_sheet=view.human_sheet,
            human_sheet_missing=missing,
        )


def _card_missing(label: str) -> str:
    """Why decisions on a card are not counted together, and what to do."""
    return (
        f"scorecard {label} is not among those of the rules that the server works with: put its file back (retired, "
        "where nothing is to be scored on it any more), or serve with the ASR_QA_RULES_DIR that has it"
    )


class RuleOut(Shape):
    """One rule."""

    id: str
    name: str
    title: dict[str, str]
    """By language: zh, en."""
    severity: str
    error_class: str
    status: str
    polarity: str
    """require or forbid."""
    pack: str
    rationale: str
    false_positives: list[str]
    assisted: bool
    """A hint for the reviewer rather than a verdict to rely on."""
    version: str
    """Digest of its content."""


class RulesOut(Shape):
    """The rules in force."""

    digest: str
    """As stamped on documents (models.ruleset_digest)."""
    rules: list[RuleOut]


class DefinitionOut(Shape):
    """How one figure is defined."""

    id: str
    definition: str
    """Id with its parameters, as events carry it."""
    text: dict[str, str]
    """By language: zh, en."""


class DefinitionsOut(Shape):
    """How time is measured."""

    options: dict[str, float]
    """Every parameter; seconds, except backchannel_confidence (0 to 1)."""
    definitions: list[DefinitionOut]
    figures: dict[str, str]
    """Id of the definition that each figure of a document's metrics is measured by."""


class PatternOut(Shape):
    """An error that recurs in a group of calls."""

    group: dict[str, str | None]
    """Dimension and value, in the order asked for; null where the call does not say."""
    title: str | None
    """Title of the rule, where grouped by rule."""
    calls: int
    """Calls with the error."""
    assessed: int
    """Calls in which it could be told: the n of the rate."""
    hits: int
    rate: float
    low: float
    """Lower bound of the 95 % interval."""
    high: float
    ranked: bool
    """Enough calls to compare with others."""
    recordings: list[str]
    """Ids of up to 50 calls with the error."""


class ErrorReport(Shape):
    """Error patterns of a period."""

    by: list[str]
    since: datetime | None
    until: datetime | None
    calls: int
    """Calls looked at."""
    patterns: list[PatternOut]


class Health(Shape):
    """Whether the service lives."""

    status: Literal["ok"]
    version: str
