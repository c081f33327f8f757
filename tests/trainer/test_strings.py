"""Models of strings: lookups run on the host, inside of compiled steps."""

import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.tensor.string_tensor import StringTensor
from ckeras.utils.dataset import Dataset

TEXTS = ["the cat sat", "a dog ran", "the dog sat here", "cats run", "a cat"] * 4
LABELS = np.arange(20) % 2


def vectorization(**options):
    layer = layers.TextVectorization(**{"output_sequence_length": 5, **options})
    layer.adapt(TEXTS)
    return layer


def classifier(first=None):
    first = vectorization() if first is None else first
    ckeras.utils.set_random_seed(1)
    parts = [layers.Embedding(30, 4), layers.GlobalAveragePooling1D(), layers.Dense(1, activation="sigmoid")]
    model = ckeras.Sequential([first, *parts])
    model(ckeras.Input((), dtype="string") if model.layers[0].name.startswith("text") else ckeras.Input((5,)))
    model.compile("adam", "binary_crossentropy")
    return model


FORMS = {
    "str": np.array(TEXTS),
    "objects": np.array(TEXTS, object),
    "bytes": np.array([t.encode() for t in TEXTS]),
    "list": TEXTS,
    "tensor": StringTensor(TEXTS),
    "column": np.array(TEXTS)[:, None],
}


@pytest.mark.parametrize("form", FORMS)
def test_strings_train_as_their_indices_do(form):
    x, indices = FORMS[form], vectorization()(np.array(TEXTS)).numpy()
    model, plain = classifier(), classifier(layers.Identity())
    losses = []
    for m, data in ((model, x), (plain, indices)):
        ckeras.utils.set_random_seed(2)
        losses.append(m.fit(data, LABELS, epochs=2, batch_size=8, verbose=0).history)
    assert losses[0] == losses[1]
    assert not model.run_eagerly
    np.testing.assert_array_equal(model.predict(x, verbose=0), plain.predict(indices, verbose=0))
    assert model.evaluate(x, LABELS, verbose=0) == plain.evaluate(indices, LABELS, verbose=0)
    np.testing.assert_array_equal(model(x), plain(indices))
    np.testing.assert_array_equal(model.predict_on_batch(x), plain(indices))
    assert model.train_on_batch(x, LABELS) == plain.train_on_batch(indices, LABELS)


def test_batches_of_strings():
    model, plain = classifier(), classifier()
    batches = Dataset.from_tensor_slices((TEXTS, LABELS)).batch(8)
    np.testing.assert_array_equal(model.predict(TEXTS, verbose=0), plain.predict(TEXTS, verbose=0))
    model.fit(batches, epochs=2, verbose=0)
    plain.fit(np.array(TEXTS), LABELS, epochs=2, batch_size=8, verbose=0, shuffle=False)
    np.testing.assert_array_equal(model.predict(batches, verbose=0), plain.predict(TEXTS, verbose=0))


def test_strings_next_to_numbers():
    text, number = ckeras.Input((1,), dtype="string", name="text"), ckeras.Input((3,), name="number")
    embedded = layers.Flatten()(layers.Embedding(30, 2)(vectorization()(text)))
    model = ckeras.Model({"text": text, "number": number}, layers.Dense(1)(layers.Concatenate()([embedded, number])))
    model.compile("adam", "mse")
    x = {"text": np.array(TEXTS), "number": np.ones((20, 3))}
    model.fit(x, LABELS, verbose=0)
    assert not model.run_eagerly
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), model({"text": FORMS["column"], "number": np.ones((20, 3), "float32")})
    )


def test_numbers_and_strings_of_one_shape_have_plans_of_their_own():
    class Both(ckeras.Model):
        def call(self, x):
            return layers.Hashing(10)(x)

    model = Both()
    model.compile("sgd", "mse")
    assert (
        model.predict(np.array(["1", "-20"]), verbose=0).tolist()
        == model.predict(np.array([1, -20]), verbose=0).tolist()
        == layers.Hashing(10)([1, -20]).tolist()
    )


