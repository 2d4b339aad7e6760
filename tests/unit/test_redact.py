"""Private parts of calls: found as written and as said, masked in text and words; other figures stay."""

from __future__ import annotations

import pytest

from asr_qa.core.contact import contacts
from asr_qa.core.numberplan import Kind, id_checksum, is_date, known_plan, luhn
from asr_qa.core.recording import Role
from asr_qa.core.redact import Private, find_private, redact
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.transcript import Utterance, Word

ID = "11010519491231002X"  # the example of the standard: its check letter is X


def one(text: str) -> tuple[Utterance, ...]:
    return (Utterance(Role.CUSTOMER, 0.0, 5.0, text, text),)


def call(sketch: str) -> tuple[Utterance, ...]:
    return parse_sketch(sketch).transcript.utterances


def masked(text: str) -> str:
    said = one(text)
    return redact(said, find_private(said), mask="*")[0].text


def turns(sketch: str) -> list[str]:
    said = call(sketch)
    return [utterance.text for utterance in redact(said, find_private(said), mask="*")]


@pytest.mark.parametrize(
    ("sketch", "expected"),
    [
        ("A 0-2 您的电话是多少？ | B 3-4 7-8-1- | A 4-5 您的 | B 5-6 2-2-1-", ["*-*-*-", "*-*-*-"]),
        ("A 0-2 您的手提号是多少？ | B 3-4 散要 | B 5-6 4899 | A 6-7 您说您 | B 7-9 生965", ["**", "****", "****"]),
        (
            "A 0-2 身份证号是多少 | B 3-5 440305 | B 5-6 1972 | B 6-7 126 | B 8-9 3926G的号",
            ["******", "****", "***", "****G的号"],
        ),
        ("B 0-4 会员号是有9878796159生败七八要", ["会员号是" + "*" * 16]),
        (
            "A 0-2 您的手机号是多少 | B 3-4 散要 | A 4-5 嗯 | B 5-6 三个依旧 | B 7-8 二三个零六 | B 9-12 就这个号",
            ["**", "****", "*****", "就这个号"],
        ),
        ("B 0-5 份证号码是三零一零六一九七五一零二六刷三十八", ["份证号码是" + "*" * 17]),
        ("B 0-2 我的卡号是 | B 3-4 六二二 | B 5-6 二零", ["我的卡号是", "***", "**"]),
        ("A 0-2 您的电话是多少 | B 3-4 用3个球 | A 5-6 您 | B 7-9 四八九九,九句子号", ["****", "****,****"]),
        ("A 0-2 订单号是多少 | B 3-4 花一色 | A 5-6 好的 | B 7-9 八八五二", ["***", "****"]),
        ("A 0-2 的电话是多少 | B 3-4 九八二八 | A 5-6 您 | B 7-9 丢二双银对双", ["****", "******"]),
        ("B 0-4 我的手机号是一三八八六零三三五六者固", ["我的手机号是" + "*" * 12]),
        ("B 0-4 哑里电话是124-83.6", ["哑里电话是***-**.*"]),
        ("B 0-4 我的卡号是五一八七六三个二次二三二次爽二一", ["我的卡号是" + "*" * 16]),
        ("B 0-4 手机号一三八零零一三八零零六，最后一位是六不是九", ["手机号" + "*" * 11 + "，" + "*" * 9]),
        ("B 0-4 看后女性一架5187884E16666超5", ["看后" + "*" * 19]),
        ("A 0-2 您的卡号是多少 | B 3-4 一二二 | B 5-6 一一零", ["***", "***"]),
        ("B 0-5 我得受几耗死,一伤起406散,把起就6,麻烦秘链下", ["我得受几耗*,*******,****,麻烦秘链下"]),
        ("B 0-4 受激好 激发流发迹90436", ["受激好 **********"]),
        ("B 0-4 作击时逆103激发发59激战", ["作击时***********"]),
        ("B 0-2 它耗你记一下 | B 3-6 有3.265 还有6.7.9.1.3", ["它耗你记一下", "**.*** **" + "*.*.*.*.*"]),
        ("A 0-2 引力受敌豪斯左上 | B 3-4 百六 | B 5-6 双九零八 | B 7-8 永久八三", ["**", "****", "****"]),
        ("B 0-4 以打这个电话,18606搜零1.3亿所以", ["以打这个电话,********.****"]),
        ("A 0-2 订单号是多少 | B 3-4 怀疑似啊 | A 5-6 好的 | B 7-8 八八五二", ["****", "****"]),
        ("B 0-4 公单变号,1936297,952次,2615", ["公单变号,*******,****,****"]),
        ("B 0-4 会员号示 耳机器八五百秒", ["会员号* *******"]),
        ("B 0-4 0夹理电话是021-57193.3G拿反你了", ["0夹理电话是***-*****.*G拿反你了"]),
        ("B 0-4 或省分证,4-0.3-0.5-1.9-1.2-1.2-1.9-0.6", ["或省分证,*-*.*-*.*-*.*-*.*-*.*-*.*-*.*"]),
    ],
)
def test_pieces_of_a_number_that_is_being_read_out_are_masked(sketch: str, expected: list[str]) -> None:
    said = turns(sketch)
    assert [
        text for text, utterance in zip(said, call(sketch), strict=True) if utterance.role is Role.CUSTOMER
    ] == expected


