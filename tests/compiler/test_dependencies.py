"""Which changes of attributes make plans stale, and that no others do."""

import threading

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.compiler import dependencies, plan
from ckeras.tensor.cache import Plans


class Scaled(layers.Layer):
    """Multiplies by an attribute; `note` is not read."""

    rate = 1.0

    def __init__(self):
        super().__init__()
        self.note = 0
        self._offset = 0.0

    def call(self, x):
        return x * self.rate + self._offset


@pytest.fixture
def made(monkeypatch):
    """The plans made since the fixture was set up."""
    found = []
    original = plan.Plan.__init__
    monkeypatch.setattr(plan.Plan, "__init__", lambda self, *a, **k: (found.append(self), original(self, *a, **k))[1])
    return found


def model_of(layer):
    model = ckeras.Sequential([ckeras.Input((2,)), layer])
    model.compile("sgd", "mse")
    return model


X = np.ones((4, 2), "float32")


@pytest.mark.parametrize(
    "run", [lambda m: m.predict(X, verbose=0), lambda m: m.predict_on_batch(X), lambda m: m(X).numpy()]
)
@pytest.mark.parametrize(("name", "value", "expected"), [("rate", 3.0, 3.0), ("_offset", 2.0, 3.0)])
def test_an_attribute_that_was_read_is_seen_when_it_changes(run, name, value, expected):
    layer = Scaled()
    model = model_of(layer)
    np.testing.assert_array_equal(run(model), X)
    setattr(layer, name, value)
    np.testing.assert_array_equal(run(model), X * expected)


def test_a_compiled_function_sees_changes_of_the_layers_that_it_calls():
    layer = Scaled()
    function = ckeras.function(lambda x: layer(x))
    np.testing.assert_array_equal(function(X).numpy(), X)
    layer.rate = 5.0
    np.testing.assert_array_equal(function(X).numpy(), 5 * X)


def test_attributes_that_no_step_reads_compile_nothing(made):
    layer = Scaled()
    model = model_of(layer)
    model.predict(X, verbose=0)
    made.clear()
    for i in range(5):
        layer.note = i
        layer.fresh = i
        model.counter = i
        model.predict(X, verbose=0)
    assert made == []


def test_the_same_value_again_compiles_nothing(made):
    layer = Scaled()
    layer.rate = 2.0
    model = model_of(layer)
    model.predict(X, verbose=0)
    made.clear()
    layer.rate = 2.0
    model.predict(X, verbose=0)
    assert made == []
    layer.rate = 2
    model.predict(X, verbose=0)
    assert len(made) == 1


def test_minus_zero_is_another_value():
    layer = Scaled()
    layer.rate = 0.0
    model = model_of(layer)
    model.predict(X, verbose=0)
    layer.rate = -0.0
    layer._offset = -0.0
    assert np.signbit(model.predict(X, verbose=0)).all()


def test_a_change_of_one_model_leaves_another_alone(made):
    first, second = model_of(Scaled()), model_of(Scaled())
    for model in (first, second):
        model.predict(X, verbose=0)
    made.clear()
    first.layers[0].rate = 2.0
    second.predict(X, verbose=0)
    assert made == []
    np.testing.assert_array_equal(first.predict(X, verbose=0), 2 * X)


def test_a_counter_that_call_itself_changes_compiles_once(made):
    class Counting(Scaled):
        calls = 0

        def call(self, x):
            self.calls += 1
            return super().call(x)

    model = model_of(Counting())
    model.predict(X, verbose=0)
    made.clear()
    for _ in range(3):
        model.predict(X, verbose=0)
    assert made == []


def test_a_deleted_attribute_uncovers_that_of_the_class():
    layer = Scaled()
    layer.rate = 4.0
    model = model_of(layer)
    np.testing.assert_array_equal(model.predict(X, verbose=0), 4 * X)
    del layer.rate
    np.testing.assert_array_equal(model.predict(X, verbose=0), X)


class Interrupted(layers.Layer):
    """Multiplies by an attribute that another thread changes as soon as it was read."""

    def __init__(self, changes):
        super().__init__()
        self.rate = 1.0
        self.changes = changes

    def call(self, x):
        rate = self.rate
        if self.changes:
            thread = threading.Thread(target=setattr, args=(self, "rate", self.changes.pop()))
            thread.start()
            thread.join()
        return x * rate


def test_a_change_by_another_thread_while_a_plan_is_traced_is_seen():
    changes = []
    layer = Interrupted(changes)
    layer.__dict__["changes"] = changes  # the list itself, so that the test may fill it
    function = ckeras.function(lambda x: layer(x))
    changes.append(3.0)
    np.testing.assert_array_equal(function(X).numpy(), X)  # the value when it was read
    np.testing.assert_array_equal(function(X).numpy(), 3 * X)


def test_a_change_between_the_trace_and_the_cache_is_seen(monkeypatch):
    layer = Scaled()
    function = ckeras.function(lambda x: layer(x))
    put = Plans.put

    def change_first(self, *args):
        thread = threading.Thread(target=setattr, args=(layer, "rate", 4.0))
        thread.start()
        thread.join()
        return put(self, *args)

    monkeypatch.setattr(Plans, "put", change_first)
    function(X)
    monkeypatch.undo()
    np.testing.assert_array_equal(function(X).numpy(), 4 * X)


def test_no_recording_stays_open():
    model = model_of(Scaled())
    model.fit(X, X, verbose=0)
    model.evaluate(X, X, verbose=0)
    model.predict(X, verbose=0)
    model(X)
    ckeras.function(lambda x: model(x))(X)
    assert not dependencies._open
