"""From the YAML shape to the values that core evaluates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from asr_qa.core.recording import Role
from asr_qa.core.rule import (
    AllOf,
    Anchor,
    AnchorSide,
    AnyOf,
    AppliesWhen,
    Bounds,
    Check,
    Condition,
    Entity,
    ErrorClass,
    EventCount,
    EventFilter,
    Metric,
    Not,
    Options,
    Phrase,
    Regex,
    Repetition,
    Rule,
    RuleIs,
    Scope,
    Script,
    Sequence,
    Severity,
    Similarity,
    Status,
    Units,
    Within,
    content_digest,
)
from asr_qa.ruleset.fields import CountModel, to_bounds
from asr_qa.ruleset.schema import (
    AnchorModel,
    AppliesWhenModel,
    ConditionModel,
    EventModel,
    FilterModel,
    RuleModel,
)
from asr_qa.ruleset.script import variants
from asr_qa.ruleset.speech import EntityModel, PhraseModel, RegexModel, ScriptModel, SimilarityModel

VERSION_LENGTH = 12
_FIELDS = ("direction", "queue", "team", "language")


def to_rule(model: RuleModel, *, pack: str = "") -> Rule:
    """The rule as core evaluates it, stamped with its version."""
    required = model.require or model.forbid
    if required is None:
        raise ValueError(f"{model.id} has neither require nor forbid")
    effective = model.effective
    rule = Rule(
        id=model.id,
        name=model.name,
        title_zh=model.title.zh,
        title_en=model.title.en,
        severity=Severity(model.severity),
        error_class=ErrorClass(model.class_),
        status=Status(model.status),
        polarity="require" if model.require is not None else "forbid",
        condition=to_condition(required),
        exceptions=None if model.except_ is None else to_condition(model.except_),
        applies_when=AppliesWhen() if model.applies_when is None else _applies_when(model.applies_when),
        prerequisites=tuple(dict.fromkeys(model.prerequisites)),
        rationale=model.rationale,
        false_positives=tuple(model.false_positives),
        assisted=model.assisted,
        effective_from=effective.from_.isoformat() if effective and effective.from_ else None,
        effective_until=effective.until.isoformat() if effective and effective.until else None,
        pack=pack,
    )
    return replace(rule, version=content_digest(rule)[:VERSION_LENGTH])


def to_condition(model: ConditionModel, *, trigger: bool = False) -> Condition:
    """A condition with everything below it.

    Args:
        trigger: It only decides whether a rule applies: words are matched fuzzily only where the rule says so.
    """
    if model.any_ is not None:
        return AnyOf(tuple(to_condition(part, trigger=trigger) for part in model.any_))
    if model.all_ is not None:
        return AllOf(tuple(to_condition(part, trigger=trigger) for part in model.all_))
    if model.not_ is not None:
        return Not(to_condition(model.not_, trigger=trigger))
    return Check(_options(model, trigger=trigger), _scope(model))


def _options(model: ConditionModel, *, trigger: bool) -> Options:
    if model.phrase is not None:
        return _phrase(model.phrase, trigger=trigger)
    if model.regex is not None:
        return _regex(model.regex)
    if model.entity is not None:
        return _entity(model.entity)
    if model.similarity is not None:
        return _similarity(model.similarity)
    if model.script is not None:
        return _script(model.script, trigger=trigger)
    if model.sequence is not None:
        steps = tuple(Check(_options(step, trigger=trigger), _scope(step)) for step in model.sequence.steps)
        return Sequence(steps=steps, max_gap=model.sequence.max_gap)
    if (again := model.repetition) is not None:
        given = again.model_dump() | {"about": tuple(again.about), "ignore": tuple(again.ignore)}
        return Repetition(**given)
    return _timing(model)


def _timing(model: ConditionModel) -> Options:
    if model.metric is not None:
        return Metric(name=model.metric.name, bounds=to_bounds(model.metric))
    if model.event is not None:
        return EventCount(filter=_event_filter(model.event), count=_count(model.event.count))
    if model.rule is not None:
        return RuleIs(id=model.rule.id, verdicts=tuple(model.rule.verdict))
    raise ValueError("a condition without a kind")


def _match(model: PhraseModel | ScriptModel, *, trigger: bool) -> tuple[str, ...]:
    """The kinds of match asked for; where nobody asked, a trigger or an anchor takes no fuzzy ones.

    Words that only set something going are looked for everywhere in a call, mostly in vain: what is somewhat like them
    is mostly something else.
    """
    loose = "match" in model.model_fields_set or not trigger
    return tuple(kind for kind in model.match if loose or kind != "fuzzy")


def _phrase(model: PhraseModel, *, trigger: bool) -> Phrase:
    listed, needed = _needed(model)
    return Phrase(
        phrases=tuple(dict.fromkeys(listed)),
        needed=needed,
        absent=model.none_of is not None,
        min_count=model.min_count,
        exclude=tuple(model.exclude),
        match=_match(model, trigger=trigger),
        allow_short=model.allow_short,
        tones=model.tones,
        min_confidence=model.min_confidence,
        count=None if model.count is None else to_bounds(model.count),
        wrong_party=model.wrong_party,
    )


def _needed(model: PhraseModel) -> tuple[list[str], int]:
    """The phrases and how many different ones of them are needed."""
    if model.all_of is not None:
        return model.all_of, len(set(model.all_of))
    if model.n_of is not None:
        return model.n_of.of, model.n_of.n
    return model.any_of or model.none_of or [], 1


def _script(model: ScriptModel, *, trigger: bool) -> Script:
    return Script(
        lines=tuple(model.lines),
        variants=tuple(map(variants, model.lines)),
        coverage=model.coverage,
        ordered=model.ordered,
        match=_match(model, trigger=trigger),
        min_confidence=model.min_confidence,
        wrong_party=model.wrong_party,
    )


def _regex(model: RegexModel) -> Regex:
    return Regex(
        pattern=model.pattern,
        exclude=tuple(model.exclude),
        match=tuple(model.match),
        min_count=model.min_count,
        min_confidence=model.min_confidence,
        count=None if model.count is None else to_bounds(model.count),
    )


def _entity(model: EntityModel) -> Entity:
    return Entity(
        entities=tuple(dict.fromkeys(model.kind)),
        validity="any" if model.valid == "any" else "valid" if model.valid else "invalid",
        min_digits=model.min_digits,
        max_digits=model.max_digits,
        count=_count(model.count),
        min_confidence=model.min_confidence,
    )


def _similarity(model: SimilarityModel) -> Similarity:
    return Similarity(
        like=tuple(dict.fromkeys(model.like)),
        at_least=model.at_least,
        min_characters=model.min_characters,
        count=_count(model.count),
        min_confidence=model.min_confidence,
    )


def _count(model: CountModel | None) -> Bounds:
    return Bounds(at_least=1) if model is None else to_bounds(model)


def _event_filter(model: FilterModel) -> EventFilter:
    kind = model.kind if isinstance(model, EventModel) else cast(AnchorModel, model).event
    return EventFilter(
        kind_of=kind or "",
        by=_role(model.by),
        min_seconds=model.min_seconds,
        max_seconds=model.max_seconds,
        waived=model.waived,
    )


def _scope(model: ConditionModel) -> Scope:
    sides: Iterable[tuple[AnchorSide, AnchorModel | None]] = (
        ("after", model.after),
        ("before", model.before),
        ("near", model.near),
    )
    return Scope(
        role=_role(model.role),
        within=None if model.within is None else Within(**model.within.model_dump()),
        anchors=tuple(_anchor(side, anchor) for side, anchor in sides if anchor is not None),
        units=_units(model),
    )


def _units(model: ConditionModel) -> Units | None:
    if model.every is not None:
        return Units(how="every", of=model.every.unit, min_characters=model.every.min_characters)
    if model.same is not None:
        return Units(how="same", of=model.same.unit, min_characters=model.same.min_characters)
    return None


def _anchor(side: AnchorSide, model: AnchorModel) -> Anchor:
    phrase = None if model.phrase is None else _phrase(model.phrase, trigger=True)
    if phrase is not None and model.exclude:
        phrase = replace(phrase, exclude=phrase.exclude + tuple(model.exclude))
    return Anchor(
        side=side,
        rule=model.rule,
        event=None if model.event is None else _event_filter(model),
        phrase=phrase,
        role=_role(model.role),
        hit=model.hit,
        seconds=model.seconds,
        sentences=model.sentences,
    )


def _role(name: str | None) -> Role | None:
    return None if name is None else Role(name)


def _applies_when(model: AppliesWhenModel) -> AppliesWhen:
    fields = ((name, getattr(model, name)) for name in _FIELDS)
    return AppliesWhen(
        fields=tuple((name, tuple(values)) for name, values in fields if values),
        metadata=tuple((name, tuple(values)) for name, values in sorted(model.metadata.items())),
        has=tuple(model.has),
        condition=to_condition(model, trigger=True) if model.kind else None,
    )
