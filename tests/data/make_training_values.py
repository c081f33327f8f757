"""What a few epochs of training give from fixed weights on fixed data, computed with Keras or with ckeras.

`KERAS_BACKEND=jax python tests/data/make_training_values.py` trains every case below with Keras 3.15 and writes
weights and histories next to this file. The tests train the same cases with ckeras and compare.
"""

import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("training_values.npz")
OPTIMIZERS = {
    "sgd_momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    "sgd_nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01}),
    "adam": ("Adam", {"learning_rate": 0.01}),
}
LOSSES = ("mse", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
CASES = [
    *(f"{optimizer}/{loss}" for optimizer in OPTIMIZERS for loss in LOSSES),
    "class_weight",
    "sample_weight",
    "validation_split",
    "regularized",
    "scaled_loss",
    "frozen",
    "few_steps",
]


def normal(name, *shape):
    """Normal numbers that depend on `name` and `shape` alone."""
    return np.random.default_rng([*name.encode(), *shape]).standard_normal(shape).astype("float32")


def targets(loss, rows=50):
    """Targets that depend on the inputs, of the shape that fits the loss."""
    score = normal("x", rows, 6) @ normal("teacher", 6, 3)
    classes = score.argmax(-1)
    return {
        "mse": score,
        "binary_crossentropy": (score[:, :1] > 0).astype("float32"),
        "categorical_crossentropy": np.eye(3, dtype="float32")[classes],
        "sparse_categorical_crossentropy": classes,
    }[loss]


def model(k, loss, **options):
    """A small model with fixed weights."""
    units, activation = {"mse": (3, None), "binary_crossentropy": (1, "sigmoid")}.get(loss, (3, "softmax"))
    made = k.Sequential(
        [
            k.Input((6,)),
            k.layers.Dense(12, activation="tanh", **options),
            k.layers.Dense(9, activation="relu"),
            k.layers.Dense(units, activation=activation),
        ]
    )
    made.set_weights([0.4 * normal(f"weight {i}", *w.shape) for i, w in enumerate(made.get_weights())])
    return made


def train(k, case):
    """The history and the final weights of a case, as a dict of arrays."""
    name, _, loss = case.partition("/")
    loss = loss or "sparse_categorical_crossentropy"
    kind, options = OPTIMIZERS.get(name, OPTIMIZERS["sgd_momentum"])
    if name == "scaled_loss":
        options = {**options, "loss_scale_factor": 64.0}
    layer = {"kernel_regularizer": "l2", "activity_regularizer": "l1"} if name == "regularized" else {}
    m = model(k, loss, **layer)
    if name == "frozen":
        m.layers[1].trainable = False
    m.compile(getattr(k.optimizers, kind)(**options), loss, metrics=["mae"] if loss == "mse" else ["accuracy"])
    fit = {
        "class_weight": {"class_weight": {0: 0.5, 1: 2.0}},
        "sample_weight": {"sample_weight": np.linspace(0, 2, 50).astype("float32")},
        "validation_split": {"validation_split": 0.3},
        "few_steps": {"steps_per_epoch": 2},
    }.get(name, {})
    if name in OPTIMIZERS:
        fit["validation_data"] = (normal("validation", 20, 6), targets(loss)[:20])
    x, y = normal("x", 50, 6), targets(loss)
    history = m.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0, **fit).history
    found = {f"history/{key}": np.array(values) for key, values in history.items()}
    return {**found, **{f"weight/{i}": w for i, w in enumerate(m.get_weights())}}


def main():
    """Train every case with Keras and write what came."""
    import keras

    values = {f"{case}//{key}": value for case in CASES for key, value in train(keras, case).items()}
    np.savez_compressed(VALUES, **values)


if __name__ == "__main__":
    main()
