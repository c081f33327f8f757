"""Conditionals: run one of several functions. In a compiled function each branch is a nested plan."""

from collections.abc import Callable, Sequence
from typing import Any

from ckeras.autograd import GradientTape
from ckeras.compiler.body import Body, Nested, assigned_by, trace_body, union
from ckeras.compiler.trace import has_effect
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import reshape
from ckeras.ops.manipulation.symbolic import symbolic_call
from ckeras.tensor import KerasTensor, Op, Spec, Tensor, TracedTensor, Variable, as_tensor, dtypes
from ckeras.tensor.eager import constant
from ckeras.tensor.structure import flatten, map_structure, pack


def values(structure: Any) -> list[Tensor]:
    """Leaves of a structure as tensors, without `None`."""
    return [as_tensor(x) for x in flatten(structure) if x is not None]


def with_values(structure: Any, tensors: Sequence[Tensor]) -> Any:
    """Replace the leaves of a structure, except `None`, in order."""
    remaining = iter(tensors)
    return pack(structure, [None if x is None else next(remaining) for x in flatten(structure)])


def outline(structure: Any) -> Any:
    """Nesting of a structure and positions of `None`, by which structures are compared. Lists count as tuples."""
    if isinstance(structure, dict):
        return {key: outline(part) for key, part in structure.items()}
    if isinstance(structure, (list, tuple)):
        return tuple(outline(part) for part in structure)
    return None if structure is None else "*"


def is_symbolic(structure: Any) -> bool:
    """Whether a leaf is a symbolic tensor."""
    return any(type(x) is KerasTensor for x in flatten(structure))


def show(structure: Any) -> Any:
    """The structure with the shape and dtype of each leaf, for messages."""
    return map_structure(lambda x: None if x is None else f"{as_tensor(x).dtype}{as_tensor(x).shape}", structure)


# -- branch ------------------------------------------------------------------------------------------------------- The
# first input is the index of the branch (clipped to the existing ones); the others are the inputs of the branches:
# input i of branch b is input positions[b][i] of the op.


def _branch_infer(index: Spec, *inputs: Spec, bodies: tuple[Body, ...], positions: Any) -> list[Spec]:
    return bodies[0].specs


