"""What `compile` says of a model: its optimizer, loss and metrics, and the results of the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ckeras import optimizers, registry
from ckeras.compiler.dependencies import structure
from ckeras.metrics import Mean
from ckeras.tensor.cache import Plans
from ckeras.trainer.compiled_loss import CompiledLoss, total
from ckeras.trainer.compiled_metrics import CompiledMetrics
from ckeras.trainer.outputs import is_part
from ckeras.trainer.steps import Scalars, as_numbers
from ckeras.trainer.trainability import Trainability
from ckeras.utils.tracebacks import hides_own_frames, named_as, warn


@named_as("Model")
@hides_own_frames("compile")
class Compiling:
    """The part of a model that knows its optimizer, loss and metrics."""

    loss: Any = None
    jit_compile = True
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    _compile_config: dict[str, Any] | None = None

    def __init__(self) -> None:
        d = self.__dict__
        d["optimizer"] = None
        d["compiled"] = False
        d["stop_training"] = d["stop_evaluating"] = d["stop_predicting"] = False
        d["run_eagerly"] = False
        d["steps_per_execution"] = 1
        d["history"] = None
        d["_plans"] = Plans()
        d["_target_limits"] = Plans()  # what `check_targets` found for data of a kind
        d["_takes_columns"] = None  # whether lists of numbers are given to a call as columns; None: not seen yet
        d["_call_sampled"] = False  # whether a call has shown which layers are in use
        d["_compiled_loss"] = None
        d["_compiled_metrics"] = None
        d["_loss_tracker"] = None
        d["_results"] = None
        d["_reset"] = None
        d["_metric_cache"] = None
        d["_fixed"] = None  # what `compile` found trainable
        d["_passes"] = 0  # those under way, which use the metrics

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained.

        Layers and weights are trained that are trainable now: a later change of `trainable` takes effect when
        `compile` is called again.

        Args:
            optimizer: name or `Optimizer`.
            loss: name, function or `Loss`; for several outputs one for all, a list, or a dict by output name, nested
                as the outputs are. "crossentropy" or "ce" takes the form that fits the shapes.
            loss_weights: likewise, of numbers.
            metrics: list of names, functions or `Metric` objects; for several outputs a list or dict of lists.
                "accuracy" ("acc") and "crossentropy" ("ce") take the form that fits the shapes.
            weighted_metrics: likewise, of those that sample weights apply to.
            run_eagerly: whether steps run op by op, so that they can be debugged.
            steps_per_execution: how many steps lie between two calls of the callbacks' batch hooks.
            jit_compile: steps are compiled whatever it says, unless they are run eagerly.
            auto_scale_loss: whether the optimizer of a model whose policy is "mixed_float16" is put into a
                `LossScaleOptimizer`, so that gradients do not vanish in 16 bits.

        Raises:
            ValueError: for a name that is not known, or a number of steps that is not positive. The model is then
                as it was.
        """
        if isinstance(steps_per_execution, bool) or not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(
                f"compile expects steps_per_execution to be a positive integer, got {steps_per_execution!r}"
            )
        if jit_compile not in (True, False, None, "auto"):
            raise ValueError(f"compile expects jit_compile to be True, False or 'auto', got {jit_compile!r}")
        optimizer = optimizers.get(optimizer)
        if auto_scale_loss and optimizer is not None and self.dtype_policy.name == "mixed_float16":
            optimizer = _scaling_loss(optimizer)
        names = getattr(self, "output_names", None)
        compiled_loss = None if loss is None else CompiledLoss(loss, loss_weights, names)
        compiled_metrics = CompiledMetrics(metrics, weighted_metrics, names)
        if run_eagerly and jit_compile is True:
            warn("compile got run_eagerly=True, so jit_compile=True is ignored")
        self.optimizer = optimizer
        self.loss = loss
        self._compiled_loss = compiled_loss
        self._compiled_metrics = compiled_metrics
        self.__dict__["_loss_tracker"] = Mean(name="loss")  # no state of the model's own
        self.run_eagerly = bool(run_eagerly)
        self.jit_compile = not run_eagerly if jit_compile in (None, "auto") else jit_compile and not run_eagerly
        self.steps_per_execution = steps_per_execution
        self.compiled = True
        self.stop_training = False
        self.__dict__["_fixed"] = Trainability(self)
        self.__dict__["_compile_config"] = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": _mapped(lambda weight: None if weight is None else float(weight), loss_weights),
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": self.jit_compile,
        }
        self._forget()

    def _forget(self) -> None:
        """Drop what was compiled."""
        self._plans.clear()
        self._target_limits.clear()
        self._results = self._reset = self._metric_cache = None
        for name in ("train_function", "test_function", "predict_function"):
            self.__dict__.pop(name, None)

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` as plain values, from which `compile_from_config` compiles again."""
        if self._compile_config is None:
            return {}
        config = dict(self._compile_config)
        for name, table in _TABLES.items():
            config[name] = _mapped(table.serialize, config[name])
        return config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a config of `get_compile_config` says, and make the optimizer's variables if the model is built.

        A model whose class has a `compile` of its own is left alone, with a warning: such a class overrides this method
        too.
        """
        if type(self).compile is not Compiling.compile:
            warn(
                f"{type(self).__name__} has a compile() method of its own, so it is not compiled from a config; "
                "override get_compile_config() and compile_from_config() too, or call compile()"
            )
            return
        found = dict(config)
        for name, table in _TABLES.items():
            found[name] = _mapped(lambda part, t=table: _deserialized(t, part), found.get(name))
        self.compile(**found)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _check_compiled(self, where: str) -> None:
        if not self.compiled:
            raise ValueError(f"{where} expects a compiled model: call compile() on {self.name!r} first")

    # -- losses and metrics

    def compiled_loss(self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """The loss given to `compile`, and the regularization losses if they are given."""
        found = [self._compiled_loss(y, y_pred, sample_weight)] if self._compiled_loss is not None else []
        found += list(regularization_losses or [])
        if not found:
            raise ValueError(f"{self.name!r} has no loss: give one to compile()")
        return total(found)

    @property
    def compiled_metrics(self) -> Any:
        """The metrics given to `compile`, with `update_state(y, y_pred, sample_weight)`; `None` before that."""
        return None if self._compiled_metrics is None else _Metrics(self)

    @property
    def metrics(self) -> list[Any]:
        """The metrics: the mean of the loss, those given to `compile`, the means of the losses of several outputs, and
        those of the layers."""
        found = [] if self._loss_tracker is None else [self._loss_tracker]
        if self._compiled_metrics is not None:
            found += self._compiled_metrics.metrics
        if self._compiled_loss is not None:
            found += self._compiled_loss.metrics
        for layer in self._flatten_layers():
            found += [m for m in layer._own_metrics() if not any(m is x for x in found)]
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        named = self._named_metrics()
        if self._compiled_loss is None or not self._compiled_loss.metrics:
            return [named.get(id(m), m.name) for m in self.metrics]
        return [m.name for m in self.metrics if id(m) not in named] + sorted(named.values())

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics by name."""
        names = self._named_metrics()
        results: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[names.get(id(metric), metric.name)] = value
        return results

    def _named_metrics(self) -> dict[int, str]:
        """The names in the logs of the metrics given to `compile`, by identity."""
        return {} if self._compiled_metrics is None else {id(m): n for n, m in self._compiled_metrics.named()}

    def metric_results(self) -> dict[str, Any]:
        """The results of all metrics as numbers."""
        if self._results is None:
            self._results = (
                Scalars(self.get_metrics_result, self._metric_state) if self._metrics_are_ours() else self._numbers
            )
        return self._results()

    def _numbers(self) -> dict[str, Any]:
        return as_numbers(self.get_metrics_result())

    def _metrics_are_ours(self) -> bool:
        """Whether reading and resetting the metrics may be compiled: a user's own may do something in Python."""
        return type(self).get_metrics_result is Compiling.get_metrics_result and all(
            type(m).__module__.startswith("ckeras.") for m in self.metrics
        )

    def reset_metrics(self) -> None:
        """Let all metrics begin anew."""
        if self._reset is None:
            self._reset = Scalars(self._reset_all, self._metric_state) if self._metrics_are_ours() else self._reset_all
        self._reset()

    @contextmanager
    def own_metrics(self) -> Iterator[None]:
        """Within a pass that is under way, leave the state of its metrics as it was before the ``with`` block."""
        d = self.__dict__
        before = [(v, v.numpy()) for v in self._metric_state()] if d["_passes"] else []
        d["_passes"] += 1
        try:
            yield
        finally:
            d["_passes"] -= 1
            for variable, value in before:
                variable.assign(value)

    def _metric_state(self) -> list[Any]:
        """The variables of all metrics."""
        return self._known_metrics()[1]

    def _known_metrics(self) -> tuple[list[Any], list[Any]]:
        """All metrics and their variables, kept until an object anywhere gets or loses one."""
        if self._metric_cache is None or self._metric_cache[0] != structure.version:
            metrics = self.metrics
            variables = [v for metric in metrics for v in metric.variables]
            self.__dict__["_metric_cache"] = (structure.version, metrics, variables)
        return self._metric_cache[1:]

    def check_metrics(self) -> None:
        """Warn of metrics whose results mean nothing for the data that they got."""
        for metric in self._known_metrics()[0]:
            metric.check_result()

    def _reset_all(self) -> dict[str, Any]:
        for metric in self.metrics:
            metric.reset_state()
        return {}

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """Logs as a list: those that are metrics of the model in their order, then the others; one alone as itself."""
        plain, several = self._named_metrics(), self._compiled_loss is not None and self._compiled_loss.metrics
        # With several outputs, the logs name metrics with their output, and come after the losses.
        order = [m.name if several else plain.get(id(m), m.name) for m in self.metrics]
        found = [n for n in dict.fromkeys(order) if n in logs]
        values = [logs[n] for n in [*found, *sorted(n for n in logs if n not in found)]]
        return values[0] if len(values) == 1 else values


class _Metrics:
    """The metrics given to `compile`, as a step of one's own updates them."""

    def __init__(self, model: Any):
        self._model = model

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        if not self._model._compiled_metrics.built:
            self._model._compiled_metrics.build(y, y_pred, self._model._compiled_loss)
        self._model._compiled_metrics.update_state(y, y_pred, sample_weight)

    def reset_state(self) -> None:
        """Let them begin anew."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """Their results by name."""
        return {name: metric.result() for name, metric in self._model._compiled_metrics.named()}

    @property
    def metrics(self) -> list[Any]:
        """The metrics."""
        return self._model._compiled_metrics.metrics


_TABLES = {
    "optimizer": registry.optimizers,
    "loss": registry.losses,
    "metrics": registry.metrics,
    "weighted_metrics": registry.metrics,
}


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
