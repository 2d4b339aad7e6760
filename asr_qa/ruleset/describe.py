"""A rule said as one plain sentence, in Chinese or English, for people who do not read YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from asr_qa.core.metrics import SHARES
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
    Within,
)
from asr_qa.ruleset import describe_words as words
from asr_qa.ruleset.describe_words import Lang

_SHOWN = 5
_Mode = Literal["must", "must_not", "fact", "not_fact"]
_PLACE: Mapping[_Mode, int] = {"must": 0, "must_not": 1, "fact": 2, "not_fact": 3}
_AGAINST: Mapping[_Mode, _Mode] = {"must": "must_not", "must_not": "must", "fact": "not_fact", "not_fact": "fact"}
_ONCE = Bounds(at_least=1)
_Spoken = Phrase | Regex | Script | Sequence | Entity | Similarity


def describe(rule: Rule, lang: Lang = "zh", *, titles: Mapping[str, str] | None = None) -> str:
    """The rule as one sentence, e.g. 坐席须在开场 30 秒内说出「您好」「你好」之一。

    Args:
        rule: What is said.
        lang: In which language.
        titles: Titles of other rules by id, which stand beside their ids.
    """
    return _Speaker(lang, titles or {}).rule(rule)


class _Speaker:
    """Says parts of rules in one language."""

    def __init__(self, lang: Lang, titles: Mapping[str, str]) -> None:
        self.lang, self.titles = lang, titles
        self.words = words.PHRASES[lang]

    def rule(self, rule: Rule) -> str:
        mode: _Mode = "must" if rule.polarity == "require" else "must_not"
        text = self._days(rule) + self._when(rule.applies_when) + self._needs(rule.prerequisites)
        text += self._condition(rule.condition, mode, top=True)
        if rule.exceptions is not None:
            text += self._say("except", text=self._condition(rule.exceptions, "fact"))
        text += self.words["assisted"] if rule.assisted else ""
        text = text.replace("  ", " ")
        return text[:1].upper() + text[1:] + self.words["end"]

    def _say(self, key: str, **parts: object) -> str:
        return self.words[key].format_map({name: _number(part) for name, part in parts.items()})

    def _days(self, rule: Rule) -> str:
        if rule.effective_from and rule.effective_until:
            return self._say("effective_both", first=rule.effective_from, last=rule.effective_until)
        text = self._say("effective_from", day=rule.effective_from) if rule.effective_from else ""
        return text + (self._say("effective_until", day=rule.effective_until) if rule.effective_until else "")

    def _when(self, when: AppliesWhen) -> str:
        names = {**words.FIELDS[self.lang], **words.METRICS[self.lang]}
        parts = [self._say("field", name=names.get(name, name), values=self._values(v)) for name, v in when.fields]
        parts += [self._say("metadata", name=name, values=self._values(values)) for name, values in when.metadata]
        parts += [self._say("known", name=names.get(name) or self._quote(name)) for name in when.has]
        parts += [self._condition(when.condition, "fact")] if when.condition is not None else []
        return self._say("when", parts=self.words["when_joint"].join(parts)) if parts else ""

    def _needs(self, rules: Iterable[str]) -> str:
        named = [self._named_rule(name) for name in rules]
        return self._say("needs", rules=self.words["needs_joint"].join(named)) if named else ""

    def _named_rule(self, name: str) -> str:
        return ("规则 " if self.lang == "zh" else "rule ") + name + self._title(name)

    def _title(self, name: str) -> str:
        return self._say("rule_title", title=self.titles[name]) if name in self.titles else ""

    def _values(self, values: Iterable[str]) -> str:
        return self.words["or"].join(words.VALUES[self.lang].get(value) or self._quote(value) for value in values)

    # --- conditions

    def _condition(self, condition: Condition, mode: _Mode, *, top: bool = False) -> str:
        if isinstance(condition, Not):
            if isinstance(condition.part, Check):
                return self._check(condition.part, _AGAINST[mode])
            return self._say(
                f"not_{'fact' if mode == 'not_fact' else mode}", text=self._condition(condition.part, "fact")
            )
        if isinstance(condition, AnyOf | AllOf):
            return self._several(condition, mode)
        return self._check(condition, mode)

    def _several(self, condition: AnyOf | AllOf, mode: _Mode) -> str:
        if len(condition.parts) == 1:
            return self._condition(condition.parts[0], mode)
        kind = "any" if isinstance(condition, AnyOf) else "all"
        said = [self._say("part", text=self._condition(part, "fact")) for part in condition.parts]
        parts = self.words[f"{kind}_joint"].join(said)
        if mode == "not_fact":
            return self._say("not_fact", text=parts)
        return self._say(f"{kind}_{mode}", parts=parts)

    def _check(self, check: Check, mode: _Mode) -> str:
        options, scope = check.options, check.scope
        if isinstance(options, _Spoken):
            return self._spoken(options, scope, mode)
        if isinstance(options, Repetition):
            return self._repetition(options, scope, mode)
        return self._fact(options, scope, mode)

    # --- words

    def _spoken(self, options: _Spoken, scope: Scope, mode: _Mode, *, which: str = "", loose: bool = False) -> str:
        if isinstance(options, Phrase) and options.absent:
            mode = _AGAINST[mode]
        times = self._times(self._count(options))
        verb = "take_steps" if isinstance(options, Sequence) else "say"
        return self._clause(verb, self._what(options, loose=loose, role=scope.role), times, scope, mode, which=which)

    def _clause(
        self, verb: str, what: str, times: str, scope: Scope, mode: _Mode, *, note: str = "", which: str = ""
    ) -> str:
        """Who must say what where."""
        who, where = self._who(scope.role) + which, self._where(scope)
        units = scope.units
        if units is not None:
            unit = self.words[f"{units.how}_{units.of}"]
            # In Chinese every sentence is the subject; otherwise it is one more place.
            if units.how == "every" and self.lang == "zh":
                who += unit
            else:
                where += unit
            note += self._say("short_units", n=units.min_characters) if units.min_characters > 1 else ""
        said = words.VERBS[self.lang][verb][_PLACE[mode]].format(where=where)
        return self._say("spoken", who=who, verb=said, what=what, times=times, where=where, note=note)

    def _who(self, role: Role | None) -> str:
        return words.ROLES[self.lang][role.value if role else ""]

    def _what(self, options: _Spoken, *, loose: bool = False, role: Role | None = None) -> str:
        if isinstance(options, Phrase):
            return self._phrase(options, loose=loose)
        if isinstance(options, Regex):
            by_sound = self.words["near_sound" if "near" in options.match else "same_sound"]
            by_sound = by_sound if {*options.match} != {"exact"} else ""
            return self._say("pattern", text=options.pattern) + by_sound + self._not_counted(options.exclude)
        if isinstance(options, Script):
            return self._script(options)
        if isinstance(options, Entity):
            return self._entity(options)
        if isinstance(options, Similarity):
            return self._say("alike", listed=self._listed(options.like, self.words["or"]))
        return self._steps(options, role)

    def _phrase(self, options: Phrase, *, loose: bool = False) -> str:
        """Words and how many of them; `loose` in a clause inside a sentence, where 之一 would be in the way."""
        many = len(options.phrases) > 1
        every = options.needed == len(options.phrases)
        key = "one_of" if options.needed == 1 else "all_of" if every else "n_of"
        if key == "one_of" and (loose or self.lang == "en"):
            text = self._listed(options.phrases, self.words["or"])
        elif key == "all_of" and many and len(options.phrases) <= _SHOWN:
            *first, last = map(self._quote, options.phrases)
            text = self.words["listing"].join(first) + self.words["all"] + last
        else:
            listed = self._listed(options.phrases, self.words["joint"])
            plain = not many or (key == "one_of" and len(options.phrases) > _SHOWN)
            text = listed if plain else self._say(key, listed=listed, n=options.needed)
        return text + self._not_counted(options.exclude)

    def _listed(self, texts: tuple[str, ...], joint: str) -> str:
        listed = joint.join(self._quote(text) for text in texts[:_SHOWN])
        return self._say("more", listed=listed, n=len(texts)) if len(texts) > _SHOWN else listed

    def _quote(self, text: str) -> str:
        return self._say("quote", text=text)

    def _not_counted(self, texts: tuple[str, ...]) -> str:
        return self._say("not_counted", listed=self._listed(texts, self.words["joint"])) if texts else ""

    def _script(self, options: Script) -> str:
        text = self._say("template", listed=self.words["joint"].join(map(self._quote, options.lines)))
        text += self.words["ordered"] if options.ordered and len(options.lines) > 1 else ""
        return text + (self._say("coverage", share=f"{options.coverage:.0%}") if options.coverage < 1 else "")

    def _entity(self, options: Entity) -> str:
        names = self.words["or"].join(words.ENTITIES[self.lang].get(kind, kind) for kind in options.entities)
        text = names if options.validity == "any" else self._say(options.validity, what=names)
        if options.min_digits and options.max_digits:
            return text + self._say("digits", low=options.min_digits, high=options.max_digits)
        text += self._say("digits_from", n=options.min_digits) if options.min_digits else ""
        return text + (self._say("digits_to", n=options.max_digits) if options.max_digits else "")

    def _steps(self, options: Sequence, role: Role | None) -> str:
        said = [self._step(step, role) for step in options.steps]
        gap = "" if options.max_gap is None else self._say("gap", n=options.max_gap)
        return self._say("steps", steps=self.words["then"].join(said)) + gap

    def _step(self, step: Check, role: Role | None) -> str:
        options = step.options
        if not isinstance(options, _Spoken) or isinstance(options, Sequence):
            return ""
        text = self._say("step", what=self._what(options), times=self._times(self._count(options)))
        text = text + self._where(step.scope) if self.lang == "en" else self._where(step.scope) + text
        other = step.scope.role not in (None, role)
        return self._say("step_by", who=self._who(step.scope.role), step=text) if other else text

    def _repetition(self, options: Repetition, scope: Scope, mode: _Mode) -> str:
        note = "" if options.within_seconds is None else self._say("again_within", n=options.within_seconds)
        note += self._say("about", listed=self._listed(options.about, self.words["joint"])) if options.about else ""
        note += self._say("ignored", listed=self._listed(options.ignore, self.words["joint"])) if options.ignore else ""
        return self._clause("repeat", "", self._say("again", n=options.times), scope, mode, note=note)

    @staticmethod
    def _count(options: _Spoken) -> Bounds | None:
        if isinstance(options, Sequence | Script):
            return None
        if isinstance(options, Phrase | Regex) and options.count is None:
            return Bounds(at_least=options.min_count)
        return options.count

    def _times(self, count: Bounds | None) -> str:
        if count is None or count == _ONCE:
            return ""
        table = words.TIMES[self.lang]
        given = {name: value for name in table if (value := getattr(count, name)) is not None}
        if given.keys() == {"at_least", "at_most"}:
            return self._say("times_between", low=count.at_least, high=count.at_most)
        once = words.ONCE[self.lang]
        said = [
            once[name] if value == 1 and name in once else table[name].format(n=_number(value))
            for name, value in given.items()
        ]
        return self.words["and"].join(said)

    # --- figures, events, other rules

    def _fact(self, options: Options, scope: Scope, mode: _Mode) -> str:
        if isinstance(options, Metric):
            return self._metric(options, scope, mode)
        if isinstance(options, EventCount):
            return self._event_count(options, scope, mode)
        if isinstance(options, RuleIs):
            verb = words.VERBS[self.lang]["come_out"][_PLACE[mode]]
            known = words.VERDICTS[self.lang]
            said = self.words["or"].join(self._say("verdict", text=known[verdict]) for verdict in options.verdicts)
            return self._say("rule", id=options.id, title=self._title(options.id), verb=verb, verdicts=said)
        return ""

    def _metric(self, options: Metric, scope: Scope, mode: _Mode) -> str:
        head, _, tail = options.name.partition(".")
        role = Role(tail) if tail in ("agent", "customer") else scope.role
        table = words.METRICS[self.lang]
        name = table.get(options.name) or table.get(head, options.name)
        unit = "seconds" if head in words.IN_SECONDS else "rate" if head in words.RATES else "times"
        unit = "share" if head in SHARES else "turns" if head == "turns" else unit
        whose = self._say("whose", who=self._who(role), name=name) if role else name
        verb = words.VERBS[self.lang]["be"][_PLACE[mode]]
        return self._say("metric", name=whose, verb=verb, bounds=self._bounds(options.bounds, unit))

    def _event_count(self, options: EventCount, scope: Scope, mode: _Mode) -> str:
        where = self._where(scope)
        if options.count == _ONCE:
            what = self._event(options.filter, scope.role)
            what = self._a(what) if mode in ("must", "fact") else what
            verb = words.VERBS[self.lang]["occur"][_PLACE[mode]].format(where=where)
            return self._say("event", verb=verb, what=what, where=where)
        what = self._event(options.filter, scope.role, many=True)
        if where and self.lang == "zh":
            where, what = where + "，", what.lstrip()
        verb = words.VERBS[self.lang]["be"][_PLACE[mode]]
        bounds = self._bounds(options.count, "times")
        return self._say("event_times", where=where, what=what, verb=verb, bounds=bounds)

    def _bounds(self, bounds: Bounds, unit: str) -> str:
        table = words.BOUNDS[self.lang]
        sign = words.UNITS[self.lang][unit]
        given = {name: getattr(bounds, name) for name in table}
        known = {name: value * 100 if unit == "share" else value for name, value in given.items() if value is not None}
        said = [table[name].format(n=_number(value)) + sign for name, value in known.items()]
        return self.words["and"].join(said)

    def _event(self, wanted: EventFilter, role: Role | None = None, *, many: bool = False) -> str:
        by = wanted.by or role
        who = "" if by is None else self._who(by) if self.lang == "zh" else f" by {self._who(by)}"
        excused = "" if wanted.waived is None else self.words["excused" if wanted.waived else "unexcused"]
        return self._say(
            "event_by",
            by=who,
            least="" if wanted.min_seconds is None else self._say("least", n=wanted.min_seconds),
            most="" if wanted.max_seconds is None else self._say("most", n=wanted.max_seconds),
            excused=excused,
            kind=(words.EVENTS_COUNTED if many else words.EVENTS)[self.lang].get(wanted.kind_of, wanted.kind_of),
        )

    def _a(self, what: str) -> str:
        """A thing with its article, in English."""
        return what if self.lang == "zh" else f"{'an' if what[0] in 'aeiou' else 'a'} {what}"

    # --- where

    def _where(self, scope: Scope) -> str:
        places = [self._within(scope.within)] if scope.within is not None else []
        places += map(self._anchor, scope.anchors)
        return self._say("where", places=self.words["places_joint"].join(places)) if places else ""

    def _within(self, within: Within) -> str:
        table = words.WITHIN[self.lang]
        given = {name: getattr(within, name) for name in table}
        parts = [text.format(n=_number(given[name])) for name, text in table.items() if given[name] is not None]
        return self.words["within_joint"].join(parts)

    def _anchor(self, anchor: Anchor) -> str:
        hit = anchor.hit
        key = hit if isinstance(hit, str) else "first" if hit == 1 else "n"
        # In Chinese the customer says it a third time; in English it is the third time that he says it.
        inside = self.lang == "zh" and anchor.event is None
        # An utterance is said to happen ("every time that"); an event is a thing ("each").
        kind = "hit" if inside or anchor.phrase is not None else "thing"
        which = self._say(f"{kind}_{key}", n=hit if self.lang == "zh" else _ordinal(hit))
        if not which and anchor.side == "near" and kind == "hit":
            which = self.words["near_any"]
        what = self._hit(anchor, which if inside else "")
        if kind == "thing" and not which:
            what = self._a(what)
        near = [] if anchor.seconds is None else [self._say("reach", n=anchor.seconds)]
        near += [] if anchor.sentences is None else [self._say("reach_sentences", n=anchor.sentences)]
        reach = self._say("reach_end", reach=self.words["reach_joint"].join(near)) if near else ""
        before = "" if inside else which
        return self._say("anchor", which=before, what=what, side=self.words[anchor.side], reach=reach)

    def _hit(self, anchor: Anchor, which: str) -> str:
        if anchor.rule is not None:
            return self._say("rule_hit", id=anchor.rule, title=self._title(anchor.rule), which=which)
        if anchor.event is not None:
            return self._event(anchor.event)
        if anchor.phrase is None:
            return ""
        return self._spoken(anchor.phrase, Scope(role=anchor.role), "fact", which=which, loose=True)


def _ordinal(hit: int | str) -> str:
    """1st, 2nd, 11th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(int(hit) % 10, "th") if str(hit).isdecimal() else ""
    return f"{hit}th" if ending and int(hit) % 100 in (11, 12, 13) else f"{hit}{ending}"


def _number(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) else value
