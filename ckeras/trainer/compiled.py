"""What `compile` fixes: optimizer, loss, metrics, and how steps are run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import optimizers, registry
from ckeras.compiler.dependencies import structure
from ckeras.metrics import Mean
from ckeras.trainer.compiled_loss import CompiledLoss, total
from ckeras.trainer.compiled_metrics import CompiledMetrics
from ckeras.trainer.outputs import is_part
from ckeras.trainer.trainability import Trainability
from ckeras.utils.tracebacks import warn


class Compiled:
    """What `compile` fixed of a model, which owns it; empty before.

    Every `compile` makes a new one. Users may set the attributes of which the model has properties.

    Attributes:
        optimizer: the `Optimizer`.
        loss: the loss as it was given.
        losses: what computes it, a `CompiledLoss`, or `None`.
        metrics: the metrics that were given, a `CompiledMetrics`, or `None` before `compile`.
        tracker: the mean of the loss, or `None` before `compile`.
        run_eagerly, steps_per_execution, jit_compile: as in `compile`.
        trainability: what was trainable, or `None` before `compile`.
        arguments: the arguments of `compile`, or `None` before it.
    """

    def __init__(self) -> None:
        self.optimizer: Any = None
        self.loss: Any = None
        self.losses: CompiledLoss | None = None
        self.metrics: CompiledMetrics | None = None
        self.tracker: Mean | None = None
        self.run_eagerly = False
        self.steps_per_execution = 1
        self.jit_compile: Any = True
        self.trainability: Trainability | None = None
        self.arguments: dict[str, Any] | None = None

    @classmethod
    def of(
        cls,
        model: Any,
        optimizer: Any,
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
        run_eagerly: bool,
        steps_per_execution: int,
        jit_compile: Any,
        auto_scale_loss: bool,
    ) -> Compiled:
        """Check and resolve the arguments of `compile`."""
        steps = steps_per_execution
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"compile expects steps_per_execution to be a positive integer, got {steps!r}")
        if jit_compile not in (True, False, None, "auto"):
            raise ValueError(f"compile expects jit_compile to be True, False or 'auto', got {jit_compile!r}")
        found = cls()
        found.optimizer = optimizers.get(optimizer)
        if auto_scale_loss and found.optimizer is not None and model.dtype_policy.name == "mixed_float16":
            found.optimizer = _scaling_loss(found.optimizer)
        names = getattr(model, "output_names", None)
        found.loss, found.losses = loss, None if loss is None else CompiledLoss(loss, loss_weights, names)
        found.metrics = CompiledMetrics(metrics, weighted_metrics, names)
        found.tracker = Mean(name="loss")
        if run_eagerly and jit_compile is True:
            warn("compile got run_eagerly=True, so jit_compile=True is ignored")
        found.run_eagerly, found.steps_per_execution = bool(run_eagerly), steps
        found.jit_compile = not run_eagerly if jit_compile in (None, "auto") else jit_compile and not run_eagerly
        found.trainability = Trainability(model)
        found.arguments = {
            "optimizer": found.optimizer,
            "loss": loss,
            "loss_weights": _mapped(lambda weight: None if weight is None else float(weight), loss_weights),
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": found.run_eagerly,
            "steps_per_execution": steps,
            "jit_compile": found.jit_compile,
        }
        return found

    # -- losses and metrics

    def total_loss(self, y: Any, y_pred: Any, sample_weight: Any, others: list[Any]) -> Any:
        """The loss of outputs and ``others``, the losses that layers and regularizers add; `None` if there is none."""
        loss = None if self.losses is None else self.losses(y, y_pred, sample_weight)
        found = [*([] if loss is None else [loss]), *others]
        return total(found) if found else None

    def build_metrics(self, y: Any, y_pred: Any) -> None:
        """Resolve the metrics, now that targets and outputs are known."""
        self.metrics.build(y, y_pred, self.losses)
        structure.version += 1  # the model has other metrics now

    def update_metrics(self, y: Any, y_pred: Any, sample_weight: Any) -> None:
        """Update the metrics given to `compile`; they are resolved first in a step that another model makes."""
        if not self.metrics.built:
            self.build_metrics(y, y_pred)
        self.metrics.update_state(y, y_pred, sample_weight)

    def all_metrics(self, of_layers: list[Any]) -> list[Any]:
        """The mean of the loss, the metrics given, the means of the losses of several outputs, and others'."""
        found = [] if self.tracker is None else [self.tracker]
        found += [] if self.metrics is None else self.metrics.metrics
        found += [] if self.losses is None else self.losses.metrics
        for metric in of_layers:
            if not any(metric is x for x in found):
                found.append(metric)
        return found

    def names_of(self, metrics: list[Any]) -> list[str]:
        """The names of ``metrics``, all of the model, in the order of `in_order`."""
        names = self._names()
        if self.losses is None or not self.losses.metrics:
            return [names.get(id(m), m.name) for m in metrics]
        return [m.name for m in metrics if id(m) not in names] + sorted(names.values())

    def results(self, metrics: list[Any]) -> dict[str, Any]:
        """The results of metrics by their names in the logs."""
        names = self._names()
        results: dict[str, Any] = {}
        for metric in metrics:
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[names.get(id(metric), metric.name)] = value
        return results

    def in_order(self, logs: dict[str, Any], metrics: list[Any]) -> Any:
        """Logs as a list: those of ``metrics``, all of the model, in their order, then the others; one alone as itself.

        With several outputs, the logs name metrics with their output, and come after the losses.
        """
        names, several = self._names(), self.losses is not None and self.losses.metrics
        order = [m.name if several else names.get(id(m), m.name) for m in metrics]
        found = [n for n in dict.fromkeys(order) if n in logs]
        values = [logs[n] for n in [*found, *sorted(n for n in logs if n not in found)]]
        return values[0] if len(values) == 1 else values

    def _names(self) -> dict[int, str]:
        """The names in the logs of the metrics given to `compile`, by identity."""
        return {} if self.metrics is None else {id(m): name for name, m in self.metrics.named()}


