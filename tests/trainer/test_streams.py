"""Batches that come from Python: generators, data sets of batches, loaders of other frameworks."""

import itertools
import os
import threading
import warnings
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from streams import Endless, Loader, Rows, generator

import ckeras
from ckeras import callbacks, utils
from ckeras.trainer import streams

KINDS = {
    "generator": lambda *parts: generator(*parts, endless=True),
    "iterator": lambda *parts: itertools.chain(generator(*parts), generator(*parts, endless=True)),
    "data set": Rows,
    "threads": lambda *parts: Rows(*parts, workers=3, max_queue_size=2),
    "processes": lambda *parts: Rows(*parts, workers=2, use_multiprocessing=True),
    "endless": Endless,
    "endless, threads": lambda *parts: Endless(*parts, workers=2),
    "loader": Loader,
    "loader without length": lambda *parts: Loader(*parts, known=False),
}


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_trains_as_its_arrays_do(mlp, data, kind, run_eagerly):
    x, y, _ = data
    weight = np.linspace(0, 1, 20, dtype="float32")
    histories = []
    for stream in (False, True):
        model = mlp()
        model.compile("adam", "mse", weighted_metrics=["mae"], run_eagerly=run_eagerly)
        given = {"x": KINDS[kind](x, y, weight)} if stream else {"x": x, "y": y, "sample_weight": weight}
        fit = {"epochs": 3, "shuffle": False, "verbose": 0, "steps_per_epoch": 3}
        histories.append(model.fit(**given, **fit, **({} if stream else {"batch_size": 8})).history)
    assert list(histories[0]) == list(histories[1])
    for name, expected in histories[0].items():
        np.testing.assert_allclose(histories[1][name], expected, rtol=1e-6)
    assert threading.active_count() == 1


@pytest.mark.parametrize("kind", [k for k in KINDS if "endless" not in k and k not in ("generator", "iterator")])
def test_the_end_of_the_data_is_the_end_of_the_epoch(mlp, data, kind):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    expected = model.evaluate(x, y, verbose=0)
    assert model.evaluate(KINDS[kind](x, y), verbose=0) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(model.predict(KINDS[kind](x, y), verbose=0), model.predict(x, verbose=0), rtol=1e-6)
    history = model.fit(KINDS[kind](x, y), epochs=2, verbose=0, validation_data=KINDS[kind](x, y)).history
    assert list(history) == ["loss", "val_loss"] and len(history["loss"]) == 2
    assert int(model.optimizer.iterations) == 6


