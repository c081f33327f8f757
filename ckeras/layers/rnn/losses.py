"""Losses that layers add inside loops: they leave a loop as its results do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.layers.layer import Layer
from ckeras.tensor.stateless_scope import loss_collector


def added_losses(layer: Any, run: Callable[[], Any]) -> tuple[Any, Any]:
    """The result of ``run``, and the sum of the losses that ``layer`` and the layers inside add in it, or None.

    The losses are taken from the layers.
    """
    if not isinstance(layer, Layer):
        return run(), None
    collector = loss_collector()
    lists = [x._losses for x in layer._flatten_layers()] if collector is None else [collector.losses, collector.owners]
    before = [len(known) for known in lists]
    result = run()
    added = [known[n:] for known, n in zip(lists, before, strict=True)]
    for known, n in zip(lists, before, strict=True):
        del known[n:]
    losses = [x for part in (added if collector is None else added[:1]) for x in part]
    return result, sum(losses[1:], losses[0]) if losses else None


def keep_losses(layer: Any, losses: Any) -> None:
    """Add the sum of the losses of all rounds to those of ``layer``."""
    if losses is not None:
        layer._keep_loss(ops.sum(losses))
