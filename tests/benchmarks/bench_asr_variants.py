"""Which ways of hearing bench_asr.py compares: edit here what a table is to show.

A setting is NAME=VALUE. Names that begin with "asr." are of the settings of asr_qa (asr.window=12), all others of
WhisperOptions, nested with points (packing.pause=0.4); a value is a Python literal or else a text.
"""

from __future__ import annotations

from dataclasses import dataclass

OURS, STOCK, BATCHED = "ours", "stock", "batched"


@dataclass(frozen=True, slots=True)
class Way:
    """A decoder and its settings under a name of its own."""

    name: str
    kind: str = OURS
    settings: tuple[str, ...] = ()


PEERS = (
    Way("stock", STOCK),
    Way("stock, beam 1", STOCK, ("beam_size=1",)),
    Way("batched, beam 5", BATCHED),
    Way("batched, beam 1", BATCHED, ("beam_size=1",)),
)

ACCURATE = ("packing.window=25",)
FAST = ("packing.window=12", "beam_size=2")

FRONTIER = (
    Way("asr_qa, accurate", OURS, ACCURATE),
    Way("asr_qa, balanced (default)"),
    Way("asr_qa, fast", OURS, FAST),
    *PEERS,
)
"""The whole cost against error, ours and theirs; the qualities as asr_qa.asr.whisper.QUALITIES has them."""

_NEVER = (
    "guards.compression_ratio=1e9",
    "guards.average_log_probability=-1e9",
    "guards.no_speech_log_probability=-1e9",
    "guards.repeats=1000000",
    "guards.characters_per_second=1e9",
    "guards.sparse_seconds=1e9",
)

ABLATION = (
    Way("balanced (default)"),
    Way("all tokens of the network", OURS, ("all_tokens=True",)),
    Way("greedy first, beam below -0.45", OURS, ("sure=-0.45",)),
    Way("beam 2", OURS, ("beam_size=2",)),
    Way("no context: a window a piece", OURS, ("packing.window=1",)),
    Way("window 25 s", OURS, ("packing.window=25",)),
    Way("pauses up to 0.6 s, tail 1 s", OURS, ("packing.pause=0.6", "tail=1.0")),
    Way("short windows stay short", OURS, ("shortest=0.0",)),
    Way("hardly any pause", OURS, ("packing.pause=0.31",)),
    Way("no audio kept around pieces", OURS, ("packing.margin=0.02",)),
    Way("pieces joined over 1 s", OURS, ("packing.piece_bridge=1",)),
    Way("guards never doubt", OURS, _NEVER),
    Way("pieces without words not tried again", OURS, ("alone_from=1e9",)),
    Way("one window at a time", OURS, ("batch=1",)),
    Way("stock", STOCK),
)
"""One idea switched off, or one more tried, in each."""

VARIANTS = {"frontier": FRONTIER, "ablation": ABLATION, "default": (FRONTIER[1], PEERS[0])}


def parse_way(text: str) -> Way:
    """A way given as "NAME: KIND SETTING SETTING", e.g. "narrow: ours packing.window=8 beam_size=1"."""
    name, _, rest = text.partition(":")
    parts = rest.split()
    kind = parts.pop(0) if parts and "=" not in parts[0] else OURS
    if kind not in (OURS, STOCK, BATCHED) or any("=" not in part for part in parts):
        raise SystemExit(f"{text!r}: no way; write NAME: ours|stock|batched SETTING=VALUE ...")
    return Way(name.strip(), kind, tuple(parts))


def find_variants(name: str) -> tuple[Way, ...]:
    """The ways of a list in VARIANTS, or of a file with a way in each line (# begins a comment)."""
    if name in VARIANTS:
        return VARIANTS[name]
    with open(name, encoding="utf-8") as lines:
        return tuple(parse_way(line) for line in lines if line.strip() and not line.startswith("#"))
