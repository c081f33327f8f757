"""tf.data: chains of steps, and training on what they give."""

import numpy as np
import pytest

import ckeras
from ckeras.compat import tensorflow as tf
from ckeras.compat.tensorflow.data import Dataset

X, Y = np.arange(20, dtype="float32").reshape(10, 2), np.arange(10)


def listed(dataset):
    return [np.asarray(e).tolist() for e in dataset]


@pytest.mark.parametrize(
    "dataset, elements",
    [
        (Dataset.range(5).batch(2), [[0, 1], [2, 3], [4]]),
        (Dataset.range(5).batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
        (Dataset.range(1, 7, 2).map(lambda x: x * 2), [2, 6, 10]),
        (Dataset.range(5).skip(1).take(2), [1, 2]),
        (Dataset.range(2).repeat(2), [0, 1, 0, 1]),
        (Dataset.range(2).concatenate(Dataset.range(3)), [0, 1, 0, 1, 2]),
        (Dataset.range(4).batch(2).cache().prefetch(tf.data.AUTOTUNE), [[0, 1], [2, 3]]),
        (Dataset.from_tensors([1, 2]), [[1, 2]]),
        (Dataset.zip((Dataset.range(3), Dataset.range(5))).map(lambda a, b: a - b), [0, 0, 0]),
    ],
)
def test_steps(dataset, elements):
    assert listed(dataset) == elements == listed(dataset)
    assert len(dataset) == dataset.cardinality() == len(elements)


def test_lengths_that_are_not_known():
    assert listed(Dataset.range(6).filter(lambda x: x % 2 == 0)) == [0, 2, 4]
    assert Dataset.range(3).repeat().cardinality() == -1 and Dataset.range(3).unbatch().cardinality() == -2
    assert listed(Dataset.range(4).batch(3).unbatch()) == [0, 1, 2, 3]
    assert listed(Dataset.range(2).repeat().take(5)) == [0, 1, 0, 1, 0]
    with pytest.raises(TypeError, match="endless"):
        len(Dataset.range(3).repeat())
    assert listed(Dataset.from_generator(lambda n: iter(range(n)), args=(3,))) == [0, 1, 2]


def test_structures_and_dtypes():
    dataset = tf.data.Dataset.from_tensor_slices(({"a": X, "b": [1.5] * 10}, Y)).batch(4)
    inputs, y = next(iter(dataset))
    assert inputs["a"].shape == (4, 2) and inputs["b"].dtype == "float32" and y.tolist() == [0, 1, 2, 3]
    assert next(dataset.as_numpy_iterator())[0]["a"].tolist() == X[:4].tolist()
    assert [(i, np.asarray(v).tolist()) for i, v in Dataset.range(2).batch(2).enumerate(3).as_numpy_iterator()] == [
        (3, [0, 1])
    ]
    with pytest.raises(ValueError, match="equal numbers of rows"):
        Dataset.from_tensor_slices((X, Y[:3]))


def test_shuffle():
    dataset = Dataset.range(50).shuffle(50, seed=1)
    first, second = listed(dataset), listed(dataset)
    assert sorted(first) == list(range(50)) == sorted(second) and len({tuple(first), tuple(second), range(50)}) == 3
    assert listed(Dataset.range(50).shuffle(50, seed=1)) == first
    kept = Dataset.range(50).shuffle(50, reshuffle_each_iteration=False)
    assert listed(kept) == listed(kept)
    assert listed(Dataset.range(5).shuffle(1)) == [0, 1, 2, 3, 4]


def test_a_model_trains_and_predicts_on_it():
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    results = []
    for arguments in ({"x": dataset}, {"x": X, "y": Y, "batch_size": 4, "shuffle": False}):
        ckeras.utils.set_random_seed(0)
        model = ckeras.Sequential([ckeras.layers.Dense(1)])
        model.compile("sgd", "mse")
        history = model.fit(**arguments, epochs=3, verbose=0)
        results.append((history.history["loss"], model.predict(X, verbose=0).tolist()))
    assert results[0] == results[1]
    assert model.predict(dataset.map(lambda x, y: x), verbose=0).shape == (10, 1)
