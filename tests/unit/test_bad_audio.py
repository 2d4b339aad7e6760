"""Faulty and odd recordings of real speech through the whole chain: a warning where something is wrong, no event and
no deduction that the same call without the fault has not."""

from __future__ import annotations

import json
import re
import wave
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.decode import AvReader
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.vad import detector
from asr_qa.config import Settings, shipped
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Transcript, Utterance, spread
from asr_qa.pipeline.process import Stages, process
from asr_qa.render.remarks import remark
from asr_qa.render.texts import Texts
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.testing.builders import make_recording

Wave = NDArray[np.float64]
"""Shape (channels, samples), full scale 32768."""
_COMMAND = re.compile("asr-qa models pull voices|ppm")
SAMPLE = "rude-words"
"""Two channels, 35 s, nobody speaks at once."""
AT_ONCE = ("overlap", "backchannel", "interruption", "talk_over")


@dataclass(frozen=True)
class Call:
    wave: Wave
    rate: int
    said: tuple[Utterance, ...]


@cache
def sample(name: str = SAMPLE) -> Call:
    folder = shipped("sample_audio")
    truth = json.loads((folder / f"{name}.truth.json").read_text(encoding="utf-8"))
    (path,) = [path for path in folder.glob(f"{name}.*") if path.suffix != ".json"]
    audio = AvReader().read(path)
    said = [line(Role(turn["role"]), turn["start"], turn["end"], turn["text"]) for turn in truth["turns"]]
    return Call(np.array(audio.samples, np.float64), audio.sample_rate, tuple(said))


def line(role: Role, start: float, end: float, text: str) -> Utterance:
    return Utterance(role, start, end, text, text, 1.0, words=spread(text, Segment(start, end), confidence=1.0))


@cache
def rules() -> tuple[Ruleset, Scorecard]:
    ruleset = load_ruleset(shipped("rules"))
    return ruleset, load_scorecard("inbound", shipped("rules"), ruleset)


