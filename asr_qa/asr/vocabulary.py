"""A Whisper network that knows only the tokens its language needs.

At every step of decoding a Whisper network weighs each of its 51,865 tokens, of which a Chinese text uses a few
thousand: in the small networks that is a good part of the work. Leaving out rows of the table of tokens changes
nothing else, since each token is weighed for itself; what is lost is the chance to write Greek into a Chinese call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_qa.asr.modelfile import FLOAT16, read_model
from asr_qa.errors import ModelError

TABLE = "decoder/embeddings/weight"
"""The tokens, shape (tokens, width); the output layer is an alias of it."""
LARGEST = 600 * 2**20
"""Bytes of a model file above which it is not cut: there the tokens are a small part of the work."""
_SHORT = 3
"""Latin tokens up to this length are kept: whatever is longer can be spelled with them."""
_MARKS = frozenset("，。？！、：；“”‘’（）《》…·—%")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Numbers of tokens as the tokenizer knows them and as the network does."""

    kept: NDArray[np.int64] | None = None
    """Tokenizer's number of each of the network's tokens, ascending; None where they are the same."""

    def to_network(self, tokens: Sequence[int]) -> list[int]:
        """The network's numbers; tokens it does not know are left out."""
        if self.kept is None:
            return list(tokens)
        wanted = np.asarray(tokens, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.kept, wanted), len(self.kept) - 1)
        return [int(index) for index in at[self.kept[at] == wanted]]

    def from_network(self, tokens: Sequence[int]) -> list[int]:
        """The tokenizer's numbers."""
        if self.kept is None:
            return list(tokens)
        return [int(token) for token in self.kept[list(tokens)]]


@dataclass(frozen=True, slots=True)
class SmallNetwork:
    """A network cut to a language, as files in memory."""

    files: dict[str, bytes]
    vocabulary: Vocabulary


def cut_to_language(folder: Path, language: str) -> SmallNetwork | None:
    """The network of a folder with only the tokens of one language.

    Args:
        folder: Weights in CTranslate2's format.
        language: Code of the language.

    Returns:
        None where there is nothing to gain: another language, a large network, a file of another kind.
    """
    wanted = _WANTED.get(language)
    path = folder / "model.bin"
    if wanted is None or not path.exists() or path.stat().st_size > LARGEST:
        return None
    try:
        model = read_model(path)
        tokens: list[str] = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (ModelError, OSError, ValueError):
        return None
    table = model.find(TABLE)
    if table is None or table.dtype != FLOAT16 or table.shape[0] != len(tokens) or "<|endoftext|>" not in tokens:
        return None
    kept = _kept(tokens, wanted)
    rows = np.frombuffer(table.data, np.float16).reshape(table.shape)[kept]
    small = replace(table, shape=rows.shape, data=memoryview(rows.tobytes()))
    return SmallNetwork(
        {
            "model.bin": model.replacing(small).to_bytes(),
            "config.json": json.dumps(_renumbered(config, kept)).encode(),
            "vocabulary.json": json.dumps([tokens[index] for index in kept]).encode(),
        },
        Vocabulary(kept),
    )


def _kept(tokens: Sequence[str], wanted: Callable[[bytes], bool]) -> NDArray[np.int64]:
    special = tokens.index("<|endoftext|>")
    letters = _bytes_of_letters()

    def keep(index: int) -> bool:
        if index >= special:
            return True
        try:
            return wanted(bytes(letters[letter] for letter in tokens[index]))
        except KeyError:
            return True

    return np.array([index for index in range(len(tokens)) if keep(index)], dtype=np.int64)


def _renumbered(config: dict[str, object], kept: NDArray[np.int64]) -> dict[str, object]:
    """The configuration with the numbers its lists of tokens have now."""
    vocabulary = Vocabulary(kept)
    lists = ("suppress_ids", "suppress_ids_begin", "lang_ids")
    return {
        key: vocabulary.to_network(value) if key in lists and isinstance(value, list) else value
        for key, value in config.items()
    }


def _chinese(token: bytes) -> bool:
    """Whether Chinese text, with the Latin letters and digits it holds, may need a token (its bytes in UTF-8)."""
    bare = token.lstrip(b" ")
    if len(bare) <= 1:
        return True
    try:
        text = bare.decode()
    except UnicodeDecodeError:
        # A part of a character: of ideographs (E3 to E9), of full-width marks (EF), or only later bytes of one.
        return 0xE3 <= bare[0] <= 0xE9 or bare[0] == 0xEF or 0x80 <= bare[0] < 0xC0
    if text.isascii():
        return len(text) <= _SHORT or text.isdigit() or text.isupper()
    return all("\u3400" <= char <= "\u9fff" or char in _MARKS for char in text)


def can_cut(language: str) -> bool:
    """Whether there is a choice of tokens for a language."""
    return language in _WANTED


_WANTED: dict[str, Callable[[bytes], bool]] = {"zh": _chinese}


def _bytes_of_letters() -> dict[str, int]:
    """Byte for each letter of byte-level BPE: printable bytes are themselves, the others U+0100 and on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + index): byte for index, byte in enumerate(others)}
