"""What a backtest found, as plain values for JSON and for the page made of them."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import PurePath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from asr_qa.core.backtest import MOVED, AgentTally, Change, Example, Move, Tally
from asr_qa.core.confusion import Confusion
from asr_qa.core.finding import Evidence, Match, Verdict
from asr_qa.core.report import Figure
from asr_qa.core.rule import Rule, Ruleset
from asr_qa.core.scorecard import Scorecard
from asr_qa.render import format as formats
from asr_qa.render.texts import Lang, Texts
from asr_qa.render.wording import heard, is_missing, missing_words

Plain = dict[str, Any]

_EDGES = (-20.0, -10.0, -5.0, -1.0, 0.0, 1.0, 5.0, 10.0, 20.0)
"""Points between the bars of the distribution; sheets that do not move have one of their own."""
_ORDER = (*Verdict, None)
_STYLE = """
.stack > * { min-width: 0; }
header.top { padding-bottom: 18px; }
td.path { min-width: 345px; max-width: 350px; overflow-wrap: anywhere; }
td.path small { font-size: 11.5px; }
td.words { min-width: 150px; overflow-wrap: anywhere; }
td.flip { white-space: nowrap; }
td.meters { width: 30%; vertical-align: middle; }
.top .path { overflow-wrap: anywhere; }
h3 { overflow-wrap: anywhere; }
section > .card + .card, section > .card + .stack { margin-top: 18px; }
"""
"""What this page needs beside the style of all reports."""
_LOOKED_FOR = "（未听到："
MOST_AGENTS = 100
"""Agents that the page lists; the JSON has all."""
MOST_BAD = 200
"""Calls that cannot be judged again and are listed on the page."""


def summary(tally: Tally, *, before: Ruleset, after: Ruleset, cards: Iterable[Scorecard]) -> Plain:
    """Rules, sheets and decisions of a backtest.

    Args:
        tally: What was counted.
        before: The rules in force.
        after: The changed rules.
        cards: The scorecards of the changed rules; they name the criteria.
    """
    known = {rule.id: rule for rule in (*before.rules, *after.rules)}
    return {
        "calls": tally.calls,
        "reviewed": tally.reviewed,
        "rules": [_rule(tally, rule, known.get(rule), _change(rule, before, after)) for rule in sorted(tally.verdicts)],
        "sheets": sheets(tally),
        "decisions": list(_decisions(tally, cards)),
    }


def sheets(tally: Tally) -> Plain:
    """How sheets move."""
    every = sum(tally.agents.values(), AgentTally())
    both = tally.totals[True, True]
    return {
        "with_total_before_and_after": both,
        "lost_total": tally.totals[True, False],
        "gained_total": tally.totals[False, True],
        "no_total": tally.totals[False, False],
        "became_fatal": tally.fatal[False, True],
        "no_longer_fatal": tally.fatal[True, False],
        "moved": every.moved,
        "cards": [
            {"before": was, "after": now, "calls": calls}
            for (was, now), calls in sorted(tally.cards.items(), key=lambda item: (-item[1], item[0]))
        ],
        **_means(every),
        "distribution": list(_distribution(tally.moves)),
        "agents": [
            {
                "agent": agent,
                "calls": one.calls,
                "moved": one.moved,
                **_means(one),
                "fatal_before": one.fatal_before,
                "fatal_after": one.fatal_after,
            }
            for agent, one in sorted(tally.agents.items(), key=_by_move)
        ],
        "down": [_move(one) for one in tally.down],
        "up": [_move(one) for one in tally.up],
        "fatal": [_move(one) for one in tally.fatal_moves],
    }


def flips(changes: Counter[Change]) -> int:
    """How many verdicts are not what they were; not those of rules that came or went."""
    return sum(count for (was, now), count in changes.items() if was and now and was is not now)


def _rule(tally: Tally, rule_id: str, rule: Rule | None, change: str) -> Plain:
    changes = tally.verdicts[rule_id]
    return {
        "id": rule_id,
        "title": {"zh": rule.title_zh, "en": rule.title_en} if rule else {"zh": rule_id, "en": rule_id},
        "severity": rule.severity.value if rule else None,
        "change": change,
        "flips": flips(changes),
        "matrix": [
            {"before": _name(was), "after": _name(now), "calls": changes[was, now]}
            for was in _ORDER
            for now in _ORDER
            if changes[was, now]
        ],
        "accuracy_before": _accuracy(tally.accuracy_before.get(rule_id)),
        "accuracy_after": _accuracy(tally.accuracy_after.get(rule_id)),
        "examples": [
            _example(example)
            for key in sorted(tally.examples, key=str)
            if key[0] == rule_id
            for example in tally.examples[key]
        ],
    }


def _change(rule: str, before: Ruleset, after: Ruleset) -> str:
    """What became of a rule: same, changed, new, removed; "unknown" where it is in neither folder."""
    was, now = before.get(rule), after.get(rule)
    if was is None or now is None:
        return "unknown" if was is now else "new" if was is None else "removed"
    return "same" if (was.version, was.status) == (now.version, now.status) else "changed"


def _accuracy(found: Confusion | None) -> Plain | None:
    if found is None or not found.decided:
        return None
    return {
        "decided": found.decided,
        "confirmed": found.confirmed,
        "false_alarms": found.false_alarms,
        "missed": found.missed,
        "left_open": found.left_open,
        "precision": _figure(found.precision),
        "recall": _figure(found.recall),
    }


def _figure(figure: Figure) -> Plain:
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in asdict(figure).items()
        if name in ("value", "n", "count", "low", "high")
    }


def _example(example: Example) -> Plain:
    flip = example.flip
    # Words can be listened to; of a stretch that was searched in vain there is only the beginning.
    places = [place for place in (flip.now, flip.was) if place]
    heard_at = next((place for place in places if not place.text.startswith(_LOOKED_FOR)), None)
    place = heard_at or next(iter(places), None)
    return {
        **_call(example.call.id, example.call.path, place.start if place else None),
        "agent": example.call.agent,
        "queue": example.call.queue,
        "started_at": example.call.started_at,
        "before": _name(flip.before),
        "after": _name(flip.after),
        "was": asdict(flip.was) if flip.was else None,
        "now": asdict(flip.now) if flip.now else None,
        "human": example.human.value if example.human else None,
    }


def _call(call_id: str, path: str, seconds: float | None) -> Plain:
    """Where a call is found: its id, its file, and the page of the API, at the second meant."""
    at = f"#t={seconds:.1f}" if seconds else ""
    return {
        "call_id": call_id,
        "path": path,
        "seconds": seconds,
        "api": f"/v1/calls/{call_id}",
        "audio": f"/v1/calls/{call_id}/audio{at}",
    }


def _move(move: Move) -> Plain:
    return {
        **_call(move.call.id, move.call.path, None),
        "agent": move.call.agent,
        "before": move.before,
        "after": move.after,
        "points": round(move.points, 2),
        "fatal_before": move.fatal_before,
        "fatal_after": move.fatal_after,
        "rules": list(move.rules),
    }


def _means(one: AgentTally) -> Plain:
    if not one.totals:
        return {"mean_before": None, "mean_after": None, "mean_move": None}
    before, after = one.before / one.totals, one.after / one.totals
    return {
        "mean_before": round(before, 4),
        "mean_after": round(after, 4),
        "mean_move": round(after - before, 4) + 0.0,
    }


def _by_move(item: tuple[str | None, AgentTally]) -> tuple[float, str]:
    name, one = item
    return (-abs(one.after - one.before) / max(1, one.totals), name or "")


def _distribution(moves: Counter[float]) -> Iterator[Plain]:
    """Calls by how far their sheets move, from the deepest fall up."""
    still = sum(count for move, count in moves.items() if abs(move) < MOVED)
    bounds = [None, *_EDGES, None]
    for low, high in itertools.pairwise(bounds):
        inside = sum(count for move, count in moves.items() if abs(move) >= MOVED and _within(move, low, high))
        yield {"from": low, "to": high, "calls": inside}
        if high == 0.0:
            yield {"from": 0.0, "to": 0.0, "calls": still}


def _within(move: float, low: float | None, high: float | None) -> bool:
    """Edges belong to the farther bar: -5 to that below it, 5 to that above it."""
    if move < 0:
        return (low is None or move > low) and high is not None and move <= high
    return low is not None and move >= low and (high is None or move < high)


def _decisions(tally: Tally, cards: Iterable[Scorecard]) -> Iterator[Plain]:
    titles = {(card.id, criterion.id): criterion.title for card in cards for criterion in card.criteria}
    for (card, criterion), counts in sorted(tally.agreement.items()):
        yield {
            "scorecard": card,
            "criterion": criterion,
            "title": dict(titles.get((card, criterion), {})),
            "decided": sum(counts.values()),
            "agreed_before": counts[True, True] + counts[True, False],
            "agree_after": counts[True, True] + counts[False, True],
            "now_agree": counts[False, True],
            "no_longer_agree": counts[True, False],
        }


def _name(verdict: Verdict | None) -> str | None:
    return None if verdict is None else verdict.value


# --- the page


def render_backtest(found: Mapping[str, Any], *, lang: Lang = "zh") -> str:
    """A backtest as one HTML page that loads nothing; write it as UTF-8."""
    texts = Texts(lang)
    environment = Environment(
        loader=PackageLoader("asr_qa.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        points=formats.points,
        percent=formats.percent,
        clock=formats.clock,
        thousands="{:,}".format,
        filename=_file_name,
        largest_flips=_largest_flips,
        changed_cards=_changed_cards,
        by_code=_by_code,
        words=lambda place: shown_words(place, texts),
    )
    style = resources.files("asr_qa.render").joinpath("templates", "report.css").read_text(encoding="utf-8") + _STYLE
    digest = Markup(_digest(style))  # noqa: S704 - base64
    widest = max([1, *(bar["calls"] for bar in found["sheets"]["distribution"] if bar["from"] != bar["to"])])
    page = environment.get_template("backtest.html.j2").render(
        found=found,
        changed=[rule for rule in found["rules"] if rule["flips"] or rule["change"] not in ("same", "unknown")],
        judged=[rule for rule in found["rules"] if rule["accuracy_before"] or rule["accuracy_after"]],
        widest=widest,
        most_flips=max([1, *(rule["flips"] for rule in found["rules"])]),
        older=_by_older_rules(found),
        most_agents=MOST_AGENTS,
        most_bad=MOST_BAD,
        lang=lang,
        t=texts,
        style=Markup(style),  # noqa: S704 - our own file
        style_digest=digest,
        interval=shown_share,
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _file_name(path: str) -> str:
    """A path without its folders: they are the same for most calls, and would push the table out of the page."""
    return PurePath(path).name or path


def _largest_flips(matrix: Sequence[Plain]) -> list[Plain]:
    """The two changes of verdict that most calls have."""
    changes = [cell for cell in matrix if cell["before"] != cell["after"]]
    return sorted(changes, key=lambda cell: -cell["calls"])[:2]


def _changed_cards(cards: Sequence[Plain]) -> list[Plain]:
    return [one for one in cards if one["before"] != one["after"]]


def _by_code(bad: Sequence[Plain]) -> list[tuple[str, int]]:
    return Counter(one["code"] for one in bad).most_common()


def _by_older_rules(found: Mapping[str, Any]) -> int:
    """Calls whose stored sheets, which are compared with, were made by other rules than those in force."""
    if found["baseline"] != "stored":
        return 0
    return sum(calls for digest, calls in found["scored_by"].items() if digest != found["in_force"])


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def shown_share(figure: Mapping[str, Any] | None) -> str:
    """A share with its interval and n; a dash where there is nothing to count."""
    if not figure or figure["value"] is None:
        return "–"
    low, high = formats.percent(figure["low"]), formats.percent(figure["high"])
    return f"{formats.percent(figure['value'])} [{low}, {high}] n={figure['n']}"


def shown_words(place: Mapping[str, Any], texts: Texts) -> str:
    """What was heard at a place of an example, in quotes; or what was measured or looked for in vain, in words."""
    match, start = Match(place["match"]), place["start"]
    evidence = Evidence(role=None, start=start, end=start, text=_whole(place["text"]), match=match)
    if is_missing(evidence):
        words = missing_words(evidence)
        return texts("not_heard_pattern") if words is None else texts("not_heard", words=words)
    said = heard(evidence, texts)
    return said if match is Match.TIMING else f"“{said}”"


def _whole(text: str) -> str:
    """The text with its bracket closed where an example cut it off."""
    cut = text.startswith(_LOOKED_FOR) and not text.endswith("）")
    return f"{text}…）" if cut else text
