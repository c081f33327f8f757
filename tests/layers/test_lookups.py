"""Lookups, hashes, bins and texts: values of Keras 3.15 on TensorFlow, saving, and bad input."""

import json

import numpy as np
import pytest
import reference

import ckeras
from ckeras import layers
from ckeras.layers.preprocessing.encoding import encoded_shape
from ckeras.layers.preprocessing.siphash import siphash64
from ckeras.tensor.string_tensor import StringTensor
from ckeras.utils.dataset import Dataset

cases = reference.script("make_lookup_values")
VALUES = json.loads(cases.VALUES.read_text())
FOUND = cases.values(layers)


@pytest.mark.parametrize("kind", sorted({case.split()[0] for case in VALUES}))
def test_values_of_keras(kind):
    assert FOUND.keys() == VALUES.keys()
    for case, expected in VALUES.items():
        found = FOUND[case]
        if not case.startswith(kind):
            continue
        if "adapted" in case or "parts" in case:
            np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=case)
        elif "vocabulary" in case or "inverse" in case:
            assert found == expected, case
        else:
            assert found[0] == expected[0], case
            np.testing.assert_allclose(found[1], expected[1], rtol=1e-6, err_msg=case)


MADE = {
    "string": lambda: layers.StringLookup(vocabulary=["a", "b"], mask_token="", num_oov_indices=2, salt=3),
    "weights": lambda: layers.StringLookup(vocabulary=["a", "b"], output_mode="tf_idf", idf_weights=[0.5, 2.0]),
    "inverse": lambda: layers.StringLookup(vocabulary=["a", "b"], invert=True),
    "integer": lambda: layers.IntegerLookup(vocabulary=[5, 3], output_mode="one_hot", max_tokens=9),
    "hash": lambda: layers.Hashing(7, salt=[1, 2], mask_value=4),
    "cross": lambda: layers.HashedCrossing(7, output_mode="one_hot"),
    "bins": lambda: layers.Discretization(bin_boundaries=[0.0, 3.0], output_mode="count"),
    "text": lambda: layers.TextVectorization(vocabulary=["a", "b"], ngrams=2, output_sequence_length=4),
}
INPUTS = {
    "string": [["a", "z"], ["b", ""]],
    "weights": [["a", "z"], ["b", ""]],
    "inverse": [[0, 1], [2, 9]],
    "integer": [[5, 4], [3, 0]],
    "hash": [[5, 4], [3, 0]],
    "bins": [[5, 4], [3, 0]],
    "cross": (["a", "b"], [3, 4]),
    "text": ["a b z", "b"],
}


@pytest.mark.parametrize("name", MADE)
def test_a_config_makes_an_equal_layer(name):
    layer = MADE[name]()
    config = json.loads(json.dumps(layers.serialize(layer)))
    again = layers.deserialize(config)
    assert type(again) is type(layer) and again.get_config() == layer.get_config()
    assert np.array_equal(np.asarray(again(INPUTS[name])), np.asarray(layer(INPUTS[name])))


ADAPTED = {
    "string": (lambda: layers.StringLookup(output_mode="tf_idf"), np.array([["b", "a"], ["b", "é"]])),
    "integer": (lambda: layers.IntegerLookup(mask_token=0, num_oov_indices=2), np.array([5, 5, 7])),
    "text": (lambda: layers.TextVectorization(), ["b a", "b é"]),
    "weights": (lambda: layers.TextVectorization(output_mode="tf_idf"), ["b a", "b é"]),
    "bins": (lambda: layers.Discretization(num_bins=3), np.arange(20.0)),
}


@pytest.mark.parametrize("name", ADAPTED)
def test_what_was_adapted_is_saved(name):
    make, data = ADAPTED[name]
    layer = make()
    layer.adapt(data)
    inner = ckeras.Sequential([layer])
    with pytest.warns(UserWarning, match="not built"):
        inner.save("model.keras")
    again = ckeras.models.load_model("model.keras").layers[0]
    assert np.array_equal(np.asarray(again(data)), np.asarray(layer(data)))
    if name != "bins":
        assert again.get_vocabulary() == layer.get_vocabulary()


def test_adapting_on_data_sets_and_lists():
    layer = layers.StringLookup()
    layer.adapt(Dataset.from_tensor_slices(["b", "a", "b", "c"]).batch(3))
    assert layer.get_vocabulary() == ["[UNK]", "b", "c", "a"]
    layer.adapt(Dataset.from_tensor_slices(["b", "a", "b", "c"]).batch(2), steps=1)
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]
    layer.update_state(["q"])
    layer.finalize_state()
    assert layer.get_vocabulary()[1:] == ["q", "b", "a"]
    text = layers.TextVectorization()
    text.adapt(Dataset.from_tensor_slices(["x y", "y"]).batch(2))
    assert text.get_vocabulary() == ["", "[UNK]", "y", "x"] and text.vocabulary_size() == 4
    text.update_state(["z z z"])
    text.finalize_state()
    assert text.get_vocabulary(include_special_tokens=False) == ["z", "y", "x"]
    text.reset_state()
    text.set_vocabulary(["new"])
    assert text("new old").tolist() == [2, 1]


