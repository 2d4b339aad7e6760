"""What the mask hides stays in its place when a text is edited by somebody who sees it masked."""

from __future__ import annotations

import pytest

from asr_qa.core.masking import put_back

TEXT, SHOWN = "手机138，尾号8005", "手机＊＊＊，尾号＊＊＊＊"


@pytest.mark.parametrize(
    ("edited", "meant"),
    [
        (SHOWN, TEXT),
        ("已核对：手机＊＊＊；尾号是＊＊＊＊。", "已核对：手机138；尾号是8005。"),
        ("尾号＊＊＊＊", None),
        ("手机＊＊，尾号＊＊＊＊", None),
        ("手机＊＊＊＊，尾号＊＊＊", None),
        ("手机没有", None),
    ],
)
def test_what_was_hidden_is_put_back_where_it_is_plain_what_that_was(edited: str, meant: str | None) -> None:
    assert put_back(edited, TEXT, SHOWN) == meant


def test_a_text_that_hides_nothing_is_nobodys_original() -> None:
    assert put_back("别的", "好的", "好的") is None
