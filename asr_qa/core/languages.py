"""Languages as people write them, as the codes that recognisers and rules know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from asr_qa.messages import SaidError, say

AUTO = "auto"

_SUBTAGS = """
    af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is
    it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl
    sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh
"""
_CODES = frozenset(_SUBTAGS.split())

_NAMES: Mapping[str, tuple[str, ...]] = {
    AUTO: ("自动", "自动识别", "detect"),
    "zh": (
        *("中文", "汉语", "汉语普通话", "普通话", "国语", "华语", "简体中文", "繁体中文"),
        *("chinese", "mandarin", "putonghua", "cmn", "cn", "zho", "chi"),
    ),
    "en": ("英语", "英文", "english", "eng"),
    "yue": ("粤语", "广东话", "白话", "cantonese", "zh-yue"),
    "ja": ("日语", "日文", "japanese", "jpn", "jp"),
    "ko": ("韩语", "韩文", "朝鲜语", "korean", "kor", "kr"),
    "fr": ("法语", "french", "fra"),
    "de": ("德语", "german", "deu"),
    "es": ("西班牙语", "spanish", "spa"),
    "ru": ("俄语", "russian", "rus"),
    "pt": ("葡萄牙语", "portuguese", "por"),
    "th": ("泰语", "thai", "tha"),
    "vi": ("越南语", "vietnamese", "vie"),
    "id": ("印尼语", "indonesian", "ind"),
    "ms": ("马来语", "malay", "msa"),
    "bo": ("藏语", "tibetan", "bod"),
    "jw": ("jv", "javanese"),
}
_BY_NAME = {name: code for code, names in _NAMES.items() for name in names}


def language_code(text: str) -> str:
    """Code of a language: "zh-CN", "普通话" and "Chinese" are "zh"; "auto" stays.

    Raises:
        SaidError: It is no language known here.
    """
    name = text.strip().lower().replace("_", "-")
    if name == AUTO or name in _CODES:
        return name
    if name in _BY_NAME:
        return _BY_NAME[name]
    primary = name.split("-")[0]
    # Of two subtags the second may be the language spoken: zh-yue-HK is Cantonese.
    if primary != name and primary not in {AUTO, ""}:
        narrow = "-".join(name.split("-")[:2])
        return _BY_NAME[narrow] if narrow in _BY_NAME else _code_of(primary, text)
    raise _unknown(text)


def is_spoken(language: str, codes: Collection[str]) -> bool:
    """Whether the language of a call is one of some codes; it is read as `language_code` reads it: "zh-CN" is "zh"."""
    return language in codes or _code_or_same(language) in codes


@lru_cache(maxsize=256)
def _code_or_same(language: str) -> str:
    try:
        return language_code(language)
    except SaidError:
        return language


def _code_of(primary: str, text: str) -> str:
    if primary not in _CODES and primary not in _BY_NAME:
        raise _unknown(text)
    return _BY_NAME.get(primary, primary)


def _unknown(text: str) -> SaidError:
    return SaidError(say("language_unknown", given=text))
