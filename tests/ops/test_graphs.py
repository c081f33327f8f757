"""Graphs of symbolic tensors: what is recorded, as Keras records it, and running it on other values."""

import copy
import json
import pickle

import numpy as np
import pytest
import reference

import ckeras
from ckeras import Function, Input, KerasTensor, Variable, layers, ops
from ckeras.ops.control.keras_names import record_of
from ckeras.tensor.graph import Graph, Node, inferring

script = reference.script("make_graph_values")
EXPECTED = json.loads(script.VALUES.read_text())
CASES = script.cases(ckeras)


@pytest.mark.parametrize("case", CASES)
def test_calls_are_recorded_as_in_keras(case):
    assert json.loads(json.dumps(script.describe(ckeras, CASES[case]))) == EXPECTED["graphs"][case]


def published():
    return {name: getattr(ops, name, None) or getattr(ops.image, name) for name in EXPECTED["records"]}


@pytest.mark.parametrize("name", EXPECTED["records"])
def test_every_function_has_the_operation_of_keras(name):
    class_name, module, options, operands, _ = EXPECTED["records"][name]
    function = published()[name]
    record = record_of(name, function)
    assert (record.class_name, record.module) == (class_name, module)
    # Parameters that only collect deprecated arguments are not recorded, in Keras they are.
    assert set(record.options) == set(options) - {"kwargs", "rms_scaling"}
    assert [f"*{record.variadic}" if o.startswith("*") else o for o in operands] == [
        *record.operands, *([f"*{record.variadic}"] if record.variadic else []),
    ]  # fmt: skip


def described(x):
    operation, node, tensor = x._keras_history
    return type(operation).__name__, operation.get_config(), node, tensor


def test_the_history_of_a_symbolic_tensor():
    x = Input((4,), name="x")
    assert x._keras_history.operation.name == "x" and x._keras_history[1:] == (0, 0)
    parts = ops.split(x, 2, axis=1)
    assert [y._keras_history.tensor_index for y in parts] == [0, 1]
    dense = layers.Dense(2)
    first, second = dense(x), dense(Input((4,)))
    assert [y._keras_history for y in (first, second)] == [(dense, 0, 0), (dense, 1, 0)]
    assert [n.operation for n in x._keras_history.operation._outbound_nodes] == [
        parts[0]._keras_history.operation, dense,
    ]  # fmt: skip
    assert dense.input is x and dense.output is first
    assert dense._inbound_nodes[1].parent_nodes[0].is_input
    assert not hasattr(KerasTensor((2,)), "_keras_history")


def test_an_option_that_is_symbolic_is_an_argument_of_the_call():
    x, low = Input((3,)), Input((3,))
    y = ops.clip(x, low, 2.0)
    node = y._keras_history.operation._inbound_nodes[0]
    assert node.arguments.args == (x,) and node.arguments.kwargs == {"x_min": low}
    assert described(y)[1] == {"name": y._keras_history.operation.name, "x_max": 2.0}
    found = Function([x, low], y)([np.array([[0.0, 1.0, 5.0]]), np.array([[0.5, 0.5, 0.5]])])
    np.testing.assert_array_equal(found, [[0.5, 1.0, 2.0]])


def test_methods_operators_and_numpy_s_functions_are_recorded():
    x = Input((6,))
    cases = {
        "Squeeze": lambda: x[:, :1].squeeze(1),
        "Reshape": lambda: x.reshape((-1, 2, 3)),
        "Cast": lambda: x.astype("float64"),
        "Transpose": lambda: x.T,
        "Multiply": lambda: np.multiply(x, 2.0),
        "Mean": lambda: np.mean(x, axis=1),
        "Concatenate": lambda: np.concatenate([x, x], axis=1),
        "Subtract": lambda: np.ones(6, "float32") - x,
        "GetItem": lambda: x[0],
    }
    assert {name: type(compute()._keras_history.operation).__name__ for name, compute in cases.items()} == {
        name: name for name in cases
    }


