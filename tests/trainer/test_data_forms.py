"""Odd forms of data, of lengths and of logs: taken as Keras takes them, or refused before anything has changed."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = np.zeros((40, 1), "float32")


def compiled(cls=ckeras.Sequential, classes=None):
    last = layers.Dense(1) if classes is None else layers.Dense(classes, activation="softmax")
    model = cls([layers.Input((4,)), last])
    model.compile("sgd", "mse" if classes is None else "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("x", [[X], (X,), {"input": X}], ids=["list", "tuple", "dict"])
def test_one_array_in_a_structure_is_that_array(x):
    model = compiled()
    model.fit(x, Y, verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(X, verbose=0))
    np.testing.assert_array_equal(model(x), model(X))


def test_one_array_in_a_list_is_checked_like_an_array():
    with pytest.raises(ValueError, match=r"fit expects x of shape \(None, 4\), got \(None, 3\)"):
        compiled().fit([X[:, :3]], Y, verbose=0)


@pytest.mark.parametrize("bad", [np.nan, 3.0, -1.0])
def test_labels_that_are_no_class_are_refused_before_the_first_step(bad):
    model, labels = compiled(classes=3), np.zeros(40)
    labels[37] = bad  # in the last batch
    before = model.get_weights()
    with pytest.raises(IndexError, match=f"numbers from 0 to 2, .*got {bad} in row 37"):
        model.fit(X, labels, shuffle=False, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("eager", [True, False])
def test_a_dict_among_the_logs_is_taken_apart(eager):
    class Nested(ckeras.Sequential):
        def train_step(self, data):
            return {"inner": super().train_step(data)}

    model = compiled(Nested)
    model.run_eagerly = eager
    assert model.fit(X, Y, epochs=2, verbose=0).history.keys() == {"loss"}
    assert model.train_on_batch(X, Y) >= 0


@pytest.mark.parametrize("length", [-1, 2.5, np.float64(3), "3"])
def test_a_length_that_is_none_is_refused(length):
    class Batches(ckeras.utils.PyDataset):
        def __len__(self):
            return length

        def __getitem__(self, index):
            return X, Y

    with pytest.raises(ValueError, match=r"Batches\.__len__ must give the number of batches"):
        compiled().fit(Batches(), verbose=0)


def test_shuffle_may_be_none():
    compiled().fit(X, Y, shuffle=None, verbose=0)


def test_predict_on_batch_takes_lists_and_refuses_what_is_no_batch():
    model = compiled()
    np.testing.assert_array_equal(model.predict_on_batch(X[:3].tolist()), model.predict_on_batch(X[:3]))
    for bad in (None, [], np.float32(3), np.array(3.0)):
        with pytest.raises((TypeError, ValueError), match="predict_on_batch expects"):
            model.predict_on_batch(bad)