def test_a_generator_gives_one_epoch(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    assert len(model.fit(generator(x, y), verbose=0).history["loss"]) == 1
    with pytest.warns(UserWarning, match="fit: there is no more data in epoch 2 of 4"):
        history = model.fit(generator(x, y), epochs=4, verbose=0).history
    assert len(history["loss"]) == 1 and int(model.optimizer.iterations) == 6


def test_a_generator_that_ends_early_is_named(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="the generator ended after 1 batches, where 2 were expected"):
        history = model.fit(generator(x, y), epochs=2, steps_per_epoch=2, verbose=0).history
    assert len(history["loss"]) == 2 and int(model.optimizer.iterations) == 3
    with pytest.warns(UserWarning, match=r"fit\(validation_data\): there is no more data in epoch 2"):
        history = model.fit(x, y, epochs=2, verbose=0, validation_data=generator(x, y)).history
    assert len(history["loss"]) == 2 and len(history["val_loss"]) == 1


def test_no_more_batches_are_taken_than_are_used(mlp, data):
    taken = []

    def counted():
        for batch in generator(*data[:2], endless=True):
            taken.append(1)
            yield batch

    batches = counted()
    model = mlp()
    model.compile("sgd", "mse")
    model.fit(batches, steps_per_epoch=4, epochs=2, verbose=0)
    model.evaluate(batches, steps=3, verbose=0)
    assert len(taken) == 11


@pytest.mark.parametrize("form", [lambda x: x, lambda x: (x,), lambda x: [x]])
def test_batches_of_x_alone(mlp, data, form):
    x = data[0]
    found = mlp().predict((form(x[i : i + 8]) for i in range(0, 20, 8)), verbose=0)
    np.testing.assert_allclose(found, mlp().predict(x, verbose=0), rtol=1e-6)


def test_lists_and_varying_sizes(mlp, data):
    x, y, _ = data
    cuts = [0, 3, 10, 11, 20]
    model, other = mlp(), mlp()
    model.compile("sgd", "mse")
    other.compile("sgd", "mse")
    model.fit(((x[a:b].tolist(), y[a:b].tolist()) for a, b in itertools.pairwise(cuts)), verbose=0)
    for a, b in itertools.pairwise(cuts):
        other.train_on_batch(x[a:b], y[a:b])
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_structures(data):
    class Sum(ckeras.Model):
        def call(self, x):
            return {"s": x["a"] + x["b"][0], "d": x["a"] - x["b"][0]}

    x, y, _ = data
    found = Sum().predict(({"a": x[i : i + 8], "b": [y[i : i + 8]]} for i in range(0, 20, 8)), verbose=0)
    assert list(found) == ["s", "d"]
    np.testing.assert_allclose(found["d"], x - y, rtol=1e-6)


def test_each_epoch_shuffles_the_batches_of_a_data_set(mlp, data):
    class Noted(Rows):
        def __getitem__(self, i):
            seen.append(i)
            return super().__getitem__(i)

    x, y = np.repeat(data[0], 8, 0), np.repeat(data[1], 8, 0)
    for workers in (1, 2):
        orders = []
        for _ in range(2):
            seen = []
            utils.set_random_seed(3)
            model = mlp()
            model.compile("sgd", "mse")
            model.fit(Noted(x, y, workers=workers), epochs=2, verbose=0)
            orders.append(seen)
        if workers == 1:
            assert orders[0] == orders[1]
        first, second = orders[0][:20], orders[0][20:]
        assert sorted(first) == sorted(second) == list(range(20)) and first != second


def test_hooks_of_a_data_set(mlp, data):
    x, y, _ = data
    for options in ({}, {"workers": 2}, {"workers": 2, "use_multiprocessing": True}):
        rows = Rows(x, y, **options)
        model = mlp()
        model.compile("sgd", "mse")
        model.fit(rows, epochs=2, verbose=0)
        assert rows.calls == ["begin", "end"] * 2


def test_what_an_epoch_changes_reaches_the_workers(mlp, data):
    class Growing(Rows):
        def __init__(self, *parts, **options):
            super().__init__(*parts, **options)
            self.factor = 1.0

        def __getitem__(self, i):
            x, y = super().__getitem__(i)
            return x, y * self.factor

        def on_epoch_end(self):
            self.factor *= 3

    x, y, _ = data
    losses = []
    for options in ({}, {"workers": 2}, {"workers": 2, "use_multiprocessing": True}):
        model = mlp()
        model.compile("sgd", "mse")
        losses.append(model.fit(Growing(x, y, **options), epochs=3, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(losses[1:], [losses[0]] * 2, rtol=1e-6)
    assert losses[0][2] > 5 * losses[0][0]


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"workers": 2, "use_multiprocessing": True}])
def test_what_goes_wrong_in_a_data_set_surfaces(mlp, data, options):
    class Broken(Rows):
        def __getitem__(self, i):
            if i == 2:
                raise KeyError("no such file")
            return super().__getitem__(i)

    model = mlp()
    model.compile("sgd", "mse")
    with pytest.raises(KeyError, match="no such file"):
        model.fit(Broken(*data[:2], **options), shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 2
    assert threading.active_count() == 1


def test_a_worker_that_dies_does_not_hang(mlp, data):
    class Dying(Rows):
        def __getitem__(self, i):
            if os.getpid() != parent:
                os._exit(1)
            return super().__getitem__(i)

    parent = os.getpid()
    model = mlp()
    model.compile("sgd", "mse")
    with pytest.raises(BrokenProcessPool):
        model.fit(Dying(*data[:2], workers=2, use_multiprocessing=True), verbose=0)
    assert int(model.optimizer.iterations) == 0
    model.fit(*data[:2], verbose=0)


def test_a_callback_that_fails_leaves_no_workers(mlp, data):
    class Failing(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("as asked")

    model = mlp()
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="as asked"):
        model.fit(Endless(*data[:2], workers=3), steps_per_epoch=3, verbose=0, callbacks=[Failing()])
    assert threading.active_count() == 1


def test_a_callback_stops_a_stream(mlp, data):
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = mlp()
    model.compile("sgd", "mse")
    model.fit(Rows(*data[:2], workers=2), epochs=5, verbose=0, callbacks=[Stop()])
    assert int(model.optimizer.iterations) == 2 and threading.active_count() == 1


def test_steps_per_execution_groups_the_batches_of_a_stream(mlp, data):
    class Noted(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append(("begin", batch))

        def on_train_batch_end(self, batch, logs=None):
            seen.append(("end", batch))

    seen = []
    model = mlp()
    model.compile("sgd", "mse", steps_per_execution=2)
    model.fit(Rows(*data[:2]), verbose=0, callbacks=[Noted()])
    assert seen == [("begin", 0), ("end", 1), ("begin", 2), ("end", 3)]


def test_class_weight_weighs_batches(mlp, data):
    x, _, y = data
    histories = []
    for given in ({"x": x, "y": y, "batch_size": 8}, {"x": Rows(x, y)}, {"x": generator(x, y)}):
        model = mlp(3, "softmax")
        model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
        histories.append(model.fit(**given, class_weight={0: 3.0, 1: 0.5}, shuffle=False, verbose=0).history)
    for found in histories[1:]:
        assert found["loss"] == pytest.approx(histories[0]["loss"], rel=1e-6)
        assert found["accuracy"] == pytest.approx(histories[0]["accuracy"], rel=1e-6)


def test_the_bar_learns_the_length(mlp, data, capsys):
    model = mlp()
    model.compile("sgd", "mse")
    model.fit(generator(*data[:2]), verbose=2)
    assert capsys.readouterr().out.startswith("3/3 - ")
    model.predict(generator(data[0]), verbose=2)
    assert capsys.readouterr().out.startswith("3/3 - ")
    model.evaluate(generator(*data[:2]), verbose=1)
    assert "3/3" in capsys.readouterr().out


def test_iteration_of_a_data_set(data):
    x, y, _ = data
    assert [len(a) for a, _ in Rows(x, y)] == [8, 8, 4]
    assert Rows(x, y).num_batches == 3
    assert [len(a) for a, _ in itertools.islice(Endless(x, y), 5)] == [8, 8, 4, 8, 8]

    class Unending(utils.PyDataset):
        def __len__(self):
            return None

        def __getitem__(self, i):
            return i

    assert Unending().num_batches is None and list(itertools.islice(Unending(), 3)) == [0, 1, 2]
    assert utils.Sequence is utils.PyDataset
    with pytest.raises(NotImplementedError, match="has no __getitem__"):
        utils.PyDataset()[0]


def test_a_data_set_without_super_init_warns(mlp, data):
    class Forgetful(utils.PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 1

        def __getitem__(self, i):
            return data[0], data[1]

    model = mlp()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match=r"Forgetful\.__init__\(\) should call super"):
        model.fit(Forgetful(), verbose=0)


@pytest.mark.parametrize("options", [{"workers": -1}, {"workers": 1.5}, {"max_queue_size": "a"}])
def test_what_a_data_set_does_not_take(options):
    name = next(iter(options))
    with pytest.raises(ValueError, match=f"PyDataset expects {name} to be an integer of at least 0"):
        utils.PyDataset(**options)


def test_a_call_that_asks_for_a_value_runs_a_stream_op_by_op(data):
    class Asking(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = ckeras.layers.Dense(1)

        def call(self, x):
            y = self.dense(x)
            return y if ckeras.ops.sum(y) > 0 else -y

    x, y, _ = data
    model = Asking()
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="is run op by op"):
        history = model.fit(generator(x, y), verbose=0).history
    assert len(history["loss"]) == 1 and int(model.optimizer.iterations) == 3


def test_lengths_of_sequences_may_vary():
    class Averaged(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.inner, self.outer = ckeras.layers.Dense(3), ckeras.layers.Dense(1)

        def call(self, x):
            return self.outer(ckeras.ops.mean(self.inner(x), axis=1))

    rng = np.random.default_rng(0)
    model = Averaged()
    model.compile("sgd", "mse")
    batches = [(rng.standard_normal((4, t, 2)), np.ones((4, 1))) for t in (3, 5, 7, 3)]
    model.fit(iter(batches), verbose=0)
    assert int(model.optimizer.iterations) == 4
    assert model.predict((x for x, _ in batches), verbose=0).shape == (16, 1)


def test_no_warnings_without_a_reason(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(Rows(x, y), epochs=2, verbose=0, validation_data=Rows(x, y))
        model.fit(generator(x, y, endless=True), epochs=2, steps_per_epoch=3, verbose=0)


@pytest.fixture
def kept(monkeypatch):
    """Keeps sources alive, so that their threads end only because they are closed."""
    sources, made = [], streams.Batches.__init__

    def init(self, *args, **options):
        sources.append(self)
        made(self, *args, **options)

    monkeypatch.setattr(streams.Batches, "__init__", init)
    return sources


def test_runs_that_end_early_leave_no_workers(mlp, data, kept):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    given = {"x": Rows(x, y, workers=2), "validation_data": Rows(x, y, workers=2)}
    model.fit(**given, verbose=0, steps_per_epoch=1, validation_steps=1)
    assert len(kept) == 2 and threading.active_count() == 1
    model.evaluate(Rows(x, y, workers=2), steps=1, verbose=0)
    model.predict(Rows(x, y, workers=2), steps=1, verbose=0)
    assert len(kept) == 4 and threading.active_count() == 1


@pytest.mark.parametrize("wrong", ["validation_data", "x", "parts"])
def test_an_error_before_training_leaves_no_workers(mlp, data, kept, wrong):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    given = {"x": Rows(x, y, workers=2), "validation_data": Rows(x, y, workers=2)}
    if wrong == "parts":
        given["validation_data"] = (x, y, y, y)
    else:
        given[wrong] = Rows(x[:, :2], y, workers=2)
    with pytest.raises(ValueError, match=r"expects x of shape|got 4 parts"):
        model.fit(**given, verbose=0)
    assert kept and threading.active_count() == 1
