"""What a run is going to do: which recordings are the same audio, and who speaks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from asr_qa.batch.worker import Identified
from asr_qa.pipeline.ingest import CallDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A recording to be scored."""

    path: Path
    name: str
    """Decides where its document goes."""
    details: CallDetails = field(default_factory=CallDetails)

    @property
    def rank(self) -> tuple[int, str]:
        """Among copies, the least speaks for those of which nothing is said: most is known of it."""
        return -self.details.known, self.name


Job = list[tuple[Item, Identified]]
"""Copies of one recording of which the same is asked."""


@dataclass(frozen=True, slots=True)
class _Wish:
    rank: tuple[int, str]
    identified: Identified


@dataclass(slots=True)
class Plan:
    """What is asked of each audio, by its sha256.

    Recordings of which something is said come first, then the others.
    """

    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    """What is to be worked through, by sha256 and request."""
    _said: dict[str, list[_Wish]] = field(default_factory=dict)
    _settled: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    """Stamp of the current document, and of those that were asked for and are there."""

    def wanted(self, item: Item, identified: Identified) -> Identified:
        """What is asked of a recording; where nothing is said of it, what is asked of the best known copy."""
        audio = identified.recording.sha256
        if item.details.known:
            self._said.setdefault(audio, []).append(_Wish(item.rank, identified))
        elif audio in self._said:
            spoken = min(self._said[audio], key=lambda wish: wish.rank).identified
            return replace(spoken, recording=replace(spoken.recording, path=identified.recording.path))
        return identified

    def is_said(self, wanted: Identified) -> bool:
        """Whether a manifest row speaks for the audio."""
        return wanted.recording.sha256 in self._said

    def add(self, item: Item, wanted: Identified) -> bool:
        """Have a recording worked through; False where a copy is going to be anyway."""
        job = self.jobs.setdefault((wanted.recording.sha256, wanted.request), [])
        job.append((item, wanted))
        return len(job) == 1

    def settle(self, wanted: Identified, stamp: str, *, current: str) -> None:
        """Note that what is asked is there already, under a stamp, and which stamp the current document has."""
        self._settled.setdefault(wanted.recording.sha256, (current, set()))[1].add(stamp)

    @property
    def left(self) -> Iterator[tuple[str, str]]:
        """(sha256, stamp) of documents to be made current: the current one is none that is asked for any more."""
        for audio, (current, stamps) in self._settled.items():
            if current not in stamps:
                ranked = [wish.identified.stamp for wish in self._in_order(audio)]
                yield audio, next((stamp for stamp in ranked if stamp in stamps), min(stamps))

    @property
    def contested(self) -> Iterator[tuple[str, str]]:
        """(sha256, stamp) of what is to be current where several manifest rows ask for different things.

        The best known row, whichever was finished last.
        """
        worked = {audio: {request for known, request in self.jobs if known == audio} for audio in self._contested()}
        for audio, requests in worked.items():
            spoken = (wish.identified for wish in self._in_order(audio) if wish.identified.request in requests)
            yield from ((audio, one.stamp) for one in list(spoken)[:1])

    def _contested(self) -> Iterator[str]:
        seen: set[str] = set()
        for audio, _ in self.jobs:
            if audio in seen:
                yield audio
            seen.add(audio)

    def _in_order(self, audio: str) -> list[_Wish]:
        return sorted(self._said.get(audio, []), key=lambda wish: wish.rank)
