"""One call as the report shows it: deductions with what they rest on, the score sheet, the transcript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.report import CallSummary
from asr_qa.core.review import flag_reason
from asr_qa.core.scorecard import CriterionResult, Fatal, Kind
from asr_qa.core.transcript import HEARD, Utterance
from asr_qa.render import wording
from asr_qa.render.calls import ReportCall
from asr_qa.render.evidence import FindingViewer, is_whole
from asr_qa.render.format import clock, points
from asr_qa.render.naming import Card
from asr_qa.render.views import (
    Agreement,
    CallView,
    DeductionView,
    Disagreement,
    EvidenceView,
    FindingView,
    LineView,
    SectionView,
    UtteranceView,
)
from asr_qa.render.voiceview import voice_hints

_EPSILON = 1e-9


def build_call(number: int, call: ReportCall, card: Card) -> CallView:
    """The view of a call.

    Args:
        number: 1-based place of the call in the report.
        call: The call.
        card: Names rules and criteria.
    """
    document, viewer = call.document, FindingViewer(number, call, card)
    deductions = _deductions(number, call, card, viewer)
    severities = {rule.id: rule.severity.value for rule in card.ruleset.rules}
    sheet = document.score_sheet
    return CallView(
        number=number,
        anchor=f"c{number}",
        name=call.label or file_name(document.recording.path),
        call=call,
        flag=flag_reason(sheet, document.findings, severities=severities, pass_mark=card.scorecard.pass_points),
        deductions=deductions,
        hints=_hints(document.findings, deductions, viewer),
        voices=voice_hints(document.voice, viewer, card.texts),
        sections=tuple(_sections(call, card, deductions)),
        waiting=tuple(card.criterion_title(c.id) for c in sheet.criteria if c.verdict is Verdict.UNDETERMINED),
        utterances=tuple(_utterance(said, deductions) for said in document.utterances),
        agreement=_agreement(call, card),
        summary=CallSummary.from_document(document),
        requests=tuple(viewer.requests),
    )


def file_name(path: str) -> str:
    """The last part of a path, with either kind of separator."""
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or path


# --- deductions


def _deductions(number: int, call: ReportCall, card: Card, viewer: FindingViewer) -> tuple[DeductionView, ...]:
    """Criteria that lost points: fatal ones first, then those that lost most, then by time."""
    findings = {finding.rule_id: finding for finding in call.document.findings}
    ranked = []
    for line in call.document.score_sheet.criteria:
        if _is_deduction(line, card):
            broken = [findings[rule] for rule in line.finding_ids if _is_broken(findings.get(rule))]
            grave = not _fatal(line, card)
            ranked.append((grave, -_lost(line), _first(broken, call) or 0.0, line, broken))
    ranked.sort(key=lambda entry: entry[:3])
    return tuple(
        _deduction(f"c{number}-d{index}", index, line, card, tuple(viewer.view(f, deduction=index) for f in broken))
        for index, (_, _, _, line, broken) in enumerate(ranked, start=1)
    )


def _is_deduction(line: CriterionResult, card: Card) -> bool:
    criterion = card.criteria.get(line.id)
    bonus = criterion is not None and criterion.kind is Kind.BONUS
    return line.verdict is Verdict.NOT_MET and line.points is not None and not bonus


def _is_broken(finding: Finding | None) -> bool:
    return finding is not None and finding.verdict is Verdict.NOT_MET


def _lost(line: CriterionResult) -> float:
    return line.max_points - (line.points or 0.0)


def _fatal(line: CriterionResult, card: Card) -> str:
    criterion = card.criteria.get(line.id)
    if criterion is None or criterion.fatal is Fatal.NONE:
        return ""
    return card.texts("fatal_sheet" if criterion.fatal is Fatal.SHEET else "fatal_section")


def _first(findings: Sequence[Finding], call: ReportCall) -> float | None:
    """Seconds of the first place that is not just the whole call."""
    duration = call.document.recording.duration
    places = [evidence for finding in findings for evidence in finding.evidence]
    narrow = [evidence.start for evidence in places if not is_whole(evidence, duration)]
    return min(narrow or [evidence.start for evidence in places], default=None)


def _deduction(
    anchor: str, number: int, line: CriterionResult, card: Card, findings: tuple[FindingView, ...]
) -> DeductionView:
    return DeductionView(
        number=number,
        anchor=anchor,
        criterion_id=line.id,
        title=card.criterion_title(line.id),
        lost=points(_lost(line)),
        earned=f"{points(line.points or 0.0)} / {points(line.max_points)}",
        fatal=_fatal(line, card),
        level=_level(line, card),
        findings=findings,
        time=_time([place for finding in findings for place in finding.evidence], card),
    )


def _time(places: Sequence[EvidenceView], card: Card) -> str:
    """When the first place is, said as loosely as it is known."""
    if not places:
        return ""
    first = min(places, key=lambda place: (place.whole, place.start))
    if first.whole:
        return card.texts("whole_call")
    return f"{clock(first.start)}–{clock(first.end)}" if first.kind == "missing" else clock(first.start, tenths=True)


def _level(line: CriterionResult, card: Card) -> str:
    criterion = card.criteria.get(line.id)
    if criterion is None or criterion.kind is not Kind.GRADED:
        return ""
    return next((lv.anchor for lv in criterion.levels if abs(lv.points - (line.points or 0.0)) < _EPSILON), "")


def _hints(
    findings: Sequence[Finding], deductions: Sequence[DeductionView], viewer: FindingViewer
) -> tuple[FindingView, ...]:
    """Broken rules outside the deductions: they cost nothing but need a look."""
    shown = {finding.rule_id for deduction in deductions for finding in deduction.findings}
    return tuple(viewer.view(f, deduction=0) for f in findings if _is_broken(f) and f.rule_id not in shown)


# --- score sheet


def _sections(call: ReportCall, card: Card, deductions: Sequence[DeductionView]) -> Iterator[SectionView]:
    """The score sheet; lines that the card does not know stand in a section of their own."""
    sheet = call.document.score_sheet
    numbers = {deduction.criterion_id: deduction.number for deduction in deductions}
    findings = {finding.rule_id: finding for finding in call.document.findings}
    results = {result.id: result for result in sheet.criteria}
    tallies = {section.id: section for section in sheet.sections}
    groups = [
        (section.id, card.titled(section.title, section.id), [criterion.id for criterion in section.criteria])
        for section in card.scorecard.sections
    ]
    groups.append(("", sheet.scorecard, [name for name in results if name not in card.criteria]))
    for section_id, title, names in groups:
        lines = tuple(_line(results[name], card, findings, numbers.get(name)) for name in names if name in results)
        tally = tallies.get(section_id)
        if lines:
            earned, most = (tally.points, tally.max_points) if tally else (None, 0.0)
            yield SectionView(title=title, earned=earned, most=most, lines=lines)


def _line(line: CriterionResult, card: Card, findings: Mapping[str, Finding], number: int | None) -> LineView:
    criterion = card.criteria.get(line.id)
    shown = "–" if line.points is None else points(line.points)
    return LineView(
        title=card.criterion_title(line.id),
        verdict=line.verdict.value,
        points=f"{shown} / {points(line.max_points)}",
        source=line.source,
        rules=line.finding_ids,
        basis=_basis([findings[rule] for rule in line.finding_ids if rule in findings], line, card),
        guidance=criterion.guidance if criterion else "",
        number=number,
        lost=number is not None,
    )


def _basis(findings: Sequence[Finding], line: CriterionResult, card: Card) -> str:
    """The first place that speaks for a line's verdict."""
    wanted = Verdict.NOT_MET if line.verdict is Verdict.NOT_MET else Verdict.MET
    for finding in findings:
        if finding.verdict is wanted and finding.evidence and not wording.is_missing(finding.evidence[0]):
            first = finding.evidence[0]
            return f"{clock(first.start, tenths=True)} {wording.heard(first, card.texts)}"
    return ""


