"""The reliability curve as a picture: share of words right over confidence, and how many words there are of each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from asr_qa.core.calibration import Bin

WIDTH, HEIGHT, LEFT, TOP, SIZE, COUNTS = 460, 560, 60, 40, 360, 150
COLOURS = ("#b4552d", "#1f6f8b", "#5b7f2b", "#7a4b94")


def picture(curves: Sequence[tuple[str, Sequence[Bin]]], *, title: str) -> str:
    """An SVG with a curve for each name and its bins; the diagonal is a confidence that means what it says."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_frame(),
        *(part for index, curve in enumerate(curves) for part in _curve(index, *curve)),
        *(part for index, curve in enumerate(curves) for part in _counts(index, curve[1], len(curves))),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(share: float) -> float:
    return round(LEFT + share * SIZE, 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * SIZE, 1)


def _frame() -> list[str]:
    grid = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        grid += [
            f'<line x1="{_x(share)}" x2="{_x(share)}" y1="{_y(0)}" y2="{_y(1)}" stroke="#ddd"/>',
            f'<line x1="{_x(0)}" x2="{_x(1)}" y1="{_y(share)}" y2="{_y(share)}" stroke="#ddd"/>',
            f'<text x="{_x(share)}" y="{_y(0) + 16}" text-anchor="middle">{share:.1f}</text>',
            f'<text x="{_x(0) - 6}" y="{_y(share) + 4}" text-anchor="end">{share:.1f}</text>',
        ]
    middle = _y(0.5)
    return [
        *grid,
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#888" stroke-dasharray="4 4"/>',
        f'<text x="{_x(0.5)}" y="{_y(0) + 32}" text-anchor="middle">confidence of the word</text>',
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">share right</text>',
    ]


def _curve(index: int, name: str, bins: Sequence[Bin]) -> list[str]:
    """A line through the bins; the area of a dot is its number of words."""
    colour, most = COLOURS[index % len(COLOURS)], max(b.words for b in bins)
    points = " ".join(f"{_x(b.confidence)},{_y(b.right)}" for b in bins)
    dots = [
        f'<circle cx="{_x(b.confidence)}" cy="{_y(b.right)}" r="{2 + 6 * (b.words / most) ** 0.5:.1f}" fill="{colour}">'
        f"<title>{escape(name)}: {b.words} words of {b.confidence:.2f}, {b.right:.2f} right</title></circle>"
        for b in bins
    ]
    key = TOP + 18 + 18 * index
    return [
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *dots,
        f'<rect x="{LEFT + 10}" y="{key - 10}" width="12" height="12" fill="{colour}"/>',
        f'<text x="{LEFT + 28}" y="{key}">{escape(name)}</text>',
    ]


def _counts(index: int, bins: Sequence[Bin], curves: int) -> list[str]:
    """Bars below the curve: words of each bin, as a share of all."""
    total, base = sum(b.words for b in bins), HEIGHT - 20
    bars = []
    for b in bins:
        width = (_x(b.high) - _x(b.low)) / curves - 2
        x, height = _x(b.low) + 1 + index * (width + 2), b.words / total * COUNTS
        fill = COLOURS[index % len(COLOURS)]
        bars.append(
            f'<rect x="{x:.1f}" y="{base - height:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
        )
    return [*bars, f'<text x="{LEFT}" y="{HEIGHT - 5}" fill="#555">share of words in each tenth</text>']
