"""Batches from Python that do not fit: each is named, and what does not fit at once changes nothing."""

import pytest
from streams import Endless, Rows, generator

import ckeras


def _later(x, y, batch):
    yield x[:8], y[:8]
    yield batch


@pytest.mark.parametrize(
    "batch, error, words",
    [
        (lambda x, y: (x,), ValueError, r"batch 1 of the generator.* structure .*\(\*, \*\), got \(\*,\)"),
        (lambda x, y: (x, {"a": y}), ValueError, r"batch 1 of the generator.* structure"),
        (lambda x, y: (x.astype(int), y), TypeError, r"batch 1 of the generator.* dtype .*float32, got int64"),
        (lambda x, y: (x[None, :1], y[:1]), ValueError, r"batch 1 of the generator.*axes.*\(None, 4\)"),
        (lambda x, y: (x[:, :3], y), ValueError, r"batch 1 of the generator.*\(None, 4\), got \(None, 3\)"),
        (lambda x, y: (x, y[:3]), ValueError, r"batch 1 of the generator.*x has 20, y has 3"),
        (lambda x, y: (x[:0], y[:0]), ValueError, r"batch 1 of the generator.*at least one sample"),
        (lambda x, y: (), ValueError, r"batch 1 of the generator.*got 0 parts"),
        (lambda x, y: (x, y, y, y), ValueError, r"batch 1 of the generator.*got 4 parts"),
        (lambda x, y: None, TypeError, r"batch 1 of the generator.*numbers, got None"),
        (lambda x, y: (x, ["a"] * 20), TypeError, r"batch 1 of the generator.*y .*numbers"),
    ],
)
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_batch_that_differs_is_named(mlp, data, batch, error, words, run_eagerly):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    with pytest.raises(error, match=words) as caught:
        model.fit(_later(x, y, batch(x, y)), verbose=0)
    assert "\n" not in str(caught.value)
    assert int(model.optimizer.iterations) == 1


def test_numbers_out_of_range_are_found_in_every_batch(mlp, data, state_of, same):
    x, _, y = data
    model = mlp(3, "softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    bad = y.copy()
    bad[12] = 7
    with pytest.raises(IndexError, match=r"fit \(batch 1 of the generator\).* got 7 in row 4"):
        model.fit(generator(x, bad), verbose=0)
    assert int(model.optimizer.iterations) == 1
    before = state_of(model)
    with pytest.raises(IndexError, match="got 7"):
        model.fit(generator(x[12:], bad[12:]), verbose=0)
    same(before, state_of(model))


def test_arguments_that_belong_into_the_batches(mlp, data, state_of, same):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    before = state_of(model)
    for call, words in [
        (lambda: model.fit(generator(x, y), y, verbose=0), "fit expects y in the batches where x is a generator"),
        (lambda: model.fit(Rows(x, y), sample_weight=y, verbose=0), "fit expects sample_weight in the batches"),
        (lambda: model.evaluate(Rows(x, y), y, verbose=0), "evaluate expects y in the batches"),
        (
            lambda: model.fit(Rows(x, y), validation_split=0.5, verbose=0),
            "validation_split with arrays alone, got Rows",
        ),
        (lambda: model.fit(Rows(x, y), class_weight="balanced", verbose=0), "class_weight to be a dict"),
        (lambda: model.fit(Rows(x, y, y), class_weight={0: 2.0}, verbose=0), "at most one of class_weight"),
        (lambda: model.fit(Endless(x, y), verbose=0), "a number of steps, since Endless has no end"),
        (lambda: model.predict(Endless(x, y), verbose=0), "predict expects a number of steps"),
        (lambda: model.fit(iter([]), verbose=0), "at least one batch, but the generator gave none"),
        (lambda: model.fit(Rows(x[:0], y[:0]), verbose=0), "at least one batch, but Rows gave none"),
        (lambda: model.fit(generator(x), verbose=0), "expects y, but no y was given"),
        (lambda: model.fit(x, y, validation_data=generator(x), verbose=0), "expects y, but no y was given"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
        same(before, state_of(model))


def test_a_data_set_that_empties_itself(mlp, data):
    class Shrinking(Rows):
        def shrink(self):
            self.parts = [part[:0] for part in self.parts]

    class AtOnce(Shrinking):
        on_epoch_begin = Shrinking.shrink

    class Afterwards(Shrinking):
        on_epoch_end = Shrinking.shrink

    model = mlp()
    model.compile("sgd", "mse")
    for call in (model.predict, model.fit):
        with pytest.raises(ValueError, match=f"{call.__name__} expects at least one batch"):
            call(AtOnce(*data[:2]), verbose=0)
    assert not model.optimizer.built
    with pytest.warns(UserWarning, match="there is no more data in epoch 2"):
        history = model.fit(Afterwards(*data[:2]), epochs=2, verbose=0).history
    assert len(history["loss"]) == 1


def test_what_gives_no_batches(mlp, data):
    x, y, _ = data
    model = mlp()
    model.compile("sgd", "mse")
    for given, words in [
        (generator, r"got generator itself \(write generator\(\)\)"),
        (Rows, r"got Rows itself \(write Rows\(\)\)"),
        ({1, 2}, "numbers, got set of dtype object"),
        (map(str, [1]), r"batch 0 of the generator\) expects x to be an array of numbers, got str"),
    ]:
        with pytest.raises(TypeError, match=words):
            model.fit(given, verbose=0)
    for given in ((), (x, y, y, y)):
        with pytest.raises(ValueError, match=rf"fit\(validation_data\) expects \(x, y\).*, got {len(given)} parts"):
            model.fit(x, y, validation_data=given, verbose=0)


def test_outputs_of_different_shapes_cannot_be_joined(data):
    class Same(ckeras.Model):
        def call(self, x):
            return x

    x = data[0]
    with pytest.raises(ValueError, match="outputs of one shape from all batches"):
        Same().predict(iter([x, x[:, :3]]), verbose=0)
    assert Same().predict(iter([x, x[:3]]), verbose=0).shape == (23, 4)
