"""What is wrong with the channels of a recording, and their speech with the other side's taken out.

Nearly everything is seen from levels and peaks of 10 ms frames; nothing here changes the samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.bleed import LOSS_LEAST, LOSS_OF_MIX, Bleed, find_bleed, without_bleed
from asr_qa.audio.concealed import find_repeats
from asr_qa.audio.drift import Drift, copy_strength, find_drift, is_late_copy
from asr_qa.audio.energy import FRAMES_PER_SECOND, SILENT_DB, Levels, measure_levels
from asr_qa.audio.runs import mask_of, runs_of
from asr_qa.core.document import CallWarning
from asr_qa.core.segment import Segment, Track, bridge, intersect, subtract, total, union
from asr_qa.pipeline.ports import SAMPLE_RATE, Samples

DEAD_DB = -60.0
"""A channel that never rises above this carries nothing."""
LOW_DB = -40.0
"""Loud speech below this is poorly recognised."""

_CROSSTALK = "one side is heard on the other's channel nearly as loud: what both say at once cannot be told"

_SAME_SPREAD = 1.5
"""dB by which two copies of one signal may drift apart."""
_SAME_LOSS = 10.0
"""dB between two copies; further apart it is bleed."""
_SAME_TALK = 0.5
"""Share of the speech that is on both channels at once, from which one may be a late copy of the other."""
_MIX_TALK = 0.7
"""Share of the speech of the channel with less that is on the other too, where that may be the mix of both."""
_MIX_APART = 0.1
"""By how much less of a channel is seen on the other where that one is the mix."""
_SAME_WAVE = 0.4
"""Correlation from which a loud copy is believed to be one."""
_ACTIVE = 12.0
"""dB above the noise from which frames are compared."""
_ENOUGH = 50
"""Frames needed before two channels are called the same."""
_CLIP_PEAK = 0.9 * 32768
_CLIP_NEAR = 0.95
_CLIP_SHARE = 0.02
"""Share of speech frames that touch the highest peak; about 0.001 where nothing is cut."""
_GAP_FRAMES = (3, 100)
"""A dropout is this many frames long: 30 ms to 1 s."""
_REPEATS = 2
"""One stretch that is its own past may be chance."""
_GAP_EDGE = -45.0
"""dB full scale; a pause dies away, a dropout has loud frames on both sides."""


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """What was found, and the speech of each channel without the other's."""

    warnings: tuple[CallWarning, ...]
    tracks: tuple[Track, ...]


def inspect_channels(
    samples: NDArray[np.int16], speech: Sequence[Track], *, sample_rate: int = SAMPLE_RATE
) -> ChannelReport:
    """Look for the same audio on two channels, dead, quiet, clipped and interrupted channels, and bleed.

    Args:
        samples: Shape (channels, samples).
        speech: What the speech detector found in each channel.
        sample_rate: Hertz.

    Returns:
        Warnings with codes dual_mono, dead_channel, low_level, clipping, gaps, bleed and crosstalk, and the tracks
        with bleed taken out. Of two channels with the same audio neither is changed.
    """
    levels = [measure_levels(channel, sample_rate) for channel in samples]
    pairs = [
        pair for pair in combinations(range(len(levels)), 2) if _is_same(samples, levels, speech, pair, sample_rate)
    ]
    warnings = [_dual_mono(samples, speech, pair, sample_rate) for pair in pairs]
    for number, (channel, level, track) in enumerate(zip(samples, levels, speech, strict=True)):
        warnings += _inspect_one(number, level, _peaks(channel, sample_rate), track, single=len(levels) == 1)
        warnings += _losses(number, _dropouts(level, track), find_repeats(channel, track, level, sample_rate))
    tracks, bleeds = _clean(samples, levels, speech, sample_rate, same={frozenset(pair) for pair in pairs})
    if any(bleed.drowns for bleed in bleeds.values()):
        warnings.append(CallWarning(code="crosstalk", message=_CROSSTALK))
    for (x, y), bleed in bleeds.items():
        drift = find_drift(samples[x], samples[y], sample_rate, y_only=subtract(tracks[y], tracks[x]))
        warnings.append(CallWarning(code="bleed", message=_heard_on(x, y, bleed) + _clocks(drift)))
    return ChannelReport(tuple(warnings), tracks)


