"""Every option of training gives the histories, results and weights that Keras gives, from the same weights."""

import warnings

import numpy as np
import pytest
import reference

import ckeras

_MADE = reference.script("make_trainer_values")


@pytest.fixture(scope="module")
def values():
    """{case: {name: array}}, as Keras gave it."""
    return reference.values(_MADE.VALUES)


@pytest.mark.parametrize("case", _MADE.CASES)
def test_what_training_gives_is_what_keras_gives(case, values):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights without gradients, where an output has no loss
        found = _MADE.run(ckeras, case)
    assert list(found) == list(values[case])  # the order of the history's keys, too
    for name, expected in values[case].items():
        assert found[name].shape == expected.shape, name
        np.testing.assert_allclose(found[name], expected, rtol=2e-5, atol=2e-6, err_msg=name)
        if case.startswith("float64"):
            assert found[name].dtype == np.float64, name


# -- float64, which no backend of Keras computes with throughout: some constants of theirs are in float32


def _sgd(state, i, weight, gradient, step):
    velocity = state[i] = 0.9 * state.get(i, 0.0) - 0.1 * gradient
    return weight + velocity


def _adam(state, i, weight, gradient, step):
    m, v = state.get(i, (0.0, 0.0))
    m, v = state[i] = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
    return weight - 0.01 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step) * m / (np.sqrt(v) + 1e-7)


def _rmsprop(state, i, weight, gradient, step):
    v = state[i] = 0.9 * state.get(i, 0.0) + 0.1 * gradient**2
    return weight - 0.01 * gradient / np.sqrt(v + 1e-7)


@pytest.mark.parametrize("name, update", [("sgd", _sgd), ("adam", _adam), ("rmsprop", _rmsprop)])
def test_float64_is_float64_throughout(name, update):
    found = _MADE.run(ckeras, f"float64/{name}")
    x, y, weight = (a.astype("float64") for a in (_MADE.X, _MADE.Y1, _MADE.WEIGHT[:, None]))
    x += 1e-9
    shapes = [(4, 6), (6,), (6, 1), (1,)]
    a, b, c, d = ((0.4 * _MADE.normal(f"weight {i}", *s)).astype("float64") for i, s in enumerate(shapes))
    state, history, step = {}, [], 0
    for _ in range(3):
        losses = 0.0
        for rows in (slice(i, i + 7) for i in range(0, 24, 7)):
            step += 1
            hidden = np.tanh(x[rows] @ a + b)
            error = hidden @ c + d - y[rows]
            losses += np.sum(weight[rows] * error**2)
            g = 2 * error * weight[rows] / len(error)
            gh = g @ c.T * (1 - hidden**2)
            gradients = [x[rows].T @ gh, gh.sum(0), hidden.T @ g, g.sum(0)]
            a, b, c, d = (
                update(state, i, w, g, step) for i, (w, g) in enumerate(zip((a, b, c, d), gradients, strict=True))
            )
        history.append(losses / 24)
    for i, expected in enumerate((a, b, c, d)):
        np.testing.assert_allclose(found[f"weight/{i}"], expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found["history/loss"], history, rtol=1e-10)
    np.testing.assert_allclose(found["predicted"], np.tanh(x @ a + b) @ c + d, rtol=1e-10, atol=1e-12)
