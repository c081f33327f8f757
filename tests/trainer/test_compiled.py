"""The compiled steps: equal to running op by op, without Python where the user's parts are written in ops."""

import inspect
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers, losses, metrics, ops, optimizers
from ckeras.tensor import cache
from ckeras.trainer.steps import Step

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adam": lambda: optimizers.Adam(0.01, amsgrad=True),
    "decay": lambda: optimizers.Adam(0.01, weight_decay=0.01),
    "clipped": lambda: optimizers.SGD(0.1, clipnorm=0.5),
    "clipped together": lambda: optimizers.SGD(0.1, global_clipnorm=0.5),
    "averaged": lambda: optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3),
    "accumulated": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=2),
}


def plans(model):
    """The plans that a model has compiled."""
    return [step.plan for step in model._plans.values() if isinstance(step, Step)]


def python_instructions(model):
    """How many instructions of its plans call Python, and the plans printed."""
    found = plans(model)
    assert found
    return sum(plan.python_instructions for plan in found), "\n".join(map(str, found))


def compiled_and_eager(make, fit, seed=7):
    """The histories and final weights of the same training, compiled and op by op."""
    results = []
    for run_eagerly in (False, True):
        ckeras.utils.set_random_seed(seed)
        model = make(run_eagerly)
        history = fit(model)
        results.append((history.history, model.get_weights(), model))
    return results


def assert_close(results, rtol=2e-5, atol=1e-6):
    (history, weights, _), (eager_history, eager_weights, _) = results
    assert list(history) == list(eager_history)
    for name, values in history.items():
        np.testing.assert_allclose(values, eager_history[name], rtol=rtol, atol=atol, err_msg=name)
    for a, b in zip(weights, eager_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


# -- compiled and op by op


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(mlp, data, name):
    x, y, _ = data

    def make(run_eagerly):
        model = mlp()
        model.compile(OPTIMIZERS[name](), "mse", metrics=["mae"], run_eagerly=run_eagerly)
        return model

    assert_close(compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=3, verbose=0)))


@pytest.mark.parametrize("loss", ["mse", "mae", "binary_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses(data, loss, weighted):
    x, _, classes = data
    activation = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}.get(loss)
    y = np.eye(3, dtype="float32")[classes]

    def make(run_eagerly):
        model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(7, "relu"), layers.Dense(3, activation)])
        model.compile("adam", loss, metrics=["accuracy"], weighted_metrics=["mae"], run_eagerly=run_eagerly)
        return model

    weight = np.linspace(0, 2, 20) if weighted else None
    assert_close(
        compiled_and_eager(
            make, lambda m: m.fit(x, y, batch_size=8, epochs=3, verbose=0, sample_weight=weight, validation_split=0.2)
        )
    )


def test_dropout_samples_the_same_masks(data):
    x, y, _ = data

    def make(run_eagerly):
        model = ckeras.Sequential(
            [ckeras.Input((4,)), layers.Dense(64, "relu"), layers.Dropout(0.5), layers.Dense(16), layers.Dropout(0.1),
             layers.Dense(1)]
        )  # fmt: skip
        model.compile(optimizers.SGD(0.05), "mse", run_eagerly=run_eagerly)
        return model

    results = compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=4, verbose=0))
    assert_close(results, rtol=1e-4, atol=1e-5)
    assert python_instructions(results[0][2])[0] == 0


def test_everything_a_shipped_layer_takes(data):
    x, y, _ = data

    def make(run_eagerly):
        model = ckeras.Sequential(
            [
                ckeras.Input((2, 2)),
                layers.Flatten(),
                layers.Dense(8, "tanh", kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"),
                layers.Activation("sigmoid"),
                layers.Dense(6, use_bias=False, kernel_constraint="non_neg"),
                layers.Dense(1, lora_rank=2),
            ]
        )
        model.compile("adam", "mse", run_eagerly=run_eagerly)
        return model

    assert_close(compiled_and_eager(make, lambda m: m.fit(x.reshape(-1, 2, 2), y, batch_size=8, epochs=3, verbose=0)))


def test_prediction_and_evaluation(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse", metrics=["mae"])
    predicted, evaluated = model.predict(x, batch_size=6, verbose=0), model.evaluate(x, y, batch_size=6, verbose=0)
    model.run_eagerly = True
    np.testing.assert_allclose(model.predict(x, batch_size=6, verbose=0), predicted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.evaluate(x, y, batch_size=6, verbose=0), evaluated, rtol=1e-5)


def test_float64_models(data):
    x, y, _ = data

    def make(run_eagerly):
        model = ckeras.Sequential([ckeras.Input((4,), dtype="float64"), layers.Dense(3, "tanh", dtype="float64")])
        model.add(layers.Dense(1, dtype="float64"))
        model.compile("adam", "mse", run_eagerly=run_eagerly)
        return model

    results = compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=3, verbose=0))
    assert_close(results)
    assert {w.dtype.name for w in results[0][1]} == {"float64"}


