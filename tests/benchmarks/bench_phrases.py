"""Are required phrases found in what is heard, and nothing else taken for them?

    python tests/benchmarks/bench_phrases.py hear --voices FOLDER --out DIR --part dev
    python tests/benchmarks/bench_phrases.py hear --voices FOLDER --out DIR --part test
    python tests/benchmarks/bench_phrases.py clean --voices FOLDER --out DIR --recordings 8
    python tests/benchmarks/bench_phrases.py look --out DIR
    python tests/benchmarks/bench_phrases.py ceiling --out DIR
    python tests/benchmarks/bench_phrases.py fit --out DIR OTHER
    python tests/benchmarks/bench_phrases.py measure --out DIR

`hear` says each clip (phrase_corpus.py) with a voice (phrase_voices.py; the folder is filled with voices and what
they said), ten clips to a recording with pauses between them, sends it through a telephone line (mu-law, pink noise at
-35 dB full scale, speech at -20 dB +/- 3) and has it heard as `asr-qa process` would. What is done already is not done
again. `clean` has some of them heard as they left the studio, by a stock recogniser: is a voice understood at all?
`look` listens to each clip again for its phrase (the acoustic second look), `ceiling` asks the network which of three
sentences was said when it is told the rest, `fit` fits the models of chance.json on dev
and checks them on test, `measure` reads the transcripts and prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from phrase_ceiling import ceiling
from phrase_clean import understood
from phrase_corpus import Clip, clips
from phrase_fit import run as fit
from phrase_look import OTHERS, look
from phrase_measure import measure
from phrase_voices import LINE_RATE, VOICES, Audio, Studio, on_line, with_noise, write_mu_law

from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Utterance
from asr_qa.pipeline.ports import SpokenChannel
from asr_qa.pipeline.process import Stages
from asr_qa.pipeline.unspoken import find_speech, let_fade

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "asr_qa" / "core" / "checks" / "chance.json"
PICTURE = ROOT / "docs" / "phrases.svg"
PARTS = ("dev", "test")
PER_RECORDING = 10
NOISE_DB = -35.0
SPEED = (1.0, 1.3)
PAUSE = (1.2, 2.2)
"""Seconds between two clips: in them the other party speaks."""


def main() -> None:
    """Run what is asked for."""
    options = _options()
    if options.command == "hear":
        hear(
            options.voices, options.out, options.part, takes=options.takes, most=options.recordings, noise=options.noise
        )
    elif options.command == "clean":
        clean(options.voices, options.out, most=options.recordings)
    elif options.command == "look":
        for part in PARTS:
            look(options.out, part, others=options.others)
    elif options.command == "ceiling":
        for part in PARTS:
            ceiling(options.out, part)
    elif options.command == "fit":
        fit(options.out, MODELS, only=options.only, write=options.write, draw=PICTURE if options.write else None)
    else:
        measure(options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    hearing = commands.add_parser("hear", help="say the clips and have them heard")
    hearing.add_argument("--voices", type=Path, required=True)
    hearing.add_argument("--part", choices=PARTS, required=True)
    hearing.add_argument("--takes", type=int, default=1, help="voices that say each required phrase")
    hearing.add_argument("--recordings", type=int, help="only the first so many")
    hearing.add_argument("--noise", type=float, default=NOISE_DB, help="level of the noise, dB full scale")
    cleaning = commands.add_parser("clean", help="how well each voice is understood without line and noise")
    cleaning.add_argument("--voices", type=Path, required=True)
    cleaning.add_argument("--recordings", type=int, help="of each part only the first so many")
    looking = commands.add_parser("look", help="listen to them again for the phrases")
    looking.add_argument("--others", type=int, default=OTHERS, help="phrases not said that are weighed in each clip")
    fitting = commands.add_parser("fit", help="fit on dev how likely a phrase was said, and check it on test")
    fitting.add_argument("--write", action="store_true", help=f"keep it in {MODELS.name} and draw {PICTURE.name}")
    fitting.add_argument("--only", nargs="+", choices=("text", "sound"), default=("text", "sound"))
    fitting.add_argument("--out", type=Path, nargs="+", required=True, help="folders that are fitted on together")
    asking = commands.add_parser("ceiling", help="which of three sentences was said, when the rest is known")
    measuring = commands.add_parser("measure", help="print the tables")
    for command in (hearing, cleaning, looking, asking, measuring):
        command.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def hear(folder: Path, out: Path, part: str, *, takes: int, most: int | None, noise: float) -> None:
    """Write DIR/part.jsonl: each clip with what was heard, in seconds of its recording."""
    out.mkdir(parents=True, exist_ok=True)
    voices, done = Studio(folder), set(_done(out / f"{part}.jsonl"))
    stages, started = build_stages(Settings()), time.process_time()
    for name, group in _recordings(clips(part, VOICES, takes=takes), part)[:most]:
        if name in done:
            continue
        wav, spans = _say(group, voices, out / f"{name}.wav", noise)
        heard = listen(wav, stages)
        with (out / f"{part}.jsonl").open("a", encoding="utf-8") as lines:
            for clip, span in zip(group, spans, strict=True):
                lines.write(json.dumps(_entry(clip, span, heard, name), ensure_ascii=False) + "\n")
        print(f"{name}: {time.process_time() - started:.0f} CPU s", flush=True)


def clean(folder: Path, out: Path, *, most: int | None) -> None:
    """Print how well each voice is understood in the studio."""
    understood(Studio(folder), list(drawn_clips(most=most)), out)


def drawn_clips(*, most: int | None = None) -> Iterator[tuple[Clip, float]]:
    """The clips of both parts and the speed each is spoken at; of `most` recordings of each part, at most."""
    for part in PARTS:
        for name, group in _recordings(clips(part, VOICES), part)[:most]:
            yield from ((clip, speed) for clip, speed, _, _ in _drawn(group, name))


def _done(path: Path) -> Iterator[str]:
    if path.is_file():
        yield from (json.loads(line)["recording"] for line in path.read_text("utf-8").splitlines())


def _recordings(said: Sequence[Clip], part: str) -> list[tuple[str, Sequence[Clip]]]:
    """Clips of one voice and take by tens, in an order drawn once; a later take leaves the names of the first alone."""
    recordings: list[tuple[str, Sequence[Clip]]] = []
    takes = itertools.groupby(said, key=lambda clip: clip.id.partition("-")[2])
    for take, of_take in takes:
        drawn = sorted(of_take, key=lambda clip: crc32(clip.id.encode()))
        numbered = []
        for voice in sorted({clip.voice for clip in drawn}):
            mine = [clip for clip in drawn if clip.voice == voice]
            for number, first in enumerate(range(0, len(mine), PER_RECORDING)):
                name = f"{part}{take and '-' + take}-{voice}-{number:02}"
                numbered.append((number, name, mine[first : first + PER_RECORDING]))
        recordings += [(name, group) for _, name, group in sorted(numbered, key=lambda each: each[:2])]
    return recordings


def _drawn(group: Sequence[Clip], name: str) -> Iterator[tuple[Clip, float, float, float]]:
    """Clips with the speed each is spoken at, its gain in dB, and the seconds of silence after it."""
    rng = random.Random(crc32(name.encode()))
    for clip in group:
        yield clip, round(rng.uniform(*SPEED), 2), rng.uniform(-3, 3), rng.uniform(*PAUSE)


def _say(group: Sequence[Clip], voices: Studio, wav: Path, noise: float) -> tuple[Path, list[tuple[float, float]]]:
    """The recording, and from when to when each clip is said (seconds)."""
    line: list[Audio] = [np.zeros(LINE_RATE, np.float32)]
    spans = []
    for clip, speed, gain, pause in _drawn(group, wav.stem):
        at = sum(map(len, line)) / LINE_RATE
        spoken = voices.say(clip.said, voice=clip.voice, speed=speed)
        line.append(on_line(spoken, gain_db=gain))
        spans.append((round(at, 2), round(at + len(line[-1]) / LINE_RATE, 2)))
        line.append(np.zeros(int(pause * LINE_RATE), np.float32))
    write_mu_law(wav, with_noise(np.concatenate(line), level_db=noise, seed=crc32(wav.stem.encode())))
    return wav, spans


def listen(wav: Path, stages: Stages) -> tuple[Utterance, ...]:
    """What is heard in a recording with one channel, found and transcribed as `process` does."""
    audio = stages.reader.read(wav)
    samples = audio.samples[0]
    unspoken = stages.non_speech.find(samples, audio.sample_rate)
    track = find_speech(samples, unspoken, audio.sample_rate, detector=stages.detector, silencer=stages.non_speech)
    (track,) = let_fade([track], audio.duration, unspoken=[unspoken])
    channel = SpokenChannel(Role.AGENT, samples, track, audio.sample_rate)
    return stages.transcriber.transcribe([channel], language="zh").utterances


def _entry(clip: Clip, span: tuple[float, float], heard: Iterable[Utterance], recording: str) -> dict[str, object]:
    mine = [u for u in heard if u.start < span[1] and u.end > span[0]]
    return {
        "id": clip.id,
        "set": clip.set,
        "phrase": clip.phrase,
        "said": clip.said,
        "voice": clip.voice,
        "recording": recording,
        "span": span,
        "utterances": [_utterance(u) for u in mine],
    }


def _utterance(utterance: Utterance) -> dict[str, object]:
    words = [
        {
            "text": w.text,
            "start": round(w.start, 3),
            "end": round(w.end, 3),
            "confidence": round(w.confidence or 0.0, 4),
        }
        for w in utterance.words
    ]
    return {
        "start": round(utterance.start, 3),
        "end": round(utterance.end, 3),
        "text": utterance.text,
        "confidence": utterance.confidence,
        "status": utterance.status,
        "words": words,
    }


if __name__ == "__main__":
    main()
