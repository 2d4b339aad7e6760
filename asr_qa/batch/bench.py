"""How fast and how right this machine transcribes: our decoder beside the stock pipelines, file by file in turn.

Each way has a process of its own, so that its CPU time and its memory are its own; every file goes through all ways
before the next, so that a machine that slows down slows them all. Errors are compared with stock's on the same files,
by a paired bootstrap over files.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from asr_qa.asr.device import Device, resolve
from asr_qa.asr.peers import PEERS
from asr_qa.asr.words import simplifier
from asr_qa.bootstrap import audio_reader, build_stages, find_weights
from asr_qa.config import Settings
from asr_qa.core.accuracy import Errors, TrueTurn, count_errors, difference_interval, verdict
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.transcript import Word
from asr_qa.errors import AsrQaError, UsageError
from asr_qa.pipeline.ports import SAMPLE_RATE, CallAudio, Samples, SpokenChannel
from asr_qa.pipeline.process import Stages
from asr_qa.pipeline.unspoken import find_speech

OURS = "asr_qa"
STOCK = "stock"
FEWEST = 5
"""Recordings with truth below which a difference in errors gets no bounds: they would be far too narrow."""
ROLES = (Role.AGENT, Role.CUSTOMER)
NIGHT_HOURS = 10.0
"""From ten in the evening to eight in the morning."""
CALL_MINUTES = 4.0
"""Length of the call that projections count in."""

_PATIENCE = 10.0
"""Seconds a process is given to end by itself."""

Listen = Callable[[CallAudio, str], dict[Role, list[Word]]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One file through one way."""

    cpu: float
    """Seconds of CPU, decoding of the audio left out."""
    wall: float
    """Seconds."""
    audio: float
    """Seconds of audio."""
    errors: Errors | None
    """None where there is no truth file."""


@dataclass(frozen=True, slots=True)
class WayResult:
    """All files through one way."""

    way: str
    files: int
    audio_seconds: float
    cpu_per_second: float
    """CPU seconds per second of audio."""
    wall_per_second: float
    peak_megabytes: float
    character_error_rate: float | None
    word_edges: float | None
    calls_per_night: int
    """Calls of four minutes in ten hours on all cores of this machine, by CPU time."""
    difference: float | None = None
    """Character error rate less stock's on the same recordings; None for stock, without it, or without truth."""
    difference_low: float | None = None
    """Bounds of 95 % by a paired bootstrap over recordings; None where there are fewer than FEWEST."""
    difference_high: float | None = None
    verdict: str | None = None
    """ "equal" (within 0.01), "better" or "worse" than stock, with "?" where the bounds allow another."""


def bench(
    settings: Settings, files: Sequence[Path], ways: Sequence[str], *, cores: int, heard: Callable[[str, Path], None]
) -> list[WayResult]:
    """Run every way over every file.

    Args:
        settings: Model and device; threads are those of one process.
        files: Recordings; a truth file NAME.truth.json beside one adds its errors.
        ways: "asr_qa", "stock", "batched".
        cores: Cores to project the night for.
        heard: Told after each file and way.

    Raises:
        UsageError: An unknown way.
        AsrQaError: A file or the model cannot be used.
    """
    unknown = sorted(set(ways) - {OURS, *PEERS})
    if unknown:
        raise UsageError(f"no such way: {', '.join(unknown)}; known: {', '.join((OURS, *PEERS))}")
    results: dict[str, list[Heard]] = {way: [] for way in ways}
    with _processes(settings, ways) as ask:
        for path in files:
            for way in ways:
                results[way].append(ask(way, path))
                heard(way, path)
        peaks = {way: ask(way, None) for way in ways}
    return compared([summed(way, results[way], peaks[way], cores) for way in ways], results)


def read_truth(path: Path) -> list[TrueTurn] | None:
    """The true turns of a recording from NAME.truth.json beside it; None where there is none."""
    beside = path.with_name(f"{path.stem}.truth.json")
    if not beside.exists():
        return None
    try:
        truth = json.loads(beside.read_text("utf-8"))
        turns = [TrueTurn(Role(t["role"]), t["start"], t["end"], t["text"]) for t in truth["turns"]]
        return turns + [TrueTurn(Role(t["role"]), t["start"], t["end"], None) for t in truth.get("backchannels", [])]
    except (ValueError, KeyError, TypeError) as exc:
        raise UsageError(f"{beside}: no truth file as sample_audio has them ({exc})") from exc


