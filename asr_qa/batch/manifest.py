"""Manifests: a CSV or JSON Lines file that says which recordings there are and what is known of each."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asr_qa.batch.files import real
from asr_qa.core.languages import language_code
from asr_qa.errors import ManifestError, Said
from asr_qa.messages import SaidError, error_of, said_in, say
from asr_qa.pipeline.ingest import CallDetails
from asr_qa.pipeline.store import REQUEST

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "path": ("file", "filename", "file_name", "recording", "录音", "录音文件", "文件", "文件名"),
    "agent_id": ("agent", "坐席", "坐席工号", "工号", "坐席编号", "客服工号", "客服"),
    "team": ("班组", "团队"),
    "queue": ("技能组", "队列", "业务线"),
    "direction": ("呼叫方向", "方向"),
    "customer_id": ("customer", "客户", "客户编号", "客户号"),
    "case_id": ("case", "工单", "工单号"),
    "started_at": ("start_time", "time", "开始时间", "通话开始时间", "通话时间"),
    "ring_seconds": ("ring", "振铃时长", "振铃秒数"),
    "language": ("lang", "语言"),
    "agent_channel": ("坐席声道",),
}
"""Fields and the column names they are known by, besides their own."""

_DIRECTIONS = {"inbound": "inbound", "in": "inbound", "呼入": "inbound", "来电": "inbound"} | {
    "outbound": "outbound",
    "out": "outbound",
    "呼出": "outbound",
    "外呼": "outbound",
}
_MAX_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One recording that the manifest names."""

    line: int
    """1-based line in the manifest."""
    path: Path
    """Absolute, or relative to the manifest's folder and already joined with it."""
    written: str
    """The path as it stands in the manifest."""
    details: CallDetails


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used."""

    place: str
    """File and line."""
    said: Said

    @property
    def reason(self) -> str:
        """What is wrong, in English."""
        return said_in(self.said, "en")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a manifest says; a bad row costs only itself."""

    rows: tuple[ManifestRow, ...]
    bad: tuple[BadRow, ...]
    other_columns: tuple[str, ...] = ()
    """Columns that are no field: kept as metadata, which only rules made for them look at."""


def read_manifest(path: Path, *, mapping: Mapping[str, str] | None = None) -> Manifest:
    """Read a manifest (.csv, or .jsonl / .ndjson).

    Args:
        path: The file; CSV with a header line, in UTF-8 or GB18030, separated by comma, semicolon or tab.
        mapping: Column name -> field, for columns under other names.

    Raises:
        ManifestError: The file cannot be read at all, or a column that is mapped is not in it.
    """
    text = _text(path)
    columns: dict[str, None] = {}
    rows = _json_lines(text, path) if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv_rows(text, path)
    bad: list[BadRow] = []
    read: dict[Path, ManifestRow] = {}
    for line, raw in rows:
        columns |= dict.fromkeys(name.strip() for name in raw)
        try:
            row = _row(line, _named(raw, mapping or {}), path)
            first = read.setdefault(real(row.path), row)
            if first is not row:
                raise SaidError(say("manifest_twice", path=row.written, first=first.line, line=line))
        except SaidError as exc:
            bad.append(BadRow(f"{path}:{line}", exc.said))
    _check_mapped(path, columns, mapping or {})
    known = _aliases(mapping or {})
    other = tuple(name for name in columns if name and name.lower() not in known)
    return Manifest(tuple(read.values()), tuple(bad), other)


def _check_mapped(path: Path, columns: Iterable[str], mapping: Mapping[str, str]) -> None:
    there = {name.lower() for name in columns}
    lacking = tuple(name for name in mapping if name not in there)
    if lacking and there:
        given = {"lacking": lacking, "columns": tuple(columns)}
        raise error_of(ManifestError, "manifest_no_column", manifest=str(path), **given)


