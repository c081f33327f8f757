"""Gradients are finite where the derivative has a finite limit or a subgradient, op by op and compiled."""

import numpy as np
import pytest

import ckeras
import ckeras.compat.tensorflow as tf
from ckeras import GradientTape, constraints, losses, ops

INF = np.inf
CASES = {
    # what `where` does not choose has no gradient
    "sqrt behind where": (lambda x: ops.where(x > 0, ops.sqrt(x), 0.0), [0.0, -1.0, 4.0], [0, 0, 0.25]),
    "rsqrt behind where": (lambda x: ops.where(x > 0, ops.rsqrt(x), 0.0), [0.0, 4.0], [0, -1 / 16]),
    "log behind where": (lambda x: ops.where(x > 0, ops.log(x), 0.0), [0.0, 2.0], [0, 0.5]),
    "log2 behind where": (lambda x: ops.where(x > 0, ops.log2(x), 0.0), [0.0, 1 / np.log(2)], [0, 1]),
    "log10 behind where": (lambda x: ops.where(x > 0, ops.log10(x), 0.0), [0.0, 1 / np.log(10)], [0, 1]),
    "log1p behind where": (lambda x: ops.where(x > -1, ops.log1p(x), 0.0), [-1.0, 1.0], [0, 0.5]),
    "reciprocal behind where": (lambda x: ops.where(x > 0, ops.reciprocal(x), 0.0), [0.0, 2.0], [0, -0.25]),
    "quotient behind where": (lambda x: ops.where(x > 0, 1 / x, 0.0), [0.0, 2.0], [0, -0.25]),
    "quotient of itself": (lambda x: ops.where(x > 0, x / x, 0.0), [0.0, 2.0], [0, 0]),
    "power behind where": (lambda x: ops.where(x > 0, x**0.3, 0.0), [0.0, 1.0], [0, 0.3]),
    "exp behind where": (lambda x: ops.where(x < 9, ops.exp(x), x), [0.0, 1000.0], [1, 1]),
    "expm1 behind where": (lambda x: ops.where(x < 9, ops.expm1(x), x), [0.0, 1000.0], [1, 1]),
    "sinh behind where": (lambda x: ops.where(x < 9, ops.sinh(x), x), [0.0, 1000.0], [1, 1]),
    "cbrt behind where": (lambda x: ops.where(x > 0, ops.cbrt(x), 0.0), [0.0, 1.0], [0, 1 / 3]),
    "arcsin behind where": (lambda x: ops.where(x < 1, ops.arcsin(x), 0.0), [0.0, 1.0, 2.0], [1, 0, 0]),
    "arccos behind where": (lambda x: ops.where(x < 1, ops.arccos(x), 0.0), [0.0, 1.0, 2.0], [-1, 0, 0]),
    "arccosh behind where": (lambda x: ops.where(x > 1, ops.arccosh(x), 0.0), [1.0, np.sqrt(2)], [0, 1]),
    "arctanh behind where": (lambda x: ops.where(x < 1, ops.arctanh(x), 0.0), [0.0, 1.0], [1, 0]),
    "erfinv behind where": (lambda x: ops.where(x < 1, ops.erfinv(x), 0.0), [0.0, 1.0], [np.sqrt(np.pi) / 2, 0]),
    # norms of zeros have the subgradient 0
    "norm": (ops.norm, [0.0, 0.0], [0, 0]),
    "norm of order 3": (lambda x: ops.norm(x, 3), [0.0, 0.0], [0, 0]),
    "norm of order 1": (lambda x: ops.norm(x, 1), [0.0, 2.0], [0, 1]),
    "norm of order inf": (lambda x: ops.norm(x, INF), [0.0, 0.0], [0, 0]),
    "root of squares": (lambda x: ops.sqrt(ops.sum(ops.square(x))), [0.0, 0.0], [0, 0]),
    "distance from itself": (lambda x: ops.cdist(x[None], x[None]), [1.0, 2.0], [0, 0]),
    "standard deviation": (ops.std, [2.0, 2.0, 2.0], [0, 0, 0]),
    "variance": (ops.var, [2.0, 2.0, 2.0], [0, 0, 0]),
    "hypot": (lambda x: ops.hypot(x, 0.0 * x), [0.0, 3.0], [0, 1]),
    "arctan2": (lambda x: ops.arctan2(x, 0.0 * x), [0.0], [0]),
    "abs": (ops.abs, [0.0, -2.0], [0, -1]),
    "clip_by_norm": (lambda x: tf.clip_by_norm(x, 1.0), [0.0, 0.0], [1, 1]),
    "clip_by_global_norm": (lambda x: tf.clip_by_global_norm([x], 1.0)[0][0], [0.0, 0.0], [1, 1]),
    "l2_normalize": (tf.math.l2_normalize, [0.0, 0.0], [1e6, 1e6]),
    "normalize": (lambda x: ops.normalize(x), [0.0, 0.0], [1e7, 1e7]),
    "cosine similarity": (lambda x: losses.cosine_similarity(x, np.ones(2, "float32")), [0.0, 0.0], None),
    "unit norm constraint": (lambda x: constraints.UnitNorm()(x), [0.0, 0.0], [1e7, 1e7]),
    "max norm constraint": (lambda x: constraints.MaxNorm(1.0)(x), [0.0, 0.0], None),
    # bounds, ties and infinities
    "clip": (lambda x: ops.clip(x, 0.0, 1.0), [-1.0, 0.5, 2.0], [0, 1, 0]),
    "root of a clip": (lambda x: ops.sqrt(ops.clip(x, 0.0, 1.0)), [-1.0, 0.25], [0, 1]),
    "root of an absolute value": (lambda x: ops.sqrt(ops.abs(x)), [0.0, 4.0], [0, 0.25]),
    "maximum of equals": (lambda x: ops.maximum(x, x), [1.0], [1]),
    "max of equals": (ops.max, [1.0, 1.0], [0.5, 0.5]),
    "min of equals": (ops.min, [1.0, 1.0], [0.5, 0.5]),
    "power 0 of 0": (lambda x: ops.power(x, 0.0), [0.0], [0]),
    "power 3 of 0": (lambda x: ops.power(x, 3.0), [0.0], [0]),
    "powers of 0": (lambda x: ops.power(0.0, x), [0.0, 2.0], [0, 0]),
    "square of a root": (lambda x: ops.square(ops.sqrt(x)), [4.0, 9.0], [1, 1]),
    "divide_no_nan": (lambda x: ops.divide_no_nan(1.0, x), [0.0, 2.0], [0, -0.25]),
    "xlogy": (lambda x: tf.math.xlogy(0.0 * x, x), [0.0, 1.0], None),
    "multiply_no_nan": (lambda x: tf.math.multiply_no_nan(ops.log(x), 0.0 * x), [0.0, 1.0], None),
    "logsumexp of -inf": (ops.logsumexp, [-INF, -INF], [0, 0]),
    "logsumexp of some -inf": (ops.logsumexp, [-INF, 0.0], [0, 1]),
    "logaddexp of -inf": (lambda x: ops.logaddexp(x, x), [-INF, 0.0], [1, 1]),
    "softmax of -inf": (lambda x: ops.softmax(x)[1], [-INF, 0.0], [0, 0]),
    "sinc": (ops.sinc, [0.0], [0]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_gradient(name, dtype):
    function, x, expected = CASES[name]

    def gradient(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(function(x))
        return tape.gradient(y, x)

    x = ops.convert_to_tensor(np.array(x, dtype))
    for found in (gradient(x), ckeras.function(gradient)(x)):
        assert np.isfinite(found.numpy()).all(), found
        if expected is not None:
            np.testing.assert_allclose(found, expected, 1e-5)


def test_a_cotangent_of_nan_stays():
    x = ops.convert_to_tensor([0.0, 1.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.square(x)
    assert np.isnan(tape.gradient(y, x, output_gradients=np.full(2, np.nan, "float32")).numpy()).all()


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm"])
def test_clipped_gradients_of_zero_move_nothing(clip):
    v = ckeras.Variable([1.0, 2.0])
    optimizer = ckeras.optimizers.SGD(1.0, **{clip: 1.0})
    optimizer.apply_gradients([(ops.zeros(2), v)])
    assert v.numpy().tolist() == [1, 2]


def test_complex_norms_and_variances_are_those_of_absolute_values():
    z = np.array([[3 + 4j, 1, -2j], [0.5j, 1j, 2]])
    np.testing.assert_allclose(ops.norm(z), np.linalg.norm(z))
    np.testing.assert_allclose(ops.norm(z, axis=0), np.linalg.norm(z, axis=0))
    np.testing.assert_allclose(ops.var(z, axis=1), np.var(z, axis=1))
    np.testing.assert_allclose(ops.std(z), np.std(z))
