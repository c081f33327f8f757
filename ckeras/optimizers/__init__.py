"""Methods that change weights along the gradients of a loss."""

from typing import Any

from ckeras import registry
from ckeras.optimizers import schedules
from ckeras.optimizers.adam import Adam
from ckeras.optimizers.optimizer import Optimizer
from ckeras.optimizers.rmsprop import RMSprop
from ckeras.optimizers.sgd import SGD


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that `identifier` stands for: None, a name in any case, a config, a class, or an optimizer.

    Raises:
        ValueError: if the name is unknown (the sentence lists the nearest), or what came is none of these.

    >>> type(get("adam")).__name__
    'Adam'
    """
    return registry.optimizers.get(identifier, accepts=lambda obj: isinstance(obj, Optimizer))


def serialize(optimizer: Any) -> Any:
    """The config of an optimizer, from which `deserialize` makes an equal one."""
    return registry.optimizers.serialize(optimizer)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """The optimizer that a config of `serialize`, or a name, describes."""
    return registry.optimizers.deserialize(config, custom_objects)


__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "deserialize", "get", "schedules", "serialize"]