# -- parts written with ops alone


class MyDense(layers.Layer):
    """What `Dense` computes."""

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units, self.activation = units, activation

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, x):
        y = ops.matmul(x, self.kernel) + self.bias
        return y if self.activation is None else self.activation(y)


class MyLoss(losses.Loss):
    """What the mean squared error computes."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


class MyAdam(optimizers.Optimizer):
    """What `Adam` computes, as the paper writes it."""

    def __init__(self, learning_rate=0.001, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.means, self.squares = self.add_optimizer_variables(variables, ["mean", "square"])

    def update_step(self, gradient, variable, learning_rate):
        i = self._get_variable_index(variable)
        m, v = self.means[i], self.squares[i]
        t = ops.cast(self.iterations + 1, variable.dtype)
        m.assign(0.9 * m + 0.1 * gradient)
        v.assign(0.999 * v + 0.001 * gradient * gradient)
        alpha = learning_rate * ops.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        variable.assign_sub(alpha * m / (ops.sqrt(v) + 1e-7))


class MyMetric(metrics.Metric):
    """What the mean absolute error computes."""

    def __init__(self, name="mine", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(ops.sum(ops.mean(ops.abs(y_true - y_pred), axis=-1)))
        self.count.assign_add(float(y_true.shape[0]))

    def result(self):
        return self.total / self.count


def test_a_layer_a_loss_and_an_optimizer_written_in_ops_match_their_shipped_twins():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 6)).astype("float32")
    y = np.tanh(x[:, :2] - x[:, 2:4])
    mine = ckeras.Sequential([ckeras.Input((6,)), MyDense(16, ops.tanh), MyDense(2)])
    shipped = ckeras.Sequential([ckeras.Input((6,)), layers.Dense(16, "tanh"), layers.Dense(2)])
    shipped.set_weights(mine.get_weights())
    mine.compile(MyAdam(0.01), MyLoss(), metrics=[MyMetric()])
    shipped.compile("adam", "mse", metrics=["mae"])
    shipped.optimizer.learning_rate = 0.01
    histories = [m.fit(x, y, batch_size=16, epochs=5, shuffle=False, verbose=0).history for m in (mine, shipped)]
    for a, b in zip(mine.get_weights(), shipped.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-5)
    np.testing.assert_allclose(histories[0]["mine"], histories[1]["mae"], rtol=1e-5)
    for model in (mine, shipped):
        count, printed = python_instructions(model)
        assert count == 0
        assert "python" not in printed


def test_a_layer_written_in_ops_is_the_shipped_one_bit_for_bit():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 6)).astype("float32")
    y = x[:, :2] - x[:, 2:4]
    mine = ckeras.Sequential([ckeras.Input((6,)), MyDense(16, ops.relu), MyDense(2)])
    shipped = ckeras.Sequential([ckeras.Input((6,)), layers.Dense(16, "relu"), layers.Dense(2)])
    shipped.set_weights(mine.get_weights())
    for model in (mine, shipped):
        model.compile("adam", "mse")
        model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0)
    assert all(map(np.array_equal, mine.get_weights(), shipped.get_weights()))


@pytest.mark.parametrize("persistent", [False, True])
def test_a_train_step_with_a_tape_is_compiled(data, persistent):
    class Own(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = MyDense(5, ops.tanh), layers.Dense(1)

        def call(self, x):
            return self.b(self.a(x))

        def train_step(self, batch):
            x, y = batch
            with ckeras.GradientTape(persistent=persistent) as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            weights = self.trainable_variables
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss, sample_weight=float(x.shape[0]))
                else:
                    metric.update_state(y, self(x))
            return {m.name: m.result() for m in self.metrics}

    x, y, _ = data

    def make(run_eagerly):
        model = Own()
        model.compile("adam", "mse", metrics=["mae"], run_eagerly=run_eagerly)
        return model

    results = compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=3, verbose=0))
    assert_close(results)
    assert python_instructions(results[0][2])[0] == 0
    assert not plans(results[1][2])


def test_gradients_of_gradients_in_a_train_step(data):
    """The loss is the size of the gradient with respect to the input, as in WGAN-GP."""

    class Smooth(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dense(5, "tanh"), layers.Dense(1)

        def call(self, x):
            return self.b(self.a(x))

        def train_step(self, batch):
            x, _ = batch
            with ckeras.GradientTape() as tape:
                with ckeras.GradientTape() as inner:
                    inner.watch(x)
                    y = self(x, training=True)
                loss = ops.mean(ops.square(inner.gradient(y, x)))
            weights = [self.a.kernel, self.a.bias, self.b.kernel]
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"steepness": loss}

    x, y, _ = data

    def make(run_eagerly):
        model = Smooth()
        model.compile(optimizers.SGD(0.1), run_eagerly=run_eagerly)
        return model

    results = compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=20, epochs=10, verbose=0))
    assert_close(results)
    assert results[0][0]["steepness"][-1] < results[0][0]["steepness"][0]


def test_two_optimizers_in_one_step(data):
    class Two(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dense(5), layers.Dense(1)
            self.other = optimizers.SGD(0.01)

        def call(self, x):
            return self.b(self.a(x))

        def train_step(self, batch):
            x, y = batch
            with ckeras.GradientTape(persistent=True) as tape:
                loss = ops.mean((self(x) - y) ** 2)
            self.optimizer.apply(tape.gradient(loss, self.a.trainable_variables), self.a.trainable_variables)
            self.other.apply(tape.gradient(loss, self.b.trainable_variables), self.b.trainable_variables)
            return {"loss": loss}

    x, y, _ = data

    def make(run_eagerly):
        model = Two()
        model(x)
        model.other.build(model.b.trainable_variables)
        model.compile("adam", run_eagerly=run_eagerly)
        model.optimizer.build(model.a.trainable_variables)
        return model

    assert_close(compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=3, verbose=0)))


def test_a_state_that_is_assigned_in_call(data):
    class Counter(layers.Layer):
        def build(self, input_shape):
            self.calls = self.add_weight((), "zeros", trainable=False, dtype="int32", name="calls")
            self.mean = self.add_weight((input_shape[-1],), "zeros", trainable=False, name="mean")

        def call(self, x, training=None):
            if training:
                self.calls.assign_add(1)
                self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
            return x - self.mean

    x, y, _ = data

    def make(run_eagerly):
        model = ckeras.Sequential([ckeras.Input((4,)), Counter(), layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=run_eagerly)
        return model

    results = compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=3, verbose=0, validation_split=0.2))
    assert_close(results)
    assert [int(model.layers[0].calls) for *_, model in results] == [9, 9]
    results[0][2].predict(x, verbose=0)
    assert int(results[0][2].layers[0].calls) == 9


# -- what cannot be compiled


class Asking(ckeras.Model):
    """Its call asks for a value."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        y = self.dense(x)
        if ops.sum(x) > 0:
            y = y * 2
        return y


