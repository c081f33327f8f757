"""CIFAR-100: small images of a hundred classes, by A. Krizhevsky, "Learning multiple layers of features from tiny
images" (2009)."""

from __future__ import annotations

from ckeras.datasets.cifar import load_parts
from ckeras.datasets.splits import Arrays

__all__ = ["load_data"]


def load_data(label_mode: str = "fine") -> tuple[Arrays, Arrays]:
    """Return 60,000 colour images of a hundred classes, downloaded on first use (169 MB).

    Args:
        label_mode: ``"fine"`` for labels of 100 classes, ``"coarse"`` for those of 20 groups of classes.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images, uint8 of shape ``(50000, 32, 32, 3)`` and
        ``(10000, 32, 32, 3)`` (channels come second where `image_data_format` says so), and labels, uint8 of shape
        ``(50000, 1)`` and ``(10000, 1)``.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: for another ``label_mode``, or if the file is not what it should be.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f"cifar100 expects label_mode to be 'fine' or 'coarse', got {label_mode!r}")
    parts = [["train"], ["test"]]
    found = load_parts("cifar-100-python.tar.gz", "cifar-100-python", parts, f"{label_mode}_labels")
    return found[0], found[1]


__dir__ = __all__.copy
