"""One-hot rows and unit rows."""

import numpy as np
import pytest

from ckeras.utils import normalize, to_categorical


@pytest.mark.parametrize(
    ("x", "num_classes", "shape"),
    [
        ([0, 2], None, (2, 3)),
        ([0, 2], 5, (2, 5)),
        ([[0], [2]], None, (2, 3)),
        ([[0, 1], [2, 1]], None, (2, 2, 3)),
        (np.zeros((2, 1, 1)), 2, (2, 1, 2)),
        (5, None, (6,)),
        ([1], 0, (1, 2)),
        ([], 3, (0, 3)),
        (np.zeros((0, 1)), 3, (0, 3)),
        ([True, False], None, (2, 2)),
        (np.uint8([3, 200]), None, (2, 201)),
        (["1", "2"], None, (2, 3)),
    ],
)
def test_to_categorical_puts_a_one_at_each_class(x, num_classes, shape):
    rows = to_categorical(x, num_classes)
    assert rows.shape == shape and rows.dtype == np.float64
    np.testing.assert_array_equal(rows.argmax(-1).ravel(), np.asarray(x).astype(int).ravel())
    np.testing.assert_array_equal(rows.sum(-1), 1)


def test_to_categorical_truncates_floats():
    assert to_categorical([1.7]).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("x", [[0, 3], [0, -1]])
def test_to_categorical_refuses_classes_out_of_range(x):
    with pytest.raises(IndexError, match=f"from 0 to 2 in x, but got {x[1]}"):
        to_categorical(x, 3)


@pytest.mark.parametrize("x", [[], ["a"], [np.nan], [np.inf], [None], [1j], np.zeros(2, "datetime64[s]")])
def test_to_categorical_refuses_what_is_no_class_label(x):
    with pytest.raises(ValueError, match="to_categorical expects"):
        to_categorical(x)


@pytest.mark.parametrize("order", [1, 2, 2.5, 3, np.inf])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_normalize_gives_rows_of_norm_one(order, axis):
    x = np.random.default_rng(0).normal(size=(3, 7))
    norms = np.linalg.norm(normalize(x, axis=axis, order=order), order, axis=axis)
    np.testing.assert_allclose(norms, 1.0)


def test_normalize_leaves_zeros():
    assert normalize(np.array([[3, 4], [0, 0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("x", "dtype", "shape"),
    [
        (np.ones((2, 2), "float16"), "float16", (2, 2)),
        (np.ones((2, 2), "float32"), "float32", (2, 2)),
        (np.ones((2, 2), "int32"), "float64", (2, 2)),
        (np.ones((2, 2), "bool"), "float64", (2, 2)),
        (np.ones(3), "float64", (1, 3)),
        (np.ones((0, 3)), "float64", (0, 3)),
        ([3, 4], "float32", (2,)),
        ([], "float32", (0,)),
    ],
)
def test_normalize_dtypes_and_shapes(x, dtype, shape):
    result = normalize(x)
    assert result.dtype == dtype and result.shape == shape


def test_normalize_lets_nan_flow():
    assert np.isnan(normalize([[np.nan, 1.0]])).all()


@pytest.mark.parametrize(("x", "options"), [([["a"]], {}), ([[1.0]], {"axis": 5}), ([[1.0]], {"order": "x"})])
def test_normalize_refuses(x, options):
    with pytest.raises(ValueError):
        normalize(x, **options)
