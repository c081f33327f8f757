"""Every shipped loss and metric in a training step: compiled without Python, and equal to running op by op."""

import inspect

import numpy as np
import pytest
from plans import python_labels

import ckeras
from ckeras import layers, losses, metrics
from ckeras.trainer.steps import Step

ROWS = 20
rng = np.random.default_rng(3)
X = rng.standard_normal((ROWS, 4)).astype("float32")
NUMBERS = rng.integers(0, 3, ROWS)
ONE_HOT = np.eye(3, dtype="float32")[NUMBERS]
YES = rng.integers(0, 2, (ROWS, 3)).astype("float32")
REAL = rng.standard_normal((ROWS, 3)).astype("float32")
WEIGHTS = np.linspace(0, 2, ROWS)
# What a part needs of targets: integer class labels, one-hot rows, numbers of any size, or, for the others, yes or no.
TARGETS = {
    **dict.fromkeys(
        ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle", "SparseCategoricalAccuracy",
         "SparseTopKCategoricalAccuracy", "IoU", "MeanIoU"),
        NUMBERS,
    ),
    **dict.fromkeys(
        ("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge", "CategoricalAccuracy",
         "TopKCategoricalAccuracy", "KLDivergence", "F1Score", "FBetaScore", "OneHotIoU", "OneHotMeanIoU"),
        ONE_HOT,
    ),
    **dict.fromkeys(
        ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCosh", "LogCoshError", "Huber",
         "CosineSimilarity", "RootMeanSquaredError", "R2Score", "PearsonCorrelation", "ConcordanceCorrelation"),
        REAL,
    ),
}  # fmt: skip
BASES = {"Loss", "LossFunctionWrapper", "Reduction", "Metric", "MeanMetricWrapper", "Mean", "Sum"}
LOSSES = [n for n in losses.__all__ if inspect.isclass(getattr(losses, n)) and n not in {*BASES, "CTC"}]
OPTIONS = {
    "IoU": [{"num_classes": 3, "target_class_ids": [0, 2], "sparse_y_pred": False}],
    "MeanIoU": [{"num_classes": 3, "sparse_y_pred": False, "ignore_class": 1}],
    "OneHotIoU": [{"num_classes": 3, "target_class_ids": [1]}],
    "OneHotMeanIoU": [{"num_classes": 3}],
    "BinaryIoU": [{}],
    "AUC": [
        {},
        {"curve": "PR", "thresholds": [0.3, 0.4]},
        {"curve": "PRGAIN", "summation_method": "majoring"},
        {"multi_label": True},
        {"multi_label": True, "thresholds": [0.3, 0.4], "label_weights": [1.0, 0.0, 2.0], "curve": "PR"},
        {"from_logits": True, "label_weights": [1.0, 0.0, 2.0]},
    ],
    "Precision": [{}, {"thresholds": [0.3, 0.4]}, {"top_k": 2}, {"class_id": 1, "thresholds": [0.0, 0.5, 1.0]}],
    "Recall": [{}, {"thresholds": [0.3, 0.4]}, {"top_k": 1, "class_id": 1}],
    "SensitivityAtSpecificity": [{"specificity": 0.5}, {"specificity": 0.5, "num_thresholds": 1}],
    "SpecificityAtSensitivity": [{"sensitivity": 0.5}],
    "PrecisionAtRecall": [{"recall": 0.5, "class_id": 1}],
    "RecallAtPrecision": [{"precision": 0.5}],
    "F1Score": [{}, {"average": "macro", "threshold": 0.4}],
    "FBetaScore": [{"average": "micro"}, {"average": "weighted", "beta": 2.0}],
    "R2Score": [{}, {"class_aggregation": None, "num_regressors": 2}],
    "TopKCategoricalAccuracy": [{"k": 2}],
    "SparseTopKCategoricalAccuracy": [{"k": 2}],
}
METRICS = [
    (n, options)
    for n in metrics.__all__
    if inspect.isclass(getattr(metrics, n)) and n not in BASES
    for options in OPTIONS.get(n, [{}])
]


def fitted(run_eagerly, y, sample_weight, loss, **compiled):
    ckeras.utils.set_random_seed(7)
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(3, "softmax")])
    model.compile("adam", loss, run_eagerly=run_eagerly, **compiled)
    history = model.fit(X, y, batch_size=8, epochs=3, verbose=0, sample_weight=sample_weight)
    evaluated = model.evaluate(X, y, batch_size=8, verbose=0, sample_weight=sample_weight, return_dict=True)
    return history.history, evaluated, model


def assert_compiled_without_python(model):
    plans = [step.plan for step in model._plans.values() if isinstance(step, Step)]
    assert len(plans) >= 4  # of whole batches and of the last one, in training and in evaluation
    for plan in plans:
        # A branch of some metrics warns, and is not taken here.
        assert python_labels(plan) <= {"warn"}, str(plan)
    (results,) = model._metric_results._results._plans.values()
    assert results[0] is not None
    assert results[0].python_instructions == 0, str(results[0])


def assert_equal_op_by_op(y, weight, make):
    history, evaluated, model = fitted(False, y, weight, **make())
    assert_compiled_without_python(model)
    eager_history, eager_evaluated, _ = fitted(True, y, weight, **make())
    assert history.keys() == eager_history.keys()
    for name, values in history.items():
        np.testing.assert_allclose(values, eager_history[name], rtol=1e-4, atol=1e-5, err_msg=name)
    for name, value in evaluated.items():
        np.testing.assert_allclose(value, eager_evaluated[name], rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, weighted):
    weight = WEIGHTS if weighted and name not in ("Dice", "Tversky") else None
    assert_equal_op_by_op(TARGETS.get(name, YES), weight, lambda: {"loss": getattr(losses, name)()})


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "options"), METRICS, ids=lambda v: v if isinstance(v, str) else "-".join(map(str, v)))
def test_metric(name, options, weighted):
    weighted = weighted and "BinaryIoU" not in name
    weight = WEIGHTS if weighted else None

    def make():
        loss = "sparse_categorical_crossentropy" if TARGETS.get(name) is NUMBERS else "mse"
        return {
            "loss": loss,
            "weighted_metrics" if weighted else "metrics": [getattr(metrics, name)(name="it", **options)],
        }

    if "IoU" in name and weighted:
        with pytest.warns(UserWarning, match="fractions of its sample_weight are truncated"):
            assert_equal_op_by_op(TARGETS.get(name, YES), weight, make)
    else:
        assert_equal_op_by_op(TARGETS.get(name, YES), weight, make)
