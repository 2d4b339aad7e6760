"""Gathers decoded blocks into one array: in memory, or in a file without a name when the call is long."""

from __future__ import annotations

import shutil
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from asr_qa.pipeline.ports import SAMPLE_RATE

SPILL_SECONDS = 30 * 60
"""Recordings longer than this are kept on disk: 30 minutes of two channels are 115 MB."""


class Spool:
    """A growing array of shape (channels, samples).

    The temporary files have no name: they vanish with the last reference to the array, however the process ends.
    """

    def __init__(self, *, spill_seconds: float = SPILL_SECONDS) -> None:
        self._spill = int(spill_seconds * SAMPLE_RATE)
        self._blocks: list[NDArray[np.int16]] = []
        self._files: list[IO[bytes]] = []
        self.samples = 0
        """Samples gathered in each channel."""

    def add(self, block: NDArray[np.int16]) -> None:
        """Append samples, shape (channels, samples)."""
        self.samples += block.shape[1]
        self._blocks.append(block)
        if self._files or self.samples > self._spill:
            self._write_out(block.shape[0])

    def finish(self) -> NDArray[np.int16]:
        """Everything gathered, read-only where it lies on disk. The spool is empty afterwards."""
        if not self._files:
            blocks, self._blocks = self._blocks, []
            return np.concatenate(blocks, axis=1) if blocks else np.zeros((1, 0), np.int16)
        return self._join_files()

    def close(self) -> None:
        """Drop everything gathered."""
        for file in self._files:
            file.close()
        self._blocks, self._files = [], []

    def _write_out(self, channels: int) -> None:
        if not self._files:
            self._files = [TemporaryFile(prefix="asr_qa-") for _ in range(channels)]  # noqa: SIM115 - closed by finish and close
        for block in self._blocks:
            for file, channel in zip(self._files, block, strict=True):
                file.write(channel.tobytes())
        self._blocks = []

    def _join_files(self) -> NDArray[np.int16]:
        with TemporaryFile(prefix="asr_qa-") as whole:
            channels = len(self._files)
            for file in self._files:
                file.seek(0)
                shutil.copyfileobj(file, whole, 1 << 20)
                file.close()
            self._files = []
            whole.flush()
            return np.memmap(whole, dtype=np.int16, mode="r", shape=(channels, self.samples))
