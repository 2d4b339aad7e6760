"""Laws that hold for any call."""

from __future__ import annotations

import itertools
import random
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from said_calls import ROLES, build, lay_out

from asr_qa.core.metrics import measure
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, total, union
from asr_qa.core.timeline import Event, TimingOptions
from asr_qa.core.transcript import Transcript, Utterance, spread

# Texts without an announcement: an excuse is the one thing that only the agent can say.
TEXTS = st.sampled_from(["嗯", "好的", "对对对", "没错来", "我要投诉", "您的账单是多少", "", "那个这个"])
# One said thing: role, pause before it and length in twentieths of a second, text.
# What only the agent can be late with.
OF_AGENT = ("response_latency", "first_response")
SAID = st.tuples(st.sampled_from(ROLES), st.integers(-30, 160), st.integers(1, 160), TEXTS)
CALLS = st.lists(SAID, max_size=25).map(lambda said: lay_out(said))


def scaled_options(factor: float) -> TimingOptions:
    given = {
        field.name: getattr(TimingOptions(), field.name) * factor
        for field in fields(TimingOptions)
        if isinstance(getattr(TimingOptions(), field.name), float)
    }
    return TimingOptions(**given)


def shape(events: tuple[Event, ...], shift: float = 0.0) -> list[tuple[object, ...]]:
    """Events that both parties may have, as comparable values to the millisecond."""
    rows = [
        (e.kind, round(e.start + shift, 3), round(e.end + shift, 3), e.by, e.waived_by)
        for e in events
        if e.kind not in OF_AGENT
    ]
    return sorted(rows, key=repr)


def swapped(utterances: tuple[Utterance, ...]) -> tuple[Utterance, ...]:
    return tuple(replace(u, role=u.role.opposite) for u in utterances)


def moved(utterances: tuple[Utterance, ...], seconds: float) -> tuple[Utterance, ...]:
    return tuple(
        replace(
            u,
            start=u.start + seconds,
            end=u.end + seconds,
            words=tuple(replace(w, start=w.start + seconds, end=w.end + seconds) for w in u.words),
        )
        for u in utterances
    )


