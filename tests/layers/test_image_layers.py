"""Layers of images: what holds whatever they sample, where they can be used, and what they refuse."""

import re

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from ckeras.utils.bounding_boxes import convert_format
from ckeras.utils.dataset import Dataset

pytestmark = pytest.mark.filterwarnings("ignore:under 'mixed")
SHAPE = (4, 12, 10, 3)
IMAGES = np.random.default_rng(1).integers(0, 256, SHAPE).astype("float32")
MASKS = np.random.default_rng(2).integers(0, 5, (4, 12, 10, 1)).astype("int32")
LABELS = np.eye(4, dtype="float32")
BOXES = {
    "boxes": np.array([[[1, 2, 5, 8], [3, 0, 9, 11]]] * 4, "float32"),
    "labels": np.array([[0, 1]] * 4, "int32"),
}

RANDOM = {  # layer -> options under which it always changes images
    "AugMix": {},
    "CutMix": {},
    "MixUp": {"alpha": 5.0},
    "RandAugment": {"num_ops": 3},
    "RandomBrightness": {"factor": (0.1, 0.5)},
    "RandomColorDegeneration": {"factor": (0.5, 1.0)},
    "RandomColorJitter": {
        "brightness_factor": 0.2, "contrast_factor": 0.5, "saturation_factor": 0.4, "hue_factor": 0.5,
    },
    "RandomContrast": {"factor": (0.1, 0.9)},
    "RandomCrop": {"height": 7, "width": 5},
    "RandomElasticTransform": {"factor": (1.0, 1.0), "scale": (0.5, 1.0)},
    "RandomErasing": {"factor": (1.0, 1.0), "scale": (0.2, 0.4)},
    "RandomFlip": {},
    "RandomGaussianBlur": {"factor": (1.0, 1.0), "sigma": (0.5, 1.0)},
    "RandomGrayscale": {"factor": 1.0},
    "RandomHue": {"factor": (0.2, 0.5)},
    "RandomInvert": {"factor": (1.0, 1.0)},
    "RandomPerspective": {"factor": (1.0, 1.0)},
    "RandomPosterization": {"factor": (1, 4)},
    "RandomRotation": {"factor": (0.05, 0.2)},
    "RandomSaturation": {"factor": (0.6, 0.9)},
    "RandomSharpness": {"factor": (0.6, 1.0)},
    "RandomShear": {"x_factor": (0.2, 0.5), "y_factor": (0.1, 0.3)},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": (0.1, 0.5), "width_factor": (-0.4, -0.1)},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.5},
}  # fmt: skip
FIXED = {
    "AutoContrast": {},
    "CenterCrop": {"height": 7, "width": 5},
    "ContrastLimitedAdaptiveHistogramEqualization": {"tile_grid_size": (2, 3)},
    "Equalization": {},
    "MaxNumBoundingBoxes": {"max_number": 3},
    "Resizing": {"height": 7, "width": 5},
}
ALL = RANDOM | FIXED
NEED_BATCHES = {"AugMix", "CutMix", "MixUp", "RandAugment", "RandomSharpness"}  # the hooks of images
WITHOUT_BOXES = {"CutMix", "RandomElasticTransform"}
EVERY, SAMPLING = pytest.mark.parametrize("name", ALL), pytest.mark.parametrize("name", RANDOM)


def make(name, **options):
    return getattr(layers, name)(**{**({"seed": 7} if name in RANDOM else {}), **ALL[name], **options})


def data(name, take=slice(None)):
    """A batch of everything, or one image of it."""
    found = {"images": IMAGES[take], "labels": LABELS[take], "segmentation_masks": MASKS[take]}
    if name not in WITHOUT_BOXES:
        found["bounding_boxes"] = {k: v[take] for k, v in BOXES.items()}
    return found


def flat(found):
    boxes = {f"boxes/{k}": v for k, v in found.get("bounding_boxes", {}).items()}
    return {k: ops.convert_to_numpy(v) for k, v in {**found, **boxes}.items() if k != "bounding_boxes"}


