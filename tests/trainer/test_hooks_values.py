"""Runs call the hooks that Keras calls, in its order, with its indices of batches and its logs."""

import json

import pytest
from reference import script

import ckeras

made = script("make_hooks_values")
KERAS = json.loads(made.VALUES.read_text())


@pytest.mark.parametrize("name", made.CASES)
def test_hooks_are_those_of_keras(name):
    found = made.run(ckeras, name)
    assert [call[:2] for call in found] == [call[:2] for call in KERAS[name]]
    for (hook, _, logs), (_, _, expected) in zip(found, KERAS[name], strict=True):
        assert logs == pytest.approx(expected, abs=2e-4), hook


def test_every_case_has_its_values():
    assert KERAS.keys() == made.CASES.keys()
