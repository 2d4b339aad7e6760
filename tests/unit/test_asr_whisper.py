"""The ladder of retries, with a network whose answers are written down: what it says for which audio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from asr_qa.asr.ctranslate import Decoded, Decoding, TimedWord
from asr_qa.asr.packing import Audio
from asr_qa.asr.whisper import WhisperTranscriber
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import HEARD, UNINTELLIGIBLE, Transcript, Utterance
from asr_qa.pipeline.ports import SAMPLE_RATE, SpokenChannel

Answer = Callable[[float, Decoding], Decoded]
MARGIN = 0.15


def said(text: str, start: float, end: float, *, probability: float = 0.9) -> Decoded:
    """One character a word, spread evenly."""
    step = (end - start) / max(len(text), 1)
    words = (TimedWord(char, start + i * step, start + (i + 1) * step, probability) for i, char in enumerate(text))
    return Decoded(tuple(words), float(np.log(probability)), 0.05)


class WrittenNetwork:
    """Answers by the length of the window."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[float, bool]] = []

    def decode(self, windows: Sequence[Audio], decoding: Decoding, *, language: str) -> list[Decoded]:
        lengths = [len(window) / SAMPLE_RATE for window in windows]
        self.asked += [(round(length, 1), decoding.full_window) for length in lengths]
        return [self.answer(length, decoding) for length in lengths]

    def weigh(self, window: Audio, texts: Sequence[str], *, language: str) -> list[float]:
        raise AssertionError("only a second look weighs texts")

    def detect_language(self, window: Audio) -> tuple[str, float]:
        return "zh", 1.0


def transcribe(answer: Answer, *speech: tuple[float, float]) -> tuple[Transcript, WrittenNetwork]:
    network = WrittenNetwork(answer)
    engine = WhisperTranscriber(Path("none"), "test", load=lambda folder, device: network)
    samples = np.zeros(int((speech[-1][1] + 1) * SAMPLE_RATE), dtype=np.int16)
    channel = SpokenChannel(Role.AGENT, samples, tuple(Segment(*part) for part in speech))
    return engine.transcribe([channel]), network


def test_words_are_timed_on_the_recording_and_end_with_the_speech() -> None:
    # speech 10-12 lies at 0.15-2.15 of its window
    transcript, _ = transcribe(lambda length, how: said("您好您好", MARGIN, 2.0), (10.0, 12.0))
    (utterance,) = transcript.utterances
    assert (utterance.start, utterance.end, utterance.text) == (10.0, 12.0, "您好您好")
    assert utterance.words[0].start == 10.0
    assert utterance.words[-1].end == 12.0
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(utterance.words))


def test_traditional_characters_become_simplified_and_the_raw_text_stays() -> None:
    transcript, _ = transcribe(lambda length, how: said("請稍後", MARGIN, 1.1), (0.5, 1.5))
    assert transcript.utterances[0].text == "请稍后"
    assert transcript.utterances[0].raw_text == "請稍後"


def test_no_blank_is_left_around_a_text() -> None:
    words = (TimedWord(" 先", 0.2, 0.5, 0.9), TimedWord("生 ", 0.5, 1.0, 0.9))
    transcript, _ = transcribe(lambda length, how: Decoded(words, -0.1, 0.05), (0.5, 1.5))
    (utterance,) = transcript.utterances
    assert (utterance.text, [word.text for word in utterance.words]) == ("先生", ["先", "生"])


def test_a_looping_window_is_decoded_again_in_halves() -> None:
    # two pieces of 2 s each: together they loop, apart they do not
    def answer(length: float, how: Decoding) -> Decoded:
        return said("对不起" * 12, 0.2, 4.0) if length > 3 else said("您好世界", MARGIN, 2.0)

    transcript, network = transcribe(answer, (1.0, 3.0), (6.0, 8.0))
    assert [u.text for u in transcript.utterances] == ["您好世界", "您好世界"]
    assert len(network.asked) == 3


def test_what_is_never_believed_is_unintelligible_not_invented() -> None:
    transcript, network = transcribe(lambda length, how: said("字幕由志愿者提供", MARGIN, 2.0), (1.0, 3.0))
    (utterance,) = transcript.utterances
    assert (utterance.status, utterance.text) == (UNINTELLIGIBLE, "")
    assert (utterance.start, utterance.end) == (1.0, 3.0)
    # the ladder: as packed, in the full window, in the full window with repetition made costly
    assert [full for _, full in network.asked] == [False, True, True]


