"""Names in rules that stand for words: `${company}` is written once and filled in for each company."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from asr_qa.errors import Issue
from asr_qa.messages import say
from asr_qa.ruleset.schema import guess
from asr_qa.ruleset.source import MAX_VALUES, Path_, Source

NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What a variable may be called."""
_MARK = re.compile(r"\$(\$?)\{([^{}]*)\}")
_PHRASE_KEYS = frozenset(
    {
        "phrase",
        "any_of",
        "all_of",
        "none_of",
        "of",
        "exclude",
        "steps",
        "sequence",
        "about",
        "ignore",
        "like",
        "similarity",
    }
)
_PATTERN_KEYS = frozenset({"regex", "pattern", "exclude"})
_SCRIPT_KEYS = frozenset({"script", "lines"})

Value = str | int | float | tuple[str, ...]
"""What a variable stands for; a list is several ways to say it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A variable with the place that gives its value."""

    value: Value
    source: Source
    at: Path_


Layer = Mapping[str, Definition]
"""Variables of one pack."""


def names_in(data: Any) -> frozenset[str]:
    """Every variable that values name."""
    return frozenset(_names(data))


def _names(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield from (mark[2] for mark in _MARK.finditer(data) if not mark[1])
    elif isinstance(data, dict):
        for part in data.values():
            yield from _names(part)
    elif isinstance(data, list):
        for part in data:
            yield from _names(part)


def filled(source: Source, at: Path_, values: Mapping[str, Value]) -> Source:
    """A part of a file with its variables filled in, as a source of its own whose places are those of the file.

    An item of a list becomes one item for each value. In a script a list is `(a|b)`, in a pattern `(?:a|b)` with the
    signs of patterns taken literally; in a call of a case the first value counts; elsewhere values stand side by side.
    What is wrong is added to `issues` of the result.
    """
    data = source.data
    for step in at:
        data = data[step]
    job = _Filling(source, Source(source.path, lines=source.lines), values)
    job.out.origins = {key: path for key, path in source.origins.items() if not at}
    job.out.data = job.fill(data, at, ())
    return job.out


@dataclass(slots=True)
class _Filling:
    source: Source
    out: Source
    values: Mapping[str, Value]
    made: int = field(default=0)

    def fill(self, data: Any, old: Path_, new: Path_) -> Any:
        """A value with everything below it; `old` and `new` are where it stood and stands."""
        if (place := self.source.places.get(old)) is not None:
            self.out.places[new] = place
        if isinstance(data, dict):
            return {key: self.fill(part, (*old, key), (*new, key)) for key, part in data.items()}
        if isinstance(data, list):
            return self._items(data, old, new)
        return self._scalar(data, old, new) if isinstance(data, str) and "${" in data else data

    def _items(self, data: list[Any], old: Path_, new: Path_) -> list[Any]:
        made: list[Any] = []
        for index, part in enumerate(data):
            if not (isinstance(part, str) and "${" in part):
                made.append(self.fill(part, (*old, index), (*new, len(made))))
                continue
            value = self._scalar(part, (*old, index), new)
            several = value if isinstance(value, list) and new[-1:] not in (("steps",), ("sequence",)) else [value]
            for one in several:
                self.out.places[(*new, len(made))] = self.source.place((*old, index))
                made.append(one)
        return made

    def _scalar(self, text: str, old: Path_, new: Path_) -> Any:
        marks = [mark for mark in _MARK.finditer(text) if not mark[1]]
        unknown = [mark for mark in marks if mark[2] not in self.values]
        if unknown:
            self.out.issues += (self._unknown(mark, old) for mark in unknown)
            return text
        kind = _kind(new)
        whole = len(marks) == 1 and marks[0].span() == (0, len(text))
        if whole and kind not in ("regex", "script", "call"):
            value = self.values[marks[0][2]]
            if isinstance(value, tuple):
                return list(value)
            return _written(value) if kind == "phrase" else value
        if kind == "phrase":
            return self._every_way(text, marks, old)
        return _MARK.sub(lambda mark: mark[0][1:] if mark[1] else _inside(self.values[mark[2]], kind), text)

    def _every_way(self, text: str, marks: list[re.Match[str]], old: Path_) -> str | list[str]:
        """The phrase with each of the values of its variables, every combination once."""
        names = list(dict.fromkeys(mark[2] for mark in marks))
        ways = [_listed(self.values[name]) for name in names]
        made: list[str] = []
        for combined in product(*ways):
            chosen = dict(zip(names, combined, strict=True))
            made.append(_MARK.sub(lambda mark: mark[0][1:] if mark[1] else chosen[mark[2]], text))  # noqa: B023
            self.made += 1
            if self.made > MAX_VALUES:
                self.out.issues.append(self.source.issue(old, say("variables_many"), hint=say("shorter_lists")))
                return text
        return made[0] if len(made) == 1 else made

    def _unknown(self, mark: re.Match[str], old: Path_) -> Issue:
        name = mark[2]
        hint = guess(name, self.values) or say("set_variable")
        if not NAME.fullmatch(name):
            return self.source.issue(old, say("not_a_variable", mark=mark[0]), hint=say("variable_signs"))
        issue = self.source.issue(old, say("variable_unset", name=name), hint=hint)
        return self.source.at_text(issue, mark[0])


def _kind(loc: Path_) -> str:
    """What stands at a place of a rule or case: it decides how several values are written."""
    keys = [step for step in loc if isinstance(step, str)]
    last = keys[-1] if keys else ""
    if "regex" in keys and last in _PATTERN_KEYS:
        return "regex"
    if "script" in keys and last in _SCRIPT_KEYS:
        return "script"
    if last == "call":
        return "call"
    return "phrase" if last in _PHRASE_KEYS else "text"


def _inside(value: Value, kind: str) -> str:
    """A value written into a longer text."""
    ways = _listed(value)
    if kind == "regex":
        ways = [re.escape(way) for way in ways]
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    if kind == "script":
        return ways[0] if len(ways) == 1 else f"({'|'.join(ways)})"
    return ways[0] if kind == "call" else "、".join(ways)


def _listed(value: Value) -> list[str]:
    if isinstance(value, tuple):
        return list(value)
    return [_written(value)]


def _written(value: str | float) -> str:
    """A value as it is said: a number with all its digits."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)