class Setting:
    """Attribute of a model that its `Compiled` holds."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, model: Any, owner: type) -> Any:
        return self if model is None else getattr(model._compiled, self._name)

    def __set__(self, model: Any, value: Any) -> None:
        setattr(model._compiled, self._name, value)


class UserMetrics:
    """The metrics given to `compile`, as a step of the user's own updates them."""

    def __init__(self, compiled: Compiled):
        self._compiled = compiled

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        self._compiled.update_metrics(y, y_pred, sample_weight)

    def reset_state(self) -> None:
        """Reset them."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """Their results by name."""
        return {name: metric.result() for name, metric in self._compiled.metrics.named()}

    @property
    def metrics(self) -> list[Any]:
        """The metrics."""
        return self._compiled.metrics.metrics


_TABLES = {
    "optimizer": registry.optimizers,
    "loss": registry.losses,
    "metrics": registry.metrics,
    "weighted_metrics": registry.metrics,
}


def serialized(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `compile` as plain values."""
    return {name: _mapped(_TABLES[name].serialize, x) if name in _TABLES else x for name, x in arguments.items()}


def deserialized(config: dict[str, Any]) -> dict[str, Any]:
    """The reverse of `serialized`."""
    found = dict(config)
    for name, table in _TABLES.items():
        found[name] = _mapped(lambda part, t=table: _deserialized(t, part), found.get(name))
    return found


def _scaling_loss(optimizer: Any) -> Any:
    """An optimizer that scales the loss for ``optimizer``, if it does not do so itself."""
    scaling = optimizers.LossScaleOptimizer
    return optimizer if isinstance(optimizer, scaling) else scaling(optimizer)


def _mapped(function: Callable[[Any], Any], given: Any) -> Any:
    """A structure of losses or metrics, with the function applied to each."""
    if is_part(given):
        return function(given)
    if isinstance(given, dict):
        return {key: _mapped(function, part) for key, part in given.items()}
    return [_mapped(function, part) for part in given]


def _deserialized(table: Any, part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    # A function that was given as a metric may be a loss, whose name gives a metric in the table of metrics.
    is_function = table is registry.metrics and part.get("class_name") == "function"
    found = registry.losses.find(part["config"]) if is_function else None
    return table.deserialize(part) if found is None else found
