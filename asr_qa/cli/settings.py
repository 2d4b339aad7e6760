"""What is wrong with the settings, by the names of the environment variables they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from asr_qa.cli.printing import told
from asr_qa.config import Settings
from asr_qa.errors import Said
from asr_qa.messages import say

_SAID = {
    "bool_parsing": "want_bool",
    "bool_type": "want_bool",
    "int_parsing": "want_whole",
    "int_from_float": "want_whole",
    "int_type": "want_whole",
    "float_parsing": "want_number",
    "float_type": "want_number",
    "finite_number": "want_number",
    "greater_than": "over",
    "greater_than_equal": "at_least",
    "less_than": "under",
    "less_than_equal": "at_most",
    "string_pattern_mismatch": "setting_form",
    "extra_forbidden": "setting_unknown_part",
}
"""Message by pydantic's name of a mistake; its arguments are pydantic's own."""
_BOUNDS = ("gt", "ge", "lt", "le")
_KINDS = frozenset({"int", "float", "bool", "str"})
_GROUPS = frozenset({"model_type", "model_attributes_type", "dict_type"})


def settings_mistakes(error: ValidationError) -> Iterator[str]:
    """What is wrong with which environment variable, one a line, in the language of the command."""
    mistakes: dict[str, list[ErrorDetails]] = {}
    for mistake in error.errors(include_url=False):  # each kind of value that it might have been is one of its own
        mistakes.setdefault(_variable(mistake), []).append(mistake)
    yield from (_line(name, of) for name, of in mistakes.items())


def unreadable(error: SettingsError) -> str:
    """The line for a group of settings that was written as one value, which is no JSON."""
    # The error says it in a sentence only; the name of the group is the one word in quotes that is a setting.
    group = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), None)
    if group is None:
        return str(error)
    name = f"ASR_QA_{group.upper()}"
    return told("setting_wrong_parts", name=name, said=say("setting_is_group", name=name))


def _variable(mistake: ErrorDetails) -> str:
    """The variable: pydantic adds the kind of value it tried, in lower case or brackets."""
    steps = [str(step) for step in mistake["loc"]]
    return "ASR_QA_" + "__".join(step.upper() for step in steps if step not in _KINDS and "[" not in step)


def _line(name: str, mistakes: list[ErrorDetails]) -> str:
    said = _said(name, mistakes[0])
    for other in mistakes[1:]:
        said = say("either", one=said, other=_said(name, other))
    given = mistakes[0]["input"]
    if isinstance(given, str | int | float):
        return told("setting_wrong", name=name, given=str(given), said=said)
    return told("setting_wrong_parts", name=name, said=said)


def _said(name: str, mistake: ErrorDetails) -> Said:
    bounds = mistake.get("ctx", {})
    if mistake["type"] == "literal_error" and (known := allowed(mistake["loc"])):
        return _one_of(known)
    if mistake["type"] in _GROUPS:
        return say("setting_is_group", name=name)
    if (code := _SAID.get(mistake["type"])) is None:
        return say("as_is", text=mistake["msg"])
    return say(code, **{key: bounds[key] for key in _BOUNDS if key in bounds})


def _one_of(known: tuple[str, ...]) -> Said:
    if len(known) == 1:
        return say("setting_just", word=known[0])
    words = tuple(filter(None, known))
    return say("setting_one_of" if words == known else "setting_one_of_or_none", known=words)


def allowed(place: tuple[int | str, ...]) -> tuple[str, ...]:
    """The words that a setting may be, as its type has them: pydantic tells them in a sentence only.

    Args:
        place: Names of the groups and of the setting, as in an error; what follows them is passed over.
    """
    fields: Mapping[str, FieldInfo] = Settings.model_fields
    for step in place:
        kind = fields[str(step)].annotation if str(step) in fields else None
        if kind is None:
            break
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return tuple(_words(kind))
        fields = kind.model_fields
    return ()


def _words(kind: object) -> Iterator[str]:
    """The words in a type, also where it may be something else: `int | Literal["auto"]`."""
    if get_origin(kind) is Literal:
        yield from (str(one) for one in get_args(kind))
    else:
        for part in get_args(kind):
            yield from _words(part)
