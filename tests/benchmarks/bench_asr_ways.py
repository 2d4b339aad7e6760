"""Runs the ways of hearing of bench_asr.py: each in a process of its own, one thread, so that its CPU time and its
memory are its own; only one works at a time."""

from __future__ import annotations

import ast
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_asr_variants import OURS, STOCK, Way

from asr_qa.asr import peers
from asr_qa.asr.device import Device, resolve
from asr_qa.asr.words import simplifier
from asr_qa.bootstrap import audio_reader, build_stages, find_weights
from asr_qa.config import Settings
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, clip
from asr_qa.core.transcript import UNINTELLIGIBLE, Word
from asr_qa.pipeline.ports import SAMPLE_RATE, SpokenChannel

ROLES = (Role.AGENT, Role.CUSTOMER)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call as every way gets it."""

    samples: Any
    """Shape (channels, samples), int16, 16 kHz."""
    tracks: tuple[tuple[Segment, ...], ...]
    """Speech of each channel."""
    cpu: float
    """CPU seconds that finding the speech took; ours pays for it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a call that is heard by itself."""

    channels: tuple[int, ...]
    start: float
    """Seconds."""
    end: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one way heard."""

    words: dict[Role, list[Word]]
    """On the clock of the call."""
    utterances: dict[Role, list[tuple[float, float, float | None]]]
    """Start, end and confidence of what ours heard."""
    cpu: float
    """CPU seconds of one process, loading left out."""
    seconds: float
    """Seconds of audio heard."""
    given_up: int
    """Stretches called unintelligible."""


def prepare(recording: Path) -> Path:
    """Decode a recording and find its speech, once; gives the file that holds both."""
    kept = recording.with_suffix(".npz")
    if kept.exists():
        return kept
    stages = build_stages(Settings())
    audio = audio_reader(Settings()).read(recording)
    start = time.process_time()
    found = [stages.detector.detect(channel, audio.sample_rate) for channel in audio.samples]
    tracks = stages.inspect(audio.samples, found).tracks
    cpu = time.process_time() - start
    arrays: dict[str, Any] = {
        f"track{i}": np.array([(s.start, s.end) for s in t]).reshape(-1, 2) for i, t in enumerate(tracks)
    }
    partial = kept.with_suffix(".partial.npz")
    np.savez(partial, samples=audio.samples, cpu=cpu, **arrays)
    partial.rename(kept)
    return kept


def load(kept: Path) -> Prepared:
    """What prepare() kept."""
    with np.load(kept) as held:
        samples = held["samples"]
        tracks = (held[f"track{index}"] for index in range(len(samples)))
        speech = tuple(tuple(Segment(float(a), float(b)) for a, b in track) for track in tracks)
        return Prepared(samples, speech, float(held["cpu"]))


class Listening:
    """The processes of some ways."""

    def __init__(self, pipes: dict[str, Any]) -> None:
        self._pipes = pipes

    def hear(self, way: Way, kept: Path, cuts: Sequence[Cut] | None = None) -> Answer:
        """The words of a prepared call, or of parts of it, each heard by itself."""
        answer: Answer = self._ask(way, (kept, tuple(cuts) if cuts is not None else None))
        return answer

    def peak(self, way: Way) -> float:
        """Most megabytes of memory the way's process ever had."""
        return float(self._ask(way, None))

    def _ask(self, way: Way, task: Any) -> Any:
        try:
            self._pipes[way.name].send(task)
            answer = self._pipes[way.name].recv()
        except (EOFError, OSError) as exc:
            raise SystemExit(f"{way.name}: the process ended ({exc})") from exc
        if isinstance(answer, str):
            raise SystemExit(f"{way.name}: {answer}")
        return answer