def test_both_sides_of_a_number_that_is_read_back_are_masked() -> None:
    said = turns(
        "A 0-2 您的手机号是多少 | B 3-4 一三八 | A 5-6 一三八对吧 | B 7-9 零零一 | A 10-11 零零一 | B 12-13 三八零"
    )
    assert said == ["您的手机号是多少", "***", "*****", "***", "***", "***"]


def test_a_number_is_read_out_for_as_long_as_digits_follow() -> None:
    groups = " | ".join(f"B {at}-{at + 1} 六二" for at in range(15, 100, 12))
    assert turns(f"A 0-2 您的卡号是多少 | {groups}")[1:] == ["**"] * 8


@pytest.mark.parametrize(
    ("sketch", "expected"),
    [
        ("B 0-4 1,2,3,2,1", "*,*,*,*,*"),
        ("B 0-4 一三二云二云吧二云二云", "*" * 11),
        ("B 0-4 作急事由159836对", "作*********对"),
        ("B 0-4 四七二九七零雅雅", "*" * 8),
        ("B 0-4 莫迪士临五区区三个区三个区", "莫迪" + "*" * 11),
        ("B 0-4 134752是个适当4309", "*" * 14),
        ("B 0-4 订了二亿二千零六十七万二千八百五十七个，对吧", "订了二亿二千零六十七万二千八百五十七个，对吧"),
        ("B 0-4 共是53001十字下", "共是53001十字下"),
        ("B 0-4 12:30到14:20吧", "12:30到14:20吧"),
        ("B 0-4 一百", "一百"),
        ("B 0-4 15000", "15000"),
        ("B 0-4 12345", "12345"),
        ("B 0-4 九五五八八", "九五五八八"),
        ("B 0-4 余额159836", "余额159836"),
        ("A 0-4 验证码2192", "验证码2192"),
        ("A 0-4 您好工号1024为您服务", "您好工号1024为您服务"),
        ("B 0-4 查余额身份证后四位一二三四", "查余额身份证后四位一二三四"),
    ],
)
def test_digits_that_are_all_that_is_said(sketch: str, expected: str) -> None:
    assert turns(sketch) == [expected]


@pytest.mark.parametrize(
    "sketch",
    [
        "A 0-2 您的电话是多少？ | B 3-4 三号下午再说 | B 5-7 两个人",
        "A 0-2 您的电话是多少？ | B 33-34 七八一 | B 35-36 二二一",
        "A 0-2 卡号尾号是多少 | B 3-4 二二 | B 5-6 四六",
        "A 0-2 金额是多少 | B 3-5 一二三四五",
        "A 0-2 您打什么电话 | B 3-4 九五五八八",
        "B 0-2 联系电话是 | B 3-5 四个人，五块二",
        "A 0-3 您的工单号是8866",
        "A 0-2 您的手机号是多少 | B 3-4 是是是 | A 5-6 您说 | B 6-7 就是就是就是",
        "A 0-2 您的手机号是多少 | B 3-4 两个人 | B 5-6 一两个",
        "B 0-5 三二零一八年十二月三十一日",
    ],
)
def test_short_figures_stay_where_no_number_is_read_out(sketch: str) -> None:
    assert turns(sketch) == [utterance.text for utterance in call(sketch)]


