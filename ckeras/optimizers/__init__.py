"""Optimizers: rules that update variables from the gradients of a loss."""

from typing import Any

from ckeras import registry
from ckeras.optimizers import experimental, legacy, schedules
from ckeras.optimizers.adadelta import Adadelta
from ckeras.optimizers.adafactor import Adafactor
from ckeras.optimizers.adagrad import Adagrad
from ckeras.optimizers.adam import Adam
from ckeras.optimizers.adamax import Adamax
from ckeras.optimizers.adamw import AdamW
from ckeras.optimizers.ftrl import Ftrl
from ckeras.optimizers.lamb import Lamb
from ckeras.optimizers.lion import Lion
from ckeras.optimizers.loss_scale_optimizer import LossScaleOptimizer
from ckeras.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from ckeras.optimizers.muon import Muon
from ckeras.optimizers.nadam import Nadam
from ckeras.optimizers.optimizer import Optimizer
from ckeras.optimizers.rmsprop import RMSprop
from ckeras.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from ckeras.optimizers.sgd import SGD


def get(identifier: Any) -> Optimizer | None:
    """Return the optimizer given by `identifier`: None, a name in any case, a config, a class, or an optimizer.

    Raises:
        ValueError: if the name is unknown (the message lists similar names) or `identifier` has another type.

    >>> type(get("adam")).__name__
    'Adam'
    """
    return registry.optimizers.get(identifier, accepts=lambda obj: isinstance(obj, Optimizer))


def serialize(optimizer: Any) -> Any:
    """Return the config of an optimizer, from which `deserialize` creates an equal one."""
    return registry.optimizers.serialize(optimizer)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """Create an optimizer from a name or from a config that `serialize` returned."""
    return registry.optimizers.deserialize(config, custom_objects)


__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "experimental",
    "get",
    "legacy",
    "schedules",
    "serialize",
]
__dir__ = __all__.copy
