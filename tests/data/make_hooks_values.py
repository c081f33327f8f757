"""Hooks that runs call: their order, the indices of batches and the logs, with steps_per_execution, stops and streams.

`KERAS_BACKEND=jax python tests/data/make_hooks_values.py` runs every case below with Keras 3.15 and writes the results
next to this file. The tests run the same cases with ckeras and compare.
"""

import json
import pathlib
import warnings

import numpy as np

VALUES = pathlib.Path(__file__).with_name("hooks_values.json")
X = np.arange(20, dtype="float32").reshape(10, 2) / 20
Y = X[:, :1]
HOOKS = [f"on_{kind}_{when}" for kind in ("train", "test", "predict", "epoch") for when in ("begin", "end")]
BATCH_HOOKS = [f"on_{kind}_batch_{when}" for kind in ("train", "test", "predict") for when in ("begin", "end")]


def dataset(k, rows=2):
    class Rows(k.utils.PyDataset):
        def __len__(self):
            return len(X) // rows

        def __getitem__(self, index):
            return X[index * rows : (index + 1) * rows], Y[index * rows : (index + 1) * rows]

    return Rows()


def recorder(k, seen, stop_after):
    """A callback that records its hooks, and asks to stop in the hook of that name."""

    class Recorder(k.callbacks.Callback):
        pass

    def hook(name):
        def called(self, *args):
            index, logs = args if len(args) == 2 else (None, args[0])
            values = {n: len(v) if n == "outputs" else round(float(v), 4) for n, v in (logs or {}).items()}
            seen.append([name, index, values])
            if name == stop_after:
                self.model.stop_training = True

        def with_index(self, index, logs=None):
            called(self, index, logs)

        def without_index(self, logs=None):
            called(self, logs)

        return with_index if "batch" in name or "epoch" in name else without_index

    for name in [*HOOKS, *BATCH_HOOKS]:
        setattr(Recorder, name, hook(name))
    return Recorder()


ARRAYS = {"x": X, "y": Y, "batch_size": 2, "shuffle": False}
VALIDATED = {**ARRAYS, "epochs": 2, "validation_data": (X[:6], Y[:6]), "validation_batch_size": 2}
# name: (method, arguments or what makes them, steps_per_execution, hook that stops)
CASES = {
    **{f"fit, executions of {n}": ("fit", VALIDATED, n, None) for n in (1, 2, 3, 7)},
    **{f"evaluate, executions of {n}": ("evaluate", {"x": X, "y": Y, "batch_size": 4}, n, None) for n in (1, 2, 7)},
    **{f"predict, executions of {n}": ("predict", {"x": X, "batch_size": 4}, n, None) for n in (1, 2, 7)},
    "stop after a batch": ("fit", {**ARRAYS, "epochs": 3}, 1, "on_train_batch_end"),
    "stop after an execution": ("fit", {**ARRAYS, "epochs": 3}, 2, "on_train_batch_end"),
    "stop before a batch": ("fit", {**ARRAYS, "epochs": 3}, 1, "on_train_batch_begin"),
    "stop after an epoch": ("fit", {**ARRAYS, "epochs": 3}, 2, "on_epoch_end"),
    "steps": ("fit", {**ARRAYS, "epochs": 2, "steps_per_epoch": 3}, 1, None),
    "initial epoch": ("fit", {**ARRAYS, "epochs": 3, "initial_epoch": 2}, 3, None),
    "PyDataset": ("fit", lambda k: {"x": dataset(k), "shuffle": False, "epochs": 2}, 1, None),
    "PyDataset, executions of 2": ("fit", lambda k: {"x": dataset(k), "shuffle": False, "epochs": 2}, 2, None),
    "validation now and then": ("fit", {**VALIDATED, "epochs": 4, "validation_freq": [2, 4]}, 1, None),
}


def run(k, name):
    """The hooks of a case: name, index and logs of each call."""
    method, arguments, executions, stop_after = CASES[name]
    model = k.Sequential([k.layers.Input((2,)), k.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["mae"], steps_per_execution=executions)
    seen = []
    given = arguments if isinstance(arguments, dict) else arguments(k)
    getattr(model, method)(**given, verbose=0, callbacks=[recorder(k, seen, stop_after)])
    return seen


if __name__ == "__main__":
    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lines = [f"{json.dumps(name)}: {json.dumps(run(keras, name))}" for name in CASES]
    VALUES.write_text("{\n" + ",\n".join(lines) + "\n}\n")
