"""Words that mean something to timing: acknowledgements and announcements of a wait.

Plain data with the matching that belongs to it. Both lists can be replaced per scorecard (`TimingOptions`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

ACKNOWLEDGEMENTS: tuple[str, ...] = (
    *("嗯", "嗯哼", "哦", "噢", "喔", "啊", "呃", "哎", "诶", "唉", "哈", "呀", "唔"),
    *("对", "对的", "对呀", "对啊", "对吧", "没错", "没错的", "不错", "是", "是的", "是啊", "是呀", "是吧"),
    *("好", "好的", "好吧", "好啊", "好嘞", "好呢", "好了", "行", "行的", "行吧", "行啊", "可以", "可以的", "没问题"),
    *(
        "明白",
        "明白了",
        "明白的",
        "了解",
        "了解了",
        "懂了",
        "知道",
        "知道了",
        "清楚",
        "清楚了",
        "这样啊",
        "是这样",
        "这样子",
    ),
    *("您说", "你说", "您讲", "你讲", "您请说", "请讲", "请说", "在听", "我在听", "收到", "当然", "谢谢"),
    *("mm", "mhm", "mmhm", "mmhmm", "hm", "hmm", "uhhuh", "uh", "um", "ah", "aha", "oh", "yeah", "yep", "yes", "yup"),
    *("right", "ok", "okay", "sure", "isee", "alright", "gotit", "exactly", "goahead", "ofcourse", "understood"),
)
"""What a listener says to show that he follows; repetitions and sequences of these count too."""

EXCUSES: tuple[str, ...] = (
    *(
        "稍等",
        "稍候",
        "请稍后",
        "请您稍后",
        "等一下",
        "等一会",
        "等下",
        "等我一下",
        "别挂机",
        "别挂断",
        "不要挂机",
        "不要挂断",
    ),
    *(
        "帮您查",
        "帮你查",
        "给您查",
        "给你查",
        "为您查",
        "我查一下",
        "查询一下",
        "查看一下",
        "核实一下",
        "帮您确认",
        "帮您核对",
    ),
    *(
        "帮您看",
        "帮你看",
        "给您看",
        "我看一下",
        "我看看",
        "帮您核实",
        "为您核实",
        "帮您问",
        "我问一下",
        "我去问",
        "为您转接",
    ),
    *(
        "one moment",
        "a moment",
        "hold on",
        "bear with me",
        "just a second",
        "one second",
        "please hold",
        "let me check",
    ),
    *("let me look", "let me see", "give me a second", "give me a minute", "hold the line"),
)
"""What an agent says to announce that he will be silent for a while."""

# Characters that recognisers write for one another in acknowledgements, and traditional forms.
_VARIANTS = str.maketrans(
    {"恩": "嗯", "摁": "嗯", "對": "对", "沒": "没", "錯": "错", "說": "说", "講": "讲", "嘅": "的"}
)


def fold(text: str) -> str:
    """The text without case, width, blanks and punctuation; common variants made one."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_VARIANTS)
    return "".join(char for char in plain if char.isalnum())


def acknowledges(text: str, lexicon: Collection[str] = ACKNOWLEDGEMENTS) -> bool:
    """Whether the text is nothing but acknowledgements; an empty text is none."""
    plain = fold(text)
    phrases, lengths = _KNOWN if lexicon is ACKNOWLEDGEMENTS else _prepare(lexicon)
    reached = {0}
    for start in range(len(plain)):
        if start in reached:
            reached.update(start + n for n in lengths if plain[start : start + n] in phrases)
        elif max(reached) < start:
            return False
    return bool(plain) and len(plain) in reached


def resembles(text: str, lexicon: Collection[str] = ACKNOWLEDGEMENTS) -> bool:
    """Whether at least half of the text is made of the characters of acknowledgements.

    Recognisers mis-hear murmurs: 对没错 becomes 没错来, 明白 becomes 白会. Letters of other scripts say nothing.
    """
    plain = [char for char in fold(text) if not char.isascii()]
    known = _CHARACTERS if lexicon is ACKNOWLEDGEMENTS else _characters(lexicon)
    return bool(plain) and 2 * sum(char in known for char in plain) >= len(plain)


def find_phrases(tokens: Iterable[str], phrases: Iterable[str]) -> list[tuple[int, int, str]]:
    """Where phrases occur in a row of tokens.

    Returns:
        First token, last token and phrase of each occurrence, in order of their ends.
    """
    text, owner = "", []
    for index, token in enumerate(tokens):
        plain = fold(token)
        text += plain
        owner += [index] * len(plain)
    found: list[tuple[int, int, str]] = []
    for phrase in phrases:
        plain = fold(phrase)
        at = text.find(plain) if plain else -1
        while at >= 0:
            found.append((owner[at], owner[at + len(plain) - 1], phrase))
            at = text.find(plain, at + 1)
    return sorted(found, key=lambda hit: (hit[1], -len(hit[2])))


def _prepare(lexicon: Iterable[str]) -> tuple[frozenset[str], tuple[int, ...]]:
    """The folded phrases and the lengths they have."""
    phrases = frozenset(plain for phrase in lexicon if (plain := fold(phrase)))
    return phrases, tuple(sorted({len(phrase) for phrase in phrases}))


def _characters(lexicon: Iterable[str]) -> frozenset[str]:
    return frozenset(c for phrase in lexicon if len(plain := fold(phrase)) <= 2 for c in plain if not c.isascii())


_KNOWN = _prepare(ACKNOWLEDGEMENTS)
_CHARACTERS = _characters(ACKNOWLEDGEMENTS)
