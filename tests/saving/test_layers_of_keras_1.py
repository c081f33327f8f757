"""Layers and weights of Keras 1 and 2 that are otherwise today: files built by hand in their documented layouts."""

import numpy as np
import pytest
from older_files import RECURRENT, arrays, write

from ckeras import Sequential, layers, models


def dense(name, units, activation="linear", **extra):
    inner = {"name": name, "output_dim": units, "activation": activation, "bias": True, "trainable": True, **extra}
    return {"class_name": "Dense", "config": inner}


def first(size):
    return {"batch_input_shape": [None, size], "input_dtype": "float32", "input_dim": size}


def sequential(*given):
    return {"class_name": "Sequential", "config": list(given)}


def merge(name, mode, *branches):
    inner = {"name": name, "mode": mode, "mode_type": "raw", "concat_axis": 1, "dot_axes": -1, "layers": list(branches)}
    return {"class_name": "Merge", "config": inner}


def test_a_sequential_that_begins_with_a_merge():
    inner = sequential(
        merge("sum", "sum", sequential(dense("b", 3, **first(4))), sequential(dense("c", 3, **first(2))))
    )
    config = sequential(
        merge("all", "concat", sequential(dense("a", 2, "tanh", **first(3)), dense("a2", 2)), inner), dense("out", 1)
    )
    shapes = {"a": (3, 2), "a2": (2, 2), "b": (4, 3), "c": (2, 3), "out": (5, 1)}
    weights = {name: arrays(shape, shape[1:]) for name, shape in shapes.items()}
    write("old.h5", config, weights, "1.2.2")
    model = models.load_model("old.h5")
    x, y, z = arrays((4, 3), (4, 4), (4, 2))

    def affine(value, name):
        return value @ weights[name][0] + weights[name][1]

    merged = np.concatenate([affine(np.tanh(affine(x, "a")), "a2"), affine(y, "b") + affine(z, "c")], axis=1)
    np.testing.assert_allclose(model.predict([x, y, z], verbose=0), affine(merged, "out"), rtol=1e-5)
    assert [tensor.shape for tensor in model.inputs] == [(None, 3), (None, 4), (None, 2)]
    model.save("new.keras")
    again = models.load_model("new.keras").predict([x, y, z], verbose=0)
    np.testing.assert_array_equal(again, model.predict([x, y, z], verbose=0))


def test_a_merge_of_what_cannot_be_read():
    write("old.h5", sequential(merge("m", "sum", dense("a", 2)), dense("out", 1)), {}, "1.2.2")
    with pytest.raises(ValueError, match=r"branch of a Merge of Keras 1 that begins with 'Dense'"):
        models.load_model("old.h5")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def maxout(x, weights):
    return np.max(np.einsum("bi,fio->bfo", x, weights[0]) + weights[1], axis=1)


def highway(x, weights):
    kernel, carry, bias, offset = weights
    gate = sigmoid(x @ carry + offset)
    return gate * np.tanh(x @ kernel + bias) + (1 - gate) * x


COMPOSED = {
    "MaxoutDense": ({"output_dim": 2, "nb_feature": 4, "bias": True}, [(4, 3, 2), (4, 2)], maxout),
    "Highway": ({"activation": "tanh", "bias": True}, [(3, 3), (3, 3), (3,), (3,)], highway),
    "TimeDistributedDense": ({"output_dim": 2}, [(3, 2), (2,)], lambda x, weights: x @ weights[0] + weights[1]),
}


