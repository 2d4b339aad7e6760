"""How commands print: JSON for programs, tables that fit a terminal with Chinese in them, options they share."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated, Literal

import typer
from rich import box
from rich.console import Console
from rich.table import Table

Lang = Literal["zh", "en"]
"""Language of titles and reports."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Language = Annotated[Lang, typer.Option(help="Language of titles and texts.")]

PIPED_WIDTH = 200
"""Columns where the output goes to a file or a program: nobody's screen is too narrow there."""


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
