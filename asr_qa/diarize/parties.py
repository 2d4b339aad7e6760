"""Two voices that sound alike, told apart by what is said as well: words mark whose a moment is, the voice goes on.

A chain of two states, the agent's and the customer's, runs over the windows. A window counts for a state by how near
its vector and its outline are to that state's means, and by the cues that fall in it; a change costs more within speech
than at a pause.
Means and states are fitted to each other in turns (Baum and Welch), from several starts; the likeliest end counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_qa.diarize.agreement import borne_out, least_share, spoken_against, two_people
from asr_qa.diarize.cluster import Flags, Split, Vectors, mean_voices, split_in_two
from asr_qa.diarize.mel import FRAMES_PER_SECOND
from asr_qa.diarize.outline import Outlines
from asr_qa.diarize.windows import LENGTH, STEP, Windows
from asr_qa.pipeline.ports import Cue

_SIZE = 40.0
"""Directions that what is said in a window moves its vector in: that much of the variance within speech is noise."""
_TOGETHER = 0.5
"""How much of what numbers of an outline do together within speech is chance: a call is short to learn it from."""
_SHARE = 0.3
"""What one window counts for: it shares seven tenths of its sound with the next."""
_SPREAD = 4.0
"""Variance of a voice's mean, in variances of a window."""
_STAY, _STAY_OVER_PAUSE = 0.97, 0.5
_ROUNDS = 40
_STILL = 1e-3
_APART = 3
"""Windows between two that share no sound."""
_RUNS = (4, 8, 16)
"""Windows that are taken as one, at most, where a start is sought."""
_MOST_ODDS = 6.0
_WORDS = 2.0
"""What words count for against voice, which is surer of itself than it is right where two sound alike."""

_FOLLOWED = 0.7
"""Share of each party's cues that fall to its voice where outlines count as well, so that a word that is misheard may
be outvoted; with less the parties are those of the vectors alone."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parties:
    """Windows in two parties."""

    second: Flags
    """Which windows are the second party's; the first is the one that cues call the agent."""
    sure: bool
    """Whether words and voice agree that there are two."""


def two_parties(vectors: Vectors, outlines: Outlines, windows: Windows, cues: Sequence[Cue]) -> Parties | None:
    """The windows of a call whose voices alone do not part, by voice and words; None where that makes one party.

    Args:
        vectors: One for each window.
        outlines: One for each window.
        windows: The windows.
        cues: What was said that one party says far more often than the other.
    """
    if len(windows) < 2 or not cues:
        return None
    odds, stay = _odds(windows, cues), _stay(windows)
    starts = _starts(vectors, windows, stay, _WORDS * odds)
    points = _points(vectors, windows)
    alone = _likeliest(points, stay, _WORDS * odds, starts)
    points = np.hstack([points, _whitened(outlines, windows)])
    both = _likeliest(points, stay, _WORDS * odds, starts)
    second = both if least_share(both, odds) >= _FOLLOWED else alone
    if second.all() or not second.any():
        return None
    # Outlines tell whose a window is, not that there are two: one person's differ from one recording to the next.
    sound = _by_sound(points, stay, starts) if len(starts) > 1 else np.zeros(len(second), np.bool_)
    agreed = two_people(vectors, alone, odds) and not spoken_against(second, sound)
    return Parties(second, agreed or borne_out(vectors, second, sound, odds))


def sound_leaning(vectors: Vectors, outlines: Outlines, windows: Windows) -> Floats | None:
    """How much each window sounds like the second of two voices (above 0) or the first (below), in no unit.

    By vectors and outlines, without words; None where that makes one voice. That there are two it takes for granted.

    Args:
        vectors: One for each window.
        outlines: One for each window.
        windows: The windows.
    """
    if len(windows) < 2:
        return None
    silent, stay = np.zeros(len(windows)), _stay(windows)
    starts = _starts(vectors, windows, stay, silent)
    points = np.hstack([_points(vectors, windows), _whitened(outlines, windows)])
    second = _by_sound(points, stay, starts) if len(starts) > 1 else np.zeros(len(windows), np.bool_)
    if second.all() or not second.any():
        return None
    far = [((points - points[side].mean(axis=0)) ** 2).sum(axis=1) for side in (~second, second)]
    return np.asarray(far[0] - far[1])


def _by_sound(points: Floats, stay: Floats, starts: Sequence[Floats]) -> Flags:
    """The windows of one of two voices, without words."""
    # The first start is what the words say; of the others every second one is another turned round.
    return _likeliest(points, stay, np.zeros(len(stay)), starts[1::2])


def _likeliest(points: Floats, stay: Floats, odds: Floats, starts: Sequence[Floats]) -> Flags:
    """The windows of the second party as the likeliest of all ends has them.

    Where a likelier end goes against the words, it parts manners of speaking, and so may one that does not.
    """
    ends = [_fit(points, stay, odds, start) for start in starts]
    return np.asarray(max(ends, key=lambda end: end[1])[0] > 0.5)


def as_split(parties: Parties, vectors: Vectors) -> Split:
    """The same windows as a split with its means."""
    return Split(parties.second, mean_voices(vectors, parties.second))


def _odds(windows: Windows, cues: Sequence[Cue]) -> Floats:
    """Log odds of each window that it is the agent's: every cue counts where the middle of a window is nearest."""
    middles = (windows.starts + LENGTH / 2) / FRAMES_PER_SECOND
    odds = np.zeros(len(windows))
    for cue in cues:
        odds[np.argmin(np.abs(middles - cue.time))] += cue.odds
    return np.clip(odds, -_MOST_ODDS, _MOST_ODDS)


