"""fit, evaluate and predict.

Life of a batch: `fit` makes a `Source` of its arguments and a `Pass` over it; the pass compiles `train_step`
to a plan (`ckeras.compiler`), whose inputs the runtime gathers from the source and whose instructions it runs,
step after step, without Python; metrics are variables that the plan updates in place, read when logs are due.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.callbacks import CallbackList, History
from ckeras.compiler.dependencies import depend
from ckeras.compiler.plan import Profile
from ckeras.tensor import Tensor, Variable
from ckeras.trainer.adapters import array_source, source_of
from ckeras.trainer.arguments import batch_size_of, check_fit, is_due, limited, step_count, verbosity
from ckeras.trainer.data import (
    DataSet,
    as_input,
    data_set,
    one_array,
    split_validation,
    unpack_x_y_sample_weight,
)
from ckeras.trainer.epoch import Pass
from ckeras.trainer.progress import Progress
from ckeras.trainer.sources import Arrays
from ckeras.trainer.stepping import Stepping
from ckeras.trainer.steps import check_indices, compile_step
from ckeras.trainer.streams import is_stream
from ckeras.utils.tracebacks import hides_own_frames, named_as, warn

_SMALL = 16  # batches, up to which a prediction is so short that the epoch loop would be most of it


@named_as("Model")
@hides_own_frames("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch")
class Trainer(Stepping):
    """The half of a model that trains, evaluates and predicts."""

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
        if is_stream(x):
            if validation_split and validation_data is None:
                raise ValueError(f"fit expects validation_split with arrays alone, got {type(x).__name__}")
            source = source_of(x, y, sample_weight, batch, "fit", limit, class_weight, shuffle, goes_on=True)
        else:
            data = data_set(x, y, sample_weight, "fit", class_weight)
            if validation_split and validation_data is None:
                data, held_out = split_validation(data, validation_split)
                if class_weight is not None:  # which is for training alone
                    held_out = held_out.without_weights()
            source = array_source(data, batch, "fit", limit, shuffle, goes_on=True)
        validation = None
        rows, where = batch if validation_batch is None else validation_batch, "fit(validation_data)"
        if held_out is not None:
            validation = array_source(held_out, rows, where, validation_limit)
        elif validation_data is not None:
            if isinstance(validation_data, (list, tuple)) and not 1 <= len(validation_data) <= 3:
                raise ValueError(f"{where} expects (x, y) or (x, y, sample_weight), got {len(validation_data)} parts")
            validation = source_of(*unpack_x_y_sample_weight(validation_data), rows, where, validation_limit)
        try:
            self.prepare(source.data, "train", "fit")
            if validation is not None:
                self.prepare(validation.data, "test", where)
            training = Pass(self, "train", source, "fit")
            testing = None if validation is None else Pass(self, "test", validation, where)
            calls = self._calls(callbacks, verbose, training.steps, epochs, add_history=True)
            logs = self._train(training, testing, calls, range(initial_epoch, epochs), validation_freq)
            calls.on_train_end(logs)
        finally:
            source.close()
            if validation is not None:
                validation.close()
        return self.history

    def _train(
        self, training: Pass, testing: Pass | None, calls: CallbackList, epochs: range, validation_freq: Any
    ) -> dict[str, Any]:
        """The epochs; returns the logs of the last."""
        self.stop_training = False
        progress = Progress(training.source, calls.callbacks, epochs)
        calls.set_progress(progress)
        calls.on_train_begin()
        left, logs = progress.begin(), progress.logs
        for epoch in left:
            if not training.source.more():
                warn(f"fit: there is no more data in epoch {epoch + 1} of {epochs.stop}")
                break
            calls.on_epoch_begin(epoch)
            logs = training.run(calls, *progress.begin_epoch())
            if testing is not None and is_due(validation_freq, epoch + 1):
                if testing.source.more():
                    tested = self._test(testing, calls)
                    logs = dict(sorted({**logs, **{f"val_{name}": value for name, value in tested.items()}}.items()))
                else:
                    warn(f"{testing.where}: there is no more data in epoch {epoch + 1}")
            calls.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if len(epochs) > 0 and hasattr(self.optimizer, "finalize_variable_values"):
            with self.as_compiled("train"):
                self.optimizer.finalize_variable_values(self.trainable_weights)
        return logs

    def _test(self, testing: Pass, calls: CallbackList) -> dict[str, Any]:
        """One evaluation; returns its logs."""
        self.stop_evaluating = False
        calls.on_test_begin()
        logs = testing.run(calls)
        calls.on_test_end(logs)
        return logs

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
        source = source_of(x, y, sample_weight, batch, "evaluate", step_count(steps, "evaluate", "steps"))
        try:
            self.prepare(source.data, "test", "evaluate")
            testing = Pass(self, "test", source, "evaluate")
            logs = self._test(testing, self._calls(callbacks, verbose, testing.steps))
        finally:
            source.close()
        return logs if return_dict else self._in_order(logs)

    def _calls(
        self, callbacks: Any, verbose: int, steps: int | None, epochs: int = 1, add_history: bool = False
    ) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks, add_history, add_progbar=verbose != 0, verbose=verbose, epochs=epochs, steps=steps, model=self
        )

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
        plain = type(verbose) is int and verbose == 0 and callbacks is None and steps is None and _is_size(batch_size)
        array = one_array(x) if plain else None
        if array is not None and array.ndim:
            outputs = self._predict_small(array, batch_size)
            if outputs is not None:
                return outputs
        return self._predict(x, batch_size, verbose, steps, callbacks)

    def _predict_small(self, array: np.ndarray, batch_size: int | None) -> np.ndarray | None:
        """The outputs for an array of a few batches whose plans only have to be run; `None` for all others."""
        rows, size = len(array), 32 if batch_size is None else batch_size
        if rows <= size:
            step = self._plans.get((array.shape, array.dtype, batch_size))
            return None if step is None else step.plan.native.run([as_input(array, step.plan.input_dtypes[0])])[0]
        if rows > _SMALL * size:
            return None
        parts = [array[at : at + size] for at in range(0, rows, size)]
        steps = [self._plans.get((part.shape, array.dtype, batch_size)) for part in parts]
        if None in steps:
            return None
        pairs = zip(steps, parts, strict=True)
        return np.concatenate([s.plan.native.run([as_input(part, s.plan.input_dtypes[0])])[0] for s, part in pairs])

    def _predict(self, x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
        """What `predict` does where there is no plan that only has to be run."""
        batch = batch_size_of(batch_size, "predict")
        verbose = verbosity(verbose, "predict")
        source = source_of(x, None, None, batch, "predict", step_count(steps, "predict", "steps"))
        try:
            self.prepare(source.data, "predict", "predict")
            run = Pass(self, "predict", source, "predict")
            calls = self._calls(callbacks, verbose, run.steps)
            self.stop_predicting = False
            calls.on_predict_begin()
            outputs = run.predict(calls)
            calls.on_predict_end()
        finally:
            source.close()
        self._remember_prediction(x, batch_size, run, outputs)
        return outputs

    def _remember_prediction(self, x: Any, batch_size: int | None, run: Pass, outputs: Any) -> None:
        """Let the next predictions on batches of this shape and dtype go straight to their plans."""
        array = one_array(x)
        plain = array is not None and isinstance(outputs, np.ndarray) and isinstance(run.source, Arrays)
        if not plain or run.eager or run.steps > _SMALL:
            return
        data = run.source.data
        if len(data.arrays) != 1 or data.arrays[0].shape != array.shape or array.dtype.kind not in "biuf":
            return
        for segment in run.source.ahead():
            plan = segment.step.plan
            if not plan.limits and not plan.assigned:
                key = ((segment.rows, *array.shape[1:]), array.dtype, batch_size)
                depend(self._plans.put(key, segment.step, 0), plan.reads)

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
        logs = self.step_on_batch(kind, data, reset=True)
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as numpy arrays."""
        return self.predict(x, batch_size=_rows(x), verbose=0)

    # -- profile

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
        self.prepare(data, kind, "profile")
        function, extra = self.step_function(kind)
        step = compile_step(self._plans, kind, function, data, data.rows, extra)
        check_indices(step.plan.limits, data, "profile")
        return step.plan.profile(data.batch(0, data.rows), repeats)


def _is_size(value: Any) -> bool:
    return value is None or type(value) is int


def _rows(x: Any) -> int:
    """The number of samples, at least 1."""
    if isinstance(x, (np.ndarray, Tensor, Variable)) and x.shape:
        return max(len(x), 1)
    return data_set(x, where="predict_on_batch").rows
