"""Where the server may listen."""

from __future__ import annotations

import socket

import pytest
from api_app import build_app

from asr_qa.errors import ConfigurationError
from asr_qa.server import check_exposure, check_port, is_loopback
from asr_qa.testing import FixedClock, MemoryStore


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"])
def test_loopback_addresses(host: str) -> None:
    assert is_loopback(host)
    check_exposure(host, require_token=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "qa.example", ""])
def test_without_tokens_other_addresses_are_refused(host: str) -> None:
    assert not is_loopback(host)
    check_exposure(host, require_token=True)
    with pytest.raises(ConfigurationError, match="leave out --no-token"):
        build_app(MemoryStore(), FixedClock(), host=host, require_token=False)


def test_check_port_says_when_it_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}: the port is taken; stop"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)
    check_port("127.0.0.1", 0)


def test_check_port_says_when_the_address_is_not_here() -> None:
    with pytest.raises(ConfigurationError, match="does not have the address"):
        check_port("192.0.2.1", 8420)
    with pytest.raises(ConfigurationError, match="no address"):
        check_port("256.0.0.1.invalid.", 8420)
