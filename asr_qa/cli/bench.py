"""asr-qa bench: what this machine can do in a night."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asr_qa.batch.bench import OURS, as_json, as_markdown, bench
from asr_qa.batch.files import find_recordings, write_text
from asr_qa.bootstrap import find_weights
from asr_qa.config import Settings
from asr_qa.errors import UsageError


def bench_command(
    folder: Annotated[Path, typer.Argument(help="Recordings, with NAME.truth.json beside them where there is truth.")],
    ways: Annotated[str, typer.Option(help="What to run, separated by commas.")] = f"{OURS},stock,batched",
    most: Annotated[int, typer.Option(min=1, help="Use at most so many recordings.")] = 20,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of each process.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write NAME.json and NAME.md there.")] = None,
) -> None:
    """Size a machine: run our decoder beside faster-whisper's own pipelines on the same recordings, in turn.

    Prints CPU and wall seconds per second of audio, peak memory, character error rate and word edges where truth
    files exist, and how many calls of four minutes all cores of this machine get through in ten hours.

    \b
    asr-qa bench recordings/ --most 5 --out bench
    asr-qa bench sample_audio --ways asr_qa
    """
    settings = Settings()
    settings = settings.model_copy(update={"asr": settings.asr.model_copy(update={"threads": threads})})
    files = [found.path for found in find_recordings([folder])][:most]
    if not files:
        raise UsageError(f"{folder}: no recordings there")
    model = find_weights(settings).name
    chosen = [way.strip() for way in ways.split(",") if way.strip()]
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("listening", total=len(files) * len(chosen))
        results = bench(settings, files, chosen, cores=os.cpu_count() or 1, heard=lambda way, path: bar.advance(task))
    typer.echo(as_markdown(results, model=model))
    if out:
        write_text(out.with_suffix(".md"), as_markdown(results, model=model))
        write_text(out.with_suffix(".json"), as_json(results, model=model))
