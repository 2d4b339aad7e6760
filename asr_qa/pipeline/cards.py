"""Scorecards stay as they are once sheets were made on them."""

from __future__ import annotations

from asr_qa.core.scorecard import Scorecard
from asr_qa.errors import ConflictError
from asr_qa.pipeline.store import Store


def refuse_changed_card(store: Store, card: Scorecard) -> None:
    """Raise ConflictError where stored sheets were made on other content under the same id and version."""
    used = store.card_stamp(card.id, card.version)
    digest = used.partition("+")[2] if used else ""
    own = card.stamp.partition("+")[2]
    if digest and own and digest != own:
        raise ConflictError(
            f"scorecard {card.label} was changed after calls were scored on it: stored sheets were made on its content "
            f"{digest}, the file has {own}. Give the changed card another version "
            f"(asr-qa rules lint DIR tells which are taken), or put the file back as it was"
        )
