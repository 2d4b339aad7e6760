"""The words that rules are said in: one table per language, with the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Lang = Literal["zh", "en"]
Table = Mapping[str, str]

ROLES: Mapping[Lang, Table] = {
    "zh": {"agent": "坐席", "customer": "客户", "other": "其他人", "": "任何一方"},
    "en": {"agent": "the agent", "customer": "the customer", "other": "somebody else", "": "anybody"},
}
EVENTS: Mapping[Lang, Table] = {
    "zh": {
        "silence": "静音", "hold": "保持音乐", "ivr": "语音菜单", "dead_air": "冷场", "overlap": "重叠说话",
        "backchannel": "附和", "interruption": "抢话", "talk_over": "叠话", "monologue": "独白",
        "response_latency": "应答间隔", "first_response": "首次应答", "hang_up_side": "挂机",
    },
    "en": {
        "silence": "silence", "hold": "stretch of hold music", "ivr": "automatic prompt",
        "dead_air": "stretch of dead air",
        "overlap": "overlap", "backchannel": "back-channel", "interruption": "interruption",
        "talk_over": "talk-over", "monologue": "monologue", "response_latency": "wait for an answer",
        "first_response": "first response", "hang_up_side": "hang-up",
    },
}  # fmt: skip
EVENTS_COUNTED: Mapping[Lang, Table] = {
    "zh": EVENTS["zh"],
    "en": {
        "silence": "silences", "hold": "stretches of hold music", "ivr": "automatic prompts",
        "dead_air": "stretches of dead air", "overlap": "overlaps", "backchannel": "back-channels",
        "interruption": "interruptions", "talk_over": "talk-overs", "monologue": "monologues",
        "response_latency": "waits for an answer", "first_response": "first responses", "hang_up_side": "hang-ups",
    },
}  # fmt: skip
METRICS: Mapping[Lang, Table] = {
    "zh": {
        "duration": "通话时长", "speech_seconds": "说话时长", "talk_ratio": "坐席通话占比",
        "silence_seconds": "静音总时长", "silence_share": "静音占比", "longest_silence": "最长静音",
        "dead_air_seconds": "冷场总时长",
        "dead_air_count": "冷场次数", "serious_dead_air_count": "严重冷场次数",
        "excused_silence_count": "已说明的等待次数", "excused_silence_seconds": "已说明的等待时长",
        "hold_seconds": "保持时长", "ivr_seconds": "语音菜单时长", "overlap_seconds": "重叠时长",
        "interruptions": "抢话次数", "talk_overs": "叠话次数", "backchannels": "附和次数",
        "response_latency.median": "应答间隔中位数", "response_latency.worst": "最长应答间隔",
        "first_response": "首次应答时间", "characters_per_minute": "语速", "longest_monologue": "最长独白",
        "turns": "话轮数", "ring_seconds": "振铃时长",
    },
    "en": {
        "duration": "length of the call", "speech_seconds": "speech", "talk_ratio": "agent's share of the speech",
        "silence_seconds": "silence in all", "silence_share": "share of silence", "longest_silence": "longest silence",
        "dead_air_seconds": "dead air in all", "dead_air_count": "number of dead airs",
        "serious_dead_air_count": "number of serious dead airs", "excused_silence_count": "number of announced waits",
        "excused_silence_seconds": "announced waits in all", "hold_seconds": "hold in all",
        "ivr_seconds": "automatic prompts in all", "overlap_seconds": "overlap in all",
        "interruptions": "number of interruptions", "talk_overs": "number of talk-overs",
        "backchannels": "number of back-channels", "response_latency.median": "median wait for an answer",
        "response_latency.worst": "longest wait for an answer", "first_response": "time to the first response",
        "characters_per_minute": "rate of speech", "longest_monologue": "longest monologue",
        "turns": "number of turns", "ring_seconds": "ringing time",
    },
}  # fmt: skip
ENTITIES: Mapping[Lang, Table] = {
    "zh": {
        "phone": "电话号码", "mobile": "手机号码", "landline": "座机号码", "id_card": "身份证号码",
        "bank_card": "银行卡号", "amount": "金额", "percent": "百分比", "date": "日期", "time": "时刻",
        "duration": "时长", "e_mail": "邮箱",
        "number": "数字", "plate": "车牌号", "address": "地址",
    },
    "en": {
        "phone": "a phone number", "mobile": "a mobile number", "landline": "a landline number",
        "id_card": "an id card number", "bank_card": "a bank card number", "amount": "an amount",
        "percent": "a percentage", "date": "a date", "time": "a time of day", "duration": "a length of time",
        "e_mail": "an e-mail address", "number": "a number", "plate": "a number plate", "address": "an address",
    },
}  # fmt: skip
VERDICTS: Mapping[Lang, Table] = {
    "zh": {
        "met": "符合", "not_met": "不符合", "not_applicable": "不适用", "undetermined": "待人工", "hit": "有命中",
    },
    "en": {
        "met": "met", "not_met": "not met", "not_applicable": "not applicable", "undetermined": "undetermined",
        "hit": "hit",
    },
}  # fmt: skip
FIELDS: Mapping[Lang, Table] = {
    "zh": {
        "direction": "呼叫方向", "queue": "队列", "team": "班组", "language": "语言", "agent_id": "坐席工号",
        "customer_id": "客户编号", "case_id": "工单编号", "started_at": "开始时间",
    },
    "en": {
        "direction": "direction", "queue": "queue", "team": "team", "language": "language", "agent_id": "agent",
        "customer_id": "customer", "case_id": "case", "started_at": "start",
    },
}  # fmt: skip
VALUES: Mapping[Lang, Table] = {
    "zh": {"inbound": "呼入", "outbound": "呼出", "zh": "中文", "en": "英文", "yue": "粤语"},
    "en": {"inbound": "inbound", "outbound": "outbound", "zh": "Chinese", "en": "English", "yue": "Cantonese"},
}
SEVERITIES: Mapping[Lang, Table] = {
    "zh": {"minor": "一般", "major": "重大", "fatal": "致命"},
    "en": {"minor": "minor", "major": "major", "fatal": "fatal"},
}
WITHIN: Mapping[Lang, Table] = {
    "zh": {
        "first_seconds": "开场 {n} 秒内", "last_seconds": "结束前 {n} 秒内", "first_sentences": "前 {n} 句话内",
        "last_sentences": "最后 {n} 句话内", "first_percent": "通话前 {n}% 的时间内",
        "last_percent": "通话最后 {n}% 的时间内",
        "from_seconds": "第 {n} 秒以后", "to_seconds": "第 {n} 秒以前",
    },
    "en": {
        "first_seconds": "in the first {n} s", "last_seconds": "in the last {n} s",
        "first_sentences": "in the first {n} sentences", "last_sentences": "in the last {n} sentences",
        "first_percent": "in the first {n} % of the call", "last_percent": "in the last {n} % of the call",
        "from_seconds": "from second {n} on", "to_seconds": "before second {n}",
    },
}  # fmt: skip
BOUNDS: Mapping[Lang, Table] = {
    "zh": {
        "at_most": "不超过 {n}", "at_least": "不少于 {n}", "above": "大于 {n}", "below": "小于 {n}",
        "exactly": "等于 {n}",
    },
    "en": {
        "at_most": "at most {n}", "at_least": "at least {n}", "above": "above {n}", "below": "below {n}",
        "exactly": "exactly {n}",
    },
}  # fmt: skip
TIMES: Mapping[Lang, Table] = {
    "zh": {
        "at_most": "最多 {n} 次", "at_least": " {n} 次或更多", "above": "超过 {n} 次", "below": "不到 {n} 次",
        "exactly": "正好 {n} 次",
    },
    "en": {
        "at_most": " at most {n} times", "at_least": " {n} times or more", "above": " more than {n} times",
        "below": " fewer than {n} times", "exactly": " exactly {n} times",
    },
}  # fmt: skip
ONCE: Mapping[Lang, Table] = {
    "zh": {"at_most": "最多 1 次", "above": "不止 1 次", "exactly": "正好 1 次"},
    "en": {"at_most": " at most once", "above": " more than once", "exactly": " exactly once"},
}
"""Where the number of times is 1."""
UNITS: Mapping[Lang, Table] = {
    "zh": {"seconds": " 秒", "rate": " 字/分钟", "share": "%", "times": " 次", "turns": " 个"},
    "en": {"seconds": " s", "rate": " characters/min", "share": " %", "times": "", "turns": ""},
}
VERBS: Mapping[Lang, Mapping[str, tuple[str, str, str, str]]] = {
    "zh": {
        "say": ("须{where}说出", "不得{where}说出", "{where}说出", "{where}没有说"),
        "take_steps": ("须{where}依次先", "不得{where}依次先", "{where}依次先", "{where}没有依次先"),
        "be": ("须", "不得", "", "不是"),
        "occur": ("须{where}出现", "不得{where}出现", "{where}出现", "{where}没有"),
        "repeat": ("须{where}把同样的话说", "不得{where}把同样的话说", "{where}把同样的话说",
                   "{where}没有把同样的话说"),
        "come_out": ("须为", "不得为", "为", "不为"),
    },
    "en": {
        "say": ("must say", "must not say", "says", "does not say"),
        "take_steps": ("must say", "must not say", "says", "does not say"),
        "be": ("must be ", "must not be ", "is ", "is not "),
        "occur": ("there must be", "there must be no", "there is", "there is no"),
        "repeat": ("must say the same thing", "must not say the same thing", "says the same thing",
                   "does not say the same thing"),
        "come_out": ("must be", "may not come out as", "is", "is not"),
    },
}  # fmt: skip
"""Of a duty, of a ban, of a fact, of what is not."""
PHRASES: Mapping[Lang, Table] = {
    "zh": {
        "quote": "「{text}」", "one_of": "{listed}之一", "all_of": "{listed}（每一个）", "listing": "、", "all": "和",
        "times_between": " {low} 到 {high} 次",
        "n_of": "{listed}中的至少 {n} 个",
        "more": "{listed}等 {n} 种说法", "not_counted": "（{listed}不算）", "joint": "", "or": "或", "and": "，且",
        "spoken": "{who}{verb}{what}{times}{note}", "every_sentence": "每句话", "every_turn": "每次发言",
        "same_sentence": "在同一句话里", "same_turn": "在同一次发言里", "short_units": "（不到 {n} 个字的不看）",
        "pattern": "符合模式「{text}」的话", "near_sound": "（读音相同或相近也算）",
        "same_sound": "（读音相同也算）",
        "template": "话术{listed}", "ordered": "，按顺序",
        "coverage": "（至少 {share}）", "steps": "{steps}", "then": "，再", "step": "说出{what}{times}",
        "gap": "（每步间隔不超过 {n} 秒）", "again": " {n} 遍或更多", "again_within": "（{n} 秒内）",
        "about": "（只看提到{listed}的话）", "ignored": "（提到{listed}的话不算）", "alike": "与{listed}意思相近的话",
        "valid": "有效的{what}", "invalid": "无效的{what}",
        "digits_from": "（至少 {n} 位）", "digits_to": "（最多 {n} 位）", "digits": "（{low} 到 {high} 位）",
        "step_by": "由{who}{step}",
        "metric": "{name}{verb}{bounds}", "whose": "{who}{name}", "event": "{verb}{what}",
        "event_times": "{where}{what}次数{verb}{bounds}",
        "event_by": "{by}{least}{most}{excused}{kind}", "least": " {n} 秒以上的", "most": " {n} 秒以内的",
        "excused": "已告知等待的", "unexcused": "未告知等待的",
        "rule": "规则 {id}{title}{verb}{verdicts}", "rule_title": "（{title}）",
        "rule_hit": "规则 {id}{title}{which}命中", "verdict": "「{text}」",
        "where": "在{places}", "places_joint": "、", "within_joint": "、", "anchor": "{which}{what}{side}{reach}",
        "after": "之后", "before": "之前", "near": "前后", "reach": "{n} 秒", "reach_sentences": "{n} 句话",
        "reach_joint": "、", "reach_end": " {reach}内", "near_any": "",
        "hit_each": "每次", "hit_last": "最后一次", "hit_first": "第一次", "hit_n": "第 {n} 次", "hit_any": "",
        "thing_each": "每一次", "thing_last": "最后一次", "thing_first": "第一次", "thing_n": "第 {n} 次",
        "thing_any": "",
        "any_must": "须满足其中一项：{parts}", "any_must_not": "以下任何一项都不得出现：{parts}",
        "any_fact": "{parts}", "any_joint": "，或者", "all_must": "须同时满足：{parts}",
        "all_must_not": "不得同时出现：{parts}", "all_fact": "{parts}", "all_joint": "，并且",
        "part": "（{text}）", "not_fact": "并非（{text}）", "not_must": "以下情况不得出现：{text}",
        "not_must_not": "以下情况必须出现：{text}",
        "when": "当{parts}时，", "when_joint": "，且", "field": "{name}为{values}", "known": "已知{name}",
        "metadata": "「{name}」为{values}", "needs": "在{rules}符合的前提下，", "needs_joint": "、",
        "effective_both": "自 {first} 起到 {last} 为止，",
        "effective_from": "自 {day} 起，", "effective_until": "到 {day} 为止，",
        "except": "；但{text}时除外", "assisted": "（仅供人工参考）", "end": "。",
    },
    "en": {
        "quote": "“{text}”", "one_of": "{listed}", "all_of": "each of {listed}", "listing": ", ", "all": " and ",
        "times_between": " {low} to {high} times", "n_of": "at least {n} of {listed}",
        "more": "{listed} or another of {n} phrases", "not_counted": " ({listed} does not count)", "joint": ", ",
        "or": " or ", "and": " and ", "spoken": "{who} {verb} {what}{times}{where}{note}",
        "every_sentence": " in every sentence", "every_turn": " in every turn",
        "same_sentence": " in one sentence", "same_turn": " in one turn",
        "short_units": " (those under {n} characters are left out)",
        "pattern": "something like /{text}/", "near_sound": " (or what sounds like it)",
        "same_sound": " (or what sounds the same)",
        "template": "the script {listed}", "ordered": " in this order",
        "coverage": " (at least {share})", "steps": "{steps}", "then": ", then ", "step": "{what}{times}",
        "gap": " (at most {n} s between steps)", "again": " {n} times or more", "again_within": " (within {n} s)",
        "about": " (only where {listed} is said)", "ignored": " (not where {listed} is said)",
        "alike": "something that means {listed}",
        "valid": "{what} that is valid", "invalid": "{what} that is not valid", "digits_from": " (at least {n} digits)",
        "digits_to": " (at most {n} digits)", "digits": " ({low} to {high} digits)", "step_by": "{step} said by {who}",
        "metric": "the {name} {verb}{bounds}", "whose": "{name} of {who}", "event": "{verb} {what}{where}",
        "event_times": "the number of {what}{where} {verb}{bounds}",
        "event_by": "{excused}{kind}{by}{least}{most}", "least": " of {n} s or more", "most": " of {n} s at most",
        "excused": "announced ", "unexcused": "unannounced ",
        "rule": "rule {id}{title} {verb} {verdicts}", "rule_title": " ({title})",
        "rule_hit": "hit of rule {id}{title}", "verdict": "{text}",
        "where": " {places}", "places_joint": ", ", "within_joint": " and ", "anchor": "{reach}{side} {which}{what}",
        "after": "after", "before": "before", "near": "around", "reach": "{n} s",
        "reach_sentences": "{n} sentences", "reach_joint": " and ", "reach_end": "within {reach} ",
        "near_any": "any time that ", "hit_each": "every time that ", "hit_last": "the last time that ",
        "hit_first": "the first time that ", "hit_n": "the {n} time that ", "hit_any": "",
        "thing_each": "each ", "thing_last": "the last ", "thing_first": "the first ", "thing_n": "the {n} ",
        "thing_any": "",
        "any_must": "one of these must hold: {parts}", "any_must_not": "none of these may hold: {parts}",
        "any_fact": "{parts}", "any_joint": " or ", "all_must": "all of these must hold: {parts}",
        "all_must_not": "these may not hold together: {parts}", "all_fact": "{parts}", "all_joint": " and ",
        "part": "({text})", "not_fact": "it is not so that {text}", "not_must": "it may not be that {text}",
        "not_must_not": "it must be that {text}",
        "when": "When {parts}: ", "when_joint": " and ", "field": "the {name} is {values}",
        "known": "the {name} is known",
        "metadata": "“{name}” is {values}", "needs": "Where {rules} is met: ", "needs_joint": " and ",
        "effective_both": "From {first} until {last}: ",
        "effective_from": "From {day}: ", "effective_until": "Until {day}: ",
        "except": "; except where {text}", "assisted": " (a hint for the reviewer)", "end": ".",
    },
}  # fmt: skip
IN_SECONDS = frozenset(
    {"duration", "speech_seconds", "silence_seconds", "longest_silence", "dead_air_seconds", "hold_seconds"}
    | {"overlap_seconds", "response_latency", "first_response", "longest_monologue", "ring_seconds"}
    | {"excused_silence_seconds", "ivr_seconds"}
)
"""Figures that are in seconds."""
RATES = frozenset({"characters_per_minute"})