def test_the_full_window_is_believed_where_the_short_one_was_not() -> None:
    transcript, _ = transcribe(
        lambda length, how: said("请您稍等" if how.full_window else "请您稍等" * 8, MARGIN, 2.0), (1.0, 3.0)
    )
    assert [(u.text, u.status) for u in transcript.utterances] == [("请您稍等", HEARD)]


def test_a_piece_that_got_no_words_is_decoded_alone() -> None:
    # all words of the window lie in the first piece; the second is asked for by itself
    def answer(length: float, how: Decoding) -> Decoded:
        return said("第一句话", MARGIN, 2.0) if length > 3 else said("第二句", MARGIN, 1.5)

    transcript, network = transcribe(answer, (1.0, 3.0), (5.0, 7.0))
    assert [u.text for u in transcript.utterances] == ["第一句话", "第二句"]
    assert [u.start for u in transcript.utterances] == [1.0, 5.0]
    assert len(network.asked) == 2


def test_a_short_sound_without_words_is_left_out() -> None:
    transcript, _ = transcribe(lambda length, how: said("", 0.0, 0.0), (1.0, 1.3))
    assert transcript.utterances == ()


def test_nothing_is_asked_where_nobody_speaks() -> None:
    engine = WhisperTranscriber(Path("none"), "test")
    silent = SpokenChannel(Role.AGENT, np.zeros(SAMPLE_RATE, dtype=np.int16), ())
    assert engine.transcribe([silent]).utterances == ()


def test_a_caption_written_into_one_gap_of_a_believed_window_is_given_up_alone() -> None:
    # speech          1-3      5-7      9-11    the middle one is a noise, into which the network writes a caption
    # in the window   0.15     2.55     4.95
    def answer(length: float, how: Decoding) -> Decoded:
        if length < 3:
            return said("謝謝觀看", MARGIN, 2.0)
        words = (
            *said("我的卡丢了", 0.2, 2.0).words,
            *said("謝謝觀看", 2.6, 4.4).words,
            *said("请您稍等", 5.0, 6.8).words,
        )
        return Decoded(words, -0.1, 0.05)

    transcript, network = transcribe(answer, (1.0, 3.0), (5.0, 7.0), (9.0, 11.0))
    assert [(u.start, u.text, u.status) for u in transcript.utterances] == [
        (1.0, "我的卡丢了", HEARD), (5.0, "", UNINTELLIGIBLE), (9.0, "请您稍等", HEARD),
    ]  # fmt: skip
    assert [full for _, full in network.asked] == [False, False, True, True]


def test_what_is_told_on_the_way_is_what_is_returned() -> None:
    # 60 stretches of 2 s, 10 s apart, on two channels: more windows than are worked on at once
    def answer(length: float, how: Decoding) -> Decoded:
        return said("您好世界", MARGIN, length - MARGIN)

    network = WrittenNetwork(answer)
    engine = WhisperTranscriber(Path("none"), "test", load=lambda folder, device: network)
    samples = np.zeros(601 * SAMPLE_RATE, dtype=np.int16)
    channels = [
        SpokenChannel(role, samples, tuple(Segment(10.0 * i + shift, 10.0 * i + shift + 2) for i in range(60)))
        for role, shift in ((Role.AGENT, 0.0), (Role.CUSTOMER, 4.0))
    ]
    told: list[tuple[list[Utterance], float]] = []
    transcript = engine.transcribe(channels, heard=lambda said, until: told.append((list(said), until)))
    assert transcript.utterances
    assert len(told) > 1
    assert sorted((u for said, _ in told for u in said), key=lambda u: (u.start, u.role)) == list(transcript.utterances)
    ends = [until for _, until in told]
    assert ends == sorted(ends)
    assert ends[-1] == 596.0
    # nothing that is told later was said before what has been listened to
    assert all(u.start >= before for (_, before), (said, _) in pairwise(told) for u in said)
    assert engine.transcribe(channels) == transcript


def test_the_first_word_of_a_sentence_is_not_left_to_the_one_before() -> None:
    # attention leaves 好 as soon as it is said, so the pause up to the next sentence lies in its first word
    words = [("您", 0.15, 0.5), ("好", 0.5, 1.2), ("请", 1.2, 2.75), ("讲", 2.75, 3.2)]
    timed = tuple(TimedWord(text, start, end, 0.9) for text, start, end in words)
    transcript, _ = transcribe(lambda length, how: Decoded(timed, -0.1, 0.05), (1.0, 3.0), (6.0, 7.0))
    assert [u.text for u in transcript.utterances] == ["您好", "请讲"]
    assert transcript.utterances[1].words[0].start == 6.0
