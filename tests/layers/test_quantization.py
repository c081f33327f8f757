"""Quantized weights: values, gradients, training and files are those of Keras."""

import json

import numpy as np
import pytest
from reference import script

import ckeras
from ckeras import layers, ops, quantizers
from ckeras.quantizers import groups

MAKE = script("make_quantized_values")
EXPECTED = dict(np.load(MAKE.VALUES))
OPTIONS = MAKE.options(quantizers)
NAMES = sorted({key.partition("/")[0] for key in EXPECTED if "." in key.partition("/")[0]})


def made(name):
    """The layer of a case, quantized, with its input, the arguments of the call, and its weights' shapes before."""
    case, _, option = name.partition(".")
    layer, x, arguments = MAKE.cases(layers)[case]
    MAKE.prepared(case, layer, x)
    before = {w.name: w.shape for w in layer.weights}
    config = OPTIONS[option]
    layer.quantize(config.mode if len(name) % 2 else None, config=config)
    return layer, x, arguments, before


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients(name):
    layer, x, arguments, before = made(name)
    config = layer.quantization_config
    assert layer.quantization_mode == config.mode
    assert layer.dtype_policy.name == f"{config.dtype_policy_string()}_from_float32"
    expected = {k.partition("/")[2]: v for k, v in EXPECTED.items() if k.startswith(f"{name}/")}
    assert {w.name for w in layer.weights} == set(expected) - {"y", "gradient"}
    for weight in layer.weights:
        wanted = expected[weight.name]
        # Keras keeps the zeros of a second table as floats
        assert weight.dtype == ("int8" if weight.name == "reverse_embeddings_zero" else str(wanted.dtype))
        assert weight.trainable == (config.mode == "float8" or weight.name == "bias")
        np.testing.assert_allclose(weight.numpy().reshape(wanted.shape), wanted, rtol=1e-6, err_msg=weight.name)
        if config.mode == "int8" and weight.name in before:
            assert weight.shape == before[weight.name]
    np.testing.assert_allclose(layer(x, **arguments), expected["y"], rtol=2e-5, atol=1e-5)
    compiled = ckeras.function(lambda v: layer(v, **arguments))
    np.testing.assert_allclose(compiled(ops.array(x)), expected["y"], rtol=2e-5, atol=1e-5)
    if "gradient" in expected:
        x = ops.array(x)
        for function in (lambda v: layer(v, **arguments), compiled):
            with ckeras.GradientTape() as tape:
                tape.watch(x)
                loss = ops.sum(ops.square(function(x)))
            np.testing.assert_allclose(tape.gradient(loss, x), expected["gradient"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if name.partition(".")[0] in ("dense", "einsum_moved", "embedding", "reversible_untied")],
)
def test_config_and_variables_make_an_equal_layer(name):
    layer, x, arguments, _ = made(name)
    config = json.loads(json.dumps(layers.serialize(layer)))
    copy, store = layers.deserialize(config), {}
    if not copy.built:
        copy.build(x.shape)
    assert copy.dtype_policy.name == layer.dtype_policy.name
    assert copy.quantization_config.get_config() == layer.quantization_config.get_config()
    assert {(w.name, w.shape, w.dtype) for w in copy.weights} == {(w.name, w.shape, w.dtype) for w in layer.weights}
    layer.save_own_variables(store)
    names = layer.variable_serialization_spec[layer.quantization_mode]
    kept = [getattr(layer, f"_{n}" if hasattr(layer, f"_{n}") else n, None) for n in names]
    assert [store[str(i)].tolist() for i in range(len(store))] == [v.numpy().tolist() for v in kept if v is not None]
    copy.load_own_variables(store)
    np.testing.assert_array_equal(copy(x, **arguments), layer(x, **arguments))


