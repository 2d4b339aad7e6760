"""Recall and false touches of redaction, on sentences whose private parts are known.

    python tests/benchmarks/bench_redact.py --seed 11 --clips ../shared/audio --rules rules --documents DIR

The sentences come from the grammar in `redact_sentences.py`: they are true texts, not what a recogniser made of them
(style "one misheard" puts one homophone in). `--clips` adds the texts of an index.json: those that are nothing but
seven digits or more are numbers, the rest are other sentences. `--rules` adds the sentences of the rules' cases.
`--documents` adds what a recogniser heard: utterances of call documents in which a row of at least seven written or
spoken digits is left after redaction are printed. A number counts as found when each of its letters and digits is
masked. Prints Markdown with Wilson's 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from redact_sentences import STYLES, Sentence, with_number, without_number

from asr_qa.core.masking import MASK
from asr_qa.core.recording import Role
from asr_qa.core.redact import find_private, redact
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.transcript import Utterance, Word

ROLES = {"A": Role.AGENT, "B": Role.CUSTOMER}
KINDS = ("mobile", "landline", "id_card", "bank_card", "number")
NUMBER = re.compile(r"[零〇一幺二两三四五六七八九0-9]{7,}")


def main() -> None:
    options = arguments()
    rng = random.Random(options.seed)
    styles = [*STYLES, "across turns"]
    private = [with_number(rng, kind, style) for kind in KINDS for style in styles for _ in range(options.each)]
    other = [without_number(rng) for _ in range(options.others)]
    clips = [text.strip("\ufeff ") for text in texts_of_clips(options.clips)]
    numbers = [text for text in clips if NUMBER.fullmatch(text)]
    private += [Sentence((("B", t),), ((0, 0, len(t)),), "clip", "texts of the clips") for t in numbers]
    other += [Sentence((("B", t),), style="texts of the clips") for t in clips if t not in numbers]
    other += [Sentence((("B", text),), style="rule cases") for text in texts_of_rules(options.rules)]
    began = time.process_time()
    recall(private, options.show)
    touches(other, options.show)
    letters = sum(len(text) for sentence in (*private, *other) for _, text in sentence.turns)
    print(f"\n{1e6 * (time.process_time() - began) / letters:.1f} µs of CPU per character")
    documents(options.documents)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--each", type=int, default=20, help="sentences per kind and style")
    parser.add_argument("--others", type=int, default=2000, help="sentences without a private number")
    parser.add_argument("--clips", type=Path, help="folder with an index.json")
    parser.add_argument("--rules", type=Path, help="folder of rules with their cases")
    parser.add_argument("--documents", type=Path, help="folder of call documents")
    parser.add_argument("--show", type=int, default=0, help="misses and touches to print")
    return parser.parse_args()


def utterances(sentence: Sentence) -> tuple[Utterance, ...]:
    return tuple(Utterance(ROLES[r], 3.0 * i, 3.0 * i + 2.5, text) for i, (r, text) in enumerate(sentence.turns))


def masked(sentence: Sentence) -> tuple[Utterance, ...]:
    said = utterances(sentence)
    return redact(said, find_private(said))


def recall(sentences: list[Sentence], show: int) -> None:
    table: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for sentence in sentences:
        done = masked(sentence)
        hit = all(not any(map(str.isalnum, hidden(done[turn].text[a:b]))) for turn, a, b in sentence.private)
        for key in (
            ("all", "" if sentence.kind != "clip" else "clips"),
            ("style", sentence.style),
            ("kind", sentence.kind),
        ):
            table[key].append(hit)
        if not hit and show:
            show -= 1
            print("missed:", " | ".join(u.text for u in done), "<-", " | ".join(text for _, text in sentence.turns))
    print("| numbers of 7 digits and more | n | wholly masked | 95 % |\n|---|---|---|---|")
    for (_, name), hits in table.items():
        print(f"| {name or 'generated, all'} | {share(sum(hits), len(hits))} |")


def hidden(text: str) -> str:
    """What is left of a number, hesitations and connecting words apart."""
    return re.sub(r"嗯|呃|然后|后面是", "", text)


def touches(sentences: list[Sentence], show: int) -> None:
    table: dict[str, list[bool]] = defaultdict(list)
    for sentence in sentences:
        done = masked(sentence)
        touched = any(MASK in utterance.text for utterance in done)
        table[sentence.style].append(touched)
        table["all"].append(touched)
        if touched and show:
            show -= 1
            print("touched:", done[0].text, "<-", sentence.turns[0][1])
    print("\n| other sentences | n | touched | 95 % |\n|---|---|---|---|")
    for name, hits in table.items():
        print(f"| {name} | {share(sum(hits), len(hits))} |")


def share(hits: int, count: int) -> str:
    """Number, share in percent and Wilson's interval."""
    if not count:
        return "0 | - | -"
    z, p = 1.96, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{count} | {100 * p:.2f} % | {100 * max(0, middle - half):.2f}-{100 * min(1, middle + half):.2f} %"


def texts_of_clips(folder: Path | None) -> list[str]:
    if folder is None:
        return []
    return [clip["text"] for clip in json.loads((folder / "index.json").read_text("utf-8")) if clip.get("text")]


def texts_of_rules(folder: Path | None) -> Iterator[str]:
    """The sentences of all cases but those of the rule about numbers read out."""
    for path in sorted(folder.rglob("*.cases.yml")) if folder else ():
        if "customer_data" in path.name:
            continue
        for case in yaml.safe_load(path.read_text("utf-8")):
            if isinstance(case, dict) and isinstance(case.get("call"), str):
                yield from (said.text for said in parse_sketch(case["call"]).transcript.utterances if said.text)


def documents(folder: Path | None) -> None:
    """Counts what is masked in call documents and prints the rows of digits that are left."""
    calls = list(_calls(folder.rglob("*.json"))) if folder else []
    left, touched, count = set(), set(), 0
    for said in calls:
        done = redact(said, find_private(said))
        count += len(said)
        touched |= {before.text for before, after in zip(said, done, strict=True) if before.text != after.text}
        left |= {u.text for u in done if NUMBER.search(re.sub(r"[\W_]", "", u.text.replace(MASK, "x")))}
    if calls:
        print(
            f"\n{len(calls)} documents, {count} utterances: {len(touched)} different ones touched, digits left in:",
            *sorted(left),
        )


def _calls(paths: Iterable[Path]) -> Iterator[tuple[Utterance, ...]]:
    for path in sorted(paths):
        document = json.loads(path.read_text("utf-8"))
        if isinstance(document, dict) and "score_sheet" in document:
            yield tuple(_utterance(row) for row in document["utterances"])


def _utterance(row: dict[str, object]) -> Utterance:
    words = tuple(Word(w["text"], w["start"], w["end"]) for w in row.get("words", []))  # type: ignore[attr-defined]
    return Utterance(Role(str(row["role"])), row["start"], row["end"], row["text"], words=words)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
