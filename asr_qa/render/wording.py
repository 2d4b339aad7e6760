"""What evidence and traces say, put into words that a quality person reads."""

from __future__ import annotations

import re

from asr_qa.core.checks.entity import NAMES
from asr_qa.core.event import KINDS
from asr_qa.core.finding import Evidence, Match
from asr_qa.core.metrics import DEFINITION_OF
from asr_qa.render.texts import Lang, Texts

_MISSING = re.compile(r"^（未听到：(.*)）$", re.DOTALL)
_EVENT = re.compile(rf"^({'|'.join(KINDS)}) ([\d.]+) s$")
_COUNT = re.compile(rf"^(\d+) ({'|'.join(KINDS)})$")
_FIGURE = re.compile(r"^([a-z_]+)(?:\.([a-z]+))? = (-?[\d.]+(?:e[+-]?\d+)?)$")

_FIGURES: dict[Lang, dict[str, str]] = {
    "zh": {
        "characters_per_minute": "语速 {v} 字/分",
        "first_response": "首次应答 {v} 秒",
        "ring_seconds": "振铃 {v} 秒",
        "response_latency": "应答间隔 {v} 秒",
        "longest_monologue": "最长独白 {v} 秒",
        "longest_silence": "最长静音 {v} 秒",
        "silence_seconds": "静音共 {v} 秒",
        "silence_share": "静音占比 {v}",
        "dead_air_seconds": "冷场共 {v} 秒",
        "dead_air_count": "冷场 {v} 次",
        "serious_dead_air_count": "严重冷场 {v} 次",
        "excused_silence_seconds": "已说明的等待共 {v} 秒",
        "excused_silence_count": "已说明的等待 {v} 次",
        "hold_seconds": "保持共 {v} 秒",
        "ivr_seconds": "语音菜单共 {v} 秒",
        "overlap_seconds": "重叠说话共 {v} 秒",
        "interruptions": "抢话 {v} 次",
        "talk_overs": "叠话 {v} 次",
        "backchannels": "附和 {v} 次",
        "talk_ratio": "坐席说话占比 {v}",
        "speech_seconds": "说话 {v} 秒",
        "duration": "时长 {v} 秒",
        "turns": "话轮 {v} 个",
    },
    "en": {
        "characters_per_minute": "{v} characters a minute",
        "first_response": "first response after {v} s",
        "ring_seconds": "rang for {v} s",
        "response_latency": "response after {v} s",
        "longest_monologue": "longest monologue {v} s",
        "longest_silence": "longest silence {v} s",
        "silence_seconds": "{v} s of silence",
        "silence_share": "share of silence {v}",
        "dead_air_seconds": "{v} s of dead air",
        "dead_air_count": "dead air {v} times",
        "serious_dead_air_count": "serious dead air {v} times",
        "excused_silence_seconds": "{v} s of announced waits",
        "excused_silence_count": "{v} announced waits",
        "hold_seconds": "{v} s on hold",
        "ivr_seconds": "{v} s of automatic prompts",
        "overlap_seconds": "{v} s of overlap",
        "interruptions": "{v} interruptions",
        "talk_overs": "{v} talk-overs",
        "backchannels": "{v} back-channels",
        "talk_ratio": "agent's share of talk {v}",
        "speech_seconds": "{v} s of speech",
        "duration": "{v} s long",
        "turns": "{v} turns",
    },
}
_EVENT_SECONDS: dict[Lang, str] = {"zh": "{kind} {v} 秒", "en": "{kind}, {v} s"}
_EVENT_COUNT: dict[Lang, str] = {"zh": "{kind} {v} 次", "en": "{kind}: {v}"}

