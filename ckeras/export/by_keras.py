"""Formats that other frameworks write: `.keras` files are handed to Keras on a framework, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras.export.endpoint import Endpoint
from ckeras.tensor.structure import map_structure


class Framework(NamedTuple):
    """What writes a format: Keras on a backend, with the packages that it needs, which an extra installs."""

    backend: str
    packages: tuple[str, ...]
    extra: str
    ending: str = ""


FRAMEWORKS = {
    "tf_saved_model": Framework("tensorflow", ("keras", "tensorflow"), "tensorflow"),
    "litert": Framework("tensorflow", ("keras", "tensorflow"), "tensorflow", ".tflite"),
    "torch": Framework("torch", ("keras", "torch"), "torch", ".pt2"),
}
_MISSING = 3  # exit status if a package is not installed
_CHECK = f"""\
import sys
from importlib.util import find_spec
sys.exit(0 if all(map(find_spec, sys.argv[1:])) else {_MISSING})
"""
_SCRIPT = """\
import json, sys
import keras

with open(sys.argv[1]) as file:
    task = json.load(file)

def specs(structure):
    if isinstance(structure, dict) and structure.keys() == {"shape", "dtype", "name"}:
        return keras.InputSpec(**structure)
    if isinstance(structure, dict):
        return {key: specs(part) for key, part in structure.items()}
    return [specs(part) for part in structure]

def endpoint(model, count):
    return (lambda x: model(x, training=False)) if count == 1 else (lambda *x: model(list(x), training=False))

models = [keras.models.load_model(path, compile=False) for path in task["models"]]
if task["format"] == "tf_saved_model":
    import numpy
    import tensorflow
    archive = keras.export.ExportArchive()
    for model, (name, signature) in zip(models, task["endpoints"]):
        archive.track(model)
        archive.add_endpoint(name, endpoint(model, len(signature)), input_signature=specs(signature))
    for name, path in task["collections"]:
        with numpy.load(path) as values:
            found = [tensorflow.Variable(values[str(i)]) for i in range(len(values.files))]
        archive.add_variable_collection(name, found)
    archive.write_out(task["filepath"], verbose=False)
else:
    (model,), ((_, signature),) = models, task["endpoints"]
    model.export(
        task["filepath"], format=task["format"], verbose=False, input_signature=specs(signature), **task["options"]
    )
"""


def write_by_keras(
    format: str,
    filepath: str | os.PathLike,
    endpoints: Sequence[tuple[str, Endpoint]],
    graph_class: Callable[..., Any],
    options: dict[str, Any],
    collections: Sequence[tuple[str, Sequence[Any]]] = (),
) -> None:
    """Write functions in a format of another framework.

    Args:
        format: One of `FRAMEWORKS`.
        filepath: Path of the file, or of the folder.
        endpoints: Names and functions. They are calls of layers and operations that Keras has too.
        graph_class: Makes a functional model of inputs and outputs.
        options: What Keras's exporter is given besides, which has to be expressible in JSON.
        collections: Names and lists of variables that are stored too.

    Raises:
        ImportError: if Keras or the framework is not installed.
        ValueError: for a path with another ending than the format has, an option that is not expressible in JSON, or a
            layer that Keras does not have.
        RuntimeError: if Keras cannot load or export a model, with its error.
    """
    framework = FRAMEWORKS[format]
    if not os.fspath(filepath).endswith(framework.ending):
        raise ValueError(
            f"export to {format} expects a path that ends in {framework.ending!r}, got {os.fspath(filepath)!r}"
        )
    graphs = [endpoint.as_graph(graph_class, format) for _, endpoint in endpoints]
    check = [sys.executable, "-c", _CHECK, *framework.packages]
    if subprocess.run(check, check=False).returncode == _MISSING:
        names = " and ".join(framework.packages)
        raise ImportError(f"export to {format} needs {names}: pip install 'ckeras[{framework.extra}]'")
    with tempfile.TemporaryDirectory() as folder:
        task: dict[str, Any] = {"format": format, "filepath": os.path.abspath(filepath), "options": options}
        task["models"] = [os.path.join(folder, f"{i}.keras") for i in range(len(graphs))]
        task["endpoints"] = [(name, _signature(endpoint)) for name, endpoint in endpoints]
        task["collections"] = [(name, os.path.join(folder, f"{i}.npz")) for i, (name, _) in enumerate(collections)]
        try:
            text = json.dumps(task)
        except TypeError as error:
            raise ValueError(f"export to {format} expects options that JSON can express: {error}") from None
        for graph, path in zip(graphs, task["models"], strict=True):
            graph.save(path)
        for (_, variables), (_, path) in zip(collections, task["collections"], strict=True):
            np.savez(path, **{str(i): v.numpy() for i, v in enumerate(variables)})
        _run(framework, folder, text, format, [endpoint.described for _, endpoint in endpoints])


def _run(framework: Framework, folder: str, task: str, format: str, described: Sequence[str]) -> None:
    """Run the script in a process whose Keras has the framework's backend."""
    path = os.path.join(folder, "task.json")
    with open(path, "w") as file:
        file.write(task)
    environment = {**os.environ, "KERAS_BACKEND": framework.backend}
    command = [sys.executable, "-c", _SCRIPT, path]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"Keras cannot export {', '.join(described)} to {format}: {' '.join(last)}")


def _signature(endpoint: Endpoint) -> list[Any]:
    names = iter(endpoint.names)
    return map_structure(lambda x: {"shape": x.shape, "dtype": x.dtype, "name": next(names)}, endpoint.arguments)
