"""The methods of a model that compile, train, evaluate and predict.

They check their arguments and leave the work to objects that own one thing each: `Compiled` what `compile` fixed,
`Building` what makes the model ready for data, a `Source` the batches, `Steps` the steps, `Pass` the loop over batches,
`MetricResults` the results of the metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing, nullcontext
from typing import Any

from ckeras import config
from ckeras.autograd import GradientTape
from ckeras.callbacks import History
from ckeras.compiler.profile import Profile
from ckeras.older_spellings import translates
from ckeras.tensor.cache import Plans
from ckeras.tensor.structure import flatten
from ckeras.trainer.arguments import batch_size_of, check_fit, is_stream, limited, step_count, verbosity
from ckeras.trainer.arrays import one_array
from ckeras.trainer.building import Building
from ckeras.trainer.compiled import Compiled, Setting, UserMetrics, deserialized, serialized
from ckeras.trainer.data import DataSet, data_set, row_count, unpack_x_y_sample_weight
from ckeras.trainer.epoch import Pass, callback_list, run_epochs
from ckeras.trainer.hooks import hook, overrides, takes
from ckeras.trainer.metric_results import MetricResults
from ckeras.trainer.predictions import ShortPredictions
from ckeras.trainer.sources import Source, array_source
from ckeras.trainer.steps import Steps
from ckeras.trainer.streams import stream_source
from ckeras.utils.tracebacks import hides_own_frames, named_as, warn


@named_as("Model")
@hides_own_frames("compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch")
class Trainer:
    """The methods of a model that train, evaluate and predict."""

    optimizer: Any = Setting()
    loss: Any = Setting()
    run_eagerly: Any = Setting()
    steps_per_execution: Any = Setting()
    jit_compile: Any = Setting()
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None

    def __init__(self) -> None:
        d = self.__dict__
        d["compiled"], d["history"] = False, None
        d["stop_training"] = d["stop_evaluating"] = d["stop_predicting"] = False
        d["_compiled"], d["_building"], d["_metric_results"] = Compiled(), Building(), MetricResults()
        d["_plans"], d["_predictions"] = Plans(), ShortPredictions()

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
        self._compiled = Compiled.of(
            self, optimizer, loss, loss_weights, metrics, weighted_metrics, run_eagerly, steps_per_execution,
            jit_compile, auto_scale_loss,
        )  # fmt: skip
        self.compiled, self.stop_training = True, False
        self._forget()

    def _forget(self) -> None:
        """Drop what was compiled."""
        self._building.forget()
        self._metric_results.forget()
        self._plans.clear()
        self._predictions.forget()
        for name in ("train_function", "test_function", "predict_function"):
            self.__dict__.pop(name, None)

    def _forget_layers(self) -> None:
        """Drop what was found out about layers that are others now."""
        self._building = Building()
        self._forget()

    @property
    def _compile_config(self) -> dict[str, Any] | None:
        return self._compiled.arguments

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` as plain values, from which `compile_from_config` compiles again."""
        return {} if self._compiled.arguments is None else serialized(self._compiled.arguments)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a config of `get_compile_config` says, and make the optimizer's variables if the model is built.

        A model whose class has a `compile` of its own is left alone, with a warning: such a class overrides this method
        too.
        """
        if type(self).compile is not Trainer.compile:
            warn(
                f"{type(self).__name__} has a compile() method of its own, so it is not compiled from a config; "
                "override get_compile_config() and compile_from_config() too, or call compile()"
            )
            return
        self.compile(**deserialized(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _check_compiled(self, where: str) -> None:
        if not self.compiled:
            raise ValueError(f"{where} expects a compiled model: call compile() on {self.name!r} first")

    def compiled_loss(self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """The loss given to `compile`, and the regularization losses if they are given."""
        found = self._compiled.total_loss(y, y_pred, sample_weight, list(regularization_losses or []))
        if found is None:
            raise ValueError(f"{self.name!r} has no loss: give one to compile()")
        return found

    @property
    def compiled_metrics(self) -> Any:
        """The metrics given to `compile`, with `update_state(y, y_pred, sample_weight)`; `None` before that."""
        return None if self._compiled.metrics is None else UserMetrics(self._compiled)

    @property
    def metrics(self) -> list[Any]:
        """The metrics: the mean of the loss, those given to `compile`, the means of the losses of several outputs, and
        those of the layers."""
        return self._compiled.all_metrics([m for layer in self._flatten_layers() for m in layer._own_metrics()])

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        return self._compiled.names_of(self.metrics)

    @hook
    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics by name."""
        return self._compiled.results(self.metrics)

    def reset_metrics(self) -> None:
        """Reset all metrics."""
        self._metric_results.reset(self)

    @property
    def _loss_tracker(self) -> Any:
        return self._compiled.tracker

    # -- steps, which may be overridden

    @hook
    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The scalar that is minimized: the compiled loss, and what layers and regularizers add."""
        if self._compiled.losses is not None and y is None:
            raise ValueError(f"{self.name!r} was compiled with a loss, which expects y, but no y was given")
        found = self._compiled.total_loss(y, y_pred, sample_weight, self.losses)
        if found is None:
            raise ValueError(f"{self.name!r} has no loss: give one to compile(), or add one with add_loss()")
        return found

    @hook
    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics given to `compile`, and return the results of all."""
        if y is not None and self._compiled.metrics is not None:
            self._compiled.update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    @hook
    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training on (x, y) or (x, y, sample_weight). It is traced and compiled."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(self._building.as_columns(x), training=True)
            loss = self._loss(x, y, y_pred, sample_weight, True)
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        if variables:
            self.optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        else:
            warn(f"{self.name!r} has no trainable weights")
        return self.compute_metrics(x, y, y_pred, sample_weight)

    @hook
    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation on (x, y) or (x, y, sample_weight). It is traced and compiled."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(self._building.as_columns(x), training=False)
        if overrides(self, "compute_loss") or self._compiled.losses is not None or self.losses:
            self._loss(x, y, y_pred, sample_weight, False)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    @hook
    def predict_step(self, data: Any) -> Any:
        """One step of prediction on x, or (x,) where batches came as that. It is traced and compiled."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(self._building.as_columns(x), training=False)

    def _loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """What `compute_loss` gives, which is tracked; an older one need not take ``training``."""
        phase = {"training": training} if takes(type(self).compute_loss, "training") else {}
        loss = self.compute_loss(x, y, y_pred, sample_weight, **phase)
        self._loss_tracker.update_state(loss, sample_weight=float(flatten(x)[0].shape[0]))
        return loss

    # -- functions that make a step from an iterator, which may be overridden

    @hook
    def make_train_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Set `train_function`, which makes a training step on the next batch of an iterator and returns its logs."""
        return self._made_function("train", force)

    @hook
    def make_test_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Set `test_function`, which makes an evaluation step on the next batch of an iterator and returns its logs."""
        return self._made_function("test", force)

    @hook
    def make_predict_function(self, force: bool = False) -> Callable[[Any], Any]:
        """Set `predict_function`, which gives the outputs for the next batch of an iterator."""
        return self._made_function("predict", force)

    def _made_function(self, kind: str, force: bool) -> Callable[[Any], Any]:
        name = f"{kind}_function"

        def function(iterator: Any) -> Any:
            x, y, sample_weight = unpack_x_y_sample_weight(next(iterator))
            if kind == "predict":
                return self.predict_on_batch(x)
            return self._step_on_batch(kind, data_set(x, y, sample_weight, name))

        if getattr(self, name) is None or force:
            self.__dict__[name] = function
        return getattr(self, name)

    # -- fit

    @translates("fit")
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
    ) -> History:
        """Train for a number of epochs.

        Args:
            x: what to train on.

                - arrays of equally many samples: numpy arrays, lists, tensors, pandas frames and series, or structures
                  of them. Large `np.memmap` and `h5py` arrays are read in parts;
                - a `keras.utils.PyDataset`, a generator, a torch DataLoader or a tf.data.Dataset, which give batches
                  x, (x,), (x, y) or (x, y, sample_weight).
            y: the targets, where x holds arrays.
            batch_size: rows in a batch of arrays; if not given 32, or what ``steps_per_epoch`` makes of the data.
            epochs: number of the epoch to stop after.
            verbose: 0 prints nothing, 1 a progress bar, 2 a line an epoch; "auto" is 1. With any other value, only the
                numbers of the epochs are printed.
            callbacks: `Callback` objects.
            validation_split: share of the arrays, taken from their end, to evaluate on after each epoch.
            validation_data: (x, y), (x, y, sample_weight), or anything else that x may be, to evaluate on instead.
            shuffle: whether each epoch takes the samples of arrays, or the batches of a `PyDataset`, in a new order;
                "batch" shuffles whole batches of arrays.
            class_weight: weight of the samples of each class, by integer class label.
            sample_weight: weight of each sample.
            initial_epoch: number of epochs made before.
            steps_per_epoch, validation_steps: the most batches of an epoch, and of an evaluation. The next epoch goes
                on with the batches that follow.
            validation_batch_size: ``batch_size`` if not given.
            validation_freq: how many epochs lie between evaluations, or the numbers of epochs to evaluate after.

        Returns:
            A `History`, whose ``history`` holds the logs of each epoch.

        Raises:
            ValueError, TypeError, IndexError: if data and arguments do not fit; nothing has changed then, unless it
                is a later batch of a generator that does not fit.
        """
        self._check_compiled("fit")
        batch = batch_size_of(batch_size, "fit")
        check_fit(epochs, initial_epoch, shuffle, validation_split, validation_freq, callbacks)
        epochs = limited("epochs of fit", epochs, config.max_epochs())
        verbose = verbosity(verbose, "fit")
        validation_batch = batch_size_of(validation_batch_size, "fit", "validation_batch_size")
        limit = step_count(steps_per_epoch, "fit", "steps_per_epoch")
        validation_limit = step_count(validation_steps, "fit", "validation_steps")
        if class_weight is not None and sample_weight is not None:
            raise ValueError("fit expects at most one of class_weight and sample_weight, got both")
        held_out: DataSet | None = None
        share = 0.0 if validation_data is not None else validation_split
        with ExitStack() as opened:
            if is_stream(x):
                if share:
                    raise ValueError(f"fit expects validation_split with arrays alone, got {type(x).__name__}")
                source: Source = stream_source(x, y, sample_weight, "fit", limit, class_weight, shuffle, goes_on=True)
            else:
                data = data_set(x, y, sample_weight, "fit", class_weight)
                if share:
                    data, held_out = data.split(share)
                    if class_weight is not None:  # which is for training alone
                        held_out = held_out.without_weights()
                source = array_source(data, batch, "fit", limit, shuffle, goes_on=True)
            opened.callback(source.close)
            rows, where = batch if validation_batch is None else validation_batch, "fit(validation_data)"
            validation: Source | None = None
            if held_out is not None:
                validation = array_source(held_out, rows, where, validation_limit)
            elif validation_data is not None:
                validation = _validation_source(validation_data, rows, where, validation_limit)
            if validation is not None:
                opened.callback(validation.close)
            self._building.prepare(self, source.data, "train", "fit")
            if validation is not None:
                self._building.prepare(self, validation.data, "test", where)
            training = Pass(self, "train", source, "fit")
            testing = None if validation is None else Pass(self, "test", validation, where)
            calls = callback_list(callbacks, self, verbose, training.steps, epochs, add_history=True)
            run_epochs(training, testing, calls, range(initial_epoch, epochs), validation_freq)
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
            batch_size: as in `fit`.
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
        batch = batch_size_of(batch_size, "evaluate")
        verbose = verbosity(verbose, "evaluate")
        source = _source(x, y, sample_weight, batch, "evaluate", step_count(steps, "evaluate", "steps"))
        with closing(source):
            self._building.prepare(self, source.data, "test", "evaluate")
            testing = Pass(self, "test", source, "evaluate")
            logs = testing.evaluate(callback_list(callbacks, self, verbose, testing.steps))
        return logs if return_dict else self._compiled.in_order(logs, self._metric_results.metrics(self))

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
            batch_size: as in `fit`; the result does not depend on it.
            verbose: 0 prints nothing, 1 a progress bar, 2 one line; "auto" is 1.
            steps: the most batches.
            callbacks: `Callback` objects.
        """
        is_size = batch_size is None or type(batch_size) is int
        plain = is_size and type(verbose) is int and verbose == 0 and callbacks is None and steps is None
        array = one_array(x) if plain else None
        if array is not None and array.ndim:
            outputs = self._predictions.run(array, batch_size)
            if outputs is not None:
                return outputs
        return self._predict(x, batch_size, verbose, steps, callbacks)

    def _predict(self, x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
        """What `predict` does where there is no plan that only has to be run."""
        batch = batch_size_of(batch_size, "predict")
        verbose = verbosity(verbose, "predict")
        source = _source(x, None, None, batch, "predict", step_count(steps, "predict", "steps"))
        with closing(source):
            self._building.prepare(self, source.data, "predict", "predict")
            run = Pass(self, "predict", source, "predict")
            outputs = run.predict(callback_list(callbacks, self, verbose, run.steps))
        self._predictions.remember(x, batch_size, run, outputs)
        return outputs

    # -- single batches

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One step of training; the loss and the metrics of this batch, as `evaluate` gives them."""
        self._check_compiled("train_on_batch")
        return self._on_batch("train", data_set(x, y, sample_weight, "train_on_batch", class_weight), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """One step of evaluation; the loss and the metrics of this batch, as `evaluate` gives them."""
        self._check_compiled("test_on_batch")
        return self._on_batch("test", data_set(x, y, sample_weight, "test_on_batch"), return_dict)

    def _on_batch(self, kind: str, data: DataSet, return_dict: bool) -> Any:
        results = self._metric_results
        with results.set_aside(self) if results.in_use else nullcontext():
            logs = self._step_on_batch(kind, data, reset=True)
            results.check(self)
        return logs if return_dict else self._compiled.in_order(logs, self._metric_results.metrics(self))

    def _step_on_batch(self, kind: str, data: DataSet, reset: bool = False) -> dict[str, Any]:
        where = f"{kind}_on_batch"
        self._building.prepare(self, data, kind, where)
        return Steps(self, kind).on_batch(data, where, reset)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as numpy arrays."""
        return self.predict(x, batch_size=row_count(x, "predict_on_batch"), verbose=0)

    def profile(self, x: Any, y: Any = None, sample_weight: Any = None, repeats: int = 5) -> Profile:
        """Time every instruction of a training step (without y and loss: of a prediction) on this batch.

        Prints the table of kernels, microseconds, flops and bytes, and returns it; weights are as before.
        """
        found = self._profiled(x, y, sample_weight, repeats)
        print(found)
        return found

    def _profiled(self, x: Any, y: Any, sample_weight: Any, repeats: int) -> Profile:
        kind = "train" if y is not None else "predict"
        if kind == "train":
            self._check_compiled("profile")
        data = data_set(x, y, sample_weight, "profile")
        self._building.prepare(self, data, kind, "profile")
        return Steps(self, kind).profile(data, repeats)


def _source(x: Any, y: Any, sample_weight: Any, batch: int | None, where: str, limit: int | None) -> Source:
    """The source that takes batches from arrays, or from what gives batches itself."""
    if is_stream(x):
        return stream_source(x, y, sample_weight, where, limit)
    return array_source(data_set(x, y, sample_weight, where), batch, where, limit)


def _validation_source(given: Any, batch: int | None, where: str, limit: int | None) -> Source:
    if isinstance(given, (list, tuple)) and not 1 <= len(given) <= 3:
        raise ValueError(f"{where} expects (x, y) or (x, y, sample_weight), got {len(given)} parts")
    return _source(*unpack_x_y_sample_weight(given), batch, where, limit)
