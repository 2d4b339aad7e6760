"""How much of the numbers people read out is masked in what a recogniser made of them, and how much else is.

    python tests/benchmarks/bench_redact_heard.py hear --voices FOLDER --clips ../shared/audio --out DIR
    python tests/benchmarks/bench_redact_heard.py measure --out DIR --part test [--phrases DIR] [--show 20]

`hear` has the sentences of redact_spoken.py said (voices as in bench_phrases), ten to a recording with two channels and
pauses between them, sends them through a telephone line (mu-law, pink noise at -35 dB full scale) and has them heard as
`asr-qa process` would; the clips of an index.json go the same way. What is done already is not done again. `measure`
masks each sentence by itself and counts. Truth is where a number was said: it counts as found when every digit and
numeral that was heard within the seconds in which it was said is masked, whether or not it was heard right. Another
sentence is touched when one character of it is masked. `--phrases` adds the sentences that bench_phrases had heard.
Counted, too, is how much of the speech of these numbers a report mutes.
Prints Markdown with Wilson's 95 % intervals.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import time
import wave
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from bench_phrases import NOISE_DB
from bench_redact import NUMBER, share
from phrase_voices import LINE_RATE, Audio, Studio, on_line, with_noise, write_mu_law
from redact_held import HELD, held_numbers, held_others
from redact_spoken import PARTS, Piece, Spoken, figures, numbers, voices_of

from asr_qa.bootstrap import audio_reader, build_stages
from asr_qa.config import Settings
from asr_qa.core.masking import MASK, Clock
from asr_qa.core.numberplan import SHORTEST
from asr_qa.core.recording import Role
from asr_qa.core.redact import find_private, redact
from asr_qa.core.redacted import private_seconds
from asr_qa.core.transcript import Utterance, Word
from asr_qa.pipeline.ports import SpokenChannel
from asr_qa.pipeline.process import Stages
from asr_qa.pipeline.unspoken import find_speech, let_fade

ROLES = {"A": Role.AGENT, "B": Role.CUSTOMER}
PER_RECORDING = 10
PAUSE = (1.8, 2.6)
"""Seconds between two sentences."""
SPEED = 1.2
NUMERAL = re.compile(r"[0-9零〇一二三四五六七八九幺两洞拐勾壹贰叁肆伍陆柒捌玖]")
FRAME = 0.02
"""Seconds."""
SILENT = 0.05
"""Of the loudest frame: softer ones are no speech."""
NUMBERS, FIGURES = 160, 40
"""Sentences of each part."""


@dataclass(slots=True)
class Line:
    """Two channels of a call as they fill up."""

    channels: dict[str, list[Audio]] = field(default_factory=lambda: {role: [] for role in ROLES})
    seconds: float = 0.0

    def add(self, role: str, audio: Audio) -> tuple[float, float]:
        """Put something on one channel and silence on the other; from when to when it lasts."""
        at = self.seconds
        for name, parts in self.channels.items():
            parts.append(audio if name == role else np.zeros(len(audio), np.float32))
        self.seconds += len(audio) / LINE_RATE
        return round(at, 3), round(self.seconds, 3)

    def rest(self, seconds: float) -> None:
        """Nobody speaks."""
        self.add("", np.zeros(int(seconds * LINE_RATE), np.float32))


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    hearing = commands.add_parser("hear", help="say the sentences and have them heard")
    hearing.add_argument("--voices", type=Path, required=True)
    hearing.add_argument("--clips", type=Path, required=True, help="folder with an index.json")
    hearing.add_argument("--only", default="", help="recordings whose name has this in it, such as -c- for the clips")
    measuring = commands.add_parser("measure", help="print the tables")
    measuring.add_argument("--part", choices=(*PARTS, *HELD), required=True)
    measuring.add_argument("--phrases", type=Path, help="folder of bench_phrases.py hear")
    measuring.add_argument("--recordings", default="", help="regular expression: only recordings whose name has this")
    measuring.add_argument("--show", type=int, default=0, help="misses and touches to print")
    for command in (hearing, measuring):
        command.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "hear":
        hear(options.voices, options.clips, options.out, only=options.only)
    else:
        measure(options.out, options.part, only=options.recordings, phrases=options.phrases, show=options.show)


def hear(folder: Path, clips: Path, out: Path, *, only: str) -> None:
    """Write DIR/heard.jsonl: each recording with where its sentences were said, and what was heard."""
    out.mkdir(parents=True, exist_ok=True)
    path, stages, started = out / "heard.jsonl", build_stages(Settings()), time.process_time()
    done = {entry["name"] for entry in _entries(path)}
    speaker = Speaker(Studio(folder), clips)
    for part, name, group in recordings(clips):
        if name in done or only not in name:
            continue
        rng, line = random.Random(crc32(name.encode())), Line()
        line.rest(1.0)
        said = [speaker.say(sentence, line, rng) for sentence in group]
        heard = [_plain(u) for u in listen(out, name, line, stages)]
        entry = {"name": name, "part": part, "sentences": said, "utterances": heard}
        with path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        print(f"{name}: {line.seconds:.0f} s, {time.process_time() - started:.0f} CPU s", flush=True)


def recordings(clips: Path) -> Iterator[tuple[str, str, Sequence[Spoken]]]:
    """Part, name and sentences; the parts, voices and kinds take turns, so that an early end has some of each."""
    queues = []
    for part in PARTS:
        said = [*numbers(part, NUMBERS), *figures(part, FIGURES)]
        for voice in voices_of(part):
            for sort in ("n", "f"):
                mine = [sentence for sentence in said if sentence.voice == voice and sentence.id[0] == sort]
                queues.append([(part, f"{part}-{sort}-{voice}-{at:02}", g) for at, g in enumerate(_tens(mine))])
        of_part = [clip for clip in _clips(clips) if crc32(clip.voice.encode()) % 2 == PARTS.index(part)]
        queues.append([(part, f"{part}-c-{at:02}", g) for at, g in enumerate(_tens(of_part))])
    for part in HELD:
        for sort, said in (("n", held_numbers(part)), ("f", held_others(part))):
            queues.append([(part, f"{part}-{sort}-{at:02}", group) for at, group in enumerate(_tens(said))])
    yield from (each for row in itertools.zip_longest(*queues) for each in row if each)


def _tens(sentences: Sequence[Spoken]) -> Iterator[Sequence[Spoken]]:
    yield from (sentences[at : at + PER_RECORDING] for at in range(0, len(sentences), PER_RECORDING))


def _clips(folder: Path) -> Iterator[Spoken]:
    """The clips of an index, those of digits first; each by its speaker, its path in place of a text to be said."""
    index = [clip for clip in json.loads((folder / "index.json").read_text("utf-8")) if clip.get("text")]
    for clip in sorted(index, key=lambda clip: not NUMBER.fullmatch(clip["text"].strip("\ufeff "))):
        digits = NUMBER.fullmatch(clip["text"].strip("\ufeff ")) is not None
        kind = "clip" if digits else "talk"
        yield Spoken(clip["path"], kind, "clip", clip["speaker"], (Piece("B", clip["path"], digits),))


@dataclass(frozen=True)
class Speaker:
    """Puts sentences on a line."""

    studio: Studio
    clips: Path

    def say(self, sentence: Spoken, line: Line, rng: random.Random) -> dict[str, Any]:
        """What was said, and when; the other party has the next voice."""
        others = [voice for part in PARTS for voice in voices_of(part) if sentence.voice in voices_of(part)]
        gain, spans = rng.uniform(-3, 3), []
        for piece in sentence.pieces:
            voice = sentence.voice if piece.role == "B" else others[others.index(sentence.voice) - 1]
            audio = self._clip(piece.text) if sentence.style == "clip" else self._spoken(piece.text, voice)
            start, end = line.add(piece.role, on_line(audio, gain_db=gain))
            spans.append({"role": piece.role, "text": piece.text, "private": piece.private, "start": start, "end": end})
            line.rest(piece.pause)
        line.rest(rng.uniform(*PAUSE))
        about = {"id": sentence.id, "kind": sentence.kind, "style": sentence.style, "voice": sentence.voice}
        return about | {"spans": spans}

    def _spoken(self, text: str, voice: str) -> Audio:
        """A piece without the silence around it."""
        audio = self.studio.say(text, voice=voice, speed=SPEED)
        loud = np.flatnonzero(np.abs(audio) > 0.02 * np.abs(audio).max())
        return audio[max(0, loud[0] - 1200) : loud[-1] + 1200]

    def _clip(self, path: str) -> Audio:
        """A clip at the rate of the voices."""
        audio = audio_reader(Settings()).read(self.clips / path)
        spectrum = np.fft.rfft(audio.samples[0] / 32768)
        return (np.fft.irfft(spectrum, len(audio.samples[0]) * 3 // 2) * 1.5).astype(np.float32)


def listen(out: Path, name: str, line: Line, stages: Stages) -> tuple[Utterance, ...]:
    """What is heard on the two channels, found and transcribed as `process` does."""
    channels = []
    for role, parts in line.channels.items():
        wav = out / f"{name}-{role}.wav"
        write_mu_law(wav, with_noise(np.concatenate(parts), level_db=NOISE_DB, seed=crc32(wav.stem.encode())))
        audio = stages.reader.read(wav)
        samples = audio.samples[0]
        unspoken = stages.non_speech.find(samples, audio.sample_rate)
        track = find_speech(samples, unspoken, audio.sample_rate, detector=stages.detector, silencer=stages.non_speech)
        (track,) = let_fade([track], audio.duration, unspoken=[unspoken])
        channels.append(SpokenChannel(ROLES[role], samples, track, audio.sample_rate))
    return stages.transcriber.transcribe(channels, language="zh").utterances


def _plain(utterance: Utterance) -> dict[str, Any]:
    words = [[w.text, round(w.start, 3), round(w.end, 3)] for w in utterance.words]
    when = {"start": utterance.start, "end": utterance.end}
    return {"role": utterance.role, **when, "text": utterance.text, "words": words}


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        yield from map(json.loads, path.read_text("utf-8").splitlines())


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence with what was heard of it, by itself."""

    said: dict[str, Any]
    heard: tuple[Utterance, ...]
    recording: str = ""
    """Where its two channels are: this and -A.wav, -B.wav."""

    @property
    def masked(self) -> tuple[Utterance, ...]:
        """What was heard, redacted."""
        return redact(self.heard, find_private(self.heard))

    def left(self) -> int:
        """Numerals heard while the number was said, and not masked."""
        return sum(
            done.text[at] != MASK
            for heard, done in zip(self.heard, self.masked, strict=True)
            for at in _numerals(heard)
            if self._within(heard, at)
        )

    def numerals(self) -> int:
        """Numerals heard while the number was said."""
        return sum(self._within(heard, at) for heard in self.heard for at in _numerals(heard))

    def muted(self) -> tuple[float, float]:
        """Seconds of speech in which the number was said, and how many of them are muted in a report."""
        silent = private_seconds(self.heard)
        spoken = muted = 0.0
        for span in self.said["spans"]:
            for at in (
                _loud(f"{self.recording}-{span['role']}.wav", span["start"], span["end"]) if span["private"] else ()
            ):
                spoken += FRAME
                muted += FRAME * any(part.start <= at <= part.end for part in silent)
        return spoken, muted

    def _within(self, heard: Utterance, at: int) -> bool:
        place = Clock(heard).place(0, at, at + 1)
        middle = (place.start + place.end) / 2
        spans = [s for s in self.said["spans"] if s["private"] and ROLES[s["role"]] is heard.role]
        return any(span["start"] <= middle <= span["end"] for span in spans)


