"""The callback that ends training when a monitored value stops improving."""

from typing import Any

from ckeras import registry
from ckeras.callbacks.monitor_callback import MonitorCallback
from ckeras.utils.interactive import print_message
from ckeras.utils.tracebacks import warn


@registry.callbacks.ship()
class EarlyStopping(MonitorCallback):
    """Ends training when a monitored value has not improved for some epochs.

    Args:
        monitor: Name of the value in the logs.
        min_delta: Amount by which a value has to be better than the best one to be an improvement.
        patience: Number of epochs in a row without an improvement after which training ends.
        verbose: 1 prints when training ends and which weights are restored.
        mode: ``"min"`` or ``"max"``, whether smaller or larger values are better; ``"auto"`` follows from the name.
        baseline: Value that has to be exceeded: an improvement that does not do so does not restart the patience.
        restore_best_weights: Whether the model ends with the weights of the best epoch instead of the last one,
            whatever the baseline is.
        start_from_epoch: Number of epochs that are not counted at all.

    Raises:
        ValueError: at the end of the first epoch, if ``mode`` is ``"auto"`` and the direction cannot be inferred.

    Example:
        >>> import numpy as np
        >>> from ckeras import Sequential, layers
        >>> model = Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1), "float32")
        >>> stop = EarlyStopping(monitor="loss", patience=2, min_delta=100.0)
        >>> len(model.fit(x, x, epochs=10, verbose=0, callbacks=[stop]).epoch)
        3
    """

    _resumed = ("best", "best_epoch", "best_weights", "stopped_epoch", "wait")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.stopped_epoch = 0
        self.best_weights: list[Any] | None = None
        self.best_epoch = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._set_monitor_op()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:  # even if no epoch is an improvement, as with NaN
            self._remember(epoch)
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self._remember(epoch)
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: dict | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print_message(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                print_message(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: dict | None) -> Any:
        """Return the monitored value in the logs; if they do not have it, `None`, with a warning."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warn(
                f"EarlyStopping monitors {self.monitor!r}, which the logs do not have; "
                f"they have: {', '.join(logs or {}) or 'nothing'}"
            )
        return value
