"""What becomes of the recordings of a run, and who is told how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from asr_qa.batch.worker import Failure
from asr_qa.core.document import CallDocument
from asr_qa.core.transcript import Utterance
from asr_qa.errors import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one recording."""

    path: str
    state: str
    """ "scored", "unchanged" or "failed"."""
    call_id: str | None = None
    code: str | None = None
    """Machine-readable reason of a failure."""
    reason: str | None = None
    """Why it failed, in English."""
    said: Said | None = None
    """The reason in no language yet, where it is known so."""
    output: str | None = None
    """Where its document was written."""
    points: float | None = None
    max_points: float | None = None
    fatal: bool | None = None
    duration: float | None = None
    """Seconds; None where it could not be scored."""
    warnings: tuple[str, ...] = ()
    """Codes of what limits what can be known of it."""
    document: CallDocument | None = None
    """Only where the run keeps documents: a night of them does not fit into memory."""

    @classmethod
    def failed(cls, path: str, failure: Failure, call_id: str | None = None) -> Outcome:
        """A recording that could not be scored."""
        return cls(
            path=path,
            state="failed",
            call_id=call_id,
            code=failure.code,
            reason=failure.reason,
            said=failure.said,
        )


class Watcher(Protocol):
    """Is told how far a run is."""

    def found(self, calls: int) -> None:
        """So many recordings are to be looked at."""

    def identified(self, seconds: float) -> None:
        """One more is identified; it has so many seconds of audio still to be worked through (0: nothing to do)."""

    def heard(self, name: str, utterances: Sequence[Utterance], seconds: float) -> None:
        """So many more seconds of a recording were listened to; utterances only where the run follows calls.

        Their roles are those that the channels are given by the settings, until the call is done.
        """

    def done(self, outcome: Outcome, seconds: float) -> None:
        """One is finished, with so many seconds of audio of which `heard` has not told."""
