"""The engine sherpa without its library: files, tokens to words, times, guards; a scripted recogniser speaks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from asr_qa.asr import TRANSCRIBERS
from asr_qa.asr.onnxfile import PARAFORMER, SENSE_VOICE, TRANSDUCER, ZIPFORMER_CTC, ModelFiles, model_files
from asr_qa.asr.sherpa import Recognised, SherpaTranscriber, _recognised
from asr_qa.asr.words import Token, anchored, joined
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import UNINTELLIGIBLE, Transcript
from asr_qa.errors import ModelError
from asr_qa.pipeline.ports import SpokenChannel


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def text_field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def lay_out(
    folder: Path, model_type: str | None = "paraformer", names: Sequence[str] = ("model.int8.onnx",), **more: str
) -> Path:
    """A model's folder whose ONNX files have weights (here: nothing) and metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokens.txt").write_text("<blank> 0\n")
    graph = varint(1 << 3) + varint(8) + text_field(7, b"\x00" * 5000)
    about = {"model_type": model_type or "", "vocab_size": "1", "lfr_window_size": "7", "lfr_window_shift": "6"} | more
    pairs = [text_field(1, key.encode()) + text_field(2, value.encode()) for key, value in about.items() if value]
    for name in names:
        (folder / name).write_bytes(graph + b"".join(text_field(14, pair) for pair in pairs))
    return folder


@pytest.mark.parametrize(
    ("model_type", "kind"),
    [("sense_voice_ctc", SENSE_VOICE), ("paraformer", PARAFORMER), ("zipformer2_ctc", ZIPFORMER_CTC)],
)
def test_the_file_itself_says_what_kind_of_network_it_is(tmp_path: Path, model_type: str, kind: str) -> None:
    found = model_files(lay_out(tmp_path, model_type))
    assert (found.kind, found.precision, found.networks) == (kind, "int8", (tmp_path / "model.int8.onnx",))


def test_three_networks_are_a_transducer_and_int8_is_taken_unless_float_is_wanted(tmp_path: Path) -> None:
    parts = [f"{part}-epoch-20{end}.onnx" for part in ("joiner", "decoder", "encoder") for end in ("", ".int8")]
    lay_out(tmp_path, names=parts)
    int8, plain = model_files(tmp_path), model_files(tmp_path, prefer_int8=False)
    assert int8.kind == plain.kind == TRANSDUCER
    assert [path.name for path in int8.networks] == [
        f"{p}-epoch-20.int8.onnx" for p in ("encoder", "decoder", "joiner")
    ]
    assert [path.name for path in plain.networks] == [f"{p}-epoch-20.onnx" for p in ("encoder", "decoder", "joiner")]


def test_odd_tokens_are_tokens(tmp_path: Path) -> None:
    lay_out(tmp_path, vocab_size="6")
    (tmp_path / "tokens.txt").write_text("<blk> 0\n\u2028 1\n\u3000 2\n  3\n12 4\n▁don't\t5\r\n", encoding="utf-8")
    assert model_files(tmp_path).kind == PARAFORMER


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: (folder / "tokens.txt").unlink(), "lacks tokens.txt"),
        (lambda folder: (folder / "model.int8.onnx").unlink(), r"holds no \*.onnx file"),
        (lambda folder: (folder / "model.int8.onnx").write_bytes(b"<html>not found</html>"), "not a whole ONNX file"),
        (lambda folder: lay_out(folder, "moonshine"), "model_type 'moonshine' cannot be used; known: sense_voice_ctc"),
        (lambda folder: lay_out(folder, None), "model_type '' cannot be used"),
        (lambda folder: lay_out(folder, vocab_size=""), "its metadata lacks vocab_size; export the model"),
        (lambda folder: lay_out(folder, vocab_size="5"), "tokens.txt has 1 tokens, the network 5"),
        (
            lambda folder: (folder / "tokens.txt").write_text("<blank> 0\n<html>not found</html>\n"),
            "tokens.txt:2: is not",
        ),
        (lambda folder: (folder / "tokens.txt").write_bytes(b"\xff\xfe 0\n"), "tokens.txt: cannot be read"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path, break_it: Any, message: str) -> None:
    break_it(lay_out(tmp_path))
    with pytest.raises(ModelError, match=message):
        model_files(tmp_path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = lay_out(tmp_path) / "model.int8.onnx"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ModelError, match="not a whole ONNX file; check it with: asr-qa models verify"):
        model_files(tmp_path)


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    settings = {
        "device": "cpu",
        "compute_type": "auto",
        "threads": 1,
        "processes": 1,
        "beam_size": 5,
        "window": 15.0,
        "quality": "fast",
    }
    with pytest.raises(ModelError, match=r"pip install 'asr-qa\[sherpa\]'"):
        TRANSCRIBERS["sherpa"](lay_out(tmp_path), "x@0", **settings)


