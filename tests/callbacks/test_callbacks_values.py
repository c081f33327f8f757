"""Every callback that acts on logs acts as Keras's does: when training ends, learning rates, messages and files."""

import json

import numpy as np
import pytest
from reference import script

import ckeras

module = script("make_callbacks_values")
VALUES = json.loads(module.VALUES.read_text())


def test_there_are_values_of_every_case():
    assert set(VALUES) == set(module.CASES)


@pytest.mark.parametrize("name", module.CASES)
def test_a_run_is_as_in_keras(name, tmp_path):
    found, expected = json.loads(json.dumps(module.run(ckeras, name, tmp_path))), dict(VALUES[name])
    np.testing.assert_allclose(found.pop("weights"), expected.pop("weights"), rtol=1e-5, atol=1e-6)
    assert found == expected
