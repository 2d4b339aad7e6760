"""Checks on numbers and the like by what they are: telephone, identity and bank cards, amounts, dates, times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from asr_qa.core.checks.base import CallView, Hit, Looking, Outcome
from asr_qa.core.checks.counting import Wanted, decide_count
from asr_qa.core.checks.words import apart
from asr_qa.core.entities import OF_DIGITS, EntitySaid, find_entities
from asr_qa.core.finding import Match
from asr_qa.core.rule import Entity
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import UNINTELLIGIBLE, Utterance, text_of

NUMBER_DIGITS = 4
"""Digits of the shortest `number` where the rule names none: shorter ones are ages, rooms, counts."""
_SECONDS = 0.5
"""Nobody says an entity faster."""
NAMES = {
    "phone": "电话号码",
    "mobile": "手机号",
    "landline": "固定电话",
    "id_card": "身份证号",
    "bank_card": "银行卡号",
    "amount": "金额",
    "percent": "百分比",
    "date": "日期",
    "time": "时间点",
    "duration": "时长",
    "e_mail": "电子邮箱",
    "number": "数字串",
    "plate": "车牌号",
    "address": "地址",
}
"""What each is called in findings."""


def decide_entity(options: Entity, looking: Looking) -> Outcome:
    """Whether as many of them are said as asked for."""
    hits = apart(_hits(options, looking))
    wanted = Wanted(shown=entity_shown(options), seconds=_SECONDS, limit=options.min_confidence)
    return decide_count(hits, looking, options.count, wanted)


def entity_shown(options: Entity) -> str:
    """What is looked for, for people: 校验正确的身份证号."""
    how = {"valid": "校验正确的", "invalid": "校验不符的", "any": ""}[options.validity]
    least = "" if options.min_digits is None else f"{options.min_digits} 位以上的"
    most = "" if options.max_digits is None else f"{options.max_digits} 位以内的"
    return how + least + most + "/".join(NAMES[name] for name in options.entities)


def _hits(options: Entity, looking: Looking) -> Iterator[Hit]:
    for window in looking.windows:
        for said in _entities(looking.view, window):
            if _is_in_sight(said, looking) and _is_meant(options, said):
                yield Hit(said.role, said.start, said.end, said.text, Match.EXACT, said.confidence, said.kind)


def _is_in_sight(said: EntitySaid, looking: Looking) -> bool:
    """Whether the role looked at says it; where any will do, machines do not."""
    if looking.role is not None:
        return said.role is looking.role
    return not any(said.start in part for part in looking.view.automatic(said.role))


def _is_meant(options: Entity, said: EntitySaid) -> bool:
    if said.names.isdisjoint(options.entities):
        return False
    if options.validity != "any" and said.valid is not (options.validity == "valid"):
        return False
    if said.kind not in OF_DIGITS:
        return True
    count = len(said.digits)
    least = options.min_digits if options.min_digits is not None else NUMBER_DIGITS if said.kind == "number" else 0
    return least <= count and (options.max_digits is None or count <= options.max_digits)


def _entities(view: CallView, window: Segment) -> tuple[EntitySaid, ...]:
    """What is said inside a window: nothing outside it bears on what a number is taken for."""
    return view.once(("entities", window), lambda: find_entities(_inside(view, window)))


def _inside(view: CallView, window: Segment) -> tuple[Utterance, ...]:
    """The words that begin in a window."""
    parts = (_part(said, window) for said in view.facts.transcript.utterances)
    return tuple(part for part in parts if part is not None)


def _part(said: Utterance, window: Segment) -> Utterance | None:
    if said.status == UNINTELLIGIBLE or not said.text:
        return None
    words = said.timed
    inside = tuple(word for word in words if word.start in window)
    if len(inside) == len(words):
        return said
    if not inside:
        return None
    return replace(said, start=inside[0].start, end=inside[-1].end, text=text_of(inside), words=inside)