# Conditions in traces are written in English by core; the longer pieces come first.
_TRACE_ZH: tuple[tuple[str, str], ...] = (
    (r"^line (\d+) ", r"第 \1 句 "),
    (r"^repetition at least (\d+) times within ([\d.]+) s", r"\2 秒内同样的话说了 \1 次以上"),
    (r"^repetition at least (\d+) times", r"同样的话说了 \1 次以上"),
    (r" about $", "，说到 "),
    (r"^entity valid ", "校验正确的 "),
    (r"^entity invalid ", "校验不符的 "),
    (r"^entity ", "说出 "),
    (r"^similar to $", "意思相近于 "),
    (r"^ by at least ([\d.]+)", r" 相近度至少 \1"),
    (r", in every sentence\b", "，每一句里"),
    (r", in every turn\b", "，每个话轮里"),
    (r", in same sentence\b", "，同一句里"),
    (r", in same turn\b", "，同一个话轮里"),
    (r"\bwithin (\d+) sentences\b", r"\1 句话内"),
    (r"\bphrase none of\b", "没有说到任何一个"),
    (r"\bphrase any of\b", "说到其中一个"),
    (r"\bphrase all of\b", "全部说到"),
    (r"\bphrase (\d+) of\b", r"说到其中 \1 个"),
    (r"\bat least (\d+) times\b", r"至少 \1 次"),
    (r"^any of (\d+)$", r"以下 \1 项任一成立"),
    (r"^all of (\d+)$", r"以下 \1 项全部成立"),
    (r"^not$", "以下不成立"),
    (r"^require ", "要求 "),
    (r"^forbid ", "禁止 "),
    (r"^script ", "话术 "),
    (r"^regex ", "句式 "),
    (r"^metric ", "指标 "),
    (r"^event (\w+)", r"事件 \1"),
    (r"^sequence of (\d+) steps", r"依次说到 \1 步"),
    (r"\brule ([A-Z]+-\d+) is\b", r"规则 \1 的判定为"),
    (r"\bby agent\b", "（坐席）"),
    (r"\bby customer\b", "（客户）"),
    (r", first seconds ([\d.]+)", r"，前 \1 秒内"),
    (r", last seconds ([\d.]+)", r"，后 \1 秒内"),
    (r", first sentences (\d+)", r"，前 \1 句内"),
    (r", last sentences (\d+)", r"，后 \1 句内"),
    (r", first percent ([\d.]+)", r"，前 \1% 内"),
    (r", last percent ([\d.]+)", r"，后 \1% 内"),
    (r", after ", "，之后："),
    (r", before ", "，之前："),
    (r", near ", "，前后："),
    (r"\brule ([A-Z]+-\d+)", r"规则 \1"),
    (r"\bwithin ([\d.]+) s\b", r"\1 秒内"),
    (r"\(hit any\)", "（任一处）"),
    (r"\(hit each\)", "（每一处）"),
    (r"\(hit last\)", "（最后一处）"),
    (r"\(hit (\d+)\)", r"（第 \1 处）"),
    (r", count ", "，次数 "),
    (r"\bdead_air\b", "冷场"),
    (r"\bsilence\b", "静音"),
    (r"\bhold\b", "保持音乐"),
    (r"\bivr\b", "语音菜单"),
    (r"\binterruption\b", "抢话"),
    (r"\btalk_over\b", "叠话"),
    (r"\bnot excused\b", "未说明"),
    (r"\bexcused\b", "已说明"),
    (r"\bnot_applicable\b", "不适用"),
    (r"\bnot_met\b", "不符合"),
    (r"\bundetermined\b", "待人工"),
    (r"\bmet\b", "符合"),
    (r"\bhit\b", "命中"),
)
# What core remarks beside a condition.
_NOTES_ZH: tuple[tuple[str, str], ...] = (
    (r"^said (\d+) times, at ([\d., ]+) s: \[(.*)\]$", r"「\3」说了 \1 次，分别在 \2 秒"),
    (r"^said by agent at ([\d.]+) s$", r"由坐席在 \1 秒说出"),
    (r"^said by customer at ([\d.]+) s$", r"由客户在 \1 秒说出"),
    (
        r"^(\d+) missing lines? said by agent, first at ([\d.]+) s$",
        r"缺的话中有 \1 句由坐席说出，首句在 \2 秒；角色可能对调",
    ),
    (
        r"^(\d+) missing lines? said by customer, first at ([\d.]+) s$",
        r"缺的话中有 \1 句由客户说出，首句在 \2 秒；角色可能对调",
    ),
    (r"^(\d+) of (\d+) lines said$", r"\2 句话术中说了 \1 句"),
    (r"^(\d+) of (\d+) sentences$", r"\2 句中 \1 句成立"),
    (r"^(\d+) of (\d+) turns$", r"\2 个话轮中 \1 个成立"),
    (r"^(\d+) of (\d+) heard$", r"需要 \2 处，听到 \1 处"),
    (r"^heard (\d+) times, at most (\d+) allowed$", r"听到 \1 次，最多允许 \2 次"),
    (r"^possibly said: heard with confidence ([\d.]+) only$", r"可能说过，置信度只有 \1"),
    (r"^heard with confidence ([\d.]+) only$", r"听得不清，置信度只有 \1"),
    (r"^heard with weak confidence only$", "听得不清"),
    (r"^pattern /(.*)/ took too long$", r"句式 /\1/ 检索超时"),
    (r"^no sentence model is installed$", "没有安装句义模型"),
    (r"^the sentence model did not read this call$", "句义模型没有读过这通电话"),
    (r"^no (sentence|turn) of this role in scope$", "范围内没有这一方的话"),
    (r"^prerequisite (\S+) is (\w+)$", r"前提规则 \1 的判定为 \2"),
    (r"^no words of this role were heard in the call$", "整通没有听到这一方的话"),
    (
        r"^([\d.]+) s of speech in scope could not be understood, first at ([\d.]+) s$",
        r"范围内有 \1 秒的话听不懂，最早在 \2 秒",
    ),
    (r"^the words in scope were heard with a confidence of only ([\d.]+)$", r"范围内的话听得不清，置信度只有 \1"),
    (r"^step (\d+) of (\d+) not heard$", r"第 \1 步（共 \2 步）未听到"),
    (r"^step (\d+) of (\d+) not heard, only before step (\d+)$", r"第 \1 步（共 \2 步）只在第 \3 步之前听到"),
    (r"^too little is said in the recording to tell$", "录音里说得太少，无法判断"),
    (r"^the recording breaks off before the call ends$", "录音在通话结束前中断"),
    (r"^the recording begins in the middle of speech$", "录音从半句话开始"),
    (r"^it is not known who announced a wait$", "不知道是谁说明要等待"),
    (r"^it is not known who hung up$", "不知道是谁挂机"),
    (r"^the channels do not part what is said at once$", "双方同时说的话，声道分不开"),
    (r"^one party is never heard: silence is not known$", "始终只听到一方，不知道是否真的静音"),
    (r"^one party is never heard: monologue is not known$", "始终只听到一方，不知道是不是独白"),
    (r"^one party is never heard: latency is not known$", "始终只听到一方，应答间隔未知"),
    (r"^one party is never heard: .*$", "始终只听到一方，不知道是否同时说话"),
    (r"^no words of this role: a channel of the recording is dead$", "没有这一方的话：录音有一个声道没有信号"),
    (r"^it is not known whether event (\w+) occurs$", r"不知道是否发生：\1"),
    (r"^it is not known whether phrase (.*) occurs$", r"不知道是否有人说「\1」"),
    (r"^it is not known whether a hit of (\S+) occurs$", r"不知道规则 \1 是否命中"),
    (r"^event (\w+).* does not occur$", r"没有发生：\1"),
    (r"^phrase (.*) does not occur$", r"没有人说「\1」"),
    (r"^(?:rule|a hit of) (\S+) does not occur$", r"规则 \1 没有命中"),
    (r"^(.*) does not occur$", r"没有发生：\1"),
    (r"^([A-Z][A-Z0-9-]*-\d+) is (\w+)$", r"规则 \1 的判定为 \2"),
    (r"^(\d+) of (\d+) places$", r"\2 处中 \1 处成立"),
    (r"^nothing was heard in this call$", "整通没有听到话"),
    (r"^no speech was found in this call$", "没有检测到语音"),
    (r"^it is not known who speaks$", "无法区分谁在说话"),
    (r"^an exception applies$", "符合例外条件"),
    (r"^an exception may apply$", "可能符合例外条件"),
    (r"^(\S+) could not be measured$", r"无法测得：\1"),
    (r"^(\S+) is not known$", r"未知：\1"),
    (r"^language is (\S+)$", r"语言为 \1"),
    (r"^direction is (\S+)$", r"方向为 \1"),
)
_KINDS_ZH = {"exact": "原词", "homophone": "同音", "near": "近音", "fuzzy": "似音", "acoustic": "重听"}
_PRICES_ZH = tuple(
    (rf"^{kind}{off} ([\d.]+)$", said)
    for kind, name in _KINDS_ZH.items()
    for off, said in (("", rf"{name} \1"), (r" ([\d.]+) syllables", rf"{name} 差 \1 音节 \2"))
)
"""How words match, and what that is worth."""
_NOTE_RULES = tuple((re.compile(pattern), text) for pattern, text in (*_NOTES_ZH, *_PRICES_ZH))
_TRACE_RULES = tuple((re.compile(pattern), text) for pattern, text in _TRACE_ZH)
_ENTITY_NAMES = re.compile(rf"\b({'|'.join(NAMES)})\b")
_NEXT_REMARK = re.compile(r"; (?![^\[]*\])")
"""Remarks stand one after another; what is quoted in brackets is one whole."""
# What stands in brackets or slashes is words or a pattern of the rule, not ours to translate.
_QUOTED = re.compile(r"(\[[^\]]*\]|/.*/)")


