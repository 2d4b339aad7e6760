"""asr-qa explain on a call document."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from cli_shell import Shell

from asr_qa.core.document import CallWarning
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import build_timeline
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.testing.builders import make_document


def written(home: Path) -> Path:
    call = parse_sketch("A 0-4 我帮您看到这个月的账单 | B 3.2-9 我想问一下费用 | A 20-22 喂您好")
    timeline = build_timeline(call.speech, call.transcript, call.duration)
    path = home / "call.json"
    path.write_text(to_json(replace(make_document(), events=timeline.events)), encoding="utf-8")
    return path


def test_explain_lists_events_with_their_numbers(shell: Shell, home: Path) -> None:
    result = shell("explain", written(home))
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert [line.split()[0] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
    assert any("抢话（客户）" in line and "interruption(onset=1.0,overlap=0.5,yield=2.0)" in line for line in lines)


def test_explain_says_why(shell: Shell, home: Path) -> None:
    path = written(home)
    rows = json.loads(shell("explain", path, "--json").out)
    number = next(row["number"] for row in rows if row["kind"] == "interruption")
    chinese, english = (
        shell("explain", path, "--event", number),
        shell("explain", path, "--event", number, "--lang", "en"),
    )
    assert "重叠 0.8 秒（≥ 0.5）" in chinese.out
    assert "they speak together for 0.8 s (≥ 0.5)" in english.out
    one = json.loads(shell("explain", path, "--event", number, "--json").out)
    assert [(reason["test"], reason["value"]) for reason in one["reasons"][:2]] == [("onset", 3.2), ("overlap", 0.8)]


def test_explain_names_what_is_missing(shell: Shell, home: Path) -> None:
    path = written(home)
    assert "没有第 99 个事件" in shell("explain", path, "--event", "99").err
    assert "there is no call nobody" in shell("explain", "nobody", "--lang", "en").err
    (home / "other.json").write_text("{}", encoding="utf-8")
    result = shell("explain", home / "other.json")
    assert result.code == 1
    assert "不是通话的结果文件" in result.err


def test_what_cannot_be_explained_is_said_in_the_language_asked_for(shell: Shell, home: Path) -> None:
    path = written(home)
    (home / "other.json").write_text("{}", encoding="utf-8")
    (home / "call.wav").write_bytes(b"RIFF")
    for given in (
        (path, "--event", "99"),
        ("nobody",),
        (home / "none.json",),
        (home / "other.json",),
        (home / "call.wav",),
    ):
        chinese, english = (shell("explain", *given, "--lang", lang) for lang in ("zh", "en"))
        assert chinese.code == english.code == 1, given
        names = re.escape(str(home))
        assert not re.search("[A-Za-z]{4}", re.sub(rf"{names}\S*|asr-qa process|nobody|json", "", chinese.err)), given
        assert re.search("[a-z]{4}", english.err), given
    assert "没有文件" in shell("explain", home / "none.json").err
    assert "还没有评过分" in shell("explain", home / "call.wav").err


def test_explain_notes_what_makes_events_doubtful(shell: Shell, home: Path) -> None:
    path = written(home)
    plain = shell("explain", path).out
    document = from_json(path.read_bytes())
    message = "one channel, and one voice on it: rules about one party are left to a person"
    doubtful = replace(document, warnings=(CallWarning(code="roles_unknown", message=message),))
    path.write_text(to_json(doubtful), encoding="utf-8")
    note = "注意: 只有一个声道，且只听到一个人的声音：涉及单方的规则待人工"
    assert "注意" not in plain
    assert shell("explain", path).out.splitlines()[-1] == note
    rows = json.loads(shell("explain", path, "--json").out)
    number = next(row["number"] for row in rows if row["kind"] == "dead_air")
    one = shell("explain", path, "--event", number).out
    assert one.splitlines()[-1] == note
    assert "坐席没有说明要等待" not in one
