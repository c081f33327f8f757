"""A list of callbacks with the interface of one callback."""

from collections.abc import Iterator, Mapping

from ckeras import registry
from ckeras.callbacks.callback import Callback
from ckeras.callbacks.history import History
from ckeras.callbacks.progbar_logger import ProgbarLogger

_BATCH_HOOKS = (
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_predict_batch_begin",
    "on_predict_batch_end",
)
_HOOKS = (
    "on_train_begin",
    "on_train_end",
    "on_epoch_begin",
    "on_epoch_end",
    "on_test_begin",
    "on_test_end",
    "on_predict_begin",
    "on_predict_end",
    *_BATCH_HOOKS,
)
_OLDER_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList:
    """Calls the hooks of several callbacks, in order; hooks that a callback does not override are skipped.

    Args:
        callbacks: a callback, or a nested list, tuple or dict of callbacks; `None` for none. The name of a registered
            callback is replaced by an instance created without arguments.
        add_history: whether to add a `History` if the list has none.
        add_progbar: whether to add a `ProgbarLogger` if the list has none.
        model: the model, passed to every callback.
        **params: ``verbose``, ``epochs`` and ``steps``, passed to every callback.

    Attributes:
        callbacks: the callbacks, the user's first, then the history and the progress bar.
        batch_hooks: the names of the batch hooks that some callback overrides (overriding `on_batch_end` needs
            ``"on_train_batch_end"``). If it is empty, a loop over batches need not call batch hooks. The hooks
            of `ProgbarLogger` are not included.
        progress: the `ProgbarLogger` or `None`; a loop that does not call the batch hooks of this list may report
            batches to it at any time.

    Example:
        >>> class Shout(Callback):
        ...     def on_batch_end(self, batch, logs=None):
        ...         print("batch", batch)
        >>> calls = CallbackList([Shout()], add_history=True)
        >>> calls.batch_hooks
        frozenset({'on_train_batch_end'})
        >>> calls.on_train_batch_end(0)
        batch 0
    """

    def __init__(
        self,
        callbacks: object = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: object = None,
        **params: object,
    ) -> None:
        self.callbacks: list[Callback] = [_checked(callback) for callback in _flatten(callbacks)]
        if add_history and not any(isinstance(callback, History) for callback in self.callbacks):
            self.callbacks.append(History())
        if add_progbar and not any(isinstance(callback, ProgbarLogger) for callback in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        self._adds_history = add_history
        self._model = None
        self.params: dict | None = None
        if params:
            self.set_params(params)
        if model is not None:
            self.set_model(model)
        self._collect()

    @property
    def model(self) -> object:
        """The model that runs the callbacks."""
        return self._model

    @property
    def history(self) -> History | None:
        """The `History` in the list, if there is one."""
        return next((callback for callback in self.callbacks if isinstance(callback, History)), None)

    def append(self, callback: Callback) -> None:
        """Append a callback, and set its model and parameters to those of the list."""
        callback = _checked(callback)
        self.callbacks.append(callback)
        if self.params is not None:
            callback.set_params(self.params)
        if self._model is not None:
            callback.set_model(self._model)
        self._collect()

    def set_params(self, params: dict) -> None:
        """Pass ``verbose``, ``epochs`` and ``steps`` to every callback."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: object) -> None:
        """Pass the model to every callback."""
        self._model = model
        for callback in self.callbacks:
            callback.set_model(model)
        if self._adds_history:
            self.history.attach()

    def set_progress(self, progress: object) -> None:
        """Pass what `fit` knows of an interrupted run to every callback that takes it."""
        for callback in self.callbacks:
            if hasattr(callback, "set_progress"):
                callback.set_progress(progress)

    def _collect(self) -> None:
        """Collect for each hook the callbacks that override it; only these are called, some of them last."""
        callbacks = sorted(self.callbacks, key=lambda callback: getattr(callback, "_is_called_last", False))
        self.progress = next((callback for callback in self.callbacks if isinstance(callback, ProgbarLogger)), None)
        batch_hooks = set()
        for name in _HOOKS:
            takers = [callback for callback in callbacks if _overrides(callback, name, Callback)]
            setattr(self, "_" + name, tuple(getattr(callback, name) for callback in takers))
            if name in _BATCH_HOOKS and any(
                not isinstance(callback, ProgbarLogger) or _overrides(callback, name, ProgbarLogger)
                for callback in takers
            ):
                batch_hooks.add(name)
        self.batch_hooks = frozenset(batch_hooks)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Before the first epoch. Also finds hooks that were set on callbacks after the list was created."""
        self._collect()
        logs = {} if logs is None else logs
        for hook in self._on_train_begin:
            hook(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        """After the last epoch."""
        logs = {} if logs is None else logs
        for hook in self._on_train_end:
            hook(logs)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Before an epoch."""
        if self._on_epoch_begin:
            logs = {} if logs is None else logs
            for hook in self._on_epoch_begin:
                hook(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """After an epoch."""
        if self._on_epoch_end:
            logs = {} if logs is None else logs
            for hook in self._on_epoch_end:
                hook(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Before a batch of training."""
        if self._on_train_batch_begin:
            logs = {} if logs is None else logs
            for hook in self._on_train_batch_begin:
                hook(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """After a batch of training."""
        if self._on_train_batch_end:
            logs = {} if logs is None else logs
            for hook in self._on_train_batch_end:
                hook(batch, logs)

    def on_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Alias of `on_train_batch_begin`."""
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Alias of `on_train_batch_end`."""
        self.on_train_batch_end(batch, logs)

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Before an evaluation."""
        logs = {} if logs is None else logs
        for hook in self._on_test_begin:
            hook(logs)

    def on_test_end(self, logs: dict | None = None) -> None:
        """After an evaluation."""
        logs = {} if logs is None else logs
        for hook in self._on_test_end:
            hook(logs)

    def on_test_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Before a batch of an evaluation."""
        if self._on_test_batch_begin:
            logs = {} if logs is None else logs
            for hook in self._on_test_batch_begin:
                hook(batch, logs)

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """After a batch of an evaluation."""
        if self._on_test_batch_end:
            logs = {} if logs is None else logs
            for hook in self._on_test_batch_end:
                hook(batch, logs)

    def on_predict_begin(self, logs: dict | None = None) -> None:
        """Before a prediction."""
        logs = {} if logs is None else logs
        for hook in self._on_predict_begin:
            hook(logs)

    def on_predict_end(self, logs: dict | None = None) -> None:
        """After a prediction."""
        logs = {} if logs is None else logs
        for hook in self._on_predict_end:
            hook(logs)

    def on_predict_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Before a batch of a prediction."""
        if self._on_predict_batch_begin:
            logs = {} if logs is None else logs
            for hook in self._on_predict_batch_begin:
                hook(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """After a batch of a prediction."""
        if self._on_predict_batch_end:
            logs = {} if logs is None else logs
            for hook in self._on_predict_batch_end:
                hook(batch, logs)


def _flatten(callbacks: object) -> Iterator[object]:
    if isinstance(callbacks, Mapping):
        callbacks = [callbacks[key] for key in sorted(callbacks)]
    if isinstance(callbacks, list | tuple):
        for callback in callbacks:
            yield from _flatten(callback)
    elif callbacks is not None:
        yield callbacks


def _checked(callback: object) -> object:
    """A callback is an instance of `Callback`, or anything else that takes a model and parameters."""
    if isinstance(callback, str):
        return registry.callbacks.get(callback)
    if isinstance(callback, type):
        raise TypeError(
            f"callbacks expects objects, but got the class {callback.__name__} itself (write {callback.__name__}())"
        )
    if not isinstance(callback, Callback) and not (hasattr(callback, "set_model") and hasattr(callback, "set_params")):
        raise TypeError(f"callbacks expects instances of Callback, but got {callback!r} of {type(callback).__name__}")
    return callback


def _overrides(callback: object, name: str, base: type) -> bool:
    """Whether calling the hook does anything beyond what `base` does."""
    hook = getattr(callback, name, None)
    if hook is None:
        return False
    function = getattr(hook, "__func__", hook)
    if function is not getattr(base, name) and function not in getattr(callback, "_idle_hooks", ()):
        return True
    return name in _OLDER_NAMES and _overrides(callback, _OLDER_NAMES[name], base)
