"""asr-qa rules import-sca: rules of Alibaba's Smart Conversation Analysis as rules of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from asr_qa.cli.printing import Json, print_json
from asr_qa.errors import Issue, OutputError, RulesetError
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.sca import Imported, import_sca, parse_sca, to_yaml
from asr_qa.ruleset.sca.write import dump

LOST = "not_carried_over.txt"
"""Rules of which nothing could be carried over."""


def import_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: an UploadRule body, or an answer of GetRule.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for one file a rule; without it YAML is printed.")
    ] = None,
    hit_means: Annotated[
        Literal["fault", "good"], typer.Option(help="Whether a rule that was hit there took points or gave some.")
    ] = "fault",
    as_json: Json = False,
) -> int:
    """Turn rules of Alibaba's Smart Conversation Analysis (智能对话分析) into YAML, and list what was lost.

    Reads its UploadRule JSON: rules, conditions, operators, lambda, check_range, anchors. What has no counterpart
    stands as a comment in its place and in the list that is printed; such a rule is a draft, the others are on test.
    """
    imported = import_sca(parse_sca(_text(file), shown=str(file)), hit_means=hit_means)
    texts = {one.id: _verified(one, imported) for one in imported}
    gone = {one.id for one in imported if one.rule is None}
    written = _write(out, texts, gone) if out is not None else {}
    if as_json:
        print_json([_row(one, texts[one.id], written.get(one.id)) for one in imported])
    elif out is None:
        typer.echo("---\n".join(texts.values()), nl=False)
    _report(imported, to_stderr=out is None or as_json)
    return 0 if any(one.rule is not None for one in imported) else 1


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesetError([Issue(str(file), 0, f"not UTF-8 at byte {error.start}", "save it as UTF-8")]) from None
    except OSError as error:
        raise RulesetError([Issue(str(file), 0, f"cannot be read: {error.strerror}")]) from None


def _verified(one: Imported, all_of_them: tuple[Imported, ...]) -> str:
    """The YAML of a rule; what our own reader refuses of it is lost too."""
    if one.rule is not None:
        needed = one.rule.get("applies_when", {}).get("rule", {}).get("id")
        others = [other for other in all_of_them if other.id == needed and other.rule is not None]
        try:
            parse_rules(_together([*_chain(others, all_of_them), one]))
        except RulesetError as error:
            one.lost += [issue.message for issue in error.issues]
            one.rule = None
    return to_yaml(one)


def _chain(first: list[Imported], all_of_them: tuple[Imported, ...]) -> list[Imported]:
    """Rules with those that they need in turn."""
    found: list[Imported] = []
    while first:
        one = first.pop()
        if one in found:
            continue
        found.append(one)
        needed = (one.rule or {}).get("applies_when", {}).get("rule", {}).get("id")
        first += [other for other in all_of_them if other.id == needed]
    return found


def _together(rules: list[Imported]) -> str:
    bodies = [body for one in rules if one.rule is not None for body in (*one.helpers, one.rule)]
    return dump({"rules": bodies})


def _write(folder: Path, texts: dict[str, str], gone: set[str]) -> dict[str, Path]:
    """One file a rule; those that could not be carried over are named in a file that is no rule."""
    paths = {name: folder / f"{name.lower().replace('-', '_')}.yml" for name in texts if name not in gone}
    if there := [str(path) for path in paths.values() if path.exists()]:
        raise OutputError(f"{there[0]} is already there; give another folder with --out, nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in paths.items():
            path.write_text(texts[name], encoding="utf-8")
        if gone:
            (folder / LOST).write_text("\n".join(texts[name] for name in sorted(gone)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}; give another folder with --out") from error
    return paths


def _report(imported: tuple[Imported, ...], *, to_stderr: bool) -> None:
    for one in imported:
        title = one.source.name or one.source.rid
        state = "未能迁移" if one.rule is None else "草稿" if one.lost else "已迁移"
        typer.echo(f"{one.id}  {title}  {state}", err=to_stderr)
        for text in one.lost:
            typer.echo(f"  未能迁移: {text}", err=to_stderr)
        for text in one.notes:
            typer.echo(f"  注意: {text}", err=to_stderr)
    whole = sum(one.rule is not None and not one.lost for one in imported)
    drafts = sum(one.rule is not None and bool(one.lost) for one in imported)
    counts = f"{whole} 条已迁移，{drafts} 条草稿，{len(imported) - whole - drafts} 条未能迁移"
    typer.echo(f"{len(imported)} 条规则：{counts}", err=to_stderr)
    if not to_stderr:
        typer.echo("下一步：给每条规则写用例，然后运行 asr-qa rules lint 与 asr-qa rules test")


def _row(one: Imported, text: str, path: Path | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "source": one.source.rid,
        "title": one.source.name,
        "carried": one.rule is not None,
        "draft": one.rule is not None and bool(one.lost),
        "lost": one.lost,
        "notes": one.notes,
        "path": str(path) if path else None,
        "yaml": text,
    }
