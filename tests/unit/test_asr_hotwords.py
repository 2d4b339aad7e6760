"""Hot words: what is written for what was heard, how they are given, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.asr.hotlist import hot_words
from asr_qa.asr.hotwords import HotWordTranscriber, correct, correct_utterance, digest_of
from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.bootstrap import build_stages, find_hot_words, load_rules, stages_for
from asr_qa.config import AsrSettings, Settings
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import UNINTELLIGIBLE, Transcript, Utterance, spread
from asr_qa.errors import ConfigurationError
from asr_qa.ruleset.phrases import phrases_of, refuse_phrases


def written(heard: str, *hot: str) -> str:
    return "".join(word.text for word in correct(spread(heard, Segment(0.0, 4.0), confidence=0.8), hot).words)


@pytest.mark.parametrize(
    ("heard", "hot", "text"),
    [
        ("我在先逃是，等你", "仙桃市", "我在仙桃市，等你"),  # the same syllables
        ("去书友海先吃饭", "舒友海鲜", "去舒友海鲜吃饭"),
        ("叫张三风来", "张三丰", "叫张三丰来"),
        ("买南梅干", "蓝莓干", "买蓝莓干"),  # n/l: near
        ("先，逃是", "仙桃市", "仙，桃市"),  # marks stay where they were
        ("仙桃市", "仙桃市", "仙桃市"),
        ("我用iphone打", "iPhone", "我用iPhone打"),  # letters only match themselves
        ("iphones", "iPhone", "iphones"),  # no part of a word
        ("欢迎致电", "仙桃市", "欢迎致电"),
        ("先套室", "仙桃社", "先套室"),  # one final is another
        ("马隆", "马龙", "马隆"),  # two syllables are too few
        ("先逃", "仙桃市", "先逃"),  # a part of a name is not the name
    ],
)
def test_what_sounds_like_a_hot_word_is_written_as_one(heard: str, hot: str, text: str) -> None:
    assert written(heard, hot) == text


def test_a_name_does_not_go_on_over_a_pause() -> None:
    before, after = spread("我先", Segment(0.0, 0.5)), spread("逃是", Segment(1.2, 1.7))
    assert correct((*before, *after), ["仙桃市"]).replacements == ()
    nearer = spread("逃是", Segment(1.0, 1.5))
    assert [r.written for r in correct((*before, *nearer), ["仙桃市"]).replacements] == ["仙桃市"]


def test_what_stands_there_already_is_not_written_over_by_another_name_of_the_same_sound() -> None:
    assert written("找张三丰", "张三峰", "张三丰") == "找张三丰"
    assert written("找张三风", "张三峰", "张三丰") == "找张三峰"  # of equals the first that was given


def test_the_less_alike_the_less_sure() -> None:
    same = correct(spread("先逃是", Segment(0, 1), confidence=0.8), ["仙桃市"]).words[0].confidence
    near = correct(spread("南梅干", Segment(0, 1), confidence=0.8), ["蓝莓干"]).words[0].confidence
    assert (same, near) == pytest.approx((0.72, 0.6))


def test_utterance_keeps_what_the_engine_wrote() -> None:
    words = spread("我在先逃是", Segment(1.0, 2.0), confidence=0.5)
    heard = Utterance(Role.AGENT, 1.0, 2.0, "我在先逃是", "我在先逃是", 0.5, words=words)
    done = correct_utterance(heard, ["仙桃市"])
    assert (done.text, done.raw_text, done.start, done.end) == ("我在仙桃市", "我在先逃是", 1.0, 2.0)
    assert done.confidence == pytest.approx(0.5 * (2 + 3 * 0.9) / 5)
    assert correct_utterance(heard, ["东四环"]) is heard
    lost = Utterance(Role.AGENT, 1.0, 2.0, "", status=UNINTELLIGIBLE)
    assert correct_utterance(lost, ["仙桃市"]) is lost


def test_the_stamp_names_the_hot_words_whatever_their_order() -> None:
    engine = ReplayTranscriber(Transcript())
    one, other = HotWordTranscriber(engine, ["仙桃市", "东四环"]), HotWordTranscriber(engine, ["东四环", "仙桃市"])
    assert one.name == other.name == f"{engine.name}+hotwords(2@{digest_of(['东四环', '仙桃市'])})"
    assert one.name != HotWordTranscriber(engine, ["东四环", "三里屯"]).name
    assert one.transcribe([]).model == one.name


def test_setting_and_file_are_read_together(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_bytes("# products\n畅享套餐  # since May\n\n东四环\n".encode("gb18030"))
    assert hot_words(" 仙桃市,东四环，三里屯、iPhone ", file) == ("仙桃市", "东四环", "三里屯", "iPhone", "畅享套餐")
    file.write_text("﻿王府井\r\n", encoding="utf-8")
    assert hot_words("", file) == ("王府井",)
    assert hot_words("", None) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xe4\xbb\x99\xe6\xa1\x83\n\xff\xfe\xff\n", r"names.txt:2: neither UTF-8 nor GB18030"),
        ("东四环\n王\n".encode(), r"names.txt:2: hot word '王' is too short: .*3 syllables"),
        (("长" * 21).encode(), r"names.txt:1: hot word .* has 21 letters"),
        ("\n".join(f"N{n}" for n in range(2001)).encode(), r"2001 hot words are too many"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        hot_words("", tmp_path / "names.txt")


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone.txt: hot words cannot be read: No such file.*HOT_WORDS_FILE"):
        hot_words("", tmp_path / "gone.txt")


def test_what_rules_listen_for_is_refused() -> None:
    rules = load_rules(Settings())
    by_rule = {text: rule for rule, text in phrases_of(rules.ruleset)}
    phrase = next(text for text in by_rule if len(text) >= 4 and text.isalpha() and not text.isascii())
    for word in (phrase, f"新{phrase}"):
        with pytest.raises(ConfigurationError, match=rf"{word} \({phrase}, rule {by_rule[phrase]}\).*take them out"):
            refuse_phrases(["仙桃市", word], rules.ruleset)
    with pytest.raises(ConfigurationError, match=r"请您捎后 \(请您稍候"):
        refuse_phrases(["请您捎后"], rules.ruleset)  # it sounds the same
    refuse_phrases(["仙桃市", "畅享套餐"], rules.ruleset)


def test_settings_bring_hot_words_to_every_engine(tmp_path: Path) -> None:
    (tmp_path / "call.json").write_text('{"turns": [{"role": "agent", "start": 0, "end": 1, "text": "我在先逃是"}]}')
    asr = AsrSettings(engine="replay", replay_dir=tmp_path, hot_words="仙桃市")
    settings = Settings(asr=asr)
    stages = build_stages(settings)
    assert "+hotwords(1@" in stages.transcriber.name
    assert isinstance(stages_for(settings, stages, tmp_path / "call.wav").transcriber, HotWordTranscriber)
    assert find_hot_words(settings, stages.ruleset) == ("仙桃市",)
    plain = build_stages(Settings(asr=asr.model_copy(update={"hot_words": ""})))
    assert "hotwords" not in plain.transcriber.name
