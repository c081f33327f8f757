"""Regularizers and constraints: their values, configs and errors."""

import numpy as np
import pytest

from ckeras import constraints, regularizers

KIND = ("regularizer/", "constraint/")
ORTHOGONAL = regularizers.OrthogonalRegularizer(0.5, "columns")


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


@pytest.mark.parametrize("part", [regularizers.L1(0.5), regularizers.L2(0.5), regularizers.L1L2(0.5, 0.25), ORTHOGONAL])
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
    for make in (regularizers.L1, regularizers.L2, regularizers.L1L2, regularizers.OrthogonalRegularizer):
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
    with pytest.raises(ValueError, match=r"Unknown constraint 'maxnrm'; the nearest names are .*'(max_?norm|MaxNorm)'"):
        constraints.get("maxnrm")


def test_rows_or_columns_of_a_matrix():
    with pytest.raises(ValueError, match="mode to be 'rows' or 'columns', got 'both'"):
        regularizers.OrthogonalRegularizer(mode="both")
    with pytest.raises(ValueError, match=r"a weight that is a matrix, got shape \(2, 2, 2\)"):
        regularizers.OrthogonalRegularizer()(np.ones((2, 2, 2)))
    assert float(regularizers.OrthogonalRegularizer()(np.ones((1, 3)))) == 0.0  # one row has no pair


def test_nan_is_not_hidden():
    found = constraints.NonNeg()(np.array([np.nan, -1.0, 2.0]))
    np.testing.assert_array_equal(found, [np.nan, 0.0, 2.0])


def test_the_base_changes_nothing():
    w = np.array([-1.0, 2.0])
    assert constraints.Constraint()(w) is w
