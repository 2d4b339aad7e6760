"""The composition root: settings in, things ready to be called out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from asr_qa import __version__
from asr_qa.asr import TRANSCRIBERS, sentences
from asr_qa.asr.hotlist import hot_words
from asr_qa.asr.hotwords import HotWordTranscriber
from asr_qa.asr.replay import ReplayTranscriber, find_transcript, load_transcript
from asr_qa.asr.weights import FoundModel, ModelStatus, OnProgress, ensure, find_model, load_manifests, status
from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.decode import AvReader
from asr_qa.audio.faint import FaintVoices
from asr_qa.audio.listening import ListeningDetector
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.soundkind import SoundKindNetwork
from asr_qa.audio.vad import detector
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.config import Settings, shipped
from asr_qa.core.checks.base import Embed
from asr_qa.core.recording import Recording
from asr_qa.core.rule import Check, Ruleset, Similarity, references, walk
from asr_qa.core.scorecard import Scorecard, choose_card, facts_of
from asr_qa.core.transcript import Transcript
from asr_qa.db.store import SqlStore, open_store
from asr_qa.diarize.diarizer import VoiceDiarizer
from asr_qa.errors import ConfigurationError
from asr_qa.messages import error_of
from asr_qa.pipeline.ports import Diarizer, NonSpeechDetector, Transcriber, Weigher
from asr_qa.pipeline.process import Stages
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.phrases import refuse_phrases
from asr_qa.ruleset.scorecards import load_cards, load_scorecard, rules_of_others, scorecard_names


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules and the card they are counted on."""

    ruleset: Ruleset
    scorecard: Scorecard
    others: frozenset[str] = frozenset()
    """Rules that only other cards of the folder name."""
    more: tuple[Rules, ...] = ()
    """The same rules with the further cards that a call may get, where cards are chosen by call; this card is then
    for calls that no other is for."""

    @property
    def every(self) -> tuple[Rules, ...]:
        """The rules with each of the cards that a call may get."""
        return (self, *self.more)

    def of(self, recording: Recording) -> Rules:
        """The rules with the card of a call; raises ConfigurationError where two cards are for it."""
        if not self.more:
            return self
        card = choose_card([one.scorecard for one in self.every], facts_of(recording))
        return next(one for one in self.every if one.scorecard is card)

    def pass_points(self, scorecard: str) -> float | None:
        """Points from which a call passes on the card of this id; None where it is none of those in use."""
        return next((one.scorecard.pass_points for one in self.every if one.scorecard.id == scorecard), None)

    @property
    def applied(self) -> Ruleset:
        """The rules that calls are tried by: all but those that belong to other cards, and what the rest refers to."""
        needed = {rule.id for rule in self.ruleset.rules} - self.others
        for rule in reversed(self.ruleset.rules):  # each stands after those it refers to
            if rule.id in needed:
                needed |= references(rule)
        return replace(self.ruleset, rules=tuple(rule for rule in self.ruleset.rules if rule.id in needed))

    @property
    def severities(self) -> dict[str, str]:
        """Severity by rule id."""
        return {rule.id: str(rule.severity) for rule in self.ruleset.rules}


def rules_dir(settings: Settings) -> Path:
    """Folder of rule packs in use."""
    return settings.rules_dir or shipped("rules")


def load_rules(settings: Settings, *, cards: Path | None = None) -> Rules:
    """Rules and scorecard in use, or with the scorecard "auto" every card that a call may get.

    Args:
        settings: Where the rules are, and which card is in use.
        cards: Folder of rules whose scorecards count; without it that of the rules.

    Raises:
        RulesetError: With every mistake.
    """
    folder = rules_dir(settings)
    ruleset = load_ruleset(folder, settings=settings.rules_variables)
    found = load_cards(settings.scorecard, cards or folder, ruleset)
    first, *more = (Rules(ruleset, card, rules_of_others(cards or folder, card)) for card in found)
    return replace(first, more=tuple(more))


def load_scorecards(settings: Settings, rules: Rules) -> dict[str, Scorecard]:
    """Every card at hand by its label "id@version"."""
    folder = rules_dir(settings)
    cards = [
        *(one.scorecard for one in rules.every),
        *(load_scorecard(name, folder, rules.ruleset) for name in scorecard_names(folder)),
    ]
    return {card.label: card for card in cards}


def database_url(settings: Settings) -> str:
    """Where calls are stored."""
    return settings.database_url or f"sqlite:///{settings.data_dir / 'asr_qa.db'}"


def connect(settings: Settings, *, create: bool = True) -> SqlStore:
    """The open store; raises StorageError."""
    return open_store(database_url(settings), create=create)


def find_weights(settings: Settings, *, fetch: bool = False, progress: OnProgress | None = None) -> FoundModel:
    """The model in use, ready to load; raises ModelError."""
    return find_model(
        settings.asr.model,
        manifests_dir=shipped("models"),
        cache_dir=settings.cache_dir,
        models_dir=settings.models_dir,
        fetch=fetch,
        progress=progress,
    )