@pytest.mark.parametrize("name", MAKE.CALIBRATED)
def test_calibrated_models(name, tmp_path):
    model, structure = MAKE.calibrated(ckeras, name)
    ordered = MAKE.CALIBRATED[name].get("activation_order")  # by numbers of which some differ by rounding alone
    for block in structure["sequential_blocks"][: 1 if ordered else None]:
        for layer in (block.heads, block.joined, block.wide, *(() if ordered else [block.narrow])):
            assert layer.quantization_mode == name.partition("_")[0] and layer._kernel is None
            for part in MAKE.PARTS:
                key = f"{name}/{block.name}/{layer.name}/{part}"
                if key in EXPECTED:
                    found, wanted = getattr(layer, part).numpy(), EXPECTED[key]
                    assert found.shape == wanted.shape and found.dtype == wanted.dtype
                    if found.dtype == "uint8":
                        assert (found == wanted).mean() > 0.93, key
                    else:  # scales of awq are powers of activations, which may be in the tail of gelu
                        np.testing.assert_allclose(found, wanted, rtol=0.02 if "awq" in name else 1e-4, err_msg=key)
    assert model.layers[-1].quantization_mode is None
    expected = EXPECTED[f"{name}/y"]
    if not ordered:
        np.testing.assert_allclose(model(MAKE.TOKENS), expected, atol=1e-3 * np.abs(expected).max())
    if "groups" in name:
        weights = model.get_weights()
        model.save_weights(tmp_path / "m.weights.h5")
        for weight in model.weights:
            weight.assign(np.zeros(weight.shape))
        model.load_weights(tmp_path / "m.weights.h5")
        for one, other in zip(model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "group", [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [2.0, 3.0, 4.0], [-3.0, -2.5, -2.0], [-1e-9, 0.0, 1.0]]
)
def test_groups_of_one_sign_keep_their_values(group):
    """Which Keras 3.15 clips, or makes 0."""
    x = np.array(group, "float32")[:, None]
    parts = quantizers.abs_max_quantize_grouped_with_zero_point(x, 3)
    values, scale, zero = (part.numpy().astype("float32") for part in parts)
    np.testing.assert_allclose((values - zero) * scale, x, atol=0.55 * scale.max())
    for symmetric in (False, True):
        scale, zero = groups.affine_parameters(x.T, 8, symmetric)
        found = (groups.to_groups(x.T, scale, zero, 8) - zero.astype("float32")) * scale
        np.testing.assert_allclose(found, x.T, atol=1.1 * scale.max())


def test_functions_of_the_namespace():
    expected = {key: value for key, value in EXPECTED.items() if key.startswith("functions/")}
    found = MAKE.functions(quantizers, ops)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key].dtype == value.dtype and found[key].shape == value.shape, key
        np.testing.assert_allclose(found[key], value, rtol=1e-6, atol=1e-6, err_msg=key)


def test_gradients_of_fake_quantization():
    x, low, high = (ops.array(v, "float32") for v in ([[-2.0, 0.3], [0.5, 3.0]], [-1.0, 0.0], [1.0, 2.0]))
    with ckeras.GradientTape() as tape:
        tape.watch([x, low, high])
        y = quantizers.fake_quant_with_min_max_vars(x, low, high, axis=1)
        loss = ops.sum(y * ops.array([[1.0, 2.0], [3.0, 4.0]]))
    found = [g.tolist() for g in tape.gradient(loss, [x, low, high])]
    assert found == [[[0.0, 2.0], [3.0, 0.0]], [1.0, 0.0], [0.0, 4.0]]
    first = quantizers.fake_quant_with_min_max_vars(ops.transpose(x), low, high, axis=0)
    np.testing.assert_array_equal(ops.transpose(first), y)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_an_update_is_added_to_a_quantized_product(mode):
    x = np.random.default_rng(0).standard_normal((3, 4, 6)).astype("float32")
    for layer in (layers.Dense(5), layers.EinsumDense("abc,cd->abd", output_shape=(None, 5))):
        layer.build(x.shape)
        layer.quantize(mode)
        before = layer(x).numpy()
        layer.enable_lora(2, lora_alpha=3.0)
        assert [w.shape for w in layer.trainable_weights][-2:] == [(6, 2), (2, 5)]
        np.testing.assert_allclose(layer(x), before, rtol=1e-6)
        layer.lora_kernel_b.assign(np.ones((2, 5)))
        update = 1.5 * (x @ layer.lora_kernel_a.numpy()) @ np.ones((2, 5))
        np.testing.assert_allclose(layer(x), before + update, rtol=1e-4, atol=1e-5)
        assert layer.kernel.shape == (6, 5)
    layer = layers.Dense(2)
    layer.build((None, 3))
    layer.quantize("float8")
    with pytest.raises(NotImplementedError, match="without update"):
        layer.enable_lora(1)


