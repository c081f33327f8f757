"""What `keras.ops.image` gives on seeded input.

`python tests/data/make_image_values.py` computes every case below with Keras 3.15 (JAX backend) and keeps the values
next to this file; see `tests/shared/oracle.py`.
"""

import itertools
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "shared"))
from oracle import data, keep, spec

DTYPES = ("float16", "float32", "uint8", "int32")


def colours(dtype, *shape):
    """Images: numbers from 0 to 1, or integers from 0 to 255."""
    x = np.random.default_rng(list(shape)).uniform(0, 1, shape)
    return x.astype(dtype) if dtype.startswith("float") else (255 * x).astype(dtype)


def planes(x):
    """Images with the channels first."""
    return np.moveaxis(x, -1, -3)


def resizing(out):
    methods, sizes = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"), ((3, 9), (8, 2), (4, 5))
    for method, size, antialias in itertools.product(methods, sizes, (False, True)):
        out[f"resize {method} {size} {antialias}"] = lambda k, a=(size, method, antialias): k.ops.image.resize(
            colours("float32", 1, 4, 5, 2), *a
        )
    x = colours("float32", 2, 4, 6, 3)
    for dtype, method in itertools.product((*DTYPES, "bool"), ("bilinear", "bicubic", "nearest")):
        out[f"resize {method} {dtype}"] = lambda k, d=dtype, m=method: k.ops.image.resize(
            (colours("float32", 4, 5, 2) > 0.5) if d == "bool" else colours(d, 4, 5, 2), (6, 3), m
        )
    out["resize uint8 beyond"] = lambda k: k.ops.image.resize(
        np.array([[[0], [0], [255], [255]]] * 2, "uint8"), (2, 9), "bicubic"
    )
    for size, option in itertools.product(((3, 3), (9, 3), (2, 7)), ("crop", "pad")):
        o = {f"{option}_to_aspect_ratio": True, "fill_value": 0.5}
        out[f"resize {option} {size}"] = lambda k, s=size, o=o: k.ops.image.resize(x[0], s, **o)
        out[f"resize {option} {size} first"] = lambda k, s=size, o=o: k.ops.image.resize(
            planes(x[:1]), s, **o, data_format="channels_first"
        )
    out["resize pad uint8"] = lambda k: k.ops.image.resize(
        colours("uint8", 4, 6, 3), (4, 3), pad_to_aspect_ratio=True, fill_value=2.7
    )
    for shape in ((None, None, None, 3), (None, 5, 3), (2, 4, None, 3)):
        out[f"resize symbolic {shape}"] = lambda k, s=shape: spec(k.ops.image.resize(k.KerasTensor(s), (3, 7)))
    out["resize gradient"] = lambda k: k.gradient(lambda v: k.ops.image.resize(v, (3, 8), "bicubic", True) ** 2, x[:1])
    scale, shift = np.array([1.5, 0.6], "float32"), np.array([0.3, -0.45], "float32")
    for method, antialias in itertools.product(
        ("linear", "bilinear", "trilinear", "cubic", "bicubic", "tricubic", "lanczos3", "lanczos5"), (False, True)
    ):
        out[f"scale_and_translate {method} {antialias}"] = lambda k, m=method, a=antialias: (
            k.ops.image.scale_and_translate(x[:1], (1, 7, 5, 3), scale, shift, (1, 2), m, a)
        )
    out["scale_and_translate one axis"] = lambda k: k.ops.image.scale_and_translate(
        x[0, 0], (9, 3), scale[:1], shift[:1], (-2,), "linear"
    )
    out["scale_and_translate uint8"] = lambda k: k.ops.image.scale_and_translate(
        colours("uint8", 4, 5, 2), (6, 5, 2), scale[:1], shift[:1], (0,), "cubic"
    )
    for method in ("linear", "cubic", "lanczos3"):
        out[f"scale_and_translate gradient {method}"] = lambda k, m=method: k.gradient(
            lambda v, s, t: k.ops.image.scale_and_translate(v, (1, 7, 3, 3), s, t, (1, 2), m) ** 2, x[:1], scale, shift
        )


def colour(out):
    special = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0.5, 0.5, 0.2], [0.2, 0.5, 0.5], [1, 0, 1], [2, -1, 0.5]])
    special = special[None].astype("float32")
    for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
        for dtype in DTYPES if name == "rgb_to_grayscale" else DTYPES[:2]:
            out[f"{name} {dtype}"] = lambda k, n=name, d=dtype: getattr(k.ops.image, n)(colours(d, 2, 3, 4, 3))
        out[f"{name} first"] = lambda k, n=name: getattr(k.ops.image, n)(
            planes(colours("float32", 3, 4, 3)), "channels_first"
        )
        if name != "rgb_to_grayscale":  # for which, as for resize and ssim, Keras takes float64 as float32
            out[f"{name} float64"] = lambda k, n=name: getattr(k.ops.image, n)(colours("float64", 3, 4, 3))
        out[f"{name} special"] = lambda k, n=name: getattr(k.ops.image, n)(special)
        out[f"{name} symbolic"] = lambda k, n=name: spec(getattr(k.ops.image, n)(k.KerasTensor((None, None, 4, 3))))
        out[f"{name} gradient"] = lambda k, n=name: k.gradient(
            lambda v: getattr(k.ops.image, n)(v) ** 2, colours("float32", 3, 4, 3)
        )
    out["rgb_to_grayscale grey"] = lambda k: k.ops.image.rgb_to_grayscale(colours("uint8", 3, 4, 1))


