"""Losses."""

from typing import Any

from ckeras import losses, ops


class Charbonnier(losses.Loss):
    """`mean(sqrt((y_true - y_pred)^2 + width^2) - width)` over the last axis (Charbonnier et al., 1994).

    A squared error for differences far below `width`, an absolute error far above.

    Args:
        width: Positive.
        name, reduction, dtype: As in `keras.losses.Loss`.
    """

    def __init__(
        self,
        width: float = 0.1,
        name: str = "charbonnier",
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if not width > 0:
            raise ValueError(f"Charbonnier expects width to be positive, got {width!r}.")
        self.width = width

    def call(self, y_true: Any, y_pred: Any) -> Any:
        error = ops.sqrt(ops.square(y_true - y_pred) + self.width**2) - self.width
        return ops.mean(error, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}
