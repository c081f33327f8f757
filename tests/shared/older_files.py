"""Files of Keras 1 and 2 that are built by hand, in their documented layout."""

import json

import h5py
import numpy as np

RNG = np.random.default_rng(3)


def arrays(*shapes):
    return [RNG.uniform(-1, 1, shape).astype("float32") for shape in shapes]


def write(path, config, weights, version=None, training=None, state=None, backend=None):
    """A file in the layout of Keras 1 and 2; weights are lists of arrays by the names of layers."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        root = file.create_group("model_weights")
        if backend is not None:
            root.attrs["backend"] = backend.encode()
        if version is not None:
            file.attrs["keras_version"] = root.attrs["keras_version"] = version.encode()
        root.attrs["layer_names"] = np.array([name.encode() for name in weights], "S30")
        for name, values in weights.items():
            named(root.create_group(name), {f"{name}_{i}:0": value for i, value in enumerate(values)})
        if state is not None:
            named(file.create_group("optimizer_weights"), state)


def named(group, values):
    group.attrs["weight_names"] = np.array([name.encode() for name in values], "S60")
    for name, value in values.items():
        group[name] = value


# Arguments of a recurrent layer as Keras 1 wrote them.
RECURRENT = {
    "name": "l", "trainable": True, "batch_input_shape": [None, 5, 3], "input_dtype": "float32", "output_dim": 2,
    "input_dim": 3, "input_length": None, "return_sequences": False, "go_backwards": False, "stateful": False,
    "unroll": False, "consume_less": "cpu", "init": "glorot_uniform", "inner_init": "orthogonal",
    "activation": "tanh", "inner_activation": "hard_sigmoid", "W_regularizer": None, "U_regularizer": None,
    "b_regularizer": None, "dropout_W": 0.0, "dropout_U": 0.0,
}  # fmt: skip