def _points(vectors: Vectors, windows: Windows) -> Floats:
    """The vectors around their mean, in units of how far what is said moves them; shape (windows, size)."""
    points = vectors.astype(np.float64) - vectors.mean(axis=0)
    within = float((_moved(points, windows) ** 2).sum(axis=1).mean()) / 2
    return np.asarray(points / math.sqrt(max(within, 1e-9) / _SIZE))


def _whitened(outlines: Outlines, windows: Windows) -> Floats:
    """The outlines around their mean, so that what is said moves each direction of them by one."""
    points = outlines - outlines.mean(axis=0)
    moved = _moved(points, windows)
    scatter = moved.T @ moved / (2 * len(moved))
    scatter += _TOGETHER * (np.diag(np.diag(scatter)) - scatter)
    sizes, axes = np.linalg.eigh(scatter)
    return np.asarray(points @ axes / np.sqrt(np.maximum(sizes, 1e-9)))


def _moved(points: Floats, windows: Windows) -> Floats:
    """How far what is said moves points: between windows of one stretch of speech that share no sound."""
    runs = _rows(windows)
    pairs = runs[_APART:] == runs[:-_APART]
    return (points[_APART:] - points[:-_APART])[pairs] if pairs.any() else points


def _rows(windows: Windows) -> NDArray[np.int64]:
    """Number of the stretch of speech that each window lies in."""
    return np.concatenate([[0], np.cumsum(np.diff(windows.starts) > STEP)])


def _stay(windows: Windows) -> Floats:
    """Chance that nothing changes just before each window."""
    joined = np.concatenate([[False], np.diff(windows.starts) <= STEP])
    return np.where(joined, _STAY, _STAY_OVER_PAUSE)


def _starts(vectors: Vectors, windows: Windows, stay: Floats, odds: Floats) -> list[Floats]:
    """Chances to start from: what the words say, and what the voices say, either way round."""
    splits = [split_in_two(vectors)]
    found = []
    for most in _RUNS:
        runs = _parts(windows, most)
        split = split_in_two(np.stack([_unit(vectors[runs == run].mean(axis=0)) for run in range(runs[-1] + 1)]))
        splits.append(Split(split.second[runs], split.means) if split else None)
    for second in {split.second.tobytes(): split.second for split in splits if split}.values():
        found += [second.astype(np.float64), (~second).astype(np.float64)]
    return [_chances(np.zeros(len(odds)) + odds, stay)[0], *found]


def _parts(windows: Windows, most: int) -> NDArray[np.int64]:
    """Number of the part of a stretch that each window lies in; a part has about `most` windows."""
    numbers, rows = np.zeros(len(windows), np.int64), _rows(windows)
    number = -1
    for row in range(int(rows[-1]) + 1):
        inside = np.flatnonzero(rows == row)
        for part in np.array_split(inside, max(1, round(len(inside) / most))):
            number += 1
            numbers[part] = number
    return numbers


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _fit(points: Floats, stay: Floats, odds: Floats, second: Floats) -> tuple[Floats, float]:
    """Means and states fitted to each other: the chance of each window to be the second party's, and how likely."""
    likely = -math.inf
    for _ in range(_ROUNDS):
        means = [_mean(points, chances) for chances in (1 - second, second)]
        far = [((points - mean) ** 2).sum(axis=1) for mean in means]
        now, likely = _chances(_SHARE / 2 * (far[1] - far[0]) + odds, stay)
        likely -= sum(float((mean**2).sum()) for mean in means) / (2 * _SPREAD)
        likely -= float((_SHARE / 2 * (far[0] + far[1]) / 2).sum())
        still = float(np.abs(now - second).max()) < _STILL
        second = now
        if still:
            break
    return second, likely


def _mean(points: Floats, chances: Floats) -> Floats:
    return np.asarray(_SHARE * (chances @ points) / (_SHARE * chances.sum() + 1 / _SPREAD))


def _chances(lean: Floats, stay: Floats) -> tuple[Floats, float]:
    """Forward and backward: chance of the second state in each window, and the log likelihood of all.

    Args:
        lean: Log odds for the first state in each window.
        stay: Chance that nothing changes just before it.
    """
    second = [1 / (1 + math.exp(min(max(value, -500.0), 500.0))) for value in lean.tolist()]
    keep = stay.tolist()
    forward, likely, state = [], 0.0, 0.5
    for chance, kept, value in zip(second, keep, lean.tolist(), strict=True):
        state = state * kept + (1 - state) * (1 - kept)
        one, other = (1 - state) * (1 - chance), state * chance
        likely += math.log(max(one + other, 1e-300)) + float(np.logaddexp(value / 2, -value / 2))
        state = other / max(one + other, 1e-300)
        forward.append(state)
    found, behind = np.zeros(len(second)), 0.5
    for index in range(len(second) - 1, -1, -1):
        ahead = forward[index]
        both = ahead * behind + (1 - ahead) * (1 - behind)
        found[index] = ahead * behind / max(both, 1e-300)
        one, other = (1 - behind) * (1 - second[index]), behind * second[index]
        share = other / max(one + other, 1e-300)
        behind = share * keep[index] + (1 - share) * (1 - keep[index])
    return found, likely
