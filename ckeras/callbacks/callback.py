"""The base of all callbacks."""


class Callback:
    """Something to be called while a model trains, evaluates or predicts; override the hooks that matter.

    A hook of an epoch gets the epoch's number, a hook of a batch the batch's number within the epoch, both from 0.
    `logs` is a dict of floats, and the same dict for all callbacks of a list: what one writes into it, the next ones
    see. It holds the loss and the metrics so far (``"loss"``, ``"accuracy"``, and ``"val_loss"`` after validation),
    averaged over the epoch until now. In begin hooks it is empty.

    Batch hooks cost: only when some callback overrides one does the training loop enter Python at every step.

    Attributes:
        model: the model at work.
        params: dict with ``"verbose"``, ``"epochs"`` and ``"steps"`` (`None` when unknown).

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch}: loss {logs['loss']}")
        >>> Shout().on_epoch_end(0, {"loss": 0.5})
        epoch 0: loss 0.5
    """

    def __init__(self) -> None:
        self.params: dict | None = None
        self._model = None

    @property
    def model(self):
        """The model at work, `None` before there is one."""
        return self._model

    def set_params(self, params: dict) -> None:
        """Called before anything else with ``"verbose"``, ``"epochs"`` and ``"steps"``."""
        self.params = params

    def set_model(self, model) -> None:
        """Called before anything else with the model at work."""
        self._model = model

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Before the first epoch of `fit`."""

    def on_train_end(self, logs: dict | None = None) -> None:
        """After the last epoch of `fit`, with that epoch's logs."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Before an epoch of `fit`."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """After an epoch of `fit` and its validation."""

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Before a batch of `fit`; calls `on_batch_begin`."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """After a batch of `fit`; calls `on_batch_end`."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """The older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """The older name of `on_train_batch_end`."""

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Before `evaluate`, and before the validation of an epoch of `fit`."""

    def on_test_end(self, logs: dict | None = None) -> None:
        """After `evaluate`, and after the validation of an epoch of `fit`."""

    def on_test_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Before a batch of `evaluate` or of validation."""

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """After a batch of `evaluate` or of validation."""

    def on_predict_begin(self, logs: dict | None = None) -> None:
        """Before `predict`."""

    def on_predict_end(self, logs: dict | None = None) -> None:
        """After `predict`."""

    def on_predict_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """After a batch of `predict`; ``logs["outputs"]`` is what the batch gave."""
