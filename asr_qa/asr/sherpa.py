"""sherpa-onnx: SenseVoice, Paraformer and Zipformer, networks that read a whole stretch at once.

They are far cheaper on a CPU than Whisper and do not go on talking in silence, so there is no ladder of retries:
each piece of speech is decoded once, alone, and what the guards doubt is "unintelligible".
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from asr_qa.asr.guards import GuardOptions, Heard, doubts
from asr_qa.asr.onnxfile import PARAFORMER, SENSE_VOICE, ZIPFORMER_CTC, ModelFiles, model_files
from asr_qa.asr.packing import Audio, Packing, Placed, Window, in_groups, pieces, place
from asr_qa.asr.words import CONTINUES, StartedWord, Token, anchored, joined, on_recording, simplifier
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import HEARD, UNINTELLIGIBLE, Transcript, Utterance, text_of
from asr_qa.errors import ModelError, TranscriptionError
from asr_qa.pipeline.ports import SAMPLE_RATE, OnHeard, SpokenChannel

DEFAULT_LANGUAGE = "zh"

SENSE_VOICE_LANGUAGES = ("zh", "en", "ja", "ko", "yue")

_TAIL = np.zeros(int(0.3 * SAMPLE_RATE), dtype=np.float32)
"""Silence after each piece: without any the last character is lost, and Zipformer fails on very short audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaOptions:
    """Everything that changes what is heard."""

    packing: Packing = field(default_factory=Packing)
    guards: GuardOptions = field(default_factory=GuardOptions)
    batch: int = 16
    """Pieces decoded together, at most."""
    batch_seconds: float = 60.0
    """Seconds of audio decoded together, padding included; bounds the memory."""
    silent_below: float = 1.0
    """Stretches shorter than this (seconds) in which no word was found are left out, not called unintelligible."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the network wrote for one stretch of audio."""

    text: str
    tokens: tuple[Token, ...] = ()
    """Empty where the network gives no times."""
    language: str = ""
    """Code of the language; "" where the network does not tell, "nospeech" where it heard none."""


class Recogniser(Protocol):
    """What decodes stretches of audio: SherpaRecogniser."""

    def decode(self, audio: Sequence[Audio], *, language: str) -> list[Recognised]:
        """As SherpaRecogniser.decode."""


class SherpaRecogniser:
    """A model of sherpa-onnx; the one place that talks to the library."""

    def __init__(self, model: ModelFiles, *, device: str, threads: int) -> None:
        need_sherpa()
        self._model = model
        self._provider = "cuda" if device.startswith("cuda") else "cpu"
        self._threads = max(1, threads)
        self._language = ""
        self._loaded: Any = None

    def decode(self, audio: Sequence[Audio], *, language: str) -> list[Recognised]:
        """Decode stretches together.

        Args:
            audio: Of each, shape (samples,), 16 kHz, -1 to 1.
            language: Code of the language or "auto"; only SenseVoice heeds it.

        Raises:
            ModelError: The model does not load.
            TranscriptionError: The recogniser failed, or the model does not know the language.
        """
        recognizer = self._recognizer(language if self._model.kind == SENSE_VOICE else "")
        try:
            streams = [recognizer.create_stream() for _ in audio]
            for stream, samples in zip(streams, audio, strict=True):
                stream.accept_waveform(SAMPLE_RATE, samples)
            recognizer.decode_streams(streams)
            return [_recognised(stream.result, self._model.kind) for stream in streams]
        except (RuntimeError, ValueError, IndexError) as exc:
            raise TranscriptionError(f"the recogniser failed: {exc}") from exc

    def _recognizer(self, language: str) -> Any:
        """The loaded model; SenseVoice is loaded anew when another language is asked for."""
        if self._loaded is None or language != self._language:
            if language not in ("", "auto", *SENSE_VOICE_LANGUAGES):
                known = ", ".join(SENSE_VOICE_LANGUAGES)
                raise TranscriptionError(f"the model does not know language {language!r}; it knows {known} and auto")
            self._loaded, self._language = None, language
            self._loaded = _load(self._model, language, provider=self._provider, num_threads=self._threads)
        return self._loaded


