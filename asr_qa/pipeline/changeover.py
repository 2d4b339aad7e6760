"""Whether the channels of agent and customer change over in the middle of a call, told by the words on them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from asr_qa.core.document import CallWarning
from asr_qa.core.phonetic import SEPARATOR
from asr_qa.core.recording import Role
from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript, Utterance
from asr_qa.pipeline.cues import PER_CLOSING, PER_OPENING, PER_WORD
from asr_qa.pipeline.roles import (
    AGENT_WORDS,
    CLOSING_SCRIPT,
    CUSTOMER_WORDS,
    OPENING_SCRIPT,
    OPENING_SECONDS,
    POLITELY,
    find_phrases,
)

CHANGED = 12.0
"""Log odds on either side of the change, one way before and the other after: as much as four words of a list. Calls
whose channels do not change reach 6, those that do mostly 18 and more."""
_LISTS = (
    (OPENING_SCRIPT, PER_OPENING),
    (CLOSING_SCRIPT, PER_CLOSING),
    ((*AGENT_WORDS, *POLITELY), PER_WORD),
    (CUSTOMER_WORDS, -PER_WORD),
)


def channels_change(transcript: Transcript) -> tuple[CallWarning, ...]:
    """The warning that the agent's words go over to the customer's channel in the course of the call, where they do.

    Args:
        transcript: What is said on the channel of each.
    """
    signs = sorted([*_signs(transcript, Role.AGENT, 1.0), *_signs(transcript, Role.CUSTOMER, -1.0)])
    sums = list(accumulate(odds for _, odds in signs))
    found = [
        (min(abs(before), abs(sums[-1] - before)), after)
        for before, (at, _), (after, _) in zip(sums, signs, signs[1:], strict=False)
        if after > at and before * (sums[-1] - before) < 0
    ]
    turn, at = max(found, key=lambda split: split[0], default=(0.0, 0.0))
    if turn < CHANGED:
        return ()
    message = f"the agent's words change over to the other channel near {at:.0f} s: the channels may have been swapped"
    return (CallWarning(code="swapped_roles", message=message, start=at, end=at),)


def _signs(transcript: Transcript, role: Role, sign: float) -> Iterator[tuple[float, float]]:
    """When one channel has words of the agent or the customer, and the log odds that it is the agent's or is not."""
    said = sorted(transcript.of(role), key=lambda utterance: utterance.start)
    pieces = [plain(utterance.text) for utterance in said]
    heard = SEPARATOR.join(pieces)
    firsts = [0, *accumulate(len(piece) + len(SEPARATOR) for piece in pieces)][:-1]
    for listed, odds in _LISTS:
        for place, phrase in find_phrases(heard, listed):
            at = _at(said, firsts, place)
            if listed is not OPENING_SCRIPT or at <= OPENING_SECONDS:
                yield at, sign * odds
            # What a script takes is no word of a list besides.
            heard = heard[:place] + SEPARATOR * len(phrase) + heard[place + len(phrase) :]


def _at(said: Sequence[Utterance], firsts: Sequence[int], place: int) -> float:
    return said[bisect_right(firsts, place) - 1].start
