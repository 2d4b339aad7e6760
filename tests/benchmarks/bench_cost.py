"""What working a call through costs, part by part: CPU time as a share of audio time, on one core, recognition apart.

    python tests/benchmarks/bench_cost.py --calls 6 --seed 303 --repeats 5

Composes calls of four kinds (two channels; with noise and bleed; with loud bleed; one channel) and works them through
with the stages that `build_stages` gives and the order that `process` has: every port and every function that
`process` calls is timed, so that nothing can be left out. Time is counted where it is spent: a part's time does not
hold that of parts inside it, and what belongs to none is printed as unattributed. The network of the recogniser
runs in the first round, which is not counted; in the others its answers are remembered, so that all around it
(windows, guards, snapping of words) is the real thing. `--replay` takes the true words instead of a recogniser.
Shares are medians over the rounds, both channels together, with the least and the greatest beside them.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import inspect
import json
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

from composed import Composition, add_arguments, composed, missing

from asr_qa.audio.soundkind import SoundKindNetwork
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.batch.files import write_text
from asr_qa.bootstrap import build_stages, load_rules, stages_for
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument
from asr_qa.db.store import SqlStore, open_store
from asr_qa.errors import ModelError
from asr_qa.pipeline import process as chain
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.pipeline.ingest import CallDetails, describe
from asr_qa.pipeline.process import Stages

LIMIT = 1.5
"""Percent of audio time, without recognition, diarization and pitch."""

REST, APART, DIARIZATION, PITCH = "unattributed", "recognition: the network", "diarization", "pitch"
DECODING, SPEECH, VOICES = "decoding, resampling", "speech detection", "one channel: roles of voices"
TIMELINE, FADE, NOTES = "turns and timeline", "fading ends (`let_fade`), waits", "warnings"
FAINT = "voices under noise, in silences"
HELPERS = "small helpers"
LISTENING = "voice or music: the network"
_NOTHING = 0.002
"""Percent."""
TOLD = "all, as the system counts it"
WORDS = "words: windows, guards, confidences"

CHAIN = {
    "find_speech": SPEECH,
    "find_waits": FADE,
    "hear_faint": FAINT,
    "let_fade": FADE,
    "holds_of": FADE,
    "build_timeline": TIMELINE,
    "measure": "metrics",
    "evaluate": "rules",
    "score": "scorecard",
    "facts_of": "scorecard",
    "without_prompts": "automatic prompts",
    "find_ending": "who ended the call",
    "hear_speaking": "voices: loudness, rate, pauses",
    "definitions": "definitions",
    "part_voices": VOICES,
    "name_voices": VOICES,
    "without_overlap": VOICES,
    "begins_in_speech": NOTES,
    "role_warnings": NOTES,
    "one_sided": NOTES,
}
"""Row of each function that `process` calls; one that is not named here gets a row of its own."""

PORTS = {
    "reader": DECODING,
    "non_speech": "tones and music: stretches",
    "detector": SPEECH,
    "inspect": "channels: faults",
    "transcriber": WORDS,
    "diarizer": DIARIZATION,
    "voice": CHAIN["hear_speaking"],
}

INSIDE = (
    ("asr_qa.audio.nonspeech", "find_tones", "tones"),
    ("asr_qa.audio.nonspeech", "find_music", "music"),
    ("asr_qa.audio.channels", "find_bleed", "channels: bleed"),
    ("asr_qa.audio.channels", "without_bleed", "channels: bleed"),
    ("asr_qa.audio.channels", "find_drift", "channels: drift of clocks"),
    ("asr_qa.audio.voice_meter", "pitch_of", PITCH),
    ("asr_qa.asr.whisper", "_snap", "words: snapping to speech"),
)
"""Parts of ports that get a row of their own: module, name, row."""


Spent = defaultdict[str, float]
"""Seconds, or percent of audio time, by part."""


class Meter:
    """CPU seconds by part; what is spent in a part inside another counts for the inner one alone."""

    def __init__(self) -> None:
        self.spent = Spent(float)
        self._open = [""]
        self._since = time.process_time()

    def _charge(self) -> None:
        now = time.process_time()
        self.spent[self._open[-1]] += now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done inside for this part."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, its time counted for the part."""

        def run(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return run

    def take(self) -> Spent:
        """What was spent since the last time."""
        self._charge()
        spent, self.spent = self.spent, Spent(float)
        return spent


class Timed:
    """An adapter of a port, with the time of its calls counted."""

    def __init__(self, inner: Any, name: str, meter: Meter) -> None:
        self._inner, self._part, self._meter = inner, name, meter

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._meter.part(self._part):
            return self._inner(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return self._meter.timed(value, self._part) if callable(value) else value


def watch_code(meter: Meter) -> None:
    """Count the time of every function that `process` calls, and of the parts inside ports."""
    for name, value in list(vars(chain).items()):
        ours = inspect.isfunction(value) and value.__module__.startswith("asr_qa.")
        if ours and value.__module__ != chain.__name__:
            setattr(chain, name, meter.timed(value, CHAIN.get(name, f"`{name}`")))
    SoundKindNetwork.kinds = meter.timed(SoundKindNetwork.kinds, LISTENING)  # type: ignore[method-assign]
    for where, name, row in INSIDE:
        module = importlib.import_module(where)
        if hasattr(module, name):
            setattr(module, name, meter.timed(getattr(module, name), row))
        else:
            print(f"{where} has no {name} any more: it counts for the part around it", file=sys.stderr)


def remember_network(meter: Meter) -> None:
    """Have the recogniser's network answer from memory what it was asked before; its time is kept apart."""
    from asr_qa.asr.ctranslate import WhisperNetwork

    known: dict[bytes, Any] = {}
    plain = WhisperNetwork.decode

    def decode(self: Any, windows: Any, decoding: Any, *, language: str) -> Any:
        asked = hashlib.sha256(f"{decoding}{language}".encode())
        for window in windows:
            asked.update(window.tobytes())
        if (key := asked.digest()) not in known:
            known[key] = plain(self, windows, decoding, language=language)
        return known[key]

    WhisperNetwork.decode = meter.timed(decode, APART)  # type: ignore[method-assign]


def watched(stages: Stages, meter: Meter) -> Stages:
    """The stages, pitch measured whatever the settings, with their time counted."""
    stages = replace(stages, voice=VoiceMeter(pitch=True))
    parts = {name: getattr(stages, name) for name in PORTS}
    timed: dict[str, Any] = {name: Timed(part, PORTS[name], meter) for name, part in parts.items() if part}
    return replace(stages, **timed)


class Office:
    """Works calls through and files what comes of them, as a run over a folder does."""

    def __init__(self, settings: Settings, meter: Meter, folder: Path) -> None:
        self._settings, self._meter, self._folder = settings, meter, folder
        self._rules = load_rules(settings)
        self._stages = build_stages(settings, rules=self._rules)
        self.diarizes = self._stages.diarizer is not None
        self._store: SqlStore | None = None

    def round(self, number: int) -> None:
        """Begin with an empty database."""
        if self._store:
            self._store.close()
        self._store = open_store(f"sqlite:///{self._folder / f'{number}.db'}")

    def work(self, path: Path) -> float:
        """One call, from file to database; gives its seconds."""
        stages = watched(stages_for(self._settings, self._stages, path), self._meter)
        with self._meter.part("header, checksum"):
            info = self._stages.reader.probe(path)
            recording = describe(
                info, CallDetails(), agent_channel=0, language="zh", direction=self._settings.direction or None
            )
        with self._meter.part(REST):
            document = chain.process(recording, stages)
        self._file(document)
        return document.recording.duration

    def _file(self, document: CallDocument) -> None:
        now = datetime.now(UTC)
        assert self._store is not None
        with self._meter.part("document: JSON there and back, file"):
            document = from_json(to_json(document))
            write_text(self._folder / "document.json", to_json(document, indent=1) + "\n")
        with self._meter.part("document: database"):
            self._store.add_recording(document.recording, now=now)
            self._store.save_document(document, severities=self._rules.severities, now=now)


Rounds = list[Spent]


def measured(office: Office, meter: Meter, calls: Path, repeats: int) -> Rounds:
    """Percent of audio time by part, a row a round; the first round warms up and is left out."""
    rounds: Rounds = []
    paths = sorted(calls.glob("*.wav"))
    for number in range(repeats + 1):
        office.round(number)
        gc.collect()
        meter.take()
        began = _used()
        seconds = sum(office.work(path) for path in paths)
        spent = meter.take()
        used = _used() - began
        spent[REST] += spent.pop("", 0.0)
        spent[TOLD] = used
        rounds.append(Spent(float, {part: 100 * each / seconds for part, each in spent.items()}))
        print(f"{calls.name}: round {number} of {repeats}, {used:.1f} CPU s", file=sys.stderr, flush=True)
    return rounds[1:]


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def folded(columns: dict[str, Rounds]) -> None:
    """Put functions that have no row and cost next to nothing together."""
    every = [spent for rounds in columns.values() for spent in rounds]
    unnamed = {part for spent in every for part in spent if part.startswith("`")}
    small = {part for part in unnamed if all(spent[part] < _NOTHING for spent in every)}
    for spent in every:
        spent[HELPERS] = sum(spent.pop(part, 0.0) for part in small)


def parts_of(rounds: Rounds) -> list[str]:
    """Every part but recognition, the order of the chain as far as it is known, the rest after it."""
    found = {part for spent in rounds for part in spent} - {APART, TOLD, REST, DIARIZATION, PITCH}
    order = [
        "header, checksum",
        DECODING,
        "tones",
        "music",
        LISTENING,
        PORTS["non_speech"],
        SPEECH,
        PORTS["inspect"],
        "channels: bleed",
        "channels: drift of clocks",
        FAINT,
        FADE,
        WORDS,
        "words: snapping to speech",
        VOICES,
        CHAIN["without_prompts"],
        CHAIN["find_ending"],
        TIMELINE,
        "metrics",
        "rules",
        "scorecard",
        "definitions",
        NOTES,
        CHAIN["hear_speaking"],
    ]
    return [part for part in order if part in found] + sorted(found - set(order)) + [REST]


def cell(values: list[float]) -> str:
    """Median, least and greatest."""
    return f"{median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def table(columns: dict[str, Rounds]) -> Iterator[str]:
    """Markdown: a row a part, a column a kind of calls."""
    yield f"| CPU time, % of audio time: median (least to greatest) | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    parts = parts_of([spent for rounds in columns.values() for spent in rounds])

    def row(name: str, *of: str, without: str = "") -> str:
        sums = ([sum(spent[part] for part in of) - spent[without] for spent in rounds] for rounds in columns.values())
        return f"| {name} | {' | '.join(map(cell, sums))} |"

    yield from (row(part, part) for part in parts)
    yield row("**sum of these**", *parts)
    verdicts = ("pass" if total(rounds, parts) <= LIMIT else "FAIL" for rounds in columns.values())
    yield f"| **wanted: <= {LIMIT:g}** | {' | '.join(verdicts)} |"
    yield from (row(f"{part}, apart", part) for part in (PITCH, DIARIZATION))
    yield row("sum of everything but the network", *parts, PITCH, DIARIZATION)
    yield row("the same as the system counts it", TOLD, without=APART)


def total(rounds: Rounds, parts: list[str]) -> float:
    """Median of the sums of those parts."""
    return median([sum(spent[part] for part in parts) for spent in rounds])


def main() -> int:
    """Print the table; 1 where a sum is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=6, seed=303)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--replay", action="store_true", help="the true words; no recogniser is needed")
    parser.add_argument("--work", type=Path, help="folder in which composed calls are kept")
    args = parser.parse_args()
    if gone := missing(args):
        print(f"skipped: {gone} not there; nothing measured")
        return 0
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        return run(args, args.work or Path(folder), Path(folder))


def run(args: argparse.Namespace, work: Path, scratch: Path) -> int:
    """Compose, measure, print."""
    two = Composition(args.calls, args.minutes, args.seed)
    kinds = {
        "two channels": two,
        "noise -35 dB, bleed -25 dB": replace(two, noise_db=-35.0, bleed_db=-25.0),
        "bleed -20 dB": replace(two, bleed_db=-20.0),
        "one channel": replace(two, mono=True),
    }
    folders = {name: composed(kind, args, work) for name, kind in kinds.items()}
    meter = Meter()
    watch_code(meter)
    remember_network(meter)
    columns: dict[str, Rounds] = {}
    for name, calls in folders.items():
        office = new_office(args, meter, scratch, calls)
        columns[name] = measured(office, meter, calls, args.repeats)
    folded(columns)
    print("\n".join(table(columns)))
    print(f"\n{args.calls} calls of {args.minutes:g} minutes, seed {args.seed}, {args.repeats} rounds, one core; "
          f"words: {'of the truth' if args.replay else 'recognised'}"
          f"{'' if office.diarizes else '; no model that tells voices apart: asr-qa models pull voices'}.")  # fmt: skip
    settled = [total(rounds, parts_of(rounds)) <= LIMIT for rounds in columns.values()]
    return 0 if all(settled) else 1


def new_office(args: argparse.Namespace, meter: Meter, scratch: Path, calls: Path) -> Office:
    """The office for a folder of calls; with the true words where that is asked for or there is no model."""
    settings = Settings()
    asr = settings.asr.model_copy(update={"threads": 1})
    build = partial(Office, meter=meter, folder=scratch)
    if not args.replay:
        try:
            return build(settings.model_copy(update={"asr": asr}))
        except ModelError as exc:
            print(f"{exc}; the true words are taken", file=sys.stderr)
            args.replay = True
    replayed = asr.model_copy(update={"engine": "replay", "replay_dir": true_words(calls, scratch)})
    return build(settings.model_copy(update={"asr": replayed}))


def true_words(calls: Path, scratch: Path) -> Path:
    """A folder of the truth's words; a turn that was cut off says some that are no murmur."""
    folder = scratch / f"words-{calls.name}"
    for path in calls.glob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        for turn in truth["turns"]:
            turn["text"] = turn["text"] or "那么这个问题"
        write_text(folder / path.name, json.dumps(truth, ensure_ascii=False))
    return folder


if __name__ == "__main__":
    sys.exit(main())
