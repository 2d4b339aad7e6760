"""Messages of commands that run over calls, and of settings that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[str, str]] = {
    "error_prefix": ("error: ", "错误："),
    # Settings
    "setting_wrong": ("{name}={given}: {said}", "{name}={given}：{said}"),
    "setting_wrong_parts": ("{name}: {said}", "{name}：{said}"),
    "setting_one_of": ("expected one of {known}", "应当是 {known} 之一"),
    "setting_one_of_or_none": ("expected one of {known}, or nothing", "应当是 {known} 之一，或者留空"),
    "setting_just": ("{word}", "写 {word}"),
    "setting_is_group": (
        "holds several settings: write each by its name, {name}__...",
        "是一组设置：逐项写 {name}__…",
    ),
    "setting_form": ("is not written that way; see README, Settings", "不能这样写；见 README 的 Settings 一节"),
    "setting_unknown_part": (
        "there is no such setting; see README, Settings",
        "没有这个设置；见 README 的 Settings 一节",
    ),
    "setting_unknown": (
        "warning: {name} is no setting of asr-qa; see README, Settings",
        "警告：asr-qa 没有设置 {name}；见 README 的 Settings 一节",
    ),
    "interrupted": (
        "interrupted; what was finished is kept, run the same command again to go on",
        "已中断；做完的都保留着，再运行同一条命令就接着做",
    ),
    # Which calls
    "want_moment": (
        "{option} {given}: write 2026-11-20 or 2026-11-20T09:30+08:00",
        "{option} {given}：写成 2026-11-20 或 2026-11-20T09:30+08:00",
    ),
    # How far a run over stored calls is
    "bar_judging": ("judging", "重判"),
    "bar_calls": ("calls", "通"),
    "bar_speed": ("{n:.1f} calls/s", "每秒 {n:.1f} 通"),
    "bar_no_speed": ("- calls/s", "每秒 - 通"),
    "bar_left": ("left", "还要"),
    # Rescore
    "rescored": (
        "{calls} calls: {rescored} scored again, {unchanged} unchanged, {failed} failed",
        "{calls} 通通话：重新评分 {rescored} 通，未变 {unchanged} 通，失败 {failed} 通",
    ),
    "rescored_by_others": (
        "  {n} of them were scored by another run meanwhile",
        "  其中 {n} 通在此期间由另一个运行评了分",
    ),
    "rescored_reviewed": (
        "  {n} of them had been reviewed; the reviews stay with the version that was reviewed",
        "  其中 {n} 通已复核过；复核结论留在复核时的版本上",
    ),
    "rescore_failed": ("  failed [{code}] {call}: {reason}", "  失败 [{code}] {call}：{reason}"),
    "nothing_written": (
        "nothing was written; --apply stores the new sheets",
        "什么也没有写入；加 --apply 保存新的评分单",
    ),
}
