"""Aliases of the optimizers in `keras.optimizers.legacy` of Keras 2.11 to 2.15.

All optimizers accept the older parameters `lr` and `decay`.
"""

from ckeras.optimizers.adadelta import Adadelta
from ckeras.optimizers.adagrad import Adagrad
from ckeras.optimizers.adam import Adam
from ckeras.optimizers.adamax import Adamax
from ckeras.optimizers.ftrl import Ftrl
from ckeras.optimizers.nadam import Nadam
from ckeras.optimizers.optimizer import Optimizer
from ckeras.optimizers.rmsprop import RMSprop
from ckeras.optimizers.sgd import SGD

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "Optimizer", "RMSprop"]
__dir__ = __all__.copy