def need_sherpa() -> None:
    """Raise ModelError where sherpa-onnx is not installed."""
    if importlib.util.find_spec("sherpa_onnx") is None:
        raise ModelError("this model needs sherpa-onnx, which is not installed: pip install 'asr-qa[sherpa]'")


def _load(model: ModelFiles, language: str, **settings: Any) -> Any:
    from sherpa_onnx import OfflineRecognizer

    first, *rest = map(str, model.networks)
    tokens = str(model.tokens)
    try:
        if model.kind == SENSE_VOICE:
            return OfflineRecognizer.from_sense_voice(first, tokens, language=language, use_itn=True, **settings)
        if model.kind == PARAFORMER:
            return OfflineRecognizer.from_paraformer(first, tokens, **settings)
        if model.kind == ZIPFORMER_CTC:
            return OfflineRecognizer.from_zipformer_ctc(first, tokens, **settings)
        return OfflineRecognizer.from_transducer(first, *rest, tokens, **settings)
    except (RuntimeError, ValueError, IndexError) as exc:
        raise ModelError(
            f"{first}: the model does not load ({exc}); check it with: asr-qa models verify, or pull it again"
        ) from exc


def _recognised(result: Any, kind: str) -> Recognised:
    starts, texts = list(result.timestamps), list(result.tokens)
    if kind == PARAFORMER:
        texts = _with_blanks(texts)
    logs = list(getattr(result, "ys_log_probs", ()))
    chances = [min(1.0, math.exp(log)) for log in logs] if len(logs) == len(texts) else [None] * len(texts)
    # Some networks give a time for only a part of their tokens; such times cannot be told apart.
    timed = zip(texts, starts, chances, strict=True) if len(starts) == len(texts) else ()
    language = getattr(result, "lang", "").strip("<|>")
    return Recognised(result.text.strip(), tuple(Token(*row) for row in timed), language)


def _with_blanks(texts: Sequence[str]) -> list[str]:
    """Paraformer's tokens with a blank where a word of letters begins: it marks where one goes on instead."""
    return [
        text if before.endswith(CONTINUES) or not text.isascii() else f" {text}"
        for before, text in itertools.pairwise(["", *texts])
    ]


class SherpaTranscriber:
    """Speech to text through sherpa-onnx."""

    def __init__(
        self,
        folder: Path,
        model: str,
        *,
        device: str = "auto",
        compute_type: str = "auto",
        threads: int = 1,
        options: SherpaOptions | None = None,
        load: Callable[..., Recogniser] = SherpaRecogniser,
    ) -> None:
        """Name the weights; they are loaded when first needed.

        Args:
            folder: tokens.txt and the network(s) in ONNX format.
            model: Name and digest of the weights, e.g. "sensevoice-small@ab12cd34ef56".
            device: "cuda" for a card (needs a build of sherpa-onnx with CUDA); else the CPU.
            compute_type: Takes the int8 files where there are any, unless it begins with "float".
            threads: CPU threads.
            options: How to cut and doubt.
            load: Gives the recogniser of a model.

        Raises:
            ModelError: Files are missing, of an unknown kind, or sherpa-onnx is not installed.
        """
        self._files = model_files(folder, prefer_int8=not compute_type.startswith("float"))
        self._model = model
        self._recogniser = load(self._files, device=device, threads=threads)
        self.options = options or SherpaOptions()

    @property
    def name(self) -> str:
        """Engine, model, digest, kind of network and settings."""
        files, packing = self._files, self.options.packing
        settings = f"piece_bridge={packing.piece_bridge:g},window={packing.window:g}"
        return f"sherpa/{self._model}/{files.kind}-{files.precision}({settings})"

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        """Utterances of all channels in order of start.

        Args:
            channels: Role, samples (16 kHz) and speech of each.
            language: Code of the language spoken, or "auto"; only SenseVoice heeds it.
            heard: Told of utterances as they come.

        Raises:
            ModelError: The model does not load.
            TranscriptionError: The recogniser failed.
        """
        packing = self.options.packing
        windows = [place(channel, [piece], packing) for channel in channels for piece in pieces(channel, packing)]
        spoken: str = language
        utterances: list[Utterance] = []
        for group, until in in_groups(windows):
            found = [pair for batch in _batches(group, self.options) for pair in self._decode(batch, language)]
            spoken = _language(found, spoken)
            said = sorted(self._utterances(found, spoken), key=lambda u: (u.start, u.role))
            utterances += said
            if heard:
                heard(said, until)
        return Transcript(tuple(sorted(utterances, key=lambda u: (u.start, u.role))), self.name, _language((), spoken))

    def _utterances(self, found: Sequence[tuple[Window, Recognised]], language: str) -> Iterator[Utterance]:
        simplify = simplifier() if language == "zh" else str
        for window, recognised in found:
            if said := _utterance(window, recognised, self.options, simplify):
                yield said

    def _decode(self, batch: Sequence[Window], language: str) -> list[tuple[Window, Recognised]]:
        audio = [np.concatenate([window.render(), _TAIL]) for window in batch]
        return list(zip(batch, self._recogniser.decode(audio, language=language), strict=True))


