"""Do the shipped rules come to the right verdict when their cases are spoken and heard, not read?

    python tests/benchmarks/bench_cases.py hear --voices FOLDER --out DIR [--noise -55]
    python tests/benchmarks/bench_cases.py measure --out DIR

Every Chinese case of the shipped rules that asks for `met` or `not_met` and is not itself about words heard wrong: each
of its lines is said by one of eight voices, ten lines to a recording, sent through a telephone line (mu-law, pink
noise) and heard as `asr-qa process` would. The words heard stand in the case at the times of the line, so that all that
is different is the words. `hear` goes on where it stopped; `measure` prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from bench_phrases import PER_RECORDING, listen
from phrase_voices import LINE_RATE, VOICES, Audio, Studio, on_line, with_noise, write_mu_law

from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.checks.patternsound import by_sound
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Role
from asr_qa.core.report import wilson
from asr_qa.core.rule import Check, Condition, Not, Options, Phrase, Regex, Rule, Ruleset, Script, descend
from asr_qa.core.rule import Sequence as Steps
from asr_qa.core.segment import Segment
from asr_qa.core.sounds import DEFAULT_ACCENTS
from asr_qa.core.transcript import Transcript, Utterance, Word
from asr_qa.ruleset.cases import Case, load_cases
from asr_qa.ruleset.loader import load_rules

RULES = Path(__file__).parents[2] / "rules"
NOISE_DB = -55.0
"""35 dB below the speech."""
SPEED = 1.15
PAUSE = 1.5
"""Seconds between two lines of a recording."""
LINES = "lines.jsonl"
COLUMNS = ("passes what is kept", "fails it", "leaves it open", "fails what is broken", "passes it")
DECIDED = (Verdict.MET, Verdict.NOT_MET)
ALL = ("exact", "homophone", "near")
HEARD_WRONG = "识别"
"""In the names of cases that are about words heard wrong."""


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("hear", "measure"))
    parser.add_argument("--voices", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--noise", type=float, default=NOISE_DB, help="level of the noise, dB full scale")
    parser.add_argument(
        "--show", action="store_true", help="name each case that comes out otherwise, with what was heard"
    )
    options = parser.parse_args()
    ruleset = load_rules(RULES).ruleset
    cases = [case for case in load_cases(ruleset, RULES) if _is_wanted(case, ruleset)]
    if options.command == "measure":
        measure(ruleset, cases, options.out, show=options.show)
    elif options.voices is None:
        parser.error("hear needs --voices")
    else:
        hear(cases, options.voices, options.out, options.noise)


def _is_wanted(case: Case, ruleset: Ruleset) -> bool:
    said = [utterance.text for utterance in case.facts.transcript.utterances]
    chinese = bool(said) and not any(char.isascii() and char.isalpha() for text in said for char in text)
    rule = ruleset.get(case.rule_id)
    worded = rule is not None and any(_is_worded(check.options) for check in _checks(rule.condition))
    return chinese and worded and case.verdict in DECIDED and not case.known_miss and HEARD_WRONG not in case.name


def _is_worded(options: Options) -> bool:
    return isinstance(options, Phrase | Regex | Script | Steps)


def _checks(condition: Condition) -> Iterator[Check]:
    return (part for part in descend(condition) if isinstance(part, Check))


def hear(cases: Sequence[Case], voices: Path, out: Path, noise: float) -> None:
    """Write DIR/lines.jsonl: each line of the cases with what was heard, its words in shares of its length."""
    out.mkdir(parents=True, exist_ok=True)
    done = {line["text"] for line in _heard_lines(out)}
    texts = sorted({u.text for case in cases for u in case.facts.transcript.utterances if u.text} - done)
    studio, stages, started = Studio(voices), build_stages(Settings()), time.process_time()
    for voice in VOICES:
        mine = [text for text in texts if VOICES[crc32(text.encode()) % len(VOICES)] == voice]
        for first in range(0, len(mine), PER_RECORDING):
            group = mine[first : first + PER_RECORDING]
            wav = out / f"{voice}-{crc32(group[0].encode()):08x}.wav"
            spans = _say(group, voice, studio, wav, noise)
            heard = listen(wav, stages)
            with (out / LINES).open("a", encoding="utf-8") as lines:
                for text, span in zip(group, spans, strict=True):
                    mine_ = [_shares(u, span) for u in heard if u.start < span.end and u.end > span.start]
                    entry = {"text": text, "voice": voice, "heard": mine_}
                    lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
            print(f"{wav.stem}: {time.process_time() - started:.0f} CPU s", flush=True)


def _say(group: Sequence[str], voice: str, studio: Studio, wav: Path, noise: float) -> list[Segment]:
    """The recording, and when each line is said."""
    line: list[Audio] = [np.zeros(LINE_RATE, np.float32)]
    spans = []
    for text in group:
        at = sum(map(len, line)) / LINE_RATE
        line.append(on_line(studio.say(text, voice=voice, speed=SPEED), gain_db=0.0))
        spans.append(Segment(at, at + len(line[-1]) / LINE_RATE))
        line.append(np.zeros(int(PAUSE * LINE_RATE), np.float32))
    write_mu_law(wav, with_noise(np.concatenate(line), level_db=noise, seed=crc32(wav.stem.encode())))
    return spans


def _shares(utterance: Utterance, span: Segment) -> dict[str, Any]:
    def share(at: float) -> float:
        return round(min(1.0, max(0.0, (at - span.start) / span.duration)), 4)

    words = [[w.text, share(w.start), share(w.end), w.confidence] for w in utterance.words]
    return {"text": utterance.text, "status": utterance.status, "confidence": utterance.confidence, "words": words}


def _heard_lines(out: Path) -> list[dict[str, Any]]:
    path = out / LINES
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def spoken(case: Case, lines: dict[str, list[dict[str, Any]]]) -> Case:
    """A case with what was heard of each of its lines."""
    said = [
        heard
        for utterance in case.facts.transcript.utterances
        for part in lines[utterance.text]
        for heard in [_placed(part, utterance.role, utterance.segment)]
        if heard.words or not part["text"]
    ]
    return replace(case, facts=replace(case.facts, transcript=Transcript(tuple(said)), sounds=()))


def _placed(part: dict[str, Any], role: Role, within: Segment) -> Utterance:
    def at(share: float) -> float:
        return within.start + share * within.duration

    words = tuple(Word(text, at(start), at(end), sure) for text, start, end, sure in part["words"])
    start, end = (words[0].start, words[-1].end) if words else (within.start, within.end)
    return Utterance(role, start, end, part["text"], part["text"], part["confidence"], part["status"], words)


def measure(ruleset: Ruleset, cases: Sequence[Case], out: Path, *, show: bool) -> None:
    """Print how the verdicts come out, with all kinds of match and with fewer."""
    lines = {line["text"]: line["heard"] for line in _heard_lines(out)}
    known = [case for case in cases if all(u.text in lines for u in case.facts.transcript.utterances)]
    ways: list[tuple[str, Callable[[Options], Options]]] = [
        ("as shipped", lambda options: options),
        ("patterns by sound where they can be", lambda options: _with_match(options, ALL, Regex)),
        ("phrases as written only, too", lambda options: _with_match(options, ("exact",), Phrase, Script)),
    ]
    required = [rule for rule in ruleset.rules if rule.polarity == "require"]
    by_pattern = {rule.id for rule in required if any(_may_listen(check.options) for check in _checks(rule.condition))}
    for title, some in (
        ("All rules on words", known),
        (
            "Rules that require a pattern that can listen",
            [case for case in known if case.rule_id in by_pattern],
        ),
    ):
        print(f"{title}: {len(some)} cases of {len({case.rule_id for case in some})} rules\n")
        print(f"| looked for | {' | '.join(COLUMNS)} |")
        print("|---" * (len(COLUMNS) + 1) + "|")
        for name, change in ways:
            changed = replace(ruleset, rules=tuple(_changed(rule, change) for rule in ruleset.rules))
            print(f"| {name} | {_row(changed, some, lines, show=show and name == 'as shipped')} |")
        print()


def _row(ruleset: Ruleset, cases: Sequence[Case], lines: dict[str, list[dict[str, Any]]], *, show: bool) -> str:
    came: Counter[tuple[Verdict, Verdict]] = Counter()
    for case in cases:
        heard = spoken(case, lines)
        found = {f.rule_id: f.verdict for f in evaluate(ruleset, heard.facts, drafts=True)}
        verdict = found.get(case.rule_id, Verdict.NOT_APPLICABLE)
        came[case.verdict, verdict] += 1
        if show and verdict is not case.verdict:
            said = " | ".join(u.text for u in heard.facts.transcript.utterances)
            print(f"  {case.id}: {case.verdict} -> {verdict}: {said}")
    kept, broken = (sum(n for (wanted, _), n in came.items() if wanted is one) for one in DECIDED)
    met, not_met = DECIDED
    shares = _share(came[met, met], kept), _share(came[not_met, not_met], broken)
    failed, left, passed = came[met, not_met], came[met, Verdict.UNDETERMINED], came[not_met, met]
    return f"{shares[0]} | {failed} | {left} | {shares[1]} | {passed}"


def _share(count: int, of: int) -> str:
    if (interval := wilson(count, of)) is None:
        return "none"
    return f"{count / of:.3f} ({interval[0]:.3f}-{interval[1]:.3f}), {count}/{of}"


def _may_listen(options: Options) -> bool:
    return isinstance(options, Regex) and by_sound(options.pattern, DEFAULT_ACCENTS) is not None


def _with_match(options: Options, match: tuple[str, ...], *kinds: type[Any]) -> Options:
    if isinstance(options, Steps):
        return replace(
            options, steps=tuple(replace(s, options=_with_match(s.options, match, *kinds)) for s in options.steps)
        )
    return replace(options, match=match) if isinstance(options, kinds) else options


def _changed(rule: Rule, change: Callable[[Options], Options]) -> Rule:
    return replace(rule, condition=_with(rule.condition, change)) if rule.polarity == "require" else rule


def _with(condition: Condition, change: Callable[[Options], Options]) -> Condition:
    if isinstance(condition, Check):
        return replace(condition, options=change(condition.options))
    if isinstance(condition, Not):
        return replace(condition, part=_with(condition.part, change))
    parts = tuple(_with(part, change) for part in condition.parts)
    return replace(condition, parts=parts)


if __name__ == "__main__":
    main()
