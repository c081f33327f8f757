"""What losses, metrics, optimizers and their like give on seeded input, computed with Keras or with ckeras.

`python tests/data/make_keras_values.py` computes every case below with Keras 3.15 (JAX backend) and writes the values
next to this file. The tests compute the same cases with ckeras and compare.
"""

import os
import pathlib
from types import SimpleNamespace

import numpy as np

VALUES = pathlib.Path(__file__).with_name("keras_values.npz")
MODULES = (
    "activations",
    "config",
    "constraints",
    "initializers",
    "losses",
    "metrics",
    "ops",
    "optimizers",
    "regularizers",
)
DTYPES = ("float32", "float64")
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def data(name, *shape):
    """Normal numbers that depend on `name` and `shape` alone."""
    seed = [*name.encode(), *shape]
    return np.random.default_rng(seed).standard_normal(shape)


def probabilities(name, *shape):
    """Rows that sum to one; the first is certain of its first class."""
    p = np.exp(2 * data(name, *shape))
    p /= p.sum(-1, keepdims=True)
    p[(0,) * (len(shape) - 1)] = np.eye(shape[-1])[0]
    return p


def classes(name, count, *shape):
    """Integer class labels."""
    return np.random.default_rng([*name.encode(), *shape]).integers(0, count, shape)


WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0, 0.25, 3.0])


def losses(k, out):
    """Each loss by function, and by class with each reduction, with and without weights."""
    y, p = data("y", 6, 4), data("p", 6, 4)
    images = data("y", 6, 3, 4), data("p", 6, 3, 4)
    yes = classes("yes", 2, 6, 4)
    sure = probabilities("sure", 6, 4)
    logits = 8 * data("logits", 6, 4)
    logits[0] = [40.0, -40.0, 90.0, 0.0]
    one_hot, numbers = np.eye(4)[classes("rows", 4, 6)], classes("rows", 4, 6)
    steps, step_logits = classes("steps", 5, 6, 3), data("steps", 6, 3, 5)
    cases = {
        "MeanSquaredError": [({}, y, p), ({}, *images), ({}, data("y", 6), data("p", 6, 1))],
        "MeanAbsoluteError": [({}, y, p), ({}, *images), ({}, data("y", 6, 1), data("p", 6))],
        "BinaryCrossentropy": [
            ({}, yes, sure),
            ({"from_logits": True}, yes, logits),
            ({"label_smoothing": 0.2}, yes, sure),
            ({"label_smoothing": 0.2, "from_logits": True, "axis": 0}, yes, logits),
            ({}, yes[:, :1], sure[:, :1]),
            ({}, yes[:, 0], sure[:, :1]),
        ],
        "CategoricalCrossentropy": [
            ({}, one_hot, sure),
            ({"from_logits": True}, one_hot, logits),
            ({"label_smoothing": 0.1}, one_hot, sure),
            ({"label_smoothing": 0.1, "from_logits": True}, one_hot, logits),
            ({"axis": 1, "from_logits": True}, np.moveaxis(np.eye(5)[steps], -1, 1), np.moveaxis(step_logits, -1, 1)),
            ({}, one_hot, 3 * sure),
        ],
        "SparseCategoricalCrossentropy": [
            ({}, numbers, sure),
            ({}, numbers[:, None], sure),
            ({"from_logits": True}, numbers, logits),
            ({"from_logits": True}, steps, step_logits),
            ({"ignore_class": 2}, numbers, sure),
            ({"from_logits": True, "ignore_class": 1}, steps, step_logits),
        ],
    }
    for name, variants in cases.items():
        cls = getattr(k.losses, name)
        function = getattr(k.losses, cls().name)
        for i, (options, y_true, y_pred) in enumerate(variants):
            for dtype in DTYPES:
                key = f"loss/{name}/{i}/{dtype}"
                t, q = y_true.astype("int32" if "Sparse" in name else dtype), y_pred.astype(dtype)
                if t.ndim == q.ndim or "Sparse" in name:
                    out[f"{key}/function"] = lambda f=function, t=t, q=q, o=options: f(t, q, **o)
                for reduction in REDUCTIONS:
                    if dtype == "float64" and reduction not in ("sum", "mean_with_sample_weight"):
                        continue
                    for weight_name, weight in _weights(q.ndim - 1, 4 if options.get("axis") == 0 else 6):
                        loss = cls(reduction=reduction, dtype=dtype, **options)
                        out[f"{key}/{reduction}/{weight_name}"] = lambda f=loss, t=t, q=q, w=weight: f(t, q, w)


