"""A rule said as one plain Chinese sentence, for people who do not read YAML."""

from __future__ import annotations

from asr_qa.core.checks.entity import entity_shown
from asr_qa.core.recording import Role
from asr_qa.core.rule import (
    AllOf,
    Anchor,
    AnyOf,
    AppliesWhen,
    Bounds,
    Check,
    Condition,
    Entity,
    EventCount,
    EventFilter,
    Metric,
    Not,
    Options,
    Phrase,
    Regex,
    Repetition,
    Rule,
    RuleIs,
    Scope,
    Script,
    Sequence,
    Similarity,
    Units,
    Within,
)

_Spoken = Phrase | Regex | Script | Sequence | Repetition | Entity | Similarity
_SPOKEN = (Phrase, Regex, Script, Sequence, Repetition, Entity, Similarity)
_ROLES = {Role.AGENT: "坐席", Role.CUSTOMER: "客户", Role.OTHER: "其他人", None: "任何一方"}
_EVENTS = {
    "silence": "静音",
    "hold": "保持音乐",
    "ivr": "语音菜单",
    "dead_air": "冷场",
    "overlap": "重叠说话",
    "backchannel": "附和",
    "interruption": "抢话",
    "talk_over": "叠话",
    "monologue": "独白",
    "response_latency": "应答间隔",
    "first_response": "首次应答",
    "hang_up_side": "挂机",
}
_METRICS = {
    "duration": "通话时长",
    "speech_seconds": "说话时长",
    "talk_ratio": "坐席通话占比",
    "silence_seconds": "静音总时长",
    "silence_share": "静音占比",
    "longest_silence": "最长静音",
    "dead_air_seconds": "冷场总时长",
    "dead_air_count": "冷场次数",
    "serious_dead_air_count": "严重冷场次数",
    "excused_silence_count": "已说明的等待次数",
    "excused_silence_seconds": "已说明的等待时长",
    "hold_seconds": "保持时长",
    "ivr_seconds": "语音菜单时长",
    "overlap_seconds": "重叠时长",
    "interruptions": "抢话次数",
    "talk_overs": "叠话次数",
    "backchannels": "附和次数",
    "response_latency.median": "应答间隔中位数",
    "response_latency.worst": "最长应答间隔",
    "first_response": "首次应答时间",
    "characters_per_minute": "语速（字/分钟）",
    "longest_monologue": "最长独白",
    "turns": "话轮数",
    "ring_seconds": "振铃时长",
}
_VERDICTS = {
    "met": "符合",
    "not_met": "不符合",
    "not_applicable": "不适用",
    "undetermined": "待人工",
    "hit": "有命中",
}
_FIELDS = {"direction": "呼叫方向", "queue": "队列", "team": "班组", "language": "语言"}
_VALUES = {"inbound": "呼入", "outbound": "呼出", "zh": "中文", "en": "英文"}
_BOUNDS = {"at_most": "不超过", "at_least": "不少于", "above": "大于", "below": "小于", "exactly": "等于"}
_IN_SECONDS = frozenset(
    {"duration", "speech_seconds", "silence_seconds", "longest_silence", "dead_air_seconds", "hold_seconds"}
    | {"overlap_seconds", "response_latency", "first_response", "longest_monologue", "ring_seconds"}
    | {"excused_silence_seconds", "ivr_seconds"}
)
_SHOWN = 5


def describe(rule: Rule) -> str:
    """The rule as one sentence, e.g. 坐席须在开场 30 秒内说出「您好」「你好」之一。"""
    when = _when(rule.applies_when)
    must = _condition(rule.condition)
    body = f"须满足：{must}" if rule.polarity == "require" else f"不得出现：{must}"
    if isinstance(rule.condition, Check) and (direct := _direct(rule.condition, rule.polarity)):
        body = direct
    excuse = f"；但{_condition(rule.exceptions)}时除外" if rule.exceptions is not None else ""
    hint = "（仅供人工参考）" if rule.assisted else ""
    first = f"规则 {'、'.join(rule.prerequisites)} 符合时，" if rule.prerequisites else ""
    return f"{first}{when}{body}{excuse}{hint}。"


