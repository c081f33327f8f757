"""What is reported of training: numbers accumulated over batches."""

from typing import Any

from ckeras import registry
from ckeras.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from ckeras.losses.regression import mean_absolute_error, mean_squared_error
from ckeras.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from ckeras.metrics.mean import Mean, MeanMetricWrapper, Sum
from ckeras.metrics.metric import Metric
from ckeras.metrics.regression import MeanAbsoluteError, MeanSquaredError


def get(identifier: Any) -> Any:
    """The metric that `identifier` stands for: None, a name, a config, a class, or a callable `(y_true, y_pred)`.

    Raises:
        ValueError: if the name is unknown (the sentence lists the nearest), or what came is none of these.

    >>> get("mse").name
    'mean_squared_error'
    """
    return registry.metrics.get(identifier)


def serialize(metric: Any) -> Any:
    """The config of a metric, from which `deserialize` makes an equal one."""
    return registry.metrics.serialize(metric)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """The metric that a config of `serialize`, or a name, describes."""
    return registry.metrics.deserialize(config, custom_objects)


__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "Sum",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
]
