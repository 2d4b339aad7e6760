"""No number that is said in a call is in anything that leaves the store masked: neither in digits nor as spoken."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_shell import SAMPLES, Result, Shell, scrub
from starlette.testclient import TestClient

from asr_qa.bootstrap import Rules, SystemClock, connect, load_rules, load_scorecards
from asr_qa.cli.app import run
from asr_qa.config import Settings, shipped
from asr_qa.core.digits import canonical
from asr_qa.core.document import CallDocument
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.pipeline.store import CallFilters
from asr_qa.pipeline.tokens import issue_token
from asr_qa.render.html import ReportCall, no_audio, render_report
from asr_qa.server import create_app

SAID = (
    "您好，欢迎致电华信宽带，本次通话将被录音。",
    "我的卡号是六二二二，零二零九，八零五三，一七四零",
    "请问您的手机号是多少？",
    "一三八",
    "嗯",
    "零零一三",
    "嗯嗯",
    "您说",
    "八零零五",
    "跟您核对一下，13800138005，尾号八零零五，对吗？",
    "身份证号是11010519491231002X",
    "好的，卡号末四位1740。",
    "受激好 激发流发迹90436",
)
"""One for each turn of the sample whose sound is used."""
NUMBERS = ("13800138005", "11010519491231002X", "622202098053174", "90436")
LEAK = 5
"""Digits in a row of a number that tell something of it."""
SPOKEN = ("一三八", "零零一三", "八零零五", "六二二二", "零二零九", "八零五三", "一七四零", "激发流发迹", "1740")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a call in which numbers are read out, processed with --redact."""
    folder = tmp_path_factory.mktemp("leaks")
    with pytest.MonkeyPatch.context() as patch:
        scrub(patch, folder)
        (folder / "calls").mkdir()
        (folder / "replay").mkdir()
        shutil.copy(SAMPLES / "good-billing.wav", folder / "calls" / "call.wav")
        truth = json.loads((SAMPLES / "good-billing.truth.json").read_text(encoding="utf-8"))
        for turn, text in zip(truth["turns"], SAID, strict=True):
            turn["text"] = text
        (folder / "replay" / "call.json").write_text(json.dumps(truth), encoding="utf-8")
        patch.setenv("ASR_QA_ASR__REPLAY_DIR", str(folder / "replay"))
        assert run(["process", "calls", "--redact", "--out", "out"]) == 0
        yield folder


@pytest.fixture
def shell(home: Path, capfd: pytest.CaptureFixture[str]) -> Shell:
    """Runs a command; what it says is what the process writes, logs included."""

    def call(*arguments: object) -> Result:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Result(code, said.out, said.err)

    return call


def leaks(text: str) -> list[str]:
    """What of the numbers is in a text, with or without signs between the digits."""
    plain = re.sub(r"[0-9]+\.[0-9]+", "#", canonical(text))  # seconds and points
    plain = re.sub(r"(?<=[0-9X])[ ,，、-]+(?=[0-9X])", "", plain)
    parts = {number[at : at + LEAK] for number in NUMBERS for at in range(len(number) - LEAK + 1)}
    # Digits in the ids and digests of a document are no part of what was said.
    plain = re.sub(r"\b[0-9a-fA-F]{12,}\b", lambda match: match[0] if match[0].isdecimal() else "#", plain)
    return [part for part in sorted(parts) if part in plain] + [part for part in SPOKEN if part in text]


def document_of(home: Path) -> CallDocument:
    """The call as it is stored."""
    store = connect(Settings())
    try:
        (row,) = store.list_calls(CallFilters(), limit=2).calls
        call = store.get_call(row.id)
        assert call is not None
        assert call.document is not None
        return call.document
    finally:
        store.close()


def test_the_check_finds_what_is_there(home: Path) -> None:
    found = leaks(to_json(document_of(home)))
    assert {"13800", "49123", "90436", *SPOKEN} <= set(found)


