"""What commands over stored calls share: which calls are meant, how far a run is, how it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from asr_qa.batch.chunks import Bad
from asr_qa.cli.printing import told
from asr_qa.errors import UsageError
from asr_qa.pipeline.store import CallFilters

SOME_FAILED, INTERRUPTED = 3, 130

Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Calls from this day or time on; UTC unless it says otherwise.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Calls before this day or time.")]
OneName = Annotated[str | None, typer.Option(help="Only calls of this one.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only so many calls, the newest.")]
Jobs = Annotated[int, typer.Option(min=0, help="Worker processes; 0 is one per core.")]


def call_filters(
    *,
    since: str | None,
    until: str | None,
    queue: str | None,
    agent: str | None,
    team: str | None,
    direction: str | None,
) -> CallFilters:
    """Which calls are meant; raises UsageError for what is no time."""
    return CallFilters(
        since=moment("--since", since),
        until=moment("--until", until),
        queue=queue,
        agent=agent,
        team=team,
        direction=direction,
    )


def moment(option: str, text: str | None) -> datetime | None:
    """A day or time; UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(told("want_moment", option=option, given=text)) from exc
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def exit_code(bad: Sequence[Bad], *, interrupted: bool) -> int:
    """0 all done, 3 some calls failed, 130 interrupted."""
    return INTERRUPTED if interrupted else SOME_FAILED if bad else 0


class _Speed(ProgressColumn):
    """Calls per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(told("bar_speed", n=speed) if speed else told("bar_no_speed"))


class CallBar:
    """Shows a run's progress by calls."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task(told("bar_judging"), total=None)

    def total(self, calls: int) -> None:
        """So many calls are to be looked at."""
        self._bar.update(self._task, total=calls)

    def done(self, calls: int) -> None:
        """So many more are done."""
        self._bar.update(self._task, advance=calls)


@contextmanager
def call_progress(*, quiet: bool = False) -> Iterator[CallBar]:
    """A progress bar on standard error: calls done, calls per second, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} " + told("bar_calls")),
        _Speed(),
        TimeElapsedColumn(),
        TextColumn(told("bar_left")),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, quiet=quiet)) as bar:
        yield CallBar(bar)
