"""Functions with gradients of their own, and recomputation in the backward pass."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ckeras import config
from ckeras.autograd import GradientTape
from ckeras.compiler.body import tracing
from ckeras.ops.control.cond import choose, is_symbolic
from ckeras.ops.control.operation import FunctionCall, values_of
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.creation import zeros_like
from ckeras.tensor import KerasTensor, Op, Spec, Tensor, TracedTensor, Variable
from ckeras.tensor.eager import constant
from ckeras.tensor.graph import record_call
from ckeras.tensor.scopes import StatelessScope
from ckeras.tensor.structure import flatten, map_structure, pack

scope = config.scope

# -- custom -------------------------------------------------------------------------------------------------------
# The outputs are the last inputs; their gradient by the first ``count`` inputs is what ``gradients`` says. A plan has
# no trace of it left.


def _custom_joint(g: list[Any], y: list[Tensor], inputs: list[Tensor], wanted: list[int], attrs: Any) -> list[Any]:
    own = [i for i in wanted if i < attrs["count"]]
    parts = attrs["gradients"](g, y, inputs[: attrs["count"]], own)
    return [*parts, *[None] * (len(wanted) - len(own))]


_custom = Op(
    "custom",
    lambda *inputs, count, gradients: [Spec(x.shape, x.dtype) for x in inputs[count:]],
    joint=_custom_joint,
    nested=lambda inputs, outputs, attrs: None,
)


def _attach(inputs: Sequence[Tensor], outputs: Sequence[Tensor], gradients: Callable[..., list[Any]]) -> list[Tensor]:
    """The outputs, as tensors whose gradient by the inputs is ``gradients(g, outputs, inputs, wanted)``."""
    tapes = getattr(scope, "tapes", ())
    if not tapes or not outputs:
        return list(outputs)
    attrs = {"count": len(inputs), "gradients": gradients}
    if any(type(x) is TracedTensor for x in (*inputs, *outputs)):
        return _custom(*inputs, *outputs, **attrs)
    fresh = [Tensor(y._array, y.dtype, y._borrowed) for y in outputs]
    for tape in tapes:
        tape.record(_custom, [*inputs, *outputs], attrs, fresh)
    return fresh


def _tensors_of(structure: Any) -> list[Tensor]:
    return [x for x in flatten(structure) if isinstance(x, Tensor)]


# -- custom_gradient ----------------------------------------------------------------------------------------------


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with the gradient that it says it has.

    Args:
        f: gives a pair: the output (a tensor or a structure), and a function of the output's cotangent that gives the
            cotangent of each tensor among the positional arguments (a tuple, or the one). It is called with one
            argument of the output's structure; with a tensor for each output, if that is what it takes; or, where it
            has a keyword ``upstream`` without a default, with the arguments of ``f`` and the cotangent under that name.

    Returns:
        a function of the same arguments that gives the output. Written in ops, its gradient can be differentiated too.

    >>> import ckeras
    >>> @custom_gradient
    ... def halved(x):
    ...     return x, lambda upstream: upstream * 0.5
    >>> x = ckeras.ops.convert_to_tensor(3.0)
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = halved(x)
    >>> float(y), float(tape.gradient(y, x))
    (3.0, 0.5)
    """

    @wraps(f)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = values_of((args, kwargs))
        found = f(*args, **kwargs)
        if not isinstance(found, (list, tuple)) or len(found) != 2 or not callable(found[1]):
            raise ValueError(
                f"custom_gradient expects {_name(f)} to give a pair (output, gradient function), got {found!r:.80}"
            )
        output, gradient = values_of(found[0]), found[1]
        if is_symbolic((args, kwargs)):
            return record_call(FunctionCall(differentiated, _name(f)), args, kwargs, output)
        leaves = flatten(args)
        inputs, outputs = _tensors_of(args), _tensors_of(output)

        def gradients(g: list[Any], y: list[Tensor], xs: list[Tensor], wanted: list[int]) -> list[Any]:
            upstream = iter([zeros_like(y[i]) if v is None else v for i, v in enumerate(g)])
            cotangent = map_structure(lambda t: next(upstream) if isinstance(t, Tensor) else t, output)
            given = iter(xs)
            arguments = [next(given) if isinstance(x, Tensor) else x for x in leaves]
            parts = _upstream_call(gradient, pack(args, arguments), cotangent)
            parts = flatten(parts) if isinstance(parts, (list, tuple, dict)) else [parts]
            if len(parts) == len(leaves):
                parts = [part for part, x in zip(parts, leaves, strict=True) if isinstance(x, Tensor)]
            if len(parts) != len(inputs):
                raise ValueError(
                    f"custom_gradient expects the gradient function of {_name(f)} to give {len(inputs)} tensors, one "
                    f"for each argument, got {len(parts)}"
                )
            return [_checked(parts[i], xs[i], f) for i in wanted]

        attached = iter(_attach(inputs, outputs, gradients))
        return map_structure(lambda t: next(attached) if isinstance(t, Tensor) else t, output)

    return differentiated


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _checked(part: Any, x: Tensor, f: Callable[..., Any]) -> Tensor | None:
    """A gradient that was given for ``x``."""
    if part is None:
        return None
    part = elementwise.cast(part, x.dtype)
    if part.shape != x.shape:
        raise ValueError(
            f"custom_gradient expects the gradient function of {_name(f)} to give a tensor of the shape {x.shape} of "
            f"the argument, got {part.shape}"
        )
    return part