def kinds(found: tuple[Private, ...]) -> list[Kind]:
    return [private.kind for private in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的手机号是13800138000。", "我的手机号是***********。"),
        ("１３８００１３８０００", "***********"),
        ("138-0013-8000", "***-****-****"),
        ("138.0013.8000", "***.****.****"),
        ("+86 138 0013 8000", "+** *** **** ****"),
        ("一三八零零一三八零零零", "***********"),
        ("一三八，嗯，零零零零，一二三四", "***，*，****，****"),
        ("幺三八洞洞幺三八洞洞洞", "***********"),
        ("幺三八双零一三八三个零", "***********"),
        ("一3八0零1三8零零0", "***********"),
        ("一三八零零一三八零零零一共三百元", "***********一共三百元"),
        ("一三八零零一三八零零零二零二六年办的", "***********二零二六年办的"),
        ("这个号13800138000元旦以后用", "这个号***********元旦以后用"),
        ("1、3、8、0、0、1、3、8、0、0、0", "*、*、*、*、*、*、*、*、*、*、*"),
        ("手机一三八零零一三八零零零，三十块", "手机***********，三十块"),
        ("三一七六、一六六、一四七", "****、***、***"),
        ("三四九九四南二三", "********"),
        ("13,19,22,58,200,457", "**,**,**,**,***,***"),
        ("88648573人民路", "********人民路"),
    ],
)
def test_telephone_numbers_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize("text", ["依三八零零一三八零零零", "一三八零零依三八零零零", "一三八零零一三八零零就"])
def test_a_character_that_sounds_like_a_digit_counts_in_a_clear_row(text: str) -> None:
    (found,) = find_private(one(text))
    assert found.kind is Kind.MOBILE
    assert (found.places[0].first, found.places[0].last) == (0, 11)
    assert found.confidence < find_private(one("一三八零零一三八零零零"))[0].confidence
    assert "读音" in found.reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"身份证是{ID}", Kind.ID_CARD),
        ("一一零一零五 一九四九一二三一 零零二 叉", Kind.ID_CARD),
        ("110105194912310021", Kind.ID_CARD),
        ("110105491231002", Kind.ID_CARD),
        ("4539 1488 0343 6467", Kind.BANK_CARD),
        ("卡号六二二二零二零二零零一一二二三三四四", Kind.BANK_CARD),
        ("010-65529988", Kind.LANDLINE),
        ("零五七一八八零六一二三四", Kind.LANDLINE),
        ("四二五八九九四五", Kind.LANDLINE),
        ("订单号2026031512345678", Kind.NUMBER),
        ("邮箱是zhang.san@mail.qq.com吗", Kind.E_MAIL),
        ("我的邮箱是 z h a n g 三零 艾特 一二六 点 com", Kind.E_MAIL),
        ("车牌京A12345", Kind.PLATE),
        ("沪 A D 一二三四五", Kind.PLATE),
        ("我住在上海市浦东新区张江路一百二十八号三栋五零二室", Kind.ADDRESS),
        ("送到幸福小区3栋2单元501", Kind.ADDRESS),
    ],
)
def test_each_kind_is_named(text: str, kind: Kind) -> None:
    found = find_private(one(text))
    assert kinds(found) == [kind]
    assert 0 < found[0].confidence <= 1
    assert not any(char.isdecimal() and len(found[0].reason) < 3 for char in found[0].reason)


@pytest.mark.parametrize(
    "text",
    [
        "请拨打四零零八八八八八八八", "客服电话400-888-8888", "您拨一零零八六或者10010", "10086、10010、10000都可以",
        "发送到1008611",
        "一共一百二十三万四千五百六十七元", "金额1234567元", "价格1,234,567", "余额是1234567.89", "约8000000人",
        "2026-03-15 14:30:00", "今天是20260315", "二零一五年最晚二零一六年",
        "2019、2020、2021三年", "二零一五到二零一六",
        "一二三四五六七", "1、2、3、4、5、6、7", "3、5、7、9、11、13号", "300、500、800三档", "百分之九十九点九九",
        "3.1415926",
        "您的套餐是5G的，每月30GB", "GB/T 28181-2016", "IP是192.168.100.123", "九九八十一",
        "两百个三点五寸的", "尾号八零零零",
        "第一路一号线", "一次两次三次", "", "。", "🙂",
    ],
)  # fmt: skip
def test_figures_that_are_nobodys_stay(text: str) -> None:
    assert find_private(one(text)) == ()


def test_a_number_goes_on_over_the_turns_of_one_speaker() -> None:
    said = call("A 0-2 您的手机号是多少 | B 3-5 一三八 | A 5-6 嗯 | B 6-8 零零零零 | A 8-9 您接着说 | B 9-11 一二三四")
    (found,) = find_private(said)
    assert found.kind is Kind.MOBILE
    assert [(p.utterance, p.first, p.last, p.start, p.end) for p in found.places] == [
        (1, 0, 3, 3.0, 5.0),
        (3, 0, 4, 6.0, 8.0),
        (5, 0, 4, 9.0, 11.0),
    ]
    texts = [utterance.text for utterance in redact(said, (found,), mask="*")]
    assert texts == ["您的手机号是多少", "***", "嗯", "****", "您接着说", "****"]


@pytest.mark.parametrize(
    "between",
    ["A 5-7 我们先看一下您这边办理的是哪一个套餐然后再说", "A 5-6 嗯 | B 6-7 我找一下"],
    ids=["remark", "own words"],
)
def test_a_number_ends_where_something_else_is_said(between: str) -> None:
    assert find_private(call(f"B 3-5 一三八零 | {between} | B 8-10 一二三四")) == ()


