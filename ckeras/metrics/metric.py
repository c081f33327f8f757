"""The base of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import initializers, ops
from ckeras.compiler.dependencies import Observed, changed
from ckeras.losses.loss import dtype_name
from ckeras.tensor import Variable
from ckeras.tensor.stateless_scope import StatelessScope
from ckeras.tensor.structure import map_structure
from ckeras.utils.naming import auto_name


class Metric(Observed):
    """A number accumulated over batches.

    A subclass makes its variables in `__init__` with `add_variable`, changes them in `update_state`, and computes
    from them in `result`. What `update_state` and `result` do in ops is compiled into the training step.

    Args:
        dtype: Dtype of the computation; `floatx()` when None.
        name: Name, made from the class's when None.

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
        self._variables: list[Variable] = []
        self._metrics: list[Metric] = []
        self.name = name or auto_name(type(self).__name__)
        self._dtype = dtype_name(dtype)

    @property
    def dtype(self) -> str:
        """Dtype of the computation."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The variables of this metric and of the metrics it holds."""
        return [*self._variables, *(v for metric in self._metrics for v in metric.variables)]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in a batch; defined by a subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state() method.")

    def result(self) -> Any:
        """The metric of what was taken in since the last reset: a scalar, or a dict of scalars."""
        raise NotImplementedError(f"{type(self).__name__} has no result() method.")

    def check_result(self) -> None:
        """Warn if the result does not mean what was asked for; called where Python reads it, never while compiling."""
        for metric in self._metrics:
            metric.check_result()

    def reset_state(self) -> None:
        """Set all variables to 0."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The values of `variables` after a batch, from the values before it; the variables stay as they are."""
        with StatelessScope(self._values(metric_variables)) as state:
            self.update_state(*args, **kwargs)
        return [state.get_current_value(v) for v in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result for these values of `variables`."""
        with StatelessScope(self._values(metric_variables)):
            found = self.result()
        return map_structure(lambda x: x.value if isinstance(x, Variable) else x, found)

    def stateless_reset_state(self) -> list[Any]:
        """The values of `variables` after a reset, which is not made."""
        with StatelessScope() as state:
            self.reset_state()
        return [v.value if (value := state.get_current_value(v)) is None else value for v in self.variables]

    def _values(self, given: Sequence[Any]) -> list[tuple[Variable, Any]]:
        if len(given) != len(self.variables):
            raise ValueError(f"{self.name} has {len(self.variables)} variables, and was given {len(given)} values")
        return list(zip(self.variables, given, strict=True))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in a batch and give the result so far."""
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
        """Make a variable that belongs to the metric.

        Args:
            shape: Shape.
            initializer: Anything `ckeras.initializers.get` takes.
            dtype: Dtype; the metric's when None.
            aggregation: How values of several replicas would be joined.
            name: Name.
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
        """The older spelling of `add_variable`."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes an equal metric."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """The metric with the arguments of `config`."""
        return cls(**config)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, value: Any) -> None:
        """Note the variables and metrics among an attribute's value."""
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
