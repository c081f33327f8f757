"""Connectionist temporal classification (Graves et al., 2006), with the blank as the last class."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops
from ckeras.tensor import Tensor, as_tensor


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Tensor:
    """Return the negative log-likelihood of each sample's labels, shape (batch, 1).

    Args:
        y_true: labels, (batch, maximum number of labels).
        y_pred: probabilities, (batch, steps, classes).
        input_length, label_length: numbers of steps and labels of each sample, (batch, 1).
    """
    y_pred = as_tensor(y_pred)
    labels, steps = (ops.cast(ops.squeeze(n, -1), "int32") for n in (label_length, input_length))
    logits = ops.log(y_pred + config.epsilon())
    loss = ops.ctc_loss(ops.cast(y_true, "int32"), logits, labels, steps, mask_index=y_pred.shape[-1] - 1)
    return ops.expand_dims(loss, 1)


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Tensor], Tensor]:
    """Return the most likely labels, one array (batch, steps) per path, padded with -1, and the path scores.

    Args:
        y_pred: probabilities, (batch, steps, classes).
        input_length: number of steps of each sample, (batch,).
        greedy: whether to take the most likely class of each step instead of a beam search.
        beam_width, top_paths: parameters of the beam search.
    """
    y_pred = as_tensor(y_pred)
    strategy = {"strategy": "greedy"} if greedy else {"strategy": "beam_search", "top_paths": top_paths}
    decoded, scores = ops.ctc_decode(
        ops.log(y_pred + config.epsilon()),
        ops.cast(input_length, "int32"),
        beam_width=beam_width,
        mask_index=y_pred.shape[-1] - 1,
        **strategy,
    )
    return [decoded[i] for i in range(decoded.shape[0])], scores
