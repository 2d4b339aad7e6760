"""A tiny Whisper with random weights in CTranslate2 format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

WIDTH, HEADS, MELS = 16, 2, 80
BYTES = sorted(ByteLevel.alphabet())
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>"]
SPECIAL += ["<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
TIMES = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]


def spelt(text: str) -> str:
    """A text as byte-level BPE spells it in a vocabulary."""
    level = ByteLevel(add_prefix_space=False, use_regex=False)
    return "".join(part for part, _ in level.pre_tokenize_str(text))


def make_tiny_whisper(
    folder: Path,
    *,
    words: Sequence[str] = (),
    language: str = "en",
    half: bool = False,
    suppressed: Sequence[str] = (),
) -> Path:
    """One encoder and one decoder layer, 16 wide; says nonsense, but is loaded and run like any other model.

    Args:
        folder: Where its files are put.
        words: Tokens besides those of single bytes.
        language: The one it knows.
        half: Whether the weights are stored in half precision, as those that are pulled.
        suppressed: Words among those that are never to be written.
    """
    from ctranslate2.specs import WhisperSpec

    spec = WhisperSpec(1, HEADS, 1, HEADS)
    special = [f"<|{language}|>" if text == "<|en|>" else text for text in SPECIAL]
    tokens = [*BYTES, *map(spelt, words), *special, *TIMES]
    rng = np.random.default_rng(5)
    fill(spec, rng, len(tokens))
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = [tokens.index(spelt(word)) for word in suppressed]
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokens.index(f"<|{language}|>")]
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.optimize(quantization="float16" if half else None)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    flags = {"special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": tokens.index(text), "content": text, **flags} for text in (*special, *TIMES)]
    model = {"type": "BPE", "vocab": {token: index for index, token in enumerate(tokens)}, "merges": []}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
    tokenizer = {"version": "1.0", "added_tokens": added, "pre_tokenizer": level, "decoder": level, "model": model}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def fill(spec: Any, rng: np.random.Generator, vocabulary: int) -> None:
    def linear(layer: Any, out: int, inp: int) -> None:
        layer.weight = rng.normal(0, 0.1, (out, inp)).astype(np.float32)
        layer.bias = np.zeros(out, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def attention(layer: Any, *, crossed: bool) -> None:
        norm(layer.layer_norm)
        for part, out in zip(layer.linear, [WIDTH, 2 * WIDTH, WIDTH] if crossed else [3 * WIDTH, WIDTH], strict=True):
            linear(part, out, WIDTH)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, 2 * WIDTH, WIDTH)
        linear(layer.linear_1, WIDTH, 2 * WIDTH)

    for conv, inputs in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, WIDTH)):
        conv.weight = rng.normal(0, 0.1, (WIDTH, inputs, 3)).astype(np.float32)
        conv.bias = np.zeros(WIDTH, np.float32)
    spec.encoder.position_encodings.encodings = rng.normal(0, 0.1, (1500, WIDTH)).astype(np.float32)
    spec.decoder.position_encodings.encodings = rng.normal(0, 0.1, (448, WIDTH)).astype(np.float32)
    spec.decoder.embeddings.weight = rng.normal(0, 0.1, (vocabulary, WIDTH)).astype(np.float32)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    for layer in spec.encoder.layer:
        attention(layer.self_attention, crossed=False)
        feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        attention(layer.self_attention, crossed=False)
        attention(layer.attention, crossed=True)
        feed_forward(layer.ffn)
    norm(spec.encoder.layer_norm)
    norm(spec.decoder.layer_norm)
