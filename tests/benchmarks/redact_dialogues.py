"""Short calls for redact_readout: what was heard of numbers, put among words in other ways than it was said.

The pieces of numbers are those that a recogniser heard, with other digits, and some of them heard as what rhymes with
them; the words around ask for a number, announce it, go on with it, read it back and end it in many ways. Other calls
have amounts, dates, counts and short numbers. Words are replaced at random by others that were heard.
"""
# ruff: noqa: E501, RUF100 (the tables are read more easily in long lines)

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from redact_sentences import SAID, without_number
from redact_spoken import cardinal

from asr_qa.core.digits import DIGITS, canonical
from asr_qa.core.phonetic import near_sound, syllables

AGENT, CUSTOMER = "AB"
_BEFORE = (
    "请问您的",
    "您的",
    "麻烦报一下",
    "请您提供一下",
    "方便留一下",
    "那您",
    "核对一下",
    "请说一下",
    "念一下",
    "把",
    "",
    "麻烦您再报一遍",
    "登记的",
)
_NAMES = (
    *(
        "手机号",
        "手机号码",
        "联系电话",
        "电话",
        "身份证号",
        "身份证号码",
        "证件号",
        "卡号",
        "银行卡号",
        "账号",
        "订单号",
        "工单号",
        "会员号",
        "快递单号",
    ),
    *("座机", "户号", "保单号", "护照号", "车牌号", "序列号", "邮箱", "QQ号", "合同号", "运单号", "号码"),
)
_AFTER = ("是多少", "多少", "呢", "报一下", "说一下", "告诉我", "是什么", "给我", "念一下", "有吗")
_OTHERWISE = (
    "怎么联系您",
    "打哪个号码",
    "回拨哪个电话",
    "您说我记着",
    "您报",
    "您说",
    "卡正面那串数字",
    "后面呢",
    "再说一遍",
    "麻烦重复一下",
    "留个联系方式",
    "写谁的电话",
    "退到哪张卡",
    "您输入的是",
    "发到哪里",
    "还有呢",
    "前面几位",
    "请继续",
)
ASKED = (*(f"{before}{name}{after}" for before in _BEFORE for name in _NAMES for after in _AFTER), *_OTHERWISE)
LEADS = (
    *("", "", "", "", "我的手机号是", "手机号", "电话", "我电话是", "你打", "打我这个", "卡号", "卡号是", "身份证", "我身份证号是", "号码是", "订单号"),
    *("订单号是", "你记一下", "你记一下啊", "好", "嗯", "哦", "等一下啊", "我看看", "我找找", "我想想", "我念给你听", "后面是", "前面是", "然后", "最后是"),
    *("中间是", "应该是", "不对", "改成", "就是", "是", "我是", "我老公的", "我妈的", "单位的", "家里的", "老号码", "工行的", "建行", "上面写的是"),
    *("背面写着", "账号", "座机", "区号", "单号是", "户号", "工单号", "保单号", "护照是", "车牌", "邮箱", "QQ", "微信", "它是", "刚打给我的是", "就打"),
    *("加一下", "我给你报", "写我的", "是他的"),
)  # fmt: skip
TAILS = (
    *("", "", "", "", "", "", "对", "对吧", "谢谢", "就这个", "麻烦你了", "没了", "你记下了吗", "你查一下", "姓王", "找老李", "户名是我", "停机了"),
    *("微信也是", "帮我看看", "登记上了", "对吗", "是这个吗", "能打通", "麻烦快点", "的那张卡", "打不通", "是我本人的", "说错了"),
)  # fmt: skip
MURMURS = (
    "嗯",
    "对",
    "好",
    "好的",
    "您说",
    "嗯嗯",
    "请继续",
    "然后呢",
    "还有吗",
    "慢点",
    "哦",
    "收到",
    "记下了",
    "后面呢",
    "呢",
    "等等",
    "是",
)
READS = (
    "跟您核对一下",
    "您的号码是",
    "我看到您预留的是",
    "重复一遍",
    "您这边登记的是",
    "好的",
    "那就是",
    "我这边记的是",
    "师傅会打您",
    "给您回拨",
    "受理编号是",
    "您绑定的是",
    "我复述一下",
)
LINKS = ("", " ", ",", "-", "嗯", "然后", "不对", "啊不是", "说错了", "后面是")
REMARKS = (
    *("好的请稍等", "我帮您查一下", "谢谢您的来电", "我要投诉", "还有其他问题吗", "没有了", "你们怎么还没处理", "稍后给您回电", "身份证要带吗", "卡号我记不清了"),
    *("您的手机号需要本人来", "手机号我换了", "订单号在短信里", "单号我没记", "密码不要告诉别人", "好的再见", "我再看看吧", "那就这样"),
)  # fmt: skip
FIGURES = (
    *("一共是", "扣了我", "还有", "等了", "大概", "买了", "住在", "第", "上个月", "今年", "每个月", "总共", "打了", "差", "退了", "大概要", "满", "减"),
    *("不到", "超过", "都", "有", "只有", "才", "涨到", "降到", "我家", "共计", "下午", "到", "从", "在", "我今年", "流量还剩", "尾号", "工号", "按"),
    *("服务热线", "拨打", "验证码", "型号是", "航班", "房间", "版本", "邮编", "编号", "座位", "密码是"),
)  # fmt: skip
UNITS = (
    *("块", "元", "块钱", "块五", "天", "个", "次", "分钟", "小时", "年", "个月", "岁", "公里", "斤", "度", "兆", "G", "平", "楼", "号楼", "单元", "期"),
    *("折", "位", "人", "遍", "件", "瓶", "箱", "寸", "匹", "点", "%", "号", "路", "米", "个工作日", "台", "张", "套", "页", "秒", "级"),
)  # fmt: skip
_NEW_DIGIT = 0.7
"""Share of the digits that become others."""


