"""Calls on one channel against the same calls on two: who spoke, what was heard, whose role it is, and what it costs.

    python tests/benchmarks/bench_mono.py --seed 2026 --calls 20              composed calls, read sentences
    python tests/benchmarks/bench_mono.py --samples                          the sample calls, mixed to one channel
    python tests/benchmarks/bench_mono.py --opening --seed 77 --calls 20     composed calls with an opening script
    python tests/benchmarks/bench_mono.py --opening --greetings test --voices DIR --seed 502 --calls 12
    python tests/benchmarks/bench_mono.py --monologues --seed 11 --calls 9   one voice alone: roles must stay unknown

Of composed calls (compose.py, with and without --mono): CER of score.py on two channels and on one, the diarization
error (missed + false alarm + wrong voice, seconds of speech, no collar; speech at once counts as missed), and how many
calls have agent and customer the right way round. Of the sample calls: the same without CER, and for how many the
roles were known. With --opening the script, said by the agent's voice, is what tells the roles: voices, noise,
direction and who speaks first vary (mono_roles.py). Costs are CPU seconds for each second of audio, one thread.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from mono_roles import compose_calls, compose_monologues
from numpy.typing import NDArray

from asr_qa.bootstrap import build_stages, find_diarizer
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import Segment, Track
from asr_qa.diarize.windows import mask
from asr_qa.pipeline.documents import to_json
from asr_qa.pipeline.ports import AudioReader, CallAudio, Cue, Diarization, Diarizer, Samples
from asr_qa.pipeline.process import Stages, process

ROLES = (Role.AGENT, Role.CUSTOMER)


class Watched:
    """A diarizer whose CPU seconds are counted."""

    def __init__(self, diarizer: Diarizer) -> None:
        self._diarizer = diarizer
        self.name = diarizer.name
        self.seconds = 0.0
        self.audio = 0.0
        self.found: list[Diarization] = []

    def diarize(self, samples: Samples, speech: Track, *, cues: Sequence[Cue] = ()) -> Diarization:
        start = time.process_time()
        found = self._diarizer.diarize(samples, speech, cues=cues)
        self.seconds += time.process_time() - start
        if not cues:
            self.audio += len(samples) / 16000
            self.found.append(found)
        elif len(found.voices) > 1:  # the words have told what the voices did not
            self.found[-1] = found
        return found


@dataclass
class Mixed:
    """A reader that mixes both channels to one."""

    reader: AudioReader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    def read(self, path: Path) -> CallAudio:
        audio = self.reader.read(path)
        mixed = np.clip(audio.samples.astype(np.int32).sum(axis=0), -32768, 32767).astype(np.int16)
        return replace(audio, samples=mixed[None])


@dataclass
class Tally:
    """Sums over calls."""

    calls: int = 0
    right: int = 0
    known: int = 0
    known_wrong: int = 0
    one_voice: int = 0
    third: int = 0
    reference: float = 0.0
    missed: float = 0.0
    false_alarm: float = 0.0
    wrong_voice: float = 0.0
    agreement: list[float] = field(default_factory=list)

    def add(self, truth: NDArray[np.bool_], speech: dict[Role, Track], document: CallDocument) -> None:
        """Count one call; truth has shape (2, frames)."""
        frames = truth.shape[1]
        found = np.stack([mask(_clipped(speech.get(role, ()), frames), frames) for role in ROLES])
        codes = {warning.code for warning in document.warnings}
        two = bool(found.all(axis=0).size and found.any(axis=1).all())
        self.calls += 1
        self.one_voice += not two
        self.third += "third_voice" in codes
        straight, crossed = (int((truth & each).sum()) for each in (found, found[::-1]))
        right = two and straight > crossed
        self.right += right
        self.known += "roles_unknown" not in codes
        self.known_wrong += "roles_unknown" not in codes and not right
        self._errors(truth, found if straight >= crossed else found[::-1])

    def _errors(self, truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> None:
        reference, heard = truth.sum(axis=0), found.sum(axis=0)
        self.reference += float(reference.sum())
        self.missed += float(np.maximum(reference - heard, 0).sum())
        self.false_alarm += float(np.maximum(heard - reference, 0).sum())
        wrong = float((np.minimum(reference, heard) - (truth & found).sum(axis=0)).sum())
        self.wrong_voice += wrong
        self.agreement.append(1 - wrong / max(float(reference.sum()), 1.0))

    def row(self) -> dict[str, Any]:
        share = {
            name: round(getattr(self, name) / self.reference, 4) for name in ("missed", "false_alarm", "wrong_voice")
        }
        return {
            "calls": self.calls,
            "roles right": self.right,
            "roles known": self.known,
            "known and wrong": self.known_wrong,
            "one voice only": self.one_voice,
            "third voice": self.third,
            "diarization error": round(sum(share.values()), 4),
            **share,
            "worst call's wrong voice": round(1 - min(self.agreement), 4),
        }


def _clipped(track: Track, frames: int) -> Track:
    return tuple(Segment(s.start, min(s.end, frames / 100)) for s in track if s.start < frames / 100)


def truth_of(path: Path, frames: int) -> NDArray[np.bool_]:
    said = json.loads(path.with_name(path.stem + ".truth.json").read_text(encoding="utf-8"))
    tracks = [
        tuple(
            Segment(a, b)
            for kind in ("turns", "backchannels")
            for t in said[kind]
            if t["role"] == r
            for a, b in t["speech"]
        )
        for r in ROLES
    ]
    return np.stack([mask(_clipped(track, frames), frames) for track in tracks])


def recording(path: Path, channels: int, *, direction: str) -> Recording:
    roles = (None,) if channels == 1 else (Role.AGENT, Role.CUSTOMER)
    return Recording(
        id=path.stem, path=str(path), sha256="", duration=0.0, sample_rate=8000, channels=channels,
        role_by_channel=roles, direction=direction,
    )  # fmt: skip


def work(
    paths: Iterable[Path], stages: Stages, *, channels: int, directions: dict[str, str], out: Path
) -> list[CallDocument]:
    documents = []
    for path in paths:
        direction = directions.get(path.name, "inbound")
        document = process(recording(path, channels, direction=direction), stages)
        (out / f"{path.stem}.json").write_text(to_json(document), encoding="utf-8")
        documents.append(document)
        print(f"{path.name} done", file=sys.stderr)
    return documents


def tally(paths: Sequence[Path], documents: Sequence[CallDocument], found: Sequence[Diarization]) -> Tally:
    total = Tally()
    for path, document, parted in zip(paths, documents, found, strict=True):
        frames = int(document.recording.duration * 100)
        total.add(truth_of(path, frames), named(document, parted), document)
    return total


def named(document: CallDocument, parted: Diarization) -> dict[Role, Track]:
    """The voices under the roles that the document gave them: those of the words in them."""
    if len(parted.voices) < 2:
        return {Role.OTHER: parted.voices[0]} if parted.voices else {}
    one = parted.voices[0]
    inside = dict.fromkeys(ROLES, 0.0)
    for said in document.utterances:
        for stretch in one:
            inside[said.role] = inside.get(said.role, 0.0) + (stretch & said.segment).duration
    first = max(ROLES, key=lambda role: inside[role])
    return dict(zip((first, first.opposite), parted.voices, strict=True))


def cer(evaluation: Path, calls: Path, documents: Path) -> dict[str, Any]:
    command = [sys.executable, str(evaluation / "score.py"), str(calls), str(documents)]
    row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {key: row[key] for key in ("cer", "chars", "word_edges", "silence_f1", "talk_error")}


def composed(args: argparse.Namespace, stages: Stages, watched: Watched, folder: Path) -> None:
    figures: dict[str, Any] = {}
    for name, extra, channels in (("two channels", [], 2), ("one channel", ["--mono"], 1)):
        calls, out = folder / name, folder / f"{name} documents"
        out.mkdir()
        numbers = ["--calls", str(args.calls), "--seed", str(args.seed), *args.compose.split(), *extra]
        command = [sys.executable, str(args.eval / "compose.py"), str(args.clips), str(calls), *numbers]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        paths = sorted(calls.glob("*.wav"))
        documents = work(paths, stages, channels=channels, directions={}, out=out)
        figures[name] = cer(args.eval, calls, out)
        if args.keep:
            shutil.copytree(out, args.keep / name.replace(" ", "-"), dirs_exist_ok=True)
    print(json.dumps(figures))
    print(
        "CER on one channel above that on two:",
        round(figures["one channel"]["cer"] - figures["two channels"]["cer"], 4),
    )
    print(json.dumps(tally(paths, documents, watched.found).row()))


def samples(folder: Path, stages: Stages, watched: Watched, out: Path) -> None:
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".wav", ".ogg", ".mp3"))
    rows = (line.split(",") for line in (folder / "manifest.csv").read_text(encoding="utf-8").splitlines()[1:])
    directions = {row[0]: row[4] for row in rows}
    mixed = replace(stages, reader=Mixed(stages.reader))
    documents = work(paths, mixed, channels=1, directions=directions, out=out)
    for path, document, parted in zip(paths, documents, watched.found, strict=True):
        one = tally([path], [document], [parted])
        why = [w.message for w in document.warnings if w.code in ("roles_unknown", "third_voice")]
        print(
            f"{path.name:28} {'right' if one.right else 'WRONG'} "
            f"wrong voice {one.wrong_voice / one.reference:.3f} {why}"
        )
    print(json.dumps(tally(paths, documents, watched.found).row()))


def opening(args: argparse.Namespace, stages: Stages, watched: Watched, folder: Path) -> None:
    compose = compose_monologues if args.monologues else compose_calls
    directions = compose(Path(__file__).parents[2] / "sample_audio", args, folder)
    told_as = ("right", "wrong", "undetermined, likelier right", "undetermined, likelier wrong")
    count = dict.fromkeys(told_as if args.opening else ("roles known", "roles unknown"), 0)
    for path, direction in directions.items():
        (document,) = work([path], stages, channels=1, directions={path.name: direction}, out=args.keep or folder)
        if args.monologues:
            found = "roles known" if "roles_unknown" not in {w.code for w in document.warnings} else "roles unknown"
            count[found] = count.get(found, 0) + 1
            print(path.name, found, len(watched.found[-1].voices), flush=True)
            continue
        one = tally([path], [document], watched.found[-1:])
        told = ("" if one.known else "undetermined, likelier ") + ("right" if one.right else "wrong")
        count[told] += 1
        why = [w.message for w in document.warnings if w.code == "roles_unknown"]
        share = one.wrong_voice / max(one.reference, 1.0)
        print(f"{path.name} {direction or 'direction unknown':18} {told} wrong voice {share:.3f} {why}", flush=True)
    print(json.dumps(count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"))
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--compose", default="", help="further arguments of compose.py")
    parser.add_argument("--samples", action="store_true", help="the sample calls instead")
    parser.add_argument("--opening", action="store_true", help="calls of the sample voices with an opening script")
    parser.add_argument("--greetings", choices=("dev", "test"), help="opened as greetings.txt has it, in eight voices")
    parser.add_argument("--voices", type=Path, help="folder that keeps what voices have said (as for bench_phrases)")
    parser.add_argument("--bare", action="store_true", help="leave the opening script out")
    parser.add_argument("--monologues", action="store_true", help="one voice alone, which is nobody's")
    parser.add_argument("--minutes", type=float, default=3.0, help="of each call with an opening script")
    parser.add_argument("--keep", type=Path, help="folder for the documents of composed calls")
    args = parser.parse_args()
    settings = Settings()
    diarizer = find_diarizer(settings)
    if diarizer is None:
        sys.exit("no model that tells voices apart; get it with: asr-qa models pull voices; nothing measured")
    watched = Watched(diarizer)
    stages = replace(build_stages(settings), diarizer=watched)
    with tempfile.TemporaryDirectory() as folder:
        if args.opening or args.monologues:
            opening(args, stages, watched, Path(folder))
        elif args.samples:
            samples(Path(__file__).parents[2] / "sample_audio", stages, watched, Path(folder))
        else:
            composed(args, stages, watched, Path(folder))
    cost = watched.seconds / watched.audio
    print(f"diarization: {cost:.4f} CPU s for each second of audio, {watched.audio / 60:.1f} minutes")


if __name__ == "__main__":
    main()
