"""How well the timeline finds events, on composed calls whose truth is known.

    python tests/benchmarks/bench_timeline.py [--eval DIR] [--truth DIR] [--detector webrtc] [--documents DIR]

Speech is the truth's own, then disturbed in several ways, then (with --detector) what the detector finds in the
audio beside the truth. Words are the truth's, spread evenly over their stretch, and (with --documents) those of
the call documents that a recogniser's run left; only calls that have one count then. Figures are F1 per event, scored
by score.py of the evaluation folder; nothing is run where that folder is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asr_qa.core.metrics import measure
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript, Utterance, Word, spread

SHARED = Path(__file__).resolve().parents[3] / "shared"
KINDS = ("silence", "interruption", "talk_over", "backchannel")
ROLES = (Role.AGENT, Role.CUSTOMER)
GARBLED = "的么在有人这他来到时大地为子你生国年着就那和她出也得里后自以会家可下而过天去能小"
"""Frequent characters that acknowledge nothing: what a recogniser may write for a murmur."""

Speech = dict[Role, Track]
Call = tuple[Path, dict[str, Any]]


def utterances(truth: dict[str, Any]) -> Iterator[Utterance]:
    """The truth's texts as words in their place; a turn that was cut off says something that is no murmur."""
    for kind in ("turns", "backchannels"):
        for said in truth[kind]:
            text = said["text"] or "那么这个问题"
            words = [w for part in _shares(said["speech"], text) for w in spread(part[1], Segment(*part[0]))]
            yield Utterance(Role(said["role"]), said["start"], said["end"], text, words=tuple(words))


def _shares(stretches: list[list[float]], text: str) -> Iterator[tuple[list[float], str]]:
    """The text divided over the stretches of speech by their length."""
    seconds = sum(b - a for a, b in stretches)
    done = 0.0
    for start, end in stretches:
        first, done = round(done / seconds * len(text)), done + end - start
        yield [start, end], text[first : round(done / seconds * len(text))]


def true_speech(truth: dict[str, Any]) -> Speech:
    """The truth's stretches of speech per role."""
    return {
        role: union(
            Segment(*part)
            for kind in ("turns", "backchannels")
            for said in truth[kind]
            if said["role"] == role
            for part in said["speech"]
        )
        for role in ROLES
    }


def jitter(speech: Speech, seconds: float, rng: random.Random) -> Speech:
    """The speech with every edge moved by up to `seconds`."""
    moved: Speech = {}
    for role, track in speech.items():
        edges = [(s.start + rng.uniform(-seconds, seconds), s.end + rng.uniform(-seconds, seconds)) for s in track]
        moved[role] = union(Segment(max(0.0, a), max(a, b, 0.0)) for a, b in edges)
    return moved


def garble(spoken: list[Utterance], truth: dict[str, Any], share: float, rng: random.Random) -> list[Utterance]:
    """The utterances, a share of the back-channels written with wrong characters."""
    murmurs = {(m["role"], m["start"]) for m in truth["backchannels"]}
    return [_garbled(u, rng) if (u.role, u.start) in murmurs and rng.random() < share else u for u in spoken]


def _garbled(utterance: Utterance, rng: random.Random) -> Utterance:
    text = "".join(rng.choice(GARBLED) for _ in utterance.text)
    return Utterance(utterance.role, utterance.start, utterance.end, text, words=spread(text, utterance.segment))


def heard(document: Path) -> list[Utterance]:
    """The utterances of a call document."""
    found = []
    for u in json.loads(document.read_text())["utterances"]:
        words = tuple(Word(w["text"], w["start"], w["end"], w.get("confidence")) for w in u["words"])
        found.append(Utterance(Role(u["role"]), u["start"], u["end"], u["text"], status=u["status"], words=words))
    return found


def evaluate(calls: list[Call], score: Any, make: Callable[[Call], tuple[Speech, list[Utterance]]]) -> dict[str, Any]:
    """Figures over all calls."""
    total = score.empty()
    spent = 0.0
    for call in calls:
        truth = call[1]
        speech, spoken = make(call)
        transcript = Transcript(tuple(sorted(spoken, key=lambda u: u.start)))
        began = time.perf_counter()
        timeline = build_timeline(speech, transcript, truth["duration"])
        metrics = measure(timeline, transcript)
        spent += time.perf_counter() - began
        document = {
            "utterances": [],
            "events": [asdict(event) for event in timeline.events],
            "metrics": {"speech_seconds": {k: v or 0.0 for k, v in asdict(metrics.speech_seconds).items()}},
        }
        score.score_call(truth, document, total)
    return score.summary(total) | {"seconds": spent}


