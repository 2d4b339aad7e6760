"""Every message has both languages with the same arguments, and nothing is said that stands in no table."""

from __future__ import annotations

import ast
import pickle
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from string import Formatter

import pytest

import asr_qa
from asr_qa import messages
from asr_qa.errors import UsageError
from asr_qa.messages import MESSAGES, error_in, error_of

PACKAGE = Path(asr_qa.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ALIKE = {
    *("setting_wrong", "setting_wrong_parts"),
    *("as_is", "list", "timing", "found_value", "not_written_as"),
    *("of_option", "fact"),
    *("of_key", "of_part", "of_expression", "json_at", "yaml_context"),
}
"""Messages that are arguments and keys only."""
EXAMPLES = {"roles_are", "eg_variable", "sketch_form", "needs_words", "say_words"}
"""Messages whose English gives an example in Chinese."""


def _sources() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if PACKAGE / "messages" not in path.parents]


def arguments(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def said_in_code() -> list[tuple[str, int, str, frozenset[str]]]:
    """Every say(...), told(...) and error_of(...) with a written code: file, line, code, names of its arguments."""
    found: list[tuple[str, int, str, frozenset[str]]] = []
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "told", "error_of") and node.args:
                given = frozenset(one.arg or "**" for one in node.keywords)
                first = node.args[getattr(node.func, "id", "") == "error_of"]
                found += [
                    (path.name, node.lineno, one.value, given)
                    for one in ast.walk(first)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    if one.value in MESSAGES or one is first
                ]
    return found


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_both_languages_say_it_with_the_same_arguments(code: str) -> None:
    english, chinese = MESSAGES[code]
    assert english
    assert arguments(english) == arguments(chinese)
    assert code in EXAMPLES or not CHINESE.search(english)
    assert code in ALIKE or CHINESE.search(chinese) or re.fullmatch(r"[a-z_]+: \S+", chinese)


def test_everything_that_is_said_stands_in_the_table_with_its_arguments() -> None:
    found = said_in_code()
    assert len(found) > 200
    for file, line, code, given in found:
        assert code in MESSAGES, f"{file}:{line}: {code}"
        if "**" not in given:
            assert given == arguments(MESSAGES[code][0]), f"{file}:{line}: {code}"


def test_no_message_stands_in_the_table_for_nothing() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in _sources())
    made = re.compile(r"^(severity|verdict|part|one|many|lost|audio|count)_[a-z_]+$")
    assert not [one for one in MESSAGES if not made.match(one) and f'"{one}"' not in code]


def test_no_code_stands_in_two_tables() -> None:
    tables = [import_module(f"asr_qa.messages.{one.name}").MESSAGES for one in iter_modules(messages.__path__)]
    assert sum(map(len, tables)) == len(MESSAGES)


def test_an_error_says_the_same_in_either_language() -> None:
    error = pickle.loads(pickle.dumps(error_of(UsageError, "process_no_such", paths=("a", "b"))))
    assert (type(error), str(error)) == (UsageError, "no such file or folder: a, b")
    assert error_in(error, "zh") == "没有这个文件或文件夹：a、b"
