"""Optimizers, schedules, initializers and regularizers compared with Keras's values."""

import pytest
from optimizers_values import compare, names

# Keras computes a factor of these in float32.
LOOSE = ("Adafactor", "Muon", "STFT")


@pytest.mark.parametrize("name", names("optimizer/"))
def test_20_steps_are_those_of_keras(name):
    atol = 1e-4 if "schedule" in name else 1e-5  # those grow
    compare(name, rtol=1e-4, atol=atol, rtol64=3e-6 if any(n in name for n in LOOSE) else 1e-9)


@pytest.mark.parametrize("name", names("schedule/"))
def test_learning_rates_are_those_of_keras(name):
    compare(name, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("name", names("initial/"))
def test_initial_values_are_those_of_keras(name):
    compare(name, atol64=3e-7 if any(n in name for n in LOOSE) else 1e-12)


@pytest.mark.parametrize("name", names("regularizer/"))
def test_penalties_are_those_of_keras(name):
    compare(name)
