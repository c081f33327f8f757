"""What Keras's applications are made of, and what they compute with weights that a rule gives.

`KERAS_BACKEND=jax python tests/data/make_applications_values.py` builds every case below with Keras 3.15 and writes
hashes of the structures, and some values of the outputs, next to this file. The tests do the same with ckeras and
compare. With names of cases after it, the structures of these are printed instead.
"""

import hashlib
import json
import pathlib
import re
import sys

import numpy as np

VALUES = pathlib.Path(__file__).with_name("applications_values.json")

NAMES = [
    *("ConvNeXt" + size for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
    *("DenseNet" + depth for depth in ("121", "169", "201")),
    *("EfficientNetB" + number for number in "01234567"),
    *("EfficientNetV2" + size for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    *("InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small"),
    *("NASNetLarge", "NASNetMobile", "ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"),
    *("VGG16", "VGG19", "Xception"),
]
FAMILIES = [
    *("ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2", "InceptionV3"),
    *("MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50", "ResNet50V2", "VGG16", "Xception"),
]
CHANNELS_FIRST = [name for name in FAMILIES if name[:4] not in ("Conv", "Dens", "NASN")]

# name of the case -> application, options; "tensor" is the shape of an input tensor
CASES = {name: (name, {}) for name in NAMES}
for _name in FAMILIES:
    CASES |= {
        f"{_name}, gray": (_name, {"input_shape": (96, 97, 1), "classes": 7, "classifier_activation": None}),
        f"{_name}, maximum": (_name, {"include_top": False, "pooling": "max", "input_shape": (75, 76, 3)}),
        f"{_name}, average": (_name, {"include_top": False, "pooling": "avg", "tensor": (99, 98, 3)}),
    }
    if _name != "NASNetMobile":
        CASES[f"{_name}, any size"] = (_name, {"include_top": False})
    if _name != "EfficientNetV2B0":  # with which Keras fails
        CASES[f"{_name}, maximum"][1]["name"] = CASES[f"{_name}, average"][1]["name"] = "own"
CASES |= {
    f"{name}, channels first": (name, {"include_top": False, "input_shape": (3, 96, 97)}) for name in CHANNELS_FIRST
}
CASES |= {
    "MobileNet, narrow": ("MobileNet", {"alpha": 0.25, "dropout": 0.5, "input_shape": (128, 128, 3)}),
    "MobileNet, multiplied": ("MobileNet", {"alpha": 1.3, "depth_multiplier": 2}),
    "MobileNetV2, narrow": ("MobileNetV2", {"alpha": 0.35, "input_shape": (96, 96, 3)}),
    "MobileNetV2, wide": ("MobileNetV2", {"alpha": 1.3}),
    "EfficientNetV2B1, plain": ("EfficientNetV2B1", {"include_preprocessing": False}),
    "EfficientNetV2S, plain": ("EfficientNetV2S", {"include_preprocessing": False, "include_top": False}),
    "ConvNeXtTiny, plain": ("ConvNeXtTiny", {"include_preprocessing": False}),
}
for _name in ("MobileNetV3Small", "MobileNetV3Large"):
    for _alpha, _minimal in ((0.75, False), (0.75, True), (1.25, False), (1.0, True)):
        _options = {"alpha": _alpha, "minimalistic": _minimal, "dropout_rate": 0.0, "include_preprocessing": False}
        CASES[f"{_name}, {_alpha}, {'minimalistic' if _minimal else 'swish'}"] = (_name, _options)

# name of the case -> application, options, range of the images, factor of the kernels
_SMALL = {"input_shape": (33, 40, 3), "classes": 9, "classifier_activation": None}
_LOGITS = {"classifier_activation": None}
COMPUTED = {
    "ConvNeXtTiny": ("ConvNeXtTiny", {"input_shape": (64, 70, 3), "classes": 9}, (0, 255), 1.4),
    "DenseNet121": ("DenseNet121", _SMALL, (-1, 1), 1.2),
    "EfficientNetB0": ("EfficientNetB0", _SMALL, (0, 255), 3),
    "EfficientNetV2B0": ("EfficientNetV2B0", _SMALL, (0, 255), 1.8),
    "EfficientNetV2B0, gray": ("EfficientNetV2B0", {**_SMALL, "input_shape": (33, 40, 1)}, (0, 255), 1.8),
    "InceptionResNetV2": ("InceptionResNetV2", {**_SMALL, "input_shape": (75, 80, 3)}, (-1, 1), 1),
    "InceptionV3": ("InceptionV3", {**_SMALL, "input_shape": (75, 80, 3)}, (-1, 1), 1.4),
    "MobileNet": ("MobileNet", {**_SMALL, "alpha": 0.25}, (-1, 1), 4),
    "MobileNetV2": ("MobileNetV2", {**_SMALL, "alpha": 0.35}, (-1, 1), 2.4),
    "MobileNetV3Small": ("MobileNetV3Small", _SMALL, (0, 255), 2.5),
    "MobileNetV3Large, minimalistic": (
        "MobileNetV3Large",
        {**_SMALL, "minimalistic": True, "alpha": 0.75},
        (0, 255),
        2.4,
    ),
    "NASNetMobile": ("NASNetMobile", _SMALL, (-1, 1), 1),
    "ResNet50": ("ResNet50", _SMALL, (-1, 1), 1),
    "ResNet50V2": ("ResNet50V2", _SMALL, (-1, 1), 1),
    "VGG16": ("VGG16", {"include_top": False, "pooling": "avg", "input_shape": (33, 40, 3)}, (-1, 1), 1),
    "Xception": ("Xception", {**_SMALL, "input_shape": (71, 75, 3)}, (-1, 1), 1),
    "ConvNeXtTiny, 224": ("ConvNeXtTiny", _LOGITS, (0, 255), 1),
    "EfficientNetB0, 224": ("EfficientNetB0", _LOGITS, (0, 255), 3),
    "MobileNetV2, 224": ("MobileNetV2", _LOGITS, (-1, 1), 2.4),
    "ResNet50, 224": ("ResNet50", _LOGITS, (-1, 1), 1),
}

_IMAGE = np.random.RandomState(3).randint(0, 256, (2, 3, 4, 3))
# name of the case -> images, options of preprocess_input
IMAGES = {
    "caffe": (_IMAGE.astype("float32"), {}),
    "caffe, one image": (_IMAGE[0].astype("float32"), {"mode": "caffe"}),
    "tf": (_IMAGE.astype("float64"), {"mode": "tf"}),
    "torch": (_IMAGE.astype("float32"), {"mode": "torch"}),
    "bytes": (_IMAGE.astype("uint8"), {"mode": "torch"}),
    "integers": (_IMAGE, {"mode": "caffe"}),
    "caffe, channels first": (
        _IMAGE.transpose(0, 3, 1, 2).astype("float32"),
        {"mode": "caffe", "data_format": "channels_first"},
    ),
    "torch, channels first": (
        _IMAGE[0].transpose(2, 0, 1).astype("float32"),
        {"mode": "torch", "data_format": "channels_first"},
    ),
}

# name of the weights in ckeras -> application, options that decide on the file
FILES = {name: (name, {}) for name in NAMES if not name.startswith("MobileNet")}
FILES |= {
    f"{name} {alpha} {size}": (name, {"alpha": alpha, "input_shape": (size, size, 3)})
    for name, alphas, sizes in (
        ("MobileNet", (0.25, 0.5, 0.75, 1.0), (128, 160, 192, 224)),
        ("MobileNetV2", (0.35, 0.5, 0.75, 1.0, 1.3, 1.4), (96, 128, 160, 192, 224)),
    )
    for alpha in alphas
    for size in sizes
    if alpha == 0.5 or size == 128
}
for _size in ("large", "small"):
    _name = f"MobileNetV3{_size.title()}"
    FILES |= {f"MobileNetV3 {_size}_224_{alpha}_float": (_name, {"alpha": alpha}) for alpha in (0.75, 1.0)}
    FILES[f"MobileNetV3 {_size}_minimalistic_224_1.0_float"] = (_name, {"minimalistic": True})

# What, in the config of a layer, decides on its result
KEYS = {
    *("activation", "cropping", "data_format", "depth_multiplier", "dilation_rate", "epsilon", "filters", "groups"),
    *("keepdims", "kernel_size", "max_value", "mean", "momentum", "noise_shape", "offset", "padding", "pool_size"),
    *("rate", "scale", "strides", "target_shape", "units", "use_bias", "variance"),
}


def built(keras, application, options):
    """The model of a case, with names counted from the first."""
    keras.utils.clear_session()
    options = dict(options)
    if "tensor" in options:
        options["input_tensor"] = keras.Input(options.pop("tensor"), name="images")
    return getattr(keras.applications, application)(weights=None, **options)


def structure(model):
    """A line for each operation of a model: its name, class, options, inputs, the shapes of its output and weights."""
    lines = [f"{model.name} {model.input_shape} {model.output_shape}"]
    for operation in model.operations:
        config = operation.get_config() if hasattr(operation, "weights") else {}
        options = {key: _plain(config[key]) for key in sorted(KEYS & config.keys())}
        parents = [parent.operation.name for parent in operation._inbound_nodes[0].parent_nodes]
        weights = [(_path(weight), list(weight.shape)) for weight in getattr(operation, "weights", ())]
        shape = operation.output.shape
        parts = (operation.name, type(operation).__name__, json.dumps(options), parents, shape, weights)
        lines.append(" ".join(map(str, parts)))
    return lines


def _path(weight):
    """Path of a weight, without the number that Keras adds to a generated name."""
    return re.sub(r"/variable_\d+$", "/variable", weight.path)


def _plain(value):
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return round(float(value), 12) if isinstance(value, (float, np.floating)) else value


def digest(lines):
    """The number of lines, and the start of a hash of them."""
    return [len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]]


def numbers(index, shape):
    """Random numbers from -1 to 1, given by the index of the weight."""
    count = int(np.prod(shape))
    bits = np.random.Philox(key=index).random_raw(count // 2 + 1).view(np.uint32)[:count]
    return (bits.astype(np.float32) * np.float32(2**-31) - np.float32(1)).reshape(shape)


def weight(index, path, shape, gain):
    """The value of a weight; the factor of the kernels is such that the output depends on the image, and is finite."""
    kind = path.rpartition("/")[2]
    x = numbers(index, shape)
    if kind.endswith("kernel"):
        inputs = np.prod(shape[:2] if kind == "depthwise_kernel" else shape[:-1])
        return x * np.float32(gain * np.sqrt(4.5 / inputs))
    if kind == "count":
        return np.zeros(shape, "int32")
    if kind in ("gamma", "moving_variance", "variance", "variable"):
        return 1 + np.float32(0.3) * x
    return np.float32(0.2) * x  # biases and means


def outputs(model, limits, gain):
    """Some values that a model computes of an image, with the weights that the rule gives."""
    model.set_weights([weight(i, _path(w), tuple(w.shape), gain) for i, w in enumerate(model.weights)])
    for layer in model.layers:
        getattr(layer, "finalize_state", int)()  # by which Keras's Normalization reads its weights
    low, high = limits
    image = (numbers(1 << 20, (1, *model.input_shape[1:])) + 1) * np.float32((high - low) / 2) + np.float32(low)
    return np.asarray(model.predict(image, verbose=0))[0, :: 37 if model.output_shape[-1] > 99 else 1]


class _Asked(Exception):
    pass


def file(keras, application, options):
    """What an application asks `get_file` for."""
    from keras.src.utils import file_utils

    def get_file(*args, file_hash=None, **others):
        raise _Asked([args[1], args[0], file_hash])

    file_utils.get_file = get_file
    try:
        getattr(keras.applications, application)(weights="imagenet", **options)
    except _Asked as asked:
        return asked.args[0]


def main(names):
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    for kind in ("VarianceScaling", "Zeros", "Ones"):  # random weights would take an hour, and all are replaced
        value = float(kind == "Ones")
        getattr(keras.initializers, kind).__call__ = lambda self, shape, dtype=None, value=value: np.full(
            shape, value, dtype
        )
    found = {"structures": {}, "outputs": {}, "files": {}}
    found["images"] = {
        name: keras.applications.imagenet_utils.preprocess_input(images.copy(), **options).round(6).tolist()
        for name, (images, options) in IMAGES.items()
    }
    for name, (application, options) in CASES.items():
        if names and name not in names:
            continue
        channels_first = name.endswith("channels first")
        keras.config.set_image_data_format("channels_first" if channels_first else "channels_last")
        lines = structure(built(keras, application, options))
        found["structures"][name] = digest(lines)
        print("\n".join(lines) if names else name, flush=True)
    if names:
        return
    keras.config.set_image_data_format("channels_last")
    for name, (application, options) in FILES.items():
        asked = {str(top): file(keras, application, {**options, "include_top": top}) for top in (True, False)}
        found["files"][name] = asked
        print(name, asked, flush=True)
    for name, (application, options, *rest) in COMPUTED.items():
        values = outputs(built(keras, application, options), *rest)
        found["outputs"][name] = [float(f"{value:.7g}") for value in values]
        print(name, values, flush=True)
    VALUES.write_text(written(found))


def written(found):
    """JSON with a line for each case."""
    sections = []
    for section, cases in found.items():
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in cases.items())
        sections.append(f"{json.dumps(section)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    main(sys.argv[1:])
