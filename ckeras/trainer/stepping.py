"""The steps of training, evaluation and prediction, which may be overridden, and what makes a model ready for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

from ckeras.autograd import GradientTape
from ckeras.compiler.dependencies import depend, recording
from ckeras.compiler.function import warn_eager
from ckeras.compiler.rewrite import index_limits
from ckeras.compiler.trace import trace
from ckeras.layers.input_spec import fitted_shape
from ckeras.tensor import KerasTensor, NeedsValue, Spec
from ckeras.tensor.eager import wrap
from ckeras.tensor.graph import inferring
from ckeras.tensor.structure import flatten, map_structure, pack
from ckeras.trainer.compiled_loss import total
from ckeras.trainer.compiling import Compiling
from ckeras.trainer.data import DataSet, data_set, unpack_x_y_sample_weight
from ckeras.trainer.steps import as_numbers, check_indices, compile_step
from ckeras.trainer.trainability import flagged
from ckeras.utils.tracebacks import named_as, warn


@named_as("Model")
class Stepping(Compiling):
    """The part of a model that makes steps."""

    # -- steps, which may be overridden

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The scalar that is minimized: the compiled loss, and what layers and regularizers add."""
        parts = []
        if self._compiled_loss is not None:
            if y is None:
                raise ValueError(f"{self.name!r} was compiled with a loss, which expects y, but no y was given")
            loss = self._compiled_loss(y, y_pred, sample_weight)
            if loss is not None:
                parts.append(loss)
        parts += self.losses
        if not parts:
            raise ValueError(f"{self.name!r} has no loss: give one to compile(), or add one with add_loss()")
        return total(parts)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics given to `compile`, and return the results of all."""
        if y is not None and self._compiled_metrics is not None:
            self._compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training on (x, y) or (x, y, sample_weight). It is traced and compiled."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(self._as_columns(x), training=True)
            loss = self._loss(x, y, y_pred, sample_weight, True)
            scaled = self.optimizer.scale_loss(loss)
        self._track_loss(loss, x)
        variables = self.trainable_variables
        if variables:
            self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        else:
            warn(f"{self.name!r} has no trainable weights")
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation on (x, y) or (x, y, sample_weight). It is traced and compiled."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(self._as_columns(x), training=False)
        own_loss = type(self).compute_loss is not Stepping.compute_loss
        if own_loss or self._compiled_loss is not None or self.losses:
            self._track_loss(self._loss(x, y, y_pred, sample_weight, False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """One step of prediction on x, or (x,) where batches came as that. It is traced and compiled."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(self._as_columns(x), training=False)

    def _as_columns(self, x: Any) -> Any:
        """``x``, in which lists of numbers are columns if the model has been seen to need that."""
        if not self._takes_columns:
            return x
        return map_structure(lambda a: a[:, None] if len(a.shape) == 1 else a, x)

    def _loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """What `compute_loss` gives; an older one need not take ``training``."""
        if takes(type(self).compute_loss, "training"):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def _track_loss(self, loss: Any, x: Any) -> None:
        first = flatten(x)[0]
        self._loss_tracker.update_state(loss, sample_weight=float(first.shape[0]))

    def step_function(self, kind: str) -> tuple[Any, Any]:
        """The step as it is compiled, and what its plan depends on in addition to the data.

        The shipped steps leave their results in the metrics, where they are read when logs are due.
        """
        own = getattr(self, f"{kind}_step")
        shipped = self._is_shipped(kind)
        objects, fixed = flagged(self), None if kind == "predict" else self._fixed
        depends = (tuple(x.trainable for x in objects) if fixed is None else fixed.flags(objects), shipped)
        if kind == "train" and fixed is not None:
            fixed.warn_of_changes(objects)

        def step(data: Any) -> Any:
            try:
                with self.as_compiled(kind):
                    result = own(data)
            finally:
                self._clear_losses()  # they are values of the trace alone
            if not shipped and kind != "predict":
                self._check_logs(kind, result)
            return None if shipped else result

        return step, depends

    def as_compiled(self, kind: str) -> AbstractContextManager[None]:
        """Inside the ``with`` block, what was trainable when the model was compiled is so again; not to predict."""
        return nullcontext() if kind == "predict" or self._fixed is None else self._fixed.in_effect()

    def eager_step(self, kind: str) -> Callable[[Any], Any]:
        """The step as it is run op by op. If the first returns no logs, what it has changed is put back."""
        own = self._own_function(kind) or getattr(self, f"{kind}_step")
        checked = kind == "predict" or self._is_shipped(kind)

        def run(data: Any) -> Any:
            with self.as_compiled(kind):
                return own(data)

        def step(data: Any) -> Any:
            nonlocal checked
            if checked:
                return run(data)
            before = [(v, v.numpy()) for v in self._state()]
            logs = run(data)
            try:
                self._check_logs(kind, logs)
            except TypeError:
                for variable, value in before:
                    variable.assign(value)
                raise
            checked = True
            return logs

        return step

    def steps_are_eager(self, kind: str) -> bool:
        """Whether steps of a kind run op by op: the model runs eagerly, or makes its own function for them."""
        return bool(self.run_eagerly) or self._makes_own_function(kind)

    def _is_shipped(self, kind: str) -> bool:
        """Whether neither the step nor what gives its logs is overridden."""
        steps = (f"{kind}_step", "compute_metrics")
        own = kind == "predict" or self._makes_own_function(kind)
        return not own and all(getattr(type(self), s) is getattr(Stepping, s) for s in steps)

    def _check_logs(self, kind: str, logs: Any) -> None:
        if not isinstance(logs, dict):
            raise TypeError(f"{type(self).__name__}.{kind}_step must return a dict of logs, got {type(logs).__name__}")

    def _state(self) -> list[Any]:
        """All variables that a step may change."""
        found = [*self.variables, *(v for m in self.metrics for v in m.variables)]
        return found if self.optimizer is None else [*found, *self.optimizer.variables]

    def final_logs(self, kind: str, logs: Any) -> dict[str, Any]:
        """The logs of a step: what a custom one returned, or the results of the metrics if it has the same names."""
        if logs is not None:
            self._check_logs(kind, logs)
        results = self.metric_results()
        if logs is None or set(results) == set(logs):
            return results
        return as_numbers(logs)

    # -- functions that make a step from an iterator, which may be overridden

    def make_train_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Set `train_function`, which makes a training step on the next batch of an iterator and returns its logs."""
        return self._made_function("train", force)

    def make_test_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Set `test_function`, which makes an evaluation step on the next batch of an iterator and returns its logs."""
        return self._made_function("test", force)

    def make_predict_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Set `predict_function`, which gives the outputs for the next batch of an iterator."""
        return self._made_function("predict", force)

    def _made_function(self, kind: str, force: bool) -> Callable[[Any], Any]:
        name = f"{kind}_function"

        def function(iterator: Any) -> Any:
            x, y, sample_weight = unpack_x_y_sample_weight(next(iterator))
            if kind == "predict":
                return self.predict_on_batch(x)
            return self.step_on_batch(kind, data_set(x, y, sample_weight, name))

        if getattr(self, name) is None or force:
            self.__dict__[name] = function
        return getattr(self, name)

    def _makes_own_function(self, kind: str) -> bool:
        name = f"make_{kind}_function"
        return getattr(type(self), name) is not getattr(Stepping, name)

    def _own_function(self, kind: str) -> Callable[[Any], Any] | None:
        """What a `make_..._function` of the user's own made, as a function of one batch."""
        if not self._makes_own_function(kind):
            return None
        made = getattr(self, f"make_{kind}_function")()
        function = getattr(self, f"{kind}_function")
        function = made if function is None else function
        if not callable(function):
            raise TypeError(
                f"{type(self).__name__}.make_{kind}_function must set {kind}_function to a function of an iterator, "
                f"got {type(function).__name__}"
            )
        return lambda data: function(iter([data]))

    def step_on_batch(self, kind: str, data: DataSet, reset: bool = False) -> dict[str, Any]:
        """One step on all rows of a data set; its logs. ``reset`` lets the metrics begin anew before it."""
        if reset and self._passes:
            with self.own_metrics():
                return self._step_on_batch(kind, data, reset)
        return self._step_on_batch(kind, data, reset)

    def _step_on_batch(self, kind: str, data: DataSet, reset: bool) -> dict[str, Any]:
        where = f"{kind}_on_batch"
        self.prepare(data, kind, where)
        if not self.steps_are_eager(kind):
            try:
                function, extra = self.step_function(kind)
                step = compile_step(self._plans, kind, function, data, data.rows, extra)
            except NeedsValue as error:
                warn_eager(f"{type(self).__name__}.{kind}_step", error)
                self.run_eagerly = True
        if self.steps_are_eager(kind):
            self.check_targets(data, kind, data.rows, where)
            if reset:
                self.reset_metrics()
            logs = self.eager_step(kind)(data.given([wrap(a) for a in data.batch(0, data.rows)]))
        else:
            check_indices(step.plan.limits, data, where)
            if reset:
                self.reset_metrics()
            outputs = step.plan.run(data.batch(0, data.rows))
            logs = None if step.structure is None else step.result(outputs)
        return self.final_logs(kind, logs)

    # -- preparation

    def prepare(self, data: DataSet, kind: str, where: str) -> None:
        """Make the weights, metrics and the optimizer's variables, checking the data's shapes on the way."""
        self.check_input(data, where)
        outputs = None
        # A model of several others, such as a GAN, may have steps of its own and no call.
        called = self._has_call() or self._is_shipped(kind)
        sampled = self._call_sampled or all(layer.built for layer in self._flatten_layers())
        if called and (not self.built or not sampled or (self._takes_columns is None and _has_lists(data))):
            with self.as_compiled(kind):
                outputs = self._sample(data)
            self._call_sampled = True
        if kind == "predict":
            return
        if kind == "train":
            if self.optimizer is None:
                raise ValueError(f"{where} expects a model that was compiled with an optimizer, got None")
            if not self.optimizer.built:
                with self.as_compiled(kind):
                    self.optimizer.build(self.trainable_variables)
        if called and len(data.structure) > 1 and not self._compiled_metrics.built:
            y_true = unpack_x_y_sample_weight(pack(data.structure, _symbols(data)))[1]
            outputs = self._sample(data) if outputs is None else outputs
            self._compiled_metrics.build(y_true, outputs, self._compiled_loss)
            self._results = self._reset = self._metric_cache = None

    def check_input(self, data: DataSet, where: str) -> None:
        """Raise for an x of another shape than the model's input."""
        expects = getattr(self, "expected_input", None)
        if expects is None or len(flatten(data.structure[0])) != 1:
            return
        shape = data.arrays[0].shape
        expected = expects(len(shape))
        if expected is not None and fitted_shape(shape, expected) is None:
            if len(shape) == len(expected) - 1:
                raise ValueError(
                    f"{where} expects x of shape {expected}, whose first axis is that of the samples, got {shape}; "
                    "x[None] is a batch of one sample x"
                )
            raise ValueError(f"{where} expects x of shape {expected}, got {(None, *shape[1:])}")

    def _sample(self, data: DataSet) -> Any:
        """Outputs for data like this: symbolic, or for models whose `call` needs values, those of the first rows.

        A model that does not take lists of numbers, but columns, is given columns from now on.
        """
        x = self._as_columns(pack(data.structure, _symbols(data))[0])
        undecided = self._takes_columns is None and _has_lists(data)
        outputs, error = self._symbolic_outputs(x)
        if undecided and isinstance(error, ValueError):
            self._takes_columns = True
            again, other = self._symbolic_outputs(self._as_columns(x))
            if other is None:
                return again
            self._takes_columns = None
        if error is not None:  # which the first rows raise too, if it was not for their values
            rows = data.batch(0, min(data.rows, 32))
            outputs = self(self._as_columns(pack(data.structure, [wrap(a) for a in rows])[0]), training=False)
            if outputs is None:
                raise error
            return outputs
        if undecided:
            self._takes_columns = False
        return outputs

    def _symbolic_outputs(self, x: Any) -> tuple[Any, Exception | None]:
        """The outputs for symbolic inputs, or the error that there was."""
        try:
            with inferring():
                return self(x), None
        except (TypeError, ValueError, AttributeError) as error:
            return None, error

    def check_targets(self, data: DataSet, kind: str, batch: int, where: str) -> None:
        """Raise for targets and weights that do not fit the model, where no compilation has found that out.

        Parts of the user's own are not called for it: they may ask for values, or be what is being debugged.
        """
        steps = (f"{kind}_step", "compute_loss", "compute_metrics")
        if kind == "predict" or not all(getattr(type(self), s) is getattr(Stepping, s) for s in steps):
            return
        parts = [] if self._compiled_loss is None else self._compiled_loss.parts
        if not all(map(_is_ours, [*parts, *self._compiled_metrics.metrics])):
            return
        key = (kind, tuple(data.specs(batch)), repr(data.structure))
        limits = self._target_limits.get(key)
        if limits is None:
            with recording() as recorded:
                limits = self._limits(data, batch)
            depend(self._target_limits.put(key, limits, 0), recorded.reads)
        check_indices(limits, data, where)

    def _limits(self, data: DataSet, batch: int) -> list[tuple[int, int, str]]:
        """Trace loss and metrics, which raises if they do not fit; what in the data must be in which range."""
        outputs = self._sample(data)
        inputs = data.specs(batch)
        specs = [Spec((batch, *y.shape[1:]), y.dtype) for y in flatten(outputs)]

        def check(values: list[Any]) -> None:
            x, y, sample_weight = unpack_x_y_sample_weight(pack(data.structure, values[: len(inputs)]))
            y_pred = pack(outputs, values[len(inputs) :])
            if self._compiled_loss is not None:
                self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
            self.compute_metrics(x, y, y_pred, sample_weight)

        graph, _ = trace(check, [*inputs, *specs], lambda values: (values,))
        return [limit for limit in index_limits(graph) if limit[0] < len(inputs)]


def _is_ours(part: Any) -> bool:
    """Whether a loss or metric, and the function it wraps, are ckeras's own."""
    wrapped = getattr(part, "_fn", getattr(part, "fn", None))
    return str(part.__module__).startswith("ckeras.") and (wrapped is None or _is_ours(wrapped))


def _symbols(data: DataSet) -> list[KerasTensor]:
    """A symbolic batch of each of the arrays."""
    return [KerasTensor((None, *a.shape[1:]), d) for a, d in zip(data.arrays, data.dtypes, strict=True)]


def _has_lists(data: DataSet) -> bool:
    """Whether an array of x has no axis but that of the samples."""
    return any(len(a.shape) == 1 for a in data.arrays[: len(flatten(data.structure[0]))])


@lru_cache(maxsize=1024)
def takes(function: Any, name: str) -> bool:
    """Whether a function takes an argument of this name."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)
