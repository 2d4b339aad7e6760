"""The small files of a Whisper model, checked before it is loaded.

The library loads a model with a wrong vocabulary or configuration all the same and fails later, in the middle of a
call, in words that name neither file nor reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asr_qa.errors import ModelError

NEEDED = ("<|endoftext|>", "<|startoftranscript|>", "<|transcribe|>", "<|notimestamps|>", "<|startofprev|>")
"""Tokens without which nothing can be asked of the network."""
_HEADS = (32, 20)
"""Layers and heads of the largest Whisper there is."""


def check_small_files(folder: Path) -> None:
    """Raise ModelError that names the file, where tokenizer, vocabulary or configuration cannot be this model's."""
    vocabulary = _vocabulary(folder)
    ids = {token: index for index, token in enumerate(vocabulary)}
    for token in NEEDED:
        if token not in ids:
            raise _wrong(_vocabulary_file(folder), f"lacks the token {token}")
    known = _token_ids(folder / "tokenizer.json")
    for token in NEEDED:
        if known.get(token) != ids[token]:
            found = known.get(token, "none")
            raise _wrong(folder / "tokenizer.json", f"has number {found} for {token}, the vocabulary has {ids[token]}")
    _check_config(folder / "config.json", len(vocabulary))


def _vocabulary_file(folder: Path) -> Path:
    path = folder / "vocabulary.json"
    return path if path.is_file() else folder / "vocabulary.txt"


def _vocabulary(folder: Path) -> Sequence[str]:
    path = _vocabulary_file(folder)
    if path.suffix == ".txt":
        return _text(path).removesuffix("\n").split("\n")
    tokens = _json(path)
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise _wrong(path, "is not a list of tokens")
    return tokens


def _token_ids(path: Path) -> dict[str, int]:
    """Numbers of the tokens of a tokenizer."""
    data = _json(path)
    try:
        added = {entry["content"]: int(entry["id"]) for entry in data.get("added_tokens", ())}
        return {**data["model"]["vocab"], **added}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _wrong(path, "is not a tokenizer with model.vocab and added_tokens") from error


def _check_config(path: Path, tokens: int) -> None:
    config = _json(path)
    if not isinstance(config, dict):
        raise _wrong(path, "is not a JSON object")
    if "suppress_ids_begin" not in config:
        raise _wrong(path, "lacks suppress_ids_begin")
    for name in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
        numbers = config.get(name) or []
        if not isinstance(numbers, list) or not all(type(n) is int and -1 <= n < tokens for n in numbers):
            raise _wrong(path, f"{name} must be a list of numbers of tokens, below {tokens}")
    heads = config.get("alignment_heads")
    if not isinstance(heads, list) or not heads or not all(_is_head(head) for head in heads):
        raise _wrong(path, "alignment_heads must be a list of [layer, head]")


def _is_head(pair: object) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == len(_HEADS)
        and all(type(n) is int and 0 <= n < most for n, most in zip(pair, _HEADS, strict=True))
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise _wrong(path, f"is not JSON ({error})") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(path, "is not UTF-8 text") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}; check its permissions and the disk") from error


def _wrong(path: Path, what: str) -> ModelError:
    return ModelError(f"{path}: {what}; the model is damaged or of another kind: copy or convert it again")
