"""`compile` fixes what is trained: a later change of `trainable` warns, and takes effect at the next `compile`."""

import copy
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers

X, Y = np.ones((4, 2), "float32"), np.full((4, 1), 9.0, "float32")


@pytest.fixture
def model():
    model = ckeras.Sequential([ckeras.Input((2,)), layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def moved(model, **options):
    """Which weights a step of training changes."""
    before = model.get_weights()
    model.fit(X, Y, verbose=0, **options)
    return [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]


@pytest.mark.parametrize("eager", [False, True])
def test_freezing_after_compile_warns_and_waits_for_the_next_compile(model, eager):
    model.compile("sgd", "mse", run_eagerly=eager)
    model.layers[0].trainable = False
    with pytest.warns(UserWarning, match="'dense.*takes effect when compile") as caught:
        assert moved(model) == [True] * 4
    assert len(caught) == 1 and caught[0].filename == __file__
    assert model.layers[0].trainable is False and model.layers[0].kernel.trainable is False
    model.compile("sgd", "mse", run_eagerly=eager)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert moved(model) == [False, False, True, True]


def test_thawing_after_compile_waits_too(model):
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    model.layers[0].trainable = True
    with pytest.warns(UserWarning, match="takes effect when compile"):
        assert moved(model) == [False, False, True, True]
    model.compile("sgd", "mse")
    assert moved(model) == [True] * 4


def test_a_change_that_is_taken_back_does_not_warn(model):
    model.layers[0].trainable = False
    model.layers[0].trainable = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert moved(model) == [True] * 4


def test_a_change_warns_once_and_compiles_nothing_again(model):
    model.train_on_batch(X, Y)
    plans = len(model._plans.values())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for frozen in (True, True, False, True):
            model.layers[0].trainable = not frozen
            model.train_on_batch(X, Y)
    assert len(caught) == 1 and len(model._plans.values()) == plans


def test_one_weight_frozen_after_compile_is_named(model):
    model.layers[0].kernel.trainable = False
    with pytest.warns(UserWarning, match="kernel"):
        assert moved(model) == [True] * 4


def test_what_is_built_after_freezing_is_trained_as_compiled():
    model = ckeras.Sequential([layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.layers[0].trainable = False
    with pytest.warns(UserWarning, match="takes effect when compile"):
        model.fit(X, Y, verbose=0)
    assert len(model.optimizer._trainable_variables) == 4
    assert not any(v.trainable for v in model.layers[0].variables)
    with pytest.warns(UserWarning, match="no trainable weights"):
        model.trainable = False
        model.compile("sgd", "mse")
        assert moved(model) == [False] * 4


def test_two_models_that_share_a_layer_each_train_what_they_were_compiled_with():
    generator = ckeras.Sequential([ckeras.Input((2,)), layers.Dense(3)])
    discriminator = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(1)])
    discriminator.compile("sgd", "mse")
    discriminator.trainable = False
    both = ckeras.Sequential([ckeras.Input((2,)), generator, discriminator])
    both.compile("sgd", "mse")
    for _ in range(2):
        before, other = discriminator.get_weights(), generator.get_weights()
        both.train_on_batch(X, Y)
        assert all(map(np.array_equal, before, discriminator.get_weights()))
        assert not np.array_equal(other[0], generator.get_weights()[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            discriminator.train_on_batch(np.ones((4, 3), "float32"), Y)
        assert not np.array_equal(before[0], discriminator.get_weights()[0])


def test_a_copy_keeps_what_its_model_was_compiled_with(model):
    model.layers[0].trainable = False
    twin = copy.deepcopy(model)
    with pytest.warns(UserWarning, match="takes effect when compile"):
        assert moved(twin) == [True] * 4


def test_predictions_and_averages_work_on_what_was_compiled(model):
    model.compile(ckeras.optimizers.SGD(0.1, use_ema=True), "mse")
    model.layers[0].trainable = False
    with pytest.warns(UserWarning, match="takes effect when compile"):
        model.fit(X, Y, epochs=3, verbose=0)
    averages = [average.numpy() for average in model.optimizer._averages]
    assert all(map(np.array_equal, averages, model.get_weights()))
    np.testing.assert_array_equal(model.predict(X, verbose=0), model(X))


def test_plans_of_layers_that_read_trainable_survive_freezing_and_thawing():
    class Doubles(layers.Layer):
        def call(self, x):
            return 2 * x if self.trainable else x

    layer = Doubles()
    model = ckeras.Sequential([layers.Input((1,)), layer])
    found = []
    for layer.trainable in (True, False, True):
        found.append(model.predict(np.ones((2, 1)), verbose=0).tolist())
        plans = model._plans.values()
    assert found == [[[2.0]] * 2, [[1.0]] * 2, [[2.0]] * 2]
    assert len(plans) == 2
