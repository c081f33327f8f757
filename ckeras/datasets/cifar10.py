"""CIFAR-10: small images of ten classes, by A. Krizhevsky, "Learning multiple layers of features from tiny images"
(2009)."""

from __future__ import annotations

from ckeras.datasets.cifar import load_parts
from ckeras.datasets.splits import Arrays

__all__ = ["load_data"]


def load_data() -> tuple[Arrays, Arrays]:
    """Return 60,000 colour images of ten classes, downloaded on first use (170 MB).

    The labels are 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship and 9 truck.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images, uint8 of shape ``(50000, 32, 32, 3)`` and
        ``(10000, 32, 32, 3)`` (channels come second where `image_data_format` says so), and labels, uint8 of shape
        ``(50000, 1)`` and ``(10000, 1)``.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: if it is not what it should be.
    """
    train = [f"data_batch_{number}" for number in range(1, 6)]
    found = load_parts("cifar-10-python.tar.gz", "cifar-10-batches-py", [train, ["test_batch"]], "labels")
    return found[0], found[1]


__dir__ = __all__.copy
