"""FeatureSpace, with the values of Keras 3.15 on TensorFlow."""

import json

import numpy as np
import pytest
import reference

import ckeras
from ckeras.preprocessing.features import Cross, Feature
from ckeras.utils import FeatureSpace
from ckeras.utils.dataset import Dataset

cases = reference.script("make_feature_space_values")
VALUES = json.loads(cases.VALUES.read_text())
FOUND = cases.values(FeatureSpace)
COLUMNS = {name: np.array(values) for name, values in cases.TABLE.items()}


@pytest.mark.parametrize("case", VALUES)
def test_values_of_keras(case):
    found, expected = FOUND[case], VALUES[case]
    if case.endswith("order"):
        assert found == expected
    else:
        assert found[0] == expected[0]
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-5, atol=1e-6)


def test_all_cases_are_there():
    assert FOUND.keys() == VALUES.keys()


def adapted(**options):
    space = FeatureSpace(cases.BY_NAME, crosses=[("s", "i")], **options)
    space.adapt(Dataset.from_tensor_slices(cases.TABLE).batch(2))
    return space


def test_adapting_on_elements_and_on_batches_is_the_same():
    space = FeatureSpace(cases.BY_NAME, crosses=[("s", "i")])
    space.adapt(Dataset.from_tensor_slices(cases.TABLE))
    np.testing.assert_allclose(space(COLUMNS), adapted()(COLUMNS), rtol=1e-6)


@pytest.mark.parametrize("output_mode", ["concat", "dict"])
def test_a_saved_space_gives_the_same(output_mode):
    space = adapted(output_mode=output_mode)
    space.save("space.keras")
    again = ckeras.saving.load_model("space.keras")
    assert isinstance(again, FeatureSpace) and again.get_config() == space.get_config()
    before, after = space(COLUMNS), again(COLUMNS)
    for name in before if output_mode == "dict" else [slice(None)]:
        assert np.array_equal(np.asarray(before[name]), np.asarray(after[name]))


def test_models_of_encoded_features_and_of_tables():
    space = adapted()
    encoded = space.get_encoded_features()
    assert encoded is space.get_encoded_features() and encoded.shape == (None, space(COLUMNS).shape[1])
    outputs = ckeras.layers.Dense(1)(encoded)
    model = ckeras.Model(encoded, outputs)
    model.compile("adam", "mse")
    table, y = Dataset.from_tensor_slices(cases.TABLE), Dataset.from_tensor_slices(np.arange(5.0))
    dataset = Dataset.zip(table.map(space), y).batch(2)
    assert len(model.fit(dataset, epochs=2, verbose=0).history["loss"]) == 2
    whole = ckeras.Model(space.get_inputs(), outputs)
    columns = {name: values[:, None] for name, values in COLUMNS.items()}
    np.testing.assert_allclose(whole(columns), model(space(COLUMNS)), rtol=1e-5)
    np.testing.assert_allclose(whole(COLUMNS), model(space(COLUMNS)), rtol=1e-5)


def test_symbolic_outputs_have_the_shapes_of_values():
    space = adapted(output_mode="dict", crossing_dim=5)
    symbols, values = space.get_encoded_features(), space(COLUMNS)
    assert {k: (v.shape[1:], v.dtype) for k, v in symbols.items()} == {
        k: (v.shape[1:], v.dtype) for k, v in values.items()
    }
    shapes = space.compute_output_shape(dict.fromkeys(cases.TABLE, (5, 1)))
    assert shapes == {k: v.shape for k, v in values.items()}


def test_features_of_ones_own():
    features = {
        "a": FeatureSpace.feature("float32", ckeras.layers.Rescaling(2.0), "float"),
        "b": FeatureSpace.feature("int32", lambda x: x + 1, "int"),
        "c": FeatureSpace.feature("int32", ckeras.layers.Hashing(3), "one_hot"),
        "d": FeatureSpace.float_discretized(None, bin_boundaries=[0.0, 1.0]),
    }
    space = FeatureSpace(features, output_mode="dict")
    found = space({"a": [1.0, 2.0], "b": [1, 2], "c": [5, 6], "d": [-1.0, 3.0]})
    assert found["d"].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert found["a"].tolist() == [[2.0], [4.0]] and found["b"].tolist() == [[2], [3]]
    assert found["c"].shape == (2, 3)


FLOAT = {"a": "float"}


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: FeatureSpace({}), ValueError, "not empty"),
        (lambda: FeatureSpace({"a": "number"}), ValueError, "feature 'a' .* got 'number'"),
        (lambda: FeatureSpace(FLOAT, output_mode="list"), ValueError, "output_mode"),
        (lambda: FeatureSpace(FLOAT, crosses=[("a", "b")]), ValueError, r"got \['b'\]"),
        (lambda: FeatureSpace(FLOAT, crosses=["a"]), ValueError, "two names or more"),
        (lambda: Cross(("a", "b"), 0), ValueError, "crossing_dim"),
        (lambda: Cross(("a", "b"), 3, "float"), ValueError, "output_mode"),
        (lambda: Feature("float32", 3, "float"), TypeError, "preprocessor"),
        (lambda: FeatureSpace.integer_categorical(output_mode="x"), ValueError, "output_mode"),
        (lambda: FeatureSpace(FLOAT)([1.0]), ValueError, "a dict of features"),
        (lambda: FeatureSpace(FLOAT)({"b": 1.0}), ValueError, r"\['a'\] are missing"),
        (lambda: FeatureSpace(FLOAT)({"a": 1.0, "b": 1.0}), ValueError, r"got \['b'\] too"),
        (lambda: FeatureSpace(FLOAT)({"a": "x"}), TypeError, "'a' to be float32, got strings"),
        (lambda: FeatureSpace({"a": "string_hashed"})({"a": 1}), TypeError, "'a' to be strings"),
        (lambda: FeatureSpace({"a": "float_normalized"})({"a": 1.0}), ValueError, r"adapt.*\['a'\]"),
        (lambda: FeatureSpace({"a": "float_normalized"}).get_encoded_features(), ValueError, "adapt"),
        (lambda: FeatureSpace({"a": "float_normalized"}).save("a.keras"), ValueError, "adapt"),
        (lambda: FeatureSpace(FLOAT).adapt(np.zeros(3)), ValueError, "data set of dicts"),
        (lambda: FeatureSpace(FLOAT).adapt({"b": [1.0]}), ValueError, "missing"),
        (
            lambda: FeatureSpace({"a": FeatureSpace.integer_hashed(3, output_mode="int")})({"a": [1]}),
            ValueError,
            "cannot concatenate 'a' of dtype int64",
        ),
        (lambda: FeatureSpace(FLOAT).save("a.h5"), ValueError, r"\.keras"),
        (
            lambda: FeatureSpace({"a": FeatureSpace.feature("float32", ckeras.layers.Identity(), "one_hot")})(
                {"a": 1.0}
            ),
            ValueError,
            "integers of feature 'a'",
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
