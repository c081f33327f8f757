"""Ops of images: what can be said without another library, compiled, and bad input."""

import importlib.util
import pathlib

import numpy as np
import pytest

from ckeras import Function, KerasTensor, function, ops, random
from ckeras.ops.image import color

image = ops.image


def data(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).uniform(0, 1, shape).astype("float32")


def composed(name):
    path = pathlib.Path(__file__).with_name(f"cases_{name}.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {f"{name} {key}": case for key, case in module.COMPOSED.items()}


COMPOSED = {**composed("nn"), **composed("image")}


@pytest.mark.parametrize("name", COMPOSED)
def test_compiled(name):
    """Compiled compositions of image and network ops give the eager results."""
    compute, arrays = COMPOSED[name]
    tensors = [ops.convert_to_tensor(a.astype("float32")) for a in arrays]
    found, expected = function(compute)(*tensors), compute(*tensors)
    for a, b in zip(*([v] if not isinstance(v, list) else v for v in (found, expected)), strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


def test_elastic_transform():
    x = data(2, 9, 8, 3)
    np.testing.assert_array_equal(image.elastic_transform(x, alpha=0.0, seed=1), x)
    found = image.elastic_transform(x, seed=1)
    assert (found.shape, found.dtype) == (x.shape, "float32")
    np.testing.assert_array_equal(found, image.elastic_transform(x, seed=1))
    assert not np.array_equal(found, image.elastic_transform(x, seed=2))
    assert found.numpy().min() >= x.min() and found.numpy().max() <= x.max()
    seeds = random.SeedGenerator(3)
    assert not np.array_equal(image.elastic_transform(x, seed=seeds), image.elastic_transform(x, seed=seeds))
    first = image.elastic_transform(np.moveaxis(x, -1, 1), seed=1, data_format="channels_first")
    np.testing.assert_array_equal(np.moveaxis(first, 1, -1), found)
    whole = (255 * x).astype("uint8")
    assert image.elastic_transform(whole, interpolation="nearest", seed=1).dtype == "uint8"
    far = image.elastic_transform(x, alpha=1e4, fill_mode="constant", fill_value=-1.0, seed=1)
    assert (far.numpy() == -1).mean() > 0.9


def test_affine_transform_is_projective():
    """The element at (x, y) comes from (a0 x + a1 y + a2, b0 x + b1 y + b2) / (c0 x + c1 y + 1)."""
    y, x = np.mgrid[:4, :5].astype("float64")
    t = np.array([1.1, 0.2, -0.3, 0.1, 0.9, 0.4, 0.05, -0.02])
    k = t[6] * x + t[7] * y + 1
    positions = np.stack([(t[3] * x + t[4] * y + t[5]) / k, (t[0] * x + t[1] * y + t[2]) / k])
    v = data(4, 5).astype("float64")
    expected = image.map_coordinates(v, positions, 1, "reflect")
    found = image.affine_transform(v[..., None], t, fill_mode="reflect")
    np.testing.assert_allclose(found[..., 0], expected, 1e-12)
    batch = image.affine_transform(np.stack([v[..., None]] * 3), t, fill_mode="reflect")
    np.testing.assert_allclose(batch, np.stack([found] * 3), 1e-12)


def test_perspective_transform_moves_start_points_to_end_points():
    x = np.zeros((7, 8, 1), "float32")
    start = np.array([[1, 1], [6, 1], [1, 5], [6, 5]], "float32")
    end = np.array([[2, 1], [5, 2], [0, 6], [7, 4]], "float32")
    for number, (column, row) in enumerate(start.astype(int)):
        x[row, column] = number + 1
    y = image.perspective_transform(x, start, end)
    for number, (column, row) in enumerate(end.astype(int)):
        np.testing.assert_allclose(y[row, column, 0], number + 1, 1e-3)


def test_resize_of_what_does_not_change():
    x = data(2, 4, 5, 3)
    for method in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        np.testing.assert_array_equal(image.resize(x, (4, 5), method), x)
    flat = np.full((1, 3, 4, 2), 0.7, "float32")
    for method in ("bilinear", "bicubic", "lanczos5"):
        np.testing.assert_allclose(image.resize(flat, (5, 2), method, antialias=True), np.full((1, 5, 2, 2), 0.7), 1e-6)
    big = np.array([[[2**31 - 1], [0]]], "int32")
    assert image.resize(big, (1, 2), "bicubic").tolist() == big.tolist()
    assert image.resize(big, (1, 3), "bicubic").dtype == "int32"
    assert image.resize(np.zeros((0, 3, 4, 1), "float32"), (2, 2)).shape == (0, 2, 2, 1)


def test_colours_there_and_back():
    x = data(5, 6, 3)
    np.testing.assert_allclose(image.hsv_to_rgb(image.rgb_to_hsv(x)), x, 1e-5, 1e-6)


def test_one_by_one():
    """Images of one element, and coordinates far away."""
    x = data(1, 1, 1)
    for mode in ("nearest", "wrap", "mirror", "reflect"):
        for order in (0, 1):
            found = image.map_coordinates(x, np.array([[-9.3, 0.0, 1e9]] * 3), order, mode)
            np.testing.assert_allclose(found, np.full(3, x.item()), 1e-6)
    assert image.map_coordinates(x, np.array([[-9.3, 1e12, -1e30]] * 3), 0, fill_value=2).tolist() == [2, 2, 2]
    assert np.isnan(image.map_coordinates(x, np.full((3, 1), np.nan), 1, "nearest").numpy()).all()
    np.testing.assert_allclose(image.resize(x, (2, 3)), np.full((2, 3, 1), x.item()), 1e-6)


def test_a_symbolic_call_is_run_later():
    x = data(2, 4, 6, 3)
    for compute in (
        lambda v: image.resize(v, (3, 2)),
        lambda v: image.crop_images(v, 1, 1, target_height=2, target_width=3),
        lambda v: image.extract_patches(v, 2),
        lambda v: image.sobel_edges(v),
        lambda v: image.elastic_transform(v, seed=4),
    ):
        symbol = KerasTensor((None, None, None, 3), "float32")
        result = compute(symbol)
        found = Function(symbol, result)(x)
        np.testing.assert_array_equal(found, compute(x))
        assert all(a in (None, b) for a, b in zip(result.shape, found.shape, strict=True))


FOUR = np.zeros((4, 2), "float32")


@pytest.mark.parametrize(
    ("error", "compute", "message"),
    [
        (ValueError, lambda: image.resize(data(4, 5), (2, 2)), r"images of rank 3 or 4 .* got shape \(4, 5\)"),
        (ValueError, lambda: image.resize(data(4, 5, 3), (2, 0)), "two numbers of 1 or more"),
        (ValueError, lambda: image.resize(data(4, 5, 3), (2, 2, 2)), "two numbers of 1 or more"),
        (ValueError, lambda: image.resize(data(4, 5, 3), (2.5, 2)), "expects integers"),
        (TypeError, lambda: image.crop_images(data(4, 5, 3), 0.5, 1, 1, 1), "expects an integer as top_cropping"),
        (ValueError, lambda: image.resize(data(4, 5, 3), (2, 2), "area"), "an interpolation among bilinear"),
        (ValueError, lambda: image.resize(data(4, 5, 3), (2, 2), fill_mode="wrap"), "fill_mode 'constant'"),
        (
            ValueError,
            lambda: image.resize(data(4, 5, 3), (2, 2), pad_to_aspect_ratio=True, crop_to_aspect_ratio=True),
            "at most one of crop_to_aspect_ratio and pad_to_aspect_ratio",
        ),
        (ValueError, lambda: image.resize(data(0, 5, 3), (2, 2)), "images with elements"),
        (ValueError, lambda: image.rgb_to_hsv(data(2, 2, 4)), "images of 3 channels, got 4"),
        (ValueError, lambda: image.hsv_to_rgb(np.zeros((2, 2, 3), "uint8")), "float dtype"),
        (ValueError, lambda: image.rgb_to_grayscale(data(2, 2, 2)), "images of 3 channels"),
        (ValueError, lambda: image.pad_images(data(2, 2, 1), 1, 1), "exactly two of top_padding, bottom_padding"),
        (ValueError, lambda: image.pad_images(data(2, 2, 1), 1, 1, 1, target_width=2), "numbers of 0 or more"),
        (ValueError, lambda: image.crop_images(data(2, 2, 1), 1, 1, 2, 0), "numbers of 0 or more"),
        (ValueError, lambda: image.extract_patches(data(2, 2, 1), 3), "no patch of size"),
        (ValueError, lambda: image.extract_patches(data(2, 2, 1), (1, 1, 1, 1)), "a size of one number or of 2 or 3"),
        (TypeError, lambda: image.extract_patches(data(2, 2, 1), "2"), "a size of one number or of 2 or 3"),
        (TypeError, lambda: image.extract_patches_3d(data(2, 2, 2, 1), (1, 1)), "a size of one number or of 3"),
        (ValueError, lambda: image.gaussian_blur(data(4, 4, 1), sigma=0.0), "expects sigma above 0"),
        (ValueError, lambda: image.gaussian_blur(KerasTensor((4, 4, None), "float32")), "the number of channels"),
        (ValueError, lambda: image.sobel_edges(data(4, 4, 1)), "images of rank 4"),
        (ValueError, lambda: image.ssim(data(4, 4, 1), data(4, 5, 1)), "images of one shape"),
        (ValueError, lambda: image.ssim(data(4, 4, 1), data(4, 4, 1)), "no window"),
        (ValueError, lambda: image.map_coordinates(data(4, 4), data(3, 2), 1), r"shape \(2, ...\)"),
        (ValueError, lambda: image.map_coordinates(data(4, 4), data(2, 2), 3), "order among 0, 1, got 3"),
        (ValueError, lambda: image.map_coordinates(data(4, 4), data(2, 2), 1, "zero"), "a fill_mode among"),
        (ValueError, lambda: image.map_coordinates(data(0, 4), data(2, 2), 1), "inputs with elements"),
        (ValueError, lambda: image.affine_transform(data(4, 4, 1), data(6)), "a transform of 8 numbers"),
        (ValueError, lambda: image.affine_transform(data(3, 4, 4, 1), data(2, 8)), "one for each of 3 images, got 2"),
        (ValueError, lambda: image.affine_transform(data(4, 4, 1), data(8), "bicubic"), "interpolation among"),
        (ValueError, lambda: image.perspective_transform(data(4, 4, 1), FOUR[:3], FOUR), "of one shape"),
        (ValueError, lambda: image.elastic_transform(data(4, 4, 1), sigma=0), "a sigma above 0"),
        (
            ValueError,
            lambda: image.scale_and_translate(data(4, 4), (4, 5), [1.0], [0.0], (0,), "linear"),
            "cannot give a tensor of shape",
        ),
        (
            ValueError,
            lambda: image.scale_and_translate(data(4, 4), (2, 4), [1.0, 2.0], [0.0], (0,), "linear"),
            "a scale and a translation for each of 1 axes",
        ),
        (
            ValueError,
            lambda: image.scale_and_translate(data(4, 4), (2, 4), [1.0], [0.0], (0,), "nearest"),
            "a method among",
        ),
        (ValueError, lambda: image.resize(data(4, 4, 1), (2, 2), data_format="first"), "data_format expects"),
    ],
)
def test_bad_input(error, compute, message):
    with pytest.raises(error, match=message):
        compute()


def test_sizes_that_do_not_fit_into_memory():
    with pytest.raises(MemoryError, match="resize, for the weights of 1099511627776 elements, needs"):
        image.resize(np.ones((2, 3, 1), "float32"), (2**40, 3))


def test_resized_integers_and_their_limits():
    """Rounded, and clipped where a bicubic kernel overshoots."""
    x = np.array([0, 0, 255, 255], "uint8").reshape(1, 4, 1)
    found = image.resize(x, (1, 8), "bicubic")
    wide = image.resize(x.astype("float32"), (1, 8), "bicubic").numpy()
    assert wide.min() < 0 and wide.max() > 255
    np.testing.assert_array_equal(found, np.clip(np.round(wide), 0, 255))


def test_interpolation_of_too_many_axes():
    with pytest.raises(ValueError, match="map_coordinates expects inputs of at most 30 axes"):
        image.map_coordinates(np.ones((1,) * 31), np.zeros((31, 2)), 1)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_hue_and_saturation_without_the_other_space(data_format):
    """What `turn_hue` and `scale_saturation` give is what a detour over HSV gives."""
    x = np.random.default_rng(3).random((2, 5, 6, 3))
    x[0, 0] = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.2]]
    turn, factor = np.array([0.3, -0.7]).reshape(2, 1, 1), np.array([0.5, 3.0]).reshape(2, 1, 1)
    hue, saturation, value = np.moveaxis(image.rgb_to_hsv(x, "channels_last").numpy(), -1, 0)
    turned = image.hsv_to_rgb(np.stack([hue + turn, saturation, value], -1), "channels_last")
    stronger = image.hsv_to_rgb(np.stack([hue, np.clip(saturation * factor, 0, 1), value], -1), "channels_last")
    first = data_format == "channels_first"
    given = ops.convert_to_tensor(np.moveaxis(x, -1, 1) if first else x)
    for found, expected in (
        (color.turn_hue(given, ops.convert_to_tensor(turn), data_format), turned),
        (color.scale_saturation(given, ops.convert_to_tensor(factor[..., None]), data_format), stronger),
    ):
        np.testing.assert_allclose(ops.moveaxis(found, 1, -1) if first else found, expected, 0, 1e-12)
