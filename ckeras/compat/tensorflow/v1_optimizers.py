"""Optimizers of ``tensorflow.compat.v1.train``, which minimize symbolic losses too."""

from typing import Any

from ckeras import optimizers as _optimizers
from ckeras.backend.sessions import TrainingStep
from ckeras.tensor import KerasTensor


def _optimizer(kind: str, **named: str) -> Any:
    base = getattr(_optimizers, kind)

    class Optimizer(base):
        """An optimizer of Keras with the parameters of TensorFlow 1."""

        def __init__(self, learning_rate: Any = 0.001, *args: Any, use_locking: bool = False, **kwargs: Any):
            given = dict(zip(named, args, strict=False)) | kwargs
            super().__init__(learning_rate, **{named.get(k, k): v for k, v in given.items() if k != "name"})

        def minimize(self, loss: Any, global_step: Any = None, var_list: Any = None, *args: Any, **kwargs: Any) -> Any:
            """Return a step of training for a symbolic loss; minimize a function's result at once."""
            if type(loss) is KerasTensor:
                return TrainingStep(self, loss, var_list)
            return super().minimize(loss() if callable(loss) else loss, var_list, *args, **kwargs)

    Optimizer.__name__ = Optimizer.__qualname__ = f"{kind}Optimizer"
    return Optimizer


GradientDescentOptimizer = _optimizer("SGD")
MomentumOptimizer = _optimizer("SGD", momentum="momentum", use_nesterov="nesterov")
AdamOptimizer = _optimizer("Adam", beta1="beta_1", beta2="beta_2", epsilon="epsilon")
AdagradOptimizer = _optimizer("Adagrad", initial_accumulator_value="initial_accumulator_value")
AdadeltaOptimizer = _optimizer("Adadelta", rho="rho", epsilon="epsilon")
RMSPropOptimizer = _optimizer("RMSprop", decay="rho", momentum="momentum", epsilon="epsilon", centered="centered")
FtrlOptimizer = _optimizer("Ftrl", learning_rate_power="learning_rate_power")
