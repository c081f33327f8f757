"""The graph of an ONNX model while it is made: nodes, constants, and sizes that are open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ckeras.export.sizes import Call, Graph, Size, Unsupported, Value, traced

OPSET, IR_VERSION = 18, 8
INT64_MAX = np.iinfo(np.int64).max
_DTYPES = {"float32": "FLOAT", "float64": "DOUBLE", "float8_e4m3fn": "FLOAT8E4M3FN", "float8_e5m2": "FLOAT8E5M2"}
_SHARED = 64  # maximum elements of a constant that is sought among the others
_DIVISORS = range(2, 65)  # by which a size is sought among the quotients of others

Converter = Callable[["Builder", Call], Any]
CONVERTERS: dict[str, Converter] = {}


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Decorator: the function converts calls of the ops with these names.

    It gets the builder and the call, and returns the name of the result, or a list of several. Results that have no
    name must have no readers.
    """

    def decorate(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(names, function))
        return function

    return decorate


def by_formula(name: str, function: Callable[..., Any]) -> None:
    """Convert calls of an op as what ``function(*inputs, **attributes)`` calls, which is written in ops."""

    def convert(b: Builder, call: Call) -> list[str]:
        return b.formula(function, call.inputs, call.each)

    CONVERTERS[name] = convert


