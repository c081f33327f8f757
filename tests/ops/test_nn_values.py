"""The ops of `keras.ops.nn` against what Keras gave."""

import pytest
from oracle import check, computed, of_ckeras, reference

CASES, VALUES = reference("nn")


def test_every_case_is_kept():
    assert list(CASES) == list(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_value(name):
    check(computed(of_ckeras(), CASES[name]), VALUES[name])
