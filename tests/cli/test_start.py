"""What a command loads before it does anything."""

from __future__ import annotations

import subprocess
import sys

_DEAR = {
    "alembic",
    "ctranslate2",
    "faster_whisper",
    "fastapi",
    "onnxruntime",
    "openpyxl",
    "pypinyin",
    "scipy",
    "torch",
}
"""Packages that take long to load, and that most commands never need."""


def test_the_command_line_starts_without_what_takes_long_to_load() -> None:
    code = "import sys, asr_qa.cli.app; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "typer" in loaded
    assert not loaded & _DEAR