@pytest.mark.parametrize("place", ["first", "second", "called twice"])
@pytest.mark.parametrize("kind", COMPOSED)
def test_layers_that_are_expressed_by_others(kind, place):
    options, shapes, function = COMPOSED[kind]
    shape = [None, 5, 3] if kind == "TimeDistributedDense" else [None, 3]
    extra = {"batch_input_shape": shape, "input_dtype": "float32", "input_dim": 3}
    layer = {"class_name": kind, "config": {"name": "l", "trainable": True, "input_dim": 3, **options}}
    weights, (x,) = arrays(*shapes), arrays((4, *shape[1:]))
    before = layers.Activation("relu")
    expected = function(x, weights)
    if place == "first":
        config = sequential({**layer, "config": {**layer["config"], **extra}})
    elif place == "second":
        activation = {"class_name": "Activation", "config": {"name": "r", "activation": "relu", **extra}}
        config, expected = sequential(activation, layer), function(before(x).numpy(), weights)
    else:
        start = {"name": "x", "class_name": "InputLayer", "config": {"name": "x", **extra}, "inbound_nodes": []}
        other = {
            "name": "r", "class_name": "Activation", "config": {"name": "r", "activation": "relu"},
            "inbound_nodes": [[["x", 0, 0]]],
        }  # fmt: skip
        graph = {
            "name": "m",
            "layers": [start, other, {**layer, "name": "l", "inbound_nodes": [[["x", 0, 0]], [["r", 0, 0]]]}],
            "input_layers": [["x", 0, 0]], "output_layers": [["l", 0, 0], ["l", 1, 0]],
        }  # fmt: skip
        config, expected = {"class_name": "Model", "config": graph}, [expected, function(before(x).numpy(), weights)]
    write("old.h5", config, {"l": weights}, "1.2.2")
    model = models.load_model("old.h5")
    found = model.predict(x, verbose=0)
    for one, other in zip(*((v if isinstance(v, list) else [v]) for v in (found, expected)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("MaxoutDense", {"output_dim": 2, "W_regularizer": {"name": "L2"}}, "MaxoutDense of Keras 1 with regularizers"),
        ("Highway", {"input_dim": None}, "Highway 'l' of Keras 1, whose config has no input_dim"),
        ("SReLU", {}, "Unknown layer 'SReLU'"),
    ],
)
def test_layers_that_cannot_be_read(kind, options, message):
    write("old.h5", sequential({"class_name": kind, "config": {"name": "l", **first(3), **options}}), {}, "1.2.2")
    with pytest.raises(ValueError, match=message):
        models.load_model("old.h5")


def convolution(kind, data_format, version):
    shape = [None, 2, 5, 6] if data_format == "channels_first" else [None, 5, 6, 2]
    ordering = {"channels_first": "th", "channels_last": "tf"}[data_format]
    if version < "2":
        inner = {
            "nb_filter": 3,
            "nb_row": 2,
            "nb_col": 3,
            "border_mode": "same",
            "dim_ordering": ordering,
            "bias": True,
        }
        return {"class_name": "Convolution2D", "config": {"name": "c", "batch_input_shape": shape, **inner}}
    inner = {"filters": 3, "kernel_size": [2, 3], "padding": "same", "data_format": data_format, "use_bias": True}
    return {"class_name": kind, "config": {"name": "c", "batch_input_shape": shape, **inner}}


@pytest.mark.parametrize(
    ("version", "backend", "data_format", "stored"),
    [
        ("1.2.2", None, "channels_first", lambda kernel: kernel.transpose(3, 2, 0, 1)),
        ("1.2.2", None, "channels_last", lambda kernel: kernel),
        ("2.1.0", "theano", "channels_first", lambda kernel: kernel[::-1, ::-1]),
        ("2.1.0", "theano", "channels_last", lambda kernel: kernel[::-1, ::-1]),
        ("2.1.0", "tensorflow", "channels_last", lambda kernel: kernel),
        ("2.1.0", "tensorflow", "channels_last", lambda kernel: kernel.transpose(2, 3, 1, 0)),
    ],
)
@pytest.mark.filterwarnings("ignore:The file of layer 'c' does not say which backend")
def test_kernels_of_convolutions(version, backend, data_format, stored):
    kernel, bias = arrays((2, 3, 2, 3), (3,))
    config = sequential(convolution("Conv2D", data_format, version))
    write("old.h5", config, {"c": [stored(kernel), bias]}, version, backend=backend)
    model = models.load_model("old.h5")
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    (x,) = arrays((2, 5, 6, 2))
    today = Sequential([layers.Input((5, 6, 2)), layers.Conv2D(3, (2, 3), padding="same")])
    today.set_weights([kernel, bias])
    expected = today.predict(x, verbose=0)
    if data_format == "channels_first":
        x, expected = x.transpose(0, 3, 1, 2), expected.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_a_file_that_does_not_say_which_backend_wrote_kernels():
    config = sequential(convolution("Conv2D", "channels_first", "1.2.2"))
    write("old.h5", config, {"c": arrays((3, 2, 2, 3), (3,))}, "1.2.2")
    with pytest.warns(UserWarning, match=r"layer 'c' does not say which backend .* on Theano are flipped"):
        models.load_model("old.h5")


