"""Whether a confidence means what it says: how often words of each confidence are right, as figures and a picture.

Raw probabilities of the decoder are compared with monotone maps of them, fitted on other calls (other seeds); the map
is chosen by the log loss on calls left out in turn, and written to --fit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_asr_calls import Call, Studio
from bench_asr_picture import picture
from bench_asr_variants import OURS, Way, parse_way
from bench_asr_ways import ROLES, Answer, listening

from asr_qa.asr.whisper import WhisperOptions
from asr_qa.bootstrap import find_weights
from asr_qa.config import Settings
from asr_qa.core.accuracy import word_outcomes
from asr_qa.core.calibration import (
    Calibration,
    Fit,
    Reliability,
    blend,
    fit_isotonic,
    fit_logistic,
    log_loss,
    reliability,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A word that was heard, and what may tell whether it is right."""

    call: str
    noise_db: float
    text: str
    confidence: float
    utterance: float
    """Mean confidence of the words of its utterance."""
    least: float
    """Lowest confidence of the utterance."""
    seconds: float
    """Length of the word."""
    words: int
    """Words of the utterance."""
    right: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fit-seeds", type=int, nargs="+", default=[11, 77, 303])
    parser.add_argument("--test-seeds", type=int, nargs="+", default=[2026])
    parser.add_argument("--noise", type=float, nargs="+", default=[-50.0, -35.0, -28.0], help="dB full scale")
    parser.add_argument("--calls", type=int, default=2, help="of each seed and noise")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--fit", type=Path, help="file of maps to write the model's into")
    parser.add_argument("--out", type=Path, help="write NAME.json and NAME.svg")
    parser.add_argument(
        "--kept", type=Path, help="file for the words heard; read instead of listening where it is there"
    )


def collect(args: argparse.Namespace, studio: Studio, seeds: Sequence[int], way: Way) -> list[Heard]:
    """Every word of the calls of some seeds under every noise."""
    heard: list[Heard] = []
    with listening([way]) as ears:
        for seed in seeds:
            for noise in args.noise:
                for call in studio.usual(args.calls, args.minutes, seed, noise_db=noise):
                    heard += words_of(call, ears.hear(way, call.prepared), noise)
                    print(f"{call.recording.stem} {noise:g} dB", file=sys.stderr)
    return heard


def words_of(call: Call, answer: Answer, noise: float) -> list[Heard]:
    """The words of one call that count, each with its utterance."""
    found = []
    for role in ROLES:
        spans = sorted(answer.utterances[role])
        groups = {span: [w for w in answer.words[role] if span[0] <= w.start and w.end <= span[1]] for span in spans}
        mates = {id(word): group for group in groups.values() for word in group}
        for word, right in word_outcomes(call.turns, answer.words[role], role=role):
            if word.confidence is None:
                continue
            group = [w.confidence or 0.0 for w in mates.get(id(word), [word])]
            mean, least = sum(group) / len(group), min(group)
            length = word.end - word.start
            found.append(
                Heard(call.recording.stem, noise, word.text, word.confidence, mean, least, length, len(group), right)
            )
    return found


def run(args: argparse.Namespace, studio: Studio) -> None:
    """Collect, fit on some seeds, judge on others; print tables, write JSON, picture and map."""
    way = parse_way(args.way[0]) if args.way else raw_way()
    heard = kept(args.kept) if args.kept and args.kept.exists() else {}
    if not heard:
        heard = {"fit": collect(args, studio, args.fit_seeds, way), "test": collect(args, studio, args.test_seeds, way)}
        if args.kept:
            args.kept.write_text(json.dumps({name: [asdict(one) for one in some] for name, some in heard.items()}))
    losses = {name: left_out(heard["fit"], make) for name, make in CANDIDATES.items()}
    losses["raw"] = log_loss([(one.confidence, one.right) for one in heard["fit"]])
    losses["logistic on all features"] = left_out_linear(heard["fit"])
    best = min(CANDIDATES, key=lambda name: losses[name])
    chosen = CANDIDATES[best](heard["fit"])
    print(f"{len(heard['fit'])} words to fit, {len(heard['test'])} to judge by\n")
    print("| map | log loss on calls left out |\n|---|---|")
    print("\n".join(f"| {name}{' (taken)' if name == best else ''} | {loss:.4f} |" for name, loss in losses.items()))
    print("\n| test seeds | words | right | ECE raw | ECE mapped | Brier raw | Brier mapped | AUC raw | AUC mapped |")
    print("|---|---|---|---|---|---|---|---|---|")
    levels = sorted({one.noise_db for one in heard["test"]})
    groups = {f"{level:g} dB": [one for one in heard["test"] if one.noise_db == level] for level in levels}
    judged = {name: judge(some, chosen) for name, some in {**groups, "all": heard["test"]}.items()}
    print("\n".join(line(name, *two) for name, two in judged.items()))
    found = find_weights(Settings())
    model = f"{found.name}@{found.digest}"
    if args.out:
        publish(args, model, judged)
    if args.fit:
        record(args, model, best, chosen, len(heard["fit"]))