def _batches(windows: Sequence[Window], options: SherpaOptions) -> Iterable[list[Window]]:
    """Windows of like length together, as many as the options allow."""
    batch: list[Window] = []
    for window in sorted(windows, key=lambda w: w.duration):
        # The last one is the longest, and all are padded to its length.
        if batch and (len(batch) == options.batch or window.duration * (len(batch) + 1) > options.batch_seconds):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _language(heard: Sequence[tuple[Window, Recognised]], language: str) -> str:
    """The language asked for, or the one heard for the longest time."""
    if language != "auto":
        return language
    seconds: dict[str, float] = {}
    for window, found in heard:
        if found.language in SENSE_VOICE_LANGUAGES:
            seconds[found.language] = seconds.get(found.language, 0.0) + window.speech
    return max(seconds, key=lambda code: seconds[code]) if seconds else DEFAULT_LANGUAGE


def _utterance(
    window: Window, found: Recognised, options: SherpaOptions, simplify: Callable[[str], str]
) -> Utterance | None:
    """What was said in one piece; None where it is too short to say that nothing was understood."""
    piece, role = window.placed[0].piece, window.channel.role
    words = [] if found.language == "nospeech" else _words(found, window.placed[0])
    known = [word.confidence for word in words if word.confidence is not None]
    certainty = sum(math.log(max(value, 1e-6)) for value in known) / len(known) if known else 0.0
    if not words or doubts(Heard(found.text, piece.duration, certainty, 0.0), options.guards):
        long = piece.duration >= options.silent_below
        return Utterance(role, piece.start, piece.end, "", status=UNINTELLIGIBLE) if long else None
    plain = [StartedWord(simplify(word.text), word.start, word.confidence) for word in words]
    timed = on_recording(plain, window.placed[0])
    confidence = sum(known) / len(known) if known else None
    return Utterance(role, piece.start, piece.end, text_of(timed), found.text, confidence, HEARD, timed)


def _words(found: Recognised, placed: Placed) -> list[StartedWord]:
    """The words of a text: of its tokens where these can be read, else at their times in proportion, or evenly."""
    if not any(char.isalnum() for char in found.text):
        return []
    written = "".join(token.text.strip().removesuffix(CONTINUES) for token in found.tokens)
    if found.tokens and written.replace(" ", "") == found.text.replace(" ", ""):
        return joined(found.tokens)
    first = placed.at + placed.piece.start - placed.audio.start
    return anchored(found.text, [t.start for t in found.tokens], Segment(first, first + placed.piece.duration))
