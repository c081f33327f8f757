"""TensorFlow's functions: the results of TensorFlow itself for the same calls."""

import numpy as np
import pytest
from reference import script

from ckeras.compat import tensorflow as tf

MAKE = [script(f"make_tensorflow{part}_values") for part in ("", "_families", "_names")]
EXPECTED = {name: value for make in MAKE for name, value in np.load(make.VALUES).items()}
CASES = {name: case for make in MAKE for name, case in make.cases(tf).items()}


@pytest.mark.parametrize("name", CASES)
def test_result(name):
    expected = [EXPECTED[f"{name}/{i}"] for i in range(sum(key.rpartition("/")[0] == name for key in EXPECTED))]
    found = MAKE[0].arrays(CASES[name]())
    assert len(found) == len(expected) > 0
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape
        if theirs.dtype.kind == "S":
            assert mine.tolist() == theirs.tolist()
        else:
            assert (mine.dtype.kind in "fc") == (theirs.dtype.kind in "fc")
            wide = "complex128" if theirs.dtype.kind == "c" else "float64"
            np.testing.assert_allclose(mine.astype(wide), theirs.astype(wide), rtol=2e-5, atol=2e-6)
