"""Curves of a training."""

from __future__ import annotations

from typing import Any

from ckeras.visualization.plotting import matplotlib


def plot_history(history: Any, metrics: list[str] | None = None, path: str | None = None, show: bool = False) -> Any:
    """Plot the loss and each metric over the epochs of a training, next to its value on the validation data.

    Args:
        history: What `fit` returned, or the dict in its ``history``.
        metrics: Names to plot, without "val_"; all if None.
        path: File to save the figure to, or None.
        show: Whether to show the figure in a window.

    Returns:
        The Matplotlib figure, which notebooks show by themselves.

    Raises:
        ImportError: if Matplotlib is not installed.
        ValueError: if the history is empty or lacks a name.
    """
    logs = getattr(history, "history", history)
    if not isinstance(logs, dict) or not logs:
        raise ValueError(f"plot_history expects what fit returned, with one epoch or more, got {history!r:.100}")
    known = [name for name in logs if not (name.startswith("val_") and name.removeprefix("val_") in logs)]
    names = known if metrics is None else list(metrics)
    missing = [name for name in names if name not in logs]
    if missing:
        raise ValueError(f"plot_history expects metrics among {known}, got {missing}")
    epochs = getattr(history, "epoch", None) or range(len(logs[names[0]]))
    plt, _ = matplotlib("plot_history")
    figure, axes = plt.subplots(1, len(names), figsize=(5 * len(names), 3.5), squeeze=False, layout="tight")
    for name, axis in zip(names, axes.flat, strict=True):
        for label, key in (("training", name), ("validation", f"val_{name}")):
            if key in logs:
                axis.plot([epoch + 1 for epoch in epochs][: len(logs[key])], logs[key], label=label)
        axis.set_title(name)
        axis.set_xlabel("epoch")
        axis.legend()
    if path is not None:
        figure.savefig(path)
    if show:
        plt.show()
    return figure
