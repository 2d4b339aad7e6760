"""The checks that rules are made of: one table from kind to the function that decides it."""

from __future__ import annotations

from collections.abc import Mapping

from asr_qa.core.checks.base import Decide
from asr_qa.core.checks.entity import decide_entity
from asr_qa.core.checks.order import decide_rule, decide_sequence
from asr_qa.core.checks.phrase import decide_phrase, decide_regex
from asr_qa.core.checks.repetition import decide_repetition
from asr_qa.core.checks.script import decide_script
from asr_qa.core.checks.similarity import decide_similarity
from asr_qa.core.checks.timing import decide_event, decide_metric

CHECKS: Mapping[str, Decide] = {
    "phrase": decide_phrase,
    "regex": decide_regex,
    "script": decide_script,
    "repetition": decide_repetition,
    "entity": decide_entity,
    "similarity": decide_similarity,
    "sequence": decide_sequence,
    "metric": decide_metric,
    "event": decide_event,
    "rule": decide_rule,
}
"""Kind in the YAML -> what decides it."""