def test_a_number_does_not_go_on_after_a_long_while() -> None:
    assert find_private(call("B 3-5 一三八零 | B 60-62 一二三四")) == ()


def test_a_card_announced_in_one_turn_and_read_in_others() -> None:
    said = call(
        "B 0-3 我的卡号是六二二二 | A 3-4 嗯 | B 4-6 零二零零 | A 6-7 零二零零"
        " | B 7-9 一一二二 | A 9-10 好 | B 10-12 三三四四"
    )
    assert [u.text for u in redact(said, find_private(said), mask="*")] == [
        "我的卡号是****", "嗯", "****", "****", "****", "好", "****",
    ]  # fmt: skip


def test_a_part_that_is_read_back_is_found_near_the_number_only() -> None:
    near = call("B 0-4 一三八零零一三八零零零 | A 5-7 尾号八零零零对吗")
    assert [(p.kind, p.places[0].utterance) for p in find_private(near)] == [(Kind.MOBILE, 0), (Kind.MOBILE, 1)]
    late = call("B 0-4 一三八零零一三八零零零 | A 90-92 是八零零零对吗")
    assert [p.places[0].utterance for p in find_private(late)] == [0]
    tail = call("B 0-4 一三八零零一三八零零零 | A 90-92 尾号是八零零零对吗 | A 93-95 尾号是八零零二")
    assert [p.places[0].utterance for p in find_private(tail)] == [0, 1]


def test_words_keep_their_number_times_and_lengths() -> None:
    words = (
        Word("手机", 0.0, 0.5),
        Word(" 138", 0.5, 1.0, 0.9),
        Word("0013", 1.0, 1.5),
        Word("8000，", 1.5, 2.0),
        Word("对", 2, 2.2),
    )
    said = (Utterance(Role.CUSTOMER, 0.0, 2.2, "手机 13800138000，对", "手機 13800138000，對", words=words),)
    (found,) = find_private(said)
    assert (found.places[0].start, found.places[0].end) == (0.5, 2.0)
    (done,) = redact(said, (found,), mask="*")
    assert [word.text for word in done.words] == ["手机", " ***", "****", "****，", "对"]
    assert [(w.start, w.end, w.confidence) for w in done.words] == [(w.start, w.end, w.confidence) for w in words]
    assert done.text == done.raw_text == "手机 ***********，对"


def test_words_that_do_not_spell_the_text_are_masked_whole() -> None:
    said = (
        Utterance(Role.CUSTOMER, 0.0, 2.0, "电话13800138000", words=(Word("电话一三八", 0, 1), Word("零零", 1, 2))),
    )
    (done,) = redact(said, find_private(said), mask="*")
    assert [word.text for word in done.words] == ["*****", "**"]


def test_what_was_not_touched_is_the_same_object() -> None:
    said = call("A 0-2 您好 | B 3-5 13800138000")
    assert redact(said, find_private(said))[0] is said[0]


@pytest.mark.parametrize("mask", ["", "**", "x", "8"])
def test_a_mask_is_one_sign(mask: str) -> None:
    with pytest.raises(ValueError, match="give one character"):
        redact((), (), mask=mask)


def test_places_of_another_call_are_refused() -> None:
    with pytest.raises(ValueError, match="no such place"):
        redact(one("13"), find_private(one("13800138000")))


def test_nothing_found_holds_the_number_itself() -> None:
    assert "13800138000" not in repr(find_private(one("13800138000")))
    assert ID not in repr(find_private(one(ID)))


def test_checks_of_the_plans() -> None:
    assert id_checksum(ID)
    assert not id_checksum("110105194912310021")
    assert luhn("4539148803436467")
    assert not luhn("4539148803436468")
    assert is_date("20240229")
    assert not is_date("20230229")
    assert known_plan("12800138000") is None


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "一三",
        "1 ",
        "１🙂",
        "@A.B",
        "依",
        "1一",
        "路一号",
        "京A1",
        "13800138000,",
        "1.2.3.4",
        "1234南",
        "12345 南",
        "1234，",
    ],
)
def test_long_texts_are_read_to_their_end(unit: str) -> None:
    said = one(text := unit * (30_000 // len(unit)))
    done = redact(said, find_private(said))
    assert len(done[0].text) == len(text)


def test_a_hundred_thousand_characters_are_read() -> None:
    said = one("号码一三八嗯，🙂１２３４５６７" * 8_000)
    assert len(find_private(said)) == 8_000


def test_contacts_need_more_than_a_sign() -> None:
    assert list(contacts("@ 艾特 一下 点赞 A股 京东 三号线 一号店")) == []
