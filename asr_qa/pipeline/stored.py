"""Stored documents read for what re-scoring needs, and nothing else: traces and reasons are passed over unread.

Reading a whole document takes several times as long as deciding what a changed rule makes of it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec

from asr_qa.core.document import SCHEMA_VERSION, CallDocument
from asr_qa.core.event import Event
from asr_qa.core.finding import Finding
from asr_qa.errors import Said, StorageError
from asr_qa.messages import said_in, say


class UnreadableError(StorageError):
    """A stored document cannot be re-scored.

    Attributes:
        reason: "corrupt" or "other_schema".
    """

    def __init__(self, said: Said, *, reason: str) -> None:
        super().__init__(said_in(said, "en"))
        self.said, self.reason = said, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredCall(CallDocument):
    """A stored document as far as re-scoring needs it: without traces, reasons, voices and promises. Never stored."""


def read_scored(body: str | bytes, *, name: str | Said = "the document") -> ScoredCall:
    """Read a stored document for re-scoring.

    Args:
        body: The document as JSON.
        name: What messages call it.

    Raises:
        UnreadableError: It is none, or of a schema that this version does not know.
    """
    try:
        raw = _DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError) as exc:
        raise _unreadable(body, name, exc) from exc
    if raw.schema_version != SCHEMA_VERSION:
        raise _other_schema(name, raw.schema_version)
    parts = {name: getattr(raw, name) for name in _READ}
    parts["events"] = tuple(Event(**msgspec.structs.asdict(event)) for event in raw.events)
    parts["findings"] = tuple(Finding(**msgspec.structs.asdict(finding)) for finding in raw.findings)
    return ScoredCall(**parts)


def _shape(of: type, fields: Iterable[str], **instead: Any) -> type[msgspec.Struct]:
    """A dataclass as it stands in JSON, with some of its fields: what else there is is passed over unread.

    Args:
        of: The dataclass.
        fields: Names of those that are read.
        instead: Other types for some of them.
    """
    hints, known = get_type_hints(of), {field.name: field for field in dataclasses.fields(of)}
    shape: list[Any] = []
    for name in fields:
        declared, kind = known[name], instead.get(name, hints[name])
        if declared.default is not dataclasses.MISSING and name != "schema_version":
            shape.append((name, kind, declared.default))
        elif declared.default_factory is not dataclasses.MISSING:
            shape.append((name, kind, msgspec.field(default_factory=declared.default_factory)))
        else:
            shape.append((name, kind))
    return msgspec.defstruct(f"_{of.__name__}", shape, kw_only=True)


def _all_but(of: type, *names: str) -> list[str]:
    return [field.name for field in dataclasses.fields(of) if field.name not in names]


_READ = _all_but(CallDocument, "voice", "actions")
_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    _shape(
        CallDocument,
        _READ,
        events=tuple[_shape(Event, _all_but(Event, "definition", "reasons")), ...],  # type: ignore[misc]
        findings=tuple[_shape(Finding, _all_but(Finding, "trace")), ...],  # type: ignore[misc]
    )
)


def _unreadable(body: str | bytes, name: str | Said, cause: Exception) -> UnreadableError:
    """Why a document cannot be read: by its schema where it names another one, else as damaged."""
    try:
        version = json.loads(body).get("schema_version")
    except (ValueError, AttributeError):
        version = SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        return _other_schema(name, version)
    problem = str(cause).splitlines()[0]
    return UnreadableError(say("document_corrupt", name=name, problem=problem), reason="corrupt")


def _other_schema(name: str | Said, version: object) -> UnreadableError:
    said = say("document_schema", name=name, version=str(version), known=SCHEMA_VERSION)
    return UnreadableError(said, reason="other_schema")