def tokens(*rows: tuple[str, float]) -> tuple[Token, ...]:
    return tuple(Token(text, start) for text, start in rows)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (tokens(("您", 0.1), ("好", 0.3), ("，", 0.4), ("请", 0.6)), [("您", 0.1), ("好，", 0.3), ("请", 0.6)]),
        (tokens((" he", 0.1), ("llo", 0.2), (" you", 0.5)), [("hello", 0.1), ("you", 0.5)]),
        (tokens((" he@@", 0.1), ("llo", 0.2), (" you", 0.5)), [("hello", 0.1), ("you", 0.5)]),
        (tokens(("订", 0.1), ("单", 0.2), ("1", 0.5), ("3", 0.6), ("号", 0.8)), [*"订单", "13", "号"]),
        (tokens(("。", 0.0), ("好", 0.3)), [("好", 0.3)]),
        (tokens((" ", 0.0), ("好", 0.3), (" ", 0.5)), [("好", 0.3)]),
    ],
    ids=["marks", "blank begins a word", "@@ goes on", "digits", "mark first", "only blanks"],
)
def test_tokens_become_words(given: tuple[Token, ...], words: list[Any]) -> None:
    found = joined(given)
    assert [word.text for word in found] == [word if isinstance(word, str) else word[0] for word in words]
    assert [(w.text, w.start) for w, row in zip(found, words, strict=True) if not isinstance(row, str)] == [
        row for row in words if not isinstance(row, str)
    ]


def test_words_without_readable_tokens_get_the_times_there_are() -> None:
    within = Segment(0.0, 2.0)
    assert [(w.text, w.start) for w in anchored("您好吗", [0.2, 0.5, 1.0], within)] == [
        ("您", 0.2),
        ("好", 0.5),
        ("吗", 1.0),
    ]
    assert [w.start for w in anchored("您好", [0.2, 0.5, 1.0, 1.5], within)] == [0.2, 1.0]
    assert [w.start for w in anchored("您好吗呢", [], within)] == [0.0, 0.5, 1.0, 1.5]


def test_paraformers_words_of_letters_stand_apart() -> None:
    result = SimpleNamespace(text="用 app hello", tokens=["用", "app", "he@@", "llo"], timestamps=[0.1, 0.3, 0.6, 0.7])
    found = _recognised(result, PARAFORMER)
    assert [word.text for word in joined(found.tokens)] == ["用", "app", "hello"]


def test_probabilities_are_taken_where_the_network_gives_them() -> None:
    result = SimpleNamespace(text="您好", tokens=["您", "好"], timestamps=[0.1, 0.3], ys_log_probs=[0.0, -0.6931472])
    assert [token.probability for token in _recognised(result, TRANSDUCER).tokens] == pytest.approx([1.0, 0.5])


class Scripted:
    """Says for each stretch what is written for its length in tenths of a second (without margins and tail)."""

    def __init__(self, script: dict[int, Recognised]) -> None:
        self.script = script

    def __call__(self, model: ModelFiles, *, device: str, threads: int) -> Scripted:
        return self

    def decode(self, audio: Sequence[np.ndarray], *, language: str) -> list[Recognised]:
        return [self.script[round((len(one) / 16000 - 0.6) * 10)] for one in audio]


def heard(
    folder: Path, script: dict[int, Recognised], *speech: tuple[float, float], language: str = "zh"
) -> Transcript:
    engine = SherpaTranscriber(lay_out(folder), "toy@0", load=Scripted(script))
    silence = np.zeros(30 * 16000, dtype=np.int16)
    track = tuple(Segment(*part) for part in speech)
    return engine.transcribe([SpokenChannel(Role.AGENT, silence, track)], language=language)


def test_words_lie_on_the_recording_clock_inside_their_piece(tmp_path: Path) -> None:
    # The window begins 0.15 s before the piece; 0.0 lies before it, 9.9 after it.
    script = {10: Recognised("您好吗呢", tokens(("您", 0.0), ("好", 0.55), ("吗", 0.45), ("呢", 9.9)))}
    (said,) = heard(tmp_path, script, (20.0, 21.0)).utterances
    times = [(word.text, round(word.start, 2), round(word.end, 2)) for word in said.words]
    assert times == [("您", 20.0, 20.4), ("好", 20.4, 20.4), ("吗", 20.4, 21.0), ("呢", 21.0, 21.0)]


def test_long_speech_without_words_is_unintelligible_and_short_is_left_out(tmp_path: Path) -> None:
    script = {20: Recognised(""), 5: Recognised("。")}
    said = heard(tmp_path, script, (1.0, 3.0), (5.0, 5.5)).utterances
    assert [(u.start, u.end, u.text, u.status) for u in said] == [(1.0, 3.0, "", UNINTELLIGIBLE)]


@pytest.mark.parametrize(
    "text", ["谢谢观看", "好的吧" * 8, "我想问一下订单" * 3, "好"], ids=["invented", "loop", "too fast", "dropped"]
)
def test_what_the_guards_doubt_is_unintelligible(tmp_path: Path, text: str) -> None:
    length = 40 if text == "好" else 12
    (said,) = heard(tmp_path, {length: Recognised(text)}, (1.0, 1.0 + length / 10)).utterances
    assert (said.status, said.text) == (UNINTELLIGIBLE, "")


def test_traditional_characters_are_folded_and_kept_in_the_raw_text(tmp_path: Path) -> None:
    (said,) = heard(tmp_path, {10: Recognised("訂單號")}, (1.0, 2.0)).utterances
    assert (said.text, said.raw_text) == ("订单号", "訂單號")


def test_auto_is_the_language_spoken_longest(tmp_path: Path) -> None:
    script = {
        10: Recognised("hello", language="en"),
        30: Recognised("您好请讲", language="yue"),
        20: Recognised("", language="nospeech"),
    }
    speech = (1.0, 2.0), (4.0, 7.0), (10.0, 12.0)
    assert heard(tmp_path, script, *speech, language="auto").language == "yue"
    assert heard(tmp_path, {20: Recognised("x", language="nospeech")}, speech[2], language="auto").language == "zh"
