"""A thousand rules of mixed kinds on a call of ten minutes: ours beside loops over the same phrases and patterns.

    python tests/benchmarks/bench_rules.py [--rules 1000] [--seed 1] [--rounds 25]

The call has 2,900 characters in some 130 sentences of two parties, laid out from a list of sentences as agents and
customers say them; the rules are drawn from the same kind of words, so that some are met and most are not. All ways
read the same transcript; ours with its syllables stored, as a call is judged anew. Garbage is collected as in worker
processes, for all ways alike. The ways take turns, and of each the round counts that took the least CPU time: other
work on the machine makes the rest longer.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rules_naive import ROLES, Naive, naive_regexes, naive_sounds, naive_substrings, patterns, phrases

from asr_qa.batch.worker import ease_collector
from asr_qa.core import phonetic
from asr_qa.core.checks.base import CallFacts, CallView
from asr_qa.core.checks.compiled import compiled
from asr_qa.core.checks.index import key_of
from asr_qa.core.checks.stream import Source, sounds_of
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.rule import Ruleset
from asr_qa.core.text import plain
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

CHARACTERS = 2900
SECONDS = 600.0
_SAID = """
您好欢迎致电华信宽带请问有什么可以帮您|我想问一下我们家的宽带怎么这几天这么慢啊|好的请您稍等我帮您查一下|您的手机号码是幺三八零零幺三八零零零对吗
对就是这个号码|请问您的宽带账号是多少|我不记得了你们系统里面没有吗|系统显示您办理的是每个月九十九元的套餐|那为什么我上个月扣了一百二十八块钱
上个月您多用了二十九块钱的增值业务|我没有办过这个业务你们凭什么扣我的钱|非常抱歉给您带来不便我马上帮您核实|你们这样乱收费我要去投诉你们
您先别着急我理解您的心情|我已经打了三次电话了每次都说会处理|这边看到您之前的记录确实有登记过|那为什么没有人给我回电话
我现在就帮您提交退费申请预计三到五个工作日到账|你能保证吗|我会跟进这个事情有结果第一时间联系您|那你给我一个工单号吧
工单号是两零两六幺幺零八您记一下|好的我记一下|另外宽带慢的问题我安排师傅明天上午九点到十二点上门|明天上午我不在家下午可以吗
可以的那就改到明天下午两点到四点您看方便吗|行那就这样吧|请问还有其他可以帮您的吗|没有了谢谢|不客气请您稍后对我的服务做出评价
感谢您的来电祝您生活愉快再见|再见|师傅上门之前会先给您打电话请您保持手机畅通|光猫的指示灯现在是什么颜色的|红灯一直在闪
您可以先把光猫断电等一分钟再打开试一下|我试过了没有用|那我这边远程帮您重启一下设备请稍等|麻烦你快一点我还要上班
"""
_WORDS = """
您好|欢迎致电|请问|帮您查一下|稍等|宽带|套餐|业务|号码|身份证|银行卡|密码|验证码|退款|退费|赔偿|投诉|举报|领导|经理|工单|处理|登记|核实|回电话|上门|师傅|安装|维修|测速|光猫|路由器|指示灯|合同|违约金|流量|话费
账单|发票|营业厅|办理|取消|恢复|停机|开机|实名|认证|积分|优惠|活动|价格|免费|保证|绝对|一定|不可能|没办法|不知道|不清楚|随便你|爱投不投|抱歉|对不起|理解您的心情|给您带来不便|感谢|再见|祝您|生活愉快|满意|评价|服务
工作日|小时内|分钟|马上|立即|尽快|第一时间|联系您|录音|本次通话|为了保证服务质量|核对|姓名|地址|生日|转接|专员|技术人员|后台|升级|反馈|建议|意见|记录|系统|显示|确认|请您放心|不要着急|听得到吗|喂|信号不好
"""
SENTENCES = [sentence for line in _SAID.split() for sentence in line.split("|")]
WORDS = [word for line in _WORDS.split() for word in line.split("|")]


def call(rng: random.Random) -> CallFacts:
    """Two parties in turn, one sentence each, until there are enough characters."""
    said: list[str] = []
    while sum(map(len, said)) < CHARACTERS:
        said.append(rng.choice(SENTENCES) + rng.choice(["", "", "", rng.choice(WORDS)]))
    pace = SECONDS / sum(map(len, said))
    parts, at = [], 0.0
    for number, text in enumerate(said):
        length = len(text) * pace
        parts.append(f"{'AB'[number % 2]} {at:.2f}-{at + length * 0.9:.2f} ~0.9 {text}")
        at += length
    return sketched_call(" | ".join(parts))


def rules(rng: random.Random, count: int) -> Ruleset:
    """Rules of mixed kinds; ids in order."""
    return parse_rules("rules:\n" + "".join(_rule(rng, number) for number in range(count))).ruleset


def _rule(rng: random.Random, number: int) -> str:
    head = f"  - id: R-{number:04d}\n    name: r.r{number}\n    title: {{zh: 规则{number}, en: rule {number}}}\n"
    polarity = rng.choice(["require", "forbid"])
    body = rng.choice(_KINDS)(rng, number)
    return f"{head}    severity: minor\n    class: customer\n    {polarity}: {{{body}}}\n"


def _phrase(rng: random.Random) -> str:
    return "".join(rng.choice(WORDS) for _ in range(rng.choice([1, 2, 2, 2, 3])))


def _phrases(rng: random.Random, low: int, high: int) -> list[str]:
    found: list[str] = []
    while len(found) < low or (len(found) < high and rng.random() < 0.7):
        found = list(dict.fromkeys([*found, _phrase(rng)]))
    return found


def _where(rng: random.Random, number: int) -> str:
    role = rng.choice([*ROLES, ""])
    places = ["", "", "first_seconds: 30", "last_seconds: 60", "first_percent: 20", "first_sentences: 5"]
    place = rng.choice(places)
    anchor = (
        f", after: {{rule: R-{rng.randrange(number):04d}, hit: 1, seconds: 60}}"
        if number > 20 and rng.random() < 0.1
        else ""
    )
    return (f", role: {role}" if role else "") + (f", within: {{{place}}}" if place else "") + anchor


def _any(rng: random.Random, number: int) -> str:
    return f"phrase: {{any_of: [{', '.join(_phrases(rng, 1, 8))}]}}" + _where(rng, number)


def _all(rng: random.Random, number: int) -> str:
    return f"phrase: {{all_of: [{', '.join(_phrases(rng, 2, 4))}]}}" + _where(rng, number)


def _some(rng: random.Random, number: int) -> str:
    return f"phrase: {{n_of: {{n: 2, of: [{', '.join(_phrases(rng, 3, 6))}]}}}}" + _where(rng, number)


def _regex(rng: random.Random, number: int) -> str:
    one, other = rng.choice(WORDS), rng.choice(WORDS)
    pattern = rng.choice(["{0}.{{0,6}}{1}", "({0}|{1})", "{0}[0-9]+", "[0-9]{{2,}}{0}", "(?:不|没){0}"])
    return f"regex: '{pattern.format(one, other)}'" + _where(rng, number)


def _script(rng: random.Random, number: int) -> str:
    lines = [
        f"({rng.choice(WORDS)}|{rng.choice(WORDS)})[您的]{rng.choice(WORDS)}" for _ in range(rng.choice([1, 2, 3]))
    ]
    return f"script: {{lines: [{', '.join(repr(line) for line in lines)}]}}" + _where(rng, number)


def _sequence(rng: random.Random, number: int) -> str:
    return f"sequence: [{', '.join(_phrase(rng) for _ in range(rng.choice([2, 3])))}]" + _where(rng, number)


def _event(rng: random.Random, number: int) -> str:
    kind = rng.choice(["silence", "dead_air", "interruption", "talk_over", "monologue"])
    return f"event: {{kind: {kind}, min_seconds: {rng.choice([3, 5, 10])}}}"


def _metric(rng: random.Random, number: int) -> str:
    name, most = rng.choice(
        [("silence_seconds", 20), ("talk_ratio", 0.8), ("longest_silence", 9), ("overlap_seconds", 5)]
    )
    return f"metric: {{name: {name}, at_most: {most}}}"


_KINDS = (_any, _any, _any, _any, _all, _some, _regex, _regex, _script, _sequence, _event, _metric)


def said(facts: CallFacts) -> list[str]:
    """What each role says, as one text."""
    return [plain("".join(u.text for u in facts.transcript.utterances if u.role == role)) for role in ROLES]


def timed(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """CPU milliseconds of each: the least of some rounds, in each of which all of them take a turn."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, spent, strict=True):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return [1000 * min(times) for times in spent]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    options = parser.parse_args()
    ease_collector()
    rng = random.Random(options.seed)
    ruleset, facts = rules(rng, options.rules), call(rng)
    if options.profile:
        _profile(ruleset, facts)
        return
    for line in table(ruleset, facts, options.rounds):
        print(line)


