"""The callback that lowers the learning rate when a monitored value stops improving."""

from typing import Any

import numpy as np

from ckeras import registry
from ckeras.callbacks.learning_rates import learning_rate, logged_rates, optimizers_of
from ckeras.callbacks.monitor_callback import MonitorCallback
from ckeras.optimizers.schedules import LearningRateSchedule
from ckeras.utils.interactive import print_message
from ckeras.utils.tracebacks import warn


@registry.callbacks.ship()
class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when a monitored value has not improved for some epochs.

    The learning rate of each epoch is added to its logs as ``"learning_rate"``.

    Args:
        monitor: Name of the value in the logs.
        factor: Factor of the learning rate, less than 1.
        patience: Number of epochs in a row without an improvement after which the learning rate is lowered.
        verbose: 1 prints each new learning rate.
        mode: ``"min"`` or ``"max"``, whether smaller or larger values are better; ``"auto"`` follows from the name.
        min_delta: Amount by which a value has to be better than the best one to be an improvement.
        cooldown: Number of epochs after a change during which nothing is counted.
        min_lr: Lower bound of the learning rate.
        **kwargs: Accepted for scripts of older versions of Keras, whose ``epsilon`` is `min_delta`.

    Raises:
        ValueError: if ``factor`` is not less than 1; at the end of the first epoch, if ``mode`` is ``"auto"`` and the
            direction cannot be inferred.
        TypeError: before the first epoch, if the learning rate follows a schedule; for an unknown keyword.

    Example:
        >>> import numpy as np
        >>> from ckeras import Sequential, layers
        >>> model = Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1), "float32")
        >>> lower = ReduceLROnPlateau(monitor="loss", patience=1, factor=0.5, min_delta=100.0, min_lr=0.004)
        >>> history = model.fit(x, x, epochs=4, verbose=0, callbacks=[lower])
        >>> [round(rate, 4) for rate in history.history["learning_rate"]]
        [0.01, 0.01, 0.005, 0.004]
    """

    _resumed = ("best", "cooldown_counter", "wait")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=kwargs.pop("epsilon", min_delta))
        if kwargs:
            raise TypeError(f"ReduceLROnPlateau got unknown arguments: {', '.join(map(repr, kwargs))}")
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau expects factor to be less than 1, got {factor}")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.best = None
        self.wait = self.cooldown_counter = 0
        for _, optimizer in optimizers_of(self.model):
            rate = getattr(getattr(optimizer, "inner_optimizer", optimizer), "_learning_rate", None)
            if isinstance(rate, LearningRateSchedule):
                raise TypeError(
                    f"ReduceLROnPlateau expects an optimizer whose learning rate is a number, but that of "
                    f"{optimizer.name!r} follows {type(rate).__name__}"
                )

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._set_monitor_op()
        logs = {} if logs is None else logs
        logs.update(logged_rates(self.model))
        current = logs.get(self.monitor)
        if current is None:
            warn(
                f"ReduceLROnPlateau monitors {self.monitor!r}, which the logs do not have; they have: {', '.join(logs)}"
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._lower(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _lower(self, epoch: int) -> bool:
        """Lower the learning rates that are above the bound; return whether there was one."""
        lowered = False
        for name, optimizer in optimizers_of(self.model):
            rate = learning_rate(optimizer)
            if rate > np.float32(self.min_lr):
                lowered = True
                rate = max(rate * self.factor, self.min_lr)
                optimizer.learning_rate = rate
                if self.verbose > 0:
                    of = f" {name}" if name else ""
                    print_message(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{of} learning rate to {rate}.")
        return lowered

    def in_cooldown(self) -> bool:
        """Whether the learning rate was lowered within the last `cooldown` epochs."""
        return self.cooldown_counter > 0
