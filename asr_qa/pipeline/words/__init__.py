"""Phrases that tell who speaks, as data: one file a list and language beside this one.

opening, closing  what only an agent says there      agent, customer  what one of them says far more often
politely          what an agent calls the customer    hello            what who is called answers with
"""

from __future__ import annotations

from importlib.resources import files

from asr_qa.core.lexicon import read_lines

LANGUAGES = ("zh", "en")


def phrases(name: str) -> tuple[str, ...]:
    """The lines of a list in every language, without remarks and blank ones.

    Args:
        name: opening, closing, agent, customer, politely or hello.
    """
    return tuple(line for language in LANGUAGES for line in read_lines(files(__package__), f"{name}.{language}"))
