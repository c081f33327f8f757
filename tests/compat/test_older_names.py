"""Spellings of older Keras that scripts still use."""

import numpy as np
import pytest

from ckeras import constraints, layers, utils


@pytest.mark.parametrize(
    "name, cls",
    [("maxnorm", constraints.MaxNorm), ("nonneg", constraints.NonNeg), ("unitnorm", constraints.UnitNorm)],
)
def test_constraints(name, cls):
    assert getattr(constraints, name) is cls
    assert type(layers.Dense(1, kernel_constraint=name).kernel_constraint) is cls
    assert constraints.serialize(cls())["class_name"] == cls.__name__


def test_np_utils():
    from ckeras.utils.np_utils import to_categorical

    assert utils.np_utils.to_categorical is to_categorical is utils.to_categorical
    assert np.array_equal(to_categorical([1], 2), [[0, 1]])
