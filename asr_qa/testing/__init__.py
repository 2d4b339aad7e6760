"""Fakes and builders for tests, of asr_qa and of what is built on it: real behaviour, no database and no model.

MemoryStore passes the same contract suite as the databases do.
"""

from asr_qa.testing.builders import (
    START,
    FixedClock,
    ScriptedTranscriber,
    make_document,
    make_finding,
    make_line,
    make_metrics,
    make_models,
    make_recording,
    make_sheet,
    make_utterance,
)
from asr_qa.testing.memory import MemoryStore

__all__ = [
    "START",
    "FixedClock",
    "MemoryStore",
    "ScriptedTranscriber",
    "make_document",
    "make_finding",
    "make_line",
    "make_metrics",
    "make_models",
    "make_recording",
    "make_sheet",
    "make_utterance",
]
