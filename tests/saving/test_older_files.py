"""Files of Keras 1, Keras 2 and tf.keras 2.x, which no library that can be installed writes, built by hand.

Keras 1 lists the layers of a Sequential as its config, has its own names of arguments, and a kernel, a recurrent kernel
and a bias for each gate; Keras 2 wrote `lr`, `decay` and `batch_input_shape`, calls in graphs as lists, and the values
of an optimizer kind by kind.
"""

import json

import numpy as np
import pytest
from older_files import RECURRENT, arrays, write

from ckeras import Model, Sequential, layers, models, optimizers


def test_a_convolution_of_keras_1():
    kernel, bias, dense, offset = arrays((3, 2, 1, 4), (4,), (16, 2), (2,))
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Convolution2D",
                "config": {
                    "name": "c", "trainable": True, "batch_input_shape": [None, 4, 5, 1], "input_dtype": "float32",
                    "nb_filter": 4, "nb_row": 3, "nb_col": 2, "init": "uniform", "activation": "relu",
                    "border_mode": "valid", "subsample": [1, 1], "dim_ordering": "tf", "W_regularizer": None,
                    "b_regularizer": None, "activity_regularizer": None, "W_constraint": None, "b_constraint": None,
                    "bias": True,
                },
            },
            {
                "class_name": "MaxPooling2D",
                "config": {
                    "name": "p", "pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid", "dim_ordering": "tf",
                    "trainable": True,
                },
            },
            {"class_name": "Dropout", "config": {"name": "r", "p": 0.3, "trainable": True}},
            {"class_name": "Flatten", "config": {"name": "f", "trainable": True}},
            {
                "class_name": "Dense",
                "config": {
                    "name": "d", "output_dim": 2, "input_dim": 8, "init": "glorot_uniform", "activation": "softmax",
                    "trainable": True, "W_regularizer": None, "b_regularizer": None, "activity_regularizer": None,
                    "W_constraint": None, "b_constraint": None, "bias": True,
                },
            },
        ],
    }  # fmt: skip
    write("old.h5", config, {"c": [kernel, bias], "p": [], "r": [], "f": [], "d": [dense[:8], offset]})
    model = models.load_model("old.h5")
    today = Sequential(
        [layers.Input((4, 5, 1)), layers.Conv2D(4, (3, 2), activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
         layers.Dense(2, "softmax")]
    )  # fmt: skip
    today.set_weights([kernel, bias, dense[:8], offset])
    (x,) = arrays((3, 4, 5, 1))
    assert np.array_equal(model.predict(x, verbose=0), today.predict(x, verbose=0))
    assert model.layers[2].rate == 0.3


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", "icfo"), ("GRU", "zrh")])
def test_gates_of_keras_1(kind, gates):
    by_gate = {gate: arrays((3, 2), (2, 2), (2,)) for gate in gates}
    config = {"class_name": "Sequential", "config": [{"class_name": kind, "config": RECURRENT}]}
    write("old.h5", config, {"l": [array for gate in gates for array in by_gate[gate]]})
    model = models.load_model("old.h5")
    order = "ifco" if kind == "LSTM" else "zrh"
    kernel, recurrent, bias = (np.concatenate([by_gate[gate][i] for gate in order], -1) for i in range(3))
    (x,) = arrays((2, 5, 3))
    h = c = np.zeros((2, 2))

    def gate(z):
        return np.clip(0.2 * z + 0.5, 0, 1)

    for t in range(5):
        a = x[:, t] @ kernel + bias
        if kind == "LSTM":
            i, f, g, o = np.split(a + h @ recurrent, 4, 1)
            c = gate(f) * c + gate(i) * np.tanh(g)
            h = gate(o) * np.tanh(c)
        else:
            z, r = np.split(gate(a[:, :4] + h @ recurrent[:, :4]), 2, 1)
            h = z * h + (1 - z) * np.tanh(a[:, 4:] + (r * h) @ recurrent[:, 4:])
    assert model.layers[0].recurrent_activation.__name__ == "hard_sigmoid_of_keras_2"
    np.testing.assert_allclose(model.get_weights()[0], kernel)
    np.testing.assert_allclose(model.get_weights()[1], recurrent)
    np.testing.assert_allclose(model.get_weights()[2], bias)
    np.testing.assert_allclose(model.predict(x, verbose=0), h, atol=1e-6)
    for name in ("new.keras", "new.h5"):
        model.save(name)
        np.testing.assert_array_equal(models.load_model(name).predict(x, verbose=0), model.predict(x, verbose=0))


def graph_of_keras_2(merge):
    def dense(name, units, source, **extra):
        inner = {"name": name, "trainable": True, "units": units, "activation": "linear", "use_bias": True, **extra}
        return {"name": name, "class_name": "Dense", "config": inner, "inbound_nodes": [[[source, 0, 0, {}]]]}

    def start(name):
        inner = {"batch_input_shape": [None, 3], "dtype": "float32", "sparse": False, "name": name}
        return {"name": name, "class_name": "InputLayer", "config": inner, "inbound_nodes": []}

    both = [[["d1", 0, 0, {}], ["d2", 0, 0, {}]]]
    config = {
        "name": "model_1",
        "layers": [
            start("a"), start("b"), dense("d1", 2, "a"), dense("d2", 2, "b"),
            {"name": "m", "class_name": merge["class_name"], "config": merge["config"], "inbound_nodes": both},
            dense("out", 2, "m"),
        ],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["out", 0, 0]],
    }  # fmt: skip
    return {"class_name": "Model", "config": config}


