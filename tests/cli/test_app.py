"""The command tree as a whole: help that teaches, errors that become exit codes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer.main
from cli_shell import Shell

import asr_qa
from asr_qa.cli.app import app
from asr_qa.cli.settings import allowed

MIN_HELP = 60
"""Characters below which a help text teaches nothing."""


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command and group with the words that call it."""
    yield path, command
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, (*path, name))


TREE = dict(commands(typer.main.get_command(app)))


def test_the_commands_are_those_of_the_manual() -> None:
    assert {" ".join(path) for path in TREE if path} == {
        "bench", "demo", "explain", "process", "rescore", "serve",
        "report", "report errors",
        "rules", "rules backtest", "rules lint", "rules test", "rules show",
        "rules new", "rules export", "rules schema", "rules import-sca",
        "models", "models list", "models pull", "models verify", "models remove",
        "token", "token create", "token list", "token revoke",
        "db", "db upgrade", "db status",
    }  # fmt: skip


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_has_help(path: tuple[str, ...], shell: Shell) -> None:
    result = shell(*path, "--help")
    assert result.code == 0
    assert result.out.startswith("Usage: asr-qa")
    assert len(getattr(TREE[path], "help", "") or "") >= MIN_HELP


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_option_has_help(path: tuple[str, ...]) -> None:
    for option in getattr(TREE[path], "params", []):
        assert getattr(option, "help", None), f"{' '.join(path)} {option.name}"


def test_version(shell: Shell) -> None:
    assert shell("--version").out == f"asr-qa {asr_qa.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["process", "--nonsense"], ["rules", "nonsense"], ["token", "create"]]
)
def test_usage_mistakes_exit_with_1(shell: Shell, arguments: list[str]) -> None:
    result = shell(*arguments)
    assert result.code == 1
    assert "Usage:" in result.err
    assert "Traceback" not in result.err


def test_a_group_alone_shows_its_help(shell: Shell) -> None:
    result = shell("rules")
    assert result.code == 1
    assert "lint" in result.out + result.err


def test_a_wrong_setting_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QA_ASR__BEAM_SIZE", "many")
    monkeypatch.setenv("ASR_QA_SERVER__PORT", "-1")
    result = shell("db", "status")
    assert result.code == 1
    assert result.err.splitlines() == [
        "错误：ASR_QA_ASR__BEAM_SIZE=many：应当是整数",
        "ASR_QA_SERVER__PORT=-1：不能小于 0",
    ]


WRONG = {
    "ASR_QA_ASR__ENGINE": ("foo", "expected one of whisper, replay"),
    "ASR_QA_DIRECTION": ("sideways", "expected one of inbound, outbound, or nothing"),
    "ASR_QA_ASR__DEVICE": ("tpu", "is not written that way; see README, Settings"),
    "ASR_QA_AUDIO__AGENT_CHANNEL": ("left", "expected a whole number or auto"),
    "ASR_QA_REDACT": ("perhaps", "expected true or false"),
    "ASR_QA_VAD__FOO": ("1", "there is no such setting; see README, Settings"),
    "ASR_QA_CALL_TIMEOUT_FACTOR": ("0", "must be greater than 0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_are_named_in_the_language_asked_for(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    value, said = WRONG[name]
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASR_QA_LANG", "en")
    assert shell("report", "errors").err == f"error: {name}={value}: {said}\n"
    monkeypatch.setenv("ASR_QA_LANG", "zh")
    chinese = shell("report", "errors").err
    assert chinese.startswith(f"错误：{name}={value}：")
    assert said not in chinese


def test_the_words_that_a_setting_may_be_come_from_its_type() -> None:
    assert allowed(("lang",)) == ("zh", "en")
    assert allowed(("direction",)) == ("inbound", "outbound", "")
    assert allowed(("audio", "agent_channel", "literal['auto']")) == ("auto",)
    assert allowed(("asr", "beam_size", "int")) == allowed(("asr",)) == allowed(("nowhere", "at", "all")) == ()


@pytest.mark.parametrize("value", ["3", '{"x'])
def test_a_group_of_settings_written_as_one_value_is_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ASR_QA_ASR", value)
    result = shell("report", "errors")
    assert result.code == 1
    assert result.err.startswith("错误：ASR_QA_ASR")
    assert "逐项写 ASR_QA_ASR__" in result.err
