"""Rows as CSV that spreadsheets open without surprises: with a byte order mark, and no cell that runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

BOM = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8; without it Chinese comes out as garbage."""

Cell = str | int | float | bool | None

# What a spreadsheet takes for the beginning of a formula, full-width forms too. Blanks before it do not protect.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool = True) -> str:
    """The rows as CSV text with CRLF line ends (RFC 4180).

    Args:
        header: Names of the columns.
        rows: Numbers are written as they are, None as an empty cell, text with `safe_text`.
        bom: Begin with a byte order mark.

    Raises:
        ValueError: A row is longer or shorter than the header.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_text(name) for name in header])
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} cells, the header has {len(header)}")
        writer.writerow([_cell(value) for value in row])
    return (BOM if bom else "") + text.getvalue()


def safe_text(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return "'" + text if text.lstrip(" \u3000\u00a0").startswith(_FORMULA) else text


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return safe_text(value) if isinstance(value, str) else value
