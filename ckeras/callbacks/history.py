"""Record of the logs of a training run."""

from ckeras import registry
from ckeras.callbacks.callback import Callback


@registry.callbacks.ship()
class History(Callback):
    """Records the logs of every epoch; `fit` returns it and assigns it to ``model.history``.

    Attributes:
        epoch: indices of the epochs, from 0.
        history: dict of names to lists of one value per epoch.

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
        """Set ``model.history``. This does not change the model, so its compiled plans remain valid."""
        if self._model is not None:
            object.__setattr__(self._model, "history", self)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.attach()  # again, since a callback may have trained the model meanwhile
        self.epoch.append(epoch)
        history = self.history
        for name, value in (logs or {}).items():
            if name in history:
                history[name].append(value)
            else:
                history[name] = [value]
