"""JSON as it was uploaded: mappings whose keys are written in many ways, and the places of mistakes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from asr_qa.errors import Said
from asr_qa.messages import SaidError, say
from asr_qa.ruleset.foreign import translated

_MANY_OPEN = r"(?:[\[{]\s*){30}"
"""Where brackets pile up."""


class Params(Mapping[str, Any]):
    """A mapping whose keys are known in whatever way they are written: check_range, checkRange, Check_range."""

    def __init__(self, data: Mapping[str, Any], at: str) -> None:
        self._data = {plain_key(key): value for key, value in data.items()}
        self._written = {plain_key(key): key for key in data}
        self.at = at

    def __getitem__(self, key: str) -> Any:
        return self._data[plain_key(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written.values())

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and plain_key(key) in self._data

    def text(self, *keys: str) -> str:
        """The first of these keys that is given, as text."""
        for key in keys:
            if (value := self.get(key)) is not None and not isinstance(value, dict | list):
                return str(value).strip()
        return ""

    def number(self, *keys: str) -> float | None:
        """The first of these keys that is given, as a number; numbers in quotes count."""
        for key in keys:
            value = self.get(key)
            if value is None or value == "" or isinstance(value, bool):
                continue
            try:
                number = float(value)
            except (TypeError, ValueError, OverflowError):
                number = math.inf
            if not math.isfinite(number):
                raise mistake(f"{self.at}.{key}", say("json_number", value=short(value)))
            return number
        return None

    def flag(self, key: str) -> bool | None:
        """true, false, 1 or 0; None where it is not given."""
        value = self.get(key)
        if value is None or isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "0", "false"):
            return str(value).lower() in ("1", "true")
        raise mistake(f"{self.at}.{key}", say("json_bool", value=short(value)))

    def words(self, key: str) -> list[str]:
        """A list of words; one word alone is a list of one."""
        value = self.get(key)
        if value is None or value == "":
            return []
        listed = value if isinstance(value, list) else [value]
        if any(isinstance(word, dict | list) for word in listed):
            raise mistake(f"{self.at}.{key}", say("json_words"))
        return list(dict.fromkeys(str(word).strip() for word in listed if str(word).strip()))

    def part(self, key: str) -> Params | None:
        """A mapping below this one; JSON in quotes is read."""
        value = self.get(key)
        if isinstance(value, str) and value.strip().startswith("{"):
            value = loads(value, f"{self.at}.{key}")
        if value is None or value == "" or value == []:
            return None
        if not isinstance(value, dict):
            raise mistake(f"{self.at}.{key}", say("json_mapping", value=short(value)))
        return Params(value, f"{self.at}.{key}")

    def parts(self, key: str) -> list[Params]:
        """A list of mappings below this one."""
        value = self.get(key)
        if isinstance(value, str) and value.strip().startswith("["):
            value = loads(value, f"{self.at}.{key}")
        listed = value if isinstance(value, list) else [] if value is None else [value]
        for index, one in enumerate(listed):
            if not isinstance(one, dict):
                raise mistake(f"{self.at}.{key}[{index}]", say("json_mapping", value=short(one)))
        return [Params(one, f"{self.at}.{key}[{index}]") for index, one in enumerate(listed)]


class MistakeError(SaidError):
    """A value that makes no sense where it stands.

    Attributes:
        at: Its place, such as rules[0].lambda.
        place: Line and column where they are known already.
        pattern: What the place looks like in the text, where it is not known yet.
    """

    def __init__(
        self, at: str, said: Said, hint: Said | None, place: tuple[int, int] | None = None, *, pattern: str = ""
    ) -> None:
        super().__init__(said, hint)
        self.at, self.place, self.pattern = at.lstrip("."), place, pattern


def mistake(at: str, said: Said, hint: Said | None = None) -> MistakeError:
    """A mistake at a place such as rules[0].lambda."""
    return MistakeError(at, said, hint)


def short(value: object, limit: int = 60) -> str:
    """A value as it was written, cut where it is long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


@lru_cache(maxsize=4096)
def plain_key(key: str) -> str:
    """A key in whatever way it is written."""
    return key.replace("_", "").lower()


def loads(text: str, at: str) -> Any:
    """JSON that stands at a place; raises MistakeError."""
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_unrepeated)
    except MistakeError as error:
        # A text in quotes has no lines of its own in the file.
        error.at = error.at or at.lstrip(".")
        error.place = _found_at(text, error.pattern) if error.pattern and not at else error.place
        raise
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno) if not at else None
        said = say("not_json", problem=translated(error.msg.lower()))
        raise MistakeError(at, said, say("json_signs"), place) from None
    except ValueError as error:
        raise mistake(at, say("not_json", problem=translated(str(error)))) from None
    except RecursionError:
        place = _found_at(text, _MANY_OPEN) if not at else None
        raise MistakeError(at, say("json_deep"), say("fewer_levels"), place) from None


def _no_number(name: str) -> Any:
    raise MistakeError("", say("json_no_number", name=name), None, pattern=rf"(?<=[:,\[\s]){re.escape(name)}")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping, unless one of its keys stands twice: all but the last value would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        # Other mappings have that key too, so the place is the first where it follows itself in one mapping.
        key = re.escape(json.dumps(twice, ensure_ascii=False))
        raise MistakeError("", say("key_twice", key=twice), None, pattern=rf"{key}\s*:[^{{}}]*?(?={key}\s*:)")
    return found


def _found_at(text: str, pattern: str) -> tuple[int, int] | None:
    """Line and column of the first match of a pattern."""
    found = re.search(pattern, text)
    if found is None:
        return None
    return text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())


def place_of(text: str, at: str) -> tuple[int, int]:
    """Line and column of a place such as rules[0].lambda, as far as it is found in the text; else (0, 0)."""
    position, found = 0, False
    for step in re.findall(r"[^.\[\]]+", at):
        if step.isdigit():
            continue
        where = re.compile(rf'\\?"{re.escape(step)}\\?"\s*:').search(text, position)
        if where is None:
            break
        position, found = _nth_entry(text, where.end(), at, step), True
    return (text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)) if found else (0, 0)


def _nth_entry(text: str, start: int, at: str, step: str) -> int:
    """Where the entry of a list begins that a place names by its number; `start` where it names none."""
    numbered = re.search(rf"{re.escape(step)}\[(\d+)\]", at)
    position = text.find("{", start) if numbered else start
    decoder = json.JSONDecoder()
    for _ in range(int(numbered[1]) if numbered else 0):
        try:
            position = text.index("{", decoder.raw_decode(text, position)[1])
        except ValueError:
            return start
    return max(position, start)
