"""Base class of metrics."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from ckeras import initializers, ops
from ckeras.compiler.dependencies import Observed, changed
from ckeras.losses.loss import dtype_name
from ckeras.tensor import Variable
from ckeras.tensor.stateless_scope import StatelessScope
from ckeras.tensor.structure import map_structure
from ckeras.utils.naming import auto_name


def integer(metric: str, argument: str, value: Any, minimum: int | None = None, optional: bool = False) -> int | None:
    """Return ``value``, an argument of the metric of this name, as an int.

    Raises:
        ValueError: if it is not an integer of ``minimum`` or more, nor None where that is ``optional``.
    """
    if value is None and optional:
        return None
    try:
        found = operator.index(value)
    except TypeError:
        found = None
    if found is None or (minimum is not None and found < minimum):
        kind = {None: "an integer", 1: "a positive integer"}.get(minimum, f"an integer of {minimum} or more")
        expected = f"{kind} or None" if optional else kind
        raise ValueError(f"{metric} expects {argument} to be {expected}, got {value!r}.")
    return found


class Metric(Observed):
    """Base class of metrics, statistics accumulated over batches.

    A subclass creates its variables in `__init__` with `add_variable`, updates them in `update_state`, and computes
    its value from them in `result`. Both methods are compiled into the training step.

    Args:
        dtype: Dtype of the computation, or a dtype policy that has it; `floatx()` when None.
        name: Name; generated from the class name when None.

    >>> import numpy as np
    >>> class Largest(Metric):
    ...     def __init__(self, name="largest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.value = self.add_variable((), "zeros", name="value")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.value.assign(ops.maximum(self.value, ops.max(y_pred)))
    ...     def result(self):
    ...         return self.value
    >>> largest = Largest()
    >>> float(largest(np.zeros(2), np.array([1.0, 3.0], "float32")))
    3.0
    """

    def __init__(self, dtype: Any = None, name: str | None = None):
        # Lists of its own rather than the `Tracker` of layers: the order of creation is that of files and of
        # `stateless_update_state`, and no variable is ever dropped.
        self._variables: list[Variable] = []
        self._metrics: list[Metric] = []
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{type(self).__name__} expects name to be a string or None, got {name!r}.")
        self.name = name or auto_name(type(self).__name__)
        self._dtype = dtype_name(dtype)

    @property
    def dtype(self) -> str:
        """Dtype of the computation."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The variables of this metric and of its sub-metrics."""
        return [*self._variables, *(v for metric in self._metrics for v in metric.variables)]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Accumulate the statistics of a batch; defined by a subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state() method.")

    def result(self) -> Any:
        """Return the value since the last reset: a scalar or a dict of scalars."""
        raise NotImplementedError(f"{type(self).__name__} has no result() method.")

    def check_result(self) -> None:
        """Warn if the result does not mean what was asked for; called where Python reads it, never while compiling."""
        for metric in self._metrics:
            metric.check_result()

    def reset_state(self) -> None:
        """Set all variables to 0."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def reset_states(self) -> None:
        """Set all variables to 0; the older name of `reset_state`."""
        self.reset_state()

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Return the values of `variables` after a batch, given those before it, without assigning them."""
        with StatelessScope(self._values(metric_variables)) as state:
            self.update_state(*args, **kwargs)
        return [state.get_current_value(v) for v in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """Return the result for the given values of `variables`."""
        with StatelessScope(self._values(metric_variables)):
            found = self.result()
        return map_structure(lambda x: x.value if isinstance(x, Variable) else x, found)

    def stateless_reset_state(self) -> list[Any]:
        """Return the values that `reset_state` would assign, without assigning them."""
        with StatelessScope() as state:
            self.reset_state()
        return [v.value if (value := state.get_current_value(v)) is None else value for v in self.variables]

    def _values(self, given: Sequence[Any]) -> list[tuple[Variable, Any]]:
        if len(given) != len(self.variables):
            raise ValueError(f"{self.name} has {len(self.variables)} variables, got {len(given)} values")
        return list(zip(self.variables, given, strict=True))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Accumulate a batch and return the result so far."""
        self._check_initialized()
        self.update_state(*args, **kwargs)
        return self.result()

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Create a variable of the metric.

        Args:
            shape: Shape of the variable.
            initializer: Initializer, as accepted by `ckeras.initializers.get`.
            dtype: Dtype of the variable; that of the metric when None.
            aggregation: How to aggregate the values of several replicas; accepted for Keras.
            name: Name of the variable.
        """
        self._check_initialized()
        variable = Variable(
            initializers.get(initializer) or initializers.Zeros(),
            shape=tuple(shape),
            dtype=dtype or self.dtype,
            trainable=False,
            aggregation=aggregation,
            name=name,
        )
        variable.path = f"{self.name.replace('/', '>')}/{variable.name}"
        self._variables.append(variable)
        changed(self, "_variables")
        return variable

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """Alias of `add_variable`, as in older versions of Keras."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal metric."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """Create a metric from the arguments in `config`."""
        return cls(**config)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, value: Any) -> None:
        """Track the variables and metrics in the value of an attribute."""
        if isinstance(value, (Variable, Metric)):
            self._check_initialized()
            known = self._variables if isinstance(value, Variable) else self._metrics
            if not any(value is one for one in known):
                known.append(value)
                changed(self, "_variables")
                changed(self, "_metrics")
        elif isinstance(value, (list, tuple)):
            for one in value:
                self._track(one)
        elif isinstance(value, dict):
            self._track(list(value.values()))

    def _check_initialized(self) -> None:
        if "_variables" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__() must call super().__init__() before anything else.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
