"""Cases beside the rules: sketched calls with the verdict they must get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from asr_qa.core.checks.base import Embed
from asr_qa.core.evaluate import CallFacts, evaluate
from asr_qa.core.finding import Evidence, Finding, Verdict
from asr_qa.core.metrics import measure
from asr_qa.core.prompts import Prompts, find_prompts
from asr_qa.core.recording import Recording, Role
from asr_qa.core.rule import Ruleset, Status, references
from asr_qa.core.segment import Segment, subtract
from asr_qa.core.sketch import Sketch, parse_sketch
from asr_qa.core.timeline import TimingOptions, build_timeline
from asr_qa.errors import Issue, RulesetError, Said
from asr_qa.messages import Lang, SaidError, said_in, say
from asr_qa.ruleset.fields import Names, Number, Stretch, Strict, guess
from asr_qa.ruleset.foreign import translated
from asr_qa.ruleset.loader import open_pack, ruleset_digest
from asr_qa.ruleset.packs import CASE_MARK, SUFFIXES, PackFile, files_of, read_settings, values_of
from asr_qa.ruleset.simplified import simplified
from asr_qa.ruleset.source import Path_, Source, read_source
from asr_qa.ruleset.timing import TimingModel
from asr_qa.ruleset.variables import Value, filled
from asr_qa.ruleset.wording import issues_of

AT_TOLERANCE = 0.5
"""Seconds that evidence may reach out of the stretch a case names."""
_SWALLOWED = re.compile(r"[^\s|][ \t\u3000]+([ABO][ \t\u3000]+\d+(?:\.\d+)?\s*-\s*\d+(?:\.\d+)?)(?=\s|$)")
"""An utterance with no bar before it."""
Outcome = Literal["passed", "failed", "known_miss", "no_longer_missed"]


class ExpectModel(Strict):
    """expect."""

    verdict: Literal["met", "not_met", "not_applicable", "undetermined"]
    at: Stretch | None = None


class RecordingModel(Strict):
    """recording."""

    may_be_blank = frozenset(("direction", "queue", "team", "agent_id", "started_at", "ring_seconds", "language"))
    direction: Literal["inbound", "outbound"] | None = "inbound"
    queue: str | None = None
    team: str | None = None
    agent_id: str | None = None
    started_at: str | None = None
    ring_seconds: Number | None = None
    language: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class CaseModel(Strict):
    """A case."""

    name: Annotated[str, Field(min_length=1)]
    call: str
    expect: Annotated[ExpectModel, BeforeValidator(lambda v: {"verdict": v} if isinstance(v, str) else v)]
    rule: str | None = None
    known_miss: bool = False
    recording: RecordingModel = RecordingModel()
    holds: list[Stretch] = Field(default_factory=list)
    warnings: Names = Field(default_factory=list)
    timing: TimingModel | None = None
    """In place of the scorecard's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sketched call and what a rule must make of it."""

    rule_id: str
    name: str
    facts: CallFacts
    verdict: Verdict
    at: Segment | None
    """Where some evidence must lie."""
    known_miss: bool
    path: str
    line: int
    own: bool = True
    """Written for the pack in use rather than inherited with the rule."""

    @property
    def id(self) -> str:
        """A name for test reports."""
        return f"{self.rule_id}-{self.name}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case came out."""

    case: Case
    outcome: Outcome
    finding: Finding | None
    said: Said | None = None
    """What is not as it should be."""

    @property
    def message(self) -> str:
        """The same in English; empty where all is as it should be."""
        return self.message_in("en")

    def message_in(self, lang: Lang) -> str:
        """What is not as it should be in a language."""
        return said_in(self.said, lang) if self.said else ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.outcome in ("passed", "known_miss")


@dataclass(frozen=True, slots=True)
class CaseReport:
    """How all cases came out."""

    results: tuple[CaseResult, ...]

    @property
    def ok(self) -> bool:
        """Whether every case passed or is a known miss."""
        return all(result.ok for result in self.results)

    def of(self, outcome: Outcome) -> tuple[CaseResult, ...]:
        """The results of one kind."""
        return tuple(result for result in self.results if result.outcome == outcome)


def run_cases(
    ruleset: Ruleset, folder: Path, *, timing: TimingOptions | None = None, settings: Path | None = None
) -> CaseReport:
    """Run every case below a folder, with the timing given where a case has none of its own.

    Raises:
        RulesetError: Case files are wrong; with every mistake.
    """
    cases = load_cases(ruleset, folder, timing=timing, settings=settings)
    return CaseReport(tuple(run_case(ruleset, case) for case in cases))


def run_case(ruleset: Ruleset, case: Case, *, embed: Embed | None = None) -> CaseResult:
    """Apply the rule of a case, and those it rests on, to its call; `embed` reads sentences for rules on meaning."""
    facts = replace(case.facts, embed=embed)
    found = {f.rule_id: f for f in evaluate(_needed(ruleset, case.rule_id), facts, drafts=True)}
    finding = found.get(case.rule_id)
    said = _difference(case, finding)
    if case.known_miss:
        if said:
            return CaseResult(case, "known_miss", finding, said)
        return CaseResult(case, "no_longer_missed", finding, say("no_longer_missed"))
    return CaseResult(case, "failed" if said else "passed", finding, said)


