"""asr-qa bench, and what it computes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from asr_qa.asr.weights import find_model
from asr_qa.batch.bench import FEWEST, Heard, WayResult, as_json, as_markdown, compared, read_truth, summed
from asr_qa.cli.app import run
from asr_qa.config import shipped
from asr_qa.core.accuracy import Errors
from asr_qa.errors import ModelError, UsageError


def test_components_are_summed_before_rates_are_taken() -> None:
    # 1 s of CPU over 100 s of audio and 3 s over 10 s: 4/110, not the mean of 0.01 and 0.3
    heard = [Heard(1.0, 2.0, 100.0, Errors(10, 1, 2, 2)), Heard(3.0, 4.0, 10.0, Errors(90, 9, 2, 0))]
    result = summed("asr_qa", heard, 500.0, 2)
    assert result.cpu_per_second == pytest.approx(4 / 110)
    assert result.character_error_rate == pytest.approx(10 / 100)
    assert result.word_edges == pytest.approx(2 / 4)
    # ten hours on two cores: 72,000 CPU seconds, a call of 240 s costs 240 * 4 / 110
    assert result.calls_per_night == int(72000 / (240 * 4 / 110))


def test_without_truth_there_is_no_error_rate() -> None:
    result = summed("stock", [Heard(1.0, 1.0, 10.0, None)], 1.0, 1)
    assert result.character_error_rate is None
    assert "|  |  |  |" in as_markdown([result], model="base")
    assert json.loads(as_json([result], model="base"))["results"][0]["character_error_rate"] is None


def results_of(**wrong: list[int]) -> list[WayResult]:
    """Ways that made so many errors of 100 characters in each recording."""
    heard = {way: [Heard(1.0, 1.0, 10.0, Errors(100, count)) for count in counts] for way, counts in wrong.items()}
    return compared([summed(way, some, 1.0, 1) for way, some in heard.items()], heard)


def test_errors_are_compared_with_stocks_on_the_same_recordings() -> None:
    # the recordings differ by 70 errors, the ways by 5 or 6 in each of them
    ours, stock = results_of(asr_qa=[5, 75, 30, 44, 15, 60], stock=[10, 80, 36, 49, 20, 66])
    assert ours.difference == pytest.approx((229 - 261) / 600)
    assert ours.difference is not None
    assert ours.difference_low is not None
    assert ours.difference_high is not None
    assert -0.06 <= ours.difference_low <= ours.difference <= ours.difference_high <= -0.05
    assert (ours.verdict, stock.verdict, stock.difference) == ("better", None, None)
    assert f"| {ours.difference:+.3f} ({ours.difference_low:+.3f} to " in as_markdown([ours, stock], model="base")
    assert json.loads(as_json([ours], model="base"))["results"][0]["verdict"] == "better"


def test_a_few_recordings_give_a_difference_without_bounds() -> None:
    ours, _ = results_of(asr_qa=[10] * (FEWEST - 1), stock=[12] * (FEWEST - 1))
    assert ours.difference == pytest.approx(-0.02)
    assert (ours.difference_low, ours.verdict) == (None, None)
    assert "| -0.020 (too few recordings) |" in as_markdown([ours], model="base")


def test_without_stock_or_truth_nothing_is_compared() -> None:
    assert results_of(asr_qa=[1, 2])[0].difference is None
    heard = {way: [Heard(1.0, 1.0, 10.0, None)] for way in ("asr_qa", "stock")}
    assert compared([summed("asr_qa", heard["asr_qa"], 1.0, 1)], heard)[0].difference is None


def test_truth_is_read_from_beside_the_recording(tmp_path: Path) -> None:
    assert read_truth(tmp_path / "a.wav") is None
    (tmp_path / "a.truth.json").write_text('{"turns": [{"role": "agent"}]}')
    with pytest.raises(UsageError, match=r"a\.truth\.json: no truth file"):
        read_truth(tmp_path / "a.wav")
    turns = read_truth(shipped("sample_audio") / "good-billing.wav")
    assert turns is not None
    assert any(turn.text and "您好" in turn.text for turn in turns)


def test_bench_refuses_what_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", str(tmp_path)]) == 1
    assert "no recordings there" in capsys.readouterr().err


@pytest.mark.model
def test_bench_runs_ours_beside_stock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASR_QA_CACHE_DIR", str(tmp_path / "cache"))
    try:
        find_model("base", manifests_dir=shipped("models"), cache_dir=tmp_path / "cache")
    except ModelError as error:
        pytest.skip(str(error))
    for name in ("no-closing.mp3", "no-closing.truth.json"):
        shutil.copy(shipped("sample_audio") / name, tmp_path / name)
    assert run(["bench", str(tmp_path), "--ways", "asr_qa,stock", "--out", str(tmp_path / "result")]) == 0
    results = {one["way"]: one for one in json.loads((tmp_path / "result.json").read_text())["results"]}
    assert set(results) == {"asr_qa", "stock"}
    assert all(0 < one["character_error_rate"] < 0.6 for one in results.values())
    assert results["asr_qa"]["word_edges"] > results["stock"]["word_edges"]
    assert (tmp_path / "result.md").read_text().strip() in capsys.readouterr().out
