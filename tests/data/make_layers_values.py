"""What layers compute, their gradients, masks and configs, with Keras or ckeras.

`KERAS_BACKEND=jax python tests/data/make_layers_values.py` computes every case below with Keras 3.15 in float64 and
writes `layers_values.npz` (the numbers, in float32) and `layers_values.json` (shapes and configs) next to this file.
The tests compute the same cases with ckeras and compare. A case is a line: the layer, its inputs, its options.
"""

import json
import pathlib
from typing import Any, NamedTuple

import numpy as np

VALUES = pathlib.Path(__file__).with_suffix(".npz").with_name("layers_values.npz")


class Integers(NamedTuple):
    """An input of integers below a limit."""

    limit: int
    shape: tuple[int, ...]
    dtype: str = "int32"


class Booleans(NamedTuple):
    """A mask, true for about two thirds of its elements."""

    shape: tuple[int, ...]


class Of(NamedTuple):
    """An option that is made with Keras or ckeras, for a dtype."""

    make: Any


class Case(NamedTuple):
    """A layer, its options, its inputs as shapes (of floats), `Integers` or lists of these, and arguments of its call.

    With ``mask``, `compute_mask` is called with masks of these shapes too.
    """

    layer: str
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    call: dict[str, Any]
    mask: Any


def case(layer: str, /, *inputs: Any, call: Any = None, mask: Any = None, **options: Any) -> Case:
    return Case(layer, inputs, options, call or {}, mask)


def numbers(name: str, *shape: int) -> np.ndarray:
    """Normal numbers that depend on `name` and `shape` alone."""
    return np.random.default_rng([*name.encode(), *shape]).standard_normal(shape)


def array(spec: Any, name: str, dtype: str = "float64") -> Any:
    """The array, or list of arrays, that a specification describes."""
    if isinstance(spec, list):
        return [array(s, f"{name}{i}", dtype) for i, s in enumerate(spec)]
    if isinstance(spec, Integers):
        return np.random.default_rng([*name.encode(), *spec.shape]).integers(0, spec.limit, spec.shape, spec.dtype)
    if isinstance(spec, Booleans):
        return np.random.default_rng([*name.encode(), *spec.shape]).random(spec.shape) < 0.67
    if isinstance(spec, tuple):
        return numbers(name, *spec).astype(dtype)
    return spec


def make_layer(k: Any, case: Case, dtype: str = "float64") -> Any:
    """The layer of a case, not built."""
    options = {name: v.make(k, dtype) if isinstance(v, Of) else v for name, v in case.options.items()}
    return getattr(k.layers, case.layer)(**{"dtype": dtype, "name": "layer", **options})


