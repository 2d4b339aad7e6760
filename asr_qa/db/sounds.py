"""How documents are read (their syllables), kept beside them so that rules are applied again without working it out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from asr_qa.core.checks.stream import sounds_of
from asr_qa.core.phonetic import reading_version
from asr_qa.core.transcript import Utterance
from asr_qa.db.mapping import words_digest
from asr_qa.db.tables import SoundsRow


def keep(session: Session, utterances: Sequence[Utterance], *, document: int) -> None:
    """Store how a document is read; what was worked out for the same words before is taken over."""
    content = words_digest(utterances)
    same = select(SoundsRow.body).where(SoundsRow.content == content, SoundsRow.reading == reading_version()).limit(1)
    body = session.scalar(same)
    if body is None:
        body = "\n".join(sounds_of(utterances))
    session.merge(SoundsRow(document=document, reading=reading_version(), content=content, body=body))


def of(session: Session, document_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """How the utterances of documents are read; those of which that is not stored, or is stale, are left out."""
    wanted = (SoundsRow.document.in_(document_ids), SoundsRow.reading == reading_version())
    query = select(SoundsRow.document, SoundsRow.body).where(*wanted)
    return {row.document: tuple(row.body.split("\n")) for row in session.execute(query)}
