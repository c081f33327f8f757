"""The kernel of a short-time Fourier transform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ckeras import config as _config, ops, registry
from ckeras.initializers.initializer import Initializer, checked_shape

# Windows that are sums of cosines: the coefficients of cos(k * pi * x) for k = 0, 1, ... (Harris, 1978; Nuttall, 1981).
_COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}


def _taylor(x: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Taylor window with side lobes of -30 decibels, the first four of equal height (Taylor, 1955)."""
    count = 4
    a = np.arccosh(10 ** (30 / 20)) / np.pi
    stretch = count**2 / (a**2 + (count - 0.5) ** 2)
    m = np.arange(1, count)
    zeros = stretch * (a**2 + (m - 0.5) ** 2)
    factors = [
        (-1) ** (k + 1) * np.prod(1 - k**2 / zeros) / (2 * np.prod(1 - k**2 / m[m != k] ** 2)) for k in m.tolist()
    ]
    window = 1 + 2 * np.cos(2 * np.pi * np.outer(d, m) / len(d)) @ factors
    return window / (1 + 2 * np.sum(factors))


# Other windows: functions of x, from -1 to 1 over the window, and d, the distance from its center in samples.
_WINDOWS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "bartlett": lambda x, d: 1 - np.abs(x),
    "triang": lambda x, d: 1 - np.abs(d) / ((len(d) + 1) // 2 if len(d) % 2 else len(d) / 2),
    "parzen": lambda x, d: _parzen(np.abs(d) / (len(d) / 2), np.abs(d) <= (len(d) - 1) / 4),
    "bohman": lambda x, d: (1 - np.abs(x)) * np.cos(np.pi * x) + np.sin(np.pi * np.abs(x)) / np.pi,
    "barthann": lambda x, d: 0.62 - 0.24 * np.abs(x) + 0.38 * np.cos(np.pi * x),
    "cosine": lambda x, d: np.cos(np.pi * d / len(d)),
    "exponential": lambda x, d: np.exp(-np.abs(d)),
    "tukey": lambda x, d: np.where(np.abs(x) <= 0.5, 1.0, 0.5 * (1 + np.cos(np.pi * (2 * np.abs(x) - 1)))),
    "lanczos": lambda x, d: np.sinc(x),
    "taylor": _taylor,
}


def _parzen(r: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return np.where(inside, 1 - 6 * r**2 + 6 * r**3, 2 * (1 - r) ** 3)


def window_values(name: str, length: int, periodic: bool) -> np.ndarray:
    """Return the values of a window: symmetric, or one period of the periodic window."""
    if length <= 1:
        return np.ones(length)
    samples = length + periodic
    d = np.arange(samples) - (samples - 1) / 2
    x = 2 * d / (samples - 1)
    if name in _COSINES:
        values = sum(a * np.cos(k * np.pi * x) for k, a in enumerate(_COSINES[name]))
    else:
        values = _WINDOWS[name](x, d)
    return values[:length]


@registry.initializers.ship("STFTInitializer")
class STFT(Initializer):
    """Kernel of a convolution that computes the real or imaginary part of a short-time Fourier transform.

    For the shape (frame length, channels, bins) it is `window[t] * cos(2 * pi * t * f / n)`, or minus the sine, with
    `n = 2 * (bins - 1)` samples to a transform, for time t and bin f.

    Args:
        side: "real" for cosines, "imag" for sines.
        window: Name of a window, an array of the frame length, or None for no window.
        scaling: Divisor of the window: "density" for the square root of the sum of its squares, "spectrum" for the
            sum of its values, None for no scaling.
        periodic: Whether a window given by name is periodic instead of symmetric.

    Raises:
        ValueError: if `side`, `window` or `scaling` is not one of these values.

    >>> STFT()((4, 1, 3)).shape
    (4, 1, 3)
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ):
        name = type(self).__name__
        if side not in ("real", "imag"):
            raise ValueError(f"{name} expects side to be 'real' or 'imag', got {side!r}.")
        if isinstance(window, str) and window not in {**_COSINES, **_WINDOWS}:
            known = ", ".join(sorted({**_COSINES, **_WINDOWS}))
            raise ValueError(f"{name} expects window to be one of {known}, an array or None, got {window!r}.")
        if scaling not in ("density", "spectrum", None):
            raise ValueError(f"{name} expects scaling to be 'density', 'spectrum' or None, got {scaling!r}.")
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        shape = checked_shape(shape, self)
        if len(shape) != 3:
            raise ValueError(f"{type(self).__name__} expects a shape (frame length, channels, bins), got {shape}.")
        frame, _, bins = shape
        period = 2 * (bins - 1)
        angle = 2 * np.pi * np.arange(frame)[:, None] * np.arange(bins) / (period or 1)
        kernel = (np.cos(angle) if self.side == "real" else -np.sin(angle)) * self._scaled_window(frame)[:, None]
        tensor = ops.convert_to_tensor(kernel[:, None], dtype=dtype or _config.floatx())
        return ops.broadcast_to(tensor, shape)

    def _scaled_window(self, frame: int) -> np.ndarray:
        if self.window is None:
            return np.ones(frame)
        if isinstance(self.window, str):
            window = window_values(self.window, frame, self.periodic)
        else:
            window = np.asarray(ops.convert_to_numpy(self.window), "float64")
        if window.shape != (frame,):
            raise ValueError(f"{type(self).__name__} expects a window of shape ({frame},), got {window.shape}.")
        if self.scaling == "density":
            return window / np.sqrt(np.sum(window**2))
        return window / np.sum(np.abs(window)) if self.scaling == "spectrum" else window

    def get_config(self) -> dict[str, Any]:
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}
