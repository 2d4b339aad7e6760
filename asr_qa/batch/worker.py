"""What a worker process does: identify recordings and work them through, one at a time.

Only small plain values and JSON go between processes, so that a worker can be killed at any moment.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asr_qa.batch import tellings
from asr_qa.batch.tellings import Ear
from asr_qa.bootstrap import audio_reader, build_stages, stages_for
from asr_qa.config import Settings
from asr_qa.core.document import Models
from asr_qa.core.recording import Recording
from asr_qa.errors import AsrQaError, AudioError, Said
from asr_qa.messages import said_in, say
from asr_qa.pipeline.documents import to_json
from asr_qa.pipeline.ingest import CallDetails, describe, settings_half
from asr_qa.pipeline.process import AUTO, Stages, process
from asr_qa.pipeline.store import REQUEST, request_of, stamp_of
from asr_qa.pipeline.stored import UnreadableError


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a recording could not be scored."""

    code: str
    reason: str
    """In English."""
    said: Said | None = None
    """The reason in no language yet, where it is known so."""

    @classmethod
    def of(cls, code: str, said: Said) -> Failure:
        """A failure whose reason is known in both languages."""
        return cls(code, said_in(said, "en"), said)

    @classmethod
    def by(cls, exc: Exception, *, path: Path | None = None) -> Failure:
        """What an exception says of a recording: a defect of ours is one failed row too, not a lost night."""
        if isinstance(exc, AudioError | UnreadableError):
            return cls(exc.reason, str(exc), exc.said)
        if isinstance(exc, AsrQaError):
            return cls(exc.code, str(exc), exc.said)
        place = f"{path}: " if path else ""
        return cls.of("internal_error", say("failed_internal", error=f"{place}{type(exc).__name__}: {exc}"))


_SAID = ("started_at", "queue", "agent_id", "team", "customer_id", "case_id", "ring_seconds")
"""Fields that only a manifest row fills."""


@dataclass(frozen=True, slots=True)
class Identified:
    """A recording and what its document would be made with."""

    recording: Recording
    models: Models
    find_agent: bool

    @property
    def request(self) -> str:
        """Digest of what is asked for."""
        return request_of(self.recording)

    @property
    def stamp(self) -> str:
        """The stamp that the document would carry."""
        return stamp_of(self.models, self.recording.sha256, request=self.request)

    def with_details_of(self, known: Recording) -> Identified:
        """The same with what a manifest row once said of the audio; as it is where none ever spoke.

        Language and direction are taken over as long as the settings are what they were then: only these tell
        whether the row or the setting named them.
        """
        then, spoken, row = request_of(known).partition("+")
        if not spoken:
            return self
        now = settings_half(self.request)
        metadata = {**known.metadata, REQUEST: f"{now}+{row}"}
        said = {name: getattr(known, name) for name in _SAID}
        if then == now:
            said["direction"] = known.direction
        else:
            metadata["language"] = self.recording.metadata["language"]
        return replace(self, recording=replace(self.recording, metadata=metadata, **said))


@dataclass(frozen=True, slots=True)
class _Bench:
    """What this process works with."""

    settings: Settings
    workers: int


_bench: list[_Bench] = []
_MANY = 50_000
"""Things made and not yet gone before Python looks for circles among them."""


def start(settings: Settings, workers: int, folder: Path | None = None) -> None:
    """Set the process up; called once, before any work. Nothing heavy is loaded yet.

    Args:
        settings: All settings.
        workers: How many processes share the machine.
        folder: Of tellings; cleared away should the run be killed.
    """
    _bench[:] = [_Bench(settings, workers)]
    # Ctrl-C reaches the whole group; the parent takes it and ends us, without a traceback from each.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, args=(folder,), daemon=True).start()
    ease_collector()
    with contextlib.suppress(OSError):
        # The operator's other programs come first; a nightly run has the night.
        os.nice(5)


def ease_collector() -> None:
    """Look for circles rarely: rules make thousands of small things per call, none of them in a circle.

    To look through them every 700, as Python does unasked, is an eighth of the time that rules take.
    """
    gc.set_threshold(_MANY)


def _end_with_the_run(folder: Path | None) -> None:
    """End at once when the run is killed: nobody is left to take results, and the model would keep its memory."""
    if parent := multiprocessing.parent_process():
        parent.join()
        if folder:
            tellings.clear(folder)
        os._exit(1)


def identify(path: Path, details: CallDetails) -> Identified | Failure:
    """Read header and checksum of a file."""
    settings = _bench[0].settings
    try:
        info = audio_reader(settings).probe(path)
        configured = AUTO if settings.audio.agent_channel == "auto" else settings.audio.agent_channel
        recording = describe(
            info,
            details,
            agent_channel=configured,
            language=settings.asr.language,
            direction=settings.direction or None,
        )
        stages = stages_for(settings, _stages(), path)
        return Identified(recording, stages.models, details.channel(configured) == AUTO)
    except Exception as exc:
        return Failure.by(exc, path=path)


def work(item: Identified, ear: Ear | None = None) -> str | Failure:
    """Work one recording through; the document as JSON. What is heard on the way is told to `ear`."""
    path = Path(item.recording.path)
    try:
        stages = stages_for(_bench[0].settings, _stages(), path)
        stages = replace(stages, heard=ear.hear if ear else None)
        return to_json(process(item.recording, stages, find_agent=item.find_agent))
    except Exception as exc:
        return Failure.by(exc, path=path)


@cache
def _stages() -> Stages:
    return build_stages(_bench[0].settings, workers=_bench[0].workers)
