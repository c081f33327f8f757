"""Einstein summation, computed by matrix products."""

import math
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.diagonals import diagonal
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import reshape, squeeze, tensor, transpose
from ckeras.tensor import Spec, Tensor, arguments, table

# -- subscripts ---------------------------------------------------------------------------------------------------
# An axis has a label: its letter in the subscripts or, under an ellipsis, its index counted from the last axis.

Label = str | int


@lru_cache(maxsize=1024)
def _labels(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[tuple[Label, ...], ...], tuple[Label, ...]]:
    """Labels of the axes of each operand and of the result."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"einsum expects {len(terms)} operands for the subscripts {subscripts!r}, got {len(ranks)}")
    labels = tuple(_axes(term, rank, subscripts) for term, rank in zip(terms, ranks, strict=True))
    used = [label for operand in labels for label in operand]
    ellipsis = sorted({label for label in used if isinstance(label, int)})
    if not arrow:
        once = {label for label in used if isinstance(label, str) and used.count(label) == 1}
        return labels, (*ellipsis, *sorted(once))
    output = tuple(label for part in _tokens(right, subscripts) for label in (ellipsis if part == "..." else [part]))
    for label in output:
        if output.count(label) > 1 or label not in used:
            raise ValueError(
                f"einsum expects each letter of the result to occur once in it, and in an operand: "
                f"got {label!r} in {subscripts!r}"
            )
    return labels, output


def _tokens(term: str, subscripts: str) -> list[str]:
    """Split a term into its letters and at most one "..."."""
    before, dots, after = term.partition("...")
    for c in before + after:
        if not (c.isascii() and c.isalpha()):
            raise ValueError(
                f"einsum expects letters, commas, '...' and one '->', got {arguments.shown(c)} in {subscripts!r}"
            )
    return [*before, *([dots] if dots else []), *after]


def _axes(term: str, rank: int, subscripts: str) -> tuple[Label, ...]:
    parts = _tokens(term, subscripts)
    rest = rank - len(parts) + ("..." in parts)
    if rest < 0 or (rest and "..." not in parts):
        raise ValueError(f"einsum: the term {term!r} of {subscripts!r} does not fit an operand of {rank} axes")
    return tuple(label for part in parts for label in (range(-rest, 0) if part == "..." else [part]))


@lru_cache(maxsize=1024)
def _sizes(labels: tuple[tuple[Label, ...], ...], shapes: tuple[tuple[int | None, ...], ...]) -> dict[Label, Any]:
    """Size of each label's axis: size 1 broadcasts, and `None` yields to a known size."""
    sizes: dict[Label, int | None] = {}
    for operand, shape in zip(labels, shapes, strict=True):
        own: dict[Label, int | None] = {}
        for label, d in zip(operand, shape, strict=True):
            known = sizes.setdefault(label, d)
            if (d not in (1, None, known) and known not in (1, None)) or own.get(label, d) not in (d, None):
                raise ValueError(f"einsum: axes labelled {label!r} have sizes {known} and {d}, in shapes {[*shapes]}")
            if known == 1 or (known is None and d != 1):
                sizes[label] = d
            own[label] = d
    return sizes


# -- one operand --------------------------------------------------------------------------------------------------


class Term:
    """A tensor with a label for each axis."""

    def __init__(self, x: Tensor, labels: Sequence[Label]):
        self.x = x
        self.labels = list(labels)

    def take_diagonals(self) -> None:
        """Take the diagonal of axes with the same label."""
        for label in dict.fromkeys(self.labels):
            while self.labels.count(label) > 1:
                first = self.labels.index(label)
                second = self.labels.index(label, first + 1)
                self.x = diagonal(self.x, 0, first, second)
                self.labels = [v for i, v in enumerate(self.labels) if i not in (first, second)] + [label]

    def drop_stretched(self, sizes: dict[Label, int]) -> None:
        """Drop axes of size 1 that broadcast against larger ones."""
        axes = [i for i, (label, d) in enumerate(zip(self.labels, self.x.shape, strict=True)) if d == 1 != sizes[label]]
        if axes:
            self.x = squeeze(self.x, axes)
            self.labels = [v for i, v in enumerate(self.labels) if i not in axes]

    def sum_out(self, kept: set[Label]) -> None:
        """Sum over the axes of labels that are not ``kept``."""
        axes = tuple(i for i, label in enumerate(self.labels) if label not in kept)
        if axes:
            self.x = table["sum"](self.x, axis=axes, keepdims=False)
            self.labels = [v for v in self.labels if v in kept]

    def aligned(self, labels: Sequence[Label]) -> Tensor:
        """Tensor with its axes in the order of ``labels``; labels that it lacks get size 1."""
        order = [v for v in labels if v in self.labels]
        x = transpose(self.x, [self.labels.index(v) for v in order])
        return reshape(x, [self.size(v) if v in self.labels else 1 for v in labels])

    def size(self, label: Label) -> int:
        """The size of the axis of that label."""
        return self.x.shape[self.labels.index(label)]


