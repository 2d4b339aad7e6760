"""What people are told, in English and Chinese: one table, read by code and arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from asr_qa.errors import AsrQaError, Issue, Said
from asr_qa.messages import advice, commands, failing, imported, reading, running, scoring, shape

__all__ = [
    "MESSAGES",
    "Lang",
    "SaidError",
    "error_in",
    "error_of",
    "issue_of",
    "line_of",
    "place_of",
    "row_of",
    "said_in",
    "say",
]

Lang = Literal["zh", "en"]
_COLUMN: Mapping[Lang, int] = {"en": 0, "zh": 1}
_JOINT: Mapping[Lang, str] = {"en": ", ", "zh": "、"}

MESSAGES: Mapping[str, tuple[str, str]] = {
    **reading.MESSAGES,
    **shape.MESSAGES,
    **advice.MESSAGES,
    **commands.MESSAGES,
    **imported.MESSAGES,
    **running.MESSAGES,
    **scoring.MESSAGES,
    **failing.MESSAGES,
}
"""English and Chinese by code; both fill in the same arguments."""

Raised = TypeVar("Raised", bound=AsrQaError)


class SaidError(ValueError):
    """A value that cannot be used, with the message in no language yet.

    Attributes:
        said: The message.
        advice: What to do about it, where there is more to say.
    """

    def __init__(self, said: Said, advice: Said | None = None) -> None:
        super().__init__(said_in(said, "en"))
        self.said, self.advice = said, advice


def say(code: str, /, **args: object) -> Said:
    """A message by its code; lists of words as tuples, numbers as they are.

    Raises:
        KeyError: There is no such message.
    """
    if code not in MESSAGES:
        raise KeyError(code)
    return Said(code, tuple(args.items()))


def said_in(said: Said, lang: Lang) -> str:
    """The text in a language."""
    return MESSAGES[said.code][_COLUMN[lang]].format_map({name: _shown(value, lang) for name, value in said.args})


def _shown(value: object, lang: Lang) -> object:
    if isinstance(value, Said):
        return said_in(value, lang)
    if isinstance(value, tuple):
        return _JOINT[lang].join(str(_shown(one, lang)) for one in value)
    # Numbers with a format of their own keep it; a plain one is written without idle zeros.
    return _Number(value) if isinstance(value, float) else value


class _Number(float):
    """A number that is written short unless a format says otherwise."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec or "g")


def error_of(kind: type[Raised], code: str, /, **args: object) -> Raised:
    """An error of a kind with its message in both languages: `str` of it is English."""
    said = say(code, **args)
    error = kind(said_in(said, "en"))
    error.said = said
    return error


def error_in(error: AsrQaError, lang: Lang) -> str:
    """The message of an error in a language; as it is where it is known in no other."""
    return str(error) if error.said is None else said_in(error.said, lang)


def issue_of(
    path: str,
    line: int,
    said: Said,
    hint: Said | None = None,
    *,
    column: int = 0,
    severity: str = "error",
    subject: str = "",
) -> Issue:
    """An issue with its message in both languages; `subject` is the id of a rule that it begins with."""
    message = (f"{subject}: " if subject else "") + said_in(said, "en")
    advice_ = said_in(hint, "en") if hint is not None else ""
    return Issue(path, line, message, advice_, column, severity, said, hint, subject)


def place_of(issue: Issue) -> str:
    """File, line and column of an issue."""
    place = f"{issue.path}:{issue.line}" if issue.line else issue.path
    return place + (f":{issue.column}" if issue.line and issue.column else "")


def line_of(issue: Issue, lang: Lang) -> str:
    """An issue as one line: where, how bad, what, what to do."""
    if lang == "en":
        return str(issue)
    hint = hint_in(issue, lang)
    severity = said_in(Said(f"severity_{issue.severity}"), lang)
    return f"{place_of(issue)}: {severity}：{message_in(issue, lang)}" + (f"（{hint}）" if hint else "")


def message_in(issue: Issue, lang: Lang) -> str:
    """The message of an issue in a language; in English where it is known in no other."""
    if issue.said is None or lang == "en":
        return issue.message
    return (f"{issue.subject}：" if issue.subject else "") + said_in(issue.said, lang)


def hint_in(issue: Issue, lang: Lang) -> str:
    """The hint of an issue in a language."""
    return issue.hint if issue.advice is None or lang == "en" else said_in(issue.advice, lang)


def row_of(issue: Issue, lang: Lang) -> dict[str, Any]:
    """An issue for programs: codes and arguments beside the texts."""
    return {
        "path": issue.path,
        "line": issue.line,
        "column": issue.column,
        "severity": issue.severity,
        "rule": issue.subject,
        **_coded("code", "args", issue.said),
        "message": message_in(issue, lang),
        **_coded("hint_code", "hint_args", issue.advice),
        "hint": hint_in(issue, lang),
    }


def _coded(code: str, args: str, said: Said | None) -> dict[str, Any]:
    return {code: said.code if said else "", args: {name: _plain(value) for name, value in said.args} if said else {}}


def _plain(value: object) -> Any:
    """An argument as JSON."""
    if isinstance(value, Said):
        return {"code": value.code, "args": {name: _plain(one) for name, one in value.args}}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
