"""One stored call judged by changed rules, beside how it came out before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from asr_qa.core.backtest import CallRef, Compared, Side
from asr_qa.core.confusion import Rests
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.redacted import Veil, may_hold_private
from asr_qa.core.rule import Rule, Ruleset, references
from asr_qa.core.scorecard import Scorecard
from asr_qa.pipeline.rescore import Judging, Sounds, judge, score_findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What calls are judged by, before and after."""

    after: Judging
    """The changed rules; where only some are tried, these and what they rest on."""
    before: Judging | None = None
    """Rules to judge by for the comparison; None compares with the stored sheets."""
    only: frozenset[str] | None = None
    """Rules that are tried: all others keep their verdicts. None tries all."""


def trial(after: Judging, *, before: Judging | None = None, only: Iterable[str] | None = None) -> Trial:
    """A trial of changed rules; of some of them where `only` names them, with every rule that rests on one of these."""
    if only is None:
        return Trial(after=after, before=before)
    tried = dependants(after.ruleset, only)
    return Trial(after=replace(after, ruleset=with_references(after.ruleset, tried)), before=before, only=tried)


def try_call(call: CallDocument, by: Trial, *, human: Mapping[str, Verdict], sounds: Sounds = ()) -> Compared:
    """Judge a call; raises ConflictError where its timing cannot be found anew."""
    was = before_of(call, by, sounds=sounds)
    judged = judge(call, by.after, sounds=sounds)
    findings, sheet = judged.findings, judged.sheet
    if by.only is not None:
        findings = _merged(was.findings, findings, by.only)
        sheet = score_findings(call, findings, by.after.scorecard)
    compared = Compared(call=CallRef.of(call.recording), before=was, after=Side.of(findings, sheet), human=human)
    return _without_private(compared, call)


def _without_private(compared: Compared, call: CallDocument) -> Compared:
    """The comparison with what is private masked in the words that its flips show; the words are read only then."""
    places = (place for flip in compared.flips for place in (flip.was, flip.now) if place is not None)
    if not any(may_hold_private(place.text) for place in places):
        return compared
    veil, rules = Veil(call.utterances), {flip.rule_id for flip in compared.flips}
    return replace(compared, before=_veiled(compared.before, rules, veil), after=_veiled(compared.after, rules, veil))


def _veiled(side: Side, rules: Iterable[str], veil: Veil) -> Side:
    shown = veil.findings(side.findings[rule] for rule in rules if rule in side.findings)
    return replace(side, findings={**side.findings, **{finding.rule_id: finding for finding in shown}})


def before_of(call: CallDocument, by: Trial, *, sounds: Sounds = ()) -> Side:
    """How the call came out before."""
    if by.before is None:
        return Side.of(call.findings, call.score_sheet)
    judged = judge(call, by.before, sounds=sounds)
    return Side.of(judged.findings, judged.sheet)


def rests_of(card: Scorecard) -> Rests:
    """The rules behind each criterion of a card."""
    return {criterion.id: criterion.rules for criterion in card.criteria}


def changed_rules(before: Ruleset, after: Ruleset) -> frozenset[str]:
    """Rules of the second that are new or say something else than in the first."""
    known = {rule.id: (rule.version, rule.status) for rule in before.rules}
    return frozenset(rule.id for rule in after.rules if known.get(rule.id) != (rule.version, rule.status))


def dependants(ruleset: Ruleset, rules: Iterable[str]) -> frozenset[str]:
    """The rules and all that rest on them."""
    found = set(rules)
    for rule in ruleset.rules:  # each stands after those it refers to
        if found & references(rule):
            found.add(rule.id)
    return frozenset(found)


def with_references(ruleset: Ruleset, rules: frozenset[str]) -> Ruleset:
    """The ruleset with nothing but these rules and those they rest on."""
    wanted = set(rules)
    kept: list[Rule] = []
    for rule in reversed(ruleset.rules):
        if rule.id in wanted:
            wanted |= references(rule)
            kept.append(rule)
    return replace(ruleset, rules=tuple(reversed(kept)))


def _merged(before: Mapping[str, Finding], after: Iterable[Finding], only: frozenset[str]) -> tuple[Finding, ...]:
    """The findings before, with those of the rules that are tried in their place."""
    kept = {rule: finding for rule, finding in before.items() if rule not in only}
    kept |= {finding.rule_id: finding for finding in after if finding.rule_id in only}
    return tuple(kept[rule] for rule in sorted(kept))