def detected(name: str) -> Callable[[Path], Speech]:
    """A function from a recording to the speech a detector finds in it."""
    from asr_qa.audio.vad import DETECTORS

    detector = DETECTORS[name]()

    def detect(path: Path) -> Speech:
        import soundfile
        import soxr

        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        samples = (soxr.resample(audio, rate, 16000) * 32767).astype("int16").T
        return {role: detector.detect(samples[index], 16000) for index, role in enumerate(ROLES)}

    return detect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, default=SHARED / "eval", help="folder of score.py")
    parser.add_argument("--truth", type=Path, required=True, help="folder of *.truth.json, with *.wav for --detector")
    parser.add_argument("--detector", help="name of a speech detector to run on the audio")
    parser.add_argument("--documents", type=Path, help="folder of call documents whose words are taken")
    args = parser.parse_args()
    if not (args.eval / "score.py").exists():
        sys.stdout.write(f"skipped: no score.py in {args.eval}\n")
        return
    spec = importlib.util.spec_from_file_location("score", args.eval / "score.py")
    assert spec is not None
    assert spec.loader is not None
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    calls = [(path, json.loads(path.read_text())) for path in sorted(args.truth.glob("*.truth.json"))]
    if args.documents:
        calls = [call for call in calls if document_of(call[0], args.documents).exists()]
    report(calls, score, args.detector, args.documents)


def document_of(truth: Path, folder: Path) -> Path:
    """The call document that belongs to a truth file."""
    return folder / truth.name.replace(".truth.json", ".json")


def report(calls: list[Call], score: Any, detector: str | None, documents: Path | None) -> None:
    """Print a table: one line per way of disturbing the input."""
    rng = random.Random(1)
    ways: dict[str, Callable[[Call], tuple[Speech, list[Utterance]]]] = {
        "true speech and words": lambda c: (true_speech(c[1]), list(utterances(c[1]))),
        "edges moved up to 80 ms": lambda c: (jitter(true_speech(c[1]), 0.08, rng), list(utterances(c[1]))),
        "no words": lambda c: (true_speech(c[1]), []),
        "no words, edges moved": lambda c: (jitter(true_speech(c[1]), 0.08, rng), []),
        "half the murmurs garbled": lambda c: (true_speech(c[1]), garble(list(utterances(c[1])), c[1], 0.5, rng)),
        "all murmurs garbled": lambda c: (true_speech(c[1]), garble(list(utterances(c[1])), c[1], 1.0, rng)),
    }
    if detector:
        detect = detected(detector)
        found = {path: detect(path.with_name(path.name.replace(".truth.json", ".wav"))) for path, _ in calls}
        ways[f"speech by {detector}"] = lambda c: (found[c[0]], list(utterances(c[1])))
        ways[f"speech by {detector}, no words"] = lambda c: (found[c[0]], [])
        ways[f"speech by {detector}, half garbled"] = lambda c: (
            found[c[0]],
            garble(list(utterances(c[1])), c[1], 0.5, rng),
        )
    if documents:
        ways["true speech, words of documents"] = lambda c: (true_speech(c[1]), heard(document_of(c[0], documents)))
    if documents and detector:
        ways[f"speech by {detector}, words of documents"] = lambda c: (
            found[c[0]],
            heard(document_of(c[0], documents)),
        )
    head = "".join(f"{kind:>14}" for kind in KINDS)
    sys.stdout.write(f"{'input':42}{head}{'blamed':>10}{'talk_error':>12}{'ms/call':>9}\n")
    for name, make in ways.items():
        figures = evaluate(calls, score, make)
        blamed, innocent = figures["as_interruption"]
        f1 = "".join(f"{figures[f'{kind}_f1']:14.3f}" for kind in KINDS)
        rest = f"{figures['talk_error']:12.3f}{1000 * figures['seconds'] / len(calls):9.1f}"
        sys.stdout.write(f"{name:42}{f1}{f'{blamed}/{innocent}':>10}{rest}\n")


if __name__ == "__main__":
    main()