def _dual_mono(
    samples: NDArray[np.int16], speech: Sequence[Track], pair: tuple[int, int], sample_rate: int
) -> CallWarning:
    one, other = pair
    drift = find_drift(samples[other], samples[one], sample_rate, y_only=speech[one])
    message = f"channels {one} and {other} carry the same audio: who speaks cannot be told from the channel"
    return CallWarning(code="dual_mono", message=message + _clocks(drift))


def _heard_on(x: int, y: int, bleed: Bleed) -> str:
    if bleed.loss < LOSS_LEAST:
        return f"channel {y} is heard on channel {x}, as loud as on its own"
    return f"channel {y} is heard on channel {x}, {bleed.loss:.0f} dB quieter; taken out of its speech"


def _clocks(drift: Drift | None) -> str:
    """What to add to a warning about a copy whose delay moves."""
    if drift is None:
        return ""
    return (
        f"; the clocks run {abs(drift.parts_per_million):.0f} ppm apart, {1000 * abs(drift.moved):.0f} ms over the call"
    )


def _inspect_one(
    number: int, levels: Levels, peaks: NDArray[np.int16], track: Track, *, single: bool
) -> Iterator[CallWarning]:
    speaking = _mask(track, levels.raw.size)
    loud = float(np.percentile(levels.smooth[speaking], 95)) if speaking.any() else SILENT_DB
    if not single and (levels.smooth.size == 0 or levels.smooth.max() < DEAD_DB):
        yield CallWarning(code="dead_channel", message=f"channel {number} is silent throughout")
    if speaking.any() and loud < LOW_DB:
        yield CallWarning(code="low_level", message=f"speech on channel {number} is faint: {loud:.0f} dB full scale")
    if speaking.any() and (share := _clipped_share(peaks[speaking])) > _CLIP_SHARE:
        yield CallWarning(
            code="clipping", message=f"channel {number} is cut off at full scale in {share:.0%} of its speech"
        )


def _losses(number: int, dropouts: Track, repeats: Track) -> Iterator[CallWarning]:
    """One warning for all that a channel lost, whether it was left out or filled."""
    filled = repeats if len(repeats) >= _REPEATS else ()
    said = []
    if dropouts:
        said.append(f"drops out {len(dropouts)} times in its speech, {total(dropouts):.2f} s in all")
    if filled:
        again = f"plays its last moment again {len(filled)} times in its speech, {total(filled):.2f} s in all"
        said.append(f"{again}: packets were lost")
    if lost := union(dropouts, filled):
        message = f"channel {number} {', and '.join(said)}"
        yield CallWarning(code="gaps", message=message, start=lost[0].start, end=lost[-1].end)


def _is_same(
    samples: NDArray[np.int16], levels: Sequence[Levels], speech: Sequence[Track], pair: tuple[int, int], rate: int
) -> bool:
    """Whether two channels follow each other at a constant, small distance wherever either has anything."""
    one, other = (levels[index] for index in pair)
    active = (one.above_noise > _ACTIVE) | (other.above_noise > _ACTIVE)
    if int(active.sum()) < _ENOUGH:
        return False
    distance = (one.smooth - other.smooth)[active]
    middle = float(np.median(distance))
    if abs(middle) >= _SAME_LOSS:
        return False
    if float(np.percentile(np.abs(distance - middle), 95)) < _SAME_SPREAD:
        return True
    # A copy that comes late misses its level at every edge. Where two take turns both seldom speak at once.
    x, y = (speech[index] for index in pair)
    if total(intersect(x, y)) < _SAME_TALK * total(union(x, y)):
        return False
    return is_late_copy(samples[pair[0]], samples[pair[1]], rate, speech=union(x, y))


def _peaks(channel: Samples, sample_rate: int) -> NDArray[np.int16]:
    """Greatest magnitude in each 10 ms frame, taken a minute at a time."""
    hop = sample_rate // FRAMES_PER_SECOND
    whole, step = len(channel) // hop * hop, hop * FRAMES_PER_SECOND * 60
    found = []
    for start in range(0, whole, step):
        frames = channel[start : min(start + step, whole)].reshape(-1, hop)
        found.append(np.maximum(frames.max(axis=1), -np.maximum(frames.min(axis=1), -32767)))
    return np.concatenate(found) if found else np.zeros(0, np.int16)


