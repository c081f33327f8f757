"""ONNX files compute in ONNX Runtime what the models compute, whatever these are made of, for any size left open."""

import os
import sys

import exchange
import exchange_models
import numpy as np
import onnx
import onnxruntime
import pytest

import ckeras
from ckeras import Model, Sequential, layers, ops

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = 1
OPTIONS.log_severity_level = 3
TOLERANCE = 1e-5


def run(path, *inputs):
    """The results of an ONNX file."""
    session = onnxruntime.InferenceSession(path, OPTIONS, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip((x.name for x in session.get_inputs()), inputs, strict=True)))


def check(model, *batches, **options):
    """Export a model, and compare what it predicts for each of several batches: a list of arrays."""
    model.export("m.onnx", format="onnx", verbose=False, **options)
    for batch in batches:
        expected = model.predict(batch[0] if len(batch) == 1 else list(batch), verbose=0)
        found = run("m.onnx", *batch)
        expected = expected if isinstance(expected, list) else [expected]
        for y, z in zip(expected, found, strict=True):
            assert y.dtype == z.dtype
            assert exchange.difference(y, z) <= TOLERANCE


def numbers(*shape):
    return np.random.default_rng(len(shape)).uniform(-1, 1, shape).astype("float32")


@pytest.mark.parametrize("name", exchange_models.names(ckeras))
def test_every_model_of_the_exchange_matrix(name):
    model = exchange_models.compiled(ckeras, name)
    x, _ = exchange_models.data(model)
    check(model, x, [a[:1] for a in x])


def test_names_and_open_sizes(capsys):
    x = layers.Input((3,), name="x")
    model = Model(x, layers.Dense(2, name="d")(x), name="m")
    model.export("m.onnx", format="onnx")
    graph = onnx.load("m.onnx").graph
    (given,), (made,) = graph.input, graph.output
    sizes = [[d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in (given, made)]
    assert (given.name, made.name, sizes) == ("x", "d_output", [["batch", 3], ["batch", 2]])
    assert {v.name for v in graph.initializer} == {"d/kernel", "d/bias"}
    assert "exported to 'm.onnx'" in capsys.readouterr().out


def sequences():
    """Models of sequences whose length is open."""
    yield [layers.Conv1D(3, 3, padding="same", strides=2), layers.GlobalMaxPooling1D()]
    yield [layers.LSTM(3, return_sequences=True), layers.GRU(2)]
    yield [layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True)), layers.TimeDistributed(layers.Dense(2))]
    yield [layers.Masking(), layers.LSTM(3, return_sequences=True, go_backwards=True), layers.LSTM(2)]
    yield [layers.MaxPooling1D(2, padding="same"), layers.AveragePooling1D(3, strides=1), layers.UpSampling1D(2)]
    yield [layers.Conv1DTranspose(2, 3, strides=2), layers.BatchNormalization(), layers.Activation("gelu")]
    yield [layers.Lambda(lambda x: x[:, -1] + ops.mean(x, 1) / ops.cast(ops.shape(x)[1], "float32"))]
    yield [layers.Lambda(lambda x: ops.reshape(x[:, ::-1], (-1, x.shape[1] * x.shape[2]))[:, :4])]
    yield [layers.Lambda(lambda x: x + ops.expand_dims(ops.arange(x.shape[1], dtype="float32"), -1))]
    yield [layers.Lambda(lambda x: ops.pad(x, ((0, 0), (2, 3), (0, 0)), mode="reflect"))]
    yield [
        layers.Reshape((-1,)),
        layers.MelSpectrogram(num_mel_bins=4, fft_length=16, sequence_length=8, sequence_stride=4),
    ]
    yield [
        layers.MaxPooling1D(4, padding="same"),
        layers.Conv1D(2, 3, strides=4, padding="same"),
        layers.Permute((2, 1)),
    ]


@pytest.mark.parametrize("stack", list(sequences()), ids=lambda stack: type(stack[0]).__name__)
def test_the_length_of_sequences_is_open(stack):
    model = Sequential([layers.Input((None, 4)), *stack])
    check(model, [numbers(2, 12, 4)], [numbers(3, 7, 4)])


