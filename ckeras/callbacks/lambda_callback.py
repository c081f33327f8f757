"""A callback built from functions."""

from collections.abc import Callable

from ckeras import registry
from ckeras.callbacks.callback import Callback


@registry.callbacks.ship()
class LambdaCallback(Callback):
    """A callback whose hooks are the given functions.

    Args:
        on_epoch_begin: called with ``(epoch, logs)``; so is `on_epoch_end`.
        on_epoch_end: see `on_epoch_begin`.
        on_train_begin: called with ``(logs)``; so is `on_train_end`.
        on_train_end: see `on_train_begin`.
        on_train_batch_begin: called with ``(batch, logs)``; so is `on_train_batch_end`.
        on_train_batch_end: see `on_train_batch_begin`.
        **kwargs: other hooks of `Callback` by name; other keywords become attributes.

    Example:
        >>> report = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
        >>> report.on_epoch_end(0, {"loss": 0.5})
        0 {'loss': 0.5}
    """

    def __init__(
        self,
        on_epoch_begin: Callable[[int, dict], object] | None = None,
        on_epoch_end: Callable[[int, dict], object] | None = None,
        on_train_begin: Callable[[dict], object] | None = None,
        on_train_end: Callable[[dict], object] | None = None,
        on_train_batch_begin: Callable[[int, dict], object] | None = None,
        on_train_batch_end: Callable[[int, dict], object] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__()
        self.__dict__.update(kwargs)
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        self.__dict__.update({name: hook for name, hook in hooks.items() if hook is not None})
