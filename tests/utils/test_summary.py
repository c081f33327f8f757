"""`print_summary` prints what Keras prints, byte for byte, in a terminal and out of it."""

import importlib.util
import logging
import math
import pathlib
import types

import pytest

import ckeras
from ckeras.utils import disable_interactive_logging, enable_interactive_logging, naming
from ckeras.utils.summary import _format_size, print_summary

DATA = pathlib.Path(__file__).parent.parent / "data"
spec = importlib.util.spec_from_file_location("make_keras_screens", DATA / "make_keras_screens.py")
screens = importlib.util.module_from_spec(spec)
spec.loader.exec_module(screens)


# The minimal interface of models and layers that a summary uses.
class Variable:
    def __init__(self, shape, dtype="float32"):
        self.shape, self.dtype = shape, dtype


class Tensor:
    def __init__(self, shape, node, call):
        self.shape, self.node, self._keras_history = shape, node, (node.operation, call, 0)


class Node:
    """One call of a layer."""

    made = 0

    def __init__(self, operation, input_tensors, shape):
        Node.made += 1
        self.number, self.operation, self.input_tensors = Node.made, operation, input_tensors
        self.is_input = not input_tensors
        self.outputs = [Tensor(shape, self, len(operation._inbound_nodes))]
        operation._inbound_nodes.append(self)


class Layer:
    built, trainable, weights = True, True, ()

    def __init__(self, name=None):
        self.name = name or naming.auto_name(type(self).__name__)
        self._inbound_nodes = []

    def build(self, shape):
        pass

    def __call__(self, inputs):
        inputs = inputs if isinstance(inputs, list) else [inputs]
        if not self.built:
            self.build(inputs[0].shape)
            self.built = True
        return Node(self, inputs, self.compute_output_shape(inputs[0].shape)).outputs[0]

    def compute_output_shape(self, shape):
        return shape

    def count_params(self):
        return sum(math.prod(weight.shape) for weight in self.weights)

    @property
    def trainable_weights(self):
        return self.weights if self.trainable else ()

    @property
    def non_trainable_weights(self):
        return () if self.trainable else self.weights

    @property
    def output(self):
        if not self._inbound_nodes:
            raise ValueError("never called")
        return self._inbound_nodes[-1].outputs[0]


class InputLayer(Layer):
    pass


def Input(shape, name=None):
    return Node(InputLayer(name), [], (None, *shape)).outputs[0]


class Dense(Layer):
    built = False

    def __init__(self, units, name=None):
        super().__init__(name)
        self.units = units

    def build(self, shape):
        self.weights = (Variable((shape[-1], self.units)), Variable((self.units,)))

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.units)


class Dropout(Layer):
    def __init__(self, rate):
        super().__init__()


class Add(Layer):
    pass


class Model(Layer):
    optimizer = None

    def __init__(self, inputs, outputs, name=None):
        super().__init__(name)
        depths = {}

        def visit(node, depth):
            depths[node] = max(depth, depths.get(node, 0))
            for tensor in node.input_tensors:
                visit(tensor.node, depth + 1)

        for tensor in outputs if isinstance(outputs, list) else [outputs]:
            visit(tensor.node, 0)
        self._nodes_by_depth = {depth: [] for depth in set(depths.values())}
        for node in sorted(depths, key=lambda node: node.number):
            self._nodes_by_depth[depths[node]].append(node)
        by_depth = sorted(depths, key=lambda node: (-depths[node], node.number))
        self.layers = list({node.operation: None for node in by_depth})

    @property
    def weights(self):
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def trainable_weights(self):
        return [weight for layer in self.layers for weight in layer.trainable_weights]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self):
        return [weight for layer in self.layers for weight in layer.non_trainable_weights]

    def compile(self, optimizer, loss):
        self.optimizer = Adam()


class Sequential(Model):
    def __init__(self, layers=(), name=None):
        Layer.__init__(self, name)
        self.layers = [layer for layer in layers if isinstance(layer, Layer)]
        if len(self.layers) < len(layers):
            tensor = layers[0]
            for layer in self.layers:
                tensor = layer(tensor)
            self.result_shape = tensor.shape

    def compute_output_shape(self, shape):
        return self.result_shape


