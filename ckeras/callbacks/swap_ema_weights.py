"""The callback that evaluates a model with the moving averages of its weights."""

from typing import Any

from ckeras import registry
from ckeras.callbacks.callback import Callback


@registry.callbacks.ship()
class SwapEMAWeights(Callback):
    """Exchanges the weights of the model with their exponential moving averages for evaluation and prediction.

    The averages are those of an optimizer with ``use_ema=True`` (Polyak and Juditsky, 1992).

    Args:
        swap_on_epoch: Whether the averages are also the weights of the model from the end of an epoch to the beginning
            of the next, for callbacks that come later in the list, such as `ModelCheckpoint`. Callbacks that may end
            training, such as `EarlyStopping`, should come earlier.

    Raises:
        ValueError: at the first exchange, if no optimizer of the model has ``use_ema=True`` or none is built.

    Example:
        >>> import numpy as np
        >>> from ckeras import Sequential, layers, optimizers
        >>> model = Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile(optimizers.SGD(use_ema=True), "mse")
        >>> x = np.ones((4, 1), "float32")
        >>> history = model.fit(x, x, validation_data=(x, x), verbose=0, callbacks=[SwapEMAWeights()])
        >>> sorted(history.history)
        ['loss', 'val_loss']
    """

    _resumed = ("_ema_weights_in_model",)

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._ema_weights_in_model = False

    def _averaged(self) -> list[tuple[Any, Any]]:
        """Pairs of a variable of the model and its average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        found = [one for one in getattr(optimizer, "optimizers", [optimizer]) if one.use_ema and one.built]
        if not found:
            raise ValueError(
                f"SwapEMAWeights expects an optimizer with use_ema=True that is built, got {self.model.optimizer!r}"
            )
        return [pair for one in found for pair in one._averaged(one._trainable_variables)]

    def _put(self, averages: bool) -> None:
        """Exchange weights and averages, unless the model has those that are wanted."""
        if self._ema_weights_in_model == averages:
            return
        for variable, average in self._averaged():
            before = variable.numpy()
            variable.assign(average.numpy())
            average.assign(before)
        self._ema_weights_in_model = averages

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self.swap_on_epoch:
            self._put(averages=False)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not self.swap_on_epoch:
            return
        self._put(averages=True)
        if epoch == self.params["epochs"] - 1 or self.model.stop_training:
            for variable, average in self._averaged():  # which the optimizer assigns to the weights when training ends
                average.assign(variable.numpy())

    def on_test_begin(self, logs: dict | None = None) -> None:
        self._put(averages=True)

    def on_test_end(self, logs: dict | None = None) -> None:
        self._put(averages=False)

    def on_predict_begin(self, logs: dict | None = None) -> None:
        self._put(averages=True)

    def on_predict_end(self, logs: dict | None = None) -> None:
        self._put(averages=False)
