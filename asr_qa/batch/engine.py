"""The engine of one machine: worker processes that can crash, hang or be killed without taking the run along."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from asr_qa.batch import worker
from asr_qa.batch.worker import Failure
from asr_qa.config import Settings
from asr_qa.messages import say

Key = TypeVar("Key")

MOST_WORKERS = 8
_AHEAD = 4
"""Tasks handed out beyond what the workers can do at once: enough that none waits for the next."""
_LOOK_UP = 0.5
"""Seconds after which a run that waits for results looks for news of calls in work."""


@dataclass(frozen=True, slots=True)
class Task:
    """One call of a worker's function."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    timeout: float
    """Seconds after which the worker is killed and the task has failed."""


def worker_count(settings: Settings, tasks: int) -> int:
    """How many processes to use: as configured, or one per core, at most eight, and never more than there is to do."""
    wanted = settings.workers or min(os.cpu_count() or 1, MOST_WORKERS)
    return max(1, min(wanted, tasks))


class LocalEngine:
    """A pool of processes, each with a model of its own."""

    def __init__(self, settings: Settings, workers: int, folder: Path | None = None) -> None:
        self._pool = ProcessPool(
            max_workers=workers,
            context=multiprocessing.get_context("spawn"),
            initializer=worker.start,
            initargs=(settings, workers, folder),
        )
        self._ahead = workers + _AHEAD

    def run(
        self, tasks: Iterable[tuple[Key, Task]], *, meanwhile: Callable[[], None] = lambda: None
    ) -> Iterator[tuple[Key, Any]]:
        """Results in the order they come; a task that crashed, hung or raised gives a Failure.

        Args:
            tasks: What to do, each with a key to know its result by.
            meanwhile: Called every now and then while waiting, and before each result.
        """
        waiting: dict[Future[Any], tuple[Key, Task]] = {}
        for key, task in tasks:
            future = self._pool.schedule(task.function, args=list(task.arguments), timeout=task.timeout)
            waiting[future] = (key, task)
            if len(waiting) >= self._ahead:
                yield self._next(waiting, meanwhile)
        while waiting:
            yield self._next(waiting, meanwhile)

    def _next(self, waiting: dict[Future[Any], tuple[Key, Task]], meanwhile: Callable[[], None]) -> tuple[Key, Any]:
        done: set[Future[Any]] = set()
        while not done:
            done = wait(waiting, timeout=_LOOK_UP, return_when=FIRST_COMPLETED).done
            meanwhile()
        future = done.pop()
        key, task = waiting.pop(future)
        return key, _result(future, task)

    def close(self, *, at_once: bool) -> None:
        """End the processes, at once or after what they are doing."""
        if at_once:
            self._pool.stop()
        else:
            self._pool.close()
        self._pool.join()


@contextmanager
def local_engine(settings: Settings, workers: int, folder: Path | None = None) -> Iterator[LocalEngine]:
    """A LocalEngine that leaves no process behind; should it be killed, its workers clear the folder away."""
    engine = LocalEngine(settings, workers, folder)
    try:
        yield engine
    except BaseException:
        engine.close(at_once=True)
        raise
    engine.close(at_once=False)


def _result(future: Future[Any], task: Task) -> Any:
    try:
        return future.result()
    except FutureTimeout:
        return Failure.of("timeout", say("failed_timeout", seconds=task.timeout))
    except ProcessExpired as exc:
        code = exc.exitcode
        said = say("failed_killed", code=-code) if code < 0 else say("failed_exit", code=code)
        return Failure.of("worker_died", said)
    except Exception as exc:
        return Failure.by(exc)
