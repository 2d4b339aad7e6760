"""Error patterns as JSON and CSV; rules and definitions."""

from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from api_app import Api
from starlette.testclient import TestClient

from asr_qa.api.reports import to_csv
from asr_qa.api.schemas import ErrorReport, PatternOut
from asr_qa.core.finding import Verdict
from asr_qa.core.timeline import TimingOptions, definitions
from asr_qa.core.voice import voice_definitions
from asr_qa.render.definitions import DEFINITION_TEXTS
from asr_qa.render.explain import parameters_of

URL = "/v1/reports/errors"


def rows(client: TestClient, **params: str) -> list[tuple[str, int, int]]:
    answer = client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return [
        ("/".join(value or "-" for value in one["group"].values()), one["calls"], one["assessed"])
        for one in answer.json()["patterns"]
    ]


def test_errors_by_rule(api: Api) -> None:
    answer = api.client("trainer").get(URL, params={"min_calls": "1"}).json()
    (pattern,) = answer["patterns"]
    assert (answer["calls"], pattern["group"], pattern["title"]) == (3, {"rule": "COMP-003"}, "告知录音")
    assert (pattern["calls"], pattern["assessed"], pattern["rate"], pattern["ranked"]) == (2, 3, 0.666667, True)
    assert 0 < pattern["low"] < pattern["rate"] < pattern["high"] < 1
    assert set(pattern["recordings"]) == {document.recording.id for document in api.documents[1:]}


def test_errors_by_other_dimensions_and_filters(api: Api) -> None:
    client = api.client("trainer")
    assert sorted(rows(client, by="agent")) == [("A1", 1, 2), ("B2", 1, 1)]
    assert sorted(rows(client, by="rule, team")) == [("COMP-003/north", 1, 2), ("COMP-003/south", 1, 1)]
    assert rows(client, by="queue", queue="tech") == [("tech", 1, 1)]
    assert rows(client, by="rule", agent="A1") == [("COMP-003", 1, 2)]
    assert rows(client, by="rule", until="2026-03-02") == []
    assert rows(client, by="rule", since="2026-03-02T01:03:00Z") == [("COMP-003", 1, 1)]
    assert client.get(URL, params={"by": "rule", "lang": "en"}).json()["patterns"][0]["title"] == "Recording notice"


def test_errors_by_period(api: Api) -> None:
    api.add_call(4, notice=Verdict.NOT_MET, started_at="2026-03-09T00:30:00+08:00")
    api.add_call(5, notice=Verdict.NOT_MET, started_at=None)
    client = api.client("trainer")
    assert rows(client, by="period") == [("2026-W10", 3, 4), ("-", 1, 1)]
    assert rows(client, by="period,rule", period="day") == [
        ("2026-03-02/COMP-003", 2, 3),
        ("2026-03-08/COMP-003", 1, 1),
        ("-/COMP-003", 1, 1),
    ]
    assert rows(client, by="rule,period", period="month")[0] == ("COMP-003/2026-03", 3, 4)


def test_released_decisions_overrule_the_machine(api: Api) -> None:
    client = api.client("lead")
    url = f"/v1/calls/{api.documents[1].recording.id}/review"
    tag = client.post(url).headers["etag"]
    body = {"decision": "override", "verdict": "met", "cause": "asr_error"}
    tag = client.put(f"{url}/criteria/notice", json=body, headers={"If-Match": tag}).headers["etag"]
    assert rows(client) == [("COMP-003", 2, 3)], "not before it is released"
    client.post(f"{url}/release", headers={"If-Match": tag})
    # The criterion of the machine's sheet rests on COMP-003, so the call counts as met.
    assert rows(client) == [("COMP-003", 1, 3)]


@pytest.mark.parametrize("by", ["mood", "rule,rule", "period,period"])
def test_errors_by_what_is_no_dimension_is_422(api: Api, by: str) -> None:
    assert api.client().get(URL, params={"by": by}).status_code == 422


