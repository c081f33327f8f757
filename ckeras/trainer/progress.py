"""How far a training run has come, so that it can be continued where it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras.tensor.structure import pack
from ckeras.trainer.sources import Source


class Progress:
    """How far a call of `fit` has come when it begins. `CallbackList.set_progress` gives it to the callbacks.

    Args:
        source: Where the batches come from.
        callbacks: The callbacks of the run.
        epochs: The epochs that were asked for.

    Attributes:
        epoch: Index of the first epoch.
        batch: Number of batches of that epoch that were made before.
        logs: The logs of the last of them, or of the epoch before.
        stopped: Whether training was to end before that epoch.
    """

    def __init__(self, source: Source, callbacks: list[Any], epochs: range):
        self._source, self.callbacks, self._epochs = source, callbacks, epochs
        self.epoch, self.batch, self.stopped = epochs.start, 0, False
        self.logs: dict[str, Any] = {}
        self._restore: Callable[[], None] | None = None

    def source_state(self) -> dict[str, Any]:
        """What `resume` needs to know of the data."""
        return self._source.state()

    def sample(self) -> tuple[Any, Any, Any]:
        """The first batch of the data, not shuffled: x, y and sample_weight, or `None` for what is not there."""
        data = self._source.data
        batch = data.batch(0, min(data.rows, self._source.ahead()[0].rows))
        return (*pack(data.structure, batch), None, None)[:3]

    def resume(
        self, epoch: int, batch: int, logs: dict[str, Any], stopped: bool, source: Any, restore: Callable[[], None]
    ) -> None:
        """Continue a run; called in `on_train_begin`.

        Args:
            epoch, batch, logs, stopped: As the attributes.
            source: The result of `source_state` at that time, or None to begin the data anew.
            restore: Function that restores everything else; called when all hooks have begun the run, and again when
                they have begun an epoch of which a part was made before.
        """
        self.epoch, self.batch, self.logs, self.stopped, self._restore = epoch, batch, logs, stopped, restore
        if source is not None:
            self._source.restore(source, within=batch > 0)

    def begin(self) -> range:
        """All callbacks have begun the run; returns the epochs that are left."""
        if self._restore is not None:
            self._restore()
        return range(self._epochs.stop if self.stopped else self.epoch, self._epochs.stop)

    def begin_epoch(self) -> tuple[int, Any]:
        """All callbacks have begun an epoch; returns the number of its batches made before, and the last's logs."""
        batch, self.batch = self.batch, 0
        if batch:
            self._restore()
        return batch, self.logs