def worked(folder: Path, call: Call) -> CallDocument:
    """The call written to disk, read back and taken through every stage but recognition."""
    path = folder / "call.wav"
    samples = np.clip(np.round(call.wave), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((len(samples), 2, call.rate, samples.shape[1], "NONE", ""))
        file.writeframes(samples.T.tobytes())
    ruleset, scorecard = rules()
    stages = Stages(
        reader=AvReader(),
        detector=detector(Settings().vad.detector),
        inspect=inspect_channels,
        non_speech=ToneAndMusicDetector(),
        transcriber=ReplayTranscriber(Transcript(call.said)),
        ruleset=ruleset,
        scorecard=scorecard,
        version="0",
    )
    return process(make_recording(path=str(path), channels=len(samples), direction="inbound"), stages)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> CallDocument:
    """The sample as it is."""
    return worked(tmp_path_factory.mktemp("whole"), sample())


def codes(document: CallDocument) -> set[str]:
    return {warning.code for warning in document.warnings}


def at_once(document: CallDocument) -> Counter[str]:
    return Counter(event.kind for event in document.events if event.kind in AT_ONCE)


def failed(document: CallDocument) -> set[str]:
    return {finding.rule_id for finding in document.findings if finding.verdict is Verdict.NOT_MET}


def verdict(document: CallDocument, rule: str) -> Verdict:
    return next(finding.verdict for finding in document.findings if finding.rule_id == rule)


# --- faults


def hiss(shape: tuple[int, ...], level_db: float) -> Wave:
    return np.random.default_rng(1).normal(0.0, 32768 * 10 ** (level_db / 20), shape)


def each_on_the_other(call: Call, level_db: float, *, delay: float = 0.03, drift: float = 0.0) -> Wave:
    """Both channels with a late copy of the other, whose clock gains `drift` seconds a second."""
    at = np.arange(call.wave.shape[1], dtype=np.float64)
    copies = [np.interp(at * (1 + drift) - delay * call.rate, at, channel) for channel in call.wave[::-1]]
    return call.wave + 10 ** (level_db / 20) * np.stack(copies) + hiss(call.wave.shape, -60.0)


def dual_mono(call: Call) -> Wave:
    both = call.wave.sum(axis=0)
    return np.stack([both, 0.9 * both])


def dead_customer(call: Call) -> Wave:
    return np.stack([call.wave[0], np.zeros(call.wave.shape[1])])


def hissing_customer(call: Call) -> Wave:
    return np.stack([call.wave[0], hiss((call.wave.shape[1],), -55.0)])


def with_gaps(call: Call) -> Wave:
    """Two losses of 120 ms in everything that is said."""
    holed = call.wave.copy()
    for said in call.said:
        for share in (0.4, 0.7):
            at = round((said.start + share * (said.end - said.start)) * call.rate)
            holed[0 if said.role is Role.AGENT else 1, at : at + round(0.12 * call.rate)] = 0
    return holed


def with_repeats(call: Call) -> Wave:
    """Two losses of 40 ms in everything that is said, filled with the 20 ms before them."""
    filled, frame = call.wave.copy(), round(0.02 * call.rate)
    for said in call.said:
        for share in (0.4, 0.7):
            at = round((said.start + share * (said.end - said.start)) * call.rate)
            row = filled[0 if said.role is Role.AGENT else 1]
            row[at : at + 2 * frame] = np.tile(row[at - frame : at], 2)
    return filled


FAULTS: dict[str, tuple[Callable[[Call], Wave], set[str]]] = {
    "dual mono": (dual_mono, {"dual_mono"}),
    "dead channel": (dead_customer, {"dead_channel"}),
    "hissing channel": (hissing_customer, {"one_sided"}),
    "swapped": (lambda call: call.wave[::-1], {"swapped_roles"}),
    "faint bleed": (lambda call: each_on_the_other(call, -30.0), {"bleed"}),
    "bleed": (lambda call: each_on_the_other(call, -20.0), {"bleed"}),
    "loud bleed": (lambda call: each_on_the_other(call, -12.0), {"bleed", "crosstalk"}),
    "very loud bleed": (lambda call: each_on_the_other(call, -6.0, delay=0.0), {"bleed", "crosstalk"}),
    "clipping": (lambda call: 12 * call.wave, {"clipping"}),
    "faint": (lambda call: 10 ** (-35 / 20) * call.wave, {"low_level"}),
    "gaps": (with_gaps, {"gaps"}),
    "repeated frames": (with_repeats, {"gaps"}),
    "drifting clocks": (lambda call: each_on_the_other(call, -20.0, drift=4e-4), {"bleed"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_warning_and_neither_event_nor_deduction(fault: str, whole: CallDocument, tmp_path: Path) -> None:
    change, expected = FAULTS[fault]
    call = sample()
    said = call.said
    if fault == "swapped":
        said = tuple(replace(utterance, role=utterance.role.opposite) for utterance in said)
    document = worked(tmp_path, Call(change(call), call.rate, said))
    assert expected <= codes(document) <= expected | {"roles_unknown", "no_diarization_model"}
    assert at_once(document) <= at_once(whole), document.events
    if "crosstalk" in expected:
        assert at_once(document) == Counter()
    for warning in document.warnings:
        assert not re.search("[A-Za-z]{3}", _COMMAND.sub("", remark(warning, Texts("zh")))), warning
    assert failed(document) <= failed(whole)
    silences = [event.segment.duration for event in whole.events if event.kind == "silence"]
    if fault not in ("dead channel", "hissing channel"):
        assert [e.segment.duration for e in document.events if e.kind == "silence"] == pytest.approx(silences, abs=0.5)
    if fault == "drifting clocks":
        assert any("clocks run" in warning.message for warning in document.warnings)


def cut_at(call: Call, seconds: float) -> Call:
    """The first so many seconds of what is said; of a word that is cut what it has of its text."""
    first = min(said.start for said in call.said) - 0.2
    wave_ = call.wave[:, round(first * call.rate) : round((first + seconds) * call.rate)]
    heard = [said for said in call.said if said.start < first + seconds - 0.1]
    shares = [min(1.0, (first + seconds - said.start) / (said.end - said.start)) for said in heard]
    said = tuple(
        line(u.role, u.start - first, min(u.end - first, seconds), u.text[: max(1, round(share * len(u.text)))])
        for u, share in zip(heard, shares, strict=True)
    )
    return Call(wave_, call.rate, said)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.0, 3.0, 5.0, 10.0])
def test_what_is_left_of_a_call_fails_no_rule_on_what_may_be_lost(seconds: float, tmp_path: Path) -> None:
    document = worked(tmp_path, cut_at(sample(), seconds))
    assert "too_short" in codes(document)
    assert failed(document) == set()
    if seconds < 2:
        assert document.metrics.characters_per_minute.agent is None


def test_a_recording_that_ends_in_a_word(tmp_path: Path) -> None:
    call = sample()
    last = [said for said in call.said if said.role is Role.AGENT][-1]
    middle = round((last.start + last.end) / 2 * call.rate)
    channel = call.wave[0, middle : middle + call.rate // 2]
    at = middle + int(np.argmax(np.abs(channel)))
    document = worked(tmp_path, Call(call.wave[:, :at], call.rate, call.said[:-1]))
    assert codes(document) == {"ends_in_speech"}
    assert not {rule for rule in failed(document) if rule.startswith("CLOS")}
    padded = np.hstack([call.wave[:, :at], np.zeros((2, round(0.05 * call.rate)))])
    assert codes(worked(tmp_path, Call(padded, call.rate, call.said[:-1]))) == {"ends_in_speech"}


def test_the_sample_has_no_fault_and_fails_rules(whole: CallDocument) -> None:
    # Otherwise the test above would show nothing.
    assert codes(whole) == set()
    assert {"LANG-002"} <= failed(whole)
    assert at_once(whole) == Counter()
    assert verdict(whole, "TIME-003") is verdict(whole, "TIME-007") is Verdict.MET


@pytest.mark.parametrize("fault", ["dead channel", "hissing channel", "very loud bleed", "dual mono", "swapped"])
def test_interruptions_that_no_channel_tells_are_left_to_a_person(fault: str, tmp_path: Path) -> None:
    call = sample()
    said = call.said
    if fault == "swapped":
        said = tuple(replace(utterance, role=utterance.role.opposite) for utterance in said)
    document = worked(tmp_path, Call(FAULTS[fault][0](call), call.rate, said))
    for rule in ("TIME-003", "TIME-007"):
        assert verdict(document, rule) is Verdict.UNDETERMINED, rule
    if fault != "swapped":
        assert document.metrics.interruptions.agent is None


def test_double_talk_is_kept_over_bleed(tmp_path: Path) -> None:
    call = sample("agent-cuts-in")
    document = worked(tmp_path, replace(call, wave=each_on_the_other(call, -25.0)))
    assert codes(document) == {"bleed"}
    assert at_once(document) == {"interruption": 3, "overlap": 3}
    assert all(event.by is Role.AGENT for event in document.events if event.kind == "interruption")


# --- calls that are no ordinary talk


def voice(call: Call, role: Role, seconds: float) -> Wave:
    """What a role says, again and again, without a pause between."""
    channel = call.wave[0 if role is Role.AGENT else 1]
    spoken = [channel[round(u.start * call.rate) : round(u.end * call.rate)] for u in call.said if u.role is role]
    return np.resize(np.concatenate(spoken), round(seconds * call.rate))


def test_both_speaking_all_the_time(tmp_path: Path) -> None:
    call = sample()
    waves = np.stack([voice(call, Role.AGENT, 40), voice(call, Role.CUSTOMER, 40)])
    lead = hiss((2, call.rate), -60.0)
    said = (
        line(Role.AGENT, 1.0, 41.0, 10 * "您的账单我们已经核实过了没有问题"),
        line(Role.CUSTOMER, 1.0, 41.0, 10 * "我不管你们怎么核实我就是要投诉"),
    )
    document = worked(tmp_path, Call(np.hstack([lead, waves, lead]), call.rate, said))
    assert codes(document) == {"double_talk"}
    assert at_once(document) == Counter()
    assert (document.metrics.overlap_seconds, document.metrics.silence_seconds) == (None, 0)
    (warning,) = document.warnings
    together = re.match(r"both speak at once for (\d+) s", warning.message)
    assert together
    assert float(together[1]) == pytest.approx(40, rel=0.2)
    assert not re.search("[A-Za-z]{3}", remark(warning, Texts("zh")))
    assert verdict(document, "TIME-003") is Verdict.UNDETERMINED


def test_a_hundred_backchannels_in_a_row(tmp_path: Path) -> None:
    call = sample()
    waves = np.vstack([voice(call, Role.AGENT, 122), hiss((122 * call.rate,), -60.0)])
    murmur = voice(call, Role.CUSTOMER, 0.3)
    said = [line(Role.AGENT, 0.5, 122.0, "您的账单我们已经核实过了没有问题")]
    for number in range(100):
        at = 2 + 1.15 * number
        waves[1, round(at * call.rate) : round(at * call.rate) + murmur.size] += murmur
        said.append(line(Role.CUSTOMER, at, at + 0.3, "嗯"))
    lead = hiss((2, call.rate // 2), -60.0)
    shifted = tuple(line(u.role, u.start + 0.5, u.end + 0.5, u.text) for u in said)
    document = worked(tmp_path, Call(np.hstack([lead, waves, lead]), call.rate, shifted))
    assert at_once(document)["backchannel"] == pytest.approx(100, abs=3)
    assert at_once(document)["interruption"] == at_once(document)["talk_over"] == 0
    assert document.metrics.turns.customer == 0
    assert verdict(document, "TIME-003") is Verdict.MET


def test_a_recording_that_begins_in_a_word(tmp_path: Path) -> None:
    call = sample()
    first = call.said[0]
    at = first.start + 1.0
    at += float(np.argmax(np.abs(call.wave[0, round(at * call.rate) : round((at + 0.5) * call.rate)]))) / call.rate
    texts = ["有什么可以帮您" if said is first else said.text for said in call.said]
    left = tuple(
        line(u.role, max(0.0, u.start - at), u.end - at, text) for u, text in zip(call.said, texts, strict=True)
    )
    document = worked(tmp_path, Call(call.wave[:, round(at * call.rate) :], call.rate, left))
    assert "begins_in_speech" in codes(document)
    assert (document.metrics.first_response, [e for e in document.events if e.kind == "first_response"]) == (None, [])
    assert verdict(document, "OPEN-004") is Verdict.UNDETERMINED
    # What opens a call may have been said before.
    assert not {rule for rule in failed(document) if rule.startswith("OPEN")}
    assert verdict(document, "COMP-003") is not Verdict.NOT_MET
