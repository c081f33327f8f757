"""Exports the models of `exchange_models` to formats of other frameworks, and compares what these compute.

    PYTHONPATH=. TENSORFLOW_PYTHON tests/export/frameworks.py tf_saved_model litert
    PYTHONPATH=. TORCH_PYTHON tests/export/frameworks.py torch
    PYTHONPATH=. OPENVINO_PYTHON tests/export/frameworks.py openvino

in a Python that has the packages of the formats (and those of ckeras, which PYTHONPATH makes importable). The
SavedModel of all models is one archive, with an endpoint for each. A line is printed for each model that is not
exported or whose results are more than 1e-5 apart, and the counts. ``--models dense conv2d`` runs these alone; each but
those of a SavedModel takes the seconds that its framework takes to start.
"""

import argparse
import pathlib
import sys
import tempfile
import warnings

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "shared"))
import exchange
import exchange_models

import ckeras

TOLERANCE = 1e-5


def saved_models(folder, names):
    """What the endpoints of one SavedModel compute."""
    import tensorflow

    found, archive = {}, ckeras.export.ExportArchive()
    models = {name: exchange_models.compiled(ckeras, name) for name in names}
    for name, model in models.items():
        given = model.inputs[0] if len(model.inputs) == 1 else model.inputs
        archive.track_and_add_endpoint(name, model, [given])
    first = models[names[0]]
    archive.add_variable_collection("first", first.weights)
    archive.write_out(folder / "archive", verbose=False)
    loaded = tensorflow.saved_model.load(str(folder / "archive"))
    for v, expected in zip(loaded.first, first.get_weights(), strict=True):
        np.testing.assert_array_equal(v.numpy(), expected)
    for name, model in models.items():
        x, _ = exchange_models.data(model)
        given = [tensorflow.constant(a) for a in x]
        y = getattr(loaded, name)(given[0] if len(given) == 1 else given)
        found[name] = model, [np.asarray(v) for v in (y if isinstance(y, (list, tuple)) else [y])]
    first.export(folder / "one", verbose=False)
    alone = tensorflow.saved_model.load(str(folder / "one"))
    served = alone.serve(*map(tensorflow.constant, exchange_models.data(first)[0]))
    found[f"{names[0]}, by Model.export"] = first, [np.asarray(served)]
    return found


def each(format, ending, run):
    """A function that exports the models one by one, and what ``run(path, inputs)`` computes with each."""

    def results(folder, names):
        found = {}
        for name in names:
            model = exchange_models.compiled(ckeras, name)
            x, _ = exchange_models.data(model)
            try:
                model.export(folder / f"{name}{ending}", format=format, verbose=False)
                found[name] = model, run(str(folder / f"{name}{ending}"), x)
            except Exception as error:
                found[name] = model, f"{type(error).__name__}: {str(error)[:300]}"
        return found

    return results


def run_litert(path, x):
    """Results of an interpreter, whose inputs are in the order of their names."""
    import tensorflow

    interpreter = tensorflow.lite.Interpreter(path)
    given = sorted(interpreter.get_input_details(), key=lambda d: d["name"])
    for detail, value in zip(given, x, strict=True):
        interpreter.resize_tensor_input(detail["index"], value.shape)
    interpreter.allocate_tensors()
    for detail, value in zip(given, x, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def run_torch(path, x):
    """Results of an exported program, which takes one sample."""
    import torch

    rows = []
    for i in range(len(x[0])):
        given = [torch.from_numpy(a[i : i + 1]) for a in x]
        y = torch.export.load(path).module()(given[0] if len(given) == 1 else given)
        rows.append([v.detach().numpy() for v in (y if isinstance(y, (list, tuple)) else [y])])
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def run_openvino(path, x):
    """Results of a compiled model, in float32 as the processor may compute in less."""
    import openvino

    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(x)
    return [found[i] for i in range(len(compiled.outputs))]


FORMATS = {
    "tf_saved_model": saved_models,
    "litert": each("litert", ".tflite", run_litert),
    "torch": each("torch", ".pt2", run_torch),
    "openvino": each("openvino", ".xml", run_openvino),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="+", choices=FORMATS)
    parser.add_argument("--models", nargs="+", default=exchange_models.names(ckeras), metavar="NAME")
    good, given = True, parser.parse_args()
    for format in given.formats:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = FORMATS[format](pathlib.Path(folder), given.models)
        agree = 0
        for name, (model, y) in found.items():
            expected = exchange_models.predictions(model)
            apart = y if isinstance(y, str) else max(map(exchange.difference, expected, y))
            agree += not isinstance(apart, str) and apart <= TOLERANCE
            if isinstance(apart, str) or apart > TOLERANCE:
                print(f"  {name}: {apart}")
        print(f"{format}: {agree} of {len(found)} agree to {TOLERANCE}")
        good &= agree == len(found)
    return not good


if __name__ == "__main__":
    sys.exit(main())
