"""MelSpectrogram."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.preprocessing.image.options import is_number, positive_integer


@registry.layers.ship()
class MelSpectrogram(Layer):
    """Spectrogram of audio signals on the mel scale.

    The magnitudes of a short-time Fourier transform, to the power ``mag_exp``, are summed with triangular weights over
    bands of equal width in mel(f) = 1127 ln(1 + f / 700) (O'Shaughnessy, 1987).

    Signals have the shape (batch, samples) or (samples,), results (batch, num_mel_bins, frames) or (num_mel_bins,
    frames). Frame t is centered at sample t * ``sequence_stride``; the signal is padded by reflection.

    Args:
        fft_length: number of samples of a transform.
        sequence_stride: number of samples between frames.
        sequence_length: number of samples of a frame and of the window, at most ``fft_length``, which is the default.
        window: "hann", "hamming", weights, or `None` for ones.
        sampling_rate: samples per second.
        num_mel_bins: number of bands.
        min_freq, max_freq: range of the bands in hertz; ``max_freq`` `None` means half of the sampling rate.
        power_to_db: whether to convert to decibels, 10 log10(x / ref_power).
        top_db: decibels below the maximum of the result at which it is cut off.
        mag_exp: power of the magnitudes: 1 for magnitudes, 2 for power.
        min_power: smaller values become this before the logarithm.
        ref_power: power of 0 decibels.
        **kwargs: arguments of `Layer`.

    >>> import numpy as np
    >>> MelSpectrogram(fft_length=256, sequence_stride=64, num_mel_bins=16)(np.ones((2, 512))).shape
    (2, 16, 9)
    """

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: float = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.fft_length = positive_integer(fft_length, kind, "fft_length")
        self.sequence_stride = positive_integer(sequence_stride, kind, "sequence_stride")
        self.sequence_length = positive_integer(sequence_length or fft_length, kind, "sequence_length")
        self.num_mel_bins = positive_integer(num_mel_bins, kind, "num_mel_bins")
        if self.sequence_length > self.fft_length:
            raise ValueError(
                f"{kind} expects sequence_length to be at most fft_length={fft_length}, got {sequence_length}"
            )
        if isinstance(window, str) and window not in ("hann", "hamming"):
            raise ValueError(f"{kind} expects window to be 'hann', 'hamming', weights or None, got {window!r}")
        for name, value in (("sampling_rate", sampling_rate), ("min_power", min_power)):
            if not is_number(value) or not value > 0:
                raise ValueError(f"{kind} expects {name} to be a number above 0, got {value!r}")
        max_freq = max_freq or int(sampling_rate / 2)
        if not is_number(min_freq) or not is_number(max_freq) or not 0 <= min_freq < max_freq:
            raise ValueError(f"{kind} expects 0 <= min_freq < max_freq, got {min_freq!r} and {max_freq!r}")
        self.window, self.sampling_rate = window, sampling_rate
        self.min_freq, self.max_freq = min_freq, max_freq
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power, self.ref_power = min_power, ref_power

    def call(self, inputs: Any) -> Any:
        if len(inputs.shape) not in (1, 2) or inputs.shape[-1] == 0:
            raise ValueError(
                f"layer {self.name!r} expects signals of the shape (batch, samples) or (samples,), got {inputs.shape}"
            )
        x = ops.cast(inputs, "float64" if self.variable_dtype == "float64" else "float32")
        real, imaginary = ops.stft(x, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        spectrum = ops.sqrt(ops.square(real) + ops.square(imaginary))
        spectrum = ops.power(spectrum, float(self.mag_exp))
        weights = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, self.fft_length // 2 + 1, self.sampling_rate, self.min_freq, self.max_freq
        )
        found = ops.matmul(spectrum, ops.cast(weights, spectrum.dtype))
        if self.power_to_db:
            found = self._decibels(found)
        return ops.cast(ops.swapaxes(found, -1, -2), self.variable_dtype)

    def _decibels(self, power: Any) -> Any:
        reference = 10.0 * float(np.log10(max(abs(self.ref_power), self.min_power)))
        found = 10.0 * ops.log10(ops.maximum(power, self.min_power)) - reference
        return ops.maximum(found, ops.max(found) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Any:
        """Weights (num_spectrogram_bins, num_mel_bins) with which a spectrum is summed to mel bands.

        Args:
            num_mel_bins: number of bands.
            num_spectrogram_bins: number of frequencies, from 0 to half of the sampling rate.
            sampling_rate: samples per second.
            lower_edge_hertz, upper_edge_hertz: range of the bands.
            dtype: of the weights.
        """
        frequencies = _mel(np.linspace(0.0, sampling_rate / 2.0, num_spectrogram_bins))[:, None]
        edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
        lower, center, upper = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (frequencies - lower) / (center - lower), (upper - frequencies) / (upper - center)
        weights = np.maximum(0.0, np.minimum(rising, falling))
        weights[:1] = 0.0  # the constant part of a signal counts nowhere
        return ops.convert_to_tensor(weights, dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        *batch, samples = input_shape
        frames = None if samples is None else samples // self.sequence_stride + 1
        return (*batch, self.num_mel_bins, frames)

    def get_config(self) -> dict[str, Any]:
        names = (
            "fft_length", "sequence_stride", "sequence_length", "window", "sampling_rate", "num_mel_bins", "min_freq",
            "max_freq", "power_to_db", "top_db", "mag_exp", "min_power", "ref_power",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log(1.0 + hertz / 700.0)
