"""Models built by one script with Keras and with ckeras: configuration, summary, weights, outputs, losses.

`KERAS_BACKEND=jax python tests/data/make_models_values.py` builds every case below with Keras 3.15 and writes
`models_values.json.gz` next to this file. The tests build the same cases with ckeras and compare.
"""

import gzip
import json
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("models_values.json.gz")


def data(*shape, seed=0, high=None):
    """Reproducible inputs: normal floats, or integers below ``high``."""
    generator = np.random.default_rng(seed)
    if high is not None:
        return generator.integers(0, high, shape).astype("int32")
    return generator.standard_normal(shape).astype("float32")


X, X3, IMAGES = data(8, 4), data(8, 5, 3), data(8, 6, 6, 2)
LABELS = data(8, high=3, seed=1)


def cases(k):
    """Name -> a function that returns (model, inputs, targets, arguments of compile)."""
    layers, ops, inputs = k.layers, k.ops, k.Input
    dense, mse = layers.Dense, {"loss": "mse"}
    found = {}

    def case(function):
        found[function.__name__] = function
        return function

    # -- Sequential models

    @case
    def sequential_list():
        return k.Sequential([inputs((4,)), dense(5, activation="relu"), dense(3)]), X, X[:, :3], mse

    @case
    def sequential_add():
        model = k.Sequential(name="added")
        model.add(inputs((4,), name="first"))
        model.add(dense(5, activation="tanh", use_bias=False))
        model.add(dense(1, activation="sigmoid"))
        return model, X, (X[:, :1] > 0).astype("float32"), {"loss": "binary_crossentropy", "metrics": ["accuracy"]}

    @case
    def sequential_pop():
        model = k.Sequential([inputs((4,)), dense(5), dense(2), dense(7)])
        model.pop()
        return model, X, X[:, :2], mse

    @case
    def sequential_deferred():
        model = k.Sequential([dense(5, activation="relu"), dense(2)])
        model(X)
        return model, X, X[:, :2], mse

    @case
    def sequential_built():
        model = k.Sequential([dense(5, activation="relu"), dense(2)])
        model.build((None, 4))
        return model, X, X[:, :2], mse

    @case
    def sequential_unbuilt():
        return k.Sequential([dense(5, name="a"), dense(2, name="b")], name="later"), None, None, None

    @case
    def sequential_input_shape():
        return k.Sequential([dense(3, input_shape=(4,)), dense(2)]), X, X[:, :2], mse

    @case
    def sequential_input_dim():
        return k.Sequential([dense(3, input_dim=4), dense(2)]), X, X[:, :2], mse

    @case
    def sequential_batch_shape():
        return k.Sequential([inputs(batch_shape=(8, 4)), dense(2)]), X, X[:, :2], mse

    @case
    def sequential_nested():
        inner = k.Sequential([inputs((4,)), dense(3), dense(4)], name="inner")
        return k.Sequential([inputs((4,)), inner, dense(2)]), X, X[:, :2], mse

    @case
    def sequential_classes():
        model = k.Sequential([inputs((4,)), dense(8, activation="relu"), dense(3, activation="softmax")])
        return model, X, LABELS, {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

    @case
    def sequential_flat():
        model = k.Sequential([inputs((5, 3)), layers.Flatten(), dense(4), layers.Activation("elu"), dense(1)])
        return model, X3, X[:, :1], mse

    @case
    def sequential_images():
        model = k.Sequential([inputs((6, 6, 2)), layers.Permute((2, 1, 3)), layers.Reshape((12, 6)), dense(2)])
        return model, IMAGES, data(8, 12, 2), mse

    @case
    def sequential_repeat():
        return k.Sequential([inputs((4,)), layers.RepeatVector(3), dense(2)]), X, data(8, 3, 2), mse

    @case
    def sequential_options():
        options = {
            "kernel_initializer": "he_normal", "bias_initializer": "ones", "kernel_regularizer": "l2",
            "bias_regularizer": k.regularizers.L1(0.0625), "activity_regularizer": k.regularizers.L2(0.125),
            "kernel_constraint": k.constraints.MaxNorm(1.5), "bias_constraint": "non_neg",
        }  # fmt: skip
        return k.Sequential([inputs((4,)), dense(3, **options), dense(2)]), X, X[:, :2], mse

    @case
    def sequential_frozen():
        model = k.Sequential([inputs((4,)), dense(3, trainable=False), dense(2)])
        return model, X, X[:, :2], mse

    @case
    def sequential_float64():
        return k.Sequential([inputs((4,), dtype="float64"), dense(3, dtype="float64")]), X, X[:, :3], mse

    # -- graphs

    @case
    def graph_chain():
        x = inputs((4,))
        return k.Model(x, dense(3)(dense(5, activation="relu")(x))), X, X[:, :3], mse

    @case
    def graph_name():
        x = inputs((4,), name="in")
        return k.Model(inputs=x, outputs=dense(3, name="out")(x), name="named"), X, X[:, :3], mse

    @case
    def graph_two_inputs():
        a, b = inputs((4,), name="a"), inputs((3,), name="b")
        return k.Model([a, b], dense(2)(layers.Concatenate()([a, b]))), [X, X[:, :3]], X[:, :2], mse

    @case
    def graph_two_outputs():
        x = inputs((4,))
        h = dense(5, activation="tanh")(x)
        model = k.Model(x, [dense(2, name="left")(h), dense(1, name="right")(h)])
        return model, X, [X[:, :2], X[:, :1]], {"loss": ["mse", "mae"], "loss_weights": [1.0, 0.5]}

    @case
    def graph_outputs_by_name():
        x = inputs((4,))
        model = k.Model(x, [dense(2, name="left")(x), dense(1, name="right")(x)])
        targets = {"left": X[:, :2], "right": X[:, :1]}
        return model, X, targets, {"loss": {"left": "mse", "right": "mae"}, "metrics": {"right": ["mse"]}}

    @case
    def graph_dicts():
        x = {"a": inputs((4,), name="a"), "b": inputs((3,), name="b")}
        y = {"sum": dense(2, name="sum")(x["a"]), "other": dense(2, name="other")(x["b"])}
        return k.Model(x, y), {"a": X, "b": X[:, :3]}, {"sum": X[:, :2], "other": X[:, :2]}, mse

    @case
    def graph_nested_structures():
        x, z = inputs((4,), name="x"), inputs((4,), name="z")
        return k.Model([x, {"z": z}], {"y": [dense(2)(x), dense(2)(z)]}), None, None, None

    @case
    def graph_shared_layer():
        a, b = inputs((4,)), inputs((4,))
        shared = dense(3, activation="relu", name="shared")
        return k.Model([a, b], dense(1)(layers.Add()([shared(a), shared(b)]))), [X, 2 * X], X[:, :1], mse

    @case
    def graph_shared_thrice():
        x = inputs((4,))
        shared = dense(4, name="again")
        return k.Model(x, shared(shared(shared(x)))), X, X, mse

    @case
    def graph_residual():
        x = inputs((4,))
        y = x
        for _ in range(3):
            y = layers.Add()([y, dense(4, activation="relu")(y)])
        return k.Model(x, y), X, X, mse

    @case
    def graph_operators():
        x = inputs((4,), name="x")
        return k.Model(x, dense(2)((x * 2.0 + 1.0) / 3.0 - x[:, :1])), X, X[:, :2], mse

    @case
    def graph_functions():
        x = inputs((4,), name="x")
        h = ops.relu(dense(6)(x))
        y = ops.concatenate([ops.mean(h, axis=-1, keepdims=True), ops.max(h, axis=1, keepdims=True)], axis=-1)
        return k.Model(x, dense(2)(y)), X, X[:, :2], mse

    @case
    def graph_slices():
        x = inputs((5, 3), name="x")
        return k.Model(x, dense(2)(x[:, 1:4, ::2])), X3, data(8, 3, 2), mse

    @case
    def graph_reshaped():
        x = inputs((5, 3))
        return k.Model(x, dense(2)(ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 15)))), X3, X[:, :2], mse

    @case
    def graph_nested_model():
        x = inputs((4,))
        inner = k.Model(x, dense(3, activation="tanh")(x), name="inner")
        y = inputs((4,))
        return k.Model(y, dense(2)(inner(y)), name="outer"), X, X[:, :2], mse

    @case
    def graph_nested_twice():
        x = inputs((4,))
        inner = k.Model(x, dense(4)(x), name="inner")
        y = inputs((4,))
        return k.Model(y, inner(inner(y)), name="outer"), X, X, mse

    @case
    def graph_nested_sequential():
        inner = k.Sequential([inputs((4,)), dense(3), dense(4)], name="inner")
        x = inputs((4,))
        return k.Model(x, dense(1)(inner(x) + x)), X, X[:, :1], mse

    @case
    def graph_nested_deep():
        x = inputs((4,))
        model = k.Model(x, dense(4)(x), name="level0")
        for level in range(3):
            x = inputs((4,))
            model = k.Model(x, dense(4)(model(x)), name=f"level{level + 1}")
        return model, X, X, mse

    @case
    def graph_nested_outputs():
        x = inputs((4,))
        inner = k.Model(x, [dense(2)(x), dense(3)(x)], name="pair")
        y = inputs((4,))
        a, b = inner(y)
        return k.Model(y, [b, dense(1, name="last")(a)]), X, [X[:, :3], X[:, :1]], mse

    @case
    def graph_features():
        x = inputs((4,))
        model = k.Sequential([x, dense(6, name="one"), dense(5, name="two"), dense(4, name="three")])
        return k.Model(model.inputs, [model.get_layer("two").output, model.outputs[0]]), X, [data(8, 5), X], mse

    @case
    def graph_inner_input():
        x = inputs((4,))
        hidden = dense(3, name="hidden")(x)
        model = k.Model(hidden, dense(2, name="last")(hidden))
        model.layers[0].name = "cut"  # whatever name the library gives
        return model, X[:, :3], X[:, :2], mse

    @case
    def graph_of_layer_attributes():
        base = k.Sequential([inputs((4,)), dense(3, name="base")])
        return k.Model(base.layers[0].input, dense(1)(base.layers[0].output)), X, X[:, :1], mse

    @case
    def graph_unused_input():
        x, z = inputs((4,), name="x"), inputs((4,), name="z")
        return k.Model([x, z], dense(1)(x)), [X, X], X[:, :1], mse

    @case
    def graph_input_as_output():
        x = inputs((4,), name="x")
        return k.Model(x, [x, dense(2)(x)]), X, [X, X[:, :2]], mse

    @case
    def graph_same_output_twice():
        x = inputs((4,))
        y = dense(2, name="y")(x)
        return k.Model(x, [y, y]), X, None, None

    @case
    def graph_training_argument():
        x = inputs((4,))
        return k.Model(x, dense(2)(layers.Dropout(0.0)(x))), X, X[:, :2], mse

    @case
    def graph_frozen_part():
        x = inputs((4,))
        inner = k.Model(x, dense(4)(x), name="inner")
        inner.trainable = False
        y = inputs((4,))
        return k.Model(y, dense(2)(inner(y))), X, X[:, :2], mse

    @case
    def graph_integers():
        x = inputs((3,), dtype="int32")
        return k.Model(x, dense(2)(ops.cast(x, "float32"))), data(8, 3, high=5), X[:, :2], mse

    @case
    def graph_merges():
        a, b = inputs((4,)), inputs((4,))
        parts = [
            layers.Add()([a, b]), layers.Subtract()([a, b]), layers.Multiply()([a, b]), layers.Average()([a, b]),
            layers.Maximum()([a, b]), layers.Minimum()([a, b]), layers.Dot(axes=1)([a, b]),
        ]  # fmt: skip
        return k.Model([a, b], dense(2)(layers.concatenate(parts))), [X, X[::-1].copy()], X[:, :2], mse

    @case
    def graph_activations():
        x = inputs((4,))
        y = layers.ReLU(max_value=6.0)(dense(4)(x))
        y = layers.LeakyReLU(negative_slope=0.2)(dense(4)(y))
        y = layers.PReLU()(layers.ELU(alpha=0.5)(dense(4)(y)))
        return k.Model(x, layers.Softmax()(y)), X, X, mse

    @case
    def graph_noise_off():
        x = inputs((4,))
        y = layers.GaussianNoise(0.0)(layers.ActivityRegularization(l2=0.1)(dense(4)(x)))
        return k.Model(x, layers.UnitNormalization()(layers.Identity()(y))), X, X, mse

    @case
    def graph_einsum():
        x = inputs((5, 3))
        return (
            k.Model(x, layers.EinsumDense("abc,cd->abd", output_shape=(5, 2), bias_axes="d")(x)),
            X3,
            X3[:, :, :2],
            mse,
        )

    @case
    def graph_masking():
        x = inputs((5, 3))
        return k.Model(x, dense(2)(layers.Masking(mask_value=0.0)(x))), X3, X3[:, :, :2], mse

    @case
    def graph_normalization():
        x = inputs((4,))
        return k.Model(x, dense(2)(layers.LayerNormalization()(layers.BatchNormalization()(x)))), X, X[:, :2], mse

    @case
    def graph_pooling():
        x = inputs((6, 6, 2))
        y = layers.MaxPooling2D()(layers.ZeroPadding2D(1)(x))
        return k.Model(x, dense(2)(layers.GlobalAveragePooling2D()(y))), IMAGES, X[:, :2], mse

    @case
    def graph_embedding():
        x = inputs((3,), dtype="int32")
        return k.Model(x, dense(2)(layers.Flatten()(layers.Embedding(6, 4)(x)))), data(8, 3, high=6), X[:, :2], mse

    @case
    def graph_convolution():
        x = inputs((6, 6, 2))
        y = layers.Conv2D(3, 3, activation="relu", padding="same")(x)
        return k.Model(x, dense(2)(layers.Flatten()(y))), IMAGES, X[:, :2], mse

    @case
    def graph_cloned():
        x = inputs((4,))
        model = k.Model(x, dense(2, name="b")(dense(3, name="a")(x)), name="original")
        return k.models.clone_model(model), X, X[:, :2], mse

    @case
    def graph_from_config():
        x = inputs((4,))
        shared = dense(4, name="shared")
        model = k.Model(x, dense(2, name="b")(shared(shared(x)) * 0.5), name="original")
        return k.Model.from_config(model.get_config()), X, X[:, :2], mse

    # -- subclasses

    @case
    def subclass():
        class Regression(k.Model):
            def __init__(self):
                super().__init__(name="regression")
                self.hidden = dense(5, activation="relu", name="hidden")
                self.last = dense(2, name="last")

            def call(self, x):
                return self.last(self.hidden(x))

        model = Regression()
        model(X)
        return model, X, X[:, :2], mse

    @case
    def subclass_of_lists_and_dicts():
        class Stack(k.Model):
            def __init__(self):
                super().__init__(name="stack")
                self.blocks = [dense(4, name=f"block{i}") for i in range(3)]
                self.heads = {"a": dense(2, name="head_a"), "b": dense(1, name="head_b")}

            def call(self, x):
                for block in self.blocks:
                    x = ops.tanh(block(x))
                return {name: head(x) for name, head in self.heads.items()}

        model = Stack()
        model(X)
        return model, X, {"a": X[:, :2], "b": X[:, :1]}, mse

    @case
    def subclass_with_state():
        class Counting(k.Model):
            def __init__(self):
                super().__init__(name="counting")
                self.dense = dense(2, name="dense")

            def build(self, input_shape):
                self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")
                self.dense.build(input_shape)

            def call(self, x, training=False):
                if training:
                    self.calls.assign_add(1.0)
                return self.dense(x)

        model = Counting()
        model(X)
        return model, X, X[:, :2], mse

    @case
    def subclass_of_a_graph():
        class Graph(k.Model):
            def __init__(self, units=3):
                x = inputs((4,), name="x")
                super().__init__(inputs=x, outputs=dense(units, name="d")(x), name="graph")

        return Graph(), X, X[:, :3], mse

    @case
    def subclass_in_a_graph():
        class Block(k.layers.Layer):
            def __init__(self, units, **kwargs):
                super().__init__(**kwargs)
                self.inner = dense(units, name="inner")

            def build(self, input_shape):
                self.inner.build(input_shape)

            def call(self, x):
                return x + self.inner(x)

        x = inputs((4,))
        return k.Model(x, dense(1)(Block(4, name="block")(x))), X, X[:, :1], mse

    return found


