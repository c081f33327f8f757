"""Lists of numbers as data: a model that takes matrices is given them as one column."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

HOURS = [1, 2, 3, 4, 5, 6, 7, 8, 9]
MARKS = [11, 22, 33, 44, 53, 66, 77, 87, 95]


class Line(ckeras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize("make", [Line, lambda: ckeras.Sequential([layers.Dense(1)])], ids=["subclassed", "sequential"])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_list_is_a_column_where_the_model_takes_matrices(make, run_eagerly):
    model = make()
    model.compile(ckeras.optimizers.SGD(learning_rate=0.01), "mse", run_eagerly=run_eagerly)
    model.fit(HOURS, MARKS, epochs=60, shuffle=False, verbose=0)
    matrix = np.array(HOURS, "float32")[:, None]
    assert model.predict(HOURS, verbose=0).shape == (9, 1)
    np.testing.assert_array_equal(model.predict(HOURS, verbose=0), model.predict(matrix, verbose=0))
    assert model.evaluate(HOURS, MARKS, verbose=0) == model.evaluate(matrix, MARKS, verbose=0) < 1000
    assert model.predict_on_batch(HOURS[:2]).shape == (2, 1)
    assert model.test_on_batch(HOURS, MARKS) == pytest.approx(model.train_on_batch(matrix, MARKS))


def test_a_model_that_was_built_with_matrices():
    model = Line()
    model(np.ones((2, 1), "float32"))
    model.compile("sgd", "mse")
    model.fit(np.array(HOURS), np.array(MARKS), verbose=0)
    assert model.predict(HOURS, verbose=0).shape == (9, 1)


def test_a_model_that_takes_lists_gets_lists():
    class Embedded(Line):
        def call(self, x):
            assert len(x.shape) == 1
            return self.dense(ops.one_hot(x, 10))

    model = Embedded()
    model.compile("sgd", "mse")
    model.fit(HOURS, MARKS, verbose=0)
    assert model.predict(HOURS, verbose=0).shape == (9, 1)


def test_a_list_that_fits_neither_way_is_refused_as_it_is():
    model = Line()
    model(np.ones((2, 3), "float32"))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"expected at least 2 axes, got 1"):
        model.fit(HOURS, MARKS, verbose=0)
    assert model.fit(np.ones((9, 3)), MARKS, verbose=0)
