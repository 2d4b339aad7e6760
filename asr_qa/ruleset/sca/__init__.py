"""Rules of Alibaba's Smart Conversation Analysis (its UploadRule JSON) as rules of ours."""

from __future__ import annotations

from asr_qa.ruleset.sca.convert import HitMeans, Imported, import_sca
from asr_qa.ruleset.sca.read import parse_sca
from asr_qa.ruleset.sca.write import to_yaml

__all__ = ["HitMeans", "Imported", "import_sca", "parse_sca", "to_yaml"]
