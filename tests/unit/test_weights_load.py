"""A pulled model loads and decodes; a damaged one is refused in words, before or on loading, and ends no process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_whisper import MELS, make_tiny_whisper

from asr_qa.asr.ctranslate import WhisperNetwork
from asr_qa.asr.device import Device
from asr_qa.asr.weights import FoundModel, find_model
from asr_qa.config import shipped
from asr_qa.errors import ModelError


def test_a_folder_found_by_its_path_loads_and_decodes(tmp_path: Path) -> None:
    from faster_whisper import WhisperModel

    make_tiny_whisper(tmp_path / "tiny-random")
    found = find_model(str(tmp_path / "tiny-random"), manifests_dir=shipped("models"), cache_dir=tmp_path / "cache")
    model = WhisperModel(str(found.path), device="cpu", compute_type="int8", cpu_threads=1)
    assert model.model.n_mels == MELS
    audio = np.random.default_rng(1).normal(0, 0.1, 16000).astype(np.float32)
    segments, _ = model.transcribe(audio, language="en", beam_size=1, max_new_tokens=8, temperature=0.0)
    assert sum(len(segment.tokens) for segment in segments) > 0


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_tiny_whisper(tmp_path / "mine")


def find(folder: Path) -> FoundModel:
    return find_model(str(folder), manifests_dir=shipped("models"), cache_dir=folder.parent / "cache")


def edited(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


SMALL_FILES: list[tuple[str, Callable[[Path], object], str]] = [
    ("tokenizer.json", lambda path: path.write_text('{"a":'), "tokenizer.json: is not JSON"),
    ("tokenizer.json", lambda path: path.write_text(""), "tokenizer.json: is not JSON"),
    ("tokenizer.json", lambda path: path.write_text("{}"), "tokenizer.json: is not a tokenizer"),
    (
        "tokenizer.json",
        lambda path: edited(path, added_tokens=[{"id": 5, "content": "<|endoftext|>"}]),
        r"tokenizer.json: has number 5 for <",
    ),
    ("tokenizer.json", lambda path: path.write_bytes(b"\xff\xfe"), "tokenizer.json: is not UTF-8"),
    ("tokenizer.json", lambda path: path.unlink(), "lacks tokenizer.json"),
    ("vocabulary.json", lambda path: path.write_text("["), "vocabulary.json: is not JSON"),
    ("vocabulary.json", lambda path: path.write_text('["a", "b"]'), r"vocabulary.json: lacks the token <\|endoftext"),
    ("vocabulary.json", lambda path: path.unlink(), "lacks vocabulary.json"),
    ("config.json", lambda path: path.write_text("{"), "config.json: is not JSON"),
    ("config.json", lambda path: path.write_text("{}"), "config.json: lacks suppress_ids_begin"),
    ("config.json", lambda path: edited(path, suppress_ids=[10**6]), "config.json: suppress_ids must be"),
    ("config.json", lambda path: edited(path, alignment_heads=[[99, 0]]), "config.json: alignment_heads must be"),
    ("config.json", lambda path: path.unlink(), "lacks config.json"),
]


@pytest.mark.parametrize(("name", "damage", "message"), SMALL_FILES)
def test_a_damaged_small_file_is_named_before_anything_is_loaded(
    model: Path, name: str, damage: Callable[[Path], object], message: str
) -> None:
    assert find(model).name == "mine"
    damage(model / name)
    with pytest.raises(ModelError, match=message):
        find(model)


@pytest.mark.parametrize("keep", [0, 2, 10, 5000, -100])
def test_weights_that_are_cut_off_are_named_before_anything_is_loaded(model: Path, keep: int) -> None:
    weights = (model / "model.bin").read_bytes()
    (model / "model.bin").write_bytes(weights[:keep])
    with pytest.raises(ModelError, match=r"model\.bin: this is no whole CTranslate2 model .* copy it again"):
        find(model)


def test_weights_in_another_format_are_left_to_the_library(model: Path) -> None:
    (model / "model.bin").write_bytes(b"\5\0\0\0 an older format")
    assert find(model).path == model


@pytest.mark.parametrize(
    "damage",
    [
        lambda weights: b"",
        lambda weights: weights[:10],
        lambda weights: weights[: len(weights) // 2],
        lambda weights: weights[:-100],
        lambda weights: bytes(len(weights)),
        lambda weights: bytes(byte ^ 255 for byte in weights[:64]) + weights[64:],
        lambda weights: b"<html>not found</html>" * 100,
    ],
    ids=["empty", "head", "half", "nearly_whole", "zeros", "flipped_head", "web_page"],
)
def test_weights_that_do_not_load_are_a_model_error(model: Path, damage: Callable[[bytes], bytes]) -> None:
    (model / "model.bin").write_bytes(damage((model / "model.bin").read_bytes()))
    with pytest.raises(ModelError, match=r"mine: the model does not load .*asr-qa models verify, or pull it again"):
        WhisperNetwork(model, Device(device="cpu", threads=1))


def test_a_folder_that_a_pull_once_made_is_compared_with_its_record(model: Path) -> None:
    weights = (model / "model.bin").read_bytes()
    record = {"files": [{"name": "model.bin", "sha256": hashlib.sha256(weights).hexdigest(), "size": len(weights)}]}
    (model / "asr_qa.json").write_text(json.dumps(record))
    assert find(model).path == model
    # One bit in the middle of a weight: it would load, and hear something else.
    changed = bytearray(weights)
    changed[len(changed) // 2] ^= 1
    (model / "model.bin").write_bytes(changed)
    with pytest.raises(ModelError, match=r"is damaged: .*model.bin: expected sha256 .*; copy the model there again"):
        find(model)