MERGES = [
    ({"class_name": "Merge", "config": {"name": "m", "mode": "sum", "concat_axis": -1, "dot_axes": -1}}, layers.Add),
    ({"class_name": "Merge", "config": {"name": "m", "mode": "concat", "concat_axis": -1}}, layers.Concatenate),
    ({"class_name": "Merge", "config": {"name": "m", "mode": "dot", "dot_axes": 1}}, lambda: layers.Dot(1)),
    ({"class_name": "Multiply", "config": {"name": "m", "trainable": True}}, layers.Multiply),
]


@pytest.mark.parametrize(("merge", "layer"), MERGES, ids=["sum", "concat", "dot", "Multiply"])
def test_a_graph_of_keras_2_with_the_state_of_adam(merge, layer):
    a, b = layers.Input((3,), name="a"), layers.Input((3,), name="b")
    merged = layer()([layers.Dense(2, name="d1")(a), layers.Dense(2, name="d2")(b)])
    today = Model([a, b], layers.Dense(2, name="out")(merged))
    x, y = arrays((4, 3), (4, 3)), arrays((4, 2))[0]
    today.compile(optimizers.Adam(0.01, epsilon=1e-7), "mse", metrics=["mae"])
    for _ in range(2):
        today.train_on_batch(x, y)
    values = [v.numpy() for v in today.optimizer.variables]
    slots = {
        f"training/Adam/{kind}_{i}/{kind}:0": v for kind, n in (("m", 2), ("v", 3)) for i, v in enumerate(values[n::2])
    }
    weights = {layer.name: layer.get_weights() for layer in today.layers}
    adam = {"lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.0, "epsilon": 1e-7, "amsgrad": False}
    training = {
        "optimizer_config": {"class_name": "Adam", "config": adam}, "loss": "mse", "metrics": ["mae"],
        "sample_weight_mode": None, "loss_weights": None,
    }  # fmt: skip
    names = ["a", "b", "d1", "d2", "m", "out"]
    ordered = dict(zip(names, (weights.get(n, []) for n in names), strict=True))
    write(
        "old.h5",
        graph_of_keras_2(merge),
        ordered,
        "2.3.1",
        training,
        {"training/Adam/iterations:0": values[0], **slots},
    )
    loaded = models.load_model("old.h5")
    assert [layer.name for layer in loaded.layers] == names
    for _ in range(3):
        assert np.allclose(loaded.train_on_batch(x, y), today.train_on_batch(x, y), rtol=1e-6)


def test_a_model_within_a_model_of_tf_keras():
    def dense(name, **extra):
        return {"class_name": "Dense", "config": {"name": name, "units": 3, "use_bias": False, **extra}}

    inner = {"name": "inner", "layers": [dense("i", batch_input_shape=[None, 3])]}
    start = {"batch_input_shape": [None, 3], "dtype": "float32", "sparse": False, "ragged": False, "name": "a"}
    config = {
        "class_name": "Functional",
        "config": {
            "name": "outer",
            "layers": [
                {"name": "a", "class_name": "InputLayer", "config": start, "inbound_nodes": []},
                {
                    "name": "inner", "class_name": "Sequential", "config": inner,
                    "inbound_nodes": [[["a", 0, 0, {}]], [["inner", 1, 0, {}]]],
                },
            ],
            "input_layers": [["a", 0, 0]],
            "output_layers": [["inner", 2, 0]],
        },
    }  # fmt: skip
    (kernel,) = arrays((3, 3))
    write("old.h5", config, {"a": [], "inner": [kernel]}, "2.9.0")
    (x,) = arrays((2, 3))
    np.testing.assert_allclose(models.load_model("old.h5").predict(x, verbose=0), x @ kernel @ kernel, rtol=1e-5)


def test_a_decay_becomes_a_schedule():
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [{"class_name": "Dense", "config": {"name": "d", "units": 1, "batch_input_shape": [None, 2]}}],
        },
    }
    sgd = {"class_name": "SGD", "config": {"lr": 0.5, "momentum": 0.0, "decay": 0.25, "nesterov": False}}
    weights = arrays((2, 1), (1,))
    write(
        "old.h5",
        config,
        {"d": weights},
        "2.2.4",
        {"optimizer_config": sgd, "loss": "mean_squared_error", "metrics": []},
    )
    model = models.load_model("old.h5")
    schedule = model.optimizer.get_config()["learning_rate"]["config"]
    assert (schedule["initial_learning_rate"], schedule["decay_rate"]) == (0.5, 0.25)
    text = json.dumps({**config, "keras_version": "2.2.4", "backend": "tensorflow"})
    assert models.model_from_json(text).count_params() == 3


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"class_name": "Merge", "config": {"name": "m", "mode": "lambda"}}, "Merge of Keras 1 with mode='lambda'"),
        (
            {"class_name": "TFOpLambda", "config": {"name": "m", "function": "io.read_file"}},
            r"operation tf.io.read_file",
        ),
        ({"class_name": "SReLU", "config": {"name": "m"}}, "Unknown layer 'SReLU'"),
    ],
)
def test_what_there_is_no_layer_for_is_named(layer, message):
    write("old.h5", graph_of_keras_2(layer), {}, "2.1.0")
    with pytest.raises(ValueError, match=rf"Cannot load 'old.h5'.*{message}"):
        models.load_model("old.h5")