@dataclass(frozen=True, slots=True)
class Said:
    """A turn: who says it, and which characters are of a number."""

    role: str
    text: str
    private: tuple[bool, ...]


@dataclass(slots=True)
class Maker:
    """Makes calls of what was heard."""

    pieces: Sequence[str]
    """Of numbers, as they were heard."""
    words: Sequence[str]
    """Characters of words that were heard, as often as they were."""
    rng: random.Random
    rhymes: dict[str, list[str]] = field(init=False)
    """The characters by their finals."""

    def __post_init__(self) -> None:
        self.rhymes = defaultdict(list)
        for char in self.words:
            if char not in DIGITS:
                self.rhymes[near_sound(syllables(char)[0])[1]].append(char)

    def with_number(self) -> list[Said]:  # noqa: C901 (one way of saying it after the other)
        """A call in which a number is said."""
        rng, noise, blur = (
            self.rng,
            self.rng.choice((0, 0.05, 0.15, 0.3, 0.5)),
            self.rng.choice((0, 0, 0, 0.15, 0.3, 0.5)),
        )
        turns: list[Said] = []

        def say(role: str, *parts: str | tuple[str]) -> None:
            """Words, and in brackets pieces of a number."""
            said = [(part[0], True) if isinstance(part, tuple) else (self._noisy(part, noise), False) for part in parts]
            text = "".join(part for part, _ in said)
            if text:
                turns.append(Said(role, text, tuple(private for part, private in said for _ in part)))

        who, other = (CUSTOMER, AGENT) if rng.random() < 0.8 else (AGENT, CUSTOMER)
        if rng.random() < 0.6:
            say(other, rng.choice(ASKED))
        if rng.random() < 0.15:
            say(who, rng.choice(LEADS))
        if rng.random() < 0.45:
            parts: list[str | tuple[str]] = [rng.choice(LEADS), (self._piece(blur),)]
            for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
                parts += [rng.choice(LINKS), (self._piece(blur),)]
            say(who, *parts, rng.choice(TAILS))
        else:
            count = rng.choice((2, 3, 3, 4, 4, 5))
            for at in range(count):
                lead = rng.choice(LEADS) if rng.random() < 0.25 else ""
                say(who, lead, (self._piece(blur),), rng.choice(TAILS) if at + 1 == count else "")
                reply = rng.random()
                if at + 1 < count and reply < 0.75:
                    say(other, rng.choice(MURMURS) if reply < 0.55 else (self._piece(blur),))
        if rng.random() < 0.25:
            say(other, rng.choice(READS), (self._piece(blur),), rng.choice(TAILS))
        if rng.random() < 0.3:
            say(rng.choice((AGENT, CUSTOMER)), rng.choice(REMARKS))
        return turns

    def without(self) -> list[Said]:
        """A call with figures that are nobody's."""
        rng, noise = self.rng, self.rng.choice((0, 0.05, 0.15, 0.3))
        texts = [rng.choice(ASKED), rng.choice(REMARKS)] if rng.random() < 0.1 else []
        for _ in range(rng.choice((1, 1, 2, 3))):
            sort = rng.random()
            if sort < 0.35:
                texts.append(without_number(rng).turns[0][1])
            elif sort < 0.85:
                texts.append("".join(self._figure() for _ in range(rng.choice((1, 1, 2, 3)))))
            else:
                texts.append(rng.choice(REMARKS) + (self._figure() if sort < 0.93 else ""))
        said = [self._noisy(text, noise) for text in texts]
        return [Said(rng.choice((AGENT, CUSTOMER)), text, (False,) * len(text)) for text in said]

    def _figure(self) -> str:
        rng = self.rng
        value = rng.randint(1, rng.choice((12, 99, 999, 9999, 99999)))
        said = rng.random()
        figure = (
            str(value) if said < 0.4 else
            cardinal(min(value, 9999)) if said < 0.75 else
            "".join(SAID[int(digit)] for digit in str(value)[:4]) if said < 0.85 else
            f"{value}.{rng.randint(0, 9)}"
        )  # fmt: skip
        return rng.choice(FIGURES) + figure + rng.choice(UNITS) + rng.choice((",", "，", "的", "了", "吧"))

    def _piece(self, blur: float) -> str:
        return "".join([self._other(char, blur) for char in self.rng.choice(self.pieces)])

    def _other(self, char: str, blur: float) -> str:
        """Another digit for one, or what rhymes with it."""
        for digits in ("0123456789", SAID):
            if char in digits and self.rng.random() < _NEW_DIGIT:
                char = self.rng.choice(digits)
        if char in DIGITS and self.rng.random() < blur:
            digit = SAID[int(canonical(char))]
            digit = "幺" if digit == "一" and self.rng.random() < 0.6 else digit
            return self.rng.choice(self.rhymes[near_sound(syllables(digit)[0])[1]] or [char])
        return char

    def _noisy(self, text: str, share: float) -> str:
        return "".join(self.rng.choice(self.words) if c.isalnum() and self.rng.random() < share else c for c in text)