def _loud(path: str, start: float, end: float) -> Iterator[float]:
    """The middle of every frame of a stretch of a WAV file that is not silent."""
    with wave.open(path) as file:
        rate = file.getframerate()
        file.setpos(int(start * rate))
        samples = np.frombuffer(file.readframes(int((end - start) * rate)), "<i2").astype(np.float64)
    size = int(FRAME * rate)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    level = np.sqrt(np.mean(frames**2, axis=1))
    yield from (start + (int(at) + 0.5) * FRAME for at in np.flatnonzero(level > SILENT * level.max()))


def _numerals(utterance: Utterance) -> Iterator[int]:
    yield from (match.start() for match in NUMERAL.finditer(utterance.text))


def cases(entry: dict[str, Any], out: Path = Path()) -> Iterator[Case]:
    """The sentences of a recording."""
    heard = [utterance_of(row) for row in entry["utterances"]]
    for said in entry["sentences"]:
        start, end = said["spans"][0]["start"], said["spans"][-1]["end"]
        yield Case(said, tuple(u for u in heard if u.start < end and u.end > start), f"{out / entry['name']}")


def utterance_of(row: dict[str, Any]) -> Utterance:
    words = tuple(Word(text, start, end) for text, start, end in row["words"])
    return Utterance(Role(row["role"]), row["start"], row["end"], row["text"], words=words)


