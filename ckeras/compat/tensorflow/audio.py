"""``tensorflow.audio``: WAV files of 16 bits."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.errors import InvalidArgumentError
from ckeras.compat.tensorflow.records import plain_bytes
from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor.string_tensor import StringTensor


def decode_wav(
    contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None
) -> tuple[Any, Any]:
    """Return the samples of a WAV file, from -1 to 1, and the number of samples per second.

    Args:
        contents: of the file.
        desired_channels: number of channels, of which a missing one is a copy of the first; -1 for those of the file.
        desired_samples: number of samples, padded with zeros; -1 for those of the file.
        name: no effect.

    Returns:
        Tensor of shape (samples, channels), and an integer.

    Raises:
        InvalidArgumentError: if it is no WAV file of 16 bits.
    """
    try:
        with wave.open(io.BytesIO(plain_bytes(contents))) as file:
            if file.getsampwidth() != 2:
                raise InvalidArgumentError(f"decode_wav expects 16 bits, got {8 * file.getsampwidth()}")
            rate, channels = file.getframerate(), file.getnchannels()
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)
    except (wave.Error, EOFError) as error:
        raise InvalidArgumentError(f"decode_wav expects the contents of a WAV file: {error}") from None
    found = samples.astype("float32") / 32768
    if desired_samples >= 0:
        found = np.pad(found[:desired_samples], ((0, max(desired_samples - len(found), 0)), (0, 0)))
    if desired_channels >= 0:
        kept = [min(i, channels - 1) if i < channels else 0 for i in range(desired_channels)]
        found = found[:, kept]
    return _ops.convert_to_tensor(found), _ops.convert_to_tensor(np.int32(rate))


def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> StringTensor:
    """Return the contents of a WAV file of 16 bits of samples (samples, channels) from -1 to 1."""
    array = np.asarray(audio, "float32")
    if array.ndim != 2:
        raise InvalidArgumentError(f"encode_wav expects samples of shape (samples, channels), got {array.shape}")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(array.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(int(sample_rate))
        writer.writeframes(np.clip(np.round(array * 32768), -32768, 32767).astype("<i2").tobytes())
    return StringTensor(file.getvalue())


__getattr__, __dir__ = names_of(__name__, {})
