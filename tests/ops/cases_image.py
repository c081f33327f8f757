"""Gradient cases of the ops of images."""

import numpy as np
from samples import data

from ckeras import ops
from ckeras.ops.image.weighted_rows import RowTable, weighted_rows
from ckeras.tensor import table

image = ops.image


def colours(*shape, seed=0):
    """Numbers from 0 to 1."""
    return data(*shape, low=0.05, high=0.95, seed=seed)


POSITIONS = np.stack([data(2, 3, low=-1.3, high=4.3), data(2, 3, low=-1.4, high=3.4, seed=1)])
START = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 2.0], [3.0, 2.0]])
END = np.array([[0.3, 0.2], [2.6, -0.4], [0.1, 2.3], [3.23, 1.81]])
TRANSFORM = np.array([1.1, 0.13, -0.37, 0.21, 0.93, 0.29, 0.02, -0.03])


def weighted(x):
    """The rows of `x` under a matrix of 4 x 3 with six entries."""
    weights = np.array([0.5, -0.25, 2.0, 0.3, 0.4, 0.5]).astype(x.dtype)
    return weighted_rows(x, 1, RowTable.of(np.array([0, 0, 1, 3, 3, 3]), np.array([0, 2, 1, 0, 1, 2]), weights, 4, 3))


POINTS = np.stack([data(2, 5, low=-1.3, high=4.3), data(2, 5, low=-1.4, high=3.4, seed=1)])
SPREAD = {"sizes": (4, 3), "order": 1, "mode": "constant"}
CASES = {
    "weighted_rows": [(weighted, [data(2, 3, 2)])],
    "interpolate_at": [
        (lambda x, at: table["interpolate_at"](x, at, order=1, mode="reflect", value=0.0), [data(2, 4, 3, 2), POINTS]),
        (lambda x, at: table["interpolate_at"](x, at, order=1, mode="constant", value=0.5), [data(2, 4, 3, 2), POINTS]),
        (lambda x, at: table["interpolate_at"](x, at, order=0, mode="wrap", value=0.0), [data(2, 4, 3, 1), POINTS]),
    ],
    "spread_at": [(lambda g, at: table["spread_at"](g, at, **SPREAD), [data(2, 5, 2), POINTS])],
}
COMPOSED = {
    "affine_transform": (lambda x, t: image.affine_transform(x, t), [data(3, 4, 2), TRANSFORM]),
    "affine_transform reflect": (
        lambda x: image.affine_transform(x, TRANSFORM, "nearest", "reflect", data_format="channels_first"),
        [data(2, 1, 3, 4)],
    ),
    "crop_images": (lambda x: image.crop_images(x, 1, 0, 1, 2), [data(4, 5, 2)]),
    "elastic_transform": (lambda x: image.elastic_transform(x, 3.0, 1.0, seed=3), [data(4, 5, 2)]),
    "extract_patches": (lambda x: image.extract_patches(x, (2, 3), 1, padding="same"), [data(3, 4, 2)]),
    "extract_patches_3d": (lambda x: image.extract_patches_3d(x, 2), [data(1, 3, 4, 2, 2)]),
    "gaussian_blur": (lambda x: image.gaussian_blur(x, (3, 5), (0.8, 1.3)), [data(4, 5, 2)]),
    "gaussian_blur sigma": (
        lambda x, v: image.gaussian_blur(x, (3, 5), v),
        [data(4, 5, 2), np.array([0.8, 1.3])],
    ),
    "hsv_to_rgb": (lambda x: image.hsv_to_rgb(x), [colours(2, 2, 3)]),
    "map_coordinates": (lambda x, c: image.map_coordinates(x, c, 1, "constant", 0.5), [data(4, 3), POSITIONS]),
    **{
        f"map_coordinates {mode}": (lambda x, c, m=mode: image.map_coordinates(x, c, 1, m), [data(4, 3), POSITIONS])
        for mode in ("nearest", "wrap", "mirror", "reflect")
    },
    "pad_images": (lambda x: image.pad_images(x, 1, 0, 1, 2), [data(2, 3, 2)]),
    "perspective_transform": (
        lambda x, s, e: image.perspective_transform(x, s, e, fill_value=0.3),
        [data(3, 4, 1), START, END],
    ),
    "resize bicubic": (lambda x: image.resize(x, (5, 2), "bicubic", True), [data(3, 4, 2)]),
    "resize crop": (lambda x: image.resize(x, (3, 5), crop_to_aspect_ratio=True), [data(4, 4, 1)]),
    "resize lanczos": (lambda x: image.resize(x, (2, 5), "lanczos3"), [data(3, 4, 2)]),
    "resize nearest": (lambda x: image.resize(x, (2, 5), "nearest"), [data(3, 4, 2)]),
    "resize pad": (lambda x: image.resize(x, (3, 5), pad_to_aspect_ratio=True, fill_value=1.0), [data(4, 3, 1)]),
    "rgb_to_grayscale": (lambda x: image.rgb_to_grayscale(x), [colours(2, 2, 3)]),
    "rgb_to_hsv": (lambda x: image.rgb_to_hsv(x, "channels_first"), [colours(3, 2, 2)]),
    "scale_and_translate": (
        lambda x, s, t: image.scale_and_translate(x, (5, 3, 1), s, t, (0, 1), "cubic"),
        [data(3, 4, 1), np.array([1.37, 0.71]), np.array([0.43, -0.19])],
    ),
    "sobel_edges": (lambda x: image.sobel_edges(x), [data(1, 3, 4, 2)]),
    "ssim": (lambda a, b: image.ssim(a, b, filter_size=3), [colours(1, 4, 5, 2), colours(1, 4, 5, 2, seed=1)]),
}
