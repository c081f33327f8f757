"""Every case of `make_layers_values.py`, and of the scripts for recurrent layers and attention, in `tests/data`.

Results, gradients, masks and configs as Keras has them, and what holds for each layer: symbolic and compiled calls,
empty batches, mixed policies, copies.
"""

import copy
import inspect
import json
import pickle

import numpy as np
import pytest
import reference

import ckeras
from ckeras import layers, ops
from ckeras.autograd import GradientTape
from ckeras.tensor.structure import flatten, map_structure

others = [reference.script(f"make_{part}_values") for part in ("recurrent", "attention", "conv_lstm")]
script = others[0].layers_values
EXPECTED = script.reference()
for other in others:
    EXPECTED.update(other.reference())
    script.CASES.update(other.CASES)
CASES = pytest.mark.parametrize("name", script.CASES)
TOLERANCE = {"float32": 2e-5, "float64": 2e-6}  # the reference is stored in float32
pytestmark = pytest.mark.filterwarnings("ignore:under 'mixed", "ignore:A lambda is saved")


def built(case, dtype="float64"):
    """A layer with the weights of the case, and its arguments."""
    args, call = script.arguments(case, dtype)
    layer = script.make_layer(ckeras, case, dtype)
    layer(*args, **call)
    script.fill(layer)
    return layer, args, call


def outputs(layer, args, call):
    """The tensors that a call returns; what it changes is set back."""
    before = [(v, v.numpy()) for v in layer.variables]
    found = flatten(layer(*args, **call))
    for v, value in before:
        v.assign(value)
    return found


def total(outputs):
    return sum(ops.sum(y * script.numbers("g", *y.shape).astype(y.dtype)) for y in flatten(outputs))


def inexact(args):
    return [x for x in flatten(args) if x.dtype.kind == "f"]


def compute(case, dtype):
    layer, args, call = built(case, dtype)
    args = [ops.convert_to_tensor(a) if not isinstance(a, list) else [*map(ops.convert_to_tensor, a)] for a in args]
    inputs = {f"x{i}": x for i, x in enumerate(flatten(args))}
    inputs = inputs if all(x.dtype == dtype for x in inputs.values()) else {}
    weights = {script.label(layer, v): v for v in layer.trainable_variables}
    with GradientTape() as tape:
        tape.watch(list(inputs.values()))
        y = layer(*args, **call)
        value = total(y)
    sources = weights | inputs
    found = tape.gradient(value, list(sources.values()), unconnected_gradients="zero")
    state = {v.name: v.value for v in layer.non_trainable_variables if "seed" not in v.path}
    masks = None
    if case.mask is not None:
        masks = layer.compute_mask(args[0], script.array(script.masks_of(case.mask), "mask"))
    return script.results(layer, flatten(y), dict(zip(sources, found, strict=True)), state, masks)


@CASES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_and_gradients(name, dtype):
    found, expected = compute(script.CASES[name], dtype), EXPECTED[name][0]
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        got = np.asarray(found[key])
        assert got.shape == value.shape, key
        if key[0] == "y":
            assert got.dtype == dtype
        scale = np.abs(value).max(initial=1)
        np.testing.assert_allclose(got, value, TOLERANCE[dtype], TOLERANCE[dtype] * scale, err_msg=key)


@CASES
def test_gradients_against_central_differences(name):
    case = script.CASES[name]
    if case.options.get("renorm") and case.call:
        return  # it takes functions of the batch as constants
    layer, args, call = built(case)
    inputs = [ops.convert_to_tensor(x) for x in inexact(args)]
    weights = [v for v in layer.trainable_variables if v.dtype == "float64"]
    state = [v for v in layer.variables if not v.trainable]
    before = [v.numpy() for v in state]

    def value():
        given = iter(inputs)
        tensors = [
            [next(given) if x.dtype.kind == "f" else x for x in a] if isinstance(a, list)
            else next(given) if a.dtype.kind == "f" else a
            for a in args
        ]  # fmt: skip
        result = total(layer(*tensors, **call))
        for v, old in zip(state, before, strict=True):
            v.assign(old)
        return result

    with GradientTape() as tape:
        tape.watch(inputs)
        y = value()
    gradients = tape.gradient(y, [*weights, *inputs], unconnected_gradients="zero")
    size = 1e-6
    for i, gradient in enumerate(map(np.asarray, gradients)):
        direction = script.numbers("direction", *gradient.shape)
        ends = []
        for sign in (1, -1):
            if i < len(weights):
                start = weights[i].numpy()
                weights[i].assign(start + sign * size * direction)
                ends.append(float(value()))
                weights[i].assign(start)
            else:
                at = i - len(weights)
                start = inputs[at]
                inputs[at] = start + sign * size * direction
                ends.append(float(value()))
                inputs[at] = start
        expected = (ends[0] - ends[1]) / (2 * size)
        np.testing.assert_allclose(np.sum(gradient * direction), expected, 1e-5, 1e-7)


def plain(config):
    return json.loads(json.dumps(config))


@CASES
def test_config(name):
    case, expected = script.CASES[name], EXPECTED[name][1]
    layer, args, call = built(case)
    config = plain(layers.serialize(layer))
    if expected.get("build_config") == {"input_shape": None}:  # preprocessing layers of Keras forget it
        expected = {**expected, "build_config": config.get("build_config")}
        expected = {key: value for key, value in expected.items() if value is not None or key in config}
    assert config == expected
    twin = layers.deserialize(expected)
    assert type(twin) is type(layer) and plain(layers.serialize(twin)) == expected
    twin(*args, **call)
    script.fill(twin)
    assert [script.label(twin, v) for v in twin.weights] == [script.label(layer, v) for v in layer.weights]
    for a, b in zip(outputs(twin, args, call), outputs(layer, args, call), strict=True):
        np.testing.assert_array_equal(a, b)


