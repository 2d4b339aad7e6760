"""The voice encoder as an ONNX graph, so that ONNX Runtime can run weights that were stored without one.

The message is encoded here by hand: the graph is eleven nodes, and the package that writes ONNX files is much larger
than that. Numbers in the comments of the fields are those of the ONNX format's own definition (onnx.proto3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_FLOAT, _INT64 = 1, 7
_IR_VERSION, _OPSET = 8, 14
_INT_ATTRIBUTE = 2

Tensor = NDArray[np.float32]


def encoder_graph(weights: Mapping[str, Tensor], *, layers: int) -> bytes:
    """An ONNX model: "mels" (frames, windows, bands) to "voices" (windows, size), not normalised.

    Args:
        weights: "lstm.weight_ih_l0" and so on, "linear.weight" and "linear.bias", gates in the order i, f, g, o.
        layers: LSTM layers, one on another; the last state of the last one goes through the linear layer and ReLU.
    """
    hidden = weights["lstm.weight_hh_l0"].shape[1]
    nodes, tensors = [], [_tensor("first", np.array([0])), _tensor("direction", np.array([1]))]
    below = "mels"
    for layer in range(layers):
        tensors += _lstm_tensors(weights, layer)
        inputs = [below, f"W{layer}", f"R{layer}", f"B{layer}"]
        nodes.append(_node("LSTM", inputs, [f"states{layer}", f"last{layer}"], hidden_size=hidden))
        below = f"states{layer}s"
        nodes.append(_node("Squeeze", [f"states{layer}", "direction"], [below]))
    tensors += [_tensor("out", weights["linear.weight"].T), _tensor("bias", weights["linear.bias"])]
    nodes += [
        _node("Squeeze", [f"last{layers - 1}", "first"], ["last"]),
        _node("MatMul", ["last", "out"], ["product"]),
        _node("Add", ["product", "bias"], ["sum"]),
        _node("Relu", ["sum"], ["voices"]),
    ]
    bands, size = weights["lstm.weight_ih_l0"].shape[1], len(weights["linear.bias"])
    graph = [*_messages(1, nodes), _text(2, "encoder"), *_messages(5, tensors)]
    graph += [_bytes(11, _value("mels", [None, None, bands])), _bytes(12, _value("voices", [None, size]))]
    return b"".join([_number(1, _IR_VERSION), _bytes(7, b"".join(graph)), _bytes(8, _number(2, _OPSET))])


def _lstm_tensors(weights: Mapping[str, Tensor], layer: int) -> list[bytes]:
    bias = np.concatenate([_gates(weights[f"lstm.bias_{kind}_l{layer}"]) for kind in ("ih", "hh")])
    return [
        _tensor(f"W{layer}", _gates(weights[f"lstm.weight_ih_l{layer}"])[None]),
        _tensor(f"R{layer}", _gates(weights[f"lstm.weight_hh_l{layer}"])[None]),
        _tensor(f"B{layer}", bias[None]),
    ]


def _gates(stacked: Tensor) -> Tensor:
    """Gates i, f, g, o in the order in which ONNX wants them: i, o, f, g."""
    i, f, g, o = np.split(stacked, 4)
    return np.concatenate([i, o, f, g])


def _tensor(name: str, values: NDArray[np.generic]) -> bytes:
    whole = np.issubdtype(values.dtype, np.integer)
    data = np.ascontiguousarray(values, "<i8" if whole else "<f4").tobytes()
    shape = [_number(1, length) for length in values.shape]
    return b"".join([*shape, _number(2, _INT64 if whole else _FLOAT), _text(8, name), _bytes(9, data)])


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **numbers: int) -> bytes:
    parts = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs] + [_text(4, kind)]
    for name, value in numbers.items():
        parts.append(_bytes(5, _text(1, name) + _number(3, value) + _number(20, _INT_ATTRIBUTE)))
    return b"".join(parts)


def _value(name: str, shape: Sequence[int | None]) -> bytes:
    """Name, type float and shape of an input or output; None is a length that varies."""
    lengths = [_bytes(1, b"" if length is None else _number(1, length)) for length in shape]
    tensor_type = _number(1, _FLOAT) + _bytes(2, b"".join(lengths))
    return _text(1, name) + _bytes(2, _bytes(1, tensor_type))


def _messages(field: int, messages: Iterable[bytes]) -> list[bytes]:
    return [_bytes(field, message) for message in messages]


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
