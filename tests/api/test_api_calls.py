"""Lists, documents and transcripts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from api_app import Api, build_app
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from asr_qa.api.calls import decode_cursor, encode_cursor, to_srt, to_vtt
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Role
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import UNINTELLIGIBLE, Utterance
from asr_qa.errors import UsageError
from asr_qa.pipeline.documents import to_dict
from asr_qa.testing import FixedClock, MemoryStore, make_document, make_recording, make_utterance


def names(answer: Any) -> str:
    return "".join(call["path"][3] for call in answer.json()["calls"])


NUMBER = "13800138000"


def test_private_numbers_are_for_those_who_may_see_them(api: Api) -> None:
    said = make_utterance(Role.CUSTOMER, 1.0, 4.0, f"我的手机号是{NUMBER}")
    private = replace(make_document(make_recording(8, agent_id="A1")), utterances=(said,))
    api.store.save_document(private, severities={}, now=api.clock.now(), pass_mark=60.0)
    urls = [
        f"/v1/calls/{private.recording.id}{part}"
        for part in ("", *("/transcript?format=" + f for f in ("json", "vtt", "srt")))
    ]
    for url in urls:
        for role, agent in (("agent", "A1"), ("reviewer", None), ("trainer", None)):
            answer = api.client(role, agent_id=agent).get(url)
            assert answer.status_code == 200, answer.text
            assert NUMBER not in answer.text, (role, url)
            assert "我的手机号是＊＊＊" in answer.text
        for role in ("lead", "admin"):
            assert NUMBER in api.client(role).get(url).text, (role, url)
        assert NUMBER not in api.client("lead", scopes=["calls:read"]).get(url).text


FILTERS = [
    ("", "321"),
    ("flagged=true", "32"),
    ("flagged=false", "1"),
    ("agent=B2", "3"),
    ("team=north&flagged=true", "2"),
    ("queue=tech", "3"),
    ("rule=COMP-003", "32"),
    ("rule=COMP-003&verdict=met", "1"),
    ("severity=major", "32"),
    ("severity=fatal", ""),
    ("verdict=not_met", "32"),
    ("min_points=60", "1"),
    ("max_points=59.9", "32"),
    ("state=done", "321"),
    ("state=pending", ""),
    ("since=2026-03-02T01:02:00Z", "32"),
    ("since=2026-03-02T09:02:00%2B08:00&until=2026-03-02T09:03:00%2B08:00", "2"),
    ("until=2026-03-02", ""),
    ("until=2026-03-03", "321"),
    ("q=0002", "2"),
]


def test_list_calls_filters(api: Api) -> None:
    client = api.client()
    for query, expected in FILTERS:
        answer = client.get(f"/v1/calls?{query}")
        assert answer.status_code == 200, answer.text
        assert names(answer) == expected, query


def test_list_calls_shows_the_sheet_and_hides_folders(api: Api) -> None:
    call = api.client("reviewer").get("/v1/calls?agent=B2").json()["calls"][0]
    assert (call["points"], call["flagged"], call["flag_reason"]) == (50.0, True, "below_pass_mark")
    assert call["path"] == "0003.wav"
    assert api.client("admin").get("/v1/calls?agent=B2").json()["calls"][0]["path"] == str(api.folder / "0003.wav")


def test_failed_calls_say_why_without_their_folders(api: Api) -> None:
    path = str(api.folder / "gone.wav")
    call_id = api.store.add_failure(path, code="missing", reason=f"{path}: no such file", now=api.clock.now())
    call = api.client("reviewer").get("/v1/calls?state=failed").json()["calls"][0]
    assert (call["id"], call["failure_reason"], call["duration"]) == (call_id, "gone.wav: no such file", None)
    assert api.client("reviewer").get(f"/v1/calls/{call_id}").json()["document"] is None


SENSELESS = [
    "limit=0",
    "limit=201",
    "limit=x",
    "flagged=perhaps",
    "severity=grave",
    "verdict=maybe",
    "state=lost",
    "min_points=nan",
    "since=yesterday",
    "agent=%00",
    "flaged=true",
    "cursor=!!!",
    "cursor=djE6LTU",
    "cursor=djI6NQ",
    f"q={'x' * 201}",
]


def test_list_calls_refuses_queries_that_make_no_sense(api: Api) -> None:
    client = api.client()
    for query in SENSELESS:
        answer = client.get(f"/v1/calls?{query}")
        assert answer.status_code == 422, query
        assert answer.headers["content-type"] == "application/problem+json"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(present=st.integers(0, 12), limit=st.integers(1, 5), added=st.lists(st.integers(0, 2), max_size=12))
def test_pages_hold_every_call_once_while_calls_are_added(present: int, limit: int, added: list[int]) -> None:
    store, clock = MemoryStore(), FixedClock()
    client = TestClient(build_app(store, clock, require_token=False), base_url="http://localhost")
    for number in range(present):
        store.add_recording(make_recording(number), now=clock.now())
    seen: list[str] = []
    cursor, number, steps = "", present, iter(added)
    while True:
        page = client.get("/v1/calls", params={"limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        assert len(page["calls"]) <= limit
        seen += [call["id"] for call in page["calls"]]
        for _ in range(next(steps, 0)):
            number += 1
            store.add_recording(make_recording(1000 + number), now=clock.now())
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [make_recording(number).id for number in reversed(range(present))]


@given(st.integers(0, 10**18 - 1))
def test_cursors_can_be_read_back(sequence: int) -> None:
    assert decode_cursor(encode_cursor(sequence)) == sequence


@given(st.text(max_size=30))
def test_cursors_of_others_are_refused_or_numbers(text: str) -> None:
    with suppress(UsageError):
        assert decode_cursor(text) >= 0


def test_get_call_gives_the_document(api: Api) -> None:
    document = api.documents[1]
    answer = api.client("admin").get(f"/v1/calls/{document.recording.id}")
    assert answer.status_code == 200
    assert answer.json()["document"] == to_dict(document)
    assert answer.json()["call"]["version"] == 1


def test_get_call_again_with_its_etag_is_304_until_it_changes(api: Api) -> None:
    client, document = api.client(), api.documents[0]
    url = f"/v1/calls/{document.recording.id}"
    tag = client.get(url).headers["etag"]
    again = client.get(url, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    client.post(f"{url}/review")
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


def test_get_call_that_does_not_exist_is_404(api: Api) -> None:
    answer = api.client().get("/v1/calls/nothing")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found_error"
    assert "nothing" in answer.json()["detail"]


def test_event_is_explained_as_it_was_decided(api: Api) -> None:
    call = parse_sketch("A 0-4 我帮您看到这个月的账单 | B 3.2-9 我想问一下费用")
    events = build_timeline(call.speech, call.transcript, call.duration).events
    document = replace(make_document(make_recording(90)), events=events)
    api.store.save_document(document, severities={}, now=api.clock.now(), pass_mark=None)
    number = next(n for n, event in enumerate(events, 1) if event.kind == "interruption")
    url = f"/v1/calls/{document.recording.id}/events"
    answer = api.client().get(f"{url}/{number}/explanation").json()
    assert [(one["test"], one["value"], one["limit"]) for one in answer["reasons"][:2]] == [
        ("onset", 3.2, 1.0),
        ("overlap", 0.8, 0.5),
    ]
    assert "重叠 0.8 秒（≥ 0.5）" in answer["sentence"]
    assert "0.8 s" in api.client().get(f"{url}/{number}/explanation?lang=en").json()["sentence"]
    assert api.client().get(f"{url}/99/explanation").status_code == 404
    assert api.client().get(f"{url}/0/explanation").status_code == 422


def test_transcript_in_three_formats(api: Api) -> None:
    client, url = api.client(), f"/v1/calls/{api.documents[0].recording.id}/transcript"
    assert [one["text"] for one in client.get(url).json()["utterances"]] == ["您好欢迎致电", "我想查订单"]
    vtt = client.get(url, params={"format": "vtt"})
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    assert vtt.text.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n<v agent>您好欢迎致电\n")
    srt = client.get(url, params={"format": "srt"})
    assert srt.text.startswith("1\n00:00:01,000 --> 00:00:03,000\nagent: 您好欢迎致电\n\n2\n")
    assert client.get(url, params={"format": "doc"}).status_code == 422


def test_transcript_of_a_call_that_has_none_is_409(api: Api) -> None:
    recording = make_recording(9)
    api.store.add_recording(recording, now=api.clock.now())
    answer = api.client().get(f"/v1/calls/{recording.id}/transcript")
    assert answer.status_code == 409
    assert "is pending" in answer.json()["detail"]


def test_subtitles_escape_markup_and_show_what_was_not_understood() -> None:
    odd = make_utterance(Role.CUSTOMER, 3661.5, 3662.0, "1<2 & 3\n-->")
    lost = Utterance(Role.AGENT, 3663.0, 3664.0, "", status=UNINTELLIGIBLE)
    vtt = to_vtt([odd, lost])
    assert "01:01:01.500 --> 01:01:02.000\n<v customer>1&lt;2 &amp; 3 --&gt;\n" in vtt
    assert "<v agent>[unintelligible]" in vtt
    assert "customer: 1<2 & 3 -->" in to_srt([odd])


def test_agents_see_their_own_calls_only(api: Api) -> None:
    client = api.client("agent", agent_id="B2")
    own, other = api.documents[2].recording.id, api.documents[0].recording.id
    assert names(client.get("/v1/calls")) == "3"
    assert names(client.get("/v1/calls?agent=B2")) == "3"
    assert client.get("/v1/calls?agent=A1").status_code == 403
    assert client.get(f"/v1/calls/{own}").status_code == 200
    for path in ("", "/transcript", "/audio", "/review"):
        answer = client.get(f"/v1/calls/{other}{path}")
        assert answer.status_code == 404, path
        assert answer.json()["detail"] == f"there is no call {other}"


def test_a_call_moves_with_its_agent(api: Api) -> None:
    recording = make_recording(1, path=str(api.folder / "0001.wav"), agent_id="B2")
    api.store.save_document(make_document(recording), severities={}, now=api.clock.now())
    assert names(api.client("agent", agent_id="B2").get("/v1/calls")) == "31"


def test_versions_of_a_call_show_in_the_list(api: Api) -> None:
    api.add_call(1, notice=Verdict.NOT_MET)
    call = api.client().get("/v1/calls?q=0001").json()["calls"][0]
    assert (call["version"], call["flagged"]) == (2, True)
