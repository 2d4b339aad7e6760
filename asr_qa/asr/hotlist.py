"""Hot words as operators write them down: in a setting, separated by commas, or in a file, one a line."""

from __future__ import annotations

import re
from pathlib import Path

from asr_qa.asr.hotwords import MIN_SYLLABLES
from asr_qa.core.phonetic import is_mandarin
from asr_qa.errors import ConfigurationError
from asr_qa.messages import error_of

MAX_WORDS = 2000
_LONGEST = 20
_SEPARATORS = re.compile(r"[,，、;；\n]")  # what Chinese keyboards write


def hot_words(written: str, file: Path | None) -> tuple[str, ...]:
    """All hot words, each once, in the order in which they stand.

    Args:
        written: Separated by commas (of any width), semicolons or 、.
        file: One a line; blank lines, and what follows a "#", are left out. UTF-8 or GB18030.

    Raises:
        ConfigurationError: The file cannot be read or is no text, a word is too short or too long, or there are too
            many; names place and word.
    """
    listed = [("ASR_QA_ASR__HOT_WORDS", word) for word in _SEPARATORS.split(written)]
    if file is not None:
        listed += [(f"{file}:{n}", line.partition("#")[0]) for n, line in enumerate(_lines(file), 1)]
    words = [_checked(word.strip(), place) for place, word in listed if word.strip()]
    unique = tuple(dict.fromkeys(words))
    if len(unique) > MAX_WORDS:
        raise error_of(ConfigurationError, "hot_words_many", n=len(unique), most=MAX_WORDS)
    return unique


def _checked(word: str, place: str) -> str:
    letters = [char for char in word if char.isalnum()]
    if not letters or len(letters) > _LONGEST:
        raise error_of(ConfigurationError, "hot_word_length", place=place, word=word, n=len(letters), most=_LONGEST)
    if all(map(is_mandarin, letters)) and len(letters) < MIN_SYLLABLES:
        raise error_of(ConfigurationError, "hot_word_short", place=place, word=word, least=MIN_SYLLABLES)
    return word


def _lines(file: Path) -> list[str]:
    try:
        data = file.expanduser().read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise error_of(ConfigurationError, "hot_words_unreadable", file=str(file), reason=reason) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).splitlines()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise error_of(ConfigurationError, "hot_words_encoding", file=str(file), line=line)
