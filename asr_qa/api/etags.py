"""Entity tags: what a client has, and what it believes it changes."""

from __future__ import annotations

import hashlib

from asr_qa.api.problems import ProblemError
from asr_qa.pipeline.store import Review


def of_bytes(body: bytes) -> str:
    """A tag that follows the content."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def of_review(review: Review) -> str:
    """A tag that changes with every change of the review."""
    return f'"review-{review.id}-{review.revision}"'


def matches(header: str | None, tag: str) -> bool:
    """Whether a header If-None-Match names the tag; weak tags count as their strong ones."""
    if header is None:
        return False
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in named or tag in named


def check_if_match(header: str | None, review: Review) -> None:
    """Refuse a change that does not say, or says wrongly, what it is based on.

    Raises:
        ProblemError: 428 without If-Match, 412 where the review has changed since.
    """
    if header is None:
        raise ProblemError(428, "precondition_required", "send the ETag of the review as If-Match: GET .../review")
    # Weak tags never match here: a write needs to know exactly what it changes.
    named = [one.strip() for one in header.split(",")]
    if "*" not in named and of_review(review) not in named:
        raise ProblemError(
            412,
            "stale_revision_error",
            f"the review of call {review.call_id} was changed meanwhile (revision {review.revision}); "
            "read it again and repeat",
        )
