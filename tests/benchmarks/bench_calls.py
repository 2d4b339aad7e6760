"""Compose calls with known truth, work them through, score the documents, and say what each stage costs.

    python tests/benchmarks/bench_calls.py --clips ../shared/audio --eval ../shared/eval --calls 20 --seed 2026

Prints the figures of score.py and the CPU seconds of each stage per second of audio. Leaves with a message where the
clips or the scripts are not there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.pipeline.documents import to_json
from asr_qa.pipeline.ingest import CallDetails, describe
from asr_qa.pipeline.process import Stages, process

SPENT: Counter[str] = Counter()
"""CPU seconds by stage."""


class Timed:
    """Anything, with the CPU time of its calls counted."""

    def __init__(self, inner: Any, stage: str) -> None:
        self._inner, self._stage = inner, stage

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return timed(self._stage, self._inner)(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return timed(self._stage, value) if callable(value) else value


def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            SPENT[stage] += time.process_time() - start

    return run


def watched(stages: Stages) -> Stages:
    return replace(
        stages,
        reader=Timed(stages.reader, "decode"),
        detector=Timed(stages.detector, "speech detection"),
        inspect=Timed(stages.inspect, "channel inspection"),
        transcriber=Timed(stages.transcriber, "transcription"),
    )


def work(calls: Path, documents: Path, stages: Stages) -> float:
    """Work every call through; gives the seconds of audio."""
    seconds = 0.0
    for path in sorted(calls.glob("*.wav")):
        recording = describe(stages.reader.probe(path), CallDetails(), agent_channel=0, language="zh")
        start = time.process_time()
        document = process(recording, stages)
        SPENT["all"] += time.process_time() - start
        seconds += document.recording.duration
        (documents / f"{path.stem}.json").write_text(to_json(document), encoding="utf-8")
        print(f"{path.name} done", file=sys.stderr)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"))
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--compose", default="--holds 0", help="further arguments of compose.py")
    parser.add_argument("--composed", type=Path, help="folder of calls composed before")
    args = parser.parse_args()
    if not (args.eval / "score.py").exists():
        sys.exit(f"{args.eval}: no score.py there; nothing measured")
    with tempfile.TemporaryDirectory() as folder:
        calls, documents = args.composed or Path(folder, "calls"), Path(folder, "documents")
        documents.mkdir()
        if not args.composed:
            numbers = ["--calls", str(args.calls), "--seed", str(args.seed), *args.compose.split()]
            command = [sys.executable, str(args.eval / "compose.py"), str(args.clips), str(calls), *numbers]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = work(calls, documents, watched(build_stages(Settings())))
        command = [sys.executable, str(args.eval / "score.py"), str(calls), str(documents)]
        figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(figures))
    heard = ("decode", "speech detection", "channel inspection", "transcription")
    SPENT["timeline, metrics, rules, score"] = SPENT["all"] - sum(SPENT[stage] for stage in heard)
    print(f"\n{seconds / 60:.1f} minutes of audio\n\n| stage | CPU s per audio s |\n|---|---|")
    for stage in (*heard, "timeline, metrics, rules, score"):
        print(f"| {stage} | {SPENT[stage] / seconds:.4f} |")
    print(f"| all but transcription | {(SPENT['all'] - SPENT['transcription']) / seconds:.4f} |")


if __name__ == "__main__":
    main()