def sketched_case(ruleset: Ruleset, rule_id: str, call: str) -> Finding | None:
    """What a rule makes of a sketched call; None where it gives no finding.

    Raises:
        ValueError: The sketch cannot be read.
    """
    found = evaluate(_needed(ruleset, rule_id), sketched_call(call), drafts=True)
    return next((finding for finding in found if finding.rule_id == rule_id), None)


def load_cases(
    ruleset: Ruleset, folder: Path, *, timing: TimingOptions | None = None, settings: Path | None = None
) -> tuple[Case, ...]:
    """Read every case file of a folder and of the packs it builds on; cases of retired rules are left out.

    A pack that has cases for an inherited rule has them in place of those that come with it.

    Args:
        ruleset: The rules that the cases belong to.
        folder: Where they lie.
        timing: Parameters of the definitions in force, such as a scorecard's; a case may set its own.
        settings: A file with values of variables, as for `load_rules`.

    Raises:
        RulesetError: With every mistake of every file.
    """
    given, issues_ = read_settings(settings) if settings is not None else ({}, ())
    values = {name: definition.value for name, definition in given.items()}
    issues: list[Issue] = list(issues_)
    cases: list[Case] = []
    retired = {rule.id for rule in ruleset.rules if rule.status is Status.RETIRED}
    for one in files_of(open_pack(folder), cases=True):
        found, wrong = _read_cases(one, ruleset, timing, values)
        fresh = {case.rule_id for case in found}
        cases = [case for case in cases if case.rule_id not in fresh or case.own] if not one.inherited else cases
        cases += (case for case in found if case.rule_id not in retired)
        issues += wrong
    if issues:
        raise RulesetError(issues)
    return tuple(cases)


def case_mistakes(folder: Path, *, settings: Path | None = None) -> tuple[Issue, ...]:
    """What is wrong in case files taken by themselves, while the rules they belong to cannot be read."""
    given, _ = read_settings(settings) if settings is not None else ({}, ())
    values = {name: definition.value for name, definition in given.items()}
    found = (_read_cases(one, None, None, values) for one in files_of(open_pack(folder), cases=True))
    return tuple(issue for _, wrong in found for issue in wrong)


def _needed(ruleset: Ruleset, rule_id: str) -> Ruleset:
    """The rule and everything it rests on, in the order of the set."""
    wanted = {rule_id}
    for rule in reversed(ruleset.rules):
        if rule.id in wanted:
            wanted |= references(rule)
    rules = tuple(rule for rule in ruleset.rules if rule.id in wanted)
    return replace(ruleset, rules=rules, digest=ruleset_digest(rules))


def _difference(case: Case, finding: Finding | None) -> Said | None:
    """What is not as expected; None where all is."""
    if finding is None:
        return say("no_finding", rule=case.rule_id)
    if finding.verdict is not case.verdict:
        return say("expected_got", expected=_verdict(case.verdict), got=_verdict(finding.verdict))
    if case.at is not None and not any(_lies_in(evidence, case.at) for evidence in finding.evidence):
        places = tuple(f"{e.start:.1f}-{e.end:.1f}" for e in finding.evidence)
        got = places or say("nowhere")
        return say("expected_evidence", start=case.at.start, end=case.at.end, got=got)
    return None


def _verdict(verdict: Verdict) -> Said:
    return say(f"verdict_{verdict.value}")


def _lies_in(evidence: Evidence, at: Segment) -> bool:
    return evidence.start >= at.start - AT_TOLERANCE and evidence.end <= at.end + AT_TOLERANCE


def _read_cases(
    one: PackFile, ruleset: Ruleset | None, timing: TimingOptions | None, settings: Mapping[str, Value]
) -> tuple[list[Case], list[Issue]]:
    """The cases of a file and what is wrong in it; without rules it is not asked which rule a case is of."""
    read = read_source(one.path)
    # What cannot be read as a list has no variables to fill in.
    file = filled(read, (), values_of(one.layers, settings)) if isinstance(read.data, list) else read
    issues = list(read.issues) + (file.issues if file is not read else [])
    cases: list[Case] = []
    if file.data is not None and not isinstance(file.data, list):
        issues.append(file.issue((), say("expected_cases"), hint=say("each_case")))
    beside = _rules_beside(one.path)
    for index, data in enumerate(file.data if isinstance(file.data, list) else ()):
        try:
            model = CaseModel.model_validate(data)
            rule_id = model.rule or "" if ruleset is None else _rule_id(model, beside, ruleset, one.path)
            cases.append(_case(model, file, (index,), rule_id, timing, own=not one.inherited))
        except ValidationError as error:
            issues += issues_of(error, file, (index,), model=CaseModel)
        except _WrongCaseError as error:
            # A rule that was left out leaves its cases behind.
            if not one.inherited:
                issues.append(file.issue((index, "rule"), error.said, hint=error.advice))
        except ValueError as error:
            said = error.said if isinstance(error, SaidError) else translated(str(error))
            issues.append(file.issue((index, "call"), said))
    return cases, issues


