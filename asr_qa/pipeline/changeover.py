"""Whether the channels of agent and customer change over in the middle of a call, told by the words on them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from asr_qa.core.document import CallWarning
from asr_qa.core.phonetic import SEPARATOR
from asr_qa.core.recording import Role
from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript
from asr_qa.pipeline.cues import signs_in
from asr_qa.pipeline.roles import OPENING_SECONDS

CHANGED = 12.0
"""Log odds on either side of the change, one way before and the other after: as much as four words of a list. Sample
calls whose channels do not change reach 6, those turned in the middle mostly 21 and more (bench_changeover.py)."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where the words of agent and customer part best into two that contradict each other."""

    odds: float
    """Log odds on the side that tells less; 0 where nothing contradicts."""
    at: float
    """Seconds."""

    @property
    def is_sure(self) -> bool:
        """Whether the channels can hardly be the same throughout."""
        return self.odds >= CHANGED


def channels_change(transcript: Transcript) -> tuple[CallWarning, ...]:
    """The warning that the agent's words go over to the customer's channel in the course of the call, where they do.

    Args:
        transcript: What is said on the channel of each.
    """
    found = find_change(transcript)
    if not found.is_sure:
        return ()
    message = (
        f"the agent's words change over to the other channel near {found.at:.0f} s: the channels may have been swapped"
    )
    return (CallWarning(code="swapped_roles", message=message, start=found.at, end=found.at),)


def find_change(transcript: Transcript) -> Change:
    """The moment before and after which words tell most that the agent is on one channel and then on the other.

    Args:
        transcript: What is said on the channel of each.
    """
    signs = sorted([*_signs(transcript, Role.AGENT, 1.0), *_signs(transcript, Role.CUSTOMER, -1.0)])
    sums = list(accumulate(odds for _, odds in signs))
    found = [
        Change(min(abs(before), abs(sums[-1] - before)), after)
        for before, (at, _), (after, _) in zip(sums, signs, signs[1:], strict=False)
        if after > at and before * (sums[-1] - before) < 0
    ]
    return max(found, key=lambda change: change.odds, default=Change(0.0, 0.0))


def _signs(transcript: Transcript, role: Role, sign: float) -> Iterator[tuple[float, float]]:
    """When one channel has words of the agent or the customer, and the log odds that it is the agent's or is not."""
    said = sorted(transcript.of(role), key=lambda utterance: utterance.start)
    # All of a channel at once: sounds are looked up once, and not for each utterance of every call.
    pieces = [plain(utterance.text) for utterance in said]
    firsts = [0, *accumulate(len(piece) + len(SEPARATOR) for piece in pieces)]
    opening = bisect_right([utterance.start for utterance in said], OPENING_SECONDS)
    for place, _, odds in signs_in(SEPARATOR.join(pieces), opening_ends=firsts[opening]):
        yield said[bisect_right(firsts, place) - 1].start, sign * odds
