"""What the metrics that are not in `make_keras_values` give on seeded input, computed with Keras or with ckeras.

`python tests/data/make_metrics_values.py` computes every case below with Keras 3.15 (JAX backend) and writes the values
next to this file.
"""

import pathlib
import warnings

import numpy as np
from make_keras_values import classes, data, main, probabilities

VALUES = pathlib.Path(__file__).with_name("metrics_values.npz")
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0, 0.25, 3.0, 1.0, 0.0])
SIZES = (8, 5)  # of the batches


def scores(name, *shape):
    """Numbers from 0 to 1, among them both ends, thresholds of metrics and what is beyond."""
    x = np.random.default_rng([*name.encode(), *shape]).random(shape)
    flat = x.reshape(-1)
    flat[: flat.size // 2 : 3] = np.round(flat[: flat.size // 2 : 3], 1)
    flat[:4] = [0.0, 1.0, 0.5, 0.25]
    flat[-3:] = [-0.2, 1.3, 0.75]
    return x


def yes_or_no():
    """Batches of targets and scores of several shapes."""
    return {
        "flat": [(classes("yes", 2, n), scores("s", n)) for n in SIZES],
        "column": [(classes("yes", 2, n), scores("s", n, 1)) for n in SIZES],
        "rows": [(classes("yes", 2, n, 3), scores("s", n, 3)) for n in SIZES],
        "all yes": [(np.ones(n), scores("s", n)) for n in SIZES],
        "all no": [(np.zeros(n), scores("s", n)) for n in SIZES],
        "equal": [(classes("yes", 2, n), np.full(n, 0.5)) for n in SIZES],
        "perfect": [(classes("yes", 2, n), classes("yes", 2, n)) for n in SIZES],
        "empty": [(np.zeros(0), np.zeros(0))],
    }


def variants():
    """Metric -> list of (options, name -> batches)."""
    given = yes_or_no()
    rows = {key: given[key] for key in ("rows",)}
    flat = {key: batches for key, batches in given.items() if key != "rows"}
    logits = {"logits": [(classes("yes", 2, n, 3), 4 * data("l", n, 3)) for n in SIZES]}
    cells = [({}, given), ({"thresholds": 0.25}, given), ({"thresholds": [0.75, 0.2]}, given)]
    cells += [({"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, given)]
    found = dict.fromkeys(("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"), cells)
    ties = {"rows": rows["rows"], "ties": [(classes("t", 2, n, 4), np.round(scores("t", n, 4), 1)) for n in SIZES]}
    found["Precision"] = found["Recall"] = [
        *cells,
        ({"top_k": 1}, ties),
        ({"top_k": 2}, ties),
        ({"top_k": 2, "thresholds": [0.3, 0.6]}, ties),
        ({"top_k": 3, "thresholds": [0.0, 0.5, 1.0], "class_id": 1}, ties),
        ({"class_id": 2}, rows),
        ({"class_id": -1, "thresholds": 0.4}, rows),
    ]
    for name, argument in (
        ("SensitivityAtSpecificity", "specificity"),
        ("SpecificityAtSensitivity", "sensitivity"),
        ("PrecisionAtRecall", "recall"),
        ("RecallAtPrecision", "precision"),
    ):
        found[name] = [
            ({argument: 0.5}, given),
            ({argument: 0.8, "num_thresholds": 1}, given),
            ({argument: 0.3, "num_thresholds": 2}, flat),
            ({argument: 0.9, "num_thresholds": 11, "class_id": 1}, rows),
        ]
    found["AUC"] = [
        ({"curve": curve, "summation_method": method, "num_thresholds": count}, given)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "minoring", "majoring")
        for count in ((11, 200) if method == "interpolation" else (5,))
    ] + [
        ({"num_thresholds": 2}, given),
        ({"thresholds": [0.6, 0.1, 0.25]}, given),
        ({"thresholds": [0.5]}, given),
        ({"thresholds": [0.25, 0.75, 0.5], "curve": "pr"}, given),
        ({"from_logits": True}, logits),
        ({"label_weights": [0.2, 0.0, 3.0], "num_thresholds": 21}, rows),
        ({"label_weights": [0.2, 0.0, 3.0], "thresholds": [0.3, 0.35]}, rows),
        ({"multi_label": True}, rows),
        ({"multi_label": True, "num_labels": 3, "thresholds": [0.3, 0.35]}, rows),
        ({"multi_label": True, "label_weights": [1.0, 2.0, 0.5], "curve": "PR"}, rows),
        ({"multi_label": True, "label_weights": [1.0, 2.0, 0.5], "curve": "PR", "summation_method": "majoring"}, rows),
        ({"multi_label": True, "label_weights": [0.0, 0.0, 0.0]}, rows),
    ]
    shares = {
        "rows": [(np.eye(4)[classes("f", 4, n)], probabilities("f", n, 4)) for n in SIZES],
        "several": [(classes("f", 2, n, 4), np.round(probabilities("f", n, 4), 1)) for n in SIZES],
        "zero": [(classes("f", 2, n, 4), np.zeros((n, 4))) for n in SIZES],
        "one class": [(np.eye(4)[np.zeros(n, int)], probabilities("f", n, 4)) for n in SIZES],
    }
    averages = (None, "micro", "macro", "weighted")
    found["F1Score"] = [({"average": a, "threshold": t}, shares) for a in averages for t in (None, 0.5)]
    found["FBetaScore"] = [({"average": a, "beta": b}, shares) for a in averages for b in (0.5, 2.0)]
    targets = {
        "rows": [(data("y", n, 3), data("y", n, 3) + 0.3 * data("p", n, 3)) for n in SIZES],
        "perfect": [(data("y", n, 3), data("y", n, 3)) for n in SIZES],
        "bad": [(data("y", n, 3), data("p", n, 3)) for n in SIZES],
        "constant": [(np.full((n, 2), 2.0), np.round(data("p", n, 2), 1)) for n in SIZES],
    }
    found["R2Score"] = [
        ({"class_aggregation": how, "num_regressors": count}, targets)
        for how in ("uniform_average", "variance_weighted_average", None)
        for count in (0, 2, 100)
    ]
    numbers = {
        "numbers": [(classes("i", 3, n), classes("j", 3, n)) for n in SIZES],
        "images": [(classes("i", 3, n, 2, 4), classes("j", 3, n, 2, 4)) for n in SIZES],
        "beyond": [(classes("i", 6, n) - 1, classes("j", 5, n) - 1) for n in SIZES],
        "one class": [(np.zeros(n), np.zeros(n)) for n in SIZES],
    }
    hot = {"hot": [(np.eye(3)[classes("i", 3, n, 2)], probabilities("j", n, 2, 3)) for n in SIZES]}
    ids = [({"num_classes": 3, "target_class_ids": c}, numbers) for c in ([0], [0, 2], [1, 1])]
    found["IoU"] = [*ids, ({"num_classes": 3, "target_class_ids": [0, 1], "ignore_class": 1}, numbers)]
    found["IoU"] += [({"num_classes": 3, "target_class_ids": [0, 1, 2], "dtype": "float32"}, numbers)]
    found["MeanIoU"] = [({"num_classes": 3}, numbers), ({"num_classes": 5, "ignore_class": -1}, numbers)]
    found["MeanIoU"] += [({"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False}, hot)]
    found["BinaryIoU"] = [({}, flat), ({"target_class_ids": [1], "threshold": 0.25}, given)]
    found["OneHotIoU"] = [({"num_classes": 3, "target_class_ids": [0, 2]}, hot)]
    found["OneHotMeanIoU"] = [({"num_classes": 3}, hot), ({"num_classes": 3, "ignore_class": 0}, hot)]
    ranked = {
        "rows": [(np.eye(6)[classes("k", 6, n)], data("k", n, 6)) for n in SIZES],
        "steps": [(np.eye(6)[classes("k", 6, n, 2)], data("k", n, 2, 6)) for n in SIZES],
        "ties": [(np.eye(6)[classes("k", 6, n)], np.round(data("k", n, 6))) for n in SIZES],
        "not finite": [(np.eye(6)[classes("k", 6, n)], not_finite(n)) for n in SIZES],
    }
    of_numbers = {key: [(t.argmax(-1), p) for t, p in batches] for key, batches in ranked.items()}
    column = {"column": [(t[:, None], p) for t, p in of_numbers["rows"]]}
    found["TopKCategoricalAccuracy"] = [({"k": k}, ranked) for k in (1, 2, 5, 6, 9)]
    found["SparseTopKCategoricalAccuracy"] = [({"k": k}, of_numbers | column) for k in (1, 3, 6)]
    best = {"sorted": [(classes("k", 6, n), np.argsort(data("k", n, 6))[:, ::-1].astype("float32")) for n in SIZES]}
    found["SparseTopKCategoricalAccuracy"] += [({"k": 2, "from_sorted_ids": True}, best)]
    plain = {"rows": targets["rows"], "perfect": targets["perfect"]}
    for name in ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "LogCoshError"):
        found[name] = [({}, plain)]
    column = {"column": [(data("y", n), data("p", n, 1)) for n in SIZES]}
    found["RootMeanSquaredError"] = [({}, plain | column)]
    found["CosineSimilarity"] = [({}, plain), ({"axis": 1}, plain)]
    for name in ("PearsonCorrelation", "ConcordanceCorrelation"):
        found[name] = [({}, plain | {"bad": targets["bad"]}), ({"axis": 0}, plain)]
        found[name] += [({}, {"equal": [(data("y", n, 3), np.ones((n, 3))) for n in SIZES]})]
    for name in ("Hinge", "SquaredHinge"):
        found[name] = [({}, {"signs": targets["bad"], "yes or no": shares["several"]})]
    found["CategoricalHinge"] = found["KLDivergence"] = [({}, {"rows": shares["rows"]})]
    found["Poisson"] = [({}, {"rows": [(np.abs(t), np.abs(p)) for t, p in targets["bad"]]})]
    sure = [(t, probabilities("sure", len(t), 4)) for t, _ in shares["several"]]
    found["BinaryCrossentropy"] = [
        ({}, {"rows": sure}),
        ({"label_smoothing": 0.3}, {"rows": sure}),
        ({"from_logits": True}, logits),
    ]
    far = {"logits": [(t, 40 * np.log(p + 1e-3)) for t, p in shares["rows"]]}
    found["CategoricalCrossentropy"] = [
        ({}, {"rows": shares["rows"]}),
        ({"from_logits": True, "label_smoothing": 0.2}, far),
        ({"axis": 0}, {"rows": shares["rows"]}),
    ]
    found["SparseCategoricalCrossentropy"] = [
        ({}, {"numbers": [(t.argmax(-1), p) for t, p in shares["rows"]]}),
        ({"from_logits": True}, {"numbers": [(t.argmax(-1), p) for t, p in far["logits"]]}),
        ({"ignore_class": 1}, {"numbers": [(t.argmax(-1), p) for t, p in shares["rows"]]}),
    ]
    return found


def not_finite(n):
    """Scores, some of them NaN or infinite."""
    x = data("k", n, 6)
    x[0, :3], x[1, :2], x[2] = [np.nan, np.inf, -np.inf], np.nan, np.nan
    x[3], x[4, 1::2] = -np.inf, np.inf
    return x


INTEGERS = ("Sparse", "IoU")  # whose targets are integer class labels
# Metrics whose values along another axis than the last are not one for each sample.
UNWEIGHTED = {"PearsonCorrelation", "ConcordanceCorrelation", "CosineSimilarity", "CategoricalCrossentropy"}


def cases(k):
    """Name -> function that computes it with `k`, which is Keras or ckeras."""
    out = {}
    for name, given in variants().items():
        for i, (options, of_shape) in enumerate(given):
            for shape, batches in of_shape.items():
                for weighting in ("all", "weighted", "zero"):
                    if weighting != "all" and (
                        (name in UNWEIGHTED and options.get("axis", -1) != -1)
                        or shape in ("empty", "images", "hot", "steps")
                        or (name == "BinaryIoU" and shape == "rows")
                    ):
                        continue
                    out[f"metric/{name}/{i}/{shape}/{weighting}"] = lambda a=(name, options, batches, weighting): run(
                        k, *a
                    )
    return out


def run(k, name, options, batches, weighting):
    """The results after each of several batches, after a reset and the first batch again, and the variables then."""
    metric = getattr(k.metrics, name)(**options)
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fractional weights in integer dtypes, and of too few samples
        for step, (y_true, y_pred) in enumerate([*batches, batches[0]]):
            if step == len(batches):
                metric.reset_state()
            integers = any(part in name for part in INTEGERS) and y_true.ndim < 3 and "OneHot" not in name
            t = np.asarray(y_true, "int32" if integers else "float32")
            p = np.asarray(y_pred, "float32")
            weight = None if weighting == "all" else WEIGHTS[: len(t)] * (weighting == "weighted")
            metric.update_state(t, p, sample_weight=weight)
            seen.append(np.ravel(k.numpy(metric.result())))
    return np.concatenate([*seen, *(np.ravel(k.numpy(v)) for v in metric.variables if v.shape and v.shape[0] < 30)])


if __name__ == "__main__":
    main(cases, VALUES)
