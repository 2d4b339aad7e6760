"""Where the network runs: cards that are not here are stood in for by a script in place of the driver's tool."""

from __future__ import annotations

import os
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_whisper import WIDTH, make_tiny_whisper

from asr_qa.asr.device import (
    CPU_MEMORY,
    GPU_SHARE,
    LARGE,
    Device,
    Shape,
    free_card_memory,
    is_out_of_memory,
    memory_for_windows,
    resolve,
    shape_of,
)
from asr_qa.asr.modelfile import ModelFile, Variable
from asr_qa.bootstrap import build_stages
from asr_qa.cli.app import run
from asr_qa.config import AsrSettings, Settings, shipped
from asr_qa.errors import ConfigurationError

MEGABYTE = 2**20
TWO_CARDS = 'case "$*" in *--query-gpu=memory.free*--id=0*) echo 4000;; *--id=1*) echo 9000;; *) echo none;; esac'


def tool(folder: Path, script: str) -> str:
    """A stand-in for nvidia-smi."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


# --- the driver's tool


@pytest.mark.parametrize(("index", "free"), [(0, 4000 * MEGABYTE), (1, 9000 * MEGABYTE), (2, None)])
def test_free_memory_is_that_of_the_card_asked_for(tmp_path: Path, index: int, free: int | None) -> None:
    assert free_card_memory(index, command=tool(tmp_path, TWO_CARDS)) == free


@pytest.mark.parametrize(
    "script",
    ["echo", "echo [N/A]", "echo 4000; exit 9", "echo 'No devices were found'", "printf '\\377\\376'", "kill -9 $$"],
)
def test_a_tool_that_tells_nothing_is_no_error(tmp_path: Path, script: str) -> None:
    assert free_card_memory(command=tool(tmp_path, script)) is None


def test_a_tool_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    assert free_card_memory(command=tool(tmp_path, "exec sleep 600"), timeout=0.2) is None


def test_no_tool_at_all_is_no_error(tmp_path: Path) -> None:
    assert free_card_memory(command=str(tmp_path / "nvidia-smi")) is None


# --- what is meant


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two cards."""
    supported = {"cuda": {"float32", "float16", "int8_float16"}, "cpu": {"float32", "int8"}}
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 2)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda where: supported[where])


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("device", "meant", "index"),
    [
        (Device(), ("cuda", "float16"), 0),
        (Device(device="cuda:1"), ("cuda", "float16"), 1),
        (Device(device="cuda:1", compute_type="int8_float16"), ("cuda", "int8_float16"), 1),
        (Device(device="cpu"), ("cpu", "int8"), 0),
        (Device(device="cpu", compute_type="float32"), ("cpu", "float32"), 0),
    ],
)
def test_auto_means_the_card_and_half_precision(device: Device, meant: tuple[str, str], index: int) -> None:
    assert (resolve(device), device.index) == (meant, index)


@pytest.mark.parametrize(
    ("supported", "best"),
    [
        ({"float32", "float16", "int8_float16", "int8"}, "float16"),
        ({"float32", "int8_float16", "int8"}, "int8_float16"),
        ({"float32", "int8"}, "int8"),
        ({"float32"}, "float32"),
    ],
)
def test_an_older_card_computes_in_what_it_can(monkeypatch: pytest.MonkeyPatch, supported: set[str], best: str) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda where: supported)
    assert resolve(Device()) == ("cuda", best)


def test_without_a_card_auto_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert resolve(Device()) == ("cpu", "int8")
    assert memory_for_windows(Device()) == CPU_MEMORY


@pytest.mark.parametrize(("count", "device"), [(0, "cuda"), (1, "cuda:1"), (2, "cuda:7")])
def test_a_card_that_is_not_there_is_an_error_in_words(
    monkeypatch: pytest.MonkeyPatch, count: int, device: str
) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: count)
    with pytest.raises(ConfigurationError, match=rf"device {device}: of {count} cards .* ASR_QA_ASR__DEVICE"):
        resolve(Device(device=device))


