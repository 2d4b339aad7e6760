"""The sample calls: audio, truth and manifest agree with each other, and the rules with the truth."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from asr_qa.bootstrap import load_rules
from asr_qa.config import Settings
from asr_qa.core.evaluate import CallFacts, evaluate
from asr_qa.core.metrics import measure
from asr_qa.core.recording import Recording, Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.segment import Segment, union
from asr_qa.core.timeline import CallTimeline, build_timeline
from asr_qa.core.transcript import Transcript, Utterance, Word
from asr_qa.core.unknown import AT_ONCE, without_figures

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "sample_audio"
RATE = 8000
MOST_BYTES = 6_000_000
ROLES = ("agent", "customer")
ROWS: dict[str, dict[str, str]] = {
    Path(row["path"]).stem: row
    for row in csv.DictReader((FOLDER / "manifest.csv").read_text(encoding="utf-8").splitlines())
}
NAMES = sorted(ROWS)
STEREO = [name for name in NAMES if not name.startswith("mono")]
CASES = {
    "good-billing": [],
    "good-complaint": [],
    "no-greeting": ["OPEN-001"],
    "no-surname": ["OPEN-003"],
    "absolute-promise": ["LANG-001"],
    "rude-words": ["LANG-002"],
    "agent-cuts-in": ["TIME-003"],
    "customer-cuts-in": [],
    "dead-air": ["TIME-001", "TIME-002", "SERV-004"],
    "excused-wait": [],
    "complaint-no-deadline": ["COMP-005"],
    "identity-unchecked": ["COMP-001"],
    "reads-number": ["COMP-002"],
    "no-closing": ["CLOS-001", "CLOS-002", "CLOS-003", "CLOS-004"],
}
"""Call -> rules it is there to show."""


@cache
def script() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "scripts.yml").read_text(encoding="utf-8"))
    return loaded


@cache
def truth(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.truth.json").read_text(encoding="utf-8"))
    return loaded


@cache
def decoded(name: str) -> NDArray[np.float32]:
    """Samples at RATE, shape (channels, samples)."""
    with av.open(str(FOLDER / ROWS[name]["path"])) as file:
        resampler = av.AudioResampler("fltp", rate=RATE)
        frames = [piece for frame in file.decode(audio=0) for piece in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1).astype(np.float32)


@cache
def ruleset() -> Ruleset:
    """The rules that calls are tried by; those of other cards are none of them."""
    return load_rules(Settings()).applied


def spoken(name: str) -> list[dict[str, Any]]:
    """Turns and back-channels of a call."""
    return [*truth(name)["turns"], *truth(name)["backchannels"]]


def level(samples: NDArray[np.float32]) -> float:
    """Mean level in dB full scale."""
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-12))


def speech_mask(name: str, role: str, *, margin: float = 0.0) -> NDArray[np.bool_]:
    """Samples in which a role speaks, each stretch wider by `margin` seconds on both sides."""
    mask = np.zeros(decoded(name).shape[1], np.bool_)
    for turn in spoken(name):
        for start, end in turn["speech"] if turn["role"] == role else ():
            mask[max(0, int((start - margin) * RATE)) : int((end + margin) * RATE)] = True
    return mask


def test_samples_cover_the_cases_asked_for() -> None:
    for name, rules in CASES.items():
        failed = {rule for rule, says in truth(name)["expected"].items() if says["verdict"] == "not_met"}
        assert set(rules) <= failed if rules else not failed, f"{name}: {failed}"


def test_samples_fit_in_six_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < MOST_BYTES


def test_samples_come_in_the_formats_promised() -> None:
    found = set()
    for name in NAMES:
        with av.open(str(FOLDER / ROWS[name]["path"])) as file:
            found.add((file.format.name, file.streams.audio[0].codec_context.name, file.streams.audio[0].channels))
    codecs = {(container, codec) for container, codec, _ in found}
    assert {("wav", "pcm_mulaw"), ("wav", "pcm_alaw"), ("mp3", "mp3float"), ("ogg", "opus")} <= codecs
    assert {channels for *_, channels in found} == {1, 2}
    assert {row["language"] for row in ROWS.values()} == {"zh", "en"}


def test_every_file_belongs_to_a_call_of_the_manifest() -> None:
    audio = {path.name for path in FOLDER.iterdir() if path.suffix in (".wav", ".mp3", ".ogg")}
    assert audio == {row["path"] for row in ROWS.values()}
    assert {path.name for path in FOLDER.glob("*.truth.json")} == {f"{name}.truth.json" for name in NAMES}
    assert {call["name"] for call in script()["calls"]} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_truth_is_as_long_as_the_audio(name: str) -> None:
    assert decoded(name).shape[1] / RATE == pytest.approx(truth(name)["duration"], abs=0.05)
    assert 20 <= truth(name)["duration"] <= 90


@pytest.mark.parametrize("name", STEREO)
def test_speech_is_on_the_channel_of_its_role(name: str) -> None:
    audio = decoded(name)
    assert audio.shape[0] == len(ROLES)
    for channel, role in enumerate(ROLES):
        for turn in spoken(name):
            for start, end in turn["speech"] if turn["role"] == role else ():
                assert level(audio[channel, int(start * RATE) : int(end * RATE)]) > -45, (role, start, end)


@pytest.mark.parametrize("name", STEREO)
def test_a_channel_is_quiet_where_its_role_is(name: str) -> None:
    for channel, role in enumerate(ROLES):
        quiet = decoded(name)[channel, ~speech_mask(name, role, margin=0.1)]
        assert level(quiet) < -50, role


@pytest.mark.parametrize("name", [name for name in NAMES if name not in STEREO])
def test_a_mono_call_carries_both_parties(name: str) -> None:
    audio = decoded(name)
    near = speech_mask(name, "agent", margin=0.1) | speech_mask(name, "customer", margin=0.1)
    assert audio.shape[0] == 1
    assert level(audio[0, speech_mask(name, "agent")]) > -35
    assert level(audio[0, speech_mask(name, "customer")]) > -35
    assert level(audio[0, ~near]) < -50


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_an_expected_verdict(name: str) -> None:
    expected = truth(name)["expected"]
    assert set(expected) == {rule.id for rule in ruleset().rules}
    decided = {"met", "not_met", "not_applicable"} | ({"undetermined"} if "listener" in truth(name) else set())
    assert {says["verdict"] for says in expected.values()} <= decided
    for says in expected.values():
        start, end = says.get("at", (0.0, 1.0))
        assert 0 <= start < end <= truth(name)["duration"]


# --- the definitions and the rules, applied to the true words -------------------------------------------


def utterance(turn: dict[str, Any]) -> Utterance:
    """A turn of the truth with its characters (or words) laid evenly over its speech."""
    role, stretches = Role(turn["role"]), [Segment(a, b) for a, b in turn["speech"]]
    tokens = turn["text"].split() if turn["text"].isascii() else list(turn["text"])
    step = sum(stretch.duration for stretch in stretches) / len(tokens)
    words = [Word(token, *_place(stretches, n * step, step), 1.0) for n, token in enumerate(tokens)]
    return Utterance(role, turn["start"], turn["end"], turn["text"], turn["text"], 1.0, words=tuple(words))


def _place(stretches: list[Segment], after: float, seconds: float) -> tuple[float, float]:
    """Start and end on the clock of what comes `after` seconds of speech."""
    for stretch in stretches:
        if after < stretch.duration:
            return stretch.start + after, min(stretch.start + after + seconds, stretch.end)
        after -= stretch.duration
    return stretches[-1].end - seconds, stretches[-1].end


def facts(name: str) -> CallFacts:
    """What a perfect transcriber and detector would know of the call."""
    row = ROWS[name]
    said = sorted((utterance(turn) for turn in spoken(name)), key=lambda one: one.start)
    transcript = Transcript(tuple(said), "truth", row["language"])
    timeline = timeline_of(name, transcript)
    ring = float(row["ring_seconds"]) if row["ring_seconds"] else None
    recording = Recording(
        id=name, path=row["path"], sha256="", duration=timeline.duration, sample_rate=RATE, channels=2,
        role_by_channel=(Role.AGENT, Role.CUSTOMER), direction=row["direction"], ring_seconds=ring,
        metadata={"language": row["language"]},
    )  # fmt: skip
    metrics = measure(timeline, transcript, ring_seconds=ring, language=row["language"])
    return CallFacts(recording=recording, transcript=transcript, timeline=timeline, metrics=metrics)


def timeline_of(name: str, transcript: Transcript) -> CallTimeline:
    speech = {
        Role(role): tuple(sorted(Segment(a, b) for t in spoken(name) if t["role"] == role for a, b in t["speech"]))
        for role in ROLES
    }
    return build_timeline(speech, transcript, truth(name)["duration"])


@pytest.mark.parametrize("name", NAMES)
def test_events_follow_the_definitions(name: str) -> None:
    timeline, told = facts(name).timeline, truth(name)
    for kind, key in (("interruption", "interruptions"), ("talk_over", "talk_overs")):
        found = [(event.by, round(event.start, 2)) for event in timeline.of(kind)]
        assert found == [(event["by"], round(event["start"], 2)) for event in told[key]], kind
    murmurs = [(event.by, round(event.start, 2)) for event in timeline.of("backchannel")]
    assert murmurs == [(turn["role"], round(turn["start"], 2)) for turn in told["backchannels"]]
    silences = [(round(event.start, 2), round(event.end, 2)) for event in timeline.of("silence")]
    assert silences == [(round(gap["start"], 2), round(gap["end"], 2)) for gap in told["silences"]]


@pytest.mark.parametrize("name", [name for name in NAMES if ROWS[name]["language"] == "zh"])
def test_waits_are_excused_as_the_truth_says(name: str) -> None:
    found = [(round(event.start, 2), event.waived_by is not None) for event in facts(name).timeline.of("dead_air")]
    assert found == [(round(gap["start"], 2), gap["waived"]) for gap in truth(name)["dead_air"]]


@pytest.mark.parametrize("name", NAMES)
def test_rules_give_the_expected_verdicts_on_the_true_words(name: str) -> None:
    found = {finding.rule_id: finding.verdict.value for finding in evaluate(ruleset(), facts(name))}
    told = truth(name).get("listener", truth(name)["expected"])
    assert found == {rule: says["verdict"] for rule, says in told.items()}


def test_where_nobody_knows_who_speaks_only_rules_about_nobody_are_decided() -> None:
    call = facts("mono-delivery")
    unknown = [replace(said, role=Role.OTHER) for said in call.transcript.utterances]
    transcript = replace(call.transcript, utterances=tuple(unknown))
    speech = {Role.OTHER: union(*call.timeline.speech.values())}
    timeline = build_timeline(speech, transcript, call.timeline.duration)
    heard = replace(
        call,
        transcript=transcript,
        timeline=timeline,
        metrics=measure(timeline, transcript, ring_seconds=call.recording.ring_seconds),
        warnings=("roles_unknown",),
    )
    found = {finding.rule_id: finding.verdict.value for finding in evaluate(ruleset(), heard)}
    assert found == {rule: says["verdict"] for rule, says in truth("mono-delivery")["unparted"].items()}


def test_where_two_voices_are_told_apart_only_what_is_said_at_once_is_undecided() -> None:
    call = facts("mono-delivery")
    heard = replace(call, metrics=without_figures(call.metrics, AT_ONCE), warnings=("one_channel",))
    found = {finding.rule_id: finding.verdict.value for finding in evaluate(ruleset(), heard)}
    assert found == {rule: says["verdict"] for rule, says in truth("mono-delivery")["expected"].items()}
    undecided = {rule for rule, verdict in found.items() if verdict == "undetermined"}
    assert undecided == {"TIME-003", "TIME-007"}


def test_every_rule_fails_in_some_call() -> None:
    failed = {rule for name in NAMES for rule, says in truth(name)["expected"].items() if says["verdict"] == "not_met"}
    assert failed == {rule.id for rule in ruleset().rules}
