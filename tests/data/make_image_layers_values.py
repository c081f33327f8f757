"""What layers of images and audio compute, and their configs, with Keras or ckeras.

`KERAS_BACKEND=jax python tests/data/make_image_layers_values.py` computes every case below with Keras 3.15 and writes
`image_layers_values.npz` (the numbers, in float32) and `image_layers_values.json` (shapes and configs) next to this
file. The tests compute the same cases with ckeras and compare. A case is a line: the layer, what it transforms, its
options. Layers with random transformations are given one, or options that leave one.
"""

import copy
import json
import pathlib
from typing import Any, NamedTuple

import numpy as np

VALUES = pathlib.Path(__file__).with_name("image_layers_values.npz")


class Case(NamedTuple):
    """A layer, its options, what it transforms, and the transformation given to its hooks; None calls the layer."""

    layer: str
    options: dict[str, Any]
    data: dict[str, Any]
    transformation: Any
    training: bool


def numbers(name: str, *shape: int) -> np.ndarray:
    """Numbers in [0, 1) that depend on `name` and `shape` alone."""
    return np.random.default_rng([*name.encode(), *shape]).random(shape)


def images(*shape: int, low: float = 0, high: float = 255, dtype: str = "float32") -> np.ndarray:
    """Images whose values are 1/256 apart within their range."""
    values = low + np.floor(numbers("images", *shape) * 256) * ((high - low) / 255)
    return values.astype(dtype)


def masks(*shape: int, dtype: str = "int32") -> np.ndarray:
    """Segmentation masks of five classes."""
    return np.floor(numbers("masks", *shape) * 5).astype(dtype)


BOXES = np.array([[[1, 1, 3, 4], [0, 2, 6, 5]], [[2, 0, 5, 3], [4, 3, 6, 5]]], "float32")  # xyxy, of images 5 x 6


