"""Gradients by complex tensors: dL/dRe z + i dL/dIm z of a real L, against central differences."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, ops, remat

H = 1e-6


def sample(*shape, seed=0):
    parts = np.random.default_rng(seed).uniform(0.3, 1.5, (2, *shape))
    return parts[0] * np.random.default_rng(seed + 1).choice([-1, 1], shape) + 1j * parts[1]


Z, Y, M, N = sample(2, 3), sample(2, 3, seed=5), sample(3, 3, seed=2), sample(3, 3, seed=7)
WEIGHTS = np.array(0.7 - 0.4j)


CASES = {
    **{
        name: (getattr(ops, name), [Z])
        for name in (
            "square", "reciprocal", "negative", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sqrt",
            "rsqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "arcsin", "arccos", "arctan", "arcsinh",
            "arccosh", "arctanh", "abs", "angle", "real", "imag", "conj", "view_as_real", "sum", "mean", "prod",
            "cumsum", "cumprod", "transpose", "ravel", "norm", "var", "std", "logsumexp",
        )
    },
    **{name: (getattr(ops, name), [Z, Y]) for name in ("add", "subtract", "multiply", "divide", "power", "vdot")},
    **{name: (getattr(ops, name), [M, N]) for name in ("matmul", "dot", "outer", "kron", "solve")},
    **{name: (getattr(ops, name), [M]) for name in ("inv", "det", "trace")},
    "power of an integer": (lambda z: ops.power(z, 3), [Z]),
    "power 2": (lambda z: z**2, [Z]),
    "power of a real base": (lambda z: ops.power(2.0, z), [Z]),
    "divide_no_nan": (ops.divide_no_nan, [Z, Y]),
    "where": (lambda a, b: ops.where([True, False, True], a * a, ops.conj(b)), [Z, Y]),
    "einsum": (lambda a, b: ops.einsum("ij,kj->ik", a, ops.conj(b)), [Z, Y]),
    "tensordot": (lambda a, b: ops.tensordot(a, b, 1), [M, N]),
    "concatenate": (lambda a, b: ops.concatenate([a, ops.square(b)]), [Z, Y]),
    "take": (lambda z: ops.take(z, [0, 2, 2], axis=1), [Z]),
    "cast to real": (lambda z: ops.cast(z * z, "float64"), [Z]),
    "broadcast": (lambda a, b: a * b, [Z, sample(3, seed=9)]),
    "mixed with reals": (lambda a, b: ops.real(a) * b + ops.imag(b) * ops.abs(a), [Z, Y]),
    "norm 1": (lambda z: ops.norm(z, 1, axis=-1), [Z]),
    "norm 3": (lambda z: ops.norm(z, 3, axis=-1), [Z]),
    "norm inf": (lambda z: ops.norm(z, np.inf, axis=-1), [Z]),
    "logdet": (lambda z: ops.slogdet(z)[1], [M]),
    "slogdet": (lambda z: ops.multiply(*ops.slogdet(z)), [M]),
    "cond": (lambda z: ops.cond(True, lambda: z * z, lambda: z), [Z]),
    "remat": (remat(lambda z: ops.exp(z) * ops.conj(z)), [Z]),
}  # fmt: skip


def loss(function, tensors):
    y = function(*tensors)
    return ops.sum(ops.real(ops.multiply(ops.cast(y, "complex128"), WEIGHTS) * ops.cast(y, "complex128")))


def gradients(function, arrays):
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with GradientTape() as tape:
        tape.watch(tensors)
        total = loss(function, tensors)
    return tape.gradient(total, tensors)


def steepest(value, arrays):
    """The gradients of a real function by central differences."""
    found = []
    for i, a in enumerate(arrays):
        slopes = np.zeros_like(a)
        for at in np.ndindex(a.shape):
            for unit in (1, 1j):
                moved = [b.copy() for b in arrays]
                moved[i][at] += H * unit
                above = float(value(moved))
                moved[i][at] -= 2 * H * unit
                slopes[at] += unit * (above - float(value(moved))) / (2 * H)
        found.append(slopes)
    return found


@pytest.mark.parametrize("name", CASES)
def test_gradient(name):
    function, arrays = CASES[name]
    for found, expected in zip(gradients(function, arrays), steepest(lambda a: loss(function, a), arrays), strict=True):
        assert found.dtype == "complex128"
        np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_gradient_of_the_gradient(name):
    function, arrays = CASES[name]

    def slope(tensors):
        found = gradients(function, tensors)
        return sum(ops.sum(ops.real(g * (0.3 + 0.8j))) for g in found)

    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with GradientTape() as tape:
        tape.watch(tensors)
        total = slope(tensors)
    for found, expected in zip(
        tape.gradient(total, tensors, unconnected_gradients="zero"), steepest(slope, arrays), strict=True
    ):
        np.testing.assert_allclose(found, expected, 1e-4, 1e-5)


def test_the_gradient_of_a_holomorphic_function_is_the_conjugate_of_its_derivative():
    z = ckeras.Variable(np.array([1 + 2j, -1j]), dtype="complex128")
    weights = np.array([2 - 1j, 1j])
    with GradientTape(persistent=True) as tape:
        y = z * z * z
    np.testing.assert_allclose(tape.gradient(y, z), np.conj(3 * z.numpy() ** 2))
    np.testing.assert_allclose(tape.gradient(y, z, output_gradients=weights), weights * np.conj(3 * z.numpy() ** 2))
    np.testing.assert_allclose(tape.jacobian(y, z), np.diag(np.conj(3 * z.numpy() ** 2)))


def test_steps_against_the_gradient_lead_to_the_minimum():
    z = ckeras.Variable([3 + 2j], dtype="complex64")
    for _ in range(60):
        with GradientTape() as tape:
            distance = ops.sum(ops.square(ops.abs(z - (1 - 1j))))
        z.assign_sub(0.2 * tape.gradient(distance, z))
    np.testing.assert_allclose(z.numpy(), [1 - 1j], atol=1e-6)


def test_custom_gradients_take_and_give_what_the_tape_returns():
    seen = []

    @ops.custom_gradient
    def square(z):
        def grad(upstream):
            seen.append(upstream.numpy())
            return upstream * ops.conj(2 * z)

        return z * z, grad

    z = ops.convert_to_tensor(np.array([1 + 2j]))
    with GradientTape() as tape:
        tape.watch(z)
        y = ops.sum(ops.real((3 + 1j) * square(z)))
    np.testing.assert_allclose(tape.gradient(y, z), np.conj((3 + 1j) * 2 * z.numpy()))
    np.testing.assert_allclose(seen, [[3 - 1j]])


def test_loops_carry_complex_gradients():
    start = np.array([0.5 + 0.2j, -0.3 + 1j])

    def loop(z):
        return ops.fori_loop(0, 3, lambda i, c: c * z + ops.conj(c), z)

    @ckeras.function
    def compiled(z):
        with GradientTape() as tape:
            tape.watch(z)
            total = loss(loop, [z])
        return tape.gradient(total, z)

    (expected,) = steepest(lambda a: loss(loop, a), [start])
    np.testing.assert_allclose(gradients(loop, [start])[0], expected, 1e-6)
    np.testing.assert_allclose(compiled(start), expected, 1e-6)


def test_the_derivative_in_a_direction_is_the_product_with_the_jacobian():
    z, t = sample(3), sample(3, seed=3)
    value, slope = ops.jvp(lambda z: z * z, (z,), (t,))
    np.testing.assert_allclose(value, z * z)
    np.testing.assert_allclose(slope, 2 * z * t)
    np.testing.assert_allclose(ops.jvp(ops.conj, (z,), (t,))[1], t.conj())
