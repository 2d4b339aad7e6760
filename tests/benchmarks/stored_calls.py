"""Calls of five minutes made without audio, each with words of its own.

A third of the sentences are from the cases of the rules and from the sample calls, so that every rule has something to
find and to pass over; the rest is plain talk about orders, bills and deliveries, put together anew each time.
"""

from __future__ import annotations

import hashlib
import random
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from asr_qa import __version__
from asr_qa.bootstrap import Rules
from asr_qa.core.document import CallDocument, Models, TimingBasis
from asr_qa.core.metrics import measure
from asr_qa.core.options import TimingOptions, definitions, options_digest
from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript, Utterance, Word
from asr_qa.pipeline.rescore import Judging, judge

TOP = Path(__file__).parents[2]
CHARACTERS = 1450
START = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
_SENTENCE = re.compile(r"[\u4e00-\u9fff，。？！、0-9]{4,60}")
_PACE = 5.4
"""Characters a second."""
_OF_CASES = 0.35
"""Share of the sentences that are from cases and samples."""
_WHAT = [
    "洗衣机",
    "宽带",
    "空调",
    "冰箱",
    "热水器",
    "信用卡",
    "流量包",
    "会员卡",
    "路由器",
    "手机卡",
    "电视盒子",
    "充电器",
    "保险单",
    "电饭煲",
    "扫地机",
    "机顶盒",
    "门锁",
    "打印机",
]
_WHEN = [
    "昨天",
    "前天",
    "上周三",
    "这个月初",
    "下周一",
    "今天上午",
    "星期五晚上",
    "元旦前后",
    "国庆节那几天",
    "去年年底",
    "大前天",
    "刚才",
    "上个月中旬",
]
_WHERE = [
    "人民路",
    "营业厅",
    "小区门口",
    "中山北路",
    "物流仓库",
    "自提柜",
    "总部",
    "城西网点",
    "学校旁边",
    "高新区",
    "火车站",
    "二楼服务台",
]
_DOING = [
    "送过来",
    "装好",
    "换一个",
    "退回去",
    "查一下",
    "登记",
    "缴费",
    "激活",
    "续费",
    "改地址",
    "拆下来",
    "寄出去",
    "调试",
    "取消",
    "升级",
    "验收",
]
_HOW = [
    "比较慢",
    "不太稳定",
    "有点贵",
    "挺方便的",
    "没有反应",
    "总是断开",
    "声音很大",
    "颜色不对",
    "少了一个配件",
    "包装破了",
    "还能用",
    "跟说明书不一样",
]
_PLAIN = (
    "我{when}在{where}买的{what}{how}，想问一下怎么回事",
    "系统里显示您的{what}是{when}从{where}发出的，现在还在路上",
    "那我{when}有空，能不能让师傅到{where}来{doing}",
    "{what}的费用是{number}元，其中{number}元是安装费，分{small}期",
    "之前那个人跟我讲的是{small}天之内可以{doing}，结果{when}还没动静",
    "我看到这里有一条记录，{when}有人在{where}把{what}签收了",
    "型号是{letters}{number}，您看一下背面贴纸上的编号对不对",
    "家里一共{small}口人，{what}每天要用{small}个小时左右，{how}",
    "如果要{doing}的话需要先到{where}把旧的{what}交回来",
    "您那边的地址还是{where}{number}号{small}单元吗，有没有变化",
    "我爱人{when}打过一次电话，说的也是{what}{how}这个情况",
    "这个月账单比上个月多了{number}块，我不明白多在哪里",
    "那边的网点{small}点半下班，您最好{when}早一点过去{doing}",
    "说明书第{small}页写着先按住按键{small}秒，灯闪了以后再{doing}",
    "{what}我已经用了{small}年，从来没有{how}，就是{when}开始的",
    "订单里有{small}件商品，{what}和充电线是分开从{where}寄的",
)


