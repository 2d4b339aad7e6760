"""How windows are put together, searched and taken apart again when memory runs out.

The network is stood in for by one that knows windows by their loudness; all around it is the real thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_whisper import BYTES, MELS, make_tiny_whisper

from asr_qa.asr.ctranslate import Decoding, WhisperNetwork, _Loaded, padded_seconds
from asr_qa.asr.device import Device
from asr_qa.asr.packing import Audio
from asr_qa.asr.vocabulary import Vocabulary
from asr_qa.errors import TranscriptionError

LETTERS = "ABCDEFGH"
SURE, UNSURE = -0.1, -0.9
CUDA_ERROR = RuntimeError("CUDA failed with error out of memory")


def window(index: int, seconds: float = 1.0) -> Audio:
    """Noise by whose loudness the stand-in knows its number; each is half as loud as the one before."""
    noise = np.random.default_rng(index).uniform(-1.0, 1.0, int(seconds * 16000))
    return (noise * 0.9 * 0.5**index).astype(np.float32)


PADDED = padded_seconds([window(0)], Decoding())
"""Seconds that a window of one second is decoded as."""


@dataclass
class StandIn:
    """In place of ctranslate2.models.Whisper: writes "A" for the loudest window, "B" for the next, and so on.

    A beam writes the small letter.
    """

    n_mels: int = MELS
    is_multilingual: bool = True
    room: int = 1000
    """Windows that can be searched at once before memory runs out."""
    error: Exception = field(default_factory=lambda: CUDA_ERROR)
    unsure: str = ""
    """Letters of the windows of which the greedy search is not sure."""
    encoded: list[int] = field(default_factory=list)
    """Windows of each call."""
    searched: list[tuple[int, int]] = field(default_factory=list)
    """Windows and beam size of each call that went well."""
    failed: list[int] = field(default_factory=list)
    """Windows of each call that ran out of memory."""

    def encode(self, features: Any, *, to_cpu: bool) -> Any:
        loudness = np.array(features).max(axis=(1, 2))
        self.encoded.append(len(loudness))
        return np.broadcast_to(loudness[:, None, None], (len(loudness), features.shape[2] // 2, 2)).copy()

    def generate(self, encoded: Any, prompts: list[list[int]], *, beam_size: int, **options: Any) -> list[Any]:
        loudness = np.array(encoded)[:, 0, 0]
        assert len(prompts) == len(loudness)
        if len(loudness) > self.room:
            self.failed.append(len(loudness))
            raise self.error
        self.searched.append((len(loudness), beam_size))
        return [self._result(LETTERS[self._number(level)], beam_size) for level in loudness]

    def align(self, encoded: Any, start: list[int], texts: list[list[int]], frames: list[int]) -> list[Any]:
        assert len(texts) == len(frames) == np.array(encoded).shape[0]
        return [
            SimpleNamespace(
                alignments=[(step, 5 * step) for step in range(len(text) + 1)], text_token_probs=[0.5] * len(text)
            )
            for text in texts
        ]

    def _number(self, level: float) -> int:
        return int(np.abs(LEVELS - level).argmin())

    def _result(self, letter: str, beam_size: int) -> Any:
        score = UNSURE if letter in self.unsure and beam_size == 1 else SURE
        written = letter if beam_size == 1 else letter.lower()
        return SimpleNamespace(sequences_ids=[[BYTES.index(written)]], scores=[score], no_speech_prob=0.02)


def _levels() -> Any:
    from faster_whisper.feature_extractor import FeatureExtractor

    extract = FeatureExtractor(feature_size=MELS)
    return np.array([extract(window(index), padding=0).max() for index in range(len(LETTERS))])


LEVELS = _levels()
Made = Callable[..., tuple[WhisperNetwork, StandIn]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_whisper(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def make(folder: Path) -> Made:
    def made(*, windows: int | None = None, **stand_in: Any) -> tuple[WhisperNetwork, StandIn]:
        """A network with memory for so many windows of a second, searched greedily."""
        cpu = Device(device="cpu", compute_type="float32", threads=1)
        network = WhisperNetwork(folder, cpu, language="en", memory=2**40)
        model = StandIn(**stand_in)
        network._loaded[""] = _Loaded(model, Vocabulary())
        if windows is not None:
            network._memory = int(windows * PADDED * 50 * network._shape.width * 2 * 4) + 1
            assert network.room(PADDED) == windows
        return network, model

    return made


def texts(network: WhisperNetwork, *, count: int = 8, **decoding: Any) -> str:
    how = Decoding(**{"beam_size": 1, **decoding})
    return "".join(d.text for d in network.decode([window(i) for i in range(count)], how, language="en"))


# --- memory


def test_windows_are_known_by_their_loudness(make: Made) -> None:
    network, model = make()
    assert texts(network) == LETTERS
    assert model.searched == [(8, 1)]
    assert model.encoded == [1] * 8, "a processor encodes them one by one"


@pytest.mark.parametrize(
    ("room", "groups"), [(1, [1] * 8), (2, [2, 2, 2, 2]), (3, [3, 3, 2]), (7, [7, 1]), (8, [8]), (99, [8])]
)
def test_groups_are_as_large_as_memory_allows(make: Made, room: int, groups: list[int]) -> None:
    network, model = make(windows=room)
    assert texts(network) == LETTERS
    assert [count for count, _ in model.searched] == groups


def test_longer_windows_come_in_smaller_groups(make: Made) -> None:
    network, model = make(windows=8)
    how = Decoding(beam_size=1)
    found = network.decode([window(i, seconds=2 * PADDED - 0.8) for i in range(8)], how, language="en")
    assert "".join(decoded.text for decoded in found) == LETTERS
    assert [count for count, _ in model.searched] == [4, 4]


@pytest.mark.parametrize("error", [CUDA_ERROR, RuntimeError("CUBLAS_STATUS_ALLOC_FAILED"), MemoryError("bad alloc")])
@pytest.mark.parametrize(("room", "tried"), [(4, [8]), (3, [8, 4, 4]), (1, [8, 4, 2, 2, 4, 2, 2])])
def test_out_of_memory_halves_the_group_and_goes_on(make: Made, error: Exception, room: int, tried: list[int]) -> None:
    network, model = make(windows=8, room=room, error=error)
    assert texts(network) == LETTERS
    assert model.failed == tried
    assert max(count for count, _ in model.searched) <= room


@pytest.mark.parametrize(("room", "groups"), [(4, [4, 4]), (3, [2, 2, 2, 2]), (1, [1] * 8)])
def test_what_did_not_fit_is_not_tried_again_and_no_memory_is_given_away(
    make: Made, room: int, groups: list[int]
) -> None:
    network, model = make(windows=8, room=room)
    texts(network)
    model.failed.clear()
    model.searched.clear()
    assert texts(network) == LETTERS
    assert (model.failed, [count for count, _ in model.searched]) == ([], groups)


def test_a_single_window_that_does_not_fit_is_an_error_in_words(make: Made) -> None:
    network, model = make(windows=4, room=0)
    with pytest.raises(TranscriptionError, match="the recogniser failed: CUDA failed with error out of memory"):
        texts(network)
    assert model.failed == [4, 2, 1]


@pytest.mark.parametrize("error", [RuntimeError("an illegal memory access was encountered"), ValueError("bad shape")])
def test_another_failure_is_not_tried_again(make: Made, error: Exception) -> None:
    network, model = make(room=0, error=error)
    with pytest.raises(TranscriptionError, match=str(error)):
        texts(network)
    assert model.failed == [8]


# --- greedy first, a beam where it is unsure


def test_a_beam_is_searched_only_where_the_greedy_search_is_unsure(make: Made) -> None:
    network, model = make(unsure="BEF")
    assert texts(network, beam_size=5, sure=-0.5) == "AbCDefGH"
    assert model.searched == [(8, 1), (3, 5)]
    assert model.encoded == [1] * 8, "nothing is encoded twice"


@pytest.mark.parametrize(("sure", "searched"), [(-0.5, [(8, 1)]), (-0.05, [(8, 1), (8, 5)]), (0.0, [(8, 5)])])
def test_sure_says_from_where_no_beam_is_searched(make: Made, sure: float, searched: list[tuple[int, int]]) -> None:
    network, model = make()
    letters = LETTERS if searched == [(8, 1)] else LETTERS.lower()
    assert texts(network, beam_size=5, sure=sure) == letters
    assert model.searched == searched


def test_a_beam_of_one_is_greedy_however_unsure(make: Made) -> None:
    network, model = make(unsure=LETTERS)
    assert texts(network, beam_size=1, sure=-0.5) == LETTERS
    assert model.searched == [(8, 1)]


def test_beams_come_in_smaller_groups(make: Made) -> None:
    network, model = make(windows=10, unsure="ABCDE")
    assert texts(network, beam_size=5, sure=-0.5) == "abcdeFGH"
    assert model.searched == [(8, 1), (2, 5), (2, 5), (1, 5)]


def test_the_score_of_a_window_is_that_of_the_search_that_was_kept(make: Made) -> None:
    network, _ = make(unsure="AB")
    how = Decoding(beam_size=5, sure=-0.5)
    scores = [d.log_probability for d in network.decode([window(i) for i in range(3)], how, language="en")]
    assert scores == [SURE] * 3
    how = Decoding(beam_size=1)
    scores = [d.log_probability for d in network.decode([window(i) for i in range(3)], how, language="en")]
    assert scores == [UNSURE, UNSURE, SURE]


def test_a_language_the_model_does_not_know_is_an_error_in_words(make: Made) -> None:
    network, _ = make()
    with pytest.raises(TranscriptionError, match="elvish"):
        network.decode([window(0)], Decoding(), language="elvish")
