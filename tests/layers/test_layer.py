"""The base of layers: building, weights, tracking, losses, the training argument, configuration."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import layers, metrics, ops

X = np.arange(12, dtype="float32").reshape(3, 4)


class Scale(layers.Layer):
    def __init__(self, start="ones", **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), self.start, name="factor")

    def call(self, x):
        return x * self.factor


# -- building


def test_the_first_call_builds():
    layer = Scale()
    assert not layer.built and layer.weights == []
    assert np.array_equal(layer(X), X)
    assert layer.built and layer.factor.shape == (4,)
    assert layer.get_build_config() == {"input_shape": (3, 4)}
    assert layer(ckeras.Input((4,))).shape == (None, 4)


def test_build_called_by_hand_counts_as_built():
    class Outer(layers.Layer):
        def build(self, input_shape):
            self.inner = Scale()
            self.inner.build(input_shape)

        def call(self, x):
            return self.inner(x)

    outer = Outer()
    outer(X)
    outer(X)
    assert outer.inner.built and len(outer.weights) == 1
    layer = Scale()
    layer.build((None, 7))
    assert layer.built and layer.factor.shape == (7,) and layer.get_build_config() == {"input_shape": (None, 7)}
    other = Scale()
    other.build_from_config(layer.get_build_config())
    assert other.factor.shape == (7,)


def test_build_gets_the_structure_of_the_input():
    class Sum(layers.Layer):
        def build(self, input_shape):
            self.shapes = input_shape

        def call(self, x):
            return x["a"] + x["b"] if isinstance(x, dict) else x[0] + x[1]

    layer = Sum()
    layer([X, X])
    assert list(layer.shapes) == [(3, 4), (3, 4)]
    layer = Sum()
    layer({"a": X, "b": X})
    assert layer.shapes == {"a": (3, 4), "b": (3, 4)}


def test_build_gets_the_shapes_of_several_arguments_by_name():
    class Between(layers.Layer):
        def build(self, left_shape, right_shape):
            self.weight = self.add_weight((left_shape[-1], right_shape[-1]))

        def call(self, left, right):
            return ops.matmul(ops.matmul(left, self.weight), ops.transpose(right))

    assert Between()(X, X[:2, :3]).shape == (3, 2)
    assert Between()(X, right=X[:2, :3]).shape == (3, 2)


def test_weights_are_made_outside_of_what_is_traced_around_them():
    layer = Scale("glorot_uniform")

    @ckeras.function
    def use(x):
        return layer(x)

    first = use(X)
    assert np.any(first.numpy())
    assert np.array_equal(use(X), first)


def test_a_build_that_fails_can_be_tried_again():
    layer = layers.Dense(3)
    with pytest.raises(ValueError, match="dense"):
        layer(np.ones(4, "float32"))
    assert not layer.built
    assert layer(X).shape == (3, 3)


# -- add_weight


def test_add_weight():
    layer = layers.Layer(name="mine")
    a = layer.add_weight((2, 3), name="a")
    b = layer.add_weight(shape=[2], initializer="ones", dtype="int32", trainable=False, name="b")
    c = layer.add_weight()
    d = layer.add_weight((2,), dtype="bool")
    assert (a.shape, a.dtype, a.trainable, a.path) == ((2, 3), "float32", True, "mine/a")
    assert (b.shape, b.dtype, b.trainable) == ((2,), "int32", False) and b.numpy().tolist() == [1, 1]
    assert c.shape == () and d.numpy().tolist() == [False, False]
    assert np.any(a.numpy())  # Glorot's for floats
    assert [v is w for v, w in zip(layer.weights, (a, c, d, b), strict=True)] == [True] * 4


@pytest.mark.parametrize("shape", [3, (None, 2), "ab", (1.5,), ((2, 3),)])
def test_add_weight_of_a_bad_shape(shape):
    with pytest.raises(ValueError, match="layer 'mine': add_weight expects shape"):
        layers.Layer(name="mine").add_weight(shape)


def test_add_weight_of_bad_parts():
    layer = layers.Layer()
    for options in ({"initializer": "nope"}, {"regularizer": "nope"}, {"constraint": "nope"}):
        with pytest.raises(ValueError, match="nope"):
            layer.add_weight((2,), **options)


def test_initializer_may_be_a_function():
    layer = layers.Layer()
    weight = layer.add_weight((2, 2), initializer=lambda shape, dtype=None: np.full(shape, 7.0, dtype))
    assert weight.numpy().tolist() == [[7, 7], [7, 7]]


# -- tracking


def test_layers_and_variables_in_lists_dicts_and_private_attributes_are_tracked():
    class Holder(layers.Layer):
        def __init__(self):
            super().__init__()
            self.several = [Scale(name="a"), Scale(name="b")]
            self.named = {"k": Scale(name="c")}
            self._hidden = [Scale(name="d")]
            self.direct = Scale(name="e")
            self.pair = (Scale(name="f"), 3)
            self.deep = [[Scale(name="g")]]
            self.late = []
            self.late.append(Scale(name="h"))

        def call(self, x):
            every = [*self.several, *self.named.values(), *self._hidden, self.direct]
            for layer in [*every, self.pair[0], self.deep[0][0], self.late[0]]:
                x = layer(x)
            return x

    holder = Holder()
    holder(X)
    assert [v.path.split("/")[1] for v in holder.weights] == list("abcdefgh")
    assert all(v.path == f"{holder.name}/{v.path.split('/')[1]}/factor" for v in holder.weights)


def test_variables_as_attributes():
    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.fixed = ckeras.Variable(1.0, trainable=False)
            self.free = ckeras.Variable(2.0)
            self.some = [ckeras.Variable(3.0)]

    layer = Own()
    assert [float(v) for v in layer.weights] == [2.0, 1.0, 3.0]
    assert [float(v) for v in layer.trainable_weights] == [2.0, 3.0]
    assert layer.free.path == layer.free.name and layer.free.name.startswith("variable")


def test_weights_come_in_the_order_of_keras():
    """Trainable ones first, then the others, then those of the layers inside; however they are frozen later."""

    class Mixed(layers.Layer):
        def build(self, input_shape):
            self.a = self.add_weight((1,), trainable=False, name="a")
            self.inner = layers.Dense(1)
            self.inner.build(input_shape)
            self.b = self.add_weight((2,), name="b")
            self.c = self.add_weight((3,), trainable=False, name="c")
            self.d = self.add_weight((4,), name="d")

        def call(self, x):
            return self.inner(x)

    layer = Mixed()
    layer(X)
    assert [v.name for v in layer.weights] == ["b", "d", "a", "c", "kernel", "bias"]
    assert [v.name for v in layer.trainable_weights] == ["b", "d", "kernel", "bias"]
    assert [v.name for v in layer.non_trainable_weights] == ["a", "c"]
    layer.trainable = False
    assert [v.name for v in layer.weights] == ["b", "d", "a", "c", "kernel", "bias"]
    assert layer.trainable_weights == []


def test_an_attribute_that_is_replaced_or_deleted_is_forgotten():
    class Holder(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = layers.Dense(1), layers.Dense(2), [layers.Dense(3)]

    holder = Holder()
    holder.a = layers.Dense(4)
    del holder.b
    assert [layer.units for layer in holder.layers] == [3, 4]
    holder.c = None
    holder.same = holder.a
    del holder.same
    assert [layer.units for layer in holder.layers] == [4]


def test_a_layer_that_is_kept_twice_counts_once():
    class Twice(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.a = layers.Dense(2)
            self.b = self.a
            self.c = [self.a]

        def call(self, x):
            return self.c[0](self.b(x[:, :2]))

    model = Twice()
    model(X)
    assert len(model.weights) == 2 and len(model.layers) == 1


def test_metrics_and_random_generators_are_tracked():
    class Holder(layers.Layer):
        def __init__(self):
            super().__init__()
            self.mean, self.more = metrics.Mean(name="mean"), [metrics.Sum(name="sum")]
            self.inner, self.drop = layers.Dropout(0.5), Scale()

        def call(self, x):
            return self.drop(self.inner(x))

    layer = Holder()
    layer(X)
    assert [m.name for m in layer.metrics] == ["mean", "sum"]
    assert len(layer.metrics_variables) == 3
    assert len(layer.weights) == 1  # neither metrics nor seeds are weights
    assert len(layer.variables) == 1 + 3 + 1


def test_super_init_is_missed():
    class Early(layers.Layer):
        def __init__(self):
            self.inner = layers.Dense(1)

    class Never(layers.Layer):
        def __init__(self):
            self.number = 1

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match="super"):
        Early()(X)
    with pytest.raises(RuntimeError, match="super"):
        Never()(X)


def test_no_call():
    class Nothing(layers.Layer):
        pass

    with pytest.raises(NotImplementedError, match="Nothing has no call"):
        Nothing()(X)


# -- get_weights and set_weights


def test_get_and_set_weights():
    layer = layers.Dense(2)
    assert layer.get_weights() == []
    layer.build((None, 3))
    given = [np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0])]
    layer.set_weights(given)
    for a, b in zip(layer.get_weights(), given, strict=True):
        assert np.array_equal(a, b) and a.dtype == "float32"
    layer.get_weights()[0][:] = 99  # copies
    assert layer.get_weights()[0].max() == 5


@pytest.mark.parametrize(
    "given, words",
    [
        ([], "has 2 weights, and set_weights got 0"),
        ([np.ones((3, 2))], "has 2 weights, and set_weights got 1"),
        ([np.ones((3, 2)), np.ones(2), np.ones(1)], "got 3"),
        ([np.ones((3, 2)), np.ones(3)], r"'dense/bias' has shape \(2,\), set_weights got \(3,\)"),
        ([np.ones((2, 3)), np.ones(2)], r"'dense/kernel' has shape \(3, 2\), set_weights got \(2, 3\)"),
        ([np.ones((3, 2)), "ab"], "bias|shape"),
    ],
)
def test_set_weights_that_do_not_fit_changes_nothing(given, words):
    layer = layers.Dense(2, name="dense")
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=words):
        layer.set_weights(given)
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_set_weights_that_are_no_numbers_changes_nothing():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises((TypeError, ValueError)):
        layer.set_weights([np.ones((3, 2)), np.array(["a", "b"])])
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_count_params():
    layer = layers.Dense(2)
    with pytest.raises(ValueError, match="is not built"):
        layer.count_params()
    layer(X)
    assert layer.count_params() == 10


# -- trainable


def test_trainable_reaches_the_weights():
    layer = layers.Dense(2, trainable=False)
    layer.build((None, 3))
    assert layer.trainable_weights == [] and not layer.kernel.trainable
    layer.trainable = True
    assert len(layer.trainable_weights) == 2 and layer.kernel.trainable
    layer.kernel.trainable = False
    assert [v.name for v in layer.trainable_weights] == ["bias"]
    assert [v.name for v in layer.non_trainable_weights] == ["kernel"]


def test_trainable_before_and_after_building():
    layer = layers.Dense(2)
    layer.trainable = False
    layer.build((None, 3))
    assert layer.trainable_variables == []
    layer.trainable = True
    assert len(layer.trainable_variables) == 2


def test_trainable_of_the_outer_layer_is_that_of_the_inner_ones():
    inner = ckeras.Sequential([layers.Dense(3)])
    outer = ckeras.Sequential([ckeras.Input((4,)), inner, layers.Dense(1)])
    inner.trainable = False
    assert len(outer.trainable_weights) == 2 and not inner.layers[0].trainable
    outer.trainable = True
    assert inner.layers[0].trainable and len(outer.trainable_weights) == 4
    outer.trainable = False
    assert outer.trainable_weights == [] and len(outer.non_trainable_weights) == 4
    inner.trainable = True
    assert outer.trainable_weights == []  # as long as the outer one is not


# -- losses


def test_add_loss_and_regularizers():
    class Pull(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            self.add_loss([ops.mean(x), 2.0])
            return x

    layer = Pull()
    for factor in (1, 2):
        layer(factor * X)
        assert [float(loss) for loss in layer.losses] == [factor * 66.0, factor * 5.5, 2.0]
    dense = layers.Dense(
        2,
        kernel_regularizer=ckeras.regularizers.L1(0.5),
        bias_regularizer="l2",
        activity_regularizer=ckeras.regularizers.L2(1.0),
    )
    dense.build((None, 4))
    dense.set_weights([np.ones((4, 2)), np.array([1.0, 3.0])])
    dense(X)
    rows = X.sum(1, keepdims=True) + [[1.0, 3.0]]
    np.testing.assert_allclose([float(loss) for loss in dense.losses], [(rows**2).sum() / 3, 4.0, 0.1], rtol=1e-5)
    dense.trainable = False
    assert len(dense.losses) == 1


def test_losses_of_a_model_are_those_of_its_last_call():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(2, activity_regularizer="l2")])
    for factor in (1, 2, 1):
        y = model(factor * X).numpy()
        (loss,) = model.losses
        assert float(loss) == pytest.approx(0.01 * (y**2).sum() / 3, rel=1e-5)
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)
    assert model.losses == []


# -- the training argument


class Seen(layers.Layer):
    def call(self, x, training=None):
        self.seen = training
        return x


def test_training_is_that_of_the_call_else_of_the_enclosing_call():
    class Outer(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.inner, self.inference = Seen(), Seen()
            self.chain = ckeras.Sequential([Seen()])

        def call(self, x):  # takes none itself
            return self.chain(self.inference(self.inner(x), training=False))

    outer = Outer()
    for training in (True, False):
        outer(X, training=training)
        assert outer.inner.seen is training
        assert outer.chain.layers[0].seen is training
        assert outer.inference.seen is False
    outer(X)
    assert outer.inner.seen is None


def test_training_as_positional_argument_and_by_default():
    class Double(layers.Layer):
        def call(self, x, training=True):
            return 2 * x if training else x

    layer = Double()
    for result, factor in [
        (layer(X), 2),
        (layer(X, False), 1),
        (layer(X, True), 2),
        (layer(X, training=False), 1),
        (layer(X, training=None), 2),
    ]:
        assert np.array_equal(result, factor * X)
    model = ckeras.Sequential([ckeras.Input((4,)), Double()])
    assert np.array_equal(model(X), 2 * X)
    assert np.array_equal(model(X, training=False), X)
    assert np.array_equal(model.predict(X, verbose=0), X)


def test_a_call_accepts_training_for_a_layer_that_takes_none():
    assert np.array_equal(Scale()(X, training=True), X)


def test_fit_trains_and_evaluate_and_predict_do_not():
    class Bias(layers.Layer):
        def call(self, x, training=None):
            return x + 1 if training else x

    model = ckeras.Sequential([ckeras.Input((4,)), layers.Activation("linear"), Bias()])
    model.trainable = False
    model.compile("sgd", "mse")
    assert model.evaluate(X, X, verbose=0) == 0
    with pytest.warns(UserWarning, match="no trainable"):
        assert model.fit(X, X, verbose=0).history["loss"] == [1.0]
    assert np.array_equal(model.predict(X, verbose=0), X)


# -- dtypes


def test_float_inputs_take_the_dtype_of_the_layer():
    assert layers.Dense(2)(X.astype("float64")).dtype == "float32"
    layer = layers.Dense(2, dtype="float64")
    assert layer(X).dtype == "float64" and layer.kernel.dtype == "float64"
    assert (layer.dtype, layer.compute_dtype, layer.variable_dtype) == ("float64",) * 3
    assert Seen()(np.ones(3, "int32")).dtype == "int32"

    class Kept(layers.Layer):
        def call(self, x):
            return x

    assert Kept(autocast=False)(X.astype("float64")).dtype == "float64"


# -- names


def test_names_count_up():
    first, second = layers.Dense(1), layers.Dense(1)
    number = int(first.name.rpartition("_")[2]) if "_" in first.name else 0
    assert second.name == f"dense_{number + 1}"
    assert layers.Dense(1, name="mine").name == "mine"

    class MyDense2D(layers.Layer):
        pass

    assert MyDense2D().name == "my_dense2d"


@pytest.mark.parametrize("name", [1, "a/b", ["a"]])
def test_bad_names(name):
    with pytest.raises(ValueError, match="name to be a string"):
        layers.Dense(1, name=name)


def test_unknown_arguments():
    with pytest.raises(ValueError, match="Dense got unknown arguments: 'unit'"):
        layers.Dense(1, unit=3)


# -- configuration


SHIPPED = [
    lambda: layers.Dense(3),
    lambda: layers.Dense(
        3,
        "relu",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer="l2",
        activity_regularizer=ckeras.regularizers.L1L2(0.1, 0.2),
        kernel_constraint="non_neg",
        name="mine",
        trainable=False,
        dtype="float64",
    ),
    lambda: layers.Dense(3, bias_initializer=ckeras.initializers.Constant(2.0), bias_regularizer="l1"),
    lambda: layers.Dense(3, lora_rank=2, lora_alpha=0.5),
    lambda: layers.Activation("softmax"),
    lambda: layers.Activation(ckeras.activations.tanh, name="mine"),
    lambda: layers.Dropout(0.3, noise_shape=(None, 1), seed=3),
    lambda: layers.Flatten(data_format="channels_first"),
    lambda: layers.InputLayer((3, None), batch_size=2, dtype="int32", name="mine"),
]


@pytest.mark.parametrize("make", SHIPPED)
def test_config_of_shipped_layers_makes_an_equal_layer(make):
    layer = make()
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config
    serialized = layers.serialize(layer)
    assert sorted(serialized) == ["class_name", "config", "module", "registered_name"]
    assert layers.deserialize(serialized).get_config() == config
    if not isinstance(layer, layers.InputLayer):
        assert again(X).shape == layer(X).shape
        assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]


@pytest.mark.parametrize("cls", [layers.Dense, layers.Dropout, layers.Flatten, layers.Activation, layers.InputLayer])
def test_config_holds_every_argument(cls):
    made = {layers.Dense: (3,), layers.Dropout: (0.1,), layers.Activation: ("relu",), layers.InputLayer: ((3,),)}
    config = cls(*made.get(cls, ())).get_config()
    given = set(inspect.signature(cls).parameters) - {"kwargs"}
    optional = {"activity_regularizer", "lora_rank", "lora_alpha", "shape", "batch_size", "input_tensor"}
    assert given - optional <= set(config)


def test_config_of_a_layer_without_get_config():
    class Mine(layers.Layer):
        def __init__(self, size, kind="a", **kwargs):
            super().__init__(**kwargs)
            self.size, self.kind = size, kind

    layer = Mine(3, name="mine")
    dtype = ckeras.dtype_policies.serialize(layer.dtype_policy)
    assert layer.get_config() == {"name": "mine", "trainable": True, "dtype": dtype, "size": 3, "kind": "a"}
    again = Mine.from_config(layer.get_config())
    assert (again.size, again.kind, again.name) == (3, "a", "mine")
    with pytest.raises(NotImplementedError, match=r"Mine has arguments that are not plain values.*'size'"):
        Mine(layers.Dense(1)).get_config()
    with pytest.raises(TypeError, match="size"):
        Mine()


def test_copies_and_pickles():
    layer = layers.Dense(3, "relu", kernel_regularizer="l2")
    expected = layer(X).numpy()
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(twin(X), expected)
        assert twin.get_config() == layer.get_config()
        twin.set_weights([0 * w for w in twin.get_weights()])
        assert np.array_equal(layer(X), expected)
        assert len(twin.weights) == 2 and twin.weights[0] is twin.kernel


# -- input specs


def test_input_spec():
    class Strict(layers.Layer):
        def __init__(self, spec):
            super().__init__()
            self.input_spec = spec

        def call(self, x):
            return x if not isinstance(x, list) else x[0]

    spec = layers.InputSpec
    fits = [
        spec(ndim=2),
        spec(shape=(None, 4)),
        spec(axes={-1: 4}),
        spec(dtype="float32"),
        spec(min_ndim=1, max_ndim=2),
    ]
    for one in fits:
        assert Strict(one)(X).shape == (3, 4)
    wrong = [
        (spec(ndim=3), "expected 3 axes, got 2"),
        (spec(shape=(None, 5)), r"expected shape \(None, 5\), got \(3, 4\)"),
        (spec(axes={1: 5}), "expected axis 1 of input shape to have value 5"),
        (spec(dtype="int32"), "expected dtype int32, got float32"),
        (spec(min_ndim=3), "at least 3 axes"),
        (spec(max_ndim=1), "at most 1 axes"),
    ]
    for one, words in wrong:
        with pytest.raises(ValueError, match=f"layer 'strict.*{words}"):
            Strict(one)(X)
    with pytest.raises(ValueError, match="expects 2 inputs, got 1"):
        Strict([spec(ndim=2), spec(ndim=2)])(X)
    assert Strict([spec(ndim=2), spec(ndim=2)])([X, X]).shape == (3, 4)


def test_symbolic_calls_leave_the_state():
    class Count(layers.Layer):
        def __init__(self):
            super().__init__()
            self.calls = self.add_weight((), "zeros", trainable=False)

        def call(self, x):
            self.calls.assign_add(1)
            return x

    layer = Count()
    out = layer(ckeras.Input((4,)))
    assert out.shape == (None, 4) and layer.output is out
    assert layer.compute_output_shape((None, 7)) == (None, 7)
    assert float(layer.calls) == 0
    layer(X)
    assert float(layer.calls) == 1


def test_names_and_paths_of_variables():
    """As Keras 3.15 names them."""

    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = ckeras.Variable(1.0), self.add_weight((2,))
            self.dense, self.seeds = layers.Dense(2), ckeras.random.SeedGenerator(1)

        def build(self, shape):
            self.third, self.named = self.add_weight((2,)), ckeras.Variable(3.0, name="named")
            self.dense.build(shape)

    ckeras.utils.clear_session()
    layer = Own()
    layer.build((None, 3))
    assert [v.path for v in layer.variables] == [
        "own/variable_1", "variable", "own/variable_2", "own/named", "seed_generator/seed_generator_state",
        "own/dense/kernel", "own/dense/bias",
    ]  # fmt: skip
    optimizer = ckeras.optimizers.SGD(momentum=0.5)
    optimizer.build(layer.trainable_variables[:2])
    assert [v.path for v in optimizer.variables[2:]] == ["sgd/own_variable_1_momentum", "sgd/variable_momentum"]
    assert [v.path for v in layers.Dropout(0.5).variables] == ["seed_generator_1/seed_generator_state"]
