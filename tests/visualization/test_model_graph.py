"""Models drawn as graphs of their layers, and what is said when they cannot be."""

import gzip
import json
import pathlib
import shutil
import sys

import pytest
from reference import script

import ckeras
from ckeras import layers
from ckeras.utils import model_to_dot, plot_model

MAKE = script("make_model_graph_values")
EXPECTED = json.loads(gzip.decompress(MAKE.VALUES.read_bytes()))


@pytest.fixture(scope="module")
def drawn():
    return MAKE.described(ckeras)


@pytest.mark.parametrize("case", EXPECTED)
def test_graph_is_that_of_keras(drawn, case):
    assert drawn[case] == EXPECTED[case]


@pytest.fixture
def graphviz():
    """Graphviz is no Python package, so a machine that runs the tests may not have it."""
    if shutil.which("dot") is None:
        pytest.skip("needs Graphviz, whose program dot was not found")


def small():
    return ckeras.Sequential([ckeras.Input((4,)), layers.Dense(2, name="<b> & co")], name="small")


@pytest.mark.parametrize(
    "name, start", [("m.png", b"\x89PNG"), ("m.svg", b"<?xml"), ("m", b"\x89PNG"), ("m.pdf", b"%PDF")]
)
def test_formats(graphviz, name, start):
    plot_model(small(), name, show_shapes=True, show_layer_names=True)
    assert pathlib.Path(name).read_bytes().startswith(start)


def test_names_are_texts_not_markup(graphviz):
    plot_model(small(), pathlib.Path("m.svg"), show_layer_names=True)
    assert "&lt;b&gt; &amp; co" in pathlib.Path("m.svg").read_text()


def test_a_notebook_gets_an_image(graphviz):
    from IPython.display import Image

    assert isinstance(plot_model(small(), "m.png"), Image)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"rankdir": "UP"}, ValueError, "plot_model expects rankdir to be one of TB, BT, LR, RL, got 'UP'"),
        ({"layer_range": ["a", "b"]}, ValueError, "plot_model has no layer_range any more"),
        ({"shapes": True}, TypeError, "plot_model.. got an unexpected keyword argument 'shapes'"),
        ({"model": ckeras.Sequential([layers.Dense(1)], name="raw")}, ValueError, "expects a built model, but 'raw'"),
        ({"model": 3}, TypeError, "plot_model expects a model, got int"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        plot_model(**{"model": small(), **arguments})
    assert not pathlib.Path("model.png").exists()


def test_without_pydot(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydot", None)
    monkeypatch.delitem(sys.modules, "IPython.core.magics.namespace", raising=False)
    for function in (model_to_dot, plot_model):
        with pytest.raises(ImportError, match=r"needs pydot: pip install 'ckeras\[plot\]'"):
            function(small())


def test_without_graphviz(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delitem(sys.modules, "IPython.core.magics.namespace", raising=False)
    with pytest.raises(ImportError, match="needs Graphviz, whose program dot was not found"):
        plot_model(small())
    monkeypatch.setitem(sys.modules, "IPython.core.magics.namespace", sys)
    assert plot_model(small()) is None
    assert "needs Graphviz" in capsys.readouterr().out
