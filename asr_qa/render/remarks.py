"""What is wrong with a recording, in the words of the report: the messages of warnings are written in English."""

from __future__ import annotations

import re

from asr_qa.core.document import CallWarning
from asr_qa.render.texts import Texts

_ZH: tuple[tuple[str, str], ...] = (
    (r"nobody speaks: the call is not assessed", "没有人说话，本通不评分"),
    (r"the file ends in the middle", "文件没有写完就断了"),
    (
        r"somebody is speaking as the recording begins: .*",
        "录音开始时有人正在说话：此前说了什么、过了多久都不知道",
    ),
    (r"somebody is speaking as the recording ends: .*", "录音结束时有人正在说话：此后说了什么不知道"),
    (
        r"only ([\d.]+) s are spoken: .*",
        r"双方一共只说了 \1 秒：没听到的话可能是在录音之前或之后说的",
    ),
    (r"the agent is never heard: .*", "始终没有听到坐席，可能没有录上，因此看似安静处未必安静"),
    (r"the customer is never heard: .*", "始终没有听到客户，可能没有录上，因此看似安静处未必安静"),
    (r"one voice alone is heard: .*", "只听到一个人的声音，另一方可能没有录上，因此看似安静处未必安静"),
    (r"speech of the agent could not be read", "坐席的这段话无法识别"),
    (r"speech of the customer could not be read", "客户的这段话无法识别"),
    (r"speech of the other could not be read", "这段话无法识别"),
    (
        r"one side is heard on the other's channel nearly as loud: .*",
        "一方在另一方声道上几乎一样响，双方同时说的话分不开",
    ),
    (
        r"both speak at once for (\d+) s, and two who do not hear each other would for (\d+) s: .*",
        r"双方同时说了 \1 秒，互不相闻的两个人也会同时说 \2 秒：可能串线，或一方录进了两个声道；同时说的话不作判断",
    ),
    (
        r"channel (\d+) is heard on channel (\d+), (-?\d+) dB quieter; taken out of its speech",
        r"声道 \1 的声音串到声道 \2（低 \3 dB），已从其说话中去除",
    ),
    (
        r"channel (\d+) is heard on channel (\d+), as loud as on its own",
        r"声道 \1 的声音在声道 \2 上与在自己声道上一样响",
    ),
    (r"channels (\d+) and (\d+) carry the same audio: .*?", r"声道 \1 与声道 \2 内容相同，无法按声道区分谁在说话"),
    (r"channel (\d+) is silent throughout", r"声道 \1 始终没有信号"),
    (r"speech on channel (\d+) is faint: (-?\d+) dB full scale", r"声道 \1 的说话声太轻（满刻度以下 \2 dB）"),
    (r"channel (\d+) is cut off at full scale in (\d+%) of its speech", r"声道 \1 的说话有 \2 达到满刻度而失真"),
    (r"channel (\d+) drops out (\d+) times in its speech, ([\d.]+) s in all", r"声道 \1 的说话中断 \2 次，共 \3 秒"),
    (
        r"channel (\d+) drops out (\d+) times in its speech, ([\d.]+) s in all, and plays its last moment again (\d+) "
        r"times in its speech, ([\d.]+) s in all: packets were lost",
        r"声道 \1 丢包：说话中断 \2 次，共 \3 秒，另有 \4 处重复播放前一刻的声音来填补，共 \5 秒",
    ),
    (
        r"channel (\d+) plays its last moment again (\d+) times in its speech, ([\d.]+) s in all: packets were lost",
        r"声道 \1 丢包：说话中有 \2 处重复播放前一刻的声音来填补，共 \3 秒",
    ),
    (r"more than two voices on one channel: .*", "一个声道上不止两个人的声音，涉及单方的规则待人工"),
    (
        r"both parties are on one channel and there is no model that tells voices apart: .*",
        "双方同在一个声道，又没有说话人分离模型，无法知道谁在说话；获取模型：asr-qa models pull voices",
    ),
    (
        r"both parties are on one channel: what they say at once .*",
        "双方同在一个声道，同时说的话分不开，抢话与叠话待人工",
    ),
    (
        r"the agent's words change over to the other channel near (\d+) s: .*",
        r"坐席的用语从第 \1 秒前后换到了另一个声道，两个声道可能中途对调，请核对",
    ),
    (r"the opening script is on the customer's channel: .*", "开场白出现在客户声道上，请核对哪个声道是坐席"),
    (r"(.*): (?:rules about one party|rules about one of them) are left to a person", r"\1：涉及单方的规则待人工"),
)
"""What a message is, as a whole, and what the report says in its place; the last is for several reasons in a row."""
_REASONS_ZH: tuple[tuple[str, str], ...] = (
    (r"one channel carries both parties", "双方同在一个声道"),
    (r"one channel, and one voice on it", "只有一个声道，且只听到一个人的声音"),
    (r"the roles of the two voices are only likely \((\d+%)\)", r"两个人谁是坐席只是推测（\1）"),
    (r"it is not sure that there are two voices", "不能确定是两个人"),
    (r"there may be a third voice", "可能还有第三个人"),
    (r"; the clocks run (\d+) ppm apart, (\d+) ms over the call", r"；两声道时钟相差 \1 ppm，全程累计 \2 毫秒"),
    (r"; ", "；"),
)
_CLOCKS = re.compile(r"(?=; the clocks run )")
_MESSAGES = tuple((re.compile(pattern), text) for pattern, text in _ZH)
_REASONS = tuple((re.compile(pattern), text) for pattern, text in _REASONS_ZH)


def remark(warning: CallWarning, texts: Texts) -> str:
    """The message of a warning; as it was written where nobody foresaw it."""
    if texts.lang == "en":
        return warning.message
    message, *clocks = _CLOCKS.split(warning.message)
    for pattern, words in _MESSAGES:
        if found := pattern.fullmatch(message):
            return _with_reasons("".join((found.expand(words), *clocks)))
    return warning.message


def _with_reasons(text: str) -> str:
    for pattern, words in _REASONS:
        text = pattern.sub(words, text)
    return text
