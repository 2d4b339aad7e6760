"""asr-qa rules new, asked in a terminal."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path
from subprocess import Popen

import pytest

WORDS = "请问还有什么可以帮您，还有其他需要吗"
ODD = {
    "who": ["3", "客户"],
    "seconds": ["三十", "nan", "inf", "-5"],
    "severity": ["9"],
    "id": ["serv-100", "SERV", "OPEN-001"],
}
"""Answers that are asked for again."""
ANSWERS = ["n", WORDS, *ODD["who"], "1", *ODD["seconds"], "0", "60", "", "结束前询问", "SERV-100"]
ANSWERS[-1:-1] = ODD["id"]
ANSWERS += [*ODD["severity"], "2", "服务规范"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_questions_in_a_terminal_make_a_rule(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "asr_qa", "rules", "new", "--dir", str(tmp_path / "mine")]
    with Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=Path(__file__).parents[2]) as process:
        os.close(theirs)
        os.write(ours, "".join(f"{answer}\n" for answer in ANSWERS).encode())
        shown = _read(ours)
    assert process.returncode == 0, shown
    assert shown.count("请写一个数字") == len(ODD["seconds"])
    assert shown.count("不能作编号") == 2
    assert shown.count("编号 OPEN-001 已经用在") == 1
    assert "坐席须在结束前 60 秒内说出「请问还有什么可以帮您」「还有其他需要吗」之一。" in shown
    written = (tmp_path / "mine" / "custom" / "serv_100.yml").read_text(encoding="utf-8")
    assert "severity: major" in written
    assert "zh: 结束前询问" in written


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_questions_that_are_broken_off_write_nothing(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "asr_qa", "rules", "new", "--dir", str(tmp_path / "mine")]
    with Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=Path(__file__).parents[2]) as process:
        os.close(theirs)
        os.write(ours, f"n\n{WORDS}\n\x04".encode())
        shown = _read(ours)
    assert process.returncode == 1
    assert "已中断，没有写任何文件" in shown
    assert "Aborted" not in shown
    assert not (tmp_path / "mine").exists()


def _read(terminal: int) -> str:
    """Everything a program shows until it ends."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode("utf-8", errors="replace")
