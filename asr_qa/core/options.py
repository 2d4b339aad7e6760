"""The parameters of every definition of timing, and the definitions' ids with the parameters in force."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache

from asr_qa.core.lexicon import ACKNOWLEDGEMENTS, EXCUSES, IVR

DOUBLE_TALK_MIN = 10.0
"""Less than this (seconds) of both speaking at once is no sign of anything, ..."""
DOUBLE_TALK_CHANCE = 0.6
"""... nor is less than this share of what chance would give; no card may set either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingOptions:
    """The parameters of every definition, in seconds unless said otherwise; a scorecard may set its own."""

    speech_bridge: float = 0.2
    """Pauses of one role shorter than this belong to its speech."""
    turn_bridge: float = 1.0
    """Own pauses shorter than this do not end a turn."""
    turn_taken: float = 0.75
    """The other takes a turn in a pause when it speaks at least this long in it."""
    silence_min: float = 2.0
    hold_min: float = 3.0
    dead_air_min: float = 5.0
    dead_air_serious: float = 15.0
    excuse_lead: float = 3.0
    """An excuse counts when it ends at most this long before the silence begins."""
    excuse_max: float = 60.0
    """An excuse covers at most this much of a silence."""
    overlap_min: float = 0.2
    interruption_onset: float = 1.0
    """Starting earlier than this into the other's turn is no interruption."""
    interruption_overlap: float = 0.5
    interruption_yield: float = 2.0
    """The other gives way when its turn ends within this of the onset."""
    backchannel_max: float = 0.5
    """Speech shorter than this during the other's turn is a back-channel whatever its words."""
    backchannel_min: float = 0.1
    """Speech shorter than this is no back-channel unless its words say so: it may be a click."""
    backchannel_unheard: float = 1.0
    """Speech shorter than this in which nothing was heard clearly may be a back-channel."""
    backchannel_apart: float = 0.3
    """Speech in which nothing was heard clearly must keep this distance from the rest of its turn."""
    backchannel_pause: float = 0.5
    """Acknowledgements closer together than this are one back-channel."""
    backchannel_confidence: float = 0.3
    """Words heard with less confidence than this (0 to 1) do not tell whether they acknowledge."""
    monologue_min: float = 60.0
    rate_turn_min: float = 5.0
    """Turns of fewer characters (words) than this say nothing about the rate of speech."""
    rate_least: float = 2.0
    """Less counted speech than this tells no rate: what its edges are off by would decide it."""
    ivr_gap: float = 1.0
    """After an announcement that a person might make too, quiet of this length speaks for a machine."""
    ivr_spoken: float = 3.0
    """A customer who has said more than this talks with a person."""
    ivr_ring: float = 5.0
    """So much quiet after a prompt, ring-back or music is still waiting for the agent's first word."""
    acknowledgements: tuple[str, ...] = ACKNOWLEDGEMENTS
    """Words of a back-channel."""
    excuses: tuple[str, ...] = EXCUSES
    """Words by which an agent announces a wait."""
    prompts: tuple[str, ...] = IVR["menu"]
    """Words that only an automatic prompt says."""


def definitions(options: TimingOptions | None = None) -> dict[str, str]:
    """The definition of each figure and event, with the parameters in force."""
    return {
        name: f"{name}({','.join(f'{key}={float(value)}' for key, value in values.items())})" if values else name
        for name, values in parameters(options or TimingOptions()).items()
    }


@lru_cache(maxsize=64)
def options_digest(options: TimingOptions) -> str:
    """Digest of every parameter, lists of words included: equal ones find the same events in the same call."""
    return hashlib.sha256(json.dumps(asdict(options), ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def timing_problems(o: TimingOptions) -> list[tuple[str, str]]:
    """Parameters that contradict each other: (name, what is wrong with it)."""
    pairs = (
        ("dead_air_min", o.silence_min <= o.dead_air_min, f"is below silence_min {o.silence_min:g}"),
        ("dead_air_serious", o.dead_air_min <= o.dead_air_serious, f"is below dead_air_min {o.dead_air_min:g}"),
        ("turn_bridge", o.speech_bridge <= o.turn_bridge, f"is below speech_bridge {o.speech_bridge:g}"),
        ("turn_taken", o.turn_taken <= o.turn_bridge, f"is above turn_bridge {o.turn_bridge:g}: no pause is that long"),
        ("backchannel_max", o.backchannel_min <= o.backchannel_max, f"is below backchannel_min {o.backchannel_min:g}"),
    )
    return [(name, problem) for name, holds, problem in pairs if not holds]


def parameters(o: TimingOptions) -> dict[str, dict[str, float]]:
    """The parameters of each definition by their short names."""
    cut_in = {"onset": o.interruption_onset, "overlap": o.interruption_overlap, "yield": o.interruption_yield}
    return {
        "duration": {},
        "ring": {},
        "speech": {"bridge": o.speech_bridge},
        "turn": {"bridge": o.turn_bridge, "taken": o.turn_taken},
        "silence": {"min": o.silence_min},
        "hold": {"min": o.hold_min},
        "ivr": {"gap": o.ivr_gap, "spoken": o.ivr_spoken, "ring": o.ivr_ring},
        "dead_air": {"min": o.dead_air_min, "serious": o.dead_air_serious},
        "excuse": {"lead": o.excuse_lead, "max": o.excuse_max},
        "overlap": {"min": o.overlap_min},
        "backchannel": _backchannel(o),
        "interruption": cut_in,
        "talk_over": cut_in,
        "response_latency": {},
        "speech_rate": {"turn_min": o.rate_turn_min, "least": o.rate_least},
        "first_response": {},
        "monologue": {"min": o.monologue_min},
        "talk_ratio": {},
        "hang_up_side": {},
        "double_talk": {"min": DOUBLE_TALK_MIN, "chance": DOUBLE_TALK_CHANCE},
    }


def _backchannel(o: TimingOptions) -> dict[str, float]:
    return {
        "min": o.backchannel_min,
        "max": o.backchannel_max,
        "unheard": o.backchannel_unheard,
        "apart": o.backchannel_apart,
        "pause": o.backchannel_pause,
        "confidence": o.backchannel_confidence,
    }
