"""What a run has in work, so that two runs over the same recordings share them instead of doing everything twice.

A claim is a lease in the database: it holds others off while the run renews it, and ends by itself when the run does.
Of a run on this machine that was killed nobody waits for the lease: its process is gone.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from asr_qa.core.recording import Recording
from asr_qa.pipeline.ports import Clock
from asr_qa.pipeline.store import Store

LEASE = 300.0
"""Seconds after which a run that says nothing is taken for gone."""
_RENEW = 30.0
"""Seconds between renewals; a writer may wait for the database for as long again."""


class Claims:
    """The recordings that this run has in work."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._renewed = time.monotonic()
        self.worker = f"{socket.gethostname()} {os.getpid()} {_begun(os.getpid())}"
        """Who this run is."""

    def take(self, recording: Recording) -> bool:
        """Whether this run may work a recording through: nobody else does."""
        holder = self._claim(recording)
        if holder != self.worker and is_gone(holder):
            holder = self._claim(recording, over=holder)
        return holder == self.worker

    def renew(self) -> None:
        """Keep what is in work; costs nothing where that was done lately."""
        if time.monotonic() - self._renewed >= _RENEW:
            self._store.renew_claims(self.worker, now=self._clock.now(), lease_seconds=LEASE)
            self._renewed = time.monotonic()

    def release(self) -> None:
        """Give back what was not finished."""
        self._store.release_claims(self.worker)

    def _claim(self, recording: Recording, *, over: str | None = None) -> str:
        return self._store.claim(recording, self.worker, now=self._clock.now(), lease_seconds=LEASE, over=over)


def is_gone(worker: str) -> bool:
    """Whether a run was one of this machine, and its process has ended; False where that cannot be told."""
    host, _, process = worker.rpartition(" ")[0].rpartition(" ")
    begun = worker.rpartition(" ")[2]
    if host != socket.gethostname() or not process.isdecimal() or not begun:
        return False
    now = _begun(int(process))
    return now not in ("?", begun) if Path("/proc/self/stat").exists() else False


def _begun(process: int) -> str:
    """When a process began, in ticks since the machine did: ids are used again. "" where there is none, "?" unknown."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else "?"
    except OSError:
        return "?"
    return stat.rpartition(")")[2].split()[19]
