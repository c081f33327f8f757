"""The same seed gives the same bits: run after run, with one thread and two, in this process and in others."""

import os
import subprocess
import sys

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops, optimizers

# Sizes on both sides of what a kernel cuts into parts: (features, hidden units, classes, batch, rows).
SIZES = {
    "tiny": (3, (2,), 2, 1, 9),
    "small": (100, (32,), 3, 32, 100),
    "odd": (129, (65, 257), 7, 33, 150),
    "large": (784, (512, 512), 10, 128, 300),
    "wide batch": (300, (1100,), 10, 500, 700),
    "one long row": (40000, (64,), 5, 3, 7),
}

PROGRAM = """
import sys
import numpy as np
import ckeras
from ckeras import layers

ckeras.config.set_threads(int(sys.argv[1]))
ckeras.utils.set_random_seed(11)
rng = np.random.default_rng(5)
x, y = rng.standard_normal((300, 784)).astype("float32"), rng.integers(0, 10, 300)
model = ckeras.Sequential([ckeras.Input((784,)), layers.Dense(512, "relu"), layers.Dropout(0.3), layers.Dense(10)])
model.compile("adam", ckeras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(x, y, batch_size=128, epochs=3, verbose=0)
found = [*model.get_weights(), model.predict(x, verbose=0)]
import hashlib
print(hashlib.sha256(b"".join(w.tobytes() for w in found)).hexdigest())
"""


@pytest.fixture(autouse=True)
def threads():
    """Puts the number of threads back."""
    before = ckeras.config.get_threads()
    yield
    ckeras.config.set_threads(before)


def train(size, count, optimizer="adam", run_eagerly=False, dropout=True, epochs=3):
    """Weights, optimizer's variables, history and predictions after three epochs with ``count`` threads."""
    features, hidden, classes, batch, rows = SIZES[size]
    ckeras.config.set_threads(count)
    ckeras.utils.set_random_seed(42)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((rows, features)).astype("float32")
    y = rng.integers(0, classes, rows)
    model = ckeras.Sequential([ckeras.Input((features,))])
    for units in hidden:
        model.add(layers.Dense(units, "relu"))
        if dropout:
            model.add(layers.Dropout(0.25))
    model.add(layers.Dense(classes, "softmax"))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=run_eagerly)
    history = model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, validation_split=0.2).history
    state = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    return [*state, *map(np.array, history.values()), model.predict(x, batch_size=batch, verbose=0)]


@pytest.mark.parametrize("size", SIZES)
def test_one_thread_and_two_and_again(size, same):
    first = train(size, 1)
    same(train(size, 2), first)
    same(train(size, 2), first)
    same(train(size, 3), first)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "clipped"])
def test_every_optimizer(optimizer, same):
    def make():
        return optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.1) if optimizer == "clipped" else optimizer

    same(train("large", 1, make(), dropout=False), train("large", 2, make(), dropout=False))


def test_op_by_op(same):
    same(train("odd", 1, run_eagerly=True), train("odd", 2, run_eagerly=True))


def test_another_seed_gives_other_weights():
    ckeras.utils.set_random_seed(1)
    first = layers.Dense(4)
    first.build((None, 3))
    second = layers.Dense(4)
    second.build((None, 3))
    ckeras.utils.set_random_seed(1)
    again = layers.Dense(4)
    again.build((None, 3))
    assert np.array_equal(first.get_weights()[0], again.get_weights()[0])
    assert not np.array_equal(first.get_weights()[0], second.get_weights()[0])


def test_each_epoch_is_shuffled_anew_and_masked_anew():
    """The second epoch of a training is not the first one again."""

    class Order(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.rows = self.add_weight((64,), "zeros", trainable=False)
            self.at = self.add_weight((), "zeros", dtype="int32", trainable=False)
            self.dense, self.drop = layers.Dense(1), layers.Dropout(0.5)

        def call(self, x, training=None):
            row = ops.cast(ops.equal(ops.arange(64), self.at % 64), "float32")
            self.rows.assign(self.rows * (1 - row) + row * ops.sum(self.drop(x)))
            self.at.assign_add(1)
            return self.dense(x)

    ckeras.utils.set_random_seed(1)
    model = Order()
    model.compile(optimizers.SGD(0.0), "mse")
    x = np.arange(64, dtype="float32")[:, None] + 1

    def epoch():
        model.fit(x, x, batch_size=1, verbose=0)
        return model.rows.numpy().tolist()

    model(x[:1], training=True)
    model.at.assign(0)
    first, second = epoch(), epoch()
    kept = [[v for v in rows if v] for rows in (first, second)]
    assert first != second
    assert all(10 < len(rows) < 54 for rows in kept)  # half of 64
    assert set(np.array(kept[0]) / 2) <= set(x[:, 0].tolist())
    assert [v != 0 for v in first] != [v != 0 for v in second]


def test_fresh_processes_agree():
    env = {**os.environ, "PYTHONHASHSEED": "random"}
    runs = [
        subprocess.run([sys.executable, "-c", PROGRAM, count], env=env, capture_output=True, text=True)
        for count in ("1", "2", "2")
    ]
    assert [run.stderr for run in runs] == ["", "", ""]
    assert len({run.stdout for run in runs}) == 1
    assert len(runs[0].stdout.strip()) == 64


def test_the_order_of_shuffling_does_not_depend_on_what_ran_before(same):
    first = train("small", 2)
    train("odd", 2)
    np.random.seed(3)
    same(train("small", 2), first)


def test_a_given_seed_of_dropout_repeats_its_masks():
    x = np.ones((5, 40), "float32")
    one, two = layers.Dropout(0.5, seed=3), layers.Dropout(0.5, seed=3)
    masks = [one(x, training=True).numpy() for _ in range(2)]
    assert np.array_equal(masks[0], two(x, training=True).numpy())
    assert not np.array_equal(masks[0], masks[1])
