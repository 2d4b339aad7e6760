"""Every word of the report that is not data, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from asr_qa.render.locale import en, zh

Lang = Literal["zh", "en"]

TEXTS: Mapping[Lang, Mapping[str, str]] = {"zh": zh.TEXTS, "en": en.TEXTS}


class Texts:
    """The texts of one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self._texts = TEXTS[lang]

    def __call__(self, key: str, **values: object) -> str:
        """The text of that key with the values filled in."""
        return self._texts[key].format(**values) if values else self._texts[key]

    def word(self, kind: str, value: str) -> str:
        """The text of a value of a kind, such as ("v", "met"); a value nobody foresaw is shown as it is."""
        return self._texts.get(f"{kind}_{value}", value)

    def word_of(self, role: str) -> str:
        """The name of a role."""
        return self._texts.get(role, role)
