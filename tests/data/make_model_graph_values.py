"""Graphs that Keras draws of models: the text of `model_to_dot` for the models and options below.

`KERAS_BACKEND=jax python tests/data/make_model_graph_values.py`, with Keras 3.15 and pydot, writes
`model_graph_values.json.gz` next to this file.
"""

import gzip
import json
import pathlib

VALUES = pathlib.Path(__file__).with_name("model_graph_values.json.gz")

OPTIONS = {
    "plain": {},
    "all": {
        "show_shapes": True,
        "show_dtype": True,
        "show_layer_activations": True,
        "show_trainable": True,
        "rankdir": "LR",
        "dpi": 72,
        "splines": "line",
    },
    "expanded": {"expand_nested": True, "show_layer_names": False, "show_shapes": True},
    "cluster": {"subgraph": True, "show_trainable": True},
}


def models(k):
    """Name -> a model of ``k``, which is Keras or ckeras."""
    layers = k.layers

    def chain():
        return k.Sequential(
            [k.Input((4,)), layers.Dense(3, activation="relu", name="a"), layers.Dense(2, trainable=False, name="b")],
            name="chain",
        )

    def branches():
        x, y = k.Input((4,), name="x"), k.Input((4,), name="y", dtype="float32")
        shared = layers.Dense(3, name="shared", activation="tanh")
        total = layers.Add(name="total")([shared(x), shared(y)])
        return k.Model([x, y], [total, layers.Dropout(0.5, name="noise")(total)], name="branches")

    def operations():
        x = k.Input((4,), name="x")
        return k.Model(x, k.ops.relu(x * 2.0) + x, name="operations")

    def nested():
        x = k.Input((4,), name="outer")
        inner = k.Sequential([k.Input((4,)), layers.Dense(4, name="i1"), layers.Dense(4, name="i2")], name="inner")
        two = branches()
        a, _ = two([inner(x), x])
        return k.Model(x, layers.Dense(1, name="end")(a), name="nested")

    def structured():
        inputs = {"p": k.Input((4,), name="p"), "q": k.Input((2,), name="q")}
        joined = layers.Concatenate(name="join")(list(inputs.values()))
        return k.Model(inputs, {"r": layers.Dense(1, name="r")(joined)}, name="structured")

    def subclassed():
        class Own(k.Model):
            def __init__(self):
                super().__init__(name="own")
                self.dense = layers.Dense(2)

            def call(self, x):
                return self.dense(x)

        model = Own()
        model(k.ops.ones((1, 3)))
        return model

    return {f.__name__: f for f in (chain, branches, operations, nested, structured, subclassed)}


def content(dot):
    """What a graph consists of: its attributes, boxes, frames, and edges as pairs of numbers of boxes."""
    numbers = {}

    def described(graph):
        boxes = [node for node in graph.get_nodes() if node.get_name() != "node"]
        frames = [described(frame) for frame in graph.get_subgraphs()]
        for node in boxes:
            numbers[node.get_name().strip('"')] = len(numbers)
        return {
            "attributes": texts(graph),
            "boxes": [texts(node) for node in boxes],
            "frames": frames,
            "edges": [
                [numbers[str(end).strip('"')] for end in (edge.get_source(), edge.get_destination())] + [texts(edge)]
                for edge in graph.get_edges()
            ],
        }

    return described(dot)


def texts(part):
    """The attributes of a part of a graph, as texts."""
    return {name: str(value) for name, value in sorted(part.get_attributes().items())}


def described(k):
    """Name of a model and of options -> content of its graph."""
    found = {}
    for name, make in models(k).items():
        for which, options in OPTIONS.items():
            k.utils.clear_session()  # generated names begin anew
            found[f"{name}-{which}"] = content(k.utils.model_to_dot(make(), **options))
    return found


if __name__ == "__main__":
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    VALUES.write_bytes(gzip.compress(json.dumps(described(keras)).encode(), mtime=0))
