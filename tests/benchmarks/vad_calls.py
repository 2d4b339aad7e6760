"""Calls with clean lines and exactly known speech, for bench_vad.py."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from composed import script
from numpy.typing import NDArray
from truths import ROLES, Truth, true_speech

from asr_qa.core.options import TimingOptions
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, bridge, gaps, union

RATE = 16000
PAUSE = TimingOptions().speech_bridge
"""Seconds; shorter pauses are none, as in the timeline."""
SILENCE = TimingOptions().silence_min
"""Seconds in which nobody speaks that are a silence by its definition."""
Lines = NDArray[np.float32]
Calls = list[tuple[Lines, Truth]]


def compose(args: argparse.Namespace) -> Calls:
    """Clean lines (2, samples) and truth of every call, as compose.py makes them before it adds noise."""
    module: Any = script(args, "compose")
    clips = [module.prepare(clip, args.clips) for clip in json.loads((args.clips / "index.json").read_text())]
    made: Calls = []

    class CleanCall(module.Call):  # type: ignore[misc]
        def finish(self, *_: Any) -> None:
            made.append(finished(self.tracks, json.loads(json.dumps(self.truth))))  # plain floats

    module.Call = CleanCall
    settings = argparse.Namespace(minutes=args.minutes, holds=0.0, noise_db=0.0, bleed_db=0.0, mono=False)
    for number in range(args.calls):
        module.compose(None, clips, settings, random.Random(args.seed * 1000 + number))
    return made


def finished(tracks: dict[str, Lines], truth: Truth) -> tuple[Lines, Truth]:
    """A call cut after its last word, with its silences."""
    spoken = union(*(truth_of(truth, role) for role in ROLES))
    whole_turns = [Segment(t["start"], t["end"]) for kind in ("turns", "backchannels") for t in truth[kind]]
    silences = [gap for gap in gaps(union(whole_turns), spoken[0] | spoken[-1]) if gap.duration >= SILENCE]
    end = spoken[-1].end + 1.0
    found = [{"start": s.start, "end": s.end} for s in silences]
    lines = np.stack([tracks[role][: round(end * RATE)] for role in ROLES])
    return lines, truth | {"silences": found, "duration": end}


def truth_of(truth: Truth, role: Role) -> Track:
    """Stretches of speech of one role."""
    return bridge(true_speech(truth)[role], PAUSE)


def silences_of(tracks: Sequence[Track]) -> Track:
    """Stretches of at least 2 s in which nobody speaks, inside the call."""
    talk = union(*tracks)
    return tuple(gap for gap in gaps(talk, talk[0] | talk[-1]) if gap.duration >= SILENCE) if talk else ()
