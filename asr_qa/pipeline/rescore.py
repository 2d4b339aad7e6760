"""A stored call judged again by other rules or another scorecard: no audio, no recogniser.

Events and figures are taken as they are stored. Where the scorecard asks for other parameters of timing than they were
found by, they are found anew from the speech that the document keeps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asr_qa.core.checks.base import CallFacts, Embed
from asr_qa.core.document import CallDocument, TimingBasis
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding
from asr_qa.core.metrics import measure
from asr_qa.core.options import TimingOptions, definitions, options_digest
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard, ScoreSheet, facts_of, score
from asr_qa.core.segment import Track, union
from asr_qa.core.timeline import CallTimeline, bridged, build_timeline
from asr_qa.core.transcript import Transcript
from asr_qa.core.unknown import without_unknown
from asr_qa.errors import ConflictError
from asr_qa.messages import error_of
from asr_qa.pipeline.voices import ONE_CHANNEL

_PARAMETER = re.compile(r"(\w+)=([^,)]+)")

Sounds = tuple[str, ...]
"""The syllables of each utterance, as stored with the call; empty where they are not known."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What calls are judged by."""

    ruleset: Ruleset
    scorecard: Scorecard
    embed: Embed | None = None
    """Reads sentences for rules on meaning; None leaves those to a person."""

    @property
    def options(self) -> TimingOptions:
        """The parameters of timing in force."""
        return self.scorecard.timing or TimingOptions()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a call comes to."""

    facts: CallFacts
    findings: tuple[Finding, ...]
    sheet: ScoreSheet


def judge(call: CallDocument, by: Judging, *, sounds: Sounds = ()) -> Judged:
    """Findings and sheet of a stored call under other rules.

    Raises:
        ConflictError: The timing has other parameters, and the document keeps nothing to find it anew from.
    """
    facts = replace(facts_of_call(call, by.options, sounds=sounds), embed=by.embed)
    findings = evaluate(by.ruleset, facts)
    return Judged(facts, findings, score_findings(call, findings, by.scorecard))


def score_findings(call: CallDocument, findings: Sequence[Finding], card: Scorecard) -> ScoreSheet:
    """The sheet of a call with these findings."""
    return score(card, findings, facts=facts_of(call.recording))


def rescored(document: CallDocument, by: Judging, *, version: str, sounds: Sounds = ()) -> CallDocument:
    """The document as it is under other rules; what was heard stays as it is.

    Args:
        document: A stored document.
        by: What it is judged by.
        version: Version of asr_qa, for the stamp.
        sounds: Its syllables, where they are stored.

    Raises:
        ConflictError: As `judge`.
    """
    judged = judge(document, by, sounds=sounds)
    models = replace(document.models, ruleset_digest=by.ruleset.digest, scorecard=by.scorecard.stamp, version=version)
    again = replace(document, models=models, findings=judged.findings, score_sheet=judged.sheet)
    if document.timing is None or is_timed_by(document, by.options):
        return again
    timeline = judged.facts.timeline
    timing = replace(
        document.timing,
        options=options_digest(by.options),
        turns=timeline.turns,
        unanswered=timeline.unanswered,
    )
    return replace(
        again,
        events=timeline.events,
        metrics=judged.facts.metrics,
        definitions=definitions(by.options),
        timing=timing,
    )


def is_timed_by(call: CallDocument, options: TimingOptions) -> bool:
    """Whether the stored events and figures were found by these parameters."""
    if call.timing is not None:
        return call.timing.options == options_digest(options)
    wanted = definitions(options)
    then = call.definitions or definitions(TimingOptions())
    return all(_agree(said, wanted[name]) for name, said in then.items() if name in wanted)


def _agree(one: str, other: str) -> bool:
    """Whether two definitions give the parameters that both name the same values: versions add some over time."""
    mine, theirs = (dict(_PARAMETER.findall(text)) for text in (one, other))
    return all(theirs.get(name, value) == value for name, value in mine.items())


def facts_of_call(call: CallDocument, options: TimingOptions, *, sounds: Sounds = ()) -> CallFacts:
    """What rules see of a stored call; raises ConflictError as `judge`."""
    codes = {warning.code for warning in call.warnings}
    transcript = Transcript(call.utterances, call.models.asr, call.recording.metadata.get("language", "zh"))
    if is_timed_by(call, options):
        timeline, metrics = _as_stored(call, options), call.metrics
    else:
        timeline = _found_anew(call, transcript, options)
        metrics = measure(
            timeline,
            transcript,
            ring_seconds=call.recording.ring_seconds,
            language=transcript.language,
            options=options,
        )
        metrics, timeline = without_unknown(metrics, timeline, codes)
    if ONE_CHANNEL.code in codes:
        codes -= {"dual_mono"}
    return CallFacts(
        recording=call.recording,
        transcript=transcript,
        timeline=timeline,
        metrics=metrics,
        warnings=tuple(sorted(codes)),
        sounds=sounds,
        again=call.again,
    )


def _as_stored(call: CallDocument, options: TimingOptions) -> CallTimeline:
    duration, basis = call.recording.duration, call.timing
    if basis is None:
        return CallTimeline(duration, _said(call), (), call.events)
    speech = bridged(basis.speech, basis.holds, options)
    return CallTimeline(duration, speech, basis.turns, call.events, basis.holds is not None, basis.unanswered)


def _said(call: CallDocument) -> dict[Role, Track]:
    """Where each role speaks, as far as its utterances tell: older documents keep no more."""
    roles = {utterance.role for utterance in call.utterances}
    return {role: union(u.segment for u in call.utterances if u.role is role) for role in roles}


def _found_anew(call: CallDocument, transcript: Transcript, options: TimingOptions) -> CallTimeline:
    basis = call.timing
    if basis is None:
        raise error_of(ConflictError, "document_untimed", call=call.recording.id)
    return _timeline(call, basis, transcript, options)


def _timeline(call: CallDocument, basis: TimingBasis, transcript: Transcript, options: TimingOptions) -> CallTimeline:
    return build_timeline(
        basis.speech,
        transcript,
        call.recording.duration,
        options=options,
        holds=basis.holds,
        prompts=basis.prompts,
        hung_up=call.metrics.hang_up_side,
        gone_at=basis.gone_at,
        start_known=basis.start_known,
    )
