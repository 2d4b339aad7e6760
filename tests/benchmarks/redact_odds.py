"""Count what recognisers make of digits, and of other talk: the weights of asr_qa/core/words/digit_odds.zh.txt.

    python tests/benchmarks/redact_odds.py --out DIR --phrases PHRASES > asr_qa/core/words/digit_odds.zh.txt

DIR is that of bench_redact_heard.py, of which the parts dev and test are counted, and PHRASES that of bench_phrases.py,
whose sentences are other talk. Each character that is a digit, and the syllable of each other one, weighs the logarithm
of how much oftener it is heard where a number is said, rounded to halves and bounded.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench_redact_heard import ROLES, _entries, _phrases, utterance_of
from redact_spoken import PARTS

from asr_qa.core.digits import DIGITS, fold_width
from asr_qa.core.masking import Clock
from asr_qa.core.phonetic import syllables

HEAD = """\
# How much oftener a character or a syllable is heard where a number is read out than elsewhere: natural logarithms,
# then what weighs so much. Made by tests/benchmarks/redact_odds.py; what is not here weighs as the least does.
[odds]"""
LEAST, MOST = -3.0, 4.0
SMOOTH = 0.5
COMMON = 40
"""Times from which a character is counted by itself and not by its sound: 是 says other things than 试 and 势."""
RARE = 3
"""Times heard in all; what is rarer says nothing."""


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of bench_redact_heard.py hear")
    parser.add_argument("--phrases", type=Path, required=True, help="folder of bench_phrases.py hear")
    options = parser.parse_args()
    said = list(heard(options.out, options.phrases))
    often = {char for char, count in Counter(char for char, *_ in said).items() if count >= COMMON}
    within: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    for char, sound, private in said:
        (within if private else elsewhere)[char if char in often and not char.isascii() else sound] += 1
    lines = defaultdict(list)
    for sound in sorted(within | elsewhere):
        odds = _odds(sound, within, elsewhere)
        if odds > LEAST and within[sound] + elsewhere[sound] >= RARE:
            lines[odds].append(sound)
    print(HEAD)
    print("\n".join(f"{odds:+.1f} {' '.join(sounds)}" for odds, sounds in sorted(lines.items(), reverse=True)))
    print(f"{LEAST:+.1f}")


def _odds(sound: str, within: Counter[str], elsewhere: Counter[str]) -> float:
    said = (within[sound] + SMOOTH) / (within.total() + SMOOTH * len(within))
    other = (elsewhere[sound] + SMOOTH) / (elsewhere.total() + SMOOTH * len(elsewhere))
    return round(2 * max(LEAST, min(MOST, math.log(said / other)))) / 2


def heard(out: Path, phrases: Path) -> Iterator[tuple[str, str, bool]]:
    """Each character that was heard, its sound, and whether a number was said then."""
    for entry in _entries(out / "heard.jsonl"):
        if entry["part"] in PARTS:
            spans = [
                (ROLES[s["role"]], s["start"], s["end"]) for x in entry["sentences"] for s in x["spans"] if s["private"]
            ]
            for utterance in map(utterance_of, entry["utterances"]):
                clock = Clock(utterance)
                for at, sound in enumerate(sounds(utterance.text)):
                    place = clock.place(0, at, at + 1)
                    middle = (place.start + place.end) / 2
                    if sound:
                        yield (
                            utterance.text[at],
                            sound,
                            any(r is utterance.role and s <= middle <= e for r, s, e in spans),
                        )
    for part in PARTS:
        for case in _phrases(phrases / f"{part}.jsonl"):
            yield from (
                (char, said, False)
                for u in case.heard
                for char, said in zip(u.text, sounds(u.text), strict=True)
                if said
            )


def sounds(text: str) -> list[str]:
    """A digit, 0-9 where it is written as one, A-Z for a Latin letter, the syllable of another; nothing for a sign."""
    folded = fold_width(text)
    return [
        "" if not char.isalnum() else
        ("0-9" if char.isdecimal() else "A-Z") if char.isascii() else
        char if char in DIGITS else said
        for char, said in zip(folded, syllables(folded), strict=True)
    ]  # fmt: skip


if __name__ == "__main__":
    main()
