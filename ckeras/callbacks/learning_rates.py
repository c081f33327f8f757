"""Learning rates of a model's optimizer, or of each optimizer of a `MultiOptimizer`."""

from typing import Any

import numpy as np


def optimizers_of(model: Any) -> list[tuple[str, Any]]:
    """The optimizers that have a learning rate, each with its name; the only one has the name ""."""
    inner = getattr(model.optimizer, "optimizers", None)
    return [("", model.optimizer)] if inner is None else [(one.name, one) for one in inner]


def learning_rate(optimizer: Any) -> float:
    """The current learning rate as a number."""
    return float(np.asarray(optimizer.learning_rate))


def logged_rates(model: Any) -> dict[str, float]:
    """The learning rates as entries of the logs: "learning_rate", or "learning_rate_<name>" for each of several."""
    return {f"learning_rate_{name}".rstrip("_"): learning_rate(one) for name, one in optimizers_of(model)}
