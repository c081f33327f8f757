"""Aliases of the optimizers in `keras.optimizers.experimental` of Keras 2.9 to 2.12."""

from ckeras.optimizers.adadelta import Adadelta
from ckeras.optimizers.adafactor import Adafactor
from ckeras.optimizers.adagrad import Adagrad
from ckeras.optimizers.adam import Adam
from ckeras.optimizers.adamax import Adamax
from ckeras.optimizers.adamw import AdamW
from ckeras.optimizers.ftrl import Ftrl
from ckeras.optimizers.nadam import Nadam
from ckeras.optimizers.optimizer import Optimizer
from ckeras.optimizers.rmsprop import RMSprop
from ckeras.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
]
__dir__ = __all__.copy
