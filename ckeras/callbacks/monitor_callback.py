"""Base class of callbacks that watch a value of the logs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.callbacks.callback import Callback
from ckeras.utils.tracebacks import warn

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {"min": np.less, "max": np.greater}
_OF_DIRECTION = {"up": "max", "down": "min"}


class MonitorCallback(Callback):
    """Base class of callbacks that watch a value of the logs and compare it with the best one so far.

    Args:
        monitor: Name of the value in the logs, such as ``"val_loss"``.
        mode: ``"min"`` or ``"max"``, whether smaller or larger values are better; ``"auto"`` follows from the name:
            ``"min"`` for the loss, and for a metric what the metric says.
        baseline: Value that counts as the best one at the start; if `None`, the first value does.
        min_delta: Amount by which a value has to be better than the best one to be an improvement.

    Attributes:
        best: the best value so far, or `None`.
        monitor_op: `numpy.less` or `numpy.greater`; `None` before the first epoch ends.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warn(f"{type(self).__name__} expects mode to be 'auto', 'min' or 'max', got {mode!r}; 'auto' is used")
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], Any] | None = None

    def _set_monitor_op(self) -> None:
        """Find out whether smaller or larger values are better, once the metrics of the model are known.

        Raises:
            ValueError: if ``mode`` is ``"auto"`` and neither the name nor a metric tells.
        """
        if self.monitor_op is not None:
            return
        mode = self._mode_of_metric() if self.mode == "auto" else self.mode
        if mode is None:
            raise ValueError(
                f"{type(self).__name__} cannot tell whether {self.monitor!r} should be maximized or minimized; "
                "pass mode='max' or mode='min'"
            )
        self.monitor_op = _OPERATIONS[mode]
        if mode == "min":
            self.min_delta = -self.min_delta

    def _mode_of_metric(self) -> str | None:
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return "min"
        named = {metric.name: metric for metric in getattr(self.model, "metrics", ())}
        return _OF_DIRECTION.get(getattr(named.get(name), "_direction", None))

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        """Whether a value is better than another by `min_delta`; NaN never is."""
        return reference is None or bool(self.monitor_op(value - self.min_delta, reference))