def _weights(rank, size):
    """Sample weights of the forms that fit losses of this rank."""
    column = WEIGHTS[:size, None]
    own = WEIGHTS[:size] if rank < 2 else column * np.array([1.0, 0.0, 2.0])
    return ("all", None), ("weighted", own), ("column", column)


def metrics(k, out):
    """Each metric over three batches: its variables and its result after each."""
    rows = {n: probabilities("rows", n, 4) for n in (6, 5)}
    errors = [(data("y", 6, 4), data("p", 6, 4)), (data("y", 5), data("p", 5, 1)), (data("y", 6, 1), data("p", 6))]
    batches = {
        "Mean": [(data("m", 6),), (data("m", 5, 3),), (np.float32(2.5),)],
        "Sum": [(data("m", 6),), (data("m", 5, 3),), (np.float32(2.5),)],
        "Accuracy": [
            (classes("a", 3, 6), classes("b", 3, 6)),
            (classes("a", 3, 5, 4), classes("b", 3, 5, 4)),
            (classes("a", 3, 6, 1), classes("b", 3, 6)),
        ],
        "BinaryAccuracy": [
            (classes("a", 2, 6, 1), rows[6][:, :1]),
            (classes("a", 2, 5, 4), rows[5]),
            (classes("a", 2, 6), rows[6][:, :1]),
        ],
        "CategoricalAccuracy": [
            (np.eye(4)[classes("c", 4, 6)], rows[6]),
            (np.eye(4)[classes("c", 4, 5)], rows[5]),
            (np.eye(5)[classes("c", 5, 6, 3)], data("c", 6, 3, 5)),
        ],
        "SparseCategoricalAccuracy": [
            (classes("c", 4, 6), rows[6]),
            (classes("c", 4, 5, 1), rows[5]),
            (classes("c", 5, 6, 3), data("c", 6, 3, 5)),
        ],
        "MeanSquaredError": errors,
        "MeanAbsoluteError": errors,
    }
    options = {"BinaryAccuracy": {"threshold": 0.3}}
    for name, updates in batches.items():
        for weighted in (False, True):
            for dtype in DTYPES:
                metric = getattr(k.metrics, name)(dtype=dtype, **options.get(name, {}))
                out[f"metric/{name}/{dtype}/{weighted}"] = lambda m=metric, u=updates, w=weighted, d=dtype: _accumulate(
                    k, m, u, w, d
                )


def _accumulate(k, metric, updates, weighted, dtype):
    seen = []
    for arrays in updates:
        arrays = [np.asarray(a, dtype if np.asarray(a).dtype.kind == "f" else "int32") for a in arrays]
        size = arrays[0].shape[0] if arrays[0].ndim else None
        weight = None if not weighted else np.asarray(1.5) if size is None else WEIGHTS[:size]
        metric.update_state(*arrays, sample_weight=weight)
        seen.extend([*(k.numpy(v) for v in metric.variables), k.numpy(metric.result())])
    return np.stack(seen)


