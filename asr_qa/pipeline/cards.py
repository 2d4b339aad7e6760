"""Scorecards stay as they are once sheets were made on them."""

from __future__ import annotations

from asr_qa.core.scorecard import Scorecard
from asr_qa.errors import ConflictError
from asr_qa.messages import error_of
from asr_qa.pipeline.store import Store


def refuse_changed_card(store: Store, card: Scorecard) -> None:
    """Raise ConflictError where stored sheets were made on other content under the same id and version."""
    used = store.card_stamp(card.id, card.version)
    digest = used.partition("+")[2] if used else ""
    own = card.stamp.partition("+")[2]
    if digest and own and digest != own:
        raise error_of(ConflictError, "card_changed", card=card.label, stored=digest, own=own)