def as_markdown(results: Sequence[WayResult], *, model: str) -> str:
    """The results as a Markdown table."""
    head = (
        "| way | CPU s per audio s | wall s per audio s | peak memory MB | CER | CER less stock's (95 %) | word edges"
        " | calls of 4 min a night |"
    )
    rows = [
        f"| {r.way} | {r.cpu_per_second:.3f} | {r.wall_per_second:.3f} | {r.peak_megabytes:.0f}"
        f" | {_share(r.character_error_rate)} | {_apart(r)} | {_share(r.word_edges)} | {r.calls_per_night:,} |"
        for r in results
    ]
    minutes = results[0].audio_seconds / 60 if results else 0.0
    lines = [f"{model}, {minutes:.1f} minutes of audio\n", head, "|---|---|---|---|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[WayResult], *, model: str) -> str:
    """The results as JSON."""
    return json.dumps({"model": model, "results": [asdict(r) for r in results]}, ensure_ascii=False, indent=1) + "\n"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _apart(result: WayResult) -> str:
    if result.difference is None:
        return ""
    if result.difference_low is None or result.difference_high is None:
        return f"{result.difference:+.3f} (too few recordings)"
    return f"{result.difference:+.3f} ({result.difference_low:+.3f} to {result.difference_high:+.3f}), {result.verdict}"


def compared(results: Sequence[WayResult], heard: Mapping[str, Sequence[Heard]]) -> list[WayResult]:
    """The results with their difference to stock, where stock was run and there is truth."""
    reference = [one.errors for one in heard.get(STOCK, ()) if one.errors]
    return [
        r if r.way == STOCK else _beside(r, [h.errors for h in heard[r.way] if h.errors], reference) for r in results
    ]


def _beside(result: WayResult, ours: Sequence[Errors], reference: Sequence[Errors]) -> WayResult:
    """A result with its difference to the reference on the same recordings."""
    found = difference_interval(ours, reference) if len(ours) == len(reference) else None
    if found is None:
        return result
    if len(ours) < FEWEST:
        return replace(result, difference=found.value)
    word = verdict(found)
    return replace(result, difference=found.value, difference_low=found.low, difference_high=found.high, verdict=word)


def summed(way: str, heard: Sequence[Heard], peak: float, cores: int) -> WayResult:
    """What was heard in all files: seconds and counts are added up first, rates taken from the sums."""
    audio = sum(one.audio for one in heard)
    cpu = sum(one.cpu for one in heard) / audio
    errors: Errors = reduce(add, (one.errors for one in heard if one.errors), Errors())
    per_night = NIGHT_HOURS * 3600 * cores / cpu / (CALL_MINUTES * 60)
    wall = sum(one.wall for one in heard) / audio
    return WayResult(way, len(heard), audio, cpu, wall, peak, errors.rate, errors.edge_share, int(per_night))


@contextmanager
def _processes(settings: Settings, ways: Sequence[str]) -> Iterator[Callable[[str, Path | None], Any]]:
    """A process for each way, and how to ask one."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    try:
        for way in ways:
            pipes[way], theirs = context.Pipe()
            process = context.Process(target=_serve, args=(settings, way, theirs), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
        yield lambda way, path: _ask(pipes[way], way, path)
    finally:
        for pipe in pipes.values():
            pipe.close()
        for process in processes:
            process.join(_PATIENCE)
            process.terminate()


def _ask(pipe: Any, way: str, path: Path | None) -> Any:
    try:
        pipe.send(path)
        answer = pipe.recv()
    except (EOFError, OSError) as exc:
        raise AsrQaError(f"{way}: the process ended on {path}; out of memory?") from exc
    if isinstance(answer, AsrQaError):
        raise answer
    return answer


def _serve(settings: Settings, way: str, pipe: Any) -> None:
    """Answer for one way until the parent ends: a path with what was heard, None with the peak memory."""
    listen: Listen | None = None
    reader = audio_reader(settings)
    while True:
        try:
            path = pipe.recv()
        except EOFError:
            return
        if path is None:
            pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            continue
        try:
            listen = listen or _listener(settings, way)
            pipe.send(_hear(listen, reader.read(path), settings.asr.language, read_truth(path)))
        except AsrQaError as exc:
            pipe.send(exc)


def _hear(listen: Listen, audio: CallAudio, language: str, truth: list[TrueTurn] | None) -> Heard:
    cpu, wall = time.process_time(), time.perf_counter()
    words = listen(audio, language)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    errors = reduce(add, (count_errors(truth, words[role], role=role) for role in words), Errors()) if truth else None
    return Heard(cpu, wall, audio.duration, errors)


def _listener(settings: Settings, way: str) -> Listen:
    """What listens to a call: ours with speech detection, a peer channel by channel. The model is loaded here."""
    if way == OURS:
        stages = build_stages(settings)
        # One second of noise loads the model, so that no file pays for it.
        noise = np.random.default_rng(0).normal(0, 300, SAMPLE_RATE).astype(np.int16)
        stages.transcriber.transcribe([SpokenChannel(Role.OTHER, noise, (Segment(0.0, 1.0),))])

        def ours(audio: CallAudio, language: str) -> dict[Role, list[Word]]:
            tracks = [_speech(channel, audio.sample_rate, stages) for channel in audio.samples]
            spoken = [SpokenChannel(*parts) for parts in zip(ROLES, audio.samples, tracks, strict=False)]
            transcript = stages.transcriber.transcribe(spoken, language=language)
            return {c.role: [w for u in transcript.of(c.role) for w in u.words] for c in spoken}

        return ours
    where, compute = resolve(Device(device=settings.asr.device, compute_type=settings.asr.compute_type))
    folder = find_weights(settings).path
    peer = PEERS[way](folder, device=where, compute_type=compute, threads=settings.asr.threads)
    simplify = simplifier()

    def theirs(audio: CallAudio, language: str) -> dict[Role, list[Word]]:
        heard = {role: peer(channel, language) for role, channel in zip(ROLES, audio.samples, strict=False)}
        return {role: [Word(simplify(w.text), w.start, w.end, w.confidence) for w in ws] for role, ws in heard.items()}

    return theirs


def _speech(samples: Samples, sample_rate: int, stages: Stages) -> Track:
    unspoken = stages.non_speech.find(samples, sample_rate)
    return find_speech(samples, unspoken, sample_rate, detector=stages.detector, silencer=stages.non_speech)
