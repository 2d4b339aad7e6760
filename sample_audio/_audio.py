"""What happens to a voice on the telephone: level, band, line noise, and the file it ends in."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]

LINE_RATE = 8000
"""Hertz of the finished calls."""
RATE = 24000
"""Hertz at which calls are put together: that of the voices."""
NOISE_DB = -55.0
"""Pink noise on each line, dB full scale."""
LOUD_DB = -18.0
"""Level of the loud parts of a voice, dB full scale."""

FORMATS: dict[str, tuple[str, str, int | None]] = {
    "wav-mulaw": (".wav", "pcm_mulaw", None),
    "wav-alaw": (".wav", "pcm_alaw", None),
    "mp3": (".mp3", "libmp3lame", 32000),
    "opus": (".ogg", "libopus", 32000),  # with 24000 each party is heard at -50 dB on the other's channel
}
"""Format -> (extension, codec, bits per second of both channels)."""


def levels(samples: Signal, rate: int) -> Signal:
    """Level of every 10 ms, in dB full scale, smoothed over three of them."""
    hop = rate // 100
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    power = np.convolve(np.pad((frames**2).mean(axis=1), 1, mode="edge"), np.ones(3) / 3, mode="valid")
    return np.asarray(10 * np.log10(power + 1e-12), np.float32)


def speech(samples: Signal, rate: int, *, pause: float = 0.2) -> list[tuple[float, float]]:
    """Stretches of speech in a clean clip, in seconds; pauses shorter than `pause` are part of it."""
    level = levels(samples, rate)
    loud = np.flatnonzero(level > np.percentile(level, 95) - 32)
    cuts = np.flatnonzero(np.diff(loud) > pause * 100) + 1
    runs = [(run[0] / 100, (run[-1] + 1) / 100) for run in np.split(loud, cuts)]
    return [(float(start), float(end)) for start, end in runs if end - start >= 0.05]


def even_out(samples: Signal, rate: int) -> Signal:
    """The clip with its loud parts at LOUD_DB."""
    gain = LOUD_DB - float(np.percentile(levels(samples, rate), 90))
    return (samples * 10 ** (gain / 20)).astype(np.float32)


def fade_out(samples: Signal, rate: int, *, seconds: float = 0.04) -> Signal:
    """The clip with a short fade at its end, as of someone who stops in the middle."""
    tail = np.minimum(1.0, np.arange(len(samples))[::-1] / (seconds * rate))
    return (samples * tail).astype(np.float32)


def telephone(samples: Signal, rate: int) -> Signal:
    """Only what a telephone carries: 300 to 3400 Hz, with raised-cosine slopes of 150 and 400 Hz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    rise = np.clip((hertz - 150) / 150, 0, 1)
    fall = np.clip((3800 - hertz) / 400, 0, 1)
    gain = (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))
    return np.fft.irfft(spectrum * gain, len(samples)).astype(np.float32)


def pink_noise(count: int, rate: int, rng: np.random.Generator) -> Signal:
    """Noise whose power falls with frequency, at NOISE_DB."""
    hertz = np.fft.rfftfreq(count, 1 / rate)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) / np.sqrt(np.maximum(hertz, 60.0)), count)
    return (noise / noise.std() * 10 ** (NOISE_DB / 20)).astype(np.float32)


def line(track: Signal, rng: np.random.Generator) -> Signal:
    """A voice track as it comes out of the telephone, at LINE_RATE."""
    sent = telephone(track + pink_noise(len(track), RATE, rng), RATE)
    return sent[:: RATE // LINE_RATE]  # the band ends below half of LINE_RATE: taking every third sample is exact


def write(path: Path, lines: Signal, codec: str, bit_rate: int | None) -> None:
    """Encode lines, shape (channels, samples) at LINE_RATE."""
    channels = lines.shape[0]
    layout = "stereo" if channels == 2 else "mono"
    pcm = np.clip(np.round(lines.T * 32767), -32768, 32767).astype(np.int16)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=LINE_RATE, layout=layout)
        stream.codec_context.flags |= 1 << 23  # bitexact: no version of the encoder in the file
        if bit_rate:
            stream.codec_context.bit_rate = bit_rate * channels // 2
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=layout)
        frame.rate = LINE_RATE
        for packet in _encoded(stream, frame):
            out.mux(packet)


def _encoded(stream: av.AudioStream, frame: av.AudioFrame) -> list[av.Packet]:
    size = stream.codec_context.frame_size or 1024
    context = stream.codec_context
    resampler = av.AudioResampler(context.format, context.layout, LINE_RATE, frame_size=size)
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return [packet for piece in [*pieces, None] for packet in stream.encode(piece)]