def cropping(out):
    image = lambda k: k.ops.image  # noqa: E731
    margins = {
        "around": (1, 2, 1, 0),
        "to a size": {"top": 1, "right": 0, "target_height": 3, "target_width": 4},
        "to the front": {"bottom": 1, "left": 1, "target_height": 3, "target_width": 4},
    }
    for name, margin in margins.items():
        for kind, end in (("pad", "padding"), ("crop", "cropping")):
            o = margin if isinstance(margin, dict) else {}
            o = {
                (key if "target" in key else f"{key}_{end}"): v + 4 * (kind == "pad" and v > 2) for key, v in o.items()
            }
            a = () if isinstance(margin, dict) else margin
            label = f"{kind}_images {name}"
            for dtype in ("float32", "uint8"):
                out[f"{label} {dtype}"] = lambda k, f=kind, a=a, o=o, d=dtype: getattr(image(k), f"{f}_images")(
                    colours(d, 2, 5, 6, 2), *a, **o
                )
            out[f"{label} first"] = lambda k, f=kind, a=a, o=o: getattr(image(k), f"{f}_images")(
                planes(colours("float32", 5, 6, 2)), *a, **o, data_format="channels_first"
            )
            for shape in ((None, 5, 6, 2), *([(None, None, None, 2)] if o else [])):
                out[f"{label} symbolic {shape}"] = lambda k, f=kind, a=a, o=o, s=shape: spec(
                    getattr(image(k), f"{f}_images")(k.KerasTensor(s), *a, **o)
                )
    for number, options in enumerate(
        [(2,), ((3, 2), 1, 1, "same"), ((2, 2), (1, 2), (2, 1)), (3, 2, 1, "same"), ((2, 3), (3, 1), 1, "valid")]
    ):
        for dtype in ("float32", "uint8"):
            out[f"extract_patches {number} {dtype}"] = lambda k, o=options, d=dtype: image(k).extract_patches(
                colours(d, 1, 5, 6, 2), *o
            )
        out[f"extract_patches {number} image"] = lambda k, o=options: image(k).extract_patches(
            planes(colours("float32", 5, 6, 2)), *o, data_format="channels_first"
        )
        for shape in ((None, None, None, 2), (None, 5, 2)):
            out[f"extract_patches {number} symbolic {shape}"] = lambda k, o=options, s=shape: spec(
                image(k).extract_patches(k.KerasTensor(s), *o)
            )
    for number, options in enumerate([(2,), ((2, 3, 1), 1, 1, "same"), ((1, 2, 2), (1, 2, 1), (1, 1, 2))]):
        for name in ("extract_patches_3d", *(["extract_patches"] if number else [])):
            out[f"{name} volume {number}"] = lambda k, n=name, o=options: getattr(image(k), n)(
                colours("float32", 1, 3, 4, 4, 2), *o
            )
        out[f"extract_patches_3d {number} first"] = lambda k, o=options: image(k).extract_patches_3d(
            np.moveaxis(colours("float32", 3, 4, 4, 2), -1, 0), *o, data_format="channels_first"
        )
        out[f"extract_patches_3d {number} symbolic"] = lambda k, o=options: spec(
            image(k).extract_patches_3d(k.KerasTensor((None, None, 4, 4, 2)), *o)
        )
    out["extract_patches gradient"] = lambda k: k.gradient(
        lambda v: image(k).extract_patches(v, 3, 1, 1, "same") ** 2, colours("float32", 1, 4, 5, 2)
    )


def filters(out):
    x = colours("float32", 2, 6, 5, 3)
    for dtype in ("float16", "float32", "float64"):
        v = x[:1].astype(dtype)
        out[f"gaussian_blur {dtype}"] = lambda k, v=v: k.ops.image.gaussian_blur(v, data_format="channels_last")
        out[f"sobel_edges {dtype}"] = lambda k, v=v: k.ops.image.sobel_edges(v)
    out["gaussian_blur wide"] = lambda k: k.ops.image.gaussian_blur(x[:1], (5, 3), (2.0, 0.7), "channels_last")
    out["gaussian_blur even"] = lambda k: k.ops.image.gaussian_blur(x[0], (4, 2), (2.0, 0.7), "channels_last")
    out["gaussian_blur first"] = lambda k: k.ops.image.gaussian_blur(planes(x[0]), (3, 5), data_format="channels_first")
    out["gaussian_blur symbolic"] = lambda k: spec(k.ops.image.gaussian_blur(k.KerasTensor((None, None, 4, 3))))
    out["sobel_edges first"] = lambda k: k.ops.image.sobel_edges(planes(x[:1]), "channels_first")
    out["sobel_edges symbolic"] = lambda k: spec(k.ops.image.sobel_edges(k.KerasTensor((None, None, None, 3))))
    out["ssim"] = lambda k: k.ops.image.ssim(x, x[:, ::-1], filter_size=3)
    out["ssim image"] = lambda k: k.ops.image.ssim(planes(x[0]), planes(x[1]), 2.0, 4, 1.0, 0.1, 0.2, "channels_first")
    out["ssim equal"] = lambda k: k.ops.image.ssim(x, x, filter_size=5)
    out["ssim uint8"] = lambda k: k.ops.image.ssim(
        colours("uint8", 6, 5, 3), colours("uint8", 6, 5, 3), max_val=255, filter_size=3
    )
    out["ssim symbolic"] = lambda k: spec(k.ops.image.ssim(*[k.KerasTensor((None, None, None, 3))] * 2))
    out["ssim gradient"] = lambda k: k.gradient(
        lambda a, b: k.ops.image.ssim(a, b, filter_size=3), x, x[:, ::-1].copy()
    )