def test_causal_attention_of_sequences_of_any_length():
    a, b = layers.Input((None, 4)), layers.Input((None, 4))
    x = layers.MultiHeadAttention(2, 3)(a, a, use_causal_mask=True)
    x = layers.MultiHeadAttention(2, 3)(x, b)
    x = layers.LayerNormalization()(x + layers.GroupQueryAttention(3, 4, 2)(x, b))
    x = layers.Attention(use_scale=True)([x, x], use_causal_mask=True) + layers.AdditiveAttention()([x, b])
    model = Model([a, b], x)
    check(model, [numbers(2, 5, 4), numbers(2, 3, 4)], [numbers(3, 8, 4), numbers(3, 8, 4)])


def test_images_of_any_size_and_multiples_of_32():
    x = layers.Input((None, None, 3))
    half = layers.MaxPooling2D()(layers.Conv2D(4, 3, padding="same", activation="relu")(x))
    up = layers.Conv2DTranspose(4, 2, strides=2)(half)
    model = Model(x, layers.Conv2D(2, 1, activation="softmax")(layers.Concatenate()([up, x])))  # sizes have to be even
    check(model, [numbers(1, 32, 64, 3)], [numbers(2, 96, 32, 3)])


def test_sizes_that_inputs_share():
    a, b = layers.Input((None, None, 3), name="a"), layers.Input((None, None, 3), name="b")
    y = ops.transpose(a + layers.Conv2D(3, 3, padding="same")(b), (0, 2, 1, 3))
    model = Model([a, b], y)
    check(model, [numbers(2, 5, 7, 3), numbers(2, 5, 7, 3)])
    sizes = [
        [d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] for x in onnx.load("m.onnx").graph.input
    ]
    assert sizes == [["batch", "a_1", "a_2", 3]] * 2


