"""Results of Keras for layers whose weights are quantized to 8 bits.

`python tests/data/make_quantized_values.py`, with Keras 3.15 and JAX, writes `quantized_values.npz` next to this file.
"""

import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("quantized_values.npz")


def cases(layers):
    """Name -> (layer, input, arguments of the call)."""
    rng = np.random.default_rng(0)
    x, sequence = rng.standard_normal((3, 6)).astype("float32"), rng.standard_normal((2, 3, 6)).astype("float32")
    ids = np.array([[0, 4, 2], [1, 1, 3]], "int32")
    return {
        "dense": (layers.Dense(4, activation="tanh", bias_initializer="ones"), x, {}),
        "dense_sequence": (layers.Dense(5, use_bias=False), sequence, {}),
        "einsum": (layers.EinsumDense("ab,bc->ac", output_shape=(4,), bias_axes="c"), x, {}),
        "einsum_heads": (layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3)), sequence, {}),
        "einsum_moved": (layers.EinsumDense("abc,cd->dab", output_shape=(None, 3), bias_axes="d"), sequence, {}),
        "einsum_two": (layers.EinsumDense("abc,bcd->ad", output_shape=(4,), bias_axes="d"), sequence, {}),
        "embedding": (layers.Embedding(5, 4), ids, {}),
        "reversible": (layers.ReversibleEmbedding(5, 6), ids, {}),
        "reversible_tied": (layers.ReversibleEmbedding(5, 6), sequence, {"reverse": True}),
        "reversible_untied": (
            layers.ReversibleEmbedding(5, 6, tie_weights=False, logit_soft_cap=2.0), sequence, {"reverse": True},
        ),
    }  # fmt: skip


def prepared(name, layer, x):
    """Build a layer, with random weights that are the same everywhere."""
    layer.build(x.shape)
    for number, weight in enumerate(sorted(layer.weights, key=lambda w: w.name)):
        weight.assign(np.random.default_rng([number, len(name)]).standard_normal(weight.shape).astype("float32"))


def squares(x, layer, arguments):
    """The sum of the squares of the output."""
    return (layer(x, **arguments) ** 2).sum()


if __name__ == "__main__":
    import jax
    import keras

    found = {}
    for name, (layer, x, arguments) in cases(keras.layers).items():
        prepared(name, layer, x)
        layer.quantize("int8")
        found[f"{name}/y"] = np.asarray(layer(x, **arguments))
        for weight in layer.weights:
            found[f"{name}/{weight.name}"] = np.asarray(weight)
        if x.dtype == "float32" and not arguments:  # Keras differentiates the rounding of reversed embeddings
            found[f"{name}/gradient"] = np.asarray(jax.grad(squares)(x, layer, arguments))
    np.savez_compressed(VALUES, **found)
