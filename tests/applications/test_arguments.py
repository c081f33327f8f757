"""What applications refuse, before a layer is made."""

import re

import pytest

import ckeras
from ckeras import applications, config
from ckeras.utils import naming

CASES = {
    "weights": ({"weights": "imagnet"}, "weights to be None, 'imagenet' or the path of a file, got 'imagnet'"),
    "weights, no path": ({"weights": 3}, "weights to be None, 'imagenet' or the path of a file, got 3"),
    "classes": ({"weights": "imagenet", "classes": 10}, "expects classes=1000, got 10"),
    "no classes": ({"classes": 0}, "expects an integer of 1 or more as classes, got 0"),
    "activation": ({"weights": "imagenet", "classifier_activation": "relu"}, "to be 'softmax' or None, got 'relu'"),
    "pooling": ({"include_top": False, "pooling": "mean"}, "pooling to be None, 'avg' or 'max', got 'mean'"),
    "size": (
        {"weights": "imagenet", "input_shape": (128, 128, 3)},
        "expects images of 224 x 224, got input_shape=(128",
    ),
    "channels": (
        {"weights": "imagenet", "include_top": False, "input_shape": (64, 64, 1)},
        "expects images of 3 channels, got input_shape=(64, 64, 1)",
    ),
    "small": ({"input_shape": (31, 64, 3)}, "expects images of at least 32 x 32, got input_shape=(31, 64, 3)"),
    "unknown": ({"input_shape": (None, 64, 3)}, "expects input_shape to have known sizes, got (None, 64, 3)"),
    "rank": ({"input_shape": (64, 64)}, "expects input_shape to be three integers, got (64, 64)"),
    "no shape": ({"input_shape": 64}, "expects input_shape to be three integers, got 64"),
    "tensor": ({"input_tensor": [1.0]}, "expects input_tensor to be a symbolic tensor of rank 4, got [1.0]"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    options, message = CASES[name]
    before = naming.get_uid("conv2d")
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        applications.ResNet50(**{"weights": None, **options})
    assert str(error.value).startswith("ResNet50")
    assert naming.get_uid("conv2d") == before + 1


OTHERS = {
    "Xception": ({"input_shape": (70, 71, 3)}, "at least 71 x 71"),
    "InceptionV3": ({"input_shape": (75, 74, 3)}, "at least 75 x 75"),
    "InceptionResNetV2": ({"input_shape": (74, 75, 3)}, "at least 75 x 75"),
    "MobileNet": ({"weights": "imagenet", "alpha": 0.3}, "expects alpha to be one of (0.25, 0.5, 0.75, 1.0), got 0.3"),
    "MobileNetV2": ({"weights": "imagenet", "alpha": 0.3}, "one of (0.35, 0.5, 0.75, 1.0, 1.3, 1.4), got 0.3"),
    "MobileNetV3Large": ({"weights": "imagenet", "alpha": 0.75, "minimalistic": True}, "one of (1.0,), got 0.75"),
    "MobileNetV3Small": ({"weights": "imagenet", "alpha": 0.5}, "one of (0.75, 1.0), got 0.5"),
    "NASNetMobile": ({"include_top": False, "input_shape": (None, None, 3)}, "images of known sizes"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_refused_by_some(name):
    options, message = OTHERS[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(applications, name)(**{"weights": None, **options})


def test_multiplier_of_weights_from_imagenet():
    with pytest.raises(ValueError, match=r"expects depth_multiplier=1, got 2"):
        applications.MobileNet(depth_multiplier=2)


def test_types_of_arguments():
    for options in ({"classes": "10"}, {"include_top": "no"}):
        with pytest.raises(TypeError, match=next(iter(options))):
            applications.VGG16(weights=None, **options)
    with pytest.raises(TypeError, match="alpha"):
        applications.MobileNetV2(weights=None, alpha="wide")


def test_shape_and_tensor_agree():
    x = ckeras.Input((None, 64, 3))
    with pytest.raises(ValueError, match=r"to be that of an image of input_tensor, \(None, 64, 3\), got \(96, 96, 3\)"):
        applications.MobileNetV2(weights=None, input_tensor=x, input_shape=(96, 96, 3), include_top=False)
    model = applications.MobileNet(weights=None, input_tensor=x, input_shape=(96, 64, 3), include_top=False)
    assert model.input_shape == (None, None, 64, 3)


@pytest.mark.parametrize("name", ["DenseNet121", "NASNetMobile", "ConvNeXtTiny"])
def test_channels_first(name, monkeypatch):
    monkeypatch.setitem(config._settings, "image_data_format", "channels_first")
    with pytest.raises(ValueError, match=f"{name} expects the image data format 'channels_last'"):
        getattr(applications, name)(weights=None)


def test_unusual_channels_are_reported():
    with pytest.warns(UserWarning, match=r"usually expects images of 1 or 3 channels, got input_shape=\(32, 32, 5\)"):
        model = applications.MobileNet(weights=None, alpha=0.25, input_shape=(32, 32, 5))
    assert model.input_shape == (None, 32, 32, 5)
