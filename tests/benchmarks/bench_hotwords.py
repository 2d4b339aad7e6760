"""Do hot words bring names, and do they bring what nobody said?

    python tests/benchmarks/bench_hotwords.py --clips ../shared/audio --eval ../shared/eval --seeds 11 2026 77

Calls are composed, heard once, and hot words written into what was heard: names that are said, product names that are
not, and, as the hardest case, runs of 3 to 6 characters of sentences that are not in the calls, one at a time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asr_qa.asr.hotwords import HotWordOptions, correct, plain_letters
from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.accuracy import Errors, TrueTurn, count_errors
from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Word
from asr_qa.pipeline.ingest import CallDetails, describe
from asr_qa.pipeline.process import Stages, process

SAID = """
    三星电子 搜狐娱乐 幸运符号 东四环 外滩名店 致青春 蜀九香 紫竹南一街 太田市 沃尔玛 蜀西路
    仙桃市 龙华山 三里屯 舒友海鲜 静安店 丁香夏朵 孔家花园 潍坊路 闯码头 老男孩 金玉良缘
    海宁皮革城 思蜀园 灵山侠侣 西堤牛排 新梅广场 时间煮雨 海阔天空
"""
"""Names that are in clips; those that a run's calls do not hold count as not said."""
NOT_SAID = """
    华信宽带 畅享套餐 云视通 金卡无忧 陈晓霞 欧阳文博 天翼云盘 安心保 百福年金 智慧网关 平安福 钻石会员
    长虹电器 顺丰速运 蚂蚁花呗 优易融 聚宝盆 青云直上 悦享卡 鑫财宝 惠民保 快乐驿站 星河湾 海棠苑 瑞和医院 诚信通 金盾锁
"""

Write = Callable[[Sequence[Word]], Sequence[Word]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its truth."""

    wav: Path
    turns: tuple[TrueTurn, ...]

    @property
    def said(self) -> str:
        """Everything that is known to be said; turns are apart."""
        return "|".join(plain_letters(turn.text or "") for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Count:
    """Occurrences of hot words over all calls."""

    found: int
    of: int
    inserted: int
    errors: Errors


def main() -> None:
    """Compose, hear, write, count."""
    options = _options()
    said, not_said = SAID.split(), NOT_SAID.split()
    with tempfile.TemporaryDirectory() as folder:
        calls = [_compose(options, seed, Path(folder)) for seed in options.seeds]
        stages = build_stages(Settings())
        started = time.process_time()
        heard = [_hear(call, stages) for call in calls]
        _row("no hot words", _count(calls, heard, said), _since(started))
        for label, words in (("names that are said", said), ("names that are not said", not_said)):
            started = time.process_time()
            corrected = partial(_corrected, hot=words)
            _row(label, _count(calls, heard, words, corrected), _since(started))
        _adversaries(options.clips, calls, heard)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 2026, 77])
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--noise-db", type=float, default=-50)
    options = parser.parse_args()
    if not (options.clips / "index.json").is_file() or not (options.eval / "compose.py").is_file():
        sys.exit("needs --clips with an index.json and --eval with compose.py")
    return options


def _since(started: float) -> float:
    return time.process_time() - started


def _compose(options: argparse.Namespace, seed: int, folder: Path) -> Call:
    out = folder / str(seed)
    command = [sys.executable, str(options.eval / "compose.py"), str(options.clips), str(out), "--calls", "1"]
    command += ["--minutes", f"{options.minutes:g}", "--seed", str(seed), "--noise-db", f"{options.noise_db:g}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wav,) = out.glob("*.wav")
    truth = json.loads(wav.with_suffix(".truth.json").read_text(encoding="utf-8"))
    turns = tuple(TrueTurn(Role(t["role"]), t["start"], t["end"], t.get("text")) for t in truth["turns"])
    return Call(wav, turns)


def _hear(call: Call, stages: Stages) -> CallDocument:
    info = stages.reader.probe(call.wav)
    return process(describe(info, CallDetails(), agent_channel=0, language="zh"), stages)


def _corrected(words: Sequence[Word], *, hot: Sequence[str]) -> Sequence[Word]:
    return correct(words, hot).words


def _count(
    calls: Sequence[Call], heard: Sequence[CallDocument], words: Iterable[str], write: Write = lambda w: w
) -> Count:
    found = of = inserted = 0
    errors = Errors()
    for call, document in zip(calls, heard, strict=True):
        written = [(u.role, list(write(u.words))) for u in document.utterances]
        text = "|".join(plain_letters("".join(w.text for w in part)) for _, part in written)
        for word in map(plain_letters, words):
            said, got = call.said.count(word), text.count(word)
            found, of, inserted = found + min(said, got), of + said, inserted + max(0, got - said)
        for role in (Role.AGENT, Role.CUSTOMER):
            mine = [w for who, part in written if who is role for w in part]
            errors += count_errors((t for t in call.turns if t.role is role), mine, role=role)
    return Count(found, of, inserted, errors)


def _adversaries(clips: Path, calls: Sequence[Call], heard: Sequence[CallDocument]) -> None:
    """Runs of characters that people do say, only not here; turns that were cut off say more than is known."""
    index = json.loads((clips / "index.json").read_text(encoding="utf-8"))
    sentences = [plain_letters(entry["text"]) for entry in index]
    everything = "|".join(call.said for call in calls)
    utterances = [u.words for document in heard for u in document.utterances if u.words]
    for length, options in ((2, HotWordOptions(min_syllables=2)), *((n, HotWordOptions()) for n in (3, 4, 5, 6))):
        runs = {text[i : i + length] for text in sentences for i in range(len(text) - length + 1)}
        absent = sorted(run for run in runs if run not in everything)[:: max(1, len(runs) // 200)]
        done = {
            (r.heard, r.written)
            for word in absent
            for words in utterances
            for r in correct(words, [word], options=options).replacements
        }
        print(f"runs of {length} not said: {len(absent)} tried, {len(done)} written: {sorted(done)[:8]}")


def _row(label: str, count: Count, seconds: float) -> None:
    rate = count.errors.rate
    print(
        f"{label}: {count.found} of {count.of} names found, {count.inserted} written beyond the truth,"
        f" CER {'-' if rate is None else format(rate, '.3f')} ({count.errors.characters} characters),"
        f" {seconds:.1f} CPU s",
        flush=True,
    )


if __name__ == "__main__":
    main()
