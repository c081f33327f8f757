"""The callback that draws the progress bar."""

from ckeras import registry
from ckeras.callbacks.callback import Callback
from ckeras.utils.interactive import print_message
from ckeras.utils.progbar import Progbar


@registry.callbacks.ship()
class ProgbarLogger(Callback):
    """Draws a progress bar according to ``params["verbose"]``: 0 nothing, 1 a bar, 2 one line per epoch.

    It need not be called for every batch. `on_train_batch_end(batch, logs)` reports that batches 0 to `batch` are done;
    the training loop calls it every few tens of milliseconds, and not at all while `live` is false.

    Attributes:
        target: expected number of steps, `None` if unknown; known after the first epoch.
        seen: number of finished steps in this epoch.
        progbar: the `ckeras.utils.Progbar` of this epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.verbose = 1
        self.epochs = 1
        self.target: int | None = None
        self.seen = 0
        self.progbar: Progbar | None = None
        self._trains = False

    @property
    def live(self) -> bool:
        """Whether finished batches change the output, so that they must be reported."""
        return self.verbose == 1

    def set_params(self, params: dict) -> None:
        self.params = params
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._trains = True  # during training, tests are validations, which the bar of the epoch reports

    def on_train_end(self, logs: dict | None = None) -> None:
        self._trains = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start()
        if self.verbose and self.epochs > 1:
            print_message(f"Epoch {epoch + 1}/{self.epochs}")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._finish(logs)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._advance(batch, logs)

    def on_test_begin(self, logs: dict | None = None) -> None:
        if not self._trains:
            self._start()

    def on_test_end(self, logs: dict | None = None) -> None:
        if not self._trains:
            self._finish(logs)

    def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if not self._trains:
            self._advance(batch, logs)

    def on_predict_begin(self, logs: dict | None = None) -> None:
        self._start()

    def on_predict_end(self, logs: dict | None = None) -> None:
        self._finish(None)

    def on_predict_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._advance(batch, None)  # the logs are the outputs

    def _start(self) -> None:
        self.seen = 0
        # The values are already averages over the epoch; an empty set of stateless metrics avoids averaging them again.
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=()) if self.verbose else None

    def _advance(self, batch: int, logs: dict | None) -> None:
        if self.verbose == 1:
            if self.progbar is None:
                self._start()
            self.progbar.update(batch + 1, logs, finalize=False)
        self.seen = batch + 1

    def _finish(self, logs: dict | None) -> None:
        if self.target is None:
            self.target = self.seen
        if self.progbar is not None:
            self.progbar.target = self.target
            self.progbar.update(self.target, logs, finalize=True)
