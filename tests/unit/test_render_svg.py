from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from asr_qa.render import svg


def parsed(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))


def chart(*pins: svg.Pin, duration: float = 60.0) -> svg.TimelineChart:
    lanes = (("agent", "坐席"), ("customer", "客户"))
    return svg.TimelineChart(duration=duration, lanes=lanes, speech=(), marks=(), pins=pins, label="a call")


def pin(number: int, start: float, end: float) -> svg.Pin:
    return svg.Pin(number=number, start=start, end=end, title="", href=f"#{number}")


def test_element_escapes_texts_and_attributes_and_leaves_out_none() -> None:
    made = svg.element("text", "<&>", Markup("<b>x</b>"), class_="a\"b'<", text_anchor="end", x=1.25, rx=None)
    assert made == '<text class="a&#34;b&#39;&lt;" text-anchor="end" x="1.2">&lt;&amp;&gt;<b>x</b></text>'


def test_numbers_are_written_short() -> None:
    assert svg.element("rect", x=3.0, y=2.04, width=10) == '<rect x="3" y="2" width="10"></rect>'


@pytest.mark.parametrize(
    ("text", "shown"), [("开场问候", "开场问候"), ("开场问候开场", "开场问…"), ("greeting at", "greeting…")]
)
def test_fit_cuts_by_width(text: str, shown: str) -> None:
    assert svg.fit(text, 40.0 if text[0] == "开" else 54.0, size=10.0) == shown
    assert svg.width_of(svg.fit(text, 54.0, size=10.0), 10.0) <= 54.0 + 1e-9


@pytest.mark.parametrize(
    ("duration", "step"), [(1.0, 1), (13.0, 1), (14.0, 2), (60.0, 5), (180.0, 15), (3600.0, 300), (86400.0, 7200)]
)
def test_tick_steps_are_round_and_few(duration: float, step: float) -> None:
    assert svg.tick_step(duration) == step
    assert duration / svg.tick_step(duration) <= 13


def test_pins_that_would_hide_each_other_stand_in_rows() -> None:
    # 1 |-----|        3 fits behind 1 again; 2 begins while 1 lasts
    # 2    |--|
    tree = parsed(svg.timeline(chart(pin(1, 0.0, 20.0), pin(2, 10.0, 20.0), pin(3, 40.0, 41.0))))
    rows = [float(circle.attrib["cy"]) for circle in tree.iter("circle")]
    assert rows[0] == rows[2] < rows[1]


def test_many_pins_at_one_place_do_not_make_the_chart_endless() -> None:
    few, many = (svg.timeline(chart(*(pin(n, 5.0, 6.0) for n in range(count)))) for count in (1, 50))
    heights = [float(parsed(one).attrib["viewBox"].split()[3]) for one in (few, many)]
    assert heights[1] - heights[0] == 5 * 22


def test_what_lies_outside_the_call_is_drawn_at_its_edge() -> None:
    tree = parsed(svg.timeline(chart(pin(1, -5.0, 500.0))))
    assert [circle.attrib["cx"] for circle in tree.iter("circle")] == ["84"]
    reach = next(line for line in tree.iter("line") if line.attrib["class"] == "reach")
    assert (reach.attrib["x1"], reach.attrib["x2"]) == ("84", "1186")


def test_a_call_of_no_length_can_be_drawn() -> None:
    assert parsed(svg.timeline(chart(duration=0.0))).tag == "svg"


def test_bars_are_as_long_as_their_shares() -> None:
    rows = [svg.Bar(name="a", share=s, low=0.0, high=1.0, value="", title="", href="#x") for s in (0.0, 0.5, 1.0)]
    found = re.findall(r'<rect x="330" y="[^"]*" width="([^"]*)"', svg.bars(rows, label=""))
    assert [float(width) for width in found] == pytest.approx([1.5, 370.0, 740.0])


def test_columns_are_as_high_as_their_counts_and_the_limit_is_marked() -> None:
    columns = [svg.Column(low=n * 50.0, high=(n + 1) * 50.0, count=count, title="") for n, count in enumerate((2, 4))]
    tree = parsed(svg.histogram(columns, limit=50.0, limit_name="pass", label=""))
    boxes = list(tree.iter("rect"))
    heights = [float(box.attrib["height"]) for box in boxes]
    assert heights[1] == pytest.approx(2 * heights[0])
    assert [box.attrib.get("class") for box in boxes] == ["low", None]
    assert next(line for line in tree.iter("line") if line.attrib["class"] == "limit").attrib["x1"] == "280"


@pytest.mark.parametrize(("share", "width"), [(-1.0, "0"), (0.25, "25"), (2.0, "100")])
def test_a_meter_stays_within_its_track(share: float, width: str) -> None:
    fill = list(parsed(svg.meter(share, label="x")).iter("rect"))[1]
    assert fill.attrib["width"] == width
