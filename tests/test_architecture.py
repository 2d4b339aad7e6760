"""The machine holds the line: import contracts, what is exported, sizes of functions and modules, round trips."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import asr_qa

PACKAGE = Path(asr_qa.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.relative_to(PACKAGE).parts)
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines, docstring not counted, of each function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_import_contracts_are_kept() -> None:
    # A process of its own: import-linter sets up logging for itself and silences every logger there is.
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", check], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_all_is_sorted_and_exists() -> None:
    assert asr_qa.__all__ == sorted(asr_qa.__all__)
    assert all(hasattr(asr_qa, name) for name in asr_qa.__all__)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    too_long = [(name, lines) for name, lines in functions(path) if lines > LONGEST_FUNCTION]
    assert not too_long
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_the_median_function_is_short() -> None:
    lengths = [lines for path in MODULES for _, lines in functions(path)]
    assert statistics.median(lengths) <= 10