class Builder:
    """Collects nodes and constants; values are called by names.

    Args:
        onnx: The package onnx.
        outer: The builder of the enclosing graph, whose values and constants are used here too.
    """

    def __init__(self, onnx: Any, outer: Builder | None = None):
        self.onnx, self.outer = onnx, outer
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {} if outer is None else outer.constants
        self._shared: dict[Any, str] = {} if outer is None else outer._shared  # small constants -> their names
        self.names: dict[int, str] = {}  # of values
        self._kept: list[Value] = []  # so that no other value gets the identity of one that has a name
        self._producers: dict[str, Any] = {}  # name -> the node
        self._sizes: dict[tuple[int, ...], str] = {}  # a size at all traces -> a vector of int64 with it
        self._open: dict[tuple[int, ...], tuple[str, int]] = {}  # a size at all traces -> a value and its axis
        self._counts: dict[str, int] = {} if outer is None else outer._counts

    # -- names

    def name(self, kind: str) -> str:
        """A new name."""
        count = self._counts[kind] = self._counts.get(kind, -1) + 1
        return f"{kind}_{count}" if count else kind

    def define(self, value: Value, name: str) -> None:
        """Let a value be called by a name."""
        self.names[id(value)] = name
        self._kept.append(value)
        for axis, size in enumerate(value.shape):
            if isinstance(size, Size):
                self._open.setdefault(size.values, (name, axis))

    def of(self, value: Value) -> str:
        """The name of a value; a known one becomes a constant."""
        builder: Builder | None = self
        while builder is not None:
            if id(value) in builder.names:
                return builder.names[id(value)]
            builder = builder.outer
        if value.arrays is None:
            raise Unsupported(f"a result of {value.call.op.name} is not available in ONNX" if value.call else "no name")
        array = value.constant
        name = self._varying(value) if array is None else self.constant(array, name=value.name)
        self.define(value, name)
        return name

    # -- nodes

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; return the name of its output, or a list of several."""
        names = [self.name(kind.lower()) for _ in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), names, name=names[0], **given))
        self._producers.update(dict.fromkeys(names, self.nodes[-1]))
        return names[0] if outputs == 1 else names

    def producer(self, name: str) -> Any:
        """The node of this graph that computes a value; `None` if there is none."""
        return self._producers.get(name)

    def constant(self, value: Any, dtype: str | None = None, name: str | None = None) -> str:
        """Add a constant; return its name."""
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes()) if name is None and array.size <= _SHARED else None
        if key in self._shared:
            return self._shared[key]
        name = self.name(name or "constant")
        if key is not None:
            self._shared[key] = name
        self.constants[name] = self.onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        return name

    def scalar(self, value: float, dtype: str) -> str:
        """Add a constant of no axes."""
        return self.constant(np.asarray(value).astype(dtype))

    def integers(self, values: Sequence[int]) -> str:
        """Add a vector of int64."""
        return self.constant(list(values), "int64")

    def type(self, dtype: str) -> int:
        """The number of a dtype in ONNX."""
        found = getattr(self.onnx.TensorProto, _DTYPES.get(dtype, dtype.upper()), None)
        if found is None:
            raise Unsupported(f"ONNX has no dtype {dtype}")
        return found

    def cast(self, x: str, dtype: str) -> str:
        """Add a cast."""
        return self.add("Cast", x, to=self.type(dtype))

    def transpose(self, x: str, perm: Sequence[int]) -> str:
        """Add a transposition; two that cancel are left out."""
        before = self.producer(x)
        source = x
        if before is not None and before.op_type == "Transpose":
            (inner,) = (list(a.ints) for a in before.attribute if a.name == "perm")
            source, perm = before.input[0], [inner[axis] for axis in perm]
        if list(perm) == list(range(len(perm))):
            return source
        return self.add("Transpose", source, perm=list(perm))

    def graph(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any], constants: Sequence[Any] = ()) -> Any:
        """The nodes, of which those that no output needs are left out, as a graph of ONNX."""
        needed = {x.name for x in outputs}
        kept = []
        for node in reversed(self.nodes):
            if not needed.isdisjoint(node.output):
                needed.update(node.input)
                needed.update(x for a in node.attribute if a.HasField("g") for n in a.g.node for x in n.input)
                needed.update(x.name for a in node.attribute if a.HasField("g") for x in a.g.output)
                kept.append(node)
        wanted = [x for x in constants if x.name in needed or self.outer is not None]
        return self.onnx.helper.make_graph(kept[::-1], name, list(inputs), list(outputs), wanted)

    def info(self, name: str, value: Value, open_names: dict[tuple[int, ...], str]) -> Any:
        """The description of an input or output; sizes that are open have the names given."""
        shape = [
            open_names.get(n.values, f"{name}_{i}") if isinstance(n, Size) else n for i, n in enumerate(value.shape)
        ]
        return self.onnx.helper.make_tensor_value_info(name, self.type(value.dtype), shape)

    # -- graphs with open sizes

    def convert(self, graph: Graph) -> list[str]:
        """Add the calls of a graph whose inputs have names; return the names of its outputs."""
        for call in graph.calls:
            self._convert(call)
        return [self.of(x) for x in graph.outputs]

    def _convert(self, call: Call) -> None:
        try:
            converter = CONVERTERS.get(call.op.name)
            if converter is None:
                raise Unsupported(f"there is no converter to ONNX for the op {call.op.name!r}")
            found = converter(self, call)
            for x, name in zip(call.outputs, [found] if isinstance(found, str) else found, strict=False):
                self.define(x, name)
        except Unsupported as error:
            error.layer = error.layer or call.layer
            raise

    def formula(
        self, function: Callable[..., Any], inputs: Sequence[Value], each: Sequence[dict[str, Any]]
    ) -> list[str]:
        """Add what a function of tensors, written in ops, calls; return the names of its results."""
        return self.convert(traced(function, inputs, each))

    # -- sizes

    def size(self, size: int | Size) -> str:
        """A vector of one int64 with a size."""
        if not isinstance(size, Size):
            return self.integers([size])
        found = self._known_size(size.values)
        if found is None:
            found = self._sizes[size.values] = self._computed_size(size.values)
        return found

    def sizes(self, sizes: Sequence[int | Size]) -> str:
        """A vector of int64 with sizes."""
        if not any(isinstance(n, Size) for n in sizes):
            return self.integers(sizes)
        return self.add("Concat", *map(self.size, sizes), axis=0)

    def number(self, size: int | Size) -> str:
        """A size as an int64 of no axes."""
        return (
            self.scalar(size, "int64")
            if not isinstance(size, Size)
            else self.add("Squeeze", self.size(size), self.integers([0]))
        )

    def _scopes(self) -> Iterator[Builder]:
        builder: Builder | None = self
        while builder is not None:
            yield builder
            builder = builder.outer

    def _known_size(self, values: tuple[int, ...]) -> str | None:
        return next((b._sizes[values] for b in self._scopes() if values in b._sizes), None)

    def _computed_size(self, values: tuple[int, ...]) -> str:
        """A size from the sizes of tensors: one of them, or a quotient, a multiple, a product of two, or a sum."""
        known = {key: at for b in reversed(list(self._scopes())) for key, at in b._open.items()}
        if values in known:
            name, axis = known[values]
            return self.add("Shape", name, start=axis, end=axis + 1)
        for key in known:
            found, steps = "", _simple(key, values)
            for kind, operand in steps:
                found = self.add(kind, found or self.size(Size(key)), self.integers([operand]))
            if steps:
                return found
        for key in known:
            rest = [divmod(v, k) if k else (0, 1) for v, k in zip(values, key, strict=True)]
            other = tuple(n for n, _ in rest)
            if not any(r for _, r in rest) and (other in known or any(_simple(k, other) for k in known)):
                return self.add("Mul", self.size(Size(key)), self.size(Size(other)))
        raise Unsupported(
            f"a size, {values[0]} at the first of the sizes that were tried, does not follow from those of tensors; "
            "give it fixed sizes"
        )

    # -- known values that depend on open sizes

    def _varying(self, value: Value) -> str:
        """A known value that depends on open sizes: one number, a range, or a band of a matrix."""
        dtype = value.dtype
        repeated = [axis for axis in range(len(value.shape)) if all(_repeats(a, axis) for a in value.arrays)]
        arrays = tuple(a[tuple(slice(int(i in repeated) or None) for i in range(a.ndim))] for a in value.arrays)
        if any(isinstance(value.shape[axis], Size) for axis in repeated):
            part = Value([a.shape for a in arrays], dtype, arrays)
            return self.add("Expand", self.of(part), self.sizes(value.shape))
        first = arrays[0]
        if first.ndim == 0 and first.dtype.kind in "iu":
            return self.cast(self.number(Size(tuple(int(a) for a in arrays))), dtype)
        if first.ndim == 0 and first.dtype.kind == "f":
            found = self._real(tuple(float(a) for a in arrays), dtype)
            if found is not None:
                return found
        axis = _range_axis(arrays)
        if axis is not None:
            line = np.moveaxis(first, axis, -1).ravel()
            start, step = float(line[0]), float(line[1]) - float(line[0])
            index = self.cast(self._range(value.shape[axis]), dtype if first.dtype.kind == "f" else "int64")
            wide = dtype if first.dtype.kind == "f" else "int64"
            found = self.add("Add", self.add("Mul", index, self.scalar(step, wide)), self.scalar(start, wide))
            return self.cast(self.add("Reshape", found, self.sizes(value.shape)), dtype)
        band = _band(arrays)
        if band is not None:
            return self._banded(value, *band)
        raise Unsupported("a constant that it uses depends on a size that is open; give it fixed sizes")

    def _range(self, size: int | Size) -> str:
        return self.add("Range", self.scalar(0, "int64"), self.number(size), self.scalar(1, "int64"))

    def _real(self, values: tuple[float, ...], dtype: str) -> str | None:
        """A real number that is a multiple of a size, or a number divided by one."""
        for key in {key for b in self._scopes() for key in b._open}:
            size = np.asarray(key, dtype)
            for kind, ratio in (("Mul", np.asarray(values) / size), ("Div", np.asarray(values) * size)):
                if np.allclose(ratio, ratio[0], rtol=1e-6, atol=0):
                    operand = self.cast(self.number(Size(key)), dtype)
                    pair = (self.scalar(ratio[0], dtype), operand)
                    return self.add(kind, *pair)
        return None

    def _banded(self, value: Value, low: int | None, high: int | None) -> str:
        """A matrix of booleans, true where ``low`` <= row - column <= ``high``."""
        *lead, rows, columns = value.shape
        row = self.add("Unsqueeze", self._range(rows), self.integers([1]))
        distance = self.add("Sub", row, self._range(columns))
        parts = [("GreaterOrEqual", low), ("LessOrEqual", high)]
        tests = [self.add(kind, distance, self.scalar(n, "int64")) for kind, n in parts if n is not None]
        found = self.add("And", *tests) if len(tests) == 2 else tests[0]
        found = self.add("Reshape", found, self.sizes(value.shape)) if lead else found
        return found if value.dtype == "bool" else self.cast(found, value.dtype)


def _simple(key: tuple[int, ...], values: tuple[int, ...]) -> list[tuple[str, int]]:
    """[(operator, integer), ...] that make ``values`` of ``key`` one after the other; empty if there are none."""
    apart = key[1] - key[0]
    factor = (values[1] - values[0]) // apart if apart else 0
    rest = values[0] - factor * key[0]
    if factor and all(v == factor * k + rest for v, k in zip(values, key, strict=True)):
        return [step for step in (("Mul", factor), ("Add", rest)) if step not in (("Mul", 1), ("Add", 0))]
    for n in _DIVISORS:
        if values == tuple(k // n for k in key):
            return [("Div", n)]
        if values == tuple(-(-k // n) for k in key):
            return [("Add", n - 1), ("Div", n)]
    return []


def _repeats(array: np.ndarray, axis: int) -> bool:
    """Whether an array is the same at all indices of an axis."""
    return array.shape[axis] > 0 and bool((array == array.take([0], axis)).all())


def _range_axis(arrays: Sequence[np.ndarray]) -> int | None:
    """The only axis that is longer than 1, if values along it are a range that begins and steps alike in all arrays."""
    axes = {i for a in arrays for i, n in enumerate(a.shape) if n > 1}
    if len(axes) != 1 or arrays[0].dtype.kind not in "iuf":
        return None
    lines = [a.ravel().astype("float64") for a in arrays]
    start, step = lines[0][0], lines[0][1] - lines[0][0]
    expected = [start + step * np.arange(len(line)) for line in lines]
    near = all(np.allclose(a, b, rtol=1e-6, atol=1e-6) for a, b in zip(lines, expected, strict=True))
    return axes.pop() if near else None


def _band(arrays: Sequence[np.ndarray]) -> tuple[int | None, int | None] | None:
    """(low, high) if the matrices are 1 where low <= row - column <= high, and else 0; `None` is no limit."""
    limits: list[list[int | None]] = []
    for a in arrays:
        if a.ndim < 2 or any(n != 1 for n in a.shape[:-2]):
            return None
        distance = np.arange(a.shape[-2])[:, None] - np.arange(a.shape[-1])
        found = distance[a.reshape(a.shape[-2:]) == 1]
        if not found.size:
            return None
        low = None if found.min() == distance.min() else int(found.min())
        high = None if found.max() == distance.max() else int(found.max())
        inside = (distance >= found.min()) & (distance <= found.max())
        if not np.array_equal(inside, a.reshape(a.shape[-2:]).astype(bool)) or not np.isin(a, (0, 1)).all():
            return None
        limits.append([low, high])
    return tuple(limits[0]) if all(x == limits[0] for x in limits) and limits[0] != [None, None] else None
