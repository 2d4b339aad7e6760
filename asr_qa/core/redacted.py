"""A call document that may leave the store: what is private in it masked, wherever it is copied to.

    shown = redacted(document)
    silent = private_seconds(document.utterances)

The words of a call stand in its utterances, and copies of them in findings (evidence, traces), in events (what excused
them, the words that decided) and in promises. A copy is found again in the utterances by its letters and its seconds,
and masked where these are. Figures, verdicts, points and seconds stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from asr_qa.core.actions import Action
from asr_qa.core.digits import canonical
from asr_qa.core.document import CallDocument
from asr_qa.core.event import Event
from asr_qa.core.finding import Evidence, Finding, Trace
from asr_qa.core.masking import MASK, Clock
from asr_qa.core.prompts import Prompts
from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.core.redact import Private, find_private, redact
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.transcript import Utterance

AROUND = 0.15
"""Seconds before and after private words that are muted with them: word times err."""
_PAUSE = 3.0
"""Seconds between two turns of a number that is read out."""
_NEAR = 2.0
"""Seconds by which a copy may lie beside the utterance that it is from."""
_TELLING = 4
"""Letters from which a copy is known without its seconds, and part of a number is taken for that."""
_NUMERALS = re.compile(r"@|艾特|爱特|小老鼠|[0-9十百].*[0-9十百]")
_JOINS = re.compile(r"\s*(?:…|\||/|；)\s*")


def redacted(document: CallDocument, *, mask: str = MASK) -> CallDocument:
    """The document without what is private in it; the same one where nothing is.

    File name, ids and the fields of the manifest stay. Masking twice changes nothing. Linear in the length of the call.

    Args:
        document: One call.
        mask: One character, no letter or digit.
    """
    veil = Veil(document.utterances, mask=mask)
    if not veil.found:
        return document
    timing = document.timing
    if timing is not None and timing.prompts is not None:
        timing = replace(timing, prompts=_prompts(timing.prompts, veil))
    return replace(
        document,
        utterances=veil.utterances,
        events=tuple(_event(event, veil) for event in document.events),
        findings=veil.findings(document.findings),
        actions=tuple(_action(action, veil) for action in document.actions),
        timing=timing,
    )


def redacted_remark(text: str, veil: Veil) -> str:
    """What a person wrote about a call, without private numbers: parts of those said in the call, and any other.

    Args:
        text: A comment.
        veil: That of the call.
    """
    if not may_hold_private(text):
        return text
    written = (Utterance(Role.OTHER, 0.0, 1.0, text),)
    (alone,) = redact(written, find_private(written), mask=veil.mask)
    return veil.mention(alone.text)


def private_seconds(utterances: Sequence[Utterance]) -> Track:
    """When something private is said, in a call or in one that is masked already; with a margin, in order.

    A turn that is mainly private counts from its beginning to its end, as do the pauses between two such turns and
    what stands between them that was not understood: digits may lie there that were not heard.
    """
    shown = redact(utterances, find_private(utterances))
    found: list[Segment] = []
    for utterance in shown:
        if MASK in utterance.text:
            clock = Clock(utterance)
            whole = [Segment(utterance.start, utterance.end)] if _mainly_private(utterance.text) else []
            found += whole or (clock.segment(0, *stretch) for stretch in _stretches(utterance.text))
    found += _between(shown)
    return union(Segment(max(0.0, one.start - AROUND), one.end + AROUND) for one in found)


def _mainly_private(text: str) -> bool:
    masked = text.count(MASK)
    return 2 * masked > masked + sum(char.isalnum() for char in text)


def _between(shown: Sequence[Utterance]) -> Iterator[Segment]:
    """From one turn that is mainly private to the next of the same speaker, where nobody says anything else."""
    last: Utterance | None = None
    for utterance in shown:
        if not any(char.isalnum() or char == MASK for char in utterance.text):
            if last is not None and utterance.role is last.role and utterance.start - last.end <= _PAUSE:
                yield Segment(utterance.start, utterance.end)
            continue
        private = _mainly_private(utterance.text)
        if last is not None and private and utterance.role is last.role and 0 < utterance.start - last.end <= _PAUSE:
            yield Segment(last.end, utterance.start)
        last = utterance if private else None


def may_hold_private(text: str) -> bool:
    """Whether a text has numerals or a sign that an address of any kind could be read from; a quick look."""
    return _NUMERALS.search(canonical(text)) is not None


@dataclass(frozen=True, slots=True)
class _Said:
    """Everything one role says, letter by letter."""

    letters: str
    """As `canonical` writes them."""
    hidden: tuple[bool, ...]
    owners: tuple[int, ...]
    """Index of the utterance of each letter."""


@dataclass
class Veil:
    """What is private in the utterances of a call, and copies of them without it."""

    said: Sequence[Utterance]
    mask: str = MASK

    @cached_property
    def found(self) -> tuple[Private, ...]:
        """Where it is; looked for when it is first asked for."""
        return find_private(self.said)

    @cached_property
    def utterances(self) -> tuple[Utterance, ...]:
        """The utterances masked."""
        return redact(self.said, self.found, mask=self.mask)

    def findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings with their evidence and traces masked; the same ones where nothing is private."""
        if not self.found:
            return tuple(findings)
        return tuple(
            replace(
                finding,
                evidence=tuple(self._evidence(evidence) for evidence in finding.evidence),
                trace=None if finding.trace is None else self._trace(finding.trace),
            )
            for finding in findings
        )

    def copy(self, text: str, role: Role | None, within: Segment) -> str:
        """Words of the call without what is private in them.

        Args:
            text: Copied from what was said; several copies may be joined by … or |.
            role: Who said them; None where that may be anybody.
            within: When, in seconds.
        """
        return self._by_parts(text, role, within) if _letters(text) else text

    def mention(self, text: str) -> str:
        """A remark of a rule or a definition, in which a number may be quoted."""
        hidden = [False] * len(text)
        places = [at for at, char in enumerate(text) if char.isalnum()]
        letters = canonical("".join(text[at] for at in places))
        for secret in self._secrets:
            for first in _occurrences(letters, secret):
                for at in places[first : first + len(secret)]:
                    hidden[at] = True
        return self._covered(text, hidden)

    def _by_parts(self, text: str, role: Role | None, within: Segment) -> str:
        parts, at = [], 0
        for join in (*_JOINS.finditer(text), None):
            part = text[at : join.start() if join else len(text)]
            parts += [self._part(part, role, within), join[0] if join else ""]
            at = join.end() if join else at
        return "".join(parts)

    def _part(self, text: str, role: Role | None, within: Segment) -> str:
        places = [at for at, char in enumerate(text) if char.isalnum()]
        letters = canonical("".join(text[at] for at in places))
        known, flags = self._where(letters, role, within)
        if not known:
            return self._unknown(text, within)
        hidden = [False] * len(text)
        for at, flag in zip(places, flags, strict=True):
            hidden[at] = flag
        return self._covered(text, hidden)

    def _where(self, letters: str, role: Role | None, within: Segment) -> tuple[bool, list[bool]]:
        """Whether the letters are words of the call, and which of them are private."""
        near, far, flags = False, False, [[False] * len(letters), [False] * len(letters)]
        for name, said in self._roles.items():
            if not letters or role not in (None, name):
                continue
            for first in _occurrences(said.letters, letters):
                owner = self.said[said.owners[first]], self.said[said.owners[first + len(letters) - 1]]
                close = owner[0].start <= within.end + _NEAR and owner[1].end >= within.start - _NEAR
                near, far = near or close, far or not close
                row = flags[0 if close else 1]
                row[:] = [one or other for one, other in zip(row, said.hidden[first:], strict=False)]
        if near:
            return True, flags[0]
        return far and len(letters) >= _TELLING, flags[1]

    def _unknown(self, text: str, within: Segment) -> str:
        """A text that is not in the call word by word: every numeral of it, where something private is near."""
        text = self.mention(text)
        places = (place for private in self.found for place in private.places)
        if not any(place.start <= within.end and place.end >= within.start for place in places):
            return text
        return self._covered(text, [char.isdigit() for char in canonical(text)])

    def _covered(self, text: str, hidden: Sequence[bool]) -> str:
        return "".join(self.mask if hide else char for char, hide in zip(text, hidden, strict=True))

    def _evidence(self, evidence: Evidence) -> Evidence:
        within = Segment(evidence.start, max(evidence.start, evidence.end))
        return replace(evidence, text=self.copy(evidence.text, evidence.role, within))

    def _trace(self, trace: Trace) -> Trace:
        children = tuple(self._trace(child) for child in trace.children)
        return replace(trace, note=self.mention(trace.note), children=children)

    @cached_property
    def _roles(self) -> dict[Role, _Said]:
        return {role: self._said_by(role) for role in dict.fromkeys(utterance.role for utterance in self.said)}

    def _said_by(self, role: Role) -> _Said:
        letters: list[str] = []
        hidden: list[bool] = []
        owners: list[int] = []
        for index, (before, after) in enumerate(zip(self.said, self.utterances, strict=True)):
            if before.role is role:
                mine = [at for at, char in enumerate(before.text) if char.isalnum()]
                letters += (before.text[at] for at in mine)
                hidden += (after.text[at] != before.text[at] for at in mine)
                owners += [index] * len(mine)
        return _Said(canonical("".join(letters)), tuple(hidden), tuple(owners))

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        """What is private, place by place; pieces that tell nothing are left out."""
        texts = (
            _letters(self.said[place.utterance].text[place.first : place.last])
            for private in self.found
            for place in private.places
        )
        return tuple(dict.fromkeys(text for text in texts if len(text) >= _TELLING))


def _letters(text: str) -> str:
    return canonical("".join(char for char in text if char.isalnum()))


def _occurrences(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where a text is masked; punctuation between two masked letters belongs to it."""
    first = last = -1
    for at, char in enumerate(text):
        if char == MASK:
            first, last = (at if first < 0 else first), at + 1
        elif char.isalnum() and first >= 0:
            yield first, last
            first = -1
    if first >= 0:
        yield first, last


def _event(event: Event, veil: Veil) -> Event:
    within = Segment(event.start, max(event.start, event.end))
    waived = None if event.waived_by is None else veil.copy(event.waived_by, None, within)
    return replace(event, waived_by=waived, reasons=_reasons(event.reasons, veil, within))


def _prompts(prompts: Prompts, veil: Veil) -> Prompts:
    return replace(prompts, reasons=_reasons(prompts.reasons, veil, prompts.segment))


def _reasons(reasons: Iterable[Reason], veil: Veil, within: Segment) -> tuple[Reason, ...]:
    return tuple(
        replace(reason, text=veil.copy(reason.text, None, within)) if reason.text else reason for reason in reasons
    )


def _action(action: Action, veil: Veil) -> Action:
    return replace(action, text=veil.copy(action.text, action.role, Segment(action.start, action.end)))
