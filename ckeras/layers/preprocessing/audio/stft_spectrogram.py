"""STFTSpectrogram."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ckeras import config, initializers, ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.preprocessing.image.options import one_of, positive_integer
from ckeras.tensor.dtypes import FLOATS

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


@registry.layers.ship()
class STFTSpectrogram(Layer):
    """Short-time Fourier transform of signals, as a convolution with weights that may be trained.

    Signals have the shape (batch, samples, channels), results (batch, frames, channels * frequencies), or with
    ``expand_dims`` (batch, frames, frequencies, channels); channels_first exchanges the axes of time and channels.
    There are ``fft_length // 2 + 1`` frequencies, twice as many for the mode "stft".

    Args:
        mode: "log" (logarithm of magnitudes), "magnitude", "psd" (power spectral density), "real", "imag", "angle", or
            "stft" (real parts, then imaginary ones).
        frame_length: number of samples of a frame.
        frame_step: number of samples between frames, at most ``frame_length``; half of it by default.
        fft_length: number of samples of a transform, at least ``frame_length``; the next power of two by default.
        window: name of a window as in `ckeras.initializers.STFT`, or `None`.
        periodic: whether the window is periodic, else symmetric.
        scaling: "density", "spectrum" or `None`.
        padding: "valid" or "same".
        expand_dims: whether frequencies and channels are separate axes of the result.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: arguments of `Layer`.

    >>> import numpy as np
    >>> STFTSpectrogram(frame_length=64, frame_step=32, data_format="channels_last")(np.ones((2, 256, 1))).shape
    (2, 7, 33)
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.mode = one_of(mode, MODES, kind, "mode")
        self.frame_length = positive_integer(frame_length, kind, "frame_length")
        if frame_step is not None and positive_integer(frame_step, kind, "frame_step") > frame_length:
            raise ValueError(f"{kind} expects frame_step to be at most frame_length={frame_length}, got {frame_step}")
        if fft_length is not None and positive_integer(fft_length, kind, "fft_length") < frame_length:
            raise ValueError(f"{kind} expects fft_length to be at least frame_length={frame_length}, got {fft_length}")
        if fft_length is not None and fft_length & (fft_length - 1):
            warnings.warn(f"{kind}: fft_length is better a power of two, got {fft_length}", stacklevel=2)
        if scaling is not None:
            one_of(scaling, ("density", "spectrum"), kind, "scaling")
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{kind} expects data_format to be 'channels_last', 'channels_first' or None, got {data_format!r}"
            )
        initializers.STFT("real", window, scaling, periodic)  # checks the window
        self.frame_step, self.fft_length = frame_step, fft_length
        self.window, self.periodic, self.scaling, self.expand_dims = window, periodic, scaling, expand_dims
        self.padding = one_of(padding, ("valid", "same"), kind, "padding")
        self.data_format = data_format or config.image_data_format()
        self._step = frame_step or max(frame_length // 2, 1)
        self._size = fft_length or 2 ** math.ceil(math.log2(frame_length))
        self.input_spec = InputSpec(ndim=3)

    def build(self, input_shape: Any) -> None:
        shape = (self.frame_length, 1, self._size // 2 + 1)
        for part, other in (("real", "imag"), ("imag", "real")):
            if self.mode != other:
                initializer = initializers.STFT(part, self.window, self.scaling, self.periodic)
                kernel = self.add_weight(name=f"{part}_kernel", shape=shape, initializer=initializer)
                setattr(self, f"{part}_kernel", kernel)

    def call(self, inputs: Any) -> Any:
        if inputs.dtype not in FLOATS:
            raise TypeError(f"layer {self.name!r} expects inputs of floats, got dtype {inputs.dtype}")
        if self.data_format == "channels_last":
            inputs = ops.transpose(inputs, (0, 2, 1))
        parts = {
            p: self._transformed(inputs, p) for p, other in (("real", "imag"), ("imag", "real")) if self.mode != other
        }
        found = self._result(**parts)  # (batch, channels, frames, frequencies)
        if self.data_format == "channels_last":
            return (
                ops.transpose(found, (0, 2, 3, 1))
                if self.expand_dims
                else _joined(ops.transpose(found, (0, 2, 1, 3)), 2)
            )
        return found if self.expand_dims else _joined(ops.transpose(found, (0, 1, 3, 2)), 1)

    def _transformed(self, signals: Any, part: str) -> Any:
        """Real or imaginary parts (batch, channels, frames, frequencies) of signals (batch, channels, samples)."""
        batch, channels, samples = signals.shape
        kernel = ops.cast(getattr(self, f"{part}_kernel"), signals.dtype)
        rows = ops.reshape(signals, (-1, samples, 1))
        found = ops.conv(rows, kernel, self._step, self.padding, data_format="channels_last")
        return ops.reshape(found, (-1 if batch is None else batch, channels, *found.shape[1:]))

    def _result(self, real: Any = None, imag: Any = None) -> Any:
        if self.mode in ("real", "imag"):
            return real if self.mode == "real" else imag
        if self.mode == "angle":
            return ops.arctan2(imag, real)
        if self.mode == "stft":
            return ops.concatenate([real, imag], axis=-1)
        power = ops.square(real) + ops.square(imag)
        if self.mode == "psd":  # frequencies that stand for negative ones too count twice
            return power + ops.pad(power[..., 1:-1], [(0, 0)] * 3 + [(1, 1)])
        magnitude = ops.sqrt(ops.maximum(power, config.epsilon()))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, config.epsilon()))

    def compute_output_shape(self, input_shape: Any) -> Any:
        last = self.data_format == "channels_last"
        batch, samples, channels = input_shape if last else (input_shape[0], input_shape[2], input_shape[1])
        frequencies = (self._size // 2 + 1) * (2 if self.mode == "stft" else 1)
        frames = None
        if samples is not None:
            spare = samples - self.frame_length if self.padding == "valid" else samples - 1
            frames = max(spare // self._step + 1, 0)
        if self.expand_dims:
            return (batch, frames, frequencies, channels) if last else (batch, channels, frames, frequencies)
        joined = None if channels is None else channels * frequencies
        return (batch, frames, joined) if last else (batch, joined, frames)

    def get_config(self) -> dict[str, Any]:
        names = (
            "mode", "frame_length", "frame_step", "fft_length", "window", "periodic", "scaling", "padding",
            "data_format", "expand_dims",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _joined(x: Any, axis: int) -> Any:
    """Merge an axis with the next one."""
    return ops.reshape(x, (*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))
