"""Training under "mixed_float16", whose optimizer scales the loss."""

import numpy as np
import pytest

import ckeras
from ckeras import Sequential, config, layers, mixed_precision, optimizers

pytestmark = pytest.mark.filterwarnings("ignore:under 'mixed")


@pytest.fixture(autouse=True)
def _policy_of_its_own():
    config.set_dtype_policy("mixed_float16")
    yield
    config.reset()


def trained(**kwargs):
    ckeras.utils.set_random_seed(5)
    model = Sequential([layers.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(1)])
    model.compile(loss="mse", **kwargs)
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    return model, model.fit(x, x[:, :1], epochs=6, shuffle=False, verbose=0).history["loss"]


def test_the_optimizer_scales_the_loss():
    model, losses = trained(optimizer=optimizers.SGD(0.05))
    assert isinstance(model.optimizer, mixed_precision.LossScaleOptimizer)
    assert isinstance(model.optimizer.inner_optimizer, optimizers.SGD)
    assert losses[-1] < 0.7 * losses[0]
    assert {v.dtype for v in model.weights} == {"float32"}
    assert model.predict(np.ones((2, 4)), verbose=0).dtype == np.float16
    plain, unscaled = trained(optimizer=optimizers.SGD(0.05), auto_scale_loss=False)
    assert isinstance(plain.optimizer, optimizers.SGD)
    np.testing.assert_allclose(losses, unscaled, rtol=1e-2)


def test_one_that_scales_already_stays():
    optimizer = mixed_precision.LossScaleOptimizer(optimizers.SGD(0.05))
    assert trained(optimizer=optimizer)[0].optimizer is optimizer
