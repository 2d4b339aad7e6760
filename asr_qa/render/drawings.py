"""A drawing for each definition of timing: an example call, and what the code that measures finds in it.

`python docs/draw_definitions.py` writes them to docs/definitions/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asr_qa.core.options import definitions
from asr_qa.core.prompts import Line, find_prompts
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, subtract
from asr_qa.core.sketch import Sketch, parse_sketch
from asr_qa.core.timeline import CallTimeline, build_timeline
from asr_qa.core.unknown import spoken_at_once
from asr_qa.render.svg import Child, element, fit, width_of

Found = Sequence[tuple[float, float, str]]
"""Start and end in seconds, and what is written there."""


@dataclass(frozen=True, slots=True)
class Example:
    """A call, and what a definition finds in it."""

    sketch: str
    find: Callable[[CallTimeline], Found]
    holds: tuple[Segment, ...] = ()
    rings: bool = False
    """The holds are ring-back."""
    begins: float = 0.0
    """Seconds at the left edge."""


def _events(*kinds: str) -> Callable[[CallTimeline], Found]:
    return lambda call: [
        (e.start, e.end, f"{e.end - e.start:.1f} s {e.level or ''} {f'by {e.by}' if e.by and e.kind != 'hold' else ''}")
        for e in call.events
        if e.kind in kinds
    ]


def _speech(call: CallTimeline) -> Found:
    return [(s.start, s.end, f"{s.duration:.1f} s") for track in call.speech.values() for s in track]


def _turns(call: CallTimeline) -> Found:
    return [(t.start, t.end, f"turn of {t.role}") for t in call.turns]


def _ratio(call: CallTimeline) -> Found:
    spoken = {role: sum(s.duration for s in track) for role, track in call.speech.items()}
    share = spoken[Role.AGENT] / sum(spoken.values())
    return [(s.start, s.end, f"{share:.2f}") for s in call.speech[Role.AGENT]]


def _double_talk(call: CallTimeline) -> Found:
    found = spoken_at_once(call)
    return [(e.start, e.end, f"{found.seconds:.1f} s of {found.chance:.1f}") for e in call.of("overlap")][:1]


EXAMPLES: dict[str, Example] = {
    "duration": Example("A 1-3 您好 | B 3.5-6 我想查话费 | end 8", lambda call: [(0, call.duration, "8.0 s")]),
    "ring": Example("A 1-3 您好 | end 5", lambda call: [(-6, 0, "6.0 s from the manifest")], begins=-6),
    "speech": Example("A 0-2 您好请问 | A 2.1-3.5 有什么 | A 3.9-5 可以帮您 | end 6", _speech),
    "turn": Example("A 0-2 您的账单 | B 2.1-2.4 嗯 | A 2.6-4.5 一共五十元 | A 5.6-7.5 请问还有吗 | end 8", _turns),
    "silence": Example("A 1-3 您好 | B 3.5-5.5 我想查话费 | A 8.5-11 您的话费是 | end 13", _events("silence")),
    "hold": Example("A 0-2 请您稍等 | A 10-12 让您久等了 | end 13", _events("hold"), (Segment(2.5, 9),)),
    "ivr": Example(
        "A 0-3 普通话请按一 | A 3.6-6 话务员正忙请稍候 | A 15-18 请问有什么可以帮您 | B 18.5-20 我想查话费 | end 22",
        _events("ivr"),
        (Segment(7, 13),),
        rings=True,
    ),
    "dead_air": Example(
        "A 0-3 账单 | A 29-32 您的话费是 | A 48-50 喂您好 | A 56-58 您好 | end 60",
        _events("dead_air"),
        (Segment(6, 20),),
    ),
    "excuse": Example("A 0-4 请您稍等 | A 84-88 让您久等了 | end 92", _events("dead_air")),
    "overlap": Example("A 0-4 您的账单一共是 | B 3.2-6 好的我知道了 | end 7", _events("overlap")),
    "backchannel": Example(
        "A 0-9 您的账单一共是五十元其中流量费三十元 | B 2.5-3 嗯 | B 3.2-3.7 对 | B 6-6.6 好的 | end 10",
        _events("backchannel"),
    ),
    "interruption": Example(
        "B 0-4.3 我上个月的账单里面有一笔 | A 3.2-8 您这个问题我们处理不了 | end 9", _events("interruption")
    ),
    "talk_over": Example(
        "B 0-9 我上个月的账单里面有一笔费用不对 | A 3.2-5.2 那个不归我们管 | end 10", _events("talk_over")
    ),
    "response_latency": Example(
        "B 0-3 我想查话费 | A 4.2-6 好的我看看 | B 6.5-9 还有上个月的 | A 8.6-11 上个月的也有 | end 12",
        _events("response_latency"),
    ),
    "speech_rate": Example(
        "A 0-4 您的账单一共是五十元整 | A 5.5-6.2 好的 | end 7",
        lambda call: [(call.turns[0].start, call.turns[0].end, "11 characters in 4.0 s: 165 a minute")],
    ),
    "first_response": Example("B 1-2 喂 | A 3.4-6 您好请讲 | end 7", _events("first_response")),
    "monologue": Example(
        "A 0-70 先给您介绍一下这个套餐 | B 20-20.4 嗯 | B 50-50.4 好的 | B 71-75 多少钱 | end 78", _events("monologue")
    ),
    "talk_ratio": Example("A 0-3 您的账单一共是 | B 3.5-5.5 好的谢谢您 | A 6-9 请问还有吗 | end 10", _ratio),
    "double_talk": Example(
        "A 0.5-12 您的账单我们已经核实过了没有任何问题 | A 14-26 套餐每个月自动续费 | "
        "B 1-13.5 明天北京多云转晴气温下降 | B 14.5-25.5 下面请听广告 | end 27",
        _double_talk,
    ),
    "hang_up_side": Example("A 0-3 感谢您的来电再见 | B 3.4-5 再见 | end 6", lambda call: [(5.85, 6, "by customer")]),
}
"""By id of the definition."""

_WIDTH, _LEFT, _RIGHT, _LANE, _GAP, _TOP, _AXIS = 760.0, 120.0, 150.0, 26.0, 10.0, 30.0, 22.0
_INK, _COLOURS = "#24292f", {Role.AGENT: "#2f6fb2", Role.CUSTOMER: "#3d8f5f"}
_FOUND, _HOLD = "#c2452d", "#b9a5d6"
_NAMES = {Role.AGENT: "坐席 agent", Role.CUSTOMER: "客户 customer"}
_STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


def measured(example: Example) -> CallTimeline:
    """What the code finds in an example."""
    sketch, holds = parse_sketch(example.sketch), example.holds
    line = Line(waits=holds, ringing=holds if example.rings else ())
    prompts = find_prompts(sketch.speech, sketch.transcript, sketch.duration, line=line)
    speech = dict(sketch.speech)
    if prompts:
        speech[Role.AGENT] = subtract(speech[Role.AGENT], prompts.said)
    return build_timeline(speech, sketch.transcript, sketch.duration, holds=holds or None, prompts=prompts)


def draw(name: str, example: Example) -> str:
    """The drawing of a definition as an SVG document.

    Args:
        name: Id of the definition.
        example: The call to work through.
    """
    sketch = parse_sketch(example.sketch)
    call = measured(example)
    scale = (_WIDTH - _LEFT - _RIGHT) / (sketch.duration - example.begins)

    def across(seconds: float) -> float:
        return _LEFT + (seconds - example.begins) * scale

    bottom = _TOP + 3 * (_LANE + _GAP)
    parts = [
        element("rect", width=_WIDTH, height=bottom + _AXIS, fill="#ffffff"),
        _text(definitions()[name], 8, 18, bold=True),
        *_lanes(sketch, example, across),
        *_found(example.find(call), across),
        *_axis(example.begins, sketch.duration, bottom, across),
    ]
    attributes = {"viewBox": f"0 0 {_WIDTH:g} {bottom + _AXIS:g}", "width": _WIDTH, "height": bottom + _AXIS}
    svg = element("svg", *parts, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=name, **attributes)
    return f"{svg}\n"


def _lanes(sketch: Sketch, example: Example, across: Callable[[float], float]) -> Iterator[Markup]:
    holds, rings = example.holds, example.rings
    for row, role in enumerate(_NAMES):
        top = _TOP + row * (_LANE + _GAP)
        yield _text(_NAMES[role], 8, top + 17)
        yield element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=top + _LANE, y2=top + _LANE, stroke="#d0d7de")
        bars = [(said.start, said.end, _COLOURS[role], said.text) for said in sketch.transcript.of(role)]
        bars += [
            (hold.start, hold.end, _HOLD, "回铃 ring" if rings else "保持 hold") for hold in holds if role is Role.AGENT
        ]
        bars.sort()
        limits = [across(start) for start, *_ in bars[1:]] + [_WIDTH - _RIGHT]
        for (start, end, colour, text), limit in zip(bars, limits, strict=False):
            yield _bar(across(start), across(end), top, colour)
            yield _label(text, across(start), across(end), limit, top + 16)


def _found(found: Found, across: Callable[[float], float]) -> Iterator[Markup]:
    top = _TOP + 2 * (_LANE + _GAP)
    yield _text("度量 measured", 8, top + 17)
    for start, end, _ in found:
        left, right = across(start), max(across(end), across(start) + 2)
        for edge in (left, right):
            dash = {"stroke_dasharray": "2 3"}
            yield element("line", x1=edge, x2=edge, y1=_TOP - 4, y2=top + _LANE, stroke=_FOUND, **dash)
        yield element("rect", x=left, y=top, width=right - left, height=_LANE, fill=_FOUND, fill_opacity=0.2)
    ends = [across(start) for start, _, _ in found[1:]] + [_WIDTH]
    for (start, _, text), limit in zip(found, ends, strict=True):
        yield _text(fit(" ".join(text.split()), limit - across(start) - 6, size=12), across(start) + 3, top + 17)


def _bar(left: float, right: float, top: float, colour: str) -> Markup:
    return element("rect", x=left, y=top, width=right - left, height=_LANE - 2, rx=3, fill=colour)


def _label(text: str, left: float, right: float, limit: float, y: float) -> Markup:
    """The words in their bar where it is wide enough, beside it otherwise; nothing where there is no room at all."""
    if width_of(text, 12) <= right - left - 6:
        return _text(text, left + 4, y, fill="#ffffff")
    return _text(text, right + 3, y) if width_of(text, 12) <= limit - right - 5 else Markup("")


def _axis(begins: float, ends: float, y: float, across: Callable[[float], float]) -> Iterator[Markup]:
    step = next((step for step in _STEPS if (ends - begins) / step <= 14), _STEPS[-1])
    time = begins
    while time <= ends + 1e-9:
        yield element("line", x1=across(time), x2=across(time), y1=y, y2=y + 4, stroke=_INK)
        yield _text(f"{time:g}", across(time) - 4, y + 16)
        time += step
    yield _text("秒 s", _WIDTH - _RIGHT + 16, y + 16)


def _text(text: Child, x: float, y: float, *, fill: str = _INK, bold: bool = False) -> Markup:
    weight = {"font_weight": "bold"} if bold else {}
    family = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
    return element("text", text, x=x, y=y, fill=fill, font_size=12, font_family=family, **weight)