@pytest.mark.parametrize("shape", [(3, 1, 2, 4), (4, 2, 3, 1)], ids=["1.2", "before"])
def test_kernels_of_one_dimension(shape):
    kernel, bias = arrays(shape, (4,))
    inner = {"name": "c", "batch_input_shape": [None, 6, 2], "nb_filter": 4, "filter_length": 3, "bias": True}
    write("old.h5", sequential({"class_name": "Convolution1D", "config": inner}), {"c": [kernel, bias]}, "1.2.2")
    expected = kernel[:, 0] if shape[0] == 3 else kernel[:, :, :, 0].transpose(2, 1, 0)
    np.testing.assert_array_equal(models.load_model("old.h5").get_weights()[0], expected)


def to_cudnn(weights, n_gates):
    """Weights of a layer as cuDNN has them: each gate transposed in memory, and the bias as the sum of two."""
    kernel, recurrent, bias = weights
    gates = [gate.T.reshape(gate.shape, order="C") for gate in np.split(kernel, n_gates, axis=1)]
    states = [gate.T for gate in np.split(recurrent, n_gates, axis=1)]
    if bias.ndim == 1:
        half = np.arange(bias.size, dtype="float32")
        bias = np.stack([half, bias - half])
    return [np.concatenate(gates, axis=1), np.concatenate(states, axis=1), bias.reshape(-1)]


@pytest.mark.parametrize("wrapper", [None, "Bidirectional", "TimeDistributed"])
@pytest.mark.parametrize(("kind", "n_gates"), [("LSTM", 4), ("GRU", 3)])
def test_weights_of_cudnn(kind, n_gates, wrapper):
    units, size = 2, 3
    layer = getattr(layers, kind)(units)
    today = layer if wrapper is None else getattr(layers, wrapper)(layer)
    shape = (5, 4, size) if wrapper == "TimeDistributed" else (4, size)
    model = Sequential([layers.Input(shape), today])
    shapes = [weight.shape for weight in (layer.weights or today.forward_layer.weights)]
    parts = [arrays(*shapes) for _ in range(1 + (wrapper == "Bidirectional"))]
    model.set_weights([array for part in parts for array in part])
    inner = {"name": "l", "trainable": True, "units": units, "return_sequences": False, "unit_forget_bias": True}
    if kind == "GRU":
        del inner["unit_forget_bias"]
    config = {"class_name": f"CuDNN{kind}", "config": inner}
    if wrapper is not None:
        config = {"class_name": wrapper, "config": {"name": "w", "layer": config}}
    config["config"]["batch_input_shape"] = [None, *shape]
    stored = {config["config"]["name"]: [array for part in parts for array in to_cudnn(part, n_gates)]}
    write("old.h5", sequential(config), stored, "2.2.4")
    (x,) = arrays((2, *shape))
    loaded = models.load_model("old.h5")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-4, atol=1e-6)


def test_recurrent_layers_without_an_activation_of_gates():
    inner = {key: value for key, value in RECURRENT.items() if key != "inner_activation"}
    for version, name in (
        ("1.2.2", "hard_sigmoid_of_keras_2"),
        ("2.2.4", "hard_sigmoid_of_keras_2"),
        ("2.4.0", "sigmoid"),
    ):
        given = inner if version < "2" else {"name": "l", "units": 2, "batch_input_shape": [None, 5, 3]}
        weights = arrays(*[(3, 2), (2, 2), (2,)] * 4) if version < "2" else arrays((3, 8), (2, 8), (8,))
        write("old.h5", sequential({"class_name": "LSTM", "config": given}), {"l": weights}, version)
        assert models.load_model("old.h5").layers[0].recurrent_activation.__name__ == name


def test_a_model_within_a_model_of_keras_1():
    inner = sequential({"class_name": "Convolution2D", "config": convolution("", "channels_first", "1")["config"]})
    flatten = {"class_name": "Flatten", "config": {"name": "f"}}
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": inner["config"]}}
    kernel, bias = arrays((2, 3, 2, 3), (3,))
    write("old.h5", sequential(inner, flatten), {"inner": [kernel.transpose(3, 2, 0, 1), bias]}, "1.2.2")
    with pytest.warns(UserWarning, match="does not say which backend"):
        model = models.load_model("old.h5")
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
