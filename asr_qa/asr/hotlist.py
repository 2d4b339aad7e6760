"""Hot words as operators write them down: in a setting, separated by commas, or in a file, one a line."""

from __future__ import annotations

import re
from pathlib import Path

from asr_qa.asr.hotwords import MIN_SYLLABLES
from asr_qa.core.phonetic import is_mandarin
from asr_qa.errors import ConfigurationError

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
        raise ConfigurationError(f"{len(unique)} hot words are too many: {MAX_WORDS} at most; keep names and products")
    return unique


def _checked(word: str, place: str) -> str:
    letters = [char for char in word if char.isalnum()]
    if not letters or len(letters) > _LONGEST:
        raise ConfigurationError(
            f"{place}: hot word {word!r} has {len(letters)} letters; write up to {_LONGEST}, one name a line or"
            " between commas"
        )
    if all(map(is_mandarin, letters)) and len(letters) < MIN_SYLLABLES:
        raise ConfigurationError(
            f"{place}: hot word {word!r} is too short: names of fewer than {MIN_SYLLABLES} syllables sound like other"
            " words; write more of it, such as a name with its title"
        )
    return word


def _lines(file: Path) -> list[str]:
    try:
        data = file.expanduser().read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{file}: hot words cannot be read: {error.strerror or error}; see ASR_QA_ASR__HOT_WORDS_FILE"
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).splitlines()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise ConfigurationError(f"{file}:{line}: neither UTF-8 nor GB18030 text; save the list as UTF-8")
