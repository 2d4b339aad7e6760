"""How each turn is spoken, beside how its speaker usually speaks in the call; what stands out becomes a hint.

Hints are for a person to listen to: no rule sees them and they cost no points. What they are worth is measured in
docs/benchmarks.md, their definitions are in docs/voice.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import log2
from statistics import median

from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track, clip, total

RAISED_VOICE, RUSHED, FLAT = "raised_voice", "rushed", "flat"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceOptions:
    """The parameters of every definition here."""

    turns_min: int = 6
    """Turns of a speaker without which nothing counts as usual."""
    turn_min: float = 1.0
    """Seconds of speech that a turn needs to be compared."""
    raised_level: float = 4.5
    """dB above the usual level from which on a voice is raised where it is also sharper or higher."""
    raised_spread: float = 1.5
    """And so many times the speaker's usual spread."""
    raised_alone: float = 7.0
    """dB above the usual level that need no other sign."""
    effort_tilt: float = 1.5
    """dB of balance over the usual that are a sign of effort."""
    effort_pitch: float = 1.5
    """Semitones over the usual pitch that are one."""
    effort_alone: float = 1.75
    """Times both signs that need no level: where the line levels loudness out."""
    rushed_ratio: float = 1.25
    """Times the usual rate."""
    rushed_spread: float = 2.0
    rushed_units: int = 10
    """Characters (words) without which a turn tells no rate."""
    flat_share: float = 0.45
    """Share of the usual range of pitch."""
    flat_spread: float = 1.5
    flat_seconds: float = 2.0
    """Seconds of speech that a turn needs for its range of pitch."""
    pause_min: float = 0.7
    """Seconds of an own pause that counts as long."""
    pause_max: float = 2.0
    """A longer one is a silence, not a pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMeasure:
    """What a meter hears in a stretch of one voice; None where it cannot be told."""

    level_db: float | None = None
    """dB full scale of its voiced parts, noise taken off."""
    tilt_db: float | None = None
    """Power above 1 kHz over power below, in dB: it grows with vocal effort, whatever the line's gain."""
    pitch_hz: float | None = None
    """Median."""
    pitch_range: float | None = None
    """Semitones from the lowest to the highest tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceTurn:
    """How one turn is spoken."""

    role: Role
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    speech_seconds: float
    level_db: float | None = None
    jump_db: float | None = None
    """Level over that of the speaker's turn before; None for the first."""
    tilt_db: float | None = None
    characters_per_minute: float | None = None
    """CJK characters and digits (words where the language has no such characters) per minute of speech."""
    pitch_hz: float | None = None
    pitch_range: float | None = None
    long_pauses: tuple[Segment, ...] = ()
    """Own pauses in it, and between it and the speaker's next where nobody else speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A figure over all comparable turns of a speaker."""

    median: float
    spread: float
    """1.48 times the median distance from the median: the standard deviation, outliers aside."""
    turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceBaseline:
    """How a speaker usually speaks in this call; None where there were too few turns to tell."""

    role: Role
    level_db: Usual | None = None
    tilt_db: Usual | None = None
    characters_per_minute: Usual | None = None
    pitch_hz: Usual | None = None
    pitch_range: Usual | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceEvidence:
    """A figure of a turn beside the usual one."""

    figure: str
    """level_db, tilt_db, characters_per_minute, pitch_hz or pitch_range."""
    value: float
    usual: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceHint:
    """A turn that stands out: something to listen to, never a verdict."""

    kind: str
    """raised_voice, rushed or flat."""
    role: Role
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    definition: str
    """Definition id with its parameters."""
    evidence: tuple[VoiceEvidence, ...]
    """The deciding figure first, then what else is known of the voice there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceReport:
    """How everybody speaks in a call."""

    method: str
    """What measured it, with its parameters."""
    definitions: Mapping[str, str]
    """Definition of each figure and hint with the parameters in force."""
    usual: tuple[VoiceBaseline, ...]
    turns: tuple[VoiceTurn, ...]
    hints: tuple[VoiceHint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenTurn:
    """A turn as it goes into the comparison."""

    role: Role
    speech: Track
    """At least one stretch."""
    measure: VoiceMeasure
    units: int | None = None
    """Characters (words) said; None where not all was understood."""


def describe_voices(
    turns: Sequence[SpokenTurn], *, method: str, options: VoiceOptions | None = None, blame: bool = True
) -> VoiceReport:
    """Compare the turns of each speaker with what is usual for that speaker in the call.

    Args:
        turns: Of all roles, in order of start.
        method: Name of what measured them.
        options: Parameters of the definitions.
        blame: Whether it is known who speaks; without that there are no hints.
    """
    options = options or VoiceOptions()
    described = tuple(_describe(turns, options))
    usual = tuple(_baseline(role, described, options) for role in dict.fromkeys(turn.role for turn in turns))
    ids = voice_definitions(options)
    hints = tuple(hint for base in usual for hint in _hints(described, base, options, ids)) if blame else ()
    ordered = tuple(sorted(hints, key=lambda hint: (hint.start, hint.kind, hint.role)))
    return VoiceReport(method=method, definitions=ids, usual=usual, turns=described, hints=ordered)


def voice_definitions(options: VoiceOptions | None = None) -> dict[str, str]:
    """The definition of each figure and hint, with the parameters in force."""
    o = options or VoiceOptions()
    parameters: dict[str, dict[str, float]] = {
        "usual": {"turns": o.turns_min, "turn": o.turn_min},
        RAISED_VOICE: {
            "level": o.raised_level,
            "spread": o.raised_spread,
            "alone": o.raised_alone,
            "tilt": o.effort_tilt,
            "pitch": o.effort_pitch,
            "effort": o.effort_alone,
        },
        RUSHED: {"ratio": o.rushed_ratio, "spread": o.rushed_spread, "units": o.rushed_units},
        FLAT: {"share": o.flat_share, "spread": o.flat_spread, "seconds": o.flat_seconds},
        "long_pause": {"min": o.pause_min, "max": o.pause_max},
    }
    return {
        name: f"{name}({','.join(f'{key}={float(value)}' for key, value in values.items())})"
        for name, values in parameters.items()
    }


def _describe(turns: Sequence[SpokenTurn], options: VoiceOptions) -> Iterator[VoiceTurn]:
    pauses = _long_pauses(turns, options)
    before: dict[Role, float] = {}
    for turn in turns:
        seconds, measure = total(turn.speech), turn.measure
        last = before.get(turn.role)
        level = measure.level_db
        told = turn.units is not None and turn.units >= options.rushed_units and seconds > EPSILON
        yield VoiceTurn(
            role=turn.role,
            start=turn.speech[0].start,
            end=turn.speech[-1].end,
            speech_seconds=seconds,
            jump_db=level - last if level is not None and last is not None else None,
            characters_per_minute=60 * (turn.units or 0) / seconds if told else None,
            long_pauses=pauses.get(id(turn), ()),
            **asdict(measure),
        )
        if level is not None:
            before[turn.role] = level


def _long_pauses(turns: Sequence[SpokenTurn], options: VoiceOptions) -> dict[int, tuple[Segment, ...]]:
    """Long pauses by the turn they lie in or after, where nobody else speaks in them."""
    found: dict[int, tuple[Segment, ...]] = {}
    for role in {turn.role for turn in turns}:
        own = [(segment, turn) for turn in turns if turn.role is role for segment in turn.speech]
        others = tuple(sorted(segment for turn in turns if turn.role is not role for segment in turn.speech))
        for (one, turn), (following, _) in pairwise(own):
            pause = one ^ following
            long = options.pause_min - EPSILON <= pause.duration < options.pause_max - EPSILON
            if long and not clip(others, pause):
                found[id(turn)] = (*found.get(id(turn), ()), pause)
    return found


# --- what is usual


def _baseline(role: Role, turns: Sequence[VoiceTurn], options: VoiceOptions) -> VoiceBaseline:
    own = [turn for turn in turns if turn.role is role and turn.speech_seconds >= options.turn_min - EPSILON]
    long = [turn for turn in own if turn.speech_seconds >= options.flat_seconds - EPSILON]
    return VoiceBaseline(
        role=role,
        level_db=_usual((turn.level_db for turn in own), options),
        tilt_db=_usual((turn.tilt_db for turn in own), options),
        characters_per_minute=_usual((turn.characters_per_minute for turn in own), options),
        pitch_hz=_usual((turn.pitch_hz for turn in own), options),
        pitch_range=_usual((turn.pitch_range for turn in long), options),
    )


def _usual(values: Iterable[float | None], options: VoiceOptions) -> Usual | None:
    known = [value for value in values if value is not None]
    if len(known) < options.turns_min:
        return None
    middle = median(known)
    spread = 1.4826 * median(abs(value - middle) for value in known)
    return Usual(median=middle, spread=spread, turns=len(known))


# --- hints

Test = Callable[[VoiceTurn, VoiceBaseline, VoiceOptions], bool]


def _hints(
    turns: Sequence[VoiceTurn], base: VoiceBaseline, options: VoiceOptions, ids: Mapping[str, str]
) -> Iterator[VoiceHint]:
    for turn in turns:
        if turn.role is not base.role or turn.speech_seconds < options.turn_min - EPSILON:
            continue
        for kind, (figure, stands_out) in _TESTS.items():
            if stands_out(turn, base, options):
                yield VoiceHint(
                    kind=kind,
                    role=turn.role,
                    start=turn.start,
                    end=turn.end,
                    definition=ids[kind],
                    evidence=tuple(_evidence(turn, base, figure)),
                )


def _evidence(turn: VoiceTurn, base: VoiceBaseline, first: str) -> Iterator[VoiceEvidence]:
    for figure in (first, *(name for name in _FIGURES if name != first)):
        value, usual = getattr(turn, figure), getattr(base, figure)
        if value is not None and usual is not None:
            yield VoiceEvidence(figure=figure, value=value, usual=usual.median, spread=usual.spread)


_FIGURES = ("level_db", "tilt_db", "characters_per_minute", "pitch_hz", "pitch_range")


def _raised(turn: VoiceTurn, base: VoiceBaseline, options: VoiceOptions) -> bool:
    if turn.level_db is None or base.level_db is None:
        return False
    above = turn.level_db - base.level_db.median
    tilt, pitch = _signs_of_effort(turn, base, options)
    far = above >= options.raised_spread * base.level_db.spread - EPSILON
    needed = options.raised_level if max(tilt, pitch) >= 1 else options.raised_alone
    return (far and above >= needed - EPSILON) or min(tilt, pitch) >= options.effort_alone


def _signs_of_effort(turn: VoiceTurn, base: VoiceBaseline, options: VoiceOptions) -> tuple[float, float]:
    """How sharp and how high the voice is over the usual, in units of what counts as a sign; 0 where unknown."""
    tilt = pitch = 0.0
    if turn.tilt_db is not None and base.tilt_db is not None:
        tilt = (turn.tilt_db - base.tilt_db.median) / options.effort_tilt
    if turn.pitch_hz is not None and base.pitch_hz is not None:
        pitch = 12 * log2(turn.pitch_hz / base.pitch_hz.median) / options.effort_pitch
    return tilt, pitch


def _rushed(turn: VoiceTurn, base: VoiceBaseline, options: VoiceOptions) -> bool:
    usual = base.characters_per_minute
    if turn.characters_per_minute is None or usual is None:
        return False
    above = turn.characters_per_minute - usual.median
    return above >= max((options.rushed_ratio - 1) * usual.median, options.rushed_spread * usual.spread) - EPSILON


def _flat(turn: VoiceTurn, base: VoiceBaseline, options: VoiceOptions) -> bool:
    usual = base.pitch_range
    if turn.pitch_range is None or usual is None or turn.speech_seconds < options.flat_seconds - EPSILON:
        return False
    below = usual.median - turn.pitch_range
    return below >= max((1 - options.flat_share) * usual.median, options.flat_spread * usual.spread) - EPSILON


_TESTS: Mapping[str, tuple[str, Test]] = {
    RAISED_VOICE: ("level_db", _raised),
    RUSHED: ("characters_per_minute", _rushed),
    FLAT: ("pitch_range", _flat),
}
