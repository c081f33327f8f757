"""The variables of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras import config as _config, initializers
from ckeras.optimizers.accumulation import is_overwritten
from ckeras.tensor import Variable
from ckeras.tensor.stored import assign_stored
from ckeras.utils.tracebacks import warn


class OptimizerState:
    """Base class of `Optimizer` that owns its variables: creates them in order, assigns, stores and loads their values.

    A variable that is set as an attribute is one of them too.
    """

    name: str
    built: bool

    def __init__(self) -> None:
        # A list of its own rather than the `Tracker` of layers: the order of creation is that of files and of
        # `stateless_apply`, and lists of variables belong to the model.
        self._variables: list[Variable] = []

    @property
    def variables(self) -> list[Variable]:
        """All variables of the optimizer: iterations, learning rate, and those created by `build`."""
        return list(self._variables)

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Create a variable of the optimizer.

        Args:
            shape: Shape of the variable.
            initializer: Initializer, as accepted by `ckeras.initializers.get`.
            dtype: Dtype of the variable; `floatx()` when None.
            aggregation: How to aggregate the values of several replicas; accepted for Keras.
            layout: Must be None; there are no devices to distribute a variable over.
            name: Name of the variable.
        """
        self._check_initialized()
        if layout is not None:
            raise ValueError(f"{self.name}: expected layout to be None, got {layout!r}.")
        variable = Variable(
            initializers.get(initializer),
            shape=tuple(shape),
            dtype=dtype or _config.floatx(),
            trainable=False,
            aggregation=aggregation,
            name=name,
        )
        return self._own(variable)

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """Create a variable with the shape and dtype of a model's variable, and a name derived from its path."""
        path = getattr(reference_variable, "path", None) or reference_variable.name
        return self.add_variable(
            reference_variable.shape,
            initializer=initializer,
            dtype=reference_variable.dtype,
            name=f"{path.replace('/', '_').replace(':', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: str | Sequence[str], initializer: Any = "zeros"
    ) -> Any:
        """Create a state variable for each variable of a model; return a list, or for several names a tuple of lists.

        The entry of a variable that is overwritten with its gradient is None, since it needs no state.

        Args:
            trainable_variables: The model's variables.
            name: Name of the state variable, such as "momentum", or a list of names.
            initializer: Initializer, as accepted by `ckeras.initializers.get`, or a list with one per name.
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        starts = list(initializer) if several else [initializer] * len(names)
        if len(starts) != len(names):
            raise ValueError(f"{self.name}: expected an initializer for each of {names}, got {len(starts)}.")
        made: tuple[list[Variable], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for one, start, into in zip(names, starts, made, strict=True):
                kept = not is_overwritten(variable)
                into.append(self.add_variable_from_reference(variable, one, start) if kept else None)
        return made[0] if isinstance(name, str) else made

    def _add(self, name: str, value: Any, dtype: str) -> Variable:
        return self._own(Variable(value, dtype=dtype, trainable=False, aggregation="only_first_replica", name=name))

    def _own(self, variable: Variable) -> Variable:
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        return variable

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Assign arrays to `variables`, in their order.

        Raises:
            ValueError: if the optimizer is not built, or a number or shape does not match; nothing is changed then.
        """
        if not self.built:
            raise ValueError(f"{self.name}.set_weights expects a built optimizer; call build(variables) first.")
        if len(weights) != len(self.variables):
            raise ValueError(
                f"{self.name}.set_weights expects {len(self.variables)} arrays, one per variable, got {len(weights)}."
            )
        self._assign_all([np.asarray(weight) for weight in weights])

    def save_own_variables(self, store: Any) -> None:
        """Store the values of `variables` in a mapping under the keys "0", "1", ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Load the values of `variables` from a mapping that `save_own_variables` filled.

        If the numbers of values and variables differ, nothing is loaded and a warning is issued.
        """
        variables = self.stored_variables(len(store))
        if len(store) != len(variables):
            warn(
                f"{self.name}: its state was not loaded, since it has {len(self.variables)} variables "
                f"and the saved optimizer {len(store)}."
            )
            return
        assign_stored(variables, store, self.name)

    def stored_variables(self, count: int | None = None) -> list[Variable]:
        """The variables that ``count`` stored values belong to; by default those that Keras 2 stored.

        These are all without the learning rate.
        """
        rest = [v for v in self.variables if v is not self._learning_rate]
        return rest if count in (None, len(rest)) else list(self.variables)

    def _assign_all(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            if value.shape != tuple(variable.shape):
                raise ValueError(
                    f"{self.name} expects a value of shape {tuple(variable.shape)} for {variable.path!r}, "
                    f"got {value.shape}."
                )
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable) and name not in ("learning_rate", "lr"):
            self._check_initialized()
            if not any(value is one for one in self._variables):
                self._variables.append(value)
        super().__setattr__(name, value)

    def _check_initialized(self) -> None:
        if "_variables" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__() must call super().__init__() before anything else.")
