"""JSON Schema of our YAML files, for completion and checks in editors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from asr_qa.core.checks.timing import METRICS
from asr_qa.ruleset.cardshape import ScorecardModel
from asr_qa.ruleset.cases import CaseModel
from asr_qa.ruleset.editor_words import DESCRIPTIONS, EXAMPLES, TITLES
from asr_qa.ruleset.packs import PackModel
from asr_qa.ruleset.schema import KINDS, RuleModel

Kind = Literal["rule", "cases", "pack", "scorecard"]
KINDS_OF_FILES: tuple[Kind, ...] = get_args(Kind)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VARIABLE = {"type": "string", "pattern": r"^\$\{[a-z][a-z0-9_]*\}$", "description": "变量，如 ${seconds}"}
"""A number may be a variable of a pack."""
_PROBES: tuple[Any, ...] = ("x", ["x"], 7, {"x": 1})
_MARK = "x-short"
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "RuleModel": ("require", "forbid"),
    "ConditionModel": KINDS,
    "PhraseModel": ("any_of", "all_of", "n_of", "none_of"),
    "AnchorModel": ("rule", "event", "phrase"),
}
"""Keys of which exactly one is given."""
_AT_LEAST_ONE = frozenset({"WithinModel", "CountModel"})


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of file."""
    schema = _MAKERS[kind]()
    return {"$schema": DIALECT, "title": TITLES[kind], **schema}


def file_name(kind: Kind) -> str:
    """What the schema of a kind is called as a file."""
    return f"{kind}.schema.json"


def _rule() -> dict[str, Any]:
    """One rule, several under `rules`, or the changed keys of an inherited one."""
    schema = _finished(RuleModel)
    rule = schema["$defs"]["RuleModel"]
    changed = {"type": "object", "properties": dict(rule["properties"]), "additionalProperties": False}
    changed |= {"required": ["id"], "description": "从别的规则包继承来的规则里要改的项（由 extends 得来）"}
    schema["$defs"]["ChangedRule"] = changed
    one = {"anyOf": [{"$ref": "#/$defs/RuleModel"}, {"$ref": "#/$defs/ChangedRule"}]}
    several = {
        "type": "object",
        "properties": {"rules": {"type": "array", "minItems": 1, "items": one, "description": "一个文件里的多条规则"}},
        "required": ["rules"],
        "additionalProperties": False,
    }
    return {"anyOf": [*one["anyOf"], several], **schema}


def _cases() -> dict[str, Any]:
    schema = _finished(CaseModel)
    return {"type": "array", "items": {"$ref": "#/$defs/CaseModel"}, **schema}


def _mapping_of(model: type[BaseModel]) -> Callable[[], dict[str, Any]]:
    return lambda: {"$ref": f"#/$defs/{model.__name__}", **_finished(model)}


_MAKERS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "rule": _rule,
    "cases": _cases,
    "pack": _mapping_of(PackModel),
    "scorecard": _mapping_of(ScorecardModel),
}


def _finished(model: type[BaseModel]) -> dict[str, Any]:
    """The definitions that a model needs, as somebody who writes YAML should see them."""
    made = model.model_json_schema(
        by_alias=True, mode="validation", ref_template="#/$defs/{model}", schema_generator=_Generator
    )
    definitions: dict[str, Any] = made.pop("$defs", {})
    if "$ref" not in made:
        definitions[model.__name__] = made
    for name, definition in definitions.items():
        _finish(name.strip("_"), definition)
    definitions = {name: _resolved(_plain(part), definitions) for name, part in definitions.items()}
    for name, definition in definitions.items():
        _describe(name.strip("_"), definition)
    return {"$defs": definitions}


