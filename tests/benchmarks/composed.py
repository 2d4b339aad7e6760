"""Calls with known truth, composed once and kept: what several benchmarks work on.

Needs a folder of clips and the folder of compose.py and score.py; both are no part of the project, so that a benchmark
that finds them missing says so and measures nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared"
CODE = Path(__file__).resolve().parents[2]
_DONE = "composed.json"
_FAINT_NOISE, _FAINT_BLEED = -40.0, -40.0
"""dB full scale; louder is a bad line."""


@dataclass(frozen=True)
class Composition:
    """Which calls; fields as the options of compose.py."""

    calls: int = 20
    minutes: float = 3.0
    seed: int = 1
    noise_db: float = -50.0
    bleed_db: float = -60.0
    mono: bool = False
    more: tuple[str, ...] = ()
    """Further arguments."""

    @property
    def name(self) -> str:
        """Tells it from every other composition."""
        line = f"{self.noise_db:g}dB{self.bleed_db:+g}dB"
        more = f"-{hashlib.sha256(' '.join(self.more).encode()).hexdigest()[:6]}" if self.more else ""
        channels = "mono" if self.mono else "stereo"
        return f"{self.seed}-{self.calls}x{self.minutes:g}min{line}-{channels}{more}"

    @property
    def bad_line(self) -> bool:
        """Whether it is one of those for which less is asked."""
        return self.noise_db > _FAINT_NOISE or self.bleed_db > _FAINT_BLEED

    @property
    def arguments(self) -> list[str]:
        """For compose.py."""
        numbers = ("calls", "minutes", "seed", "noise_db", "bleed_db")
        given = [f"--{name.replace('_', '-')}={getattr(self, name)}" for name in numbers]
        return [*given, *(["--mono"] if self.mono else []), *self.more]


def add_arguments(parser: argparse.ArgumentParser, *, calls: int, seed: int) -> None:
    """Where things are, and which calls."""
    parser.add_argument("--clips", type=Path, default=SHARED / "audio", help="folder of single sentences")
    parser.add_argument("--eval", type=Path, default=SHARED / "eval", help="folder of compose.py and score.py")
    parser.add_argument("--calls", type=int, default=calls)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=seed)


def missing(args: argparse.Namespace) -> str:
    """What is not there; empty where everything is."""
    wanted = (args.clips / "index.json", args.eval / "compose.py", args.eval / "score.py")
    return ", ".join(str(path) for path in wanted if not path.is_file())


def composed(what: Composition, args: argparse.Namespace, work: Path) -> Path:
    """The folder of those calls and their truth; composed now unless that was done before with the same compose.py."""
    folder, script = work / what.name, args.eval / "compose.py"
    made = json.dumps(asdict(what) | {"script": hashlib.sha256(script.read_bytes()).hexdigest()[:12]})
    if (folder / _DONE).is_file() and (folder / _DONE).read_text() == made:
        return folder
    print(f"composing {what.name}", file=sys.stderr, flush=True)
    part = work / f"{what.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, str(script), str(args.clips), str(part), *what.arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (part / _DONE).write_text(made)
    os.replace(part, folder)
    return folder


def script(args: argparse.Namespace, name: str) -> ModuleType:
    """A script of the evaluation folder as a module."""
    spec = importlib.util.spec_from_file_location(name, args.eval / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figures(args: argparse.Namespace, calls: Path, documents: Path) -> dict[str, Any]:
    """What score.py says of the documents."""
    command = [sys.executable, str(args.eval / "score.py"), str(calls), str(documents)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def digest_of(*places: str) -> str:
    """Twelve digits that change with the code or data in those folders and files of the checkout."""
    files = (sorted(path for path in (CODE / place).rglob("*") if path.is_file()) for place in places)
    single = ([CODE / place] if (CODE / place).is_file() else [] for place in places)
    digest = hashlib.sha256()
    for path in (path for found in (*files, *single) for path in found if path.suffix != ".pyc"):
        digest.update(f"{path.relative_to(CODE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