def audio_reader(settings: Settings) -> AvReader:
    """What opens recordings, with the limits in force."""
    return AvReader(max_seconds=settings.audio.max_seconds, max_bytes=settings.audio.max_bytes)


def build_stages(settings: Settings, *, rules: Rules | None = None, workers: int = 1) -> Stages:
    """Everything a call is worked through with; the model is loaded when first needed.

    Raises:
        ConfigurationError: Hot words cannot be read, or are what rules listen for.
        ModelError: The model is not here.
        RulesetError: Rules or scorecard are wrong.
    """
    rules = rules or load_rules(settings)
    words = find_hot_words(settings, rules.ruleset)
    engine = _transcriber(settings, workers)
    return Stages(
        reader=audio_reader(settings),
        detector=detector(settings.vad.detector),
        inspect=inspect_channels,
        faint=FaintVoices(),
        non_speech=_non_speech(settings),
        transcriber=_with_hot_words(engine, words),
        ruleset=rules.applied,
        scorecard=rules.scorecard,
        more=tuple((one.scorecard, one.applied) for one in rules.more),
        version=__version__,
        diarizer=find_diarizer(settings),
        voice=VoiceMeter(pitch=settings.voice.pitch) if settings.voice.measure else None,
        embed=find_embed(rules.ruleset),
        weigher=engine if settings.asr.second_look and isinstance(engine, Weigher) else None,
    )


def find_embed(ruleset: Ruleset) -> Embed | None:
    """What reads sentences, where a rule asks for their meaning and the model is installed."""
    checks = (part for rule in ruleset.rules for part in walk(rule) if isinstance(part, Check))
    asked = any(isinstance(check.options, Similarity) for check in checks)
    return sentences.embed if asked and sentences.is_installed() else None


def _non_speech(settings: Settings) -> NonSpeechDetector:
    spectral = ToneAndMusicDetector()
    if not settings.vad.network:
        return spectral
    return ListeningDetector(SoundKindNetwork(), spectral)


def find_diarizer(settings: Settings) -> Diarizer | None:
    """What tells voices on one channel apart; None where it is switched off or its model is not here.

    Raises:
        ModelError: The model is here and damaged.
        ConfigurationError: The setting names no model of this kind.
    """
    if not settings.diarization.model:
        return None
    manifest = load_manifests(shipped("models")).get(settings.diarization.model)
    if manifest is None or manifest.engine != "ge2e":
        raise error_of(ConfigurationError, "no_such_diarizer", name=settings.diarization.model)
    cache_dir, models_dir = settings.cache_dir, settings.models_dir
    if status(manifest, cache_dir=cache_dir, models_dir=models_dir) is ModelStatus.MISSING:
        return None
    weights = manifest.files[0]
    folder = ensure(manifest, cache_dir=cache_dir, models_dir=models_dir)
    return VoiceDiarizer(folder / weights.name, f"{manifest.name}@{(weights.sha256 or '')[:12]}")


def stages_for(settings: Settings, stages: Stages, path: Path) -> Stages:
    """The stages for one recording: with engine replay its own transcript takes the recogniser's place."""
    if settings.asr.engine != "replay":
        return stages
    transcript = load_transcript(find_transcript(_replay_dir(settings), path))
    words = find_hot_words(settings, stages.ruleset)
    return replace(stages, transcriber=_with_hot_words(ReplayTranscriber(transcript), words))


def find_hot_words(settings: Settings, ruleset: Ruleset) -> tuple[str, ...]:
    """The hot words in use; raises ConfigurationError where they cannot be read or are what rules listen for."""
    words = hot_words(settings.asr.hot_words, settings.asr.hot_words_file)
    refuse_phrases(words, ruleset)
    return words


def _with_hot_words(engine: Transcriber, words: tuple[str, ...]) -> Transcriber:
    return HotWordTranscriber(engine, words) if words else engine


def threads_for(settings: Settings, workers: int) -> int:
    """CPU threads of one worker: as configured, or the cores shared out."""
    return settings.asr.threads or max(1, (os.cpu_count() or 1) // max(workers, 1))


def _transcriber(settings: Settings, workers: int) -> Transcriber:
    if settings.asr.engine == "replay":
        _replay_dir(settings)
        return ReplayTranscriber(Transcript())
    found = find_weights(settings)
    engine = found.manifest.engine if found.manifest else "whisper"
    if engine not in TRANSCRIBERS:
        known = tuple(TRANSCRIBERS)
        raise error_of(ConfigurationError, "engine_unknown", name=found.name, engine=engine, known=known)
    return TRANSCRIBERS[engine](
        found.path,
        f"{found.name}@{found.digest}",
        device=settings.asr.device,
        compute_type=settings.asr.compute_type,
        threads=threads_for(settings, workers),
        processes=workers,
        quality=settings.asr.quality,
        beam_size=settings.asr.beam_size,
        window=settings.asr.window,
    )


def _replay_dir(settings: Settings) -> Path:
    if settings.asr.replay_dir is None:
        raise error_of(ConfigurationError, "replay_needs_folder")
    return settings.asr.replay_dir
