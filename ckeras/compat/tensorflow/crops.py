"""Crops of images in ``tensorflow.image``: glimpses, distorted boxes and files, and similarity at several scales."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow import boxes as _boxes, io as _io
from ckeras.compat.tensorflow.random import one_seed
from ckeras.random import host_seed
from ckeras.tensor import Tensor

_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik (2003)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: float,
    power_factors: Any = _POWERS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """Structural similarity of images at several scales, of which each is half the one before (Wang et al., 2003).

    Args:
        img1, img2: images (..., height, width, channels).
        max_val: the maximum possible value.
        power_factors: exponent of each scale.
        filter_size, filter_sigma: size and deviation of the Gaussian window.
        k1, k2: factors of the constants that are added.

    Raises:
        ValueError: if the smallest scale is smaller than the window.
    """
    a, b = (_ops.cast(x, "float32") for x in (img1, img2))
    lead = tuple(a.shape[:-3])
    a, b = (_ops.reshape(x, (-1, *x.shape[-3:])) for x in (a, b))
    offsets = np.arange(filter_size) - (filter_size - 1) / 2
    line = np.exp(-0.5 * np.square(offsets / filter_sigma))
    line = line / line.sum()
    window = np.repeat(np.outer(line, line)[:, :, None, None], a.shape[-1], 2).astype("float32")
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    found: Any = None
    for scale, power in enumerate(power_factors):
        if scale:
            a, b = (_halved(x) for x in (a, b))
        if min(a.shape[1:3]) < filter_size:
            raise ValueError(f"ssim_multiscale expects images of {filter_size} pixels at scale {scale}, got {a.shape}")
        means = [_ops.depthwise_conv(x, window, padding="valid", data_format="channels_last") for x in (a, b)]
        product = _ops.depthwise_conv(a * b, window, padding="valid", data_format="channels_last")
        squares = _ops.depthwise_conv(a * a + b * b, window, padding="valid", data_format="channels_last")
        both, each = means[0] * means[1], _ops.square(means[0]) + _ops.square(means[1])
        contrast = (2 * (product - both) + c2) / (squares - each + c2)
        last = scale == len(power_factors) - 1
        value = contrast * (2 * both + c1) / (each + c1) if last else contrast
        value = _ops.relu(_ops.mean(value, axis=(1, 2))) ** power
        found = value if found is None else found * value
    return _ops.reshape(_ops.mean(found, axis=-1), lead)


def _halved(x: Any) -> Any:
    """Means of 2 x 2 pixels; an odd row or column is mirrored."""
    odd = [(0, n % 2) for n in x.shape[1:3]]
    if any(after for _, after in odd):
        x = _ops.pad(x, [(0, 0), *odd, (0, 0)], mode="symmetric")
    return _ops.average_pool(x, 2, 2, "valid", "channels_last")


def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    noise: str = "uniform",
    name: str | None = None,
) -> Tensor:
    """Return windows of images around points; pixels beyond the image are noise.

    Args:
        input: floats (batch, height, width, channels).
        size: height and width of the windows.
        offsets: (batch, 2): the centers of the windows from -1 to 1, if ``normalized`` and ``centered``. Else the top
            left corners: from 0 to 1 if ``normalized``, or in pixels from the center if ``centered``.
        centered, normalized: see there.
        noise: "uniform", "gaussian" or "zero".
        name: no effect.
    """
    if noise not in ("uniform", "gaussian", "zero"):
        raise ValueError(f"extract_glimpse expects noise 'uniform', 'gaussian' or 'zero', got {noise!r}")
    images = np.asarray(input, "float32")
    height, width = (int(n) for n in np.asarray(size))
    sizes = np.array(images.shape[1:3], "float64")
    places = np.asarray(offsets, "float64") * (sizes if normalized else 1)
    if centered:
        places = (places + sizes - np.array([height, width])) / 2 if normalized else places + sizes / 2
    starts = np.floor(places).astype(int)
    shape = (len(images), height, width, images.shape[3])
    generator = np.random.default_rng(host_seed())
    filled = {
        "uniform": lambda: generator.uniform(0, 255, shape),
        "gaussian": lambda: generator.normal(images.mean(), images.std(), shape),
        "zero": lambda: np.zeros(shape),
    }
    found = filled[noise]().astype("float32")
    for target, image, (top, left) in zip(found, images, starts.tolist(), strict=True):
        rows, columns = np.arange(top, top + height), np.arange(left, left + width)
        inside = [np.flatnonzero((x >= 0) & (x < n)) for x, n in zip((rows, columns), image.shape[:2], strict=True)]
        target[np.ix_(*inside)] = image[np.ix_(rows[inside[0]], columns[inside[1]])]
    return _ops.convert_to_tensor(found)


class CombinedSuppression(NamedTuple):
    """Boxes that are kept, their scores and classes, and their number."""

    nmsed_boxes: Tensor
    nmsed_scores: Tensor
    nmsed_classes: Tensor
    valid_detections: Tensor


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> CombinedSuppression:
    """Suppress overlapping boxes of each class, and return the best of all classes, padded with zeros.

    Args:
        boxes: (batch, boxes, classes, 4); one class may stand for all.
        scores: (batch, boxes, classes).
        max_output_size_per_class, max_total_size: maximum numbers of boxes.
        iou_threshold, score_threshold: see `non_max_suppression`.
        pad_per_class: whether the result is not larger than the maximum of all classes.
        clip_boxes: whether boxes are clipped to 0 to 1.
        name: no effect.
    """
    given, values = np.asarray(boxes, "float32"), np.asarray(scores, "float32")
    classes, per_class, total = values.shape[2], int(max_output_size_per_class), int(max_total_size)
    total = min(total, per_class * classes) if pad_per_class else total
    found = [np.zeros((len(given), total, 4), "float32"), *(np.zeros((len(given), total), "float32") for _ in "ab")]
    counts = np.zeros(len(given), "int32")
    for n in range(len(given)):
        kept: list[tuple[float, int, int]] = []
        for c in range(classes):
            of_class = given[n, :, c if given.shape[2] > 1 else 0]
            chosen = _boxes.non_max_suppression(of_class, values[n, :, c], per_class, iou_threshold, score_threshold)
            kept += [(-float(values[n, i, c]), c, i) for i in np.asarray(chosen).tolist()]
        for k, (score, c, i) in enumerate(sorted(kept, key=lambda entry: entry[0])[:total]):
            box = given[n, i, c if given.shape[2] > 1 else 0]
            found[0][n, k] = np.clip(box, 0, 1) if clip_boxes else box
            found[1][n, k], found[2][n, k] = -score, c
        counts[n] = min(len(kept), total)
    return CombinedSuppression(*map(_ops.convert_to_tensor, (*found, counts)))


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor]:
    """`non_max_suppression`, padded with 0 to the maximum number if asked for, and the number of boxes."""
    found = np.asarray(_boxes.non_max_suppression(boxes, scores, max_output_size, iou_threshold, score_threshold))
    count = _ops.convert_to_tensor(np.int32(len(found)))
    if pad_to_max_output_size:
        found = np.pad(found, (0, int(max_output_size) - len(found)))
    return _ops.convert_to_tensor(found), count


def stateless_sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: Any,
    min_object_covered: float = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return begin, size and box of a random part of an image that covers enough of a box; see the function below."""
    return sample_distorted_bounding_box(
        image_size, bounding_boxes, one_seed(seed), min_object_covered, aspect_ratio_range, area_range, max_attempts,
        use_image_if_no_bounding_boxes,
    )  # fmt: skip


