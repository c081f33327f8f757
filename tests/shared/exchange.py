"""Exchanges files of models between ckeras and Keras in both directions, and compares predictions and training.

    python tests/shared/exchange.py --keras KERAS/bin/python --tf-keras TF_KERAS/bin/python

starts each library in its own process (the second interpreter has the package tf_keras). Every model of
`exchange_models` is saved by each library in each format and opened by the other, which has to predict the same to
1e-5, and to have the same losses in three further steps of Adam to 1e-4. A line is printed for each file that fails,
and the counts.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import exchange_models as exchange
import numpy as np

FORMATS = (".keras", ".h5", ".weights.h5")
READ_BY_KERAS_2 = (".h5",)  # of what Keras 3 writes


def library(name):
    """The module of a library."""
    if name == "ckeras":
        import ckeras as module
    elif name == "keras":
        os.environ.setdefault("KERAS_BACKEND", "jax")
        import keras as module
    else:
        import tf_keras as module
    return module


def save(model, path):
    """Save a model in the format of a path."""
    (model.save_weights if str(path).endswith(".weights.h5") else model.save)(path)


def load(k, name, path):
    """The model in a file; one of weights is loaded into a new model, and gives no optimizer with its state."""
    if not str(path).endswith(".weights.h5"):
        return k.models.load_model(path)
    model = exchange.compiled(k, name)
    model.set_weights([np.full_like(w, 0.5) for w in model.get_weights()])
    model.load_weights(path)
    return model


def write(k, folder):
    """Save all models in all formats, with what they predict and how training goes on."""
    for name in exchange.names(k):
        model = exchange.compiled(k, name)
        for ending in FORMATS:
            save(model, str(folder / f"{name}{ending}"))
        expected = {f"y{i}": y for i, y in enumerate(exchange.predictions(model))}
        np.savez(folder / f"{name}.npz", **expected, losses=exchange.further(model))


def difference(expected, found):
    """Maximum difference of two arrays, relative to values above 1."""
    if np.shape(expected) != np.shape(found):
        return np.inf
    return float(np.max(np.abs(expected - found) / np.maximum(1, np.abs(expected)), initial=0))


def compare(k, name, path, values):
    """(difference of predictions, of losses) of the model in a file and what was saved with it."""
    model = load(k, name, path)
    apart = max(difference(values[f"y{i}"], y) for i, y in enumerate(exchange.predictions(model)))
    # Keras 3 builds the optimizer of an .h5 file for no variables, and fails at the next step, its own files included
    cannot_train = k.__name__ == "keras" and path.endswith(".h5") and not path.endswith(".weights.h5")
    if name in exchange.TRAINED_OTHERWISE or cannot_train:
        return apart, 0.0
    return apart, difference(values["losses"], exchange.further(model))


def read(k, folder):
    """Open all files of a folder; a result for each: two differences, or an error."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        if path.stem in exchange.names(k):
            for ending in FORMATS if hasattr(k, "ops") else READ_BY_KERAS_2:
                try:
                    with np.load(path) as values:
                        found[path.stem + ending] = compare(k, path.stem, str(path.with_suffix(ending)), dict(values))
                except Exception as error:
                    found[path.stem + ending] = f"{type(error).__name__}: {str(error)[:400]}"
    return found


def run(python, task, name, folder):
    """Run `write` or `read` with a library in a process of its own."""
    command = [python, __file__, "--task", task, name, str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"})


def report(title, folder):
    """Print what `read` found."""
    found = json.loads((folder / "found.json").read_text())
    good = 0
    for name, what in found.items():
        is_good = not isinstance(what, str) and what[0] <= 1e-5 and what[1] <= 1e-4
        good += is_good
        if not is_good:
            print(f"  {name}: {what}")
    print(f"{title}: {good} of {len(found)} files of {len({n.partition('.')[0] for n in found})} models agree")
    return good == len(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras")
    parser.add_argument("--tf-keras")
    parser.add_argument("--task", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        task, name, folder = given.task
        warnings.simplefilter("ignore")
        k = library(name)
        found = {"write": write, "read": read}[task](k, pathlib.Path(folder))
        if found is not None:
            (pathlib.Path(folder) / "found.json").write_text(json.dumps(found))
        return 0
    good = True
    for name, python in (("keras", given.keras), ("tf_keras", given.tf_keras)):
        for writer, reader in ((name, "ckeras"), ("ckeras", name)) if python else ():
            with tempfile.TemporaryDirectory() as folder:
                for task, one in (("write", writer), ("read", reader)):
                    run(sys.executable if one == "ckeras" else python, task, one, folder)
                good &= report(f"{writer} -> {reader}", pathlib.Path(folder))
    return not good


if __name__ == "__main__":
    sys.exit(main())