def measure(out: Path, part: str, *, only: str, phrases: Path | None, show: int) -> None:
    """Print recall and touches of one part."""
    entries = [e for e in _entries(out / "heard.jsonl") if e["part"] == part and re.search(only, e["name"])]
    found = [case for entry in entries for case in cases(entry, out)]
    private = [case for case in found if any(span["private"] for span in case.said["spans"])]
    other = [case for case in found if case not in private]
    if phrases:
        other += _phrases(phrases / f"{part}.jsonl")
    print(f"| {part}: numbers of 7 digits and more | n | wholly masked | 95 % |\n|---|---|---|---|")
    _table(private, [case.left() == 0 for case in private])
    long = [case for case in private if case.said["kind"] != "plate"]
    print(f"| 7 digits or more said | {share(sum(case.left() == 0 for case in long), len(long))} |")
    enough = [case for case in long if case.numerals() >= SHORTEST]
    print(f"| 7 digits or more heard | {share(sum(case.left() == 0 for case in enough), len(enough))} |")
    digits = sum(case.numerals() for case in private)
    print(f"| every digit heard | {share(digits - sum(case.left() for case in private), digits)} |")
    readable = sum(case.left() >= SHORTEST for case in private)
    print(f"| seven digits or more left to be read | {share(readable, len(private))} |")
    times = [case.muted() for case in private]
    spoken, muted = sum(time[0] for time in times), sum(time[1] for time in times)
    print(f"| seconds of their speech muted | {share(round(muted), round(spoken))} |")
    print(f"\n| {part}: other sentences | n | touched | 95 % |\n|---|---|---|---|")
    _table(other, [any(MASK in u.text for u in case.masked) for case in other])
    for case in itertools.islice((c for c in private if c.left()), show):
        _show("missed", case)
    for case in itertools.islice((c for c in other if any(MASK in u.text for u in c.masked)), show):
        _show("touched", case)


