"""The base of all layers."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from ckeras import config, constraints, initializers, regularizers
from ckeras.autograd import KerasTensor, Tensor, Variable, as_tensor, dtypes
from ckeras.autograd.structure import flatten, map_structure
from ckeras.autograd.variable import outside_trace
from ckeras.compiler.trace import Trace
from ckeras.layers.input_spec import check_inputs
from ckeras.layers.tracking import Tracker
from ckeras.utils.naming import auto_name

scope = config.scope
_versions = itertools.count(1)


class Layer(Tracker):
    """A function of tensors with state.

    A subclass makes its weights in `build(input_shape)` with `add_weight`, computes in `call(inputs, ...)` with
    `ckeras.ops`, and gives its arguments in `get_config()`. Layers and variables that it keeps as attributes, also in
    lists and dicts, are found.

    Args:
        activity_regularizer: a regularizer of what `call` returns.
        trainable: whether its weights are trained.
        dtype: dtype of its weights and of its computation; the default float type if not given.
        autocast: whether float inputs are converted to that dtype.
        name: made from the class's name if not given.

    >>> import ckeras
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), initializer="ones")
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scale()(ckeras.ops.ones((2, 3))).shape
    (2, 3)
    """

    _version = 0  # grows when an attribute of a layer that was built changes, which makes compiled plans stale

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        Tracker.__init__(self)
        shape = _older_input_shape(kwargs)
        if kwargs:
            raise ValueError(f"{type(self).__name__} got unknown arguments: {', '.join(map(repr, kwargs))}")
        self.name = auto_name(type(self).__name__) if name is None else name
        if not isinstance(self.name, str):
            raise TypeError(f"{type(self).__name__} expects name to be a string, got {name!r}")
        self.built = False
        self.autocast = autocast
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.input_spec: Any = None
        self.supports_masking = False
        self._trainable = bool(trainable)
        self._dtype = dtypes.standardize(dtype)
        self._losses: list[Any] = []
        self._build_config: Any = None
        self._output: Any = None
        self._input: Any = None
        if shape is not None:
            self._input_shape_arg = shape

    # -- weights

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
            autocast: kept on the variable for mixed dtype policies.
            regularizer, constraint: anything the tables of that name take.
            aggregation: kept on the variable; there are no replicas on one CPU.
            overwrite_with_gradient: whether an optimizer assigns the gradient instead of applying it.
            name: of the variable.
        """
        self._check_initialized()
        shape = () if shape is None else tuple(shape)
        if any(d is None for d in shape):
            raise ValueError(f"layer {self.name!r}: a weight has a known shape, got {shape}")
        dtype = self._dtype if dtype is None else dtypes.standardize(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype in dtypes.FLOATS else "zeros"
        variable = Variable(
            initializers.get(initializer), shape, dtype, trainable, autocast, aggregation=aggregation, name=name
        )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        if overwrite_with_gradient:
            variable.overwrite_with_gradient = True
        self._track(variable)
        return variable

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
        """The variables an optimizer leaves alone."""
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
        """The weights an optimizer leaves alone."""
        trained = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in trained]

    @property
    def trainable(self) -> bool:
        """Whether the layer's weights are trained; setting it sets it for all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._flatten_layers():
            layer._trainable = bool(value)
        Layer._version = next(_versions)

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights`, copied."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Assign `weights` in order; nothing is assigned unless number and shapes all fit."""
        mine, given = self.weights, [np.asarray(w) for w in weights]
        if len(mine) != len(given):
            raise ValueError(f"layer {self.name!r} has {len(mine)} weights, and set_weights got {len(given)}")
        for v, w in zip(mine, given, strict=True):
            if v.shape != w.shape:
                raise ValueError(f"layer {self.name!r}: weight {v.path!r} has shape {v.shape}, set_weights got {w.shape}")
        for v, w in zip(mine, given, strict=True):
            v.assign(w)

    def count_params(self) -> int:
        """The number of elements of all weights."""
        if not self.built:
            raise ValueError(f"layer {self.name!r} is not built, so its weights are not known yet; call it on data first")
        return sum(v.size for v in self.weights)

    # -- losses

    def add_loss(self, loss: Any) -> None:
        """Add a scalar, computed in `call`, to the loss of the model."""
        for value in flatten(loss):
            self._losses.append(as_tensor(value))

    @property
    def losses(self) -> list[Tensor]:
        """What `add_loss` and the activity regularizers gave in the last call, and the weights' regularization."""
        collected = [loss for layer in self._flatten_layers() for loss in layer._losses]
        return collected + [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses.clear()

    # -- building and calling

    @property
    def dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self._dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the layer's computation."""
        return self._dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self._dtype

    def build(self, input_shape: Any) -> None:
        """Make the weights, knowing the shape of the input. To be overridden."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. To be overridden."""
        raise NotImplementedError(f"{type(self).__name__} has no call() method")

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build as `get_build_config` says."""
        if config and config.get("input_shape") is not None:
            self._build(_as_shape(config["input_shape"]))

    def get_build_config(self) -> dict[str, Any] | None:
        """What `build_from_config` needs to build an equal layer."""
        return None if self._build_config is None else {"input_shape": self._build_config}

    def _build(self, input_shape: Any) -> None:
        with outside_trace():
            self.build(input_shape)
        self._build_config = input_shape
        self.built = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build on the first call, and compute. On symbolic tensors the result is symbolic."""
        self._check_initialized()
        args, kwargs = self._prepared(args, kwargs)
        leaves = [x for x in flatten((args, kwargs)) if isinstance(x, Tensor)]
        first = args[0] if args else next(iter(kwargs.values()), None)
        if self.input_spec is not None:
            check_inputs(self.input_spec, first, self.name)
        if not self.built:
            self._build(map_structure(_shape_of, first))
            if self.input_spec is not None:
                check_inputs(self.input_spec, first, self.name)
        takes_training = "training" in _parameters(type(self).call)
        outer, nested = getattr(scope, "training", None), getattr(scope, "in_call", False)
        if not nested:
            self._clear_losses()
        given = kwargs.get("training")
        training = outer if given is None else bool(given)
        if takes_training:
            kwargs["training"] = bool(training)
        elif "training" in kwargs:
            del kwargs["training"]
        scope.training, scope.in_call = training, True
        try:
            if any(type(x) is KerasTensor for x in leaves):
                return self._call_symbolically(args, kwargs)
            outputs = self.call(*args, **kwargs)
        finally:
            scope.training, scope.in_call = outer, nested
        if self.activity_regularizer is not None:
            self._regularize_activity(outputs)
        return outputs

    def _prepared(self, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments with arrays turned into tensors, and floats into the layer's dtype."""

        def convert(x: Any) -> Any:
            if isinstance(x, Variable):
                x = x.value
            elif isinstance(x, (np.ndarray, np.generic)):
                x = as_tensor(x)
            if self.autocast and isinstance(x, Tensor) and x.dtype in dtypes.FLOATS and x.dtype != self._dtype:
                x = x.astype(self._dtype)
            return x

        if args and isinstance(args[0], (list, tuple)) and _is_numbers(args[0]):
            args = (as_tensor(args[0]), *args[1:])
        return map_structure(convert, args), {k: map_structure(convert, v) for k, v in kwargs.items()}

    def _call_symbolically(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        outputs = self.compute_output_spec(*args, **kwargs)
        node = SymbolicCall(self, args, kwargs)
        results = map_structure(
            lambda x: KerasTensor(x.shape, x.dtype, history=node) if isinstance(x, Tensor) else x, outputs
        )
        node.outputs = flatten(results)
        self._input, self._output = args[0] if args else None, results
        return results

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic results for symbolic arguments; state is left as it is."""
        with throwaway_trace():
            outputs = self.call(*args, **kwargs)
        self._clear_losses()
        return outputs

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for an input of this shape (the batch may be `None`)."""
        shape = args[0] if args else next(iter(kwargs.values()))
        symbols = map_shapes(lambda s: KerasTensor(s, self.compute_dtype), shape)
        if not self.built:
            self._build(shape)
        return map_structure(lambda x: x.shape, self.compute_output_spec(symbols))

    def _regularize_activity(self, outputs: Any) -> None:
        for y in flatten(outputs):
            if isinstance(y, Tensor):
                # The sum over the batch, by its size, so that it does not depend on how data is cut into batches.
                size = y.shape[0] if y.shape else 1
                self._losses.append(self.activity_regularizer(y) / float(size or 1))

    @property
    def input(self) -> Any:
        """The symbolic input of the last symbolic call."""
        if self._input is None:
            raise AttributeError(f"layer {self.name!r} has not been called on a symbolic tensor, so it has no input")
        return self._input

    @property
    def output(self) -> Any:
        """The symbolic output of the last symbolic call."""
        if self._output is None:
            raise AttributeError(f"layer {self.name!r} has not been called on a symbolic tensor, so it has no output")
        return self._output

    # -- configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that `from_config` makes the layer again from."""
        config = {"name": self.name, "trainable": self._trainable, "dtype": self._dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if type(self).get_config is Layer.get_config:
            own = set(_parameters(type(self).__init__)) - set(_parameters(Layer.__init__)) - {"self", "args", "kwargs"}
            if own:
                raise NotImplementedError(
                    f"{type(self).__name__} takes the arguments {sorted(own)}; give it a get_config() that returns them"
                )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """A new layer with this configuration."""
        return cls(**config)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get("built") and name in self.__dict__ and name[0] != "_" and name != "built":
            Layer._version = next(_versions)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.__dict__.get('built', False)}>"


class SymbolicCall:
    """A call of a layer on symbolic tensors: an edge of a model's graph."""

    def __init__(self, layer: Layer, args: tuple, kwargs: dict[str, Any]):
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.outputs: list[Any] = []


class throwaway_trace:
    """Ops on symbolic tensors run, and what they assign to variables is forgotten."""

    def __enter__(self) -> None:
        self._trace, self._tapes = getattr(scope, "trace", None), getattr(scope, "tapes", ())
        scope.trace, scope.tapes = Trace(), ()

    def __exit__(self, *exc: Any) -> None:
        scope.trace, scope.tapes = self._trace, self._tapes


def _unique(variables: Iterable[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())


@lru_cache(maxsize=None)
def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _shape_of(x: Any) -> Any:
    return x.shape if isinstance(x, (Tensor, Variable)) else None


def _is_numbers(value: Any) -> bool:
    """Whether a (nested) list holds numbers alone, and so is one array."""
    while isinstance(value, (list, tuple)):
        if not value:
            return True
        value = value[0]
    return isinstance(value, (bool, int, float, np.number))


def is_shape(value: Any) -> bool:
    """Whether ``value`` is one shape, and not a structure of them."""
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, (int, np.integer)) for d in value)


def map_shapes(function: Callable[[tuple], Any], structure: Any) -> Any:
    """Apply ``function`` to each shape of a structure of shapes."""
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, dict):
        return {k: map_shapes(function, v) for k, v in structure.items()}
    return [map_shapes(function, v) for v in structure]


def _as_shape(value: Any) -> Any:
    return map_shapes(tuple, value)


def _older_input_shape(kwargs: dict[str, Any]) -> tuple[int | None, ...] | None:
    """The input's shape, batch included, from the arguments that named it before Keras 3."""
    batch = kwargs.pop("batch_size", None)
    full = kwargs.pop("batch_input_shape", kwargs.pop("batch_shape", None))
    shape = kwargs.pop("input_shape", None)
    size = kwargs.pop("input_dim", None)
    if full is not None:
        return tuple(full)
    if shape is None and size is not None:
        shape = (size,)
    if shape is None:
        return None
    return (batch, *((shape,) if isinstance(shape, int) else shape))