def publish(args: argparse.Namespace, model: str, judged: dict[str, tuple[Reliability, Reliability]]) -> None:
    """Write figures and picture."""
    raw, after = judged["all"]
    figures = {name: {"raw": asdict(two[0]), "calibrated": asdict(two[1])} for name, two in judged.items()}
    data = {"model": model, "test_seeds": args.test_seeds, "noise_db": args.noise, "test": figures}
    args.out.with_suffix(".json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    curves = [("as the decoder gives it", raw.bins), ("calibrated", after.bins)]
    title = f"Word confidence, {model.partition('@')[0]}: {raw.words:,} words not fitted on"
    args.out.with_suffix(".svg").write_text(picture(curves, title=title))


def record(args: argparse.Namespace, model: str, name: str, chosen: Calibration, words: int) -> None:
    """Put the map into the file of maps in the place of the model's old one."""
    entries = json.loads(args.fit.read_text()) if args.fit.exists() else {}
    # Two groups of very sure words may be one when rounded.
    knots = {round(raw, 4): (round(raw, 4), round(share, 4)) for raw, share in chosen.knots}
    entries[model] = {
        "map": name,
        "words": words,
        "fitted_on": f"seeds {args.fit_seeds}, noise {args.noise} dB",
        "context": chosen.context,
        "knots": list(knots.values()),
    }
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items())]
    args.fit.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def raw_way() -> Way:
    """Our decoder with its confidences as the network gives them."""
    names = {field.name for field in fields(WhisperOptions)}
    return Way("asr_qa", OURS, ("calibration=None",) if "calibration" in names else ())


def kept(path: Path) -> dict[str, list[Heard]]:
    """The words of an earlier run."""
    return {name: [Heard(**one) for one in some] for name, some in json.loads(path.read_text()).items()}


Make = Callable[[Sequence[Heard]], Calibration]


def maker(fit: Fit, context: float) -> Make:
    """A fit over the word's confidence with a share of its utterance's."""

    def make(heard: Sequence[Heard]) -> Calibration:
        seen = [(blend(one.confidence, one.utterance, weight=context), one.right) for one in heard]
        return replace(fit(seen), context=context)

    return make


CANDIDATES: dict[str, Make] = {
    f"{name}, context {context:g}": maker(fit, context)
    for name, fit in (("isotonic", fit_isotonic), ("logistic", fit_logistic))
    for context in (0.0, 0.2, 0.4, 0.6)
}


def left_out(heard: Sequence[Heard], make: Make) -> float:
    """Log loss of every call under the map fitted on the other seeds' calls."""
    pairs = []
    for call in sorted({one.call for one in heard}):
        calibration = make([one for one in heard if one.call != call])
        pairs += mapped([one for one in heard if one.call == call], calibration)
    return log_loss(pairs)


def left_out_linear(heard: Sequence[Heard]) -> float:
    """As left_out, for a logistic regression on everything that is known: whether the rest would pay."""
    pairs: list[tuple[float, bool]] = []
    for call in sorted({one.call for one in heard}):
        own, others = [one for one in heard if one.call == call], [one for one in heard if one.call != call]
        weights = regress(features(others), np.array([one.right for one in others], dtype=float))
        chances = 1 / (1 + np.exp(-features(own) @ weights))
        pairs += [(float(chance), one.right) for chance, one in zip(chances, own, strict=True)]
    return log_loss(pairs)


def features(heard: Sequence[Heard]) -> Any:
    """One row a word: the log odds of word, utterance and least word, length of both, noughts for no word."""

    def odds(values: list[float]) -> Any:
        clipped = np.clip(values, 1e-3, 1 - 1e-3)
        return np.log(clipped / (1 - clipped))

    return np.column_stack(
        [
            np.ones(len(heard)),
            odds([one.confidence for one in heard]),
            odds([one.utterance for one in heard]),
            odds([one.least for one in heard]),
            np.log([max(one.seconds, 0.02) for one in heard]),
            np.log([one.words for one in heard]),
            [len(one.text) for one in heard],
        ]
    )


def regress(rows: Any, right: Any) -> Any:
    """Weights of a logistic regression, by Newton's method with a little weight on small numbers."""
    weights = np.zeros(rows.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (right - chance) - 0.1 * weights
        curve = rows.T @ (rows * (chance * (1 - chance))[:, None]) + 0.1 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def mapped(heard: Sequence[Heard], calibration: Calibration) -> list[tuple[float, bool]]:
    return [(calibration.of(one.confidence, one.utterance), one.right) for one in heard]


def judge(heard: Sequence[Heard], calibration: Calibration) -> tuple[Reliability, Reliability]:
    """Reliability of the raw confidences and of the mapped ones."""
    return reliability([(one.confidence, one.right) for one in heard]), reliability(mapped(heard, calibration))


def line(name: str, raw: Reliability, after: Reliability) -> str:
    pairs = ((raw.calibration_error, after.calibration_error), (raw.brier, after.brier), (raw.auc, after.auc))
    cells = [f"{value or 0.0:.3f}" for pair in pairs for value in pair]
    return f"| {name} | {raw.words} | {raw.right:.3f} | {' | '.join(cells)} |"
