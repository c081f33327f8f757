"""Images scaled as Keras scales them, and the names of classes."""

import json

import numpy as np
import pytest
from reference import script
from served import Served

import ckeras
from ckeras.applications import imagenet_utils

module = script("make_applications_values")
EXPECTED = json.loads(module.VALUES.read_text())["images"]


@pytest.mark.parametrize("name", module.IMAGES)
def test_values(name):
    images, options = module.IMAGES[name]
    found = imagenet_utils.preprocess_input(images, **options)
    assert found.dtype == ("float64" if images.dtype == "float64" else "float32")
    assert np.allclose(found, EXPECTED[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", module.IMAGES)
def test_tensors_and_symbolic_tensors(name):
    images, options = module.IMAGES[name]
    expected = imagenet_utils.preprocess_input(images, **options)
    tensor = imagenet_utils.preprocess_input(ckeras.ops.convert_to_tensor(images), **options)
    assert tensor.dtype == str(expected.dtype) and np.allclose(tensor, expected, rtol=1e-6, atol=1e-6)
    x = ckeras.Input(batch_shape=images.shape, dtype=str(images.dtype))
    model = ckeras.Model(x, imagenet_utils.preprocess_input(x, **options))
    assert model.output_shape == images.shape
    assert np.allclose(model(images), expected, rtol=1e-5, atol=1e-5)


def test_images_are_not_changed():
    images = np.full((2, 2, 3), 9.0, "float32")
    imagenet_utils.preprocess_input(images)
    assert (images == 9).all()


MODES = {
    "caffe": ["resnet", "resnet50", "vgg16", "vgg19"],
    "tf": ["inception_resnet_v2", "inception_v3", "mobilenet", "mobilenet_v2", "nasnet", "resnet_v2", "xception"],
    "torch": ["densenet"],
    None: ["convnext", "efficientnet", "efficientnet_v2", "mobilenet_v3"],
}


@pytest.mark.parametrize("mode", MODES)
def test_modules(mode):
    images = np.array([[[1.0, 2.0, 4.0]]])
    expected = images if mode is None else imagenet_utils.preprocess_input(images, mode=mode)
    for name in MODES[mode]:
        home = getattr(ckeras.applications, name)
        assert np.array_equal(home.preprocess_input(images), expected)
        assert np.array_equal(home.preprocess_input(images, data_format="channels_last"), expected)
        assert home.decode_predictions is imagenet_utils.decode_predictions
        with pytest.raises(ValueError, match="data_format"):
            home.preprocess_input(images, "channels_middle")


def test_refused():
    for options, message in (
        ({"x": np.ones((2, 2, 3)), "mode": "jax"}, "expects one of 'caffe', 'tf', 'torch' as mode, got 'jax'"),
        ({"x": np.ones((2, 2, 3)), "data_format": "first"}, "as data_format, got 'first'"),
        ({"x": np.ones((2, 2))}, r"expects an image or a batch of images .* got shape \(2, 2\)"),
        ({"x": np.ones((2, 2, 4))}, r"of 3 channels, channels_last, got shape \(2, 2, 4\)"),
        ({"x": np.ones((2, 3, 3, 3)), "data_format": "channels_first", "mode": "torch"}, None),
    ):
        if message is None:
            assert imagenet_utils.preprocess_input(**options).shape == (2, 3, 3, 3)
            continue
        with pytest.raises(ValueError, match=message):
            imagenet_utils.preprocess_input(**options)


@pytest.fixture
def names(monkeypatch):
    """A server with a file of names, whose hash is not that of Keras's file."""
    monkeypatch.setenv("KERAS_HOME", "cache")
    index = {str(i): [f"n{i:08}", f"class_{i}"] for i in range(1000)}
    with Served({"imagenet_class_index.json": json.dumps(index).encode()}) as server:
        monkeypatch.setattr(imagenet_utils, "CLASS_INDEX", (server.address + "imagenet_class_index.json", None))
        yield server


def test_decode_predictions(names, capsys):
    predictions = np.zeros((2, 1000), "float32")
    predictions[0, [7, 3]] = 0.75, 0.25
    predictions[1, 999] = 1.0
    first = [("n00000007", "class_7", 0.75), ("n00000003", "class_3", 0.25)]
    for given in (predictions, ckeras.ops.convert_to_tensor(predictions)):
        found = imagenet_utils.decode_predictions(given, top=2)
        assert found[0] == first and found[1][0] == ("n00000999", "class_999", 1.0)
        assert [len(row) for row in found] == [2, 2]
    assert len(imagenet_utils.decode_predictions(predictions[:1])[0]) == 5
    assert imagenet_utils.decode_predictions(predictions[:0]) == []
    assert names.requests == ["imagenet_class_index.json"]


def test_predictions_of_another_shape(names):
    for preds in (np.zeros((2, 999)), np.zeros(1000), [0.5]):
        with pytest.raises(ValueError, match=r"predictions of shape \(samples, 1000\)"):
            imagenet_utils.decode_predictions(preds)
    assert names.requests == []


def test_names_with_another_hash(names, monkeypatch):
    address, _ = imagenet_utils.CLASS_INDEX
    monkeypatch.setattr(imagenet_utils, "CLASS_INDEX", (address, "c2c37ea517e94d9795004a39431a14cb"))
    with pytest.raises(ValueError, match="expects a file of md5 hash c2c37ea517e94d9795004a39431a14cb"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)))
