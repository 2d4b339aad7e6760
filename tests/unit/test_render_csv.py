from __future__ import annotations

import csv
import io

import pytest

from asr_qa.render.csv import BOM, safe_text, to_csv


def test_to_csv_writes_what_a_reader_reads_back() -> None:
    rows: list[list[str | float | bool | None]] = [
        ["坐席一", 3, 0.25, None, True],
        ['say "hi", then\nleave', -2, 1e6, "", False],
    ]
    text = to_csv(["agent", "calls", "rate", "note", "ranked"], rows, bom=False)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["agent", "calls", "rate", "note", "ranked"],
        ["坐席一", "3", "0.25", "", "true"],
        ['say "hi", then\nleave', "-2", "1000000.0", "", "false"],
    ]


def test_to_csv_begins_with_a_byte_order_mark_unless_told_not_to() -> None:
    assert to_csv(["a"], []) == f"{BOM}a\r\n"
    assert to_csv(["a"], [], bom=False) == "a\r\n"
    assert to_csv(["a"], []).encode()[:3] == b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", "  =1", "\u3000=1"]
)
def test_a_formula_becomes_text(text: str) -> None:
    assert safe_text(text) == "'" + text
    cells = next(csv.reader(io.StringIO(to_csv(["h"], [[text]], bom=False).split("\r\n", 1)[1], newline="")))
    assert cells == ["'" + text]


@pytest.mark.parametrize("text", ["", "您好", "a=b", "1-2", "'=1"])
def test_harmless_text_stays(text: str) -> None:
    assert safe_text(text) == text


def test_headings_are_safe_too_and_negative_numbers_stay_numbers() -> None:
    assert to_csv(["=x"], [[-5]], bom=False) == "'=x\r\n-5\r\n"


def test_a_row_of_another_length_is_refused_by_number() -> None:
    with pytest.raises(ValueError, match="row 2 has 1 cells, the header has 2"):
        to_csv(["a", "b"], [["1", "2"], ["3"]])
