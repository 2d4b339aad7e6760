"""Everything asr_qa raises on purpose.

    AsrQaError
      UsageError            the command or request makes no sense as given
      ConfigurationError    a setting is wrong or something needed is not set up
      AudioError            a recording cannot be read or has nothing to score
      ModelError            a model is missing, incomplete or does not load
      TranscriptionError    the recogniser failed on audio that could be read
      RulesetError          rule or scorecard files are wrong; carries every issue found
      ManifestError         a manifest row or column cannot be used
      StorageError          the database cannot be opened, is too new or cannot be written
      OutputError           a result cannot be written where it was asked for
      NotFoundError         no such call, rule, criterion
      ConflictError         somebody else changed it first
      PermissionDeniedError the token or user may not do this

Each message says what is wrong, where, and what to do. The class name is the
machine-readable code (`AudioError.code == "audio_error"`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar


class AsrQaError(Exception):
    """Something asr_qa could not do, with advice.

    Attributes:
        said: The message in no language yet; None where it is known as it is only.
    """

    code: ClassVar[str] = "asr_qa_error"
    said: Said | None = None

    def __init_subclass__(cls) -> None:
        """Derive the machine-readable code from the class name."""
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class UsageError(AsrQaError):
    """The command or request makes no sense as given."""


class ConfigurationError(AsrQaError):
    """A setting is wrong or something needed is not set up."""


class AudioError(AsrQaError):
    """A recording cannot be read or holds nothing to score.

    Attributes:
        reason: Short machine-readable reason, e.g. "missing", "empty", "no_audio_stream".
    """

    def __init__(self, message: str, *, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class ModelError(AsrQaError):
    """A model is missing, incomplete or does not load."""


class TranscriptionError(AsrQaError):
    """The recogniser failed on audio that could be read."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text in no language yet: its name in a table of messages, and what is filled in."""

    code: str
    args: tuple[tuple[str, object], ...] = ()
    """By name; a value may be another Said, or a tuple of values."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong in one place of a rule or scorecard file."""

    path: str
    line: int
    """1-based line; 0 where the whole file is meant."""
    message: str
    """In English, as the hint."""
    hint: str = ""
    column: int = 0
    severity: str = "error"
    """ "error" or "warning"."""
    said: Said | None = field(default=None, compare=False)
    """The message in no language."""
    advice: Said | None = field(default=None, compare=False)
    """The hint in no language."""
    subject: str = field(default="", compare=False)
    """Id of the rule that the message begins with, where it does."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        place += f":{self.column}" if self.line and self.column else ""
        return f"{place}: {self.severity}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class RulesetError(AsrQaError):
    """Rule or scorecard files are wrong.

    Attributes:
        issues: Every issue found, in order of file and line.
    """

    def __init__(self, issues: list[Issue] | tuple[Issue, ...]) -> None:
        self.issues = tuple(sorted(issues, key=lambda issue: (issue.path, issue.line, issue.column)))
        super().__init__("\n".join(str(issue) for issue in self.issues))


class ManifestError(AsrQaError):
    """A manifest row or column cannot be used."""


class StorageError(AsrQaError):
    """The database cannot be opened, is too new or cannot be written."""


class OutputError(AsrQaError):
    """A result cannot be written where it was asked for."""


class NotFoundError(AsrQaError):
    """There is no such call, rule or criterion."""


class ConflictError(AsrQaError):
    """Somebody else changed it first."""


class PermissionDeniedError(AsrQaError):
    """The token or user may not do this."""