class Adam:
    built, variables = False, ()

    def build(self, variables):
        self.built = True
        self.variables = [Variable((), "int32"), Variable(())] + [
            Variable(v.shape) for v in variables for _ in range(2)
        ]


fakes = types.SimpleNamespace(
    Sequential=Sequential,
    Model=Model,
    layers=types.SimpleNamespace(Input=Input, Dense=Dense, Dropout=Dropout, Add=Add),
)


@pytest.fixture
def screen(monkeypatch):
    """The terminal that the expected screens were made with, and names that count from the start."""
    for name in screens.UNSET:
        monkeypatch.delenv(name, raising=False)
    for name, value in screens.TERMINAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(naming, "_counts", {})


def expected(case, terminal=False):
    return (DATA / f"summary_{case}{'_terminal' if terminal else ''}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
@pytest.mark.parametrize("case", screens.SUMMARIES)
def test_summary_prints_what_keras_prints(screen, case, terminal):
    assert screens.summary_text(fakes, print_summary, case, terminal) == expected(case, terminal)


SEQUENTIAL = [case for case in screens.SUMMARIES if case not in ("chain", "graph", "graph_trainable")]


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
@pytest.mark.parametrize("case", SEQUENTIAL)
def test_summary_of_models_prints_what_keras_prints(screen, case, terminal):
    text = screens.summary_text(ckeras, lambda model, **options: model.summary(**options), case, terminal)
    assert text == expected(case, terminal)


def test_print_fn_gets_the_whole_text_once_without_colours(screen, capsys):
    texts = []
    print_summary(screens.compiled(fakes), print_fn=texts.append)
    assert texts == [expected("compiled")]
    assert capsys.readouterr().out == ""


def test_summary_goes_to_the_logger_when_asked(screen, capsys, caplog):
    caplog.set_level(logging.INFO, logger="ckeras")
    disable_interactive_logging()
    try:
        print_summary(screens.plain(fakes))
    finally:
        enable_interactive_logging()
    assert [record.getMessage() for record in caplog.records] == [expected("plain")]
    assert capsys.readouterr().out == ""


def test_a_weight_used_twice_is_counted_once(screen, capsys):
    dense = Dense(3)
    print_summary(Sequential([Input((3,)), dense, dense]))
    assert " Total params: 12 (48.00 B)\n" in capsys.readouterr().out


def test_sizes_follow_the_dtypes(screen, capsys):
    model = Sequential([Input((3,)), Dropout(0.1)])
    model.layers[0].weights = [Variable((3,), dtype) for dtype in ("float16", "bfloat16", "float64", "bool", "uint32")]
    print_summary(model)
    assert " Total params: 15 (51.00 B)\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("size", "text"),  # made with Keras 3.15
    [
        (0, "0.00 B"),
        (1020, "1020.00 B"),
        (1024, "1.00 KB"),
        (4092, "4.00 KB"),
        (1048572, "1024.00 KB"),
        (1048576, "1.00 MB"),
        (2**30, "1.00 GB"),
        (2**40, "1.00 TB"),
        (2**50, "1024.00 TB"),
    ],
)
def test_format_size(size, text):
    assert _format_size(size) == text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"line_length": 10}, "4 characters or more for each column, but got 2 for column 3"),
        ({"line_length": -5}, "4 characters or more for each column"),
        ({"positions": [0, 0.5, 1.0]}, "but got 0 for column 1"),
        ({"positions": [0.5, 1.0]}, "but got 2 positions"),
        ({"layer_range": ["dense"]}, "pair of layer names"),
        ({"layer_range": "dense"}, "pair of layer names"),
        ({"layer_range": ["dense", "zz"]}, r"match layers of \['dense', 'dropout', 'dense_1'\], but got"),
    ],
)
def test_bad_options_are_refused_before_anything_is_printed(screen, capsys, options, message):
    with pytest.raises(ValueError, match=message):
        print_summary(screens.plain(fakes), **options)
    assert capsys.readouterr().out == ""


def test_a_range_may_be_given_backwards(screen, capsys):
    print_summary(screens.plain(fakes), layer_range=["dense_1", "dropout"])
    out = capsys.readouterr().out
    assert "dropout" in out and "dense_1" in out and "dense (Dense)" not in out
