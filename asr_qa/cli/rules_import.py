"""asr-qa rules import-sca: rules of Alibaba's Smart Conversation Analysis as rules of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from asr_qa.cli.printing import Json, Lang, Language, print_json, told
from asr_qa.errors import OutputError, RulesetError
from asr_qa.messages import issue_of, said_in, say
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.sca import Imported, import_sca, parse_sca, to_yaml
from asr_qa.ruleset.sca.write import draft

LOST = "not_carried_over.txt"
"""Rules of which nothing could be carried over."""


_MANY = 500
"""Rules from which on a bar shows how far it is."""


def import_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: an UploadRule body, or an answer of GetRule.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for one file a rule; without it YAML is printed.")
    ] = None,
    hit_means: Annotated[
        Literal["fault", "good"], typer.Option(help="Whether a rule that was hit there took points or gave some.")
    ] = "fault",
    as_json: Json = False,
    lang: Language = "zh",
) -> int:
    """Turn rules of Alibaba's Smart Conversation Analysis (智能对话分析) into YAML, and list what was lost.

    Reads its UploadRule JSON: rules, conditions, operators, lambda, check_range, anchors. What has no counterpart
    stands as a comment in its place and in the list that is printed; such a rule is a draft, the others are on test.
    """
    imported = import_sca(parse_sca(_text(file), shown=str(file)), hit_means=hit_means)
    by_id = {one.id: one for one in imported}
    texts = {one.id: _verified(one, by_id, lang) for one in _shown(imported)}
    gone = {one.id for one in imported if one.rule is None}
    written = _write(out, texts, gone) if out is not None else {}
    if as_json:
        print_json([_row(one, texts[one.id], written.get(one.id), lang) for one in imported])
    elif out is None:
        typer.echo("---\n".join(texts.values()), nl=False)
    _report(imported, lang, to_stderr=out is None or as_json)
    return 0 if any(one.rule is not None for one in imported) else 1


def _shown(imported: tuple[Imported, ...]) -> Iterator[Imported]:
    """One rule after the other, with a bar on standard error where there are many."""
    if len(imported) < _MANY:
        yield from imported
        return
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(imported)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesetError(
            [issue_of(str(file), 0, say("not_utf8", position=error.start), say("save_as_utf8"))]
        ) from None
    except OSError as error:
        raise RulesetError([issue_of(str(file), 0, say("cannot_read", reason=error.strerror))]) from None


def _verified(one: Imported, by_id: Mapping[str, Imported], lang: Lang) -> str:
    """The YAML of a rule; what our own reader refuses of it is lost too."""
    if one.rule is not None:
        try:
            parse_rules(draft([body for each in _chain(one, by_id) for body in (*each.helpers, each.rule or {})]))
        except RulesetError as error:
            one.lost += [issue.said for issue in error.issues if issue.said is not None]
            one.rule = None
    return to_yaml(one, lang)


def _chain(one: Imported, by_id: Mapping[str, Imported]) -> list[Imported]:
    """A rule after those that it needs in turn, as far as there are any."""
    found = {one.id: one}
    needed = by_id.get(_needed(one))
    while needed is not None and needed.rule is not None and needed.id not in found:
        found[needed.id] = needed
        needed = by_id.get(_needed(needed))
    return list(reversed(found.values()))


def _needed(one: Imported) -> str:
    return str((one.rule or {}).get("applies_when", {}).get("rule", {}).get("id", ""))


def _write(folder: Path, texts: dict[str, str], gone: set[str]) -> dict[str, Path]:
    """One file a rule; those that could not be carried over are named in a file that is no rule."""
    paths = {name: folder / f"{name.lower().replace('-', '_')}.yml" for name in texts if name not in gone}
    if there := [str(path) for path in paths.values() if path.exists()]:
        raise OutputError(told("import_there", path=there[0]))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in paths.items():
            path.write_text(texts[name], encoding="utf-8")
        if gone:
            (folder / LOST).write_text("\n".join(texts[name] for name in sorted(gone)), encoding="utf-8")
    except OSError as error:
        raise OutputError(told("cannot_write", path=str(folder), reason=error.strerror)) from error
    return paths


def _report(imported: tuple[Imported, ...], lang: Lang, *, to_stderr: bool) -> None:
    for one in imported:
        title = one.source.name or one.source.rid
        state = told("state_lost" if one.rule is None else "state_draft" if one.lost else "state_carried")
        typer.echo(f"{one.id}  {title}  {state}", err=to_stderr)
        said = [*(say("import_lost", what=what) for what in one.lost)]
        said += [say("import_note", what=what) for what in one.notes]
        for text in said:
            typer.echo(f"  {said_in(text, lang)}", err=to_stderr)
    whole = sum(one.rule is not None and not one.lost for one in imported)
    drafts = sum(one.rule is not None and bool(one.lost) for one in imported)
    lost = len(imported) - whole - drafts
    typer.echo(told("imported", n=len(imported), carried=whole, drafts=drafts, lost=lost), err=to_stderr)
    if not to_stderr:
        typer.echo(told("import_next"))


def _row(one: Imported, text: str, path: Path | None, lang: Lang) -> dict[str, Any]:
    return {
        "id": one.id,
        "source": one.source.rid,
        "title": one.source.name,
        "carried": one.rule is not None,
        "draft": one.rule is not None and bool(one.lost),
        "lost": [said_in(what, lang) for what in one.lost],
        "notes": [said_in(what, lang) for what in one.notes],
        "path": str(path) if path else None,
        "yaml": text,
    }
