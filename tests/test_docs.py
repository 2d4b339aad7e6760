"""Every command and every setting is in the README or the docs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel

from asr_qa.cli.app import app
from asr_qa.config import Settings

TOP = Path(__file__).parents[1]


@cache
def text() -> str:
    """README and docs, all of them."""
    files = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, as it is typed."""
    parts = getattr(command, "commands", {})
    for name, part in parts.items():
        yield from commands(part, (*path, name))
    if not parts:
        yield " ".join(path)


def settings(model: type[BaseModel] = Settings, prefix: str = "ASR_QA_") -> Iterator[str]:
    """Every setting by its environment variable."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


@pytest.mark.parametrize("command", [*commands(typer.main.get_command(app))])
def test_every_command_is_documented(command: str) -> None:
    assert f"asr-qa {command}" in text()


@pytest.mark.parametrize("setting", [*settings()])
def test_every_setting_is_documented(setting: str) -> None:
    assert setting in text()


@pytest.mark.parametrize("setting", [*settings()])
def test_every_setting_is_explained_in_the_code(setting: str) -> None:
    model: type[BaseModel] = Settings
    *groups, name = setting.removeprefix("ASR_QA_").lower().split("__")
    for group in groups:
        inner = model.model_fields[group].annotation
        assert isinstance(inner, type)
        model = inner
    source = Path(TOP / "asr_qa" / "config.py").read_text(encoding="utf-8")
    _, _, after = source.partition(f"class {model.__name__}(")[2].partition(f"\n    {name}: ")
    assert after.split("\n", 1)[1].lstrip().startswith('"""'), setting
