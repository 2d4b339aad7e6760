"""Where words are lost on one channel: with our voices, with a perfect diarizer's, and with the voices taken apart.

    python tests/benchmarks/bench_mono_loss.py --seed 2026 --calls 2 --work DIR

Five ways through the same composed calls, each turn counted by what else is heard in it:
  two channels        a channel for each party
  one channel         as calls on one channel are worked on
  true voices         one channel, with where each party speaks from the truth; what both say at once is heard with both
  one at a time       the same, but what both say at once only with who is louder in that stretch
  true voices, apart  as true voices, and of each moment and frequency only the share that is the party's own, by the
                      calls on two channels: the most that any taking apart of voices could give
DIR keeps calls and documents: a way that was worked before is not worked again unless the code has changed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import ModuleType

import numpy as np
from composed import Composition, add_arguments, composed, digest_of, missing, script
from numpy.typing import NDArray
from truths import ROLES, Truth, true_speech

from asr_qa.bootstrap import build_stages, find_diarizer
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Recording
from asr_qa.core.segment import Segment, Track, intersect, subtract, union
from asr_qa.core.transcript import Utterance
from asr_qa.pipeline.ports import SAMPLE_RATE, Cue, Diarization, Samples, SpokenChannel
from asr_qa.pipeline.process import Stages, process

KINDS = ("nobody else speaks", "a murmur under it", "another turn under it")
OWN = ("tests/benchmarks/bench_mono_loss.py", "tests/benchmarks/truths.py")
"""Modules of this benchmark."""
_TOUCH = 0.3
"""Seconds up to which turns that touch do not count as speaking at once."""
_FRAME, _HOP = 512, 128

Way = Callable[[Path, Path, Truth], tuple[Utterance, ...]]


@dataclass
class TrueVoices:
    """A diarizer that knows: what both say at once belongs to both."""

    voices: tuple[Track, ...]
    name: str = "truth"

    @classmethod
    def of(cls, truth: Truth) -> TrueVoices:
        """One for a call."""
        return cls(tuple(true_speech(truth).values()))

    def diarize(self, samples: Samples, speech: Track, *, cues: Sequence[Cue] = ()) -> Diarization:
        del samples, speech, cues
        return Diarization(self.voices, 1.0)


def document_of(path: Path, stages: Stages, *, channels: int) -> CallDocument:
    """One call through the whole chain."""
    recording = Recording(
        id=path.stem, path=str(path), sha256="", duration=0.0, sample_rate=8000, channels=channels,
        role_by_channel=ROLES if channels == 2 else (None,), direction="inbound",
    )  # fmt: skip
    return process(recording, stages)


def ways(stages: Stages) -> dict[str, Way]:
    """Each way from a call on two channels, the same on one, and its truth to what is heard."""
    known = replace(stages, diarizer=find_diarizer(Settings()))
    return {
        "two channels": lambda two, _, __: document_of(two, stages, channels=2).utterances,
        "one channel": lambda _, one, __: document_of(one, known, channels=1).utterances,
        "true voices": lambda _, one, truth: (
            document_of(one, replace(stages, diarizer=TrueVoices.of(truth)), channels=1).utterances
        ),
        "one at a time": lambda two, one, truth: (
            document_of(
                one, replace(stages, diarizer=TrueVoices(louder_only(two, truth, stages))), channels=1
            ).utterances
        ),
        "true voices, apart": lambda two, one, truth: taken_apart(two, one, truth, stages),
    }


def louder_only(two: Path, truth: Truth, stages: Stages) -> tuple[Track, ...]:
    """Where agent and customer speak; each stretch in which both do is only whose channel has more power in it."""
    agent, customer = true_speech(truth).values()
    channels = stages.reader.read(two).samples
    lost: tuple[list[Segment], list[Segment]] = ([], [])
    for stretch in intersect(agent, customer):
        part = channels[:, round(stretch.start * SAMPLE_RATE) : round(stretch.end * SAMPLE_RATE)].astype(np.float64)
        lost[int((part**2).sum(axis=1).argmin())].append(stretch)
    return subtract(agent, tuple(lost[0])), subtract(customer, tuple(lost[1]))


def taken_apart(two: Path, one: Path, truth: Truth, stages: Stages) -> tuple[Utterance, ...]:
    """What is heard where each party is given its share of every moment and frequency."""
    mixed, (agent, customer) = stages.reader.read(one).samples[0], stages.reader.read(two).samples
    parts = (own_part(mixed, agent, customer), own_part(mixed, customer, agent))
    channels = [
        SpokenChannel(role, samples, track, SAMPLE_RATE)
        for role, samples, track in zip(ROLES, parts, true_speech(truth).values(), strict=True)
    ]
    return stages.transcriber.transcribe(channels).utterances


def own_part(mixed: Samples, own: Samples, other: Samples) -> Samples:
    """The mixed signal less what is the other's, by the power that each has at each moment and frequency."""
    length = min(map(len, (mixed, own, other)))
    spectra = [_spectrum(signal[:length]) for signal in (mixed, own, other)]
    power = [np.abs(spectrum) ** 2 for spectrum in spectra[1:]]
    found = _signal(spectra[0] * (power[0] / (power[0] + power[1] + 1e-3)), length)
    return np.clip(found, -32768, 32767).astype(np.int16)


