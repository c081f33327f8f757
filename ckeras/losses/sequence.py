"""Loss of label sequences without alignment to the predictions, as in speech recognition."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import IntegerLabelsLoss, expect

ship = registry.losses.ship


@ship()
def ctc(y_true: Any, y_pred: Any) -> Any:
    """Negative log-likelihood of the labels, summed over all alignments with the predictions.

    Class 0 is the blank: it pads the labels, and separates them in the predictions.

    Args:
        y_true: Integer class labels, shape (batch, labels), padded with 0.
        y_pred: Logits, shape (batch, steps, classes).

    Returns:
        Tensor of shape (batch,).

    Raises:
        ValueError: if the shapes do not match.

    Source: Graves et al., Connectionist temporal classification, 2006.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    expect(
        "ctc",
        len(y_true.shape) == 2 and len(y_pred.shape) == 3,
        "y_true of shape (batch, labels) and y_pred of shape (batch, steps, classes)",
        y_true,
        y_pred,
    )
    y_true = ops.cast(y_true, "int32")
    labels = ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1)
    steps = ops.full(y_pred.shape[:1], y_pred.shape[1], dtype="int32")
    return ops.ctc_loss(y_true, y_pred, labels, steps, mask_index=0)


@ship()
class CTC(IntegerLabelsLoss):
    """Connectionist temporal classification (Graves et al., 2006), with class 0 as the blank.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: Any = None,
    ):
        super().__init__(ctc, reduction=reduction, name=name, dtype=dtype)
