"""Messages of the commands for rules (lint, test, new, import), and of reports."""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[str, str]] = {
    "verdict_met": ("met", "符合"),
    "verdict_not_met": ("not_met", "不符合"),
    "verdict_not_applicable": ("not_applicable", "不适用"),
    "verdict_undetermined": ("undetermined", "待人工"),
    "list": ("{items}", "{items}"),
    "one_error": ("{n} error", "{n} 个错误"),
    "many_error": ("{n} errors", "{n} 个错误"),
    "one_warning": ("{n} warning", "{n} 个警告"),
    "many_warning": ("{n} warnings", "{n} 个警告"),
    "one_note": ("{n} note", "{n} 个提示"),
    "many_note": ("{n} notes", "{n} 个提示"),
    "one_case": ("{n} case", "{n} 个例子"),
    "many_case": ("{n} cases", "{n} 个例子"),
    "one_rule": ("{n} rule", "{n} 条规则"),
    "many_rule": ("{n} rules", "{n} 条规则"),
    "one_miss": ("{n} known miss", "{n} 个已知漏判"),
    "many_miss": ("{n} known misses", "{n} 个已知漏判"),
    "no_mistakes": ("no mistakes found", "没有发现错误"),
    "left_out_rules": (
        "left out until the rules can be read: rules beside each other, cases and scorecards beside the rules",
        "规则读不出来之前没有检查：规则之间、例子与规则、评分表与规则是否对得上",
    ),
    "left_out_cases": (
        "left out until the cases can be read: whether each rule has enough of them",
        "例子读不出来之前没有检查：每条规则的例子够不够",
    ),
    # Cases run
    "ran": (
        "{cases} of {rules}: {passed} passed, {failed} failed, {misses}",
        "{rules}的 {cases}：{passed} 个通过，{failed} 个没通过，{misses}",
    ),
    "case_failed": ("FAILED {place}: {rule} {name}", "没通过 {place}：{rule} {name}"),
    "why": ("why:", "原因："),
    "known_misses": ("known misses ({n}):", "已知漏判（{n} 个）："),
    "timing_of": ("timing: scorecard {card}", "时间参数：评分表 {card}"),
    "no_case": ("no case in {folder}; write some into .cases.yml", "{folder} 里没有例子；写进规则旁边的 .cases.yml"),
    "no_case_contains": ("no case in {folder} contains {pattern!r}", "{folder} 里没有例子的编号或名字含有“{pattern}”"),
    "show_none": (
        "there is no rule {rule}; asr-qa rules show lists all",
        "没有规则 {rule}；asr-qa rules show 列出全部",
    ),
    "show_none_close": (
        "there is no rule {rule} ({hint}); asr-qa rules show lists all",
        "没有规则 {rule}（{hint}）；asr-qa rules show 列出全部",
    ),
    "show_own": (
        "{said}; a rule of a folder of your own: asr-qa rules show {rule} FOLDER",
        "{said}；自己文件夹里的规则：asr-qa rules show {rule} 文件夹",
    ),
    # Backtest
    "backtest_no_rule": (
        "--rule: no rule {rules} in the changed folder; asr-qa rules show lists them",
        "--rule：改过的文件夹里没有规则 {rules}；asr-qa rules show 列出全部",
    ),
    "backtest_no_calls": (
        "no scored calls fulfil the filters; score some with asr-qa process, or widen --since",
        "没有符合条件的已评分通话；先用 asr-qa process 评几通，或者把 --since 放早一些",
    ),
    "backtest_baseline": ("--baseline {given}: say stored or current", "--baseline {given}：写 stored 或 current"),
    # A new rule
    "wrote": ("wrote {path}", "已写好 {path}"),
    "wrote_schemas": ("wrote {files} to {folder}", "已把 {files} 写到 {folder}"),
    "exported": (
        "wrote the shipped rules to {folder}; use them with ASR_QA_RULES_DIR={folder}",
        "出厂规则已写到 {folder}；要用它们：ASR_QA_RULES_DIR={folder}",
    ),
    "folder_there": (
        "{path} is already there and is not overwritten; name another folder",
        "{path} 已经有了，不会覆盖；换一个文件夹",
    ),
    "file_there": (
        "{path} is already there and is not overwritten; choose another --name or --dir",
        "{path} 已经有了，不会覆盖；换一个 --name 或 --dir",
    ),
    "cannot_write": (
        "{path} cannot be written: {reason}; choose another place",
        "{path} 写不进去：{reason}；换一个地方",
    ),
    "require_or_forbid": (
        "--require and --forbid do not go together: write two rules",
        "--require 和 --forbid 不能一起用：写成两条规则",
    ),
    "needs_id": ("a rule needs an id: --id SERV-100", "规则要有编号：--id SERV-100"),
    "needs_words": (
        "a rule needs words: --require 您好 or --forbid 绝对没问题",
        "规则要有说法：--require 您好，或者 --forbid 绝对没问题",
    ),
    "needs_after": (
        "--after-seconds goes with --after: words of the other party that call for it",
        "--after-seconds 要和 --after（对方说了什么话之后）一起用",
    ),
    "say_words": (
        "say which words: --require 请问还有什么可以帮您, or --forbid 绝对没问题",
        "写上说法：--require 请问还有什么可以帮您，或者 --forbid 绝对没问题",
    ),
    "id_used": (
        "id {id} is already used in {path}; choose another --id, ids are never used again",
        "编号 {id} 已经用在 {path}；换一个 --id，编号不重复用",
    ),
    "title_required": ("Says {words}", "须说{words}"),
    "title_forbidden": ("Does not say {words}", "不得说{words}"),
    "ask_new": ("A new rule. Enter takes what stands in brackets.", "新建一条规则。直接回车表示用括号里的值。"),
    "ask_forbidden": ("Is it about words that must not be said?", "是禁语吗（不得说的话）"),
    "ask_not_said": (
        "Which words must not be said (commas between several)",
        "不得说哪些话（几种说法用逗号分开）",
    ),
    "ask_said": (
        "Which words must be said (commas between several; one of them is enough)",
        "必须说哪些话（几种说法用逗号分开，说其中一种即可）",
    ),
    "ask_who": ("Who says them: 1 the agent  2 the customer", "谁说的：1 坐席  2 客户"),
    "ask_first": ("Only in the first how many seconds (0: anywhere)", "只看开场几秒内（0 表示不限）"),
    "ask_last": ("Only in the last how many seconds (0: anywhere)", "只看结束前几秒内（0 表示不限）"),
    "ask_after": ("Only after the other party says (Enter for none)", "只在对方说了什么话之后（没有就回车）"),
    "ask_after_seconds": ("Within how many seconds after that (0: any time)", "在那之后几秒内（0 表示不限）"),
    "ask_title": ("Title of the rule", "规则的标题"),
    "ask_id": ("Id of the rule (CAPITALS-digits, e.g. SERV-100)", "规则编号（大写字母-数字，如 SERV-100）"),
    "bad_id": (
        "{id!r} is no id: CAPITALS, a hyphen and digits, e.g. SERV-100",
        "{id} 不能作编号：要写成大写字母、连字符、数字，例如 SERV-100",
    ),
    "ask_broken_off": (
        "broken off: nothing was written; run it again, or give the answers as options (--help)",
        "已中断，没有写任何文件；可以重新运行，也可以用选项直接给出答案（见 --help）",
    ),
    "ask_severity": ("Severity: 1 minor  2 major  3 fatal", "严重程度：1 一般  2 重大  3 致命"),
    "ask_why": ("Why is there this rule", "为什么有这条规则"),
    "ask_number": ("write a number, 0 or more", "请写一个数字，不小于 0"),
    "new_files": (
        "rule: {rule}\ncases: {cases} ({met} met, {missed} not met; all were run and pass)",
        "规则: {rule}\n例子: {cases}（符合 {met} 个，不符合 {missed} 个，都已运行通过）",
    ),
    "more_cases": (
        "add some cases: at least {least} met and {least} not met",
        "请再补几个例子：符合和不符合各至少要 {least} 个",
    ),
    "new_next": (
        "next:\n  asr-qa rules lint {folder}\n  asr-qa rules test {folder}",
        "下一步:\n  asr-qa rules lint {folder}\n  asr-qa rules test {folder}",
    ),
    "pack_remark": (
        "all shipped rules come along; leave some out with without: [ids]",
        "出厂规则都带上；不要的写 without: [规则编号]",
    ),
    "sketch_said": ("said", "说了"),
    "sketch_other_way": ("said another way {n}", "换个说法{n}"),
    "sketch_among": ("among other words", "前后还有别的话"),
    "sketch_pause": ("after a pause", "停顿以后说"),
    "sketch_reply": ("the other party answers", "说完对方接话"),
    "sketch_twice": ("said twice", "说了两遍"),
    "sketch_not_said": ("not said", "没有说"),
    "sketch_by_other": ("said by the other party", "由另一方说"),
    "sketch_late": ("said too late", "说晚了"),
    "sketch_early": ("said too early", "说早了"),
    "sketch_long_after": ("said long afterwards", "过了很久才说"),
    "sketch_other_words": ("other words", "说了别的话"),
    "sketch_go_on": ("asked to go on", "请对方继续说"),
    "sketch_half": ("half of it", "只说了一半"),
    # How a case came out
    "no_longer_missed": ("no longer a miss: remove the mark known_miss", "现在能查到了：去掉 known_miss 标记"),
    "no_finding": ("rule {rule} gives no finding", "规则 {rule} 没有给出判定"),
    "expected_got": ("expected {expected}, got {got}", "应当是“{expected}”，结果是“{got}”"),
    "expected_evidence": (
        "expected evidence in {start}-{end} s, got {got}",
        "证据应当在第 {start}-{end} 秒，结果在 {got}",
    ),
    "nowhere": ("nowhere", "没有证据"),
    # Reports
    "report_by": ("cannot group errors by {names}: choose from {known}", "不能按 {names} 分组：可选 {known}"),
    "report_by_twice": ("errors are grouped twice by the same: {names}", "同一项分组写了两次：{names}"),
    "report_time": (
        "{option} is no valid time: write 2026-11-20 or 2026-11-20T09:30+08:00",
        "{option} 不是有效的时间：写成 2026-11-20 或 2026-11-20T09:30+08:00",
    ),
    "report_value": ("{option}: {reason}", "{option} 的值不能用：{reason}"),
}
