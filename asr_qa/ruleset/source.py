"""YAML read safely and with its places: every value knows its line, nothing is expanded without bound."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from asr_qa.errors import Issue, Said
from asr_qa.messages import issue_of, say
from asr_qa.ruleset.foreign import translated

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
    (re.compile(r"^\s*(?:-\s+)?[A-Za-z_]+:(?=[^\s:/])"), say("yaml_no_blank"), say("blank_after_colon")),
    (re.compile(r"^\s*-(?=[^\s\-0-9.])"), say("yaml_dash"), say("blank_after_dash")),
    (re.compile(r"，(?=\s*[A-Za-z_]+\s*[:：])"), say("yaml_wide_comma"), say("write_sign", sign=",")),
    (re.compile(r"[:\[{,]\s*[｛【［]"), say("yaml_wide_bracket"), say("write_signs", signs="{ } or [ ]")),
)
"""Slips of the hand that stop YAML, what they are and what to write."""
_VARIABLE = re.compile(r"(?<!\$)\$\{\w*\}")
_PROBLEMS = {
    "mapping values are not allowed in this context": ("yaml_value", "quote_or_indent"),
    "mapping values are not allowed here": ("yaml_value", "quote_or_indent"),
    "did not find expected alphabetic or numeric character": ("yaml_letter", "quote_star"),
    "did not find expected ',' or ']'": ("yaml_list_end", "close_list"),
    "did not find expected ',' or '}'": ("yaml_mapping_end", "close_mapping"),
    "did not find expected key": ("yaml_key", "check_indent"),
    "found character that cannot start any token": ("yaml_token", "quote_text"),
    "found undefined alias": ("yaml_alias", "name_anchor"),
    "found unexpected end of stream": ("yaml_end", "close_quote"),
    "did not find expected '-' indicator": ("yaml_item", "same_column"),
    "did not find expected node content": ("yaml_node", "close_list"),
    "found unknown escape character": ("yaml_escape", "quote_text"),
    "did not find expected <document start>": ("yaml_document", "check_indent"),
    "but found another document": ("yaml_one_document", "one_file"),
    "found invalid Unicode character escape code": ("yaml_escape", "quote_text"),
}
"""What the parser says, with what it is called and what to do about it."""
_CONTEXTS = {
    "expected a single document in the stream": "yaml_one_expected",
    "while parsing a flow sequence": "yaml_in_list",
    "while parsing a flow mapping": "yaml_in_braces",
    "while parsing a block mapping": "yaml_in_mapping",
    "while parsing a block collection": "yaml_in_items",
    "while parsing a flow node": "yaml_in_value",
    "while parsing a block node": "yaml_in_value",
    "while scanning a simple key": "yaml_in_key",
    "while scanning a quoted scalar": "yaml_in_quotes",
    "while parsing a quoted scalar": "yaml_in_quotes",
    "while scanning an alias": "yaml_in_alias",
    "while scanning an anchor": "yaml_in_alias",
    "while scanning for the next token": "yaml_in_text",
}
_LOOKED_BACK = 3
_BELOW = 20
"""Lines of one long text that are looked through."""
_BOMB = "alias_bomb"
_SIGNS = {"，": "sign_comma", "、": "sign_list_comma", "；": "sign_semicolon"}
_WIDE_SIGNS = re.compile(f"[{''.join(_SIGNS)}]")
_SENTENCES = frozenset({"script", "lines", "similarity", "like", "false_positives"})
"""Keys whose lists hold whole sentences, which may have commas of their own."""

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
    numbers: dict[Path_, str] = field(default_factory=dict)
    """How numbers are written, inf and nan apart."""
    origins: dict[Hashable, str] = field(default_factory=dict)
    """Path by key at the top, where a value was taken from another file."""

    def place(self, loc: Path_) -> Place:
        """Where a value stands; steps that are not in the file are skipped, so the nearest parent counts."""
        found: Path_ = ()
        for step in loc:
            if (*found, step) in self.places:
                found = (*found, step)
        return self.places.get(found, (1, 1))

    def issue(
        self,
        loc: Path_,
        said: Said,
        *,
        hint: Said | None = None,
        severity: str = "error",
        subject: str = "",
    ) -> Issue:
        """An issue at a value."""
        line, column = self.place(loc)
        path = self.origins.get(loc[0], self.path) if loc else self.path
        return issue_of(path, line, said, hint, column=column, severity=severity, subject=subject)

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
    except yaml.reader.ReaderError as error:
        source.issues.append(_unreadable(error, text, source.path))
        return source
    except yaml.YAMLError as error:
        source.issues.append(issue_of(source.path, 0, say("not_yaml", problem=str(error))))
        return source
    if node is not None and not source.issues:
        source.data = _build(node, (), source)
    if source.data is None and not source.issues:
        source.issues.append(issue_of(source.path, 0, say("file_empty"), say("write_or_delete")))
    return source


def _unreadable(error: yaml.reader.ReaderError, text: str, path: str) -> Issue:
    """A character that no YAML file may have, at its place."""
    before = text[: int(error.position)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    problem = say("yaml_character", code=f"U+{int(error.character):04X}")
    return issue_of(path, line, say("not_yaml", problem=problem), say("delete_character"), column=column)


def _broken(error: yaml.MarkedYAMLError, text: str, path: str) -> Issue:
    """What stops YAML from being read, in words for the mistakes that an editor with a Chinese keyboard invites."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return issue_of(path, 0, say("not_yaml", problem=_problem(error)[0]))
    lines = text.splitlines()
    # The parser stops only where the line after makes no sense, so the colon may stand above its mark.
    for number in range(min(mark.line, len(lines) - 1), max(mark.line - _LOOKED_BACK, 0) - 1, -1):
        if colon := WIDE_COLON.search(lines[number]):
            return issue_of(path, number + 1, say("yaml_wide_colon"), say("write_sign", sign=":"), column=colon.end())
    line = lines[mark.line] if mark.line < len(lines) else ""
    if (indent := line[: len(line) - len(line.lstrip())]).count("\t"):
        tab = indent.index("\t") + 1
        return issue_of(path, mark.line + 1, say("yaml_tab"), say("indent_with_blanks"), column=tab)
    if slip := _slip(lines, mark.line, path):
        return slip
    if "${" in line and (unquoted := _VARIABLE.search(line)):
        said, hint = say("yaml_variable", name=unquoted[0]), say("quote_variable", name=unquoted[0])
        return issue_of(path, mark.line + 1, said, hint, column=unquoted.start() + 1)
    problem, hint_ = _problem(error)
    return issue_of(path, mark.line + 1, say("not_yaml", problem=problem), hint_, column=mark.column + 1)


