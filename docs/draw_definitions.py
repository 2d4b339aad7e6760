"""Write the drawings of docs/definitions.md: `python docs/draw_definitions.py [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from asr_qa.render.drawings import EXAMPLES, draw


def main(folder: Path) -> None:
    """Write one SVG for each definition."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, example in EXAMPLES.items():
        (folder / f"{name}.svg").write_text(draw(name, example), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "definitions")