@contextmanager
def listening(ways: Sequence[Way]) -> Iterator[Listening]:
    """A process for each way."""
    if len({way.name for way in ways}) < len(ways):
        raise SystemExit(f"two ways have one name: {', '.join(way.name for way in ways)}")
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    try:
        for way in ways:
            pipes[way.name], theirs = context.Pipe()
            process = context.Process(target=_serve, args=(way, theirs), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
        yield Listening(pipes)
    finally:
        for pipe in pipes.values():
            pipe.close()
        for process in processes:
            process.join(10)
            process.terminate()


def _serve(way: Way, pipe: Any) -> None:
    listen: Callable[..., Any] | None = None
    held: tuple[Path, Prepared] | None = None
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        if task is None:
            pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            continue
        try:
            listen = listen or (ours(way) if way.kind == OURS else theirs(way))
            held = held if held and held[0] == task[0] else (task[0], load(task[0]))
            pipe.send(_answer(listen, held[1], task[1], pays=way.kind == OURS))
        except Exception as exc:
            pipe.send(f"{type(exc).__name__}: {exc}")


def _answer(listen: Callable[..., Any], call: Prepared, cuts: Sequence[Cut] | None, *, pays: bool) -> Answer:
    length = call.samples.shape[1] / SAMPLE_RATE
    answer = Answer({role: [] for role in ROLES}, {role: [] for role in ROLES}, 0.0, 0.0, 0)
    for cut in cuts if cuts is not None else [Cut(tuple(range(len(call.samples))), 0.0, length)]:
        parts = [spoken(call, channel, cut) for channel in cut.channels]
        start = time.process_time()
        words, utterances, given_up = listen(parts)
        # Finding the speech is paid for by the second, heard or not; nothing of it is left out of ours.
        found = call.cpu * (cut.end - cut.start) / length if pays else 0.0
        cpu = answer.cpu + time.process_time() - start + found
        for role in words:
            answer.words[role] += [replace(w, start=w.start + cut.start, end=w.end + cut.start) for w in words[role]]
            answer.utterances[role] += [(a + cut.start, b + cut.start, c) for a, b, c in utterances[role]]
        answer = replace(
            answer, cpu=cpu, seconds=answer.seconds + cut.end - cut.start, given_up=answer.given_up + given_up
        )
    return answer


def spoken(call: Prepared, channel: int, cut: Cut) -> SpokenChannel:
    """A part of a channel on a clock of its own."""
    first = round(cut.start * SAMPLE_RATE)
    samples = call.samples[channel, first : round(cut.end * SAMPLE_RATE)]
    inside = clip(call.tracks[channel], Segment(cut.start, cut.end))
    track = tuple(Segment(max(0.0, s.start - cut.start), s.end - cut.start) for s in inside)
    return SpokenChannel(ROLES[channel], samples, track)


def our_stages(way: Way) -> Any:
    """The stages of a call with the way's settings, one thread."""
    asr = {"threads": 1}
    for setting in way.settings:
        name, _, value = setting.partition("=")
        if name.startswith("asr."):
            asr[name.removeprefix("asr.")] = _literal(value)
    settings = Settings()
    known = type(settings.asr).model_validate({**settings.asr.model_dump(), **asr})
    stages = build_stages(settings.model_copy(update={"asr": known}))
    transcriber: Any = stages.transcriber
    for setting in way.settings:
        if not setting.startswith("asr."):
            transcriber.options = changed(transcriber.options, *setting.split("=", 1))
    return stages


def ours(way: Way) -> Callable[..., Any]:
    """Our decoder with the way's settings."""
    transcriber = our_stages(way).transcriber
    # One second of noise loads the model, so that no call pays for it.
    noise = np.random.default_rng(0).normal(0, 300, SAMPLE_RATE).astype(np.int16)
    transcriber.transcribe([SpokenChannel(Role.OTHER, noise, (Segment(0.0, 1.0),))])

    def listen(channels: Sequence[SpokenChannel]) -> Any:
        transcript = transcriber.transcribe(channels, language="zh")
        roles = [channel.role for channel in channels]
        words = {role: [w for u in transcript.of(role) for w in u.words] for role in roles}
        heard = {role: [(u.start, u.end, u.confidence) for u in transcript.of(role) if u.words] for role in roles}
        return words, heard, sum(u.status == UNINTELLIGIBLE for u in transcript.utterances)

    return listen


def theirs(way: Way) -> Callable[..., Any]:
    """A pipeline of faster-whisper, channel by channel, in simplified characters."""
    settings = Settings()
    where, compute = resolve(Device(device=settings.asr.device, compute_type=settings.asr.compute_type))
    given = {name: _literal(value) for name, value in (setting.split("=", 1) for setting in way.settings)}
    make: Callable[..., peers.Listen] = peers.stock if way.kind == STOCK else peers.batched
    peer = make(find_weights(settings).path, device=where, compute_type=compute, threads=1, **given)
    simplify = simplifier()

    def listen(channels: Sequence[SpokenChannel]) -> Any:
        words = {c.role: [replace(w, text=simplify(w.text)) for w in peer(c.samples, "zh")] for c in channels}
        return words, {role: [] for role in words}, 0

    return listen


def changed(options: Any, name: str, value: str) -> Any:
    """Options with one field, nested with points, set to a literal."""
    head, _, rest = name.partition(".")
    if not is_dataclass(options) or head not in {field.name for field in fields(options)}:
        known = ", ".join(field.name for field in fields(options)) if is_dataclass(options) else "nothing"
        raise SystemExit(f"{name}: no such option; known here: {known}")
    new = changed(getattr(options, head), rest, value) if rest else _literal(value)
    return replace(options, **{head: new})  # type: ignore[type-var]


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    sys.exit("nothing to run here: see bench_asr.py")
