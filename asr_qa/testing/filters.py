"""What a filter lets through, in plain Python: the yardstick for the queries."""

from __future__ import annotations

from collections.abc import Mapping

from asr_qa.core.document import CallDocument
from asr_qa.pipeline.store import CallFilters, CallSummary


def fits(call: CallSummary, filters: CallFilters) -> bool:
    """Whether a call passes every filter that does not look at findings."""
    equal = (
        (call.agent_id, filters.agent),
        (call.queue, filters.queue),
        (call.team, filters.team),
        (call.direction, filters.direction),
        (call.state, filters.state),
        (call.flagged, filters.flagged),
    )
    named = [one.casefold() for one in (call.path, call.agent_id, call.customer_id, call.case_id) if one]
    return (
        all(wanted is None or value == wanted for value, wanted in equal)
        and (filters.min_points is None or (call.points is not None and call.points >= filters.min_points))
        and (filters.max_points is None or (call.points is not None and call.points <= filters.max_points))
        and (filters.since is None or call.happened_at >= filters.since)
        and (filters.until is None or call.happened_at < filters.until)
        and (not filters.text or any(filters.text.casefold() in one for one in named))
    )


def has_finding(document: CallDocument, severities: Mapping[str, str], filters: CallFilters) -> bool:
    """Whether one finding fulfils rule, severity and verdict together."""
    return any(
        finding.verdict is filters.wanted_verdict
        and filters.rule in (None, finding.rule_id)
        and filters.severity in (None, severities.get(finding.rule_id, "minor"))
        for finding in document.findings
    )