def test_a_run_on_a_card_that_is_not_there_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setenv("ASR_QA_ASR__MODEL", str(make_tiny_whisper(tmp_path / "tiny")))
    monkeypatch.setenv("ASR_QA_ASR__DEVICE", "cuda:1")
    monkeypatch.setenv("ASR_QA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ASR_QA_CACHE_DIR", str(tmp_path / "cache"))
    assert run(["process", str(shipped("sample_audio") / "rude-words.wav")]) == 1
    assert "设备 cuda:1：这里能用的显卡有 1 块" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize(
    ("device", "processes", "free"), [("cuda", 1, 4000), ("cuda:1", 1, 9000), ("cuda:1", 3, 3000), ("cuda:1", 0, 9000)]
)
def test_processes_of_a_card_share_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, processes: int, free: int
) -> None:
    tool(tmp_path, TWO_CARDS)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    taken = memory_for_windows(Device(device=device, processes=processes))
    assert taken == pytest.approx(free * MEGABYTE * GPU_SHARE, abs=1)


@pytest.mark.usefixtures("cards")
def test_a_card_that_tells_nothing_is_given_as_much_as_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert memory_for_windows(Device(device="cuda")) == CPU_MEMORY


def test_workers_of_a_run_are_the_processes_of_the_device(tmp_path: Path) -> None:
    folder = make_tiny_whisper(tmp_path / "tiny")
    settings = Settings(asr=AsrSettings(model=str(folder), device="cuda:1", threads=2), cache_dir=tmp_path / "cache")
    device = build_stages(settings, workers=3).transcriber._device  # type: ignore[attr-defined]
    assert device == Device(device="cuda:1", compute_type="auto", threads=2, processes=3)


# --- sizes


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("std::bad_alloc"), True),
        (MemoryError(), True),
        (np.exceptions.AxisError("axis 1 is out of bounds"), False),
        (RuntimeError("CUDA failed with error an illegal memory access was encountered"), False),
        (ValueError("invalid input"), False),
    ],
)
def test_want_of_memory_is_told_from_other_failures(error: Exception, is_memory: bool) -> None:
    assert is_out_of_memory(error) is is_memory


@given(st.floats(0.0, 30.0), st.integers(0, 2**36), st.integers(1, 10), st.integers(1, 32))
def test_more_memory_never_has_less_room(seconds: float, memory: int, beam_size: int, layers: int) -> None:
    shape = Shape(layers, 512)
    room = shape.room(seconds, memory, beam_size=beam_size)
    assert room >= 1
    assert shape.room(seconds, 2 * memory, beam_size=beam_size) >= room
    assert shape.room(seconds + 1.0, memory, beam_size=beam_size) <= room
    assert shape.room(seconds, memory, beam_size=beam_size + 1) <= room
    assert LARGE.room(seconds, memory, beam_size=beam_size) <= room


def test_room_is_what_keys_and_values_take() -> None:
    # 10 s are 500 positions; of each 512 numbers of 4 bytes, as key and as value, in 6 layers
    one = 500 * 512 * 4 * 2 * 6
    assert Shape(6, 512).room(10.0, 7 * one) == 7
    assert Shape(6, 512).room(10.0, 7 * one - 1) == 6
    assert Shape(6, 512).room(10.0, 35 * one, beam_size=5) == 7
    assert Shape(6, 512).room(10.0, 0) == 1


def test_the_shape_is_read_from_the_weights(tmp_path: Path) -> None:
    assert shape_of(make_tiny_whisper(tmp_path / "tiny")) == Shape(1, WIDTH)


def test_a_network_of_unknown_shape_is_taken_for_the_largest(tmp_path: Path) -> None:
    assert shape_of(tmp_path / "gone") == LARGE
    path = tmp_path / "model.bin"
    for variables in ((), (Variable("decoder/layer_0/x", (1,), 0, memoryview(b"1234")),)):
        path.write_bytes(ModelFile("WhisperSpec", 3, variables, ()).to_bytes())
        assert shape_of(tmp_path) == LARGE
    path.write_bytes(b"\6\0\0\0")
    assert shape_of(tmp_path) == LARGE
