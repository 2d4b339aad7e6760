"""Confirm, override, release: human and machine kept apart, and nobody writes over somebody else."""

from __future__ import annotations

from typing import Any

from api_app import Api
from starlette.testclient import TestClient

from asr_qa.core.finding import Verdict
from asr_qa.testing import make_recording


def url_of(api: Api, number: int = 2) -> str:
    return f"/v1/calls/{api.documents[number - 1].recording.id}/review"


def begun(api: Api, client: TestClient, number: int = 2) -> str:
    answer = client.post(url_of(api, number))
    assert answer.status_code == 200, answer.text
    return str(answer.headers["etag"])


def put(api: Api, client: TestClient, criterion: str, tag: str | None, **body: Any) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return client.put(f"{url_of(api)}/criteria/{criterion}", json=body, headers=headers)


def test_get_review_before_anybody_began(api: Api) -> None:
    answer = api.client("reviewer").get(url_of(api))
    assert answer.status_code == 200
    review = answer.json()
    assert (review["state"], review["revision"], review["reviewer"]) == (None, 0, None)
    assert review["open_criteria"] == ["empathy"]
    assert "etag" not in answer.headers


def test_override_stands_beside_the_machines_line(api: Api) -> None:
    client = api.client("reviewer")
    tag = begun(api, client)
    api.clock.advance(60)
    answer = put(
        api, client, "notice", tag, decision="override", verdict="met", cause="asr_error", comment="12 秒处说了"
    )
    assert answer.status_code == 200, answer.text
    review = answer.json()
    line = next(one for one in review["criteria"] if one["machine"]["id"] == "notice")
    assert (line["machine"]["verdict"], line["machine"]["points"]) == ("not_met", 0.0)
    assert (line["kind"], line["decision"]["verdict"], line["decision"]["points"]) == ("override", "met", 40.0)
    assert line["decision"]["cause"] == "asr_error"
    assert line["decision"]["decided_at"] == "2026-03-02T01:01:00Z"
    assert (review["machine_sheet"]["points"], review["human_sheet"]["points"]) == (50.0, 100.0)
    assert review["human_sheet_missing"] is None
    assert answer.headers["etag"] != tag
    stored = api.store.get_call(api.documents[1].recording.id)
    assert stored is not None
    assert stored.document == api.documents[1], "the machine's sheet is never changed"


def test_confirm_needs_no_cause(api: Api) -> None:
    client = api.client("reviewer")
    answer = put(api, client, "notice", begun(api, client), decision="confirm")
    line = next(one for one in answer.json()["criteria"] if one["machine"]["id"] == "notice")
    assert (line["kind"], line["decision"]["verdict"], line["decision"]["cause"]) == ("confirm", "not_met", None)


def test_deciding_an_open_criterion_needs_no_cause_and_takes_the_cards_points(api: Api) -> None:
    client = api.client("reviewer")
    answer = put(api, client, "empathy", begun(api, client), decision="override", verdict="not_met")
    review = answer.json()
    line = next(one for one in review["criteria"] if one["machine"]["id"] == "empathy")
    assert (line["kind"], line["decision"]["points"]) == ("assess", 8.0), "the lowest level of the card"
    assert review["open_criteria"] == []
    assert review["human_sheet"]["points"] == 48.0


def test_a_change_of_mind_is_added_to_the_history(api: Api) -> None:
    client = api.client("reviewer")
    first = put(api, client, "notice", begun(api, client), decision="override", verdict="met", cause="rule_gap")
    second = put(api, client, "notice", first.headers["etag"], decision="confirm", comment="还是没说")
    line = next(one for one in second.json()["criteria"] if one["machine"]["id"] == "notice")
    assert [one["verdict"] for one in line["history"]] == ["met", "not_met"]
    assert line["decision"]["comment"] == "还是没说"
    assert second.json()["human_sheet"]["points"] == 50.0


