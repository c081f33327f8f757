"""Several optimizers for the variables of one model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from ckeras import registry
from ckeras.optimizers.gradients import checked_pairs
from ckeras.optimizers.loss_scale_optimizer import LossScaleOptimizer
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class OptimizerMap(MutableMapping):
    """Maps regular expressions to optimizers: a variable has the optimizer whose expression matches its full path.

    Args:
        default_optimizer: Optimizer of variables that no expression matches.
        optimizer_map: A dict of expressions to optimizers, or None for an empty one.

    Raises:
        TypeError: if `default_optimizer` is not an optimizer, or `optimizer_map` not a dict.
        ValueError: if a key is not a string or exists already, or its value is not an optimizer, or is itself a
            wrapper (`LossScaleOptimizer` or `MultiOptimizer`).

    >>> from ckeras.optimizers import SGD, Adam
    >>> optimizers = OptimizerMap(Adam(), {"embedding/.*": SGD()})
    >>> type(optimizers["embedding/table"]).__name__, type(optimizers["dense/kernel"]).__name__
    ('SGD', 'Adam')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(f"OptimizerMap expects default_optimizer to be an Optimizer, got {default_optimizer!r}.")
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"OptimizerMap expects optimizer_map to be a dict, got {optimizer_map!r}.")
        self._default_optimizer = default_optimizer
        self._optimizers: dict[str, Optimizer] = {}
        self.update(optimizer_map or {})

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that no expression matches."""
        return self._default_optimizer

    def __call__(self, variable: Variable) -> Optimizer:
        """The optimizer of a variable."""
        return self[variable.path]

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizers:
            return self._optimizers[key]
        found = [pattern for pattern in self._optimizers if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(f"Expected one optimizer for variable {key!r}, got those of {found}.")
        return self._optimizers[found[0]] if found else self._default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str):
            raise ValueError(f"OptimizerMap expects the key to be a regular expression, got {key!r}.")
        if key in self._optimizers:
            raise ValueError(f"OptimizerMap has {self._optimizers[key]!r} for {key!r} already.")
        self._optimizers[key] = _inner(optimizer, f"the optimizer of {key!r}")

    def __delitem__(self, key: str) -> None:
        del self._optimizers[key]

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal map."""
        serialize = registry.optimizers.serialize
        return {
            "default_optimizer": serialize(self._default_optimizer),
            "optimizer_map": {key: serialize(optimizer) for key, optimizer in self._optimizers.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> OptimizerMap:
        """Create a map from the arguments in `config`."""

        def made(inner: Any) -> Any:
            return registry.optimizers.deserialize(inner, custom_objects)

        return cls(made(config["default_optimizer"]), {k: made(v) for k, v in config["optimizer_map"].items()})


@registry.optimizers.ship()
class MultiOptimizer(Optimizer):
    """Updates each variable with the optimizer assigned to it by a map.

    Args:
        optimizer_map: An `OptimizerMap`, or a function from a variable to its optimizer.
        loss_scale_factor: Factor of the loss, by which all optimizers divide the gradients, or None.
        name: Name; generated from the class name when None.

    Raises:
        ValueError: if `optimizer_map` is not callable, or returns a wrapper or an object that is not an optimizer.
    """

    def __init__(
        self,
        optimizer_map: Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ):
        if not callable(optimizer_map):
            raise ValueError(
                f"{type(self).__name__} expects optimizer_map to be an OptimizerMap or a function from a variable to "
                f"its optimizer, got {optimizer_map!r}."
            )
        self._optimizers: list[Optimizer] = []
        self._excluded: tuple[Any, Any] = (None, None)
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._owners: list[int] = []  # index of each variable's optimizer in `_optimizers`
        known = list(optimizer_map.values()) if hasattr(optimizer_map, "values") else []
        if hasattr(optimizer_map, "default_optimizer"):
            known.append(optimizer_map.default_optimizer)
        for optimizer in known:
            self._index_of(optimizer)

    def _index_of(self, optimizer: Optimizer) -> int:
        """Return the index of an optimizer in `_optimizers`; append it if it is new."""
        for index, one in enumerate(self._optimizers):
            if one is optimizer:
                return index
        _inner(optimizer, "the result of optimizer_map").loss_scale_factor = self.loss_scale_factor
        if self._excluded != (None, None):
            optimizer.exclude_from_weight_decay(*self._excluded)
        self._optimizers.append(optimizer)
        return len(self._optimizers) - 1

    def build(self, variables: Sequence[Variable]) -> None:
        """Find the optimizer of each variable, and build each optimizer for its variables."""
        if self.built:
            return
        self._owners = [self._index_of(self._optimizer_map(variable)) for variable in variables]
        for index, optimizer in enumerate(self._optimizers):
            own = [v for v, owner in zip(variables, self._owners, strict=True) if owner == index]
            if own:
                optimizer.build(own)
        super().build(variables)

    @property
    def optimizers(self) -> list[Optimizer]:
        """The distinct optimizers."""
        return self._optimizers

    @property
    def variables(self) -> list[Variable]:
        """The variables of this optimizer and of its inner optimizers."""
        return [*self._variables, *(v for optimizer in self._optimizers for v in optimizer.variables)]

    @property
    def learning_rate(self) -> Any:
        """Raises AttributeError: each inner optimizer has its own learning rate."""
        raise AttributeError(f"{type(self).__name__} has no learning rate; use those of its optimizers.")

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        raise AttributeError(f"{type(self).__name__} has no learning rate to set; set those of its optimizers.")

    lr = learning_rate

    @property
    def loss_scale_factor(self) -> float | None:
        """Factor of the loss. Assigning to it sets the factor of all optimizers."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer in self._optimizers:
            optimizer.loss_scale_factor = value

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Update the variables of each optimizer.

        Args:
            grads: Gradients, one per variable and of its shape, or None.
            trainable_variables: Variables to update; those of `build` when None. The first call builds the optimizers.

        Raises:
            ValueError: if the gradients do not match the variables. Nothing is changed in this case.
        """
        grads = list(grads)
        if not grads:
            return
        pairs = checked_pairs(self, grads, trainable_variables)
        if not self.built:
            self.build(list(trainable_variables))
        for optimizer, of in self._shared_out([variable for _, variable in pairs]):
            optimizer.apply([pairs[i][0] for i in of], [pairs[i][1] for i in of])
        self._iterations.assign_add(1)

    def _shared_out(self, variables: Sequence[Variable]) -> list[tuple[Optimizer, list[int]]]:
        """Yield each optimizer that owns some of these variables, with the indices of these variables."""
        owners = [self._owners[self._get_variable_index(variable)] for variable in variables]
        shares = [(one, [i for i, o in enumerate(owners) if o == index]) for index, one in enumerate(self._optimizers)]
        return [(optimizer, of) for optimizer, of in shares if of]

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Exclude variables from the weight decay of all optimizers."""
        self._excluded = var_list, var_names
        for optimizer in self._optimizers:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Assign the optimizers' final values to the variables of the model."""
        for optimizer, of in self._shared_out(var_list):
            optimizer.finalize_variable_values([var_list[i] for i in of])

    def get_config(self) -> dict[str, Any]:
        return {
            "optimizer_map": registry.optimizers.serialize(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> MultiOptimizer:
        """Create an optimizer from the arguments in `config`."""
        mapped = registry.optimizers.deserialize(config["optimizer_map"], custom_objects)
        return cls(**{**config, "optimizer_map": mapped})


def _inner(optimizer: Any, what: str) -> Optimizer:
    """Raise a ValueError unless `optimizer` is an optimizer that is not a wrapper."""
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(
            f"Expected {what} to be an Optimizer other than LossScaleOptimizer and MultiOptimizer, got {optimizer!r}."
        )
    return optimizer
