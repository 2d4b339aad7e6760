"""Each operator of Alibaba's as a condition of ours, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asr_qa.core.text import plain
from asr_qa.errors import Said
from asr_qa.messages import SaidError, say
from asr_qa.ruleset.pattern import pattern_problem
from asr_qa.ruleset.sca.read import Operator
from asr_qa.ruleset.sca.values import Params
from asr_qa.ruleset.schema import EntityModel

Node = dict[str, Any]
"""A condition as it is written in YAML."""


class NotCarriedError(SaidError):
    """An operator that has no counterpart; the message says why."""


@dataclass(slots=True)
class Outcome:
    """A condition and what is not quite as it was."""

    node: Node
    notes: list[Said] = field(default_factory=list)
    spoken: bool = True
    """It looks at words, so that windows and anchors apply to it."""


_MILLISECONDS = 1000.0
_INTERRUPTION_MS = 1000
_SIMILARITY = (0.5, 1.0)
_LIKENESS = (0.3, 1.0)
_DEFAULT_SCORE = 80.0
_ENTITIES = {
    "手机": "mobile", "mobile": "mobile", "座机": "landline", "电话": "phone", "phone": "phone",
    "身份证": "id_card", "idcard": "id_card", "银行卡": "bank_card", "bankcard": "bank_card",
    "金额": "amount", "money": "amount", "amount": "amount", "百分": "percent", "日期": "date", "date": "date",
    "时长": "duration", "时间": "time", "time": "time", "邮箱": "e_mail", "email": "e_mail", "车牌": "plate",
    "地址": "address", "address": "address", "数字": "number", "number": "number",
}  # fmt: skip
_REASONS = {
    kind: f"lost_{kind}"
    for kind in (
        *("energy", "emotion", "intent", "knowledge", "llm", "parameter", "pick_up", "hang_up", "who_first"),
        "unknown",
    )
}


def carry(operator: Operator, *, role: str) -> Outcome:
    """The condition that an operator stands for.

    Args:
        operator: What was tested there.
        role: Who it is tested on, "" for everybody.

    Raises:
        NotCarriedError: There is no counterpart.
    """
    kind = kind_of(operator)
    if kind in _REASONS:
        raise NotCarriedError(say(_REASONS[kind]))
    return _CARRIED[kind](operator, role)


def kind_of(operator: Operator) -> str:
    """What an operator tests: by its type, else by the parameters that only one of them has."""
    kind, param = operator.type, operator.param
    named = next((what for word, what in _TYPES.items() if f"_{word}" in f"_{kind}"), None)
    if named is not None:
        return named
    return next((what for key, what in _BY_PARAMETER.items() if key in param), "unknown")


def _keywords(operator: Operator, role: str) -> Outcome:
    param = operator.param
    words, dropped = _sayable(param.words("keywords") or param.words("operKeyWords"))  # as GetRuleDetail names them
    if not words:
        raise NotCarriedError(say("lost_no_keywords"))
    notes = [say("note_dropped", words=tuple(dropped))] if dropped else []
    default = 1 if operator.type == "HIT_ANY_KEYWORDS" else -1
    size = int(param.number("keywordMatchSize") if param.number("keywordMatchSize") is not None else default)  # type: ignore[arg-type]
    ways = _with_synonyms(words, param, notes)
    if param.number("keywordExtension"):
        notes.append(say("note_extension"))
    if param.flag("case_sensitive"):
        notes.append(say("note_case"))
    node = _of_size(ways, size, notes)
    if (total := param.number("threshold")) is not None and total > 1:
        if size == 1:
            node["phrase"] |= {"count": {"at_least": int(total)}}
        else:
            notes.append(say("note_total", n=total))
    if param.flag("in_sentence") and size not in (0, 1) and len(words) > 1 and "phrase" in node:
        node["same"] = "sentence"
    return Outcome(node, notes)


def _sayable(words: list[str]) -> tuple[list[str], list[str]]:
    """Words with something to say in them, and the others."""
    return [word for word in words if plain(word)], [word for word in words if not plain(word)]


def _with_synonyms(words: list[str], param: Params, notes: list[Said]) -> list[list[str]]:
    """Each keyword with the other ways to say it."""
    given = param.part("synonyms")
    known = {key: given.words(key) for key in given} if given else {}
    used = [[word, *(way for way in known.get(word, []) if plain(way) and way != word)] for word in words]
    if stray := sorted(set(known) - set(words)):
        notes.append(say("note_synonyms", words=tuple(stray)))
    return used


def _of_size(ways: list[list[str]], size: int, notes: list[Said]) -> Node:
    flat = list(dict.fromkeys(way for word in ways for way in word))
    if size == 0:
        return {"phrase": {"none_of": flat}}
    if size == 1 or len(ways) == 1:
        return {"phrase": {"any_of": flat}}
    if size < 0 or size >= len(ways):
        if size > len(ways):
            notes.append(say("note_all_of", n=size, given=len(ways)))
        if any(len(word) > 1 for word in ways):
            return {"all": [{"phrase": {"any_of": word}} for word in ways]}
        return {"phrase": {"all_of": flat}}
    if len(flat) > len(ways):
        notes.append(say("note_n_of", n=size))
    return {"phrase": {"n_of": {"n": size, "of": flat}}}


def _regex(operator: Operator, role: str) -> Outcome:
    notes: list[Said] = []
    pattern = _usable(operator.param.text("regex"), notes)
    node: Node = {"regex": {"pattern": pattern}}
    if exclude := operator.param.text("notRegex"):
        try:
            node["regex"]["exclude"] = [_usable(exclude, notes)]
        except NotCarriedError as error:
            notes.append(say("note_exclude_lost", pattern=exclude, problem=error.said))
        else:
            notes.append(say("note_exclude"))
    return Outcome(node, notes)


def _usable(pattern: str, notes: list[Said]) -> str:
    """The pattern, bounded where it was not."""
    if not pattern:
        raise NotCarriedError(say("lost_no_pattern"))
    bare = re.sub(r"^(\^?\.\*\??)+|(\.\*\??\$?)+$", "", pattern) or pattern
    bare = re.sub(r"[，。！？、；：“”《》,!;\"\s]", "", bare) if "[" not in bare else bare
    if bare and not pattern_problem(bare) and not re.search(r"\.[*+]", bare):
        return bare
    bounded = re.sub(r"\.\+\??", ".{1,20}", re.sub(r"\.\*\??", ".{0,20}", bare))
    if problem := pattern_problem(bounded):
        raise NotCarriedError(say("lost_pattern", pattern=pattern, problem=problem))
    if bounded != bare:
        notes.append(say("note_bounded", pattern=pattern))
    return bounded


def _similar(operator: Operator, role: str) -> Outcome:
    param = operator.param
    words, _ = _sayable([*param.words("similarlySentences"), *param.words("references"), *param.words("phrase")])
    if not words:
        raise NotCarriedError(say("lost_no_sentences"))
    given = param.number("score", "similarity_threshold")
    score = _DEFAULT_SCORE if given is None else given
    likeness = score / 100 if score > 1 else score
    bounded = min(max(likeness, _LIKENESS[0]), _LIKENESS[1])
    notes = [say("note_other_model")]
    return Outcome({"similarity": {"like": words, "at_least": round(bounded, 2)}}, notes)


def _repeated(operator: Operator, role: str) -> Outcome:
    param = operator.param
    notes: list[Said] = []
    if param.text("target_role", "regex"):
        raise NotCarriedError(say("lost_repeats_other"))
    times = param.number("hit_time")
    given = param.number("similarity_threshold")
    likeness = 0.6 if given is None else given / 100 if given > 1 else given
    bounded = min(max(likeness, _SIMILARITY[0]), _SIMILARITY[1])
    body: Node = {"times": int(times if times else 1) + 1, "similarity": round(bounded, 2)}
    if (least := param.number("threshold")) is not None:
        body["min_characters"] = max(1, int(least))
    ignored, _ = _sayable(param.words("excludes"))
    if ignored:
        body["ignore"] = ignored
    if (window := param.number("from")) and window > 0:
        notes.append(say("note_window", n=window))
    notes.append(say("note_syllables"))
    return Outcome({"repetition": body}, notes)


def _entity(operator: Operator, role: str) -> Outcome:
    param = operator.param
    inner = param.part("customerParam")
    given = [*_values(param), *(_values(inner) if inner else [])]
    told = " ".join([operator.name, *map(str, given)]).lower().replace("_", "")
    found = list(dict.fromkeys(kind for word, kind in _ENTITIES.items() if word in told))
    if "mobile" in found and "phone" in found:
        found.remove("phone")
    if not found:
        raise NotCarriedError(say("lost_entity"))
    EntityModel.model_validate({"kind": found})
    return Outcome({"entity": {"kind": found if len(found) > 1 else found[0]}}, [say("note_entity")])


def _values(part: Mapping[str, Any]) -> list[Any]:
    return [value for value in (part.get(key) for key in part) if isinstance(value, str)]


def _silence(operator: Operator, role: str) -> Outcome:
    param = operator.param
    seconds = _seconds(param)
    above = param.text("compareOperator").lower() != "lt"
    bound: Node = {"min_seconds" if above else "max_seconds": seconds}
    if (most := param.number("intervalEnd")) is not None and above:
        bound["max_seconds"] = most / _MILLISECONDS
    if param.number("target") == 0:
        notes = [say("note_monologue")]
        return Outcome({"event": {"kind": "monologue", **_by(role), **bound}}, notes, spoken=False)
    notes = [say("note_from_end")] if param.flag("from_end") else []
    if param.flag("check_first_sentence"):
        notes.append(say("note_first"))
    if param.flag("different_role") and role == "agent":
        return Outcome({"event": {"kind": "response_latency", **bound}}, notes, spoken=False)
    if param.flag("different_role") or role:
        notes.append(say("note_silence"))
    return Outcome({"event": {"kind": "silence", **bound}}, notes, spoken=False)


def _seconds(param: Params) -> float:
    given = param.number("interval", "threshold")
    if given is None or given <= 0:
        raise NotCarriedError(say("lost_no_interval"))
    return given / _MILLISECONDS


def _by(role: str) -> Node:
    return {"by": role} if role else {}


def _rate(operator: Operator, role: str) -> Outcome:
    param = operator.param
    given = param.number("velocityInMint")
    if given is None:
        velocity = param.number("velocity")
        if velocity is None or velocity <= 0:
            raise NotCarriedError(say("lost_no_rate"))
        # The other unit is characters per millisecond or second; speech lies between 100 and 800 a minute.
        given = next((velocity * scale for scale in (1.0, 60.0, 60_000.0) if 100 <= velocity * scale <= 800), 0.0)
        if not given:
            raise NotCarriedError(say("lost_rate_unit", rate=velocity))
    notes = [] if param.flag("average") else [say("note_rate")]
    if param.number("minWordSize"):
        notes.append(say("note_rate_least"))
    bound = {"below" if param.text("compareOperator").lower() == "lt" else "above": given}
    parts = [{"metric": {"name": f"characters_per_minute.{one}", **bound}} for one in _parties(role)]
    return Outcome(parts[0] if len(parts) == 1 else {"any": parts}, notes, spoken=False)


def _parties(role: str) -> list[str]:
    return [role] if role in ("agent", "customer") else ["agent", "customer"]


def _interruption(operator: Operator, role: str) -> Outcome:
    delay = operator.param.number("delayTime")
    notes: list[Said] = []
    if delay is not None and delay != _INTERRUPTION_MS:
        notes.append(say("note_delay", delay=delay, onset=delay / _MILLISECONDS))
    return Outcome({"event": {"kind": "interruption", **_by(role)}}, notes, spoken=False)


def _duration(operator: Operator, role: str) -> Outcome:
    param = operator.param
    ends = {param.text("beginType").lower(), param.text("endType").lower()}
    if ends - {"", "0", "recording", "begin", "end", "start", "none"}:
        raise NotCarriedError(say("lost_duration_from"))
    given, most = param.number("interval", "threshold"), param.number("intervalEnd")
    if given is None and most is None:
        raise NotCarriedError(say("lost_no_interval"))
    # Milliseconds as elsewhere; nobody asks for calls of a few milliseconds, so small numbers are seconds.
    scale = _MILLISECONDS if max(given or 0, most or 0) >= 10 * _MILLISECONDS else 1.0
    below = param.text("compareOperator").lower() == "lt"
    bounds: Node = {}
    if given is not None:
        bounds["below" if below and most is None else "above"] = given / scale
    if most is not None:
        bounds["below"] = most / scale
    return Outcome({"metric": {"name": "duration", **bounds}}, [], spoken=False)


def _sentence_count(operator: Operator, role: str) -> Outcome:
    param = operator.param
    given = param.number("threshold", "interval", "target")
    if given is None:
        raise NotCarriedError(say("lost_no_count"))
    bound = {"below" if param.text("compareOperator").lower() == "lt" else "above": given}
    parts = [{"metric": {"name": f"turns.{one}", **bound}} for one in _parties(role)]
    node = parts[0] if len(parts) == 1 else {"all": parts}
    return Outcome(node, [say("note_turns")], spoken=False)


_CARRIED: Mapping[str, Callable[[Operator, str], Outcome]] = {
    "keywords": _keywords,
    "regex": _regex,
    "similar": _similar,
    "repeated": _repeated,
    "entity": _entity,
    "silence": _silence,
    "rate": _rate,
    "interruption": _interruption,
    "duration": _duration,
    "sentences": _sentence_count,
}
_TYPES = {
    "KEYWORD": "keywords",
    "REGULAR_EXPRESSION": "regex",
    "REGEX": "regex",
    "REPEAT": "repeated",
    "SIMILAR": "similar",
    "KNOWLEDGE": "knowledge",
    "LLM": "llm",
    "INTENT": "intent",
    "NER": "entity",
    "INTERVAL": "silence",
    "SILENCE": "silence",
    "SPEED": "rate",
    "VELOCITY": "rate",
    "INTERRUPT": "interruption",
    "ROB": "interruption",
    "GRAB": "interruption",
    "OVERLAP": "interruption",
    "HANG": "hang_up",
    "PICK": "pick_up",
    "ANSWER": "pick_up",
    "DURATION": "duration",
    "RECORD_LENGTH": "duration",
    "ENERGY": "energy",
    "VOLUME": "energy",
    "SENTENCE_NUM": "sentences",
    "SENTENCE_COUNT": "sentences",
    "DIALOGUE_NUM": "sentences",
    "ROLE": "who_first",
    "EMOTION": "emotion",
    "MODEL": "intent",
    "PARAM": "parameter",
    "METADATA": "parameter",
}
"""Words of an operator's type, the more telling ones first."""
_BY_PARAMETER = {
    "delayTime": "interruption",
    "velocityInMint": "rate",
    "velocity": "rate",
    "maxEmotionChangeValue": "energy",
    "beginType": "duration",
    "endType": "duration",
    "keywords": "keywords",
    "operKeyWords": "keywords",
    "similarlySentences": "similar",
    "llmModelCode": "llm",
    "knowledgeTargetId": "knowledge",
    "questionThreshold": "knowledge",
    "antModelInfo": "intent",
    "regex": "regex",
    "customerParam": "parameter",
}
"""Parameters that only one operator has; the types of some are not published."""
