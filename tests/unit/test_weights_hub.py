"""Pulling from the hub, against a stand-in that speaks its protocol on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from asr_qa.asr.weights import Manifest, ModelStatus, Progress, ensure, status, verify
from asr_qa.errors import ModelError

WEIGHTS = bytes(range(251)) * 12_000
FILES = {"model.bin": WEIGHTS, "config.json": b'{"a": 1}', "tokenizer.json": b"{}", "vocabulary.txt": b"a\nb\n"}
COMMIT = "c0ffee" * 6 + "c0ff"
REPO = "someone/toy-whisper"


@dataclass
class Hub:
    """What the stand-in serves, how it misbehaves, what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    break_at: float = 1.0
    """Share of model.bin after which the connection breaks off, once."""
    breaks_by: str = "close"
    """How the connection ends: "close", "reset", or "stall" until the client gives up."""
    down_after_break: bool = False
    """Every request after the break is answered 503."""
    etags: dict[str, str] = field(default_factory=dict)
    """Checksums to name in place of the true ones."""
    broken: bool = False
    on_range: str = "serve"
    """What it does where a part is asked for: "serve" it, "ignore" that, or "refuse" with 416."""
    stalled: threading.Event = field(default_factory=threading.Event)
    ranges: list[str] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    url: str = ""

    def etag(self, name: str) -> str:
        content = self.files[name]
        if name in self.etags:
            return self.etags[name]
        if name == "model.bin":
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        if self.hub.broken and self.hub.down_after_break:
            self.reply(503, b"", {})
        elif path.startswith(f"/api/models/{REPO}/"):
            self.reply(200, self.listing(path), {"Content-Type": "application/json"})
        elif path.startswith(f"/{REPO}/resolve/") and path.rsplit("/", 1)[1] in self.hub.files:
            self.file(path.rsplit("/", 1)[1], body=body)
        else:
            known = path.startswith(f"/{REPO}/")
            self.reply(404, b"", {"X-Error-Code": "EntryNotFound" if known else "RepoNotFound"})

    def listing(self, path: str) -> bytes:
        if "/tree/" in path:
            rows = [{"type": "file", "path": n, "size": len(c), "oid": "0" * 40} for n, c in self.hub.files.items()]
            return json.dumps(rows).encode()
        siblings = [{"rfilename": name} for name in self.hub.files]
        return json.dumps({"id": REPO, "sha": COMMIT, "siblings": siblings, "private": False}).encode()

    def file(self, name: str, *, body: bool) -> None:
        content, first = self.hub.files[name], 0
        headers = {"ETag": f'"{self.hub.etag(name)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        code = 200
        if (wanted := self.headers.get("Range")) and body:
            self.hub.ranges.append(wanted)
            if self.hub.on_range == "refuse":
                self.reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
        if wanted and body and self.hub.on_range == "serve":
            first, code = int(wanted.removeprefix("bytes=").partition("-")[0]), 206
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        if body:
            self.hub.gets.append(name)
        self.reply(code, content[first:], headers, body=body, cut=name == "model.bin" and body)

    def reply(
        self, code: int, content: bytes, headers: dict[str, str], *, body: bool = True, cut: bool = False
    ) -> None:
        self.send_response(code)
        for key, value in {**headers, "Content-Length": str(len(content)), "Connection": "close"}.items():
            self.send_header(key, value)
        self.end_headers()
        self.close_connection = True
        if cut and self.hub.break_at < 1 and not self.hub.broken:
            self.hub.broken = True
            content = content[: int(len(content) * self.hub.break_at)]
            self.end_badly(content)
        elif body and self.command != "HEAD":
            self.wfile.write(content)

    def end_badly(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()
        if self.hub.breaks_by == "stall":
            self.hub.stalled.wait(60)
        elif self.hub.breaks_by == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    stand_in = Hub()
    handler = type("BoundHandler", (Handler,), {"hub": stand_in})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield stand_in
        stand_in.stalled.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def toy(*, files: list[dict[str, Any]] | None = None, **source: Any) -> Manifest:
    return Manifest.model_validate(
        {
            "name": "toy",
            "engine": "whisper",
            "title": "Toy",
            "licence": "MIT",
            "licence_url": "https://example.org",
            "languages": ["zh"],
            "size_bytes": sum(map(len, FILES.values())),
            "memory": "none",
            "files": files or [{"name": name} for name in FILES],
            "sources": [{"kind": "folder"}, {"kind": "hub", "repo": REPO, **source}],
        }
    )


def installed(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").iterdir() if not path.name.startswith("."))


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "asr_qa.json"}


def test_pull_brings_what_the_manifest_lists_and_remembers_checksums(hub: Hub, cache: Path) -> None:
    hub.files["README.md"] = b"not asked for"
    folder = ensure(toy(), cache_dir=cache, fetch=True)
    assert content_of(folder) == FILES
    assert verify(toy(), cache_dir=cache) == []
    record = json.loads((folder / "asr_qa.json").read_text())
    digests = {entry["name"]: entry["sha256"] for entry in record["files"]}
    assert (record["source"], digests["model.bin"]) == ("hub", hashlib.sha256(WEIGHTS).hexdigest())


def test_nothing_is_asked_of_the_hub_unless_fetching_is_allowed(hub: Hub, cache: Path) -> None:
    with pytest.raises(ModelError, match="model not installed; get it with"):
        ensure(toy(), cache_dir=cache)
    assert hub.gets == []


def test_pull_goes_on_where_the_connection_broke_off(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The client writes whole blocks (10 MB by default, more than this model has) and goes on after the last one.
    block = 1 << 16
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", block)
    hub.break_at = 0.6
    seen: list[Progress] = []
    folder = ensure(toy(), cache_dir=cache, fetch=True, progress=seen.append)
    assert content_of(folder) == FILES
    assert hub.ranges == [f"bytes={int(len(WEIGHTS) * 0.6) // block * block}-"]
    assert {p.step for p in seen} == {"downloading"}
    assert all(0 <= p.done <= p.total for p in seen)


def test_hub_that_dies_at_60_percent_leaves_nothing_half_installed(hub: Hub, cache: Path) -> None:
    hub.break_at, hub.down_after_break = 0.6, True
    with pytest.raises(ModelError, match=r"the hub did not deliver someone/toy-whisper: .*503.*models pull toy"):
        ensure(toy(), cache_dir=cache, fetch=True)
    assert (installed(cache), status(toy(), cache_dir=cache)) == ([], ModelStatus.MISSING)

    hub.down_after_break = False
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES
    assert sorted(p.name for p in (cache / "models").iterdir()) == [".stamps", ".toy.lock", "toy"]


def test_the_next_pull_goes_on_where_a_broken_one_ended(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = 1 << 16
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", block)
    hub.break_at, hub.down_after_break = 0.6, True
    with pytest.raises(ModelError, match="the hub did not deliver"):
        ensure(toy(), cache_dir=cache, fetch=True)

    kept = int(len(WEIGHTS) * 0.6) // block * block
    (begun,) = (cache / "models" / ".toy.partial").glob("model.bin.*.incomplete")
    assert begun.stat().st_size == kept
    hub.down_after_break = False
    hub.ranges.clear()
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES
    assert hub.ranges == [f"bytes={kept}-"]


BLOCK = 1 << 16


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", BLOCK)


@pytest.mark.usefixtures("small_blocks")
def test_a_reset_connection_is_taken_up_again(hub: Hub, cache: Path) -> None:
    hub.break_at, hub.breaks_by = 0.6, "reset"
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES
    assert len(hub.ranges) <= 1  # a reset may throw away what was on its way, all of it


@pytest.mark.usefixtures("small_blocks")
def test_a_line_that_goes_dead_is_left_and_taken_up_again(
    hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.5)
    hub.break_at, hub.breaks_by = 0.6, "stall"
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES
    assert hub.ranges == [f"bytes={int(len(WEIGHTS) * 0.6) // BLOCK * BLOCK}-"]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("on_range", ["ignore", "refuse"])
def test_a_hub_that_cannot_go_on_at_a_byte_sends_all_of_it_again(hub: Hub, cache: Path, on_range: str) -> None:
    hub.break_at, hub.on_range = 0.6, on_range
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES
    assert (len(hub.ranges), verify(toy(), cache_dir=cache)) == (1, [])


PULL = """
    import sys
    sys.path[:0] = [sys.argv[1]]
    from test_weights_hub import *
    import huggingface_hub.constants
    huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE = BLOCK
    print(ensure(toy(), cache_dir=Path(sys.argv[2]), fetch=True))
    """


def pulling(cache: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(PULL), str(Path(__file__).parent), str(cache)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_pull_that_was_killed_goes_on_where_it_was(hub: Hub, cache: Path) -> None:
    hub.break_at, hub.breaks_by = 0.6, "stall"
    kept = int(len(WEIGHTS) * 0.6) // BLOCK * BLOCK
    partial = cache / "models" / ".toy.partial"
    with pulling(cache) as process:
        # What is not flushed yet is lost with the process: it goes on after what was.
        while process.poll() is None and not any(p.stat().st_size for p in partial.glob("*.incomplete")):
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    hub.stalled.set()
    assert (installed(cache), status(toy(), cache_dir=cache)) == ([], ModelStatus.MISSING)
    (begun,) = partial.glob("model.bin.*.incomplete")
    assert 0 < begun.stat().st_size <= kept
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES
    assert hub.ranges == [f"bytes={begun_size}-" for begun_size in [int(hub.ranges[0][6:-1])]]
    assert sorted(p.name for p in (cache / "models").iterdir()) == [".stamps", ".toy.lock", "toy"]


def test_two_pulls_at_once_fetch_once(hub: Hub, cache: Path) -> None:
    with pulling(cache) as one, pulling(cache) as other:
        folders = {process.communicate(timeout=120)[0].strip() for process in (one, other)}
    assert (one.returncode, other.returncode, folders) == (0, 0, {str(cache / "models" / "toy")})
    assert hub.gets.count("model.bin") == 1


def test_a_cache_that_cannot_be_written_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match=r"cache/models.*model not installed: Not a directory; check"):
        ensure(toy(), cache_dir=tmp_path / "cache", fetch=True)
    assert hub.gets == []


def test_what_was_begun_of_another_version_is_not_gone_on_with(hub: Hub, cache: Path) -> None:
    hub.break_at, hub.down_after_break = 0.6, True
    with pytest.raises(ModelError, match="the hub did not deliver"):
        ensure(toy(), cache_dir=cache, fetch=True)
    hub.down_after_break = False
    hub.ranges.clear()
    hub.files["model.bin"] = newer = WEIGHTS[::-1]
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True))["model.bin"] == newer
    assert hub.ranges == []


def test_a_begun_file_with_other_bytes_than_the_hubs_is_refused_and_fetched_anew(hub: Hub, cache: Path) -> None:
    partial = cache / "models" / ".toy.partial"
    partial.mkdir(parents=True)
    (partial / f"model.bin.{hub.etag('model.bin')}.incomplete").write_bytes(b"x" * 1000)
    with pytest.raises(ModelError, match=r"model.bin: expected \w{64}, found \w{64}; pull again"):
        ensure(toy(), cache_dir=cache, fetch=True)
    assert hub.ranges == ["bytes=1000-"]
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES


def test_bytes_that_are_not_what_the_hub_names_are_refused(hub: Hub, cache: Path) -> None:
    hub.etags["model.bin"] = named = hashlib.sha256(WEIGHTS).hexdigest()
    hub.files["model.bin"] = b"x" + WEIGHTS[1:]
    with pytest.raises(ModelError, match=rf"model.bin: expected {named}, found \w{{64}}; pull again"):
        ensure(toy(), cache_dir=cache, fetch=True)
    assert installed(cache) == []
    # The bad bytes are gone, too: they are not taken for a finished download next time.
    hub.files["model.bin"] = WEIGHTS
    assert content_of(ensure(toy(), cache_dir=cache, fetch=True)) == FILES


def test_small_files_are_checked_by_their_git_object_id(hub: Hub, cache: Path) -> None:
    hub.etags["config.json"] = "ab" * 20
    with pytest.raises(ModelError, match=rf"config.json: expected {'ab' * 20}, found \w{{40}}; pull again"):
        ensure(toy(), cache_dir=cache, fetch=True)


def test_an_endpoint_that_names_no_checksum_is_refused(hub: Hub, cache: Path) -> None:
    hub.etags["config.json"] = "v1"
    with pytest.raises(ModelError, match=r"config.json: the hub names no checksum"):
        ensure(toy(), cache_dir=cache, fetch=True)


def test_a_pinned_checksum_goes_beyond_the_hubs_own(hub: Hub, cache: Path) -> None:
    pinned = [{"name": name, "sha256": "cd" * 32} if name == "model.bin" else {"name": name} for name in FILES]
    with pytest.raises(ModelError, match=r"model.bin: wrong checksum: expected sha256 cdcd"):
        ensure(toy(files=pinned), cache_dir=cache, fetch=True)
    assert installed(cache) == []
    assert hub.gets


def test_the_hubs_own_list_of_files_takes_the_place_of_the_manifests(hub: Hub, cache: Path) -> None:
    manifest = Manifest.model_validate(
        {
            **toy().model_dump(),
            "files": [{"name": "model.bin", "sha256": "cd" * 32, "size": 1}],
            "sources": [{"kind": "hub", "repo": REPO, "files": [{"name": name} for name in FILES]}],
        }
    )
    assert content_of(ensure(manifest, cache_dir=cache, fetch=True)) == FILES
    assert status(manifest, cache_dir=cache) is ModelStatus.READY
    assert hub.gets


@pytest.mark.parametrize(
    ("source", "what"), [({"repo": "someone/gone"}, "someone/gone"), ({}, "someone/toy-whisper")], ids=["repo", "file"]
)
def test_what_the_hub_does_not_have_is_named(hub: Hub, cache: Path, source: dict[str, Any], what: str) -> None:
    if not source:
        del hub.files["vocabulary.txt"]
    with pytest.raises(ModelError, match=what):
        ensure(toy(**source), cache_dir=cache, fetch=True)
    assert installed(cache) == []


def test_disk_that_fills_up_during_a_pull_leaves_nothing_behind(hub: Hub, cache: Path) -> None:
    program = """
        import resource, sys
        sys.path[:0] = [sys.argv[1]]
        from test_weights_hub import *
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        try:
            ensure(toy(), cache_dir=Path(sys.argv[2]), fetch=True)
        except ModelError as error:
            print("refused:", error)
        """
    command = [sys.executable, "-c", textwrap.dedent(program), str(Path(__file__).parent), str(cache)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert output.startswith("refused:"), output
    assert "File too large; free some space or set ASR_QA_CACHE_DIR" in output
    assert sorted(p.name for p in (cache / "models").iterdir()) == [".toy.lock"]
    assert "model.bin" in hub.gets


def test_no_connection_gives_advice(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: nothing listens
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(ModelError, match=r"the hub did not deliver .*connected machine and copy .*ASR_QA_MODELS_DIR"):
        ensure(toy(), cache_dir=cache, fetch=True)


def test_offline_switch_keeps_the_hub_unasked(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        ensure(toy(), cache_dir=cache, fetch=True)
    assert hub.gets == []
