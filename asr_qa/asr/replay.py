"""The engine "replay": a finished transcript in place of recognition, for tests, re-runs and other people's ASR."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.transcript import Transcript, Utterance, Word, spread
from asr_qa.errors import TranscriptionError
from asr_qa.pipeline.ports import OnHeard, SpokenChannel

TOLERANCE = 0.3
"""Seconds a word may lie outside the speech found and still count as said in it."""

_UTTERANCES: TypeAdapter[tuple[Utterance, ...]] = TypeAdapter(tuple[Utterance, ...])
_SPOKEN = ("role", "start", "end", "text")


class ReplayTranscriber:
    """Gives back a finished transcript, as far as it lies in the speech it is asked about.

    Words further than TOLERANCE from any speech of their role are dropped, and so are roles that were not asked for.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        digest = hashlib.sha256(repr(transcript).encode()).hexdigest()[:12]
        source = f" of {transcript.model}" if transcript.model else ""
        self._name = f"replay@{digest}{source}"

    @property
    def name(self) -> str:
        """Engine, digest of the transcript and the model that once heard it."""
        return self._name

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        """The utterances of the channels' roles; the transcript's own language comes before the one given."""
        kept: list[Utterance] = []
        for role in {channel.role for channel in channels}:
            near = _padded(channel.speech for channel in channels if channel.role is role)
            kept.extend(part for said in self._transcript.of(role) if (part := _within(said, near)))
        utterances = _in_order(kept)
        if heard and utterances:
            heard(utterances, max(said.end for said in utterances))
        return Transcript(utterances, self._name, self._transcript.language or _known(language))


def _known(language: str) -> str:
    return "zh" if language == "auto" else language


def _in_order(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    return tuple(sorted(utterances, key=lambda said: (said.start, said.end, said.role)))


def _padded(tracks: Iterable[Track]) -> Track:
    return union(Segment(part.start - TOLERANCE, part.end + TOLERANCE) for track in tracks for part in track)


def _within(utterance: Utterance, near: Track) -> Utterance | None:
    if not utterance.words:
        return utterance if _touches(utterance, near) else None
    words = tuple(word for word in utterance.words if _touches(word, near))
    if len(words) == len(utterance.words):
        return utterance
    return _shortened(utterance, words) if words else None


def _touches(said: Word | Utterance, near: Track) -> bool:
    # Only the last stretch that begins before the words end can reach them: a track is sorted and never overlaps.
    last = bisect_right(near, said.end, key=lambda part: part.start) - 1
    return last >= 0 and near[last].end >= said.start


def _shortened(utterance: Utterance, words: tuple[Word, ...]) -> Utterance:
    between = " " if " " in utterance.text.strip() else ""
    text = between.join(word.text.strip() for word in words)
    return replace(utterance, start=words[0].start, end=words[-1].end, text=text, raw_text=text, words=words)


def load_transcript(path: Path) -> Transcript:
    """Read a transcript from JSON.

    Understood are a call document, {"utterances": [...]} with the same fields, and a truth file
    {"turns": [{"role", "start", "end", "text"}], "backchannels": the same}, whose words are spread evenly over
    each turn.

    Raises:
        TranscriptionError: The file cannot be read or a field is wrong; the message names both.
    """
    data = _read(path)
    language = data.get("language") or _dig(data, "recording", "metadata", "language") or ""
    model = data.get("model") or _dig(data, "models", "asr") or ""
    return Transcript(_in_order(_utterances(path, data)), str(model), str(language))


def _dig(data: object, *keys: str) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _utterances(path: Path, data: dict[str, Any]) -> tuple[Utterance, ...]:
    if "utterances" in data:
        return _validated(path, "utterances", data["utterances"])
    if "turns" in data:
        spoken = (_validated(path, kind, data[kind]) for kind in ("turns", "backchannels") if kind in data)
        return tuple(_with_words(utterance) for kind in spoken for utterance in kind)
    raise TranscriptionError(f"{path}: neither utterances nor turns in it; a call document or a truth file is needed")


def find_transcript(folder: Path, recording: Path) -> Path:
    """The transcript of a recording in a folder: call.json, call.wav.json or call.truth.json for call.wav.

    Raises:
        TranscriptionError: There is none.
    """
    names = [f"{recording.stem}.json", f"{recording.name}.json", f"{recording.stem}.truth.json"]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise TranscriptionError(f"{folder}: no transcript for {recording.name}: put one there as {' or '.join(names)}")


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TranscriptionError(f"{path}: transcript cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise TranscriptionError(f"{path}: transcript is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise TranscriptionError(f"{path}: transcript must be a JSON object with utterances or turns")
    return data


def _validated(path: Path, field: str, rows: object) -> tuple[Utterance, ...]:
    # A truth file says more of each turn than an utterance holds.
    plain = rows if field == "utterances" or not isinstance(rows, list) else [_only_spoken(row) for row in rows]
    try:
        utterances = _UTTERANCES.validate_python(plain)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, (field, *first["loc"])))
        raise TranscriptionError(f"{path}: {place}: {first['msg']}") from error
    for index, utterance in enumerate(utterances):
        _check_times(path, f"{field}.{index}", (utterance, *utterance.words))
    return utterances


def _only_spoken(row: object) -> object:
    return {key: row[key] for key in _SPOKEN if key in row} if isinstance(row, dict) else row


def _check_times(path: Path, place: str, said: Iterable[Utterance | Word]) -> None:
    for part in said:
        # NaN and infinity fail the comparison too.
        if not 0.0 <= part.start <= part.end < float("inf"):
            raise TranscriptionError(
                f"{path}: {place}: times {part.start} to {part.end} are no stretch of the recording"
            )


def _with_words(utterance: Utterance) -> Utterance:
    return replace(utterance, raw_text=utterance.text, words=spread(utterance.text, utterance.segment))
