"""asr-qa process: score recordings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from asr_qa.asr.device import Device, resolve
from asr_qa.batch.files import find_recordings, real
from asr_qa.batch.manifest import COLUMNS, parse_mapping, read_manifest
from asr_qa.batch.outcome import Outcome, Watcher
from asr_qa.batch.plan import Item
from asr_qa.batch.run import Run, items_of
from asr_qa.bootstrap import Rules, SystemClock, build_stages, connect, find_weights, load_rules
from asr_qa.cli.printing import Language, counted, language, told, told_reason
from asr_qa.config import Settings
from asr_qa.core.languages import language_code
from asr_qa.core.transcript import HEARD, Utterance
from asr_qa.errors import UsageError
from asr_qa.messages import SaidError, error_of, said_in, say
from asr_qa.render.texts import Texts

SOME_FAILED = 3


def process(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Recordings, or folders that are searched through.")
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="CSV or JSON Lines with a row a recording: path, agent_id, team, queue, direction, ..."),
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="A manifest column under another name.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the call documents, one JSON a recording.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Worker processes; 0 is one per core.")] = 0,
    reprocess: Annotated[bool, typer.Option("--reprocess", help="Score again what was scored already.")] = False,
    agent_channel: Annotated[
        str | None, typer.Option(help="Channel of the agent (0 is the first), or auto: by the opening script.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Language of calls whose manifest row names none: zh, yue, en, ..., or auto per call."),
    ] = None,
    redact: Annotated[
        bool, typer.Option("--redact", help="Mask private numbers in the documents in --out; the store keeps them.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Show on standard error what is said, while calls are listened to.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON for programs.")] = False,
    lang: Language = "zh",
) -> int:
    """Score recordings: every file below PATH becomes a call document with a pre-scored sheet.

    What was scored before with the same audio, models, rules and scorecard is not done again; its document is
    written to --out all the same. A file that cannot be scored costs only itself: it is named with its reason.
    A run that was killed goes on where it stopped when started again.

    --follow shows utterances as they are heard: call.wav 00:12 坐席: ... Who speaks is provisional there: it is settled
    when the whole call is heard, as two channels may turn out to be swapped, and two voices on one be named otherwise.

    \b
    asr-qa process recordings/ --out scored/
    asr-qa process --manifest last-night.csv --out scored/ --workers 8
    """
    settings = _settings(workers, agent_channel, language)
    settings = settings.model_copy(update={"redact": True}) if redact else settings
    items, outcomes = _items(paths or [], manifest, mapping or [])
    rules = load_rules(settings)
    _check(settings, rules)
    store = connect(settings)
    try:
        run = Run(
            settings=settings,
            rules=rules,
            store=store,
            clock=SystemClock(),
            out=out,
            reprocess=reprocess,
            follow=follow,
        )
        with progress(quiet=as_json) as watcher:
            outcomes += run.score(items, watcher)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(summary(outcomes), ensure_ascii=False, indent=1))
    else:
        _print(outcomes, out)
    return SOME_FAILED if any(outcome.state == "failed" for outcome in outcomes) else 0


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcome of a run as plain values."""
    counts = Counter(outcome.state for outcome in outcomes)
    return {
        "calls": len(outcomes),
        **{state: counts[state] for state in ("scored", "unchanged", "failed")},
        "audio_seconds": round(sum(outcome.duration or 0.0 for outcome in outcomes), 3),
        "results": [_row(outcome) for outcome in outcomes],
    }


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "path": outcome.path,
        "id": outcome.call_id,
        "state": outcome.state,
        "points": outcome.points,
        "max_points": outcome.max_points,
        "fatal": outcome.fatal,
        "warnings": outcome.warnings,
        "code": outcome.code,
        "reason": outcome.reason,
        "output": outcome.output,
    }


def _settings(workers: int, agent_channel: str | None, language: str | None) -> Settings:
    settings = _spoken(Settings(), language)
    if workers:
        settings = settings.model_copy(update={"workers": workers})
    if agent_channel is not None:
        if agent_channel != "auto" and not (agent_channel.isdigit() and len(agent_channel) == 1):
            raise error_of(UsageError, "process_channel", given=agent_channel)
        channel = agent_channel if agent_channel == "auto" else int(agent_channel)
        audio = settings.audio.model_copy(update={"agent_channel": channel})
        settings = settings.model_copy(update={"audio": audio})
    return settings


def _check(settings: Settings, rules: Rules) -> None:
    """Raise what would fail every call alike: no model, a setting that does not fit, no such card."""
    build_stages(settings, rules=rules)
    if settings.asr.engine == "whisper" and settings.asr.device.startswith("cuda"):
        manifest = find_weights(settings).manifest
        if manifest is None or manifest.engine == "whisper":
            resolve(Device(device=settings.asr.device, compute_type=settings.asr.compute_type))


def _spoken(settings: Settings, language: str | None) -> Settings:
    """The settings with the language as a code, whoever named it."""
    try:
        code = language_code(language or settings.asr.language)
    except SaidError as exc:
        option = "--language" if language else "ASR_QA_ASR__LANGUAGE"
        raise error_of(UsageError, "of_option", option=option, said=exc.said) from exc
    return settings.model_copy(update={"asr": settings.asr.model_copy(update={"language": code})})


