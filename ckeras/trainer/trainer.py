"""compile, fit, evaluate and predict.

The way of a batch: `fit` makes a `DataSet` of its arguments and a `Pass` over it; the pass compiles `train_step`
to a plan (`ckeras.compiler`), whose inputs the runtime gathers from the data set and whose instructions it runs,
step after step, without Python; metrics are variables that the plan updates in place, read when logs are due.
"""

from __future__ import annotations

import inspect
import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from ckeras import config, optimizers
from ckeras.autograd import GradientTape, KerasTensor, NeedsValue, Spec, Tensor, Variable
from ckeras.autograd.eager import wrap
from ckeras.autograd.structure import flatten, pack
from ckeras.callbacks import CallbackList
from ckeras.compiler.function import Plans, warn_eager
from ckeras.compiler.plan import Profile
from ckeras.compiler.rewrite import index_limits
from ckeras.compiler.trace import trace
from ckeras.layers.input_spec import fitted_shape
from ckeras.layers.layer import Layer
from ckeras.metrics import Mean
from ckeras.trainer.compiled import CompiledLoss, CompiledMetrics, total
from ckeras.trainer.data import (
    DataSet,
    class_weights,
    data_set,
    split_validation,
    unpack_x_y_sample_weight,
)
from ckeras.trainer.epoch import Pass, limited
from ckeras.trainer.steps import Scalars, as_number, check_indices, compile_step
from ckeras.utils.tracebacks import hides_own_frames


