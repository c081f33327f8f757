"""Models as estimators of scikit-learn: its own checks, as far as those of Keras pass them, and what is beyond them."""

import contextlib
import subprocess
import sys
import unittest

import api
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import ckeras
from ckeras import layers
from ckeras.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

# Checks that Keras's estimators do not pass either.
FAIL_IN_KERAS = {
    "SKLearnClassifier": {
        "check_classifiers_one_label_sample_weights",  # samples of weight 0 are not ignored
        "check_classifiers_classes",  # so little training does not find all classes
        "check_classifier_data_not_an_array",  # training is not reproducible, as in the next two
        "check_supervised_y_2d",
        "check_fit_idempotent",
        "check_classifiers_train",  # decision_function returns a column for each of two classes
    },
    "SKLearnRegressor": set(),
    "SKLearnTransformer": set(),
}


def network(X, y, loss="mse", activation=None, hidden=(8,)):
    x = ckeras.Input((X.shape[1],))
    h = x
    for size in hidden:
        h = layers.Dense(size, activation="relu")(h)
    model = ckeras.Model(x, layers.Dense(y.shape[1] if y.ndim > 1 else 1, activation=activation)(h))
    model.compile("rmsprop", loss)
    return model


SOFTMAX = {"loss": "categorical_crossentropy", "activation": "softmax", "hidden": (20, 20, 20)}


def classifier(**options):
    return SKLearnClassifier(network, model_kwargs=SOFTMAX, fit_kwargs={"verbose": 0, "epochs": 5}, **options)


CHECKS = [
    (estimator, check)
    for estimator in (
        classifier(),
        # The softmax of one output is 1: some checks compare two trainings, which begin with other weights.
        SKLearnRegressor(network, model_kwargs={"activation": "softmax"}, fit_kwargs={"verbose": 0}),
        SKLearnTransformer(network, model_kwargs={"activation": "softmax"}, fit_kwargs={"verbose": 0}),
    )
    for estimator, check in estimator_checks_generator(estimator, legacy=True, mark=None)
    if check.func.__name__ not in FAIL_IN_KERAS[type(estimator).__name__]
]


@pytest.mark.parametrize("estimator, check", CHECKS, ids=[f"{type(e).__name__}-{c.func.__name__}" for e, c in CHECKS])
@pytest.mark.filterwarnings("ignore")
def test_check_of_scikit_learn(estimator, check):
    with contextlib.suppress(unittest.SkipTest):  # scikit-learn leaves it out where training is not deterministic
        check(estimator)


@pytest.mark.parametrize("name", ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"])
def test_parameters_are_those_of_keras(name):
    assert api.differences(f"keras.wrappers.{name}") == []


def test_labels_of_any_kind():
    x, y = make_classification(60, 6, random_state=0)
    names = np.array(["no", "yes"])[y]
    ckeras.utils.set_random_seed(0)
    found = classifier().fit(x, names, epochs=40)
    assert found.classes_.tolist() == ["no", "yes"] and found.epoch_ == 40
    assert (found.predict(x) == names).mean() == found.score(x, names) > 0.8
    assert found.decision_function(x).shape == (60, 2)
    assert found.fit_kwargs == {"verbose": 0, "epochs": 5}


@pytest.mark.parametrize(
    "labels, message", [(np.zeros(6), "only one class is present"), (np.linspace(0, 1, 6), "Only binary and multi")]
)
def test_labels_that_cannot_be_learnt(labels, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(np.ones((6, 2)), labels)


def test_a_given_model_is_copied_unless_warm():
    x, y = make_regression(40, 3, random_state=0)
    model = network(x, y)
    before = model.get_weights()
    found = SKLearnRegressor(model, fit_kwargs={"verbose": 0}).fit(x, y)
    assert found.model_ is not model
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    warm = SKLearnRegressor(model, warm_start=True, fit_kwargs={"verbose": 0, "epochs": 1}).fit(x, y)
    assert warm.model_ is model and warm.fit(x, y).model_ is model
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert clone(warm).model is not model and clone(warm).fit_kwargs == warm.fit_kwargs


def test_a_model_must_be_compiled():
    model = ckeras.Sequential([layers.Dense(1)])
    with pytest.raises(RuntimeError, match="SKLearnRegressor expects a model compiled with a loss and an optimizer"):
        SKLearnRegressor(model).fit(np.ones((4, 2)), np.ones(4))


def test_in_a_pipeline_and_a_search():
    x, y = make_classification(60, 6, random_state=1)
    pipeline = make_pipeline(StandardScaler(), classifier())
    search = GridSearchCV(pipeline, {"sklearnclassifier__fit_kwargs": [{"epochs": 1, "verbose": 0}]}, cv=2)
    assert 0 <= search.fit(x, y).best_score_ <= 1


def test_transformer():
    x, y = make_regression(20, 3, n_targets=2, random_state=0)
    assert SKLearnTransformer(network, fit_kwargs={"verbose": 0}).fit_transform(x, y).shape == (20, 2)


def test_without_scikit_learn():
    text = "import sys; sys.modules['sklearn'] = None\nimport ckeras.wrappers\nckeras.wrappers.SKLearnRegressor"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert "needs scikit-learn 1.6 or newer: pip install 'ckeras[sklearn]'" in done.stderr
