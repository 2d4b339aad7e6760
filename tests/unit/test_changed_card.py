"""A scorecard that sheets were made on may not change under the same version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asr_qa.core.document import CallDocument
from asr_qa.core.scorecard import Scorecard
from asr_qa.db.store import open_store
from asr_qa.errors import ConflictError
from asr_qa.messages import error_in
from asr_qa.pipeline.cards import refuse_changed_card
from asr_qa.testing import MemoryStore, make_document

NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
CARD = Scorecard(id="inbound", version="1", title={}, sections=(), digest="a" * 64)


def scored(stamp: str) -> CallDocument:
    document = make_document()
    return replace(document, models=replace(document.models, scorecard=stamp))


def store_with(*stamps: str) -> MemoryStore:
    store = MemoryStore()
    for stamp in stamps:
        store.save_document(scored(stamp), severities={}, now=NOW)
    return store


def test_a_card_nobody_used_and_the_same_card_are_fine() -> None:
    refuse_changed_card(store_with(), CARD)
    refuse_changed_card(store_with(CARD.stamp), CARD)
    refuse_changed_card(store_with("inbound@1"), CARD)  # a document from before digests
    refuse_changed_card(store_with("inbound@2+bbbbbbbbbbbb", "outbound@1+cccccccccccc"), CARD)


def test_a_changed_card_is_refused_with_both_digests_and_what_to_do() -> None:
    with pytest.raises(ConflictError) as caught:
        refuse_changed_card(store_with("inbound@1+bbbbbbbbbbbb"), CARD)
    for part in ("inbound@1", "bbbbbbbbbbbb", "aaaaaaaaaaaa", "another version"):
        assert part in str(caught.value)
    refuse_changed_card(store_with("inbound@1+bbbbbbbbbbbb"), replace(CARD, version="2"))
    assert "评分表 inbound@1 在评过分之后被改动了" in error_in(caught.value, "zh")


def test_the_newest_sheet_counts() -> None:
    refuse_changed_card(store_with("inbound@1+bbbbbbbbbbbb", CARD.stamp), CARD)


def test_a_damaged_document_does_not_keep_others_from_being_scored(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    store = open_store(f"sqlite:///{path}")
    first = store.save_document(scored(CARD.stamp), severities={}, now=NOW).document_id
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE documents SET body = '{broken' WHERE id = ?", (first,))
    try:
        assert store.card_stamp("inbound", "1") is None
        refuse_changed_card(store, replace(CARD, digest="b" * 64))
        store.save_document(scored("inbound@1+cccccccccccc"), severities={}, now=NOW)
        with pytest.raises(ConflictError):
            refuse_changed_card(store, CARD)
    finally:
        store.close()
