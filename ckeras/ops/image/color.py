"""Colour spaces: conversions between RGB, greyscale and HSV."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.image.layout import channel_axis, image_of
from ckeras.ops.manipulation.concat import split, stack
from ckeras.ops.manipulation.layout import squeeze
from ckeras.tensor import Tensor, dtypes

_GREY = (0.2989, 0.5870, 0.1140)


def _planes(x: Tensor, where: str, axis: int) -> list[Tensor]:
    """Split the three channels; the channel axis is removed."""
    if x.shape[axis] != 3:
        raise ValueError(f"{where} expects images of 3 channels, got {x.shape[axis]} in a tensor of shape {x.shape}")
    return [squeeze(plane, axis) for plane in split(x, 3, axis)]


def _floats(x: Tensor, where: str) -> None:
    if x.dtype not in dtypes.FLOATS:
        raise ValueError(f"{where} expects images of a float dtype, with values from 0 to 1, got {x.dtype}")


def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Tensor:
    """0.2989 red + 0.587 green + 0.114 blue (ITU-R BT.601), in the dtype of the images; integers are truncated.

    Args:
        images: of 3 channels, or of 1, which are returned as they are.
        data_format: see `ckeras.ops.image`.

    Returns images of 1 channel.
    """
    x, data_format = image_of(images, "rgb_to_grayscale", data_format)
    axis = channel_axis(len(x.shape), data_format)
    if x.shape[axis] == 1:
        return x
    red, green, blue = (elementwise.as_float(plane) for plane in _planes(x, "rgb_to_grayscale", axis))
    grey = elementwise.add(
        elementwise.add(elementwise.multiply(_GREY[0], red), elementwise.multiply(_GREY[1], green)),
        elementwise.multiply(_GREY[2], blue),
    )
    return elementwise.cast(stack([grey], axis), x.dtype)


def _hue(r: Tensor, g: Tensor, b: Tensor, value: Tensor, span: Tensor) -> Tensor:
    """The hue of colors whose maximum and whose maximum minus minimum are ``value`` and ``span``; 0 for gray."""
    coloured = elementwise.greater(span, 0)
    sixth = elementwise.divide(1.0, elementwise.multiply(6.0, elementwise.where(coloured, span, 1)))
    hue = elementwise.where(
        elementwise.equal(value, g),
        elementwise.add(elementwise.multiply(sixth, elementwise.subtract(b, r)), 2.0 / 6.0),
        elementwise.add(elementwise.multiply(sixth, elementwise.subtract(r, g)), 4.0 / 6.0),
    )
    hue = elementwise.where(elementwise.equal(value, r), elementwise.multiply(sixth, elementwise.subtract(g, b)), hue)
    return elementwise.add(elementwise.where(coloured, hue, 0), elementwise.cast(elementwise.less(hue, 0), hue.dtype))


def _shares(hue: Tensor) -> list[Tensor]:
    """For red, green and blue, how much of the span of a color of a hue (modulo 1) is above its minimum."""
    turn = elementwise.multiply(elementwise.subtract(hue, elementwise.floor(hue)), 6.0)
    shares = [
        elementwise.subtract(elementwise.abs(elementwise.subtract(turn, 3.0)), 1.0),
        elementwise.subtract(2.0, elementwise.abs(elementwise.subtract(turn, 2.0))),
        elementwise.subtract(2.0, elementwise.abs(elementwise.subtract(turn, 4.0))),
    ]
    return [elementwise.clip(share, 0.0, 1.0) for share in shares]


def _value_and_span(r: Tensor, g: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum of the three, and maximum minus minimum."""
    value = elementwise.maximum(elementwise.maximum(r, g), b)
    return value, elementwise.subtract(value, elementwise.minimum(elementwise.minimum(r, g), b))


def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Convert RGB images with values from 0 to 1 to hue, saturation and value from 0 to 1 (Smith, 1978).

    value = max, saturation = (max - min) / max, and hue is the angle on the colour wheel (red 0, green 1/3, blue 2/3).
    """
    x, data_format = image_of(images, "rgb_to_hsv", data_format)
    _floats(x, "rgb_to_hsv")
    axis = channel_axis(len(x.shape), data_format)
    tiny = float(np.finfo(dtypes.NUMPY[x.dtype]).eps)
    planes = _planes(elementwise.where(elementwise.less(elementwise.abs(x), tiny), 0, x), "rgb_to_hsv", axis)
    value, span = _value_and_span(*planes)
    lit = elementwise.greater(value, 0)
    saturation = elementwise.where(lit, elementwise.divide(span, elementwise.where(lit, value, 1)), 0)
    return stack([_hue(*planes, value, span), saturation, value], axis)


def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Convert HSV images with values from 0 to 1 to RGB; the inverse of `rgb_to_hsv`."""
    x, data_format = image_of(images, "hsv_to_rgb", data_format)
    _floats(x, "hsv_to_rgb")
    axis = channel_axis(len(x.shape), data_format)
    hue, saturation, value = _planes(x, "hsv_to_rgb", axis)
    rest = elementwise.subtract(1.0, saturation)
    planes = [
        elementwise.multiply(value, elementwise.add(rest, elementwise.multiply(saturation, share)))
        for share in _shares(hue)
    ]
    return stack(planes, axis)


def turn_hue(x: Tensor, turn: Tensor, data_format: str) -> Tensor:
    """Add ``turn``, which broadcasts to an image's plane, to the hue of RGB images; other axes of HSV stay."""
    axis = channel_axis(len(x.shape), data_format)
    planes = _planes(x, "turn_hue", axis)
    value, span = _value_and_span(*planes)
    shares = _shares(elementwise.add(_hue(*planes, value, span), turn))
    lower = elementwise.subtract(value, span)
    return stack([elementwise.add(lower, elementwise.multiply(span, share)) for share in shares], axis)


def scale_saturation(x: Tensor, factor: Tensor, data_format: str) -> Tensor:
    """Multiply the saturation of RGB images by ``factor``, 0 or more, and clip it to 1; hue and value stay."""
    axis = channel_axis(len(x.shape), data_format)
    if x.shape[axis] != 3:
        raise ValueError(f"scale_saturation expects images of 3 channels, got shape {x.shape}")
    value, span = _value_and_span(*split(x, 3, axis))
    coloured = elementwise.greater(span, 0)
    most = elementwise.where(coloured, elementwise.divide(value, elementwise.where(coloured, span, 1)), 0)
    ratio = elementwise.maximum(elementwise.minimum(factor, most), 0)
    return elementwise.subtract(value, elementwise.multiply(elementwise.subtract(value, x), ratio))