def arguments(case: Case, dtype: str = "float64") -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments of the call of a case."""
    call = {name: array(v, name, dtype) for name, v in case.call.items()}
    return [array(s, f"x{i}", dtype) for i, s in enumerate(case.inputs)], call


BY_PATH: set[str] = set()  # layers whose weights have the same names, so that their values follow their paths


def label(layer: Any, v: Any) -> str:
    """The name of a weight among those of a layer."""
    return v.path.partition("/")[2] if type(layer).__name__ in BY_PATH else v.name


def weight(name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray | None:
    """The value a weight is given; None for integers, which stay."""
    if not dtype.startswith("float"):
        return None
    value = 0.5 * numbers(name, *shape)
    return (np.abs(value) + 0.5 if "variance" in name or "stddev" in name else value).astype(dtype)


def fill(layer: Any) -> None:
    """Set the weights of a built layer."""
    for v in layer.weights:
        value = weight(label(layer, v), tuple(v.shape), str(v.dtype))
        if value is not None:
            v.assign(value)
    getattr(layer, "finalize_state", lambda: None)()  # of Normalization in Keras


CASES: dict[str, Case] = {}


def add(*cases: Case, to: dict[str, Case] = CASES) -> None:
    for c in cases:
        number = sum(name.startswith(f"{c.layer}/") for name in to)
        to[f"{c.layer}/{number}"] = c


X, IMAGES = (3, 5, 4), (2, 5, 4, 3)
CLIPPING = {"rmax": 1.1, "rmin": 0.9, "dmax": 0.125}

# -- core and reshaping

add(
    case("Identity", X, mask=(3, 5)),
    case("Masking", X, mask=(3, 5)),
    case("Masking", X, mask_value=1.5),
    case("ActivityRegularization", X, l1=0.5, l2=0.25),
    case("Activation", X, activation="tanh", mask=(3, 5)),
    case("Lambda", X, function=Of(lambda k, _: k.activations.gelu), output_shape=(5, 4)),
    case("Lambda", X, function=Of(lambda k, _: k.activations.elu), arguments={"alpha": 0.5}),
    case("Reshape", X, target_shape=(10, -1)),
    case("Reshape", X, target_shape=(20,)),
    case("Reshape", X, target_shape=(2, 5, 2)),
    case("Reshape", (3,), target_shape=()),
    case("Permute", X, dims=(2, 1)),
    case("Permute", IMAGES, dims=(3, 1, 2)),
    case("RepeatVector", (3, 4), n=3),
    case("Flatten", IMAGES),
    case("Flatten", IMAGES, data_format="channels_first"),
    case("Dense", X, units=3, activation="tanh", mask=(3, 5)),
    case("Dense", (3, 4), units=1, use_bias=False, kernel_regularizer="l2", kernel_constraint="non_neg"),
    case("Dense", (3, 4), units=3, lora_rank=2),
    case("EinsumDense", (3, 5), equation="ab,bc->ac", output_shape=4),
    case("EinsumDense", X, equation="abc,cd->abd", output_shape=(None, 2), bias_axes="d", activation="tanh"),
    case("EinsumDense", X, equation="abc,cde->abde", output_shape=(5, 2, 3), bias_axes="de"),
    case("EinsumDense", X, equation="abc,cd->abd", output_shape=(5, 2), bias_axes="bd", bias_regularizer="l1"),
    case("EinsumDense", X, equation="...x,xy->...y", output_shape=3, bias_axes="y"),
    case("EinsumDense", IMAGES, equation="ab...,bc->ac...", output_shape=2, bias_axes="c"),
    case("EinsumDense", IMAGES, equation="abc...,ce->abe...", output_shape=(5, 2)),
    case("EinsumDense", X, equation="abc,cde->abde", output_shape=(5, 2, 3), lora_rank=2, lora_alpha=3.0),
)

# -- activations

add(
    case("ReLU", X, mask=(3, 5)),
    case("ReLU", X, max_value=0.75, negative_slope=0.25, threshold=0.5),
    case("LeakyReLU", X, mask=(3, 5)),
    case("LeakyReLU", X, negative_slope=0.125),
    case("PReLU", X, mask=(3, 5)),
    case("PReLU", IMAGES, shared_axes=[1, 2], alpha_initializer="ones", alpha_regularizer="l2"),
    case("ELU", X, alpha=0.5, mask=(3, 5)),
    case("Softmax", X, mask=(3, 5)),
    case("Softmax", X, axis=[1, 2]),
    case("Softmax", X, axis=1, call={"mask": Booleans(X)}),
    case("Softmax", X, axis=[1, 2], call={"mask": Booleans(X)}),
    case("Softmax", (4, 2), call={"mask": Booleans((4, 2))}),
)

# -- merging

ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
for name in ELEMENTWISE:
    add(case(name, [X, X], mask=[(3, 5), (3, 5)]), case(name, [X, (3, 4)]), case(name, [(3, 1, 4), (3, 5, 1)]))
    if name != "Subtract":
        add(case(name, [(3, 4)] * 3), case(name, [X]))
add(
    case("Concatenate", [X, (3, 5, 2)], mask=[(3, 5), (3, 5)]),
    case("Concatenate", [X, (3, 2, 4), X], axis=1, mask=[(3, 5), (3, 2), (3, 5)]),
    case("Concatenate", [X, (3, 2, 4)], axis=-2, mask=[(3, 5), None]),
    case("Dot", [(3, 4), (3, 4)], axes=1),
    case("Dot", [(3, 4), (3, 4)], axes=-1, normalize=True),
    case("Dot", [X, (3, 4, 2)], axes=(2, 1), mask=[(3, 5), (3, 4)]),
    case("Dot", [X, (3, 5, 2)], axes=1, normalize=True),
    case("Dot", [(2, 3, 4, 5), (2, 6, 4)], axes=2),
    case("Dot", [X, (3, 4)], axes=(2, 1)),
)

# -- regularization: without training

add(
    case("Dropout", X, rate=0.5, noise_shape=(None, 1, 4), seed=3, mask=(3, 5)),
    case("GaussianNoise", X, stddev=0.5, seed=3, mask=(3, 5)),
    case("GaussianDropout", X, rate=0.5, mask=(3, 5)),
    case("AlphaDropout", X, rate=0.5, noise_shape=(None, 1, 4), seed=1, mask=(3, 5)),
    case("SpatialDropout1D", X, rate=0.5, seed=2, mask=(3, 5)),
    case("SpatialDropout2D", IMAGES, rate=0.5),
    case("SpatialDropout2D", IMAGES, rate=0.5, data_format="channels_first"),
    case("SpatialDropout3D", (2, 3, 2, 1, 2), rate=0.25),
)

# -- normalization

add(
    case("UnitNormalization", X, mask=(3, 5)),
    case("UnitNormalization", X, axis=[1, 2]),
    case("UnitNormalization", X, axis=1),
)

add(
    case("BatchNormalization", X, mask=(3, 5)),
    case("BatchNormalization", X, call={"training": True}, momentum=0.75, epsilon=0.01),
    case("BatchNormalization", X, call={"training": True, "mask": Booleans((3, 5))}),
    case("BatchNormalization", IMAGES, call={"training": True}, axis=1, center=False, gamma_regularizer="l2"),
    case("BatchNormalization", (7, 3), call={"training": True}, scale=False, beta_constraint="non_neg"),
    case("BatchNormalization", X, call={"training": True}, trainable=False),
    case("BatchNormalization", X, call={"training": True}, renorm=True, renorm_momentum=0.5),
    case("BatchNormalization", X, call={"training": True}, renorm=True, scale=False, renorm_clipping=CLIPPING),
    case("BatchNormalization", X, renorm=True),
    case("LayerNormalization", X, mask=(3, 5)),
    case("LayerNormalization", X, axis=[1, 2], epsilon=0.01),
    case("LayerNormalization", X, axis=1, center=False),
    case("LayerNormalization", IMAGES, axis=[1, 3], scale=False),
    case("RMSNormalization", X),
    case("RMSNormalization", X, axis=[1, 2], epsilon=0.01),
    case("GroupNormalization", X, groups=2, mask=(3, 5)),
    case("GroupNormalization", (2, 3, 2, 6), groups=3, epsilon=0.01, center=False),
    case("GroupNormalization", (2, 6, 2, 3), groups=2, axis=1),
    case("GroupNormalization", (3, 4), groups=-1, scale=False),
    case("GroupNormalization", X, groups=1),
    case("SpectralNormalization", (3, 4), layer=Of(lambda k, dtype: k.layers.Dense(3, dtype=dtype, name="inner"))),
)  # fmt: skip

# -- preprocessing

add(
    case("Rescaling", X, scale=0.5, mask=(3, 5)),
    case("Rescaling", X, scale=[1.0, 2.0, 3.0, 4.0], offset=-1.0),
    case("Rescaling", Integers(9, X), scale=0.5, offset=1.0),
    case("Normalization", X, mask=(3, 5)),
    case("Normalization", X, axis=None),
    case("Normalization", IMAGES, axis=(1, -1), invert=True),
    case("Normalization", (3, 4), mean=1.5, variance=2.0),
    case("Normalization", X, mean=[1.0, 2.0, 3.0, 4.0], variance=[0.5, 1.0, 2.0, 3.0]),
    case("Normalization", X, mean=[1.0, 2.0, 3.0, 4.0], variance=[0.5, 1.0, 2.0, 3.0], invert=True),
    case("CategoryEncoding", Integers(6, (4, 3)), num_tokens=6),
    case("CategoryEncoding", Integers(6, (4, 1)), num_tokens=6, output_mode="one_hot"),
    case("CategoryEncoding", Integers(6, (4, 3)), num_tokens=6, output_mode="one_hot"),
    case("CategoryEncoding", Integers(6, (4,)), num_tokens=6, output_mode="one_hot"),
    case("CategoryEncoding", Integers(6, (4, 3)), num_tokens=6, output_mode="count"),
    case("CategoryEncoding", Integers(6, (4, 3)), num_tokens=6, output_mode="count", call={"count_weights": (4, 3)}),
    case("CategoryEncoding", Integers(9, (4, 3)), num_tokens=6),
)

# -- spatial axes: X is a batch of sequences

VOLUMES = (2, 3, 4, 2, 2)
SPATIAL = {"1D": X, "2D": IMAGES, "3D": VOLUMES}
for rank, shape in SPATIAL.items():
    first = {"data_format": "channels_first"}
    for kind in ("MaxPooling", "AveragePooling"):
        add(
            case(f"{kind}{rank}", shape, pool_size=2),
            case(f"{kind}{rank}", shape, pool_size=2, strides=1, padding="same"),
            case(f"{kind}{rank}", shape, pool_size=2, strides=3, padding="same", **first),
        )
    for kind in ("GlobalMaxPooling", "GlobalAveragePooling"):
        add(case(f"{kind}{rank}", shape), case(f"{kind}{rank}", shape, keepdims=True, **first))
    for kind in ("AdaptiveMaxPooling", "AdaptiveAveragePooling"):
        add(case(f"{kind}{rank}", shape, output_size=2), case(f"{kind}{rank}", shape, output_size=3, **first))
    add(case(f"ZeroPadding{rank}", shape, padding=2), case(f"ZeroPadding{rank}", shape, padding=1, **first))
    add(case(f"Cropping{rank}", (2, *(5,) * (len(shape) - 2), 2), cropping=1), case(f"UpSampling{rank}", shape, size=2))
add(
    case("GlobalAveragePooling1D", X, call={"mask": Booleans((3, 5))}, mask=(3, 5)),
    case("MaxPooling2D", IMAGES, pool_size=(2, 3), strides=(1, 2)),
    case("AveragePooling2D", IMAGES, pool_size=(3, 2), strides=(2, 1), padding="same"),
    case("AdaptiveAveragePooling2D", IMAGES, output_size=(7, 2)),
    case("ZeroPadding1D", X, padding=(0, 3)),
    case("ZeroPadding2D", IMAGES, padding=((1, 2), (0, 3))),
    case("ZeroPadding3D", VOLUMES, padding=((0, 1), (2, 0), (1, 1))),
    case("Cropping1D", X, cropping=(0, 3)),
    case("Cropping2D", IMAGES, cropping=((1, 0), (0, 2)), data_format="channels_last"),
    case("Cropping2D", (2, 2, 5, 5), cropping=(1, 2), data_format="channels_first"),
    case("Cropping3D", (2, 2, 3, 4, 5), cropping=((1, 0), (0, 2), (2, 2)), data_format="channels_first"),
    case("UpSampling2D", IMAGES, size=(2, 3), interpolation="bilinear"),
    case("UpSampling2D", IMAGES, size=(2, 1), interpolation="bicubic", data_format="channels_first"),
    case("UpSampling2D", IMAGES, interpolation="lanczos3"),
    case("UpSampling2D", IMAGES, interpolation="lanczos5"),
    case("UpSampling2D", IMAGES, size=3, data_format="channels_first"),
    case("UpSampling3D", VOLUMES, size=(1, 2, 3), data_format="channels_first"),
)

# -- embeddings and convolutions

TOKENS = Integers(7, (3, 4))
FIRST = {"data_format": "channels_first"}
add(
    case("Embedding", TOKENS, input_dim=7, output_dim=3, embeddings_regularizer="l2"),
    case("Embedding", TOKENS, input_dim=7, output_dim=3, mask_zero=True, mask=(3, 4)),
    case("Embedding", Integers(7, (5,)), input_dim=7, output_dim=2, embeddings_constraint="max_norm"),
    case("Embedding", TOKENS, input_dim=7, output_dim=3, lora_rank=2),
    case("ReversibleEmbedding", TOKENS, input_dim=7, output_dim=3, mask_zero=True),
    case("ReversibleEmbedding", X, input_dim=7, output_dim=4, call={"reverse": True}, logit_soft_cap=0.5),
    case("ReversibleEmbedding", X, input_dim=7, output_dim=4, call={"reverse": True}, tie_weights=False),
    case("Conv1D", X, filters=3, kernel_size=2, activation="tanh"),
    case("Conv1D", X, filters=2, kernel_size=3, strides=2, padding="causal"),
    case("Conv1D", X, filters=2, kernel_size=2, dilation_rate=2, padding="causal", use_bias=False),
    case("Conv1D", X, filters=4, kernel_size=3, padding="causal", groups=2),
    case("Conv2D", IMAGES, filters=2, kernel_size=3, padding="same", kernel_regularizer="l2"),
    case("Conv2D", IMAGES, filters=2, kernel_size=(2, 1), strides=(2, 1), kernel_constraint="non_neg"),
    case("Conv2D", IMAGES, filters=6, kernel_size=2, groups=3, dilation_rate=(2, 1), activation="relu"),
    case("Conv2D", (2, 4, 3, 5), filters=2, kernel_size=(3, 2), padding="same", strides=2, **FIRST),
    case("Conv3D", VOLUMES, filters=2, kernel_size=2, padding="same", bias_initializer="ones"),
    case("Conv3D", VOLUMES, filters=2, kernel_size=(2, 3, 1), strides=(1, 2, 1), use_bias=False),
    case("Conv1DTranspose", X, filters=3, kernel_size=2, strides=2, activation="tanh"),
    case("Conv1DTranspose", X, filters=2, kernel_size=3, dilation_rate=2, padding="same", **FIRST),
    case("Conv2DTranspose", IMAGES, filters=2, kernel_size=3, padding="same", strides=(2, 1)),
    case("Conv2DTranspose", IMAGES, filters=2, kernel_size=2, strides=3, output_padding=(2, 0), use_bias=False),
    case("Conv2DTranspose", IMAGES, filters=2, kernel_size=3, padding="same", strides=2, output_padding=1),
    case("Conv3DTranspose", VOLUMES, filters=2, kernel_size=2, strides=(1, 2, 1)),
    case("DepthwiseConv1D", X, kernel_size=3, padding="same", depth_multiplier=2),
    case("DepthwiseConv1D", X, kernel_size=2, strides=2, use_bias=False, **FIRST),
    case("DepthwiseConv2D", IMAGES, kernel_size=2, depth_multiplier=2, depthwise_regularizer="l2"),
    case("DepthwiseConv2D", IMAGES, kernel_size=(2, 3), padding="same", dilation_rate=2, activation="tanh"),
    case("SeparableConv1D", X, filters=3, kernel_size=3, padding="same", depth_multiplier=2),
    case("SeparableConv1D", X, filters=3, kernel_size=2, strides=2, **FIRST),
    case("SeparableConv2D", IMAGES, filters=2, kernel_size=2, activation="tanh", pointwise_regularizer="l2"),
    case("SeparableConv2D", IMAGES, filters=2, kernel_size=2, padding="same", strides=2, use_bias=False),
)


def results(layer: Any, outputs: Any, gradients: dict[str, Any], state: dict[str, Any], masks: Any) -> dict[str, Any]:
    """All that is compared of a case, by name."""
    found = {f"y{i}": y for i, y in enumerate(outputs)}
    found |= {f"gradient of {name}": g for name, g in gradients.items()} | {f"new {n}": v for n, v in state.items()}
    return found if masks is None else {**found, "mask": masks}


def flat(structure: Any) -> list[Any]:
    return [x for part in structure for x in flat(part)] if isinstance(structure, (list, tuple)) else [structure]


def with_keras(case: Case) -> tuple[dict[str, Any], Any]:
    """The results of a case, and the config of the layer, in Keras."""
    import jax
    import keras

    args, call = arguments(case)
    layer = make_layer(keras, case)
    layer(*args, **call)
    fill(layer)
    state = [v.value for v in layer.non_trainable_variables]

    def total(trainable: Any, args: Any) -> Any:
        y, new = layer.stateless_call(trainable, state, *args, **call)
        return sum(keras.ops.sum(a * numbers("g", *a.shape)) for a in flat(y)), (y, new)

    inexact = [x for a in args for x in flat(a) if x.dtype.kind == "f"]
    by = (0, 1) if len(inexact) == sum(len(flat(a)) for a in args) else 0
    gradients, (y, new) = jax.grad(total, by, has_aux=True)([v.value for v in layer.trainable_variables], args)
    of_weights, of_inputs = gradients if by else (gradients, [])
    named = {label(layer, v): g for v, g in zip(layer.trainable_variables, of_weights, strict=True)}
    named |= {f"x{i}": g for i, g in enumerate(x for a in of_inputs for x in flat(a))}
    changed = {v.name: n for v, n in zip(layer.non_trainable_variables, new, strict=True) if "seed" not in v.path}
    masks = None
    if case.mask is not None:
        given = array(masks_of(case.mask), "mask")
        masks = layer.compute_mask(args[0], given)
    found = results(layer, flat(y), named, changed, masks)
    return found, json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))


def masks_of(spec: Any) -> Any:
    """The specification of masks for their shapes."""
    if isinstance(spec, list):
        return [masks_of(s) for s in spec]
    return None if spec is None else Booleans(spec)


def main(cases: dict[str, Case] = CASES, path: pathlib.Path = VALUES) -> None:
    import jax
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    jax.config.update("jax_enable_x64", True)
    pool, kept, configs = [], {}, path.with_suffix(".json")
    for name, c in cases.items():
        try:
            found, config = with_keras(c)
        except Exception as error:
            raise RuntimeError(f"case {name}: {c}") from error
        arrays = {key: np.asarray(v) for key, v in found.items()}
        pool += [a.astype("float32").ravel() for a in arrays.values()]
        kept[name] = {"values": {key: list(a.shape) for key, a in arrays.items()}, "config": config}
    np.savez_compressed(path, pool=np.concatenate(pool))
    configs.write_text(json.dumps(kept, separators=(",", ":")).replace('},"', '},\n"') + "\n")
    print(f"{len(cases)} cases, {path.stat().st_size} and {configs.stat().st_size} bytes")


def reference(path: pathlib.Path = VALUES) -> dict[str, tuple[dict[str, np.ndarray], Any]]:
    """Case -> the values and the config that Keras gave."""
    with np.load(path) as file:
        pool = file["pool"]
    found, at = {}, 0
    for name, kept in json.loads(path.with_suffix(".json").read_text()).items():
        values = {}
        for key, shape in kept["values"].items():
            size = int(np.prod(shape, dtype=int))
            values[key] = pool[at : at + size].reshape(shape)
            at += size
        found[name] = values, kept["config"]
    return found


if __name__ == "__main__":
    main()
