"""Laws of redaction that hold for any call."""

from __future__ import annotations

import random
import re

from hypothesis import example, given
from hypothesis import strategies as st

from asr_qa.core.digits import fold_width
from asr_qa.core.masking import MASK
from asr_qa.core.numberplan import Kind, id_checksum, is_date, known_plan, luhn
from asr_qa.core.recording import Role
from asr_qa.core.redact import find_private, redact
from asr_qa.core.redacted import private_seconds
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance, spread

PIECES = st.sampled_from(
    [
        *"0123456789零一二三四五六七八九幺两洞拐勾依其就吧是",
        *"，。、 -.:X叉号元年月路栋室京A@点嗯🙂",
        *("三个八", "双零", "然后", "手机号", "卡号", "400", "2026"),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)
CALLS = st.lists(st.tuples(st.sampled_from(list(Role)), st.one_of(TEXTS, st.text(max_size=30))), max_size=8)
DIGITS = "零一二三四五六七八九"
SEEDS = st.integers(0, 2**32)


def laid_out(turns: list[tuple[Role, str]]) -> tuple[Utterance, ...]:
    made = []
    for index, (role, text) in enumerate(turns):
        within = Segment(3.0 * index, 3.0 * index + 2.5)
        made.append(Utterance(role, within.start, within.end, text, text, words=spread(text, within)))
    return tuple(made)


@given(CALLS)
def test_lengths_times_and_everything_outside_the_places_stay(turns: list[tuple[Role, str]]) -> None:
    said = laid_out(turns)
    found = find_private(said)
    done = redact(said, found)
    assert len(done) == len(said)
    hidden = {(p.utterance, at) for private in found for p in private.places for at in range(p.first, p.last)}
    for index, (before, after) in enumerate(zip(said, done, strict=True)):
        assert len(after.text) == len(before.text)
        for at, (old, new) in enumerate(zip(before.text, after.text, strict=True)):
            assert new == (MASK if (index, at) in hidden and old.isalnum() else old)
        assert [(w.start, w.end, len(w.text)) for w in after.words] == [
            (w.start, w.end, len(w.text)) for w in before.words
        ]
        assert (after.start, after.end, after.role) == (before.start, before.end, before.role)


@given(CALLS)
def test_words_show_no_more_than_the_text(turns: list[tuple[Role, str]]) -> None:
    said = laid_out(turns)
    for after in redact(said, find_private(said)):
        letters = [char for char in after.text if char.isalnum() or char == MASK]
        spelt = [char for word in after.words for char in word.text if char.isalnum() or char == MASK]
        assert spelt == letters or (MASK not in after.text and after in said)


@given(CALLS)
def test_places_lie_inside_their_utterances(turns: list[tuple[Role, str]]) -> None:
    said = laid_out(turns)
    for private in find_private(said):
        assert private.places
        assert 0 < private.confidence <= 1
        for place in private.places:
            spoken = said[place.utterance]
            assert 0 <= place.first < place.last <= len(spoken.text)
            assert spoken.start <= place.start <= place.end <= spoken.end


@given(st.lists(st.sampled_from(["我的", "您好", "，", "嗯", "谢谢", "查询", "是", "的"]), max_size=6), SEEDS)
def test_no_telephone_number_is_left_in_any_sentence(around: list[str], seed: int) -> None:
    rng = random.Random(seed)
    number = "1" + rng.choice("3456789") + "".join(rng.choice("0123456789") for _ in range(9))
    written = "".join(rng.choice((d, DIGITS[int(d)])) + rng.choice(("", "", "", "，", " ")) for d in number)
    at = rng.randint(0, len(around))
    said = laid_out([(Role.CUSTOMER, "".join([*around[:at], written, *around[at:]]))])
    done = redact(said, find_private(said))[0].text
    assert not re.search(r"[0-9零一二三四五六七八九]", done)


SPELLINGS = (
    "0123456789",
    "０１２３４５６７８９",
    "零一二三四五六七八九",
    "〇幺二三四五六拐八九",
    "零壹贰叁肆伍陆柒捌玖",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "٠١٢٣٤٥٦٧٨٩",
)
JOINTS = ("", " ", "-", "－", "，", "、", " - ", "～", "　", "，嗯，", "然后是")


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(SPELLINGS), st.sampled_from(JOINTS)), min_size=9, max_size=9),
    st.sampled_from(["手机号", "我的手机是", "电话：", "您打", ""]),
    st.sampled_from(["", "。", "，谢谢", "，麻烦您登记"]),
)
def test_a_number_in_any_spelling_is_masked_as_one(signs: list[tuple[int, str, str]], before: str, after: str) -> None:
    number = "".join(
        spelling[digit] + joint for digit, spelling, joint in [(1, signs[0][1], ""), (3, signs[1][1], ""), *signs]
    )
    number = number.rstrip(" -－，、～　")
    said = laid_out([(Role.CUSTOMER, f"{before}{number}{after}")])
    done = redact(said, find_private(said))[0].text
    inside = done[done.index(MASK) : done.rindex(MASK) + 1]
    assert not any(char.isalnum() for char in inside), "in one, from the first digit to the last"
    assert sum(char.isdigit() or char in "".join(SPELLINGS) for char in done) == 0