def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int = 0,
    min_object_covered: float = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return begin and size, for `tf.slice`, and box (1, 1, 4) of a random part of an image.

    Args:
        image_size: height, width and channels.
        bounding_boxes: (batch, boxes, 4), from 0 to 1.
        seed: 0 for a random one.
        min_object_covered: part of one of the boxes that must be covered.
        aspect_ratio_range: limits of width over height.
        area_range: limits of the part of the image.
        max_attempts: after which the whole image is returned.
        use_image_if_no_bounding_boxes: whether the image is the box if there is none.
        name: no effect.
    """
    height, width = (int(n) for n in np.asarray(image_size)[:2])
    given = np.asarray(bounding_boxes, "float64").reshape(-1, 4)
    if not len(given):
        if not use_image_if_no_bounding_boxes:
            raise ValueError("sample_distorted_bounding_box expects at least one box")
        given = np.array([[0.0, 0.0, 1.0, 1.0]])
    generator = np.random.default_rng(seed or host_seed())
    top = left = 0
    rows, columns = height, width
    for _ in range(max_attempts):
        ratio, area = generator.uniform(*aspect_ratio_range), generator.uniform(*area_range) * height * width
        h, w = round(float(np.sqrt(area / ratio))), round(float(np.sqrt(area * ratio)))
        if not (1 <= h <= height and 1 <= w <= width):
            continue
        y, x = (int(generator.integers(0, n - k + 1)) for n, k in ((height, h), (width, w)))
        part = np.array([y / height, x / width, (y + h) / height, (x + w) / width])
        sides = np.maximum(np.minimum(given[:, 2:], part[2:]) - np.maximum(given[:, :2], part[:2]), 0)
        covered = sides.prod(1) / np.maximum((given[:, 2:] - given[:, :2]).prod(1), 1e-12)
        if covered.max() >= min_object_covered:
            top, left, rows, columns = y, x, h, w
            break
    box = np.float32([[[top / height, left / width, (top + rows) / height, (left + columns) / width]]])
    begin, size = np.int32([top, left, 0]), np.int32([rows, columns, -1])
    return tuple(map(_ops.convert_to_tensor, (begin, size, box)))  # type: ignore[return-value]


def decode_and_crop_jpeg(contents: Any, crop_window: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """Decode a part of a JPEG file: its top, left, height and width."""
    top, left, height, width = (int(n) for n in np.asarray(crop_window))
    return _io.decode_jpeg(contents, channels)[top : top + height, left : left + width]