def sampling(out):
    positions = np.random.default_rng(5).uniform(-4, 8, (2, 3, 5)).astype("float32")
    whole = np.round(positions)
    halves = np.array([[-1.5, -0.5, 0.5, 1.5, 2.5, 3.5], [0.0] * 6], "float32")
    for mode, order in itertools.product(("constant", "nearest", "wrap", "mirror", "reflect"), (0, 1)):
        end = f"{mode} {order}"
        a = (order, mode, 0.5)
        for name, c in (("", positions), (" whole", whole), (" halves", halves)):
            out[f"map_coordinates {end}{name}"] = lambda k, a=a, c=c: k.ops.image.map_coordinates(
                colours("float32", 4, 5), c, *a
            )
        out[f"map_coordinates {end} uint8"] = lambda k, a=a: k.ops.image.map_coordinates(
            colours("uint8", 4, 5), positions, *a
        )
        out[f"map_coordinates {end} volume"] = lambda k, a=a: k.ops.image.map_coordinates(
            colours("float32", 3, 4, 2), np.concatenate([positions, positions[:1] / 2]), *a
        )
        out[f"affine_transform {end}"] = lambda k, a=(["nearest", "bilinear"][order], mode, 0.5): (
            k.ops.image.affine_transform(colours("float32", 2, 4, 5, 2), TRANSFORMS, *a)
        )
        if order:
            out[f"map_coordinates {end} gradient"] = lambda k, a=a: k.gradient(
                lambda v, at: k.ops.image.map_coordinates(v, at, *a) ** 2, colours("float32", 4, 5), positions
            )
    out["map_coordinates symbolic"] = lambda k: spec(
        k.ops.image.map_coordinates(k.KerasTensor((None, 5)), k.KerasTensor((2, None, 3)), 1)
    )
    for dtype in DTYPES:
        out[f"affine_transform {dtype}"] = lambda k, d=dtype: k.ops.image.affine_transform(
            colours(d, 4, 5, 3), TRANSFORMS[0], fill_value=0.2
        )
        out[f"perspective_transform {dtype}"] = lambda k, d=dtype: k.ops.image.perspective_transform(
            colours(d, 4, 5, 3), START, END, fill_value=0.2
        )
    out["affine_transform first"] = lambda k: k.ops.image.affine_transform(
        planes(colours("float32", 4, 5, 3)), TRANSFORMS[0], data_format="channels_first"
    )
    out["affine_transform symbolic"] = lambda k: spec(
        k.ops.image.affine_transform(k.KerasTensor((None, None, None, 3)), k.KerasTensor((None, 8)))
    )
    out["perspective_transform batch"] = lambda k: k.ops.image.perspective_transform(
        colours("float32", 2, 4, 5, 3), np.stack([START, START + 0.1]), np.stack([END, END]), "nearest"
    )
    out["perspective_transform first"] = lambda k: k.ops.image.perspective_transform(
        planes(colours("float32", 4, 5, 3)), START, END, data_format="channels_first"
    )
    out["perspective_transform symbolic"] = lambda k: spec(
        k.ops.image.perspective_transform(k.KerasTensor((None, None, 5, 3)), START, END)
    )
    out["elastic_transform symbolic"] = lambda k: spec(k.ops.image.elastic_transform(k.KerasTensor((None, None, 5, 3))))


TRANSFORMS = np.array([[1.1, 0.1, -0.5, 0.2, 0.9, 0.3, 0, 0], [0.8, -0.3, 1.2, 0.4, 1.3, -0.7, 0, 0]], "float32")
START = np.array([[0, 0], [4, 0], [0, 3], [4, 3]], "float32")
END = np.array([[0.5, 0.2], [4, 0.3], [-0.4, 3], [3, 2.5]], "float32") + 0.01 * data("end", 4, 2)


def cases():
    """Name -> what computes it with Keras or ckeras."""
    out = {}
    for make in (resizing, colour, cropping, filters, sampling):
        make(out)
    return out


if __name__ == "__main__":
    keep(__file__, cases())
