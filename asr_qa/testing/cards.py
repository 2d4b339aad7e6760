"""A scorecard of one rule, for tests that need real rules and little time."""

from __future__ import annotations

SMALL_CARD = """\
id: small
version: "1"
title: {zh: 卡, en: Card}
points: 100
sections:
  - id: all
    title: {zh: 全部, en: All}
    criteria:
      - {id: line, title: {zh: 项, en: Item}, points: 100, class: customer, rules: [OPEN-001]}
"""
"""The card "small": all points on the rule OPEN-001."""
