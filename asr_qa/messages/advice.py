"""Messages of the linters: across rules, cases and cards."""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[str, str]] = {
    # Cases
    "case_twice": ("case {name!r} stands twice", "例子“{name}”写了两次"),
    "few_cases": (
        "cases that are met: {met}, that are not: {missed}; at least {least} of each are needed",
        "有 {met} 个符合的例子、{missed} 个不符合的例子；各至少要 {least} 个",
    ),
    "write_cases": ("write them into the .cases.yml beside the rule", "写进规则旁边的 .cases.yml"),
    # Rules
    "same_as": ("asks for the same as {other}", "和 {other} 要求的一样"),
    "retire_one": ("retire one of them", "停用其中一条"),
    "on_no_card": ("is on no scorecard: it gives findings that cost nothing", "不在任何评分表上：有结论，但不扣分"),
    "put_on_card": ("put it on a scorecard, or give it status: test", "写进评分表，或者改成 status: test"),
    "no_sentence_model": (
        "left to a person here: no model that reads sentences is installed",
        "这台机器没有装理解句意的模型，这条交给人工",
    ),
    "install_meaning": ("install asr-qa[meaning]", "安装 asr-qa[meaning]"),
    "useless_signs": ("pattern {pattern!r} looks for {signs}", "正则表达式 {pattern} 在找 {signs}"),
    "signs_dropped": ("punctuation and spaces are dropped before matching", "匹配前标点和空格都去掉了"),
    "more_phrases": ("{n} more phrases of this list: {kind}", "这个列表里还有 {n} 种说法：{kind}"),
    "kind_one_phrase": ("one phrase", "连成了一种说法"),
    "kind_too_long": ("too long", "太长"),
    "kind_excluded": ("excluded", "被排除"),
    "kind_adds_nothing": ("adds nothing", "多余"),
    "one_phrase": ("{phrase!r}: one phrase with {sign}", "{phrase}：里面有{sign}，算一种说法"),
    "comma_or_quote": (
        "write a comma ',' between phrases (or quote it if the sentence is meant)",
        "几种说法之间用英文逗号 ,；如果就是一整句话，给它加英文引号",
    ),
    "too_long_for": ("{phrase!r} cannot be said within {room} s", "{phrase} 在 {room} 秒内说不完"),
    "widen_or_shorter": (
        "widen the window, or look for a shorter part of the phrase",
        "放宽时间，或者只查其中一小段",
    ),
    "never_counts": (
        "{phrase!r} never counts: it contains {other!r}, which is excluded",
        "{phrase} 永远不算：里面有 exclude 掉的 {other}",
    ),
    "out_of_exclude": ("take it out of exclude, or out of the list", "从 exclude 里去掉，或者从列表里去掉"),
    "adds_nothing_inside": (
        "{phrase!r} adds nothing: {other!r} in the same list is found in it",
        "{phrase} 是多余的：同一个列表里的 {other} 已经包含它",
    ),
    "adds_nothing_sound": (
        "{phrase!r} adds nothing: {other!r} in the same list sounds the same",
        "{phrase} 是多余的：和同一个列表里的 {other} 读音一样",
    ),
    "take_out": ("take it out", "去掉它"),
    "take_one": ("take one of them out", "去掉其中一个"),
    "takes_longer": (
        "the {what} takes {least:.1f} s to say at the least, its window is {room} s",
        "{what} 最快也要 {least:.1f} 秒才能说完，时间窗只有 {room} 秒",
    ),
    "widen_or_less": ("widen the window, or ask for less", "放宽时间，或者少要求一些"),
    "and_more": ("{named} and {n} more", "{named} 等，另有 {n} 个"),
    "short_by_sound": (
        "{named}: two syllables matched by sound; {share} % of such words sound like another",
        "{named}：两个字按读音认；这样的词 {share} % 和别的词同音",
    ),
    "give_context": ("give them context", "写长一点，带上前后的字"),
    "give_context_or_tones": ("give them context, or tones: true", "写长一点，或者 tones: true（也比声调）"),
    "short_never": (
        "{named}: never found; too short to be matched by sound, and exact matches are switched off",
        "{named}：永远查不到；太短，不能按读音认，又关掉了按原字认",
    ),
    "add_exact": ("add exact to match", "在 match 里加上 exact"),
    "two_exact": (
        "{named}: two syllables, so found only as written, not by sound",
        "{named}：只有两个字，只认原字，不按读音认",
    ),
    "short_exact": (
        "{named}: too short to be matched by sound, matched exactly",
        "{named}：太短，不按读音认，只认原字",
    ),
    "short_or_longer": ("allow_short: true, or longer phrases", "写长一点；或者 allow_short: true（也按读音认）"),
    "every_hit": (
        "forbid with hit: each fails only when the words are said after every one of the hits",
        "forbid 里用 hit: each：每一处之后都说了才算违反，漏一处就不算",
    ),
    "use_any": ("hit: any fails when they are said after one of them", "改成 hit: any，任一处之后说了就算"),
    # Between rules
    "asked_and_forbidden": (
        "{phrase!r} is asked for here, and {other} forbids {forbidden!r}",
        "这里要求说 {phrase}，{other} 却不许说 {forbidden}",
    ),
    "one_way_forbidden": (
        "{phrase!r} is one way to meet this rule, and {other} forbids {forbidden!r}",
        "说 {phrase} 就符合这一条，{other} 却不许说 {forbidden}",
    ),
    "see_change": (
        "see {place}: change one of them, or its role or window",
        "见 {place}：改其中一条，或者改角色、时间",
    ),
    "covered_by": (
        "{phrase!r} is covered by {other!r} of {rule} already",
        "{phrase} 已经被 {rule} 的 {other} 查到，说一次会扣两次",
    ),
    "see_leave": ("see {place}: leave it to one of them", "见 {place}：只留一条查它"),
    "ended_on": ("ended on {day}", "已在 {day} 到期"),
    "status_retired": ("status: retired", "改成 status: retired"),
    "rests_on": ("rests on {name}, which is {state}", "用到 {name}，而它{state}"),
    "rests_never": (
        "rests on {name}, which is {state}; so it never applies",
        "用到 {name}，而它{state}，所以永远不适用",
    ),
    "is_retired": ("retired", "已停用"),
    "is_draft": ("a draft", "还是草稿"),
    "is_for_others": ("for other calls", "查的是别的电话"),
    "out_or_other_stable": (
        "take the reference out, or make the other rule stable",
        "去掉这处引用，或者把那条规则改成 stable",
    ),
    "applies_apart": ("their applies_when exclude each other", "两条的 applies_when 互相排斥"),
    "percent_apart": (
        "the first {first} % and the last {last} % of a call never meet",
        "一通电话的前 {first} % 和后 {last} % 没有重叠",
    ),
    "two_checks": ("write two checks under any: [...]", "在 any: [...] 下面写成两个条件"),
    # Cards
    "rule_retired": ("rule {rule} is retired and gives no findings", "规则 {rule} 已停用，没有结论"),
    "rule_draft": ("rule {rule} is draft and gives no findings", "规则 {rule} 还是草稿，没有结论"),
    "card_without": (
        "make a new version of the card without it; where sheets refer to this one, status: retired",
        "出一个不含它的新版评分表；已有评分单用的旧版写 status: retired",
    ),
    "take_out_or_stable": ("take it out, or make the rule stable", "从评分表去掉，或者把规则改成 stable"),
    "tested_on_card": (
        "rule {rule} is still being tested, and takes points already",
        "规则 {rule} 还在试行（test），却已经在扣分",
    ),
    "take_off": ("take it off the card", "从评分表去掉"),
    "take_off_new": (
        "take it off a new version of the card; if sheets refer to this one, keep it with status: retired",
        "在新版评分表里去掉；已有评分单用的旧版保留，写 status: retired",
    ),
    "id_twice": ("{what} id {name!r} stands twice", "{what} {name} 写了两次"),
    "part_section": ("section", "大项 id"),
    "part_criterion": ("criterion", "评分项 id"),
    "part_band": ("band", "等级 id"),
    "card_total": (
        "the criteria add up to {total} points, the card has {points}",
        "各评分项加起来 {total} 分，评分表却是 {points} 分",
    ),
    "bonus_not_counted": ("bonus criteria do not count", "加分项不算在内"),
    "change_points": ("change the points of criteria or of the card", "改评分项的分值，或者改评分表的 points"),
    "pass_over": ("pass_points {value} is more than the card's {points}", "合格线 {value} 分高于评分表的 {points} 分"),
    "none_could_pass": ("no call could pass", "这样没有一通能合格"),
    "section_total": (
        "the criteria of section {id} add up to {total} points, not {points}",
        "大项 {id} 的评分项加起来 {total} 分，不是 {points} 分",
    ),
    "change_section": ("change the criteria or the section's points", "改评分项或大项的分值"),
    "section_cap": (
        "section {id} may lose {cap} points and has {total}",
        "大项 {id} 最多可扣 {cap} 分，可它只有 {total} 分",
    ),
    "lower_cap": ("a cap below its points, or none", "cap 写得比分值小，或者不写"),
    "bonus_never": (
        "bonus_max {value} is never reached: bonus criteria add up to {bonus}",
        "bonus_max {value} 永远达不到：加分项合计 {bonus} 分",
    ),
    "write_bonus": ("bonus_max: {bonus}", "bonus_max: {bonus}"),
    "band_order": (
        "band {id} is from {low}, not below {other} from {high}",
        "等级 {id} 从 {low} 分起，不低于等级 {other} 的 {high} 分",
    ),
    "bands_down": ("from the highest band to the lowest", "从高到低排列"),
    "band_overlap": (
        "band {id} below {below} overlaps {other} from {high}",
        "等级 {id}（低于 {below} 分）和等级 {other}（{high} 分起）重叠",
    ),
    "band_gap": (
        "band {id} below {below} leaves a gap to {other} from {high}",
        "等级 {id}（低于 {below} 分）和等级 {other}（{high} 分起）之间有空档",
    ),
    "write_below": ("below: {value}, or leave it out", "below: {value}，或者不写"),
    "band_never": (
        "band {id} from {low} is never reached: a sheet has at most {top} points",
        "等级 {id} 从 {low} 分起，永远达不到：最多 {top} 分",
    ),
    "lower_limit": ("a lower limit", "写低一些"),
    "band_top": (
        "band {id} ends below {below}, a sheet may have {top} points",
        "等级 {id} 到 {below} 分为止，可最多有 {top} 分",
    ),
    "leave_out": ("leave it out", "不写它"),
    "band_bottom": ("no band for sheets below {low} points", "低于 {low} 分的没有等级"),
    "lowest_band": ("the lowest band is from: 0", "最低的等级写 from: 0"),
    "band_pass": (
        "no band begins at pass_points {value}: calls of one band would pass and fail",
        "没有等级从合格线 {value} 分开始：同一等级里有合格也有不合格",
    ),
    "make_limit": ("make it the limit of a band", "让它成为某个等级的起点"),
    "no_criterion": ("there is no criterion {name}", "没有评分项 {name}"),
    "rests_on_itself": ("criterion {id} rests on itself", "评分项 {id} 的条件绕回了它自己"),
    "rests_by_way": ("criterion {id} rests on itself by way of {way}", "评分项 {id} 的条件经过 {way} 绕回了它自己"),
    "break_circle": ("break the circle", "去掉其中一处"),
    "costs_twice": (
        "rule {rule} is on criterion {other} already: one mistake costs twice",
        "规则 {rule} 已经在评分项 {other} 里：一个错会扣两次",
    ),
    "keep_one": ("line {line}; keep it in one place", "第 {line} 行；只留一处"),
    "machine_share": (
        "the machine can assess {share:.0%} of the card, below min_assessed_share:"
        " no call has a total before its review",
        "机器只能评 {share:.0%}，低于 min_assessed_share：人工复核前没有一通有总分",
    ),
    "fewer_manual": (
        "fewer manual criteria, or a lower min_assessed_share",
        "减少人工评分项，或者调低 min_assessed_share",
    ),
    "card_unusable": (
        "scorecard {card}, which comes along, cannot be used with these rules: {problem}",
        "继承来的评分表 {card} 不能和这套规则一起用：{problem}",
    ),
    "own_card": ("use a card of your own, or keep the rule", "用自己的评分表，或者留下这条规则"),
    "card_by_facts": (
        "{keys}: a card is chosen before any rule is tried, by facts of the call alone",
        "{keys}：选评分表时规则还没有跑，只能看通话本身的信息",
    ),
    "facts_are": (
        "direction, queue, team, language or a column of the manifest",
        "写 direction、queue、team、language，或者清单里的一列",
    ),
    "no_card_for_rest": (
        "no scorecard is for calls that no other is for: every one has applies_when",
        "每张评分表都写了 applies_when，别的电话就没有评分表可用",
    ),
    "leave_out_of_one": ("leave it out of one of them", "其中一张不写 applies_when"),
    "same_calls": (
        "scorecard {card} is for the same calls ({call}): such a call fails",
        "评分表 {card} 也管这样的电话（{call}）：这种电话会评分失败",
    ),
    "tell_apart": (
        "{path}; a fact in both with different values, or one in another queue",
        "{path}；让两张评分表在同一项信息上取不同的值",
    ),
    "two_for_rest": (
        "this card and {path} are both for calls that no other is for: a call cannot have two",
        "这张评分表和 {path} 都没写 applies_when：一通电话不能有两张评分表",
    ),
    "when_or_retired": (
        "give one of them applies_when, or status: retired; or name one card in ASR_QA_SCORECARD",
        "给其中一张写 applies_when，或者 status: retired；或者在 ASR_QA_SCORECARD 里只写一张评分表",
    ),
    "two_without_choice": (
        "this card and {path} both lack applies_when: ASR_QA_SCORECARD=auto could not choose between them",
        "这张评分表和 {path} 都没写 applies_when：ASR_QA_SCORECARD=auto 时分不出用哪一张",
    ),
    "only_with_auto": (
        "nothing to do while ASR_QA_SCORECARD names one card (inbound unless set);"
        " before setting it to auto, give one of them applies_when, or status: retired",
        "ASR_QA_SCORECARD 指定了一张评分表（不设就是 inbound）时不用管；"
        "要改成 auto，先给其中一张写 applies_when，或者 status: retired",
    ),
    "no_direction": ("no call has the direction {value!r}", "没有方向为 {value} 的通话"),
    "assisted_decides": (
        "rule {rule} is assisted, a hint for a person, and decides here",
        "规则 {rule} 只是给人的提示（assisted），在这里却由机器定",
    ),
    "source_assisted": ("source: assisted", "改成 source: assisted"),
}
