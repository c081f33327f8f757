"""Connectionist temporal classification (Graves et al., 2006), with the blank as the last class."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops
from ckeras.tensor import Tensor, as_tensor


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Tensor:
    """-log of the probability of each sample's labels, shape (batch, 1).

    Args:
        y_true: labels, (batch, most labels).
        y_pred: probabilities, (batch, steps, classes).
        input_length, label_length: steps and labels of each sample, (batch, 1).
    """
    y_pred = as_tensor(y_pred)
    labels, steps = (ops.cast(ops.squeeze(n, -1), "int32") for n in (label_length, input_length))
    logits = ops.log(y_pred + config.epsilon())
    loss = ops.ctc_loss(ops.cast(y_true, "int32"), logits, labels, steps, mask_index=y_pred.shape[-1] - 1)
    return ops.expand_dims(loss, 1)


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Tensor], Tensor]:
    """The most likely labels: a list of (batch, steps), filled up with -1, for each path, and the paths' scores.

    Args:
        y_pred: probabilities, (batch, steps, classes).
        input_length: steps of each sample, (batch,).
        greedy: whether the likeliest class of each step is taken, instead of a beam search.
        beam_width, top_paths: of the beam search.
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