def is_missing(evidence: Evidence) -> bool:
    """Whether the evidence is a place where something was looked for in vain."""
    return evidence.match is Match.TIMING and bool(_MISSING.match(evidence.text))


def missing_words(evidence: Evidence) -> str | None:
    """The words that were looked for in vain; None where only a pattern could name them."""
    found = _MISSING.match(evidence.text)
    return None if found is None or found[1].startswith("/") else found[1]


def heard(evidence: Evidence, texts: Texts) -> str:
    """The words heard, or what was measured with the id of its definition: 冷场 6.0 秒 [dead_air]."""
    if evidence.match is not Match.TIMING:
        return evidence.text.strip(" ，,、")
    if found := _EVENT.match(evidence.text):
        return _EVENT_SECONDS[texts.lang].format(kind=texts(f"e_{found[1]}"), v=found[2]) + f" [{found[1]}]"
    if found := _COUNT.match(evidence.text):
        return _EVENT_COUNT[texts.lang].format(kind=texts(f"e_{found[2]}"), v=found[1]) + f" [{found[2]}]"
    shown = _figure(evidence.text, texts)
    return f"{shown} [{DEFINITION_OF.get(found[1], found[1])}]" if (found := _FIGURE.match(evidence.text)) else shown


def condition(text: str, lang: Lang) -> str:
    """A condition of a trace."""
    if lang == "en":
        return text
    if text.startswith("entity "):
        text = _ENTITY_NAMES.sub(lambda found: NAMES[found[0]], text)
    # The quoted parts stand at the odd places; patterns with ^ and $ mean the whole text.
    parts = _QUOTED.split(text)
    return "".join(part if index % 2 else _in_chinese(part) for index, part in enumerate(parts))


def note(text: str, texts: Texts) -> str:
    """A remark of a trace."""
    shown = _figure(text, texts)
    if shown != text or texts.lang == "en":
        return shown
    return "；".join(_remark(part) for part in _NEXT_REMARK.split(text))


def _remark(text: str) -> str:
    for pattern, words in _NOTE_RULES:
        if pattern.match(text):
            return _in_chinese(pattern.sub(words, text))
    return _in_chinese(text)


def _in_chinese(text: str) -> str:
    for pattern, words in _TRACE_RULES:
        text = pattern.sub(words, text)
    return text


def _figure(text: str, texts: Texts) -> str:
    found = _FIGURE.match(text)
    wording = _FIGURES[texts.lang].get(found[1]) if found else None
    if found is None or wording is None:
        return text
    value = float(found[3])
    shown = f"{value * 100:.0f}%" if found[1] in ("silence_share", "talk_ratio") else f"{value:.4g}"
    return wording.format(v=shown)
