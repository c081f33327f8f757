"""Window functions: weights of ``x`` points that fall off to both ends (F. J. Harris, Proc. IEEE 66, 1978)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import config
from ckeras.ops.manipulation.composite import Composite
from ckeras.tensor import Spec, Tensor, dtypes
from ckeras.tensor.eager import wrap


def _length(x: Tensor) -> int:
    """The number of points, rounded towards zero."""
    if x.shape != () or x.dtype not in dtypes.INTEGERS | dtypes.FLOATS | {"bool"}:
        raise ValueError(f"a window expects one number of points, got shape {x.shape} and dtype {x.dtype}")
    points = int(x)
    if points < 0:
        raise ValueError(f"a window expects a number of points of 0 or more, got {points}")
    return points


def _window(name: str, values: Callable[..., np.ndarray]) -> Composite:
    """Define an op whose argument is the length of its result, a vector of the default float type."""

    def function(x: Tensor, *parameters: Tensor) -> Tensor:
        return wrap(values(_length(x), *(p.numpy() for p in parameters)).astype(config.floatx()))

    return Composite(name, function, infer=lambda *inputs: Spec((None,), config.floatx()))


_bartlett = _window("bartlett", np.bartlett)
_blackman = _window("blackman", np.blackman)
_hamming = _window("hamming", np.hamming)
_hanning = _window("hanning", np.hanning)
_kaiser = _window("kaiser", np.kaiser)


def bartlett(x: Any) -> Tensor:
    """The triangular window: 1 - abs(2 i / (x - 1) - 1) at the points i from 0 to x - 1.

    >>> bartlett(5).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return _bartlett(x)


def blackman(x: Any) -> Tensor:
    """0.42 - 0.5 cos(2 pi i / (x - 1)) + 0.08 cos(4 pi i / (x - 1)) at the points i from 0 to x - 1."""
    return _blackman(x)


def hamming(x: Any) -> Tensor:
    """0.54 - 0.46 cos(2 pi i / (x - 1)) at the points i from 0 to x - 1."""
    return _hamming(x)


def hanning(x: Any) -> Tensor:
    """0.5 - 0.5 cos(2 pi i / (x - 1)) at the points i from 0 to x - 1.

    >>> hanning(3).tolist()
    [0.0, 1.0, 0.0]
    """
    return _hanning(x)


def kaiser(x: Any, beta: Any) -> Tensor:
    """I0(beta sqrt(1 - (2 i / (x - 1) - 1)^2)) / I0(beta) at the points i from 0 to x - 1 (Kaiser, 1974).

    Args:
        beta: shape of the window: 0 is a rectangle; larger values give narrower windows.
    """
    return _kaiser(x, beta)
