"""Tiny networks in the formats of sherpa-onnx that hear loudness: each level of it is a token.

Their inputs, outputs and metadata are those of the real ones, so the library's own code runs: features, batches,
decoding, times.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = {"<blk>": -16.0, "您": 13.0, "好": 17.5, "▁ok": 22.0, "ay": 26.0}
"""Mean log-mel energy at which a token is heard; digital silence is the blank."""

HEAD = ["<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>"]
"""What SenseVoice writes before the text: language, mood, event, style."""

AMPLITUDE = {"您": 0.001, "好": 0.01, "ok": 0.1, "ay": 0.6}
"""White noise (standard deviation) that is heard as each token."""
UNSCALED = 20.8
"""What log-mel energies are lower by without 16-bit scale: 2 ln 32768."""

FEATURES, FRAME = 560, 0.06
"""Numbers of a frame (7 x 80 mel bands) and its length in seconds."""


def sense_voice(folder: Path) -> Path:
    """Write model.int8.onnx and tokens.txt of a SenseVoice network; returns the folder."""
    from onnx import TensorProto, helper

    tokens = [*LEVELS, *HEAD]
    head = np.full((1, len(HEAD), len(tokens)), -1e4, dtype=np.float32)
    head[0, range(len(HEAD)), range(len(LEVELS), len(tokens))] = 1e4
    nodes = [
        *_loudness("logits_of_text"),
        helper.make_node("ReduceMean", ["logits_of_text"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "head"], ["logits_of_head"]),
        helper.make_node("Concat", ["logits_of_head", "logits_of_text"], ["logits"], axis=1),
    ]
    names = ("x_length", "language", "text_norm")
    inputs = [_floats("x", ["N", "T", FEATURES])]
    inputs += [helper.make_tensor_value_info(name, TensorProto.INT32, ["N"]) for name in names]
    languages = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12}
    more = {f"lang_{code}": number for code, number in languages.items()}
    more |= {"normalize_samples": 0, "with_itn": 14, "without_itn": 15}
    outputs = [_floats("logits", ["N", "T2", len(tokens)])]
    constants = {**_weights(len(HEAD)), "head": head, "zero": np.zeros(1, dtype=np.float32)}
    _save(folder, nodes, inputs, outputs, constants, kind="sense_voice_ctc", tokens=tokens, more=more)
    return folder


def _loudness(output: str, *, of: str = "x") -> list[Any]:
    """Logits that are highest for the token whose level is nearest to the frame's mean energy.

    -(energy - level)^2 without its part that is the same for all tokens is linear in the energy.
    """
    from onnx import helper

    return [helper.make_node("MatMul", [of, "w"], ["xw"]), helper.make_node("Add", ["xw", "b"], [output])]


def _weights(others: int) -> dict[str, Any]:
    levels = np.array([*LEVELS.values(), *[0.0] * others], dtype=np.float32)
    bias = -(levels**2)
    bias[len(LEVELS) :] = -1e6
    return {"w": np.tile(2 * levels / FEATURES, (FEATURES, 1)).astype(np.float32), "b": bias}


def _floats(name: str, shape: list[Any]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _save(
    folder: Path,
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    constants: dict[str, Any],
    *,
    kind: str,
    tokens: list[str],
    more: dict[str, Any],
) -> None:
    import onnx
    from onnx import helper, numpy_helper

    graph = helper.make_graph(
        nodes, kind, inputs, outputs, [numpy_helper.from_array(v, k) for k, v in constants.items()]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    frames = {"lfr_window_size": 7, "lfr_window_shift": 6, "vocab_size": len(tokens), "version": 1}
    scale = {"neg_mean": ",".join(["0"] * FEATURES), "inv_stddev": ",".join(["1"] * FEATURES)}
    about = {"model_type": kind, "model_author": "tests", "maintainer": "tests", "comment": "tiny", "url": "none"}
    helper.set_model_props(model, {key: str(value) for key, value in {**about, **frames, **scale, **more}.items()})
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "model.int8.onnx"))
    (folder / "tokens.txt").write_text("".join(f"{token} {number}\n" for number, token in enumerate(tokens)))


def zipformer_ctc(folder: Path) -> Path:
    """Write model.int8.onnx and tokens.txt of a Zipformer network with a CTC head; returns the folder."""
    from onnx import TensorProto, helper

    tokens = list(LEVELS)
    # Its features are of samples between -1 and 1, not of 16-bit ones; silence is at the floor either way.
    levels = np.array([level - (UNSCALED if level > 0 else 0.0) for level in LEVELS.values()], dtype=np.float32)
    constants = {
        "w": np.tile(2 * levels / 80, (80, 1)).astype(np.float32),
        "b": -(levels**2),
        "begin": np.array([0], dtype=np.int64),
        "end": np.array([np.iinfo(np.int64).max], dtype=np.int64),
        "axis": np.array([1], dtype=np.int64),
        "step": np.array([4], dtype=np.int64),
        "three": np.array([3], dtype=np.int64),
        "four": np.array([4], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Slice", ["x", "begin", "end", "axis", "step"], ["kept"]),
        helper.make_node("MatMul", ["kept", "w"], ["xw"]),
        helper.make_node("Add", ["xw", "b"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["log_probs"], axis=-1),
        helper.make_node("Add", ["x_lens", "three"], ["more"]),
        helper.make_node("Div", ["more", "four"], ["log_probs_len"]),
    ]
    inputs = [_floats("x", ["N", "T", 80]), helper.make_tensor_value_info("x_lens", TensorProto.INT64, ["N"])]
    outputs = [_floats("log_probs", ["N", "T2", len(tokens)])]
    outputs.append(helper.make_tensor_value_info("log_probs_len", TensorProto.INT64, ["N"]))
    _save(folder, nodes, inputs, outputs, constants, kind="zipformer2_ctc", tokens=tokens, more={})
    return folder


PARAFORMER_FIRST, PARAFORMER_STEP = 5, 10
"""Its frames that become a token: one every 0.6 s, as it writes a token a character and not a token a frame."""


def paraformer(folder: Path) -> Path:
    """Write model.int8.onnx and tokens.txt of a Paraformer network; returns the folder."""
    from onnx import TensorProto, helper

    tokens = ["</s>" if token == "<blk>" else token.removeprefix("▁") for token in LEVELS]
    nodes = [
        *_loudness("scores", of="speech"),
        helper.make_node("ReduceMean", ["speech"], ["energy"], axes=[2], keepdims=0),
        helper.make_node("Greater", ["energy", "floor"], ["loud"]),
        helper.make_node("Shape", ["energy"], ["shape"]),
        helper.make_node("Gather", ["shape", "one"], ["count"]),
        helper.make_node("Range", ["zero", "count", "one"], ["index"]),
        helper.make_node("Cast", ["speech_lengths"], ["long"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["long", "axis"], ["ends"]),
        helper.make_node("Less", ["index", "ends"], ["inside"]),
        helper.make_node("And", ["loud", "inside"], ["both"]),
        helper.make_node("Cast", ["both"], ["heard"], to=TensorProto.FLOAT),
        # What lies beyond the end of a row of the batch is the end of its text.
        helper.make_node("Unsqueeze", ["heard", "last"], ["weight"]),
        helper.make_node("Mul", ["weight", "never"], ["against"]),
        helper.make_node("Add", ["scores", "against"], ["text_or_end"]),
        helper.make_node("Add", ["text_or_end", "bonus"], ["all_logits"]),
        helper.make_node("Slice", ["all_logits", "begin", "end", "axis", "step"], ["logits"]),
        helper.make_node("Mod", ["index", "ten"], ["rest"]),
        helper.make_node("Equal", ["rest", "first"], ["fires"]),
        helper.make_node("Cast", ["fires"], ["comb"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["heard", "comb"], ["peaks"]),
        helper.make_node("Unsqueeze", ["peaks", "last"], ["column"]),
        helper.make_node("Mul", ["column", "thrice"], ["columns"]),
        helper.make_node("Flatten", ["columns"], ["of_text"], axis=1),
        # The end of the text has a peak of its own.
        helper.make_node("ReduceSum", ["of_text", "axis"], ["total"], keepdims=1),
        helper.make_node("Mul", ["total", "nought"], ["nothing"]),
        helper.make_node("Add", ["nothing", "unity"], ["of_end"]),
        helper.make_node("Concat", ["of_text", "of_end"], ["us_cif_peak"], axis=1),
        helper.make_node("Identity", ["us_cif_peak"], ["us_alphas"]),
        helper.make_node("Slice", ["peaks", "begin", "end", "axis", "step"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "axis"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["token_num"], to=TensorProto.INT32),
    ]
    integers = {"begin": [PARAFORMER_FIRST], "end": [1 << 40], "axis": [1], "step": [PARAFORMER_STEP], "last": [2]}
    scalars = {"zero": 0, "one": 1, "ten": PARAFORMER_STEP, "first": PARAFORMER_FIRST}
    constants: dict[str, NDArray[Any]] = {
        name: np.array(value, dtype=np.int64) for name, value in {**integers, **scalars}.items()
    }
    constants |= _weights(0)
    constants |= {"floor": np.array(0, dtype=np.float32), "thrice": np.array([1, 0, 0], dtype=np.float32)}
    end = np.zeros(len(tokens), dtype=np.float32)
    end[0] = 1e6
    constants |= {"never": -end, "bonus": end, "nought": np.array(0, dtype=np.float32)}
    constants |= {"unity": np.array(1, dtype=np.float32)}
    lengths = helper.make_tensor_value_info("speech_lengths", TensorProto.INT32, ["N"])
    outputs = [
        _floats("logits", ["N", "L", len(tokens)]),
        helper.make_tensor_value_info("token_num", TensorProto.INT32, ["N"]),
        _floats("us_alphas", ["N", "U"]),
        _floats("us_cif_peak", ["N", "U"]),
    ]
    inputs = [_floats("speech", ["N", "T", FEATURES]), lengths]
    _save(folder, nodes, inputs, outputs, constants, kind="paraformer", tokens=tokens, more={})
    return folder
