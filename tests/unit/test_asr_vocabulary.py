"""A network cut to the tokens of a language writes what the whole one writes, as long as that stays inside them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_whisper import MELS, SPECIAL, TIMES, make_tiny_whisper, spelt

from asr_qa.asr import vocabulary as module
from asr_qa.asr.ctranslate import Decoding, WhisperNetwork, _Loaded
from asr_qa.asr.device import Device
from asr_qa.asr.modelfile import read_model
from asr_qa.asr.vocabulary import TABLE, SmallNetwork, Vocabulary, can_cut, cut_to_language

KEPT = ["您好", "的", "，", " the", "abc", "VISA", " 2026"]
DROPPED = ["Привет", " hello", "ñandú", " αβγ", "ご視聴", "안녕", "１"]
PARTS = {"ä½": True, "ç": True, "Ð": True, "ĠÎ±Î": False}
"""Pieces of characters as byte-level BPE spells them: of an ideograph, single bytes, of Greek."""
CPU = Device(device="cpu", compute_type="float32", threads=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of Chinese and other tokens, mixed."""
    words = [word for pair in zip(KEPT, DROPPED, strict=True) for word in pair]
    return make_tiny_whisper(
        tmp_path_factory.mktemp("model"), words=words, language="zh", half=True, suppressed=["的", *DROPPED]
    )


@pytest.fixture(scope="module")
def small(folder: Path) -> SmallNetwork:
    cut = cut_to_language(folder, "zh")
    assert cut is not None
    return cut


def tokens_of(folder: Path) -> list[str]:
    tokens: list[str] = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    return tokens


# --- numbers of tokens

KNOWN = st.sets(st.integers(0, 300), min_size=1).map(lambda kept: Vocabulary(np.array(sorted(kept), dtype=np.int64)))


@given(KNOWN, st.lists(st.integers(0, 400)))
def test_to_the_network_and_back_leaves_what_it_knows(known: Vocabulary, tokens: list[int]) -> None:
    assert known.kept is not None
    inside = [token for token in tokens if token in set(known.kept.tolist())]
    assert known.from_network(known.to_network(tokens)) == inside


@given(KNOWN, st.data())
def test_from_the_network_and_back_changes_nothing(known: Vocabulary, data: st.DataObject) -> None:
    assert known.kept is not None
    tokens = data.draw(st.lists(st.integers(0, len(known.kept) - 1)))
    assert known.to_network(known.from_network(tokens)) == tokens


@given(st.lists(st.integers(0, 60000)))
def test_a_whole_network_has_the_numbers_of_its_tokenizer(tokens: list[int]) -> None:
    assert Vocabulary().to_network(tokens) == tokens == Vocabulary().from_network(tokens)


# --- which tokens


def test_kept_are_chinese_short_latin_single_bytes_and_what_is_no_text(folder: Path, small: SmallNetwork) -> None:
    names: list[str] = json.loads(small.files["vocabulary.json"])
    assert set(tokens_of(folder)) - set(names) == {spelt(word) for word in DROPPED}
    assert {spelt(word) for word in KEPT} <= set(names)
    special = [text.replace("<|en|>", "<|zh|>") for text in SPECIAL]
    assert names[-len(special) - len(TIMES) :] == [*special, *TIMES]


@pytest.mark.parametrize(("token", "kept"), PARTS.items())
def test_pieces_of_ideographs_are_kept(token: str, kept: bool) -> None:
    found = module._kept([token, "<|endoftext|>"], module._chinese)
    assert (0 in found) is kept


def test_the_rows_of_the_table_are_those_of_the_tokens_kept(folder: Path, small: SmallNetwork, tmp_path: Path) -> None:
    (tmp_path / "small.bin").write_bytes(small.files["model.bin"])
    whole, cut = read_model(folder / "model.bin"), read_model(tmp_path / "small.bin")
    before, after = whole.find(TABLE), cut.find(TABLE)
    assert before is not None
    assert after is not None
    assert small.vocabulary.kept is not None
    rows = np.frombuffer(before.data, np.float16).reshape(before.shape)[small.vocabulary.kept]
    assert np.array_equal(np.frombuffer(after.data, np.float16).reshape(after.shape), rows)
    assert [v for v in cut.variables if v.name != TABLE] == [v for v in whole.variables if v.name != TABLE]
    assert cut.aliases == whole.aliases


def test_suppressed_tokens_have_their_new_numbers(folder: Path, small: SmallNetwork) -> None:
    names: list[str] = json.loads(small.files["vocabulary.json"])
    before = json.loads((folder / "config.json").read_text())
    after = json.loads(small.files["config.json"])
    assert [names[token] for token in after["suppress_ids"]] == [spelt("的")]
    assert [names[token] for token in after["lang_ids"]] == ["<|zh|>"]
    assert {k: v for k, v in after.items() if k not in ("suppress_ids", "lang_ids")} == {
        k: v for k, v in before.items() if k not in ("suppress_ids", "lang_ids")
    }