def test_training_in_floats_of_8_bits():
    model, x, losses = MAKE.trained(ckeras)
    np.testing.assert_allclose(losses, EXPECTED["trained/losses"], rtol=1e-4)
    for layer in model.layers:
        for weight in layer.weights:
            expected = EXPECTED[f"trained/{layer.name}/{weight.name}"]
            np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-6, err_msg=weight.name)
    np.testing.assert_allclose(model(x), EXPECTED["trained/y"], rtol=1e-4, atol=1e-5)


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
        (lambda: model().quantize(), ValueError, "expects a mode or a config"),
        (lambda: model().quantize("int8", config={}), ValueError, "config to be a QuantizationConfig, got {}"),
        (lambda: model().quantize("int8", quantizers.Int4QuantizationConfig()), ValueError, "a config of mode 'int4'"),
        (lambda: model().quantize("gptq"), ValueError, "expects config to be of type GPTQConfig"),
        (lambda: model().quantize("awq", quantizers.GPTQConfig(None, None)), ValueError, "a config of mode 'gptq'"),
        (lambda: model().quantize(config=quantizers.AWQConfig(["a"], str)), ValueError, "'sequential_blocks'"),
        (lambda: layers.Embedding(3, 2).quantize("float8"), NotImplementedError, r"one of \('int8', 'int4'\)"),
        (lambda: quantizers.Int8QuantizationConfig(activation_quantizer="max"), ValueError, "'default', got 'max'"),
        (lambda: quantizers.Int4QuantizationConfig(block_size=0), ValueError, "-1 or a positive integer, got 0"),
        (
            lambda: quantizers.Int4QuantizationConfig(activation_quantizer=quantizers.AbsMaxQuantizer()),
            ValueError,
            "quantizers or blocks, not both",
        ),
        (lambda: quantizers.AbsMaxQuantizer(value_range=(-200, 200)), ValueError, r"within \[-128, 127\]"),
        (lambda: quantizers.GPTQConfig(None, None, weight_bits=5), ValueError, "2, 3, 4 or 8, got 5"),
        (lambda: quantizers.GPTQConfig(None, None, hessian_damping=2), ValueError, "from 0 to 1, got 2"),
        (lambda: quantizers.AWQConfig(None, None, weight_bits=8), ValueError, "weight_bits to be 4, got 8"),
        (lambda: quantizers.AWQConfig(None, None, num_samples=0), ValueError, "num_samples"),
        (lambda: quantizers.get("abs_min"), ValueError, "expected a quantizer"),
        (lambda: quantizers.pack_int4(np.zeros(3)), TypeError, "dtype int8, got float64"),
        (lambda: quantizers.unpack_int4(np.zeros(3), 3), TypeError, "int8 or uint8, got float64"),
        (lambda: quantizers.unpack_int4(np.zeros(3, "int8"), 3, 0, "int4"), ValueError, "'int8' or 'uint8'"),
        (lambda: model().quantize("int8", filters=[3]), ValueError, "regular expressions"),
        (lambda: Own(2).quantize("int8"), NotImplementedError, "subclass of Dense"),
        (
            lambda: layers.Embedding(2, 3, dtype="gptq/4/8_from_float32").build((1, 2)),
            NotImplementedError,
            r"\('int8', 'int4'\), got 'gptq'",
        ),
        (lambda: layers.Dense(2).quantized_call(1), ValueError, "not quantized"),
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
