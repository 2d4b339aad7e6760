"""Customers who call again: a signal that the first contact did not settle the matter.

A call is *repeated* when the same customer calls again within 7 days, about the same queue where both name one. Only
calls whose 7 days are over are in the denominator, so that young calls do not pass for settled ones. Calls out to
customers are neither counted nor taken for repeats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from asr_qa.core.report import Figure, wilson

DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A call, reduced to who called when."""

    call_id: str
    customer_id: str
    at: datetime
    queue: str | None = None
    direction: str | None = None
    """ "inbound", "outbound" or None where that is not known."""


def repeat_calls(contacts: Iterable[Contact], *, counted: Collection[str] | None = None, days: int = DAYS) -> Figure:
    """Share of calls that were repeated; without one whose days are over, no value.

    Args:
        contacts: Every call of the time, whoever took it, with a known customer and start; in any order.
        counted: Ids of the calls that the share is of; None: all of them.
        days: How long after a call another one repeats it.
    """
    by_customer: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.direction != "outbound":
            by_customer[contact.customer_id].append(contact)
    window = timedelta(days=days)
    end = max((one.at for calls in by_customer.values() for one in calls), default=None)
    outcomes = [
        _again(one, calls, window)
        for calls in by_customer.values()
        for one in calls
        if end is not None and one.at + window <= end and (counted is None or one.call_id in counted)
    ]
    n, count = len(outcomes), sum(outcomes)
    interval = wilson(count, n)
    low, high = interval or (None, None)
    return Figure(value=count / n if n else None, n=n, count=count if n else None, low=low, high=high)


def _again(call: Contact, calls: Iterable[Contact], window: timedelta) -> bool:
    return any(
        other.call_id != call.call_id
        and call.at < other.at <= call.at + window
        and (call.queue is None or other.queue is None or call.queue == other.queue)
        for other in calls
    )
