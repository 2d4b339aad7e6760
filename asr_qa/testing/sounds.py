"""Sounds of telephone lines that are no speech, made from formulas: for tests and benchmarks.

Every function returns float32 samples at SAMPLE_RATE, full scale 1.0. What is random comes from the seed given.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asr_qa.pipeline.ports import SAMPLE_RATE

Sound = NDArray[np.float32]

_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"

RING_BACK: dict[str, tuple[tuple[float, ...], float, float]] = {
    "cn": ((450.0,), 1.0, 4.0),
    "us": ((440.0, 480.0), 2.0, 4.0),
    "eu": ((425.0,), 1.0, 4.0),
}
"""Frequencies, seconds on, seconds off."""
BUSY: dict[str, tuple[tuple[float, ...], float, float]] = {
    "cn": ((450.0,), 0.35, 0.35),
    "us": ((480.0, 620.0), 0.5, 0.5),
    "eu": ((425.0,), 0.5, 0.5),
    "congestion": ((425.0,), 0.25, 0.25),
}


def _at(wave: NDArray[np.float64] | Sound, level_db: float) -> Sound:
    """A wave of full-scale power brought to a level."""
    return np.asarray(wave * 10 ** (level_db / 20), np.float32)


def silence(seconds: float) -> Sound:
    """Digital silence."""
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def tone(frequencies: Sequence[float], seconds: float, *, level_db: float = -15.0) -> Sound:
    """Sine waves at once; level of each in dB full scale."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum((np.sin(2 * np.pi * f * t + i) for i, f in enumerate(frequencies)), np.zeros_like(t))
    fade = np.minimum(1.0, np.minimum(t, t[::-1]) / 0.003)
    return _at(wave * fade * np.sqrt(2), level_db)


def cadence(pattern: tuple[Sequence[float], float, float], seconds: float, *, level_db: float = -15.0) -> Sound:
    """A tone switched on and off, such as RING_BACK["cn"] or BUSY["us"]."""
    frequencies, on, off = pattern
    period = np.concatenate([tone(frequencies, on, level_db=level_db), silence(off)])
    return np.resize(period, round(seconds * SAMPLE_RATE))


def british_ring(seconds: float, *, level_db: float = -15.0) -> Sound:
    """Ring-back of 400 and 450 Hz: two bursts of 0.4 s, then two seconds of nothing."""
    burst = tone((400.0, 450.0), 0.4, level_db=level_db)
    return np.resize(np.concatenate([burst, silence(0.2), burst, silence(2.0)]), round(seconds * SAMPLE_RATE))


def over_the_telephone(sound: Sound) -> Sound:
    """What 8 kHz and mu-law leave of a sound."""
    hertz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    narrow = np.fft.irfft(np.fft.rfft(sound) * (hertz < 3400), sound.size)[::2]
    steps = np.round(np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256) * 127) / 127
    coarse = np.zeros(sound.size)
    coarse[::2] = 2 * np.sign(steps) * (256 ** np.abs(steps) - 1) / 255
    return np.asarray(np.fft.irfft(np.fft.rfft(coarse) * (hertz < 4000), sound.size), np.float32)


def dtmf(keys: str, *, on: float = 0.08, off: float = 0.08, level_db: float = -15.0) -> Sound:
    """Keys pressed on a telephone."""
    parts = [silence(off)]
    for key in keys:
        row, column = divmod(_KEYS.index(key), 4)
        parts += [tone((_ROWS[row], _COLUMNS[column]), on, level_db=level_db), silence(off)]
    return np.concatenate(parts)


def fax(*, seed: int = 0, level_db: float = -15.0) -> Sound:
    """The start of a fax call, 12 s: calling tone, answer tone, identification (V.21), training."""
    rng = np.random.default_rng(seed)
    calling = np.concatenate([tone((1100.0,), 0.5, level_db=level_db), silence(1.0)])
    answer = tone((2100.0,), 3.0, level_db=level_db)
    parts = [
        calling,
        calling,
        answer,
        silence(0.1),
        _v21(1.6, rng, level_db),
        silence(0.2),
        _training(2.5, rng, level_db),
    ]
    return np.concatenate([*parts, silence(0.2), _v21(1.0, rng, level_db)])


