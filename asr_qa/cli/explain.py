"""asr-qa explain: why an event of a call is what it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from asr_qa.audio.probe import sha256_of
from asr_qa.bootstrap import connect
from asr_qa.cli.printing import Json, Language, print_json
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument, CallWarning
from asr_qa.core.redacted import redacted
from asr_qa.errors import ConflictError, NotFoundError, UsageError
from asr_qa.messages import error_of
from asr_qa.pipeline.documents import from_json
from asr_qa.pipeline.ingest import ID_LENGTH
from asr_qa.render.explain import Explanation, as_plain, explain, title_of
from asr_qa.render.remarks import remark
from asr_qa.render.texts import Lang, Texts

_NAMES: dict[Lang, tuple[str, ...]] = {
    "zh": ("定义", "参数", "依据", "结论", "免责", "注意"),
    "en": ("means", "in force", "because", "so", "excused by", "note"),
}


def explain_command(
    call: Annotated[
        str,
        typer.Argument(metavar="CALL", help="Id of a call, its recording, or the JSON document that process wrote."),
    ],
    event: Annotated[int | None, typer.Option(min=1, help="Number of the event; without it they are listed.")] = None,
    lang: Language = "zh",
    as_json: Json = False,
) -> None:
    """Say why an event (silence, dead air, interruption, ...) is what it is: its definition, the parameters in force,
    every number beside the limit it was compared to, and what excused it. Private numbers are masked.

    \b
    asr-qa explain 4f1d0c22ab9e33d07c5512aa                the events, numbered
    asr-qa explain out/call.json --event 7                 why the seventh was found
    """
    document = redacted(find_document(call))
    numbers = [event] if event is not None else list(range(1, len(document.events) + 1))
    found = [explain(document, number, lang=lang) for number in numbers]
    if as_json:
        print_json([as_plain(one) for one in found] if event is None else as_plain(found[0]))
    elif event is None:
        for one in found:
            typer.echo(f"{one.number:4}  {title_of(one.event, lang)}  {one.definition}")
        for line in _notes([warning for one in found for warning in one.caveats], lang):
            typer.echo(line)
    else:
        typer.echo("\n".join(lines_of(found[0], lang)))


def find_document(call: str) -> CallDocument:
    """The document of a call, by its id, its recording or the file of the document.

    Raises:
        NotFoundError: There is no such call.
        ConflictError: It was not scored yet.
        UsageError: The file is JSON but no call document.
    """
    path = Path(call)
    if path.is_file() and path.suffix == ".json":
        try:
            return from_json(path.read_bytes())
        except ValidationError as exc:
            raise error_of(UsageError, "no_call_document", path=str(path), count=exc.error_count()) from exc
    name = sha256_of(path)[:ID_LENGTH] if path.is_file() else call
    store = connect(Settings())
    try:
        stored = store.get_call(name)
    finally:
        store.close()
    if stored is None:
        raise error_of(NotFoundError, _missing(path), call=call)
    if stored.document is None:
        raise error_of(ConflictError, "no_events_yet", call=call, state=stored.summary.state.value)
    return stored.document


def _missing(path: Path) -> str:
    """What to say of a call that is not there, by what it was named as."""
    if path.is_file():
        return "recording_unknown"
    return "no_such_file" if path.suffix or path.parent != Path() else "no_such_call"


def lines_of(one: Explanation, lang: Lang) -> list[str]:
    """An explanation as it is printed."""
    names = _NAMES[lang]
    lines = [f"{one.number}. {one.title}", f"{names[0]}: {one.definition_text}"]
    lines.append(f"{names[1]}: {one.definition or '–'}")
    lines += [f"{names[2]}: {'✓' if view.reason.holds else '✗'} {view.text}" for view in one.reasons]
    lines.append(f"{names[3]}: {one.sentence}")
    excused = [f"{names[4]}: {one.event.waived_by}"] if one.event.waived_by else []
    return [*lines, *excused, *_notes(one.caveats, lang)]


def _notes(warnings: Sequence[CallWarning], lang: Lang) -> list[str]:
    """Each warning once, in words."""
    said = dict.fromkeys(remark(warning, Texts(lang)) for warning in warnings)
    return [f"{_NAMES[lang][5]}: {text}" for text in said]