def test_a_new_vocabulary_makes_a_new_plan():
    lookup = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
    model = ckeras.Sequential([lookup])
    x = np.array(["a", "c"])
    assert model.predict(x, verbose=0).tolist() == model(x).tolist() == [[0, 1, 0], [1, 0, 0]]
    lookup.set_vocabulary(["c", "b", "a"])
    assert model.predict(x, verbose=0).tolist() == model(x).tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]


def test_a_width_that_depends_on_the_batch_runs_op_by_op():
    model = classifier(vectorization(output_sequence_length=None))
    with pytest.warns(UserWarning, match="op by op.*Pass output_sequence_length"):
        model.fit(TEXTS, LABELS, verbose=0)
    assert model.predict(np.array(TEXTS), verbose=0).shape == (20, 1)
    assert classifier(vectorization(output_sequence_length=None))(np.array(TEXTS)).shape == (20, 1)


def test_indices_become_strings():
    model = ckeras.Sequential([layers.StringLookup(vocabulary=["a", "b"], invert=True)])
    with pytest.warns(UserWarning, match="op by op"):
        assert model.predict(np.array([[1], [2]]), verbose=0).tolist() == [[b"a"], [b"b"]]


def test_user_functions_of_strings_run_in_the_plan():
    layer = vectorization(standardize=lambda texts: StringTensor([t.upper() for t in texts.numpy()]))
    layer.set_vocabulary(["THE", "CAT"])
    model = ckeras.Sequential([layer])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.predict(np.array(["the cat", "a"]), verbose=0).tolist() == [[2, 3, 0, 0, 0], [1, 0, 0, 0, 0]]


@pytest.mark.parametrize("model", [lambda: [layers.Dense(2)], lambda: [ckeras.Input((1,)), layers.Dense(2)]])
def test_models_of_numbers_refuse_strings(model):
    model = ckeras.Sequential(model())
    model.compile("sgd", "mse")
    for x, shown in ((np.array(["a", "b"]), "ndarray of dtype <U1"), (["a", "b"], "list of dtype <U1")):
        with pytest.raises(TypeError, match=f"predict expects x to be an array of numbers, got {shown}"):
            model.predict(x, verbose=0)


def test_labels_and_mixed_objects_are_refused():
    model = classifier()
    with pytest.raises(TypeError, match="fit expects y to be an array of numbers, got list of dtype <U1"):
        model.fit(TEXTS, ["a"] * 20, verbose=0)
    with pytest.raises(TypeError, match="fit expects x to be an array of numbers, got ndarray of dtype object"):
        model.fit(np.array(["a", None] * 10, object), LABELS, verbose=0)


def test_an_unknown_string_in_a_plan_is_an_error():
    model = ckeras.Sequential([layers.StringLookup(vocabulary=["a"], num_oov_indices=0)])
    assert model.predict(np.array(["a"]), verbose=0).tolist() == [0]
    with pytest.raises(ValueError, match="outside of its vocabulary"):
        model.predict(np.array(["b"]), verbose=0)


def test_calls_of_several_inputs_are_compiled():
    a, b = ckeras.Input((3,), name="a"), ckeras.Input((2,), name="b")
    both = layers.Concatenate()([a, b])
    one = ckeras.Model([a, b], layers.Dense(4)(both))
    two = ckeras.Model({"a": a, "b": b}, {"x": layers.Dense(4)(both), "y": [both]})
    x, y = np.ones((5, 3), "float32"), np.zeros((5, 2), "float32")
    expected = one.predict([x, y], verbose=0)
    np.testing.assert_array_equal(one([x, y]), expected)
    np.testing.assert_array_equal(one((ckeras.ops.array(x), y)), expected)
    found = two({"b": y, "a": x})
    np.testing.assert_array_equal(found["y"][0], np.concatenate([x, y], 1))
    assert found["x"].shape == (5, 4)
    assert len(one._calls.plans.values()) == 3 and len(two._calls.plans.values()) == 2  # "transparent" is one
    with pytest.raises(ValueError, match="wrong input 'b'"):
        one([x, x])
