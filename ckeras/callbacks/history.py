"""The record of a training."""

from ckeras import registry
from ckeras.callbacks.callback import Callback


@registry.callbacks.ship()
class History(Callback):
    """Keeps the logs of every epoch; `fit` returns one, and leaves it as ``model.history``.

    Attributes:
        epoch: the numbers of the epochs, from 0.
        history: name -> list of one value an epoch.

    Example:
        >>> record = History()
        >>> record.on_train_begin()
        >>> record.on_epoch_end(0, {"loss": 0.5})
        >>> record.on_epoch_end(1, {"loss": 0.25})
        >>> record.epoch, record.history
        ([0, 1], {'loss': [0.5, 0.25]})
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.epoch = []
        self.attach()

    def attach(self) -> None:
        """Become ``model.history``. That is no change of the model, so its compiled plans stay valid."""
        if self._model is not None:
            object.__setattr__(self._model, "history", self)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch.append(epoch)
        history = self.history
        for name, value in (logs or {}).items():
            if name in history:
                history[name].append(value)
            else:
                history[name] = [value]
