"""Verdicts against the truth, counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asr_qa.batch.demo import Expected, compare, demo_settings, read_truths
from asr_qa.config import AudioSettings, Settings
from asr_qa.core.finding import Verdict
from asr_qa.testing import make_document, make_finding


def test_every_expected_verdict_is_counted_and_every_other_one_listed() -> None:
    document = make_document(
        findings=[
            make_finding("OPEN-001"),
            make_finding("LANG-001", Verdict.NOT_MET, at=12.0),
            make_finding("LANG-002", Verdict.NOT_MET, at=30.0),
            make_finding("COMP-001", Verdict.UNDETERMINED, at=None),
        ]
    )
    truth = {
        "OPEN-001": Expected(Verdict.MET),
        "LANG-001": Expected(Verdict.NOT_MET, (11.0, 13.0)),
        "LANG-002": Expected(Verdict.NOT_MET, (40.0, 41.0)),
        "COMP-001": Expected(Verdict.NOT_MET, (5.0, 6.0)),
        "COMP-002": Expected(Verdict.MET),
    }
    agreement = compare([("a", document, truth), ("b", document, {"OPEN-001": Expected(Verdict.NOT_MET)})])
    # a: OPEN-001, LANG-001 and LANG-002 agree; b: nothing
    assert (agreement.same, agreement.total, agreement.share) == (3, 6, 0.5)
    listed = [(one.call, one.rule_id, one.got, one.time) for one in agreement.disagreements]
    assert listed == [
        ("a", "COMP-001", Verdict.UNDETERMINED, 5.0),
        ("a", "COMP-002", None, None),
        ("b", "OPEN-001", Verdict.MET, 2.0),
    ]


def test_a_place_agrees_within_a_second() -> None:
    # evidence 12.0 to 13.5 s
    document = make_document(findings=[make_finding("LANG-001", Verdict.NOT_MET, at=12.0)])
    for at, right in {(11.0, 13.0): 1, (14.4, 15.0): 1, (14.6, 15.0): 0, (9.0, 11.1): 1, (9.0, 10.9): 0}.items():
        agreement = compare([("a", document, {"LANG-001": Expected(Verdict.NOT_MET, at)})])
        assert (agreement.places_same, agreement.places_total) == (right, 1), at


def test_nothing_to_compare_has_no_share() -> None:
    assert compare([("a", make_document(), {})]).share is None


def test_truths_are_read_by_name(tmp_path: Path) -> None:
    said = {"expected": {"LANG-001": {"verdict": "not_met", "at": [1, 2]}, "OPEN-001": {"verdict": "met"}}}
    (tmp_path / "a.truth.json").write_text(json.dumps(said))
    (tmp_path / "b.truth.json").write_text("{}")
    assert read_truths(tmp_path) == {
        "a": {"LANG-001": Expected(Verdict.NOT_MET, (1.0, 2.0)), "OPEN-001": Expected(Verdict.MET)}
    }


def test_what_the_user_set_for_own_calls_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ASR_QA_RULES_DIR": "/mine",
        "ASR_QA_SCORECARD": "mine",
        "ASR_QA_DATABASE_URL": "sqlite:////mine.db",
        "ASR_QA_AUDIO__AGENT_CHANNEL": "1",
        "ASR_QA_ASR__LANGUAGE": "en",
        "ASR_QA_ASR__MODEL": "small",
        "ASR_QA_WORKERS": "3",
    }.items():
        monkeypatch.setenv(name, value)
    settings = demo_settings(Settings(), tmp_path)
    assert (settings.rules_dir, settings.scorecard, settings.audio) == (None, "inbound", AudioSettings())
    assert settings.database_url == f"sqlite:///{tmp_path.resolve()}/demo.db"
    assert (settings.asr.language, settings.asr.model, settings.workers) == ("zh", "small", 3)
