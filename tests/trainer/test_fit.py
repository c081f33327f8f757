"""compile, fit, evaluate, predict and the single batches: what they return, and what callbacks see."""

import numpy as np
import pytest

import ckeras
from ckeras import callbacks, layers, losses, metrics, ops, optimizers

_EDGES = ("train_begin", "train_end", "test_begin", "test_end", "predict_begin", "predict_end")
_NUMBERED = (
    "epoch_begin",
    "epoch_end",
    "train_batch_begin",
    "train_batch_end",
    "test_batch_begin",
    "test_batch_end",
    "predict_batch_begin",
    "predict_batch_end",
)


class Recorder(callbacks.Callback):
    """Writes down every hook: (name, number, keys of the logs)."""

    def __init__(self):
        super().__init__()
        self.calls = []
        self.logs = []

    def note(self, name, number, logs):
        self.calls.append((name, *number, *sorted(logs)) if number else (name, *sorted(logs)))
        self.logs.append(dict(logs))


def _hook(name, numbered):
    if numbered:
        return lambda self, number, logs=None: self.note(name, (number,), logs)
    return lambda self, logs=None: self.note(name, (), logs)


for _name in (*_EDGES, *_NUMBERED):
    setattr(Recorder, f"on_{_name}", _hook(_name, _name in _NUMBERED))


class Stop(Recorder):
    """Sets a flag of the model in a hook."""

    def __init__(self, hook, number=None, flag="stop_training"):
        super().__init__()
        self.when = (hook,) if number is None else (hook, number)
        self.flag = flag

    def note(self, name, number, logs):
        super().note(name, number, logs)
        if (name, *number) == self.when:
            setattr(self.model, self.flag, True)


# -- hooks


def _batches(kind, count, *keys):
    return [x for i in range(count) for x in ((f"{kind}_batch_begin", i), (f"{kind}_batch_end", i, *keys))]


def test_order_of_hooks_with_validation(mlp, data):
    x, y, _ = data
    model, seen = mlp(), Recorder()
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(x, y, batch_size=8, epochs=2, verbose=0, validation_data=(x[:9], y[:9]), callbacks=[seen])
    keys, all_keys = ("loss", "mae"), ("loss", "mae", "val_loss", "val_mae")
    epoch = [*_batches("train", 3, *keys), ("test_begin",), *_batches("test", 2, *keys), ("test_end", *keys)]
    assert seen.calls == [
        ("train_begin",),
        *[("epoch_begin", 0), *epoch, ("epoch_end", 0, *all_keys)],
        *[("epoch_begin", 1), *epoch, ("epoch_end", 1, *all_keys)],
        ("train_end", *all_keys),
    ]
    for logs in seen.logs:
        assert all(type(value) is float for value in logs.values())


def test_order_of_hooks_of_evaluate_and_predict(mlp, data):
    x, y, _ = data
    model, seen = mlp(), Recorder()
    model.compile("sgd", "mse")
    model.evaluate(x, y, batch_size=16, verbose=0, callbacks=[seen])
    outputs = model.predict(x, batch_size=16, verbose=0, callbacks=[seen])
    assert seen.calls == [
        ("test_begin",), *_batches("test", 2, "loss"), ("test_end", "loss"),
        ("predict_begin",), *_batches("predict", 2, "outputs"), ("predict_end",),
    ]  # fmt: skip
    parts = [logs["outputs"] for logs in seen.logs if "outputs" in logs]
    assert np.array_equal(np.concatenate(parts), outputs)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_batch_logs_are_the_means_so_far(mlp, data, run_eagerly):
    x, y, _ = data
    model, seen = mlp(), Recorder()
    model.compile(optimizers.SGD(0.0), "mse", run_eagerly=run_eagerly)
    model.fit(x, y, batch_size=8, verbose=0, shuffle=False, callbacks=[seen])
    errors = (model.predict(x, verbose=0) - y)[:, 0] ** 2
    got = [logs["loss"] for call, logs in zip(seen.calls, seen.logs, strict=True) if call[0] == "train_batch_end"]
    np.testing.assert_allclose(got, [errors[:8].mean(), errors[:16].mean(), errors.mean()], rtol=1e-5)


def test_steps_per_execution_calls_batch_hooks_once_for_that_many_steps(mlp, data):
    x, y, _ = data
    model, seen = mlp(), Recorder()
    model.compile("sgd", "mse", steps_per_execution=2)
    model.fit(x[:16], y[:16], batch_size=4, verbose=0, callbacks=[seen])
    model.predict(x[:16], batch_size=4, verbose=0, callbacks=[seen])
    batches = [call[:2] for call in seen.calls if "batch" in call[0]]
    assert batches == [
        ("train_batch_begin", 0), ("train_batch_end", 1), ("train_batch_begin", 2), ("train_batch_end", 3),
        ("predict_batch_begin", 0), ("predict_batch_end", 1), ("predict_batch_begin", 2), ("predict_batch_end", 3),
    ]  # fmt: skip
    assert [logs["outputs"].shape for logs in seen.logs if "outputs" in logs] == [(8, 1), (8, 1)]


