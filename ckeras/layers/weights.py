"""The weights of a layer: made, listed, read and assigned."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from ckeras import constraints, initializers, regularizers
from ckeras.layers.shapes import is_shape
from ckeras.layers.tracking import Tracker, path_through
from ckeras.tensor import Variable, dtypes


class Weights(Tracker):
    """Base class of `Layer` that owns its weights and lists those of the layers inside."""

    name: str
    built: bool
    _dtype: str
    _trainable: bool

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of the layer.

        Args:
            shape: a tuple; () for a scalar.
            initializer: anything `ckeras.initializers.get` takes; Glorot's uniform for floats, zeros for others.
            dtype: the layer's if not given.
            trainable: whether optimizers update it.
            autocast: stored on the variable for mixed dtype policies.
            regularizer, constraint: as for `ckeras.regularizers.get` and `ckeras.constraints.get`.
            aggregation: stored on the variable; it has no effect, since there are no replicas on one CPU.
            overwrite_with_gradient: whether an optimizer assigns the gradient instead of applying it.
            name: of the variable.
        """
        self._check_initialized()
        shape = () if shape is None else shape
        if not is_shape(shape) or None in shape:
            raise ValueError(f"layer {self.name!r}: add_weight expects shape to be a tuple of integers, got {shape!r}")
        shape = tuple(shape)
        dtype = self._dtype if dtype is None else dtypes.standardize(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype in dtypes.FLOATS else "zeros"
        with path_through(self):
            variable = Variable(
                initializers.get(initializer), shape, dtype, trainable, autocast, aggregation=aggregation, name=name
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track(variable)
        variable.trainable = trainable and self._trainable
        return variable

    def add_variable(self, *args: Any, **kwargs: Any) -> Variable:
        """Alias of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    @property
    def variables(self) -> list[Variable]:
        """All variables: weights, and the states of random generators and metrics."""
        return _unique(v for layer in self._flatten_layers() for v in layer._all_variables())

    @property
    def weights(self) -> list[Variable]:
        """The variables that are saved: all but those of metrics and random generators."""
        return _unique(v for layer in self._flatten_layers() for v in layer._weights())

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables an optimizer updates."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that an optimizer does not update."""
        trained = {id(v) for v in self.trainable_weights}
        return [v for v in self.variables if id(v) not in trained]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights an optimizer updates; none if the layer, or the one that holds it, is not trainable."""
        if not self._trainable:
            return []
        own = [v for v in self._weights() if v.trainable]
        return _unique(itertools.chain(own, *(layer.trainable_weights for layer in self._sublayers())))

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that an optimizer does not update."""
        trained = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in trained]

    @property
    def trainable(self) -> bool:
        """Whether the layer's weights are trained; setting it sets it for all layers inside, and their weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._flatten_layers():
            layer._trainable = bool(value)
            for variable in layer._variables[: layer._trainable_count]:
                variable.trainable = bool(value)

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of the values of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Assign `weights` in order; nothing is assigned unless number and shapes all fit."""
        mine, given = self.weights, [np.asarray(w) for w in weights]
        if len(mine) != len(given):
            raise ValueError(f"layer {self.name!r} has {len(mine)} weights, and set_weights got {len(given)}")
        for v, w in zip(mine, given, strict=True):
            if v.shape != w.shape:
                raise ValueError(
                    f"layer {self.name!r}: weight {v.path!r} has shape {v.shape}, set_weights got {w.shape}"
                )
            if not dtypes.holds_numbers(w.dtype):
                raise TypeError(f"layer {self.name!r}: weight {v.path!r} holds numbers, set_weights got {w.dtype}")
        for v, w in zip(mine, given, strict=True):
            v.assign(w)

    def count_params(self) -> int:
        """The number of elements of all weights."""
        if not self.built:
            raise ValueError(
                f"layer {self.name!r} is not built, so its weights are not known yet; call it on data first"
            )
        return sum(v.size for v in self.weights)

    @property
    def path(self) -> str:
        """The names of the layers that hold it and its own, joined by "/", as they were when it was built."""
        return self.__dict__.get("_layer_path") or self.name

    @property
    def metrics(self) -> list[Any]:
        """The metrics kept by the layer and the layers inside."""
        return list({id(m): m for layer in self._flatten_layers() for m in layer._own_metrics()}.values())

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of `metrics`."""
        return [v for metric in self.metrics for v in metric.variables]


def _unique(variables: Iterable[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())