# --- transcript and truth


def _utterance(said: Utterance, deductions: Sequence[DeductionView]) -> UtteranceView:
    return UtteranceView(
        role=said.role.value,
        start=said.start,
        time=clock(said.start, tenths=True),
        text=said.text,
        heard=said.status == HEARD,
        numbers=tuple(d.number for d in deductions if _rests_on(d, said)),
    )


def _rests_on(deduction: DeductionView, said: Utterance) -> bool:
    """Whether words of the utterance are what was deducted for."""
    return any(
        e.quoted and e.role in ("", said.role.value) and e.start < said.end and said.start < e.end
        for finding in deduction.findings
        for e in finding.evidence
    )


def _agreement(call: ReportCall, card: Card) -> Agreement | None:
    if call.expected is None:
        return None
    found = {finding.rule_id: finding.verdict for finding in call.document.findings}
    texts = card.texts
    differences = tuple(
        Disagreement(
            rule_id=rule,
            title=card.rule_title(rule),
            truth=texts.word("v", truth.value),
            found=texts.word("v", found[rule].value) if rule in found else texts("none"),
        )
        for rule, truth in sorted(call.expected.items())
        if found.get(rule) is not truth
    )
    total = len(call.expected)
    return Agreement(same=total - len(differences), total=total, differences=differences)
