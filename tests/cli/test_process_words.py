"""What asr-qa process says is in the language asked for: its summary, its warnings, and why something failed."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest
from cli_shell import SAMPLES, Shell

import asr_qa
from asr_qa.batch.manifest import read_manifest
from asr_qa.batch.outcome import Outcome
from asr_qa.cli.printing import forget_language
from asr_qa.cli.process import located
from asr_qa.errors import AsrQaError, AudioError
from asr_qa.messages import MESSAGES, error_in, said_in
from asr_qa.render.texts import TEXTS

PACKAGE = Path(asr_qa.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def lay_out(home: Path) -> None:
    """One call with a warning, three files that are none, and a manifest with a row that cannot be used."""
    calls, replay = home / "in", home / "replay"
    calls.mkdir()
    replay.mkdir()
    whole = (SAMPLES / "rude-words.wav").read_bytes()
    (calls / "cut.wav").write_bytes(whole[: len(whole) * 3 // 4])
    shutil.copy(SAMPLES / "rude-words.truth.json", replay / "cut.json")
    (calls / "text.wav").write_text("this is no audio\n" * 50)
    (calls / "empty.wav").write_bytes(b"")
    (home / "rows.csv").write_text("path,language\nin/cut.wav,zh\nin/empty.wav,elvish\ngone.wav,\n")


def test_summary_warnings_and_failures_are_chinese_unless_english_is_asked_for(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(home)
    monkeypatch.setenv("ASR_QA_ASR__REPLAY_DIR", str(home / "replay"))
    arguments = ("process", "in", "--manifest", "rows.csv", "--out", "out")
    result = shell(*arguments)
    first, *rest = result.out.splitlines()
    assert (result.code, first) == (3, "共 5 通：新评 1 通、失败 4 通；通话文档在 out")
    assert "  平均 0.0 分（有总分的 1 通），致命 1 通" in rest
    assert f"  请留意 in/cut.wav：{TEXTS['zh']['w_truncated']}" in "\n".join(rest)
    listed = "\n".join(rest)
    assert "  失败 [not_audio] in/text.wav：里面不是录音" in listed
    assert "  失败 [empty] in/empty.wav：是空文件" in listed
    assert f"  失败 [missing] {home}/gone.wav：没有这个文件" in listed or "失败 [missing] gone.wav：没有" in listed
    assert "  失败 [manifest_error] rows.csv:3：不认识语言“elvish”" in listed
    assert "失败：in/text.wav：里面不是录音" in result.err
    again = shell(*arguments, "--lang", "en")
    assert again.out.startswith("5 calls: 1 unchanged, 4 failed; documents in out\n")
    assert not CHINESE.search(again.out)
    assert "failed [empty] in/empty.wav: is empty (0 bytes)" in again.out


MISTAKES: dict[str, tuple[list[str], dict[str, str | None], str]] = {
    "nothing": ([], {}, "没有要评分的"),
    "no such folder": (["nowhere"], {}, "没有这个文件或文件夹：nowhere"),
    "nothing in it": (["empty"], {}, "empty 里没有录音"),
    "no manifest": (["one.wav", "--map", "a=path"], {}, "但没有给 --manifest"),
    "manifest away": (["--manifest", "nowhere.csv"], {}, "nowhere.csv：读不出来"),
    "no such field": (["--manifest", "rows.csv", "--map", "a=weather"], {}, "写成 列名=字段"),
    "no such column": (["--manifest", "rows.csv", "--map", "a=team"], {}, "没有列 a"),
    "channel": (["one.wav", "--agent-channel", "left"], {}, "写声道号"),
    "language": (["one.wav", "--language", "elvish"], {}, "--language：不认识语言“elvish”"),
    "out": (["one.wav", "--out", "one.wav"], {}, "用 --out 换一个文件夹"),
    "hot word": (["one.wav"], {"ASR__HOT_WORDS": "马龙"}, "热词“马龙”太短"),
    "hot word listened for": (["one.wav"], {"ASR__HOT_WORDS": "请您稍候"}, "热词不能是规则要找的话"),
    "hot word file": (["one.wav"], {"ASR__HOT_WORDS_FILE": "nowhere"}, "热词文件读不出来"),
    "voices": (["one.wav"], {"DIARIZATION__MODEL": "base"}, "不是区分说话人的模型"),
    "replay": (["one.wav"], {"ASR__REPLAY_DIR": None}, "需要转写文件夹"),
    "model": (["one.wav"], {"ASR__ENGINE": "whisper", "ASR__MODEL": "large-v3"}, "模型还没有安装；取模型："),
    "no such model": (["one.wav"], {"ASR__ENGINE": "whisper", "ASR__MODEL": "huge"}, "没有叫 huge 的模型"),
    "model folder": (["one.wav"], {"ASR__ENGINE": "whisper", "ASR__MODEL": "./huge"}, "没有文件夹 ./huge"),
    "database": (["one.wav"], {"DATABASE_URL": "mysql://x/y"}, "不支持数据库 mysql"),
    "database url": (["one.wav"], {"DATABASE_URL": "nothing"}, "数据库地址读不懂"),
    "database folder": (["one.wav"], {"DATABASE_URL": "sqlite:///empty"}, "empty 是文件夹，不是数据库"),
    "database file": (["one.wav"], {"DATABASE_URL": "sqlite:///rows.csv"}, "这是别的文件"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_in_the_language_asked_for(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    arguments, settings, said = MISTAKES[name]
    (home / "empty").mkdir()
    shutil.copy(SAMPLES / "rude-words.wav", home / "one.wav")
    (home / "rows.csv").write_text("path\none.wav\n")
    for setting, value in settings.items():
        monkeypatch.delenv(f"ASR_QA_{setting}", raising=False)
        if value is not None:
            monkeypatch.setenv(f"ASR_QA_{setting}", value)
    chinese = shell("process", *arguments)
    assert chinese.code == 1
    (line,) = [line for line in chinese.err.splitlines() if line.startswith("错误：")]
    assert said in line
    monkeypatch.setenv("ASR_QA_LANG", "en")
    english = shell("process", *arguments)
    assert english.code == 1
    assert "error: " in english.err
    assert not CHINESE.search(re.sub("马龙|请您稍[候后等]", "", english.err))


ROWS = {
    "started_at": ("soon", "不是时间"),
    "direction": ("up", "“up”不是 inbound"),
    "ring_seconds": ("long", "不是秒数"),
    "agent_channel": ("left", "不是声道号"),
}


@pytest.mark.parametrize("column", ROWS)
def test_rows_that_cannot_be_used_say_so_in_both_languages(tmp_path: Path, column: str) -> None:
    value, said = ROWS[column]
    path = tmp_path / "m.csv"
    path.write_text(f"path,{column}\na.wav,{value}\n,{value}\nb.wav,\nb.wav,\n")
    row, nameless, twice = read_manifest(path).bad
    assert said in said_in(row.said, "zh")
    assert value in row.reason
    assert "没有写录音" in said_in(nameless.said, "zh")
    assert "写了两次" in said_in(twice.said, "zh")


def test_every_reason_why_audio_cannot_be_read_is_known_in_both_languages() -> None:
    calls = [
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AudioError"
    ]
    given = {one.value.value for node in calls for one in node.keywords if isinstance(one.value, ast.Constant)}
    assert given == {code.removeprefix("audio_") for code in MESSAGES if code.startswith("audio_")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_reason_that_is_known_in_no_other_language_is_said_as_it_is(
    monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv("ASR_QA_LANG", lang)
    forget_language()
    failed = Outcome(path="a.wav", state="failed", code="transcription_error", reason="the recogniser failed: x")
    assert located(failed) == f"a.wav{'：' if lang == 'zh' else ': '}the recogniser failed: x"
    assert error_in(AsrQaError("as it is"), "zh") == "as it is"
    assert AudioError("x", reason="empty").said is None