def table(ruleset: Ruleset, facts: CallFacts, rounds: int) -> Iterator[str]:
    """The lines of the table."""
    texts = said(facts)
    utterances = facts.transcript.utterances
    stored = _with(facts, sounds_of(utterances))
    keys = [plain(phrase) for phrase in phrases(ruleset)]
    as_patterns = [re.compile(re.escape(key)) for key in keys]
    regexes = [re.compile(pattern) for pattern in patterns(ruleset)]
    rows = [key_of(text).codes for text in texts]
    heard = [key_of(phrase).codes for phrase in phrases(ruleset)]
    substrings, by_regex, by_sound = (Naive(ruleset, facts, how=how) for how in ("in", "regex", "sound"))
    assert substrings.verdicts() == by_regex.verdicts()
    evaluate(ruleset, stored)
    ways: list[tuple[str, Callable[[], object]]] = [
        ("ours: all kinds of match, scopes, verdicts, traces", lambda: evaluate(ruleset, stored)),
        ("ours, syllables not stored", lambda: _read_anew(ruleset, facts)),
        ("rule by rule, `in` line by line: exact words, scopes, verdicts", substrings.verdicts),
        ("rule by rule, patterns line by line: the same", by_regex.verdicts),
        ("rule by rule, syllables line by line: homophones, scopes, verdicts", by_sound.verdicts),
        (
            "loops of `str.find` and `finditer`: exact words only, no verdicts",
            lambda: naive_substrings(texts, keys, regexes),
        ),
        (
            "loops of regular expressions: exact words only, no verdicts",
            lambda: naive_regexes(texts, as_patterns, regexes),
        ),
        ("loops over syllables: homophones only, no verdicts", lambda: naive_sounds(rows, heard)),
    ]
    *spent, words, search = timed([*(work for _, work in ways), *_steps_of(ruleset, stored)], rounds)
    sizes = f"{len(keys)} phrases ({len(set(keys))} different)"
    yield f"{len(ruleset.rules)} rules, {sizes}, {len(regexes)} patterns; {sum(map(len, texts))} characters"
    yield ""
    yield "| way | CPU ms | of ours |"
    yield "|---|---|---|"
    yield from (f"| {name} | {ms:.1f} | {ms / spent[0]:.2f} |" for (name, _), ms in zip(ways, spent, strict=True))
    steps = f"{words:.1f} ms to make the words comparable, {search:.1f} to look for phrases"
    yield f"\nOurs: {steps}, {spent[0] - words - search:.1f} for the rules."
    (compile_ms,) = timed([lambda: compiled(Ruleset(ruleset.rules, ruleset.digest))], 3)
    yield f"\n{_agreement(evaluate(ruleset, stored), substrings.verdicts())}"
    yield f"\nCompiling the ruleset once: {compile_ms:.0f} ms."


