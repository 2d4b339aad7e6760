"""YAML read safely and with its places: every value knows its line, nothing is expanded without bound."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from asr_qa.errors import Issue

MAX_BYTES = 4 * 2**20
"""Larger files are refused."""
MAX_DEPTH = 40
"""Deeper nesting is refused."""
MAX_VALUES = 200_000
"""More values in one file, aliases written out, are refused."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WIDE_COLON = re.compile(r"(?:^\s*(?:-\s+)*|[{,]\s*)[A-Za-z_]+\s*：")
"""A key that ends in a full-width colon."""
_SLIPS = (
    (re.compile(r"^\s*(?:-\s+)?[A-Za-z_]+:(?=[^\s:/])"), "no blank after the colon", "write a blank after ':'"),
    (re.compile(r"，(?=\s*[A-Za-z_]+\s*[:：])"), "full-width comma ，", "write ','"),
    (re.compile(r"[:\[{,]\s*[｛【［]"), "full-width bracket", "write { } or [ ]"),
)
"""Slips of the hand that stop YAML, what they are and what to write."""
_VARIABLE = re.compile(r"(?<!\$)\$\{\w*\}")
_HINTS = {
    "mapping values are not allowed in this context": "put a text that has ': ' in it in quotes, or check the indent",
    "did not find expected alphabetic or numeric character": "put a text that begins with * or & in quotes",
    "mapping values are not allowed here": "put a text that has ': ' in it in quotes, or check the indent",
    "did not find expected ',' or ']'": "a bracket [ is not closed, or a ',' is missing",
    "did not find expected ',' or '}'": "a brace { is not closed, or a ',' is missing",
    "did not find expected key": "check the indent of this line and those above; quote a text that begins with [ or {",
    "found character that cannot start any token": "put the text in quotes",
    "found undefined alias": "an alias *name needs its &name above it; put a text that begins with * in quotes",
    "found unexpected end of stream": "a quote or bracket is not closed",
    "did not find expected '-' indicator": "every entry of a list begins with '- ' in the same column",
}
_LOOKED_BACK = 3
_BELOW = 20
"""Lines of one long text that are looked through."""
_BOMB = "aliases refer in a circle or blow the file up"

Place = tuple[int, int]
"""Line and column, from 1."""
Path_ = tuple[Hashable, ...]
"""Keys and indexes from the top of the file."""


@dataclass(slots=True)
class Source:
    """One file as plain values, with the place of each."""

    path: str
    data: Any = None
    places: dict[Path_, Place] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    lines: tuple[str, ...] = ()
    """The text of the file."""
    origins: dict[Hashable, str] = field(default_factory=dict)
    """Path by key at the top, where a value was taken from another file."""

    def place(self, loc: Path_) -> Place:
        """Where a value stands; steps that are not in the file are skipped, so the nearest parent counts."""
        found: Path_ = ()
        for step in loc:
            if (*found, step) in self.places:
                found = (*found, step)
        return self.places.get(found, (1, 1))

    def issue(self, loc: Path_, message: str, *, hint: str = "", severity: str = "error") -> Issue:
        """An issue at a value."""
        line, column = self.place(loc)
        return Issue(self.origins.get(loc[0], self.path) if loc else self.path, line, message, hint, column, severity)

    def at_text(self, issue: Issue, text: str) -> Issue:
        """The issue with the column where a text stands on its line or below, if it does."""
        last = min(issue.line + _BELOW, len(self.lines)) if issue.path == self.path else 0
        for number in range(issue.line, last + 1):
            column = self.lines[number - 1].find(text, issue.column - 1 if number == issue.line else 0)
            if column >= 0:
                return replace(issue, line=number, column=column + 1)
        return issue


def read_source(path: Path, *, shown: str = "") -> Source:
    """Read a YAML file; what is wrong with it is in `issues`, and `data` is None where nothing could be read."""
    source = Source(shown or str(path))
    text = _text(path, source)
    return source if text is None else _fill(source, text)


def parse_source(text: str, *, shown: str) -> Source:
    """Read YAML text; `shown` is the name that issues give it."""
    return _fill(Source(shown), text)


def _fill(source: Source, text: str) -> Source:
    source.lines = tuple(text.splitlines())
    try:
        node = _compose(text, source)
    except yaml.MarkedYAMLError as error:
        source.issues.append(_broken(error, text, source.path))
        return source
    except yaml.YAMLError as error:
        source.issues.append(Issue(source.path, 0, f"not valid YAML: {error}"))
        return source
    if node is not None and not source.issues:
        source.data = _build(node, (), source)
    elif node is None and not source.issues:
        source.issues.append(Issue(source.path, 0, "the file is empty", "write a rule into it or delete it"))
    return source


def _broken(error: yaml.MarkedYAMLError, text: str, path: str) -> Issue:
    """What stops YAML from being read, in words for the mistakes that an editor with a Chinese keyboard invites."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Issue(path, 0, f"not valid YAML: {error.problem}")
    lines = text.splitlines()
    # The parser stops only where the line after makes no sense, so the colon may stand above its mark.
    for number in range(min(mark.line, len(lines) - 1), max(mark.line - _LOOKED_BACK, 0) - 1, -1):
        if colon := WIDE_COLON.search(lines[number]):
            return Issue(path, number + 1, "not valid YAML: full-width colon ：", "write ':'", colon.end())
    line = lines[mark.line] if mark.line < len(lines) else ""
    if (indent := line[: len(line) - len(line.lstrip())]).count("\t"):
        return Issue(path, mark.line + 1, "not valid YAML: a tab", "indent with blanks", indent.index("\t") + 1)
    if slip := _slip(lines, mark.line, path):
        return slip
    if "${" in line and (unquoted := _VARIABLE.search(line)):
        hint = f'inside [ ] and {{ }} put it in quotes: "{unquoted[0]}"'
        return Issue(path, mark.line + 1, f"not valid YAML: {unquoted[0]} without quotes", hint, unquoted.start() + 1)
    problem = " ".join(filter(None, (error.context, error.problem)))
    return Issue(
        path, mark.line + 1, f"not valid YAML: {problem}", _HINTS.get(error.problem or "", ""), mark.column + 1
    )


def _slip(lines: list[str], last: int, path: str) -> Issue | None:
    """A slip of the hand on the line where the parser stopped, or else on the one above."""
    for number in range(min(last, len(lines) - 1), max(last - 2, -1), -1):
        for pattern, what, hint in _SLIPS:
            if found := pattern.search(lines[number]):
                return Issue(path, number + 1, f"not valid YAML: {what}", hint, found.end())
    return None


def _text(path: Path, source: Source) -> str | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            source.issues.append(Issue(source.path, 0, f"larger than {MAX_BYTES // 2**20} MB", "split it"))
            return None
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        source.issues.append(Issue(source.path, 0, f"not UTF-8 at byte {error.start}", "save the file as UTF-8"))
    except OSError as error:
        source.issues.append(Issue(source.path, 0, f"cannot be read: {error.strerror}"))
    return None


def _compose(text: str, source: Source) -> yaml.Node | None:
    """The node tree, unless it is nested too deep to walk."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 0
            source.issues.append(Issue(source.path, line, f"nested deeper than {MAX_DEPTH}"))
            return None
    return yaml.compose(text, Loader=_LOADER)


def _build(node: yaml.Node, path: Path_, source: Source) -> Any:
    """Plain values of a node; aliases are written out, up to MAX_VALUES in all and MAX_DEPTH deep."""
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if len(path) > MAX_DEPTH or len(source.places) > MAX_VALUES:
        if not any(issue.message == _BOMB for issue in source.issues):
            source.issues.append(Issue(source.path, line, _BOMB, "write the values out", column))
        return None
    source.places.setdefault(path, (line, column))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, yaml.SequenceNode):
        return [_build(part, (*path, index), source) for index, part in enumerate(node.value)]
    return _scalar(node, source)


def _mapping(node: yaml.MappingNode, path: Path_, source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if key in found:
            first = source.places[(*path, key)][0]
            source.issues.append(
                Issue(source.path, line, f"key {key!r} stands twice", f"first on line {first}", column)
            )
            continue
        source.places[(*path, key)] = (line, column)
        found[key] = _build(value_node, (*path, key), source)
    return found


def _scalar(node: yaml.Node, source: Source) -> Any:
    try:
        return SafeConstructor().construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        source.issues.append(Issue(source.path, line, f"cannot be read: {error}", "put it in quotes", column))
        return None
