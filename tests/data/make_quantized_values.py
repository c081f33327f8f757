"""Results of Keras for layers whose weights are quantized, in all modes, and for the functions of `keras.quantizers`.

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


def options(quantizers):
    """Name -> configuration of `quantize`."""
    return {
        "int8": quantizers.Int8QuantizationConfig(),
        "int8_weights": quantizers.Int8QuantizationConfig(activation_quantizer=None),
        "int4": quantizers.Int4QuantizationConfig(),
        "int4_blocks": quantizers.Int4QuantizationConfig(block_size=2),
        "int4_columns": quantizers.Int4QuantizationConfig(block_size=None),
        "int4_inputs": quantizers.Int4QuantizationConfig(
            activation_quantizer=quantizers.AbsMaxQuantizer(value_range=(-7, 7)), block_size=-1
        ),
        "float8": quantizers.Float8QuantizationConfig(),
    }


def prepared(name, layer, x):
    """Build a layer, with random weights that are the same everywhere, and neighbors of different sign."""
    if not layer.built:
        layer.build(x.shape)
    for number, weight in enumerate(sorted(layer.weights, key=lambda w: w.name)):
        values = np.abs(np.random.default_rng([number, len(name)]).standard_normal(weight.shape).astype("float32"))
        weight.assign(values * (-1.0) ** np.indices(weight.shape).sum(axis=0))


def squares(x, layer, arguments):
    """The sum of the squares of the output."""
    return (layer(x, **arguments) ** 2).sum()


def functions(quantizers, ops):
    """Name -> arrays that functions of the namespace give."""
    rng = np.random.default_rng(1)
    x = (np.abs(rng.standard_normal((7, 6))) * (-1.0) ** np.indices((7, 6)).sum(axis=0)).astype("float32")
    q, u = rng.integers(-8, 8, (5, 4, 3)).astype("int8"), rng.integers(0, 16, (5, 4)).astype("uint8")
    found = {}
    for axis in (0, -1, (0, 1)):
        for value_range in ((-127, 127), (-8, 7)):
            found[f"abs_max {axis} {value_range}"] = quantizers.abs_max_quantize(x, axis, value_range)
    for size in (2, 3, 7, 8):
        found[f"grouped {size}"] = quantizers.abs_max_quantize_grouped_with_zero_point(x, size)
    for axis in (0, 1, 2, -1):
        packed, shape, length = quantizers.pack_int4(q, axis)
        unpacked = [quantizers.unpack_int4(packed, length, axis, dtype) for dtype in ("int8", "uint8")]
        found[f"pack {axis}"] = [packed, shape, length, *unpacked]
    packed, shape, length = quantizers.pack_int4(u, 0, "uint8")
    found["pack uint8"] = [packed, *(quantizers.unpack_int4(packed, length, 0, dtype) for dtype in ("int8", "uint8"))]
    for margin in (0, 2):
        amax = [ops.array(v, "float32") for v in (0.0, 3.0, np.inf, np.nan)]
        found[f"scale {margin}"] = [quantizers.compute_float8_scale(v, ops.array(2.0), 448.0, margin) for v in amax]
    found["history"] = [quantizers.compute_float8_amax_history(ops.array(x), ops.array([1.0, 2.0, 3.0]))]
    for dtype in ("float8_e4m3fn", "float8_e5m2"):
        found[dtype] = [quantizers.quantize_and_dequantize(ops.array(x * 100), ops.array(0.3), dtype, "float32")]
    limits = ops.array([-1.0, -0.5, -2, 0.0, -0.3, -1.0]), ops.array([1.0, 0.5, 2, 1.0, 0.3, 1.5])
    for bits, narrow in ((8, False), (4, True)):
        fake = quantizers.fake_quant_with_min_max_vars
        found[f"fake {bits}"] = [fake(x, -1.1, 1.3, bits, narrow), fake(x, *limits, bits, narrow, axis=1)]
    return {f"functions/{name}/{i}": np.asarray(part) for name, parts in found.items() for i, part in enumerate(parts)}


def language_model(keras):
    """A model of tokens, whose weights have neighbors of different sign, and its blocks.

    (model, {"pre_block_layers": ..., "sequential_blocks": ...})
    """
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.norm = layers.LayerNormalization()
            self.heads = layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de", name="heads")
            self.joined = layers.EinsumDense("abde,dec->abc", output_shape=(None, 9), bias_axes="c", name="joined")
            self.wide = layers.Dense(11, "gelu", name="wide")
            self.narrow = layers.Dense(9, name="narrow")

        def build(self, shape):
            self.norm.build(shape)
            self.heads.build(shape)
            self.joined.build((*shape[:2], 2, 3))
            self.wide.build(shape)
            self.narrow.build((*shape[:2], 11))

        def call(self, x):
            x = x + self.joined(self.heads(self.norm(x)))
            return x + self.narrow(self.wide(x))

    tokens = keras.Input((None,), dtype="int32")
    embedding, blocks = layers.Embedding(13, 9), [Block(name="one"), Block(name="two")]
    x = embedding(tokens)
    for block in blocks:
        x = block(x)
    model = keras.Model(tokens, layers.Dense(13, name="logits")(x))
    rng = np.random.default_rng(5)
    for weight in model.weights:
        values = np.abs(rng.standard_normal(weight.shape)) / weight.shape[0] ** 0.5
        weight.assign((values * (-1.0) ** np.indices(weight.shape).sum(axis=0)).astype("float32"))
    return model, {"pre_block_layers": [embedding], "sequential_blocks": blocks}


TOKENS = np.random.default_rng(6).integers(0, 13, (4, 10)).astype("int32")
CALIBRATED = {
    "gptq": {},
    "gptq_groups": {"group_size": 4},
    "gptq_8": {"weight_bits": 8, "symmetric": True, "group_size": -1},
    "gptq_2": {"weight_bits": 2, "activation_order": True, "group_size": 3},
    "gptq_tensor": {"per_channel": False, "hessian_damping": 0.1},
    "awq": {},
    "awq_groups": {"group_size": 4, "num_grid_points": 5},
    "awq_column": {"group_size": -1},
}
PARTS = ("quantized_kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx")


def calibrated(keras, name):
    """The model quantized with the samples of `TOKENS`."""
    model, structure = language_model(keras)
    kind = keras.quantizers.GPTQConfig if name.startswith("gptq") else keras.quantizers.AWQConfig
    config = kind(
        TOKENS, str, num_samples=4, sequence_length=10, quantization_layer_structure=structure, **CALIBRATED[name]
    )
    model.quantize(config.mode, config=config, filters="heads|joined|wide|narrow")
    return model, structure


def trained(keras):
    """A model in 8-bit floats after three steps of training, and its losses."""
    dense = keras.layers.Dense(3, "tanh", name="first")
    equation = keras.layers.EinsumDense("ab,bc->ac", output_shape=(2,), bias_axes="c", name="second")
    model = keras.Sequential([keras.Input((4,)), dense, equation])
    prepared("trained", model, np.zeros((1, 4)))
    model.quantize("float8")
    model.compile(keras.optimizers.Adam(0.05, clipnorm=1.0), "mse")
    x = np.random.default_rng(2).standard_normal((12, 4)).astype("float32")
    history = model.fit(x, x[:, :2] * 3, batch_size=4, shuffle=False, epochs=1, verbose=0)
    return model, x, history.history["loss"]


def mended(keras, gptq_core):
    """Let calibration in Keras 3.15 see activations: it watches `call`, which layers that it has prepared do not use.

    The first sample begins at the first token, rather than where the hash of a string, which differs between processes,
    says.
    """
    quantized_call = keras.layers.Layer.quantized_call

    def watched(self, *args, **kwargs):
        call = self.__dict__.get("call")
        if getattr(call, "__name__", None) == "hook":
            return call(*args, **kwargs)
        return quantized_call(self, *args, **kwargs)

    keras.layers.Layer.quantized_call = watched
    gptq_core.hash = lambda seed: 0


if __name__ == "__main__":
    import jax
    import keras
    from keras import ops
    from keras.src.quantizers import gptq_core

    mended(keras, gptq_core)
    found = functions(keras.quantizers, ops)
    for name in cases(keras.layers):
        for option, config in options(keras.quantizers).items():
            layer, x, arguments = cases(keras.layers)[name]
            prepared(name, layer, x)
            try:
                layer.quantize(config.mode, config=config)
            except NotImplementedError:  # tables have fewer modes
                continue
            found[f"{name}.{option}/y"] = np.asarray(layer(x, **arguments))
            for weight in layer.weights:
                found[f"{name}.{option}/{weight.name}"] = np.asarray(weight)
            if x.dtype == "float32" and not arguments:  # Keras differentiates the rounding of reversed embeddings
                found[f"{name}.{option}/gradient"] = np.asarray(jax.grad(squares)(x, layer, arguments))
    for name in CALIBRATED:
        model, structure = calibrated(keras, name)
        found[f"{name}/y"] = np.asarray(model(TOKENS))
        for block in structure["sequential_blocks"]:
            for layer in ("heads", "joined", "wide", "narrow"):
                for part in PARTS:
                    value = getattr(getattr(block, layer), part, None)
                    if value is not None:
                        found[f"{name}/{block.name}/{layer}/{part}"] = np.asarray(value)
    model, x, losses = trained(keras)
    found["trained/losses"], found["trained/y"] = np.asarray(losses), np.asarray(model(x))
    for layer in model.layers:
        for weight in layer.weights:
            found[f"trained/{layer.name}/{weight.name}"] = np.asarray(weight)
    np.savez_compressed(VALUES, **found)