def everything(*shape: int, boxes: Any = BOXES, **options: Any) -> dict[str, Any]:
    """A batch of images with labels, masks and boxes."""
    first = options.pop("first", False)
    one = (*shape[:-3], 1, *shape[-2:]) if first else (*shape[:-1], 1)
    found = {"images": images(*shape, **options), "segmentation_masks": masks(*one)}
    found["labels"] = np.eye(3, dtype="float32")[: shape[0]] if len(shape) == 4 else np.eye(3, dtype="float32")[0]
    if boxes is not None:
        single = boxes[0] if len(shape) == 3 else boxes
        labels = np.arange(single.size // 4).reshape(single.shape[:-1]).astype("int32")
        found["bounding_boxes"] = {"boxes": single, "labels": labels}
    return found


CASES: dict[str, Case] = {}


def case(
    layer: str, data: Any, transformation: Any = None, training: bool = True, config: Any = None, **options: Any
) -> None:
    """Add a case; with boxes in the data it gets their format."""
    data = data if isinstance(data, dict) else {"images": data}
    if "bounding_boxes" in data:
        options = {"bounding_box_format": "xyxy", **options}
    count = sum(name.startswith(f"{layer}/") for name in CASES)
    CASES[f"{layer}/{count}"] = Case(layer, options, data, transformation, training)


ALL, FIRST, ONE = everything(2, 5, 6, 3), everything(2, 3, 5, 6, first=True), everything(5, 6, 3)
PLAIN = everything(2, 5, 6, 3, boxes=None)
SQUARE = everything(2, 6, 6, 3)
UNMASKED = ALL | {"segmentation_masks": None}
UNIT = everything(2, 5, 6, 3, boxes=None, high=1)
SIGNED = everything(2, 5, 6, 3, boxes=None, low=-1, high=1)
COLOR_FIRST = everything(2, 3, 5, 6, first=True, boxes=None)
CHANNELS_FIRST = {"data_format": "channels_first"}


def each(*values: float) -> np.ndarray:
    """A number for each image, to broadcast to it."""
    return np.array(values, "float32").reshape(-1, 1, 1, 1)


# -- sizes

for interpolation in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
    case("Resizing", images(2, 5, 6, 2), height=7, width=4, interpolation=interpolation)
case("Resizing", ALL, height=3, width=9)
case("Resizing", FIRST, height=8, width=4, antialias=True, **CHANNELS_FIRST)
case("Resizing", ONE, height=4, width=7, interpolation="bicubic", antialias=True)
case("Resizing", ALL, height=4, width=7, crop_to_aspect_ratio=True)
case("Resizing", ALL, height=9, width=4, crop_to_aspect_ratio=True)
case("Resizing", ALL, height=8, width=4, pad_to_aspect_ratio=True, fill_value=3.0)
case("Resizing", ALL, height=4, width=12, pad_to_aspect_ratio=True)
case("Resizing", images(2, 5, 6, 3, dtype="uint8"), height=3, width=4)
case("Resizing", everything(2, 5, 6, 3, boxes=np.array([[[0.0] * 4, [-1.0] * 4]] * 2, "float32")), height=3, width=4)
case("CenterCrop", ALL, height=3, width=2)
case("CenterCrop", FIRST, height=4, width=5, **CHANNELS_FIRST)
case("CenterCrop", ONE, height=2, width=3)
case("CenterCrop", UNMASKED, height=8, width=4)
case("CenterCrop", UNMASKED, height=7, width=7, training=False)
case("RandomCrop", everything(2, 5, 6, 3, boxes=None), height=5, width=6, seed=3)

# -- moved elements

FLIPS = {"flips": np.array([True, False]).reshape(2, 1, 1, 1), "input_shape": (2, 5, 6, 3)}
for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
    case("RandomFlip", ALL, FLIPS, mode=mode)
case("RandomFlip", FIRST, {**FLIPS, "input_shape": (2, 3, 5, 6)}, mode="horizontal", **CHANNELS_FIRST)
case("RandomFlip", ALL, training=False)
case("RandomRotation", ALL, factor=(0.1, 0.1))
case("RandomRotation", FIRST, factor=(-0.3, -0.3), fill_mode="constant", fill_value=9.0, **CHANNELS_FIRST)
case("RandomRotation", ONE, factor=(0.07, 0.07), fill_mode="wrap", interpolation="nearest")
case("RandomRotation", PLAIN, factor=(0.2, 0.2), fill_mode="nearest")
case("RandomZoom", ALL, height_factor=(-0.25, -0.25))
case("RandomZoom", ALL, height_factor=(0.5, 0.5), width_factor=(-0.25, -0.25), fill_mode="constant")
case("RandomZoom", FIRST, height_factor=(0.25, 0.25), fill_mode="wrap", **CHANNELS_FIRST)
case("RandomZoom", ONE, height_factor=(0.3, 0.3), fill_mode="nearest", interpolation="nearest")
case("RandomTranslation", ALL, height_factor=(0.25, 0.25), width_factor=(-0.25, -0.25))
case("RandomTranslation", FIRST, height_factor=(-0.3, -0.3), width_factor=0, fill_mode="wrap", **CHANNELS_FIRST)
case("RandomTranslation", ONE, height_factor=(0.3, 0.3), width_factor=(0.1, 0.1), fill_mode="constant", fill_value=5)
SHEARS = {"shear_factor": np.array([[0.2, -0.3], [-0.4, 0.1]], "float32"), "input_shape": (2, 6, 6, 3)}
case("RandomShear", SQUARE, SHEARS, x_factor=0.5, y_factor=(0.1, 0.4))
case("RandomShear", SQUARE, SHEARS, x_factor=(0.0, 0.0), fill_mode="constant", interpolation="nearest")
MOVED = {
    "apply_perspective": np.array([True, False]),
    "start_points": np.tile(np.array([[[0, 0], [5, 0], [0, 4], [5, 4]]], "float32"), (2, 1, 1)),
    "end_points": np.array([[[0, 0], [4, 0.5], [-0.5, 4.5], [6, 3]]] * 2, "float32"),
    "input_shape": (2, 5, 6, 3),
}
case("RandomPerspective", ALL, MOVED)
case("RandomPerspective", ALL, MOVED, scale=0.5, interpolation="nearest", fill_value=7.0)
case("RandomElasticTransform", PLAIN, factor=0)
case("MaxNumBoundingBoxes", ALL, max_number=3)
case("MaxNumBoundingBoxes", ALL, max_number=1)
case("MaxNumBoundingBoxes", ONE, max_number=5)

# -- colors

case("RandomBrightness", ALL, factor=(0.3, 0.3))
case("RandomBrightness", SIGNED, {"rgb_delta": each(0.5, -0.25)}, factor=0.5, value_range=(-1, 1))
case("RandomBrightness", ONE, factor=(-0.2, -0.2))
case("RandomContrast", ALL, {"contrast_factor": each(1.5, 0.5)}, factor=(0.5, 0.5))
case(
    "RandomContrast",
    COLOR_FIRST,
    {"contrast_factor": each(2, 0.75)},
    factor=0.5,
    value_range=(10, 200),
    **CHANNELS_FIRST,
)
case("RandomSaturation", UNIT, {"factor": np.array([0.5, 3.0], "float32")}, factor=0.5, value_range=(0, 1))
case("RandomSaturation", ALL, {"factor": np.array([0.5, 1.0], "float32")}, factor=(0.2, 0.4))
case("RandomSaturation", COLOR_FIRST, {"factor": np.array([0.0, 0.9], "float32")}, factor=0.5, **CHANNELS_FIRST)
case("RandomHue", ALL, {"factor": np.array([0.3, -0.4], "float32")}, factor=0.5)
case("RandomHue", COLOR_FIRST, {"factor": np.array([0.1, -0.2], "float32")}, factor=(0.1, 0.5), **CHANNELS_FIRST)
case("RandomHue", UNIT, {"factor": np.array([0.5, 0.0], "float32")}, factor=0.5, value_range=(0, 1))
case("RandomColorJitter", PLAIN, brightness_factor=(0.3, 0.3))
case("RandomColorJitter", PLAIN, value_range=(0, 255), saturation_factor=(0.4, 0.4))
case("RandomColorJitter", PLAIN, brightness_factor=(0.1, 0.1), contrast_factor=0.0, hue_factor=0.0)
case("RandomColorDegeneration", ALL, factor=(0.6, 0.6))
case("RandomColorDegeneration", COLOR_FIRST, {"factor": each(0.5, -0.5)}, factor=0.5, **CHANNELS_FIRST)
case("RandomGrayscale", PLAIN, np.array([True, False]).reshape(2, 1, 1, 1))
case("RandomGrayscale", COLOR_FIRST["images"], factor=1.0, **CHANNELS_FIRST)
case("RandomSharpness", ALL, factor=(0.9, 0.9))
case("RandomSharpness", COLOR_FIRST, {"factor": np.array([0.1, 0.7], "float32")}, factor=0.5, **CHANNELS_FIRST)
case("RandomPosterization", PLAIN, factor=(3, 3))
case("RandomPosterization", UNIT, {"shift_factor": np.array([5, 2], "uint8")}, factor=4, value_range=(0, 1))
BLUR = {"should_apply_blur": np.array([True, False]), "blur_factor": np.array([0.7, 0.4], "float32")}
case("RandomGaussianBlur", PLAIN, BLUR, kernel_size=(3, 5), sigma=0.8)
case("RandomGaussianBlur", COLOR_FIRST, BLUR, factor=(0.5, 0.7), **CHANNELS_FIRST)
case("RandomInvert", PLAIN, factor=(1.0, 1.0))
case("RandomInvert", UNIT, {"apply_inversion": np.array([False, True])}, value_range=(0, 1))
ERASED = {
    "apply_erasing": np.array([True, False]),
    "batch_masks": np.indices((5, 6)).sum(0)[None, :, :, None] % 2 > np.zeros((2, 1, 1, 3)),
    "fill_value": np.float32(7.0) * np.ones((2, 5, 6, 3), "float32"),
}
case("RandomErasing", PLAIN, ERASED, factor=0.5, scale=0.3)
case("RandomErasing", PLAIN, factor=(1.0, 1.0), scale=(1.0, 1.0), fill_value=3)
case("Solarization", PLAIN)
case(
    "Solarization",
    UNIT,
    {"additions": each(30, 0), "thresholds": each(100, 200)},
    addition_factor=0.3,
    value_range=(0, 1),
)
case("Solarization", PLAIN, addition_factor=(0.1, 0.2), threshold_factor=0.5, training=False)
case("AutoContrast", ALL)
case("AutoContrast", images(2, 4, 5, 3, low=20, high=90), training=False)
case("AutoContrast", images(2, 4, 5, 3, low=-0.5, high=0.25), value_range=(-1, 1))
case("AutoContrast", np.full((1, 4, 4, 3), 3.0, "float32"))
case("Equalization", images(2, 8, 9, 3))
case("Equalization", images(1, 8, 9, 2, high=60))
case("Equalization", images(8, 9, 3), bins=64)
case("Equalization", images(2, 3, 8, 9), **CHANNELS_FIRST)
case("Equalization", np.full((1, 4, 4, 3), 3.0, "float32"))
case("Equalization", PLAIN, training=False)
CLAHE = "ContrastLimitedAdaptiveHistogramEqualization"
case(CLAHE, images(2, 16, 16, 3), tile_grid_size=(4, 4))
case(CLAHE, images(1, 13, 17, 1), tile_grid_size=(3, 2), clip_limit=1.5)
case(CLAHE, images(2, 12, 9), tile_grid_size=(2, 2), clip_limit=0.0, value_range=(0, 255), **CHANNELS_FIRST)

# -- mixtures

MIX = {"mix_weight": np.array([0.3, 0.8], "float32"), "permutation_order": np.array([1, 0])}
case("MixUp", PLAIN | {"segmentation_masks": None}, MIX)
case("MixUp", PLAIN | {"segmentation_masks": None}, MIX, alpha=0.5, training=False)
CUT = {
    "permutation_order": np.array([1, 0]),
    "batch_masks": ERASED["batch_masks"],
    "mix_weight": each(0.4, 0.9),
}
case("CutMix", PLAIN, CUT)
case("CutMix", PLAIN, CUT, factor=(0.2, 0.5), training=False)
case("RandAugment", PLAIN, training=False)
case("RandAugment", PLAIN, num_ops=1, factor=(0.1, 0.3), interpolation="nearest", training=False)
case("AugMix", PLAIN, training=False)
case("AugMix", PLAIN, num_chains=2, chain_depth=1, alpha=0.5, all_ops=False, training=False)

# -- audio

SIGNALS = (numbers("signals", 2, 90) - 0.5).astype("float32")
MEL = {"fft_length": 32, "sequence_stride": 16, "num_mel_bins": 8}
case("MelSpectrogram", SIGNALS, **MEL)
case("MelSpectrogram", SIGNALS[0], **MEL, sequence_length=24, window="hamming", power_to_db=False, mag_exp=1.0)
case("MelSpectrogram", SIGNALS, **MEL, sampling_rate=8000, min_freq=100.0, max_freq=3000.0, top_db=20.0, ref_power=0.5)
STEREO = (numbers("stereo", 2, 70, 2) - 0.5).astype("float32")
for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft"):
    case("STFTSpectrogram", STEREO, mode=mode, frame_length=16)
case("STFTSpectrogram", STEREO, frame_length=16, frame_step=5, fft_length=32, expand_dims=True, padding="same")
case("STFTSpectrogram", np.swapaxes(STEREO, 1, 2), mode="magnitude", frame_length=12, periodic=True, **CHANNELS_FIRST)
case(
    "STFTSpectrogram", np.swapaxes(STEREO, 1, 2), mode="psd", frame_length=12, window=None, scaling="spectrum",
    expand_dims=True, **CHANNELS_FIRST,
)  # fmt: skip


def make_layer(k: Any, case: Case, **options: Any) -> Any:
    """The layer of a case."""
    return getattr(k.layers, case.layer)(**{"name": "layer", **case.options, **options})


def given(case: Case) -> dict[str, Any]:
    """A copy of what a case transforms, without what is None."""
    return {name: copy.deepcopy(v) for name, v in case.data.items() if v is not None}


def tensors(k: Any, x: Any) -> Any:
    """The arrays of a transformation as tensors; shapes stay."""
    if isinstance(x, dict):
        return {name: tensors(k, v) for name, v in x.items()}
    return k.ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x


HOOKS = {
    "images": "transform_images",
    "labels": "transform_labels",
    "segmentation_masks": "transform_segmentation_masks",
    "bounding_boxes": "transform_bounding_boxes",
}


def compute(k: Any, case: Case, layer: Any) -> dict[str, np.ndarray]:
    """The results of a case, with a layer of `make_layer`."""
    data = given(case)
    if case.transformation is None:
        alone = data.keys() == {"images"}
        found = (
            layer(data["images"] if alone else data, training=case.training)
            if takes_training(case)
            else layer(data["images"])
        )
        found = {"images": found} if alone else found
    else:
        transformation = tensors(k, case.transformation)
        found = {
            name: getattr(layer, HOOKS[name])(tensors(k, x), transformation, training=case.training)
            for name, x in data.items()
        }
    boxes = found.pop("bounding_boxes", {})
    found |= {f"bounding_boxes/{name}": v for name, v in boxes.items()}
    return {name: np.asarray(k.ops.convert_to_numpy(v)) for name, v in found.items()}


def takes_training(case: Case) -> bool:
    """Whether the layer is one of images."""
    return not case.layer.endswith("Spectrogram")


def main() -> None:
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    pool, kept = [], {}
    for name, c in CASES.items():
        try:
            layer = make_layer(keras, c)
            arrays = compute(keras, c, layer)
        except Exception as error:
            raise RuntimeError(f"case {name}: {c.options}") from error
        pool += [a.astype("float32").ravel() for a in arrays.values()]
        values = {key: [str(a.dtype), *a.shape] for key, a in arrays.items()}
        kept[name] = {"values": values, "config": json.loads(json.dumps(layer.get_config()))}
    np.savez_compressed(VALUES, pool=np.concatenate(pool))
    VALUES.with_suffix(".json").write_text(json.dumps(kept, separators=(",", ":")).replace('},"', '},\n"') + "\n")
    print(f"{len(CASES)} cases, {VALUES.stat().st_size} and {VALUES.with_suffix('.json').stat().st_size} bytes")


def reference() -> dict[str, tuple[dict[str, np.ndarray], Any]]:
    """Case -> the values and the config that Keras gave."""
    with np.load(VALUES) as file:
        pool = file["pool"]
    found, at = {}, 0
    for name, kept in json.loads(VALUES.with_suffix(".json").read_text()).items():
        values = {}
        for key, (dtype, *shape) in kept["values"].items():
            size = int(np.prod(shape, dtype=int))
            values[key] = pool[at : at + size].reshape(shape).astype(dtype)
            at += size
        found[name] = values, kept["config"]
    return found


if __name__ == "__main__":
    main()