def _direct(check: Check, polarity: str) -> str:
    """Who must say what, where there is only one check on words."""
    if not isinstance(check.options, _SPOKEN):
        return ""
    verb = "须" if polarity == "require" else "不得"
    return f"{_ROLES[check.scope.role]}{verb}{_where(check.scope)}{_words(check.options)}"


def _condition(condition: Condition) -> str:
    if isinstance(condition, AnyOf):
        return _several(condition.parts, "，或者")
    if isinstance(condition, AllOf):
        return _several(condition.parts, "，并且")
    if isinstance(condition, Not):
        return f"并非（{_condition(condition.part)}）"
    options = condition.options
    if isinstance(options, _SPOKEN):
        return f"{_ROLES[condition.scope.role]}{_where(condition.scope)}{_words(options)}"
    return _where(condition.scope) + _facts(options, condition.scope)


def _several(parts: tuple[Condition, ...], joint: str) -> str:
    said = [_condition(part) for part in parts]
    return said[0] if len(said) == 1 else joint.join(f"（{text}）" for text in said)


def _words(options: _Spoken) -> str:
    if isinstance(options, Phrase):
        return _phrase(options)
    if isinstance(options, Repetition | Entity | Similarity):
        return _content(options)
    if isinstance(options, Regex):
        times = _counted(options.count, options.min_count)
        return f"{times}说出符合模式「{options.pattern}」的话"
    if isinstance(options, Script):
        share = f"（至少 {options.coverage:.0%}）" if options.coverage < 1 else ""
        return "说出话术" + "".join(f"「{line}」" for line in options.lines) + share
    steps = "，再".join(_words(step.options) for step in options.steps if isinstance(step.options, _SPOKEN))
    gap = "" if options.max_gap is None else f"（每步间隔不超过 {options.max_gap:g} 秒）"
    return f"依次先{steps}{gap}"


def _phrase(options: Phrase) -> str:
    listed = "".join(f"「{text}」" for text in options.phrases[:_SHOWN])
    listed += f"等 {len(options.phrases)} 种说法" if len(options.phrases) > _SHOWN else ""
    except_for = f"（「{'」「'.join(options.exclude[:_SHOWN])}」不算）" if options.exclude else ""
    if options.absent:
        return f"不说{listed}中的任何一个{except_for}"
    if options.needed > 1:
        return f"说出{listed}中的至少 {options.needed} 个{except_for}"
    times = _counted(options.count, options.min_count, together="共")
    return f"{times}说出{listed}{'之一' if len(options.phrases) > 1 else ''}{except_for}"


def _counted(count: Bounds | None, least: int, *, together: str = "") -> str:
    if count is not None:
        return f"{together}以次数{_bounds(count)}"
    return f"{together}至少 {least} 次" if least > 1 else ""


def _content(options: Repetition | Entity | Similarity) -> str:
    if isinstance(options, Repetition):
        soon = "" if options.within_seconds is None else f"在 {options.within_seconds:g} 秒内"
        about = f"（含「{'」「'.join(options.about[:_SHOWN])}」的话）" if options.about else ""
        return f"{soon}把同样的话{about}说 {options.times} 次以上"
    if isinstance(options, Entity):
        times = "" if options.count == Bounds(at_least=1) else f"以次数{_bounds(options.count)}"
        return f"{times}说出{entity_shown(options)}"
    listed = "".join(f"「{text}」" for text in options.like[:_SHOWN])
    return f"说出与{listed}意思相近（{options.at_least:.0%} 以上）的话"