@given(CALLS)
def test_speech_and_pauses_fill_the_span(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    spoken = union(*call.speech.values())
    if not spoken:
        return
    pauses = [b.start - a.end for a, b in itertools.pairwise(spoken)]
    silences = [event.segment.duration for event in call.of("silence")]
    assert total(spoken) + sum(pauses) == pytest.approx((spoken[0] | spoken[-1]).duration)
    assert silences == pytest.approx([pause for pause in pauses if pause >= 2 - 1e-6])


@given(CALLS)
def test_speech_is_a_turn_or_a_backchannel(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    for role in ROLES:
        floor = sum(total(turn.speech) for turn in call.turns_of(role))
        murmurs = [event.segment for event in call.of("backchannel", role)]
        assert floor <= total(call.speech[role]) + 1e-6
        assert floor + total(murmurs) >= total(call.speech[role]) - 1e-6


@given(CALLS)
def test_swapped_roles_swap_directions(utterances: tuple[Utterance, ...]) -> None:
    there = [replace(event, by=event.by and event.by.opposite) for event in build(utterances).events]
    assert shape(tuple(there)) == shape(build(swapped(utterances)).events)


@given(CALLS, st.integers(1, 5000))
def test_shifted_time_shifts_events(utterances: tuple[Utterance, ...], seconds: int) -> None:
    assert shape(build(utterances).events, seconds) == shape(build(moved(utterances, seconds)).events)


@given(CALLS, st.integers(1, 5000))
def test_shifted_time_shifts_answers(utterances: tuple[Utterance, ...], seconds: int) -> None:
    there, here = build(utterances), build(moved(utterances, seconds))
    shifted = [(round(e.start + seconds, 3), round(e.end + seconds, 3)) for e in there.of("response_latency")]
    assert [(round(e.start, 3), round(e.end, 3)) for e in here.of("response_latency")] == shifted
    assert [e.end for e in here.of("first_response")] == pytest.approx(
        [e.end + seconds for e in there.of("first_response")]
    )


@given(CALLS, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_scaled_time_with_scaled_limits_scales_events(utterances: tuple[Utterance, ...], factor: float) -> None:
    # Powers of two are exact. Reach of words, slack of excuses and the 0.1 s of going on do not scale, so no words, and
    # only what does not rest on them.
    wordless = tuple(replace(u, words=()) for u in utterances)
    scaled = tuple(replace(u, start=u.start * factor, end=u.end * factor) for u in wordless)
    kinds = ("silence", "dead_air")
    there = [(e.kind, e.start * factor, e.end * factor) for e in build(wordless).events if e.kind in kinds]
    found = build(scaled, scaled_options(factor)).events
    assert [(e.kind, e.start, e.end) for e in found if e.kind in kinds] == there


@given(CALLS, st.sampled_from([0.5, 2.0, 10.0]))
def test_a_scaled_limit_changes_its_own_events_only(utterances: tuple[Utterance, ...], factor: float) -> None:
    # A longer dead_air_min leaves every other kind as it was, and drops events but adds none.
    there = build(utterances)
    here = build(utterances, TimingOptions(dead_air_min=5 * factor))
    kept = [e for e in there.events if e.kind not in ("dead_air", "response_latency")]
    assert kept == [e for e in here.events if e.kind not in ("dead_air", "response_latency")]
    longer, shorter = (there, here) if factor < 1 else (here, there)
    assert {(e.start, e.end) for e in longer.of("dead_air")} <= {(e.start, e.end) for e in shorter.of("dead_air")}


@given(CALLS)
def test_same_call_gives_same_timeline(utterances: tuple[Utterance, ...]) -> None:
    assert build(utterances) == build(utterances)


@given(CALLS)
def test_reasons_speak_for_their_event(utterances: tuple[Utterance, ...]) -> None:
    for event in build(utterances).events:
        failed = {reason.test for reason in event.reasons if not reason.holds}
        allowed = {
            "talk_over": {"yield", "goes_on"},
            "dead_air": {"serious", "excuse", "excuse_lead", "excuse_max"},
        }.get(event.kind, set())
        assert failed <= allowed, event
        assert event.reasons
        assert bool(failed) == (event.kind in ("talk_over", "dead_air")) or event.kind == "dead_air"


@given(CALLS, st.integers(0, 20_000), st.integers(1, 8), st.sampled_from(ROLES))
def test_an_acknowledgement_anywhere_never_adds_an_interruption_by_its_speaker(
    utterances: tuple[Utterance, ...], at: int, length: int, role: Role
) -> None:
    # Wherever it falls, 嗯 that keeps away from its speaker's own speech interrupts nobody.
    end = max((u.end for u in utterances), default=0.0) + 5
    start = at / 1000 * end / 20
    murmur = Segment(start, start + length / 20)
    if any(u.role is role and u.start < murmur.end + 1 and murmur.start - 1 < u.end for u in utterances):
        return
    added = Utterance(role, murmur.start, murmur.end, "嗯", words=spread("嗯", murmur))
    before, after = build(utterances), build((*utterances, added))
    for kind in ("interruption", "talk_over"):
        assert len(after.of(kind, role)) <= len(before.of(kind, role))


@given(CALLS, st.randoms(use_true_random=False))
def test_order_of_utterances_does_not_matter(utterances: tuple[Utterance, ...], rng: random.Random) -> None:
    shuffled = list(utterances)
    rng.shuffle(shuffled)
    assert build(utterances) == build(tuple(shuffled))


@given(CALLS, CALLS, st.integers(20, 70), st.sampled_from(ROLES), st.sampled_from(["嗯", "对对", "好的"]))
def test_an_added_backchannel_changes_nothing_else(
    first: tuple[Utterance, ...], then: tuple[Utterance, ...], at: int, role: Role, text: str
) -> None:
    # before ... 3 s | other  ########## 5 s | 3 s ... after
    #                | role   ...m......     |
    start = max((u.end for u in first), default=0.0) + 3
    long = Utterance(role.opposite, start, start + 5, "您的账单这个月一共是", words=())
    call = (*first, long, *moved(then, start + 8))
    murmur = Segment(start + at / 20, start + at / 20 + 0.4)
    added = Utterance(role, murmur.start, murmur.end, text, words=spread(text, murmur))
    expected = [*shape(build(call).events), ("backchannel", round(murmur.start, 3), round(murmur.end, 3), role, None)]
    assert shape(build((*call, added)).events) == sorted(expected, key=repr)


@given(CALLS)
def test_events_are_sorted_and_lie_in_the_call(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    keys = [(event.start, event.kind) for event in call.events]
    assert keys == sorted(keys)
    assert all(0 <= event.start <= event.end <= call.duration for event in call.events)
    assert list(call.turns) == sorted(call.turns, key=lambda turn: turn.start)


@given(CALLS)
def test_turns_of_one_role_never_overlap(utterances: tuple[Utterance, ...]) -> None:
    for role in ROLES:
        own = build(utterances).turns_of(role)
        assert all(a.end < b.start for a, b in itertools.pairwise(own))


@given(CALLS)
def test_dead_air_lies_in_silence_and_cut_ins_in_overlap(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    silences, common = call.of("silence"), call.of("overlap")
    for dead in call.of("dead_air"):
        assert any(silence.segment & dead.segment == dead.segment for silence in silences)
    for cut in (*call.of("interruption"), *call.of("talk_over")):
        assert any(cut.start <= overlap.start + 1e-6 and overlap.end <= cut.end + 1e-6 for overlap in common)


@given(CALLS)
def test_metrics_add_up(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    found = measure(call, Transcript(utterances))
    spoken = [seconds for seconds in (found.speech_seconds.agent, found.speech_seconds.customer) if seconds is not None]
    assert sum(spoken) == pytest.approx(sum(total(track) for track in call.speech.values()))
    assert found.silence_share is None or 0 <= found.silence_share <= 1
    assert found.talk_ratio is None or 0 <= found.talk_ratio <= 1
    median, worst = found.response_latency.median, found.response_latency.worst
    assert (median is None) == (worst is None)
    assert median is None or worst is None or 0 <= median <= worst
