from __future__ import annotations

import shutil
from pathlib import Path

from asr_qa.batch.files import find_recordings
from asr_qa.batch.run import Outcome, Run, items_of
from asr_qa.bootstrap import SystemClock, load_rules
from asr_qa.config import AsrSettings, Settings, shipped
from asr_qa.pipeline.documents import from_json
from asr_qa.testing import MemoryStore


class Silent:
    def found(self, calls: int) -> None: ...

    def identified(self, seconds: float) -> None: ...

    def done(self, outcome: Outcome, seconds: float) -> None: ...


def test_recordings_of_the_same_name_from_different_folders_keep_a_document_each(tmp_path: Path) -> None:
    samples = shipped("sample_audio")
    for folder, sample in (("mon", "rude-words"), ("tue", "good-billing")):
        (tmp_path / folder / "rec").mkdir(parents=True)
        shutil.copy(samples / f"{sample}.wav", tmp_path / folder / "rec" / "call.wav")
    replay = tmp_path / "replay"
    replay.mkdir()
    shutil.copy(samples / "rude-words.truth.json", replay / "call.json")
    settings = Settings(asr=AsrSettings(engine="replay", replay_dir=replay), workers=1)
    run = Run(
        settings=settings, rules=load_rules(settings), store=MemoryStore(), clock=SystemClock(), out=tmp_path / "out"
    )
    items, _ = items_of(find_recordings([tmp_path / "mon" / "rec", tmp_path / "tue" / "rec"]), None)
    outcomes = run.score(items, Silent())
    written = {outcome.output: outcome.path for outcome in outcomes}
    assert sorted(written) == [str(tmp_path / "out/rec" / name) for name in ("call.wav-2.json", "call.wav.json")]
    for output, path in written.items():
        assert from_json(Path(str(output)).read_text(encoding="utf-8")).recording.path == path
