"""Settings, read from the environment (ASR_QA_*, "__" for nesting) and a .env file by the edges only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Group(BaseModel):
    """Settings that belong together; a misspelt one is refused."""

    model_config = ConfigDict(extra="forbid")


_COMPUTE = r"^(auto|default|float(16|32)|bfloat16|int(8|16)(_(float(16|32)|bfloat16))?)$"


class AsrSettings(_Group):
    """Speech to text."""

    engine: Literal["whisper", "replay"] = "whisper"
    """Engine behind the transcriber port."""
    model: str = "base"
    """Name of a manifest in models/, or a folder that holds a model."""
    language: str = "zh"
    """Language spoken, unless the manifest row names one."""
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:[0-9]{1,2})?)$")
    """Where the model runs: auto, cpu, cuda, or cuda:1 for the second card."""
    compute_type: str = Field("auto", pattern=_COMPUTE)
    """CTranslate2 compute type; auto is int8 on CPU and float16 on GPU."""
    threads: int = Field(0, ge=0)
    """CPU threads of one worker; 0 shares the cores between the workers."""
    quality: Literal["fast", "balanced", "accurate"] = "balanced"
    """How much CPU time the decoder may take to make fewer errors; docs/benchmarks.md has the figures."""
    beam_size: int | None = Field(None, ge=1, le=10)
    """Beam width of the decoder; empty takes that of the quality."""
    window: float | None = Field(None, ge=5, le=28)
    """Seconds of speech decoded at once; empty takes that of the quality."""
    replay_dir: Path | None = None
    """Folder of finished transcripts for engine "replay"."""
    hot_words: str = ""
    """Names and products to write as they are spelt where something that sounds like them is heard, by commas."""
    second_look: bool = True
    """Ask the audio once more for phrases that fatal and compliance rules did not find, or found only roughly."""
    hot_words_file: Path | None = None
    """More of them, one a line; "#" begins a comment."""


class VadSettings(_Group):
    """Speech detection."""

    detector: Literal["webrtc", "silero"] = "webrtc"
    """Which detector finds speech in a channel."""
    network: bool = True
    """Let a small neural network tell voices from music and other sounds; without it a classifier of 2011 does."""


class DiarizationSettings(_Group):
    """Calls with both parties on one channel."""

    model: str = "voices"
    """Manifest in models/ of the voice encoder that tells the parties apart; empty leaves who speaks unknown."""


class VoiceSettings(_Group):
    """How turns are spoken: hints for a person, never deductions."""

    measure: bool = True
    """Measure loudness, rate and pauses of every turn."""
    pitch: bool = True
    """Measure its pitch too: without it nothing is said of a flat voice."""


class AudioSettings(_Group):
    """Reading recordings."""

    agent_channel: int | Literal["auto"] = 0
    """Channel of the agent (0 is the first); auto finds it from the opening script."""
    max_seconds: float = Field(6 * 3600.0, gt=0)
    """Longer recordings are refused."""
    max_bytes: int = Field(4 * 2**30, gt=0)
    """Larger files are refused."""


class ServerSettings(_Group):
    """HTTP API."""

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless changed."""
    port: int = Field(8420, ge=0, le=65535)
    """Port to listen on."""
    require_token: bool = True
    """Every request needs a token (asr-qa token create)."""


class Settings(BaseSettings):
    """All settings of asr_qa; each is an environment variable, e.g. ASR_QA_ASR__MODEL=small."""

    model_config = SettingsConfigDict(
        env_prefix="ASR_QA_", env_nested_delimiter="__", env_file=".env", extra="ignore", use_attribute_docstrings=True
    )

    database_url: str = ""
    """SQLAlchemy URL; empty means a SQLite file asr_qa.db in data_dir."""
    data_dir: Path = Field(default_factory=lambda: user_data_path("asr_qa"))
    """Where the database lies unless database_url says otherwise."""
    cache_dir: Path = Field(default_factory=lambda: user_cache_path("asr_qa"))
    """Where models are kept after a pull."""
    models_dir: Path | None = None
    """Offline folder of models, looked into first."""
    rules_dir: Path | None = None
    """Folder of rule packs; empty means the rules that are shipped."""
    rules_variables: Path | None = None
    """A YAML file with `variables:`, such as the company's name, whose values stand above those of packs."""
    scorecard: str = "inbound"
    """Name of the scorecard in rules/scorecards/, or a path to one; "auto": each call's own, see docs/scorecards.md."""
    direction: Literal["inbound", "outbound", ""] = "inbound"
    """Direction of calls whose manifest row names none; empty leaves it unknown, and rules that ask for one apart."""
    call_timeout_factor: float = Field(30.0, gt=0)
    """A call that takes longer than this many times its own length (and five minutes) is given up as failed."""
    workers: int = Field(0, ge=0)
    """Worker processes, each with a model of its own; 0 means one per core, at most eight."""
    redact: bool = False
    """Mask private numbers in the documents that `process` writes to --out; the store always has them whole."""
    lang: Literal["zh", "en"] = "zh"
    """Language of titles, reports and what most commands say, where one is not told another with --lang."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much `serve` logs to standard error; requests are logged unless this asks for less."""
    asr: AsrSettings = AsrSettings()
    vad: VadSettings = VadSettings()
    diarization: DiarizationSettings = DiarizationSettings()
    voice: VoiceSettings = VoiceSettings()
    audio: AudioSettings = AudioSettings()
    server: ServerSettings = ServerSettings()


def shipped(name: Literal["rules", "models", "sample_audio"]) -> Path:
    """Folder of data that comes with asr_qa: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "data" / name
    return inside if inside.is_dir() else package.parent / name


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Names of variables that look like settings and are none: a misspelt one would pass unseen otherwise."""
    known = {f"ASR_QA_{name}".upper() for name in Settings.model_fields}
    groups = tuple(f"{name}__" for name in known)
    return sorted(n for n in environment if n.startswith("ASR_QA_") and n not in known and not n.startswith(groups))
