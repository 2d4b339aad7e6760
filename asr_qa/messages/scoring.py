"""Messages of a run over recordings: what is asked for, how far it is, what became of the calls."""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[str, str]] = {
    # What is asked for
    "process_nothing": (
        "nothing to score: name recordings or folders, or a --manifest",
        "没有要评分的：写上录音或文件夹，或者用 --manifest",
    ),
    "process_map_alone": (
        "--map names columns of a --manifest, and there is none",
        "--map 说的是 --manifest 里的列，但没有给 --manifest",
    ),
    "process_none_below": (
        "no recordings below {paths}: looked for audio files (.wav, .mp3, ...)",
        "{paths} 里没有录音：找的是音频文件（.wav、.mp3 等）",
    ),
    "process_no_such": ("no such file or folder: {paths}", "没有这个文件或文件夹：{paths}"),
    "process_channel": (
        "--agent-channel {given}: give a channel (0 is the first) or auto",
        "--agent-channel {given}：写声道号（0 是第一个）或 auto",
    ),
    "of_option": ("{option}: {said}", "{option}：{said}"),
    "language_unknown": (
        "language {given!r} is not known; write a code such as zh, yue, en, ja or ko, or auto to have it detected",
        "不认识语言“{given}”；写 zh、yue、en、ja、ko 这样的代码，或写 auto 自动识别",
    ),
    # Manifests
    "manifest_metadata": (
        "{manifest}: not used but kept as metadata: {columns}; known are {known} (--map COLUMN=FIELD)",
        "{manifest}：这些列没有用到，只作为附加信息保留：{columns}；认识的列：{known}（--map 列名=字段）",
    ),
    "manifest_no_column": (
        "{manifest}: --map: no column {lacking}; there are {columns}",
        "{manifest}：--map：没有列 {lacking}；有 {columns}",
    ),
    "manifest_mapping": (
        "--map {given}: write COLUMN=FIELD with a field of {known}",
        "--map {given}：写成 列名=字段，字段是 {known} 之一",
    ),
    "manifest_large": ("{manifest}: larger than {most} MiB; split it", "{manifest}：超过 {most} MiB；请拆开"),
    "manifest_unreadable": ("{manifest}: cannot be read ({reason})", "{manifest}：读不出来（{reason}）"),
    "manifest_encoding": (
        "{manifest}: neither UTF-8 nor GB18030 text",
        "{manifest}：既不是 UTF-8 也不是 GB18030 文本",
    ),
    "manifest_csv": ("{manifest}:{line}: {reason}", "{manifest}:{line}：CSV 读不懂（{reason}）"),
    "manifest_not_json": ("{manifest}:{line}: not JSON ({reason})", "{manifest}:{line}：不是 JSON（{reason}）"),
    "manifest_not_object": ("{manifest}:{line}: not a JSON object", "{manifest}:{line}：不是 JSON 对象"),
    "manifest_twice": (
        "{path} is named in line {first} and again in line {line}; keep one of them",
        "{path} 在第 {first} 行和第 {line} 行写了两次；只留一行",
    ),
    "manifest_no_path": (
        "names no recording: it needs a column {known} (or --map COLUMN=path)",
        "没有写录音：要有列 {known} 之一（或 --map 列名=path）",
    ),
    "manifest_time": (
        "started_at {given!r} is no time such as 2026-11-20T09:30:00+08:00",
        "started_at“{given}”不是时间；写成 2026-11-20T09:30:00+08:00",
    ),
    "manifest_direction": ("direction {given!r} is none of {known}", "direction“{given}”不是 {known} 之一"),
    "manifest_ring": ("ring_seconds {given!r} is no number of seconds", "ring_seconds“{given}”不是秒数"),
    "manifest_channel": (
        "agent_channel {given!r} is neither a channel (0 is the first) nor auto",
        "agent_channel“{given}”不是声道号（0 是第一个），也不是 auto",
    ),
    # How far it is
    "bar_reading": ("reading", "读取"),
    "bar_scoring": ("scoring", "评分"),
    "bar_failed": (", {n} failed", "，失败 {n}"),
    "bar_hours": ("{n:.1f} audio h/h", "每小时 {n:.1f} 小时录音"),
    "bar_no_hours": ("- audio h/h", "每小时 - 小时录音"),
    "bar_call_failed": ("failed: {said}", "失败：{said}"),
    # What became of the calls
    "one_call": ("{n} call", "{n} 通"),
    "many_call": ("{n} calls", "{n} 通"),
    "process_done": ("{calls}: {parts}", "共 {calls}：{parts}"),
    "process_done_out": ("{calls}: {parts}; documents in {out}", "共 {calls}：{parts}；通话文档在 {out}"),
    "count_scored": ("{n} scored", "新评 {n} 通"),
    "count_unchanged": ("{n} unchanged", "已有 {n} 通"),
    "count_failed": ("{n} failed", "失败 {n} 通"),
    "process_points": (
        "  {mean:.1f} points on average of {calls} with a total; {fatal} fatal",
        "  平均 {mean:.1f} 分（有总分的 {calls}），致命 {fatal} 通",
    ),
    "process_look": ("  look at {path}: {warnings}", "  请留意 {path}：{warnings}"),
    "process_failed": ("  failed [{code}] {said}", "  失败 [{code}] {said}"),
    # Calls that cannot be judged again
    "stored_document": ("document {id}", "第 {id} 号文档"),
    "document_corrupt": (
        "{name} in the database cannot be read ({problem}); process the recording again with --reprocess",
        "数据库里的{name}读不出来（{problem}）；请用 --reprocess 重新处理录音",
    ),
    "document_schema": (
        "{name} is of schema {version}, this version reads {known}; process the recording again with --reprocess",
        "{name}的格式是 {version}，这个版本只读 {known}；请用 --reprocess 重新处理录音",
    ),
    "document_untimed": (
        "call {call} was scored before documents kept where speech is, and the scorecard has other timing:"
        " process the recording again with --reprocess",
        "通话 {call} 评分时还没有保存说话的位置，而评分表用了别的时间参数；请用 --reprocess 重新处理录音",
    ),
    "scored_meanwhile": (
        "call {call} was scored anew {times} times meanwhile: run this again when that is over",
        "通话 {call} 在这期间被别的任务重新评了 {times} 次；等它们结束后再运行一次",
    ),
}