def assert_same(found, expected, close=0.0):
    found, expected = flat(found), flat(expected)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert (found[key].shape, found[key].dtype) == (value.shape, value.dtype), key
        np.testing.assert_allclose(found[key], value, close, close * 255, err_msg=key)


def test_every_layer_is_here():
    folder = "ckeras.layers.preprocessing.image."
    assert ALL.keys() == {n for n in layers.__all__ if getattr(layers, n).__module__.startswith(folder)}


@SAMPLING
def test_the_seed_decides(name):
    first, again, other = (make(name, seed=seed)(IMAGES, training=True).numpy() for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    layer = make(name, seed=3)
    second = [layer(IMAGES, training=True).numpy() for _ in range(8)][1:]
    constant = name in ("RandomGrayscale", "RandomInvert")  # they change every image, in one way
    assert constant or any(not np.array_equal(first, y) for y in (other, *second))


@pytest.mark.parametrize("name", sorted(RANDOM.keys() - {"RandomCrop"}))
def test_inference_leaves_images(name):
    given = data(name)
    layer = make(name, bounding_box_format="xyxy")
    found = layer(given, training=False)
    if name in ("AugMix", "MixUp"):  # they give masks in floats
        found["segmentation_masks"] = ops.cast(found["segmentation_masks"], "int32")
    assert_same(found, given)
    model = ckeras.Sequential([ckeras.Input(SHAPE[1:]), make(name)])
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), IMAGES)


@EVERY
def test_one_image_is_a_batch_of_one(name):
    layers_of = [make(name, bounding_box_format="xyxy") for _ in range(2)]
    single = layers_of[0](data(name, 1), training=True)
    batch = layers_of[1](data(name, slice(1, 2)), training=True)
    if name == "CutMix":  # it needs others
        np.testing.assert_array_equal(single["images"], IMAGES[1])
    else:
        expected = {k: v if isinstance(v, dict) else v[0] for k, v in batch.items()}
        if "bounding_boxes" in batch:
            expected["bounding_boxes"] = {k: v[0] for k, v in batch["bounding_boxes"].items()}
        assert_same(single, expected)


@pytest.mark.parametrize("name", sorted(ALL.keys() - NEED_BATCHES))
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_hooks_take_one_image(name, data_format):
    """The hooks of images get one image without the batch axis too."""
    layer = make(name, data_format=data_format)
    image = IMAGES[1] if data_format == "channels_last" else np.moveaxis(IMAGES[1], -1, 0)
    transformation = layer.get_random_transformation(image)
    found = layer.transform_images(image, transformation)
    expected = layer.transform_single_image(image, transformation)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, 1e-6, 1e-4)


@EVERY
def test_channels_first(name):
    options = {"bounding_box_format": "xyxy"}
    if name == "RandomErasing":  # noise is sampled in the order of the axes
        options["fill_value"] = (5, 6, 7)
    last, first = (make(name, data_format=f, **options) for f in ("channels_last", "channels_first"))
    given = data(name)
    moved = {**given, **{k: np.moveaxis(given[k], -1, 1) for k in ("images", "segmentation_masks")}}
    expected, found = last(given, training=True), first(moved, training=True)
    for key in ("images", "segmentation_masks"):
        found[key] = ops.moveaxis(found[key], 1, -1)
    assert_same(found, expected, 1e-6)


@EVERY
def test_compiled(name):
    given = data(name)
    plain, traced = (make(name, bounding_box_format="xyxy") for _ in range(2))
    compiled = ckeras.function(lambda x: traced(x, training=True))
    for _ in range(2):  # the state of the generator goes on
        assert_same(compiled(given), plain(given, training=True), 1e-5)


@EVERY
def test_symbolic(name):
    layer = make(name)
    x = ckeras.KerasTensor((None, *SHAPE[1:]))
    y, found = layer(x, training=True), layer(IMAGES, training=True)
    assert (tuple(y.shape), y.dtype) == ((None, *found.shape[1:]), found.dtype)
    assert make(name).compute_output_shape((None, *SHAPE[1:])) == (None, *found.shape[1:])


