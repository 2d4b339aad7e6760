"""Speech found in the sample calls against the truth beside them: edges to 50 ms, speech seconds to 8 %."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.decode import AvReader
from asr_qa.audio.vad import detector
from asr_qa.config import shipped
from asr_qa.core.segment import Segment, Track, bridge, total

ROLES = ("agent", "customer")
TRUTHS = sorted(shipped("sample_audio").glob("*.truth.json"))
EDGE = 0.05
"""Seconds."""


def recording_of(truth: Path) -> Path:
    stem = truth.name.removesuffix(".truth.json")
    (found,) = [path for path in truth.parent.glob(f"{stem}.*") if path != truth]
    return found


def said_by(role: str, truth: dict[str, Any]) -> Track:
    turns = [turn for kind in ("turns", "backchannels") for turn in truth.get(kind, []) if turn["role"] == role]
    return bridge([Segment(start, end) for turn in turns for start, end in turn["speech"]], 0.2)


def speech_in(path: Path) -> list[Track]:
    audio, webrtc = AvReader().read(path), detector("webrtc")
    tracks = [webrtc.detect(channel, audio.sample_rate) for channel in audio.samples]
    return [bridge(track, 0.2) for track in inspect_channels(audio.samples, tracks).tracks]


def share_near(truth: Track, found: Track) -> float:
    """Share of true edges with a found edge of the same kind within EDGE."""
    near = [min((abs(f.start - t.start) for f in found), default=1.0) <= EDGE for t in truth]
    near += [min((abs(f.end - t.end) for f in found), default=1.0) <= EDGE for t in truth]
    return sum(near) / len(near)


def pairs_of(path: Path) -> list[tuple[Track, Track]]:
    """The true and the detected speech of each channel."""
    truth = json.loads(path.read_text(encoding="utf-8"))
    said = [said_by(role, truth) for role in ROLES]
    found = speech_in(recording_of(path))
    if len(found) == 1:  # one channel carries both: who speaks is not the detector's question
        said = [bridge((*said[0], *said[1]), 0.2)]
    return list(zip(said, found, strict=True))


def test_there_are_sample_calls() -> None:
    assert len(TRUTHS) >= 6


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.name.removesuffix(".truth.json"))
def test_speech_of_each_role_agrees_with_the_truth(path: Path) -> None:
    for expected, heard in pairs_of(path):
        assert total(heard) == pytest.approx(total(expected), rel=0.08)
        assert share_near(expected, heard) >= 0.5  # a handful of edges a role: one may decide


def test_edges_of_all_calls_lie_within_50_ms() -> None:
    near = [share_near(*pair) for path in TRUTHS for pair in pairs_of(path)]
    assert sum(near) / len(near) >= 0.8
