"""Sequential: adding and taking off layers, building late, shapes, configuration."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.random.default_rng(0).standard_normal((6, 4)).astype("float32")


def test_it_is_the_chain_of_its_layers():
    a, b = layers.Dense(3, "relu"), layers.Dense(2)
    model = ckeras.Sequential([ckeras.Input((4,)), a, b])
    np.testing.assert_allclose(model(X), b(a(X)), rtol=1e-6)
    assert model.layers == [a, b]
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 2))
    assert model.inputs[0].shape == (None, 4) and model.outputs[0].shape == (None, 2)
    assert [v.path for v in model.weights] == [f"{model.name}/{v.path.split('/', 1)[1]}" for v in model.weights]
    assert model.compute_output_shape((None, 4)) == (None, 2)
    assert len(model.weights) == 4 and model.count_params() == 4 * 3 + 3 + 3 * 2 + 2


def test_add_and_pop():
    model = ckeras.Sequential()
    model.add(ckeras.Input((4,)))
    assert not model.built and model.layers == []
    model.add(layers.Dense(3))
    assert model.built and model.output_shape == (None, 3)
    first = model(X).numpy()
    model.add(layers.Dense(5))
    assert model.output_shape == (None, 5) and model(X).shape == (6, 5)
    taken = model.pop()
    assert taken.units == 5 and model.output_shape == (None, 3)
    assert np.array_equal(model(X), first)  # the weights are those it had
    assert model.predict(X, verbose=0).shape == (6, 3)
    model.add(layers.Dense(7))
    assert model.predict(X, verbose=0).shape == (6, 7)
    assert len(model.weights) == 4
    model.pop()
    model.pop()
    assert model.layers == [] and model.weights == []
    with pytest.raises(IndexError, match="no layer to pop"):
        model.pop()


def test_add_and_pop_after_training():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], verbose=0)
    model.pop()
    model.add(layers.Dense(2))
    model.compile("adam", "mse")
    assert model.fit(X, X[:, :2], verbose=0).history["loss"][0] > 0
    assert model.predict(X, verbose=0).shape == (6, 2)


def test_a_layer_that_does_not_fit_is_not_added():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(3)])
    kept, before = layers.Dense(2), model(X).numpy()
    kept.build((None, 9))
    with pytest.raises(ValueError, match="to have value 9"):
        model.add(kept)
    assert len(model.layers) == 1 and model.output_shape == (None, 3)
    assert np.array_equal(model(X), before)


def test_deferred_build():
    model = ckeras.Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built and model.weights == [] and model.get_weights() == []
    for name in ("input_shape", "output_shape", "inputs", "input", "output"):
        with pytest.raises((AttributeError, ValueError), match="before it is built"):
            getattr(model, name)
    with pytest.raises(ValueError, match="not built"):
        model.count_params()
    assert model(X).shape == (6, 2)
    assert model.built and model(X[:2]).shape == (2, 2)


@pytest.mark.parametrize("how", ["fit", "predict", "evaluate", "train_on_batch", "build", "call", "symbolic"])
def test_every_way_builds(how):
    model = ckeras.Sequential([layers.Flatten(), layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = X.reshape(6, 2, 2), X[:, :2]
    {
        "fit": lambda: model.fit(x, y, verbose=0),
        "predict": lambda: model.predict(x, verbose=0),
        "evaluate": lambda: model.evaluate(x, y, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x, y),
        "build": lambda: model.build((None, 2, 2)),
        "call": lambda: model(x),
        "symbolic": lambda: model(ckeras.Input((2, 2))),
    }[how]()
    assert model.built and len(model.weights) == 2 and model.output_shape[-1] == 2
    assert model.input_shape[1:] == (2, 2)
    assert model(x).shape == model.predict(x, verbose=0).shape == (6, 2)
    model.fit(x, y, verbose=0)


def test_build():
    model = ckeras.Sequential([layers.Dense(3)])
    with pytest.raises(ValueError, match=r"expects build\(input_shape\), got None"):
        model.build()
    with pytest.raises(ValueError, match="expects 1 inputs, got 2"):
        model.build([(None, 3), (None, 4)])
    model.build((None, 4))
    weights = model.get_weights()
    model.build((None, 4))
    assert all(map(np.array_equal, weights, model.get_weights()))
    for empty in (ckeras.Sequential(), ckeras.Sequential([ckeras.Input((4,))])):
        for call in (lambda m: m.build((None, 4)), lambda m: m(X), lambda m: m.predict(X, verbose=0)):
            with pytest.raises(ValueError, match="no layers to build"):
                call(empty)


def test_a_build_that_fails_leaves_the_model_as_it_was():
    model = ckeras.Sequential([layers.Dense(3)])
    model.layers[0].build((None, 4))
    with pytest.raises(ValueError, match="to have value 4"):
        model.predict(np.ones((6, 5), "float32"), verbose=0)
    assert not model.built and len(model.layers) == 1
    assert model.predict(X, verbose=0).shape == (6, 3)


@pytest.mark.parametrize(
    "options, shape",
    [
        ({"input_shape": (4,)}, (None, 4)),
        ({"input_dim": 4}, (None, 4)),
        ({"input_shape": (4,), "batch_size": 2}, (2, 4)),
        ({"batch_input_shape": (2, 4)}, (2, 4)),
    ],
)
def test_older_spellings_of_the_input_shape(options, shape):
    model = ckeras.Sequential([layers.Dense(3, **options), layers.Dense(2, input_dim=99)])
    assert model.built and model.input_shape == shape and model.output_shape == (shape[0], 2)
    model = ckeras.Sequential()
    model.add(layers.Dense(3, **options))
    assert model.built


def test_input_shape_of_other_layers():
    model = ckeras.Sequential([layers.Flatten(input_shape=(2, 2)), layers.Dense(1)])
    assert model.input_shape == (None, 2, 2)
    model = ckeras.Sequential([layers.Dropout(0.5, input_shape=(4,)), layers.Activation("relu")])
    assert model.output_shape == (None, 4)


@pytest.mark.parametrize("given", [[1], ["dense"], [None], [lambda x: x], [layers.Dense]])
def test_what_is_no_layer(given):
    with pytest.raises(ValueError, match="Sequential expects layers, got"):
        ckeras.Sequential(given)


def test_names_are_different():
    with pytest.raises(ValueError, match="second 'a'"):
        ckeras.Sequential([layers.Dense(1, name="a"), layers.Dense(2, name="a")])


def test_one_layer_may_come_twice():
    shared = layers.Dense(4)
    model = ckeras.Sequential([ckeras.Input((4,)), shared, shared])
    np.testing.assert_allclose(model(X), shared(shared(X)), rtol=1e-5, atol=1e-6)
    assert len(model.weights) == 2 and len(model.layers) == 2
    model.pop()
    assert len(model.weights) == 2
    np.testing.assert_allclose(model(X), shared(X), rtol=1e-5, atol=1e-6)


def test_an_input_comes_first():
    for chain in ([layers.Dense(1), ckeras.Input((4,))], [ckeras.Input((4,)), ckeras.Input((4,))]):
        with pytest.raises(ValueError, match="Input only as its first layer"):
            ckeras.Sequential(chain)


def test_one_layer_alone_and_tuples():
    assert len(ckeras.Sequential(layers.Dense(1)).layers) == 1
    assert len(ckeras.Sequential((layers.Dense(1), layers.Dense(2))).layers) == 2


def test_nested():
    inner = ckeras.Sequential([layers.Dense(3, name="d"), layers.Dropout(0.9)], name="inner")
    model = ckeras.Sequential([ckeras.Input((4,)), inner, layers.Dense(1)], name="outer")
    assert inner.built and inner.input_shape == (None, 4) and len(model.weights) == 4
    assert [v.path for v in inner.weights] == ["outer/inner/d/kernel", "outer/inner/d/bias"]
    np.testing.assert_allclose(model(X), model.layers[1](inner(X)), rtol=1e-6, atol=1e-7)
    assert not np.array_equal(model(X, training=True), model(X))
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(X, X[:, :1], verbose=0)
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model.get_layer("inner") is inner


def test_dropout_is_at_work_in_fit_alone():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dropout(1.0)])
    model.trainable = True
    assert np.array_equal(model(X), X)
    assert np.array_equal(model.predict(X, verbose=0), X)
    assert not np.any(model(X, training=True).numpy())


def test_dtype_of_the_input():
    model = ckeras.Sequential([ckeras.Input((4,), dtype="int32"), layers.Flatten()])
    assert model(X).dtype == "int32" and model.predict(X, verbose=0).dtype == "int32"
    model = ckeras.Sequential([ckeras.Input((4,), dtype="float64"), layers.Dense(2, dtype="float64")])
    x = X.astype("float64") + 1e-12
    np.testing.assert_allclose(model(x), x @ model.get_weights()[0], rtol=1e-13)


def test_a_fixed_batch_size_is_not_enforced():
    model = ckeras.Sequential([ckeras.Input((4,), batch_size=8), layers.Dense(2)])
    assert model.output_shape == (8, 2)
    assert model(X).shape == model.predict(X, verbose=0).shape == (6, 2)


def test_config():
    model = ckeras.Sequential(
        [ckeras.Input((4,), name="in"), layers.Dense(3, "relu", name="a"), layers.Dropout(0.2), layers.Dense(1)],
        name="mine",
    )
    config = model.get_config()
    again = ckeras.Sequential.from_config(config)
    assert again.get_config() == config
    assert again.name == "mine" and again.built and again.output_shape == (None, 1)
    again.set_weights(model.get_weights())
    assert np.array_equal(again(X), model(X))
    serialized = layers.deserialize(layers.serialize(model))
    assert type(serialized) is ckeras.Sequential and serialized.get_config() == config


def test_config_of_deferred_and_nested_models():
    deferred = ckeras.Sequential([layers.Dense(2, name="a")], name="d")
    assert not ckeras.Sequential.from_config(deferred.get_config()).built
    deferred(X)
    assert ckeras.Sequential.from_config(deferred.get_config()).built
    outer = ckeras.Sequential([ckeras.Input((4,)), deferred, layers.Dense(1)])
    again = ckeras.Sequential.from_config(outer.get_config())
    assert [w.shape for w in again.weights] == [w.shape for w in outer.weights]


def test_config_with_custom_objects():
    class Mine(layers.Layer):
        def __init__(self, size=3, **kwargs):
            super().__init__(**kwargs)
            self.size = size

        def call(self, x):
            return x

    model = ckeras.Sequential([ckeras.Input((4,)), Mine(5)])
    again = ckeras.Sequential.from_config(model.get_config(), custom_objects={"Mine": Mine})
    assert again.layers[0].size == 5


def test_get_layer():
    model = ckeras.Sequential([layers.Dense(1, name="a"), layers.Dense(2, name="b")])
    assert model.get_layer("b") is model.get_layer(index=1) is model.get_layer(index=-1) is model.layers[1]
    for options, words in [
        ({"name": "q"}, "no layer is called 'q'"),
        ({"index": 9}, "out of range"),
        ({}, "either"),
        ({"name": "a", "index": 0}, "either"),
    ]:
        with pytest.raises(ValueError, match=words):
            model.get_layer(**options)


def test_a_last_layer_with_several_outputs():
    class Two(layers.Layer):
        def call(self, x):
            return x, x + 1.0

    model = ckeras.Sequential([ckeras.Input((4,)), Two()])
    assert model.output_shape == [(None, 4), (None, 4)] and len(model.outputs) == 2
    first, second = model.predict(np.ones((3, 4)), verbose=0)
    np.testing.assert_array_equal(first + 1, second)


def test_a_first_layer_with_several_inputs():
    model = ckeras.Sequential([layers.Concatenate(), layers.Dense(2)])
    a, b = np.ones((5, 3), "float32"), np.ones((5, 2), "float32")
    assert model([a, b]).shape == (5, 2) and model.built and model.count_params() == 12
    model.compile("sgd", "mse")
    model.fit([a, b], np.ones((5, 2)), verbose=0)
    assert model.predict([a, b], verbose=0).shape == (5, 2)
    assert "build_input_shape" not in model.get_config()


def test_summary(capsys):
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(1)], name="mine")
    model.summary()
    printed = capsys.readouterr().out
    assert 'Model: "mine"' in printed and "first (Dense)" in printed and "Total params: 19" in printed
    lines = []
    ckeras.Sequential([layers.Dense(3)]).summary(print_fn=lambda line, **kwargs: lines.append(line))
    assert "?" in "\n".join(lines)
