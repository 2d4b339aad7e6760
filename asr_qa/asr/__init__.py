"""Speech to text engines behind the port Transcriber."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from asr_qa.pipeline.ports import Transcriber

__all__ = ["TRANSCRIBERS"]


def _whisper(
    folder: Path,
    model: str,
    *,
    device: str,
    compute_type: str,
    threads: int,
    processes: int,
    quality: str,
    beam_size: int | None,
    window: float | None,
) -> Transcriber:
    from dataclasses import replace

    from asr_qa.asr.confidence import calibration_for
    from asr_qa.asr.device import Device
    from asr_qa.asr.whisper import QUALITIES, WhisperTranscriber

    chosen = QUALITIES[quality]
    options = replace(
        chosen,
        beam_size=beam_size or chosen.beam_size,
        packing=replace(chosen.packing, window=window or chosen.packing.window),
        calibration=calibration_for(model),
    )
    where = Device(device=device, compute_type=compute_type, threads=threads, processes=processes)
    return WhisperTranscriber(folder, model, device=where, options=options)


def _sherpa(
    folder: Path,
    model: str,
    *,
    device: str,
    compute_type: str,
    threads: int,
    processes: int,
    quality: str,
    beam_size: int | None,
    window: float | None,
) -> Transcriber:
    from asr_qa.asr.sherpa import SherpaTranscriber

    del quality, beam_size, window, processes  # these networks neither search nor need context
    return SherpaTranscriber(folder, model, device=device, compute_type=compute_type, threads=threads)


TRANSCRIBERS: dict[str, Callable[..., Transcriber]] = {"whisper": _whisper, "sherpa": _sherpa}
"""Engines that load a model, by the name manifests give; imported when first used."""
