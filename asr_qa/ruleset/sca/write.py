"""Imported rules as YAML, with what was lost as comments where it belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from asr_qa.errors import Said
from asr_qa.messages import Lang, said_in, say
from asr_qa.ruleset.sca.convert import NOTE, Imported
from asr_qa.ruleset.sca.operators import Node

_WIDTH = 110
_NOTE_LINE = re.compile(rf"^(\s*)((?:- )?){NOTE}: (.*)$")


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_PLAIN: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def to_yaml(imported: Imported, lang: Lang = "zh") -> str:
    """The text of a file with a rule and those that it needs; remarks in a language."""
    source = imported.source
    said = [say("import_head", rule=source.rid or source.name, at=source.at.lstrip(".") or "rules")]
    said += [say("import_lost", what=one) for one in imported.lost]
    said += [say("import_note", what=one) for one in imported.notes]
    if imported.lost and imported.rule is not None:
        said.append(say("import_draft"))
    if imported.rule is None:
        said.append(say("import_nothing"))
    head = [f"# {_flat(said_in(one, lang))}" for one in said]
    if imported.rule is None:
        return "\n".join(head) + "\n"
    rules = [*imported.helpers, imported.rule]
    data: Any = rules[0] if len(rules) == 1 else {"rules": rules}
    return "\n".join(head) + "\n" + dump(data, lang)


def dump(data: Any, lang: Lang = "zh") -> str:
    """YAML as people write it: Chinese as it is, keys in the order given, no aliases, remarks as comments."""
    return _commented(yaml.dump(_noted(data, lang), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH))


def draft(rules: list[Node]) -> str:
    """Rules as a text for our own reader, which looks at no remarks."""
    return str(yaml.dump({"rules": _bare(rules)}, Dumper=_PLAIN, allow_unicode=True, sort_keys=False))


def _bare(data: Any) -> Any:
    """Values without remarks."""
    if isinstance(data, Mapping):
        return {key: _bare(value) for key, value in data.items() if key != NOTE}
    return [_bare(part) for part in data] if isinstance(data, list) else data


def _noted(data: Any, lang: Lang) -> Any:
    """Values with each remark on one line, last among its neighbours so that it begins no entry of a list."""
    if isinstance(data, Mapping):
        plain: Node = {key: _noted(value, lang) for key, value in data.items() if key != NOTE}
        return plain | ({NOTE: _remark(data[NOTE], lang)} if NOTE in data else {})
    return [_noted(part, lang) for part in data] if isinstance(data, list) else data


def _remark(notes: list[Said], lang: Lang) -> str:
    return ("；" if lang == "zh" else "; ").join(_flat(said_in(one, lang)) for one in notes)


def _commented(text: str) -> str:
    """The YAML with its remarks turned into comments; a remark that was folded over lines is joined again."""
    lines: list[str] = []
    indent: int | None = None
    for line in text.splitlines():
        if found := _NOTE_LINE.match(line):
            indent = len(found[1])
            lines.append(f"{found[1]}# " + found[3].strip("'"))
        elif indent is not None and line.strip() and len(line) - len(line.lstrip()) > indent:
            lines[-1] += line.strip().strip("'")
        else:
            indent = None
            lines.append(line)
    return "\n".join(lines) + "\n"


def _flat(text: str) -> str:
    return " ".join(text.split())