def test_a_masked_comment_that_comes_back_is_the_stored_one(api: Api) -> None:
    lead, reviewer = api.client(), api.client("reviewer")
    tag = begun(api, reviewer)
    written = "客户手机13800138005，12 秒处"
    first = put(api, reviewer, "notice", tag, decision="confirm", comment=written)
    shown = first.json()["criteria"][1]["decision"]["comment"]
    assert "13800138005" not in shown
    second = put(api, reviewer, "notice", first.headers["etag"], decision="confirm", comment="改")
    third = put(api, reviewer, "notice", second.headers["etag"], decision="confirm", comment=shown)
    fourth = put(api, reviewer, "notice", third.headers["etag"], decision="confirm", comment=f"已核对：{shown}，补充")
    other = put(api, reviewer, "greeting", fourth.headers["etag"], decision="confirm", comment=shown)
    assert (third.status_code, fourth.status_code, other.status_code) == (200, 200, 200)
    criteria = lead.get(url_of(api)).json()["criteria"]
    more = f"已核对：{written}，补充"
    assert [entry["comment"] for entry in criteria[1]["history"]] == [written, "改", written, more]
    assert criteria[0]["decision"]["comment"] == shown  # nothing of that criterion was shown so


def test_a_mask_in_other_words_does_not_uncover_what_it_hides(api: Api) -> None:
    lead, reviewer = api.client(), api.client("reviewer")
    tag = begun(api, reviewer)
    first = put(api, reviewer, "notice", tag, decision="confirm", comment="客户卡号6222021234567894")
    shown = first.json()["criteria"][1]["decision"]["comment"]
    sent = f"金额{shown.removeprefix('客户卡号')}元"
    assert sent == "金额" + "＊" * 16 + "元"
    second = put(api, reviewer, "notice", first.headers["etag"], decision="confirm", comment=sent)
    assert second.json()["criteria"][1]["decision"]["comment"] == sent
    assert lead.get(url_of(api)).json()["criteria"][1]["decision"]["comment"] == sent


SENSELESS: list[tuple[str, dict[str, Any], int, str]] = [
    ("notice", {"decision": "override", "verdict": "met"}, 422, "needs a cause"),
    ("notice", {"decision": "override"}, 422, "needs a verdict"),
    ("notice", {"decision": "override", "verdict": "met", "cause": "mood"}, 422, "cause"),
    ("notice", {"decision": "override", "verdict": "undetermined"}, 422, "verdict"),
    ("notice", {"decision": "override", "verdict": "not_met", "points": 41, "cause": "rule_gap"}, 422, "outside"),
    ("notice", {"decision": "override", "verdict": "not_met", "points": -1, "cause": "rule_gap"}, 422, "points"),
    ("notice", {"decision": "override", "verdict": "met", "cause": "other"}, 422, "needs a comment"),
    ("notice", {"decision": "confirm", "cause": "rule_gap"}, 422, "leave out verdict"),
    ("notice", {"decision": "shrug"}, 422, "decision"),
    ("notice", {"decision": "confirm", "coment": "x"}, 422, "coment"),
    ("notice", {"decision": "confirm", "comment": "a\x00b"}, 422, "comment"),
    ("notice", {"decision": "confirm", "comment": "x" * 2001}, 422, "comment"),
    ("empathy", {"decision": "confirm"}, 422, "nothing to confirm"),
    ("no_such", {"decision": "confirm"}, 404, "has no criterion no_such; it has greeting"),
]


def test_decisions_that_make_no_sense(api: Api) -> None:
    client = api.client("reviewer")
    tag = begun(api, client)
    for criterion, body, status, words in SENSELESS:
        answer = put(api, client, criterion, tag, **body)
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"], body
    assert client.get(url_of(api)).headers["etag"] == tag, "nothing was changed"


def test_a_decision_without_precondition_is_428(api: Api) -> None:
    client = api.client("reviewer")
    begun(api, client)
    answer = put(api, client, "notice", None, decision="confirm")
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


