"""``tensorflow.test``: queries of devices, and test cases that compare tensors."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.autograd import GradientTape
from ckeras.compat.tensorflow.table import names_of


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: object = None) -> bool:
    """Return False."""
    return False


def is_built_with_cuda() -> bool:
    """Return False."""
    return False


is_built_with_gpu_support = is_built_with_rocm = is_built_with_xla = is_built_with_cuda


def gpu_device_name() -> str:
    """Return an empty string: there is no such device."""
    return ""


def _array(x: Any) -> np.ndarray:
    return np.asarray(x.to_dense() if hasattr(x, "to_dense") else x)


class TestCase(unittest.TestCase):
    """A test case that compares tensors and arrays."""

    def evaluate(self, tensors: Any) -> Any:
        """Return the values of a tensor, or of those in a list, tuple or dict."""
        if isinstance(tensors, dict):
            return {k: self.evaluate(v) for k, v in tensors.items()}
        if isinstance(tensors, (list, tuple)):
            return type(tensors)(map(self.evaluate, tensors))
        return tensors.numpy() if hasattr(tensors, "numpy") else tensors

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail unless all elements are equal."""
        np.testing.assert_array_equal(_array(a), _array(b), msg or "")

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:
        """Fail unless all elements are nearly equal; in lists and dicts of tensors, too."""
        if isinstance(a, dict):
            self.assertEqual(sorted(a), sorted(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
        else:
            np.testing.assert_allclose(_array(a), _array(b), rtol=rtol, atol=atol, err_msg=msg or "")

    def assertAllInRange(self, target: Any, lower_bound: float, upper_bound: float) -> None:
        """Fail unless all elements are in an interval."""
        array = _array(target)
        self.assertTrue(((array >= lower_bound) & (array <= upper_bound)).all(), f"{array} is not in the interval")

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Fail unless two numbers differ by ``err`` at most."""
        self.assertLessEqual(abs(float(f1) - float(f2)), err, msg)

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: str | None = None) -> None:
        """Fail unless two tensors have the same shape."""
        self.assertEqual(tuple(input_a.shape), tuple(input_b.shape), msg)


main = unittest.main


def compute_gradient(f: Callable[..., Any], x: Any, delta: float | None = None) -> tuple[list[Any], list[Any]]:
    """Return the Jacobian matrices of a function with respect to each argument: of the tape, and of differences.

    Args:
        f: function of tensors.
        x: list of arguments.
        delta: of the differences; 1e-3 by default.
    """
    step, arguments = 1e-3 if delta is None else delta, [_ops.convert_to_tensor(a) for a in x]
    theirs, mine = [], []
    for i, argument in enumerate(arguments):
        with GradientTape() as tape:
            tape.watch(argument)
            result = f(*arguments)
        jacobian = np.asarray(tape.jacobian(result, argument))
        mine.append(jacobian.reshape(int(np.prod(result.shape)), -1))
        columns = []
        for k in range(int(np.prod(argument.shape))):
            shifted = [np.asarray(argument).astype("float64").ravel() for _ in range(2)]
            shifted[0][k] -= step
            shifted[1][k] += step
            low, high = (
                np.asarray(f(*arguments[:i], s.reshape(argument.shape).astype(argument.dtype), *arguments[i + 1 :]))
                for s in shifted
            )
            columns.append((high - low).ravel() / (2 * step))
        theirs.append(np.stack(columns, 1))
    return mine, theirs


__getattr__, __dir__ = names_of(__name__, {})
