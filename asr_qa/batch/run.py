"""A run over many recordings: identify, pass over what is done, work the rest through, store and write as it comes.

The parent process alone writes to the database and the output folder, after each call: a run that is killed
goes on where it stopped, because what was stored carries the stamp of what made it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from asr_qa.batch import worker
from asr_qa.batch.claims import Claims
from asr_qa.batch.engine import LocalEngine, Task, local_engine, worker_count
from asr_qa.batch.files import Found, output_names, prepare_output, real, write_text
from asr_qa.batch.manifest import Manifest, ManifestRow
from asr_qa.batch.outcome import Outcome, Watcher
from asr_qa.batch.plan import Item, Job, Plan
from asr_qa.batch.tellings import Tellings, tellings
from asr_qa.batch.worker import Failure, Identified
from asr_qa.bootstrap import Rules
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Recording
from asr_qa.core.redacted import redacted
from asr_qa.errors import AsrQaError, ConfigurationError
from asr_qa.messages import say
from asr_qa.pipeline.cards import refuse_changed_card
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.pipeline.ingest import CallDetails
from asr_qa.pipeline.ports import Clock
from asr_qa.pipeline.store import Store, stamp_of

_IDENTIFY_SECONDS = 600.0
_LEAST_SECONDS = 300.0
_LOOK_AGAIN = 2.0
"""Seconds after which a run looks again at what another one has in work."""
AUTO_LANGUAGE = "auto"
"""Language of a recording whose language is to be found out by listening."""


def items_of(found: Sequence[Found], manifest: Manifest | None) -> tuple[list[Item], list[Outcome]]:
    """What is to be scored, and what cannot be: the recordings found with their manifest rows.

    Rows of files that were not found by the paths are items too: a missing file becomes a failed row.
    """
    rows = {real(row.path): row for row in manifest.rows} if manifest else {}
    items = [Item(path=one.path, name=one.name, details=_details_of(rows.get(real(one.path)))) for one in found]
    known = {real(item.path) for item in items}
    unseen = (row for at, row in rows.items() if at not in known)
    items += [Item(path=row.path, name=_below(row.written), details=row.details) for row in unseen]
    bad = [
        Outcome.failed(row.place, Failure("manifest_error", f"{row.place}: {row.reason}", row.said))
        for row in (manifest.bad if manifest else ())
    ]
    return items, bad


def _details_of(row: ManifestRow | None) -> CallDetails:
    return row.details if row else CallDetails()


def _below(written: str) -> str:
    """A path that stays below the output folder, whatever the manifest says."""
    parts = [part for part in Path(written).parts if part not in {"/", "..", "."}]
    return str(Path(*parts)) if not Path(written).is_absolute() and ".." not in written else Path(written).name


@dataclass(slots=True)
class _Share:
    """What is to be worked through, and what of it another run has."""

    left: list[Job]
    others: list[Job] = field(default_factory=list)
    """In work elsewhere."""
    finished: list[tuple[Job, CallDocument]] = field(default_factory=list)
    """Done elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run works with."""

    settings: Settings
    rules: Rules
    store: Store
    clock: Clock
    out: Path | None = None
    reprocess: bool = False
    keep_documents: bool = False
    """Whether outcomes carry their documents."""
    follow: bool = False
    """Whether the watcher is told what was said while calls are worked through."""

    def score(self, items: Sequence[Item], watcher: Watcher) -> list[Outcome]:
        """Score all items; every one of them has an outcome.

        Raises:
            OutputError: The output folder cannot be written to.
            ConflictError: Stored sheets were made on another scorecard of this id and version.
        """
        if self.out:
            prepare_output(self.out)
        if not items:
            return []
        for rules in self.rules.every:
            refuse_changed_card(self.store, rules.scorecard)
        targets = dict(zip((item.path for item in items), output_names([item.name for item in items]), strict=True))
        watcher.found(len(items))
        with ExitStack() as stack:
            workers = worker_count(self.settings, len(items))
            told = stack.enter_context(tellings(texts=self.follow))
            engine = stack.enter_context(local_engine(self.settings, workers, told.folder))
            return list(self._outcomes(engine, told, items, targets, watcher))

    def _outcomes(
        self, engine: LocalEngine, told: Tellings, items: Sequence[Item], targets: dict[Path, str], watcher: Watcher
    ) -> Iterator[Outcome]:
        for item in items:
            if not _nameable(item.path):
                watcher.identified(0.0)
                yield self._tell(watcher, _unnameable(item.path), 0.0)
        plan = Plan()
        # First those of which something is said: each speaks for copies of which nothing is.
        for said in (True, False):
            wanted = [item for item in items if bool(item.details.known) is said and _nameable(item.path)]
            for item, result in engine.run(self._identifying(wanted)):
                yield from self._sort(item, result, plan, targets, watcher)
        self._point_to_wanted(plan.left)
        claims = Claims(self.store, self.clock)
        try:
            yield from self._work_through(engine, told, plan.jobs.values(), claims, targets, watcher)
        finally:
            claims.release()
        self._point_to_wanted(plan.contested)

    def _work_through(
        self,
        engine: LocalEngine,
        told: Tellings,
        jobs: Iterable[Job],
        claims: Claims,
        targets: dict[Path, str],
        watcher: Watcher,
    ) -> Iterator[Outcome]:
        """Work through what is left, together with other runs that have the same to do."""

        def meanwhile() -> None:
            _tell_news(told, watcher)
            claims.renew()

        share = _Share(left=list(jobs))
        while share.left:
            for job, result in engine.run(self._working(share, told, claims), meanwhile=meanwhile):
                rest = job[0][1].recording.duration - told.end(job[0][0].path)
                yield from self._take(job, result, targets, watcher, rest)
            for job, document in share.finished:
                yield from self._others(job, document, targets, watcher)
            share = _Share(left=share.others)
            if share.left:
                # Another run has these in work: what it stores is taken, what it gives up is done here.
                time.sleep(_LOOK_AGAIN)
                claims.look()

    def _identifying(self, items: Iterable[Item]) -> Iterator[tuple[Item, Task]]:
        for item in items:
            yield item, Task(worker.identify, (item.path, item.details), _IDENTIFY_SECONDS)

    def _sort(
        self, item: Item, result: Identified | Failure, plan: Plan, targets: dict[Path, str], watcher: Watcher
    ) -> Iterator[Outcome]:
        """Say what is done with a recording already, or put it with those to be worked through."""
        if isinstance(result, Failure):
            watcher.identified(0.0)
            yield self._tell(watcher, self._failed(item, result), 0.0)
            return
        try:
            wanted = self._wanted(item, result, plan)
        except ConfigurationError as exc:
            watcher.identified(0.0)
            self.store.add_recording(result.recording, now=self.clock.now())
            yield self._tell(watcher, self._failed(item, Failure.by(exc), result.recording), 0.0)
            return
        stored = self._settled(wanted, plan)
        if stored is None:
            first = plan.add(item, wanted)
            watcher.identified(wanted.recording.duration if first else 0.0)
        else:
            watcher.identified(0.0)
            yield self._tell(watcher, self._finished(item, stored, targets, state="unchanged"), 0.0)

    def _working(self, share: _Share, told: Tellings, claims: Claims) -> Iterator[tuple[Job, Task]]:
        # The longest first: the last call of the night is then a short one.
        for job in sorted(share.left, key=lambda job: -job[0][1].recording.duration):
            # Of copies the one of which most is known speaks for all.
            same = sorted(job, key=lambda one: one[0].rank)
            item, identified = same[0]
            if claims.is_elsewhere(identified.recording):
                share.others.append(job)
                continue
            document = self._done_meanwhile(identified)
            if document is None:
                if not claims.take(identified.recording):
                    share.others.append(job)
                    continue
                document = self._done_meanwhile(identified)  # between the look and the claim
            if document is not None:
                share.finished.append((same, document))
                continue
            duration = identified.recording.duration
            limit = max(_LEAST_SECONDS, self.settings.call_timeout_factor * duration)
            ear = told.ear(item.path, name=item.name, duration=duration)
            yield same, Task(worker.work, (identified, ear), limit)

    def _done_meanwhile(self, wanted: Identified) -> CallDocument | None:
        """What another run has made of a recording since it was looked for."""
        return None if self.reprocess else self.store.find_document(wanted.recording.sha256, wanted.stamp)

    def _others(
        self, same: Job, document: CallDocument, targets: dict[Path, str], watcher: Watcher
    ) -> Iterator[Outcome]:
        """Take over what another run has made."""
        self._save(document)
        for index, (item, identified) in enumerate(same):
            self.store.add_recording(identified.recording, now=self.clock.now())
            seconds = identified.recording.duration if index == 0 else 0.0
            yield self._tell(watcher, self._finished(item, document, targets, state="unchanged"), seconds)

    def _take(
        self, same: Job, result: str | Failure, targets: dict[Path, str], watcher: Watcher, rest: float
    ) -> Iterator[Outcome]:
        for index, (item, identified) in enumerate(same):
            share = rest if index == 0 else 0.0
            self.store.add_recording(identified.recording, now=self.clock.now())
            if isinstance(result, Failure):
                yield self._tell(watcher, self._failed(item, result, identified.recording), share)
                continue
            document = from_json(result)
            if index == 0:
                self._save(document)
            yield self._tell(watcher, self._finished(item, document, targets, state="scored"), share)

    def _wanted(self, item: Item, found: Identified, plan: Plan) -> Identified:
        """What is asked of a recording; raises ConfigurationError where two cards are for it."""
        wanted = plan.wanted(item, self._on_its_card(found) if item.details.known else found)
        return wanted if plan.is_said(wanted) else self._on_its_card(self._remembered(wanted))

    def _on_its_card(self, identified: Identified) -> Identified:
        """A recording with the card it is scored on, where cards are chosen by call."""
        if not self.rules.more:
            return identified
        recording = identified.recording
        if recording.metadata.get("language") == AUTO_LANGUAGE:
            # Which language it is, is known once it was heard: what was heard before counts.
            call = self.store.get_call(recording.id)
            spoken = call.document.recording.metadata.get("language") if call and call.document else None
            recording = replace(recording, metadata={**recording.metadata, "language": spoken or AUTO_LANGUAGE})
        card = self.rules.of(recording).scorecard
        return replace(identified, models=replace(identified.models, scorecard=card.stamp))

    def _remembered(self, identified: Identified) -> Identified:
        """A recording of which no row speaks now, with what a row once said of it: nothing known is forgotten."""
        call = self.store.get_call(identified.recording.id)
        return identified.with_details_of(call.document.recording) if call and call.document else identified

    def _settled(self, wanted: Identified, plan: Plan) -> CallDocument | None:
        """The stored document of the same audio, models, rules, scorecard and request; None where there is none."""
        call = None if self.reprocess else self.store.get_call(wanted.recording.id)
        if call is None or call.document is None:
            return None
        current = call.document
        found = call.stamp == wanted.stamp
        stored = current if found else self.store.find_document(wanted.recording.sha256, wanted.stamp)
        if stored is None:
            return None
        # Another manifest row may want the current document: which one it is to be is decided when all are read.
        self.store.add_recording(replace(current.recording, path=wanted.recording.path), now=self.clock.now())
        self._save(current)
        plan.settle(wanted, stamp_of(stored), current=call.stamp or "")
        return stored

    def _point_to_wanted(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Make the documents with these (sha256, stamp) current."""
        for sha256, stamp in wanted:
            if document := self.store.find_document(sha256, stamp):
                self._save(document)

    def _save(self, document: CallDocument) -> None:
        self.store.save_document(
            document,
            severities=self.rules.severities,
            now=self.clock.now(),
            pass_mark=self.rules.pass_points(document.score_sheet.scorecard),
        )

    def _failed(self, item: Item, failure: Failure, recording: Recording | None = None) -> Outcome:
        now, path = self.clock.now(), str(item.path)
        if recording:
            call_id = recording.id
            self.store.mark_failed(call_id, code=failure.code, reason=failure.reason, now=now)
        else:
            resolved = str(real(item.path))
            call_id = self.store.add_failure(resolved, code=failure.code, reason=failure.reason, now=now)
        return Outcome.failed(path, failure, call_id)

    def _finished(self, item: Item, document: CallDocument, targets: dict[Path, str], *, state: str) -> Outcome:
        target = self.out / targets[item.path] if self.out else None
        sheet = document.score_sheet
        outcome = Outcome(
            path=str(item.path),
            state=state,
            call_id=document.recording.id,
            output=str(target) if target else None,
            points=sheet.points,
            max_points=sheet.max_points,
            fatal=sheet.fatal,
            duration=document.recording.duration,
            warnings=tuple(dict.fromkeys(warning.code for warning in document.warnings)),
            document=document if self.keep_documents else None,
        )
        try:
            if target:
                written = redacted(document) if self.settings.redact else document
                write_text(target, to_json(written, indent=1) + "\n")
        except AsrQaError as exc:
            return replace(outcome, state="failed", code=exc.code, reason=str(exc), said=exc.said, output=None)
        return outcome

    @staticmethod
    def _tell(watcher: Watcher, outcome: Outcome, seconds: float) -> Outcome:
        watcher.done(outcome, seconds)
        return outcome


def _tell_news(told: Tellings, watcher: Watcher) -> None:
    for news in told.news():
        watcher.heard(news.name, news.utterances, news.seconds)


def _nameable(path: Path) -> bool:
    """Whether the path is text: databases, documents and terminals take nothing else."""
    try:
        str(real(path)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unnameable(path: Path) -> Outcome:
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Outcome.failed(shown, Failure.of("bad_name", say("failed_name", path=shown)))
