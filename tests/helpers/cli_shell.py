"""What tests of the command line share: how a command is run, and a machine without settings from outside."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "sample_audio"


@dataclass(frozen=True)
class Result:
    """What a command said and its exit status."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Shell = Callable[..., Result]


def scrub(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """No setting from outside; data, cache and working folder below `home`; finished transcripts, one worker."""
    for name in [name for name in os.environ if name.startswith("ASR_QA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(home)
    monkeypatch.setenv("ASR_QA_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("ASR_QA_CACHE_DIR", str(home / "cache"))
    monkeypatch.setenv("ASR_QA_ASR__ENGINE", "replay")
    monkeypatch.setenv("ASR_QA_ASR__REPLAY_DIR", str(SAMPLES))
    monkeypatch.setenv("ASR_QA_WORKERS", "1")
    monkeypatch.setenv("COLUMNS", "80")
