"""Calls on one channel with an opening script in front, made of the sample calls: what tells the agent is the script.

What follows the script is composed at random from lines that each party says elsewhere, without any other script;
each murmurs in its own voice while the other speaks. Voices, noise, direction, and who speaks first differ from call
to call.
"""

from __future__ import annotations

import itertools
import json
import random
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mono_voices
import numpy as np
import soundfile
import soxr
import yaml
from numpy.typing import NDArray

from asr_qa.audio.decode import AvReader
from asr_qa.core.phonetic import syllables
from asr_qa.core.text import plain
from asr_qa.pipeline.ports import SAMPLE_RATE
from asr_qa.pipeline.roles import CLOSING_SCRIPT, OPENING_SCRIPT

RATE = 8000
NOISES = (-50.0, -42.0, -35.0)
"""dB full scale, in turn."""
DIRECTIONS = ("inbound", "outbound", "")
_GAP = 0.5
_SHORT = 1.6
"""Seconds of the longest line that a customer says before the script."""
_MURMUR = 0.7
"""Seconds of the longest line that is murmured while the other speaks."""
_MURMURED = 0.5
"""Share of the turns with room for a murmur that have one."""
_SENTENCES = 15
"""Sentences of bench_phrases for each party and voice."""
_PAUSES = (0.25, 0.4, 0.7, 1.2, 2.5)
"""Seconds between the lines of a monologue."""

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sample call."""

    speaker: str
    """Role and voice."""
    text: str
    samples: Signal
    speech: tuple[tuple[float, float], ...]

    def tells(self, script: tuple[str, ...]) -> bool:
        """Whether a phrase of the script is in it, by sound."""
        said = "-".join(syllables(plain(self.text)))
        return any("-".join(syllables(plain(phrase))) in said for phrase in script)


def lines_of(folder: Path) -> list[Line]:
    """Every line of the Chinese sample calls with a channel for each party."""
    reader, found = AvReader(), []
    for call in yaml.safe_load((folder / "scripts.yml").read_text(encoding="utf-8"))["calls"]:
        if call.get("mono") or not call["voices"]["agent"].startswith("z"):
            continue
        (path,) = (p for p in folder.glob(f"{call['name']}.*") if p.suffix in (".wav", ".ogg", ".mp3"))
        audio = reader.read(path).samples.astype(np.float32) / 32768
        for turn in json.loads((folder / f"{call['name']}.truth.json").read_text(encoding="utf-8"))["turns"]:
            channel = audio[int(turn["role"] == "customer")]
            part = channel[round(turn["start"] * SAMPLE_RATE) : round(turn["end"] * SAMPLE_RATE)]
            speech = tuple((a - turn["start"], b - turn["start"]) for a, b in turn["speech"])
            speaker = f"{turn['role']} {call['voices'][turn['role']]}"
            found.append(Line(speaker, turn["text"], part, speech))
    return found


def write_clips(lines: list[Line], clips: Path, out: Path) -> list[str]:
    """A folder for compose.py of the lines that hold no script, with the music of another; the speakers."""
    out.mkdir(parents=True)
    rows = [row for row in json.loads((clips / "index.json").read_text(encoding="utf-8")) if row["kind"] == "hold"]
    rows = [row | {"path": str((clips / row["path"]).resolve())} for row in rows]
    for number, line in enumerate(lines):
        if line.tells((*OPENING_SCRIPT, *CLOSING_SCRIPT)) or len(line.samples) < SAMPLE_RATE:
            continue
        soundfile.write(out / f"{number}.wav", line.samples, SAMPLE_RATE)
        rows.append({"path": f"{number}.wav", "speaker": line.speaker, "text": line.text, "kind": "speech"})
    (out / "index.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return sorted({row["speaker"] for row in rows if row["kind"] == "speech"})


def murmurs_of(lines: list[Line], clips: Path) -> dict[str, list[Signal]]:
    """What each voice murmurs, at RATE: its own clips and shortest lines, whichever role it has in them."""
    found: dict[str, list[Signal]] = {}
    for row in json.loads((clips / "index.json").read_text(encoding="utf-8")):
        if row["kind"] == "backchannel":
            audio, rate = soundfile.read(clips / row["path"], dtype="float32")
            found.setdefault(row["speaker"], []).append(soxr.resample(audio, rate, RATE))
    for line in lines:
        if len(line.samples) < _MURMUR * SAMPLE_RATE:
            found.setdefault(line.speaker.split()[1], []).append(line.samples[::2])
    return found


def compose_calls(samples: Path, args: Any, folder: Path) -> dict[Path, str]:
    """Write the calls with their truth; the direction of each.

    With args.greetings ("dev" or "test") they are opened as greetings.txt has it and go on with sentences of
    bench_phrases, in eight voices that args.voices keeps; else with lines of the sample calls.
    """
    composer = runpy.run_path(str(args.eval / "compose.py"))
    lines, openings = _material(samples, args, composer)
    drawn = _pairs(write_clips(lines, args.clips, folder / "clips"), args.seed * 1000)
    murmurs = murmurs_of(lines, args.clips)
    rows = json.loads((folder / "clips" / "index.json").read_text(encoding="utf-8"))
    clips = [composer["prepare"](row, folder / "clips") for row in rows]
    (folder / "calls").mkdir()
    calls: dict[Path, str] = {}
    for number in range(args.calls):
        direction, noise = DIRECTIONS[number // 2 % len(DIRECTIONS)], NOISES[number % len(NOISES)]
        seed, agent, customer = next(pair for pair in drawn if openings(pair[1], direction))
        path = folder / "calls" / f"call-{seed}-000.wav"
        line = SimpleNamespace(minutes=args.minutes, holds=0.5, noise_db=noise, bleed_db=-60.0, mono=True)
        composer["compose"](path, clips, line, random.Random(seed * 1000))
        draw = random.Random(seed)
        _murmur(path, {speaker.split()[0]: murmurs.get(speaker.split()[1], []) for speaker in (agent, customer)}, draw)
        opening = draw.choice(openings(agent, direction))
        said = [x for x in lines if x.speaker == customer]
        shortest = min(len(x.samples) for x in said)
        hello = draw.choice([x for x in said if len(x.samples) < _SHORT * SAMPLE_RATE or len(x.samples) == shortest])
        first = [("customer", hello)] if number % 2 else []
        if not args.bare:
            _put_in_front(path, [*first, ("agent", opening)], noise, composer)
        calls[path] = direction
    return calls


def _material(
    samples: Path, args: Any, composer: dict[str, Any]
) -> tuple[list[Line], Callable[[str, str], list[Line]]]:
    """The lines of a call, and how an agent may open one of some direction."""
    if not args.greetings:
        lines = lines_of(samples)
        return lines, lambda agent, _: [x for x in lines if x.speaker == agent and x.tells(OPENING_SCRIPT)]
    studio = mono_voices.Studio(args.voices)
    greeted = {
        greeting: _line(said, composer)
        for greeting, said in mono_voices.spoken_greetings(studio).items()
        if greeting.part == args.greetings
    }

    def openings(agent: str, direction: str) -> list[Line]:
        return [x for g, x in greeted.items() if x.speaker == agent and direction in ("", g.direction)]

    return [_line(said, composer) for said in mono_voices.sentences(studio, most=_SENTENCES)], openings


def _line(said: mono_voices.Spoken, composer: dict[str, Any]) -> Line:
    spans = composer["activity"](said.samples)
    first, last = spans[0][0], spans[-1][1]
    samples = said.samples[round(first * SAMPLE_RATE) : round(last * SAMPLE_RATE)]
    return Line(said.speaker, said.text, samples, tuple((a - first, b - first) for a, b in spans))


def compose_monologues(samples: Path, args: Any, folder: Path) -> dict[Path, str]:
    """Write calls in which one voice says everything, each the lines of one role (in every third those of both)."""
    composer = runpy.run_path(str(args.eval / "compose.py"))
    found = [line for line in lines_of(samples) if line.speech]
    (folder / "calls").mkdir(parents=True)
    for number in range(args.calls):
        draw = random.Random(args.seed * 1000 + number)
        role, voice = draw.choice(sorted({line.speaker for line in found})).split()
        wanted = voice if number % 3 == 2 else f"{role} {voice}"
        lines = [line for line in found if line.speaker.endswith(wanted)]
        path = folder / "calls" / f"monologue-{args.seed}-{number:03d}.wav"
        _say_all(path, lines, draw, SimpleNamespace(minutes=args.minutes, noise=NOISES[number % 3], composer=composer))
    return dict.fromkeys(sorted((folder / "calls").glob("*.wav")), "inbound")


def _say_all(path: Path, lines: list[Line], draw: random.Random, how: SimpleNamespace) -> None:
    """Lines of one voice at random, with pauses between them."""
    parts, turns, now = [np.zeros(SAMPLE_RATE, np.float32)], [], 1.0
    while now < how.minutes * 60:
        line, pause = draw.choice(lines), draw.choice(_PAUSES)
        level = 0.5 * 10 ** (draw.uniform(-6, 0) / 20) / max(float(np.abs(line.samples).max()), 1e-6)
        speech = [[now + a, now + b] for a, b in line.speech]
        turns.append({"role": "agent", "start": speech[0][0], "end": speech[-1][1], "speech": speech})
        parts += [line.samples * np.float32(level), np.zeros(round(pause * SAMPLE_RATE), np.float32)]
        now += len(line.samples) / SAMPLE_RATE + pause
    audio, rng = np.concatenate(parts), np.random.default_rng(draw.randrange(2**32))
    hiss = sum(how.composer["line_noise"](len(audio), how.noise, rng) for _ in ("agent", "customer"))
    narrow = soxr.resample(how.composer["telephone"](audio + hiss), SAMPLE_RATE, RATE)
    soundfile.write(path, narrow, RATE, subtype="ULAW")
    path.with_suffix(".truth.json").write_text(json.dumps({"turns": turns, "backchannels": []}))


def _pairs(speakers: list[str], seed: int) -> Iterator[tuple[int, str, str]]:
    """Seeds for which compose.py draws, first of all, an agent and a customer in another voice."""
    for number in itertools.count(seed):
        agent, customer = random.Random(number * 1000).sample(speakers, 2)
        roles = agent.split()[0], customer.split()[0]
        if roles == ("agent", "customer") and agent.split()[1] != customer.split()[1]:
            yield number, agent, customer


def _murmur(path: Path, murmurs: dict[str, list[Signal]], draw: random.Random) -> None:
    """Let each party, in its own voice, murmur into turns of the other."""
    audio, _ = soundfile.read(path, dtype="float32")
    truth_path = path.with_suffix(".truth.json")
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    for turn in truth["turns"]:
        role = "agent" if turn["role"] == "customer" else "customer"
        if not murmurs[role]:
            continue
        murmur = draw.choice(murmurs[role])
        room = turn["end"] - turn["start"] - 1.6 - len(murmur) / RATE
        if room < 0 or draw.random() > _MURMURED:
            continue
        start = turn["start"] + 1.1 + draw.random() * room
        first = round(start * RATE)
        audio[first : first + len(murmur)] += murmur / np.abs(murmur).max() * 0.5 * 10 ** (-0.3 * draw.random())
        end = start + len(murmur) / RATE
        truth["backchannels"].append({"role": role, "start": start, "end": end, "text": "", "speech": [[start, end]]})
    soundfile.write(path, audio, RATE, subtype="ULAW")
    truth_path.write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")


def _put_in_front(path: Path, lines: list[tuple[str, Line]], noise_db: float, composer: dict[str, Any]) -> None:
    """Put lines in front of a call, over the same band and with the same noise as what follows (compose.py's own)."""
    audio, _ = soundfile.read(path, dtype="float32")
    truth_path = path.with_suffix(".truth.json")
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    front, turns, now = [np.zeros(round(_GAP * SAMPLE_RATE), np.float32)], [], _GAP
    for role, line in lines:
        samples = line.samples / max(float(np.abs(line.samples).max()), 1e-6) * 0.35
        speech = [[now + a, now + b] for a, b in line.speech]
        turns.append({"role": role, "start": now, "end": speech[-1][1], "text": line.text, "speech": speech})
        front += [samples, np.zeros(round(_GAP * SAMPLE_RATE), np.float32)]
        now += len(samples) / SAMPLE_RATE + _GAP
    head = np.concatenate(front)
    noise = np.random.default_rng(len(audio))
    hiss = sum(composer["line_noise"](len(head), noise_db, noise) for _ in ("agent", "customer"))
    head = soxr.resample(composer["telephone"](head + hiss), SAMPLE_RATE, RATE)
    soundfile.write(path, np.concatenate([head, audio]), RATE, subtype="ULAW")
    shift = len(head) / RATE
    for kind in ("turns", "backchannels"):
        for turn in truth[kind]:
            turn["speech"] = [[a + shift, b + shift] for a, b in turn["speech"]]
            turn["start"], turn["end"] = turn["start"] + shift, turn["end"] + shift
    truth["turns"] = [*turns, *truth["turns"]]
    truth_path.write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
