"""What training makes small: functions, and classes that reduce them over a batch."""

from typing import Any

from ckeras import registry
from ckeras.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from ckeras.losses.loss import Loss, LossFunctionWrapper
from ckeras.losses.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    mean_absolute_error,
    mean_squared_error,
)

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error


def get(identifier: Any) -> Any:
    """The loss that `identifier` stands for: None, a name, a config, a class, or a callable `(y_true, y_pred)`.

    The name of a function, as "mse", gives the function; the name of a class gives an object of it.

    Raises:
        ValueError: if the name is unknown (the sentence lists the nearest), or what came is none of these.

    >>> get("mse") is mean_squared_error
    True
    """
    return registry.losses.get(identifier)


def serialize(loss: Any) -> Any:
    """The config of a loss, from which `deserialize` makes an equal one."""
    return registry.losses.serialize(loss)


def deserialize(name: Any, custom_objects: dict | None = None) -> Any:
    """The loss that a config of `serialize`, or a name, describes."""
    return registry.losses.deserialize(name, custom_objects)


__all__ = [
    "MAE",
    "MSE",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mae",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "serialize",
    "sparse_categorical_crossentropy",
]
