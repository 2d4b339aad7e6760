"""The definitions of voice figures and hints in words; the parameters come from the code that measures."""

from __future__ import annotations

VOICE_DEFINITION_TEXTS: dict[str, dict[str, str]] = {
    "usual": {
        "en": "Median and spread (1.48 times the median distance from it) of a figure over the turns of one speaker in "
        "this call that hold at least `turn` seconds of speech; unknown with fewer than `turns` of them.",
        "zh": "某项数值在同一个人本通电话各话轮（说话至少 turn 秒）中的中位数和波动"
        "（距中位数的距离的中位数的 1.48 倍）；"
        "少于 turns 个话轮则未知。",
    },
    "raised_voice": {
        "en": "Level at least `level` dB and `spread` spreads over the usual, and balance `tilt` dB or pitch `pitch` "
        "semitones over theirs; or level `alone` dB over; or balance and pitch both `effort` times that far over, "
        "whatever the level. A hint to listen, never a verdict.",
        "zh": "响度高出平时至少 level dB 且达 spread 倍波动，同时高频比高出 tilt dB 或音高高出 pitch 半音；"
        "或响度高出 alone dB；"
        "或高频比与音高都达到上述的 effort 倍（不看响度）。只提示复听，不作判定。",
    },
    "rushed": {
        "en": "Speech rate of a turn of at least `units` characters (words) at least `ratio` times the usual and "
        "`spread` spreads over it. A hint to listen, never a verdict.",
        "zh": "至少 units 字（词）的话轮，语速达到平时的 ratio 倍且高出 spread 倍波动。只提示复听，不作判定。",
    },
    "flat": {
        "en": "Range of pitch (lowest to highest tenth) of a turn with at least `seconds` of speech at most `share` of "
        "the usual and `spread` spreads below it. A hint to listen, never a verdict.",
        "zh": "说话至少 seconds 秒的话轮，音高幅度（第 10 到第 90 百分位）不超过平时的 share"
        "且低出 spread 倍波动。只提示复听，不作判定。",
    },
    "long_pause": {
        "en": "A pause of at least `min` and less than `max` seconds in one's own speech in which nobody else speaks.",
        "zh": "自己说话中间至少 min 秒、不足 max 秒的停顿，其间对方也不说话。",
    },
}
"""By id and language; `names` in backquotes are parameters."""
