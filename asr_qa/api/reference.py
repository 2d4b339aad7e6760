"""/v1/rules, /v1/definitions and health: what the service measures by, and whether it lives."""

from __future__ import annotations

from dataclasses import fields

from fastapi import APIRouter

import asr_qa
from asr_qa.api import docs
from asr_qa.api.deps import Ctx, RuleReader
from asr_qa.api.schemas import DefinitionOut, DefinitionsOut, Health, RuleOut, RulesOut
from asr_qa.core.metrics import DEFINITION_OF
from asr_qa.core.rule import Rule
from asr_qa.core.timeline import TimingOptions, definitions
from asr_qa.core.voice import voice_definitions
from asr_qa.render.definitions import DEFINITION_TEXTS
from asr_qa.render.voicetexts import VOICE_DEFINITION_TEXTS

_TEXTS = DEFINITION_TEXTS | VOICE_DEFINITION_TEXTS

router = APIRouter(tags=["reference"])
health = APIRouter(tags=["health"])


@router.get(
    "/v1/rules",
    summary="The rules in force",
    operation_id="list_rules",
    response_model=RulesOut,
    responses=docs.answers(docs.example(docs.RULES, "All rules"), 401, 403, path="/v1/rules"),
)
def list_rules(context: Ctx, _principal: RuleReader) -> RulesOut:
    """Every rule with its severity, class and rationale, in the order in which they are evaluated."""
    return RulesOut(digest=context.ruleset.digest, rules=[_rule(rule) for rule in context.ruleset.rules])


@router.get(
    "/v1/definitions",
    summary="How time is measured",
    operation_id="list_definitions",
    response_model=DefinitionsOut,
    responses=docs.answers(docs.example(docs.DEFINITIONS, "All definitions"), 401, 403, path="/v1/definitions"),
)
def list_definitions(context: Ctx, _principal: RuleReader) -> DefinitionsOut:
    """What silence, dead air, interruption and the others mean here, with the parameters in force."""
    ids = definitions(context.timing) | voice_definitions()
    return DefinitionsOut(
        options=_options(context.timing),
        definitions=[
            DefinitionOut(id=name, definition=definition, text=_TEXTS.get(name, {})) for name, definition in ids.items()
        ],
        figures=dict(DEFINITION_OF),
    )


@health.get(
    "/healthz",
    summary="Whether the process lives",
    operation_id="healthz",
    response_model=Health,
    responses=docs.answers(docs.example(docs.HEALTH, "It does"), path="/healthz"),
)
def healthz() -> Health:
    """Answers as long as the process can; looks at nothing else."""
    return Health(status="ok", version=asr_qa.__version__)


@health.get(
    "/readyz",
    summary="Whether requests can be served",
    operation_id="readyz",
    response_model=Health,
    responses=docs.answers(docs.example(docs.HEALTH, "They can"), path="/readyz"),
)
def readyz(context: Ctx) -> Health:
    """503 unless the database answers and has the tables of this version."""
    context.store.check()
    return Health(status="ok", version=asr_qa.__version__)


def _rule(rule: Rule) -> RuleOut:
    return RuleOut(
        id=rule.id,
        name=rule.name,
        title={"zh": rule.title_zh, "en": rule.title_en},
        severity=rule.severity.value,
        error_class=rule.error_class.value,
        status=rule.status.value,
        polarity=rule.polarity,
        pack=rule.pack,
        rationale=rule.rationale,
        false_positives=list(rule.false_positives),
        assisted=rule.assisted,
        version=rule.version,
    )


def _options(timing: TimingOptions) -> dict[str, float]:
    values = {field.name: getattr(timing, field.name) for field in fields(timing)}
    return {name: value for name, value in values.items() if isinstance(value, int | float)}
