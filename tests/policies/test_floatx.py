"""With `set_floatx("float64")` every part computes in float64, and nothing on its way is less exact."""

import inspect

import numpy as np
import pytest

import ckeras
from ckeras import Variable, config, layers, ops, registry

X = np.random.default_rng(0).uniform(0.1, 0.9, (4, 4))
ARGUMENTS = {
    "IoU": (2, (0,)),
    "MeanIoU": (2,),
    "OneHotIoU": (4, (0,)),
    "OneHotMeanIoU": (4,),
    "PrecisionAtRecall": (0.5,),
    "RecallAtPrecision": (0.5,),
    "SensitivityAtSpecificity": (0.5,),
    "SpecificityAtSensitivity": (0.5,),
    "threshold": (0.5, 0.0),
}
# What gives its arguments or constants, so that nothing can be said of its digits.
EXACT = {"linear", "relu", "relu6", "hard_tanh", "leaky_relu", "threshold", "Zeros", "Ones", "Constant", "Identity"}


@pytest.fixture(autouse=True)
def _float64():
    config.set_floatx("float64")
    yield
    config.set_floatx("float32")


def shipped(table, wanted=inspect.isclass):
    """The parts of a table by their own names."""
    parts = {table.resolve(name) for name in table.names()}
    return {part.__name__: part for part in parts if wanted(part) and part.__module__.startswith("ckeras.")}


def is_exact_to_float64(values):
    """Whether some of the values are not those of float32."""
    return not np.array_equal(values, values.astype("float32").astype("float64"))


INITIALIZERS = {n: p for n, p in shipped(registry.initializers).items() if n != "STFT"}
ACTIVATIONS = shipped(registry.activations, inspect.isfunction)
METRICS = {n: p for n, p in shipped(registry.metrics).items() if n not in ("Metric", "MeanMetricWrapper")}


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_initializers(name):
    found = INITIALIZERS[name]()((3, 3))
    assert found.dtype == "float64"
    assert name in EXACT or is_exact_to_float64(found.numpy())


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations(name):
    found, single = (ACTIVATIONS[name](ops.cast(X, d), *ARGUMENTS.get(name, ())) for d in ("float64", "float32"))
    assert (found.dtype, single.dtype) == ("float64", "float32")
    assert name in EXACT or is_exact_to_float64(found.numpy())
    np.testing.assert_allclose(found, single, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["L1", "L2", "L1L2", "OrthogonalRegularizer"])
def test_regularizers(name):
    assert shipped(registry.regularizers)[name]()(Variable(X)).dtype == "float64"


@pytest.mark.parametrize("name", ["MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"])
def test_constraints(name):
    assert shipped(registry.constraints)[name]()(Variable(X)).dtype == "float64"


@pytest.mark.parametrize("name", sorted(METRICS))
def test_metrics(name):
    metric = METRICS[name](*ARGUMENTS.get(name, ()))
    if name in ("Mean", "Sum"):
        metric.update_state(X)
    elif "Sparse" in name:
        metric.update_state(np.array([0, 1, 2, 0]), X)
    elif name in ("IoU", "MeanIoU"):
        metric.update_state((X > 0.5).astype(int), (X > 0.3).astype(int))
    else:
        metric.update_state((X > 0.5).astype("float64"), X)
    # What is counted in integers is a share in float32, as in Keras.
    assert metric.result().dtype == ("float32" if "IoU" in name else "float64")
    assert {v.dtype for v in metric.variables} <= {"float64", "int32", "int64"}


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "KLDivergence", "Huber", "Hinge", "Dice"])
def test_losses(name):
    found = getattr(ckeras.losses, name)()((X > 0.5).astype("float64"), X)
    assert found.dtype == "float64" and is_exact_to_float64(found.numpy())


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam"])
def test_optimizers(name):
    variable = Variable(X)
    optimizer = getattr(ckeras.optimizers, name)()
    optimizer.apply([ops.convert_to_tensor(X)], [variable])
    assert {v.dtype for v in [variable, *optimizer.variables]} <= {"float64", "int32"}
    assert not np.array_equal(variable, X)


def test_layers():
    inputs = ckeras.Input((4,))
    assert inputs.dtype == "float64"
    chain = [
        layers.Dense(4, "tanh", kernel_regularizer="l2", activity_regularizer="l1"),
        layers.Activation("gelu"),
        layers.Dropout(0.3),
        layers.Flatten(),
    ]
    x = X
    for layer in chain:
        x = layer(x, training=True)
        assert x.dtype == layer.compute_dtype == layer.dtype == "float64"
        assert layer.dtype_policy.name == "float64"
    assert is_exact_to_float64(x.numpy())
    assert {v.dtype for v in chain[0].weights} == {"float64"}
    assert {loss.dtype for loss in chain[0].losses} == {"float64"}


def test_training():
    model = ckeras.Sequential([layers.Input((4,)), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, X[:, :2], epochs=2, verbose=0)
    assert model.predict(X, verbose=0).dtype == np.float64
    assert {v.dtype for v in model.optimizer.variables} == {"float64", "int32"}
