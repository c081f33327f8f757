"""Convolutions and their gradients against numpy in float64: geometries, groups, epilogues, threads, bounds."""

import itertools

import numpy as np
import pytest
from convolutions import DTYPES, NONE, RELU, RELU6, SIGMOID, TANH, Case, activate, assert_close

# size, window, strides, padding, dilation
GEOMETRIES = [
    ((9,), (3,), (2,), "valid", (1,)),
    ((5, 7), (3, 2), (1, 1), "same", (1, 1)),
    ((5, 7), (2, 2), (3, 2), ((1, 2), (0, 3)), (2, 1)),
    ((6, 7), (3, 2), (2, 3), ((0, -1), (-2, 0)), (1, 2)),
    ((7, 6), (3, 3), (1, 1), ((-1, 2), (1, -2)), (1, 1)),
    ((4, 3, 5), (2, 3, 2), (2, 1, 3), "same", (1, 1, 2)),
    ((3, 3), (40, 1), (1, 1), "same", (1, 1)),
    ((14, 15), (5, 5), (1, 1), "valid", (1, 1)),
    ((13, 11), (2, 2), (4, 3), "same", (1, 1)),
    ((12, 12), (3, 3), (2, 2), "same", (2, 2)),
    ((10, 9), (1, 1), (3, 2), "valid", (1, 1)),
    ((8,), (3,), (4,), "same", (6,)),
]
# channels, filters, groups: around vectors and panels of all levels and blocks of k
CHANNELS = [(1, 1, 1), (3, 5, 1), (1, 33, 1), (32, 8, 1), (47, 66, 1), (4, 6, 2), (40, 70, 2), (6, 12, 6), (150, 9, 1)]


def check(level, case):
    """Each direction, whatever the number of parts of the sum over windows."""
    terms = case.w.taps * max(case.channels, case.filters) // case.groups
    assert_close(case.conv(level), case.expected(), terms)
    assert_close(case.input_grad(level), case.expected_input_grad(), terms)
    for parts in {1, min(3, case.m)}:
        assert_close(case.kernel_grad(level, parts), case.expected_kernel_grad(), case.m)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("shape", GEOMETRIES, ids=str)