class _Generator(GenerateJsonSchema):
    """Adds the short forms that stand before the validation of a value: a word for a list of words, and so on."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = super().function_before_schema(schema)
        shorts = [short for probe in _PROBES if (short := _short(schema["function"]["function"], probe)) is not None]
        return {"anyOf": [inner, *({_MARK: short, "of": inner} for short in shorts)]} if shorts else inner


def _short(function: Any, probe: Any) -> Any:
    """What becomes of a short form: the key that it stands for, or "item" of a list; None where it is none."""
    try:
        made = function(probe)
    except (PydanticCustomError, TypeError, ValueError):
        return None
    if made is probe or made == probe:
        return None
    kind = "array" if isinstance(probe, list) else "object" if isinstance(probe, dict) else _type(probe)
    if isinstance(made, dict) and len(made) == 1:
        return [kind, next(iter(made))]
    if isinstance(made, list) and made == [probe]:
        return [kind, ""]
    if isinstance(made, list) and len(made) == 1 and isinstance(made[0], dict):
        return [kind, None]
    return [kind, None] if isinstance(made, str) else None


def _type(value: Any) -> str:
    return "string" if isinstance(value, str) else "integer"


def _resolved(data: Any, definitions: Mapping[str, Any]) -> Any:
    """Schemas with every short form written out."""
    if isinstance(data, list):
        return [part for one in data if (part := _resolved(one, definitions)) is not None]
    if not isinstance(data, dict):
        return data
    if _MARK in data:
        return _written_out(data, definitions)
    done = {key: _resolved(part, definitions) for key, part in data.items()}
    if len(done.get("anyOf", ())) == 1:
        only = done.pop("anyOf")[0]
        return {**only, **done}
    if "anyOf" in done:
        done["anyOf"] = list({repr(part): part for part in _flat(done["anyOf"])}.values())
    return done


def _flat(parts: list[Any]) -> Iterator[Any]:
    for part in parts:
        if set(part) == {"anyOf"}:
            yield from _flat(part["anyOf"])
        else:
            yield part


def _written_out(mark: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """The schema of a short form: of an item of the list, or of the key of the mapping that it stands for."""
    kind, key = mark[_MARK]
    if key is None:
        return {"type": "array", "items": {"type": "string"}} if kind == "array" else {"type": kind}
    inner = mark["of"]
    if key == "":
        items = _resolved(inner.get("items", {}), definitions)
        return items if _takes(items, kind, definitions) else None
    whole = definitions.get(str(inner.get("$ref", "")).removeprefix("#/$defs/"), inner)
    wanted = _resolved(whole.get("properties", {}).get(key, {}), definitions)
    fitting = [part for part in wanted.get("anyOf", [wanted]) if _takes(part, kind, definitions)]
    return {"anyOf": fitting} if len(fitting) > 1 else fitting[0] if fitting else None


def _takes(schema: Any, kind: str, definitions: Mapping[str, Any]) -> bool:
    """Whether a schema is of a JSON type, as far as that matters here."""
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema:
        return kind == "object"
    if "anyOf" in schema:
        return any(_takes(part, kind, definitions) for part in schema["anyOf"])
    return schema.get("type") == kind or (("enum" in schema or "const" in schema) and kind == "string")


def _plain(data: Any) -> Any:
    """A schema without null, titles and defaults that only say that a key may be left out."""
    if isinstance(data, list):
        return [_plain(part) for part in data]
    if not isinstance(data, dict):
        return data
    done: dict[str, Any] = {}
    for key, part in data.items():
        if key == "anyOf":
            done[key] = [_plain(one) for one in part if one != {"type": "null"}]
        elif key == "properties":
            done[key] = {name: _plain(one) for name, one in part.items()}
        elif not (key == "title" and isinstance(part, str)) and not (key == "default" and part in (None, [], {}, "")):
            done[key] = _plain(part)
    if len(done.get("anyOf", ())) == 1:
        done |= done.pop("anyOf")[0]
    return done


def _finish(name: str, definition: dict[str, Any]) -> None:
    """What the models check in code, as far as a schema can say it."""
    definition.pop("description", None)
    properties = definition.get("properties", {})
    if name == "MetricModel":
        properties["name"]["enum"] = sorted(METRICS)
    if (keys := _ONE_OF.get(name)) is not None:
        definition["oneOf"] = [{"required": [key]} for key in keys]
    if name == "WhenModel":
        definition["additionalProperties"] = properties.pop("facts")["additionalProperties"]
    if name in _AT_LEAST_ONE:
        definition["minProperties"] = 1


def _describe(name: str, definition: dict[str, Any]) -> None:
    """A description and an example for each key, and variables in place of numbers."""
    for key, part in definition.get("properties", {}).items():
        if text := DESCRIPTIONS.get(f"{name}.{key}") or DESCRIPTIONS.get(key):
            part["description"] = text
        if (examples := EXAMPLES.get(key)) is not None:
            part["examples"] = examples
        if part.get("type") in ("number", "integer") and name not in ("PackModel",):
            number = {word: part.pop(word) for word in list(part) if word not in ("description", "examples", "default")}
            part["anyOf"] = [number, VARIABLE]
