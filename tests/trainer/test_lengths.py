"""Models without an `Input` take data of any length that their layers take, after the first too."""

import copy

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops


def ones(*shape):
    return np.ones(shape, "float32")


def test_a_model_built_by_its_first_batch_trains_on_other_lengths():
    model = ckeras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    for length in (3, 5, 2):
        model.train_on_batch(ones(2, length, 4), ones(2, length, 1))
    assert model.predict(ones(2, 9, 4), verbose=0).shape == model(ones(2, 9, 4)).shape == (2, 9, 1)
    assert model.input_shape == (None, 3, 4)


def test_sequences_of_indices_of_other_lengths():
    class MeanOfRows(layers.Layer):
        def build(self, input_shape):
            self.table = self.add_weight((10, 4))

        def call(self, x):
            return ops.mean(ops.take(self.table, ops.cast(x, "int32"), axis=0), axis=1)

    model = ckeras.Sequential([MeanOfRows(), layers.Dense(1)])
    model.compile("adam", "mse")
    for length in (6, 1, 9):
        model.fit(np.ones((4, length), "int32"), ones(4, 1), verbose=0)
        assert model.evaluate(np.ones((4, length), "int32"), ones(4, 1), verbose=0) > 0


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: ckeras.Sequential.from_config(m.get_config())])
def test_a_copy_takes_other_lengths_too(again):
    model = ckeras.Sequential([layers.Dense(1)])
    model(ones(2, 3, 4))
    assert again(model)(ones(2, 5, 4)).shape == (2, 5, 1)


def test_what_the_layers_do_not_take_is_an_error():
    model = ckeras.Sequential([layers.Dense(1)])
    model(ones(2, 3, 4))
    for wrong in (ones(2, 3, 5), ones(2, 4)):
        with pytest.raises(ValueError, match="expect"):
            model(wrong)
        with pytest.raises(ValueError, match="expect"):
            model.predict(wrong, verbose=0)


def test_an_input_fixes_only_the_axes_that_the_first_layer_fixes():
    model = ckeras.Sequential([ckeras.Input((3, 4)), layers.Dense(1)])
    assert model.predict(ones(2, 5, 4), verbose=0).shape == (2, 5, 1)
    with pytest.raises(ValueError, match=r"expects x of shape \(None, None, 4\), got \(None, 3, 5\)"):
        model.predict(ones(2, 3, 5), verbose=0)
    graph = ckeras.Model(model.input, model.output)
    with pytest.raises(ValueError, match=r"expects x of shape \(None, 3, 4\), got \(None, 5, 4\)"):
        graph.predict(ones(2, 5, 4), verbose=0)
