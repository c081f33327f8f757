"""Errors in a layer's `call`: shown once, with the layer's name and the user's lines alone."""

import traceback

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.ones((4, 3), "float32")


class Wrong(layers.Layer):
    """A layer with a mistake in its `call`."""

    def call(self, x):
        return x.no_such_method()


class Own(ckeras.Model):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)


def shown(error):
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


@pytest.fixture(params=["layer", "symbolic", "model", "chain", "predict", "fit", "train_on_batch"])
def way(request):
    def compiled():
        model = Own(Wrong(name="l"))
        model.compile("sgd", "mse")
        return model

    return {
        "layer": lambda: Wrong(name="l")(X),
        "symbolic": lambda: Wrong(name="l")(ckeras.Input((3,))),
        "model": lambda: Own(Wrong(name="l"))(X),
        "chain": lambda: ckeras.Sequential([layers.Dense(3), Wrong(name="l")])(X),
        "predict": lambda: Own(Wrong(name="l")).predict(X, verbose=0),
        "fit": lambda: compiled().fit(X, X, verbose=0),
        "train_on_batch": lambda: compiled().train_on_batch(X, X),
    }[request.param]


def test_an_error_in_call_is_shown_once_with_the_layer_and_the_user_s_lines(way):
    with pytest.raises(AttributeError, match="no_such_method") as caught:
        way()
    text = shown(caught.value)
    assert text.count("when calling layer 'l' (of type Wrong)") == 1
    assert text.count("Traceback") == 1 and "During handling" not in text
    files = {frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)}
    assert files == {__file__}
    assert "return x.no_such_method()" in text


def test_an_error_that_names_the_layer_is_not_noted_again():
    with pytest.raises(ValueError, match="layer 'd'") as caught:
        layers.Dense(3, name="d")(np.ones(3, "float32"))
    assert "when calling" not in shown(caught.value)


def test_before_notes_the_message_names_the_layer():
    from ckeras.utils.tracebacks import name_layer

    class Plain(ValueError):
        add_note = property()  # as before Python 3.11

    error = Plain("too small", 3)
    for _ in range(2):
        name_layer(error, Wrong(name="l"), "(2,) float32")
    assert error.args == ("too small\nwhen calling layer 'l' (of type Wrong) on (2,) float32", 3)


def test_the_type_of_an_error_and_its_attributes_are_kept():
    class Special(Exception):
        def __init__(self, code):
            self.code = code

    class Raises(layers.Layer):
        def call(self, x):
            raise Special(7)

    with pytest.raises(Special) as caught:
        Raises()(X)
    assert caught.value.code == 7


@pytest.mark.parametrize("call", [lambda m: m(ckeras.Input((3,))), lambda m: m.predict(X, verbose=0)])
def test_a_call_that_returns_nothing_is_named(call):
    class Nothing(ckeras.Model):
        def call(self, x):
            ops.exp(x)

    with pytest.raises(ValueError, match=r"layer 'n': call\(\) of Nothing returned None"):
        call(Nothing(name="n"))


def test_whole_tracebacks_on_request():
    ckeras.config.disable_traceback_filtering()
    try:
        with pytest.raises(AttributeError) as caught:
            Wrong()(X)
    finally:
        ckeras.config.enable_traceback_filtering()
    assert any("layer.py" in f.filename for f in traceback.extract_tb(caught.value.__traceback__))


def test_an_entry_passes_errors_on():
    from ckeras._kernels.entry import Entry

    seen = []

    def fails(a, *, b):
        raise LookupError(a, b)

    with pytest.raises(LookupError) as caught:
        Entry(fails, failed=seen.append)(1, b=2)
    assert seen == [caught.value] and caught.value.args == (1, 2)

    def breaks(error):
        raise RuntimeError("in the handler")

    with pytest.raises(RuntimeError, match="in the handler"):
        Entry(fails, failed=breaks)(1, b=2)
    with pytest.raises(KeyboardInterrupt):
        Entry(lambda: (_ for _ in ()).throw(KeyboardInterrupt), failed=seen.append)()
    assert len(seen) == 1
    for wrong in ((3,), (fails, 3), (fails, int, 3), (fails, None, None, 3)):
        with pytest.raises(TypeError, match="Entry expects"):
            Entry(*wrong)
