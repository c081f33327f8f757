"""Images as the models trained on ImageNet expect them, and the names of its classes.

ImageNet: Russakovsky et al., 2015.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ckeras import config, ops
from ckeras.tensor import Tensor, arguments
from ckeras.utils.downloads import get_file

__all__ = ["decode_predictions", "preprocess_input"]

# address and MD5 of the file with the names of the classes
CLASS_INDEX = (
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
    "c2c37ea517e94d9795004a39431a14cb",
)


class _Mode(NamedTuple):
    """Images are ``(x / divisor - mean) / deviation``, with reversed channels or not."""

    divisor: float | None = None
    mean: list[float] | float = 0.0
    deviation: list[float] | None = None
    reverses: bool = False


_MODES = {
    "caffe": _Mode(mean=[103.939, 116.779, 123.68], reverses=True),
    "tf": _Mode(127.5, 1.0),
    "torch": _Mode(255.0, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Scale images as a model expects that was trained on ImageNet.

    Args:
        x: Image or batch of images of 3 channels in the order red, green, blue, with values from 0 to 255: an array, or
            a tensor, symbolic or not. It is not changed.
        data_format: ``"channels_last"`` or ``"channels_first"``; the configured one if not given.
        mode: ``"caffe"`` subtracts the mean of each channel in ImageNet and reverses the channels; ``"tf"`` scales
            values to [-1, 1]; ``"torch"`` scales them to [0, 1], then to mean 0 and deviation 1 of each channel.

    Returns:
        Array or tensor of the same shape; of the same dtype if that is floating, otherwise of the default float type.

    Raises:
        ValueError: for another mode or format, or images of another rank or without 3 channels.

    >>> import numpy as np
    >>> preprocess_input(np.array([[[0, 127.5, 255]]]), mode="tf").tolist()
    [[[-1.0, 0.0, 1.0]]]
    >>> preprocess_input(np.zeros((1, 1, 3))).tolist()
    [[[-103.939, -116.779, -123.68]]]
    """
    where = "preprocess_input"
    mode = arguments.choice(mode, where, "mode", tuple(_MODES))
    data_format = config.image_data_format() if data_format is None else data_format
    arguments.choice(data_format, where, "data_format", ("channels_last", "channels_first"))
    is_array = not isinstance(x, Tensor)
    images: Any = np.asarray(x) if is_array else x
    rank = len(images.shape)
    axis = rank - (1 if data_format == "channels_last" else 3)
    if rank not in (3, 4) or (images.shape[axis] != 3 and mode != "tf"):
        raise ValueError(
            f"{where} expects an image or a batch of images of 3 channels, {data_format}, got shape {images.shape}"
        )
    if not np.issubdtype(images.dtype if is_array else np.dtype(str(images.dtype)), np.floating):
        images = images.astype(config.floatx())
    return _scaled(images, _MODES[mode], axis, np if is_array else ops)


def _scaled(x: Any, mode: _Mode, axis: int, module: Any) -> Any:
    """Images scaled by the functions of a module, numpy or ops."""

    def shaped(values: list[float] | float) -> Any:
        """Values for each channel, of the dtype and rank of the images."""
        array = np.asarray(values, str(x.dtype))
        return array if array.ndim == 0 else array.reshape([3 if a == axis else 1 for a in range(len(x.shape))])

    if mode.reverses:
        x = module.flip(x, axis)
    if mode.divisor is not None:
        x = x / shaped(mode.divisor)
    x = x - shaped(mode.mean)
    return x if mode.deviation is None else x / shaped(mode.deviation)


def _with_mode(mode: str) -> Callable[..., Any]:
    def function(x: Any, data_format: str | None = None) -> Any:
        return preprocess_input(x, data_format, mode)

    function.__name__ = function.__qualname__ = "preprocess_input"
    function.__doc__ = f"""Scale images as the model expects: `imagenet_utils.preprocess_input` in mode ``"{mode}"``.

    Args:
        x: Image or batch of images with values from 0 to 255: an array or a tensor.
        data_format: ``"channels_last"`` or ``"channels_first"``; the configured one if not given.
    """
    return function


caffe_input, tf_input, torch_input = map(_with_mode, _MODES)


def unchanged_input(x: Any, data_format: str | None = None) -> Any:
    """Return images as they are: the model scales values from 0 to 255 itself, unless it is made without.

    Args:
        x: Image or batch of images.
        data_format: ``"channels_last"`` or ``"channels_first"``; the configured one if not given.
    """
    if data_format is not None:
        arguments.choice(data_format, "preprocess_input", "data_format", ("channels_last", "channels_first"))
    return x


unchanged_input.__name__ = unchanged_input.__qualname__ = "preprocess_input"


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Return the most probable classes of ImageNet.

    Args:
        preds: Probabilities, of shape ``(samples, 1000)``.
        top: Number of classes for each sample.

    Returns:
        For each sample, a list of tuples ``(identifier in WordNet, name, probability)``, the most probable first.

    Raises:
        ValueError: for another shape.
        OSError: if the names, which are downloaded on first use, cannot be.
    """
    if len(getattr(preds, "shape", ())) != 2 or preds.shape[1] != 1000:
        raise ValueError(
            f"decode_predictions expects predictions of shape (samples, 1000), got "
            f"{getattr(preds, 'shape', arguments.shown(preds))}"
        )
    top = arguments.integer(top, "decode_predictions", "top", minimum=0)
    address, file_hash = CLASS_INDEX
    path = get_file("imagenet_class_index.json", address, cache_subdir="models", file_hash=file_hash)
    with open(path, encoding="utf-8") as file:
        names = json.load(file)
    return [
        [(*names[str(i)], row[i]) for i in np.argsort(-row, kind="stable")[:top].tolist()]
        for row in ops.convert_to_numpy(preds)
    ]


__dir__ = __all__.copy