def test_callbacks_know_model_and_params(mlp, data):
    x, y, _ = data
    model, seen = mlp(), callbacks.Callback()
    model.compile("sgd", "mse")
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=seen)
    assert seen.model is model
    assert seen.params == history.params == {"verbose": 0, "epochs": 3, "steps": 3}


# -- history


def test_history_holds_the_logs_of_each_epoch_in_order(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    history = model.fit(x, y, epochs=3, verbose=0, validation_data=(x, y))
    assert list(history.history) == ["loss", "mae", "mse", "val_loss", "val_mae", "val_mse"]
    assert all(len(values) == 3 for values in history.history.values())
    assert history.epoch == [0, 1, 2]
    assert history is model.history
    assert type(history) is callbacks.History


def test_a_history_of_the_users_is_the_one_returned(mlp, data):
    x, y, _ = data
    model, mine = mlp(), callbacks.History()
    model.compile("sgd", "mse")
    assert model.fit(x, y, epochs=2, verbose=0, callbacks=[mine]) is mine
    assert len(mine.history["loss"]) == 2


def test_initial_epoch_and_no_epochs(mlp, data):
    x, y, _ = data
    model, seen = mlp(), Recorder()
    model.compile("sgd", "mse")
    history = model.fit(x, y, epochs=5, initial_epoch=3, verbose=0, callbacks=[seen])
    assert history.epoch == [3, 4]
    assert [call[:2] for call in seen.calls if call[0] == "epoch_begin"] == [("epoch_begin", 3), ("epoch_begin", 4)]
    before = model.get_weights()
    for epochs, initial in ((2, 3), (0, 0)):
        history = model.fit(x, y, epochs=epochs, initial_epoch=initial, verbose=0)
        assert (history.history, history.epoch) == ({}, [])
    assert all(map(np.array_equal, before, model.get_weights()))


# -- the data of an epoch


class Noted(ckeras.Model):
    """Adds up the rows it is trained on, so that a test can tell which ones they were."""

    def __init__(self, rows):
        super().__init__()
        self.seen = self.add_weight((rows,), "zeros", trainable=False, name="seen")
        self.dense = layers.Dense(1)
        self.rows = rows

    def call(self, x):
        numbers = ops.cast(x[:, 0], "int32")
        self.seen.assign_add(ops.sum(ops.cast(ops.equal(numbers[:, None], ops.arange(self.rows)), "float32"), axis=0))
        return self.dense(x)


def _numbered(rows):
    x = np.zeros((rows, 2), "float32")
    x[:, 0] = np.arange(rows)
    return x, np.zeros((rows, 1), "float32")


def test_an_epoch_sees_every_row_once_whatever_the_order():
    for shuffle in (True, False, "batch"):
        model = Noted(23)
        model.compile(optimizers.SGD(0.0), "mse")
        model.fit(*_numbered(23), batch_size=5, epochs=2, shuffle=shuffle, verbose=0)
        assert model.seen.numpy().tolist() == [2.0] * 23


def test_shuffle_changes_the_order_and_its_absence_keeps_it():
    x, y = _numbered(40)

    def first_batch(shuffle):
        ckeras.utils.set_random_seed(3)
        model = Noted(40)
        model.compile(optimizers.SGD(0.0), "mse")
        model.fit(x, y, batch_size=8, steps_per_epoch=1, shuffle=shuffle, verbose=0)
        return np.flatnonzero(model.seen.numpy()).tolist()

    assert first_batch(False) == list(range(8))
    assert first_batch(True) not in (list(range(8)), list(range(32, 40)))
    kept = first_batch("batch")
    assert kept == list(range(kept[0], kept[0] + 8))


def test_fewer_steps_than_batches_go_on_through_the_data():
    model = Noted(20)
    model.compile(optimizers.SGD(0.0), "mse")
    x, y = _numbered(20)
    seen = Recorder()
    model.fit(x, y, batch_size=8, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0, callbacks=[seen])
    assert model.seen.numpy().tolist() == [2.0] * 16 + [1.0] * 4  # 2 batches, the third alone, the first 2 again
    ends = [call[1] for call in seen.calls if call[0] == "train_batch_end"]
    assert ends == [0, 1, 0, 0, 1]


def test_more_steps_than_batches_warn_and_take_what_there_is(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="5 steps of 8 rows need more than the 20 samples"):
        history = model.fit(x, y, batch_size=8, steps_per_epoch=5, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2


def test_validation_split_takes_the_last_rows_and_trains_on_the_others():
    model = Noted(20)
    model.compile(optimizers.SGD(0.0), "mse")
    x, y = _numbered(20)
    seen = Recorder()
    history = model.fit(x, y, batch_size=4, validation_split=0.33, verbose=0, callbacks=[seen])
    assert ("train_batch_end", 3, "loss") in seen.calls and ("train_batch_end", 4, "loss") not in seen.calls
    dense = model.dense.get_weights()[0][0, 0]
    expected = np.mean((dense * np.arange(13, 20)) ** 2)
    np.testing.assert_allclose(history.history["val_loss"], [expected], rtol=1e-5)


def test_validation_frequency(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")

    def evaluated(frequency):
        seen = Recorder()
        model.fit(x, y, epochs=5, verbose=0, validation_data=(x, y), validation_freq=frequency, callbacks=[seen])
        return [call[1] for call in seen.calls if call[0] == "epoch_end" and "val_loss" in call]

    assert evaluated(1) == [0, 1, 2, 3, 4]
    assert evaluated(2) == [1, 3]
    assert evaluated([1, 4]) == [0, 3]


def test_validation_batch_size_and_steps(mlp, data):
    x, y, _ = data
    model, seen = mlp(), Recorder()
    model.compile(optimizers.SGD(0.0), "mse")
    history = model.fit(
        x, y, verbose=0, validation_data=(x, y), validation_batch_size=5, validation_steps=2, callbacks=[seen]
    )
    assert [call[1] for call in seen.calls if call[0] == "test_batch_end"] == [0, 1]
    np.testing.assert_allclose(history.history["val_loss"], [model.evaluate(x[:10], y[:10], verbose=0)], rtol=1e-6)


def test_lists_and_tensors_are_data_too(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    expected = model.evaluate(x, y, verbose=0)
    assert model.evaluate(x.tolist(), y.tolist(), verbose=0) == expected
    assert model.evaluate(ops.convert_to_tensor(x), ops.convert_to_tensor(y), verbose=0) == expected
    assert model.evaluate(x.astype("float64")[:, ::-1][:, ::-1], y[:, 0], verbose=0) == expected


def test_integers_and_booleans_are_cast_to_the_dtype_of_the_input(mlp):
    model = mlp()
    ones = model.predict(np.ones((3, 4), "float32"), verbose=0)
    for dtype in ("uint8", "int8", "int16", "int32", "int64", "uint16", "bool", "float16", "float64"):
        assert np.array_equal(model.predict(np.ones((3, 4), dtype), verbose=0), ones)
        assert np.array_equal(model(np.ones((3, 4), dtype)), ones)
    whole = ckeras.Sequential([ckeras.Input((2, 2)), layers.Flatten()])
    assert whole.predict(np.ones((3, 2, 2), "int32"), verbose=0).dtype == "float32"
    assert whole(np.ones((3, 2, 2), "int32")).dtype == "float32"


def test_uint64_keeps_its_values_in_every_path():
    x = np.array([[2**64 - 1, 3], [2**63, 2**63 + 2**40]], "uint64")
    expected = x.astype("float32")
    model = ckeras.Sequential([layers.Flatten()])
    assert np.array_equal(model.predict(x, verbose=0), expected)
    assert np.array_equal(model.predict(iter([x]), verbose=0), expected)
    assert np.array_equal(model.predict_on_batch(x), expected)
    assert np.array_equal(model(x), expected)
    assert np.array_equal(ckeras.function(lambda x: x // 3)(x), x // 3)

    class Share(ckeras.Model):
        def call(self, x):
            return ops.cast(x, "float64") / 2.0**64

    share = Share()
    share.compile("sgd", "mse", metrics=["mae"])
    shares = x.astype("float64") / 2.0**64
    assert np.allclose(share.predict(x, verbose=0), shares)
    assert share.evaluate(x, shares, verbose=0) == [0, 0]
    assert share.test_on_batch(x, shares) == [0, 0]
    dense = ckeras.Sequential([ckeras.Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
    dense.compile(optimizers.SGD(0.0), "mae")
    y = np.array([[2**64 - 1], [2**64 - 1]], "uint64")
    assert dense.fit(x, y, verbose=0).history["loss"] == [2.0**64]
    assert dense.evaluate(x, y, verbose=0) == dense.train_on_batch(x, y) == 2.0**64


def test_a_last_axis_of_one_may_be_missing_or_too_many(mlp, data):
    x, y, _ = data
    column = ckeras.Sequential([ckeras.Input((1,)), layers.Dense(1)])
    column.compile("sgd", "mse")
    assert column.predict(x[:, 0], verbose=0).shape == (20, 1)
    assert column(x[:, 0]).shape == (20, 1)
    column.fit(x[:, 0], y, verbose=0)
    model = mlp()
    assert np.array_equal(model.predict(x[:, :, None], verbose=0), model.predict(x, verbose=0))
    assert np.array_equal(model(x[:, :, None]), model(x))


def test_a_subclass_sees_vectors_as_they_are(data):
    class Doubled(ckeras.Model):
        def call(self, x):
            assert len(x.shape) == 1
            return x * 2

    x = data[0][:, 0]
    assert np.array_equal(Doubled().predict(x, verbose=0), 2 * x)


# -- weights of classes and samples


def test_class_weight_is_a_sample_weight_of_the_training_alone(mlp, data):
    x, _, classes = data
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    found = []
    for y, loss in ((classes, "sparse_categorical_crossentropy"), (np.eye(3)[classes], "categorical_crossentropy")):
        for given in ({"class_weight": weights}, {"sample_weight": np.array([1.0, 2.0, 0.5])[classes]}):
            model = mlp(3, "softmax")
            model.compile("sgd", loss)
            history = model.fit(x, y, shuffle=False, verbose=0, **given, validation_data=(x, y))
            found.append((history.history["loss"], history.history["val_loss"], model.get_weights()))
    for loss, val_loss, w in found[1:]:
        np.testing.assert_allclose(loss, found[0][0], rtol=1e-5)
        np.testing.assert_allclose(val_loss, found[0][1], rtol=1e-5)
        for a, b in zip(w, found[0][2], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_class_weight_does_not_weigh_a_validation_split(mlp, data):
    x, _, classes = data
    model = mlp(3, "softmax")
    model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    history = model.fit(x, classes, class_weight={0: 9.0, 1: 9.0, 2: 9.0}, validation_split=0.5, verbose=0)
    plain = model.evaluate(x[10:], classes[10:], verbose=0)
    np.testing.assert_allclose(history.history["val_loss"], [plain], rtol=1e-6)
    np.testing.assert_allclose(
        history.history["loss"], [9 * model.evaluate(x[:10], classes[:10], verbose=0)], rtol=1e-5
    )


def test_sample_weight_weighs_loss_and_weighted_metrics(mlp, data):
    x, y, _ = data
    weight = np.linspace(0, 2, 20)
    model = mlp()
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
    got = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    error = (model.predict(x, verbose=0) - y)[:, 0]
    np.testing.assert_allclose(got["loss"], np.mean(weight * error**2), rtol=1e-5)
    np.testing.assert_allclose(got["mae"], np.mean(abs(error)), rtol=1e-5)
    np.testing.assert_allclose(got["weighted_mae"], np.sum(weight * abs(error)) / weight.sum(), rtol=1e-5)


# -- stopping


def test_stop_training_after_a_batch_still_ends_the_epoch(mlp, data):
    x, y, _ = data
    model, stop = mlp(), Stop("train_batch_end", 1)
    model.compile("sgd", "mse")
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, validation_data=(x, y), callbacks=[stop])
    names = [call[0] for call in stop.calls if "test" not in call[0]]
    assert names == [
        "train_begin", "epoch_begin", *["train_batch_begin", "train_batch_end"] * 2, "epoch_end", "train_end",
    ]  # fmt: skip
    assert sorted(history.history) == ["loss", "val_loss"] and history.epoch == [0]
    assert model.stop_training
    model.fit(x, y, verbose=0)
    assert not model.stop_training


def test_stop_training_after_an_epoch(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    assert model.fit(x, y, epochs=9, verbose=0, callbacks=[Stop("epoch_end", 1)]).epoch == [0, 1]


@pytest.mark.parametrize("hook", [("train_begin",), ("epoch_begin", 0)])
@pytest.mark.parametrize("watched", [True, False])
def test_stop_training_before_a_batch_ends_after_it(data, hook, watched):
    class Quiet(callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.model.stop_training = hook == ("train_begin",)

        def on_epoch_begin(self, epoch, logs=None):
            self.model.stop_training = True

    model = Noted(20)
    model.compile(optimizers.SGD(0.0), "mse")
    stop = Stop(*hook) if watched else Quiet()
    history = model.fit(*_numbered(20), batch_size=8, epochs=5, shuffle=False, verbose=0, callbacks=[stop])
    assert history.epoch == [0]
    assert model.seen.numpy().sum() == 8


def test_stop_evaluating_and_stop_predicting(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    stop = Stop("test_batch_end", 0, "stop_evaluating")
    first = model.evaluate(x, y, batch_size=8, verbose=0, callbacks=[stop])
    assert first == pytest.approx(model.evaluate(x[:8], y[:8], verbose=0), rel=1e-6)
    stop = Stop("predict_batch_end", 1, "stop_predicting")
    assert model.predict(x, batch_size=8, verbose=0, callbacks=[stop]).shape == (16, 1)
    assert model.predict(x, batch_size=8, verbose=0).shape == (20, 1)


# -- results


def test_evaluate_returns_a_number_a_list_or_a_dict(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    loss = model.evaluate(x, y, verbose=0)
    assert type(loss) is float
    assert model.evaluate(x, y, verbose=0, return_dict=True) == {"loss": loss}
    model.compile("sgd", "mse", metrics=["mse", "mae"])
    got = model.evaluate(x, y, verbose=0)
    assert type(got) is list and got[0] == got[1] == pytest.approx(loss)
    as_dict = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(as_dict) == ["loss", "mae", "mse"]
    assert model.metrics_names == ["loss", "mse", "mae"]
    assert got == [as_dict[name] for name in model.metrics_names]
    assert {k: float(v) for k, v in model.get_metrics_result().items()} == as_dict


def test_evaluate_does_not_depend_on_the_batch_size(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse", metrics=["mae"])
    whole = model.evaluate(x, y, batch_size=20, verbose=0)
    for size in (1, 3, 7, 64):
        np.testing.assert_allclose(model.evaluate(x, y, batch_size=size, verbose=0), whole, rtol=1e-5)


def test_evaluate_without_a_loss(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", metrics=["mae"])
    loss, mae = model.evaluate(x, y, verbose=0)
    assert loss == 0 and mae > 0


def test_evaluate_and_predict_leave_the_weights(mlp, data, state_of, same):
    x, y, _ = data
    model = mlp()
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    weights, steps = model.get_weights(), int(model.optimizer.iterations)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    model.test_on_batch(x, y)
    same(model.get_weights(), weights)
    assert int(model.optimizer.iterations) == steps


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_batches_alone(mlp, data, run_eagerly):
    x, y, _ = data
    model, twin = mlp(), mlp()
    for m in (model, twin):
        m.compile("sgd", "mse", metrics=["mae"], run_eagerly=run_eagerly)
    first = model.train_on_batch(x, y)
    second = model.train_on_batch(x, y, return_dict=True)
    assert first == twin.fit(x, y, verbose=0, shuffle=False).history["loss"] + twin.history.history["mae"]
    assert second == {k: v[0] for k, v in twin.fit(x, y, verbose=0, shuffle=False).history.items()}
    assert model.test_on_batch(x, y) == model.evaluate(x, y, verbose=0)  # of this batch alone
    assert np.array_equal(model.predict_on_batch(x[:3]), model.predict(x, verbose=0)[:3])


def test_predict_gives_arrays_whatever_the_batch_size(mlp, data):
    x = data[0]
    model = mlp()
    whole = model.predict(x, verbose=0)
    assert type(whole) is np.ndarray and whole.dtype == "float32"
    for size in (1, 3, 7, 64):
        np.testing.assert_allclose(model.predict(x, batch_size=size, verbose=0), whole, rtol=1e-6, atol=1e-7)
    for _ in range(3):  # the second call takes a shorter way
        assert np.array_equal(model.predict(x[:1], verbose=0), model.predict(x[:1], verbose=0))
    assert model.predict(x, batch_size=8, steps=2, verbose=0).shape == (16, 1)
    np.testing.assert_allclose(model(x), whole, rtol=1e-6, atol=1e-7)


def test_a_prediction_is_the_callers_own_memory(mlp, data):
    x = data[0]
    model = mlp()
    first = model.predict(x[:1], verbose=0)
    kept = first.copy()
    model.predict(2 * x[:1], verbose=0)
    assert np.array_equal(first, kept)
    identity = ckeras.Sequential([ckeras.Input((4,)), layers.Activation("linear")])
    got = identity.predict(x, verbose=0)
    got[:] = 0
    assert x.any()


def test_a_new_learning_rate_counts_at_once(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.fit(x, y, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_prediction_follows_the_weights(mlp, data):
    x = data[0]
    model = mlp()
    before, called = model.predict(x, verbose=0), model(x).numpy()
    model.set_weights([2 * w for w in model.get_weights()])
    assert not np.array_equal(model.predict(x, verbose=0), before)
    assert not np.array_equal(model(x), called)


def test_changing_a_layer_changes_what_was_compiled(mlp, data):
    x = data[0]
    model = mlp()
    before, called = model.predict(x, verbose=0), model(x)
    model.layers[0].activation = ckeras.activations.relu
    assert not np.array_equal(model.predict(x, verbose=0), before)
    assert not np.array_equal(model(x), called)


# -- losses and metrics


@pytest.mark.parametrize(
    "given, name",
    [
        ("mse", "mse"),
        ("MeanSquaredError", "MeanSquaredError"),
        (metrics.MeanSquaredError, "mean_squared_error"),
        (metrics.MeanSquaredError(name="mine"), "mine"),
        (losses.mean_squared_error, "mean_squared_error"),
        (losses.MeanSquaredError(), "mean_squared_error"),
        (lambda y, p: ops.mean((y - p) ** 2, axis=-1), "lambda"),
    ],
)
def test_metrics_are_called_as_they_were_given(mlp, data, given, name):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse", metrics=[given])
    got = model.evaluate(x, y, verbose=0, return_dict=True)
    assert set(got) == {"loss", name}
    assert got[name] == pytest.approx(got["loss"], rel=1e-5)


@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_takes_the_form_that_fits(mlp, data, name):
    x, _, classes = data
    forms = [
        (1, "sigmoid", "binary_crossentropy", classes == 1),
        (1, "sigmoid", "binary_crossentropy", (classes == 1)[:, None]),
        (3, "softmax", "sparse_categorical_crossentropy", classes),
        (3, "softmax", "sparse_categorical_crossentropy", classes[:, None]),
        (3, "softmax", "categorical_crossentropy", np.eye(3)[classes]),
    ]
    for units, activation, loss, y in forms:
        model = mlp(units, activation)
        model.compile("sgd", loss, metrics=[name, loss])
        got = model.evaluate(x, y, verbose=0, return_dict=True)
        p = model.predict(x, verbose=0)
        expected = np.mean((p[:, 0] > 0.5) == (classes == 1)) if units == 1 else np.mean(p.argmax(-1) == classes)
        assert got[name] == pytest.approx(expected)
        assert got[loss] == pytest.approx(got["loss"], rel=1e-5)


def test_metrics_of_one_name_are_numbered(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse", metrics=["mae", metrics.MeanSquaredError(name="mae")], weighted_metrics=["mae", "mse"])
    got = model.evaluate(x, y, verbose=0, return_dict=True)
    assert sorted(got) == ["loss", "mae", "mae_1", "mse", "weighted_mae"]
    assert got["mae_1"] == got["mse"] and got["weighted_mae"] == got["mae"]


def test_a_loss_may_be_a_function_an_object_a_class_or_a_name(mlp, data):
    x, y, _ = data
    given = ["mse", losses.MeanSquaredError(), losses.MeanSquaredError, losses.mean_squared_error, ["mse"]]
    given += [lambda t, p: ops.mean((t - p) ** 2), lambda t, p: (t - p) ** 2]
    model = mlp()
    found = []
    for loss in given:
        model.compile("sgd", loss)
        found.append(model.evaluate(x, y, verbose=0))
    np.testing.assert_allclose(found, found[0], rtol=1e-6)


def test_compile_again_starts_anew(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, verbose=0)
    model.compile("sgd", "mae")
    assert int(model.optimizer.iterations) == 0
    assert list(model.fit(x, y, verbose=0).history) == ["loss"]


# -- several outputs and inputs


class Two(ckeras.Model):
    """Two outputs, in the structure that `form` says."""

    def __init__(self, form):
        super().__init__()
        self.a, self.b, self.form = layers.Dense(1, name="a"), layers.Dense(2, name="b"), form

    def call(self, x):
        return self.form(self.a(x), self.b(x))


def _two(form, x, **options):
    ckeras.utils.set_random_seed(1)
    model = Two(form)
    model(x)
    model.compile("sgd", **options)
    return model


def test_outputs_in_a_dict(data):
    x, y, _ = data
    y2 = np.concatenate([y, -y], 1)
    model = _two(
        lambda a, b: {"a": a, "b": b},
        x,
        loss={"a": "mse", "b": "mae"},
        loss_weights={"a": 2.0, "b": 0.5},
        metrics={"a": "mae", "b": ["mse"]},
    )
    history = model.fit(x, {"a": y, "b": y2}, verbose=0)
    assert list(history.history) == ["a_loss", "a_mae", "b_loss", "b_mse", "loss"]
    got = model.evaluate(x, {"a": y, "b": y2}, verbose=0, return_dict=True)
    assert got["loss"] == pytest.approx(2 * got["a_loss"] + 0.5 * got["b_loss"], rel=1e-5)
    order = ["loss", "a_loss", "b_loss", "a_mae", "b_mse"]
    assert model.evaluate(x, {"a": y, "b": y2}, verbose=0) == [got[name] for name in order]
    outputs = model.predict(x, verbose=0)
    assert {k: v.shape for k, v in outputs.items()} == {"a": (20, 1), "b": (20, 2)}
    weights = {"a": np.zeros(20), "b": np.ones(20)}
    assert model.evaluate(x, {"a": y, "b": y2}, sample_weight=weights, verbose=0, return_dict=True)["a_loss"] == 0


def test_outputs_in_a_list(data):
    x, y, _ = data
    y2 = np.concatenate([y, -y], 1)
    model = _two(lambda a, b: [a, b], x, loss=["mse", "mae"], metrics=[["mae"], ["mse"]])
    assert list(model.fit(x, [y, y2], verbose=0).history) == ["loss", "mae", "mae_loss", "mse", "mse_loss"]
    assert type(model.predict(x, verbose=0)) is list
    got = model.evaluate(x, [y, y2], verbose=0, return_dict=True)
    assert model.evaluate(x, [y, y2], verbose=0) == [got[k] for k in ("loss", "mae", "mse", "mse_loss", "mae_loss")]


def test_an_output_without_a_loss_needs_no_target(data):
    x, y, _ = data
    model = _two(lambda a, b: {"a": a, "b": b}, x, loss={"a": "mse"})
    with pytest.warns(UserWarning, match="no gradients for variables"):
        assert list(model.fit(x, {"a": y}, verbose=0).history) == ["loss"]
    model = _two(lambda a, b: (a, b), x, loss=["mse", None])
    with pytest.warns(UserWarning, match="no gradients for variables"):
        assert list(model.fit(x, (y, y), verbose=0).history) == ["loss"]
    assert type(model.predict(x, verbose=0)) is tuple


@pytest.mark.parametrize("form", [dict, list, tuple])
def test_several_inputs(data, form):
    class Sum(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = layers.Dense(1), layers.Dense(1)

        def call(self, x):
            p, q = (x["p"], x["q"]) if isinstance(x, dict) else x
            return self.a(p) + self.b(q)

    x, y, _ = data
    given = {"p": x, "q": x[:, :2]} if form is dict else form([x, x[:, :2]])
    model = Sum()
    model.compile("adam", "mse")
    model.fit(given, y, verbose=0)
    expected = model.predict(given, verbose=0)
    assert model.predict_on_batch(given).shape == (20, 1)
    np.testing.assert_allclose(model(given), expected, rtol=1e-6, atol=1e-7)
    assert isinstance(model.train_on_batch(given, y), float)


# -- what a subclass may override


class Linear(ckeras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1, kernel_initializer="ones")

    def call(self, x, training=None):
        return self.dense(x)


def test_compute_loss_may_be_overridden(data):
    class Absolute(Linear):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 2 * ops.mean(ops.abs(y - y_pred))

    x, y, _ = data
    model = Absolute()
    model.compile("sgd")
    start = 2 * np.mean(abs(x.sum(1, keepdims=True) - y))
    np.testing.assert_allclose(model.fit(x, y, verbose=0).history["loss"], [start], rtol=1e-5)
    assert model.evaluate(x, y, verbose=0) < start


def test_an_older_compute_loss_need_not_take_training(data):
    class Plus(Linear):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return super().compute_loss(x, y, y_pred, sample_weight) + 1.0

    x, y, _ = data
    model = Plus()
    model.compile("sgd", "mse")
    got = model.evaluate(x, y, verbose=0)
    assert got == pytest.approx(1 + np.mean((x.sum(1, keepdims=True) - y) ** 2), rel=1e-5)
    assert model.test_on_batch(x, y) == got


def test_compute_metrics_may_be_overridden(data):
    class More(Linear):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "largest": ops.max(y_pred)}

    x, y, _ = data
    model = More()
    model.compile("sgd", "mse")
    got = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(got) == ["largest", "loss"]
    assert got["largest"] == pytest.approx(x.sum(1).max(), rel=1e-6)
    assert list(model.fit(x, y, verbose=0).history) == ["largest", "loss"]


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_steps_may_be_overridden(data, run_eagerly):
    class Own(Linear):
        def __init__(self):
            super().__init__()
            self.seen = metrics.Mean(name="seen")

        def train_step(self, batch):
            x, y = batch
            with ckeras.GradientTape() as tape:
                loss = ops.mean((self(x, training=True) - y) ** 2)
            weights = self.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            self.seen.update_state(loss)
            return {"seen": self.seen.result(), "raw": loss}

        def test_step(self, batch):
            x, y = batch
            return {"err": ops.mean(ops.abs(self(x, training=False) - y))}

        def predict_step(self, batch):
            x = batch
            return {"twice": 2 * self(x), "both": (self(x), x)}

    x, y, _ = data
    model = Own()
    model.compile("sgd", run_eagerly=run_eagerly)
    history = model.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0, validation_data=(x, y))
    assert list(history.history) == ["raw", "seen", "val_err"]
    assert history.history["seen"][1] < history.history["seen"][0]
    assert [m.name for m in model.metrics] == ["loss", "seen"]
    out = model.predict(x, batch_size=8, verbose=0)
    np.testing.assert_allclose(out["twice"], 2 * out["both"][0], rtol=1e-6)
    assert np.array_equal(out["both"][1], x)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(model.test_on_batch(x, y))
    assert set(model.train_on_batch(x, y, return_dict=True)) == {"raw", "seen"}


def test_metrics_of_a_subclass_and_of_its_layers_are_reset_and_reported(data):
    class Counting(layers.Layer):
        def __init__(self):
            super().__init__()
            self.rows = metrics.Sum(name="rows")

        def call(self, x):
            self.rows.update_state(ops.ones((x.shape[0],)))
            return x

    class Watched(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.counting, self.dense = Counting(), layers.Dense(1)
            self.several = [metrics.Mean(name="first"), metrics.Mean(name="second")]

        def call(self, x):
            self.several[0].update_state(x[:, 0])
            return self.dense(self.counting(x))

    x, y, _ = data
    model = Watched()
    model(x)
    model.reset_metrics()
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert history.history["rows"] == [20.0, 20.0]
    np.testing.assert_allclose(history.history["first"], [x[:, 0].mean()] * 2, rtol=1e-4, atol=1e-6)
    assert model.metrics_names == ["loss", "mae", "first", "second", "rows"]


def test_the_metrics_property_may_be_overridden(data):
    class Own(Linear):
        def __init__(self):
            super().__init__()
            self.mine = metrics.MeanAbsoluteError(name="mine")

        @property
        def metrics(self):
            return [self.mine]

        def train_step(self, batch):
            x, y = batch
            self.mine.update_state(y, self(x))
            return {"mine": self.mine.result()}

    x, y, _ = data
    model = Own()
    model.compile("sgd")
    history = model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    np.testing.assert_allclose(history.history["mine"], [np.mean(abs(x.sum(1, keepdims=True) - y))] * 2, rtol=1e-5)


def test_a_nested_compiled_model_keeps_its_metrics_to_itself(mlp, data):
    x, y, _ = data
    inner = mlp(3)
    inner.compile("adam", "mse", metrics=["mae"])
    model = ckeras.Sequential([ckeras.Input((4,)), inner, layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(x, y, verbose=0)
    assert list(history.history) == ["loss"] and history.history["loss"][0] > 0
    assert model.metrics_names == ["loss"]


# -- losses of layers


def test_losses_of_layers_and_regularizers_are_added(data):
    class Pull(layers.Layer):
        def call(self, x):
            self.add_loss(0.5 * ops.mean(x * x))
            return x

    x, y, _ = data
    model = ckeras.Sequential(
        [
            ckeras.Input((4,)),
            Pull(),
            layers.Dense(1, kernel_regularizer=ckeras.regularizers.L2(0.1), activity_regularizer="l1"),
        ]
    )
    model.compile("sgd", "mse", metrics=["mse"])
    loss, mse = model.evaluate(x, y, verbose=0)
    kernel = model.get_weights()[0]
    extra = 0.5 * np.mean(x * x) + 0.1 * np.sum(kernel**2) + 0.01 * np.mean(abs(model.predict(x, verbose=0)))
    assert loss == pytest.approx(mse + extra, rel=1e-5)
    assert model.fit(x, y, batch_size=20, verbose=0).history["loss"][0] == pytest.approx(loss, rel=1e-5)
    assert len(model.losses) == 1  # what the last call gave is gone with it; the regularizer of the weights remains
    model(x)
    assert len(model.losses) == 3


def test_a_loss_of_layers_alone_needs_no_targets(data):
    class Norm(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            y = self.dense(x)
            self.add_loss(ops.mean(y * y))
            return y

    x = data[0]
    model = Norm()
    model.compile(optimizers.SGD(0.1))
    values = model.fit(x, epochs=4, verbose=0).history["loss"]
    assert values == sorted(values, reverse=True)
    assert model.evaluate(x, verbose=0) < values[-1]


# -- optimizers in fit


def test_moving_averages_become_the_weights_at_the_end(mlp, data):
    x, y, _ = data
    model, plain = mlp(), mlp()
    model.compile(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.0), "mse")
    plain.compile(optimizers.SGD(0.1), "mse")
    for m in (model, plain):
        m.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_accumulated_gradients_make_one_update(mlp, data):
    x, y, _ = data
    model, plain = mlp(), mlp()
    model.compile(optimizers.SGD(0.1, gradient_accumulation_steps=2), "mse")
    plain.compile(optimizers.SGD(0.1), "mse")
    model.fit(x, y, batch_size=10, epochs=3, shuffle=False, verbose=0)
    plain.fit(x, y, batch_size=20, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_constraints_hold_after_fit(mlp, data):
    x, y, _ = data
    model = mlp(kernel_constraint="non_neg")
    model.compile(optimizers.SGD(0.1), "mse")
    model.fit(x, y, epochs=2, verbose=0)
    assert model.get_weights()[0].min() >= 0


# -- freezing


def test_a_frozen_layer_is_not_trained(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [False, False, True, True]
    model.layers[0].trainable = True
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_one_frozen_weight(mlp, data):
    x, y, _ = data
    model = mlp()
    model.layers[0].kernel.trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [False, True, True, True]


def test_a_wholly_frozen_model_warns_and_stays(mlp, data):
    x, y, _ = data
    model = mlp()
    model.trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    with pytest.warns(UserWarning, match="no trainable weights"):
        model.fit(x, y, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))


# -- profile


def test_profile_prints_a_table_and_leaves_the_weights(mlp, data, same, capsys):
    x, y, _ = data
    model = mlp()
    model.compile("adam", "mse")
    before = model.get_weights()
    model.profile(x, y, repeats=2)
    assert "GF/s" in capsys.readouterr().out
    same(model.get_weights(), before)
