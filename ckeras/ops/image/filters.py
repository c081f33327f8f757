"""Fixed convolution filters: Gaussian blur, edges, and structural similarity."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.image.layout import batched, image_of, restored, unbatched
from ckeras.ops.indexing.core import getitem
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.convolution import depthwise_conv
from ckeras.ops.nn.windows import channels_back, channels_last, each_axis
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Spec, Tensor, dtypes
from ckeras.tensor.eager import constant


def _gaussian(size: int, sigma: Any, dtype: str) -> Tensor:
    """Centered weights exp(-x^2 / (2 sigma^2)), normalized to sum 1."""
    x = constant((np.arange(size) - (size - 1) / 2).astype(dtypes.NUMPY[dtype]))
    weights = elementwise.exp(
        elementwise.multiply(-0.5, elementwise.square(elementwise.divide(x, elementwise.cast(sigma, dtype))))
    )
    return elementwise.divide(weights, reduction.sum(weights))


def _of_channels(kernel: Tensor, x: Tensor, where: str) -> Tensor:
    """Repeat a kernel (rows, columns, 1, outputs of a channel) for each channel of ``x`` (its last axis)."""
    if x.shape[-1] is None:
        raise ValueError(f"{where} needs to know the number of channels: the shape is {x.shape}")
    return elementwise.broadcast_to(kernel, (*kernel.shape[:2], x.shape[-1], kernel.shape[3]))


def _smoothed(x: Tensor, down: Tensor, across: Tensor, padding: str, where: str) -> Tensor:
    """Convolve a channels-last batch with the weights ``down`` along columns, then ``across`` along rows."""
    for weights, shape in ((down, (-1, 1, 1, 1)), (across, (1, -1, 1, 1))):
        kernel = _of_channels(layout.reshape(weights, shape), x, where)
        x = depthwise_conv(x, kernel, padding=padding, data_format="channels_last")
    return x


def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Tensor:
    """Blur images with a Gaussian kernel, with zero padding, in the dtype of the images.

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        kernel_size: width and height of the kernel.
        sigma: standard deviations along width and height. Differentiable.
    """
    x, data_format = image_of(images, "gaussian_blur", data_format)
    width, height = each_axis(kernel_size, 2, "kernel_size of gaussian_blur")
    across, down = (
        (sigma, sigma) if isinstance(sigma, (int, float)) else (getitem(layout.tensor(sigma), i) for i in (0, 1))
    )
    if any((isinstance(v, (int, float)) or type(v) is Tensor) and not float(v) > 0 for v in (across, down)):
        raise ValueError(f"gaussian_blur expects sigma above 0, got sigma={sigma!r}")
    y = elementwise.cast(batched(x), dtypes.result_type(x.dtype, "float32"))
    y = channels_last(y, data_format)
    weights = _gaussian(height, down, y.dtype), _gaussian(width, across, y.dtype)
    y = _smoothed(y, *weights, "same", "gaussian_blur")
    return restored(unbatched(channels_back(y, data_format), x), x.dtype)


_SOBEL = np.array([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])
_SOBEL_KERNELS = np.stack([_SOBEL, _SOBEL.T], -1)[:, :, None]  # down, and across


def _edges(x: Tensor, data_format: str) -> Tensor:
    y = channels_last(x, data_format)
    kernel = _of_channels(constant(_SOBEL_KERNELS.astype(dtypes.NUMPY[y.dtype])), y, "sobel_edges")
    y = layout.reshape(depthwise_conv(y, kernel, padding="same", data_format="channels_last"), (*y.shape, 2))
    return y if data_format == "channels_last" else layout.transpose(y, (0, 3, 1, 2, 4))


_sobel_edges = Composite("sobel_edges", _edges, infer=lambda x, data_format: Spec((*x.shape, 2), x.dtype))


def sobel_edges(images: Any, data_format: str | None = None) -> Tensor:
    """Vertical and horizontal Sobel gradients of images (Sobel and Feldman, 1968), with zero padding.

    Args:
        images: a batch; integers give floats.

    Returns a tensor with an additional last axis of size 2: (vertical, horizontal).
    """
    x, data_format = image_of(images, "sobel_edges", data_format, (4,))
    return _sobel_edges(elementwise.as_float(x), data_format=data_format)


def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Structural similarity of images, 1 for equal ones (Wang et al., 2004).

    Args:
        image1: one image or a batch, of the shape of ``image2``; see `ckeras.ops.image`.
        max_val: the maximum possible value.
        filter_size: height and width of the Gaussian window for means and variances.
        filter_sigma: standard deviation of the Gaussian.
        k1: factor of the constant (k1 * max_val)^2 that is added to the means.
        k2: factor of the constant (k2 * max_val)^2 that is added to the variances.

    Returns the means over windows and channels, one number for each image, in the dtype of ``image1``.
    """
    x, data_format = image_of(image1, "ssim", data_format)
    other, _ = image_of(image2, "ssim", data_format)
    if len(x.shape) != len(other.shape) or any(
        a != b and None not in (a, b) for a, b in zip(x.shape, other.shape, strict=True)
    ):
        raise ValueError(f"ssim expects images of one shape, got {x.shape} and {other.shape}")
    a = channels_last(batched(elementwise.cast(x, dtypes.result_type(x.dtype, "float32"))), data_format)
    b = channels_last(batched(elementwise.cast(other, a.dtype)), data_format)
    window = _gaussian(filter_size, filter_sigma, a.dtype)

    def mean(v: Tensor) -> Tensor:
        return _smoothed(v, window, window, "valid", "ssim")

    small, tiny = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_a, mean_b = mean(a), mean(b)
    squares, product = (
        elementwise.add(elementwise.square(mean_a), elementwise.square(mean_b)),
        elementwise.multiply(mean_a, mean_b),
    )
    variances = elementwise.subtract(mean(elementwise.add(elementwise.square(a), elementwise.square(b))), squares)
    covariance = elementwise.subtract(mean(elementwise.multiply(a, b)), product)
    alike = elementwise.multiply(
        elementwise.add(elementwise.multiply(2.0, product), small),
        elementwise.add(elementwise.multiply(2.0, covariance), tiny),
    )
    most = elementwise.multiply(elementwise.add(squares, small), elementwise.add(variances, tiny))
    return elementwise.cast(unbatched(reduction.mean(elementwise.divide(alike, most), (1, 2, 3)), x), x.dtype)
