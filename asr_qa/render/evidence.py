"""Findings with the places they rest on, and the clips that let people hear them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from asr_qa.core.finding import Evidence, Finding, Match
from asr_qa.core.rule import Severity
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import text_of
from asr_qa.render import wording
from asr_qa.render.because import because
from asr_qa.render.calls import ReportCall
from asr_qa.render.clipbook import ClipKey, ClipRequest, clip_window
from asr_qa.render.format import span
from asr_qa.render.naming import Card
from asr_qa.render.views import EvidenceView, FindingView

_MAX_CLIPS = 4
"""Places of one finding that get a player; the others name file and time."""

_EDGE = 0.5
_NEAR = 0.4
"""Seconds around an event in which words are shown with it."""

_MOST_SAID = 80
"""Characters of them; a monologue stands in the transcript."""

_RANKS = {Severity.FATAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}


class FindingViewer:
    """Views of one call's findings; remembers which clips are wanted and who has them first."""

    def __init__(self, number: int, call: ReportCall, card: Card) -> None:
        self._number = number
        self._call = call
        self._card = card
        self._owners: dict[ClipKey, int] = {}
        self.requests: list[ClipRequest] = []

    def view(self, finding: Finding, *, deduction: int) -> FindingView:
        """The finding as part of the deduction of that number."""
        rule = self._card.rules.get(finding.rule_id)
        severity = self._card.severity(finding.rule_id)
        texts = self._card.texts
        return FindingView(
            rule_id=finding.rule_id,
            title=self._card.rule_title(finding.rule_id),
            severity=severity.value,
            verdict=finding.verdict.value,
            confidence="" if finding.confidence is None else texts("confidence", value=f"{finding.confidence:.2f}"),
            rationale=rule.rationale if rule else "",
            evidence=tuple(self._places(finding, severity, deduction)),
            trace=finding.trace,
            because=because(finding, texts),
        )

    def listen_to(self, evidence: Evidence, *, player: bool) -> EvidenceView:
        """A place that is no part of a finding, for a person to hear."""
        key = self._clip(evidence, Severity.MINOR) if player else None
        return self._place([evidence], key=key, same_as=None, more=not player)

    def _places(self, finding: Finding, severity: Severity, deduction: int) -> Iterator[EvidenceView]:
        for index, group in enumerate(_joined(finding.evidence)):
            more = index >= _MAX_CLIPS
            key = None if more else self._clip(group[0], severity)
            owner = self._owners.setdefault(key, deduction) if key else deduction
            yield self._place(group, key=key, same_as=None if owner == deduction else owner, more=more)

    def _clip(self, evidence: Evidence, severity: Severity) -> ClipKey | None:
        window = clip_window(evidence, self._call.document.recording.duration)
        if window is None:
            return None
        key = ClipKey(self._number, *window)
        self.requests.append(ClipRequest(key=key, call=self._call, rank=_RANKS[severity]))
        return key

    def _place(
        self, group: Sequence[Evidence], *, key: ClipKey | None, same_as: int | None, more: bool
    ) -> EvidenceView:
        evidence, texts = group[0], self._card.texts
        missing = wording.is_missing(evidence)
        kind = "missing" if missing else evidence.match.value
        return EvidenceView(
            start=evidence.start,
            end=evidence.end,
            time=span(evidence.start, evidence.end),
            role=evidence.role.value if evidence.role else "",
            words=self._missed(group) if missing else wording.heard(evidence, texts),
            said="" if missing else self._said(evidence),
            match=texts.word("m", kind),
            kind=kind,
            quoted=evidence.match is not Match.TIMING,
            whole=is_whole(evidence, self._call.document.recording.duration),
            clip=key,
            same_as=same_as,
            more=more,
        )

    def _said(self, evidence: Evidence) -> str:
        """What its role said where an event happened."""
        duration = self._call.document.recording.duration
        if evidence.match is not Match.TIMING or evidence.role is None or is_whole(evidence, duration):
            return ""
        near = Segment(max(0.0, evidence.start - _NEAR), evidence.end + _NEAR)
        said = [u for u in self._call.document.utterances if u.role is evidence.role and u.segment & near]
        words = text_of(word for u in said for word in u.timed if Segment(word.start, word.end) & near)
        return words if len(words) <= _MOST_SAID else words[:_MOST_SAID] + "…"

    def _missed(self, group: Sequence[Evidence]) -> str:
        words = [words for evidence in group if (words := wording.missing_words(evidence))]
        texts = self._card.texts
        return texts("not_heard", words=" / ".join(words)) if words else texts("not_heard_pattern")


def is_whole(evidence: Evidence, duration: float) -> bool:
    """Whether the evidence is the whole call."""
    return evidence.start <= _EDGE and evidence.end >= duration - _EDGE


def _joined(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """The evidence; several things that one stretch was searched for in vain are one place."""

    def place(one: tuple[int, Evidence]) -> object:
        index, found = one
        return (found.role, found.start, found.end) if wording.is_missing(found) else index

    return [[found for _, found in group] for _, group in groupby(enumerate(evidence), key=place)]
