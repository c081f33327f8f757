"""Models in formats of other programs: ONNX files compute what the models compute; SavedModels come from Keras."""

import os
import pathlib
import sys

import exchange
import exchange_models
import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import ckeras
from ckeras import Model, Sequential, layers

# What there is no converter for.
REFUSED = {
    "masked_embedding", "masking", "adaptive_pooling",
    "bilinear_up_sampling", "category_encoding", "operations", "attention", "conv_lstm",
}  # fmt: skip
NAMES = [name for name in exchange_models.names(ckeras) if name not in REFUSED]


@pytest.mark.parametrize("name", NAMES)
def test_onnx_computes_what_the_model_computes(name):
    model = exchange_models.compiled(ckeras, name)
    model.export("m.onnx", format="onnx")
    evaluator = ReferenceEvaluator("m.onnx")
    x, _ = exchange_models.data(model)
    found = evaluator.run(None, dict(zip(evaluator.input_names, x, strict=True)))
    for expected, y in zip(exchange_models.predictions(model), found, strict=True):
        assert exchange.difference(expected, y) <= 1e-5


@pytest.mark.parametrize("name", sorted(REFUSED & set(exchange_models.names(ckeras))))
def test_what_has_no_converter_is_named_and_nothing_is_written(name):
    model = exchange_models.MODELS[name](ckeras)
    with pytest.raises(ValueError, match=r"Cannot export layer '\w+' \(\w+\): "):
        model.export("m.onnx", format="onnx")
    assert os.listdir() == []


def test_the_batch_is_open_and_inputs_keep_their_names(capsys):
    x = layers.Input((3,), name="x")
    model = Model(x, layers.Dense(2, name="d")(x), name="m")
    model.export("m.onnx", format="onnx", verbose=True)
    graph = onnx.load("m.onnx").graph
    (given,) = graph.input
    sizes = [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim]
    assert (given.name, sizes) == ("x", ["x_0", 3])
    assert "exported to 'm.onnx'" in capsys.readouterr().out
    for count in (1, 5):
        values = np.ones((count, 3), "float32")
        (y,) = ReferenceEvaluator("m.onnx").run(None, {"x": values})
        np.testing.assert_allclose(y, model.predict(values, verbose=0), rtol=1e-6)


class Own(Model):
    def __init__(self):
        super().__init__()
        self.d = layers.Dense(1)

    def call(self, x):
        return self.d(x)


def test_what_is_refused(monkeypatch):
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"one of 'onnx', 'tf_saved_model', got 'pmml'"):
        model.export("m", format="pmml")
    with pytest.raises(ValueError, match="expected input_signature=None"):
        model.export("m.onnx", format="onnx", input_signature=[1])
    own = Own()
    own(np.ones((1, 2), "float32"))
    with pytest.raises(ValueError, match="expects a functional or sequential model"):
        own.export("m.onnx", format="onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"ckeras\[onnx\]"):
        model.export("m.onnx", format="onnx")


FAKE = """\
import os, zipfile
class Loaded:
    def export(self, path, format, verbose):
        if os.environ.get("FAILS"):
            raise TypeError("no such layer")
        os.mkdir(path)
        open(os.path.join(path, os.environ["KERAS_BACKEND"] + " " + format), "w").close()
class models:
    def load_model(path, compile):
        assert "config.json" in zipfile.ZipFile(path).namelist() and not compile
        return Loaded()
"""


def test_a_saved_model_is_written_by_keras_on_tensorflow(monkeypatch):
    model = Sequential([layers.Input((2,)), layers.Dense(1)], name="m")
    for name, text in (("keras", FAKE), ("tensorflow", "")):
        pathlib.Path(f"site/{name}").mkdir(parents=True)
        pathlib.Path(f"site/{name}/__init__.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", os.path.abspath("site"))
    model.export("saved")
    assert os.listdir("saved") == ["tensorflow tf_saved_model"]
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(RuntimeError, match="Keras cannot export model 'm' to tf_saved_model: TypeError: no such layer"):
        model.export("other")


def test_a_saved_model_needs_keras_and_tensorflow(monkeypatch):
    monkeypatch.setattr("ckeras.export.saved_model._CHECK", "import sys; sys.exit(3)")
    with pytest.raises(ImportError, match=r"ckeras\[tensorflow\]"):
        Sequential([layers.Input((2,)), layers.Dense(1)]).export("saved")
