"""Configs of the same objects written by Keras and by ckeras, and what Keras makes of those that ckeras wrote.

`python tests/data/make_saving_values.py ckeras` writes the configs of every object below as ckeras gives them into
`saving_values.json`; after that, `python tests/data/make_saving_values.py keras` (Keras 3.15, JAX backend) adds those
of Keras, and the config that Keras gives of the object it reads from a config of ckeras.
"""

import json
import pathlib
import sys

import numpy as np

VALUES = pathlib.Path(__file__).with_name("saving_values.json")


def objects(k):
    """Name -> object, made with `k`, which is Keras or ckeras."""
    made = {}
    a, c, i, r = k.activations, k.constraints, k.initializers, k.regularizers
    for name in (
        "elu",
        "gelu",
        "leaky_relu",
        "linear",
        "relu",
        "selu",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "tanh",
    ):
        made[f"activations.{name}"] = getattr(a, name)
    for name in ("binary_crossentropy", "categorical_crossentropy", "mean_absolute_error", "mean_squared_error"):
        made[f"losses.{name}"] = getattr(k.losses, name)
    for part in (c.MaxNorm(2.5, axis=1), c.NonNeg(), c.UnitNorm(axis=0), c.MinMaxNorm(0.5, 1.5, rate=0.75)):
        made[f"constraints.{type(part).__name__}"] = part
    for part in (r.L1(0.25), r.L2(0.5), r.L1L2(0.125, 0.5)):
        made[f"regularizers.{type(part).__name__}"] = part
    for part in (
        i.Zeros(), i.Ones(), i.Constant(2.5), i.RandomUniform(-1.0, 2.0, seed=3), i.RandomNormal(1.0, 2.0, seed=3),
        i.TruncatedNormal(1.0, 2.0, seed=None), i.VarianceScaling(2.0, "fan_out", "uniform", seed=1),
        i.GlorotUniform(seed=4), i.HeNormal(), i.LecunUniform(seed=2),
    ):  # fmt: skip
        made[f"initializers.{type(part).__name__}"] = part
    made["initializers.Constant of an array"] = i.Constant(np.array([1.5, 2.0], "float32"))
    for part in (
        k.losses.MeanSquaredError(name="a"), k.losses.MeanAbsoluteError(reduction="sum", name="b"),
        k.losses.BinaryCrossentropy(True, 0.125, -1, name="c"), k.losses.CategoricalCrossentropy(name="d"),
        k.losses.SparseCategoricalCrossentropy(True, ignore_class=2, name="e"),
    ):  # fmt: skip
        made[f"losses.{type(part).__name__}"] = part
    for part in (
        k.metrics.Mean(name="a"), k.metrics.Sum(name="b"), k.metrics.MeanSquaredError(name="c"),
        k.metrics.BinaryAccuracy(threshold=0.25, name="d"), k.metrics.CategoricalAccuracy(name="e"),
        k.metrics.MeanMetricWrapper(k.losses.mean_squared_error, name="f"),
    ):  # fmt: skip
        made[f"metrics.{type(part).__name__}"] = part
    for part in (
        k.optimizers.SGD(0.25, momentum=0.5, nesterov=True, name="a"), k.optimizers.RMSprop(rho=0.75, name="b"),
        k.optimizers.Adam(0.125, amsgrad=True, clipnorm=1.0, use_ema=True, name="c"),
    ):  # fmt: skip
        made[f"optimizers.{type(part).__name__}"] = part
    made["layers.Dense"] = k.layers.Dense(3, name="a")
    made["layers.Dense with everything"] = k.layers.Dense(
        3, "relu", False, i.HeNormal(seed=1), "ones", r.L2(0.5), "l1", None, c.NonNeg(), "unit_norm", name="b"
    )  # fmt: skip
    built = made["layers.Dense that is built"] = k.layers.Dense(2, name="c")
    built.build((None, 4))
    made["layers.Flatten"] = k.layers.Flatten(name="d")
    made["layers.Dropout"] = k.layers.Dropout(0.5, name="e")
    made["layers.Activation"] = k.layers.Activation("tanh", name="f")
    made["models.Sequential"] = k.Sequential(
        [k.Input((4,), name="in"), k.layers.Dense(3, "relu", name="one"), k.layers.Dense(1, name="two")], name="model"
    )
    made["random.SeedGenerator"] = k.random.SeedGenerator(3, name="seeds")
    tensor = k.ops.convert_to_tensor(np.array([[0.5, 1.5]], "float32"))
    made["plain"] = [
        None,
        True,
        3,
        2.5,
        "text",
        {"a": [1, {"b": None}]},
        b"bytes",
        slice(1, None, 2),
        ...,
        np.float32(1.5),
    ]
    made["arrays"] = [np.arange(3, dtype="int32"), np.array([[True], [False]]), np.array(2.5), tensor]
    made["symbolic"] = {"x": k.Input((3,), name="x")}
    made["nested"] = {"parts": [r.L2(0.5), {"fn": a.relu, "loss": k.losses.MeanSquaredError(name="g")}]}
    return made


def configs(k):
    """Name -> config of each object, as JSON gives it back."""
    return json.loads(json.dumps({name: k.saving.serialize_keras_object(obj) for name, obj in objects(k).items()}))


def read_again(k, name, config):
    """The config that `k` gives of what it makes of a config."""
    obj = k.saving.deserialize_keras_object(config)
    return json.loads(json.dumps(k.saving.serialize_keras_object(obj)))


def main(which):
    values = json.loads(VALUES.read_text()) if VALUES.exists() else {}
    if which == "ckeras":
        import ckeras

        values = {"ckeras": configs(ckeras)}
    else:
        import keras

        values["keras"] = configs(keras)
        values["keras reads ckeras"] = {n: read_again(keras, n, config) for n, config in values["ckeras"].items()}
    VALUES.write_text(json.dumps(values, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{len(values['ckeras'])} objects, {VALUES.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
