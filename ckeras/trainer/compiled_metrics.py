"""The metrics of a compiled model, for one output or several."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ckeras import losses, metrics, registry
from ckeras.trainer.compiled_loss import (
    CompiledLoss,
    Shapes,
    crossentropy_by_shape,
    is_crossentropy,
    kind_of_targets,
    part_name,
)
from ckeras.trainer.outputs import Path, align, is_part, misfit, named, outputs_of, parts_of

_ACCURACY = ("accuracy", "acc")


class CompiledMetrics:
    """The metrics of the outputs, made when the first outputs are seen.

    Args:
        given: names, functions or `Metric` objects for one output; for several, lists and dicts of them or of lists of
            them, as the outputs are nested.
        weighted: likewise, of those that sample weights apply to.
        names: those of the outputs of a graph, by which dicts may name them.
    """

    def __init__(self, given: Any = None, weighted: Any = None, names: list[str] | None = None):
        self._given, self._weighted, self._names = given, weighted, names
        self._plain: list[tuple[Path, Any]] = []
        self._weighed: list[tuple[Path, Any]] = []
        self._aligned: list[Path] = []  # the outputs with metrics or a loss, to which targets belong
        self._flat = False  # whether the outputs are a dict of tensors, whose names come before the metrics' names
        self.built = False
        for one in _listed([given, weighted]):
            if not is_crossentropy(one) and not _is_accuracy(one):
                _found_metric(one)  # raises for an unknown name at once

    def build(self, y_true: Any, y_pred: Any, loss: CompiledLoss | None) -> None:
        """Resolve the names, now that shapes are known."""
        if loss is not None:
            loss.build(y_true, y_pred)
        y_pred, y_true, given, weighed = named(self._names, y_pred, y_true, self._given, self._weighted)
        outputs = outputs_of(y_pred)
        plain = _of_outputs(given, y_pred, "metrics")
        weighted = _of_outputs(weighed, y_pred, "weighted_metrics")
        losses = [path for path in outputs if loss is not None and loss.loss_of(path)]
        self._aligned = [path for path in outputs if path in losses or plain.get(path) or weighted.get(path)]
        targets = align(y_true, y_pred, "y", self._aligned)

        def resolve(given: dict[Path, list[Any]]) -> list[tuple[Path, Any]]:
            return [
                (path, _resolve_metric(metric, targets[path], y, loss and loss.loss_of(path)))
                for path, y in outputs.items()
                for metric in given.get(path, [])
            ]

        self._plain, self._weighed = resolve(plain), resolve(weighted)
        shapes = Shapes()
        for path, metric in self._plain + self._weighed:
            if path not in losses:  # whose own warning says the same
                shapes.warn_of_broadcast(metric, targets[path], outputs[path])
        self._flat = isinstance(y_pred, dict) and len(outputs) > 1 and all(len(path) == 1 for path in outputs)
        self.built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        if not self.metrics:
            return
        y_pred, y_true, sample_weight = named(self._names, y_pred, y_true, sample_weight)
        outputs = outputs_of(y_pred)
        targets = align(y_true, y_pred, "y", self._aligned)
        weights = {} if sample_weight is None else align(sample_weight, y_pred, "sample_weight")
        for path, metric in self._plain:
            metric.update_state(targets[path], outputs[path])
        for path, metric in self._weighed:
            metric.update_state(targets[path], outputs[path], sample_weight=weights.get(path))

    @property
    def metrics(self) -> list[Any]:
        """All metrics, in order: those of all outputs, then the weighted ones."""
        return [metric for _, metric in self._plain + self._weighed]

    def named(self) -> list[tuple[str, Any]]:
        """(name in the logs, metric) for each; a name taken already gets a number, or "weighted_" before it."""
        counts: dict[str, int] = {}

        def numbered(name: str) -> str:
            count = counts[name] = counts.get(name, -1) + 1
            return f"{name}_{count}" if count else name

        found = [(numbered(self._joined(path, m.name)), m) for path, m in self._plain]
        for path, m in self._weighed:
            name = self._joined(path, m.name)
            found.append((numbered(self._joined(path, f"weighted_{m.name}") if name in counts else name), m))
        return found

    def _joined(self, path: Path, name: str) -> str:
        return f"{path[0]}_{name}" if self._flat else name


def _listed(given: Any) -> list[Any]:
    """All metrics in a structure of them, without the `None`s."""
    if is_part(given):
        return [] if given is None else [given]
    return [one for part in (given.values() if isinstance(given, dict) else given) for one in _listed(part)]


def _of_outputs(given: Any, y_pred: Any, name: str) -> dict[Path, list[Any]]:
    """{path: the metrics of that output}.

    Raises:
        ValueError: if there are several outputs, and the structure of ``given`` is another.
    """
    outputs = list(outputs_of(y_pred))
    if len(outputs) == 1:
        return {outputs[0]: _listed(given)}
    found = parts_of(given, y_pred, is_part)
    if found is None or any(isinstance(part, dict) and not is_part(part) for part in found.values()):
        raise ValueError(misfit(given, y_pred, name))
    return {path: _listed(part) for path, part in found.items()}


def _is_accuracy(given: Any) -> bool:
    return isinstance(given, str) and given.lower() in _ACCURACY


def _resolve_metric(given: Any, y_true: Any, y_pred: Any, loss: Any) -> Any:
    """The `Metric` of a name, function, config or class; "accuracy" and "crossentropy" take the form that fits."""
    if isinstance(given, metrics.Metric):
        return given
    if _is_accuracy(given):
        made = registry.metrics.resolve(f"{kind_of_targets(y_true, y_pred)}Accuracy")()
    elif is_crossentropy(given):
        from_logits = bool(getattr(loss, "_fn_kwargs", {}).get("from_logits", False))
        fn = crossentropy_by_shape(y_true, y_pred)
        made = metrics.MeanMetricWrapper(_unreduced(fn, from_logits=from_logits), name=given)
    else:
        made = _found_metric(given)
        if not isinstance(made, metrics.Metric):
            made = metrics.MeanMetricWrapper(made, name=part_name(given))
    if isinstance(given, str):
        made.name = given
    return made


def _found_metric(given: Any) -> Any:
    """The metric of a name, config, class or function. A loss's name is the mean of that loss."""
    if isinstance(given, str) and registry.metrics.find(given) is None:
        loss = registry.losses.find(given)
        if inspect.isclass(loss):
            loss = loss()
            loss.reduction = "none"
            return loss
        if loss is not None:
            return _unreduced(loss)
    return metrics.get(given)


def _unreduced(fn: Callable[..., Any], **options: Any) -> losses.Loss:
    """A loss function that gives a value a sample, and takes targets with an axis of size 1 more or less."""
    return losses.LossFunctionWrapper(fn, reduction="none", **options)
