"""What masks change: losses and metrics of training, and which masks layers receive and give, with Keras or ckeras.

`KERAS_BACKEND=jax python tests/data/make_mask_values.py` computes every case below with Keras 3.15 and writes
`mask_values.json` next to this file. The tests compute the same cases with ckeras and compare.
"""

import json
import pathlib
import warnings

import numpy as np

VALUES = pathlib.Path(__file__).with_name("mask_values.json")


def data():
    """Sequences of which some timesteps are zeros, targets, and weights of the timesteps."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((12, 5, 3)).astype("float32")
    x[rng.random((12, 5)) < 0.4] = 0
    x[3] = 0  # a sequence that is masked as a whole
    y = rng.standard_normal((12, 5, 2)).astype("float32")
    return x, y, rng.random((12, 5)).astype("float32")


def layers(k):
    """Layers with every way to have masks: made, received, changed, passed, dropped."""

    class Masking(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def compute_mask(self, x, mask=None):
            return k.ops.any(k.ops.not_equal(x, 0.0), axis=-1)

        def call(self, x):
            return x

    class Sees(k.layers.Layer):
        """Adds up what is not masked."""

        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, x, mask=None):
            if mask is None:
                return x
            return x + k.ops.cumsum(x * k.ops.cast(mask, x.dtype)[..., None], axis=1)

    class Pair(k.layers.Layer):
        """Receives the mask of each of two arguments; the mask of its output is that of the second."""

        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, query, value, query_mask=None, value_mask=None):
            seen = [0.0 if m is None else k.ops.cast(m, "float32")[..., None] for m in (query_mask, value_mask)]
            return query * (1 + seen[0]) + value * (1 + 2 * seen[1])

    class Listed(k.layers.Layer):
        """Receives the masks of a list of inputs."""

        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def compute_mask(self, xs, mask=None):
            return None if mask is None else mask[0]

        def call(self, xs, mask=None):
            seen = [m is not None for m in mask or ()]
            return xs[0] + (2.0 if seen == [True, False] else 1.0) * xs[1]

    class Drops(k.layers.Layer):
        def call(self, x, mask=None):
            return 2 * x if mask is None else 3 * x

    class Two(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, x):
            return x, 2 * x

    return {c.__name__: c for c in (Masking, Sees, Pair, Listed, Drops, Two)}


def dense(k, units=2):
    """A Dense layer of fixed weights."""
    weights = k.initializers.Constant(0.3)
    return k.layers.Dense(units, kernel_initializer=weights)


def models(k):
    """Name -> a function that makes a model."""
    own = layers(k)

    class Subclassed(k.Model):
        def __init__(self):
            super().__init__()
            self.masking, self.sees, self.dense = own["Masking"](), own["Sees"](), dense(k)

        def call(self, x):
            return self.dense(self.sees(self.masking(x)))

    return {
        "chain": lambda: k.Sequential([k.Input((5, 3)), own["Masking"](), dense(k)]),
        "seen": lambda: k.Sequential([own["Masking"](), own["Sees"](), k.layers.Dropout(0.0), dense(k)]),
        "nested": lambda: k.Sequential([k.Sequential([own["Masking"](), dense(k, 3)]), own["Sees"](), dense(k)]),
        "subclassed": Subclassed,
        "dropped": lambda: k.Sequential([k.Input((5, 3)), own["Masking"](), own["Drops"](), dense(k)]),
    }


REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")


def training(k):
    """Name -> losses of two epochs, losses and metrics of an evaluation.

    The metrics of the epochs are left out: in a training step on JAX, Keras loses the masks before the metrics.
    """
    x, y, weights = data()
    found = {}
    for name, make in models(k).items():
        for reduction in REDUCTIONS:
            for weighted in (False, True):
                model = make()
                loss = k.losses.MeanSquaredError(reduction=reduction)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model.compile(
                        k.optimizers.SGD(0.01), loss, metrics=["mae"], weighted_metrics=[k.metrics.MeanSquaredError()]
                    )
                    options = {"sample_weight": weights} if weighted else {}
                    history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, **options).history
                    evaluated = model.evaluate(x, y, batch_size=5, verbose=0, return_dict=True, **options)
                found[f"{name}/{reduction}/{weighted}"] = {
                    "loss": [float(v) for v in history["loss"]],
                    "evaluated": {key: float(v) for key, v in evaluated.items()},
                }
    return found


def _mask(k, y):
    mask = getattr(y, "_keras_mask", None)
    return None if mask is None else np.asarray(k.ops.convert_to_numpy(mask)).astype(int).tolist()


def calls(k):
    """Name -> outputs of calls, their masks, and whether there was a warning."""
    own = layers(k)
    x = data()[0][:2]
    masked = own["Masking"]()
    other = np.ones((2, 5, 3), "float32")
    cases = {
        "made": lambda: masked(x),
        "passed": lambda: dense(k)(masked(x)),
        "received": lambda: own["Sees"]()(masked(x)),
        "given": lambda: own["Sees"]()(x, mask=k.ops.convert_to_tensor([[True, False, True, True, False]] * 2)),
        "none": lambda: own["Sees"]()(x),
        "pair": lambda: own["Pair"]()(masked(x), masked(x)),
        "first_of_pair": lambda: own["Pair"]()(masked(x), other),
        "second_of_pair": lambda: own["Pair"]()(other, value=masked(x)),
        "list": lambda: own["Listed"]()([masked(x), other]),
        "list_second": lambda: own["Listed"]()([other, masked(x)]),
        "dropped": lambda: own["Drops"]()(masked(x)),
        "flattened": lambda: k.layers.Flatten()(masked(x)),
        "one_of_two": lambda: own["Two"]()(masked(x)),
        "activation": lambda: k.layers.Activation("relu")(masked(x)),
        "after_an_op": lambda: dense(k)(masked(x) + 0.0),
        "cast": lambda: k.layers.Dense(2, kernel_initializer="ones", dtype="float64")(masked(x)),
        **{f"model_{name}": lambda make=make: make()(x) for name, make in models(k).items()},
    }
    found = {}
    for name, compute in cases.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outputs = compute()
        outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
        found[name] = {
            "outputs": [np.asarray(k.ops.convert_to_numpy(y)).astype(float).round(5).tolist() for y in outputs],
            "masks": [_mask(k, y) for y in outputs],
            "warned": any("destroy the mask" in str(w.message) for w in caught),
        }
    return found


if __name__ == "__main__":
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    VALUES.write_text(json.dumps({"training": training(keras), "calls": calls(keras)}, indent=0))
    print(VALUES.stat().st_size, "bytes")
