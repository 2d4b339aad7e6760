"""Rules read from UploadRule JSON as rules of ours, with a list of what could not be carried over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from asr_qa.errors import Said
from asr_qa.messages import say
from asr_qa.ruleset.sca.expression import Expression
from asr_qa.ruleset.sca.operators import Node, NotCarriedError, Outcome, carry
from asr_qa.ruleset.sca.read import Condition, ScaRule
from asr_qa.ruleset.sca.values import MistakeError

HitMeans = Literal["fault", "good"]
"""What it means that a rule was hit there: something went wrong, or something was done well."""
NOTE = "__note__"
"""Key under which a remark stands beside what it is about, until the YAML is written."""
_SEVERITIES = {0: "fatal", 1: "major", 2: "minor"}
_CLASSES = {0: "compliance", 1: "customer", 2: "business", 3: "non_critical", 4: "business"}
_CHINA = timezone(timedelta(hours=8))
_UNIX_MS = re.compile(r"\d{12,14}")
_DAY = re.compile(r"(\d{4})[-/]?(\d{2})[-/]?(\d{2})")


@dataclass(slots=True)
class Imported:
    """A rule with what is not as it was."""

    id: str
    rule: Node | None
    """None where nothing of it could be carried over."""
    source: ScaRule
    notes: list[Said] = field(default_factory=list)
    """What differs a little."""
    lost: list[Said] = field(default_factory=list)
    """What is not there; such a rule is a draft."""
    helpers: list[Node] = field(default_factory=list)
    """Rules that its anchors need."""


def import_sca(rules: Iterable[ScaRule], *, hit_means: HitMeans = "fault", prefix: str = "SCA") -> tuple[Imported, ...]:
    """Every rule as one of ours, in the same order."""
    listed = list(rules)
    ids = _ids(listed, prefix)
    by_rid: dict[str, str] = {}
    for rule, name in zip(listed, ids, strict=True):
        by_rid.setdefault(rule.rid, name)
    done = [_Import(rule, name, by_rid, hit_means).run() for rule, name in zip(listed, ids, strict=True)]
    for rule, one in zip(listed, done, strict=True):
        if rule.rid and by_rid[rule.rid] != one.id:
            one.notes.append(say("note_same_rid", rid=rule.rid, id=one.id))
    # A rule that rests on one that is gone would not load.
    gone = {one.id for one in done if one.rule is None}
    for one in done:
        applies = one.rule.get("applies_when", {}).get("rule", {}) if one.rule else {}
        if one.rule is not None and applies.get("id") in gone:
            del one.rule["applies_when"]
            _lose(one, say("lost_needed", rule=applies["id"]))
    return tuple(done)


def _ids(rules: list[ScaRule], prefix: str) -> list[str]:
    """An id for each, after its number there where it has one."""
    taken: set[str] = set()
    found: list[str] = []
    for index, rule in enumerate(rules, start=1):
        number = int(rule.rid) if rule.rid.isascii() and rule.rid.isdigit() else index
        while f"{prefix}-{number:03}" in taken:
            number += 1
        taken.add(f"{prefix}-{number:03}")
        found.append(f"{prefix}-{number:03}")
    return found


def _lose(one: Imported, what: Said) -> None:
    one.lost.append(what)
    if one.rule is not None:
        one.rule["status"] = "draft"


class _Import:
    """One rule on its way."""

    def __init__(self, rule: ScaRule, name: str, by_rid: Mapping[str, str], hit_means: HitMeans) -> None:
        self.rule, self.by_rid, self.hit_means = rule, by_rid, hit_means
        self.out = Imported(name, None, rule)
        self._helpers: dict[str, str] = {}
        self._known: dict[str, Node | None] = {}

    def run(self) -> Imported:
        node = self._expression(self.rule.expression, self._condition)
        if node is None:
            return self.out
        if NOTE in node and len(node) == 1:
            return self.out
        head = self._head()
        key, body = self._polarity(node)
        head[key] = body
        if self.rule.comments:
            head["rationale"] = self.rule.comments
        self.out.rule = head
        if self.out.lost:
            head["status"] = "draft"
        return self.out

    def _head(self) -> Node:
        rule, number = self.rule, self.out.id
        title = rule.name or f"导入的规则 {rule.rid or number}"
        head: Node = {
            "id": number,
            "name": "sca." + number.lower().replace("-", "_"),
            "title": {"zh": title, "en": f"Imported rule {rule.rid or number}"},
            "status": "test",
            "severity": _SEVERITIES.get(-1 if rule.level is None else rule.level, "minor"),
            "class": _CLASSES.get(-1 if rule.check_type is None else rule.check_type, "customer"),
        }
        if days := _effective(rule):
            head["effective"] = days
        if rule.prerequisite:
            needed = self.by_rid.get(rule.prerequisite)
            if needed is None:
                self.out.lost.append(say("lost_needed_elsewhere", rule=rule.prerequisite))
            elif needed != self.out.id:
                head["applies_when"] = {"rule": {"id": needed, "verdict": "hit"}}
        for key in ("triggers", "graphFlow", "taskFlowId"):
            if rule.raw.get(key):
                self.out.notes.append(say("note_key_lost", key=key))
        if rule.raw.get("scoreNum") not in (None, 0, ""):
            self.out.notes.append(say("note_points", points=str(rule.raw.get("scoreNum"))))
        return head

    def _polarity(self, node: Node) -> tuple[str, Node]:
        """Whether the condition is required or forbidden; what must not be missing is required."""
        forbidden = self.hit_means == "fault"
        if forbidden and (answer := self._answer(node)) is not None:
            return "require", answer
        body = _bare(node)
        inner = body.get("not") if len(body) == 1 else None
        phrase = body.get("phrase")
        if isinstance(inner, dict):
            forbidden, node = not forbidden, inner | ({NOTE: node[NOTE]} if NOTE in node else {})
        elif isinstance(phrase, dict) and "none_of" in phrase:
            said = {"any_of" if key == "none_of" else key: value for key, value in phrase.items()}
            forbidden, node = not forbidden, node | {"phrase": said}
        return ("forbid" if forbidden else "require"), node

    def _answer(self, node: Node) -> Node | None:
        """What must follow a hit: `a && !b` with b anchored to a asks for b wherever a occurs."""
        parts = node.get("all", ())
        if len(parts) != 2 or set(parts[1]) - {NOTE} != {"not"}:
            return None
        cause, answer = _bare(parts[0]), parts[1]["not"]
        anchor: Node = next((answer[side] for side in ("after", "before", "near") if side in answer), {})
        helper = next((one for one in self.out.helpers if one["id"] == anchor.get("rule")), None)
        said = {key: anchor[key] for key in ("phrase", "role") if key in anchor}
        same = said == cause or (helper is not None and _bare(helper["require"]) == cause)
        return answer if same else None

    def _expression(self, expression: Expression, leaf: Any) -> Node | None:
        """A condition for an expression; parts that were lost leave a remark, None where nothing is left."""
        if expression.kind == "name":
            found: Node | None = leaf(expression.name)
            return found
        if expression.kind == "not":
            inner = self._expression(expression.parts[0], leaf)
            return None if inner is None else {"not": inner}
        made = [self._expression(part, leaf) for part in expression.parts]
        kept = [node for node in made if node is not None]
        if len(kept) <= 1:
            return kept[0] if kept else None
        return {expression.kind: kept}

    def _condition(self, cid: str) -> Node | None:
        """A condition of the rule with its scope; worked out once, for it may be named twice."""
        if cid not in self._known:
            self._known[cid] = self._work_out(self.rule.conditions[cid])
        return self._known[cid]

    def _work_out(self, condition: Condition) -> Node | None:
        scope = self._scope(condition)
        operators = {operator.oid: operator for operator in condition.operators}

        def leaf(oid: str) -> Node | None:
            operator = operators[oid]
            label = say("of_operator", condition=condition.cid, operator=oid, type=operator.type)
            try:
                outcome = carry(operator, role=condition.role)
            except (NotCarriedError, MistakeError) as error:
                self.out.lost.append(say("of_part", part=label, what=error.said))
                return None
            self.out.notes += (say("of_part", part=label, what=note) for note in outcome.notes)
            return self._scoped(outcome, scope, condition, label)

        return self._expression(condition.expression, leaf)

    def _note(self, part: Said, what: Said) -> None:
        self.out.notes.append(say("of_part", part=part, what=what))

    def _scoped(self, outcome: Outcome, scope: Node, condition: Condition, label: Said) -> Node:
        """The condition with where it looks, and with its remarks beside it."""
        node = dict(outcome.node)
        if outcome.spoken:
            node = _spread(node, scope)
            if condition.every_sentence and "repetition" not in node:
                node = _spread({key: value for key, value in node.items() if key != "same"}, {"every": "sentence"})
        elif "event" in node:
            node |= {key: value for key, value in scope.items() if key != "role"}
        elif len(scope) > ("role" in scope):
            outcome.notes.append(say("note_whole_call"))
            self._note(label, outcome.notes[-1])
        return node | ({NOTE: list(outcome.notes)} if outcome.notes else {})

    def _scope(self, condition: Condition) -> Node:
        scope: Node = {"role": condition.role} if condition.role else {}
        label = say("of_condition", condition=condition.cid)
        if condition.absolute:
            self._note(label, say("note_absolute"))
        if condition.anchor is None:
            return scope | self._window(condition, label)
        return scope | self._anchored(condition, label)

    def _window(self, condition: Condition, label: Said) -> Node:
        """Sentences from .. to of a role as the first or last ones."""
        window = condition.range
        if window is None:
            return {}
        first, last = window.first or 1, window.last or -1
        if first > 0 and last < 0:
            if first > 1 or last < -1:
                self._note(label, say("note_whole", first=first, last=-last))
            return {}
        if first > 0:
            if first > 1:
                self._note(label, say("note_first_n", first=first, last=last))
            return {"within": {"first_sentences": max(last, 1)}}
        if last != -1:
            self._note(label, say("note_last_n", first=-first, last=last))
        return {"within": {"last_sentences": -first}}

    def _anchored(self, condition: Condition, label: Said) -> Node:
        anchor = condition.anchor
        if anchor is None:
            return {}
        target = self._anchor_target(anchor.cid, label)
        if target is None:
            return {}
        reach = condition.range
        ends = [abs(end) for end in (reach.first, reach.last) if end] if reach else []
        if anchor.hit_time > 0:
            target["hit"] = anchor.hit_time
        elif anchor.hit_time == 0:
            target["hit"] = "each"
        if anchor.location in ("BEFORE", "AFTER"):
            open_end = reach is None or (anchor.location == "AFTER" and reach.last in (-1, 0, None))
            if not open_end and ends:
                target["sentences"] = max(ends)
                if min(ends) > 1:
                    self._note(label, say("note_reach", first=min(ends), last=max(ends)))
            return {anchor.location.lower(): target}
        target["sentences"] = max(ends, default=1)
        if anchor.location == "CURRENT":
            self._note(label, say("note_current"))
            target["sentences"] = 1
        return {"near": target}

    def _anchor_target(self, cid: str, label: Said) -> Node | None:
        """The anchor: words of a party where it is that simple, else the hits of a rule of its own."""
        other = self.rule.conditions[cid]
        node = self._condition(cid)
        if node is None:
            self.out.lost.append(say("of_part", part=label, what=say("lost_anchor", condition=cid)))
            return None
        bare = _bare(node)
        if set(bare) <= {"phrase", "role"} and "phrase" in bare and "none_of" not in bare["phrase"]:
            return dict(bare)
        if other.cid not in self._helpers:
            number = f"{self.out.id.rpartition('-')[0]}-{self.out.id.rpartition('-')[2]}-{len(self._helpers) + 1}"
            self._helpers[other.cid] = number
            self.out.helpers.append(_helper(number, self.rule, other, node))
        return {"rule": self._helpers[other.cid]}


def _bare(node: Node) -> Node:
    return {key: value for key, value in node.items() if key != NOTE}


def _spread(node: Node, scope: Node) -> Node:
    """Scope keys stand beside checks, so inside any, all and not."""
    for key in ("any", "all"):
        if key in node:
            return node | {key: [_spread(part, scope) for part in node[key]]}
    return node | scope


def _helper(number: str, rule: ScaRule, condition: Condition, node: Node) -> Node:
    title = f"{rule.name or number}：前置条件 {condition.name or condition.cid}"
    return {
        "id": number,
        "name": "sca." + number.lower().replace("-", "_"),
        "title": {"zh": title, "en": f"Anchor of imported rule {rule.rid or number}"},
        "status": "test",
        "severity": "minor",
        "class": "non_critical",
        "require": node,
        "assisted": True,
        "rationale": "只用来给另一条规则定位，不单独计分",
    }


def _effective(rule: ScaRule) -> Node:
    days = {"from": _day(rule.starts), "until": _day(rule.ends)}
    return {key: day for key, day in days.items() if day}


def _day(text: str) -> date | None:
    """The day of a time in milliseconds or of a written date; None where there is none."""
    try:
        if _UNIX_MS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / 1000, UTC).astimezone(_CHINA).date()
        written = _DAY.match(text)
        return date(*map(int, written.groups())) if written else None
    except (ValueError, OverflowError, OSError):
        return None