class Own(layers.Layer):
    """A layer written in ops, with weights, loops and branches."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
        self.table = self.add_weight(shape=(5, shape[-1]), initializer="normal", name="table")

    def call(self, x):
        rounds = ops.fori_loop(0, 3, lambda i, y: y * self.scale + ops.cast(i, y.dtype), x)
        chosen = ops.cond(ops.sum(x) > 0, lambda: rounds + 1, lambda: rounds - self.table[0])
        halved = ops.while_loop(lambda y: ops.max(y) > 1, lambda y: (y / 2,), (ops.abs(x) * 5,))[0]
        values, indices = ops.top_k(chosen, 2)
        order = ops.take(self.table, ops.argmax(chosen, -1) % 5, axis=0)
        _, sums = ops.scan(lambda c, r: (c + r, c * r), ops.zeros_like(x[:, 0]), ops.transpose(x), reverse=True)
        return {
            "chosen": chosen, "halved": halved, "values": values, "indices": indices,
            "rows": ops.concatenate([order, ops.sort(x), ops.cumsum(x, 1)], -1), "sums": sums,
        }  # fmt: skip


class Nested(layers.Layer):
    """Loops and branches inside others, which read what is computed outside."""

    def call(self, x):
        outside, scale = ops.exp(x), ops.sum(x * x)

        def inner(j, y):
            return ops.cond(ops.sum(y) > scale, lambda: y / 2 + outside, lambda: y + ops.cast(j, y.dtype) * scale)

        return ops.fori_loop(0, 3, lambda i, y: ops.fori_loop(0, 2, inner, y - ops.cast(i, y.dtype)), x)


def test_loops_in_loops_and_names_that_are_taken():
    x = layers.Input((3,), name="matmul_1")
    y = Nested()(layers.Dense(3, name="matmul")(layers.Dense(3)(layers.Dense(3)(x))))
    check(Model(x, y), [numbers(2, 3)], [3 * numbers(5, 3)])
    assert next(x.name for x in onnx.load("m.onnx").graph.input) == "matmul_1"


class Subclass(Model):
    def __init__(self):
        super().__init__()
        self.own, self.last = Own(), layers.Dense(2)

    def call(self, inputs):
        found = self.own(inputs["a"])
        return self.last(found["chosen"] + found["halved"]), found["sums"] + inputs["b"][0, 0]


def test_layers_written_in_ops_and_results_by_name():
    x = layers.Input((4,), name="x")
    model = Model(x, Own()(x))
    model.export("m.onnx", format="onnx", verbose=False)
    for sign in (1, -1):
        given = sign * abs(numbers(3, 4))
        expected = {name: np.asarray(y) for name, y in model(given).items()}
        session = onnxruntime.InferenceSession("m.onnx", OPTIONS)
        names = [y.name for y in session.get_outputs()]
        assert names == sorted(expected)
        for name, y in zip(names, session.run(None, {"x": given}), strict=True):
            assert y.dtype == expected[name].dtype
            assert exchange.difference(expected[name], y) <= TOLERANCE


def test_subclassed_models():
    model = Subclass()
    given = {"a": numbers(3, 4), "b": numbers(3, 2)}
    expected = model(given)
    model.export("m.onnx", format="onnx", verbose=False)
    for y, z in zip(expected, run("m.onnx", given["a"], given["b"]), strict=True):
        assert exchange.difference(np.asarray(y), z) <= TOLERANCE


def test_a_signature_says_shapes_and_dtypes():
    model = Sequential([layers.Embedding(7, 3), layers.Flatten(), layers.Dense(2)])
    x = np.arange(8).reshape(2, 4) % 7
    model(x)
    check(model, [x.astype("int64")], input_signature=[ckeras.InputSpec(shape=(2, 4), dtype="int64")])
    (given,) = onnx.load("m.onnx").graph.input
    assert [d.dim_value for d in given.type.tensor_type.shape.dim] == [2, 4]
    check(model, [x.astype("int32")], [x[:1].astype("int32")], input_signature=[ckeras.KerasTensor((None, 4), "int32")])
    with pytest.raises(ValueError, match="InputSpecs with a shape and a dtype"):
        model.export("m.onnx", format="onnx", input_signature=[ckeras.InputSpec(shape=(2, 4))])
    with pytest.raises(TypeError, match="expects InputSpecs, symbolic tensors or tensors, got 3"):
        model.export("m.onnx", format="onnx", input_signature=[3])


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_quantized_models_stay_small(mode):
    model = Sequential([layers.Input((5,), dtype="int32"), layers.Embedding(99, 64), layers.Dense(64, "relu")])
    x = np.arange(20, dtype="int32").reshape(4, 5)
    check(model, [x])
    size = os.path.getsize("m.onnx")
    model.quantize(mode)
    check(model, [x], [x[:1]])
    assert os.path.getsize("m.onnx") < size / 2


def test_models_of_float8():
    model = Sequential([layers.Input((6,)), layers.Dense(8, "relu"), layers.Dense(3)])
    model.quantize("float8")
    check(model, [numbers(4, 6)])
    assert onnx.load("m.onnx").opset_import[0].version == 19


def test_models_of_narrow_floats():
    x = layers.Input((8, 8, 3))
    y = layers.Flatten()(layers.Conv2D(4, 3, activation="relu", dtype="mixed_float16")(x))
    model = Model(x, layers.Dense(2, "softmax", dtype="float32")(y))
    model.export("m.onnx", format="onnx", verbose=False)
    given = numbers(2, 8, 8, 3)
    np.testing.assert_allclose(run("m.onnx", given)[0], model.predict(given, verbose=0), atol=2e-3)


def test_a_published_architecture():
    model = ckeras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), alpha=0.35, include_top=False)
    rng = np.random.default_rng(0)
    for v in model.weights:
        v.assign(v + rng.uniform(0 if "variance" in v.path else -0.1, 0.1, v.shape).astype("float32"))
    given = numbers(2, 32, 32, 3)
    model.export("m.onnx", format="onnx", verbose=False)
    expected = model.predict(given, verbose=0)
    assert expected.std() > 0.01
    np.testing.assert_allclose(run("m.onnx", given)[0], expected, rtol=1e-4, atol=1e-5 * abs(expected).max())


def test_lookups():
    words, numbers_of = layers.Input((3,), dtype="string", name="words"), layers.Input((3,), dtype="int64", name="n")
    lookup = layers.StringLookup(vocabulary=["a", "\u00e9", "c"], mask_token="", output_mode="int")
    one_hot = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")
    integers = layers.IntegerLookup(vocabulary=[7, -3, 5], output_mode="count")
    buckets = layers.Discretization(bin_boundaries=[-2.0, 6.0])
    outputs = [
        lookup(words),
        one_hot(words),
        integers(numbers_of),
        buckets(numbers_of),
        layers.Embedding(5, 2)(lookup(words)),
    ]
    model = Model([words, numbers_of], outputs)
    text = np.array([["a", "", "\u00e9"], ["b", "c", "z"]], object)
    given = np.array([[7, 5, 0], [-3, -3, 8]])
    model.export("m.onnx", format="onnx", verbose=False)
    for y, z in zip(model.predict([text, given], verbose=0), run("m.onnx", text, given), strict=True):
        np.testing.assert_array_equal(y, z)


@pytest.mark.parametrize(
    "layer, why",
    [
        (layers.TextVectorization(vocabulary=["a"], output_sequence_length=2), "it computes in Python"),
        (layers.StringLookup(vocabulary=["a"], num_oov_indices=2), "ONNX has lookups with num_oov_indices=1 alone"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_strings_onnx_does_not_take(layer, why):
    x = layers.Input((1,), dtype="string")
    with pytest.raises(ValueError, match=f"Cannot export layer '.*' .*: {why}"):
        Model(x, layer(x)).export("m.onnx", format="onnx")


def test_other_versions_of_operators():
    model = Sequential([layers.Input((3,)), layers.Dense(2, "relu")])
    check(model, [numbers(2, 3)], opset_version=20)
    assert onnx.load("m.onnx").opset_import[0].version == 20
    with pytest.raises(ValueError, match="cannot convert the model from opset 18 to opset 1000"):
        model.export("m.onnx", format="onnx", opset_version=1000)


class Sampling(layers.Layer):
    def __init__(self):
        super().__init__()
        self.seeds = ckeras.random.SeedGenerator(1)

    def call(self, x):
        return x + ckeras.random.normal((2, 1, 3), seed=self.seeds)


class Asking(Model):
    def call(self, x):
        return x if float(ops.sum(x)) > 0 else -x


class Unrolled(layers.Layer):
    def call(self, x):
        return sum(x[:, i] for i in range(x.shape[1]))


@pytest.mark.parametrize(
    "layer, why",
    [
        (
            Sampling(),
            r"Cannot export .*: it assigns the variable '.*seed_generator_state', and an exported model has no",
        ),
        (Unrolled(), "Cannot export .*: which ops it calls depends on a size that is open; give it fixed sizes"),
        (layers.LSTM(2, stateful=True), "Cannot export .*: it assigns the variable '.*', and an exported model has no"),
        (layers.Lambda(lambda x: ops.svd(x)[1]), r"Cannot export layer 'lambda.*: there is no converter .* op 'svd'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_onnx_does_not_express_is_named_and_nothing_is_written(layer, why):
    x = layers.Input((None, 3), batch_size=2)
    with pytest.raises(ValueError, match=why):
        Model(x, layer(x)).export("m.onnx", format="onnx")
    assert os.listdir() == []


def test_a_model_that_needs_values():
    model = Asking()
    model(numbers(1, 3))
    with pytest.raises(ValueError, match=r"Cannot export .*: it asks for the value of a tensor at .*test_onnx.py:\d+"):
        model.export("m.onnx", format="onnx")
    with pytest.raises(ValueError, match="expects a model that is built"):
        Subclass().export("m.onnx", format="onnx")


def test_what_is_refused(monkeypatch):
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    with monkeypatch.context() as patch:
        patch.setattr("ckeras.export.onnx_model.MAX_BYTES", 10)
        with pytest.raises(ValueError, match="holds 10 bytes of weights at most, and it has 12"):
            model.export("m.onnx", format="onnx")
    with pytest.raises(ValueError, match=r"one of 'tf_saved_model', 'onnx', 'openvino', .*, got 'pmml'"):
        model.export("m", format="pmml")
    with pytest.raises(ValueError, match=r"export to onnx expects no options \['opset'\]"):
        model.export("m.onnx", format="onnx", opset=3)
    with pytest.raises(ValueError, match=r"'\.xml', got 'm\.onnx'"):
        model.export("m.onnx", format="openvino")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"ckeras\[onnx\]"):
        model.export("m.onnx", format="onnx")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ImportError, match=r"ckeras\[openvino\]"):
        model.export("m.xml", format="openvino")
