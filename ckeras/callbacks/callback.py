"""Base class of callbacks."""

from collections.abc import Callable


class Callback:
    """Base class of callbacks, whose hooks are called during training, evaluation and prediction.

    Epoch hooks receive the index of the epoch, batch hooks the index of the batch within the epoch, both from 0.
    `logs` is a dict of floats shared by all callbacks of a list: later callbacks see the changes of earlier ones. It
    contains the loss and the metrics (``"loss"``, ``"accuracy"``, and ``"val_loss"`` after validation), averaged over
    the epoch so far. In begin hooks it is empty.

    Batch hooks are slow: the training loop enters Python at every step only if some callback overrides one.

    Attributes:
        model: the model that is trained, evaluated or used.
        params: dict with ``"verbose"``, ``"epochs"`` and ``"steps"`` (`None` when unknown).

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch}: loss {logs['loss']}")
        >>> Shout().on_epoch_end(0, {"loss": 0.5})
        epoch 0: loss 0.5
    """

    _idle_hooks: tuple[Callable[..., None], ...] = ()  # functions of hooks that do nothing for this object
    _is_called_last = False  # whether its hooks are called after those of other callbacks
    _resumed: tuple[str, ...] = ()  # names of attributes that `BackupAndRestore` saves and restores

    def __init__(self) -> None:
        self.params: dict | None = None
        self._model = None

    @property
    def model(self):
        """The model that runs the callback, or `None` before `set_model`."""
        return self._model

    def set_params(self, params: dict) -> None:
        """Set the parameters ``"verbose"``, ``"epochs"`` and ``"steps"``; called before all hooks."""
        self.params = params

    def set_model(self, model) -> None:
        """Set the model; called before all hooks."""
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
        """Alias of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Alias of `on_train_batch_end`."""

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
        """After a batch of `predict`; ``logs["outputs"]`` holds the predictions."""
