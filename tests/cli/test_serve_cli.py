"""asr-qa serve: a real server, asked over HTTP and told to stop."""

from __future__ import annotations

import logging
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from cli_shell import Shell

from asr_qa.cli.serve import _say_cards, path_only
from asr_qa.core.scorecard import Scorecard
from asr_qa.testing import FixedClock, MemoryStore, make_document

get = partial(httpx.get, timeout=60)
"""A loaded machine may take longer than the usual five seconds."""
CARD = Scorecard(id="inbound", version="1", title={}, sections=())


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a process of its own, and its URL once it answers."""
    command = [sys.executable, "-m", "asr_qa", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.match(r"serving (http://\S+) ", process.stdout.readline())
            assert found, process.communicate()[1]
            yield process, found[1]
        finally:
            process.kill()


def rest(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is left of what the server says, and its log; `communicate` passes over what was read ahead of a line."""
    assert process.stdout is not None
    assert process.stderr is not None
    said, log = process.stdout.read(), process.stderr.read()
    process.wait(timeout=60)
    return said, log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_asks_for_a_token_logs_no_secret_and_stops_when_told(
    shell: Shell, home: Path, number: signal.Signals
) -> None:
    token = shell("token", "create", "wang", "--role", "reviewer").out.strip()
    with serving() as (process, url):
        assert get(f"{url}/healthz").status_code == 200
        assert get(f"{url}/v1/calls").status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert get(f"{url}/v1/calls", headers=headers).json()["calls"] == []
        get(f"{url}/v1/calls", params={"token": token})
        process.send_signal(number)
        said, log = rest(process)
    assert process.returncode == 0
    assert "GET /v1/calls HTTP" in said + log, "requests are logged"
    assert token not in said + log
    assert "Traceback" not in log


def test_without_any_token_it_says_how_to_make_one(home: Path) -> None:
    with serving() as (process, _url):
        process.send_signal(signal.SIGINT)
        said, _log = rest(process)
    assert "asr-qa token create NAME --role reviewer" in said


def test_no_token_lets_this_machine_in(home: Path) -> None:
    with serving("--no-token") as (process, url):
        assert get(f"{url}/v1/calls").status_code == 200
        process.send_signal(signal.SIGINT)
        _said, log = rest(process)
    assert "no token needed" in log


def test_a_scorecard_that_is_not_at_hand_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    store = MemoryStore()
    store.save_document(make_document(), severities={}, now=FixedClock().now())
    _say_cards(store, {"inbound@1": CARD})
    assert capsys.readouterr().err == ""
    _say_cards(store, {"inbound@2": CARD})
    assert "calls are scored on inbound@1, which the rules in use do not have" in capsys.readouterr().err


@pytest.mark.usefixtures("english")
def test_a_taken_port_is_named_with_advice(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = shell("serve", "--port", port)
    assert result.code == 1
    assert f"127.0.0.1:{port}: the port is taken" in result.err
    assert "--port" in result.err


@pytest.mark.usefixtures("english")
def test_no_token_is_refused_where_others_could_reach_it(shell: Shell) -> None:
    result = shell("serve", "--host", "0.0.0.0", "--no-token")
    assert result.code == 1
    assert "loopback" in result.err


def test_the_access_log_names_paths_without_queries() -> None:
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s %s %s %s %d", None, None)
    record.args = ("127.0.0.1:1", "GET", "/v1/calls?agent=A1&token=asrqa_x", "1.1", 200)
    assert path_only(record)
    assert record.getMessage() == "127.0.0.1:1 GET /v1/calls 1.1 200"