def _upstream_call(gradient: Callable[..., Any], args: tuple, cotangent: Any) -> Any:
    """Call a gradient function in the way that its parameters ask for."""
    parameters = list(inspect.signature(gradient).parameters.values())
    if any(p.name == "upstream" and p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters):
        return gradient(*args, upstream=cotangent)
    needed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    if len(needed) > 1 and isinstance(cotangent, (list, tuple)):
        return gradient(*cotangent)
    return gradient(cotangent)


# -- remat --------------------------------------------------------------------------------------------------------


class _Watch:
    """In the place of tapes that shall not keep the steps of a function: notes what it uses of theirs."""

    def __init__(self, tapes: Sequence[Any]):
        self.tapes = tapes
        self.used: dict[int, Tensor] = {}
        self.read_values: dict[int, tuple[Variable, Tensor]] = {}

    def read(self, variable: Variable, tensor: Tensor) -> None:
        """A variable is read."""
        self.read_values.setdefault(id(variable), (variable, tensor))
        for tape in self.tapes:
            tape.read(variable, tensor)

    def record(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any], result: Any) -> None:
        """An op is run."""
        for x in inputs:
            if self.tracks(x):
                self.used[id(x)] = x

    def tracks(self, tensor: Tensor) -> bool:
        """Whether a tape differentiates by ``tensor``."""
        return any(tape.tracks(tensor) for tape in self.tapes)


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, of which nothing is kept for the backward pass but its arguments: it is computed again there.

    That takes less memory and more time (Chen et al., 2016, "Training Deep Nets with Sublinear Memory Cost"). Results
    and gradients are the same; random numbers are drawn as they were the first time.

    Args:
        f: a function, or a layer.
    """

    @wraps(f, updated=())
    def rematerialized(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = values_of((args, kwargs))
        if is_symbolic((args, kwargs)):
            return record_call(FunctionCall(rematerialized, _name(f)), args, kwargs, f(*args, **kwargs))
        tapes = getattr(scope, "tapes", ())
        if not tapes:
            return f(*args, **kwargs)
        if not tracing():
            return _remat_now(f, args, kwargs, tapes)
        leaves, owners = flatten((args, kwargs)), []

        def run(*tensors: Tensor) -> Any:
            given = iter(tensors)
            inner = pack((args, kwargs), [next(given) if isinstance(x, Tensor) else x for x in leaves])
            output, losses, owners[:] = _run_apart(f, *inner)
            return output, losses

        output, losses = choose("remat", constant(0), [run], _tensors_of((args, kwargs)))
        for loss, owner in zip(losses, owners, strict=True):
            owner.add_loss(loss)
        return output

    return rematerialized


def _run_apart(f: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, list[Tensor], list[Any]]:
    """What ``f`` gives, and the losses that layers add in it, with the layers, which do not keep them."""
    with StatelessScope(collect_losses=True) as state:
        output = values_of(f(*args, **kwargs))
    for variable, value in state.values():
        variable.assign(value)
    return output, state.losses, state.owners


def _remat_now(f: Callable[..., Any], args: Any, kwargs: Any, tapes: Sequence[Any]) -> Any:
    """Run ``f`` outside of the tapes, which record the whole of it as one call."""
    watch = _Watch(tapes)
    scope.tapes = (watch,)
    try:
        output, losses, owners = _run_apart(f, args, kwargs)
    finally:
        scope.tapes = tapes
    for x in _tensors_of((args, kwargs, output)):
        if watch.tracks(x):
            watch.used[id(x)] = x
    state = list(watch.read_values.values())
    training = getattr(scope, "training", None)

    def gradients(g: list[Any], y: list[Tensor], xs: list[Tensor], wanted: list[int]) -> list[Any]:
        sources = [xs[i] for i in wanted]
        outer, nested = getattr(scope, "training", None), getattr(scope, "in_call", False)
        scope.training, scope.in_call = training, True
        try:
            with GradientTape() as tape, StatelessScope(state):
                tape.watch(sources)
                again, losses, _ = _run_apart(f, args, kwargs)
        finally:
            scope.training, scope.in_call = outer, nested
        again = [*_tensors_of(again), *losses]
        given = [i for i, v in enumerate(g) if v is not None]
        return list(tape.gradient([again[i] for i in given], sources, [g[i] for i in given]))

    attached = _attach(list(watch.used.values()), [*_tensors_of(output), *losses], gradients)
    for loss, owner in zip(attached[len(attached) - len(losses) :], owners, strict=True):
        owner.add_loss(loss)
    remaining = iter(attached)
    return map_structure(lambda t: next(remaining) if isinstance(t, Tensor) else t, output)


def remat_call(layer: Any, call: Callable[..., Any], mode: Any) -> Callable[..., Any]:
    """``call`` of a layer that was made in a `RematScope`, as that asks for."""
    if mode.mode == "full" or (mode.mode == "list_of_layers" and layer.name in mode.layer_names):
        return remat(call)
    if mode.mode == "larger_than":

        def measured(*args: Any, **kwargs: Any) -> Any:
            symbols = map_structure(lambda x: KerasTensor(*x.spec) if isinstance(x, Tensor) else x, (args, kwargs))
            shapes = [x.shape for x in _tensors_of(layer.compute_output_spec(*symbols[0], **symbols[1]))]
            size = sum(int(np.prod([d or 1 for d in shape], dtype=np.int64)) for shape in shapes)
            return (remat(call) if size > mode.output_size_threshold else call)(*args, **kwargs)

        return measured
    if mode.mode == "activations" and callable(layer.__dict__.get("activation")):

        def swapped(*args: Any, **kwargs: Any) -> Any:
            activation = layer.__dict__["activation"]
            layer.__dict__["activation"] = remat(activation)
            try:
                return call(*args, **kwargs)
            finally:
                layer.__dict__["activation"] = activation

        return swapped
    return call