class Column:
    """What a column of pandas has that matters here."""

    iloc = None

    def __init__(self, values):
        self._values = np.array(values, object if isinstance(values[0], str) else None)

    def to_numpy(self):
        return self._values


def test_columns_of_pandas():
    layer = layers.TextVectorization(output_mode="count")
    layer.adapt(Column(["x y", "y"]))
    assert layer.get_vocabulary() == ["[UNK]", "y", "x"]
    assert layer(Column(["y y"])).tolist() == [[0, 2, 0]]
    assert layers.IntegerLookup(vocabulary=[5])(Column([5, 6])).tolist() == [1, 0]


def test_layers_in_the_map_of_a_data_set_train_a_model():
    ckeras.utils.set_random_seed(0)
    texts = ["good film", "bad film", "very good", "very bad"] * 4
    labels = np.array([1, 0, 1, 0] * 4)
    vectorize = layers.TextVectorization(output_mode="multi_hot")
    vectorize.adapt(texts)
    dataset = Dataset.from_tensor_slices((texts, labels)).batch(4).map(lambda x, y: (vectorize(x), y))
    model = ckeras.Sequential([layers.Dense(1, activation="sigmoid")])
    model.compile(ckeras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    assert model.fit(dataset, epochs=20, verbose=0).history["accuracy"][-1] == 1.0


def test_functions_that_standardize_and_split():
    layer = layers.TextVectorization(
        vocabulary=["A", "B"],
        standardize=lambda texts: StringTensor(np.char.upper(texts.decoded().astype(str))),
        split=lambda texts: [row.split("-") for row in texts.decoded().tolist()],
    )
    assert layer(["a-b-c", "b"]).tolist() == [[2, 3, 1], [3, 0, 0]]


def test_vocabulary_files():
    with open("words.txt", "w", encoding="utf-8") as file:
        file.write("[UNK]\nfirst\nsecond\n")
    layer = layers.StringLookup(vocabulary="words.txt")
    assert layer.get_vocabulary() == ["[UNK]", "first", "second"]
    assert layer.get_config()["vocabulary"] == ["first", "second"]  # so a config needs no file
    for kind in (layers.StringLookup, layers.IntegerLookup, layers.TextVectorization):
        with pytest.raises(ValueError, match=r"config.*words\.txt"):
            kind.from_config({"vocabulary": "words.txt"})
    layer = layers.TextVectorization(split=None, standardize=None)
    layer.adapt(["two\nlines"])
    with pytest.raises(ValueError, match="line break"):
        layer.save_assets(".")


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("shape", [(), (3,), (3, 1), (3, 2)])
def test_shapes_are_known_before_values(mode, shape):
    layer = layers.Hashing(5, output_mode=mode)
    assert layer(np.zeros(shape, int)).shape == layer.compute_output_shape(shape) == encoded_shape(shape, mode, 5)
    if shape:
        symbol = layer(ckeras.Input(shape[1:], dtype="int32"))
        assert symbol.shape[1:] == layer.compute_output_shape((None, *shape[1:]))[1:]
        assert symbol.dtype == ("int64" if mode == "int" else "float32")


def test_layers_of_numbers_in_a_model():
    age, country = ckeras.Input((1,)), ckeras.Input((1,), dtype="int32")
    bins = layers.Discretization(bin_boundaries=[18.0, 65.0], output_mode="one_hot")
    lookup = layers.IntegerLookup(vocabulary=[49, 33], output_mode="one_hot")
    model = ckeras.Model([age, country], layers.Concatenate()([bins(age), lookup(country)]))
    found = model.predict([np.array([[20.0], [70.0]]), np.array([[33], [1]])], verbose=0)
    assert not model.run_eagerly
    assert found.tolist() == [[0, 1, 0, 0, 0, 1], [0, 0, 1, 1, 0, 0]]


def test_siphash_of_the_paper():
    assert siphash64(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)) == 0xA129CA6149BE45E5


