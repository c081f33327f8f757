"""The loss and the metrics of a compiled model, for one output or several."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ckeras import losses, metrics, ops, registry
from ckeras.autograd.structure import flatten
from ckeras.utils.naming import to_snake_case

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


class CompiledLoss:
    """The sum of the losses of the outputs, each with its weight; where there are several, each has its mean too.

    Args:
        loss: a name, function or `Loss` for one output; a list of them, or a dict by output name, for several.
        weights: likewise, of numbers.
    """

    def __init__(self, loss: Any, weights: Any = None):
        self._given, self._weights = loss, weights
        self._parts: list[tuple[Callable[..., Any], float] | None] | None = None
        self._means: list[Any] = []  # of each part, where there are several
        if weights is not None and not all(
            isinstance(w, (int, float, np.number, type(None))) for w in flatten(weights)
        ):
            raise ValueError(f"compile expects loss_weights to be numbers, one for each output, got {weights!r}")
        for one in flatten(loss):
            _resolve_loss(one)  # an unknown name is told at once

    def build(self, keys: list[Any]) -> None:
        """Give each output its loss."""
        if self._parts is not None and len(self._parts) == len(keys):
            return
        chosen = _distribute(self._given, keys, "loss")
        weights = _distribute(self._weights, keys, "loss_weights") if self._weights is not None else [1.0] * len(keys)
        self._parts = [
            None if loss is None else (_resolve_loss(loss), 1.0 if weight is None else float(weight))
            for loss, weight in zip(chosen, weights, strict=True)
        ]
        self._means = [None] * len(keys)
        if sum(part is not None for part in self._parts) > 1:
            names = [k if isinstance(k, str) else _name_of(loss) for k, loss in zip(keys, chosen, strict=True)]
            names = numbered(f"{name}_loss" for name in names)
            self._means = [part and metrics.Mean(name) for part, name in zip(self._parts, names, strict=True)]

    @property
    def parts(self) -> list[Any]:
        """The losses of the outputs that have one."""
        return [part[0] for part in self._parts or [] if part is not None]

    @property
    def metrics(self) -> list[Any]:
        """The means of the losses of several outputs."""
        return [mean for mean in self._means if mean is not None]

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total; `None` if no output has a loss."""
        keys, predictions = outputs_of(y_pred)
        self.build(keys)
        needed = [key for key, part in zip(keys, self._parts, strict=True) if part is not None]
        targets = _align(y_true, keys, "y", needed)
        weights = [None] * len(keys) if sample_weight is None else _align(sample_weight, keys, "sample_weight", [])
        total = None
        for part, mean, t, p, w in zip(self._parts, self._means, targets, predictions, weights, strict=True):
            if part is None:
                continue
            loss, factor = part
            value = loss(t, p, w)
            if mean is not None:
                mean.update_state(value, sample_weight=float(p.shape[0]))
            value = value if factor == 1.0 else value * factor
            total = value if total is None else total + value
        return total

    def default_for(self, position: int) -> Any:
        """The loss of one output, which tells what "accuracy" means for it."""
        part = self._parts[position] if self._parts and position < len(self._parts) else None
        return part[0] if part else None


def _resolve_loss(loss: Any) -> Callable[..., Any] | None:
    found = losses.get(loss)
    if found is None or isinstance(found, losses.Loss):
        return found
    return losses.LossFunctionWrapper(found, name=_name_of(found))


def _name_of(part: Any) -> str:
    """The name in the logs of a loss or metric that was given as a name, a function, an object or a class."""
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        part = part.get("class_name", "")
        return to_snake_case(part)
    return to_snake_case(getattr(part, "__name__", type(part).__name__))