# --- what it writes


def written(model: Any, prompt: list[int], beam_size: int) -> list[tuple[list[int], float, float]]:
    features = np.random.default_rng(3).normal(0, 1, (6, MELS, 200)).astype(np.float32)
    encoded = model.encode(ctranslate2.StorageView.from_array(features))
    found = model.generate(
        encoded, [prompt] * 6, beam_size=beam_size, max_length=24, return_scores=True, return_no_speech_prob=True
    )
    return [(result.sequences_ids[0], result.scores[0], result.no_speech_prob) for result in found]


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize("timestamps", [True, False])
def test_it_writes_what_the_whole_one_writes(
    folder: Path, small: SmallNetwork, beam_size: int, timestamps: bool
) -> None:
    # the whole one may not write what the other cannot: its configuration suppresses those tokens
    options: dict[str, Any] = {"device": "cpu", "compute_type": "float32", "intra_threads": 1}
    whole = ctranslate2.models.Whisper(str(folder), **options)
    cut = ctranslate2.models.Whisper(str(folder), **options, files=small.files)
    tokens = tokens_of(folder)
    start = ["<|startoftranscript|>", "<|zh|>", "<|transcribe|>", *([] if timestamps else ["<|notimestamps|>"])]
    prompt = [tokens.index(text) for text in start]
    before = written(whole, prompt, beam_size)
    after = written(cut, small.vocabulary.to_network(prompt), beam_size)
    assert any(ids for ids, _, _ in before)
    assert [small.vocabulary.from_network(ids) for ids, _, _ in after] == [ids for ids, _, _ in before]


def test_the_decoder_gives_the_same_words_and_times_either_way(folder: Path, tmp_path: Path) -> None:
    # times and marks are suppressed too: a network of random weights would write little else
    home = shutil.copytree(folder, tmp_path / "chatty")
    tokens = tokens_of(home)
    config = json.loads((home / "config.json").read_text())
    config["suppress_ids"] += range(tokens.index("<|endoftext|>") + 1, len(tokens))
    (home / "config.json").write_text(json.dumps(config))
    network, whole = (WhisperNetwork(home, CPU, language="zh") for _ in range(2))
    assert network._loaded["zh"].vocabulary.kept is not None
    model = ctranslate2.models.Whisper(str(home), device="cpu", compute_type="float32", intra_threads=1)
    whole._loaded["zh"] = _Loaded(model, Vocabulary())
    rng = np.random.default_rng(5)
    windows = [rng.normal(0, 0.1, n).astype(np.float32) for n in (16000, 24000, 30000)]
    decoding = Decoding(beam_size=1, timestamps=False, no_repeat_ngram_size=1)
    one, other = (n.decode(windows, decoding, language="zh") for n in (network, whole))
    assert all(decoded.words for decoded in one)
    assert not any(word.strip() in decoded.text for word in DROPPED for decoded in one)
    assert [[(w.text, w.start, w.end) for w in decoded.words] for decoded in one] == [
        [(w.text, w.start, w.end) for w in decoded.words] for decoded in other
    ]


# --- where there is nothing to gain


@pytest.mark.parametrize("language", ["en", "yue", "auto", ""])
def test_other_languages_keep_the_whole_network(folder: Path, language: str) -> None:
    assert not can_cut(language)
    assert cut_to_language(folder, language) is None


def test_large_networks_stay_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (folder / "model.bin").stat().st_size
    monkeypatch.setattr(module, "LARGEST", size)
    assert cut_to_language(folder, "zh") is not None
    monkeypatch.setattr(module, "LARGEST", size - 1)
    assert cut_to_language(folder, "zh") is None


def test_a_network_that_is_not_cut_is_in_memory_once(folder: Path, tmp_path: Path) -> None:
    whole = WhisperNetwork(make_tiny_whisper(tmp_path, language="zh"), CPU, language="zh")
    assert whole._ready("zh") is whole._ready("en") is whole._ready("")
    cut = WhisperNetwork(folder, CPU, language="zh")
    assert cut._ready("zh") is not cut._ready("")


def test_weights_of_another_precision_stay_whole(tmp_path: Path) -> None:
    assert cut_to_language(make_tiny_whisper(tmp_path, language="zh"), "zh") is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vocabulary.json", None),
        ("vocabulary.json", "[1"),
        ("vocabulary.json", json.dumps(["a", "<|endoftext|>"])),
        ("config.json", None),
        ("config.json", "{"),
        ("model.bin", None),
        ("model.bin", "\6\0\0\0"),
    ],
)
def test_a_folder_that_is_not_whole_is_left_to_the_library(tmp_path: Path, name: str, content: str | None) -> None:
    folder = make_tiny_whisper(tmp_path, words=KEPT, language="zh", half=True)
    assert cut_to_language(folder, "zh") is not None
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    assert cut_to_language(folder, "zh") is None