def test_a_variable_in_a_graph_has_its_value_at_each_run():
    v = Variable([1.0, 2.0])
    x = Input((2,))
    f = Function(x, ops.maximum(x, 0.0) * v)
    np.testing.assert_array_equal(f(np.ones((1, 2))), [[1, 2]])
    v.assign([3.0, 4.0])
    np.testing.assert_array_equal(f(np.ones((1, 2))), [[3, 4]])


def test_what_a_function_of_functions_is_given_has_its_value_at_each_run():
    v = Variable(1.0)
    x = Input((2,))
    y = ops.while_loop(lambda s, a: ops.sum(s) < 10.0, lambda s, a: (s + a, a), (x, v))[0]
    f = Function(x, y)
    before = f(np.ones((1, 2)))
    v.assign(20.0)
    assert before.tolist() == [[5, 5]] and f(np.ones((1, 2))).tolist() == [[21, 21]]


def test_calls_inside_a_layer_are_not_recorded():
    calls = []

    class Inner(layers.Layer):
        def call(self, x):
            y = ops.exp(x) + 1.0
            calls.append(y)
            return y

    y = Inner()(Input((3,)))
    assert not hasattr(calls[0], "_keras_history")
    assert type(y._keras_history.operation) is Inner
    with inferring():
        assert not hasattr(ops.exp(Input((3,))), "_keras_history")


