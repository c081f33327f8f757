"""Winograd's convolution against numpy in float64 and the direct kernel: errors, odd sizes, threads, bounds."""

import itertools

import numpy as np
import pytest
from convolutions import NONE, RELU, SIGMOID, TANH, Case, activate

# size, window, strides, padding, dilation
GEOMETRIES = [
    ((size, (3, 3), (1, 1), padding, (1, 1)))
    for size, padding in [
        ((5, 7), "same"), ((3, 3), "valid"), ((13, 11), "valid"), ((8, 8), "same"), ((1, 2), "same"),
        ((7, 6), ((-1, 2), (1, -2))), ((4, 5), ((3, 3), (4, 0))),
    ]
]  # fmt: skip
CHANNELS = [(1, 1, 1), (5, 37, 1), (37, 5, 1), (32, 32, 1), (130, 70, 1), (256, 40, 1)]


def case_of(shape, channels, batch=2):
    return Case(shape, channels, np.float32, batch, kind="conv_winograd")


@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("shape", GEOMETRIES, ids=str)
def test_errors_are_within_four_times_those_of_the_direct_kernel(threaded, shape, channels):
    case, direct = case_of(shape, channels), Case(shape, channels, np.float32)
    pairs = [(case.conv(threaded), direct.conv(threaded), case.expected())]
    if channels[1] <= 256:
        pairs.append((case.input_grad(threaded), direct.input_grad(threaded), case.expected_input_grad()))
    for y, direct_y, expected in pairs:
        bound = 4 * np.abs(direct_y - expected).max() + 4 * np.finfo(np.float32).eps * np.abs(expected).max()
        assert np.abs(y - expected).max() <= bound


@pytest.mark.parametrize("act", [NONE, RELU, SIGMOID, TANH])
def test_bias_and_activation(threaded, act):
    for shape, channels in itertools.product(GEOMETRIES[:3], CHANNELS[1:4]):
        case = case_of(shape, channels)
        np.testing.assert_allclose(case.conv(threaded, act), activate(case.expected(), act), 1e-5, 1e-4)
        expected = activate(case.expected() + case.bias, act)
        np.testing.assert_allclose(case.conv(threaded, act, bias=True), expected, 1e-5, 1e-4)


def test_threads_change_no_bit(level):
    for channels in [(32, 40, 1), (200, 256, 1)]:
        case = case_of(((19, 17), (3, 3), (1, 1), "same", (1, 1)), channels, batch=5)
        one = case.conv(level).tobytes(), case.input_grad(level).tobytes()
        try:
            for threads in (2, 3):
                level.set_threads(threads)
                assert (case.conv(level).tobytes(), case.input_grad(level).tobytes()) == one
        finally:
            level.set_threads(1)


def test_empty(threaded):
    case = case_of(GEOMETRIES[0], (5, 37, 1), batch=0)
    assert case.conv(threaded).size == case.input_grad(threaded).size == 0


def test_what_is_not_finite_is_as_in_the_direct_kernel(threaded):
    """A tile that mixes what is not finite, or overflows, is computed again: other results of it do not notice."""
    for value in (np.inf, -np.inf, np.nan, 3e38):
        case, direct = (Case(GEOMETRIES[3], (33, 37, 1), np.float32, kind=k) for k in ("conv_winograd", "conv"))
        for of in (case, direct):
            of.x[0, 3, 3, 2] = of.x[1, 0, 0, 0] = of.g[0, 2, 5, 36] = value
        np.testing.assert_allclose(case.conv(threaded), direct.conv(threaded), 1e-5, 1e-4)
        np.testing.assert_allclose(case.input_grad(threaded), direct.input_grad(threaded), 1e-5, 1e-4)
