"""The callback that ends training when the loss is not finite."""

import math

from ckeras import registry
from ckeras.callbacks.callback import Callback
from ckeras.utils.interactive import print_message


@registry.callbacks.ship()
class TerminateOnNaN(Callback):
    """Ends training after a batch whose loss, averaged over the epoch so far, is NaN or infinite.

    Args:
        raise_error: Whether to raise an error instead of ending training as usual. The hooks at the end of the epoch
            and of training are not called then, so that, for example, `BackupAndRestore` keeps its last backup.

    Raises:
        RuntimeError: at the end of such a batch, if ``raise_error`` is true.

    Example:
        >>> import types
        >>> stop = TerminateOnNaN()
        >>> stop.set_model(types.SimpleNamespace(stop_training=False))
        >>> stop.on_train_batch_end(3, {"loss": float("nan")})
        Batch 3: Invalid loss, terminating training
        >>> stop.model.stop_training
        True
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: dict | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss is {loss} at batch {batch}, so training ends")
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