S, N, T, D = layers.StringLookup, layers.IntegerLookup, layers.TextVectorization, layers.Discretization
AB = ["a", "b"]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: S(max_tokens=1), ValueError, "max_tokens"),
        (lambda: S(num_oov_indices=-1), ValueError, "num_oov_indices"),
        (lambda: S(output_mode="x"), ValueError, "output_mode"),
        (lambda: S(sparse=True), ValueError, "sparse=False"),
        (lambda: S(salt="a"), ValueError, "salt"),
        (lambda: S(salt=[1]), ValueError, "salt"),
        (lambda: S(pad_to_max_tokens=True), ValueError, "expects max_tokens"),
        (lambda: S(invert=True, output_mode="count"), ValueError, "output_mode='int'"),
        (lambda: S(idf_weights=[1.0]), ValueError, "idf_weights only"),
        (lambda: S(output_mode="tf_idf", idf_weights=[1.0]), ValueError, "expects a vocabulary"),
        (lambda: S(vocabulary=AB, output_mode="tf_idf"), ValueError, "expects idf_weights"),
        (lambda: S(vocabulary=AB, output_mode="tf_idf", idf_weights=[1.0]), ValueError, "2 idf_weights.* got 1"),
        (lambda: S(vocabulary=["a", "a"]), ValueError, r"repetition, got \['a'\]"),
        (lambda: S(vocabulary=[]), ValueError, "with strings, got none"),
        (lambda: S(vocabulary=[1]), TypeError, "strings, got 1"),
        (lambda: S(vocabulary="none.txt"), ValueError, r"no 'none\.txt'"),
        (lambda: S(vocabulary=["a", ""], mask_token=""), ValueError, r"\[''\] elsewhere"),
        (lambda: S(vocabulary=["a", "[UNK]"], invert=True), ValueError, "elsewhere"),
        (lambda: S(vocabulary=AB, max_tokens=2), ValueError, "at most 2 .* got 3"),
        (lambda: S(vocabulary=AB).adapt(["c"]), ValueError, "nothing to adapt"),
        (lambda: S().adapt([("a", 1)].__iter__()), TypeError, "tuple of 2"),
        (lambda: S().adapt(3), TypeError, "array or an iterable"),
        (lambda: S().adapt(iter([])), ValueError, "got none"),
        (lambda: S()(["a"]), ValueError, "no vocabulary"),
        (lambda: S(vocabulary=AB)([1]), TypeError, "strings, got dtype int64"),
        (lambda: S(vocabulary=AB, num_oov_indices=0)(["q"]), ValueError, r"num_oov_indices=0.*\['q'\]"),
        (lambda: S(vocabulary=AB, output_mode="count")([[["a"]]]), ValueError, "at most 2 axes"),
        (lambda: S(vocabulary=AB, invert=True)([1.5]), TypeError, "indices to be integers"),
        (lambda: N(vocabulary_dtype="int32"), ValueError, "vocabulary_dtype"),
        (lambda: N(vocabulary=[1.5]), TypeError, "integers, got 1.5"),
        (lambda: N(vocabulary=["a"]), TypeError, "integers, got 'a'"),
        (lambda: N(oov_method="x"), ValueError, "oov_method"),
        (lambda: N(vocabulary=[1])([1.5]), TypeError, "inputs to be integers"),
        (lambda: N(vocabulary=[1])(["a"]), TypeError, "inputs to be integers"),
        (lambda: layers.Hashing(0), ValueError, "num_bins"),
        (lambda: layers.Hashing(1, mask_value=""), ValueError, "at least 2"),
        (lambda: layers.Hashing(3)([1.5]), TypeError, "integers or strings"),
        (lambda: layers.HashedCrossing(0), ValueError, "num_bins"),
        (lambda: layers.HashedCrossing(3, output_mode="count"), ValueError, "output_mode"),
        (lambda: layers.HashedCrossing(3)(AB[:1]), ValueError, "two or more"),
        (lambda: layers.HashedCrossing(3)((AB, ["a"])), ValueError, r"one shape, got \(2,\), \(1,\)"),
        (lambda: layers.HashedCrossing(3)(([AB], [AB])), ValueError, r"got \(1, 2\)"),
        (lambda: layers.HashedCrossing(3)((AB, [1.5, 2.0])), TypeError, "integers or strings"),
        (lambda: D(), ValueError, "either bin_boundaries or num_bins"),
        (lambda: D([1.0], 3), ValueError, "either bin_boundaries or num_bins"),
        (lambda: D([2.0, 1.0]), ValueError, "increasing"),
        (lambda: D([np.nan]), ValueError, "increasing"),
        (lambda: D([]), ValueError, "increasing"),
        (lambda: D(num_bins=1), ValueError, "num_bins"),
        (lambda: D(num_bins=3, epsilon=0), ValueError, "epsilon"),
        (lambda: D(num_bins=3)([1.0]), ValueError, "no boundaries"),
        (lambda: D([1.0]).adapt([1.0]), ValueError, "nothing to adapt"),
        (lambda: D(num_bins=3).adapt([1.0, np.nan]), ValueError, "finite"),
        (lambda: T(standardize="x"), ValueError, "standardize"),
        (lambda: T(split="x"), ValueError, "split"),
        (lambda: T(ngrams=0), ValueError, "ngrams"),
        (lambda: T(ngrams=(2, "a")), ValueError, "ngrams"),
        (lambda: T(ragged=True), ValueError, "ragged=False"),
        (lambda: T(output_sequence_length=0), ValueError, "output_sequence_length"),
        (lambda: T(output_mode="count", output_sequence_length=2), ValueError, "only for output_mode='int'"),
        (lambda: T()("a"), ValueError, "no vocabulary"),
        (lambda: T(vocabulary=AB)([["a", "b"]]), ValueError, r"got \(1, 2\)"),
        (lambda: T(vocabulary=AB)([1, 2]), TypeError, "strings"),
        (lambda: T(vocabulary=AB).adapt(AB), ValueError, "nothing to adapt"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
