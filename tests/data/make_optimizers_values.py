"""What optimizers, schedules and other small parts give on seeded input, computed with Keras or with ckeras.

`python tests/data/make_optimizers_values.py` computes every case below with Keras 3.15 (JAX backend) and writes the
values next to this file; with prefixes of names, as "schedule/", only those anew. The tests compute the same cases with
ckeras and compare.
"""

import os
import pathlib
import sys
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from make_keras_values import DTYPES, data, pack, unpack, value

VALUES = pathlib.Path(__file__).with_name("optimizers_values.npz")
MODULES = ("activations", "config", "initializers", "ops", "optimizers", "regularizers")

# Each optimizer's own options; the first of each is also run with both sets of those that all have.
OPTIMIZERS = {
    "Adadelta": [{}, {"learning_rate": 1.0, "rho": 0.8, "epsilon": 0.01}],
    "Adafactor": [
        {"learning_rate": 0.1},
        {"learning_rate": 0.5, "beta_2_decay": -0.5, "epsilon_1": 1e-3, "epsilon_2": 0.1, "clip_threshold": 0.5},
        {"learning_rate": 0.1, "relative_step": False},
    ],
    "Adagrad": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 0.01}],
    "AdamW": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "weight_decay": 0.1, "amsgrad": True}],
    "Adamax": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 0.01}],
    "Ftrl": [
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "learning_rate_power": -0.7, "initial_accumulator_value": 0.3, "beta": 0.2},
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.2,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.05,
        },
        {"learning_rate": 0.1, "learning_rate_power": 0.0},
    ],
    "Lamb": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 0.01}],
    "Lion": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.8}],
    "Muon": [
        {"learning_rate": 0.05},
        {"learning_rate": 0.05, "nesterov": False, "momentum": 0.8, "ns_steps": 3, "rms_rate": None},
        {"learning_rate": 0.05, "exclude_embeddings": False, "adam_lr_ratio": 0.5, "weight_decay": None},
        {"learning_rate": 0.05, "exclude_layers": ["kern"], "adam_weight_decay": None, "adam_beta_1": 0.8},
        {"learning_rate": 0.05, "muon_a": 2.0, "muon_b": -1.5, "muon_c": 0.5, "adam_beta_2": 0.9, "epsilon": 0.01},
    ],
    "Nadam": [{"learning_rate": 0.05}, {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 0.01}],
    "RMSprop": [{"learning_rate": 0.05, "momentum": 0.5, "centered": True, "rho": 0.5}],
    "SGD": [{"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}],
    "Adam": [{"learning_rate": 0.05, "amsgrad": True}],
    "ScheduleFreeAdamW": [
        {"learning_rate": 0.05},
        {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 0.01, "warmup_steps": 5},
    ],
}
COMMON = {
    "decayed": {
        "weight_decay": 0.02,
        "clipnorm": 1.0,
        "use_ema": True,
        "ema_momentum": 0.7,
        "ema_overwrite_frequency": 6,
    },
    "accumulated": {"gradient_accumulation_steps": 3, "global_clipnorm": 1.5, "loss_scale_factor": 4.0},
    "cut": {"gradient_accumulation_steps": 2, "clipvalue": 0.3, "weight_decay": 0.02},
}


def optimizers(k, out):
    """Each optimizer over 20 steps, on two matrices and a vector, with each of its options."""
    for name, variants in OPTIMIZERS.items():
        cls = getattr(k.optimizers, name)
        for i, options in enumerate(variants):
            for dtype in DTYPES:
                out[f"optimizer/{name}/{i}/{dtype}"] = lambda c=cls, o=options, d=dtype: descend(k, c(**o), d)
        for key, common in COMMON.items():
            options = {**variants[0], **common}
            out[f"optimizer/{name}/{key}/float32"] = lambda c=cls, o=options: descend(k, c(**o), "float32")
    o = k.optimizers
    wrapped = {
        "scaled": lambda: o.LossScaleOptimizer(o.Adam(0.05), initial_scale=8.0, dynamic_growth_steps=4),
        "scaled/accumulated": lambda: o.LossScaleOptimizer(
            o.SGD(0.1, momentum=0.5, gradient_accumulation_steps=2), 2.0, 3
        ),
        "several": lambda: o.MultiOptimizer(
            o.OptimizerMap(o.SGD(0.1, momentum=0.5), {"embed.*": o.Adagrad(0.2), "b.*": o.Adam(0.05)}),
            loss_scale_factor=4.0,
        ),
    }
    for name, make in wrapped.items():
        out[f"optimizer/{name}/float32"] = lambda m=make, n=name: descend(k, m(), "float32", bad="scaled" in n)
    for name, make in schedules(k).items():
        if name.endswith("/0"):
            out[f"optimizer/{name}/float32"] = lambda m=make: descend(k, o.SGD(m(), momentum=0.5), "float32")


def descend(k, optimizer, dtype, bad=False):
    """The variables after some of 20 steps, the optimizer's own, and the final ones."""
    shapes = {"kernel": (3, 4), "bias": (5,), "embedding": (4, 2)}
    variables = [k.Variable(data(name, *shape).astype(dtype), name=name) for name, shape in shapes.items()]
    seen = []
    for step in range(20):
        # Noise around a bowl; now and then a gradient is large, or 0, or not finite.
        scale = (1.0, 20.0, 0.0, 0.1)[step % 4]
        grads = [scale * (0.3 * k.numpy(v) + data(f"noise {step}", *v.shape)) for v in variables]
        if bad and step in (4, 12):
            grads[1][2] = (np.nan, np.inf)[step // 12]
        apply(optimizer, [g.astype(dtype) for g in grads], variables)
        if step in (0, 1, 6):
            seen.extend(k.numpy(v).ravel() for v in variables)
    seen.extend(k.numpy(v).ravel() for v in [*variables, *optimizer.variables])
    optimizer.finalize_variable_values(variables)
    seen.extend(k.numpy(v).ravel() for v in variables)
    return np.concatenate([s.astype("float64") for s in seen])


def schedules(k):
    """Name -> what makes the schedule."""
    given = {
        "ExponentialDecay": [(0.5, 10, 0.7), (0.5, 10, 0.7, True)],
        "InverseTimeDecay": [(0.5, 10, 0.7), (0.5, 10, 0.7, True)],
        "PiecewiseConstantDecay": [([3, 11], [1.0, 0.5, 0.1]), ([5], [0.3, 0.2])],
        "PolynomialDecay": [(0.5, 10), (0.5, 10, 0.1, 2.0), (0.5, 10, 0.1, 0.5, True)],
        "CosineDecay": [(0.5, 15), (0.5, 15, 0.2), (0.1, 15, 0.1, "c", 0.7, 5), (0.1, 15, 0.0, "c", 0.7, 0)],
        "CosineDecayRestarts": [(0.5, 7), (0.5, 7, 1.0, 0.8), (0.5, 7, 1.5, 0.5, 0.1)],
    }
    return {
        f"schedule/{name}/{i}": lambda n=name, a=arguments: getattr(k.optimizers.schedules, n)(*a)
        for name, several in given.items()
        for i, arguments in enumerate(several)
    }


STEPS = (0, 1, 3, 4, 5, 6, 8, 10, 11, 12, 15, 16, 20, 22, 50, 123, 1000)


def rates(k, out):
    """Each schedule at some steps."""
    for name, make in schedules(k).items():
        out[name] = lambda m=make: np.array([float(m()(k.ops.convert_to_tensor(step))) for step in STEPS])


# Not sparsemax, which in Keras 3.15 does not sum to one.
SPARSE_ACTIVATIONS = {
    "glu": [{}, {"axis": 0}],
    "hard_shrink": [{}, {"threshold": 1.5}],
    "soft_shrink": [{}, {"threshold": 1.5}],
    "sparse_plus": [{}],
    "sparse_sigmoid": [{}],
    "squareplus": [{}, {"b": 1}],
    "tanh_shrink": [{}],
    "threshold": [{"threshold": 0.5, "default_value": 7.0}],
}


def activations(k, out):
    """The activations made of ops of the same name, on both sides of every threshold."""
    x = np.concatenate([np.linspace(-3, 3, 25), [0.5, -0.5, 1.0, -1.0, 0.0, 1e-4, -30.0, 30.0, 0.1, 0.2, 0.3]])
    for name, variants in SPARSE_ACTIVATIONS.items():
        for i, options in enumerate(variants):
            for dtype in DTYPES:
                out[f"activation/{name}/{i}/{dtype}"] = lambda n=name, o=options, d=dtype: getattr(k.activations, n)(
                    k.ops.convert_to_tensor(x.reshape(6, 6).astype(d)), **o
                )


WINDOWS = (
    "barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine", "exponential", "flattop",
    "hamming", "hann", "lanczos", "nuttall", "parzen", "taylor", "triang", "tukey",
)  # fmt: skip


def initial_values(k, out):
    """The initializers that are not random."""
    i = k.initializers
    cases = {
        "Identity": lambda d: i.Identity(2.0)((3, 4), dtype=d),
        "STFT": lambda d: i.STFT()((8, 1, 5), dtype=d),
        "STFT/imag": lambda d: i.STFT("imag", "hamming", "spectrum", periodic=True)((7, 1, 4), dtype=d),
        "STFT/none": lambda d: i.STFT("real", None, None)((4, 1, 3), dtype=d),
        "STFT/unscaled": lambda d: i.STFT("real", np.arange(1.0, 6.0), None)((5, 1, 3), dtype=d),
    }
    for name, make in cases.items():
        for dtype in DTYPES:
            out[f"initial/{name}/{dtype}"] = lambda m=make, d=dtype: m(d)
    for window in WINDOWS:
        for length in (1, 2, 9, 12):
            for periodic in (False, True):
                out[f"initial/window/{window}/{length}/{periodic}/float64"] = lambda w=window, n=length, p=periodic: (
                    i.STFT("real", w, None, p)((n, 1, 2), dtype="float64")
                )


def penalties(k, out):
    """The regularizer of orthogonality."""
    w = data("w", 4, 3)
    w[1] = 0
    for mode in ("rows", "columns"):
        for dtype in DTYPES:
            out[f"regularizer/{mode}/{dtype}"] = lambda m=mode, d=dtype: k.regularizers.OrthogonalRegularizer(0.5, m)(
                k.ops.convert_to_tensor(w.astype(d))
            )


def cases(k):
    """Name -> function that computes it with `k`, which is Keras or ckeras."""
    out = {}
    for make in (optimizers, rates, activations, initial_values, penalties):
        make(k, out)
    return out


def apply(optimizer, grads, variables):
    """A step. On JAX, one whose condition is a tensor works on values alone."""
    if type(optimizer).__name__ != "LossScaleOptimizer" or type(optimizer).__module__.startswith("ckeras"):
        optimizer.apply(grads, variables)
        return
    if not optimizer.built:
        optimizer.build(variables)
    values = [v.value for v in optimizer.variables], grads, [v.value for v in variables]
    stepped, states = optimizer.stateless_apply(*values)
    for variable, new in zip([*variables, *optimizer.variables], [*stepped, *states], strict=True):
        variable.assign(new)


def main(prefixes):
    """Compute cases with Keras and keep the values."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_ENABLE_X64"] = "1"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    modules = {name: getattr(keras, name) for name in MODULES}
    k = SimpleNamespace(Variable=keras.Variable, numpy=keras.ops.convert_to_numpy, **modules)
    kept = unpack(VALUES) if prefixes else {}
    values = {
        name: np.asarray(value(k, name, compute)) if name.startswith(prefixes) or name not in kept else kept[name]
        for name, compute in cases(k).items()
    }
    np.savez_compressed(VALUES, names=np.array(list(values)), **pack(values))
    print(f"{len(values)} values, {VALUES.stat().st_size} bytes")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
