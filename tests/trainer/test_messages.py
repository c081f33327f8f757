"""What newcomers read when their data does not fit: which argument, what was expected, what came."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X, Y = np.ones((6, 4), "float32"), np.ones((6, 1), "float32")


@pytest.fixture
def model():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_one_sample_without_a_batch_dimension(model):
    with pytest.raises(ValueError, match=r"predict expects x of shape \(None, 4\).*samples, got \(4,\).*x\[None\]"):
        model.predict(X[0], verbose=0)
    images = ckeras.Sequential([ckeras.Input((8, 8, 3)), layers.Flatten()])
    with pytest.raises(ValueError, match=r"shape \(None, 8, 8, 3\).*got \(8, 8, 3\)"):
        images.predict(np.zeros((8, 8, 3)), verbose=0)


def test_no_x(model):
    for call in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(TypeError, match=f"{call.__name__} expects x to be an array of numbers, got None"):
            call(None, Y)
    with pytest.raises(TypeError, match="predict expects x to be an array of numbers, got None"):
        model.predict(None)


class Series:
    """What is asked of a pandas series."""

    def __init__(self, values, name):
        self.values, self.name, self.iloc = np.asarray(values), name, None
        self.dtype = self.values.dtype

    def to_numpy(self):
        return self.values


class Frame:
    """What is asked of a pandas frame."""

    def __init__(self, **columns):
        self.columns, self.iloc = list(columns), None
        self.arrays = [np.asarray(column) for column in columns.values()]
        self.dtypes = [array.dtype for array in self.arrays]

    def to_numpy(self):
        return np.stack([array.astype(object) for array in self.arrays], axis=1)


def test_columns_that_hold_no_numbers_are_named(model):
    names = np.array(["x", "y"], object)
    with pytest.raises(TypeError, match="x to be an array of numbers, got a frame with the column 'city' of dtype obj"):
        model.predict(Frame(age=[1.0, 2.0], city=names, size=[1, 2]), verbose=0)
    with pytest.raises(TypeError, match="with the columns 'city' of dtype object, 'street' of dtype object"):
        model.predict(Frame(city=names, age=[1.0, 2.0], street=names), verbose=0)
    with pytest.raises(TypeError, match="y to be an array of numbers, got the series 'city' of dtype object"):
        model.fit(X[:2], Series(names, "city"), verbose=0)


def test_arguments_that_do_not_exist_are_those_of_a_model(model):
    for name in ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "compile", "compute_loss"):
        with pytest.raises((TypeError, ValueError), match="nonsense") as caught:
            getattr(model, name)(X, nonsense=1)
        assert str(caught.value).startswith((f"Model.{name}()", f"{name} got unknown arguments"))
