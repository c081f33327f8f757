"""Winograd's convolution against numpy in float64 and the direct kernel: errors, odd sizes, threads, bounds."""

import itertools

import numpy as np
import pytest
from convolutions import NONE, RELU, RELU6, SIGMOID, TANH, Case, activate

# size, window, strides, padding, dilation
GEOMETRIES = [
    ((size, (3, 3), (1, 1), padding, (1, 1)))
    for size, padding in [
        ((5, 7), "same"), ((13, 11), "valid"), ((8, 8), "same"), ((7, 6), ((-1, 2), (1, -2))),
        ((4, 5), ((3, 3), (4, 0))), ((3, 3), "valid"), ((1, 2), "same"),
    ]
]  # fmt: skip
# channels, filters, groups: around panels and blocks of channels
CHANNELS = [(32, 32, 1), (48, 70, 1), (65, 33, 1), (130, 70, 1), (256, 40, 1)]
# Of few terms, which no convolution by this kernel has, sums are rounded less often by the direct kernel.
FEW_TERMS = [(g, c) for g in GEOMETRIES for c in [(1, 1, 1), (5, 37, 1), (37, 5, 1)]]
FEW_TERMS += [(g, c) for g in GEOMETRIES[-2:] for c in CHANNELS]


def case_of(shape, channels, batch=2):
    return Case(shape, channels, np.float32, batch, kind="conv_winograd")


@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("shape", GEOMETRIES[:-2], ids=str)
def test_errors_are_within_four_times_those_of_the_direct_kernel(threaded, shape, channels):
    case, direct = case_of(shape, channels), Case(shape, channels, np.float32)
    for y, direct_y, expected in [
        (case.conv(threaded), direct.conv(threaded), case.expected()),
        (case.input_grad(threaded), direct.input_grad(threaded), case.expected_input_grad()),
        (case.kernel_grad(threaded), direct.kernel_grad(threaded), case.expected_kernel_grad()),
    ]:
        error, of_direct = np.abs(y - expected), np.abs(direct_y - expected)
        assert np.sqrt((error**2).mean()) <= 4 * np.sqrt((of_direct**2).mean())
        assert error.max() <= 4 * of_direct.max() + 2 * np.finfo(np.float32).eps * np.abs(expected).max()


@pytest.mark.parametrize("shape, channels", FEW_TERMS, ids=str)
def test_sums_of_few_terms(threaded, shape, channels):
    case = case_of(shape, channels)
    for y, expected in [
        (case.conv(threaded), case.expected()),
        (case.input_grad(threaded), case.expected_input_grad()),
        (case.kernel_grad(threaded), case.expected_kernel_grad()),
    ]:
        assert np.abs(y - expected).max() <= 32 * np.finfo(np.float32).eps * np.abs(expected).max()


@pytest.mark.parametrize("act", [NONE, RELU, SIGMOID, TANH, RELU6])
def test_bias_and_activation(threaded, act):
    for shape, channels in itertools.product(GEOMETRIES[:3], [(5, 37, 1), (37, 5, 1), (32, 32, 1)]):
        case = case_of(shape, channels)
        np.testing.assert_allclose(case.conv(threaded, act), activate(case.expected(), act), 1e-5, 1e-4)
        expected = activate(case.expected() + case.bias, act)
        np.testing.assert_allclose(case.conv(threaded, act, bias=True), expected, 1e-5, 1e-4)


def test_threads_change_no_bit(level):
    for channels in [(32, 40, 1), (200, 256, 1)]:
        case = case_of(((19, 17), (3, 3), (1, 1), "same", (1, 1)), channels, batch=5)
        directions = case.conv, case.input_grad, case.kernel_grad
        one = [direction(level).tobytes() for direction in directions]
        try:
            for threads in (2, 3):
                level.set_threads(threads)
                assert [direction(level).tobytes() for direction in directions] == one
        finally:
            level.set_threads(1)


def test_packed_weights_give_the_same_bits(threaded):
    for shape, channels in itertools.product(GEOMETRIES[::2], [(5, 37, 1), (37, 5, 1), (130, 70, 1)]):
        case = case_of(shape, channels)
        (packed, intact), p = case.panels(False), case.parameters(False, RELU, 1, 1)
        threaded.call("conv_winograd_pack", [packed], [case.kernel], p)
        assert intact()
        y = np.full(case.g.shape, np.nan, np.float32)
        threaded.call("conv_winograd", [y], [case.x, case.kernel, case.bias, packed], p)
        assert y.tobytes() == case.conv(threaded, RELU, bias=True).tobytes()


def test_empty(threaded):
    case = case_of(GEOMETRIES[0], (5, 37, 1), batch=0)
    assert case.conv(threaded).size == case.input_grad(threaded).size == 0
    assert (case.kernel_grad(threaded) == 0).all()


@pytest.mark.parametrize("channels", [(32, 32, 1), (100, 70, 1)], ids=str)
def test_the_gradient_of_the_kernel_sums_many_tiles(threaded, channels):
    """More than a block of them, and the last is not full."""
    shape = ((18, 17), (3, 3), (1, 1), "same", (1, 1))
    case, direct = case_of(shape, channels, batch=5), Case(shape, channels, np.float32, 5)
    expected = case.expected_kernel_grad()
    error, of_direct = (np.abs(c.kernel_grad(threaded) - expected) for c in (case, direct))
    assert np.sqrt((error**2).mean()) <= 4 * np.sqrt((of_direct**2).mean()) and error.max() <= 4 * of_direct.max()


def test_what_is_not_finite_is_as_in_the_direct_kernel(threaded):
    """A tile that mixes what is not finite, or overflows, is computed again: other results of it do not notice."""
    for value in (np.inf, -np.inf, np.nan, 3e38):
        case, direct = (Case(GEOMETRIES[2], (33, 37, 1), np.float32, kind=k) for k in ("conv_winograd", "conv"))
        for of in (case, direct):
            of.x[0, 3, 3, 2] = of.x[1, 0, 0, 0] = of.g[0, 2, 5, 36] = value
        np.testing.assert_allclose(case.conv(threaded), direct.conv(threaded), 1e-5, 1e-4)
        np.testing.assert_allclose(case.input_grad(threaded), direct.input_grad(threaded), 1e-5, 1e-4)
        np.testing.assert_array_equal(case.kernel_grad(threaded), direct.kernel_grad(threaded))