OPTIMIZERS = {
    "SGD": [
        {},
        {"learning_rate": 0.1, "momentum": 0.9},
        {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
        {"learning_rate": 0.1, "weight_decay": 0.05},
        {"learning_rate": 0.1, "clipnorm": 1.0},
        {"learning_rate": 0.1, "clipvalue": 0.3},
        {"learning_rate": 0.1, "global_clipnorm": 1.5},
        {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8},
        {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
        {"learning_rate": 0.1, "loss_scale_factor": 4.0},
        {"learning_rate": 0.1, "momentum": 0.5, "gradient_accumulation_steps": 3, "weight_decay": 0.1},
        {"learning_rate": 0.1, "gradient_accumulation_steps": 2},
    ],
    "RMSprop": [
        {},
        {"learning_rate": 0.05, "rho": 0.8, "momentum": 0.5},
        {"learning_rate": 0.05, "centered": True},
        {"learning_rate": 0.05, "centered": True, "momentum": 0.9, "epsilon": 0.01},
        {"learning_rate": 0.05, "gradient_accumulation_steps": 4, "global_clipnorm": 0.5},
    ],
    "Adam": [
        {},
        {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 0.01},
        {"learning_rate": 0.05, "amsgrad": True},
        {"learning_rate": 0.05, "weight_decay": 0.1, "clipnorm": 1.0},
        {"learning_rate": 0.05, "gradient_accumulation_steps": 3, "amsgrad": True},
        {"learning_rate": 0.05, "use_ema": True, "ema_overwrite_frequency": 5, "loss_scale_factor": 2.0},
    ],
}


def optimizers(k, out):
    """Each optimizer over 20 steps, on a matrix and a vector, with each of its options."""
    for name, variants in OPTIMIZERS.items():
        for i, options in enumerate(variants):
            for dtype in DTYPES if i in (0, 2) else DTYPES[:1]:
                out[f"optimizer/{name}/{i}/{dtype}"] = lambda n=name, o=options, d=dtype: _descend(
                    k, getattr(k.optimizers, n)(**o), d
                )
    out["optimizer/SGD/excluded/float32"] = lambda: _descend(k, _excluding(k), "float32")
    out["optimizer/SGD/schedule/float32"] = lambda: _descend(k, k.optimizers.SGD(_schedule(k), momentum=0.5), "float32")


def _excluding(k):
    optimizer = k.optimizers.SGD(learning_rate=0.1, weight_decay=0.2)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _schedule(k):
    class Halving(k.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5 / (1.0 + k.ops.cast(step, "float32"))

    return Halving()


def _descend(k, optimizer, dtype):
    variables = [
        k.Variable(data("kernel", 3, 4).astype(dtype), name="kernel"),
        k.Variable(data("bias", 5).astype(dtype), name="bias"),
    ]
    seen = []
    for step in range(20):
        # Noise around a bowl; now and then a gradient is large, or 0.
        scale = (1.0, 20.0, 0.0, 0.1)[step % 4]
        noise = [data(f"noise {step}", *v.shape) for v in variables]
        grads = [(scale * (0.3 * k.numpy(v) + n)).astype(dtype) for v, n in zip(variables, noise, strict=True)]
        optimizer.apply(grads, variables)
        if step in (0, 1, 6, 19):
            seen.extend(k.numpy(v).ravel() for v in variables)
    seen.extend(k.numpy(v).ravel() for v in optimizer.variables)
    optimizer.finalize_variable_values(variables)
    seen.extend(k.numpy(v).ravel() for v in variables)
    return np.concatenate([s.astype("float64") for s in seen])


ACTIVATIONS = {
    "linear": [{}],
    "relu": [
        {},
        {"negative_slope": 0.1},
        {"max_value": 2.0},
        {"threshold": 1.0},
        {"threshold": -1.0},
        {"negative_slope": 0.1, "threshold": 1.0, "max_value": 2.0},
        {"negative_slope": 0.1, "threshold": -1.0},
    ],
    "leaky_relu": [{}, {"negative_slope": 1.5}],
    "relu6": [{}],
    "softmax": [{}, {"axis": 0}],
    "log_softmax": [{}, {"axis": 0}],
    "sigmoid": [{}],
    "tanh": [{}],
    "exponential": [{}],
    "softplus": [{}],
    "softsign": [{}],
    "elu": [{}, {"alpha": 0.5}],
    "selu": [{}],
    "celu": [{}, {"alpha": 0.5}],
    "silu": [{}],
    "gelu": [{}, {"approximate": True}],
    "mish": [{}],
    "hard_sigmoid": [{}],
    "hard_silu": [{}],
    "hard_tanh": [{}],
    "log_sigmoid": [{}],
}


def activations(k, out):
    """Each activation on both sides of every threshold, and far out."""
    x = np.concatenate([np.linspace(-8, 8, 33), [-1e-4, 1e-4, -60.0, 60.0, 0.9999, 1.0001, -3.0]]).reshape(5, 8)
    for name, variants in ACTIVATIONS.items():
        for i, options in enumerate(variants):
            for dtype in DTYPES:
                function = getattr(k.activations, name)
                out[f"activation/{name}/{i}/{dtype}"] = lambda f=function, o=options, d=dtype: f(
                    k.ops.convert_to_tensor(x.astype(d)), **o
                )


def penalties(k, out):
    """Each regularizer and constraint."""
    w = data("w", 3, 4).astype("float32")
    w[:, 0] = 0
    for name, options in (("L1", {}), ("L2", {"l2": 0.5}), ("L1L2", {}), ("L1L2", {"l1": 0.1, "l2": 0.2})):
        out[f"regularizer/{name}/{options}"] = lambda n=name, o=options: getattr(k.regularizers, n)(**o)(w)
    for name, options in (
        ("MaxNorm", {"max_value": 1.0}),
        ("MaxNorm", {"axis": [0, 1]}),
        ("NonNeg", {}),
        ("UnitNorm", {}),
        ("UnitNorm", {"axis": 1}),
        ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.0, "rate": 0.3}),
    ):
        out[f"constraint/{name}/{options}"] = lambda n=name, o=options: getattr(k.constraints, n)(**o)(w)


INITIALIZERS = {
    "RandomUniform": {"minval": -0.2, "maxval": 0.3},
    "RandomNormal": {"mean": 1.0, "stddev": 0.2},
    "TruncatedNormal": {"mean": 1.0, "stddev": 0.2},
    "GlorotUniform": {},
    "GlorotNormal": {},
    "HeUniform": {},
    "HeNormal": {},
    "LecunUniform": {},
    "LecunNormal": {},
    "VarianceScaling": {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"},
}


def initializers(k, out):
    """Mean, standard deviation, minimum and maximum of what each random initializer samples."""
    for name, options in INITIALIZERS.items():
        for shape in ((200, 300), (3, 3, 40, 80)):
            out[f"initializer/{name}/{len(shape)}"] = lambda n=name, o=options, s=shape: _statistics(
                k.numpy(getattr(k.initializers, n)(seed=7, **o)(s))
            )


def _statistics(x):
    return np.array([x.mean(), x.std(), x.min(), x.max()], "float64")


def cases(k):
    """Name -> function that computes it with `k`, which is Keras or ckeras."""
    out = {}
    for make in (losses, metrics, optimizers, activations, penalties, initializers):
        make(k, out)
    return out


def value(k, name, compute):
    """The value of a case; one in float64 is computed with that as the default float type."""
    k.config.set_floatx("float64" if "float64" in name else "float32")
    try:
        return compute()
    finally:
        k.config.set_floatx("float32")


def main(cases=cases, path=VALUES):
    """Compute all cases with Keras and keep the values."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_ENABLE_X64"] = "1"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    modules = {name: getattr(keras, name) for name in MODULES}
    k = SimpleNamespace(Variable=keras.Variable, numpy=keras.ops.convert_to_numpy, **modules)
    values = {name: k.numpy(value(k, name, compute)) for name, compute in cases(k).items()}
    np.savez_compressed(path, names=np.array(list(values)), **pack(values))
    print(f"{len(values)} values, {path.stat().st_size} bytes")


def pack(values):
    """All values in one array of float64 and one of shapes, which is smaller than an entry each."""
    shapes = [np.shape(v) for v in values.values()]
    flat = np.concatenate([np.ravel(v).astype("float64") for v in values.values()])
    return {"flat": flat, "ranks": np.array([len(s) for s in shapes]), "dims": np.array([d for s in shapes for d in s])}


def unpack(path=VALUES):
    """Name -> the value computed with Keras."""
    with np.load(path) as stored:
        names, flat, ranks, dims = (stored[key] for key in ("names", "flat", "ranks", "dims"))
    values, at, dim = {}, 0, 0
    for name, rank in zip(names.tolist(), ranks.tolist(), strict=True):
        shape = tuple(dims[dim : dim + rank].tolist())
        size = int(np.prod(shape, dtype=int))
        values[name] = flat[at : at + size].reshape(shape)
        at, dim = at + size, dim + rank
    return values


if __name__ == "__main__":
    main()