def _problem(error: yaml.MarkedYAMLError) -> tuple[Said, Said | None]:
    """What the parser found and what to do about it; in its own words where they are not known."""
    if known := _PROBLEMS.get(error.problem or ""):
        said, hint = say(known[0]), say(known[1])
    else:
        said, hint = say("as_is", text=error.problem or "?"), None
    if not error.context:
        return said, hint
    context = say(code) if (code := _CONTEXTS.get(error.context)) else say("as_is", text=error.context)
    return say("yaml_context", context=context, problem=said), hint


def _slip(lines: list[str], last: int, path: str) -> Issue | None:
    """A slip of the hand on the line where the parser stopped, or else on the one above."""
    for number in range(min(last, len(lines) - 1), max(last - 2, -1), -1):
        for pattern, said, hint in _SLIPS:
            if found := pattern.search(lines[number]):
                return issue_of(path, number + 1, said, hint, column=found.end())
    return None


def _text(path: Path, source: Source) -> str | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            source.issues.append(issue_of(source.path, 0, say("too_large", limit=MAX_BYTES // 2**20), say("split_it")))
            return None
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        source.issues.append(issue_of(source.path, 0, say("not_utf8", position=error.start), say("save_as_utf8")))
    except OSError as error:
        source.issues.append(issue_of(source.path, 0, say("cannot_read", reason=error.strerror)))
    return None


def _compose(text: str, source: Source) -> yaml.Node | None:
    """The node tree, unless it is nested too deep to walk."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 0
            source.issues.append(
                issue_of(source.path, line, say("nested_deeper", limit=MAX_DEPTH), say("fewer_levels"))
            )
            return None
    return yaml.compose(text, Loader=_LOADER)


def _build(node: yaml.Node, path: Path_, source: Source) -> Any:
    """Plain values of a node; aliases are written out, up to MAX_VALUES in all and MAX_DEPTH deep."""
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if len(path) > MAX_DEPTH or len(source.places) > MAX_VALUES:
        if not any(issue.said is not None and issue.said.code == _BOMB for issue in source.issues):
            source.issues.append(issue_of(source.path, line, say(_BOMB), say("write_out"), column=column))
        return None
    source.places.setdefault(path, (line, column))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, yaml.SequenceNode):
        if node.flow_style and not _SENTENCES & set(path):
            source.issues += _joined(node, source)
        return [_build(part, (*path, index), source) for index, part in enumerate(node.value)]
    value = _scalar(node, source)
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        source.numbers[path] = node.value
    return value


def _joined(node: yaml.SequenceNode, source: Source) -> Iterator[Issue]:
    """Entries of a list in [ ] that a sign of a Chinese keyboard makes one where several were meant."""
    for part in node.value:
        if not isinstance(part, yaml.ScalarNode) or part.style:
            continue
        if sign := _WIDE_SIGNS.search(part.value):
            said = say("phrase_separator", phrase=part.value, sign=say(_SIGNS[sign[0]]))
            hint = say("split_phrases", split=", ".join(filter(None, map(str.strip, _WIDE_SIGNS.split(part.value)))))
            line, column = part.start_mark.line + 1, part.start_mark.column + 1
            yield issue_of(source.path, line, said, hint, column=column)


def _mapping(node: yaml.MappingNode, path: Path_, source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if key in found:
            first = source.places[(*path, key)][0]
            said, hint = say("key_twice", key=key), say("first_on_line", line=first)
            source.issues.append(issue_of(source.path, line, said, hint, column=column))
            continue
        source.places[(*path, key)] = (line, column)
        found[key] = _build(value_node, (*path, key), source)
    return found


def _scalar(node: yaml.Node, source: Source) -> Any:
    try:
        return SafeConstructor().construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        said = say("value_unreadable", problem=translated(str(error)))
        source.issues.append(issue_of(source.path, line, said, say("value_or_quotes"), column=column))
        return None
