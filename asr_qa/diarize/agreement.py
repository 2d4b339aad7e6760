"""Whether words and voice agree that there are two people, so that what each says may be held against them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_qa.diarize.cluster import Flags, Vectors, mean_voices

_LEAST, _LEAST_SHARE = 2.0, 0.2
"""Windows with cues that each party has at least, and the share of them: one person alone says up to 0.18 of what
only the other party says."""
_AGREED = 0.95
"""Share of each party's cues that fall to its voice, at least: words weigh much in the fit, so they must agree with it
nearly all. Where 0.90 to 0.92 did, a fifth of the speech and more was with the wrong party."""
_ALIKE = 0.952
"""Likeness of the two means, at most: 0.955 and more where one person speaks both parts. However many words there
are, voices more alike than that share out what is said between them wrongly."""

_SAME, _SIMILAR = 0.97, 0.84
"""Share of the windows that sound alone parts as words and sound do, at least, to bear out or not to speak against
them: 0.75 to 0.81 in a monologue of two recordings that words had parted by chance."""
_FITTING = 0.9
"""Share of each party's cues that fall to its voice where words had no part in telling the voices."""
_TELLING = 4.0
"""How much better voices foretell whose the cues are than their number does (natural logarithm of the odds); one person
who says what both say came to 2.4."""
_NEAR = 6
"""Windows from one cue to the next that are one sentence, and tell no more than one."""

Floats = NDArray[np.float64]


def two_people(vectors: Vectors, second: Flags, odds: Floats) -> bool:
    """Whether words and the voices that they helped to tell agree that there are two people.

    Args:
        vectors: One for each window.
        second: Which windows are the customer's.
        odds: Log odds of each window that it is the agent's, by what is said in it.
    """
    agent, customer = int((odds > 0).sum()), int((odds < 0).sum())
    if min(agent, customer) < max(_LEAST, _LEAST_SHARE * (agent + customer)):
        return False
    return least_share(second, odds) >= _AGREED and _unlike(vectors, second)


def spoken_against(second: Flags, sound: Flags) -> bool:
    """Whether sound alone tells other voices, whichever of them is called the second."""
    same = float(np.mean(sound == second))
    return max(same, 1 - same) < _SIMILAR


def borne_out(vectors: Vectors, second: Flags, sound: Flags, odds: Floats) -> bool:
    """Whether the words bear out what sound alone tells, which could not know them.

    Args:
        vectors: One for each window.
        second: Which windows are the customer's, by words and sound.
        sound: Which windows are the second of two voices, by sound alone.
        odds: Log odds of each window that it is the agent's, by what is said in it.
    """
    told = sound if least_share(sound, odds) >= least_share(~sound, odds) else ~sound
    if float(np.mean(told == second)) < _SAME or least_share(told, odds) < _FITTING:
        return False
    return _foretold(told, odds) >= _TELLING and _unlike(vectors, told)


def least_share(second: Flags, odds: Floats) -> float:
    """Share of a party's cues that fall to its voice: that of the party with less; 0 where one has none.

    Args:
        second: Which windows are the customer's.
        odds: Log odds of each window that it is the agent's, by what is said in it.
    """
    agent, customer = np.maximum(odds, 0.0), np.maximum(-odds, 0.0)
    if not agent.any() or not customer.any():
        return 0.0
    return float(min(agent[~second].sum() / agent.sum(), customer[second].sum() / customer.sum()))


def _unlike(vectors: Vectors, second: Flags) -> bool:
    if second.all() or not second.any():
        return False
    one, other = mean_voices(vectors, second)
    return bool(one @ other <= _ALIKE)


def _foretold(second: Flags, odds: Floats) -> float:
    """Log likelihood ratio of the parties of all sentences with cues: by their voice, and by chance."""
    counts, last = np.zeros((2, 2)), None
    for place in np.flatnonzero(odds).tolist():
        side = int(odds[place] < 0), int(second[place])
        if last is None or place - last[0] > _NEAR or side != last[1]:
            counts[side] += 1
        last = place, side
    by_chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(counts.sum(), 1.0)
    said = counts > 0
    return float((counts[said] * np.log(counts[said] / by_chance[said])).sum())