def _facts(options: Options, scope: Scope) -> str:
    if isinstance(options, Metric):
        head, _, tail = options.name.partition(".")
        role = Role(tail) if tail in ("agent", "customer") else scope.role
        name = _METRICS.get(options.name) or _METRICS.get(head, options.name)
        unit = " 秒" if head in _IN_SECONDS else ""
        return f"{_ROLES[role] if role else ''}{name}{_bounds(options.bounds, unit)}"
    if isinstance(options, EventCount):
        if options.count == Bounds(at_least=1):
            return f"有{_event(options.filter)}"
        return f"{_event(options.filter)}次数{_bounds(options.count)}"
    if isinstance(options, RuleIs):
        return f"规则 {options.id} {'或'.join(_VERDICTS[verdict] for verdict in options.verdicts)}"
    return ""


def _bounds(bounds: Bounds, unit: str = "") -> str:
    given = {name: getattr(bounds, name) for name in _BOUNDS}
    return "且".join(f"{_BOUNDS[name]} {value:g}{unit}" for name, value in given.items() if value is not None)


def _event(wanted: EventFilter) -> str:
    by = f"{_ROLES[wanted.by]}" if wanted.by else ""
    least = "" if wanted.min_seconds is None else f"{wanted.min_seconds:g} 秒以上的"
    most = "" if wanted.max_seconds is None else f"{wanted.max_seconds:g} 秒以内的"
    excused = {None: "", True: "已告知等待的", False: "未告知等待的"}[wanted.waived]
    return f"{by}{least}{most}{excused}{_EVENTS.get(wanted.kind_of, wanted.kind_of)}"


def _where(scope: Scope) -> str:
    places = _within(scope.within) if scope.within is not None else ""
    return places + "".join(_anchor(anchor) for anchor in scope.anchors) + _units(scope.units)


def _units(units: Units | None) -> str:
    if units is None:
        return ""
    unit = {"sentence": "句话", "turn": "个话轮"}[units.of]
    longer = f"（{units.min_characters} 字以上）" if units.min_characters > 1 else ""
    return f"在{'每' if units.how == 'every' else '同一'}{unit}里{longer}"


def _within(within: Within) -> str:
    said = {
        "first_seconds": "开场 {:g} 秒内",
        "last_seconds": "结束前 {:g} 秒内",
        "first_sentences": "前 {:g} 句内",
        "last_sentences": "最后 {:g} 句内",
        "first_percent": "通话前 {:g}% 内",
        "last_percent": "通话后 {:g}% 内",
        "from_seconds": "第 {:g} 秒以后",
        "to_seconds": "第 {:g} 秒以前",
    }
    parts = [text.format(value) for name, text in said.items() if (value := getattr(within, name)) is not None]
    return "在" + "、".join(parts)


def _anchor(anchor: Anchor) -> str:
    if anchor.rule is not None:
        what = f"规则 {anchor.rule} 命中"
    elif anchor.event is not None:
        what = _event(anchor.event)
    else:
        what = (_ROLES[anchor.role] if anchor.role else "") + (_phrase(anchor.phrase) if anchor.phrase else "")
    which = {"any": "", "each": "每一次", "last": "最后一次", 1: "首次"}.get(anchor.hit, f"第 {anchor.hit} 次")
    side = {"after": "之后", "before": "之前", "near": "前后"}[anchor.side]
    reach = "" if anchor.seconds is None else f" {anchor.seconds:g} 秒内"
    reach += "" if anchor.sentences is None else f" {anchor.sentences} 句话内"
    return f"在{which}{what}{side}{reach}"


def _when(when: AppliesWhen) -> str:
    parts = [f"{_FIELDS[name]}为{_values(values)}" for name, values in when.fields]
    parts += [f"{name} 为{_values(values)}" for name, values in when.metadata]
    parts += [f"已知{_METRICS.get(name, name)}" for name in when.has]
    parts += [_condition(when.condition)] if when.condition is not None else []
    return f"当{'，且'.join(parts)}时，" if parts else ""


def _values(values: tuple[str, ...]) -> str:
    return "或".join(_VALUES.get(value, value) for value in values)
