"""Regularizers and constraints: their values, configs and errors."""

import numpy as np
import pytest

from ckeras import constraints, ops, regularizers
from ckeras.autograd import GradientTape

KIND = ("regularizer/", "constraint/")


def test_value_is_that_of_keras(keras_case, agrees):
    agrees()


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("l1", regularizers.L1),
        ("L1", regularizers.L1),
        ("l2", regularizers.L2),
        ("l1_l2", regularizers.L1L2),
        ("l1l2", regularizers.L1L2),
        ("L1L2", regularizers.L1L2),
        ("orthogonal_regularizer", regularizers.OrthogonalRegularizer),
        ("OrthogonalRegularizer", regularizers.OrthogonalRegularizer),
    ],
)
def test_regularizer_by_name(name, cls):
    assert type(regularizers.get(name)) is cls


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", "non_neg", "unit_norm", "min_max_norm"])
def test_constraint_by_name(name):
    assert isinstance(constraints.get(name), constraints.Constraint)


def test_lower_case_spellings():
    assert regularizers.l2(0.5).get_config() == {"l2": 0.5}
    assert regularizers.l1_l2(l1=0.1).get_config() == {"l1": 0.1, "l2": 0.0}
    assert constraints.max_norm(3).get_config() == {"max_value": 3, "axis": 0}


@pytest.mark.parametrize(
    "part",
    [
        regularizers.L1(0.5),
        regularizers.L2(0.5),
        regularizers.L1L2(0.5, 0.25),
        regularizers.OrthogonalRegularizer(0.5, "columns"),
    ],
)
def test_regularizer_round_trip(part):
    config = regularizers.serialize(part)
    assert config["module"] == "keras.regularizers"
    assert regularizers.get(config).get_config() == part.get_config()


@pytest.mark.parametrize("part", [constraints.MaxNorm(3, axis=[0, 1]), constraints.NonNeg(), constraints.UnitNorm(1)])
def test_constraint_round_trip(part):
    config = constraints.serialize(part)
    assert config["module"] == "keras.constraints"
    assert constraints.get(config).get_config() == part.get_config()


def test_none_is_the_default():
    assert regularizers.L1(None).l1 == 0.01
    assert regularizers.L2(None).l2 == 0.01
    assert regularizers.L1L2(None, None).get_config() == {"l1": 0.0, "l2": 0.0}


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf"), "a", True])
def test_factors_are_numbers_of_at_least_zero(factor):
    for make in (regularizers.L1, regularizers.L2, regularizers.L1L2):
        with pytest.raises(ValueError, match="at least 0, got"):
            make(factor)


def test_no_penalty():
    penalty = regularizers.L1L2()(np.ones((2, 2), "float32"))
    assert float(penalty) == 0.0
    assert penalty.shape == ()


def test_functions_and_none_pass_through():
    def penalty(w):
        return w

    for module in (regularizers, constraints):
        assert module.get(None) is None
        assert module.get(penalty) is penalty
        with pytest.raises(ValueError):
            module.get(3)


def test_unknown_names():
    with pytest.raises(ValueError, match="Unknown regularizer 'zz'"):
        regularizers.get("zz")
    with pytest.raises(ValueError, match=r"Unknown constraint 'maxnorm'; the nearest names are .*'(max_norm|MaxNorm)'"):
        constraints.get("maxnorm")


def test_orthogonality():
    rows = np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    assert float(regularizers.OrthogonalRegularizer(1.0)(rows)) == 0.0
    assert float(regularizers.OrthogonalRegularizer(1.0, "columns")(rows.T)) == 0.0
    assert float(regularizers.OrthogonalRegularizer(0.5)(np.ones((3, 2)))) == pytest.approx(0.5)
    assert float(regularizers.OrthogonalRegularizer(1.0)(np.ones((1, 2)))) == 0.0
    assert regularizers.orthogonal_regularizer is regularizers.OrthogonalRegularizer
    for arguments in ((-1.0,), (0.1, "diagonal"), (float("inf"),)):
        with pytest.raises(ValueError, match="Expected"):
            regularizers.OrthogonalRegularizer(*arguments)
    with pytest.raises(ValueError, match=r"a matrix, got a weight of shape \(3,\)"):
        regularizers.OrthogonalRegularizer()(np.ones(3))


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_gradient_of_orthogonality(mode):
    """Against central differences, and finite where a row is 0."""
    penalty = regularizers.OrthogonalRegularizer(0.7, mode)
    x = np.random.default_rng(0).standard_normal((3, 4))

    def gradient(values):
        t = ops.convert_to_tensor(values)
        with GradientTape() as tape:
            tape.watch(t)
            y = penalty(t)
        return tape.gradient(y, t).numpy()

    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        found[place] = (float(penalty(x + step)) - float(penalty(x - step))) / 2e-6
    np.testing.assert_allclose(gradient(x), found, atol=1e-8)
    x[1] = 0
    assert np.isfinite(gradient(x)).all()


def test_constraints_keep_nan():
    w = np.array([[np.nan, -1.0], [2.0, 3.0]])
    for constraint in (constraints.NonNeg(), constraints.UnitNorm(), constraints.MaxNorm(), constraints.MinMaxNorm()):
        assert np.isnan(np.asarray(constraint(w))[0, 0])
    assert constraints.Constraint()(w) is w


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: constraints.MaxNorm(-1), "max_value to be a number of at least 0, got -1"),
        (lambda: constraints.MaxNorm("2"), "max_value"),
        (lambda: constraints.MinMaxNorm(-0.1), "min_value"),
        (lambda: constraints.MinMaxNorm(1.0, 0.5), "max_value to be a number of at least 1.0, got 0.5"),
        (lambda: constraints.MinMaxNorm(rate=1.5), "rate to be a number from 0 to 1, got 1.5"),
        (lambda: constraints.MinMaxNorm(rate=-0.5), "rate"),
    ],
)
def test_bad_constraints(make, words):
    with pytest.raises(ValueError, match=words):
        make()
