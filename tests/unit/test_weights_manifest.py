"""Model manifests: what is accepted, and how mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.asr.weights import load_manifests
from asr_qa.config import shipped
from asr_qa.errors import ModelError

GOOD = """\
name: small-one
engine: whisper
title: A model
licence: MIT
licence_url: https://example.org/licence
languages: [zh, en]
size_bytes: 10
memory: little
files:
  - {name: model.bin, sha256: null, size: 10}
sources:
  - kind: folder
"""


def write(folder: Path, text: str, name: str = "small-one") -> Path:
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def test_load_manifests_reads_a_minimal_one_with_defaults(tmp_path: Path) -> None:
    manifest = load_manifests(write(tmp_path, GOOD))["small-one"]
    assert (manifest.languages, manifest.mel_bins, manifest.size_exact) == (("zh", "en"), 80, False)
    assert manifest.files[0].sha256 is None


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("engine: whisper", "engine: kaldi", "engine:"),
        ("licence: MIT\n", "", "licence: Field required"),
        ("size_bytes: 10", "size_bytes: 0", "size_bytes:"),
        ("sha256: null", "sha256: abc", "files.0.sha256:"),
        ("name: model.bin", "name: ../model.bin", "files.0.name:"),
        ("kind: folder", "kind: torrent", "sources.0:"),
        ("kind: folder", "{kind: packages, packages: [unpinned]}", "sources.0"),
        ("memory: little", "memory: little\ncolour: red", "colour: Extra inputs"),
        ("name: small-one", "name: other", "name: is 'other'"),
        ("files:", "files: [", "is not YAML"),
        (
            "  - kind: folder",
            "  - {kind: packages, packages: [a==1], join: {weights.bin: [weights.bin.1]}}",
            "weights.bin is not one of the files",
        ),
        ("size: 10}", "size: 10}\n  - {name: model.bin}", "listed twice"),
    ],
)
def test_load_manifests_names_file_and_field_of_a_mistake(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in GOOD
    with pytest.raises(ModelError) as raised:
        load_manifests(write(tmp_path, GOOD.replace(old, new, 1)))
    assert str(tmp_path / "small-one.yml") in str(raised.value)
    assert place in str(raised.value)


def test_load_manifests_reports_the_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("engine: whisper", "engine: kaldi"))
    write(tmp_path, "just text", name="second")
    with pytest.raises(ModelError) as raised:
        load_manifests(tmp_path)
    assert len(str(raised.value).splitlines()) == 2


def test_load_manifests_without_a_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder of model manifests"):
        load_manifests(tmp_path / "gone")


def test_shipped_manifests_cover_the_whisper_family() -> None:
    manifests = load_manifests(shipped("models"))
    assert list(manifests) == sorted(manifests, key=lambda name: manifests[name].size_bytes)
    assert set(manifests) >= {"tiny", "base", "small", "medium", "large-v3", "large-v3-turbo"}


def test_shipped_base_is_pinned_to_the_byte() -> None:
    base = load_manifests(shipped("models"))["base"]
    assert all(file.sha256 and file.size for file in base.files)
    assert sum(file.size or 0 for file in base.files) == base.size_bytes
    assert [source.kind for source in base.sources] == ["folder", "packages", "hub"]


def test_shipped_models_with_128_mel_bands_list_the_file_that_says_so() -> None:
    # faster-whisper falls back to 80 bands without it, and such a model then hears nonsense.
    wide = [m for m in load_manifests(shipped("models")).values() if m.mel_bins == 128]
    assert {m.name for m in wide} == {"large-v3", "large-v3-turbo", "belle-whisper-large-v3-turbo-zh"}
    assert all("preprocessor_config.json" in {file.name for file in m.files} for m in wide)


def test_shipped_models_for_sherpa_list_a_network_first_and_its_tokens() -> None:
    found = {m.name: m for m in load_manifests(shipped("models")).values() if m.engine == "sherpa"}
    assert set(found) == {"sensevoice-small", "paraformer-zh", "zipformer-zh"}
    for manifest in found.values():
        # The first file gives the digest in the names of documents.
        assert [file.name for file in manifest.files] == ["model.int8.onnx", "tokens.txt"]
        assert "asr-qa[sherpa]" in manifest.notes


def test_every_shipped_model_says_how_fast_it_is_and_can_be_put_into_the_offline_folder() -> None:
    for manifest in load_manifests(shipped("models")).values():
        assert manifest.speed
        assert manifest.memory
        assert manifest.sources[0].kind == "folder"


def test_the_readme_says_of_every_model_what_its_manifest_says() -> None:
    text = (shipped("models").parent / "README.md").read_text(encoding="utf-8").partition("## Which model")[2]
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if "MB" in line or "GB" in line
    ]
    rows = {cells[1].split()[0]: cells for cells in table if len(cells) == 7}
    manifests = load_manifests(shipped("models"))
    assert rows.keys() <= manifests.keys()
    for name, manifest in manifests.items():
        if manifest.engine not in ("whisper", "sherpa"):
            continue
        assert all((manifest.mandarin, manifest.speed, manifest.memory)), name
        assert f"{name}" in text
        if name in rows:
            _, _, size, _, licence, speed, _ = rows[name]
            number, unit = size.split()
            assert float(number) * {"MB": 1e6, "GB": 1e9}[unit] == pytest.approx(manifest.size_bytes, rel=0.05), name
            assert licence == manifest.licence or ("FunASR" in licence and "FunASR" in manifest.licence)
            assert all(part.strip() in manifest.speed for part in speed.split(",")), name