# -- products -----------------------------------------------------------------------------------------------------


def _contract(a: Term, b: Term, kept: set[Label]) -> Term:
    """Contract two operands over the labels that are not ``kept``, by a matrix product or an element-wise product."""
    shared = [v for v in a.labels if v in b.labels]
    a.sum_out(kept | set(shared))
    b.sum_out(kept | set(shared))
    batch, summed = [v for v in shared if v in kept], [v for v in shared if v not in kept]
    rows, columns = [v for v in a.labels if v not in shared], [v for v in b.labels if v not in shared]
    if not summed or not (rows or columns):
        labels = [*batch, *rows, *columns, *summed]
        product = Term(elementwise.multiply(a.aligned(labels), b.aligned(labels)), labels)
        product.sum_out(kept)
        return product
    left, flipped_left = _as_matrix(a, batch, rows, summed)
    right, flipped_right = _as_matrix(b, batch, columns, summed)
    y = table["matmul"](left, right, transpose_a=flipped_left, transpose_b=not flipped_right)
    sizes = [*(a.size(v) for v in (*batch, *rows)), *(b.size(v) for v in columns)]
    return Term(reshape(y, sizes), [*batch, *rows, *columns])


def _as_matrix(term: Term, batch: list[Label], free: list[Label], summed: list[Label]) -> tuple[Tensor, bool]:
    """Operand as matrices (free, summed), or (summed, free) if its axes are in that order already."""
    flipped = term.labels == [*batch, *summed, *free] != [*batch, *free, *summed]
    order = [*batch, *(summed + free if flipped else free + summed)]
    sizes = {v: term.size(v) for v in term.labels}
    sides = [math.prod(sizes[v] for v in side) for side in ((summed, free) if flipped else (free, summed))]
    return reshape(term.aligned(order), [*(sizes[v] for v in batch), *sides]), flipped


@lru_cache(maxsize=1024)
def _path(labels: Any, output: Any, shapes: Any, optimize: Any) -> Sequence[tuple[int, ...]]:
    """Contraction path: the operands of each step; results are appended to the list."""
    if isinstance(optimize, tuple):
        return optimize
    if len(shapes) < 3 or optimize is False:
        return [(0, 1)] * (len(shapes) - 1)
    number = {label: i for i, label in enumerate(dict.fromkeys(v for operand in labels for v in operand))}
    stand_ins = [np.broadcast_to(np.float32(0), shape) for shape in shapes]
    terms = [part for x, operand in zip(stand_ins, labels, strict=True) for part in (x, [number[v] for v in operand])]
    strategy = "greedy" if optimize is True else optimize
    return np.einsum_path(*terms, [number[v] for v in output], optimize=strategy)[0][1:]


def _einsum_infer(*operands: Spec, subscripts: str, optimize: Any) -> Spec:
    shapes = tuple(x.shape for x in operands)
    labels, output = _labels(subscripts, tuple(map(len, shapes)))
    sizes = _sizes(labels, shapes)
    return Spec(tuple(sizes[v] for v in output), operands[0].dtype)


def _einsum_of(*operands: Tensor, subscripts: str, optimize: Any) -> Tensor:
    shapes = tuple(x.shape for x in operands)
    labels, output = _labels(subscripts, tuple(map(len, shapes)))
    sizes = _sizes(labels, shapes)
    terms = [Term(x, v) for x, v in zip(operands, labels, strict=True)]
    for term in terms:
        term.take_diagonals()
        term.drop_stretched(sizes)
    for step in _path(labels, output, shapes, optimize):
        chosen = [terms[i] for i in step]
        terms = [t for i, t in enumerate(terms) if i not in step]
        while len(chosen) > 1:
            needed = {*output, *(v for t in (*chosen[2:], *terms) for v in t.labels)}
            chosen = [_contract(chosen[0], chosen[1], needed), *chosen[2:]]
        terms += chosen
    result = terms[0]
    result.sum_out(set(output))
    return result.aligned(output)


