"""Is what the recogniser wrote believable? Tests on one stretch of decoded speech.

Whisper loops ("对对对对…"), writes captions of videos into silence, and stops listening. Each test
names what it caught, so that a retry or a give-up can say why.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from asr_qa.asr.words import simplifier
from asr_qa.core.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardOptions:
    """Limits beyond which a text is not believed."""

    compression_ratio: float = 2.4
    """A text that zlib makes smaller than 1/2.4 repeats itself."""
    average_log_probability: float = -1.1
    """Mean natural log of the token probabilities."""
    no_speech_probability: float = 0.6
    """Above this, together with a low log-probability, nothing was said."""
    no_speech_log_probability: float = -0.7
    repeats: int = 4
    """The same three or more characters said this often in a row are a loop."""
    short_repeats: int = 6
    """And the same two, unlike each other: 谢谢谢谢 and 对对对对 people do say."""
    single_repeats: int = 10
    """And one character that is no digit: in haste people say 对 or 好 half as often in a row."""
    characters_per_second: float = 14.0
    """Nobody speaks faster."""
    sparse_seconds: float = 1.2
    """Speech longer than this must have words."""
    sparse_rate: float = 0.5
    """Characters per second below which words were dropped."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out of the decoder for one stretch."""

    text: str
    seconds: float
    """Seconds of speech it is meant to cover."""
    log_probability: float
    no_speech: float


def doubts(heard: Heard, options: GuardOptions) -> str:
    """Why a text is not believed: "loop", "invented", "unsure", "silence", "too_fast", "dropped"; "" if it is."""
    if is_invention(heard.text):
        return "invented"
    text = plain(heard.text)
    if loops(text, options):
        return "loop"
    if heard.log_probability < options.no_speech_log_probability and heard.no_speech > options.no_speech_probability:
        return "silence"
    if heard.log_probability < options.average_log_probability:
        return "unsure"
    if len(text) > 8 and _rate_of(text, heard.seconds) > options.characters_per_second:
        return "too_fast"
    return "dropped" if is_sparse(text, heard.seconds, options) else ""


def is_sparse(text: str, seconds: float, options: GuardOptions) -> bool:
    """Whether speech of this length with this little text must have lost words."""
    return seconds > options.sparse_seconds and len(text.replace(" ", "")) < options.sparse_rate * seconds


def loops(text: str, options: GuardOptions) -> bool:
    """Whether a text repeats itself as only a stuck decoder does."""
    encoded = text.encode()
    if len(encoded) > 60 and len(encoded) / len(zlib.compress(encoded)) > options.compression_ratio:
        return True
    if _pairs(options.short_repeats).search(text) or _singles(options.single_repeats).search(text):
        return True
    return any(_repeats(text, size, options.repeats) for size in range(3, min(24, len(text) // options.repeats) + 1))


@cache
def _pairs(times: int) -> re.Pattern[str]:
    return re.compile(rf"(\w)(?!\1)(\w)(?:\1\2){{{times - 1}}}")


@cache
def _singles(times: int) -> re.Pattern[str]:
    return re.compile(rf"([^\W\d零〇])\1{{{times - 1}}}")


def is_invention(text: str) -> bool:
    """Whether a text is, or holds, a caption known to be invented (inventions.txt says which and where)."""
    known = _captions()
    bare = _bare(text)
    if any(phrase in bare for phrase in known.anywhere) or known.alone.fullmatch(bare) or _is_credits(bare):
        return True
    parts = [part for part in map(_bare, _SENTENCE_END.split(text)) if part]
    return len(parts) > 1 and any(
        known.alone.fullmatch(part) and len(bare) - len(part) <= _SHORT for part in (parts[0], parts[-1])
    )


def _is_credits(bare: str) -> bool:
    """Whether a text is a list of credits, each with a name or without."""
    found = _captions().credits.fullmatch(bare)
    # A single word such as 导演 may answer a question.
    return bool(found) and (len(bare) > _ONE_CREDIT or bare in _BARE_CREDITS)


_SHORT = 6
"""Letters beside an invented sentence up to which a text is taken to be invented as a whole."""
_ONE_CREDIT = 4
_BARE_CREDITS = frozenset({"字幕制作", "字幕翻译", "字幕校对", "词曲", "作词", "作曲", "编曲"})
_SENTENCE_END = re.compile(
    r"[,.!?;:，。！？；：、…~～()（）《》【】\[\]\"“”♪-]+|(?<=[\u3040-\u9fff])\s+|\s+(?=[\u3040-\u9fff])"
)
_SPOKEN = "的了吗呢吧是不要有没怎么什哪谁几多少太很在能可会看开关调设置好费员司贵慢快"
"""Characters of sentences about subtitles and songs that stand in no name."""
_NAME = rf"(?:[a-z0-9]{{1,12}}|(?:(?![{_SPOKEN}])[\u3040-\u9fff]){{1,4}}?)"


@dataclass(frozen=True, slots=True)
class _Captions:
    """What is known to be invented, by where it is caught."""

    anywhere: tuple[str, ...]
    alone: re.Pattern[str]
    credits: re.Pattern[str]


@cache
def _captions() -> _Captions:
    lines: dict[str, list[str]] = {}
    section = ""
    for line in files("asr_qa.asr").joinpath("inventions.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            lines.setdefault(section, []).append(_bare(line))
    one_of = {key: "|".join(sorted(map(re.escape, lines[key]), key=len, reverse=True)) for key in lines}
    either = f"{one_of['credits']}|{one_of['further credits']}"
    return _Captions(
        anywhere=tuple(lines["anywhere"]),
        alone=re.compile(f"(?:{one_of['alone']})+"),
        credits=re.compile(f"(?:{one_of['credits']}){_NAME}?(?:提供)?(?:(?:{either}){_NAME}?(?:提供)?)*"),
    )


def _bare(text: str) -> str:
    """A text by its letters only: lower case, simplified, no blanks or marks."""
    return simplifier()(plain(text)).replace(" ", "")


def _rate_of(text: str, seconds: float) -> float:
    return len(text.replace(" ", "")) / max(seconds, 0.1)


def _repeats(text: str, size: int, times: int) -> bool:
    """Whether some `size` characters stand `times` times in a row."""
    run = 0
    for index in range(size, len(text)):
        run = run + 1 if text[index] == text[index - size] else 0
        if run >= size * (times - 1):
            return True
    return False