def _clipped_share(peaks: NDArray[np.int16]) -> float:
    highest = float(peaks.max())
    return float((peaks >= _CLIP_NEAR * highest).mean()) if highest >= _CLIP_PEAK else 0.0


def _dropouts(levels: Levels, track: Track) -> Track:
    """Stretches of digital zero that cut into speech: loud frames stand directly on both sides."""
    talking = _mask(bridge(track, 1.0), levels.raw.size)
    found = []
    for first, behind in runs_of((levels.raw <= SILENT_DB + 1.0) & talking):
        before, after = levels.raw[max(0, first - 2) : first], levels.raw[behind : behind + 2]
        if not _GAP_FRAMES[0] <= behind - first <= _GAP_FRAMES[1] or not before.size or not after.size:
            continue
        if before.max() > _GAP_EDGE and after.max() > _GAP_EDGE:
            found.append(Segment(first / FRAMES_PER_SECOND, behind / FRAMES_PER_SECOND))
    return tuple(found)


def _clean(
    samples: NDArray[np.int16],
    levels: Sequence[Levels],
    speech: Sequence[Track],
    sample_rate: int,
    *,
    same: set[frozenset[int]],
) -> tuple[tuple[Track, ...], dict[tuple[int, int], Bleed]]:
    """The tracks without bleed, and the bleed found on each channel (first) of another (second)."""
    tracks, bleeds = list(speech), dict[tuple[int, int], Bleed]()
    for _ in range(2):
        for x, y in permutations(range(len(levels)), 2):
            if frozenset((x, y)) in same or (x, y) in bleeds:
                continue
            found = find_bleed(levels[x], levels[y], y_speech=tracks[y])
            if bleed := _confirmed(found, samples[x], samples[y], sample_rate, y_speech=tracks[y]):
                tracks[x] = without_bleed(tracks[x], levels[x], levels[y], bleed=bleed)
                bleeds[x, y] = bleed
        # A loud copy of X hides what Y lets through of X's own: seen once the copy is out of X's speech.
        if not any(bleed.drowns for bleed in bleeds.values()):
            break
    for x, y in combinations(range(len(levels)), 2):
        if frozenset((x, y)) not in same and not {(x, y), (y, x)} & bleeds.keys():
            mixed = _mixes(samples, levels, tracks, (x, y), sample_rate)
            bleeds |= mixed
            if len(mixed) == 1:  # else nobody can say which of them is the mix
                ((a, b), bleed), *_ = mixed.items()
                tracks[a] = without_bleed(tracks[a], levels[a], levels[b], bleed=bleed)
    return tuple(tracks), bleeds


def _confirmed(bleed: Bleed | None, x: Samples, y: Samples, sample_rate: int, *, y_speech: Track) -> Bleed | None:
    """The bleed, where a loud one is the same wave too."""
    if bleed and bleed.drowns and copy_strength(x, y, sample_rate, y_speech=y_speech) < _SAME_WAVE:
        return None
    return bleed


def _mixes(
    samples: NDArray[np.int16], levels: Sequence[Levels], tracks: Sequence[Track], pair: tuple[int, int], rate: int
) -> dict[tuple[int, int], Bleed]:
    """Of two channels, which may carry the mix of both: all of the other is heard on it, as loud."""
    talk = [total(tracks[index]) for index in pair]
    if total(intersect(*(tracks[index] for index in pair))) < _MIX_TALK * min(talk):
        return {}
    found = {
        (x, y): _confirmed(
            find_bleed(levels[x], levels[y], y_speech=tracks[y], least=LOSS_OF_MIX),
            samples[x],
            samples[y],
            rate,
            y_speech=tracks[y],
        )
        for x, y in permutations(pair)
    }
    seen = {xy: bleed.seen for xy, bleed in found.items() if bleed}
    # Of the mix only what the one party says is on the other channel, on the mix all of the other's.
    return {xy: bleed for xy, bleed in found.items() if bleed and bleed.seen > max(seen.values()) - _MIX_APART}


def _mask(track: Track, frames: int) -> NDArray[np.bool_]:
    runs = [(round(s.start * FRAMES_PER_SECOND), round(s.end * FRAMES_PER_SECOND)) for s in track]
    return mask_of(runs, frames=frames)