def fill(model):
    """Give the weights values that do not depend on a library's random numbers."""
    model.set_weights([0.5 * data(*w.shape, seed=i) for i, w in enumerate(model.get_weights())])


def plain(value):
    """Outputs as nested lists."""
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(x) for x in value]
    return np.asarray(value, "float64").round(7).tolist()


def described(k, make):
    """What the tests compare of one case."""
    k.utils.clear_session()
    model, x, y, compiled = make()
    lines = []
    model.summary(
        print_fn=lambda text, **_: lines.append(text), line_length=110, expand_nested=True, show_trainable=True
    )
    found = {"summary": "\n".join(lines), "weights": [[w.path, list(w.shape), w.trainable] for w in model.weights]}
    found["layers"] = [[type(layer).__name__, layer.name] for layer in model.layers]
    if "Regression" not in str(type(model)) and not make.__name__.startswith("subclass"):
        found["config"] = json.loads(model.to_json())["config"]
    if x is not None:
        fill(model)
        found["outputs"] = plain(model(x))
        found["predictions"] = plain(model.predict(x, verbose=0))
    if compiled is not None:
        model.compile(k.optimizers.Adam(0.01), **compiled)
        logs = [model.train_on_batch(x, y, return_dict=True) for _ in range(5)]
        found["logs"] = [{name: float(value) for name, value in sorted(log.items())} for log in logs]
        found["trained"] = [float(np.abs(w).sum()) for w in model.get_weights()]
    return found


def main():
    """Write the values of Keras."""
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    made = {name: described(keras, make) for name, make in cases(keras).items()}
    with gzip.GzipFile(VALUES, "wb", mtime=0) as file:
        file.write(json.dumps(made, sort_keys=True, separators=(",", ":")).encode())
    print(f"{len(made)} models")


if __name__ == "__main__":
    main()
