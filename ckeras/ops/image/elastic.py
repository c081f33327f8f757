"""Elastic deformation of images."""

from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.image.filters import gaussian_blur
from ckeras.ops.image.layout import batched, image_of, unbatched
from ckeras.ops.image.sampling import ORDERS, checked_choices, grid, sampled
from ckeras.ops.indexing.core import getitem
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import stack
from ckeras.ops.nn.windows import channels_back, channels_last
from ckeras.tensor import Spec, Tensor, arguments, dtypes


def _elastic(
    x: Tensor, alpha: Tensor, sigma: Tensor, kernel_size: int, seed: Any, data_format: str, **attrs: Any
) -> Tensor:
    from ckeras.random import normal  # which is a composition of ops itself

    y = channels_last(batched(x), data_format)
    dtype = y.dtype if y.dtype in dtypes.FLOATS else "float32"
    wide = dtypes.result_type(dtype, "float32")
    noise = elementwise.multiply(normal((*y.shape[:3], 2), dtype=wide, seed=seed), elementwise.cast(sigma, wide))
    shifts = gaussian_blur(noise, (kernel_size, kernel_size), stack([sigma, sigma]), "channels_last")
    shifts = elementwise.multiply(elementwise.cast(alpha, wide), shifts)
    points = stack([elementwise.add(at, getitem(shifts, (..., i))) for i, at in enumerate(grid(y, wide))])
    return unbatched(channels_back(sampled(y, points, lead=1, **attrs), data_format), x)


_elastic_transform = Composite(
    "elastic_transform", _elastic, infer=lambda x, alpha, sigma, **attrs: Spec(x.shape, x.dtype)
)


def displaced(
    images: Any,
    alpha: Any,
    sigma: Any,
    kernel_size: int,
    seed: Any,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
    data_format: str | None,
) -> Tensor:
    """`elastic_transform` with tensors as ``alpha`` and ``sigma``, and a Gaussian of ``kernel_size`` elements."""
    x, data_format = image_of(images, "elastic_transform", data_format)
    checked_choices("elastic_transform", fill_mode, interpolation=(interpolation, tuple(ORDERS)))
    attrs = {"order": ORDERS[interpolation], "mode": fill_mode, "value": float(fill_value)}
    return _elastic_transform(x, alpha, sigma, kernel_size=kernel_size, seed=seed, data_format=data_format, **attrs)


def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Elastic deformation: displace the elements of images by smooth random fields (Simard et al., 2003).

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        alpha: scale of the displacement fields.
        sigma: standard deviation of the normal noise and of the Gaussian that smooths it.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside the images; see `map_coordinates`.
        fill_value: value for "constant".
        seed: an integer, a `SeedGenerator`, or `None` for the global generator.
    """
    sigma = float(sigma)
    if not sigma > 0:
        raise ValueError(f"elastic_transform expects a sigma above 0, got {arguments.shown(sigma)}")
    width = int(6 * sigma) | 1
    return displaced(images, alpha, sigma, width, seed, interpolation, fill_mode, fill_value, data_format)
