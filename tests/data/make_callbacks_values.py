"""What callbacks do to a training run whose logs are given, computed with Keras or with ckeras.

`KERAS_BACKEND=jax python tests/data/make_callbacks_values.py` runs every case below with Keras 3.15 and writes the
results next to this file. The tests run the same cases with ckeras and compare.
"""

import contextlib
import io
import json
import pathlib
import warnings

import numpy as np

VALUES = pathlib.Path(__file__).with_name("callbacks_values.json")
NAN = float("nan")
FALLING = [5.0, 4.0, 4.0, 3.5, 3.6, 3.7, 3.4, 3.4, 3.4, 3.4]
RISING = [0.1, 0.3, 0.3, 0.2, 0.4, 0.4, 0.4, 0.4]


def halved(epoch, rate):
    return rate / 2 if epoch else rate


def by_epoch(epoch):
    return 0.1 / (epoch + 1)


# name: names and options of the callbacks, the values of the logs that are given instead of the real ones
CASES = {
    "early stopping": ([("EarlyStopping", {})], {"val_loss": FALLING}),
    "early stopping, patience": ([("EarlyStopping", {"patience": 2, "verbose": 1})], {"val_loss": FALLING}),
    "early stopping, delta": (
        [("EarlyStopping", {"patience": 1, "min_delta": -0.75, "verbose": 1})],
        {"val_loss": FALLING},
    ),
    "early stopping, max": (
        [("EarlyStopping", {"monitor": "score", "mode": "max", "patience": 2, "verbose": 1})],
        {"score": RISING},
    ),
    "early stopping, metric": (
        [("EarlyStopping", {"monitor": "val_accuracy", "patience": 1, "verbose": 1})],
        {"val_accuracy": RISING},
    ),
    "early stopping, error": (
        [("EarlyStopping", {"monitor": "mean_absolute_error", "patience": 1})],
        {"mean_absolute_error": FALLING},
    ),
    "early stopping, baseline": (
        [("EarlyStopping", {"baseline": 3.0, "patience": 3, "verbose": 1})],
        {"val_loss": FALLING},
    ),
    "early stopping, best weights": (
        [("EarlyStopping", {"patience": 2, "verbose": 1, "restore_best_weights": True})],
        {"val_loss": FALLING},
    ),
    "early stopping, best weights and baseline": (
        [("EarlyStopping", {"patience": 4, "verbose": 1, "restore_best_weights": True, "baseline": 1.0})],
        {"val_loss": FALLING},
    ),
    "early stopping, best weights to the end": (
        [("EarlyStopping", {"patience": 9, "verbose": 1, "restore_best_weights": True})],
        {"val_loss": FALLING},
    ),
    "early stopping, start": (
        [("EarlyStopping", {"start_from_epoch": 3, "patience": 2, "verbose": 1, "restore_best_weights": True})],
        {"val_loss": FALLING},
    ),
    "early stopping, nan": (
        [("EarlyStopping", {"patience": 2, "verbose": 1, "restore_best_weights": True})],
        {"val_loss": [NAN] * 5},
    ),
    "early stopping, nothing to monitor": ([("EarlyStopping", {"monitor": "nothing", "mode": "min"})], {"x": [0] * 3}),
    "early stopping, unknown direction": ([("EarlyStopping", {"monitor": "nothing"})], {"nothing": FALLING}),
    "early stopping, unknown mode": ([("EarlyStopping", {"mode": "least", "patience": 1})], {"val_loss": FALLING}),
    "plateau": ([("ReduceLROnPlateau", {"patience": 1, "verbose": 1})], {"val_loss": FALLING}),
    "plateau, factor": ([("ReduceLROnPlateau", {"patience": 2, "factor": 0.5, "verbose": 1})], {"val_loss": FALLING}),
    "plateau, cooldown": (
        [("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "cooldown": 2, "verbose": 1})],
        {"val_loss": [1.0] * 8},
    ),
    "plateau, bound": (
        [("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "min_lr": 0.02, "verbose": 1})],
        {"val_loss": [1.0] * 8},
    ),
    "plateau, delta": (
        [("ReduceLROnPlateau", {"patience": 1, "min_delta": 0.6, "verbose": 1})],
        {"val_loss": FALLING},
    ),
    "plateau, max": (
        [("ReduceLROnPlateau", {"monitor": "accuracy", "patience": 1, "verbose": 1})],
        {"accuracy": RISING},
    ),
    "plateau, nothing to monitor": (
        [("ReduceLROnPlateau", {"monitor": "nothing", "mode": "max"})],
        {"x": [0] * 2},
    ),
    "plateau, factor of 1": ([("ReduceLROnPlateau", {"factor": 1.0})], {}),
    "scheduler": ([("LearningRateScheduler", {"schedule": halved, "verbose": 1})], {"x": [0] * 3}),
    "scheduler, epochs alone": ([("LearningRateScheduler", {"schedule": by_epoch, "verbose": 1})], {"x": [0] * 3}),
    "scheduler, no float": ([("LearningRateScheduler", {"schedule": lambda epoch, rate: "0.1"})], {"x": [0]}),
    "scheduler, integer": ([("LearningRateScheduler", {"schedule": lambda epoch, rate: 1})], {"x": [0]}),
    "scheduler, numpy": (
        [("LearningRateScheduler", {"schedule": lambda epoch, rate: np.float32(rate), "verbose": 1})],
        {"x": [0] * 2},
    ),
    "csv": ([("CSVLogger", {"filename": "log.csv"})], {"x": [1, 2, 3], "y": [0.5, 0.25, NAN]}),
    "csv, validation": ([("CSVLogger", {"filename": "log.csv", "separator": ";"})], {"x": [1, 2], "val_x": [3, 4]}),
    "csv, late validation": ([("CSVLogger", {"filename": "log.csv"})], {"x": [1, 2], "val_x": [None, 4]}),
    "csv, several values": (
        [("CSVLogger", {"filename": "log.csv"})],
        {"x": [np.array([1, 2]), np.array(3.5)], "y": ["a,b", [1, 2]]},
    ),
    "csv, appended": ([("CSVLogger", {"filename": "old.csv", "append": True})], {"x": [1, 2]}),
    "csv, appended to nothing": ([("CSVLogger", {"filename": "log.csv", "append": True})], {"x": [1, 2]}),
    "csv, replaced": ([("CSVLogger", {"filename": "old.csv"})], {"x": [1, 2]}),
    "csv after plateau": (
        [("ReduceLROnPlateau", {"patience": 1, "monitor": "x", "mode": "min"}), ("CSVLogger", {"filename": "log.csv"})],
        {"x": [1, 1, 1]},
    ),
    "checkpoint": ([("ModelCheckpoint", {"filepath": "m.keras", "verbose": 1})], {"x": [0] * 2}),
    "checkpoint, weights": (
        [("ModelCheckpoint", {"filepath": "m.weights.h5", "save_weights_only": True, "verbose": 1})],
        {"x": [0] * 2},
    ),
    "checkpoint, names": (
        [("ModelCheckpoint", {"filepath": "{epoch:02d}-{val_loss:.2f}/m.keras", "verbose": 1})],
        {"val_loss": [0.125, 0.5]},
    ),
    "checkpoint, best": (
        [("ModelCheckpoint", {"filepath": "{epoch}.keras", "save_best_only": True, "verbose": 1})],
        {"val_loss": FALLING},
    ),
    "checkpoint, best, max": (
        [("ModelCheckpoint", {"filepath": "{epoch}.keras", "save_best_only": True, "monitor": "val_accuracy"})],
        {"val_accuracy": RISING},
    ),
    "checkpoint, best, threshold": (
        [
            (
                "ModelCheckpoint",
                {"filepath": "{epoch}.keras", "save_best_only": True, "verbose": 1, "initial_value_threshold": 3.9},
            )
        ],
        {"val_loss": FALLING},
    ),
    "checkpoint, best, nothing to monitor": (
        [("ModelCheckpoint", {"filepath": "{epoch}.keras", "save_best_only": True, "verbose": 1})],
        {"x": [0] * 2},
    ),
    "checkpoint, best of arrays": (
        [("ModelCheckpoint", {"filepath": "{epoch}.keras", "save_best_only": True})],
        {"val_loss": [np.array([1.0, 2.0]), np.array([2.0, 3.0])]},
    ),
    "checkpoint, batches": (
        [("ModelCheckpoint", {"filepath": "{epoch}-{batch}.keras", "save_freq": 3, "verbose": 1})],
        {"x": [0] * 3},
    ),
    "checkpoint, every batch": (
        [("ModelCheckpoint", {"filepath": "{epoch}-{batch}.weights.h5", "save_freq": 1, "save_weights_only": True})],
        {"x": [0] * 2},
    ),
    "checkpoint, unknown name": ([("ModelCheckpoint", {"filepath": "{nothing}.keras"})], {"x": [0]}),
    "checkpoint, unknown ending": ([("ModelCheckpoint", {"filepath": "m.txt"})], {}),
    "nan": ([("TerminateOnNaN", {})], {"x": [0] * 3}),
    "nan in a batch": ([("TerminateOnNaN", {})], {"batch": [1.0, 1.0, NAN, 1.0], "x": [0] * 3}),
    "infinity in a batch": ([("TerminateOnNaN", {})], {"batch": [1.0, -np.inf], "x": [0] * 3}),
    "nan that raises": ([("TerminateOnNaN", {"raise_error": True})], {"batch": [1.0, NAN], "x": [0] * 3}),
}


def run(k, name, folder):
    """What a case does: the logs, learning rates and weights of each epoch, what is printed, warned of and written."""
    callbacks, given = CASES[name]
    epochs = max((len(values) for key, values in given.items() if key != "batch"), default=1)
    x = np.linspace(-1, 1, 16, dtype="float32").reshape(8, 2)
    model = k.Sequential([k.layers.Input((2,)), k.layers.Dense(1, kernel_initializer="ones")])
    accuracy = k.metrics.BinaryAccuracy(name="accuracy")
    model.compile(k.optimizers.SGD(0.1), "mse", metrics=[accuracy, k.metrics.MeanAbsoluteError()])
    found = {"epochs": [], "rates": [], "weights": [], "files": {}, "error": None}

    class Given(k.callbacks.Callback):
        """Replaces the logs."""

        def on_train_batch_end(self, batch, logs=None):
            if batch < len(given.get("batch", ())):
                logs["loss"] = given["batch"][batch]

        def on_epoch_end(self, epoch, logs=None):
            logs.clear()
            logs.update({key: v[epoch] for key, v in given.items() if key != "batch" and v[epoch] is not None})

    class Record(k.callbacks.Callback):
        """Notes what is there after the other callbacks."""

        def on_epoch_begin(self, epoch, logs=None):
            found["rates"].append(float(np.asarray(model.optimizer.learning_rate)))

        def on_epoch_end(self, epoch, logs=None):
            found["epochs"].append({key: repr(value) for key, value in sorted(logs.items())})

    (folder / "old.csv").write_text("epoch,x\n7,8\n")
    out = io.StringIO()
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        try:
            made = [getattr(k.callbacks, kind)(**_in(folder, options)) for kind, options in callbacks]
            hooks = [Given(), *made, Record()]
            model.fit(x, x[:, :1], batch_size=2, epochs=epochs, shuffle=False, verbose=0, callbacks=hooks)
        except Exception as error:
            found["error"] = type(error).__name__
    found["weights"] = [round(float(v), 7) for w in model.get_weights() for v in np.ravel(w)]
    found["printed"] = out.getvalue().replace(str(folder), "FOLDER")
    found["warnings"] = sum(w.category is UserWarning for w in warned)
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    found["files"] = {name: path.read_bytes().decode() if ".csv" in name else None for name, path in files.items()}
    return found


def _in(folder, options):
    """The options of a callback, with the file in a folder."""
    return {key: str(folder / value) if key.startswith("file") else value for key, value in options.items()}


def main():
    import tempfile

    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    kept = {}
    for name in CASES:
        with tempfile.TemporaryDirectory() as folder:
            kept[name] = run(keras, name, pathlib.Path(folder))
    VALUES.write_text(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
