"""Loops with a condition or a counter."""

from collections.abc import Callable
from typing import Any

from ckeras.compiler.body import tracing
from ckeras.ops.control.cond import is_symbolic, tensors, values, with_values
from ckeras.ops.control.loop_op import checked_carries, loop
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import reshape
from ckeras.ops.manipulation.symbolic import symbolic_call
from ckeras.tensor import Tensor, as_tensor, dtypes
from ckeras.tensor.eager import constant


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Replace ``loop_vars`` by ``body(*loop_vars)`` while ``cond(*loop_vars)`` is true.

    Args:
        cond: returns one boolean.
        body: returns new values of the same structure, shapes and dtypes; it may assign variables.
        loop_vars: a list or tuple of arguments (tensors or structures); or a single argument.
        maximum_iterations: the maximum number of rounds. The gradient of a compiled loop needs it, to store the values
            of that many rounds.

    Returns:
        the final values, as a tuple if there are several.

    >>> while_loop(lambda n, x: x < 100, lambda n, x: (n + 1, x * 2), (0, 1))[0].tolist()
    7
    """
    if maximum_iterations is not None:
        maximum_iterations = int(maximum_iterations)
        if maximum_iterations < 0:
            raise ValueError(f"while_loop expects maximum_iterations of 0 or more, got {maximum_iterations}")
    several = isinstance(loop_vars, (list, tuple))
    given = tuple(loop_vars) if several else (loop_vars,)
    state = tensors(given)

    def test(*arguments: Any) -> Tensor:
        holds = as_tensor(cond(*arguments))
        if any(d != 1 for d in holds.shape):
            raise ValueError(f"while_loop expects cond to give one boolean, got a tensor of shape {holds.shape}")
        return elementwise.cast(reshape(holds, ()), "bool")

    def step(*arguments: Any) -> tuple:
        found = body(*arguments)
        return tuple(found) if several and isinstance(found, (list, tuple)) else (found,)

    if is_symbolic(state):
        result = symbolic_call(
            "while_loop",
            lambda given, fs: while_loop(fs[0], fs[1], given, maximum_iterations),
            given,
            [(test, state), (step, state)],
            lambda results: with_values(state, checked_carries("while_loop", state, results[1])),
        )
    elif tracing():
        found, _ = loop(
            "while_loop",
            lambda i, carried, rows: (checked_carries("while_loop", state, step(*with_values(state, carried))), []),
            lambda i, carried: test(*with_values(state, carried)),
            values(state),
            [],
            -1 if maximum_iterations is None else maximum_iterations,
        )
        result = with_values(state, found)
    else:
        rounds = 0
        result = state
        while (maximum_iterations is None or rounds < maximum_iterations) and bool(test(*result)):
            result = with_values(state, checked_carries("while_loop", state, step(*result)))
            rounds += 1
    return result if several else result[0]


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """Replace a value by ``body_fun(i, value)`` for i from ``lower`` to ``upper`` - 1, in order.

    Args:
        lower, upper: integers; a compiled loop has a gradient if they are known when it is traced.
        body_fun: returns a value of the same structure, shapes and dtypes; it may assign variables.
        init_val: the initial value, a tensor or a structure.

    >>> fori_loop(1, 5, lambda i, total: total + i, 0).tolist()
    10
    """
    bounds = [lower, upper]
    for k, bound in enumerate(bounds):
        x = as_tensor(bound)
        if x.dtype not in dtypes.INTEGERS or any(d != 1 for d in x.shape):
            raise ValueError(
                f"fori_loop expects integers as its bounds, got a tensor of dtype {x.dtype} and shape {x.shape}"
            )
        bounds[k] = int(x) if type(x) is Tensor else elementwise.cast(reshape(x, ()), "int32")
    known = all(isinstance(bound, int) for bound in bounds)
    state = tensors(init_val)

    def step(i: Any, value: Any) -> list[Tensor]:
        return checked_carries("fori_loop", state, body_fun(i, value))

    if is_symbolic((state, bounds)):
        return symbolic_call(
            "fori_loop",
            lambda given, fs: fori_loop(*given[0], fs[0], given[1]),
            ([lower, upper], init_val),
            [(body_fun, (constant(0), state))],
            lambda results: with_values(state, checked_carries("fori_loop", state, results[0])),
        )
    if tracing():
        lower, upper = bounds
        found, _ = loop(
            "fori_loop",
            lambda i, carried, rows: (step(elementwise.add(i, lower), with_values(state, carried)), []),
            None,
            values(state),
            [],
            max(upper - lower, 0) if known else -1,
            count=None if known else elementwise.subtract(upper, lower),
        )
        return with_values(state, found)
    for i in range(*bounds):
        state = with_values(state, step(constant(i), state))
    return state
