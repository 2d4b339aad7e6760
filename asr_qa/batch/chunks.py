"""Work on many stored calls, a chunk at a time: in this process, or in workers that can die without taking it along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asr_qa.batch.engine import Task, local_engine, worker_count
from asr_qa.batch.worker import Failure
from asr_qa.config import Settings
from asr_qa.errors import Said
from asr_qa.messages import said_in
from asr_qa.pipeline.store import ScoredRow

CHUNK = 25
"""Calls handed to a worker at once: enough that handing over costs nothing, few enough to see progress."""
_START_SECONDS = 120.0
"""What a worker may take to load rules."""
_CALL_SECONDS = 20.0
"""What a call may take; a thousand times what one usually does."""

Rows = Sequence[ScoredRow]
MakeTask = Callable[[Rows, float], Task]


@dataclass(frozen=True, slots=True)
class Bad:
    """A call that could not be worked on."""

    call_id: str
    path: str
    code: str
    reason: str
    """In English."""
    said: Said | None = None
    """The reason in no language yet, where it is known so."""

    @property
    def plain(self) -> dict[str, str]:
        """As reports have it: `reason` in English, `reason_zh` in Chinese where it is known in it."""
        chinese = self.reason if self.said is None else said_in(self.said, "zh")
        return {
            "call_id": self.call_id,
            "path": self.path,
            "code": self.code,
            "reason": self.reason,
            "reason_zh": chinese,
        }

    @classmethod
    def of(cls, row: ScoredRow, failure: Failure) -> Bad:
        """A call with why it failed."""
        return cls(row.call_id, row.path, failure.code, failure.reason, failure.said)


def each_chunk(
    settings: Settings, rows: Rows, task: MakeTask, *, jobs: int = 0, size: int = CHUNK
) -> Iterator[tuple[Rows, Any]]:
    """Results as they come, each with its calls; a call whose worker died, hung or raised gives a Failure.

    Args:
        settings: Of the workers.
        rows: All calls.
        task: What to do with some of them, in how many seconds.
        jobs: Worker processes; 0 is one per core. What one worker would do is done in this process.
        size: Calls handed out at once.
    """
    pieces = [rows[first : first + size] for first in range(0, len(rows), size)]
    workers = worker_count(settings.model_copy(update={"workers": jobs or settings.workers}), len(pieces))
    if workers == 1:
        yield from ((piece, _here(task(piece, 0.0))) for piece in pieces)
        return
    failed: list[Rows] = []
    with local_engine(settings, workers) as engine:
        work = ((piece, task(piece, _START_SECONDS + _CALL_SECONDS * len(piece))) for piece in pieces)
        for piece, result in engine.run(work):
            if isinstance(result, Failure) and len(piece) > 1:
                failed.append(piece)
            else:
                yield piece, result
        alone = ([row] for piece in failed for row in piece)
        yield from engine.run((row, task(row, _START_SECONDS + _CALL_SECONDS)) for row in alone)


def _here(task: Task) -> Any:
    return task.function(*task.arguments)
