"""The file of weights is read as it was written, and a damaged one is refused in words."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_whisper import make_tiny_whisper

from asr_qa.asr.modelfile import FORMAT, ModelFile, Variable, read_model
from asr_qa.errors import ModelError

NAMES = st.text(max_size=12)
VARIABLES = st.builds(
    Variable,
    name=NAMES,
    shape=st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple),
    dtype=st.integers(0, 255),
    data=st.binary(max_size=40).map(memoryview),
)
MODELS = st.builds(
    ModelFile,
    architecture=NAMES,
    revision=st.integers(0, 2**32 - 1),
    variables=st.lists(VARIABLES, max_size=4).map(tuple),
    aliases=st.lists(st.tuples(NAMES, NAMES), max_size=3).map(tuple),
)
SMALL = ModelFile(
    "WhisperSpec",
    3,
    (
        Variable("decoder/embeddings/weight", (2, 3), 4, memoryview(bytes(range(12)))),
        Variable("scale", (), 0, memoryview(b"\1\2\3\4")),
    ),
    (("decoder/projection/weight", "decoder/embeddings/weight"),),
)


def reread(data: bytes) -> ModelFile:
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.bin")
        path.write_bytes(data)
        return read_model(path)


@settings(max_examples=60, deadline=None)
@given(MODELS)
def test_what_is_written_is_read_again(model: ModelFile) -> None:
    assert reread(model.to_bytes()) == model


def test_a_file_of_ctranslate2_comes_back_byte_for_byte(tmp_path: Path) -> None:
    path = make_tiny_whisper(tmp_path / "tiny") / "model.bin"
    model = read_model(path)
    assert model.to_bytes() == path.read_bytes()
    assert model.architecture == "WhisperSpec"
    table = model.find("decoder/embeddings/weight")
    assert table is not None
    assert len(table.data) == table.shape[0] * table.shape[1] * 4
    assert model.find("no/such") is None
    assert "encoder/conv1/weight" in model.names


def test_a_file_cut_off_anywhere_is_no_model(tmp_path: Path) -> None:
    whole = SMALL.to_bytes()
    path = tmp_path / "model.bin"
    path.write_bytes(whole)
    assert read_model(path) == SMALL
    for end in range(len(whole)):
        path = tmp_path / f"{end}.bin"
        path.write_bytes(whole[:end])
        with pytest.raises(ModelError, match=f"{end}.bin: this is no whole CTranslate2 model .* asr-qa models verify"):
            read_model(path)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SMALL.to_bytes()) - 1), st.integers(0, 255))
def test_a_damaged_byte_is_a_model_or_an_error_in_words(at: int, byte: int) -> None:
    damaged = bytearray(SMALL.to_bytes())
    damaged[at] = byte
    with suppress(ModelError):  # and nothing else
        reread(bytes(damaged))


@pytest.mark.parametrize("version", [0, FORMAT - 1, FORMAT + 1, 2**32 - 1])
def test_another_version_is_refused(version: int) -> None:
    with pytest.raises(ModelError, match=f"format {version}, not {FORMAT}"):
        reread(struct.pack("<I", version) + SMALL.to_bytes()[4:])


def test_a_file_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.bin"):
        read_model(tmp_path / "gone.bin")


def test_replacing_changes_one_variable_and_no_other() -> None:
    other = Variable("scale", (1,), 0, memoryview(b"\5\6\7\0"))
    changed = SMALL.replacing(other)
    assert changed.variables == (SMALL.variables[0], other)
    assert (changed.aliases, changed.architecture) == (SMALL.aliases, SMALL.architecture)
    assert SMALL.replacing(Variable("new", (), 0, memoryview(b""))) == SMALL
