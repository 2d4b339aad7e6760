"""Voices on one channel: the parts of the diarizer, from numbers and sounds made for the test."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from voice_weights import HIDDEN, MAGIC, weights, write_checkpoint

from asr_qa.core.segment import Segment, total
from asr_qa.diarize.checkpoint import read_checkpoint
from asr_qa.diarize.cluster import split_in_two
from asr_qa.diarize.mel import BANDS, mel_frames
from asr_qa.diarize.onnxgraph import encoder_graph
from asr_qa.diarize.resegment import change_costs, cheapest_path
from asr_qa.diarize.voices import has_third_voice, steadied, two_voices
from asr_qa.diarize.windows import LENGTH, STEP, Windows, mask, power_of, slide
from asr_qa.errors import ModelError

# --- a checkpoint in the old format


def test_a_checkpoint_gives_its_tensors_back(tmp_path: Path) -> None:
    written = weights()
    read = read_checkpoint(write_checkpoint(tmp_path / "w.pt", written), "model_state")
    assert read.keys() == written.keys()
    for name, values in written.items():
        np.testing.assert_array_equal(read[name], values)


def test_a_checkpoint_that_wants_to_run_something_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "made"),)

    path = tmp_path / "evil.pt"
    with path.open("wb") as stream:
        for part in (MAGIC, 1001, {"little_endian": True}, {"model_state": Evil()}):
            pickle.dump(part, stream, protocol=2)
    with pytest.raises(ModelError, match=r"it names posix\.mkdir"):
        read_checkpoint(path, "model_state")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("heads", [[1001, [], {}], [1001, {"little_endian": True}, []], [{}, {}, {}]])
def test_objects_of_another_kind_are_refused(tmp_path: Path, heads: list[object]) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"".join(pickle.dumps(head, protocol=2) for head in [MAGIC, *heads, []]))
    with pytest.raises(ModelError, match=r"w\.pt: is not a checkpoint of plain tensors"):
        read_checkpoint(path, "model_state")


@pytest.mark.parametrize("keep", [0, 5, 40, 300, -100])
def test_a_checkpoint_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    path = write_checkpoint(tmp_path / "w.pt", weights())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"w\.pt.*pull the model again"):
        read_checkpoint(path, "model_state")


def test_something_else_is_no_checkpoint(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "w.pt", weights(), magic=7)
    with pytest.raises(ModelError, match="wrong format"):
        read_checkpoint(path, "model_state")
    with pytest.raises(ModelError, match="cannot be read"):
        read_checkpoint(tmp_path / "none.pt", "model_state")


# --- the network


def lstm_by_hand(mels: np.ndarray[Any, Any], tensors: Mapping[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """One window, shape (frames, bands), through the equations of the LSTM one step at a time."""
    inputs = [np.asarray(frame, np.float64) for frame in mels]
    for layer in range(3):
        state, cell, outputs = np.zeros(HIDDEN), np.zeros(HIDDEN), []
        for frame in inputs:
            gates = tensors[f"lstm.weight_ih_l{layer}"] @ frame + tensors[f"lstm.bias_ih_l{layer}"]
            gates = gates + tensors[f"lstm.weight_hh_l{layer}"] @ state + tensors[f"lstm.bias_hh_l{layer}"]
            i, f, g, o = np.split(gates, 4)
            cell = cell / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            state = np.tanh(cell) / (1 + np.exp(-o))
            outputs.append(state)
        inputs = outputs
    return np.asarray(np.maximum(tensors["linear.weight"] @ inputs[-1] + tensors["linear.bias"], 0))


def test_the_graph_is_valid_onnx_and_computes_the_lstm() -> None:
    tensors = weights(bands=6)
    graph = encoder_graph(tensors, layers=3)
    onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    mels = np.random.default_rng(1).random((7, 2, 6), dtype=np.float32)
    (voices,) = session.run(None, {"mels": mels})
    expected = np.stack([lstm_by_hand(mels[:, window], tensors) for window in range(2)])
    np.testing.assert_allclose(voices, expected, atol=1e-5)


def test_mel_bands_of_a_tone_peak_where_it_lies() -> None:
    time = np.arange(16000) / 16000
    low, high = (mel_frames((8000 * np.sin(2 * np.pi * f * time)).astype(np.int16)) for f in (400.0, 3000.0))
    assert low.shape == (100, BANDS)
    # Slaney's scale: 200/3 Hz to the mel below 1 kHz, so 400 Hz is mel 6; 45.2 mels over 41 steps.
    assert abs(int(low[50].argmax()) - 4) <= 1
    assert int(high[50].argmax()) > int(low[50].argmax()) + 10


def test_mel_frames_do_not_depend_on_how_they_are_cut() -> None:
    noise = np.random.default_rng(3).normal(0, 2000, 16000 * 70).astype(np.int16)
    whole = mel_frames(noise)
    np.testing.assert_allclose(mel_frames(noise[16000 * 55 :])[20:400], whole[5520:5900], rtol=1e-4)


# --- windows


def test_windows_slide_over_long_stretches_and_cover_short_ones() -> None:
    windows = slide((Segment(1.0, 4.0), Segment(6.0, 6.4)), frames=1000)
    assert windows.starts[0] == 100
    assert windows.starts[-2] == 300
    assert np.diff(windows.starts[:-1]).max() <= STEP
    assert windows.starts[-1] == 570
    assert windows.full.tolist() == [True] * (len(windows) - 1) + [False]


@pytest.mark.parametrize("speech", [(), (Segment(0.0, 0.5),)])
def test_no_window_in_nothing_or_in_less_than_a_window(speech: tuple[Segment, ...]) -> None:
    assert len(slide(speech, frames=LENGTH - 1)) == 0


def test_windows_stay_inside_the_recording() -> None:
    windows = slide((Segment(0.0, 0.2), Segment(2.9, 3.0)), frames=300)
    assert windows.starts.tolist() == [0, 200]


# --- changes at pauses


def test_a_change_is_laid_into_the_pause_nearby() -> None:
    spoken = mask((Segment(0.0, 2.0), Segment(2.2, 4.0)), 400)
    power = np.where(spoken, 1e-2, 1e-6).astype(np.float32)
    lean = np.clip((np.arange(400) - 180) / 50, -1, 1) * spoken  # what the windows say turns 0.2 s too early
    path = cheapest_path(lean, change_costs(spoken, power))
    assert 200 <= int(np.argmax(path)) <= 220
    assert not path[:200].any()
    assert path[220:].all()


def test_a_moment_of_doubt_is_no_change() -> None:
    lean = np.full(300, -0.8)
    lean[140:155] = 0.9
    spoken = np.ones(300, np.bool_)
    assert not cheapest_path(lean, change_costs(spoken, np.full(300, 1e-2, np.float32))).any()


def test_power_of_full_scale_is_one() -> None:
    assert power_of(np.full(480, -32768, np.int16)).tolist() == [1.0, 1.0, 1.0]


# --- how many voices


def cloud(rng: np.random.Generator, centre: np.ndarray[Any, Any], count: int, spread: float) -> np.ndarray[Any, Any]:
    found = centre + spread * rng.normal(size=(count, len(centre))) / np.sqrt(len(centre))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def axes(size: int, count: int) -> list[np.ndarray[Any, Any]]:
    return list(np.eye(size)[:count])


def test_one_voice_is_not_two_and_two_are() -> None:
    rng = np.random.default_rng(4)
    one, other = axes(64, 2)
    alone = split_in_two(cloud(rng, one, 120, 0.4))
    both = split_in_two(np.concatenate([cloud(rng, one, 80, 0.4), cloud(rng, other, 40, 0.4)]))
    assert alone is not None
    assert both is not None
    assert two_voices(alone) is None
    assert (two_voices(both) or 0) > 0.9


def test_two_voices_that_are_much_alike_are_unsure() -> None:
    rng = np.random.default_rng(5)
    one, other = axes(64, 2)
    near = 0.9 * one + np.sqrt(1 - 0.9**2) * other
    split = split_in_two(np.concatenate([cloud(rng, one, 60, 0.1), cloud(rng, near, 60, 0.1)]))
    assert split is not None
    assert 0.5 < (two_voices(split) or 0) < 0.95


@pytest.mark.parametrize(
    ("turn", "count", "raised"),
    [(20, 6, True), (2, 60, False), (10, 6, False)],  # turns of six seconds; back and forth; too little to tell by
)
def test_alike_parts_are_two_voices_where_they_take_turns(turn: int, count: int, *, raised: bool) -> None:
    rng = np.random.default_rng(8)
    one, other = axes(64, 2)
    near = 0.9 * one + np.sqrt(1 - 0.9**2) * other
    half = turn * count // 2
    second = np.repeat(np.arange(count) % 2 == 1, turn)
    vectors = np.zeros((turn * count, 64), np.float32)
    vectors[~second], vectors[second] = cloud(rng, one, half, 0.1), cloud(rng, near, half, 0.1)
    split = split_in_two(vectors)
    assert split is not None
    told = steadied(0.7, split, Windows(np.arange(len(vectors)) * STEP, np.ones(len(vectors), np.bool_)))
    assert told == (pytest.approx(0.98) if raised else 0.7)


@pytest.mark.parametrize(("together", "third"), [(True, True), (False, False)])
def test_a_third_voice_speaks_for_a_while(*, together: bool, third: bool) -> None:
    rng = np.random.default_rng(6)
    one, other, last = axes(64, 3)
    near = 0.7 * other + np.sqrt(1 - 0.7**2) * last
    vectors = np.concatenate([cloud(rng, one, 80, 0.2), cloud(rng, other, 60, 0.2), cloud(rng, near, 30, 0.2)])
    # Windows of a third voice stand in a row; those of two voices at once come one by one.
    starts = np.arange(170) * STEP if together else np.concatenate([np.arange(140) * STEP, 5000 + np.arange(30) * 500])
    split = split_in_two(vectors)
    assert split is not None
    assert has_third_voice(split, vectors, Windows(starts, np.ones(170, np.bool_))) is third


@pytest.mark.parametrize(("mixed", "third"), [(False, True), (True, False)])
def test_a_voice_much_like_another_is_a_third_one_where_it_comes_after_it(*, mixed: bool, third: bool) -> None:
    rng = np.random.default_rng(7)
    one, other, last = axes(64, 3)
    near = 0.92 * other + np.sqrt(1 - 0.92**2) * last
    before, after = cloud(rng, other, 60, 0.1), cloud(rng, near, 60, 0.1)
    # Mixed: ten windows of either in turn, as one voice that sounds now like this, now like that.
    turns = np.arange(120).reshape(2, 6, 10).transpose(1, 0, 2).ravel() if mixed else np.arange(120)
    vectors = np.concatenate([cloud(rng, one, 100, 0.1), np.concatenate([before, after])[turns]])
    split = split_in_two(vectors)
    assert split is not None
    windows = Windows(np.arange(220) * STEP, np.ones(220, np.bool_))
    assert has_third_voice(split, vectors, windows) is third


def test_total_of_masks_is_the_track() -> None:
    track = (Segment(0.5, 1.25), Segment(2.0, 2.5))
    assert mask(track, 300).sum() / 100 == pytest.approx(total(track))