def _table(cases: Iterable[Case], hits: Sequence[bool]) -> None:
    table: dict[str, list[bool]] = defaultdict(list)
    for case, hit in zip(cases, hits, strict=True):
        for name in dict.fromkeys(("all", case.said["kind"], case.said["style"], case.said.get("voice", "phrases"))):
            table[name].append(hit)
    for name, row in table.items():
        print(f"| {name} | {share(sum(row), len(row))} |")


def _phrases(path: Path) -> Iterator[Case]:
    for row in _entries(path):
        words = [[[w["text"], w["start"], w["end"]] for w in u["words"]] for u in row["utterances"]]
        heard = [{**u, "role": "customer", "words": w} for u, w in zip(row["utterances"], words, strict=True)]
        said = {"id": row["id"], "kind": "talk", "style": "phrases", "spans": [{"text": row["said"], "private": False}]}
        yield Case(said, tuple(map(utterance_of, heard)))


def _show(what: str, case: Case) -> None:
    said = " ".join(span["text"] for span in case.said["spans"])
    heard = " | ".join(f"{u.role.value[0]}:{u.text}" for u in case.heard)
    print(f"{what} {case.said['id']} {said}\n    {heard}\n    {' | '.join(u.text for u in case.masked)}")


if __name__ == "__main__":
    main()
