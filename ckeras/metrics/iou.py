"""Intersection over union of segmented regions, from the confusion matrix of all classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ckeras import config, ops, registry
from ckeras.losses.loss import expect
from ckeras.metrics.metric import Metric, integer
from ckeras.metrics.warning import warn_where
from ckeras.tensor import arguments, dtypes, table
from ckeras.utils.tracebacks import warn

ship = registry.metrics.ship


@ship()
class IoU(Metric):
    """Mean over the target classes of `tp / (tp + fp + fn)`; classes without targets and predictions are excluded.

    Args:
        num_classes: Number of classes; other labels are excluded.
        target_class_ids: The classes to average over.
        name: Name of the metric.
        dtype: Dtype of the counts and weights; "int32" when None.
        ignore_class: Class label whose samples are excluded, or None.
        sparse_y_true: Whether targets are integer class labels rather than one-hot rows.
        sparse_y_pred: Whether predictions are integer class labels rather than probabilities or logits of each.
        axis: Axis of the classes in one-hot rows.

    Raises:
        ValueError: if `num_classes` is not positive, or a target class is not a class label below it.

    >>> import numpy as np
    >>> round(float(IoU(num_classes=2, target_class_ids=[0])(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))), 4)
    0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        cls, chosen = type(self).__name__, np.asarray(target_class_ids).tolist()
        num_classes = integer(cls, "num_classes", num_classes, 1)
        if (
            not isinstance(chosen, list)
            or not chosen
            or not all(isinstance(one, int) and 0 <= one < num_classes for one in chosen)
        ):
            raise ValueError(
                f"{cls} expects target_class_ids to be class labels from 0 to {num_classes - 1}, got {chosen}."
            )
        super().__init__(name=name, dtype=dtype or "int")
        self.num_classes = num_classes
        self.target_class_ids = chosen
        self.ignore_class = integer(cls, "ignore_class", ignore_class, optional=True)
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self._warned = False
        shape = (self.num_classes, self.num_classes)
        self.total_cm = self.add_variable(shape, "zeros", name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Integer class labels of any shape, or one-hot rows.
            y_pred: As many integer class labels, or probabilities or logits of each class.
            sample_weight: As many weights, cast to the dtype of the metric: an integer dtype truncates fractions.

        Raises:
            ValueError: if targets, predictions and weights have different numbers of elements.
        """
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if not self.sparse_y_true:
            y_true = ops.argmax(y_true, axis=self.axis)
        if not self.sparse_y_pred:
            y_pred = ops.argmax(y_pred, axis=self.axis)
        given = [ops.reshape(y, (-1,)) for y in (y_true, y_pred)]
        expect(self.name, given[0].shape == given[1].shape, "as many targets as predictions", y_true, y_pred)
        known = [self._is_class(y) for y in given]
        self._warn_of_others(given, known)
        numbers = [ops.cast(ops.where(k, y, 0), "int32") for k, y in zip(known, given, strict=True)]
        weight = ops.ones(numbers[0].shape, dtype=self.dtype) if sample_weight is None else self._weight(sample_weight)
        if weight.shape not in ((), (1,), numbers[0].shape):
            raise ValueError(
                f"{self.name}: expected as many elements in sample_weight as in y_true, "
                f"{numbers[0].shape[0]}, got {weight.shape[0]}."
            )
        true, predicted = numbers
        counted = ops.logical_and(*known)
        if self.ignore_class is not None:
            counted = ops.logical_and(counted, ops.not_equal(true, self.ignore_class))
        index = ops.where(counted, true * self.num_classes + predicted, 0)
        weight = ops.where(counted, weight, ops.zeros((), dtype=self.dtype))
        sums = table["scatter_add_rows"](weight, index, rows=self.num_classes**2)
        self.total_cm.assign_add(ops.reshape(sums, self.total_cm.shape))

    def _weight(self, sample_weight: Any) -> Any:
        weight = ops.convert_to_tensor(sample_weight)
        if weight.dtype in dtypes.FLOATS and self.dtype in dtypes.INTEGERS:
            warn(
                f"{self.name} counts in {self.dtype}, so fractions of its sample_weight are truncated: pass integers, "
                "or a float dtype to the metric."
            )
        return ops.reshape(ops.cast(weight, self.dtype), (-1,))

    def _warn_of_others(self, given: list[Any], known: list[Any]) -> None:
        """Warn, once, of labels that are no class."""
        for name, y, k in zip(("y_true", "y_pred"), given, known, strict=True):
            wrong = ops.logical_not(k)
            if self.ignore_class is not None:
                wrong = ops.logical_and(wrong, ops.not_equal(y, self.ignore_class))
            warn_where(ops.any(wrong), partial(self._warn_of_other, name), y, wrong)

    def _warn_of_other(self, name: str, labels: np.ndarray, wrong: np.ndarray) -> None:
        if not self._warned:
            self._warned = True
            warn(
                f"{self.name} expects {name} to hold labels from 0 to {self.num_classes - 1}, "
                f"got {labels[wrong][0]}; what is not a class is left out."
            )

    def _is_class(self, numbers: Any) -> Any:
        return ops.logical_and(numbers >= 0, numbers < self.num_classes)

    def result(self) -> Any:
        """Return the mean so far, as float32; 0 if none of the target classes was seen."""
        matrix = ops.convert_to_tensor(self.total_cm)
        both = ops.sum(matrix * ops.eye(self.num_classes, dtype=matrix.dtype), axis=0)
        either = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - both
        both, either = (ops.cast(ops.take(x, self.target_class_ids), "float32") for x in (both, either))
        seen = either > 1e-9
        shares = ops.where(seen, both / (either + config.epsilon()), 0.0)
        return ops.sum(shares) / (ops.sum(ops.cast(seen, "float32")) + config.epsilon())

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal metric."""
        own = {
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }
        return {**super().get_config(), **own}

    def _config_without(self, *names: str) -> dict[str, Any]:
        return {name: value for name, value in IoU.get_config(self).items() if name not in names}


@ship()
class BinaryIoU(IoU):
    """Mean of `tp / (tp + fp + fn)` of the classes 0 and 1, for predicted probabilities of class 1.

    Args:
        target_class_ids: The classes to average over: (0,), (1,) or both.
        threshold: Probabilities of at least this value are predictions of class 1.
        name: Name of the metric.
        dtype: Dtype of the counts and weights; "int32" when None.

    Raises:
        ValueError: if a target class is neither 0 nor 1.
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ):
        threshold = arguments.number(threshold, type(self).__name__, "threshold")
        super().__init__(num_classes=2, target_class_ids=target_class_ids, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate a batch of targets, 0 or 1, as many probabilities, and optional weights."""
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
        super().update_state(y_true, y_pred >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        own = {"target_class_ids": self.target_class_ids, "threshold": self.threshold}
        return {"name": self.name, "dtype": self.dtype, **own}


@ship()
class MeanIoU(IoU):
    """Mean over all classes of `tp / (tp + fp + fn)`; classes without targets and predictions are excluded.

    Args:
        num_classes: Number of classes; other labels are excluded.
        name: Name of the metric.
        dtype: Dtype of the counts and weights; "int32" when None.
        ignore_class: Class label whose samples are excluded, or None.
        sparse_y_true: Whether targets are integer class labels rather than one-hot rows.
        sparse_y_pred: Whether predictions are integer class labels rather than probabilities or logits of each.
        axis: Axis of the classes in one-hot rows.

    Raises:
        ValueError: if `num_classes` is not positive.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(
            num_classes,
            range(integer(type(self).__name__, "num_classes", num_classes, 1)),
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=sparse_y_true,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        return self._config_without("target_class_ids")


@ship()
class OneHotIoU(IoU):
    """Mean over the target classes of `tp / (tp + fp + fn)`, for one-hot targets.

    Args:
        num_classes: Number of classes.
        target_class_ids: The classes to average over.
        name: Name of the metric.
        dtype: Dtype of the counts and weights; "int32" when None.
        ignore_class: Class label whose samples are excluded, or None.
        sparse_y_pred: Whether predictions are integer class labels rather than probabilities or logits of each.
        axis: Axis of the classes in one-hot rows.

    Raises:
        ValueError: if `num_classes` is not positive, or a target class is not a class label below it.
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(
            num_classes,
            target_class_ids,
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=False,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        return self._config_without("sparse_y_true")


@ship()
class OneHotMeanIoU(MeanIoU):
    """Mean over all classes of `tp / (tp + fp + fn)`, for one-hot targets.

    Args:
        num_classes: Number of classes.
        name: Name of the metric.
        dtype: Dtype of the counts and weights; "int32" when None.
        ignore_class: Class label whose samples are excluded, or None.
        sparse_y_pred: Whether predictions are integer class labels rather than probabilities or logits of each.
        axis: Axis of the classes in one-hot rows.

    Raises:
        ValueError: if `num_classes` is not positive.
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(
            num_classes,
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=False,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        return self._config_without("target_class_ids", "sparse_y_true")
