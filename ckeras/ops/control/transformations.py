"""Function transformations: `jvp` and `vectorize`."""

import math
import re
from collections.abc import Callable
from typing import Any

from ckeras.autograd import GradientTape
from ckeras.compiler.trace import trace
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import stack
from ckeras.ops.manipulation.creation import ones_like, zeros, zeros_like
from ckeras.tensor import KerasTensor, Spec, Tensor, as_tensor
from ckeras.tensor.structure import flatten, map_structure, pack


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """Jacobian-vector product: the value of a function and its directional derivative.

    Args:
        fun: a function from tensors, or structures of them, to a tensor or a structure.
        primals: tuple of the arguments of ``fun``.
        tangents: the direction, in the structure and the shapes of ``primals``.
        has_aux: whether ``fun`` returns a pair, of which only the first part is differentiated.

    Returns (value, derivative), with ``has_aux`` followed by the second part of the pair.

    >>> value, derivative = jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(value), float(derivative)
    (9.0, 6.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp expects primals and tangents to be tuples or lists of the arguments")
    points, directions = ([as_tensor(x) for x in flatten(v)] for v in (primals, tangents))
    if [x.shape for x in points] != [t.shape for t in directions]:
        raise ValueError(
            f"jvp expects tangents of the shapes of primals, got {[t.shape for t in directions]} and "
            f"{[x.shape for x in points]}"
        )
    count = len(points)

    def directional(*tensors: Tensor) -> Any:
        return _directional(fun, primals, tensors[:count], tensors[count:], has_aux)

    if any(type(x) is KerasTensor for x in (*points, *directions)):
        return _later(directional, [*points, *directions])
    return directional(*points, *directions)


def _directional(fun: Callable[..., Any], primals: Any, points: Any, directions: Any, has_aux: bool) -> Any:
    # A copy of each, so that an argument that is given twice is two tensors.
    points = [elementwise.where(True, x, x) for x in points]
    # The gradient is linear in the weights of the results: the gradient of that function by the weights, with the
    # direction as its output gradients, is the derivative that is asked for (an adjoint's adjoint).
    with GradientTape(watch_accessed_variables=False) as outer:
        with GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(points)
            found = fun(*pack(primals, points))
            value, aux = found if has_aux else (found, None)
            results = [as_tensor(y) for y in flatten(value)]
        weights = [ones_like(y) for y in results]
        outer.watch(weights)
        gradients = inner.gradient(results, points, output_gradients=weights)
        pairs = [(g, t) for g, t in zip(gradients, directions, strict=True) if g is not None]
    slopes = outer.gradient([g for g, _ in pairs], weights, output_gradients=[t for _, t in pairs])
    slopes = [zeros_like(y) if v is None else v for y, v in zip(results, slopes, strict=True)]
    made = (pack(value, results), pack(value, slopes))
    return (*made, aux) if has_aux else made


_call = Composite("call_in_graph", lambda *tensors, function: function(*tensors))


def _later(function: Callable[..., Any], tensors: list[Tensor]) -> Any:
    """Record a higher-order function as one call in a model's graph; return its symbolic results."""
    structures = []

    def listed(*arguments: Tensor) -> list[Tensor]:
        structures.append(function(*arguments))
        return [y for y in flatten(structures[-1]) if isinstance(y, Tensor)]

    found = iter(_call(*tensors, function=listed))
    return map_structure(lambda y: next(found) if isinstance(y, Tensor) else y, structures[-1])


# -- vectorize ----------------------------------------------------------------------------------------------------


def _parsed(signature: str) -> tuple[list[list[str]], list[list[str]]]:
    """Parse a signature such as "(n),(n)->()" into the axis names of each argument and each result."""
    sides = signature.replace(" ", "").split("->")
    axes = r"\((\w+(,\w+)*)?\)"
    if len(sides) != 2 or any(not re.fullmatch(f"{axes}(,{axes})*", side) for side in sides):
        raise ValueError(f"vectorize expects a signature such as '(n),(n)->()', got {signature!r}")
    return tuple([[n for n in part.split(",") if n] for part in re.findall(r"\(([^)]*)\)", side)] for side in sides)


def vectorize(pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None) -> Callable[..., Any]:
    """Return a function that applies ``pyfunc`` to each element of its broadcast arguments and stacks the results.

    Args:
        pyfunc: a function of scalars, or of tensors as ``signature`` says, that returns a tensor or a tuple of tensors.
        excluded: positions and names of arguments that are passed unchanged.
        signature: the trailing axes of the arguments and results of each call, such as ``"(n),(n)->()"``.

    >>> vectorize(lambda a, b: a + b)([1, 2], 10).tolist()
    [11, 12]
    """
    if not callable(pyfunc):
        raise ValueError(f"vectorize expects a function, got {pyfunc!r}")
    kept = set() if excluded is None else set(excluded)
    parsed = None if signature is None else _parsed(signature)

    def vectorized(*args: Any, **kwargs: Any) -> Any:
        keys = [i for i in range(len(args)) if i not in kept] + [k for k in kwargs if k not in kept]
        tensors = [as_tensor(args[k] if isinstance(k, int) else kwargs[k]) for k in keys]
        inner = [[]] * len(keys) if parsed is None else parsed[0]
        if len(inner) != len(keys):
            raise ValueError(f"vectorize expects the {len(inner)} arguments of {signature!r}, got {len(keys)}")
        if any(None in x.shape for x in tensors):
            raise ValueError(f"vectorize expects arguments of known sizes, got shapes {[x.shape for x in tensors]}")
        _check_sizes(tensors, inner, signature)
        leads = [x.shape[: len(x.shape) - len(own)] for x, own in zip(tensors, inner, strict=True)]
        shape = elementwise.broadcast_shapes(*leads) if leads else ()
        rows = [
            layout.reshape(
                elementwise.broadcast_to(x, (*shape, *x.shape[len(lead) :])), (math.prod(shape), *x.shape[len(lead) :])
            )
            for x, lead in zip(tensors, leads, strict=True)
        ]

        def call(*elements: Tensor) -> Any:
            own = dict(zip(keys, elements, strict=True))
            return pyfunc(*(own.get(j, a) for j, a in enumerate(args)), **{k: own.get(k, v) for k, v in kwargs.items()})

        if 0 in shape:  # a trace gives the specs of the results
            graph, result = trace(call, [Spec(x.shape[1:], x.dtype) for x in rows], tuple)
            return pack(result, [zeros((*shape, *y.shape), y.dtype) for y in graph.outputs])
        results = [call(*(x[i] for x in rows)) for i in range(math.prod(shape))]
        columns = zip(*(flatten(y) for y in results), strict=True)
        stacked = [stack([as_tensor(y) for y in column]) for column in columns]
        return pack(results[0], [layout.reshape(y, (*shape, *y.shape[1:])) for y in stacked])

    vectorized.__name__ = getattr(pyfunc, "__name__", "vectorized")
    vectorized.__doc__ = pyfunc.__doc__
    return vectorized


def _check_sizes(tensors: list[Tensor], inner: list[list[str]], signature: str | None) -> None:
    sizes: dict[str, int] = {}
    for x, names in zip(tensors, inner, strict=True):
        own = x.shape[len(x.shape) - len(names) :]
        if len(own) != len(names) or any(sizes.setdefault(n, d) != d for n, d in zip(names, own, strict=False)):
            raise ValueError(
                f"vectorize expects arguments that fit {signature!r}, got shapes {[v.shape for v in tensors]}"
            )
