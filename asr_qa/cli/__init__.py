"""The asr-qa command: one module a family of commands, errors to exit codes in one place."""

from __future__ import annotations

from asr_qa.cli.app import app, main

__all__ = ["app", "main"]
