"""Masks: made by layers, carried by tensors through layers and models, and applied by losses and metrics."""

import json
import warnings

import numpy as np
import pytest
import reference

import ckeras
from ckeras import layers, ops
from ckeras.autograd import GradientTape
from ckeras.tensor.masks import get_mask

script = reference.script("make_mask_values")
EXPECTED = json.loads(script.VALUES.read_text())
X = script.data()[0][:2]
OWN = script.layers(ckeras)


@pytest.fixture(scope="module")
def trained():
    return script.training(ckeras)


@pytest.mark.filterwarnings("ignore:Layer 'drops")
@pytest.mark.parametrize("case", EXPECTED["training"])
def test_masks_reach_losses_and_metrics_as_in_keras(trained, case):
    expected, found = EXPECTED["training"][case], trained[case]
    np.testing.assert_allclose(found["loss"], expected["loss"], 2e-5)
    assert found["evaluated"].keys() == expected["evaluated"].keys()
    for name, value in expected["evaluated"].items():
        np.testing.assert_allclose(found["evaluated"][name], value, 2e-5)


@pytest.fixture(scope="module")
def called():
    return script.calls(ckeras)


@pytest.mark.parametrize("case", EXPECTED["calls"])
def test_layers_receive_and_give_masks_as_in_keras(called, case):
    expected, found = EXPECTED["calls"][case], called[case]
    assert found["masks"] == expected["masks"]
    assert found["warned"] == expected["warned"]
    for y, e in zip(found["outputs"], expected["outputs"], strict=True):
        np.testing.assert_allclose(y, e, 1e-4, 1e-5)


def test_metrics_of_training_are_masked_like_those_of_an_evaluation():
    x, y, weights = script.data()
    model = script.models(ckeras)["chain"]()
    model.compile(ckeras.optimizers.SGD(0.0), "mse", metrics=["mae"], weighted_metrics=["mse"])
    logs = model.fit(x, y, sample_weight=weights, verbose=0).history
    evaluated = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    np.testing.assert_allclose([logs[k][0] for k in evaluated], list(evaluated.values()), 1e-5)
    kept_steps = np.any(x != 0, -1)
    error = np.abs(model.predict(x, verbose=0) - y).mean(-1)
    np.testing.assert_allclose(logs["mae"][0], error[kept_steps].mean(), 1e-5)


def test_the_warning_of_a_dropped_mask_names_the_layer_and_points_here():
    x = OWN["Masking"]()(X)
    with pytest.warns(UserWarning, match=r"'flat' \(of type Flatten\) was passed an input with a mask") as caught:
        layers.Flatten(name="flat")(x)
    assert [w.filename for w in caught] == [__file__]


def test_a_mask_is_not_left_on_the_caller_s_tensor():
    x = ops.convert_to_tensor(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = OWN["Masking"]()(x)
        z = ops.sum(y * y)
    assert get_mask(y) is not None and get_mask(x) is None
    np.testing.assert_allclose(tape.gradient(z, x), 2 * X)


def test_a_mask_given_to_a_model_reaches_its_layers_and_not_the_caller_s_tensor():
    model = ckeras.Sequential([OWN["Sees"]()])
    x, mask = ops.convert_to_tensor(X), ops.ones((2, 5), "bool")
    y = model(x, mask=mask)
    np.testing.assert_allclose(y, X + np.cumsum(X, 1), 1e-5)
    assert get_mask(y) is mask and get_mask(x) is None
    np.testing.assert_allclose(model(x), X)


def test_masks_of_symbolic_tensors_are_symbolic():
    y = OWN["Sees"]()(layers.Dense(4)(OWN["Masking"]()(ckeras.Input((5, 3)))))
    mask = get_mask(y)
    assert (type(mask).__name__, mask.shape, mask.dtype) == ("KerasTensor", (None, 5), "bool")


@pytest.mark.filterwarnings("ignore:under .mixed_float16")
def test_masks_under_a_mixed_policy():
    y = layers.Dense(2, dtype="mixed_float16")(OWN["Masking"]()(X))
    assert y.dtype == "float16"
    np.testing.assert_array_equal(get_mask(y), np.any(X != 0, -1))


def test_a_model_whose_output_has_a_mask_gives_it_at_each_call():
    model = script.models(ckeras)["chain"]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            np.testing.assert_array_equal(get_mask(model(X)), np.any(X != 0, -1))


def test_a_layer_that_overrides_compute_mask_supports_masking():
    class Halves(layers.Layer):
        def call(self, x):
            return ops.split(x, 2, axis=1)

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else ops.split(mask, 2, axis=1)

    class Same(layers.Layer):
        def call(self, x):
            return x

    assert Halves().supports_masking and not Same().supports_masking
    ids = np.array([[3, 1, 2, 0], [4, 0, 0, 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        halves = Halves()(layers.Embedding(5, 3, mask_zero=True)(ids))
    np.testing.assert_array_equal(np.hstack([get_mask(half) for half in halves]), ids != 0)
