"""WAV files to arrays, by the standard library, and arrays at another sampling rate."""

from __future__ import annotations

import wave

import numpy as np


def read_wave(path: str) -> tuple[np.ndarray, int]:
    """Return the samples of a WAV file of integers of 8 to 32 bits, from -1 to 1, and its sampling rate.

    Returns:
        float32 array of the shape (time, channels), and samples per second.

    Raises:
        ValueError: if this is not such a file; names it.
    """
    try:
        with wave.open(path, "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path!r} is not a WAV file of integers: {error}") from error
    if width == 1:  # unsigned
        samples = np.frombuffer(data, "u1").astype("float32") / 128 - 1
    elif width == 3:
        parts = np.frombuffer(data[: len(data) // 3 * 3], "u1").reshape(-1, 3)
        wide = np.zeros((len(parts), 4), "u1")
        wide[:, 1:] = parts
        samples = wide.view("<i4")[:, 0] / np.float32(2**31)
    else:
        samples = np.frombuffer(data, f"<i{width}") / np.float32(2 ** (8 * width - 1))
    return samples.astype("float32").reshape(-1, channels), rate


def resampled(x: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Return samples (time, channels) at another rate, by a Hann-windowed sinc of 16 periods on each side.

    Frequencies above half of the smaller rate are removed (Smith, Digital audio resampling, 2002).
    """
    if rate == new_rate or not len(x):
        return x
    count = max(1, len(x) * new_rate // rate)
    cutoff = min(1.0, new_rate / rate)
    reach = 16 / cutoff
    at = np.arange(count) * (rate / new_rate)
    first = np.ceil(at - reach).astype(int)
    found = np.zeros((count, x.shape[1]))
    total = np.zeros((count, 1))
    for offset in range(int(2 * reach) + 1):
        index = first + offset
        distance = at - index
        weight = np.sinc(cutoff * distance) * np.cos(np.pi / 2 * np.clip(distance / reach, -1, 1)) ** 2
        total[:, 0] += weight
        inside = (index >= 0) & (index < len(x))
        found += np.where(inside, weight, 0)[:, None] * x[np.clip(index, 0, len(x) - 1)]
    return (found / total).astype(x.dtype)
