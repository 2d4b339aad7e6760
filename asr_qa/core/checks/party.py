"""The other party: who may have said what the one in question did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asr_qa.core.checks.base import Hit, Looking, Stance
from asr_qa.core.recording import Role


def other_party(looking: Looking) -> Looking | None:
    """The same place as the other party has it, where something is required of one and the roles are known."""
    if looking.stance is not Stance.REQUIRED or looking.role not in (Role.AGENT, Role.CUSTOMER):
        return None
    if looking.view.facts.unsure_of_roles:
        return None
    return replace(looking, role=looking.role.opposite)


def said_by_other(there: Looking, hits: Sequence[Hit]) -> str:
    """The remark that it was the other party who said it."""
    return f"said by {there.role} at {hits[0].start:.1f} s"
