"""Tables of bench_phrases: which way finds what was said, how sure a match is, and what a second look adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from phrase_corpus import apart, homophones, phrases, sounds_of
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from asr_qa.core.accuracy import comparable
from asr_qa.core.checks import index
from asr_qa.core.checks.again import DOUBTED, POSSIBLE, SURE
from asr_qa.core.checks.chance import chance_again
from asr_qa.core.checks.stream import Place, Source, build_source
from asr_qa.core.counts import Counts
from asr_qa.core.finding import Match
from asr_qa.core.recording import Role
from asr_qa.core.report import wilson
from asr_qa.core.text import FOLDED, normalise
from asr_qa.core.transcript import Utterance, Word

PRECISE = 0.98
LENGTHS = ((2, 3), (4, 4), (5, 6), (7, 8), (9, 16))
KINDS = {
    "homophone": (Match.EXACT, Match.HOMOPHONE),
    "near": (Match.EXACT, Match.HOMOPHONE, Match.NEAR),
    "fuzzy": tuple(Match),
}


@dataclass(frozen=True)
class Heard:
    """A clip with what was heard."""

    entry: dict[str, Any]

    @cached_property
    def text(self) -> str:
        """Everything heard, folded."""
        return normalise("|".join(u["text"] for u in self.entry["utterances"]), FOLDED).text

    @property
    def utterances(self) -> tuple[Utterance, ...]:
        """As they came from the recogniser."""
        return tuple(
            Utterance(Role.AGENT, u["start"], u["end"], u["text"], u["text"], u["confidence"], u["status"], words_of(u))
            for u in self.entry["utterances"]
        )

    @cached_property
    def source(self) -> Source | None:
        """The words made searchable."""
        return build_source(Role.AGENT, [(utterance, None) for utterance in self.utterances])

    @cached_property
    def places(self) -> dict[str, list[Place]]:
        """Every place of every phrase."""
        return _index().search(self.source) if self.source is not None else {}


@dataclass(frozen=True, slots=True)
class Missed(Counts):
    """Errors of a recogniser; they add up."""

    clips: int = 0
    characters: int = 0
    """Of the characters said, changed, left out or put in."""
    of_characters: int = 0
    syllables: int = 0
    """The same of toneless syllables: what sounds alike is no error."""
    of_syllables: int = 0

    @property
    def row(self) -> str:
        """Both rates."""
        characters, syllables = self.characters / self.of_characters, self.syllables / self.of_syllables
        return f"{characters:.3f} of the characters, {syllables:.3f} of the syllables wrong, {self.clips} clips"


def missed(said: str, heard: str) -> Missed:
    """What is wrong in one sentence."""
    truth, text, sounds = comparable(said), comparable(heard), sounds_of(said)
    return Missed(
        1, Levenshtein.distance(truth, text), len(truth), Levenshtein.distance(sounds, sounds_of(heard)), len(sounds)
    )


def words_of(utterance: dict[str, Any]) -> tuple[Word, ...]:
    """The words of an utterance."""
    return tuple(Word(w["text"], w["start"], w["end"], w["confidence"]) for w in utterance["words"])


def load(out: Path, part: str) -> list[Heard]:
    """The clips of a part."""
    path = out / f"{part}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [Heard(json.loads(line)) for line in lines]


@dataclass(frozen=True)
class Pair:
    """A clip and a phrase that was looked for in it."""

    clip: Heard
    phrase: str
    said: bool

    @property
    def own(self) -> bool:
        """Whether the clip was made for this phrase."""
        return bool(self.clip.entry["phrase"] == self.phrase)


Way = Callable[[Heard, str], bool]


def pairs(clips: Sequence[Heard], kinds: Iterable[str] = ("required", "confusable")) -> list[Pair]:
    """Each clip of some sets with the phrase it was made for."""
    return [Pair(c, c.entry["phrase"], c.entry["set"] == "required") for c in clips if c.entry["set"] in set(kinds)]


def others(clips: Sequence[Heard]) -> list[Pair]:
    """Each clip with every phrase of its part whose syllables are not said in it."""
    known = sorted({clip.entry["phrase"] for clip in clips})
    return [Pair(c, p, False) for c in clips for p in known if p != c.entry["phrase"] and apart(p, c.entry["said"])]


def ways(dev: Sequence[Heard]) -> dict[str, Way]:
    """Every way of looking for a phrase; the threshold of the edit distance is the best on `dev`."""
    least = best_threshold(pairs(dev), lambda pair: likeness(pair.clip, pair.phrase))
    found: dict[str, Way] = {
        "substring": lambda clip, phrase: folded(phrase) in clip.text,
        f"edit distance (partial ratio >= {least:.0f})": lambda clip, phrase: likeness(clip, phrase) >= least,
    }
    for name, kinds in KINDS.items():
        found[name] = lambda clip, phrase, kinds=kinds: any(  # type: ignore[misc]
            place.match in kinds for place in clip.places.get(phrase, ())
        )
    return found


@cache
def folded(phrase: str) -> str:
    """A phrase as texts are compared."""
    return normalise(phrase, FOLDED).text


def likeness(clip: Heard, phrase: str) -> float:
    """How alike the phrase and the most similar stretch of the text are, 0 to 100."""
    return fuzz.partial_ratio(folded(phrase), clip.text) if len(clip.text) >= len(folded(phrase)) else 0.0


@cache
def _index() -> index.PhraseIndex:
    """All phrases, looked for at once."""
    wanted = {*(phrase for phrase, _ in phrases()), *(phrase for phrase, _ in homophones())}
    return index.PhraseIndex(
        {p: index.SHORT_SYLLABLES if len(p) < index.MIN_SYLLABLES else index.MIN_SYLLABLES for p in wanted}
    )


def best_threshold(tried: Sequence[Pair], worth: Callable[[Pair], float]) -> float:
    """The threshold of most recall at a precision of 0.98; that of the best F1 where none is so precise."""
    worths = [(worth(pair), pair.said) for pair in tried]
    best, best_key = 100.0, (False, -1.0)
    for threshold in sorted({w for w, _ in worths}):
        hits = [said for w, said in worths if w >= threshold]
        precision, recall = sum(hits) / len(hits), sum(hits) / max(1, sum(said for _, said in worths))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        key = (precision >= PRECISE, recall if precision >= PRECISE else f1)
        if key > best_key:
            best, best_key = threshold, key
    return best


@dataclass(frozen=True)
class Score:
    """Counts of one way over some pairs."""

    right: int
    said: int
    wrong: int

    @property
    def row(self) -> str:
        """Recall and precision with their intervals."""
        return f"{interval(self.right, self.said)} | {interval(self.right, self.right + self.wrong)}"


def score(tried: Iterable[Pair], found: Callable[[Pair], bool]) -> Score:
    """How a way does."""
    outcomes = [(pair.said, found(pair)) for pair in tried]
    right = sum(said and hit for said, hit in outcomes)
    return Score(right, sum(said for said, _ in outcomes), sum(hit and not said for said, hit in outcomes))


def interval(k: int, n: int) -> str:
    """A share with its Wilson interval and its counts."""
    bounds = wilson(k, n)
    return f"{k / n:.3f} ({bounds.low:.3f}-{bounds.high:.3f}), {k}/{n}" if bounds else "-"


def measure(out: Path) -> None:
    """Print every table."""
    dev, test = load(out, "dev"), load(out, "test")
    known = ways(dev)
    looks = {**_looks(out, "dev"), **_looks(out, "test")}
    if looks:
        known["fuzzy + listening again"] = _again(looks, known["fuzzy"], known["homophone"])
    for title, clips in (("test", test), ("dev", dev), ("both", [*dev, *test])):
        print(
            f"\n### {title}: {_described(clips)}\n\n"
            "| way | recall | precision | other phrases taken for said |\n|---|---|---|---|"
        )
        foreign = others(clips)
        for name, way in known.items():
            print(f"| {name} | {score(pairs(clips), _by(way)).row} | {_rate(foreign, way)} |", flush=True)
    if looks:
        _left_open(test, known, looks)
    _split("voice", [*dev, *test], known, lambda pair: pair.clip.entry["voice"])
    _hearing([*dev, *test])
    _split("syllables", [*dev, *test], known, lambda pair: _length(pair.phrase))
    print(
        "\nhomophones taken for the phrase:",
        {
            name: interval(sum(way(p.clip, p.phrase) for p in h), len(h))
            for name, way in known.items()
            if (h := pairs([*dev, *test], ["homophone"]))
        },
    )


def _looks(out: Path, part: str) -> dict[tuple[str, str], float]:
    """What listening again gave for clips and phrases: the chance that the phrase was said."""
    path = out / f"look-{part}.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    return {
        (row["id"], row["phrase"]): 0.0
        if row["ratio"] is None
        else chance_again(row["ratio"], row["cost"], row["length"], row["clarity"])
        for row in rows
    }


def _again(looks: dict[tuple[str, str], float], rough: Way, sure: Way) -> Way:
    """Words found for sure, or else by what the audio says; a rough match stands where nobody listened again."""

    def found(clip: Heard, phrase: str) -> bool:
        likely = looks.get((clip.entry["id"], phrase), DOUBTED)
        return sure(clip, phrase) or likely >= SURE or (likely >= DOUBTED and rough(clip, phrase))

    return found


def _left_open(clips: Sequence[Heard], known: dict[str, Way], looks: dict[tuple[str, str], float]) -> None:
    """Of what is not found all the same: what goes to a person as possibly said."""
    way = known["fuzzy + listening again"]
    open_ = [
        (p.said, looks.get((p.clip.entry["id"], p.phrase), 0.0) >= POSSIBLE) for p in pairs(clips) if not _by(way)(p)
    ]
    for said, title in ((True, "said and not found"), (False, "not said and not found")):
        mine = [possible for was_said, possible in open_ if was_said is said]
        print(f"{title}: {len(mine)}, of them possibly said (undetermined): {sum(mine)}")


def _by(way: Way) -> Callable[[Pair], bool]:
    return lambda pair: way(pair.clip, pair.phrase)


def _rate(foreign: Sequence[Pair], way: Way) -> str:
    wrong = sum(way(pair.clip, pair.phrase) for pair in foreign)
    return f"{wrong} of {len(foreign)}"


def _described(clips: Sequence[Heard]) -> str:
    sets = [clip.entry["set"] for clip in clips]
    voices = {clip.entry["voice"] for clip in clips}
    return (
        ", ".join(f"{sets.count(s)} {s}" for s in ("required", "confusable", "homophone")) + f"; {len(voices)} voices"
    )


def _hearing(clips: Sequence[Heard]) -> None:
    print()
    for voice in sorted({clip.entry["voice"] for clip in clips}):
        mine = [clip.entry for clip in clips if clip.entry["voice"] == voice]
        errors = sum((missed(e["said"], "".join(u["text"] for u in e["utterances"])) for e in mine), Missed())
        print(f"{voice}: {errors.row}")


def _split(title: str, clips: Sequence[Heard], known: dict[str, Way], group: Callable[[Pair], str]) -> None:
    tried = pairs(clips)
    print(
        f"\n| {title} | {' | '.join(f'{name}: recall' for name in known)} | fuzzy: precision |"
        f"\n|{'---|' * (len(known) + 2)}"
    )
    for name in sorted({group(pair) for pair in tried}):
        mine = [pair for pair in tried if group(pair) == name]
        scores = [score(mine, _by(way)) for way in known.values()]
        recalls = " | ".join(f"{s.right}/{s.said}" for s in scores)
        fuzzy = scores[list(known).index("fuzzy")]
        print(f"| {name} | {recalls} | {fuzzy.right}/{fuzzy.right + fuzzy.wrong} |")


def _length(phrase: str) -> str:
    count = len(sounds_of(phrase))
    return next(f"{low:02}-{high:02}" for low, high in LENGTHS if low <= count <= high)
