"""How well the timeline finds events, on composed calls whose truth is known.

    python tests/benchmarks/bench_timeline.py --calls 20 --seed 303 --work DIR
    python tests/benchmarks/bench_timeline.py --truth DIR --documents DIR

Speech is the truth's own, then disturbed in several ways, then what the whole chain finds in the audio. Words are the
truth's, spread evenly over their stretch, some or all back-channels garbled, or none; and (with --documents) those of
the call documents that a recogniser's run left: only calls that have one count then. No recogniser is run. Figures
are F1 per event, scored by score.py of the evaluation folder, as a Markdown table; nothing is run where that folder
is missing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from composed import Composition, add_arguments, composed, missing, script
from truths import Speech, transcript_of, true_speech, utterances

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.metrics import measure
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, union
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Utterance, Word, spread
from asr_qa.pipeline.documents import to_dict
from asr_qa.pipeline.ingest import CallDetails, describe
from asr_qa.pipeline.process import Stages, process

KINDS = ("silence", "hold", "interruption", "talk_over", "backchannel")
GARBLED = "的么在有人这他来到时大地为子你生国年着就那和她出也得里后自以会家可下而过天去能小"
"""Frequent characters that acknowledge nothing: what a recogniser may write for a murmur."""

Call = tuple[Path, dict[str, Any]]
Document = dict[str, Any]
Way = Callable[[Call, random.Random], Document]


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


def drawn(call: Call, speech: Speech, spoken: list[Utterance]) -> Document:
    """What the timeline alone makes of speech and words."""
    truth = call[1]
    transcript = transcript_of(*spoken)
    holds = union(Segment(hold["start"], hold["end"]) for hold in truth["holds"])
    timeline = build_timeline(speech, transcript, truth["duration"], holds=holds)
    metrics = measure(timeline, transcript)
    return {
        "utterances": [],
        "events": [asdict(event) for event in timeline.events],
        "metrics": {"speech_seconds": {k: v or 0.0 for k, v in asdict(metrics.speech_seconds).items()}},
    }


def heard_in(call: Call, stages: Stages, spoken: list[Utterance]) -> Document:
    """What the whole chain makes of the audio, with those words for what a recogniser gives."""
    audio = call[0].with_name(call[0].name.replace(".truth.json", ".wav"))
    recording = describe(stages.reader.probe(audio), CallDetails(), agent_channel=0, language="zh")
    words = ReplayTranscriber(transcript_of(*spoken))
    return to_dict(process(recording, replace(stages, transcriber=words, voice=None)))


def evaluate(calls: list[Call], score: Any, way: Way) -> dict[str, Any]:
    """Figures over all calls."""
    total, rng, spent = score.empty(), random.Random(1), 0.0
    for call in calls:
        began = time.process_time()
        document = way(call, rng)
        spent += time.process_time() - began
        score.score_call(call[1], document, total)
    found: dict[str, Any] = score.summary(total) | {"seconds": spent / len(calls)}
    return found


def document_of(truth: Path, folder: Path) -> Path:
    """The call document that belongs to a truth file."""
    return folder / truth.name.replace(".truth.json", ".json")


def ways(documents: Path | None, stages: Stages | None) -> dict[str, Way]:
    """Every way of disturbing the input; without stages only those that need no audio."""

    def said(call: Call) -> list[Utterance]:
        return list(utterances(call[1]))

    def of_document(call: Call) -> list[Utterance]:
        assert documents is not None
        return heard(document_of(call[0], documents))

    def near(call: Call, rng: random.Random) -> Speech:
        return jitter(true_speech(call[1]), 0.08, rng)

    def garbled(call: Call, share: float, rng: random.Random) -> list[Utterance]:
        return garble(said(call), call[1], share, rng)

    found: dict[str, Way] = {
        "true speech, true words": lambda c, _: drawn(c, true_speech(c[1]), said(c)),
        "edges moved by up to 80 ms, true words": lambda c, rng: drawn(c, near(c, rng), said(c)),
        "true speech, no words": lambda c, _: drawn(c, true_speech(c[1]), []),
        "edges moved, no words": lambda c, rng: drawn(c, near(c, rng), []),
        "true speech, half the murmurs garbled": lambda c, rng: drawn(c, true_speech(c[1]), garbled(c, 0.5, rng)),
        "true speech, all murmurs garbled": lambda c, rng: drawn(c, true_speech(c[1]), garbled(c, 1.0, rng)),
    }
    if documents:
        found["true speech, words of documents"] = lambda c, _: drawn(c, true_speech(c[1]), of_document(c))
    if stages:
        found["the chain, true words"] = lambda c, _: heard_in(c, stages, said(c))
        found["the chain, half the murmurs garbled"] = lambda c, rng: heard_in(c, stages, garbled(c, 0.5, rng))
        found["the chain, no words"] = lambda c, _: heard_in(c, stages, [])
    if stages and documents:
        found["the chain, words of documents"] = lambda c, _: heard_in(c, stages, of_document(c))
    return found


def report(calls: list[Call], score: Any, chosen: dict[str, Way]) -> None:
    """Print a table: one line per way of disturbing the input."""
    print(f"{len(calls)} calls\n\n| input | {' | '.join(KINDS)} | called interruption | talk error | CPU ms a call |")
    print("|---" * (4 + len(KINDS)) + "|")
    for name, way in chosen.items():
        figures = evaluate(calls, score, way)
        blamed, innocent = figures["as_interruption"]
        f1 = " | ".join(f"{figures[f'{kind}_f1']:.3f}" for kind in KINDS)
        rest = f"{blamed} of {innocent} | {figures['talk_error']:.3f} | {1000 * figures['seconds']:.0f}"
        print(f"| {name} | {f1} | {rest} |", flush=True)


def main() -> int:
    """Print the table; 0 also where the folders are missing, since they are no part of the project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=20, seed=303)
    parser.add_argument("--truth", type=Path, help="folder of calls composed before: *.truth.json beside *.wav")
    parser.add_argument("--documents", type=Path, help="folder of call documents whose words are taken")
    parser.add_argument("--no-audio", action="store_true", help="the timeline alone, a second for all calls")
    parser.add_argument("--work", type=Path, help="folder in which composed calls are kept")
    args = parser.parse_args()
    if gone := missing(args):
        print(f"skipped: {gone} not there; nothing measured")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        truth = args.truth or composed(
            Composition(args.calls, args.minutes, args.seed), args, args.work or Path(folder)
        )
        calls = [(path, json.loads(path.read_text())) for path in sorted(truth.glob("*.truth.json"))]
        if args.documents:
            calls = [call for call in calls if document_of(call[0], args.documents).exists()]
        if not calls:
            sys.exit(f"{truth}: no calls there; nothing measured")
        report(
            calls, script(args, "score"), ways(args.documents, None if args.no_audio else stages_without_words(truth))
        )
    return 0


def stages_without_words(folder: Path) -> Stages:
    """The stages with the engine that needs no model."""
    settings = Settings()
    asr = settings.asr.model_copy(update={"engine": "replay", "replay_dir": folder})
    return build_stages(settings.model_copy(update={"asr": asr}))


if __name__ == "__main__":
    sys.exit(main())
