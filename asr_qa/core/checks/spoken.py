"""The words of a call, made searchable: what each role says, and where it says what rules listen for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from asr_qa.core.checks.again import Again, heard_again
from asr_qa.core.checks.index import PhraseIndex
from asr_qa.core.checks.stream import Place, Source, build_source
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Utterance


class Words:
    """The words of a call; everything is worked out when first asked for.

    It knows nothing of those who look at it, so that all of a call goes as soon as its rules are decided: what is held
    in a circle waits for the garbage collector, which then looks at thousands of things.

    Args:
        sounds: How each utterance is read (`sounds_of`), where that is known already.
        again: Stretches that were listened to again.
        index: What rules listen for.
    """

    def __init__(
        self, utterances: Sequence[Utterance], sounds: Sequence[str], again: Sequence[Again], index: PhraseIndex
    ) -> None:
        self._utterances, self._sounds, self._again, self._index = utterances, sounds, again, index

    @cached_property
    def sources(self) -> Mapping[Role, Source]:
        """What was understood, per role that said anything."""
        sounds: Sequence[str | None] = self._sounds
        if len(sounds) != len(self._utterances):
            sounds = [None] * len(self._utterances)
        of: dict[Role, list[tuple[Utterance, str | None]]] = {}
        for pair in zip(self._utterances, sounds, strict=True):
            of.setdefault(pair[0].role, []).append(pair)
        sources = ((role, build_source(role, of[role])) for role in Role if role in of)
        found = {role: source for role, source in sources if source is not None}
        for source in found.values():
            source.sought, source.accents = self._index.sought, self._index.accents
        return found

    @cached_property
    def places(self) -> Mapping[Role, Mapping[str, Sequence[Place]]]:
        """Where each role says what the rules listen for."""
        return dict(zip(self.sources, self._index.search_each([*self.sources.values()]), strict=True))

    def find(self, role: Role, phrases: Iterable[str], least: int) -> Mapping[str, Sequence[Place]]:
        """Where a role says each of some phrases, wherever it is; by sound from `least` syllables up (0: never)."""
        known = self.places[role]
        if strange := self._index.strange(phrases, least):
            known = {**known, **self._index.like(strange).search(self.sources[role])}
        return heard_again(known, self._again, self.sources[role], phrases) if self._again else known
