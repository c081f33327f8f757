"""Metrics: names, configs, bad input that leaves the state as it was, exact values, and metrics of one's own."""

import inspect
import json
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers, losses, metrics, ops, registry

CLASSES = [getattr(metrics, n) for n in metrics.__all__ if inspect.isclass(getattr(metrics, n))]
SHIPPED = [c for c in CLASSES if c not in (metrics.Metric, metrics.MeanMetricWrapper)]
# Parameters of each class that are not its defaults.
CHANGED = {
    "AUC": {
        "num_thresholds": 5,
        "curve": "PR",
        "summation_method": "majoring",
        "thresholds": [0.25, 0.5, 0.75],
        "multi_label": True,
        "num_labels": 2,
        "label_weights": [1.0, 2.0],
        "from_logits": True,
    },
    "BinaryAccuracy": {"threshold": 0.25},
    "BinaryCrossentropy": {"from_logits": True, "label_smoothing": 0.25},
    "BinaryIoU": {"target_class_ids": [1], "threshold": 0.25},
    "CategoricalCrossentropy": {"from_logits": True, "label_smoothing": 0.25, "axis": 1},
    "ConcordanceCorrelation": {"axis": 0},
    "CosineSimilarity": {"axis": 0},
    "F1Score": {"average": "macro", "threshold": 0.25},
    "FBetaScore": {"average": "micro", "beta": 2.0, "threshold": 0.25},
    "FalseNegatives": {"thresholds": [0.25, 0.5]},
    "FalsePositives": {"thresholds": 0.25},
    "IoU": {
        "num_classes": 3,
        "target_class_ids": [0, 2],
        "ignore_class": 1,
        "sparse_y_true": False,
        "sparse_y_pred": False,
        "axis": 1,
    },
    "MeanIoU": {"num_classes": 3, "ignore_class": 1, "sparse_y_true": False, "sparse_y_pred": False, "axis": 1},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0], "ignore_class": 1, "sparse_y_pred": True, "axis": 1},
    "OneHotMeanIoU": {"num_classes": 3, "ignore_class": 1, "sparse_y_pred": True, "axis": 1},
    "PearsonCorrelation": {"axis": 0},
    "Precision": {"thresholds": [0.25], "top_k": 2, "class_id": 1},
    "PrecisionAtRecall": {"recall": 0.25, "num_thresholds": 5, "class_id": 1},
    "R2Score": {"class_aggregation": None, "num_regressors": 2},
    "Recall": {"thresholds": 0.25, "top_k": 2, "class_id": 1},
    "RecallAtPrecision": {"precision": 0.25, "num_thresholds": 5, "class_id": 1},
    "SensitivityAtSpecificity": {"specificity": 0.25, "num_thresholds": 5, "class_id": 1},
    "SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": 1, "axis": 1},
    "SparseTopKCategoricalAccuracy": {"k": 2, "from_sorted_ids": True},
    "SpecificityAtSensitivity": {"sensitivity": 0.25, "num_thresholds": 5, "class_id": 1},
    "TopKCategoricalAccuracy": {"k": 2},
    "TrueNegatives": {"thresholds": [0.0, 0.5, 1.0]},
    "TruePositives": {"thresholds": (0.25,)},
}


@pytest.mark.parametrize("cls", SHIPPED)
def test_every_parameter_survives_a_round_trip(cls):
    options = CHANGED.get(cls.__name__, {})
    own = set(inspect.signature(cls).parameters) - {"name", "dtype"}
    assert own == set(options), "a parameter without a case"
    metric = cls(name="mine", dtype="float64", **options)
    config = metric.get_config()
    assert config == {**options, "name": "mine", "dtype": "float64"}
    twin = metrics.deserialize(metrics.serialize(metric))
    assert type(twin) is cls
    assert twin.get_config() == config
    assert [v.shape for v in twin.variables] == [v.shape for v in metric.variables]