def parse_mapping(pairs: list[str]) -> dict[str, str]:
    """Read COLUMN=FIELD pairs; raises ManifestError for a field that does not exist."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        column, _, name = pair.partition("=")
        if not column or name not in COLUMNS:
            raise error_of(ManifestError, "manifest_mapping", given=pair, known=tuple(COLUMNS))
        mapping[column.strip().lower()] = name
    return mapping


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise error_of(ManifestError, "manifest_large", manifest=str(path), most=_MAX_BYTES >> 20)
        data = path.read_bytes()
    except OSError as exc:
        raise error_of(ManifestError, "manifest_unreadable", manifest=str(path), reason=exc.strerror) from exc
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise error_of(ManifestError, "manifest_encoding", manifest=str(path))


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        for row in reader:
            if any((value or "").strip() for value in row.values() if isinstance(value, str)):
                yield reader.line_num, {name: value for name, value in row.items() if isinstance(name, str)}
    except csv.Error as exc:
        at = {"manifest": str(path), "line": reader.line_num}
        raise error_of(ManifestError, "manifest_csv", **at, reason=str(exc)) from exc


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, part in enumerate(text.splitlines(), 1):
        if not part.strip():
            continue
        try:
            row = json.loads(part)
        except ValueError as exc:
            raise error_of(ManifestError, "manifest_not_json", manifest=str(path), line=line, reason=str(exc)) from exc
        if not isinstance(row, dict):
            raise error_of(ManifestError, "manifest_not_object", manifest=str(path), line=line)
        yield line, row


def _named(raw: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, str]:
    """The row by field names; unknown columns under their own, empty ones left out."""
    aliases = _aliases(mapping)
    named: dict[str, str] = {}
    for column, value in raw.items():
        text = "" if value is None else str(value).strip()
        if text:
            named.setdefault(aliases.get(column.strip().lower(), column.strip()), text)
    return named


def _aliases(mapping: Mapping[str, str]) -> dict[str, str]:
    return {alias: name for name, others in COLUMNS.items() for alias in (name, *others)} | dict(mapping)


def _row(line: int, named: dict[str, str], manifest: Path) -> ManifestRow:
    written = named.pop("path", "")
    if not written:
        known = ("path", *COLUMNS["path"][:3], *COLUMNS["path"][4:5])
        raise SaidError(say("manifest_no_path", known=known))
    channel = named.pop("agent_channel", None)
    if "language" in named:
        named["language"] = language_code(named["language"])
    if REQUEST in named:
        # The name is taken for what was asked for; nothing that the manifest says is lost.
        named[f"manifest_{REQUEST}"] = named.pop(REQUEST)
    details = CallDetails(
        started_at=_time(named.pop("started_at", None)),
        direction=_direction(named.pop("direction", None)),
        ring_seconds=_seconds(named.pop("ring_seconds", None)),
        agent_channel=_channel(channel),
        **{key: named.pop(key, None) for key in ("queue", "agent_id", "team", "customer_id", "case_id")},
        metadata=named,
    )
    path = Path(written).expanduser()
    return ManifestRow(line, path if path.is_absolute() else manifest.parent / path, written, details)


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("/", "-")).isoformat()
    except ValueError:
        raise SaidError(say("manifest_time", given=text)) from None


def _direction(text: str | None) -> str | None:
    if text is None:
        return None
    if text.lower() not in _DIRECTIONS:
        raise SaidError(say("manifest_direction", given=text, known=tuple(_DIRECTIONS)))
    return _DIRECTIONS[text.lower()]


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    number = re.fullmatch(r"\d+(\.\d+)?", text)
    if not number or not math.isfinite(float(text)):
        raise SaidError(say("manifest_ring", given=text))
    return float(text)


def _channel(text: str | None) -> int | None:
    if text is None:
        return None
    if text == "auto":
        return -1
    if not re.fullmatch(r"\d", text):
        raise SaidError(say("manifest_channel", given=text))
    return int(text)
