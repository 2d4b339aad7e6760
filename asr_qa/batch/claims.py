"""What a run has in work, so that two runs over the same recordings share them instead of doing everything twice.

A claim is a lease in the database: it holds others off while the run renews it, and ends by itself when the run does.
Of a run on this machine that was killed nobody waits for the lease: its process is gone.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from pathlib import Path

from asr_qa.core.recording import Recording
from asr_qa.errors import StorageError
from asr_qa.pipeline.ports import Clock
from asr_qa.pipeline.store import Store

log = logging.getLogger(__name__)

LEASE = 300.0
"""Seconds after which a run that says nothing is taken for gone."""
_RENEW = 30.0
"""Seconds between renewals; a writer may wait for the database for as long again."""
_UNKNOWN = "?"


class Claims:
    """The recordings that this run has in work."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._renewed = time.monotonic()
        self.worker = f"{_place()} {os.getpid()} {_begun(os.getpid())}"
        """Who this run is."""
        self._elsewhere: frozenset[str] = frozenset()

    def look(self) -> None:
        """See all at once what other runs have in work; until the next look nothing is asked for that was so then."""
        held = self._store.claimed_elsewhere(self.worker, now=self._clock.now())
        alive = {worker for worker in set(held.values()) if not is_gone(worker)}
        self._elsewhere = frozenset(audio for audio, worker in held.items() if worker in alive)

    def is_elsewhere(self, recording: Recording) -> bool:
        """Whether another run had a recording in work at the last look."""
        return recording.sha256 in self._elsewhere

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
        """Give back what was not finished; where the database is gone, the leases end by themselves."""
        try:
            self._store.release_claims(self.worker)
        except StorageError as exc:
            # Most likely the run ends because of the same error: that one is to be seen.
            log.warning("what this run had in work is held for up to %.0f more seconds: %s", LEASE, exc)

    def _claim(self, recording: Recording, *, over: str | None = None) -> str:
        return self._store.claim(recording, self.worker, now=self._clock.now(), lease_seconds=LEASE, over=over)


def is_gone(worker: str) -> bool:
    """Whether a run was one of this machine, and its process has ended; False where that cannot be told."""
    place, process, begun = ["", "", "", *worker.rsplit(" ", 2)][-3:]
    if place != _place() or _UNKNOWN in place.split(" ") or not process.isdecimal() or not begun:
        return False
    return _begun(int(process)) not in (_UNKNOWN, begun)


def _place() -> str:
    """Where process ids mean the same: the machine since it was started, and the ids' namespace (containers have own).

    A name of the machine alone does not do: containers may share it.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = _UNKNOWN
    try:
        ids = os.readlink("/proc/self/ns/pid")
    except OSError:
        ids = _UNKNOWN
    return f"{socket.gethostname()} {boot} {ids}"


def _begun(process: int) -> str:
    """When a process began, in ticks since the machine did: ids are used again. "" where there is none, "?" unknown."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else _UNKNOWN
    except OSError:
        return _UNKNOWN
    return stat.rpartition(")")[2].split()[19]