def _v21(seconds: float, rng: np.random.Generator, level_db: float) -> Sound:
    """300 bit/s by switching between 1650 and 1850 Hz."""
    bits = rng.integers(0, 2, int(seconds * 300))
    hertz = np.repeat(np.where(bits, 1650.0, 1850.0), SAMPLE_RATE // 300)
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    return _at(np.sin(phase) * np.sqrt(2), level_db)


def _training(seconds: float, rng: np.random.Generator, level_db: float) -> Sound:
    """Random phase steps of a carrier at 1800 Hz, 2400 a second: the screech of a modem."""
    samples = round(seconds * SAMPLE_RATE)
    steps = rng.integers(0, 4, int(seconds * 2400) + 2) * np.pi / 2
    t = np.arange(samples) / SAMPLE_RATE
    baseband = np.exp(1j * steps)[(t * 2400).astype(int)]
    smooth = np.convolve(baseband, np.hanning(11) / 5, mode="same")
    wave = (smooth * np.exp(2j * np.pi * 1800 * t)).real
    return _at(wave / wave.std(), level_db)


def white(seconds: float, *, seed: int, level_db: float = -30.0) -> Sound:
    """White noise."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE))
    return _at(noise, level_db)


def pink(seconds: float, *, seed: int, level_db: float = -30.0) -> Sound:
    """Noise with equal power in every octave above 50 Hz."""
    noise = white(seconds, seed=seed, level_db=0.0)
    hertz = np.fft.rfftfreq(noise.size, 1 / SAMPLE_RATE)
    shaped = np.fft.irfft(np.fft.rfft(noise) / np.sqrt(np.maximum(hertz, 50)), noise.size)
    return _at(shaped / shaped.std(), level_db)


_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
_VOICES = {"organ": (1, 0.6, 0.4, 0.3), "strings": (1, 0.5, 0.5, 0.3, 0.25, 0.2), "piano": (1, 0.5, 0.25, 0.12)}


def tune(seconds: float, *, seed: int, style: str = "band", level_db: float = -22.0) -> Sound:
    """Music by chance; styles: "chords" (held), "arpeggio" (plucked), "drums", "band" (all three)."""
    rng = np.random.default_rng(seed)
    beat = 60.0 / float(rng.uniform(72, 140))
    key = float(rng.uniform(110, 220))
    mix = np.zeros(round(seconds * SAMPLE_RATE) + 4 * SAMPLE_RATE, np.float64)
    for bar in range(int(seconds / (4 * beat)) + 1):
        chord = _CHORDS[int(rng.integers(len(_CHORDS)))]
        if style in ("chords", "band"):
            for step in chord:
                _lay(mix, 4 * bar * beat, _note(key * 2 ** (1 + step / 12), 4 * beat, "strings", 0.05, 3.0))
        if style in ("arpeggio", "band"):
            for i in range(8):
                step = chord[int(rng.integers(3))] + 12 * int(rng.integers(1, 3))
                _lay(mix, (4 * bar + i / 2) * beat, _note(key * 2 ** (1 + step / 12), 1.2 * beat, "piano", 0.005, 0.35))
        if style in ("drums", "band"):
            for i in range(8):
                _lay(mix, (4 * bar + i / 2) * beat, _drum(i % 4, rng))
    part = mix[: round(seconds * SAMPLE_RATE)]
    return _at(part / part.std(), level_db)


def _note(hertz: float, seconds: float, voice: str, attack: float, decay: float) -> NDArray[np.float64]:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum((a * np.sin(2 * np.pi * hertz * h * t) for h, a in enumerate(_VOICES[voice], 1)), np.zeros_like(t))
    shape = np.minimum(1.0, t / attack) * np.minimum(1.0, t[::-1] / 0.02) * np.exp(-t / decay)
    return np.asarray(wave * shape, np.float64)


def _drum(place: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Bass drum on the beat, snare on the back-beat, cymbal between."""
    t = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    if place == 0:
        beat = 2.0 * np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.08)
        return np.asarray(beat, np.float64)
    noise = rng.standard_normal(t.size) * np.exp(-t / (0.06 if place == 2 else 0.02))
    return np.asarray((0.8 if place == 2 else 0.3) * noise, np.float64)


def _lay(mix: NDArray[np.float64], start: float, sound: NDArray[np.float64]) -> None:
    first = round(start * SAMPLE_RATE)
    room = max(0, mix.size - first)
    mix[first : first + sound.size] += sound[:room]
