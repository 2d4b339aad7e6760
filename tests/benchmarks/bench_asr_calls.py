"""Calls for bench_asr.py, composed with compose.py of the evaluation folder: usual ones, ones whose sentences recur,
ones of short turns, a monologue, and hours of talk. What was composed once is kept and used again."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import shutil
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from bench_asr_ways import ROLES, Cut, prepare

from asr_qa.batch.bench import read_truth
from asr_qa.core.accuracy import TrueTurn

CLIP_EDGE = 0.25
"""Seconds of the line kept before and after a turn that is heard alone."""


@dataclass(frozen=True, slots=True)
class Call:
    """A composed call."""

    recording: Path
    prepared: Path
    truth: dict[str, Any]
    turns: list[TrueTurn]


class Studio:
    """Composes calls below a folder."""

    def __init__(self, clips: Path, scripts: Path, work: Path) -> None:
        if not (clips / "index.json").exists() or not (scripts / "compose.py").exists():
            raise SystemExit(f"skipped: needs clips ({clips}/index.json) and scripts ({scripts}/compose.py)")
        self._clips_at, self._work = clips, work
        self.compose = module("compose", scripts / "compose.py")
        self.score = module("score", scripts / "score.py")

    @cached_property
    def clips(self) -> list[dict[str, Any]]:
        """All clips, cut to their speech."""
        index = json.loads((self._clips_at / "index.json").read_text())
        return [self.compose.prepare(clip, self._clips_at) for clip in index]

    def usual(self, calls: int, minutes: float, seed: int, *, noise_db: float = -50.0) -> list[Call]:
        """Calls as compose.py makes them with --holds 0."""
        folder = self._work / f"usual-{minutes:g}min-{noise_db:g}dB"

        def make(path: Path, number: int) -> None:
            args = Namespace(minutes=minutes, noise_db=noise_db, bleed_db=-60.0, mono=False, holds=0.0)
            self.compose.compose(path, self.clips, args, random.Random(seed * 1000 + number))

        paths = [folder / f"call-{seed}-{number:03d}.wav" for number in range(calls)]
        return [self._kept(path, partial(make, number=number)) for number, path in enumerate(paths)]

    def recurring(self, seed: int, *, sentences: int = 6, times: int = 20) -> Call:
        """A few sentences of two speakers, each many times, in any order."""

        def make(path: Path) -> None:
            rng = random.Random(seed)
            chosen = [clip for voice in self._voices(rng) for clip in rng.sample(voice, sentences // 2)]
            said = [clip for clip in chosen for _ in range(times)]
            rng.shuffle(said)
            self._talk(path, said, rng, pause=(0.6, 1.6))

        return self._kept(self._work / f"recurring-{sentences}x{times}" / f"call-{seed}.wav", make)

    def short(self, seed: int, *, turns: int = 200) -> Call:
        """Turns of about a second: the shortest sentences, and acknowledgements of more than one syllable."""

        def make(path: Path) -> None:
            rng = random.Random(seed)
            spoken = [clip for clip in self.clips if clip["kind"] == "speech" and clip["seconds"] <= 1.45]
            murmurs = [c for c in self.clips if c["kind"] == "backchannel" and c["seconds"] >= 0.6]
            self._talk(path, [rng.choice(rng.choice((spoken, murmurs))) for _ in range(turns)], rng, pause=(0.6, 1.2))

        return self._kept(self._work / f"short-{turns}" / f"call-{seed}.wav", make)

    def monologue(self, seed: int, *, minutes: float = 4.0) -> Call:
        """One party alone, hardly a pause."""

        def make(path: Path) -> None:
            rng = random.Random(seed)
            voice = rng.choice(self._voices(rng))
            said, seconds = [], 0.0
            while seconds < minutes * 60:
                said.append(rng.choice(voice))
                seconds += said[-1]["seconds"] + 0.22
            self._talk(path, said, rng, pause=(0.15, 0.3), alone=True)

        return self._kept(self._work / f"monologue-{minutes:g}min" / f"call-{seed}.wav", make)

    def hours(self, seed: int, *, hours: float, talk: float, block: float = 10.0) -> Path:
        """A recording of many hours: a call of `talk` minutes and then a quiet line, over and over, block by block.

        It is written in a stream, and so is never in memory here.
        """
        import soundfile

        path = self._work / f"hours-{hours:g}h-{talk:g}of{block:g}min" / f"call-{seed}.wav"
        if path.exists():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        call = self.usual(1, talk, seed)[0]
        audio, rate = soundfile.read(call.recording, dtype="float32", always_2d=True)
        quiet = audio[:rate].repeat(1, axis=0)  # the second before anybody speaks
        unfinished = path.with_suffix(".partial.wav")
        turns: list[dict[str, Any]] = []
        murmurs = [said | {"text": None} for said in call.truth["backchannels"]]
        said_in_block = [*call.truth["turns"], *murmurs]
        with soundfile.SoundFile(unfinished, "w", rate, audio.shape[1], subtype="ULAW") as out:
            for number in range(round(hours * 60 / block)):
                by = number * block * 60
                turns += [_moved(said, by, within=block * 60) for said in said_in_block]
                out.write(audio[: int(block * 60 * rate)])
                for _ in range(max(0, round(block * 60 - len(audio) / rate))):
                    out.write(quiet)
        path.with_suffix(".truth.json").write_text(json.dumps({"turns": turns}, ensure_ascii=False))
        shutil.move(unfinished, path)
        return path

    def _voices(self, rng: random.Random) -> list[list[dict[str, Any]]]:
        """The sentences of two speakers."""
        speech = [clip for clip in self.clips if clip["kind"] == "speech"]
        names = rng.sample(sorted({clip["speaker"] for clip in speech}), 2)
        return [[clip for clip in speech if clip["speaker"] == name] for name in names]

    def _talk(
        self, path: Path, said: Sequence[Any], rng: random.Random, *, pause: tuple[float, float], alone: bool = False
    ) -> None:
        """Clips one after the other; each speaker has a role, murmurs go to whoever did not speak last."""
        seconds = sum(clip["seconds"] + pause[1] for clip in said)
        call = self.compose.Call(seconds / 60, rng)
        roles = dict(zip(sorted({c["speaker"] for c in said if c["kind"] == "speech"}), ROLES, strict=False))
        now, last = 1.0, ROLES[0]
        for clip in said:
            last = ROLES[0] if alone else roles.get(clip["speaker"], last.opposite)
            now = float(call.say(str(last), clip, now)) + rng.uniform(*pause)
        call.finish(path, -50.0, -60.0, False)

    def _kept(self, path: Path, make: Callable[[Path], None]) -> Call:
        """The call at a path; composed where it is not there yet."""
        truth = path.with_suffix(".truth.json")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"partial-{path.name}")
            make(unfinished)
            shutil.move(unfinished.with_suffix(".truth.json"), truth)
            shutil.move(unfinished, path)
        return Call(path, prepare(path), json.loads(truth.read_text()), read_truth(path) or [])


def _moved(said: dict[str, Any], by: float, *, within: float) -> dict[str, Any]:
    """A turn so many seconds later; one that the end of the block cuts off does not count."""
    text = said["text"] if said["end"] <= within else None
    return said | {"start": said["start"] + by, "end": said["end"] + by, "text": text}


def module(name: str, path: Path) -> Any:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: cannot be loaded")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def turn_cuts(call: Call) -> list[Cut]:
    """Each turn of a call by itself, with a little of the line around it."""
    length = float(call.truth["duration"])
    return [
        Cut((ROLES.index(turn.role),), max(0.0, turn.start - CLIP_EDGE), min(length, turn.end + CLIP_EDGE))
        for turn in call.turns
    ]


def parts(call: Call, seconds: float) -> list[Cut]:
    """The call in parts of about so many seconds, cut in pauses of both parties."""
    length, channels = float(call.truth["duration"]), (0, 1)
    edges, reach = [0.0], 0.0
    for turn in sorted(call.turns, key=lambda turn: turn.start):
        if turn.start > reach and reach - edges[-1] >= seconds:
            edges.append((turn.start + reach) / 2)
        reach = max(reach, turn.end)
    edges.append(length)
    return [Cut(channels, start, end) for start, end in itertools.pairwise(edges)]
