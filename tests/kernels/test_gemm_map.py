"""A product fused with elementwise instructions gives the bits of the two kernels run in turn, on odd sizes."""

import numpy as np
import pytest
from fused_kernel import FusedKernel

DTYPES = {"f32": np.float32, "f64": np.float64}
# m, n, k: one chunk (98304 bytes) and several, one panel and several, nearly all of b that is packed, the longest k
SHAPES = [
    (1, 2, 1), (13, 33, 7), (97, 31, 5), (128, 96, 384), (150, 130, 128), (301, 513, 65), (96, 700, 65), (40, 1, 3),
]  # fmt: skip
LARGE = [(100, 2048, 48), (97, 1489, 66), (530, 256, 300)]  # in float64, more than is packed
CASES = [(shape, dtype) for shape in SHAPES for dtype in DTYPES.values()] + [(shape, np.float32) for shape in LARGE]


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def operands(rng, shape, transposed, dtype):
    m, n, k = shape
    a = rng.uniform(-1, 1, (k, m) if transposed else (m, k)).astype(dtype)
    b = rng.uniform(-1, 1, (k, n)).astype(dtype)
    return a, b


def momentum(c, w, v, outputs):
    """The kernel v = 0.9 v + c, w = w - 0.5 v, of which c is the second input."""
    name = "f32" if c.dtype == np.float32 else "f64"
    kernel = FusedKernel(c.size)
    old, gradient, weight = (kernel.input(x.ravel(), 0) for x in (v, c, w))
    nine, half = kernel.constant(0.9, name), kernel.constant(0.5, name)
    new = kernel.instruction(f"muladd.{name}", old, nine, gradient)
    kernel.output(new, outputs[0].ravel())
    kernel.output(kernel.instruction(f"submul.{name}", new, half, weight), outputs[1].ravel())
    return kernel


def gemm_parameters(shape, transposed, dtype, bias, act):
    m, n, k = shape
    return [list(DTYPES.values()).index(dtype), 1, m, n, k, transposed, 0, m * k, k * n, m * n, act, int(bias)]


@pytest.mark.parametrize("kept", [False, True], ids=["gone", "kept"])
@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("shape, dtype", CASES, ids=[f"{'x'.join(map(str, s))}-{d.__name__}" for s, d in CASES])
def test_same_bits_as_one_after_the_other(threaded, rng, shape, transposed, dtype, kept):
    m, n, _ = shape
    a, b = operands(rng, shape, transposed, dtype)
    bias = rng.uniform(-1, 1, n).astype(dtype)
    w, v = rng.uniform(-1, 1, (2, m, n)).astype(dtype)
    p = gemm_parameters(shape, transposed, dtype, True, 1)

    c = np.empty((m, n), dtype)
    threaded.call("gemm", [c], [a, b, bias], p)
    expected = [np.empty_like(v), np.empty_like(w)]
    kernel = momentum(c, w, v, expected)
    kernel.run(threaded)

    found, made = [np.full_like(v, np.nan), np.full_like(w, np.nan)], np.full_like(c, np.nan)
    inputs = [v, w, a, b, bias] + ([made] if kept else [])
    constants = [value for *_, value in kernel.constants]
    threaded.call("gemm_map", found, inputs, [1, int(kept), *p, *kernel.encode(threaded)], constants)
    exactly = np.testing.assert_array_equal
    if n == 1:  # which gemm takes as a row, and sums in another order

        def exactly(x, y):
            np.testing.assert_allclose(x, y, rtol=1e-5)

    for x, y in zip(found, expected, strict=True):
        exactly(x, y)
    if kept:
        exactly(made, c)


def test_in_place_and_with_no_items_of_k(threaded, rng):
    """With k = 0 the product is its bias; the instructions may overwrite their inputs."""
    m, n = 131, 77
    w, v = rng.uniform(-1, 1, (2, m, n)).astype(np.float32)
    bias = rng.uniform(-1, 1, n).astype(np.float32)
    c = np.broadcast_to(bias, (m, n)).copy()
    kernel = momentum(c, w, v, [np.empty_like(v), np.empty_like(w)])
    expected_v = np.float32(0.9) * v + c
    expected_w = w - np.float32(0.5) * expected_v
    a, b = np.empty((m, 0), np.float32), np.empty((0, n), np.float32)
    p = gemm_parameters((m, n, 0), 0, np.float32, True, 0)
    constants = [value for *_, value in kernel.constants]
    threaded.call("gemm_map", [v, w], [v, w, a, b, bias], [1, 0, *p, *kernel.encode(threaded)], constants)
    np.testing.assert_allclose(v, expected_v, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(w, expected_w, rtol=1e-6, atol=1e-7)
