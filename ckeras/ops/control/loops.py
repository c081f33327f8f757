"""Loops. In a compiled function the body is traced once, into a nested plan that runs each round."""

from collections.abc import Callable
from typing import Any

from ckeras.autograd import GradientTape
from ckeras.compiler.body import Body, Nested, scope, trace_body, tracing, union
from ckeras.compiler.trace import Trace, within
from ckeras.ops.control.batching import vectorize
from ckeras.ops.control.cond import is_symbolic, outline, show, values, with_values
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import getitem
from ckeras.ops.manipulation.concat import concatenate, stack
from ckeras.ops.manipulation.creation import zeros, zeros_like
from ckeras.ops.manipulation.layout import reshape
from ckeras.ops.manipulation.symbolic import as_symbols, symbolic_call
from ckeras.tensor import KerasTensor, Op, Spec, Tensor, as_tensor, dtypes
from ckeras.tensor.eager import constant
from ckeras.tensor.structure import flatten, map_structure

# -- loop ---------------------------------------------------------------------------------------------------------
# Inputs: the number of rounds if it is ``counted``, the initial ``carries``, the ``xs`` (each round gets one row), and
# the captured values of body and test. Outputs: the final carries, and the stacked rows that the rounds return. A round
# is ``body(i, *carries, *rows, *captured) -> (*carries, *rows)``. There are ``length`` rounds, or (-1) as many as are
# counted, or until ``test(i, *carries, *captured)`` fails; rows of rounds that did not run are 0. If a tape watches,
# each round also returns its initial carries, from which the gradient recomputes the round.


def _loop_infer(*inputs: Spec, body: Body, carries: int, length: int, **attrs: Any) -> list[Spec]:
    return [s if i < carries else Spec((length, *s.shape), s.dtype) for i, s in enumerate(body.specs)]


