"""bfloat16: arrays of ml_dtypes, computed with in float32."""

import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import Variable, config, layers, ops
from ckeras.tensor.dtypes import NUMPY

BFLOAT16 = NUMPY["bfloat16"]
X = np.array([[1.5, 2.25, -3.1], [0.1, -0.2, 4.0]], "float32")
ROUNDED = X.astype(BFLOAT16)
pytestmark = pytest.mark.filterwarnings("ignore:under 'mixed")


@pytest.fixture(autouse=True)
def _settings_of_its_own():
    yield
    config.reset()
    config.set_floatx("float32")


def test_cast_and_back():
    x = ops.cast(X, "bfloat16")
    assert x.dtype == "bfloat16" and x.numpy().dtype == BFLOAT16
    assert np.array_equal(ops.cast(x, "float32"), ROUNDED.astype("float32"))
    assert ops.cast(x, "int32").tolist() == [[1, 2, -3], [0, 0, 4]]
    assert np.isnan(float(ops.cast(np.nan, "bfloat16"))) and float(ops.cast(np.inf, "bfloat16")) == np.inf
    assert ops.convert_to_tensor(ROUNDED).dtype == "bfloat16"
    assert ckeras.backend.standardize_dtype(BFLOAT16) == "bfloat16"
    assert x.tolist() == ROUNDED.tolist() and "bfloat16" in repr(x)


@pytest.mark.parametrize(
    ("other", "met"),
    [
        ("bool", "bfloat16"),
        ("int64", "bfloat16"),
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
        ("bfloat16", "bfloat16"),
    ],
)
def test_promotion(other, met):
    assert (ops.cast(X, "bfloat16") + ops.ones((2, 3), other)).dtype == met
    assert (ops.cast(X, "bfloat16") + 1.5).dtype == (ops.cast(X, "bfloat16") * 2).dtype == "bfloat16"


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x + x,
        lambda x: x * 1.1 - 2,
        lambda x: ops.exp(x) / 3,
        lambda x: ops.matmul(x, ops.transpose(x)),
        lambda x: ops.sum(x, axis=0),
        lambda x: ops.mean(x),
        lambda x: ops.max(x, axis=-1),
        lambda x: ops.softmax(x),
        lambda x: ops.where(x > 0, x, 0),
        lambda x: ops.concatenate([x, x], axis=1)[:, 1:],
        lambda x: ops.pad(ops.reshape(x, (3, 2)), [(1, 0), (0, 1)]),
        lambda x: ops.take(x, [0, 2], axis=1),
        lambda x: ops.binary_crossentropy(ops.ones_like(x), x, from_logits=True),
    ],
)
def test_arithmetic_is_float32_rounded(compute):
    """Each op rounds once; the few ops of a case may differ from float32 by as many roundings."""
    x = ops.convert_to_tensor(ROUNDED)
    eager, compiled = compute(x), ckeras.function(compute)(x)
    expected = np.asarray(compute(ops.cast(x, "float32")))
    assert eager.dtype == compiled.dtype == compute(ckeras.KerasTensor((2, 3), "bfloat16")).dtype == "bfloat16"
    np.testing.assert_allclose(np.asarray(eager, "float32"), expected, rtol=2**-6, atol=2**-7)
    np.testing.assert_allclose(np.asarray(compiled, "float32"), expected, rtol=2**-6, atol=2**-7)


def test_one_op_rounds_once():
    assert np.array_equal((ops.convert_to_tensor(ROUNDED) * 1.0).numpy(), ROUNDED)
    product = ops.multiply(ROUNDED, ROUNDED).numpy()
    assert np.array_equal(product, (ROUNDED.astype("float32") ** 2).astype(BFLOAT16))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ops.zeros(2, "bfloat16"),
        lambda: ops.full((2,), 3, "bfloat16"),
        lambda: ops.arange(3, dtype="bfloat16"),
        lambda: ops.eye(2, dtype="bfloat16"),
        lambda: ops.linspace(0, 1, 3, dtype="bfloat16"),
        lambda: ops.one_hot([1], 3, dtype="bfloat16"),
        lambda: ckeras.random.normal((2,), dtype="bfloat16"),
        lambda: ckeras.random.uniform((2,), dtype="bfloat16"),
        lambda: ckeras.initializers.HeNormal()((2, 2), dtype="bfloat16"),
    ],
)
def test_creation(make):
    assert make().dtype == "bfloat16" and make().numpy().dtype == BFLOAT16


def test_variables():
    v = Variable([1.0, 2.0], dtype="bfloat16")
    v.assign(ROUNDED[0, :2])
    v.assign_add([1, 1])
    assert v.dtype == "bfloat16" and np.asarray(v).tolist() == [2.5, 3.25]

    def gradient():
        with ckeras.GradientTape() as tape:
            loss = ops.sum(ops.square(v))
        return tape.gradient(loss, v)

    for found in (gradient(), ckeras.function(gradient)()):
        assert found.dtype == "bfloat16" and found.tolist() == [5, 6.5]
    for twin in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        assert twin.dtype == "bfloat16" and np.asarray(twin).tolist() == [2.5, 3.25]


@pytest.mark.parametrize(("policy", "weights"), [("mixed_bfloat16", "float32"), ("bfloat16", "bfloat16")])
def test_training(policy, weights):
    config.set_dtype_policy(policy)
    ckeras.utils.set_random_seed(1)
    model = ckeras.Sequential([layers.Input((3,)), layers.Dense(8, "tanh"), layers.Dense(1)])
    model.compile(ckeras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    history = model.fit(x, x[:, :1], epochs=8, verbose=0).history
    assert history["loss"][-1] < 0.6 * history["loss"][0]
    assert {v.dtype for v in model.weights} == {weights}
    assert model.predict(x, verbose=0).dtype == BFLOAT16 and model(x).dtype == "bfloat16"
    assert np.isfinite(model.evaluate(x, x[:, :1], verbose=0)).all()
    model.set_weights([w.astype(BFLOAT16) for w in model.get_weights()])


def test_bfloat16_as_the_default_float_type():
    config.set_floatx("bfloat16")
    model = ckeras.Sequential([layers.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)
    assert model.predict(X.astype("float64"), verbose=0).dtype == BFLOAT16
    assert model.predict(ROUNDED, verbose=0).dtype == BFLOAT16
    assert ops.ones(2).dtype == "bfloat16"
