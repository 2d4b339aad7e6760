"""Finds and takes out what one channel lets through of another.

Where Y speaks and X carries a copy of it, the level of X follows the level of Y at a constant
distance, a little later. That distance and delay are found from the levels alone; speech on X that is no louder
than the copy would be is then no speech of X. What rises above the copy is X talking at the same time and stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.energy import FRAMES_PER_SECOND, Levels
from asr_qa.audio.runs import Runs, mask_of, runs_of
from asr_qa.core.segment import Segment, Track

_T = TypeVar("_T", bound=np.generic)

LOSS_MIN = 15.0
"""dB; a louder copy must be the same wave too, and drowns what is said over it."""
LOSS_LEAST = 2.0
"""dB; where each is heard on the other, what is no quieter may as well be the other way round."""
LOSS_OF_MIX = -6.0
"""dB; a channel may carry the mix of both sides, the other's even a little louder than on its own."""

_LOSS_MAX = 45.0
_DELAYS = range(26)
"""Frames of 10 ms by which the copy may come late."""
_SPREAD = 4.0
"""dB by which the copy may miss its level: coding noise, band limits, delay inside a frame."""
_MARGIN, _MARGIN_LEAST = 8.0, 3.0
"""dB above the expected copy from which X is thought to speak; a loud copy leaves less room."""
_AUDIBLE = 3.0
"""dB above the noise from which a copy can be seen."""
_CLEAR = 15.0
"""dB above the noise that Y must have to say anything about its copy."""
_EVIDENCE = 100
"""Frames in which the copy must be seen."""
_SHARE = 0.6
"""Share of the frames in which a copy should be seen that show one."""
_HOLE = 0.1
"""Seconds; shorter pieces are not taken out of a stretch."""
_REST = 0.12
"""Seconds; shorter pieces are not left over."""
_OWN = 8
"""Frames louder than the copy and out of the noise that a stretch next to a copy must have to be X's own."""
_OWN_ABOVE_NOISE = 6.0
"""dB."""


@dataclass(frozen=True, slots=True)
class Bleed:
    """How one channel is heard on another."""

    loss: float
    """dB by which the copy is quieter."""
    delay: int
    """Frames by which it is later."""
    seen: float = 1.0
    """Share of what the copied channel says that is seen on the other."""

    @property
    def drowns(self) -> bool:
        """Whether what is said at once cannot be told from the copy."""
        return self.loss < LOSS_MIN


def find_bleed(x: Levels, y: Levels, *, y_speech: Track, least: float = LOSS_LEAST) -> Bleed | None:
    """How the channel `y` is heard on the channel `x`, quieter by `least` dB or more; None where it is not."""
    clear = _frames_of(y_speech, y.raw.size) & (y.above_noise > _CLEAR)
    best: tuple[int, Bleed] | None = None
    for delay in _DELAYS:
        late_level, late_clear = _delayed(y.smooth, delay, -200.0), _delayed(clear, delay, False)
        count, loss = _most_common_loss((late_level - x.smooth)[late_clear & (x.above_noise > _AUDIBLE)], least)
        if count >= _EVIDENCE and (best is None or count > best[0]):
            best = (count, Bleed(loss, delay))
    if best is None or best[1].loss < least:
        return None
    found = replace(best[1], seen=_share_seen(x, y, clear, best[1]))
    return found if found.seen >= _SHARE else None


def without_bleed(track: Track, x: Levels, y: Levels, *, bleed: Bleed) -> Track:
    """The speech of channel `x` less what is explained as a copy of channel `y`."""
    frames = x.raw.size
    # Each may be heard on the other: with a margin beyond the loss, X's own voice would pass for a copy of its copy.
    margin = max(_MARGIN_LEAST, min(_MARGIN, bleed.loss))
    copy = _widest(_delayed(y.smooth, bleed.delay, -200.0)) - np.float32(bleed.loss - margin)
    explained = x.smooth <= copy
    own = ~explained & (x.above_noise > _OWN_ABOVE_NOISE)
    kept: list[Segment] = []
    for segment in track:
        first, behind = _bounds(segment, frames)
        if not explained[first:behind].any():
            kept.append(segment)
            continue
        # The detector hangs on into the noise after a copy, and flickers on its weakest syllables.
        pieces = _pieces(segment, runs_of(explained[first:behind]), first)
        kept += (piece for piece in pieces if own[slice(*_bounds(piece, frames))].sum() >= _OWN)
    return tuple(kept)


def _pieces(segment: Segment, explained: Runs, offset: int) -> list[Segment]:
    """What is left of a segment when the longer explained runs (from frame `offset` on) are taken out."""
    pieces, start = [], segment.start
    for first, behind in explained:
        if behind - first >= _HOLE * FRAMES_PER_SECOND:
            pieces.append((start, (offset + first) / FRAMES_PER_SECOND))
            start = (offset + behind) / FRAMES_PER_SECOND
    pieces.append((start, segment.end))
    if len(pieces) == 1:
        return [segment]
    return [Segment(a, b) for a, b in pieces if b - a >= _REST]


def _most_common_loss(losses: NDArray[np.float32], least: float) -> tuple[int, float]:
    """How many frames agree on a loss to within the spread, and which loss."""
    if losses.size == 0:
        return 0, 0.0
    counts, edges = np.histogram(losses, bins=np.arange(min(0.0, least - _SPREAD), _LOSS_MAX + 1.0))
    width = round(2 * _SPREAD)
    near = np.convolve(counts, np.ones(width, np.int64), "same")
    peak = float(edges[int(near.argmax())])
    agreeing = losses[np.abs(losses - peak) <= _SPREAD]
    return int(agreeing.size), float(np.median(agreeing)) if agreeing.size else peak


def _share_seen(x: Levels, y: Levels, clear: NDArray[np.bool_], bleed: Bleed) -> float:
    """Of the frames in which the copy must be audible and X says nothing louder, the share that shows it."""
    copy = _delayed(y.smooth, bleed.delay, -200.0) - np.float32(bleed.loss)
    must = _delayed(clear, bleed.delay, False) & (copy > x.noise + _AUDIBLE + _SPREAD)
    missing = int((must & (x.smooth < copy - _SPREAD)).sum())
    seen = int((must & (np.abs(x.smooth - copy) <= _SPREAD)).sum())
    return seen / max(1, seen + missing)


def _delayed(values: NDArray[_T], frames: int, filling: float | bool) -> NDArray[_T]:
    late = np.full_like(values, filling)
    late[frames:] = values[: max(values.size - frames, 0)]
    return late


def _widest(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The greatest of three frames around each: a copy is never aligned to the frame."""
    padded = np.pad(levels, 1, mode="edge")
    return np.asarray(np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:]))


def _frames_of(track: Track, frames: int) -> NDArray[np.bool_]:
    return mask_of([_bounds(segment, frames) for segment in track], frames=frames)


def _bounds(segment: Segment, frames: int) -> tuple[int, int]:
    first, behind = round(segment.start * FRAMES_PER_SECOND), round(segment.end * FRAMES_PER_SECOND)
    return min(first, frames), min(behind, frames)