def test_building_a_model_records_no_calls():
    class Own(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    model.compile("sgd", "mse")
    for _ in range(3):
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
        model.predict(np.ones((4, 3)), verbose=0)
    other = Own()
    other.build((None, 3))
    assert [len(m._inbound_nodes) for m in (model, model.dense, other, other.dense)] == [0] * 4


def test_rows_called_without_a_public_function_are_recorded_too():
    x = Input((3,))
    y = ckeras.losses.mean_squared_error(x, ckeras.activations.softplus(x) * 2.0)
    data = np.array([[0.5, -1.0, 2.0]], "float32")
    expected = np.mean((2 * np.log1p(np.exp(data)) - data) ** 2, 1)
    np.testing.assert_allclose(Function(x, y)(data), expected, 1e-5)


def test_an_error_names_the_tensor_that_does_not_follow_from_the_inputs():
    x, other = Input((3,), name="x"), Input((3,), name="other")
    for outside in (other, KerasTensor((None, 3), name="other")):
        with pytest.raises(ValueError, match=r"'other' of shape \(None, 3\).*not follow from the inputs \['x'\]"):
            Function(x, ops.exp(x) + outside)


def test_features_from_an_inner_tensor():
    x = Input((3,))
    h = ops.exp(x)
    y = h * 2.0
    f = Function(h, y)
    assert [type(o).__name__ for o in f.operations] == ["Multiply"]
    np.testing.assert_array_equal(f(np.ones((1, 3))), [[2, 2, 2]])
    np.testing.assert_allclose(Function(x, [h, y])(np.zeros((1, 3)))[1], [[2, 2, 2]])


def chain(n):
    x = y = Input((2,))
    for _ in range(n):
        y = ops.add(y, 1.0)
    return x, y


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_copies_of_a_deep_graph(copied):
    f = Function(*chain(2000))
    g = copied(f)
    np.testing.assert_array_equal(g(np.zeros((1, 2))), [[2000, 2000]])
    assert len(g.operations) == 2001 and not set(map(id, g.operations)) & set(map(id, f.operations))
    assert g.inputs[0] is not f.inputs[0] and g.inputs[0].name == f.inputs[0].name


def test_a_copy_of_a_function_has_shared_layers_once():
    x = Input((3,))
    shared = layers.Dense(3)
    g = copy.deepcopy(Function(x, shared(shared(x))))
    (twin,) = [o for o in g.operations if isinstance(o, layers.Dense)]
    assert twin is not shared and len(twin._inbound_nodes) == 2
    np.testing.assert_allclose(g(np.ones((1, 3))), shared(shared(np.ones((1, 3)))), 1e-6)


def test_a_copied_layer_is_part_of_no_graph():
    dense = layers.Dense(2)
    dense(Input((3,)))
    twin = copy.deepcopy(dense)
    assert twin.built and twin._inbound_nodes == [] and len(dense._inbound_nodes) == 1
    with pytest.raises(AttributeError, match="has no input"):
        _ = twin.input


def test_a_copied_sequential_model_has_a_graph_of_its_own():
    model = ckeras.Sequential([Input((3,)), layers.Dense(2)])
    twin = copy.deepcopy(model)
    assert twin.output is not model.output and twin.output.shape == (None, 2)
    f = Function(twin.input, ops.relu(twin.output))
    np.testing.assert_allclose(f(np.ones((1, 3))), ops.relu(model(np.ones((1, 3)))), 1e-6)


def test_adding_layers_one_by_one_calls_each_once():
    model = ckeras.Sequential([Input((3,))])
    added = [layers.Dense(3) for _ in range(5)]
    for layer in added:
        model.add(layer)
    assert [len(layer._inbound_nodes) for layer in added] == [1] * 5
    assert model.output is added[-1].output
    np.testing.assert_allclose(Function(model.input, model.output)(np.ones((1, 3))), model(np.ones((1, 3))), 1e-6)


def test_the_work_of_a_run_is_linear_in_the_calls(monkeypatch):
    counts = []
    fill_in = ckeras.tensor.graph.SymbolicArguments.fill_in
    monkeypatch.setattr(
        ckeras.tensor.graph.SymbolicArguments, "fill_in", lambda self, values: counts.append(1) or fill_in(self, values)
    )
    for n in (10, 100):
        counts.clear()
        Function(*chain(n))(np.zeros((1, 2)))
        assert len(counts) == n


def test_a_diamond_of_many_paths_is_walked_once():
    x = y = Input((2,))
    for _ in range(60):  # 2**60 paths
        y = (y + y) / 2.0
    np.testing.assert_array_equal(Function(x, y)(np.ones((1, 2))), [[1, 1]])


def test_public_functions_are_the_same_in_all_namespaces_and_pickle_by_name():
    assert ops.nn.relu is ops.relu and ops.linalg.norm is ops.norm and ops.numpy.add is ops.add
    for function in (ops.add, ops.image.resize, ops.nn.conv, ops.linalg.qr):
        assert pickle.loads(pickle.dumps(function)) is function is copy.deepcopy(function)
        assert function.__doc__ and function.__wrapped__ is function.function
    assert ops.add.__name__ == "add" and repr(ops.add) == "<function add>"


def test_the_surface_of_a_symbolic_tensor():
    x = KerasTensor((None, 3), "int32", name="x")
    assert (x.sparse, x.ragged, x.ragged_rank, x.row_splits_dtype, x.record_history) == (False, False, None, None, True)
    for name in ("shape", "dtype", "sparse", "ragged"):
        with pytest.raises(AttributeError, match=f"{name} of the symbolic tensor 'x' cannot be changed"):
            setattr(x, name, None)
    with pytest.raises(NotImplementedError, match="cannot iterate over the symbolic tensor 'x'"):
        iter(x)
    assert [row.shape for row in KerasTensor((2, 3))] == [(3,), (3,)]
    y = KerasTensor((2,), record_history=False)
    Node(layers.Dense(1), (x,), {}, y)
    assert not hasattr(y, "_keras_history")


def test_a_graph_accepts_values_of_tensors_that_are_not_its_inputs():
    x, known = Input((2,)), Input((2,))
    graph = Graph([x], [x + known], lambda y: y is known)
    (found,) = graph.run([ops.ones((1, 2))], {id(known): ops.ones((1, 2))})
    assert found.tolist() == [[2, 2]]