@hides_own_frames("compile", "fit", "evaluate", "_predict", "train_on_batch", "test_on_batch", "predict_on_batch")
class Trainer:
    """The half of a model that trains, evaluates and predicts."""

    def __init__(self) -> None:
        d = self.__dict__
        d["optimizer"] = None
        d["compiled"] = False
        d["stop_training"] = d["stop_evaluating"] = d["stop_predicting"] = False
        d["run_eagerly"] = False
        d["steps_per_execution"] = 1
        d["history"] = None
        d["_plans"] = Plans(64)
        d["_target_limits"] = Plans(64)  # what `check_targets` found for data of a kind
        d["_call_sampled"] = False  # whether a call has shown which layers are in use
        d["_compiled_loss"] = None
        d["_compiled_metrics"] = None
        d["_loss_tracker"] = None
        d["_results"] = None
        d["_reset"] = None

    # -- compile

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

        Args:
            optimizer: name or `Optimizer`.
            loss: name, function or `Loss`; for several outputs a list, or a dict by output name.
            loss_weights: likewise, of numbers.
            metrics: list of names, functions or `Metric` objects; for several outputs a list or dict of lists.
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
        if run_eagerly and jit_compile is True:
            raise ValueError("compile expects at most one of run_eagerly and jit_compile to be True")
        optimizer = optimizers.get(optimizer)
        if auto_scale_loss and optimizer is not None and self.dtype_policy.name == "mixed_float16":
            optimizer = scaling_loss(optimizer)
        compiled_loss = None if loss is None else CompiledLoss(loss, loss_weights)
        compiled_metrics = CompiledMetrics(metrics, weighted_metrics)
        self.optimizer = optimizer
        self.loss = loss
        self._compiled_loss = compiled_loss
        self._compiled_metrics = compiled_metrics
        self.__dict__["_loss_tracker"] = Mean(name="loss")  # no state of the model's own
        self.run_eagerly = bool(run_eagerly)
        self.steps_per_execution = steps_per_execution
        self.compiled = True
        self.stop_training = False
        self._forget()

    def _forget(self) -> None:
        """Drop what was compiled."""
        self._plans.clear()
        self._target_limits.clear()
        self._results = self._reset = None

    def _check_compiled(self, where: str) -> None:
        if not self.compiled:
            raise ValueError(f"{where} expects a compiled model: call compile() on {self.name!r} first")

    # -- metrics

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
        """The names of `metrics`."""
        return [m.name for m in self.metrics]

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
            self._results = Scalars(self.get_metrics_result) if self._metrics_are_ours() else self._numbers
        return self._results()

    def _numbers(self) -> dict[str, Any]:
        return {k: as_number(v) for k, v in sorted(self.get_metrics_result().items())}

    def _metrics_are_ours(self) -> bool:
        """Whether reading and resetting the metrics may be compiled: a user's own may do something in Python."""
        return type(self).get_metrics_result is Trainer.get_metrics_result and all(
            type(m).__module__.startswith("ckeras.") for m in self.metrics
        )

    def reset_metrics(self) -> None:
        """Let all metrics begin anew."""
        if self._reset is None:
            self._reset = Scalars(self._reset_all) if self._metrics_are_ours() else self._reset_all
        self._reset()

    def _reset_all(self) -> dict[str, Any]:
        for metric in self.metrics:
            metric.reset_state()
        return {}

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

    def compiled_loss(self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """The loss given to `compile`, and the regularization losses if they are given."""
        found = [self._compiled_loss(y, y_pred, sample_weight)] if self._compiled_loss is not None else []
        return total(found + list(regularization_losses or []))

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training on (x, y) or (x, y, sample_weight). It is traced and compiled."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._loss(x, y, y_pred, sample_weight, True)
            scaled = self.optimizer.scale_loss(loss)
        self._track_loss(loss, x)
        variables = self.trainable_variables
        if variables:
            self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        else:
            warnings.warn(f"{self.name!r} has no trainable weights", stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation on (x, y) or (x, y, sample_weight). It is traced and compiled."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        own_loss = type(self).compute_loss is not Trainer.compute_loss
        if own_loss or self._compiled_loss is not None or self.losses:
            self._track_loss(self._loss(x, y, y_pred, sample_weight, False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """One step of prediction on (x,). It is traced and compiled."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)

    def _loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """What `compute_loss` gives; an older one need not take ``training``."""
        if takes(type(self).compute_loss, "training"):
            return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)

    def _track_loss(self, loss: Any, x: Any) -> None:
        first = flatten(x)[0]
        self._loss_tracker.update_state(loss, sample_weight=float(first.shape[0]))

    def step_function(self, kind: str) -> tuple[Any, Any]:
        """The step as it is compiled, and what its plan depends on beside the data.

        The shipped steps leave their results in the metrics, where they are read when logs are due.
        """
        own = getattr(self, f"{kind}_step")
        steps = (f"{kind}_step", "compute_metrics")
        shipped = kind != "predict" and all(getattr(type(self), s) is getattr(Trainer, s) for s in steps)
        depends = (
            Layer._edits,
            tuple(v.trainable for v in self.variables),
            tuple(layer.trainable for layer in self._flatten_layers()),
            shipped,
        )

        def step(data: Any) -> Any:
            try:
                result = own(data)
            finally:
                self._clear_losses()  # they are values of the trace alone
            return None if shipped else result

        return step, depends

    def final_logs(self, kind: str, logs: Any) -> dict[str, Any]:
        """The logs of a step: what a custom one returned, or the results of the metrics if it has the same names."""
        if logs is not None and not isinstance(logs, dict):
            raise TypeError(f"{type(self).__name__}.{kind}_step must return a dict of logs, got {type(logs).__name__}")
        results = self.metric_results()
        if logs is None or set(results) == set(logs):
            return results
        return {k: as_number(v) for k, v in sorted(logs.items())}

    # -- preparation

    def prepare(self, data: DataSet, kind: str, where: str) -> None:
        """Make the weights, metrics and the optimizer's variables, checking the data's shapes on the way."""
        expected = getattr(self, "expected_input", lambda: None)()
        if expected is not None and data.structure[0] is None:
            shape = data.arrays[0].shape
            if fitted_shape(shape, expected) is None:
                raise ValueError(f"{where} expects x of shape {expected}, got {(None, *shape[1:])}")
        outputs = None
        if not self.built or not (self._call_sampled or all(layer.built for layer in self._flatten_layers())):
            outputs = self._sample(data)
            self._call_sampled = True
        if kind == "predict":
            return
        if kind == "train":
            if self.optimizer is None:
                raise ValueError(f"{where} expects a model that was compiled with an optimizer, got None")
            if not self.optimizer.built:
                self.optimizer.build(self.trainable_variables)
        if len(data.structure) > 1 and not self._compiled_metrics.built:
            y_true = unpack_x_y_sample_weight(pack(data.structure, _symbols(data)))[1]
            outputs = self._sample(data) if outputs is None else outputs
            self._compiled_metrics.build(y_true, outputs, self._compiled_loss)
            self._results = self._reset = None

    def _sample(self, data: DataSet) -> Any:
        """Outputs for data like this: symbolic, or for models whose `call` needs values, those of the first rows."""
        x = pack(data.structure, _symbols(data))[0]
        try:
            return self(x)
        except (TypeError, ValueError, AttributeError):
            rows = data.batch(0, min(data.rows, 32))
            return self(pack(data.structure, [wrap(a) for a in rows])[0], training=False)

    def check_targets(self, data: DataSet, kind: str, batch: int, where: str) -> None:
        """Raise for targets and weights that do not fit the model, where no compilation has found that out.

        Parts of the user's own are not called for it: they may ask for values, or be what is being debugged.
        """
        steps = (f"{kind}_step", "compute_loss", "compute_metrics")
        if kind == "predict" or not all(getattr(type(self), s) is getattr(Trainer, s) for s in steps):
            return
        parts = [] if self._compiled_loss is None else self._compiled_loss.parts
        if not all(map(_is_ours, [*parts, *self._compiled_metrics.metrics])):
            return
        key = (kind, tuple(data.specs(batch)), repr(data.structure), Layer._version)
        limits = self._target_limits.get(key)
        if limits is None:
            limits = self._limits(data, batch)
            self._target_limits.put(key, limits)
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

    # -- fit

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Train for a number of epochs.

        Args:
            x, y: arrays of equally many samples (numpy arrays, lists, tensors, or structures of them).
            batch_size: 32 if not given.
            epochs: number of the epoch to stop after.
            verbose: 0 prints nothing, 1 a progress bar, 2 a line an epoch; "auto" is 1.
            callbacks: `Callback` objects.
            validation_split: share of the data, taken from its end, to evaluate on after each epoch.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate on instead.
            shuffle: whether each epoch takes the samples in a new order; "batch" shuffles whole batches.
            class_weight: weight of the samples of each class number.
            sample_weight: weight of each sample.
            initial_epoch: number of epochs made before.
            steps_per_epoch, validation_steps: the most batches of an epoch, and of an evaluation.
            validation_batch_size: ``batch_size`` if not given.
            validation_freq: how many epochs lie between evaluations, or the numbers of epochs to evaluate after.

        Returns:
            A `History`, whose ``history`` holds the logs of each epoch.

        Raises:
            ValueError, TypeError, IndexError: if data and arguments do not fit; nothing has changed then.
        """
        self._check_compiled("fit")
        batch = _batch_size(batch_size, "fit")
        for name, value in (("epochs", epochs), ("initial_epoch", initial_epoch)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
                raise ValueError(f"fit expects {name} to be an integer of at least 0, got {value!r}")
        epochs = limited("epochs of fit", epochs, config.max_epochs())
        verbose = _verbose(verbose, "fit")
        if not isinstance(shuffle, (bool, np.bool_)) and not (isinstance(shuffle, str) and shuffle == "batch"):
            raise ValueError(f"fit expects shuffle to be True, False or 'batch', got {shuffle!r}")
        validation_batch = _batch_size(validation_batch_size, "fit", "validation_batch_size")
        _check_frequency(validation_freq)
        if not isinstance(callbacks, CallbackList):
            CallbackList(callbacks)  # raises for what is no callback
        weights = sample_weight
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("fit expects at most one of class_weight and sample_weight")
            weights = class_weights(y, class_weight)
        data = data_set(x, y, weights, "fit")
        validation: DataSet | None = None
        if validation_data is not None:
            validation = data_set(*unpack_x_y_sample_weight(validation_data), "fit(validation_data)")
        elif validation_split:
            data, validation = split_validation(data, validation_split)
            if class_weight is not None:  # which is for training alone
                validation = validation.without_weights()
        self.prepare(data, "train", "fit")
        if validation is not None:
            self.prepare(validation, "test", "fit(validation_data)")
        training = Pass(self, "train", data, batch, "fit", shuffle, _steps(steps_per_epoch, "fit", "steps_per_epoch"))
        testing = None
        if validation is not None:
            rows = batch if validation_batch_size is None else validation_batch
            limit = _steps(validation_steps, "fit", "validation_steps")
            testing = Pass(self, "test", validation, rows, "fit(validation_data)", limit=limit)
        calls = self._calls(callbacks, verbose, training.steps, epochs, add_history=True)
        self.stop_training = False
        calls.on_train_begin()
        logs: dict[str, Any] = {}
        for epoch in range(initial_epoch, epochs):
            calls.on_epoch_begin(epoch)
            logs = training.run(calls)
            if testing is not None and _due(validation_freq, epoch + 1):
                self.stop_evaluating = False
                calls.on_test_begin()
                tested = testing.run(calls)
                calls.on_test_end(tested)
                logs = dict(sorted({**logs, **{f"val_{name}": value for name, value in tested.items()}}.items()))
            calls.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if epochs > initial_epoch and hasattr(self.optimizer, "finalize_variable_values"):
            self.optimizer.finalize_variable_values(self.trainable_weights)
        calls.on_train_end(logs)
        return self.history

    # -- evaluate and predict

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on data.

        Args:
            x, y, sample_weight: as in `fit`.
            batch_size: 32 if not given.
            verbose: as in `fit`.
            steps: the most batches.
            callbacks: `Callback` objects, or a `CallbackList`.
            return_dict: whether the result is a dict by name.

        Returns:
            The loss, or a list of the loss and the metrics in the order of `metrics_names`, or a dict.
        """
        if kwargs:
            raise ValueError(f"evaluate got unknown arguments: {', '.join(map(repr, kwargs))}")
        self._check_compiled("evaluate")
        batch = _batch_size(batch_size, "evaluate")
        verbose = _verbose(verbose, "evaluate")
        data = data_set(x, y, sample_weight, "evaluate")
        self.prepare(data, "test", "evaluate")
        testing = Pass(self, "test", data, batch, "evaluate", limit=_steps(steps, "evaluate", "steps"))
        calls = self._calls(callbacks, verbose, testing.steps)
        self.stop_evaluating = False
        calls.on_test_begin()
        logs = testing.run(calls)
        calls.on_test_end(logs)
        return logs if return_dict else self._in_order(logs)

    def _calls(
        self, callbacks: Any, verbose: int, steps: int, epochs: int = 1, add_history: bool = False
    ) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks, add_history, add_progbar=verbose != 0, verbose=verbose, epochs=epochs, steps=steps, model=self
        )

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """Logs as a list: those that are metrics of the model in their order, then the others; one alone as itself."""
        plain, several = self._named_metrics(), self._compiled_loss is not None and self._compiled_loss.metrics
        # With several outputs, the logs name metrics with their output, and come after the losses.
        order = [m.name if several else plain.get(id(m), m.name) for m in self.metrics]
        found = [n for n in dict.fromkeys(order) if n in logs]
        values = [logs[n] for n in [*found, *sorted(n for n in logs if n not in found)]]
        return values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for ``x``, as numpy arrays.

        Args:
            x: as in `fit`.
            batch_size: 32 if not given; the result does not depend on it.
            verbose: 0 prints nothing, 1 a progress bar, 2 one line; "auto" is 1.
            steps: the most batches.
            callbacks: `Callback` objects.
        """
        if (
            type(x) is np.ndarray
            and type(verbose) is int
            and verbose == 0
            and callbacks is None
            and steps is None
            and _is_size(batch_size)
        ):
            found = self._plans.get((x.shape, x.dtype, batch_size, Layer._version))
            if found is not None and x.flags.c_contiguous and x.flags.aligned:
                return found.plan.native.run([x])[0]
        return self._predict(x, batch_size, verbose, steps, callbacks)

    def _predict(self, x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
        """What `predict` does where there is no plan that only has to be run."""
        batch = _batch_size(batch_size, "predict")
        verbose = _verbose(verbose, "predict")
        data = data_set(x, where="predict")
        self.prepare(data, "predict", "predict")
        run = Pass(self, "predict", data, batch, "predict", limit=_steps(steps, "predict", "steps"))
        calls = self._calls(callbacks, verbose, run.steps)
        self.stop_predicting = False
        calls.on_predict_begin()
        outputs = run.predict(calls)
        calls.on_predict_end()
        self._remember_prediction(x, data, batch_size, run, outputs)
        return outputs

    def _remember_prediction(self, x: Any, data: DataSet, batch_size: int | None, run: Pass, outputs: Any) -> None:
        """Let the next prediction on one small array of this shape go straight to its plan."""
        if run.eager or run.steps != 1 or type(x) is not np.ndarray or not isinstance(outputs, np.ndarray):
            return
        step = run.segments[0][0]
        one_array = len(data.arrays) == 1 and data.arrays[0].dtype == x.dtype and data.arrays[0].shape == x.shape
        if one_array and x.dtype == np.dtype(data.dtypes[0]) and not step.plan.limits and not step.plan.assigned:
            self._plans.put((x.shape, x.dtype, batch_size, Layer._version), step)

    # -- single batches

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One step of training; the loss and the metrics of this batch, as `evaluate` gives them."""
        self._check_compiled("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("train_on_batch expects at most one of class_weight and sample_weight")
            sample_weight = class_weights(y, class_weight, "train_on_batch")
        return self._on_batch("train", data_set(x, y, sample_weight, "train_on_batch"), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """One step of evaluation; the loss and the metrics of this batch, as `evaluate` gives them."""
        self._check_compiled("test_on_batch")
        return self._on_batch("test", data_set(x, y, sample_weight, "test_on_batch"), return_dict)

    def _on_batch(self, kind: str, data: DataSet, return_dict: bool) -> Any:
        where = f"{kind}_on_batch"
        self.prepare(data, kind, where)
        if not self.run_eagerly:
            try:
                function, extra = self.step_function(kind)
                step = compile_step(self._plans, kind, function, data, data.rows, extra)
            except NeedsValue as error:
                warn_eager(f"{type(self).__name__}.{kind}_step", error)
                self.run_eagerly = True
        if self.run_eagerly:
            self.check_targets(data, kind, data.rows, where)
            self.reset_metrics()
            logs = getattr(self, f"{kind}_step")(pack(data.structure, [wrap(a) for a in data.batch(0, data.rows)]))
        else:
            check_indices(step.plan.limits, data, where)
            self.reset_metrics()
            outputs = step.plan.run(data.batch(0, data.rows))
            logs = None if step.structure is None else step.result(outputs)
        logs = self.final_logs(kind, logs)
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as numpy arrays."""
        return self.predict(x, batch_size=_rows(x), verbose=0)

    # -- profile

    def profile(self, x: Any, y: Any = None, sample_weight: Any = None, repeats: int = 5) -> Profile:
        """Time every instruction of a training step (without y and loss: of a prediction) on this batch.

        Prints the table of kernels, microseconds, flops and bytes, and returns it; weights are as before.
        """
        kind = "train" if y is not None else "predict"
        if kind == "train":
            self._check_compiled("profile")
        data = data_set(x, y, sample_weight, "profile")
        self.prepare(data, kind, "profile")
        function, extra = self.step_function(kind)
        step = compile_step(self._plans, kind, function, data, data.rows, extra)
        check_indices(step.plan.limits, data, "profile")
        found = step.plan.profile(data.batch(0, data.rows), repeats)
        print(found)
        return found


def scaling_loss(optimizer: Any) -> Any:
    """An optimizer that scales the loss for ``optimizer``, if it does not do so itself."""
    scaling = optimizers.LossScaleOptimizer
    return optimizer if isinstance(optimizer, scaling) else scaling(optimizer)


def _batch_size(value: Any, where: str, name: str = "batch_size") -> int:
    if value is None:
        return 32
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{where} expects {name} to be a positive integer, got {value!r}")
    return int(value)


def _verbose(value: Any, where: str) -> int:
    if isinstance(value, str) and value == "auto":
        return 1
    if not isinstance(value, (bool, int, np.integer)) or value not in (0, 1, 2):
        raise ValueError(f"{where} expects verbose to be 0, 1, 2 or 'auto', got {value!r}")
    return int(value)


def _steps(value: Any, where: str, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{where} expects {name} to be a positive integer, got {value!r}")
    return int(value)


def _check_frequency(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer, list, tuple, set, range)):
        raise ValueError(f"fit expects validation_freq to be an integer or a list of epochs, got {value!r}")
    if isinstance(value, (int, np.integer)) and value < 1:
        raise ValueError(f"fit expects validation_freq to be at least 1, got {value!r}")


def _due(frequency: Any, epoch: int) -> bool:
    return epoch % frequency == 0 if isinstance(frequency, (int, np.integer)) else epoch in frequency


def _is_ours(part: Any) -> bool:
    """Whether a loss or metric, and the function it wraps, are ckeras's own."""
    wrapped = getattr(part, "_fn", getattr(part, "fn", None))
    return str(part.__module__).startswith("ckeras.") and (wrapped is None or _is_ours(wrapped))


def _is_size(value: Any) -> bool:
    return value is None or type(value) is int


def _symbols(data: DataSet) -> list[KerasTensor]:
    """A symbolic batch of each of the arrays."""
    return [KerasTensor((None, *a.shape[1:]), d) for a, d in zip(data.arrays, data.dtypes, strict=True)]


@lru_cache(maxsize=1024)
def takes(function: Any, name: str) -> bool:
    """Whether a function takes an argument of this name."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)


def _rows(x: Any) -> int:
    return max(len(flatten(x)[0]), 1) if not isinstance(x, (np.ndarray, Tensor, Variable)) else max(len(x), 1)