@given(CALLS)
def test_every_masked_word_is_muted(turns: list[tuple[Role, str]]) -> None:
    said = laid_out(turns)
    silent = private_seconds(said)
    for after in redact(said, find_private(said)):
        for word in after.words:
            if MASK in word.text:
                assert any(part.start <= word.start and word.end <= part.end for part in silent)


@example([(Role.AGENT, "000000京"), (Role.AGENT, "00是0手机号0")])  # the name stands in a row that begins before it
@example([(Role.CUSTOMER, "00元00"), (Role.AGENT, "00000依依依XX三个八"), (Role.CUSTOMER, "12026")])
@given(CALLS)
def test_muted_seconds_of_a_masked_call_are_those_of_the_call(turns: list[tuple[Role, str]]) -> None:
    said = laid_out(turns)
    assert private_seconds(redact(said, find_private(said))) == private_seconds(said)


@example("零", "好", 1840)  # the last turn is one digit, and is read back
@given(st.sampled_from(DIGITS), st.sampled_from(["好", "您说", "对", "嗯嗯"]), SEEDS)
def test_a_number_read_across_turns_leaves_no_digit(first: str, murmur: str, seed: int) -> None:
    rng = random.Random(seed)
    turns = [(Role.AGENT, "您的卡号是多少")]
    left = [first, *(rng.choice(DIGITS) for _ in range(15))]
    while left:
        size = min(len(left), rng.randint(3, 5))
        group = "".join(left[:size])
        del left[:size]
        turns += [(Role.CUSTOMER, group), (Role.AGENT, rng.choice((murmur, group, group + "对吧")))]
    said = laid_out(turns)
    done = redact(said, find_private(said))
    assert not any(char in DIGITS for utterance in done for char in utterance.text)


@example([(Role.AGENT, "00000X0"), (Role.AGENT, "两三个八00")])
@given(CALLS)
def test_what_is_masked_is_not_found_again(turns: list[tuple[Role, str]]) -> None:
    said = laid_out(turns)
    done = redact(said, find_private(said))
    assert redact(done, find_private(done)) == done


@given(st.lists(st.sampled_from([*"3456789四五六七八九，- "]), max_size=30).map("".join))
def test_no_row_of_seven_digits_is_left_that_is_no_date_or_hotline(text: str) -> None:
    said = laid_out([(Role.CUSTOMER, f"号码{text}")])
    done = re.sub(r"\W", "", redact(said, find_private(said))[0].text.replace(MASK, "x"))
    assert not re.search(r"[0-9四五六七八九]{7}", done)


@given(st.text(max_size=200))
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(fold_width(text)) == len(text)


@given(st.text("0123456789", min_size=16, max_size=19))
def test_one_changed_digit_breaks_luhn(digits: str) -> None:
    good = next(digits[:-1] + check for check in "0123456789" if luhn(digits[:-1] + check))
    for at in range(len(good)):
        other = str((int(good[at]) + 1) % 10)
        assert not luhn(good[:at] + other + good[at + 1 :])


@given(st.dates(), st.integers(0, 999))
def test_an_identity_card_has_one_check_digit(born: object, serial: int) -> None:
    day = str(born).replace("-", "")
    cards = [card for check in "0123456789X" if id_checksum(card := f"110105{day}{serial:03}{check}")]
    assert len(cards) == 1
    reading = known_plan(cards[0])
    assert reading is not None
    assert reading.kind is Kind.ID_CARD
    assert reading.confidence == 0.99
    assert is_date(day) == (1900 <= int(day[:4]) <= 2099)