def _window() -> NDArray[np.float64]:
    return np.sqrt(np.hanning(_FRAME + 1)[:-1])


def _spectrum(samples: Samples) -> NDArray[np.complex128]:
    padded = np.pad(samples.astype(np.float64), (_FRAME, 2 * _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    return np.fft.rfft(frames * _window(), axis=1)


def _signal(spectrum: NDArray[np.complex128], length: int) -> NDArray[np.float64]:
    frames = np.fft.irfft(spectrum, _FRAME, axis=1) * _window()
    found = np.zeros((len(frames) - 1) * _HOP + _FRAME)
    for index, frame in enumerate(frames):
        found[index * _HOP : index * _HOP + _FRAME] += frame
    return found[_FRAME : _FRAME + length] * (2 * _HOP / _FRAME)


def kind_of(turn: Truth, truth: Truth) -> str:
    """What else is heard in a turn."""
    mine = (Segment(turn["start"], turn["end"]),)

    def shared(others: Sequence[Truth]) -> float:
        heard = union(Segment(o["start"], o["end"]) for o in others if o["role"] != turn["role"])
        return sum(part.duration for part in intersect(mine, heard))

    if shared(truth["turns"]) > _TOUCH:
        return KINDS[2]
    return KINDS[1] if shared(truth["backchannels"]) else KINDS[0]


def errors(truth: Truth, utterances: Sequence[Utterance], score: ModuleType) -> Iterator[tuple[str, int, int]]:
    """Of each turn that score.py counts: what else is heard in it, characters wrong, characters said."""
    for role in ROLES:
        own = [turn for turn in chain(truth["turns"], truth["backchannels"]) if turn["role"] == role]
        said: dict[int, list[str]] = {id(turn): [] for turn in own}
        words = [word for u in utterances if u.role == role for word in u.timed]
        for word in sorted(words, key=lambda word: word.start + word.end):
            middle = (word.start + word.end) / 2
            nearest = min(own, key=lambda turn: max(turn["start"] - middle, middle - turn["end"], 0))
            said[id(nearest)].append(word.text)
        for turn in own:
            if turn in truth["turns"] and turn["text"] is not None:
                reference, heard = score.fold(turn["text"]), score.fold("".join(said[id(turn)]))
                yield kind_of(turn, truth), score.edits(reference, heard), len(reference)


def measure(args: argparse.Namespace, work: Path) -> dict[str, list[tuple[str, int, int]]]:
    """The errors of each way."""
    score, stages = script(args, "score"), build_stages(Settings())
    here = Composition(calls=args.calls, minutes=args.minutes, seed=args.seed, noise_db=args.noise_db)
    two, one = (composed(replace(here, mono=mono), args, work) for mono in (False, True))
    found: dict[str, list[tuple[str, int, int]]] = {}
    for name, way in ways(stages).items():
        for path in sorted(two.glob("*.wav")):
            truth = json.loads(path.with_name(f"{path.stem}.truth.json").read_text(encoding="utf-8"))
            kept = work / f"{here.name}-{name}-{path.stem}-{digest_of('asr_qa', *OWN)}.json"
            if not kept.exists():
                rows = list(errors(truth, way(path, one / path.name, truth), score))
                kept.write_text(json.dumps(rows), encoding="utf-8")
            found.setdefault(name, []).extend(map(tuple, json.loads(kept.read_text(encoding="utf-8"))))
        print(f"{name}: done", file=sys.stderr, flush=True)
    return found


def report(found: dict[str, list[tuple[str, int, int]]]) -> None:
    """A row for each way, a column for each kind of turn: characters wrong."""
    said = {kind: sum(n for k, _, n in found["two channels"] if k == kind) for kind in KINDS}
    print("| |", " | ".join(f"{kind} ({said[kind]:,} characters)" for kind in KINDS), "| CER, turn by turn |")
    print("|---" * (len(KINDS) + 2) + "|")
    for name, rows in found.items():
        wrong = [sum(e for k, e, _ in rows if k == kind) for kind in KINDS]
        print(f"| {name} |", " | ".join(map(str, wrong)), f"| {sum(wrong) / max(sum(said.values()), 1):.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=2, seed=2026)
    parser.add_argument("--noise-db", type=float, default=-50.0)
    parser.add_argument("--work", type=Path, help="folder that keeps calls and what was heard in them")
    args = parser.parse_args()
    if lacking := missing(args):
        sys.exit(f"not there: {lacking}; nothing measured")
    if find_diarizer(Settings()) is None:
        sys.exit("no model that tells voices apart; get it with: asr-qa models pull voices; nothing measured")
    with tempfile.TemporaryDirectory() as folder:
        work = args.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        report(measure(args, work))


if __name__ == "__main__":
    main()