@pytest.mark.parametrize("built", [False, True])
def test_a_call_that_asks_for_a_value_runs_op_by_op_with_one_warning(data, built):
    x, y, _ = data
    ckeras.utils.set_random_seed(0)
    model = Asking()
    if built:
        model(x)
    model.compile(optimizers.SGD(0.05), "mse", metrics=["mae"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model.fit(x, y, batch_size=8, epochs=5, verbose=0, validation_data=(x, y)).history
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
        model.train_on_batch(x, y)
    assert len(caught) == 1
    lines, first = inspect.getsourcelines(Asking.call)
    asked = first + next(i for i, line in enumerate(lines) if "if ops.sum" in line)
    assert f"{__file__}:{asked}" in str(caught[0].message)
    assert model.run_eagerly
    assert history["loss"][-1] < history["loss"][0]
    batch = x[:8] * np.sign(x[:8].sum())
    np.testing.assert_allclose(model.predict(batch, verbose=0), 2 * model.dense(batch).numpy(), rtol=1e-5)


def test_it_trains_as_with_run_eagerly(data):
    x, y, _ = data

    def make(run_eagerly):
        model = Asking()
        model(x)
        model.compile("adam", "mse", run_eagerly=run_eagerly)
        return model

    with pytest.warns(UserWarning, match="op by op"):
        results = compiled_and_eager(make, lambda m: m.fit(x, y, batch_size=6, epochs=3, verbose=0))
    (history, weights, _), (eager_history, eager_weights, _) = results
    assert history == eager_history
    assert all(map(np.array_equal, weights, eager_weights))


@pytest.mark.parametrize("asks", [float, int, bool, lambda t: t.numpy(), lambda t: t.item(), lambda t: f"{t:.3f}"])
def test_every_way_of_asking_falls_back(data, asks):
    class Step(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.asked = 0

        def call(self, x):
            return self.dense(x)

        def train_step(self, batch):
            logs = super().train_step(batch)
            asks(logs["loss"])
            self.asked += 1
            return logs

    x, y, _ = data
    model = Step()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="op by op") as caught:
        model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    assert len(caught) == 1
    assert model.asked == 8


def test_shapes_are_known_while_compiling(data):
    class Shaped(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4)

        def call(self, x):
            y = ops.reshape(self.dense(x), (x.shape[0], 2, 2))
            return ops.stack([ops.sum(y[i]) for i in range(int(x.shape[0]))])[:, None]

    x, y, _ = data
    model = Shaped()
    model.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert not model.run_eagerly
    assert model.predict(x, batch_size=6, verbose=0).shape == (20, 1)


# -- plans are kept


def test_a_step_is_compiled_once_for_each_size_of_batch(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    for _ in range(4):
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert len(plans(model)) == 2  # 8 rows, and the 4 that are left
    kept = plans(model)
    model.fit(x, y, batch_size=8, verbose=0)
    assert all(any(plan is one for one in kept) for plan in plans(model))
    for rows in range(1, 15):
        model.predict(x[:rows], verbose=0)
    assert len(model._plans.values()) <= 64


def test_varying_sizes_do_not_grow_the_plans(mlp, monkeypatch):
    monkeypatch.setattr(cache, "BUDGET", 1 << 20)
    model = mlp()
    x = np.zeros((300, 4), "float32")
    for rows in range(1, 300):
        model.predict(x[:rows], batch_size=300, verbose=0)
        model(x[:rows])
    assert (
        sum(entry.size for plans in (model._plans, model._calls.plans) for entry in plans._entries.values()) <= 1 << 20
    )
    assert len(model._calls.plans.values()) < 299


def test_a_compiled_call_and_predict_agree_with_the_layers(mlp, data):
    x = data[0]
    model = mlp()
    expected = model.layers[1](model.layers[0](x)).numpy()
    for _ in range(2):
        np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model(ops.convert_to_tensor(x)), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model(x[::2]), expected[::2], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model(x.astype("float64")), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model(np.asfortranarray(x)), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.predict(np.asfortranarray(x), verbose=0), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.predict(x.astype(">f4"), verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_a_function_of_the_users_is_called_each_time():
    calls = []

    def noisy(x):
        calls.append(1)
        return x if float(ops.sum(x)) > 0 else -x

    model = ckeras.Sequential([ckeras.Input((2,)), layers.Activation("linear")])
    model.layers[0].activation = noisy
    assert model(np.ones((1, 2))).numpy().tolist() == [[1.0, 1.0]]
    assert model(-np.ones((1, 2))).numpy().tolist() == [[1.0, 1.0]]
    assert len(calls) == 2


def test_a_reshaped_input_comes_out_in_its_shape():
    model = ckeras.Sequential([ckeras.Input((2, 3)), layers.Flatten()])
    x = np.arange(12, dtype="float32").reshape(2, 2, 3)
    for _ in range(2):
        assert np.array_equal(model(x), x.reshape(2, 6))
        assert np.array_equal(model.predict(x, verbose=0), x.reshape(2, 6))


def test_a_call_inside_a_tape_is_differentiable(mlp, data):
    x = ops.convert_to_tensor(data[0])
    model = mlp()
    model(x)
    with ckeras.GradientTape() as tape:
        tape.watch(x)
        loss = ops.sum(model(x))
    gradients = tape.gradient(loss, [x, *model.trainable_variables])
    assert all(g is not None and np.any(g.numpy()) for g in gradients)


def test_freezing_and_thawing_follow_each_compile():
    model = ckeras.Sequential([ckeras.Input((3,)), ckeras.layers.Dense(4), ckeras.layers.Dense(2)])
    x, y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")
    for trainable in (True, False, True):
        model.layers[0].trainable = trainable
        model.compile("sgd", "mse")
        before = model.layers[0].get_weights()[0]
        model.fit(x, y, batch_size=8, verbose=0)
        assert np.array_equal(before, model.layers[0].get_weights()[0]) is not trainable
        assert len(model._plans.values()) == 1
