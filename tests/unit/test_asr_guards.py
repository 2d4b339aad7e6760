"""What is believed of the recogniser's text, and what is not."""

from __future__ import annotations

import pytest

from asr_qa.asr.guards import GuardOptions, Heard, doubts, is_sparse, loops

OPTIONS = GuardOptions()


def heard(text: str, seconds: float = 4.0, *, log_probability: float = -0.3, no_speech: float = 0.05) -> Heard:
    return Heard(text, seconds, log_probability, no_speech)


@pytest.mark.parametrize(
    "text",
    [
        "您好，欢迎致电华信客服中心。",
        "一三八零零一三八零零零零",  # a telephone number repeats digits
        "对对对，好的好的，没问题。",
        "哈哈哈哈",
        "非常非常非常感谢",
        "我看了他的频道，就把字幕关了，然后那个视频还是有问题，所以我打电话来问一下你们能不能处理一下这个事情。",
    ],
)
def test_doubts_leaves_ordinary_speech_alone(text: str) -> None:
    assert doubts(heard(text, seconds=len(text) / 4), OPTIONS) == ""


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        (heard("请您稍等" * 9, seconds=12), "loop"),
        (heard("谢谢谢谢" * 20, seconds=20), "loop"),
        (heard("我" * 11, seconds=0.8), "loop"),  # what base once made of 0.8 s of noise
        (heard("字幕由Amara.org社群提供"), "invented"),
        (heard("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目"), "invented"),
        (heard("Thanks for watching!"), "invented"),
        (heard("ご視聴ありがとうございました"), "invented"),
        (heard("您好", log_probability=-1.5), "unsure"),
        (heard("您好", log_probability=-0.9, no_speech=0.9), "silence"),
        (heard("这句话里面的字实在是太多了没有人说得出来", seconds=0.8), "too_fast"),
        (heard("好", seconds=6.0), "dropped"),
        (heard("", seconds=2.0), "dropped"),
    ],
)
def test_doubts_names_what_it_caught(given: Heard, doubt: str) -> None:
    assert doubts(given, OPTIONS) == doubt


def test_a_legitimate_repetition_is_no_loop() -> None:
    assert not loops("喂喂喂你好听得到吗听得到吗", OPTIONS)
    assert loops("听得到吗" * 4, OPTIONS)
    assert not loops("谢谢谢谢谢谢谢谢", OPTIONS)
    assert not loops("拜托" * 4, OPTIONS)
    assert loops("拜托" * 7, OPTIONS)
    assert not loops("对" * 9, OPTIONS)
    assert not loops("6228" + "0" * 10, OPTIONS)
    assert not loops("零" * 10, OPTIONS)


@pytest.mark.parametrize(("seconds", "sparse"), [(1.1, False), (1.3, True), (10.0, True)])
def test_long_speech_without_words_is_sparse(seconds: float, sparse: bool) -> None:
    assert is_sparse("", seconds, OPTIONS) is sparse
