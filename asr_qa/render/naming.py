"""What findings and score sheets are named by: titles of rules and criteria in the report's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asr_qa.core.rule import Rule, Ruleset, Severity
from asr_qa.core.scorecard import Criterion, Scorecard
from asr_qa.render.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What findings and sheets are named by."""

    ruleset: Ruleset
    scorecard: Scorecard
    texts: Texts
    rules: Mapping[str, Rule]
    criteria: Mapping[str, Criterion]

    @classmethod
    def of(cls, ruleset: Ruleset, scorecard: Scorecard, texts: Texts) -> Card:
        """The card with its look-up tables."""
        return cls(
            ruleset=ruleset,
            scorecard=scorecard,
            texts=texts,
            rules={rule.id: rule for rule in ruleset.rules},
            criteria={criterion.id: criterion for criterion in scorecard.criteria},
        )

    def rule_title(self, rule_id: str) -> str:
        """The rule's title; its id where the ruleset does not know it any more."""
        rule = self.rules.get(rule_id)
        return rule_id if rule is None else self.titled({"zh": rule.title_zh, "en": rule.title_en}, rule_id)

    def criterion_title(self, criterion_id: str) -> str:
        """The criterion's title, else its id."""
        criterion = self.criteria.get(criterion_id)
        return criterion_id if criterion is None else self.titled(criterion.title, criterion_id)

    def titled(self, titles: Mapping[str, str], otherwise: str) -> str:
        """The title in the report's language, else in any."""
        return titles.get(self.texts.lang) or next((title for title in titles.values() if title), otherwise)

    def severity(self, rule_id: str) -> Severity:
        """The rule's severity; minor where the rule is not known."""
        rule = self.rules.get(rule_id)
        return rule.severity if rule else Severity.MINOR
