"""accents.yml beside the rules: which sounds the speakers of each queue do not part."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path

from asr_qa.core.sounds import ACCENTS, GROUPS, AccentTable, expand
from asr_qa.errors import Issue
from asr_qa.messages import say
from asr_qa.ruleset.fields import guess
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
        yield source.issue((), say("accents_shape"), hint=say("eg_accents"))
        return
    for key in data:
        if key not in _KEYS:
            yield source.issue((key,), say("unknown_key", key=key), hint=say("known_are", names=_KEYS))
    if "default" in data:
        yield from _wrong_names(source, ("default",), data["default"])
    queues = data.get("queues") or {}
    if not isinstance(queues, dict):
        yield source.issue(("queues",), say("accents_queues"), hint=say("eg_accents"))
        return
    for queue, names in queues.items():
        if not isinstance(queue, str):
            yield source.issue(("queues", queue), say("queue_text", queue=queue), hint=say("put_in_quotes"))
        yield from _wrong_names(source, ("queues", queue), names)


def _wrong_names(source: Source, at: tuple[Hashable, ...], names: object) -> Iterator[Issue]:
    if not isinstance(names, list):
        yield source.issue(at, say("accents_list", key=at[-1]), hint=say("eg_accent_list"))
        return
    known = [*ACCENTS, *GROUPS]
    seen: set[object] = set()
    for index, name in enumerate(names):
        if name not in known:
            hint = guess(str(name), known) or say("known_are", names=tuple(known))
            yield source.issue((*at, index), say("unknown_accent", name=name), hint=hint)
        elif name in seen:
            yield source.issue((*at, index), say("accent_twice", name=name), severity="warning")
        seen.add(name)
