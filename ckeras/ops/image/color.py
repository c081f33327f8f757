"""Colours: red, green and blue as grey, or as hue, saturation and value."""

from typing import Any

import numpy as np

from ckeras.autograd import Tensor, dtypes
from ckeras.ops import elementwise as e
from ckeras.ops.image.layout import channel_axis, image_of
from ckeras.ops.joining import split, stack
from ckeras.ops.layout import squeeze

_GREY = (0.2989, 0.5870, 0.1140)


def _planes(x: Tensor, where: str, axis: int) -> list[Tensor]:
    """The three channels, without their axis."""
    if x.shape[axis] != 3:
        raise ValueError(f"{where} expects images of 3 channels, got {x.shape[axis]} in a tensor of shape {x.shape}")
    return [squeeze(plane, axis) for plane in split(x, 3, axis)]


def _floats(x: Tensor, where: str) -> None:
    if x.dtype not in dtypes.FLOATS:
        raise ValueError(f"{where} expects images of a float dtype, with values from 0 to 1, got {x.dtype}")


def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Tensor:
    """0.2989 red + 0.587 green + 0.114 blue (ITU-R BT.601), in the dtype of the images; integers are cut.

    Args:
        images: of 3 channels, or of 1, which are returned as they are.
        data_format: see `ckeras.ops.image`.

    Returns images of 1 channel.
    """
    x, data_format = image_of(images, "rgb_to_grayscale", data_format)
    axis = channel_axis(len(x.shape), data_format)
    if x.shape[axis] == 1:
        return x
    red, green, blue = (e.as_float(plane) for plane in _planes(x, "rgb_to_grayscale", axis))
    grey = e.add(e.add(e.multiply(_GREY[0], red), e.multiply(_GREY[1], green)), e.multiply(_GREY[2], blue))
    return e.cast(stack([grey], axis), x.dtype)


def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value, each from 0 to 1, of colours from 0 to 1 (Smith, 1978).

    value = max, saturation = (max - min) / max, and hue is the place on the circle red, green, blue.
    """
    x, data_format = image_of(images, "rgb_to_hsv", data_format)
    _floats(x, "rgb_to_hsv")
    axis = channel_axis(len(x.shape), data_format)
    tiny = float(np.finfo(dtypes.NUMPY[x.dtype]).eps)
    r, g, b = _planes(e.where(e.less(e.abs(x), tiny), 0, x), "rgb_to_hsv", axis)
    value = e.maximum(e.maximum(r, g), b)
    span = e.subtract(value, e.minimum(e.minimum(r, g), b))
    coloured, lit = e.greater(span, 0), e.greater(value, 0)
    saturation = e.where(lit, e.divide(span, e.where(lit, value, 1)), 0)
    sixth = e.divide(1.0, e.multiply(6.0, e.where(coloured, span, 1)))
    hue = e.where(
        e.equal(value, g),
        e.add(e.multiply(sixth, e.subtract(b, r)), 2.0 / 6.0),
        e.add(e.multiply(sixth, e.subtract(r, g)), 4.0 / 6.0),
    )
    hue = e.where(e.equal(value, r), e.multiply(sixth, e.subtract(g, b)), hue)
    hue = e.add(e.where(coloured, hue, 0), e.cast(e.less(hue, 0), hue.dtype))
    return stack([hue, saturation, value], axis)


def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Red, green and blue, from 0 to 1, of hue, saturation and value: what `rgb_to_hsv` does, undone."""
    x, data_format = image_of(images, "hsv_to_rgb", data_format)
    _floats(x, "hsv_to_rgb")
    axis = channel_axis(len(x.shape), data_format)
    hue, saturation, value = _planes(x, "hsv_to_rgb", axis)
    turn = e.multiply(e.mod(hue, 1.0), 6.0)
    rest = e.subtract(1.0, saturation)
    shares = [
        e.subtract(e.abs(e.subtract(turn, 3.0)), 1.0),
        e.subtract(2.0, e.abs(e.subtract(turn, 2.0))),
        e.subtract(2.0, e.abs(e.subtract(turn, 4.0))),
    ]
    planes = [e.multiply(value, e.add(rest, e.multiply(saturation, e.clip(share, 0.0, 1.0)))) for share in shares]
    return stack(planes, axis)