def _items(paths: list[Path], manifest: Path | None, mapping: list[str]) -> tuple[list[Item], list[Outcome]]:
    if not paths and manifest is None:
        raise error_of(UsageError, "process_nothing")
    if mapping and manifest is None:
        raise error_of(UsageError, "process_map_alone")
    rows = read_manifest(manifest, mapping=parse_mapping(mapping)) if manifest else None
    if rows and rows.other_columns:
        columns = {"columns": rows.other_columns, "known": tuple(COLUMNS)}
        typer.echo(told("manifest_metadata", manifest=str(manifest), **columns), err=True)
    items, bad = items_of(find_recordings(paths), rows)
    if not items and not bad:
        raise error_of(UsageError, "process_none_below", paths=tuple(map(str, paths)))
    return items, bad


class _Rate(ProgressColumn):
    """Audio hours per hour, of late; of the whole run when it is done, and where calls come too rarely to tell."""

    def render(self, task: Task) -> Text:
        average = task.completed / task.elapsed if task.elapsed else None
        speed = average if task.finished else task.speed or average
        return Text(told("bar_hours", n=speed) if speed else told("bar_no_hours"))


class _Bar:
    """Shows a run's progress by seconds of audio."""

    def __init__(self, bar: Progress, console: Console) -> None:
        self._bar = bar
        self._console = console
        # What was asked for is shown beside --json, too: standard output is the JSON's, this is standard error.
        self._pages = Console(stderr=True) if console.quiet else console
        self._task = bar.add_task(told("bar_reading"), total=None, calls=0, of=0, failed="")
        self._seconds = 0.0
        self._calls = self._of = self._failed = self._identified = 0

    def found(self, calls: int) -> None:
        self._of = calls
        self._bar.update(self._task, of=calls)

    def identified(self, seconds: float) -> None:
        self._seconds += seconds
        self._identified += 1
        if self._identified == self._of:
            self._bar.update(self._task, description=told("bar_scoring"), total=max(self._seconds, 1e-9))

    def heard(self, name: str, utterances: Sequence[Utterance], seconds: float) -> None:
        self._bar.update(self._task, advance=seconds)
        for said in utterances:
            self._pages.print(spoken(name, said), markup=False, highlight=False, soft_wrap=True)

    def done(self, outcome: Outcome, seconds: float) -> None:
        self._calls += 1
        if outcome.state == "failed":
            self._failed += 1
            line = told("bar_call_failed", said=located(outcome))
            self._console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
        failed = told("bar_failed", n=self._failed) if self._failed else ""
        self._bar.update(self._task, advance=seconds, calls=self._calls, failed=failed)
        if self._calls == self._of == self._identified:  # the seconds of calls add up to their sum but for rounding
            self._bar.update(self._task, completed=max(self._seconds, 1e-9))


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Watcher]:
    """A progress bar on standard error: calls done, audio hours per hour, time left."""
    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[calls]}/{task.fields[of]} " + told("bar_calls") + "{task.fields[failed]}"),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn(told("bar_left")),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield _Bar(bar, console)


def spoken(name: str, said: Utterance) -> str:
    """A line of what was said: call.wav 00:12 坐席: 您好."""
    minutes, seconds = divmod(int(said.start), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"
    texts = Texts(language())
    text = said.text if said.status == HEARD else texts("unintelligible")
    line = f"{name} {clock} {texts.word_of(said.role)}: {text}"
    return "".join(char if char.isprintable() else " " for char in line)


def _print(outcomes: Sequence[Outcome], out: Path | None) -> None:
    counts = Counter(outcome.state for outcome in outcomes)
    states = ("scored", "unchanged", "failed")
    parts = tuple(say(f"count_{state}", n=counts[state]) for state in states if counts[state])
    where = {"out": str(out)} if out else {}
    calls = counted(len(outcomes), "call")
    typer.echo(told("process_done_out" if out else "process_done", calls=calls, parts=parts, **where))
    _print_points([outcome for outcome in outcomes if outcome.state != "failed"])
    for outcome in outcomes:
        if outcome.state == "failed":
            typer.echo(told("process_failed", code=outcome.code, said=located(outcome)))


def _print_points(scored: Sequence[Outcome]) -> None:
    """Average, fatal calls, and every recording that something is the matter with."""
    assessed = [outcome.points for outcome in scored if outcome.points is not None]
    if assessed:
        fatal = sum(bool(outcome.fatal) for outcome in scored)
        typer.echo(told("process_points", mean=fmean(assessed), calls=counted(len(assessed), "call"), fatal=fatal))
    texts = Texts(language())
    for outcome in scored:
        if outcome.warnings:
            words = tuple(texts.word("w", warning) for warning in outcome.warnings)
            typer.echo(told("process_look", path=outcome.path, warnings=words))


def located(outcome: Outcome) -> str:
    """Why a recording failed, with its path once: most reasons begin with it, some with its absolute form."""
    reason = told_reason(outcome.code, outcome.reason, outcome.said)
    places = (outcome.path, str(real(Path(outcome.path))))
    begins = reason.startswith(tuple(f"{place}{colon}" for place in places for colon in (":", "：")))
    return reason if begins else said_in(say("of_option", option=outcome.path, said=reason), language())
