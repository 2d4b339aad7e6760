"""Examples for the OpenAPI description: every answer and every error of every operation shows one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from asr_qa.api.problems import MEDIA_TYPE, TYPE, Problem

Responses = dict[int | str, dict[str, Any]]

CALL: dict[str, Any] = {
    "id": "3f9a1c0d5b7e8f21",
    "path": "2026-03-02_A1024_0815.wav",
    "state": "done",
    "registered_at": "2026-03-03T00:10:00Z",
    "happened_at": "2026-03-02T00:15:30Z",
    "duration": 83.4,
    "started_at": "2026-03-02T08:15:30+08:00",
    "direction": "inbound",
    "queue": "orders",
    "agent_id": "A1024",
    "team": "north",
    "customer_id": None,
    "case_id": "T-5521",
    "attempts": 1,
    "failure_code": None,
    "failure_reason": None,
    "version": 1,
    "scorecard": "inbound@1",
    "points": 71.5,
    "max_points": 100.0,
    "fatal": False,
    "flagged": True,
    "flag_reason": "major_not_met",
    "review_state": None,
    "reviewed_version": None,
}
CALLS = {"calls": [CALL], "next_cursor": "djE6NDI"}

_LINE = {
    "id": "recording_notice",
    "points": 0.0,
    "max_points": 5.0,
    "verdict": "not_met",
    "source": "auto",
    "finding_ids": ["COMP-003"],
}
SHEET: dict[str, Any] = {
    "scorecard": "inbound",
    "version": "1",
    "points": 71.5,
    "max_points": 100.0,
    "assessed_share": 0.92,
    "fatal": False,
    "sections": [{"id": "compliance", "points": 15.0, "max_points": 20.0}],
    "criteria": [_LINE],
    "band": None,
}
_NONE = {"agent": 0.0, "customer": 0.0}
DOCUMENT: dict[str, Any] = {
    "schema_version": 1,
    "recording": {
        "id": CALL["id"],
        "path": CALL["path"],
        "sha256": "3f9a1c0d5b7e8f21c6d80b9a4e7f60d1a2b3c4d5e6f708192a3b4c5d6e7f8091",
        "duration": 83.4,
        "sample_rate": 8000,
        "channels": 2,
        "role_by_channel": ["agent", "customer"],
        "started_at": CALL["started_at"],
        "direction": "inbound",
        "queue": "orders",
        "agent_id": "A1024",
        "team": "north",
        "customer_id": None,
        "case_id": "T-5521",
        "ring_seconds": 6.0,
        "metadata": {"language": "zh"},
    },
    "models": {
        "asr": "faster-whisper base int8 beam=5",
        "vad": "webrtc",
        "diarization": None,
        "ruleset_digest": "9b1d…",
        "scorecard": "inbound@1",
        "version": "0.1.0",
    },
    "utterances": [
        {
            "role": "agent",
            "start": 1.2,
            "end": 3.4,
            "text": "您好欢迎致电",
            "raw_text": "您好，欢迎致电",
            "confidence": 0.93,
            "status": "heard",
            "words": [{"text": "您好", "start": 1.2, "end": 1.8, "confidence": 0.97}],
        }
    ],
    "events": [
        {
            "kind": "dead_air",
            "start": 30.1,
            "end": 37.9,
            "by": None,
            "definition": "dead_air(min=5.0,serious=15.0)",
            "waived_by": None,
            "level": "plain",
            "reasons": [
                {"test": "length", "holds": True, "value": 7.8, "relation": ">=", "limit": 5.0, "text": ""},
            ],
        }
    ],
    "metrics": {
        "duration": 83.4,
        "speech_seconds": {"agent": 34.0, "customer": 22.5},
        "talk_ratio": 0.6018,
        "silence_seconds": 12.3,
        "silence_share": 0.15,
        "longest_silence": 7.8,
        "dead_air_seconds": 7.8,
        "dead_air_count": 1,
        "hold_seconds": 0.0,
        "ivr_seconds": 0.0,
        "overlap_seconds": 0.6,
        "interruptions": _NONE,
        "talk_overs": _NONE,
        "backchannels": {"agent": 3.0, "customer": 1.0},
        "response_latency": {"median": 0.8, "worst": 2.1},
        "first_response": 1.2,
        "characters_per_minute": {"agent": 236.0, "customer": 201.0},
        "longest_monologue": {"agent": 12.0, "customer": 9.5},
        "turns": {"agent": 8.0, "customer": 7.0},
    },
    "findings": [
        {
            "rule_id": "COMP-003",
            "rule_version": "51c2…",
            "verdict": "not_met",
            "confidence": 0.9,
            "evidence": [{"role": "agent", "start": 0.0, "end": 30.0, "text": "", "match": "exact"}],
            "trace": None,
        }
    ],
    "score_sheet": SHEET,
    "warnings": [],
}
CALL_ANSWER = {"call": CALL, "document": DOCUMENT}
TRANSCRIPT = {"id": CALL["id"], "utterances": DOCUMENT["utterances"]}
VTT = "WEBVTT\n\n00:00:01.200 --> 00:00:03.400\n<v agent>您好欢迎致电\n"

_DECISION = {
    "verdict": "met",
    "points": 5.0,
    "cause": "asr_error",
    "comment": "12 秒处已告知录音",
    "reviewer": "li.na",
    "decided_at": "2026-03-03T01:30:00Z",
}
DECISION_IN = {
    "override": {
        "summary": "The machine was wrong",
        "value": {"decision": "override", "verdict": "met", "cause": "asr_error", "comment": "12 秒处已告知录音"},
    },
    "confirm": {"summary": "The machine was right", "value": {"decision": "confirm"}},
    "partly": {
        "summary": "Some of the points",
        "value": {"decision": "override", "verdict": "not_met", "points": 2, "cause": "rule_too_wide"},
    },
}
REVIEW: dict[str, Any] = {
    "call_id": CALL["id"],
    "version": 1,
    "state": "open",
    "reviewed_version": 1,
    "reviewer": "li.na",
    "revision": 2,
    "started_at": "2026-03-03T01:28:00Z",
    "changed_at": "2026-03-03T01:30:00Z",
    "criteria": [{"machine": _LINE, "decision": _DECISION, "kind": "override", "history": [_DECISION]}],
    "open_criteria": [],
    "machine_sheet": SHEET,
    "human_sheet": SHEET | {"points": 76.5, "criteria": [_LINE | {"points": 5.0, "verdict": "met"}]},
    "human_sheet_missing": None,
}
RULES = {
    "digest": "9b1d…",
    "rules": [
        {
            "id": "COMP-003",
            "name": "compliance.recording_notice",
            "title": {"zh": "开场告知录音", "en": "Recording notice at the start"},
            "severity": "major",
            "error_class": "compliance",
            "status": "stable",
            "polarity": "require",
            "pack": "compliance",
            "rationale": "监管要求告知",
            "false_positives": ["语音菜单里已经播报"],
            "assisted": False,
            "version": "51c2…",
        }
    ],
}
DEFINITIONS = {
    "options": {"dead_air_min": 5.0, "dead_air_serious": 15.0},
    "definitions": [
        {
            "id": "dead_air",
            "definition": "dead_air(min=5.0,serious=15.0)",
            "text": {"zh": "冷场…", "en": "Each piece of a silence that is left when holds are taken out."},
        }
    ],
    "figures": {"dead_air_seconds": "dead_air", "dead_air_count": "dead_air"},
}
REPORT = {
    "by": ["rule", "agent"],
    "since": "2026-03-01T00:00:00Z",
    "until": None,
    "calls": 240,
    "patterns": [
        {
            "group": {"rule": "COMP-003", "agent": "A1024"},
            "title": "开场告知录音",
            "calls": 9,
            "assessed": 31,
            "hits": 9,
            "rate": 0.290323,
            "low": 0.161,
            "high": 0.466,
            "ranked": True,
            "recordings": [CALL["id"]],
        }
    ],
}
REPORT_CSV = (
    "规则,坐席,标题,出错通话,评估通话,错误率,下限,上限,次数,可排名\r\n"
    "COMP-003,A1024,开场告知录音,9,31,0.2903,0.1610,0.4660,9,是\r\n"
)
HEALTH = {"status": "ok", "version": "0.1.0"}

_PROBLEMS = {
    401: ("unauthorized", "this needs a token: send it as Authorization: Bearer TOKEN"),
    403: ("permission_denied_error", "desk (agent) may not do this: it needs reports:read"),
    404: ("not_found_error", "there is no call 3f9a1c0d5b7e8f21"),
    409: ("conflict_error", "wang.lei is reviewing call 3f9a1c0d5b7e8f21; take another one, or ask a lead"),
    412: ("stale_revision_error", "the review was changed meanwhile (revision 3, not 2); read it again and repeat"),
    413: ("body_too_large", "the body of a request may have 1048576 bytes"),
    416: ("range_not_satisfiable", "the range bytes=9000000- lies outside the file of 1334444 bytes"),
    422: ("usage_error", "criterion recording_notice: an override needs a cause, one of asr_error, rule_gap"),
    428: ("precondition_required", "send the ETag of the review as If-Match"),
    500: ("internal_error", "something went wrong inside; the server's log has the details under this request id"),
    503: ("storage_error", "the database does not answer; try again in a moment"),
}


def answers(success: Responses, *statuses: int, path: str = "/v1/calls/3f9a1c0d5b7e8f21") -> Responses:
    """The successful answers of an operation and its problems; every one can fail inside."""
    problems: Responses = {status: _problem(status, path) for status in (*statuses, 500, 503)}
    return success | problems


def example(value: Any, description: str, *, media: str = "application/json", status: int = 200) -> Responses:
    """A successful answer with an example."""
    return {status: {"description": description, "content": {media: {"example": value}}}}


def _problem(status: int, path: str) -> dict[str, Any]:
    code, detail = _PROBLEMS[status]
    value = Problem(
        type=TYPE + code,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=path,
        code=code,
        request_id="5d41402abc4b2a76",
    )
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": value.model_dump()}
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: content}}