def _loop_nested(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> Nested:
    body, test, n = attrs["body"], attrs["test"], attrs["carries"]
    carry = {id(x): k for k, x in enumerate(body.graph.inputs[1 : 1 + n])}
    rows = tuple(carry.get(id(y), -1) for y in body.graph.outputs[n:])
    p = [n, attrs["xs"], len(rows), attrs["length"], int(attrs["reverse"]), int(attrs["counted"]), *rows]
    for positions in attrs["positions"]:
        p += [len(positions), *positions]
    return Nested("loop", (body,) if test is None else (body, test), tuple(p), n, rows)


def _loop_joint(g: list[Any], y: list[Tensor], inputs: list[Tensor], wanted: list[int], attrs: Any) -> list[Any]:
    """Gradient: a loop in reverse order; each round recomputes the body and differentiates it."""
    body, n, counted = attrs["body"], attrs["carries"], int(attrs["counted"])
    if attrs["length"] < 0:
        raise ValueError(
            "the gradient of a loop needs a known maximum number of rounds: give while_loop maximum_iterations, "
            "and fori_loop numbers as its bounds"
        )
    count = y[attrs["counter"]] if attrs["counter"] is not None else inputs[0] if counted else None
    rows = inputs[counted + n : counted + n + attrs["xs"]]
    captured = inputs[counted + n + attrs["xs"] :]
    floats = [i for i in range(n) if y[i].dtype in dtypes.DIFFERENTIABLE]
    given = [i for i in range(n, len(y)) if g[i] is not None and y[i].dtype in dtypes.DIFFERENTIABLE]
    wanted_rows = [i - counted - n for i in wanted if counted + n <= i < counted + n + len(rows)]
    wanted_captured = [i - counted - n - len(rows) for i in wanted if i >= counted + n + len(rows)]

    def step(i: Tensor, carried: list[Tensor], slices: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        before, own, seeds = slices[:n], slices[n : n + len(rows)], slices[n + len(rows) :]
        sources = [before[k] for k in floats] + [captured[k] for k in wanted_captured] + [own[k] for k in wanted_rows]
        with GradientTape() as tape:
            tape.watch(sources)
            results = body.replay([i, *before, *own, *(captured[k] for k in attrs["positions"][0])], effects=False)
        targets = [results[k] for k in (*floats, *given)]
        found = tape.pullback(targets, sources, [*carried[: len(floats)], *seeds], unconnected_gradients="zero")
        m = len(floats) + len(wanted_captured)
        totals = [elementwise.add(a, b) for a, b in zip(carried[len(floats) :], found[len(floats) : m], strict=True)]
        return [*found[: len(floats)], *totals], found[m:]

    first = [g[i] if g[i] is not None else zeros_like(y[i]) for i in floats]
    first += [zeros_like(captured[k]) for k in wanted_captured]
    carried, own = loop(
        "the gradient of a loop",
        step,
        None,
        first,
        [*y[len(y) - n :], *rows, *(g[i] for i in given)],
        attrs["length"],
        not attrs["reverse"],
        count,
    )
    found = {counted + floats[k]: carried[k] for k in range(len(floats))}
    found |= {counted + n + k: own[j] for j, k in enumerate(wanted_rows)}
    found |= {counted + n + len(rows) + k: carried[len(floats) + j] for j, k in enumerate(wanted_captured)}
    return [found.get(i) for i in wanted]


_loop = Op("loop", _loop_infer, joint=_loop_joint, nested=_loop_nested)


def loop(
    name: str,
    step: Callable[[Tensor, list[Tensor], list[Tensor]], tuple[list[Tensor], list[Tensor]]],
    test: Callable[[Tensor, list[Tensor]], Tensor] | None,
    carries: list[Tensor],
    xs: list[Tensor],
    length: int = -1,
    reverse: bool = False,
    count: Tensor | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Add a `loop` to the running trace: ``step(i, carries, rows) -> (carries, rows)``.

    Returns the final carries and the stacked rows.
    """
    saves = bool(getattr(scope, "tapes", ()))
    counter = None
    if saves and test is not None and length >= 0:
        counter, inner_step, inner_test = len(carries), step, test
        carries = [*carries, constant(0)]

        def step(i: Tensor, carried: list[Tensor], rows: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
            found, made = inner_step(i, carried[:-1], rows)
            return [*found, elementwise.add(carried[-1], 1)], made

        def test(i: Tensor, carried: list[Tensor]) -> Tensor:
            return inner_test(i, carried[:-1])

    n = len(carries)
    index = Spec((), "int32")
    specs = [x.spec for x in carries]
    made_count = 0

    def traced_step(i: Tensor, *parameters: Tensor) -> list[Tensor]:
        nonlocal made_count
        found, made = step(i, list(parameters[:n]), list(parameters[n:]))
        made_count = len(made)
        return [*found, *made]

    rows = [Spec(x.shape[1:], x.dtype) for x in xs]
    body = trace_body(traced_step, [index, *specs, *rows])
    bodies = [body]
    body.parameters = 1 + n  # so that variables become carries
    if test is not None:
        bodies.append(trace_body(lambda i, *carried: [test(i, list(carried))], [index, *specs]))
        if bodies[1].assigned:
            raise ValueError(
                f"the condition of {name} cannot assign a variable, and assigns {bodies[1].assigned[0].path!r}"
            )
    variables = body.assigned
    results = body.graph.outputs
    for variable in variables:
        outside = body.graph.outside(variable)
        carries = [*carries, outside]
        for b in bodies:
            b.carry(variable, outside)
    news = [body.graph.local(body.graph.read(v)) for v in variables]
    body.graph.outputs = [*results[:n], *news, *results[n:]]
    if saves:
        body.graph.outputs += body.graph.inputs[1 : 1 + len(carries)]
    captured, positions = union(bodies)
    found = _loop(
        *([] if count is None else [count]),
        *carries,
        *xs,
        *captured,
        body=body,
        test=bodies[1] if test is not None else None,
        positions=tuple(positions),
        carries=len(carries),
        xs=len(xs),
        length=length,
        reverse=reverse,
        counted=count is not None,
        counter=counter,
    )
    for variable, value in zip(variables, found[n:], strict=False):
        variable.assign(value)
    kept = len(carries)
    return found[: n if counter is None else n - 1], found[kept : kept + made_count]


# -- carries --------------------------------------------------------------------------------------------------------


def _carried(name: str, before: Any, after: Any) -> list[Tensor]:
    """The carries for the next round as tensors; raises if their structure, shapes or dtypes changed."""
    if outline(after) != outline(before):
        raise ValueError(f"{name} expects its body to return what it receives, {show(before)}, got {show(after)}")
    found = []
    for x, y in zip(*([v for v in flatten(s) if v is not None] for s in (before, after)), strict=True):
        if isinstance(y, (bool, int, float)) and dtypes.result_type(dtypes.weak(y), x.dtype) == x.dtype:
            y = constant(y, x.dtype)  # a Python number takes the dtype of what it replaces
        y = as_tensor(y)
        if y.spec != x.spec:
            raise ValueError(
                f"{name} expects its body to return what it receives, {show(before)}, got {show(after)}: shapes and "
                "dtypes stay the same from round to round"
            )
        found.append(y)
    return found


def _tensors(structure: Any) -> Any:
    return map_structure(lambda x: None if x is None else as_tensor(x), structure)


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
    state = _tensors(given)

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
            lambda results: with_values(state, _carried("while_loop", state, results[1])),
        )
    elif tracing():
        found, _ = loop(
            "while_loop",
            lambda i, carried, rows: (_carried("while_loop", state, step(*with_values(state, carried))), []),
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
            result = with_values(state, _carried("while_loop", state, step(*result)))
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
    state = _tensors(init_val)
    if is_symbolic((state, bounds)):
        return symbolic_call(
            "fori_loop",
            lambda given, fs: fori_loop(*given[0], fs[0], given[1]),
            ([lower, upper], init_val),
            [(body_fun, (constant(0), state))],
            lambda results: with_values(state, _carried("fori_loop", state, results[0])),
        )
    if tracing():
        lower, upper = bounds
        found, _ = loop(
            "fori_loop",
            lambda i, carried, rows: (
                _carried("fori_loop", state, body_fun(elementwise.add(i, lower), with_values(state, carried))), []
            ),
            None,
            values(state),
            [],
            max(upper - lower, 0) if known else -1,
            count=None if known else elementwise.subtract(upper, lower),
        )  # fmt: skip
        return with_values(state, found)
    for i in range(*bounds):
        state = with_values(state, _carried("fori_loop", state, body_fun(constant(i), state)))
    return state


# -- along the first axis ---------------------------------------------------------------------------------------------


def _length(name: str, xs: Any, length: Any = None) -> int | None:
    """Number of rows; `None` if it is unknown."""
    sizes = set()
    for x in values(xs):
        if not x.shape:
            raise ValueError(f"{name} expects tensors with at least one axis, got one of shape ()")
        sizes.add(x.shape[0])
    if length is not None:
        sizes.add(int(length))
    if not sizes:
        raise ValueError(f"{name} expects xs or length, got neither")
    known = sizes - {None}
    if len(known) > 1 or any(n < 0 for n in known):
        raise ValueError(f"{name} expects first axes of equal size, got {sorted(known)}")
    return next(iter(known), None)


def as_rows(xs: Any) -> Any:
    """Convert the leaves of ``xs`` to tensors; a list of numbers is one tensor."""
    if isinstance(xs, (list, tuple)) and xs and all(isinstance(x, (bool, int, float)) for x in flatten(xs)):
        return as_tensor(xs)
    return _tensors(xs)


def _row(xs: Any, i: int) -> Any:
    return map_structure(lambda x: None if x is None else getitem(x, i), xs)


def _stacked(name: str, rows: list[Any], pattern: Any) -> Any:
    """Stack the rows that the rounds returned; without rounds, empty tensors like ``pattern``."""
    if not rows:
        return map_structure(lambda x: None if x is None else zeros((0, *x.shape), x.dtype), pattern)
    for row in rows[1:]:
        if outline(row) != outline(rows[0]):
            raise ValueError(
                f"{name} expects its function to give results of one structure, got {show(rows[0])} and {show(row)}"
            )
    leaves = [flatten(row) for row in rows]
    return with_values(rows[0], [stack(column) for column in zip(*leaves, strict=True) if column[0] is not None])


def scan(
    f: Callable[[Any, Any], Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> tuple[Any, Any]:
    """Run ``carry, y = f(carry, x)`` over the rows of ``xs``; return the final carry and the stacked y.

    Args:
        f: returns a carry of the same structure, shapes and dtypes as its argument, and a result or `None`.
        init: the initial carry, a tensor or a structure.
        xs: a tensor or a structure of them, with first axes of equal size; `None` calls ``f(carry, None)``.
        length: number of rounds; required without ``xs``.
        reverse: whether to start with the last row. Row i of the results still belongs to row i of ``xs``.
        unroll: number of rounds per iteration of a compiled loop; `True`, or a number not less than the length, unrolls
            it completely. It does not change the results.

    >>> last, sums = scan(lambda total, x: (total + x, total + x), 0, [1, 2, 3, 4])
    >>> int(last), sums.tolist()
    (10, [1, 3, 6, 10])
    """
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(f"scan expects unroll to be a positive integer or a boolean, got {unroll!r}")
    state, xs = _tensors(init), as_rows(xs)
    n = _length("scan", xs, length)

    def step(carry: Any, x: Any) -> tuple[Any, Any]:
        found = f(carry, x)
        if not isinstance(found, (list, tuple)) or len(found) != 2:
            raise ValueError(f"scan expects its function to give a pair (carry, y), got {type(found).__name__}")
        return with_values(state, _carried("scan", state, found[0])), _tensors(found[1])

    if is_symbolic((state, xs)):
        return symbolic_call(
            "scan",
            lambda given, fs: scan(fs[0], *given, length, reverse, unroll),
            (init, xs),
            [(step, (state, _one_row(xs)))],
            lambda results: (results[0][0], _rows_of(results[0][1], n)),
        )
    if tracing() and not (unroll is True or n <= int(unroll)):
        return _scan_loop(step, state, xs, n, reverse, int(unroll) or 1)
    return _rounds("scan", step, state, xs, n, reverse)


def _rounds(name: str, step: Callable[..., Any], state: Any, xs: Any, n: int, reverse: bool = False) -> tuple[Any, Any]:
    """Run ``n`` unrolled rounds; return the final carry and the stacked rows."""
    made = []
    for i in range(n)[::-1] if reverse else range(n):
        state, y = step(state, _row(xs, i))
        made.append(y)
    pattern = None if made else _kind_of(step, state, _one_row(xs))[1]
    return state, _stacked(name, made[::-1] if reverse else made, pattern)


def _one_row(xs: Any) -> Any:
    """Symbolic tensors with the shapes and dtypes of one row."""
    return map_structure(lambda x: None if x is None else KerasTensor(x.shape[1:], x.dtype), xs)


def _rows_of(structure: Any, n: int | None) -> Any:
    """Symbolic tensors with the shapes and dtypes of ``n`` stacked rows."""
    return map_structure(lambda x: None if x is None else KerasTensor((n, *x.shape), x.dtype), structure)


def _kind_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """The results of a function as symbolic tensors."""
    with within(Trace(getattr(scope, "trace", None)), ()):
        return _tensors(function(*as_symbols(list(arguments))))


def _scan_loop(step: Callable[..., Any], state: Any, xs: Any, n: int, reverse: bool, unroll: int) -> tuple[Any, Any]:
    """Add the loop of a scan to the running trace, ``unroll`` rounds per iteration; remaining rounds follow."""
    rest = n % unroll
    if unroll > 1:
        blocks = _part(xs, rest if reverse else 0, n - rest)
        blocks = map_structure(lambda x: None if x is None else reshape(x, (n // unroll, unroll, *x.shape[1:])), blocks)
        carry, made = _scan_loop(
            lambda c, block: _rounds("scan", step, c, block, unroll, reverse), state, blocks, n // unroll, reverse, 1
        )
        made = map_structure(lambda y: None if y is None else reshape(y, (n - rest, *y.shape[2:])), made)
        if not rest:
            return carry, made
        carry, last = _rounds("scan", step, carry, _part(xs, 0 if reverse else n - rest, rest), rest, reverse)
        first, second = (last, made) if reverse else (made, last)
        joined = [concatenate(pair) for pair in zip(values(first), values(second), strict=True)]
        return carry, with_values(made, joined)
    pattern = None

    def row_step(i: Tensor, carried: list[Tensor], rows: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        nonlocal pattern
        carry, pattern = step(with_values(state, carried), with_values(xs, rows))
        return values(carry), values(pattern)

    carried, rows = loop("scan", row_step, None, values(state), values(xs), n, reverse)
    return with_values(state, carried), with_values(pattern, rows)


def _part(xs: Any, begin: int, size: int) -> Any:
    """Slice of the rows."""
    return map_structure(lambda x: None if x is None else getitem(x, slice(begin, begin + size)), xs)


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """Apply ``f`` to each row of ``xs`` (a tensor, or a structure of them) and stack the results.

    >>> map(lambda x: x * x, [1, 2, 3]).tolist()
    [1, 4, 9]
    """
    return _map("map", f, xs)


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """Apply ``function`` to all rows of ``elements`` (a tensor, or a structure of them) at once.

    Like `map`, but each op of the function is applied to all rows at once, if all of its ops have a batched form
    (arithmetic, reductions, products, softmax, and data movement do), and it assigns no variables.

    >>> vectorized_map(lambda pair: pair[0] * pair[1], [[1.0, 2.0], [3.0, 4.0]]).tolist()
    [2.0, 12.0]
    """
    elements = as_rows(elements)
    n = _length("vectorized_map", elements)
    if n and not is_symbolic(elements):
        pattern = None

        def one(*row: Tensor) -> list[Tensor]:
            nonlocal pattern
            pattern = _tensors(function(with_values(elements, row)))
            return values(pattern)

        found = vectorize(one, values(elements), n)
        if found is not None:
            return with_values(pattern, found)
    return _map("vectorized_map", function, elements)


def _map(name: str, f: Callable[[Any], Any], xs: Any) -> Any:
    xs = as_rows(xs)
    n = _length(name, xs)
    if is_symbolic(xs):
        return symbolic_call(
            name,
            lambda given, fs: _map(name, fs[0], given),
            xs,
            [(f, (_one_row(xs),))],
            lambda results: _rows_of(results[0], n),
        )

    def step(carry: tuple, x: Any) -> tuple[tuple, Any]:
        return carry, _tensors(f(x))

    if tracing():
        return _scan_loop(step, (), xs, n, False, 1)[1]
    return _rounds(name, step, (), xs, n)[1]
