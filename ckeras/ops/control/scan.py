"""Loops over the rows of tensors: scan, map and vectorized_map."""

from collections.abc import Callable
from typing import Any

from ckeras.compiler.body import scope, tracing
from ckeras.compiler.trace import Trace, within
from ckeras.ops.control.batching import vectorize
from ckeras.ops.control.cond import is_symbolic, outline, show, tensors, values, with_values
from ckeras.ops.control.loop_op import checked_carries, loop
from ckeras.ops.indexing.core import getitem
from ckeras.ops.manipulation.concat import concatenate, stack
from ckeras.ops.manipulation.creation import zeros
from ckeras.ops.manipulation.layout import reshape
from ckeras.ops.manipulation.symbolic import as_symbols, symbolic_call
from ckeras.tensor import KerasTensor, Tensor, as_tensor
from ckeras.tensor.structure import flatten, map_structure


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
    return tensors(xs)


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
    state, xs = tensors(init), as_rows(xs)
    n = _length("scan", xs, length)

    def step(carry: Any, x: Any) -> tuple[Any, Any]:
        found = f(carry, x)
        if not isinstance(found, (list, tuple)) or len(found) != 2:
            raise ValueError(f"scan expects its function to give a pair (carry, y), got {type(found).__name__}")
        return with_values(state, checked_carries("scan", state, found[0])), tensors(found[1])

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
        return tensors(function(*as_symbols(list(arguments))))


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
            pattern = tensors(function(with_values(elements, row)))
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
        return carry, tensors(f(x))

    if tracing():
        return _scan_loop(step, (), xs, n, False, 1)[1]
    return _rounds(name, step, (), xs, n)[1]