class _WrongCaseError(SaidError):
    """A case that belongs to no rule."""


def _rules_beside(path: Path) -> list[str]:
    """Ids of the rules in the file that a case file stands beside."""
    stem = path.stem.removesuffix(CASE_MARK)
    for suffix in SUFFIXES:
        if (rules := path.with_name(stem + suffix)).is_file():
            return list(_ids(read_source(rules).data))
    return []


def _ids(data: Any) -> Iterator[str]:
    rules = data.get("rules", [data]) if isinstance(data, dict) else []
    yield from (str(rule["id"]) for rule in rules if isinstance(rule, dict) and "id" in rule)


def _rule_id(model: CaseModel, beside: list[str], ruleset: Ruleset, path: Path) -> str:
    if model.rule is not None:
        if ruleset.get(model.rule) is None:
            known = [rule.id for rule in ruleset.rules]
            raise _WrongCaseError(say("no_rule", name=model.rule), guess(model.rule, known))
        return model.rule
    if len(beside) != 1:
        file = f"{path.stem.removesuffix(CASE_MARK)}.yml"
        if not beside and not path.with_name(file).is_file():
            raise _WrongCaseError(say("no_rule_beside", file=file), say("name_file"))
        raise _WrongCaseError(say("rules_beside", file=file, n=len(beside)), say("name_rule"))
    if ruleset.get(beside[0]) is None:
        raise _WrongCaseError(say("rule_left_out", name=beside[0]))
    return beside[0]


def _case(model: CaseModel, file: Source, at: Path_, rule_id: str, timing: TimingOptions | None, *, own: bool) -> Case:
    where = None if model.expect.at is None else Segment(model.expect.at[0], model.expect.at[1])
    return Case(
        rule_id=rule_id,
        name=model.name,
        facts=_facts(model, timing),
        verdict=Verdict(model.expect.verdict),
        at=where,
        known_miss=model.known_miss,
        path=file.path,
        line=file.place(at)[0],
        own=own,
    )


def _facts(model: CaseModel, timing: TimingOptions | None) -> CallFacts:
    timing, given = model.timing.options() if model.timing else timing, model.recording
    holds = [Segment(start, end) for start, end in sorted(model.holds)]
    known = {name: getattr(given, name) for name in RecordingModel.model_fields if name not in ("language", "metadata")}
    known["metadata"] = given.metadata | ({"language": given.language} if given.language else {})
    call = simplified(model.call)  # as transcripts are
    return sketched_call(call, holds=holds, warnings=model.warnings, timing=timing, **known)


def sketched_call(
    call: str,
    *,
    holds: Iterable[Segment] = (),
    warnings: Iterable[str] = (),
    metadata: Mapping[str, str] | None = None,
    direction: str | None = "inbound",
    timing: TimingOptions | None = None,
    **known: Any,
) -> CallFacts:
    """A call from its sketch as rules see it.

    Args:
        holds: Where music plays on the agent's channel.
        warnings: Codes of warnings.
        metadata: What else is known of the recording.
        direction: Who called whom.
        timing: Parameters of the definitions.
        known: Further fields of the recording, such as queue or ring_seconds.

    Raises:
        ValueError: The sketch cannot be read, or lacks a bar between two utterances.
    """
    _check_bars(call)
    sketch = parse_sketch(call)
    metadata = dict(metadata or {})
    speech = sketch.speech
    prompts = _prompts(sketch, timing) if Role.OTHER in speech else None
    if prompts is not None:
        speech = {**speech, Role.OTHER: subtract(speech[Role.OTHER], prompts.said)}
    timeline = build_timeline(
        speech, sketch.transcript, sketch.duration, options=timing, holds=tuple(holds), prompts=prompts
    )
    ring, language = known.get("ring_seconds"), metadata.get("language", "zh")
    recording = Recording(
        id="sketch",
        path="sketch",
        sha256="",
        duration=sketch.duration,
        sample_rate=8000,
        channels=2,
        role_by_channel=(Role.AGENT, Role.CUSTOMER),
        direction=direction,
        metadata=metadata,
        **known,
    )
    return CallFacts(
        recording=recording,
        transcript=sketch.transcript,
        timeline=timeline,
        metrics=measure(timeline, sketch.transcript, ring_seconds=ring, language=language, options=timing),
        warnings=tuple(warnings),
    )


def _prompts(sketch: Sketch, timing: TimingOptions | None) -> Prompts | None:
    """The automatic prompts before a person answers: in a sketch a machine is neither of the two parties."""
    return find_prompts(sketch.speech, sketch.transcript, sketch.duration, side=Role.OTHER, options=timing)


def _check_bars(call: str) -> None:
    """Refuse a sketch where one utterance swallows the next: as text it would be said, and the case prove nothing."""
    if (quoted := call.startswith(("“", "”", "‘"))) or "｜" in call:
        raise SaidError(say("call_wide_quotes" if quoted else "call_wide_bar"))
    if swallowed := _SWALLOWED.search(call):
        raise SaidError(say("call_swallowed", what=swallowed[1]))
