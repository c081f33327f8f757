"""What a model computes for a batch, layer by layer, without any trace in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ckeras.autograd import GradientTape
from ckeras.layers.layer import Layer
from ckeras.tensor import Tensor
from ckeras.tensor.structure import flatten


@contextmanager
def _unchanged(model: Any) -> Iterator[None]:
    """The state of metrics and random layers is put back afterwards."""
    variables = [*model.non_trainable_variables, *(v for metric in model.metrics for v in metric.variables)]
    before = [(v, v.numpy()) for v in variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


def activations(model: Any, x: Any) -> dict[str, np.ndarray]:
    """The first output of each layer within a model for a batch, in inference, by the names of the layers around it."""
    found: dict[str, np.ndarray] = {}

    def noting(path: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            first = next((y for y in flatten(outputs) if isinstance(y, Tensor)), None)
            if first is not None:
                found.setdefault(path, first.numpy())
            return outputs

        return noted

    layers = _paths(model)
    for layer, path in layers.items():  # not by setattr, which would make plans compile again
        layer.__dict__["call"] = noting(path, layer.call)
    try:
        with _unchanged(model):
            model(x, training=False)
    finally:
        for layer in layers:
            del layer.__dict__["call"]
    return found


def _paths(parent: Any, above: str = "") -> dict[Any, str]:
    """The layers within a layer, each with the names of the layers around it and its own, joined by "/"."""
    found: dict[Any, str] = {}
    for layer in parent._sublayers():
        path = f"{above or parent.name}/{getattr(layer, 'name', '')}"
        if isinstance(layer, Layer) and layer not in found:
            found |= {layer: path, **_paths(layer, path)}
    return found


def gradients(model: Any, x: Any, y: Any, sample_weight: Any) -> dict[str, np.ndarray]:
    """The gradient of the loss of a batch, in inference, for each trainable weight on which it depends, by path."""
    weights = model.trainable_weights
    with _unchanged(model), GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=False), sample_weight=sample_weight)
    found = tape.gradient(loss, weights)
    return {w.path: np.asarray(g) for w, g in zip(weights, found, strict=True) if g is not None}


def weight_image(weight: np.ndarray) -> np.ndarray | None:
    """A weight as images (count, height, width, channels) from its minimum to its maximum; `None` if it is none.

    A vector is a row, a matrix lies on its longer side, and of an array with three axes the last counts the images.
    """
    image = np.squeeze(weight).astype("float64")
    if image.ndim == 1:
        image = image.reshape(1, -1, 1, 1)
    elif image.ndim == 2:
        image = (image.T if image.shape[0] > image.shape[1] else image)[None, :, :, None]
    elif image.ndim == 3:
        image = image.transpose(2, 0, 1)[..., None]
    if image.ndim != 4 or image.shape[-1] not in (1, 3, 4):
        return None
    low, high = image.min(), image.max()
    return (image - low) / (high - low) if high > low else np.zeros_like(image)
