"""Models that train others by a step of their own, and have no call."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")


class GAN(ckeras.Model):
    """Two models and two optimizers; fakes are made from ones, so that nothing is random."""

    def __init__(self, build):
        super().__init__()
        first = ([ckeras.Input((5,))], [ckeras.Input((3,))]) if build else ([], [])
        self.discriminator = ckeras.Sequential([*first[0], layers.Dense(4, "tanh"), layers.Dense(1)])
        self.generator = ckeras.Sequential([*first[1], layers.Dense(5)])
        self.losses_seen = [ckeras.metrics.Mean(name="d_loss"), ckeras.metrics.Mean(name="g_loss")]

    def compile(self, **options):
        super().compile(**options)
        self.optimizers = ckeras.optimizers.Adam(0.01), ckeras.optimizers.SGD(0.1)
        self.loss_of = ckeras.losses.BinaryCrossentropy(from_logits=True)

    @property
    def metrics(self):
        return self.losses_seen

    def train_step(self, real):
        real = real[0] if isinstance(real, tuple) else real
        count = ops.shape(real)[0]
        noise = ops.ones((count, 3))
        both = ops.concatenate([self.generator(noise), real])
        labels = ops.concatenate([ops.ones((count, 1)), ops.zeros((count, 1))])
        steps = (
            (self.discriminator, lambda: self.loss_of(labels, self.discriminator(both))),
            (self.generator, lambda: self.loss_of(labels[count:], self.discriminator(self.generator(noise)))),
        )
        for (model, loss_of), optimizer, mean in zip(steps, self.optimizers, self.metrics, strict=True):
            with ckeras.GradientTape() as tape:
                loss = loss_of()
            weights = model.trainable_weights
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            mean.update_state(loss)
        return {m.name: m.result() for m in self.metrics}


@pytest.mark.parametrize("build", [True, False])
@pytest.mark.parametrize("data", [(X,), (X, X[:, :1])], ids=["x", "x and y"])
def test_a_gan_trains_compiled_as_it_does_op_by_op(build, data):
    results = []
    for run_eagerly in (False, True):
        ckeras.utils.set_random_seed(0)
        model = GAN(build)
        model.compile(run_eagerly=run_eagerly)
        history = model.fit(*data, epochs=3, batch_size=16, shuffle=False, verbose=0).history
        assert set(history) == {"d_loss", "g_loss"} and len(set(history["g_loss"])) == 3
        results.append([*history["d_loss"], *history["g_loss"]])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


def test_the_shipped_steps_ask_for_a_call():
    model = GAN(True)
    model.compile()
    model.fit(X, verbose=0)
    with pytest.raises(NotImplementedError, match=r"GAN has no call\(\) method"):
        model.predict(X, verbose=0)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize(
    "data, kind",
    [
        (lambda: X, "Tensor"),
        (lambda: {"a": X}, "dict"),
        (lambda: [X, X], "tuple"),
        (lambda: (X for _ in range(2)), "Tensor"),
        (lambda: ((X,) for _ in range(2)), "tuple"),
    ],
    ids=["array", "dict", "list", "generator of x", "generator of (x,)"],
)
def test_x_without_y_comes_to_a_step_as_it_is(data, kind, run_eagerly):
    seen = []

    class Seen(ckeras.Model):
        def train_step(self, data):
            seen.append(type(data).__mro__)
            return {"loss": ops.zeros(())}

    model = Seen()
    model.compile(run_eagerly=run_eagerly)
    model.fit(data(), verbose=0)
    assert all(any(c.__name__ == kind for c in classes) for classes in seen) and seen
