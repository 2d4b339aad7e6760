"""How commands print: JSON for programs, tables that fit a terminal with Chinese in them, options they share."""

from __future__ import annotations

import json
import os
import sys
from contextvars import ContextVar
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich import box
from rich.console import Console
from rich.table import Table

from asr_qa.config import Settings
from asr_qa.errors import AsrQaError, RulesetError, Said
from asr_qa.messages import MESSAGES, error_in, line_of, said_in, say

Lang = Literal["zh", "en"]
"""Language of titles and reports."""

_CHOSEN: ContextVar[Lang | None] = ContextVar("language", default=None)


def _in_force(context: typer.Context, parameter: typer.CallbackParam, value: Lang) -> Lang:
    """What --lang says, else the setting; kept for what goes wrong later."""
    source: Any = context.get_parameter_source(parameter.name or "")
    chosen: Lang = Settings().lang if source is None or source.name == "DEFAULT" else value
    _CHOSEN.set(chosen)
    return chosen


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Language = Annotated[Lang, typer.Option(callback=_in_force, help="Language of titles and texts (ASR_QA_LANG).")]

PIPED_WIDTH = 200
"""Columns where the output goes to a file or a program: nobody's screen is too narrow there."""


def language() -> Lang:
    """The language of the command that runs: what --lang said, else the setting."""
    if (chosen := _CHOSEN.get()) is not None:
        return chosen
    try:
        return Settings().lang
    except (ValidationError, SettingsError):  # another setting is wrong, and is to be named in the language asked for
        return "en" if os.environ.get("ASR_QA_LANG") == "en" else "zh"


def forget_language() -> None:
    """Begin a command: what the one before was told counts no more."""
    _CHOSEN.set(None)


def told(code: str, /, **args: object) -> str:
    """A message by its code, in the language of the command."""
    return said_in(say(code, **args), language())


def told_of(error: RulesetError) -> str:
    """Every mistake in rules, one a line, in the language of the command."""
    return "\n".join(line_of(issue, language()) for issue in error.issues)


def told_error(error: AsrQaError) -> str:
    """An error in the language of the command, as far as it is known in it."""
    return error_in(error, language())


def told_reason(code: str | None, reason: str | None, said: Said | None) -> str:
    """Why a call could not be worked on, in the language of the command: English texts know the most."""
    if language() == "en" or (said is None and f"audio_{code}" not in MESSAGES):
        return reason or ""
    return said_in(said or say(f"audio_{code}"), language())


def counted(count: int, what: str) -> str:
    """A count with its noun: 1 case, 2 cases; in Chinese alike."""
    return told(f"one_{what}" if count == 1 else f"many_{what}", n=count)


def print_json(value: object) -> None:
    """Print a value as JSON, Chinese as it is."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def console() -> Console:
    """Standard output: as wide as the terminal, or wide enough to keep a row on its line where it is none.

    Nothing that is printed is taken for markup: titles and paths may hold brackets.
    """
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(width=PIPED_WIDTH if piped else None, markup=False, highlight=False, emoji=False)


def plain_table(*names: str, right: tuple[str, ...] = (), title: str | None = None) -> Table:
    """A table without frames.

    Args:
        names: Headings of the columns; cells that do not fit go on in the next line, nothing is cut off.
        right: Headings of columns that hold figures.
        title: Above the table.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, title=title, title_justify="left")
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=name in right)
    return table
