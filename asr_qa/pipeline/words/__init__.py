"""Phrases that tell who speaks, as data: one file a list and language beside this one.

opening, closing  what only an agent says there      agent, customer  what one of them says far more often
"""

from __future__ import annotations

from importlib.resources import files

LANGUAGES = ("zh", "en")


def phrases(name: str) -> tuple[str, ...]:
    """The lines of a list in every language, without remarks and blank ones.

    Args:
        name: opening, closing, agent or customer.
    """
    texts = ((files(__package__) / f"{name}.{language}.txt").read_text(encoding="utf-8") for language in LANGUAGES)
    lines = (line.strip() for text in texts for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