_einsum = Composite("einsum", _einsum_of, infer=_einsum_infer)

# These are summed in a wider type, whose overflow wraps to the same result.
_COMPUTED_AS = {**dict.fromkeys(("bool", "uint8", "int8", "uint16", "int16"), "int32"), "uint32": "int64"}


def einsum(subscripts: Any, *operands: Any, optimize: Any = True, **kwargs: Any) -> Tensor:
    """Einstein summation: products of the operands, summed over the letters that the result does not have.

    Args:
        subscripts: comma-separated terms, one per operand, with a letter per axis, and after "->" the term of the
            result: "ij,jk->ik" is the product of two matrices. Without "->", the result has the letters that occur
            once, in alphabetical order. A letter twice in a term takes the diagonal. "..." stands for any axes, which
            broadcast; a result without it sums over them. Axes of size 1 broadcast. As in numpy, each operand may be
            followed by a list of integers (or `Ellipsis`) instead of its term, and one more list for the result.
        operands: tensors, converted to their common dtype; if all are int8 the result is int32.
        optimize: the contraction order of three or more operands: from the left if `False`; the path that
            `numpy.einsum_path` finds with "greedy" (`True`) or "optimal"; or such a path itself.

    >>> einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]]).tolist()
    [[11.0]]
    >>> einsum("ii", [[1, 2], [3, 4]]).tolist()
    5
    """
    if kwargs:
        raise TypeError(f"einsum got unknown arguments {sorted(kwargs)}: it takes operands, and optimize")
    if not isinstance(subscripts, str):
        subscripts, operands = _spelled([subscripts, *operands])
    if not operands:
        raise ValueError(f"einsum expects an operand for each term of {subscripts!r}, got none")
    optimize = _strategy(optimize, len(operands))
    int8 = all(tensor(x).dtype == "int8" for x in operands)
    tensors = elementwise.promote(*operands)
    dtype = "int32" if int8 else tensors[0].dtype
    wide = [elementwise.cast(x, _COMPUTED_AS.get(x.dtype, x.dtype)) for x in tensors]
    return elementwise.cast(_einsum(*wide, subscripts=subscripts, optimize=optimize), dtype)


def _spelled(parts: list[Any]) -> tuple[str, list[Any]]:
    """Convert operands interleaved with lists of integers to subscripts and operands."""
    lists = parts[1::2] + ([parts[-1]] if len(parts) % 2 else [])
    if not all(isinstance(labels, (list, tuple)) for labels in lists):
        raise TypeError(
            "einsum expects the subscripts as a string, or a list of numbers after each operand, "
            f"got {arguments.shown(lists)}"
        )
    for label in (v for labels in lists for v in labels):
        if label is not Ellipsis and not (isinstance(label, int) and 0 <= label < 52):
            raise ValueError(f"einsum expects numbers from 0 to 51, or Ellipsis, got {arguments.shown(label)}")
    terms = ["".join("..." if v is Ellipsis else string.ascii_letters[v] for v in labels) for labels in lists]
    operands = parts[: len(parts) // 2 * 2 : 2]
    arrow = f"->{terms.pop()}" if len(parts) % 2 else ""
    return ",".join(terms) + arrow, operands


def _strategy(optimize: Any, count: int) -> Any:
    """Check ``optimize``; return a path as a tuple of its steps."""
    if isinstance(optimize, (list, tuple)) and optimize and optimize[0] == "einsum_path":
        steps, left = tuple(tuple(step) for step in optimize[1:]), count
        for step in steps:
            if len(set(step)) != len(step) or not all(0 <= i < left for i in step):
                break
            left -= len(step) - 1
        else:
            if left == 1:
                return steps
    elif not arguments.is_sequence(optimize) and optimize in (True, False, "greedy", "optimal"):
        return optimize
    raise ValueError(
        f"einsum expects optimize=True, False, 'greedy', 'optimal' or a path for {count} operands, "
        f"got {arguments.shown(optimize)}"
    )