def test_a_decision_on_an_old_revision_is_412(api: Api) -> None:
    client = api.client("reviewer")
    tag = begun(api, client)
    assert put(api, client, "notice", tag, decision="confirm").status_code == 200
    for old in (tag, "W/" + tag, '"nonsense"'):
        answer = put(api, client, "greeting", old, decision="confirm")
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_revision_error")
    assert put(api, client, "greeting", "*", decision="confirm").status_code == 200


def test_a_decision_before_the_review_began_is_404(api: Api) -> None:
    answer = put(api, api.client("reviewer"), "notice", '"x"', decision="confirm")
    assert answer.status_code == 404
    assert "begin with POST" in answer.json()["detail"]


def test_two_reviewers_cannot_take_the_same_call(api: Api) -> None:
    first, second = api.client("reviewer"), api.client("trainer")
    tag = begun(api, first)
    taken = second.post(url_of(api))
    assert taken.status_code == 409
    assert "reviewer-0 is reviewing" in taken.json()["detail"]
    assert put(api, second, "notice", tag, decision="confirm").status_code == 409
    assert first.post(url_of(api)).headers["etag"] == tag, "going on with one's own changes nothing"
    assert put(api, api.client("lead"), "notice", tag, decision="confirm").status_code == 200


def test_release_and_reopen(api: Api) -> None:
    reviewer, lead = api.client("reviewer"), api.client("lead")
    tag = begun(api, reviewer)
    assert reviewer.post(f"{url_of(api)}/release").status_code == 428
    released = reviewer.post(f"{url_of(api)}/release", headers={"If-Match": tag})
    assert released.json()["state"] == "released"
    tag = released.headers["etag"]
    assert put(api, reviewer, "notice", tag, decision="confirm").status_code == 409
    assert reviewer.post(f"{url_of(api)}/release", headers={"If-Match": tag}).status_code == 409
    assert reviewer.post(f"{url_of(api)}/reopen", headers={"If-Match": tag}).status_code == 403
    reopened = lead.post(f"{url_of(api)}/reopen", headers={"If-Match": tag})
    assert (reopened.json()["state"], reopened.json()["reviewer"]) == ("open", "reviewer-0")


def test_agents_read_their_review_once_it_is_released(api: Api) -> None:
    reviewer, agent = api.client("reviewer"), api.client("agent", agent_id="A1")
    tag = begun(api, reviewer)
    assert agent.get(url_of(api)).status_code == 404
    reviewer.post(f"{url_of(api)}/release", headers={"If-Match": tag})
    assert agent.get(url_of(api)).json()["state"] == "released"
    assert agent.post(url_of(api)).status_code == 403
    assert put(api, agent, "notice", tag, decision="confirm").status_code == 403


def test_a_new_version_is_reviewed_anew_and_the_old_review_stays(api: Api) -> None:
    client = api.client("reviewer")
    put(api, client, "notice", begun(api, client), decision="confirm")
    api.add_call(2, notice=Verdict.MET)
    view = client.get(url_of(api)).json()
    assert (view["version"], view["state"]) == (2, None)
    begun(api, client)
    kept = api.store.reviews(api.documents[1].recording.id)
    assert [(one.version, len(one.entries)) for one in kept] == [(1, 1), (2, 0)]


def test_review_of_a_call_without_sheet_is_409(api: Api) -> None:
    recording = make_recording(9)
    api.store.add_recording(recording, now=api.clock.now())
    answer = api.client().post(f"/v1/calls/{recording.id}/review")
    assert answer.status_code == 409
    assert "no score sheet" in answer.json()["detail"]


def test_without_the_card_there_is_no_human_sheet_but_decisions_are_kept(api: Api) -> None:
    api.app.state.context.scorecards.clear()
    client = api.client("reviewer")
    answer = put(api, client, "notice", begun(api, client), decision="override", verdict="met", cause="rule_gap")
    assert answer.status_code == 200
    assert answer.json()["human_sheet"] is None
    assert "scorecard inbound@1 is not among those of the rules" in answer.json()["human_sheet_missing"]
