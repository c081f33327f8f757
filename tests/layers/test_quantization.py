"""Weights in integers of 8 bits: values, gradients and files are those of Keras."""

import numpy as np
import pytest
from reference import script

import ckeras
from ckeras import layers, ops

MAKE = script("make_quantized_values")
EXPECTED = dict(np.load(MAKE.VALUES))
NAMES = list(MAKE.cases(layers))


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients(name):
    layer, x, arguments = MAKE.cases(layers)[name]
    MAKE.prepared(name, layer, x)
    before = {w.name: w.shape for w in layer.weights}
    layer.quantize("int8")
    assert layer.quantization_mode == "int8" and layer.dtype_policy.name == "int8_from_float32"
    assert {w.name for w in layer.weights} == {k.partition("/")[2] for k in EXPECTED if k.startswith(f"{name}/")} - {
        "y", "gradient"
    }  # fmt: skip
    for weight in layer.weights:
        expected = EXPECTED[f"{name}/{weight.name}"]
        assert weight.dtype == str(expected.dtype) and weight.trainable == (weight.name == "bias")
        np.testing.assert_allclose(weight.numpy().reshape(expected.shape), expected, rtol=1e-6)
        assert weight.name.endswith("_scale") or weight.shape == before[weight.name]
    np.testing.assert_allclose(layer(x, **arguments), EXPECTED[f"{name}/y"], rtol=2e-5, atol=1e-5)
    compiled = ckeras.function(lambda v: layer(v, **arguments))
    np.testing.assert_allclose(compiled(ops.array(x)), EXPECTED[f"{name}/y"], rtol=2e-5, atol=1e-5)
    if f"{name}/gradient" not in EXPECTED:
        return
    for function in (lambda v: layer(v, **arguments), compiled):
        x = ops.array(x)
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            loss = ops.sum(ops.square(function(x)))
        np.testing.assert_allclose(tape.gradient(loss, x), EXPECTED[f"{name}/gradient"], rtol=1e-4, atol=1e-4)


def model():
    return ckeras.Sequential(
        [ckeras.Input((6,)), layers.Dense(8, "relu", name="a"), layers.Dropout(0.1), layers.Dense(2, name="b")]
    )


def test_a_model_is_quantized_saved_and_loaded(tmp_path):
    x, m = np.random.default_rng(0).standard_normal((5, 6)).astype("float32"), model()
    before = m.predict(x, verbose=0)
    m.quantize("int8")
    found = m.predict(x, verbose=0)
    assert 0 < np.abs(found - before).max() < 0.1
    np.testing.assert_allclose(m(x), found, rtol=1e-6, atol=1e-7)
    m.save(tmp_path / "m.keras")
    loaded = ckeras.saving.load_model(tmp_path / "m.keras")
    assert [w.dtype for w in loaded.weights] == [w.dtype for w in m.weights]
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), found)
    with pytest.raises(ValueError, match="quantized already"):
        m.quantize("int8")


@pytest.mark.parametrize("filters", ["a", ["^a$", "no"], lambda layer: layer.name == "a"])
def test_filters_choose_layers(filters):
    m = model()
    m.quantize("int8", filters=filters)
    assert [layer.quantization_mode for layer in m.layers] == ["int8", None, None]


def test_a_part_that_is_quantized_lets_the_rest_be_trained():
    m = model()
    m.quantize("int8", filters="a")
    m.compile("sgd", "mse")
    x = np.random.default_rng(0).standard_normal((32, 6))
    losses = m.fit(x, x[:, :2], epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert len(m.trainable_weights) == 3


def test_files_hold_variables_in_the_order_of_keras():
    layer, store = layers.Dense(2), {}
    layer.build((None, 3))
    layer.quantize("int8")
    layer.save_own_variables(store)
    assert [store[key].shape for key in "012"] == [(3, 2), (2,), (2,)]


class Own(layers.Dense):
    pass


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: layers.Dense(2).quantize("int8"), ValueError, "is built"),
        (lambda: layers.Dropout(0.1).quantize("int8"), NotImplementedError, "no weights that are quantized"),
        (lambda: model().quantize("int3"), ValueError, "one of"),
        (lambda: model().quantize(), ValueError, "expects a mode"),
        (lambda: model().quantize("float8"), NotImplementedError, "expects the mode 'int8', got 'float8'"),
        (lambda: model().quantize("int8", config={}), NotImplementedError, "config=None"),
        (lambda: model().quantize("int8", filters=[3]), ValueError, "regular expressions"),
        (lambda: Own(2).quantize("int8"), NotImplementedError, "subclass of Dense"),
        (lambda: layers.Dense(2, dtype="int4_from_float32").build((1, 2)), NotImplementedError, "'int8', got 'int4'"),
        (lambda: layers.Dense(2).quantized_call(1), ValueError, "not quantized"),
        (lambda: ckeras.callbacks.OrbaxCheckpoint("x"), NotImplementedError, "use ModelCheckpoint"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("equation, shape", [("...x,xy->...y", (4,)), ("ax...,xy->ay...", (4,))])
def test_equations_with_an_ellipsis(equation, shape):
    # Keras 3.15 fails to quantize these
    x = np.random.default_rng(0).standard_normal((3, 6, 6)).astype("float32")
    layer = layers.EinsumDense(equation, output_shape=shape)
    expected = layer(x).numpy()
    layer.quantize("int8")
    assert 0 < np.abs(layer(x).numpy() - expected).max() < 0.1
