"""When a callback saves: after each epoch, or each time that a number of batches was made."""

from __future__ import annotations


class SaveFrequency:
    """Counts batches, and tells when it is time to save.

    Args:
        save_freq: ``"epoch"``, or the number of batches between two saves; they are counted across epochs.
        owner: Name of the callback, for errors.

    Raises:
        ValueError: if ``save_freq`` is anything else.

    Attributes:
        counts: number of batches since the last save, and index of the last batch of this epoch.
    """

    def __init__(self, save_freq: str | int, owner: str) -> None:
        batches = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq >= 1
        if save_freq != "epoch" and not batches:
            raise ValueError(f"{owner} expects save_freq to be 'epoch' or a positive integer, got {save_freq!r}")
        self.save_freq = save_freq
        self.counts = [0, -1]

    @property
    def is_of_epochs(self) -> bool:
        """Whether it is time after each epoch, and never after a batch."""
        return self.save_freq == "epoch"

    def due(self, batch: int) -> bool:
        """Whether to save after the batch of this index, of which the hooks of those before may have been left out."""
        since, last = self.counts
        since += batch + 1 if batch <= last else batch - last
        is_due = since >= self.save_freq
        self.counts = [0 if is_due else since, batch]
        return is_due