def numbered(names: Iterable[str]) -> list[str]:
    """The names, with a number at the end of those that were there before."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        found.append(f"{name}_{count}" if count else name)
    return found


class CompiledMetrics:
    """The metrics of the outputs, made when the first outputs are seen.

    Args:
        given: names, functions or `Metric` objects for one output; a list or dict of such lists for several.
        weighted: likewise, of those that sample weights apply to.
    """

    def __init__(self, given: Any = None, weighted: Any = None):
        self._given, self._weighted = given, weighted
        self._parts: list[tuple[list[Any], list[Any]]] | None = None
        self._names: list[str | None] = []
        for one in flatten([given, weighted]):
            if not isinstance(one, str) or one.lower() not in (*_ACCURACY, *_CROSSENTROPY):
                _found_metric(one)

    def build(self, y_true: Any, y_pred: Any, loss: CompiledLoss | None) -> None:
        """Resolve the names, now that shapes are known."""
        keys, predictions = outputs_of(y_pred)
        if loss is not None:
            loss.build(keys)
        plain = _distribute(self._given, keys, "metrics", lists=True)
        weighted = _distribute(self._weighted, keys, "weighted_metrics", lists=True)
        needed = [k for k, a, b in zip(keys, plain, weighted, strict=True) if _listed(a) or _listed(b)]
        targets = _align(y_true, keys, "y", needed)
        parts = []
        for i, (t, p) in enumerate(zip(targets, predictions, strict=True)):
            own = loss.default_for(i) if loss else None
            parts.append(
                ([_resolve_metric(m, t, p, own) for m in _listed(plain[i])],
                 [_resolve_metric(m, t, p, own) for m in _listed(weighted[i])])
            )  # fmt: skip
        self._names = [k if isinstance(k, str) else None for k in keys]
        self._parts = parts

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        if not self.metrics:
            return
        keys, predictions = outputs_of(y_pred)
        needed = [key for key, parts in zip(keys, self._parts, strict=True) if any(parts)]
        targets = _align(y_true, keys, "y", needed)
        weights = [None] * len(keys) if sample_weight is None else _align(sample_weight, keys, "sample_weight", [])
        for (plain, weighted), t, p, w in zip(self._parts or [], targets, predictions, weights, strict=True):
            for metric in plain:
                metric.update_state(t, p)
            for metric in weighted:
                metric.update_state(t, p, sample_weight=w)

    @property
    def built(self) -> bool:
        """Whether the names are resolved."""
        return self._parts is not None

    @property
    def metrics(self) -> list[Any]:
        """All metrics, in order: those of all outputs, then the weighted ones."""
        parts = self._parts or []
        return [m for plain, _ in parts for m in plain] + [m for _, weighted in parts for m in weighted]

    def named(self) -> list[tuple[str, Any]]:
        """(name in the logs, metric) for each; a name taken already gets a number, or "weighted_" before it."""
        pairs = list(zip(self._names, self._parts or [], strict=True))
        plain = [(output, m) for output, (some, _) in pairs for m in some]
        weighted = [(output, m) for output, (_, some) in pairs for m in some]
        taken = {_joined(output, m.name) for output, m in plain}
        names = numbered(_joined(output, m.name) for output, m in plain)
        names += numbered(
            _joined(output, f"weighted_{m.name}" if _joined(output, m.name) in taken else m.name)
            for output, m in weighted
        )
        return list(zip(names, self.metrics, strict=True))


def _joined(output: str | None, name: str) -> str:
    return name if output is None else f"{output}_{name}"


def _resolve_metric(given: Any, y_true: Any, y_pred: Any, loss: Any) -> Any:
    if given is None or isinstance(given, metrics.Metric):
        return given
    if isinstance(given, str) and given.lower() in (*_ACCURACY, *_CROSSENTROPY):
        made = _by_shape(given.lower(), y_true, y_pred, loss)
    else:
        made = _found_metric(given)
        if not isinstance(made, metrics.Metric):
            made = metrics.MeanMetricWrapper(made, name=_name_of(given))
    if isinstance(given, str):
        made.name = given
    return made


def _found_metric(given: Any) -> Any:
    """The metric of a name, config, class or function. A loss's name is the mean of that loss."""
    if isinstance(given, str) and registry.metrics.find(given) is None:
        loss = registry.losses.find(given)
        if loss is not None and not inspect.isclass(loss):
            return _unreduced(loss)
    return metrics.get(given)


def _by_shape(name: str, y_true: Any, y_pred: Any, loss: Any) -> Any:
    """The form of "accuracy" or "crossentropy" that fits the shapes: binary, of class numbers, or of one-hot rows."""
    from_logits = bool(getattr(loss, "_fn_kwargs", {}).get("from_logits", False))
    last = y_pred.shape[-1] if y_pred.shape else 1
    target_last = y_true.shape[-1] if y_true.shape else 1
    if last == 1:
        kind = "Binary"
    elif len(y_true.shape) < len(y_pred.shape) or target_last == 1:
        kind = "SparseCategorical"
    else:
        kind = "Categorical"
    if name in _ACCURACY:
        return registry.metrics.resolve(f"{kind}Accuracy")()
    fn = losses.get(f"{to_snake_case(kind)}_crossentropy")
    return metrics.MeanMetricWrapper(_unreduced(fn, from_logits=from_logits), name=name)


def _unreduced(fn: Callable[..., Any], **options: Any) -> losses.Loss:
    """A loss function that gives a value a sample, and takes targets with an axis of size 1 more or less."""
    return losses.LossFunctionWrapper(fn, reduction="none", **options)


def outputs_of(y_pred: Any) -> tuple[list[Any], list[Any]]:
    """(names or numbers, values) of a model's outputs."""
    if isinstance(y_pred, dict):
        return list(y_pred), list(y_pred.values())
    values = flatten(y_pred)
    return (list(range(len(values))), values)


def _align(value: Any, keys: list[Any], name: str, needed: list[Any]) -> list[Any]:
    """The part of ``value`` for each output; where there is none, `None`, unless it is needed."""
    if isinstance(value, dict):
        missing = [k for k in needed if k not in value]
        if missing:
            raise ValueError(f"{name} has no entry for the outputs {missing}; it has {list(value)}")
        return [value.get(k) for k in keys]
    parts = flatten(value)
    if len(parts) == 1 and len(keys) > 1 and name == "sample_weight":
        return parts * len(keys)
    if len(parts) != len(keys):
        raise ValueError(f"the model has {len(keys)} outputs, and {name} has {len(parts)} parts")
    return parts


def _distribute(given: Any, keys: list[Any], name: str, lists: bool = False) -> list[Any]:
    """What was given for each output."""
    if isinstance(given, dict):
        unknown = [k for k in given if k not in keys]
        if unknown:
            raise ValueError(f"{name} names the outputs {unknown}, and the model has {keys}")
        return [given.get(k) for k in keys]
    if len(keys) == 1:
        if lists:
            given = _listed(given)
            return [given[0] if len(given) == 1 and isinstance(given[0], (list, tuple)) else given]
        return [given[0] if isinstance(given, (list, tuple)) and len(given) == 1 else given]
    if given is None:
        return [None] * len(keys)
    if not isinstance(given, (list, tuple)):
        return [given] * len(keys)
    if len(given) != len(keys):
        raise ValueError(f"{name} has {len(given)} entries, and the model has {len(keys)} outputs")
    return list(given)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return [m for m in value if m is not None] if isinstance(value, (list, tuple)) else [value]


def total(values: list[Any]) -> Any:
    """The sum of scalar losses."""
    found = values[0]
    for value in values[1:]:
        found = ops.add(found, value)
    return found
