"""What tones tell: how often words collide with and without them, and whether what was misheard keeps its tones.

python tests/benchmarks/bench_tones.py words             the dictionary of pypinyin, some seconds
python tests/benchmarks/bench_tones.py heard FOLDER      clips of bench_phrases: dev.jsonl and test.jsonl in FOLDER
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from phrase_measure import load
from pypinyin.constants import PHRASES_DICT
from rapidfuzz.distance import Levenshtein

from asr_qa.core.checks.index import PhraseIndex
from asr_qa.core.checks.words import tones_agree
from asr_qa.core.finding import Match
from asr_qa.core.phonetic import readings
from asr_qa.core.report import wilson
from asr_qa.core.text import SPOKEN, normalise

LENGTHS = (2, 3, 4)
TONES = "12345"


def collisions(length: int) -> tuple[int, int, int]:
    """Words of a length, and how many of them have another word that sounds the same: tones left aside; with them."""
    words = [word for word in PHRASES_DICT if len(word) == length]
    said = [" ".join(part.split("/")[0] for part in readings(word)) for word in words]
    bare = ["".join(char for char in one if char not in TONES) for one in said]
    of_bare, of_said = Counter(bare), Counter(said)
    return len(words), sum(of_bare[one] > 1 for one in bare), sum(of_said[one] > 1 for one in said)


def misheard(folder: Path) -> Counter[bool]:
    """Characters written otherwise, but with the syllable that was said: whether the tone is the same too."""
    found: Counter[bool] = Counter()
    for part in ("dev", "test"):
        for line in (folder / f"{part}.jsonl").read_text("utf-8").splitlines():
            entry = json.loads(line)
            said = normalise(entry["said"], SPOKEN).text
            heard = normalise("".join(one["text"] for one in entry["utterances"]), SPOKEN).text
            one, other = readings(said), readings(heard)
            for edit in Levenshtein.opcodes(said, heard):
                if edit.tag == "replace":
                    span = range(min(edit.src_end - edit.src_start, edit.dest_end - edit.dest_start))
                    for a, b in ((one[edit.src_start + i], other[edit.dest_start + i]) for i in span):
                        if a.rstrip(TONES) == b.rstrip(TONES) and a != "_":
                            found[a == b or "5" in a + b] += 1
    return found


def matched(folder: Path, length: int) -> Counter[tuple[bool, bool]]:
    """Every stretch of so many characters that is said in a clip of a part, looked for in all of them.

    Of those found only as homophones: (tones agree, it was said there).
    """
    found: Counter[tuple[bool, bool]] = Counter()
    for part in ("dev", "test"):
        clips = [clip for clip in load(folder, part) if clip.source is not None]
        said = [normalise(clip.entry["said"], SPOKEN).text for clip in clips]
        grams = sorted({text[at : at + length] for text in said for at in range(len(text) - length + 1)})
        index = PhraseIndex(dict.fromkeys(grams, 2))
        for clip, text in zip(clips, said, strict=True):
            assert clip.source is not None
            for gram, places in index.search(clip.source).items():
                same = [tones_agree(clip.source, place) for place in places if place.match is Match.HOMOPHONE]
                if same and all(place.match is not Match.EXACT for place in places):
                    found[any(same), gram in text] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("words", "heard"))
    parser.add_argument("folder", type=Path, nargs="?")
    asked = parser.parse_args()
    if asked.what == "words":
        print("| syllables | words | collide without tones | collide with tones |\n|---|---|---|---|")
        for length in LENGTHS:
            count, bare, toned = collisions(length)
            print(f"| {length} | {count} | {bare / count:.1%} | {toned / count:.1%} |")
        return
    single = misheard(asked.folder)
    print(f"characters misheard as another of the same syllable: {single.total()}, same tone {single[True]}")
    print("| syllables | tones | found as homophones | were said | share (95 %) |\n|---|---|---|---|---|")
    for length in LENGTHS:
        table = matched(asked.folder, length)
        for same in (True, False):
            right, count = table[same, True], table[same, True] + table[same, False]
            low, high = wilson(right, count) or (0.0, 1.0)
            name = "same" if same else "other"
            print(f"| {length} | {name} | {count} | {right} | {right / count:.2f} ({low:.2f} to {high:.2f}) |")


if __name__ == "__main__":
    main()
