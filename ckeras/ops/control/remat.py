"""Rematerialization: computing again in the backward pass instead of keeping intermediate values."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ckeras import config
from ckeras.autograd import GradientTape
from ckeras.compiler.body import tracing
from ckeras.ops.control.cond import choose, is_symbolic
from ckeras.ops.control.differentiation import attach, name_of, tensors_of
from ckeras.ops.control.operation import FunctionCall, values_of
from ckeras.ops.control.remat_scope import RematScope
from ckeras.tensor import KerasTensor, Op, Tensor, Variable
from ckeras.tensor.eager import constant
from ckeras.tensor.graph import inferring, record_call
from ckeras.tensor.stateless_scope import StatelessScope
from ckeras.tensor.structure import flatten, map_structure, pack

scope = config.scope


class _Watch:
    """Replaces the active tapes while a rematerialized function runs: records which of their tensors it uses."""

    def __init__(self, tapes: Sequence[Any]):
        self.tapes = tapes
        self.used: dict[int, Tensor] = {}
        self.read_values: dict[int, tuple[Variable, Tensor]] = {}

    def read(self, variable: Variable, tensor: Tensor) -> None:
        """Record that a variable is read."""
        self.read_values.setdefault(id(variable), (variable, tensor))
        for tape in self.tapes:
            tape.read(variable, tensor)

    def record(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any], result: Any) -> None:
        """Record that an op is run."""
        for x in inputs:
            if self.tracks(x):
                self.used[id(x)] = x

    def tracks(self, tensor: Tensor) -> bool:
        """Whether a tape watches ``tensor``."""
        return any(tape.tracks(tensor) for tape in self.tapes)


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``f`` so that only its arguments are stored for the backward pass, which recomputes it.

    This saves memory at the cost of time (Chen et al., 2016, "Training Deep Nets with Sublinear Memory Cost"). Results
    and gradients do not change; the recomputation uses the same random numbers.

    Args:
        f: a function, or a layer.
    """

    @wraps(f, updated=())
    def rematerialized(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = values_of((args, kwargs))
        if is_symbolic((args, kwargs)):
            with inferring():
                outputs = f(*args, **kwargs)
            return record_call(FunctionCall(rematerialized, name_of(f)), args, kwargs, outputs)
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

        output, losses = choose("remat", constant(0), [run], tensors_of((args, kwargs)))
        for loss, owner in zip(losses, owners, strict=True):
            owner.add_loss(loss)
        return output

    return rematerialized


def _run_apart(f: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, list[Tensor], list[Any]]:
    """Run ``f``; return its result and the losses that layers added in it, removed from the layers."""
    with StatelessScope(collect_losses=True) as state:
        output = values_of(f(*args, **kwargs))
    for variable, value in state.values():
        variable.assign(value)
    return output, state.losses, state.owners


def _remat_now(f: Callable[..., Any], args: Any, kwargs: Any, tapes: Sequence[Any]) -> Any:
    """Run ``f`` without the tapes, and record it on them as one call."""
    watch = _Watch(tapes)
    scope.tapes = (watch,)
    try:
        output, losses, owners = _run_apart(f, args, kwargs)
    finally:
        scope.tapes = tapes
    for x in tensors_of((args, kwargs, output)):
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
        again = [*tensors_of(again), *losses]
        given = [i for i, v in enumerate(g) if v is not None]
        return list(tape.pullback([again[i] for i in given], sources, [g[i] for i in given]))

    attached = attach(list(watch.used.values()), [*tensors_of(output), *losses], gradients)
    for loss, owner in zip(attached[len(attached) - len(losses) :], owners, strict=True):
        owner.add_loss(loss)
    remaining = iter(attached)
    return map_structure(lambda t: next(remaining) if isinstance(t, Tensor) else t, output)


def _rematerialize(layer: Any, call: Callable[..., Any], mode: Any) -> Callable[..., Any]:
    """Wrap the ``call`` of a layer that was created in a `RematScope`, by the mode of the scope."""
    if mode.mode == "full" or (mode.mode == "list_of_layers" and layer.name in mode.layer_names):
        return remat(call)
    if mode.mode == "larger_than":

        def measured(*args: Any, **kwargs: Any) -> Any:
            symbols = map_structure(lambda x: KerasTensor(*x.spec) if isinstance(x, Tensor) else x, (args, kwargs))
            shapes = [x.shape for x in tensors_of(layer.compute_output_spec(*symbols[0], **symbols[1]))]
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


RematScope.rematerialize = staticmethod(_rematerialize)
