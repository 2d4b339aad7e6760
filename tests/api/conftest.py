"""The application that the tests of the API ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_app import Api, build_app

from asr_qa.core.finding import Verdict
from asr_qa.db import open_store
from asr_qa.pipeline.store import Store
from asr_qa.testing import FixedClock, MemoryStore


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with tables and nothing in them."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["memory", "sqlite"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    """Three calls: 1 good, 2 without notice (flagged), 3 without notice by another agent of another team."""
    clock = FixedClock()
    store: Store = MemoryStore()
    if request.param == "sqlite":
        store = open_store(f"sqlite:///{shutil.copy(request.getfixturevalue('migrated'), tmp_path)}")
    folder = tmp_path / "calls"
    folder.mkdir()
    made = Api(build_app(store, clock), store, clock, folder)
    made.add_call(1)
    made.add_call(2, notice=Verdict.NOT_MET)
    made.add_call(3, notice=Verdict.NOT_MET, agent_id="B2", team="south", queue="tech")
    yield made
    store.close()