def test_each_direction(threaded, shape, channels, dtype):
    check(threaded, Case(shape, channels, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [(2, 2, 2), (3, 6, 3), (37, 111, 37), (16, 16, 16), (70, 70, 70)], ids=str)
@pytest.mark.parametrize("shape", GEOMETRIES, ids=str)
def test_each_direction_depthwise(threaded, shape, channels, dtype):
    check(threaded, Case(shape, channels, dtype, kind="conv_depthwise"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("act", [TANH, RELU6])
def test_depthwise_windows_of_three_adjacent_pixels(threaded, act, dtype):
    """Rows of windows in parts of every length, of which the first and the last reach beyond the image or do not."""
    for size, stride, padding in itertools.product(
        [(4, 1), (3, 9), (5, 20)], [1, 2], [((1, 1), (1, 1)), ((0, 1), (0, 1))]
    ):
        for channels in (4, 16, 37):
            shape = (size, (3, 3), (stride, stride), padding, (1, 1))
            case = Case(shape, (channels, channels, channels), dtype, kind="conv_depthwise")
            if 0 in case.w.outputs:
                continue
            case.kernel *= 4
            assert_close(case.conv(threaded), case.expected(), 36)
            assert_close(case.conv(threaded, act, bias=True), activate(case.expected() + case.bias, act), 36)
            assert_close(case.input_grad(threaded), case.expected_input_grad(), 36)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [(1, 40, 1), (3, 33, 1), (16, 5, 1)], ids=str)
def test_few_channels(threaded, channels, dtype):
    """Rows of windows that are cut into tiles."""
    for shape in [
        ((6, 29), (3, 3), (1, 1), "same", (1, 1)), ((11, 40), (5, 4), (2, 3), ((1, 3), (2, 0)), (1, 2)),
        ((4, 3, 20), (3, 2, 3), (1, 2, 1), "same", (1, 1, 1)), ((50,), (7,), (2,), ((-1, 4),), (1,)),
    ]:  # fmt: skip
        case = Case(shape, channels, dtype)
        terms = case.w.taps * channels[0]
        assert_close(case.conv(threaded), case.expected(), terms)
        assert_close(case.conv(threaded, RELU6, bias=True), activate(case.expected() + case.bias, RELU6), terms)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [(64, 300, 1), (70, 64, 1), (130, 130, 2)], ids=str)
def test_more_than_one_pass_keeps(threaded, channels, dtype):
    """Several blocks of k, groups of panels, and blocks of windows."""
    for shape in [((17, 18), (3, 3), (1, 1), "same", (1, 1)), ((19, 18), (3, 3), (2, 2), "same", (1, 1))]:
        case = Case(shape, channels, dtype, batch=3)
        check(threaded, case)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("act", [NONE, RELU, SIGMOID, TANH, RELU6])
def test_bias_and_activation(threaded, act, dtype):
    depthwise = ((35, 70, 35), "conv_depthwise")
    kinds = [((3, 5, 1), "conv"), ((4, 66, 2), "conv"), ((150, 40, 1), "conv"), ((3, 2, 1), "conv_narrow"), depthwise]
    for shape, (channels, kind) in itertools.product([*GEOMETRIES[:4], GEOMETRIES[8]], kinds):
        case = Case(shape, channels, dtype, kind=kind)
        terms = case.w.taps * case.filters
        expected = activate(case.expected_input_grad() + case.back_bias, act)
        assert_close(case.input_grad(threaded, act, bias=True), expected, terms)
        assert_close(case.input_grad(threaded, act), activate(case.expected_input_grad(), act), terms)
        expected = activate(case.expected() + case.bias, act)
        assert_close(case.conv(threaded, act, bias=True), expected, case.w.taps * channels[0])
        assert_close(case.conv(threaded, act), activate(case.expected(), act), case.w.taps * channels[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("few", range(1, 5))
@pytest.mark.parametrize("shape", GEOMETRIES, ids=str)
def test_few_channels_of_the_result(threaded, shape, few, dtype):
    for many in (1, 7, 37):
        forward, back = (Case(shape, (*c, 1), dtype, kind="conv_narrow") for c in ((many, few), (few, many)))
        assert_close(forward.conv(threaded), forward.expected(), forward.w.taps * many)
        assert_close(back.input_grad(threaded), back.expected_input_grad(), back.w.taps * many)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "channels, kind",
    [
        ((3, 32, 1), "conv"),
        ((64, 300, 1), "conv"),
        ((20, 36, 4), "conv"),
        ((50, 50, 50), "conv_depthwise"),
        ((3, 4, 1), "conv_narrow"),
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [((19, 17), (3, 3), (1, 1), "same", (1, 1)), GEOMETRIES[8]], ids=str)
def test_threads_change_no_bit(level, shape, channels, kind, dtype):
    case = Case(shape, channels, dtype, batch=5, kind=kind)
    parts = [case.conv, case.input_grad] + [case.kernel_grad] * (kind != "conv_narrow")
    one = [part(level).tobytes() for part in parts]
    try:
        for threads in (2, 3):
            level.set_threads(threads)
            assert [part(level).tobytes() for part in parts] == one
    finally:
        level.set_threads(1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("back", [False, True])
def test_packed_weights_give_the_same_bits(threaded, back, dtype):
    for shape, channels in itertools.product(GEOMETRIES[:9], [(3, 5, 1), (40, 70, 2), (150, 9, 1)]):
        case = Case(shape, channels, dtype)
        (packed, intact), source = case.panels(back), case.g if back else case.x
        threaded.call("conv_pack", [packed], [case.kernel], case.parameters(back, NONE, 0, 1))
        assert intact()
        y = np.full((case.x if back else case.g).shape, np.nan, dtype)
        threaded.call("conv", [y], [source, packed], case.parameters(back, NONE, 0, 1))
        assert y.tobytes() == (case.input_grad(threaded) if back else case.conv(threaded)).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_empty(threaded, dtype):
    for shape in (GEOMETRIES[1], ((2, 9), (3, 3), (1, 1), "valid", (1, 1))):
        narrow = Case(shape, (3, 4, 1), dtype, batch=0 if shape is GEOMETRIES[1] else 2, kind="conv_narrow")
        assert narrow.conv(threaded).size == 0 and (narrow.input_grad(threaded) == 0).all()
    for channels, kind in [((3, 5, 1), "conv"), ((64, 70, 1), "conv"), ((5, 5, 5), "conv_depthwise")]:
        case = Case(GEOMETRIES[1], channels, dtype, batch=0, kind=kind)
        assert case.conv(threaded).size == case.input_grad(threaded).size == 0
        assert (case.kernel_grad(threaded) == 0).all()
        case = Case(((2, 9), (3, 3), (1, 1), "valid", (1, 1)), channels, dtype, kind=kind)  # no windows
        assert case.conv(threaded).size == 0
        assert (case.input_grad(threaded) == 0).all() and (case.kernel_grad(threaded) == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite_stays_where_it_is_read(threaded, dtype):
    """Padding is 0 times a weight, and neither rounded up rows nor columns of tiles mix with others."""
    case = Case(((7, 7), (3, 3), (1, 1), "same", (1, 1)), (5, 37, 1), dtype)
    case.x[0, 3, 3, 2], case.x[1, 0, 0, 0] = np.inf, np.nan
    finite = np.isfinite(case.conv(threaded)).all(-1)
    expected = np.ones((2, 7, 7), bool)
    expected[0, 2:5, 2:5] = expected[1, :2, :2] = False
    np.testing.assert_array_equal(finite, expected)
    case = Case(((7, 7), (3, 3), (2, 2), "valid", (1, 1)), (5, 37, 1), dtype)
    case.g[1, 2, 2, 36] = np.nan
    expected = np.ones((2, 7, 7), bool)
    expected[1, 4:, 4:] = False
    np.testing.assert_array_equal(np.isfinite(case.input_grad(threaded)).all(-1), expected)
    finite = np.isfinite(case.kernel_grad(threaded))
    assert finite[..., :36].all() and not finite[..., 36].any()
    case = Case(((7, 7), (3, 3), (1, 1), "same", (1, 1)), (3, 19, 1), dtype, kind="conv_narrow")
    case.g[1, 0, 2, 18] = np.inf
    expected = np.ones((2, 7, 7), bool)
    expected[1, :2, 1:4] = False
    np.testing.assert_array_equal(np.isfinite(case.input_grad(threaded)).all(-1), expected)
    case = Case(((7, 7), (3, 3), (1, 1), "same", (1, 1)), (37, 37, 37), dtype, kind="conv_depthwise")
    case.x[0, 3, 3, 36] = np.nan
    expected = np.ones((2, 7, 7, 37), bool)
    expected[0, 2:5, 2:5, 36] = False
    np.testing.assert_array_equal(np.isfinite(case.conv(threaded)), expected)
