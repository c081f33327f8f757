"""What losses, and a regularizer, that are not in `make_keras_values` give, computed with Keras or with ckeras.

`python tests/data/make_losses_values.py` computes every case below with Keras 3.15 (JAX backend) and writes the values
next to this file.
"""

import pathlib

import numpy as np
from make_keras_values import DTYPES, REDUCTIONS, classes, data, main, probabilities

VALUES = pathlib.Path(__file__).with_name("losses_values.npz")
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0, 0.25, 3.0])
REGRESSION = (
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCosh",
    "Poisson",
    "Hinge",
    "SquaredHinge",
)


def variants():
    """Loss -> list of (options, y_true, y_pred)."""
    y, p = data("y", 6, 4), data("p", 6, 4)
    images = data("y", 6, 3, 4), data("p", 6, 3, 4)
    column = data("y", 6), data("p", 6, 1)
    yes = classes("yes", 2, 6, 4)
    sure = probabilities("sure", 6, 4)
    soft = probabilities("soft", 6, 4)
    logits = 8 * data("logits", 6, 4)
    small = 2 * data("logits", 6, 4)  # for losses that saturate in Keras, where the logarithm of 1e-7 is reached
    logits[0] = [40.0, -40.0, 90.0, 0.0]
    one_hot, numbers = np.eye(4)[classes("rows", 4, 6)], classes("rows", 4, 6)
    zeros, units = np.zeros((6, 4)), data("unit", 6, 4)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    masks = classes("mask", 2, 6, 3, 4), probabilities("mask", 6, 3, 4)
    found = {name: [({}, y, p), ({}, *images), ({}, *column), ({}, p, p)] for name in REGRESSION}
    found["MeanSquaredLogarithmicError"] += [({}, np.abs(y), np.abs(p)), ({}, zeros, np.abs(p))]
    found["MeanAbsolutePercentageError"] += [({}, zeros, p)]
    found["LogCosh"] += [({}, 300 * y, 300 * p)]
    found["Poisson"] = [({}, yes, np.abs(p)), ({}, np.abs(y), zeros), ({}, np.abs(column[0]), np.abs(column[1]))]
    for name in ("Hinge", "SquaredHinge"):
        found[name] += [({}, yes, p), ({}, 2 * yes - 1, p), ({}, zeros, p), ({}, np.ones((6, 4)), 9 * p)]
    found |= {
        "Huber": [({}, y, p), ({"delta": 0.3}, y, p), ({"delta": 2.0}, *images), ({}, *column), ({}, p, p)],
        "CosineSimilarity": [({}, y, p), ({"axis": 1}, *images), ({}, zeros, p), ({}, p, p), ({}, y, -2 * y)],
        "CategoricalHinge": [({}, one_hot, p), ({}, one_hot, 3 * one_hot), ({}, yes, p), ({}, soft, sure)],
        "KLDivergence": [({}, soft, sure), ({}, sure, soft), ({}, one_hot, sure), ({}, sure, sure), ({}, *masks)],
        "Dice": [({}, yes, sure), ({"axis": 1}, yes, sure), ({"axis": (1, 2)}, *masks), ({}, zeros, zeros)],
        "Tversky": [
            ({}, yes, sure),
            ({"alpha": 0.2, "beta": 0.9}, yes, sure),
            ({"alpha": 0.7, "beta": 0.3, "axis": (0, 2)}, *masks),
            ({}, zeros, zeros),
            ({}, yes, yes),
        ],
        "BinaryFocalCrossentropy": [
            ({}, yes, sure),
            ({"gamma": 0.0}, yes, sure),
            ({"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5}, yes, soft),
            ({"from_logits": True}, yes, small),
            ({"from_logits": True, "label_smoothing": 0.2, "axis": 0}, yes, small),
            ({}, yes[:, 0], sure[:, :1]),
        ],
        "CategoricalFocalCrossentropy": [
            ({}, one_hot, sure),
            ({"gamma": 0.5, "alpha": [0.1, 0.2, 0.3, 0.4]}, one_hot, 3 * soft),
            ({"from_logits": True, "label_smoothing": 0.1}, one_hot, small),
            ({"axis": 1}, np.moveaxis(np.eye(4)[classes("steps", 4, 6, 3)], -1, 1), np.moveaxis(masks[1], -1, 1)),
        ],
        "CategoricalGeneralizedCrossEntropy": [
            ({}, numbers, soft),
            ({"q": 0.1}, numbers, sure),
            ({"q": 0.99}, classes("steps", 4, 6, 3), masks[1]),
        ],
        "Circle": [
            ({}, classes("few", 2, 6), units),
            ({"gamma": 3.0, "margin": 0.1}, classes("few", 3, 6), units),
            ({"remove_diagonal": False}, classes("few", 3, 6, 1), units),
            ({}, np.zeros(6), units),
            ({}, np.arange(6), units),
            ({}, [0, 0, 1, 2, 3, 4], units),
        ],
    }
    return found


# Losses whose targets are integer class labels.
INTEGER_LABELS = ("CategoricalGeneralizedCrossEntropy", "Circle")


def cases(k):
    """Name -> function that computes it with `k`, which is Keras or ckeras."""
    out = {}
    for name, given in variants().items():
        cls = getattr(k.losses, name)
        for i, (options, y_true, y_pred) in enumerate(given):
            for dtype in DTYPES:
                t = np.asarray(y_true, "int32" if name in INTEGER_LABELS else dtype)
                p = np.asarray(y_pred, dtype)
                key = f"loss/{name}/{i}/{dtype}"
                for reduction in REDUCTIONS:
                    if dtype == "float64" and reduction != "sum":
                        continue
                    loss = cls(reduction=reduction, dtype=dtype, **options)
                    out[f"{key}/{reduction}"] = lambda f=loss, t=t, p=p: f(t, p)
                    if name not in ("Dice", "Tversky", "Circle") and p.ndim == 2 and options.get("axis") != 0:
                        out[f"{key}/{reduction}/weighted"] = lambda f=loss, t=t, p=p: f(t, p, WEIGHTS)
                        out[f"{key}/{reduction}/zero"] = lambda f=loss, t=t, p=p: f(t, p, 0 * WEIGHTS[:, None])
    for dtype in DTYPES:
        for mode in ("rows", "columns"):
            for matrix in ("few", "zero"):
                w = (data(matrix, 3, 4) * (matrix == "few")).astype(dtype)
                regularizer = k.regularizers.OrthogonalRegularizer(factor=0.3, mode=mode)
                key = f"regularizer/OrthogonalRegularizer/{mode}/{matrix}/{dtype}"
                out[key] = lambda f=regularizer, w=w: f(k.ops.convert_to_tensor(w))
    return out


if __name__ == "__main__":
    main(cases, VALUES)
