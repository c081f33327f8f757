"""Models that own models which are compiled too: each has its optimizer, loss and metrics, in one compiled step."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from ckeras.trainer.steps import Step

X = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")


class Pair(ckeras.Model):
    """A discriminator and a generator, each compiled on its own."""

    def __init__(self):
        super().__init__()
        self.discriminator = ckeras.Sequential([layers.Input((5,)), layers.Dense(4, "tanh"), layers.Dense(1)])
        self.generator = ckeras.Sequential([layers.Input((3,)), layers.Dense(5)])

    def compile(self, **options):
        super().compile(**options)
        logits = ckeras.losses.BinaryCrossentropy(from_logits=True)
        self.discriminator.compile(ckeras.optimizers.Adam(0.01), logits, metrics=["mae"])
        self.generator.compile(ckeras.optimizers.SGD(0.1), "mse", metrics=["mae", "mse"])


class StepsOfBoth(Pair):
    """Makes a step of each of its models."""

    def train_step(self, real):
        noise, ones = ops.ones((len(real), 3)), ops.ones((len(real), 1))
        first = self.discriminator.train_step((real, ones))
        second = self.generator.train_step((noise, real))
        return {**{f"d_{k}": v for k, v in first.items()}, **{f"g_{k}": v for k, v in second.items()}}


class SeveralTapes(Pair):
    """Takes gradients of losses that its models compute, through both of them, with several tapes."""

    def train_step(self, real):
        d, g, noise = self.discriminator, self.generator, ops.ones((len(real), 3))
        with ckeras.GradientTape() as tape:
            fake = g(noise)
            both, labels = ops.concatenate([fake, real]), ops.repeat(ops.array([[1.0], [0.0]]), len(real), axis=0)
            d_loss = d.compute_loss(both, labels, d(both, training=True))
        d.optimizer.apply_gradients(zip(tape.gradient(d_loss, d.trainable_weights), d.trainable_weights, strict=True))
        with ckeras.GradientTape() as outer, ckeras.GradientTape(persistent=True) as inner:
            fake = g(noise, training=True)
            inner.watch(fake)
            score = d(fake)
            slope = inner.gradient(score, fake)
            penalty = ops.mean(ops.square(slope))
            g_loss = g.compute_loss(noise, real, fake) + penalty - ops.mean(score)
        g.optimizer.apply_gradients(zip(outer.gradient(g_loss, g.trainable_weights), g.trainable_weights, strict=True))
        return {"d_loss": d_loss, "g_loss": g_loss, "penalty": penalty, **g.compute_metrics(noise, real, fake)}


def trained(kind, **options):
    ckeras.utils.set_random_seed(0)
    model = kind()
    model.compile(**options)
    history = model.fit(X, batch_size=16, epochs=3, shuffle=False, verbose=0).history
    return model, history


@pytest.mark.parametrize(
    "kind, names",
    [
        (StepsOfBoth, {"d_loss", "d_mae", "g_loss", "g_mae", "g_mse"}),
        (SeveralTapes, {"d_loss", "g_loss", "penalty", "loss", "mae", "mse"}),
    ],
)
def test_a_step_that_trains_several_compiled_models_is_one_plan(kind, names):
    model, history = trained(kind)
    eager, expected = trained(kind, run_eagerly=True)
    (plan,) = [step.plan for step in model._plans.values() if isinstance(step, Step)]
    assert plan.python_instructions == 0 and not model.run_eagerly
    assert set(history) == names
    for name in names:
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-4, err_msg=name)
    for a, b in zip(model.get_weights(), eager.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert [int(m.optimizer.iterations) for m in (model.discriminator, model.generator)] == [12, 12]


def test_metrics_of_an_owned_model_are_its_own():
    model, _ = trained(StepsOfBoth)
    assert [m.name for m in model.metrics] == ["loss"]
    assert [m.name for m in model.discriminator.metrics] == ["loss", "mae"]
    fit = model.discriminator.fit(X, X[:, :1], verbose=0).history
    assert list(fit) == ["loss", "mae"]


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_frozen_model_inside_another_is_trained_on_its_own(run_eagerly):
    ckeras.utils.set_random_seed(0)
    pair = Pair()
    d, g = pair.discriminator, pair.generator
    d.compile("adam", "mse", run_eagerly=run_eagerly)
    d.trainable = False
    both = ckeras.Sequential([g, d])
    both.compile("sgd", "mse", run_eagerly=run_eagerly)
    noise, ones = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    before = [d.get_weights(), g.get_weights()]
    with pytest.warns(UserWarning, match="trainable was changed after compile"):
        d.train_on_batch(X[:8], ones)
    between = d.get_weights()
    both.train_on_batch(noise, 0 * ones)
    assert all((a != b).any() for a, b in zip(before[0], between, strict=True))
    assert all((a == b).all() for a, b in zip(between, d.get_weights(), strict=True))
    assert all((a != b).any() for a, b in zip(before[1], g.get_weights(), strict=True))
