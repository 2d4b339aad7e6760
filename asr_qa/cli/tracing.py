"""The trace of a finding as indented lines: which condition came out how, and where."""

from __future__ import annotations

from asr_qa.core.finding import Trace


def trace_lines(trace: Trace, *, depth: int = 0) -> list[str]:
    """One line a condition, its parts indented below it; times in seconds."""
    where = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in trace.at)
    line = "  " * depth + f"{trace.verdict.value}: {trace.condition or 'step'}"
    line += f" at {where}" if where else ""
    line += f" ({trace.note})" if trace.note else ""
    return [line, *(inner for child in trace.children for inner in trace_lines(child, depth=depth + 1))]
