"""Byte ranges of RFC 9110, as far as a player needs them: one range a request."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.IGNORECASE)


class OutsideError(ValueError):
    """The range lies outside the file."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the byte after the last one; None where the whole file is to be sent.

    A header that is not understood, or that asks for several ranges, is ignored, as the standard allows.

    Raises:
        OutsideError: No byte of the range is in a file of `size` bytes.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    # More digits than any file has bytes: nothing to be computed with.
    if match is None or match.group(1) == match.group(2) == "" or any(len(part) > 18 for part in match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
        if int(last) == 0 or size == 0:
            raise OutsideError(header)
        return start, stop
    start, stop = int(first), int(last) + 1 if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise OutsideError(header)
    return start, min(stop, size)
