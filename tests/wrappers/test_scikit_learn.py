"""`KerasClassifier` and `KerasRegressor` of Keras 1 and 2."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

import ckeras
from ckeras import layers
from ckeras.wrappers.scikit_learn import KerasClassifier, KerasRegressor

X = np.random.default_rng(0).standard_normal((80, 4)).astype("float32")
LABELS = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.4, 0.4])]


def network(units=8, classes=3, loss="categorical_crossentropy"):
    last = layers.Dense(classes, activation="softmax" if classes > 1 else "sigmoid")
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(units, activation="relu"), last])
    model.compile(ckeras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    return model


def test_classes():
    found = KerasClassifier(build_fn=network, units=16, nb_epoch=30, batch_size=16, verbose=0)
    history = found.fit(X, LABELS)
    assert len(history.epoch) == 30 and found.model.layers[0].units == 16
    assert found.predict_proba(X).shape == (80, 3)
    assert (found.predict(X) == LABELS).mean() == pytest.approx(found.score(X, LABELS)) and found.score(X, LABELS) > 0.8


def test_two_classes():
    found = KerasClassifier(network, classes=1, loss="binary_crossentropy", epochs=20, verbose=0)
    found.fit(X, X[:, 0] > 0, shuffle=False)
    assert found.predict(X).shape == (80, 1)
    np.testing.assert_allclose(found.predict_proba(X).sum(1), 1, rtol=1e-6)


def test_searching_and_validating():
    search = GridSearchCV(KerasClassifier(network, verbose=0), {"units": [4, 8], "epochs": [2]}, cv=2)
    assert search.fit(X, LABELS).best_params_["units"] in (4, 8)
    scores = cross_val_score(KerasClassifier(network, epochs=2, verbose=0), X, LABELS, cv=2)
    assert scores.shape == (2,)


def test_regressor():
    def line():
        model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    found = KerasRegressor(line, epochs=20, verbose=0)
    found.fit(X, X[:, 1])
    assert found.predict(X).shape == (80,)
    assert found.score(X, X[:, 1]) == pytest.approx(-np.mean((found.predict(X) - X[:, 1]) ** 2), rel=1e-4)


def test_a_subclass_makes_its_model():
    class Own(KerasClassifier):
        def __call__(self, units=3):
            return network(units)

    found = Own(units=5, epochs=1, verbose=0)
    found.fit(X, LABELS)
    assert found.model.layers[0].units == 5
    assert found.set_params(units=6).get_params()["units"] == 6


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: KerasClassifier(network, layers=3), "got 'layers', which is no argument of the model or of fit"),
        (lambda: KerasRegressor(), "KerasRegressor expects build_fn, a function that returns a model, got None"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
