"""How Keras records calls on symbolic tensors: the graphs of small functions, and the operation of every function.

`KERAS_BACKEND=jax python tests/data/make_graph_values.py` describes every case below with Keras 3.15 and writes
`graph_values.json` next to this file. The tests describe the same graphs of ckeras and compare.
"""

import ast
import inspect
import json
import pathlib
import textwrap

import numpy as np

VALUES = pathlib.Path(__file__).with_name("graph_values.json")


def cases(k):
    """Name -> a function that returns (inputs, outputs)."""
    o = k.ops

    def two():
        return k.Input((4,), name="x"), k.Input((4,), name="y")

    def operators():
        x, y = two()
        z = ((x + y) * 2.0 - 1) / (2 + abs(-x)) ** 2
        z = z // 0.5 + z % 3.0 + round(y)
        m = (x > y) & (x >= 0.0) | ~(x < 1) ^ (y <= 2.0)
        return [x, y], [z, m, x != y, x @ o.transpose(y)]

    def indexing():
        x, _ = two()
        return x, {"a": x[:, 0], "b": x[..., None, 1:3], "c": x[0], "d": o.take(x, np.array([0, 2]), axis=1)}

    def reductions():
        x, y = two()
        z = o.mean(x + y, axis=1, keepdims=True)
        return [x, y], [z, o.max(x, -1), o.argmax(x, axis=-1), o.std(y), o.norm(x, axis=1), o.logsumexp(z)]

    def joining():
        x, y = two()
        parts = o.split(o.concatenate([x, y], axis=-1), 2, axis=1)
        return [x, y], [o.stack(parts, axis=1), o.pad(x, ((0, 0), (1, 1))), o.einsum("bi,bj->bij", x, y)]

    def choices():
        x, y = two()
        return [x, y], [o.where(x > 0, x, y), o.clip(x, 0.0, 1.0), o.maximum(x, 0.0), o.cast(x > 0, "int32")]

    def activations():
        x, _ = two()
        return x, [o.gelu(x, approximate=False), o.softmax(x), o.relu(x), o.swish(x), o.leaky_relu(x, 0.1)]

    def constants():
        x, _ = two()
        return x, o.add(x, np.ones((4,), "float32")) * np.arange(4.0, dtype="float32")

    def layers():
        x, y = two()
        shared = k.layers.Dense(4, activation="relu", name="shared")
        a, b = shared(x), shared(y)
        c = shared(a)
        return [x, y], [k.layers.Dense(1, name="head")(a + b), c]

    def branches():
        x, _ = two()
        left = k.layers.Dense(3, name="left")(x)
        middle = k.layers.Dense(3, name="middle")(k.layers.Dense(3, name="deep")(x))
        return x, {"sum": left + middle, "left": left, "far": o.exp(o.exp(o.exp(left)))}

    def nested():
        x, y = two()
        inner = k.Sequential([k.Input((4,)), k.layers.Dense(2, name="in_chain")], name="chain")
        return [x, y], inner(x) + inner(y)

    def unused():
        x, y = two()
        return [x, y], x + 1.0

    def keywords():
        x, y = two()
        return [x, y], [o.add(x1=x, x2=y), o.sum(x=x, axis=1), o.matmul(x1=x, x2=np.ones((4, 2), "float32"))]

    return {name: f for name, f in locals().items() if inspect.isfunction(f) and f is not two}


def describe(k, make):
    """A graph as plain values: its operations in order, with their configurations and calls."""
    k.utils.clear_session()
    function = k.Function(*make())
    found = []
    for operation in function.operations:
        layer = isinstance(operation, k.layers.Layer)
        config = None if layer else {key: plain(v) for key, v in operation.get_config().items()}
        calls = []
        for node in operation._inbound_nodes:
            args, kwargs = node.arguments.args, {n: v for n, v in node.arguments.kwargs.items() if v is not None}
            calls.append(
                {
                    "args": plain(list(args)),
                    "kwargs": plain(kwargs),
                    "outputs": [[list(y.shape), y.dtype] for y in node.outputs],
                    "parents": [parent.operation.name for parent in node.parent_nodes],
                }
            )
        found.append({"class": type(operation).__name__, "name": operation.name, "config": config, "calls": calls})
    return found


def plain(value):
    """Symbolic tensors as [name of the operation, index of the call, index of the output], arrays as lists."""
    if hasattr(value, "_keras_history"):
        operation, node, tensor = value._keras_history
        return [operation.name, node, tensor]
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, slice):
        return f"{value.start}:{value.stop}:{value.step}"
    if value is Ellipsis:
        return "..."
    return value.tolist() if isinstance(value, np.ndarray) else value


def records(k):
    """Function -> [class, module, parameters that are options, arguments by position, arguments by name]."""
    found = {}
    for namespace in (k.ops, k.ops.image):
        for name, function in vars(namespace).items():
            if name[0] != "_" and inspect.isfunction(function):
                record = record_of(function)
                if record is not None:
                    found[name] = record
    return found


def record_of(function):
    """What a function of Keras does with a symbolic tensor, from its source: ``Class(...).symbolic_call(...)``."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "symbolic_call":
            call, made = node, node.func.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
            call, made = node, node.func
        else:
            continue
        if isinstance(made, ast.Call):
            kind = getattr(inspect.getmodule(function), made.func.id)
            options = [p for p in inspect.signature(kind.__init__).parameters if p not in ("self", "name")]
            given = [ast.unparse(a) for a in call.args], [w.arg for w in call.keywords if w.arg]
            return [kind.__name__, kind.__module__, options, *given]
    return None


if __name__ == "__main__":
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    graphs = {name: describe(keras, make) for name, make in cases(keras).items()}
    VALUES.write_text(json.dumps({"graphs": graphs, "records": records(keras)}))
    print(VALUES.stat().st_size, "bytes")
