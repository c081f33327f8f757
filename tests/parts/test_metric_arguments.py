"""Constructor arguments of metrics: errors that name the argument, and dtypes that leave the result right."""

import numpy as np
import pytest

import ckeras
from ckeras import metrics

INTEGERS = {
    "MeanIoU num_classes": (lambda v: metrics.MeanIoU(v), [0, -1, 2.5, "a", None]),
    "IoU num_classes": (lambda v: metrics.IoU(v, [0]), [0, -1, 2.5, "a", None]),
    "OneHotIoU num_classes": (lambda v: metrics.OneHotIoU(v, [0]), [0, 2.5, "a", None]),
    "OneHotMeanIoU num_classes": (lambda v: metrics.OneHotMeanIoU(v), [0, 2.5, "a", None]),
    "IoU ignore_class": (lambda v: metrics.IoU(3, [0], ignore_class=v), [2.5, "a", [1]]),
    "SparseCategoricalCrossentropy ignore_class": (
        lambda v: metrics.SparseCategoricalCrossentropy(ignore_class=v),
        [2.5, "a"],
    ),
    "Precision top_k": (lambda v: metrics.Precision(top_k=v), [0, -1, 2.5, "a"]),
    "Recall class_id": (lambda v: metrics.Recall(class_id=v), [2.5, "a"]),
    "PrecisionAtRecall class_id": (lambda v: metrics.PrecisionAtRecall(0.5, class_id=v), [2.5, "a"]),
    "RecallAtPrecision class_id": (lambda v: metrics.RecallAtPrecision(0.5, class_id=v), [2.5, "a"]),
    "SensitivityAtSpecificity num_thresholds": (
        lambda v: metrics.SensitivityAtSpecificity(0.5, num_thresholds=v),
        [0, -3, 2.5, "a", None],
    ),
    "SpecificityAtSensitivity class_id": (lambda v: metrics.SpecificityAtSensitivity(0.5, class_id=v), [2.5, "a"]),
    "AUC num_thresholds": (lambda v: metrics.AUC(num_thresholds=v), [0, 1, 2.5, "a", None]),
    "TopKCategoricalAccuracy k": (lambda v: metrics.TopKCategoricalAccuracy(k=v), [0, -1, 2.5, "a", None]),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (_, values) in INTEGERS.items() for value in values]
)
def test_what_is_no_integer_is_named(name, value):
    metric, argument = name.split()
    with pytest.raises(ValueError, match=rf"{metric} expects {argument} to be an? .*integer.*, got "):
        INTEGERS[name][0](value)


@pytest.mark.parametrize("name", [name for name in INTEGERS if "num_thresholds" not in name])
def test_integers_of_numpy_are_taken(name):
    make, _ = INTEGERS[name]
    assert make(np.int64(2)).get_config()[name.split()[1]] == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: metrics.BinaryAccuracy(threshold="a"), TypeError, "BinaryAccuracy expects a number as threshold"),
        (lambda: metrics.BinaryAccuracy(threshold=None), TypeError, "BinaryAccuracy expects a number as threshold"),
        (lambda: metrics.BinaryIoU(threshold="a"), TypeError, "BinaryIoU expects a number as threshold, got 'a'"),
        (lambda: metrics.BinaryIoU(threshold=[0.5]), TypeError, "BinaryIoU expects a number as threshold"),
        (lambda: metrics.BinaryIoU([2]), ValueError, "BinaryIoU expects target_class_ids to be class labels from 0"),
        (lambda: metrics.IoU(3, "a"), ValueError, "IoU expects target_class_ids to be class labels from 0 to 2, got a"),
        (lambda: metrics.IoU(3, None), ValueError, "IoU expects target_class_ids to be class labels"),
        (lambda: metrics.IoU(3, 1), ValueError, "IoU expects target_class_ids to be class labels"),
        (lambda: metrics.AUC(thresholds=2.0), ValueError, "AUC expects thresholds to be a list of numbers or None"),
        (lambda: metrics.AUC(thresholds=[0.5, 2]), ValueError, "AUC expects thresholds to be a number from 0 to 1"),
        (
            lambda: metrics.Precision(thresholds=[]),
            ValueError,
            "Precision expects thresholds to be a number or",
        ),
        (lambda: metrics.Mean(name=3), TypeError, "Mean expects name to be a string or None, got 3"),
        (lambda: metrics.AUC(name=["x"]), TypeError, r"AUC expects name to be a string or None, got \['x'\]"),
        (lambda: metrics.Mean(dtype="float12"), ValueError, "unknown dtype 'float12'"),
        (lambda: metrics.Mean(nonsense=1), TypeError, "unexpected keyword argument 'nonsense'"),
    ],
)
def test_other_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


Y, P = np.array([0, 1, 1, 0]), np.array([0.2, 0.9, 0.4, 0.6])


@pytest.mark.parametrize(
    "make",
    [
        metrics.TruePositives, metrics.FalsePositives, metrics.TrueNegatives, metrics.FalseNegatives,
        metrics.Precision, metrics.Recall, metrics.AUC, lambda **k: metrics.PrecisionAtRecall(0.5, **k),
        lambda **k: metrics.SensitivityAtSpecificity(0.5, **k), lambda **k: metrics.Precision([0.3, 0.5], **k),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["int32", "int64", "float64"])
def test_a_dtype_of_counts_does_not_truncate_the_predictions(make, dtype):
    metric = make(dtype=dtype)
    np.testing.assert_allclose(metric(Y, P), make()(Y, P), rtol=1e-6)
    assert {v.dtype for v in metric.variables} == {dtype}


def test_a_dtype_policy_gives_its_compute_dtype():
    for dtype in ("mixed_float16", ckeras.DTypePolicy("mixed_float16")):
        metric = metrics.MeanSquaredError(dtype=dtype)
        assert metric.dtype == "float16" and metric.get_config()["dtype"] == "float16"
        assert float(metric([1.0, 2.0], [1.0, 4.0])) == 2.0
    assert ckeras.losses.MeanSquaredError(dtype="mixed_float16").dtype == "float16"