@EVERY
def test_in_a_model_that_trains(name):
    model = ckeras.Sequential([
        ckeras.Input(SHAPE[1:]), make(name), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(4, "softmax"),
    ])  # fmt: skip
    model.compile("adam", "categorical_crossentropy")
    history = model.fit(IMAGES, LABELS, batch_size=2, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert model.predict(IMAGES, verbose=0).shape == (4, 4)


@EVERY
def test_in_a_data_set(name):
    layer = make(name, bounding_box_format="xyxy")
    batches = list(Dataset.from_tensor_slices(data(name)).batch(2).map(lambda x: layer(x, training=True)))
    expected = make(name, bounding_box_format="xyxy")(data(name), training=True)
    for key, value in flat(expected).items():
        assert flat(batches[0])[key].shape == (2, *value.shape[1:]) and flat(batches[1])[key].shape[0] == 2


@EVERY
def test_empty_batch(name):
    y = make(name)(IMAGES[:0], training=True)
    assert y.shape == (0, *make(name)(IMAGES, training=True).shape[1:])


@EVERY
@pytest.mark.parametrize("dtype", ["float64", "float16", "mixed_float16"])
def test_dtypes(name, dtype):
    expected = "float16" if dtype.endswith("16") else dtype
    y = make(name, dtype=dtype)(IMAGES.astype("float64"), training=True)
    assert y.dtype == expected
    assert np.isfinite(ops.convert_to_numpy(ops.cast(y, "float64"))).all()


KEEP_DTYPE = {
    "ContrastLimitedAdaptiveHistogramEqualization", "MaxNumBoundingBoxes", "RandomGrayscale", "Resizing",
}  # fmt: skip


@EVERY
def test_integers(name):
    y = make(name)(IMAGES.astype("uint8"), training=True)
    assert y.dtype == ("uint8" if name in KEEP_DTYPE else "float32")
    if name not in KEEP_DTYPE:
        np.testing.assert_allclose(y, make(name)(IMAGES, training=True), 1e-5, 1e-3)


MIXED = {"MixUp", "CutMix"}  # what is not finite may come into the other images too


@pytest.mark.parametrize("name", sorted(ALL.keys() - MIXED))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_that_are_not_finite(name, value):
    """They stay in their image."""
    images = IMAGES.copy()
    images[0, 6, 5] = value
    assert np.isfinite(ops.convert_to_numpy(make(name)(images, training=True)[1:])).all()


@pytest.mark.parametrize("name", ["Equalization", "ContrastLimitedAdaptiveHistogramEqualization"])
def test_nan_stays(name):
    images = IMAGES.copy()
    images[0, 6, 5] = np.nan
    np.testing.assert_array_equal(np.isnan(make(name)(images, training=True)), np.isnan(images))


WITH_BOXES = sorted(ALL.keys() - WITHOUT_BOXES - {"MaxNumBoundingBoxes"})


@pytest.mark.parametrize("name", WITH_BOXES)
@pytest.mark.parametrize("form", ["yxyx", "center_xywh", "rel_xyxy", "rel_center_xywh"])
def test_boxes_in_other_formats(name, form):
    given = data(name)
    expected = make(name, bounding_box_format="xyxy")(given, training=True)
    height, width = expected["images"].shape[1:3]
    given["bounding_boxes"] = {**BOXES, "boxes": convert_format(BOXES["boxes"], "xyxy", form, *SHAPE[1:3])}
    found = make(name, bounding_box_format=form)(given, training=True)["bounding_boxes"]
    boxes = convert_format(found["boxes"], form, "xyxy", height, width)
    np.testing.assert_allclose(boxes, expected["bounding_boxes"]["boxes"], 1e-4, 1e-4)
    np.testing.assert_array_equal(found["labels"], expected["bounding_boxes"]["labels"])


MOVING = {
    "CenterCrop": {}, "RandomCrop": {}, "RandomFlip": {}, "Resizing": {},
    "RandomPerspective": {"interpolation": "nearest"},
    "RandomRotation": {"fill_mode": "constant", "interpolation": "nearest"},
    "RandomShear": {"fill_mode": "constant", "interpolation": "nearest", "y_factor": 0.0},
    "RandomTranslation": {"fill_mode": "constant", "interpolation": "nearest"},
    "RandomZoom": {"fill_mode": "constant", "interpolation": "nearest"},
}  # fmt: skip


@pytest.mark.parametrize("name", MOVING)
def test_boxes_follow_images(name):
    """A rectangle painted into an image is where its box is, to a pixel or so; its mask covers it."""
    images = np.zeros((4, 40, 30, 1), "float32")
    box = np.array([[[8, 12, 20, 30]]] * 4, "float32")
    images[:, 12:30, 8:20] = 1
    options = {"height": 26, "width": 22} if "height" in ALL[name] else {}
    layer = make(name, bounding_box_format="xyxy", **{**MOVING[name], **options})
    boxes = {"boxes": box, "labels": np.zeros((4, 1), "int32")}
    found = layer(
        {"images": images, "bounding_boxes": boxes, "segmentation_masks": images.astype("int32")}, training=True
    )
    for image, mask, (left, top, right, bottom) in zip(
        found["images"].numpy()[..., 0],
        found["segmentation_masks"].numpy()[..., 0],
        found["bounding_boxes"]["boxes"].numpy()[:, 0],
        strict=True,
    ):
        assert (np.abs(mask - image) <= (0.5 if name == "Resizing" else 1e-3)).all()
        rows, columns = np.nonzero(image > 0.5)
        painted = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        np.testing.assert_allclose([left, top, right, bottom], painted, atol=1.6)


def test_boxes_out_of_sight():
    """A box that a crop leaves nothing of is labeled -1."""
    boxes = {"boxes": np.array([[0.0, 0, 2, 2], [4, 5, 6, 7]]), "labels": np.array([3, 4])}
    found = layers.CenterCrop(2, 2, bounding_box_format="xyxy")(
        {"images": IMAGES[0], "bounding_boxes": boxes}
    )["bounding_boxes"]  # fmt: skip
    assert found["labels"].tolist() == [-1, 4]
    assert found["boxes"].tolist() == [[0, 0, 0, 0], [0, 0, 2, 2]]


def test_ragged_boxes():
    boxes = {"boxes": [[[1.0, 2, 3, 4]], [[0.0, 0, 5, 5], [2, 2, 4, 4]]], "labels": [[5], [6, 7]]}
    layer = layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    found = layer({"images": IMAGES[:2], "bounding_boxes": boxes})["bounding_boxes"]
    assert found["labels"].tolist() == [[5, -1, -1], [6, 7, -1]]
    assert found["boxes"][0].tolist() == [[1, 2, 3, 4], [0] * 4, [-1] * 4]


def test_hooks_of_a_subclass():
    class Shade(layers.RandomBrightness):
        def get_random_transformation(self, data, training=True, seed=None):
            return {"rgb_delta": ops.full((4, 1, 1, 1), -10.0)}

        def transform_labels(self, labels, transformation, training=True):
            return labels + 1

    found = Shade(0.5)({"images": IMAGES, "labels": LABELS, "weights": 3})
    np.testing.assert_array_equal(found["images"], np.clip(IMAGES - 10, 0, 255))
    np.testing.assert_array_equal(found["labels"], LABELS + 1)
    assert found["weights"] == 3


def test_the_data_stays():
    given = data("RandomFlip")
    before = {**given, "bounding_boxes": {**given["bounding_boxes"]}}
    layers.RandomFlip(bounding_box_format="xyxy", seed=1)(given, training=True)
    boxes, old = given.pop("bounding_boxes"), before.pop("bounding_boxes")
    assert all(given[k] is before[k] for k in before) and all(boxes[k] is old[k] for k in old)


def test_distributions():
    """Over many images: how often flips, erasures and inversions happen, and where factors lie."""
    x = np.tile(np.arange(4.0, dtype="float32").reshape(1, 2, 2, 1), (2000, 1, 1, 1))
    flipped = layers.RandomFlip("horizontal", seed=1)(x, training=True).numpy()[:, 0, 0, 0] == 1
    assert 0.46 < flipped.mean() < 0.54
    inverted = layers.RandomInvert((0.3, 0.3), seed=1)(x, training=True).numpy()[:, 0, 0, 0] == 255
    assert 0.26 < inverted.mean() < 0.34
    delta = layers.RandomBrightness((-0.5, 0.25), (0, 1), seed=1).get_random_transformation(x)["rgb_delta"].numpy()
    assert -0.5 <= delta.min() < -0.49 and 0.24 < delta.max() <= 0.25
    np.testing.assert_allclose(delta.mean(), -0.125, atol=0.02)
    bits = 8 - layers.RandomPosterization((2, 5), seed=1).get_random_transformation(x)["shift_factor"].numpy()
    assert set(bits.tolist()) == {2, 3, 4}
    crop = layers.RandomCrop(1, 1, seed=1)
    assert {float(crop(x[:1], training=True)[0, 0, 0, 0]) for _ in range(60)} == {0, 1, 2, 3}
    kinds = layers.RandAugment(num_ops=2000, seed=1).get_random_transformation(IMAGES)["layer_idxes"].numpy()
    assert set(kinds.tolist()) == set(range(11))


def test_crop_in_inference():
    """The largest central window of the aspect ratio, resized."""
    x = np.arange(12.0 * 10).reshape(1, 12, 10, 1)
    found = layers.RandomCrop(5, 5)(x, training=False)
    np.testing.assert_allclose(found, ops.image.resize(x[:, 1:11].astype("float32"), (5, 5)), 1e-5, 1e-4)


def test_mel_weights():
    """Triangles of height 1 that overlap halfway on the mel scale."""
    weights = layers.MelSpectrogram().linear_to_mel_weight_matrix(10, 2049, 16000, 20.0, 8000.0).numpy()
    assert weights.shape == (2049, 10) and (weights[0] == 0).all()
    np.testing.assert_allclose(weights.max(0), 1, atol=0.05)
    between = weights[np.argmax(weights[:, 0]) : np.argmax(weights[:, -1])].sum(1)
    np.testing.assert_allclose(between, 1, atol=1e-5)


def test_long_signals_without_a_batch():
    layer = layers.MelSpectrogram(fft_length=64, sequence_stride=32, num_mel_bins=8)
    x = np.sin(np.arange(1000, dtype="float32"))
    assert layer(x).shape == layer.compute_output_shape((1000,)) == (8, 32)
    assert layers.STFTSpectrogram("stft", 32, 8).compute_output_shape((None, None, 2)) == (None, None, 2 * 2 * 17)


OPTIONS = [
    ("RandomBrightness", {"factor": 1.5}, r"RandomBrightness expects factor to be .* in \[-1, 1\], got 1.5"),
    ("RandomBrightness", {"factor": "a"}, "factor"),
    ("RandomBrightness", {"factor": (0.1, 0.2, 0.3)}, "factor"),
    ("RandomBrightness", {"factor": 0.5, "value_range": (255, 0)}, "value_range to be two numbers, the smaller one"),
    ("RandomBrightness", {"factor": 0.5, "value_range": 3}, "value_range"),
    ("RandomContrast", {"factor": -0.5}, r"RandomContrast expects factor .* in \[0, 1\], got -0.5"),
    ("RandomContrast", {"factor": float("nan")}, "factor"),
    ("RandomZoom", {"height_factor": (-1.0, 0.5)}, "RandomZoom expects height_factor to be above -1"),
    ("RandomZoom", {"height_factor": 0.5, "width_factor": 2}, "width_factor"),
    ("RandomTranslation", {"height_factor": 2, "width_factor": 0.5}, "RandomTranslation expects height_factor"),
    ("RandomRotation", {"factor": 0.5, "fill_mode": "mirror"}, "RandomRotation expects fill_mode to be one of 'refl"),
    ("RandomRotation", {"factor": 0.5, "fill_value": "a"}, "fill_value to be a number"),
    ("RandomShear", {"x_factor": 0.5, "interpolation": "cubic"}, "RandomShear expects interpolation to be one of"),
    ("RandomPerspective", {"scale": 2.0}, r"RandomPerspective expects scale to be a number in \[0, 1\], got 2.0"),
    ("RandomPerspective", {"fill_value": None}, "fill_value"),
    ("RandomElasticTransform", {"scale": 2.0}, "RandomElasticTransform expects scale"),
    ("RandomFlip", {"mode": "both"}, "RandomFlip expects mode to be one of 'horizontal'"),
    ("RandomFlip", {"data_format": "last"}, "RandomFlip expects data_format to be 'channels_last'"),
    ("RandomFlip", {"bounding_box_format": "xy"}, "RandomFlip expects bounding_box_format to be one of xyxy"),
    ("RandomFlip", {"seed": -1}, "seed of 0 or more"),
    ("RandomCrop", {"height": 0, "width": 3}, "RandomCrop expects height to be a positive integer, got 0"),
    ("CenterCrop", {"height": 3, "width": 2.5}, "CenterCrop expects width to be a positive integer, got 2.5"),
    ("Resizing", {"height": 3, "width": 2, "interpolation": "area"}, "Resizing expects interpolation to be one of"),
    ("Resizing", {"height": 3, "width": 2, "fill_mode": "wrap"}, "fill_mode"),
    ("Resizing", {"height": 3, "width": 2, "fill_value": "a"}, "fill_value"),
    ("Resizing", {"height": 3, "width": 2, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "at most one"),
    ("RandomGrayscale", {"factor": 2}, r"RandomGrayscale expects factor"),
    ("RandomGrayscale", {"factor": (0, 1)}, r"RandomGrayscale expects factor to be a number in \[0, 1\]"),
    ("RandomPosterization", {"factor": 9}, r"RandomPosterization expects factor .* in \[1, 8\], got 9"),
    ("RandomPosterization", {"factor": 2.5}, "factor to be integers"),
    ("RandomGaussianBlur", {"kernel_size": 4}, "kernel_size to be an odd integer or two, got 4"),
    ("RandomGaussianBlur", {"sigma": 2}, "RandomGaussianBlur expects sigma"),
    ("RandomErasing", {"fill_value": (1, 2)}, "RandomErasing expects fill_value to be a number, three numbers or"),
    ("RandomErasing", {"scale": -1}, "scale"),
    ("Solarization", {"threshold_factor": 3}, "Solarization expects threshold_factor"),
    ("Equalization", {"bins": 0}, "Equalization expects bins to be a positive integer"),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"clip_limit": -1}, "clip_limit"),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": 3}, "tile_grid_size to be two positive"),
    ("MixUp", {"alpha": 0}, "MixUp expects alpha to be a number above 0, got 0"),
    ("CutMix", {"factor": 2}, "CutMix expects factor"),
    ("RandAugment", {"num_ops": 0}, "RandAugment expects num_ops"),
    ("RandAugment", {"interpolation": "cubic"}, "RandAugment expects interpolation"),
    ("AugMix", {"alpha": -1}, "AugMix expects alpha"),
    ("AugMix", {"chain_depth": 0}, "AugMix expects chain_depth"),
    ("MaxNumBoundingBoxes", {"max_number": 0}, "MaxNumBoundingBoxes expects max_number"),
    ("MaxNumBoundingBoxes", {"max_number": 1, "fill_value": None}, "fill_value"),
    ("RandomFlip", {"factor": 3}, "RandomFlip got unknown arguments: 'factor'"),
    ("MelSpectrogram", {"sequence_length": 4096}, "MelSpectrogram expects sequence_length to be at most"),
    ("MelSpectrogram", {"window": "kaiser"}, "window"),
    ("MelSpectrogram", {"min_freq": 9000}, "min_freq < max_freq"),
    ("MelSpectrogram", {"sampling_rate": 0}, "sampling_rate"),
    ("STFTSpectrogram", {"mode": "power"}, "STFTSpectrogram expects mode to be one of"),
    ("STFTSpectrogram", {"frame_step": 300}, "frame_step to be at most frame_length=256, got 300"),
    ("STFTSpectrogram", {"fft_length": 128}, "fft_length to be at least"),
    ("STFTSpectrogram", {"window": "no"}, "window"),
    ("STFTSpectrogram", {"scaling": "a"}, "scaling"),
    ("STFTSpectrogram", {"padding": "causal"}, "padding"),
    ("STFTSpectrogram", {"data_format": "a"}, "data_format"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "message"), OPTIONS, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(OPTIONS)]
)
def test_wrong_options(name, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**options)


