"""English messages from below, found again in the table of messages so that they can be said in Chinese."""

from __future__ import annotations

import re

from asr_qa.errors import Said
from asr_qa.messages import say

_NUMBER = r"-?[\d.]+(?:e[+-]?\d+)?"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), code)
    for pattern, code in (
        # asr_qa.core.sketch
        (r"part (?P<number>\d+) \(character (?P<position>\d+)\) (?P<part>'.*?'|\".*?\"): (?P<problem_>.*)", "in_part"),
        (r"nothing may follow 'end'; .*", "sketch_end"),
        (r"expected 'A START-END text', .*", "sketch_form"),
        (r"unknown speaker (?P<who>.*?); use A .*", "sketch_speaker"),
        (rf"ends at (?P<end>{_NUMBER}) s, not after its start at (?P<start>{_NUMBER}) s", "sketch_times"),
        (r"no text; write what is said, .*", "sketch_empty"),
        (r"confidence ~(?P<text>.*) is not a number from 0 to 1", "sketch_confidence"),
        (rf"the call ends at (?P<end>{_NUMBER}) s but is spoken in until (?P<last>{_NUMBER}) s; .*", "sketch_over"),
        # asr_qa.core.options
        (rf"is below (?P<other>\w+) (?P<limit>{_NUMBER})", "timing_below"),
        (rf"is above (?P<other>\w+) (?P<limit>{_NUMBER}): no pause is that long", "timing_above"),
        # Python's dates and numbers
        (
            r"(month must be in|day is out of range for month|day .* must be in range|year .* is out of range).*",
            "no_such_day",
        ),
        (r"Exceeds the limit \((?P<limit>\d+) digits\) for integer string conversion.*", "number_long"),
        # Python's reader of JSON
        (r"expecting ',' delimiter", "json_comma"),
        (r"expecting ':' delimiter", "json_colon"),
        (r"expecting value", "json_value"),
        (r"expecting property name enclosed in double quotes", "json_key"),
        (r"illegal trailing comma before end of (?P<what>.+)", "json_trailing"),
        (r"unterminated string starting at", "json_string"),
        (r"invalid control character at", "json_control"),
        (r"invalid \\escape.*", "json_escape"),
        (r"extra data", "json_extra"),
        # Python's reader of regular expressions
        (r"(?P<problem_>.+) at position (?P<position>\d+)(?: \(line \d+, column \d+\))?", "re_at"),
        (r"missing \), unterminated subpattern", "re_bracket"),
        (r"unbalanced parenthesis", "re_unbalanced"),
        (r"unterminated character set", "re_set"),
        (r"nothing to repeat", "re_nothing"),
        (r"multiple repeat", "re_multiple"),
        (r"bad escape \(end of pattern\)", "re_escape"),
        (r"bad escape (?P<what>.+)", "re_bad_escape"),
        (r"bad character range (?P<range>.+)", "re_range"),
        (r"min repeat greater than max repeat", "re_repeat"),
        (r"unknown extension (?P<what>.+)", "re_group"),
    )
)
"""Which message a text is; a part whose name ends in _ is looked up itself."""


def translated(text: str) -> Said:
    """The message that an English text is; the text as it stands where it is none of ours."""
    for pattern, code in _PATTERNS:
        if found := pattern.fullmatch(text):
            parts = found.groupdict().items()
            return say(
                code, **{name.rstrip("_"): translated(part) if name.endswith("_") else part for name, part in parts}
            )
    return say("as_is", text=text)