def test_documents_that_are_written(home: Path) -> None:
    written = [path for path in (home / "out").rglob("*") if path.is_file()]
    assert [path.name for path in written] == ["call.json"]
    text = written[0].read_text(encoding="utf-8")
    assert leaks(text) == []
    assert "＊" in text
    assert from_json(text).score_sheet is not None


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "calls/call.wav", "--event", 1),
        ("explain", "calls/call.wav", "--event", 2, "--json"),
        ("report", "errors", "--by", "rule,agent", "--format", "csv"),
        ("rescore", "--json"),
        ("rules", "backtest", "--against", "changed", "--examples", 100, "--json", "--html", "backtest.html"),
    ],
)
def test_what_commands_say(
    home: Path, shell: Shell, command: tuple[object, ...], caplog: pytest.LogCaptureFixture
) -> None:
    changed = home / "changed"
    if "changed" in command and not changed.exists():
        shutil.copytree(shipped("rules"), changed)
        for path in changed.rglob("*.yml"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("severity: minor", "severity: major"), encoding="utf-8")
    with caplog.at_level(logging.DEBUG):
        result = shell(*command)
    assert (result.code, leaks(result.out + result.err + caplog.text)) == (0, [])
    pages = list(home.glob("*.html"))
    assert len(pages) == ("--html" in command)
    for page in pages:
        assert leaks(page.read_text(encoding="utf-8")) == []


@pytest.fixture(scope="module")
def rules(home: Path) -> Rules:
    """The shipped rules, read once for all."""
    return load_rules(Settings())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report(home: Path, rules: Rules, lang: str) -> None:
    page = render_report(
        [ReportCall(document=document_of(home))],
        ruleset=rules.ruleset,
        scorecard=rules.scorecard,
        title="x",
        generated_at=SystemClock().now(),
        audio=no_audio,
        lang=lang,  # type: ignore[arg-type]
    )
    assert "＊" in page
    assert leaks(page) == []


@pytest.fixture
def client(home: Path, rules: Rules) -> Iterator[TestClient]:
    """A reviewer, who may not see what is private; with a decision whose comment tells the number."""
    settings = Settings()
    store = connect(settings)
    cards = load_scorecards(settings, rules)
    app = create_app(store=store, clock=SystemClock(), ruleset=rules.ruleset, scorecards=cards)
    token, _ = issue_token(store, f"reviewer-{len(list(store.tokens()))}", role="reviewer", now=SystemClock().now())
    yield TestClient(app, base_url="http://localhost", headers={"Authorization": f"Bearer {token}"})
    store.close()


def test_answers_of_the_api(home: Path, client: TestClient) -> None:
    call = document_of(home).recording.id
    review = client.post(f"/v1/calls/{call}/review")
    assert review.status_code == 200
    criterion = review.json()["criteria"][0]["machine"]["id"]
    comment = "客户手机13800138005，尾号八零零五，另有座机零二一六五五二九九八八，12 秒处"
    decided = client.put(
        f"/v1/calls/{call}/review/criteria/{criterion}",
        headers={"If-Match": review.headers["ETag"]},
        json={"decision": "confirm", "comment": comment},
    )
    assert decided.status_code == 200
    assert "＊，12 秒处" in decided.json()["criteria"][0]["decision"]["comment"]
    asked = 0
    for path, methods in client.get("/v1/openapi.json").json()["paths"].items():
        if "get" not in methods or path.endswith("/audio"):
            continue
        for query in ("", "?format=vtt", "?format=srt", "?lang=en"):
            url = path.replace("{call_id}", call).replace("{number}", "1").replace("{rule_id}", "COMP-003")
            answer = client.get(url + query)
            asked += answer.status_code == 200
            assert leaks(answer.text) == [], url + query
    assert leaks(decided.text) == []
    assert "六五五二" not in decided.text
    assert asked > 10