@pytest.mark.parametrize("name", ["kld", "KLD", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "auc", "AUC", "f1_score"])
def test_names(name):
    assert isinstance(metrics.get(name), metrics.Metric)


def test_arrays_become_lists_that_can_be_saved():
    made = (
        metrics.Precision(thresholds=np.array([0.25, 0.5])),
        metrics.AUC(thresholds=np.array([0.25, 0.5]), label_weights=np.array([1.0, 2.0])),
        metrics.IoU(3, np.array([0, 2])),
    )
    for metric in made:
        config = json.loads(json.dumps(metrics.serialize(metric)))
        assert metrics.deserialize(config).get_config() == metric.get_config()


def test_names_of_functions():
    for name in ("mse", "MAE", "mape", "msle", "kld", "logcosh", "kullback_leibler_divergence", "hinge", "huber"):
        assert getattr(metrics, name) is getattr(losses, name)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(thresholds=1.5), "Precision expects thresholds .* from 0 to 1, got 1.5"),
        (lambda: metrics.Recall(thresholds=[0.5, None]), "thresholds .* got None"),
        (lambda: metrics.Recall(thresholds=[]), "thresholds .* got none"),
        (lambda: metrics.TruePositives(thresholds="half"), "thresholds .* got 'half'"),
        (lambda: metrics.TruePositives(thresholds=float("nan")), "thresholds .* got nan"),
        (lambda: metrics.Precision(top_k=0), "top_k to be a positive integer or None, got 0"),
        (lambda: metrics.Precision(class_id=0.5), "class_id to be an integer or None, got 0.5"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds to be an integer above 1, got 1"),
        (lambda: metrics.AUC(curve="roq"), "curve to be one of 'ROC', 'PR', 'PRGAIN', got 'roq'"),
        (lambda: metrics.AUC(summation_method="left"), "summation_method to be one of 'interpolation'.* got 'left'"),
        (lambda: metrics.AUC(thresholds=[0.2, 2.0]), "AUC expects thresholds .* got 2.0"),
        (lambda: metrics.AUC(num_labels=3), "num_labels with multi_label=True alone"),
        (lambda: metrics.SensitivityAtSpecificity(1.1), "specificity to be a number from 0 to 1, got 1.1"),
        (lambda: metrics.SpecificityAtSensitivity(-1), "sensitivity to be"),
        (lambda: metrics.PrecisionAtRecall("a"), "recall to be"),
        (lambda: metrics.RecallAtPrecision(float("nan")), "precision to be"),
        (lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0), "num_thresholds to be a positive integer"),
        (lambda: metrics.F1Score(average="mean"), "average to be None, 'micro', 'macro' or 'weighted', got 'mean'"),
        (lambda: metrics.FBetaScore(beta=1), "beta to be a float above 0, got 1"),
        (lambda: metrics.FBetaScore(beta=-1.0), "beta"),
        (lambda: metrics.FBetaScore(threshold=0.0), "threshold to be None or a float above 0, at most 1, got 0.0"),
        (lambda: metrics.F1Score(threshold=1), "threshold"),
        (lambda: metrics.IoU(2, [2]), r"target_class_ids to be class labels from 0 to 1, got \[2\]"),
        (lambda: metrics.IoU(2, [-1]), "target_class_ids"),
        (lambda: metrics.IoU(2, []), "target_class_ids"),
        (lambda: metrics.IoU(2, [0.5]), "target_class_ids"),
        (lambda: metrics.MeanIoU(0), "num_classes to be a positive integer, got 0"),
        (lambda: metrics.BinaryIoU(target_class_ids=[3]), "target_class_ids"),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), "k to be a positive integer, got 0"),
        (lambda: metrics.SparseTopKCategoricalAccuracy(k=1.5), "k to be"),
        (lambda: metrics.R2Score(class_aggregation="mean"), "class_aggregation to be one of"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors to be 0 or more, got -1"),
        (lambda: metrics.BinaryCrossentropy(label_smoothing=2), "label_smoothing"),
        (lambda: metrics.CategoricalCrossentropy(label_smoothing=-1), "label_smoothing"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


ROWS = (np.eye(4)[[0, 1, 2]], np.full((3, 4), 0.25))
BAD = {
    "shapes of Precision": (lambda: metrics.Precision(), (np.zeros((3, 2)), np.zeros((3, 4)))),
    "class_id": (lambda: metrics.Precision(class_id=4), ROWS),
    "class_id of flat predictions": (lambda: metrics.Recall(class_id=0), (np.zeros(3), np.zeros(3))),
    "class_id of a trade-off": (lambda: metrics.PrecisionAtRecall(0.5, class_id=9), ROWS),
    "top_k": (lambda: metrics.Precision(top_k=5), ROWS),
    "weights of Precision": (lambda: metrics.Precision(), (*ROWS, np.ones(4))),
    "rank of weights": (lambda: metrics.TruePositives(), (np.ones(3), np.ones(3), np.ones((3, 3)))),
    "shapes of AUC": (lambda: metrics.AUC(), (np.zeros(3), np.zeros(4))),
    "rank of a multi-label AUC": (lambda: metrics.AUC(multi_label=True), (np.zeros(3), np.zeros(3))),
    "labels of AUC": (lambda: metrics.AUC(multi_label=True, num_labels=3), ROWS),
    "label_weights": (lambda: metrics.AUC(label_weights=[1.0, 2.0]), ROWS),
    "label_weights of labels": (lambda: metrics.AUC(multi_label=True, label_weights=[1.0, 2.0]), ROWS),
    "rank of F1Score": (lambda: metrics.F1Score(), (np.zeros(3), np.zeros(3))),
    "shapes of F1Score": (lambda: metrics.F1Score(), (np.zeros((3, 1)), np.zeros((3, 4)))),
    "weights of F1Score": (lambda: metrics.F1Score(), (*ROWS, np.ones((3, 4)))),
    "shapes of R2Score": (lambda: metrics.R2Score(), (np.zeros((3, 1)), np.zeros((3, 2)))),
    "rank of R2Score": (lambda: metrics.R2Score(), (np.zeros(3), np.zeros(3))),
    "weights of R2Score": (lambda: metrics.R2Score(), (*ROWS, np.ones(2))),
    "numbers of MeanIoU": (lambda: metrics.MeanIoU(2), (np.zeros(3, int), np.zeros(4, int))),
    "weights of MeanIoU": (lambda: metrics.MeanIoU(2), (np.zeros(3, int), np.zeros(3, int), np.ones(2, int))),
    "shapes of top k": (lambda: metrics.TopKCategoricalAccuracy(), (np.zeros(3), np.zeros((3, 4)))),
    "shapes of sparse top k": (lambda: metrics.SparseTopKCategoricalAccuracy(), (np.zeros(2), np.zeros((3, 4)))),
    "shapes of RootMeanSquaredError": (lambda: metrics.RootMeanSquaredError(), (np.zeros(2), np.zeros(3))),
    "shapes of PearsonCorrelation": (lambda: metrics.PearsonCorrelation(), (np.zeros((3, 2)), np.zeros((3, 4)))),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_leaves_the_state(name):
    make, batch = BAD[name]
    metric = make()
    before = [v.numpy() for v in metric.variables]
    with pytest.raises(ValueError, match=r"\(3,|\b3\b|class|label"):
        metric.update_state(*batch)
    assert [v.numpy().tolist() for v in metric.variables] == [v.tolist() for v in before]


def test_another_number_of_classes_than_before():
    for metric in (metrics.F1Score(), metrics.R2Score(), metrics.AUC(multi_label=True)):
        metric.update_state(*ROWS)
        before = [v.numpy().tolist() for v in metric.variables]
        with pytest.raises(ValueError, match="4"):
            metric.update_state(ROWS[0][:, :2], ROWS[1][:, :2])
        assert [v.numpy().tolist() for v in metric.variables] == before


@pytest.mark.parametrize("cls", SHIPPED)
def test_before_the_first_batch_and_after_a_reset(cls):
    metric = cls(**CHANGED.get(cls.__name__, {}))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.all(np.nan_to_num(np.asarray(metric.result())) == 0) or cls is metrics.AUC
    metric.reset_state()
    assert not any(v.numpy().any() for v in metric.variables)


# -- values


def brute_force(y_true, y_pred, weight, threshold):
    yes, above = y_true != 0, y_pred > threshold
    return [
        weight[yes & above].sum(),
        weight[~yes & above].sum(),
        weight[~yes & ~above].sum(),
        weight[yes & ~above].sum(),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("thresholds", [[0.3], [0.9, 0.1, 0.5], list(np.linspace(0, 1, 33))])
def test_counts(thresholds, dtype):
    rng = np.random.default_rng(0)
    y_true, y_pred, weight = rng.integers(0, 2, 500), rng.random(500), rng.random(500)
    expected = np.array([brute_force(y_true, y_pred, weight, t) for t in thresholds]).T
    kinds = (metrics.TruePositives, metrics.FalsePositives, metrics.TrueNegatives, metrics.FalseNegatives)
    for cls, counts in zip(kinds, expected, strict=True):
        metric = cls(thresholds=thresholds, dtype=dtype)
        for part in (slice(0, 100), slice(100, 500)):
            metric.update_state(y_true[part], y_pred[part], weight[part])
        found = np.atleast_1d(metric.result())
        assert found.dtype == dtype
        np.testing.assert_allclose(found, counts, rtol=1e-12 if dtype == "float64" else 1e-5)


@pytest.mark.parametrize("shape", [(), (4,), (4, 1), (4, 3), (1, 3, 1), (4, 1, 2), (4, 3, 2)])
@pytest.mark.parametrize("thresholds", [[0.3], [0.0, 0.5, 1.0]])
def test_weights_of_the_first_axes(thresholds, shape):
    rng = np.random.default_rng(2)
    y_true, y_pred, weight = rng.integers(0, 2, (4, 3, 2)), rng.random((4, 3, 2)), rng.random(shape)
    spread = np.broadcast_to(weight.reshape(shape + (1,) * (3 - len(shape))), y_pred.shape)
    for number, cls in enumerate((metrics.TruePositives, metrics.FalsePositives)):
        expected = [brute_force(y_true, y_pred, spread, t)[number] for t in thresholds]
        found = cls(thresholds=thresholds)(y_true, y_pred, weight)
        np.testing.assert_allclose(np.atleast_1d(found), expected, rtol=1e-5)


def test_the_area_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(1)
    y_true = rng.integers(0, 2, 400)
    y_pred = np.clip(0.5 * rng.random(400) + 0.3 * y_true, 0, 1)
    pairs = y_pred[y_true == 1][:, None] - y_pred[y_true == 0]
    exact = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert float(metrics.AUC(num_thresholds=20_001, dtype="float64")(y_true, y_pred)) == pytest.approx(exact, abs=1e-4)


def test_perfect_and_useless_predictions():
    y = np.array([0, 0, 1, 1])
    for curve in ("ROC", "PR"):
        assert float(metrics.AUC(curve=curve)(y, y.astype("float32"))) == pytest.approx(1.0)
    assert float(metrics.AUC()(y, np.full(4, 0.5))) == pytest.approx(0.5)
    assert float(metrics.AUC()(y, 1.0 - y)) == pytest.approx(0.0)
    assert float(metrics.Precision()(y, y)) == float(metrics.Recall()(y, y)) == 1.0


def test_nan_is_above_no_threshold():
    y, p = np.ones(3), np.array([np.nan, 0.7, 0.2])
    for thresholds in (0.0, [0.0, 0.5, 1.0]):
        with pytest.warns(UserWarning, match="got predictions that are NaN"):
            assert np.atleast_1d(metrics.TruePositives(thresholds=thresholds)(y, p))[0] == 2.0


CURVES = {
    "AUC": metrics.AUC,
    "AUC, PR": lambda: metrics.AUC(curve="PR"),
    "AUC, labels": lambda: metrics.AUC(multi_label=True),
    "PrecisionAtRecall": lambda: metrics.PrecisionAtRecall(0.5),
    "RecallAtPrecision": lambda: metrics.RecallAtPrecision(0.5),
    "SensitivityAtSpecificity": lambda: metrics.SensitivityAtSpecificity(0.5),
    "SpecificityAtSensitivity": lambda: metrics.SpecificityAtSensitivity(0.5),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CURVES)
def test_curves_of_one_class_warn_once_when_they_are_read(name):
    p = np.array([[0.2], [0.9]])
    for one in (0.0, 1.0):
        metric = CURVES[name]()
        metric.update_state(np.full((2, 1), one), p)
        with pytest.warns(UserWarning, match="is not defined by targets of one class") as caught:
            metric.result()
            metric.result()
        assert len(caught) == 1 and caught[0].filename == __file__
        metric.update_state(np.full((2, 1), 1 - one), p)
        metric.result()
    both = CURVES[name]()
    both.result()  # of nothing
    both.update_state(np.full((2, 1), 1.0), p)
    both.update_state(np.full((2, 1), 0.0), p)  # one class in each batch, which nobody read
    both.result()


@pytest.mark.filterwarnings("error")
def test_curves_of_one_class_warn_after_an_evaluation_and_not_within():
    model = ckeras.Sequential([ckeras.Input((1,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[metrics.AUC()])
    x, y = np.linspace(0, 1, 8)[:, None], np.repeat([0.0, 1.0], 4)
    model.evaluate(x, y, batch_size=4, verbose=0)
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    with pytest.warns(UserWarning, match="not defined by targets of one class"):
        model.evaluate(x, y * 0, batch_size=4, verbose=0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [3, -1, 2**32 + 1, 1e10, np.nan])
def test_labels_outside_of_a_confusion_matrix_are_left_out_with_a_warning(bad):
    labels, others = np.array([0, 1, 2]), np.array([0, 1, bad])
    for pair in ((labels, others), (others, labels)):
        metric = metrics.MeanIoU(3)
        with pytest.warns(UserWarning, match="to hold labels from 0 to 2") as caught:
            metric.update_state(*pair)
            metric.update_state(*pair)
        assert len(caught) == 1
        np.testing.assert_array_equal(metric.total_cm.numpy(), np.diag([2, 2, 0]))
    for dtype in ("uint8", "uint64"):
        metrics.MeanIoU(3, ignore_class=255).update_state(np.array([0, 255], dtype), np.array([0, 1], dtype))


def test_more_samples_in_a_cell_than_a_float_counts():
    metric = metrics.MeanIoU(2)
    metric.update_state(np.zeros(1, "int32"), np.zeros(1, "int32"), np.array([2**24], "int32"))
    metric.update_state(np.zeros(1, "int32"), np.zeros(1, "int32"))
    assert metric.total_cm.numpy().tolist() == [[2**24 + 1, 0], [0, 0]]


def test_truncated_fractional_weights_warn():
    metric = metrics.MeanIoU(2)
    with pytest.warns(UserWarning, match="fractions of its sample_weight are truncated"):
        metric.update_state([0, 1], [0, 1], np.array([1.7, 0.3]))
    assert metric.total_cm.numpy().tolist() == [[1, 0], [0, 0]]
    exact = metrics.MeanIoU(2, dtype="float32")
    exact.update_state([0, 1], [0, 1], np.array([1.5, 0.25]))
    assert exact.total_cm.numpy().tolist() == [[1.5, 0], [0, 0.25]]


def test_classes_along_the_first_axis():
    """Where Keras's result fails: it sums the classes along the same axis."""
    t, p = np.eye(3)[[[0, 1], [2, 0]]], np.eye(3)[[[0, 1], [2, 1]]]
    moved = [np.moveaxis(x, -1, 1) for x in (t, p)]
    assert float(metrics.OneHotMeanIoU(3, axis=1)(*moved)) == float(metrics.OneHotMeanIoU(3)(t, p))


def test_too_few_samples_for_adjusted_r2_warn():
    metric = metrics.R2Score(num_regressors=5)
    y = np.array([[1.0], [2.0], [4.0]])
    with pytest.warns(UserWarning, match="expected more than num_regressors .* = 6 samples, got 3"):
        found = metric(y, y + 0.5)
    assert float(found) == pytest.approx(float(metrics.R2Score()(y, y + 0.5)))


def test_a_label_that_is_no_class_is_a_miss():
    p = np.array([[0.1, 0.7, 0.2]] * 4)
    assert metrics.sparse_top_k_categorical_accuracy(np.array([-1, 3, 1, 0]), p, k=3).tolist() == [0, 0, 1, 1]


def test_flat_targets_and_columns_of_predictions():
    """Numbers of one column are compared with those of another, and not with each other's."""
    y, p = np.array([0.0, 1.0, 1.0]), np.array([[0.1], [0.6], [0.9]])
    names = ("BinaryCrossentropy", "Hinge", "SquaredHinge", "Poisson", "Precision", "AUC", "TruePositives")
    for name in names:
        flat, column = (getattr(metrics, name)()(y, x) for x in (p[:, 0], p))
        if name in ("BinaryCrossentropy", "Hinge", "SquaredHinge", "Poisson"):
            column, flat = column, getattr(metrics, name)()(y[:, None], p)
        assert float(flat) == pytest.approx(float(column), rel=1e-6), name


# -- metrics of one's own


class Extremes(metrics.Metric):
    """Written as the guides of Keras do it: string initializers, a dict as result, a reset of its own."""

    def __init__(self, name="extremes", **kwargs):
        super().__init__(name=name, **kwargs)
        self.low = self.add_weight(name="low", initializer="zeros")
        self.high = self.add_variable(shape=(), initializer="ones", name="high")
        self.resets = 0

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.low.assign(ops.minimum(self.low, ops.min(y_pred)))
        self.high.assign(ops.maximum(self.high, ops.max(y_pred)))

    def result(self):
        return {"low": self.low, "high": self.high}

    def reset_state(self):
        self.resets += 1
        self.low.assign(0.0)
        self.high.assign(1.0)


def test_own_metric_in_training():
    x = np.linspace(-3, 3, 12, dtype="float32")[:, None]
    model = ckeras.Sequential([ckeras.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    metric = Extremes()
    model.compile(ckeras.optimizers.SGD(0.0), "mse", metrics=[metric])
    history = model.fit(x, x, epochs=2, batch_size=5, verbose=0).history
    assert history["low"] == [-3.0, -3.0]
    assert history["high"] == [3.0, 3.0]
    assert metric.resets >= 2
    metric.reset_state()
    assert [float(v) for v in metric.variables] == [0.0, 1.0]


def test_own_metric_by_name():
    @registry.register_keras_serializable("mine")
    class Twice(metrics.MeanMetricWrapper):
        def __init__(self, name="twice", dtype=None):
            super().__init__(lambda y_true, y_pred: 2 * ops.abs(y_true - y_pred), name=name, dtype=dtype)

    twin = metrics.deserialize(metrics.serialize(Twice()))
    assert float(twin(np.zeros(2), np.ones(2))) == 2.0


def test_interpolate_pr_auc_is_the_area_under_precision_over_recall_whatever_the_curve():
    y_true, y_pred = np.array([0, 0, 1, 1]), np.array([0.0, 0.5, 0.3, 0.9])
    of_roc, of_pr = metrics.AUC(), metrics.AUC(curve="PR")
    for metric in (of_roc, of_pr):
        metric.update_state(y_true, y_pred)
    assert float(of_roc.interpolate_pr_auc()) == float(of_pr.result())
