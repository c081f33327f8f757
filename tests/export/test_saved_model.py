"""Formats that Keras writes on another framework: what is handed over. `frameworks.py` runs the real ones."""

import json
import os
import pathlib

import numpy as np
import onnxruntime
import pytest

import ckeras
from ckeras import Model, Sequential, layers, ops
from ckeras.export import ExportArchive

# Stands for Keras: notes what it is given.
FAKE = """\
import json, os, zipfile

class InputSpec(dict):
    pass

class Loaded:
    def __init__(self, config):
        self.config = config
    def __call__(self, x, training):
        return self.config["class_name"]
    def export(self, path, format, **options):
        if os.environ.get("FAILS"):
            raise TypeError("no such layer")
        note(path, backend=os.environ["KERAS_BACKEND"], format=format, **options)

class models:
    def load_model(path, compile):
        assert not compile
        return Loaded(json.loads(zipfile.ZipFile(path).read("config.json")))

def note(path, **values):
    with open(path, "w") as file:
        json.dump(values, file)

class export:
    class ExportArchive:
        def __init__(self):
            self.tracked, self.endpoints, self.collections = [], {}, {}
        def track(self, model):
            self.tracked.append(model.config["config"]["name"])
        def add_endpoint(self, name, fn, input_signature):
            self.endpoints[name] = [fn(*input_signature), input_signature]
        def add_variable_collection(self, name, variables):
            self.collections[name] = variables
        def write_out(self, path, verbose):
            note(path, backend=os.environ["KERAS_BACKEND"], **vars(self))
"""
TENSORFLOW = "def Variable(x): return x.tolist()\n"


@pytest.fixture
def keras(monkeypatch):
    """A Keras, on TensorFlow and PyTorch, for the processes that are started."""
    for name, text in (("keras", FAKE), ("tensorflow", TENSORFLOW), ("torch", "")):
        pathlib.Path(f"site/{name}").mkdir(parents=True)
        pathlib.Path(f"site/{name}/__init__.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", os.path.abspath("site"))


def noted(path):
    return json.loads(pathlib.Path(path).read_text())


def small():
    return Sequential([layers.Input((2,), name="x"), layers.Dense(1)], name="m")


SPEC = {"shape": [None, 2], "dtype": "float32", "name": "x"}


class Own(Model):
    def __init__(self):
        super().__init__(name="own")
        self.dense = layers.Dense(1)

    def call(self, x):
        return ops.exp(self.dense(x))


class Square(layers.Layer):
    def call(self, x):
        return x * x


def test_a_saved_model(keras, capsys):
    small().export("saved")
    assert "Model 'm' is exported to 'saved'" in capsys.readouterr().out
    endpoints = {"serve": ["Sequential", [SPEC]]}
    expected = {"backend": "tensorflow", "tracked": ["m"], "endpoints": endpoints, "collections": {}}
    assert noted("saved") == expected


def test_a_subclassed_model_is_handed_over_as_a_graph_of_its_layers(keras):
    model = Own()
    model(np.ones((1, 2), "float32"))
    model.export("saved", verbose=False)
    assert noted("saved")["endpoints"] == {"serve": ["Functional", [{**SPEC, "name": "input"}]]}


@pytest.mark.parametrize("format, ending, backend", [("litert", ".tflite", "tensorflow"), ("torch", ".pt2", "torch")])
def test_other_formats_and_their_options(keras, format, ending, backend):
    small().export(f"m{ending}", format=format, verbose=False, strict=True)
    expected = {"format": format, "backend": backend, "verbose": False, "input_signature": [SPEC], "strict": True}
    assert noted(f"m{ending}") == expected
    with pytest.raises(ValueError, match=f"{format} expects a path that ends in '{ending}', got 'other'"):
        small().export("other", format=format)
    with pytest.raises(ValueError, match=f"{format} expects options that JSON can express: .* set"):
        small().export(f"m{ending}", format=format, strict={1})


def test_what_keras_cannot_do(keras, monkeypatch):
    x = layers.Input((2,))
    with pytest.raises(ValueError, match="Keras has no Square, the class of layer 'square'"):
        Model(x, Square(name="square")(x)).export("saved")
    with pytest.raises(ValueError, match=r"tf_saved_model expects no further options, got \['is_static'\]"):
        small().export("saved", is_static=True)
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(RuntimeError, match="Keras cannot export model 'm' to torch: TypeError: no such layer"):
        small().export("m.pt2", format="torch")


