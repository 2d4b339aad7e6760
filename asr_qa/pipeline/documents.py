"""Call documents as JSON: one shape for files, database and API."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from asr_qa.core.document import CallDocument

_ADAPTER: TypeAdapter[CallDocument] = TypeAdapter(CallDocument)


def to_json(document: CallDocument, *, indent: int | None = None) -> str:
    """The document as JSON text; times rounded to the millisecond, other figures to six digits."""
    return json.dumps(to_dict(document), ensure_ascii=False, indent=indent, allow_nan=False)


def to_dict(document: CallDocument) -> dict[str, Any]:
    """The document as plain lists, dicts, strings and numbers."""
    plain: dict[str, Any] = _round(_ADAPTER.dump_python(document, mode="json"))
    return plain


def from_json(text: str | bytes) -> CallDocument:
    """Read a document back; raises pydantic.ValidationError where the text is not one."""
    return _ADAPTER.validate_json(text)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the call document."""
    return _ADAPTER.json_schema()


_TIMES = frozenset({"start", "end", "duration"})


def written(figure: float) -> float:
    """A figure that is no time as a document has it: columns beside a document say what the document says."""
    return round(figure, 6)


def _round(value: Any, key: str = "") -> Any:
    if isinstance(value, float):
        return round(value, 3) if key in _TIMES else written(value)
    if isinstance(value, dict):
        return {name: _round(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_round(part, key) for part in value]
    return value
