"""Every kind of event against its published definition, said again in the plainest way: all pairs, no shortcuts."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from math import inf
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from said_calls import ROLES, build, lay_out

from asr_qa.core.metrics import measure
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, gaps, total, union
from asr_qa.core.timeline import CallTimeline, TimingOptions, Turn
from asr_qa.core.transcript import Transcript, Utterance, Word, spread
from asr_qa.core.turns import assign

SLACK = 1e-6
OPTIONS = TimingOptions()
TEXTS = st.sampled_from(["嗯", "好的", "对对对", "我要投诉", "您的账单是多少", "", "好的请稍等", "那个这个"])
SAID = st.tuples(st.sampled_from(ROLES), st.integers(-60, 160), st.integers(1, 160), TEXTS)


CALLS = st.lists(SAID, min_size=1, max_size=20).map(lay_out)
HOLDS = st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 400)), max_size=3).map(
    lambda rows: union(Segment(start / 20, (start + length) / 20) for start, length in rows)
)


def together(one: Turn, other: Turn) -> list[Segment]:
    return [common for a, b in itertools.product(one.speech, other.speech) if (common := a & b)]


def words_of(turn: Turn, utterances: tuple[Utterance, ...], call: CallTimeline) -> str:
    words = sorted(
        (word for said in utterances if said.role is turn.role for word in said.words),
        key=lambda word: (word.start, word.end, word.text),
    )
    return "".join(word.text for word in words if nearest(call, turn.role, middle(word)) is turn)


def nearest(call: CallTimeline, role: Role, time: float) -> Turn | None:
    """The turn whose speech is nearest to a moment, no farther than 0.5 s; None where a back-channel is nearer."""
    spoken = [(away(part, time), part, turn) for turn in call.turns_of(role) for part in turn.speech]
    murmured = [(away(event.segment, time), event.segment, None) for event in call.of("backchannel", role)]
    distance, _, found = min([*spoken, *murmured], key=lambda row: (row[0], -row[1].start))
    return found if distance <= 0.5 else None


def middle(word: Word) -> float:
    return (word.start + word.end) / 2


def away(segment: Segment, time: float) -> float:
    return max(segment.start - time, time - segment.end, 0.0)


@given(CALLS)
def test_cutting_in_is_what_the_definition_says(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    wanted = set()
    for held, cut in itertools.permutations(call.turns, 2):
        common = total(together(held, cut)) if held.role is not cut.role else 0.0
        onset = cut.start - held.start
        if onset < 1.0 - SLACK or common < 0.5 - SLACK:
            continue
        if any((said := words_of(turn, utterances, call)) and acknowledged(said) for turn in (cut, held)):
            continue
        stops = held.end - cut.start <= 2.0 + SLACK and cut.end > held.end + SLACK
        kind = "interruption" if stops else "talk_over"
        wanted.add((kind, cut.start, min(held.end, cut.end), cut.role))
    found = [(e.kind, e.start, e.end, e.by) for kind in ("interruption", "talk_over") for e in call.of(kind)]
    assert set(found) == wanted
    assert len(found) == len(wanted)


def acknowledged(text: str) -> bool:
    """Whether a text of TEXTS (or several of them) is nothing but 嗯, 好的 and 对, none said within another."""
    return re.fullmatch("(嗯|好的|对)+", text) is not None


@given(CALLS)
def test_overlap_is_what_the_definition_says(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    wanted, seconds = [], 0.0
    for one, other in itertools.combinations(call.turns, 2):
        common = together(one, other) if one.role is not other.role else []
        if total(common) >= 0.2 - SLACK:
            wanted.append((common[0].start, max(part.end for part in common)))
            seconds += total(common)
    assert sorted((e.start, e.end) for e in call.of("overlap")) == sorted(wanted)
    figures = measure(call, Transcript(utterances))
    if figures.overlap_seconds is not None:
        assert figures.overlap_seconds == pytest.approx(seconds)
        spoken = [total(call.speech[role]) for role in ROLES]
        assert figures.overlap_seconds <= min(spoken) + SLACK


@given(CALLS, HOLDS)
def test_silence_is_dead_air_hold_or_too_short(utterances: tuple[Utterance, ...], holds: Track) -> None:
    call = build(utterances, holds=holds)
    long = tuple(hold for hold in holds if hold.duration >= 3.0 - SLACK)
    first = min((track[0].start for role, track in call.speech.items() if role is Role.AGENT and track), default=inf)
    waited = [hold for hold in long if hold.end <= first]
    assert [e.segment for e in call.of("hold")] == [hold for hold in long if hold not in waited]
    assert [hold for hold in call.unanswered if hold in long] == waited
    spoken = union(*call.speech.values())
    assume(spoken)
    quiet = [s for s in gaps(spoken, spoken[0] | spoken[-1]) if s.duration >= 2.0 - SLACK]
    assert [e.segment for e in call.of("silence")] == quiet
    dead = [e.segment for e in call.of("dead_air")]
    assert all(not (piece & hold) for piece in dead for hold in long)
    # Before the agent's first word it is waiting to be answered: see the definition of ivr.
    answered = min((turn.start for turn in call.turns_of(Role.AGENT)), default=inf)
    for silence in (s for s in quiet if s.start >= answered):
        inside = [piece for piece in dead if piece & silence]
        assert all(silence.start <= piece.start and piece.end <= silence.end for piece in inside)
        # What is neither hold nor dead air are pieces below 5 s, also where an excuse wears off after 60 s.
        left = gaps(union(inside, (hold & silence for hold in long)), silence)
        assert all(piece.duration < 5.0 - SLACK for piece in left)
    for event in call.of("dead_air"):
        assert event.segment.duration >= 5.0 - SLACK
        level = "excused" if event.waived_by else "serious" if event.segment.duration >= 15.0 - SLACK else "plain"
        assert event.level == level


def clause_end(spoken: Utterance, utterances: tuple[Utterance, ...]) -> float:
    """When the clause that ends an utterance ends: at a pause of 0.3 s, ten words on at most."""
    end = spoken.words[-1].end
    after = sorted(
        (word for u in utterances if u.role is spoken.role for word in u.words if word.start >= end - SLACK),
        key=lambda word: (word.start, word.end),
    )
    for word in after[:10]:
        if word.start - end >= 0.3 - SLACK:
            break
        end = word.end
    return end


@given(CALLS, HOLDS)
def test_dead_air_is_excused_by_what_the_agent_said_just_before(
    utterances: tuple[Utterance, ...], holds: Track
) -> None:
    agents = [u.segment for u in utterances if u.role is Role.AGENT]
    assume(all(a.end <= b.start for a, b in itertools.pairwise(sorted(agents))))
    call = build(utterances, holds=holds)
    said = [clause_end(u, utterances) for u in utterances if u.role is Role.AGENT and "稍等" in u.text]
    for event in call.of("dead_air"):
        begun = next(e.start for e in call.of("silence") if e.segment & event.segment)
        # The last announcement counts; one that seems to end up to 0.5 s into the silence does too.
        lead = min((begun - end for end in said if begun - end >= -0.5 - SLACK), default=99.0)
        assert bool(event.waived_by) == (lead <= 3.0 + SLACK and event.end - begun <= 60.0 + SLACK)


@given(CALLS)
def test_answers_are_what_the_definition_says(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    announced = [e.segment for e in call.of("dead_air") if e.waived_by]
    wanted = []
    for index, turn in enumerate(call.turns):
        # Who has stopped again by the end of the turn has not answered it.
        after = [t for t in call.turns[index + 1 :] if t.end > turn.end + SLACK]
        if turn.role is not Role.CUSTOMER or not after or after[0].role is not Role.AGENT:
            continue
        following = after[0]
        earlier = [t for t in call.turns_of(Role.AGENT) if t.start < following.start and t is not following]
        speaking = any(t.end > turn.end + SLACK for t in earlier)
        wait = Segment(turn.end, max(turn.end, following.start))
        if not speaking and not any(wait & piece for piece in announced):
            wanted.append((wait.start, wait.end))
    assert [(e.start, e.end) for e in call.of("response_latency")] == wanted
    assert all(e.reasons[0].value == pytest.approx(e.segment.duration) for e in call.of("response_latency"))


@given(CALLS)
def test_monologues_are_what_the_definition_says(utterances: tuple[Utterance, ...]) -> None:
    options = replace(OPTIONS, monologue_min=0.0)
    call = build(utterances, options)
    quiet = [e.segment for e in call.of("silence")]
    own = {role: [t.segment for t in call.turns_of(role)] for role in ROLES}
    found = {role: [e.segment for e in call.of("monologue", role)] for role in ROLES}
    for role in ROLES:
        others = own[role.opposite]
        # All of one's turns in which the other has none, and nothing of the other's turns or of silences.
        assert union(found[role]) == tuple(found[role])
        assert all(not (run & t) for run in found[role] for t in others)
        assert all(not (run & pause) for run in found[role] for pause in quiet)
        alone = [piece for turn in own[role] for piece in gaps(union(others), turn)]
        assert all(any(piece & run == piece for run in found[role]) for piece in alone)
        # As long as can be: between two of them the other takes a turn, or it is silent.
        for a, b in itertools.pairwise(found[role]):
            assert any(t & (a ^ b) for t in (*others, *quiet))


@given(CALLS)
def test_turns_are_speech_bridged_unless_the_other_takes_the_pause(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    murmurs = {role: [e.segment for e in call.of("backchannel", role)] for role in ROLES}
    floor = {r: [s for s in call.speech[r] if not any(s & m == s for m in murmurs[r])] for r in ROLES}
    for role in ROLES:
        runs: list[list[Segment]] = []
        for stretch in floor[role]:
            pause = Segment(runs[-1][-1].end, stretch.start) if runs else None
            taken = total(part for s in floor[role.opposite] if pause and (part := s & pause))
            if pause and pause.duration < 1.0 - SLACK and taken < 0.75 - SLACK:
                runs[-1].append(stretch)
            else:
                runs.append([stretch])
        assert [turn.speech for turn in call.turns_of(role)] == [tuple(run) for run in runs]


@given(CALLS)
def test_backchannels_fall_in_the_others_talk(utterances: tuple[Utterance, ...]) -> None:
    call = build(utterances)
    for murmur in call.of("backchannel"):
        assert murmur.by is not None
        # The other has a turn when it begins, and goes on; what the other says is no back-channel itself.
        other = call.turns_of(murmur.by.opposite)
        assert any(t.start <= murmur.start + SLACK and t.end > murmur.start + SLACK for t in other)
        assert any(t.end > murmur.end for t in other)


@given(
    CALLS,
    st.data(),
    st.lists(st.tuples(st.integers(0, 10), st.integers(3, 8), st.sampled_from(["嗯", "对对", "好的", ""])), max_size=6),
)
def test_stacked_backchannels_in_a_turn_add_no_interruption(
    utterances: tuple[Utterance, ...], data: st.DataObject, stack: list[tuple[int, int, str]]
) -> None:
    # role.opposite  ####################      anywhere in one of its turns, its edges included
    # role                 m mm  m
    before = build(utterances)
    held = data.draw(st.sampled_from(before.turns)) if before.turns else None
    assume(held is not None and held.role in ROLES and held.segment.duration >= 0.2)
    assert held is not None
    role, now = held.role.opposite, held.start + data.draw(st.floats(0, 1)) * held.segment.duration
    added: list[Utterance] = []
    for pause, length, text in stack:
        within = Segment(now + pause / 20, now + (pause + length) / 20)
        now = within.end
        added.append(Utterance(role, within.start, within.end, text, words=spread(text, within)))
    # Kept away from the speaker's own words, and ended with the turn: what comes after it is an answer.
    assume(added and added[-1].end <= held.end)
    # Without words only the length tells: two in a row may be half a second of speech.
    assume(sum(not utterance.text for utterance in added) <= 1)
    assume(all(u.role is not role or u.end < added[0].start - 1 or u.start > added[-1].end + 1 for u in utterances))
    after = build((*utterances, *added))
    for kind in ("interruption", "talk_over"):
        assert len(after.of(kind, role)) <= len(before.of(kind, role)), kind


@given(CALLS, st.sampled_from([0.5, 2.0, 4.0]))
def test_stricter_limits_never_find_more(utterances: tuple[Utterance, ...], factor: float) -> None:
    looser, stricter = sorted([1.0, factor])

    def found(kind: str, **limits: float) -> set[tuple[float, float, Role | None]]:
        named: dict[str, Any] = limits
        options = replace(OPTIONS, **named)
        return {(e.start, e.end, e.by) for e in build(utterances, options).of(kind)}

    for kind, name, value in (
        ("silence", "silence_min", 2.0),
        ("monologue", "monologue_min", 10.0),
        ("overlap", "overlap_min", 0.2),
    ):
        assert found(kind, **{name: value * stricter}) <= found(kind, **{name: value * looser})
    for name in ("interruption_onset", "interruption_overlap"):
        value = getattr(OPTIONS, name)
        few = [found(kind, **{name: value * stricter}) for kind in ("interruption", "talk_over")]
        many = [found(kind, **{name: value * looser}) for kind in ("interruption", "talk_over")]
        assert few[0] <= many[0]
        assert few[1] <= many[1]
    # More patience turns talk-overs into interruptions, and loses none of them.
    quick, slow = ({"interruption_yield": 2.0 * f} for f in (looser, stricter))
    assert found("interruption", **quick) <= found("interruption", **slow)
    either = [found("interruption", **limits) | found("talk_over", **limits) for limits in (quick, slow)]
    assert either[0] == either[1]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 40)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20)), max_size=12),
)
def test_a_word_belongs_to_the_nearest_stretch_or_to_none(
    stretches: list[tuple[int, int]], said: list[tuple[int, int]]
) -> None:
    track = union(Segment(start / 10, (start + length) / 10) for start, length in stretches)
    words = [Word("字", start / 10, (start + length) / 10) for start, length in said]
    found = assign(words, track)
    for word in words:
        distances = [away(segment, middle(word)) for segment in track]
        holders = [i for i, row in enumerate(found) if any(one is word for one in row)]
        if min(distances) > 0.5 + SLACK:
            assert holders == []
        elif abs(min(distances) - 0.5) > SLACK:
            assert len(holders) == 1
            assert distances[holders[0]] == pytest.approx(min(distances))