def _branch_nested(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> Nested:
    p = [dtypes.CODE[inputs[0].dtype], len(attrs["bodies"])]
    for positions in attrs["positions"]:
        p += [len(positions), *positions]
    return Nested("branch", attrs["bodies"], tuple(p))


def _branch_joint(g: list[Any], y: list[Tensor], inputs: list[Tensor], wanted: list[int], attrs: Any) -> list[Any]:
    """Gradient: the same branch over the gradients of the branches, which recompute their values."""
    given = [i for i, v in enumerate(g) if v is not None and y[i].dtype in dtypes.DIFFERENTIABLE]

    def gradients(body: Body, positions: Sequence[int], operands: Sequence[Tensor]) -> list[Tensor]:
        xs, seeds = operands[: len(inputs)], operands[len(inputs) :]
        sources = [xs[i] for i in wanted]
        with GradientTape() as tape:
            tape.watch(sources)
            results = body.replay([xs[i] for i in positions], effects=False)
        return tape.pullback([results[i] for i in given], sources, list(seeds), unconnected_gradients="zero")

    functions = [
        lambda *operands, body=body, positions=positions: gradients(body, positions, operands)
        for body, positions in zip(attrs["bodies"], attrs["positions"], strict=True)
    ]
    return choose("the gradient of a choice", inputs[0], functions, [*inputs, *(g[i] for i in given)])


_branch = Op("branch", _branch_infer, joint=_branch_joint, nested=_branch_nested)


def choose(name: str, index: Tensor, functions: Sequence[Callable[..., Any]], operands: Any) -> Any:
    """Add a `branch` to the running trace."""
    flat = values(operands)
    results: list[Any] = []

    def traced(function: Callable[..., Any]) -> Body:
        def run(*parameters: Tensor) -> list[Tensor]:
            results.append(function(*with_values(operands, parameters)))
            return values(results[-1])

        return trace_body(run, [x.spec for x in flat])

    bodies = [traced(f) for f in functions]
    _agree(name, bodies, results)
    count = len(bodies[0].graph.outputs)
    variables = assigned_by(bodies)
    for body in bodies:
        body.graph.outputs += [body.graph.local(body.graph.read(v)) for v in variables]
    captured, where = union(bodies)
    if not bodies[0].graph.outputs:
        if not any(has_effect(node) for body in bodies for node in body.graph.nodes):
            return results[0]
        for body in bodies:  # a call has at least one result
            body.graph.outputs = [constant(0, "int32")]
    own = range(1, 1 + len(flat))
    positions = tuple((*own, *(1 + len(flat) + i for i in w)) for w in where)
    found = _branch(index, *flat, *captured, bodies=tuple(bodies), positions=positions)
    for variable, value in zip(variables, found[count : count + len(variables)], strict=True):
        variable.assign(value)
    return with_values(results[0], found[:count])


def _agree(name: str, bodies: list[Body], results: list[Any]) -> None:
    """Give Python numbers the dtype of the same result of other branches; raise if results differ otherwise."""
    for result in results[1:]:
        if outline(result) != outline(results[0]):
            raise ValueError(
                f"{name} expects its functions to give results of one structure, got {show(results[0])} "
                f"and {show(result)}"
            )
    leaves = [[x for x in flatten(result) if x is not None] for result in results]
    for i, column in enumerate(zip(*leaves, strict=True)):
        names = [dtypes.weak(x) if isinstance(x, (bool, int, float)) else as_tensor(x).dtype for x in column]
        dtype = dtypes.result_type(*names)
        for body, x, weak in zip(bodies, column, names, strict=True):
            if weak in ("int", "float"):
                body.graph.outputs[i] = constant(x, dtype)
    for body, result in zip(bodies, results, strict=True):
        if body.specs != bodies[0].specs:
            raise ValueError(
                f"{name} expects its functions to give results of the same shapes and dtypes, got {show(results[0])} "
                f"and {show(result)}"
            )


def tensors(structure: Any) -> Any:
    """Convert the leaves of a structure to tensors; `None` stays."""
    return map_structure(lambda x: None if x is None else as_tensor(x), structure)


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Return ``true_fn()`` if ``pred`` is true, otherwise ``false_fn()``; only one of them runs.

    In a compiled function both are traced, and one runs depending on the value of ``pred``. They may assign variables.

    Args:
        pred: one boolean (a number counts as true if it is not 0).
        true_fn, false_fn: functions without arguments, with results of the same structure, shapes and dtypes; a result
            may be `None`.

    Raises:
        ValueError: if ``pred`` is not one element, or, when compiled, the results differ in kind.

    >>> cond(True, lambda: 1.0, lambda: 2.0).tolist()
    1.0
    """
    for f, which in ((true_fn, "true_fn"), (false_fn, "false_fn")):
        if not callable(f):
            raise TypeError(f"cond expects {which} to be a function of no arguments, got {type(f).__name__}")
    pred = as_tensor(pred)
    if pred.shape not in ((), (None,)) and any(d not in (1, None) for d in pred.shape):
        raise ValueError(f"cond expects pred to be one boolean, got a tensor of shape {pred.shape}")
    if type(pred) is KerasTensor:
        return symbolic_call(
            "cond", lambda p, fs: cond(p, fs[1], fs[0]), pred, [(false_fn, ()), (true_fn, ())], _same_kind
        )
    if type(pred) is TracedTensor:
        return choose("cond", elementwise.cast(_one(pred), "bool"), [false_fn, true_fn], [])
    return tensors(true_fn() if bool(pred) else false_fn())


def _one(x: Tensor) -> Tensor:
    return reshape(x, ())


def _same_kind(results: list[Any]) -> Any:
    """Check that the results of all branches have the same structure, shapes and dtypes."""
    first = results[0]
    for other in results[1:]:
        if outline(other) != outline(first) or [x.spec for x in values(other)] != [x.spec for x in values(first)]:
            raise ValueError(
                "cond and switch expect functions with results of the same structure, shapes and dtypes, "
                f"got {show(first)} and {show(other)}"
            )
    return first


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Return ``branches[index](*operands)``; ``index`` is clipped to the existing branches.

    In a compiled function all branches are traced, and one runs depending on the value of ``index``.

    Args:
        index: one integer.
        branches: functions with results of the same structure, shapes and dtypes.
        operands: tensors, or structures of them.

    >>> switch(1, [lambda x: x + 1, lambda x: x * 10], 5).tolist()
    50
    """
    branches = list(branches)
    if not branches:
        raise ValueError("switch expects at least one branch")
    index = as_tensor(index)
    if index.dtype not in dtypes.INTEGERS or any(d != 1 for d in index.shape):
        raise ValueError(
            f"switch expects index to be one integer, got a tensor of dtype {index.dtype} and shape {index.shape}"
        )
    if type(index) is KerasTensor or is_symbolic(operands):
        return symbolic_call(
            "switch",
            lambda given, fs: switch(given[0], fs, *given[1]),
            (index, operands),
            [(f, operands) for f in branches],
            _same_kind,
        )
    if type(index) is TracedTensor:
        return choose("switch", elementwise.cast(_one(index), "int32"), branches, operands)
    return tensors(branches[min(max(int(index), 0), len(branches) - 1)](*map_structure(_operand, operands)))


def _operand(x: Any) -> Any:
    return x if x is None or isinstance(x, Variable) else as_tensor(x)
