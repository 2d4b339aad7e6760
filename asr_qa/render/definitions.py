"""The definitions of timing in words, for people who read figures; the parameters come from the code that measures."""

from __future__ import annotations

DEFINITION_TEXTS: dict[str, dict[str, str]] = {
    "speech": {
        "en": "Stretches of one role's voice; pauses shorter than `bridge` are part of them. Music and tones are no "
        "speech.",
        "zh": "同一角色的发声片段；短于 bridge 的停顿并入其中。音乐和提示音不算说话。",
    },
    "turn": {
        "en": "One role's speech with its own pauses shorter than `bridge`, unless the other speaks for `taken` or "
        "longer in the pause; a back-channel neither begins nor ends a turn.",
        "zh": "同一角色的连续发言，短于 bridge 的自身停顿并入其中，除非对方在停顿中说话达到 taken 秒；"
        "附和不开始也不结束话轮。",
    },
    "silence": {
        "en": "Neither role speaks for at least `min`, between the first and the last speech of the call.",
        "zh": "通话首次与末次说话之间，双方均不说话至少 min 秒。",
    },
    "hold": {
        "en": "Music or ring-back on the agent's channel for at least `min` while the customer waits; not what ends "
        "before the agent's first speech.",
        "zh": "客户等待时坐席声道上至少 min 秒的音乐或回铃音；坐席第一次说话之前就结束的不算。",
    },
    "ivr": {
        "en": "Automatic prompts before a person answers, known by their words, and where a person might say the same "
        "by ring-back, music, keys, repetition or a pause of `gap` after them; nothing from the first words of a "
        "person on, or after the customer has spoken for `spoken`. No speech of the agent; up to `ring` of quiet "
        "after them, or after ring-back, is no dead air before the agent's first word.",
        "zh": "真人接听之前的自动语音：凭用语识别，真人也可能说的话还须有回铃音、音乐、按键、重复播报或其后 gap 秒的"
        "停顿佐证；真人开口之后、或客户已说满 spoken 秒之后的一概不算。不算坐席说话；坐席第一句话之前，其后或回铃音之后"
        "至多 ring 秒的安静不算冷场。",
    },
    "dead_air": {
        "en": "Each piece of a silence of at least `min` that is left when holds and automatic prompts are taken out, "
        "unless excused; serious from `serious`.",
        "zh": "静音中扣除保持和语音菜单后剩下的至少 min 秒的片段（事先说明的等待除外）；达到 serious 秒为严重冷场。",
    },
    "excuse": {
        "en": "An agent phrase such as 请稍等 that ends at most `lead` before a silence begins excuses up to "
        "`max` of it.",
        "zh": "坐席在静音开始前 lead 秒内说完“请稍等”一类的话，可豁免至多 max 秒的静音。",
    },
    "overlap": {
        "en": "Both roles speak for at least `min`, summed within one pair of turns; carries no blame.",
        "zh": "双方各一个话轮之间，同时说话累计至少 min 秒；不构成差错。",
    },
    "backchannel": {
        "en": "During the other's turn only acknowledgements (嗯, 对, 好的 …; closer together than `pause` they are "
        "one), or speech from `min` to less than `max` whatever its words; where no word reached `confidence`, less "
        "than `unheard` and `apart` from the rest of its turn. The other goes on.",
        "zh": "对方说话时仅作应答（嗯、对、好的……；间隔短于 pause 秒的算一次），或发声不少于 min 秒而短于 max 秒；"
        "若没有词的置信度达到 confidence，则须短于 unheard 秒且与本话轮其余部分相隔 apart 秒以上。对方继续说话。",
    },
    "interruption": {
        "en": "Starting at least `onset` into the other's turn, overlapping at least `overlap`, with more than a "
        "back-channel, and the other, whose turn is more than acknowledgements, gives way within `yield`.",
        "zh": "在对方话轮开始 onset 秒之后插入，重叠至少 overlap 秒，且双方说的都不只是附和，"
        "对方在 yield 秒内停下让话。",
    },
    "talk_over": {
        "en": "As an interruption (`onset`, `overlap`), but the other does not give way: it still speaks when this one "
        "stops, or `yield` on.",
        "zh": "条件同抢话（onset、overlap），但对方没有让话：插话结束时或 yield 秒后对方仍在说。",
    },
    "response_latency": {
        "en": "From the end of a customer turn to the start of the agent's next where that comes next; 0 when begun "
        "before and gone on with. Not counted with a hold, ring-back before the answer or an announced wait between.",
        "zh": "从客户话轮结束到坐席紧接着的话轮开始；提前开口并说了下去的记 0 秒。"
        "其间有保持、接听前的回铃音或已说明的等待则不计。",
    },
    "speech_rate": {
        "en": "CJK characters and digits (words where the language has none) per minute of own speech, over turns of "
        "at least `turn_min` that were all understood; unknown where these hold less than `least` of speech.",
        "zh": "每分钟自己说话的汉字数（每个数字算一字；无汉字的语言按词），只计至少 turn_min 字且全部听清的话轮；"
        "这些话轮的说话不足 least 秒时未知。",
    },
    "first_response": {
        "en": "Start of the recording, or end of the automatic prompts, to the agent's first speech, plus the time it "
        "rang where known and not in the recording; unknown where the recording begins in the middle of a person's "
        "speech.",
        "zh": "录音开始（有语音菜单的从其结束）到坐席第一次说话，已知且不在录音中时加上振铃时间；"
        "录音从真人的半句话开始时未知。",
    },
    "monologue": {
        "en": "One role alone takes turns for at least `min`, until the other takes one, over it too, or a "
        "silence comes.",
        "zh": "一个角色独自占有话轮至少 min 秒，直到对方开始话轮（抢话、叠话也算）或出现静音。",
    },
    "talk_ratio": {
        "en": "The agent's speech as a share of the speech of both.",
        "zh": "坐席说话秒数占双方说话秒数的比例。",
    },
    "hang_up_side": {
        "en": "Who ended the call: as the manifest says (hang_up_side), or else the one in place of whose voice busy "
        "tone sounds at the end; unknown otherwise.",
        "zh": "谁挂机：以随录清单的 hang_up_side 为准；没有时看录音末尾忙音响在谁的声道上（忙音取代了"
        "已离线一方的声音）；否则未知。",
    },
    "double_talk": {
        "en": "In their turns both speak at once for at least `min`, and for at least `chance` times what two would "
        "who take no notice of each other (the product of the shares of the talk that each fills): hardly two parties "
        "who hear each other. A warning, no event: what was said at once and who answered whom are then unknown.",
        "zh": "双方在话轮里同时说话至少 min 秒，且达到互不理会的两个人偶然同时说话时长（各自说话占比之积）"
        "的 chance 倍：不像是在对话的双方。这是提醒，不是事件；此时重叠、抢话、叠话、附和和应答间隔均未知。",
    },
    "duration": {"en": "Length of the recording.", "zh": "录音的长度。"},
    "ring": {
        "en": "How long it rang before the call was answered, as the manifest says.",
        "zh": "接通前的振铃时长，以随录清单为准。",
    },
}
"""By id and language; `names` in backquotes are parameters."""
