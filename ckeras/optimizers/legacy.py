"""The optimizers under the name that Keras 2.11 to 2.15 gave to their older selves: the same classes.

Their older parameters `lr` and `decay` are understood by all optimizers.
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
