"""The callback that sets the learning rate of each epoch."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import registry
from ckeras.callbacks.callback import Callback
from ckeras.callbacks.learning_rates import learning_rate, logged_rates, optimizers_of
from ckeras.utils.interactive import print_message


@registry.callbacks.ship()
class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch to what a function returns.

    The learning rate of each epoch is added to its logs as ``"learning_rate"``.

    Args:
        schedule: Function of the epoch's index, from 0, and the current learning rate, or of the index alone, that
            returns the learning rate as a float or a float scalar.
        verbose: 1 prints the learning rate of each epoch.

    Raises:
        ValueError: at the beginning of an epoch, if the function returns anything else.
        TypeError: at the beginning of the first epoch, if the learning rate of the optimizer follows a schedule.

    Example:
        >>> import numpy as np
        >>> from ckeras import Sequential, layers
        >>> model = Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1), "float32")
        >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
        >>> history = model.fit(x, x, epochs=3, verbose=0, callbacks=[halve])
        >>> [round(rate, 4) for rate in history.history["learning_rate"]]
        [0.01, 0.005, 0.0025]
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        for name, optimizer in optimizers_of(self.model):
            rate = self._scheduled(epoch, learning_rate(optimizer))
            optimizer.learning_rate = float(rate)
            if self.verbose > 0:
                of = f"{name} " if name else ""
                print_message(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {of}learning rate to {rate}.")

    def _scheduled(self, epoch: int, rate: float) -> Any:
        rate = self.schedule(epoch, rate) if _takes_two(self.schedule) else self.schedule(epoch)
        dtype = np.dtype(str(getattr(rate, "dtype", np.dtype(type(rate)))))
        if dtype.kind != "f" or np.ndim(rate) != 0:
            raise ValueError(f"LearningRateScheduler expects schedule to return a float, got {rate!r}")
        return rate if isinstance(rate, float | np.floating) else float(np.asarray(rate))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if logs is not None:
            logs.update(logged_rates(self.model))


def _takes_two(schedule: Callable[..., Any]) -> bool:
    """Whether a function takes the learning rate besides the epoch."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a function of C without a signature
        return True
    return True