@CASES
def test_copies(name):
    layer, args, call = built(script.CASES[name])
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        for a, b in zip(outputs(twin, args, call), outputs(layer, args, call), strict=True):
            np.testing.assert_array_equal(a, b)


def symbols(args):
    def symbol(x):
        return ckeras.KerasTensor((None, *x.shape[1:]), str(x.dtype))

    return [[*map(symbol, a)] if isinstance(a, list) else symbol(a) for a in args]


@CASES
@pytest.mark.parametrize("dtype", ["float64", "mixed_float16"])
def test_symbolic_call(name, dtype):
    case = script.CASES[name]
    args, call = script.arguments(case, "float64" if dtype == "float64" else "float32")
    results = script.make_layer(ckeras, case, dtype)(*args, **call)
    given = {k: symbols([v])[0] if isinstance(v, np.ndarray) else v for k, v in call.items()}
    symbolic = script.make_layer(ckeras, case, dtype)(*symbols(args), **given)
    for y, s in zip(flatten(results), flatten(symbolic), strict=True):
        assert (s.shape[1:], s.dtype) == (y.shape[1:], y.dtype)
        assert s.shape[0] is None
    layer = script.make_layer(ckeras, case, dtype)
    shapes = [[tuple(t.shape) for t in s] if isinstance(s, list) else tuple(s.shape) for s in symbols(args)]
    required = [p for p in inspect.signature(layer.compute_output_shape).parameters.values() if p.default is p.empty]
    found = layer.compute_output_shape(*shapes[: len(required)], **{k: v for k, v in call.items() if k == "reverse"})
    expected = map_structure(lambda y: tuple(y.shape), symbolic)
    assert found == (expected[0] if call.get("return_attention_scores") else expected)


@CASES
def test_compiled_call(name):
    layer, args, call = built(script.CASES[name])
    expected = outputs(layer, args, call)
    compiled = ckeras.function(lambda *a: layer(*a, **call))
    for a, b in zip(flatten(compiled(*args)), expected, strict=True):
        np.testing.assert_allclose(a, b, 1e-12, 1e-12)


@CASES
def test_compiled_gradients(name):
    layer, args, call = built(script.CASES[name])
    weights, before = layer.trainable_variables, [(v, v.numpy()) for v in layer.variables]

    def gradients(*args):
        with GradientTape() as tape:
            value = total(layer(*args, **call))
        return tape.gradient(value, weights, unconnected_gradients="zero")

    expected = gradients(*args)
    for v, value in before:
        v.assign(value)
    for a, b in zip(ckeras.function(gradients)(*args), expected, strict=True):
        np.testing.assert_allclose(a, b, 1e-10, 1e-10)


@CASES
def test_functional_model(name):
    case = script.CASES[name]
    if any(isinstance(v, np.ndarray) for v in script.arguments(case)[1].values()):
        return  # its mask or weights are constants of one batch size
    layer, args, call = built(case, "float32")
    expected = outputs(layer, args, call)
    inputs = [
        [ckeras.Input(x.shape[1:], dtype=str(x.dtype)) for x in a] if isinstance(a, list)
        else ckeras.Input(a.shape[1:], dtype=str(a.dtype))
        for a in args
    ]  # fmt: skip
    first, data = (flatten(inputs), flatten(args)) if len(args) > 1 else (inputs[0], args[0])
    model = ckeras.Model(first, layer(*inputs, **call))
    twin = ckeras.Model.from_config(plain(model.get_config()))
    twin.set_weights(model.get_weights())
    for each in (model, twin):
        for a, b in zip(flatten(each.predict(data, verbose=0)), expected, strict=True):
            np.testing.assert_allclose(a, b, 1e-5, 1e-5)


@CASES
def test_empty_batch(name):
    case = script.CASES[name]
    layer, args, call = built(case)
    results = layer(*([x[:0] for x in a] if isinstance(a, list) else a[:0] for a in args), **{
        k: map_structure(lambda x: x[:0] if isinstance(x, np.ndarray) else x, v) for k, v in call.items()
    })  # fmt: skip
    for y, full in zip(flatten(results), flatten(layer(*args, **call)), strict=True):
        assert y.shape == (0, *full.shape[1:])


@CASES
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_narrow_dtypes(name, dtype):
    case = script.CASES[name]
    exact, args, call = built(case, "float32")
    narrow = script.make_layer(ckeras, case, dtype)
    narrow(*args, **call)
    narrow.set_weights(exact.get_weights())
    stored = "float32" if dtype.startswith("mixed") else dtype
    assert {v.dtype for v in narrow.weights} <= {stored, "int32"}
    for a, b in zip(outputs(narrow, args, call), outputs(exact, args, call), strict=True):
        assert a.dtype == dtype.removeprefix("mixed_")
        scale = np.abs(b.numpy()).max(initial=1)
        np.testing.assert_allclose(ops.cast(a, "float32"), b, 5e-2, 5e-2 * scale)


def test_every_layer_has_a_case():
    """Layers whose cases are in other files are named here."""
    elsewhere = {
        "InputLayer", "InputSpec", "Input", "Layer", "Merge", "Pipeline", "Wrapper", "ThresholdedReLU",
        "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization",
    }  # fmt: skip
    classes = {v.__name__: v for v in (getattr(layers, n) for n in layers.__all__) if inspect.isclass(v)}
    folders = ("ckeras.layers.preprocessing.image", "ckeras.layers.preprocessing.audio")  # test_image_layers_values.py
    elsewhere |= {name for name, v in classes.items() if v.__module__.startswith(folders)}
    assert classes.keys() - elsewhere == {getattr(layers, case.layer).__name__ for case in script.CASES.values()}