INPUTS = [
    ("RandomFlip", {}, IMAGES[0, 0], "layer 'mine' expects images of the shape"),
    ("RandomFlip", {}, IMAGES[:, :0], re.escape("got the shape (4, 0, 10, 3)")),
    ("RandomFlip", {}, {"labels": LABELS}, "layer 'mine' expects a dict with 'images', got the keys"),
    ("RandomFlip", {}, {"images": IMAGES, "bounding_boxes": BOXES}, "'mine' got 'bounding_boxes', which need the arg"),
    ("RandomFlip", {"bounding_box_format": "xyxy"}, {"images": IMAGES, "bounding_boxes": {"boxes": BOXES["boxes"]}},
     "'mine' expects 'bounding_boxes' to be a dict of 'boxes' and 'labels', got"),
    ("RandomFlip", {"bounding_box_format": "xyxy"},
     {"images": IMAGES, "bounding_boxes": {"boxes": BOXES["boxes"][..., :3], "labels": BOXES["labels"]}},
     "'mine' expects boxes of the shape"),
    ("RandomFlip", {"bounding_box_format": "xyxy"},
     {"images": IMAGES, "bounding_boxes": {"boxes": [[[1.0, 2, 3, 4]]], "labels": [[1], [2]]}},
     "'mine' expects labels of boxes in a list of 1"),
    ("RandomHue", {"factor": 0.5}, IMAGES[..., :2], "expects images of 3 channels, got 2"),
    ("MixUp", {}, {"images": IMAGES, "labels": np.arange(4)}, "'mine' expects labels of the shape .batch, classes."),
    ("CutMix", {}, {"images": IMAGES, "labels": np.arange(4)}, "'mine' expects labels of the shape .batch, classes."),
    ("Resizing", {"height": 3, "width": 2}, IMAGES[:, :, :0], "layer 'mine' expects images of the shape"),
    ("MelSpectrogram", {}, IMAGES, "layer 'mine' expects signals of the shape"),
    ("STFTSpectrogram", {}, IMAGES, "layer 'mine'.*expected"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "given", "message"), INPUTS, ids=[f"{c[0]}-{i}" for i, c in enumerate(INPUTS)]
)
def test_wrong_inputs(name, options, given, message):
    layer = getattr(layers, name)(name="mine", **options)
    with pytest.raises(ValueError, match=message):
        layer(given, training=True) if not name.endswith("Spectrogram") else layer(given)


@pytest.mark.parametrize("name", sorted(WITHOUT_BOXES))
def test_boxes_that_cannot_follow(name):
    layer = make(name, bounding_box_format="xyxy")
    with pytest.raises(NotImplementedError, match=f"{name} does not transform bounding boxes"):
        layer({"images": IMAGES, "bounding_boxes": BOXES}, training=True)


def test_integers_have_no_spectrum():
    with pytest.raises(TypeError, match="layer 'mine' expects inputs of floats, got dtype int32"):
        layers.STFTSpectrogram(frame_length=16, name="mine")(np.ones((2, 64, 1), "int32"))


def test_a_length_that_is_no_power_of_two():
    with pytest.warns(UserWarning, match="fft_length is better a power of two, got 300"):
        layers.STFTSpectrogram(fft_length=300)
