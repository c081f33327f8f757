"""Quantization by the activations of samples: the blocks of a model are run on them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.layers.layer import Layer
from ckeras.layers.quantization.calibrated import assign
from ckeras.quantizers import awq, gptq

# mode -> what is gathered of the inputs of a layer, and the function that quantizes by it
_METHODS: dict[str, tuple[Callable[[int], Any], Callable[..., dict[str, np.ndarray]]]] = {
    "gptq": (gptq.Hessian, gptq.quantized),
    "awq": (awq.Magnitudes, awq.quantized),
}
Blocks = list[tuple[Any, list[Any]]]  # each block, with those of its layers that are quantized


def layers_of(model: Any, config: Any, fits: Callable[[Any], bool]) -> Blocks:
    """The blocks of a model with their layers that are to be quantized.

    Raises:
        ValueError: if it is not known which layers are blocks.
    """
    structure = _structure(model, config)
    blocks: Blocks = []
    seen: set[int] = set()
    for block in structure["sequential_blocks"]:
        inside = [x for x in block._flatten_layers() if fits(x) and x._is_matrix_product() and id(x) not in seen]
        seen.update(map(id, inside))
        blocks.append((block, inside))
    return blocks


def calibrate(model: Any, config: Any, blocks: Blocks, type_check: bool) -> None:
    """Quantize the layers of blocks, which are run on the samples of a configuration."""
    gather, quantized = _METHODS[config.mode]
    before = _structure(model, config).get("pre_block_layers", ())
    samples = [_through(before, sample) for sample in samples_of(config)]
    for block, layers in blocks:
        found = {id(layer): gather(layer._quantized_weights()[0].summed_size) for layer in layers}
        with _watched(layers, found):
            for sample in samples:
                Layer.__call__(block, sample)
        for layer in layers:
            weight = layer._quantized_weights()[0]
            matrix = getattr(layer, weight.attribute).numpy().reshape(weight.matrix).T
            parts = quantized(matrix, found[id(layer)], config)
            layer.quantize(config.mode, type_check=type_check, config=config)
            assign(layer, weight, **parts)
        samples = [Layer.__call__(block, sample) for sample in samples]


def samples_of(config: Any) -> np.ndarray:
    """Sequences of tokens at equal distances in the dataset of a configuration, (num_samples, 1, sequence_length).

    A dataset that is too short is repeated.

    Raises:
        ValueError: if the configuration has no dataset or tokenizer, or the dataset is empty.
        TypeError: if the dataset is not iterable.
    """
    where, dataset, tokenizer = type(config).__name__, config.dataset, config.tokenizer
    if dataset is None or tokenizer is None:
        raise ValueError(f"{where} expects a dataset and a tokenizer, whose samples calibrate the weights, got None")
    if not hasattr(dataset, "__iter__") or isinstance(dataset, (str, bytes)):
        raise TypeError(f"{where} expects dataset to be an iterable of texts or arrays, got {type(dataset).__name__}")
    tokenize = getattr(tokenizer, "tokenize", tokenizer)
    pieces = [np.asarray(tokenize(x) if isinstance(x, str) else x).reshape(-1) for x in dataset]
    tokens = np.concatenate(pieces).astype("int32") if pieces else np.zeros(0, "int32")
    if not tokens.size:
        raise ValueError(f"{where} expects a dataset with samples, got an empty one")
    count, length = config.num_samples, config.sequence_length
    if tokens.size < count * length:
        tokens = np.tile(tokens, -(-count * length // tokens.size))
    starts = tokens.size - length + 1
    begin = np.arange(count) * max(1, starts // count) % starts
    return np.lib.stride_tricks.sliding_window_view(tokens, length)[begin][:, None]


def _structure(model: Any, config: Any) -> dict[str, Any]:
    structure = config.quantization_layer_structure or model.get_quantization_layer_structure(config.mode)
    if not isinstance(structure, dict) or not structure.get("sequential_blocks"):
        raise ValueError(
            f"quantize of model {model.name!r} as {config.mode!r} expects a dict with lists of layers, "
            "'pre_block_layers' and 'sequential_blocks', as config.quantization_layer_structure or from "
            f"get_quantization_layer_structure(), got {structure!r:.80}"
        )
    return structure


def _through(layers: Any, sample: np.ndarray) -> Any:
    x = ops.convert_to_tensor(sample)
    for layer in layers:
        x = layer(x)
    return x


@contextmanager
def _watched(layers: list[Any], found: dict[int, Any]) -> Iterator[None]:
    """Inside, the inputs of layers are gathered."""

    def watching(layer: Any) -> Callable[..., Any]:
        call = layer.call

        def watched(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            found[id(layer)].update(layer._calibration_rows(inputs).numpy())
            return call(inputs, *args, **kwargs)

        return watched

    try:
        for layer in layers:
            layer.__dict__["call"] = watching(layer)
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("call", None)
