"""What bench_vad.py does to clean lines: noise, filters, codecs and bleed, breaths and clicks."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from truths import ROLES
from vad_calls import RATE, Calls, Lines, truth_of


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


def coded(sound: Lines, codec: str) -> Lines:
    """The sound at 8 kHz in that code and back."""
    file = io.BytesIO()
    soundfile.write(file, soxr.resample(sound, RATE, 8000), 8000, subtype=codec, format="WAV")
    file.seek(0)
    return np.asarray(soxr.resample(soundfile.read(file, dtype="float32")[0], 8000, RATE))


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


def level(decibels: float) -> np.float32:
    """Factor of a level."""
    return np.float32(10 ** (decibels / 20))


def add_at(line: Lines, second: float, sound: Lines) -> None:
    """Lay a sound on a line."""
    first = round(second * RATE)
    line[first : first + sound.size] += sound[: line.size - first]
