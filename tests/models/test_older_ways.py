"""Ways of older scripts to add losses and metrics, and to set layers before `super().__init__()`."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).standard_normal((8, 4)).astype("float32")


def test_a_symbolic_loss_is_added_in_each_step():
    x = ckeras.Input((4,))
    code = layers.Dense(2)(x)
    model = ckeras.Model(x, layers.Dense(4)(code))
    model.add_loss(ops.mean(ops.square(model.output - x)))
    model.add_metric(ops.mean(code), name="code", aggregation="mean")
    model.compile("adam")
    history = model.fit(X, epochs=20, batch_size=4, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    results = model.evaluate(X, verbose=0, return_dict=True)
    assert results["loss"] == pytest.approx(float(np.mean((model(X).numpy() - X) ** 2)), rel=1e-4)
    features = ckeras.Model(x, code)
    assert results["code"] == pytest.approx(float(np.mean(features(X).numpy())), rel=1e-4, abs=1e-6)
    assert float(model.losses[0]) == pytest.approx(results["loss"], rel=1e-4)


def test_layers_used_for_a_symbolic_loss_alone_are_trained():
    x = ckeras.Input((4,))
    model = ckeras.Model(x, layers.Dense(2, name="seen")(x))
    model.add_loss(ops.mean(ops.square(layers.Dense(1, name="hidden")(x))))
    assert {w.path.split("/")[0] for w in model.trainable_weights} == {"seen", "hidden"}


def test_a_layer_adds_a_metric_in_its_call():
    class Total(layers.Layer):
        def call(self, x):
            self.add_metric(ops.sum(x), name="total", aggregation="mean")
            return x

    x = ckeras.Input((4,))
    model = ckeras.Model(x, layers.Dense(1)(Total()(x)))
    model.compile("sgd", "mse")
    logs = model.fit(X, X[:, :1], batch_size=8, epochs=2, verbose=0).history
    np.testing.assert_allclose(logs["total"], [X.sum()] * 2, rtol=1e-4, atol=1e-5)
    assert model.metrics_names == ["loss", "total"]


@pytest.mark.parametrize("wrong", [{}, {"name": "m", "aggregation": "sum"}, {"name": "m", "other": 1}])
def test_add_metric_names_what_is_wrong(wrong):
    with pytest.raises(ValueError, match="add_metric expects a name, and aggregation to be 'mean' or None"):
        layers.Dense(1).add_metric(1.0, **wrong)


@pytest.mark.parametrize("wrong", [{}, {"name": "m", "aggregation": "sum"}, {"name": "m", "other": 1}])
def test_a_wrong_symbolic_metric_leaves_the_graph_as_it_was(wrong):
    x = ckeras.Input((4,))
    model = ckeras.Model(x, layers.Dense(2)(x))
    with pytest.raises(ValueError, match="add_metric expects a name, and aggregation to be 'mean' or None"):
        model.add_metric(ops.mean(layers.Dense(1)(x)), **wrong)
    assert len(model.layers) == 2 and model.metrics == []


def test_layers_may_be_set_before_super_init():
    class Early(ckeras.Model):
        def __init__(self):
            self.dense = layers.Dense(2)
            super().__init__(name="early")

        def call(self, x):
            return self.dense(x)

    model = Early()
    assert model(X).shape == (8, 2) and len(model.weights) == 2 and model.layers == [model.dense]


def test_a_layer_without_super_init_says_so():
    class Never(layers.Layer):
        def __init__(self):
            self.dense = layers.Dense(2)

    with pytest.raises(RuntimeError, match=r"Never.__init__\(\) must call super\(\).__init__\(\)"):
        Never()(X)