def _steps_of(ruleset: Ruleset, facts: CallFacts) -> list[Callable[[], object]]:
    """The first steps of ours, each by itself: making the words comparable, looking for the phrases."""
    index = compiled(ruleset).index

    def comparable() -> list[Source]:
        sources = [*CallView(facts, index=index).pieces.values()]
        return [source for source in sources if len(source.sounds.codes)]

    sources = comparable()
    return [comparable, lambda: index.search_each(sources)]


def _agreement(findings: tuple[Finding, ...], naive: dict[str, bool | None]) -> str:
    """How often the loops come to the same verdict."""
    ours = {f.rule_id: {Verdict.MET: True, Verdict.NOT_MET: False}.get(f.verdict) for f in findings}
    same = sum(ours[name] is verdict for name, verdict in naive.items())
    return f"The loops come to the same verdict in {same} of {len(naive)} rules."


def _with(facts: CallFacts, sounds: tuple[str, ...]) -> CallFacts:
    return replace(facts, sounds=sounds)


def _read_anew(ruleset: Ruleset, facts: CallFacts) -> object:
    phonetic.readings.cache_clear()
    return evaluate(ruleset, facts)


def _profile(ruleset: Ruleset, facts: CallFacts) -> None:
    import cProfile
    import pstats

    stored = _with(facts, sounds_of(facts.transcript.utterances))
    evaluate(ruleset, stored)
    profile = cProfile.Profile()
    profile.enable()
    evaluate(ruleset, stored)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
