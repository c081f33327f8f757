"""Functions with custom gradients."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from ckeras import config
from ckeras.autograd.tape import conjugated
from ckeras.ops.control.cond import is_symbolic
from ckeras.ops.control.operation import FunctionCall, values_of
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.creation import zeros_like
from ckeras.tensor import Op, Spec, Tensor, TracedTensor
from ckeras.tensor.graph import record_call
from ckeras.tensor.structure import flatten, map_structure, pack

scope = config.scope

# -- custom ------------------------------------------------------------------------------------------------------- The
# outputs are the last inputs; ``gradients`` gives their gradient with respect to the first ``count`` inputs. Plans do
# not contain this op.


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


def attach(inputs: Sequence[Tensor], outputs: Sequence[Tensor], gradients: Callable[..., list[Any]]) -> list[Tensor]:
    """The outputs as tensors whose gradient with respect to the inputs is ``gradients(g, outputs, inputs, wanted)``."""
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


def tensors_of(structure: Any) -> list[Tensor]:
    return [x for x in flatten(structure) if isinstance(x, Tensor)]


# -- custom_gradient ----------------------------------------------------------------------------------------------


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function that defines its own gradient.

    Args:
        f: returns a pair: the output (a tensor or a structure), and a function that maps the cotangent of the output to
            the cotangent of each tensor among the positional arguments (a tuple, or a single one). That function is
            called with one argument of the output's structure; with one argument per output, if it takes that many; or,
            if it has a keyword ``upstream`` without a default, with the arguments of ``f`` and the cotangent as
            ``upstream``.

    Returns:
        a function of the same arguments that returns the output. If the gradient is written in ops, it is
        differentiable too.

    >>> import ckeras
    >>> @custom_gradient
    ... def halved(x):
    ...     return x, lambda upstream: upstream * 0.5
    >>> x = ckeras.ops.convert_to_tensor(3.0)
    >>> with ckeras.GradientTape() as tape:
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
                f"custom_gradient expects {name_of(f)} to give a pair (output, gradient function), got {found!r:.80}"
            )
        output, gradient = values_of(found[0]), found[1]
        if is_symbolic((args, kwargs)):
            return record_call(FunctionCall(differentiated, name_of(f)), args, kwargs, output)
        leaves = flatten(args)
        inputs, outputs = tensors_of(args), tensors_of(output)

        def gradients(g: list[Any], y: list[Tensor], xs: list[Tensor], wanted: list[int]) -> list[Any]:
            upstream = iter([zeros_like(y[i]) if v is None else conjugated(v) for i, v in enumerate(g)])
            cotangent = map_structure(lambda t: next(upstream) if isinstance(t, Tensor) else t, output)
            given = iter(xs)
            arguments = [next(given) if isinstance(x, Tensor) else x for x in leaves]
            parts = _upstream_call(gradient, pack(args, arguments), cotangent)
            parts = flatten(parts) if isinstance(parts, (list, tuple, dict)) else [parts]
            if len(parts) == len(leaves):
                parts = [part for part, x in zip(parts, leaves, strict=True) if isinstance(x, Tensor)]
            if len(parts) != len(inputs):
                raise ValueError(
                    f"custom_gradient expects the gradient function of {name_of(f)} to give {len(inputs)} tensors, one "
                    f"for each argument, got {len(parts)}"
                )
            return [conjugated(_checked(parts[i], xs[i], f)) for i in wanted]

        attached = iter(attach(inputs, outputs, gradients))
        return map_structure(lambda t: next(attached) if isinstance(t, Tensor) else t, output)

    return differentiated


def name_of(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _checked(part: Any, x: Tensor, f: Callable[..., Any]) -> Tensor | None:
    """Check a gradient that was returned for ``x``."""
    if part is None:
        return None
    part = elementwise.cast(part, x.dtype)
    if part.shape != x.shape:
        raise ValueError(
            f"custom_gradient expects the gradient function of {name_of(f)} to give a tensor of the shape {x.shape} of "
            f"the argument, got {part.shape}"
        )
    return part


def _upstream_call(gradient: Callable[..., Any], args: tuple, cotangent: Any) -> Any:
    """Call a gradient function by the convention that its parameters select."""
    parameters = list(inspect.signature(gradient).parameters.values())
    if any(p.name == "upstream" and p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters):
        return gradient(*args, upstream=cotangent)
    needed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    if len(needed) > 1 and isinstance(cotangent, (list, tuple)):
        return gradient(*cotangent)
    return gradient(cotangent)
