"""The op of loops and its gradient. The body is traced once, into a nested plan that runs each round."""

from collections.abc import Callable
from typing import Any

from ckeras.autograd import GradientTape
from ckeras.compiler.body import Body, Nested, scope, trace_body, union
from ckeras.ops.control.cond import outline, show
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.creation import zeros_like
from ckeras.tensor import Op, Spec, Tensor, as_tensor, dtypes
from ckeras.tensor.eager import constant
from ckeras.tensor.structure import flatten

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


def checked_carries(name: str, before: Any, after: Any) -> list[Tensor]:
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