def test_errors_as_csv(api: Api) -> None:
    client = api.client("trainer")
    for answer in (
        client.get(URL, params={"format": "csv", "by": "rule,agent"}),
        client.get(URL, params={"by": "rule,agent"}, headers={"Accept": "text/csv;q=0.9, application/json;q=0.2"}),
    ):
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "errors.csv" in answer.headers["content-disposition"]
        assert answer.content.startswith(b"\xef\xbb\xbf")
        table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert table[0] == ["规则", "坐席", "标题", "出错通话", "评估通话", "错误率", "下限", "上限", "次数", "可排名"]
        assert sorted(row[:6] for row in table[1:]) == [
            ["COMP-003", "A1", "告知录音", "1", "2", "0.5000"],
            ["COMP-003", "B2", "告知录音", "1", "1", "1.0000"],
        ]
    for accept in ("*/*", "application/json, text/csv", "text/csv;q=x", "application/json"):
        json_answer = client.get(URL, headers={"Accept": accept})
        assert json_answer.headers["content-type"] == "application/json"
    english = client.get(URL, params={"format": "csv", "lang": "en"}).content.decode("utf-8-sig")
    assert english.startswith("rule,title,calls,assessed,rate,low,high,hits,ranked\r\n")


def test_csv_cells_are_never_formulas() -> None:
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1", "plain, with comma", None]
    patterns = [
        PatternOut(
            group={"agent": agent},
            title="=cmd()",
            calls=1,
            assessed=2,
            hits=1,
            rate=0.5,
            low=0.1,
            high=0.9,
            ranked=False,
            recordings=[],
        )
        for agent in nasty
    ]
    report = ErrorReport(by=["agent"], since=None, until=None, calls=2, patterns=patterns)
    table = list(csv.reader(io.StringIO(to_csv(report, lang="zh").decode("utf-8-sig"))))
    assert [row[0] for row in table[1:]] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "'\tx",
        "'＝1",
        "plain, with comma",
        "",
    ]
    assert {row[1] for row in table[1:]} == {"'=cmd()"}


def test_phases_are_named_in_the_language_of_the_sheet() -> None:
    def cells(lang: Literal["zh", "en"]) -> list[str]:
        patterns = [
            PatternOut(
                group={"phase": phase, "agent": "opening"},
                title=None,
                calls=1,
                assessed=2,
                hits=1,
                rate=0.5,
                low=0.1,
                high=0.9,
                ranked=True,
                recordings=[],
            )
            for phase in ("opening", "middle", "closing", "whole")
        ]
        report = ErrorReport(by=["phase", "agent"], since=None, until=None, calls=2, patterns=patterns)
        table = list(csv.reader(io.StringIO(to_csv(report, lang=lang).decode("utf-8-sig"))))
        assert {row[1] for row in table[1:]} == {"opening"}, "an agent's name is no phase"
        return [row[0] for row in table[1:]]

    assert cells("zh") == ["开场", "中段", "结尾", "整通"]
    assert cells("en") == ["opening", "middle", "closing", "whole"]


def test_rules_are_listed(api: Api) -> None:
    answer = api.client("agent").get("/v1/rules").json()
    assert answer["digest"] == api.app.state.context.ruleset.digest
    rule = next(one for one in answer["rules"] if one["id"] == "COMP-003")
    assert (rule["severity"], rule["polarity"], rule["title"]["zh"]) == ("major", "require", "告知录音")
    assert rule["version"]


def test_definitions_carry_their_parameters_and_texts(api: Api) -> None:
    answer = api.client("agent").get("/v1/definitions").json()
    assert answer["options"]["dead_air_min"] == TimingOptions().dead_air_min
    assert {one["id"]: one["definition"] for one in answer["definitions"]} == definitions(
        TimingOptions()
    ) | voice_definitions()
    assert all(set(one["text"]) == {"zh", "en"} for one in answer["definitions"])


def test_every_definition_has_a_text_that_names_its_parameters() -> None:
    found = definitions(TimingOptions())
    assert set(found) == set(DEFINITION_TEXTS)
    for name, definition in found.items():
        for key in parameters_of(definition):
            assert f"`{key}`" in DEFINITION_TEXTS[name]["en"], (name, key)
            assert key in DEFINITION_TEXTS[name]["zh"], (name, key)
