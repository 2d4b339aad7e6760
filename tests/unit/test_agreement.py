"""Whether words bear out the voices that sound alone tells."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.diarize.agreement import borne_out, least_share, spoken_against, two_people
from asr_qa.diarize.cluster import Vectors

COUNT = 160
SECOND: NDArray[np.bool_] = np.arange(COUNT) // 10 % 2 == 1
"""Sixteen turns of ten windows, the agent's first."""


def vectors(likeness: float) -> Vectors:
    """Two voices whose means are that alike."""
    angle = np.arccos(likeness)
    one, other = np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])
    return np.where(SECOND[:, None], other, one).astype(np.float32)


def odds(agent: list[int], customer: list[int]) -> NDArray[np.float64]:
    """One cue in the middle of each of those turns."""
    found = np.zeros(COUNT)
    for turns, value in ((agent, 2.0), (customer, -2.0)):
        found[[10 * turn + 5 for turn in turns]] = value
    return found


@pytest.mark.parametrize(
    ("agent", "customer", "borne"),
    [
        ([0, 2, 4, 6, 8], [1, 3], True),  # 7 sentences: ln(7^7 / (5^5 2^2)) = 4.19
        ([0, 2, 4, 6], [1, 3], False),  # ln(6^6 / (4^4 2^2)) = 3.82
        ([0, 2, 4, 6, 8, 10, 12], [1], False),  # ln(8^8 / 7^7) = 3.01
        ([0, 2, 4, 6, 8], [1, 3, 12], False),  # two thirds of the customer's fall to its voice
        ([0, 2, 4, 6, 8], [], False),
        ([], [], False),
    ],
)
def test_sentences_of_both_parties_are_foretold_by_the_voice(
    agent: list[int], customer: list[int], borne: bool
) -> None:
    said = odds(agent, customer)
    assert borne_out(vectors(0.9), SECOND, SECOND, said) is borne
    assert borne_out(vectors(0.9), SECOND, ~SECOND, said) is borne  # sound does not know whose a voice is
    assert borne_out(vectors(0.9), ~SECOND, SECOND, -said) is borne


def test_words_next_to_each_other_tell_no_more_than_one() -> None:
    said = odds([0, 2, 4, 6], [1, 3])
    said[[3, 4, 6, 7]] = 2.0
    assert not borne_out(vectors(0.9), SECOND, SECOND, said)
    said[[85]] = 2.0
    assert borne_out(vectors(0.9), SECOND, SECOND, said)


def test_words_bear_nothing_out_where_they_moved_the_voices_or_voices_are_alike() -> None:
    said = odds([0, 2, 4, 6, 8], [1, 3, 5])
    moved = SECOND.copy()
    moved[:6] = True
    assert borne_out(vectors(0.9), SECOND, SECOND, said)
    assert not borne_out(vectors(0.9), moved, SECOND, said)
    assert not borne_out(vectors(0.96), SECOND, SECOND, said)
    nobody = np.zeros(COUNT, np.bool_)
    assert not borne_out(vectors(0.9), nobody, nobody, said)


def test_a_party_with_few_cues_is_not_called_a_person_by_words_that_told_the_voices() -> None:
    for customer, sure in (([1], False), ([1, 3], True)):
        said = odds([0, 2, 4, 6], customer)
        assert two_people(vectors(0.9), SECOND, said) is sure
        assert least_share(SECOND, said) == 1
        assert least_share(~SECOND, said) == 0


def test_sound_speaks_against_voices_that_words_have_moved() -> None:
    for windows, against in ((0, False), (20, False), (40, True), (120, True), (140, False)):
        moved = SECOND ^ (np.arange(COUNT) < windows)
        assert spoken_against(moved, SECOND) is against
        assert spoken_against(~moved, SECOND) is against
