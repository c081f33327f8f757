"""Gradient cases of the losses, which are made of ops that have cases of their own."""

import numpy as np
from samples import data, positive, probabilities

from ckeras import losses, regularizers

CASES = {}
NUMBERS = np.array([2, 0, 3])
ONE_HOT = np.eye(4)[NUMBERS]
YES = np.array([[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]])
UNIT = data(3, 4) / np.linalg.norm(data(3, 4), axis=1, keepdims=True)
# Two losses of targets and predictions, where both have a gradient.
_PAIR = [data(3, 4), data(3, 4, seed=1)]
COMPOSED = {
    "loss mean_squared_error": (losses.mean_squared_error, _PAIR),
    "loss mean_absolute_error": (losses.mean_absolute_error, _PAIR),
    "loss mean_absolute_percentage_error": (losses.mean_absolute_percentage_error, _PAIR),
    "loss mean_squared_logarithmic_error": (
        losses.mean_squared_logarithmic_error,
        [positive(3, 4), positive(3, 4, seed=1)],
    ),
    "loss cosine_similarity": (losses.cosine_similarity, _PAIR),
    "loss cosine_similarity axis": (lambda t, p: losses.cosine_similarity(t, p, axis=0), _PAIR),
    "loss huber": (lambda t, p: losses.huber(t, p, delta=0.7), _PAIR),
    "loss log_cosh": (losses.log_cosh, _PAIR),
    "loss hinge": (losses.hinge, _PAIR),
    "loss hinge of 0 and 1": (lambda p: losses.hinge(YES, p), [data(3, 4)]),
    "loss squared_hinge": (losses.squared_hinge, _PAIR),
    "loss categorical_hinge": (lambda p: losses.categorical_hinge(ONE_HOT, p), [data(3, 4)]),
    "loss kl_divergence": (losses.kl_divergence, [probabilities(3, 4), probabilities(3, 4, seed=1)]),
    "loss poisson": (losses.poisson, [positive(3, 4), positive(3, 4, seed=1)]),
    "loss dice": (losses.dice, [positive(3, 4), positive(3, 4, seed=1)]),
    "loss dice axis": (lambda t, p: losses.dice(t, p, axis=(1,)), [positive(3, 4), positive(3, 4, seed=1)]),
    "loss tversky": (lambda p: losses.tversky(YES, p, 0.3, 0.8, axis=1), [probabilities(3, 4)]),
    "loss binary_focal_crossentropy": (
        lambda p: losses.binary_focal_crossentropy(YES, p, apply_class_balancing=True, label_smoothing=0.1),
        [probabilities(3, 4)],
    ),
    "loss binary_focal_crossentropy logits": (
        lambda x: losses.binary_focal_crossentropy(YES, x, gamma=1.5, from_logits=True),
        [data(3, 4)],
    ),
    "loss categorical_focal_crossentropy": (
        lambda p: losses.categorical_focal_crossentropy(ONE_HOT, p, alpha=[0.1, 0.2, 0.3, 0.4]),
        [positive(3, 4)],
    ),
    "loss categorical_focal_crossentropy logits": (
        lambda x: losses.categorical_focal_crossentropy(ONE_HOT, x, from_logits=True, label_smoothing=0.1),
        [data(3, 4)],
    ),
    "loss categorical_generalized_cross_entropy": (
        lambda p: losses.categorical_generalized_cross_entropy(NUMBERS, p, 0.4),
        [probabilities(3, 4)],
    ),
    "loss circle": (lambda x: losses.circle([0, 1, 1], x, gamma=2.0), [UNIT]),
    "loss circle references": (
        lambda x, r: losses.circle([0, 1, 1], x, [1, 0], r, remove_diagonal=False, gamma=2.0),
        [UNIT, UNIT[:2] + 0.1],
    ),
    "regularizer orthogonal": (regularizers.OrthogonalRegularizer(2.0), [data(3, 4)]),
    "regularizer orthogonal columns": (regularizers.OrthogonalRegularizer(2.0, "columns"), [data(3, 4)]),
}
