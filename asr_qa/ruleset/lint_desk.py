"""What a linter has before it, and where it finds the words it speaks of."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from asr_qa.core.checks.index import key_of
from asr_qa.core.rule import Rule, Ruleset
from asr_qa.core.text import plain
from asr_qa.errors import Issue, Said
from asr_qa.messages import issue_of
from asr_qa.ruleset.cases import Case
from asr_qa.ruleset.loader import RuleSource
from asr_qa.ruleset.simplified import simplified
from asr_qa.ruleset.source import Source

Loc = tuple[Hashable, ...]
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Desk:
    """The rules, their cases and the files they stand in."""

    ruleset: Ruleset
    cases: tuple[Case, ...]
    sources: Mapping[str, RuleSource] = field(default_factory=dict)
    _texts: dict[str, dict[str, Loc]] = field(default_factory=dict)
    """Where each text of a rule stands first, by rule."""

    def issue(
        self, rule: Rule, said: Said, *, hint: Said | None = None, at: str = "", severity: str = "warning"
    ) -> Issue:
        """An issue at a rule, at the text `at` where it is found."""
        source = self.sources.get(rule.id)
        if source is None:
            return issue_of(rule.id, 0, said, hint, severity=severity)
        if source.file is None:
            return issue_of(source.path, source.line, said, hint, severity=severity, subject=rule.id)
        loc = self._found(rule, source.file, at)
        where = ("id",) if loc is None else loc
        issue = source.file.issue(where, said, hint=hint, severity=severity, subject=rule.id)
        return issue if loc is None else source.file.at_text(issue, at)

    def place(self, rule: Rule, at: str = "") -> str:
        """File and line of a rule, or of a text of it; its id where they are not known."""
        source = self.sources.get(rule.id)
        if source is None or source.file is None:
            return rule.id
        loc = self._found(rule, source.file, at)
        path = source.file.origins.get(loc[0], source.file.path) if loc else source.file.path
        return f"{path}:{source.file.place(loc or ('id',))[0]}"

    def quoted(self, rule: Rule, text: str) -> bool:
        """Whether a text of a rule stands in quotes in its file; unknown files have no quotes."""
        source = self.sources.get(rule.id)
        if source is None or source.file is None or (loc := self._found(rule, source.file, text)) is None:
            return False
        line = source.file.place(loc)[0]
        written = source.file.lines[line - 1] if line <= len(source.file.lines) else ""
        return f'"{text}"' in written or f"'{text}'" in written

    def _found(self, rule: Rule, file: Source, text: str) -> Loc | None:
        if not text:
            return None
        if rule.id not in self._texts:
            texts: dict[str, Loc] = {}
            for loc, written in _texts(file.data, ()):
                texts.setdefault(written, loc)
                if not written.isascii():
                    texts.setdefault(simplified(written), loc)
            self._texts[rule.id] = texts
        return self._texts[rule.id].get(text)


def _texts(data: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text of a rule with where it stands; its keys are none."""
    if isinstance(data, str):
        yield loc, data
    elif isinstance(data, dict):
        for key, part in data.items():
            yield from _texts(part, (*loc, key))
    elif isinstance(data, list):
        for index, part in enumerate(data):
            yield from _texts(part, (*loc, index))


@lru_cache(maxsize=200_000)
def plain_of(text: str) -> str:
    """A phrase as it is looked for in the words."""
    return plain(text)


def syllables_of(text: str) -> int:
    """How many syllables a phrase has; Chinese characters have one each, so that readings need no looking up."""
    bare = plain_of(text)
    return len(bare) if _CHINESE.fullmatch(bare) else key_of(text).syllables
