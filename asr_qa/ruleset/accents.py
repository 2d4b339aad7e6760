"""accents.yml beside the rules: which sounds the speakers of each queue do not part."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from difflib import get_close_matches
from pathlib import Path

from asr_qa.core.sounds import ACCENTS, GROUPS, AccentTable, expand
from asr_qa.errors import Issue
from asr_qa.ruleset.source import Source, read_source

FILE = "accents.yml"
_KEYS = ("default", "queues")


def read_accents(folder: Path) -> tuple[AccentTable, list[Issue]]:
    """The accents of a folder of rules, with every mistake; the usual ones where there is no such file."""
    path = folder / FILE
    if not path.is_file():
        return AccentTable(), []
    source = read_source(path)
    issues = [*source.issues, *_wrong(source)]
    if any(issue.severity == "error" for issue in issues):
        return AccentTable(), issues
    usual = AccentTable()
    default = expand(source.data["default"]) if "default" in source.data else usual.default
    queues = source.data.get("queues") or {}
    return AccentTable(default, tuple((queue, expand(names)) for queue, names in sorted(queues.items()))), issues


def _wrong(source: Source) -> Iterator[Issue]:
    """What is wrong with the file."""
    data = source.data
    if source.issues:
        return
    if not isinstance(data, dict):
        yield source.issue((), "expected default: and queues:", hint="e.g. queues: {guangzhou: [n_l, f_h, nasals]}")
        return
    for key in data:
        if key not in _KEYS:
            yield source.issue((key,), f"unknown key {key!r}", hint="known keys: default, queues")
    if "default" in data:
        yield from _wrong_names(source, ("default",), data["default"])
    queues = data.get("queues") or {}
    if not isinstance(queues, dict):
        yield source.issue(("queues",), "queues: expected a mapping from a queue to a list of accents")
        return
    for queue, names in queues.items():
        if not isinstance(queue, str):
            yield source.issue(("queues", queue), f"queue {queue!r}: expected text", hint="put it in quotes")
        yield from _wrong_names(source, ("queues", queue), names)


def _wrong_names(source: Source, at: tuple[Hashable, ...], names: object) -> Iterator[Issue]:
    if not isinstance(names, list):
        yield source.issue(at, f"{at[-1]}: expected a list of accents", hint="e.g. [n_l, nasals]; [] for none")
        return
    known = [*ACCENTS, *GROUPS]
    seen: set[object] = set()
    for index, name in enumerate(names):
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            yield source.issue((*at, index), f"unknown accent {name!r}", hint=hint)
        elif name in seen:
            yield source.issue((*at, index), f"accent {name!r} stands twice", severity="warning")
        seen.add(name)
