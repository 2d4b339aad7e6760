"""From a scope to stretches of time: the parts of the call a check may see."""

from __future__ import annotations

from dataclasses import dataclass, replace

from asr_qa.core.checks.base import CallFacts, CallView, Hit, Looking, Stance
from asr_qa.core.checks.phrase import decide_phrase
from asr_qa.core.checks.remembered import Remembered
from asr_qa.core.checks.timing import event_hits, find_events, unknown_events
from asr_qa.core.checks.units import counts, units_of
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Role
from asr_qa.core.rule import Anchor, Scope, Within
from asr_qa.core.segment import EPSILON, Segment, Track, clip, intersect, union
from asr_qa.core.transcript import Utterance

_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where to look: one track, or with `hit: each` one per hit; none where an anchor never occurs."""

    tracks: tuple[Track, ...]
    note: str = ""
    unknown: bool = False
    """An anchor may have occurred, or may not have: nobody knows. The note says which."""


def resolve(scope: Scope, looking: Looking) -> Resolved:
    """Where a check with this scope looks, inside what is already in sight."""
    role = scope.role or looking.role
    anchored: list[tuple[Anchor, tuple[Hit, ...]]] = []
    doubt = ""
    for anchor in scope.anchors:
        hits, unknown = anchor_hits(anchor, looking)
        if unknown:
            doubt = f"it is not known whether {_named(anchor)} occurs"
        if not hits:
            return Resolved((), doubt if unknown else f"{_named(anchor)} does not occur", unknown)
        anchored.append((anchor, hits))
    base = looking.windows
    if scope.within is not None:
        within, wide = scope.within, looking.stance.needs_presence
        key = (id(_one(within)), role, wide)
        base = clip(base, looking.view.once(key, lambda: position(within, looking.view, role, wide=wide)))
    tracks: tuple[Track, ...] = (base,)
    for anchor, hits in anchored:
        windows = [_window(anchor, hit, looking.view, role) for hit in hits]
        parts = [(w,) if w else () for w in windows] if anchor.hit == "each" else [union(windows)]
        tracks = tuple(intersect(track, part) for track in tracks for part in parts)
    return Resolved(tracks, doubt, bool(doubt))


def adrift(within: Within, facts: CallFacts) -> str:
    """Why nobody knows what part of the call a position means; empty where it is known."""
    if facts.unsure_of_end and _is_set(within, *_FROM_END):
        return "the recording breaks off before the call ends"
    if facts.unsure_of_start and _is_set(within, *_FROM_START):
        return "the recording begins in the middle of speech"
    return ""


_FROM_END = ("last_seconds", "last_sentences", "last_percent", "first_percent")
"""What is counted from where the call ends, or is a share of all of it."""
_FROM_START = ("first_seconds", "first_sentences", "first_percent", "last_percent", "from_seconds", "to_seconds")


def _is_set(within: Within, *names: str) -> bool:
    return any(getattr(within, name) is not None for name in names)


def place(scope: Scope, looking: Looking) -> Looking:
    """What a check sees whose scope has no anchors; rules that look at the same place share it."""
    role, within = scope.role or looking.role, scope.within
    if within is None and role is looking.role:
        return looking
    key = (0 if within is None else id(_one(within)), role)
    found: Looking | None = looking.known.get(key)
    if found is None:
        found = looking.known[key] = looking.at(role, resolve(scope, looking).tracks[0])
    return found


def place_of(scope: Scope) -> tuple[int, Role | None]:
    """The same for all scopes that mean the same place, anchors and units left out."""
    return 0 if scope.within is None else id(_one(scope.within)), scope.role


_withins: dict[Within, Within] = {}
_one: Remembered[Within, Within] = Remembered(lambda within: _withins.setdefault(within, within))
"""One position for all that say the same; never forgotten, as its id stands for it."""


def position(within: Within, view: CallView, role: Role | None, *, wide: bool = False) -> Segment:
    """The part of the call that a position means; empty where its bounds exclude each other.

    Args:
        wide: Of a call that began before its recording, or went on after it, all that the position may mean: nobody
            knows where its seconds and percents are counted from.
    """
    begin, end = view.begin, view.end
    late, early = wide and view.facts.unsure_of_start, wide and view.facts.unsure_of_end
    starts = [0.0] if within.from_seconds is None or late else [within.from_seconds]
    ends = [view.whole.end]
    ends += [] if within.to_seconds is None else [within.to_seconds]
    ends += [] if within.first_seconds is None else [begin + within.first_seconds]
    starts += [] if within.last_seconds is None else [end - within.last_seconds]
    if within.first_percent is not None and not early:
        ends.append(begin + (end - begin) * within.first_percent / _PERCENT)
    if within.last_percent is not None and not late:
        starts.append(end - (end - begin) * within.last_percent / _PERCENT)
    if within.first_sentences is not None and (said := _sentences(view, role)):
        ends.append(max(one.end for one in said[: within.first_sentences]))  # the first may be the last to end
    if within.last_sentences is not None and (said := _sentences(view, role)):
        starts.append(said[-within.last_sentences :][0].start)
    start = max(starts)
    return Segment(start, max(start, min(ends)))


def _sentences(view: CallView, role: Role | None) -> list[Utterance]:
    """The sentences of a role in order."""
    return view.once(("lines", role), lambda: [u for u in view.facts.transcript.utterances if counts(view, u, role)])


def anchor_hits(anchor: Anchor, looking: Looking) -> tuple[tuple[Hit, ...], bool]:
    """The hits that an anchor means, and whether it is not known that these are what there is."""
    hits, unknown = _all_hits(anchor, looking)
    if anchor.hit == "last":
        return hits[-1:], unknown
    if isinstance(anchor.hit, int):
        return hits[anchor.hit - 1 : anchor.hit], unknown
    return hits, unknown


def _all_hits(anchor: Anchor, looking: Looking) -> tuple[tuple[Hit, ...], bool]:
    view = looking.view
    if anchor.rule is not None:
        settled = looking.settled[anchor.rule]
        hits = tuple(sorted(settled.hits, key=lambda h: (h.start, h.end)))
        return hits, settled.verdict is Verdict.UNDETERMINED
    if anchor.event is not None:
        return event_hits(find_events(view, anchor.event)), bool(unknown_events(anchor.event, view))
    if anchor.phrase is None:
        return (), False
    everywhere = replace(looking, role=anchor.role, windows=(view.whole,), stance=Stance.NEUTRAL)
    outcome = decide_phrase(anchor.phrase, everywhere)
    occurs = outcome.verdict is not Verdict.NOT_MET  # words said too seldom, or too few of them, are no anchor
    return outcome.hits if occurs else (), outcome.verdict is Verdict.UNDETERMINED


def _window(anchor: Anchor, hit: Hit, view: CallView, role: Role | None) -> Segment:
    """Where a hit lets its check look: so many seconds and sentences from it, the smaller of the two."""
    whole = view.whole
    reach = whole.duration if anchor.seconds is None else anchor.seconds
    first, last = max(0.0, hit.start - reach), hit.end + reach
    if anchor.sentences is not None:
        first = max(first, _sentences_before(view, role, hit.start, anchor.sentences))
        last = min(last, _sentences_after(view, role, hit.end, anchor.sentences))
    if anchor.side == "after":
        return Segment(hit.end, max(hit.end, last)) & whole
    if anchor.side == "before":
        return Segment(min(first, hit.start), hit.start) & whole
    return Segment(min(first, hit.start), max(hit.end, last)) & whole


def _sentences_after(view: CallView, role: Role | None, time: float, count: int) -> float:
    """Where the next sentences of a role end, the rest of the one that is being said not counted."""
    said = [unit.segment for unit in units_of(view, "sentence", role, view.whole)]
    ends = [segment.end for segment in said if segment.start >= time - EPSILON]
    return max([time, *ends[:count], *(segment.end for segment in said if time in segment)])


def _sentences_before(view: CallView, role: Role | None, time: float, count: int) -> float:
    """Where the last sentences of a role begin, the one that is being said not counted."""
    said = [unit.segment for unit in units_of(view, "sentence", role, view.whole)]
    starts = [segment.start for segment in said if segment.end <= time + EPSILON]
    return min([time, *starts[-count:], *(segment.start for segment in said if time in segment)])


def _named(anchor: Anchor) -> str:
    if anchor.rule is not None:
        return f"a hit of {anchor.rule}"
    if anchor.event is not None:
        return f"event {anchor.event.kind_of}"
    return f"phrase {'/'.join(anchor.phrase.phrases[:3])}" if anchor.phrase else "anchor"
