"""The trace of a finding as indented lines: which condition came out how, and where."""

from __future__ import annotations

from asr_qa.core.finding import Trace
from asr_qa.render.texts import Lang, Texts
from asr_qa.render.wording import condition, note


def trace_lines(trace: Trace, *, lang: Lang = "en", depth: int = 0) -> list[str]:
    """One line a condition, its parts indented below it; times in seconds."""
    line = "  " * depth + (_in_chinese(trace) if lang == "zh" else _in_english(trace))
    return [line, *(inner for child in trace.children for inner in trace_lines(child, lang=lang, depth=depth + 1))]


def _in_english(trace: Trace) -> str:
    where = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in trace.at)
    line = f"{trace.verdict.value}: {trace.condition or 'step'}"
    line += f" at {where}" if where else ""
    return line + (f" ({trace.note})" if trace.note else "")


def _in_chinese(trace: Trace) -> str:
    texts = Texts("zh")
    where = "、".join(f"{start:.1f}-{end:.1f}" for start, end in trace.at)
    said = condition(trace.condition, "zh") if trace.condition else "这一步"
    line = f"{texts.word('v', trace.verdict.value)}：{said}"
    line += f"，在第 {where} 秒" if where else ""
    return line + (f"（{note(trace.note, texts)}）" if trace.note else "")
