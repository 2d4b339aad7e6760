"""Imported rules as YAML, with what was lost as comments where it belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

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


def to_yaml(imported: Imported) -> str:
    """The text of a file with a rule and those that it needs."""
    source = imported.source
    head = [f"# 由智能对话分析规则 {source.rid or source.name} 转换（{source.at.lstrip('.') or '规则'}）"]
    head += [f"# 未能迁移：{_flat(text)}" for text in imported.lost]
    head += [f"# 注意：{_flat(text)}" for text in imported.notes]
    if imported.lost and imported.rule is not None:
        head.append("# 有内容未能迁移，所以 status 是 draft：补全以后改为 test 或 stable")
    if imported.rule is None:
        return "\n".join([*head, "# 这条规则没有可以迁移的内容"]) + "\n"
    rules = [*imported.helpers, imported.rule]
    data: Any = rules[0] if len(rules) == 1 else {"rules": rules}
    return "\n".join(head) + "\n" + dump(data)


def dump(data: Any) -> str:
    """YAML as people write it: Chinese as it is, keys in the order given, no aliases, remarks as comments."""
    return _commented(yaml.dump(_noted(data), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH))


def _noted(data: Any) -> Any:
    """Values with each remark on one line, last among its neighbours so that it begins no entry of a list."""
    if isinstance(data, Mapping):
        plain: Node = {key: _noted(value) for key, value in data.items() if key != NOTE}
        return plain | ({NOTE: "；".join(map(_flat, data[NOTE]))} if NOTE in data else {})
    return [_noted(part) for part in data] if isinstance(data, list) else data


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
