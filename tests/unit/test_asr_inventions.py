"""Captions that Whisper invents are caught; what people say on the telephone, also about captions, is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

import pytest
import yaml

from asr_qa.asr.guards import GuardOptions, Heard, doubts, is_invention
from asr_qa.config import shipped


def listed(section: str) -> list[str]:
    text = files("asr_qa.asr").joinpath("inventions.txt").read_text("utf-8")
    part = text.split(f"[{section}]\n")[1].split("\n[")[0]
    return [line for line in part.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "text",
    [
        "字幕制作词,字幕制作曲",  # drums alone gave this
        "字幕製作:貝爾",
        "字幕制作 贝尔",
        "字幕由Amara.org社区提供",
        "字幕由 索兰娅 提供",
        "字幕by索兰娅",
        "中文字幕志愿者 杨茜茜",
        "词曲 李宗盛",
        "詞曲 李宗盛 編曲 周國儀",
        "作词：李宗盛 作曲：李宗盛 演唱：周华健",
        "請不吝點贊訂閱轉發打賞支持明鏡與點點欄目",
        "谢谢观看",
        "謝謝大家收看!",
        "谢谢观看 下期再见",
        "感谢您的观看。",
        "请订阅我的频道",
        "优优独播剧场——YoYo Television Series Exclusive",
        "MING PAO CANADA // MING PAO TORONTO",
        "未完待续",
        "ご視聴ありがとうございました",
        "ご清聴ありがとうございました。",
        "最後までご視聴頂き有難うございました",
        "チャンネル登録をお願いいたします",
        "시청해주셔서 감사합니다.",
        "구독과 좋아요 부탁드려요",
        "MBC 뉴스 이덕영입니다.",
        "Thanks for watching!",
        "Thank you for watching.",
        "Please subscribe.",
        "Subtitles by the Amara.org community",
        "Transcription by CastingWords",
        "Untertitel der Amara.org-Community",
        "Untertitelung des ZDF, 2020",
        "Vielen Dank fürs Zuschauen!",
        "Sous-titrage ST' 501",
        "Sous-titres réalisés para la communauté d'Amara.org",
        "Merci d'avoir regardé cette vidéo !",
        "Subtítulos realizados por la comunidad de Amara.org",
        "¡Gracias por ver el video!",
        "Legendas pela comunidade Amara.org",
        "Obrigado por assistir!",
        "Sottotitoli e revisione a cura di QTSS",
        "Субтитры сделал DimaTorzok",
        "Продолжение следует...",
        "Спасибо за просмотр!",
        "Napisy stworzone przez społeczność Amara.org",
        "Ondertitels ingediend door de Amara.org gemeenschap",
        "Altyazı M.K.",
        "ترجمة نانسي قنقر",
    ],
)
def test_a_known_caption_is_caught_in_every_language(text: str) -> None:
    assert is_invention(text)
    assert doubts(Heard(text, 4.0, -0.2, 0.0), GuardOptions()) == "invented"


@pytest.mark.parametrize("section", ["anywhere", "alone"])
def test_every_line_of_the_list_is_found_by_itself(section: str) -> None:
    lines = listed(section)
    assert len(lines) > 40
    assert [line for line in lines if not is_invention(line)] == []


@pytest.mark.parametrize("caption", ["Amara.org", "请不吝点赞", "ご視聴ありがとうございました", "Sous-titrage ST' 501"])
def test_what_nobody_says_is_caught_in_a_text_of_any_length(caption: str) -> None:
    speech = "您好很高兴为您服务请问有什么可以帮您的吗我想查一下我上个月的账单为什么多了二十块钱好的请您稍等"
    for text in (f"{caption} {speech}", f"{speech} {caption}", f"{speech[:20]} {caption} {speech[20:]}"):
        assert is_invention(text)
    assert not is_invention(speech)


@pytest.mark.parametrize("text", ["您好，谢谢观看", "谢谢收看。喂，你好", "嗯 下期再见", "好的 字幕by索兰娅"])
def test_a_caption_at_an_end_of_a_short_text_is_caught(text: str) -> None:
    assert is_invention(text)


SENTENCES = """
谢谢您的观看记录我这边查到了
感谢您的观看时长统计已经发给您了
我的电视没有中文字幕怎么办
这个节目的字幕关不掉
字幕怎么打开
字幕
字幕太小了看不清
你们字幕制作太慢了
字幕制作要多少钱
字幕由谁来提供
电影的中文字幕什么时候上线
我想把字幕调成繁体
我要订阅
取消订阅
帮我取消订阅那个体育频道
订阅费是一个月二十五块
您订阅的频道明天到期
我没有点赞也没有转发
欢迎订阅是什么意思
他们最后都说下期再见然后就扣费了
我想问一下就是你们那个节目最后说的下期再见是什么意思我没有听懂麻烦你跟我解释一下可以吗谢谢
这首歌的词曲是谁写的
作词作曲都可以登记吗
我是做作曲软件的
导演是谁
后期服务热线是多少
后期维护
演唱会门票怎么退
谢谢
谢谢您的来电，再见
感谢您的耐心等待
感谢您的收听费用已经退回
请您观看一下我发的视频
我收看不了节目
明镜公司的快递
词典
曲先生您好
提供身份证
视频本期已经交过了
the subtitles on my television do not work
I would like to subscribe to the sports channel
thank you for calling
I watched the end of the film and it stopped
Meine Untertitel gehen nicht
Les sous-titres ne marchent pas
No veo los subtítulos
У меня не работают субтитры
字幕が出ません
자막이 안 나와요
"""


@pytest.mark.parametrize("sentence", SENTENCES.split("\n")[1:-1])
def test_people_may_talk_about_captions(sentence: str) -> None:
    assert not is_invention(sentence)


def spoken_in_samples() -> Iterator[str]:
    for path in sorted(shipped("sample_audio").glob("*.truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        yield from (turn["text"] for turn in [*truth["turns"], *truth.get("backchannels", [])] if turn.get("text"))


def spoken_in_cases() -> Iterator[str]:
    for path in sorted(shipped("rules").rglob("*.cases.yml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            for turn in str(case.get("call", "")).split("|"):
                if len(words := turn.split(maxsplit=2)) == 3:
                    yield words[2]


def test_nothing_said_in_the_sample_calls_or_the_cases_of_rules_is_dropped() -> None:
    samples, cases = list(spoken_in_samples()), list(spoken_in_cases())
    assert (len(samples) > 200, len(cases) > 200) == (True, True), (len(samples), len(cases))
    assert [text for text in samples + cases if is_invention(text)] == []
