"""The loss of a compiled model, for one output or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ckeras import losses, metrics, ops
from ckeras.losses.loss import fits, same
from ckeras.tensor.structure import flatten
from ckeras.trainer.outputs import Path, align, distribute, is_part, named, numbered, outputs_of
from ckeras.utils.naming import to_snake_case
from ckeras.utils.tracebacks import warn

CROSSENTROPY = ("crossentropy", "ce")


class _Part(NamedTuple):
    """The loss of one output, its weight, and, where there are several, its mean."""

    loss: Callable[..., Any]
    weight: float | None
    mean: Any


class CompiledLoss:
    """The sum of the losses of the outputs, each with its weight; where there are several, each has its mean too.

    Args:
        loss: a name, function or `Loss` for all outputs; or lists and dicts of them, as the outputs are nested.
        weights: likewise, of numbers.
        names: those of the outputs of a graph, by which dicts may name them.
    """

    def __init__(self, loss: Any, weights: Any = None, names: list[str] | None = None):
        self._given, self._weights, self._names = loss, weights, names
        self._parts: dict[Path, _Part] = {}
        self._outputs: list[Path] | None = None
        self._checked = Shapes()
        if weights is not None and not all(map(_is_weight, flatten(weights))):
            raise ValueError(f"compile expects loss_weights to be numbers, one for each output, got {weights!r}")
        for one in _given_parts(loss):
            if not is_crossentropy(one):
                _resolved(one)  # raises for an unknown name at once

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Give each output its loss, now that the outputs are known."""
        y_pred, y_true, losses, loss_weights = named(self._names, y_pred, y_true, self._given, self._weights)
        outputs = outputs_of(y_pred)
        if self._outputs == list(outputs):
            return
        chosen = {path: loss for path, loss in distribute(losses, y_pred, "loss").items() if loss is not None}
        weights: dict[Path, Any] = {}
        if loss_weights is not None:
            weights = distribute(loss_weights, y_pred, "loss_weights")
            missing = [path for path in chosen if path not in weights]
            if missing:
                raise ValueError(f"loss_weights has no entry for the outputs {[p[0] for p in missing]}")
        targets = align(y_true, y_pred, "y", chosen)
        found = {path: resolve_loss(loss, targets[path], outputs[path]) for path, loss in chosen.items()}
        means: dict[Path, Any] = {}
        if len(found) > 1:
            names = numbered(f"{_output_name(path, loss)}_loss" for path, loss in found.items())
            means = {path: metrics.Mean(name) for path, name in zip(found, names, strict=True)}
        self._parts = {
            path: _Part(loss, None if weights.get(path) is None else float(weights[path]), means.get(path))
            for path, loss in found.items()
        }
        self._outputs = list(outputs)

    @property
    def parts(self) -> list[Any]:
        """The losses of the outputs that have one."""
        return [part.loss for part in self._parts.values()]

    @property
    def metrics(self) -> list[Any]:
        """The means of the losses of several outputs."""
        return [part.mean for part in self._parts.values() if part.mean is not None]

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total; `None` if no output has a loss."""
        self.build(y_true, y_pred)
        y_pred, y_true, sample_weight = named(self._names, y_pred, y_true, sample_weight)
        outputs = outputs_of(y_pred)
        targets = align(y_true, y_pred, "y", self._parts)
        for path, part in self._parts.items():
            self._checked.warn_of_broadcast(part.loss, targets[path], outputs[path])
        weights = {} if sample_weight is None else align(sample_weight, y_pred, "sample_weight")
        values = []
        for path, (loss, weight, mean) in self._parts.items():
            value = loss(targets[path], outputs[path], weights.get(path))
            if mean is not None:
                mean.update_state(value, sample_weight=float(outputs[path].shape[0]))
            values.append(value if weight is None else value * weight)
        return total(values) if values else None

    def loss_of(self, path: Path) -> Any:
        """The loss of one output, or `None`."""
        part = self._parts.get(path)
        return part and part.loss


_ELEMENTWISE = tuple(f"ckeras.losses.{name}" for name in ("margin", "overlap", "probabilistic", "regression"))


class Shapes:
    """The shapes of targets and outputs that losses or metrics have met, so that a warning comes once."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()

    def warn_of_broadcast(self, part: Any, y_true: Any, y_pred: Any) -> None:
        """Warn if a loss or metric compares element by element, and the targets fit the outputs by broadcasting alone.

        Parts of the user's own may compare what they like.
        """
        function = getattr(part, "fn", getattr(part, "_fn", None))
        a, b = (tuple(getattr(y, "shape", ())[1:]) for y in (y_true, y_pred))
        if (a, b) in self._seen or getattr(function, "__module__", None) not in _ELEMENTWISE:
            return
        self._seen.add((a, b))
        if abs(len(a) - len(b)) == 1:
            a, b = (s[:-1] if len(s) > len(t) and s[-1] == 1 else s for s, t in ((a, b), (b, a)))
        if not same(a, b) and fits(a, b):
            warn(
                f"{part_name(part)}: targets of shape {(None, *y_true.shape[1:])} are broadcast to outputs of shape "
                f"{(None, *y_pred.shape[1:])}, so that each target meets several outputs or the reverse; give both "
                "the same shape"
            )


def total(values: list[Any]) -> Any:
    """The sum of scalar losses."""
    found = values[0]
    for value in values[1:]:
        found = ops.add(found, value)
    return found


def resolve_loss(given: Any, y_true: Any, y_pred: Any) -> Any:
    """The `Loss` that a name, function, config or class stands for; "crossentropy" takes the form that fits."""
    if is_crossentropy(given):
        return losses.LossFunctionWrapper(crossentropy_by_shape(y_true, y_pred), name=given)
    return _resolved(given)


def _resolved(given: Any) -> Any:
    found = losses.get(given)
    if found is None or isinstance(found, losses.Loss):
        return found
    return losses.LossFunctionWrapper(found, name=part_name(given))


def is_crossentropy(given: Any) -> bool:
    """Whether this is the name of the cross-entropy whose form depends on the shapes."""
    return isinstance(given, str) and given.lower() in CROSSENTROPY


def crossentropy_by_shape(y_true: Any, y_pred: Any) -> Any:
    """The cross-entropy function that fits the shapes."""
    return losses.get(f"{to_snake_case(kind_of_targets(y_true, y_pred))}_crossentropy")


def kind_of_targets(y_true: Any, y_pred: Any) -> str:
    """Kind of targets by their shapes: "Binary", "SparseCategorical" (integer labels) or "Categorical" (one-hot)."""
    if (y_pred.shape[-1] if y_pred.shape else 1) == 1:
        return "Binary"
    if len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1:
        return "SparseCategorical"
    return "Categorical"


def part_name(part: Any) -> str:
    """The name in the logs of a loss or metric that was given as a name, a function, an object or a class."""
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        return to_snake_case(part.get("class_name", ""))
    if isinstance(getattr(part, "name", None), str):
        return part.name
    return to_snake_case(getattr(part, "__name__", type(part).__name__))


def _output_name(path: Path, loss: Any) -> str:
    """How the logs call the loss of an output: by its path, and where that ends in a number, by the loss's name."""
    inner = path[-1] if path and isinstance(path[-1], str) else loss.name
    return "/".join([*map(str, path[:-1]), inner])


def _given_parts(given: Any) -> list[Any]:
    """All losses or metrics in a structure of them."""
    if is_part(given):
        return [given]
    return [one for part in (given.values() if isinstance(given, dict) else given) for one in _given_parts(part)]


def _is_weight(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float, np.number)) and not isinstance(value, bool))
