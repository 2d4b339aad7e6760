"""Two voices that sound alike: parted by voice and words together, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.sketch import parse_sketch
from asr_qa.diarize.cluster import Vectors
from asr_qa.diarize.outline import SIZE, Outlines
from asr_qa.diarize.parties import Parties, as_split, sound_leaning, two_parties
from asr_qa.diarize.windows import STEP, Windows
from asr_qa.pipeline.cues import PER_OPENING, PER_WORD, find_cues
from asr_qa.pipeline.ports import Cue, Diarization, Samples, SpokenChannel
from asr_qa.pipeline.voices import name_voices, part_voices

A, C, O = Role.AGENT, Role.CUSTOMER, Role.OTHER  # noqa: E741
TURN = 8
"""Windows in a turn."""


def turns(*, apart: float, count: int = 12, seed: int = 0) -> tuple[Vectors, Windows, NDArray[np.bool_]]:
    """Vectors of two voices that take turns, the agent first: what is said moves them more than who says it."""
    rng = np.random.default_rng(seed)
    second = np.repeat(np.arange(count) % 2 == 1, TURN)
    voice, aside = np.zeros(64), np.zeros(64)
    voice[0], aside[1] = 1.0, apart
    noise = rng.normal(0, 0.07, (len(second), 64))
    raw = voice + np.where(second, 1, -1)[:, None] * aside / 2 + noise
    starts = np.cumsum(np.where(np.arange(len(second)) % TURN == 0, 160, STEP))
    vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    return vectors, Windows(starts, np.ones(len(second), np.bool_)), second


def plain(windows: Windows) -> Outlines:
    """Outlines that tell nothing."""
    return np.zeros((len(windows), SIZE))


def cues(windows: Windows, second: NDArray[np.bool_], *, each: int = 3) -> list[Cue]:
    """A word of each party in its first turns."""
    found = []
    for side, odds in ((False, 3.0), (True, -3.0)):
        starts = windows.starts[second == side][TURN // 2 :: TURN][:each]
        found += [Cue(float(start) / 100 + 0.5, odds) for start in starts]
    return found


def test_alike_voices_are_parted_with_the_agent_first() -> None:
    vectors, windows, second = turns(apart=0.8)
    found = two_parties(vectors, plain(windows), windows, cues(windows, second))
    assert found is not None
    assert found.sure
    np.testing.assert_array_equal(found.second, second)
    swapped = two_parties(vectors, plain(windows), windows, cues(windows, ~second))
    assert swapped is not None
    np.testing.assert_array_equal(swapped.second, ~second)
    means = as_split(found, vectors).means
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 1, rtol=1e-5)


def test_without_words_outlines_part_what_vectors_part_wrongly() -> None:
    vectors, windows, second = turns(apart=0.1)
    shapes = np.random.default_rng(5).normal(0, 1, (len(second), SIZE))
    shapes[second, 3] += 3
    assert right(sound_leaning(vectors, plain(windows), windows), second) < 0.85
    assert right(sound_leaning(vectors, shapes, windows), second) > 0.95


def right(lean: NDArray[np.float64] | None, second: NDArray[np.bool_]) -> float:
    """Share of the windows on the right side, whichever of the two is called the second."""
    assert lean is not None
    share = float(np.mean((lean > 0) == second))
    return max(share, 1 - share)


def test_what_does_not_differ_leans_to_nobody() -> None:
    vectors, windows, _ = turns(apart=0.8)
    alike = np.broadcast_to(vectors[:1], vectors.shape)
    assert sound_leaning(alike, plain(windows), windows) is None
    one = Windows(windows.starts[:1], windows.full[:1])
    assert sound_leaning(vectors[:1], plain(one), one) is None
    none = Windows(windows.starts[:0], windows.full[:0])
    assert sound_leaning(vectors[:0], plain(none), none) is None


def test_one_voice_that_says_what_both_say_is_not_surely_two() -> None:
    vectors, windows, second = turns(apart=0.0)
    found = two_parties(vectors, plain(windows), windows, cues(windows, second))
    assert found is None or not found.sure


def test_words_of_one_party_alone_never_make_two() -> None:
    vectors, windows, second = turns(apart=0.8)
    said = [cue for cue in cues(windows, second, each=6) if cue.odds > 0]
    stray = [Cue(windows.starts[TURN] / 100 + 0.5, -3.0)]
    for heard in (said, [*said, *stray]):
        found = two_parties(vectors, plain(windows), windows, heard)
        assert found is None or not found.sure


def test_words_against_the_voices_make_nothing_sure() -> None:
    vectors, windows, second = turns(apart=0.8)
    mixed = [Cue(cue.time, cue.odds * (-1) ** place) for place, cue in enumerate(cues(windows, second, each=6))]
    found = two_parties(vectors, plain(windows), windows, mixed)
    assert found is None or not found.sure


def test_voices_too_much_alike_are_not_surely_two_however_much_is_said() -> None:
    vectors, windows, second = turns(apart=0.3, count=16)
    means = as_split(Parties(second, sure=True), vectors).means
    assert 0.952 < means[0] @ means[1] < 0.962
    found = two_parties(vectors, plain(windows), windows, cues(windows, second, each=8))
    assert found is not None
    assert not found.sure
    np.testing.assert_array_equal(found.second, second)


def test_manners_of_speaking_that_part_better_than_voices_leave_it_unsure() -> None:
    vectors, windows, second = turns(apart=0.55, count=16)
    manner = np.zeros(64)
    manner[2] = 1.2  # what both say in every other half of a turn moves the vectors further than who says it
    moved = vectors + np.where(np.arange(len(second)) // (TURN // 2) % 2 == 1, 1, -1)[:, None] * manner / 2
    moved = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    found = two_parties(moved, plain(windows), windows, cues(windows, second, each=8))
    assert found is not None
    assert not found.sure


def test_outlines_part_voices_whose_vectors_follow_the_manner_of_speaking() -> None:
    vectors, windows, second = turns(apart=0.55, count=16)
    manner = np.zeros(64)
    manner[2] = 1.2
    moved = vectors + np.where(np.arange(len(second)) // (TURN // 2) % 2 == 1, 1, -1)[:, None] * manner / 2
    moved = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    said = cues(windows, second, each=8)
    shapes = np.random.default_rng(3).normal(0, 1, (len(second), SIZE))
    shapes[:, 4] += np.where(second, 4.0, -4.0)
    alone, both = (two_parties(moved, given, windows, said) for given in (plain(windows), shapes))
    assert alone is not None
    assert both is not None
    assert (alone.second == second).mean() < 0.9
    np.testing.assert_array_equal(both.second, second)


def test_nothing_said_and_nothing_heard_are_one_party() -> None:
    vectors, windows, second = turns(apart=0.8)
    assert two_parties(vectors, plain(windows), windows, []) is None
    none = Windows(np.zeros(0, np.int64), np.zeros(0, np.bool_))
    assert two_parties(np.zeros((0, 64), np.float32), plain(none), none, cues(windows, second)) is None


def test_cues_are_timed_by_their_words_and_counted_once() -> None:
    heard = parse_sketch("A 0-6 您好欢迎致电 | B 10-14 我想查一下").transcript
    found = find_cues(heard)
    assert found[0].odds == PER_OPENING
    assert 0 < found[0].time < 6
    (wish,) = (cue for cue in found if cue.odds < 0)
    assert wish.odds == -PER_WORD
    assert 10 < wish.time < 12.5
    assert sum(cue.odds > 0 for cue in found) == len(found) - 1 <= 2


def test_a_script_late_in_a_call_is_no_opening() -> None:
    late = parse_sketch("A 90-96 欢迎致电").transcript
    assert all(cue.odds < PER_OPENING for cue in find_cues(late))


def test_what_a_machine_says_is_no_cue() -> None:
    menu = "O 0-6 欢迎致电华信客服中心，为您服务，普通话请按一，英文请按二"
    found = find_cues(parse_sketch(f"{menu} | O 8-12 您好，我是华信客服代表").transcript)
    assert found
    assert min(cue.time for cue in found) > 6
    assert max(cue.odds for cue in found) == PER_OPENING


class Asked:
    """A diarizer that is only sure once it knows what was said."""

    name = "asked"

    def __init__(self, alone: Diarization, told: Diarization) -> None:
        self._answers = (alone, told)
        self.cues: list[Sequence[Cue]] = []

    def diarize(self, samples: Samples, speech: tuple[Segment, ...], *, cues: Sequence[Cue] = ()) -> Diarization:
        self.cues.append(cues)
        return self._answers[bool(cues)]


ONE, TWO = (Segment(0.0, 4.0),), (Segment(4.0, 8.0),)
SAID = "O 0-8 您好，欢迎致电客服中心，请问您贵姓我姓王我想查我的账单你们怎么回事"


def channel() -> SpokenChannel:
    return SpokenChannel(O, np.full(9 * 16000, 1000, np.int16), (Segment(0.0, 8.0),))


@pytest.mark.parametrize("alone", [Diarization((ONE + TWO,)), Diarization((ONE, TWO), 0.7)])
def test_what_was_said_parts_a_channel_after_it_was_transcribed_whole(alone: Diarization) -> None:
    asked = Asked(alone, Diarization((ONE, TWO), 0.98))
    parted = part_voices(channel(), asked)
    assert [c.role for c in parted.channels] == [O]
    named = name_voices(parted, parse_sketch(SAID).transcript, direction="inbound", diarizer=asked)
    assert asked.cues[1]
    assert named.speech == {A: ONE, C: TWO}
    assert [w.code for w in named.warnings] == ["one_channel"]
    assert {c.role: c.speech for c in named.channels} == named.speech
    first, second = named.transcript.utterances
    assert (first.role, second.role) == (A, C)
    assert first.text.startswith("您好")
    assert second.text.endswith("怎么回事")
    assert first.end <= 4.2
    assert second.start >= 3.8
    whole = parse_sketch(SAID).transcript.utterances[0]
    assert (first.text + second.text).replace("，", "") == whole.text.replace("，", "")


def test_where_words_do_not_help_one_voice_stays_nobodys_and_two_stay_unsure() -> None:
    heard = parse_sketch(SAID).transcript
    nobody = Diarization((ONE + TWO,))
    lone = Asked(nobody, nobody)
    named = name_voices(part_voices(channel(), lone), heard, direction="inbound", diarizer=lone)
    assert set(named.speech) == {O}
    assert [w.code for w in named.warnings] == ["roles_unknown"]
    unsure = Asked(Diarization((ONE, TWO), 0.7), nobody)
    named = name_voices(part_voices(channel(), unsure), heard, direction="inbound", diarizer=unsure)
    assert named.speech == {A: ONE, C: TWO}
    assert [w.code for w in named.warnings] == ["one_channel", "roles_unknown"]
    assert "not sure that there are two voices" in named.warnings[-1].message
