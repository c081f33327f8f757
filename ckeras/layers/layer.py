"""The base of all layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ckeras import config, dtype_policies, regularizers
from ckeras.layers.dtype_policy import FollowsPolicy
from ckeras.layers.input_spec import check_inputs
from ckeras.layers.masks import fill_masks, pass_masks
from ckeras.layers.shapes import ShapeOf, as_leaf, as_shape, map_shapes, older_input_shape, shape_of
from ckeras.layers.signatures import default_training, parameters
from ckeras.layers.throwaway import throwaway_trace
from ckeras.layers.tracking import Tracker, entered, path_through
from ckeras.layers.unknown_sizes import symbolic_outputs
from ckeras.metrics import Mean
from ckeras.older_spellings import ARGUMENTS, translates
from ckeras.ops.control.operation import Operation, first_call, plain_arguments, remembers_arguments
from ckeras.ops.control.remat_scope import current_remat
from ckeras.saving.serialization import UnsafeConfigError
from ckeras.saving.state import holds_state
from ckeras.tensor import KerasTensor, Tensor, Variable, as_tensor, dtypes
from ckeras.tensor.graph import Node, record_call, without_nodes
from ckeras.tensor.masks import with_mask_of
from ckeras.tensor.stateless_scope import StatelessScope, loss_collector
from ckeras.tensor.string_tensor import StringTensor, holds_strings
from ckeras.tensor.structure import flatten, map_structure
from ckeras.tensor.variable import outside_trace, path_of
from ckeras.utils.naming import auto_name
from ckeras.utils.tracebacks import hides_own_frames, name_layer

scope = config.scope


def gives_arguments(get_config: Callable[..., dict]) -> Callable[..., dict]:
    """Mark a `get_config` that gives the arguments of `__init__` of any subclass."""
    get_config.gives_arguments = True  # type: ignore[attr-defined]
    return get_config


def _builds(build: Callable[..., None]) -> Callable[..., None]:
    """Wrap `build` to compute eagerly inside traces, and to mark the layer as built."""

    @wraps(build)
    def built(self: Layer, *args: Any, **kwargs: Any) -> None:
        with outside_trace(), path_through(self) as layers:
            self.__dict__["_layer_path"] = path_of(layers)
            if isinstance(self._dtype_policy, dtype_policies.DTypePolicyMap):
                self._follow_policy()  # the path may have another policy than the name had
            build(self, *args, **kwargs)
        others = {name: shape for name, shape in kwargs.items() if shape is not None}
        if len(args) == 1 and not others:
            self._build_config = args[0]
        elif len(args) == 1:
            self.__dict__["_build_shapes"] = {parameters(build)[1]: args[0], **others}
        self.built = True

    return built


@holds_state(name="layer")
@hides_own_frames("__call__")
class Layer(FollowsPolicy):
    """A function of tensors with state.

    A subclass makes its weights in `build(input_shape)` with `add_weight`, computes in `call(inputs, ...)` with
    `ckeras.ops`, and gives its arguments in `get_config()`. Layers and variables that it keeps as attributes, also in
    lists and dicts, are found.

    Args:
        activity_regularizer: regularizer of the output of `call`.
        trainable: whether its weights are trained.
        dtype: dtype of its weights and of its computation, or a dtype policy, its name or its config; the global
            policy if not given. Under a mixed policy weights and computation are float32, and floats that come out of
            the layer are of the policy's compute dtype.
        autocast: whether float inputs are converted to the dtype of the computation, and outputs under a mixed policy.
        name: generated from the class name if not given.

    >>> import ckeras
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), initializer="ones")
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scale()(ckeras.ops.ones((2, 3))).shape
    (2, 3)
    """

    built = False
    input_spec: Any = None
    input_shape, output_shape = ShapeOf("input"), ShapeOf("output")
    quantization_modes: tuple[str, ...] = ()  # that `quantize` takes
    _call_context_args: tuple[str, ...] = ()

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
        shape = older_input_shape(kwargs)
        if kwargs:
            raise ValueError(f"{type(self).__name__} got unknown arguments: {', '.join(map(repr, kwargs))}")
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(f"{type(self).__name__} expects name to be a string without '/', got {name!r}")
        self.name = auto_name(type(self).__name__) if name is None else name
        self.built = False
        self.autocast = autocast
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._trainable = bool(trainable)
        self._dtype_policy = dtype_policies.get(dtype)
        self._follow_policy()
        self._losses: list[Any] = []
        self._remat_mode = current_remat()
        self._build_config: Any = None
        self._inbound_nodes: list[Node] = []  # nodes of its symbolic calls
        self._outbound_nodes: list[Node] = []  # nodes that use their outputs
        if shape is not None:
            self._input_shape_arg = shape

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _builds(cls.build)
        if "__init__" in cls.__dict__ and hasattr(cls.get_config, "gives_arguments"):
            cls.__init__ = remembers_arguments(cls.__init__)
        if cls.__name__ in ARGUMENTS and cls.__module__.startswith("ckeras."):
            cls.__init__ = translates(cls.__name__)(cls.__init__)

    # -- losses

    def add_loss(self, loss: Any) -> None:
        """Add a scalar, computed in `call`, to the loss of the model."""
        for value in flatten(loss):
            self._keep_loss(as_tensor(value))

    def add_metric(self, value: Any, name: str | None = None, aggregation: str | None = None, **kwargs: Any) -> None:
        """Add a value, computed in `call`, to the metrics of the model: its mean over batches is in the logs.

        Layers of Keras 3 own metrics instead, and update them in `call`; this is for older scripts.

        Args:
            value: tensor of any shape.
            name: of the metric.
            aggregation: "mean" or None, which say the same here.

        Raises:
            ValueError: if there is no name, or another aggregation is asked for.
        """
        self._check_metric(name, aggregation, kwargs)
        if any(type(x) is KerasTensor for x in flatten(value)) and getattr(scope, "infers", False):
            self._added_metric(name)
            return
        self._added_metric(name).update_state(value)

    def _check_metric(self, name: str | None, aggregation: str | None, kwargs: dict[str, Any]) -> None:
        if not name or aggregation not in (None, "mean") or kwargs:
            raise ValueError(
                f"layer {self.name!r}: add_metric expects a name, and aggregation to be 'mean' or None, got "
                f"name={name!r}, aggregation={aggregation!r}{''.join(f', {k}={v!r}' for k, v in kwargs.items())}"
            )

    def _added_metric(self, name: str) -> Any:
        found = next((m for m in self._own_metrics() if m.name == name), None)
        if found is None:
            found = Mean(name=name)
            self._track(found)
        return found

    def _keep_loss(self, value: Tensor) -> None:
        collector = loss_collector()
        if collector is None:
            self._losses.append(value)
        else:
            collector.add_loss(value, self)

    @property
    def losses(self) -> list[Tensor]:
        """Losses from `add_loss` and activity regularizers in the last call, and regularization losses of weights."""
        collected = [loss for layer in self._flatten_layers() for loss in layer._losses]
        collector = loss_collector()
        if collector is not None:
            collected += collector.losses
        return collected + [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses.clear()

    # -- building and calling

    @_builds
    def build(self, input_shape: Any) -> None:
        """Create the weights for an input shape. Subclasses override it."""
        self.built = True

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Quantize the weights, if the layer can: `Dense`, `EinsumDense`, `Embedding` and `ReversibleEmbedding` can.

        Raises:
            NotImplementedError: if it cannot.
        """
        raise NotImplementedError(f"layer {self.name!r} ({type(self).__name__}) has no weights that are quantized")

    def quantized_build(self, *args: Any, **kwargs: Any) -> None:
        """Replace the weights by quantized ones; layers that can be quantized override it."""
        raise NotImplementedError(f"layer {self.name!r} ({type(self).__name__}) has no weights that are quantized")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output with quantized weights: what `call` does where they are."""
        if self.quantization_mode is None:
            raise ValueError(f"layer {self.name!r} is not quantized")
        return self.call(*args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Subclasses override it."""
        raise NotImplementedError(f"{type(self).__name__} has no call() method")

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the layer from the result of `get_build_config`."""
        if config and config.get("input_shape") is not None:
            self._build(as_shape(config["input_shape"]))
        elif config and config.get("shapes_dict") is not None:
            (_, first), *others = config["shapes_dict"].items()
            self._build(as_shape(first), {k.removesuffix("_shape"): as_shape(v) for k, v in others})

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the configuration with which `build_from_config` builds an equal layer."""
        if self._build_config is not None:
            return {"input_shape": self._build_config}
        shapes = self.__dict__.get("_build_shapes")  # of several arguments
        return None if shapes is None else {"shapes_dict": shapes}

    def _build(self, input_shape: Any, others: dict[str, Any] | None = None) -> None:
        names = parameters(type(self).build)
        if others and len(names) > 2:  # (self, x_shape, y_shape, ...)
            wanted = {f"{name}_shape": shape for name, shape in others.items()}
            self.build(input_shape, **{name: wanted[name] for name in names[2:] if name in wanted})
        else:
            self.build(input_shape)
        self.built = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the layer on the first call and compute the output, a symbolic one for symbolic tensors."""
        self._check_initialized()
        args, kwargs = self._prepared(args, kwargs)
        leaves = [x for x in flatten((args, kwargs)) if isinstance(x, Tensor)]
        first = args[0] if args else next(iter(kwargs.values()), None)
        self._check_inputs(first)
        names = parameters(type(self).call)
        outer, nested, above = (
            getattr(scope, "training", None), getattr(scope, "in_call", False), getattr(scope, "path", ()),
        )  # fmt: skip
        if not nested:
            self._clear_losses()
        explicit = kwargs.get("training") is not None
        training = self._training(names, args, kwargs, outer)
        mask = kwargs.get("mask")
        kwargs = fill_masks(names, args, kwargs)
        context = getattr(scope, "call_context", None)
        if self._call_context_args:
            self._enter_context(names, kwargs, context or {})
        scope.training, scope.in_call, scope.path = training, True, entered(above, self)
        try:
            if not self.built:
                given = {**dict(zip(names[2:], args[1:], strict=False)), **kwargs}
                shapes = {k: map_structure(shape_of, v) for k, v in given.items() if k != "training"}
                self._build(map_structure(shape_of, first), shapes)
                self._check_inputs(first)
            if any(type(x) is KerasTensor for x in leaves):
                return pass_masks(self, first, mask, self._call_symbolically(args, kwargs, explicit))
            call = self.call if self._remat_mode is None else self._remat_mode.wrap(self, self.call)
            outputs = call(*args, **kwargs)
            if self.activity_regularizer is not None:
                self._regularize_activity(outputs)
            return pass_masks(self, first, mask, self._in_compute_dtype(outputs))
        except Exception as error:
            name_layer(error, self, _described(first))
            raise
        finally:
            scope.training, scope.in_call, scope.path, scope.call_context = outer, nested, above, context

    def stateless_call(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Call the layer with other values of its variables, without changing the variables.

        Args:
            trainable_variables, non_trainable_variables: values in the order of the properties of that name.
            args, kwargs: those of the call.
            return_losses: whether to give the losses too.

        Returns:
            (outputs, the new values of the non-trainable variables), and the list of losses if asked for.
        """
        if not self.built:
            raise ValueError(f"layer {self.name!r} is not built, so stateless_call does not know its variables")
        pairs = []
        for name, given in (
            ("trainable_variables", trainable_variables), ("non_trainable_variables", non_trainable_variables),
        ):  # fmt: skip
            mine, given = getattr(self, name), list(given)
            if len(mine) != len(given):
                raise ValueError(
                    f"layer {self.name!r} has {len(mine)} {name}, and stateless_call got {len(given)} values of them"
                )
            pairs += zip(mine, given, strict=True)
        kept = [(layer, list(layer._losses)) for layer in self._flatten_layers()]
        try:
            with StatelessScope(pairs) as state:
                outputs = self(*args, **kwargs)
                losses = self.losses if return_losses else None
        finally:
            for layer, before in kept:
                layer._losses[:] = before
        updated = [state.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    def _training(self, names: tuple[str, ...], args: tuple, kwargs: dict[str, Any], outer: Any) -> Any:
        """Whether this call trains: its ``training`` argument, that of the enclosing call, or the default of `call`.

        The result is put into ``kwargs`` if `call` accepts it; `None` leaves the default of `call`.
        """
        position = names.index("training") - 1 if "training" in names else None
        if position is not None and position < len(args):
            return outer if args[position] is None else args[position]
        given = kwargs.pop("training", None)
        training = outer if given is None else given
        if position is not None:
            if training is None:
                training = default_training(type(self).call)
            if training is not None:
                kwargs["training"] = training
        return training

    def _prepared(self, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments with arrays turned into tensors, and floats into the layer's dtype."""
        dtype = self._dtype if self._computes_wider() else self._compute_dtype

        def convert(x: Any) -> Any:
            if isinstance(x, Variable):
                x = x.value
            elif isinstance(x, (np.ndarray, np.generic)):
                x = StringTensor(x) if holds_strings(x) else as_tensor(x)
            if self.autocast and isinstance(x, Tensor) and x.dtype in dtypes.FLOATS and x.dtype != dtype:
                x = with_mask_of(x.astype(dtype), x)
            return x

        if args and isinstance(args[0], (list, tuple)):
            args = (as_leaf(args[0]), *args[1:])
        return map_structure(convert, args), {k: map_structure(convert, v) for k, v in kwargs.items()}

    def _register_call_context_args(self, *names: str) -> None:
        """Let calls of the layer take further arguments, and pass them on to layers inside that register them too.

        A layer whose `call` has a parameter of that name receives it; others only pass it on. It is not in Keras's
        documented interface, but its guides for writing layers use it.
        """
        self._call_context_args = tuple(dict.fromkeys((*self._call_context_args, *names)))

    def _enter_context(self, names: tuple[str, ...], kwargs: dict[str, Any], outer: dict[str, Any]) -> None:
        """Take registered arguments from the call, or else from the calls around it."""
        found = {name: kwargs.pop(name, outer.get(name)) for name in self._call_context_args}
        found = {name: value for name, value in found.items() if value is not None}
        kwargs.update((name, value) for name, value in found.items() if name in names)
        scope.call_context = {**outer, **found}

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Infer the output for symbolic arguments, and record the call in their graph."""
        return self._call_symbolically(args, kwargs, explicit=True)

    def rematerialized_call(self, layer_call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Return ``layer_call`` as the rematerialization scope in which the layer was made wants it."""
        return layer_call if self._remat_mode is None else self._remat_mode.wrap(self, layer_call)

    def _call_symbolically(self, args: tuple, kwargs: dict[str, Any], explicit: bool) -> Any:
        """Record the call; ``training`` is part of it if the caller was ``explicit``, and else follows each run."""
        outputs = self.compute_output_spec(*args, **kwargs)
        if outputs is None:
            raise ValueError(f"layer {self.name!r}: call() of {type(self).__name__} returned None instead of a tensor")
        kept = kwargs if explicit else {k: v for k, v in kwargs.items() if k != "training"}
        return record_call(self, args, kept, outputs)

    def _check_inputs(self, inputs: Any) -> None:
        """Raise ValueError if the first argument of a call is not as `input_spec` says."""
        if self.input_spec is not None:
            check_inputs(self.input_spec, inputs, self.name)

    def _has_call(self) -> bool:
        return type(self).call is not Layer.call

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The masks of the outputs, given the inputs and their masks; by default those of the inputs.

        Called if `supports_masking` is true, as it is from the start in a class that overrides this method.
        """
        return previous_mask

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbolic results for symbolic arguments; state is left as it is."""
        with throwaway_trace():
            outputs = self._in_compute_dtype(symbolic_outputs(self.call, args, kwargs))
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
                self._keep_loss(self.activity_regularizer(y) / float(size or 1))

    @property
    def input(self) -> Any:
        """The symbolic tensor, or list of tensors, of the first symbolic call."""
        return first_call(self, "input")

    @property
    def output(self) -> Any:
        """The symbolic tensor, or list of tensors, that the first symbolic call returned."""
        return first_call(self, "output")

    # -- configuration

    @gives_arguments
    def get_config(self) -> dict[str, Any]:
        """Return the configuration for `from_config`."""
        dtype = dtype_policies.serialize(self._dtype_policy)
        config = {"name": self.name, "trainable": self._trainable, "dtype": dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if hasattr(type(self).get_config, "gives_arguments"):
            config |= plain_arguments(self, config)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """Create a layer from its configuration.

        Raises:
            TypeError: if the configuration has other arguments than the class, or values that it refuses.
        """
        if isinstance(config.get("dtype"), dict):  # a dtype policy, as Keras writes it
            policy = config["dtype"]
            named = policy["config"].get("name")
            config = {**config, "dtype": dtype_policies.deserialize(policy) if named is None else named}
        try:
            return cls(**config)
        except UnsafeConfigError:
            raise
        except (TypeError, ValueError) as error:
            raise TypeError(f"{cls.__name__} cannot be created from its configuration {config}: {error}") from error

    def __getstate__(self) -> dict[str, Any]:
        return without_nodes(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.__dict__.get('built', False)}>"


Operation.register(Layer)


def _described(inputs: Any) -> str:
    """Shapes and dtypes of what a layer was called on, for an error."""
    kinds = [f"{x.shape} {x.dtype}" if isinstance(x, Tensor) else type(x).__name__ for x in flatten(inputs)]
    return ", ".join(kinds[:8]) + (", ..." if len(kinds) > 8 else "")
