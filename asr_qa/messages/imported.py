"""Messages about rules of another system that are imported."""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[str, str]] = {
    # JSON
    "not_json": ("not valid JSON: {problem}", "JSON 格式不对：{problem}"),
    "json_signs": (
        "JSON needs double quotes, commas between entries and none after the last",
        "JSON 要用英文双引号，各项之间用英文逗号，最后一项后面没有逗号",
    ),
    "json_comma": ("expecting ',' delimiter", "这里少了英文逗号"),
    "json_colon": ("expecting ':' delimiter", "这里少了英文冒号"),
    "json_value": ("expecting value", "这里少了内容，文件可能没有写完"),
    "json_key": ("expecting property name enclosed in double quotes", "这里应当是双引号括起来的键"),
    "json_trailing": ("illegal trailing comma before end of {what}", "{what} 的最后一项后面多了逗号"),
    "json_string": ("unterminated string starting at", "双引号没有关上，文件可能没有写完"),
    "json_control": ("invalid control character at", "双引号里有换行或控制字符"),
    "json_escape": ("invalid \\escape", "不认识的反斜杠写法"),
    "json_extra": ("extra data", "后面还有多余的内容"),
    "json_deep": ("nested too deep", "套得太深"),
    "json_no_number": ("{name} is no number that JSON knows", "{name} 不是 JSON 里的数字"),
    "json_at": ("{at}: {problem}", "{at}：{problem}"),
    "json_number": ("expected a number, found {value}", "应当是数字，写的是 {value}"),
    "json_bool": ("expected true or false, found {value}", "应当是 true 或 false，写的是 {value}"),
    "json_words": ("expected a list of words", "应当是词的列表"),
    "json_mapping": ("expected a mapping {{...}}, found {value}", "应当是 {{...}}，写的是 {value}"),
    "json_rules": ("expected rules, found {value}", "这里应当是规则，实际是 {value}"),
    "no_rules_found": ("no rules found", "没有找到规则"),
    "json_shape": ("expected {{conditions: [...], rules: [...]}}", "应当是 {{conditions: [...], rules: [...]}}"),
    "json_wrapped": ("rules are wrapped too deep", "规则外面包了太多层"),
    "json_neither": ("neither rules nor JsonStr in this mapping", "这里既没有 rules，也没有 JsonStr"),
    "condition_twice": ("condition {name!r} stands twice", "条件 {name} 写了两次"),
    "no_condition": ("there is no condition {name!r}", "没有条件 {name}"),
    "anchors_circle": ("anchors refer in a circle: {circle}", "前置条件绕成了圈：{circle}"),
    "needs_operator": ("a condition needs at least one operator", "条件里至少要有一个算子"),
    "needs_cid": ("a condition needs a cid", "条件少了 cid"),
    "needs_type": ("an operator needs a type", "算子少了 type"),
    "unknown_role": ("unknown role {role!r}", "不认识的角色 {role}"),
    "roles_are": ("客服 or 客户; nothing for both", "客服或客户；两方都查就不写"),
    "unknown_location": ("unknown location {location!r}", "不认识的位置 {location}"),
    "of_expression": ("{text}: {problem}", "{text}：{problem}"),
    "no_operator": ("there is no operator {name!r}", "没有算子 {name}"),
    "sign_too_many": ("{sign!r} at column {column} is one too many", "第 {column} 个字符多了一个 {sign}"),
    "sign_unknown": ("{sign!r} at column {column} is not understood", "第 {column} 个字符 {sign} 看不懂"),
    "bracket_open": ("the bracket at column {column} is not closed", "第 {column} 个字符的括号没有关上"),
    "name_missing_end": ("a name is missing at the end", "最后少了一个名字"),
    "name_missing": (
        "a name is missing before {sign!r} at column {column}",
        "第 {column} 个字符 {sign} 前面少了一个名字",
    ),
    # What was not carried over
    "import_head": ("from rule {rule} of Smart Conversation Analysis ({at})", "由智能对话分析规则 {rule} 转换（{at}）"),
    "import_lost": ("lost: {what}", "未能迁移：{what}"),
    "import_note": ("note: {what}", "注意：{what}"),
    "import_draft": (
        "something was lost, so its status is draft: complete it, then write test or stable",
        "有内容未能迁移，所以 status 是 draft：补全以后改为 test 或 stable",
    ),
    "import_nothing": ("nothing of this rule could be carried over", "这条规则没有可以迁移的内容"),
    "import_there": (
        "{path} is already there; give another folder with --out, nothing was written",
        "{path} 已经有了；用 --out 换一个文件夹，什么都没有写",
    ),
    "import_next": (
        "next: write cases for each rule, then run asr-qa rules lint and asr-qa rules test",
        "下一步：给每条规则写例子，然后运行 asr-qa rules lint 与 asr-qa rules test",
    ),
    "imported": (
        "{n} rules; carried over: {carried}, drafts: {drafts}, lost: {lost}",
        "{n} 条规则：{carried} 条已迁移，{drafts} 条草稿，{lost} 条未能迁移",
    ),
    "state_lost": ("lost", "未能迁移"),
    "state_draft": ("draft", "草稿"),
    "state_carried": ("carried over", "已迁移"),
    "of_part": ("{part}: {what}", "{part}：{what}"),
    "of_condition": ("condition {condition}", "条件 {condition}"),
    "of_operator": ("condition {condition}, operator {operator} {type}", "条件 {condition} 的算子 {operator} {type}"),
    "lost_needed": ("rule {rule}, which it needs, was not carried over", "前置规则 {rule} 没有迁移"),
    "lost_needed_elsewhere": ("rule {rule}, which it needs, is not in this file", "前置规则 {rule} 不在这个文件里"),
    "lost_anchor": (
        "condition {condition}, which it is anchored to, was not carried over: the whole call is looked at",
        "它的前置条件 {condition} 没有迁移，因此看整通",
    ),
    "lost_no_keywords": ("no keywords", "没有关键词"),
    "lost_no_pattern": ("no pattern", "没有正则表达式"),
    "lost_pattern": ("pattern {pattern} cannot be used: {problem}", "正则表达式「{pattern}」不能用：{problem}"),
    "lost_no_sentences": ("no sentences to compare with", "没有相似话术"),
    "lost_repeats_other": (
        "nothing finds that one party repeats the other; repetition here is of a party's own words",
        "重复对方的话没有对应的检测；这里的 repetition 只看同一方自己重复",
    ),
    "lost_entity": (
        "which entity is meant is not known; use entity: {{kind: ...}}",
        "认不出是哪一种信息实体，请改用 entity: {{kind: ...}}",
    ),
    "lost_no_interval": ("no interval", "没有时长（interval）"),
    "lost_no_rate": ("no rate (velocityInMint)", "没有语速（velocityInMint）"),
    "lost_rate_unit": ("the unit of rate {rate} is not known", "语速 {rate} 的单位不明"),
    "lost_duration_from": (
        "nothing measures from a sentence on; use the seconds of after / before",
        "从某一句算起的时长没有对应的检测；可用 after / before 的 seconds",
    ),
    "lost_no_count": ("no number of sentences", "没有语句数"),
    "lost_energy": ("nothing finds changes of volume and energy", "音量和能量的变化没有对应的检测"),
    "lost_emotion": (
        "no model of emotions; use phrases that show displeasure",
        "情绪模型没有对应的检测；可改用表示不满的说法（phrase）",
    ),
    "lost_intent": (
        "no model of intents; use phrase, regex or similarity",
        "意图模型没有对应的检测；可改用 phrase、regex 或 similarity",
    ),
    "lost_knowledge": (
        "no questions and answers of a knowledge base; use script or similarity",
        "知识库问答没有对应的检测；可改用 script 或 similarity",
    ),
    "lost_llm": (
        "no large language model; let people score it (source: manual)",
        "大模型检测没有对应的检测；可改由人工评分（source: manual）",
    ),
    "lost_parameter": (
        "columns of the recording belong into applies_when: {{metadata: {{...}}}}",
        "随录参数请写到规则的 applies_when: {{metadata: {{...}}}}",
    ),
    "lost_pick_up": (
        "nothing finds an unusual answer; use metric: first_response",
        "非正常接听没有对应的检测；可改用 metric: first_response",
    ),
    "lost_hang_up": (
        "nothing finds an unusual end; use event: {{kind: hang_up_side, by: customer}}",
        "非正常挂机没有对应的检测；可改用 event: {{kind: hang_up_side, by: customer}}",
    ),
    "lost_who_first": (
        "nothing tells who speaks first; use metric: first_response",
        "角色判断没有对应的检测；可改用 metric: first_response",
    ),
    "lost_unknown": ("it has no counterpart", "没有对应的检测"),
    # What differs a little
    "note_dropped": ("keywords without words were dropped: {words}", "没有文字的关键词去掉了：{words}"),
    "note_extension": (
        "keywords are not extended here; write other ways to say it into the list",
        "关键词自动扩展没有迁移，请把同义说法写进列表",
    ),
    "note_case": ("capitals do not matter here", "大小写在这里不区分"),
    "note_total": ("{n} hits of keywords in all was not carried over", "关键词总共命中 {n} 次没有迁移"),
    "note_synonyms": (
        "synonyms of no keyword were not carried over: {words}",
        "不属于任何关键词的同义词没有迁移：{words}",
    ),
    "note_all_of": (
        "{n} keywords are asked for, there are {given}: all of them",
        "要求 {n} 个关键词，但只有 {given} 个，按全部处理",
    ),
    "note_n_of": (
        "synonyms count by themselves: {n} different phrases are a hit",
        "同义词也各算一个：{n} 个不同的说法即命中",
    ),
    "note_exclude_lost": (
        "the exclusion {pattern} was not carried over: {problem}",
        "排除表达式「{pattern}」没有迁移：{problem}",
    ),
    "note_exclude": (
        "an exclusion takes away only the hits that it overlaps here, not the sentence",
        "排除表达式在这里只去掉与它重叠的命中，不去掉整句",
    ),
    "note_bounded": (
        ".* of any length in {pattern} is now 20 characters at most",
        "「{pattern}」里不限长度的 .* 改为最多 20 个字",
    ),
    "note_other_model": (
        "another model compares meanings here: fit the limit to your recordings",
        "相似度由另一个模型计算，门限要用自己的录音重新校准",
    ),
    "note_window": (
        "only the first {n} sentences was not carried over; within_seconds is there",
        "只看前 {n} 句没有迁移；可用 within_seconds 限定秒数",
    ),
    "note_syllables": (
        "likeness is compared by syllables here; the limit may need a change",
        "相似度在这里按音节比较，门限可能要调整",
    ),
    "note_entity": ("the entity was taken by its name; check it", "实体类型按名称对应，请核对"),
    "note_monologue": (
        "the length of a sentence is that of a monologue (turn) here",
        "单句时长在这里按独白（话轮）计算",
    ),
    "note_from_end": (
        "from the end of a sentence to the end of another was not carried over: the gap counts",
        "从本句结束算到目标句结束没有迁移，按间隔计算",
    ),
    "note_first": (
        "for the wait before the first sentence use metric: first_response",
        "第一句之前的等待请另用 metric: first_response",
    ),
    "note_silence": (
        "silence means that neither party speaks, whoever spoke before",
        "静音在这里指双方都不说话，不分在谁之后",
    ),
    "note_rate": (
        "the rate of the whole call is measured, not of a sentence",
        "单句语速没有对应的检测，按整通平均语速计算",
    ),
    "note_rate_least": (
        "short sentences are left out by timing: rate_turn_min of the card",
        "少于 N 个字的句子由评分表的 timing: rate_turn_min 去掉",
    ),
    "note_delay": (
        "write the delay of {delay} ms into the card: timing: {{interruption_onset: {onset}}}",
        "延时 {delay} 毫秒请写到评分表：timing: {{interruption_onset: {onset}}}",
    ),
    "note_turns": ("sentences are counted as turns here", "语句数在这里按话轮计算"),
    "note_key_lost": ("{key} was not carried over", "{key} 没有迁移"),
    "note_points": ("write its {points} points into a scorecard", "分值 {points} 请写到评分表"),
    "note_whole_call": (
        "its scope was not carried over: this metric is of the whole call",
        "检测范围没有迁移：这个指标看整通电话",
    ),
    "note_absolute": (
        "absolute places are counted in that party's own sentences here",
        "绝对位置在这里按该角色自己的句子计数",
    ),
    "note_whole": (
        "sentence {first} to the {last}th from the end became the whole call",
        "第 {first} 句到倒数第 {last} 句，放宽为整通",
    ),
    "note_first_n": (
        "sentences {first} to {last} became the first {last}",
        "第 {first} 到第 {last} 句，放宽为前 {last} 句",
    ),
    "note_last_n": (
        "the {first}th from the end to {last} became the last {first}",
        "倒数第 {first} 到第 {last} 句，放宽为最后 {first} 句",
    ),
    "note_reach": (
        "from sentence {first} on became within {last} sentences",
        "从第 {first} 句起，放宽为 {last} 句以内",
    ),
    "note_same_rid": (
        "another rule has the id {rid} too; this one is {id} here, and rules that need {rid} mean the other",
        "另有规则的编号也是 {rid}；这一条在这里是 {id}，需要 {rid} 的规则指的是另一条",
    ),
    "note_current": (
        "the sentence of the anchor became one sentence before and after",
        "前置条件命中的当前句，放宽为前后一句以内",
    ),
}
