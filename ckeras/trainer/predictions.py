"""Predictions on a few rows, which go straight to their plans."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.compiler.dependencies import depend
from ckeras.tensor.cache import Plans
from ckeras.trainer.arrays import as_input, one_array
from ckeras.trainer.epoch import Pass
from ckeras.trainer.sources import Arrays

_SMALL = 16  # batches, up to which a prediction is so short that the epoch loop would be most of it


class ShortPredictions:
    """Predictions of one model on an array of a few batches, whose plans only have to be run.

    Owns these plans, by the shape and dtype of a batch and the batch size that was asked for.
    """

    def __init__(self) -> None:
        self._plans = Plans()

    def __getstate__(self) -> dict[str, Any]:
        return {"_plans": Plans()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def forget(self) -> None:
        """Drop all plans."""
        self._plans.clear()

    def run(self, array: np.ndarray, batch_size: int | None) -> np.ndarray | None:
        """The outputs for an array; `None` where a plan is missing."""
        rows, size = len(array), 32 if batch_size is None else batch_size
        if rows <= size:
            plan = self._plans.get((array.shape, array.dtype, batch_size))
            return None if plan is None else plan.native.run([as_input(array, plan.input_dtypes[0])])[0]
        if rows > _SMALL * size:
            return None
        parts = [array[at : at + size] for at in range(0, rows, size)]
        plans = [self._plans.get((part.shape, array.dtype, batch_size)) for part in parts]
        if None in plans:
            return None
        pairs = zip(plans, parts, strict=True)
        return np.concatenate([plan.native.run([as_input(part, plan.input_dtypes[0])])[0] for plan, part in pairs])

    def remember(self, x: Any, batch_size: int | None, run: Pass, outputs: Any) -> None:
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
                depend(self._plans.put(key, plan, 0), plan.reads)
