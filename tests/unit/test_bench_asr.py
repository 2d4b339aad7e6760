"""What the transcription benchmark is put together from; the measuring itself needs clips and a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from asr_qa.asr.whisper import WhisperOptions
from asr_qa.core.calibration import reliability

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark as a module, its neighbours found."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import bench_asr

    module: ModuleType = bench_asr
    return module


def test_a_way_is_a_name_a_kind_and_settings(bench: ModuleType) -> None:
    way = bench.parse_way("narrow, greedy: ours packing.window=8 beam_size=1")
    assert (way.name, way.kind, way.settings) == ("narrow, greedy", "ours", ("packing.window=8", "beam_size=1"))
    assert bench.parse_way("asr_qa").kind == "ours"
    assert bench.parse_way("stock:stock").kind == "stock"
    assert bench.parse_way("wide: beam_size=9").settings == ("beam_size=9",)
    with pytest.raises(SystemExit, match="no way"):
        bench.parse_way("x: nonsense")


def test_every_setting_of_the_shipped_ways_exists(bench: ModuleType) -> None:
    from bench_asr_ways import changed

    for way in {way for ways in bench.VARIANTS.values() for way in ways if way.kind == "ours"}:
        options = WhisperOptions()
        for setting in way.settings:
            if not setting.startswith("asr."):
                options = changed(options, *setting.split("=", 1))
        assert (options == WhisperOptions()) == (not way.settings), way.name


def test_options_are_changed_however_deep_and_misspelt_ones_refused(bench: ModuleType) -> None:
    from bench_asr_ways import changed

    assert changed(WhisperOptions(), "packing.window", "9").packing.window == 9
    with pytest.raises(SystemExit, match=r"windows: no such option; known here: .*window"):
        changed(WhisperOptions(), "packing.windows", "9")


def test_a_call_is_cut_where_nobody_speaks(bench: ModuleType) -> None:
    from bench_asr_calls import Call

    from asr_qa.core.accuracy import TrueTurn
    from asr_qa.core.recording import Role

    #        0    3    6    9    12   15   18
    # agent  [---]     [-----------]  [---]
    # other       [---]   [----]
    turns = [
        (Role.AGENT, 0, 3),
        (Role.CUSTOMER, 4, 5),
        (Role.AGENT, 6, 13),
        (Role.CUSTOMER, 8, 11),
        (Role.AGENT, 15, 18),
    ]
    call = Call(Path(), Path(), {"duration": 19.0}, [TrueTurn(role, a, b, "好") for role, a, b in turns])
    assert [(cut.start, cut.end) for cut in bench.parts(call, 4.0)] == [(0.0, 5.5), (5.5, 14.0), (14.0, 19.0)]
    assert [(cut.channels, cut.start, cut.end) for cut in bench.turn_cuts(call)][1] == ((1,), 3.75, 5.25)


def test_the_reliability_curve_is_a_picture_with_a_dot_for_each_bin(bench: ModuleType) -> None:
    from bench_asr_picture import picture

    found = reliability([(0.15, False), (0.55, True), (0.95, True), (0.96, False)])
    drawn = ElementTree.fromstring(picture([("raw", found.bins), ("a < b", found.bins)], title="confidence & truth"))
    assert len(drawn.findall(".//{*}circle")) == 2 * len(found.bins) == 6
    assert "a < b" in "".join(drawn.itertext())


def test_without_clips_nothing_is_measured_and_that_is_said(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "bench_asr.py"), "frontier", "--clips", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"skipped: needs clips ({tmp_path}/index.json)")