@cache
def sentences() -> tuple[str, ...]:
    """Every different sentence of the cases and of the sample calls."""
    files = [*sorted((TOP / "rules").rglob("*.cases.yml")), TOP / "sample_audio" / "scripts.yml"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return tuple(sorted(set(_SENTENCE.findall(text))))


def make_call(number: int, rules: Rules) -> CallDocument:
    """The call of that number, scored by the rules given; the same number gives the same call."""
    chance = random.Random(number)
    utterances = _talk(chance)
    duration = round(utterances[-1].end + chance.uniform(1, 4), 3)
    recording = _recording(number, duration, chance)
    options = rules.scorecard.timing or TimingOptions()
    speech: dict[Role, Track] = {
        role: tuple(Segment(u.start, u.end) for u in utterances if u.role is role)
        for role in (Role.AGENT, Role.CUSTOMER)
    }
    transcript = Transcript(utterances, "bench", "zh")
    timeline = build_timeline(speech, transcript, duration, options=options, holds=())
    metrics = measure(timeline, transcript, ring_seconds=recording.ring_seconds, options=options)
    basis = TimingBasis(options=options_digest(options), speech=speech, turns=timeline.turns, holds=())
    models = Models(
        asr="bench",
        vad="bench",
        diarization=None,
        ruleset_digest=rules.ruleset.digest,
        scorecard=rules.scorecard.stamp,
        version=__version__,
    )
    heard = CallDocument(
        recording=recording,
        models=models,
        utterances=utterances,
        events=timeline.events,
        metrics=metrics,
        findings=(),
        score_sheet=None,  # type: ignore[arg-type]  # judged below
        definitions=definitions(options),
        timing=basis,
    )
    judged = judge(heard, Judging(rules.applied, rules.scorecard))
    return CallDocument(
        recording=recording,
        models=models,
        utterances=utterances,
        events=timeline.events,
        metrics=metrics,
        findings=judged.findings,
        score_sheet=judged.sheet,
        definitions=definitions(options),
        timing=basis,
    )


def _talk(chance: random.Random) -> tuple[Utterance, ...]:
    found: list[Utterance] = []
    said, at, role = 0, chance.uniform(0.5, 6.0), Role.AGENT
    while said < CHARACTERS:
        text = "".join(_sentence(chance) for _ in range(chance.randint(1, 2)))
        if chance.random() < 0.15:
            text += f"单号{chance.randint(10**5, 10**9)}"
        utterance = _utterance(chance, role, at, text)
        found.append(utterance)
        said += len(text)
        pause = chance.uniform(-0.4, 1.2) if chance.random() < 0.9 else chance.uniform(2, 9)
        at = round(max(utterance.start + 0.5, utterance.end + pause), 3)
        role = role.opposite
    return tuple(found)


def _sentence(chance: random.Random) -> str:
    if chance.random() < _OF_CASES:
        return chance.choice(sentences())
    return chance.choice(_PLAIN).format(
        what=chance.choice(_WHAT),
        when=chance.choice(_WHEN),
        where=chance.choice(_WHERE),
        doing=chance.choice(_DOING),
        how=chance.choice(_HOW),
        number=chance.randint(12, 3999),
        small=chance.choice("二三四五六七八九十"),
        letters="".join(chance.choices("ABCDEKLMNPRSTX", k=2)),
    )


def _utterance(chance: random.Random, role: Role, start: float, text: str) -> Utterance:
    words: list[Word] = []
    at, place = round(start, 3), 0
    while place < len(text):
        part = text[place : place + chance.randint(1, 2)]
        end = round(at + len(part) / (_PACE * chance.uniform(0.8, 1.25)), 3)
        words.append(Word(part, at, end, round(chance.betavariate(8, 1.5), 4)))
        at, place = end, place + len(part)
    confidence = round(sum(word.confidence or 0 for word in words) / len(words), 4)
    return Utterance(role, words[0].start, words[-1].end, text, text, confidence, words=tuple(words))


def _recording(number: int, duration: float, chance: random.Random) -> Recording:
    sha256 = hashlib.sha256(f"benchmark call {number}".encode()).hexdigest()
    return Recording(
        id=sha256[:24],
        path=f"/calls/{number:06d}.wav",
        sha256=sha256,
        duration=duration,
        sample_rate=8000,
        channels=2,
        role_by_channel=(Role.AGENT, Role.CUSTOMER),
        started_at=(START + timedelta(minutes=5 * number)).isoformat(),
        direction="inbound",
        queue=chance.choice(("orders", "hotline", "billing")),
        agent_id=f"A{chance.randint(1, 60):03d}",
        ring_seconds=round(chance.uniform(2, 20), 1),
        metadata={"language": "zh"},
    )