def test_packages_have_to_be_installed(monkeypatch):
    monkeypatch.setattr("ckeras.export.by_keras._CHECK", "import sys; sys.exit(3)")
    with pytest.raises(ImportError, match=r"tf_saved_model needs keras and tensorflow: pip install 'ckeras\[tensorfl"):
        small().export("saved")
    with pytest.raises(ImportError, match=r"torch needs keras and torch: pip install 'ckeras\[torch\]'"):
        small().export("m.pt2", format="torch")


def test_an_archive_of_several_functions(keras, capsys):
    model, archive = small(), ExportArchive()
    pair = [
        ckeras.InputSpec(shape=(None, 2), dtype="float32"),
        ckeras.InputSpec(shape=(3, 2), dtype="float32", name="b"),
    ]
    archive.track_and_add_endpoint("call", model, [model.input])
    archive.add_endpoint("direct", model.call, [ckeras.InputSpec(shape=(None, 2), dtype="float32")])
    both = archive.add_endpoint("both", lambda a, b: model(a) + model(b), pair)
    archive.add_variable_collection("bias", [model.layers[0].bias])
    archive.write_out("saved")
    assert "both: argument float32[None, 2], b float32[3, 2]" in capsys.readouterr().out
    found = noted("saved")
    specs = [{**SPEC, "name": "input"}, {"shape": [3, 2], "dtype": "float32", "name": "b"}]
    direct = ["Functional", [{**SPEC, "name": "input"}]]
    assert found["endpoints"] == {"call": ["Functional", [SPEC]], "direct": direct, "both": ["Functional", specs]}
    assert found["collections"] == {"bias": [[0.0]]}
    assert archive.variables == model.weights
    ones = np.ones((3, 2), "float32")
    np.testing.assert_allclose(both(ones, ones), 2 * np.asarray(model(ones)), rtol=1e-6)


def test_an_archive_of_onnx_files():
    model, archive = small(), ExportArchive("onnx")
    archive.track(model)
    signature = {"a": ckeras.InputSpec(shape=(None, 2), dtype="float32"), "b": ckeras.KerasTensor((None, 1))}
    archive.add_endpoint("scaled", lambda x: {"y": model(x["a"]) * x["b"]}, [signature])
    archive.write_out("folder", verbose=False)
    session = onnxruntime.InferenceSession("folder/scaled.onnx")
    a, b = np.ones((3, 2), "float32"), np.full((3, 1), 2, "float32")
    (y,) = session.run(["y"], dict(zip([x.name for x in session.get_inputs()], (a, b), strict=True)))
    np.testing.assert_allclose(y, model.predict(a, verbose=0) * b, rtol=1e-6)
    with pytest.raises(ValueError, match="expects the format 'saved_model', got 'onnx'"):
        archive.add_variable_collection("weights", model.weights)


def test_what_an_archive_refuses():
    with pytest.raises(ValueError, match="'saved_model' or 'onnx' as format, got 'pmml'"):
        ExportArchive("pmml")
    with pytest.raises(ValueError, match=r"expects no options \['hive'\] for the format 'onnx'"):
        ExportArchive("onnx", hive=1)
    archive, signature = ExportArchive(), [ckeras.InputSpec(shape=(None, 2), dtype="float32")]
    with pytest.raises(ValueError, match="expects a layer or a model, got 3"):
        archive.track(3)
    with pytest.raises(ValueError, match="expects a layer that is built, and 'd' is not"):
        archive.track(layers.Dense(2, name="d"))
    with pytest.raises(ValueError, match=r"expects endpoints: call add_endpoint\(\) first"):
        archive.write_out("saved")
    with pytest.raises(ValueError, match="expects input_signature, a list with an InputSpec"):
        archive.add_endpoint("f", ops.exp)
    with pytest.raises(TypeError, match="expects a function as fn, got 3"):
        archive.add_endpoint("f", 3, signature)
    archive.add_endpoint("f", ops.exp, signature)
    with pytest.raises(ValueError, match="has an endpoint 'f' already"):
        archive.add_endpoint("f", ops.exp, signature)
    with pytest.raises(ValueError, match="expects options=None"):
        archive.write_out("saved", options=3)
    with pytest.raises(ValueError, match="a list, tuple or set of variables, got 3"):
        archive.add_variable_collection("v", 3)
    assert os.listdir() == []
