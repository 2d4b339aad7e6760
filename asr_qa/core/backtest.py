"""The same calls judged twice: which verdicts flip, whose sheets move, and whether people would now agree.

`compare` reduces one call to what differs; a `Tally` counts calls and is added to other tallies, so that workers count
apart. Counting does not depend on the order of the calls; examples are those with the smallest call ids, which are
digests of audio: a sample without preference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asr_qa.core.confusion import Confusion, Rests, confusions
from asr_qa.core.counts import Counts
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.recording import Recording
from asr_qa.core.scorecard import ScoreSheet

Change = tuple[Verdict | None, Verdict | None]
"""A verdict before and after; None where the rule gave none."""

MOVED = 0.005
"""Points below which a sheet has not moved: a hundredth is the least that is shown."""
SHOWN_TEXT = 80
"""Characters of evidence that an example shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a finding rests on, in short."""

    start: float
    """Seconds."""
    role: str | None
    text: str
    match: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A rule that comes out otherwise in a call."""

    rule_id: str
    before: Verdict | None
    after: Verdict | None
    was: Place | None
    """First evidence before."""
    now: Place | None
    """First evidence after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRef:
    """Enough of a call to find it again."""

    id: str
    path: str
    agent: str | None
    queue: str | None
    started_at: str | None

    @classmethod
    def of(cls, recording: Recording) -> CallRef:
        """The call of a recording."""
        return cls(
            id=recording.id,
            path=recording.path,
            agent=recording.agent_id,
            queue=recording.queue,
            started_at=recording.started_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How a call came out on one side of the comparison."""

    findings: Mapping[str, Finding]
    """By rule id."""
    sheet: ScoreSheet

    @classmethod
    def of(cls, findings: Iterable[Finding], sheet: ScoreSheet) -> Side:
        """Findings and sheet as they are compared."""
        return cls(findings={finding.rule_id: finding for finding in findings}, sheet=sheet)

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Verdict by rule id."""
        return {rule: finding.verdict for rule, finding in self.findings.items()}

    @property
    def criteria(self) -> dict[str, Verdict]:
        """Verdict by criterion."""
        return {line.id: line.verdict for line in self.sheet.criteria}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One call, before and after."""

    call: CallRef
    before: Side
    after: Side
    human: Mapping[str, Verdict] = field(default_factory=dict)
    """What people decided, by criterion."""

    @property
    def flips(self) -> tuple[Flip, ...]:
        """Rules that come out otherwise, and new ones that fail, in order of id."""
        was, now = self.before.findings, self.after.findings
        return tuple(
            Flip(rule_id=rule, before=_verdict(was, rule), after=_verdict(now, rule), was=one, now=other)
            for rule in sorted({*was, *now})
            if _tells(_verdict(was, rule), _verdict(now, rule))
            for one, other in [(_place(was.get(rule)), _place(now.get(rule)))]
        )

    @property
    def move(self) -> float | None:
        """Points after less points before; None where one of them has no total."""
        one, other = self.before.sheet.points, self.after.sheet.points
        return None if one is None or other is None else other - one


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A call in which a rule flips."""

    call: CallRef
    flip: Flip
    human: Verdict | None
    """What people decided of a criterion that rests on the rule alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A sheet that moves."""

    call: CallRef
    before: float | None
    after: float | None
    fatal_before: bool
    fatal_after: bool
    rules: tuple[str, ...]
    """Rules that flip in the call."""

    @property
    def points(self) -> float:
        """How far; 0 where there is no total before or after."""
        return 0.0 if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTally(Counts):
    """Sheets of one agent; they add up."""

    calls: int = 0
    totals: int = 0
    """Calls with a total before and after: those the sums are over."""
    before: float = 0.0
    """Sum of points."""
    after: float = 0.0
    moved: int = 0
    fatal_before: int = 0
    fatal_after: int = 0


Examples = dict[tuple[str, Verdict | None, Verdict | None], list[Example]]


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts over calls judged twice."""

    keep: int = 5
    """Examples kept for each change of a rule, and largest moves kept each way."""
    rests_before: Mapping[str, Rests] = field(default_factory=dict)
    """The rules behind each criterion, by the card's "id@version"."""
    rests_after: Mapping[str, Rests] = field(default_factory=dict)
    calls: int = 0
    reviewed: int = 0
    """Calls that people have decided something about."""
    verdicts: dict[str, Counter[Change]] = field(default_factory=lambda: defaultdict(Counter))
    """Per rule its verdicts before and after, those that stay among them."""
    moves: Counter[float] = field(default_factory=Counter)
    """Points moved, in hundredths, of calls with a total before and after."""
    totals: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    """Whether there is a total before and after."""
    fatal: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    agents: dict[str | None, AgentTally] = field(default_factory=lambda: defaultdict(AgentTally))
    accuracy_before: dict[str, Confusion] = field(default_factory=dict)
    """Per rule, against what people decided."""
    accuracy_after: dict[str, Confusion] = field(default_factory=dict)
    agreement: dict[tuple[str, str], Counter[tuple[bool, bool]]] = field(default_factory=lambda: defaultdict(Counter))
    """Per card and criterion: whether the machine agreed with people before, and whether it does after."""
    cards: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls by their card before and after, as "id@version"."""
    examples: Examples = field(default_factory=dict)
    up: list[Move] = field(default_factory=list)
    down: list[Move] = field(default_factory=list)
    fatal_moves: list[Move] = field(default_factory=list)
    """Calls that become fatal or cease to be."""

    def add(self, one: Compared) -> None:
        """Count a call."""
        self.calls += 1
        was, now = one.before.verdicts, one.after.verdicts
        for rule in was.keys() | now.keys():
            self.verdicts[rule][was.get(rule), now.get(rule)] += 1
        flips = one.flips
        self._count_sheet(one, tuple(flip.rule_id for flip in flips))
        if one.human:
            self._count_human(one, was, now)
        for flip in flips:
            self._keep_example(Example(call=one.call, flip=flip, human=self._decided(one, flip.rule_id)))

    def merge(self, other: Tally) -> None:
        """Add the calls of another tally of the same comparison."""
        self.calls += other.calls
        self.reviewed += other.reviewed
        for rule, changes in other.verdicts.items():
            self.verdicts[rule] += changes
        self.moves += other.moves
        self.totals += other.totals
        self.fatal += other.fatal
        self.cards += other.cards
        for agent, sheets in other.agents.items():
            self.agents[agent] += sheets
        _add_all(self.accuracy_before, other.accuracy_before.items())
        _add_all(self.accuracy_after, other.accuracy_after.items())
        for criterion, counts in other.agreement.items():
            self.agreement[criterion] += counts
        for examples in other.examples.values():
            for example in examples:
                self._keep_example(example)
        self._keep_moves([*other.up, *other.down, *other.fatal_moves])

    def _count_sheet(self, one: Compared, rules: tuple[str, ...]) -> None:
        was, now, moved = one.before.sheet, one.after.sheet, one.move
        self.cards[was.label, now.label] += 1
        self.totals[was.points is not None, now.points is not None] += 1
        self.fatal[was.fatal, now.fatal] += 1
        self.agents[one.call.agent] += AgentTally(calls=1, fatal_before=int(was.fatal), fatal_after=int(now.fatal))
        has_moved = moved is not None and abs(moved) >= MOVED
        if moved is not None:
            self.moves[round(moved, 2) + 0.0] += 1
            self.agents[one.call.agent] += AgentTally(
                totals=1, before=was.points or 0.0, after=now.points or 0.0, moved=int(has_moved)
            )
        if has_moved or was.fatal is not now.fatal:
            move = Move(
                call=one.call,
                before=was.points,
                after=now.points,
                fatal_before=was.fatal,
                fatal_after=now.fatal,
                rules=rules,
            )
            self._keep_moves([move])

    def _count_human(self, one: Compared, was: Mapping[str, Verdict], now: Mapping[str, Verdict]) -> None:
        self.reviewed += 1
        rests_before, rests_after = self._rests(one)
        _add_all(self.accuracy_before, confusions(one.human, rests_before, was))
        _add_all(self.accuracy_after, confusions(one.human, rests_after, now))
        before, after = one.before.criteria, one.after.criteria
        for criterion, decided in one.human.items():
            if criterion in before and criterion in after:
                self.agreement[one.after.sheet.scorecard, criterion][
                    before[criterion] is decided, after[criterion] is decided
                ] += 1

    def _rests(self, one: Compared) -> tuple[Rests, Rests]:
        """The rules behind the criteria of a call, before and after."""
        return self.rests_before.get(one.before.sheet.label, {}), self.rests_after.get(one.after.sheet.label, {})

    def _decided(self, one: Compared, rule: str) -> Verdict | None:
        before, after = self._rests(one)
        rests = {**before, **after}
        return next((verdict for name, verdict in one.human.items() if rests.get(name) == (rule,)), None)

    def _keep_example(self, example: Example) -> None:
        flip = example.flip
        kept = self.examples.setdefault((flip.rule_id, flip.before, flip.after), [])
        kept.append(example)
        kept.sort(key=lambda one: one.call.id)
        del kept[self.keep :]

    def _keep_moves(self, moves: Iterable[Move]) -> None:
        for move in dict.fromkeys(moves):
            if move.points >= MOVED:
                _keep(self.up, move, self.keep)
            elif move.points <= -MOVED:
                _keep(self.down, move, self.keep)
            if move.fatal_before is not move.fatal_after:
                _keep(self.fatal_moves, move, self.keep)


def _keep(kept: list[Move], move: Move, count: int) -> None:
    """The farthest moves, equal ones in order of call."""
    if move not in kept:
        kept.append(move)
    kept.sort(key=lambda one: (-abs(one.points), one.call.id))
    del kept[count:]


def _add_all(sums: dict[str, Confusion], more: Iterable[tuple[str, Confusion]]) -> None:
    for rule, confusion in more:
        sums[rule] = sums.get(rule, Confusion()) + confusion


def _tells(was: Verdict | None, now: Verdict | None) -> bool:
    """Whether a change is worth an example: rules come and go in every call alike, what counts is where they fail."""
    return now is Verdict.NOT_MET if was is None else now is not None and now is not was


def _verdict(findings: Mapping[str, Finding], rule: str) -> Verdict | None:
    finding = findings.get(rule)
    return None if finding is None else finding.verdict


def _place(finding: Finding | None) -> Place | None:
    if finding is None or not finding.evidence:
        return None
    first = finding.evidence[0]
    return Place(
        start=first.start,
        role=None if first.role is None else first.role.value,
        text=first.text[:SHOWN_TEXT],
        match=first.match.value,
    )
